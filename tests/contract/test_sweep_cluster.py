"""A Dask cluster solves what this machine solves and listens on loopback only; a silent address is an error."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

import sweeping
from detente.core.errors import UsageError
from detente.sweep import cluster as module
from detente.sweep.cells import laid_out
from detente.sweep.cluster import cluster
from detente.sweep.context import Context, keep
from detente.sweep.plan import load_plan
from detente.sweep.store import create
from detente.sweep.sweep import sweep, tasks_of
from detente.sweep.tasks import Here

pytest.importorskip("distributed")

LOCAL = ("127.", "::1", "localhost")


def listening() -> set[str]:
    """Return the addresses on which this machine listens, as the kernel tells them in hexadecimal."""
    found: set[str] = set()
    for name in ("tcp", "tcp6"):
        lines = Path(f"/proc/net/{name}").read_text().splitlines()[1:]
        rows = [line.split() for line in lines]
        found |= {row[1] for row in rows if row[3] == "0A"}
    return found


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_two_workers_of_a_local_cluster_give_the_serial_numbers_on_loopback(tmp_path: Path) -> None:
    plan = sweeping.folder(tmp_path)
    laid = laid_out(load_plan(plan))
    store = create(tmp_path / "store", laid)
    for case in laid.cases.values():
        keep(store.path, case, laid.worlds.values())
    context = Context(store.path)
    serial = {each.task.key: each for each in Here(context).answers(tasks_of(store, context, store.cells))}
    before = listening()
    with cluster(store.path, None, 2, (600.0, 4 * 1024**3)) as executor:
        new = listening() - before
        parallel = {each.task.key: each for each in executor.answers(tasks_of(store, context, store.cells))}
    assert new
    assert all(address.startswith(("0100007F", "00000000000000000000000001000000")) for address in new), new
    assert parallel.keys() == serial.keys()
    for key, answer in serial.items():
        for branch, draws in answer.branches.items():
            for one, other in zip(draws, parallel[key].branches[branch], strict=True):
                assert one.status == other.status
                assert one.kept is not None
                assert other.kept is not None
                assert np.abs(one.kept - other.kept).max() <= 1e-12 * np.abs(one.kept).max()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_sweep_on_a_cluster_that_is_there_already(tmp_path: Path) -> None:
    """The scheduler is given by its address; the store is that of worker processes, byte for byte."""
    import distributed

    plan = sweeping.folder(tmp_path)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as there:
        address = there.scheduler_address.removeprefix("tcp://")
        done = sweep(plan, tmp_path / "cluster", executor=f"dask://{address}")
    assert done.new == done.cells == 8
    sweep(plan, tmp_path / "local", jobs=2)
    assert sweeping.cells(tmp_path / "cluster") == sweeping.cells(tmp_path / "local")


@pytest.mark.filterwarnings("ignore")
def test_an_address_that_does_not_answer_is_refused_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWERS_WITHIN", 0.5)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "worlds").mkdir()
    for address in ("127.0.0.1:9", "not an address"):
        with pytest.raises(UsageError, match="found no scheduler at"), contextlib.ExitStack() as stack:
            stack.enter_context(cluster(tmp_path, address, 1, (1.0, 1024**3)))


@pytest.mark.filterwarnings("ignore")
def test_a_batch_script_for_slurm_starts_workers_of_this_installation() -> None:
    """As far as it can be told without a SLURM: the script that dask-jobqueue would submit."""
    jobqueue = pytest.importorskip("dask_jobqueue")
    with jobqueue.SLURMCluster(
        cores=1, memory="4GB", walltime="01:00:00", interface=None,
        scheduler_options={"host": "127.0.0.1", "dashboard": False},
    ) as batch:  # fmt: skip
        script = batch.job_script()
    assert "#SBATCH" in script
    assert "distributed.cli.dask_worker" in script
    assert batch.scheduler_address.startswith("tcp://127.0.0.1:")
