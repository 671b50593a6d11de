"""From residuals to a status, a grade and warnings in words. Nothing is certified by the solver's own opinion."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from detente.core.certificate import (
    BASELINE_WEAK,
    CERTIFIED,
    ILL_CONDITIONED,
    INFEASIBLE,
    MULTIPLE_FOUND,
    NOT_SOLVED,
    PARTIAL_PATH,
    SOLVED_WARN,
    UNCERTIFIED,
    Certificate,
    Warn,
)
from detente.core.closure import Closure

THRESHOLD: Final = 1e-9
CONVERGED: Final = "CONVERGED"
AUTARKY: Final = 1e-6
"""Trade below this fraction of value added pins wages too weakly to be told."""
MAX_CONDITION: Final = 1e8
WEAK_MOVE: Final = 0.01
MAX_IMBALANCE: Final = 1e-6


@dataclass(frozen=True)
class Evidence:
    """What the solve reports about itself, to be held against the recomputed residuals.

    Attributes:
        solver_status, iterations, fallbacks: how the iteration ended. lambda_reached: part of the shock solved.
        parts: connected parts of the trade graph. infeasible: sentences, if there can be no equilibrium.
        least_trade: smallest (exports + imports) / value added over countries, with the country.
        baseline: id, sha256, max_imbalance, moved_share, year_flows, year_tariffs.
        uniqueness: starts, distinct, claim. cond: condition estimate or None. notes: further warnings.
        rents: who collects what instruments take.
    """

    solver_status: str
    iterations: int
    baseline: Mapping[str, Any]
    fallbacks: tuple[str, ...] = ()
    lambda_reached: float = 1.0
    parts: int = 1
    infeasible: tuple[str, ...] = ()
    least_trade: tuple[float, str] = (1.0, "")
    uniqueness: Mapping[str, Any] = field(default_factory=lambda: {"starts": 1, "distinct": 1, "claim": "not examined"})
    cond: float | None = None
    notes: tuple[Warn, ...] = ()
    rents: str = "none"


def certificate(
    residuals: Mapping[str, tuple[float, str]], evidence: Evidence, closure: Closure, *, threshold: float = THRESHOLD
) -> Certificate:
    """Return the certificate of a solve.

    Args:
        residuals: recomputed from the stored outputs; empty where there are no outputs.
        evidence: what the solve reports. closure: the rule in force. threshold: largest residual that certifies.
    """
    worst = max((value for value, _ in residuals.values()), default=math.inf)
    status = _status(worst <= threshold, evidence)
    warnings = _warnings(status, worst, threshold, evidence)
    return Certificate(
        status=status,
        solver_status=evidence.solver_status,
        grade=_grade(status, warnings),
        closure={
            "deficits": closure.deficits,
            "revenue": closure.revenue,
            "rents": evidence.rents,
            "numeraire": closure.numeraire or "world value added (results do not depend on it)",
        },
        residuals=dict(residuals),
        baseline=dict(evidence.baseline),
        iterations=evidence.iterations,
        tolerance=threshold,
        fallbacks=evidence.fallbacks,
        path={"lambda_reached": evidence.lambda_reached},
        conditioning={"cond": evidence.cond, "digits": _digits(worst, evidence)},
        uniqueness=dict(evidence.uniqueness),
        warnings=tuple(warnings),
    )


def _status(met: bool, evidence: Evidence) -> str:
    """Return the status: feasibility first, then convergence, then the recomputed residuals, then remarks."""
    if evidence.infeasible:
        return INFEASIBLE
    if evidence.lambda_reached < 1:
        return PARTIAL_PATH if evidence.lambda_reached > 0 else NOT_SOLVED
    if evidence.solver_status != CONVERGED:
        return NOT_SOLVED
    if not met:
        return UNCERTIFIED
    if evidence.least_trade[0] < AUTARKY or (evidence.cond or 0) > MAX_CONDITION:
        return ILL_CONDITIONED
    if evidence.uniqueness.get("distinct", 1) > 1:
        return MULTIPLE_FOUND
    if evidence.baseline.get("weak") or float(evidence.baseline.get("moved_share") or 0) > WEAK_MOVE:
        return BASELINE_WEAK
    return SOLVED_WARN if evidence.parts > 1 else CERTIFIED


def _warnings(status: str, worst: float, threshold: float, evidence: Evidence) -> list[Warn]:
    found = list(evidence.notes)
    found += [Warn("infeasible", sentence, "when-a-solve-fails") for sentence in evidence.infeasible]
    if status == UNCERTIFIED:
        text = f"a recomputed residual is {worst:.2e}, over the line of {threshold:.0e}"
        found.append(Warn("uncertified", text, "when-a-solve-fails"))
    if evidence.parts > 1:
        text = f"trade falls apart into {evidence.parts} parts; wages are compared within a part only"
        found.append(Warn("disconnected", text, "when-a-solve-fails"))
    if evidence.least_trade[0] < AUTARKY and evidence.parts == 1 and status not in (NOT_SOLVED, INFEASIBLE):
        ratio, country = evidence.least_trade
        text = f"trade of {country} is {ratio:.1e} of its value added: wages are not pinned"
        found.append(Warn("ill_conditioned", text, "when-a-solve-fails"))
    if status == MULTIPLE_FOUND:
        found.append(Warn("multiple", f"{evidence.uniqueness['distinct']} different equilibria found", "uniqueness"))
    if float(evidence.baseline.get("max_imbalance") or 0) > MAX_IMBALANCE:
        found.append(Warn("imbalance", f"cost shares were off by {evidence.baseline['max_imbalance']:.1e}", "data"))
    if status == BASELINE_WEAK:
        found.append(Warn("baseline_weak", "balancing moved more than 1 % of world value added", "data"))
    return found


def _grade(status: str, warnings: list[Warn]) -> str:
    """Return A, B or C; no grade where there are no numbers to be read."""
    if status == CERTIFIED:
        return "A" if not warnings else "B"
    if status in (SOLVED_WARN, BASELINE_WEAK):
        return "B" if len(warnings) <= 1 else "C"
    return "C" if status in (ILL_CONDITIONED, MULTIPLE_FOUND, UNCERTIFIED) else ""


def _digits(worst: float, evidence: Evidence) -> int | None:
    """Return the significant digits that the residuals support, one digit kept in reserve."""
    if not math.isfinite(worst):
        return None
    amplified = max(worst, 1e-16) * max(1.0, (evidence.cond or 1.0) ** 0.5)
    if evidence.least_trade[0] < AUTARKY:
        amplified = max(amplified, 1e-4)
    return max(1, min(12, int(-math.log10(amplified)) - 1))
