"""Branches side by side: the headline of all of them, real income on one axis, and what each holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from detente.report.amounts import in_cell, plain, signed
from detente.report.charts.dots import dots
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid, columns_of
from detente.report.screens.results import branch_grid, extremes
from detente.report.select import HEADLINE, BranchView, Line, View
from detente.report.text import units


def content(view: View, choice: Choice) -> Mapping[str, Any]:
    """Return the headline table, average rates by branch, and real income of all branches on one axis."""
    figures = [branches(view, choice)] if len(view.branches) > 1 else []
    return {"grids": headline_grids(view), "rates": rates_grid(view), "figures": figures, "without": without(view)}


def branches(view: View, choice: Choice) -> Figure:
    """Return real income of the economies of the headline in every branch."""
    key = "real_income_pct"
    rows: list[dict[str, Any]] = [
        {
            "country": code,
            "label": view.label(code),
            "branch": branch.name,
            "variable": key,
            "unit": "%",
            "value": branch.values[code, key],
            **dict(zip(("low", "high"), branch.bands.get((code, key), (None, None)), strict=True)),
        }
        for code in view.countries
        for branch in view.branches
    ]
    names = [branch.name for branch in view.branches]
    title = f"Real income by branch, % against {view.run.comparator}"
    alternative = extremes("Dot chart", title, rows, "%")
    drawn = [{**row, "shown": f"{signed(row['value'])} %"} for row in rows]
    spec = dots(drawn, axis="%", branches=names, description=alternative)
    note = "; ".join(branch.title for branch in view.branches)
    code = code_of(view, "branches", '{name: run[name].table("countries") for name in run}')
    grid = branch_grid(title, rows, names)
    return Figure("branches", "branches", title, alternative, spec, grid, columns_of(rows), note, code)


def headline_grids(view: View) -> list[Grid]:
    """Return the headline table: up to two branches side by side, more of them one below the other."""
    beside = len(view.branches) <= 2
    sets: Sequence[Sequence[BranchView]] = [view.branches] if beside else [(branch,) for branch in view.branches]
    return [_headline(view, shown) for shown in sets]


def _headline(view: View, shown: Sequence[BranchView]) -> Grid:
    marks = tuple(branch.mark for branch in shown)
    many = len(shown) > 1
    head = tuple(mark for _ in HEADLINE for mark in marks) if many else tuple(f"{x.label}, {x.unit}" for x in HEADLINE)
    rows = []
    for code in view.countries:
        cells = [_cell(branch, code, line) for line in HEADLINE for branch in shown]
        rows.append((f"{code} {view.label(code)}" if view.label(code) != code else code, *cells))
    caption = f"Change against {view.run.comparator}; {units(view)}; "
    caption += f"closure {view.run.scenario.closure.title}. "
    caption += " ".join(f"{b.mark} {b.title}{'. ' + b.marked if b.marked else ''}." for b in shown).strip()
    groups = tuple((f"{line.label}, {line.unit}", len(shown)) for line in HEADLINE) if many else ()
    return Grid(caption, ("", *head), tuple(rows), groups)


def _cell(branch: BranchView, code: str, line: Line) -> str:
    text = signed(branch.values.get((code, line.variable)))
    return in_cell(text, branch.bands.get((code, line.variable)))


def rates_grid(view: View) -> Grid | None:
    """Return both sides' average rates by branch beside the comparator's; None where the view has no pair."""
    if view.focus is None:
        return None
    by, against = view.focus
    sides = ((by, against), (against, by))
    first = view.branches[0].pairs
    lines = [("comparator", *(plain(first[o, d]["tariff_pct"]) if (o, d) in first else "-" for d, o in sides))]
    for branch in view.branches:
        cells = [plain(branch.pairs[o, d]["tariff_new_pct"]) if (o, d) in branch.pairs else "-" for d, o in sides]
        lines.append((branch.title, *cells))
    caption = "Average tariff on goods, %, weighted with the flows before"
    return Grid(caption, ("", *(f"{d} on {o}" for d, o in sides)), tuple(lines))


def without(view: View) -> list[tuple[str, str]]:
    """Return real income without the assumed measures, branch by branch, as words; empty where it was not solved."""
    if not view.assumed:
        return []
    return [
        (
            branch.mark or branch.name,
            ", ".join(f"{code} {signed(branch.values_without[code, 'real_income_pct'])}" for code in view.countries),
        )
        for branch in view.branches
        if branch.without is not None
    ]
