"""What a country's own wage, prices and spending do at home: the diagonal block of one pass, inverted.

Most of what a gap does, it does at home: the wage moves costs, costs move prices and exports, spending moves imports,
income and the sales of home producers. Near a point these rounds are linear, so their sum is one matrix per country.
"""

from __future__ import annotations

import numpy as np

from detente.core.arrays import Array, Float
from detente.model.clearing import Point
from detente.model.economy import Economy
from detente.model.firms import earnings, paid_out, priced
from detente.model.trade import sold

ANSWER = 1.5
"""A country's wage counts for this much more in its balance: others close the same gap from their side (measured)."""


def local_step(econ: Economy, at: Point) -> Float[Array, "country own own"]:
    """Return, for each country, the step that closes its own gaps if nothing changes abroad.

    Equation: -J^-1, J the derivative of a country's gaps (trade balance over its slope, prices, spending) in its own
        (ln w, ln P, ln X), equations (5)-(9), instruments, critical inputs and the numeraire held.
    Source: own.
    Args:
        econ: the economy. at: a pass of one scenario over it.
    Returns:
        Own gaps and steps in the order wage, prices, spending, the last in money. [log, log, MUSD]
    Laws: inverse of what a country does to itself; markets without spending and countries without trade stay.
    """
    n, j = econ.shape
    theta, cost = econ.theta[:, 0], np.concatenate([econ.gamma, econ.gamma_io.swapaxes(1, 2), np.zeros((n, j, j))], 2)
    price, spent = (np.broadcast_to(np.eye(j, 1 + 2 * j, first), (n, j, 1 + 2 * j)) for first in (1, 1 + j))
    X, E, M, home, u, v, S = (item[..., 0] for item in (at.X, at.E, at.M, at.home, at.u, at.v, at.S))
    idle = econ.idle[..., 0] > 0
    share = home / np.where(idle, 1.0, X)
    rival = u**2 * sold(econ.trade.A * econ.trade.B, (v / S)[..., None])[..., 0]

    dE = -(theta * (E - rival))[..., None] * cost
    dM = M[..., None] * (spent + (theta * share)[..., None] * cost)
    dhome = home[..., None] * (spent - (theta * (1 - share))[..., None] * cost)
    income = (X[..., None] * spent - dM - dhome).sum(axis=1)
    income[:, 0] += at.wL[:, 0]
    income = earnings(econ.firms, income, dE + dhome)
    earned, owed = dE.sum(axis=1) / at.balance.earned, dM.sum(axis=1) / at.balance.owed
    used = econ.gamma_io @ paid_out(econ.firms, dE + dhome) + econ.alpha * income[:, None, :]

    J = np.empty((n, 1 + 2 * j, 1 + 2 * j))
    J[:, 0] = (earned - owed) / at.balance.slope
    J[:, 0, 0] *= ANSWER
    wage = np.broadcast_to(np.eye(1, 1 + 2 * j), (n, 1 + 2 * j))
    J[:, 1 : 1 + j] = priced(econ.firms, share[..., None] * cost - price, spent, wage)
    J[:, 1 + j :] = used / np.where(idle, 1.0, X)[..., None] - spent
    _leave(J, (E.sum(axis=1) <= 0) | (M.sum(axis=1) <= 0), idle)
    money = np.concatenate([np.ones((n, 1 + j)), np.where(idle, 1.0, X)], axis=1)
    return np.asarray(-np.linalg.inv(J) * money[:, :, None] / money[:, None, :])


def _leave(J: Array, closed: Array, idle: Array) -> None:
    """Make the rows of what does not move those of the plain residual."""
    d, s = np.nonzero(idle)
    j = idle.shape[1]
    for country, row in ((np.flatnonzero(closed), 0), (d, 1 + s), (d, 1 + j + s)):
        J[country, row] = 0.0
        J[country, row, row] = -1.0
