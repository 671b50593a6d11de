"""The first-order conditions of all players at once, as a fixed point in their rates, solved by mixing.

At given rates: one forward solve and one adjoint solve with a column for each player, both from where the last ones
ended and only as exact as the distance to the solution asks for. The step is Newton's with the diagonal of the second
derivative, (theta+1) F over income: without it cells with small flows are left wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.closure import Closure
from detente.core.errors import SolveError
from detente.core.instruments import FIXED, Bound
from detente.core.market import PERFECT_MARKET, Market
from detente.equilibrium.adjoint import Multipliers, multipliers, solved_margins
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.root import Root, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.model.adjoint import Margins, Worth, export_tax_slope, tariff_slope
from detente.policy.wedges import Wedges
from detente.solve.anderson import anderson
from detente.solve.solution import CONVERGED, Solution
from detente.strategy.controls import EXPORT_TAX, Controls
from detente.strategy.government import Government, seeds, standing

FOC: Final = 1e-9
"""Largest step left in any rate, in logs, at which the first-order conditions hold."""
STEP: Final = 0.8
LONGEST: Final = 0.3
LONGEST_GROWTH: Final = 1e6
EVALUATIONS: Final = 120
LEAST_REST: Final = 0.02
LOOSEST: Final = 1e-5
TIGHTEST: Final = 1e-12
SHARE: Final = 1e-4
"""Inner solves are exact to this share of the distance that is left."""
VALUE_TOL: Final = 1e-12
"""Of a solve whose payoff is compared with another to 1e-6 points."""

Watch = Callable[[str, int, int], None]


def silent(what: str, done: int, total: int) -> None:
    """Take no notice of how far a search is."""


@dataclass(frozen=True, eq=False)
class Game:
    """Who plays what on which world, read under its market structure.

    Attributes:
        rates: everybody's tariffs where nothing is chosen, (N, N, J).
    """

    base: Baseline
    closure: Closure
    players: tuple[Government, ...]
    controls: Controls
    rates: Array
    market: Market = PERFECT_MARKET

    def of(self, player: int, rates: Array) -> Game:
        """Return the problem of one player alone, everybody else's rates given."""
        return replace(self, players=(self.players[player],), controls=self.controls.of(player), rates=rates)


@dataclass
class Effort:
    """What a search has used: evaluations of the first-order conditions, forward and adjoint passes."""

    evaluations: int = 0
    forward: int = 0
    adjoint: int = 0


@dataclass(frozen=True, eq=False)
class Point:
    """A point of the search.

    Attributes:
        x: rates in logs. step: what is left of each. values: payoffs by player.
        curvature: minus the second derivative of the payoff of the player who sets the rate, diagonal.
        margins, found, scale: the equilibrium, its multipliers, and the income they are relative to.
    """

    x: Array
    step: Array
    values: Array
    curvature: Array
    margins: Margins
    found: Multipliers
    scale: Array


