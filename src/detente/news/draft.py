"""From accepted measures to a scenario: only what was accepted, each with its quote, and nothing that nobody said."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from detente.core.errors import ArticleError, UsageError, nearest
from detente.news import branches
from detente.news.document import Document, Question
from detente.news.draft_text import written
from detente.news.kinds import STATUS, TRUCE, Role, proof_of, role
from detente.news.measure import ReadMeasure
from detente.news.questions import PUBLISHED, field_of, still_open, told
from detente.news.values import Facts, facts, whole_day
from detente.scenario.load import parse_scenario
from detente.scenario.schema import Scenario

BASELINE: Final = "world-2022"
HELD_TARIFFS: Final = dt.date(2024, 12, 31)
HELD_FLOWS: Final = dt.date(2022, 12, 31)
"""Up to these days the baseline holds a measure already: in its tariffs, in its flows."""


_UNDATED: Final = Question("", PUBLISHED, "the text has no date of publication", needed=True)


@dataclass(frozen=True)
class Loaded:
    """An accepted measure and the measures of the scenario that it becomes; several where several impose it."""

    read: ReadMeasure
    role: Role
    facts: Facts | None
    measures: tuple[dict[str, Any], ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids in the scenario."""
        return tuple(each["id"] for each in self.measures)


@dataclass(frozen=True)
class Draft:
    """A scenario made of accepted measures. text: YAML with comments. open: what is still asked, none of it needed."""

    text: str
    scenario: Scenario
    open: tuple[Question, ...]


def accepted_ids(document: Document, words: Iterable[str]) -> tuple[str, ...]:
    """Return the ids that were accepted, in the order of the text.

    Raises:
        UsageError: an id that the text does not have, with the nearest.
    """
    ids = [each.id for each in document.measures]
    wanted = {part.strip() for word in words for part in word.split(",") if part.strip()}
    for name in sorted(wanted):
        if name not in ids:
            hint = nearest(name, ids)
            listed = ", ".join(ids) or "none: the text has no measure"
            raise UsageError(f"accept: found {name!r}; expected one of {listed}" + (f"; try {hint}" if hint else ""))
    return tuple(name for name in ids if name in wanted)


def draft(
    document: Document, accept: Iterable[str], said: Mapping[str, Mapping[str, str]] | None = None, *, name: str = ""
) -> Draft:
    """Return the scenario of the accepted measures, checked by the loader that will read it.

    Args:
        document: with its questions. accept: ids. said: the user's answers by measure and field. name: its id.
    Raises:
        UsageError: unknown ids, nothing accepted. ArticleError: open questions that a run needs, all at once, or
            measures that a scenario cannot hold, each with the reason.
    """
    said = said or {}
    ids = accepted_ids(document, accept)
    if not ids:
        raise UsageError("accept: found no measure; expected ids such as M02,M03")
    _refuse_open(document, ids, said)
    loaded = [_loaded(document, document.measure(each), said.get(each, {})) for each in ids]
    if not any(each.measures for each in loaded):
        raise ArticleError(f"accept: found {', '.join(ids)}, none of which is a measure of its own; nothing to write")
    data = _scenario(document, loaded, _name(name or document.id))
    left = tuple(each for each in document.questions if not _answered(document, each, ids, said))
    text = written(data, document, [(each.read, each.ids, tuple(said.get(each.read.id, {}))) for each in loaded], left)
    return Draft(text, parse_scenario(text.encode(), path="draft"), left)


def _refuse_open(document: Document, ids: Sequence[str], said: Mapping[str, Mapping[str, str]]) -> None:
    """Raise with every question that must be answered, and every measure that cannot be loaded, first."""
    lines = [told(_UNDATED)] if whole_day(document.published) is None else []
    for name in ids:
        found = role(document.measure(name))
        if found.why_not:
            lines.append(f"{name}: cannot be accepted: {found.why_not}")
        lines += [
            f"{name}: takes {other} away, which is not accepted; accept {other} too"
            for other in found.ends
            if other not in ids
        ]
        lines += [told(each) for each in still_open(document, name, said.get(name, {}))]
    if lines:
        raise ArticleError("\n".join(["a run needs answers that the text does not give; nothing was written", *lines]))


def _answered(
    document: Document, question: Question, ids: Sequence[str], said: Mapping[str, Mapping[str, str]]
) -> bool:
    if question.measure and question.measure not in ids:
        return True
    return field_of(document, question) in said.get(question.measure, {})


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:32].strip("-") or "draft"


def _loaded(document: Document, read: ReadMeasure, said: Mapping[str, str]) -> Loaded:
    found = role(read)
    if not found.kind:
        return Loaded(read, found, None)
    known = facts(read, said)
    measures = []
    for by in known.by:
        against = [code for code in known.against if code != by]
        measures.append(_measure(document, read, known, by, against))
    return Loaded(read, found, known, tuple(measures))


