"""The cells of a workbook (xlsx), streamed, and everything in it that a reader of its cells would not see.

openpyxl reads the cells; before it does, sizes are checked and document types refused. What a person cannot see, or
sees otherwise than it is stored, is told: formulas without a value, dates, percent formats, merged cells, hidden rows,
columns and sheets.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from xml.parsers import expat

import openpyxl
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from detente.baseline.tables_xlsx import ROWS
from detente.core.errors import DataError, Problem

CONTENT_LIMIT: Final = 256 * 1024**2
RATIO_LIMIT: Final = 100
MEMBERS: Final = 1000
SHEETS: Final = 50
COLUMNS: Final = 1 << 14
ODD_LIMIT: Final = 100

NUMBER: Final = "number"
TEXT: Final = "text"
DATE: Final = "date"
PERCENT: Final = "percent"
BOOLEAN: Final = "boolean"
ERROR: Final = "error"
FORMULA: Final = "formula"
"""A formula that was never calculated."""

Cells = dict[int, tuple[str, Any]]
"""Column, from 1, to kind and value of a cell that is not empty."""

_KINDS: Final = {"s": TEXT, "inlineStr": TEXT, "b": BOOLEAN, "e": ERROR, "d": DATE, "f": FORMULA}
_EASTERN_DATES: Final = {*range(27, 37), *range(50, 59)}
"""Formats that are dates in some languages, which openpyxl takes for numbers."""

_LITERAL = re.compile(r'"[^"]*"|\\.')


@dataclass
class Sheet:
    """A sheet: its name, its part of the archive, whether it is hidden; `odd` is filled while it is read."""

    name: str
    source: Any
    hidden: bool
    size: int = 0
    odd: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, address: str, found: str) -> None:
        """Remember something odd, by address."""
        if len(self.odd) < ODD_LIMIT:
            self.odd.append((address, found))


class Workbook:
    """An open workbook.

    Args:
        path: as shown to the user. data: the content of the file.
    Raises:
        DataError: not a workbook, damaged, too large when unpacked.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        _check_signature(path, data)
        try:
            self.archive = zipfile.ZipFile(io.BytesIO(data))
            self._check_sizes(len(data))
            _check_parts(self.archive)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about what openpyxl could not write again
                book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            self.sheets = self._sheets(book)
        except (DataError, MemoryError):
            raise
        except Exception as error:  # openpyxl raises whatever a damaged file makes it stumble over
            raise self._damaged(error) from None

    def rows(self, sheet: Sheet) -> Iterator[tuple[int, Cells, int]]:
        """Yield (number of the row, its cells, bytes read so far) of rows that hold anything.

        Raises:
            DataError: a damaged sheet.
        """
        try:
            with self.archive.open(sheet.source._worksheet_path) as stream:
                parser = _SheetParser(sheet, stream)
                for number, cells in parser.parse():
                    if cells:
                        yield number, cells, stream.tell()
            for merged in parser.merged_cells.mergeCell if parser.merged_cells else ():
                sheet.tell(merged.ref[:20], "merged cells")
        except MemoryError:
            raise
        except Exception as error:
            raise self._damaged(error, sheet.name) from None

    def _damaged(self, error: Exception, sheet: str = "") -> DataError:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        if isinstance(error, KeyError):
            reason += ": not in the file"
        return refused(self.path, sheet, f"a damaged workbook ({reason})", "an intact file", "saving it again")

    def _check_sizes(self, size: int) -> None:
        members = self.archive.infolist()
        if len(members) > MEMBERS:
            raise refused(self.path, "", f"{len(members)} parts", f"at most {MEMBERS}")
        if len({info.filename for info in members}) < len(members):
            raise refused(self.path, "", "two parts of one name", "an intact file")
        total = sum(info.file_size for info in members)
        if total > CONTENT_LIMIT:
            raise refused(self.path, "", f"{total} bytes when unpacked", f"at most {CONTENT_LIMIT}")
        if total > RATIO_LIMIT * size:
            found = f"{size} bytes that unpack to {total}: {total / size:.0f} to 1"
            raise refused(self.path, "", found, f"at most {RATIO_LIMIT} to 1")
        if any(info.flag_bits & 1 for info in members):
            raise refused(self.path, "", "a workbook with a password", "one without")
        if "[Content_Types].xml" not in self.archive.namelist():
            raise refused(self.path, "", "a zip archive without a workbook in it", "a workbook (xlsx)")

    def _sheets(self, book: openpyxl.Workbook) -> list[Sheet]:
        if len(book.sheetnames) > SHEETS:
            raise refused(self.path, "", f"{len(book.sheetnames)} sheets", f"at most {SHEETS}")
        for chart in book.chartsheets:
            raise refused(self.path, chart.title, "a sheet without cells", "cells")
        return [
            Sheet(
                sheet.title[:60],
                sheet,
                hidden=sheet.sheet_state != "visible",
                size=self.archive.getinfo(sheet._worksheet_path).file_size,
            )
            for sheet in book.worksheets
        ]


