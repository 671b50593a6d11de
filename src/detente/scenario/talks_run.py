"""No deal and the deal of settled talks, solved in full: a run like any other, with every array and table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, Final

from detente.baseline import Baseline
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.policy.measure import Regime
from detente.policy.wedges import Wedges
from detente.scenario import calendar
from detente.scenario.execute import ScenarioRun, world_of
from detente.scenario.packages import Packages, packages
from detente.scenario.products import with_products
from detente.scenario.run import BranchPlan
from detente.scenario.schema import Leaf, Scenario
from detente.scenario.talks import Stage, stage_of
from detente.strategy.talks import NO_DEAL, Talks

DEAL: Final = "deal"
LEAST_BAD: Final = "least-bad"


def in_full(case: Scenario, settled: Talks, *, base: Baseline | None = None) -> ScenarioRun:
    """Return no deal and the deal of the solution (without one the least bad package) as two solved branches.

    Args:
        case: the file. settled: its talks. base: the world; None loads the one of the file.
    Raises:
        SolveError: one of the two has no certified equilibrium.
    """
    chosen = settled.chosen if settled.chosen is not None else next((each.package for each in settled.least_bad), None)
    return framed(case, settled.facts["asked"], named(chosen, settled.chosen is not None), _solved, base=base)


def named(package: int | None, agreed: bool) -> tuple[str, int] | None:
    """Return the branch that stands beside no deal: its name and its package; None where there is none."""
    return None if package is None else (DEAL if agreed else LEAST_BAD, package)


def framed(
    case: Scenario,
    asked: Mapping[str, Any],
    beside: tuple[str, int] | None,
    result: Callable[[Stage, int, str], Result],
    *,
    base: Baseline | None = None,
) -> ScenarioRun:
    """Return no deal, and a package beside it, as branches of a run: their law, compiled, and results made elsewhere.

    Args:
        case: the file. asked: with `disagreement` and `closure`. beside: name and package. base: the world.
        result: the equilibrium of a law, from the stage, its place in it, and the name of the branch.
    """
    world = world_of(case) if base is None else with_products(case, base)
    found = packages(case, asked["disagreement"])
    laws = {NO_DEAL: (found.disagreement, Leaf(NO_DEAL, include=found.without[0], drop=found.without[1]))}
    if beside is not None:
        name, chosen = beside
        laws[name] = (found.package_laws[chosen], _leaf(found, chosen, name))
    regimes = [found.laws.regimes[law] for law, _ in laws.values()]
    stage = stage_of(case, world, regimes, asked["closure"])
    results = {name: result(stage, at, name) for at, name in enumerate(laws)}
    plans = {name: _plan(case, stage, at, name, regimes[at]) for at, name in enumerate(laws)}
    shown = case.replace(
        closure=stage.closure, include_purge=stage.include_purge, tree=tuple(leaf for _, leaf in laws.values())
    )
    return ScenarioRun(shown, stage.base, plans, results)


def _leaf(found: Packages, number: int, name: str) -> Leaf:
    """Return what a package holds and does not, as a leaf of a tree: for titles."""
    made = list(product(*found.decisions))[number]
    held = tuple(each.id for decision in made for each in decision.held)
    off = tuple(id for decision in made for id in decision.off)
    return Leaf(name, include=held, drop=off)


def _solved(stage: Stage, at: int, name: str) -> Result:
    return solve(stage.base, wedges=stage.laws.wedges[at], closure=stage.closure, include_purge=stage.include_purge)


def _plan(case: Scenario, stage: Stage, at: int, name: str, regime: Regime) -> BranchPlan:
    compiled = stage.laws.compiled[at]
    return BranchPlan(
        name, replace(regime, branch=name), calendar.comparator(case), Wedges(), stage.laws.wedges[at],
        compiled.layers, compiled.coverage, tuple(dict.fromkeys((*case.warnings, *compiled.warnings))),
    )  # fmt: skip
