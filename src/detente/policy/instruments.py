"""From measures that are no tariffs to instruments: quotas, licences, fees, floors, purchases, stockpiles.

A licence, a ban, a restraint or an export tax is imposed by the exporter: it acts on [origin = by, dest = against]. A
quota, a purchase or a trade cost is imposed by the importer: it acts on [origin = against, dest = by].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.codes import WORLD
from detente.core.instruments import (
    DEMAND,
    EXPORTER,
    FIXED,
    GUARANTEE,
    IMPORTER,
    LOST,
    MINIMUM,
    MINIMUM_VALUE,
    PRICE_FLOOR,
    QUOTA,
    TARIFF_RATE_QUOTA,
    Bound,
    Cell,
)
from detente.policy.grid import Grid
from detente.policy.levels import LevelError, floor_price, money_of, share_of, text_of, volume_of
from detente.policy.measure import KINDS, Measure

BOTH: Final = "both"
INBOUND: Final = "inbound"
OUTBOUND: Final = "outbound"
DIRECTIONS: Final = (INBOUND, OUTBOUND, BOTH)
_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Instruments:
    """What one measure puts between producer and buyer.

    Attributes:
        cells: flat positions that it touches. bounds: wedges. cost: iceberg factor on `cells`, or None. [ratio]
        demand: (N, J) demand outside the budget shares, or None. [MUSD]
    """

    cells: Array
    bounds: tuple[Bound, ...] = ()
    cost: float | None = None
    demand: Array | None = None


def instruments(grid: Grid, measure: Measure, tariffs: Array) -> Instruments | None:
    """Return the instruments of a measure, or None if its kind only sets rates.

    Args:
        grid: where problems are noted. measure: in force.
        tariffs: flat rates after all layers; of a tariff-rate quota those above its volume. [fraction]
    Raises:
        LevelError: a level that cannot be read as a number.
    """
    build = _BUILDERS.get(measure.kind)
    return None if build is None else build(grid, measure, tariffs)


def _ratio(grid: Grid, measure: Measure) -> float:
    """Return the volume of a cap or a contract relative to the baseline."""
    volume = volume_of(measure, _year(grid))
    if volume is None or volume.ratio is None:
        raise LevelError("volume", "nothing", "a volume such as '70% of base'")
    return volume.ratio


def _year(grid: Grid) -> str:
    years = grid.base.meta.get("years", {})
    return str(years.get("flows", "")) if isinstance(years, Mapping) else ""


def _receiver(measure: Measure) -> str:
    return text_of(measure, "rents_to") or KINDS[measure.kind].rents_to


def _each(
    measure: Measure, kind: str, cells: Iterable[Cell], *, volume: float, to: str, rate: float | None = None
) -> tuple[Bound, ...]:
    """Return one instrument for each cell, with a wedge of its own."""
    return tuple(Bound(kind, (cell,), volume=volume, rate=rate, to=to, name=measure.id) for cell in cells)


def _all(
    grid: Grid, measure: Measure, kind: str, cells: Array, *, rate: float | None = None, price: float | None = None,
    to: str = EXPORTER,
) -> tuple[Bound, ...]:  # fmt: skip
    """Return one instrument on all cells: for wedges that are given, not found."""
    codes = tuple(grid.codes(cells))
    return (Bound(kind, codes, rate=rate, price=price, to=to, name=measure.id),) if codes else ()


def _exports(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Bound what `by` sells: one approval share for each destination and sector, not one pool for all."""
    banned = measure.kind == "export-ban" and not text_of(measure, "volume")
    volume = 0.0 if banned else _ratio(grid, measure)
    cells = grid.traded(grid.lane(measure, exports=True))
    to = _receiver(measure)
    bounds = _each(measure, QUOTA, grid.codes(cells), volume=volume, to=to)
    if text_of(measure, "reach") == "extraterritorial":
        beyond = _third_countries(grid, measure)
        bounds += _each(measure, QUOTA, grid.codes(beyond), volume=volume, to=LOST)
        cells = np.concatenate([cells, beyond])
    return Instruments(cells, bounds)


def _third_countries(grid: Grid, measure: Measure) -> Array:
    """Return what third countries sell to `against` of the goods of a licence."""
    ours = {*grid.countries(measure.by, []), *grid.countries(measure.against, [])}
    others = [n for n in grid.country.values() if n not in ours]
    dests = grid.countries(measure.against, [])
    return grid.traded(grid.cells(others, dests, grid.of_sectors(measure), everybody=False))


