"""What a plan will take before it is begun: cells, time and disk, from a few solves; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detente.sweep.cells import Cell, Laid, draw_numbers, laid_out
from detente.sweep.context import Context
from detente.sweep.design import values
from detente.sweep.plan import Plan, load_plan
from detente.sweep.rows import cell_bytes
from detente.sweep.store import HEAD, create
from detente.sweep.tasks import Task, answered
from detente.sweep.workers import cores

SAMPLE: Final = 8
"""Draws that are solved to say how long it all takes."""


@dataclass(frozen=True)
class Foreseen:
    """What a plan will take.

    Attributes:
        points, cells: of the plan. there: cells that the store has. solves: of all that are missing.
        seconds: of those, on all workers; seconds_a_solve: as measured. bytes: of the store when it is complete.
    """

    points: int
    cells: int
    there: int
    solves: int
    seconds: float
    seconds_a_solve: float
    bytes: int
    jobs: int


def foreseen(
    plan: str | Path | Mapping[str, Any] | Plan, out: str | Path | None = None, jobs: int | None = None
) -> Foreseen:
    """Return what a plan will take, from a few solves of its first point; nothing is written.

    Args:
        plan: as in `sweep`. out: a store that may be there already. jobs: worker processes.
    Raises:
        as `sweep`.
    """
    laid = laid_out(plan if isinstance(plan, Plan) else load_plan(plan))
    there = 0
    if out is not None and (Path(out) / HEAD).exists():
        there = len(create(Path(out), laid).found())
    context = Context(cases=dict(laid.cases), worlds=dict(laid.worlds))
    size, seconds = _sampled(laid, context)
    missing = list(laid.cells)[there:]
    branches = len(laid.plan.branches)
    solves = branches * sum(max(1, cell.count) for cell in missing)
    total = branches * sum(max(1, cell.count) for cell in laid.cells)
    workers = cores(jobs)
    took, disk = solves * seconds / workers, int(2 * total * size)
    return Foreseen(len(laid.points), len(laid.cells), there, solves, took, seconds, disk, workers)


def _sampled(laid: Laid, context: Context) -> tuple[float, float]:
    """Return bytes and seconds of one solve, from a few draws of the first point."""
    point = laid.points[0]
    job = context.prepared(point.variant)
    count = min(SAMPLE, point.design.draws) if point.design is not None else 0
    drawn = None
    if point.design is not None:
        drawn = values(job.factors, point.design)[:count]
    task = Task("sample", point.variant, drawn)
    answered(context, Task("warm", point.variant))
    started = time.perf_counter()
    answer = answered(context, task)
    solves = max(1, count) * len(point.variant.branches)
    seconds = (time.perf_counter() - started) / solves
    cell = Cell("sample", 0, 0, count)
    keep_rows = (laid.plan.countries, laid.plan.variables)
    content = cell_bytes(point.labels, draw_numbers(cell), answer.branches, job.labels, keep_rows)
    return len(content) / solves, seconds
