"""A folder of five CSV tables and a `meta.yaml` as a baseline: read strictly, or refused with every reason at once.

| table | columns |
|---|---|
| flows.csv | origin, dest, sector, value_musd: sales at producer value, home sales included |
| inputs.csv | country, input_sector, sector, value_musd: input use |
| value_added.csv | country, sector, value_musd |
| tariffs.csv | by (who imposes), against (who is hit), sector, rate_pct |
| elasticities.csv | sector, trade_elasticity |

Gross output is the sum of sales over destinations (check B01 by construction); inputs and value added must add up
to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Accounts, assembled, check_accounts
from detente.baseline.baseline import Baseline
from detente.baseline.tables_csv import Table, read_table
from detente.baseline.tables_meta import Meta, read_meta
from detente.baseline.tables_place import LAYOUTS, Grids, check_codes, check_signs, place
from detente.core.errors import DataError, MissingDataError, Problem

_FILE_OF: Final = {
    "flows": "flows.csv",
    "B03 absorption": "flows.csv",
    "B04 deficits": "flows.csv",
    "B05 trade_elasticity": "elasticities.csv",
    "B05 value_added_share": "value_added.csv",
    "B05 input_share": "inputs.csv",
    "B06 final demand": "meta.yaml",
    "B07 tariffs": "tariffs.csv",
    "B08 years": "meta.yaml",
}


def read_tables(folder: Path) -> Baseline:
    """Read a folder of tables as a baseline.

    Args:
        folder: holds flows.csv, inputs.csv, value_added.csv, tariffs.csv, elasticities.csv and meta.yaml. Countries and
            sectors are in the order that meta.yaml lists them, or sorted: the order of rows never matters.
    Returns:
        The checked baseline; `meta["balancing"]` says what was moved to make the tables add up exactly,
        `meta["warnings"]` what is remarkable.
    Raises:
        MissingDataError: no such folder, or nothing wrong but missing files.
        DataError: everything that is wrong in all files, each with file, line, found, expected, what to try.
    """
    folder = Path(folder)
    if not folder.is_dir():
        found = "something that is not a folder" if folder.exists() else "no such folder"
        kind = DataError if folder.exists() else MissingDataError
        raise kind(problems=[Problem(str(folder), "", found, "a folder with flows.csv and its companions")])
    meta = read_meta(folder / "meta.yaml")
    tables = {name: read_table(folder / f"{name}.csv", layout) for name, layout in LAYOUTS.items()}
    grids, problems = _grids(tables, meta)
    problems = [*meta.problems, *problems]
    if grids is None or problems:
        raise _refusal(problems)
    accounts = _accounts(grids, meta, tables)
    problems = check_accounts(accounts, {name: table.path for name, table in tables.items()})
    if problems:
        raise _refusal(problems)
    try:
        base = assembled(accounts)
    except DataError as error:
        raise DataError(error.message, problems=[_in_file(folder, problem) for problem in error.problems]) from None
    return _remarked(base, meta, grids)


def _grids(tables: dict[str, Table], meta: Meta) -> tuple[Grids | None, list[Problem]]:
    """Return the grids, or what is wrong at the first stage where something is: rows, codes, cells, accounts."""
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
    grids, found = place(tables, codes, meta)
    return grids, problems + found


def _accounts(grids: Grids, meta: Meta, tables: dict[str, Table]) -> Accounts:
    return Accounts(
        grids.countries,
        grids.sectors,
        flows=grids.values["flows"],
        inputs=np.swapaxes(grids.values["inputs"], 0, 1),
        value_added=grids.values["value_added"],
        tariffs=np.swapaxes(grids.values["tariffs"], 0, 1) / 100.0,
        trade_elasticity=grids.values["elasticities"],
        sources=_sources(meta, tables),
        treatment=meta.values.get("treatment"),
    )


def _sources(meta: Meta, tables: dict[str, Table]) -> dict[str, Any]:
    kept = {name: value for name, value in meta.values.items() if name not in ("treatment", "countries", "sectors")}
    return {
        **kept,
        "years": dict(meta.years),
        "files": {f"{name}.csv": table.sha256 for name, table in tables.items()},
    }


def _remarked(base: Baseline, meta: Meta, grids: Grids) -> Baseline:
    """Return the baseline with the remarks of its tables."""
    remarks = [*base.meta.get("warnings", ()), *meta.warnings]
    rates = grids.values["tariffs"]
    if 0 < rates.max() < 1:
        remarks.append(f"B07 tariffs: the largest rate_pct is {rates.max():g} %: fractions instead of percent?")
    return base.replace(meta=MappingProxyType({**base.meta, "warnings": tuple(remarks)}))


def _in_file(folder: Path, problem: Problem) -> Problem:
    name = _FILE_OF.get(problem.field, "")
    hint = problem.hint
    if problem.field.startswith("B06"):
        hint = "`treatment: exogenous` (the data stay exact) or `treatment: rebalance` in meta.yaml"
    return replace(problem, where=str(folder / name) if name else str(folder), hint=hint)


def _refusal(problems: Sequence[Problem]) -> DataError:
    missing = all(problem.found == "no such file" for problem in problems)
    return (MissingDataError if missing else DataError)(problems=problems)
