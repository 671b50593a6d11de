"""Many shocks on one baseline as one iteration: the factors are shared, each scenario adds the cells it changes.

A pass over a batch is a matrix product where a single shock has a matrix times a vector, so the world is read once for
all of them. The iteration is the one of `root`, column by column; what it finds is confirmed by one plain pass of the
scenario's own economy, and whatever it cannot do (a fallback, an embargo that cuts a pair) goes through `find_root`. So
a batch and one solve after another give the same numbers.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.closure import Closure
from detente.core.errors import DataError, PolicyError, UsageError
from detente.core.market import PERFECT_MARKET, Market, as_market
from detente.core.once import Once
from detente.core.result import Result
from detente.equilibrium.contradictions import over_the_cap
from detente.equilibrium.counterfactual import as_shock, certified, check_arguments, closure_rule, require
from detente.equilibrium.root import MAX_PASSES, PATIENT, TOL, Root, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.equilibrium.together import SideBySide, Together, differing, side_by_side, together
from detente.model.clearing import clear, settling_step
from detente.policy.wedges import Wedges
from detente.solve.anderson import WINDOW, Residual, anderson
from detente.solve.solution import CONVERGED, Solution

MEMORY: Final = 64 * 1024**2
"""Bytes that one batch may take beside the baseline; the width of a batch follows from it."""

WIDEST: Final = 64
FEW, DENSE = 5_000, 0.15
"""A shock that differs from the others in more cells than FEW and this share of all is cheaper with factors of its own
(measured)."""


def solve_many(
    base: Baseline,
    wedges: Iterable[Wedges],
    *,
    closure: str | Closure = "world-share",
    numeraire: str | None = None,
    revenue: str = "lump-sum",
    market: Any = "perfect",
    include_purge: bool = False,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
    throw: bool = True,
    certify: str = "quick",
) -> list[Result]:
    """Solve many scenarios on one baseline as batches; the same results as `solve` one by one, sooner.

    Args:
        base: the world before, for all of them.
        wedges: policy after the change, one for each scenario; the fewer cells they change, the faster.
        closure, numeraire, revenue, market, include_purge, tol, max_iter, throw, certify: as in `solve`, for all.
    Returns:
        One certified result for each of the wedges, in their order. A batch takes some 64 MiB beside the baseline,
        however many scenarios there are; each result keeps its own arrays.
    Raises:
        UsageError, DataError, PolicyError: as `solve`; the scenario is named by its position, the first being 0.
        SolveError: with `throw`, the first scenario without a certified equilibrium, after all have been tried.
    Source: as `solve`; the batch is own.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022")
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> [each.status for each in dt.solve_many(world, [dt.Wedges(tariffs=tariffs), dt.Wedges()])]
        ['CERTIFIED', 'CERTIFIED']
    """
    settings, once = Settings(tol, max_iter).validated(), Once()
    check_arguments(base, None, None, None, certify)
    rule, structure = closure_rule(closure, numeraire, revenue), as_market(market)
    shocks = all_shocks(base, wedges, rule, include_purge=include_purge, once=once, market=structure)
    found: dict[int, Result] = {}
    for at, root, seconds in _roots(shocks, settings):
        full = certify == "full"
        found[at] = certified(shocks[at], root, settings, solve_seconds=seconds, full=full, once=once)
    results = [found[at] for at in range(len(shocks))]
    if throw:
        for position, solved in enumerate(results):
            require(solved, f"scenario {position}: ")
    return results


def all_shocks(
    base: Baseline, wedges: Iterable[Wedges], closure: Closure, *, include_purge: bool, once: Once,
    market: Market = PERFECT_MARKET,
) -> list[Shock]:  # fmt: skip
    """Return the shocks of all scenarios, or raise `DataError` with the problems of all."""
    if isinstance(wedges, Wedges) or not isinstance(wedges, Iterable):
        raise UsageError(f"wedges: found {type(wedges).__name__}; expected a list of dt.Wedges(tariffs=..)")
    rule, found, problems = closure.validated(base.countries), [], []
    for position, item in enumerate(wedges):
        if not isinstance(item, Wedges):
            raise UsageError(f"wedges[{position}]: found {type(item).__name__}; expected dt.Wedges(tariffs=..)")
        try:
            found.append(item.validated(base, once))
        except DataError as error:
            problems += [replace(problem, where=f"wedges[{position}]") for problem in error.problems]
        except PolicyError as error:
            raise PolicyError(f"wedges[{position}]: {error}") from None
    if problems:
        raise DataError(problems=problems)
    options: dict[str, Any] = {"include_purge": include_purge, "market": market, "once": once}
    return [as_shock(base, checked, rule, **options) for checked in found]


def _roots(shocks: Sequence[Shock], settings: Settings) -> Iterator[tuple[int, Root, float]]:
    """Yield the position, root and seconds of every shock, all on one baseline under one closure; not in order."""
    alone = set(range(len(shocks)))
    for chosen, instruments in batches(shocks):
        started = time.perf_counter()
        batch = together([shocks[at] for at in chosen], instruments)
        solution = iterated(batch, settings)
        seconds = (time.perf_counter() - started) / len(chosen)
        for column, at in enumerate(chosen):
            root = _confirmed(shocks[at], batch.own(solution.value, column), solution, column, settings)
            if root is not None:
                alone.remove(at)
                yield at, root, seconds
    for at in sorted(alone):
        started = time.perf_counter()
        root = find_root(shocks[at], settings)
        yield at, root, time.perf_counter() - started


def batches(shocks: Sequence[Shock]) -> list[tuple[list[int], SideBySide]]:
    """Return the positions of shocks that are solved together, with their instruments; the rest are solved alone."""
    if not shocks or shocks[0].firms is not None:
        return []
    base = shocks[0].base
    econ, found = replace(shocks[0], t_new=base.tariffs, kappa_hat=None, plan=None, nests=None).economy()
    groups: dict[bytes, list[int]] = defaultdict(list)
    for at, shock in enumerate(shocks):
        if not (found.infeasible or _cuts(shock) or over_the_cap(base, shock.bounds)):
            groups[b"" if shock.nests is None else shock.nests.key].append(at)
    chosen, width = [], _width(econ.unknowns)
    for group in groups.values():
        instruments, fits = side_by_side(base, [shocks[at].plan for at in group])
        inside = [place for place, fit in enumerate(fits) if fit]
        for first in range(0, len(inside), width):
            chunk = inside[first : first + width]
            few = differing([shocks[group[place]] for place in chunk]) <= FEW + DENSE * base.flows.size
            sparse = [place for place, kept in zip(chunk, few, strict=True) if kept]
            chosen.append(([group[place] for place in sparse], instruments.some(sparse)))
    return [batch for batch in chosen if len(batch[0]) > 1]


def _cuts(shock: Shock) -> bool:
    """Return whether a shock cuts a pair of countries off from each other altogether, so that trade may fall apart."""
    if shock.kappa_hat is None or not np.isinf(shock.kappa_hat).any():
        return False
    before = shock.base.share > 0
    left = before & ~np.isinf(shock.kappa_hat)
    return bool((before.any(axis=2) & ~left.any(axis=2)).any())


def _width(unknowns: int) -> int:
    """Return how many scenarios fit into the memory of a batch: two windows of differences and some thirty points."""
    return int(min(WIDEST, max(1, MEMORY // ((2 * WINDOW + 30) * unknowns * 8))))


def iterated(batch: Together, settings: Settings) -> Solution:
    """Run the iteration of a batch; the scenarios that have ended are left out of later passes.

    It ends where the plain solver would work out its local step again: what needs longer is solved alone.
    """

    def of(inside: Array) -> Residual:
        econ = batch.of(inside)

        def residual(z: Array) -> tuple[Array, Array]:
            at = clear(econ, z)
            return settling_step(econ, at), at.error

        return residual

    everyone = np.arange(len(batch.changes))
    with np.errstate(all="ignore"):
        start = np.zeros((batch.of(everyone).unknowns, len(everyone)))
        return anderson(of(everyone), start, tol=settings.tol, max_iter=min(PATIENT, settings.max_iter), of=of)


def _confirmed(shock: Shock, z: Array, solution: Solution, column: int, settings: Settings) -> Root | None:
    """Return the root of one scenario, if one pass of its own economy finds nothing left to do."""
    if solution.status[column] != CONVERGED:
        return None
    econ, found = shock.economy()
    with np.errstate(all="ignore"):
        at = clear(econ, z[:, None])
    root = Root(econ, z[:, None], at, CONVERGED, int(solution.steps[column]), found)
    return root if at.error[0] <= settings.tol and root.converged else None
