"""From the `talks` of a scenario to the laws that are compared: every combination of choices, and no deal.

All laws are as of the horizon, after every dated switch, unless it is said otherwise. Choices that leave the same
measures in force are one law, which is solved once.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from detente.baseline import Baseline
from detente.core.errors import PolicyError, Problem, ScenarioError, UsageError, nearest
from detente.core.instruments import Bound
from detente.policy.compile import Compiled, Compiler
from detente.policy.measure import Measure, Regime
from detente.policy.wedges import Wedges
from detente.scenario import calendar
from detente.scenario.critical import capacities, critical_inputs
from detente.scenario.issues import Decision, decide
from detente.scenario.schema import MAIN, Issue, Scenario, Talks

MOST: Final = 4096
"""Packages that are enumerated at most."""


class Laws:
    """Regimes that are to be solved, each once: equal ones share a number."""

    def __init__(self, case: Scenario) -> None:
        self.case = case
        self.regimes: list[Regime] = []
        self._numbers: dict[tuple[int, ...], int] = {}
        self._known: dict[str, list[Measure]] = {}

    def add(
        self, decisions: Iterable[Decision] = (), include: Iterable[str] = (), drop: Iterable[str] = (),
        on: dt.date | None = None,
    ) -> int:  # fmt: skip
        """Return the number of a law: the file on a day with choices made, and measures that hold or do not.

        Args:
            decisions: one for each issue that is settled; what they hold is not dropped by `drop`.
            include, drop: as of a leaf. on: the day; default: the horizon.
        """
        decisions = tuple(decisions)
        changed = {each.id: each for made in decisions for each in made.held}
        off = [item for made in decisions for item in made.off]
        case = self.case.replace(
            measures=tuple(changed.get(each.id, each) for each in self.case.measures),
            included=(*self.case.included, *changed, *include),
            dropped=(*self.case.dropped, *off, *(item for item in drop if item not in changed)),
        )
        return self.of(calendar.regime(case, on or horizon(self.case), MAIN))

    def of(self, regime: Regime) -> int:
        """Return the number of a regime."""
        key = tuple(id(self._same(each)) for each in regime.applied)
        if key not in self._numbers:
            applied = tuple(self._same(each) for each in regime.applied)
            self._numbers[key] = len(self.regimes)
            self.regimes.append(replace(regime, applied=applied))
        return self._numbers[key]

    def _same(self, measure: Measure) -> Measure:
        """Return the one object that stands for all measures equal to this one."""
        known = self._known.setdefault(measure.id, [])
        found = next((each for each in known if each is measure or each == measure), None)
        if found is None:
            known.append(measure)
        return found or measure


def horizon(case: Scenario) -> dt.date:
    """Return the day of the packages."""
    return case.horizon or case.as_of


@dataclass(frozen=True, eq=False)
class Packages:
    """Every combination of choices, in C order over the issues of the file.

    Attributes:
        talks: of the file. decisions: for each issue one for each choice. laws: what is to be solved.
        package_laws: number of the law of each package. disagreement: what holds without a deal; without: its
            include and drop. standing: the file as it stands on the horizon if nobody acts.
        start: for each issue the choice that holds without a deal, or None where it is none of them.
    """

    talks: Talks
    decisions: tuple[tuple[Decision, ...], ...]
    laws: Laws
    package_laws: tuple[int, ...]
    disagreement: int
    without: tuple[tuple[str, ...], tuple[str, ...]]
    standing: int
    start: tuple[int | None, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the number of choices of each issue."""
        return tuple(len(each) for each in self.decisions)


def packages(case: Scenario, disagreement: str | None = None) -> Packages:
    """Return all packages of a scenario's talks, what holds without a deal, and the file as it stands.

    Args:
        case: with `talks`. disagreement: None for that of the file; "main" or a leaf of the tree.
    Raises:
        ScenarioError: no talks, no issues, more packages than `MOST`. UsageError: an unknown disagreement.
    """
    talks = _talks(case)
    without = _without(case, talks, disagreement)
    laws = Laws(case)
    decisions = tuple(tuple(decide(issue, choice, case.measures) for choice in issue.choices) for issue in talks.issues)
    no_deal = laws.add((), *without)
    standing = laws.add()
    numbers = tuple(laws.add(made) for made in product(*decisions))
    start = tuple(_held_by(laws.regimes[no_deal], each) for each in decisions)
    return Packages(talks, decisions, laws, numbers, no_deal, without, standing, start)


