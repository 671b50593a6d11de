"""Brief: what changes, for whom, by how much, how sure, compared with what; before any click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from detente.core.codes import COUNTRY_GROUPS, WORLD
from detente.report.amounts import (
    NO_EFFECT,
    Band,
    band_text,
    change_text,
    clear,
    dollar_band,
    dollars,
    dollars_each,
    plain,
    signed,
)
from detente.report.choice import Choice
from detente.report.people import Count, count_of
from detente.report.select import BranchView, View
from detente.report.sure import agree_text, drawn_line, most_moving
from detente.report.text import units

LISTED: Final = 3
SMALLEST_PCT: Final = 0.005
"""Percent of real income below which an economy is in no list of those who gain or lose."""


@dataclass(frozen=True)
class Tile:
    """One of the four big numbers.

    Attributes:
        label: what. big: the number with its unit, or "no clear effect". lines: the same in dollars, and for each
            person. sure: its band; "" without draws. agree: how many draws have the same sign; "" where
            it is not known. strip: low end, value, high end of the band, to be drawn. sign: "gain", "loss" or "none".
    """

    label: str
    big: str
    lines: tuple[str, ...]
    sure: str = ""
    agree: str = ""
    strip: tuple[float, float, float] | None = None
    sign: str = "none"


@dataclass(frozen=True)
class Sure:
    """How sure a number is: which quantiles its band is between, the band, the draws of the same sign in words."""

    levels: str
    band: Band
    agree: str


@dataclass(frozen=True)
class Brief:
    """The four numbers of one economy in one branch, with what they rest on."""

    country: str
    label: str
    tiles: tuple[Tile, ...]


def content(view: View, choice: Choice) -> Mapping[str, Any]:
    """Return the brief of the chosen economy, those of the others in the table, and what all of them rest on."""
    branch = choice.of(view)
    others = [code for code in view.countries if code != choice.country]
    return {
        "branch": branch,
        "brief": brief(view, branch, choice.country),
        "others": [brief(view, branch, code) for code in others],
        "law": law_lines(view, branch),
        "ends": ends(view, branch),
        "sure": sure_lines(view, branch, choice.country),
        "counted": _counted(choice.country),
        "units": units(view),
    }


def brief(view: View, branch: BranchView, code: str) -> Brief:
    """Return the four numbers of an economy or group."""
    money = units(view).removeprefix("prices and money ")
    return Brief(code, view.label(code), (_income(branch, code), _prices(branch, code, money), *_trade(branch, code)))


def law_lines(view: View, branch: BranchView) -> list[str]:
    """Return what changes in law, in the words of its averages: both sides of the pair, before and after."""
    if view.focus is None:
        return []
    by, against = view.focus
    lines = []
    for importer, origin in ((by, against), (against, by)):
        pair = branch.pairs.get((origin, importer))
        if pair is not None:
            lines.append(
                f"{view.label(importer)} on goods from {view.label(origin)}: average tariff "
                f"{plain(pair['tariff_pct'])} % before, {plain(pair['tariff_new_pct'])} % in this branch"
            )
    pair = branch.pairs.get((WORLD, by))
    if pair is not None:
        before, after = plain(pair["tariff_pct"]), plain(pair["tariff_new_pct"])
        lines.append(f"{view.label(by)} on goods from everybody: {before} % before, {after} % in this branch")
    return lines


def ends(view: View, branch: BranchView) -> list[tuple[str, list[str]]]:
    """Return which economies lose and gain most real income, in percent; none whose sign cannot be told."""
    key = "real_income_pct"
    found = [(code, branch.values[code, key], branch.bands.get((code, key))) for code in view.run.base.countries]
    told = [each for each in found if abs(each[1]) >= SMALLEST_PCT and clear(each[1], each[2])]
    lose = sorted((each for each in told if each[1] < 0), key=lambda each: each[1])[:LISTED]
    gain = sorted((each for each in told if each[1] > 0), key=lambda each: -each[1])[:LISTED]
    ours = [code for code in (*(view.focus or ()), WORLD) if (code, key) in branch.values]
    parties = [(code, branch.values[code, key], branch.bands.get((code, key))) for code in ours]
    return [
        (word, [_changed(view, *each) for each in part])
        for word, part in (
            ("real income of the parties and the world", parties),
            ("lose most", lose),
            ("gain most", gain),
        )
        if part
    ]


def _changed(view: View, code: str, value: float, band: Band | None) -> str:
    return f"{view.label(code)} {change_text(value, '%', band)}"


def sure_lines(view: View, branch: BranchView, code: str) -> list[str]:
    """Return how sure the numbers are: certificate, band, and what they would be without assumed measures."""
    lines = [branch.result.certificate.line]
    drawn = branch.result.bands
    if drawn is not None:
        sectors = view.run.base.meta.get("sector_labels", {})
        lines += [drawn_line(drawn), *most_moving(drawn, code, view.label(code), sectors)]
    else:
        lines.append("no bands: nothing was drawn; --draws 256 gives every number its band")
    if view.assumed_parts:
        value = branch.values_without.get((code, "real_income_pct"))
        count = len(view.assumed_parts)
        text = f"{count} measures or tables have levels that are ours and not the source's"
        lines.append(text if value is None else f"{text}; without them real income is {signed(value)} %")
    return lines


def _income(branch: BranchView, code: str) -> Tile:
    key = (code, "real_income_pct")
    value, amount = branch.values[key], (code, "real_income_musd")
    each = count_of(code, COUNTRY_GROUPS.get(code, ()))
    sure = _sure(branch, key)
    lines = _amounts(branch.values[amount], each)
    if amount in branch.bands:
        lines = _between(branch.bands[amount], each) if sure and not clear(value, sure.band) else lines
    return _tile("Real income", f"{signed(value)} %", lines, value, sure, valued=True, ranged=amount in branch.bands)


def _amounts(musd: float, each: Count | None) -> list[str]:
    """Return an amount in dollars, and for each person where they are counted."""
    lines = [f"{dollars(musd)} a year"]
    if each is not None:
        lines.append(f"{dollars_each(musd, each.number)} a year for each {each.unit}")
    return lines


def _between(band: Band, each: Count | None) -> list[str]:
    """Return the ends of a band in dollars, where the sign of what is between them is not known."""
    lines = [f"between {dollars(band[0])} and {dollars(band[1])} a year"]
    if each is not None:
        low, high = (dollars_each(end, each.number) for end in band)
        lines.append(f"{low} to {high} a year for each {each.unit}")
    return lines


def _prices(branch: BranchView, code: str, money: str) -> Tile:
    key = (code, "consumer_prices_pct")
    wages = branch.values[code, "consumer_prices_wage_pct"]
    lines = [money, f"{signed(wages)} % against the wages earned there"]
    return _tile("Consumer prices", f"{signed(branch.values[key])} %", lines, branch.values[key], _sure(branch, key))


def _trade(branch: BranchView, code: str) -> tuple[Tile, Tile]:
    key = (code, "exports_pct")
    lines = [f"{dollars(branch.values[code, 'exports_change_musd'])} a year"]
    exports = _tile("Exports", f"{signed(branch.values[key])} %", lines, branch.values[key], _sure(branch, key))
    key = (code, "tariff_revenue_change_musd")
    change, level = branch.values[key], branch.values[code, "tariff_revenue_musd"]
    before = level - change
    share = f"{signed(100 * change / before)} %, to {_level(level)} a year" if before > 0 else f"to {_level(level)}"
    return exports, _tile("Tariff revenue", dollars(change), [share], change, _sure(branch, key), unit="USD")


def _tile(
    label: str, number: str, lines: list[str], value: float, sure: Sure | None, *, unit: str = "%",
    valued: bool = False, ranged: bool = False,
) -> Tile:  # fmt: skip
    """Return a tile; where the band holds zero, what is large is that, and amounts whose sign is unknown are left out.

    Args:
        number: the value with its unit. valued: more is better, so that its sign has a colour. ranged: the lines say
            the ends of the band, so that they stay where the sign is unknown.
    """
    sign = "none" if not valued or value == 0 else "gain" if value > 0 else "loss"
    if sure is None:
        return Tile(label, number, tuple(lines), sign=sign)
    told = f"{sure.levels}: {dollar_band(sure.band) if unit == 'USD' else band_text(sure.band, unit)}"
    strip = (sure.band[0], value, sure.band[1])
    if not clear(value, sure.band):
        rest = (f"central: {number}", *(lines if ranged else ()))
        return Tile(label, NO_EFFECT, rest, told, sure.agree, strip)
    return Tile(label, number, tuple(lines), told, sure.agree, strip, sign)


def _sure(branch: BranchView, key: tuple[str, str]) -> Sure | None:
    """Return how sure a number is; None without draws."""
    if key not in branch.bands:
        return None
    code, variable = key
    drawn = branch.result.bands
    return Sure(branch.band_label, branch.bands[key], "" if drawn is None else agree_text(drawn, variable, code))


def _level(musd: float) -> str:
    return dollars(musd).removeprefix("+")


def _counted(code: str) -> str:
    found = count_of(code, COUNTRY_GROUPS.get(code, ()))
    return "" if found is None else f"{found.unit}s: {found.source}"
