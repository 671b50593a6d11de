"""A table of rates as CSV: read strictly, every line counted, every problem told at once with its line.

Columns: by, against, sector (or hs22), rate; optional authority, stacks_with, assumed. A rate carries its unit.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple

from detente.core.errors import Problem, nearest
from detente.core.units import Rate, parse_rate

REQUIRED: Final = ("by", "against", "rate")
OPTIONAL: Final = ("authority", "stacks_with", "assumed")
PRODUCT_COLUMNS: Final = ("sector", "hs22")
COLUMNS: Final = ("by", "against", *PRODUCT_COLUMNS, "rate", *OPTIONAL)
EXTREME: Final = 10.0
"""Rates above 1000 % are refused unless the measure says `allow_extreme: true`."""


class TableRow(NamedTuple):
    """One line: who, on whom, what (a sector code or an HS code), the rate and its legal basis."""

    by: str
    against: str
    item: str
    rate: Rate
    authority: str
    stacks_with: tuple[str, ...]
    assumed: bool
    line: int


@dataclass(frozen=True)
class RateTable:
    """The rows of a table of rates.

    Attributes:
        label: the file as the scenario names it. text: the whole CSV. sha256: of the text as UTF-8.
        column: "sector" or "hs22".
    """

    label: str
    column: str
    rows: tuple[TableRow, ...] = field(repr=False, compare=False)
    text: str = field(repr=False, compare=False)
    sha256: str

    @cached_property
    def authorities(self) -> frozenset[str]:
        """Return the legal bases named in the rows."""
        return frozenset(row.authority for row in self.rows if row.authority)

    def without_authority(self, authority: str) -> RateTable:
        """Return the table without the rows that rest on `authority`; label, text and checksum stay."""
        return replace(self, rows=tuple(row for row in self.rows if row.authority != authority))


def read_table(
    text: str, label: str, path: str, *, first_line: int = 1, extreme: bool = False, negative: bool = False
) -> tuple[RateTable | None, list[Problem]]:
    """Return the table, or None and everything that is wrong with it.

    Args:
        text: CSV with a header; lines ended by LF. label: the name to show and keep. path: for messages.
        first_line: line of the header in `path`. extreme: accept rates above 1000 %. negative: accept all-in rates
            below zero.
    Returns:
        (table or None, problems): problems is empty exactly if there is a table.
    """
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return None, [Problem(path, "", "an empty table", f"a header and rows: {', '.join(COLUMNS)}")]
    try:
        header = _fields(lines[0])
        problems = _header_problems(header, f"{path}:{first_line}")
        if not problems and len(lines) == 1:
            problems.append(Problem(f"{path}:{first_line}", "", "a header only", "at least one row below it"))
    except csv.Error as error:
        problems = [Problem(f"{path}:{first_line}", "", str(error), "comma separated fields")]
    if problems:
        return None, problems
    reader = _RowReader(header, path, extreme, negative)
    rows = [reader.row(line, first_line + number) for number, line in enumerate(lines[1:], start=1)]
    if reader.problems:
        return None, reader.problems
    kept = tuple(row for row in rows if row is not None)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return RateTable(label, reader.column, kept, text, digest), []


def _fields(line: str) -> list[str]:
    if '"' not in line:
        return line.split(",")
    return next(csv.reader([line], strict=True))


def _header_problems(header: list[str], where: str) -> list[Problem]:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return [Problem(where, "", "fields parted by semicolons or tabs", "commas, and a decimal point in numbers")]
    problems = []
    for name in sorted(set(header) - set(COLUMNS)):
        problems.append(Problem(where, "", f"column {name!r}", f"one of {', '.join(COLUMNS)}", nearest(name, COLUMNS)))
    for name in sorted({name for name in header if header.count(name) > 1}):
        problems.append(Problem(where, "", f"column {name!r} twice", "each column once"))
    for name in REQUIRED:
        if name not in header:
            problems.append(Problem(where, name, f"the columns {', '.join(header)}", f"a column {name!r}"))
    if sum(name in header for name in PRODUCT_COLUMNS) != 1:
        problems.append(Problem(where, "sector", f"the columns {', '.join(header)}", "one column 'sector' or 'hs22'"))
    return problems


class _RowReader:
    """Reads rows one by one; remembers rates already parsed and keys already seen."""

    def __init__(self, header: list[str], path: str, extreme: bool, negative: bool) -> None:
        self.header, self.path, self.extreme, self.negative = header, path, extreme, negative
        self.column = "hs22" if "hs22" in header else "sector"
        self.problems: list[Problem] = []
        self._rates: dict[str, Rate | str] = {}
        self._seen: dict[tuple[str, str, str, str], int] = {}
        place = {name: index for index, name in enumerate(header)}
        self._core = [place[name] for name in ("by", "against", self.column, "rate")]
        self._optional = [place.get(name, -1) for name in OPTIONAL]

    def row(self, line: str, number: int) -> TableRow | None:
        """Return the row of a line, or None with a problem noted."""
        try:
            fields = _fields(line)
        except csv.Error as error:
            self._wrong(number, "", str(error), "comma separated fields, quotes closed on the same line")
            return None
        if len(fields) != len(self.header):
            self._wrong(number, "", f"{len(fields)} fields", f"{len(self.header)} fields as in the header")
            return None
        by, against, item, rate_text = (fields[i] for i in self._core)
        authority, stacks, assumed = (fields[i] if i >= 0 else "" for i in self._optional)
        rate = self._rate(rate_text)
        key = (by, against, item, authority)
        fine = self._codes(key, assumed, number)
        if isinstance(rate, str):
            self._wrong(number, "rate", repr(rate_text), rate)
            return None
        if not fine or self._repeated(key, number):
            return None
        return TableRow(by, against, item, rate, authority, tuple(stacks.split()), assumed == "true", number)

    def _codes(self, key: tuple[str, str, str, str], assumed: str, number: int) -> bool:
        fine = True
        for name, value in zip(("by", "against", self.column, "authority"), key, strict=True):
            if value != value.strip() or (not value and name != "authority"):
                self._wrong(number, name, repr(value), "a code without blanks")
                fine = False
        if assumed not in ("", "true", "false"):
            self._wrong(number, "assumed", repr(assumed), "true, false or nothing")
            fine = False
        return fine

    def _rate(self, text: str) -> Rate | str:
        rate = self._rates.get(text)
        if rate is None:
            try:
                rate = parse_rate(text)
            except ValueError as error:
                rate = str(error)
            else:
                rate = rate_problem(rate, extreme=self.extreme, negative=self.negative) or rate
            self._rates[text] = rate
        return rate

    def _repeated(self, key: tuple[str, str, str, str], number: int) -> bool:
        first = self._seen.setdefault(key, number)
        if first != number:
            found = f"a second row for {', '.join(part for part in key if part)}; the first is line {first}"
            self._wrong(number, "", found, "one row for each by, against, item and authority")
        return first != number

    def _wrong(self, number: int, field: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(f"{self.path}:{number}", field, found, expected, hint))


def rate_problem(rate: Rate, *, extreme: bool, negative: bool) -> str:
    """Return what is wrong with the size of a rate, as an expectation, or an empty string."""
    if rate.value > EXTREME and not extreme:
        return "at most 1000%, unless the measure says allow_extreme: true"
    if rate.value <= -1:
        return "a rate above -100%"
    if rate.value < 0 and not rate.added and not negative:
        return "a rate of zero or more; a negative one is kind: subsidy"
    return ""
