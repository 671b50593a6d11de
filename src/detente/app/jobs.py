"""The queue: a job has an id made of what is asked, waits in a lane, and is ended when nobody wants it any more."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

QUEUED, RUNNING, CANCELLED, TIMEOUT, CRASHED = "QUEUED", "RUNNING", "CANCELLED", "TIMEOUT", "CRASHED"
KEPT: Final = 256
KEPT_BYTES: Final = 256 * 1024**2
REPEATABLE: Final = (CANCELLED, TIMEOUT, CRASHED, "MEMORY")


class QueueFullError(Exception):
    """Too many jobs wait; `seconds` says when to come again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the queue is full; try again in {seconds} seconds")
        self.seconds = seconds


@dataclass(eq=False)
class Job:
    """One thing to be done.

    Attributes:
        id: 32 hexadecimal digits of what is asked. kind, args: what is asked. status: QUEUED, RUNNING, or how it ended.
        progress: {what, done, total}. document, content: the result and a file, when done. waiting: requests that wait.
        kept: somebody holds the id and will ask again, so that no disconnected request ends it.
    """

    id: str
    kind: str
    args: Mapping[str, Any]
    status: str = QUEUED
    progress: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    content: bytes = b""
    waiting: int = 0
    kept: bool = False
    started: float = 0.0
    stopped: float = 0.0
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    unwanted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def over(self) -> bool:
        """Return whether the job has ended, in whatever way."""
        return self.ended.is_set()

    def end(self, status: str, document: Mapping[str, Any] | None = None, content: bytes = b"") -> None:
        """Say how the job ended; nothing is stored of one that was cancelled."""
        self.status, self.document, self.content = status, dict(document or {"status": status}), content
        self.stopped = time.monotonic()
        self.ended.set()

    def cancel(self) -> None:
        """End the job now if it waits, or have its lane end it."""
        self.unwanted.set()
        if self.status == QUEUED:
            self.end(CANCELLED)


def job_id(kind: str, args: Mapping[str, Any]) -> str:
    """Return the id of what is asked: the same question has the same id."""
    text = json.dumps([kind, args], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Board:
    """All jobs that are known, oldest first; finished ones are forgotten when there are too many."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.jobs: OrderedDict[str, Job] = OrderedDict()

    def open(self, kind: str, args: Mapping[str, Any]) -> tuple[Job, bool]:
        """Return the job of a question and whether it is new.

        Raises:
            QueueFullError: `limit` jobs wait already.
        """
        id_ = job_id(kind, args)
        found = self.jobs.get(id_)
        if found is not None and found.status not in REPEATABLE and not found.unwanted.is_set():
            self.jobs.move_to_end(id_)
            return found, False
        waiting = sum(job.status == QUEUED for job in self.jobs.values())
        if waiting >= self.limit:
            raise QueueFullError(max(1, waiting // 4))
        self.jobs.pop(id_, None)
        job = self.jobs[id_] = Job(id_, kind, args)
        self._forget()
        return job, True

    def _forget(self) -> None:
        size = sum(len(job.content) for job in self.jobs.values())
        for id_, job in list(self.jobs.items()):
            if len(self.jobs) <= KEPT and size <= KEPT_BYTES:
                return
            if job.over:
                size -= len(job.content)
                del self.jobs[id_]


def elapsed(job: Job) -> float:
    """Return the seconds that a job has taken, or has taken so far; 0 while it waits."""
    return (job.stopped or time.monotonic()) - job.started if job.started else 0.0
