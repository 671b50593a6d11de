"""What is open: what the text leaves in doubt, what a run would need beside it, and what the registry could offer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from detente.news.answers import ALIASES, CHECKS
from detente.news.document import Candidate, Document, Question
from detente.news.kinds import LEVELS, WHY, role
from detente.news.measure import ReadMeasure
from detente.news.registry import NOT_SAID, candidates
from detente.news.values import facts, known_sectors, undated, whole_day
from detente.scenario.known import WORLD_2022

PUBLISHED: Final = "published"


def questioned(document: Document) -> Document:
    """Return the document with every open question: those of the text first, then those of the model.

    A question that the text raised already is not asked again; the registry's values are added to its candidates.
    """
    day = whole_day(document.published)
    asked = {(each.measure, field_of(document, each)): _weighed(document, each) for each in document.questions}
    if day is None and ("", PUBLISHED) not in asked:
        asked["", PUBLISHED] = Question("", PUBLISHED, "the text has no date of publication", needed=True)
    for read in document.measures:
        for each in _of_model(read, day):
            first = asked.get((read.id, each.field))
            asked[read.id, each.field] = each if first is None else _joined(first, each)
    return replace(document, questions=tuple(asked.values()))


def _weighed(document: Document, question: Question) -> Question:
    """Return a question as one that a run needs, if it is about a status that the text contradicts itself on."""
    doubted = {name for each in document.conflicts if each.kind == "status" for name in each.measures}
    return replace(question, needed=True) if question.field == "status" and question.measure in doubted else question


def _joined(of_text: Question, of_model: Question) -> Question:
    """Return one question of two on the same field: the text's words, needed if either says so, all candidates."""
    more = tuple(each for each in of_model.candidates if each not in of_text.candidates)
    needed = of_text.needed or of_model.needed
    return replace(of_text, field=of_model.field, needed=needed, candidates=(*of_text.candidates, *more))


def _of_model(read: ReadMeasure, day: dt.date | None) -> list[Question]:
    """Return what a run needs of a measure and the text does not give."""
    if not role(read).kind:
        return []
    known = facts(read)
    found = [
        Question(read.id, name, why, _offers(read, name, day), needed=True, spans=(read.evidence[0].trigger,))
        for name, why in known.missing.items()
    ]
    if _contradicted(read) and "rate" not in known.missing:
        why = "the text contradicts this rate elsewhere, so it is not taken for the law of the day"
        found.append(Question(read.id, "rate", why, candidates(read, "rate", day), needed=True))
    if undated(read, known):
        why = "decided without a day: it is in no run unless it is included or in a branch"
        found.append(Question(read.id, "effective", why, candidates(read, "effective", day)))
    return found


def _offers(read: ReadMeasure, field: str, day: dt.date | None) -> tuple[Candidate, ...]:
    """Return what the registry has; for products also the sectors that hold them, which are wider than the text."""
    found = candidates(read, field, day)
    if field != "product" or not known_sectors(read):
        return found
    sectors = " ".join(known_sectors(read))
    return (*found, Candidate(sectors, f"sector of {WORLD_2022}; wider than {read.product.text!r}; {NOT_SAID}"))


def _contradicted(read: ReadMeasure) -> bool:
    """Return whether a rate said to be in force cannot be, by the text's own words."""
    contradicts = any(link.type == "inconsistent_with" for link in read.links)
    return contradicts and read.rate is not None and read.status == "in_force"


def field_of(document: Document, question: Question) -> str:
    """Return the field that an answer to a question sets, under its one name."""
    name = ALIASES.get(question.field, question.field)
    if name in CHECKS or not question.measure:
        return name
    kinds = {each.id: role(each).kind for each in document.measures}
    levels = LEVELS.get(kinds.get(question.measure, ""), ())
    return levels[0] if name in ("level", "quantity", "amount", "volume") and levels else name


def still_open(document: Document, name: str, said: Mapping[str, str]) -> list[Question]:
    """Return the questions without whose answer a measure cannot be loaded.

    Args:
        document: with its questions. name: id of the measure. said: the user's answers to it.
    """
    read = document.measure(name)
    loaded = bool(role(read).kind)
    missing = facts(read, said).missing if loaded else {}
    settled = set(facts(read).missing) - set(missing) if loaded else set()
    found = []
    for each in document.questions:
        field = field_of(document, each)
        if each.measure == name and each.needed and field not in said and field not in settled:
            found.append(replace(each, field=field))
    asked = {each.field for each in found}
    day = whole_day(document.published)
    more = [Question(name, field, why, _offers(read, field, day), True) for field, why in missing.items()]
    return [*found, *(each for each in more if each.field not in asked)]


def told(question: Question) -> str:
    """Return a question in one line: what is asked and why, what the registry has, and how it is answered."""
    head = f"{question.measure}.{question.field}" if question.measure else question.field
    offers = ", ".join(f"{each.value} ({each.source.split(';')[0]})" for each in question.candidates)
    offered = f"; {NOT_SAID}, but offered: {offers}" if offers else ""
    return f"{head}: {question.why}{offered}; answer with {how(question)}"


def how(question: Question) -> str:
    """Return the option that answers a question; what a value looks like is said where nothing is offered."""
    if not question.measure:
        return "--published YYYY-MM-DD" if question.field == PUBLISHED else "another text"
    text = f"--set {question.measure}.{question.field}=VALUE"
    example = WHY.get(question.field, ("", ""))[1]
    return text if question.candidates or not example else f"{text}, such as {example}"
