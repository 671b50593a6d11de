"""The best tariff, or export tax, of one country or coalition when everybody else's policy is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.certificate import SOLVED_WARN, Certificate, Warn
from detente.core.closure import Closure
from detente.core.errors import SolveError, UsageError
from detente.core.instruments import FIXED, Bound
from detente.core.market import PERFECT_MARKET, as_market
from detente.core.result import Result
from detente.equilibrium.counterfactual import BALANCED_SLACK, solve
from detente.equilibrium.firms import under_market
from detente.policy.wedges import Wedges
from detente.strategy.controls import EXPORT_TAX, IMPORT_TARIFF, Binding, controls
from detente.strategy.government import REAL_INCOME, REVENUE, governments
from detente.strategy.search import (
    Effort,
    Game,
    Search,
    Watch,
    climb,
    medians,
    silent,
    starting_points,
)

if TYPE_CHECKING:
    import pandas as pd

SAME_PP: Final = 1e-5
"""Payoffs closer than this are one solution. [percentage points]"""


@dataclass(frozen=True)
class Start:
    """What became of one start.

    Attributes:
        name: "observed", "free trade", "inverse elasticity", "random 1", ..
        payoff_pct: by player. median_pct: median rate by player. status: how the search ended.
        residual: largest step left in a rate, in logs. evaluations, passes: effort.
    """

    name: str
    payoff_pct: tuple[float, ...]
    median_pct: tuple[float, ...]
    status: str
    residual: float
    evaluations: int
    passes: int


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best policy found.

    Attributes:
        player: code, group or members. instrument, objective: what was chosen and what for.
        tariffs: everybody's rates (N, N, J) at the optimum. export_taxes: rates (N, N, J), 0 for other instruments.
        gain_pct: of the objective against the observed policy: real income (weighted, with weights) in percent, or
            revenue in percent of baseline income.
        result: certified equilibrium there; `result.baseline` is the world without deficits unless `purge=False`.
        binding: every cell at a bound. starts: what became of each start; the best is kept.
        idle: cells without trade that have no best rate. median_pct: median rate over cells with trade.
    """

    player: str
    instrument: str
    objective: str
    tariffs: Array
    export_taxes: Array
    gain_pct: float
    result: Result
    binding: tuple[Binding, ...]
    starts: tuple[Start, ...]
    idle: int
    median_pct: float

    @property
    def welfare_pct(self) -> Array:
        """Return the real income change of everybody, (N,). [percent]"""
        change: Array = 100 * (self.result.welfare_hat - 1)
        return change

    @property
    def distinct(self) -> int:
        """Return how many different payoffs the starts ended in."""
        return count_distinct([start.payoff_pct for start in self.starts if start.status == "CONVERGED"])

    def table(self, name: str = "binding") -> pd.DataFrame:
        """Return "binding" (cells at a bound) or "starts" as a DataFrame.

        Raises:
            UsageError: another name.
        """
        import pandas as pd

        if name not in ("binding", "starts"):
            raise UsageError(f"table: found {name!r}; expected 'binding' or 'starts'; try result.table(..)")
        return pd.DataFrame([vars(row) for row in getattr(self, name)])


def optimal_tariffs(
    base: Baseline,
    player: Any,
    *,
    against: Any = None,
    sectors: Any = "goods",
    vary: Any = "free",
    bounds: Any = ("0%", None),
    instrument: str = IMPORT_TARIFF,
    objective: Any = REAL_INCOME,
    starts: int = 1,
    purge: bool = True,
    market: Any = PERFECT_MARKET,
    progress: Watch = silent,
) -> Optimum:
    """Return the policy that is best for one country or coalition, everybody else's being given.

    Args:
        base: the world.
        player: a code, a known group such as "EU27", or a list of codes: a coalition with a common outer tariff that
            maximises the sum of its members' real incomes.
        against: partners whose goods are taxed, or None for all. sectors: "goods", "all" or codes.
        vary: "free" by partner and sector, "uniform", "by-partner", "by-sector", "mfn" or a partition (N, N, J).
        bounds: lower and upper rate as text with its unit, or fractions; None is no limit, so that (None, None)
            allows subsidies.
        instrument: "import-tariff" or "export-tax". objective: "real-income", "revenue" or weights (N, J).
        starts: how many starts: observed, free trade, 1/theta, random. progress: told how far the search is.
        purge: remove deficits first; with a deficit held fixed there may be no best tariff, so False needs an upper
            bound. market: structure, as in `solve`; with weights, profits are incomes of their industry.
    Returns:
        The best of the solutions found.
    Raises:
        UsageError: arguments that cannot be; all problems at once. SolveError: no start met the first-order conditions.
    Source: Ossa (2014) for the conditions; scaled fixed point, own.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> best = dt.optimal_tariffs(world, "USA", vary="uniform")
        >>> f"{best.median_pct:.1f} % on everything, real income {best.gain_pct:+.2f} %"
        '16.7 % on everything, real income +0.25 %'
    """
    names = [player] if isinstance(player, str) else [list(player)]
    game = new_game(base, names, objective, purge=purge, bounds=bounds, against=against, sectors=sectors, vary=vary,
                    instrument=instrument, market=market)  # fmt: skip
    found = []
    for name, x0 in starting_points(game, checked_starts(starts)):
        search = Search(game)
        solution = climb(search, x0, watch=progress, label=f"best rates of {game.players[0].name}, from {name}")
        payoff = payoffs_pct(search, solution.value[:, 0])
        found.append((start_record(game, name, payoff, solution, search.effort), solution.value[:, 0]))
    best, x = max(found, key=lambda pair: pair[0].payoff_pct[0] if pair[0].status == "CONVERGED" else -np.inf)
    require_solution([record for record, _ in found], "best rates")
    return _optimum(game, x, best.payoff_pct[0], tuple(record for record, _ in found))


