"""Equations (6) and (7): shares, prices and sales, with the bilateral powers taken once.

The tensor A = pi (kappa_hat (1+t')/(1+t))^-theta is fixed during a solve, so a pass needs no power on bilateral cells:
with u = c_hat^-theta, S = A u is the price term and A u / S are the new shares. A cell with kappa_hat = inf is A = 0.
B = A/(1+t') is the same at border value; its diagonal (home sales) is kept apart, so that foreign exports and imports
are sums of foreign cells alone and keep full precision near autarky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, Bool, Float


@dataclass(frozen=True)
class Trade:
    """Bilateral factors of one shock, scaled so that nothing over- or underflows.

    Attributes:
        A: spending factor. B: the same at border value, foreign cells only.
        B_home: home cells of B.
        c0: log cost at which A and B are scaled; 0 for an ordinary shock.
        S0: log of the factor taken out of each destination's row.
    """

    A: Float[Array, "sector dest origin"]
    B: Float[Array, "sector dest origin"]
    B_home: Float[Array, "country sector one"]
    c0: Float[Array, "country sector one"]
    S0: Float[Array, "country sector one"]


def barrier_hat(
    t: Float[Array, "origin dest sector"],
    t_new: Float[Array, "origin dest sector"],
    kappa_hat: Float[Array, "origin dest sector"] | None,
) -> Float[Array, "origin dest sector"]:
    """Return the change in what stands between producer and buyer: kappa_hat (1+t')/(1+t).

    Source: Caliendo and Parro (2015), price index in changes; here with the iceberg apart from the tariff.
    Args:
        t: baseline rate. t_new: new rate. [fraction]
        kappa_hat: change of the iceberg cost; inf is an embargo; None is no change. [ratio]
    Returns: ratio, 1 = no change.
    Laws: no_change (equal rates, no iceberg: ones); multiplicative in kappa_hat.
    """
    tau_hat = (1 + t_new) / (1 + t)
    return tau_hat if kappa_hat is None else tau_hat * kappa_hat


def spending_factor(
    pi: Float[Array, "origin dest sector"],
    barrier: Float[Array, "origin dest sector"],
    theta: Float[Array, " sector"],
) -> Float[Array, "origin dest sector"]:
    """Return A = pi barrier^-theta, with powers on changed cells only; zero shares stay exactly zero.

    Source: equation (6); Dekle, Eaton and Kortum (2008).
    Args:
        pi: baseline shares. barrier: change of the barrier, inf for an embargo. theta: trade elasticity. [> 0]
    Returns: share times ratio.
    Laws: no_change (barrier of ones: A is pi); zero (pi = 0 or barrier = inf: A = 0).
    """
    A = pi.copy()
    o, d, s = np.nonzero((barrier != 1) & (pi > 0))
    A[o, d, s] *= np.exp(-theta[s] * np.log(barrier[o, d, s]))
    return A


def trade_factors(
    A: Float[Array, "origin dest sector"],
    t_new: Float[Array, "origin dest sector"],
    theta: Float[Array, " sector"],
    log_cost: Float[Array, "origin sector"] | None = None,
) -> Trade:
    """Return the factors of a shock in the layout of a pass, scaled at a given cost vector.

    Args:
        A: spending factor. t_new: new rate. theta: trade elasticity.
        log_cost: ln c_hat around which the factors are scaled; None is 0. Scaling matters only where theta times the
            log cost leaves the range of floating point; results do not depend on it.
    """
    n = A.shape[0]
    c0 = np.zeros((n, A.shape[2])) if log_cost is None else log_cost
    S0 = np.zeros_like(c0)
    if log_cost is not None:
        with np.errstate(divide="ignore"):
            log_A = np.log(A) - theta * c0[:, None, :]
        peak = log_A.max(axis=0)
        S0 = np.where(np.isfinite(peak), peak, 0.0)
        A = np.exp(log_A - S0)
    B = A / (1 + t_new)
    home = np.arange(n)
    B_home = B[home, home].copy()
    B_foreign = np.ascontiguousarray(B.transpose(2, 1, 0))
    B_foreign[:, home, home] = 0.0
    A_rows = np.ascontiguousarray(A.transpose(2, 1, 0))
    return Trade(A_rows, B_foreign, B_home[..., None], c0[..., None], S0[..., None])


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


def supplied(A: Float[Array, "sector dest origin"]) -> Bool[Array, "dest sector"]:
    """Return which markets still have a supplier after the shock."""
    reached: Array = (A > 0).any(axis=2)
    return reached.T
