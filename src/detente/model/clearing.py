"""One pass over the world: from (ln w, ln P, ln X) to what every market still lacks.

The residual has three blocks of its own size: prices against costs (6), spending against income (9), and the trade
balance scaled by each country's own wage elasticity of it, so that the number of passes hardly depends on the shock.
Wages are pinned by world value added in every connected part of the trade graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, Float
from detente.model.economy import Economy
from detente.model.technology import input_use, log_cost, spending
from detente.model.trade import sold, sourced

WAGE_STEP = 0.7
SPENDING_FLOOR = np.exp(-2.0)


@dataclass(frozen=True)
class Point:
    """All quantities of one pass; levels are new levels in units of baseline world value added. [MUSD]

    Attributes:
        f: the residual, laid out as the unknowns. error: largest relative residual of each scenario, un-mixed map.
        u: cost term. S: price term. X: spending. Y: sales. M: foreign imports by market at border value.
        E: foreign exports by sector. home: home sales. income: final income. X1: spending implied by income.
        balance: exports - imports + deficit. slope: own wage elasticity of the balance. wL: labour income.
    """

    f: Float[Array, "unknown b"]
    error: Float[Array, " b"]
    lc: Float[Array, "country sector b"]
    lS: Float[Array, "country sector b"]
    u: Float[Array, "country sector b"]
    S: Float[Array, "country sector b"]
    X: Float[Array, "country sector b"]
    Y: Float[Array, "country sector b"]
    M: Float[Array, "country sector b"]
    E: Float[Array, "country sector b"]
    home: Float[Array, "country sector b"]
    income: Float[Array, "country b"]
    X1: Float[Array, "country sector b"]
    balance: Float[Array, "country b"]
    slope: Float[Array, "country b"]
    wL: Float[Array, "country b"]


def clear(econ: Economy, z: Float[Array, "unknown b"]) -> Point:
    """Return residual and quantities at z; one read of A, two of B, two of g.

    Source: equations (5)-(10); Dekle, Eaton and Kortum (2008) hat algebra, Caliendo and Parro (2015) with inputs.
    Args:
        econ: the economy under the shock. z: (ln w, ln P, ln X/X0), any number of scenarios.
    Laws: no_change (no shock, z = 0: f = 0); homogeneous (a common shift of z moves the numeraire row alone).
    """
    lw, lP, lX = econ.split(z)
    trade = econ.trade
    lc = log_cost(econ.gamma, econ.gamma_io, lw, lP)
    u = np.exp(-econ.theta * (lc - trade.c0))
    S = sourced(trade.A, u) + econ.idle
    lS = np.log(S) + trade.S0
    X = econ.X * np.exp(lX)
    v = X / S
    M = v * sourced(trade.B, u)
    E = u * sold(trade.B, v)
    home = trade.B_home * u * v
    Y = E + home
    wL = econ.wL * np.exp(lw)
    D = econ.deficits(lw)
    income = wL + (X - M - home).sum(axis=1) + D
    X1 = spending(input_use(econ.gamma_io, Y), econ.alpha, income, econ.Z)
    balance = (E - M).sum(axis=1) + D
    slope = wage_slope(econ.theta, E, M, home)
    numeraire = numeraire_gap(econ, wL)
    f_w = np.clip(balance / slope, -WAGE_STEP, WAGE_STEP) - numeraire
    f_P = -lS / econ.theta - lP
    ratio = (X1 + econ.idle) / (X + econ.idle)
    f_X = np.log(np.maximum(ratio, SPENDING_FLOOR))
    f = np.concatenate([f_w, f_P.reshape(-1, z.shape[1]), f_X.reshape(-1, z.shape[1])])
    error = _largest_error(econ, f_P, ratio, balance, E, M, Y, wL, numeraire)
    return Point(f, error, lc, lS, u, S, X, Y, M, E, home, income, X1, balance, slope, wL)


def wage_slope(
    theta: Float[Array, "sector one"],
    E: Float[Array, "country sector b"],
    M: Float[Array, "country sector b"],
    home: Float[Array, "country sector b"],
) -> Float[Array, "country b"]:
    """Return minus the own wage elasticity of the trade balance, sum_s theta E + (1 + theta h) M; 1 without trade.

    Source: own; h is the home share of spending at border value, so that (1 + theta h) M is the response of imports.
    Laws: positive; homogeneous of degree 1 in money.
    """
    total = M + home
    h = home / np.where(total > 0, total, 1.0)
    slope = theta * E + (1 + theta * h) * M
    summed = slope.sum(axis=1)
    return np.where(summed > 0, summed, 1.0)


def numeraire_gap(econ: Economy, wL: Float[Array, "country b"]) -> Float[Array, "country b"]:
    """Return, for each country, the log distance of its part's value added from the baseline's: the pin of wages."""
    gap = np.log((econ.members @ wL) / (econ.members @ econ.wL))
    return econ.members.T @ gap


def _largest_error(
    econ: Economy, f_P: Array, ratio: Array, balance: Array, E: Array, M: Array, Y: Array, wL: Array, numeraire: Array
) -> Float[Array, " b"]:
    """Return the largest relative residual of each scenario: price, spending, balance, labour, numeraire."""
    traded = np.maximum(E.sum(axis=1), M.sum(axis=1))
    off_balance = np.where(traded > 0, np.abs(balance) / np.where(traded > 0, traded, 1.0), np.abs(balance) / wL)
    labour = (econ.gamma * Y).sum(axis=1) / wL - 1
    blocks = (f_P, ratio - 1, off_balance[:, None, :], labour[:, None, :], numeraire[:, None, :])
    worst = np.stack([np.abs(block).max(axis=(0, 1)) for block in blocks]).max(axis=0)
    return np.where(np.isfinite(worst), worst, np.inf)
