"""What a country's own wage, prices and spending do at home: the block of one pass on its diagonal, inverted.

A solve is a search for the point where nothing is missing in any country. Most of what a gap does, it does at home: the
wage moves costs, costs move prices and exports, spending moves imports, income and the sales of home producers. These
rounds are linear near the baseline and small in number, so their sum is worked out once for each country.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detente.core.arrays import Array, Float

if TYPE_CHECKING:
    from detente.baseline.baseline import Baseline


def local_step(base: Baseline) -> Float[Array, "country own own"]:
    """Return, for each country, the step that closes its own gaps if nothing changes abroad.

    Equation: -J^-1, J the derivative of a country's gaps (trade balance over its slope, prices, spending) in its own
        (ln w, ln P, ln X), equations (5)-(9) at the baseline, wages abroad and the numeraire held.
    Source: own.
    Args:
        base: the world before. Markets without spending, and wages of countries without trade, are left as they are.
    Returns:
        (N, 1 + 2J, 1 + 2J), own unknowns in the order wage, prices, spending.
    """
    n, j = base.shape
    theta, own = base.trade_elasticity, np.arange(n)
    home, share = base.flows[own, own], base.share[own, own]
    E, M = base.flows.sum(axis=1) - home, base.flows.sum(axis=0) - home
    at_rest = np.einsum("ods,ods->os", base.flows, 1 - base.share) - home * (1 - share)
    earned, owed = E.sum(axis=1) + np.maximum(base.deficit, 0), M.sum(axis=1) + np.maximum(-base.deficit, 0)
    trades = (earned > 0) & (owed > 0)
    X = np.where(base.expenditure > 0, base.expenditure, 1.0)
    g = base.input_share.transpose(1, 0, 2)
    alpha = np.maximum(base.final_share, 0.0)

    cost = np.concatenate([base.value_added_share[:, :, None], g.swapaxes(1, 2), np.zeros((n, j, j))], axis=2)
    spent = np.broadcast_to(np.eye(j, 1 + 2 * j, 1 + j), (n, j, 1 + 2 * j))
    dE = -(theta * at_rest)[:, :, None] * cost
    dM = M[:, :, None] * (spent + (theta * share)[:, :, None] * cost)
    dhome = home[:, :, None] * (spent - (theta * (1 - share))[:, :, None] * cost)
    income = (base.expenditure[:, :, None] * spent - dM - dhome).sum(axis=1)
    income[:, 0] += base.value_added
    budget = (alpha / alpha.sum(axis=1, keepdims=True))[:, :, None] * income[:, None, :]

    J = np.zeros((n, 1 + 2 * j, 1 + 2 * j))
    earned, owed = np.where(trades, earned, 1.0), np.where(trades, owed, 1.0)
    slope = (theta * E).sum(axis=1) / earned + ((1 + theta * home / (M + home + (M + home == 0))) * M).sum(axis=1) / owed
    gap = dE.sum(axis=1) / earned[:, None] - dM.sum(axis=1) / owed[:, None]
    J[:, 0] = gap / np.where(trades, slope, 1.0)[:, None]
    J[:, 1 : 1 + j] = share[:, :, None] * cost - np.eye(j, 1 + 2 * j, 1)
    J[:, 1 + j :] = (g @ (dE + dhome) + budget) / X[:, :, None] - spent
    _left(J, ~trades, base.expenditure <= 0)
    return np.asarray(-np.linalg.inv(J))


def _left(J: Array, closed: Array, idle: Array) -> None:
    """Make the rows of what does not move those of the plain residual."""
    d, s = np.nonzero(idle)
    j = idle.shape[1]
    for row, country in ((0, np.flatnonzero(closed)), (1 + s, d), (1 + j + s, d)):
        J[country, row] = 0.0
        J[country, row, row] = -1.0
