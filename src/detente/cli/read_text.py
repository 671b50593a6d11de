"""What `detente read` prints: measures, what contradicts what, what is open, what the registry says, what is next."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Sequence
from typing import Final

from detente.news.document import Deadline, Document, Question
from detente.news.kinds import proof_of, role
from detente.news.measure import ReadMeasure
from detente.news.questions import still_open, told
from detente.news.registry import standing
from detente.news.review import rate_text
from detente.report.text_table import table

HEAD: Final = ("id", "instrument", "by", "against", "rate", "status", "from", "until", "sure", "words")
WORDS: Final = 48
WHY_WIDTH: Final = 76
SET: Final = "--set ..=VALUE"


def document_text(document: Document, width: int) -> str:
    """Return a read text as it is printed."""
    parts = [_heading(document)]
    if not document.measures:
        return "\n".join([*parts, document.why_empty or "no trade measure in this text", *_general(document)])
    parts.append(table(HEAD, [_row(each) for each in document.measures], left=len(HEAD)))
    parts += [
        _titled("conflicts, no side is taken", _wrapped([each.what for each in document.conflicts], width)),
        _questions("asked, a run needs it", [each for each in document.questions if each.needed]),
        _questions("asked, a run does without", [each for each in document.questions if not each.needed]),
        _titled("deadlines", _wrapped([_deadline(each) for each in document.deadlines], width)),
        _titled("registry", _wrapped([f"{name}: {text}" for name, text in standing(document).items()], width)),
    ]
    return "\n\n".join(part for part in parts if part)


def _titled(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *lines]) if lines else ""


def _deadline(each: Deadline) -> str:
    return f"{each.date}: {each.what}" + (f" ({', '.join(each.measures)})" if each.measures else "")


def _questions(title: str, asked: Sequence[Question]) -> str:
    """Return questions as a table: what to set, why, and what the registry would offer, which is not in the text."""
    rows = [
        [
            f"{each.measure}.{each.field}" if each.measure else f"--{each.field} DATE",
            textwrap.shorten(plain(each.why), WHY_WIDTH, placeholder=" .."),
            ", ".join(f"{offer.value} ({offer.source.split(';')[0].removeprefix('registry ')})" for offer in
                      each.candidates),
        ]
        for each in asked
    ]  # fmt: skip
    if not rows:
        return ""
    beside = "the registry has, the text has not" if any(row[2] for row in rows) else ""
    return f"{title}\n" + table((SET, "why", beside), rows, left=3)


def _heading(document: Document) -> str:
    source = f" ({document.published_from})" if document.published_from else ""
    day = f"published {document.published}{source}" if document.published else "no date of publication"
    return f"{plain(document.title or document.id)} · {day} · {len(document.measures)} measures proposed, none loaded"


def _general(document: Document) -> list[str]:
    return [told(each) for each in document.questions if not each.measure]


def _row(measure: ReadMeasure) -> list[str]:
    dates = measure.dates
    return [
        measure.id, measure.instrument, measure.imposer or "?", " ".join(measure.target) or "?", rate_text(measure),
        measure.status, dates.effective or "", dates.expiry or "", f"{measure.confidence:.2f}",
        textwrap.shorten(plain(proof_of(measure).trigger.text), WORDS, placeholder=" .."),
    ]  # fmt: skip


def plain(text: str) -> str:
    """Return words of a stranger without what could move a terminal's cursor."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    found = []
    for line in lines:
        found += textwrap.wrap(plain(line), max(40, width - 2), initial_indent="  ", subsequent_indent="    ",
                               break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return found


def next_lines(document: Document, source: str, published: str | None) -> list[str]:
    """Return the commands that can follow."""
    ready = [
        each.id
        for each in document.measures
        if not role(each).why_not and not role(each).ends and not still_open(document, each.id, {})
    ]
    base = ["detente", "read", source, *(["--published", published] if published else [])]
    lines = []
    if document.measures:
        lines.append(f"\nnext: {shlex.join([*base, '--review', 'review.html'])}")
    if ready and document.published:
        lines.append(f"      {shlex.join([*base, '--accept', ','.join(ready), '--out', 'draft.yaml'])}")
    return lines
