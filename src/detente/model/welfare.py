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
