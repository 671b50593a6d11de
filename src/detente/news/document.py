"""What the reader returns for a text: the document with its measures, doubts and dates; and several documents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from detente.news.measure import ReadMeasure, Span


@dataclass(frozen=True)
class Candidate:
    """A possible answer to a question, with where it comes from; `source` says so when it is not the text."""

    value: str
    source: str

    def to_json(self) -> dict[str, str]:
        """Return the candidate as an object."""
        return {"value": self.value, "source": self.source}


@dataclass(frozen=True)
class Question:
    """What the text leaves open and a run would need.

    Args:
        measure: id of the measure; empty if the question is about the whole document.
        field: the field that `--set MEASURE.FIELD=VALUE` answers.
        why: one sentence a person understands.
        candidates: possible answers with their sources.
        needed: whether the model cannot run without the answer (then `--accept` is refused).
        spans: the words that raise the question.
    """

    measure: str
    field: str
    why: str
    candidates: tuple[Candidate, ...] = ()
    needed: bool = False
    spans: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the question as an object."""
        return {
            "measure": self.measure,
            "field": self.field,
            "why": self.why,
            "candidates": [item.to_json() for item in self.candidates],
            "needed": self.needed,
            "spans": [item.to_json() for item in self.spans],
        }


@dataclass(frozen=True)
class Conflict:
    """Two places of the text (or text and registry) that cannot both be right; no side is chosen.

    Args:
        kind: `arithmetic`, `status`, `date`, `rate` or `registry`.
        measures: ids of the measures concerned.
        what: one sentence.
        spans: the words that disagree.
    """

    kind: str
    measures: tuple[str, ...]
    what: str
    spans: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the conflict as an object."""
        return {
            "kind": self.kind,
            "measures": list(self.measures),
            "what": self.what,
            "spans": [item.to_json() for item in self.spans],
        }


@dataclass(frozen=True)
class Deadline:
    """A date at which something switches: a truce that ends, a pause that expires, a decision that falls due."""

    date: str
    what: str
    measures: tuple[str, ...]
    span: Span

    def to_json(self) -> dict[str, Any]:
        """Return the deadline as an object."""
        return {
            "date": self.date,
            "what": self.what,
            "measures": list(self.measures),
            "span": self.span.to_json(),
        }


@dataclass(frozen=True)
class Timex:
    """A date expression with its value; value is empty while it cannot be resolved (no publication date).

    Args:
        value: ISO date, possibly partial; an interval as `2025-10-06/2025-10-12`.
        rule: id of the rule that valued it.
    """

    start: int
    end: int
    text: str
    value: str
    rule: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the date expression as an object (value None if unresolved)."""
        return {"start": self.start, "end": self.end, "text": self.text, "value": self.value or None}


@dataclass(frozen=True)
class Actor:
    """A person, office, place or organisation that stands for a country at one place of the text."""

    start: int
    end: int
    text: str
    country: str
    role: str

    def to_json(self) -> dict[str, Any]:
        """Return the mention as an object."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "country": self.country,
            "role": self.role,
        }


@dataclass(frozen=True)
class Branch:
    """A leaf for the scenario tree: which measures switch, on which date or condition. Probabilities are inputs."""

    name: str
    date: str | None
    measures: tuple[str, ...]
    condition: str

    def to_json(self) -> dict[str, Any]:
        """Return the leaf as an object."""
        return {"name": self.name, "date": self.date, "measures": list(self.measures), "condition": self.condition}


@dataclass(frozen=True)
class Issue:
    """An issue for the talks: an offer and what is asked for it."""

    party: str
    measure: str
    kind: str
    in_exchange_for: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the issue as an object."""
        return {
            "party": self.party,
            "measure": self.measure,
            "kind": self.kind,
            "in_exchange_for": list(self.in_exchange_for),
        }


@dataclass(frozen=True)
class Document:
    """A read text.

    Args:
        id: name of the document (file stem, or `stdin`).
        title: title in the page header, empty if none.
        published: ISO date of publication, None if unknown (relative dates then stay open and a question asks).
        published_from: `argument`, `header`, `metadata` or empty.
        text: the decoded text, as it stands.
        sha256: of the text in UTF-8.
        chrome: spans that are page furniture, not evidence.
        why_empty: a sentence saying why there are no measures; empty if there are some.
    """

    id: str
    title: str
    published: str | None
    published_from: str
    text: str
    sha256: str
    chrome: tuple[Span, ...] = ()
    measures: tuple[ReadMeasure, ...] = ()
    questions: tuple[Question, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    timexes: tuple[Timex, ...] = ()
    actors: tuple[Actor, ...] = ()
    branches: tuple[Branch, ...] = ()
    issues: tuple[Issue, ...] = ()
    why_empty: str = ""

    def measure(self, name: str) -> ReadMeasure:
        """Return the measure with this id.

        Raises:
            KeyError: there is none.
        """
        found = {item.id: item for item in self.measures}
        return found[name]

    def to_json(self) -> dict[str, Any]:
        """Return the document as an object that the scorer takes as a prediction."""
        return {
            "id": self.id,
            "title": self.title or None,
            "published": self.published,
            "published_from": self.published_from or None,
            "sha256": self.sha256,
            "measures": [item.to_json() for item in self.measures],
            "cues": {item.id: [cue.to_json() for cue in item.cues] for item in self.measures},
            "questions": [item.to_json() for item in self.questions],
            "conflicts": [item.to_json() for item in self.conflicts],
            "deadlines": [item.to_json() for item in self.deadlines],
            "timexes": [item.to_json() for item in self.timexes],
            "actors": [item.to_json() for item in self.actors],
            "branches": [item.to_json() for item in self.branches],
            "issues": [item.to_json() for item in self.issues],
            "chrome": [{"start": item.start, "end": item.end} for item in self.chrome],
            "why_empty": self.why_empty or None,
        }


COLUMNS = ("id", "instrument", "imposer", "target", "rate", "basis", "status", "effective", "expiry", "words")


@dataclass(frozen=True)
class Documents(Sequence[Document]):
    """What `dt.read` returns: the documents in order."""

    documents: tuple[Document, ...]

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.documents)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Document, ...]: ...
    def __getitem__(self, index: int | slice) -> Document | tuple[Document, ...]:
        """Return one document, or some."""
        return self.documents[index]

    def __iter__(self) -> Iterator[Document]:
        """Go through the documents in order."""
        return iter(self.documents)

    def json(self, indent: int | None = 2) -> str:
        """Return `{"documents": [...]}` as text."""
        return json.dumps({"documents": [item.to_json() for item in self]}, ensure_ascii=False, indent=indent)

    def table(self) -> list[dict[str, str]]:
        """Return one row of text per measure, the columns of `COLUMNS` after `document`."""
        return [{"document": doc.id, **row(measure)} for doc in self for measure in doc.measures]


def row(measure: ReadMeasure) -> dict[str, str]:
    """Return one measure as a row of text."""
    rate = measure.rate
    values = (
        measure.id,
        measure.instrument,
        measure.imposer or "?",
        " ".join(measure.target) or "?",
        f"{rate.value:g}" + ("%" if "ad_valorem" in rate.unit else f" {rate.unit}") if rate else "",
        rate.basis if rate else "",
        measure.status,
        measure.dates.effective or "",
        measure.dates.expiry or "",
        measure.evidence[0].trigger.text,
    )
    return dict(zip(COLUMNS, values, strict=True))
