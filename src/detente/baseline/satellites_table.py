"""Satellites (soybeans, chips, ...) as tables: what is known of them, and a strict reader of shares and of users.

A row gives the share of the parent's flow in one cell (origin, dest). A code may be a group ("EU27") or "*". The most
specific row of a cell wins: both named, then origin named, then dest named, then the default "*","*"; a country wins
over its group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detente.baseline.text import TABLE_LIMIT, decode, read_bytes, split_quoted
from detente.core.arrays import Array, Float
from detente.core.codes import COUNTRY_ALIASES, COUNTRY_GROUPS
from detente.core.errors import DataError, Problem, nearest
from detente.core.units import parse_number

ANY: Final = "*"
FINAL: Final = "FINAL"
"""In the table of users: households, government and investment."""

PROBLEM_LIMIT: Final = 500
"""Problems after which a table is read no further."""

BASES: Final = ("data", "assumed")
SHARE_COLUMNS: Final = (
    "satellite", "parent", "origin", "dest", "share_pct", "basis", "low_pct", "high_pct", "source", "year",
)  # fmt: skip
USE_COLUMNS: Final = ("satellite", "country", "sector", "weight_pct", "basis", "source", "year")


@dataclass(frozen=True)
class Satellite:
    """A product group that can become a sector.

    Attributes:
        name: as in the table. parent: sector it is cut from. suffix: of its code. label: for people.
        hs: codes of the Harmonized System without points, as prefixes.
    """

    name: str
    parent: str
    suffix: str
    label: str
    hs: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Return the sector code, for example "A01_SOY"."""
        return f"{self.parent}_{self.suffix}"


KNOWN: Final[Mapping[str, Satellite]] = {
    item.name: item
    for item in (
        Satellite("soybeans", "A01", "SOY", "Soybeans", ("1201",)),
        Satellite("rare-earths", "C20", "REE", "Rare-earth metals and compounds", ("280530", "2846")),
        Satellite("magnets", "C27", "MAG", "Permanent magnets of metal", ("850511",)),
        Satellite("chips", "C26", "CHP", "Semiconductors and integrated circuits", ("8541", "8542")),
        Satellite("batteries", "C27", "BAT", "Batteries and accumulators", ("8506", "8507")),
    )
}
"""The packaged satellites. Parents follow the map of products to sectors; 8542.39, which it puts in C27, is in C26."""


@dataclass(frozen=True)
class Share:
    """One row of the table of shares; percent of the parent's flow, with its range.

    Attributes:
        line: in the file. origin, dest: a country, a group or "*". basis: "data" or "assumed".
    """

    line: int
    satellite: str
    parent: str
    origin: str
    dest: str
    share: float
    basis: str
    low: float
    high: float
    source: str
    year: str

    @property
    def rank(self) -> tuple[int, int, int]:
        """Return how specific the row is; the highest rank of a cell wins."""
        origin, dest = _specificity(self.origin), _specificity(self.dest)
        return ((origin > 0) + (dest > 0), origin, dest)


@dataclass(frozen=True)
class Use:
    """One row of the table of users: who buys the satellite in a country ("*": any other), percent of all buyers."""

    line: int
    satellite: str
    country: str
    sector: str
    weight: float
    basis: str
    source: str
    year: str


@dataclass(frozen=True)
class Cells:
    """The rows of one satellite placed on the cells of a world.

    Attributes:
        share, low, high: fraction of the parent's flow. data: True where the winning row is data.
        rows: rows that won at least one cell. unused: rows that name no economy here, or that no cell needs.
    """

    share: Float[Array, "origin dest"]
    low: Float[Array, "origin dest"]
    high: Float[Array, "origin dest"]
    data: Array
    rows: tuple[Share, ...]
    unused: int


