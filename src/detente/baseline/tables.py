"""Five tables and what is said about them as a baseline: read strictly, or refused with every reason at once.

| table | columns |
|---|---|
| flows | origin, dest, sector, value_musd: sales at producer value, home sales included |
| inputs | country, input_sector, sector, value_musd: input use |
| value_added | country, sector, value_musd |
| tariffs | by (who imposes), against (who is hit), sector, rate_pct |
| elasticities | sector, trade_elasticity |

Here they are CSV files and a `meta.yaml` in a folder; `importers` has the same tables in other files. Gross output is
the sum of sales over destinations (check B01 by construction); inputs and value added must add up to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Accounts, Progress, assembled, check_accounts, silent
from detente.baseline.baseline import Baseline
from detente.baseline.tables_csv import read_table
from detente.baseline.tables_meta import SPREAD, Meta, read_meta
from detente.baseline.tables_place import LAYOUTS, Grids, check_codes, check_signs, place
from detente.baseline.tables_rows import Table
from detente.core.arrays import Array
from detente.core.errors import DataError, MissingDataError, Problem

_TABLE_OF: Final = {
    "flows": "flows",
    "B03 absorption": "flows",
    "B04 deficits": "flows",
    "B05 trade_elasticity": "elasticities",
    "B05 value_added_share": "value_added",
    "B05 input_share": "inputs",
    "B07 tariffs": "tariffs",
}
_OF_META: Final = ("B06 final demand", "B08 years")
EDITED: Final = "-edited"
TABLES: Final = "-tables"
_PACKAGED: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, eq=False)
class Tables:
    """Five tables as they stand in their files.

    Attributes:
        form: "csv", "parquet", "xlsx" or "netcdf". source: the file or folder, as shown to the user.
        tables: by name. meta: what is said about them. files: sha256 of each file.
    """

    form: str
    source: str
    tables: dict[str, Table]
    meta: Meta
    files: Mapping[str, str]


def read_tables(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a folder of CSV tables as a baseline.

    Args:
        source: holds flows.csv, inputs.csv, value_added.csv, tariffs.csv, elasticities.csv and meta.yaml. Countries and
            sectors are in the order that meta.yaml lists them, or sorted: the order of rows never matters.
        progress: told which file is read and how far.
    Returns:
        The checked baseline; `meta["import"]` counts rows and cells, `meta["balancing"]` says what was moved to make
        the tables add up exactly, `meta["warnings"]` what is remarkable.
    Raises:
        MissingDataError: no such folder, or nothing wrong but missing files.
        DataError: everything that is wrong in all files, each with file, line, found, expected, what to try.
    """
    folder = Path(source)
    check_folder(folder, "flows.csv")
    meta = read_meta(folder / "meta.yaml")
    tables = {name: read_table(folder / f"{name}.csv", layout, progress=progress) for name, layout in LAYOUTS.items()}
    files = {f"{name}.csv": table.sha256 for name, table in tables.items()}
    return baseline_of(Tables("csv", str(folder), tables, meta, files))


def check_folder(folder: Path, first: str) -> None:
    """Refuse what is not a folder.

    Raises:
        MissingDataError: nothing there. DataError: something else.
    """
    if not folder.is_dir():
        found = "something that is not a folder" if folder.exists() else "no such folder"
        kind = DataError if folder.exists() else MissingDataError
        raise kind(problems=[Problem(str(folder), "", found, f"a folder with {first} and its companions")])


def baseline_of(given: Tables) -> Baseline:
    """Return the baseline of five tables, whatever the file they were in.

    Raises:
        MissingDataError: nothing wrong but missing files. DataError: everything else, at the first stage where
            something is wrong: rows, codes, cells, accounts.
    """
    grids, problems = _grids(given)
    problems = [*given.meta.problems, *problems]
    if grids is None or problems:
        raise _refusal(problems)
    accounts = accounts_of(grids.countries, grids.sectors, grids.values, _sources(given, grids), given.meta)
    problems = check_accounts(accounts, {name: table.path for name, table in given.tables.items()})
    if problems:
        raise _refusal(problems)
    try:
        base = assembled(accounts)
    except DataError as error:
        raise DataError(error.message, problems=[_placed(given, problem) for problem in error.problems]) from None
    return _remarked(base, given, grids)


