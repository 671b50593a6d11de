"""A worker as a process: started before the server has loaded what it needs itself, connected once there is a loop."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def started(folder: Path | None) -> subprocess.Popen[bytes]:
    """Start a worker; it loads the model while its server is still loading.

    Args:
        folder: what is served, or None.
    """
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    words = [sys.executable, "-m", "detente.app.worker", *([str(folder)] if folder else [])]
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)


def ended(process: subprocess.Popen[bytes]) -> None:
    """End a worker that was not connected, and wait until it is gone."""
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()


@dataclass(frozen=True)
class Child:
    """A worker whose pipes are streams of the running loop."""

    process: subprocess.Popen[bytes]
    stdin: StreamWriter
    stdout: StreamReader
    reading: asyncio.BaseTransport

    @property
    def alive(self) -> bool:
        """Return whether it has not ended."""
        return self.process.poll() is None

    async def killed(self) -> None:
        """End it and wait until it is gone."""
        if self.alive:
            self.process.kill()
        self.stdin.close()
        self.reading.close()
        await asyncio.to_thread(self.process.wait)


async def connected(process: subprocess.Popen[bytes]) -> Child:
    """Return a started worker with its pipes on the running loop."""
    loop = asyncio.get_running_loop()
    reader = StreamReader(limit=2**20)
    reading, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), _pipe(process.stdout))
    try:
        transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, _pipe(process.stdin))
    except BaseException:
        reading.close()
        raise
    return Child(process, StreamWriter(transport, protocol, None, loop), reader, reading)


def _pipe(stream: IO[bytes] | None) -> Any:
    """Return a pipe that was asked for when the process was started."""
    if stream is None:
        raise EOFError
    return stream
