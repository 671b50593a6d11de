"""Laws of standing still and coming back: no shock, input levels, re-basing, one equilibrium (I05, I06, I12, I15)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detente as dt
from detente.equilibrium.assemble import outputs
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.root import Settings, find_root
from economies import Array, Economy, random_tariffs, random_trade_cost_hat
from laws.common import TIGHT, Drawn, baseline, close, economies, rebased, shocked, tight, us_tariff


def from_start(base: dt.Baseline, tariffs: Array | None, low: float, high: float, seed: int) -> dict[str, Array]:
    """Solve from hats of wages, prices and spending drawn between low and high, uniformly in logs."""
    shock = as_shock(base, dt.Wedges(tariffs=tariffs), dt.Closure())
    n, j = base.shape
    start = np.random.default_rng(seed).uniform(np.log(low), np.log(high), (n + 2 * n * j, 1))
    root = find_root(shock, Settings(tol=TIGHT), start=start)
    assert root.converged, f"{root.solver_status} from start {seed}, error {root.at.error[0]:.1e}"
    assert not root.fallbacks, f"start {seed} took {root.passes} passes and {root.fallbacks}"
    return outputs(shock, root.econ, root.z, root.at)


@given(economies(), st.integers(0, 1000))
def test_no_shock_from_far_away(economy: Economy, seed: int) -> None:
    """I05: without a shock, and started away from 1, every hat is 1. Started at 1 this test would see nothing."""
    base = baseline(economy)
    got = from_start(base, None, 0.7, 1.4, seed)
    for name in ("wage_hat", "welfare_hat"):
        close(got[name], 1.0, 1e-10)
    close(got["price_hat"], 1.0, 1e-10)
    close(got["flows_new"], economy.flows, 1e-10)


@pytest.mark.parametrize("seed", [0, 1])
def test_no_shock_from_far_away_on_the_packaged_world(world: dt.Baseline, seed: int) -> None:
    """I05 on the packaged world."""
    got = from_start(world, None, 0.7, 1.4, seed)
    close(got["wage_hat"], 1.0, 1e-10)
    close(got["price_hat"], 1.0, 1e-10)
    close(got["welfare_hat"], 1.0, 1e-10)
    close(got["flows_new"], world.flows, 1e-10)


@given(economies())
def test_no_shock_gives_the_levels_of_the_input(economy: Economy) -> None:
    """I06: levels equal those that went in, not the solver's own copy of them."""
    result = dt.solve(baseline(economy))
    close(result.flows_new, economy.flows, 1e-12)
    close(result.expenditure_new, economy.spending, 1e-12)
    close(result.income_new, economy.income, 1e-12)
    revenue = (economy.flows * economy.tariffs).sum(axis=(0, 2))
    np.testing.assert_allclose(result.revenue_new, revenue, atol=1e-12 * economy.income.max())
    np.testing.assert_allclose(result.deficit_new, economy.deficit, atol=1e-11 * economy.income.max())
    np.testing.assert_array_equal(result.tariffs_new, economy.tariffs)


def test_no_shock_gives_the_levels_of_the_packaged_world(world: dt.Baseline) -> None:
    """I06 on the packaged world."""
    result = dt.solve(world)
    close(result.flows_new, world.flows, 1e-12)
    assert result.certificate.grade == "A"


def shocks(economy: Economy, seed: int) -> tuple[Array, Array]:
    """Return another set of new tariffs and iceberg changes."""
    rng = np.random.default_rng([seed, 12])
    return random_tariffs(rng, economy), random_trade_cost_hat(rng, economy)


@given(shocked(), st.integers(0, 1000))
def test_two_steps_are_one(drawn: Drawn, seed: int) -> None:
    """I12: A to B, re-based, to C is A to C."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    further, more = shocks(economy, seed)
    first = tight(base, tariffs, kappa)
    second = tight(rebased(first), further, more)
    direct = tight(base, further, kappa * more)
    close(first.welfare_hat * second.welfare_hat, direct.welfare_hat, 1e-9)
    close(second.flows_new, direct.flows_new, 1e-9)


@given(shocked())
def test_there_and_back(drawn: Drawn) -> None:
    """I12: A to B and back is home."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    there = tight(base, tariffs, kappa)
    back = tight(rebased(there), economy.tariffs, 1 / kappa)
    close(there.welfare_hat * back.welfare_hat, 1.0, 1e-9)
    close(back.flows_new, economy.flows, 1e-9)


def test_two_steps_on_the_packaged_world(world: dt.Baseline) -> None:
    """I12 on the packaged world: 10 points, then on to 25 against China; and home again."""
    ten, more = us_tariff(world, 0.1), us_tariff(world, 0.25, against="CHN")
    first = tight(world, ten)
    middle = rebased(first)
    second, direct = tight(middle, more), tight(world, more)
    close(first.welfare_hat * second.welfare_hat, direct.welfare_hat, 1e-9)
    close(tight(middle, np.array(world.tariffs)).welfare_hat * first.welfare_hat, 1.0, 1e-9)


@settings(max_examples=8)
@given(shocked(deficits=True))
def test_twenty_starts_one_equilibrium(drawn: Drawn) -> None:
    """I15: from 20 starts with hats in [0.1, 10] the solver finds the same world."""
    economy, tariffs, _ = drawn
    base = baseline(economy)
    expected = tight(base, tariffs)
    for seed in range(20):
        got = from_start(base, tariffs, 0.1, 10.0, seed)
        close(got["welfare_hat"], expected.welfare_hat, 1e-9)
        close(got["price_hat"], expected.price_hat, 1e-9)


def test_twenty_starts_on_the_packaged_world(world: dt.Baseline) -> None:
    """I15 on the packaged world under 25 points more of United States tariffs on all goods."""
    rates = us_tariff(world, 0.25)
    expected = tight(world, rates)
    for seed in range(20):
        got = from_start(world, rates, 0.1, 10.0, seed)
        close(got["welfare_hat"], expected.welfare_hat, 1e-9)
