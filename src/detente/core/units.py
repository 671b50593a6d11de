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
        raise ValueError("a number too large for double precision")
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


def _why_not_a_number(text: str) -> str:
    if not text:
        return "a number, not a blank"
    if re.fullmatch(r"[+-]?[0-9.]+,[0-9]+", text):
        return f"a decimal point, not a comma; try '{text.replace('.', '').replace(',', '.')}'"
    if re.fullmatch(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", text):
        return f"no thousands separators; try '{text.replace(',', '')}'"
    if re.fullmatch(r"[+-]?[0-9]+(_[0-9]+)+", text):
        return f"no underscores; try '{text.replace('_', '')}'"
    if text.lstrip("+-.").casefold() in ("nan", "inf", "infinity"):
        return "a finite number"
    return "a number such as 12.5"


def _why_not_a_rate(text: str) -> str:
    if _NUMBER.fullmatch(text):
        signless = text.lstrip("+-")
        return f"a rate with its unit; try '{signless}%' (all-in) or '+{signless}pp' (added)"
    body = text.removesuffix("pp").removesuffix("%").rstrip(" ")
    if body != text and not _NUMBER.fullmatch(body):
        return f"a rate with its unit: {_why_not_a_number(body)}{text[len(body):].strip()}"
    return "a rate with its unit; try '25%' (all-in) or '+10pp' (added)"
