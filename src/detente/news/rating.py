"""A draft with its rate, and one more for each further rate."""

from __future__ import annotations

from dataclasses import replace

from detente.news.frames import Frame
from detente.news.grammar import Tagged
from detente.news.levels import Level, basis, choose, signed
from detente.news.measure import Cue, Dates, Product, Rate, Span
from detente.news.mention import Draft, Place, replace_draft
from detente.news.placing import dates_of
from detente.news.standings import Standing


def with_levels(
    place: Place, f: Frame, draft: Draft, stand: Standing, linked: list[Level], used: set[int]
) -> list[Draft]:
    """The draft with its rate, and one more draft for each further rate and for a "current" one."""
    first, more = choose(linked)
    used.update(level.i for level in linked)
    if first is None:
        return [draft]
    out = [_in_later_year(place.tagged, _rated(place, f, draft, first, stand.action), first)]
    for number, level in enumerate(more):
        nxt = more[number + 1].i if number + 1 < len(more) else len(place.tagged.words)
        out.append(_in_later_year(place.tagged, _sibling(place, f, out[0], level, nxt), level))
    if more:
        out[0] = _own_dates(place, f, out[0], first.i, more[0].i)
    for level in linked:
        if level.role == "step" and place.tagged.on("rate.step"):
            later = replace_draft(
                _rated(place, f, draft, replace(level, role="value"), stand.action), status="announced"
            )
            out.append(replace_draft(later, dates=replace(draft.dates, effective=None)))
        if level.role == "old" and level.current and place.tagged.on("rate.current"):
            old = _rated(place, f, draft, replace(level, role="value"), "maintain")
            out.append(
                replace_draft(old, action="maintain", status="in_force", dates=Dates(), instrument=_plain(draft))
            )
    return out


def _in_later_year(s: Tagged, draft: Draft, level: Level) -> Draft:
    """ "falls to 30 percent in the second year and 25 percent in the third": not yet, whatever the tense."""
    words = [s.low(k) for k in range(level.j, level.j + 4)]
    later = words[:2] in (["in", "the"], ["during", "the"]) and words[2] in ("second", "third", "fourth", "fifth")
    return replace_draft(draft, status="announced") if later and draft.status == "in_force" else draft


def _plain(draft: Draft) -> str:
    return "import_tariff" if draft.instrument == "tariff_rate_quota" else draft.instrument


def _rated(place: Place, f: Frame, draft: Draft, level: Level, action: str) -> Draft:
    kind, word = basis(f, level, action)
    value = signed(level, f.verb, action)
    rate = Rate(value, level.rate.unit, kind, place.text[level.rate.start : level.rate.end], level.rate.start)
    fresh = replace_draft(draft, rate=rate)
    role = "upper-end" if level.limit else level.role
    fresh.cues.append(Cue("rate", f"rate.{role}", rate.raw, rate.start, f"{value:g}"))
    fresh.cues.append(Cue("basis", f"basis.{kind}", word, -1, kind))
    trigger = draft.evidence.trigger
    if level.rate.start < trigger.start or level.rate.end > trigger.end:
        start, end = min(trigger.start, level.rate.start), max(trigger.end, level.rate.end)
        fresh.evidence = replace(draft.evidence, trigger=Span(start, end, place.text[start:end]))
    return fresh


def _sibling(place: Place, f: Frame, model: Draft, level: Level, stop: int) -> Draft:
    """A further rate after the first: its own goods, partner and day if the words up to the next rate name them."""
    s = place.tagged
    fresh = _rated(place, f, model, level, model.action)
    start, end = s.words[level.i].start, s.words[min(stop, len(s.words)) - 1].end
    goods = [m for m in s.products if level.j <= m.i < stop and m.i - level.j <= 4]
    adjective = next((m for m in s.adjectives if level.j <= m.i < stop and m.i - level.j <= 3), None)
    partner = next(
        (a for a in s.actors if level.j <= a.i < stop and a.oblique in ("for", "on", "from") and a.country), None
    )
    if partner and partner.kind in ("country", "place", "joint"):
        fresh.target = tuple(partner.country.split("+"))
    elif adjective:
        fresh.target = (adjective.entry.value,)
    if goods:
        low, high = s.span(goods[0].i, goods[-1].j)
        fresh.product = Product(place.text[low:high], goods[0].entry.value)
    trigger = Span(start, min(end, level.rate.end + 60), place.text[start : min(end, level.rate.end + 60)])
    fresh.evidence = replace(model.evidence, trigger=trigger)
    fresh.quantity = None
    return _own_dates(place, f, fresh, level.i, stop)


def _own_dates(place: Place, f: Frame, draft: Draft, low: int, high: int) -> Draft:
    when, cues = dates_of(place, f, low, high)
    if not when.effective:
        return draft
    return replace_draft(draft, dates=replace(draft.dates, effective=when.effective), cues=[*draft.cues, *cues])
