"""What each measure adds to a rate, so that the parts sum to the total; by cell, then weighted.

The rule is that of the compiler: total = max(all-in or baseline + points, every minimum). It is taken apart here
without calling the compiler, and what is left over against the compiled rate is reported beside the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.units import Rate, percent_text, rate_text
from detente.policy.stacking import Layer

BASELINE: Final = "baseline"
REPLACED: Final = "baseline, replaced by an all-in rate"
BEFORE: Final = "applied before"
"""The authority under which the rate of the baseline is counted."""


@dataclass(frozen=True)
class Part:
    """One contribution to a rate.

    Attributes:
        measure: id, or BASELINE, or REPLACED. authority: legal basis, or BEFORE.
        how: "there before", "points added", "all-in", "minimum", or how an all-in rate stacks.
        says: the rate as written, or its range over sectors and partners.
        points_pp: what it adds to the total. covered_pct: share of the trade that it touches.
    """

    measure: str
    authority: str
    how: str
    says: str
    points_pp: float
    covered_pct: float


def parts(before: Array, layers: Sequence[Layer], cells: Array, weights: Array) -> tuple[Part, ...]:
    """Return the contributions to the weighted average rate over some cells.

    Args:
        before: rates of the baseline, flat, (origin, dest, sector). [fraction]
        layers: of a plan. cells: (K,) flat positions, each once. weights: (K,) that sum to 1.
    Laws: parts_sum_to_total (the average of the compiled rates).
    """
    position = np.full(before.size, -1, dtype=np.int64)
    position[cells] = np.arange(len(cells))
    start = before[cells]
    ordered = sorted(layers, key=lambda layer: (layer.measure, layer.authority, layer.where))
    touching = [row for layer in ordered if (row := _row(layer, position, len(cells))) is not None]
    replaced = np.zeros(len(cells), dtype=bool)
    for row in touching:
        replaced |= row.has & row.is_all_in
    found = [
        Part(BASELINE, BEFORE, "there before", _span(start, False), *_weighted(start, np.ones_like(start), weights))
    ]
    if replaced.any():
        found.append(
            Part(REPLACED, BEFORE, "replaced", "", *_weighted(np.where(replaced, -start, 0.0), replaced, weights))
        )
    shares = _shares(touching, np.where(replaced, 0.0, start))
    for row, share in zip(touching, shares, strict=True):
        says = _span(row.value[row.has], row.layer.added)
        found.append(Part(row.layer.measure, row.layer.authority, row.how, says, *_weighted(share, row.has, weights)))
    return tuple(found)


def by_authority(found: Sequence[Part]) -> dict[str, float]:
    """Return percentage points by legal basis, the baseline first; measures without one stand under their id."""
    totals: dict[str, float] = {}
    for part in found:
        name = part.authority or part.measure
        totals[name] = totals.get(name, 0.0) + part.points_pp
    return totals


def rule(found: Sequence[Part]) -> str:
    """Return how the parts met, in one sentence."""
    ways = {part.how for part in found if part.covered_pct > 0}
    told = ["points are added to the rate of the baseline"] if "points added" in ways else []
    if any(part.measure == REPLACED for part in found):
        told = ["an all-in rate replaces the rate of the baseline"]
        told += ["points are added on top"] if "points added" in ways else []
    words = {
        "all-in, added to others": "all-in rates that say so add up",
        "all-in, the largest counts": "of all-in rates under max the largest counts",
        "all-in, replaces the others": "a rate under replace sets aside other all-in rates",
        "minimum": "a minimum lifts the total only where that is below it",
    }
    told += [text for way, text in words.items() if way in ways]
    return "; ".join(told) or "no measure touches it: the rate of the baseline"


@dataclass(frozen=True, eq=False)
class _Row:
    """One layer on the chosen cells."""

    layer: Layer
    has: Array
    value: Array

    @property
    def is_all_in(self) -> bool:
        return not self.layer.added and not self.layer.at_least

    @property
    def how(self) -> str:
        if self.layer.at_least:
            return "minimum"
        if self.layer.added:
            return "points added"
        stacks = {"add": "added to others", "max": "the largest counts", "replace": "replaces the others"}
        return f"all-in, {stacks[self.layer.stack]}" if self.layer.stack in stacks else "all-in"


def _row(layer: Layer, position: Array, count: int) -> _Row | None:
    at = position[layer.cells]
    inside = at >= 0
    if not inside.any():
        return None
    has, value = np.zeros(count, dtype=bool), np.zeros(count)
    has[at[inside]] = True
    value[at[inside]] = layer.values[inside]
    return _Row(layer, has, value)


def _shares(rows: Sequence[_Row], running: Array) -> list[Array]:
    """Return what each row adds, (K,) each, in their order; the steps are those of the rule, one after another."""
    shares = [np.zeros_like(running) for _ in rows]
    all_in = [at for at, row in enumerate(rows) if row.is_all_in]
    stacks = {mode: [at for at in all_in if rows[at].layer.stack == mode] for mode in ("", "max", "add", "replace")}
    set_aside = np.zeros(len(running), dtype=bool)
    for at in reversed(stacks["replace"]):
        shares[at] = np.where(rows[at].has & ~set_aside, rows[at].value, 0.0)
        set_aside |= rows[at].has
    total = running + sum((shares[at] for at in stacks["replace"]), np.zeros_like(running))

    def add(chosen: Sequence[int], where: Array) -> None:
        nonlocal total
        for at in chosen:
            shares[at] = np.where(rows[at].has & where, rows[at].value, 0.0)
            total = total + shares[at]

    def lift(chosen: Sequence[int], where: Array) -> None:
        nonlocal total
        if not chosen:
            return
        said = np.stack([np.where(rows[at].has & where, rows[at].value, -np.inf) for at in chosen])
        largest = said.argmax(axis=0)
        step = np.maximum(said.max(axis=0) - total, 0.0)
        for place, at in enumerate(chosen):
            shares[at] = np.where(largest == place, step, 0.0)
        total = total + step

    everywhere = np.ones(len(running), dtype=bool)
    add(stacks[""], ~set_aside)
    lift(stacks["max"], ~set_aside)
    add(stacks["add"], ~set_aside)
    add([at for at, row in enumerate(rows) if row.layer.added and not row.layer.at_least], everywhere)
    lift([at for at, row in enumerate(rows) if row.layer.at_least], everywhere)
    return shares


def _weighted(values: Array, covered: Array, weights: Array) -> tuple[float, float]:
    return 100 * float(weights @ values), 100 * float(weights @ covered)


def _span(values: Array, added: bool) -> str:
    """Return one rate, or the lowest and highest, with the unit."""
    low, high = (float(np.round(each, 10)) for each in (values.min(), values.max()))
    texts = [rate_text(Rate(each, True)) if added else percent_text(each) for each in dict.fromkeys((low, high))]
    return " to ".join(_short(text) for text in texts)


def _short(text: str) -> str:
    """Return a rate with at most two decimals."""
    unit = "pp" if text.endswith("pp") else "%"
    number = float(text.removesuffix(unit))
    return f"{number:+.4g}{unit}" if unit == "pp" else f"{number:.4g}{unit}"
