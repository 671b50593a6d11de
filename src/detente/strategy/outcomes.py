"""What comes out of talks: laws solved, deals, truces, a deadline, another closure. Numbers and labels only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.certificate import Certificate
from detente.core.result import World
from detente.policy.wedges import Wedges
from detente.strategy.objective import payoffs
from detente.strategy.question import DeadlineLaws, Question
from detente.strategy.truce import Patience

CANCELLED: Final = "CANCELLED"
WEAK: Final = "C"


@dataclass(frozen=True, eq=False)
class Solved:
    """Laws solved on one world under one closure.

    Attributes:
        base: the world. closure: title of the closure. U: (laws, players) payoffs without worth beyond trade; NaN where
            there is none. welfare_hat: (laws, N). certificates: one for each law; None where it was not reached.
    """

    base: World
    closure: str
    U: Array
    welfare_hat: Array
    certificates: tuple[Certificate | None, ...]

    def status(self, law: int) -> str:
        """Return the status of a law."""
        found = self.certificates[law]
        return CANCELLED if found is None else found.status

    def usable(self, law: int) -> bool:
        """Return whether a law may be ranked."""
        found = self.certificates[law]
        return found is not None and found.ok and found.grade != WEAK

    @property
    def reached(self) -> int:
        """Return how many laws were solved, whatever came out."""
        return sum(each is not None for each in self.certificates)

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return the warnings of the certificates: of each code the first, and how many laws have it."""
        told = [(warn.code, warn.text) for each in self.certificates if each is not None for warn in each.warnings]
        codes = [code for code, _ in told]
        first = dict(reversed(told))
        return tuple(f"{code}: {first[code]} (in {codes.count(code)} laws)" for code in dict.fromkeys(codes))

    @property
    def worst(self) -> Certificate | None:
        """Return the certificate with the largest residual."""
        reached = [each for each in self.certificates if each is not None and each.residuals]
        return max(reached, key=lambda each: max(value for value, _ in each.residuals.values()), default=None)


@dataclass(frozen=True, eq=False)
class Deal:
    """One outcome, by player.

    Attributes:
        name: "no-deal", a bargaining solution, or "package". number: of the package, or None. choices: issue -> choice.
        real_income_pct: against the comparator. gain_pp: payoff against no deal, in log points.
        gain_musd: equivalent variation against no deal. status: of its certificate. wedges: to solve it in full.
    """

    name: str
    number: int | None
    choices: Mapping[str, str]
    real_income_pct: Mapping[str, float]
    gain_pp: Mapping[str, float]
    gain_musd: Mapping[str, float]
    status: str
    wedges: Wedges = field(repr=False)


@dataclass(frozen=True)
class Truce:
    """What keeps a truce: each side's patience, and the discount factor that it needs; None: no factor is enough."""

    issue: str
    sides: Mapping[str, Patience]
    factor: float | None


@dataclass(frozen=True)
class Deadline:
    """What a day takes by itself: payoff after it less payoff before, by player. [log points]"""

    laws: DeadlineLaws
    change: Mapping[str, float]


@dataclass(frozen=True)
class Shift:
    """What another closure says of the same laws; gains are against its own no deal. [log points]

    Attributes:
        closure: its title. no_deal: real income without a deal by player. [%] gains: point -> player -> gain.
    """

    closure: str
    no_deal: Mapping[str, float]
    gains: Mapping[str, Mapping[str, float]]


def by_player(codes: Sequence[str], values: Array) -> dict[str, float]:
    """Return values of players by their codes."""
    return {code: float(value) for code, value in zip(codes, values, strict=True)}


def solved_laws(question: Question, base: World, closure: str, count: int, found: Mapping[int, Any]) -> Solved:
    """Return laws with their payoffs.

    Args:
        question: whose players count. base: the world. closure: its title. count: number of laws.
        found: law -> evaluation or result; laws that were not solved are missing.
    """
    players = question.players
    U = np.full((count, len(players.codes)), np.nan)
    welfare = np.full((count, len(base.countries)), np.nan)
    for law, each in found.items():
        if each.certificate.ok:
            U[law] = payoffs(each, base, players.members, players.weights)
            welfare[law] = each.welfare_hat
    certificates = tuple(found[law].certificate if law in found else None for law in range(count))
    return Solved(base, closure, U, welfare, certificates)
