"""Carry out a plan: what is not in the store yet is solved and stored; the same call again goes on where it stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from detente.baseline.accounts import Progress, silent
from detente.baseline.catalogue import list_baselines
from detente.core.arrays import Array
from detente.core.errors import UsageError, nearest
from detente.sweep.cells import Cell, draw_numbers, laid_out
from detente.sweep.context import Context, keep
from detente.sweep.design import values
from detente.sweep.files import sweep_drafts
from detente.sweep.index import build_index
from detente.sweep.plan import Plan, load_plan
from detente.sweep.rows import cell_bytes
from detente.sweep.store import DRAFTS, HEAD, Store, create, drop, open_store, verified
from detente.sweep.tasks import CRASHED, Answer, Executor, Task, crashed
from detente.sweep.workers import Workers, cores

LOCAL: Final = "local"
DASK: Final = "dask"


@dataclass(frozen=True)
class Swept:
    """What a call has done.

    Attributes:
        store: where the cells are. cells: expected; new: solved by this call. dropped: damaged or crashed ones, redone.
        statuses: status -> solves, over the whole store.
    """

    store: Path
    cells: int
    new: int
    dropped: int
    statuses: Mapping[str, int] = field(default_factory=dict)


def sweep(
    plan: str | Path | Mapping[str, Any] | Plan,
    out: str | Path | None = None,
    *,
    jobs: int | None = None,
    executor: str = LOCAL,
    rebuild: bool = False,
    progress: Progress = silent,
) -> Swept:
    """Solve every cell of a plan that its store does not have.

    Args:
        plan: a plan or its file; or the folder of a store, to go on with what it was begun for.
        out: folder of the store; not with a store.
        jobs: worker processes; None is one for each core.
        executor: "local"; "dask" for a cluster of `jobs` workers on this machine; "dask://HOST:PORT" for one elsewhere.
        rebuild: first read every cell again and drop those that are damaged or have crashed.
        progress: told what is being done, how many cells are done, and how many there are.
    Returns:
        Counts. Failed solves have their status in the store and are in `statuses`.
    Raises:
        ScenarioError: a plan that cannot be. UsageError: a folder that holds something else, an unknown executor.
        CheckError: a damaged store. OSError: the disk is full, or the place cannot be written; what is stored stays.
        KeyboardInterrupt: after what was under way; nothing is lost but cells in flight.
    """
    store = _opened(plan, out)
    sweep_drafts(store.path / DRAFTS)
    dropped = rebuilt(store) if rebuild else 0
    context = Context(store.path)
    have = store.found().keys()
    todo = [cell for cell in store.cells if cell.key not in have]
    if todo:
        with executing(store, jobs, executor, len(todo)) as who:
            _carry_out(store, context, todo, who, progress)
    statuses = build_index(store)
    return Swept(store.path, len(store.cells), len(todo), dropped, statuses)


def _opened(plan: str | Path | Mapping[str, Any] | Plan, out: str | Path | None) -> Store:
    """Return the store, created if it is not there; scenarios and worlds are written before the first cell."""
    if isinstance(plan, str | Path) and (Path(plan) / HEAD).exists():
        if out is not None:
            raise UsageError(f"out: found {str(out)!r} beside a store; expected a plan with --out, or the store alone")
        return open_store(Path(plan))
    if out is None:
        raise UsageError(
            f"out: found nothing; expected the folder of the store; try --out {Path(str(plan)).stem}-store"
        )
    laid = laid_out(plan if isinstance(plan, Plan) else load_plan(plan))
    store = create(Path(out), laid)
    packaged = {entry.name for entry in list_baselines() if entry.packaged}
    for case in laid.cases.values():
        mine = {point.variant.world for point in laid.points if point.variant.scenario == case.sha256}
        keep(store.path, case, [] if case.baseline.id in packaged else [laid.worlds[sha256] for sha256 in mine])
    return store


def rebuilt(store: Store) -> int:
    """Drop the files of a store that are damaged, unknown, or of cells that crashed; return how many."""
    found = verified(store)
    bad = [*found.damaged, *found.strangers]
    bad += [path for path in store.files() if path not in bad and _has_crashed(path)]
    drop(store, bad)
    return len(bad)


def _has_crashed(path: Path) -> bool:
    import pyarrow.parquet as pq

    return CRASHED in pq.read_table(path, columns=["status"])["status"].unique().to_pylist()


@contextmanager
def executing(store: Store, jobs: int | None, executor: str, cells: int) -> Iterator[Executor]:
    """Yield who solves: workers on this machine, or a Dask cluster.

    Raises:
        UsageError: an unknown executor, an address that does not answer, a missing library.
    """
    limits = store.content["plan"]["limits"]
    memory = int(limits["memory_gb"] * 1024**3)
    if executor == LOCAL:
        with Workers(store.path, min(cores(jobs), cells), limits["seconds"], memory) as workers:
            yield workers
    elif executor == DASK or executor.startswith("dask://"):
        from detente.sweep.cluster import cluster

        address = None if executor == DASK else executor.removeprefix("dask://")
        with cluster(store.path, address, cores(jobs), (limits["seconds"], memory)) as found:
            yield found
    else:
        hint = nearest(executor, [LOCAL, DASK]) or "dask://127.0.0.1:8786"
        raise UsageError(f"executor: found {executor!r}; expected local, dask or dask://HOST:PORT; try {hint}")


def _carry_out(store: Store, context: Context, todo: list[Cell], who: Executor, progress: Progress) -> None:
    by_key = {cell.key: cell for cell in todo}
    started, before = time.monotonic(), len(store.cells) - len(todo)
    for done, answer in enumerate(who.answers(tasks_of(store, context, todo)), start=1):
        cell = by_key[answer.task.key]
        store.put(cell.key, stored(store, context, cell, answer))
        progress(pace(done, len(todo), time.monotonic() - started), before + done, before + len(todo))


def tasks_of(store: Store, context: Context, cells: list[Cell]) -> Iterator[Task]:
    """Yield the tasks of cells; the draws of a point are made once for all of its cells."""
    known: dict[str, Array] = {}
    for cell in cells:
        point = store.point(cell)
        drawn = None
        if cell.count and point.design is not None:
            key = json.dumps([replace(point.variant, branches=()).plain(), vars(point.design)], sort_keys=True)
            if key not in known:
                known = {key: values(context.prepared(point.variant).factors, point.design)}
            drawn = known[key][cell.first : cell.first + cell.count]
        yield Task(cell.key, point.variant, drawn)


def stored(store: Store, context: Context, cell: Cell, answer: Answer) -> bytes:
    """Return the content of a cell's file."""
    point = store.point(cell)
    labels = context.prepared(point.variant).labels
    branches = answer.branches if answer.ok else crashed(answer)
    return cell_bytes(point.labels, draw_numbers(cell), branches, labels, store.keep)


def pace(done: int, total: int, seconds: float) -> str:
    """Return how fast it goes and how long it will take, in words."""
    rate = done / seconds if seconds > 0 else 0.0
    left = (total - done) / rate if rate > 0 else 0.0
    return f"cells, {rate:.3g} a second, {duration(left)} left"


def duration(seconds: float) -> str:
    """Return a time in the unit that people would use."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"
