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
from detente.model.technology import input_use, log_cost, spending
from detente.model.trade import sold, sourced


@dataclass(frozen=True)
class ShockRate:
    """The speed at which the shock itself moves along a path.

    Attributes:
        A, B, B_home: derivatives of the trade factors. D: of the deficits. Z: of exogenous final demand. [MUSD]
    """

    A: Float[Array, "sector dest origin"]
    B: Float[Array, "sector dest origin"]
    B_home: Float[Array, "country sector one"]
    D: Float[Array, "country one"]
    Z: Float[Array, "country sector one"]


@dataclass(frozen=True)
class Tangent:
    """Derivatives of the unknowns z and of the quantities of a `Point`."""

    z: Float[Array, "unknown b"]
    f: Float[Array, "unknown b"]
    lc: Float[Array, "country sector b"]
    u: Float[Array, "country sector b"]
    v: Float[Array, "country sector b"]
    D: Float[Array, "country b"]


def tangent(
    econ: Economy, z: Array, at: Point, dz: Float[Array, "unknown b"], rate: ShockRate | None = None
) -> Tangent:
    """Return the derivative of the residual at a point, in direction dz and along a moving shock.

    Args:
        econ: the economy. z: the point. at: `clear(econ, z)`. dz: direction. rate: derivative of the shock, or None.
    Source: own; differentials of equations (5)-(10). Test: complex step and central differences.
    """
    dlw, dlP, dlX = econ.split(dz)
    trade = econ.trade
    dlc = log_cost(econ.gamma, econ.gamma_io, dlw, dlP)
    du = -econ.theta * dlc * at.u
    dS = sourced(trade.A, du)
    dbought = sourced(trade.B, du)
    v = at.v
    dB_home = np.zeros_like(trade.B_home)
    if rate is not None:
        dS = dS + sourced(rate.A, at.u)
        dbought = dbought + sourced(rate.B, at.u)
        dB_home = rate.B_home
    dv = v * (dlX - dS / at.S)
    dM = dv * at.bought + v * dbought
    dsold = sold(trade.B, dv)
    if rate is not None:
        dsold = dsold + sold(rate.B, v)
    dE = du * at.sold + at.u * dsold
    dhome = trade.B_home * (du * v + at.u * dv) + dB_home * at.u * v
    dwL = at.wL * dlw
    D = econ.deficits(econ.split(z)[0])
    dD = np.zeros_like(dlw) if econ.D_unit < 0 else D * dlw[econ.D_unit]
    dZ = np.zeros_like(econ.Z)
    if rate is not None:
        dD = dD + (rate.D if econ.D_unit < 0 else rate.D * np.exp(z[econ.D_unit]))
        dZ = rate.Z
    dincome = dwL + (at.X * dlX - dM - dhome).sum(axis=1) + dD
    dX1 = spending(input_use(econ.gamma_io, dE + dhome), econ.alpha, dincome, dZ)
    dearned = dE.sum(axis=1) + np.where(D > 0, dD, 0.0)
    dowed = dM.sum(axis=1) - np.where(D < 0, dD, 0.0)
    part = econ.members @ at.wL
    df_w = (dearned / at.balance.earned - dowed / at.balance.owed) / at.balance.slope - econ.members.T @ (
        (econ.members @ dwL) / part
    )
    df_P = -dS / (at.S * econ.theta) - dlP
    floored = (at.X1 + econ.idle) <= SPENDING_FLOOR * (at.X + econ.idle)
    df_X = np.where(floored, 0.0, dX1 / np.where(floored, 1.0, at.X1 + econ.idle) - dlX)
    b = dz.shape[1]
    f = np.concatenate([df_w, df_P.reshape(-1, b), df_X.reshape(-1, b)])
    return Tangent(dz, f, dlc, du, dv, dD)
