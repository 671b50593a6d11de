"""Run a scenario: plan its branches, put each on the comparator's world, solve, and keep plan and result together."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detente.baseline import Baseline
from detente.baseline.catalogue import list_baselines, load_baseline
from detente.baseline.checks import years_that_differ
from detente.core.codes import COUNTRY_GROUPS, EU27, WORLD
from detente.core.errors import Problem, ScenarioError, UsageError
from detente.core.result import Result
from detente.core.units import percent_text
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.rebase import rebased
from detente.equilibrium.root import MAX_PASSES, TOL
from detente.policy.measure import Regime
from detente.policy.wedges import Wedges
from detente.scenario.calendar import headlines
from detente.scenario.fields import iso_date
from detente.scenario.load import load_scenario
from detente.scenario.products import satellite_facts, with_products
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

    def __contains__(self, branch: object) -> bool:
        return branch in self.results

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
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
    certify: str = "quick",
    throw: bool = True,
    include_purge: bool = False,
) -> ScenarioRun:
    """Solve a scenario's branches.

    Args:
        scenario: a scenario, a packaged id, a path, or its plain data.
        base: the world; None loads the one the scenario names, with its elasticity set.
        on: day whose law `main` is; None is the scenario's `as_of`.
        branches: None or "all" for main and every leaf of the tree, or names.
        include, drop: measure ids (drop: also "authority=NAME"). as_of: hide measures whose source is later.
        tol, max_iter, certify, throw: as in `solve`.
        include_purge: as in `solve`; also where the file says so.
    Returns:
        A mapping from branch to Result, with the plans beside them.
    Raises:
        ScenarioError, PolicyError, DataError, UsageError: what cannot be run, all problems at once.
        SolveError: a branch without a certified equilibrium.
    """
    case = load_scenario(scenario)
    case = case.replace(include_purge=True) if include_purge else case
    world = with_products(case, base) if base is not None else world_of(case)
    check_years(case, world)
    plans = plan(case, world, day_of("on", on), branches, include, drop, as_of=day_of("as_of", as_of))

    def solved(world: Baseline, wedges: Wedges, throw: bool) -> Result:
        return solve(
            world,
            wedges=wedges,
            closure=case.closure,
            tol=tol,
            max_iter=max_iter,
            certify=certify,
            throw=throw,
            include_purge=case.include_purge,
        )

    comparator = plans[0].comparator_wedges
    if comparator.tariffs is not None:
        world = rebased(solved(world, comparator, True), note=f"law of {case.compare_to}", id=world.id)
    results = {each.name: noted(solved(world, each.wedges, throw), case, each) for each in plans}
    return ScenarioRun(case, world, {each.name: each for each in plans}, results)


def world_of(case: Scenario) -> Baseline:
    """Return the baseline that a scenario names, with its elasticity set and the product sectors that it needs.

    Raises:
        MissingDataError: nothing of that name or path on this machine. DataError: damaged data, an unknown set.
    """
    found = load_baseline(baseline_path(case) or case.baseline.id, elasticities=case.elasticities)
    return with_products(case, found)


def baseline_path(case: Scenario) -> Path | None:
    """Return the file or folder of a scenario's baseline, or None for a name or where there is nothing.

    A relative path starts at the folder of the scenario file, and only then at the working directory.
    """
    name = case.baseline.id
    if not name or "\0" in name or any(entry.name == name for entry in list_baselines()):
        return None
    for path in (Path(case.path).parent / name, Path(name)):
        if path.exists():
            return path
    return None


def relative_to(case: Scenario, folder: Path) -> Scenario:
    """Return the scenario as it is written in another folder: a path of its baseline starts there."""
    path = baseline_path(case)
    if path is None:
        return case
    found = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    return case.replace(baseline=replace(case.baseline, id=found))


def check_years(case: Scenario, world: Baseline) -> None:
    """Refuse a baseline whose tables are of different years, unless the scenario says that it knows (check B08)."""
    found = years_that_differ(world)
    if found and not case.baseline.allow_year_mismatch:
        expected = f"one year in baseline {world.id!r}, or a scenario that says it knows"
        raise ScenarioError(
            problems=[Problem(case.path, "baseline.allow_year_mismatch", found, expected, "allow_year_mismatch: true")]
        )


def own_groups(case: Scenario, countries: Sequence[str]) -> dict[str, list[int]]:
    """Return the scenario's own groups of countries as positions, those whose members are all there."""
    place = {code: position for position, code in enumerate(countries)}
    return {
        name: [place[code] for code in codes]
        for name, codes in case.groups.items()
        if isinstance(codes, tuple) and name not in place and all(code in place for code in codes)
    }


def day_of(name: str, value: dt.date | str | None) -> dt.date | None:
    """Return a day given as one or as text.

    Raises:
        UsageError: not a day; `name` says which argument.
    """
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return iso_date(value)
    except ValueError as error:
        raise UsageError(f"{name}: found {value!r}; expected {error}") from None


def noted(result: Result, case: Scenario, branch: BranchPlan) -> Result:
    """Return the result with what was run written on it."""
    facts: dict[str, Any] = {
        "scenario": case.id,
        "scenario_sha256": case.sha256,
        "branch": branch.name,
        "on": str(branch.regime.date),
    }
    cut = satellite_facts(result.baseline) if isinstance(result.baseline, Baseline) else {}
    facts |= {"satellites": cut} if cut else {}
    return replace(result, provenance={**result.provenance, **facts, "headline_pct": _headline(branch.regime, result)})


def _headline(regime: Regime, result: Result) -> dict[tuple[str, str], float]:
    """Return statutory rates in percent by (importer, origin), where the scenario states them as headline measures.

    Only all-in rates: points are added to a rate that a headline does not state. WORLD is every
    economy, on either side, but not EU members for each other, as in the compiler.
    """
    return {
        (by, against): float(percent_text(measure.rate.value).removesuffix("%"))
        for measure in headlines(regime)
        if measure.rate is not None and not measure.rate.added
        for by in _economies(measure.by, result)
        for against in _economies(measure.against, result)
        if by != against and not (WORLD in (*measure.by, *measure.against) and by in EU27 and against in EU27)
    }


def _economies(codes: Iterable[str], result: Result) -> list[str]:
    """Return economies, groups expanded, with the groups that the compiler of policies knows."""
    found: list[str] = []
    for code in codes:
        found += result.countries if code == WORLD else COUNTRY_GROUPS.get(code, (code,))
    return found
