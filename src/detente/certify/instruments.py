"""What instruments do, worked out again from the stored arrays: wedges, rents, who receives them, complementarity.

The price chain of a cell is walked from the border to the producer; nothing comes from the solver or the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from detente.core.arrays import Array
from detente.core.instruments import (
    BOUNDED,
    DEMAND,
    EXPORTER,
    FIXED,
    GUARANTEE,
    IMPORTER,
    LOST,
    MINIMUM_VALUE,
    ORDER,
    PRICE_FLOOR,
    QUOTA,
    TARIFF_RATE_QUOTA,
    Bound,
)


@dataclass(frozen=True)
class _Entries:
    """One row for each cell of each instrument that carries a wedge, in the order of the price chain.

    Attributes:
        cell: (row, 3) positions. bound: number of the instrument.
    """

    cell: Array
    bound: Array

    def rows(self, bounds: int) -> list[Array]:
        """Return, for each instrument, its rows."""
        order = np.argsort(self.bound, kind="stable")
        starts = np.searchsorted(self.bound[order], np.arange(bounds + 1))
        return [order[first:last] for first, last in pairwise(starts)]


def instrument_residuals(
    arrays: Mapping[str, Any], bounds: Sequence[Bound], countries: Sequence[str], sectors: Sequence[str]
) -> dict[str, tuple[float, str]]:
    """Return the errors of wedges and rents ("instruments") and of the bounds ("complementarity"), with the worst.

    Args:
        arrays: as stored. bounds: the instruments that were asked for, in the order of `bound_wedge`.
        countries, sectors: labels.
    Source: Fischer-Burmeister residual sqrt(a^2 + b^2) - a - b of slack and multiplier.
    """
    if not bounds:
        return {}
    entries = _entries(bounds, list(countries), list(sectors))
    unit = _unit(arrays)
    missing = [name for name in ("bound_wedge",) if np.shape(arrays.get(name, ())) != (len(bounds),)]
    if missing and not all(_is_embargo(bound) for bound in bounds):
        return {"instruments": (float("inf"), missing[0])}
    place = tuple(entries.cell.T)
    demand = _demand_error(arrays, bounds, list(countries), list(sectors), unit)
    factor = _factors(arrays, entries, bounds, place, unit)
    product, rents = _walked(arrays, factor, place)
    wedge = np.asarray(arrays["wedge"])
    worst = [(float(np.abs(np.log(product) - np.log(wedge[place])).max(initial=0.0)), "a price chain")]
    untouched = wedge.copy()
    untouched[place] = 1.0
    worst.append((float(np.abs(untouched - 1).max()), "a cell without instrument"))
    worst += _rent_errors(arrays, entries, bounds, rents, list(countries), unit)
    return {
        "instruments": max([*worst, demand, _traded_in_spite(arrays, entries, bounds)]),
        "complementarity": _complementarity(arrays, entries, bounds, unit),
    }


def _is_embargo(bound: Bound) -> bool:
    return bound.kind == QUOTA and bound.volume == 0


def _traded_in_spite(arrays: Mapping[str, Any], entries: _Entries, bounds: Sequence[Bound]) -> tuple[float, str]:
    """Return the trade on cells whose quota is zero, relative to the largest flow."""
    closed = np.array([_is_embargo(bound) for bound in bounds])[entries.bound]
    flows = np.asarray(arrays["flows_new"])
    left = flows[tuple(entries.cell[closed].T)]
    return float(left.max(initial=0.0) / flows.max()), "a quota of zero"


def _demand_error(
    arrays: Mapping[str, Any], bounds: Sequence[Bound], countries: list[str], sectors: list[str], unit: float
) -> tuple[float, str]:
    """Return how far stored purchases from named cells are from those asked for, which follow baseline values."""
    flows = np.asarray(arrays["flows"])
    expected, stated = np.zeros_like(flows), np.asarray(arrays.get("directed_new", np.zeros_like(flows)))
    for bound in bounds:
        if bound.kind == DEMAND:
            cells = [(countries.index(o), countries.index(d), sectors.index(s)) for o, d, s in bound.cells]
            place = tuple(np.array(cells).T)
            expected[place] += float(bound.value_musd or 0.0) * unit * flows[place] / flows[place].sum()
    error = np.abs(stated - expected).max() / (expected.max() or flows.max())
    return float(error), "purchases from named cells"


def _unit(arrays: Mapping[str, Any]) -> float:
    """Return what one unit of baseline world value added is worth in the numeraire."""
    value_added = np.asarray(arrays["value_added"])
    return float((np.asarray(arrays["wage_hat"]) * value_added).sum() / value_added.sum())


def _entries(bounds: Sequence[Bound], countries: list[str], sectors: list[str]) -> _Entries:
    n_of = {code: at for at, code in enumerate(countries)}
    s_of = {code: at for at, code in enumerate(sectors)}
    rows = [
        (n_of[o], n_of[d], s_of[s], number)
        for kind in ORDER
        for number, bound in enumerate(bounds)
        if bound.kind == kind
        for o, d, s in bound.cells
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return _Entries(table[:, :3], table[:, 3])


def _factors(
    arrays: Mapping[str, Any], entries: _Entries, bounds: Sequence[Bound], place: tuple[Array, ...], unit: float
) -> Array:
    """Return 1 + mu of every entry, from its own rule where it has one and from the stored wedge of its bound."""
    stored = np.asarray(arrays.get("bound_wedge", np.ones(len(bounds))))
    factor: Array = stored[entries.bound].astype(float)
    for bound, mine in zip(bounds, entries.rows(len(bounds)), strict=True):
        if bound.kind == FIXED:
            factor[mine] = 1.0 + float(bound.rate or 0.0)
        elif bound.kind == PRICE_FLOOR:
            o, _, s = (axis[mine] for axis in place)
            kappa = np.asarray(arrays["trade_cost_hat"])[tuple(axis[mine] for axis in place)]
            cost = np.asarray(arrays["cost_hat"])[o, s] * np.where(np.isinf(kappa), 1.0, kappa)
            factor[mine] = np.maximum(1.0, float(bound.price or 0.0) * unit / cost)
    return factor


def _walked(arrays: Mapping[str, Any], factor: Array, place: tuple[Array, ...]) -> tuple[Array, Array]:
    """Return the product of the factors of each entry's cell, and what each entry collects, walking inwards."""
    flows = np.asarray(arrays["flows_new"])
    n, _, j = flows.shape
    key = (place[0] * n + place[1]) * j + place[2]
    value = {int(k): float(v) for k, v in zip(key, flows[place], strict=True)}
    product: dict[int, float] = {}
    collected = np.zeros(len(key))
    for row in range(len(key) - 1, -1, -1):
        k, m = int(key[row]), float(factor[row])
        collected[row] = value[k] * (1.0 - 1.0 / m)
        value[k] /= m
        product[k] = product.get(k, 1.0) * m
    return np.array([product[int(k)] for k in key]), collected


