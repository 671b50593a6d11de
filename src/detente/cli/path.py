"""`detente path`: every regime between two dates, solved as one batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as File
from typing import Any

from detente.cli import output
from detente.cli.run import words
from detente.report.document import country_rows, worst_status
from detente.report.text_table import number, table
from detente.scenario.dated import day_of
from detente.scenario.path import Path, Step, country_values, path
from detente.scenario.tree import REAL_INCOME, shown_countries


def run_path(
    case: str,
    *,
    first: str | None = None,
    last: str | None = None,
    branch: str | None = None,
    as_of: str | None = None,
    countries: str | None = None,
    to: File | None = None,
    force: bool = False,
) -> None:
    """Solve and print a path, and write it as a page if `to` is given.

    Raises:
        DetenteError: as `scenario.path.path`; also an unknown country.
    """
    output.check_file(to, force=force)
    days = day_of("from", first), day_of("until", last), day_of("as-of", as_of)
    found = path(case, first=days[0], last=days[1], branch=branch, as_of=days[2])
    shown = shown_countries(found.scenario, found.steps[0].result, words([countries or ""]))
    output.note(*(f"warning: {text}" for text in _warnings(found)))
    if output.wants_json():
        output.document(_document(found, shown))
    else:
        output.say(_text(found, shown))
    if to is not None:
        from detente.report.path_story import path_story
        from detente.report.story import write_story

        write_story(path_story(found, shown, output.command()), to)
        output.note(f"report: {output.shown(to)}")


def comparator(found: Any) -> str:
    """Return what changes are measured against, in words."""
    day = found.scenario.compare_to
    return f"the law of {day}" if day else "the baseline"


def title(found: Any, what: str) -> str:
    """Return the first line: the scenario, what is shown, the world, the closure."""
    case, base = found.scenario, found.base
    size = f"{base.id}: {len(base.countries)} economies x {len(base.sectors)} sectors"
    return f"{case.title or case.id} · {what} · {size} · closure {case.closure.title}"


def _warnings(found: Path) -> list[str]:
    told = [text for step in found.steps for text in step.plan.warnings]
    told += [str(text) for text in found.base.meta.get("warnings", ())]
    told += [
        f"{step.date}: {warn.code}: {warn.text}" for step in found.steps for warn in step.result.certificate.warnings
    ]
    return list(dict.fromkeys(told))


def _text(found: Path, shown: Sequence[str]) -> str:
    parts = [title(found, f"path of {found.branch}, {found.first} to {found.last}")]
    parts.append(_laws(found))
    parts.append(f"real income, % against {comparator(found)}\n" + _incomes(found, shown))
    lines = [f"{step.date}: {step.result.certificate.line}" for step in found.steps]
    parts.append("\n".join([f"{len(found.steps)} regimes", *lines]))
    return "\n\n".join(parts) + f"\n\nrepeat: {output.command()}"


def _laws(found: Path) -> str:
    pairs = list(found.before)
    head = ["from", "what changes", "applies", *(f"{by} on {against}, %" for by, against in pairs)]
    start = [comparator(found), "", "", *(number(found.before[pair]) for pair in pairs)]
    rows = [start] + [
        [str(step.date), _change(step) or "first day", f"{len(step.plan.regime.applied)} measures",
         *(number(step.rates.get(pair)) for pair in pairs)]
        for step in found.steps
    ]  # fmt: skip
    note = "\naverage rate over goods, weighted with the flows before" if pairs else ""
    return table(head, rows, left=3) + note


def _change(step: Step) -> str:
    return " ".join([*(f"+{name}" for name in step.starts), *(f"-{name}" for name in step.ends)])


def _incomes(found: Path, shown: Sequence[str]) -> str:
    rows = []
    for step in found.steps:
        values = country_values(step.result)
        mark = "" if step.result.status == "CERTIFIED" else f" MARKED {step.result.status}"
        rows.append([f"{step.date}{mark}", *(number(values[code, REAL_INCOME], change=True) for code in shown)])
    return table(["from", *shown], rows)


def _document(found: Path, shown: Sequence[str]) -> dict[str, Any]:
    return {
        "status": worst_status(step.result for step in found.steps),
        "scenario": found.scenario.id,
        "branch": found.branch,
        "from": str(found.first),
        "until": str(found.last),
        "comparator": comparator(found),
        "baseline": found.base.id,
        "closure": found.scenario.closure.title,
        "before": _rates(found.before),
        "path": [
            {
                "date": str(step.date),
                "status": step.result.status,
                "starts": list(step.starts),
                "ends": list(step.ends),
                "applied": [measure.id for measure in step.plan.regime.applied],
                "rates": _rates(step.rates),
                "countries": country_rows(step.result, shown),
                "certificate": step.result.certificate.to_dict(),
            }
            for step in found.steps
        ],
        "warnings": _warnings(found),
        "repeat": output.command(),
    }


def _rates(rates: Any) -> list[dict[str, Any]]:
    return [{"by": by, "against": against, "average_rate_pct": rate} for (by, against), rate in rates.items()]
