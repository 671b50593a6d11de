"""`detente scenario`: read a scenario without solving it; its schema."""

from __future__ import annotations

from detente.cli import output
from detente.scenario.calendar import describe_not_applied
from detente.scenario.execute import world_of
from detente.scenario.format import json_schema
from detente.scenario.load import load_scenario
from detente.scenario.run import plan


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