def read_shares(path: Path, *, countries: Sequence[str] | None = None, sectors: Sequence[str] = ()) -> list[Share]:
    """Read a table of shares strictly.

    Args:
        path: CSV with the columns of `SHARE_COLUMNS`, in any order.
        countries: codes that may occur besides groups and "*"; None: not checked, for a table made for another world.
        sectors: parents that may occur; empty: not checked.
    Raises:
        MissingDataError: no such file. DataError: everything that is wrong, with file and line.
    """
    problems: list[Problem] = []
    shares: list[Share] = []
    for line, row in _rows(path, SHARE_COLUMNS, problems):
        where = f"{path}:{line}"
        if len(problems) >= PROBLEM_LIMIT:
            problems.append(Problem(where, "", f"{len(problems)} problems so far", "another file; not read further"))
            break
        if not row["satellite"].strip() or row["satellite"] != row["satellite"].strip():
            problems.append(Problem(where, "satellite", repr(row["satellite"][:60]), "a name without blanks around it"))
        numbers = {name: _number(where, name, row[name], problems) for name in ("share_pct", "low_pct", "high_pct")}
        _check_choice(where, "basis", row["basis"], BASES, problems)
        for name, valid in (("origin", countries), ("dest", countries), ("parent", sectors or None)):
            if valid is not None and row[name] != ANY:
                _check_choice(
                    where, name, row[name], [*valid, *COUNTRY_GROUPS] if name != "parent" else valid, problems
                )
        if None in numbers.values():
            continue
        share, low, high = (float(value) for value in numbers.values() if value is not None)
        problems += _range_problems(where, share, low, high)
        text = {name: row[name] for name in ("satellite", "parent", "origin", "dest", "basis", "source", "year")}
        shares.append(Share(line=line, share=share / 100, low=low / 100, high=high / 100, **text))
    problems += _table_problems(path, shares) if not problems else []
    if problems:
        raise DataError(problems=problems)
    return shares


def read_uses(path: Path) -> list[Use]:
    """Read a table of users strictly; the weights of a satellite and country add to 100.

    Raises:
        MissingDataError: no such file. DataError: everything that is wrong, with file and line.
    """
    problems: list[Problem] = []
    uses: list[Use] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in _rows(path, USE_COLUMNS, problems):
        where = f"{path}:{line}"
        weight = _number(where, "weight_pct", row["weight_pct"], problems)
        _check_choice(where, "basis", row["basis"], BASES, problems)
        key = (row["satellite"], row["country"], row["sector"])
        if seen.setdefault(key, line) != line:
            problems.append(Problem(where, "row", f"{', '.join(key)} again (line {seen[key]})", "one row for each"))
        if weight is not None:
            text = {name: row[name] for name in ("satellite", "country", "sector", "basis", "source", "year")}
            uses.append(Use(line=line, weight=weight / 100, **text))
    for key2 in dict.fromkeys((use.satellite, use.country) for use in uses):
        total = sum(use.weight for use in uses if (use.satellite, use.country) == key2)
        if abs(total - 1) > 1e-4:
            problems.append(Problem(str(path), ", ".join(key2), f"weights that add to {100 * total:.6g}", "100"))
    if problems:
        raise DataError(problems=problems)
    return uses


def placed(rows: Iterable[Share], countries: Sequence[str]) -> Cells:
    """Return the shares of one satellite in every cell of a world; the most specific row of a cell wins.

    Args:
        rows: of one satellite, with a default row. countries: codes of the world; groups are taken for their members.
    """
    rows = sorted(rows, key=lambda row: row.rank)
    n = len(countries)
    winner = np.full((n, n), -1)
    for at, row in enumerate(rows):
        winner[np.ix_(_members(row.origin, countries), _members(row.dest, countries))] = at
    won = set(np.unique(winner).tolist())

    def cell(values: list[float]) -> Array:
        return np.asarray(np.array(values)[winner])

    return Cells(
        share=cell([row.share for row in rows]),
        low=cell([row.low for row in rows]),
        high=cell([row.high for row in rows]),
        data=np.array([row.basis == "data" for row in rows])[winner],
        rows=tuple(row for at, row in enumerate(rows) if at in won),
        unused=len(rows) - len(won),
    )


def _members(code: str, countries: Sequence[str]) -> list[int]:
    if code == ANY:
        return list(range(len(countries)))
    if code in countries:
        return [countries.index(code)]
    return [countries.index(member) for member in COUNTRY_GROUPS.get(code, ()) if member in countries]


