"""The verbs that carry results away, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from detente.cli.options import Branches, Countries, ForceFile, Json, Quiet, Solved, Words


def add(app: typer.Typer) -> None:
    """Put the verbs on the command line."""

    @app.command(
        epilog="\b\nExamples:\n  detente report court/ --to court.html\n"
        "  detente report us-china-2025-10 --branch main,escalation --country DEU"
    )
    def report(
        source: Solved,
        to: Annotated[
            Path | None, typer.Option("--to", metavar="FILE", help="The file; default: NAME-report.html here.")
        ] = None,
        country: Annotated[
            str | None, typer.Option("--country", metavar="CODE", help="Whose four numbers come first.")
        ] = None,
        countries: Countries = None,
        branch: Branches = None,
        talks: Annotated[
            bool, typer.Option("--talks", help="Settle the talks of the scenario too; takes longer.")
        ] = False,
        probabilities: Annotated[
            Words, typer.Option("--set-prob", metavar="NAME=40%", help="Your odds of a branch, to weigh them with.")
        ] = None,
        force: ForceFile = False,
        json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        """Write the report: one HTML file that needs no network and, to be read, no script."""
        from detente.cli.report import report as body

        body(
            source, to=to, country=country, countries=countries, branches=branch or [], with_talks=talks,
            odds=probabilities or [], force=force,
        )  # fmt: skip

    @app.command(
        epilog="\b\nExamples:\n  detente export court/ --to court.xlsx\n"
        "  detente export us-china-2025-10 --figures rates,welfare --to fig.pdf"
    )
    def export(
        source: Solved,
        to: Annotated[
            Path,
            typer.Option(
                "--to",
                metavar="FILE",
                help="Its suffix says what: csv parquet dta tex xlsx nc mat svg png pdf; zip: a replication package.",
            ),
        ],
        tables: Annotated[
            Words, typer.Option("--tables", metavar="NAME|all", help="countries (default), sectors, pairs, flows ..")
        ] = None,
        figures: Annotated[
            Words, typer.Option("--figures", metavar="NAME|all", help="real-income (default), map, rates, welfare ..")
        ] = None,
        countries: Countries = None,
        branch: Branches = None,
        force: ForceFile = False,
        json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        """Write tables, arrays, figures or a replication package for other programs."""
        from detente.cli.export import export as body

        body(
            source, to=to, tables=tables or [], figures=figures or [], countries=countries, branches=branch or [],
            force=force,
        )  # fmt: skip

    @app.command(epilog="\b\nExamples:\n  detente cite us-china-2025-10 > used.bib\n  detente cite court/")
    def cite(source: Solved, json: Json = False, quiet: Quiet = False) -> None:
        """Print BibTeX of the program, model, data, elasticities and acts that a result used."""
        from detente.cli.cite import cite as body

        body(source)
