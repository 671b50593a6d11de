"""Branches side by side: one line an economy, one mark a branch, all on one axis."""

from __future__ import annotations

from collections.abc import Sequence

from detente.report.charts.base import BRANCH_COLOURS, PALE, SHAPES, Rows, Spec, chart, values, zero

STEP = 26


def dots(rows: Rows, *, axis: str, branches: Sequence[str], description: str) -> Spec:
    """Return dots on lines.

    Args:
        rows: label, branch, value, shown, low, high (None without a band). axis: title with unit.
        branches: names in order; each has its shape and colour. description: one sentence.
    """
    order = list(dict.fromkeys(str(row["label"]) for row in rows))
    y = {"field": "label", "type": "nominal", "sort": order, "title": None, "axis": {"ticks": False}}
    x = {"field": "value", "type": "quantitative", "title": axis}
    spread = {
        "data": values(rows),
        "mark": {"type": "rule", "color": PALE, "strokeWidth": 4},
        "encoding": {
            "x": {"aggregate": "min", **x},
            "x2": {"aggregate": "max", "field": "value"},
            "y": y,
        },
    }
    named = {
        "domain": [*branches],
        "range": [BRANCH_COLOURS[place % len(BRANCH_COLOURS)] for place, _ in enumerate(branches)],
    }
    shaped = {"domain": [*branches], "range": [SHAPES[place % len(SHAPES)] for place, _ in enumerate(branches)]}
    legend = {"title": None, "orient": "top", "columns": 3}
    points = {
        "data": values(rows),
        "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y,
            "color": {"field": "branch", "type": "nominal", "scale": named, "legend": legend},
            "shape": {
                "field": "branch",
                "type": "nominal",
                "scale": shaped,
                "legend": {"title": None, "orient": "top"},
            },
            "tooltip": [{"field": "label", "title": "of"}, {"field": "branch"}, {"field": "shown", "title": axis}],
        },
    }
    known = [row for row in rows if row.get("low") is not None]
    bands = {
        "data": values(known),
        "mark": {"type": "rule", "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "low", "type": "quantitative"},
            "x2": {"field": "high"},
            "y": y,
            "color": {"field": "branch", "type": "nominal", "scale": named},
        },
    }
    layers = [spread, *([bands] if known else []), points, zero()]
    return chart(layers, description=description, height={"step": STEP})
