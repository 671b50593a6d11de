"""Anderson mixing (type II) of a fixed-point residual, batched over a trailing axis.

Source: Walker and Ni (2011), Anderson acceleration for fixed-point iterations. Small Gram matrices instead of a QR,
columns scaled to unit norm, a ridge, a cap on the step, and a restart when the residual jumps or stops being finite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from detente.solve.solution import CONVERGED, MAX_ITER, NONFINITE, STALLED, Solution

WINDOW: Final = 10
RIDGE: Final = 1e-13
STEP_CAP: Final = 2.0
JUMP: Final = 50.0
PATIENCE: Final = 60
FAR_PASSES: Final = 8
"""Plain steps after which they are halved: an iteration still far away by then is overshooting."""
FAR: Final = 0.4
"""While a component of the residual is larger than this, plain steps are safer than extrapolation."""

Residual = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class _History:
    """The last differences of points and residuals, and the Gram matrix of the residual differences."""

    def __init__(self, batch: int, unknowns: int, window: int) -> None:
        self.dz = np.zeros((batch, window, unknowns))
        self.df = np.zeros((batch, window, unknowns))
        self.gram = np.zeros((batch, window, window))
        self.slot = 0
        self.filled = 0
        self._eye = np.eye(window)

    def push(self, dz: np.ndarray, df: np.ndarray) -> None:
        """Store one pair of differences, each (batch, unknowns), in place of the oldest."""
        slot, window = self.slot, self.dz.shape[1]
        self.dz[:, slot] = dz
        self.df[:, slot] = df
        self.filled = min(self.filled + 1, window)
        products = (self.df[:, : self.filled] @ df[:, :, None])[:, :, 0]
        self.gram[:, slot, : self.filled] = products
        self.gram[:, : self.filled, slot] = products
        self.slot = (slot + 1) % window

    def forget(self, scenario: int) -> None:
        """Drop what is known about one scenario: its columns become zero and take no part."""
        self.dz[scenario] = 0.0
        self.df[scenario] = 0.0
        self.gram[scenario] = 0.0

    def mixed(self, f: np.ndarray) -> np.ndarray:
        """Return the step z_next - z for residuals f (batch, unknowns)."""
        m = self.filled
        if m == 0:
            return f
        gram, df, dz = self.gram[:, :m, :m], self.df[:, :m], self.dz[:, :m]
        norm = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
        scale = np.where(norm > 0, 1 / np.where(norm > 0, norm, 1.0), 0.0)
        right = scale * (df @ f[:, :, None])[:, :, 0]
        matrix = scale[:, :, None] * gram * scale[:, None, :]
        empty = (norm == 0)[:, :, None] * self._eye[:m, :m]
        weights = np.linalg.solve(matrix + RIDGE * self._eye[:m, :m] + empty, right[:, :, None])[:, :, 0] * scale
        mixed: np.ndarray = f - (weights[:, None, :] @ (dz + df))[:, 0, :]
        return mixed


def anderson(residual: Residual, start: np.ndarray, *, tol: float, max_iter: int, window: int = WINDOW) -> Solution:
    """Find z with f(z) = 0 by mixing the iteration z + f(z).

    Args:
        residual: maps z (unknown, b) to f (unknown, b) and the error (b,) by which convergence is judged.
        start: (unknown, b).
        tol: largest error that counts as converged.
        max_iter: passes allowed.
        window: differences kept.
    Returns:
        The best point of every scenario, converged or not; a scenario that has converged is left where it is.
    """
    z = start
    unknowns, batch = z.shape
    history = _History(batch, unknowns, window)
    best, best_error = z, np.full(batch, np.inf)
    steps, since_best, far_passes = (np.zeros(batch, dtype=int) for _ in range(3))
    least = np.full(batch, np.inf)
    z_old, f_old, chained = z, z, np.zeros(batch, dtype=bool)
    for passes in range(1, max_iter + 1):
        f, error = residual(z)
        running = best_error > tol
        steps[running] = passes
        better = running & (error < best_error)
        since_best = np.where(better, 0, since_best + 1)
        best, best_error = _chosen(better, z, best), np.where(better, error, best_error)
        running = best_error > tol
        if not running.any() or since_best[running].min() > PATIENCE:
            break
        size = np.abs(f).max(axis=0)
        broken = running & ~(size < JUMP * np.maximum(least, 1e-3))
        least = np.fmin(least, size)
        follows = chained & ~broken
        if passes > 1:
            dz, df = (
                (z - z_old, f - f_old) if follows.all() else (follows * (z - z_old), np.where(follows, f - f_old, 0.0))
            )
            history.push(dz.T, df.T)
        z_old, f_old, chained = z, f, ~broken
        f = np.where(broken, 0.0, f) if broken.any() else f
        step = history.mixed(f.T).T
        far = size > FAR
        if far.any():
            far_passes += far
            step = _chosen(far, np.where(far_passes > FAR_PASSES, 0.5, 1.0) * f, step)
        largest = np.abs(step).max(axis=0)
        if not (largest <= STEP_CAP).all():
            step = step * np.where(largest > STEP_CAP, STEP_CAP / largest, 1.0)
        z = _chosen(running, z + step, z)
        if broken.any():
            z = _chosen(broken, _retreat(best, z_old), z)
            for scenario in np.flatnonzero(broken):
                history.forget(int(scenario))
    endings = tuple(_ending(error, tol, waited) for error, waited in zip(best_error, since_best, strict=True))
    return Solution(best, endings, best_error, steps)


def _chosen(mask: np.ndarray, yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """Return `yes` in the scenarios of the mask and `no` elsewhere, without a copy where the mask is unanimous."""
    if mask.all():
        return yes
    return np.where(mask, yes, no) if mask.any() else no


def _retreat(best: np.ndarray, broken: np.ndarray) -> np.ndarray:
    """Return a point a little off the best one, where the iteration can start again."""
    offset = np.where(np.isfinite(broken), broken - best, 0.0)
    return best + 0.1 * np.clip(offset, -0.5, 0.5)


def _ending(error: float, tol: float, waited: int) -> str:
    if error <= tol:
        return CONVERGED
    if not np.isfinite(error):
        return NONFINITE
    return STALLED if waited > PATIENCE else MAX_ITER
