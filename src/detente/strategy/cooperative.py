"""Cooperative tariffs: the bargain that players would strike over all their rates, from any disagreement point.

Payoffs are U = 100 ln of the objective. At any rates one adjoint solve with a column for each player gives everybody's
derivatives; with them the next rates solve a quadratic problem in as many unknowns as there are players (who is
served how much), so gains are equal, or the product of gains is largest, to first order in every step. Efficient
tariffs are not unique (a pair's tariff and subsidy shift income like a transfer): compare gains, not cells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import Problem, SolveError, UsageError, nearest
from detente.core.market import PERFECT_MARKET
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges
from detente.solve.anderson import anderson
from detente.solve.solution import CONVERGED
from detente.strategy.controls import Binding
from detente.strategy.deviation import GAIN_LINE
from detente.strategy.government import REAL_INCOME
from detente.strategy.nash import nash
from detente.strategy.optimal import new_game
from detente.strategy.search import FOC, LONGEST, Game, Search, Watch, medians, silent

if TYPE_CHECKING:
    import pandas as pd

NASH: Final = "nash"
KALAI_SMORODINSKY: Final = "kalai-smorodinsky"
EQUAL_GAINS: Final = "equal-gains"
SOLUTIONS: Final = (NASH, KALAI_SMORODINSKY, EQUAL_GAINS)
FACTUAL: Final = "factual"
FREE_TRADE: Final = "free-trade"
DISAGREEMENTS: Final = (NASH, FACTUAL, FREE_TRADE)

LEAST_GAIN: Final = 1e-3
"""Of the largest gain: what a gain counts as, while the product of gains is climbed from outside its domain."""
LEAST_WEIGHT: Final = 0.3
"""Of the largest weight on a dollar: what a player's dollar counts as in the curvature of its own rates."""
ROUNDS, SETTLINGS = 3, 40
"""Of who is served how much in a step: at least, and at most while bounds stop other rates each time."""
SWEEPS: Final = 200
STEPS: Final = 240
PATIENCE: Final = 12
"""Steps without progress after which they are halved."""
HALF: Final = 0.5
"""Of a step: what one player's rates do to another is left out of the curvature, so whole steps overshoot."""


@dataclass(frozen=True, eq=False)
class Cooperation:
    """A bargain over tariffs.

    Attributes:
        players: names. solution: name of the bargaining solution -> what it gives: gains, payoffs, weights.
        disagreement: its name and the payoffs there. [100 ln]
        tariffs: everybody's rates (N, N, J). gains_pp: of each player against disagreement. [100 ln]
        result: certified equilibrium of the bargain, against observed policy. weights: of the players in the joint
            objective that the bargain maximises; they sum to 1.
        binding: every cell at a bound. median_pct: median rate of each player. evaluations: of the search.
    """

    players: tuple[str, ...]
    solution: dict[str, Any]
    disagreement: dict[str, Any]
    tariffs: Array
    gains_pp: tuple[float, ...]
    result: Result
    weights: tuple[float, ...]
    binding: tuple[Binding, ...]
    median_pct: tuple[float, ...]
    evaluations: int

    @property
    def packages(self) -> pd.DataFrame:
        """Return the disagreement point and the bargain, a row each: payoffs and gains of each player."""
        import pandas as pd

        rows = []
        gone = self.disagreement["payoffs"]
        nothing = (0.0,) * len(self.players)
        for name, gains in ((f"no deal: {self.disagreement['name']}", nothing), (self.solution["name"], self.gains_pp)):
            row: dict[str, Any] = {"package": name}
            for player, gain in zip(self.players, gains, strict=True):
                row |= {f"{player}_payoff": gone[player] + gain, f"{player}_gain_pp": gain}
            rows.append(row)
        return pd.DataFrame(rows)

    def acceptable(self) -> pd.DataFrame:
        """Return the rows of `packages` in which nobody is worse off than without a deal, the bargain if any."""
        table = self.packages.iloc[1:]
        worst = table[[f"{player}_gain_pp" for player in self.players]].min(axis=1)
        return table[worst >= 0]

    def pareto(self) -> pd.DataFrame:
        """Return the bargain: it is efficient by its first-order conditions."""
        return self.packages.iloc[1:]


