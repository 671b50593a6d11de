"""The adjoint of one pass: what a dollar, a price and a wage anywhere are worth to a government, all at once.

The residual of `clearing.clear` has the blocks trade balance, price and spending. With a multiplier on each, a change
in (cost, price, tariff) enters a flow only through -theta(dlc + h) + theta dlP - h, h = d ln(1+t), always with weight F
and with the value of a dollar that crosses the border. Collecting terms gives a linear fixed point of the structure and
speed of the forward pass, read transposed; a column for each objective.

Multipliers are kept per dollar of what they belong to and in units of the income of whoever is asked, so a cell with
little trade carries as many digits as one with much: the scaled gradient needs no division by its flow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, Float
from detente.model.clearing import Point
from detente.model.economy import Economy
from detente.model.firms_adjoint import (
    FirmMargins,
    firm_margins,
    last_gap,
    pass_through,
    pinned,
    price_gap,
    share_kept,
    spending_gap,
    wage_gap,
    worth_of_cost,
    worth_of_revenue,
    worth_of_sales,
)
from detente.model.trade import sold, sourced


@dataclass(frozen=True)
class Margins:
    """The solved economy, in the layout of a pass; levels in units of baseline world value added. [MUSD]

    Attributes:
        econ: the economy of the shock.
        F: flows at border value. net: what producers receive of them; F where there are no export taxes.
        pi: spending shares. tau: 1 + t'.
        X, Y: spending, receipts of producers. V: labour income. taxed: export taxes collected by (origin, sector).
        balance: slope of the trade balance times what is owed abroad, per unit of V. D: deficits.
        firms: market structure, or None.
    """

    econ: Economy
    F: Float[Array, "sector dest origin"]
    net: Float[Array, "sector dest origin"]
    pi: Float[Array, "sector dest origin"]
    tau: Float[Array, "sector dest origin"]
    X: Float[Array, "country sector one"]
    Y: Float[Array, "country sector one"]
    V: Float[Array, "country one"]
    taxed: Float[Array, "country sector one"]
    balance: Float[Array, "country one"]
    D: Float[Array, "country one"]
    firms: FirmMargins | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Return (countries, sectors)."""
        return self.econ.shape


@dataclass(frozen=True)
class Seeds:
    """The derivatives of objectives at given unknowns, in units of a reference income each; a column an objective.

    Attributes:
        income: by final income. revenue: by tariff revenue beyond its part in income; taxes: the same of export taxes.
        output: by receipts of producers. price: by ln P. wage: by ln w. labour: by ln L, where it moves.
    """

    income: Float[Array, "country b"]
    revenue: Float[Array, "country b"]
    taxes: Float[Array, "country b"]
    output: Float[Array, "country sector b"]
    price: Float[Array, "country sector b"]
    wage: Float[Array, "country b"]
    labour: Float[Array, "country b"]


@dataclass(frozen=True)
class Worth:
    """What things are worth to each objective, in units of its reference income.

    Attributes:
        income, revenue, taxes: a dollar of final income, of tariff revenue, of export taxes. sale: a dollar that
        producers receive.
        abroad: a dollar of exports, in foreign exchange. market: a log price change per dollar spent in a market, with
        what it does to the flows into that market. earned: a dollar of labour income or profits.
    """

    income: Float[Array, "country b"]
    revenue: Float[Array, "country b"]
    taxes: Float[Array, "country b"]
    sale: Float[Array, "country sector b"]
    abroad: Float[Array, "country b"]
    market: Float[Array, "country sector b"]
    earned: Float[Array, "country b"]


