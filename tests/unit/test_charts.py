"""Charts: specifications that the schema accepts, drawn without a browser; layouts that keep amounts and places."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import altair
import pytest

from detente.report.charts import alluvial as flow
from detente.report.charts.alluvial import Link, Node, alluvial, place, ribbons
from detente.report.charts.bars import bars
from detente.report.charts.base import (
    BLUE,
    BRANCH_COLOURS,
    DIVERGING,
    GREY,
    INK,
    ORANGE,
    pdf,
    png,
    svg,
    vega_js,
    vega_version,
)
from detente.report.charts.dots import dots
from detente.report.charts.fan import Edge, apart, fan
from detente.report.charts.heatmap import heatmap
from detente.report.charts.lines import lines
from detente.report.charts.matrix import matrix
from detente.report.charts.plane import KINDS, plane
from detente.report.charts.steps import steps
from detente.report.charts.tiles import places, tile_map
from detente.report.charts.timeline import timeline
from detente.report.charts.tornado import tornado
from detente.report.charts.waterfall import waterfall

EVIL = "<img src=x onerror=1>"
DAY = {"date": "2025-11-10", "text": "deadline"}


def bar_row(label: str, branch: str, value: float) -> dict[str, Any]:
    """Return a row of a bar chart with a band."""
    return {"label": label, "branch": branch, "value": value, "colour": "gain", "low": value - 1, "high": value + 1}


def specs() -> dict[str, dict[str, Any]]:
    """Return one small specification of every chart, with a script for a name wherever a name can be."""
    left, right = [Node(EVIL, 3.0, BLUE), Node("b", 1.0, GREY)], [Node("c", 4.0, ORANGE)]
    step = [
        {"date": day, "rate": 1.0, "line": "A on B", "projected": later}
        for day, later in (("2025-01-01", False), ("2025-10-25", False), ("2025-10-25", True), ("2026-02-10", True))
    ]
    cell = {"rate": 12.0, "before": 3.0, "sectors": [EVIL, "C26"], "rates": [1.0, 2.0], "rates_before": [0.0, 1.0]}
    tile = {"code": "USA", "label": EVIL, "row": 3, "column": 0, "value": -0.2, "shown": "-0.20", "clear": False}
    return {
        "bars": bars(
            [bar_row(EVIL, "main", 1.0), bar_row(EVIL, "threat", 2.0), bar_row(EVIL, "before", 0.5)],
            axis=EVIL, branches=["main", "threat"], description=EVIL, before="before", colours={"gain": BLUE},
        ),
        "waterfall": waterfall(
            [{"label": EVIL, "start": 0.0, "end": 1.0, "kind": "gain", "shown": "+1"}], axis="%", description=EVIL
        ),
        "steps": steps(
            step, axis="%", today="2025-10-25", days=[DAY], colours={"A on B": BLUE}, description=EVIL,
            ends=[{"label": EVIL, "date": "2026-02-10", "rate": 2.0, "line": "A on B", "branch": "x"}],
        ),
        "timeline": timeline(
            [
                {"label": EVIL, "start": "2025-01-01", "end": "2026-01-01", "kind": "in force", "status": "in-force"},
                {"label": "b", "start": "2025-11-01", "end": "2026-01-01", "kind": "not law", "status": "threatened"},
            ],
            today="2025-10-25", days=[DAY], description=EVIL,
        ),
        "tiles": tile_map([tile], legend="%", limit=1.0, description=EVIL),
        "heatmap": heatmap(
            [{"by": "A", "against": "B", **cell}, {"by": "B", "against": "A", **cell}], importers=["A", "B"],
            exporters=["A", "B"], chosen=("A", "B"), axis="%", description=EVIL,
        ),
        "dots": dots(
            [{"label": EVIL, "branch": "main", "value": 1.0, "shown": "+1", "low": 0.0, "high": 2.0}],
            axis="%", branches=["main"], description=EVIL,
        ),
        "lines": lines(
            [{"x": 0.1, "value": 1.0, "line": EVIL}, {"x": 0.2, "value": 2.0, "line": EVIL}], x_axis="rho",
            y_axis="MUSD", colours={EVIL: BLUE}, description=EVIL, mark={"x": 0.15, "text": EVIL},
        ),
        "plane": plane(
            [{"x": 1.0, "y": 2.0, "kind": kind, "package": 0, "contents": EVIL} for kind in KINDS],
            [{"x": 1.0, "y": 2.0, "label": EVIL}], axes=("a", "b"), description=EVIL,
        ),
        "tornado": tornado(
            [{"label": EVIL, "low": -1.0, "high": 2.0}], axis="%", centre=0.5, description=EVIL
        ),
        "matrix": matrix(
            [{"row": EVIL, "column": name, "first": EVIL, "second": "b", "sum": 1.0, "stays": name == "war"}
             for name in ("peace", "war")], axes=("a", "b"), description=EVIL,
        ),
        "fan": fan(
            [Edge(0.0, 1.0, 0, 0.4, BLUE), Edge(0.0, -1.0, 0, None, BLUE)], [{"y": 1.0, "label": EVIL}],
            [{"y": 0.0, "label": EVIL, "dash": True}], axis="%", times=("now", EVIL), description=EVIL,
        ),
        "alluvial": alluvial(
            [left, right], [Link(0, 0, 0, 3.0, BLUE), Link(0, 1, 0, 1.0, GREY)], heads=("x", EVIL), description=EVIL
        ),
    }  # fmt: skip


SPECS = specs()


@pytest.mark.parametrize("name", SPECS)
def test_the_schema_accepts_the_specification(name: str) -> None:
    altair.Chart.from_dict(json.loads(json.dumps(SPECS[name])))


@pytest.mark.parametrize("name", SPECS)
def test_a_chart_is_drawn_with_its_description_and_nothing_in_it_is_markup(name: str) -> None:
    drawn = svg(SPECS[name])
    assert drawn.startswith('<svg role="img" aria-label="&lt;img src=x onerror=1&gt;" ')
    assert "<img" not in drawn
    assert "style=" not in drawn
    assert "href=" not in drawn


def test_data_are_inline_and_no_specification_names_an_address() -> None:
    text = json.dumps(SPECS)
    assert '"url"' not in text
    assert text.count("https://") == text.count("https://vega.github.io/schema/vega-lite/v6.json") == len(SPECS)


def test_the_version_of_the_drawing_library_is_that_of_the_schema() -> None:
    assert f"v{vega_version()}" == ".".join(altair.SCHEMA_VERSION.split(".")[:2])


def test_pictures_and_the_script() -> None:
    assert png(SPECS["bars"]).startswith(b"\x89PNG")
    assert pdf(SPECS["bars"]).startswith(b"%PDF")
    script = vega_js()
    assert b"vegaEmbed" in script
    assert b"</script" not in script
    assert len(script) < 1_100_000


def test_no_label_of_a_fan_stands_on_another_and_their_order_is_that_of_the_numbers() -> None:
    rows = [{"y": y, "label": str(y)} for y in (0.0, 1.0, 0.001, 0.002, 0.003)]
    found = apart(rows)
    places = [row["at"] for row in found]
    assert [row["y"] for row in found] == sorted(row["y"] for row in rows)
    assert all(after - before > 0.05 for before, after in itertools.pairwise(places))
    assert apart([]) == []


COLUMNS = [
    [Node("a", 50.0, BLUE), Node("b", 1.0, GREY), Node("c", 0.2, GREY)],
    [Node("d", 30.0, ORANGE), Node("e", 21.2, GREY)],
]
LINKS = [Link(0, i, j, a.amount * b.amount / 51.2, GREY) for i, a in enumerate(COLUMNS[0]) for j, b in
         enumerate(COLUMNS[1])]  # fmt: skip


def test_an_alluvial_has_one_scale_and_no_overlap() -> None:
    boxes, scale = place(COLUMNS)
    assert scale > 0
    for column, of in zip(COLUMNS, boxes, strict=True):
        for node, box in zip(column, of, strict=True):
            assert box.bottom - box.top == pytest.approx(node.amount * scale)
        for above, below in itertools.pairwise(of):
            assert above.bottom < below.top
            assert (below.top + below.bottom) / 2 - (above.top + above.bottom) / 2 >= flow.SLOT
        assert of[-1].bottom <= flow.HEIGHT + 1e-6


def test_ribbons_fill_their_nodes_exactly() -> None:
    boxes, scale = place(COLUMNS)
    rows = ribbons(COLUMNS, LINKS)
    for i, node in enumerate(COLUMNS[0]):
        mine = [n for n, link in enumerate(LINKS) if link.source == i]
        starts = [next(row for row in rows if row["ribbon"] == n) for n in mine]
        assert min(float(str(row["top"])) for row in starts) == pytest.approx(boxes[0][i].top, abs=0.01)
        assert max(float(str(row["bottom"])) for row in starts) == pytest.approx(boxes[0][i].bottom, abs=0.02)
        assert sum(LINKS[n].amount for n in mine) * scale == pytest.approx(node.amount * scale)
    assert {row["x"] for row in rows if row["ribbon"] == 0} >= {flow.LABELS + flow.BAR}


def test_an_empty_side_is_drawn_too() -> None:
    svg(alluvial([[], [Node("d", 1.0, GREY)], []], [], heads=("a", "b", "c"), description="nothing"))


def test_every_economy_of_the_world_has_a_tile_of_its_own(world: Any) -> None:
    assert set(places()) == set(world.countries)
    assert len(set(places().values())) == len(places())
    assert all(0 <= row <= 12 and 0 <= column <= 21 for row, column in places().values())


@pytest.mark.parametrize(
    ("west", "east"), [("USA", "IRL"), ("FRA", "DEU"), ("IND", "VNM"), ("CHN", "JPN"), ("BRA", "ZAF")]
)
def test_tiles_keep_west_and_east(west: str, east: str) -> None:
    assert places()[west][1] < places()[east][1]


@pytest.mark.parametrize(
    ("north", "south"), [("CAN", "USA"), ("USA", "MEX"), ("SWE", "ITA"), ("CHN", "AUS"), ("EGY", "ZAF")]
)
def test_tiles_keep_north_and_south(north: str, south: str) -> None:
    assert places()[north][0] < places()[south][0]


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("colour", [INK, GREY, BLUE, "#555555", "#00527f"])
def test_text_has_contrast_on_white(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def test_no_map_from_red_to_green_and_categories_that_differ() -> None:
    assert len(set(BRANCH_COLOURS)) == len(BRANCH_COLOURS)
    assert DIVERGING[0] == ORANGE
    assert DIVERGING[-1] == BLUE


def test_a_drawing_is_the_same_whatever_was_drawn_before() -> None:
    first = svg(SPECS["tiles"])
    svg(SPECS["heatmap"])
    assert svg(SPECS["tiles"]) == first
    names = re.findall(r'id="([^"]+)"', first + svg(SPECS["heatmap"]))
    assert len(names) == len(set(names)) >= 2
    assert set(re.findall(r"url\(#([^)]+)\)", first)) <= set(names)
    assert "url(#d" in first
