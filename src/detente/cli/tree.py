"""`detente tree`: the leaves on the horizon; expectations only where the user has given odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from detente.cli import output
from detente.cli.path import comparator, title
from detente.cli.run import words
from detente.core.errors import UsageError
from detente.core.units import parse_percent, percent_text
from detente.report.document import country_rows, worst_status
from detente.report.text_table import number, table
from detente.scenario.dated import day_of
from detente.scenario.schema import MAIN
from detente.scenario.tree import REAL_INCOME, Tree, shown_countries, tree

SHOWN: Final = 10


def run_tree(
    case: str, *, probabilities: Sequence[str] = (), as_of: str | None = None, countries: str | None = None,
    to: Path | None = None, force: bool = False,
) -> None:  # fmt: skip
    """Solve and print a tree, and write it as a page if `to` is given.

    Raises:
        DetenteError: as `scenario.tree.tree`; also an unknown country.
    """
    output.check_file(to, force=force)
    asked = words([countries or ""])
    found = tree(case, probabilities=read_odds(probabilities), as_of=day_of("as-of", as_of), countries=asked)
    shown = shown_countries(found.scenario, found.results[MAIN], asked)
    output.note(*(f"warning: {text}" for text in _warnings(found)))
    if output.wants_json():
        output.document(_document(found, shown))
    else:
        output.say(_text(found, shown))
    if to is not None:
        from detente.report.html import write_report
        from detente.report.select import view
        from detente.scenario.execute import ScenarioRun

        run = ScenarioRun(found.scenario, found.base, dict(found.plans), dict(found.results))
        write_report(view(run, countries=asked, odds=found.odds), to)
        output.note(f"report: {output.shown(to)}")


def read_odds(given: Sequence[str]) -> dict[str, float]:
    """Return NAME=40% as name to fraction.

    Raises:
        UsageError: no `=`, no percentage, a name twice.
    """
    odds: dict[str, float] = {}
    for text in words(given):
        name, mark, value = text.partition("=")
        if not mark:
            raise UsageError(f"set-prob: found {text!r}; expected NAME=PERCENT, such as rollover=40%")
        if name in odds:
            raise UsageError(f"set-prob: found {name} twice; expected each leaf once")
        try:
            odds[name] = parse_percent(value)
        except ValueError:
            raise UsageError(f"set-prob: found {value!r} for {name}; expected a percentage such as 40%") from None
    return odds


def _warnings(found: Tree) -> list[str]:
    told = [text for plan in found.plans.values() for text in plan.warnings]
    told += [str(text) for text in found.base.meta.get("warnings", ())]
    told += [
        f"{name}: {w.code}: {w.text}" for name, result in found.results.items() for w in result.certificate.warnings
    ]
    return list(dict.fromkeys(told))


def _text(found: Tree, shown: Sequence[str]) -> str:
    parts = [title(found, f"{len(found.leaves)} leaves as of {found.date}"), _values(found, shown), _break_even(found)]
    if found.odds is None:
        parts.append(
            "no expected values: a probability is always yours; give all leaves one in the file or with\n"
            f"  --set-prob {','.join(f'{name}=..%' for name in found.leaves)}"
        )
    else:
        parts += [_expected(found, shown), _revalued(found)]
    parts.append("\n".join(f"{name}: {result.certificate.line}" for name, result in found.results.items()))
    return "\n\n".join(parts) + f"\n\nrepeat: {output.command()}"


def _values(found: Tree, shown: Sequence[str]) -> str:
    odds = found.odds
    head = ["real income, %", "path", *([] if odds is None else ["odds"]), *shown]
    paths = {leaf.name: " > ".join(leaf.path) for leaf in found.scenario.tree}
    rows = []
    for name, result in found.results.items():
        mark = "" if result.status == "CERTIFIED" else f" MARKED {result.status}"
        label = f"{name}, if nobody acts" if name == MAIN else name
        weight = [] if odds is None else [percent_text(odds[name]) if name in odds else ""]
        values = (number(found.values[name][code, REAL_INCOME], change=True) for code in shown)
        rows.append([label + mark, paths.get(name, ""), *weight, *values])
    spread = {each.country: each for each in found.spreads}
    gap = ["spread of the leaves, pp", "", *([] if odds is None else [""])]
    rows.append([*gap, *(number(spread[code].spread_pp) if code in spread else "-" for code in shown)])
    return f"change against {comparator(found)}\n" + table(head, rows, left=2)


def _break_even(found: Tree) -> str:
    rows = []
    for each in found.breakeven:
        odds = "none" if each.probability is None else f"{100 * each.probability:.1f}%"
        rows.append([each.party, each.better, each.worse, odds, each.why])
    head = ["party", "this leaf", "against this one", "break-even odds", ""]
    note = (
        f"\nat these odds of the first leaf a party is indifferent to main on {found.date}; below them main is better"
    )
    return table(head, rows, left=5) + note


def _expected(found: Tree, shown: Sequence[str]) -> str:
    rows = [
        [each.country, *(number(value, change=True) for value in (each.expected, each.main, each.deadline))]
        for each in found.expected
        if each.variable == REAL_INCOME and each.country in shown
    ]  # fmt: skip
    head = ["your odds: real income", "expected, %", "main, %", "value of the deadline, pp"]
    return table(head, rows) + f"\nvalue of the deadline: expected over the leaves less main on {found.date}"


def _revalued(found: Tree) -> str:
    largest = sorted(found.revaluation, key=lambda each: -abs(each.change_musd))[:SHOWN]
    rows = [
        [each.country, each.sector, number(each.change_musd, change=True), number(each.change_pct, change=True)]
        for each in largest
    ]
    old = found.old_odds or {}
    told = "main for certain" if set(old) == {MAIN} else ", ".join(f"{n} {percent_text(p)}" for n, p in old.items())
    note = f"\nfrom {told} to your odds; the {len(rows)} largest of {len(found.revaluation)}; all with --json"
    return table(["value added", "sector", "change, MUSD", "%"], rows, left=2) + note


def _document(found: Tree, shown: Sequence[str]) -> dict[str, Any]:
    content = {
        "status": worst_status(found.results.values()),
        "scenario": found.scenario.id,
        "horizon": str(found.date),
        "comparator": comparator(found),
        "baseline": found.base.id,
        "closure": found.scenario.closure.title,
        "branches": {
            name: {
                "status": result.status,
                "applied": [measure.id for measure in found.plans[name].regime.applied],
                "countries": country_rows(result, shown),
                "certificate": result.certificate.to_dict(),
            }
            for name, result in found.results.items()
        },
        "spreads": [asdict(each) for each in found.spreads],
        "break_even": [asdict(each) for each in found.breakeven],
        "probabilities": found.odds,
    }
    if found.odds is not None:
        content |= {
            "old_probabilities": found.old_odds,
            "expected": [asdict(each) for each in found.expected],
            "revaluation": [asdict(each) for each in found.revaluation],
        }
    return {**content, "warnings": _warnings(found), "repeat": output.command()}