def _measure(document: Document, read: ReadMeasure, known: Facts, by: str, against: list[str]) -> dict[str, Any]:
    """Return one measure of the scenario, fields in the order of a file."""
    status, start, end = _timed(read, known)
    tail = "return" if status == "scheduled" and start == known.expiry else known.kind
    notes = [f"read with confidence {read.confidence:.2g}"]
    fields: dict[str, Any] = {
        "id": f"{read.id.lower()}-{by.lower()}-{tail}"[:32],
        "by": by,
        "against": against,
        "kind": known.kind,
        **known.scope,
        **known.levels,
    }
    held = start is not None and status in ("in-force", "scheduled") and start <= HELD_TARIFFS
    if held and known.kind == "tariff":
        fields["rate_kind"] = "headline"
        notes.append("began before 2025, so the tariffs of the baseline hold it already; it changes no number")
    elif start is not None and status == "in-force" and start <= HELD_FLOWS:
        notes.append("began before 2023, so the flows of the baseline may hold it already")
    fields |= {"from": start, "until": end, "status": status}
    if read.instrument == TRUCE or tail == "return":
        fields["unless"] = branches.issue_name(read)
    if known.answered:
        fields["assumed"] = True
        notes.append(f"{', '.join(known.answered)}: the user's word, not the text's")
    fields["note"] = "; ".join(notes)
    fields["source"] = _source(document, read)
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}


def _timed(read: ReadMeasure, known: Facts) -> tuple[str, dt.date | None, dt.date | None]:
    """Return status, first day and first day after, in the scenario's terms.

    What is suspended, by a truce or by itself, returns on the day the suspension ends.
    """
    paused = read.instrument == TRUCE or known.status == "suspended"
    if paused and known.expiry is not None and STATUS[known.status] != "ended":
        return "scheduled", known.expiry, None
    status = STATUS[known.status]
    if status == "announced" and known.effective is not None and known.status == "announced":
        status = "scheduled"
    end = known.expiry
    if end is not None and known.effective is not None and end <= known.effective:
        end = None
    return status, known.effective, end


def _source(document: Document, read: ReadMeasure) -> dict[str, Any]:
    proof = proof_of(read)
    return {
        "title": document.title or document.id,
        "date": document.published,
        "quote": proof.sentence,
        "span": [proof.start, proof.end],
    }


def _scenario(document: Document, loaded: Sequence[Loaded], name: str) -> dict[str, Any]:
    """Return the scenario as plain data, sections in the order of a file."""
    measures = [each for item in loaded for each in item.measures]
    _end(loaded)
    days = [day for each in measures for day in (each.get("from"),) if day is not None]
    as_of = whole_day(document.published) or dt.date.max
    members = [_member(each) for each in loaded]
    talks = branches.talks(document, members)
    for each in measures if not talks else ():
        each.pop("unless", None)
    deadline = [] if not talks or "deadline" not in talks else [talks["deadline"]]
    data = {
        "detente": 1,
        "id": name,
        "title": document.title or document.id,
        "note": "a draft from one text: only measures that were accepted act, each on the words quoted with it",
        "as_of": as_of,
        "horizon": max([as_of, *days, *deadline]),
        "baseline": {"id": BASELINE, "allow_year_mismatch": True},
        "measures": measures,
        "talks": talks,
        "tree": branches.tree(members),
        "report": {"countries": _countries(measures)},
    }
    return {key: value for key, value in data.items() if value not in (None, {}, [])}


def _end(loaded: Sequence[Loaded]) -> None:
    """Give a last day to what a decided measure with a day takes away."""
    measures = {item.read.id: item.measures for item in loaded}
    for item in loaded:
        day = whole_day(item.read.dates.effective)
        if day is None or STATUS[item.read.status] not in ("announced", "in-force"):
            continue
        for each in (one for other in item.role.ends for one in measures.get(other, ())):
            if each.get("from") is None or each["from"] < day:
                each["until"] = day


def _member(item: Loaded) -> branches.Member:
    if not item.measures:
        status = STATUS[item.read.status]
        return branches.Member(item.read, item.role, (), "announced" if status == "in-force" else status)
    first = item.measures[0]
    return branches.Member(item.read, item.role, item.ids, first["status"], "unless" in first)


def _countries(measures: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the columns of the report: the sides, and the large bystanders."""
    sides = [code for each in measures for code in (each["by"], *each.get("against", ()))]
    return list(dict.fromkeys([*(code for code in sides if code != "WORLD"), *_OTHERS]))


_OTHERS: Final = ("USA", "CHN", "EU27", "WORLD")
