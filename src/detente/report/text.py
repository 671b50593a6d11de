"""Plain text for a terminal: aligned tables, three significant digits, unit and comparator in every title."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from detente.core.closure import WORLD_INCOME
from detente.core.codes import WORLD
from detente.report.chokepoints import instrument_lines, ladder_lines, user_lines
from detente.report.select import ASSUMED_LINE, HEADLINE, BranchView, Line, View
from detente.report.sure import assumption_lines, band_lines, banded, in_brackets
from detente.report.text_table import number, table
from detente.scenario.calendar import describe_not_applied

WIDTH: Final = 120


def run_text(view: View, *, width: int = WIDTH, facts: Sequence[str] = (), detail: bool = False) -> str:
    """Return a run as it is printed: title, one table a branch, what was applied, certificate.

    Args:
        view: what is shown. width: of the terminal. facts: lines to print under the title.
        detail: also trade of the two sides with each other and the largest diversions.
    """
    parts = ["\n".join([_title(view), *facts, *_assumed(view)])]
    for branch in view.branches:
        parts.append(_headline(view, branch, width))
        if detail and view.focus:
            parts.append(_between(view, branch, *view.focus))
            parts.append(_diversions(view, branch, *view.focus))
        parts += [*_instruments(branch), *_sure(view, branch), _footer(view, branch)]
    return "\n\n".join(parts)


def _title(view: View) -> str:
    run, base = view.run, view.run.base
    size = f"{base.id}: {len(base.countries)} economies x {len(base.sectors)} sectors"
    name = run.scenario.title or run.scenario.id
    return f"{name} · as of {run.scenario.as_of} · {size} · closure {run.scenario.closure.title}"


def units(view: View) -> str:
    """Return what prices and money are measured in."""
    numeraire = view.run.scenario.closure.numeraire
    unit = "world income" if numeraire in (None, WORLD_INCOME) else f"the wage of {numeraire}"
    return f"prices and money relative to {unit}"


def _assumed(view: View) -> list[str]:
    names = view.assumed_parts
    return [f"assumed, the level is ours and not the source's: {', '.join(names)}"] if names else []


def _headline(view: View, branch: BranchView, width: int) -> str:
    title = " ".join(part for part in (branch.mark, branch.title, branch.marked) if part)
    title += f"\nchange against {view.run.comparator}; {units(view)}"
    title += "" if branch.result.bands is None else f"; {in_brackets(branch.result.bands)}"
    lines = [*HEADLINE, *((ASSUMED_LINE,) if view.assumed and branch.without else ())]
    labels = [f"{line.label}, {line.unit}" for line in lines]
    columns = [[_cell(branch, line, code) for line in lines] for code in view.countries]
    blocks = []
    for codes in _fitting(view.countries, columns, max(map(len, labels)), width):
        rows = [[label, *(columns[code][row] for code in codes)] for row, label in enumerate(labels)]
        blocks.append(table(["", *(view.countries[code] for code in codes)], rows))
    return title + "\n" + "\n\n".join(blocks)


def _cell(branch: BranchView, line: Line, code: str) -> str:
    if line is ASSUMED_LINE:
        return number(branch.values_without.get((code, line.variable)), change=line.change)
    return banded(branch, line, code, partial(number, change=line.change))


def _fitting(codes: Sequence[str], columns: Sequence[Sequence[str]], label: int, width: int) -> list[list[int]]:
    """Return positions of columns in groups, each of which fits the width beside the labels."""
    groups: list[list[int]] = [[]]
    used = label
    for place, (code, cells) in enumerate(zip(codes, columns, strict=True)):
        size = 2 + max(len(code), *map(len, cells))
        if groups[-1] and used + size > width:
            groups.append([])
            used = label
        groups[-1].append(place)
        used += size
    return groups


def _between(view: View, branch: BranchView, by: str, against: str) -> str:
    rows = []
    for origin, dest in ((against, by), (by, against), (WORLD, by), (WORLD, against)):
        found = branch.pairs.get((origin, dest))
        if found is not None:
            rows.append(
                [
                    f"{origin} to {dest}",
                    number(found["value_musd"]),
                    number(found["value_new_musd"]),
                    number(found["change_pct"], change=True),
                    number(found["tariff_pct"]),
                    number(found["tariff_new_pct"]),
                ]
            )
    head = ["trade at border value", "before, MUSD", "after, MUSD", "change, %", "tariff before, %", "after, %"]
    return table(head, rows) + "\ntariffs: average over goods, weighted with the flows before"


def _diversions(view: View, branch: BranchView, by: str, against: str) -> str:
    rows = [
        [
            str(row["country"]),
            str(row["role"]),
            number(row["value_musd"], change=True),
            number(row["share_pct"], change=True),
        ]
        for row in branch.diversions(by, against)
    ]
    head = ["diversion", "role", "MUSD", f"% of what {against} loses in {by}"]
    note = (
        f"at base prices; lost: {against} to {by}; recaptured: others to {by}; home: {by} at home; "
        f"redirected: {against} to others"
    )
    return table(head, rows, left=2) + "\n" + note


def _instruments(branch: BranchView) -> list[str]:
    head, rows = instrument_lines(branch)
    note = "price: the highest wedge between producer and border; volume: all of the measure's trade, tariffs included"
    return [f"{table(head, rows, left=3)}\n{note}"] if rows else []


def _sure(view: View, branch: BranchView) -> list[str]:
    """Return what the bands rest on and which assumptions matter."""
    bands = branch.result.bands
    if bands is None:
        return []
    lines = "\n".join(band_lines(bands, view.countries))
    head, rows = assumption_lines(bands, view.countries)
    return [f"{table(head, rows, left=2)}\n{lines}" if rows else lines]


def ladder_text(view: View) -> str:
    """Return what rests on the substitution of critical inputs, side by side; empty where it does not matter."""
    parts = []
    for branch in view.branches:
        rungs = view.ladders.get(branch.name, ())
        if not rungs:
            continue
        title = " ".join(part for part in (branch.mark, branch.name) if part)
        title += ": bounds on critical inputs, what they do to real income, MUSD; this rests on rho, not on data"
        users, lines = user_lines(rungs, view.countries)
        parts += [f"{title}\n{table(*ladder_lines(rungs, view.countries))}", *([table(users, lines)] if lines else [])]
    return "\n\n".join(parts)


def _footer(view: View, branch: BranchView) -> str:
    return f"{describe_not_applied(view.run.plans[branch.name].regime)}\n{branch.result.certificate.line}"