def cooperative(
    base: Baseline,
    players: Any,
    *,
    disagreement: Any = None,
    solution: str = NASH,
    bounds: Any = ("0%", None),
    sectors: Any = "goods",
    vary: Any = "free",
    objective: Any = REAL_INCOME,
    power: Any = None,
    start: Any = None,
    purge: bool = True,
    market: Any = PERFECT_MARKET,
    progress: Watch = silent,
) -> Cooperation:
    """Return the tariffs on which the players would agree.

    Args:
        base: the world. players: two or more codes, groups or coalitions; everybody else is passive.
        disagreement: what happens without a deal: "nash" (default), "factual" (observed tariffs), "free-trade" (among
            and by the players), or everybody's tariffs (N, N, J).
        solution: "nash" (largest product of gains), "kalai-smorodinsky" (equal shares of what each could get at best),
            "equal-gains".
        bounds, sectors, vary, objective, purge, market: as in `nash`. progress: told how far the search is.
        power: bargaining power of each player, for "nash"; None is equal.
        start: rates from which the search goes, named or given as disagreement is; None is the disagreement point.
    Raises:
        UsageError: arguments that cannot be. SolveError: no bargain met its first-order conditions, or nothing is to
            be gained from the disagreement point.
    Source: Ossa (2014), cooperative tariffs; Nash (1950); Kalai and Smorodinsky (1975).
    """
    if solution not in SOLUTIONS:
        hint = nearest(str(solution), SOLUTIONS)
        expected = f"one of {', '.join(SOLUTIONS)}"
        raise UsageError(problems=[Problem("", "solution", repr(solution), expected, hint)])
    options = {"bounds": bounds, "sectors": sectors, "vary": vary, "purge": purge, "market": market}
    game = new_game(base, players, objective, **options)
    if len(game.players) < 2:
        raise UsageError(f"players: found {game.players[0].name} alone; expected two or more; try optimal_tariffs")
    beta = _powers(power, len(game.players))
    options["objective"] = objective
    name, gone, x0 = _disagreement(game, base, players, disagreement, options, progress)
    if start is not None:
        x0 = _disagreement(game, base, players, start, options, progress)[2]
    bargain = _Bargain(Search(game), gone, progress)
    equal = bargain.equal(x0, np.ones(len(gone)))
    x, ideal = equal, None
    if solution == NASH:
        x = bargain.product(equal, beta)
    elif solution == KALAI_SMORODINSKY:
        ideal = bargain.ideals(equal)
        x = bargain.equal(equal, ideal)
    return _cooperation(game, bargain, x, solution, name, ideal)


def _powers(power: Any, count: int) -> Array:
    beta = np.ones(count) if power is None else np.array(power, dtype=np.float64)
    if beta.shape != (count,) or not (np.isfinite(beta) & (beta > 0)).all():
        raise UsageError(f"power: found {power!r}; expected {count} positive numbers, one for each player")
    shares: Array = beta / beta.sum()
    return shares


def _disagreement(
    game: Game, base: Baseline, players: Any, what: Any, options: dict[str, Any], progress: Watch
) -> tuple[str, Array, Array]:
    """Return name and payoffs of the disagreement point, and the rates there."""
    chosen, search = game.controls, Search(game)
    if what is None or (isinstance(what, str) and what == NASH):
        war = nash(base, players, progress=progress, **options)
        rates, name = war.tariffs, NASH
    elif isinstance(what, str):
        if what not in DISAGREEMENTS:
            hint = nearest(what, DISAGREEMENTS)
            expected = f"one of {', '.join(DISAGREEMENTS)}, or tariffs (N, N, J)"
            raise UsageError(problems=[Problem("", "disagreement", repr(what), expected, hint)])
        name = what
        rates = game.rates if what == FACTUAL else chosen.placed(np.zeros(chosen.size), game.rates)
    else:
        name, tariffs = "given tariffs", Wedges(tariffs=what).validated(game.base).tariffs
        rates = game.rates if tariffs is None else tariffs
    return name, search.values_of(rates), chosen.taken(rates, game.base.flows)


Rule = Callable[[Array, Array], tuple[Array, Array]]
"""From gains (player,) and the gains that serving one player brings another (player, player) to the weights of players
in the step, and in the curvature."""


