"""The verbs of strategy and their options."""

from __future__ import annotations

from typing import Annotated

import typer

from detente.cli.options import Force, Json, Out, Quiet, Words

World = Annotated[str, typer.Option("--baseline", metavar="ID|PATH", help="The world.")]
Elasticities = Annotated[
    str | None, typer.Option("--elasticities", metavar="SET", help="See detente data list --elasticities.")
]
Sectors = Annotated[Words, typer.Option("--sectors", metavar="C26|goods|all", help="Whose rates are chosen.")]
Vary = Annotated[str, typer.Option("--vary", help="free, uniform, by-partner, by-sector or mfn.")]
Lowest = Annotated[str | None, typer.Option("--min", metavar="RATE", help="Lowest rate; none allows subsidies.")]
Highest = Annotated[str | None, typer.Option("--max", metavar="RATE", help="Highest rate, such as 100%.")]
KeepDeficits = Annotated[bool, typer.Option("--keep-deficits", help="Do not balance trade first; needs --max.")]
Starts = Annotated[int, typer.Option("--starts", metavar="N", help="Observed, free trade, 1/theta, random ..")]


def add(app: typer.Typer) -> None:
    """Put the verbs on the command line."""

    @app.command(
        epilog="\b\nExamples:\n  detente optimal USA --vary by-partner\n  detente optimal EU27 --against CHN --max 100%"
    )
    def optimal(
        player: Annotated[list[str], typer.Argument(metavar="CODE..", help="A country, a group, or members.")],
        against: Annotated[Words, typer.Option("--against", metavar="CODE", help="Partners; default: all.")] = None,
        sectors: Sectors = None,
        vary: Vary = "free",
        lowest: Lowest = "0%",
        highest: Highest = None,
        instrument: Annotated[str, typer.Option("--instrument", help="import-tariff or export-tax.")] = "import-tariff",
        objective: Annotated[str, typer.Option("--objective", help="real-income or revenue.")] = "real-income",
        starts: Starts = 1,
        baseline: World = "world-2022",
        elasticities: Elasticities = None,
        keep_deficits: KeepDeficits = False,
        out: Out = None,
        force: Force = False,
        json: Json = False,
        quiet: Quiet = False,
    ) -> None:
        """Find the tariff, or export tax, that is best for one side while the others stay as they are."""
        from detente.cli.strategy import Choices, run_optimal

        choices = Choices(baseline, elasticities, sectors or [], vary, lowest, highest, keep_deficits, out, force)
        run_optimal(player, choices, against=against or [], instrument=instrument, objective=objective, starts=starts)

    @app.command(
        epilog="\b\nExamples:\n  detente nash USA CHN --starts 6\n  detente nash USA CHN EU27 --max 100% --json"
    )
    def nash(
        players: Annotated[list[str], typer.Argument(metavar="A B ..", help="Codes, groups, A+B coalitions, or all.")],
        sectors: Sectors = None,
        vary: Vary = "free",
        lowest: Lowest = "0%",
        highest: Highest = None,
        starts: Starts = 1,
        baseline: World = "world-2022",
        elasticities: Elasticities = None,
        keep_deficits: KeepDeficits = False,
        out: Out = None,
        force: Force = False,
        json: Json = False,
        quiet: Quiet = False,
    ) -> int:
        """Find tariffs at which nobody gains by changing its own, and say what deviations were tried."""
        from detente.cli.strategy import Choices, run_nash

        choices = Choices(baseline, elasticities, sectors or [], vary, lowest, highest, keep_deficits, out, force)
        return run_nash(players, choices, starts=starts)

    @app.command(
        epilog="\b\nExamples:\n  detente escalate USA CHN\n  detente escalate USA CHN --rule reciprocal --opening +10pp"
    )
    def escalate(
        players: Annotated[list[str], typer.Argument(metavar="A B", help="Who opens, and who answers.")],
        rule: Annotated[str, typer.Option("--rule", help="optimal, reciprocal or equal-value.")] = "optimal",
        opening: Annotated[str | None, typer.Option("--opening", metavar="+10pp", help="What A adds first.")] = None,
        rounds: Annotated[int, typer.Option("--rounds", metavar="N", help="Moves, at most.")] = 6,
        sectors: Sectors = None,
        vary: Vary = "free",
        lowest: Lowest = "0%",
        highest: Highest = None,
        baseline: World = "world-2022",
        elasticities: Elasticities = None,
        keep_deficits: KeepDeficits = False,
        out: Out = None,
        force: Force = False,
        json: Json = False,
        quiet: Quiet = False,
    ) -> int:
        """Let two sides answer each other round by round: who moves, and what it costs both."""
        from detente.cli.strategy import Choices, run_escalation

        choices = Choices(baseline, elasticities, sectors or [], vary, lowest, highest, keep_deficits, out, force)
        return run_escalation(players, choices, rule=rule, opening=opening, rounds=rounds)