def _talks(case: Scenario) -> Talks:
    where = case.path or case.id
    if case.talks is None or not case.talks.issues:
        expected = "issues with choices, such as {truce: {measure: ID, choices: [imposed, suspended]}}"
        field = "talks" if case.talks is None else "talks.issues"
        raise ScenarioError(problems=[Problem(where, field, "none", expected)])
    count = math.prod(len(issue.choices) for issue in case.talks.issues)
    if count > MOST:
        terms = " x ".join(f"{len(issue.choices)} of {issue.name}" for issue in case.talks.issues)
        largest = max(case.talks.issues, key=lambda issue: len(issue.choices))
        place = f"{where}:{largest.line}" if largest.line else where
        found = f"{count} packages ({terms})"
        raise ScenarioError(problems=[Problem(place, "talks.issues", found, f"at most {MOST}", _cut(largest, count))])
    return case.talks


def _cut(largest: Issue, count: int) -> str:
    """Return how the packages become few enough."""
    most = MOST * len(largest.choices) // count
    if most >= 2:
        return f"{most} of the {len(largest.choices)} choices of {largest.name!r}"
    return f"leaving issues out: without {largest.name!r} there are {count // len(largest.choices)}"


def _without(case: Scenario, talks: Talks, name: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a disagreement includes and drops."""
    if name is None:
        return talks.include, talks.drop
    if name not in case.branches:
        hint = nearest(name, case.branches)
        expected = f"that of the file (leave it out), or a branch on the horizon: {', '.join(case.branches)}"
        raise UsageError(f"disagreement: found {name!r}; expected {expected}" + (f"; try {hint}" if hint else ""))
    leaf = calendar.leaf_of(case, name)
    return ((), ()) if leaf is None else (leaf.include, leaf.drop)


def _held_by(regime: Regime, choices: Sequence[Decision]) -> int | None:
    """Return the first choice that leaves an issue as a regime has it, or None."""
    applied = {each.id: each for each in regime.applied}
    for at, made in enumerate(choices):
        kept = all(applied.get(each.id) == each for each in made.held)
        if kept and not any(item in applied for item in made.off):
            return at
    return None


def choice_in(laws: Laws, number: int, choices: Sequence[Decision]) -> int | None:
    """Return the first choice of an issue that a law has, or None."""
    return _held_by(laws.regimes[number], choices)


@dataclass(frozen=True)
class CompiledLaws:
    """What laws are on one world: the wedges of each in their order, and sentences that a reader must see."""

    wedges: tuple[Wedges, ...]
    compiled: tuple[Compiled, ...]
    warnings: tuple[str, ...]


def compiled_laws(case: Scenario, base: Baseline, regimes: Sequence[Regime]) -> CompiledLaws:
    """Return the wedges of regimes on a world; parts that regimes share are compiled once and are the same objects.

    Raises:
        PolicyError: measures of one regime that contradict each other; those of all regimes at once.
    """
    compiler = Compiler(base, critical_inputs(case, base))
    more = capacities(case, base)
    joined: dict[int, tuple[tuple[Bound, ...], tuple[Bound, ...]]] = {}
    problems: list[Problem] = []
    found: list[Compiled] = []
    for regime in regimes:
        try:
            each = compiler.compiled(regime.applied)
        except PolicyError as error:
            if not error.problems:
                raise
            problems += error.problems
            continue
        if more:
            bounds = each.wedges.bounds
            _, kept = joined.setdefault(id(bounds), (bounds, (*bounds, *more)))
            each = replace(each, wedges=replace(each.wedges, bounds=kept))
        found.append(each)
    if problems:
        raise PolicyError(problems=list(dict.fromkeys(problems)))
    warnings = tuple(dict.fromkeys(text for each in found for text in each.warnings))
    return CompiledLaws(tuple(each.wedges for each in found), tuple(found), warnings)
