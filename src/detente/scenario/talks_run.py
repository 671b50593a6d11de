"""No deal and the deal of settled talks, solved in full: a run like any other, with every array and table."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

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
    asked = settled.facts["asked"]
    world = world_of(case) if base is None else with_products(case, base)
    found = packages(case, asked["disagreement"])
    chosen = settled.chosen if settled.chosen is not None else next((each.package for each in settled.least_bad), None)
    laws = {NO_DEAL: (found.disagreement, Leaf(NO_DEAL, include=found.without[0], drop=found.without[1]))}
    if chosen is not None:
        name = DEAL if settled.chosen is not None else LEAST_BAD
        laws[name] = (found.package_laws[chosen], _leaf(found, chosen, name))
    numbers = [law for law, _ in laws.values()]
    regimes = [found.laws.regimes[law] for law in numbers]
    stage = stage_of(case, world, regimes, asked["closure"])
    results = {name: _solved(stage, at) for at, name in enumerate(laws)}
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


def _solved(stage: Stage, at: int) -> Result:
    return solve(stage.base, wedges=stage.laws.wedges[at], closure=stage.closure, include_purge=stage.include_purge)


def _plan(case: Scenario, stage: Stage, at: int, name: str, regime: Regime) -> BranchPlan:
    compiled = stage.laws.compiled[at]
    return BranchPlan(
        name, replace(regime, branch=name), calendar.comparator(case), Wedges(), stage.laws.wedges[at],
        compiled.layers, compiled.coverage, tuple(dict.fromkeys((*case.warnings, *compiled.warnings))),
    )  # fmt: skip
