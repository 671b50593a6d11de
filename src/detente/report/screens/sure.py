"""How sure: which assumptions move the number that is told first, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from detente.report.amounts import plain, signed
from detente.report.charts.tornado import tornado
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid, columns_of
from detente.report.select import View
from detente.report.sure import VARIABLE, Row, band_lines, in_words, strongest

SHOWN: Final = 8


def content(view: View, choice: Choice) -> Mapping[str, Any] | None:
    """Return the tornado and what the bands rest on; None where nothing was drawn."""
    bands = choice.of(view).result.bands
    if bands is None:
        return None
    figure = assumptions(view, choice)
    return {"figures": [] if figure is None else [figure], "lines": band_lines(bands, [choice.country])}


def assumptions(view: View, choice: Choice) -> Figure | None:
    """Return what each assumption does to real income of the chosen economy; None where it is not known."""
    branch = choice.of(view)
    bands, name = branch.result.bands, view.label(choice.country)
    rows = [] if bands is None else strongest(bands, [choice.country], shown=SHOWN)
    if not rows:
        return None
    title = f"What moves real income of {name}, % against {view.run.comparator}, {branch.name}"
    sectors = view.run.base.meta.get("sector_labels", {})
    words = {each.assumption: in_words(each.assumption, sectors) for each in rows}
    told = f"{words[rows[0].assumption]} explains {plain(rows[0].share_pct)} % of the variance"
    alternative = f"Tornado. {title}: {told}, real income from {signed(rows[0].low)} to {signed(rows[0].high)} %."
    drawn = [{"label": words[each.assumption], "low": each.low, "high": each.high} for each in rows]
    spec = tornado(drawn, axis="%", centre=branch.values[choice.country, VARIABLE], description=alternative)
    note = "one assumption at its 5 or 95 % end, the others at their middle; dashed: the central run"
    code = code_of(view, "assumptions", f'run["{branch.name}"].table("assumptions")')
    columns = columns_of([vars(each) for each in rows])
    return Figure(
        "assumptions", f"assumptions-{branch.name}-{choice.country}", title, alternative, spec,
        _grid(title, rows, words), columns, note, code,
    )  # fmt: skip


def _grid(title: str, rows: list[Row], words: Mapping[str, str]) -> Grid:
    head = ("assumption", "from", "to", "real income at the low end, %", "at the high end, %", "% of the variance")
    lines = tuple(
        (
            words[row.assumption],
            plain(row.at_low),
            plain(row.at_high),
            signed(row.low),
            signed(row.high),
            plain(row.share_pct),
        )
        for row in rows
    )
    return Grid(title, head, lines)