class Search:
    """Evaluations of one game, each from where the last one ended."""

    def __init__(self, game: Game, z: Array | None = None, y: Array | None = None) -> None:
        self.game, self.z, self.y, self.effort = game, z, y, Effort()
        self.left, self.curvature = 1.0, np.ones(game.controls.size)
        self._taxes = _Taxes(game) if game.controls.instrument == EXPORT_TAX else None

    def shock(self, x: Array) -> Shock:
        """Return the shock of rates x."""
        game = self.game
        if self._taxes is not None:
            return self._taxes.shock(x)
        rates = game.controls.placed(x, game.rates)
        return as_shock(game.base, Wedges(tariffs=rates), game.closure, market=game.market)

    def solved(self, shock: Shock, tol: float) -> Root:
        """Return the equilibrium of a shock.

        Raises:
            SolveError: none was found.
        """
        root = find_root(shock, Settings(tol), self.z)
        if not root.converged and self.z is not None:
            root = find_root(shock, Settings(tol))
        self.effort.forward += root.passes
        if not root.converged:
            raise SolveError(f"strategy: no equilibrium at the rates tried ({root.solver_status}); try bounds on rates")
        self.z = root.z
        return root

    def values(self, x: Array) -> Array:
        """Return the payoff of every player at rates x, to the last digits."""
        return self._payoffs(self.shock(self.game.controls.projected(x)))

    def values_of(self, rates: Array) -> Array:
        """Return the payoff of every player at everybody's tariffs (N, N, J), whether they could be chosen or not."""
        game = self.game
        return self._payoffs(as_shock(game.base, Wedges(tariffs=rates), game.closure, market=game.market))

    def _payoffs(self, shock: Shock) -> Array:
        game, root = self.game, self.solved(shock, VALUE_TOL)
        m = solved_margins(shock, root)
        return np.array([standing(game.base, game.closure, player, m, root).value for player in game.players])

    def point(self, x: Array) -> Point:
        """Return payoffs, derivatives and every player's own step at rates x, ln(1 + rate).

        Raises:
            SolveError: no equilibrium at these rates.
        """
        game, controls = self.game, self.game.controls
        inside = controls.projected(x)
        tol = float(np.clip(SHARE * self.left, TIGHTEST, LOOSEST))
        shock = self.shock(inside)
        root = self.solved(shock, tol)
        m = solved_margins(shock, root)
        derivatives, scale, standings = seeds(game.base, game.closure, game.players, m, root)
        found = multipliers(m, derivatives, start=self.y, tol=tol)
        self.y = found.y
        self.effort.evaluations += 1
        self.effort.adjoint += found.passes
        curvature = self._summed(m, (m.econ.theta[controls.cells[2], 0] + 1) * self._rest(m)) / scale[controls.owner]
        curvature = np.where(curvature > 0, curvature, 1.0)
        own = self._summed(m, self._rule(m, found.worth, controls.cells, controls.player)) / scale[controls.owner]
        step = np.clip(STEP * own / curvature, -LONGEST, LONGEST)
        step = controls.projected(inside + step) - inside
        self.left = float(np.abs(step).max())
        self.curvature = curvature
        values = np.array([each.value for each in standings])
        return Point(inside, step, values, curvature, m, found, scale)

    def slopes(self, at: Point) -> Array:
        """Return the derivative of every player's payoff in every rate, (player, rate)."""
        worth, cells = at.found.worth, self.game.controls.cells
        rows = [
            self._summed(at.margins, self._rule(at.margins, worth, cells, player)) / at.scale[player]
            for player in range(len(at.scale))
        ]
        return np.array(rows)

    def _rest(self, m: Margins) -> Array:
        """Return, for every cell, the share of its market that does not move with its rate: what buyers can turn to."""
        controls = self.game.controls
        o, d, s = controls.cells
        n, j = m.shape
        market = (controls.group * n + d) * j + s
        _, place = np.unique(market, return_inverse=True)
        together = np.bincount(place, weights=np.where(controls.trades, m.pi[s, d, o], 0.0))
        rest: Array = np.maximum(1 - together[place], LEAST_REST)
        return rest

    @property
    def _rule(self) -> Callable[[Margins, Worth, tuple[Array, Array, Array], Array | int], Array]:
        return export_tax_slope if self.game.controls.instrument == EXPORT_TAX else tariff_slope

    def _summed(self, m: Margins, per_dollar: Array) -> Array:
        """Return the flow-weighted sum over the cells of each rate."""
        controls = self.game.controls
        o, d, s = controls.cells
        return controls.summed(np.where(controls.trades, m.F[s, d, o] * per_dollar, 0.0))


