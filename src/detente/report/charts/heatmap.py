"""Average tariffs importer by exporter; below them the sectors of the pair that is chosen by a click."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.report.charts.base import CONFIG, GREY, INK, WIDTH, Rows, Spec, values

CELL = 36
STEP = 17
DARK = 0.19
"""Share of the highest rate above which a cell is light enough for black figures (cividis, square root)."""
SMALLEST = 0.05


def heatmap(
    rows: Rows, *, importers: Sequence[str], exporters: Sequence[str], chosen: tuple[str, str], axis: str,
    description: str,
) -> Spec:  # fmt: skip
    """Return a heatmap with the sectors of one of its cells below.

    Args:
        rows: by, against, rate, before (averages in %), sectors, rates, rates_before (lists of equal length).
        importers, exporters: in order. chosen: (by, against) shown at the start. axis: title with unit.
        description: one sentence.
    """
    highest = max(float(row["rate"]) for row in rows)
    first = {
        "data": values([_cell(row) for row in rows]),
        "width": {"step": CELL},
        "height": {"step": 22},
        "layer": [_cells(importers, exporters, chosen, axis), _numbers(importers, exporters, highest)],
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": description,
        "config": {**CONFIG, "concat": {"spacing": 24}},
        "usermeta": {"fixed": True},
        "vconcat": [first, _sectors(rows, axis)],
        "resolve": {"scale": {"color": "independent"}, "legend": {"color": "independent"}},
    }


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    rate = float(row["rate"])
    shown = "" if rate < SMALLEST else f"{rate:.0f}" if rate >= 9.95 else f"{rate:.1f}"
    return {name: row[name] for name in ("by", "against", "rate", "before")} | {"shown": shown}


def _axes(importers: Sequence[str], exporters: Sequence[str]) -> dict[str, Any]:
    return {
        "x": {
            "field": "by",
            "type": "nominal",
            "sort": [*importers],
            "title": "importer",
            "axis": {"orient": "top", "labelAngle": 0, "domain": False, "ticks": False, "labelFontSize": 11},
        },
        "y": {
            "field": "against",
            "type": "nominal",
            "sort": [*exporters],
            "title": "exporter",
            "axis": {"domain": False, "ticks": False, "labelFontSize": 11},
        },
    }


def _cells(importers: Sequence[str], exporters: Sequence[str], chosen: tuple[str, str], axis: str) -> Spec:
    picked = {"param": "cell", "empty": False}
    return {
        "params": [
            {
                "name": "cell",
                "select": {"type": "point", "fields": ["by", "against"], "on": "click", "toggle": False},
                "value": [{"by": chosen[0], "against": chosen[1]}],
            }
        ],
        "mark": {"type": "rect", "cursor": "pointer"},
        "encoding": {
            **_axes(importers, exporters),
            "color": {
                "field": "rate",
                "type": "quantitative",
                "title": axis,
                "scale": {"scheme": "cividis", "type": "sqrt"},
                "legend": {"orient": "bottom", "gradientLength": 240, "titleLimit": 400},
            },
            "stroke": {"condition": {**picked, "value": INK}, "value": "white"},
            "strokeWidth": {"condition": {**picked, "value": 3}, "value": 1},
            "tooltip": [
                {"field": "by", "title": "importer"},
                {"field": "against", "title": "exporter"},
                {"field": "before", "type": "quantitative", "title": "before, %", "format": ".3~g"},
                {"field": "rate", "type": "quantitative", "title": "after, %", "format": ".3~g"},
            ],
        },
    }


def _numbers(importers: Sequence[str], exporters: Sequence[str], highest: float) -> Spec:
    return {
        "mark": {"type": "text", "fontSize": 10.5},
        "encoding": {
            **_axes(importers, exporters),
            "text": {"field": "shown"},
            "color": {"condition": {"test": f"datum.rate > {DARK * highest:.6g}", "value": "black"}, "value": "white"},
        },
    }


def _sectors(rows: Rows, axis: str) -> Spec:
    data = [
        {"by": row["by"], "against": row["against"], "sector": row["sectors"], "rate": row["rates"],
         "before": row["rates_before"]}
        for row in rows
    ]  # fmt: skip
    y = {"field": "sector", "type": "nominal", "sort": None, "title": None, "axis": {"ticks": False}}
    return {
        "data": values(data),
        "transform": [
            {"filter": {"param": "cell"}},
            {"flatten": ["sector", "rate", "before"]},
        ],
        "width": WIDTH - 260,
        "height": {"step": STEP},
        "layer": [
            {
                "mark": {"type": "bar", "height": {"band": 0.7}, "color": GREY},
                "encoding": {
                    "x": {"field": "rate", "type": "quantitative", "title": axis},
                    "y": y,
                    "tooltip": [
                        {"field": "sector"},
                        {"field": "before", "type": "quantitative", "title": "before, %", "format": ".3~g"},
                        {"field": "rate", "type": "quantitative", "title": "after, %", "format": ".3~g"},
                    ],
                },
            },
            {
                "mark": {"type": "tick", "color": INK, "thickness": 2.5},
                "encoding": {"x": {"field": "before", "type": "quantitative"}, "y": y},
            },
        ],
        "title": {
            "text": "Sectors of the chosen pair; tick: before",
            "fontSize": 12,
            "fontWeight": "normal",
            "anchor": "start",
            "color": INK,
        },
    }
