"""A request and its job: wait for it, and end it when nobody waits any more."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from fastapi import Request

from detente.app.catalogue import opened, text_of
from detente.app.jobs import Job
from detente.app.pool import Pool


def pool_of(request: Request) -> Pool:
    """Return the pool of the server."""
    pool: Pool = request.app.state.pool
    return pool


def submitted(request: Request, kind: str, args: Mapping[str, Any]) -> Job:
    """Return the job of a question. A file of the served folder that has changed since is another question.

    Raises:
        QueueFullError: too many jobs wait. UsageError: a case that cannot be read.
    """
    case = str(args.get("state", {}).get("case", ""))
    folder = request.app.state.settings.folder
    if folder is not None and (case.startswith("my/") or not case):
        args = {**args, "file": hashlib.sha256(text_of(opened(case, folder)).encode()).hexdigest()}
    return pool_of(request).submit(kind, args)


async def finished(job: Job, request: Request, seconds: float) -> bool:
    """Wait for a job; return whether it has ended. A job that nobody waits for and nobody will ask for is cancelled."""
    job.waiting += 1
    gone = asyncio.ensure_future(_gone(request))
    ended = asyncio.ensure_future(job.ended.wait())
    try:
        await asyncio.wait({gone, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        job.waiting -= 1
        if gone.done() and not job.over and not job.waiting and not job.kept:
            job.cancel()
        gone.cancel()
        ended.cancel()
    return job.over


async def _gone(request: Request) -> None:
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return


class JobFailedError(Exception):
    """A job ended without what was asked; answered with its document."""

    def __init__(self, code: int, document: Mapping[str, Any]) -> None:
        super().__init__(str(document.get("status")))
        self.code, self.document = code, dict(document)


def code_of(job: Job) -> int:
    """Return the HTTP status of an answer that is made of a job which has no result."""
    unusable = {"INVALID_INPUT": 422, "DATA_MISSING": 422, "CHECK_FAILED": 422, "CANCELLED": 409, "TIMEOUT": 503}
    return unusable.get(job.status, 503 if job.status in ("CRASHED", "MEMORY", "FAILED") else 200)


async def result_of(request: Request, kind: str, args: Mapping[str, Any], seconds: float) -> Job:
    """Return a job that has ended with a result.

    Raises:
        JobFailedError: it has none. QueueFullError, DetenteError: as `submitted`.
    """
    job = submitted(request, kind, args)
    if not await finished(job, request, seconds):
        raise JobFailedError(503, {"status": "TIMEOUT", "problems": ["the answer did not come in time; ask again"]})
    if "problems" in job.document:
        code = code_of(job)
        raise JobFailedError(422 if code == 200 else code, job.document)
    return job
