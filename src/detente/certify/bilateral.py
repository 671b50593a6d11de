"""One walk over the bilateral cells: prices and shares by direct powers, flows, receipts, trade and revenue.

The walk takes a few origins at a time, so that what it works on stays in the cache, and writes into the same memory
again and again: on a world of 80 economies reading the stored arrays is most of its cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from detente.core.arrays import Array

RENTS: Final = ("rent_exporter", "rent_importer", "rent_other", "rent_lost")

CHUNK: Final = 60_000
"""Bilateral cells looked at together: large enough to be fast, small enough to stay in cache."""

LARGEST_POWER: Final = 700.0
"""Exponents stop here: a cell without trade stays at 0 times a finite number; with trade the error is then enormous."""


class Stored(Protocol):
    """Stored arrays by name."""

    def __getitem__(self, name: str) -> Array: ...
    def __contains__(self, name: str) -> bool: ...
    @property
    def market_part(self) -> Array: ...


@dataclass(frozen=True)
class Base:
    """What the walk needs of a baseline: shares laid out as they are stored, 1 + t, how far shares are from flows."""

    share: Array
    tau: Array
    error: Array


@dataclass
class Sums:
    """What the walk collects.

    Attributes:
        receipts: (origin, sector) what producers get. imports, exports: (country,) at border value, foreign.
        revenue: (country,) tariff revenue. spent: (dest, sector) what buyers pay.
        power, share_sum: (dest, sector) sums of rebuilt and of stored shares. share_error, flow_error: the same,
        largest errors. rent_error: relative to the largest flow.
    """

    receipts: Array
    imports: Array
    exports: Array
    revenue: Array
    spent: Array
    power: Array
    share_sum: Array
    share_error: Array
    flow_error: Array
    rent_error: float = 0.0

    @classmethod
    def of(cls, n: int, j: int) -> Sums:
        """Return sums of nothing."""
        receipts, spent, power, share_sum, share_error, flow_error = (np.zeros((n, j)) for _ in range(6))
        imports, exports, revenue = (np.zeros(n) for _ in range(3))
        return cls(receipts, imports, exports, revenue, spent, power, share_sum, share_error, flow_error)


def base_of(flows: Array, tariffs: Array, share: Array, expenditure: Array) -> Base:
    """Return what the walk needs of a baseline, and how far its shares are from its flows."""
    tau = 1 + tariffs
    spending = np.where(expenditure > 0, expenditure, 1.0)
    own = np.ascontiguousarray(share)
    return Base(own, tau, np.abs(own - flows * tau / spending).max(axis=0))


def walked(stored: Stored, base: Base) -> Sums:
    """Return the sums over all bilateral cells of stored arrays."""
    n, j = stored["price_hat"].shape
    sums, step = Sums.of(n, j), max(1, CHUNK // (n * j))
    log_price, log_cost = np.log(stored["price_hat"]), np.log(stored["cost_hat"])
    directed = stored["directed_new"] / _positive(stored["expenditure_new"]) if "directed_new" in stored else None
    memory = np.empty((3, min(step, n), n, j))
    for first in range(0, n, step):
        here = slice(first, min(first + step, n))
        tau, power, flow = memory[:, : here.stop - first]
        np.add(stored["tariffs_new"][here], 1.0, out=tau)
        _raise(stored, base, here, tau, log_cost[here, None, :], log_price, power)
        sums.power += power.sum(axis=0)
        if directed is not None:
            power *= stored.market_part
            power += directed[here]
        _largest_gap(power, stored["share_new"][here], power, sums.share_error)
        sums.share_sum += stored["share_new"][here].sum(axis=0)
        np.multiply(stored["share_new"][here], stored["expenditure_new"], out=flow)
        flow /= tau
        _largest_gap(flow, stored["flows_new"][here], power, sums.flow_error)
        _collect(stored, sums, here, flow, power)
    return sums


def _raise(stored: Stored, base: Base, here: slice, tau: Array, log_cost: Array, log_price: Array, out: Array) -> None:
    """Write shares rebuilt by direct powers: share (cost k / price)^-theta, k all that stands between."""
    np.divide(tau, base.tau[here], out=out)
    for name in ("trade_cost_hat", "wedge"):
        if not _is_constant(stored[name], 1.0):
            out *= stored[name][here]
    np.log(out, out=out)
    out += log_cost
    out -= log_price
    out *= -stored["trade_elasticity"]
    np.minimum(out, LARGEST_POWER, out=out)
    np.exp(out, out=out)
    out *= base.share[here]


def _collect(stored: Stored, sums: Sums, here: slice, flow: Array, memory: Array) -> None:
    """Add revenue, spending, trade and receipts of some origins; check what instruments take from their flows."""
    np.multiply(flow, stored["tariffs_new"][here], out=memory)
    sums.revenue += memory.sum(axis=(0, 2))
    memory += flow
    sums.spent += memory.sum(axis=0)
    bilateral = flow.sum(axis=2)
    bilateral[np.arange(len(bilateral)), np.arange(flow.shape[1])[here]] = 0.0
    sums.imports += bilateral.sum(axis=0)
    sums.exports[here] = bilateral.sum(axis=1)
    rents = [stored[name] for name in RENTS if not _is_constant(stored[name], 0.0)]
    if not rents and _is_constant(stored["wedge"], 1.0):
        sums.receipts[here] = flow.sum(axis=1)
        return
    np.divide(flow, stored["wedge"][here], out=memory)
    scale = max(float(flow.max()), 1e-300)
    sums.receipts[here] = memory.sum(axis=1) + stored["rent_lost"][here].sum(axis=1)
    memory -= flow
    for rent in rents:
        memory += rent[here]
    worst = float(np.abs(memory, out=memory).max()) / scale
    sums.rent_error = max(sums.rent_error, worst if np.isfinite(worst) else float("inf"))


def _largest_gap(values: Array, stored: Array, memory: Array, into: Array) -> None:
    """Take note of the largest gap over origins."""
    np.subtract(values, stored, out=memory)
    np.abs(memory, out=memory)
    np.maximum(into, memory.max(axis=0), out=into)


def _is_constant(array: Array, value: float) -> bool:
    """Return whether an array is one number that was spread over all cells."""
    return not any(array.strides) and bool(array.size) and float(array.flat[0]) == value


def _positive(values: Array) -> Array:
    positive: Array = np.where(values > 0, values, 1.0)
    return positive


def wall(arrays: Stored, cells: tuple[Array, ...]) -> Array:
    """Return what stands between producer and buyer of single cells: (1+t')/(1+t) times iceberg and wedge. [ratio]"""
    tariff = (1 + arrays["tariffs_new"][cells]) / (1 + arrays["tariffs"][cells])
    return np.asarray(tariff * arrays["trade_cost_hat"][cells] * arrays["wedge"][cells])
