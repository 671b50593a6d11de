"""What the reader returns for one measure: frozen values whose `to_json` is the contract `schema_measure.json`.

Offsets are Unicode code points of the decoded text as it stands, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

INSTRUMENTS = (
    "import_tariff", "export_tariff", "export_licensing", "export_ban", "export_quota", "tech_export_control",
    "import_ban", "import_quota", "tariff_rate_quota", "price_floor", "stockpile_purchase", "purchase_commitment",
    "investment_commitment", "port_fee", "tariff_truce", "trade_agreement", "critical_minerals_deal",
    "enforcement_commitment", "entity_listing", "investigation", "legal_ruling", "subsidy", "government_spending",
    "diplomatic_action", "unspecified_retaliation", "unspecified_measure",
)  # fmt: skip
ACTIONS = ("impose", "raise", "reduce", "remove", "suspend", "extend", "maintain", "resume", "sign", "cancel")
STATUSES = (
    "in_force", "announced", "threatened", "proposed", "offered", "demanded", "suspended", "expired", "withdrawn",
)  # fmt: skip
BASES = ("total", "additional", "component", "change")
LINKS = (
    "retaliates", "responds_to", "conditional_on", "condition_of", "extends", "removes", "inconsistent_with",
    "part_of", "same_as", "supersedes",
)  # fmt: skip
MODES = ("narrator", "reported", "indirect_speech", "quote_fragment", "direct_quote", "nested_quote")


@dataclass(frozen=True)
class Span:
    """A stretch of the text.

    Args:
        start: first code point.
        end: one past the last.
        text: the words, verbatim.
    """

    start: int
    end: int
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return the span as the schema has it."""
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True)
class Evidence:
    """A sentence (or clause of a list) that states the measure, with the words that triggered it."""

    start: int
    end: int
    sentence: str
    trigger: Span
    sentence_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as the schema has it."""
        return {
            "sentence_id": self.sentence_id,
            "start": self.start,
            "end": self.end,
            "sentence": self.sentence,
            "trigger": self.trigger.to_json(),
        }


@dataclass(frozen=True)
class Cue:
    """Why a field has its value: the rule and the words it fired on.

    Args:
        name: the field decided, for example `status`.
        rule: id of the rule, for example `status.threat-verb`.
        words: the cue, verbatim.
        start: code point of the cue, -1 if the rule fired without words of the text.
        value: what was decided, as text.
    """

    name: str
    rule: str
    words: str
    start: int = -1
    value: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the cue as a flat object."""
        return {
            "field": self.name,
            "rule": self.rule,
            "words": self.words,
            "start": self.start,
            "value": self.value,
        }


@dataclass(frozen=True)
class Rate:
    """A rate with the basis that decides how it may be added.

    Args:
        value: percent, or money per unit.
        unit: `percent_ad_valorem`, `percentage_points_ad_valorem`, `usd_per_net_ton`, `usd_per_unit`, `specific_other`.
        basis: `total`, `additional`, `component` or `change`.
        raw: the words.
        start: code point of the words.
    """

    value: float
    unit: str
    basis: str
    raw: str
    start: int = -1

    def to_json(self) -> dict[str, Any]:
        """Return the rate as the schema has it."""
        return {"value": self.value, "unit": self.unit, "basis": self.basis, "raw": self.raw}


@dataclass(frozen=True)
class Quantity:
    """An amount that is not a rate: tonnes, cars a year, dollars over years, firms, trade covered.

    Args:
        amount: the number, scaled (12 million t is 12e6).
        unit: `t`, `units`, `USD`, `EUR`, `firms`, ...
        period: ISO 8601 duration (`P1Y`), or empty.
        role: `volume` of the measure itself, or `coverage` (trade it applies to).
        raw: the words.
    """

    amount: float
    unit: str
    period: str
    role: str
    raw: str
    start: int = -1

    def to_json(self) -> dict[str, Any]:
        """Return the quantity as an object."""
        return {
            "amount": self.amount,
            "unit": self.unit,
            "period": self.period or None,
            "role": self.role,
            "raw": self.raw,
        }


