"""The five tables and `meta` as sheets of one workbook, read as strictly as CSV files.

A code must be stored as text and a number as a number: a spreadsheet turns MAR1 into a date and 0102 into 102, shows
0.25 as 25 %, and keeps formulas without values. Each such cell is refused by its address.
"""

from __future__ import annotations

import datetime
import hashlib
import math
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from openpyxl.utils import get_column_letter

from detente.baseline.accounts import Progress, silent
from detente.baseline.baseline import Baseline
from detente.baseline.importers.workbook import (
    BOOLEAN,
    DATE,
    ERROR,
    FORMULA,
    NUMBER,
    PERCENT,
    TEXT,
    Cells,
    Sheet,
    Workbook,
)
from detente.baseline.tables import Tables, baseline_of
from detente.baseline.tables_meta import Meta, flat_meta
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_rows import HS_COLUMN, Layout, Rows, Table, distinct, shortened
from detente.baseline.tables_xlsx import INSTRUCTIONS, META, META_COLUMNS
from detente.baseline.text import read_bytes, single_file
from detente.core.errors import Problem, nearest

FILE_LIMIT: Final = 64 * 1024**2
BATCH: Final = 1 << 16
_IN_A_CODE: Final = {
    NUMBER: ("the number {}", "quoting it as text: '{}"),
    DATE: ("a date ({})", "text: a spreadsheet makes dates of codes such as MAR1"),
    PERCENT: ("a percentage ({})", "text"),
    BOOLEAN: ("a truth value ({})", "text"),
}
_IN_A_NUMBER: Final = {
    TEXT: ("the text {!r}", "a cell with a number"),
    DATE: ("a date ({})", "a cell with a number, formatted as one"),
    BOOLEAN: ("a truth value ({})", "a number"),
}


