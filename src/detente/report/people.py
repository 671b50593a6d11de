"""How many persons an economy has, to put an amount into words. Sources: data/SOURCES.md."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).parent / "data" / "people.csv"
POPULATION_SOURCE: Final = "World Bank, World Development Indicators, 2019"
NO_HOUSEHOLDS: Final = "an amount per household needs a table of households, and none is packaged"


@dataclass(frozen=True)
class Count:
    """A number of units, "person" here. source: in words."""

    number: float
    unit: str
    source: str


@functools.cache
def _table() -> Mapping[str, float]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {row["country"]: float(row["population"]) for row in csv.DictReader(stream)}


def count_of(code: str, members: Sequence[str] = ()) -> Count | None:
    """Return the persons of an economy or group, or None where the table has not all of them.

    Args:
        code: of an economy or group. members: economies of a group; its persons are theirs.
    """
    codes = members or (code,)
    if any(each not in _table() for each in codes):
        return None
    return Count(sum(_table()[each] for each in codes), "person", POPULATION_SOURCE)
