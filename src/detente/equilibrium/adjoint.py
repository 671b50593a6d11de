"""What every tariff, export tax and trade cost is worth to a government: one linear system at a solved equilibrium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import SolveError, UsageError
from detente.core.instruments import FIXED
from detente.core.result import Result
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.root import Root
from detente.equilibrium.shock import Shock
from detente.model.adjoint import (
    Margins,
    Seeds,
    Worth,
    adjoint_pass,
    export_tax_slope,
    margins,
    tariff_slope,
    trade_cost_slope,
    valued,
)
from detente.model.clearing import clear
from detente.policy.wedges import Wedges
from detente.solve.anderson import anderson
from detente.solve.solution import CONVERGED

MAX_PASSES: Final = 300
TOL: Final = 1e-11


@dataclass(frozen=True)
class Multipliers:
    """The solution of the adjoint system: the raw point, for a warm start, what it implies, and the passes used."""

    y: Array
    worth: Worth
    passes: int


@dataclass(frozen=True)
class Gradient:
    """Derivatives of one objective at a solved equilibrium, (N, N, J) each: origin, dest, sector.

    Attributes:
        tariffs: by ln(1+t). export_taxes: by ln(1+e), e the tax of the origin on border value. trade_costs: by ln
        kappa.
        passes: passes of the adjoint iteration.
    """

    tariffs: Array
    export_taxes: Array
    trade_costs: Array
    passes: int


def check_differentiable(shock: Shock) -> None:
    """Refuse a shock whose derivative is not written.

    Raises:
        UsageError: bounds that may bind, or critical inputs.
    """
    kinds = sorted({bound.kind for bound in shock.bounds if bound.kind != FIXED})
    if shock.wedges is not None and shock.wedges.critical and shock.nests is not None:
        kinds.append("critical inputs")
    if kinds:
        raise UsageError(
            f"wedges: found {', '.join(kinds)}; expected tariffs, trade costs, export taxes and fees alone: the "
            "derivatives of bounds that may bind and of critical inputs are not written, so no best response is found"
        )


def solved_margins(shock: Shock, root: Root) -> Margins:
    """Return what the adjoint reads of a root."""
    tau = np.ascontiguousarray((1 + shock.t_new).transpose(2, 1, 0))
    return margins(root.econ, root.z, root.at, tau)


def multipliers(m: Margins, seeds: Seeds, *, start: Array | None = None, tol: float = TOL) -> Multipliers:
    """Solve the adjoint system for all objectives at once.

    Args:
        m: the solved economy. seeds: a column for each objective. start: multipliers to start from. tol: largest
            residual, relative to a dollar of the reference income.
    Raises:
        SolveError: it does not converge (the equilibrium is close to one that is not unique).
    """

    def residual(y: Array) -> tuple[Array, Array]:
        f, _ = adjoint_pass(m, seeds, y)
        return f, np.abs(f).max(axis=0)

    n, j = m.shape
    y0 = np.zeros((n + 2 * n * j + m.econ.added, seeds.income.shape[1])) if start is None else start
    found = anderson(residual, y0, tol=tol, max_iter=MAX_PASSES)
    if any(status != CONVERGED for status in found.status):
        raise SolveError(
            f"derivatives: found a residual of {float(found.error.max()):.1e} after {int(found.steps.max())} passes; "
            f"expected {tol:.0e}; the equilibrium may be close to one that is not unique; try a smaller shock"
        )
    return Multipliers(found.value, valued(m, seeds, found.value), int(found.steps.max()))


def gradients(m: Margins, found: Multipliers, scale: Array) -> list[Gradient]:
    """Return the derivatives in every cell, one `Gradient` for each objective.

    Args:
        m: the solved economy. found: its multipliers. scale: reference income of each objective. [MUSD]
    """
    n, j = m.shape
    cells = tuple(axis.ravel() for axis in np.indices((n, n, j)))
    F = m.F.transpose(2, 1, 0)
    away = ~np.eye(n, dtype=bool)[:, :, None]

    def cube(slope: Array, column: int) -> Array:
        whole: Array = slope.reshape(n, n, j) * F / scale[column]
        return whole

    found_gradients = []
    for column in range(len(scale)):
        slopes = [rule(m, found.worth, cells, column) for rule in (tariff_slope, export_tax_slope, trade_cost_slope)]
        tariffs, taxes, costs = (cube(slope, column) for slope in slopes)
        found_gradients.append(Gradient(tariffs * away, taxes * away, costs, found.passes))
    return found_gradients


def restored(result: Result) -> tuple[Shock, Root]:
    """Return the shock and the root of a stored result, from its arrays.

    Raises:
        SolveError: the result is not certified.
    """
    base = result.baseline
    unit = _unit(result)
    Z = unit * result["final_exogenous_new"]
    wedges = Wedges(result.tariffs_new, result["trade_cost_hat"], result.bounds, Z, result.critical)
    shock = as_shock(base, wedges, result.closure, include_purge=True, market=result.market)  # type: ignore[arg-type]
    check_differentiable(shock)
    econ, found = shock.economy()
    X = base.expenditure
    spent = np.where(X > 0, unit * result.expenditure_new / np.where(X > 0, X, 1.0), 1.0)
    price = np.where(X > 0, unit * result.price_hat, 1.0)
    hats = [unit * result.wage_hat, price.ravel(), spent.ravel()]
    if econ.firms is not None and econ.firms.labour is not None:
        hats.append(result["labour_hat"])
    elif econ.firms is not None and econ.firms.psi_theta is not None:
        hats.append(result["variety_hat"].ravel())
    z = np.log(np.concatenate(hats))[:, None]
    return shock, Root(econ, z, clear(econ, z), CONVERGED, 0, found)


def _unit(result: Result) -> float:
    """Return what world value added of the baseline is over that of the result: the numeraire of a pass."""
    base = result.baseline
    if result.market.perfect:
        return float(base.value_added.sum() / (result.wage_hat * base.value_added).sum())
    earned = result.wage_hat * result["labour_hat"] * base.value_added + result["profits_new"]
    return float((base.value_added + result["profits"]).sum() / earned.sum())
