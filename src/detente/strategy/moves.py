"""What a player's rates are, and what would have come of others: its own rates scaled, or kept as observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import UsageError
from detente.core.result import Result
from detente.equilibrium.batch import solve_many
from detente.policy.wedges import Wedges
from detente.strategy.government import governments
from detente.strategy.objective import spendable, variation

SCALES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
MOVED = 1e-9


@dataclass(frozen=True)
class Point:
    """Payoffs of all players where one of them goes part of the way from its observed rates. [percent]"""

    player: str
    scale: float
    payoffs: tuple[float, ...]


def _world(result: Result) -> Baseline:
    """Return the world of a result, which names its economies."""
    if not isinstance(result.baseline, Baseline):
        raise UsageError(f"result: found one on {type(result.baseline).__name__}; expected one on a Baseline")
    return result.baseline


def _mask(result: Result, player: str) -> Array:
    """Return which economies are a player's, (N,), 1 or 0: a code, a group, or codes with + between them."""
    (government,) = governments(_world(result), [player.split("+")])
    mask = np.zeros(len(result.countries))
    mask[list(government.members)] = 1.0
    return mask


def payoff(result: Result, player: str) -> float:
    """Return the change of a player's real income: equivalent variation over what its members spend. [percent]

    Args:
        result: certified. player: a code, a group, or codes with + between them.
    Raises:
        UsageError: unknown player.
    Source: as `objective.variation`.
    """
    mask = _mask(result, player)
    won = variation(result.welfare_hat, result.baseline, mask[None])[0]
    return 100 * float(won / (mask @ spendable(result.baseline)))


def own(result: Result, player: str) -> Array:
    """Return which rates a player has moved, (origin, dest, sector), true or false."""
    moved = np.abs(result.tariffs_new - np.asarray(result.baseline.tariffs)) > MOVED
    found: Array = moved & (_mask(result, player) > 0)[None, :, None]
    return found


def scaled(result: Result, player: str, scale: float) -> Array:
    """Return everybody's rates where a player goes part of the way from its observed ones, in ln(1 + t).

    Args:
        result: certified. player: as in `payoff`. scale: 0 the observed rates, 1 those of the result.
    Returns:
        Rates (origin, dest, sector). [fraction]
    """
    before, after = np.asarray(result.baseline.tariffs), result.tariffs_new
    part = np.exp(np.log1p(before) + scale * (np.log1p(after) - np.log1p(before))) - 1
    found: Array = np.where(own(result, player), part, after)
    return found


def walked(result: Result, players: Sequence[str]) -> list[Point]:
    """Return what everybody gets where one player after the other goes part of the way, the others staying put.

    Args:
        result: certified. players: as in `payoff`; one that moved nothing has no points.
    Returns:
        A point for each player and each of SCALES; those without a certified equilibrium are left out.
    Source: own; docs/explanation/strategy.
    """
    asked = [(player, scale) for player in players for scale in SCALES if own(result, player).any()]
    wedges = [Wedges(tariffs=scaled(result, *each)) for each in asked]
    solved = solve_many(_world(result), wedges, closure=result.closure, market=result.market, throw=False)
    return [
        Point(player, scale, tuple(payoff(each, name) for name in players))
        for (player, scale), each in zip(asked, solved, strict=True)
        if each.certificate.ok
    ]


@dataclass(frozen=True)
class Rate:
    """A player's average rate before and after, of a sector or on a partner, weighted with trade before. [percent]"""

    label: str
    before: float
    after: float
    trade: float


def rates(result: Result, player: str, *, by: str) -> list[Rate]:
    """Return the average rates that a player has moved.

    Args:
        result: certified. player: as in `payoff`. by: "sector" or "partner".
    """
    moved: Array = own(result, player)  # all pairs and sectors between those that it taxes otherwise than before
    origins, dests, kinds = (np.asarray(moved.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1)))
    mask = origins[:, None, None] & dests[None, :, None] & kinds[None, None, :]
    trade = np.where(mask, np.asarray(result.baseline.flows), 0.0)
    axes = (0, 1) if by == "sector" else (1, 2)
    weight = trade.sum(axis=axes)
    before = (trade * np.asarray(result.baseline.tariffs)).sum(axis=axes)
    after = (trade * result.tariffs_new).sum(axis=axes)
    names = result.sectors if by == "sector" else result.countries
    return [
        Rate(name, 100 * float(before[k] / weight[k]), 100 * float(after[k] / weight[k]), float(weight[k]))
        for k, name in enumerate(names)
        if weight[k] > 0
    ]
