"""The rates of a best policy or a trade war as rows and as pictures: what was chosen, beside what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.result import Result

MOVED: Final = 1e-9
DRAWN: Final = ("payoffs", "war", "rates")


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


def drawn_search(verb: str, document: Mapping[str, Any], result: Result) -> bytes:
    """Return the pictures of a search as markup, as in its report; what is told in the text of the page is left out.

    Args:
        verb: optimal or nash. document: what was found. result: the equilibrium.
    """
    from detente.report.pages import render
    from detente.report.strategy_story import strategy_story

    story = strategy_story(verb, document, {"main": result}, "")
    parts = [replace(part, notes=(), grids=()) for part in story.parts if part.name in DRAWN]
    return "".join(render("part.html.j2", part=part, live=False) for part in parts).encode()
