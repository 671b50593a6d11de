"""A process that solves draws: `python -m detente.sweep.worker FOLDER [BYTES]`; messages on stdin and stdout.

It ends when its stdin does, even in the middle of a solve: a parent that is killed leaves nothing running.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from detente.core.arrays import Array
from detente.equilibrium.draws import Solved
from detente.sweep.context import Context
from detente.sweep.frames import receive, send
from detente.sweep.tasks import Task, answered
from detente.sweep.variant import Variant


def main(words: Sequence[str]) -> None:
    """Answer tasks until stdin ends.

    Args:
        words: folder of scenarios and worlds; then the most bytes of memory that may be used, if there is a limit.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if len(words) > 1:
        _limit_memory(int(words[1]))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    tasks: queue.Queue[tuple[dict[str, Any], dict[str, Array]]] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    context = Context(Path(words[0]))
    send(answers, {"ready": os.getpid()})
    while True:
        header, arrays = tasks.get()
        _answer(answers, context, header, arrays)


def _listen(stream: BinaryIO, tasks: queue.Queue[Any]) -> None:
    while (message := receive(stream)) is not None:
        tasks.put(message)
    os._exit(0)


def _answer(stream: BinaryIO, context: Context, header: dict[str, Any], arrays: dict[str, Array]) -> None:
    """Solve one task and send what came of it; a bug is told, and does not end the worker."""
    task = Task(header["task"], Variant.of(header["variant"]), arrays.get("values"))
    try:
        answer, tables = packed(answered(context, task).branches)
    except Exception as error:
        send(stream, {"task": task.key, "error": f"{type(error).__name__}: {error}"})
        return
    send(stream, {"task": task.key, "branches": answer}, tables)


def packed(found: dict[str, list[Solved]]) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return solved draws as plain data and arrays; `unpacked` is the way back."""
    plain = {
        branch: [[each.status, each.residual, each.text, each.ok] for each in draws] for branch, draws in found.items()
    }
    tables = {
        branch: np.array([each.kept for each in draws if each.kept is not None])
        for branch, draws in found.items()
        if any(each.ok for each in draws)
    }
    return plain, tables


def unpacked(plain: dict[str, Any], tables: dict[str, Array]) -> dict[str, list[Solved]]:
    """Return solved draws from what `packed` made of them."""
    found: dict[str, list[Solved]] = {}
    for branch, rows in plain.items():
        rest = iter(tables.get(branch, ()))
        found[branch] = [
            Solved(status, residual, text, next(rest) if ok else None) for status, residual, text, ok in rows
        ]
    return found


def _limit_memory(size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main(sys.argv[1:])
