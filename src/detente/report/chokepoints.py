"""What instruments do, measure by measure, and what rests on how critical inputs are replaced: rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from detente.core.result import Result
from detente.report.select import BranchView
from detente.report.text_table import number
from detente.scenario.ladder import Rung

FELT: Final = 1e-4
"""Percent of price below which an instrument is not felt."""


@dataclass(frozen=True)
class Felt:
    """One measure: trade it touches, what is left of it, the highest shadow price, who gets how much.

    Attributes:
        measure, kind, to: words. bounds, binding: how many bounds, and how many are felt. base_musd: trade touched.
        volume_pct: of the baseline, all together. shadow_price_pct: the largest. rent_musd: in all.
    """

    measure: str
    kind: str
    bounds: int
    binding: int
    base_musd: float
    volume_pct: float
    shadow_price_pct: float
    rent_musd: float
    to: str


def felt(result: Result) -> list[Felt]:
    """Return the instruments of a result, one row for each measure, in the order of the file."""
    columns = result.columns("instruments")
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["measure"], row["kind"]), []).append(row)
    return [_felt(*key, group) for key, group in groups.items()]


def _felt(measure: str, kind: str, rows: Sequence[dict[str, Any]]) -> Felt:
    base = sum(row["base_musd"] for row in rows)
    prices = [row["shadow_price_pct"] or 0.0 for row in rows]
    volume = sum(row["volume_pct"] * row["base_musd"] for row in rows) / base if base else 0.0
    return Felt(
        measure,
        kind,
        len(rows),
        sum(abs(price) > FELT for price in prices),
        base,
        volume,
        max(prices, key=abs),
        sum(row["rent_musd"] for row in rows),
        ", ".join(dict.fromkeys(str(row["to"]) for row in rows)),
    )


def instrument_lines(branch: BranchView) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of the table of instruments; no rows without instruments."""
    head = [
        "instrument",
        "kind",
        "rent to",
        "bounds felt",
        "trade, MUSD",
        "volume, % of base",
        "price, %",
        "rent, MUSD",
    ]
    rows = [
        [
            each.measure, each.kind, each.to, f"{each.binding} of {each.bounds}", number(each.base_musd),
            number(each.volume_pct), number(each.shadow_price_pct, change=True), number(each.rent_musd, change=True),
        ]
        for each in felt(branch.result)
    ]  # fmt: skip
    return head, rows


def ladder_lines(rungs: Sequence[Rung], countries: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return price, rent and what the bounds on critical inputs do to real income at each rho, in MUSD.

    Args:
        rungs: of one branch. countries: shown in the columns.
    """
    head = ["rho", "price, %", "rent, MUSD", *countries]
    return head, [_rung(rung, countries) for rung in rungs]


def user_lines(rungs: Sequence[Rung], countries: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return what the bounds on critical inputs do to the output of their users, in pp, at the hardest rho solved."""
    solved = [rung for rung in rungs if rung.solved]
    if not solved:
        return [], []
    hardest = solved[0]
    tight, free = _output(hardest.result), _output(hardest.free)
    users = list(dict.fromkeys(sector for item in hardest.result.critical for _, sector in item.users))
    known = [code for code in countries if code in hardest.result.countries]
    rows = [
        [user, *(number(tight[code, user] - free[code, user], change=True) for code in known)]
        for user in users
        if all((code, user) in tight for code in known)
    ]
    return [f"output of users, pp, rho {hardest.rho:g}", *known], rows


def _rung(rung: Rung, countries: Sequence[str]) -> list[str]:
    if not rung.solved:
        return [f"{rung.rho:g}", rung.result.status, *("-" for _ in range(1 + len(countries)))]
    critical = {item.sector for item in rung.result.critical}
    columns = rung.result.columns("instruments")
    rows = zip(columns["sector"], columns["shadow_price_pct"], columns["rent_musd"], strict=True)
    mine = [(price or 0.0, rent) for sector, price, rent in rows if sector in critical]
    tight, free = real_income(rung.result), real_income(rung.free)
    effects = [tight[code] - free[code] if code in tight else None for code in countries]
    return [
        f"{rung.rho:g}",
        number(max((price for price, _ in mine), default=0.0), change=True),
        number(sum(rent for _, rent in mine), change=True),
        *(number(effect, change=True) for effect in effects),
    ]


def real_income(result: Result) -> dict[str, float]:
    """Return real income by economy and group, against the comparator. [MUSD]"""
    table = result.columns("countries")
    rows = zip(table["country"], table["variable"], table["value"], strict=True)
    return {code: value for code, variable, value in rows if variable == "real_income_musd"}


def _output(result: Result) -> dict[tuple[str, str], float]:
    table = result.columns("sectors")
    keys = zip(table["country"], table["sector"], table["variable"], table["value"], strict=True)
    return {(code, sector): value for code, sector, variable, value in keys if variable == "output_volume_pct"}
