"""What a replication says: one row for each cell of a published table, with the printed value where one is packaged."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

KEYS: Final = ("paper", "table", "case", "row", "column", "value", "unit", "published", "tolerance")


@dataclass(frozen=True)
class Row:
    """One cell: where it is, our value with its unit, and the published one with the tolerance, or None.

    Attributes:
        paper: name of the paper. table, case, row, column: where the cell is. value, unit: ours.
        published: as printed, None where no value is packaged. tolerance: largest gap that counts as the same number.
        unjudged: printed, but not comparable with these inputs, so without a verdict; None for all other cells.
    """

    paper: str
    table: str
    case: str
    row: str
    column: str
    value: float
    unit: str
    published: float | None = None
    tolerance: float | None = None
    unjudged: float | None = None

    @property
    def compared(self) -> bool:
        """Return whether there is a published value."""
        return self.published is not None

    @property
    def gap(self) -> float:
        """Return ours minus published; nan where there is none."""
        return float("nan") if self.published is None else self.value - self.published

    @property
    def ok(self) -> bool:
        """Return whether the cell is within its tolerance, or not compared."""
        return not self.compared or abs(self.gap) <= (self.tolerance or 0.0)

    def plain(self) -> dict[str, Any]:
        """Return the row as JSON has it."""
        return {key: getattr(self, key) for key in KEYS}


@dataclass(frozen=True)
class Replication:
    """A paper solved again.

    Attributes:
        paper: name. title: of the publication. rows: all cells. notes: what differs and why, in sentences.
        inputs: file -> (sha256 found, sha256 expected). seconds: wall time of all solves.
    """

    paper: str
    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    inputs: Mapping[str, tuple[str, str]]
    seconds: float = 0.0

    @property
    def off(self) -> tuple[Row, ...]:
        """Return the compared cells that are outside their tolerance."""
        return tuple(row for row in self.rows if not row.ok)

    @property
    def unjudged(self) -> tuple[Row, ...]:
        """Return the cells whose printed value is shown without a verdict."""
        return tuple(row for row in self.rows if row.unjudged is not None)

    @property
    def compared(self) -> tuple[Row, ...]:
        """Return the cells that have a published value."""
        return tuple(row for row in self.rows if row.compared)


@dataclass
class Cells:
    """Collects the cells of one paper, in the order in which tables are solved."""

    paper: str
    found: list[tuple[str, str, str, str, float, str]] = field(default_factory=list)

    def add(self, table: str, case: str, row: str, values: Mapping[str, float], unit: str = "%") -> None:
        """Add one line of a table: column -> value."""
        self.found += [(table, case, row, column, float(value), unit) for column, value in values.items()]

    def rows(self) -> tuple[Row, ...]:
        """Return the cells beside the packaged published values."""
        known = published(self.paper)
        return tuple(self._beside(known))

    def _beside(self, known: Mapping[tuple[str, ...], tuple[float, float | None]]) -> Iterator[Row]:
        for at in self.found:
            printed, tolerance = known.get(at[:4], (None, None))
            if tolerance is None:
                yield Row(self.paper, *at, unjudged=printed)
            else:
                yield Row(self.paper, *at, printed, tolerance)


def published(paper: str) -> dict[tuple[str, ...], tuple[float, float | None]]:
    """Return the packaged published values of a paper: (table, case, row, column) -> (value, tolerance).

    The tolerance is None where the value is shown but cannot be compared; a note of the paper says why.
    """
    return {
        (line["table"], line["case"], line["row"], line["column"]): (
            float(line["value"]),
            float(line["tolerance"]) if line["tolerance"] else None,
        )
        for line in packaged("published.csv")
        if line["paper"] == paper
    }


def packaged(name: str) -> Iterable[dict[str, str]]:
    """Return the lines of a CSV file of this room."""
    text = resources.files("detente.replicate").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
