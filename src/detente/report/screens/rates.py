"""Rates: who taxes whom how much, sector by sector; and both sides' averages over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.codes import SERVICES
from detente.report.amounts import plain
from detente.report.charts.base import colour
from detente.report.charts.heatmap import heatmap
from detente.report.charts.steps import steps
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid, columns_of
from detente.report.rate_path import rate_path
from detente.report.select import View

SIDES: Final = 12
"""Importers and exporters of the heatmap."""


def content(view: View, choice: Choice) -> Mapping[str, Any]:
    """Return the figures of the screen in order."""
    found = (rates(view, choice), tariffs(view, choice))
    return {"figures": [figure for figure in found if figure is not None]}


def tariffs(view: View, choice: Choice) -> Figure:
    """Return average tariffs importer by exporter, with the sectors of one pair below."""
    branch, base = choice.of(view), view.run.base
    goods = [s for s, code in enumerate(base.sectors) if code not in base.meta.get("services", SERVICES)]
    codes = _sides(view, choice)
    place = {code: base.countries.index(code) for code in codes}
    labels = base.meta.get("sector_labels", {})
    names = [f"{base.sectors[s]} {labels.get(base.sectors[s], '')}".strip() for s in goods]
    new, old = branch.result.tariffs_new, base.tariffs
    rows: list[dict[str, Any]] = []
    for by in codes:
        for against in codes:
            if by == against:
                continue
            o, d = place[against], place[by]
            weights = base.flows[o, d, goods]
            rows.append(
                {
                    "by": by,
                    "against": against,
                    "rate": _average(new[o, d, goods], weights),
                    "before": _average(old[o, d, goods], weights),
                    "sectors": names,
                    "rates": [round(100 * float(rate), 2) for rate in new[o, d, goods]],
                    "rates_before": [round(100 * float(rate), 2) for rate in old[o, d, goods]],
                }
            )
    chosen = choice.pair or (codes[0], codes[1])
    at = next((row for row in rows if (row["by"], row["against"]) == chosen), rows[0])
    title = f"Average tariff on goods by importer and exporter, %, weighted with the flows before, {branch.name}"
    alternative = (
        f"Heatmap with the sectors of one pair below. {title}: {at['by']} on {at['against']} {plain(at['rate'])} % "
        f"after {plain(at['before'])} % under {view.run.comparator}."
    )
    spec = heatmap(
        rows, importers=codes, exporters=codes, chosen=(at["by"], at["against"]), axis="tariff, %",
        description=alternative,
    )  # fmt: skip
    note = f"the comparator is {view.run.comparator}; with scripts a click on a cell shows its sectors"
    grid = _tariff_grid(title, rows, codes)
    code = code_of(view, "tariffs", f'run["{branch.name}"].table("tariffs")')
    carried = [
        {"by": row["by"], "against": row["against"], "rate_pct": row["rate"], "before_pct": row["before"]}
        for row in rows
    ]
    return Figure("tariffs", f"tariffs-{branch.name}", title, alternative, spec, grid, columns_of(carried), note, code)


def _average(rates: Array, weights: Array) -> float:
    return 100 * float(rates @ weights / weights.sum()) if weights.sum() > 0 else 100 * float(np.mean(rates))


def _sides(view: View, choice: Choice) -> list[str]:
    """Return the pair, the economies of the headline and the largest traders, up to a limit."""
    base = view.run.base
    pair = list(choice.pair or ())
    asked = [code for code in view.countries if code in base.countries]
    trade = base.flows.sum(axis=(1, 2)) + base.flows.sum(axis=(0, 2))
    home = np.einsum("nns->n", base.flows)
    size = sorted(base.countries, key=lambda code: -float((trade - 2 * home)[base.countries.index(code)]))
    named = [code for code in size if code != "ROW"]
    return list(dict.fromkeys([*pair, *asked, *named]))[:SIDES]


def _tariff_grid(title: str, rows: list[dict[str, Any]], codes: list[str]) -> Grid:
    cells = {(row["by"], row["against"]): row["rate"] for row in rows}
    lines = tuple((against, *("" if by == against else plain(cells[by, against]) for by in codes)) for against in codes)
    return Grid(f"{title}; rows: exporter, columns: importer", ("", *codes), lines)


def rates(view: View, choice: Choice) -> Figure | None:
    """Return both sides' average tariffs over time, what is projected apart; None where the view has no pair."""
    if choice.pair is None:
        return None
    by, against = choice.pair
    found = rate_path(view, by, against)
    lines = {f"{by} on {against}": colour(by), f"{against} on {by}": colour(against)}
    title = (
        f"Average tariff of {view.label(by)} and {view.label(against)} on each other's goods, %, by the law of the day"
    )
    last = found.rows[-1]
    alternative = (
        f"Step chart. {title}: "
        + "; ".join(f"{line} {plain(found.first[line])} % at first, {plain(found.today[line])} % on {found.as_of}"
                    for line in lines)
        + f"; projected until {last['date']}."
    )  # fmt: skip
    spec = steps(
        found.rows, axis="average tariff, %", today=found.as_of, days=found.marks, ends=found.ends, colours=lines,
        description=alternative,
    )  # fmt: skip
    note = (
        "weighted with the flows before; steps are the dates of the measures of this scenario, so a table that sums "
        "several acts steps once; grey and dashed: scheduled law if nobody acts; diamonds: the branches"
    )
    grid = Grid(
        title,
        ("from", *lines, "what begins", "what ends"),
        tuple(found.lines),
        text_columns=frozenset({3, 4}),
    )
    code = code_of(view, "rates", f'dt.scenario("{view.run.scenario.id}")  # detente path, detente explain --rate')
    carried = columns_of(
        [{"date": r["date"], "line": r["line"], "rate_pct": r["rate"], "projected": r["projected"]} for r in found.rows]
    )
    return Figure("rates", f"rates-{by}-{against}", title, alternative, spec, grid, carried, note, code)
