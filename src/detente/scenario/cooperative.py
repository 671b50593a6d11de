"""What a bargain over tariffs starts from, where it is asked of a scenario: its world, its players, its branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.baseline import Baseline
from detente.core.errors import UsageError
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.rebase import rebased
from detente.scenario.execute import check_years, world_of
from detente.scenario.load import load_scenario
from detente.scenario.run import plan
from detente.scenario.schema import Scenario
from detente.strategy.cooperative import DISAGREEMENTS


def tariffs_of(
    scenario_or_base: Scenario | Baseline | str | Mapping[str, Any], players: Sequence[Any] | None, disagreement: Any
) -> tuple[Baseline, Sequence[Any], Any]:
    """Return the world under the comparator's law, the players, and what happens without a deal.

    Args:
        scenario_or_base: a world, or a scenario. players: None for those of the scenario's talks.
        disagreement: as in `cooperative`; the name of a branch becomes its tariffs.
    Raises:
        UsageError: no players; a branch that has instruments, which a bargain over tariffs leaves out.
        ScenarioError, PolicyError, DataError: a scenario that cannot be run.
    """
    if isinstance(scenario_or_base, Baseline):
        if players is None:
            raise UsageError("players: found none; expected codes or groups, such as ['USA', 'CHN']")
        return scenario_or_base, players, disagreement
    case = load_scenario(scenario_or_base)
    world = world_of(case)
    check_years(case, world)
    who = players if players is not None else case.talks.players if case.talks is not None else None
    if who is None:
        raise UsageError(f"players: found none, and no talks in {case.id}; expected codes or groups")
    named = isinstance(disagreement, str) and disagreement not in DISAGREEMENTS
    branch = plan(case, world, branches=disagreement if named else "main")[0]
    comparator = branch.comparator_wedges
    if comparator.tariffs is not None:
        world = rebased(solve(world, wedges=comparator, closure=case.closure), id=world.id)
    if not named:
        return world, who, disagreement
    instruments = [bound.name or bound.kind for bound in branch.wedges.bounds]
    if instruments or branch.wedges.critical or branch.wedges.trade_cost_hat is not None:
        told = ", ".join(dict.fromkeys(instruments)) or "critical inputs or trade costs"
        raise UsageError(
            f"disagreement: found {disagreement!r}, a branch with {told}; expected a branch of tariffs alone for a "
            "bargain over tariffs, or one of nash, factual, free-trade; try method='packages'"
        )
    return world, who, branch.wedges.tariffs
