"""How sure the numbers are, in words and rows: median and band of each, what the band rests on, what moves it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.core.bands import CENTRE, Bands
from detente.report.select import BranchView, Line
from detente.report.text_table import number

VARIABLE: Final = "real_income_pct"
"""The number whose assumptions are shown; table "assumptions" has all of them."""
SHOWN: Final = 5
FOCUS: Final = 2
TOLD: Final = 3
LEAST: Final = 0.005
"""Part of the variance below which an assumption is not worth a row."""


@dataclass(frozen=True)
class Row:
    """What one assumption does to one number: the number at its low and its high end, and its part of the variance."""

    country: str
    variable: str
    assumption: str
    at_low: float
    at_high: float
    low: float
    high: float
    share_pct: float


def banded(branch: BranchView, line: Line, code: str, say: Callable[[float | None], str]) -> str:
    """Return a number as printed: with draws its median and, in brackets, its band."""
    bands, value = branch.result.bands, branch.values.get((code, line.variable))
    if bands is None or value is None:
        return say(value)
    v, n = bands.place(line.variable, code)
    middle = bands.quantile[bands.levels.index(CENTRE), v, n] if CENTRE in bands.levels else value
    low, high = float(bands.quantile[0, v, n]), float(bands.quantile[-1, v, n])
    return f"{say(float(middle))} [{say(low)}, {say(high)}]"


def agree_text(bands: Bands, variable: str, code: str) -> str:
    """Return how many draws have the sign that most have: "all 64 draws below zero"; "" where that is not known."""
    found = bands.agreeing(variable, code)
    if found is None:
        return ""
    count, plus = found
    told = f"all {count}" if count == bands.certified else f"{count} of {bands.certified}"
    return f"{told} draws {'above' if plus else 'below'} zero"


def drawn_line(bands: Bands) -> str:
    """Return in words what the bands rest on: how many draws of how many assumptions, and how they ended."""
    failed = f", {len(bands.failed)} of them without an equilibrium and left out" if bands.failed else ", all solved"
    what = f" of {len(bands.assumptions)} uncertain assumptions" if bands.assumptions else ""
    held = 100 * (bands.levels[-1] - bands.levels[0])
    return (
        f"bands: {bands.asked} draws{what} ({bands.method}, seed {bands.seed}){failed}; a band holds {held:g} % of them"
    )


def most_moving(bands: Bands, code: str, name: str, sectors: Mapping[str, str]) -> list[str]:
    """Return which assumption explains most of the variance of real income, as a sentence; none with few draws.

    Args:
        code, name: of the economy. sectors: names of sectors.
    """
    rows = strongest(bands, [code])[:1] if code in bands.labels else []
    return [
        f"most of the band of real income of {name}: {in_words(row.assumption, sectors)}, "
        f"{number(row.share_pct)} % of the variance"
        for row in rows
    ]


def in_words(assumption: str, sectors: Mapping[str, str]) -> str:
    """Return an assumption with the name of its sector: "elasticity SERV" is the trade elasticity of services."""
    kind, _, code = assumption.partition(" ")
    return f"trade elasticity of {sectors[code]} ({code})" if kind == "elasticity" and code in sectors else assumption


def in_brackets(bands: Bands) -> str:
    """Return what stands in a cell, in words."""
    first = "median" if CENTRE in bands.levels else "central run"
    return f"{first} [{100 * bands.levels[0]:g}-{100 * bands.levels[-1]:g} %]"


def band_lines(bands: Bands, countries: Sequence[str]) -> list[str]:
    """Return what bands rest on: draws, how far they have converged, draws that failed by number."""
    lines = [bands.line]
    known = [share for code in countries if (share := bands.unsure(VARIABLE, code)) is not None]
    if known:
        lines[0] += f" · the ends of a band are known to within {100 * max(known):.0f} % of its width or better"
    elif bands.error is None:
        lines[0] += " · a quadrature: mean and variance of a normal distribution, whose ends are not quantiles"
    if bands.failed:
        told = [f"{each.draw} ({each.status}: {each.text})" for each in bands.failed[:TOLD]]
        more = f" and {len(bands.failed) - TOLD} more" if len(bands.failed) > TOLD else ""
        lines.append(f"draws without numbers, left out of the bands: {'; '.join(told)}{more}")
    if bands.influence is None:
        lines.append("too few draws to tell which assumption matters")
    return lines


def strongest(bands: Bands, countries: Sequence[str], *, shown: int = SHOWN) -> list[Row]:
    """Return the assumptions that explain most of the variance of real income, for the first countries shown."""
    influence, rows = bands.influence, []
    if influence is None:
        return []
    for code in countries[:FOCUS]:
        v, n = bands.place(VARIABLE, code)
        share = influence.share[:, v, n]
        for k in [int(k) for k in np.argsort(-share)[:shown] if share[k] >= LEAST]:
            a = bands.assumptions[k]
            low, high = float(influence.low[k, v, n]), float(influence.high[k, v, n])
            rows.append(Row(code, VARIABLE, a.name, a.low, a.high, low, high, 100 * float(share[k])))
    return rows


def assumption_lines(bands: Bands, countries: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a tornado: from the low to the high end of each assumption, the others at their mean."""
    head = ["real income, %", "assumption", "from", "to", "low end", "high end", "% of the variance"]
    rows = [
        [row.country, row.assumption, number(row.at_low), number(row.at_high), number(row.low, change=True),
         number(row.high, change=True), number(row.share_pct)]
        for row in strongest(bands, countries)
    ]  # fmt: skip
    return head, rows
