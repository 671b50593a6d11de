"""Horizontal bars: one branch as bars with their bands, the others as marks on the same line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.report.charts.base import BLUE, GREY, INK, ORANGE, PALE, SHAPES, Rows, Spec, chart, values, zero

STEP = 20


def bars(
    rows: Rows, *, axis: str, branches: Sequence[str], description: str, before: str = "", colours: Mapping[str, str]
) -> Spec:
    """Return bars of a number by label.

    Args:
        rows: label, branch, value, colour (a key of `colours`), low, high (None without a band), in order of the bars.
        axis: title of the axis, with its unit. branches: the first is drawn as bars, the others as marks.
        description: one sentence. before: name of a branch drawn as a tick. colours: key -> colour.
    """
    order = list(dict.fromkeys(str(row["label"]) for row in rows))
    y = {
        "field": "label",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {"ticks": False, "domain": False},
    }
    x = {"field": "value", "type": "quantitative", "title": axis, "axis": {"tickCount": 6}}
    tip = [
        {"field": "label", "title": "of"},
        {"field": "branch", "title": "branch"},
        {"field": "value", "type": "quantitative", "title": axis, "format": ".3~g"},
    ]
    scale = {"domain": [*colours], "range": [*colours.values()]}
    first = [row for row in rows if row["branch"] == branches[0]]
    layers: list[Spec] = [
        {
            "data": values(first),
            "mark": {"type": "bar", "height": {"band": 0.7}},
            "encoding": {
                "x": x,
                "y": y,
                "color": {"field": "colour", "type": "nominal", "legend": None, "scale": scale},
                "tooltip": tip,
            },
        },
        *_bands(first, y),
    ]
    for place, name in enumerate(branches[1:], start=1):
        layers.append(
            {
                "data": values([row for row in rows if row["branch"] == name]),
                "mark": {
                    "type": "point",
                    "shape": SHAPES[place % len(SHAPES)],
                    "size": 60,
                    "fill": "white",
                    "stroke": INK,
                    "strokeWidth": 1.8,
                    "opacity": 1,
                },
                "encoding": {"x": x, "y": y, "tooltip": tip},
            }
        )
    if before:
        layers.append(
            {
                "data": values([row for row in rows if row["branch"] == before]),
                "mark": {"type": "tick", "color": INK, "thickness": 2.5},
                "encoding": {"x": x, "y": y, "tooltip": tip},
            }
        )
    return chart([*layers, zero()], description=description, height={"step": STEP})


def _bands(rows: Rows, y: Mapping[str, Any]) -> list[Spec]:
    """Return a line over each band, if there are any."""
    known = [row for row in rows if row.get("low") is not None]
    if not known:
        return []
    ends = {
        "x": {"field": "low", "type": "quantitative"},
        "x2": {"field": "high"},
        "y": dict(y),
    }
    return [{"data": values(known), "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5}, "encoding": ends}]


def signs(rows: Rows) -> dict[str, str]:
    """Return colours for rows whose `colour` is "gain", "loss", "unclear" or "neither" (a rise is no gain)."""
    known = {"gain": BLUE, "loss": ORANGE, "unclear": PALE, "neither": GREY}
    return {key: known[key] for key in dict.fromkeys(str(row["colour"]) for row in rows)}
