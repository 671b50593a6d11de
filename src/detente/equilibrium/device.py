"""The batched iteration in an array namespace: the same few lines on numpy, on JAX and on CuPy.

A pass here is the pass of `model.clearing` for scenarios without instruments and critical inputs, with nothing changed
in place and no index arithmetic, so that a compiler or a GPU can take it as it is. The cells that scenarios change lie
in a few destinations; the factors of those rows are dense, one set a scenario. What comes out is certified on the host,
like everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import UsageError
from detente.equilibrium.root import Settings
from detente.equilibrium.together import Together
from detente.model.clearing import FAR, SPENDING_FLOOR, WAGE_STEP
from detente.solve.anderson import RIDGE, STEP_CAP
from detente.solve.solution import CONVERGED, MAX_ITER, Solution

WINDOW: Final = 6
"""Differences kept for each scenario: memory on a device is what limits the width of a batch."""

Same = Callable[..., Any]


@dataclass(frozen=True)
class Arrays:
    """What a pass reads, as arrays of one namespace; n countries, j sectors, r changed destinations, b scenarios.

    Attributes:
        gamma (n,j,1), g (n,k,j), alpha (n,j,1), wL (n,1), X (n,j,1), D (n,1), Z (n,j,b), idle (n,j,1),
        theta (j,b), local (n,1+2j,1+2j): as in `Economy`. A, B (j,d,o): factors that all share, 0 in changed
        rows, B without home. A_rows, B_rows (j,r,o,b): those of the changed rows. B_home (n,j,b). pick (d,r):
        which destination a row is.
    """

    gamma: Any
    g: Any
    alpha: Any
    wL: Any
    X: Any
    D: Any
    Z: Any
    idle: Any
    theta: Any
    local: Any
    A: Any
    B: Any
    A_rows: Any
    B_rows: Any
    B_home: Any
    pick: Any


def laid_out(batch: Together, xp: Any) -> Arrays:
    """Return the arrays of a batch in a namespace.

    Raises:
        UsageError: instruments, critical inputs, a world in parts, or a namespace without double precision.
    """
    econ = batch.econ
    if batch.wedges is not None or econ.nests is not None or len(econ.members) > 1 or econ.D_unit >= 0:
        found = "instruments, critical inputs, fixed-nominal deficits or a world in parts"
        raise UsageError(f"device: found {found}; expected none of them; try solve_many")
    if str(xp.asarray(np.ones(1)).dtype) != "float64":
        raise UsageError("device: found single precision; expected double: jax.config.update('jax_enable_x64', True)")
    everyone = batch.of(batch.everyone)
    A, B, A_rows, B_rows, B_home, pick = _rows(batch, np.asarray(everyone.trade.B_home))
    host = (
        econ.gamma, econ.gamma_io, econ.alpha, econ.wL, econ.X, econ.D, everyone.Z, econ.idle, everyone.theta,
        econ.local, A, B, A_rows, B_rows, B_home, pick,
    )  # fmt: skip
    return Arrays(*(xp.asarray(np.ascontiguousarray(item)) for item in host))


def _rows(batch: Together, B_home: Array) -> tuple[Array, ...]:
    """Return factors without changed rows, the changed rows of every scenario, home factors, which row is which."""
    econ, b = batch.econ, len(batch.changes)
    n, j = econ.shape
    dests = np.unique(np.concatenate([change.cells[1] for change in batch.changes]).astype(np.int64))
    row = np.full(n, -1)
    row[dests] = np.arange(len(dests))
    A, B = econ.trade.A.copy(), econ.trade.B.copy()
    A_rows, B_rows = (np.repeat(factor[:, dests, :, None], b, axis=3) for factor in (A, B))
    for column, change in enumerate(batch.changes):
        o, d, s = change.cells
        A_rows[s, row[d], o, column] += change.A
        B_rows[s, row[d], o, column] += np.where(o == d, 0.0, change.B)
    A[:, dests], B[:, dests] = 0.0, 0.0
    return A, B, A_rows, B_rows, np.broadcast_to(B_home, (n, j, b)), np.eye(n)[:, dests]


def residual(xp: Any, w: Arrays, z: Any) -> tuple[Any, Any]:
    """Return the step (unknown, b) and the largest relative residual (b,) at z: equations (5)-(10), settled at home."""
    n, j = w.X.shape[:2]
    b = z.shape[1]
    lw, lP = z[:n], xp.reshape(z[n : n + n * j], (n, j, b))
    lX = xp.reshape(z[n + n * j :], (n, j, b))
    lc = w.gamma * lw[:, None, :] + xp.matmul(xp.permute_dims(w.g, (0, 2, 1)), lP)
    u = xp.exp(-w.theta * lc)
    us = xp.permute_dims(u, (1, 0, 2))
    S = _market(xp, w.A, w.A_rows, w.pick, us) + w.idle
    X = w.X * xp.exp(lX)
    v = X / S
    vs = xp.permute_dims(v, (1, 0, 2))
    M = v * _market(xp, w.B, w.B_rows, w.pick, us)
    rows = xp.sum(w.B_rows * xp.matmul(w.pick.T, vs)[:, :, None, :], axis=1)
    E = u * xp.permute_dims(xp.matmul(xp.permute_dims(w.B, (0, 2, 1)), vs) + rows, (1, 0, 2))
    home = w.B_home * u * v
    Y, wL = E + home, w.wL * xp.exp(lw)
    income = wL + xp.sum(X - M - home, axis=1) + w.D
    X1 = xp.matmul(w.g, Y) + w.alpha * (income - xp.sum(w.Z, axis=1))[:, None, :] + w.Z
    earned = xp.sum(E, axis=1) + xp.maximum(w.D, xp.zeros_like(w.D))
    owed = xp.sum(M, axis=1) + xp.maximum(-w.D, xp.zeros_like(w.D))
    share = home / (M + home + w.idle)
    slope = xp.sum(w.theta * E, axis=1) / earned + xp.sum((1 + w.theta * share) * M, axis=1) / owed
    gap, numeraire = xp.log(earned / owed), xp.log(xp.sum(wL, axis=0) / xp.sum(w.wL))
    f_w = xp.clip(gap / slope, -WAGE_STEP, WAGE_STEP) - numeraire
    f_P = -xp.log(S) / w.theta - lP
    f_X = xp.log(xp.clip((X1 + w.idle) / (X + w.idle), float(SPENDING_FLOOR), None))
    labour = xp.sum(w.gamma * Y, axis=1) / wL - 1
    weight = xp.clip(w.theta / 10.0, 1.0, None)
    markets = xp.max(xp.maximum(xp.abs(f_P) * weight, xp.abs(f_X)), axis=(0, 1))
    countries = xp.max(xp.maximum(xp.abs(gap), xp.abs(labour)), axis=0)
    error = xp.maximum(xp.maximum(markets, countries), xp.abs(numeraire))
    plain = xp.concat([f_w, xp.reshape(f_P, (n * j, b)), xp.reshape(f_X, (n * j, b))], axis=0)
    far = xp.max(xp.abs(plain), axis=0) > FAR
    return xp.where(far, plain, _settled(xp, w, f_w, f_P, f_X, X + w.idle, numeraire)), error


def _market(xp: Any, shared: Any, rows: Any, pick: Any, us: Any) -> Any:
    """Return the sums over origins of every market, (dest, sector, b): shared rows, and each scenario's own."""
    own = xp.matmul(pick, xp.sum(rows * us[:, None, :, :], axis=2))
    return xp.permute_dims(xp.matmul(shared, us) + own, (1, 0, 2))


