"""Closed lists of words that the rules ask for: `data/word_lists.csv`, one list a row."""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources


@lru_cache(maxsize=1)
def _lists() -> dict[str, frozenset[str]]:
    source = resources.files("detente.news") / "data" / "word_lists.csv"
    with source.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle, delimiter="|", quoting=csv.QUOTE_NONE))
    return {row["name"]: frozenset(row["words"].split("," if "," in row["words"] else " ")) for row in rows}


def word_list(name: str) -> frozenset[str]:
    """Return a list of words.

    Raises:
        KeyError: there is none of that name.
    """
    return _lists()[name]
