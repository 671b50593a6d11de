"""A mention of a measure before mentions are joined, and the place of a sentence in its document."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from detente.news.document import Timex
from detente.news.grammar import Tagged
from detente.news.measure import Attribution, Condition, Cue, Dates, Evidence, Product, Quantity, Rate
from detente.news.sentences import Sentence

BORDER = frozenset({"import_tariff", "import_ban", "import_quota", "tariff_rate_quota", "export_tariff", "export_ban",
                     "export_quota", "export_licensing", "tech_export_control", "port_fee"})  # fmt: skip
"""Instruments at a border: what is taxed, kept in or kept out."""
TARIFFS = frozenset({"import_tariff", "export_tariff", "port_fee", "tariff_rate_quota"})


@dataclass
class Draft:
    """A mention of a measure.

    Args:
        sentence: number of the sentence. frame: where it comes from.
        own_imposer, own_target: whether the sentence itself names them.
        definite: whether it refers back ("the tariffs", "these duties").
        likely: the probability of its kind and status where no rule but fitted weights have found it.
    """

    instrument: str
    action: str
    status: str
    imposer: tuple[str, ...]
    target: tuple[str, ...]
    rate: Rate | None
    product: Product
    quantity: Quantity | None
    dates: Dates
    evidence: Evidence
    attribution: Attribution
    condition: Condition | None
    cues: list[Cue]
    sentence: int
    own_imposer: bool
    own_target: bool
    definite: bool
    nested: bool = False
    hearsay: bool = False
    group: int = 0
    links: list[tuple[str, int]] = field(default_factory=list)
    inherited: bool = False
    likely: float = 1.0


@dataclass(frozen=True)
class Place:
    """A sentence in its document.

    Args:
        norm, text: normalised and original text. number: of the sentence. legal: a legal passage.
    """

    norm: str
    text: str
    sentence: Sentence
    number: int
    tagged: Tagged
    times: list[Timex]
    published: date | None
    legal: bool


def replace_draft(draft: Draft, **changes: object) -> Draft:
    """Return a copy of a draft with other values."""
    fresh = replace(draft, cues=list(draft.cues), links=list(draft.links))
    for name, value in changes.items():
        setattr(fresh, name, value)
    return fresh
