"""Charts of a run as static SVG: Vega-Lite made by altair, drawn by vl-convert. No script, no network.

Numbers are inline values; a chart shows rows of the tables and nothing else.
"""

from __future__ import annotations

import html
from typing import Any, Final

from detente.core.codes import WORLD
from detente.report.select import View

COLOURS: Final = {"USA": "#0072B2", "CHN": "#D55E00"}
GREY: Final = "#767676"
INK: Final = "#222222"
SHAPES: Final = ("diamond", "circle", "square", "triangle-up", "cross")
SHOWN_BARS: Final = 20
FONT: Final = "Helvetica, Arial, sans-serif"

Rows = list[dict[str, Any]]


def real_income_rows(view: View) -> Rows:
    """Return real income by economy and branch: those of the headline table and the largest changes."""
    first = view.branches[0]
    codes = view.run.base.countries
    size = sorted(codes, key=lambda code: -abs(first.values[code, "real_income_pct"]))
    asked = [code for code in view.countries if code in codes]
    shown = list(dict.fromkeys([*asked, *size]))[: max(SHOWN_BARS, len(asked))]
    shown.sort(key=lambda code: -first.values[code, "real_income_pct"])
    return [
        {
            "country": code,
            "label": view.label(code),
            "branch": branch.name,
            "value": branch.values[code, "real_income_pct"],
        }
        for code in shown
        for branch in view.branches
    ]


def tariff_rows(view: View) -> Rows:
    """Return the average tariff that the focus importer levies on its largest partners, before and by branch."""
    if view.focus is None:
        return []
    by = view.focus[0]
    found = {origin: row for (origin, dest), row in view.branches[0].pairs.items() if dest == by and origin != WORLD}
    largest = sorted(found, key=lambda origin: -found[origin]["value_musd"])[:SHOWN_BARS]
    largest.sort(key=lambda origin: -found[origin]["tariff_new_pct"])
    rows: Rows = []
    for origin in largest:
        for branch in view.branches:
            value = branch.pairs[origin, by]["tariff_new_pct"]
            rows.append({"country": origin, "label": view.label(origin), "branch": branch.name, "value": value})
        rows.append(
            {"country": origin, "label": view.label(origin), "branch": "before", "value": found[origin]["tariff_pct"]}
        )
    return rows


def diversion_rows(view: View) -> Rows:
    """Return the largest diversions of the first branch, with the role in words."""
    if view.focus is None:
        return []
    by, against = view.focus
    words = {"lost": f"{against} to {by}", "recaptured": f"to {by}", "redirected": f"from {against}", "home": "at home"}
    return [
        {
            "country": row["country"],
            "label": f"{row['country']} {words[str(row['role'])]}" if row["role"] != "lost" else words["lost"],
            "branch": view.branches[0].name,
            "role": row["role"],
            "value": row["value_musd"],
        }
        for row in view.branches[0].diversions(by, against)
    ]


def bars(
    rows: Rows, *, title: str, branches: list[str], description: str, key: str = "country", before: bool = False
) -> str:
    """Return one horizontal bar chart as SVG: the first branch as bars, the others as marks on the same line.

    Args:
        rows: country, branch, value, in the order of the bars. title: of the axis, with its unit.
        branches: names in order. description: one sentence for those who do not see it.
        key: column that labels a bar. before: rows of branch "before" are drawn as a tick.
    """
    import altair as alt

    order = list(dict.fromkeys(str(row[key]) for row in rows))
    fill = alt.Color("country:N", legend=None, scale=_scale(alt, rows))
    y = alt.Y(f"{key}:N", sort=order, title=None, axis=alt.Axis(labelLimit=220, ticks=False, domain=False))
    x = alt.X("value:Q", title=title, axis=alt.Axis(grid=True, gridColor="#dddddd", tickCount=6))
    layers = [_layer(alt, rows, branches[0]).mark_bar(height={"band": 0.72}).encode(x=x, y=y, color=fill)]
    for place, name in enumerate(branches[1:]):
        mark = _layer(alt, rows, name).mark_point(
            shape=SHAPES[place % len(SHAPES)], size=60, fill="white", stroke=INK, strokeWidth=1.8, opacity=1
        )
        layers.append(mark.encode(x=x, y=y))
    if before:
        layers.append(_layer(alt, rows, "before").mark_tick(color=INK, thickness=2.5).encode(x=x, y=y))
    zero = _chart(alt, [{"zero": 0}]).mark_rule(color=INK, strokeWidth=1).encode(x=alt.X("zero:Q"))
    chart = alt.layer(*layers, zero).properties(width=600, height={"step": 19}, description=description)
    return svg(_plain(chart).to_dict())


def _layer(alt: Any, rows: Rows, branch: str) -> Any:
    return _chart(alt, [row for row in rows if row["branch"] == branch])


def _chart(alt: Any, values: Rows) -> Any:
    return alt.Chart(alt.Data(values=values))


def _scale(alt: Any, rows: Rows) -> Any:
    names = list(dict.fromkeys(str(row["country"]) for row in rows))
    return alt.Scale(domain=names, range=[COLOURS.get(name, GREY) for name in names])


def _plain(chart: Any) -> Any:
    return (
        chart.configure(font=FONT, background="white")
        .configure_view(stroke=None)
        .configure_axis(labelColor=INK, titleColor=INK, labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
    )


def svg(spec: dict[str, Any]) -> str:
    """Return a Vega-Lite specification drawn as SVG that scales with its column.

    Args:
        spec: with inline values only.
    """
    import altair
    import vl_convert

    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    drawn = str(vl_convert.vegalite_to_svg(spec, vl_version=version))
    label = html.escape(str(spec.get("description", "")), quote=True)
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