def _specificity(code: str) -> int:
    return 0 if code == ANY else 1 if code in COUNTRY_GROUPS else 2


def _rows(path: Path, columns: Sequence[str], problems: list[Problem]) -> list[tuple[int, dict[str, str]]]:
    """Return (line, column -> text) of the well-formed lines; what is wrong with the others is told."""
    first, *lines = decode(path, read_bytes(path, TABLE_LIMIT)).rstrip("\n").split("\n")
    header = _fields(f"{path}:1", first, None, problems)
    expected = ",".join(columns)
    if sorted(header) != sorted(columns):
        problems.append(Problem(f"{path}:1", "header", repr(first[:200]), expected))
        return []
    rows = []
    for line, text in enumerate(lines, start=2):
        fields = _fields(f"{path}:{line}", text, len(header), problems)
        if fields:
            rows.append((line, dict(zip(header, fields, strict=True))))
    if not rows and not problems:
        problems.append(Problem(f"{path}:1", "", "a header and no rows", f"rows of {expected}"))
    return rows


def _fields(where: str, text: str, width: int | None, problems: list[Problem]) -> list[str]:
    try:
        fields = split_quoted(text)
    except ValueError as error:
        problems.append(Problem(where, "", str(error), "plain or properly quoted fields"))
        return []
    if width is not None and len(fields) != width:
        problems.append(Problem(where, "", f"{len(fields)} fields", f"{width}", "quotes around a field with commas"))
        return []
    return fields


def _number(where: str, name: str, text: str, problems: list[Problem]) -> float | None:
    try:
        value = parse_number(text)
    except ValueError as error:
        expected, _, hint = str(error).partition("; try ")
        problems.append(Problem(where, name, repr(text[:60]), expected, hint))
        return None
    if not 0 <= value <= 100:
        hint = "percent, not basis points" if value > 100 else ""
        problems.append(Problem(where, name, f"{value:g}", "percent between 0 and 100", hint))
        return None
    return value


def _check_choice(where: str, name: str, found: str, valid: Sequence[str], problems: list[Problem]) -> None:
    if found not in valid:
        expected = " or ".join(valid) if len(valid) < 5 else f"one of {len(valid)} known codes, or '*'"
        close = nearest(found, valid, aliases=dict(COUNTRY_ALIASES))
        problems.append(Problem(where, name, repr(found[:60]), expected, repr(close) if close else ""))


def _range_problems(where: str, share: float, low: float, high: float) -> list[Problem]:
    problems = []
    if low > share:
        problems.append(Problem(where, "low_pct", f"{low:g} above share_pct {share:g}", "low_pct <= share_pct"))
    if high < share:
        problems.append(Problem(where, "high_pct", f"{high:g} below share_pct {share:g}", "high_pct >= share_pct"))
    return problems


def _table_problems(path: Path, shares: Sequence[Share]) -> list[Problem]:
    """Return what no single row shows: cells told twice, two parents, no default."""
    problems: list[Problem] = []
    cells: dict[tuple[str, str, str], int] = {}
    parents: dict[str, Share] = {}
    for row in shares:
        first = cells.setdefault((row.satellite, row.origin, row.dest), row.line)
        if first != row.line:
            found = f"{row.satellite}, {row.origin}, {row.dest} again (line {first})"
            problems.append(Problem(f"{path}:{row.line}", "row", found, "one row for each cell", "deleting one"))
        parent = parents.setdefault(row.satellite, row)
        if parent.parent != row.parent:
            found = f"{row.parent!r} (line {parent.line}: {parent.parent!r})"
            problems.append(Problem(f"{path}:{row.line}", "parent", found, f"one parent for {row.satellite}"))
    for name in parents:
        if (name, ANY, ANY) not in cells:
            hint = f"a row {name},{parents[name].parent},*,*,0,assumed,0,0,..."
            problems.append(Problem(str(path), name, "no default row", "one with origin * and dest *", hint))
    return problems
