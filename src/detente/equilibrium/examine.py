"""The full part of the certificate: other starts, a second solver, the condition of the system at the solution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.certificate import Warn
from detente.equilibrium.root import Root, Settings, second_opinion
from detente.model.clearing import clear, settling_step
from detente.model.tangent import tangent
from detente.solve.anderson import anderson
from detente.solve.newton import gmres
from detente.solve.solution import CONVERGED

STARTS: Final = 20
SPREAD: Final = 10.0
SAME: Final = 1e-7
"""Two solutions whose logs differ by less than this are one."""
SEED: Final = 20251025


@dataclass(frozen=True)
class Examination:
    """What was found. uniqueness: starts, converged, distinct, claim. cond: estimate. notes: warnings in words."""

    uniqueness: dict[str, Any]
    cond: float
    notes: tuple[Warn, ...]


def examine(root: Root, settings: Settings, *, starts: int = STARTS, seed: int = SEED) -> Examination:
    """Return whether other starts and another solver find the same equilibrium, and how well it is conditioned.

    Args:
        root: a converged root. settings: as it was solved. starts: points with every hat drawn log-uniformly from
            [1/10, 10], solved as one batch. seed: of the draw.
    """
    econ = root.econ
    draws = np.random.default_rng(seed).uniform(-1, 1, (econ.unknowns, starts)) * np.log(SPREAD)

    def residual(z: Array) -> tuple[Array, Array]:
        at = clear(econ, z)
        return settling_step(econ, at), at.error

    with np.errstate(all="ignore"):
        found = anderson(residual, draws, tol=settings.tol, max_iter=2 * settings.max_iter)
        other = second_opinion(econ, root.z[:, 0] + 0.01 * draws[:, 0], settings)
    done = np.array([status == CONVERGED for status in found.status])
    distinct = _distinct(root.z, found.value[:, done])
    claim = f"no second equilibrium found in {int(done.sum())} of {starts} starts that converged"
    if distinct > 1:
        claim = f"{distinct} different equilibria found in {starts} starts"
    notes = []
    gap = float(np.abs(other.value - root.z).max())
    if other.status[0] != CONVERGED or gap > SAME:
        notes.append(
            Warn("second_solver", f"Newton-GMRES ended {other.status[0]}, {gap:.1e} away in logs", "uniqueness")
        )
    if done.sum() < starts / 2:
        text = f"only {int(done.sum())} of {starts} other starts converged: nothing is known about a second equilibrium"
        notes.append(Warn("uniqueness", text, "uniqueness"))
    uniqueness = {"starts": starts, "converged": int(done.sum()), "distinct": distinct, "claim": claim}
    return Examination(uniqueness, condition(root), tuple(notes))


def _distinct(first: Array, others: Array) -> int:
    """Return the number of different columns, `first` included."""
    kept = [first[:, 0]]
    for column in others.T:
        if all(np.abs(column - known).max() > SAME for known in kept):
            kept.append(column)
    return len(kept)


def condition(root: Root) -> float:
    """Return an estimate of the condition number of the residual's Jacobian, from the singular values of GMRES."""
    direction = np.random.default_rng(SEED).standard_normal(root.econ.unknowns)

    def product(dz: Array) -> Array:
        moved: Array = tangent(root.econ, root.z, root.at, dz[:, None]).f[:, 0]
        return moved

    _, _, hessenberg = gmres(product, direction, rtol=1e-10, restarts=1)
    singular = np.linalg.svd(hessenberg, compute_uv=False)
    return float(singular[0] / singular[-1]) if singular.size and singular[-1] > 0 else float("inf")
