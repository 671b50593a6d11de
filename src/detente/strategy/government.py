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
        logs = logs + _favour(base, closure, government.weights, m, root)[members]
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
    prices = (base.final_share * lP[..., 0]).sum(axis=1)
    if m.firms is not None and m.firms.firms.labour is not None:
        work = _work(m)
        before, after = before - work * base.value_added, after - work * m.V[:, 0]
    logs: Array = np.log(after / before) - prices
    return logs


def _work(m: Margins) -> Array:
    """Return what a dollar of labour income costs in disutility, equation (15); 0 where labour is given."""
    if m.firms is None or m.firms.firms.labour is None:
        return np.zeros(m.shape[0])
    eta = m.firms.firms.labour.eta
    cost: Array = eta / (1 + eta) * (1 - m.firms.tau[:, 0])
    return cost


def _favour(base: Baseline, closure: Closure, weights: Array, m: Margins, root: Root) -> Array:
    """Return ln of the weighted over the plain change of incomes; 0 for equal weights.

    Equation: G = [sum_s weight_s (earned_s + share_s T)]' / [..] / P, T what is left of income beyond earnings, shared
        by employment; without profits that is the weighted share in value added. Source: Ossa (2014), lobbying.
    """
    before, after = _spendable(base, closure, m, root)
    weighted = [
        _weighted(weights, *parts, spendable)
        for parts, spendable in ((_industries(base), before), (_industries_new(m), after))
    ]
    logs: Array = np.log(weighted[1] / weighted[0] / (after / before))
    return logs


def _weighted(weights: Array, earned: Array, labour: Array, spendable: Array) -> Array:
    """Return the weighted sum of incomes by industry, (N,). [MUSD]"""
    beyond = spendable - earned.sum(axis=1)
    total: Array = (weights * (earned + labour * (beyond / labour.sum(axis=1))[:, None])).sum(axis=1)
    return total


def _industries(base: Baseline) -> tuple[Array, Array]:
    """Return earnings and labour income by industry in the baseline. [MUSD]"""
    labour = base.value_added_share * base.receipts
    m = np.zeros(len(base.sectors)) if base.profit_share is None else base.profit_share
    return labour + m * base.output, labour


def _industries_new(m: Margins) -> tuple[Array, Array]:
    """Return the same after the change."""
    keeps, works = _per_sale(m)
    Y = m.Y[..., 0]
    return keeps * Y, works * Y


def _per_sale(m: Margins) -> tuple[Array, Array]:
    """Return earnings and labour income of each industry per dollar of its sales."""
    gamma = m.econ.gamma[..., 0]
    if m.firms is None:
        return gamma, gamma
    profit = m.firms.firms.m[:, 0]
    works = gamma * (1 - profit)
    return works + profit, works


def seeds(
    base: Baseline, closure: Closure, players: Sequence[Government], m: Margins, root: Root
) -> tuple[Seeds, Array, tuple[Standing, ...]]:
    """Return the derivatives of every player's objective, its reference income and its value.

    The reference income is that of the members after the change; derivatives are in its units. [MUSD]
    """
    n, j = m.shape
    b = len(players)
    income, revenue, taxes, wage, labour = (np.zeros((n, b)) for _ in range(5))
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
        of_income, of_tax, of_work = _by_income(base, m, spendable)
        income[members, k] = part * of_income[members]
        revenue[members, k] = part * of_tax[members]
        wage[members, k] = labour[members, k] = part * of_work[members]
        price[members, :, k] = -part[:, None] * base.final_share[members]
        if player.weights is not None:
            more, change = _by_favour(player.weights, m, spendable)
            income[members, k] += part * more[members]
            output[members, :, k] = part[:, None] * change[members]
        if closure.revenue == "wasted":
            revenue[members, k] -= income[members, k]
    return Seeds(income, revenue, taxes, output, price, wage, labour), scale, found


def _by_income(base: Baseline, m: Margins, spendable: Array) -> tuple[Array, Array, Array]:
    """Return the derivatives of ln real income in income, in revenue through the tax it replaces, and in ln(wL)."""
    if m.firms is None or m.firms.firms.labour is None:
        return 1 / spendable, np.zeros_like(spendable), np.zeros_like(spendable)
    V, tau, work = m.V[:, 0], m.firms.tau[:, 0], _work(m)
    left = spendable - work * V
    eta = m.firms.firms.labour.eta
    base_left = base.income - base.final_exogenous.sum(axis=1) - work * base.value_added
    by_tau = eta / (1 + eta) * (V / left - base.value_added / base_left) * (m.firms.relief[:, 0] > 0)
    return 1 / left, by_tau / V, -work * V / left - by_tau * tau


def _by_favour(weights: Array, m: Margins, spendable: Array) -> tuple[Array, Array]:
    """Return the derivatives of `_favour` in income and in the sales of every industry."""
    keeps, works = _per_sale(m)
    Y = m.Y[..., 0]
    total, employed = _weighted(weights, keeps * Y, works * Y, spendable), (works * Y).sum(axis=1)
    mean = (weights * works * Y).sum(axis=1) / employed
    beyond = (spendable - (keeps * Y).sum(axis=1)) / employed
    moved = (weights - mean[:, None]) * (keeps + beyond[:, None] * works)
    return mean / total - 1 / spendable, moved / total[:, None]
