"""Strategy under other market structures: derivatives, the model in other arithmetic, optima that nothing beats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from two_countries import two_countries

import detente as dt
from complex_markets import ComplexMarkets, Parameters
from economies import random_economy, random_tariffs

Array = np.ndarray
NU = np.array([0.1, 0.2, 0.3, 0.05])
KINDS = ("perfect", "krugman-fixed", "krugman-free", "lump-sum", "income-tax-relief")


def case(kind: str) -> tuple[dt.Baseline, Array, dict[str, Any], Parameters]:
    """Return a world, new tariffs, the arguments of a solve, and the same for the complex model."""
    elastic = kind in ("lump-sum", "income-tax-relief")
    rng = np.random.default_rng([9, 1 if elastic else 3])
    economy = random_economy(rng, n=4, j=1 if elastic else 3, io=not elastic, zeros=0.0, theta_range=(2, 8))
    base, rates = dt.Baseline.from_flows(**economy.inputs()), random_tariffs(rng, economy)
    theta, none, j = base.trade_elasticity, np.zeros(4), len(base.sectors)
    plain = Parameters(np.zeros(j), np.zeros(j), none, none + 1)
    if kind == "perfect":
        return base, rates, {}, plain
    if kind == "krugman-fixed":
        return base, rates, {"market": kind}, Parameters(1 / (theta + 1), plain.power, none, none + 1)
    if kind == "krugman-free":
        market = dt.Market(kind, scale_elasticity=0.4 / theta)
        return base, rates, {"market": market}, Parameters(plain.m, np.full(j, 0.4), none, none + 1)
    phi = 1 + NU / (1 - NU) * (1 + 0.67 / theta[0])
    rules = {"market": dt.Market("melitz-pareto", fixed_cost_share=NU), "revenue": kind}
    return base, rates, rules, Parameters(plain.m, np.full(j, 0.67), NU, phi, 0.5, True, kind != "lump-sum")


@pytest.mark.parametrize("kind", KINDS)
def test_levels_in_complex_arithmetic(kind: str) -> None:
    """Newton on the equations in levels finds the same welfare (I14)."""
    base, rates, rules, parameters = case(kind)
    result = dt.solve(base, rates, tol=1e-13, **rules)
    np.testing.assert_allclose(ComplexMarkets(base, rates, parameters).welfare(), result.welfare_hat, rtol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_is_that_of_a_complex_step(kind: str) -> None:
    """Every country's derivative in random cells, relative error 1e-9 (I16)."""
    base, rates, rules, parameters = case(kind)
    result, model = dt.solve(base, rates, tol=1e-13, **rules), ComplexMarkets(base, rates, parameters)
    cells = [tuple(cell) for cell in np.random.default_rng(3).permutation(np.argwhere(base.flows > 0))]
    cells = [cell for cell in cells if cell[0] != cell[1]][:4]
    for at, code in enumerate(base.countries):
        found = dt.gradient(result, code).tariffs
        for cell in cells:
            assert found[cell] == pytest.approx(model.derivative(at, cell), rel=1e-9, abs=1e-12)


def payoff(result: dt.Result, at: int, objective: Any) -> float:
    """Return the value of an objective from the arrays of a result alone."""
    base = result.baseline
    if isinstance(objective, str):
        value = result.revenue_new[at] / base.income[at] if objective == "revenue" else np.log(result.welfare_hat[at])
        return float(value)
    m = np.zeros(len(base.sectors)) if base.profit_share is None else base.profit_share

    def weighted(flows: Array, income: float) -> float:
        sold = flows.sum(axis=1)[at]
        labour = base.value_added_share[at] * (1 - m) * sold
        earned = labour + m * sold
        incomes = earned + labour / labour.sum() * (income - earned.sum())
        return float((objective[at] * incomes).sum())

    price = (base.final_share[at] * np.log(result.price_hat[at])).sum()
    after, before = weighted(result.flows_new, result.income_new[at]), weighted(base.flows, base.income[at])
    return float(np.log(after / before) - price)


ASKED = [
    (kind, objective)
    for kind in KINDS[1:]
    for objective in ("real-income", "revenue", "weights")
    if objective != "weights" or kind.startswith("krugman")  # one sector cannot be favoured
]


@pytest.mark.parametrize(("kind", "objective"), ASKED)
def test_gradient_is_that_of_central_differences(kind: str, objective: str) -> None:
    """Tariffs and trade costs, with lobbying weights on profits and wages of industries; 1e-6."""
    base, rates, rules, _ = case(kind)
    wanted = np.random.default_rng(5).uniform(0.5, 2.0, base.shape) if objective == "weights" else objective
    result = dt.solve(base, rates, tol=1e-13, **rules)
    found, at = dt.gradient(result, base.countries[1], objective=wanted), 1
    cell = next(tuple(c) for c in np.random.default_rng(4).permutation(np.argwhere(base.flows > 0)) if c[0] != c[1])
    for name, got in (("tariffs", found.tariffs[cell]), ("costs", found.trade_costs[cell])):

        def value(step: float, name: str = name) -> float:
            new, kappa = rates.copy(), np.ones_like(rates)
            if name == "tariffs":
                new[cell] = (1 + rates[cell]) * np.exp(step) - 1
            else:
                kappa[cell] = np.exp(step)
            return payoff(dt.solve(base, new, kappa, tol=1e-13, max_iter=400, **rules), at, wanted)

        rough, fine = ((value(h) - value(-h)) / (2 * h) for h in (1e-3, 5e-4))
        assert got == pytest.approx((4 * fine - rough) / 3, rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("market", ["krugman-fixed", "krugman-free"])
def test_one_sector_optimum_is_that_of_perfect_competition(market: str) -> None:
    """One sector without inputs: the same model, so the same best tariff."""
    base = two_countries(4.0, 1.2)
    plain = dt.optimal_tariffs(base, "A", sectors="all")
    other = dt.optimal_tariffs(base, "A", sectors="all", market=market)
    np.testing.assert_allclose(other.tariffs, plain.tariffs, atol=1e-6)
    assert other.gain_pct == pytest.approx(plain.gain_pct, abs=1e-9)


def test_nobody_deviates_in_a_war_of_profits() -> None:
    """Nash tariffs with fixed firms: no unilateral gain; the result names its structure."""
    economy = random_economy(np.random.default_rng(2), n=3, j=2, io=False, zeros=0.0, theta_range=(2, 6))
    base = dt.Baseline.from_flows(**economy.inputs())
    war = dt.nash(base, list(base.countries), sectors="all", bounds=(None, None), market="krugman-fixed")
    assert war.max_gain_pp <= 1e-6
    assert war.result.market.kind == "krugman-fixed"
    assert war.result.certificate.ok


def test_export_taxes_are_refused() -> None:
    """An export tax is a wedge between producer and border, which other structures do not have."""
    with pytest.raises(dt.UsageError, match="tariffs and trade costs alone"):
        dt.optimal_tariffs(two_countries(4.0, 1.2), "A", instrument="export-tax", market="krugman-fixed")
