"""The world input-output tables of 2013 (35 sectors, ISIC Rev.3) and 2016 (56 sectors, ISIC Rev.4) as CSV.

2016: columns IndustryCode, IndustryDescription, Country, RNr, Year, then `AUS1` .. `AUS61` by number of the sector and
`TOT`. 2013: the sheet of the table saved as CSV, with four header lines (code, name, country, `c1` ..) and four columns
that label the rows the same way (`r1` .. `r69`). `wiod2013` also reads the R data files of these tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

from detente.baseline.accounts import Progress, silent
from detente.baseline.baseline import Baseline
from detente.baseline.importers import layouts
from detente.baseline.importers.closing import world_baseline
from detente.baseline.importers.companions import read_companions
from detente.baseline.importers.layouts import HEAD_LINES, Head, Label, Layout
from detente.baseline.importers.source import table_of
from detente.baseline.importers.wiod_rdata import read_rdata
from detente.baseline.importers.world_table import read_world_table
from detente.core.errors import DataError, Problem, nearest

KEYS_2016: Final = ("Country", "IndustryCode", "RNr", "Year", "IndustryDescription")
SECTORS_2016: Final = 56
FINAL_2016: Final = 61
TOTALS_2016: Final = {
    "II_fob": layouts.INPUTS, "VA": layouts.VALUE_ADDED, "GO": layouts.OUTPUT,
    **dict.fromkeys(("TXSP", "EXP_adj", "PURR", "PURNR", "IntTTM"), layouts.PRIMARY),
}  # fmt: skip
SECTORS_2013: Final = 35
GOODS_2013: Final = 16
_COLUMN_2016 = re.compile(r"([A-Z]{3}|RoW)([1-9][0-9]?)")
_ITEM_2013 = re.compile(r"[rc]([1-9][0-9]?)")
_YEAR_IN_TEXT = re.compile(r"(?:19|20)[0-9]{2}")


class Wiod2016Layout(Layout):
    """One header line; five columns label the rows, and the number of a sector joins rows and columns."""

    name: ClassVar[str] = "wiod2016"
    expected: ClassVar[str] = "the columns IndustryCode, IndustryDescription, Country, RNr, Year, AUS1 .. AUS61 .., TOT"

    def head(self, path: Path, rows: Iterator[tuple[int, list[str]]]) -> Head:
        """Return the columns of the header line; see `Layout.head`."""
        line, fields = next(rows)
        fields = [field.strip() for field in fields]
        if not {"IndustryCode", "RNr"} <= set(fields):
            raise self.foreign(path, line, [fields], rows)
        problems = [
            Problem(f"{path}:{line}", name, "no such column", self.expected) for name in KEYS_2016 if name not in fields
        ]
        labels: list[Label | None] = []
        for at, field in enumerate(fields):
            label = _column_2016(field)
            if label is None and (field not in KEYS_2016 or field in fields[:at]):
                close = nearest(field, [*KEYS_2016, *fields[:at]])
                found = f"the unknown or repeated label {field!r} in column {at + 1}"
                problems.append(Problem(f"{path}:{line}", "header", found, self.expected, close))
            labels.append(label)
        if problems:
            raise DataError(problems=problems)
        return Head(tuple(fields), tuple(labels), tuple(fields.index(name) for name in KEYS_2016))

    def row(self, key: tuple[str, ...]) -> Label | None:
        """Return the meaning of a row; see `Layout.row`."""
        country, code, number, _, text = (field.strip() for field in key)
        if country == "TOT":
            kind = TOTALS_2016.get(code)
            return None if kind is None else Label(kind, item=code)
        if not number.isdecimal() or not 1 <= int(number) <= SECTORS_2016 or not code:
            return None
        return Label(layouts.CELL, country, str(int(number)), code, text)

    def year(self, key: tuple[str, ...]) -> str:
        """Return the year of the row."""
        return key[3].strip()

    def is_service(self, code: str) -> bool:
        """Return True outside agriculture, mining and manufacturing (ISIC Rev.4 sections A, B, C)."""
        return not re.match(r"[ABC]([0-9]|$)", code)


class Wiod2013Layout(Layout):
    """Four header lines under some lines of title; four columns label the rows."""

    name: ClassVar[str] = "wiod2013"
    expected: ClassVar[str] = "four header lines: industry codes, names, countries, and c1, c2 .. below them"

    def head(self, path: Path, rows: Iterator[tuple[int, list[str]]]) -> Head:
        """Return the columns of the header lines; see `Layout.head`."""
        lines, line = [], 1
        for number, fields in rows:
            line = number
            lines.append([field.strip() for field in fields])
            if sum(bool(_ITEM_2013.fullmatch(field)) for field in lines[-1]) > 1:
                break
            if len(lines) >= HEAD_LINES:
                raise self.foreign(path, 1, lines, rows)
        else:
            raise self.foreign(path, 1, lines, rows)
        if len(lines) < 2 or len({len(fields) for fields in lines[-2:]}) > 1:
            raise self.foreign(path, 1, lines, rows)
        items, countries, width = lines[-1], lines[-2], len(lines[-1])
        first = next(at for at, item in enumerate(items) if item)
        labels = [None if at < first else _column_2013(countries[at], items[at]) for at in range(width)]
        problems = []
        for at in range(first, width):
            if labels[at] is None:
                found = f"the unknown label {countries[at]!r} {items[at]!r} in column {at + 1}"
                problems.append(Problem(f"{path}:{line}", "header", found, "a country over c1 .. c42, or TOT"))
        if first != 4:
            problems.append(Problem(f"{path}:{line}", "header", f"{first} columns of labels", "4"))
        if problems:
            raise DataError(problems=problems)
        names = tuple(f"{country} {item}".strip() for country, item in zip(countries, items, strict=True))
        years = {year for fields in lines[:-4] for field in fields for year in _YEAR_IN_TEXT.findall(field)}
        return Head(names, tuple(labels), (2, 3, 0, 1), years.pop() if len(years) == 1 else "")

    def row(self, key: tuple[str, ...]) -> Label | None:
        """Return the meaning of a row; see `Layout.row`."""
        country, item, code, text = (field.strip() for field in key)
        match = _ITEM_2013.fullmatch(item)
        if match is None or not item.startswith("r"):
            return None
        number = int(match[1])
        if number <= SECTORS_2013:
            name = f"{code} {text}".strip()
            return Label(layouts.CELL, country, match[1], f"c{number}", name)
        kinds = {60: layouts.INPUTS, 69: layouts.OUTPUT}
        if number < 60:
            return None
        is_value_added = "value added" in text.casefold()
        kind = layouts.VALUE_ADDED if is_value_added else kinds.get(number, layouts.PRIMARY)
        return Label(kind, item=match[1])

    def is_service(self, code: str) -> bool:
        """Return True after the 16 goods sectors (agriculture, mining, manufacturing)."""
        return int(code[1:]) > GOODS_2013


def _column_2016(text: str) -> Label | None:
    if text in ("TOT", "GO"):
        return Label(layouts.OUTPUT, item="TOT")
    match = _COLUMN_2016.fullmatch(text)
    if match is None or int(match[2]) > FINAL_2016:
        return None
    kind = layouts.CELL if int(match[2]) <= SECTORS_2016 else layouts.FINAL
    return Label(kind, match[1], match[2])


def _column_2013(country: str, item: str) -> Label | None:
    match = _ITEM_2013.fullmatch(item)
    if country == "TOT" or item == "TOT":
        return Label(layouts.OUTPUT, item="TOT")
    if match is None or not item.startswith("c") or not re.fullmatch(r"[A-Z]{3}|RoW", country):
        return None
    number = int(match[1])
    if number <= SECTORS_2013:
        return Label(layouts.CELL, country, match[1])
    return Label(layouts.FINAL, country, match[1]) if 37 <= number <= 42 else None


def read_wiod2016(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a table of the 2016 release with `tariffs.csv`, `elasticities.csv` and `meta.yaml` beside it.

    Args:
        source: the CSV file, or the folder that holds it and no other table. progress: told the bytes read.
    Raises:
        MissingDataError: nothing there, or nothing wrong but missing companions.
        DataError: everything that is wrong with the table, else with its companions, else with the accounts.
    """
    path = table_of(Path(source), (".csv",), form="wiod2016")
    table = read_world_table(path, Wiod2016Layout(), progress=progress)
    companions = read_companions(path, table.countries, table.sectors, services=table.services, year=table.year)
    return world_baseline(table, companions)


def read_wiod2013(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a table of the 2013 release with `tariffs.csv`, `elasticities.csv` and `meta.yaml` beside it.

    Args:
        source: the CSV or .RData file, or the folder that holds it and no other table. progress: told the bytes read.
    Raises:
        MissingDataError: nothing there, nothing wrong but missing companions, or no `rdata` for an R data file.
        DataError: everything that is wrong with the table, else with its companions, else with the accounts.
    """
    path = table_of(Path(source), (".csv", ".RData", ".rda"), form="wiod2013")
    if path.suffix.lower() in (".rdata", ".rda"):
        table = read_rdata(path, Wiod2013Layout())
    else:
        table = read_world_table(path, Wiod2013Layout(), progress=progress)
    companions = read_companions(path, table.countries, table.sectors, services=table.services, year=table.year)
    return world_baseline(table, companions)
