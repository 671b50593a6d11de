"""The pipeline as one function: text in, document out."""

from __future__ import annotations

import hashlib
from datetime import date

from detente.news.actors import Discourse, quoting
from detente.news.chrome import chrome, visible
from detente.news.conflicts import conflicts
from detente.news.deadlines import branches, deadlines, issues
from detente.news.document import Actor, Document, Timex
from detente.news.doubts import doubts
from detente.news.drafts import Draft, Place, read_sentence
from detente.news.genre import addresses_reader, legal, publisher, retracts
from detente.news.grammar import tag
from detente.news.header import headed, title_of
from detente.news.lexicon import lexicon, rules_off
from detente.news.links import linked_in_text
from detente.news.measure import Span
from detente.news.merge import merged, why_empty
from detente.news.numbers import amounts, rates
from detente.news.sentences import Sentence, sentences
from detente.news.timex import timexes
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
    norm = normalise(text)
    furniture = chrome(norm, text)
    body = visible(norm, furniture)
    day, origin = (published, "argument") if published else headed(norm)
    units = sentences(body)
    drafts, times, actors = _read(text, body, units, _full(day), publisher(norm), without)
    times = [*_headed(norm, furniture, _full(day)), *times]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    found, groups, left = merged(drafts)
    measures = linked_in_text(found)
    doubted = conflicts(measures, groups, times, text, body)
    return Document(
        id=id, title=title_of(norm, text), published=day, published_from=origin if day else "", text=text,
        sha256=digest, chrome=furniture, measures=measures, conflicts=doubted,
        questions=doubts(measures, doubted, left, times, day),
        deadlines=deadlines(measures, times, units, body, text, day), timexes=tuple(times),
        actors=tuple(actors), branches=branches(measures), issues=issues(measures),
        why_empty="" if measures else why_empty(left),
    )  # fmt: skip


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


def _read(
    text: str, body: str, units: list[Sentence], published: date | None, owner: str, without: frozenset[str]
) -> tuple[list[Draft], list[Timex], list[Actor]]:
    lex = lexicon(without)
    seen = Discourse(publisher=owner)
    year = published.year if published else 2025
    drafts: list[Draft] = []
    times: list[Timex] = []
    actors: list[Actor] = []
    passages = _passages(body, units, seen.publisher)
    off = rules_off(without)
    repeats: dict[str, int] = {}
    spoiled = -1
    for number, unit in enumerate(units):
        spoiled = unit.paragraph if addresses_reader(body[unit.start : unit.end]) else spoiled
        if unit.paragraph == spoiled:
            continue
        seen_often = repeats[body[unit.start : unit.end]] = repeats.get(body[unit.start : unit.end], 0) + 1
        if seen_often > REPEATED:
            continue
        words = tokens(body, unit.start, unit.end)
        if not prose(words):
            continue
        found = timexes(body, unit.start, unit.end, published, times[-1].value if times else "")
        times += found
        s = tag(words, lex, year, rates(body, unit.start, unit.end), amounts(body, unit.start, unit.end))
        actors += [
            Actor(*s.span(a.i, a.j), text[slice(*s.span(a.i, a.j))], a.country, a.kind) for a in s.actors if a.country
        ]
        seen.speaker = quoting(s) or seen.speaker
        place = Place(body, text, unit, number, s, found, published, passages[unit.paragraph])
        s.off = off
        if s.on("reader.retracts") and retracts(body[unit.start : unit.end]):
            drafts = [d for d in drafts if d.sentence != number - 1]
        fresh = read_sentence(place, seen, drafts[-LOOKBACK:])
        seen.pairs = [*seen.pairs, *((d.imposer[0], d.target) for d in fresh if d.imposer)][-LOOKBACK:]
        drafts += fresh
        seen.note(s)
        if s.on("imposer.heading") and len(words) <= 4 and not s.verbs and body[unit.end : unit.end + 1] in ("\n", "\r", ""):
            names = [a.country for a in s.actors if a.kind in ("country", "place")]
            seen.topic = names[0] if len(names) == 1 else ""
            seen.topic_from = number if seen.topic else -1
    return drafts, times, actors


def prose(words: list[Token]) -> bool:
    """Return whether a unit can be a sentence: a long run of the same few words is none."""
    return len(words) <= 40 or len({word.low for word in words}) * 5 >= len(words)


def _headed(norm: str, furniture: tuple[Span, ...], published: date | None) -> list[Timex]:
    """Return the dates of the head of the page: furniture, but dates all the same."""
    head = [span for span in furniture if span.start < 600 and span.end - span.start < 200]
    return [timex for span in head for timex in timexes(norm, span.start, span.end, published) if len(timex.value) == 10]


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
