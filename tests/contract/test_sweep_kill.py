"""A sweep is killed, interrupted and robbed of its workers; the same command again, and nothing is lost or double."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sweeping
from detente.sweep.store import HEAD, open_store, verified

WAIT = 600.0
"""Seconds after which a process that should have ended is taken for stuck."""


def finished(*words: str | Path) -> subprocess.CompletedProcess[bytes]:
    """Run detente to its end."""
    return subprocess.run(sweeping.command(*words), capture_output=True, timeout=WAIT, check=False)


def begun(process: subprocess.Popen[bytes], store: Path, cells: int = 1) -> bool:
    """Wait until a sweep has stored so many cells; False if it ended before."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        if process.poll() is not None:
            return False
        if (store / HEAD).exists() and len(open_store(store).found()) >= cells:
            return True
        time.sleep(0.02)
    raise TimeoutError("the sweep stored nothing")


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """Wait for a process and return its code and what it said."""
    out, error = process.communicate(timeout=WAIT)
    return process.returncode, out, error


def children(pid: int) -> Iterator[int]:
    """Yield the processes that a process has started."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, task.read_text().split())


@pytest.mark.slow
def test_twenty_kills_at_random_moments_of_500_cells(tmp_path: Path) -> None:
    """S1: kill -9 of the whole process group, twenty times; then one run to the end; compared with one never killed."""
    plan = sweeping.folder(tmp_path, rates=250, draws=2)
    store, whole = tmp_path / "store", tmp_path / "whole"
    rng, before = np.random.default_rng(20251025), 0
    kills = redone = 0
    while kills < 20:
        process = sweeping.started("sweep", plan, "--out", store, "--jobs", "2", "--quiet")
        if begun(process, store, before + 1):
            time.sleep(rng.uniform(0.0, 0.6))
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        ended(process)
        found = verified(open_store(store))
        assert not found.damaged
        assert not found.strangers
        assert not found.twice
        now = found.cells - len(found.missing)
        assert now >= before  # nothing that was stored is lost
        before = now
        redone += 1
        if now == found.cells:
            break
    last = finished("sweep", plan, "--out", store, "--jobs", "2", "--quiet")
    assert last.returncode == 0, last.stderr
    done = finished("sweep", plan, "--out", whole, "--jobs", "2", "--quiet")
    assert done.returncode == 0, done.stderr
    assert len(sweeping.cells(store)) == 500
    assert sweeping.cells(store) == sweeping.cells(whole)
    assert sweeping.index(store) == sweeping.index(whole)
    assert verified(open_store(store)).ok
    assert not [*(store / "tmp").iterdir()]
    assert kills >= 10


@pytest.mark.slow
def test_workers_that_die_all_the_time_do_not_stop_the_sweep(tmp_path: Path) -> None:
    """S6: every two seconds a worker is killed; the cells are those of a quiet run, none of them lost to a kill."""
    plan = sweeping.folder(tmp_path, rates=150, draws=2)
    store, whole = tmp_path / "store", tmp_path / "whole"
    process = sweeping.started("sweep", plan, "--out", store, "--jobs", "2", "--quiet")
    assert begun(process, store)
    killed = 0
    while process.poll() is None:
        time.sleep(2.0)
        for worker in list(children(process.pid))[:1]:
            os.kill(worker, signal.SIGKILL)
            killed += 1
    code, _, error = ended(process)
    assert code == 0, error
    assert killed > 0
    assert finished("sweep", plan, "--out", whole, "--jobs", "2", "--quiet").returncode == 0
    assert sweeping.cells(store) == sweeping.cells(whole)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_stops_after_what_is_under_way_and_the_same_command_goes_on(number: int, tmp_path: Path) -> None:
    """S8."""
    plan = sweeping.folder(tmp_path, rates=60, draws=2)
    store = tmp_path / "store"
    process = sweeping.started("sweep", plan, "--out", store, "--jobs", "2")
    assert begun(process, store, 3)
    process.send_signal(number)
    code, _, error = ended(process)
    assert code == 130, error
    assert b"Traceback" not in error
    there = open_store(store)
    assert 3 <= len(there.found()) < len(there.keys)
    assert not verified(there).damaged
    assert finished("verify", store).returncode == 5
    again = finished("sweep", store, "--jobs", "2")
    assert again.returncode == 0, again.stderr
    assert finished("verify", store).returncode == 0


@pytest.mark.slow
def test_two_signals_stop_now_and_leave_no_worker_behind(tmp_path: Path) -> None:
    plan = sweeping.folder(tmp_path, rates=60, draws=40)
    store = tmp_path / "store"
    process = sweeping.started("sweep", plan, "--out", store, "--jobs", "2")
    assert begun(process, store)
    workers = list(children(process.pid))
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert ended(process)[0] in (130, -signal.SIGINT)  # a shell calls both 130
    until = time.monotonic() + WAIT
    while time.monotonic() < until and any(Path(f"/proc/{pid}").exists() for pid in workers):
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert not verified(open_store(store)).damaged


@pytest.mark.slow
def test_a_killed_parent_takes_its_workers_along(tmp_path: Path) -> None:
    plan = sweeping.folder(tmp_path, rates=60, draws=40)
    store = tmp_path / "store"
    process = sweeping.started("sweep", plan, "--out", store, "--jobs", "2")
    assert begun(process, store)
    workers = list(children(process.pid))
    assert workers
    process.kill()
    ended(process)
    until = time.monotonic() + WAIT
    while time.monotonic() < until and any(Path(f"/proc/{pid}").exists() for pid in workers):
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
