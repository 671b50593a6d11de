"""Runs side by side: levels, deltas, what differs in what went in, and conditions that fail a build."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from detente.core.certificate import CERTIFIED, SHOWN
from detente.core.codes import WORLD
from detente.core.errors import DataError, Problem, UsageError, nearest
from detente.core.tables import COUNTRY_VARIABLES
from detente.core.units import parse_number
from detente.policy.measure import Measure
from detente.scenario.diff import Change, diff_measures

DELTA: Final = "delta"
OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_CONDITION: Final = re.compile(r"(?:([^:\s]+):)?\s*([A-Za-z0-9_-]+)\.([A-Za-z0-9_]+)\s*(<=|>=|<|>)\s*(\S+)")


@dataclass(frozen=True)
class Compared:
    """One run in a comparison: a bundle or a scenario just solved, one branch of it.

    Attributes:
        label: how it is called in the comparison. branch, on: which law of which day. status: of its certificate.
        values: table "countries", (country or group, variable) to value; empty where it is not certified.
        baseline: id of the world. world: checksum of the world as loaded, "" if not known. comparator: in words.
        facts: closure, elasticities and the like, by name: what went in beside measures.
        applied: the measures that hold, in the order of the file. reasons: id -> why another measure does not hold.
        groups: countries of the report, in order.
    """

    label: str
    branch: str
    on: str
    status: str
    values: Mapping[tuple[str, str], float]
    baseline: str
    world: str
    comparator: str
    facts: Mapping[str, str]
    applied: tuple[Measure, ...]
    reasons: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @property
    def certified(self) -> bool:
        """Return whether its numbers may be read."""
        return self.status in SHOWN

    @property
    def mark(self) -> str:
        """Return what is printed beside its name: nothing for a run certified without reserve."""
        return "" if self.status == CERTIFIED else f"MARKED {self.status}"


@dataclass(frozen=True)
class Row:
    """One number of every run. `deltas` are run less reference; None for the reference and where one is missing."""

    country: str
    variable: str
    unit: str
    levels: tuple[float | None, ...]
    deltas: tuple[float | None, ...]
    delta_unit: str


@dataclass(frozen=True)
class InputChange:
    """What went into a run and not, or otherwise, into the reference. `why`: why a measure does not hold in one."""

    label: str
    change: Change
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Attributes:
        runs: in the order asked for. reference: position of the run that deltas are against. rows: numbers.
        inputs: what went in otherwise, for each run but the reference. warnings: sentences.
    """

    runs: tuple[Compared, ...]
    reference: int
    rows: tuple[Row, ...]
    inputs: tuple[InputChange, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """A condition such as USA.real_income_pct<-1. scope: "" for every run, "delta", or the label of a run."""

    text: str
    scope: str
    country: str
    variable: str
    sign: str
    bound: float


@dataclass(frozen=True)
class Met:
    """A condition that is true of a run. `value`: its level or, under "delta", its difference from the reference."""

    condition: str
    label: str
    value: float


def compare_runs(
    runs: Sequence[Compared], *, delta_vs: str = "", countries: Sequence[str] = (), variables: Sequence[str] = ()
) -> Comparison:
    """Return levels and deltas of table "countries", with what differs in what went in.

    Args:
        runs: two or more, with labels of their own. delta_vs: label of the reference; default: the first.
        countries: rows wanted; default: those of the report of the first run, or WORLD. variables: default: all.
    Raises:
        UsageError: fewer than two runs, an unknown label or country.
        DataError: runs on different worlds, whose changes are of different things.
    """
    if len(runs) < 2:
        raise UsageError("compare: found one run; expected two or more bundles or scenarios")
    reference = label_at(runs, delta_vs) if delta_vs else 0
    _refuse_other_worlds(runs, reference)
    chosen = _countries(runs, countries)
    rows = [_row(runs, reference, code, name) for code in chosen for name in variables or COUNTRY_VARIABLES]
    inputs = [change for run in runs if run is not runs[reference] for change in input_changes(runs[reference], run)]
    return Comparison(tuple(runs), reference, tuple(rows), tuple(inputs), tuple(_warnings(runs, reference)))


def input_changes(before: Compared, after: Compared) -> list[InputChange]:
    """Return what went in otherwise: settings first, then the measures that hold."""
    found = []
    for name in dict.fromkeys((*before.facts, *after.facts)):
        old, new = before.facts.get(name, ""), after.facts.get(name, "")
        if old != new:
            found.append(InputChange(after.label, Change(name, "changed", old, new)))
    for change in diff_measures(before.applied, after.applied):
        name = change.where.split(".")[1]
        why = {"removed": after.reasons, "added": before.reasons}.get(change.what, {}).get(name, "")
        found.append(InputChange(after.label, change, why))
    return found


def parse_condition(text: str) -> Condition:
    """Return the condition in a text: `[RUN:|delta:]COUNTRY.variable<NUMBER`, with <, <=, > or >=.

    Raises:
        UsageError: anything else, an unknown variable; with what was expected.
    """
    match = _CONDITION.fullmatch(text.strip())
    if match is None:
        shape = "COUNTRY.variable, one of < <= > >=, and a number, such as 'USA.real_income_pct<-1'"
        raise UsageError(f"fail-on: found {text!r}; expected {shape}")
    scope, country, variable, sign, number = match.groups()
    if variable not in COUNTRY_VARIABLES:
        hint = nearest(variable, [*COUNTRY_VARIABLES])
        expected = f"a variable of table countries: {', '.join(COUNTRY_VARIABLES)}"
        raise UsageError(f"fail-on: found {variable!r}; expected {expected}" + (f"; try {hint}" if hint else ""))
    try:
        bound = parse_number(number)
    except ValueError as error:
        raise UsageError(f"fail-on: found {number!r} in {text!r}; expected {error}") from None
    return Condition(text.strip(), scope or "", country, variable, sign, bound)


def met(condition: Condition, runs: Sequence[Compared], reference: int) -> list[Met]:
    """Return the runs of which a condition is true; runs that are not certified have no numbers and are left out.

    Raises:
        UsageError: an unknown country or label, with the nearest.
    """
    chosen = list(runs)
    if condition.scope == DELTA:
        chosen = [run for run in runs if run is not runs[reference]]
    elif condition.scope:
        chosen = [runs[label_at(runs, condition.scope)]]
    key = (condition.country, condition.variable)
    _known_country(runs, condition.country, "fail-on")
    found = []
    for run in chosen:
        value = run.values.get(key)
        if condition.scope == DELTA and value is not None:
            base = runs[reference].values.get(key)
            value = None if base is None else value - base
        if value is not None and OPERATORS[condition.sign](value, condition.bound):
            found.append(Met(condition.text, run.label, value))
    return found


def label_at(runs: Sequence[Compared], label: str) -> int:
    """Return the position of a run by its label, or by the name before its branch if only one has it.

    Raises:
        UsageError: unknown, or the name of several, with the nearest.
    """
    labels = [run.label for run in runs]
    wanted = label.rstrip("/")
    if wanted in labels:
        return labels.index(wanted)
    short = [place for place, each in enumerate(labels) if each.rpartition("#")[0] == wanted]
    if len(short) == 1:
        return short[0]
    hint = nearest(wanted, labels)
    text = f"delta-vs: found {label!r}; expected one of {', '.join(labels)}"
    raise UsageError(text + (f"; try {hint}" if hint else ""))


def _known_country(runs: Sequence[Compared], code: str, name: str) -> None:
    known = list(dict.fromkeys(country for run in runs for country, _ in run.values))
    if known and code not in known:
        hint = nearest(code, known)
        text = f"{name}: found {code!r}; expected an economy or group of these runs, such as USA, EU27, WORLD"
        raise UsageError(text + (f"; try {hint}" if hint else ""))


def _countries(runs: Sequence[Compared], asked: Sequence[str]) -> list[str]:
    for code in asked:
        _known_country(runs, code, "countries")
    known = {country for run in runs for country, _ in run.values}
    first = next((run.groups for run in runs if run.groups), ())
    return list(dict.fromkeys(asked or [code for code in first if code in known] or [WORLD]))


def _row(runs: Sequence[Compared], reference: int, code: str, variable: str) -> Row:
    unit = COUNTRY_VARIABLES[variable][0]
    levels = tuple(run.values.get((code, variable)) for run in runs)
    base = levels[reference]
    deltas = tuple(
        None if place == reference or value is None or base is None else value - base
        for place, value in enumerate(levels)
    )
    return Row(code, variable, unit, levels, deltas, "pp" if unit == "%" else unit)


def _refuse_other_worlds(runs: Sequence[Compared], reference: int) -> None:
    """Raise unless all runs start from one world; another elasticity set of the same id is the same world."""
    first, problems = runs[reference], []
    for run in runs:
        expected = f"the world of {first.label}, {first.baseline!r}, because changes in percent are of its levels"
        if run.baseline != first.baseline:
            hint = "run both scenarios on one baseline"
            problems.append(Problem(run.label, "baseline", repr(run.baseline), expected, hint))
        elif run.world != first.world and run.facts.get("elasticities") == first.facts.get("elasticities"):
            found = f"{run.baseline!r} with checksum {run.world[:12]}.."
            problems.append(Problem(run.label, "baseline", found, f"{expected}, {first.world[:12]}..", "run it again"))
    if problems:
        raise DataError(problems=problems)


def _warnings(runs: Sequence[Compared], reference: int) -> list[str]:
    first, found = runs[reference], []
    for run in runs:
        if run.comparator != first.comparator:
            found.append(
                f"{run.label}: changes against {run.comparator}, those of {first.label} against {first.comparator}: "
                "a delta mixes two starting points"
            )
        if not run.certified:
            found.append(f"{run.label}: {run.status}: no number of it can be read")
    return found
