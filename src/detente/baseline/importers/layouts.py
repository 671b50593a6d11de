"""What the published world tables look like: the meaning of each row and column label. No number is read here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar, Final

from detente.core.errors import DataError, Problem

CELL: Final = "cell"
"""A producer: sales in a row, purchases of inputs in a column."""

FINAL: Final = "final demand"
PRIMARY: Final = "primary cost"
VALUE_ADDED: Final = "value added"
INPUTS: Final = "total inputs"
OUTPUT: Final = "output"

HEAD_LINES: Final = 12
"""Lines among which a header is looked for."""

RENAMED: Final = {"RoW": "ROW", "ROM": "ROU"}
"""Codes of the published tables that are something else everywhere else."""


@dataclass(frozen=True)
class Label:
    """The meaning of one row or column.

    Attributes:
        kind: CELL, FINAL, PRIMARY, VALUE_ADDED, INPUTS or OUTPUT. country, item: as the table has them.
        code: code of the sector, where it is not the item. text: description of the sector, if there is one.
    """

    kind: str
    country: str = ""
    item: str = ""
    code: str = ""
    text: str = ""


@dataclass(frozen=True)
class Head:
    """The columns of a table.

    Attributes:
        names: of all columns, for the messages. labels: meaning of each column, None for those that label rows.
        key: positions of the columns that label rows, in the order that `Layout.row` wants them.
        year: of the table where it says so, else "".
    """

    names: tuple[str, ...]
    labels: tuple[Label | None, ...]
    key: tuple[int, ...]
    year: str = ""


class Layout(ABC):
    """The labels of one published layout.

    Attributes:
        name: as in `--format`. merged: parts of a country (processing zones) and the country they belong to.
    """

    name: ClassVar[str]
    expected: ClassVar[str]
    merged: ClassVar[dict[str, str]] = {}

    @abstractmethod
    def head(self, path: Path, rows: Iterator[tuple[int, list[str]]]) -> Head:
        """Read the header lines and return the columns.

        Raises:
            DataError: not this layout, or unknown, repeated or missing labels, all told at once.
        """

    @abstractmethod
    def row(self, key: tuple[str, ...]) -> Label | None:
        """Return the meaning of a row by its label fields, None where they mean nothing."""

    def year(self, key: tuple[str, ...]) -> str:
        """Return the year that a row states, or an empty string."""
        del key
        return ""

    @abstractmethod
    def is_service(self, code: str) -> bool:
        """Return whether a sector is a service, which pays no tariff unless a person says otherwise."""

    def foreign(
        self, path: Path, line: int, head: Sequence[Sequence[str]], rows: Iterator[tuple[int, list[str]]]
    ) -> DataError:
        """Return the refusal of a file that is not in this layout; it names the layout it seems to have."""
        seen = looks_like([*head, *(fields for _, fields in islice(rows, HEAD_LINES))])
        found = f"no {self.name} table" + (f", but what looks like {seen}" if seen else "")
        hint = f"--format {seen.split()[0]}" if seen else ""
        return DataError(problems=[Problem(f"{path}:{line}", "header", found, self.expected, hint)])


def looks_like(head: Sequence[Sequence[str]]) -> str:
    """Return the format that the first lines of a file suggest, with its name first, or an empty string."""
    if not head:
        return ""
    first = {field.strip() for field in head[0]}
    if {"IndustryCode", "RNr"} <= first:
        return "wiod2016 (columns IndustryCode, Country, RNr, AUS1 ..)"
    if sum(field.endswith(("_HFCE", "_GFCF")) for field in first) > 1:
        return "icio (columns AUS_A01_02 .., AUS_HFCE ..)"
    if any({"c1", "c2"} <= {field.strip() for field in fields} for fields in head):
        return "wiod2013 (a header line with c1, c2 ..)"
    if {"origin", "dest", "sector", "value_musd"} <= first:
        return "csv (the table flows.csv)"
    if {"origin", "destination", "sector", "value"} <= first:
        return "kite (a long table with origin, destination, sector, value)"
    return ""
