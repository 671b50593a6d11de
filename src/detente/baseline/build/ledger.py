"""The log of everything the builder moved: one entry per cell, in money, with its before and after (check B11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LARGEST = 20


@dataclass(frozen=True)
class Entry:
    """One cell that a step changed.

    Attributes:
        step: name of the step, for example "cost-share cap".
        cell: codes of the cell, joined by "/" in the order origin, dest, sector (or country, input sector, sector).
        before: value before, in `unit`. after: value after, in `unit`.
        unit: "MUSD", "share" or "rate".
        moved: size of the change in money: |after - before| times the base that it applies to. [MUSD]
    """

    step: str
    cell: str
    before: float
    after: float
    unit: str
    moved: float


def summary(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return, by step, the number of entries, the largest and the total money moved, and the 20 largest entries.

    Args:
        entries: the log, in the order of the steps.
    Returns:
        step -> {count, max_musd, sum_musd, largest: [entry as dict, ...]}; plain data for JSON.
    """
    return {step: _of_one_step([entry for entry in entries if entry.step == step]) for step in _names(entries)}


def as_rows(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return the log as plain dicts, in order."""
    return [asdict(entry) for entry in entries]


def _names(entries: Iterable[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.step for entry in entries))


def _of_one_step(entries: Sequence[Entry]) -> dict[str, Any]:
    largest = sorted(entries, key=lambda entry: (-entry.moved, entry.cell))[:LARGEST]
    return {
        "count": len(entries),
        "max_musd": largest[0].moved,
        "sum_musd": float(sum(entry.moved for entry in entries)),
        "largest": as_rows(largest),
    }
