"""Newton's method with GMRES on Jacobian products and backtracking: the fallback, and the second opinion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import numpy as np

from detente.solve.solution import CONVERGED, MAX_ITER, NONFINITE, SINGULAR, STALLED, Solution

KRYLOV: Final = 80
BACKTRACKS: Final = 12
TRUSTED: Final = 1e-3
"""Residuals smaller than this are not required to fall in every step: where parts of the system hang together by a
thread, the slow drift of one part keeps raising a small residual that the next step removes."""

Context = TypeVar("Context")
Linear = Callable[[np.ndarray], np.ndarray]


def newton(
    residual: Callable[[np.ndarray], tuple[np.ndarray, float, Context]],
    product: Callable[[Context, np.ndarray, np.ndarray], np.ndarray],
    start: np.ndarray,
    *,
    tol: float,
    max_iter: int = 80,
) -> Solution:
    """Find z with f(z) = 0.

    Args:
        residual: z (unknown,) -> (f (unknown,), error, context).
        product: (context, z, dz) -> derivative of f in direction dz.
        start: (unknown,). tol: largest error that counts as converged. max_iter: Newton steps allowed.
    Returns:
        A solution with one scenario; `steps` counts residual evaluations and Jacobian products together.
    """
    z = start.copy()
    f, error, context = residual(z)
    passes, status = 1, MAX_ITER
    if not np.isfinite(f).all():
        return _single(z, NONFINITE, np.inf, passes)
    for _ in range(max_iter):
        if error <= tol:
            status = CONVERGED
            break
        here, where = context, z
        norm = float(np.linalg.norm(f))
        dz, products, _ = gmres(lambda v: product(here, where, v), -f, rtol=min(1e-2, max(1e-10, norm)))  # noqa: B023
        passes += products
        if not np.isfinite(dz).all() or not dz.any():
            status = SINGULAR
            break
        step = min(1.0, 2.0 / float(np.abs(dz).max()))
        for _ in range(BACKTRACKS):
            trial = z + step * dz
            f_new, error_new, context_new = residual(trial)
            passes += 1
            size = float(np.linalg.norm(f_new)) if np.isfinite(f_new).all() else np.inf
            if size < max((1 - 1e-4 * step) * norm, TRUSTED):
                z, f, error, context = trial, f_new, error_new, context_new
                break
            step /= 2
        else:
            status = STALLED
            break
    return _single(z, status, error, passes)


def gmres(apply: Linear, right: np.ndarray, *, rtol: float, restarts: int = 6) -> tuple[np.ndarray, int, np.ndarray]:
    """Solve a linear system given by its products, by restarted GMRES.

    Args:
        apply: v -> A v. right: (unknown,). rtol: residual relative to `right` at which to stop. restarts: cycles.
    Returns:
        The solution, the number of products used, and the last Hessenberg matrix (its singular values say how well
        conditioned the system is).
    Source: Saad and Schultz (1986), modified Gram-Schmidt with one reorthogonalisation.
    """
    x = np.zeros_like(right)
    target = rtol * float(np.linalg.norm(right))
    used, hessenberg = 0, np.ones((1, 1))
    for _ in range(restarts):
        residual = right - apply(x) if used else right
        beta = float(np.linalg.norm(residual))
        if beta <= target or not np.isfinite(beta):
            break
        basis, hessenberg = _arnoldi(apply, residual / beta, beta, target)
        used += hessenberg.shape[1]
        first = np.zeros(hessenberg.shape[0])
        first[0] = beta
        if not hessenberg.size:
            break
        y = np.linalg.lstsq(hessenberg, first, rcond=None)[0]
        x = x + basis[: len(y)].T @ y
    return x, used, hessenberg


def _arnoldi(apply: Linear, first: np.ndarray, beta: float, target: float) -> tuple[np.ndarray, np.ndarray]:
    """Return an orthonormal Krylov basis (rows) and its Hessenberg matrix, stopping early when the residual is met."""
    basis = np.zeros((KRYLOV + 1, first.size))
    H = np.zeros((KRYLOV + 1, KRYLOV))
    basis[0] = first
    m = 0
    for m in range(1, KRYLOV + 1):
        w = apply(basis[m - 1])
        if not np.isfinite(w).all():
            return basis, H[:m, : m - 1] if m > 1 else H[:1, :0]
        for _ in range(2):
            along = basis[:m] @ w
            w = w - basis[:m].T @ along
            H[:m, m - 1] += along
        H[m, m - 1] = np.linalg.norm(w)
        if H[m, m - 1] <= 1e-14 * np.linalg.norm(H[: m + 1, m - 1]):
            break
        basis[m] = w / H[m, m - 1]
        if m % 5 == 0 and _least_residual(H[: m + 1, :m], beta) <= target:
            break
    return basis, H[: m + 1, :m]


def _least_residual(hessenberg: np.ndarray, beta: float) -> float:
    first = np.zeros(hessenberg.shape[0])
    first[0] = beta
    y = np.linalg.lstsq(hessenberg, first, rcond=None)[0]
    return float(np.linalg.norm(first - hessenberg @ y))


def _single(z: np.ndarray, status: str, error: float, passes: int) -> Solution:
    return Solution(z[:, None], (status,), np.array([error]), np.array([passes]))
