"""Alluvial of amounts: columns of nodes, ribbons between neighbours. The layout is our own; one scale for all amounts.

A node is as high as its amount; where it is lower than a line of text it stands in a slot of that height. Ribbons leave
and enter nodes from top to bottom in the order of the other side, so that none crosses another without need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.report.charts.base import INK, Spec, chart, values

WIDTH: Final = 640.0
HEIGHT: Final = 430.0
LABELS: Final = 150.0
"""Room for words left of the first and right of the last column."""
BAR: Final = 12.0
GAP: Final = 5.0
SLOT: Final = 15.0
POINTS: Final = 13


@dataclass(frozen=True)
class Node:
    """An amount in a column. shown: its words on the chart. colour: of its bar. amount: not negative."""

    shown: str
    amount: float
    colour: str


@dataclass(frozen=True)
class Link:
    """An amount from a node of one column to a node of the next: column of the first, positions of both."""

    column: int
    source: int
    target: int
    amount: float
    colour: str


@dataclass(frozen=True)
class Box:
    """Where a node stands, from the top. [pixels]"""

    top: float
    bottom: float


def place(columns: Sequence[Sequence[Node]], height: float = HEIGHT) -> tuple[list[list[Box]], float]:
    """Return a box for each node and the pixels of one unit.

    Laws: heights of boxes are amounts times the scale; boxes of a column do not overlap and fit the height.
    """
    scale = min((_scale(column, height) for column in columns if column), default=0.0)
    placed = []
    for column in columns:
        top, boxes = 0.0, []
        for node in column:
            size = node.amount * scale
            slot = max(size, SLOT)
            middle = top + slot / 2
            boxes.append(Box(middle - size / 2, middle + size / 2))
            top += slot + GAP
        placed.append(boxes)
    return placed, scale


def _scale(column: Sequence[Node], height: float) -> float:
    """Return the largest scale at which a column fits, by bisection: slots have a least height."""
    total = sum(node.amount for node in column)
    room = height - GAP * (len(column) - 1)
    if total <= 0:
        return float("inf")
    low, high = 0.0, room / total
    for _ in range(60):
        middle = (low + high) / 2
        fits = sum(max(node.amount * middle, SLOT) for node in column) <= room
        low, high = (middle, high) if fits else (low, middle)
    return low


def ribbons(columns: Sequence[Sequence[Node]], links: Sequence[Link]) -> list[dict[str, object]]:
    """Return points of the edges of each ribbon: ribbon, x, top, bottom, colour."""
    boxes, scale = place(columns)
    left, right = _offsets(boxes, links, scale)
    rows: list[dict[str, object]] = []
    for number, link in enumerate(links):
        start = _x(link.column, len(columns)) + BAR
        end = _x(link.column + 1, len(columns))
        size = link.amount * scale
        for step in range(POINTS):
            part = step / (POINTS - 1)
            eased = part * part * (3 - 2 * part)
            top = left[number] + (right[number] - left[number]) * eased
            x = start + (end - start) * part
            rows.append(
                {"ribbon": number, "x": round(x, 1), "top": round(top, 2), "bottom": round(top + size, 2),
                 "colour": link.colour}
            )  # fmt: skip
    return rows


def _offsets(
    boxes: Sequence[Sequence[Box]], links: Sequence[Link], scale: float
) -> tuple[dict[int, float], dict[int, float]]:
    """Return where each ribbon leaves and where it enters, from the top."""
    left, right = dict[int, float](), dict[int, float]()
    used = dict[tuple[int, int, str], float]()
    by_target = sorted(range(len(links)), key=lambda n: (links[n].column, links[n].source, links[n].target))
    for number in by_target:
        link = links[number]
        key = (link.column, link.source, "out")
        left[number] = boxes[link.column][link.source].top + used.get(key, 0.0)
        used[key] = used.get(key, 0.0) + link.amount * scale
    by_source = sorted(range(len(links)), key=lambda n: (links[n].column, links[n].target, links[n].source))
    for number in by_source:
        link = links[number]
        key = (link.column + 1, link.target, "in")
        right[number] = boxes[link.column + 1][link.target].top + used.get(key, 0.0)
        used[key] = used.get(key, 0.0) + link.amount * scale
    return left, right


def _x(column: int, count: int) -> float:
    return LABELS + column * (WIDTH - 2 * LABELS - BAR) / max(1, count - 1)


def alluvial(
    columns: Sequence[Sequence[Node]], links: Sequence[Link], *, heads: Sequence[str], description: str
) -> Spec:
    """Return columns of nodes with ribbons between neighbours.

    Args:
        columns: from left to right. links: between neighbours. heads: words above each column. description: one
            sentence.
    """
    boxes, _ = place(columns)
    x = {"field": "x", "type": "quantitative", "scale": {"domain": [0, WIDTH], "nice": False}, "axis": None}
    low = max((box.bottom for column in boxes for box in column), default=HEIGHT)
    y = {"field": "top", "type": "quantitative", "scale": {"domain": [max(low, 1.0), -22], "nice": False}, "axis": None}
    bars, texts = [], []
    for place_, (column, of) in enumerate(zip(columns, boxes, strict=True)):
        at, last = _x(place_, len(columns)), place_ == len(columns) - 1
        side = "left" if place_ == 0 else "right"
        for node, box in zip(column, of, strict=True):
            bars.append({"x": at, "x2": at + BAR, "top": box.top, "bottom": box.bottom, "colour": node.colour})
            word = at - 6 if place_ == 0 else at + BAR + 6
            texts.append({"x": word, "top": (box.top + box.bottom) / 2, "text": node.shown, "side": side})
        head = at + BAR if place_ == 0 else at + BAR / 2 if not last else at
        texts.append({"x": head, "top": -12, "text": heads[place_], "side": ("head left", "head middle", "head right")[
            0 if place_ == 0 else 2 if last else 1]})  # fmt: skip
    layers: list[Spec] = [
        {
            "data": values(ribbons(columns, links)),
            "mark": {"type": "area", "opacity": 0.42, "interpolate": "monotone"},
            "encoding": {"x": x, "y": y, "y2": {"field": "bottom"}, "detail": {"field": "ribbon"}, "color": _own()},
        },
        {
            "data": values(bars),
            "mark": {"type": "rect"},
            "encoding": {"x": x, "x2": {"field": "x2"}, "y": y, "y2": {"field": "bottom"}, "color": _own()},
        },
    ]
    aligned = {"left": "right", "right": "left", "head left": "right", "head middle": "center", "head right": "left"}
    for side, align in aligned.items():
        shown = [row for row in texts if row["side"] == side]
        layers.append(
            {
                "data": values(shown),
                "mark": {
                    "type": "text",
                    "align": align,
                    "baseline": "middle",
                    "fontWeight": "bold" if side.startswith("head") else "normal",
                    "color": INK,
                },
                "encoding": {"x": x, "y": y, "text": {"field": "text"}},
            }
        )
    return chart(layers, description=description, width=int(WIDTH), height=int(HEIGHT), fixed=True)


def _own() -> dict[str, object]:
    """Return an encoding in which the data hold the colours themselves."""
    return {"field": "colour", "type": "nominal", "scale": None, "legend": None}
