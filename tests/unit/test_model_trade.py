"""Equations (6) and (7): shares, prices and sales on O=4, D=3, S=2, where swapped axes cannot hide."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import TypeCheckError

import detente as dt
from detente.model.trade import barrier_hat, sold, sourced, spending_factor, supplied, trade_factors

O, D, S = 4, 3, 2  # noqa: E741
Array = np.ndarray


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def pi(rng: np.random.Generator) -> Array:
    raw = rng.uniform(0.1, 1, (O, D, S))
    raw[1, 2, 0] = 0.0
    return raw / raw.sum(axis=0)


@pytest.fixture
def theta() -> Array:
    return np.array([4.0, 7.5])


# ---------------------------------------------------------------- barrier_hat


def test_barrier_hat_no_change(rng: np.random.Generator) -> None:
    """Equal rates and no iceberg are ones."""
    t = rng.uniform(0, 0.3, (O, D, S))
    np.testing.assert_array_equal(barrier_hat(t, t, None), np.ones((O, D, S)))


def test_barrier_hat_multiplicative(rng: np.random.Generator) -> None:
    """Icebergs multiply; 10 % to 32 % is a factor of 1.2."""
    t, t_new = np.full((O, D, S), 0.1), np.full((O, D, S), 0.32)
    kappa = rng.uniform(0.5, 2, (O, D, S))
    np.testing.assert_allclose(barrier_hat(t, t_new, None), 1.2, rtol=1e-15)
    np.testing.assert_allclose(barrier_hat(t, t_new, kappa), 1.2 * kappa, rtol=1e-15)
    np.testing.assert_allclose(barrier_hat(t, t_new, kappa) * kappa, barrier_hat(t, t_new, kappa**2), rtol=1e-14)


# ---------------------------------------------------------------- spending_factor


def test_spending_factor_no_change(pi: Array, theta: Array) -> None:
    """A barrier of ones leaves the shares, to the last bit, in a copy."""
    A = spending_factor(pi, np.ones_like(pi), theta)
    np.testing.assert_array_equal(A, pi)
    assert A is not pi


def test_spending_factor_zero(pi: Array, theta: Array) -> None:
    """A zero share and an embargo are exactly zero; any other cell follows share times barrier to the power -theta."""
    barrier = np.full_like(pi, 1.3)
    barrier[0, 1, 1] = np.inf
    A = spending_factor(pi, barrier, theta)
    assert A[1, 2, 0] == 0.0
    assert A[0, 1, 1] == 0.0
    kept = np.isfinite(barrier) & (pi > 0)
    np.testing.assert_allclose(A[kept], (pi * 1.3**-theta)[kept], rtol=1e-14)


def test_share_elasticity(pi: Array, theta: Array) -> None:
    """At fixed costs d ln share / d ln tau = -theta (1 - share): theta, not 1/theta and not sigma - 2.

    Of flows at border value: -theta (1 - share) - 1.
    """
    h = 1e-6
    for o, d, s in ((0, 0, 0), (2, 1, 1), (3, 2, 0)):
        barrier = np.ones_like(pi)
        logs = []
        for sign in (1, -1):
            barrier[o, d, s] = np.exp(sign * h)
            A = spending_factor(pi, barrier, theta)
            share = A / A.sum(axis=0)
            logs.append(np.log([share[o, d, s], share[o, d, s] / barrier[o, d, s]]))
        of_share, of_flow = (logs[0] - logs[1]) / (2 * h)
        expected = -theta[s] * (1 - pi[o, d, s])
        assert of_share == pytest.approx(expected, rel=1e-7)
        assert of_flow == pytest.approx(expected - 1, rel=1e-7)


# ---------------------------------------------------------------- sums over origins and destinations


def test_sourced_linear(rng: np.random.Generator) -> None:
    """Linear in u; a unit vector picks out one origin."""
    factor, u = rng.random((S, D, O)), rng.random((O, S, 1))
    np.testing.assert_allclose(sourced(factor, 3 * u), 3 * sourced(factor, u), rtol=1e-14)
    unit = np.zeros((O, S, 1))
    unit[2] = 1.0
    np.testing.assert_array_equal(sourced(factor, unit)[:, :, 0], factor[:, :, 2].T)


def test_sourced_by_loops(rng: np.random.Generator) -> None:
    """Sum over origins, per destination and sector, for every scenario."""
    factor, u = rng.random((S, D, O)), rng.random((O, S, 2))
    got = sourced(factor, u)
    assert got.shape == (D, S, 2)
    for d in range(D):
        for s in range(S):
            for b in range(2):
                total = sum(factor[s, d, o] * u[o, s, b] for o in range(O))
                assert got[d, s, b] == pytest.approx(total, rel=1e-14)


def test_sold_is_adjoint_of_sourced(rng: np.random.Generator) -> None:
    """<v, sourced(u)> = <sold(v), u>."""
    factor, u, v = rng.random((S, D, O)), rng.random((O, S, 1)), rng.random((D, S, 1))
    assert sold(factor, v).shape == (O, S, 1)
    assert (v * sourced(factor, u)).sum() == pytest.approx((sold(factor, v) * u).sum(), rel=1e-14)


def test_supplied() -> None:
    """A market has a supplier while one origin is left."""
    A = np.ones((S, D, O))
    A[1, 2] = 0.0
    A[0, 0, 1:] = 0.0
    np.testing.assert_array_equal(supplied(A), [[True, True], [True, True], [True, False]])


# ---------------------------------------------------------------- trade_factors (a square world)


def test_trade_factors_layout(rng: np.random.Generator, theta: Array) -> None:
    """A and B are sector, dest, origin; the diagonal of B is kept apart; B is A at border value."""
    A, t = rng.random((3, 3, S)), rng.uniform(0, 0.5, (3, 3, S))
    t[np.arange(3), np.arange(3)] = 0
    trade = trade_factors(A, t, theta)
    for o in range(3):
        for d in range(3):
            for s in range(S):
                assert trade.A[s, d, o] == A[o, d, s]
                border = A[o, d, s] / (1 + t[o, d, s])
                assert trade.B[s, d, o] == (0.0 if o == d else border)
                if o == d:
                    assert trade.B_home[o, s, 0] == border
    assert not trade.c0.any()
    assert not trade.S0.any()


def test_trade_factors_do_not_depend_on_their_scale(rng: np.random.Generator, theta: Array) -> None:
    """Scaled at another cost vector the shares at any cost are the same, zero cells included."""
    A, t = rng.random((3, 3, S)), np.zeros((3, 3, S))
    A[0, 1, 0] = 0.0
    lc = rng.normal(0, 1, (3, S))
    plain, scaled = trade_factors(A, t, theta), trade_factors(A, t, theta, lc)
    shares = []
    for trade in (plain, scaled):
        u = np.exp(-theta[:, None] * (lc[..., None] - trade.c0))
        total = sourced(trade.A, u)
        shares.append(trade.A * u[:, :, 0].T[:, None, :] / total[:, :, 0].T[:, :, None])
        shares.append(np.log(total) + trade.S0)
    np.testing.assert_allclose(shares[2], shares[0], rtol=1e-12)
    np.testing.assert_allclose(shares[3], shares[1], rtol=1e-12)
    assert scaled.A[0, 1, 0] == 0.0


def test_shapes_are_checked(pi: Array, theta: Array, rng: np.random.Generator) -> None:
    """In the tests a swapped origin and dest fails by shape instead of passing in silence."""
    with pytest.raises(TypeCheckError):
        spending_factor(pi, np.ones_like(pi).swapaxes(0, 1), theta)
    with pytest.raises(TypeCheckError):
        sourced(rng.random((S, O, D)), rng.random((O, S, 1)))
    with pytest.raises(TypeCheckError):
        barrier_hat(pi.astype(int), pi, None)
    assert dt.__version__
