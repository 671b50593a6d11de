"""Run a scenario: plan its branches, put each on the comparator's world, solve, and keep plan and result together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from detente.baseline import Baseline
from detente.baseline.catalogue import load_baseline
from detente.baseline.checks import years_that_differ
from detente.core.errors import Problem, ScenarioError, UsageError
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.rebase import rebased
from detente.equilibrium.root import MAX_PASSES, TOL
from detente.policy.measure import Regime
from detente.policy.wedges import Wedges
from detente.scenario.load import load_scenario
from detente.scenario.run import BranchPlan, plan
from detente.scenario.schema import Scenario


@dataclass(frozen=True)
class ScenarioRun(Mapping[str, Result]):
    """The solved branches of a scenario: `run["main"]` is a Result.

    Attributes:
        scenario: what was run. base: the world under the comparator's law, which every change is measured against.
        plans: branch -> regime, wedges, rates by layer, warnings. results: branch -> Result.
    """

    scenario: Scenario
    base: Baseline
    plans: Mapping[str, BranchPlan]
    results: Mapping[str, Result]

    def __getitem__(self, branch: str) -> Result:
        """Return the result of one branch."""
        if branch not in self.results:
            raise UsageError(f"branch: found {branch!r}; expected one of {', '.join(self.results)}")
        return self.results[branch]

    def __iter__(self) -> Iterator[str]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    @property
    def comparator(self) -> str:
        """Return what changes are measured against, in words, as in every title."""
        day = self.scenario.compare_to
        return f"the law of {day}" if day else "the baseline"


def run_scenario(
    scenario: Scenario | str | Mapping[str, Any],
    *,
    base: Baseline | None = None,
    on: dt.date | str | None = None,
    branches: str | Sequence[str] | None = None,
    include: Iterable[str] = (),
    drop: Iterable[str] = (),
    as_of: dt.date | str | None = None,
    draws: int = 0,
    seed: int | None = None,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
    certify: str = "quick",
    throw: bool = True,
) -> ScenarioRun:
    """Solve a scenario's branches.

    Args:
        scenario: a scenario, a packaged id, a path, or its plain data.
        base: the world; None loads the one the scenario names, with its elasticity set.
        on: day whose law `main` is; None is the scenario's `as_of`.
        branches: None or "all" for main and every leaf of the tree, or names.
        include, drop: measure ids (drop: also "authority=NAME"). as_of: hide measures whose source is later.
        draws: must be 0 in this version. seed: taken from the file when None; used with draws only.
        tol, max_iter, certify, throw: as in `solve`.
    Returns:
        A mapping from branch to Result, with the plans beside them.
    Raises:
        ScenarioError, PolicyError, DataError, UsageError: what cannot be run, all problems at once.
        SolveError: a branch without a certified equilibrium.
    """
    if draws:
        raise UsageError("draws: found a positive number; expected 0: this version computes no bands yet")
    case = load_scenario(scenario)
    world = base if base is not None else load_baseline(case.baseline.id, elasticities=case.elasticities)
    _check_years(case, world)
    plans = plan(case, world, _day(on), branches, include, drop, as_of=_day(as_of))
    rule = case.closure

    def solved(world: Baseline, wedges: Wedges, throw: bool) -> Result:
        return solve(
            world,
            wedges=wedges,
            closure=rule.deficits,
            numeraire=rule.numeraire,
            revenue=rule.revenue,
            tol=tol,
            max_iter=max_iter,
            certify=certify,
            throw=throw,
        )

    comparator = plans[0].comparator_wedges
    if comparator.tariffs is not None:
        world = rebased(solved(world, comparator, True), note=f"law of {case.compare_to}")
    results = {each.name: _noted(solved(world, each.wedges, throw), case, each) for each in plans}
    return ScenarioRun(case, world, {each.name: each for each in plans}, results)


def _check_years(case: Scenario, world: Baseline) -> None:
    """Refuse a baseline whose tables are of different years, unless the scenario says that it knows (check B08)."""
    found = years_that_differ(world)
    if found and not case.baseline.allow_year_mismatch:
        expected = f"one year in baseline {world.id!r}, or a scenario that says it knows"
        raise ScenarioError(
            problems=[Problem(case.path, "baseline.allow_year_mismatch", found, expected, "allow_year_mismatch: true")]
        )


def _day(value: dt.date | str | None) -> dt.date | None:
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"date: found {value!r}; expected an ISO date such as 2025-10-25") from None


def _noted(result: Result, case: Scenario, branch: BranchPlan) -> Result:
    """Return the result with what was run written on it."""
    facts = {"scenario": case.id, "scenario_sha256": case.sha256, "branch": branch.name, "on": str(branch.regime.date)}
    return replace(result, provenance={**result.provenance, **facts, "headline_pct": _headline(branch.regime)})


def _headline(regime: Regime) -> dict[tuple[str, str], float]:
    """Return statutory rates in percent by (importer, origin), where the scenario states them as headline measures."""
    return {
        (by, against): 100 * measure.rate.value
        for measure in regime.applied
        if measure.rate_kind == "headline" and measure.rate is not None and not measure.rate.added
        for by in measure.by
        for against in measure.against
    }
