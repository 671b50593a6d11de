"""What governments may choose: which cells are free, which move together, and between which rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.codes import COUNTRY_ALIASES, SERVICES, WORLD, groups_present
from detente.core.errors import Problem, UsageError, nearest
from detente.core.units import parse_percent
from detente.strategy.government import Government

IMPORT_TARIFF: Final = "import-tariff"
EXPORT_TAX: Final = "export-tax"
INSTRUMENTS: Final = (IMPORT_TARIFF, EXPORT_TAX)
VARY: Final = ("free", "uniform", "by-partner", "by-sector", "mfn")
PROHIBITIVE: Final = float(np.log1p(100.0))
"""Where a rate without an upper bound ends: at 10,000 % next to nothing is bought any more. [ln(1 + rate)]"""
LOWEST: Final = float(np.log(0.01))
"""Where a rate without a lower bound ends: a subsidy of 99 %. [ln(1 + rate)]"""
TOUCHES: Final = 1e-9
"""A rate this close to a bound is at the bound. [log points]"""


@dataclass(frozen=True)
class Binding:
    """A cell whose rate is at a bound: "lower", "upper", or "prohibitive" and "lowest" where none was given."""

    by: str
    against: str
    sector: str
    rate_pct: float
    bound: str


@dataclass(frozen=True, eq=False)
class Controls:
    """Free rates x, one for each group of cells that move together.

    Attributes:
        instrument: "import-tariff" or "export-tax".
        cells: positions (origin, dest, sector) of all cells whose rate is chosen. group: the entry of x of each.
        player: the player of each. trades: whether there is a flow; where there is none the rate follows its group.
        owner: the player of each entry of x. lower, upper: limits of ln(1 + rate). capped: whether the upper limit was
        given, and is not merely where a rate is prohibitive; floored: the same of the lower one.
        idle: cells without trade that were left out, as they have no derivative.
    """

    instrument: str
    cells: tuple[Array, Array, Array]
    group: Array
    player: Array
    trades: Array
    owner: Array
    lower: float
    upper: float
    floored: bool
    capped: bool
    idle: int

    @property
    def size(self) -> int:
        """Return the number of free rates."""
        return len(self.owner)

    def placed(self, x: Array, rates: Array) -> Array:
        """Return all rates (N, N, J) with the chosen ones put in. [fraction]"""
        new = rates.copy()
        new[self.cells] = np.expm1(self.projected(x))[self.group]
        return new

    def projected(self, x: Array) -> Array:
        """Return x inside its bounds."""
        inside: Array = np.clip(x, self.lower, self.upper)
        return inside

    def summed(self, values: Array) -> Array:
        """Return the sum over the cells of each group."""
        return np.bincount(self.group, weights=values, minlength=self.size)

    def taken(self, rates: Array, weight: Array) -> Array:
        """Return x for given rates (N, N, J): the mean of ln(1+rate) over each group, weighted with `weight`."""
        w = np.where(self.trades, weight[self.cells], 0.0)
        x: Array = self.summed(w * np.log1p(rates[self.cells])) / self.summed(w)
        return self.projected(x)

    def of(self, player: int) -> Controls:
        """Return the controls of one player alone, numbered 0."""
        mine = self.player == player
        kept = np.flatnonzero(self.owner == player)
        number = np.full(self.size, -1)
        number[kept] = np.arange(len(kept))
        return Controls(
            self.instrument, tuple(axis[mine] for axis in self.cells), number[self.group[mine]],
            np.zeros(int(mine.sum()), dtype=int), self.trades[mine], np.zeros(len(kept), dtype=int),
            self.lower, self.upper, self.floored, self.capped, self.idle,
        )  # fmt: skip

    def binding(self, x: Array, base: Baseline) -> tuple[Binding, ...]:
        """Return every cell whose rate is at a bound."""
        inside = self.projected(x)[self.group]
        low, high = inside - self.lower <= TOUCHES, self.upper - inside <= TOUCHES
        found = []
        for at in np.flatnonzero((low | high) & self.trades):
            o, d, s = (int(axis[at]) for axis in self.cells)
            by, against = (o, d) if self.instrument == EXPORT_TAX else (d, o)
            rate = 100 * float(np.expm1(inside[at]))
            names = base.countries[by], base.countries[against], base.sectors[s]
            kind = ("lower" if self.floored else "lowest") if low[at] else "upper" if self.capped else "prohibitive"
            found.append(Binding(*names, rate, kind))
        return tuple(found)


def controls(
    base: Baseline,
    players: Sequence[Government],
    *,
    against: Any = None,
    sectors: Any = "goods",
    vary: Any = "free",
    bounds: Any = ("0%", None),
    instrument: str = IMPORT_TARIFF,
) -> Controls:
    """Return what the players may choose, or refuse it with every problem.

    Args:
        base: the world. players: who chooses. against: partners, or None for all.
        sectors: "goods", "all" or codes. vary: "free" by partner and sector, "uniform", "by-partner", "by-sector",
            "mfn" (by sector, pairs that trade freely left out) or a partition: whole numbers (N, N, J), cells with one
            number move together, -1 stays as it is. A coalition has one common rate against each partner.
        bounds: lower and upper rate, as text with its unit or as a fraction; None is no limit.
        instrument: "import-tariff" or "export-tax".
    Raises:
        UsageError: unknown codes or words, crossed bounds, a partition of the wrong shape, nothing left to choose.
    """
    problems: list[Problem] = []
    limits = _limits(bounds, problems)
    chosen = _sectors(base, sectors, problems)
    partners = _partners(base, against, problems)
    if instrument not in INSTRUMENTS:
        hint = nearest(str(instrument), INSTRUMENTS)
        problems.append(Problem("", "instrument", repr(instrument), f"one of {', '.join(INSTRUMENTS)}", hint))
    partition = _partition(base, vary, problems)
    if problems:
        raise UsageError(problems=problems)
    free, player = _free(base, players, partners, chosen, instrument)
    if partition is not None:
        free &= partition >= 0
    elif vary == "mfn":
        free &= ~_preferential(base, chosen)[:, :, None]
    trades = free & (base.flows > 0)
    cells = np.nonzero(free)
    key = _keys(base, cells, player[cells], vary, partition, instrument)
    alive = np.unique(key[trades[cells]])
    if not len(alive):
        found = f"no trade of {', '.join(p.name for p in players)} in these sectors and with these partners"
        raise UsageError(problems=[Problem("", "controls", found, "at least one flow whose rate can be chosen")])
    kept = np.isin(key, alive)
    cells = tuple(axis[kept] for axis in cells)
    group = np.searchsorted(alive, key[kept])
    owner = np.zeros(len(alive), dtype=int)
    owner[group] = player[cells]
    idle = int((~kept).sum())
    return Controls(instrument, cells, group, player[cells], trades[cells], owner, *limits, idle)  # type: ignore[arg-type]


def _limits(bounds: Any, problems: list[Problem]) -> tuple[float, float, bool, bool]:
    """Return the limits of ln(1 + rate), and whether each was given."""
    if isinstance(bounds, str) or not isinstance(bounds, Sequence) or len(bounds) != 2:
        problems.append(Problem("", "bounds", repr(bounds), "a lower and an upper rate", "('0%', '100%')"))
        return LOWEST, PROHIBITIVE, False, False
    lower = _limit(bounds[0], "bounds[0]", LOWEST, problems)
    upper = _limit(bounds[1], "bounds[1]", PROHIBITIVE, problems)
    if lower > upper:
        expected = "a lower rate that is not above the upper one"
        problems.append(Problem("", "bounds", f"{bounds[0]!r} above {bounds[1]!r}", expected))
    return lower, upper, bounds[0] is not None, bounds[1] is not None


def _limit(value: Any, field: str, none: float, problems: list[Problem]) -> float:
    if value is None:
        return none
    try:
        rate = parse_percent(value) if isinstance(value, str) else float(value)
    except (TypeError, ValueError) as error:
        problems.append(Problem("", field, repr(value), f"a rate such as '25%', or None: {error}"))
        return none
    if not (np.isfinite(rate) and rate > -1):
        problems.append(Problem("", field, repr(value), "a finite rate above -100%, or None for no limit"))
        return none
    return float(np.log1p(rate))


def _sectors(base: Baseline, sectors: Any, problems: list[Problem]) -> Array:
    """Return which sectors are chosen, (J,) bool."""
    services = tuple(base.meta.get("services", SERVICES))
    if isinstance(sectors, str) and sectors in ("goods", "all"):
        return np.array([sectors == "all" or code not in services for code in base.sectors])
    codes = [sectors] if isinstance(sectors, str) else list(sectors)
    for at, code in enumerate(codes):
        if code not in base.sectors:
            hint = nearest(str(code), ["goods", "all", *base.sectors])
            problems.append(Problem("", f"sectors[{at}]", f"unknown sector {code!r}", f"sectors of {base.id}", hint))
    if not codes:
        problems.append(Problem("", "sectors", "none", "'goods', 'all' or codes"))
    return np.array([code in codes for code in base.sectors])


def _partners(base: Baseline, against: Any, problems: list[Problem]) -> Array:
    """Return which countries are partners, (N,) bool."""
    if against is None:
        return np.ones(len(base.countries), dtype=bool)
    groups = groups_present(base.countries)
    chosen = np.zeros(len(base.countries), dtype=bool)
    codes = [against] if isinstance(against, str) else list(against)
    for at, code in enumerate(codes):
        if code in base.countries:
            chosen[base.countries.index(code)] = True
        elif code in groups:
            chosen[groups[code]] = True
        else:
            hint = nearest(str(code), [*base.countries, *groups], aliases=dict(COUNTRY_ALIASES))
            field = f"against[{at}]"
            problems.append(Problem("", field, f"unknown economy {code!r}", f"economies of {base.id} or {WORLD}", hint))
    return chosen


def _partition(base: Baseline, vary: Any, problems: list[Problem]) -> Array | None:
    if isinstance(vary, str):
        if vary not in VARY:
            expected = f"one of {', '.join(VARY)} or a partition, whole numbers (N, N, J)"
            problems.append(Problem("", "vary", repr(vary), expected, nearest(vary, VARY)))
        return None
    partition = np.asarray(vary)
    if partition.shape != base.flows.shape or not np.issubdtype(partition.dtype, np.integer):
        found = f"an array of {partition.dtype} of shape {partition.shape}"
        expected = f"whole numbers of shape {base.flows.shape} (origin, dest, sector), -1 where a rate stays"
        problems.append(Problem("", "vary", found, expected))
        return None
    return partition


def _free(
    base: Baseline, players: Sequence[Government], partners: Array, chosen: Array, instrument: str
) -> tuple[Array, Array]:
    """Return which cells (N, N, J) are free, and the player of each."""
    n = len(base.countries)
    pair = np.zeros((n, n), dtype=bool)
    player = np.full((n, n), -1)
    for number, government in enumerate(players):
        members = list(government.members)
        others = partners.copy()
        others[members] = False
        mine = np.zeros(n, dtype=bool)
        mine[members] = True
        on = np.outer(mine, others) if instrument == EXPORT_TAX else np.outer(others, mine)
        pair |= on
        player[on] = number
    free = pair[:, :, None] & chosen[None, None, :]
    return free, np.broadcast_to(player[:, :, None], free.shape)


def _preferential(base: Baseline, chosen: Array) -> Array:
    """Return which pairs (origin, dest) trade freely although the importer has tariffs on others."""
    rates = base.tariffs[:, :, chosen]
    trade = (base.flows[:, :, chosen] > 0).any(axis=2)
    zero = np.asarray((rates == 0).all(axis=2) & trade)
    other = np.asarray((rates > 0).any(axis=(0, 2)))
    found: Array = zero & other[None, :]
    return found


def _keys(
    base: Baseline, cells: Sequence[Array], player: Array, vary: Any, partition: Array | None, instrument: str
) -> Array:
    """Return a number for each cell, the same for cells that move together."""
    o, d, s = cells
    n, j = base.shape
    partner = d if instrument == EXPORT_TAX else o
    if partition is not None:
        labels = partition[o, d, s]
        return player * (int(labels.max(initial=0)) + 1) + labels
    within = {
        "free": partner * j + s,
        "uniform": np.zeros_like(s),
        "by-partner": partner * j,
        "by-sector": s,
        "mfn": s,
    }[vary]
    keys: Array = player * (n * j) + within
    return keys
