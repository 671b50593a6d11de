"""The exact decomposition of a change as a waterfall: parts one after the other, then their sum."""

from __future__ import annotations

from detente.report.charts.base import BLUE, INK, ORANGE, Rows, Spec, chart, values, zero

STEP = 30


def waterfall(rows: Rows, *, axis: str, description: str) -> Spec:
    """Return a waterfall.

    Args:
        rows: label, start, end, kind ("gain", "loss" or "total"), shown (the number as text), in order.
        axis: title with unit. description: one sentence.
    """
    order = [str(row["label"]) for row in rows]
    y = {
        "field": "label",
        "type": "nominal",
        "sort": order,
        "title": None,
        "axis": {"ticks": False, "domain": False},
    }
    placed = [{**row, "right": max(float(row["start"]), float(row["end"]), 0.0)} for row in rows]
    colour = {
        "field": "kind",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["gain", "loss", "total"], "range": [BLUE, ORANGE, INK]},
    }
    bar = {
        "data": values(placed),
        "mark": {"type": "bar", "height": {"band": 0.6}},
        "encoding": {
            "x": {"field": "start", "type": "quantitative", "title": axis, "axis": {"tickCount": 6}},
            "x2": {"field": "end"},
            "y": y,
            "color": colour,
            "tooltip": [{"field": "label", "title": "part"}, {"field": "shown", "title": axis}],
        },
    }
    text = {
        "data": values(placed),
        "mark": {"type": "text", "align": "left", "dx": 6},
        "encoding": {
            "x": {"field": "right", "type": "quantitative"},
            "y": y,
            "text": {"field": "shown"},
        },
    }
    return chart([bar, text, zero()], description=description, height={"step": STEP})
