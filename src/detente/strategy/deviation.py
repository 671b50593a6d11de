"""Does anybody gain by deviating? Each player alone: re-optimised, from random starts, on a grid, at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import SolveError
from detente.strategy.government import REVENUE
from detente.strategy.search import Game, Search, Watch, climb, silent

LEAST: Final = 200
"""Deviations tried in a game, at least."""
PER_PLAYER: Final = 10
GRID: Final = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
SPREADS: Final = (0.01, 0.05, 0.2, 0.5)
GAIN_LINE: Final = 1e-6
"""Largest gain that still counts as none. [percentage points]"""


@dataclass(frozen=True)
class Deviation:
    """The best that was found for one player: how, and what it gains. [percentage points]"""

    player: str
    how: str
    gain_pp: float


@dataclass(frozen=True)
class Examination:
    """All deviations of a game.

    Attributes:
        best: of each player. tried: how many in all; failed: how many had no equilibrium.
        complete: False where it was interrupted.
    """

    best: tuple[Deviation, ...]
    tried: int
    failed: int
    complete: bool

    @property
    def max_gain_pp(self) -> float:
        """Return the largest gain of any player, at least 0. [percentage points]"""
        return max([0.0, *(each.gain_pp for each in self.best)])

    @property
    def claim(self) -> str:
        """Return what may be said."""
        if self.max_gain_pp <= GAIN_LINE:
            return f"no profitable deviation found in {self.tried} tries"
        worst = max(self.best, key=lambda each: each.gain_pp)
        return f"{worst.player} gains {worst.gain_pp:.2e} points by {worst.how}; {self.tried} tries"


def examined(game: Game, x: Array, *, z: Array | None = None, watch: Watch = silent, seed: int = 0) -> Examination:
    """Return the gains from unilateral deviation at a candidate.

    Args:
        game: the game. x: the candidate, ln(1 + rate). z: its equilibrium, to start from. watch: told how far it is.
        seed: of the random deviations.
    Source: the definition of a Nash equilibrium; nothing here uses the first-order conditions of the candidate but
        the re-optimisation, which starts anew for each player: from the candidate, from the observed rates, since a
        prohibitive rate is a hill of its own, and from random ones.
    """
    rates = game.controls.placed(x, game.rates)
    each = max(PER_PLAYER, -(-LEAST // len(game.players)))
    best: list[Deviation] = []
    tried = failed = 0
    try:
        for number, player in enumerate(game.players):
            alone = game.of(number, rates)
            search = Search(alone, z)
            own, observed = (alone.controls.taken(values, game.base.flows) for values in (rates, game.rates))
            candidate = search.values(own)[0]
            found = Deviation(player.name, "staying", 0.0)
            for how, values in _deviations(search, own, observed, each, seed + number):
                tried += 1
                if values is None:
                    failed += 1
                    continue
                gain = _gain_pp(player.objective, values - candidate)
                found = max(found, Deviation(player.name, how, gain), key=lambda item: item.gain_pp)
            best.append(found)
            watch("deviations", number + 1, len(game.players))
    except KeyboardInterrupt:
        return Examination(tuple(best), tried, failed, False)
    return Examination(tuple(best), tried, failed, True)


def _gain_pp(objective: str, change: float) -> float:
    return 100 * float(change) if objective == REVENUE else 100 * float(np.expm1(change))


def _deviations(
    search: Search, own: Array, observed: Array, count: int, seed: int
) -> Iterator[tuple[str, float | None]]:
    """Yield how a player deviates and what its payoff is then; None where there is no equilibrium."""
    controls, game = search.game.controls, search.game
    rng = np.random.default_rng([20251025, 1, seed])
    z = search.z
    inverse = controls.taken(np.broadcast_to(1 / game.base.trade_elasticity, game.base.flows.shape), game.base.flows)
    climbs = [
        ("re-optimising", own),
        ("re-optimising from a random start", rng.uniform(0, 2, len(own)) * inverse),
        ("re-optimising from the observed rates", observed),
    ]
    for how, start in climbs:
        yield how, _value(search, z, partial(_climbed, search, start))
    trials = [(f"a uniform rate of {100 * rate:g}%", np.full(len(own), np.log1p(rate))) for rate in GRID]
    trials += [("1/theta", inverse)]
    for k in range(max(1, count - len(climbs) - len(trials))):
        spread = SPREADS[k % len(SPREADS)]
        trials.append((f"a random change of {spread:g} in logs", own + rng.normal(0, spread, len(own))))
    for how, trial in trials:
        yield how, _value(search, z, partial(np.array, trial))


def _climbed(search: Search, start: Array) -> Array:
    rates: Array = climb(search, start).value[:, 0]
    return rates


def _value(search: Search, z: Array | None, rates: Callable[[], Array]) -> float | None:
    """Return the payoff at rates that a function finds, started from the candidate's equilibrium."""
    search.z, search.y = z, None
    try:
        return float(search.values(rates())[0])
    except SolveError:
        return None
