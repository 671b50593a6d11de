"""`detente talks`: every package of a scenario's talks, solved, certified and settled, on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.cli import INTERRUPTED, output
from detente.cli.progress import reported
from detente.cli.run import words
from detente.core.errors import SolveError, UsageError
from detente.report.folder import check_target
from detente.report.layout import stranger
from detente.report.talks_document import talks_document, talks_status
from detente.report.talks_text import talks_text
from detente.scenario.load import load_scenario
from detente.scenario.schema import Scenario
from detente.scenario.talks import talks
from detente.strategy.outcomes import CANCELLED
from detente.strategy.talks import Talks


@dataclass(frozen=True)
class Options:
    """The options of `detente talks`, as typed."""

    case: str
    players: str | None = None
    objective: Sequence[str] = ()
    disagreement: str | None = None
    solution: str = "nash"
    closure: str = "purged"
    out: Path | None = None
    force: bool = False
    method: str = "packages"


def run_bargain(options: Options) -> int:
    """Find and print the bargain over all tariffs of the players.

    Raises:
        DetenteError: as `api.talks` with method "cooperative".
    """
    from detente.cli.strategy import show
    from detente.report.strategy_document import cooperation_document
    from detente.report.strategy_text import cooperation_text
    from detente.scenario.cooperative import tariffs_of
    from detente.strategy.cooperative import cooperative

    unused = {"--objective": options.objective, "--out": options.out}
    for flag in (flag for flag, value in unused.items() if value):
        raise UsageError(f"{flag}: found with --method cooperative; expected it with --method packages only")
    players = [name.split("+") if "+" in name else name for name in words([options.players or ""])]
    with reported() as progress:
        base, who, gone = tariffs_of(options.case, players or None, options.disagreement)
        found = cooperative(base, who, disagreement=gone, solution=options.solution, progress=progress)
    show(cooperation_text, cooperation_document, found)
    return 0


def run_talks(options: Options) -> int:
    """Solve, print, write the bundle, and return the exit code: 4 if a law is not solved, 130 after an interrupt.

    Raises:
        DetenteError: as `scenario.talks.talks`.
    """
    if options.method == "cooperative":
        return run_bargain(options)
    if options.method != "packages":
        raise UsageError(f"method: found {options.method!r}; expected packages or cooperative")
    if options.out is not None:
        check_target(options.out, force=options.force, own=stranger)
    case = load_scenario(options.case)
    with reported() as progress:
        found = talks(
            case,
            players=words([options.players]) if options.players else None,
            objective=read_objectives(options.objective),
            disagreement=options.disagreement,
            solution=options.solution,
            closure=options.closure,
            progress=progress,
            keep=True,
        )
    output.note(*(f"warning: {text}" for text in found.warnings))
    again = output.command({}, () if options.out is None or options.force else ("--force",))
    if output.wants_json():
        bundle = _written(case, found, options)
        content = talks_document(found, warnings=found.warnings, repeat=again)
        output.document({**content, "bundle": str(bundle) if bundle else None})
    else:
        output.say(talks_text(found))
        bundle = _written(case, found, options)
        output.say(" · ".join([*([f"bundle: {output.shown(bundle)}"] if bundle else []), f"repeat: {again}"]))
    return _code(found)


def _written(case: Scenario, found: Talks, options: Options) -> Path | None:
    """Write the bundle, if one was asked for; the libraries it needs are imported here and not before."""
    if options.out is None:
        return None
    from detente.report.talks_bundle import write_talks_bundle

    return write_talks_bundle(case, found, options.out, force=options.force)


def _code(found: Talks) -> int:
    status = talks_status(found)
    if status == CANCELLED:
        output.complain(f"{found.solved.reached} of {len(found.wedges)} laws solved; the rest is not ranked")
        return INTERRUPTED
    return SolveError.exit_code if any(not each.ok for each in found.solved.certificates if each) else 0


def read_objectives(given: Sequence[str]) -> dict[str, Any]:
    """Return PLAYER=real-income, or PLAYER=SECTOR:WEIGHT,.., as player to objective.

    Raises:
        UsageError: no `=`, a player twice, a weight without its sector.
    """
    found: dict[str, Any] = {}
    for text in given:
        player, mark, value = text.partition("=")
        if not mark or not player.strip() or not value.strip():
            raise UsageError(f"objective: found {text!r}; expected PLAYER=real-income or PLAYER=C29:2,C24A:1.5")
        if player in found:
            raise UsageError(f"objective: found {player} twice; expected each player once")
        parts = [part.partition(":") for part in words([value])]
        if len(parts) == 1 and not parts[0][1]:
            found[player] = parts[0][0]
            continue
        wrong = next((sector for sector, colon, _ in parts if not colon), None)
        if wrong is not None:
            raise UsageError(f"objective: found {wrong!r} for {player}; expected SECTOR:WEIGHT, such as C29:2")
        found[player] = {sector: weight for sector, _, weight in parts}
    return found
