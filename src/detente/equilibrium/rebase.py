"""A counterfactual as the next baseline: A to B to C is A to C."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from detente.baseline import Baseline
from detente.core.errors import UsageError
from detente.core.result import Result


def rebased(result: Result, *, note: str = "re-based on a counterfactual", id: str | None = None) -> Baseline:
    """Return the counterfactual world of a result as a baseline: its flows and tariffs, the same cost shares.

    Args:
        result: certified. note: what happened, kept in `meta["history"]`.
        id: of the new world; default "<id>+rebased".
    Returns:
        The new world, with flows_new [MUSD], tariffs_new [fraction], the same cost shares and elasticities.
    Raises:
        UsageError: it has instruments or critical inputs: a baseline holds neither wedges nor rents.
        SolveError: the result is not certified.
    Source: own: levels of the counterfactual, shares of cost as before.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> result = dt.solve(world, tariffs)
        >>> later = dt.rebased(result, note="ten points on China")
        >>> later.id, later.meta["history"][-1]
        ('world-2022+3x28+rebased', 'ten points on China')
    """
    base = result.baseline
    if result.bounds or result.critical:
        found = f"{len(result.bounds)} instruments and {len(result.critical)} critical inputs"
        raise UsageError(f"result: found {found}; expected tariffs and trade costs alone: a baseline holds no rents")
    if not isinstance(base, Baseline):
        raise TypeError("a result of this package holds a Baseline")
    history = (*base.meta.get("history", ()), note)
    return base.under(None).replace(
        id=id or f"{base.id}+rebased",
        flows=np.array(result.flows_new),
        tariffs=np.array(result.tariffs_new),
        final_exogenous=np.array(result["final_exogenous_new"]),
        meta=MappingProxyType({**base.meta, "history": history, "parent": base.sha256}),
    )
