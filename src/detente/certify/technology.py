"""What producing costs, and its shares, worked out again from stored arrays: Cobb-Douglas, or with critical inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from detente.core.arrays import Array


class Stored(Protocol):
    """Stored arrays by name, and the naming of the worst cell."""

    @property
    def sectors(self) -> Sequence[str]: ...
    def __getitem__(self, name: str) -> Array: ...
    def __contains__(self, name: str) -> bool: ...
    def worst(self, error: Array) -> tuple[float, str]: ...


def production_cost(stored: Stored, log_wage: Array, log_price: Array) -> Array:
    """Return log cost changes (origin, sector): a weighted mean of wages and prices, or a CES mean of two such levels.

    Source: the unit cost function in levels; users of critical inputs pay (sum of share x price^(1-rho))^(1/(1-rho)).
    """
    inputs = np.einsum("kos,ok->os", stored["input_share"], log_price)
    plain = inputs + stored["value_added_share"] * log_wage[:, None]
    if "critical_share" not in stored:
        return np.asarray(plain)
    share, rho = stored["critical_share"], stored["substitution"]
    rest = 1.0 - share.sum(axis=0)
    other = (plain - np.einsum("kos,ok->os", share, log_price)) / rest
    power = np.where(rho == 1, 1.0, 1.0 - rho)
    mean = rest * np.expm1(power * other) + (share * np.expm1(power * log_price.T[:, :, None])).sum(axis=0)
    return np.asarray(np.where(rho == 1, plain, np.log1p(mean) / power))


def critical_errors(stored: Stored, log_cost: Array) -> list[tuple[float, str]]:
    """Return how far the stored cost shares are from those that cost minimisation implies, and from adding up."""
    share, rho = stored["critical_share"], stored["substitution"]
    price = np.exp(np.log(stored["price_hat"]).T[:, :, None] - log_cost)
    moved = share * price ** (1.0 - rho)
    kept = (1.0 - moved.sum(axis=0)) / (1.0 - share.sum(axis=0))
    inputs = (stored["input_share"] - share) * kept + moved
    labour = stored["value_added_share"] * kept
    total = stored["value_added_share_new"] + stored["input_share_new"].sum(axis=0)
    return [
        stored.worst(np.abs(inputs - stored["input_share_new"]).max(axis=0)),
        stored.worst(labour - stored["value_added_share_new"]),
        stored.worst(total - 1.0),
    ]
