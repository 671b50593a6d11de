"""Anderson mixing (type II) of a fixed-point residual, batched over a trailing axis.

Source: Walker and Ni (2011), Anderson acceleration for fixed-point iterations. Small Gram matrices instead of a QR,
columns scaled to unit norm, a ridge, a cap on the step, and a restart when the residual jumps or stops being finite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
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

SHRINK: Final = 0.5
"""When this share of a batch is left, the rest goes on alone."""

Residual = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
Guard = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From a residual and the mixed step to the step that is taken."""


class _History:
    """The last differences of residuals and of points plus residuals, and the Gram matrix of the former."""

    def __init__(self, batch: int, unknowns: int, window: int) -> None:
        self.df = np.zeros((batch, window, unknowns))
        self.dg = np.zeros((batch, window, unknowns))
        self.gram = np.zeros((batch, window, window))
        self.slot = 0
        self.filled = 0
        self._eye = np.eye(window)

    def push(self, dz: np.ndarray, df: np.ndarray) -> None:
        """Store one pair of differences, each (batch, unknowns), in place of the oldest."""
        slot, window = self.slot, self.df.shape[1]
        self.df[:, slot] = df
        self.dg[:, slot] = dz + df
        self.filled = min(self.filled + 1, window)
        products = (self.df[:, : self.filled] @ df[:, :, None])[:, :, 0]
        self.gram[:, slot, : self.filled] = products
        self.gram[:, : self.filled, slot] = products
        self.slot = (slot + 1) % window

    def forget(self, scenario: int) -> None:
        """Drop what is known about one scenario: its columns become zero and take no part."""
        self.df[scenario] = 0.0
        self.dg[scenario] = 0.0
        self.gram[scenario] = 0.0

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with some of the scenarios only."""
        self.df, self.dg, self.gram = self.df[chosen], self.dg[chosen], self.gram[chosen]

    def mixed(self, f: np.ndarray) -> np.ndarray:
        """Return the step z_next - z for residuals f (batch, unknowns)."""
        m = self.filled
        if m == 0:
            return f
        gram, df, dg = self.gram[:, :m, :m], self.df[:, :m], self.dg[:, :m]
        norm = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
        scale = np.where(norm > 0, 1 / np.where(norm > 0, norm, 1.0), 0.0)
        right = scale * (df @ f[:, :, None])[:, :, 0]
        matrix = scale[:, :, None] * gram * scale[:, None, :]
        empty = (norm == 0)[:, :, None] * self._eye[:m, :m]
        weights = np.linalg.solve(matrix + RIDGE * self._eye[:m, :m] + empty, right[:, :, None])[:, :, 0] * scale
        mixed: np.ndarray = f - (weights[:, None, :] @ dg)[:, 0, :]
        return mixed


@dataclass
class _Run:
    """What the iteration carries for each scenario that is still in it; the last axis is the scenario.

    Attributes:
        z: the point. best, best_error: the best point so far and its error. steps: passes used.
        z_old, f_old: point and residual of the pass before; chained: whether they are those of the same path.
        since_best: passes since the error last fell. far_passes: passes far away. least: the smallest residual so far.
    """

    z: np.ndarray
    best: np.ndarray
    best_error: np.ndarray
    steps: np.ndarray
    z_old: np.ndarray
    f_old: np.ndarray
    chained: np.ndarray
    since_best: np.ndarray
    far_passes: np.ndarray
    least: np.ndarray

    @classmethod
    def at(cls, start: np.ndarray) -> _Run:
        """Return the state before the first pass."""
        batch = start.shape[1]
        none, never = np.zeros(batch, dtype=int), np.full(batch, np.inf)
        return cls(start, start, never, none.copy(), start, start, none.astype(bool), none.copy(), none, never.copy())

    def judged(self, passes: int, error: np.ndarray, tol: float) -> np.ndarray:
        """Take note of the error of a pass and return which scenarios are still running."""
        running = self.best_error > tol
        self.steps = np.where(running, passes, self.steps)
        better = running & (error < self.best_error)
        self.since_best = np.where(better, 0, self.since_best + 1)
        self.best = _chosen(better, self.z, self.best)
        self.best_error = np.where(better, error, self.best_error)
        return self.best_error > tol

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with some of the scenarios only."""
        for item in fields(self):
            setattr(self, item.name, getattr(self, item.name)[..., chosen])


