"""All derivatives at once against central differences and against a complex step (I16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import detente as dt
from complex_model import ComplexModel
from economies import random_economy, random_tariffs

Array = np.ndarray
CLOSURES = ("world-share", "balanced", "fixed-nominal", "wasted")
OBJECTIVES = ("real-income", "coalition", "revenue", "weights", "weights of a coalition")


def closure(name: str, base: dt.Baseline) -> dt.Closure:
    """Return a closure by its short name."""
    if name == "wasted":
        return dt.Closure("world-share", "wasted")
    return dt.Closure(name, numeraire=base.countries[2] if name == "fixed-nominal" else None)


def invented(seed: int) -> tuple[dt.Baseline, Array]:
    """Return a world with inputs, deficits, tariffs and zeros, and a new schedule."""
    rng = np.random.default_rng([16, seed])
    economy = random_economy(rng, n=4, j=3, zeros=0.1)
    return dt.Baseline.from_flows(**economy.inputs()), random_tariffs(rng, economy)


def weights(base: dt.Baseline) -> Array:
    """Return weights of every industry."""
    return np.random.default_rng(5).uniform(0.5, 2.0, base.shape)


def asked(name: str, base: dt.Baseline) -> tuple[list[str], Any]:
    """Return the players and the objective by a short name."""
    alone, both = [base.countries[1]], [base.countries[1], base.countries[0]]
    return {
        "real-income": (alone, "real-income"),
        "coalition": (both, "real-income"),
        "revenue": (alone, "revenue"),
        "weights": (alone, weights(base)),
        "weights of a coalition": (both, weights(base)),
    }[name]


def payoff(result: dt.Result, players: list[str], objective: Any) -> float:
    """Return the value of an objective, written from the arrays of a result alone."""
    base = result.baseline
    members = [base.countries.index(code) for code in players]
    if isinstance(objective, str) and objective == "revenue":
        collected = result.revenue_new + result["rent_exporter"].sum(axis=(1, 2))
        return float(collected[members].sum() / base.income[members].sum())
    hat = result.welfare_hat
    if not isinstance(objective, str):
        before = base.value_added_share * base.output
        after = base.value_added_share * (result.flows_new / result["wedge"]).sum(axis=1)
        hat = hat * (objective * after).sum(1) / after.sum(1) / ((objective * before).sum(1) / before.sum(1))
    spendable = (base.income - base.final_exogenous.sum(axis=1))[members]
    return float(np.log((spendable * hat[members]).sum() / spendable.sum()))


def difference(function: Callable[[float], float], h: float = 1e-3) -> float:
    """Return the derivative at 0 by central differences, extrapolated once."""
    rough, fine = ((function(step) - function(-step)) / (2 * step) for step in (h, h / 2))
    return (4 * fine - rough) / 3


def taxed(base: dt.Baseline, taxes: dict[tuple[int, int, int], float]) -> tuple[dt.Bound, ...]:
    """Return export taxes, ln(1+e) by cell, as instruments."""
    return tuple(
        dt.Bound("fixed", ((base.countries[o], base.countries[d], base.sectors[s]),), rate=float(np.expm1(log)))
        for (o, d, s), log in taxes.items()
    )


FAST = {("real-income", "world-share"), ("coalition", "balanced"), ("revenue", "fixed-nominal"), ("weights", "wasted")}
PAIRS = [
    pytest.param(objective, rule, marks=[] if (objective, rule) in FAST else pytest.mark.slow)
    for objective in OBJECTIVES
    for rule in CLOSURES
]


@pytest.mark.parametrize(("objective", "rule"), PAIRS)
def test_gradient_is_that_of_central_differences(objective: str, rule: str) -> None:
    """Tariffs, export taxes and trade costs, some export taxes in force; relative error 1e-6 on random cells."""
    base, rates = invented(0 if objective != "revenue" else 1)
    rng = np.random.default_rng(7)
    cells = [tuple(cell) for cell in rng.permutation(np.argwhere(base.flows > 0)) if cell[0] != cell[1]][:3]
    in_force = {cells[0]: 0.2, cells[1]: -0.1}
    players, wanted = asked(objective, base)

    def solved(tariff: dict = {}, tax: dict = {}, cost: dict = {}) -> dt.Result:  # noqa: B006
        new, kappa, taxes = rates.copy(), np.ones_like(rates), dict(in_force)
        for cell, log in tariff.items():
            new[cell] = (1 + rates[cell]) * np.exp(log) - 1
        for cell, log in cost.items():
            kappa[cell] = np.exp(log)
        for cell, log in tax.items():
            taxes[cell] = taxes.get(cell, 0.0) + log
        wedges = dt.Wedges(new, kappa, taxed(base, taxes))
        law = closure(rule, base)
        return dt.solve(base, wedges=wedges, closure=law, tol=1e-13, max_iter=400, include_purge=True)

    found = dt.gradient(solved(), players, objective=wanted)
    for cell in cells:
        for kind, array in (("tariff", found.tariffs), ("tax", found.export_taxes), ("cost", found.trade_costs)):

            def value(step: float, kind: str = kind, cell: tuple = cell) -> float:
                return payoff(solved(**{kind: {cell: step}}), players, wanted)

            expected = difference(value)
            assert array[cell] == pytest.approx(expected, rel=1e-6, abs=1e-10), (kind, cell)


@pytest.mark.parametrize("rule", ["balanced", "world-share"])
def test_gradient_is_that_of_a_complex_step(rule: str) -> None:
    """The same model in complex arithmetic, solved by Newton, moved by 1e-30 i: 10 digits."""
    base, rates = invented(2)
    base = base.purged() if rule == "balanced" else base
    result = dt.solve(base, rates, closure=rule, tol=1e-14, max_iter=400)
    found = dt.gradient(result, base.countries[1]).tariffs
    model = ComplexModel(base, rates)
    scale = np.abs(found).max()
    for cell in np.random.default_rng(3).permutation(np.argwhere(base.flows > 0))[:12]:
        o, d, s = (int(i) for i in cell)
        if o != d:
            expected = model.derivative(1, (o, d, s))
            assert found[o, d, s] == pytest.approx(expected, rel=1e-9, abs=1e-10 * scale)


def test_gradient_of_cells_without_trade_is_zero() -> None:
    base, rates = invented(3)
    found = dt.gradient(dt.solve(base, rates), base.countries[0])
    assert (found.tariffs[base.flows == 0] == 0).all()
    assert (found.tariffs[np.arange(4), np.arange(4)] == 0).all()


def test_ladder_of_tariffs_has_the_slope_of_the_gradient() -> None:
    """I21: the gain from a tariff of 1e-6 is the gradient times 1e-6."""
    base, _ = invented(4)
    base = base.purged()
    none = dt.solve(base, closure="balanced", tol=1e-14, max_iter=400)
    found = dt.gradient(none, base.countries[0]).tariffs[:, 0]
    step = 1e-5
    values = []
    for sign in (1, -1):
        rates = base.tariffs.copy()
        moved = np.zeros_like(rates)
        moved[1:, 0] = np.expm1(sign * step) * (1 + rates[1:, 0])
        result = dt.solve(base, rates + moved, closure="balanced", tol=1e-14, max_iter=400)
        values.append(np.log(result.welfare_hat[0]))
    assert (values[0] - values[1]) / (2 * step) == pytest.approx(found.sum(), rel=1e-6)


@pytest.mark.parametrize("bound", ["quota", "critical"])
def test_variants_without_a_derivative_are_refused(bound: str) -> None:
    base, _ = invented(0)
    codes = base.countries[0], base.countries[1], base.sectors[0]
    wedges = dt.Wedges(bounds=(dt.Bound("quota", (codes,), volume=0.7),))
    if bound == "critical":
        users = tuple((code, base.sectors[1]) for code in base.countries)
        wedges = dt.Wedges(critical=(dt.CriticalInput(base.sectors[0], users, 0.3),))
    result = dt.solve(base, wedges=wedges)
    with pytest.raises(dt.UsageError, match=r"derivatives of bounds that may bind and of critical inputs"):
        dt.gradient(result, base.countries[0])


def test_arguments_that_cannot_be() -> None:
    base, rates = invented(0)
    result = dt.solve(base, rates)
    with pytest.raises(dt.UsageError, match="unknown player 'nobody'"):
        dt.gradient(result, "nobody")
    with pytest.raises(dt.UsageError, match="objective"):
        dt.gradient(result, base.countries[0], objective="glory")
    with pytest.raises(dt.UsageError, match=r"expected what dt\.solve returns"):
        dt.gradient(base, base.countries[0])  # type: ignore[arg-type]