def _rent_errors(
    arrays: Mapping[str, Any], entries: _Entries, bounds: Sequence[Bound], rents: Array, countries: list[str],
    unit: float,
) -> list[tuple[float, str]]:  # fmt: skip
    """Return how far the stored rents and transfers are from those of the price chains."""
    o, d, s = entries.cell.T
    shape = np.asarray(arrays["flows_new"]).shape
    expected = {name: np.zeros(shape) for name in ("rent_exporter", "rent_importer", "rent_other", "rent_lost")}
    received = np.zeros(len(countries))
    for bound, mine in zip(bounds, entries.rows(len(bounds)), strict=True):
        part = _licence(arrays, entries, bound, mine, unit) if bound.kind == TARIFF_RATE_QUOTA else 1.0
        for row in mine:
            kind, n = _beneficiary(bound.to, int(o[row]), int(d[row]), countries)
            cell = (o[row], d[row], s[row])
            expected[kind][cell] += part * rents[row]
            expected["rent_importer"][cell] += (1 - part) * rents[row]
            if n >= 0:
                received[n] += part * rents[row]
            received[d[row]] += (1 - part) * rents[row]
        if bound.kind == GUARANTEE:
            _pay(arrays, bound, mine, entries, received, countries, unit)
    scale = float(np.asarray(arrays["flows_new"]).max())
    errors = [(float(np.abs(np.asarray(arrays[name]) - rent).max()) / scale, name) for name, rent in expected.items()]
    gap = np.abs(np.asarray(arrays["transfer_new"]) - received) / np.asarray(arrays["income_new"])
    return [*errors, (float(gap.max()), f"payments to {countries[int(gap.argmax())]}")]


