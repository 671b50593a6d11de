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
from detente.core.once import Once
from detente.core.result import Result
from detente.equilibrium.contradictions import over_the_cap
from detente.equilibrium.counterfactual import as_shock, certified, check_arguments, closure_rule, require
from detente.equilibrium.root import MAX_PASSES, PATIENT, TOL, Root, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.equilibrium.together import Together, differing, in_order, side_by_side, together
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
        others: as in `solve`, for all scenarios.
    Returns:
        One certified result for each of the wedges, in their order. A batch takes some 64 MiB beside the baseline,
        however many scenarios there are; each result keeps its own arrays.
    Raises:
        UsageError, DataError, PolicyError: as `solve`; the scenario is named by its position, the first being 0.
        SolveError: with `throw`, the first scenario without a certified equilibrium, after all have been tried.
    """
    settings = Settings(tol, max_iter).validated()
    check_arguments(base, None, None, None, market, certify)
    rule = closure_rule(closure, numeraire, revenue).validated(base.countries)
    once = Once()
    shocks = [
        as_shock(base, checked, rule, include_purge=include_purge, once=once)
        for checked in all_validated(wedges, base, once)
    ]

    results = _solved_all(shocks, settings, full=certify == "full")
    if throw:
        for position, solved in enumerate(results):
            require(solved, f"scenario {position}: ")
    return results


def all_validated(wedges: Iterable[Wedges], base: Baseline, once: Once) -> list[Wedges]:
    """Return the wedges of all scenarios, or raise `DataError` with the problems of all."""
    if isinstance(wedges, Wedges) or not isinstance(wedges, Iterable):
        raise UsageError(f"wedges: found {type(wedges).__name__}; expected a list of dt.Wedges(tariffs=..)")
    found, problems = [], []
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
    return found


def _solved_all(shocks: Sequence[Shock], settings: Settings, *, full: bool) -> list[Result]:
    """Return the certified results of shocks on one baseline under one closure, in order."""
    results: dict[int, Result] = {}
    for at, root, seconds in roots(shocks, settings):
        results[at] = certified(shocks[at], root, settings, solve_seconds=seconds, full=full)
    return [results[at] for at in range(len(shocks))]


def roots(shocks: Sequence[Shock], settings: Settings) -> Iterator[tuple[int, Root, float]]:
    """Yield the position, root and seconds of every shock, all on one baseline under one closure; not in order."""
    alone = set(range(len(shocks)))
    for batch in batches(shocks):
        started = time.perf_counter()
        chosen = [shocks[at] for at in batch]
        instruments = side_by_side(chosen[0].base, [shock.plan for shock in chosen])
        solution = _iterated(together(chosen, instruments), settings)
        seconds = (time.perf_counter() - started) / len(batch)
        for column, at in enumerate(batch):
            root = _confirmed(
                shocks[at], instruments.own(solution.value[:, column], column), solution, column, settings
            )
            if root is not None:
                alone.remove(at)
                yield at, root, seconds
    for at in sorted(alone):
        started = time.perf_counter()
        root = find_root(shocks[at], settings)
        yield at, root, time.perf_counter() - started


def batches(shocks: Sequence[Shock]) -> list[list[int]]:
    """Return the positions of the shocks that are solved together; those in no batch must be solved alone."""
    if not shocks:
        return []
    base = shocks[0].base
    econ, found = replace(shocks[0], t_new=base.tariffs, kappa_hat=None, plan=None, nests=None).economy()
    groups: dict[bytes, list[int]] = defaultdict(list)
    for at, shock in enumerate(shocks):
        if not (found.infeasible or _cuts(shock) or over_the_cap(base, shock.bounds)):
            groups[b"" if shock.nests is None else shock.nests.key].append(at)
    chosen, width = [], _width(econ.unknowns)
    for group in groups.values():
        fit = in_order([shocks[at].plan for at in group])
        ordered = [at for at, fits in zip(group, fit, strict=True) if fits]
        for first in range(0, len(ordered), width):
            chunk = ordered[first : first + width]
            few = differing([shocks[at] for at in chunk]) <= FEW + DENSE * base.flows.size
            chosen.append([at for at, sparse in zip(chunk, few, strict=True) if sparse])
    return [batch for batch in chosen if len(batch) > 1]


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


def _iterated(batch: Together, settings: Settings) -> Solution:
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
