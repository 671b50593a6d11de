"""Solve one shock: model and solver meet here, and every result leaves with a certificate."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline, register_rebuild
from detente.certify import Evidence, certificate, recompute
from detente.core.arrays import Array
from detente.core.certificate import INFEASIBLE, Warn
from detente.core.closure import Closure
from detente.core.errors import Problem, SolveError, UsageError
from detente.core.result import Result, all_arrays
from detente.equilibrium.assemble import outputs
from detente.equilibrium.connect import Links
from detente.equilibrium.shock import Shock
from detente.model.clearing import Point, clear
from detente.model.economy import Economy
from detente.model.tangent import tangent
from detente.model.trade import rescaled, supplied
from detente.policy.wedges import Wedges
from detente.solve.anderson import anderson
from detente.solve.newton import newton
from detente.solve.solution import CONVERGED, MAX_ITER, NONFINITE, Solution

TOL: Final = 1e-10
MAX_PASSES: Final = 200
RESCALE: Final = 30.0
"""Largest theta times log cost change that the bilateral factors carry before they are scaled anew."""
BALANCED_SLACK: Final = 1e-9


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
        if not (np.isfinite(self.tol) and 0 < self.tol < 1):
            raise UsageError(problems=[Problem("", "tol", repr(self.tol), "a number between 0 and 1", "1e-10")])
        if int(self.max_iter) != self.max_iter or self.max_iter < 1:
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
        """Return whether the whole shock was solved."""
        return self.solver_status == CONVERGED and self.lambda_reached == 1.0 and not self.infeasible


def solve(
    base: Baseline,
    tariffs: Any = None,
    trade_cost_hat: Any = None,
    wedges: Wedges | None = None,
    *,
    closure: str = "world-share",
    numeraire: str | None = None,
    revenue: str = "lump-sum",
    market: Any = "perfect",
    include_purge: bool = False,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
    throw: bool = True,
) -> Result:
    """Solve the world economy under new tariffs and trade costs.

    Args:
        base: the world before.
        tariffs: (N, N, J) new rates, origin, dest, sector; None leaves them. [fraction]
        trade_cost_hat: (N, N, J) change of iceberg costs; inf is an embargo; None is no change. [ratio]
        wedges: the same and more in one object, instead of the two arguments above.
        closure: "world-share", "balanced" or "fixed-nominal"; numeraire: named for fixed-nominal only.
        revenue: "lump-sum" or "wasted".
        market: "perfect"; other market structures are refused in this version.
        include_purge: allow "balanced" on a baseline with deficits: the result then mixes the purge into the policy.
        tol: largest relative residual of any block. max_iter: passes before a fallback is tried.
        throw: raise `SolveError` unless certified or solved and marked; False returns the result with its status,
            whose numbers cannot be read.
    Returns:
        A result with its certificate.
    Raises:
        UsageError: closure, numeraire, market or settings that cannot be. DataError: wedges of the wrong shape.
        SolveError: no certified equilibrium; carries the certificate.
    Source: Dekle, Eaton and Kortum (2008); Caliendo and Parro (2015).
    """
    settings = Settings(tol, max_iter).validated()
    rule = Closure(closure, revenue, numeraire).validated(base.countries)
    if market != "perfect":
        raise UsageError(f"market: found {market!r}; expected 'perfect'; this version models perfect competition only")
    if wedges is not None and (tariffs is not None or trade_cost_hat is not None):
        raise UsageError("wedges: found together with tariffs or trade_cost_hat; expected one or the other")
    wedges = (wedges or Wedges(tariffs=tariffs, trade_cost_hat=trade_cost_hat)).validated(base)
    shock = as_shock(base, wedges, rule, include_purge=include_purge)
    started = time.perf_counter()
    root = find_root(shock, settings)
    solved = time.perf_counter()
    result = certified(shock, root, settings, solve_seconds=solved - started)
    if throw:
        require(result)
    return result


def as_shock(base: Baseline, wedges: Wedges, closure: Closure, *, include_purge: bool = False) -> Shock:
    """Return the validated shock.

    Raises:
        UsageError: balanced trade on a baseline with deficits, without `include_purge`.
    """
    if closure.deficits == "balanced" and not include_purge:
        largest = int(np.abs(base.deficit / base.value_added).argmax())
        ratio = float(base.deficit[largest] / base.value_added[largest])
        if abs(ratio) > BALANCED_SLACK:
            found = f"'balanced' on a baseline with deficits ({base.countries[largest]}: {100 * ratio:.3g} % of value added)"
            expected = "a purged baseline, because purging deficits is not part of the policy"
            hint = "base.purged(), or include_purge=True to have both effects in one number"
            raise UsageError(problems=[Problem("", "closure", found, expected, hint)])
    t_new = base.tariffs if wedges.tariffs is None else np.array(wedges.tariffs, dtype=float)
    kappa = None if wedges.trade_cost_hat is None else np.array(wedges.trade_cost_hat, dtype=float)
    Z = base.final_exogenous if wedges.final_exogenous is None else np.array(wedges.final_exogenous, dtype=float)
    D = np.zeros_like(base.deficit) if closure.deficits == "balanced" else base.deficit
    return Shock(base, closure, t_new, kappa, Z, D)


def require(result: Result) -> None:
    """Raise `SolveError` with residual, worst market and three things to try, unless the result may be read."""
    cert = result.certificate
    if cert.ok:
        return
    lines = [f"no certified equilibrium: {cert.line}", *(f"  {warn.text}" for warn in cert.warnings)]
    if cert.status == INFEASIBLE:
        lines.append("  no iteration can help: change the shock, or use a closure in which these deficits adjust")
    else:
        lines.append(
            "  try: a larger max_iter; a smaller shock (the path reached is in certificate.path); elasticities below 20"
        )
    raise SolveError("\n".join(lines), certificate=cert)


def find_root(shock: Shock, settings: Settings, start: Array | None = None) -> Root:
    """Return the equilibrium of a shock: Anderson, then Newton-GMRES, then continuation in the size of the shock."""
    econ, found = shock.economy()
    infeasible = (*found.infeasible, *_unsupplied(shock, econ))
    z0 = np.zeros((econ.unknowns, 1)) if start is None else start
    if infeasible:
        with np.errstate(all="ignore"):
            return Root(econ, z0, clear(econ, z0), INFEASIBLE, 0, found, infeasible=infeasible)
    root = _attempt(shock, econ, found, z0, settings)
    if root.converged or settings.max_iter < MAX_PASSES:
        return root
    return _continued(shock, root, settings)


def _attempt(shock: Shock, econ: Economy, found: Links, z0: Array, settings: Settings) -> Root:
    """Return the root from one start: Anderson with rescaled factors where needed, then Newton."""
    with np.errstate(all="ignore"):
        econ, solution = _mixed(shock, econ, z0, settings)
        passes = int(solution.steps[0])
        fallbacks: tuple[str, ...] = ()
        if not solution.converged and settings.newton and settings.max_iter >= MAX_PASSES:
            second = _newton(econ, solution.value[:, 0], settings)
            passes, fallbacks = passes + int(second.steps[0]), ("newton-gmres",)
            if second.error[0] < solution.error[0]:
                solution = second
        at = clear(econ, solution.value)
    return Root(econ, solution.value, at, solution.status[0], passes, found, fallbacks)


def _mixed(shock: Shock, econ: Economy, z0: Array, settings: Settings) -> tuple[Economy, Solution]:
    """Run Anderson; when costs move so far that the factors lose their range, rescale them there and go on."""
    z, used, original = z0, 0, econ.trade
    while True:
        scaled = econ

        def residual(point: Array, econ: Economy = scaled) -> tuple[Array, Array]:
            at = clear(econ, point)
            return at.f, at.error

        solution = anderson(residual, z, tol=settings.tol, max_iter=settings.max_iter - used)
        used += int(solution.steps[0])
        z = solution.value
        lc = clear(econ, z).lc
        drift = float(np.abs(econ.theta * (lc - econ.trade.c0)).max()) if np.isfinite(lc).all() else 0.0
        if solution.converged or used >= settings.max_iter or drift < RESCALE:
            return econ, replace(solution, steps=np.array([used]))
        econ = econ.with_trade(rescaled(original, shock.base.trade_elasticity, lc[..., 0]))


def _newton(econ: Economy, z0: Array, settings: Settings) -> Solution:
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
    while reached < 1 and step > 1e-3:
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
    empty = (shock.base.expenditure > 0) & ~supplied(econ.trade.A)
    countries, sectors = shock.base.countries, shock.base.sectors
    return tuple(
        f"{countries[d]}, {sectors[s]}: every supplier is embargoed, home included" for d, s in np.argwhere(empty)[:5]
    )


def _starved(shock: Shock, root: Root) -> tuple[str, ...]:
    """Return sentences on countries asked to pay more than they can earn."""
    income = root.at.income[:, 0]
    poor = np.flatnonzero(~(income > 0) & (shock.D_new < 0))
    return tuple(
        f"{shock.base.countries[n]}: asked to pay {-shock.D_new[n]:.6g} MUSD, more than it can earn under this shock"
        for n in poor[:5]
    )


def certified(
    shock: Shock, root: Root, settings: Settings, *, solve_seconds: float = 0.0, notes: tuple[Warn, ...] = ()
) -> Result:
    """Return the result of a root with the certificate recomputed from its outputs."""
    started = time.perf_counter()
    base = shock.base
    stored: dict[str, Array] = {}
    if root.solver_status == CONVERGED and not root.infeasible and root.lambda_reached == 1.0:
        stored = outputs(shock, root.econ, root.z, root.at)
    arrays = all_arrays(base, stored) if stored else {}
    residuals = recompute(arrays, shock.closure, base.countries, base.sectors) if stored else {}
    evidence = Evidence(
        solver_status=_solver_word(root),
        iterations=root.passes,
        baseline=baseline_facts(base),
        fallbacks=root.fallbacks,
        lambda_reached=root.lambda_reached,
        parts=root.found.parts,
        infeasible=root.infeasible,
        least_trade=_least_trade(base, stored),
        notes=(*notes, *_notes(shock)),
    )
    cert = certificate(residuals, evidence, shock.closure)
    provenance = {
        "settings": {"tol": settings.tol, "max_iter": settings.max_iter},
        "elasticity_set": base.elasticity_set,
        "timing": {"solve": solve_seconds, "certify": time.perf_counter() - started},
    }
    return Result(base, shock.closure, cert, stored, provenance)


def _solver_word(root: Root) -> str:
    return MAX_ITER if root.solver_status == INFEASIBLE else root.solver_status


def baseline_facts(base: Baseline) -> dict[str, Any]:
    """Return what the certificate says about the baseline."""
    years = base.meta.get("years", {})
    treatment = base.meta.get("treatment", {})
    return {
        "id": base.id,
        "sha256": base.sha256,
        "elasticities": base.elasticity_set,
        "max_imbalance": float(base.meta.get("max_imbalance", 0.0)),
        "moved_share": float(treatment.get("moved_share", base.meta.get("moved_share", 0.0))),
        "weak": bool(base.meta.get("weak", False)),
        "year_flows": years.get("flows"),
        "year_tariffs": years.get("tariffs"),
    }


def _least_trade(base: Baseline, stored: dict[str, Array]) -> tuple[float, str]:
    """Return the smallest ratio of trade to value added among countries that traded before."""
    if not stored:
        return 1.0, ""
    home = np.einsum("nns->n", stored["flows_new"])
    trade = stored["flows_new"].sum(axis=(1, 2)) + stored["flows_new"].sum(axis=(0, 2)) - 2 * home
    ratio = trade / (stored["wage_hat"] * base.value_added)
    traded = base.flows.sum(axis=(1, 2)) - np.einsum("nns->n", base.flows) > 0
    ratio = np.where(traded & (trade > 0), ratio, np.inf)
    n = int(ratio.argmin())
    return float(ratio[n]), base.countries[n]


def _notes(shock: Shock) -> tuple[Warn, ...]:
    if shock.closure.deficits != "fixed-nominal":
        return ()
    text = f"deficits are fixed in units of {shock.closure.numeraire}: results depend on that choice"
    return (Warn("numeraire", text, "choose-a-closure"),)


def rebuilt(base: Baseline, deficits: str) -> Baseline:
    """Return the world re-solved without policy change under a deficit closure, as a consistent baseline.

    Raises:
        SolveError: no equilibrium found.
    """
    closure = Closure(deficits)
    shock = as_shock(base, Wedges(), closure, include_purge=True)
    settings = Settings(tol=1e-12)
    root = find_root(shock, settings)
    new = outputs(shock, root.econ, root.z, root.at)
    if root.at.error[0] > 1e-10 or root.infeasible:
        raise SolveError(
            f"re-solving {base.id} without policy change did not converge (residual {root.at.error[0]:.1e})"
        )
    flows = np.array(new["flows_new"])
    return base.replace(flows=flows, final_exogenous=np.array(new["final_exogenous_new"]))


register_rebuild(rebuilt)

__all__ = ["NONFINITE", "Root", "Settings", "as_shock", "certified", "find_root", "rebuilt", "require", "solve"]
