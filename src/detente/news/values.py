"""One measure of a text as fields of a scenario: what the text says, what the user says, and what nobody has said.

Nothing is filled in. A level, a date or a list of products that neither of the two gives is missing, and is asked.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from detente.news import answers
from detente.news.kinds import LEVELS, NO_PRODUCT, NO_TARGET, STATUS, SWITCH, TRUCE, WHY, role
from detente.news.measure import Product, Quantity, ReadMeasure
from detente.policy.products import match, packaged
from detente.scenario.fields import iso_date
from detente.scenario.known import SECTORS_2022

WHOLE_SECTOR: Final = frozenset(
    {
        "aircraft", "chemicals", "coal", "electronics", "fish", "fuels", "machinery", "paper", "pharmaceuticals",
        "ships", "steel", "textiles", "vehicles", "wood",
    }
)  # fmt: skip
"""Products that fill the sector they are in; any other is a part of one, and a measure on it is none on the whole."""

_TONNES: Final = 1e6
_OPTIONAL: Final = ("fee", "rents_to", "paid_by", "base_quantity")
_YEARS: Final = re.compile(r"P([1-9][0-9]?)Y")


@dataclass
class Facts:
    """What is known of a measure.

    Attributes:
        status: as read or as the user says. by, against: economies of the packaged world. scope: sectors or products.
        levels: fields of the kind, as text. effective, expiry: whole days, or None.
        answered: fields that the user gave. missing: field -> why it is asked.
    """

    kind: str
    status: str
    by: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)
    scope: dict[str, object] = field(default_factory=dict)
    levels: dict[str, Any] = field(default_factory=dict)
    effective: dt.date | None = None
    expiry: dt.date | None = None
    answered: tuple[str, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)


def facts(measure: ReadMeasure, said: Mapping[str, str] | None = None) -> Facts:
    """Return what is known of a measure that has a kind of its own.

    Args:
        measure: as read. said: the user's answers, field -> text, readable.
    """
    said = said or {}
    kind = role(measure).kind
    found = Facts(kind, said.get("status", measure.status), answered=tuple(said))
    _sides(found, measure, said)
    if kind not in NO_PRODUCT:
        _scope(found, measure, said)
    for name in LEVELS[kind]:
        _level(found, name, measure, said)
    _optional(found, measure, said)
    found.effective = whole_day(said.get("effective", measure.dates.effective))
    found.expiry = whole_day(said.get("expiry", measure.dates.expiry))
    _dates(found, measure)
    return found


def _sides(found: Facts, measure: ReadMeasure, said: Mapping[str, str]) -> None:
    found.by = _codes(found, "imposer", said.get("imposer", measure.imposer))
    if found.kind not in NO_TARGET:
        found.against = _codes(found, "target", said.get("target", " ".join(measure.target)))
    elif found.kind == SWITCH:
        found.levels["linkage"] = said.get("linkage") or _slug(measure.product.text) or _slug(measure.instrument)


def _codes(found: Facts, name: str, text: str) -> list[str]:
    if not text:
        found.missing[name] = WHY[name][0]
        return []
    try:
        return answers.economies(text)
    except ValueError as error:
        found.missing[name] = f"the text says {text}, and a run needs {error}"
        return []


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:32].strip("-")


def _scope(found: Facts, measure: ReadMeasure, said: Mapping[str, str]) -> None:
    if "product" in said:
        found.scope = answers.products(said["product"])
        return
    product = measure.product
    if product.scope == "all_goods":
        found.scope = {"sectors": ["goods"]}
    elif product.hs and not match(plain_codes(product), packaged()).unknown:
        found.scope = {"products": {"hs22": hs_codes(product)}}
    elif product.scope in WHOLE_SECTOR and known_sectors(measure):
        found.scope = {"sectors": known_sectors(measure)}
    else:
        words = f"the text says {product.text!r}, which is no list of products" if product.text else WHY["product"][0]
        found.missing["product"] = words


def hs_codes(product: Product) -> list[str]:
    """Return the HS codes of a product, ranges such as 8541-8542 written out."""
    found: list[str] = []
    for code in product.hs:
        first, _, last = code.partition("-")
        if (
            first.isdigit()
            and last.isdigit()
            and len(first) == len(last)
            and int(first) <= int(last) < int(first) + 100
        ):
            found += [f"{each:0{len(first)}d}" for each in range(int(first), int(last) + 1)]
        else:
            found.append(code)
    return found


def plain_codes(product: Product) -> list[str]:
    """Return the HS codes of a product without points."""
    return [code.replace(".", "") for code in hs_codes(product)]


def known_sectors(measure: ReadMeasure) -> list[str]:
    """Return the sectors of the packaged world in which the products of a measure are."""
    return [code for code in measure.product.sectors if code in SECTORS_2022]


def _level(found: Facts, name: str, measure: ReadMeasure, said: Mapping[str, str]) -> None:
    """Note one level that the kind needs: the user's, else the text's, else that it is missing."""
    value = said.get(name) or _read(name, found.kind, measure)
    if not value:
        found.missing[name] = _why_no_rate(measure) if name == "rate" else WHY[name][0]
    elif name == "origin":
        found.levels[name] = answers.economies(value)
    else:
        found.levels[name] = f">= {value}" if found.kind == "purchase" and not value.startswith(">=") else value


def _why_no_rate(measure: ReadMeasure) -> str:
    rate = measure.rate
    if measure.instrument == TRUCE:
        return "the text does not say which rate returns when the truce ends"
    if rate is None:
        return WHY["rate"][0]
    if rate.basis == "change":
        return f"the text gives a change ({rate.raw}), not the rate that holds afterwards"
    return f"the text gives {rate.raw}, which is no rate in percent"


def _read(name: str, kind: str, measure: ReadMeasure) -> str:
    """Return a level that the text gives, in the words of a scenario file, or ""."""
    if name == "rate" and measure.instrument != TRUCE:
        return _rate(measure)
    if name == "volume" and measure.instrument == "import_ban":
        return "0% of base"
    if name in ("volume", "amount") and measure.quantity is not None and measure.quantity.role == "volume":
        return per_year(measure.quantity)
    return ""


def _rate(measure: ReadMeasure) -> str:
    """Return a rate as written in a file: a whole rate, or points on top; a change is no level."""
    rate = measure.rate
    if rate is None or not rate.unit.endswith("ad_valorem") or rate.basis == "change":
        return ""
    return f"{rate.value:g}%" if rate.basis == "total" else f"{rate.value:+g}pp"


def per_year(quantity: Quantity) -> str:
    """Return an amount a year as written in a file, or "" where the text gives no period or another unit."""
    years = _YEARS.fullmatch(quantity.period)
    if years is None:
        return ""
    amount = quantity.amount / int(years[1])
    if quantity.unit == "t":
        return f"{amount / _TONNES:.10g} Mt/year"
    if quantity.unit == "USD":
        return f"{amount / _TONNES:.10g} MUSD/year"
    return f"{amount:.10g} units/year" if quantity.unit == "units" else ""


def _optional(found: Facts, measure: ReadMeasure, said: Mapping[str, str]) -> None:
    found.levels |= {name: said[name] for name in _OPTIONAL if name in said}
    rate = measure.rate
    if found.kind == "port-fee" and rate is not None and rate.unit == "usd_per_net_ton":
        found.levels.setdefault("fee", f"{rate.value:g} USD/net-ton")
    volume = str(found.levels.get("volume", ""))
    if volume.endswith(("t/year", "units/year")) and "base_quantity" not in found.levels:
        found.missing["base_quantity"] = WHY["base_quantity"][0]


def _dates(found: Facts, measure: ReadMeasure) -> None:
    """Note the dates without which a measure cannot be placed in time."""
    if measure.instrument == TRUCE:
        if found.expiry is None:
            found.missing["expiry"] = "the text does not say on which day the truce ends"
    elif found.status == "in_force" and found.kind != SWITCH and found.effective is None:
        found.missing["effective"] = (
            "the text does not say since when; what began before 2025 is in the tariffs of the baseline already"
        )


def whole_day(text: str | None) -> dt.date | None:
    """Return a whole day; a month, a week or an interval is none."""
    try:
        return iso_date(text or "")
    except ValueError:
        return None


def undated(measure: ReadMeasure, found: Facts) -> bool:
    """Return whether a decided measure has no day: it is then in no run unless it is included."""
    return STATUS[found.status] == "announced" and found.effective is None and measure.instrument != TRUCE
