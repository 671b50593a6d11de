"""What producing costs, and its shares, worked out again from stored arrays: Cobb-Douglas, or with critical inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from detente.core.arrays import Array
from detente.core.once import Once


class Stored(Protocol):
    """Stored arrays by name, and the naming of the worst cell."""

    @property
    def sectors(self) -> Sequence[str]: ...
    def __getitem__(self, name: str) -> Array: ...
    def __contains__(self, name: str) -> bool: ...
    def worst(self, error: Array) -> tuple[float, str]: ...


class Technology:
    """Cost functions from stored baseline shares; users of critical inputs pay a CES mean of two price levels."""

    def __init__(self, stored: Stored, once: Once) -> None:
        """Prepare the shares of a baseline, once for the results on it."""
        self._stored = stored
        self._inputs = once(_Inputs, stored["input_share"])
        self._goods = np.zeros(0, dtype=np.int64)
        if "critical_share" in stored:
            self._goods = np.flatnonzero(stored["critical_share"].any(axis=(1, 2)))

    def log_cost(self, log_wage: Array, log_price: Array) -> Array:
        """Return log cost changes (origin, sector): a weighted mean of wages and prices, or a CES mean of two levels.

        Source: the unit cost function in levels; users of critical inputs pay (sum share x price^(1-rho))^(1/(1-rho)).
        """
        stored = self._stored
        plain: Array = self._inputs.used(log_price) + stored["value_added_share"] * log_wage[:, None]
        if "critical_share" not in stored:
            return plain
        o, s = np.nonzero(stored["substitution"] != 1)
        share, power = stored["critical_share"][self._goods][:, o, s], 1.0 - stored["substitution"][o, s]
        price = log_price[:, self._goods].T[:, o]
        rest = 1.0 - share.sum(axis=0)
        other = (plain[o, s] - (share * price).sum(axis=0)) / rest
        mean = rest * np.expm1(power * other) + (share * np.expm1(power * price)).sum(axis=0)
        plain[o, s] = np.log1p(mean) / power
        return plain

    def through_inputs(self, linear: Array, known: Array) -> Array:
        """Return log prices where those that are `linear` pass on the prices of their inputs, given all other parts.

        Args:
            linear: (dest, sector) bool. known: (dest, sector) what the log price is made of beside inputs.
        """
        return np.asarray((self._inputs.inverse(linear) @ known[:, :, None])[:, :, 0])

    def errors(self) -> list[tuple[float, str]]:
        """Return how far stored costs are from wages and input prices, and new cost shares from cost minimisation."""
        stored = self._stored
        log_cost = self.log_cost(np.log(stored["wage_hat"]), np.log(stored["price_hat"]))
        found = [stored.worst(np.log(stored["cost_hat"]) - log_cost)]
        return found + self._share_errors(log_cost) if "critical_share" in stored else found

    def _share_errors(self, log_cost: Array) -> list[tuple[float, str]]:
        """Return how far the stored cost shares are from those that cost minimisation implies, and from adding up."""
        stored, goods = self._stored, self._goods
        share, rho = stored["critical_share"][goods], stored["substitution"]
        price = np.exp(np.log(stored["price_hat"])[:, goods].T[:, :, None] - log_cost)
        moved = share * price ** (1.0 - rho)
        kept = (1.0 - moved.sum(axis=0)) / (1.0 - share.sum(axis=0))
        inputs = stored["input_share"] * kept
        inputs[goods] += moved - share * kept
        total = stored["value_added_share_new"] + stored["input_share_new"].sum(axis=0)
        return [
            stored.worst(np.abs(inputs - stored["input_share_new"]).max(axis=0)),
            stored.worst(stored["value_added_share"] * kept - stored["value_added_share_new"]),
            stored.worst(total - 1.0),
        ]


class _Inputs:
    """Input shares by producer, and what prices add up to when costs are passed on through them."""

    def __init__(self, input_share: Array) -> None:
        self._by_producer = np.ascontiguousarray(input_share.transpose(1, 2, 0))
        self._inverse: dict[bytes, Array] = {}

    def used(self, log_price: Array) -> Array:
        """Return sum_k share_kos ln P_ok."""
        return np.asarray((self._by_producer @ log_price[:, :, None])[:, :, 0])

    def inverse(self, linear: Array) -> Array:
        """Return (I - diag(linear) g')^-1 of every country."""
        key = linear.tobytes()
        if key not in self._inverse:
            matrix = np.eye(linear.shape[1]) - linear[:, :, None] * self._by_producer
            self._inverse[key] = np.linalg.inv(matrix)
        return self._inverse[key]
