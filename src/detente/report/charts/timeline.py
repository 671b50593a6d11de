"""Measures over time: a bar from the first day to the last, solid where law holds, dashed and grey where it may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from detente.report.charts.base import BLUE, GREY, Rows, Spec, chart, values
from detente.report.charts.steps import TIME, marked

STEP = 19
KINDS: Mapping[str, str] = {"in force": BLUE, "scheduled": "#56B4E9", "not law": GREY}


def timeline(rows: Rows, *, today: str, days: Sequence[Mapping[str, str]], description: str) -> Spec:
    """Return one bar a measure.

    Args:
        rows: label, start, end (ISO), kind (a key of `KINDS`), status (in words). today, days: as in `steps`.
        description: one sentence.
    """
    order = [str(row["label"]) for row in rows]
    encoding = {
        "x": {"field": "start", **TIME, "title": None, "axis": {"format": "%b %Y", "labelAngle": 0, "tickCount": 8}},
        "x2": {"field": "end"},
        "y": {
            "field": "label",
            "type": "nominal",
            "sort": order,
            "title": None,
            "axis": {"ticks": False, "domain": False},
        },
        "tooltip": [
            {"field": "label", "title": "measure"},
            {"field": "status"},
            {
                "field": "start",
                "type": "temporal",
                "timeUnit": "utcyearmonthdate",
                "title": "from",
                "format": "%Y-%m-%d",
            },
        ],
    }
    scale = {"domain": [*KINDS], "range": [*KINDS.values()]}
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": scale,
        "legend": {"title": None, "orient": "top", "offset": 26},
    }
    law = {
        "data": values([row for row in rows if row["kind"] != "not law"]),
        "mark": {"type": "bar", "height": {"band": 0.6}},
        "encoding": {**encoding, "color": colour},
    }
    other = {
        "data": values([row for row in rows if row["kind"] == "not law"]),
        "mark": {
            "type": "bar",
            "height": {"band": 0.6},
            "filled": False,
            "stroke": GREY,
            "strokeWidth": 1.5,
            "strokeDash": [4, 3],
        },
        "encoding": {**encoding, "fill": {"value": "white"}},
    }
    words = {
        "data": values(rows),
        "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11},
        "encoding": {
            "x": {"field": "end", **TIME},
            "y": encoding["y"],
            "text": {"field": "status"},
        },
    }
    return chart(
        [*marked([{"date": today, "text": "as of"}, *days]), law, other, words],
        description=description,
        height={"step": STEP},
    )
