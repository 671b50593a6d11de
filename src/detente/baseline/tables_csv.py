"""One long CSV table, read strictly: fields are counted on every line before anything is converted.

A row that is too long or too short is named with its line and never shifted; blank, 0 and a missing row stay three
different things. Lines without quotes take a fast path (joined, split, sliced); messages are built on a slow one.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detente.baseline.text import TABLE_LIMIT, decode, read_bytes, split_quoted
from detente.core.arrays import Array
from detente.core.errors import DataError, Problem, nearest
from detente.core.units import NUMBER, parse_number

BLOCK: Final = 1 << 20
LINE_LIMIT: Final = 1000
ROW_LIMIT: Final = 4_000_000
CODE_LIMIT: Final = 64
CODES_LIMIT: Final = 10_000
"""Different codes in one column; more means that the column is something else."""

PROBLEM_LIMIT: Final = 500
"""Problems of one file that are told one by one; the rest is counted."""

GIVE_UP: Final = 20_000
"""Problems of one file after which it is read no further."""

HS_COLUMN: Final = "hs22"
_is_number = re.compile(NUMBER).fullmatch
_HS_CODE = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{4}\.?[0-9]{2}")
_FOOTNOTE = "deleting the line if it is a footnote or a row of units"


@dataclass(frozen=True)
class Layout:
    """The columns of one of the five tables: `keys` name a cell, `value` holds its number."""

    name: str
    keys: tuple[str, ...]
    value: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the required columns."""
        return (*self.keys, self.value)


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in its file.

    Attributes:
        path: as shown to the user.
        codes: for each key column its distinct codes in order of first use.
        positions: for each key column the position in `codes` of every row.
        values: one number a row. lines: the line of every row in the file.
        problems: what is wrong; if there is any, the rows must not be used.
        sha256: of the file.
    """

    layout: Layout
    path: str
    codes: dict[str, tuple[str, ...]]
    positions: dict[str, Array]
    values: Array
    lines: Array
    problems: tuple[Problem, ...]
    sha256: str = ""

    def first_line(self, key: str, code: str) -> int:
        """Return the line of the first row whose column `key` holds `code`."""
        rows = np.flatnonzero(self.positions[key] == self.codes[key].index(code))
        return int(self.lines[rows[0]])


def read_table(path: Path, layout: Layout) -> Table:
    """Read one table; what is wrong with it is in its `problems`, nothing is raised.

    Args:
        path: a CSV file with a header; columns in any order; an optional column `hs22` is checked and not used.
        layout: the columns expected.
    """
    try:
        data = read_bytes(path, TABLE_LIMIT)
        text = decode(path, data)
    except DataError as error:
        return Table(layout, str(path), {}, {}, np.empty(0), np.empty(0), error.problems)
    reader = _Reader(path, layout)
    reader.read(text)
    return reader.table(hashlib.sha256(data).hexdigest())


class _Reader:
    """The rows and problems of one table while it is read."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path, self.layout = path, layout
        self.problems: list[Problem] = []
        self.untold = 0
        self.header: list[str] = []
        self.index: dict[str, dict[str, int]] = {key: {} for key in layout.keys}
        self.positions: dict[str, list[Array]] = {key: [] for key in layout.keys}
        self.values: list[Array] = []
        self.lines: list[Array] = []

    def tell(self, line: int, field: str, found: str, expected: str, hint: str = "") -> None:
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(Problem(f"{self.path}:{line}", field, found, expected, hint))
        else:
            self.untold += 1

    def read(self, text: str) -> None:
        first, _, body = text.rstrip("\n").partition("\n")
        if not self._read_header(first):
            return
        if not body:
            self.tell(1, "", "a header and no rows", f"rows of {','.join(self.layout.columns)}")
        line = 2
        for block in _blocks(body):
            lines = block.split("\n")
            self._read_block(lines, line, plain='"' not in block)
            line += len(lines)
            if self.untold > GIVE_UP or self._too_much(line):
                break
        self._check_codes()
        self._check_duplicates()

    def table(self, sha256: str) -> Table:
        if self.untold:
            self.problems.append(Problem(str(self.path), "", f"{self.untold} more lines like these", "none"))
        return Table(
            layout=self.layout,
            path=str(self.path),
            codes={key: tuple(codes) for key, codes in self.index.items()},
            positions={key: _joined(parts, np.int64) for key, parts in self.positions.items()},
            values=_joined(self.values, np.float64),
            lines=_joined(self.lines, np.int64),
            problems=tuple(self.problems),
            sha256=sha256,
        )

    def _read_header(self, line: str) -> bool:
        expected = ",".join(self.layout.columns)
        fields, reason = _fields(line[: LINE_LIMIT + 1])
        if not line.strip() or len(line) > LINE_LIMIT or reason:
            long = f"a first line of {len(line)} characters" if len(line) > LINE_LIMIT else reason
            found = long or "an empty first line"
            self.tell(1, "", found, f"the header {expected}")
            return False
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in line and len(fields) < len(self.layout.columns):
                hint = "saving as CSV with commas between fields and a point in decimals"
                self.tell(1, "", f"{name} between the fields", f"commas: {expected}", hint)
                return False
        known = (*self.layout.columns, HS_COLUMN)
        for at, name in enumerate(fields):
            if name in fields[:at]:
                places = f"columns {fields.index(name) + 1} and {at + 1}"
                self.tell(1, name, f"the header twice, in {places}", "distinct headers")
            elif name not in known:
                close = nearest(name, [column for column in known if column not in fields])
                self.tell(1, "header", repr(name), f"the columns {expected}", repr(close) if close else "")
        for name in self.layout.columns:
            if name not in fields:
                self.tell(1, name, "no such column", f"the columns {expected}")
        self.header = fields
        return not self.problems

    def _read_block(self, block: list[str], first: int, *, plain: bool) -> None:
        width = len(self.header)
        if plain and {line.count(",") for line in block} == {width - 1} and max(map(len, block)) <= LINE_LIMIT:
            fields = ",".join(block).split(",")
            self._take([fields[at::width] for at in range(width)], np.arange(first, first + len(block)))
            return
        rows, numbers = [], []
        for number, line in enumerate(block, start=first):
            row = self._row(line, number)
            if row is not None:
                rows.append(row)
                numbers.append(number)
        if rows:
            self._take([list(column) for column in zip(*rows, strict=True)], np.array(numbers))

    def _row(self, line: str, number: int) -> list[str] | None:
        width = len(self.header)
        expected = f"{width} fields: {','.join(self.header)}"
        if len(line) > LINE_LIMIT:
            self.tell(number, "", f"a line of {len(line)} characters", f"at most {LINE_LIMIT}")
            return None
        fields, reason = _fields(line)
        if reason:
            self.tell(number, "", reason, expected)
        elif len(fields) == width:
            return fields
        elif not line.strip():
            self.tell(number, "", "a blank line", expected, "deleting the line")
        else:
            found = f"{len(fields)} field{'s' * (len(fields) > 1)} ({_shortened(line)})"
            self.tell(number, "", found, expected, self._width_hint(fields, line))
        return None

    def _width_hint(self, fields: Sequence[str], line: str) -> str:
        width = len(self.header)
        if ";" in line:
            return "commas between the fields, not semicolons"
        if len(fields) > width and self.header[-1] == self.layout.value:
            number = ",".join(fields[width - 1 :])
            if re.fullmatch(r"[+-]?[0-9]+(,[0-9]+)+(\.[0-9]*)?", number):
                return _number_advice(number)[1] or "a number without commas inside"
        if len(fields) < width:
            return _FOOTNOTE
        return "quotes around a field that holds a comma"

    def _take(self, columns: list[list[str]], lines: Array) -> None:
        by_name = dict(zip(self.header, columns, strict=True))
        for key, index in self.index.items():
            column = by_name[key]
            for code in dict.fromkeys(column):
                index.setdefault(code, len(index))
            self.positions[key].append(np.fromiter(map(index.__getitem__, column), dtype=np.int64, count=len(column)))
        self.values.append(self._numbers(by_name[self.layout.value], lines))
        self.lines.append(lines)
        for code, line in zip(by_name.get(HS_COLUMN, ()), lines, strict=False):
            if not _HS_CODE.fullmatch(code):
                expected = "2, 4 or 6 digits, written as text (a zero was lost?)"
                self.tell(int(line), HS_COLUMN, repr(_shortened(code)), expected, _hs_hint(code))

    def _numbers(self, column: list[str], lines: Array) -> Array:
        if all(map(_is_number, column)):
            values = np.fromiter(map(float, column), dtype=np.float64, count=len(column))
            if np.isfinite(values).all():
                return values
        values = np.full(len(column), np.nan)
        for at, text in enumerate(column):
            try:
                values[at] = parse_number(text)
            except ValueError:
                found = repr(_shortened(text)) if text.strip() else "a blank"
                self.tell(int(lines[at]), self.layout.value, found, *_number_advice(text))
        return values

    def _too_much(self, line: int) -> bool:
        """Return True when reading on is useless: too many rows or codes, or more rows than there can be cells."""
        many = max(map(len, self.index.values()))
        if many > CODES_LIMIT:
            key = max(self.index, key=lambda name: len(self.index[name]))
            self.tell(line, key, f"{many} different codes so far", f"at most {CODES_LIMIT}")
        rows = sum(map(len, self.lines))
        if rows > ROW_LIMIT:
            self.tell(line, "", f"{rows} rows so far", f"at most {ROW_LIMIT}")
        return bool(many > CODES_LIMIT or rows > ROW_LIMIT or rows > math.prod(map(len, self.index.values())))

    def _check_codes(self) -> None:
        for key, index in self.index.items():
            for at, code in enumerate(index):
                if code and code.strip() == code and code.isprintable() and len(code) <= CODE_LIMIT:
                    continue
                found = repr(_shortened(code)) if code.strip() else "a blank"
                hint = repr(code.strip()) if code.strip() and code.strip() != code else ""
                expected = f"a code of 1 to {CODE_LIMIT} printable characters without blanks around it"
                for rows, lines in zip(self.positions[key], self.lines, strict=True):
                    for line in lines[rows == at]:
                        self.tell(int(line), key, found, expected, hint)

    def _check_duplicates(self) -> None:
        if not self.lines:
            return
        cell = np.zeros(sum(map(len, self.lines)), dtype=np.int64)
        for key, index in self.index.items():
            cell = cell * len(index) + _joined(self.positions[key], np.int64)
        order = np.argsort(cell, kind="stable")
        again = np.flatnonzero(cell[order[1:]] == cell[order[:-1]])
        if not again.size:
            return
        lines = _joined(self.lines, np.int64)
        codes = {key: list(index) for key, index in self.index.items()}
        positions = {key: _joined(self.positions[key], np.int64) for key in self.index}
        self.untold += max(0, again.size - PROBLEM_LIMIT)
        for at in again[:PROBLEM_LIMIT]:
            earlier, later = int(lines[order[at]]), int(lines[order[at + 1]])
            name = ", ".join(codes[key][positions[key][order[at]]] for key in self.index)
            found = f"{name} on lines {earlier} and {later}"
            self.tell(later, ",".join(self.index), found, "one row for each", "deleting one of them")


def _blocks(body: str) -> Iterator[str]:
    start = 0
    while start < len(body):
        stop = body.find("\n", start + BLOCK)
        stop = len(body) if stop < 0 else stop
        yield body[start:stop]
        start = stop + 1


def _fields(line: str) -> tuple[list[str], str]:
    if '"' not in line:
        return line.split(","), ""
    try:
        return split_quoted(line), ""
    except ValueError as error:
        return [], str(error)


def _joined(parts: list[Array], dtype: type) -> Array:
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _number_advice(text: str) -> tuple[str, str]:
    if not text.strip():
        return "a number; 0 and blank are two things", "0, or no row and `missing: zero` in meta.yaml"
    try:
        parse_number(text)
    except ValueError as error:
        expected, _, hint = str(error).partition("; try ")
        return expected, hint or (_FOOTNOTE if re.search(r"[A-Za-z]{3}", text) else "")
    return "a number", ""


def _hs_hint(code: str) -> str:
    if re.fullmatch(r"[0-9]|[0-9]{3}|[0-9]{5}", code):
        return f"'0{code}'"
    return f"'{code}0'" if re.fullmatch(r"[0-9]{4}\.[0-9]", code) else ""
