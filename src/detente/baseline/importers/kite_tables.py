"""The tables of a KITE-style set, from a dense archive or from long CSV tables, on one set of codes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Progress
from detente.baseline.files import FILE_LIMIT, codes_of, read_arrays
from detente.baseline.tables_csv import read_table
from detente.baseline.tables_rows import Layout, Table
from detente.baseline.text import read_bytes
from detente.core.arrays import Array, Float
from detente.core.codes import COUNTRY_ALIASES
from detente.core.errors import SHOWN, DataError, MissingDataError, Problem, nearest

SUM_TOLERANCE: Final = 1e-6
ARRAYS: Final = {
    "trade_share_odj": ("n", "n", "j"), "tariff_exporter_importer_sector": ("n", "n", "j"), "expenditure": ("n", "j"),
    "factor_share": ("n", "j"), "consumption_share": ("n", "j"),
    "intermediate_share_input_output_country": ("j", "j", "n"), "theta": ("j",),
}  # fmt: skip
LAYOUTS: Final = {
    "trade_share": Layout("trade_share", ("origin", "destination", "sector"), "value"),
    "tariff": Layout("tariff", ("origin", "destination", "sector"), "value"),
    "expenditure": Layout("expenditure", ("country", "sector"), "value"),
    "factor_share": Layout("factor_share", ("country", "sector"), "value"),
    "consumption_share": Layout("consumption_share", ("country", "sector"), "value"),
    "intermediate_share": Layout("intermediate_share", ("country", "input", "output"), "value"),
    "trade_elasticity": Layout("trade_elasticity", ("sector",), "value"),
}
VALUE_ADDED: Final = Layout("value_added", ("country",), "value")
_COUNTRY_KEYS: Final = ("origin", "destination", "country")


@dataclass(frozen=True, eq=False)
class KiteSet:
    """A set of shares; axes are origin (exporter), dest (importer), sector.

    Attributes:
        trade_share: of dest's spending, tariff included. factors: 1 + rate of dest on origin.
        expenditure: tariff included. [MUSD] value_added_share: of cost. input_share: (J, N, J) of cost.
        final_share: of final spending. trade_elasticity: theta. value_added: (N,) as published, or None. [MUSD]
        names: what each table is called where it comes from. files: name to sha256. counts: rows and cells.
    """

    path: str
    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    trade_share: Float[Array, "origin dest sector"]
    factors: Float[Array, "origin dest sector"]
    expenditure: Float[Array, "dest sector"]
    value_added_share: Float[Array, "origin sector"]
    intermediate: Float[Array, "input origin sector"]
    final_share: Float[Array, "dest sector"]
    trade_elasticity: Float[Array, " sector"]
    value_added: Float[Array, " country"] | None
    names: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def input_share(self) -> Float[Array, "input origin sector"]:
        """Return input shares of cost: those of the cost of inputs times one less the value added share."""
        return np.asarray(self.intermediate * (1 - self.value_added_share))


def read_archive(path: Path) -> KiteSet:
    """Read a dense archive.

    Raises:
        MissingDataError: no such file. DataError: damaged, a missing array, wrong shapes.
    """
    data = read_bytes(path, FILE_LIMIT)
    content, _ = read_arrays(path, ("countries", "sectors", *ARRAYS), data=data)
    countries, sectors = (codes_of(path, name, content[name]) for name in ("countries", "sectors"))
    size = {"n": len(countries), "j": len(sectors)}
    problems = []
    for name, codes in (("countries", countries), ("sectors", sectors)):
        twice = next((code for at, code in enumerate(codes) if code in codes[:at]), None)
        if twice is not None:
            problems.append(Problem(str(path), name, f"{twice!r} twice", "distinct codes"))
    for name, axes in ARRAYS.items():
        shape = tuple(size[axis] for axis in axes)
        if content[name].shape != shape or content[name].dtype.kind != "f":
            found = f"{content[name].dtype} of shape {content[name].shape}"
            problems.append(Problem(str(path), name, found, f"numbers of shape {shape}"))
    if problems:
        raise DataError(problems=problems)
    values = {name: np.asarray(content[name], dtype=np.float64) for name in ARRAYS}
    return KiteSet(
        path=str(path),
        countries=countries,
        sectors=sectors,
        trade_share=values["trade_share_odj"],
        factors=values["tariff_exporter_importer_sector"],
        expenditure=values["expenditure"],
        value_added_share=values["factor_share"],
        intermediate=values["intermediate_share_input_output_country"].transpose(0, 2, 1),
        final_share=values["consumption_share"],
        trade_elasticity=values["theta"],
        value_added=_optional(path, data, len(countries)),
        names=dict(zip(LAYOUTS, ("trade_share_odj", "tariff_exporter_importer_sector", "expenditure", "factor_share",
                                 "consumption_share", "intermediate_share_input_output_country", "theta"),
                       strict=True)),
        files={path.name: hashlib.sha256(data).hexdigest()},
        counts={name: {"cells": array.size} for name, array in values.items()},
    )  # fmt: skip


def read_folder(folder: Path, progress: Progress) -> KiteSet:
    """Read a folder of long CSV tables: trade_share.csv, tariff.csv (origin = the imposing country), and the others.

    Raises:
        MissingDataError: nothing wrong but missing files.
        DataError: everything that is wrong with the tables: rows, codes, cells without a row.
    """
    tables = {}
    for done, (name, layout) in enumerate(LAYOUTS.items()):
        progress(f"{name}.csv", done, len(LAYOUTS))
        tables[name] = read_table(folder / f"{name}.csv", layout)
    optional = folder / "value_added.csv"
    if optional.exists():
        tables["value_added"] = read_table(optional, VALUE_ADDED)
    problems = [problem for table in tables.values() for problem in table.problems]
    if problems:
        missing = all(problem.found == "no such file" for problem in problems)
        raise (MissingDataError if missing else DataError)(problems=problems)
    countries = tuple(sorted(tables["trade_share"].codes["origin"]))
    sectors = tuple(sorted(tables["trade_share"].codes["sector"]))
    grids = {}
    for name, table in tables.items():
        grids[name], found = _grid(table, countries, sectors)
        problems += found
    if problems:
        raise DataError(problems=problems)
    inverse = grids["trade_elasticity"]
    problems = _check_inverse(tables["trade_elasticity"], inverse)
    if problems:
        raise DataError(problems=problems)
    return KiteSet(
        path=str(folder),
        countries=countries,
        sectors=sectors,
        trade_share=grids["trade_share"],
        factors=np.swapaxes(grids["tariff"], 0, 1),
        expenditure=grids["expenditure"],
        value_added_share=grids["factor_share"],
        intermediate=np.swapaxes(grids["intermediate_share"], 0, 1),
        final_share=grids["consumption_share"],
        trade_elasticity=1 / inverse,
        value_added=grids.get("value_added"),
        names={name: f"{name}.csv" for name in LAYOUTS},
        files={f"{name}.csv": table.sha256 for name, table in tables.items()},
        counts={name: {"rows": len(table.values), "cells": grids[name].size} for name, table in tables.items()},
    )


def check_set(found: KiteSet) -> list[Problem]:
    """Return what cannot be in a set of shares: signs, sums, factors below 1, idle producers with sales."""
    problems: list[Problem] = []

    def tell(name: str, cell: str, value: float, expected: str, hint: str = "") -> None:
        where = found.path if found.path.endswith(".npz") else f"{found.path}/{found.names[name]}"
        problems.append(Problem(where, found.names[name], f"{value:.6g} at {cell}", expected, hint))

    arrays = {
        "trade_share": found.trade_share, "tariff": found.factors, "expenditure": found.expenditure,
        "factor_share": found.value_added_share, "consumption_share": found.final_share,
        "intermediate_share": found.intermediate, "trade_elasticity": found.trade_elasticity,
    }  # fmt: skip
    for name, values in arrays.items():
        bad = ~np.isfinite(values) | (values < 0)
        if bad.any():
            at = tuple(int(i) for i in np.argwhere(bad)[0])
            tell(name, _cell(found, name, at), float(values[at]), "finite numbers of at least 0")
    if problems:
        return problems
    low = found.factors < 1
    if low.any():
        at = tuple(int(i) for i in np.argwhere(low)[0])
        hint = "adding 1 to every value" if float(np.median(found.factors)) < 0.5 else ""
        text = "factors 1 + rate of at least 1 (rates instead of factors?)"
        tell("tariff", f"{_cell(found, 'tariff', at)}, one of {int(low.sum())}", float(found.factors[at]), text, hint)
    sums = {
        "trade_share": (found.trade_share.sum(axis=0), found.expenditure > 0, "over origin"),
        "consumption_share": (found.final_share.sum(axis=1)[:, None], True, "over sectors"),
        "intermediate_share": (found.intermediate.sum(axis=0), found.value_added_share < 1 - SUM_TOLERANCE, "inputs"),
    }
    for name, (total, needed, over) in sums.items():
        off = np.abs(total - 1) * needed
        if off.max() > SUM_TOLERANCE:
            n, s = (int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
            cell = f"{found.countries[n]}" + (f", {found.sectors[s]}" if name != "consumption_share" else "")
            tell(name, cell, float(total[n, s]), f"shares that add to 1 {over}")
    if (found.value_added_share > 1).any() or (found.value_added_share == 0).any():
        bad = (found.value_added_share > 1) | (found.value_added_share == 0)
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        tell("factor_share", _cell(found, "factor_share", at), float(found.value_added_share[at]), "a share in (0, 1]")
    return problems


def _check_inverse(table: Table, inverse: Array) -> list[Problem]:
    """Return the problem of a table that holds theta, or zeros, where 1/theta is expected."""
    if (inverse <= 0).any():
        return [Problem(table.path, "value", "a value of 0 or less", "1/theta above 0")]
    if 2 * int((inverse > 1).sum()) > inverse.size:
        found = f"values above 1 in {int((inverse > 1).sum())} of {inverse.size} sectors"
        return [Problem(table.path, "value", found, "1/theta, mostly below 1 (theta instead?)", "writing 1/theta")]
    return []


def _grid(table: Table, countries: tuple[str, ...], sectors: tuple[str, ...]) -> tuple[Array, list[Problem]]:
    """Return the cells of a table by key; unknown codes and cells without a row are problems."""
    axes = [countries if key in _COUNTRY_KEYS else sectors for key in table.layout.keys]
    problems: list[Problem] = []
    for key, axis in zip(table.layout.keys, axes, strict=True):
        for code in table.codes[key]:
            if code not in axis:
                close = nearest(code, axis, aliases=dict(COUNTRY_ALIASES)) if len(problems) < SHOWN else ""
                where = f"{table.path}:{table.first_line(key, code)}"
                expected = "a code of trade_share.csv (origin, sector)"
                problems.append(Problem(where, key, f"unknown code {code!r}", expected, repr(close) if close else ""))
    grid = np.full([len(axis) for axis in axes], np.nan)
    if problems:
        return grid, problems
    places = [np.array([axis.index(code) for code in table.codes[key]]) for key, axis in
              zip(table.layout.keys, axes, strict=True)]  # fmt: skip
    cells = tuple(place[table.positions[key]] for key, place in zip(table.layout.keys, places, strict=True))
    grid[cells] = table.values
    empty = np.argwhere(np.isnan(grid))
    if len(empty):
        names = ["-".join(axis[int(i)] for axis, i in zip(axes, cell, strict=True)) for cell in empty[:3]]
        found = f"no row for {len(empty)} of {grid.size} cells: {', '.join(names)}{', ..' if len(empty) > 3 else ''}"
        problems.append(Problem(table.path, ", ".join(table.layout.keys), found, "a row for every cell"))
    return grid, problems


def _optional(path: Path, data: bytes, n: int) -> Array | None:
    try:
        content, _ = read_arrays(path, ("va",), data=data)
    except DataError as error:
        if any(problem.found == "no such array" for problem in error.problems):
            return None
        raise
    values = np.asarray(content["va"])
    if values.shape != (n,) or values.dtype.kind != "f" or not np.isfinite(values).all():
        raise DataError(problems=[Problem(str(path), "va", f"shape {values.shape}", f"finite numbers of shape {(n,)}")])
    return values


def _cell(found: KiteSet, name: str, at: tuple[int, ...]) -> str:
    axes: dict[str, tuple[tuple[str, ...], ...]] = {
        "trade_elasticity": (found.sectors,),
        "intermediate_share": (found.sectors, found.countries, found.sectors),
        "trade_share": (found.countries, found.countries, found.sectors),
        "tariff": (found.countries, found.countries, found.sectors),
    }
    codes = axes.get(name, (found.countries, found.sectors))
    return ", ".join(axis[i] for axis, i in zip(codes, at, strict=True))
