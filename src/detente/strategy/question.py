"""What talks are about, in numbers: players, issues, and which laws are compared. Laws are known by their number."""

from __future__ import annotations

from dataclasses import dataclass

from detente.core.arrays import Array


@dataclass(frozen=True, eq=False)
class Players:
    """Who talks.

    Attributes:
        codes: an economy or a group each. members: (players, N) 1 for an economy of a player, else 0.
        weights: (players, J) on sectors; rows of ones are real income. objectives: the same in words.
    """

    codes: tuple[str, ...]
    members: Array
    weights: Array
    objectives: tuple[str, ...]


@dataclass(frozen=True)
class Matter:
    """An issue: its name, who imposes what it decides on, and its choices in words."""

    name: str
    givers: tuple[str, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True)
class ThreatLaws:
    """A threat of player `who` (a position) in one situation: the law with it carried out, and without."""

    who: int
    measures: tuple[str, ...]
    answer: str
    carried_out: int
    dropped: int


@dataclass(frozen=True)
class TruceLaws:
    """A truce: the law while all keep it, while one (a position) breaks it, after all have broken it."""

    issue: str
    keep: int
    deviate: tuple[tuple[int, int], ...]
    punish: int


@dataclass(frozen=True)
class DeadlineLaws:
    """A day on which the law changes by itself: what begins and ends, and the laws before and after."""

    day: str
    begins: tuple[str, ...]
    ends: tuple[str, ...]
    before: int
    after: int


@dataclass(frozen=True, eq=False)
class Question:
    """Everything that is to be compared.

    Attributes:
        players: who. matters: the issues, in the order in which packages are numbered (C order over their choices).
        package_laws: number of the law of each package. package_worth: (packages, players) what it is worth beyond
            trade; law_worth: (laws, players) the same of laws. [log points]
        no_deal: number of the law without a deal. standing: of the law if nobody acts.
        start: choice of each issue that holds without a deal, or None.
        steps: (issue, choice, law): no deal with one issue moved.
        threats, truces, deadline: see there. background: the day of the truces' other laws, in words.
    """

    players: Players
    matters: tuple[Matter, ...]
    package_laws: tuple[int, ...]
    package_worth: Array
    law_worth: Array
    no_deal: int
    standing: int
    start: tuple[int | None, ...]
    steps: tuple[tuple[int, int, int], ...] = ()
    threats: tuple[ThreatLaws, ...] = ()
    truces: tuple[TruceLaws, ...] = ()
    deadline: DeadlineLaws | None = None
    background: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the number of choices of each issue."""
        return tuple(len(each.choices) for each in self.matters)
