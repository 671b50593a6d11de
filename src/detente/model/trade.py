"""Equations (6) and (7): shares, prices and sales, with the bilateral powers taken once.

The tensor A = pi (kappa_hat (1+t')/(1+t))^-theta is fixed during a solve, so a pass needs no power on bilateral cells:
with u = c_hat^-theta, S = A u is the price term and A u / S are the new shares. A cell with kappa_hat = inf is A = 0.
B = A/(1+t') is the same at border value; its diagonal (home sales) is kept apart, so that foreign exports and imports
are sums of foreign cells alone and keep full precision near autarky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, Bool, Float, Int, cells_where


@dataclass(frozen=True)
class Cells:
    """What single scenarios of a batch add to the factors that all of them share, cell by cell.

    Attributes:
        market: where the cell's (dest, sector, scenario) is in a flattened array. seller: the same of (origin, sector,
        scenario). A, B: what is added to the two factors; home cells of B are not among them.
    """

    market: Int[Array, " cell"]
    seller: Int[Array, " cell"]
    A: Float[Array, " cell"]
    B: Float[Array, " cell"]

    def joined(self, other: Cells) -> Cells:
        """Return these cells and others."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in ("market", "seller", "A", "B"))
        return Cells(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Trade:
    """Bilateral factors of one shock, or of a batch of shocks, scaled so that nothing over- or underflows.

    Attributes:
        A: spending factor. B: the same at border value, foreign cells only.
        B_home: home cells of B.
        c0: log cost at which A and B are scaled; 0 for an ordinary shock.
        S0: log of the factor taken out of each destination's row.
        cells: what the scenarios of a batch change; None for one shock, whose changes are in A and B.
    """

    A: Float[Array, "sector dest origin"]
    B: Float[Array, "sector dest origin"]
    B_home: Float[Array, "country sector b"]
    c0: Float[Array, "country sector one"]
    S0: Float[Array, "country sector one"]
    cells: Cells | None = None

    def spent(self, u: Float[Array, "origin sector b"]) -> Float[Array, "dest sector b"]:
        """Return S = sum_o A_ods u_os, the price term of (6)."""
        S = sourced(self.A, u)
        return S if self.cells is None else with_cells_added(S, self.cells.market, self.cells.A, u, self.cells.seller)

    def bought(self, u: Float[Array, "origin sector b"]) -> Float[Array, "dest sector b"]:
        """Return sum_o B_ods u_os over foreign origins."""
        foreign = sourced(self.B, u)
        if self.cells is None:
            return foreign
        return with_cells_added(foreign, self.cells.market, self.cells.B, u, self.cells.seller)

    def sold(self, v: Float[Array, "dest sector b"]) -> Float[Array, "origin sector b"]:
        """Return sum_d B_ods v_ds over foreign destinations."""
        foreign = sold(self.B, v)
        if self.cells is None:
            return foreign
        return with_cells_added(foreign, self.cells.seller, self.cells.B, v, self.cells.market)


def barrier_hat(
    t: Float[Array, "*cell"],
    t_new: Float[Array, "*cell"],
    kappa_hat: Float[Array, "*cell"],
) -> Float[Array, "*cell"]:
    """Return the change in what stands between producer and buyer: kappa_hat (1+t')/(1+t).

    Source: Caliendo and Parro (2015), price index in changes; here with the iceberg apart from the tariff.
    Args:
        t: baseline rate. t_new: new rate. [fraction]
        kappa_hat: change of the iceberg cost; inf is an embargo. [ratio]
    Returns: ratio, 1 = no change.
    Laws: no_change (equal rates, no iceberg: ones); multiplicative in kappa_hat.
    """
    barrier: Array = kappa_hat * (1 + t_new) / (1 + t)
    return barrier


def spending_factor(
    pi: Float[Array, "*cell"], barrier: Float[Array, "*cell"], theta: Float[Array, "*cell"]
) -> Float[Array, "*cell"]:
    """Return A = pi barrier^-theta; a zero share or an infinite barrier gives exactly zero.

    Source: equation (6); Dekle, Eaton and Kortum (2008).
    Args:
        pi: baseline shares. barrier: change of the barrier. theta: trade elasticity. [> 0]
    Returns: share times ratio.
    Laws: no_change (barrier of ones: A is pi); zero (pi = 0 or barrier = inf: A = 0).
    """
    A: Array = pi * np.exp(-theta * np.log(barrier))
    return A


def trade_factors(
    share_rows: Float[Array, "sector dest origin"],
    border_rows: Float[Array, "sector dest origin"],
    t: Float[Array, "origin dest sector"],
    t_new: Float[Array, "origin dest sector"],
    kappa_hat: Float[Array, "origin dest sector"] | None,
    theta: Float[Array, " sector"],
    phi: Float[Array, " dest"] | None = None,
) -> Trade:
    """Return the factors of a shock: the baseline's shares, with powers on changed cells only.

    Args:
        share_rows: pi. border_rows: pi/(1+t), both in the layout of a pass. t, t_new: rates. kappa_hat: icebergs.
        theta: trade elasticity. phi: how many times a tariff counts as a cost of trade, or None for once.
    """
    A, B = share_rows.copy(), border_rows.copy()
    o, d, s = changed_cells(t, t_new, kappa_hat)
    A[s, d, o], B[s, d, o] = cell_factors((o, d, s), share_rows, t, t_new, kappa_hat, theta, phi)
    flat = np.zeros((A.shape[1], A.shape[0], 1))
    return Trade(A, *home_apart(B), flat, flat)


def changed_cells(t: Array, t_new: Array, kappa_hat: Array | None) -> tuple[Array, ...]:
    """Return the positions (origin, dest, sector) of the cells that a shock changes."""
    return cells_where(t_new != t if kappa_hat is None else (t_new != t) | (kappa_hat != 1))


def cell_factors(
    cells: tuple[Array, ...],
    share_rows: Float[Array, "sector dest origin"],
    t: Float[Array, "origin dest sector"],
    t_new: Float[Array, "origin dest sector"],
    kappa_hat: Float[Array, "origin dest sector"] | None,
    theta: Float[Array, " sector"],
    phi: Float[Array, " dest"] | None = None,
) -> tuple[Array, Array]:
    """Return A and B of single cells under a shock; arguments as in `trade_factors`."""
    o, d, s = cells
    kappa = np.ones(len(o)) if kappa_hat is None else kappa_hat[o, d, s]
    barrier = barrier_hat(t[o, d, s], t_new[o, d, s], kappa)
    if phi is not None:
        barrier = barrier * barrier_hat(t[o, d, s], t_new[o, d, s], np.ones(len(o))) ** (phi[d] - 1)
    A = spending_factor(share_rows[s, d, o], barrier, theta[s])
    return A, A / (1 + t_new[o, d, s])


def rescaled(trade: Trade, theta: Float[Array, " sector"], log_cost: Float[Array, "origin sector"]) -> Trade:
    """Return the same factors scaled around another cost vector, where theta ln c leaves the range of floating point.

    Args:
        trade: factors scaled at 0. theta: trade elasticity. log_cost: ln c_hat to scale at.
    Laws: results do not depend on the scale.
    """
    with np.errstate(divide="ignore"):
        log_A = np.log(trade.A) - (theta * log_cost).T[:, None, :]
    peak = log_A.max(axis=2)
    S0 = np.where(np.isfinite(peak), peak, 0.0)
    ratio = np.exp((-theta * log_cost).T[:, None, :] - S0[:, :, None])
    B_home = trade.B_home[..., 0] * np.einsum("snn->ns", ratio)
    return Trade(
        np.exp(log_A - S0[:, :, None]), trade.B * ratio, B_home[..., None], log_cost[..., None], S0.T[..., None]
    )


def home_apart(B: Float[Array, "sector dest origin"]) -> tuple[Array, Array]:
    """Return the foreign cells of B, and the home cells as (country, sector, one)."""
    home = np.arange(B.shape[1])
    own = B[:, home, home].T[..., None].copy()
    B[:, home, home] = 0.0
    return B, own


def sourced(
    factor: Float[Array, "sector dest origin"], u: Float[Array, "origin sector b"]
) -> Float[Array, "dest sector b"]:
    """Return the sum over origins, sum_o factor_ods u_os.

    Source: the sums of (6). Laws: linear in u; a unit vector picks out one origin.
    """
    return (factor @ u.swapaxes(0, 1)).swapaxes(0, 1)


def sold(
    factor: Float[Array, "sector dest origin"], v: Float[Array, "dest sector b"]
) -> Float[Array, "origin sector b"]:
    """Return the sum over destinations, sum_d factor_ods v_ds: the transpose of `sourced`.

    Source: the sums of (7). Laws: adjoint of sourced (<v, sourced(u)> = <sold(v), u>).
    """
    return (factor.swapaxes(1, 2) @ v.swapaxes(0, 1)).swapaxes(0, 1)


def with_cells_added(dense: Array, to: Array, factor: Array, quantity: Array, of: Array) -> Array:
    """Return a sum over bilateral cells with the cells added that single scenarios change."""
    added = np.bincount(to, weights=factor * quantity.ravel()[of], minlength=dense.size)
    return dense + added.reshape(dense.shape)


def supplied(A: Float[Array, "sector dest origin"]) -> Bool[Array, "dest sector"]:
    """Return which markets still have a supplier after the shock."""
    reached: Array = np.any(A > 0, axis=2)
    return reached.T
