"""The derivative of one pass: how the residual and every quantity move with the unknowns and with the shock.

Hand-written, line by line the differential of `clearing.clear`; used by the Newton fallback and by the decomposition.
The wage block is differentiated with its divisor held fixed, which changes neither the root nor the solution of a
linear system at the root.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, Float
from detente.model.clearing import SPENDING_FLOOR, Point
from detente.model.economy import Economy
from detente.model.firms import ENTRY_STEP, Entry, earnings, entry, entry_gap_tangent, home_sales, paid_out, priced
from detente.model.nest import Technology, nested_tangent, nested_use_tangent
from detente.model.technology import input_use, log_cost, spending
from detente.model.trade import sold, sourced
from detente.model.wedge import NOTHING
from detente.model.wedge_tangent import WedgeRate, WedgeTangent, chain_tangent


@dataclass(frozen=True)
class ShockRate:
    """The speed at which the shock itself moves along a path.

    Attributes:
        A, B, B_home: derivatives of the trade factors. D: of the deficits. Z: of exogenous final demand. [MUSD]
        wedges: of the instruments, or None.
    """

    A: Float[Array, "sector dest origin"]
    B: Float[Array, "sector dest origin"]
    B_home: Float[Array, "country sector one"]
    D: Float[Array, "country one"]
    Z: Float[Array, "country sector one"]
    wedges: WedgeRate | None = None


@dataclass(frozen=True)
class Tangent:
    """Derivatives of the unknowns z and of the quantities of a `Point`; `wedges` of the instruments, or None."""

    z: Float[Array, "unknown b"]
    f: Float[Array, "unknown b"]
    lc: Float[Array, "country sector b"]
    u: Float[Array, "country sector b"]
    v: Float[Array, "country sector b"]
    D: Float[Array, "country b"]
    wedges: WedgeTangent | None = None


def tangent(
    econ: Economy, z: Array, at: Point, dz: Float[Array, "unknown b"], rate: ShockRate | None = None
) -> Tangent:
    """Return the derivative of the residual at a point, in direction dz and along a moving shock.

    Args:
        econ: the economy. z: the point. at: `clear(econ, z)`. dz: direction. rate: derivative of the shock, or None.
    Source: own; differentials of equations (5)-(10) and of sections 10 and 11. Test: complex step, central differences.
    """
    dlw, dlP, dlX = econ.split(dz)
    trade = econ.trade if at.chain is None else at.chain.trade
    tech = _technology(econ, at, dlw, dlP)
    dlc = tech.lc
    denters = entry(econ.firms, econ.firm_block(dz), econ.shape)
    du = -econ.theta * dlc * at.u
    du = du if denters is None else du + denters.ln_n * at.u
    dS = trade.spent(du)
    dbought = trade.bought(du)
    v, dB_home = at.v, np.zeros_like(trade.B_home)
    chain = None
    if econ.wedges is not None and at.chain is not None:
        chain = chain_tangent(econ.wedges, at.chain, econ.bounds(dz), dlc, at.lc, rate.wedges if rate else None)
        dS, dbought = dS + chain.spent(at.u), dbought + chain.bought(at.u)
        dB_home = dB_home + chain.B_home
    if rate is not None:
        dS = dS + sourced(rate.A, at.u)
        dbought = dbought + sourced(rate.B, at.u)
        dB_home = dB_home + rate.B_home
    ddirected = NOTHING if chain is None else chain.directed
    dv = (at.X * dlX - ddirected.spending) / at.S - v * dS / at.S
    dM = dv * at.bought + v * dbought + ddirected.M
    dsold = trade.sold(dv)
    if chain is not None:
        dsold = dsold + chain.sold(v)
    if rate is not None:
        dsold = dsold + sold(rate.B, v)
    dE = du * at.sold + at.u * dsold + ddirected.E
    dhome = trade.B_home * (du * v + at.u * dv) + dB_home * at.u * v + ddirected.home
    dhome = home_sales(econ.firms, dhome, dM)
    dwL = at.wL * (dlw if denters is None else dlw + denters.lL)
    D = econ.deficits(econ.split(z)[0])
    dD = np.zeros_like(dlw) if econ.D_unit < 0 else D * dlw[econ.D_unit]
    dZ = np.zeros_like(econ.Z)
    if rate is not None:
        dD = dD + (rate.D if econ.D_unit < 0 else rate.D * np.exp(z[econ.D_unit]))
        dZ = rate.Z
    dY, owed, dowed = dE + dhome, D, dD
    dR = (at.X * dlX - dM - dhome).sum(axis=1)
    dearnings = earnings(econ.firms, dwL, dY)
    dincome = dearnings + dR + dD
    took = None
    if chain is not None and at.took is not None:
        took = chain.taken(at, du, dS, dv)
        dY, dincome = dY - took.withheld, dincome + took.transfers
        owed = D + at.took.transfers - at.took.rents
        dowed = dD + took.transfers - took.withheld.sum(axis=1)
    dX1 = spending(_input_use(econ, at, tech, paid_out(econ.firms, dY)), econ.alpha, dincome, dZ)
    dearned = dE.sum(axis=1) + np.where(owed > 0, dowed, 0.0)
    dowing = dM.sum(axis=1) - np.where(owed < 0, dowed, 0.0)
    part = econ.members @ earnings(econ.firms, at.wL, at.Y)
    df_w = (dearned / at.balance.earned - dowing / at.balance.owed) / at.balance.slope - econ.members.T @ (
        (econ.members @ dearnings) / part
    )
    df_P = priced(econ.firms, -dS / (at.S * econ.theta) - dlP, dlX, dlw)
    floored = (at.X1 + econ.idle) <= SPENDING_FLOOR * (at.X + econ.idle)
    df_X = np.where(floored, 0.0, dX1 / np.where(floored, 1.0, at.X1 + econ.idle) - dlX)
    b = dz.shape[1]
    blocks = [df_w, df_P.reshape(-1, b), df_X.reshape(-1, b)]
    if took is not None:
        blocks.append(took.f)
    if denters is not None:
        blocks.append(ENTRY_STEP * _entry_gap(econ, at, denters, (dlw, dlP, dlc), dY, dR, dwL))
    f = np.concatenate(blocks)
    return Tangent(dz, f, dlc, du, dv, dD, took)


def _technology(econ: Economy, at: Point, dlw: Array, dlP: Array) -> Technology:
    """Return the derivatives of costs and cost shares."""
    dlc = log_cost(econ.gamma, econ.gamma_io, dlw, dlP)
    return Technology(dlc) if econ.nests is None else nested_tangent(econ.nests, at.tech, dlc, dlP)


def _entry_gap(
    econ: Economy, at: Point, denters: Entry, dlogs: tuple[Array, Array, Array], dY: Array, dR: Array, dwL: Array
) -> Array:
    """Return the derivative of the gap of varieties or labour."""
    firms, tau = econ.firms, at.tau
    if firms is None or tau is None:
        return np.zeros((0, dwL.shape[1]))
    relief = firms.labour is not None and firms.labour.relief
    dtau = (dR - tau * dwL) / at.wL if relief else np.zeros_like(dwL)
    return entry_gap_tangent(firms, denters, dlogs, dY / np.where(at.Y > 0, at.Y, 1.0), dtau, tau)


def _input_use(econ: Economy, at: Point, tech: Technology, dY: Array) -> Array:
    """Return the derivative of input use."""
    if econ.nests is None or tech.kept is None:
        return input_use(econ.gamma_io, dY)
    dused = tech.kept * at.Y + at.tech.labour(dY)
    return nested_use_tangent(econ.nests, at.tech, tech, input_use(econ.gamma_io, dused), at.Y, dY)
