"""What surrounds a measure in its sentence: dates, conditions, legal language, who speaks."""

from __future__ import annotations

import re
from dataclasses import replace

from detente.news.actors import Discourse, speaker
from detente.news.frames import Frame
from detente.news.grammar import Tagged, clause
from detente.news.measure import Cue, Dates
from detente.news.mention import Place
from detente.news.standings import Setting
from detente.news.when import dates, in_future, in_past, long_ago


def setting_of(place: Place, f: Frame, when: Dates, seen: Discourse) -> Setting:
    s = place.tagged
    _, head, teller = speaker(s, f.chain, seen)
    acts = f.subject is not None and (f.subject.head or (f.subject.kind in ("pronoun:he", "pronoun:she") and seen.head))
    opened = [s.low(b) for b in s.breaks]
    conditional = any(word in ("if", "unless", "should") for word in opened) or s.low(0) in ("if", "should", "unless")
    if s.low(0) == "should" and place.legal:
        conditional = True
    low = place.norm[place.sentence.start : place.sentence.end].lower()
    exchange = "in exchange" in low or "in return" in low
    after_if = [b for b in s.breaks if s.low(b) in ("if", "unless", "should")]
    if conditional and after_if and min(after_if) > f.n.i + 40:
        conditional = False
    day = place.times[0] if place.times else None
    dated = day is not None and day.start - place.sentence.start <= 4 and len(day.value) == 10
    chronicle = seen.dated[0] == place.sentence.paragraph and in_past(seen.dated[1], place.published)
    told = chronicle or (
        dated and in_past(day.value if day else None, place.published) and not place.sentence.continues
    )
    return Setting(
        legal=(place.legal or any(t.low == "hereby" for t in s.words)) and not told,
        head=head or acts,
        future=in_future(when.effective, place.published),
        past=in_past(when.effective, place.published),
        over=bool(when.expiry) and in_past(when.expiry, place.published),
        conditional=conditional,
        exchange=exchange,
        spoken=bool(teller),
        decreed=place.number - seen.decreed <= 8,
        imagined=seen.imagined == place.sentence.paragraph,
        proposing=place.number - seen.proposed <= 12,
        unless=any(word == "unless" for word in opened),
        long_ago=long_ago(when.effective, place.published) or _history(place) or seen.history,
    )


_FIRST_TERM = re.compile(
    r"\b(?:(?:first|previous|earlier) (?:term|presidency|administration|trade war)|(?:two|three|four|five|six|"
    r"seven|eight|nine|ten|twenty|\d+) (?:years|decades) (?:ago|earlier)|a decade ago|in the "
    r"\w+ century|in the (?:19|20)\d0s)\b",
    re.IGNORECASE,
)


def history_goes_on(place: Place, before: bool) -> bool:
    """Whether a passage still tells of a time long ago: until a recent day or a verb in the present."""
    if _history(place):
        return True
    recent = [t for t in place.times if len(t.value) >= 7 and not long_ago(t.value, place.published)]
    now = any(v.tense in ("pres", "perf", "inf") for v in place.tagged.verbs)
    return before and not recent and not now


def _history(place: Place) -> bool:
    """Whether the sentence is set in an earlier year ("In 2002") or an earlier term of office."""
    span = (place.sentence.start, place.sentence.end)
    if _FIRST_TERM.search(place.norm, *span):
        return True
    years = [t for t in place.times if t.rule in ("date.fiscal", "date.my", "date.mdy", "date.dmy")]
    return any(
        long_ago(t.value, place.published)
        and place.norm[max(0, t.start - 3) : t.start].lower() in ("in ", "on ", "ng ")
        for t in years
    )


def dates_of(place: Place, f: Frame, low: int, high: int) -> tuple[Dates, list[Cue]]:
    s = place.tagged
    start, end = _date_zone(f)
    span = (place.sentence.start, place.sentence.end)
    first = s.words[max(start, low)].start if low < len(s.words) else span[1]
    last = s.words[min(end, high, len(s.words)) - 1].end
    done = f.verb is not None and not f.verb.mood and f.verb.tense in ("past", "perf", "pp")
    done = done or f.participle is not None
    when, cues = dates(place.norm, span, (first, last), place.times, place.published, done)
    if f.n.instrument in ("purchase_commitment", "investment_commitment", "enforcement_commitment"):
        when, cues = replace(when, effective=None), [cue for cue in cues if cue.name != "effective"]
    return when, cues


def _date_zone(f: Frame) -> tuple[int, int]:
    """The tokens whose dates may be this measure's: its clause, the clause of its verb, and a lead-in to them."""
    s = f.s
    start, end = clause(s, f.n.i)
    if f.verb is not None:
        first, last = clause(s, f.verb.i)
        start, end = min(start, first), max(end, last)
    while end < len(s.words) and s.low(end) in (
        "until",
        "unless",
        "effective",
        "lasting",
        "since",
        "which",
        "that",
        "when",
    ):
        end = next((b for b in sorted(s.breaks) if b > end), len(s.words))
    lead = max((b for b in s.breaks if b < start), default=start)
    if s.low(lead) in ("from", "since", "on", "starting", "effective", "beginning", "as", "by", "until"):
        start = lead
    if start > 0 and (not any(v.j <= start for v in s.verbs) or _leads_in(s, start)):
        start = 0
    return start, end


def _leads_in(s: Tagged, start: int) -> bool:
    """Whether the sentence opens with the day something starts: "Effective ... on or after", "Starting on June 10"."""
    openers = {"effective", "starting", "from", "beginning", "applicable", "since", "as"}
    opened = any(s.low(k) in openers for k in range(min(3, start)))
    return opened and not any(a.j <= start and not a.oblique for a in s.actors)
