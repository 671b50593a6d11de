"""One walk over the bilateral cells: prices and shares by direct powers, flows, receipts, trade and revenue.

The walk takes a few origins at a time, so that what it works on stays in the cache, and writes into the same memory
again and again: on a world of 80 economies reading the stored arrays is most of its cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from detente.core.arrays import Array, cells_where
from detente.core.once import Once

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
    """What the walk needs of a baseline: shares laid out as they are stored, rates, how far shares are from flows."""

    share: Array
    tariffs: Array
    error: Array


@dataclass
class Sums:
    """What the walk collects.

    Attributes:
        receipts: (origin, sector) what producers get. imports, exports: (country,) at border value, foreign.
        revenue: (country,) tariff revenue. spent: (dest, sector) what buyers pay.
        power, share_sum: (dest, sector) sums of rebuilt and of stored shares. share_error, flow_error: the same,
        largest errors. taken: cells with a wedge other than 1 or a rent. rents: (country,) of its own sales, lost ones
        left out. rent_error: how far rents are from flows and wedges, relative to the largest flow.
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
    rents: Array
    rent_error: float = 0.0
    taken: tuple[Array, ...] = ()

    @classmethod
    def of(cls, n: int, j: int) -> Sums:
        """Return sums of nothing."""
        receipts, spent, power, share_sum, share_error, flow_error = (np.zeros((n, j)) for _ in range(6))
        imports, exports, revenue, rents = (np.zeros(n) for _ in range(4))
        return cls(receipts, imports, exports, revenue, spent, power, share_sum, share_error, flow_error, rents)


def base_of(flows: Array, tariffs: Array, share: Array, expenditure: Array) -> Base:
    """Return what the walk needs of a baseline, and how far its shares are from its flows."""
    own = np.ascontiguousarray(share)
    return Base(own, tariffs, np.abs(own - flows * (1 + tariffs) / _positive(expenditure)).max(axis=0))


def walked(stored: Stored, base: Base, once: Once) -> Sums:
    """Return the sums over all bilateral cells of stored arrays; results that share rates share what these change."""
    n, j = stored["price_hat"].shape
    sums, step = Sums.of(n, j), max(1, CHUNK // (n * j))
    theta = stored["trade_elasticity"]
    sold, bought = -theta * np.log(stored["cost_hat"]), -theta * np.log(stored["price_hat"])
    directed = stored["directed_new"] / _positive(stored["expenditure_new"]) if "directed_new" in stored else None
    some = _taken(stored)
    walls = _walls(stored, base, some, once)
    memory = np.empty((3, min(step, n), n, j))
    for first in range(0, n, step):
        here = slice(first, min(first + step, n))
        tau, power, flow = memory[:, : here.stop - first]
        np.subtract(sold[here, None, :], bought, out=power)
        ends = slice(*np.searchsorted(walls[0], (here.start, here.stop)))
        o, d, s, log_power = (part[ends] for part in walls)
        power[o - first, d, s] += log_power
        np.minimum(power, LARGEST_POWER, out=power)
        np.exp(power, out=power)
        power *= base.share[here]
        sums.power += power.sum(axis=0)
        if directed is not None:
            power *= stored.market_part
            power += directed[here]
        _largest_gap(power, stored["share_new"][here], power, sums.share_error)
        np.multiply(stored["share_new"][here], stored["expenditure_new"], out=flow)
        sums.share_sum += stored["share_new"][here].sum(axis=0)
        np.add(stored["tariffs_new"][here], 1.0, out=tau)
        flow /= tau
        _largest_gap(flow, stored["flows_new"][here], power, sums.flow_error)
        _collect(sums, here, flow, np.multiply(flow, stored["tariffs_new"][here], out=power))
    _take(stored, sums, cells_where(some))
    return sums


def _taken(stored: Stored) -> Array:
    """Return in which cells (origin, dest, sector) a wedge is not 1 or somebody gets a rent."""
    some = np.zeros(stored["flows_new"].shape, dtype=bool)
    for name, calm in (("wedge", 1.0), *((name, 0.0) for name in RENTS)):
        if not _is_constant(stored[name], calm):
            some |= stored[name] != calm
    return some


def _walls(stored: Stored, base: Base, some: Array, once: Once) -> tuple[Array, ...]:
    """Return the cells in which what stands between producer and buyer has changed, in order, and -theta ln k there."""
    cells = cells_where(some | once(_changed, stored["tariffs_new"], base.tariffs, stored["trade_cost_hat"]))
    with np.errstate(divide="ignore"):
        return *cells, -stored["trade_elasticity"][cells[2]] * np.log(wall(stored, cells))


def _changed(t_new: Array, t: Array, kappa_hat: Array) -> Array:
    """Return in which cells the rate or the iceberg is another one."""
    changed = t_new != t
    if not _is_constant(kappa_hat, 1.0):
        changed |= kappa_hat != 1
    return np.asarray(changed)


def _collect(sums: Sums, here: slice, flow: Array, duty: Array) -> None:
    """Add revenue, spending, trade and receipts of some origins, as if there were no instruments."""
    duties = duty.sum(axis=0)
    sums.revenue += duties.sum(axis=1)
    sums.spent += duties + flow.sum(axis=0)
    sums.receipts[here] = flow.sum(axis=1)
    bilateral = flow.sum(axis=2)
    bilateral[np.arange(len(bilateral)), np.arange(flow.shape[1])[here]] = 0.0
    sums.imports += bilateral.sum(axis=0)
    sums.exports[here] = bilateral.sum(axis=1)


def _take(stored: Stored, sums: Sums, cells: tuple[Array, ...]) -> None:
    """Take what instruments collect out of receipts, lost rents left in; check the rents against flows and wedges."""
    o, d, s = sums.taken = cells
    if not len(o):
        return
    flow = stored["share_new"][cells] * stored["expenditure_new"][d, s] / (1 + stored["tariffs_new"][cells])
    collected = flow * (1 - 1 / stored["wedge"][cells])
    *kept, lost = (stored[name][cells] for name in RENTS)
    np.add.at(sums.receipts, (o, s), lost - collected)
    sums.rents = np.bincount(o, sum(kept), len(sums.rents))
    error = np.abs(sum(kept) + lost - collected)
    worst = float(error.max() / stored["flows_new"].max())
    sums.rent_error = worst if np.isfinite(worst) else float("inf")


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
