"""Make invented economies that are valid baselines by construction.

An economy is built backwards from the shares a model needs (trade shares, technology, budget shares, transfers): the
levels are the stationary point of the money flow they imply. Money is neither made nor lost on the way, so spending is
positive, final demand is a budget share of a positive income, and deficits are exactly the transfers asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Economy:
    """Hold the raw inputs of a baseline; axes are origin, dest, sector and ``input_share[k, o, s]``."""

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Array
    tariffs: Array
    value_added_share: Array
    input_share: Array
    trade_elasticity: Array

    def inputs(self) -> dict[str, Any]:
        """Return the seven inputs by name, in the order of ``Baseline.from_flows``."""
        return {
            "countries": self.countries,
            "sectors": self.sectors,
            "flows": self.flows,
            "tariffs": self.tariffs,
            "value_added_share": self.value_added_share,
            "input_share": self.input_share,
            "trade_elasticity": self.trade_elasticity,
        }

    @property
    def shape(self) -> tuple[int, int]:
        """Return the numbers of countries and sectors."""
        return len(self.countries), len(self.sectors)

    @property
    def output(self) -> Array:
        """Return sales ``Y[o, s]``."""
        return np.asarray(self.flows.sum(axis=1))

    @property
    def spending(self) -> Array:
        """Return ``X[d, s]``, tariffs included."""
        return np.asarray(np.einsum("ods,ods->ds", self.flows, 1 + self.tariffs))

    @property
    def value_added(self) -> Array:
        """Return ``V[n]``."""
        return np.asarray((self.value_added_share * self.output).sum(axis=1))

    @property
    def final_demand(self) -> Array:
        """Return the implied ``C[d, k]``: spending less use by producers."""
        return np.asarray(self.spending - np.einsum("kds,ds->dk", self.input_share, self.output))

    @property
    def deficit(self) -> Array:
        """Return imports less exports at border value."""
        return np.asarray(self.flows.sum(axis=(0, 2)) - self.flows.sum(axis=(1, 2)))

    @property
    def income(self) -> Array:
        """Return value added, tariff revenue and deficit together."""
        return np.asarray(self.value_added + (self.flows * self.tariffs).sum(axis=(0, 2)) + self.deficit)


# ---------------------------------------------------------------- from shares to levels


def economy_from_shares(
    share: Array,
    tariffs: Array,
    value_added_share: Array,
    input_share: Array,
    final_share: Array,
    trade_elasticity: Array,
    transfers: Array | None = None,
    *,
    countries: tuple[str, ...] | None = None,
    sectors: tuple[str, ...] | None = None,
    world_income: float = 1e6,
) -> Economy:
    """Return the economy whose trade, cost and budget shares are the given ones.

    Args:
        share: ``[o, d, s]``, spending shares, tariff included; sum to 1 over origins, or all 0 (an inactive market).
        tariffs: rates ``[o, d, s]``. value_added_share, input_share: technology, summing to 1.
        final_share: ``[d, s]``, 0 where the market is inactive. trade_elasticity: ``[s]``.
        transfers: ``[receiver, payer]``, where each payer's value added goes: columns sum to 1, the diagonal is kept.
            Default: everybody keeps everything, so trade is balanced.
        countries, sectors: labels. world_income: world value added in MUSD.

    Countries must all be connected by trade: otherwise relative sizes are not determined.
    """
    n, _, j = share.shape
    kept = np.eye(n) if transfers is None else transfers
    spending = _stationary_spending(share / (1 + tariffs), value_added_share, input_share, final_share, kept)
    flows = share / (1 + tariffs) * spending[None]
    gamma, g = _without_idle_producers(flows, value_added_share, input_share)
    flows = flows * (world_income / (gamma * flows.sum(axis=1)).sum())
    names = countries or tuple(f"C{i:02d}" for i in range(n))
    return Economy(names, sectors or tuple(f"S{i:02d}" for i in range(j)), flows, tariffs, gamma, g, trade_elasticity)


def _stationary_spending(border_share: Array, gamma: Array, g: Array, alpha: Array, transfers: Array) -> Array:
    """Return spending X[d, s] that reproduces itself; the scale is free.

    One round sends spending to producers, on to inputs, value added, transfers and revenue, and back to spending. After
    each round countries are rescaled to the stationary point of the flow between them (aggregation-disaggregation), so
    that near-closed economies, whose sizes the plain rounds would move only slowly, converge as fast as any.
    """
    revenue_share = np.where(border_share.sum(axis=0) > 0, 1 - border_share.sum(axis=0), 0.0)
    spending = np.where(border_share.sum(axis=0) > 0, 1.0, 0.0)
    for _ in range(500):
        between = _country_flow(border_share, revenue_share, gamma, transfers, spending)
        size = stationary_vector(between / between.sum(axis=0))
        spending *= (size / spending.sum(axis=1))[:, None]
        output = np.einsum("ods,ds->os", border_share, spending)
        income = transfers @ (gamma * output).sum(axis=1) + (revenue_share * spending).sum(axis=1)
        new = np.einsum("kds,ds->dk", g, output) + alpha * income[:, None]
        change = np.max(np.abs(new - spending) / np.where(spending > 0, new, 1.0))
        spending = new
        if change < 1e-14:
            break
    return spending


def _country_flow(border_share: Array, revenue_share: Array, gamma: Array, transfers: Array, spending: Array) -> Array:
    """Return the money each country (row) gets to spend out of the spending of each country (column)."""
    flows = border_share * spending[None]
    inputs = np.einsum("ods,os->od", flows, 1 - gamma)
    earned = transfers @ np.einsum("ods,os->od", flows, gamma)
    return np.asarray(inputs + earned + np.diag((revenue_share * spending).sum(axis=1)))


def stationary_vector(flow: Array) -> Array:
    """Return the positive vector x with ``flow @ x = x``, for ``flow`` >= 0 whose columns sum to 1.

    Grassmann-Taksar-Heyman elimination: no subtraction, so every entry has full relative accuracy, however small.
    """
    p = np.array(flow)
    n = len(p)
    for last in range(n - 1, 0, -1):
        p[last, :last] /= p[:last, last].sum()
        p[:last, :last] += np.outer(p[:last, last], p[last, :last])
    x = np.ones(n)
    for row in range(1, n):
        x[row] = p[row, :row] @ x[:row]
    return np.asarray(x / x.sum())


def _without_idle_producers(flows: Array, gamma: Array, g: Array) -> tuple[Array, Array]:
    """Return the technology with pure value added where nothing is sold, so that no idle producer uses anything."""
    idle = flows.sum(axis=1) == 0
    return np.where(idle, 1.0, gamma), np.where(idle[None], 0.0, g)


# ---------------------------------------------------------------- random economies


def random_economy(
    rng: Generator,
    *,
    n: int | tuple[int, int] = (2, 8),
    j: int | tuple[int, int] = (1, 6),
    io: bool = True,
    tariffs: bool = True,
    deficits: bool = True,
    zeros: float | tuple[float, float] = (0.0, 0.3),
    theta_range: tuple[float, float] = (0.6, 12.0),
    home_share: tuple[float, float] = (0.3, 0.98),
    transfer: float = 0.0,
) -> Economy:
    """Return a random valid baseline.

    Args:
        rng: source of randomness; the same state gives the same economy.
        n, j: number of countries and sectors, or inclusive ranges to draw them from.
        io: with intermediate inputs (value added share 0.2 to 0.9), else value added is everything.
        tariffs: half of the foreign cells carry a rate up to 50 %.
        deficits: countries pay away 0 to 10 % of their value added to random others.
        zeros: share of cells that are zero, or a range; every country still trades with the next one, in a ring.
            A few home cells are zero as well, and a market may be without any seller.
        theta_range: trade elasticities, drawn uniformly in logs.
        home_share: share of spending that stays at home, where home sells at all.
        transfer: share of its value added that the first country pays away to the others; 0.9 is extreme.
    """
    n = n if isinstance(n, int) else int(rng.integers(n[0], n[1] + 1))
    j = j if isinstance(j, int) else int(rng.integers(j[0], j[1] + 1))
    absent = zeros if isinstance(zeros, float | int) else float(rng.uniform(zeros[0], zeros[1]))
    share = _random_shares(rng, _random_links(rng, n, j, absent), home_share)
    rates = _random_rates(rng, n, j) if tariffs else np.zeros((n, n, j))
    active = share.sum(axis=0) > 0
    gamma, g = _random_technology(rng, active, io)
    alpha = (rng.dirichlet(np.full(j, 1.0), size=n) + 0.05) * active
    theta = np.exp(rng.uniform(np.log(theta_range[0]), np.log(theta_range[1]), size=j))
    transfers = _random_transfers(rng, n, 0.1 if deficits else 0.0, transfer)
    return economy_from_shares(share, rates, gamma, g, alpha / alpha.sum(axis=1, keepdims=True), theta, transfers)


def _random_links(rng: Generator, n: int, j: int, absent: float) -> Mask:
    """Return which cells trade: ``absent`` of the foreign and a fifth as many of the home cells do not."""
    probability = np.where(np.eye(n, dtype=bool)[:, :, None], absent / 5, absent)
    links = rng.random((n, n, j)) >= probability
    for o in range(n):
        links[o, (o + 1) % n, rng.integers(j)] = True
    return np.asarray(links)


def _random_shares(rng: Generator, links: Mask, home_share: tuple[float, float]) -> Array:
    """Return trade shares on the links, with the home share drawn for every (dest, sector)."""
    n, _, j = links.shape
    home = np.eye(n, dtype=bool)[:, :, None]
    weight = links * np.exp(rng.normal(0, 1, (n, n, j)) + rng.normal(0, 1, (n, 1, 1)))
    foreign = np.where(home, 0.0, weight)
    at_home = np.einsum("nns->ns", links) * rng.uniform(home_share[0], home_share[1], size=(n, j))
    total = foreign.sum(axis=0)
    at_home = np.where((total == 0) & (at_home > 0), 1.0, at_home)
    abroad = np.divide(1 - at_home, total, out=np.zeros((n, j)), where=total > 0)
    return np.asarray(foreign * abroad[None] + home * at_home[None])


def _random_rates(rng: Generator, n: int, j: int) -> Array:
    """Return tariff rates: half of the foreign cells, up to 50 %."""
    rates = rng.uniform(0, 0.5, (n, n, j)) * (rng.random((n, n, j)) < 0.5)
    return np.where(np.eye(n, dtype=bool)[:, :, None], 0.0, rates)


def _random_technology(rng: Generator, active: Mask, io: bool) -> tuple[Array, Array]:
    """Return gamma and g; nobody uses an input that nobody sells."""
    n, j = active.shape
    if not io:
        return np.ones((n, j)), np.zeros((j, n, j))
    mix = rng.dirichlet(np.full(j, 0.7), size=(n, j)).transpose(2, 0, 1)
    g = (1 - rng.uniform(0.2, 0.9, (n, j)))[None] * mix * active.T[:, :, None]
    return 1 - g.sum(axis=0), g


def _random_transfers(rng: Generator, n: int, usual: float, first: float) -> Array:
    """Return where value added goes: everybody pays away up to ``usual``, the first country ``first`` if positive."""
    paid = rng.uniform(0, usual, n)
    if first > 0:
        paid[0] = first
    to = np.where(np.eye(n, dtype=bool), 0.0, rng.uniform(0.1, 1, (n, n)))
    return np.asarray(to / to.sum(axis=0) * paid[None] + np.diag(1 - paid))


def random_tariffs(rng: Generator, economy: Economy, *, high: float = 1.0) -> Array:
    """Return new tariffs: a third of the foreign cells get another rate, up to ``high``."""
    n, j = economy.shape
    foreign = ~np.eye(n, dtype=bool)[:, :, None]
    return np.where((rng.random((n, n, j)) < 1 / 3) & foreign, rng.uniform(0, high, (n, n, j)), economy.tariffs)


def random_trade_cost_hat(rng: Generator, economy: Economy, *, spread: float = 0.3) -> Array:
    """Return iceberg changes up to +/- ``spread`` in logs on half of the foreign cells."""
    n, j = economy.shape
    moved = (rng.random((n, n, j)) < 0.5) & ~np.eye(n, dtype=bool)[:, :, None]
    return np.where(moved, np.exp(rng.uniform(-spread, spread, (n, n, j))), 1.0)


# ---------------------------------------------------------------- the worlds of the bench


def synthetic_world(n: int, j: int, seed: int = 0) -> Economy:
    """Return a gravity world: Zipf sizes, home bias, 60 % goods, the other sectors nearly non-traded.

    Dirichlet inputs with a value-added share near 0.46, trade elasticities 2-12 uniform in logs, 10 % zero cells,
    tariffs up to 15 % on goods and deficits near 2 % of income. Country 0 is USA and 1 is CHN. The same seed gives the
    same world.
    """
    rng = np.random.default_rng([n, j, seed])
    goods = goods_sectors(j)
    share = _gravity_shares(rng, n, goods)
    rates = np.where(goods & (share > 0) & ~np.eye(n, dtype=bool)[:, :, None], rng.uniform(0, 0.15, (n, n, j)), 0.0)
    gamma = np.clip(rng.normal(0.46, 0.1, (n, j)), 0.15, 0.8)
    recipe = rng.dirichlet(np.full(j, 0.5), size=j).T[:, None, :] * np.exp(rng.normal(0, 0.2, (j, n, j)))
    g = (1 - gamma)[None] * recipe / recipe.sum(axis=0)
    alpha = rng.dirichlet(np.full(j, 2.0), size=1) * np.exp(rng.normal(0, 0.2, (n, j))) + 1e-4
    theta = np.exp(rng.uniform(np.log(2), np.log(12), j))
    names = ("USA", "CHN", *(f"C{i:03d}" for i in range(2, n)))[:n]
    return economy_from_shares(
        share,
        rates,
        1 - g.sum(axis=0),
        g,
        alpha / alpha.sum(axis=1, keepdims=True),
        theta,
        _random_transfers(rng, n, 0.035, 0.0),
        countries=names,
        sectors=tuple(f"{'G' if good else 'S'}{i:02d}" for i, good in enumerate(goods)),
        world_income=1e8,
    )


def goods_sectors(j: int) -> Mask:
    """Return which of ``j`` synthetic sectors are goods: the first 60 %."""
    return np.arange(j) < max(1, round(0.6 * j))


def _gravity_shares(rng: Generator, n: int, goods: Mask) -> Array:
    """Return gravity trade shares: weight = origin's size, its specialisation, distance to the power -1.2.

    The distance of a country to itself grows with the square root of its size, so big countries buy at home and small
    ones abroad, as in the data; the home bias is much stronger in services.
    """
    j = len(goods)
    size = 1 / np.arange(1, n + 1)
    size /= size.sum()
    place = rng.uniform(0, 1, (n, 2))
    distance = 0.1 + np.linalg.norm(place[:, None] - place[None], axis=2)
    noise = rng.normal(0, 0.5, (n, 1, j)) + rng.normal(0, 0.8, (n, n, j))
    weight = size[:, None, None] * distance[:, :, None] ** -1.2 * np.exp(noise) * (rng.random((n, n, j)) >= 0.1)
    bias = np.where(goods, 20.0, 800.0) * np.exp(rng.normal(0, 0.5, (n, j)))
    at_home = np.eye(n)[:, :, None] * (bias * size[:, None] ** 0.4)[:, None, :]
    weight = np.where(np.eye(n, dtype=bool)[:, :, None], at_home, weight)
    return np.asarray(weight / weight.sum(axis=0))


def tariff_war(economy: Economy, points: float = 1.0, *, sectors: Mask | None = None) -> Array:
    """Return tariffs after ``points`` (1.0 = 100 points) more both ways between the first two countries on goods."""
    hit = goods_sectors(len(economy.sectors)) if sectors is None else sectors
    rates = economy.tariffs.copy()
    rates[0, 1, hit] += points
    rates[1, 0, hit] += points
    return rates


# ---------------------------------------------------------------- named edge cases


def symmetric_world(n: int = 4, j: int = 2, *, home: float = 0.7, theta: float = 4.0, gamma: float = 0.5) -> Economy:
    """Return identical countries and sectors: under a symmetric shock wages never move."""
    at_home = np.eye(n)[:, :, None]
    share = np.broadcast_to(at_home * home + (1 - at_home) * (1 - home) / (n - 1), (n, n, j)).copy()
    g = np.full((j, n, j), (1 - gamma) / j)
    return economy_from_shares(
        share, np.zeros((n, n, j)), np.full((n, j), gamma), g, np.full((n, j), 1 / j), np.full(j, theta)
    )


def two_countries_one_sector(*, home: tuple[float, float] = (0.9, 0.8), theta: float = 4.0) -> Economy:
    """Return the smallest world: two countries, one sector, no inputs, balanced trade, no tariffs."""
    share = np.array([[home[0], 1 - home[1]], [1 - home[0], home[1]]])[:, :, None]
    ones = np.ones((2, 1))
    return economy_from_shares(share, np.zeros((2, 2, 1)), ones, np.zeros((1, 2, 1)), ones, np.array([theta]))


def disconnected_blocks(seed: int = 0) -> Economy:
    """Return two worlds of three and two countries that do not trade with each other; each is balanced."""
    rng = np.random.default_rng(seed)
    blocks = [random_economy(rng, n=size, j=2, zeros=0.0, deficits=False) for size in (3, 2)]
    flows, rates = np.zeros((5, 5, 2)), np.zeros((5, 5, 2))
    for block, at in zip(blocks, (slice(0, 3), slice(3, 5)), strict=True):
        flows[at, at], rates[at, at] = block.flows, block.tariffs
    return Economy(
        tuple(f"C{i:02d}" for i in range(5)),
        blocks[0].sectors,
        flows,
        rates,
        np.concatenate([b.value_added_share for b in blocks]),
        np.concatenate([b.input_share for b in blocks], axis=1),
        blocks[0].trade_elasticity,
    )


def near_autarky(seed: int = 0, *, foreign: float = 1e-6) -> Economy:
    """Return three countries and two sectors that buy only a share ``foreign`` abroad."""
    rng = np.random.default_rng(seed)
    return random_economy(
        rng, n=3, j=2, zeros=0.0, deficits=False, home_share=(1 - foreign, 1 - foreign), theta_range=(2.0, 8.0)
    )
