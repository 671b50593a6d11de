"""The verbs of time and of what may come, and their options."""

from __future__ import annotations

from typing import Annotated

import typer

from detente.cli.options import AsOf, Branch, Countries, ForceFile, Json, Quiet, Scenario, ToPage, Words


def add(app: typer.Typer) -> None:
    """Put the verbs on the command line."""

    @app.command(
        epilog="\b\nExamples:\n  detente path us-china-2025-10\n"
        "  detente path us-china-2025-10 --branch escalation --until 2025-12-31"
    )
    def path(
        case: Scenario,
        first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First day; default: as_of.")] = None,
        last: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Last day; default: horizon.")] = None,
        branch: Branch = None,
        countries: Countries = None,
        as_of: AsOf = None,
        to: ToPage = None,
        force: ForceFile = False,
        json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        """Solve every regime between two days: one equilibrium for each date on which the law changes."""
        from detente.cli.path import run_path

        run_path(case, first=first, last=last, branch=branch, as_of=as_of, countries=countries, to=to, force=force)

    @app.command(
        epilog="\b\nExamples:\n  detente tree us-china-2025-10\n"
        "  detente tree us-china-2025-10 --set-prob full-exchange=10%,rollover=40%,snapback=20%,threat=20%,"
        "escalation=10%"
    )
    def tree(
        case: Scenario,
        probabilities: Annotated[
            Words, typer.Option("--set-prob", metavar="NAME=40%", help="Your odds of a leaf; all must sum to 100%.")
        ] = None,
        countries: Countries = None,
        as_of: AsOf = None,
        to: ToPage = None,
        force: ForceFile = False,
        json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        """Solve the leaves on the horizon: values, spreads, break-even odds; expected values with your odds only."""
        from detente.cli.tree import run_tree

        run_tree(case, probabilities=probabilities or [], as_of=as_of, countries=countries, to=to, force=force)
