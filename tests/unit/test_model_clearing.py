"""One pass: zero at no change, homogeneous, and every quantity of a Point by plain loops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import detente as dt
from detente.equilibrium.counterfactual import as_shock
from detente.model.clearing import Point, clear, numeraire_gap, settling_step, trade_balance
from detente.model.economy import Economy as Pass
from detente.model.settle import ANSWER, local_step
from detente.model.tangent import tangent
from economies import Economy, random_economy, random_tariffs

Array = np.ndarray


def drawn(seed: int, *, deficits: bool = True) -> tuple[Economy, Pass, Array]:
    """Return an economy, its pass under new tariffs, and a point away from the root."""
    rng = np.random.default_rng([6, seed])
    economy = random_economy(rng, n=4, j=2, deficits=deficits, zeros=0.2)
    base = dt.Baseline.from_flows(**economy.inputs())
    econ, _ = as_shock(base, dt.Wedges(tariffs=random_tariffs(rng, economy)), dt.Closure()).economy()
    return economy, econ, rng.normal(0, 0.2, (econ.unknowns, 2))


def test_clear_no_change() -> None:
    """Without a shock and at hats of 1 nothing is missing anywhere."""
    for seed in range(5):
        rng = np.random.default_rng([6, seed])
        base = dt.Baseline.from_flows(**random_economy(rng, zeros=0.3).inputs())
        econ, _ = as_shock(base, dt.Wedges(), dt.Closure()).economy()
        at = clear(econ, np.zeros((econ.unknowns, 1)))
        assert np.abs(at.f).max() <= 1e-12
        assert at.error[0] <= 1e-11


def test_clear_homogeneous() -> None:
    """With balanced trade a common shift (here x1.1) of wages, prices and spending moves the numeraire row alone."""
    _, econ, z = drawn(1, deficits=False)
    n, _ = econ.shape
    moved = clear(econ, z + np.log(1.1)).f - clear(econ, z).f
    np.testing.assert_allclose(moved[:n], -np.log(1.1), rtol=1e-10)
    np.testing.assert_allclose(moved[n:], 0, atol=1e-12)


def test_clear_homogeneous_with_deficits() -> None:
    """Deficits in a country's wage keep homogeneity; deficits in world income at its base value fix the unit."""
    rng = np.random.default_rng(8)
    base = dt.Baseline.from_flows(**random_economy(rng, n=3, j=2).inputs())
    for rule, homogeneous in ((dt.Closure("fixed-nominal", numeraire=base.countries[1]), True), (dt.Closure(), False)):
        econ, _ = as_shock(base, dt.Wedges(), rule).economy()
        z = rng.normal(0, 0.1, (econ.unknowns, 1))
        moved = clear(econ, z + 0.1).f[3:] - clear(econ, z).f[3:]
        assert (np.abs(moved).max() <= 1e-12) == homogeneous


