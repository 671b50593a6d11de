"""The first-order welfare statistic of Caliendo and Parro (2015): not the exact change of real income."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from detente.core.arrays import Array

if TYPE_CHECKING:
    from detente.core.result import Result, World

FirstOrder = dict[str, tuple[float, float, float, float]]


@lru_cache(maxsize=8)
def _weights(base: World) -> tuple[Array, Array, Array, Array]:
    """Return foreign flows M, their sums by (origin, sector), rates where M > 0, and duties t M, of a baseline."""
    n = np.arange(len(base.countries))
    M = base.flows.copy()
    M[n, n] = 0.0
    return M, M.sum(axis=1), np.where(M > 0, base.tariffs, 0.0), base.tariffs * M


def welfare_cp_first_order_pct(result: Result) -> FirstOrder:
    """Return the first-order statistic of every country: (total, terms_of_trade, volume_of_trade, real_wage). [%]

    Equation, at base values, with a dot for new/base - 1 and M_ods sales of o to d at border value (base F, o != d):

        terms of trade   (sum_ns M_dns c_ds. - sum_os M_ods c_os.) / I_d
        volume of trade   sum_os t_ods M_ods (M_ods. - c_os.) / I_d
        total             their sum
        real wage         100 (w_hat / P_hat - 1), exact

    Dots are percent changes, not logs. The statistic is linear in changes that are not small and keeps the old tariffs
    as weights, so it misses the revenue that goes when tariffs do: for NAFTA it gives Mexico +1.31 %, where real income
    (`welfare_hat`) changes by +0.007 %. Beyond first order it also depends on the unit of money, here the result's.

    Source: Caliendo and Parro (2015), welfare decomposition and Table 2.
    Args:
        result: certified.
    Returns:
        country code -> (total, terms_of_trade, volume_of_trade, real_wage). [%]
    Raises:
        SolveError: the result is not certified.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> result = dt.solve(world, tariffs)
        >>> statistic = dt.welfare_cp_first_order_pct(result)["USA"][0]
        >>> f"{statistic:+.3f} %, exact {100 * (result.welfare_hat[usa] - 1):+.3f} %"
        '-0.009 %, exact -0.036 %'
    """
    base, c_dot = result.baseline, result.cost_hat - 1
    M, sales, taxed, duty = _weights(base)
    sold, bought = (sales * c_dot).sum(axis=1), np.einsum("ods,os->d", M, c_dot)
    terms: Array = 100 * (sold - bought) / base.income
    growth = np.einsum("ods,ods->d", taxed, result.flows_new) - duty.sum(axis=(0, 2))
    volume: Array = 100 * (growth - np.einsum("ods,os->d", duty, c_dot)) / base.income
    price = np.exp((base.final_share * np.log(result.price_hat)).sum(axis=1))
    real_wage: Array = 100 * (result.wage_hat / price - 1)
    rows = zip(result.countries, terms + volume, terms, volume, real_wage, strict=True)
    return {code: (float(total), float(t), float(v), float(w)) for code, total, t, v, w in rows}
