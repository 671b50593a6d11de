"""Numbers with units as people write them: rates, points, volumes. ASCII only, no guessing.

A bare number is an error: `25` may be 25 % or 2500 %. `25%` is an all-in rate, `+10pp` is added to what is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NUMBER: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_NUMBER = re.compile(NUMBER)
_RATE = re.compile(rf"({NUMBER})\s*(%|pp)")


@dataclass(frozen=True)
class Rate:
    """A tariff rate in a measure.

    Attributes:
        value: fraction; 0.25 for 25 % or 25 points.
        added: True for points added to what is there ("+10pp"), False for an all-in rate ("25%").
    """

    value: float
    added: bool


def parse_number(text: str) -> float:
    """Return the number written in `text`.

    Args:
        text: digits with an optional sign, decimal point and exponent; ASCII only.
    Raises:
        ValueError: anything else (blank, `nan`, `inf`, `1_000`, `1,5`, `1e400`); the message says what is wrong.
    """
    stripped = text.strip(" ")
    if not _NUMBER.fullmatch(stripped):
        raise ValueError(_why_not_a_number(stripped))
    value = float(stripped)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number that double precision can hold")
    return value


def parse_rate(text: str) -> Rate:
    """Return the rate written in `text`: `25%` all-in, `+10pp` or `-5pp` added.

    Raises:
        ValueError: no unit, decimal comma, not a number, points without a sign; the message is the expectation.
    """
    stripped = text.strip(" ")
    match = _RATE.fullmatch(stripped)
    if match is None:
        raise ValueError(_why_not_a_rate(stripped))
    number, unit = match.groups()
    value = parse_number(number) / 100.0
    if unit == "pp" and number[0] not in "+-":
        raise ValueError(f"points with a sign, because they are added; try '+{stripped}'")
    return Rate(value, added=unit == "pp")


QUANTITY_UNITS: Final = (
    "% of base", "% of 2024", "MUSD", "MUSD/year", "USD/kg", "USD/t", "USD/net-ton", "CNY/net-ton", "Mt/year",
    "kt/year", "t/year", "units/year",
)  # fmt: skip
_QUANTITY = re.compile(rf"(>=|<=)?\s*({NUMBER})\s*(%\s+of\s+(?:base|[12][0-9]{{3}})|[A-Za-z][A-Za-z0-9/-]*|%)?")
_MEASURE = re.compile(r"[A-Z]{3}/[a-z][a-z0-9-]*|(?:M|k)?(?:USD|t|units)(?:/year)?")


@dataclass(frozen=True)
class Quantity:
    """An amount with its unit: a volume, a fee, a sum of money.

    Attributes:
        value: the number as written; 70.0 for "70% of base".
        unit: "% of base", "% of 2024", "MUSD/year", "Mt/year", "USD/kg"; "" only for a zero without unit.
        minimum: True for ">= ..".
    """

    value: float
    unit: str
    minimum: bool = False


def parse_quantity(text: str) -> Quantity:
    """Return the quantity written in `text`: `70% of base`, `>= 20 Mt/year`, `1000 MUSD/year`, `50 USD/net-ton`.

    Raises:
        ValueError: no unit, a percentage without its base, an unknown unit, not a number; the message is what was
            expected.
    """
    stripped = text.strip(" ")
    match = _QUANTITY.fullmatch(stripped)
    if match is None:
        number, _, unit = re.sub(r"^(>=|<=)\s*", "", stripped).partition(" ")
        expected = "a quantity with its unit such as '70% of base' or '20 Mt/year'"
        if _NUMBER.fullmatch(number):
            raise ValueError(expected)
        unit = f" {unit}" if unit else ""
        if number.endswith("%"):
            number, unit = number.removesuffix("%"), f"%{unit}"
        raise ValueError(f"{expected}: {_why_not_a_number(number, unit)}")
    sign, number, unit = match.groups()
    value = parse_number(number)
    unit = re.sub(r"\s+", " ", unit or "")
    if unit == "%":
        raise ValueError(f"a percentage with its base; try '{number}% of base'")
    if not unit and value != 0:
        raise ValueError(f"a quantity with its unit; try '{number}% of base' or '{number} Mt/year'")
    if unit and not unit.startswith("%") and not _MEASURE.fullmatch(unit):
        raise ValueError(f"a known unit: one of {', '.join(QUANTITY_UNITS)}")
    if unit.startswith("%"):
        unit = "% of " + unit.split(" ")[-1]
    return Quantity(value, unit, minimum=sign == ">=")


def parse_percent(text: str) -> float:
    """Return the fraction written as a plain percentage: `25%` is 0.25; no points, no bare number.

    Raises:
        ValueError: anything else; the message is the expectation.
    """
    number = text.strip(" ").removesuffix("pp").rstrip(" ")
    if text.strip(" ").endswith("pp") and _NUMBER.fullmatch(number):
        raise ValueError(f"a percentage, not points; try '{number.lstrip('+')}%'")
    rate = parse_rate(text)
    return rate.value


def rate_text(rate: Rate) -> str:
    """Return the rate as people write it; reads back to the same rate."""
    number = _shortest_percent(rate.value)
    return f"{'' if number.startswith('-') else '+'}{number}pp" if rate.added else f"{number}%"


def percent_text(value: float) -> str:
    """Return a fraction as a percentage that reads back to the same number."""
    return f"{_shortest_percent(value)}%"


def _shortest_percent(value: float) -> str:
    for digits in range(1, 18):
        text = f"{100 * value:.{digits}g}"
        if parse_number(text) / 100.0 == value:
            return repr(float(text)).removesuffix(".0") if "e" in text else text
    return repr(100 * value)


def _why_not_a_number(text: str, unit: str = "") -> str:
    """Return what was expected; every hint has the unit with it, so that it can be copied."""

    def hint(number: str) -> str:
        sign = "+" if unit == "pp" and number[:1] not in ("+", "-") else ""
        return f"'{sign}{number}{unit}'"

    if not text:
        return "a number, not a blank"
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", text):
        plain, point = hint(text.replace(",", "")), hint(text.replace(",", "."))
        return f"a number without a comma; try {plain} if it separates thousands, {point} if decimals"
    if re.fullmatch(r"[+-]?[0-9.]*,[0-9]+", text):
        whole, _, decimals = text.partition(",")
        point = whole.replace(".", "") + "." + decimals
        return f"a decimal point, not a comma; try {hint(point)}"
    if re.fullmatch(r"[+-]?[0-9]{1,3}([,' \u00a0\u2009\u202f][0-9]{3})+(\.[0-9]*)?", text):
        return f"no thousands separators; try {hint(re.sub('[^-+0-9.]', '', text))}"
    if text.startswith("\u2212"):
        return f"an ASCII minus sign; try {hint('-' + text[1:])}"
    if re.fullmatch(r"[+-]?[0-9]+(_[0-9]+)+(\.[0-9]*)?", text):
        return f"no underscores; try {hint(text.replace('_', ''))}"
    if text.lstrip("+-.").casefold() in ("nan", "inf", "infinity"):
        return f"a finite number such as {hint('12.5')}" if unit else "a finite number"
    return f"a number such as {hint('12.5')}" if unit else "a number such as 12.5"


def _why_not_a_rate(text: str) -> str:
    if _NUMBER.fullmatch(text):
        signless = text.lstrip("+-")
        sign = "-" if text.startswith("-") else "+"
        return f"a rate with its unit; try '{signless}%' (all-in) or '{sign}{signless}pp' (added)"
    for unit in ("pp", "%"):
        body = text.removesuffix(unit).rstrip(" ")
        if text.endswith(unit) and not _NUMBER.fullmatch(body):
            return f"a rate with its unit: {_why_not_a_number(body, unit)}"
    return "a rate with its unit; try '25%' (all-in) or '+10pp' (added)"
