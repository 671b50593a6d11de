"""From measures that set rates on imports to layers: tariffs, duties per unit, agreements, tables of rates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from detente.core.arrays import Array
from detente.core.codes import WORLD
from detente.core.units import percent_text
from detente.policy.grid import Grid
from detente.policy.levels import duty_rate, text_of
from detente.policy.measure import Measure
from detente.policy.stacking import Layer
from detente.policy.table import EXTREME, RateTable, TableRow

RATED = ("tariff", "subsidy", "specific-duty", "agreement", "tariff-rate-quota")


@dataclass(frozen=True)
class Rates:
    """The layers of one measure, what of its table is not in the baseline, and how many rows are."""

    layers: tuple[Layer, ...]
    unmatched: tuple[str, ...] = ()
    matched: int = 0


def rates(grid: Grid, measure: Measure) -> Rates:
    """Return the layers of a measure that sets rates; problems are noted in the grid.

    Raises:
        LevelError: a duty that cannot be turned into a rate.
    """
    if measure.table is not None:
        return _of_table(grid, measure, measure.table)
    if measure.kind == "specific-duty":
        return Rates((_specific(grid, measure),))
    if measure.rate is None:
        grid.wrong(measure, "rate", "", "a rate or a table")
        return Rates(())
    value = -abs(measure.rate.value) if measure.kind == "subsidy" else measure.rate.value
    cells, stack = grid.lane(measure, exports=False), measure.stack
    if measure.kind == "agreement":
        cells, stack = np.concatenate([cells, grid.lane(measure, exports=True)]), "replace"
        if measure.rate.added:
            grid.wrong(measure, "rate", "points", "an all-in rate, because an agreement replaces the schedule", "'0%'")
    return Rates((_layer(measure, cells, value, measure.rate.added, stack),))


def _layer(measure: Measure, cells: Array, value: float, added: bool, stack: str) -> Layer:
    return Layer(
        measure.id, measure.where("rate"), cells, np.full(len(cells), value), added, measure.at_least, stack,
        measure.authority,
    )  # fmt: skip


def _specific(grid: Grid, measure: Measure) -> Layer:
    """Return a duty per unit as points on top of what is there."""
    rate = duty_rate(measure)
    cells = grid.lane(measure, exports=False)
    if rate > EXTREME:
        grid.wrong(measure, "duty", f"{percent_text(rate)} of the unit value", "at most 1000% of it")
    shown = f"{text_of(measure, 'duty')} at a unit value of {text_of(measure, 'unit_value')}"
    grid.notes.append(f"{measure.id}: {shown} is {100 * rate:.4g}%; the unit value is what the file says it is")
    return _layer(measure, cells, rate, True, "")


def _of_table(grid: Grid, measure: Measure, table: RateTable) -> Rates:
    unmatched: list[str] = []
    matched = 0
    layers = []
    inside = _scope(grid, measure)
    stack = "replace" if measure.kind == "agreement" else measure.stack

    def family(row: TableRow) -> tuple[bool, str, tuple[str, ...]]:
        return row.rate.added, row.authority, row.stacks_with

    for (added, authority, stacks_with), rows in groupby(sorted(table.rows, key=family), key=family):
        cells: list[int] = []
        values: list[float] = []
        for row in rows:
            unknown: list[str] = []
            found = _row_cells(grid, table, row, inside, unknown)
            if unknown or not found:
                why = ", ".join(unknown) or "outside by and against of the measure"
                unmatched.append(f"line {row.line}: {why}")
                continue
            matched += 1
            cells += found
            values += [row.rate.value] * len(found)
        if cells:
            basis = authority or measure.authority
            where = f"{measure.where('table')} ({table.label})"
            joined, rates_ = _once(grid, np.array(cells), np.array(values), measure, basis)
            limits = (added, measure.at_least, stack, basis, frozenset(stacks_with))
            layers.append(Layer(measure.id, where, joined, rates_, *limits))
    return Rates(tuple(layers), tuple(unmatched), matched)


def _once(grid: Grid, cells: Array, values: Array, measure: Measure, authority: str) -> tuple[Array, Array]:
    kept, first = np.unique(cells, return_index=True)
    if len(kept) < len(cells):
        twice = cells[np.setdiff1d(np.arange(len(cells)), first)[0]]
        found = f"two rows on {grid.place(int(twice))}" + (f" under {authority!r}" if authority else "")
        grid.wrong(measure, "table", found, "one row for each cell")
    return cells[first], values[first]


def _scope(grid: Grid, measure: Measure) -> Array | None:
    """Return (origin, dest) pairs that rows may touch, or None for all; an agreement's are both directions."""
    allowed = []
    for codes in (measure.against, measure.by):
        wanted = grid.countries(codes, []) if codes else range(len(grid.country))
        flags = np.zeros(len(grid.country), dtype=bool)
        flags[list(wanted)] = True
        allowed.append(flags)
    if all(flags.all() for flags in allowed):
        return None
    inside = np.outer(*allowed)
    return inside | inside.T if measure.kind == "agreement" else inside


def _row_cells(grid: Grid, table: RateTable, row: TableRow, inside: Array | None, unknown: list[str]) -> list[int]:
    o, d = grid.country.get(row.against), grid.country.get(row.by)
    sectors = _row_sectors(grid, table, row, unknown)
    if o is not None and d is not None:
        if o == d or (inside is not None and not inside[o, d]):
            return []
        n, j = grid.base.shape
        return [(o * n + d) * j + s for s in sectors]
    origins, dests = grid.countries((row.against,), unknown), grid.countries((row.by,), unknown)
    cells = grid.cells(origins, dests, sectors, everybody=WORLD in (row.by, row.against), inside=inside)
    return [int(cell) for cell in cells]


def _row_sectors(grid: Grid, table: RateTable, row: TableRow, unknown: list[str]) -> list[int]:
    if table.column == "sector":
        return grid.families.get(row.item) or grid.sectors((row.item,), unknown)
    code = row.item.replace(".", "")
    heads = grid.products.items()
    found = [grid.sector[name] for name, codes in heads if any(code.startswith(head) for head in codes)]
    if not found:
        unknown.append(f"HS {row.item} (no product sector)")
    return found
