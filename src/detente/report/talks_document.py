"""Talks as one JSON document: status first, the field names of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from detente.core.certificate import CERTIFIED
from detente.strategy.outcomes import CANCELLED, Deal
from detente.strategy.talks import Talks
from detente.strategy.talks_tables import TABLES


def talks_status(talks: Talks) -> str:
    """Return the first status that is not CERTIFIED, CANCELLED last, or CERTIFIED."""
    found = [talks.solved.status(law) for law in range(len(talks.wedges))]
    other = [status for status in dict.fromkeys(found) if status not in (CERTIFIED, CANCELLED)]
    return other[0] if other else CANCELLED if CANCELLED in found else CERTIFIED


def talks_document(talks: Talks, *, warnings: Sequence[str] = (), repeat: str = "") -> dict[str, Any]:
    """Return talks as plain data.

    Args:
        talks: settled. warnings: sentences. repeat: the command that repeats it.
    """
    question, worst = talks.question, talks.solved.worst
    return {
        "status": talks_status(talks),
        **talks.facts,
        "players": dict(zip(question.players.codes, question.players.objectives, strict=True)),
        "closure": talks.solved.closure,
        "issues": {each.name: {"imposed_by": each.givers, "choices": each.choices} for each in question.matters},
        "no_deal": _deal(talks.disagreement),
        "counts": {
            "packages": len(talks.U),
            "rational": int(talks.agreed.sum()),
            "pareto": int(talks.on_edge.sum()),
        },
        "rule": talks.rule,
        "solution": None if talks.solution is None else _deal(talks.solution),
        "least_bad": [asdict(each) for each in talks.least_bad],
        "deadline": None if talks.deadline is None else asdict(talks.deadline),
        "other_closure": None if talks.other is None else asdict(talks.other),
        "tables": {name: _rows(talks, name) for name in TABLES},
        "certificate": None if worst is None else worst.to_dict(),
        "warnings": list(warnings),
        "repeat": repeat,
    }


def _deal(deal: Deal) -> dict[str, Any]:
    names = ("name", "number", "choices", "real_income_pct", "gain_pp", "gain_musd", "status")
    return {name: getattr(deal, name) for name in names}


def _rows(talks: Talks, name: str) -> list[dict[str, Any]]:
    columns = talks.columns(name)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
