"""Tasks on a Dask cluster: one on this machine, on loopback only, or one that is there already.

Each cluster worker keeps a worker process of its own, the one of `workers`: the same code with the same limits, so that
a poison cell takes down that process and not the cluster. Scenarios and worlds are sent to each machine once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detente.core.arrays import Array
from detente.core.errors import UsageError
from detente.sweep.context import SCENARIOS, WORLDS
from detente.sweep.tasks import Answer, Task, plain_task
from detente.sweep.variant import Variant
from detente.sweep.worker import packed, unpacked
from detente.sweep.workers import Workers

LOOPBACK: Final = "127.0.0.1"
ANSWERS_WITHIN: Final = 10.0
"""Seconds within which a scheduler has to answer."""
AHEAD: Final = 4
"""Tasks handed out for each thread of the cluster, so that none waits and no million of them is in memory."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """An executor on a Dask client. parcel: scenarios and worlds, by name. limits: seconds and bytes of one worker."""

    client: Any
    parcel: dict[str, bytes]
    limits: tuple[float, int]

    def answers(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Yield the answer to each task as it arrives; closing the iterator cancels what is left."""
        from distributed import as_completed

        sent = self.client.scatter([self.parcel], broadcast=True)[0]
        waiting = iter(tasks)
        under_way: dict[Any, Task] = {}
        room = AHEAD * max(1, sum(self.client.nthreads().values()))
        arriving = as_completed()
        try:
            while True:
                while len(under_way) < room and (task := next(waiting, None)) is not None:
                    future = self.client.submit(
                        carried_out,
                        sent,
                        self.limits,
                        plain_task(task),
                        task.values,
                        key=f"detente-{task.key}",
                        pure=False,
                    )
                    under_way[future] = task
                    arriving.add(future)
                if not under_way:
                    return
                future = next(arriving)
                yield _answer(future, under_way.pop(future))
        finally:
            self.client.cancel(list(under_way))


def _answer(future: Any, task: Task) -> Answer:
    """Return what came of a future: an answer, or why a task has taken its cluster workers down."""
    error = future.exception()
    if error is not None:
        return Answer(task, error=f"{type(error).__name__}: {error}")
    plain, tables, reason, tries = future.result()
    return Answer(task, unpacked(plain, tables), reason, tries)


_HERE: Final[dict[frozenset[str], Workers]] = {}
"""The worker process of this cluster worker, by what it was given; it lives as long as the cluster worker."""


def carried_out(
    parcel: dict[str, bytes], limits: tuple[float, int], header: dict[str, Any], values: Array | None
) -> tuple[dict[str, Any], dict[str, Array], str, int]:
    """Return the answer to a task as plain data and arrays; runs on the cluster.

    Args:
        parcel: scenarios and worlds. limits: seconds and bytes. header, values: the task.
    """
    name = frozenset(parcel)
    if name not in _HERE:
        folder = Path(tempfile.mkdtemp(prefix="detente-"))
        for part in (SCENARIOS, WORLDS):
            (folder / part).mkdir()
        for path, content in parcel.items():
            (folder / path).write_bytes(content)
        _HERE[name] = Workers(folder, 1, *limits)
    answer = _HERE[name].one(Task(header["task"], Variant.of(header["variant"]), values))
    return (*packed(answer.branches), answer.error, answer.tries)


@contextmanager
def cluster(folder: Path, address: str | None, jobs: int, limits: tuple[float, int]) -> Iterator[Cluster]:
    """Yield the executor of a cluster.

    Args:
        folder: of scenarios and worlds. address: HOST:PORT of a scheduler, or None for a cluster on this machine.
        jobs: workers of a cluster on this machine. limits: seconds and bytes of one worker process.
    Raises:
        UsageError: Dask is not there, or nothing answers at the address.
    """
    try:
        import distributed
    except ImportError:
        raise UsageError("executor: found no Dask here; expected it; try pip install 'detente[cluster]'") from None
    names = [path for part in (SCENARIOS, WORLDS) for path in sorted((folder / part).iterdir())]
    parcel = {path.relative_to(folder).as_posix(): path.read_bytes() for path in names}
    if address is not None:
        try:
            client = distributed.Client(f"tcp://{address}", timeout=ANSWERS_WITHIN)
        except (OSError, ValueError) as error:
            found = f"executor: found no scheduler at {address!r} ({type(error).__name__})"
            raise UsageError(f"{found}; expected one that answers within {ANSWERS_WITHIN:g} s") from None
        with client:
            yield Cluster(client, parcel, limits)
        return
    local = distributed.LocalCluster(
        n_workers=jobs, threads_per_worker=1, host=LOOPBACK, dashboard_address=None, silence_logs=50, protocol="tcp"
    )
    with local, distributed.Client(local) as client:
        yield Cluster(client, parcel, limits)
