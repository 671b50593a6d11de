"""Answers to a tariff: the mirror image, one of equal value, or the best response; and the ladder they lead up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import Problem, UsageError, nearest
from detente.core.result import Result
from detente.core.units import parse_rate
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges
from detente.strategy.optimal import new_game, require_solution, start_record
from detente.strategy.search import Game, Search, Watch, climb, silent

if TYPE_CHECKING:
    import pandas as pd

RECIPROCAL: Final = "reciprocal"
EQUAL_VALUE: Final = "equal-value"
OPTIMAL: Final = "optimal"
RULES: Final = (RECIPROCAL, EQUAL_VALUE, OPTIMAL)
SETTLED: Final = 1e-6
"""Largest change of a rate in a round after which nobody moves any more. [log points]"""


@dataclass(frozen=True, eq=False)
class Rung:
    """One round of a ladder.

    Attributes:
        round: 1, 2, ..; mover: who moves.
        average_pct: rate of the mover on the other, weighted with baseline trade, after the move. [percent]
        welfare_pct: real income of (mover, other) against observed policy after the move. [percent]
        cost_pp: what this move changed for (mover, other). [percentage points]
        tariffs: everybody's rates (N, N, J). result: certified equilibrium.
    """

    round: int
    mover: str
    average_pct: float
    welfare_pct: tuple[float, float]
    cost_pp: tuple[float, float]
    tariffs: Array
    result: Result


@dataclass(frozen=True, eq=False)
class Ladder:
    """An escalation, round by round.

    Attributes:
        players: names, the one who opens first. rule: of the answers.
        rungs: the rounds: mover, average rate, real income [percent] and cost [percentage points] of both, tariffs
            (N, N, J) [fraction], the certified result.
        settled: the last move changed no rate any more. complete: not interrupted.
    """

    players: tuple[str, str]
    rule: str
    rungs: tuple[Rung, ...]
    settled: bool
    complete: bool = True

    def table(self) -> pd.DataFrame:
        """Return a row for each round: who moves, its average rate, what both have gained or lost so far and by it."""
        import pandas as pd

        rows = []
        for rung in self.rungs:
            other = self.players[1 - self.players.index(rung.mover)]
            welfare = dict(zip((rung.mover, other), rung.welfare_pct, strict=True))
            cost = dict(zip((rung.mover, other), rung.cost_pp, strict=True))
            row: dict[str, Any] = {"round": rung.round, "mover": rung.mover, "average_tariff_pct": rung.average_pct}
            row |= {f"{player}_welfare_pct": welfare[player] for player in self.players}
            row |= {f"{player}_cost_pp": cost[player] for player in self.players}
            rows.append({**row, "status": rung.result.status})
        return pd.DataFrame(rows)


def retaliate(
    base: Baseline,
    by: Any,
    against: Any,
    tariffs: Any,
    *,
    rule: str = RECIPROCAL,
    sectors: Any = "goods",
    vary: Any = "free",
    bounds: Any = ("0%", None),
    purge: bool = True,
) -> Array:
    """Return everybody's tariffs after an answer to what `against` has done to `by`.

    Args:
        base: the world before the act. by: who answers. against: who has acted. tariffs: (N, N, J) rates after the act.
        rule: "reciprocal" (the points that `against` added, sector by sector, on the same sectors), "equal-value" (one
            number of points on all sectors chosen, so that duties at baseline trade are the same sum) or "optimal" (the
            best response, with `vary` and `bounds`).
        sectors, vary, bounds, purge: as in `optimal_tariffs`.
    Returns:
        Rates (N, N, J) with the answer in them. [fraction]
    Raises:
        UsageError: unknown codes or rule; no trade to tax. SolveError: no best response was found.
    Source: own; docs/explanation/strategy.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> answer = dt.retaliate(world, "CHN", "USA", tariffs)
        >>> f"{answer[usa, chn, 0] - world.tariffs[usa, chn, 0]:+.2f}"  # the same ten points
        '+0.10'
    """
    game = _answering(base, by, against, sectors=sectors, vary=vary, bounds=bounds, purge=purge)
    other = _answering(base, against, by, sectors=sectors, vary=vary, bounds=bounds, purge=purge)
    rates = Wedges(tariffs=tariffs).validated(game.base).tariffs
    if rates is None:
        raise UsageError("tariffs: found None; expected everybody's rates (N, N, J) after the act")
    return answered(game, other, rates, rates - game.base.tariffs, _checked_rule(rule))


def escalation(
    base: Baseline,
    players: Sequence[Any],
    *,
    rule: str = OPTIMAL,
    opening: str | None = None,
    rounds: int = 6,
    sectors: Any = "goods",
    vary: Any = "free",
    bounds: Any = ("0%", None),
    purge: bool = True,
    progress: Watch = silent,
) -> Ladder:
    """Return the ladder of two players who answer each other, each against the other alone.

    Args:
        base: the world. players: who opens, and who answers.
        rule: of the answers, see `retaliate`. Under "optimal" both move so in every round; under the other two the
            opener repeats its opening.
        opening: points that the opener adds on all sectors chosen, such as "+10pp"; None under "optimal": its best
            response.
        rounds: at most so many moves. sectors, vary, bounds, purge: as in `optimal_tariffs`. progress: told the round.
    Returns:
        The ladder; `table()` has real income and cost of each round in percent and points.
    Raises:
        UsageError: not two players, an unknown rule, an opening that is not points. SolveError: a round is not solved.
    Source: own; docs/explanation/strategy.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> ladder = dt.escalation(world, ["USA", "CHN"], rule="reciprocal", opening="+10pp", rounds=2)
        >>> list(ladder.table()["mover"])
        ['USA', 'CHN']
    """
    if isinstance(players, str) or len(players) != 2:
        raise UsageError(f"players: found {players!r}; expected two, the one who opens first")
    if not isinstance(rounds, int) or rounds < 1:
        raise UsageError(f"rounds: found {rounds!r}; expected a whole number of at least 1")
    points = _opening(opening, _checked_rule(rule))
    options = {"sectors": sectors, "vary": vary, "bounds": bounds, "purge": purge}
    games = [_answering(base, players[k], players[1 - k], **options) for k in (0, 1)]
    names = games[0].players[0].name, games[1].players[0].name
    rungs: list[Rung] = []
    rates, act = games[0].rates, np.zeros_like(games[0].rates)
    welfare, settled = (0.0, 0.0), False
    for number in range(rounds):
        k = number % 2
        before = rates
        try:
            if k == 0 and points is not None:
                rates = _added(games[0], rates, points)
            else:
                rates = answered(games[k], games[1 - k], rates, act, rule)
        except KeyboardInterrupt:
            return Ladder(names, rule, tuple(rungs), settled, complete=False)
        act = rates - before
        result = solve(games[0].base, rates, closure=games[0].closure)
        now = tuple(_income_pct(result, games[who].players[0].members) for who in (0, 1))
        rungs.append(
            Rung(number + 1, names[k], _average(games[k], rates), (now[k], now[1 - k]),
                 (now[k] - welfare[k], now[1 - k] - welfare[1 - k]), rates, result)
        )  # fmt: skip
        welfare = now[0], now[1]
        progress("rounds", number + 1, rounds)
        settled = bool(np.abs(np.log1p(rates) - np.log1p(before)).max() < SETTLED)
        if settled:
            break
    return Ladder(names, rule, tuple(rungs), settled)


def _answering(base: Baseline, by: Any, against: Any, **options: Any) -> Game:
    """Return the problem of one player who may tax one other."""
    bounds = options.pop("bounds")
    names = [by] if isinstance(by, str) else [list(by)]
    return new_game(base, names, "real-income", bounds=bounds, against=against, **options)


def answered(game: Game, other: Game, rates: Array, act: Array, rule: str) -> Array:
    """Return everybody's rates after the answer of `game`'s player to an act of `other`'s, (N, N, J) changes."""
    if rule == OPTIMAL:
        alone = game.of(0, rates)
        search = Search(alone)
        solution = climb(search, alone.controls.taken(rates, game.base.flows))
        require_solution([start_record(alone, "current rates", (0.0,), solution, search.effort)], "best response")
        return alone.controls.placed(solution.value[:, 0], rates)
    if rule == EQUAL_VALUE:
        return _added(game, rates, _value_of(other, act) / _trade(game).sum())
    return _mirrored(game, other, rates, act)


