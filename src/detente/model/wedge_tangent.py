"""Derivatives of section 10: how cells, rents and bounds move with the unknowns and with the instruments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from detente.core.arrays import Array, Float
from detente.model.trade import with_cells_added
from detente.model.wedge import LOST, NOTHING, Chain, Directed, Wedges, contracts, licence_share, summed

if TYPE_CHECKING:
    from detente.model.clearing import Point


@dataclass(frozen=True)
class WedgeRate:
    """The speed at which the instruments move along a path.

    Attributes:
        A: of ln A of the cells. tau: of ln(1+t') of the cells. kappa: of ln kappa of the cells. fixed, floor: of links.
        target, guarantee, upper: of bounds. directed: of directed demand. [MUSD]
    """

    A: Float[Array, "cell one"]
    tau: Float[Array, "cell one"]
    kappa: Float[Array, "cell one"]
    fixed: Float[Array, "link one"]
    floor: Float[Array, "link one"]
    target: Float[Array, "bound one"]
    guarantee: Float[Array, "bound one"]
    upper: Float[Array, "bound one"]
    directed: Float[Array, "cell one"]


@dataclass(frozen=True)
class WedgeTangent:
    """Derivatives of what the instruments take: see `Taken`; F of the cells, cell of ln(1+mu) of the cells. [MUSD]"""

    F: Float[Array, "cell b"]
    cell: Float[Array, "cell b"]
    withheld: Float[Array, "country sector b"]
    transfers: Float[Array, "country b"]
    f: Float[Array, "bound b"]


@dataclass(frozen=True)
class ChainTangent:
    """Derivatives of the price chains at a point.

    Attributes:
        wedges, chain: at the point. link, cell, outer: of ln(1+mu). a, b: of the factors. B_home: of home cells.
        lc: of log costs. directed: of directed demand, summed. target, guarantee, tau: of the instruments themselves.
    """

    wedges: Wedges
    chain: Chain
    link: Array
    cell: Array
    outer: Array
    a: Array
    b: Array
    B_home: Array
    lc: Array
    dl: Array
    directed: Directed
    rate: WedgeRate | None

    def spent(self, u: Array) -> Array:
        """Return the change of S through the factors of the cells."""
        return self._at_market(self.a, u)

    def bought(self, u: Array) -> Array:
        """Return the change of purchases at border value, foreign cells."""
        return self._at_market(np.where(self.wedges.home[:, None], 0.0, self.b), u)

    def sold(self, v: Array) -> Array:
        """Return the change of sales at border value, foreign cells."""
        cells = self.chain.trade.cells
        if cells is None:
            return np.zeros_like(v)
        foreign = np.where(self.wedges.home[:, None], 0.0, self.b)
        return with_cells_added(np.zeros_like(v), cells.seller, foreign.ravel(), v, cells.market)

    def _at_market(self, factor: Array, u: Array) -> Array:
        cells = self.chain.trade.cells
        if cells is None:
            return np.zeros_like(u)
        return with_cells_added(np.zeros_like(u), cells.market, factor.ravel(), u, cells.seller)

    def taken(self, at: Point, du: Array, dS: Array, dv: Array) -> WedgeTangent:
        """Return the derivatives of what the instruments take.

        Args:
            at: the point. du, dS, dv: of cost term, price term and spending over price term.
        """
        wedges, chain, took = self.wedges, self.chain, at.took
        if took is None:
            raise TypeError("a point of an economy with instruments holds what they take")
        n, j, width = at.lc.shape
        o, d, s, cell = wedges.origin, wedges.dest, wedges.sector, wedges.links.cell
        u, v = at.u[o, s], at.v[d, s]
        dF = self.b * u * v + chain.b * (du[o, s] * v + u * dv[d, s])
        if self.rate is not None:
            dF = dF + (self.rate.directed - wedges.directed * self.rate.tau) / wedges.tau
        kept_share = np.exp(-chain.outer) * -np.expm1(-chain.link)
        moved = -self.outer * kept_share + np.exp(-chain.outer - chain.link) * self.link
        dcollected = dF[cell] * kept_share + took.F[cell] * moved
        lost = (wedges.links.to == LOST)[:, None]
        dgap = self._gap(at, dF)
        share = licence_share(wedges, took.gap)
        over = wedges.links.licensed[:, None] & (took.gap[wedges.links.bound] > 0) if len(took.gap) else lost & False
        dshare = np.where(over, -share * dgap[wedges.links.bound], 0.0) if len(took.gap) else np.zeros_like(share)
        dheld = dcollected * share + took.collected * dshare
        dkept, dlicence = np.where(lost, dcollected - dheld, dcollected), np.where(lost, 0.0, dheld)
        transfers = summed(dlicence, wedges.links.to, n) + summed(dkept - dlicence, d[cell], n) + self._payments(at, n)
        withheld = summed(dkept, (o * j + s)[cell], n * j).reshape(n, j, width)
        return WedgeTangent(dF, self.cell, withheld, transfers, self._step(took.gap, took.divisor, dgap))

    def _gap(self, at: Point, dF: Array) -> Array:
        """Return the derivative of ln of volume or amount over its bound."""
        wedges, took = self.wedges, at.took
        links, bounds, cell = wedges.links, wedges.bounds, wedges.links.cell
        if took is None or not len(bounds.target):
            return np.zeros((0, at.lc.shape[2]))
        count, o, s = len(bounds.target), wedges.origin, wedges.sector
        unit = np.exp(-self.chain.cell - at.lc[o, s])
        dvolume = unit * (dF - took.F * (self.cell + self.lc[o, s]))
        money = bounds.money > 0
        top = np.where(money, summed(dF[cell], links.bound, count), summed(dvolume[cell], links.bound, count))
        volume, value = summed((took.F * unit)[cell], links.bound, count), summed(took.F[cell], links.bound, count)
        bottom = np.where(money, value, volume)
        moving = top / np.where(bottom > 0, bottom, 1.0)
        return moving if self.rate is None else moving - self.rate.target

    def _step(self, gap: Array, divisor: Array, dgap: Array) -> Array:
        """Return the derivative of the step, its divisor held: dgap/divisor inside, that of the limit beyond it."""
        bounds, lmu = self.wedges.bounds, self.lmu
        inside = lmu + gap / divisor
        free = (inside > bounds.lower) & (inside < bounds.upper)
        limit = 0.0 if self.rate is None else np.where(inside >= bounds.upper, self.rate.upper, 0.0)
        return np.where(free, dgap / divisor, limit - self.dl)

    @property
    def lmu(self) -> Array:
        """Return ln(1+mu) of the bounds, from the links that they set."""
        links, bounds = self.wedges.links, self.wedges.bounds
        value = np.zeros((len(bounds.target), self.chain.link.shape[1]))
        set_by = links.bound >= 0
        floors = self.chain.link - links.fixed
        value[links.bound[set_by]] = floors[set_by]
        return value

    def _payments(self, at: Point, n: int) -> Array:
        """Return the derivative of the payments under price guarantees."""
        bounds, (given, volume, o, s) = self.wedges.bounds, contracts(self.wedges)
        price, cost = np.exp(bounds.guarantee[given]), np.exp(at.lc[o, s])
        change = -cost * self.lc[o, s] * volume
        if self.rate is not None:
            change = change + volume * (price * self.rate.guarantee[given] + (price - cost) * self.rate.target[given])
        return summed(change, bounds.producer[given], n) - summed(change, bounds.payer[given], n)


def chain_tangent(
    wedges: Wedges, chain: Chain, dl: Array, dlc: Array, lc: Array, rate: WedgeRate | None
) -> ChainTangent:
    """Return the derivatives of `chained`.

    Args:
        wedges, chain: at the point. dl: of the bounds. dlc: of log costs. lc: log costs at the point. rate: of the
            instruments themselves, or None.
    """
    links, at = wedges.links, wedges.links.cell
    o, s = wedges.origin, wedges.sector
    binding = links.floor > (lc[o, s] + wedges.log_kappa)[at]
    moved = dlc[o, s] + (0.0 if rate is None else rate.kappa)
    dfloor = 0.0 if rate is None else rate.floor
    link = np.where(binding, dfloor - moved[at], 0.0) + (0.0 if rate is None else rate.fixed)
    bounded = links.bound >= 0
    link[bounded] += dl[links.bound[bounded]]
    cell = summed(link, at, len(wedges.A))
    running = np.cumsum(link, axis=0)
    first = np.searchsorted(at, at)
    outer = cell[at] - (running - running[first] + link[first])
    dlog_a = -wedges.theta * cell + (0.0 if rate is None else rate.A)
    a = chain.a * dlog_a
    b = chain.b * (dlog_a - (0.0 if rate is None else rate.tau))
    B_home = np.zeros_like(chain.trade.B_home)
    B_home[o[wedges.home], s[wedges.home]] = b[wedges.home]
    return ChainTangent(
        wedges, chain, link, cell, outer, a, b, B_home, dlc, dl, _directed(wedges, rate, lc.shape), rate
    )


def _directed(wedges: Wedges, rate: WedgeRate | None, shape: tuple[int, ...]) -> Directed:
    """Return the derivative of directed demand, summed by market and producer."""
    if rate is None or not (rate.directed.any() or wedges.directed.any()):
        return NOTHING
    n, j = shape[:2]
    market, seller = wedges.dest * j + wedges.sector, wedges.origin * j + wedges.sector
    border, own = (rate.directed - wedges.directed * rate.tau) / wedges.tau, wedges.home[:, None]
    foreign = np.where(own, 0.0, border)
    place = ((rate.directed, market), (foreign, market), (foreign, seller), (border - foreign, market))
    return Directed(*(summed(values, to, n * j).reshape(n, j, 1) for values, to in place))
