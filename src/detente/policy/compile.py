"""From measures in force to changes on (origin, dest, sector).

A tariff's `by` is the importer and its `against` the exporter, so it acts on [origin = against, dest = by, sector]:
never the mirrored flow, never home sales, never services unless a measure names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.codes import COUNTRY_GROUPS, EU27, SERVICES, WORLD
from detente.core.errors import PolicyError, Problem
from detente.core.units import Rate, percent_text
from detente.policy.measure import ALL, GOODS, KINDS, Measure
from detente.policy.stacking import Layer, stacked
from detente.policy.table import RateTable, TableRow
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
        PolicyError: an instrument that is not modelled, contradicting rates, codes the baseline lacks.
    """
    return compiled(base, measures).wedges


def compiled(base: Baseline, measures: Iterable[Measure]) -> Compiled:
    """Return wedges, layers, coverage and warnings of measures that are all in force.

    Args:
        base: the world. measures: in any order; headline rates and non-trade switches change nothing.
    Returns:
        `wedges.tariffs` is None if no measure sets a rate.
    Raises:
        PolicyError: an instrument that is not modelled, contradicting all-in rates, a total rate below zero that is
            no subsidy, codes that the baseline lacks; all problems of a kind at once.
    """
    chosen = [measure for measure in measures if measure.rate_kind == "applied"]
    problems = [problem for measure in chosen for problem in not_modelled(measure)]
    if problems:
        raise PolicyError(problems=problems)
    grid = _Grid(base)
    layers: list[Layer] = []
    coverage: list[Coverage] = []
    for measure in chosen:
        if measure.kind == "non-trade":
            continue
        of_measure, unmatched, matched = grid.layers(measure)
        layers += of_measure
        coverage.append(_coverage(base, measure, of_measure, unmatched, matched))
    if grid.problems:
        raise PolicyError(problems=grid.problems)
    rates = stacked(base.tariffs.reshape(-1), layers, grid.place) if layers else None
    if rates is not None:
        _refuse_negative(rates, chosen, layers, grid)
    tariffs = None if rates is None else rates.reshape(base.tariffs.shape)
    warnings = _warnings(coverage) + _without_effect(base, rates, layers)
    return Compiled(Wedges(tariffs=tariffs), tuple(layers), tuple(coverage), tuple(warnings))


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


def not_modelled(measure: Measure) -> list[Problem]:
    """Return why a measure cannot be part of a run in this version; empty if it can."""
    kind = KINDS[measure.kind]
    out = f"--drop {measure.id}, or give it a status that keeps it out of the run, such as 'announced'"
    modelled = ", ".join(name for name, each in KINDS.items() if each.modelled)
    if not kind.modelled:
        found = f"kind {measure.kind!r} ({kind.wedge}), which this version does not model yet"
        return [Problem(measure.where("kind"), f"{measure.id}.kind", found, f"one of {modelled} in a run", out)]
    if measure.products is not None or (measure.table is not None and measure.table.column == "hs22"):
        found = "a tariff by HS product, which needs product sectors that this version does not have yet"
        return [Problem(measure.where("products"), f"{measure.id}.products", found, "`sectors:`", out)]
    return []


