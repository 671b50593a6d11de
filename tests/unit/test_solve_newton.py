"""Newton-GMRES on small problems: linear systems, quadratic convergence, backtracking, and how it ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detente.solve.newton import gmres, newton
from detente.solve.solution import CONVERGED, MAX_ITER, NONFINITE, SINGULAR, STALLED

Array = np.ndarray


def system(n: int, seed: int = 0) -> tuple[Array, Array]:
    """Return a well-conditioned nonsymmetric matrix and a right-hand side."""
    rng = np.random.default_rng(seed)
    return np.eye(n) + 0.5 * rng.normal(size=(n, n)) / np.sqrt(n), rng.normal(size=n)


@pytest.mark.parametrize("n", [1, 5, 60, 150])
def test_gmres_solves_linear_systems(n: int) -> None:
    """Also where the system is larger than the Krylov space and it has to restart."""
    A, b = system(n)
    x, used, hessenberg = gmres(lambda v: A @ v, b, rtol=1e-12)
    assert np.linalg.norm(A @ x - b) <= 1e-11 * np.linalg.norm(b)
    assert used >= 1
    assert hessenberg.shape[0] == hessenberg.shape[1] + 1


def test_gmres_stops_at_its_tolerance() -> None:
    """A loose tolerance takes fewer products."""
    A, b = system(60)
    loose, tight = (gmres(lambda v: A @ v, b, rtol=rtol) for rtol in (1e-2, 1e-12))
    assert loose[1] < tight[1]
    assert np.linalg.norm(A @ loose[0] - b) <= 1e-2 * np.linalg.norm(b)


def test_gmres_condition_from_the_hessenberg() -> None:
    """Its singular values lie within those of the matrix."""
    A, b = system(30)
    _, _, hessenberg = gmres(lambda v: A @ v, b, rtol=1e-13)
    of_matrix, of_krylov = (np.linalg.svd(m, compute_uv=False) for m in (A, hessenberg))
    assert of_krylov[0] <= of_matrix[0] * (1 + 1e-10)
    assert of_krylov[0] / of_krylov[-1] > 0.5 * of_matrix[0] / of_matrix[-1]


def test_gmres_with_nothing_to_do() -> None:
    """A zero right-hand side needs no product; an exact invariant subspace stops early."""
    x, used, _ = gmres(lambda v: v, np.zeros(4), rtol=1e-10)
    assert not x.any()
    assert used == 0
    x, used, _ = gmres(lambda v: 2 * v, np.arange(4.0), rtol=1e-10)
    np.testing.assert_allclose(x, np.arange(4.0) / 2, rtol=1e-12)
    assert used == 1


def circle(z: Array) -> tuple[Array, float, Array]:
    """Return the residual of x^2 + y^2 = 4, x y = 1, with its Jacobian as context."""
    x, y = z
    f = np.array([x * x + y * y - 4, x * y - 1])
    return f, float(np.abs(f).max()), np.array([[2 * x, 2 * y], [y, x]])


def apply(context: Array, z: Array, dz: Array) -> Array:
    return np.asarray(context @ dz)


def test_newton_finds_the_root() -> None:
    """Few steps to rounding: convergence is quadratic."""
    got = newton(circle, apply, np.array([2.0, 0.3]), tol=1e-13)
    assert got.status == (CONVERGED,)
    x, y = got.value[:, 0]
    assert x * y == pytest.approx(1, abs=1e-12)
    assert x * x + y * y == pytest.approx(4, abs=1e-12)
    assert got.steps[0] < 40


def test_newton_backtracks() -> None:
    """arctan from a start at which a full step overshoots ever further."""

    def residual(z: Array) -> tuple[Array, float, Array]:
        f = np.arctan(z)
        return f, float(np.abs(f).max()), np.diag(1 / (1 + z * z))

    got = newton(residual, apply, np.array([20.0]), tol=1e-12, max_iter=100)
    assert got.status == (CONVERGED,)
    assert got.value[0, 0] == pytest.approx(0, abs=1e-12)


def test_newton_backtracks_from_outside_the_domain() -> None:
    """A trial that is not a number is halved, not taken."""

    def residual(z: Array) -> tuple[Array, float, Array]:
        with np.errstate(invalid="ignore"):
            f = np.log(z) * 2
        return f, float(np.abs(f).max()), np.diag(2 / np.abs(z))

    got = newton(residual, apply, np.array([6.0]), tol=1e-12)
    assert got.status == (CONVERGED,)
    assert got.value[0, 0] == pytest.approx(1, abs=1e-11)


def always(value: float) -> Any:
    return lambda z: (np.full(2, value), abs(value), None)


def test_newton_endings() -> None:
    """A bad start, a singular Jacobian, no descent, too few steps: each has its word and its best point."""
    bad = newton(always(np.nan), lambda c, z, dz: dz, np.ones(2), tol=1e-9)
    assert bad.status == (NONFINITE,)
    assert bad.error[0] == np.inf
    singular = newton(always(1.0), lambda c, z, dz: 0 * dz, np.ones(2), tol=1e-9)
    assert singular.status == (SINGULAR,)
    stalled = newton(always(1.0), lambda c, z, dz: dz, np.ones(2), tol=1e-9)
    assert stalled.status == (STALLED,)
    np.testing.assert_array_equal(stalled.value[:, 0], 1.0)
    short = newton(circle, apply, np.array([50.0, 0.1]), tol=1e-13, max_iter=1)
    assert short.status == (MAX_ITER,)
    assert short.error[0] == circle(short.value[:, 0])[1]


def test_newton_at_the_root() -> None:
    """A start at the root is returned untouched after one evaluation."""
    root = np.array([np.sqrt(2 + np.sqrt(3)), np.sqrt(2 - np.sqrt(3))])
    got = newton(circle, apply, root, tol=1e-12)
    assert got.status == (CONVERGED,)
    assert got.steps[0] == 1
