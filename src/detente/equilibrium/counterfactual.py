"""Solve one shock: model and solver meet here, and every result leaves with a certificate."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline, register_rebuild
from detente.certify import Evidence, certificate, recompute, recompute_market
from detente.core.arrays import Array
from detente.core.certificate import INFEASIBLE, Certificate, Warn
from detente.core.closure import Closure
from detente.core.errors import Problem, SolveError, UsageError
from detente.core.market import PERFECT_MARKET, Market, as_market
from detente.core.once import Once
from detente.core.result import Result, all_arrays
from detente.core.tables import trade_totals
from detente.equilibrium.assemble import outputs
from detente.equilibrium.connect import Links
from detente.equilibrium.examine import examine
from detente.equilibrium.firms import check_market, under_market
from detente.equilibrium.instruments import directed_demand, embargoed, nests, placed
from detente.equilibrium.remarks import remarks, who_collects
from detente.equilibrium.root import MAX_PASSES, TOL, Root, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.policy.wedges import Wedges

BALANCED_SLACK: Final = 1e-9
REBUILT: Final = 1e-10
"""Largest residual of a world that is handed out as a baseline of its own."""


def solve(
    base: Baseline,
    tariffs: Any = None,
    trade_cost_hat: Any = None,
    wedges: Wedges | None = None,
    *,
    closure: str | Closure = "world-share",
    numeraire: str | None = None,
    revenue: str = "lump-sum",
    market: Any = "perfect",
    include_purge: bool = False,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
    throw: bool = True,
    certify: str = "quick",
) -> Result:
    """Solve the world economy under new tariffs and trade costs.

    Args:
        base: the world before.
        tariffs: (N, N, J) new rates, origin, dest, sector; None leaves them. [fraction]
        trade_cost_hat: (N, N, J) change of iceberg costs; inf is an embargo; None is no change. [ratio]
        wedges: the same and more in one object, instead of the two arguments above.
        closure: "world-share", "balanced" or "fixed-nominal", or a Closure, which then says numeraire and revenue too;
            numeraire: named for fixed-nominal only.
        revenue: "lump-sum", "wasted", or "income-tax-relief" with elastic labour.
        market: "perfect", "krugman-fixed", "krugman-free" or "melitz-pareto", or a Market with parameters.
        include_purge: allow "balanced" on a baseline with deficits: the result then mixes the purge into the policy.
        tol: largest relative residual of any block. max_iter: passes before a fallback is tried.
        throw: raise `SolveError` unless certified or solved and marked; False returns the result with its status,
            whose numbers cannot be read.
        certify: "quick" recomputes every residual; "full" adds 20 other starts, a second solver and the condition.
    Returns:
        A result with its certificate.
    Raises:
        UsageError: closure, numeraire, market or settings that cannot be. DataError: wedges of the wrong shape.
        SolveError: no certified equilibrium; carries the certificate.
    Source: Dekle, Eaton and Kortum (2008); Caliendo and Parro (2015).
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022")
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> result = dt.solve(world, tariffs)
        >>> result.status, [f"{100 * (result.welfare_hat[n] - 1):+.2f} %" for n in (usa, chn)]
        ('CERTIFIED', ['-0.04 %', '-0.13 %'])
    """
    settings = Settings(tol, max_iter).validated()
    check_arguments(base, tariffs, trade_cost_hat, wedges, certify)
    rule = closure_rule(closure, numeraire, revenue).validated(base.countries)
    wedges = (wedges or Wedges(tariffs=tariffs, trade_cost_hat=trade_cost_hat)).validated(base)
    shock = as_shock(base, wedges, rule, include_purge=include_purge, market=as_market(market))
    started = time.perf_counter()
    root = find_root(shock, settings)
    solved = time.perf_counter()
    result = certified(shock, root, settings, solve_seconds=solved - started, full=certify == "full")
    if throw:
        require(result)
    return result


def check_arguments(base: Any, tariffs: Any, trade_cost_hat: Any, wedges: Any, certify: Any) -> None:
    """Raise `UsageError` for arguments of `solve` that are of the wrong kind or contradict each other."""
    if not isinstance(base, Baseline):
        raise UsageError(f"base: found {type(base).__name__}; expected a Baseline; try dt.baseline({base!r})")
    if certify not in ("quick", "full"):
        raise UsageError(f"certify: found {certify!r}; expected 'quick' or 'full'")
    if wedges is not None and (tariffs is not None or trade_cost_hat is not None):
        raise UsageError("wedges: found together with tariffs or trade_cost_hat; expected one or the other")
    if wedges is not None and not isinstance(wedges, Wedges):
        raise UsageError(f"wedges: found {type(wedges).__name__}; expected dt.Wedges(tariffs=.., trade_cost_hat=..)")


def closure_rule(closure: str | Closure, numeraire: str | None, revenue: str) -> Closure:
    """Return the closure; one given whole may not be contradicted beside it."""
    if not isinstance(closure, Closure):
        return Closure(closure, revenue, numeraire)
    if numeraire is not None or revenue != Closure().revenue:
        raise UsageError(
            "closure: found a Closure with numeraire or revenue beside it; expected them inside the Closure"
        )
    return closure


def as_shock(
    base: Baseline, wedges: Wedges, closure: Closure, *, include_purge: bool = False,
    market: Market = PERFECT_MARKET, once: Once | None = None,
) -> Shock:  # fmt: skip
    """Return the validated shock.

    Args:
        base: the world. wedges: validated. closure: validated. include_purge, market: as in `solve`.
        once: remembers what was made for other shocks from the same objects.
    Raises:
        UsageError: balanced trade on a baseline with deficits, without `include_purge`; a market structure that cannot
            be, or not on this world.
    """
    base, firms = under_market(base, market)
    check_market(firms, closure, len(wedges.bounds) + len(wedges.critical))
    if closure.deficits == "balanced" and not include_purge:
        largest = int(np.abs(base.deficit / base.earnings).argmax())
        ratio = float(base.deficit[largest] / base.earnings[largest])
        if abs(ratio) > BALANCED_SLACK:
            worst = f"{base.countries[largest]}: {100 * ratio:.3g} % of value added"
            found = f"'balanced' on a baseline with deficits ({worst})"
            expected = "a purged baseline, because purging deficits is not part of the policy"
            hint = "base.purged(), or include_purge=True to have both effects in one number"
            raise UsageError(problems=[Problem("", "closure", found, expected, hint)])
    t_new = base.tariffs if wedges.tariffs is None else wedges.tariffs
    Z = base.final_exogenous if wedges.final_exogenous is None else wedges.final_exogenous
    D = np.zeros_like(base.deficit) if closure.deficits == "balanced" else base.deficit
    once = once or Once()
    kappa, bounds = once(embargoed, base, wedges.trade_cost_hat, wedges.bounds)
    plan = once(placed, base, bounds)
    Z = Z + once(directed_demand, base, wedges.bounds)
    held = once(nests, base, wedges.critical)
    return Shock(base, closure, t_new, kappa, Z, D, plan, held, wedges, market=market, firms=firms)


def require(result: Result, name: str = "") -> None:
    """Raise `SolveError` with residual, worst market and three things to try, unless the result may be read.

    Args:
        result: any. name: which one of many, for the message.
    """
    cert = result.certificate
    if cert.ok:
        return
    lines = [f"{name}no certified equilibrium: {cert.line}", *(f"  {warn.text}" for warn in cert.warnings)]
    if cert.status == INFEASIBLE:
        lines.append(
            "  no iteration can help: change the shock; where deficits are the reason, a closure in which they adjust"
        )
    else:
        lines.append("  try: a larger max_iter; a smaller shock; another closure, if deficits are large")
    raise SolveError("\n".join(lines), certificate=cert)


def certified(
    shock: Shock,
    root: Root,
    settings: Settings,
    *,
    solve_seconds: float = 0.0,
    full: bool = False,
    once: Once | None = None,
) -> Result:
    """Return the result of a root with the certificate recomputed from its outputs.

    Args:
        shock: what was solved. root: where it ended. settings: how hard it was tried.
        solve_seconds: wall time of the solve, kept beside that of the certificate. full: examine other starts as well.
        once: remembers what results on one baseline share.
    """
    started = time.perf_counter()
    base, once = shock.base, once or Once()
    stored = outputs(shock, root.econ, root.z, root.at) if root.converged else {}
    seen = examine(root, settings) if full and root.converged else None
    evidence = Evidence(
        solver_status="STALLED" if root.infeasible else root.solver_status,
        iterations=root.passes,
        baseline=once(baseline_facts, base),
        fallbacks=root.fallbacks,
        lambda_reached=root.lambda_reached,
        parts=root.found.parts,
        infeasible=root.infeasible,
        notes=(*(seen.notes if seen else ()), *_stuck(shock, root)),
    )
    if seen:
        evidence = replace(evidence, uniqueness=seen.uniqueness, cond=seen.cond)
    cert = verdict(shock, stored, evidence, root.found, once)
    provenance = {
        "settings": {"tol": settings.tol, "max_iter": settings.max_iter},
        "elasticity_set": base.elasticity_set,
        "timing": {"solve": solve_seconds, "certify": time.perf_counter() - started},
    }
    if not shock.market.perfect:
        cert = replace(cert, closure={**cert.closure, "market": shock.market.title})
    asked = shock.wedges or Wedges()
    return Result(
        base, shock.closure, cert, stored, provenance, bounds=tuple(asked.bounds), critical=tuple(asked.critical),
        market=shock.market,
    )  # fmt: skip


def _recomputed(shock: Shock, arrays: dict[str, Array], once: Once) -> dict[str, tuple[float, str]]:
    """Return the residuals of stored outputs: those of the market structure, if there is one."""
    countries, sectors = shock.base.countries, shock.base.sectors
    if shock.firms is not None:
        return recompute_market(arrays, shock.closure, countries, sectors, shock.firms)
    return recompute(arrays, shock.closure, countries, sectors, shock.bounds, once=once)


def verdict(shock: Shock, stored: Mapping[str, Array], evidence: Evidence, found: Links, once: Once) -> Certificate:
    """Return the certificate of stored outputs, recomputed from all of them.

    Args:
        shock: what was asked for. stored: the outputs, {} where there are none. evidence: what the solve says of
        itself. found: connected parts of its trade. once: remembers what results on one baseline share.
    """
    base, residuals = shock.base, {}
    if stored:
        arrays = all_arrays(base, stored, once)
        arrays |= {} if shock.theta is None else {"trade_elasticity": shock.theta}
        residuals = _recomputed(shock, arrays, once)
    evidence = replace(
        evidence,
        least_trade=_least_trade(base, stored, found, once),
        rents=once(who_collects, shock.bounds),
        notes=(*_notes(shock), *remarks(shock, stored), *evidence.notes),
    )
    return certificate(residuals, evidence, shock.closure)


def baseline_facts(base: Baseline) -> dict[str, Any]:
    """Return what the certificate says about the baseline: identity, years, what balancing moved, its own warnings."""
    meta, years = base.meta, base.meta.get("years", {})
    cost_gap = float(np.abs(base.value_added_share + base.input_share.sum(axis=0) - 1).max())
    moved = meta.get("balancing", {}).get("moved_share", _built_share(base))
    return {
        "id": base.id,
        "sha256": base.sha256,
        "elasticities": base.elasticity_set,
        "max_imbalance": max(cost_gap, float(meta.get("balancing", {}).get("max_imbalance", 0.0))),
        "moved_share": max(float(moved), float(meta.get("treatment", {}).get("moved_share", 0.0))),
        "weak": bool(meta.get("weak", False)),
        "year_flows": years.get("flows"),
        "year_tariffs": years.get("tariffs"),
        "warnings": list(meta.get("warnings", ())),
    }


def _built_share(base: Baseline) -> float:
    """Return the money that the builder of a packaged world moved in its cost tables, over world value added."""
    steps = base.meta.get("log", {})
    moved = sum(float(step["sum_musd"]) for name, step in steps.items() if not name.startswith("tariff"))
    return moved / float(base.value_added.sum())


def _least_trade(base: Baseline, stored: Mapping[str, Array], found: Links, once: Once) -> tuple[float, str]:
    """Return the smallest ratio of trade to value added, with the country, among those that still have a partner."""
    if not stored:
        return 1.0, ""
    exports, imports = trade_totals(stored["flows_new"])
    alone = found.members.T @ (found.members.sum(axis=1) == 1)
    traded = sum(once(trade_totals, base.flows)) > 0
    ratio = np.where(traded & (alone == 0), (exports + imports) / (stored["wage_hat"] * base.earnings), np.inf)
    n = int(ratio.argmin())
    return float(ratio[n]), base.countries[n]


def _unmet(shock: Shock, root: Root) -> str:
    """Return the instrument that is furthest from being met, in words."""
    took = root.at.took
    if shock.plan is None or took is None or not took.error.size:
        return ""
    at = int(np.abs(np.nan_to_num(took.error[:, 0], nan=np.inf)).argmax())
    bound = shock.plan.bounds[at]
    return f"; {bound.name or bound.kind} on {'-'.join(bound.cells[0])}: {100 * np.expm1(took.gap[at, 0]):+.3g} % off"


def _stuck(shock: Shock, root: Root) -> tuple[Warn, ...]:
    """Return where an unsolved iteration was furthest from an equilibrium."""
    base = shock.base
    if root.converged or root.infeasible:
        return ()
    f_w, f_P, f_X = (np.abs(np.nan_to_num(block[..., 0], nan=np.inf)) for block in root.econ.split(root.at.f))
    market = np.maximum(f_P, f_X)
    d, s = np.unravel_index(int(market.argmax()), market.shape)
    n = int(f_w.argmax())
    place = f"market {base.countries[int(d)]} {base.sectors[int(s)]}, wage of {base.countries[n]}"
    text = f"largest residual {root.at.error[0]:.1e}; worst {place}{_unmet(shock, root)}"
    if root.lambda_reached < 1:
        text += f"; {100 * root.lambda_reached:.3g} % of the shock was solved"
    return (Warn("unsolved", text, "when-a-solve-fails"),)


def _notes(shock: Shock) -> tuple[Warn, ...]:
    if shock.closure.deficits != "fixed-nominal":
        return ()
    text = f"deficits are fixed in units of {shock.closure.numeraire}: results depend on that choice"
    return (Warn("numeraire", text, "choose-a-closure"),)


def rebuilt(base: Baseline, deficits: str, market: Any = PERFECT_MARKET) -> Baseline:
    """Return the world re-solved without policy change under a deficit closure, as a consistent baseline.

    Args:
        base: the world. deficits: the closure. market: the structure it is solved under.
    Raises:
        SolveError: no equilibrium found; the countries that have none are named.
    """
    shock = as_shock(base, Wedges(), Closure(deficits), include_purge=True, market=as_market(market))
    root = find_root(shock, Settings(tol=1e-12))
    if not root.infeasible and root.at.error[0] <= REBUILT and (root.spendable > 0).all():
        new = outputs(shock, root.econ, root.z, root.at)
        return base.replace(flows=np.array(new["flows_new"]), final_exogenous=np.array(new["final_exogenous_new"]))
    require(certified(shock, replace(root, solver_status="STALLED"), Settings()))
    raise SolveError(f"re-solving {base.id} without policy change did not converge (residual {root.at.error[0]:.1e})")


register_rebuild(rebuilt)
