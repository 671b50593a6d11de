"""A map of equal tiles: every economy is as large as every other, and no border is drawn."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from detente.report.charts.base import DIVERGING, GREY, INK, Rows, Spec, chart, values

TABLE: Final = Path(__file__).parents[1] / "data" / "tiles.csv"
SIZE: Final = 38


@functools.cache
def places() -> Mapping[str, tuple[int, int]]:
    """Return code -> (row, column) of its tile; own data."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return {row["country"]: (int(row["row"]), int(row["column"])) for row in csv.DictReader(stream)}


def tile_map(rows: Rows, *, legend: str, limit: float, description: str) -> Spec:
    """Return a map of tiles around zero.

    Args:
        rows: code, label, row, column, value (shown in colour, clipped at the limit), shown (as text), clear (bool).
        legend: title with unit. limit: the value with the strongest colour, on both sides. description: one sentence.
    """
    columns = [int(row["column"]) for row in rows]
    lines = [int(row["row"]) for row in rows]
    x = {"field": "column", "type": "ordinal", "axis": None, "scale": {"domain": _span(columns), "paddingInner": 0.05}}
    y = {"field": "row", "type": "ordinal", "axis": None, "scale": {"domain": _span(lines), "paddingInner": 0.05}}
    fill = {
        "field": "value",
        "type": "quantitative",
        "title": legend,
        "scale": {"domain": [-limit, limit], "range": [*DIVERGING], "clamp": True, "interpolate": "rgb"},
        "legend": {"orient": "bottom", "gradientLength": 240, "format": ".2~g", "tickCount": 5, "titleLimit": 400},
    }
    dark = f"abs(datum.value) > {0.62 * limit:.6g}"
    ink = {"condition": {"test": dark, "value": "white"}, "value": INK}
    tile = {
        "mark": {"type": "rect", "cornerRadius": 2},
        "encoding": {
            "x": x,
            "y": y,
            "color": fill,
            "stroke": {"condition": {"test": "!datum.clear", "value": GREY}, "value": None},
            "tooltip": [{"field": "label", "title": "economy"}, {"field": "shown", "title": legend}],
        },
    }
    code = {
        "mark": {"type": "text", "dy": -6, "fontSize": 10.5, "fontWeight": "bold"},
        "encoding": {"x": x, "y": y, "text": {"field": "code"}, "color": ink},
    }
    number = {
        "mark": {"type": "text", "dy": 7, "fontSize": 10},
        "encoding": {"x": x, "y": y, "text": {"field": "shown"}, "color": ink},
    }
    width, height = (SIZE * len(_span(axis)) for axis in (columns, lines))
    return chart(
        [tile, code, number], description=description, width=width, height=height, fixed=True, data=values(rows)
    )


def _span(numbers: list[int]) -> list[int]:
    return [*range(min(numbers), max(numbers) + 1)]
