"""The reader for the page: proposals with their quotes, and a scenario of those that a person accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from detente.core.errors import UsageError
from detente.news.answers import parse_answers
from detente.news.document import Document
from detente.news.draft import draft
from detente.news.fetch import fetched, is_address
from detente.news.read import read_source
from detente.news.registry import standing
from detente.news.review import Card, cards_of, pieces, rate_text
from detente.news.source import from_bytes

WHERE: Final = "text"


def document_of(args: Mapping[str, Any]) -> Document:
    """Return a pasted text, or the page at an address, as read.

    Args:
        args: text or url, published. Whether an address may be fetched at all was decided before.
    Raises:
        ArticleError: nothing that can be read. UsageError: not an address, not a day.
    """
    url = str(args.get("url", ""))
    if url and not is_address(url):
        raise UsageError("url: found something else; expected http:// or https:// and a name")
    source = fetched(url) if url else from_bytes(str(args["text"]).encode("utf-8", "replace"), id=WHERE, where=WHERE)
    return read_source(source, str(args.get("published", "")) or None)


def read_document(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a text proposes: the document in its own schema, and a card for each measure."""
    found = document_of(args)
    return {
        "status": "OK",
        "documents": [found.to_json()],
        "registry": standing(found),
        "cards": [_card(card) for card in cards_of(found)],
        "pieces": [{"text": each.text, "ids": each.measures, "chrome": each.chrome} for each in pieces(found)],
        "asked": [each.why for each in found.questions if not each.measure],
        "why_empty": found.why_empty,
    }


def _card(card: Card) -> dict[str, Any]:
    """Return one measure as the page shows it."""
    measure = card.measure
    return {
        "id": measure.id,
        "title": " ".join(part for part in (measure.imposer or "?", measure.instrument.replace("_", " ")) if part),
        "target": ", ".join("everybody" if code == "*" else code for code in measure.target),
        "rate": rate_text(measure),
        "product": measure.product.text,
        "quantity": measure.quantity.raw if measure.quantity else "",
        "dates": measure.dates.to_json(),
        "status": measure.status.replace("_", " "),
        "doubtful": card.doubtful,
        "why_not": card.why_not,
        "registry": card.registry,
        "quote": measure.evidence[0].sentence,
        "span": [measure.evidence[0].start, measure.evidence[0].end],
        "confidence": measure.confidence,
        "conflicts": [each.what for each in card.conflicts],
        "questions": [
            {
                "field": asked.field,
                "why": asked.question.why,
                "needed": asked.question.needed,
                "candidates": [each.to_json() for each in asked.question.candidates],
            }
            for asked in card.questions
        ],
    }


def drafted(args: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scenario of the accepted measures as text, and what is still open.

    Raises:
        ArticleError: a measure with a question that a run needs. UsageError: unknown ids, answers that cannot be.
    """
    found = document_of(args)
    answers: Mapping[str, Mapping[str, str]] = parse_answers(args["answers"], found)
    made = draft(found, list(args["accept"]), answers)
    return {
        "status": "OK",
        "text": made.text,
        "measures": [measure.id for measure in made.scenario.measures],
        "open": [each.to_json() for each in made.open],
        "warnings": list(made.scenario.warnings),
    }
