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
from detente.model.firms import (
    ENTRY_STEP,
    Entry,
    earnings,
    entry,
    entry_gap,
    home_sales,
    labour_income,
    paid_out,
    priced,
    relieved,
)
from detente.model.nest import Technology, nested_cost, nested_use
from detente.model.technology import input_use, log_cost, spending
from detente.model.wedge import Chain, Taken, chained, passed_on, taken

WAGE_STEP = 0.7
FAR = 0.4
"""A residual with a component above this is far from the root: rounds through inputs are not summed there."""
SPENDING_FLOOR = np.exp(-2.0)


@dataclass(frozen=True)
class Point:
    """All quantities of one pass; levels are new levels in units of baseline world value added. [MUSD]

    Attributes:
        f: the residual, laid out as the unknowns. error: largest relative residual of each scenario, un-mixed map.
        lc: log cost. u: cost term c^-theta. S: price term P^-theta. X: spending; v = X/S. bought, sold: foreign sums
        of B over origins and destinations, so that M = v bought are imports at border value and E = u sold are exports.
        home: home sales; Y: what producers receive. income: final income. X1: spending implied by income.
        balance: the trade balance and its slope. wL: labour income.
        tech: costs and what critical inputs do to cost shares. chain, took: where instruments stand, what they take.
        entry: varieties and labour of the market structure, or None. tau: tax rate that revenue replaces, or None.
    """

    f: Float[Array, "unknown b"]
    error: Float[Array, " b"]
    lc: Float[Array, "country sector b"]
    u: Float[Array, "country sector b"]
    S: Float[Array, "country sector b"]
    v: Float[Array, "country sector b"]
    X: Float[Array, "country sector b"]
    bought: Float[Array, "country sector b"]
    sold: Float[Array, "country sector b"]
    M: Float[Array, "country sector b"]
    E: Float[Array, "country sector b"]
    home: Float[Array, "country sector b"]
    Y: Float[Array, "country sector b"]
    income: Float[Array, "country b"]
    X1: Float[Array, "country sector b"]
    balance: Balance
    wL: Float[Array, "country b"]
    tech: Technology
    chain: Chain | None = None
    took: Taken | None = None
    entry: Entry | None = None
    tau: Float[Array, "country b"] | None = None


@dataclass(frozen=True)
class Balance:
    """Trade balance of each country: log gap earned/owed, its slope in the own wage, and the two sides. [MUSD]"""

    gap: Float[Array, "country b"]
    slope: Float[Array, "country b"]
    earned: Float[Array, "country b"]
    owed: Float[Array, "country b"]


def clear(econ: Economy, z: Float[Array, "unknown b"]) -> Point:
    """Return residual and quantities at z; one read of A, two of B, two of g.

    Source: equations (5)-(10); Dekle, Eaton and Kortum (2008) hat algebra, Caliendo and Parro (2015) with inputs; own
        for instruments (section 10) and critical inputs (section 11); market structures as in `firms`.
    Args:
        econ: the economy under the shock. z: (ln w, ln P, ln X/X0, ln(1+mu), varieties or labour), any number of
            scenarios.
    Laws: no_change (no shock, z = 0: f = 0); homogeneous (a common shift of z moves the numeraire row alone).
    """
    lw, lP, lX = econ.split(z)
    tech = _technology(econ, lw, lP)
    chain = None if econ.wedges is None else chained(econ.wedges, econ.trade, econ.bounds(z), tech.lc)
    trade = econ.trade if chain is None else chain.trade
    firms, enters = econ.firms, entry(econ.firms, econ.firm_block(z), econ.shape)
    u = np.exp(-econ.theta * (tech.lc - trade.c0))
    u = u if enters is None else u * np.exp(enters.ln_n)
    S = trade.spent(u) + econ.idle
    lS = np.log(S) + trade.S0
    X = econ.X * np.exp(lX)
    v = (X - econ.directed.spending) / S
    bought, sales = trade.bought(u), trade.sold(v)
    M, E, home = v * bought + econ.directed.M, u * sales + econ.directed.E, trade.B_home * u * v + econ.directed.home
    home = home_sales(firms, home, M)
    D = econ.deficits(lw)
    Y, wL = E + home, labour_income(econ.wL, lw, enters)
    R, earned = (X - M - home).sum(axis=1), earnings(firms, wL, Y)
    income, owed = earned + R + D, D
    took = None
    if econ.wedges is not None and chain is not None:
        took = taken(econ.wedges, chain, econ.bounds(z), tech.lc, u, S, v)
        Y, income, owed = Y - took.withheld, income + took.transfers, D + took.transfers - took.rents
    paid = paid_out(firms, Y)
    labour = tech.labour(paid)
    X1 = spending(_input_use(econ, tech, paid, labour), econ.alpha, income, econ.Z)
    balance = trade_balance(econ.theta, E, M, home, owed)
    numeraire = numeraire_gap(econ, earned)
    f_w = np.minimum(np.maximum(balance.gap / balance.slope, -WAGE_STEP), WAGE_STEP) - numeraire
    f_P = priced(firms, -lS / econ.theta - lP, lX, lw)
    ratio = (X1 + econ.idle) / (X + econ.idle)
    f_X = np.log(np.maximum(ratio, SPENDING_FLOOR))
    blocks = [f_w, f_P.reshape(-1, z.shape[1]), f_X.reshape(-1, z.shape[1])]
    error = _largest_error(econ, f_P, f_X, balance.gap, labour, wL, numeraire)
    tau = None
    if took is not None:
        blocks.append(took.f)
        error = np.maximum(error, np.abs(took.error).max(axis=0, initial=0.0))
    if firms is not None and enters is not None:
        tau = relieved(firms, R, wL)
        gap = entry_gap(firms, enters, (lw, lP, tech.lc), Y, tau)
        blocks.append(ENTRY_STEP * gap)
        error = np.maximum(error, np.abs(gap).max(axis=0, initial=0.0))
    return Point(
        np.concatenate(blocks), error, tech.lc, u, S, v, X, bought, sales, M, E, home, Y, income, X1, balance, wL, tech,
        chain, took, enters, tau,
    )  # fmt: skip


