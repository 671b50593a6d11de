"""The rates of a best policy or a trade war as rows: what was chosen, beside what it was."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.result import Result

MOVED: Final = 1e-9


def rate_rows(result: Result, rates: Array) -> list[dict[str, Any]]:
    """Return the rates that differ from those before, importer first. [percent]

    Args:
        result: whose baseline holds the rates before. rates: (origin, dest, sector), fractions.
    """
    before = np.asarray(result.baseline.tariffs)
    cells = np.argwhere((np.abs(rates - before) > MOVED) & (np.asarray(result.baseline.flows) > 0))
    return [
        {
            "by": result.countries[d],
            "against": result.countries[o],
            "sector": result.sectors[s],
            "rate_pct": 100 * float(rates[o, d, s]),
            "before_pct": 100 * float(before[o, d, s]),
        }
        for o, d, s in cells
    ]
