"""Anderson mixing on small problems: speed, restarts, batches whose scenarios end at different times, endings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detente.solve.anderson import PATIENCE, anderson
from detente.solve.solution import CONVERGED, MAX_ITER, NONFINITE, STALLED

Array = np.ndarray
Residual = Callable[[Array], tuple[Array, Array]]


def linear(n: int = 12, radius: float = 0.9, seed: int = 0) -> tuple[Residual, Array]:
    """Return f(z) = M z + b - z with the given spectral radius, and its root."""
    rng = np.random.default_rng(seed)
    M = rng.normal(size=(n, n))
    M = (M + M.T) / 2
    M *= radius / np.abs(np.linalg.eigvalsh(M)).max()
    b = rng.normal(size=(n, 1))
    root = np.linalg.solve(np.eye(n) - M, b)

    def residual(z: Array) -> tuple[Array, Array]:
        f = M @ z + b - z
        return f, np.abs(f).max(axis=0)

    return residual, root


def test_a_linear_problem_takes_as_many_passes_as_unknowns() -> None:
    """On a linear problem mixing is a Krylov method: hardly more passes than unknowns, where plain steps need 200."""
    residual, root = linear(n=8, radius=0.9)
    got = anderson(residual, root + 0.1, tol=1e-12, max_iter=100)
    assert got.converged
    assert got.steps[0] <= 15
    np.testing.assert_allclose(got.value, root, atol=1e-10)


def test_a_map_that_plain_steps_would_leave() -> None:
    """A spectral radius above 1, where z + f(z) diverges, is solved all the same."""
    residual, root = linear(n=6, radius=1.6, seed=3)
    got = anderson(residual, root + 0.01, tol=1e-11, max_iter=100)
    assert got.status == (CONVERGED,)
    np.testing.assert_allclose(got.value, root, atol=1e-9)


def test_a_start_at_the_root_takes_one_pass() -> None:
    residual, root = linear()
    got = anderson(residual, root, tol=1e-10, max_iter=50)
    assert got.steps[0] == 1
    np.testing.assert_array_equal(got.value, root)


def test_the_start_is_left_alone() -> None:
    residual, root = linear()
    start = root + 0.1
    kept = start.copy()
    anderson(residual, start, tol=1e-10, max_iter=50)
    np.testing.assert_array_equal(start, kept)


def test_a_batch_is_each_scenario_by_itself() -> None:
    """Scenarios that start near and far end at different passes; each is solved as if it were alone."""
    residual, root = linear()
    rng = np.random.default_rng(1)
    start = root + rng.normal(size=root.shape) * np.array([[1e-12, 1e-3, 0.2, 0.0]])
    got = anderson(residual, start, tol=1e-10, max_iter=100)
    assert got.converged
    assert got.steps[3] == got.steps[0] == 1
    assert 1 < got.steps[1] < got.steps[2]
    for b in range(4):
        alone = anderson(residual, start[:, b : b + 1], tol=1e-10, max_iter=100)
        assert alone.steps[0] == got.steps[b]
        np.testing.assert_allclose(got.value[:, b], alone.value[:, 0], rtol=1e-12, atol=1e-12)


def test_a_scenario_that_has_converged_stays_where_it_is() -> None:
    """The early one is returned at the point at which it converged, though the batch goes on."""
    residual, root = linear()
    start = np.concatenate([root + 1e-11, root + 0.3], axis=1)
    got = anderson(residual, start, tol=1e-9, max_iter=100)
    np.testing.assert_array_equal(got.value[:, 0], start[:, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_pass_that_is_not_a_number_is_a_restart(bad: float) -> None:
    """One pass out of the domain: mixing starts again near the best point and converges."""
    residual, root = linear()
    passes = []

    def broken_once(z: Array) -> tuple[Array, Array]:
        passes.append(1)
        f, error = residual(z)
        return (np.full_like(f, bad), np.array([bad])) if len(passes) == 6 else (f, error)

    with np.errstate(invalid="ignore"):
        got = anderson(broken_once, root + 0.3, tol=1e-11, max_iter=150)
    assert got.converged
    np.testing.assert_allclose(got.value, root, atol=1e-9)


def test_a_broken_scenario_does_not_disturb_the_others() -> None:
    """In a batch of two, NaN in one leaves the passes of the other as they would have been."""
    residual, root = linear()
    start = np.concatenate([root + 0.3, root - 0.2], axis=1)
    passes = []

    def broken_once(z: Array) -> tuple[Array, Array]:
        passes.append(1)
        f, error = residual(z)
        if len(passes) == 6:
            f[:, 0], error[0] = np.nan, np.nan
        return f, error

    with np.errstate(invalid="ignore"):
        got = anderson(broken_once, start, tol=1e-11, max_iter=150)
    alone = anderson(residual, start[:, 1:], tol=1e-11, max_iter=150)
    assert got.converged
    assert got.steps[1] == alone.steps[0]
    np.testing.assert_allclose(got.value[:, 1], alone.value[:, 0], rtol=1e-12)


def test_a_domain_with_an_edge() -> None:
    """ln(z) = 1 - z/e.. with a start from which a full step leaves the domain of the logarithm."""

    def residual(z: Array) -> tuple[Array, Array]:
        with np.errstate(invalid="ignore", divide="ignore"):
            f = np.log(z) * -3.0
        return f, np.abs(f).max(axis=0)

    with np.errstate(invalid="ignore"):
        got = anderson(residual, np.array([[1.9], [1.4]]), tol=1e-10, max_iter=200)
    assert got.converged
    np.testing.assert_allclose(got.value, 1.0, atol=1e-9)


def test_endings() -> None:
    """Too few passes: MAX_ITER. No root: STALLED after waiting. Never a number: NONFINITE. The best is told."""
    residual, root = linear()
    short = anderson(residual, root + 1.0, tol=1e-12, max_iter=3)
    assert short.status == (MAX_ITER,)
    assert short.steps[0] == 3
    assert short.error[0] == residual(short.value)[1][0]

    def no_root(z: Array) -> tuple[Array, Array]:
        f = 1.0 + 0.1 * np.sin(z)
        return f, np.abs(f).max(axis=0)

    stalled = anderson(no_root, np.zeros((2, 1)), tol=1e-9, max_iter=500)
    assert stalled.status == (STALLED,)
    assert PATIENCE < stalled.steps[0] < 500
    with np.errstate(invalid="ignore"):
        never = anderson(lambda z: (z * np.nan, np.array([np.nan])), np.ones((2, 1)), tol=1e-9, max_iter=10)
    assert never.status == (NONFINITE,)
    assert not never.converged


def test_steps_are_capped() -> None:
    """A residual of 1000 moves a component by at most 2 in one pass."""
    points = []

    def steep(z: Array) -> tuple[Array, Array]:
        points.append(z.copy())
        f = 1000 * (5 - z)
        return f, np.abs(f).max(axis=0)

    anderson(steep, np.zeros((1, 1)), tol=1e-9, max_iter=4)
    assert np.abs(np.diff(np.concatenate(points, axis=1))).max() <= 2.0
