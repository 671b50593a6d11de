"""Equations (6) and (7): shares, prices and sales on O=4, D=3, S=2, where swapped axes cannot hide."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from detente.model.trade import Trade, barrier_hat, rescaled, sold, sourced, spending_factor, supplied, trade_factors

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


def everywhere(theta: Array) -> Array:
    """Return the elasticity of every cell."""
    return np.broadcast_to(theta, (O, D, S)).copy()


# ---------------------------------------------------------------- barrier_hat


def test_barrier_hat_no_change(rng: np.random.Generator) -> None:
    """Equal rates and no iceberg are ones."""
    t = rng.uniform(0, 0.3, (O, D, S))
    np.testing.assert_allclose(barrier_hat(t, t, np.ones_like(t)), 1.0, rtol=1e-15)


def test_barrier_hat_multiplicative(rng: np.random.Generator) -> None:
    """Icebergs multiply; 10 % to 32 % is a factor of 1.2."""
    t, t_new = np.full((O, D, S), 0.1), np.full((O, D, S), 0.32)
    kappa = rng.uniform(0.5, 2, (O, D, S))
    np.testing.assert_allclose(barrier_hat(t, t_new, np.ones_like(t)), 1.2, rtol=1e-15)
    np.testing.assert_allclose(barrier_hat(t, t_new, kappa), 1.2 * kappa, rtol=1e-15)
    np.testing.assert_allclose(barrier_hat(t, t_new, kappa) * kappa, barrier_hat(t, t_new, kappa**2), rtol=1e-14)


# ---------------------------------------------------------------- spending_factor


def test_spending_factor_no_change(pi: Array, theta: Array) -> None:
    """A barrier of ones leaves the shares, to the last bit."""
    np.testing.assert_array_equal(spending_factor(pi, np.ones_like(pi), everywhere(theta)), pi)


def test_spending_factor_zero(pi: Array, theta: Array) -> None:
    """A zero share and an embargo are exactly zero; any other cell follows share times barrier to the power -theta."""
    barrier = np.full_like(pi, 1.3)
    barrier[0, 1, 1] = np.inf
    A = spending_factor(pi, barrier, everywhere(theta))
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
            A = spending_factor(pi, barrier, everywhere(theta))
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


@pytest.fixture
def shock(rng: np.random.Generator) -> dict[str, Array]:
    """Return shares of three countries, base and new rates on some cells, icebergs with an embargo."""
    pi, t = rng.random((3, 3, S)), rng.uniform(0, 0.5, (3, 3, S))
    pi[0, 1, 0] = 0.0
    t[np.arange(3), np.arange(3)] = 0
    t_new, kappa = t.copy(), np.ones_like(t)
    t_new[0, 2] += 0.3
    kappa[1, 0], kappa[2, 1, 1], kappa[1, 1] = 1.5, np.inf, 0.9
    return {"pi": pi / pi.sum(axis=0), "t": t, "t_new": t_new, "kappa": kappa}


def factors(shock: dict[str, Array], theta: Array, *, icebergs: bool = True) -> Trade:
    """Return the factors of a shock, its shares laid out sector, dest, origin."""
    rows = shock["pi"].transpose(2, 1, 0).copy()
    border = (shock["pi"] / (1 + shock["t"])).transpose(2, 1, 0).copy()
    kept = rows.copy()
    with np.errstate(divide="ignore"):
        trade = trade_factors(rows, border, shock["t"], shock["t_new"], shock["kappa"] if icebergs else None, theta)
    np.testing.assert_array_equal(rows, kept)
    return trade


@pytest.mark.parametrize("icebergs", [True, False])
def test_trade_factors_by_loops(shock: dict[str, Array], theta: Array, icebergs: bool) -> None:
    """A and B are sector, dest, origin; the diagonal of B is kept apart; B is A at border value."""
    trade = factors(shock, theta, icebergs=icebergs)
    for o in range(3):
        for d in range(3):
            for s in range(S):
                t, t_new = shock["t"][o, d, s], shock["t_new"][o, d, s]
                kappa = shock["kappa"][o, d, s] if icebergs else 1.0
                A = shock["pi"][o, d, s] * (kappa * (1 + t_new) / (1 + t)) ** -theta[s]
                assert trade.A[s, d, o] == pytest.approx(A, rel=1e-13, abs=0)
                assert trade.B[s, d, o] == (0.0 if o == d else pytest.approx(A / (1 + t_new), rel=1e-13, abs=0))
                if o == d:
                    assert trade.B_home[o, s, 0] == pytest.approx(A, rel=1e-13)
    assert not trade.c0.any()
    assert not trade.S0.any()


def test_trade_factors_no_change(shock: dict[str, Array], theta: Array) -> None:
    """Without a shock A is the shares, to the last bit."""
    same = shock | {"t_new": shock["t"].copy(), "kappa": np.ones_like(shock["t"])}
    np.testing.assert_array_equal(factors(same, theta).A, shock["pi"].transpose(2, 1, 0))


def test_results_do_not_depend_on_the_scale_of_the_factors(
    shock: dict[str, Array], theta: Array, rng: np.random.Generator
) -> None:
    """Scaled at another cost vector, shares, price terms and sales at any cost are the same; zeros stay zero."""
    lc, at = rng.normal(0, 1, (3, S)), rng.normal(0, 1, (3, S))
    plain = factors(shock, theta)
    scaled = rescaled(plain, theta, at)
    found = []
    for trade in (plain, scaled):
        u = np.exp(-theta[:, None] * (lc[..., None] - trade.c0))
        total = sourced(trade.A, u)
        share = trade.A * u[..., 0].T[:, None, :] / total[..., 0].T[:, :, None]
        imports = sourced(trade.B, u) / total
        found.append((share, np.log(total) + trade.S0, imports, trade.B_home * u / total, sold(trade.B, 1 / total) * u))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-12)
    assert scaled.A[0, 1, 0] == 0.0
    assert scaled.A[1, 1, 2] == 0.0


def test_scaling_keeps_factors_in_range(shock: dict[str, Array]) -> None:
    """At theta 60 and costs moved by exp(20) the scaled factors are finite, with one origin of weight 1 everywhere."""
    steep = np.array([60.0, 55.0])
    at = np.array([[20.0, -20.0], [-20.0, 20.0], [0.0, 5.0]])
    scaled = rescaled(factors(shock, steep), steep, at)
    np.testing.assert_allclose(scaled.A.max(axis=2), 1.0, rtol=1e-9)
    assert np.isfinite(scaled.S0).all()


def test_shapes_are_checked(shock: dict[str, Array], theta: Array, rng: np.random.Generator) -> None:
    """In the tests a swapped axis and a wrong type fail by shape instead of passing in silence."""
    with pytest.raises(TypeCheckError):
        sourced(rng.random((S, O, D)), rng.random((O, S, 1)))
    with pytest.raises(TypeCheckError):
        sold(rng.random((S, D, O)), rng.random((S, D, 1)))
    with pytest.raises(TypeCheckError):
        factors(shock, np.append(theta, 3.0))
    with pytest.raises(TypeCheckError):
        barrier_hat(np.zeros(3, dtype=int), np.zeros(3), np.ones(3))
