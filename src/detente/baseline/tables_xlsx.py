"""A baseline as one workbook, and an empty workbook to fill; numbers keep every digit and no text becomes a formula."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from detente.baseline.baseline import Baseline
from detente.baseline.tables_content import content_of, flat_fields
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_write import new_file
from detente.core.arrays import Array
from detente.core.errors import UsageError

ROWS: Final = 1 << 20
META: Final = "meta"
META_COLUMNS: Final = ("field", "value")
INSTRUCTIONS: Final = "instructions"
"""A sheet of this name is for people and is not read."""

Value = str | float
SheetRows = tuple[str, Sequence[str], Iterable[Sequence[Value]]]
"""Name of a sheet, its header, its rows."""

_CREATED: Final = datetime.datetime(1980, 1, 1)
_ESCAPE: Final = "x005F_"


def write_workbook(base: Baseline, path: Path) -> Path:
    """Write a baseline as one workbook.

    Args:
        base: the baseline. path: a new file; it appears complete or not at all.
    Raises:
        UsageError: the file exists, a sheet would have too many rows, or no table can hold the baseline.
    """

    def fill(draft: Path) -> None:
        content = content_of(base)
        for name, values in content.grids.items():
            if values.size >= ROWS:
                raise UsageError(f"{name}: found {values.size} rows; expected fewer than {ROWS}; try --format parquet")
        grids = content.grids.items()
        tables = [(name, LAYOUTS[name].columns, _rows(content.axes[name], values)) for name, values in grids]
        write_sheets(draft, [(META, META_COLUMNS, flat_fields(content.fields)), *tables])

    return new_file(Path(path), fill)


def write_sheets(path: Path, sheets: Iterable[SheetRows]) -> None:
    """Write sheets into one workbook, their headers bold and fixed; the same content gives the same bytes.

    Raises:
        UsageError: a text that no cell can hold. OSError: the file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    try:
        with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
            book.set_properties({"created": _CREATED})
            bold = book.add_format({"bold": True, "num_format": "@"})
            quoted = book.add_format({"quote_prefix": True, "num_format": "@"})
            for name, header, rows in sheets:
                sheet = book.add_worksheet(name)
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, len(header) - 2, 22, quoted)
                sheet.set_column(len(header) - 1, len(header) - 1, 26)
                sheet.write_row(0, 0, header, bold)
                for at, row in enumerate(rows, start=1):
                    _write_row(sheet, at, row, quoted)
    except FileCreateError as error:
        raise OSError(str(error)) from error


def _write_row(sheet: Any, at: int, row: Sequence[Value], style: Any) -> None:
    for column, value in enumerate(row):
        if not isinstance(value, str):
            sheet.write_number(at, column, Exact(value))
        elif value and sheet.write_string(at, column, _checked(value), style):
            raise UsageError(f"{sheet.name}: found a text of {len(value)} characters; expected at most 32767 in a cell")


class Exact(float):
    """A number written with all its digits; xlsxwriter formats numbers with 16, and the copy would be another world."""

    def __format__(self, spec: str) -> str:
        return float.__repr__(self)


def _rows(axes: Sequence[tuple[str, ...]], values: Array) -> Iterator[Sequence[Value]]:
    keys: list[tuple[str, ...]] = [()]
    for axis in axes:
        keys = [(*key, code) for key in keys for code in axis]
    return ((*key, value) for key, value in zip(keys, values.ravel().tolist(), strict=True))


def _checked(text: str) -> str:
    """Return a text that comes back as it is; any other is refused, so nothing is lost in silence."""
    bad = next((mark for mark in text if not (mark.isprintable() or mark in "\n\t")), "")
    if bad:
        raise UsageError(f"found the character U+{ord(bad):04X}, which a workbook cannot hold; expected text")
    if _ESCAPE in text:
        raise UsageError(f"found {_ESCAPE!r}, by which a workbook marks an escape; expected text without it")
    return text
