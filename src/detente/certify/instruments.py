"""What instruments do, worked out again from the stored arrays: wedges, rents, who receives them, complementarity.

The price chain of a cell is walked from the border to the producer; nothing comes from the solver or the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detente.certify.bilateral import RENTS
from detente.certify.chains import Chains, chains, is_embargo
from detente.core.arrays import Array
from detente.core.instruments import (
    BOUNDED,
    DEMAND,
    EXPORTER,
    GUARANTEE,
    IMPORTER,
    MINIMUM_VALUE,
    QUOTA,
    TARIFF_RATE_QUOTA,
    Bound,
)
from detente.core.once import Once


def instrument_residuals(
    arrays: Mapping[str, Any],
    bounds: Sequence[Bound],
    countries: Sequence[str],
    sectors: Sequence[str],
    taken: tuple[Array, ...],
    once: Once,
) -> dict[str, tuple[float, str]]:
    """Return the errors of wedges and rents ("instruments") and of the bounds ("complementarity"), with the worst.

    Args:
        arrays: as stored. bounds: the instruments that were asked for, in the order of `bound_wedge`.
        countries, sectors: labels. taken: cells (origin, dest, sector) with a wedge other than 1 or a rent.
        once: remembers how instruments are laid out.
    Source: Fischer-Burmeister residual sqrt(a^2 + b^2) - a - b of slack and multiplier.
    """
    if not bounds:
        return {}
    lost = np.shape(arrays.get("bound_wedge", ())) != (len(bounds),)
    if lost and not all(is_embargo(bound) for bound in bounds):
        return {"instruments": (float("inf"), "bound_wedge")}
    chain = once(chains, bounds, countries, sectors)
    seen = _Seen(arrays, bounds, chain, chain.outside(taken), tuple(countries), tuple(sectors))
    product, rents = _walked(seen)
    worst = [(float(np.abs(np.log(product) - np.log(seen.of("wedge"))).max(initial=0.0)), "a price chain")]
    worst.append((_elsewhere(seen, "wedge", 1.0), "a cell without instrument"))
    worst += [*_rent_errors(seen, rents), _demand_error(seen), _traded_in_spite(seen)]
    numbers = [(error if np.isfinite(error) else float("inf"), where) for error, where in worst]
    return {"instruments": max(numbers), "complementarity": _complementarity(seen)}


@dataclass(frozen=True)
class _Seen:
    """Stored arrays and the instruments that they are held against.

    Attributes:
        arrays, bounds, countries, sectors: as in `instrument_residuals`. chain: the rows of the instruments.
        outside: cells with a wedge or a rent that none of the instruments is on.
    """

    arrays: Mapping[str, Any]
    bounds: Sequence[Bound]
    chain: Chains
    outside: tuple[Array, ...]
    countries: tuple[str, ...]
    sectors: tuple[str, ...]

    def __getitem__(self, name: str) -> Array:
        return np.asarray(self.arrays[name])

    def of(self, name: str) -> Array:
        """Return an array at the cells of the rows."""
        return np.asarray(self[name][self.chain.place])

    @property
    def cost(self) -> Array:
        """Return the producer cost of the rows."""
        o, _, s = self.chain.place
        return np.asarray(self["cost_hat"][o, s])

    @property
    def bound_wedge(self) -> Array:
        """Return the stored wedge of every instrument; 1 where none is stored because all of them are embargoes."""
        return np.asarray(self.arrays.get("bound_wedge", np.ones(len(self.bounds))))

    @property
    def unit(self) -> float:
        """Return what one unit of baseline world value added is worth in the numeraire."""
        value_added = self["value_added"]
        return float((self["wage_hat"] * value_added).sum() / value_added.sum())

    def name(self, number: int) -> str:
        """Return an instrument in words."""
        bound = self.bounds[number]
        return bound.name or f"{bound.kind} on {'-'.join(bound.cells[0])}"


def _elsewhere(seen: _Seen, name: str, value: float) -> float:
    """Return how far an array is from a constant outside the cells of the instruments."""
    return float(np.abs(seen[name][seen.outside] - value).max(initial=0.0))


def _traded_in_spite(seen: _Seen) -> tuple[float, str]:
    """Return the trade on cells whose quota is zero, relative to the largest flow."""
    closed = np.array([is_embargo(bound) for bound in seen.bounds])[seen.chain.bound]
    if not closed.any():
        return 0.0, "a quota of zero"
    return float(seen.of("flows_new")[closed].max() / seen["flows_new"].max()), "a quota of zero"


def _demand_error(seen: _Seen) -> tuple[float, str]:
    """Return how far stored purchases from named cells are from those asked for, which follow baseline values."""
    asked = [bound for bound in seen.bounds if bound.kind == DEMAND]
    where = "purchases from named cells"
    if not asked and "directed_new" not in seen.arrays:
        return 0.0, where
    flows = seen["flows"]
    expected = np.zeros_like(flows)
    for bound in asked:
        cells = [(seen.countries.index(o), seen.countries.index(d), seen.sectors.index(s)) for o, d, s in bound.cells]
        place = tuple(np.array(cells).T)
        expected[place] += float(bound.value_musd or 0.0) * seen.unit * flows[place] / flows[place].sum()
    stated = seen["directed_new"] if "directed_new" in seen.arrays else np.zeros_like(flows)
    return float(np.abs(stated - expected).max() / (expected.max() or flows.max())), where


def _walked(seen: _Seen) -> tuple[Array, Array]:
    """Return the product of the factors of each row's cell, and what each row collects, walking inwards.

    A factor is 1 + mu by its own rule where there is one, else the stored wedge of its bound.
    """
    chain = seen.chain
    factor: Array = np.where(np.isnan(chain.fixed), seen.bound_wedge[chain.bound].astype(float), chain.fixed)
    floors = ~np.isnan(chain.floor)
    if floors.any():
        kappa = seen.of("trade_cost_hat")
        cost = seen.cost * np.where(np.isinf(kappa), 1.0, kappa)
        factor = np.where(floors, np.maximum(1.0, chain.floor * seen.unit / cost), factor)
    product, value = np.ones(len(chain.at)), np.zeros(len(chain.at))
    value[chain.at] = seen.of("flows_new")
    collected = np.zeros(len(chain.at))
    for rows in chain.steps:
        cells = chain.at[rows]
        collected[rows] = value[cells] * (1.0 - 1.0 / factor[rows])
        value[cells] /= factor[rows]
        product[cells] *= factor[rows]
    return product[chain.at], collected


def _rent_errors(seen: _Seen, rents: Array) -> list[tuple[float, str]]:
    """Return how far the stored rents and transfers are from those of the price chains."""
    chain, n = seen.chain, len(seen.countries)
    licence = np.ones(len(rents))
    for number in _of_kind(seen, TARIFF_RATE_QUOTA):
        licence[chain.bound == number] = np.exp(-max(float(_gaps(seen)[number]), 0.0))
    _, d, _ = chain.place
    got, excess = licence * rents, (1 - licence) * rents
    owed = chain.receiver >= 0
    received = np.bincount(chain.receiver[owed], got[owed], n) + np.bincount(d, excess, n)
    for number in _of_kind(seen, GUARANTEE):
        _pay(seen, number, received)
    scale, errors = float(seen["flows_new"].max()), []
    for kind, name in enumerate(RENTS):
        expected = np.bincount(chain.at, np.where(chain.rent == kind, got, 0.0) + (excess if kind == 1 else 0.0))
        error = float(np.abs(seen.of(name) - expected[chain.at]).max(initial=0.0))
        errors.append((max(error, _elsewhere(seen, name, 0.0)) / scale, name))
    gap = np.abs(seen["transfer_new"] - received) / seen["income_new"]
    return [*errors, (float(gap.max()), f"payments to {seen.countries[int(gap.argmax())]}")]


def _of_kind(seen: _Seen, kind: str) -> list[int]:
    return [number for number, bound in enumerate(seen.bounds) if bound.kind == kind]


def _gaps(seen: _Seen) -> Array:
    """Return, for every bounded instrument, ln of volume over the bound, or of the amount over the bound.

    Volume at base prices: border value over wedge and producer cost. [MUSD]
    """
    chain, bounds = seen.chain, seen.bounds
    flows = seen.of("flows_new")
    volume, base = chain.by_bound(flows / seen.of("wedge") / seen.cost), chain.by_bound(seen.of("flows"))
    money = np.array([bound.kind == MINIMUM_VALUE for bound in bounds])
    limit = np.array([float(bound.volume or 0.0) for bound in bounds]) * base
    limit[money] = np.array([float(bound.value_musd or 0.0) for bound in bounds])[money] * seen.unit
    total = np.where(money, chain.by_bound(flows), volume)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(total / limit))


def _pay(seen: _Seen, number: int, received: Array) -> None:
    """Add the payment under a price guarantee: (price - cost) x contract volume, from the payer to the producer."""
    bound, row = seen.bounds[number], seen.chain.first[number]
    o, d, s = (int(i) for i in seen.chain.cell[row])
    volume = float(bound.volume or 0.0) * float(seen.chain.by_bound(seen.of("flows"))[number])
    amount = (float(bound.price or 0.0) * seen.unit - float(seen["cost_hat"][o, s])) * volume
    payer = {EXPORTER: o, IMPORTER: d}.get(bound.to, -1)
    received[seen.countries.index(bound.to) if payer < 0 else payer] -= amount
    received[o] += amount


def _complementarity(seen: _Seen) -> tuple[float, str]:
    """Return the largest Fischer-Burmeister residual of the bounds, with the bound."""
    chosen = [n for n, bound in enumerate(seen.bounds) if bound.kind in BOUNDED and not is_embargo(bound)]
    if not chosen:
        return 0.0, ""
    level, gap = np.log(seen.bound_wedge)[chosen], _gaps(seen)[chosen]
    cap = np.array([seen.bounds[number].kind == QUOTA for number in chosen])
    a, b = np.where(cap, level, -level), np.where(cap, -gap, gap)
    finite = np.isfinite(b)
    reached = np.where(finite, b, 0.0)
    error = np.where(finite, np.hypot(a, reached) - a - reached, np.where(b > 0, a, np.inf))
    for position, number in enumerate(chosen):
        if seen.bounds[number].kind == TARIFF_RATE_QUOTA:
            error[position] = level[position] - min(max(0.0, level[position] + gap[position]), _limit(seen, number))
    size = np.where(np.isnan(error), np.inf, np.abs(error))
    return float(size.max()), seen.name(chosen[int(size.argmax())])


def _limit(seen: _Seen, number: int) -> float:
    """Return the largest wedge of a tariff-rate quota: ln of the duty above over the duty up to the quota."""
    o, d, s = seen.chain.cell[seen.chain.first[number]]
    return float(np.log((1 + float(seen.bounds[number].rate or 0.0)) / (1 + float(seen["tariffs_new"][o, d, s]))))
