"""The payoff plane of talks: what each package brings both sides against no deal, and which both would sign."""

from __future__ import annotations

from collections.abc import Mapping

from detente.report.charts.base import BLUE, GREY, INK, ORANGE, Rows, Spec, chart, values, zero

HEIGHT = 420
KINDS: Mapping[str, tuple[str, str]] = {
    "refused by one side": ("circle", "#B8B8B8"),
    "accepted by both": ("circle", BLUE),
    "accepted, none better for both": ("diamond", INK),
}


def plane(rows: Rows, points: Rows, *, axes: tuple[str, str], description: str) -> Spec:
    """Return packages as points; no deal is where the lines through zero cross.

    Args:
        rows: x, y, kind (a key of `KINDS`), package, contents. points: x, y, label: the bargaining solutions.
        axes: titles with unit. description: one sentence.
    """
    x, y = (
        {"field": name, "type": "quantitative", "title": title, "axis": {"tickCount": 6}}
        for name, title in zip("xy", axes, strict=True)
    )
    kind = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": [*KINDS], "range": [colour for _, colour in KINDS.values()]},
        "legend": {"title": None, "orient": "top", "labelLimit": 240},
    }
    shape = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": [*KINDS], "range": [shape for shape, _ in KINDS.values()]},
        "legend": {"title": None, "orient": "top", "labelLimit": 240},
    }
    edge = sorted((row for row in rows if row["kind"].endswith("both") and "none" in row["kind"]), key=lambda r: r["x"])
    layers: list[Spec] = [
        *_bargaining_set(rows, x, y),
        zero("x"),
        zero("y"),
        {
            "data": values(edge),
            "mark": {"type": "line", "color": GREY, "strokeWidth": 1.5, "interpolate": "linear"},
            "encoding": {"x": x, "y": y, "order": {"field": "x"}},
        },
        {
            "data": values(rows),
            "mark": {"type": "point", "filled": True, "size": 36, "opacity": 0.9},
            "encoding": {
                "x": x,
                "y": y,
                "color": kind,
                "shape": shape,
                "tooltip": [
                    {"field": "package", "title": "package"},
                    {"field": "contents", "title": "contents"},
                    {"field": "x", "type": "quantitative", "title": axes[0], "format": ".3~g"},
                    {"field": "y", "type": "quantitative", "title": axes[1], "format": ".3~g"},
                ],
            },
        },
        {
            "data": values(points),
            "mark": {"type": "point", "size": 190, "stroke": ORANGE, "strokeWidth": 3, "fill": None, "opacity": 1},
            "encoding": {"x": x, "y": y, "tooltip": [{"field": "label", "title": "solution"}]},
        },
        *_words(rows, points, x, y),
    ]
    return chart(layers, description=description, height=HEIGHT)


def _bargaining_set(rows: Rows, x: Spec, y: Spec) -> list[Spec]:
    """Return a pale field where both gain, if any package is in it."""
    right, top = (max((float(row[name]) for row in rows), default=0.0) for name in "xy")
    if right <= 0 or top <= 0:
        return []
    field = {"x": 0, "y": 0, "right": 1.03 * right, "top": 1.03 * top}
    return [
        {
            "data": values([field]),
            "mark": {"type": "rect", "color": BLUE, "opacity": 0.07},
            "encoding": {"x": x, "y": y, "x2": {"field": "right"}, "y2": {"field": "top"}},
        }
    ]


def _words(rows: Rows, points: Rows, x: Spec, y: Spec) -> list[Spec]:
    """Return the names of the solutions, on the side where there is room, and of no deal."""
    span = [float(row["x"]) for row in rows] or [0.0]
    middle = (min(span) + max(span)) / 2
    sides = {
        "right": [row for row in points if float(row["x"]) > middle],
        "left": [row for row in points if float(row["x"]) <= middle],
    }
    sides["left"] = [*sides["left"], {"x": 0, "y": 0, "label": "no deal"}]
    return [
        {
            "data": values(shown),
            "mark": {
                "type": "text",
                "align": side,
                "dx": -14 if side == "right" else 8,
                "dy": -10 if side == "right" else 12,
                "fontWeight": "bold",
            },
            "encoding": {"x": x, "y": y, "text": {"field": "label"}},
        }
        for side, shown in sides.items()
        if shown
    ]
