"""Log-linear models over clues: weights from `data/weights.tsv`, fitted by `bench/fit_reader.py`.

Three forms (McCullagh and Nelder 1989, ch. 5; McFadden 1974): a choice among classes, a choice among candidates that
each have clues of their own, and a yes or no.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import resources

Weights = Mapping[str, Mapping[str, float]]
"""For each clue the weight of each class; a model of candidates has the one class `yes`."""


@lru_cache(maxsize=1)
def models() -> dict[str, Weights]:
    """Return the fitted models by name: lines `model TAB clue TAB class=weight TAB ...`."""
    source = resources.files("detente.news") / "data" / "weights.tsv"
    found: dict[str, dict[str, dict[str, float]]] = {}
    for line in source.read_text("utf-8").splitlines():
        name, clue, *cells = line.split("\t")
        pairs = (cell.rpartition("=") for cell in cells)
        found.setdefault(name, {})[clue] = {label: float(weight) for label, _, weight in pairs}
    return dict(found)


def shares(weights: Weights, clues: Iterable[str], classes: Sequence[str]) -> dict[str, float]:
    """Return the probability of each class, given the clues."""
    total = dict.fromkeys(classes, 0.0)
    for clue in ("", *clues):
        for label, weight in weights.get(clue, {}).items():
            total[label] += weight
    return dict(zip(classes, _normal(list(total.values())), strict=True))


def choice(weights: Weights, candidates: Sequence[Iterable[str]]) -> list[float]:
    """Return the probability that each candidate is the one, given the clues of each."""
    return _normal([_sum(weights, clues) for clues in candidates])


def chance(weights: Weights, clues: Iterable[str]) -> float:
    """Return the probability of yes."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, _sum(weights, ("", *clues))))))


def _sum(weights: Weights, clues: Iterable[str]) -> float:
    return sum(weights[clue]["yes"] for clue in clues if clue in weights)


def _normal(values: list[float]) -> list[float]:
    top = max(values, default=0.0)
    raised = [math.exp(value - top) for value in values]
    total = sum(raised)
    return [value / total for value in raised]