class _Taxes:
    """Export taxes as fixed wedges: placed once, their rates filled in for each point."""

    def __init__(self, game: Game) -> None:
        base, (o, d, s) = game.base, game.controls.cells
        self.game, self.trades = game, np.flatnonzero(game.controls.trades)
        codes = [(base.countries[o[at]], base.countries[d[at]], base.sectors[s[at]]) for at in self.trades]
        self.bounds = tuple(Bound(FIXED, (code,), rate=0.0) for code in codes)
        self.empty = as_shock(base, Wedges(game.rates, bounds=self.bounds), game.closure, market=game.market)

    def shock(self, x: Array) -> Shock:
        plan = self.empty.plan
        if plan is None:
            return self.empty
        rates = self.game.controls.projected(x)[self.game.controls.group][self.trades]
        order = plan.wedges
        n, j = self.game.base.shape
        mine = np.ravel_multi_index(tuple(axis[self.trades] for axis in self.game.controls.cells), (n, n, j))
        placed = np.ravel_multi_index((order.origin, order.dest, order.sector), (n, n, j))
        sorter = np.argsort(mine)
        fixed = rates[sorter[np.searchsorted(mine, placed, sorter=sorter)]]
        links = replace(order.links, fixed=fixed[order.links.cell][:, None])
        return replace(self.empty, plan=replace(plan, wedges=replace(order, links=links)))


def climb(search: Search, x0: Array, *, watch: Watch = silent, label: str = "first-order conditions") -> Solution:
    """Return rates at which every player's first-order conditions hold, from one start.

    Args:
        search: the game. x0: start, ln(1 + rate). watch: told how many evaluations are done.
    Returns:
        Solution with value (size, 1); its status says whether the conditions hold to `FOC`.
    """
    controls = search.game.controls
    search.left = 1.0

    def residual(x: Array) -> tuple[Array, Array]:
        try:
            at = search.point(x[:, 0])
        except SolveError:
            return np.full_like(x, np.nan), np.array([np.inf])
        watch(label, search.effort.evaluations, EVALUATIONS)
        f = at.x + at.step - x[:, 0]
        return f[:, None], np.array([search.left])

    growth = np.ones(len(search.game.players))

    def guard(f: Array, step: Array) -> Array:
        """Take the mixed step of players for whom it leads uphill; lengthen the plain step of the others."""
        uphill = np.bincount(controls.owner, weights=search.curvature * f[:, 0] * step[:, 0], minlength=len(growth)) > 0
        growth[:] = np.where(uphill, 1.0, np.minimum(2 * growth, LONGEST_GROWTH))
        plain = np.clip(growth[controls.owner] * f[:, 0], -LONGEST, LONGEST)
        mixed = np.clip(step[:, 0], -2 * LONGEST, 2 * LONGEST)
        return np.where(uphill[controls.owner], mixed, plain)[:, None]

    found = anderson(residual, controls.projected(x0)[:, None], tol=FOC, max_iter=EVALUATIONS, guard=guard)
    return replace(found, value=controls.projected(found.value))


def starting_points(game: Game, starts: int, seed: int = 0) -> list[tuple[str, Array]]:
    """Return named starts: observed rates, free trade, 1/theta, then random between 0 and twice 1/theta.

    Args:
        game: the game. starts: how many. seed: of the random ones.
    """
    controls, base = game.controls, game.base
    inverse = np.broadcast_to(1 / base.trade_elasticity, base.flows.shape)
    named = [
        ("observed", controls.taken(game.rates if controls.instrument != EXPORT_TAX else 0 * game.rates, base.flows)),
        ("free trade", controls.projected(np.zeros(controls.size))),
        ("inverse elasticity", controls.taken(inverse, base.flows)),
    ]
    rng = np.random.default_rng([20251025, seed])
    top = 2 * controls.taken(inverse, base.flows)
    named += [(f"random {k + 1}", controls.projected(rng.uniform(0, 1, controls.size) * top)) for k in range(starts)]
    return named[:starts]


def converged(found: Solution) -> bool:
    """Return whether the first-order conditions hold."""
    return found.status[0] == CONVERGED


def medians(game: Game, x: Array) -> Sequence[float]:
    """Return the median rate of each player over its cells with trade. [percent]"""
    controls = game.controls
    rates = 100 * np.expm1(controls.projected(x))[controls.group]
    return [
        float(np.median(rates[(controls.player == number) & controls.trades])) for number in range(len(game.players))
    ]
