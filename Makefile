# Needs python3 (3.11 or newer), make and a package index; everything else goes into .venv.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
OUT    ?= out
FAST   := not slow and not browser

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow backtest eval bench docs wheel clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@ $(VENV)/.demo

$(VENV)/.docs: pyproject.toml $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev,docs]"
	@touch $@ $(VENV)/.dev $(VENV)/.demo

demo: $(VENV)/.demo ## solve the packaged case, print the table, write out/report.html (offline once installed)
	@$(BIN)/detente demo --out $(OUT)

test: $(VENV)/.dev ## tests, style, types, room contract
	$(BIN)/python -m pytest -m "$(FAST)" -n 2
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: $(VENV)/.dev ## the tests that take minutes or a browser
	$(BIN)/python -m pytest -m "slow and not browser" -n 2
	$(BIN)/python -m pytest -m browser

backtest: $(VENV)/.dev ## predicted against observed trade, 2017 to 2019 (needs ../shared)
	$(BIN)/python bench/backtest.py

eval: $(VENV)/.dev ## score the reader against the annotated texts, as in docs/explanation/reader-accuracy.md
	$(BIN)/python bench/eval_reader.py --untouched

bench: $(VENV)/.dev ## time the engine; no test fails on a clock
	$(BIN)/python bench/run.py
	$(BIN)/python bench/batch.py
	$(BIN)/python bench/draws.py
	$(BIN)/python bench/wars.py --all
	$(BIN)/python bench/papers.py
	$(BIN)/python bench/cold.py

docs: $(VENV)/.docs ## build the documentation, warnings are errors
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

wheel: $(VENV)/.dev ## build the wheel into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## remove what make made
	rm -rf $(VENV) dist out docs/_build