def new_game(
    base: Any, players: Any, objective: Any, *, purge: bool, bounds: Any, market: Any = PERFECT_MARKET, **choices: Any
) -> Game:
    """Return the validated problem on the world that it is solved on.

    Raises:
        UsageError: see `optimal_tariffs`.
    """
    if not isinstance(base, Baseline):
        raise UsageError(f"base: found {type(base).__name__}; expected a Baseline; try dt.baseline({base!r})")
    structure = as_market(market)
    base, _ = under_market(base, structure)
    found = governments(base, players, objective)
    chosen = controls(base, found, bounds=bounds, **choices)
    if not purge and not chosen.capped:
        raise UsageError(
            "purge: found False without an upper bound; expected bounds such as ('0%', '100%'): while a deficit is "
            "held fixed the gain from a tariff can grow without end"
        )
    closure = Closure("balanced" if purge else "world-share")
    if purge and np.abs(base.deficit / base.value_added).max() > BALANCED_SLACK:
        base, _ = under_market(base.purged(structure), structure)
        chosen = controls(base, found, bounds=bounds, **choices)
    return Game(base, closure, found, chosen, base.tariffs, structure)


def checked_starts(starts: Any) -> int:
    """Return the number of starts, or raise `UsageError`."""
    if not isinstance(starts, int) or isinstance(starts, bool) or starts < 1:
        raise UsageError(f"starts: found {starts!r}; expected a whole number of at least 1")
    return starts


def start_record(game: Game, name: str, payoff: tuple[float, ...], solution: Any, effort: Effort) -> Start:
    """Return what became of one start."""
    return Start(
        name, payoff, tuple(medians(game, solution.value[:, 0])), solution.status[0], float(solution.error[0]),
        effort.evaluations, effort.forward + effort.adjoint,
    )  # fmt: skip


def require_solution(found: list[Start], what: str) -> None:
    """Raise `SolveError` with the residual of every start unless one met the first-order conditions."""
    if any(start.status == "CONVERGED" for start in found):
        return
    told = "; ".join(f"{s.name}: {s.status}, step left {s.residual:.1e} after {s.evaluations}" for s in found)
    raise SolveError(
        f"{what}: no start met the first-order conditions ({told}); try bounds such as ('0%', '100%'), more starts, "
        "or fewer free rates"
    )


def count_distinct(payoffs: list[tuple[float, ...]]) -> int:
    """Return how many payoff vectors differ by more than `SAME_PP`."""
    kept: list[tuple[float, ...]] = []
    for payoff in payoffs:
        if all(max(abs(a - b) for a, b in zip(payoff, other, strict=True)) > SAME_PP for other in kept):
            kept.append(payoff)
    return len(kept)


def payoffs_pct(search: Search, x: Array) -> tuple[float, ...]:
    """Return the gain of every player over the observed policy. [percent of real income, or of income for revenue]"""
    base, gains = search.game.base, []
    for player, value in zip(search.game.players, search.values(x), strict=True):
        members = list(player.members)
        if player.objective == REVENUE:
            gains.append(100 * float(value - base.revenue[members].sum() / base.income[members].sum()))
        else:
            gains.append(100 * float(np.expm1(value)))
    return tuple(gains)


def _optimum(game: Game, x: Array, gain: float, records: tuple[Start, ...]) -> Optimum:
    chosen = game.controls
    taxes = np.zeros_like(game.rates)
    rates = game.rates
    bounds: tuple[Bound, ...] = ()
    if chosen.instrument == EXPORT_TAX:
        taxes = chosen.placed(x, taxes)
        bounds = _as_bounds(game, taxes)
    else:
        rates = chosen.placed(x, rates)
    result = solve(game.base, wedges=Wedges(tariffs=rates, bounds=bounds), closure=game.closure, market=game.market)
    distinct = count_distinct([start.payoff_pct for start in records if start.status == "CONVERGED"])
    claim = {"concept": "best response", "starts": len(records), "distinct": distinct}
    result = replace(result, certificate=with_game(result.certificate, claim, len(records), distinct))
    return Optimum(
        game.players[0].name, chosen.instrument, game.players[0].objective, result.tariffs_new, taxes, gain, result,
        chosen.binding(x, game.base), records, chosen.idle, medians(game, x)[0],
    )  # fmt: skip


def _as_bounds(game: Game, taxes: Array) -> tuple[Bound, ...]:
    base = game.base
    cells = np.argwhere((taxes != 0) & (base.flows > 0))
    return tuple(
        Bound(FIXED, ((base.countries[o], base.countries[d], base.sectors[s]),), rate=float(taxes[o, d, s]))
        for o, d, s in cells
    )


def with_game(cert: Certificate, game: dict[str, Any], starts: int, distinct: int) -> Certificate:
    """Return the certificate with what is known about the game, marked where starts disagree."""
    if distinct <= 1:
        return replace(cert, game=game)
    text = f"{starts} starts ended in {distinct} different payoffs; the best is shown"
    warn = Warn("several-solutions", text, "docs: strategy")
    status = SOLVED_WARN if cert.status == "CERTIFIED" else cert.status
    return replace(cert, game=game, status=status, warnings=(*cert.warnings, warn))
