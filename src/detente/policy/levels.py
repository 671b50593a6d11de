"""The levels of a measure as numbers: volumes relative to the baseline, floors, costs, money; or why there are none.

A volume in tonnes says nothing until the file states what the baseline's flow was in tonnes; that is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from detente.core.units import Quantity, Rate, parse_percent, parse_quantity, parse_rate, percent_text
from detente.policy.measure import Measure

BASE: Final = "% of base"
_SCALE: Final = {"": 1.0, "k": 1e3, "M": 1e6}
_AMOUNT = re.compile(r"(M|k)?(USD|t|units)(/year)?")
_PRICE = re.compile(r"([A-Z]{3})/([a-z][a-z0-9-]*)")


class LevelError(ValueError):
    """A level that cannot be read as a number. Attributes: field, found, expected, hint."""

    def __init__(self, field: str, found: str, expected: str, hint: str = "") -> None:
        super().__init__(f"{field}: found {found}; expected {expected}")
        self.field, self.found, self.expected, self.hint = field, found, expected, hint


@dataclass(frozen=True)
class Volume:
    """A bound on a flow: relative to the baseline [ratio], or in money at the border [MUSD]; the other is None."""

    ratio: float | None = None
    value_musd: float | None = None


def text_of(measure: Measure, field: str, of: str = "mode") -> str:
    """Return what the file says, the mode of a range or its "low" or "high"; "" where it says nothing."""
    value: Any = measure.details.get(field, "")
    return str(value[of] if isinstance(value, Mapping) else value)


def quantity_of(measure: Measure, field: str) -> Quantity | None:
    """Return a quantity of a measure, or None where the file has none.

    Raises:
        LevelError: not a quantity.
    """
    text = text_of(measure, field)
    if not text:
        return None
    try:
        return parse_quantity(text)
    except ValueError as error:
        raise LevelError(field, repr(text), str(error)) from None


def share_of(measure: Measure, field: str) -> float | None:
    """Return a percentage of a measure as a fraction, or None where the file has none.

    Raises:
        LevelError: not a percentage.
    """
    text = text_of(measure, field)
    if not text:
        return None
    try:
        return parse_percent(text)
    except ValueError as error:
        raise LevelError(field, repr(text), str(error)) from None


def rate_of(measure: Measure, field: str, of: str = "mode") -> Rate:
    """Return a rate of a measure; of a range the mode, or its "low" or "high".

    Raises:
        LevelError: none there, or not a rate.
    """
    text = text_of(measure, field, of)
    try:
        return parse_rate(text)
    except ValueError as error:
        raise LevelError(field, repr(text) if text else "nothing", str(error)) from None


def over_rate(measure: Measure) -> Rate:
    """Return the rate above the volume of a tariff-rate quota; points are on top of its rate up to there.

    Raises:
        LevelError: none there, not a rate, below zero, below the rate up to the volume.
    """
    over, text = rate_of(measure, "over_rate"), text_of(measure, "over_rate")
    if rate_of(measure, "over_rate", "low").value < 0:
        raise LevelError(
            "over_rate",
            repr(text_of(measure, "over_rate", "low")),
            "a rate of zero or more, at least the rate up to the volume",
        )
    rate = measure.rate
    if rate is not None and not rate.added and not over.added and over.value < rate.value:
        within = percent_text(rate.value)
        expected = f"at least {within}, the rate up to the volume"
        raise LevelError("over_rate", repr(text), expected, f"rate: {text} and over_rate: {within}")
    return over


def volume_of(measure: Measure, year: str | None = None) -> Volume | None:
    """Return the bound of a measure, or None where the file has none.

    Args:
        measure: any. year: of the baseline's flows; None: not known yet, so that any year is accepted.
    Raises:
        LevelError: at least where a cap is meant or the other way round, a volume without what the baseline's was.
    """
    given = quantity_of(measure, "volume")
    if given is None:
        return None
    text = text_of(measure, "volume")
    least = measure.kind == "purchase"
    if least and not given.minimum:
        raise LevelError("volume", repr(text), "a minimum, because a purchase is one", f"'>= {text}'")
    if not least and given.minimum:
        expected = "a volume without '>=': only kind purchase is a minimum"
        raise LevelError("volume", repr(text), expected, repr(text.lstrip(">= ")))
    if given.unit.startswith("%"):
        return Volume(_percent(given, text, year))
    if given.value == 0:
        return Volume(0.0)
    if least and given.unit.startswith("MUSD"):
        return Volume(value_musd=given.value)
    return Volume(_relative(measure, given, text))


def _percent(given: Quantity, text: str, year: str | None) -> float:
    of = given.unit.removeprefix("% of ")
    if of not in ("base", year) and year is not None:
        expected = f"a percentage of the baseline's flows, which are of {year}"
        raise LevelError("volume", repr(text), expected, f"'{given.value:g}% of base', converted from {of}")
    return given.value / 100


def _relative(measure: Measure, given: Quantity, text: str) -> float:
    """Return an amount per year over the stated amount of the baseline."""
    stated = quantity_of(measure, "base_quantity")
    unit = _AMOUNT.fullmatch(given.unit)
    if stated is None or unit is None:
        expected = f"a volume relative to the baseline; {given.unit} say nothing about its flows, which are in MUSD"
        hint = f"'70% of base', or base_quantity beside it: what the flow was in the baseline's year, in {given.unit}"
        raise LevelError("volume", repr(text), expected, hint)
    other = _AMOUNT.fullmatch(stated.unit)
    if other is None or other[2] != unit[2] or stated.value <= 0:
        expected = f"an amount above zero in the unit of volume, {given.unit}"
        raise LevelError("base_quantity", repr(text_of(measure, "base_quantity")), expected)
    return given.value * _SCALE[unit[1] or ""] / (stated.value * _SCALE[other[1] or ""])


def duty_rate(measure: Measure) -> float:
    """Return a specific duty as a rate: money per unit over the stated unit value. [fraction]

    Raises:
        LevelError: different units, a unit value of zero.
    """
    return _price_ratio(measure, "duty", "unit_value")


def floor_price(measure: Measure) -> float:
    """Return a floor relative to the baseline price: 1.2 for "+20%", or 110 USD/kg over the stated base price. [ratio]

    Raises:
        LevelError: a floor in money without its base price, a percentage without a sign, a price of zero or less.
    """
    price = _floor_ratio(measure)
    if price <= 0:
        text = text_of(measure, "floor")
        expected = "a percentage above -100%" if text.rstrip().endswith("%") else "a price above zero"
        raise LevelError("floor", repr(text), expected)
    return price


def _floor_ratio(measure: Measure) -> float:
    text = text_of(measure, "floor")
    if text.rstrip().endswith(("%", "pp")):
        rate = rate_of(measure, "floor")
        if rate.added or text.strip()[0] not in "+-":
            raise LevelError("floor", repr(text), "a percentage with its sign: above the base price", "'+20%'")
        return 1 + rate.value
    if not text_of(measure, "base_price"):
        expected = "base_price beside it: what the good cost in the baseline's year, in the same unit"
        raise LevelError("floor", repr(text), expected, "'+20%', relative to the base price")
    return _price_ratio(measure, "floor", "base_price")


def _price_ratio(measure: Measure, over: str, under: str) -> float:
    top, bottom = quantity_of(measure, over), quantity_of(measure, under)
    if top is None or bottom is None:
        raise LevelError(under if top else over, "nothing", "money per unit, such as '2 USD/kg'")
    units = [_PRICE.fullmatch(each.unit) for each in (top, bottom)]
    if units[0] is None or units[1] is None or top.unit != bottom.unit:
        found = f"{text_of(measure, over)!r} and {under} {text_of(measure, under)!r}"
        raise LevelError(over, found, "money per unit, the same unit in both, such as 'USD/kg'")
    if bottom.value <= 0:
        raise LevelError(under, repr(text_of(measure, under)), "a price above zero")
    return top.value / bottom.value


def money_of(measure: Measure) -> float:
    """Return the amount of a stockpile or a government purchase; below zero it is a release. [MUSD a year]

    Raises:
        LevelError: not money, a release without a stock or above it.
    """
    amount, stock = quantity_of(measure, "amount"), quantity_of(measure, "stock")
    text = text_of(measure, "amount")
    if amount is None or not amount.unit.startswith("MUSD"):
        raise LevelError("amount", repr(text), "money, such as '1000 MUSD/year'")
    if amount.value < 0:
        if measure.kind != "stockpile":
            raise LevelError("amount", repr(text), "an amount of zero or more; only a stockpile can be released")
        if stock is None or not stock.unit.startswith("MUSD"):
            raise LevelError("amount", repr(text), "`stock` beside a release: what is there, such as '5000 MUSD'")
        if -amount.value > stock.value:
            raise LevelError("amount", repr(text), f"at most the stock of {stock.value:g} MUSD")
    return amount.value


def check_levels(measure: Measure) -> list[LevelError]:
    """Return what is wrong with the levels of a measure, before any baseline is known."""
    found: list[LevelError] = []
    for check in _CHECKS.get(measure.kind, (volume_of,)):
        try:
            check(measure)
        except LevelError as error:
            found.append(error)
    return found


def _floor_needs(measure: Measure) -> None:
    """Refuse a floor paid by a budget without the volume of the contract."""
    paid = text_of(measure, "paid_by") or "budget"
    volume = volume_of(measure)
    if paid == "budget" and (volume is None or not volume.ratio):
        raise LevelError(
            "volume",
            repr(text_of(measure, "volume")) if volume else "nothing",
            "the volume of the contract, above zero, because the budget pays for that much",
            "'100% of base'",
        )


def _over_rate(measure: Measure) -> None:
    """Refuse a tariff-rate quota whose rates fall or that has no volume."""
    over_rate(measure)
    volume = volume_of(measure)
    if volume is None or not volume.ratio:
        raise LevelError("volume", repr(text_of(measure, "volume")), "a volume above zero; without one it is a tariff")


def _above_zero(measure: Measure) -> None:
    volume = volume_of(measure)
    if volume is not None and volume.ratio == 0:
        raise LevelError("volume", repr(text_of(measure, "volume")), "a minimum above zero")


_CHECKS: Final[Mapping[str, tuple[Any, ...]]] = {
    "specific-duty": (duty_rate,),
    "price-floor": (floor_price, _floor_needs),
    "tariff-rate-quota": (_over_rate,),
    "purchase": (_above_zero,),
    "stockpile": (money_of,),
    "government-demand": (money_of,),
}
