"""`detente scenario`: read a scenario without solving it; its schema; a copy to start from; what differs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

from detente.cli import output
from detente.scenario.calendar import describe_not_applied
from detente.scenario.dated import day_of
from detente.scenario.diff import diff_scenarios
from detente.scenario.execute import world_of
from detente.scenario.format import json_schema
from detente.scenario.load import load_scenario
from detente.scenario.run import plan
from detente.scenario.scaffold import new_scenario


def check(case: str) -> None:
    """Read a scenario, place it on its world, and say what would apply.

    Raises:
        DetenteError: every problem.
    """
    found = load_scenario(case)
    plans = plan(found, world_of(found))
    warnings = list(dict.fromkeys(text for each in plans for text in each.warnings))
    output.note(*(f"warning: {text}" for text in warnings))
    sentences = {each.name: describe_not_applied(each.regime) for each in plans}
    if output.wants_json():
        output.document(
            {"status": "OK", "scenario": found.id, "sha256": found.sha256, "branches": sentences, "warnings": warnings}
        )
        return
    lines = [f"ok: {found.id}, {len(found.measures)} measures, {len(plans)} branches, {len(warnings)} warnings"]
    output.say("\n".join([*lines, *(f"{name}: {text}" for name, text in sentences.items())]))


def schema() -> None:
    """Print the JSON Schema of scenario files."""
    output.document(json_schema())


def new(source: str, out: Path, *, force: bool) -> None:
    """Write a copy of a scenario, and say what to do next.

    Raises:
        DetenteError: as `new_scenario`.
    """
    found = new_scenario(source, out, force=force)
    files = [str(path) for path in found.files]
    check = f"detente scenario check {output.shown(out)}"
    if output.wants_json():
        output.document({"status": "OK", "id": found.id, "from": found.source, "files": files, "next": check})
        return
    output.say("\n".join([*(f"written: {output.shown(path)}" for path in found.files), f"next: {check}"]))


def diff(before: str, after: str, as_of: str | None) -> None:
    """Print what differs between two scenarios; differences are no failure.

    Raises:
        DetenteError: as `diff_scenarios`.
    """
    found = diff_scenarios(before, after, as_of=day_of("as-of", as_of))
    counts = Counter(change.what for change in found)
    if output.wants_json():
        changes = [asdict(change) for change in found]
        output.document({"status": "OK", "same": not found, "counts": dict(counts), "changes": changes})
        return
    signs = {"added": "+", "removed": "-", "changed": "~"}
    lines = [
        f"{signs[each.what]} {each.where}: " + " -> ".join(t for t in (each.before, each.after) if t) for each in found
    ]
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    output.say(
        "\n".join(
            [
                *lines,
                f"{len(found)} difference{'s' * (len(found) > 1)} ({told})" if found else "no difference in meaning",
            ]
        )
    )
