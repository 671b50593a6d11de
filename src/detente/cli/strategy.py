"""`detente optimal`, `nash`, `escalate`: best responses, trade wars and ladders on a baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from detente.baseline import Baseline
from detente.baseline.catalogue import load_baseline
from detente.cli import INTERRUPTED, output, progress
from detente.cli.run import words
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


def run_optimal(
    player: Sequence[str], choices: Choices, *, against: Sequence[str], instrument: str, objective: str, starts: int
) -> None:
    """Find and print the best policy of one country or coalition.

    Raises:
        DetenteError: as `optimal_tariffs`.
    """
    codes = words(player)
    with progress.reported() as told:
        found = optimal_tariffs(
            choices.world(), codes[0] if len(codes) == 1 else codes, against=words(against) or None,
            instrument=instrument, objective=objective, starts=starts, progress=told, **choices.options(),
        )  # fmt: skip
    _print(optimum_text, optimum_document, found)


def run_nash(players: Sequence[str], choices: Choices, *, starts: int) -> int:
    """Find and print a trade war; Ctrl-C keeps the equilibria found so far.

    Raises:
        DetenteError: as `nash`.
    """
    world = choices.world()
    names = [name.split("+") if "+" in name else name for name in words(players)]
    if names == ["ALL"] or names == ["all"]:
        names = list(world.countries)
    with progress.reported() as told:
        found = nash(world, names, starts=starts, progress=told, **choices.options())
    _print(nash_text, nash_document, found)
    return 0 if found.complete else INTERRUPTED


def run_escalation(players: Sequence[str], choices: Choices, *, rule: str, opening: str | None, rounds: int) -> int:
    """Play and print a ladder.

    Raises:
        DetenteError: as `escalation`.
    """
    names = [name.split("+") if "+" in name else name for name in words(players)]
    with progress.reported() as told:
        found = escalation(
            choices.world(), names, rule=rule, opening=opening, rounds=rounds, progress=told, **choices.options()
        )
    _print(ladder_text, ladder_document, found)
    return 0 if found.complete else INTERRUPTED


def _print(text: Callable[[Any], str], document: Callable[[Any], dict[str, Any]], found: Any) -> None:
    if output.wants_json():
        output.document({**document(found), "repeat": output.command()})
    else:
        output.say(f"{text(found)}\n\nrepeat: {output.command()}")
