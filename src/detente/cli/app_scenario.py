"""`detente scenario ..`: the verbs and their options. A verb's module is imported only when the verb is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detente.cli.options import AsOf, Json, Quiet

scenario = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Scenario files: new, check, diff, schema.")


@scenario.command(
    "check", epilog="\b\nExamples:\n  detente scenario check us-china-2025-10\n  detente scenario check my.yaml --json"
)
def scenario_check(
    case: Annotated[str, typer.Argument(metavar="SCENARIO")], json: Json = False, quiet: Quiet = False
) -> None:
    """Read a scenario without solving it; every problem is told (exit 3)."""
    from detente.cli import scenario as body

    body.check(case)


@scenario.command(
    "schema", epilog="\b\nExamples:\n  detente scenario schema\n  detente scenario schema > detente.schema.json"
)
def scenario_schema(json: Json = False, quiet: Quiet = False) -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from detente.cli import scenario as body

    body.schema()


@scenario.command(
    "new",
    epilog="\b\nExamples:\n  detente scenario new --out my.yaml\n"
    "  detente scenario new --from us-china-2025-10 --out cases/my.yaml",
)
def scenario_new(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file ending in .yaml.")],
    source: Annotated[
        str, typer.Option("--from", metavar="ID|PATH", help="What to copy, comments and tables included.")
    ] = "us-china-2025-10",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a commented copy of a scenario to start from."""
    from detente.cli import scenario as body

    body.new(source, out, force=force)


@scenario.command(
    "diff",
    epilog="\b\nExamples:\n  detente scenario diff us-china-2025-10 my.yaml\n"
    "  detente scenario diff old.yaml new.yaml --json",
)
def scenario_diff(
    before: Annotated[str, typer.Argument(metavar="A")],
    after: Annotated[str, typer.Argument(metavar="B")],
    as_of: AsOf = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what differs in meaning: measures added, removed, changed field by field; order does not matter."""
    from detente.cli import scenario as body

    body.diff(before, after, as_of)