def _mirrored(game: Game, other: Game, rates: Array, act: Array) -> Array:
    """Return rates with the points of the act on the same sectors, averaged over a coalition's members by trade."""
    trade = _trade(other)
    by_sector = (act * trade).sum(axis=(0, 1)) / np.where(trade.sum(axis=(0, 1)) > 0, trade.sum(axis=(0, 1)), 1.0)
    new = rates.copy()
    o, d, s = game.controls.cells
    new[o, d, s] += by_sector[s]
    return new


def _added(game: Game, rates: Array, points: float) -> Array:
    new = rates.copy()
    new[game.controls.cells] += points
    return new


def _trade(game: Game) -> Array:
    """Return baseline flows of the cells that the player may tax, (N, N, J). [MUSD]"""
    trade = np.zeros_like(game.base.flows)
    trade[game.controls.cells] = game.base.flows[game.controls.cells]
    return trade


def _value_of(game: Game, act: Array) -> float:
    """Return the duties that an act adds at baseline trade. [MUSD]"""
    return float((act * _trade(game)).sum())


def _average(game: Game, rates: Array) -> float:
    trade = _trade(game)
    return 100 * float((rates * trade).sum() / trade.sum())


def _income_pct(result: Result, members: tuple[int, ...]) -> float:
    """Return the real income change of a player: equivalent variations over what its members spend. [percent]"""
    base = result.baseline
    income = (base.income - base.final_exogenous.sum(axis=1))[list(members)]
    return 100 * float((income * (result.welfare_hat[list(members)] - 1)).sum() / income.sum())


def _checked_rule(rule: str) -> str:
    if rule not in RULES:
        hint = nearest(str(rule), RULES)
        raise UsageError(problems=[Problem("", "rule", repr(rule), f"one of {', '.join(RULES)}", hint)])
    return rule


def _opening(opening: str | None, rule: str) -> float | None:
    if opening is None:
        if rule != OPTIMAL:
            raise UsageError(f"opening: found none under rule {rule!r}; expected points such as '+10pp'")
        return None
    try:
        rate = parse_rate(opening)
    except ValueError as error:
        raise UsageError(f"opening: found {opening!r}; expected {error}") from None
    if not rate.added or rate.value <= 0:
        raise UsageError(f"opening: found {opening!r}; expected points that are added, such as '+10pp'")
    return rate.value
