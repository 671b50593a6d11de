"""Equations (5) and (9): what producing costs and what is spent, through the input-output links."""

from __future__ import annotations

from detente.core.arrays import Array, Float


def log_cost(
    gamma: Float[Array, "country sector one"],
    gamma_io: Float[Array, "country input sector"],
    lw: Float[Array, "country b"],
    lP: Float[Array, "country input b"],
) -> Float[Array, "country sector b"]:
    """Return the log change of input cost.

    Equation: [5]  ln c_os = gamma_os ln w_o + sum_k g_kos ln P_ok
    Source: Caliendo and Parro (2015), cost of an input bundle in changes.
    Args:
        gamma: value-added share. gamma_io: input shares, laid out country, input, sector. [share]
        lw: log wage change. lP: log price change. [log ratio]
    Laws: no_change; homogeneous of degree 1 (a common shift of lw and lP shifts the cost by as much).
    """
    lc: Array = gamma * lw[:, None, :] + gamma_io.swapaxes(1, 2) @ lP
    return lc


def input_use(
    gamma_io: Float[Array, "country input sector"], Y: Float[Array, "country sector b"]
) -> Float[Array, "country input b"]:
    """Return spending on inputs, sum_s g_kds Y_ds.

    Equation: [9], first term. Source: Caliendo and Parro (2015), goods market clearing.
    Laws: adjoint of the input part of log_cost; adds up to Y minus value added over k.
    """
    return gamma_io @ Y


def spending(
    use: Float[Array, "country sector b"],
    alpha: Float[Array, "country sector one"],
    I: Float[Array, "country b"],  # noqa: E741
    Z: Float[Array, "country sector #b"],
) -> Float[Array, "country sector b"]:
    """Return spending by market: inputs, budget shares of what is left of income, and demand outside them.

    Equation: [9]  X_dk = sum_s g_kds Y_ds + alpha_dk (I_d - sum_k Z_dk) + Z_dk
    Laws: adds up (sum over k is total input use plus income).
    """
    X: Array = use + alpha * (I - Z.sum(axis=1))[:, None, :] + Z
    return X
