"""A tree of what may come as a fan: time to the right, a number upwards, lines as thick as their odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detente.report.charts.base import GREY, INK, Rows, Spec, chart, values

HEIGHT = 360
GAP = 0.055
"""Least distance between two labels, over the height of the picture."""


@dataclass(frozen=True)
class Edge:
    """A step from one node to the next. depth: where it starts. odds: None where nobody gave any."""

    start: float
    end: float
    depth: int
    odds: float | None
    colour: str


def fan(edges: Sequence[Edge], leaves: Rows, marks: Rows, *, axis: str, times: Sequence[str], description: str) -> Spec:
    """Return a fan.

    Args:
        edges: steps. leaves: y, label: where it ends, in words. marks: y, label, dash (bool): levels across.
        axis: title of the number, with unit. times: words below each depth. description: one sentence.
    """
    deep = len(times) - 1
    y = {"field": "y", "type": "quantitative", "title": axis, "scale": {"zero": False, "padding": 14}}
    x = {
        "field": "x",
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [0, 1.75 * deep], "nice": False},
        "axis": None,
    }
    below = {
        "data": values([{"x": depth, "time": text} for depth, text in enumerate(times)]),
        "mark": {"type": "text", "baseline": "top", "align": "center", "color": GREY},
        "encoding": {"x": x, "y": {"value": HEIGHT + 6}, "text": {"field": "time"}},
    }
    layers = [*_levels(marks, x, y, deep), _steps(edges, x, y), *_words([*leaves, *marks], x, y, deep), below]
    return chart(
        layers, description=description, height=HEIGHT, padding={"left": 5, "right": 5, "top": 5, "bottom": 24}
    )


def _steps(edges: Sequence[Edge], x: Spec, y: Spec) -> Spec:
    """Return the steps as lines, as thick as their odds."""
    drawn = [
        {"x": each.depth, "y": each.start, "x2": each.depth + 1, "y2": each.end, "colour": each.colour,
         "width": 2.0 if each.odds is None else 1.5 + 22 * each.odds}
        for each in edges
    ]  # fmt: skip
    tones = list(dict.fromkeys(each.colour for each in edges))
    return {
        "data": values(drawn),
        "mark": {"type": "rule", "opacity": 0.75, "strokeCap": "round"},
        "encoding": {
            "x": x,
            "y": y,
            "x2": {"field": "x2"},
            "y2": {"field": "y2"},
            "strokeWidth": {"field": "width", "type": "quantitative", "scale": None, "legend": None},
            "color": {"field": "colour", "type": "nominal", "scale": {"domain": tones, "range": tones}, "legend": None},
        },
    }


def _words(rows: Rows, x: Spec, y: Spec, deep: int) -> list[Spec]:
    """Return what each end is, in words that do not stand on each other, and what leads to them."""
    placed = apart(rows)
    words = {
        "data": values([{**row, "x": deep} for row in placed]),
        "mark": {"type": "text", "align": "left", "dx": 22},
        "encoding": {"x": x, "y": {**y, "field": "at"}, "text": {"field": "label"}},
    }
    leads = {
        "data": values([{**row, "x": deep, "x2": deep + 0.045 * deep} for row in placed]),
        "mark": {"type": "rule", "color": GREY, "strokeWidth": 0.8},
        "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "at"}},
    }
    return [leads, words]


def _levels(marks: Rows, x: Spec, y: Spec, deep: int) -> list[Spec]:
    """Return levels across the picture, what is expected as a line, what it is compared with dashed."""
    found: list[Spec] = []
    for dashed in (False, True):
        rows = [{**row, "x": 0, "x2": deep} for row in marks if bool(row["dash"]) == dashed]
        mark: Spec = {"type": "rule", "color": GREY if dashed else INK, "strokeWidth": 1.5}
        mark |= {"strokeDash": [5, 4]} if dashed else {}
        if rows:
            found.append({"data": values(rows), "mark": mark, "encoding": {"x": x, "x2": {"field": "x2"}, "y": y}})
    return found


def apart(rows: Rows) -> list[Spec]:
    """Return rows with a place `at` for each label: in order of y, and none on another."""
    every = [float(row["y"]) for row in rows] or [0.0]
    gap = GAP * ((max(every) - min(every)) or 1.0)
    found: list[Spec] = []
    for row in sorted(rows, key=lambda each: float(each["y"])):
        low = found[-1]["at"] + gap if found else float(row["y"])
        found.append({**row, "at": max(float(row["y"]), low)})
    over = sum(row["at"] - float(row["y"]) for row in found) / (len(found) or 1)
    return [{**row, "at": row["at"] - over} for row in found]
