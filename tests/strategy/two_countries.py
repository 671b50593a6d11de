"""Two countries, one sector, labour alone: the economy in which optimal tariffs have formulas."""

from __future__ import annotations

import math

import numpy as np

import detente as dt


def two_countries(
    theta: float, iceberg: float = 1.0, size: float = 1.0, tariff_of_b: float = 0.0, *, other: float = 1.0
) -> dt.Baseline:
    """Return countries A (of a size) and B, each with labour alone, solved in levels by bisection on the wage.

    Args:
        theta: trade elasticity. iceberg: cost of trade, both ways. size, other: labour of A and B. tariff_of_b: on A.
    """
    labour, tau = np.array([size, other]), np.array([[1.0, 1 + tariff_of_b], [1.0, 1.0]])
    cost = np.where(np.eye(2) == 1, 1.0, iceberg)

    def flows(wage: float) -> np.ndarray:
        w = np.array([wage, 1.0])
        weight = (w[:, None] * cost * tau) ** -theta
        share = weight / weight.sum(axis=0)
        income = w * labour
        for _ in range(80):  # income includes revenue on what is bought with it
            border = share * income / tau
            income = w * labour + (border * (tau - 1)).sum(axis=0)
        return np.asarray(share * income / tau)

    low, high = -8.0, 8.0
    for _ in range(64):
        middle = (low + high) / 2
        sold = flows(math.exp(middle))[0].sum()
        low, high = (middle, high) if sold > math.exp(middle) * size else (low, middle)
    F = flows(math.exp(low))[:, :, None]
    rates = (tau - 1)[:, :, None]
    return dt.Baseline.from_flows(["A", "B"], ["ALL"], F, rates, np.ones((2, 1)), np.zeros((1, 2, 1)), [theta])


def own_share_at_border(flows: np.ndarray, country: int) -> float:
    """Return the share of a country's spending at border value that goes to its own goods; one sector."""
    bought = flows[:, country, 0]
    return float(bought[country] / bought.sum())
