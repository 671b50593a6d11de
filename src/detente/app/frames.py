"""How server and worker talk: frames of one letter, a length and bytes over pipes; JSON inside, never pickles."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO, Final, Protocol

JOB, CANCEL, PROGRESS, FILE, RESULT = b"J", b"C", b"P", b"F", b"R"
HEAD: Final = struct.Struct(">cI")
LIMIT: Final = 512 * 1024**2


class Reader(Protocol):
    """What the server reads a worker's frames from."""

    async def readexactly(self, n: int) -> bytes:
        """Return exactly so many bytes."""


def packed(kind: bytes, content: Any) -> bytes:
    """Return a frame; content is bytes for a file and plain data otherwise."""
    body = content if isinstance(content, bytes) else json.dumps(content, allow_nan=False).encode()
    return HEAD.pack(kind, len(body)) + body


def unpacked(kind: bytes, body: bytes) -> Any:
    """Return the content of a frame."""
    return body if kind == FILE else json.loads(body)


def read(stream: BinaryIO) -> tuple[bytes, Any]:
    """Return (kind, content) of the next frame.

    Raises:
        EOFError: the other side is gone.
    """
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    kind, length = HEAD.unpack(head)
    if length > LIMIT:
        raise EOFError
    return kind, unpacked(kind, stream.read(length))


async def receive(stream: Reader) -> tuple[bytes, Any]:
    """Return (kind, content) of the next frame.

    Raises:
        EOFError: the other side is gone (also `asyncio.IncompleteReadError`, which is one).
    """
    kind, length = HEAD.unpack(await stream.readexactly(HEAD.size))
    if length > LIMIT:
        raise EOFError
    return kind, unpacked(kind, await stream.readexactly(length))