def _import_quota(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Bound what each importer buys: one pool over the origins, and over a sector with what was cut from it."""
    volume, to = _ratio(grid, measure), _receiver(measure)
    cells = grid.traded(grid.lane(measure, exports=False))
    pools: dict[tuple[str, str], list[Cell]] = {}
    for cell in grid.codes(cells):
        pools.setdefault((cell[1], _pool(grid, measure, cell[2])), []).append(cell)
    bounds = tuple(Bound(QUOTA, tuple(pool), volume=volume, to=to, name=measure.id) for pool in pools.values())
    return Instruments(cells, bounds)


def _pool(grid: Grid, measure: Measure, sector: str) -> str:
    """Return the sector whose volume counts: the parent of a product sector, unless the measure names the product."""
    if measure.products is not None or sector in measure.sectors:
        return sector
    parents = [code for code, family in grid.families.items() if grid.sector[sector] in family[1:]]
    return parents[0] if parents else sector


def _tariff_rate_quota(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Two rates around a volume, which is allotted to each origin and importer; `tariffs` are those above it."""
    volume, to = _ratio(grid, measure), _receiver(measure)
    cells = grid.traded(grid.lane(measure, exports=False))
    bounds: list[Bound] = []
    for at, cell in zip(cells, grid.codes(cells), strict=True):
        bounds += _each(measure, TARIFF_RATE_QUOTA, [cell], volume=volume, rate=float(tariffs[at]), to=to)
    return Instruments(cells, tuple(bounds))


def _export_tax(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Let the exporter levy a share of the producer's price."""
    cells = grid.traded(grid.lane(measure, exports=True))
    if measure.rate is None:
        raise LevelError("rate", "nothing", "a rate such as '10%'")
    return Instruments(cells, _all(grid, measure, FIXED, cells, rate=measure.rate.value))


def _lanes(grid: Grid, measure: Measure, default: str) -> Array:
    way = text_of(measure, "direction") or default
    found = [
        grid.lane(measure, exports=out) for out, name in ((False, INBOUND), (True, OUTBOUND)) if way in (name, BOTH)
    ]
    return grid.traded(np.unique(np.concatenate(found))) if found else _NONE


def _port_fee(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Let the port state collect a share of the value shipped on a lane, both ways, and of others who use the ships."""
    rate, further = share_of(measure, "as_cost"), share_of(measure, "third_countries")
    if len(grid.countries(measure.by, [])) != 1:
        raise LevelError("by", f"{len(measure.by)} economies", "the one that levies the fee", "a measure for each")
    (levying,) = grid.countries(measure.by, [])
    to = grid.base.countries[levying]
    cells = _lanes(grid, measure, BOTH)
    bounds = _all(grid, measure, FIXED, cells, rate=rate, to=to)
    if further:
        users = _ship_users(grid, measure, levying)
        bounds += _all(grid, measure, FIXED, users, rate=further, to=to)
        cells = np.concatenate([cells, users])
    return Instruments(cells, bounds)


def _ship_users(grid: Grid, measure: Measure, levying: int) -> Array:
    """Return the lanes between the levying state and third countries."""
    ours = {levying, *grid.countries(measure.against, [])}
    others = [n for n in grid.country.values() if n not in ours]
    sectors, way = grid.of_sectors(measure), text_of(measure, "direction") or BOTH
    ends = [(others, [levying], INBOUND), ([levying], others, OUTBOUND)]
    found = [grid.cells(o, d, sectors, everybody=False) for o, d, name in ends if way in (name, BOTH)]
    return grid.traded(np.concatenate(found))


def _trade_cost(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Make trade on a lane cost more, in goods that melt on the way."""
    rate = share_of(measure, "as_cost")
    if rate is None or rate <= -1:
        raise LevelError("as_cost", "nothing" if rate is None else f"{100 * rate:g}%", "a cost above -100%")
    return Instruments(_lanes(grid, measure, INBOUND), cost=1 + rate)


def _price_floor(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Guarantee a producer price: the budget of `by` pays the difference, or its buyers pay the floor."""
    price = floor_price(measure)
    named = measure.details.get("origin", ())
    origins = grid.of_countries(measure, named, "origin")
    sectors, n = grid.of_sectors(measure), len(grid.country)
    if text_of(measure, "paid_by") == "buyer":
        buyers = grid.of_countries(measure, measure.by, "by")
        cells = grid.traded(grid.cells(origins, buyers, sectors, everybody=WORLD in (*measure.by, *named)))
        return Instruments(cells, _all(grid, measure, PRICE_FLOOR, cells, price=price))
    payer, volume = _one(grid, measure, "pays"), _ratio(grid, measure)
    bounds, touched = [], [_NONE]
    for o in origins:
        for s in sectors:
            cells = grid.traded((o * n + np.arange(n)) * grid.base.shape[1] + s)
            if len(cells):
                given = tuple(grid.codes(cells))
                bounds.append(Bound(GUARANTEE, given, volume=volume, price=price, to=payer, name=measure.id))
                touched.append(cells)
    return Instruments(np.concatenate(touched), tuple(bounds))


def _one(grid: Grid, measure: Measure, does: str) -> str:
    """Return the one economy that `by` must be.

    Raises:
        LevelError: several, or none.
    """
    found = grid.of_countries(measure, measure.by, "by")
    if len(found) != 1:
        raise LevelError("by", f"{len(found)} economies", f"the one that {does}", "a measure for each of them")
    return grid.base.countries[found[0]]


def _purchase(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Let each buyer take at least a volume, or a value, of what the sellers named make together."""
    volume = volume_of(measure, _year(grid))
    if volume is None:
        raise LevelError("volume", "nothing", "a minimum such as '>= 120% of base'")
    cells = grid.traded(grid.lane(measure, exports=False))
    pools: dict[str, list[Cell]] = {}
    for cell in grid.codes(cells):
        pools.setdefault(cell[1], []).append(cell)
    kind = MINIMUM if volume.value_musd is None else MINIMUM_VALUE
    if kind == MINIMUM_VALUE and len(pools) > 1:
        raise LevelError("by", f"{len(pools)} economies", "the one that buys for this sum", "a measure for each")
    bounds = [
        Bound(kind, tuple(pool), volume=volume.ratio, value_musd=volume.value_musd, to=IMPORTER, name=measure.id)
        for pool in pools.values()
    ]
    return Instruments(cells, tuple(bounds))


def _stockpile(grid: Grid, measure: Measure, tariffs: Array) -> Instruments:
    """Buy for stocks or for the state, from origins that are named or as the market buys."""
    amount, buyer = money_of(measure), grid.country[_one(grid, measure, "buys")]
    sectors, named = grid.of_sectors(measure), measure.details.get("origin", ())
    if not named:
        return _from_anywhere(grid, amount, buyer, sectors)
    if amount < 0:
        raise LevelError("origin", ", ".join(named), "none with a release: stocks are sold on the buyer's own market")
    origins = grid.of_countries(measure, named, "origin")
    n, j = grid.base.shape
    cells = grid.traded(np.array([(o * n + buyer) * j + s for o in origins for s in sectors], dtype=np.int64))
    if not len(cells) or amount == 0:
        return Instruments(cells)
    return Instruments(
        cells, (Bound(DEMAND, tuple(grid.codes(cells)), value_musd=amount, to=IMPORTER, name=measure.id),)
    )


def _from_anywhere(grid: Grid, amount: float, buyer: int, sectors: list[int]) -> Instruments:
    """Return demand for goods of any origin, over sectors as the buyer's economy spends on them."""
    n, j = grid.base.shape
    cells = np.array([(o * n + buyer) * j + s for o in range(n) for s in sectors], dtype=np.int64)
    spending = grid.base.expenditure[buyer, sectors]
    demand = np.zeros((n, j))
    if spending.sum() > 0:
        demand[buyer, sectors] = amount * spending / spending.sum()
    return Instruments(grid.traded(cells), demand=demand)


_BUILDERS: Final[Mapping[str, Callable[[Grid, Measure, Array], Instruments]]] = {
    "export-tax": _export_tax,
    "import-quota": _import_quota,
    "export-restraint": _exports,
    "export-licence": _exports,
    "export-ban": _exports,
    "tariff-rate-quota": _tariff_rate_quota,
    "port-fee": _port_fee,
    "trade-cost": _trade_cost,
    "price-floor": _price_floor,
    "purchase": _purchase,
    "stockpile": _stockpile,
    "government-demand": _stockpile,
}
