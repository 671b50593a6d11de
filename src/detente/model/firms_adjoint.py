"""What market structures add to the adjoint of a pass: the transposed derivatives of `firms`, block by block.

A dollar of sales brings profits and varieties, a cost costs varieties, work answers to wage, price and tax. The
multipliers of varieties are kept per dollar of sales, those of labour per dollar of labour income. Every function
returns its argument unchanged under perfect competition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, Float
from detente.model.economy import Economy
from detente.model.firms import ENTRY_STEP, Firms, earnings


@dataclass(frozen=True)
class FirmMargins:
    """The market structure at a solved economy.

    Attributes:
        firms: the structure. theta: trade elasticity. V: labour income. Y: sales of producers. [MUSD]
        X: spending, 1 where there is none. tau: the tax rate that revenue replaces.
    """

    firms: Firms
    theta: Float[Array, "sector one"]
    V: Float[Array, "country one"]
    Y: Float[Array, "country sector one"]
    X: Float[Array, "country sector one"]
    tau: Float[Array, "country one"]

    @property
    def relief(self) -> Float[Array, "country one"]:
        """Return the derivative of -ln(1-tau) in revenue over labour income, 0 without tax relief."""
        labour = self.firms.labour
        return np.zeros_like(self.V) if labour is None or not labour.relief else 1 / (1 - self.tau)


def firm_margins(
    econ: Economy, wL: Array, Y: Array, X: Array, tau: Float[Array, "country one"] | None
) -> FirmMargins | None:
    """Return what the adjoint reads of a market structure, or None under perfect competition.

    Args:
        econ: the economy. wL, Y, X: labour income, sales, spending at the solution. tau: tax rate replaced there.
    """
    if econ.firms is None:
        return None
    rate = np.zeros_like(wL) if tau is None else tau
    return FirmMargins(econ.firms, econ.theta, wL, Y, np.where(X > 0, X, 1.0), rate)


def pinned(econ: Economy, V: Array, Y: Array, yw: Float[Array, "country b"]) -> Float[Array, "country b"]:
    """Return what a dollar of earnings costs in the numeraire, which holds the earnings of its part fixed."""
    pin: Array = econ.members.T @ ((econ.members @ (yw * V)) / (econ.members @ earnings(econ.firms, V, Y)))
    return pin


def share_kept(at: FirmMargins | None) -> Float[Array, "country one"] | float:
    """Return the part of border value that leaves the destination: all but fixed costs paid there."""
    return 1.0 if at is None or at.firms.labour is None else 1 - at.firms.labour.nu


def pass_through(at: FirmMargins | None, d: Array) -> Array | float:
    """Return how many times a tariff of d counts as a cost of trade."""
    return 1.0 if at is None or at.firms.labour is None else at.firms.labour.phi[d, 0]


def worth_of_sales(
    at: FirmMargins | None, ordinary: Array, earned: Float[Array, "country b"], y: Float[Array, "unknown b"]
) -> Float[Array, "country sector b"]:
    """Return what a dollar that producers receive is worth: inputs, profits, varieties.

    Args:
        at: the structure. ordinary: through inputs. earned: worth of a dollar of earnings. y: the last multipliers.
    """
    if at is None:
        return ordinary
    sale: Array = (1 - at.firms.m) * ordinary + at.firms.m * earned[:, None]
    return sale if at.firms.psi_theta is None else sale + at.firms.psi_theta * y.reshape(sale.shape)


def worth_of_revenue(at: FirmMargins | None, revenue: Array, y: Array) -> Float[Array, "country b"]:
    """Return what a dollar of tariff revenue is worth, with the work that a lower tax brings."""
    if at is None or at.firms.labour is None:
        return revenue
    total: Array = revenue + at.firms.labour.eta * at.relief * y
    return total


def worth_of_cost(at: FirmMargins | None, r: Array) -> Float[Array, "country sector b"]:
    """Return the worth of ln c with the varieties that it costs under free entry, r (1 + psi)."""
    if at is None or at.firms.psi_theta is None:
        return r
    total: Array = r * (1 + at.firms.psi_theta / at.theta)
    return total


def wage_gap(at: FirmMargins | None, f_w: Array, yP: Array, y: Array) -> Float[Array, "country b"]:
    """Return the gap of the wage with the work it brings and the market size that it is measured against."""
    if at is None or at.firms.labour is None:
        return f_w
    labour = at.firms.labour
    work = y * labour.eta * (1 - at.relief * at.tau)
    gap: Array = f_w + work - ((1 - labour.phi)[:, None] * yP * at.X).sum(axis=1) / at.V
    return gap


def price_gap(at: FirmMargins | None, f_P: Array, y: Array) -> Float[Array, "country sector b"]:
    """Return the gap of the price with the work that it discourages."""
    if at is None or at.firms.labour is None:
        return f_P
    gap: Array = f_P - (at.firms.labour.eta * y * at.V)[:, None] / at.X
    return gap


def spending_gap(at: FirmMargins | None, f_X: Array, yP: Array) -> Float[Array, "country sector b"]:
    """Return the gap of spending with what the size of a market does to its price."""
    return f_X if at is None or at.firms.labour is None else f_X + (1 - at.firms.labour.phi)[:, None] * yP


def last_gap(
    at: FirmMargins | None, r: Array, earned: Array, seed: Array, y: Float[Array, "unknown b"]
) -> Float[Array, "unknown b"]:
    """Return what the multipliers of varieties or labour still lack.

    Args:
        at: the structure. r: worth of ln c through flows; ln n is worth -r/theta. earned: of a dollar of earnings.
        seed: derivative of the objectives in ln L. y: these multipliers.
    """
    b = r.shape[2]
    if at is None or (at.firms.psi_theta is None and at.firms.labour is None):
        return np.zeros((0, b))
    if at.firms.labour is not None:
        psi = at.firms.labour.psi_theta / at.theta
        more = earned + (seed - (psi * r).sum(axis=1)) / at.V
        gap: Array = more / (1 + at.firms.labour.eta * at.relief * at.tau) - y
        return gap
    due = np.where(at.Y > 0, -r / (at.theta * np.where(at.Y > 0, at.Y, 1.0)), 0.0)
    varied: Array = ENTRY_STEP * (due.reshape(-1, b) - y)
    return varied
