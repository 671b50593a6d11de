"""Readers of amounts: rates and quantities with units and ranges, and HS codes with their vintage."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from detente.core.units import Rate, parse_number, parse_percent, parse_quantity, parse_rate
from detente.policy.measure import Products
from detente.policy.table import rate_problem
from detente.scenario.fields import Field, Reader, Type, parsed, section, shown
from detente.scenario.text import Mapping, Node, Scalar
from detente.scenario.text import Sequence as List

VINTAGES: Final = ("hs22",)
_HS = re.compile(r"[0-9]{2}|[0-9]{4}|[0-9]{4}\.[0-9]{2}|[0-9]{6}")
_VINTAGE = re.compile(r"hs([0-9]{2})?")

PERCENT: Final = parsed("a percentage such as 25%", parse_percent, {"type": "string", "pattern": "%$"})


@dataclass(frozen=True)
class Spread:
    """A value with its range: the mode is what a run uses; low and high are None without a range."""

    mode: Any
    low: Any = None
    high: Any = None
    text: Any = ""


def spread(of: Type, size: Callable[[Any], Any]) -> Type:
    """Return a type for a value or a range {low, mode, high} of such values.

    Args:
        of: type of one value. size: (kind, number) of a value; kinds must agree and numbers rise from low to high.
    """
    triple = section([Field(each, of, f"the {each} of the range", True) for each in ("low", "mode", "high")])

    def read(reader: Reader, node: Node, name: str) -> Spread | None:
        if not isinstance(node, Mapping):
            value = of.read(reader, node, name)
            return None if value is None else Spread(value, text=node.text if isinstance(node, Scalar) else "")
        found = triple.read(reader, node, name)
        if found is None or any(found.get(each) is None for each in ("low", "mode", "high")):
            return None
        low, mode, high = (found.values[each] for each in ("low", "mode", "high"))
        sizes = [size(value) for value in (low, mode, high)]
        if len({kind for kind, _ in sizes}) > 1:
            reader.wrong(node, name, "different units in one range", "the same unit in low, mode and high")
            return None
        if not sizes[0][1] <= sizes[1][1] <= sizes[2][1]:
            reader.wrong(node, name, "a range that does not rise", "low <= mode <= high")
            return None
        texts = {key.text: value.text for key, value in node.entries if isinstance(value, Scalar)}
        return Spread(mode, low, high, texts)

    return Type(read, {"oneOf": [of.schema, triple.schema]})


_RATE = parsed(
    "a rate with its unit; try '25%' (all-in) or '+10pp' (added)", parse_rate, {"type": "string", "pattern": "(%|pp)$"}
)
RATE: Final = spread(_RATE, lambda rate: (rate.added, rate.value))
_QUANTITY = parsed("a quantity with its unit, such as '70% of base'", parse_quantity, {"type": "string"})
QUANTITY: Final = spread(_QUANTITY, lambda quantity: (quantity.unit, quantity.value))
COST: Final = spread(PERCENT, lambda value: ("%", value))


DEFAULT_RHO: Final = 0.2
LEAST: Final = 0.05
"""The substitution of critical inputs: where the file says nothing, and the least that is solved."""


def _rho(text: str) -> float:
    value = parse_number(text)
    if not LEAST <= value <= 1:
        raise ValueError(f"a substitution between {LEAST:g} and 1: 0.1-0.5 in the short run, 1 is the standard model")
    return value


RHO: Final = spread(
    parsed("a number such as 0.2", _rho, {"anyOf": [{"type": "number"}, {"type": "string"}]}), lambda value: ("", value)
)


def check_rate(reader: Reader, rate: Rate, line: int, name: str, *, extreme: bool, subsidy: bool, text: str) -> None:
    """Note a rate that is too large, negative, or so small that percent was taken for fraction."""
    problem = rate_problem(rate, extreme=extreme, negative=subsidy)
    if problem:
        reader.wrong(line, name, text, problem)
    elif not rate.added and 0 < abs(rate.value) < 0.01:
        quarter = "a quarter of a percent" if rate.value == 0.0025 else "less than one percent"
        reader.warn(line, name, f"{text} is {quarter}; is that meant? Write '{100 * rate.value * 100:g}%' if not")


def _products(reader: Reader, node: Node, name: str) -> Products | None:
    if not isinstance(node, Mapping):
        reader.wrong(node, name, shown(node), 'HS codes with their vintage, such as {hs22: ["8505.11"]}, or a group')
        return None
    codes: list[str] = []
    for key, value in node.entries:
        if key.text not in VINTAGES:
            match = _VINTAGE.fullmatch(key.text)
            found = f"the field {key.text!r}"
            if match:
                found = f"HS vintage 20{match[1]}" if match[1] else "HS codes without their vintage"
            reader.wrong(key, f"{name}.{key.text}", found, "codes of HS 2022 under the key hs22", "hs22")
            continue
        items = value.items if isinstance(value, List) else (value,)
        if not items:
            reader.wrong(value, f"{name}.{key.text}", "an empty list", "at least one HS code")
        codes += [code for item in items if (code := _hs(reader, item, f"{name}.{key.text}")) is not None]
    if not node.entries:
        reader.wrong(node, name, "an empty mapping", "HS codes under the key hs22")
    return Products("hs22", tuple(codes)) if codes else None


def _hs(reader: Reader, node: Node, name: str) -> str | None:
    if not isinstance(node, Scalar):
        reader.wrong(node, name, shown(node), "an HS code in quotes")
        return None
    digits = node.text.replace(".", "")
    if not node.quoted:
        found = f"{node.text} without quotes"
        reader.wrong(node, name, found, "HS codes in quotes, so that no zero is lost", f'"{node.text}"')
    elif not _HS.fullmatch(node.text):
        expected = "2, 4 or 6 digits, written 85, 8505, 8505.11 or 850511"
        reader.wrong(node, name, repr(node.text), expected)
    elif not 1 <= int(digits[:2]) <= 97 or digits[:2] == "77" or digits[2:4] == "00":
        expected = "a code of HS 2022, chapters 01 to 97 without 77; this one matches nothing"
        reader.wrong(node, name, repr(node.text), expected)
    else:
        return digits
    return None


PRODUCTS: Final = Type(
    _products,
    {"type": "object", "properties": {"hs22": {"type": "array", "items": {"type": "string"}}}, "minProperties": 1},
)
