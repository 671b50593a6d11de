"""A scenario through time: every day on which the law changes between two dates, solved as one batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from detente.baseline import Baseline
from detente.core.errors import SolveError, UsageError
from detente.core.pairs import pair_columns
from detente.core.result import Result
from detente.equilibrium.batch import solve_many
from detente.equilibrium.counterfactual import require, solve
from detente.equilibrium.rebase import rebased
from detente.equilibrium.root import MAX_PASSES, TOL
from detente.policy.measure import Regime
from detente.scenario import calendar
from detente.scenario.dated import branch_by_dates, sides
from detente.scenario.execute import check_years, world_of
from detente.scenario.load import load_scenario
from detente.scenario.products import with_products
from detente.scenario.run import BranchPlan, plan
from detente.scenario.schema import MAIN, Scenario


@dataclass(frozen=True, eq=False)
class Step:
    """One regime of a path.

    Attributes:
        date: its first day. starts, ends: ids that hold from this day on, or no longer; empty on the first day.
        plan: what holds. result: the equilibrium, against the comparator. rates: (importer, origin) -> average rate
            over goods, weighted with the flows before. [percent]
    """

    date: dt.date
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    plan: BranchPlan
    result: Result
    rates: Mapping[tuple[str, str], float]


@dataclass(frozen=True, eq=False)
class Path:
    """The regimes of a scenario in order.

    Attributes:
        scenario: what was solved. base: the world under the comparator's law. branch: "main" or a leaf.
        first, last: the days between which it runs, both included. pair: whose rates are followed, or None.
        before: average rates under the comparator. steps: the regimes.
    """

    scenario: Scenario
    base: Baseline
    branch: str
    first: dt.date
    last: dt.date
    pair: tuple[str, str] | None
    before: Mapping[tuple[str, str], float]
    steps: tuple[Step, ...]


def path(
    scenario: Scenario | str | Mapping[str, Any],
    *,
    first: dt.date | None = None,
    last: dt.date | None = None,
    branch: str | None = None,
    as_of: dt.date | None = None,
    base: Baseline | None = None,
) -> Path:
    """Solve every regime between two days.

    Args:
        scenario: a scenario, a packaged id, a path, or plain data.
        first: default `as_of`. last: default the horizon, or the last day on which something changes.
        branch: "main", or a leaf followed through time: what it includes starts on its own first day.
        as_of: hide measures whose source is later; also the default of `first`. base: the world.
    Returns:
        A step for the first day and for each later day on which what applies changes. Each result is that of
        `run_scenario(on=date)`, to the tolerance of a solve.
    Raises:
        UsageError: a last day before the first, unknown branch. SolveError: a regime without certified equilibrium.
    """
    case = load_scenario(scenario)
    world = world_of(case) if base is None else with_products(case, base)
    dated = branch_by_dates(case, branch)
    start, end = _span(dated, first, last, as_of)
    regimes = changes(dated, start, end, as_of)
    plans = [plan(dated, world, each.date, [MAIN], as_of=as_of)[0] for each in regimes]
    names = [str(each.date) for each in regimes]
    world, results = solved_together(dated, world, plans, names)
    pair = sides(case, world, plans[0].regime.applied)
    pairs = () if pair is None else (pair, (pair[1], pair[0]))
    name = MAIN if branch is None else branch
    steps, held = [], regimes[0]
    for regime, each, result in zip(regimes, plans, results, strict=True):
        starts, ends = _difference(held, regime)
        named = replace(each, name=name, regime=replace(each.regime, branch=name))
        steps.append(Step(regime.date, starts, ends, named, result, averages(result, pairs, "tariff_new_pct")))
        held = regime
    before = averages(results[0], pairs, "tariff_pct")
    return Path(case, world, name, start, end, pair, before, tuple(steps))


def changes(case: Scenario, first: dt.date, last: dt.date, as_of: dt.date | None = None) -> list[Regime]:
    """Return the regime of the first day and of each later day, up to the last, on which other measures apply."""
    days = [first, *(day for day in calendar.dates(case) if first < day <= last)]
    found: list[Regime] = []
    for day in days:
        regime = calendar.regime(case, day, as_of=as_of)
        if not found or regime.applied != found[-1].applied:
            found.append(regime)
    return found


def solved_together(
    case: Scenario, base: Baseline, plans: Sequence[BranchPlan], names: Sequence[str]
) -> tuple[Baseline, list[Result]]:
    """Return the world under the comparator's law and one certified result for each plan, solved as one batch.

    Raises:
        ScenarioError: tables of different years, without the scenario saying that it knows.
        SolveError: plans without a certified equilibrium; each is named.
    """
    check_years(case, base)
    purge = case.include_purge
    law = plans[0].comparator_wedges
    if law.tariffs is not None:
        before = solve(base, wedges=law, closure=case.closure, include_purge=purge)
        base = rebased(before, note=f"law of {case.compare_to}", id=base.id)
    wedges = [each.wedges for each in plans]
    results = solve_many(
        base, wedges, closure=case.closure, include_purge=purge, tol=TOL, max_iter=MAX_PASSES, throw=False
    )
    failed = [(name, result) for name, result in zip(names, results, strict=True) if not result.certificate.ok]
    lines = []
    for name, result in failed:
        try:
            require(result, f"{name}: ")
        except SolveError as error:
            lines.append(str(error))
    if failed:
        raise SolveError("\n".join(lines), certificate=failed[0][1].certificate)
    return base, [with_own_groups(case, result) for result in results]


def with_own_groups(case: Scenario, result: Result) -> Result:
    """Return the result with the scenario's own groups of countries among its groups."""
    place = {code: index for index, code in enumerate(result.countries)}
    own = {
        name: [place[code] for code in codes]
        for name, codes in case.groups.items()
        if isinstance(codes, tuple) and name not in place and all(code in place for code in codes)
    }
    return replace(result, groups={**own, **result.groups}) if own else result


def averages(result: Result, pairs: Sequence[tuple[str, str]], column: str) -> dict[tuple[str, str], float]:
    """Return the average rate of each (importer, origin) that trade, from table "pairs". [percent]"""
    columns = pair_columns(result)
    rows = zip(columns["dest"], columns["origin"], columns[column], strict=True)
    wanted = set(pairs)
    found = {(dest, origin): rate for dest, origin, rate in rows if (dest, origin) in wanted}
    return {pair: found[pair] for pair in pairs if pair in found}


def country_values(result: Result) -> dict[tuple[str, str], float]:
    """Return table "countries" as (country or group, variable) to value."""
    columns = result.columns("countries")
    return dict(zip(zip(columns["country"], columns["variable"], strict=True), columns["value"], strict=True))


def _span(
    case: Scenario, first: dt.date | None, last: dt.date | None, as_of: dt.date | None
) -> tuple[dt.date, dt.date]:
    start = first or as_of or case.as_of
    days = calendar.dates(case)
    end = last or max(start, case.horizon or (days[-1] if days else start))
    if end < start:
        raise UsageError(f"until: found {end}, before {start}; the first day; expected that day or a later one")
    return start, end


def _difference(before: Regime, after: Regime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    old, new = ([measure.id for measure in each.applied] for each in (before, after))
    return tuple(each for each in new if each not in old), tuple(each for each in old if each not in new)
