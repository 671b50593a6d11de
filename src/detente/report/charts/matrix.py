"""A payoff matrix of two players who each do one of two things; cells from which nobody moves are framed."""

from __future__ import annotations

from detente.report.charts.base import DIVERGING, INK, Rows, Spec, chart, values

STEP = 76


def matrix(rows: Rows, *, axes: tuple[str, str], description: str) -> Spec:
    """Return a matrix.

    Args:
        rows: row, column (what each does), first, second (their payoffs as text), sum (a number), stays (bool).
        axes: whose choice the rows and the columns are. description: one sentence.
    """
    order = [list(dict.fromkeys(str(each[key]) for each in rows)) for key in ("row", "column")]
    y = {"field": "row", "type": "nominal", "sort": order[0], "title": axes[0], "axis": {"ticks": False}}
    x = {
        "field": "column",
        "type": "nominal",
        "sort": order[1],
        "title": axes[1],
        "axis": {"ticks": False, "labelAngle": 0, "orient": "top"},
    }
    limit = max((abs(float(each["sum"])) for each in rows), default=1.0) or 1.0
    tile = {
        "data": values(rows),
        "mark": {"type": "rect", "opacity": 0.45},
        "encoding": {
            "x": x,
            "y": y,
            "color": {
                "field": "sum",
                "type": "quantitative",
                "scale": {"domain": [-limit, limit], "range": [DIVERGING[0], DIVERGING[2], DIVERGING[4]]},
                "legend": None,
            },
        },
    }
    frame = {
        "data": values([each for each in rows if each["stays"]]),
        "mark": {"type": "rect", "filled": False, "stroke": INK, "strokeWidth": 4},
        "encoding": {"x": x, "y": y},
    }
    texts = [
        {
            "data": values(rows),
            "mark": {"type": "text", "fontSize": 14, "fontWeight": "bold", "dy": shift},
            "encoding": {"x": x, "y": y, "text": {"field": name}},
        }
        for name, shift in (("first", -11), ("second", 11))
    ]
    return chart([tile, frame, *texts], description=description, width=2 * 140, height=2 * STEP, fixed=True)
