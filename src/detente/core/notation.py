"""The one dictionary: every array by name, symbol, axes and unit, read from `notation.csv` beside this file."""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Term:
    """One entry. name: public name. model_name: name inside `model/`. axes: named axes in order. unit: as printed."""

    name: str
    model_name: str
    symbol: str
    word: str
    axes: tuple[str, ...]
    unit: str
    meaning: str


@functools.cache
def notation() -> dict[str, Term]:
    """Return public name -> term, in the order of the file."""
    text = resources.files("detente.core").joinpath("notation.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["name"]: _term(row) for row in rows}


def _term(row: dict[str, str]) -> Term:
    axes = tuple(row["axes"].split())
    return Term(row["name"], row["model_name"], row["symbol"], row["word"], axes, row["unit"], row["meaning"])
