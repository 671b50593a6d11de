"""How many persons and households an economy has, to put an amount into words. Sources: data/SOURCES.md."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TABLE: Final = Path(__file__).parent / "data" / "people.csv"
POPULATION_SOURCE: Final = "World Bank, World Development Indicators, 2019"


@dataclass(frozen=True)
class Count:
    """A number of persons or households. unit: "person" or "household". source: in words."""

    number: float
    unit: str
    source: str


@functools.cache
def _table() -> Mapping[str, Mapping[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {row["country"]: row for row in csv.DictReader(stream)}


def count_of(code: str, members: Sequence[str] = ()) -> Count | None:
    """Return households where they are known, else persons, else None.

    Args:
        code: of an economy or group. members: economies of a group; its persons are theirs, if all are known.
    """
    row = _table().get(code, {})
    if row.get("households"):
        return Count(float(row["households"]), "household", row["households_source"])
    counts = [_table().get(each, {}).get("population", "") for each in (members or (code,))]
    if not counts or not all(counts):
        return None
    return Count(sum(float(each) for each in counts), "person", POPULATION_SOURCE)
