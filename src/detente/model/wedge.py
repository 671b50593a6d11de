"""Section 10: instruments as bounded wedges on single cells, between the producer and the border.

    producer cost c kappa -> factors (1+mu) of the instruments on the cell -> border value F -> tariff (1+t)

The numerator of (6) is multiplied by (1+mu)^-theta. A wedge on value F collects F mu/(1+mu): rent of a country, or lost
as resources of the origin. A bounded wedge is an unknown l = ln(1+mu), one for each group of cells under one bound; a
fixed wedge is given, and a minimum price sets its wedge by what is known in a pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from detente.core.arrays import Array, Bool, Float, Int
from detente.model.trade import Cells, Trade

LOST = -1
"""Beneficiary of a rent that is wasted in producing and moving the good."""

LEAST_DIVISOR = 0.3
"""Of a step towards a bound on money, where a cell is nearly a whole market."""


@dataclass(frozen=True)
class Links:
    """The factors of the price chains, cell by cell, ordered from the producer to the border.

    Attributes:
        cell: position of the cell. to: country that collects, or LOST. bound: position of the bound that sets it or -1.
        fixed: ln(1+mu) where it is given, else 0. floor: ln of the least price before the wedge, -inf without one.
        licensed: True where the rent beyond the bound goes to the importer (tariff-rate quota).
    """

    cell: Int[Array, " link"]
    to: Int[Array, " link"]
    bound: Int[Array, " link"]
    fixed: Float[Array, "link b"]
    floor: Float[Array, "link b"]
    licensed: Bool[Array, " link"]


@dataclass(frozen=True)
class Bounds:
    """The bounds, one unknown each. A scenario of a batch that lacks one has limits of 0 for it.

    Attributes:
        lower, upper: limits of l. target: ln of the bound, a volume over that of the baseline or an amount. [MUSD]
        money: 1 where the bound is an amount at the border, else 0.
        guarantee: ln of the price guaranteed to the producer for the volume of the bound, -inf without a guarantee.
        payer, producer: countries that pay and receive the difference of a guarantee.
    """

    lower: Float[Array, "bound b"]
    upper: Float[Array, "bound b"]
    target: Float[Array, "bound b"]
    money: Float[Array, "bound one"]
    guarantee: Float[Array, "bound b"]
    payer: Int[Array, " bound"]
    producer: Int[Array, " bound"]


@dataclass(frozen=True)
class Directed:
    """Demand for single cells, summed: spending at buyer price; imports, exports, home sales at the border. [MUSD]"""

    spending: Array | float
    M: Array | float
    E: Array | float
    home: Array | float


NOTHING = Directed(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Wedges:
    """The cells that carry instruments, with the links of their price chains and the bounds on them.

    The scenarios of a batch share cells, links and bounds; levels are their own or one for all.

    Attributes:
        origin, dest, sector: position of each cell. theta: elasticity. tau: 1 + t'. log_kappa: ln of the iceberg.
        A: spending factor of the cell, taken out of the dense one. F0: baseline value. [MUSD]
        directed: demand for this cell alone, at buyer price. [MUSD]
    """

    origin: Int[Array, " cell"]
    dest: Int[Array, " cell"]
    sector: Int[Array, " cell"]
    theta: Float[Array, "cell _"]
    tau: Float[Array, "cell b"]
    log_kappa: Float[Array, "cell b"]
    A: Float[Array, "cell b"]
    F0: Float[Array, "cell one"]
    directed: Float[Array, "cell b"]
    links: Links
    bounds: Bounds

    @property
    def home(self) -> Bool[Array, " cell"]:
        """Return which cells are home sales."""
        own: Array = self.origin == self.dest
        return own

    @cached_property
    def first_cell(self) -> Int[Array, " bound"]:
        """Return, for each bound, the first of its cells."""
        first = np.zeros(len(self.bounds.target), dtype=np.int64)
        rows = np.flatnonzero(self.links.bound >= 0)[::-1]
        first[self.links.bound[rows]] = self.links.cell[rows]
        return first

    def by_market(self, shape: tuple[int, int]) -> Directed:
        """Return directed demand summed by market and by producer."""
        if not self.directed.any():
            return NOTHING
        n, j = shape
        market, seller = self.dest * j + self.sector, self.origin * j + self.sector
        border, own = self.directed / self.tau, self.home[:, None]

        def over(values: Array, to: Array) -> Array:
            return summed(values, to, n * j).reshape(n, j, -1)

        foreign = np.where(own, 0.0, border)
        return Directed(
            over(self.directed, market), over(foreign, market), over(foreign, seller), over(border - foreign, market)
        )

    def taken_from(self, trade: Trade) -> tuple[Wedges, Trade]:
        """Return the wedges with the factors of their cells, and the trade without these cells."""
        o, d, s = self.origin, self.dest, self.sector
        return replace(self, A=trade.A[s, d, o][:, None]), without_cells(trade, (o, d, s))


@dataclass(frozen=True)
class Chain:
    """Where the price chains stand in a pass.

    Attributes:
        link: ln(1+mu) of every link. cell: their sum over each cell. outer: the sum of the links nearer to the border.
        a, b: spending and border factors of the cells. trade: the dense trade with these cells added.
    """

    link: Float[Array, "link b"]
    cell: Float[Array, "cell b"]
    outer: Float[Array, "link b"]
    a: Float[Array, "cell b"]
    b: Float[Array, "cell b"]
    trade: Trade


@dataclass(frozen=True)
class Taken:
    """What the instruments take and move in a pass. [MUSD]

    Attributes:
        F: border value of the cells. p: their part of the market's spending. collected: by every link.
        withheld: from producers, by (origin, sector).
        transfers: net rents and payments received by country. rents: what leaves producers and is not lost, by origin.
        gap: ln of volume or amount over its bound. divisor: minus the elasticity of the gap in l.
        f: the step of the bounds. error: how far each bound is from complementarity.
    """

    F: Float[Array, "cell b"]
    p: Float[Array, "cell b"]
    collected: Float[Array, "link b"]
    withheld: Float[Array, "country sector b"]
    transfers: Float[Array, "country b"]
    rents: Float[Array, "country b"]
    gap: Float[Array, "bound b"]
    divisor: Float[Array, "bound b"]
    f: Float[Array, "bound b"]
    error: Float[Array, "bound b"]


def summed(values: Float[Array, "item b"], to: Int[Array, " item"], size: int) -> Float[Array, "size b"]:
    """Return the sums of items that share a destination; items sent to -1 are left out."""
    width = values.shape[1]
    place = ((to + 1)[:, None] * width + np.arange(width)).ravel()
    total = np.bincount(place, weights=values.ravel(), minlength=(size + 1) * width)
    return np.asarray(total, dtype=np.float64).reshape(size + 1, width)[1:]


def chained(
    wedges: Wedges,
    trade: Trade,
    lmu: Float[Array, "bound b"],
    lc: Float[Array, "country sector b"],
) -> Chain:
    """Return the factors of every cell at given wedges and costs.

    Equation: a = A (prod_j (1+mu_j))^-theta, b = a/(1+t'); minimum price: ln(1+mu) = max(0, ln p - ln(c kappa))
    Source: own, section 10.
    Args:
        wedges: cells, links, bounds. trade: dense factors without these cells. lmu: of the bounds. lc: log cost.
    Laws: no_wedge (all links 0: a is A); several wedges multiply.
    """
    links, at = wedges.links, wedges.links.cell
    log_cost = lc[wedges.origin, wedges.sector] + wedges.log_kappa
    link = links.fixed + np.maximum(links.floor - log_cost[at], 0.0)
    bounded = links.bound >= 0
    link[bounded] += lmu[links.bound[bounded]]
    cell = summed(link, at, len(wedges.A))
    a = wedges.A * np.exp(-wedges.theta * cell)
    b = a / wedges.tau
    return Chain(link, cell, cell[at] - _inner(link, at), a, b, with_cells(wedges, trade, a, b))


def _inner(link: Float[Array, "link b"], at: Int[Array, " link"]) -> Float[Array, "link b"]:
    """Return the sum of the links of a cell up to each link, itself included; links of a cell stand together."""
    running = np.cumsum(link, axis=0)
    first = np.searchsorted(at, at)
    inner: Array = running - running[first] + link[first]
    return inner


def without_cells(trade: Trade, cells: tuple[Array, Array, Array]) -> Trade:
    """Return the trade without some cells (origin, dest, sector)."""
    o, d, s = cells
    A, B, B_home = trade.A.copy(), trade.B.copy(), trade.B_home.copy()
    A[s, d, o], B[s, d, o] = 0.0, 0.0
    B_home[o[o == d], s[o == d]] = 0.0
    return replace(trade, A=A, B=B, B_home=B_home)


def with_cells(wedges: Wedges, trade: Trade, a: Float[Array, "cell b"], b: Float[Array, "cell b"]) -> Trade:
    """Return the trade with the factors of the instrument cells, in the layout of a batch."""
    j, width = trade.A.shape[0], a.shape[1]
    column = np.arange(width)
    market = ((wedges.dest * j + wedges.sector)[:, None] * width + column).ravel()
    seller = ((wedges.origin * j + wedges.sector)[:, None] * width + column).ravel()
    own = wedges.home
    B_home = trade.B_home
    if own.any():
        B_home = np.repeat(B_home, width, axis=2) if B_home.shape[2] < width else B_home.copy()
        B_home[wedges.origin[own], wedges.sector[own]] += b[own]
    cells = Cells(market, seller, a.ravel(), np.where(own[:, None], 0.0, b).ravel())
    return replace(trade, B_home=B_home, cells=cells if trade.cells is None else trade.cells.joined(cells))


def taken(
    wedges: Wedges,
    chain: Chain,
    lmu: Float[Array, "bound b"],
    lc: Float[Array, "country sector b"],
    u: Float[Array, "country sector b"],
    S: Float[Array, "country sector b"],
    v: Float[Array, "country sector b"],
) -> Taken:
    """Return what every link collects, who receives it, and how far every bound is from being met.

    Equation: collected = F/prod(outer) mu/(1+mu); volume Q = F/(prod(1+mu) c); cap: 0 <= lmu, Q <= Qbar, one binds
    Source: own, section 10.
    Args:
        wedges, chain: at this pass. lmu: of the bounds. lc: log cost. u, S, v: cost term, price term, spending over S.
    Laws: adds_up (withheld is what countries receive: the sum of rents is the sum of transfers).
    """
    n, j, width = lc.shape
    o, d, s, at = wedges.origin, wedges.dest, wedges.sector, wedges.links.cell
    F = chain.b * u[o, s] * v[d, s] + wedges.directed / wedges.tau
    p = chain.a * u[o, s] / S[d, s]
    gap, divisor = _gaps(wedges, chain, F, lc, p)
    bounds = wedges.bounds
    f = np.clip(lmu + gap / divisor, bounds.lower, bounds.upper) - lmu
    error = lmu - np.clip(lmu + gap, bounds.lower, bounds.upper)
    collected = F[at] * np.exp(-chain.outer) * -np.expm1(-chain.link)
    kept = collected * kept_share(wedges, gap)
    withheld = summed(kept, (o * j + s)[at], n * j).reshape(n, j, width)
    licence = np.where((wedges.links.to == LOST)[:, None], 0.0, collected * licence_share(wedges, gap))
    transfers = summed(licence, wedges.links.to, n) + summed(kept - licence, d[at], n)
    transfers += payments(wedges, lc, n)
    return Taken(F, p, collected, withheld, transfers, withheld.sum(axis=1), gap, divisor, f, error)


def passed_on(wedges: Wedges, took: Taken, shape: tuple[int, int]) -> Float[Array, "country sector b"]:
    """Return what the steps of the bounds add to log prices: the part of each cell in its market times its own step."""
    n, j = shape
    links = wedges.links
    moved = np.where((links.bound >= 0)[:, None], took.f[links.bound], 0.0)
    priced = took.p * summed(moved, links.cell, len(wedges.A))
    return summed(priced, wedges.dest * j + wedges.sector, n * j).reshape(n, j, -1)


def _gaps(
    wedges: Wedges, chain: Chain, F: Array, lc: Array, p: Array
) -> tuple[Float[Array, "bound b"], Float[Array, "bound b"]]:
    """Return ln of volume or amount over its bound, and the divisor of the step, value-weighted over the cells."""
    links, bounds = wedges.links, wedges.bounds
    count, of, at = len(bounds.target), links.bound, links.cell
    volume = F * np.exp(-chain.cell - lc[wedges.origin, wedges.sector])
    total, value = summed(volume[at], of, count), summed(F[at], of, count)
    base = summed(wedges.F0[at], of, count)
    measured = np.where(bounds.money > 0, value, total / np.where(base > 0, base, 1.0))
    elastic = summed((F * wedges.theta * (1 - p))[at], of, count) / np.where(value > 0, value, 1.0)
    divisor = np.where(bounds.money > 0, np.maximum(elastic, LEAST_DIVISOR), elastic + 1.0)
    return np.log(measured) - bounds.target, divisor


def licence_share(wedges: Wedges, gap: Float[Array, "bound b"]) -> Float[Array, "link b"]:
    """Return the part of each link's rent that its licence holder gets: Qbar/Q under a tariff-rate quota, else 1."""
    links = wedges.links
    share = np.ones((len(links.cell), gap.shape[1]))
    share[links.licensed] = np.exp(-np.maximum(gap[links.bound[links.licensed]], 0.0))
    return share


def kept_share(wedges: Wedges, gap: Float[Array, "bound b"]) -> Float[Array, "link b"]:
    """Return the part of each link's rent that leaves producers: all; if it is lost, that beyond the licence."""
    lost = (wedges.links.to == LOST)[:, None]
    share: Array = np.where(lost, 1.0 - licence_share(wedges, gap), 1.0)
    return share


def payments(wedges: Wedges, lc: Float[Array, "country sector b"], n: int) -> Float[Array, "country b"]:
    """Return the net payments under price guarantees, by country: (guaranteed price - cost) x contract volume."""
    bounds, (given, volume, o, s) = wedges.bounds, contracts(wedges)
    price = bounds.guarantee[given]
    amount = np.where(np.isfinite(price), np.exp(price) - np.exp(lc[o, s]), 0.0) * volume
    return summed(amount, bounds.producer[given], n) - summed(amount, bounds.payer[given], n)


def contracts(wedges: Wedges) -> tuple[Array, Array, Array, Array]:
    """Return the bounds with a guaranteed price, their contract volumes [MUSD], and origin and sector of each."""
    links, bounds = wedges.links, wedges.bounds
    given = np.flatnonzero(np.isfinite(bounds.guarantee).any(axis=1))
    if not len(given):
        return given, np.zeros((0, 1)), given, given
    volume = np.exp(bounds.target) * summed(wedges.F0[links.cell], links.bound, len(bounds.target))
    cell = wedges.first_cell[given]
    return given, volume[given], wedges.origin[cell], wedges.sector[cell]
