"""Which countries are linked by trade after a shock, and transfers that no trade could carry.

Relative wages are pinned only within a connected part of the trade graph. Where trade runs one way only, the deficits
must run the other way, or there is no equilibrium. Found before any iteration, so that the user gets a name, not a NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array

SLACK = 1e-9


@dataclass(frozen=True)
class Links:
    """Parts of the trade graph.

    Attributes:
        members: (part, country) 1 where the country belongs to the part.
        infeasible: sentences, one for each set of countries whose deficits cannot be carried; empty if all is well.
    """

    members: Array
    infeasible: tuple[str, ...]

    @property
    def parts(self) -> int:
        """Return the number of connected parts."""
        return len(self.members)


def links(sells: Array, deficit: Array, value_added: Array, countries: Sequence[str]) -> Links:
    """Return the connected parts of the graph of positive trade, and what cannot be.

    Args:
        sells: (origin, dest) bool, some sector can be sold. deficit, value_added: (country,) [MUSD].
        countries: codes.
    """
    n = len(countries)
    if sells.all():
        return Links(np.ones((1, n)), ())
    both = _reachable(sells | sells.T)
    labels = both.argmax(axis=1)
    members = np.array([(labels == label).astype(float) for label in np.unique(labels)])
    return Links(members, tuple(_unpayable(sells, deficit, value_added, countries)))


def _reachable(adjacent: Array) -> Array:
    """Return the transitive closure of a boolean graph by repeated squaring."""
    reach = adjacent | np.eye(len(adjacent), dtype=bool)
    while True:
        further = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
        if (further == reach).all():
            return reach
        reach = further


def _unpayable(sells: Array, deficit: Array, value_added: Array, countries: Sequence[str]) -> list[str]:
    """Return sentences on closed sets of countries whose deficit has the wrong sign for their one-way trade.

    A set that buys from outside but cannot sell there needs a deficit; one that sells but cannot buy needs a surplus;
    one that does neither needs neither.
    """
    reach = _reachable(sells)
    strong = reach & reach.T
    found = []
    for label in np.unique(strong.argmax(axis=1)):
        inside = strong[label]
        sells_out = bool(sells[inside][:, ~inside].any())
        buys_in = bool(sells[~inside][:, inside].any())
        if sells_out and buys_in:
            continue
        total, size = float(deficit[inside].sum()), float(value_added[inside].sum())
        names = ", ".join(countries[i] for i in np.flatnonzero(inside)[:4]) + (" .." if inside.sum() > 4 else "")
        if not sells_out and not buys_in and abs(total) > SLACK * size:
            found.append(f"{names}: no trade left with anybody, but a deficit of {total:.6g} MUSD to be carried")
        elif buys_in and not sells_out and total <= SLACK * size:
            found.append(f"{names}: can buy abroad but sell nothing, and has no deficit to pay with ({total:.6g} MUSD)")
        elif sells_out and not buys_in and total >= -SLACK * size:
            found.append(f"{names}: can sell abroad but buy nothing, and has no surplus to run ({total:.6g} MUSD)")
    return found
