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

from detente.baseline.baseline import Baseline
from detente.baseline.tables_csv import Table, read_table
from detente.baseline.tables_meta import Meta, read_meta
from detente.baseline.tables_place import LAYOUTS, Grids, check_codes, check_signs, place
from detente.core.arrays import Array
from detente.core.errors import DataError, MissingDataError, Problem

BALANCE_TOLERANCE: Final = 1e-6
WEAK_SHARE: Final = 0.01
"""Moved by balancing, as a share of world value added: above it the baseline is weak (check B12)."""

WORST: Final = 10
LOGGED: Final = 20
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
    value_added_share, input_share, log = _cost_shares(grids)
    try:
        base = Baseline.from_flows(
            grids.countries,
            grids.sectors,
            grids.values["flows"],
            np.swapaxes(grids.values["tariffs"], 0, 1) / 100.0,
            value_added_share,
            input_share,
            grids.values["elasticities"],
            treatment=meta.values.get("treatment"),
            sources=_sources(meta, tables, log),
        )
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
    if problems or found:
        return None, problems + found
    return grids, check_accounts(grids, tables)


def check_accounts(grids: Grids, tables: dict[str, Table]) -> list[Problem]:
    """Return the cells whose cost is not their output (check B02), the 10 worst, and idle cells with cost (row 59)."""
    output = grids.values["flows"].sum(axis=1)
    inputs, value_added = grids.values["inputs"].sum(axis=1), grids.values["value_added"]
    cost = inputs + value_added
    problems = []
    for o, s in np.argwhere((output == 0) & (cost > 0)):
        cell = f"{grids.countries[o]}, {grids.sectors[s]}"
        found = f"zero output but inputs of {inputs[o, s]:g} and value added of {value_added[o, s]:g} at {cell}"
        problems.append(Problem(tables["flows"].path, "B02 output", found, "sales, or no cost either"))
    for o, s in np.argwhere((output > 0) & (value_added == 0)):
        cell = f"{grids.countries[o]}, {grids.sectors[s]}"
        found = f"value added of 0 with an output of {output[o, s]:g} at {cell}"
        problems.append(Problem(tables["value_added"].path, "B05 value_added", found, "value added above 0"))
    off = np.abs(cost - output) / np.where(output > 0, output, 1.0) * (output > 0)
    worst = np.argsort(-off, axis=None, kind="stable")[: int((off > BALANCE_TOLERANCE).sum())]
    for at in worst[:WORST]:
        o, s = np.unravel_index(int(at), off.shape)
        found = (
            f"{cost[o, s]:.10g} against {output[o, s]:.10g} at {grids.countries[o]}, {grids.sectors[s]} "
            f"({100 * (cost[o, s] / output[o, s] - 1):+.3g} %)"
        )
        expected = f"inputs + value added = sales, within {BALANCE_TOLERANCE:g}"
        problems.append(Problem(tables["inputs"].path, "B02 cost = output", found, expected))
    if len(worst) > WORST:
        found = f"{len(worst)} of {off.size} cells unbalanced, the {WORST} worst are listed"
        hint = "balancing the tables first"
        problems.append(Problem(tables["inputs"].path, "B02 cost = output", found, "none", hint))
    return problems


def _cost_shares(grids: Grids) -> tuple[Array, Array, dict[str, Any]]:
    """Return value added shares, input shares, and the log of what was moved to make them add up (checks B11, B12)."""
    output = grids.values["flows"].sum(axis=1)
    inputs = np.swapaxes(grids.values["inputs"], 0, 1)
    cost = inputs.sum(axis=0) + grids.values["value_added"]
    idle = output == 0
    divisor = np.where(idle, 1.0, cost)
    value_added_share = np.where(idle, 1.0, grids.values["value_added"] / divisor)
    moved = np.abs(cost - output) * ~idle
    world = float(grids.values["value_added"].sum())
    largest = np.argsort(-moved, axis=None, kind="stable")[:LOGGED]
    log = {
        "method": "cost shares normalised to 1",
        "max_musd": float(moved.max()),
        "sum_musd": float(moved.sum()),
        "moved_share": float(moved.sum()) / world if world else 0.0,
        "max_imbalance": float((moved / np.where(idle, 1.0, output)).max()),
        "cells": tuple(_logged(grids, moved, int(at)) for at in largest if moved.flat[int(at)] > 0),
    }
    return value_added_share, inputs / divisor, log


def _logged(grids: Grids, moved: Array, at: int) -> tuple[str, str, float]:
    o, s = np.unravel_index(at, moved.shape)
    return grids.countries[int(o)], grids.sectors[int(s)], float(moved[o, s])


def _sources(meta: Meta, tables: dict[str, Table], log: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in meta.values.items() if name not in ("treatment", "countries", "sectors")}
    return {
        **kept,
        "years": dict(meta.years),
        "balancing": log,
        "files": {f"{name}.csv": table.sha256 for name, table in tables.items()},
    }


def _remarked(base: Baseline, meta: Meta, grids: Grids) -> Baseline:
    """Return the baseline with the remarks of its tables, and marked weak where balancing moved too much."""
    remarks = [*base.meta.get("warnings", ()), *meta.warnings]
    rates = grids.values["tariffs"]
    if 0 < rates.max() < 1:
        remarks.append(f"B07 tariffs: the largest rate_pct is {rates.max():g} %: fractions instead of percent?")
    moved = max(
        base.meta["balancing"]["moved_share"],
        base.meta.get("treatment", {}).get("moved_share", 0.0),
    )
    if moved > WEAK_SHARE:
        remarks.append(f"B12 balancing moved {100 * moved:.3g} % of world value added: a weak baseline")
    noted = {**base.meta, "warnings": tuple(remarks), "weak": moved > WEAK_SHARE}
    return base.replace(meta=MappingProxyType(noted))


def _in_file(folder: Path, problem: Problem) -> Problem:
    name = _FILE_OF.get(problem.field, "")
    hint = problem.hint
    if problem.field.startswith("B06"):
        hint = "`treatment: exogenous` (the data stay exact) or `treatment: rebalance` in meta.yaml"
    return replace(problem, where=str(folder / name) if name else str(folder), hint=hint)


def _refusal(problems: Sequence[Problem]) -> DataError:
    missing = all(problem.found == "no such file" for problem in problems)
    return (MissingDataError if missing else DataError)(problems=problems)
