"""From measures in force to changes on (origin, dest, sector).

A tariff's `by` is the importer and its `against` the exporter, so it acts on [origin = against, dest = by, sector]:
never the mirrored flow, never home sales, never services unless a measure names them. A licence is the mirror image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import PolicyError, Problem
from detente.core.instruments import FIXED, QUOTA, TARIFF_RATE_QUOTA, Bound, CriticalInput
from detente.core.units import Rate, percent_text, rate_text
from detente.policy.grid import Grid
from detente.policy.instruments import Instruments, instruments
from detente.policy.levels import LevelError, over_rate
from detente.policy.measure import Measure
from detente.policy.overlap import settled
from detente.policy.rates import RATED, Rates, rates
from detente.policy.stacking import Layer, stacked
from detente.policy.wedges import Wedges

NEGATIVE = -1e-12


@dataclass(frozen=True)
class Coverage:
    """What a measure touched.

    Attributes:
        rows_read, rows_matched: lines of its table (0 without a table). unmatched: what the baseline does not have.
        cells: number of (origin, dest, sector). trade_musd: baseline flows on them. assumed_rows: rows marked so.
    """

    measure: str
    rows_read: int
    rows_matched: int
    unmatched: tuple[str, ...]
    cells: int
    trade_musd: float
    assumed_rows: int = 0


@dataclass(frozen=True)
class Compiled:
    """Wedges with the account of how they came about."""

    wedges: Wedges
    layers: tuple[Layer, ...]
    coverage: tuple[Coverage, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Contribution:
    """What one measure says about one cell."""

    measure: str
    authority: str
    rate: Rate
    at_least: bool
    stack: str


def wedges(base: Baseline, measures: Iterable[Measure]) -> Wedges:
    """Return the wedges of measures that are all in force; see `compiled` for coverage and warnings.

    Raises:
        PolicyError: contradicting rates or bounds, levels that say nothing, codes or products the baseline lacks.
    """
    return compiled(base, measures).wedges


def compiled(base: Baseline, measures: Iterable[Measure], critical: Sequence[CriticalInput] = ()) -> Compiled:
    """Return wedges, layers, coverage and warnings of measures that are all in force.

    Args:
        base: the world. measures: in any order; headline rates and non-trade switches change nothing.
        critical: inputs that are hard to replace; part of the model, whatever is in force.
    Returns:
        `wedges.tariffs` is None if no measure sets a rate, and so on for each part.
    Raises:
        PolicyError: contradicting all-in rates, a total rate below zero that is no subsidy, instruments that cannot
            stand side by side, levels that say nothing, codes that the baseline lacks; all problems of a kind at once.
    """
    chosen = [each for each in measures if each.rate_kind == "applied" and each.kind != "non-trade"]
    grid = Grid(base)
    of_rates = {each.id: _rates(grid, each) for each in chosen if each.kind in RATED}
    layers = [layer for found in of_rates.values() for layer in found.layers]
    total = stacked(base.tariffs.reshape(-1), layers, grid.place) if layers and not grid.problems else None
    now = base.tariffs.reshape(-1) if total is None else total
    built = {each.id: found for each in chosen if (found := _instruments(grid, each, now, layers)) is not None}
    _raise(grid)
    if total is not None:
        _refuse_negative(total, chosen, layers, grid)
    bounds, gave_way = _settled(base, chosen, built.values())
    coverage = [_coverage(base, each, of_rates.get(each.id), built.get(each.id)) for each in chosen]
    tariffs = None if total is None else total.reshape(base.tariffs.shape)
    result = Wedges(tariffs, _cost(base, built.values()), bounds, _demand(base, built.values()), tuple(critical))
    idle = (*_without_effect(base, total, layers, built), *_caps(built), *_one_rate(built, now))
    notes = (*_warnings(coverage), *idle, *grid.notes, *gave_way)
    return Compiled(result, tuple(layers), tuple(coverage), tuple(dict.fromkeys(notes)))


def _rates(grid: Grid, measure: Measure) -> Rates:
    try:
        return rates(grid, measure)
    except LevelError as error:
        grid.wrong(measure, error.field, error.found, error.expected, error.hint)
        return Rates(())


def _instruments(grid: Grid, measure: Measure, tariffs: Array, layers: Sequence[Layer]) -> Instruments | None:
    try:
        above = _above(grid, measure, tariffs, layers) if measure.kind == TARIFF_RATE_QUOTA else tariffs
        return instruments(grid, measure, above)
    except LevelError as error:
        grid.wrong(measure, error.field, error.found, error.expected, error.hint)
        return None


def _above(grid: Grid, measure: Measure, tariffs: Array, layers: Sequence[Layer]) -> Array:
    """Return the rates above the volume of a tariff-rate quota: its own rate is the higher one, the other layers stay.

    Raises:
        LevelError: a rate above the volume that is lower than the one up to it.
    """
    over, where = over_rate(measure), measure.where("over_rate")
    if grid.problems:
        return tariffs
    raised = []
    for layer in layers:
        if layer.measure != measure.id:
            raised.append(layer)
        elif over.added:
            raised.append(replace(layer, values=layer.values + over.value, where=where))
        else:
            raised.append(replace(layer, values=np.full(len(layer.cells), over.value), added=False, where=where))
    above = stacked(grid.base.tariffs.reshape(-1), raised, grid.place)
    lower = np.flatnonzero(above < tariffs + NEGATIVE)
    if len(lower):
        within = percent_text(round(float(tariffs[lower[0]]), 6))
        expected = f"at least the rate up to the volume, {within} on {grid.place(int(lower[0]))}"
        raise LevelError("over_rate", rate_text(over), expected)
    return above


def _raise(grid: Grid) -> None:
    if grid.problems:
        raise PolicyError(problems=list(dict.fromkeys(grid.problems)))


def _settled(
    base: Baseline, measures: Sequence[Measure], built: Iterable[Instruments]
) -> tuple[tuple[Bound, ...], tuple[str, ...]]:
    """Return the bounds of all measures side by side, and what gave way.

    Raises:
        PolicyError: bounds that contradict each other, at the lines of their measures.
    """
    found = settled(base, [bound for each in built for bound in each.bounds])
    if found.problems:
        where = {measure.id: measure.where() for measure in measures}
        raise PolicyError(problems=[replace(each, where=where.get(each.field, "")) for each in found.problems])
    return found.bounds, found.notes


def _cost(base: Baseline, built: Iterable[Instruments]) -> Array | None:
    """Return the product of all iceberg factors, or None where there are none. [ratio]"""
    factors = [(each.cells, each.cost) for each in built if each.cost is not None]
    if not factors:
        return None
    cost = np.ones(base.flows.size)
    for cells, factor in factors:
        cost[cells] *= factor
    return cost.reshape(base.flows.shape)


def _demand(base: Baseline, built: Iterable[Instruments]) -> Array | None:
    """Return exogenous final demand with what measures add, or None where they add none. [MUSD]"""
    added = [each.demand for each in built if each.demand is not None]
    return np.asarray(base.final_exogenous + sum(added)) if added else None


def contributions(base: Baseline, layers: Iterable[Layer], by: str, against: str, sector: str) -> list[Contribution]:
    """Return what each measure says about one cell, for "why is this rate?".

    Args:
        base: the world. layers: of `Compiled` or of a branch plan. by, against, sector: codes of the baseline.
    Raises:
        PolicyError: a code that the baseline lacks.
    """
    known = ((by, base.countries), (against, base.countries), (sector, base.sectors))
    unknown = [code for code, codes in known if code not in codes]
    if unknown:
        raise PolicyError(f"{', '.join(unknown)}: not in baseline {base.id!r}")
    place = (base.countries.index(against), base.countries.index(by), base.sectors.index(sector))
    cell = int(np.ravel_multi_index(place, base.tariffs.shape))
    found = []
    for layer in layers:
        for value in layer.values[layer.cells == cell]:
            rate = Rate(float(value), layer.added)
            found.append(Contribution(layer.measure, layer.authority, rate, layer.at_least, layer.stack))
    return found


def _coverage(base: Baseline, measure: Measure, found: Rates | None, built: Instruments | None) -> Coverage:
    parts = [layer.cells for layer in found.layers] if found else []
    parts += [built.cells] if built else []
    cells = np.unique(np.concatenate(parts)) if parts else np.zeros(0, dtype=np.int64)
    rows = measure.table.rows if measure.table else ()
    trade = float(base.flows.reshape(-1)[cells].sum())
    assumed = sum(row.assumed for row in rows)
    unmatched, matched = (found.unmatched, found.matched) if found else ((), 0)
    return Coverage(measure.id, len(rows), matched, unmatched, len(cells), trade, assumed)


def _warnings(coverage: Sequence[Coverage]) -> list[str]:
    warnings = []
    for each in coverage:
        if each.unmatched:
            shown = "; ".join(each.unmatched[:3]) + (" .." if len(each.unmatched) > 3 else "")
            warnings.append(
                f"{each.measure}: {each.rows_read} rows read, {each.rows_matched} matched, "
                f"{len(each.unmatched)} not in this baseline ({shown})"
            )
        if not each.trade_musd > 0:
            warnings.append(f"{each.measure}: touches no trade of this baseline, so it changes nothing")
    return warnings


def _without_effect(
    base: Baseline, rates: Array | None, layers: Sequence[Layer], built: Mapping[str, Instruments]
) -> list[str]:
    """Return sentences on measures that change nothing: rates as they were, a cost, fee, tax or amount of zero."""
    nothing = [name for name, each in built.items() if len(each.cells) and _idle(base, each)]
    told = [f"{name}: adds nothing, so the measure changes nothing" for name in nothing]
    if rates is None:
        return told
    before = base.tariffs.reshape(-1)
    idle: dict[str, bool] = {}
    for layer in layers:
        same = bool((rates[layer.cells] == before[layer.cells]).all())
        idle[layer.measure] = idle.get(layer.measure, True) and same
    names = [name for name, same in idle.items() if same and name not in built]
    return [*told, *(f"{name}: leaves every rate as it is in the baseline" for name in names)]


def _idle(base: Baseline, built: Instruments) -> bool:
    """Return whether instruments are all of size zero."""
    added = built.demand is not None and built.demand.any()
    return built.cost in (None, 1.0) and not added and all(b.kind == FIXED and b.rate == 0 for b in built.bounds)


def _caps(built: Mapping[str, Instruments]) -> list[str]:
    """Return sentences on caps that are not below the baseline."""
    caps = (QUOTA, TARIFF_RATE_QUOTA)
    found = [
        (name, max(volumes))
        for name, each in built.items()
        if (volumes := [b.volume for b in each.bounds if b.kind in caps and b.volume is not None and b.volume >= 1])
    ]
    return [f"{name}: a cap of {100 * most:.4g}% of base binds only if trade grows" for name, most in found]


def _one_rate(built: Mapping[str, Instruments], tariffs: Array) -> list[str]:
    """Return sentences on tariff-rate quotas whose rate is the same on both sides of the volume, on every flow."""
    names = []
    for name, each in built.items():
        rates = [b.rate for b in each.bounds if b.kind == TARIFF_RATE_QUOTA]
        if rates and (np.array(rates) == tariffs[each.cells]).all():
            names.append(name)
    return [f"{name}: the same rate up to the volume and above it, so the volume changes nothing" for name in names]


def _refuse_negative(rates: Array, measures: Sequence[Measure], layers: Sequence[Layer], grid: Grid) -> None:
    """Raise where points taken off leave less than zero, which only a subsidy may do."""
    below = rates < NEGATIVE
    if not below.any():
        return
    subsidies = {measure.id for measure in measures if measure.kind == "subsidy"}
    for layer in layers:
        if layer.measure in subsidies:
            below[layer.cells] = False
    cells = np.flatnonzero(below & (grid.base.tariffs.reshape(-1) >= 0))
    if not len(cells):
        return
    worst = int(cells[np.argmin(rates[cells])])
    owners = [layer for layer in layers if layer.measure not in subsidies and (layer.cells == worst).any()]
    names = ", ".join(sorted({layer.measure for layer in owners}))
    total = percent_text(round(float(rates[worst]), 6))
    found = f"a total of {total} on {grid.place(worst)} and {len(cells) - 1} other cells"
    expected = "totals of zero or more; only kind: subsidy may go below"
    raise PolicyError(problems=[Problem(owners[0].where if owners else "", names, found, expected)])
