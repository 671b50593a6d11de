"""Which further laws talks compare: threats carried out or not, truces kept or broken, the days around the deadline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from detente.policy.measure import Measure
from detente.scenario import calendar
from detente.scenario.issues import SUSPENDED, decided_by
from detente.scenario.packages import Packages
from detente.scenario.schema import Scenario
from detente.strategy.question import DeadlineLaws, ThreatLaws, TruceLaws

THREATENED: Final = "threatened"
OTHERS_TOO: Final = "the others carry out theirs"
OTHERS_NOT: Final = "the others do nothing"
ALONE: Final = "nobody else has one"

Owners = Mapping[str, frozenset[str]]
"""Player -> its economies."""


def owned(measures: Iterable[Measure], economies: frozenset[str]) -> tuple[str, ...]:
    """Return the ids of measures that a player imposes alone."""
    return tuple(each.id for each in measures if each.by and economies.issuperset(each.by))


def steps(found: Packages) -> tuple[tuple[int, int, int], ...]:
    """Return (issue, choice, law): no deal with one issue moved to one choice."""
    return tuple(
        (issue, level, found.laws.add([made], *found.without))
        for issue, choices in enumerate(found.decisions)
        for level, made in enumerate(choices)
    )


def threats(case: Scenario, found: Packages, owners: Owners) -> tuple[ThreatLaws, ...]:
    """Return each player's threats: what no deal includes of its measures, against leaving them out.

    What the others do meanwhile is no deal (they carry out theirs), nothing, or a leaf of the tree that holds a measure
    which is only threatened.
    """
    include, drop = found.without
    named = [case.measure(id) for id in include]
    mine = {player: owned(named, economies) for player, economies in owners.items()}
    told: list[ThreatLaws] = []
    for who, (player, economies) in enumerate(owners.items()):
        own = mine[player]
        rest = tuple(id for id in include if id not in own)
        if own:
            others = [id for id in rest if any(id in ids for ids in mine.values())]
            without = found.laws.add((), rest, (*drop, *own))
            told.append(ThreatLaws(who, own, OTHERS_TOO if others else ALONE, found.disagreement, without))
            if others:
                alone = found.laws.add((), own, (*drop, *rest))
                nothing = found.laws.add((), (), (*drop, *include))
                told.append(ThreatLaws(who, own, OTHERS_NOT, alone, nothing))
        told += _in_leaves(case, found, who, economies)
    return tuple(told)


def _in_leaves(case: Scenario, found: Packages, who: int, economies: frozenset[str]) -> list[ThreatLaws]:
    told = []
    for leaf in case.tree:
        kept = [case.measure(id) for id in leaf.include]
        own = owned((each for each in kept if each.status == THREATENED), economies)
        if own:
            carried = found.laws.add((), leaf.include, leaf.drop)
            rest = tuple(id for id in leaf.include if id not in own)
            dropped = found.laws.add((), rest, (*leaf.drop, *own))
            told.append(ThreatLaws(who, own, f"leaf {leaf.name}", carried, dropped))
    return told


def eve(case: Scenario) -> dt.date:
    """Return the day on which truces still hold: the one before the deadline, but not before `as_of`."""
    deadline = case.talks.deadline if case.talks else None
    return case.as_of if deadline is None else max(case.as_of, deadline - dt.timedelta(1))


def truces(case: Scenario, found: Packages, owners: Owners) -> tuple[TruceLaws, ...]:
    """Return every issue that can be suspended and has measures of two players or more, on the eve of the deadline.

    Kept: none of its measures holds. Broken by one: its own hold, at their levels in the file. Punished: all hold.
    """
    told, day = [], eve(case)
    for issue in found.talks.issues:
        measures = decided_by(issue, case.measures)
        sides = [(n, own) for n, economies in enumerate(owners.values()) if (own := owned(measures, economies))]
        if SUSPENDED not in issue.choices or len(sides) < 2:
            continue
        ids = tuple(each.id for each in measures)
        keep = found.laws.add((), (), ids, day)
        deviate = tuple((n, found.laws.add((), own, _rest(ids, own), day)) for n, own in sides)
        told.append(TruceLaws(issue.name, keep, deviate, found.laws.add((), ids, (), day)))
    return tuple(told)


def _rest(ids: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    return tuple(id for id in ids if id not in own)


def deadline(case: Scenario, found: Packages) -> DeadlineLaws | None:
    """Return the law on the eve of the deadline and that of the day, if nobody acts; None without a deadline."""
    day = case.talks.deadline if case.talks else None
    if day is None:
        return None
    before, after = (calendar.regime(case, each) for each in (eve(case), max(day, case.as_of)))
    old, new = ([each.id for each in regime.applied] for regime in (before, after))
    begins, ends = (tuple(id for id in a if id not in b) for a, b in ((new, old), (old, new)))
    return DeadlineLaws(str(day), begins, ends, found.laws.of(before), found.laws.of(after))
