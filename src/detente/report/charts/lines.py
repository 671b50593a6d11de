"""A number against one that is varied: a line for each economy, marked where it was solved."""

from __future__ import annotations

from collections.abc import Mapping

from detente.report.charts.base import GREY, Rows, Spec, chart, values, zero

HEIGHT = 240


def lines(
    rows: Rows, *, x_axis: str, y_axis: str, colours: Mapping[str, str], description: str, mark: Spec | None = None
) -> Spec:
    """Return lines through the points that were solved.

    Args:
        rows: x, value, line. x_axis, y_axis: titles with units. colours: line -> colour. description: one sentence.
        mark: x and text of a place to be pointed at.
    """
    encoding = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "title": x_axis,
            "scale": {"zero": False, "padding": 12},
            "axis": {"tickCount": 5},
        },
        "y": {"field": "value", "type": "quantitative", "title": y_axis},
        "color": {
            "field": "line",
            "type": "nominal",
            "scale": {"domain": [*colours], "range": [*colours.values()]},
            "legend": {"title": None, "orient": "top"},
        },
        "strokeDash": {"field": "line", "type": "nominal", "legend": None},
        "tooltip": [
            {"field": "line", "title": "of"},
            {"field": "x", "type": "quantitative", "title": x_axis},
            {"field": "value", "type": "quantitative", "title": y_axis, "format": ",.3~r"},
        ],
    }
    line = {"data": values(rows), "mark": {"type": "line", "point": {"size": 40}}, "encoding": encoding}
    return chart([zero("y"), *_pointed(mark), line], description=description, height=HEIGHT)


def _pointed(mark: Spec | None) -> list[Spec]:
    """Return a dashed line across with its words, if a place is to be pointed at."""
    if mark is None:
        return []
    x = {"field": "x", "type": "quantitative"}
    rule = {"type": "rule", "color": GREY, "strokeDash": [4, 3]}
    words = {"type": "text", "align": "left", "dx": 5, "baseline": "bottom", "color": GREY}
    text = {"x": x, "y": {"value": HEIGHT - 4}, "text": {"field": "text"}}
    return [
        {"data": values([mark]), "mark": rule, "encoding": {"x": x}},
        {"data": values([mark]), "mark": words, "encoding": text},
    ]
