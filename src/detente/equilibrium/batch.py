"""Many shocks on one baseline as one iteration: the factors are shared, each scenario adds the cells it changes.

A pass over a batch is a matrix product where a single shock has a matrix times a vector, so the world is read once for
all of them. The iteration is the one of `root`, column by column; what it finds is confirmed by one plain pass of the
scenario's own economy, and whatever it cannot do (a fallback, an embargo that cuts a pair) goes through `find_root`. So
a batch and one solve after another give the same numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.closure import Closure
from detente.core.errors import DataError, PolicyError, UsageError
from detente.core.market import as_market
from detente.core.result import Result
from detente.equilibrium.counterfactual import as_shock, certified, check_arguments, closure_rule, require
from detente.equilibrium.root import MAX_PASSES, TOL, Root, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.model.clearing import clear, settling_step
from detente.model.economy import Economy
from detente.model.trade import Cells, cell_factors, changed_cells
from detente.policy.wedges import Wedges
from detente.solve.anderson import WINDOW, Residual, anderson
from detente.solve.solution import CONVERGED, Solution

MEMORY: Final = 64 * 1024**2
"""Bytes that one batch may take beside the baseline; the width of a batch follows from it."""

WIDEST: Final = 64
LONG: Final = 60
"""Passes after which rounding has been amplified so far that a batch is no longer one solve to the last digits."""

FEW, DENSE = 5_000, 0.15
"""A shock that changes more cells than FEW and this share of all is cheaper with factors of its own (measured)."""


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
    check_arguments(base, None, None, None, certify)
    rule = closure_rule(closure, numeraire, revenue).validated(base.countries)
    structure = as_market(market)
    shocks = [
        as_shock(base, checked, rule, include_purge=include_purge, market=structure)
        for checked in _all_validated(wedges, base)
    ]

    results = _solved_all(shocks, settings, full=certify == "full")
    if throw:
        for position, solved in enumerate(results):
            require(solved, f"scenario {position}: ")
    return results


def _all_validated(wedges: Iterable[Wedges], base: Baseline) -> list[Wedges]:
    """Return the wedges of all scenarios, or raise `DataError` with the problems of all."""
    if isinstance(wedges, Wedges) or not isinstance(wedges, Iterable):
        raise UsageError(f"wedges: found {type(wedges).__name__}; expected a list of dt.Wedges(tariffs=..)")
    found, problems = [], []
    for position, item in enumerate(wedges):
        if not isinstance(item, Wedges):
            raise UsageError(f"wedges[{position}]: found {type(item).__name__}; expected dt.Wedges(tariffs=..)")
        try:
            found.append(item.validated(base))
        except DataError as error:
            problems += [replace(problem, where=f"wedges[{position}]") for problem in error.problems]
        except PolicyError as error:
            raise PolicyError(f"wedges[{position}]: {error}") from None
    if problems:
        raise DataError(problems=problems)
    return found


def _solved_all(shocks: Sequence[Shock], settings: Settings, *, full: bool) -> list[Result]:
    """Return the certified results of shocks on one baseline under one closure, in order."""
    if not shocks:
        return []
    base = shocks[0].base
    econ, found = replace(shocks[0], t_new=base.tariffs, kappa_hat=None, plan=None, nests=None).economy()
    supplies = (base.share_rows > 0).sum(axis=0).T
    changes = [None if found.infeasible else _change(shock, supplies) for shock in shocks]
    together = {at: change for at, change in enumerate(changes) if change is not None}
    results: dict[int, Result] = {}
    width = _width(econ.unknowns)
    for first in range(0, len(together), width):
        chosen = list(together)[first : first + width]
        started = time.perf_counter()
        solution = _iterated(econ, [shocks[at] for at in chosen], [together[at] for at in chosen], settings)
        seconds = (time.perf_counter() - started) / len(chosen)
        for column, at in enumerate(chosen):
            root = _confirmed(shocks[at], solution, column, settings)
            if root is not None:
                results[at] = certified(shocks[at], root, settings, solve_seconds=seconds, full=full)
    for at, shock in enumerate(shocks):
        if at not in results:
            started = time.perf_counter()
            root = find_root(shock, settings)
            results[at] = certified(shock, root, settings, solve_seconds=time.perf_counter() - started, full=full)
    return [results[at] for at in range(len(shocks))]


@dataclass(frozen=True)
class _Change:
    """The cells of one shock, and what they add to the shared factors."""

    cells: tuple[Array, ...]
    A: Array
    B: Array


def _change(shock: Shock, supplies: Array) -> _Change | None:
    """Return the cells of a shock, or None where it must be solved alone: too many cells, a pair cut
    altogether, instruments, another market structure.

    Args:
        shock: one scenario. supplies: (origin, dest) sectors sold in the baseline.
    """
    base = shock.base
    if shock.plan is not None or shock.nests is not None or shock.firms is not None:
        return None
    cells = changed_cells(base.tariffs, shock.t_new, shock.kappa_hat)
    if len(cells[0]) > FEW + DENSE * base.flows.size:
        return None
    o, d, s = cells
    A, B = cell_factors(cells, base.share_rows, base.tariffs, shock.t_new, shock.kappa_hat, base.trade_elasticity)
    before = base.share_rows[s, d, o]
    cut = (A == 0) & (before > 0)
    if cut.any():
        left = supplies.copy()
        np.subtract.at(left, (o[cut], d[cut]), 1)
        if ((left == 0) & (supplies > 0)).any():
            return None
    return _Change(cells, A - before, B - base.border_rows[s, d, o])


def _width(unknowns: int) -> int:
    """Return how many scenarios fit into the memory of a batch: two windows of differences and some thirty points."""
    return int(min(WIDEST, max(1, MEMORY // ((2 * WINDOW + 30) * unknowns * 8))))


def _iterated(econ: Economy, shocks: Sequence[Shock], changes: Sequence[_Change], settings: Settings) -> Solution:
    """Run the iteration of a batch; the scenarios that have ended are left out of later passes."""

    def of(inside: Array) -> Residual:
        batch = _economy(econ, [shocks[at] for at in inside], [changes[at] for at in inside])

        def residual(z: Array) -> tuple[Array, Array]:
            at = clear(batch, z)
            return settling_step(batch, at), at.error

        return residual

    start = np.zeros((econ.unknowns, len(shocks)))
    with np.errstate(all="ignore"):
        residual = of(np.arange(len(shocks)))
        return anderson(residual, start, tol=settings.tol, max_iter=settings.max_iter, of=of)


def _economy(econ: Economy, shocks: Sequence[Shock], changes: Sequence[_Change]) -> Economy:
    """Return the shared economy with the cells that each scenario changes."""
    b, j = len(changes), econ.shape[1]
    o, d, s = (np.concatenate([change.cells[axis] for change in changes]) for axis in range(3))
    column = np.repeat(np.arange(b), [len(change.A) for change in changes])
    A, B = (np.concatenate([getattr(change, name) for change in changes]) for name in ("A", "B"))
    B_home = np.repeat(econ.trade.B_home, b, axis=2)
    home = o == d
    B_home[o[home], s[home], column[home]] += B[home]
    cells = Cells((d * j + s) * b + column, (o * j + s) * b + column, A, np.where(home, 0.0, B))
    Z = np.stack([shock.Z_new for shock in shocks], axis=2)
    return replace(econ, Z=Z, trade=replace(econ.trade, B_home=B_home, cells=cells))


def _confirmed(shock: Shock, solution: Solution, column: int, settings: Settings) -> Root | None:
    """Return the root of one scenario, if one pass of its own economy finds nothing left to do."""
    if solution.status[column] != CONVERGED or solution.steps[column] > LONG:
        return None
    econ, found = shock.economy()
    z = solution.value[:, [column]]
    with np.errstate(all="ignore"):
        at = clear(econ, z)
    root = Root(econ, z, at, CONVERGED, int(solution.steps[column]), found)
    return root if at.error[0] <= settings.tol and root.converged else None
