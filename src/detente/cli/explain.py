"""`detente explain`: what is in force and why; why a rate is what it is; what a stated rate is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from detente.cli import output
from detente.core.errors import UsageError
from detente.report.text_table import number, table
from detente.scenario.claim import Claim, check_claim
from detente.scenario.dated import day_of, law, sides
from detente.scenario.execute import world_of
from detente.scenario.explain import TOTAL, Explained, Headline, RateExplained, Stated, explain
from detente.scenario.load import load_scenario


def run_explain(
    case: str,
    *,
    rate: tuple[str, str] | None = None,
    sector: str | None = None,
    hs: str | None = None,
    on: str | None = None,
    branch: str | None = None,
    as_of: str | None = None,
    claim: str | None = None,
) -> None:
    """Print the law of a day.

    Raises:
        DetenteError: as `scenario.explain.explain`; also a claim without a pair that it could be about.
    """
    scenario = load_scenario(case)
    base = world_of(scenario)
    day, known = day_of("on", on), day_of("as-of", as_of)
    found = explain(scenario, rate=rate, sector=sector, hs=hs, on=day, branch=branch, as_of=known, base=base)
    checked, pair = None, rate or sides(scenario, base)
    if claim is not None:
        plan = law(scenario, base, day, branch, as_of=known)
        if pair is None:
            raise UsageError("claim: found no pair that it could be about; expected --rate BY AGAINST beside it")
        checked = check_claim(scenario, base, plan, claim, *pair)
    output.note(*(f"warning: {text}" for text in found.warnings))
    if output.wants_json():
        output.document({"status": "OK", **asdict(found), "claim": None if checked is None else asdict(checked)})
    else:
        output.say(_text(found, checked, pair))


def _text(found: Explained, checked: Claim | None, pair: tuple[str, str] | None) -> str:
    head = f"{found.title or found.scenario} · {found.branch} · law of {found.date} · {found.baseline}"
    parts = [head]
    if checked is not None:
        parts.append(_claim(checked))
    if found.rate is not None:
        parts.append(_rate(found.rate, found))
    if found.rate is None and checked is None:
        parts += [_applied(found), _others(found), _sources(found)]
        parts.append(f"next: detente explain {found.scenario} --rate {' '.join(pair or ('BY', 'AGAINST'))}")
    return "\n\n".join(part for part in parts if part)


def _applied(found: Explained) -> str:
    rows = [
        [each.id, _sides(each), each.rate, str(each.since or ""), str(each.until or ""), each.authority,
         "-" if each.trade_musd is None else number(each.trade_musd)]
        for each in found.applied
    ]  # fmt: skip
    head = ["in force", "by on against", "rate", "from", "until", "authority", "trade, MUSD"]
    return table(head, rows, left=len(head) - 1) if rows else "in force: nothing"


def _others(found: Explained) -> str:
    rows = [
        [each.id, _sides(each), each.rate, str(each.since or ""), str(each.until or ""), each.reason]
        for each in found.not_applied
    ]
    head = ["not applied", "by on against", "rate", "from", "until", "why"]
    read = len(found.applied) + len(found.not_applied)
    lines = [table(head, rows, left=len(head))] if rows else []
    lines.append(f"{read} measures read, {len(found.applied)} applied, {len(found.not_applied)} not")
    return "\n".join([*lines, *_counts(found.applied)])


def _sides(each: Stated) -> str:
    sides = [
        codes if codes.count(",") < 3 else f"{codes.count(',') + 1} economies" for codes in (each.by, each.against)
    ]
    return " on ".join(side for side in sides if side)


def _counts(applied: Sequence[Stated]) -> list[str]:
    """Return how many rows of each table were used, and what was not."""
    lines = []
    for each in applied:
        if each.rows_read:
            text = f"{each.id}: {each.rows_read} rows read, {each.rows_matched} matched, {len(each.unmatched)} not"
            lines.append(text + (f" ({'; '.join(each.unmatched[:3])})" if each.unmatched else ""))
    return lines


def _sources(found: Explained) -> str:
    lines = ["sources"]
    for each in (*found.applied, *found.not_applied):
        told = ", ".join(str(part) for part in (each.source or "none stated", each.source_date) if part)
        lines.append(f"{each.id}: {told}" + (" (assumed: the level is ours)" if each.assumed else ""))
    return "\n".join(lines) if len(lines) > 1 else ""


def _rate(rate: RateExplained, found: Explained) -> str:
    rows = [
        [part.measure, part.authority, part.how, part.says, number(part.points_pp, change=True),
         number(part.covered_pct)]
        for part in rate.parts
    ]  # fmt: skip
    if abs(rate.rest_pp) > 1e-9:
        rows.append(["not taken apart", "", "", "", number(rate.rest_pp, change=True), ""])
    rows.append(["total, applied", "", "", "", number(rate.total_pct), ""])
    head = ["why this rate", "authority", "how", "says", "points", "% of trade"]
    parts = [f"{rate.by} on {rate.against} · {rate.what}", table(head, rows, left=4), f"rule: {rate.rule}"]
    parts.append(
        "by authority, points: " + "; ".join(f"{name} {number(each)}" for name, each in rate.authorities.items())
    )
    if found.compare_to:
        parts.append(f"law of {found.compare_to}: {number(rate.comparator_pct)} %; change: "
                     f"{number(rate.total_pct - rate.comparator_pct, change=True)} points")  # fmt: skip
    parts.append(f"counts: {rate.cells} rates on {number(rate.trade_musd)} MUSD of trade")
    parts += [f"note: {rate.note}"] if rate.note else []
    return "\n".join([*parts, *_headline(rate.headline)])


def _headline(said: Sequence[Headline]) -> list[str]:
    """Return the rates that officials state, totals first; nothing is added to anything."""
    totals = [each for each in said if each.reading == TOTAL]
    components = [each for each in said if each.reading != TOTAL]
    lines = [f"headline, as officials say it: {each.rate} in all ({each.measure}: {each.source})" for each in totals]
    lines += [f"a component of it: {each.rate} ({each.measure}: {each.source})" for each in components]
    return lines or ["headline: the scenario states none for this day"]


def _claim(checked: Claim) -> str:
    lines = [f"claim: {checked.by} on {checked.against}, {checked.text}", checked.verdict]
    lines += [f"also: {each.kind}: {each.sentence}" for each in checked.fits[1:]]
    if checked.fits:
        lines += [f"not: {each.kind} {_percent(each)}: {each.sentence}" for each in checked.others]
    return "\n".join(lines)


def _percent(reading: Any) -> str:
    return f"{number(reading.value_pct)} %"