class _Bargain:
    """The searches of one bargaining problem. `gone`: payoffs without a deal, in logs."""

    def __init__(self, search: Search, gone: Array, watch: Watch) -> None:
        self.search, self.gone, self.watch = search, gone, watch
        self.weights = np.full(len(gone), 1 / len(gone))

    def gains(self, x: Array) -> Array:
        """Return gains against disagreement at rates x, in logs."""
        gains: Array = self.search.values(x) - self.gone
        return gains

    def equal(self, x0: Array, scale: Array) -> Array:
        """Return rates with the largest common gain, each in units of its scale."""

        def rule(gains: Array, brings: Array) -> tuple[Array, Array]:
            weights = largest_least(gains / scale, brings / np.outer(scale, scale)) / scale
            return weights, weights

        found = self._mixed(x0, rule, "equal gains")
        return self._climbed(x0, rule, "equal gains") if found is None else found

    def product(self, x0: Array, power: Array) -> Array:
        """Return rates with the largest product of gains to the power of each."""

        def rule(gains: Array, brings: Array) -> tuple[Array, Array]:
            gain = np.maximum(gains, LEAST_GAIN * np.abs(gains).max())
            weights = power / gain
            bent = np.eye(len(gain)) + (weights / gain)[:, None] * brings
            return np.linalg.solve(bent, weights), weights

        return self._climbed(x0, rule, "Nash bargain")

    def ideals(self, x0: Array) -> Array:
        """Return the largest gain of each player while nobody else loses, in logs.

        Raises:
            SolveError: nobody can gain.
        """
        best = []
        for player in range(len(self.gone)):
            rule = partial(_serving, player)
            best.append(float(self.gains(self._climbed(x0, rule, "best for one player"))[player]))
        if 100 * min(best) <= GAIN_LINE:
            raise SolveError("talks: found nothing to be gained from the disagreement point; try another one")
        return np.array(best)

    def _mixed(self, x0: Array, rule: Rule, label: str) -> Array | None:
        """Return rates at which no step is left, by half steps that are mixed; None where that does not end."""
        search, done = self.search, 0
        search.left = 1.0

        def residual(x: Array) -> tuple[Array, Array]:
            nonlocal done
            done += 1
            self.watch(label, done, STEPS)
            try:
                inside, step = self._step(x[:, 0], rule)
            except SolveError:
                return np.full_like(x, np.nan), np.array([np.inf])
            search.left = float(np.abs(step).max())
            f: Array = inside + HALF * step - x[:, 0]
            return f[:, None], np.array([search.left])

        found = anderson(residual, x0[:, None], tol=10 * FOC, max_iter=STEPS)
        return search.game.controls.projected(found.value[:, 0]) if found.status[0] == CONVERGED else None

    def _climbed(self, x0: Array, rule: Rule, label: str) -> Array:
        """Return rates at which no step is left; every step is shortened when the last ones have led nowhere."""
        search, x, damping = self.search, x0, 1.0
        search.left, best, best_x, waited = 1.0, np.inf, x0, 0
        for passes in range(STEPS):
            inside, step = self._step(x, rule)
            search.left = float(np.abs(step).max())
            self.watch(label, passes + 1, STEPS)
            if search.left < best:
                best, best_x, waited = search.left, inside, 0
            if best <= 10 * FOC:
                return best_x
            waited += 1
            if waited > PATIENCE:
                damping, waited, inside = damping / 2, 0, best_x
                step = self._step(inside, rule)[1]
            x = inside + damping * step
        raise SolveError(
            f"talks: {label}: first-order conditions not met, a step of {best:.1e} is left after {STEPS} passes; try "
            "bounds on rates, or fewer free rates"
        )

    def _step(self, x: Array, rule: Rule) -> tuple[Array, Array]:
        """Return the rates inside their bounds and the step from there.

        A rate that its bounds stop serves only as far as they let it go; which ones they stop and who is served how
        much is settled together, so that gains are equal where some rates are at their bounds, too.
        """
        search, chosen = self.search, self.search.game.controls
        at = search.point(x)
        slopes, gains = search.slopes(at), at.values - self.gone
        low, high = chosen.lower - at.x, chosen.upper - at.x
        serving, sides = self.weights, None
        for number in range(SETTLINGS):
            counts = self.weights / at.scale
            weight = np.maximum(counts, LEAST_WEIGHT * counts.max()) * at.scale
            reach = 1 / (at.curvature * weight[chosen.owner])
            move = reach * (serving @ slopes)
            side = np.sign(move) * ((move <= low) | (move >= high))
            if number >= ROUNDS and sides is not None and (side == sides).all():
                break
            sides, stopped = side, np.where(side != 0, np.clip(move, low, high), 0.0)
            due, self.weights = rule(gains + slopes @ stopped, (slopes * (reach * (side == 0))) @ slopes.T)
            serving = due if number < ROUNDS else (serving + due) / 2
        step = np.clip(reach * (serving @ slopes), -LONGEST, LONGEST)
        return at.x, chosen.projected(at.x + step) - at.x


