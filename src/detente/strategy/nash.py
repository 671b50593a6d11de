"""Trade wars: rates at which nobody gains by changing its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.certificate import SOLVED_WARN, Certificate, Warn
from detente.core.errors import UsageError
from detente.core.market import PERFECT_MARKET
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges
from detente.strategy.controls import Binding
from detente.strategy.deviation import GAIN_LINE, Examination, examined
from detente.strategy.government import REAL_INCOME
from detente.strategy.optimal import (
    Start,
    checked_starts,
    count_distinct,
    new_game,
    payoffs_pct,
    require_solution,
    start_record,
    with_game,
)
from detente.strategy.search import Game, Search, Watch, climb, converged, medians, silent, starting_points

if TYPE_CHECKING:
    import pandas as pd

TABLES: Final = ("players", "starts", "deviations", "binding")


@dataclass(frozen=True, eq=False)
class Nash:
    """A trade war in equilibrium.

    Attributes:
        players: names. tariffs: everybody's rates (N, N, J); passive countries keep theirs.
        payoff_pct: gain of each player over observed policy, in its objective.
        result: certified equilibrium; its certificate says what deviations were tried.
        starts: what became of each start. equilibria: payoffs of the different ones found.
        examination: the best deviation of each player. binding: every cell at a bound. idle: cells without trade.
        median_pct: median rate of each player. complete: False where it was interrupted.
    """

    players: tuple[str, ...]
    tariffs: Array
    payoff_pct: tuple[float, ...]
    result: Result
    starts: tuple[Start, ...]
    examination: Examination
    binding: tuple[Binding, ...]
    idle: int
    median_pct: tuple[float, ...]
    complete: bool

    @property
    def welfare_pct(self) -> Array:
        """Return the real income change of everybody against observed policy, (N,). [percent]"""
        change: Array = 100 * (self.result.welfare_hat - 1)
        return change

    @property
    def max_gain_pp(self) -> float:
        """Return the largest gain from a unilateral deviation that was found. [percentage points]"""
        return self.examination.max_gain_pp

    @property
    def distinct(self) -> int:
        """Return how many different equilibria the starts ended in."""
        return count_distinct([start.payoff_pct for start in self.starts if start.status == "CONVERGED"])

    def table(self, name: str = "players") -> pd.DataFrame:
        """Return "players", "starts", "deviations" or "binding" as a DataFrame.

        Raises:
            UsageError: another name.
        """
        import pandas as pd

        if name not in TABLES:
            raise UsageError(f"table: found {name!r}; expected one of {', '.join(TABLES)}; try result.table(..)")
        if name == "players":
            gains = [each.gain_pp for each in self.examination.best]
            gains += [np.nan] * (len(self.players) - len(gains))
            columns = {"player": self.players, "payoff_pct": self.payoff_pct, "median_tariff_pct": self.median_pct}
            return pd.DataFrame({**columns, "best_deviation_pp": gains})
        rows = {"starts": self.starts, "deviations": self.examination.best, "binding": self.binding}[name]
        return pd.DataFrame([vars(row) for row in rows])


def nash(
    base: Baseline,
    players: Any,
    *,
    sectors: Any = "goods",
    vary: Any = "free",
    bounds: Any = ("0%", None),
    objective: Any = REAL_INCOME,
    against: Any = None,
    starts: int = 1,
    purge: bool = True,
    market: Any = PERFECT_MARKET,
    progress: Watch = silent,
) -> Nash:
    """Return tariffs at which every player's are its best response to the others'; everybody else is passive.

    Args:
        base: the world. players: codes, known groups, or lists of codes (coalitions with a common outer tariff).
        sectors, vary, bounds, objective, starts, purge, market: as in `optimal_tariffs`, for every player.
        against: partners whose goods are taxed, or None for all. progress: told how far the search is.
    Returns:
        The equilibrium of the first start that found one, with the gains from unilateral deviation: each player
        re-optimised alone, also from the observed rates and from random ones, on a grid and at random, at least 200
        tries together. Where somebody gains more than 1e-6 points, the next start's solution is examined; the one with
        the least gain is returned, marked.
    Raises:
        UsageError: arguments that cannot be; all problems at once. SolveError: no start met the first-order conditions.
    Source: Ossa (2014); scaled fixed point of all first-order conditions at once, own.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> war = dt.nash(world, ["USA", "CHN"], vary="uniform")
        >>> war.result.status, war.distinct, [f"{rate:.1f} %" for rate in war.median_pct]
        ('CERTIFIED', 1, ['16.5 %', '18.5 %'])
    """
    game = new_game(base, players, objective, purge=purge, bounds=bounds, against=against, sectors=sectors, vary=vary,
                    market=market)  # fmt: skip
    found: list[tuple[Start, Array, Array | None]] = []
    complete = True
    for name, x0 in starting_points(game, checked_starts(starts)):
        search = Search(game)
        try:
            solution = climb(search, x0, watch=progress, label=f"Nash tariffs from {name}")
        except KeyboardInterrupt:
            if not found:
                raise
            complete = False
            break
        nothing = (np.nan,) * len(game.players)
        payoff = payoffs_pct(search, solution.value[:, 0]) if converged(solution) else nothing
        found.append((start_record(game, name, payoff, solution, search.effort), solution.value[:, 0], search.z))
    records = tuple(record for record, _, _ in found)
    require_solution(list(records), "Nash tariffs")
    record, x, seen = _steadiest(game, [each for each in found if each[0].status == "CONVERGED"], progress)
    return _equilibrium(game, x, record.payoff_pct, records, seen, complete=complete and seen.complete)


def _steadiest(
    game: Game, found: list[tuple[Start, Array, Array | None]], watch: Watch
) -> tuple[Start, Array, Examination]:
    """Return the first solution from which nobody gains by deviating, or the one from which the least is gained.

    First-order conditions hold at hollows and at small hills as well; another solution is looked at for that alone.
    """
    looked: list[tuple[Start, Array, Examination]] = []
    for record, x, z in found:
        looked.append((record, x, examined(game, x, z=z, watch=watch)))
        if looked[-1][2].max_gain_pp <= GAIN_LINE or not looked[-1][2].complete:
            break
    return min(looked, key=lambda each: each[2].max_gain_pp)


def _equilibrium(
    game: Game, x: Array, payoff: tuple[float, ...], records: tuple[Start, ...], seen: Examination, *, complete: bool
) -> Nash:
    rates = game.controls.placed(x, game.rates)
    result = solve(game.base, wedges=Wedges(tariffs=rates), closure=game.closure, market=game.market)
    distinct = count_distinct([start.payoff_pct for start in records if start.status == "CONVERGED"])
    facts = {
        "concept": "Nash equilibrium in tariffs",
        "players": [player.name for player in game.players],
        "max_gain_pp": seen.max_gain_pp,
        "deviations": seen.tried,
        "starts": len(records),
        "distinct": distinct,
        "claim": seen.claim,
        "complete": complete,
    }
    certificate = _marked(with_game(result.certificate, facts, len(records), distinct), seen)
    return Nash(
        tuple(player.name for player in game.players), result.tariffs_new, payoff,
        replace(result, certificate=certificate), records, seen, game.controls.binding(x, game.base),
        game.controls.idle, tuple(medians(game, x)), complete,
    )  # fmt: skip


def _marked(cert: Certificate, seen: Examination) -> Certificate:
    """Return the certificate, marked where somebody gains by deviating or not all deviations were tried."""
    if seen.max_gain_pp <= GAIN_LINE and seen.complete:
        return cert
    code = "deviation" if seen.max_gain_pp > GAIN_LINE else "interrupted"
    warn = Warn(code, seen.claim, "docs: strategy")
    status = SOLVED_WARN if cert.status == "CERTIFIED" else cert.status
    return replace(cert, status=status, warnings=(*cert.warnings, warn))
