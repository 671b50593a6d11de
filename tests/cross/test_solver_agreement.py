"""I14: two solvers, two programs, one by one and in a batch: the same world."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.equilibrium.assemble import outputs
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.root import Settings, find_root, second_opinion
from detente.equilibrium.shock import Shock
from detente.model.clearing import clear, settling_step
from detente.solve.anderson import anderson
from economies import Array, Economy, random_economy, random_tariffs, random_trade_cost_hat
from reference import reference_solve

NAMES = (
    "welfare_hat", "wage_hat", "price_hat", "share_new", "expenditure_new", "flows_new", "income_new", "revenue_new",
)  # fmt: skip


def drawn(seed: int, **options: Any) -> tuple[Economy, dt.Baseline, Array, Array]:
    """Return an economy, its baseline, new tariffs and iceberg changes."""
    rng = np.random.default_rng([14, seed])
    economy = random_economy(rng, **({"n": (2, 5), "j": (1, 3), "zeros": (0.0, 0.4)} | options))
    base = dt.Baseline.from_flows(**economy.inputs())
    return economy, base, random_tariffs(rng, economy), random_trade_cost_hat(rng, economy)


def shocked(base: dt.Baseline, tariffs: Array, kappa: Array | None = None) -> Shock:
    return as_shock(base, dt.Wedges(tariffs, kappa), dt.Closure())


def assert_same(got: Any, expected: Any, tolerance: float) -> None:
    """Assert every output, cells relative to themselves or, where tiny, to the largest."""
    for name in NAMES:
        one, other = np.asarray(got[name]), np.asarray(expected[name])
        scale = np.abs(other).max() if other.size else 1.0
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * 1e-3 * scale, err_msg=name)


@pytest.mark.parametrize("closure", ["world-share", "balanced"])
@pytest.mark.parametrize("seed", range(6))
def test_fast_equals_reference(seed: int, closure: str) -> None:
    """The solver against the paper in plain loops, every output, to 1e-10."""
    economy, base, tariffs, kappa = drawn(seed)
    arrays = (economy.flows, economy.tariffs, economy.value_added_share, economy.input_share, economy.trade_elasticity)
    expected = reference_solve(*arrays, tariffs, kappa, closure=closure)
    got = dt.solve(base, tariffs, kappa, closure=closure, include_purge=True, tol=1e-13)
    assert_same(got, expected, 1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_fast_equals_reference_with_wasted_revenue(seed: int) -> None:
    """Wasted revenue: the same prices and flows, other welfare, as in the reference."""
    economy, base, tariffs, _ = drawn(seed, n=3, j=2)
    arrays = (economy.flows, economy.tariffs, economy.value_added_share, economy.input_share, economy.trade_elasticity)
    expected = reference_solve(*arrays, tariffs, revenue="wasted")
    got = dt.solve(base, tariffs, revenue="wasted", tol=1e-13)
    assert_same(got, expected, 1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_fast_equals_reference_with_exogenous_demand(seed: int) -> None:
    """Final demand outside the budget shares, moved by the shock as well."""
    economy, base, tariffs, _ = drawn(seed, n=3, j=3, zeros=0.0)
    rng = np.random.default_rng(seed)
    moved = 0.1 * base.final_demand * (rng.random(base.shape) < 0.5)
    arrays = (economy.flows, economy.tariffs, economy.value_added_share, economy.input_share, economy.trade_elasticity)
    expected = reference_solve(*arrays, tariffs, final_exogenous_new=moved)
    got = dt.solve(base, wedges=dt.Wedges(tariffs, final_exogenous=moved), tol=1e-13)
    assert_same(got, expected, 1e-10)


def test_fast_equals_reference_under_embargo() -> None:
    """An infinite iceberg, one way."""
    economy, base, tariffs, kappa = drawn(3, n=4, zeros=0.0)
    kappa = np.array(kappa)
    kappa[0, 1] = np.inf
    arrays = (economy.flows, economy.tariffs, economy.value_added_share, economy.input_share, economy.trade_elasticity)
    assert_same(dt.solve(base, tariffs, kappa, tol=1e-13), reference_solve(*arrays, tariffs, kappa), 1e-10)


def by_newton(shock: Shock, start: Array) -> dict[str, Array]:
    """Solve by Newton-GMRES alone."""
    econ, _ = shock.economy()
    found = second_opinion(econ, start, Settings(tol=1e-11))
    assert found.converged, found.status
    return outputs(shock, econ, found.value, clear(econ, found.value))


@pytest.mark.parametrize("seed", range(12))
def test_anderson_equals_newton(seed: int) -> None:
    """From the baseline, two methods that share no step."""
    _, base, tariffs, kappa = drawn(seed, n=(2, 8), j=(1, 6))
    got = dt.solve(base, tariffs, kappa, tol=1e-11)
    assert not got.certificate.fallbacks
    shock = shocked(base, tariffs, kappa)
    assert_same(by_newton(shock, np.zeros(shock.economy()[0].unknowns)), got, 1e-8)


def test_anderson_equals_newton_on_the_packaged_world(world: dt.Baseline) -> None:
    """25 points more on everything the United States buy from China."""
    rates = np.array(world.tariffs)
    rates[world.countries.index("CHN"), world.countries.index("USA"), :-1] += 0.25
    shock = shocked(world, rates)
    got = by_newton(shock, np.zeros(shock.economy()[0].unknowns))
    np.testing.assert_allclose(got["welfare_hat"], dt.solve(world, rates, tol=1e-12).welfare_hat, rtol=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_batch_equals_one_by_one(seed: int) -> None:
    """Six starts in one batch, near and far, end where each ends alone."""
    _, base, tariffs, kappa = drawn(seed, n=(2, 6), j=(1, 4))
    shock = shocked(base, tariffs, kappa)
    econ, _ = shock.economy()
    start = np.random.default_rng(seed).normal(0, 1, (econ.unknowns, 6)) * np.array([0.0, 1e-6, 0.01, 0.1, 0.2, 0.3])

    def residual(z: Array) -> tuple[Array, Array]:
        at = clear(econ, z)
        return settling_step(econ, at), at.error

    batch = anderson(residual, start, tol=1e-13, max_iter=200)
    assert batch.converged, batch.status
    for b in range(6):
        alone = anderson(residual, start[:, b : b + 1], tol=1e-13, max_iter=200)
        got, expected = (outputs(shock, econ, z, clear(econ, z)) for z in (batch.value[:, b : b + 1], alone.value))
        np.testing.assert_allclose(got["welfare_hat"], expected["welfare_hat"], rtol=1e-12)
        np.testing.assert_allclose(got["price_hat"], expected["price_hat"], rtol=1e-12)


def test_the_full_certificate_looks_further() -> None:
    """20 other starts in a batch and a second solver: the same equilibrium, a condition number, an honest claim."""
    _, base, tariffs, kappa = drawn(1, n=4, j=2)
    cert = dt.solve(base, tariffs, kappa, certify="full").certificate
    assert cert.status == "CERTIFIED"
    assert cert.grade == "A"
    assert cert.uniqueness["starts"] == 20
    assert cert.uniqueness["distinct"] == 1
    assert "no second equilibrium found" in cert.uniqueness["claim"]
    assert 1 <= cert.conditioning["cond"] < 1e8


def test_a_looser_tolerance_is_less_work_and_less_exact() -> None:
    """Fewer passes; the answer within the tolerance of the tight one; the certificate tells digits."""
    _, base, tariffs, _ = drawn(2, n=4, j=3)
    shock = shocked(base, tariffs)
    passes = [find_root(shock, Settings(tol=tol)).passes for tol in (1e-4, 1e-8, 1e-12)]
    assert passes == sorted(passes)
    assert passes[0] < passes[2]
    loose, tight = dt.solve(base, tariffs, tol=1e-10), dt.solve(base, tariffs, tol=1e-13)
    np.testing.assert_allclose(loose.welfare_hat, tight.welfare_hat, rtol=1e-8)
    assert loose.certificate.conditioning["digits"] <= tight.certificate.conditioning["digits"]
