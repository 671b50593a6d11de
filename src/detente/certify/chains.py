"""Instruments laid out for the certificate: a row for each cell of each instrument, in the order of the price chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detente.certify.bilateral import RENTS
from detente.core.arrays import Array
from detente.core.instruments import EXPORTER, FIXED, IMPORTER, LOST, ORDER, PRICE_FLOOR, QUOTA, Bound


@dataclass(frozen=True)
class Chains:
    """The rows, and what does not depend on a result.

    Attributes:
        cell: (row, 3) positions. bound: number of the instrument. at: number of the cell among the distinct ones.
        steps: rows that are as many instruments away from the border as their place in the tuple, the border first.
        fixed: 1 + the rate of fixed wedges, nan elsewhere. floor: the least price of a price floor, nan elsewhere.
        rent: which of RENTS a rent belongs to. receiver: who gets it, -1 if it is lost.
        first: first row of each instrument, -1 for one without rows (purchases).
    """

    cell: Array
    bound: Array
    at: Array
    steps: tuple[Array, ...]
    fixed: Array
    floor: Array
    rent: Array
    receiver: Array
    first: Array

    @property
    def place(self) -> tuple[Array, Array, Array]:
        """Return origin, dest and sector of every row."""
        o, d, s = self.cell.T
        return o, d, s

    def outside(self, cells: tuple[Array, ...]) -> tuple[Array, ...]:
        """Return those of some cells (origin, dest, sector) that no instrument is on."""
        left = ~np.isin(_code(*cells), _code(*self.place))
        return tuple(axis[left] for axis in cells)

    def by_bound(self, values: Array) -> Array:
        """Return the sums of rows by instrument."""
        return np.bincount(self.bound, values, minlength=len(self.first))


def chains(bounds: Sequence[Bound], countries: Sequence[str], sectors: Sequence[str]) -> Chains:
    """Return the rows of instruments, in the order of the price chain: the producer's end first."""
    n_of = {code: at for at, code in enumerate(countries)}
    s_of = {code: at for at, code in enumerate(sectors)}
    rows = [
        (n_of[o], n_of[d], s_of[s], number)
        for kind in ORDER
        for number, bound in enumerate(bounds)
        if bound.kind == kind
        for o, d, s in bound.cells
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    cell, number = table[:, :3], table[:, 3]
    _, at = np.unique(cell, axis=0, return_inverse=True)
    levels = [
        (
            1.0 + float(bounds[k].rate or 0.0) if bounds[k].kind == FIXED else np.nan,
            float(bounds[k].price or 0.0) if bounds[k].kind == PRICE_FLOOR else np.nan,
            *_beneficiary(bounds[k].to, o, d, n_of),
        )
        for o, d, _, k in table.tolist()
    ]
    fixed, floor, rent, receiver = (np.array([level[i] for level in levels]) for i in range(4))
    first = np.full(len(bounds), -1)
    first[number[::-1]] = np.arange(len(number))[::-1]
    steps = _steps(at.ravel())
    return Chains(cell, number, at.ravel(), steps, fixed, floor, rent.astype(int), receiver.astype(int), first)


def _code(o: Array, d: Array, s: Array) -> Array:
    """Return one number for each cell."""
    code: Array = ((o.astype(np.int64) << 20) + d << 20) + s
    return code


def _steps(at: Array) -> tuple[Array, ...]:
    """Return the rows by their distance from the border: the last row of every cell, then the one before it, .."""
    seen: dict[int, int] = {}
    distance = np.zeros(len(at), dtype=np.int64)
    for row in range(len(at) - 1, -1, -1):
        distance[row] = seen.get(int(at[row]), 0)
        seen[int(at[row])] = int(distance[row]) + 1
    return tuple(np.flatnonzero(distance == step) for step in range(int(distance.max(initial=-1)) + 1))


def _beneficiary(to: str, o: int, d: int, n_of: dict[str, int]) -> tuple[int, int]:
    """Return which of RENTS a rent belongs to, and the country that receives it (-1 if it is lost)."""
    if to == LOST:
        return RENTS.index("rent_lost"), -1
    n = {EXPORTER: o, IMPORTER: d}.get(to, -1)
    n = n_of[to] if n < 0 else n
    name = "rent_exporter" if n == o else "rent_importer" if n == d else "rent_other"
    return RENTS.index(name), n


def is_embargo(bound: Bound) -> bool:
    """Return whether a bound lets nothing through at all."""
    return bound.kind == QUOTA and bound.volume == 0