def read_xlsx(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a workbook as a baseline.

    Args:
        source: a file with the sheets flows, inputs, value_added, tariffs, elasticities (headers in row 1) and meta
            (columns field, value: the fields of `meta.yaml`; lists separated by commas; `year.flows` for the year of
            one table); or a folder that holds one such file. `detente data template` makes an empty one.
        progress: told which sheet is read and how many bytes of it.
    Returns:
        The checked baseline; `meta["import"]` counts rows and cells.
    Raises:
        MissingDataError: no such file. DataError: everything that is wrong, by sheet and row or cell.
    """
    path = single_file(Path(source), (".xlsx",))
    data = read_bytes(path, FILE_LIMIT)
    book = Workbook(path, data)
    sheets, problems = _sheets(book)
    meta = _read_meta(book, sheets.get(META))
    meta.problems += problems
    tables = {name: _read_sheet(book, sheets.get(name), layout, progress) for name, layout in LAYOUTS.items()}
    files = {path.name: hashlib.sha256(data).hexdigest()}
    return baseline_of(Tables("xlsx", str(path), tables, meta, files))


def _sheets(book: Workbook) -> tuple[dict[str, Sheet], list[Problem]]:
    known = (*LAYOUTS, META, INSTRUCTIONS)
    problems = []
    for at, sheet in enumerate(book.sheets):
        where = f"{book.path}: {sheet.name}"
        if sheet.name in [other.name for other in book.sheets[:at]]:
            problems.append(Problem(where, "", "the sheet twice", "one sheet of a name"))
        if sheet.hidden and sheet.name != INSTRUCTIONS:
            problems.append(Problem(where, "", "a hidden sheet", "no hidden sheets", "showing or deleting it"))
        if sheet.name not in known:
            close = nearest(sheet.name, known)
            problems.append(Problem(where, "", "an unknown sheet", f"the sheets {', '.join(known)}", close))
    return {sheet.name: sheet for sheet in book.sheets}, problems


def _odd(book: Workbook, sheet: Sheet) -> list[Problem]:
    """Return the problems of what the sheet hides; a hint says what makes the sheet plain."""
    expected = "plain cells, all of them visible"
    return [Problem(f"{book.path}: {sheet.name}!{address}", "", found, expected) for address, found in sheet.odd]


def _read_meta(book: Workbook, sheet: Sheet | None) -> Meta:
    path = f"{book.path}: {META}"
    if sheet is None:
        meta = Meta(path, "the sheet meta")
        meta.tell(0, "", "no such sheet", "a sheet with the columns field and value")
        return meta
    rows: list[tuple[int, str, str]] = []
    problems: list[Problem] = []
    for number, cells, _ in book.rows(sheet):
        texts = {column: _meta_text(kind, text) for column, (kind, text) in cells.items()}
        bad = [column for column in texts if column > len(META_COLUMNS) or texts[column] is None]
        for column in bad:
            found = _shown(*cells[column])
            where = f"{book.path}: {META}!{get_column_letter(column)}{number}"
            problems.append(Problem(where, "", found, "a field in column A and its value in column B"))
        if number == 1 and not bad and tuple(texts.values()) != META_COLUMNS:
            problems.append(Problem(f"{path}!1:1", "header", ", ".join(map(str, texts.values())), "field, value"))
        elif number > 1 and not bad:
            rows.append((number, (texts.get(1) or "").strip(), texts.get(2) or ""))
    meta = flat_meta(path, "the sheet meta", rows)
    meta.problems[:0] = [*problems, *_odd(book, sheet)]
    return meta


def _meta_text(kind: str, value: Any) -> str | None:
    """Return a cell of the sheet `meta` as the text that a YAML file would have, or None where there is none."""
    if kind == TEXT:
        return str(value)
    if kind == BOOLEAN:
        return "true" if value else "false"
    if kind == DATE and isinstance(value, datetime.date):
        return value.isoformat()[:10]
    if kind == NUMBER and abs(value) < 1e6:
        return str(int(value)) if value == int(value) else repr(value)
    return None


def _read_sheet(book: Workbook, sheet: Sheet | None, layout: Layout, progress: Progress) -> Table:
    rows = Rows(f"{book.path}: {layout.name}", layout, mark=" row ")
    if sheet is None:
        rows.tell(0, "", "no such sheet", f"a sheet with the columns {', '.join(layout.columns)}")
        return rows.table()
    reader = _SheetTable(rows, layout, f"{book.path}: {sheet.name}")
    for number, cells, done in book.rows(sheet):
        if not reader.read(number, cells):
            break
        if len(reader.lines) >= BATCH:
            reader.flush()
            progress(f"{book.path.name}: {sheet.name}", done, sheet.size)
            if rows.enough(number):
                break
    reader.flush()
    for problem in _odd(book, sheet):
        rows.tell_at(problem.where, "", problem.found, problem.expected, problem.hint)
    if not reader.header and not rows.problems:
        rows.tell(1, "", "an empty sheet", f"the header {','.join(layout.columns)}")
    progress(f"{book.path.name}: {sheet.name}", sheet.size, sheet.size)
    return rows.table()


class _SheetTable:
    """The rows of a sheet with a header, while they are read."""

    def __init__(self, rows: Rows, layout: Layout, where: str) -> None:
        self.rows, self.layout, self.where = rows, layout, where
        self.header: list[str] = []
        self.columns: dict[str, list[str]] = {}
        self.values: list[float] = []
        self.lines: list[int] = []
        self.last = 1

    def read(self, number: int, cells: Cells) -> bool:
        """Take one row; return whether it is worth while to go on."""
        if not self.header:
            return self._read_header(number, cells)
        if number > self.last + 1:
            self.rows.tell(self.last + 1, "", "a blank row", "no blank rows between others", "deleting it")
        self.last = number
        beyond = [column for column in cells if column > len(self.header)]
        for column in beyond:
            self._tell(column, number, "", _shown(*cells[column]), f"nothing right of {self.header[-1]}")
        texts: list[str] = []
        value = math.nan
        for column, name in enumerate(self.header, start=1):
            kind, text = cells.get(column, ("", ""))
            if name == self.layout.value:
                value = self._number(column, number, name, kind, text)
            else:
                texts.append(self._code(column, number, name, kind, text))
        if not beyond and not math.isnan(value) and all(texts):
            for name, text in zip(self.columns, texts, strict=True):
                self.columns[name].append(text)
            self.values.append(value)
            self.lines.append(number)
        return True

    def flush(self) -> None:
        """Hand the rows over."""
        if not self.lines:
            return
        lines = np.array(self.lines)
        codes = {key: distinct(self.columns[key]) for key in self.layout.keys}
        self.rows.take(codes, np.array(self.values), lines)
        if HS_COLUMN in self.columns:
            self.rows.check_hs(self.columns[HS_COLUMN], lines)
        for column in self.columns.values():
            column.clear()
        self.values.clear()
        self.lines.clear()

    def _read_header(self, number: int, cells: Cells) -> bool:
        if number != 1:
            self.rows.tell(1, "", "an empty first row", f"the header {','.join(self.layout.columns)}")
            return False
        width = max(cells)
        names = [str(cells.get(column, ("", ""))[1]) for column in range(1, width + 1)]
        if not self.rows.check_header(1, names):
            return False
        self.header = names
        self.columns = {name: [] for name in names if name != self.layout.value}
        return True

    def _code(self, column: int, number: int, name: str, kind: str, value: Any) -> str:
        if kind == TEXT:
            return str(value)
        expected = "a code, stored as text"
        if kind in _IN_A_CODE:
            found, hint = _IN_A_CODE[kind]
            shown = _shown_value(kind, value)
            self._tell(column, number, name, found.format(shown), expected, hint.format(shown[:20]))
        else:
            self._tell(column, number, name, _shown(kind, value), expected)
        return ""

    def _number(self, column: int, number: int, name: str, kind: str, value: Any) -> float:
        expected = "a number; 0 and blank are two things"
        if kind == NUMBER and abs(value) <= sys.float_info.max:
            return float(value)
        if kind == NUMBER:
            self._tell(column, number, name, shortened(str(value)), "a number that double precision can hold")
        elif kind == PERCENT:
            found, hint = f"{value} shown as a percentage", "the number format General, and 25 for 25 %"
            self._tell(column, number, name, found, "a plain number", hint)
        elif kind in _IN_A_NUMBER:
            found, hint = _IN_A_NUMBER[kind]
            self._tell(column, number, name, found.format(_shown_value(kind, value)), expected, hint)
        else:
            self._tell(column, number, name, _shown(kind, value), expected)
        return math.nan

    def _tell(self, column: int, number: int, field: str, found: str, expected: str, hint: str = "") -> None:
        self.rows.tell_at(f"{self.where}!{get_column_letter(column)}{number}", field, found, expected, hint)


def _shown(kind: str, value: Any) -> str:
    """Return in words what a cell holds that holds the wrong thing."""
    if kind == FORMULA:
        return "a formula without a value"
    if kind == ERROR:
        return f"the error {value[:20]}"
    return f"{kind} {shortened(str(value))!r}" if kind else "a blank"


def _shown_value(kind: str, value: Any) -> str:
    text = str(value).upper() if kind == BOOLEAN else _meta_text(kind, value)
    return shortened(text or str(value))
