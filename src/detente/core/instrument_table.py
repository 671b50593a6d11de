"""Table "instruments": what each bound lets through, how scarce it makes the good, and who gets the rent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.instruments import (
    BOUNDED,
    DEMAND,
    FIXED,
    GUARANTEE,
    MINIMUM,
    ORDER,
    PRICE_FLOOR,
    QUOTA,
    Bound,
    Cell,
)

if TYPE_CHECKING:
    from detente.core.result import Result

COLUMNS: Final = (
    "measure", "kind", "origin", "dest", "sector", "bound", "base_musd", "volume_pct", "shadow_price_pct", "rent_musd",
    "to",
)  # fmt: skip
SEVERAL: Final = "several"


def instrument_columns(result: Result) -> dict[str, list[Any]]:
    """Return one row for each instrument of a result, in the order of `result.bounds`.

    Returns:
        measure, kind; origin, dest, sector: "several" where a pool has more than one. bound: in words.
        base_musd: their trade in the baseline. volume_pct: of the baseline, all cells together.
        shadow_price_pct: 100 mu, what the instrument puts between producer and border; None without a wedge (embargo,
        purchases). rent_musd: what this wedge collects, below zero where somebody pays. to: who gets or pays it.
    Raises:
        SolveError: the result is not certified.
    """
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    chain = _Chains(result)
    for number, bound in enumerate(result.bounds):
        mu = chain.mu[number]
        row = (
            bound.name, bound.kind, *(_only(bound.cells, axis) for axis in range(3)), _words(bound), chain.base(bound),
            100 * chain.volume(bound), None if mu is None else 100 * mu, chain.rent(number), bound.to,
        )  # fmt: skip
        for name, value in zip(COLUMNS, row, strict=True):
            columns[name].append(value)
    return columns


def _only(cells: Sequence[Cell], axis: int) -> str:
    found = {cell[axis] for cell in cells}
    return found.pop() if len(found) == 1 else SEVERAL


def _words(bound: Bound) -> str:
    """Return the level of an instrument as people write it."""
    volume = "" if bound.volume is None else f"{100 * bound.volume:g}% of base"
    words = {
        FIXED: f"{100 * (bound.rate or 0):g}%",
        QUOTA: "embargo" if bound.volume == 0 else f"<= {volume}",
        MINIMUM: f">= {volume}",
        PRICE_FLOOR: f"price >= {100 * (bound.price or 0):g}% of base",
        GUARANTEE: f"price {100 * (bound.price or 0):g}% of base for {volume}",
        DEMAND: f"{bound.value_musd or 0:g} MUSD",
    }
    other = f">= {bound.value_musd:g} MUSD" if bound.value_musd else f"{100 * (bound.rate or 0):g}% above {volume}"
    return words.get(bound.kind, other)


class _Chains:
    """The price chains of all instruments, from producer to border, read from a result."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self._country = {code: at for at, code in enumerate(result.countries)}
        self._sector = {code: at for at, code in enumerate(result.sectors)}
        self._wedge, self._flows = result["wedge"], result.flows_new
        self._number = {id(bound): number for number, bound in enumerate(result.bounds)}
        self._links: dict[Cell, list[tuple[int, int]]] = {}
        for number, bound in enumerate(result.bounds):
            if bound.kind in ORDER and not _closed(bound):
                for cell in bound.cells:
                    self._links.setdefault(cell, []).append((ORDER.index(bound.kind), number))
        known = result.stored.get("bound_wedge", np.ones(len(result.bounds)))
        self.mu: list[float | None] = [
            self._mu(bound, float(solved)) for bound, solved in zip(result.bounds, known, strict=True)
        ]

    def _at(self, cell: Cell) -> tuple[int, int, int]:
        return self._country[cell[0]], self._country[cell[1]], self._sector[cell[2]]

    def _mu(self, bound: Bound, solved: float) -> float | None:
        """Return the wedge of an instrument, the average over its cells for a minimum price, or None."""
        if bound.kind == FIXED:
            return float(bound.rate or 0.0)
        if bound.kind in BOUNDED and not _closed(bound):
            return solved - 1
        if bound.kind != PRICE_FLOOR:
            return None
        weight = np.array([self.result.baseline.flows[self._at(cell)] for cell in bound.cells])
        factors = np.array([self._factor(cell, bound) for cell in bound.cells])
        return float(weight @ factors / weight.sum() - 1)

    def _factor(self, cell: Cell, bound: Bound) -> float:
        """Return 1 + mu of an instrument on a cell; for a minimum price what the others leave of the whole wedge."""
        if bound.kind == FIXED:
            return 1 + float(bound.rate or 0.0)
        known = self.result.stored.get("bound_wedge")
        if bound.kind != PRICE_FLOOR:
            return 1.0 if known is None else float(known[self._number[id(bound)]])
        others = [self.result.bounds[number] for _, number in self._links[cell]]
        rest = [self._factor(cell, other) for other in others if other.kind != PRICE_FLOOR]
        return float(self._wedge[self._at(cell)] / np.prod(rest))

    def base(self, bound: Bound) -> float:
        """Return the trade of all cells together in the baseline. [MUSD]"""
        return sum(float(self.result.baseline.flows[self._at(cell)]) for cell in bound.cells)

    def volume(self, bound: Bound) -> float:
        """Return the quantity of all cells together over that of the baseline. [ratio]"""
        base = self.base(bound)
        return sum(self._quantity(self._at(cell)) for cell in bound.cells) / base if base else 0.0

    def _quantity(self, place: tuple[int, int, int]) -> float:
        cost = float(self.result.cost_hat[place[0], place[2]])
        return float(self._flows[place]) / (float(self._wedge[place]) * cost)

    def rent(self, number: int) -> float:
        """Return what the wedge of an instrument collects over its cells. [MUSD]"""
        bound = self.result.bounds[number]
        if self.mu[number] is None:
            return 0.0
        if bound.kind == GUARANTEE:
            return -self._guaranteed(bound, float(self.mu[number] or 0.0))
        return sum(self._rent_on(cell, number) for cell in bound.cells)

    def _rent_on(self, cell: Cell, number: int) -> float:
        value = float(self._flows[self._at(cell)])
        for _, other in sorted(self._links[cell], reverse=True):
            factor = self._factor(cell, self.result.bounds[other])
            if other == number:
                return value * (1 - 1 / factor)
            value /= factor
        return 0.0

    def _guaranteed(self, bound: Bound, mu: float) -> float:
        """Return what the payer adds: the guaranteed price less that of the buyers, on the volume of the contract."""
        world: Array = self.result.baseline.value_added
        unit = float((self.result.wage_hat * world).sum() / world.sum())
        o, _, s = self._at(bound.cells[0])
        gap = float(bound.price or 0.0) * unit - float(self.result.cost_hat[o, s]) * (1 + mu)
        return max(0.0, gap) * float(bound.volume or 0.0) * self.base(bound)


def _closed(bound: Bound) -> bool:
    return bound.kind == QUOTA and bound.volume == 0