def _settled(xp: Any, w: Arrays, f_w: Any, f_P: Any, f_X: Any, X: Any, numeraire: Any) -> Any:
    """Return the gaps settled within each country, as `settling_step`."""
    n, j = X.shape[:2]
    b = X.shape[2]
    own = xp.matmul(w.local, xp.concat([f_w[:, None, :] + numeraire, f_P, X * f_X], axis=1))
    steps = (own[:, 0], xp.reshape(own[:, 1 : 1 + j], (n * j, b)), xp.reshape(own[:, 1 + j :] / X, (n * j, b)))
    return xp.concat(steps, axis=0) - numeraire


def iterated_on(
    batch: Together, settings: Settings, xp: Any, compiled: Callable[[Same], Same] = lambda f: f
) -> Solution:
    """Run the iteration of a batch in an array namespace.

    Args:
        batch: scenarios without instruments. settings: as for `iterated`.
        xp: numpy, jax.numpy or cupy. compiled: what compiles a function of arrays, such as jax.jit.
    Returns:
        Points and errors as numpy arrays; what has not converged must be solved alone.
    Raises:
        UsageError: as `laid_out`.
    """
    w = laid_out(batch, xp)
    one_pass = compiled(lambda z: residual(xp, w, z))
    z = xp.asarray(np.zeros((batch.econ.unknowns, len(batch.changes))))
    best, least = z, xp.asarray(np.full(len(batch.changes), np.inf))
    before: tuple[Any, Any] | None = None
    df: list[Any] = []
    dg: list[Any] = []
    passes = 0
    while passes < settings.max_iter:
        passes += 1
        f, error = one_pass(z)
        better = (error < least) & (least > settings.tol)
        best, least = xp.where(better, z, best), xp.where(better, error, least)
        if bool(xp.all(least <= settings.tol)):
            break
        if before is not None:
            df, dg = [*df, f - before[1]][-WINDOW:], [*dg, z - before[0] + f - before[1]][-WINDOW:]
        before = z, f
        z = z + xp.clip(_mixed(xp, f, df, dg), -STEP_CAP, STEP_CAP)
    done = np.asarray(least)
    status = tuple(CONVERGED if each <= settings.tol else MAX_ITER for each in done)
    return Solution(np.asarray(best), status, done, np.full(len(done), passes))


def _mixed(xp: Any, f: Any, df: list[Any], dg: list[Any]) -> Any:
    """Return the Anderson step of every scenario: columns scaled to unit norm, a ridge."""
    if not df:
        return f
    F = xp.permute_dims(xp.stack(df, axis=0), (2, 0, 1))
    G = xp.permute_dims(xp.stack(dg, axis=0), (2, 0, 1))
    size = xp.sqrt(xp.sum(F * F, axis=2))
    scale = 1 / xp.where(size > 0, size, xp.ones_like(size))
    F = F * scale[:, :, None]
    gram = xp.matmul(F, xp.permute_dims(F, (0, 2, 1))) + RIDGE * xp.eye(len(df), dtype=F.dtype)
    right = xp.matmul(F, f.T[:, :, None])
    weights = xp.linalg.solve(gram, right) * scale[:, :, None]
    return f - xp.sum(weights * G, axis=1).T
