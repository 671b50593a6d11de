"""Everything that stays fixed while one shock is solved, in the layout of a pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from detente.core.arrays import Array, Float
from detente.model.firms import Firms
from detente.model.nest import Nests
from detente.model.trade import Trade
from detente.model.wedge import NOTHING, Directed, Wedges


@dataclass(frozen=True)
class Economy:
    """The data of equations (5)-(10) for one shock.

    Attributes:
        theta: trade elasticity, of each scenario of a batch, or one for all. gamma: value-added share.
        gamma_io: input shares. alpha: final shares.
        wL: baseline labour income. X: baseline spending. [MUSD]
        D: deficits of the closure, in units of world value added at its baseline value. [MUSD]
        D_unit: position of the country in whose wage the deficits are fixed, or -1 for world value added.
        Z: final demand outside the budget shares; of each scenario of a batch, or one for all. [MUSD]
        idle: 1 in markets with no spending in the baseline, else 0.
        members: 1 where a country belongs to a connected part of the trade graph; wages are pinned part by part.
        spread: how a price gap spreads through home-made inputs, (I - diag(home share) g')^-1 per country.
        local: the step that closes a country's own gaps (wage, prices, spending in money) if nothing changes abroad.
        trade: bilateral factors of the shock, without the cells of `wedges`.
        wedges: cells with instruments between producer and border, or None. nests: critical inputs, or None.
        firms: market structure, or None for perfect competition.
    """

    theta: Float[Array, "sector _"]
    gamma: Float[Array, "country sector one"]
    gamma_io: Float[Array, "country input sector"]
    alpha: Float[Array, "country sector one"]
    wL: Float[Array, "country one"]
    X: Float[Array, "country sector one"]
    D: Float[Array, "country one"]
    D_unit: int
    Z: Float[Array, "country sector b"]
    idle: Float[Array, "country sector one"]
    members: Float[Array, "part country"]
    spread: Float[Array, "country sector input"]
    local: Float[Array, "country own own"]
    trade: Trade
    wedges: Wedges | None = None
    nests: Nests | None = None
    firms: Firms | None = None

    @cached_property
    def price_weight(self) -> Float[Array, "sector b"]:
        """Return the weight of a log price error: it moves shares theta times as much, which counts above 10."""
        weight: Array = np.maximum(1.0, self.theta / 10.0)
        return weight

    @cached_property
    def part_value_added(self) -> Float[Array, "part one"]:
        """Return baseline value added of each connected part, profits included. [MUSD]"""
        value_added: Array = self.members @ (self.wL if self.firms is None else self.wL + self.firms.profits)
        return value_added

    @cached_property
    def directed(self) -> Directed:
        """Return demand for single cells, summed by market, producer and country."""
        return NOTHING if self.wedges is None else self.wedges.by_market(self.shape)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (countries, sectors)."""
        n, j, _ = self.gamma.shape
        return n, j

    @property
    def unknowns(self) -> int:
        """Return the length of z = (ln w, ln P, ln X/X0, ln(1+mu) of the bounds, what the market structure adds)."""
        n, j = self.shape
        bounds = 0 if self.wedges is None else len(self.wedges.bounds.target)
        return n + 2 * n * j + bounds + self.added

    @property
    def added(self) -> int:
        """Return how many unknowns the market structure adds."""
        return 0 if self.firms is None else self.firms.unknowns(self.shape)

    def split(self, z: Float[Array, "unknown b"]) -> tuple[Array, Array, Array]:
        """Return the blocks (lw [country, b], lP [country, sector, b], lX [country, sector, b]) of z."""
        n, j = self.shape
        b = z.shape[1]
        return z[:n], z[n : n + n * j].reshape(n, j, b), z[n + n * j : n + 2 * n * j].reshape(n, j, b)

    def bounds(self, z: Float[Array, "unknown b"]) -> Float[Array, "bound b"]:
        """Return the block of z with ln(1+mu) of the bounded wedges."""
        n, j = self.shape
        return z[n + 2 * n * j : len(z) - self.added]

    def firm_block(self, z: Float[Array, "unknown b"]) -> Float[Array, "added b"]:
        """Return the last block of z: varieties or labour, where the market structure moves them."""
        return z[len(z) - self.added :]

    def deficits(self, lw: Float[Array, "country b"]) -> Float[Array, "country b"]:
        """Return deficits: constant in units of world value added, or in units of one country's wage (closures)."""
        if self.D_unit >= 0:
            D: Array = self.D * np.exp(lw[self.D_unit])
            return D
        return self.D if lw.shape[1] == 1 else np.broadcast_to(self.D, lw.shape)

    def with_trade(self, trade: Trade) -> Economy:
        """Return the same economy under other bilateral factors, all cells given."""
        if self.wedges is None:
            return replace(self, trade=trade)
        wedges, rest = self.wedges.taken_from(trade)
        return replace(self, trade=rest, wedges=wedges)
