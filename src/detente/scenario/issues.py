"""What a choice on an issue of the talks does to the measures that the issue decides on.

`imposed`: they hold as written; an offer beside measures that are none does not. `suspended`, `dropped`: none of them
holds. A rate, or a volume: those that have one hold at that level, the others of the issue do not; so a volume to be
bought ends a boycott. Measures that say `unless: ISSUE` belong to it and hold where it is imposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from detente.core.errors import nearest
from detente.core.units import parse_quantity, parse_rate
from detente.policy.levels import LevelError, check_levels, volume_of
from detente.policy.measure import Measure
from detente.policy.table import rate_problem
from detente.scenario.fields import Reader, Section
from detente.scenario.schema import AUTHORITY, Issue, Talks

IMPOSED, SUSPENDED, DROPPED = "imposed", "suspended", "dropped"
WORDS: Final = (IMPOSED, SUSPENDED, DROPPED)
OFFERED: Final = "offered"
PURCHASE: Final = "purchase"
EXPECTED: Final = "imposed, suspended, dropped, a rate such as +10pp, or a volume such as '>= 20 Mt/year'"


class ChoiceError(ValueError):
    """A choice that says nothing about its measures. Attributes: expected, hint."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected, self.hint = expected, hint


@dataclass(frozen=True)
class Decision:
    """One choice made: what holds of an issue, at which levels, and what does not.

    Attributes:
        issue, choice: as written. held: measures that hold, at the level of the choice. off: ids that do not hold.
    """

    issue: str
    choice: str
    held: tuple[Measure, ...]
    off: tuple[str, ...]


