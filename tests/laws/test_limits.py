"""Laws at the edges: autarky, nested models, small and huge tariffs, symmetric worlds, zeros (I10, I13, I21, I22)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import root as scipy_root

import detente as dt
from detente.equilibrium.counterfactual import as_shock
from detente.model.clearing import clear
from detente.model.tangent import ShockRate, tangent
from detente.solve.newton import gmres
from economies import Array, Economy, symmetric_world
from laws.common import Drawn, baseline, close, economies, foreign, shocked, tight, us_tariff


def autarky_welfare(base: dt.Baseline) -> Array:
    """Return welfare without trade: (V/I) prod_s (own share)^(alpha (I - G')^-1 / theta)."""
    n, j = base.shape
    welfare = np.zeros(n)
    for d in range(n):
        own = base.share[d, d]
        price = np.linalg.solve(np.eye(j) - base.input_share[:, d].T, -np.log(own) / base.trade_elasticity)
        welfare[d] = base.value_added[d] / base.income[d] * np.exp(-base.final_share[d] @ price)
    return welfare


@given(economies(zeros=0.0, deficits=False, theta_range=(5.0, 12.0)))
def test_autarky_by_icebergs(economy: Economy) -> None:
    """I10: foreign icebergs x100 give the closed form of autarky; x1e4 as well, and are marked ILL_CONDITIONED."""
    base = baseline(economy)
    expected = autarky_welfare(base)
    for times in (100.0, 1e4):
        kappa = np.where(foreign(len(base.countries)), times, 1.0) * np.ones_like(base.flows)
        result = dt.solve(base, trade_cost_hat=kappa, closure="balanced")
        close(result.welfare_hat, expected, 1e-8)
    assert result.status == "ILL_CONDITIONED"
    assert [warn.code for warn in result.certificate.warnings] == ["ill_conditioned"]
    assert result.certificate.grade == "C"


@given(economies(zeros=0.0, deficits=False))
def test_autarky_by_embargo(economy: Economy) -> None:
    """I10: everything embargoed at the border is autarky, each country a part of its own."""
    base = baseline(economy)
    kappa = np.where(foreign(len(base.countries)), np.inf, 1.0) * np.ones_like(base.flows)
    result = dt.solve(base, trade_cost_hat=kappa, closure="balanced")
    close(result.welfare_hat, autarky_welfare(base), 1e-9)
    assert result.status == "SOLVED_WARN"
    assert [warn.code for warn in result.certificate.warnings] == ["disconnected"]


@given(shocked(io=False, tariffs=False, deficits=False, zeros=0.0))
def test_without_inputs_it_is_the_multi_sector_model(drawn: Drawn) -> None:
    """I13: without inputs and tariffs, welfare is prod_s (own share hat)^(-alpha_s / theta_s)."""
    economy, _, kappa = drawn
    base = baseline(economy)
    result = tight(base, kappa=kappa)
    own_hat = np.einsum("nns->ns", result.share_new) / np.einsum("nns->ns", base.share)
    close(result.welfare_hat, np.prod(own_hat ** (-base.final_share / base.trade_elasticity), axis=1), 1e-10)


@given(shocked(j=1))
def test_identical_sectors_are_one(drawn: Drawn) -> None:
    """I13: one sector cut into three that differ in nothing is still one."""
    economy, tariffs, kappa = drawn
    weight = np.array([0.2, 0.3, 0.5])
    parts = economy.inputs() | {
        "sectors": ("S1", "S2", "S3"),
        "flows": economy.flows * weight,
        "tariffs": np.repeat(economy.tariffs, 3, axis=2),
        "value_added_share": np.repeat(economy.value_added_share, 3, axis=1),
        "input_share": np.repeat(economy.input_share, 3, axis=2) * weight[:, None, None],
        "trade_elasticity": np.repeat(economy.trade_elasticity, 3),
    }
    one = tight(baseline(economy), tariffs, kappa)
    three = tight(dt.Baseline.from_flows(**parts), np.repeat(tariffs, 3, axis=2), np.repeat(kappa, 3, axis=2))
    close(three.welfare_hat, one.welfare_hat, 1e-10)
    close(three.price_hat, np.repeat(one.price_hat, 3, axis=1), 1e-10)


def armington(base: dt.Baseline, tariffs: Array, kappa: Array) -> tuple[Array, Array]:
    """Return wages and welfare of the one-sector Armington world, from excess labour demand alone."""
    share, theta = base.share[:, :, 0], float(base.trade_elasticity[0])
    barrier = (kappa * (1 + tariffs) / (1 + base.tariffs))[:, :, 0]
    border = 1 / (1 + tariffs[:, :, 0])

    def world(log_wage: Array) -> tuple[Array, Array, Array]:
        wage = np.exp(log_wage)
        wage *= base.value_added.sum() / (wage * base.value_added).sum()
        powers = share * (wage[:, None] * barrier) ** -theta
        new = powers / powers.sum(axis=0)
        income = (wage * base.value_added + base.deficit) / (new * border).sum(axis=0)
        demand = (new * border * income).sum(axis=1)
        welfare = income / base.income * powers.sum(axis=0) ** (1 / theta)
        return wage, demand / (wage * base.value_added) - 1, welfare

    def equations(log_wage: Array) -> Array:
        return np.asarray(np.append(world(log_wage)[1][1:], log_wage[0]))

    found = scipy_root(equations, np.zeros(len(share)), tol=1e-14)
    wage, excess, welfare = world(found.x)
    assert np.abs(excess).max() <= 1e-11
    return wage, welfare


@given(shocked(j=1, io=False))
def test_one_sector_is_armington(drawn: Drawn) -> None:
    """I13: one sector without inputs is the Armington world of excess labour demand, deficits and tariffs included."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    wage, welfare = armington(base, tariffs, kappa)
    result = tight(base, tariffs, kappa)
    close(result.wage_hat, wage, 1e-10)
    close(result.welfare_hat, welfare, 1e-10)


@given(shocked(tariffs=False, deficits=False))
def test_without_tariffs_only_icebergs(drawn: Drawn) -> None:
    """I13: with zero tariffs before and after there is no revenue: wasted or kept, income is wages."""
    economy, _, kappa = drawn
    base = baseline(economy)
    kept, wasted = tight(base, kappa=kappa), tight(base, kappa=kappa, revenue="wasted")
    assert not kept.revenue_new.any()
    close(kept.income_new, kept.wage_hat * base.value_added, 1e-12)
    np.testing.assert_array_equal(kept.welfare_hat, wasted.welfare_hat)


# ---------------------------------------------------------------- the ladder

LADDER = (1e-6, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


def slope_at_zero(base: dt.Baseline, direction: Array) -> Array:
    """Return d ln W for a small change of tariffs in a direction, from the tangent at the baseline.

    I d lnW = sum_exports F dlnc - sum_imports F dlnc + sum t F (dlnF - dlnc), all at the baseline (own).
    """
    n, j = base.shape
    econ, _ = as_shock(base, dt.Wedges(), dt.Closure()).economy()
    z = np.zeros((econ.unknowns, 1))
    at = clear(econ, z)
    push = direction / (1 + base.tariffs)
    A = (-base.trade_elasticity * base.share * push).transpose(2, 1, 0)
    B = A / (1 + base.tariffs).transpose(2, 1, 0) - (base.share * push / (1 + base.tariffs)).transpose(2, 1, 0)
    zero = np.zeros((n, j, 1))
    rate = ShockRate(np.ascontiguousarray(A), np.ascontiguousarray(B), zero, np.zeros((n, 1)), zero)
    moved = tangent(econ, z, at, z, rate).f[:, 0]
    dz, _, _ = gmres(lambda v: tangent(econ, z, at, v[:, None]).f[:, 0], -moved, rtol=1e-13, restarts=20)
    parts = tangent(econ, z, at, dz[:, None], rate)
    _, dlP, dlX = (block[..., 0] for block in econ.split(dz[:, None]))
    dlc = parts.lc[..., 0]
    abroad = base.flows * foreign(n)
    dlF = -base.trade_elasticity * (dlc[:, None] + push - dlP) + dlX - push
    volume = (base.tariffs * abroad * (dlF - dlc[:, None])).sum(axis=(0, 2))
    terms = (abroad.sum(axis=1) * dlc).sum(axis=1) - np.einsum("ods,os->d", abroad, dlc)
    return np.asarray((terms + volume) / base.income)


def assert_ladder(base: dt.Baseline, direction: Array, rungs: tuple[float, ...]) -> None:
    """Assert that every rung solves, that welfare is continuous there, and that its slope at 0 is the gradient."""
    for size in rungs:
        here, near = (tight(base, base.tariffs + times * size * direction) for times in (1.0, 1.0 + 1e-5))
        assert here.certificate.ok
        assert np.abs(np.log(near.welfare_hat / here.welfare_hat)).max() <= 1e-4 * min(size, 1.0)
    h = 1e-4
    up, down = (tight(base, base.tariffs + step * direction).welfare_hat for step in (h, -h))
    slope = slope_at_zero(base, direction)
    np.testing.assert_allclose(np.log(up / down) / (2 * h), slope, atol=1e-6 * np.abs(slope).max())


@settings(max_examples=8)
@given(economies(deficits=False))
def test_tariff_ladder(economy: Economy) -> None:
    """I21: tariffs of the first country from 0.0001 to 1000 points: solved, continuous, with the gradient at 0."""
    base = baseline(economy)
    direction = np.zeros_like(base.flows)
    direction[1:, 0] = 1
    assert_ladder(base, direction, LADDER)


def test_tariff_ladder_on_the_packaged_world(world: dt.Baseline) -> None:
    """I21: United States tariffs on all goods from 0.0001 to 1000 points."""
    assert_ladder(world, us_tariff(world, 1.0) - world.tariffs, LADDER)


# ---------------------------------------------------------------- symmetry and zeros


@pytest.mark.parametrize("times", [0.8, 1.2, 3.0])
def test_symmetric_icebergs(times: float) -> None:
    """I22: in a symmetric world symmetric icebergs move prices and no wage: a stop on wages would stop at once."""
    base = baseline(symmetric_world(home=0.7, theta=4.0, gamma=0.5))
    kappa = np.where(foreign(4), times, 1.0) * np.ones_like(base.flows)
    result = dt.solve(base, trade_cost_hat=kappa, tol=1e-12)
    np.testing.assert_allclose(result.wage_hat, 1.0, rtol=1e-12)
    price = (0.7 + 0.3 * times**-4.0) ** (-1 / 4.0 / 0.5)
    np.testing.assert_allclose(result.price_hat, price, rtol=1e-10)
    np.testing.assert_allclose(result.welfare_hat, 1 / price, rtol=1e-10)


def test_symmetric_icebergs_at_the_default_tolerance() -> None:
    """I22: the default tolerance gets prices right to 1e-9 where wages never move."""
    base = baseline(symmetric_world())
    kappa = np.where(foreign(4), 1.2, 1.0) * np.ones_like(base.flows)
    price = (0.7 + 0.3 * 1.2**-4.0) ** (-1 / 4.0 / 0.5)
    np.testing.assert_allclose(dt.solve(base, trade_cost_hat=kappa).price_hat, price, rtol=1e-9)


@given(shocked(zeros=0.3))
def test_zero_flows_stay_exactly_zero(drawn: Drawn) -> None:
    """I22: what was not traded is not traded, to the last bit."""
    economy, tariffs, kappa = drawn
    result = dt.solve(baseline(economy), tariffs, kappa)
    none = economy.flows == 0
    assert not result.flows_new[none].any()
    assert not result.share_new[none].any()
    assert (result.flows_new[~none] > 0).all()


def test_zero_flows_of_the_packaged_world(world: dt.Baseline) -> None:
    """I22 on the packaged world, and an embargo is exactly zero as well."""
    kappa = np.ones_like(world.flows)
    usa, china = world.countries.index("USA"), world.countries.index("CHN")
    kappa[china, usa] = np.inf
    result = dt.solve(world, trade_cost_hat=kappa)
    assert not result.flows_new[world.flows == 0].any()
    assert not result.flows_new[china, usa].any()
    assert (result.flows_new[(world.flows > 0) & np.isfinite(kappa)] > 0).all()
