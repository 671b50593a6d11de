"""Rates over time as steps: what was law is solid, what is projected is grey and dashed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.report.charts.base import GREY, INK, Rows, Spec, chart, values

HEIGHT = 300
TIME = {"type": "temporal", "scale": {"type": "utc"}}


def steps(
    rows: Rows, *, axis: str, today: str, days: Sequence[Mapping[str, str]], ends: Rows, colours: Mapping[str, str],
    description: str,
) -> Spec:  # fmt: skip
    """Return step lines.

    Args:
        rows: date (ISO), rate, line, projected (bool); each line in order of dates, its last day included.
        axis: title with unit. today: ISO day up to which law is known. days: date and text of days to be marked.
        ends: label, date, rate, line: where else a line may end. colours: line -> colour. description: one sentence.
    """
    y = {"field": "rate", "type": "quantitative", "title": axis, "scale": {"zero": True}}
    x = {"field": "date", **TIME, "title": None, "axis": {"format": "%b %Y", "labelAngle": 0, "tickCount": 8}}
    line = {
        "field": "line",
        "type": "nominal",
        "scale": {"domain": [*colours], "range": [*colours.values()]},
        "legend": {"title": None, "orient": "top", "offset": 26},
    }
    tip = [
        {"field": "line", "title": "of"},
        {"field": "date", "type": "temporal", "timeUnit": "utcyearmonthdate", "title": "from", "format": "%Y-%m-%d"},
        {"field": "rate", "type": "quantitative", "title": axis, "format": ".3~g"},
    ]
    known = {
        "data": values([row for row in rows if not row["projected"]]),
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5},
        "encoding": {"x": x, "y": y, "color": line},
    }
    later = {
        "data": values([row for row in rows if row["projected"]]),
        "mark": {
            "type": "line",
            "interpolate": "step-after",
            "strokeWidth": 2,
            "strokeDash": [5, 4],
            "color": GREY,
        },
        "encoding": {"x": x, "y": y, "detail": {"field": "line"}},
    }
    points = {
        "data": values(rows),
        "mark": {"type": "point", "filled": True, "size": 28, "opacity": 1},
        "encoding": {
            "x": x,
            "y": y,
            "color": {
                "condition": {"test": "datum.projected", "value": GREY},
                **line,
            },
            "tooltip": tip,
        },
    }
    return chart(
        [*marked([{"date": today, "text": "as of"}, *days]), known, later, points, *_ends(ends, x, y, line)],
        description=description,
        height=HEIGHT,
    )


def marked(days: Sequence[Mapping[str, str]]) -> list[Spec]:
    """Return a vertical line with words for each day: the first is solid, the others are dashed."""
    found: list[Spec] = []
    for place, day in enumerate(days):
        data, x = values([day]), {"field": "date", **TIME}
        dash = [] if place == 0 else [2, 3]
        found += [
            {
                "data": data,
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1, "strokeDash": dash},
                "encoding": {"x": x},
            },
            {
                "data": data,
                "mark": {
                    "type": "text",
                    "align": "right" if place == 0 else "left",
                    "dx": -2 if place == 0 else 2,
                    "y": -9 - 14 * max(0, place - 1),
                    "baseline": "middle",
                },
                "encoding": {"x": x, "text": {"field": "text"}},
            },
        ]
    return found


def _ends(rows: Rows, x: Mapping[str, Any], y: Mapping[str, Any], line: Mapping[str, Any]) -> list[Spec]:
    if not rows:
        return []
    place = {"x": dict(x), "y": dict(y)}
    return [
        {
            "data": values(rows),
            "mark": {"type": "point", "shape": "diamond", "size": 50, "filled": False, "strokeWidth": 2, "opacity": 1},
            "encoding": {
                **place,
                "color": line,
                "tooltip": [
                    {"field": "label", "title": "branch"},
                    {"field": "line", "title": "of"},
                    {"field": "rate", "type": "quantitative", "format": ".3~g"},
                ],
            },
        },
        {
            "data": values([row for row in rows if row.get("label")]),
            "mark": {"type": "text", "align": "left", "dx": 8},
            "encoding": {**place, "text": {"field": "label"}},
        },
    ]