class _Grid:
    """Positions of codes in one baseline; turns measures into layers."""

    def __init__(self, base: Baseline) -> None:
        self.base = base
        self.problems: list[Problem] = []
        self._country = {code: i for i, code in enumerate(base.countries)}
        self._sector = {code: i for i, code in enumerate(base.sectors)}
        services = set(base.meta.get("services", SERVICES))
        self._goods = [i for i, code in enumerate(base.sectors) if code not in services]
        self._union = np.array([code in EU27 for code in base.countries])

    def place(self, cell: int) -> str:
        """Return a cell as people say it."""
        o, d, s = np.unravel_index(cell, self.base.tariffs.shape)
        return f"{self.base.countries[d]} on {self.base.countries[o]}, {self.base.sectors[s]}"

    def layers(self, measure: Measure) -> tuple[list[Layer], list[str], int]:
        """Return the layers of a measure, what the baseline does not have, and the number of table rows matched."""
        if measure.table is not None:
            return self._table_layers(measure, measure.table)
        if measure.rate is None:
            self.problems.append(Problem(measure.where(), f"{measure.id}.rate", "", "a rate or a table"))
            return [], [], 0
        unknown: list[str] = []
        by, against = (self._countries(codes, unknown) for codes in (measure.by, measure.against))
        sectors = self._sectors(measure.sectors or (GOODS,), unknown)
        cells = self._cells(against, by, sectors, everybody=WORLD in measure.against)
        if unknown:
            found = f"{', '.join(map(repr, unknown))}, not in baseline {self.base.id!r}"
            self.problems.append(Problem(measure.where(), measure.id, found, "codes of the baseline"))
        value = measure.rate.value
        if measure.kind == "subsidy":
            value = -abs(value)
        values = np.full(len(cells), value)
        layer = Layer(
            measure.id, measure.where("rate"), cells, values, measure.rate.added, measure.at_least, measure.stack,
            measure.authority,
        )  # fmt: skip
        return [layer], [], 0

    def _table_layers(self, measure: Measure, table: RateTable) -> tuple[list[Layer], list[str], int]:
        unmatched: list[str] = []
        matched = 0
        layers = []
        inside = self._scope(measure)

        def family(row: TableRow) -> tuple[bool, str, tuple[str, ...]]:
            return row.rate.added, row.authority, row.stacks_with

        for (added, authority, stacks_with), rows in groupby(sorted(table.rows, key=family), key=family):
            cells: list[int] = []
            values: list[float] = []
            for row in rows:
                unknown: list[str] = []
                found = self._row_cells(row, inside, unknown)
                if unknown or not found:
                    why = ", ".join(unknown) or "outside by and against of the measure"
                    unmatched.append(f"line {row.line}: {why}")
                    continue
                matched += 1
                cells += found
                values += [row.rate.value] * len(found)
            if cells:
                basis = authority or measure.authority
                where, stack = f"{measure.where('table')} ({table.label})", measure.stack
                joined, rates = self._once(np.array(cells), np.array(values), measure, basis)
                limits = (added, measure.at_least, stack, basis, frozenset(stacks_with))
                layers.append(Layer(measure.id, where, joined, rates, *limits))
        return layers, unmatched, matched

    def _once(self, cells: Array, values: Array, measure: Measure, authority: str) -> tuple[Array, Array]:
        kept, first = np.unique(cells, return_index=True)
        if len(kept) < len(cells):
            twice = cells[np.setdiff1d(np.arange(len(cells)), first)[0]]
            found = f"two rows on {self.place(int(twice))}" + (f" under {authority!r}" if authority else "")
            self.problems.append(Problem(measure.where("table"), f"{measure.id}.table", found, "one row for each cell"))
        return cells[first], values[first]

    def _scope(self, measure: Measure) -> Array | None:
        """Return (origin, dest) pairs that rows may touch, or None for all."""
        allowed = []
        for codes in (measure.against, measure.by):
            wanted = self._countries(codes, []) if codes else range(len(self._country))
            flags = np.zeros(len(self._country), dtype=bool)
            flags[list(wanted)] = True
            allowed.append(flags)
        return None if all(flags.all() for flags in allowed) else np.outer(*allowed)

    def _row_cells(self, row: TableRow, inside: Array | None, unknown: list[str]) -> list[int]:
        o, d, s = self._country.get(row.against), self._country.get(row.by), self._sector.get(row.item)
        if o is not None and d is not None and s is not None:
            if o == d or (inside is not None and not inside[o, d]):
                return []
            n, j = self.base.shape
            return [(o * n + d) * j + s]
        origins, dests = self._countries((row.against,), unknown), self._countries((row.by,), unknown)
        sectors = self._sectors((row.item,), unknown)
        cells = self._cells(origins, dests, sectors, everybody=row.against == WORLD, inside=inside)
        return [int(cell) for cell in cells]

    def _countries(self, codes: Sequence[str], unknown: list[str]) -> list[int]:
        found: set[int] = set()
        for code in codes:
            if code in self._country:
                found.add(self._country[code])
            elif code == WORLD:
                found |= set(self._country.values())
            elif code in COUNTRY_GROUPS and all(member in self._country for member in COUNTRY_GROUPS[code]):
                found |= {self._country[member] for member in COUNTRY_GROUPS[code]}
            else:
                unknown.append(code)
        return sorted(found)

    def _sectors(self, codes: Sequence[str], unknown: list[str]) -> list[int]:
        found: set[int] = set()
        for code in codes:
            if code in self._sector:
                found.add(self._sector[code])
            elif code == GOODS:
                found |= set(self._goods)
            elif code == ALL:
                found |= set(self._sector.values())
            else:
                unknown.append(code)
        return sorted(found)

    def _cells(
        self, origins: Sequence[int], dests: Sequence[int], sectors: Sequence[int], *, everybody: bool,
        inside: Array | None = None,
    ) -> Array:  # fmt: skip
        """Return flat positions, without home sales; "WORLD" as the target spares a customs union's inner trade."""
        n, j = self.base.shape
        o, d = (axis.ravel() for axis in np.meshgrid(origins, dests, indexing="ij"))
        keep = o != d
        if everybody:
            keep &= ~(self._union[o.astype(int)] & self._union[d.astype(int)])
        if inside is not None:
            keep &= inside[o.astype(int), d.astype(int)]
        pairs = (o[keep] * n + d[keep]) * j
        cells: Array = (pairs[:, None] + np.array(sectors, dtype=np.int64)).ravel().astype(np.int64)
        return cells


def _coverage(
    base: Baseline, measure: Measure, layers: Sequence[Layer], unmatched: Sequence[str], matched: int
) -> Coverage:
    cells = np.unique(np.concatenate([layer.cells for layer in layers])) if layers else np.zeros(0, dtype=np.int64)
    rows = measure.table.rows if measure.table else ()
    trade = float(base.flows.reshape(-1)[cells].sum())
    assumed = sum(row.assumed for row in rows)
    return Coverage(measure.id, len(rows), matched, tuple(unmatched), len(cells), trade, assumed)


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


def _without_effect(base: Baseline, rates: Array | None, layers: Sequence[Layer]) -> list[str]:
    if rates is None:
        return []
    before = base.tariffs.reshape(-1)
    idle: dict[str, bool] = {}
    for layer in layers:
        same = bool((rates[layer.cells] == before[layer.cells]).all())
        idle[layer.measure] = idle.get(layer.measure, True) and same
    return [f"{name}: leaves every rate as it is in the baseline" for name, nothing in idle.items() if nothing]


def _refuse_negative(rates: Array, measures: Sequence[Measure], layers: Sequence[Layer], grid: _Grid) -> None:
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
