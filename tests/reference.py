"""Solve the Caliendo-Parro model slowly and readably: the paper line by line, in plain loops.

This file is the yardstick of the fast solver and shares nothing with it. Every equation is a loop over origins ``o``,
destinations ``d`` and sectors ``s`` (``k`` where the sector is an input), numbered as in the documentation. The
solution is nested, as in the literature: wages outside (tatonnement, then Newton with differences for the last digits),
prices inside, spending by one dense linear solve. Nothing here is fast: use it up to 8 countries and 6 sectors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Table = list[list[float]]
Cube = list[list[list[float]]]

CLOSURES = ("world-share", "balanced", "fixed-nominal")
REVENUE_RULES = ("lump-sum", "wasted")


class NoEquilibriumError(Exception):
    """Say that the reference found no equilibrium."""


@dataclass(frozen=True)
class _World:
    """Hold the baseline of equations (1)-(4), the policy and the rules, as nested lists."""

    countries: range
    sectors: range
    share: Cube
    spending: Table
    gamma: Table
    inputs: Cube
    final_share: Table
    theta: list[float]
    barrier: Cube
    tariffs_new: Cube
    value_added: list[float]
    revenue: list[float]
    deficit: list[float]
    income: list[float]
    exogenous: Table
    exogenous_new: Table
    closure: str
    numeraire: str | int
    components: list[list[int]]


@dataclass(frozen=True)
class _State:
    """Hold everything that follows from a vector of wages."""

    wage: list[float]
    price: Table
    cost: Table
    share: Cube
    spending: Table
    revenue: list[float]
    deficit: list[float]
    income: list[float]
    exports: list[float]
    imports: list[float]
    labour_demand: list[float]


def reference_solve(
    flows: Array,
    tariffs: Array,
    value_added_share: Array,
    input_share: Array,
    trade_elasticity: Array,
    tariffs_new: Array,
    trade_cost_hat: Array | None = None,
    *,
    closure: str = "world-share",
    numeraire: int | str | None = None,
    final_exogenous: Array | None = None,
    final_exogenous_new: Array | None = None,
    revenue: str = "lump-sum",
    tol: float = 1e-13,
) -> dict[str, Any]:
    """Return the counterfactual equilibrium of a Caliendo-Parro world.

    Args:
        flows: sales ``[o, d, s]`` at producer value, home sales included.
        tariffs: baseline rates ``[o, d, s]``.
        value_added_share: gamma ``[o, s]``.
        input_share: ``[k, o, s]``, input k in the cost of (o, s).
        trade_elasticity: theta ``[s]``.
        tariffs_new: counterfactual rates ``[o, d, s]``.
        trade_cost_hat: iceberg changes ``[o, d, s]``; ``inf`` is an embargo.
        closure: ``world-share``, ``balanced`` (D' = 0 straight from the base) or ``fixed-nominal``.
        numeraire: ``"world-income"``, a country position, or ``"cpi:<n>"``. Under ``world-share`` and ``balanced`` it
            is the internal normalisation only (default world income). ``fixed-nominal`` has no default.
        final_exogenous: Z ``[d, s]``, final demand outside the budget shares, a constant share of world value added.
        final_exogenous_new: Z' in units of world value added = its base value; default Z.
        revenue: ``lump-sum`` or ``wasted``.
        tol: largest relative trade-balance and labour residual.

    Returns:
        wage_hat, price_hat, cost_hat, share_new, expenditure_new, income_new, revenue_new, deficit_new, welfare_hat,
        flows_new, and residual. World value added is its base value, except under ``fixed-nominal`` with a country or
        consumer-price numeraire, which is 1 there. An inactive market has price 1 and share 0; the cost of a producer
        that sells nothing follows (5) and means nothing.

    Raises:
        ValueError: for an unknown closure, revenue rule or numeraire.
        NoEquilibriumError: when no equilibrium is found.
    """
    if closure not in CLOSURES or revenue not in REVENUE_RULES:
        raise ValueError(f"closure {closure!r}, revenue {revenue!r}: expected one of {CLOSURES} and {REVENUE_RULES}")
    if closure == "fixed-nominal" and numeraire is None:
        raise ValueError("fixed-nominal needs a numeraire: 'world-income', a country position or 'cpi:<n>'")
    n, _, j = flows.shape
    tariffs_new = np.broadcast_to(tariffs_new, flows.shape)
    kappa_hat = np.broadcast_to(1.0 if trade_cost_hat is None else trade_cost_hat, flows.shape)
    z = np.zeros((n, j)) if final_exogenous is None else final_exogenous
    z_new = z if final_exogenous_new is None else final_exogenous_new
    world = _world(
        (flows, tariffs, value_added_share, input_share, trade_elasticity, tariffs_new, kappa_hat, z, z_new),
        closure,
        "world-income" if numeraire is None else numeraire,
    )
    try:
        state, residual = _solve_wages(world, tol)
    except (OverflowError, ZeroDivisionError, np.linalg.LinAlgError) as error:
        raise NoEquilibriumError(f"the iteration left the numbers: {error}") from error
    return _outputs(world, state, revenue) | {"residual": residual}


def _world(arrays: tuple[Array, ...], closure: str, numeraire: str | int) -> _World:
    """Return the baseline levels and shares, equations (1)-(4)."""
    F, t, gamma, g, theta, t_new, kappa_hat, Z, Z_new = (np.asarray(a, dtype=float).tolist() for a in arrays)
    N, J = range(len(F)), range(len(theta))
    # (1)
    X = [[sum(F[o][d][s] * (1 + t[o][d][s]) for o in N) for s in J] for d in N]
    Y = [[sum(F[o][d][s] for d in N) for s in J] for o in N]
    pi = [[[F[o][d][s] * (1 + t[o][d][s]) / X[d][s] if X[d][s] > 0 else 0.0 for s in J] for d in N] for o in N]
    # (2), (3), (4)
    V = [sum(gamma[o][s] * Y[o][s] for s in J) for o in N]
    C = [[X[d][k] - sum(g[k][d][s] * Y[d][s] for s in J) for k in J] for d in N]
    budget = [sum(C[d][k] - Z[d][k] for k in J) for d in N]
    alpha = [[(C[d][k] - Z[d][k]) / budget[d] if X[d][k] > 0 else 0.0 for k in J] for d in N]
    R = [sum(t[o][d][s] * F[o][d][s] for o in N for s in J) for d in N]
    D = [sum(F[o][d][s] for o in N for s in J if o != d) - sum(F[d][n][s] for n in N for s in J if n != d) for d in N]
    income = [V[d] + R[d] + D[d] for d in N]
    barrier = [[[kappa_hat[o][d][s] * (1 + t_new[o][d][s]) / (1 + t[o][d][s]) for s in J] for d in N] for o in N]
    return _World(
        countries=N,
        sectors=J,
        share=pi,
        spending=X,
        gamma=gamma,
        inputs=g,
        final_share=alpha,
        theta=theta,
        barrier=barrier,
        tariffs_new=t_new,
        value_added=V,
        revenue=R,
        deficit=D,
        income=income,
        exogenous=Z,
        exogenous_new=Z_new,
        closure=closure,
        numeraire=numeraire,
        components=list(_components(pi, barrier)),
    )


def _components(pi: Cube, barrier: Cube) -> Iterator[list[int]]:
    """Yield the groups of countries that still trade with each other, directly or through others."""
    N, J = range(len(pi)), range(len(pi[0][0]))
    unseen = set(N)
    while unseen:
        group, frontier = set(), {min(unseen)}
        while frontier:
            a = frontier.pop()
            group.add(a)
            for b in unseen - group:
                if any(pi[x][y][s] > 0 and math.isfinite(barrier[x][y][s]) for x, y in ((a, b), (b, a)) for s in J):
                    frontier.add(b)
        unseen -= group
        yield sorted(group)


# ---------------------------------------------------------------- the equations


def _cost_hat(world: _World, wage: list[float], price: Table) -> Table:
    """Return (5): ln c_os = gamma_os ln w_o + sum_k g_kos ln P_ok."""
    cost = [[0.0 for _ in world.sectors] for _ in world.countries]
    for o in world.countries:
        for s in world.sectors:
            log_cost = world.gamma[o][s] * math.log(wage[o])
            for k in world.sectors:
                log_cost += world.inputs[k][o][s] * math.log(price[o][k])
            cost[o][s] = math.exp(log_cost)
    return cost


def _price_hat(world: _World, cost: Table) -> Table:
    """Return the price part of (6): P_ds = (sum_o pi_ods (c_os barrier_ods)^-theta_s)^(-1/theta_s)."""
    price = [[1.0 for _ in world.sectors] for _ in world.countries]
    for d in world.countries:
        for s in world.sectors:
            if world.spending[d][s] == 0:
                continue
            total = 0.0
            for o in world.countries:
                if world.share[o][d][s] > 0 and math.isfinite(world.barrier[o][d][s]):
                    total += world.share[o][d][s] * (cost[o][s] * world.barrier[o][d][s]) ** -world.theta[s]
            if total == 0:
                raise NoEquilibriumError(f"market (dest {d}, sector {s}) lost all its suppliers")
            price[d][s] = total ** (-1 / world.theta[s])
    return price


def _solve_prices(world: _World, wage: list[float], price: Table) -> tuple[Table, Table]:
    """Return prices and costs at given wages: the inner loop, a contraction with modulus 1 - gamma."""
    last = math.inf
    for _ in range(20_000):
        new = _price_hat(world, _cost_hat(world, wage, price))
        change = max(abs(new[d][s] / price[d][s] - 1) for d in world.countries for s in world.sectors)
        price = new
        if change <= 1e-15 or (change < 1e-13 and change >= last):
            return price, _cost_hat(world, wage, price)
        last = change
    raise NoEquilibriumError("the price loop does not converge")


def _shares(world: _World, cost: Table, price: Table) -> Cube:
    """Return the share part of (6): pi'_ods = pi_ods (c_os barrier_ods / P_ds)^-theta_s."""
    new = [[[0.0 for _ in world.sectors] for _ in world.countries] for _ in world.countries]
    for o in world.countries:
        for d in world.countries:
            for s in world.sectors:
                if world.share[o][d][s] > 0 and math.isfinite(world.barrier[o][d][s]):
                    relative = cost[o][s] * world.barrier[o][d][s] / price[d][s]
                    new[o][d][s] = world.share[o][d][s] * relative ** -world.theta[s]
    return new


def _world_scale(world: _World, wage: list[float]) -> float:
    """Return world value added over its base value."""
    return sum(w * v for w, v in zip(wage, world.value_added, strict=True)) / sum(world.value_added)


def _deficits(world: _World, wage: list[float]) -> list[float]:
    """Return D' under the closure."""
    if world.closure == "balanced":
        return [0.0 for _ in world.countries]
    if world.closure == "fixed-nominal":
        return list(world.deficit)
    return [d * _world_scale(world, wage) for d in world.deficit]


def _solve_spending(world: _World, wage: list[float], share: Cube, deficit: list[float]) -> Table:
    """Return spending X' from (7)-(9), one linear system in the N J unknowns X'_ds.

    X'_dk - sum_s g_kds sum_n b_dns X'_ns - alpha_dk sum_s (1 - sum_o b_ods) X'_ds
        = alpha_dk (w_d V_d + D'_d - sum_k Z'_dk) + Z'_dk,       b_ods = pi'_ods / (1 + t'_ods)
    """
    N, J = world.countries, world.sectors
    scale = _world_scale(world, wage)
    position = {(d, s): d * len(J) + s for d in N for s in J}
    b = [[[share[o][d][s] / (1 + world.tariffs_new[o][d][s]) for s in J] for d in N] for o in N]
    matrix = np.eye(len(position))
    right = np.zeros(len(position))
    for d in N:
        z_total = scale * sum(world.exogenous_new[d])
        for k in J:
            row = position[d, k]
            for s in J:
                for n in N:
                    matrix[row, position[n, s]] -= world.inputs[k][d][s] * b[d][n][s]
                if world.spending[d][s] > 0:
                    matrix[row, position[d, s]] -= world.final_share[d][k] * (1 - sum(b[o][d][s] for o in N))
            own_income = wage[d] * world.value_added[d] + deficit[d]
            right[row] = world.final_share[d][k] * (own_income - z_total) + scale * world.exogenous_new[d][k]
    solution = np.linalg.solve(matrix, right)
    return [[float(solution[position[d, s]]) if world.spending[d][s] > 0 else 0.0 for s in J] for d in N]


def _state(world: _World, wage: list[float], price: Table) -> _State:
    """Return all that follows from wages: prices, shares, spending, and both sides of the labour market (10)."""
    N, J = world.countries, world.sectors
    price, cost = _solve_prices(world, wage, price)
    share = _shares(world, cost, price)
    deficit = _deficits(world, wage)
    X = _solve_spending(world, wage, share, deficit)
    F = [[[share[o][d][s] * X[d][s] / (1 + world.tariffs_new[o][d][s]) for s in J] for d in N] for o in N]  # (7)
    revenue = [sum(world.tariffs_new[o][d][s] * F[o][d][s] for o in N for s in J) for d in N]  # (8)
    income = [wage[d] * world.value_added[d] + revenue[d] + deficit[d] for d in N]  # (8)
    exports = [sum(F[o][d][s] for d in N for s in J if d != o) for o in N]
    imports = [sum(F[o][d][s] for o in N for s in J if d != o) for d in N]
    labour = [sum(world.gamma[o][s] * sum(F[o][d][s] for d in N) for s in J) for o in N]
    return _State(wage, price, cost, share, X, revenue, deficit, income, exports, imports, labour)


# ---------------------------------------------------------------- wages


def _numeraire_value(world: _World, state: _State) -> float:
    """Return the value of the numeraire, which the normalisation sets to 1."""
    if world.numeraire == "world-income":
        return _world_scale(world, state.wage)
    if isinstance(world.numeraire, str):
        kind, _, position = world.numeraire.partition(":")
        if kind != "cpi":
            raise ValueError(f"numeraire {world.numeraire!r}: expected 'world-income', a country position or 'cpi:<n>'")
        return _consumer_price(world, state, int(position))
    return state.wage[world.numeraire]


def _consumer_price(world: _World, state: _State, d: int) -> float:
    """Return the change in the consumer price index of country d."""
    return math.exp(sum(world.final_share[d][s] * math.log(state.price[d][s]) for s in world.sectors))


def _balance_gaps(world: _World, state: _State) -> list[float]:
    """Return exports - imports + D' of each country, relative to its trade; equal to labour demand - supply."""
    trade = [max(e, m) for e, m in zip(state.exports, state.imports, strict=True)]
    gaps = []
    for n in world.countries:
        gap = state.exports[n] - state.imports[n] + state.deficit[n]
        gaps.append(gap / trade[n] if trade[n] > 0 else gap / world.value_added[n])
    return gaps


def _log_balance_gaps(world: _World, state: _State) -> list[float]:
    """Return ln(money coming in / money going out) over the border, nearly linear in log wages even far away."""
    gaps = []
    for n in world.countries:
        inward = state.exports[n] + max(state.deficit[n], 0.0)
        outward = state.imports[n] + max(-state.deficit[n], 0.0)
        gaps.append(math.log(inward / outward) if inward > 0 and outward > 0 else inward - outward)
    return gaps


def _residual(world: _World, state: _State) -> float:
    """Return the largest relative error of trade balance and labour market."""
    labour = [
        abs(state.labour_demand[n] / (state.wage[n] * world.value_added[n]) - 1)
        for n in world.countries
        if world.value_added[n] > 0
    ]
    worst = max([abs(gap) for gap in _balance_gaps(world, state)] + labour)
    return worst if math.isfinite(worst) else math.inf


def _redundant(world: _World, state: _State) -> list[int]:
    """Return one market per component that Walras' law makes redundant: the biggest trader, whose error is smallest."""
    return [max(group, key=lambda n: state.exports[n] + state.imports[n]) for group in world.components]


def _equations(world: _World, state: _State, redundant: list[int]) -> Array:
    """Return the wage equations: the trade balances, the redundant ones replaced by normalisations.

    The first component is pinned by the numeraire; any further one keeps its share of world value added.
    """
    gaps = np.array(_log_balance_gaps(world, state))
    scale = _world_scale(world, state.wage)
    for position, group in enumerate(world.components):
        base = sum(world.value_added[n] for n in group)
        now = sum(world.value_added[n] * state.wage[n] for n in group)
        normalised = _numeraire_value(world, state) if position == 0 else now / base / scale
        gaps[redundant[position]] = math.log(normalised)
    return gaps


def _normalised(world: _World, state: _State) -> list[float]:
    """Return wages scaled so that the numeraire is 1 and every further component keeps its share of value added."""
    wage = list(state.wage)
    if len(world.components) > 1:
        scale = _world_scale(world, wage)
        for group in world.components:
            base = sum(world.value_added[n] for n in group)
            now = sum(world.value_added[n] * wage[n] for n in group)
            for n in group:
                wage[n] *= scale * base / now
    level = _numeraire_value(world, state)
    return [w / level for w in wage]


def _tatonnement(world: _World, state: _State, damping: float, steps: int, enough: float) -> _State:
    """Raise wages where labour is scarce: w <- w (1 + damping (demand - supply) / supply)."""
    for _ in range(steps):
        if _residual(world, state) <= enough:
            break
        wage = []
        for n in world.countries:
            supply = state.wage[n] * world.value_added[n]
            excess = (state.labour_demand[n] - supply) / supply
            wage.append(state.wage[n] * (1 + damping * max(-0.7, min(0.7, excess))))
        state = _state(world, _normalised(world, _with_wage(state, wage)), state.price)
    return state


def _with_wage(state: _State, wage: list[float]) -> _State:
    """Return the state with other wages, everything else not yet recomputed."""
    return _State(**{**state.__dict__, "wage": wage})


def _newton_step(world: _World, state: _State) -> _State | None:
    """Return the state after one Newton step in log wages with backtracking, or None where no step helps."""
    redundant = _redundant(world, state)
    gaps = _equations(world, state, redundant)
    jacobian = np.empty((len(gaps), len(gaps)))
    step = 1e-6
    for n in world.countries:
        moved = [w * math.exp(step) if m == n else w for m, w in enumerate(state.wage)]
        jacobian[:, n] = (_equations(world, _state(world, moved, state.price), redundant) - gaps) / step
    try:
        move = np.linalg.solve(jacobian, -gaps)
    except np.linalg.LinAlgError:
        return None
    move *= min(1.0, 1.5 / float(np.max(np.abs(move), initial=1e-300)))
    for halvings in range(12):
        wage = [w * math.exp(m / 2**halvings) for w, m in zip(state.wage, move, strict=True)]
        trial = _state(world, wage, state.price)
        new = _equations(world, trial, redundant)
        if np.all(np.isfinite(new)) and np.max(np.abs(new)) < np.max(np.abs(gaps)):
            return trial
    return None


def _solve_wages(world: _World, tol: float) -> tuple[_State, float]:
    """Return the equilibrium: tatonnement into the neighbourhood, Newton for the last digits, again if need be."""
    ones = [[1.0 for _ in world.sectors] for _ in world.countries]
    state = _state(world, [1.0 for _ in world.countries], ones)
    state = _state(world, _normalised(world, state), state.price)
    for damping, steps in ((0.2, 60), (0.1, 300), (0.03, 2000)):
        state = _tatonnement(world, state, damping, steps, enough=1e-2)
        for _ in range(60):
            if _residual(world, state) <= tol and abs(_numeraire_value(world, state) - 1) <= 1e-12:
                return _checked(world, state)
            following = _newton_step(world, state)
            if following is None:
                break
            state = following
        if _residual(world, state) <= max(100 * tol, 1e-11):  # rounding: no step can lower it any more
            return _checked(world, state)
    raise NoEquilibriumError(f"no equilibrium found, residual {_residual(world, state):.1e}")


def _checked(world: _World, state: _State) -> tuple[_State, float]:
    """Return the state and its residual, refusing negative incomes or spending."""
    if min(state.income) <= 0 or min(x for row in state.spending for x in row) < 0:
        raise NoEquilibriumError("a country's income or spending is not positive")
    return state, _residual(world, state)


# ---------------------------------------------------------------- results


def _welfare_hat(world: _World, state: _State, revenue_rule: str) -> list[float]:
    """Return (11): the change of real income, without Z and, where revenue is wasted, without revenue."""
    scale = _world_scale(world, state.wage)
    kept = 0.0 if revenue_rule == "wasted" else 1.0
    welfare = []
    for d in world.countries:
        old = world.income[d] - sum(world.exogenous[d]) - (1 - kept) * world.revenue[d]
        new = state.income[d] - scale * sum(world.exogenous_new[d]) - (1 - kept) * state.revenue[d]
        welfare.append(new / old / _consumer_price(world, state, d))
    return welfare


def _outputs(world: _World, state: _State, revenue_rule: str) -> dict[str, Any]:
    """Return the arrays, in units of world value added unless the closure names another numeraire."""
    level = 1.0 if world.closure == "fixed-nominal" else _world_scale(world, state.wage)
    active = np.array(world.spending) > 0
    share, spending = np.array(state.share), np.array(state.spending) / level
    return {
        "wage_hat": np.array(state.wage) / level,
        "price_hat": np.where(active, np.array(state.price) / level, 1.0),
        "cost_hat": np.array(state.cost) / level,
        "share_new": share,
        "expenditure_new": spending,
        "income_new": np.array(state.income) / level,
        "revenue_new": np.array(state.revenue) / level,
        "deficit_new": np.array(state.deficit) / level,
        "welfare_hat": np.array(_welfare_hat(world, state, revenue_rule)),
        "flows_new": share * spending / (1 + np.array(world.tariffs_new)),
    }
