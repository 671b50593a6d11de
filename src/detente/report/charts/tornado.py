"""What each assumption does to one number: a bar from its low to its high end, the largest first."""

from __future__ import annotations

from detente.report.charts.base import BLUE, INK, ORANGE, Rows, Spec, chart, values, zero

STEP = 26
ENDS = ("assumption at its low end", "assumption at its high end")


def tornado(rows: Rows, *, axis: str, centre: float, description: str) -> Spec:
    """Return a tornado.

    Args:
        rows: label, low, high (the number where the assumption is at its low or high end), in order.
        axis: title with unit. centre: the number without draws. description: one sentence.
    """
    order = [str(row["label"]) for row in rows]
    y = {"field": "label", "type": "nominal", "sort": order, "title": None, "axis": {"ticks": False, "domain": False}}
    x = {"field": "low", "type": "quantitative", "title": axis, "scale": {"zero": False}, "axis": {"tickCount": 6}}
    span = {
        "data": values(rows),
        "mark": {"type": "rule", "color": INK, "strokeWidth": 2},
        "encoding": {"x": x, "x2": {"field": "high"}, "y": y},
    }
    ends = [{"label": row["label"], "end": ENDS[k], "value": row[("low", "high")[k]]} for row in rows for k in (0, 1)]
    points = {
        "data": values(ends),
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "encoding": {
            "x": {"field": "value", "type": "quantitative"},
            "y": y,
            "color": {
                "field": "end",
                "type": "nominal",
                "scale": {"domain": [*ENDS], "range": [ORANGE, BLUE]},
                "legend": {"title": None, "orient": "top"},
            },
            "shape": {
                "field": "end",
                "type": "nominal",
                "scale": {"domain": [*ENDS], "range": ["diamond", "circle"]},
                "legend": {"title": None, "orient": "top"},
            },
            "tooltip": [
                {"field": "label", "title": "assumption"},
                {"field": "end"},
                {"field": "value", "type": "quantitative", "title": axis, "format": "+.3~r"},
            ],
        },
    }
    middle = {
        "data": {"values": [{"centre": centre}]},
        "mark": {"type": "rule", "color": INK, "strokeDash": [4, 3]},
        "encoding": {"x": {"field": "centre", "type": "quantitative"}},
    }
    return chart([zero(), middle, span, points], description=description, height={"step": STEP})