def margins(
    econ: Economy, z: Float[Array, "unknown one"], at: Point, tau: Float[Array, "sector dest origin"]
) -> Margins:
    """Return what the adjoint reads of a solved economy.

    Args:
        econ: the economy. z: its root. at: `clear(econ, z)`. tau: 1 + t' in the layout of a pass.
    """
    u, S = at.u[..., 0].T, at.S[..., 0].T
    pi = econ.trade.A * u[:, None, :] / S[:, :, None]
    keep = np.ones_like(pi)
    if econ.wedges is not None and at.chain is not None:
        w = econ.wedges
        pi[w.sector, w.dest, w.origin] = at.chain.a[:, 0] * u[w.sector, w.origin] / S[w.sector, w.dest]
        keep[w.sector, w.dest, w.origin] = np.exp(-at.chain.cell[:, 0])
    F = pi * at.X[..., 0].T[:, :, None] / tau
    net = F if econ.wedges is None else F * keep
    wL = at.wL
    owed = np.maximum(at.balance.owed, 1e-300)
    D = econ.deficits(econ.split(z)[0])
    return Margins(
        econ, F, net, pi, tau, at.X, at.Y, wL, (F - net).sum(axis=1).T[..., None],
        at.balance.slope * owed / wL, D, firm_margins(econ, wL, at.Y, at.X, at.tau),
    )  # fmt: skip


def split(m: Margins, y: Float[Array, "unknown b"]) -> tuple[Array, Array, Array]:
    """Return the blocks of multipliers: wage [country, b], price and spending [country, sector, b]."""
    return m.econ.split(y)


def adjoint_pass(m: Margins, seeds: Seeds, y: Float[Array, "unknown b"]) -> tuple[Array, Worth]:
    """Return what every multiplier still lacks, and the values that they imply; three reads of the tensor.

    Equation: stationarity of the Lagrangian of (5)-(10) in ln w, ln P, ln X; MODEL, adjoint. Source: own.
    Args:
        m: the solved economy. seeds: the objectives. y: multipliers per dollar, a column for each objective.
    Laws: linear in (seeds, y) together; the gradient is that of the welfare formula (test: differences, complex step).
    """
    econ, theta = m.econ, m.econ.theta
    _, yP, yX = split(m, y)
    worth, last, firms = valued(m, seeds, y), m.econ.firm_block(y), m.firms
    X = np.where(m.X > 0, m.X, 1.0)
    flow = theta * sold(m.F, _by_sector(worth.revenue + share_kept(firms) * worth.abroad, m))
    r = sold(m.pi, m.X * worth.market) + flow
    r -= theta * (worth.sale * m.Y + worth.taxes[:, None] * m.taxed + worth.abroad[:, None] * _sales(m))
    due, r = last_gap(firms, r, worth.earned, seeds.labour, last), worth_of_cost(firms, r)
    f_P = price_gap(firms, (econ.gamma_io @ r + seeds.price) / X - yP, last)
    f_X = spending_gap(firms, worth.revenue[:, None] + (worth.market - yP) / theta - yX, yP)
    f_w = wage_gap(firms, ((econ.gamma * r).sum(axis=1) + seeds.wage) / m.V + worth.earned, yP, last)
    if econ.D_unit >= 0:
        owed = (m.D * (worth.income + worth.abroad)).sum(axis=0)
        f_w[econ.D_unit] += owed / m.V[econ.D_unit]
    active = (m.X > 0).astype(float)
    return np.concatenate([_settled(m, f_w, f_P * active, f_X * active, X), due]), worth


def valued(m: Margins, seeds: Seeds, y: Float[Array, "unknown b"]) -> Worth:
    """Return what dollars are worth at given multipliers; one read of the tensor."""
    econ = m.econ
    yw, yP, yX = split(m, y)
    income = (econ.alpha * yX).sum(axis=1) + seeds.income
    last, firms = econ.firm_block(y), m.firms
    revenue, taxes = worth_of_revenue(firms, income + seeds.revenue, last), income + seeds.taxes
    earned = income - pinned(econ, m.V, m.Y, yw)
    sale = worth_of_sales(firms, econ.gamma_io.swapaxes(1, 2) @ yX, earned, last) + seeds.output
    abroad, kept = yw / m.balance, share_kept(firms)
    X = np.where(m.X > 0, m.X, 1.0)
    received = sourced(m.net, sale) + _times(kept, sourced(m.F, _by_sector(abroad, m)))
    if m.net is not m.F:
        received += sourced(m.F - m.net, _by_sector(taxes, m))
    spent = m.F.sum(axis=2).T[..., None]
    flow = (received - spent * (revenue + kept * abroad)[:, None]) / X
    return Worth(income, revenue, taxes, sale, abroad, yP + econ.theta * flow, earned)