def anderson(
    residual: Residual,
    start: np.ndarray,
    *,
    tol: float,
    max_iter: int,
    window: int = WINDOW,
    of: Callable[[np.ndarray], Residual] | None = None,
    guard: Guard | None = None,
) -> Solution:
    """Find z with f(z) = 0 by mixing the iteration z + f(z).

    Args:
        residual: maps z (unknown, b) to f (unknown, b) and the error (b,) by which convergence is judged.
        start: (unknown, b).
        tol: largest error that counts as converged.
        max_iter: passes allowed.
        window: differences kept.
        of: returns the residual of some of the scenarios, given their positions; with it, those that have ended are
            left out of the passes that follow.
        guard: has the last word on a step, where a root is looked for that an extrapolation may turn away from.
    Returns:
        The best point of every scenario, converged or not; a scenario that has converged is left where it is.
    """
    unknowns, batch = start.shape
    history = _History(batch, unknowns, window)
    run, inside = _Run.at(start), np.arange(batch)
    value, worst = start.copy(), np.full(batch, np.inf)
    steps, waited = np.zeros(batch, dtype=int), np.zeros(batch, dtype=int)
    for passes in range(1, max_iter + 1):
        f, error = residual(run.z)
        running = run.judged(passes, error, tol)
        going = running & (run.since_best <= PATIENCE)
        ended = not going.any() or passes == max_iter
        if ended or (of is not None and going.sum() <= SHRINK * len(inside)):
            value[:, inside], worst[inside] = run.best, run.best_error
            steps[inside], waited[inside] = run.steps, run.since_best
            if ended:
                break
            run.keep(going)
            history.keep(going)
            f, inside, running = f[:, going], inside[going], running[going]
            residual = of(inside) if of is not None else residual
        _advance(run, history, f, running, first=passes == 1, guard=guard)
    endings = tuple(_ending(error, tol, since) for error, since in zip(worst, waited, strict=True))
    return Solution(value, endings, worst, steps)


def _advance(
    run: _Run, history: _History, f: np.ndarray, running: np.ndarray, *, first: bool, guard: Guard | None = None
) -> None:
    """Move every running scenario by one mixed step, a plain step far from the root, a retreat where it broke."""
    z, size = run.z, np.abs(f).max(axis=0)
    broken = running & ~(size < JUMP * np.maximum(run.least, 1e-3))
    run.least = np.fmin(run.least, size)
    follows = run.chained & ~broken
    if not first:
        dz, df = z - run.z_old, f - run.f_old
        if not follows.all():
            dz, df = follows * dz, np.where(follows, df, 0.0)
        history.push(dz.T, df.T)
    run.z_old, run.f_old, run.chained = z, f, ~broken
    f = np.where(broken, 0.0, f) if broken.any() else f
    step = history.mixed(f.T).T
    far = size > FAR
    if far.any():
        run.far_passes = run.far_passes + far
        step = _chosen(far, np.where(run.far_passes > FAR_PASSES, 0.5, 1.0) * f, step)
    if guard is not None:
        step = guard(f, step)
    largest = np.abs(step).max(axis=0)
    if not (largest <= STEP_CAP).all():
        step = step * np.where(largest > STEP_CAP, STEP_CAP / largest, 1.0)
    run.z = _chosen(running, z + step, z)
    if broken.any():
        run.z = _chosen(broken, _retreat(run.best, z), run.z)
        for scenario in np.flatnonzero(broken):
            history.forget(int(scenario))


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
