"""Run a scenario with draws: the central run, and its bands."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from detente.baseline import Baseline
from detente.baseline.accounts import Progress, silent
from detente.core.arrays import Array
from detente.core.errors import SolveError
from detente.equilibrium.draws import Solved
from detente.equilibrium.root import MAX_PASSES, TOL
from detente.scenario.execute import ScenarioRun, run_scenario, world_of
from detente.scenario.load import load_scenario
from detente.scenario.products import with_products
from detente.scenario.schema import Scenario
from detente.sweep.bands import bands_of
from detente.sweep.context import Context, keep, made_by_name
from detente.sweep.design import Design, values
from detente.sweep.solving import BLOCK, Prepared, block_starts, prepared
from detente.sweep.tasks import Executor, Here, Task, crashed
from detente.sweep.variant import Variant
from detente.sweep.workers import Workers, cores


def run(
    scenario: Scenario | str | Mapping[str, Any],
    *,
    base: Baseline | None = None,
    on: dt.date | str | None = None,
    branches: str | Sequence[str] | None = None,
    include: Iterable[str] = (),
    drop: Iterable[str] = (),
    as_of: dt.date | str | None = None,
    draws: int = 0,
    seed: int | None = None,
    jobs: int | None = None,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
    certify: str = "quick",
    throw: bool = True,
    include_purge: bool = False,
    progress: Progress = silent,
) -> ScenarioRun:
    """Solve a scenario's branches, with bands if draws are asked for.

    Args:
        scenario: a scenario, a packaged id, a path, or its plain data.
        base: the world; None loads the one the scenario names, with its elasticity set.
        on: day whose law `main` is; None is the scenario's `as_of`.
        branches: None or "all" for main and every leaf of the tree, or names.
        include, drop: measure ids (drop: also "authority=NAME"). as_of: hide measures whose source is later.
        draws: how often everything uncertain in the file is drawn, the same draws in every branch; 0 for no bands.
        seed: of the draws; None takes the file's. jobs: processes that solve draws; None is one for each core.
        tol, max_iter, certify, throw: as in `solve`; draws are certified "quick", and one that fails is counted.
        include_purge: as in `solve`; also where the file says so. progress: told how many draws are done.
    Returns:
        A mapping from branch to Result, with the plans beside them. With draws each result has `bands`, and its table
        "countries" the columns p05 and p95.
    Raises:
        ScenarioError, PolicyError, DataError, UsageError: what cannot be run, all problems at once.
        SolveError: a branch without a certified equilibrium, or without two draws that have one.
    Source: as `solve`; bands: docs/explanation/uncertainty.
    Example:
        >>> import detente as dt
        >>> run = dt.run("us-china-2018-2020", on="2018-08-01", branches="main")
        >>> run["main"].status, run.comparator
        ('CERTIFIED', 'the law of 2018-01-01')
    """
    case = load_scenario(scenario)
    case = case.replace(include_purge=True) if include_purge else case
    settings: dict[str, Any] = {"tol": tol, "max_iter": max_iter}
    world = with_products(case, base) if base is not None else world_of(case)
    chosen: dict[str, Any] = {
        "on": on,
        "branches": branches,
        "include": tuple(include),
        "drop": tuple(drop),
        "as_of": as_of,
    }
    how = {**settings, "certify": certify, "throw": throw}
    if not draws:
        return run_scenario(case, base=world, **chosen, **how)
    design = Design(case.uncertainty.method, draws, case.uncertainty.seed if seed is None else seed)
    return run_drawn(case, world, design, chosen, how, jobs, named=made_by_name(case, base), progress=progress)


def run_drawn(
    case: Scenario,
    world: Baseline,
    design: Design,
    chosen: Mapping[str, Any],
    how: Mapping[str, Any],
    jobs: int | None = None,
    *,
    named: bool,
    progress: Progress = silent,
) -> ScenarioRun:
    """Return the central run of a scenario with its bands; workers load while it is solved.

    Args:
        case, world: the scenario, and its world with product sectors. design: of the draws.
        chosen: on, branches, include, drop, as_of of `run`. how: tol, max_iter, certify, throw of `run`.
        jobs: processes. named: whether another process finds the world by its name. progress: told of draws done.
    Raises:
        as `run`.
    """
    job = prepared(case, world, _variant(case, world, chosen, how))
    design = design.validated(len(job.factors))
    with executor(case, world, jobs, named=named, blocks=-(-design.draws // BLOCK)) as workers:
        central = run_scenario(case, base=world, **chosen, **how)
        return with_bands(central, job, design, values(job.factors, design), workers, progress=progress)


def _variant(case: Scenario, world: Baseline, chosen: Mapping[str, Any], how: Mapping[str, Any]) -> Variant:
    branches = chosen.get("branches")
    if branches is None or branches == "all":
        branches = case.branches
    return Variant(
        scenario=case.sha256,
        world=world.sha256,
        branches=(branches,) if isinstance(branches, str) else tuple(branches),
        on=str(chosen.get("on") or ""),
        as_of=str(chosen.get("as_of") or ""),
        include=tuple(chosen.get("include", ())),
        drop=tuple(chosen.get("drop", ())),
        tol=how.get("tol"),
        max_iter=how.get("max_iter"),
    )


@contextmanager
def executor(case: Scenario, world: Baseline, jobs: int | None, *, named: bool, blocks: int) -> Iterator[Executor]:
    """Yield who solves the draws of a scenario: this process where one is enough, else workers that are starting up.

    Args:
        case, world: what is drawn from. jobs: processes. named: whether workers find the world by its name.
        blocks: how many pieces of work there are.
    """
    workers = min(cores(jobs), blocks)
    if workers == 1:
        here = Context()
        here.add(case, world)
        yield Here(here)
        return
    with tempfile.TemporaryDirectory(prefix="detente-") as folder:
        keep(Path(folder), case, [] if named else [world])
        with Workers(Path(folder), workers) as started:
            yield started.warm_up()


def with_bands(
    run: ScenarioRun,
    job: Prepared,
    design: Design,
    points: Array,
    executor: Executor,
    *,
    progress: Progress = silent,
) -> ScenarioRun:
    """Return a run whose results carry bands; every draw is solved and certified like the run itself.

    Args:
        run: the central run. job: the same, as it is solved with other numbers. design, points: the draws.
        executor: who solves. progress: told how many draws are done.
    Raises:
        SolveError: a branch of which fewer than two draws have numbers.
    """
    found: dict[int, dict[str, list[Solved]]] = {}
    tasks = [
        Task(str(first), job.variant, points[first : first + count])
        for first, count in block_starts(len(points), BLOCK)
    ]
    done = 0
    for answer in executor.answers(tasks):
        found[int(answer.task.key)] = answer.branches if answer.ok else crashed(answer)
        done += answer.task.draws
        progress("draws", done, len(points))
    results = {}
    for name, result in run.items():
        draws = [solved for first in sorted(found) for solved in found[first][name]]
        levels = run.scenario.uncertainty.bands
        try:
            bands = bands_of(job.factors, design, points, job.labels, draws, levels)
        except SolveError as error:
            raise SolveError(f"{name}: {error}") from None
        results[name] = replace(result, bands=bands)
    return replace(run, results=results)