@dataclass(frozen=True)
class Dates:
    """ISO dates of a measure, possibly partial (`2025-10`, `2025-W44`); None where the text does not say."""

    announced: str | None = None
    effective: str | None = None
    expiry: str | None = None
    asserted: str | None = None
    window: str | None = None

    def to_json(self) -> dict[str, str]:
        """Return the dates that are given."""
        names = ("announced", "effective", "expiry", "asserted", "window")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class Product:
    """Products as the text names them; `hs` only where stated or where the product map is sure.

    Args:
        text: words as given, empty if unnamed.
        scope: `all_goods`, a group of the product map, `partial` or `unspecified`.
        hs: HS headings or chapters.
        sectors: sectors of the baseline (`C29`, ...) where the map is sure.
    """

    text: str = ""
    scope: str = "unspecified"
    hs: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the product as an object."""
        return {"text": self.text, "scope": self.scope, "hs": list(self.hs), "sectors": list(self.sectors)}


@dataclass(frozen=True)
class Condition:
    """A condition in the words of the text, with the measures it names where they are known."""

    type: str
    antecedent: str
    raw: str
    antecedent_measure: str | None = None
    antecedent_measures: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the condition as the schema has it."""
        return {
            "type": self.type,
            "antecedent": self.antecedent,
            "raw": self.raw,
            "antecedent_measure": self.antecedent_measure,
            "antecedent_measures": list(self.antecedent_measures),
        }


@dataclass(frozen=True)
class Attribution:
    """Who says so, and through whom."""

    mode: str = "narrator"
    speaker: str | None = None
    reported_by: str | None = None
    outlet: str | None = None
    channel: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the attribution as the schema has it."""
        return {
            "mode": self.mode,
            "speaker": self.speaker,
            "reported_by": self.reported_by,
            "outlet": self.outlet,
            "channel": self.channel,
        }


@dataclass(frozen=True)
class Link:
    """A relation to another measure of the document, or to a `registry:` entry."""

    type: str
    to: str

    def to_json(self) -> dict[str, str]:
        """Return the link as the schema has it."""
        return {"type": self.type, "to": self.to}


@dataclass(frozen=True)
class ReadMeasure:
    """One measure as the text has it. It is a proposal: nothing is loaded until a person accepts it.

    Args:
        id: `M01`, `M02`, ... in order of first evidence.
        imposer: ISO3 or bloc; several joined by `+`; empty if the text does not say.
        target: ISO3 or bloc; `("*",)` all partners; `()` unnamed.
        cues: the rule and words behind each decision; not part of the schema, kept for the review page.
    """

    id: str
    instrument: str
    action: str
    imposer: str
    target: tuple[str, ...]
    status: str
    polarity: str
    evidence: tuple[Evidence, ...]
    confidence: float
    product: Product = Product()
    rate: Rate | None = None
    quantity: Quantity | None = None
    flow: str | None = None
    beneficiary: tuple[str, ...] | None = None
    dates: Dates = Dates()
    conditionality: Condition | None = None
    attribution: Attribution | None = None
    links: tuple[Link, ...] = ()
    cues: tuple[Cue, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the measure exactly in the layout of `schema_measure.json`."""
        return {
            "id": self.id,
            "instrument": self.instrument,
            "action": self.action,
            "imposer": self.imposer,
            "target": list(self.target),
            "beneficiary": None if self.beneficiary is None else list(self.beneficiary),
            "flow": self.flow,
            "product": self.product.to_json(),
            "rate": self.rate.to_json() if self.rate else None,
            "quantity": self.quantity.to_json() if self.quantity else None,
            "status": self.status,
            "polarity": self.polarity,
            "dates": self.dates.to_json(),
            "conditionality": self.conditionality.to_json() if self.conditionality else None,
            "attribution": self.attribution.to_json() if self.attribution else None,
            "links": [link.to_json() for link in self.links],
            "evidence": [item.to_json() for item in self.evidence],
            "confidence": self.confidence,
        }
