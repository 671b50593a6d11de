"""What a published world table does not have: `meta.yaml`, `tariffs.csv` and `elasticities.csv` in the same folder.

The layouts are those of the five tables (by, against, sector, rate_pct; sector, trade_elasticity). Nothing is invented:
no tariffs are zero tariffs only if `meta.yaml` says `missing: zero`, and elasticities are taken from the package only
where the sectors are exactly those of the packaged sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.tables_csv import read_table
from detente.baseline.tables_meta import Meta, read_fields
from detente.baseline.tables_place import COUNTRY_KEYS, LAYOUTS, check_signs, place
from detente.baseline.tables_rows import Table
from detente.baseline.tables_yaml import compose
from detente.baseline.text import META_LIMIT, decode, read_bytes
from detente.core.arrays import Array, Float
from detente.core.codes import COUNTRY_ALIASES
from detente.core.errors import SHOWN, DataError, MissingDataError, Problem, nearest

NEGATIVE_FLOWS: Final = "negative_flows"
ALLOWED: Final = (
    "id", "title", "source", "licence", "elasticity_set", "year", "allow_year_mismatch", "service_tariffs", "world",
    "treatment", "missing", "services", "known_weaknesses", "country_labels", "sector_labels", NEGATIVE_FLOWS,
)  # fmt: skip
PACKAGED: Final = "world-2022"


@dataclass(frozen=True, eq=False)
class Companions:
    """What lies beside a world table.

    Attributes:
        folder: where it lies. meta: what `meta.yaml` says.
        negative_flows: "zero" where it names that treatment, else "".
        tariffs: rate of dest on origin. [fraction] trade_elasticity: theta.
        elasticity_set: its name. files: name to sha256. counts: rows read and cells placed, by table.
        warnings: what is remarkable.
    """

    folder: Path
    meta: Meta
    negative_flows: str
    tariffs: Float[Array, "origin dest sector"]
    trade_elasticity: Float[Array, " sector"]
    elasticity_set: str
    files: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, Any]:
        """Return what `meta.yaml` says, as `Baseline.meta` keeps it."""
        kept = {name: value for name, value in self.meta.values.items() if name != "treatment"}
        return {**kept, "years": dict(self.meta.years), "elasticity_set": self.elasticity_set}


def read_companions(
    table: Path, countries: Sequence[str], sectors: Sequence[str], *, services: Sequence[str], year: str = ""
) -> Companions:
    """Read what lies beside a table.

    Args:
        table: the file of the table. countries, sectors: its codes.
        services: its services, unless `meta.yaml` names others. year: what the table says, to be compared.
    Raises:
        MissingDataError: nothing wrong but missing files. DataError: everything that is wrong in all of them.
    """
    folder = table.parent
    meta, negative = read_world_meta(folder / "meta.yaml", year=year)
    meta.values.setdefault("services", tuple(services))
    problems = list(meta.problems)
    for code in meta.values["services"]:
        if code not in sectors:
            problems.append(Problem(meta.where("services"), "services", repr(code), f"sectors of {table}"))
    read, packaged, warnings = _tables(folder, meta, sectors)
    problems += [problem for found in read.values() for problem in _explained(found)]
    codes = {"countries": tuple(countries), "sectors": tuple(sectors)}
    sound = {name: found for name, found in read.items() if not found.problems}
    problems += [problem for found in sound.values() for problem in (*check_signs(found), *_unknown(found, codes))]
    if not problems:
        grids, problems = place(sound, codes, meta)
    if problems:
        raise refusal(problems)
    n, j = len(countries), len(sectors)
    rates = np.swapaxes(grids.values["tariffs"], 0, 1) / 100.0 if "tariffs" in read else np.zeros((n, n, j))
    theta = grids.values["elasticities"] if packaged is None else np.array([packaged[code] for code in sectors])
    if 0 < 100 * rates.max() < 1:
        warnings.append(f"B07 tariffs: the largest rate_pct is {100 * rates.max():g} %: fractions instead of percent?")
    return Companions(
        folder=folder,
        meta=meta,
        negative_flows=negative,
        tariffs=rates,
        trade_elasticity=theta,
        elasticity_set="default" if packaged is not None else meta.values.get("elasticity_set", "own"),
        files={f"{name}.csv": found.sha256 for name, found in read.items()},
        counts={
            name: {"rows": len(found.values), "cells": int(grids.given[name].sum()),
                   "empty": int((~grids.given[name]).sum())}
            for name, found in read.items()
        },
        warnings=tuple(warnings),
    )  # fmt: skip


def read_world_meta(path: Path, *, year: str = "") -> tuple[Meta, str]:
    """Return what `meta.yaml` says about a world table, and its treatment of negative flows ("zero" or "").

    Args:
        path: the file. year: of the table, as the table says; another `year.flows` is a problem.
    """
    meta = Meta(str(path))
    negative = ""
    try:
        root, twice = compose(decode(path, read_bytes(path, META_LIMIT)), str(path))
    except MissingDataError:
        expected = "a file with `id` (a name for these data) and `year: {flows: .., tariffs: ..}`"
        meta.problems.append(Problem(str(path), "", "no such file", expected))
        return meta, negative
    except DataError as error:
        meta.problems += error.problems
        return meta, negative
    meta.problems += twice
    if NEGATIVE_FLOWS in root:
        line, (_, value) = root.pop(NEGATIVE_FLOWS)
        if value != "zero":
            meta.tell(line, NEGATIVE_FLOWS, repr(value), "zero")
        negative = "zero"
    for name, (line, _) in list(root.items()):
        if name not in ALLOWED:
            close = nearest(name, ALLOWED, aliases={"LICENSE": "licence"})
            meta.tell(line, name, "no field of a world table", f"one of {', '.join(ALLOWED)}", close)
            root.pop(name)
    read_fields(meta, root)
    stated = meta.years.get("flows", "")[:4]
    if year and stated and stated != year:
        line = meta.lines.get("year.flows", meta.lines.get("year", 0))
        meta.tell(line, "year.flows", stated, f"{year}, the year that the table states")
    return meta, negative


def _tables(
    folder: Path, meta: Meta, sectors: Sequence[str]
) -> tuple[dict[str, Table], dict[str, float] | None, list[str]]:
    """Return the tables that are there or have to be, the packaged elasticities if they serve, and remarks."""
    read, packaged, warnings = {}, None, list(meta.warnings)
    path = folder / "tariffs.csv"
    if path.exists() or meta.values.get("missing") != "zero":
        read["tariffs"] = read_table(path, LAYOUTS["tariffs"])
    else:
        warnings.append("B07 no tariffs.csv, and meta.yaml says `missing: zero`: all tariffs are zero")
    path = folder / "elasticities.csv"
    if not path.exists():
        packaged = _packaged(sectors)
    if packaged is None:
        read["elasticities"] = read_table(path, LAYOUTS["elasticities"])
    else:
        warnings.append(f"B05 no elasticities.csv: the default set of {PACKAGED}, which has the same sectors")
    return read, packaged, warnings


def _packaged(sectors: Sequence[str]) -> dict[str, float] | None:
    """Return the default elasticities of the package if these are exactly its sectors."""
    from detente.baseline.catalogue import elasticity_sets

    values = elasticity_sets(PACKAGED)["default"].values
    return dict(values) if set(values) == set(sectors) else None


def _explained(table: Table) -> list[Problem]:
    """Return the problems of a companion; a missing file is told with what to write."""
    name, columns = table.layout.name, ",".join(table.layout.columns)
    hint = "" if name == "elasticities" else "`missing: zero` in meta.yaml, if they are zero"
    expected = f"a file with the header {columns}; the world table has none"
    return [
        Problem(table.path, "", problem.found, expected, hint) if problem.found == "no such file" else problem
        for problem in table.problems
    ]


def _unknown(table: Table, codes: Mapping[str, Sequence[str]]) -> list[Problem]:
    problems: list[Problem] = []
    for key in table.layout.keys:
        kind = "countries" if key in COUNTRY_KEYS else "sectors"
        for code in table.codes[key]:
            if code not in codes[kind]:
                close = nearest(code, codes[kind], aliases=dict(COUNTRY_ALIASES)) if len(problems) < SHOWN else ""
                where = f"{table.path}:{table.first_line(key, code)}"
                expected = f"one of the {kind} of the world table"
                problems.append(Problem(where, key, f"unknown code {code!r}", expected, repr(close) if close else ""))
    return problems


def refusal(problems: Sequence[Problem]) -> DataError:
    """Return the error for these problems: of missing data where nothing else is wrong."""
    missing = all(problem.found == "no such file" for problem in problems)
    return (MissingDataError if missing else DataError)(problems=problems)
