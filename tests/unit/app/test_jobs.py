"""The board of jobs, the frames between server and worker, and what a worker does with a task."""

from __future__ import annotations

import asyncio
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.app import frames, tasks
from detente.app.jobs import CANCELLED, RUNNING, Board, QueueFullError, job_id
from detente.app.worker import Worker
from detente.core.errors import UsageError

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def board(limit: int = 3) -> Board:
    return asyncio.run(_made(limit))


async def _made(limit: int) -> Board:
    return Board(limit)


@given(plain, st.binary(max_size=50))
def test_frames_come_back(content: object, data: bytes) -> None:
    stream = io.BytesIO(frames.packed(frames.RESULT, content) + frames.packed(frames.FILE, data))
    assert frames.read(stream) == (frames.RESULT, content)
    assert frames.read(stream) == (frames.FILE, data)
    with pytest.raises(EOFError):
        frames.read(stream)


def test_a_frame_that_is_too_long_ends_the_talk() -> None:
    with pytest.raises(EOFError):
        frames.read(io.BytesIO(frames.HEAD.pack(frames.RESULT, frames.LIMIT + 1)))


def test_the_same_question_is_the_same_job_until_it_was_cancelled() -> None:
    found = board()
    first, new = found.open("solve", {"a": 1, "b": [2]})
    again, newer = found.open("solve", {"b": [2], "a": 1})
    assert (again is first, new, newer) == (True, True, False)
    assert found.open("solve", {"a": 2})[0] is not first
    first.cancel()
    assert (first.status, first.document) == (CANCELLED, {"status": CANCELLED})
    third, newest = found.open("solve", {"a": 1, "b": [2]})
    assert newest
    assert third is not first
    assert third.id == first.id == job_id("solve", {"a": 1, "b": [2]})


def test_the_board_is_full_of_those_that_wait_and_of_no_others() -> None:
    found = board(2)
    running, _ = found.open("solve", {"a": 0})
    running.status = RUNNING
    for k in (1, 2):
        found.open("solve", {"a": k})
    with pytest.raises(QueueFullError) as caught:
        found.open("solve", {"a": 3})
    assert caught.value.seconds >= 1
    found.open("solve", {"a": 1})


def test_finished_jobs_are_forgotten_and_waiting_ones_are_not() -> None:
    found = board(1000)
    waiting, _ = found.open("solve", {"first": True})
    for k in range(400):
        found.open("solve", {"k": k})[0].end("CERTIFIED", {"status": "CERTIFIED"})
    assert len(found.jobs) <= 257
    assert found.jobs[waiting.id] is waiting
    for k in range(4):
        found.open("big", {"k": k})[0].end("OK", {"status": "OK"}, bytes(100_000_000))
    found.open("big", {"k": 9})
    assert sum(len(job.content) for job in found.jobs.values()) <= 256 * 1024**2


def test_plain_data_has_no_number_that_is_none() -> None:
    found = tasks.plain({"a": np.float64("nan"), "b": (np.int64(3), float("inf")), "c": {1: True}, "d": None})
    assert found == {"a": None, "b": [3, None], "c": {"1": True}, "d": None}
    frames.packed(frames.RESULT, found)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UsageError, match="job: found 'nothing'"):
        tasks.run_task("nothing", {}, lambda what, done, total: None)


def test_a_worker_survives_what_a_task_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(args: dict[str, object], progress: object) -> tuple[dict[str, object], bytes]:
        raise ZeroDivisionError("/secret/place")

    def greedy(args: dict[str, object], progress: object) -> tuple[dict[str, object], bytes]:
        raise MemoryError

    def slow(args: dict[str, object], progress: tasks.Progress) -> tuple[dict[str, object], bytes]:
        for k in range(10):
            progress("counting", k, 10)
        raise AssertionError("it was not asked to stop")

    monkeypatch.setitem(tasks.TASKS, "crash", crash)
    monkeypatch.setitem(tasks.TASKS, "greedy", greedy)
    monkeypatch.setitem(tasks.TASKS, "slow", slow)
    worker = Worker(io.BytesIO(), None)
    status, content = worker._done({"id": "1", "kind": "crash", "args": {}})
    assert (status["status"], content) == ("CRASHED", b"")
    assert "secret" not in str(status)
    assert worker._done({"id": "2", "kind": "greedy", "args": {}})[0]["status"] == "MEMORY"
    assert worker._done({"id": "3", "kind": "nothing", "args": {}})[0]["status"] == "INVALID_INPUT"
    worker.dropped.add("4")
    assert worker._done({"id": "4", "kind": "slow", "args": {}}) == ({"status": "CANCELLED"}, b"")
    assert "ZeroDivisionError" in capsys.readouterr().err