def _times(kept: Array | float, values: Float[Array, "country sector b"]) -> Float[Array, "country sector b"]:
    """Return values by destination times what of them leaves it."""
    return kept[:, None] * values if isinstance(kept, np.ndarray) else values


def _by_sector(values: Float[Array, "country b"], m: Margins) -> Float[Array, "country sector b"]:
    return np.broadcast_to(values[:, None], (values.shape[0], m.shape[1], values.shape[1]))


def _sales(m: Margins) -> Float[Array, "country sector one"]:
    """Return sales at border value, home included, without fixed costs that stay where they are made. [MUSD]"""
    kept = share_kept(m.firms)
    F = m.F * kept[:, 0][None, :, None] if isinstance(kept, np.ndarray) else m.F
    total: Array = F.sum(axis=1).T[..., None]
    return total


def _settled(m: Margins, f_w: Array, f_P: Array, f_X: Array, X: Array) -> Float[Array, "unknown b"]:
    """Return the residual with home-made rounds summed at once: the transpose of the settling step of a solve."""
    b = f_w.shape[1]
    spread = m.econ.spread
    settled_P = (spread.swapaxes(1, 2) @ (X * f_P)) / X
    return np.concatenate([f_w, settled_P.reshape(-1, b), (spread @ f_X).reshape(-1, b)])


def border(m: Margins, worth: Worth, cells: tuple[Array, Array, Array], column: Array | int) -> Float[Array, " cell"]:
    """Return what a dollar that crosses the border is worth: to producers and treasuries, less what the buyer gives up.

    Args:
        cells: positions (origin, dest, sector). column: the objective, one for all cells or one each.
    """
    o, d, s = cells
    kept = _kept(m, cells)
    received = kept * worth.sale[o, s, column] + (1 - kept) * worth.taxes[o, column]
    away = share_kept(m.firms)
    leaves = (o != d) * (away[d, 0] if isinstance(away, np.ndarray) else 1.0)
    value: Array = received + worth.abroad[o, column] * leaves
    value -= worth.revenue[d, column] + worth.abroad[d, column] * leaves
    return value


def _kept(m: Margins, cells: tuple[Array, Array, Array]) -> Array:
    """Return the share of the border value that producers receive, 1 without an export tax."""
    o, d, s = cells
    if m.net is m.F:
        return np.ones(len(o))
    F = m.F[s, d, o]
    share: Array = m.net[s, d, o] / np.where(F > 0, F, 1.0)
    return share


def tariff_slope(
    m: Margins, worth: Worth, cells: tuple[Array, Array, Array], column: Array | int = 0
) -> Float[Array, " cell"]:
    """Return the derivative of the objective in ln(1+t), per dollar of the flow.

    Equation: (1+t') Q - (theta+1) M, Q the worth of the market and M that of a dollar at the border; with pass-through
        phi ((1+t') Q - theta M) - M. Source: own.
    """
    o, d, s = cells
    theta, phi = m.econ.theta[s, 0], pass_through(m.firms, d)
    slope: Array = phi * m.tau[s, d, o] * worth.market[d, s, column]
    slope = slope - (phi * theta + 1) * border(m, worth, cells, column)
    return slope


def trade_cost_slope(
    m: Margins, worth: Worth, cells: tuple[Array, Array, Array], column: Array | int = 0
) -> Float[Array, " cell"]:
    """Return the derivative of the objective in ln kappa, per dollar of the flow: (1+t') Q - theta M."""
    o, d, s = cells
    theta = m.econ.theta[s, 0]
    slope: Array = m.tau[s, d, o] * worth.market[d, s, column] - theta * border(m, worth, cells, column)
    return slope


def export_tax_slope(
    m: Margins, worth: Worth, cells: tuple[Array, Array, Array], column: Array | int = 0
) -> Float[Array, " cell"]:
    """Return the derivative of the objective in ln(1+e), per dollar of the flow: as an iceberg, and the tax itself."""
    o, _, s = cells
    moved = _kept(m, cells) * (worth.taxes[o, column] - worth.sale[o, s, column])
    slope: Array = trade_cost_slope(m, worth, cells, column) + moved
    return slope
