"""What the user says where the text is silent, `M03.volume=70% of base`; kept apart from what the article says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from detente.core.errors import UsageError, nearest
from detente.core.units import parse_percent, parse_quantity, parse_rate
from detente.news.document import Document
from detente.news.measure import STATUSES
from detente.policy.products import match, packaged
from detente.scenario.fields import ID, iso_date
from detente.scenario.known import SECTORS_2022, WORLD_2022, of_id

ALIASES: Final[Mapping[str, str]] = {
    "by": "imposer", "against": "target", "sectors": "product", "products": "product", "from": "effective",
    "until": "expiry", "date": "effective",
}  # fmt: skip
BLOCS: Final[Mapping[str, str]] = {"EU": "EU27", "*": "WORLD"}
_GOODS: Final = ("goods", "all")


def parse_answers(texts: Iterable[str], document: Document) -> dict[str, dict[str, str]]:
    """Return the answers by measure and field, every one of them readable.

    Args:
        texts: as typed, `ID.field=VALUE`. document: what the ids are of.
    Raises:
        UsageError: not of that form, an unknown measure or field, a value that the field cannot have.
    """
    found: dict[str, dict[str, str]] = {}
    ids = [each.id for each in document.measures]
    for text in texts:
        head, mark, value = text.partition("=")
        name, dot, field = head.strip().partition(".")
        if not (mark and dot):
            raise UsageError(f"set: found {text!r}; expected ID.field=VALUE, such as M02.effective=2025-11-01")
        if name not in ids:
            raise UsageError(f"set: found {name!r}; expected a measure of this text: {_listed(ids, name)}")
        field = ALIASES.get(field, field)
        if field not in CHECKS:
            raise UsageError(f"set: found field {field!r}; expected one of {_listed(list(CHECKS), field)}")
        found.setdefault(name, {})[field] = checked(field, value.strip())
    return found


def checked(field: str, value: str) -> str:
    """Return a value that the field can have.

    Raises:
        UsageError: one that it cannot have, with what was expected.
    """
    try:
        CHECKS[field](value)
    except ValueError as error:
        raise UsageError(f"set: {field}: found {value!r}; expected {error}") from None
    return value


def economies(text: str) -> list[str]:
    """Return economies and groups of the packaged world, `EU` and `*` by the names they have there.

    Raises:
        ValueError: none, or one that the world does not have; the message is the expectation.
    """
    known = of_id(WORLD_2022)
    codes = [BLOCS.get(code, code) for code in re.split(r"[\s,+]+", text.strip()) if code]
    for code in codes or [""]:
        if known is None or not (code in known.countries or code in known.country_groups or code == "WORLD"):
            hint = known.country_hint(code, ()) if known and code else ""
            rest = "economies without a column of their own are in ROW"
            raise ValueError(f"economies of {WORLD_2022} such as USA, EU27, WORLD ({rest})" + _try(hint))
    return codes


def products(text: str) -> dict[str, object]:
    """Return the scope of a measure in a scenario: `sectors` or `products`.

    Raises:
        ValueError: neither sector codes nor HS codes that the world has apart; the message is the expectation.
    """
    if text.startswith("hs22:") or text.startswith("hs:"):
        codes = [code for code in re.split(r"[\s,]+", text.split(":", 1)[1].strip()) if code]
        matched = match([code.replace(".", "") for code in codes], packaged())
        if codes and all(re.fullmatch(r"[0-9.]+", code) for code in codes) and not matched.unknown:
            return {"products": {"hs22": codes}}
        raise ValueError(f"HS codes that {WORLD_2022} has apart: {_apart()}; or its sectors, such as C26, or goods")
    codes = [code for code in re.split(r"[\s,]+", text.strip()) if code]
    for code in codes or [""]:
        if code not in SECTORS_2022 and not (code in _GOODS and len(codes) == 1):
            known = of_id(WORLD_2022)
            hint = known.sector_hint(code, ()) if known and code else ""
            raise ValueError(f"goods, sectors of {WORLD_2022} such as C26, or hs22:8541" + _try(hint))
    return {"sectors": codes}


def _apart() -> str:
    return ", ".join(f"{name} ({' '.join(codes)})" for name, codes in packaged().items())


def _rate(text: str) -> None:
    parse_rate(text)


def _floor(text: str) -> None:
    try:
        parse_rate(text)
    except ValueError:
        parse_quantity(text)


def _status(text: str) -> None:
    if text not in STATUSES:
        raise ValueError(f"one of {_listed(list(STATUSES), text)}")


def _name(text: str) -> None:
    if not ID.fullmatch(text):
        raise ValueError("a name of at most 32 letters a-z, digits and hyphens")


def _one_of(*words: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)}")

    return check


CHECKS: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {
        "imposer": economies,
        "target": economies,
        "product": products,
        "rate": _rate,
        "over_rate": _rate,
        "status": _status,
        "effective": iso_date,
        "expiry": iso_date,
        "volume": parse_quantity,
        "base_quantity": parse_quantity,
        "amount": parse_quantity,
        "floor": _floor,
        "fee": parse_quantity,
        "as_cost": parse_percent,
        "origin": economies,
        "rents_to": _one_of("exporter", "importer", "lost"),
        "paid_by": _one_of("budget", "buyer"),
        "linkage": _name,
    }
)
"""The fields that can be answered, and what reads them; a ValueError says what was expected."""


def _listed(choices: list[str], found: str) -> str:
    hint = nearest(found, choices)
    return (", ".join(choices) or "none") + _try(hint)


def _try(hint: str) -> str:
    return f"; try {hint}" if hint else ""
