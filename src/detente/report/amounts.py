"""Numbers in words: signed changes, dollars, amounts per person, bands; and when a sign is not to be told."""

from __future__ import annotations

import math
from typing import Final

from detente.report.text_table import number

Band = tuple[float, float]

MINUS: Final = "\u2212"
HARD: Final = "\u00a0"
"""A blank at which no line breaks."""
NO_EFFECT: Final = "no clear effect"
SMALLEST_USD: Final = 0.5


def signed(value: float | None) -> str:
    """Return a change with its sign and three digits."""
    return number(value, change=True).replace("-", MINUS)


def plain(value: float | None) -> str:
    """Return a level with three digits."""
    return number(value).replace("-", MINUS)


def dollars(musd: float | None) -> str:
    """Return an amount in words: from MUSD to "+$12.3 billion"."""
    if musd is None or not math.isfinite(musd):
        return number(None)
    sign = "+" if musd > 0 else MINUS if musd < 0 else ""
    size = abs(musd)
    for limit, unit in ((1e6, "trillion"), (1e3, "billion"), (1.0, "million")):
        if size >= 0.9995 * limit:
            return f"{sign}${number(max(size / limit, 1.0))} {unit}"
    return f"{sign}${number(1e3 * size)} thousand" if size >= 0.0005 else "$0"


def dollars_each(musd: float, units: float) -> str:
    """Return an amount for one of `units` persons or households, in whole dollars: "+$38"."""
    each = 1e6 * musd / units
    if abs(each) < SMALLEST_USD:
        return "less than $1"
    return f"{'+' if each > 0 else MINUS}${abs(each):,.0f}"


def clear(value: float, band: Band | None) -> bool:
    """Return whether the sign of a number may be told: its band, where there is one, does not hold zero."""
    low, high = band if band is not None else (value, value)
    return low > 0 or high < 0


def band_text(band: Band | None, unit: str = "") -> str:
    """Return a band as "[−1.2, +0.4 %]"; empty without one."""
    if band is None:
        return ""
    return f"[{signed(band[0])}, {signed(band[1])}{f' {unit}' if unit else ''}]"


def in_cell(text: str, band: Band | None) -> str:
    """Return a number with its band for a cell of a table: lines break between the two, never inside the band."""
    return text if band is None else f"{text} {band_text(band).replace(' ', HARD)}"


def dollar_band(band: Band) -> str:
    """Return a band of MUSD as "[+$188 billion, +$221 billion]"."""
    return f"[{dollars(band[0])}, {dollars(band[1])}]"


def change_text(value: float, unit: str, band: Band | None) -> str:
    """Return a change for a sentence: the number, with its band, or "no clear effect" where the band holds zero."""
    if not clear(value, band):
        return f"{NO_EFFECT} {band_text(band, unit)}".strip()
    text = f"{signed(value)} {unit}".strip()
    return f"{text} {band_text(band)}" if band is not None else text
