"""Bargaining over a finite set of deals: pure functions on payoffs.

U[p, n] is the payoff of player n under package p, u0[n] without a deal. A package with NaN was not solved: it is never
chosen and never compared. Packages of a grid are numbered in C order over the levels of the issues.

Sources: Nash (1950); Kalai and Smorodinsky (1975); Kalai (1977), proportional gains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Final

import numpy as np

from detente.core.arrays import Array

SAME: Final = 1e-9
"""Payoffs nearer than this, in log points, are one value."""

NASH, KALAI_SMORODINSKY, EQUAL_GAINS = "nash", "kalai-smorodinsky", "equal-gains"


def rational(U: Array, u0: Array) -> Array:
    """Return which packages no player would refuse: U_n >= u0_n for all n."""
    return np.asarray((U - u0 >= -SAME).all(axis=1))


def pareto(U: Array) -> Array:
    """Return which packages no other one beats: none weakly better for all players and strictly for one.

    Laws: never_empty; a_beaten_package_is_beaten_by_one_of_them.
    """
    solved = np.isfinite(U).all(axis=1)
    found = np.zeros(len(U), dtype=bool)
    rows = U[solved]
    for at, row in zip(np.flatnonzero(solved), rows, strict=True):
        gap = rows - row
        found[at] = not ((gap >= -SAME).all(axis=1) & (gap > SAME).any(axis=1)).any()
    return found


def nash_point(
    U: Array, u0: Array, allowed: Array,
    weights: Sequence[float] | None = None,
) -> int | None:  # fmt: skip
    """Return the package that maximises Σ_n β_n ln(U_n − u0_n) over the allowed ones, or None where there are none.

    Where no package helps everybody strictly, the product is zero for all: then as many players as possible gain, and
    the product is that of those who do.
    Laws: efficient; invariant to U_n -> a_n U_n + b_n, a_n > 0.
    """
    beta = np.ones(U.shape[1]) if weights is None else np.asarray(weights, dtype=float)

    def worth(gains: Array) -> tuple[float, ...]:
        helped = gains > SAME
        return float((helped & (beta > 0)).sum()), float((beta[helped] * np.log(gains[helped])).sum())

    return _best(U - u0, allowed, worth)


def kalai_smorodinsky(U: Array, u0: Array, allowed: Array) -> int | None:
    """Return the package with the largest smallest share of what each player could gain at best.

    Equation: argmax min_n (U_n − u0_n) / (ideal_n − u0_n), ideal_n = max of U_n over the allowed packages. Ties go to
    the next smallest share. Players who can gain nothing are left out.
    Laws: invariant to U_n -> a_n U_n + b_n, a_n > 0.
    """
    gains = U - u0
    if not allowed.any():
        return None
    ideal = gains[allowed].max(axis=0)
    able = ideal > SAME
    return _best(gains[:, able] / ideal[able], allowed, _from_the_smallest)


def equal_gains(U: Array, u0: Array, allowed: Array) -> int | None:
    """Return the package whose smallest gain is largest; ties go to the next smallest gain."""
    return _best(U - u0, allowed, _from_the_smallest)


def _from_the_smallest(gains: Array) -> tuple[float, ...]:
    """Return gains in order, the smallest first; what is less than SAME apart counts as equal."""
    return tuple(np.round(np.sort(gains) / SAME).tolist())


def _best(gains: Array, allowed: Array, worth: Callable[[Array], tuple[float, ...]]) -> int | None:
    """Return the allowed package worth most; of several the first."""
    chosen = np.flatnonzero(allowed)
    return max(chosen.tolist(), key=lambda at: worth(gains[at]), default=None)


SOLUTIONS: Final[Mapping[str, Callable[[Array, Array, Array], int | None]]] = MappingProxyType(
    {NASH: nash_point, KALAI_SMORODINSKY: kalai_smorodinsky, EQUAL_GAINS: equal_gains}
)


@dataclass(frozen=True)
class LeastBad:
    """The package closest to a deal where there is none.

    Attributes:
        package: its number. shortfall: how much is missing, of the player who is furthest from accepting or, of one
            player, of that one; 0 or more. [log points]
        alone: the player whom all others would have accept, or None for the smallest largest shortfall.
    """

    package: int
    shortfall: float
    alone: int | None = None


def least_bad(U: Array, u0: Array) -> tuple[LeastBad, ...]:
    """Return the package whose largest shortfall is smallest, then for each player the best one that all others accept.

    A player for whom the others accept nothing has no entry.
    """
    short = np.maximum(u0 - U, 0.0)
    solved = np.isfinite(U).all(axis=1)
    if not solved.any():
        return ()
    worst = np.where(solved, short.max(axis=1), np.inf)
    found = [LeastBad(int(worst.argmin()), float(worst.min()))]
    for n in range(U.shape[1]):
        others = np.delete(short, n, axis=1)
        accepted = solved & (others <= SAME).all(axis=1)
        if accepted.any():
            at = int(np.where(accepted, U[:, n], -np.inf).argmax())
            found.append(LeastBad(at, float(short[at, n]), n))
    return tuple(found)


@dataclass(frozen=True)
class Change:
    """One issue moved to one level, all others left: what it brings each player. [log points]"""

    issue: int
    level: int
    gains: tuple[float, ...]


def one_at_a_time(U: Array, shape: Sequence[int], start: Sequence[int]) -> tuple[Change, ...]:
    """Return every level of every issue, moved alone from a package of the grid.

    Args:
        U: payoffs. shape: number of levels of each issue. start: levels of the package moved from.
    """
    at = int(np.ravel_multi_index(tuple(start), tuple(shape)))
    found = []
    for issue, levels in enumerate(shape):
        for level in range(levels):
            to = _with(start, shape, {issue: level})
            found.append(Change(issue, level, tuple((U[to] - U[at]).tolist())))
    return tuple(found)


def _with(start: Sequence[int], shape: Sequence[int], moved: Mapping[int, int]) -> int:
    levels = tuple(moved.get(issue, level) for issue, level in enumerate(start))
    return int(np.ravel_multi_index(levels, tuple(shape)))


@dataclass(frozen=True)
class Linkage:
    """A concession that is refused alone and accepted together with a second one.

    Attributes:
        first, second: (issue, level). refused_by: the players who refuse the first alone.
        package: the number of both together. gains: of both together against no deal. [log points]
    """

    first: tuple[int, int]
    second: tuple[int, int]
    refused_by: tuple[int, ...]
    package: int
    gains: tuple[float, ...]


def linkages(U: Array, u0: Array, shape: Sequence[int], start: Sequence[int]) -> tuple[Linkage, ...]:
    """Return pairs of concessions of which the first is refused alone and the pair is accepted; the best pair first.

    Args:
        U, u0: payoffs. shape: levels of each issue. start: levels that hold without a deal.
    """
    agreed = rational(U, u0)
    found = []
    singles = [(i, level) for i, levels in enumerate(shape) for level in range(levels) if level != start[i]]
    for first, second in product(singles, singles):
        alone = _with(start, shape, dict([first]))
        both = _with(start, shape, dict([first, second]))
        if first[0] == second[0] or agreed[alone] or not agreed[both] or not np.isfinite(U[alone]).all():
            continue
        refused = tuple(np.flatnonzero(U[alone] - u0 < -SAME).tolist())
        found.append(Linkage(first, second, refused, both, tuple((U[both] - u0).tolist())))
    return tuple(sorted(found, key=lambda each: -min(each.gains)))


@dataclass(frozen=True)
class Opening:
    """What an issue opens: of the packages that leave it as it is and are refused, how many are accepted with it."""

    issue: int
    refused: int
    accepted: int


def openings(U: Array, u0: Array, shape: Sequence[int], start: Sequence[int]) -> tuple[Opening, ...]:
    """Return for each issue how many refused packages one of its other levels turns into accepted ones."""
    grid = rational(U, u0).reshape(tuple(shape))
    found = []
    for issue, level in enumerate(start):
        without = np.take(grid, level, axis=issue)
        others = np.delete(grid, level, axis=issue).any(axis=issue)
        found.append(Opening(issue, int((~without).sum()), int((~without & others).sum())))
    return tuple(found)
