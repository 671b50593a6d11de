"""A bar for work that lasts: on a terminal only, on stderr only, and nothing is loaded for it before it is needed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from detente.baseline.accounts import Progress, silent
from detente.cli import output

PATIENCE: Final = 1.0
"""Seconds before a bar is shown."""


@contextmanager
def reported() -> Iterator[Progress]:
    """Yield what a reader tells how far it is; in a pipe, with --quiet and with --json it is told nothing."""
    terminal = sys.stderr is not None and not sys.stderr.closed and sys.stderr.isatty()
    if not terminal or output.quiet() or output.wants_json():
        yield silent
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.close()


class Bar:
    """A bar that appears when work has lasted for `PATIENCE` seconds, and leaves nothing behind."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.shown: Any = None
        self.task: Any = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how much of what is done."""
        if self.shown is None:
            if time.monotonic() - self.started < PATIENCE:
                return
            self._show(what, total)
        self.shown.update(self.task, description=_plain(what), completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self.shown is not None:
            self.shown.stop()

    def _show(self, what: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import Progress as Shown

        self.shown = Shown(console=Console(stderr=True), transient=True)
        self.task = self.shown.add_task(_plain(what), total=total)
        self.shown.start()


def _plain(what: str) -> str:
    """Return a name without markup or control characters: it may be a stranger's file."""
    return "".join(mark for mark in what if mark.isprintable() and mark not in "[]")[:60]
