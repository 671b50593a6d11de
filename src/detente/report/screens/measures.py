"""Measures: what applies and what does not, with sources; assumed ones first. What else the numbers rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from detente.policy.measure import Measure
from detente.report.charts.timeline import timeline
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid, columns_of
from detente.report.select import View
from detente.scenario.calendar import describe_not_applied
from detente.scenario.explain import says

LAW: Final = {"in-force": "in force", "scheduled": "scheduled"}


@dataclass(frozen=True)
class MeasureRow:
    """One measure as it is listed.

    Attributes:
        says: its rate or level, in short. branch: marks of the branches. reason: why it does not apply there; "" if it
            does. assumed_rows: rows of its table whose level is ours.
    """

    measure: Measure
    says: str
    branch: str
    reason: str
    assumed_rows: int


def content(view: View, choice: Choice) -> Mapping[str, Any]:
    """Return measures, closure, elasticities, years and limits, and the time line."""
    return {
        "measures": listed(view),
        "regimes": [(branch, describe_not_applied(view.run.plans[branch.name].regime)) for branch in view.branches],
        "facts": facts(view),
        "figures": [timeline_(view, choice)],
    }


def listed(view: View) -> list[MeasureRow]:
    """Return the measures of every branch: applied ones first and among them the assumed ones, then the others."""
    rows: dict[tuple[str, str], list[str]] = {}
    known: dict[str, Measure] = {}
    assumed: dict[str, int] = {}
    for branch in view.branches:
        plan = view.run.plans[branch.name]
        assumed |= {each.measure: each.assumed_rows for each in plan.coverage}
        for measure, reason in [*((m, "") for m in plan.regime.applied), *plan.regime.not_applied]:
            known[measure.id] = measure
            rows.setdefault((measure.id, reason), []).append(branch.mark or branch.name)
    found = [
        MeasureRow(known[id_], says(known[id_]), ", ".join(marks), reason, assumed.get(id_, 0))
        for (id_, reason), marks in rows.items()
    ]
    return sorted(found, key=lambda row: (bool(row.reason), not row.measure.assumed, not row.assumed_rows))


def facts(view: View) -> list[tuple[str, str]]:
    """Return what else is assumed, as pairs of a word and a sentence."""
    case, base = view.run.scenario, view.run.base
    theta = base.trade_elasticity
    found = [
        ("closure", f"deficits {case.closure.deficits}, tariff revenue {case.closure.revenue}"),
        ("elasticities", f"set {base.elasticity_set}, {theta.min():.3g} to {theta.max():.3g} by sector"),
        ("comparator", f"{view.run.comparator}; the same world, elasticities and closure on both sides"),
    ]
    years = base.meta.get("years", {})
    if years:
        text = ", ".join(f"{what} {year}" for what, year in years.items())
        found.append(("years", text + ("; they differ, and that was accepted" if _differ(base.meta) else "")))
    if case.horizon is not None:
        found.append(("horizon", f"branches are the law of {case.horizon}, in the long run: no path of adjustment"))
    return found


def _differ(meta: Mapping[str, Any]) -> bool:
    return bool(meta.get("allow_year_mismatch"))


def timeline_(view: View, choice: Choice) -> Figure:
    """Return the measures over time: what is law, what is scheduled, what is only said."""
    case = view.run.scenario
    start = case.compare_to or case.as_of
    end = max(case.horizon or case.as_of, case.as_of)
    rows = []
    for measure in case.measures:
        first = max(measure.from_ or start, start)
        last = min(measure.until or end, end)
        if first > end or last < first:
            continue
        rows.append(
            {
                "label": measure.id,
                "start": str(first),
                "end": str(last),
                "kind": LAW.get(measure.status, "not law"),
                "status": "headline only" if measure.rate_kind == "headline" else measure.status,
            }
        )
    rows.sort(key=lambda row: (row["kind"] == "not law", row["start"]))
    talks = case.talks
    days = [] if talks is None or talks.deadline is None else [
        {"date": str(talks.deadline), "text": f"deadline {talks.deadline}"}
    ]  # fmt: skip
    title = f"Measures by day, from {start} to {end}"
    law = sum(row["kind"] == "in force" for row in rows)
    alternative = f"Time line. {title}: {len(rows)} measures, {law} in force, the others scheduled or only said."
    spec = timeline(rows, today=str(case.as_of), days=days, description=alternative)
    grid = Grid(
        title,
        ("", "from", "until", "status"),
        tuple((row["label"], row["start"], row["end"], row["status"]) for row in rows),
        text_columns=frozenset({1, 2, 3}),
    )
    note = "solid: law on its day; dashed outline: announced, offered, threatened, suspended"
    code = code_of(view, "timeline", f'dt.scenario("{case.id}").measures')
    return Figure("timeline", "timeline", title, alternative, spec, grid, columns_of(rows), note, code)
