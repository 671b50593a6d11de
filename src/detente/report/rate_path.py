"""Average rates of a pair over time, from the dates of a scenario's measures: law compiled, nothing solved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.codes import SERVICES
from detente.report.amounts import plain
from detente.report.select import View
from detente.scenario.execute import world_of
from detente.scenario.path import changes
from detente.scenario.run import plan
from detente.scenario.schema import MAIN

SAME: Final = 1e-9


@dataclass(frozen=True)
class RatePath:
    """Rates of two sides on each other over time.

    Attributes:
        rows: date, rate, line, projected; what is projected starts on the last known day. as_of: that day.
        marks: days to be marked: date and text. ends: where branches lead on the horizon: label, date, rate, line.
        first, today: line -> rate on the first day and on `as_of`. lines: of the table.
    """

    rows: Sequence[Mapping[str, Any]]
    as_of: str
    marks: Sequence[Mapping[str, str]]
    ends: Sequence[Mapping[str, Any]]
    first: Mapping[str, float]
    today: Mapping[str, float]
    lines: Sequence[tuple[str, ...]]


def rate_path(view: View, by: str, against: str) -> RatePath:
    """Return the average rates of `by` on `against` and back, from the comparator's day to the horizon."""
    case = view.run.scenario
    start = case.compare_to or case.as_of
    end = max(case.horizon or case.as_of, case.as_of)
    sides = ((by, against), (against, by))
    world = _world(view)
    steps = []
    before: set[str] = set()
    for regime in changes(case, start, end):
        applied = [measure.id for measure in regime.applied]
        rates = _rates(view, world, regime.date, MAIN, sides)
        starts = [name for name in applied if name not in before]
        ends = sorted(before - set(applied))
        steps.append((regime.date, rates, starts if before or regime.date > start else [], ends))
        before = set(applied)
    rows = [
        row
        for place, side in enumerate(sides)
        for row in _line([(day, rates[place]) for day, rates, _, _ in steps], side, case.as_of, end)
    ]
    names = [_name(side) for side in sides]
    known = [rates for day, rates, _, _ in steps if day <= case.as_of] or [steps[0][1]]
    return RatePath(
        rows,
        str(case.as_of),
        _marks(view, end),
        _ends(view, world, sides, end),
        dict(zip(names, steps[0][1], strict=True)),
        dict(zip(names, known[-1], strict=True)),
        [
            (str(day), *(plain(rate) for rate in rates), ", ".join(starts), ", ".join(ends))
            for day, rates, starts, ends in steps
        ],
    )


def _name(side: tuple[str, str]) -> str:
    return f"{side[0]} on {side[1]}"


def _world(view: View) -> Baseline:
    """Return the world that law is compiled on: that of a run has the law of the comparator already."""
    base = view.run.base
    if all(each.comparator_wedges.tariffs is None for each in view.run.plans.values()):
        return base
    found = world_of(view.run.scenario)
    return found if (found.countries, found.sectors) == (base.countries, base.sectors) else base


def _rates(
    view: View, world: Baseline, day: dt.date, branch: str, sides: Sequence[tuple[str, str]]
) -> tuple[float, ...]:
    """Return the average rate of each side on goods, at the flows under the comparator's law. [percent]"""
    on = day if branch == MAIN else None
    found = plan(view.run.scenario, world, on, [branch])[0]
    new = world.tariffs if found.wedges.tariffs is None else found.wedges.tariffs
    return tuple(_average(view.run.base, new, side) for side in sides)


def _average(base: Baseline, rates: Any, side: tuple[str, str]) -> float:
    d, o = (base.countries.index(code) for code in side)
    goods = [s for s, code in enumerate(base.sectors) if code not in base.meta.get("services", SERVICES)]
    weights = base.flows[o, d, goods]
    return 100 * float(np.average(rates[o, d, goods], weights=weights if weights.sum() > 0 else None))


def _line(
    points: Sequence[tuple[dt.date, float]], side: tuple[str, str], as_of: dt.date, end: dt.date
) -> list[dict[str, Any]]:
    """Return the rows of one line: known days, then from the last known day the projected ones."""
    known = [(day, rate) for day, rate in points if day <= as_of] or points[:1]
    later = [(day, rate) for day, rate in points if day > as_of]
    last = known[-1][1]
    rows = [_row(day, rate, side, False) for day, rate in _turns([*known, (as_of, last)])]
    if end > as_of:
        final = later[-1][1] if later else last
        rows += [_row(day, rate, side, True) for day, rate in _turns([(as_of, last), *later, (end, final)])]
    return rows


def _turns(points: Sequence[tuple[dt.date, float]]) -> list[tuple[dt.date, float]]:
    """Return the first and last point and those at which the rate moves."""
    ends = (0, len(points) - 1)
    return [each for n, each in enumerate(points) if n in ends or abs(each[1] - points[n - 1][1]) > SAME]


def _row(day: dt.date, rate: float, side: tuple[str, str], projected: bool) -> dict[str, Any]:
    return {"date": str(day), "rate": rate, "line": _name(side), "projected": projected}


def _marks(view: View, end: dt.date) -> list[dict[str, str]]:
    talks = view.run.scenario.talks
    if talks is None or talks.deadline is None or talks.deadline > end:
        return []
    return [{"date": str(talks.deadline), "text": f"deadline {talks.deadline}"}]


def _ends(view: View, world: Baseline, sides: Sequence[tuple[str, str]], end: dt.date) -> list[dict[str, Any]]:
    """Return where each leaf of the tree leads; the label stands at the first side's point only."""
    found = []
    for leaf in view.run.scenario.tree:
        rates = _rates(view, world, end, leaf.name, sides)
        for place, (side, rate) in enumerate(zip(sides, rates, strict=True)):
            label = "" if place else leaf.name
            found.append({"label": label, "date": str(end), "rate": rate, "line": _name(side), "branch": leaf.name})
    return found
