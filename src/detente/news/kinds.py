"""From what the reader names to what a scenario file names: instruments to kinds, statuses, and what each needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detente.news.measure import Evidence, ReadMeasure

TRUCE: Final = "tariff_truce"
SWITCH: Final = "non-trade"
PAGE_ONLY: Final = ("unspecified_retaliation", "unspecified_measure")
"""Nothing to load: the text names no instrument."""

KINDS: Final[Mapping[str, str]] = {
    "import_tariff": "tariff",
    "export_tariff": "export-tax",
    "export_licensing": "export-licence",
    "export_quota": "export-licence",
    "tech_export_control": "export-licence",
    "export_ban": "export-ban",
    "import_quota": "import-quota",
    "import_ban": "import-quota",
    "tariff_rate_quota": "tariff-rate-quota",
    "price_floor": "price-floor",
    "port_fee": "port-fee",
    "subsidy": "subsidy",
    "stockpile_purchase": "stockpile",
    "purchase_commitment": "purchase",
    "government_spending": "government-demand",
    "trade_agreement": "agreement",
    TRUCE: "tariff",
    "enforcement_commitment": SWITCH,
    "diplomatic_action": SWITCH,
    "investigation": SWITCH,
    "entity_listing": SWITCH,
    "legal_ruling": SWITCH,
    "critical_minerals_deal": SWITCH,
    "investment_commitment": SWITCH,
}
STATUS: Final[Mapping[str, str]] = {
    "in_force": "in-force",
    "announced": "announced",
    "proposed": "announced",
    "threatened": "threatened",
    "offered": "offered",
    "demanded": "offered",
    "suspended": "suspended",
    "expired": "ended",
    "withdrawn": "ended",
}
LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "tariff": ("rate",),
    "export-tax": ("rate",),
    "subsidy": ("rate",),
    "agreement": ("rate",),
    "export-licence": ("volume",),
    "import-quota": ("volume",),
    "export-ban": (),
    "tariff-rate-quota": ("rate", "over_rate", "volume"),
    "price-floor": ("floor", "volume", "origin"),
    "port-fee": ("as_cost",),
    "stockpile": ("amount",),
    "government-demand": ("amount",),
    "purchase": ("volume",),
    SWITCH: (),
}
"""What a kind cannot be run without, beside who, against whom and on what."""

NO_TARGET: Final = ("price-floor", "stockpile", "government-demand", SWITCH)
NO_PRODUCT: Final = ("port-fee", SWITCH)
ENDING: Final = ("remove", "suspend", "cancel", "reduce")
"""Actions that take something away, where no new rate says how much is left."""

WHY: Final[Mapping[str, tuple[str, str]]] = {
    "imposer": ("the text does not say who imposes it", "USA"),
    "target": ("the text does not say against whom", "CHN"),
    "product": ("the text gives no list of products", "goods, C26 or hs22:8541,8542"),
    "rate": ("the text gives no rate", "+10pp on top or 25% in all"),
    "over_rate": ("the text gives no rate above the volume", "25%"),
    "volume": ("the text does not say how much trade is left", "70% of base"),
    "floor": ("the text gives no level of the floor", "+20%"),
    "origin": ("the text does not say whose producers it supports", "USA"),
    "as_cost": ("the text does not say what the fee adds to the cost of goods", "0.6%"),
    "amount": ("the text gives no amount", "1000 MUSD/year"),
    "base_quantity": ("a volume in tonnes needs what was traded in the baseline's year", "27.8 Mt/year"),
    "effective": ("the text does not say since when", "2025-11-01"),
    "expiry": ("the text does not say until when", "2025-11-10"),
}
"""Field -> why it is asked, and an answer as it is written."""


@dataclass(frozen=True)
class Role:
    """What a measure is in a scenario.

    Attributes:
        kind: of the scenario's measure; "" where it is none of its own.
        ends: ids of the measures that it takes away or extends; it is then a choice in the talks, not a measure.
        why_not: why it cannot be loaded at all; "" if it can.
    """

    kind: str
    ends: tuple[str, ...] = ()
    why_not: str = ""


def proof_of(measure: ReadMeasure) -> Evidence:
    """Return the sentence that a person must see: the one with the number, else the first."""
    rate, amount = measure.rate, measure.quantity
    at = rate.start if rate is not None else amount.start if amount is not None else -1
    raw = rate.raw if rate is not None else amount.raw if amount is not None else ""
    holding = [each for each in measure.evidence if each.start <= at < each.end]
    saying = [each for each in measure.evidence if raw and raw in each.sentence]
    return (holding or saying or list(measure.evidence))[0]


def role(measure: ReadMeasure) -> Role:
    """Return what a measure is in a scenario."""
    if measure.instrument in PAGE_ONLY:
        return Role("", why_not="the text names no instrument, so there is nothing to load")
    links = {kind: tuple(link.to for link in measure.links if link.type == kind) for kind in ("removes", "extends")}
    if measure.instrument == TRUCE:
        return Role("", links["extends"]) if links["extends"] else Role(KINDS[TRUCE])
    kind = KINDS[measure.instrument]
    if kind == SWITCH or measure.status == "suspended" or not _ends(measure):
        return Role(kind)
    ended = links["removes"] or links["extends"]
    if ended:
        return Role("", ended)
    return Role("", why_not=f"it would {measure.action} something that this text does not give as a measure")


def _ends(measure: ReadMeasure) -> bool:
    """Return whether a measure takes something away: a restriction, or by extending a pause of one."""
    if measure.action == "extend":
        return measure.rate is None and any(link.type == "extends" for link in measure.links)
    return measure.action in ENDING and not (measure.action == "reduce" and measure.rate is not None)
