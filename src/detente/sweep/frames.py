"""Messages between processes: a line of JSON and arrays as raw bytes. Nothing that arrives is ever executed."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import numpy as np

from detente.core.arrays import Array

_LENGTH: Final = struct.Struct(">Q")
LIMIT: Final = 1 << 32


def send(stream: BinaryIO, header: Mapping[str, Any], arrays: Mapping[str, Array] | None = None) -> None:
    """Write one message; float64 arrays by name come back as they were.

    Raises:
        OSError: the other side has gone.
    """
    plain = {name: np.ascontiguousarray(array, dtype=np.float64) for name, array in (arrays or {}).items()}
    told = {**header, "arrays": {name: list(array.shape) for name, array in plain.items()}}
    text = json.dumps(told, allow_nan=True).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    for array in plain.values():
        stream.write(array.tobytes())
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, Array]] | None:
    """Read one message, or None at the end of the stream.

    Raises:
        EOFError: the stream ended inside a message. ValueError: not a message.
    """
    head = stream.read(_LENGTH.size)
    if not head:
        return None
    size = _LENGTH.unpack(_whole(head, _LENGTH.size))[0]
    if size > LIMIT:
        raise ValueError(f"a message of {size} bytes")
    header: dict[str, Any] = json.loads(_whole(stream.read(size), size))
    arrays = {}
    for name, shape in header.pop("arrays").items():
        count = 8 * int(np.prod(shape, dtype=np.int64))
        arrays[name] = np.frombuffer(_whole(stream.read(count), count), dtype=np.float64).reshape(shape)
    return header, arrays


def _whole(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise EOFError(f"{len(data)} of {size} bytes")
    return data
