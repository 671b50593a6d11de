"""The algebra of rates: how several measures on one cell become one rate. Pure functions on small lists and arrays.

total = max( all-in or baseline  +  points added ,  every minimum )
all-in = what `replace` says, else the largest of the plain rate and the `max` rates, plus every `add` rate.
Two plain all-in rates on one cell contradict each other. Nothing depends on the order of the measures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import PolicyError, Problem


@dataclass(frozen=True, eq=False)
class Layer:
    """Rates of one measure, or of one legal basis in its table, on some cells.

    Attributes:
        measure: id. where: file and line. authority: legal basis.
        cells: flat positions in (origin, dest, sector); each once. values: rate on each cell. [fraction]
        added: points added to what is there, rather than an all-in rate.
        at_least: the all-in rate is a minimum on the total.
        stack: "", "add", "max" or "replace". stacks_with: ids or authorities that it adds to.
    """

    measure: str
    where: str
    cells: Array
    values: Array
    added: bool
    at_least: bool = False
    stack: str = ""
    authority: str = ""
    stacks_with: frozenset[str] = field(default_factory=frozenset)

    def adds_to(self, other: Layer) -> bool:
        """Return whether either of two all-in rates says that it stands on top of the other."""
        mine, theirs = {self.measure, self.authority}, {other.measure, other.authority}
        return bool(self.stacks_with & theirs or other.stacks_with & mine)


def stacked(baseline: Array, layers: Sequence[Layer], place: Callable[[int], str]) -> Array:
    """Return the rate on every cell after all layers.

    Args:
        baseline: (cells,) rates before. [fraction]
        layers: in any order.
        place: names a cell for a message, for example "CHN -> USA, C26".
    Raises:
        PolicyError: two all-in rates on one cell without `stack:`; every such pair is named.
    Laws: no_layers (returns the baseline); order_of_layers_irrelevant; 25 % + 2.9 % + 50 % = 77.9 %.
    """
    # a fixed order of summation makes the result the same to the last bit whatever the order in the file
    ordered = sorted(layers, key=lambda layer: (layer.measure, layer.authority, layer.where))
    minimum = [layer for layer in ordered if layer.at_least]
    points = [layer for layer in ordered if layer.added and not layer.at_least]
    total = _all_in(baseline, [layer for layer in ordered if not layer.added and not layer.at_least], place)
    for layer in points:
        total[layer.cells] += layer.values
    for layer in minimum:
        total[layer.cells] = np.maximum(total[layer.cells], layer.values)
    return total


def _all_in(baseline: Array, layers: Sequence[Layer], place: Callable[[int], str]) -> Array:
    total: Array = np.array(baseline, dtype=np.float64)
    if not layers:
        return total
    modes = {mode: [layer for layer in layers if layer.stack == mode] for mode in ("", "max", "add", "replace")}
    problems = _contradictions(modes[""], total.size, place) + _contradictions(modes["replace"], total.size, place)
    if problems:
        raise PolicyError(problems=problems)
    touched = np.zeros(total.size, dtype=bool)
    for layer in layers:
        touched[layer.cells] = True
    total[touched] = 0.0
    for layer in modes[""]:  # more than one on a cell only where they say that they add to each other
        total[layer.cells] += layer.values
    for layer in modes["max"]:
        total[layer.cells] = np.maximum(total[layer.cells], layer.values)
    for layer in modes["add"]:
        total[layer.cells] += layer.values
    for layer in modes["replace"]:
        total[layer.cells] = layer.values
    return total


def _contradictions(layers: Sequence[Layer], size: int, place: Callable[[int], str]) -> list[Problem]:
    """Return every pair of all-in rates that meet on a cell without saying how they stack."""
    problems: list[Problem] = []
    taken = np.zeros(size, dtype=bool)
    for position, layer in enumerate(layers):
        if taken[layer.cells].any():
            for other in layers[:position]:
                shared = np.intersect1d(layer.cells, other.cells)
                if shared.size and not layer.adds_to(other):
                    problems.append(_contradiction(other, layer, int(shared[0]), place))
        taken[layer.cells] = True
    return problems


def _contradiction(first: Layer, second: Layer, cell: int, place: Callable[[int], str]) -> Problem:
    rates = [f"{100 * float(layer.values[layer.cells == cell][0]):g}%" for layer in (first, second)]
    other = f"{rates[0]} all-in of {first.measure!r} ({first.where})"
    found = f"{rates[1]} all-in, and {other}, both on {place(cell)} on one day"
    expected = "one all-in rate, or `stack:` on one of them to say how they meet (add, max, replace)"
    return Problem(second.where, f"{second.measure}.rate", found, expected, "points such as '+10pp' if they add up")
