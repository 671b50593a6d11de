"""The pipeline as one function: text in, document out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from detente.news.actors import WHOLE, Discourse, quoting
from detente.news.chrome import chrome, visible
from detente.news.conflicts import conflicts
from detente.news.deadlines import branches, deadlines, issues
from detente.news.document import Actor, Document, Timex
from detente.news.doubts import doubts
from detente.news.drafts import read_sentence
from detente.news.genre import addresses_reader, legal, publisher, retracts
from detente.news.grammar import Tagged
from detente.news.header import headed, issuer, title_of, topic_of
from detente.news.headings import dateline, take_heading
from detente.news.lexicon import lexicon, rules_off
from detente.news.links import linked_in_text
from detente.news.measure import Span
from detente.news.mention import Draft, Place
from detente.news.merge import merged, why_empty
from detente.news.notice import notice_of
from detente.news.nuclei import of_utility
from detente.news.numbers import amounts, rates
from detente.news.placing import history_goes_on
from detente.news.second import completed, second_look
from detente.news.sentences import Sentence, sentences
from detente.news.tagging import tag
from detente.news.timex import timexes
from detente.news.word_lists import word_list
from detente.news.words import Token, normalise, tokens


def read_text(
    text: str, *, id: str = "text", published: str | None = None, without: frozenset[str] = frozenset()
) -> Document:
    """Read one decoded text.

    Args:
        text: the text as it stands (offsets refer to it).
        id: name of the document.
        published: ISO date of publication; None takes it from the page header.
        without: development documents whose lexicon entries and rules are left out (evaluation only).

    Returns: the document; without measures `why_empty` says why.
    """
    page = opened(text, published, without)
    drafts: list[Draft] = []
    for place in walk(page, drafts):
        near = drafts[-LOOKBACK:]
        told = read_sentence(place, page.seen, near)
        drafts += completed(place, page.seen, near, told) if told else second_look(place, page.seen, near)
    norm, body, furniture, units, places, day = page.norm, page.body, page.chrome, page.units, page.places, page.day
    times = [*_headed(norm, furniture, _full(day)), *(t for place in places for t in place.times)]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    found, groups, left = merged(drafts)
    measures = linked_in_text(found)
    doubted = conflicts(measures, groups, times, text, body)
    return Document(
        id=id, title=page.title, published=day, published_from=page.origin if day else "", text=text,
        sha256=digest, chrome=furniture, measures=measures, conflicts=doubted,
        questions=doubts(measures, doubted, left, times, day),
        deadlines=deadlines(measures, times, units, body, text, day), timexes=tuple(times),
        actors=tuple(_actors(places, text)), branches=branches(measures), issues=issues(measures),
        why_empty="" if measures else why_empty(left),
    )  # fmt: skip


@dataclass
class Page:
    """A text cut into sentences, before anything is read.

    Args:
        norm: normalised text. chrome: its furniture. body: the text without it. units: its sentences.
        places: those that can be read, tagged. day: of publication. origin: where that is from.
        seen: what is known before the first sentence.
    """

    norm: str
    chrome: tuple[Span, ...]
    body: str
    units: list[Sentence]
    places: list[Place]
    day: str | None
    origin: str
    title: str
    seen: Discourse


def opened(text: str, published: str | None = None, without: frozenset[str] = frozenset()) -> Page:
    """Return a text cut into tagged sentences; arguments as in `read_text`."""
    norm = normalise(text)
    furniture = chrome(norm, text)
    body = visible(norm, furniture)
    day, origin = (published, "argument") if published else headed(norm)
    units = sentences(body)
    owner = publisher(norm)
    places = _places(text, body, units, _full(day), owner, without)
    title = title_of(norm, text)
    whole = notice_of(norm, body, _full(day))
    seen = Discourse(
        publisher=whole.owner or owner or issuer(norm), notice=whole, sides=dyad(places), trade=topic_of(title)
    )
    if places and _utility(norm, places[0].sentence.start):
        seen.utility = WHOLE
    codes = {c for place in places for c in _codes(place)}
    seen.sole = codes.pop() if len(codes) == 1 else ""
    _name_commission(places, whole.owner, norm)
    return Page(norm, furniture, body, units, places, day, origin, title, seen)


def _utility(norm: str, stop: int) -> bool:
    """Whether the head of a text is that of a utility's notice: "Electricity and water tariffs", without a country."""
    words = tokens(norm, 0, stop)
    if not 0 < len(words) <= HEAD:
        return False
    head = tag(words, lexicon(), 0, [], [])
    return (
        bool(head.instruments) and not head.adjectives and not any(a.country for a in head.actors) and of_utility(head)
    )