def _beneficiary(to: str, o: int, d: int, countries: list[str]) -> tuple[str, int]:
    """Return the array that a rent belongs to, and the country that receives it (-1 if it is lost)."""
    if to == LOST:
        return "rent_lost", -1
    n = {EXPORTER: o, IMPORTER: d}.get(to, -1)
    n = countries.index(to) if n < 0 else n
    return "rent_exporter" if n == o else "rent_importer" if n == d else "rent_other", n


def _volume(arrays: Mapping[str, Any], entries: _Entries, rows: Array) -> float:
    """Return the volume of cells at base prices: border value over wedge and producer cost. [MUSD]"""
    o, d, s = entries.cell[rows].T
    value = np.asarray(arrays["flows_new"])[o, d, s] / np.asarray(arrays["wedge"])[o, d, s]
    return float((value / np.asarray(arrays["cost_hat"])[o, s]).sum())


def _base_value(arrays: Mapping[str, Any], entries: _Entries, rows: Array) -> float:
    return float(np.asarray(arrays["flows"])[tuple(entries.cell[rows].T)].sum())


def _gap(arrays: Mapping[str, Any], entries: _Entries, bound: Bound, rows: Array, unit: float) -> float:
    """Return ln of volume over the bound, or of the amount over the bound."""
    if bound.kind == MINIMUM_VALUE:
        total = float(np.asarray(arrays["flows_new"])[tuple(entries.cell[rows].T)].sum())
        with np.errstate(divide="ignore"):
            return float(np.log(total / (float(bound.value_musd or 0.0) * unit)))
    base = _base_value(arrays, entries, rows) * float(bound.volume or 0.0)
    with np.errstate(divide="ignore"):
        return float(np.log(_volume(arrays, entries, rows) / base))


def _licence(arrays: Mapping[str, Any], entries: _Entries, bound: Bound, rows: Array, unit: float) -> float:
    return float(np.exp(-max(_gap(arrays, entries, bound, rows, unit), 0.0)))


def _pay(
    arrays: Mapping[str, Any], bound: Bound, rows: Array, entries: _Entries, received: Array, countries: list[str],
    unit: float,
) -> None:  # fmt: skip
    """Add the payment under a price guarantee: (price - cost) x contract volume, from the payer to the producer."""
    o, d, s = entries.cell[rows[0]]
    cost = float(np.asarray(arrays["cost_hat"])[o, s])
    volume = float(bound.volume or 0.0) * _base_value(arrays, entries, rows)
    amount = (float(bound.price or 0.0) * unit - cost) * volume
    payer = {EXPORTER: int(o), IMPORTER: int(d)}.get(bound.to, -1)
    received[countries.index(bound.to) if payer < 0 else payer] -= amount
    received[o] += amount


def _complementarity(
    arrays: Mapping[str, Any], entries: _Entries, bounds: Sequence[Bound], unit: float
) -> tuple[float, str]:
    """Return the largest Fischer-Burmeister residual of the bounds, with the bound."""
    worst = (0.0, "")
    stored = np.asarray(arrays.get("bound_wedge", np.ones(len(bounds))))
    for number, (bound, rows) in enumerate(zip(bounds, entries.rows(len(bounds)), strict=True)):
        if bound.kind not in BOUNDED or _is_embargo(bound):
            continue
        level, gap = float(np.log(stored[number])), _gap(arrays, entries, bound, rows, unit)
        if bound.kind == TARIFF_RATE_QUOTA:
            o, d, s = entries.cell[rows[0]]
            rate = float(np.asarray(arrays["tariffs_new"])[o, d, s])
            limit = float(np.log((1 + float(bound.rate or 0.0)) / (1 + rate)))
            error = level - min(max(0.0, level + gap), limit)
        else:
            a, b = (level, -gap) if bound.kind == "quota" else (-level, gap)
            error = float(np.hypot(a, b) - a - b) if np.isfinite(b) else a if b > 0 else np.inf
        worst = max(worst, (abs(error), bound.name or f"{bound.kind} on {'-'.join(bound.cells[0])}"))
    return worst
