"""The README keeps its word: its Python runs, its commands parse, its names exist, its files are there."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import detente as dt
from documentation import reader, run

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [line.split("#")[0].removeprefix("$ ").strip() for line in README.splitlines() if line.startswith("$ ")]


def test_the_python_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert "real_income_pct" in printed.getvalue()
    assert "CERTIFIED" in printed.getvalue()


def test_the_commands_run(tmp_path: Path) -> None:
    lines = [line for line in COMMANDS if line.startswith("detente ")]
    assert len(lines) >= 5
    with reader() as pool:
        pool.submit(os.chdir, tmp_path).result()
        for line in lines:
            code, output = pool.submit(run, line, tmp_path).result(timeout=120)
            assert code == 0, f"{line}\n{output}"


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = {word for line in COMMANDS if line.startswith("make ") for word in line.split()[1:]}
    assert {"demo", "test"} <= targets
    for target in targets | {"test-slow", "bench", "docs", "wheel"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_names_exist() -> None:
    for name in re.findall(r"`dt\.([A-Za-z_]+)`", README):
        assert hasattr(dt, name), name


def test_the_links_exist() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / link).exists(), link
