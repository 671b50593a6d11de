"""Find the equilibrium of a shock: Anderson, then Newton-GMRES, then continuation in its size."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import Problem, UsageError
from detente.equilibrium.connect import Links
from detente.equilibrium.contradictions import over_the_cap
from detente.equilibrium.shock import Shock
from detente.model.clearing import Point, clear, settling_step
from detente.model.economy import Economy
from detente.model.settle import local_step
from detente.model.tangent import tangent
from detente.model.trade import rescaled, supplied
from detente.solve.anderson import anderson
from detente.solve.newton import newton
from detente.solve.solution import CONVERGED, MAX_ITER, STALLED, Solution

TOL: Final = 1e-10
MAX_PASSES: Final = 200
LEAST_STEP, LEAST_STEP_OF_BOUNDS = 1e-3, 0.02
"""Of the continuation. What stops it under bounds is that a commitment cannot be met: smaller steps found nothing."""
LEAST_SCALE: Final = 0.01
"""Smallest step of the walk in scale economies."""
NEAR: Final = 0.1
"""Under bounds Newton is tried only from a residual below this: further away it never arrived, at great cost."""
PATIENT: Final = 30
"""Passes with one local step; where they do not suffice, it is worked out again at the point reached (measured)."""
RESCALE: Final = 30.0
"""Largest theta times log cost change that the bilateral factors carry before they are scaled anew."""


@dataclass(frozen=True)
class Settings:
    """How hard to try. tol: largest residual of any block; max_iter: passes of the first solver.

    newton: whether Newton-GMRES may follow. A user who allows fewer passes than usual gets no fallback at all.
    """

    tol: float = TOL
    max_iter: int = MAX_PASSES
    newton: bool = True

    def validated(self) -> Settings:
        """Return self, or raise `UsageError`."""
        if not (isinstance(self.tol, int | float | np.number) and np.isfinite(self.tol) and 0 < self.tol < 1):
            raise UsageError(problems=[Problem("", "tol", repr(self.tol), "a number between 0 and 1", "1e-10")])
        if not (isinstance(self.max_iter, int | np.integer) and self.max_iter >= 1):
            raise UsageError(
                problems=[Problem("", "max_iter", repr(self.max_iter), "a whole number of at least 1", "200")]
            )
        return self


@dataclass(frozen=True)
class Root:
    """Where a solve ended: economy, point, quantities there, and how it got there."""

    econ: Economy
    z: Array
    at: Point
    solver_status: str
    passes: int
    found: Links
    fallbacks: tuple[str, ...] = ()
    lambda_reached: float = 1.0
    infeasible: tuple[str, ...] = field(default=())

    @property
    def converged(self) -> bool:
        """Return whether the whole shock was solved, with something left to spend in every country."""
        solved = self.solver_status == CONVERGED and self.lambda_reached == 1.0 and not self.infeasible
        return solved and bool((self.spendable > 0).all())

    @property
    def spendable(self) -> Array:
        """Return final income less exogenous demand, (country,). [MUSD]"""
        left: Array = self.at.income[:, 0] - self.econ.Z[..., 0].sum(axis=1)
        return left


def find_root(shock: Shock, settings: Settings, start: Array | None = None) -> Root:
    """Return the equilibrium of a shock: Anderson, then Newton-GMRES, then continuation in the size of the shock."""
    econ, found = shock.economy()
    infeasible = (
        *found.infeasible,
        *_unsupplied(shock, econ),
        *_out_of_reach(shock, econ),
        *over_the_cap(shock.base, shock.bounds),
    )
    z0 = np.zeros((econ.unknowns, 1)) if start is None else start
    if infeasible:
        with np.errstate(all="ignore"):
            return Root(econ, z0, clear(econ, z0), MAX_ITER, 0, found, infeasible=infeasible)
    if start is None and shock.round_about:
        return _risen(shock, settings)
    return _solved(shock, econ, found, z0, settings)


def _solved(shock: Shock, econ: Economy, found: Links, z0: Array, settings: Settings) -> Root:
    """Return the root from one start, or by continuation in the size of the shock where that fails."""
    root = _attempt(shock, econ, found, z0, settings)
    if root.converged or settings.max_iter < MAX_PASSES:
        return root
    return _continued(shock, root, settings)


def _risen(shock: Shock, settings: Settings) -> Root:
    """Return the root with scale economies by walking from none to all of them: with inputs there may be several.

    Inputs multiply the scale effect, and near psi theta = 1 there may be no interior equilibrium at all: then nothing
    is solved, however far the walk came.
    """
    reached, step = 0.0, 0.25
    flat = shock.with_scale(0.0)
    econ, found = flat.economy()
    last = _solved(flat, econ, found, np.zeros((econ.unknowns, 1)), settings)
    passes = last.passes
    while last.converged and reached < 1 and step > LEAST_SCALE:
        target = min(1.0, reached + step)
        part = shock.with_scale(target)
        econ, found = part.economy()
        root = _attempt(part, econ, found, last.z, replace(settings, newton=False))
        passes += root.passes
        if root.converged:
            reached, last, step = target, root, min(2 * step, 0.5)
        else:
            step /= 2
    if reached == 1.0:
        return replace(last, passes=passes)
    ended = (*last.fallbacks, f"continuation in psi to {reached:.3g}")
    return replace(last, passes=passes, fallbacks=ended, lambda_reached=0.0, solver_status=STALLED)


def _attempt(shock: Shock, econ: Economy, found: Links, z0: Array, settings: Settings) -> Root:
    """Return the root from one start: Anderson with rescaled factors where needed, then Newton."""
    with np.errstate(all="ignore"):
        econ, solution = _mixed(shock, econ, z0, settings)
        passes = int(solution.steps[0])
        fallbacks: tuple[str, ...] = ()
        near = shock.plan is None or solution.error[0] < NEAR
        if not solution.converged and near and settings.newton and settings.max_iter >= MAX_PASSES:
            second = second_opinion(econ, solution.value[:, 0], settings)
            passes, fallbacks = passes + int(second.steps[0]), ("newton-gmres",)
            if second.error[0] < solution.error[0]:
                solution = second
        at = clear(econ, solution.value)
    return Root(econ, solution.value, at, solution.status[0], passes, found, fallbacks)


def _mixed(shock: Shock, econ: Economy, z0: Array, settings: Settings) -> tuple[Economy, Solution]:
    """Run Anderson; where it takes long, see afresh what countries do to themselves, and go on.

    When costs move so far that the factors lose their range, these are rescaled as well.
    """
    z, used, original = z0, 0, econ.trade
    for patience in (PATIENT, settings.max_iter, settings.max_iter):
        scaled = econ

        def residual(point: Array, econ: Economy = scaled) -> tuple[Array, Array]:
            at = clear(econ, point)
            return settling_step(econ, at), at.error

        solution = anderson(residual, z, tol=settings.tol, max_iter=min(patience, settings.max_iter - used))
        used += int(solution.steps[0])
        z = solution.value
        if solution.converged or used >= settings.max_iter:
            break
        at = clear(econ, z)
        if np.isfinite(at.lc).all() and econ.wedges is None and _drift(econ, at) >= RESCALE:
            econ = econ.with_trade(rescaled(original, shock.elasticities, at.lc[..., 0]))
        elif patience == settings.max_iter:
            break
        econ = _resettled(econ, z)
    return econ, replace(solution, steps=np.array([used]))


def _drift(econ: Economy, at: Point) -> float:
    """Return how far costs have moved from where the bilateral factors are scaled, as a power of e in shares."""
    return float(np.abs(econ.theta * (at.lc - econ.trade.c0)).max())


def _resettled(econ: Economy, z: Array) -> Economy:
    """Return the economy with the local step at a point, where there is one."""
    at = clear(econ, z)
    if not np.isfinite(at.f).all():
        return econ
    try:
        local = local_step(econ, at)
    except np.linalg.LinAlgError:
        return econ
    return replace(econ, local=local) if np.isfinite(local).all() else econ


def second_opinion(econ: Economy, z0: Array, settings: Settings) -> Solution:
    """Return what Newton-GMRES makes of a start: the fallback, and the check of the first solver."""

    def residual(z: Array) -> tuple[Array, float, Point]:
        at = clear(econ, z[:, None])
        return at.f[:, 0], float(at.error[0]), at

    def product(at: Point, z: Array, dz: Array) -> Array:
        moved: Array = tangent(econ, z[:, None], at, dz[:, None]).f[:, 0]
        return moved

    return newton(residual, product, z0, tol=settings.tol)


def _continued(shock: Shock, failed: Root, settings: Settings) -> Root:
    """Return the root by walking from no shock to the whole shock, halving the step where a piece fails."""
    reached, step, z = 0.0, 0.25, np.zeros_like(failed.z)
    passes, last = failed.passes, failed
    least = LEAST_STEP if shock.plan is None else LEAST_STEP_OF_BOUNDS
    while reached < 1 and step > least:
        target = min(1.0, reached + step)
        part = shock.at(target)
        econ, found = part.economy()
        root = _attempt(part, econ, found, z, replace(settings, newton=target == 1.0))
        passes += root.passes
        if root.converged:
            reached, z, last, step = target, root.z, root, min(2 * step, 0.5)
        else:
            step /= 2
    fallbacks = (*failed.fallbacks, "continuation")
    if reached == 1.0:
        return replace(last, passes=passes, fallbacks=fallbacks)
    starved = _starved(shock, failed)
    return replace(failed, passes=passes, fallbacks=fallbacks, lambda_reached=reached, infeasible=starved)


def _unsupplied(shock: Shock, econ: Economy) -> tuple[str, ...]:
    """Return sentences on markets that are needed but have lost every supplier."""
    reached = supplied(econ.trade.A)
    if econ.wedges is not None:
        sold = econ.wedges.A[:, 0] > 0
        reached[econ.wedges.dest[sold], econ.wedges.sector[sold]] = True
    empty = (shock.base.expenditure > 0) & ~reached
    countries, sectors = shock.base.countries, shock.base.sectors
    return tuple(
        f"{countries[d]}, {sectors[s]}: every supplier is embargoed, home included" for d, s in np.argwhere(empty)[:5]
    )


def _out_of_reach(shock: Shock, econ: Economy) -> tuple[str, ...]:
    """Return sentences on purchases and guarantees whose cells are all embargoed."""
    if econ.wedges is None or shock.plan is None:
        return ()
    links, least = econ.wedges.links, np.isneginf(econ.wedges.bounds.lower[:, 0])
    open_ = np.bincount(links.bound + 1, econ.wedges.A[links.cell, 0] > 0, len(least) + 1)[1:] > 0
    bounds = [shock.plan.bounds[at] for at in np.flatnonzero(least & ~open_)]
    found = [f"{bound.name or bound.kind}: a least purchase on cells that are embargoed" for bound in bounds]
    wedges, base = econ.wedges, shock.base
    for at in np.flatnonzero((wedges.directed[:, 0] > 0) & (wedges.A[:, 0] == 0)):
        ends = base.countries[wedges.origin[at]], base.countries[wedges.dest[at]], base.sectors[wedges.sector[at]]
        found.append(f"{'-'.join(ends)}: purchases from a cell that is embargoed")
    return tuple(found[:5])


def _starved(shock: Shock, root: Root) -> tuple[str, ...]:
    """Return sentences on countries that owe more than they earn: to others, or to purchases outside their budget."""
    base, found = shock.base, []
    bought = (shock.Z_new - base.final_exogenous).sum(axis=1)
    for n in np.flatnonzero(~(root.spendable > 0)):
        if bought[n] > max(-shock.D_new[n], 0.0):
            found.append(f"{base.countries[n]}: {bought[n]:.6g} MUSD of new exogenous demand, over its income")
        elif shock.D_new[n] < 0:
            owed = f"asked to pay {-shock.D_new[n]:.6g} MUSD"
            found.append(f"{base.countries[n]}: {owed}, more than it can earn under this shock")
    return tuple([*found, *_negative_markets(shock, root)][:5])


def _negative_markets(shock: Shock, root: Root) -> list[str]:
    """Return sentences on markets whose negative exogenous demand is larger than everything bought there."""
    spending = root.at.X1[..., 0]
    cells = np.argwhere((spending < 0) & (shock.Z_new < 0))
    countries, sectors = shock.base.countries, shock.base.sectors
    return [f"{countries[d]}, {sectors[s]}: negative exogenous demand is larger than all purchases" for d, s in cells]
