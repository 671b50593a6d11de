"""From measures in force to changes on (origin, dest, sector).

A tariff's `by` is the importer and its `against` the exporter, so it acts on [origin = against, dest = by, sector]:
never the mirrored flow, never home sales, never services unless a measure names them. A licence is the mirror image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array, frozen_array
from detente.core.errors import PolicyError, Problem
from detente.core.instruments import TARIFF_RATE_QUOTA, Bound, CriticalInput
from detente.core.units import Rate, percent_text, rate_text
from detente.policy.grid import Grid
from detente.policy.instruments import Instruments, instruments
from detente.policy.levels import LevelError, over_rate
from detente.policy.measure import KINDS, Measure
from detente.policy.overlap import settled
from detente.policy.rates import RATED, Rates, rates
from detente.policy.remarks import Coverage, caps_above_base, on_coverage, one_rate, without_effect
from detente.policy.stacking import Layer, stacked
from detente.policy.wedges import Wedges

NEGATIVE = -1e-12
_LEVERS: Final = frozenset(KINDS) - (frozenset(RATED) - {TARIFF_RATE_QUOTA})
"""Kinds that may put something between producer and buyer besides a rate."""


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
    return Compiler(base, critical).compiled(measures)


@dataclass(frozen=True, eq=False)
class _Part:
    """What one measure says: rates or instruments, with the problems and notes that came up."""

    measure: Measure
    rates: Rates | None = None
    built: Instruments | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Tariffs:
    """The rates of a set of measures: their layers, and the total on every cell, None where no measure sets one."""

    layers: tuple[Layer, ...] = ()
    total: Array | None = None


_NO_TARIFFS: Final = _Tariffs()


@dataclass(frozen=True, eq=False)
class _Levers:
    """The instruments of a set of measures side by side, with sentences on what gave way."""

    bounds: tuple[Bound, ...]
    notes: tuple[str, ...]
    cost: Array | None
    demand: Array | None


class Compiler:
    """Compiles sets of measures on one baseline; what several sets have in common is done once.

    A measure is known by its object. Wedges of sets with the same measures that set rates hold the same array of
    tariffs, those with the same other measures the same tuple of bounds, and all of them the same critical inputs.
    """

    def __init__(self, base: Baseline, critical: Sequence[CriticalInput] = ()) -> None:
        self.base = base
        self._grid = Grid(base)
        self._critical = tuple(critical)
        self._found: dict[tuple[Any, ...], Any] = {}
        self._held: dict[int, Measure] = {}

    def compiled(self, measures: Iterable[Measure]) -> Compiled:
        """Return what measures compile to; arguments, result and errors as of the function `compiled`."""
        chosen = [each for each in measures if each.rate_kind == "applied" and each.kind != "non-trade"]
        self._held |= {id(each): each for each in chosen}  # an id says something only while its object lives
        rated = [self._rates(each) for each in chosen if each.kind in RATED]
        wrong = any(part.problems for part in rated)
        tariffs = _NO_TARIFFS if wrong else self._tariffs(rated)
        levers = [self._built(each, tariffs) for each in chosen if each.kind in _LEVERS]
        problems = [problem for part in (*rated, *levers) for problem in part.problems]
        if problems:
            raise PolicyError(problems=list(dict.fromkeys(problems)))
        self._check_total(rated, tariffs)
        settled = self._settled(levers)
        return self._assembled(chosen, rated, levers, tariffs, settled)

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what was made under a key, or make it; a refusal is remembered as well."""
        if key not in self._found:
            try:
                self._found[key] = make()
            except PolicyError as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, PolicyError):
            raise found
        return found

    def _rates(self, measure: Measure) -> _Part:
        def make() -> _Part:
            found = _rates(self._grid, measure)
            return self._noted(_Part(measure, rates=found))

        part: _Part = self._once(("rates", id(measure)), make)
        return part

    def _built(self, measure: Measure, tariffs: _Tariffs) -> _Part:
        def make() -> _Part:
            now = self.base.tariffs.reshape(-1) if tariffs.total is None else tariffs.total.reshape(-1)
            found = _instruments(self._grid, measure, now, tariffs.layers)
            return self._noted(_Part(measure, built=found))

        beside = (id(tariffs),) if measure.kind == TARIFF_RATE_QUOTA else ()
        part: _Part = self._once(("built", id(measure), *beside), make)
        return part

    def _noted(self, part: _Part) -> _Part:
        """Return a part with what came up while it was made."""
        grid = self._grid
        problems, notes = tuple(grid.problems), tuple(grid.notes)
        grid.problems.clear()
        grid.notes.clear()
        return replace(part, problems=problems, notes=notes)

    def _tariffs(self, rated: Sequence[_Part]) -> _Tariffs:
        def make() -> _Tariffs:
            layers = tuple(layer for part in rated if part.rates for layer in part.rates.layers)
            if not layers:
                return _NO_TARIFFS
            total = stacked(self.base.tariffs.reshape(-1), layers, self._grid.place)
            return _Tariffs(layers, frozen_array(total.reshape(self.base.tariffs.shape)))

        found: _Tariffs = self._once(("tariffs", *(id(part) for part in rated)), make)
        return found

    def _check_total(self, rated: Sequence[_Part], tariffs: _Tariffs) -> None:
        total = tariffs.total
        if total is not None:
            measures = [part.measure for part in rated]
            key = ("total", id(tariffs))
            self._once(key, lambda: _refuse_negative(total.reshape(-1), measures, tariffs.layers, self._grid))

    def _settled(self, levers: Sequence[_Part]) -> _Levers:
        def make() -> _Levers:
            built = [part.built for part in levers if part.built is not None]
            bounds, notes = _settled(self.base, [part.measure for part in levers], built)
            return _Levers(bounds, notes, _cost(self.base, built), _demand(self.base, built))

        found: _Levers = self._once(("levers", *(id(part) for part in levers)), make)
        return found

    def _assembled(
        self, chosen: Sequence[Measure], rated: Sequence[_Part], levers: Sequence[_Part], tariffs: _Tariffs,
        settled: _Levers,
    ) -> Compiled:  # fmt: skip
        rates = {part.measure.id: part.rates for part in rated}
        built = {part.measure.id: part.built for part in levers if part.built is not None}
        coverage = [self._coverage(each, rates.get(each.id), built.get(each.id)) for each in chosen]
        total = None if tariffs.total is None else tariffs.total.reshape(-1)
        now = self.base.tariffs.reshape(-1) if total is None else total
        idle = (
            *without_effect(self.base, total, tariffs.layers, built),
            *caps_above_base(built),
            *one_rate(built, now),
        )
        told = [note for part in (*rated, *levers) for note in part.notes]
        notes = tuple(dict.fromkeys((*on_coverage(coverage), *idle, *told, *settled.notes)))
        result = Wedges(tariffs.total, settled.cost, settled.bounds, settled.demand, self._critical)
        return Compiled(result, tariffs.layers, tuple(coverage), notes)

    def _coverage(self, measure: Measure, rates: Rates | None, built: Instruments | None) -> Coverage:
        key = ("coverage", id(measure), id(rates), id(built))
        found: Coverage = self._once(key, lambda: _coverage(self.base, measure, rates, built))
        return found


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
