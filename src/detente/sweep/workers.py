"""Worker processes on this machine, one BLAS thread each; one that dies is replaced, and its task is tried again."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Final, cast

import detente
from detente.core.errors import UsageError
from detente.sweep.frames import receive, send
from detente.sweep.tasks import TRIES, Answer, Task, plain_task
from detente.sweep.worker import unpacked

ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
PROGRAM: Final = (sys.executable, "-m", "detente.sweep.worker")
STARTS: Final = 20
"""Workers that may die before they are ready, one after the other, before it is given up."""
LAST_BREATH: Final = 1.0
"""Seconds that a worker whose pipe has closed has to end by itself."""
GRACE: Final = 4.0
"""Seconds that tasks under way have after an interrupt."""
REASON: Final = 300
"""Characters of a worker's last words that are kept."""


def cores(jobs: int | None) -> int:
    """Return how many workers to start: as many as this process may use cores, unless told.

    Raises:
        UsageError: not a whole number of at least 1.
    """
    if jobs is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
        raise UsageError(f"jobs: found {jobs!r}; expected a whole number of at least 1")
    return jobs


@dataclass
class _Process:
    """One worker with its pipes and its last words. ready: whether it has said that it can be given a task."""

    process: subprocess.Popen[bytes]
    words: IO[bytes]
    ready: bool = False

    @classmethod
    def start(cls, program: Sequence[str], folder: Path, memory: int | None) -> _Process:
        words = tempfile.TemporaryFile()  # noqa: SIM115, it lives as long as the worker
        above = str(Path(detente.__file__).resolve().parents[1])
        paths = os.pathsep.join(part for part in (above, os.environ.get("PYTHONPATH", "")) if part)
        environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONPATH": paths}
        command = [*program, str(folder), *([] if memory is None else [str(memory)])]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, env=environment
        )
        return cls(process, words)

    def wait(self) -> str:
        """Wait until the worker can be given a task; return why it cannot, or ""."""
        if self.ready:
            return ""
        try:
            self.ready = receive(cast(BinaryIO, self.process.stdout)) is not None
        except (OSError, EOFError, ValueError):
            self.ready = False
        return "" if self.ready else self._epitaph()

    def ask(self, task: Task, seconds: float | None) -> Answer | str:
        """Return the answer, or why there is none."""
        late = threading.Event()
        timer = threading.Timer(seconds or 0.0, self._expire, [late])
        timer.daemon = True
        if seconds:
            timer.start()
        try:
            stdin, stdout = self.process.stdin, self.process.stdout
            if stdin is None or stdout is None:
                return "no pipe"
            send(cast(BinaryIO, stdin), plain_task(task), {} if task.values is None else {"values": task.values})
            message = receive(cast(BinaryIO, stdout))
        except (OSError, EOFError, ValueError):
            message = None
        finally:
            timer.cancel()
        if message is None:
            if not late.is_set():
                return self._epitaph()
            self.end()  # its pipe closes before it can be reaped, and nobody may ask a dying worker again
            return f"over the limit of {seconds:g} seconds"
        header, tables = message
        return header["error"] if "error" in header else Answer(task, unpacked(header["branches"], tables))

    def _expire(self, late: threading.Event) -> None:
        late.set()
        self.process.kill()

    def _epitaph(self) -> str:
        """Return how the worker ended, with its last words; one that lives on without its pipe is ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LAST_BREATH)  # its own end, not ours
        code = self.end()
        how = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        self.words.seek(0)
        lines = self.words.read().decode(errors="replace").strip().splitlines()
        return f"worker {how}" + (f": {lines[-1][-REASON:]}" if lines else "")

    def end(self) -> int:
        """End the worker now and return its code."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return self.process.wait()


@dataclass
class Workers:
    """A number of worker processes.

    Attributes:
        folder: of scenarios and worlds. jobs: how many. seconds: of one task, or None. memory: bytes of one worker.
        program: what is started; a folder and the limit of memory are added.
    """

    folder: Path
    jobs: int
    seconds: float | None = None
    memory: int | None = None
    program: Sequence[str] = PROGRAM
    _idle: list[_Process] = field(default_factory=list)
    _all: list[_Process] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: bool = False
    _closing: bool = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def warm_up(self) -> Workers:
        """Start all workers now, so that they load while something else is done."""
        self._idle = [self._start() for _ in range(self.jobs)]
        return self

    def stop(self) -> None:
        """End all workers now; nothing more is begun."""
        with self._lock:
            self._stopped = True
            running, self._all = self._all, []
        for each in running:
            each.end()
            each.words.close()

    def answers(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Yield the answer to each task as it arrives; closing the iterator ends the workers.

        Interrupted once, it begins nothing more, waits a little for what is under way, and then is interrupted; twice,
        it is so at once.
        """
        waiting = iter(tasks)
        arrived: queue.Queue[Answer | BaseException | None] = queue.Queue()
        threads = [threading.Thread(target=self._serve, args=(waiting, arrived), daemon=True) for _ in range(self.jobs)]
        for thread in threads:
            thread.start()
        left, until = len(threads), None
        try:
            while left:
                try:
                    item = arrived.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
                except KeyboardInterrupt:
                    if until is not None:
                        raise
                    until, self._closing = time.monotonic() + GRACE, True
                    continue
                except queue.Empty:
                    break
                if isinstance(item, BaseException):
                    raise item
                if item is None:
                    left -= 1
                else:
                    yield item
            if until is not None:
                raise KeyboardInterrupt
        finally:
            self.stop()

    def one(self, task: Task) -> Answer:
        """Return the answer to one task; its worker waits for the next one."""
        answer, worker = self._carried_out(task, None)
        if worker is not None:
            with self._lock:
                self._idle.append(worker)
        return answer

    def _serve(self, waiting: Iterator[Task], arrived: queue.Queue[Any]) -> None:
        """Take tasks until there are none, with one worker after the other."""
        try:
            worker: _Process | None = None
            while (task := self._next(waiting)) is not None:
                answer, worker = self._carried_out(task, worker)
                arrived.put(answer)
            arrived.put(None)
        except BaseException as error:
            arrived.put(None if self._stopped else error)

    def _next(self, waiting: Iterator[Task]) -> Task | None:
        with self._lock:
            return None if self._stopped or self._closing else next(waiting, None)

    def _carried_out(self, task: Task, worker: _Process | None) -> tuple[Answer, _Process | None]:
        """Return the answer to a task, after at most `TRIES` workers have died of it, and the worker that lives."""
        reason = ""
        for tries in range(1, TRIES + 1):
            worker = worker or self._taken()
            if self._stopped:
                break
            found = worker.ask(task, self.seconds)
            if isinstance(found, Answer):
                return Answer(task, found.branches, tries=tries), worker
            reason = found
            if self._stopped or self._closing:
                break
            if worker.process.poll() is not None:
                worker = None
        return Answer(task, error=reason, tries=TRIES), worker

    def _taken(self) -> _Process:
        """Return a worker that is ready; one that dies before is no task's fault, and another is started.

        Raises:
            OSError: one after the other dies before it is ready.
        """
        reason = ""
        for _ in range(STARTS):
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            worker = worker or self._start()
            reason = worker.wait()
            if not reason or self._stopped:
                return worker
        raise OSError(f"workers do not start: {reason}")

    def _start(self) -> _Process:
        started = _Process.start(self.program, self.folder, self.memory)
        with self._lock:
            self._all.append(started)
        return started
