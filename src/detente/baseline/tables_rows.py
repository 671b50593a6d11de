"""The rows of one table while they are read, from whatever file: codes, numbers, and everything that is wrong.

Rows are kept as positions in a list of distinct codes, so that placement is by key and never by position. What a file
may hold is bounded; problems are told with their row, the first 500 one by one, the rest counted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import Problem, nearest

ROW_LIMIT: Final = 4_000_000
CODE_LIMIT: Final = 64
CODES_LIMIT: Final = 10_000
"""Different codes in one column; more means that the column is something else."""

PROBLEM_LIMIT: Final = 500
"""Problems of one file that are told one by one; the rest is counted."""

GIVE_UP: Final = 20_000
"""Problems of one file after which it is read no further."""

HS_COLUMN: Final = "hs22"
_HS_CODE = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{4}\.?[0-9]{2}")

Codes = tuple[Sequence[str], Array]
"""Distinct codes, and for every row its position among them."""


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
        mark: what stands between path and line; "" where rows have no line.
        warnings: what is remarkable.
    """

    layout: Layout
    path: str
    codes: dict[str, tuple[str, ...]]
    positions: dict[str, Array]
    values: Array
    lines: Array
    problems: tuple[Problem, ...]
    sha256: str = ""
    mark: str = ":"
    warnings: tuple[str, ...] = ()

    def at(self, line: int) -> str:
        """Return where a line is, as shown to the user."""
        return f"{self.path}{self.mark}{line}" if self.mark else self.path

    def first_line(self, key: str, code: str) -> int:
        """Return the line of the first row whose column `key` holds `code`."""
        rows = self.positions[key] == self.codes[key].index(code)
        return int(self.lines[int(np.argmax(rows))])


def failed(layout: Layout, path: Path | str, problems: Sequence[Problem]) -> Table:
    """Return a table that could not be read at all."""
    return Table(layout, str(path), {}, {}, np.empty(0), np.empty(0), tuple(problems))


