"""Documents as the reader returns them, written by hand: the words are searched in the text, so every span is true."""

from __future__ import annotations

import hashlib
from typing import Any

from detente.news.document import Deadline, Document
from detente.news.measure import Attribution, Dates, Evidence, Link, Product, Rate, ReadMeasure, Span

GOODS = Product("Chinese goods", "all_goods")
MINERALS = Product("rare earths", "rare_earths", ("2805.30", "2846", "8505.11"))
SOY = Product("soybeans", "soybeans", ("1201",))

TEXT = """Talks before the deadline

Washington threatened an additional 100% tariff on Chinese goods from 1 November 2025. \
China will require licences for exports of rare earths, it announced on 9 October. \
"We're at 157% tariff for them," the President said. \
The truce runs out on 10 November unless extended. \
He wants to extend the pause in exchange for soybean purchases.
"""


def span(text: str, words: str) -> Span:
    """Return the place of some words."""
    start = text.index(words)
    return Span(start, start + len(words), words)


def proof(text: str, words: str) -> Evidence:
    """Return the sentence around some words, from the end of the one before to its own."""
    at = span(text, words)
    start = max(text.rfind(". ", 0, at.start) + 2, text.rfind("\n", 0, at.start) + 1)
    end = min(position for position in (text.find(". ", at.end), text.find("\n", at.end), len(text)) if position >= 0)
    return Evidence(start, end, text[start:end], at)


def points(value: float, basis: str = "additional") -> Rate:
    """Return a rate in percent, or in points on top."""
    unit = "percent_ad_valorem" if basis == "total" else "percentage_points_ad_valorem"
    return Rate(value, unit, basis, f"{value:g}%")


def read(id: str, words: str, text: str = TEXT, **fields: Any) -> ReadMeasure:
    """Return a measure that quotes some words of a text."""
    usual: dict[str, Any] = {
        "instrument": "import_tariff", "action": "raise", "imposer": "USA", "target": ("CHN",), "status": "threatened",
        "polarity": "restrict", "confidence": 0.9,
    }  # fmt: skip
    return ReadMeasure(id=id, evidence=(proof(text, words),), **{**usual, **fields})


def document(*measures: ReadMeasure, text: str = TEXT, published: str | None = "2025-10-25", **more: Any) -> Document:
    """Return a read text."""
    usual = {"id": "talks", "title": "Talks before the deadline", "published_from": "header" if published else ""}
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(text=text, sha256=digest, published=published, measures=measures, **{**usual, **more})


THREAT = read("M01", "100% tariff", rate=points(100), product=GOODS, dates=Dates(effective="2025-11-01"))
LICENCE = read(
    "M02", "require licences", instrument="export_licensing", action="impose", imposer="CHN", target=("*",),
    status="announced", product=MINERALS, dates=Dates(announced="2025-10-09"),
)  # fmt: skip
CLAIM = read(
    "M03", "157% tariff", status="in_force", action="maintain", rate=points(157, "total"), product=GOODS,
    links=(Link("inconsistent_with", "M01"),), confidence=0.5, attribution=Attribution("direct_quote", "Trump"),
)  # fmt: skip
TRUCE = read(
    "M04", "truce runs out", instrument="tariff_truce", action="maintain", imposer="USA+CHN", target=("USA", "CHN"),
    status="in_force", polarity="liberalise", product=GOODS, dates=Dates(expiry="2025-11-10"),
)  # fmt: skip
OFFER = read(
    "M05", "extend the pause", instrument="tariff_truce", action="extend", status="offered", polarity="liberalise",
    links=(Link("extends", "M04"),),
)  # fmt: skip
PURCHASE = read(
    "M06", "soybean purchases", instrument="purchase_commitment", action="resume", imposer="CHN", target=("USA",),
    status="demanded", polarity="liberalise", product=SOY, links=(Link("condition_of", "M05"),),
)  # fmt: skip
DEADLINE = Deadline("2025-11-10", "the truce ends", ("M04",), span(TEXT, "10 November"))


def talks(**more: Any) -> Document:
    """Return the text above with all its measures."""
    return document(THREAT, LICENCE, CLAIM, TRUCE, OFFER, PURCHASE, deadlines=(DEADLINE,), **more)
