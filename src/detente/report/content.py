"""What a screen is made of: tables as shown, tables as carried away, figures with both. Plain data, no markup."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Columns = Mapping[str, Sequence[Any]]

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a text as a formula."""


@dataclass(frozen=True)
class Grid:
    """A table on the page: rows of text, the first cell of each is its heading.

    Attributes:
        caption: what it shows, with unit and comparator. head: one cell a column. rows: as long as `head`.
        groups: label and width of heads above the heads. marks: rows to set apart, by number.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()
    marks: frozenset[int] = frozenset()
    text_columns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Code:
    """How to make a figure again: the line for a terminal and the lines of Python."""

    command: str
    python: str


@dataclass(frozen=True)
class Figure:
    """A chart with everything that must stand beside it.

    Attributes:
        name: of the figure, as in `detente export --figures NAME`; id: unique on a page, the stem of its files.
        title: what, unit, comparator. note: how to read it. alternative: one sentence for those who do not see it.
        spec: Vega-Lite with inline values. grid: its table as shown. columns: its numbers in full.
    """

    name: str
    id: str
    title: str
    alternative: str
    spec: Mapping[str, Any]
    grid: Grid
    columns: Columns
    note: str = ""
    code: Code | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def safe_text(value: Any) -> Any:
    """Return a cell that no spreadsheet runs as a formula: text that starts like one gets a leading '; numbers stay."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def csv_text(columns: Columns) -> str:
    """Return columns as CSV (RFC 4180): one header line, all digits of every number, formulas made harmless."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([safe_text(name) for name in columns])
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if value is None else safe_text(value) for value in row])
    return stream.getvalue()


def columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return rows as columns; the names are those of the first row."""
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
