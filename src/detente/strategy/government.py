"""Who decides, and what for: countries and coalitions with an objective, its value and its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.closure import Closure
from detente.core.codes import COUNTRY_ALIASES, WORLD, groups_present
from detente.core.errors import Problem, UsageError, nearest
from detente.equilibrium.root import Root
from detente.model.adjoint import Margins, Seeds

REAL_INCOME: Final = "real-income"
REVENUE: Final = "revenue"
WEIGHTS: Final = "weights"


@dataclass(frozen=True, eq=False)
class Government:
    """One country, or a coalition that acts as one with a common tariff against the rest.

    Attributes:
        name: code or group. members: positions of its countries.
        objective: "real-income", "revenue" (tariffs and export taxes collected, in units of world value added), or
            "weights": incomes earned in favoured industries count more (lobbying).
        weights: (N, J) of every country and industry; None unless the objective is "weights".
    """

    name: str
    members: tuple[int, ...]
    objective: str = REAL_INCOME
    weights: Array | None = None


def governments(base: Baseline, players: Any, objective: Any = REAL_INCOME) -> tuple[Government, ...]:
    """Return the players, or refuse them with every problem.

    Args:
        base: the world. players: codes of countries or known groups; a list inside the list is a coalition.
        objective: of all of them: "real-income", "revenue" or weights (N, J).
    Raises:
        UsageError: unknown or repeated players, a group that is not whole in this world, an unknown objective.
    """
    if isinstance(players, str) or not isinstance(players, Sequence) or not players:
        raise UsageError(f"players: found {players!r}; expected a list of codes, such as ['USA', 'CHN']")
    problems: list[Problem] = []
    kind, weights = _objective(base, objective)
    found = tuple(
        Government(_name(player), _members(base, player, f"players[{at}]", problems), kind, weights)
        for at, player in enumerate(players)
    )
    seen: dict[int, str] = {}
    for at, each in enumerate(found):
        for member in each.members:
            if member in seen:
                text = f"{base.countries[member]} in {each.name} and in {seen[member]}"
                problems.append(Problem("", f"players[{at}]", text, "each country in one player"))
            seen[member] = each.name
    if problems:
        raise UsageError(problems=problems)
    return found


def _name(player: Any) -> str:
    return player if isinstance(player, str) else "+".join(str(code) for code in player)


def _members(base: Baseline, player: Any, field: str, problems: list[Problem]) -> tuple[int, ...]:
    """Return the positions of a code, a group or a list of either."""
    groups = {name: at for name, at in groups_present(base.countries).items() if name != WORLD}
    members: list[int] = []
    for code in [player] if isinstance(player, str) else list(player):
        if code in base.countries:
            members.append(base.countries.index(code))
        elif code in groups:
            members += groups[code]
        else:
            hint = nearest(str(code), [*base.countries, *groups], aliases=dict(COUNTRY_ALIASES))
            problems.append(Problem("", field, f"unknown player {code!r}", f"economies of {base.id}", hint))
    if len(set(members)) < len(members):
        problems.append(Problem("", field, f"{player!r}, a country twice", "each country once"))
    return tuple(dict.fromkeys(members))


def _objective(base: Baseline, objective: Any) -> tuple[str, Array | None]:
    if isinstance(objective, str):
        if objective not in (REAL_INCOME, REVENUE):
            hint = nearest(objective, (REAL_INCOME, REVENUE))
            expected = "'real-income', 'revenue' or an array of weights (country, sector)"
            raise UsageError(problems=[Problem("", "objective", repr(objective), expected, hint)])
        return objective, None
    weights = np.array(objective, dtype=np.float64)
    if weights.shape != base.shape or not np.isfinite(weights).all() or (weights < 0).any():
        found = f"an array of shape {weights.shape}"
        if weights.shape == base.shape:
            found = f"{int((~(weights >= 0)).sum())} weights that are negative or not finite"
        expected = f"weights of at least 0, shape {base.shape} (country, sector)"
        raise UsageError(problems=[Problem("", "objective", found, expected)])
    earning = (base.value_added_share * base.output > 0) & (weights > 0)
    if not earning.any(axis=1).all():
        empty = base.countries[int(np.argmin(earning.any(axis=1)))]
        expected = "a positive weight on an industry that earns something, in every country"
        raise UsageError(problems=[Problem("", "objective", f"no weight in {empty}", expected)])
    return WEIGHTS, weights


@dataclass(frozen=True)
class Standing:
    """Where a government stands at a solved equilibrium.

    Attributes:
        value: of its objective: ln of the change of real income (weighted, where it has weights), or revenue over
            baseline income. share: what each member's own change counts in it.
    """

    value: float
    share: Array


def standing(base: Baseline, closure: Closure, government: Government, m: Margins, root: Root) -> Standing:
    """Return the value of the objective at a root.

    Source: equation (11); with weights Ossa (2014), equation for lobbying governments, value added as income.
    """
    members = list(government.members)
    if government.objective == REVENUE:
        collected = _collected(m)[members].sum() / _unit(m, root)
        return Standing(float(collected / base.income[members].sum()), np.ones(len(members)))
    logs = _real_income(base, closure, m, root)[members]
    if government.weights is not None:
        logs = logs + _favour(base, government.weights, m)[members]
    if len(members) == 1:
        return Standing(float(logs[0]), np.ones(1))
    spendable = (base.income - base.final_exogenous.sum(axis=1))[members]
    worth = spendable * np.exp(logs)
    return Standing(float(np.log(worth.sum() / spendable.sum())), worth / worth.sum())


def _collected(m: Margins) -> Array:
    """Return tariffs and export taxes by country, in units of world value added. [MUSD]"""
    tariffs = ((m.tau - 1) * m.F).sum(axis=(0, 2))
    taxes: Array = m.taxed.sum(axis=(1, 2)) + tariffs
    return taxes


def _unit(m: Margins, root: Root) -> float:
    """Return what a unit of the numeraire is in units of world value added."""
    return float(np.exp(root.z[m.econ.D_unit, 0])) if m.econ.D_unit >= 0 else 1.0


def _spendable(base: Baseline, closure: Closure, m: Margins, root: Root) -> tuple[Array, Array]:
    """Return what is left for the final basket and counts as real income, before and after. [MUSD]"""
    before = base.income - base.final_exogenous.sum(axis=1)
    after = root.spendable
    if closure.revenue == "wasted":
        before, after = before - base.revenue, after - ((m.tau - 1) * m.F).sum(axis=(0, 2))
    return before, after


def _real_income(base: Baseline, closure: Closure, m: Margins, root: Root) -> Array:
    before, after = _spendable(base, closure, m, root)
    _, lP, _ = root.econ.split(root.z)
    logs: Array = np.log(after / before) - (base.final_share * lP[..., 0]).sum(axis=1)
    return logs


def _favour(base: Baseline, weights: Array, m: Margins) -> Array:
    """Return ln of the weighted over the plain change of industry shares in value added; 0 for equal weights."""
    before = base.value_added_share * base.output
    after = m.econ.gamma[..., 0] * m.Y[..., 0]

    def mean(earned: Array) -> Array:
        average: Array = (weights * earned).sum(axis=1) / earned.sum(axis=1)
        return average

    logs: Array = np.log(mean(after) / mean(before))
    return logs


def seeds(
    base: Baseline, closure: Closure, players: Sequence[Government], m: Margins, root: Root
) -> tuple[Seeds, Array, tuple[Standing, ...]]:
    """Return the derivatives of every player's objective, its reference income and its value.

    The reference income is that of the members after the change; derivatives are in its units. [MUSD]
    """
    n, j = m.shape
    b = len(players)
    income, revenue, taxes, wage = (np.zeros((n, b)) for _ in range(4))
    output, price = (np.zeros((n, j, b)) for _ in range(2))
    scale = np.zeros(b)
    found = tuple(standing(base, closure, player, m, root) for player in players)
    _, spendable = _spendable(base, closure, m, root)
    for k, (player, at) in enumerate(zip(players, found, strict=True)):
        members = list(player.members)
        scale[k] = root.at.income[members, 0].sum()
        if player.objective == REVENUE:
            per_dollar = scale[k] / base.income[members].sum() / _unit(m, root)
            revenue[members, k] = taxes[members, k] = per_dollar
            if m.econ.D_unit >= 0:
                wage[m.econ.D_unit, k] = -scale[k] * at.value
            continue
        part = scale[k] * at.share
        income[members, k] = part / spendable[members]
        if closure.revenue == "wasted":
            revenue[members, k] = -income[members, k]
        price[members, :, k] = -part[:, None] * base.final_share[members]
        if player.weights is not None:
            earned, Y = m.econ.gamma[members, :, 0], m.Y[members, :, 0]
            favoured = player.weights[members] * earned
            change = favoured / (favoured * Y).sum(axis=1)[:, None] - earned / (earned * Y).sum(axis=1)[:, None]
            output[members, :, k] = part[:, None] * change
    return Seeds(income, revenue, taxes, output, price, wage), scale, found
