"""Lanes of worker processes: numbers never wait behind a download, nor a download behind a search for tariffs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

from detente.app import frames
from detente.app.child import Child, connected, ended, started
from detente.app.jobs import CANCELLED, CRASHED, RUNNING, TIMEOUT, Board, Job

SIDE: Final = ("part", "figure", "table", "file", "read", "draft", "vega")
LONG: Final = ("optimal", "nash", "talks")
GRACE: Final = 1.0
"""Seconds that a cancelled job has to end by itself before its process is ended: a short solve is cheaper to finish."""


class Lane:
    """One worker process and the jobs that wait for it."""

    def __init__(self, deadline: float, folder: Path | None, early: Popen[bytes] | None = None) -> None:
        self.deadline, self.folder, self.early = deadline, folder, early
        self.waiting: asyncio.Queue[Job] = asyncio.Queue()
        self.process: Child | None = None

    async def run(self) -> None:
        """Take up one job after another until the server ends; the process starts with the first one."""
        try:
            while True:
                job = await self.waiting.get()
                if not job.over:
                    await self._take(job)
                    await self._started()  # warm again, should the process have been ended
        finally:
            await self._killed()

    async def _started(self) -> Child:
        if self.process is None or not self.process.alive:
            if self.process is not None:
                await self._killed()
            self.early = started(self.folder) if self.early is None else self.early
            self.process, self.early = await connected(self.early), None
        return self.process

    async def _killed(self) -> None:
        process, self.process = self.process, None
        early, self.early = self.early, None
        if process is not None:
            await process.killed()
        if early is not None:
            await asyncio.to_thread(ended, early)

    async def _take(self, job: Job) -> None:
        """Have a job done, until it ends, is unwanted, or is over its deadline."""
        job.status, job.started = RUNNING, time.monotonic()
        work = asyncio.ensure_future(self._work(job))
        unwanted = asyncio.ensure_future(job.unwanted.wait())
        try:
            await asyncio.wait({work, unwanted}, timeout=self.deadline, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                status = CANCELLED if job.unwanted.is_set() else TIMEOUT
                await self._stopped(job, work)
                job.end(status)
                return
            document, content = work.result()
            job.end(str(document.get("status", CRASHED)), document, content)
        except (EOFError, OSError):
            sentence = "the process that did the work ended; the job is not repeated"
            job.end(CRASHED, {"status": CRASHED, "problems": [sentence]})
            await self._killed()
        finally:
            unwanted.cancel()
            work.cancel()

    async def _stopped(self, job: Job, work: asyncio.Future[Any]) -> None:
        """Ask the worker to leave the job, and end its process if it does not."""
        process = await self._started()
        process.stdin.write(frames.packed(frames.CANCEL, {"id": job.id}))
        await asyncio.wait({work}, timeout=GRACE)
        if not work.done() or work.exception() is not None:
            await self._killed()

    async def _work(self, job: Job) -> tuple[dict[str, Any], bytes]:
        process = await self._started()
        process.stdin.write(frames.packed(frames.JOB, {"id": job.id, "kind": job.kind, "args": dict(job.args)}))
        await process.stdin.drain()
        content = b""
        while True:
            kind, found = await frames.receive(process.stdout)
            if kind == frames.PROGRESS:
                job.progress = found
            elif kind == frames.FILE:
                content = found
            elif kind == frames.RESULT:
                return found, content


def lane_of(kind: str, args: Mapping[str, Any]) -> str:
    """Return which lane a job waits in: bands take seconds, so they never hold up a plain number."""
    if kind in LONG:
        return "long"
    return "side" if kind in SIDE or args.get("state", {}).get("draws") else "quick"


class Pool:
    """Three lanes (numbers; files and slow figures; searches), and the board of jobs."""

    def __init__(
        self, *, limit: int, deadline: float, folder: Path | None = None, early: Popen[bytes] | None = None
    ) -> None:
        self.board = Board(limit)
        self.lanes = {name: Lane(deadline, folder) for name in ("side", "long")}
        self.lanes["quick"] = Lane(deadline, folder, early)
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the workers; the first job finds them warm or waits for them."""
        self.tasks = [asyncio.create_task(lane.run()) for lane in self.lanes.values()]

    async def stop(self) -> None:
        """End every job and every worker."""
        for job in self.board.jobs.values():
            if not job.over:
                job.end(CANCELLED)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def submit(self, kind: str, args: Mapping[str, Any]) -> Job:
        """Return the job of a question, new or known.

        Raises:
            QueueFull: too many jobs wait.
        """
        job, new = self.board.open(kind, args)
        if new:
            self.lanes[lane_of(kind, args)].waiting.put_nowait(job)
        return job

    def find(self, id_: str) -> Job | None:
        """Return a job by its id, or None."""
        return self.board.jobs.get(id_)