def _technology(econ: Economy, lw: Float[Array, "country b"], lP: Float[Array, "country sector b"]) -> Technology:
    """Return log costs by (5), or (17) where inputs are critical."""
    lc = log_cost(econ.gamma, econ.gamma_io, lw, lP)
    return Technology(lc) if econ.nests is None else nested_cost(econ.nests, lc, lP)


def _input_use(
    econ: Economy, tech: Technology, Y: Float[Array, "country sector b"], labour: Float[Array, "country sector b"]
) -> Float[Array, "country sector b"]:
    """Return input use, first term of (9), or (19) where inputs are critical."""
    use = input_use(econ.gamma_io, labour)
    return use if econ.nests is None else nested_use(econ.nests, tech, use, Y)


def settling_step(econ: Economy, at: Point) -> Float[Array, "unknown b"]:
    """Return the residual with the gaps of each country settled within it: the step of the iteration.

    What a country's own wage, prices and spending do to its own gaps is summed at once, with the steps of bounds passed
    on to prices; a gap of the numeraire is a common shift of all unknowns. Same roots as the residual, fewer passes.
    Far from the root, where the linear rounds say little, it is the residual itself.
    Source: own. Laws: zero where the residual is zero.
    """
    far = np.abs(at.f).max(axis=0) > FAR
    if far.all():
        return at.f
    (f_w, f_P, f_X), X, j = econ.split(at.f), at.X + econ.idle, econ.shape[1]
    numeraire = numeraire_gap(econ, earnings(econ.firms, at.wL, at.Y))[:, None]
    if econ.wedges is not None and at.took is not None and len(at.took.f):
        f_P = f_P + passed_on(econ.wedges, at.took, econ.shape)
    own = econ.local @ np.concatenate([f_w[:, None] + numeraire, f_P, X * f_X], axis=1)
    steps = (own[:, :1] - numeraire, own[:, 1 : 1 + j] - numeraire, own[:, 1 + j :] / X - numeraire)
    rest = at.f[len(f_w) + 2 * f_P[..., 0].size :]
    settled = np.concatenate([*(step.reshape(-1, len(far)) for step in steps), rest])
    return np.where(far, at.f, settled) if far.any() else settled


def trade_balance(
    theta: Float[Array, "sector _"],
    E: Float[Array, "country sector b"],
    M: Float[Array, "country sector b"],
    home: Float[Array, "country sector b"],
    D: Float[Array, "country b"],
) -> Balance:
    """Return the log gap between what a country earns and what it owes abroad, and minus its own wage elasticity.

    Equation: earned = E + max(D, 0), owed = M + max(-D, 0); the wage step is ln(earned/owed) / slope with
        slope = sum theta E / earned + sum (1 + theta h) M / owed, h the home share of spending at border value.
    Source: own. In logs because exports and imports are nearly exponential in the wage: one step suffices where a
        linear step would need many (near autarky, high elasticities).
    Laws: balanced (earned = owed: 0); slope positive; homogeneous of degree 0 in money.
    """
    earned, owed = E.sum(axis=1) + np.maximum(D, 0.0), M.sum(axis=1) + np.maximum(-D, 0.0)
    trades = (earned > 0) & (owed > 0)
    if not trades.all():
        earned, owed = np.where(trades, earned, 1.0), np.where(trades, owed, 1.0)
    total = M + home
    h = home / (total + (total == 0))
    slope = (theta * E).sum(axis=1) / earned + ((1 + theta * h) * M).sum(axis=1) / owed
    if not trades.all():
        slope = np.where(trades & (slope > 0), slope, 1.0)
    return Balance(np.log(earned / owed), slope, earned, owed)


def numeraire_gap(econ: Economy, earned: Float[Array, "country b"]) -> Float[Array, "country b"]:
    """Return, for each country, the log distance of its part's value added from the baseline's: the pin of wages."""
    gap = np.log((econ.members @ earned) / econ.part_value_added)
    pinned: Array = econ.members.T @ gap
    return pinned


def _largest_error(
    econ: Economy, f_P: Array, f_X: Array, gap: Array, Y: Array, wL: Array, numeraire: Array
) -> Float[Array, " b"]:
    """Return the largest relative residual of each scenario: price, spending, balance, labour, numeraire."""
    labour = (econ.gamma * Y).sum(axis=1) / wL - 1
    markets = np.maximum(np.abs(f_P) * econ.price_weight, np.abs(f_X)).max(axis=(0, 1))
    countries = np.abs(np.concatenate([gap, labour, numeraire])).max(axis=0)
    worst = np.maximum(markets, countries)
    return np.where(np.isfinite(worst), worst, np.inf)
