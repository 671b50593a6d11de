"""The process that loads the model and does the work: one job after another, told what is no longer wanted."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

from detente.app import frames
from detente.core.errors import DetenteError

TELL_EVERY: Final = 0.1
INTERNAL: Final = "a bug in detente: the traceback is in the terminal of the server; please report it"

Job = dict[str, Any]
Progress = Callable[[str, int, int], None]


class Cancelled(BaseException):
    """The job is no longer wanted; not an `Exception`, so that nothing on the way takes it for a failure."""


class Worker:
    """Jobs in, results out.

    Attributes:
        stream: where frames go. folder: what is served. dropped: ids of jobs that are no longer wanted.
    """

    def __init__(self, stream: BinaryIO, folder: Path | None) -> None:
        self.stream, self.folder = stream, folder
        self.jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.dropped: set[str] = set()
        self.told = 0.0

    def listen(self, stream: BinaryIO) -> None:
        """Read frames until the server is gone, and leave with it, whatever is being solved."""
        try:
            while True:
                kind, content = frames.read(stream)
                if kind == frames.JOB:
                    self.jobs.put(content)
                elif kind == frames.CANCEL:
                    self.dropped.add(content["id"])
        except (EOFError, OSError, ValueError):
            os._exit(0)

    def work(self) -> None:
        """Do one job after another, for ever."""
        threading.Thread(target=_draw_once, daemon=True).start()
        from detente.app.tasks import warm

        warm(self.folder)
        while True:
            job = self.jobs.get()
            self.told = 0.0
            document, content = self._done(job)
            self.dropped.discard(job["id"])
            if content:
                self._send(frames.FILE, content)
            self._send(frames.RESULT, document)

    def _done(self, job: Job) -> tuple[dict[str, Any], bytes]:
        from detente.app.tasks import run_task

        def progress(what: str, done: int, total: int) -> None:
            if job["id"] in self.dropped:
                raise Cancelled
            if time.monotonic() - self.told > TELL_EVERY:
                self.told = time.monotonic()
                self._send(frames.PROGRESS, {"what": what, "done": done, "total": total})

        try:
            return run_task(job["kind"], job["args"], progress)
        except Cancelled:
            return {"status": "CANCELLED"}, b""
        except DetenteError as error:
            from detente.app.problems import refused

            return refused(error, [self.folder] if self.folder else []), b""
        except MemoryError:
            return {"status": "MEMORY", "problems": ["this machine has too little memory for that"]}, b""
        except Exception:
            traceback.print_exc()
            return {"status": "CRASHED", "problems": [INTERNAL]}, b""

    def _send(self, kind: bytes, content: Any) -> None:
        try:
            self.stream.write(frames.packed(kind, content))
            self.stream.flush()
        except OSError:
            os._exit(0)


def _draw_once() -> None:
    """Have the drawing library set itself up, on the other core, while the model is loaded and solved."""
    from detente.report.charts.base import svg, values

    svg({"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "data": values([{"a": 1}]), "mark": "bar"})


def main() -> None:
    """Serve jobs from standard input; what a library prints goes to standard error and never between frames."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    worker = Worker(stream, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    threading.Thread(target=worker.listen, args=(sys.stdin.buffer,), daemon=True).start()
    worker.work()


if __name__ == "__main__":
    main()
