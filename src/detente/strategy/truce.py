"""Truces: how patient a side must be to keep one, and what a deadline takes.

Payoffs of a period: T while both keep the truce, D for the one who breaks it while the other keeps, N after both have
broken it. Source: Friedman (1971), trigger strategies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from detente.strategy.bargaining import SAME

NO_TEMPTATION: Final = "breaking it brings nothing"
NOT_SUSTAINABLE: Final = "not sustainable: falling back is no punishment"
TOO_WEAK: Final = "not sustainable: the punishment is too short"
_HALVINGS: Final = 200


@dataclass(frozen=True)
class Patience:
    """What keeps a side in a truce.

    Attributes:
        keep, deviate, punish: T, D, N. [log points]
        factor: smallest discount factor of a period with which it keeps the truce; None: with none.
        why: in words where that is 0 or None.
    """

    keep: float
    deviate: float
    punish: float
    factor: float | None
    why: str = ""


def patience(keep: float, deviate: float, punish: float, *, lag: int = 1, periods: int | None = None) -> Patience:
    """Return the critical discount factor of one side of a truce.

    Equation: x* = ((D − T) / (D − N))^(1/ℓ) with punishment for ever; with p periods of it and ℓ = 1, x* solves
        D − T = (T − N) Σ_{i=1..p} x^i.
    Args:
        keep, deviate, punish: T, D, N. lag: ℓ, periods before a breach is seen. periods: p, or None for ever.
    Laws: 0 without temptation; rises with D and N, falls with T; p to infinity is for ever.
    """

    def found(factor: float | None, why: str = "") -> Patience:
        return Patience(keep, deviate, punish, factor, why)

    if deviate <= keep + SAME:
        return found(0.0, NO_TEMPTATION)
    if keep <= punish + SAME:
        return found(None, NOT_SUSTAINABLE)
    if periods is None:
        return found(((deviate - keep) / (deviate - punish)) ** (1 / lag))
    if deviate - keep > periods * (keep - punish):
        return found(None, TOO_WEAK)
    return found(_root((deviate - keep) / (keep - punish), periods))


def _root(ratio: float, periods: int) -> float:
    """Return x in [0, 1] with Σ_{i=1..p} x^i = ratio; the sum rises in x, so halving finds it."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if sum(middle**i for i in range(1, periods + 1)) < ratio:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def critical(sides: dict[str, Patience]) -> float | None:
    """Return the discount factor that the truce as a whole needs: the largest of its sides; None if one has none."""
    factors = [each.factor for each in sides.values()]
    return None if any(factor is None for factor in factors) else max(f for f in factors if f is not None)
