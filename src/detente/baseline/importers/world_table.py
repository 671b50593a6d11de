"""A square inter-country table as flows and inputs: streamed row by row, never held as a whole.

Rows are producers (origin, input sector), columns are producers (dest, using sector) and final demand by destination.
Every label is read; unknown, repeated and missing ones are refused by name. Columns may be in any order.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Progress, silent
from detente.baseline.importers import layouts
from detente.baseline.importers.layouts import CELL, FINAL, OUTPUT, PRIMARY, RENAMED, VALUE_ADDED, Layout
from detente.baseline.importers.stream import PROBLEM_LIMIT, numbers, printed_unit, rows_of
from detente.core.arrays import Array, Float
from detente.core.codes import COUNTRY_ALIASES
from detente.core.errors import DataError, Problem, nearest

UNIT_ROWS: Final = 200
"""Rows whose decimals are counted to learn what the table is rounded to."""
NAMED: Final = 40


@dataclass(frozen=True, eq=False)
class WorldTable:
    """A world table as it stands in its file; axes are origin, dest, sector.

    Attributes:
        path: as shown to the user. form: the format. year: as the file states it, or "".
        countries: N codes. sectors: J codes. labels: descriptions by sector, where the file has them.
        flows: (N, N, J) intermediate and final sales. [MUSD] inputs: (J, N, J). [MUSD]
        published: "value added", "primary cost", "total inputs" -> (N, J) as the file has them, and "output row",
            "output column". [MUSD]
        rounding: largest error of the sum of one row or column that printing its cells can make. [MUSD]
        negative: cells of final demand below zero: number and sum. [count, MUSD]
        outside: primary cost in the columns of final demand, for example taxes on purchases. [MUSD]
        counts: of what was read and placed. notes: what was merged and renamed.
        services: sectors that the layout counts as services.
    """

    path: str
    form: str
    year: str
    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    labels: dict[str, str]
    flows: Float[Array, "origin dest sector"]
    inputs: Float[Array, "input origin sector"]
    published: dict[str, Array]
    rounding: float
    negative: tuple[int, float]
    outside: float
    counts: dict[str, Any]
    notes: tuple[str, ...]
    services: tuple[str, ...]
    sha256: str = ""


@dataclass
class Sums:
    """What has been added up so far, by region and item of the table as they are written."""

    flows: Array
    inputs: Array
    primary: dict[str, Array]
    output_column: Array
    seen: dict[tuple[str, str, str], int] = field(default_factory=dict)
    negative: int = 0
    negative_sum: float = 0.0
    outside: float = 0.0
    unit: float = 1.0
    rows: int = 0


@dataclass(frozen=True, eq=False)
class Axes:
    """The columns of a table by position: where their numbers belong."""

    names: tuple[str, ...]
    key: tuple[int, ...]
    numbers: tuple[int, ...]
    regions: tuple[str, ...]
    items: tuple[str, ...]
    use: Array
    final: Array
    output: Array
    region: Array
    item: Array


def read_world_table(path: Path, layout: Layout, *, progress: Progress = silent) -> WorldTable:
    """Read a world table by its labels.

    Args:
        path: the file. layout: the meaning of its labels. progress: told the bytes read.
    Raises:
        MissingDataError: no such file.
        DataError: another layout, ragged lines, unknown, repeated or missing labels, cells that are not numbers.
    """
    digest = hashlib.sha256()
    rows = rows_of(path, progress=progress, digest=digest)
    head = layout.head(path, rows)
    axes = _axes(path, layout, head)
    sums = Sums(
        flows=np.zeros((len(axes.regions), len(axes.regions), len(axes.items))),
        inputs=np.zeros((len(axes.items), len(axes.regions), len(axes.items))),
        primary={},
        output_column=np.full((len(axes.regions), len(axes.items)), np.nan),
    )
    reader = _Reader(path, layout, axes, sums, head.year)
    for line, fields in rows:
        reader.take(line, fields)
    reader.finish()
    return _merged(reader, digest.hexdigest())


class _Reader:
    """The rows of one table while it is read."""

    def __init__(self, path: Path, layout: Layout, axes: Axes, sums: Sums, year: str) -> None:
        self.path, self.layout, self.axes, self.sums, self.year = path, layout, axes, sums, year
        self.problems: list[Problem] = []
        self.codes: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.key = _getter(axes.key)
        self.cells = _getter(axes.numbers)
        self.columns = self.cells(axes.names)
        self.cell_keys = {region: index for index, region in enumerate(axes.regions)}
        self.item_keys = {item: index for index, item in enumerate(axes.items)}

    def take(self, line: int, fields: list[str]) -> None:
        """Add one row."""
        width = len(self.axes.names)
        if len(fields) != width:
            found = "a blank line" if fields == [""] else f"{len(fields)} field{'s' * (len(fields) != 1)}"
            self._tell(line, "", found, f"{width} fields", "deleting the line if it is a footnote")
            return
        key = self.key(fields)
        label, name = self.layout.row(key), ", ".join(part for part in key[:2] if part)
        if label is None or (label.kind == CELL and not self._known(label)):
            close = nearest(name, [f"{r}_{i}" for r in self.axes.regions for i in self.axes.items][:5000])
            self._tell(line, "row", f"the unknown label {name!r}", "labels that the columns have too", close)
            return
        first = self.sums.seen.setdefault(_id(label), line)
        if first != line:
            self._tell(line, "row", f"{name!r} on lines {first} and {line}", "one row for each", "deleting one")
            return
        self._year(line, key)
        cells = self.cells(fields)
        values = numbers(self.path, line, name, self.columns, cells, self.problems)
        if values is None:
            return
        if self.sums.rows < UNIT_ROWS:
            self.sums.unit = min(self.sums.unit, printed_unit(cells))
        self.sums.rows += 1
        self._add(line, label, values)

    def finish(self) -> None:
        """Refuse the table if anything is wrong or missing.

        Raises:
            DataError: everything that was found.
        """
        cells = {(region, item) for region in self._producers() for item in self.axes.items}
        missing = sorted(cells - {key[1:] for key in self.sums.seen if key[0] == CELL})
        if missing:
            self._tell(0, "rows", f"no row for {_some([f'{r} {i}' for r, i in missing])}", "a row for every column")
        kinds = {key[0] for key in self.sums.seen}
        if VALUE_ADDED not in kinds:
            self._tell(0, "rows", "no row of value added", "the row of value added, to be compared")
        if OUTPUT not in kinds and np.isnan(self.sums.output_column).all():
            self._tell(0, "rows", "no row and no column of output", "one of them, to be compared")
        if self.problems:
            raise DataError(problems=self.problems)

    def _producers(self) -> list[str]:
        use = self.axes.region[self.axes.use]
        return [self.axes.regions[int(r)] for r in np.unique(use)]

    def _known(self, label: layouts.Label) -> bool:
        return label.country in self.cell_keys and label.item in self.item_keys

    def _year(self, line: int, key: tuple[str, ...]) -> None:
        year = self.layout.year(key)
        if year and self.year and year != self.year:
            self._tell(line, "year", year, f"one year in the table; the rows before say {self.year}")
        self.year = self.year or year

    def _add(self, line: int, label: layouts.Label, values: Array) -> None:
        axes, sums = self.axes, self.sums
        n, j = len(axes.regions), len(axes.items)
        use = values[axes.use]
        if label.kind != CELL:
            into = sums.primary.setdefault(label.kind, np.zeros((n, j)))
            into[axes.region[axes.use], axes.item[axes.use]] += use
            if label.kind in (PRIMARY, VALUE_ADDED):
                sums.outside += float(values[axes.final].sum())
            return
        o, k = self.cell_keys[label.country], self.item_keys[label.item]
        final = values[axes.final]
        below = final < 0
        sums.negative += int(below.sum())
        sums.negative_sum += float(final[below].sum())
        sums.flows[o, :, k] = np.bincount(axes.region[axes.use], use, n) + np.bincount(
            axes.region[axes.final], final, n
        )
        sums.inputs[k, axes.region[axes.use], axes.item[axes.use]] += use
        if axes.output.size:
            sums.output_column[o, k] = values[axes.output[0]]
        code = self.codes.setdefault(label.item, label.code or label.item)
        self.texts.setdefault(label.item, label.text)
        if label.code and code != label.code:
            self._tell(line, "row", f"the sector {label.code!r} at {label.item}", f"{code!r}, as in the rows before")

    def _tell(self, line: int, name: str, found: str, expected: str, hint: str = "") -> None:
        if len(self.problems) < PROBLEM_LIMIT:
            where = f"{self.path}:{line}" if line else str(self.path)
            self.problems.append(Problem(where, name, found, expected, hint))


def _axes(path: Path, layout: Layout, head: layouts.Head) -> Axes:
    """Return where each column belongs.

    Raises:
        DataError: repeated columns, and the columns that are missing on the grid of countries and sectors.
    """
    labels = [label for label in head.labels if label is not None]
    numbered = tuple(at for at, label in enumerate(head.labels) if label is not None)
    cells = [(label.country, label.item) for label in labels if label.kind == CELL]
    finals = [(label.country, label.item) for label in labels if label.kind == FINAL]
    producers, items = list(dict.fromkeys(c for c, _ in cells)), list(dict.fromkeys(i for _, i in cells))
    categories = list(dict.fromkeys(i for _, i in finals))
    buyers = list(dict.fromkeys(layout.merged.get(c, c) for c, _ in finals))
    problems = _repeated(path, head)
    problems += _gaps(path, "columns", set(cells), producers, items)
    needed = dict.fromkeys(layout.merged.get(country, country) for country in producers)
    problems += _gaps(path, "columns of final demand", set(finals), needed, categories)
    for country in buyers:
        if country not in needed:
            close = nearest(country, [*needed], aliases=dict(COUNTRY_ALIASES))
            problems.append(Problem(str(path), country, "final demand without producers", "a country with both", close))
    if problems:
        raise DataError(problems=problems)
    regions = list(dict.fromkeys([*producers, *(country for country, _ in finals)]))
    kinds = np.array([label.kind for label in labels])
    return Axes(
        names=head.names,
        key=head.key,
        numbers=numbered,
        regions=tuple(regions),
        items=tuple(items),
        use=np.flatnonzero(kinds == CELL),
        final=np.flatnonzero(kinds == FINAL),
        output=np.flatnonzero(kinds == OUTPUT),
        region=np.array([regions.index(x.country) if x.kind in (CELL, FINAL) else -1 for x in labels]),
        item=np.array([items.index(x.item) if x.kind == CELL else -1 for x in labels]),
    )


def _repeated(path: Path, head: layouts.Head) -> list[Problem]:
    places: dict[tuple[str, ...], list[int]] = {}
    for at, label in enumerate(head.labels):
        if label is not None:
            places.setdefault(_id(label), []).append(at)
    return [
        Problem(f"{path}:1", "header", f"{head.names[at[0]]!r} in columns {at[0] + 1} and {at[1] + 1}", "one of each")
        for at in places.values()
        if len(at) > 1
    ]


def _gaps(
    path: Path, what: str, given: set[tuple[str, str]], countries: Iterable[str], items: Sequence[str]
) -> list[Problem]:
    """Return what is missing on the grid; a label that stands nearly alone is called unknown, with the nearest."""
    countries = list(countries)
    if not countries or not items:
        return [Problem(str(path), what, "none", "some")]
    problems = []
    by_item = Counter(item for _, item in given)
    by_country = Counter(country for country, _ in given)
    rare = [item for item in items if 2 * by_item[item] < len(countries)]
    odd = [country for country in countries if 2 * by_country[country] < len(items)]
    for country, item in sorted(given):
        if item in rare or country in odd:
            wrong, known = (item, [i for i in items if i not in rare]) if item in rare else (country, countries)
            close = nearest(wrong, [code for code in known if code != wrong], aliases=dict(COUNTRY_ALIASES))
            found = f"the unknown label {country}_{item}"
            problems.append(Problem(str(path), what, found, "labels on one grid of countries and sectors", close))
    missing = [f"{c}_{i}" for c in countries if c not in odd for i in items if i not in rare and (c, i) not in given]
    if missing:
        problems.append(Problem(str(path), what, f"none for {_some(missing)}", "every country with every sector"))
    return problems[:PROBLEM_LIMIT]


def _merged(reader: _Reader, digest: str) -> WorldTable:
    """Return the table on the final codes: parts of a country added up, codes renamed."""
    axes, sums, layout = reader.axes, reader.sums, reader.layout
    target = [RENAMED.get(code, code) for code in (layout.merged.get(r, r) for r in axes.regions)]
    countries = tuple(sorted(dict.fromkeys(target)))
    at = np.array([countries.index(code) for code in target])
    codes = [reader.codes[item] for item in axes.items]
    n, j, cells = len(countries), len(codes), int(axes.use.size + axes.final.size)
    flows, inputs = np.zeros((n, n, j)), np.zeros((j, n, j))
    np.add.at(flows, (at[:, None], at[None, :]), sums.flows)
    for region, country in enumerate(at):
        inputs[:, country] += sums.inputs[:, region]
    published = {kind: _added(values, at, n) for kind, values in sums.primary.items()}
    column = np.where(np.isnan(sums.output_column), 0.0, sums.output_column)
    if not np.isnan(sums.output_column).all():
        published["output column"] = _added(column, at, n)
    if OUTPUT in published:
        published["output row"] = published.pop(OUTPUT)
    renamed = [f"{old} is called {new}" for old, new in RENAMED.items() if old in axes.regions]
    parts = {new: [old for old in axes.regions if layout.merged.get(old) == new] for new in layout.merged.values()}
    notes = [f"{' and '.join(old)} are added up to {new}" for new, old in parts.items() if old]
    producers = len([key for key in sums.seen if key[0] == CELL])
    return WorldTable(
        path=str(reader.path),
        form=layout.name,
        year=reader.year,
        countries=countries,
        sectors=tuple(codes),
        labels={reader.codes[item]: text for item, text in reader.texts.items() if text},
        flows=flows,
        inputs=inputs,
        published=published,
        rounding=0.5 * sums.unit * cells,
        negative=(sums.negative, sums.negative_sum),
        outside=sums.outside,
        counts={
            "rows": sums.rows,
            "columns": len(axes.numbers),
            "cells": sums.rows * len(axes.numbers),
            "producers": producers,
            "cells placed in flows": producers * cells,
            "cells placed in inputs": producers * int(axes.use.size),
            "rows compared": sums.rows - producers,
        },
        notes=(*renamed, *notes),
        services=tuple(code for code in codes if layout.is_service(code)),
        sha256=digest,
    )


def _added(values: Array, at: Array, n: int) -> Array:
    total = np.zeros((n, values.shape[1]))
    np.add.at(total, at, values)
    return total


def _id(label: layouts.Label) -> tuple[str, str, str]:
    return label.kind, label.country, label.item


def _getter(positions: Sequence[int]) -> Any:
    if len(positions) == 1:
        return lambda fields: (fields[positions[0]],)
    return itemgetter(*positions)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
