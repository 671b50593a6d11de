"""Numbers and aligned tables in plain text: three significant digits, thousands set apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

DIGITS: Final = 3
NO_NUMBER: Final = "-"


def number(value: float | None, *, change: bool = False) -> str:
    """Return a number with three significant digits, at most three decimals and thousands set apart.

    Args:
        value: the number, or None. change: print the sign of a gain too.
    """
    if value is None or not math.isfinite(value):
        return NO_NUMBER
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    decimals = DIGITS - 1 - magnitude
    shown = round(value, decimals) if decimals < 0 else value
    text = f"{shown:{'+' if change else ''},.{max(0, min(DIGITS, decimals))}f}"
    return text if text.strip("+-0.,") else "0"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """Return an aligned table; the first `left` columns are text and set left, the others right."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = []
    for row in cells:
        parts = [
            text.ljust(width) if column < left else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)