HEAD = 40
"""Words of a head; more are a text."""
_STUDIES = word_list("status.studies")
LOOKBACK = 120
"""Mentions that a later one can refer back to."""
REPEATED = 12
"""A unit that stands this often word for word is furniture of the file, not its prose."""


def _full(value: str | None) -> date | None:
    if not value or len(value) < 4:
        return None
    parts = value.split("-")
    try:
        if len(parts) == 3:
            return date(int(parts[0]), int(parts[1]), int(parts[2]))
        return date(int(parts[0]), int(parts[1]) if len(parts) == 2 and parts[1].isdigit() else 7, 1)
    except ValueError:
        return None


def _places(
    text: str, body: str, units: list[Sentence], published: date | None, owner: str, without: frozenset[str]
) -> list[Place]:
    """Return the sentences that can be read, tagged and dated; orders to the reader and no prose are left out."""
    lex, off = lexicon(without), rules_off(without)
    passages = _passages(body, units, owner)
    year = published.year if published else 2025
    repeats: dict[str, int] = {}
    spoiled, last = -1, ""
    out: list[Place] = []
    for number, unit in enumerate(units):
        words_of = body[unit.start : unit.end]
        spoiled = unit.paragraph if addresses_reader(words_of) else spoiled
        repeats[words_of] = repeats.get(words_of, 0) + 1
        words = tokens(body, unit.start, unit.end)
        if unit.paragraph == spoiled or repeats[words_of] > REPEATED or not prose(words):
            continue
        found = timexes(body, unit.start, unit.end, published, last)
        last = found[-1].value if found else last
        s = tag(words, lex, year, rates(body, unit.start, unit.end), amounts(body, unit.start, unit.end))
        s.off = off
        out.append(Place(body, text, unit, number, s, found, published, passages[unit.paragraph]))
    return out


def walk(page: Page, drafts: list[Draft]) -> Iterator[Place]:
    """Yield the sentences in order, with what the text has said so far in `page.seen`.

    Args:
        drafts: the caller appends here what it reads in each.
    """
    places, seen, body = page.places, page.seen, page.body
    labelled, paragraph = -1, -1
    told = [any(v.tense != "inf" or v.mood for v in place.tagged.verbs) for place in places if label(place.tagged)]
    seen.labels_act = len(told) > 1 and sum(told) * 5 >= 3 * len(told)
    lead = -1
    for place in places:
        s, unit = place.tagged, place.sentence
        seen.speaker = quoting(s) or seen.speaker
        if s.on("reader.retracts") and retracts(body[unit.start : unit.end]):
            drafts[:] = [d for d in drafts if d.sentence != place.number - 1]
        seen.label = label(s) or (seen.label if unit.paragraph == labelled and unit.continues else "")
        labelled = unit.paragraph
        if seen.label and seen.labels_act:
            seen.topic, seen.topic_from, seen.label = seen.label, place.number, ""
        take_heading(place, seen)
        if place.number < 3 and (home := dateline(place.norm[unit.start : unit.end])):
            seen.topic, seen.topic_from, lead = home, place.number, unit.paragraph
        elif lead >= 0 and unit.paragraph != lead:
            seen.topic, lead = "", -1
        if s.on("status.imagined") and {t.low for t in s.words} & _STUDIES:
            seen.imagined = unit.paragraph
        opens = body[unit.start : unit.end].rstrip().endswith(":")
        if opens and any(v.cls in ("announce", "commit", "order", "impose") and not v.negative for v in s.verbs):
            seen.decreed = place.number
        if any(v.cls == "propose" and not v.negative for v in s.verbs):
            seen.proposed = place.number
        if len(place.times) == 1 and len(s.words) <= 5 and len(place.times[0].value) == 10 and not s.verbs:
            seen.dated = (unit.paragraph, place.times[0].value)
        seen.history = history_goes_on(place, seen.history and unit.paragraph == paragraph)
        paragraph = unit.paragraph
        known = len(drafts)
        yield place
        seen.pairs = [*seen.pairs, *((d.imposer[0], d.target) for d in drafts[known:] if d.imposer)][-LOOKBACK:]
        seen.note(s)
        bare = [t for t in s.words if t.text.isalpha()]
        named = sum(a.j - a.i for a in s.actors if a.kind in ("country", "place"))
        alone = len(s.words) <= 4 and not s.verbs and body[unit.end : unit.end + 1] in ("\n", "\r", "")
        alone = alone or (bool(bare) and len(bare) == named and len(s.words) <= named + 3)
        if s.on("imposer.heading") and alone:
            names = [a.country for a in s.actors if a.kind in ("country", "place")]
            seen.topic = names[0] if len(names) == 1 else ""
            seen.topic_from = place.number if seen.topic else -1