class Rows:
    """The rows and problems of one table while it is read."""

    def __init__(self, path: Path | str, layout: Layout, *, mark: str = ":") -> None:
        self.path, self.layout, self.mark = str(path), layout, mark
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self.untold = 0
        self.count = 0
        self.index: dict[str, dict[str, int]] = {key: {} for key in layout.keys}
        self.positions: dict[str, list[Array]] = {key: [] for key in layout.keys}
        self.values: list[Array] = []
        self.lines: list[Array] = []

    def tell(self, line: int, field: str, found: str, expected: str, hint: str = "") -> None:
        """Add a problem of one line; 0 means the file as a whole."""
        where = f"{self.path}{self.mark}{line}" if self.mark and line else self.path
        self.tell_at(where, field, found, expected, hint)

    def tell_at(self, where: str, field: str, found: str, expected: str, hint: str = "") -> None:
        """Add a problem at a place that is no line, such as a cell of a sheet."""
        if len(self.problems) < PROBLEM_LIMIT:
            self.problems.append(Problem(where, field, found, expected, hint))
        else:
            self.untold += 1

    def check_header(self, line: int, names: Sequence[str]) -> bool:
        """Tell what is wrong with the names of the columns; return whether they are right."""
        expected = f"the columns {','.join(self.layout.columns)}"
        known = (*self.layout.columns, HS_COLUMN)
        before = len(self.problems)
        for at, name in enumerate(names):
            if name in names[:at]:
                places = f"columns {names.index(name) + 1} and {at + 1}"
                self.tell(line, shortened(name), f"the header twice, in {places}", "distinct headers")
            elif name not in known:
                close = nearest(name, [column for column in known if column not in names])
                self.tell(line, "header", repr(shortened(name)), expected, repr(close) if close else "")
        for name in self.layout.columns:
            if name not in names:
                self.tell(line, name, "no such column", expected)
        return len(self.problems) == before

    def take(self, codes: Mapping[str, Codes], values: Array, lines: Array) -> None:
        """Add rows.

        Args:
            codes: for each key column its codes. values, lines: of each row.
        """
        for key, index in self.index.items():
            distinct, positions = codes[key]
            order = [index.setdefault(code, len(index)) for code in distinct]
            self.positions[key].append(np.array(order, dtype=np.int64)[positions])
        self.values.append(values)
        self.lines.append(lines)
        self.count += len(values)

    def check_hs(self, codes: Sequence[str], lines: Sequence[int] | Array) -> None:
        """Tell which entries of the optional column of HS codes are none."""
        for code, line in zip(codes, lines, strict=True):
            if not _HS_CODE.fullmatch(code):
                expected = "2, 4 or 6 digits, written as text (a zero was lost?)"
                self.tell(int(line), HS_COLUMN, repr(shortened(code)), expected, _hs_hint(code))

    def enough(self, line: int) -> bool:
        """Return True when reading on is useless: too many problems, rows or codes, or more rows than cells."""
        many = max(map(len, self.index.values()))
        if many > CODES_LIMIT:
            key = max(self.index, key=lambda name: len(self.index[name]))
            self.tell(line, key, f"{many} different codes so far", f"at most {CODES_LIMIT}")
        if self.count > ROW_LIMIT:
            self.tell(line, "", f"{self.count} rows so far", f"at most {ROW_LIMIT}")
        over = many > CODES_LIMIT or self.count > ROW_LIMIT or self.untold > GIVE_UP
        return over or self.count > math.prod(map(len, self.index.values()))

    def table(self, sha256: str = "") -> Table:
        """Return the table, its codes and its duplicates checked."""
        if not self.count and not self.problems:
            self.tell(1, "", "a header and no rows", f"rows of {','.join(self.layout.columns)}")
        self._check_codes()
        self._check_duplicates()
        if self.untold:
            self.problems.append(Problem(self.path, "", f"{self.untold} more lines like these", "none"))
        return Table(
            layout=self.layout,
            path=self.path,
            codes={key: tuple(codes) for key, codes in self.index.items()},
            positions={key: joined(parts, np.int64) for key, parts in self.positions.items()},
            values=joined(self.values, np.float64),
            lines=joined(self.lines, np.int64),
            problems=tuple(self.problems),
            sha256=sha256,
            mark=self.mark,
            warnings=tuple(self.warnings),
        )

    def _check_codes(self) -> None:
        for key, index in self.index.items():
            for at, code in enumerate(index):
                if code and code.strip() == code and code.isprintable() and len(code) <= CODE_LIMIT:
                    continue
                found = repr(shortened(code)) if code.strip() else "a blank"
                hint = repr(code.strip()) if code.strip() and code.strip() != code else ""
                expected = f"a code of 1 to {CODE_LIMIT} printable characters without blanks around it"
                for rows, lines in zip(self.positions[key], self.lines, strict=True):
                    for line in lines[rows == at]:
                        self.tell(int(line), key, found, expected, hint)

    def _check_duplicates(self) -> None:
        if not self.count:
            return
        cell = np.zeros(self.count, dtype=np.int64)
        for key, index in self.index.items():
            cell = cell * len(index) + joined(self.positions[key], np.int64)
        size = math.prod(map(len, self.index.values()))
        if size <= 8 * self.count and not (np.bincount(cell, minlength=size) > 1).any():
            return  # counted, which is quicker than sorting
        order = np.argsort(cell, kind="stable")
        again = np.flatnonzero(cell[order[1:]] == cell[order[:-1]])
        lines = joined(self.lines, np.int64)
        codes = {key: list(index) for key, index in self.index.items()}
        positions = {key: joined(self.positions[key], np.int64) for key in self.index}
        self.untold += max(0, again.size - PROBLEM_LIMIT)
        for at in again[:PROBLEM_LIMIT]:
            earlier, later = int(lines[order[at]]), int(lines[order[at + 1]])
            name = ", ".join(codes[key][positions[key][order[at]]] for key in self.index)
            found = f"{name} on lines {earlier} and {later}" if self.mark else f"{name} twice"
            self.tell(later, ",".join(self.index), found, "one row for each", "deleting one of them")


def distinct(column: Sequence[str]) -> Codes:
    """Return the distinct texts of a column in order of first use, and where each row stands among them."""
    at = {code: position for position, code in enumerate(dict.fromkeys(column))}
    return list(at), np.fromiter(map(at.__getitem__, column), dtype=np.int64, count=len(column))


def joined(parts: Sequence[Array], dtype: type) -> Array:
    """Return arrays one after the other, also if there is none."""
    return np.concatenate(parts) if parts else np.empty(0, dtype=dtype)


def shortened(text: str) -> str:
    """Return a text fit for a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def _hs_hint(code: str) -> str:
    if re.fullmatch(r"[0-9]|[0-9]{3}|[0-9]{5}", code):
        return f"'0{code}'"
    return f"'{code}0'" if re.fullmatch(r"[0-9]{4}\.[0-9]", code) else ""
