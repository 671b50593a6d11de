"""The page of a path: what the law was on each day, and what each regime would bring in the long run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.core.certificate import CERTIFIED
from detente.report.amounts import plain, signed
from detente.report.charts.base import tones
from detente.report.charts.steps import steps
from detente.report.content import Code, Figure, Grid, columns_of
from detente.report.screens.check import LIMITS
from detente.report.screens.results import extremes
from detente.report.story import Number, Part, Story
from detente.scenario.path import Path, country_values

LINES: Final = 6
SHOWN: Final = 4
VARIABLES: Final = (
    ("real-income", "real_income_pct", "Real income of the regime of the day", "%"),
    ("revenue", "tariff_revenue_change_musd", "Tariff revenue of the regime of the day", "MUSD a year"),
)
MORE: Final = ("each day's number is where its law would lead in the long run, not what happens on that day",)


def path_story(found: Path, countries: Sequence[str], repeat: str) -> Story:
    """Return the page.

    Args:
        found: solved. countries: codes and groups shown. repeat: the command.
    """
    case, base = found.scenario, found.base
    against = f"the law of {case.compare_to}" if case.compare_to else "the baseline"
    code = Code(repeat, f"# the numbers of one day\nimport detente as dt\ndt.run({case.id!r}, on={str(found.last)!r})")
    labels = {str(k): str(v) for k, v in base.meta.get("country_labels", {}).items()}
    codes = list(countries)[:LINES]
    figures = [_values(found, codes, labels, each, against, code) for each in VARIABLES]
    rates = _rates(found, code)
    last = country_values(found.steps[-1].result)
    key = "real_income_pct"
    told = ", ".join(f"{labels.get(c, c)} {signed(last[c, key])} %" for c in codes[:SHOWN])
    size = f"{len(base.countries)} economies x {len(base.sectors)} sectors"
    numbers = tuple(
        Number(labels.get(c, c), f"{signed(last[c, key])} %", (f"real income under the law of {found.steps[-1].date}",))
        for c in codes[:SHOWN]
    )
    parts = (
        Part("path", "Day by day", tuple(figures)),
        Part("rates", "Rates and what changes", () if rates is None else (rates,), (_laws(found),)),
    )
    return Story(
        f"{case.title or case.id}: {found.branch}, {found.first} to {found.last}",
        f"change against {against} · {base.id.split('+')[0]}: {size} · closure {case.closure.title}",
        f"{len(found.steps)} regimes from {found.first} to {found.last}. Under the last one real income is: {told}.",
        numbers, parts, {str(step.date): step.result for step in found.steps}, repeat, (*MORE, *LIMITS),
    )  # fmt: skip


def _values(
    found: Path,
    codes: Sequence[str],
    labels: Mapping[str, str],
    what: tuple[str, str, str, str],
    against: str,
    code: Code,
) -> Figure:
    """Return a number of some economies over time, as steps."""
    name, variable, words, unit = what
    known = {code: [(step.date, country_values(step.result)[code, variable]) for step in found.steps] for code in codes}
    rows = [row for code in codes for row in _line(known[code], labels.get(code, code), found)]
    title = f"{words}, {unit} against {against}"
    colours = dict(zip([labels.get(code, code) for code in codes], tones(codes), strict=True))
    ends = [{**row, "label": f"{row['line']}, {row['date']}", "value": row["rate"]} for row in rows]
    alternative = extremes("Step chart", title, ends, unit)
    spec = _stepped(rows, unit, colours, found, alternative)
    lines = tuple((_marked(step), *(signed(dict(known[code])[step.date]) for code in codes)) for step in found.steps)
    grid = Grid(title, ("from", *codes), lines)
    columns = columns_of([
        {"date": str(day), "country": code, "variable": variable, "unit": unit, "value": value}
        for code in codes for day, value in known[code]
    ])  # fmt: skip
    note = "solid: law up to the last known day; grey and dashed: as scheduled"
    return Figure(name, f"path-{name}", title, alternative, spec, grid, columns, note, code)


def _marked(step: Any) -> str:
    return f"{step.date}" if step.result.status == CERTIFIED else f"{step.date} MARKED {step.result.status}"


def _rates(found: Path, code: Code) -> Figure | None:
    """Return average rates of the pair over time; None where the scenario has no pair."""
    pairs = list(found.before)
    if not pairs:
        return None
    rows, names = [], [f"{by} on {against}" for by, against in pairs]
    for pair, name in zip(pairs, names, strict=True):
        points = [(step.date, step.rates[pair]) for step in found.steps if pair in step.rates]
        rows += _line(points, name, found)
    title = f"Average tariff of {pairs[0][0]} and {pairs[0][1]} on each other's goods, %, by the law of the day"
    ends = [{**row, "label": f"{row['line']}, {row['date']}", "value": row["rate"]} for row in rows]
    alternative = extremes("Step chart", title, ends, "%")
    colours = dict(zip(names, tones([by for by, _ in pairs]), strict=True))
    spec = _stepped(rows, "average tariff, %", colours, found, alternative)
    lines = tuple((str(step.date), *(plain(step.rates.get(pair)) for pair in pairs)) for step in found.steps)
    grid = Grid(title, ("from", *(f"{name}, %" for name in names)), lines)
    note = "weighted with the flows before; grey and dashed: as scheduled"
    return Figure("rates", "path-rates", title, alternative, spec, grid, columns_of(rows), note, code)


def _stepped(rows: list[dict[str, Any]], axis: str, colours: Mapping[str, str], found: Path, told: str) -> Any:
    talks = found.scenario.talks
    deadline = None if talks is None else talks.deadline
    inside = deadline is not None and found.first <= deadline <= found.last
    days = [{"date": str(deadline), "text": f"deadline {deadline}"}] if inside else []
    last = [row for row in rows if row["projected"] and row["date"] == str(found.last)]
    ends = [{**row, "label": ""} for row in last]
    return steps(rows, axis=axis, today=str(_today(found)), days=days, ends=ends, colours=colours, description=told)


def _today(found: Path) -> dt.date:
    """Return the last known day, inside the path."""
    return min(max(found.scenario.as_of, found.first), found.last)


def _line(points: Sequence[tuple[dt.date, float]], name: str, found: Path) -> list[dict[str, Any]]:
    """Return the rows of one line: what was law, then from the last known day what is scheduled."""
    today = _today(found)
    known = [each for each in points if each[0] <= today] or list(points[:1])
    later = [each for each in points if each[0] > today]
    rows = [_row(day, value, name, False) for day, value in [*known, (today, known[-1][1])]]
    if found.last > today:
        end = (later or known)[-1][1]
        rows += [_row(day, value, name, True) for day, value in [(today, known[-1][1]), *later, (found.last, end)]]
    return rows


def _row(day: dt.date, value: float, line: str, projected: bool) -> dict[str, Any]:
    return {"date": str(day), "rate": value, "line": line, "projected": projected}


def _laws(found: Path) -> Grid:
    """Return what starts and ends on each day."""
    rows = tuple(
        (str(step.date), ", ".join(step.starts) or "-", ", ".join(step.ends) or "-", str(len(step.plan.regime.applied)))
        for step in found.steps
    )
    head = ("from", "starts", "ends", "measures that apply")
    return Grid("What changes, day by day", head, rows, text_columns=frozenset({1, 2}))
