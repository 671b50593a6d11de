"""Equations (5), (9) and (11): what producing costs, what is spent, real income, on four countries and two sectors."""

from __future__ import annotations

import numpy as np
import pytest

from detente.model.technology import input_use, log_cost, spending
from detente.model.welfare import welfare_hat

N, J = 4, 2
Array = np.ndarray


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(2)


@pytest.fixture
def technology(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return (gamma, g) in the layout of a pass; they add to 1 over inputs."""
    gamma = rng.uniform(0.2, 0.9, (N, J, 1))
    mix = rng.dirichlet(np.ones(J), size=(N, J)).transpose(0, 2, 1)
    return gamma, mix * (1 - gamma)[:, None, :, 0]


def test_log_cost_by_loops(technology: tuple[Array, Array], rng: np.random.Generator) -> None:
    """ln c_os = gamma_os ln w_o + sum_k g_kos ln P_ok, input k first, then sector s."""
    gamma, g = technology
    lw, lP = rng.normal(size=(N, 1)), rng.normal(size=(N, J, 1))
    got = log_cost(gamma, g, lw, lP)
    for o in range(N):
        for s in range(J):
            expected = gamma[o, s, 0] * lw[o, 0] + sum(g[o, k, s] * lP[o, k, 0] for k in range(J))
            assert got[o, s, 0] == pytest.approx(expected, rel=1e-13)


def test_log_cost_no_change(technology: tuple[Array, Array]) -> None:
    """Unchanged wages and prices leave costs."""
    assert not log_cost(*technology, np.zeros((N, 1)), np.zeros((N, J, 1))).any()


def test_log_cost_homogeneous(technology: tuple[Array, Array], rng: np.random.Generator) -> None:
    """A common shift of wages and prices shifts costs by as much: degree 1, here x1.1."""
    lw, lP = rng.normal(size=(N, 3)), rng.normal(size=(N, J, 3))
    shift = np.log(1.1)
    moved = log_cost(*technology, lw + shift, lP + shift) - log_cost(*technology, lw, lP)
    np.testing.assert_allclose(moved, shift, rtol=1e-12)


def test_input_use_is_adjoint_of_log_cost(technology: tuple[Array, Array], rng: np.random.Generator) -> None:
    """<lP, input_use(Y)> = <Y, input part of log_cost(lP)>: g is not transposed in one of them."""
    _, g = technology
    lP, Y = rng.normal(size=(N, J, 1)), rng.random((N, J, 1))
    part = log_cost(np.zeros((N, J, 1)), g, np.zeros((N, 1)), lP)
    assert (lP * input_use(g, Y)).sum() == pytest.approx((Y * part).sum(), rel=1e-12)


def test_input_use_adds_up(technology: tuple[Array, Array], rng: np.random.Generator) -> None:
    """Over inputs it adds up to sales minus value added."""
    gamma, g = technology
    Y = rng.random((N, J, 1))
    np.testing.assert_allclose(input_use(g, Y).sum(axis=1), ((1 - gamma) * Y).sum(axis=1), rtol=1e-13)


def test_spending_adds_up(rng: np.random.Generator) -> None:
    """Over sectors it adds up to input use plus income, whatever the demand outside the budget shares."""
    use, Z = rng.random((N, J, 2)), rng.normal(size=(N, J, 1))
    alpha = rng.dirichlet(np.ones(J), size=N)[:, :, None]
    income = 5 + rng.random((N, 2))
    got = spending(use, alpha, income, Z)
    np.testing.assert_allclose(got.sum(axis=1), use.sum(axis=1) + income, rtol=1e-13)


def test_welfare_hat_no_change(rng: np.random.Generator) -> None:
    """Unchanged prices and income leave welfare, exactly."""
    alpha, income = rng.dirichlet(np.ones(J), size=N), rng.random(N)
    np.testing.assert_array_equal(welfare_hat(alpha, np.ones((N, J)), income, income), 1.0)


def test_welfare_hat_homogeneous(rng: np.random.Generator) -> None:
    """Money and prices together do not matter; income alone counts in full; each price with its own budget share."""
    alpha, income, P = rng.dirichlet(np.ones(J), size=N), rng.random(N), np.exp(rng.normal(0, 0.1, (N, J)))
    one = welfare_hat(alpha, P, income, 1.2 * income)
    np.testing.assert_allclose(welfare_hat(alpha, 3 * P, income, 3.6 * income), one, rtol=1e-13)
    np.testing.assert_allclose(one, 1.2 / np.prod(P**alpha, axis=1), rtol=1e-13)
