"""The review page: one self-contained file with the text, its evidence highlighted, doubts first.

An article is data: it is put into the page as text by the template engine, nothing of it becomes markup or script. The
page has no address in it and its own script is named by checksum, so that no other can run.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import detente
from detente.news.document import Conflict, Document, Question
from detente.news.kinds import proof_of, role
from detente.news.measure import ReadMeasure
from detente.news.questions import field_of
from detente.news.registry import standing

TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Piece:
    """A stretch of the text. measures: ids whose evidence it is in; trigger: whether it is the words themselves.

    first: ids whose first evidence begins here; chrome: page furniture, not read.
    """

    text: str
    measures: tuple[str, ...]
    trigger: tuple[str, ...]
    first: tuple[str, ...]
    chrome: bool


@dataclass(frozen=True)
class Asked:
    """A question on the page, with the field that `--set` answers."""

    question: Question
    field: str


@dataclass(frozen=True)
class Card:
    """One measure on the page. why_not: why it cannot be accepted, or "". registry: where it is there, or that not."""

    measure: ReadMeasure
    questions: tuple[Asked, ...]
    conflicts: tuple[Conflict, ...]
    why_not: str
    registry: str

    @property
    def doubtful(self) -> bool:
        """Return whether something about it is open that a run needs, or contradicted."""
        return bool(self.conflicts) or any(each.question.needed for each in self.questions)


def review_html(document: Document, *, where: str, published: str = "") -> str:
    """Return the page.

    Args:
        document: with its questions. where: what was read, as typed, for the command line to copy.
        published: the day that was given on the command line, or "".
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    css, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("review.css", "review.js"))
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    cards = cards_of(document)
    return pages.get_template("review.html.j2").render(
        css=Markup(css),
        script=Markup(script),
        style_hash=_digest(css),
        script_hash=_digest(script),
        document=document,
        cards=cards,
        general=[Asked(each, field_of(document, each)) for each in document.questions if not each.measure],
        doubts=sum(each.doubtful for each in cards),
        pieces=pieces(document),
        command=_command(where, published),
        version=detente.__version__,
        rate_text=rate_text,
        proof_of=proof_of,
        unbound=[each.what for each in document.conflicts if not each.measures],
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _command(where: str, published: str) -> str:
    """Return the start of the command that accepts; the ids and answers follow."""
    return shlex.join(["detente", "read", where, *(["--published", published] if published else [])])


def cards_of(document: Document) -> list[Card]:
    """Return the measures, doubtful ones first, then in the order of the text."""
    registry = standing(document)
    cards = [
        Card(
            each,
            tuple(Asked(q, field_of(document, q)) for q in document.questions if q.measure == each.id),
            tuple(conflict for conflict in document.conflicts if each.id in conflict.measures),
            role(each).why_not,
            registry.get(each.id, ""),
        )
        for each in document.measures
    ]
    return sorted(cards, key=lambda card: not card.doubtful)


def rate_text(measure: ReadMeasure) -> str:
    """Return a rate with its basis, as a person reads it."""
    rate = measure.rate
    if rate is None:
        return ""
    unit = "%" if rate.unit.endswith("ad_valorem") else f" {rate.unit.replace('_', ' ')}"
    words = {"total": "in all", "additional": "on top", "component": "one layer", "change": "change"}
    return f"{rate.value:g}{unit} {words[rate.basis]}"


def pieces(document: Document) -> list[Piece]:
    """Return the text cut where evidence, trigger words or page furniture begin and end; together they are the text."""
    text, size = document.text, len(document.text)
    proofs = [(each.id, proof) for each in document.measures for proof in each.evidence]
    spans = [(p.start, p.end) for _, p in proofs] + [(p.trigger.start, p.trigger.end) for _, p in proofs]
    spans += [(each.start, each.end) for each in document.chrome]
    cuts = sorted({0, size, *(at for span in spans for at in span if 0 <= at <= size)})
    found, begun = [], set[str]()
    for start, end in itertools.pairwise(cuts):
        inside = tuple(dict.fromkeys(name for name, p in proofs if p.start <= start < p.end))
        words = tuple(dict.fromkeys(name for name, p in proofs if p.trigger.start <= start < p.trigger.end))
        first = tuple(name for name in words if name not in begun)
        begun |= set(first)
        furniture = any(each.start <= start < each.end for each in document.chrome)
        found.append(Piece(text[start:end], inside, words, first, furniture))
    return found


def written(document: Document, path: Path, *, where: str, published: str = "") -> Path:
    """Write the page whole or not at all, and return its path.

    Raises:
        OSError: the place cannot be written.
    """
    from detente.news.folder import write_whole

    write_whole(path, review_html(document, where=where, published=published))
    return path