def largest_least(gains: Array, brings: Array) -> Array:
    """Return the weights, summing to 1, that raise the least gain most: multipliers of max s, gains + brings w >= s.

    Args:
        gains: (player,). brings: what weight on one player brings another, symmetric, (player, player).
    Laws: equal gains and a diagonal `brings`: weights inverse to it; a player far ahead has weight 0.
    """
    served = np.ones(len(gains), dtype=bool)
    unit = float(np.abs(brings).max()) or 1.0
    gains, brings = gains / unit, brings / unit
    while True:
        count = int(served.sum())
        matrix = np.zeros((count + 1, count + 1))
        matrix[:count, :count] = brings[np.ix_(served, served)]
        matrix[:count, count], matrix[count, :count] = -1.0, 1.0
        inner = np.linalg.lstsq(matrix, np.append(-gains[served], 1.0), rcond=None)[0][:count]
        if (inner >= 0).all() or count == 1:
            weights = np.zeros(len(gains))
            weights[served] = np.maximum(inner, 0.0)
            shares: Array = weights / weights.sum()
            return shares
        served[np.flatnonzero(served)[int(inner.argmin())]] = False


def _serving(player: int, gains: Array, brings: Array) -> tuple[Array, Array]:
    """Return the weights that raise one player's payoff while nobody else's gain is below 0: 1, and multipliers."""
    weights = np.zeros(len(gains))
    weights[player] = 1.0
    for _ in range(SWEEPS):
        for other in range(len(gains)):
            if other != player and brings[other, other] > 0:
                lacks = gains[other] + brings[other] @ weights
                weights[other] = max(0.0, weights[other] - lacks / brings[other, other])
    return weights, weights


def _cooperation(
    game: Game, bargain: _Bargain, x: Array, solution: str, disagreement: str, ideal: Array | None
) -> Cooperation:
    gains, names = 100 * bargain.gains(x), tuple(player.name for player in game.players)
    if gains.min() < -GAIN_LINE:
        raise SolveError(
            "talks: found no tariffs that make everybody better off than without a deal "
            f"({disagreement}); the best for whoever loses most leaves {gains.min():.2e} points; try another "
            "disagreement point, or bounds that allow subsidies"
        )
    rates = game.controls.placed(x, game.rates)
    result = solve(game.base, wedges=Wedges(tariffs=rates), closure=game.closure, market=game.market)
    weights = bargain.weights / bargain.weights.sum()
    facts: dict[str, Any] = {"name": solution, "gains_pp": dict(zip(names, gains.tolist(), strict=True))}
    if ideal is not None:
        facts["ideal_pp"] = dict(zip(names, (100 * ideal).tolist(), strict=True))
    gone = {"name": disagreement, "payoffs": dict(zip(names, (100 * bargain.gone).tolist(), strict=True))}
    game_facts = {"concept": f"bargain: {solution}", "disagreement": disagreement, "players": list(names)}
    result = replace(result, certificate=replace(result.certificate, game=game_facts))
    return Cooperation(
        names, facts, gone, result.tariffs_new, tuple(gains.tolist()), result, tuple(weights.tolist()),
        game.controls.binding(x, game.base), tuple(medians(game, x)), bargain.search.effort.evaluations,
    )  # fmt: skip
