"""Placement of table rows by key, never by position: one set of codes for all tables, then one grid for each table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.baseline.tables_meta import Meta
from detente.baseline.tables_rows import Layout, Table
from detente.core.arrays import Array
from detente.core.codes import COUNTRY_ALIASES, SERVICES
from detente.core.errors import SHOWN, Problem, nearest

LAYOUTS: Final = {
    "flows": Layout("flows", ("origin", "dest", "sector"), "value_musd"),
    "inputs": Layout("inputs", ("country", "input_sector", "sector"), "value_musd"),
    "value_added": Layout("value_added", ("country", "sector"), "value_musd"),
    "tariffs": Layout("tariffs", ("by", "against", "sector"), "rate_pct"),
    "elasticities": Layout("elasticities", ("sector",), "trade_elasticity"),
}
COUNTRY_KEYS: Final = ("origin", "dest", "country", "by", "against")
_SIGN: Final = {
    "flows": "sales of at least 0",
    "inputs": "input use of at least 0",
    "value_added": "value added of at least 0",
    "elasticities": "a trade elasticity above 0 (theta, not -theta and not 1/theta)",
}


@dataclass(frozen=True, eq=False)
class Grids:
    """The five tables on one set of codes; `given` says which cells had a row."""

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    values: dict[str, Array]
    given: dict[str, Array]


def check_signs(table: Table) -> list[Problem]:
    """Return the rows whose number has an impossible sign, with their lines (rows 57, 58)."""
    name = table.layout.name
    if name not in _SIGN:
        return []
    bad = table.values <= 0 if name == "elasticities" else table.values < 0
    problems = []
    for row in np.flatnonzero(bad):
        codes = [table.codes[key][int(table.positions[key][row])] for key in table.layout.keys]
        expected = _SIGN[name]
        if name == "flows" and codes[0] == codes[1]:
            expected = "home sales of at least 0 (negative own share: exports larger than output, often re-exports)"
        where = table.at(int(table.lines[row]))
        problems.append(Problem(where, table.layout.value, f"{table.values[row]:g} at {', '.join(codes)}", expected))
    return problems


def check_codes(tables: dict[str, Table], meta: Meta) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Return the codes of the economy and every code that does not occur where it must.

    Args:
        tables: the five tables, free of row problems.
        meta: its `countries` and `sectors`, if given, fix the sets and their order; else the union over flows, sorted.
    Returns:
        "countries" and "sectors" with their codes, and the problems (rows 46, 60).
    """
    codes, problems = {}, []
    for kind in ("countries", "sectors"):
        columns = [
            (table, key)
            for table in tables.values()
            for key in table.layout.keys
            if (key in COUNTRY_KEYS) == (kind == "countries")
        ]
        declared = meta.values.get(kind)
        used = {code for table, key in columns if table.layout.name == "flows" for code in table.codes[key]}
        codes[kind] = tuple(declared) if declared is not None else tuple(sorted(used))
        where = meta.where(kind) if declared is not None else tables["flows"].path
        problems += _check_kind(kind, codes[kind], columns, where, meta)
    return codes, problems


def _check_kind(
    kind: str, codes: Sequence[str], columns: list[tuple[Table, str]], where: str, meta: Meta
) -> list[Problem]:
    problems: list[Problem] = []
    known = set(codes)
    absent: dict[str, list[tuple[Table, str]]] = {}
    for table, key in columns:
        present = table.codes[key]
        for code in present:
            if code not in known:
                full = len(problems) < SHOWN
                hint = _closest(code, codes) if full else ""
                place = table.at(table.first_line(key, code)) if full else table.path
                problems.append(Problem(place, key, f"unknown code {code!r}", f"one of the {kind} of {where}", hint))
        for code in sorted(known.difference(present, _may_lack(table, kind, codes, meta))):
            absent.setdefault(code, []).append((table, key))
    for code, places in list(absent.items())[: 50 * SHOWN]:
        full = len(problems) < SHOWN
        seen = [table for table, key in columns if full and code in table.codes[key]][:1]
        place = seen[0].at(_first_use(seen[0], code)) if seen else where
        others = [other for other in codes if other not in absent] if full else []
        lacking = ", ".join(f"{table.layout.name} ({key})" for table, key in places)
        found = f"{code!r} missing in {lacking}"
        expected = f"each of the {kind} in every table, on both sides"
        problems.append(Problem(place, kind, found, expected, _closest(code, others)))
    return problems


def _may_lack(table: Table, kind: str, codes: Sequence[str], meta: Meta) -> Sequence[str]:
    """Return codes that need no row: services pay no tariff, and a sparse tariff table lists only who levies one."""
    if table.layout.name != "tariffs":
        return ()
    if meta.values.get("missing") == "zero":
        return codes
    services: Sequence[str] = meta.values.get("services", SERVICES)
    return services if kind == "sectors" else ()


def _first_use(table: Table, code: str) -> int:
    return min(table.first_line(key, code) for key in table.layout.keys if code in table.codes[key])


def _closest(code: str, choices: Sequence[str]) -> str:
    close = nearest(code, choices, aliases=dict(COUNTRY_ALIASES))
    return repr(close) if close else ""


def place(tables: dict[str, Table], codes: dict[str, tuple[str, ...]], meta: Meta) -> tuple[Grids, list[Problem]]:
    """Return the grids filled by key, and the pairs without a row unless `missing: zero` is said (check B09)."""
    values, given, problems = {}, {}, []
    for name, table in tables.items():
        axes = [codes["countries" if key in COUNTRY_KEYS else "sectors"] for key in table.layout.keys]
        cells = []
        for key, axis in zip(table.layout.keys, axes, strict=True):
            at = {code: position for position, code in enumerate(axis)}
            order = np.array([at[code] for code in table.codes[key]], dtype=np.int64)
            cells.append(order[table.positions[key]])
        values[name] = np.zeros([len(axis) for axis in axes])
        given[name] = np.zeros(values[name].shape, dtype=bool)
        values[name][tuple(cells)] = table.values
        given[name][tuple(cells)] = True
        needed = ~given[name] & _needed(name, codes, meta)
        if needed.any():
            problems.append(_missing(table, needed, axes, meta.place))
    return Grids(codes["countries"], codes["sectors"], values, given), problems


def _needed(name: str, codes: dict[str, tuple[str, ...]], meta: Meta) -> Array:
    """Return which cells must have a row: all, but not tariffs on home sales and on services."""
    if name == "elasticities":
        return np.ones(len(codes["sectors"]), dtype=bool)
    if meta.values.get("missing") == "zero":
        return np.zeros((), dtype=bool)
    if name != "tariffs":
        return np.ones((), dtype=bool)
    services = meta.values.get("services", SERVICES)
    goods = np.array([code not in services for code in codes["sectors"]], dtype=bool)
    foreign: Array = ~np.eye(len(codes["countries"]), dtype=bool)[:, :, None] & goods
    return foreign


def _missing(table: Table, needed: Array, axes: list[tuple[str, ...]], meta: str) -> Problem:
    cells = np.argwhere(needed)
    names = ["-".join(axis[int(at)] for axis, at in zip(axes, cell, strict=True)) for cell in cells[:3]]
    found = f"no row for {len(cells)} of {needed.size} cells: {', '.join(names)}{', ..' if len(cells) > 3 else ''}"
    hint = "" if table.layout.name == "elasticities" else f"a row with 0, or `missing: zero` in {meta}"
    return Problem(table.path, ", ".join(table.layout.keys), found, "a row for every cell", hint)
