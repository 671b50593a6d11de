"""Instruments of several measures that meet on one cell: which one holds, what is left of a pool, what contradicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.baseline import Baseline
from detente.core.errors import Problem
from detente.core.instruments import (
    BOUNDED,
    DEMAND,
    GUARANTEE,
    LOST,
    MINIMUM,
    MINIMUM_VALUE,
    QUOTA,
    Bound,
    Cell,
)

CAP: Final = 1.0
_FLOORS: Final = (MINIMUM, MINIMUM_VALUE)


@dataclass(frozen=True)
class Settled:
    """Instruments that can stand side by side, with sentences on what gave way and on what contradicts."""

    bounds: tuple[Bound, ...]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]


def settled(base: Baseline, bounds: Sequence[Bound]) -> Settled:
    """Return instruments that can stand side by side.

    A quota of zero empties its cells; a pool keeps its volume, which others may use. Of several quotas on single cells
    the smallest holds; a pool and a quota on one of its cells hold both. Two instruments of another bounded kind on a
    cell are a contradiction, and so is more bought than may be sold.
    """
    closed = {cell: bound.name for bound in bounds if bound.kind == QUOTA and bound.volume == 0 for cell in bound.cells}
    open_, notes, problems = _without(base, [each for each in bounds if not _closes(each)], closed)
    kept, given_way = _smallest(open_)
    problems += _shared(kept) + _impossible(kept)
    shut = tuple(Bound(QUOTA, (cell,), volume=0.0, to=LOST, name=name) for cell, name in closed.items())
    return Settled((*shut, *kept), (*notes, *given_way), tuple(problems))


def _closes(bound: Bound) -> bool:
    return bound.kind == QUOTA and bound.volume == 0


def _without(
    base: Baseline, bounds: Sequence[Bound], closed: dict[Cell, str]
) -> tuple[list[Bound], list[str], list[Problem]]:
    """Return instruments without the cells that are closed; a pool keeps its volume, a closed purchase is a problem."""
    kept: list[Bound] = []
    notes: list[str] = []
    problems: list[Problem] = []
    for bound in bounds:
        shut = [cell for cell in bound.cells if cell in closed]
        left = tuple(cell for cell in bound.cells if cell not in closed)
        if not shut:
            kept.append(bound)
        elif left:
            kept.append(bound if bound.kind == QUOTA else _smaller(base, bound, left))
        elif bound.kind in (*_FLOORS, DEMAND):
            found = f"a purchase on {'-'.join(shut[0])}, which {closed[shut[0]]!r} closes"
            problems.append(Problem("", bound.name, found, "one of the two measures", f"--drop {bound.name}"))
        else:
            notes.append(f"{bound.name}: no effect on {'-'.join(shut[0])}, which {closed[shut[0]]} closes")
    return kept, notes, problems


def _smaller(base: Baseline, bound: Bound, left: tuple[Cell, ...]) -> Bound:
    """Return an instrument on fewer cells; a volume of all cells together stays the same amount."""
    if bound.volume is None or len(bound.cells) == 1:
        return replace(bound, cells=left)
    return replace(bound, cells=left, volume=bound.volume * _flow(base, bound.cells) / _flow(base, left))


def _flow(base: Baseline, cells: Sequence[Cell]) -> float:
    country, sector = base.countries.index, base.sectors.index
    return float(sum(base.flows[country(o), country(d), sector(s)] for o, d, s in cells))


def _smallest(bounds: Sequence[Bound]) -> tuple[list[Bound], list[str]]:
    """Return the instruments without quotas on a single cell where another one on it is smaller."""
    best: dict[Cell, Bound] = {}
    for bound in bounds:
        if bound.kind == QUOTA and len(bound.cells) == 1:
            other = best.get(bound.cells[0])
            if other is None or _volume(bound) < _volume(other):
                best[bound.cells[0]] = bound
    kept: list[Bound] = []
    lost: dict[tuple[str, str], list[Cell]] = {}
    for bound in bounds:
        if bound.kind == QUOTA and len(bound.cells) == 1 and best[bound.cells[0]] is not bound:
            lost.setdefault((bound.name, best[bound.cells[0]].name), []).append(bound.cells[0])
        else:
            kept.append(bound)
    notes = [
        f"{name}: gives way to the smaller bound of {other} on {len(cells)} flows, such as {'-'.join(cells[0])}"
        for (name, other), cells in lost.items()
    ]
    return kept, notes


def _volume(bound: Bound) -> float:
    return float("inf") if bound.volume is None else bound.volume


def _shared(bounds: Sequence[Bound]) -> list[Problem]:
    """Return pairs of one bounded kind that meet on a cell (quotas: on the same cells), each pair of measures once."""
    first: dict[tuple[str, Cell], Bound] = {}
    found: dict[tuple[str, str], Problem] = {}
    for bound in bounds:
        if bound.kind not in BOUNDED:
            continue
        for cell in bound.cells:
            other = first.setdefault((bound.kind, cell), bound)
            if other is not bound and (bound.kind != QUOTA or set(other.cells) == set(bound.cells)):
                text = f"a {bound.kind} on {'-'.join(cell)}, where {other.name!r} has one for several flows together"
                expected = "one of them on each flow"
                if bound.kind == GUARANTEE or len(bound.cells) == len(other.cells) == 1:
                    text = f"a {bound.kind} on {'-'.join(cell)}, where {other.name!r} has one already"
                problem = Problem("", bound.name, text, expected, f"--drop {other.name}, or one measure for both")
                found.setdefault((bound.name, other.name), problem)
    return list(found.values())


def _impossible(bounds: Sequence[Bound]) -> list[Problem]:
    """Return purchases above what a quota lets through on the same cells."""
    caps = {bound.cells[0]: bound for bound in bounds if bound.kind == QUOTA and len(bound.cells) == 1}
    problems = []
    for bound in bounds:
        if bound.kind not in _FLOORS or not all(cell in caps for cell in bound.cells):
            continue
        held = [caps[cell] for cell in bound.cells]
        least = CAP if bound.volume is None else bound.volume
        if all(least > _volume(cap) for cap in held):
            found = f"at least {100 * least:g}% of base, where {held[0].name!r} allows {100 * _volume(held[0]):g}%"
            if bound.volume is None:
                found = (
                    f"a sum to be bought where {held[0].name!r} caps the volume at {100 * _volume(held[0]):g}% of base"
                )
            problems.append(Problem("", bound.name, found, "one of the two measures", f"--drop {held[0].name}"))
    return problems
