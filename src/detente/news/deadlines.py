"""Days at which something switches or is decided, and the leaves and issues they open for a scenario."""

from __future__ import annotations

import re
from collections.abc import Sequence

from detente.news.document import Branch, Deadline, Issue, Timex
from detente.news.measure import ReadMeasure, Span
from detente.news.sentences import Sentence

_MEETING = re.compile(
    r"\b(?:talks?|meet|meets|meeting|summit|negotiations?|hearing|vote|votes|ruling|decision|resume|sit down|call)\b",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"\b(?:trade|tariffs?|talks|leaders?|presidents?|ministers?|negotiat\w+|summit|court)\b", re.IGNORECASE
)


def deadlines(
    measures: Sequence[ReadMeasure], times: Sequence[Timex], units: Sequence[Sentence], norm: str, text: str,
    published: str | None,
) -> tuple[Deadline, ...]:  # fmt: skip
    """Return what falls due after publication, by date.

    Args:
        measures: with their dates. times: date expressions. units: sentences. published: day, if known.
    """
    found = [*_of_measures(measures, published), *_meetings(times, units, norm, text, published)]
    return tuple(sorted(found, key=lambda each: each.date))


def _after(value: str | None, published: str | None) -> bool:
    return bool(value and published and value[: len(published)] > published[: len(value)])


def _of_measures(measures: Sequence[ReadMeasure], published: str | None) -> list[Deadline]:
    out = []
    for each in measures:
        trigger = each.evidence[0].trigger
        if each.dates.expiry and _after(each.dates.expiry, published):
            what = f"{each.instrument.replace('_', ' ')} runs out"
            if each.conditionality and each.conditionality.type == "unless":
                what += f" {each.conditionality.raw}"
            out.append(Deadline(each.dates.expiry, what, (each.id,), trigger))
        pending = each.status in ("announced", "threatened", "proposed")
        if pending and each.dates.effective and _after(each.dates.effective, published):
            what = f"{each.instrument.replace('_', ' ')} is to take effect"
            out.append(Deadline(each.dates.effective, what, (each.id,), trigger))
    return out


def _meetings(
    times: Sequence[Timex], units: Sequence[Sentence], norm: str, text: str, published: str | None
) -> list[Deadline]:
    out = []
    for unit in units:
        words = norm[unit.start : unit.end]
        if not (_MEETING.search(words) and _TRADE.search(words)):
            continue
        due = [
            t for t in times if unit.start <= t.start < unit.end and len(t.value) == 10 and _after(t.value, published)
        ]
        for timex in due[:1]:
            meeting = _MEETING.search(norm, unit.start, unit.end)
            if meeting is not None:
                span = Span(unit.start, unit.end, text[unit.start : unit.end])
                out.append(Deadline(timex.value, f"{meeting.group().lower()} ({timex.text})", (), span))
    return out


def branches(measures: Sequence[ReadMeasure]) -> tuple[Branch, ...]:
    """Return the leaves that conditions and threats open; odds are never read."""
    out = []
    for each in measures:
        condition = each.conditionality.raw if each.conditionality else ""
        if each.status == "threatened":
            out.append(Branch(f"{each.id} imposed", each.dates.effective, (each.id,), condition or "threatened"))
        if each.instrument == "tariff_truce" and each.status == "in_force":
            out.append(Branch(f"{each.id} runs out", each.dates.expiry, (each.id,), condition or "not extended"))
        if each.status == "offered":
            asked = each.conditionality.antecedent_measures if each.conditionality else ()
            out.append(Branch(f"{each.id} agreed", None, (each.id, *asked), condition or "offered"))
    return tuple(out)


def issues(measures: Sequence[ReadMeasure]) -> tuple[Issue, ...]:
    """Return what is on the table: offers with what is asked for them, and demands."""
    out = []
    for each in measures:
        if each.status == "offered":
            asked = each.conditionality.antecedent_measures if each.conditionality else ()
            out.append(Issue(each.imposer, each.id, "offer", asked))
        elif each.status == "demanded":
            out.append(Issue(each.imposer, each.id, "demand"))
    return tuple(out)