class _Strings(dict[int, str]):
    """The shared strings by number; a list would take -1 for the last one."""

    def __missing__(self, at: int) -> str:
        raise ValueError(f"the shared string {at} of {len(self)}")


class _SheetParser(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's parser of one sheet, stricter about places, and telling what is hidden.

    The parser itself, because a sheet that openpyxl loads whole fills every cell of a merged range, billions if the
    file says so, and one that it streams says nothing of merged or hidden cells.
    """

    def __init__(self, sheet: Sheet, stream: IO[bytes]) -> None:
        super().__init__(stream, _Strings(enumerate(sheet.source._shared_strings)), data_only=True)
        self.sheet = sheet
        self.epoch = sheet.source.parent.epoch
        self.kinds: dict[int, str] = {}

    def parse_row(self, row: Any) -> tuple[int, Cells]:
        """Return the number of a row and its cells."""
        last, column = self.row_counter, 0
        number, found = super().parse_row(row)
        self.row_dimensions.clear()
        if not last < number <= ROWS:
            raise ValueError(f"row {number} after row {last}")
        cells: Cells = {}
        for cell in found:
            if cell["row"] != number:
                raise ValueError(f"the address '{get_column_letter(cell['column'])}{cell['row']}' in row {number}")
            if not column < cell["column"] <= COLUMNS:
                raise ValueError(f"column {cell['column']} after column {column}")
            column = cell["column"]
            if cell["value"] not in (None, "") or cell["data_type"] == "f":
                cells[column] = self._cell(cell)
        if cells and (row.get("hidden") in ("1", "true") or row.get("ht") == "0"):
            self.sheet.tell(f"{number}:{number}", "a hidden row")
        return number, cells

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """Return a cell; one with a formula and no value is a formula, not a blank."""
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = "f"
        return cell

    def parse_column_dimensions(self, col: Any) -> None:
        """Tell hidden columns."""
        if col.get("hidden") in ("1", "true") or col.get("width") == "0":
            first, last = (get_column_letter(min(int(col.get(name)), COLUMNS)) for name in ("min", "max"))
            self.sheet.tell(f"{first}:{last}", "a hidden column")

    def parse_formatting(self, element: Any) -> None:
        """Ignore conditional formats."""

    def parse_extensions(self, element: Any) -> None:
        """Ignore extensions."""

    def _cell(self, cell: dict[str, Any]) -> tuple[str, Any]:
        if cell["data_type"] != "n":
            return _KINDS[cell["data_type"]], cell["value"]
        style = cell["style_id"]
        if style not in self.kinds:
            self.kinds[style] = _kind_of_format(ReadOnlyCell(self.sheet.source, 1, 1, None, "n", style))
        kind = self.kinds[style]
        return kind, self._date(cell["value"]) if kind == DATE else cell["value"]

    def _date(self, value: float) -> Any:
        try:
            return from_excel(value, self.epoch)
        except (OverflowError, ValueError):
            return value


def refused(path: Path, sheet: str, found: str, expected: str, hint: str = "") -> DataError:
    """Return the error of a file or a sheet that cannot be used."""
    return DataError(problems=[Problem(str(path), sheet, found, expected, hint)])


def _check_signature(path: Path, data: bytes) -> None:
    if data.startswith(b"PK\x03\x04"):
        return
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        found = "an old workbook (xls), or one with a password"
        raise refused(path, "", found, "a workbook (xlsx)", "saving as xlsx without a password")
    raise refused(path, "", "a file that is no workbook" if data else "an empty file", "a workbook (xlsx)")


def _check_parts(archive: zipfile.ZipFile) -> None:
    """Refuse document types, in any encoding and under any name, and name the part that is not XML."""
    for name in archive.namelist():
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _no_doctype
        try:
            with archive.open(name) as stream:
                parser.ParseFile(stream)
        except expat.ExpatError as error:
            if name.endswith((".xml", ".rels")):  # another may be a picture
                raise ValueError(f"{name}: {error}") from None


def _no_doctype(*_: Any) -> None:
    raise ValueError("a document type declaration, which no workbook needs")


def _kind_of_format(cell: ReadOnlyCell) -> str:
    shown = cell.number_format
    if is_date_format(shown) or cell.style_array.numFmtId in _EASTERN_DATES:
        return DATE
    return PERCENT if "%" in _LITERAL.sub("", shown) else NUMBER