def _codes(place: Place) -> set[str]:
    """The countries that a sentence names."""
    s = place.tagged
    return {c for a in s.actors for c in a.country.split("+") if c} | {m.entry.value for m in s.adjectives}


def _name_commission(places: list[Place], owner: str, norm: str) -> None:
    """ "The Commission" is the one that the notice has named in full, not always the European one."""
    if owner in ("", "EU") or "European Commission" in norm:
        return
    for place in places:
        s = place.tagged
        s.actors = [
            replace(a, country=owner)
            if a.kind == "body" and a.country == "EU" and s.low(a.j - 1) == "commission"
            else a
            for a in s.actors
        ]


def label(s: Tagged) -> str:
    """Return the country that a list item opens with: "- Brazil: ..."."""
    opening = next((a for a in s.actors if a.i <= 2 and a.kind in ("country", "place") and s.low(a.j) == ":"), None)
    return opening.country if opening and not any(s.words[k].text.isalpha() for k in range(opening.i)) else ""


def _actors(places: list[Place], text: str) -> list[Actor]:
    """Return the mentions of actors with their countries."""
    found = [(place.tagged, actor) for place in places for actor in place.tagged.actors if actor.country]
    return [Actor(*s.span(a.i, a.j), text[slice(*s.span(a.i, a.j))], a.country, a.kind) for s, a in found]


def dyad(places: list[Place]) -> tuple[str, ...]:
    """Return the two countries a text is about, if it is about two: nearly all mentions, neither of them in passing."""
    counts: dict[str, int] = {}
    for place in places:
        s = place.tagged
        codes = [code for a in s.actors for code in a.country.split("+") if code and a.kind != "joint"]
        for code in [*codes, *(m.entry.value for m in s.adjectives)]:
            counts[code] = counts.get(code, 0) + 1
    top = sorted(counts.items(), key=lambda item: -item[1])[:2]
    total = sum(counts.values())
    if len(top) < 2 or total < 5 or top[0][1] + top[1][1] < 0.75 * total or top[1][1] < 0.2 * total:
        return ()
    return (top[0][0], top[1][0])


def prose(words: list[Token]) -> bool:
    """Return whether a unit can be a sentence: a long run of the same few words is none."""
    return len(words) <= 40 or len({word.low for word in words}) * 5 >= len(words)


def _headed(norm: str, furniture: tuple[Span, ...], published: date | None) -> list[Timex]:
    """Return the dates of the head of the page: furniture, but dates all the same."""
    head = [span for span in furniture if span.start < 600 and span.end - span.start < 200]
    return [
        timex for span in head for timex in timexes(norm, span.start, span.end, published) if len(timex.value) == 10
    ]


def _passages(body: str, units: list[Sentence], owner: str) -> dict[int, bool]:
    """Whether each paragraph reads as a legal text; a document of notices is one throughout."""
    spans: dict[int, tuple[int, int]] = {}
    for unit in units:
        start, end = spans.get(unit.paragraph, (unit.start, unit.end))
        spans[unit.paragraph] = (min(start, unit.start), max(end, unit.end))
    whole = bool(owner) and legal(body) and _dry(body)
    return {number: whole or legal(body[a:b]) for number, (a, b) in spans.items()}


def _dry(body: str) -> bool:
    """A notice has hardly any verbs of saying."""
    low = body.lower()
    said = sum(low.count(word) for word in (" said", " says", " told ", " reported", " wrote "))
    return said == 0
