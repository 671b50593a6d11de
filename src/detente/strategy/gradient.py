"""The verb `gradient`: how one government's objective moves with every tariff, export tax and trade cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from detente.baseline import Baseline
from detente.core.errors import UsageError
from detente.core.result import Result
from detente.equilibrium.adjoint import Gradient, gradients, multipliers, restored, solved_margins
from detente.strategy.government import REAL_INCOME, governments, seeds


def gradient(result: Result, player: Any, *, objective: Any = REAL_INCOME) -> Gradient:
    """Return the derivatives of a government's objective at a solved equilibrium, all cells at once.

    Args:
        result: certified, of `solve` or a scenario; any closure, deficits held by its rule.
        player: a code, a known group or a list of codes (a coalition).
        objective: "real-income" (ln of the change of real income), "revenue" (tariffs and export taxes collected over
            baseline income) or weights (N, J) of industries.
    Returns:
        d objective / d ln(1+t), / d ln(1+e) and / d ln kappa, (N, N, J) each: origin, dest, sector. Cells without trade
        have 0.
    Raises:
        UsageError: unknown player or objective; bounds that may bind, or critical inputs, whose derivatives are not
            written. SolveError: the result is not certified, or the adjoint system does not converge.
    Source: own, adjoint of (5)-(10); tests compare with central differences and with a complex step.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> slope = dt.gradient(dt.solve(world), "USA")
        >>> slope.tariffs.shape  # d ln real income / d ln(1+t), cell by cell
        (3, 3, 28)
    """
    if not isinstance(result, Result) or not isinstance(result.baseline, Baseline):
        raise UsageError(f"result: found {type(result).__name__}; expected what dt.solve returns")
    base = result.baseline
    names = [player] if isinstance(player, str) else [list(player)]
    shock, root = restored(result)
    m = solved_margins(shock, root)
    with np.errstate(over="ignore"):
        derivatives, scale, _ = seeds(base, shock.closure, governments(base, names, objective), m, root)
    return gradients(m, multipliers(m, derivatives), scale)[0]
