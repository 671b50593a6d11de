"""`detente optimal`, `nash`, `escalate`: best responses, trade wars and ladders on a baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.baseline import Baseline
from detente.baseline.catalogue import load_baseline
from detente.cli import INTERRUPTED, output, progress
from detente.cli.run import words
from detente.core.result import Result
from detente.report.folder import check_target
from detente.report.layout import stranger
from detente.report.strategy_document import ladder_document, nash_document, optimum_document
from detente.report.strategy_text import ladder_text, nash_text, optimum_text
from detente.strategy.nash import nash
from detente.strategy.optimal import optimal_tariffs
from detente.strategy.retaliation import escalation


@dataclass(frozen=True)
class Choices:
    """What the three verbs have in common: the world and what may be chosen."""

    baseline: str
    elasticities: str | None
    sectors: Sequence[str]
    vary: str
    lowest: str | None
    highest: str | None
    keep_deficits: bool
    out: Path | None = None
    force: bool = False

    def world(self) -> Baseline:
        """Return the baseline with its elasticity set."""
        return load_baseline(self.baseline, elasticities=self.elasticities or "default")

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments of the search."""
        asked = words(self.sectors)
        sectors: Any = asked[0] if len(asked) == 1 and asked[0] in ("goods", "all") else asked or "goods"
        none = ("none", "")
        bounds = tuple(None if text is None or text in none else text for text in (self.lowest, self.highest))
        return {"sectors": sectors, "vary": self.vary, "bounds": bounds, "purge": not self.keep_deficits}

    def check(self) -> None:
        """Refuse a folder that must not be replaced, before anything is solved."""
        if self.out is not None:
            check_target(self.out, force=self.force, own=stranger)

    def write(
        self, verb: str, results: Mapping[str, Result], extra: Mapping[str, Sequence[Any]], found: Mapping[str, Any]
    ) -> None:
        """Write the bundle, if one was asked for."""
        if self.out is None:
            return
        from detente.report.strategy_bundle import write_strategy_bundle

        asked = {"verb": verb, "baseline": self.baseline, "elasticities": self.elasticities, **self.options()}
        repeat = output.command({}, () if self.force else ("--force",))
        write_strategy_bundle(results, self.out, asked=asked, extra=extra, repeat=repeat, force=self.force, found=found)
        output.note(f"bundle: {output.shown(self.out)}")


def run_optimal(
    player: Sequence[str], choices: Choices, *, against: Sequence[str], instrument: str, objective: str, starts: int
) -> None:
    """Find and print the best policy of one country or coalition.

    Raises:
        DetenteError: as `optimal_tariffs`.
    """
    choices.check()
    codes = words(player)
    with progress.reported() as told:
        found = optimal_tariffs(
            choices.world(), codes[0] if len(codes) == 1 else codes, against=words(against) or None,
            instrument=instrument, objective=objective, starts=starts, progress=told, **choices.options(),
        )  # fmt: skip
    show(optimum_text, optimum_document, found)
    choices.write("optimal", {"main": found.result}, {"starts": found.starts, "binding": found.binding},
                  optimum_document(found))  # fmt: skip


def run_nash(players: Sequence[str], choices: Choices, *, starts: int) -> int:
    """Find and print a trade war; Ctrl-C keeps the equilibria found so far.

    Raises:
        DetenteError: as `nash`.
    """
    choices.check()
    world = choices.world()
    names = [name.split("+") if "+" in name else name for name in words(players)]
    if names == ["ALL"] or names == ["all"]:
        names = list(world.countries)
    with progress.reported() as told:
        found = nash(world, names, starts=starts, progress=told, **choices.options())
    show(nash_text, nash_document, found)
    extra = {"starts": found.starts, "deviations": found.examination.best, "binding": found.binding}
    choices.write("nash", {"main": found.result}, extra, nash_document(found))
    return 0 if found.complete else INTERRUPTED


def run_escalation(players: Sequence[str], choices: Choices, *, rule: str, opening: str | None, rounds: int) -> int:
    """Play and print a ladder.

    Raises:
        DetenteError: as `escalation`.
    """
    choices.check()
    names = [name.split("+") if "+" in name else name for name in words(players)]
    with progress.reported() as told:
        found = escalation(
            choices.world(), names, rule=rule, opening=opening, rounds=rounds, progress=told, **choices.options()
        )
    show(ladder_text, ladder_document, found)
    if found.rungs:
        choices.write(
            "escalate", {f"round-{rung.round}": rung.result for rung in found.rungs}, {}, ladder_document(found)
        )
    return 0 if found.complete else INTERRUPTED


def show(text: Callable[[Any], str], document: Callable[[Any], dict[str, Any]], found: Any) -> None:
    """Print what was found as text, or as one JSON document."""
    if output.wants_json():
        output.document({**document(found), "repeat": output.command()})
    else:
        output.say(f"{text(found)}\n\nrepeat: {output.command()}")
