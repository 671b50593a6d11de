"""The dated measures of the packaged scenarios as a check on what a text says; never as something it says.

An entry counts only if its source was known on the day of publication. A value from here is offered as a candidate and
carries "not in the text" with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from detente.core.codes import COUNTRY_GROUPS, WORLD
from detente.core.units import rate_text
from detente.news.answers import BLOCS
from detente.news.document import Candidate, Conflict, Document
from detente.news.kinds import KINDS, LEVELS, SWITCH, TRUCE, role
from detente.news.measure import Link, ReadMeasure, Span
from detente.news.values import plain_codes, whole_day
from detente.policy.levels import text_of
from detente.policy.measure import Measure
from detente.policy.products import match, packaged
from detente.scenario.claim import Claim, check_claim
from detente.scenario.dated import law
from detente.scenario.execute import world_of
from detente.scenario.load import load_scenario, packaged_ids
from detente.scenario.schema import Scenario

NOT_SAID: Final = "not in the text"
MARK: Final = "registry:"
OFFERED: Final = 3
"""Candidates for one answer, all of one scenario: the nearest in time that has any."""

_LATE: Final = dt.timedelta(days=366)
"""A scenario speaks of days up to a year after its own; a later law it does not know."""


@dataclass(frozen=True)
class Entry:
    """A measure of a packaged scenario."""

    case: str
    measure: Measure

    @property
    def name(self) -> str:
        """Return `scenario/measure`."""
        return f"{self.case}/{self.measure.id}"

    @property
    def told(self) -> str:
        """Return where the entry comes from, in words."""
        source = self.measure.source
        parts = [f"registry {self.name}"]
        if source is not None:
            parts.append(f"{source.title}, {source.date}" if source.date else source.title)
        return "; ".join([*parts, *(["its level is assumed"] if self.measure.assumed else []), NOT_SAID])


@cache
def case(name: str) -> Scenario:
    """Return a packaged scenario, read once."""
    return load_scenario(name)


def entries(published: dt.date | None) -> tuple[Entry, ...]:
    """Return what was known on a day, the scenario nearest to it first; nothing without a day."""
    if published is None:
        return ()
    near = [case(name) for name in packaged_ids()]
    near = [each for each in near if published <= each.as_of + _LATE]
    near.sort(key=lambda each: abs(each.as_of - published))
    return tuple(
        Entry(each.id, measure)
        for each in near
        for measure in each.measures
        if measure.source is not None and (measure.source.date or each.as_of) <= published
    )


def related(read: ReadMeasure, known: Iterable[Entry], *, mirrored: bool = False) -> list[Entry]:
    """Return entries of the same kind between the same sides (or the other way round) on products that meet."""
    kind = KINDS.get(read.instrument, "")
    imposers, targets = _members(read.imposer.split("+")), _members(read.target)
    if mirrored:
        imposers, targets = targets, imposers
    found = [
        each
        for each in known
        if each.measure.kind == kind
        and imposers & _members(each.measure.by)
        and (not targets or not each.measure.against or _meet(targets, _members(each.measure.against)))
        and _same_products(read, each.measure)
    ]
    return sorted(found, key=lambda each: _days_apart(read, each.measure))


def _days_apart(read: ReadMeasure, entry: Measure) -> int:
    """Return how far an entry is from the dates that the text gives; the nearest is the likeliest."""
    pairs = [
        (whole_day(read.dates.announced), entry.source.date if entry.source else None),
        (whole_day(read.dates.effective), entry.from_),
    ]
    found = [abs((ours - theirs).days) for ours, theirs in pairs if ours and theirs]
    return min(found, default=0)


def _members(codes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for code in codes:
        name = BLOCS.get(code, code)
        found |= set(COUNTRY_GROUPS.get(name, (name,))) - {""}
    return found


def _meet(ours: set[str], theirs: set[str]) -> bool:
    return WORLD in ours or WORLD in theirs or bool(ours & theirs)


def _same_products(read: ReadMeasure, entry: Measure) -> bool:
    """Return whether two scopes can be the same: one that is not known may be anything but a named product."""
    if entry.products is None:
        return not read.product.hs or "goods" in entry.sectors or bool(set(read.product.sectors) & set(entry.sectors))
    ours = match(plain_codes(read.product), packaged()).names
    return not read.product.hs or bool(set(ours) & set(match(entry.products.codes, packaged()).names))


def same(read: ReadMeasure, known: Iterable[Entry]) -> list[Entry]:
    """Return the entries that can be this measure: related, and not of another rate."""
    return [each for each in related(read, known) if not _other_rate(read, each.measure)]


def _other_rate(read: ReadMeasure, entry: Measure) -> bool:
    if read.rate is None or not read.rate.unit.endswith("ad_valorem"):
        return False
    if entry.rate is None:
        return True
    return abs(100 * entry.rate.value - read.rate.value) > 1e-9 or entry.rate.added != (read.rate.basis != "total")


def candidates(read: ReadMeasure, field: str, published: dt.date | None) -> tuple[Candidate, ...]:
    """Return what the registry has for a field, each with its source and "not in the text"; the nearest first."""
    known = related(read, entries(published))
    if read.instrument == TRUCE:
        known = [each for each in known if each.measure.unless]
    if field == "rate" and read.rate is not None and read.rate.basis == "total":
        known = [each for each in known if each.measure.rate is not None and not each.measure.rate.added]
    if field == "effective":
        known = same(read, known) or [each for each in known if each.measure.rate_kind == "headline"]
    found: dict[str, Entry] = {}
    for each in known:
        value = _value(each.measure, field)
        if value and each.case == next(iter(found.values()), each).case:
            found.setdefault(value, each)
    return tuple(Candidate(value, each.told) for value, each in list(found.items())[:OFFERED])


def _value(entry: Measure, field: str) -> str:
    """Return a field of an entry as an answer is written."""
    if field == "rate":
        return "" if entry.rate is None else rate_text(entry.rate)
    if field == "effective":
        return "" if entry.from_ is None else entry.from_.isoformat()
    if field == "expiry":
        return "" if entry.from_ is None or not entry.unless else entry.from_.isoformat()
    if field == "product":
        if entry.products is not None:
            return "hs22:" + ",".join(entry.products.codes)
        return "" if entry.table is not None else " ".join(entry.sectors)
    if field == "target":
        return " ".join(entry.against) if len(entry.against) < 4 else ""
    if field == "origin":
        return " ".join(entry.details.get("origin", ()))
    return text_of(entry, field)


def linked(document: Document) -> Document:
    """Return the document with links to the registry, and with the conflicts between the two.

    What it finds: the same measure; a measure that the registry has ended; a rate between the same two the other way
    round; a total that is a sum with something that is not in force. What is in none of the packaged scenarios stays
    without a link.
    """
    day = whole_day(document.published)
    known = entries(day)
    if not known or day is None:
        return document
    measures, conflicts = [], list(document.conflicts)
    for read in document.measures:
        found = same(read, known)
        links = [Link("same_as", MARK + each.name) for each in found[:1] if _is_sure(read)]
        measures.append(replace(read, links=(*read.links, *links)))
        conflicts += _doubts(read, found, known, day)
    return replace(document, measures=tuple(measures), conflicts=tuple(conflicts))


def _is_sure(read: ReadMeasure) -> bool:
    """Return whether a related entry is this measure: without a rate, a tariff could be any of them."""
    kind = role(read).kind
    return (
        kind not in ("", SWITCH) and read.instrument != TRUCE and (LEVELS[kind] != ("rate",) or read.rate is not None)
    )


def _doubts(read: ReadMeasure, found: Sequence[Entry], known: Sequence[Entry], day: dt.date) -> list[Conflict]:
    spans = (read.evidence[0].trigger,)
    doubts = []
    ended = [each for each in found if _ended(each.measure, day)]
    if read.status == "in_force" and ended and len(ended) == len(found):
        last = ended[0].measure
        doubts.append(_conflict(read, f"{ended[0].name} ended on {last.until or 'an earlier day'}", spans))
    if not found and read.rate is not None and len(read.target) == 1 and (other := _mirror(read, known)):
        doubts.append(_conflict(read, other, spans))
    if (claim := claimed(read, day)) is not None and not claim.fits[0].in_force:
        doubts.append(_conflict(read, claim.verdict, spans))
    return doubts


def _ended(entry: Measure, day: dt.date) -> bool:
    return entry.status == "ended" or (entry.until is not None and entry.until <= day)


def _mirror(read: ReadMeasure, known: Sequence[Entry]) -> str:
    """Return a sentence if the registry has this rate in the other direction, and none in this one."""
    back = [each for each in related(read, known, mirrored=True) if not _other_rate(read, each.measure)]
    if not back or WORLD in back[0].measure.against:
        return ""
    entry = back[0].measure
    sides = f"{','.join(entry.by)} on {','.join(entry.against)}"
    return f"the registry has this rate the other way round, {sides} ({back[0].name}); is the direction right?"


def _conflict(read: ReadMeasure, what: str, spans: tuple[Span, ...]) -> Conflict:
    return Conflict("registry", (read.id,), f"{read.id}: {what}", spans)


def claimed(read: ReadMeasure, day: dt.date) -> Claim | None:
    """Return what a stated total is made of, or None where it is no total or the registry cannot tell.

    A rate that somebody calls the whole rate is held against the law of the day: 157 may be 57 in force and 100 that
    are only threatened.
    """
    rate = read.rate
    if read.instrument != "import_tariff" or rate is None or rate.basis != "total" or read.status != "in_force":
        return None
    if rate.unit != "percent_ad_valorem" or len(read.target) != 1:
        return None
    for entry in entries(day):
        stated = entry.measure
        if stated.rate_kind == "headline" and stated.by == (read.imposer,) and stated.against == read.target:
            found = _checked(entry.case, day, f"{rate.value:g}%", read.imposer, read.target[0])
            return found if found.fits else None
    return None


@cache
def _checked(name: str, day: dt.date, text: str, by: str, against: str) -> Claim:
    scenario = case(name)
    base = world_of(scenario)
    return check_claim(scenario, base, law(scenario, base, day), text, by, against)


def standing(document: Document) -> dict[str, str]:
    """Return, for each measure that a registry could have, where it is there or that it is not."""
    if not entries(whole_day(document.published)):
        return {}
    told = {}
    for read in document.measures:
        links = [link.to.removeprefix(MARK) for link in read.links if link.to.startswith(MARK)]
        if role(read).kind not in ("", SWITCH) and read.instrument != TRUCE:
            told[read.id] = links[0] if links else "not in the registry"
    return told
