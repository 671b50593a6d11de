"""The same branch at other substitutions of its critical inputs: what rests on rho, and not on data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges
from detente.scenario.execute import ScenarioRun

STEPS: Final = (0.1, 0.2, 0.3, 0.5)
"""Short-run substitutions that are always shown side by side (section 11 of the model)."""

BINDING: Final = 1e-6


def rests_on_rho(result: Result) -> bool:
    """Return whether a bound on a critical input is felt, so that the result depends on how it is replaced."""
    critical = {item.sector for item in result.critical}
    columns = result.columns("instruments") if critical and result.bounds else {"sector": []}
    felt = zip(columns["sector"], columns.get("shadow_price_pct", []), strict=True)
    return any(sector in critical and abs(price or 0.0) > 100 * BINDING for sector, price in felt)


@dataclass(frozen=True)
class Rung:
    """A branch at one substitution, with the bounds on critical inputs alone and without them; certified or not."""

    rho: float
    result: Result
    free: Result

    @property
    def solved(self) -> bool:
        """Return whether both may be read."""
        return self.result.certificate.ok and self.free.certificate.ok


def substitution_ladder(run: ScenarioRun, branch: str) -> tuple[Rung, ...]:
    """Return a branch at each substitution of `STEPS`; empty where rho does not matter.

    Args:
        run: solved. branch: one of its branches.
    """
    if not run[branch].certificate.ok or not rests_on_rho(run[branch]):
        return ()
    wedges = run.plans[branch].wedges
    critical = {item.sector for item in wedges.critical}
    others = tuple(bound for bound in wedges.bounds if not critical.issuperset(sector for _, _, sector in bound.cells))
    rungs = []
    for rho in STEPS:
        tight = replace(wedges, critical=tuple(replace(item, rho=rho) for item in wedges.critical))
        rungs.append(Rung(rho, _solved(run, tight), _solved(run, replace(tight, bounds=others))))
    return tuple(rungs)


def _solved(run: ScenarioRun, wedges: Wedges) -> Result:
    case = run.scenario
    return solve(run.base, wedges=wedges, closure=case.closure, include_purge=case.include_purge, throw=False)
