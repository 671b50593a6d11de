"""Runs beside each other, and the leaves of a tree: rows of text for tables; numbers come from the rooms below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from detente.app.commands import changes
from detente.app.runs import Desk, Opened
from detente.app.selection import Selection
from detente.core.errors import UsageError
from detente.core.units import parse_percent
from detente.report.amounts import plain, signed
from detente.report.content import Figure
from detente.report.screens.tree import of_country
from detente.report.select import HEADLINE, view
from detente.scenario.diff import diff_measures
from detente.scenario.execute import ScenarioRun
from detente.scenario.tree import Tree, tree


@dataclass(frozen=True)
class Column:
    """One run of a comparison: its words, its values by headline row, what goes in otherwise than in the first."""

    title: str
    address: str
    dropped: str
    cells: tuple[str, ...]
    deltas: tuple[str, ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Up to four runs, levels and differences against the first."""

    country: str
    comparator: str
    rows: tuple[str, ...]
    columns: tuple[Column, ...]


def pinned_table(desk: Desk, state: Selection, country: str) -> Comparison:
    """Return the kept runs and the one in front, differences against the first.

    Raises:
        DetenteError: one of them has no numbers.
    """
    runs = desk.pinned(state)
    first = runs[0][1]
    values = [view(run).branches[0].values for _, run in runs]
    columns = []
    for place, (each, run) in enumerate(runs):
        now = [values[place].get((country, line.variable)) for line in HEADLINE]
        base = [values[0].get((country, line.variable)) for line in HEADLINE]
        deltas = [None if a is None or b is None else a - b for a, b in zip(now, base, strict=True)]
        kept = place < len(state.pin)
        rest = state.but(pin=tuple(query for at, query in enumerate(state.pin) if at != place))
        columns.append(
            Column(
                title_of(each, run), each.but(pin=()).address, rest.address if kept else "",
                tuple(map(signed, now)), tuple(map(signed, deltas)) if place else (),
                _inputs(first, run) if place else (),
            )
        )  # fmt: skip
    return Comparison(country, first.comparator, tuple(f"{x.label}, {x.unit}" for x in HEADLINE), tuple(columns))


def title_of(state: Selection, run: ScenarioRun) -> str:
    """Return what a run is: its scenario, branch and what the visitor changed."""
    branch = next(iter(run))
    return " · ".join([run.scenario.id, branch, *changes(state)])


def _inputs(first: ScenarioRun, other: ScenarioRun) -> tuple[str, ...]:
    """Return what goes in otherwise: the measures that hold, by name."""
    before, after = (next(iter(run.plans.values())).regime.applied for run in (first, other))
    return tuple(
        f"{change.where.removeprefix('measures.')}: {change.what}"
        + (f", {change.before} to {change.after}" if change.before and change.after else "")
        for change in diff_measures(before, after)
    ) or ("nothing goes in otherwise",)


SHOWN: Final = 8
FANS: Final = 3
INCOME: Final = "real_income_pct"


NOTHING: Final[dict[str, Any]] = {
    "leaves": (), "head": (), "expected": (), "breakeven": (), "odds": {}, "comparator": "", "date": "", "figures": (),
    "wrong": "",
}  # fmt: skip


def leaves(desk: Desk, state: Selection, found: Opened) -> dict[str, Any]:
    """Return the branches of a scenario: values, spreads, break-even odds; expected values with the visitor's odds.

    Odds that are not 100 % yet are kept as they were typed, and what is wrong with them is said.
    """
    if not found.case.tree:
        return {**NOTHING}
    typed = {name: value.removesuffix("%") for name, _, value in (item.partition("=") for item in state.odds)}
    wrong = ""
    try:
        odds = {name: parse_odds(f"{value}%") for name, value in typed.items()}
        done = tree(found.case, probabilities=odds, base=desk.world(found.case))
    except UsageError as error:
        wrong = str(error).replace("--set-prob ", "").replace("set-prob", "odds")
        done = tree(found.case, base=desk.world(found.case))
    codes = list(found.case.report_countries)[:SHOWN] or list(done.base.countries[:SHOWN])
    paths = {leaf.name: " > ".join(leaf.path) for leaf in found.case.tree}
    rows = [
        (name, paths.get(name, "if nobody acts"), [signed(done.values[name].get((code, INCOME))) for code in codes])
        for name in done.results
    ]
    odds_of = [
        (each.party, each.better, each.worse, "" if each.probability is None else f"{plain(100 * each.probability)} %")
        for each in done.breakeven
        if not each.why
    ]
    return {
        "leaves": rows,
        "head": codes,
        "expected": [(e.country, e.variable, signed(e.expected), signed(e.deadline)) for e in done.expected],
        "breakeven": odds_of,
        "odds": typed if wrong else {name: f"{100 * value:g}" for name, value in (done.odds or {}).items()},
        "wrong": wrong,
        "comparator": f"the law of {found.case.compare_to}" if found.case.compare_to else "the baseline",
        "date": str(done.date),
        "figures": _fans(done, state.country),
    }


def _fans(done: Tree, country: str) -> list[Figure]:
    """Return the fan of the economy in front and those of the parties."""
    shown = view(ScenarioRun(done.scenario, done.base, dict(done.plans), dict(done.results)), odds=done.odds)
    codes = dict.fromkeys([country or shown.countries[0], *done.parties])
    known = shown.branches[0].values
    return [of_country(shown, code) for code in codes if (code, INCOME) in known][:FANS]


def parse_odds(text: str) -> float:
    """Return a percentage as a fraction.

    Raises:
        UsageError: anything else.
    """
    try:
        return parse_percent(text)
    except ValueError:
        raise UsageError(f"odds: found {text!r}; expected a percentage such as 40%") from None