def accounts_of(
    countries: tuple[str, ...],
    sectors: tuple[str, ...],
    values: Mapping[str, Array],
    sources: Mapping[str, Any],
    meta: Meta,
) -> Accounts:
    """Return the accounts of five grids, whose axes are the key columns of the tables in their order."""
    return Accounts(
        countries,
        sectors,
        flows=values["flows"],
        inputs=np.swapaxes(values["inputs"], 0, 1),
        value_added=values["value_added"],
        tariffs=np.swapaxes(values["tariffs"], 0, 1) / 100.0,
        trade_elasticity=values["elasticities"],
        sources=sources,
        treatment=meta.values.get("treatment"),
    )


def _grids(given: Tables) -> tuple[Grids | None, list[Problem]]:
    """Return the grids, or what is wrong at the first stage where something is: rows, codes, cells."""
    tables, meta = given.tables, given.meta
    problems = [problem for table in tables.values() for problem in table.problems]
    sound = [table for table in tables.values() if not table.problems]
    problems += [problem for table in sound for problem in check_signs(table)]
    if len(sound) < len(tables):
        return None, problems
    codes, found = check_codes(tables, meta)
    if found:
        return None, problems + found
    unknown = [code for code in meta.values.get("services", ()) if code not in codes["sectors"]]
    for code in unknown:
        problems.append(Problem(meta.where("services"), "services", repr(code), f"sectors of {tables['flows'].path}"))
    problems += _spread_problems(meta, codes["sectors"])
    grids, found = place(tables, codes, meta)
    return grids, problems + found


def _spread_problems(meta: Meta, sectors: Sequence[str]) -> list[Problem]:
    given = [name for name in SPREAD if name in meta.values]
    expected = f"a number for each of the {len(sectors)} sectors, in each of {', '.join(SPREAD)}"
    off = [name for name in given if set(meta.values[name]) != set(sectors) or len(given) < len(SPREAD)]
    return [Problem(meta.where(name), name, f"{len(meta.values[name])} entries", expected) for name in off]


def _sources(given: Tables, grids: Grids) -> dict[str, Any]:
    meta = given.meta
    left = ("treatment", "countries", "sectors", "warnings", "weak", "tables_sha256", *SPREAD)
    kept = {name: value for name, value in meta.values.items() if name not in left}
    if all(name in meta.values for name in SPREAD):
        kept["elasticity_spread"] = MappingProxyType({key: meta.values[name] for name, key in SPREAD.items()})
    return {
        **kept,
        "years": dict(meta.years),
        "files": dict(given.files),
        "import": {"format": given.form, "counts": {name: _counts(given, grids, name) for name in given.tables}},
    }


def _counts(given: Tables, grids: Grids, name: str) -> dict[str, int]:
    cells = int(grids.given[name].sum())
    return {"rows": len(given.tables[name].values), "cells": cells, "empty": int(grids.given[name].size) - cells}


def _remarked(base: Baseline, given: Tables, grids: Grids) -> Baseline:
    """Return the baseline with the remarks of its tables, and another name if it was edited after an export."""
    meta = given.meta
    remarks = [*base.meta.get("warnings", ()), *meta.warnings, *meta.values.get("warnings", ())]
    remarks += [text for table in given.tables.values() for text in table.warnings]
    rates = grids.values["tariffs"]
    if 0 < rates.max() < 1:
        remarks.append(f"B07 tariffs: the largest rate_pct is {rates.max():g} %: fractions instead of percent?")
    exported = meta.values.get("tables_sha256", base.sha256)
    if exported != base.sha256:
        remarks.append(f"edited after the export as {base.id!r}: not the world of that name")
        base = base.replace(id=base.id.removesuffix(EDITED) + EDITED)
    if (_PACKAGED / f"{base.id}.npz").exists():
        remarks.append(
            f"the id {base.id!r} is that of a packaged baseline; these tables are called {base.id + TABLES!r}"
        )
        base = base.replace(id=base.id + TABLES)
    weak = bool(base.meta.get("weak") or meta.values.get("weak"))
    info = {**base.meta, "weak": weak, "warnings": tuple(dict.fromkeys(remarks))}
    return base.replace(meta=MappingProxyType(info))


def _placed(given: Tables, problem: Problem) -> Problem:
    hint, where = problem.hint, given.source
    if problem.field in _TABLE_OF:
        where = given.tables[_TABLE_OF[problem.field]].path
    elif problem.field in _OF_META:
        where = given.meta.path
    if problem.field.startswith("B06"):
        hint = f"`treatment: exogenous` (the data stay exact) or `treatment: rebalance` in {given.meta.place}"
    return replace(problem, where=where, hint=hint)


def _refusal(problems: Sequence[Problem]) -> DataError:
    missing = all(problem.found == "no such file" for problem in problems)
    return (MissingDataError if missing else DataError)(problems=problems)