def by_loops(economy: Economy, econ: Pass, z: Array, b: int) -> dict[str, Array]:
    """Return costs, price terms, spending and sales of one scenario, cell by cell, from A and B of the pass."""
    n, j = econ.shape
    lw, lP, lX = (block[..., b] for block in econ.split(z))
    got = {name: np.zeros((n, j)) for name in ("lc", "S", "X", "Y", "M", "E", "X1")}
    got["income"] = np.zeros(n)
    tariff_paid = np.zeros(n)
    for o in range(n):
        for s in range(j):
            got["lc"][o, s] = economy.value_added_share[o, s] * lw[o] + sum(
                economy.input_share[k, o, s] * lP[o, k] for k in range(j)
            )
    theta = economy.trade_elasticity
    border = econ.trade.B.transpose(2, 1, 0).copy()
    border[np.arange(n), np.arange(n)] = econ.trade.B_home[..., 0]
    for d in range(n):
        for s in range(j):
            weight = [econ.trade.A[s, d, o] * np.exp(-theta[s] * got["lc"][o, s]) for o in range(n)]
            got["S"][d, s] = sum(weight)
            got["X"][d, s] = economy.spending[d, s] * np.exp(lX[d, s])
            for o in range(n):
                flow = border[o, d, s] * np.exp(-theta[s] * got["lc"][o, s]) * got["X"][d, s] / got["S"][d, s]
                got["Y"][o, s] += flow
                got["M"][d, s] += flow * (o != d)
                got["E"][o, s] += flow * (o != d)
                tariff_paid[d] += weight[o] / got["S"][d, s] * got["X"][d, s] - flow
    for d in range(n):
        got["income"][d] = economy.value_added[d] * np.exp(lw[d]) + tariff_paid[d] + economy.deficit[d]
        alpha = economy.final_demand[d] / economy.final_demand[d].sum()
        for k in range(j):
            use = sum(economy.input_share[k, d, s] * got["Y"][d, s] for s in range(j))
            got["X1"][d, k] = use + alpha[k] * got["income"][d]
    return got


@pytest.mark.parametrize("seed", range(4))
def test_a_point_by_loops(seed: int) -> None:
    """Every quantity of a point of two scenarios equals the loops; so does the residual."""
    economy, econ, z = drawn(seed)
    at: Point = clear(econ, z)
    n, j = econ.shape
    for b in range(2):
        expected = by_loops(economy, econ, z, b)
        for name, values in expected.items():
            np.testing.assert_allclose(getattr(at, name)[..., b], values, rtol=1e-11, atol=1e-9, err_msg=name)
        _, lP, lX = (block[..., b] for block in econ.split(z))
        active = economy.spending > 0
        f_P = (-np.log(expected["S"]) / economy.trade_elasticity - lP)[active]
        f_X = np.log(expected["X1"][active] / expected["X"][active])
        np.testing.assert_allclose(at.f[n : n + n * j, b].reshape(n, j)[active], f_P, atol=1e-11)
        np.testing.assert_allclose(at.f[n + n * j :, b].reshape(n, j)[active], f_X, atol=1e-11)
        assert lX.shape == (n, j)


def test_scenarios_do_not_see_each_other() -> None:
    """A batch of points is each point by itself."""
    _, econ, z = drawn(2)
    both = clear(econ, z)
    for b in range(2):
        np.testing.assert_allclose(clear(econ, z[:, b : b + 1]).f[:, 0], both.f[:, b], rtol=1e-13, atol=1e-14)


def balance_inputs(seed: int = 0) -> tuple[Array, Array, Array, Array, Array]:
    """Return theta, E, M, home, D of four countries and two sectors."""
    rng = np.random.default_rng(seed)
    return (
        np.array([[3.0], [8.0]]), rng.random((4, 2, 1)), rng.random((4, 2, 1)), rng.random((4, 2, 1)),
        rng.normal(0, 0.1, (4, 1)),
    )  # fmt: skip


def test_trade_balance_balanced() -> None:
    """Earned = owed gives 0."""
    theta, E, M, home, _ = balance_inputs()
    D = (M - E).sum(axis=1)
    np.testing.assert_allclose(trade_balance(theta, E, M, home, D).gap, 0, atol=1e-14)


def test_trade_balance_slope_positive() -> None:
    """The slope is positive, also for a country that does not trade, whose gap is 0."""
    theta, E, M, home, D = balance_inputs()
    E[2], M[2], D[2] = 0.0, 0.0, 0.0
    balance = trade_balance(theta, E, M, home, D)
    assert (balance.slope > 0).all()
    assert balance.gap[2, 0] == 0.0


def test_trade_balance_homogeneous() -> None:
    """Degree 0 in money."""
    theta, E, M, home, D = balance_inputs()
    one, other = trade_balance(theta, E, M, home, D), trade_balance(theta, 7 * E, 7 * M, 7 * home, 7 * D)
    np.testing.assert_allclose(other.gap, one.gap, atol=1e-14)
    np.testing.assert_allclose(other.slope, one.slope, rtol=1e-14)