def decided_by(issue: Issue, measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """Return the measures that an issue decides on, in the order of the file."""
    return tuple(each for each in measures if each.id in issue.measures or each.unless == issue.name)


def givers(issue: Issue, measures: Iterable[Measure]) -> tuple[str, ...]:
    """Return who imposes what the issue decides on: those who can give something here."""
    return tuple(dict.fromkeys(code for each in decided_by(issue, measures) for code in each.by))


def decide(issue: Issue, choice: str, measures: Sequence[Measure]) -> Decision:
    """Return what a choice does.

    Args:
        issue: of the file. choice: one of its choices, as written. measures: all of the file.
    Raises:
        ChoiceError: neither a word, a rate nor a volume; or a level that none of the measures can have.
    """
    own = decided_by(issue, measures)
    if choice == IMPOSED:
        firm = tuple(each for each in own if each.status != OFFERED)
        held = firm or own
    elif choice in WORDS:
        held = ()
    else:
        listed = tuple(each for each in own if each.id in issue.measures)
        held = tuple(each for measure in listed if (each := _at(issue, measure, choice)) is not None)
        if not held:
            raise ChoiceError(_nobody(choice))
    kept = {each.id for each in held}
    return Decision(issue.name, choice, held, tuple(each.id for each in own if each.id not in kept))


def _at(issue: Issue, measure: Measure, choice: str) -> Measure | None:
    """Return a measure at another level, or None where it has no level of this sort."""
    level = _level(choice)
    if level == "rate":
        return _with_rate(issue, measure, choice)
    return _with_volume(issue, measure, choice, least=level == "least")


def _level(choice: str) -> str:
    """Return "rate", "volume", or "least" for a volume with `>=`."""
    try:
        parse_rate(choice)
        return "rate"
    except ValueError as error:
        rate_error = str(error)
    try:
        return "least" if parse_quantity(choice).minimum else "volume"
    except ValueError as error:
        near = nearest(choice, WORDS)
        told = rate_error if choice.strip()[-1:] in ("%", "p") or choice.strip().isdigit() else str(error)
        raise ChoiceError(EXPECTED if near else f"{EXPECTED} ({told})", near) from None


def _with_rate(issue: Issue, measure: Measure, choice: str) -> Measure | None:
    if measure.rate is None:
        return None
    rate = parse_rate(choice)
    wrong = rate_problem(rate, extreme=measure.allow_extreme, negative=measure.kind == "subsidy")
    if wrong:
        raise ChoiceError(wrong)
    lines = MappingProxyType({**measure.lines, "rate": issue.line})
    return replace(measure, rate=rate, rate_range=None, lines=lines)


def _with_volume(issue: Issue, measure: Measure, choice: str, *, least: bool) -> Measure | None:
    if "volume" not in measure.details or (measure.kind == PURCHASE) != least:
        return None
    details = MappingProxyType({**measure.details, "volume": choice})
    lines = MappingProxyType({**measure.lines, "volume": issue.line})
    found = replace(measure, details=details, lines=lines)
    for error in check_levels(found):
        if error.field in ("volume", "base_quantity"):
            raise ChoiceError(error.expected, error.hint)
    return found


def _nobody(choice: str) -> str:
    need = {
        "rate": "a measure of this issue with one rate",
        "volume": "a measure of this issue with a volume that caps",
        "least": "a measure of this issue of kind purchase, the only one with a minimum",
    }
    return f"{need[_level(choice)]}, or imposed, suspended, dropped"


def check_issues(reader: Reader, top: Section, talks: Talks | None, measures: Sequence[Measure]) -> None:
    """Note choices that say nothing or the same twice, what two issues decide at once, and worth of what is not there.

    Args:
        reader: collects. top: the file. talks: read. measures: of the file; ids that do not exist are noted elsewhere.
    """
    if talks is None:
        return
    taken: dict[str, Issue] = {}
    for issue in talks.issues:
        part = top.get("talks").get("issues")[issue.name][1]
        name, line = f"talks.issues.{issue.name}", part.at("choices")
        _check_choices(reader, issue, measures, f"{name}.choices", line)
        _check_worth(reader, talks, issue, part, f"{name}.worth")
        for item in (each for each in issue.measures if each.startswith(AUTHORITY)):
            reader.wrong(part.at("measure"), f"{name}.measure", repr(item), "ids of measures; an issue decides on acts")
        for measure in decided_by(issue, measures):
            other = taken.setdefault(measure.id, issue)
            if other is not issue:
                found = f"{measure.id!r}, which issue {other.name!r} (line {other.line}) decides on as well"
                reader.wrong(part.at("measure"), f"{name}.measure", found, "each measure in one issue")
            if measure.rate_kind == "headline":
                found = f"{measure.id!r}, a headline rate, which changes no number"
                reader.wrong(part.at("measure"), f"{name}.measure", found, "measures that apply")


def _check_choices(reader: Reader, issue: Issue, measures: Sequence[Measure], name: str, line: int) -> None:
    seen: list[tuple[Decision, Any]] = []
    for choice in issue.choices:
        try:
            made = decide(issue, choice, measures)
        except ChoiceError as error:
            reader.wrong(line, name, repr(choice[:60]), error.expected, error.hint)
            continue
        law, worth = _law(made), {player: each.get(choice, 0.0) for player, each in issue.worth.items()}
        same = next((other.choice for other, it in seen if it == (law, worth)), None)
        if same is not None:
            text = f"{choice!r} twice" if same == choice else f"{choice!r}, the same law as {same!r}"
            reader.wrong(line, name, text, "choices that differ in what holds, or in what they are worth")
        seen.append((made, (law, worth)))


def _law(made: Decision) -> Any:
    """Return what a decision puts in force, in a form in which equal levels are equal."""
    return [(replace(each, rate_range=None, details=MappingProxyType({})), _plain(each)) for each in made.held]


def _plain(measure: Measure) -> Any:
    try:
        volume: Any = volume_of(measure)
    except LevelError:
        volume = measure.details.get("volume")
    return {**measure.details, "volume": volume}


def _check_worth(reader: Reader, talks: Talks, issue: Issue, part: Section, name: str) -> None:
    def check(item: str, known: Sequence[str], where: str, what: str) -> None:
        if item not in known:
            reader.wrong(part.at("worth"), where, repr(item[:40]), what, nearest(item, known))

    for player, values in issue.worth.items():
        check(player, talks.players, name, f"one of the players: {', '.join(talks.players)}")
        for choice in values:
            check(choice, issue.choices, f"{name}.{player}", f"one of the choices: {', '.join(issue.choices)}")
