"""Licences, bans, floors, purchases: how scarce they make a good, who gets the rent, and what rests on substitution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from detente.report.charts.bars import bars
from detente.report.charts.base import BLUE, tones
from detente.report.charts.lines import lines as drawn_lines
from detente.report.choice import Choice
from detente.report.chokepoints import Felt, felt, instrument_lines, ladder_lines, real_income, user_lines
from detente.report.code import code_of
from detente.report.content import Figure, Grid, columns_of
from detente.report.screens.results import branch_grid, extremes
from detente.report.select import View

LINES: Final = 5
FELT_PCT: Final = 0.01


def content(view: View, choice: Choice) -> Mapping[str, Any] | None:
    """Return tables and figures of every branch that has instruments; None without any."""
    grids = instrument_grids(view)
    if not grids:
        return None
    found = (instruments(view, choice), substitution(view, choice))
    return {"grids": grids, "figures": [figure for figure in found if figure is not None]}


def instrument_grids(view: View) -> list[Grid]:
    """Return, for every branch, what its instruments do, and what rests on how critical inputs are replaced."""
    grids = []
    for branch in view.branches:
        name = " ".join(part for part in (branch.mark, branch.name) if part)
        head, rows = instrument_lines(branch)
        if rows:
            caption = (
                f"{name}: price is the highest wedge between producer and border; volume is what is left of trade."
            )
            grids.append(Grid(caption, tuple(head), tuple(map(tuple, rows)), text_columns=frozenset({1, 2, 3})))
        rungs = view.ladders.get(branch.name, ())
        for text, (top, lines) in (
            ("What the bounds on critical inputs do to real income, MUSD", ladder_lines(rungs, view.countries)),
            ("What they do to the output of users, pp", user_lines(rungs, view.countries)),
        ):
            if rungs and lines:
                caption = f"{name}: {text}. This rests on rho, not on data."
                grids.append(Grid(caption, tuple(top), tuple(map(tuple, lines))))
    return grids


def instruments(view: View, choice: Choice) -> Figure | None:
    """Return the scarcity price of each measure that is felt; None where none is."""
    branch = choice.of(view)
    found = [each for each in felt(branch.result) if abs(each.shadow_price_pct) >= FELT_PCT]
    if not found:
        return None
    rows = [
        {
            "label": each.measure,
            "branch": branch.name,
            "value": each.shadow_price_pct,
            "colour": "price",
            "low": None,
            "high": None,
        }
        for each in sorted(found, key=lambda each: -each.shadow_price_pct)
    ]
    title = f"What instruments put between producer and border, % of the producer's price, {branch.name}"
    alternative = extremes("Bar chart", title, rows, "%")
    spec = bars(rows, axis="%", branches=[branch.name], description=alternative, colours={"price": BLUE})
    note = "the highest wedge of each measure; the table says how much trade it touches and who gets the rent"
    code = code_of(view, "instruments", f'run["{branch.name}"].table("instruments")')
    carried = columns_of([_carried(each) for each in felt(branch.result)])
    return Figure(
        "instruments", f"instruments-{branch.name}", title, alternative, spec,
        branch_grid(title, rows, [branch.name]), carried, note, code,
    )  # fmt: skip


def _carried(each: Felt) -> dict[str, Any]:
    names = ("measure", "kind", "to", "base_musd", "volume_pct", "shadow_price_pct", "rent_musd")
    return {name: getattr(each, name) for name in names}


def substitution(view: View, choice: Choice) -> Figure | None:
    """Return what bounds on critical inputs cost at other substitutions; None where they are not felt."""
    branch = choice.of(view)
    rungs = [rung for rung in view.ladders.get(branch.name, ()) if rung.solved]
    if not rungs:
        return None
    effects = [(rung.rho, real_income(rung.result), real_income(rung.free)) for rung in rungs]
    known = [code for code in view.countries if code in effects[0][1]]
    size = {code: max(abs(tight[code] - free[code]) for _, tight, free in effects) for code in known}
    codes = sorted(known, key=lambda code: -size[code])[:LINES]
    rows = [
        {"x": rho, "value": tight[code] - free[code], "line": view.label(code), "branch": branch.name}
        for rho, tight, free in effects
        for code in codes
    ]
    title = f"Real income by ease of replacing critical inputs, MUSD a year against no bounds on them, {branch.name}"
    alternative = extremes("Line chart", title, [{**row, "label": row["line"]} for row in rows], "MUSD")
    colours = dict(zip(map(view.label, codes), tones(codes), strict=True))
    spec = drawn_lines(
        rows, x_axis="substitution rho", y_axis="MUSD a year", colours=colours, description=alternative
    )  # fmt: skip
    head, lines = ladder_lines(view.ladders[branch.name], view.countries)
    note = "rho is assumed, not estimated: values from 0.1 to 0.5; lower is harder to replace"
    code = code_of(view, "substitution", f'run["{branch.name}"].table("instruments")')
    return Figure(
        "substitution", f"substitution-{branch.name}", title, alternative, spec,
        Grid(title, tuple(head), tuple(map(tuple, lines))), columns_of(rows), note, code,
    )  # fmt: skip