def test_numeraire_gap_is_part_by_part() -> None:
    """Value added 10 % up in one part of the world is seen there and nowhere else."""
    economy = random_economy(np.random.default_rng(3), n=4, j=1)
    base = dt.Baseline.from_flows(**economy.inputs())
    econ, _ = as_shock(base, dt.Wedges(), dt.Closure()).economy()
    members = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    parts = replace(econ, members=members)
    wL = econ.wL * np.array([[1.1], [1.1], [1.0], [1.0]])
    np.testing.assert_allclose(numeraire_gap(parts, wL)[:, 0], np.log([1.1, 1.1, 1.0, 1.0]), atol=1e-14)


def test_settling_step_zero() -> None:
    """Where nothing is missing the step is nil."""
    base = dt.Baseline.from_flows(**random_economy(np.random.default_rng(5)).inputs())
    econ, _ = as_shock(base, dt.Wedges(), dt.Closure()).economy()
    at = clear(econ, np.zeros((econ.unknowns, 1)))
    assert np.abs(settling_step(econ, at)).max() <= 1e-11


def test_local_step_is_the_inverse_of_what_a_country_does_to_itself() -> None:
    """Composed with the analytic derivatives of a country's gaps in its own unknowns it is minus the identity."""
    for seed in range(6):
        economy = random_economy(np.random.default_rng([7, seed]), n=4, j=3, zeros=0.2, io=seed > 0)
        base = dt.Baseline.from_flows(**economy.inputs())
        econ, _ = as_shock(base, dt.Wedges(), dt.Closure()).economy()
        z = np.zeros((econ.unknowns, 1))
        at, (n, j) = clear(econ, z), econ.shape
        local = local_step(econ, at)
        np.testing.assert_array_equal(local, econ.local)
        for d in range(n):
            own = np.r_[d, n + d * j + np.arange(j), n + n * j + d * j + np.arange(j)]
            columns = [tangent(econ, z, at, np.eye(econ.unknowns)[:, [k]]).f[own, 0] for k in own]
            J = np.array(columns).T
            J[0, 0] += base.value_added[d] / base.value_added.sum()  # the numeraire is held
            J[0, 0] *= ANSWER
            money = np.r_[np.ones(1 + j), econ.X[d, :, 0] + econ.idle[d, :, 0]]
            L = local[d] * money / money[:, None]
            np.testing.assert_allclose(L @ J, -np.eye(1 + 2 * j), atol=1e-12)


def test_settling_step_is_homogeneous() -> None:
    """With balanced trade, a point that is off by its unit alone is put right by one step."""
    base = dt.Baseline.from_flows(**random_economy(np.random.default_rng(5), deficits=False).inputs())
    econ, _ = as_shock(base, dt.Wedges(), dt.Closure()).economy()
    z = np.full((econ.unknowns, 1), 0.1)
    np.testing.assert_allclose(settling_step(econ, clear(econ, z)), -0.1, rtol=1e-10)


def test_markets_and_countries_that_do_not_move_are_left() -> None:
    """The step of a market without spending, and of the wage of a country that trades with nobody, is the residual."""
    economy = random_economy(np.random.default_rng(2), n=3, j=2, io=False, deficits=False)
    flows = economy.flows.copy()
    flows[0, 1:], flows[1:, 0] = 0.0, 0.0
    flows[:, 1, 1] = 0.0
    base = dt.Baseline.from_flows(**replace(economy, flows=flows).inputs())
    local = as_shock(base, dt.Wedges(), dt.Closure()).economy()[0].local
    np.testing.assert_array_equal(local[0, 0], np.eye(5)[0])
    np.testing.assert_array_equal(local[1, [2, 4]], np.eye(5)[[2, 4]])
