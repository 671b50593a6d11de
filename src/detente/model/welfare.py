"""Equation (11): real income."""

from __future__ import annotations

import numpy as np

from detente.core.arrays import Array, Float


def welfare_hat(
    alpha: Float[Array, "country sector"],
    P_hat: Float[Array, "country sector"],
    spendable: Float[Array, " country"],
    spendable_new: Float[Array, " country"],
) -> Float[Array, " country"]:
    """Return the exact change of real income.

    Equation: [11]  W_d = ((I - sum Z)'_d / (I - sum Z)_d) / prod_s P_ds^alpha_ds; with wasted revenue I - R for I
    Source: Caliendo and Parro (2015); exact, not the first-order statistic of that paper.
    Args:
        alpha: final budget shares. P_hat: price changes. [ratio]
        spendable: income less exogenous demand (less revenue where it is wasted). [MUSD]
    Returns: ratio, 1 = no change.
    Laws: no_change; homogeneous of degree 0 in money and prices together.
    """
    welfare: Array = spendable_new / spendable / np.exp((alpha * np.log(P_hat)).sum(axis=1))
    return welfare


def welfare_with_labour(
    E: Float[Array, " country"],
    E_new: Float[Array, " country"],
    wL: Float[Array, " country"],
    wL_new: Float[Array, " country"],
    P_hat: Float[Array, " country"],
    eta: float,
    tau: Float[Array, " country"],
) -> tuple[Float[Array, " country"], Float[Array, " country"]]:
    """Return the change of welfare with elastic labour: by the formula of the source, and directly from utility.

    Equation: [15]  W_d = delta E_hat/P_hat + (1-delta) w_hat L_hat/P_hat, delta = E / (E - eta/(1+eta) (1-tau) wL)
        utility  U = E/P - eta/(1+eta) (net wage) L/P, keeping the rate (1-tau) before and 1 after
    Source: Ignatenko, Lashkaripour, Macedoni and Simonovska (2025), formula of the programs; the second own.
    Args:
        E: income. wL: labour income. [MUSD] P_hat: price change. eta: labour supply elasticity. tau: tax rate that
            revenue replaces, 0 without tax relief.
    Returns: two ratios, 1 = no change.
    Laws: no_change; the two agree where tau = 0; eta = 0 is real income.
    """
    disutility = eta / (1 + eta) * wL
    before = E - disutility * (1 - tau)
    delta = E / before
    formula: Array = (delta * (E_new / E) + (1 - delta) * (wL_new / wL)) / P_hat
    utility: Array = (E_new - eta / (1 + eta) * wL_new) / P_hat / before
    return formula, utility
