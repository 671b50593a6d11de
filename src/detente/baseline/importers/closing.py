"""From a world table to a baseline: what does not close is compared, listed, and treated only as named.

Output is the sum of sales. Value added is what is left of it after inputs, so taxes less subsidies and margins count as
primary cost. Both are compared with the published rows and columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import BALANCE_TOLERANCE, Accounts, assembled, check_accounts
from detente.baseline.baseline import Baseline
from detente.baseline.build.costs import CAP, cost_shares
from detente.baseline.build.ledger import Entry, summary
from detente.baseline.importers.companions import Companions, refusal
from detente.baseline.importers.layouts import INPUTS, PRIMARY, VALUE_ADDED
from detente.baseline.importers.world_table import WorldTable
from detente.core.arrays import Array
from detente.core.errors import DataError, Problem

OUT_OF_BALANCE: Final = 0.05
"""Published primary cost further than this share of output from the residual: refused, not merely listed."""
WORST: Final = 10
_FILE_OF: Final = {
    "B05 trade_elasticity": "elasticities.csv",
    "B06 final demand": "meta.yaml",
    "B07 tariffs": "tariffs.csv",
    "B08 years": "meta.yaml",
}


def world_baseline(table: WorldTable, companions: Companions) -> Baseline:
    """Return the baseline of a world table and its companions.

    Raises:
        DataError: everything that does not close, negative flows or final demand without a named treatment.
    """
    problems, entries, remarks = compared(table)
    flows, found, treated = without_negative_flows(table, companions)
    problems += found
    for k, d, s in np.argwhere(table.inputs < 0)[:WORST]:
        cell = f"{table.sectors[k]} used by {table.countries[d]}, {table.sectors[s]}"
        problems.append(Problem(table.path, "B05 inputs", f"{table.inputs[k, d, s]:g} at {cell}", "at least 0"))
    if problems:
        raise refusal(problems)
    costs = cost_shares(np.moveaxis(table.inputs, 0, 1), flows.sum(axis=1), table.countries, table.sectors)
    capped = [entry for entry in costs.entries if entry.moved > 0]
    output = flows.sum(axis=1)
    accounts = Accounts(
        table.countries,
        table.sectors,
        flows=flows,
        inputs=costs.input_share * output,
        value_added=costs.value_added_share * output,
        tariffs=companions.tariffs,
        trade_elasticity=companions.trade_elasticity,
        sources=_sources(table, companions, [*entries, *treated, *capped]),
        treatment=companions.meta.values.get("treatment"),
    )
    idle = [f for f in capped if f.step == "zero output" and f.moved > table.rounding]
    problems = check_accounts(accounts, dict.fromkeys(("flows", "inputs", "value_added"), table.path))
    problems += [
        Problem(
            table.path, "B02 output", f"zero output but inputs of {f.moved:g} MUSD at {f.cell}", "sales, or no inputs"
        )
        for f in idle
    ]
    if problems:
        raise refusal(problems)
    try:
        base = assembled(accounts)
    except DataError as error:
        raise DataError(
            error.message, problems=[in_file(companions, table.path, problem) for problem in error.problems]
        ) from None
    return _remarked(base, [*remarks, *_told(table, treated, capped), *companions.warnings])


def compared(table: WorldTable) -> tuple[list[Problem], list[Entry], list[str]]:
    """Return how the sums of the cells differ from the published totals (checks B01, B02).

    A cell printed to the unit u is wrong by at most u/2, so a sum of m cells by m u/2. That, or 1e-6 of output if it
    is more, is rounding. Output beyond it is refused. Primary cost beyond it is listed, and refused from 5 % of output.
    Returns:
        problems, ledger entries of all differences, remarks.
    """
    output = table.flows.sum(axis=1)
    rounding = table.rounding + BALANCE_TOLERANCE * np.abs(output)
    problems, entries, remarks = [], [], []
    for name in ("output column", "output row"):
        if name in table.published:
            gap = table.published[name] - output
            entries += _differences(table, f"{name} against the sum of sales", table.published[name], output)
            problems += _beyond(table, f"B01 {name}", gap, rounding, output, table.published[name])
    use = table.inputs.sum(axis=0)
    if INPUTS in table.published:
        gap = table.published[INPUTS] - use
        entries += _differences(table, "total inputs against the sum of inputs", table.published[INPUTS], use)
        problems += _beyond(table, "B02 total inputs", gap, rounding, use, table.published[INPUTS])
    if VALUE_ADDED in table.published:
        stated = table.published[VALUE_ADDED] + table.published.get(PRIMARY, 0.0)
        residual = output - use
        gap = stated - residual
        entries += _differences(table, "primary cost against output less inputs", stated, residual)
        wide = np.maximum(rounding * 2, OUT_OF_BALANCE * np.abs(output))
        problems += _beyond(table, "B02 primary cost", gap, wide, residual, stated)
        beyond = int((np.abs(gap) > 2 * rounding).sum())
        if beyond:
            total = float(np.abs(gap).sum())
            remarks.append(
                f"B02 published primary cost differs from output less inputs by more than rounding in {beyond} of "
                f"{gap.size} cells, {total:.6g} MUSD over all cells; the residual is used"
            )
    return problems, entries, remarks


def without_negative_flows(table: WorldTable, companions: Companions) -> tuple[Array, list[Problem], list[Entry]]:
    """Return the flows with negative cells treated as `negative_flows` in meta.yaml names it, or the refusal.

    A flow is negative where more was taken out of stocks than was sold. Zero raises output, value added and final
    demand by the amount.
    """
    below = table.flows < 0
    if not below.any():
        return table.flows, [], []
    total = float(table.flows[below].sum())
    o, d, s = (int(i) for i in np.unravel_index(int(table.flows.argmin()), table.flows.shape))
    worst = f"{table.flows[o, d, s]:g} at {table.countries[o]}, {table.countries[d]}, {table.sectors[s]}"
    if companions.negative_flows != "zero":
        found = (
            f"{int(below.sum())} of {below.size} flows below 0, {total:.6g} MUSD in all, worst {worst} "
            f"({table.negative[0]} negative cells of final demand: inventories)"
        )
        expected = "sales of at least 0, or a named treatment"
        hint = "`negative_flows: zero` in meta.yaml"
        return table.flows, [Problem(table.path, "flows", found, expected, hint)], []
    entries = [
        Entry("negative flows set to zero", f"{table.countries[o]}/{table.countries[d]}/{table.sectors[s]}",
              float(table.flows[o, d, s]), 0.0, "MUSD", float(-table.flows[o, d, s]))
        for o, d, s in np.argwhere(below)
    ]  # fmt: skip
    return np.where(below, 0.0, table.flows), [], entries


def in_file(companions: Companions, path: str, problem: Problem) -> Problem:
    """Return a problem of the finished baseline with the file it comes from."""
    name = _FILE_OF.get(problem.field, "")
    hint = problem.hint
    if problem.field.startswith("B06"):
        hint = "`treatment: exogenous` (the data stay exact) or `treatment: rebalance` in meta.yaml"
    return replace(problem, where=str(companions.folder / name) if name else path, hint=hint)


def _differences(table: WorldTable, step: str, published: Array, summed: Array) -> list[Entry]:
    gap = np.abs(published - summed)
    return [
        Entry(step, f"{table.countries[o]}/{table.sectors[s]}", float(published[o, s]), float(summed[o, s]), "MUSD",
              float(gap[o, s]))
        for o, s in np.argwhere(gap > 0)
    ]  # fmt: skip


def _beyond(table: WorldTable, name: str, gap: Array, allowed: Array, summed: Array, published: Array) -> list[Problem]:
    excess = np.abs(gap) - allowed
    worst = np.argsort(-excess, axis=None, kind="stable")[: int((excess > 0).sum())]
    problems = []
    for at in worst[:WORST]:
        o, s = np.unravel_index(int(at), gap.shape)
        cell = f"{table.countries[int(o)]}, {table.sectors[int(s)]}"
        found = f"{published[o, s]:.10g} where the cells give {summed[o, s]:.10g} at {cell}"
        problems.append(Problem(table.path, name, found, f"the same within {allowed[o, s]:.3g} MUSD"))
    if len(worst) > WORST:
        found = f"{len(worst)} of {gap.size} cells that differ, the {WORST} worst are listed"
        problems.append(Problem(table.path, name, found, "none"))
    return problems


def _sources(table: WorldTable, companions: Companions, entries: Sequence[Entry]) -> dict[str, Any]:
    counts = {"table": table.counts, **companions.counts}
    labels = {"sector_labels": table.labels} if table.labels else {}
    notes = {"history": table.notes} if table.notes else {}
    return {
        **labels,
        **notes,
        **companions.sources,
        "files": {table.path.rsplit("/", 1)[-1]: table.sha256, **companions.files},
        "import": {"format": table.form, "counts": counts},
        "log": summary(entries),
    }


def _told(table: WorldTable, treated: Sequence[Entry], capped: Sequence[Entry]) -> list[str]:
    remarks = []
    if treated:
        total = sum(entry.moved for entry in treated)
        remarks.append(f"negative flows set to zero: {len(treated)} cells, {total:.6g} MUSD added to output")
    for idle, what in ((False, f"inputs above {CAP} of output scaled to it"), (True, "inputs without output left out")):
        cells = [entry for entry in capped if (entry.step == "zero output") == idle]
        if cells:
            names = ", ".join(entry.cell for entry in cells[:5]) + (
                f", {len(cells) - 5} more" if len(cells) > 5 else ""
            )
            remarks.append(f"{what}: {names}, {sum(entry.moved for entry in cells):.6g} MUSD")
    if table.outside:
        remarks.append(f"{table.outside:.6g} MUSD of taxes and margins in the columns of final demand are left out")
    return remarks


def _remarked(base: Baseline, remarks: Sequence[str]) -> Baseline:
    merged: Mapping[str, Any] = {**base.meta, "warnings": (*base.meta.get("warnings", ()), *remarks)}
    return base.replace(meta=MappingProxyType(dict(merged)))
