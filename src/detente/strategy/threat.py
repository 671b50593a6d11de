"""Threats: whether carrying one out is a best response, and the odds that make a deal worth accepting."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

from detente.strategy.bargaining import SAME

NOT_NEEDED: Final = "better than refusing, whatever the odds"
NEVER: Final = "refusing is better, whatever the odds"
NOT_SOLVED: Final = "not solved"
NO_THREAT: Final = "the threat, carried out, is no worse for it than what it has"


@dataclass(frozen=True)
class Odds:
    """The probability of the threat from which on a party does better to accept a deal.

    Attributes:
        probability: q*, or None where no probability makes the deal better. why: in words where it is 0 or None.
    """

    probability: float | None
    why: str = ""


def break_even(accept: float, refuse: float, threat: float) -> Odds:
    """Return the odds q* of the threat at which accepting and refusing are worth the same.

    Equation: U_A = (1 − q) U_S + q U_B, so q* = (U_S − U_A) / (U_S − U_B); 0 where A is no worse than S.
    Args:
        accept: U_A, the deal. refuse: U_S, no deal and the threat not carried out. threat: U_B, carried out.
    Laws: between 0 and 1 or none; at q* both sides of the equation are equal.
    """
    if not isfinite(accept + refuse + threat):
        return Odds(None, NOT_SOLVED)
    if accept >= refuse - SAME:
        return Odds(0.0, NOT_NEEDED)
    if threat >= refuse - SAME:
        return Odds(None, NO_THREAT)
    if accept < threat - SAME:
        return Odds(None, NEVER)
    return Odds(min(1.0, (refuse - accept) / (refuse - threat)))


@dataclass(frozen=True)
class Threat:
    """A threat in one situation.

    Attributes:
        who: who threatens. measures: what would be carried out. answer: what the others do meanwhile, in words.
        own: payoff of carrying it out less that of not, for who threatens. [log points]
        others: the same for every other player, by code.
    """

    who: str
    measures: tuple[str, ...]
    answer: str
    own: float
    others: tuple[tuple[str, float], ...]

    @property
    def best_response(self) -> bool:
        """Return whether carrying it out is no worse for who threatens than not doing so."""
        return self.own >= -SAME

    @property
    def bites(self) -> bool:
        """Return whether it hurts another player."""
        return any(value < -SAME for _, value in self.others)
