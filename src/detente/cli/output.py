"""Where words go: data to stdout, notes to stderr. A reader who went away is no error."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from detente.core.errors import UsageError

RED: Final = "\x1b[31m"
PLAIN: Final = "\x1b[0m"
PIPED_WIDTH: Final = 120
_WORDS: list[str] = []
_SPOKEN: list[bool] = []


def start(words: list[str]) -> None:
    """Remember the command line and make the streams take any character."""
    _WORDS[:] = words
    _SPOKEN.clear()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def finish() -> None:
    """Write out what is buffered, so that nothing is left to fail at the end."""
    for stream in (sys.stdout, sys.stderr):
        _write(stream, "")


def command(swaps: Mapping[str, str] | None = None, more: Sequence[str] = ()) -> str:
    """Return the command that repeats this run.

    Args:
        swaps: words to be written instead of others. more: words to add.
    """
    return shlex.join(["detente", *((swaps or {}).get(word, word) for word in _WORDS), *more])


def wants_json() -> bool:
    """Return whether one JSON document was asked for."""
    return "--json" in _WORDS


def spoken() -> bool:
    """Return whether the one document was printed already."""
    return bool(_SPOKEN)


def quiet() -> bool:
    """Return whether notes are not wanted."""
    return "-q" in _WORDS or "--quiet" in _WORDS


def width() -> int:
    """Return the columns of the terminal, or of a wide page when there is none."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if terminal else PIPED_WIDTH


def say(text: str) -> None:
    """Print to stdout now."""
    _write(sys.stdout, text + "\n")


def document(content: Mapping[str, Any]) -> None:
    """Print one JSON document."""
    _SPOKEN.append(True)
    say(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, default=str))


def note(*lines: str) -> None:
    """Print notes and warnings to stderr, unless they are not wanted."""
    if not quiet():
        _write(sys.stderr, "".join(f"{line}\n" for line in lines))


def complain(*lines: str) -> None:
    """Print errors to stderr, red on a terminal."""
    red = sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    _write(sys.stderr, "".join(f"{RED}{line}{PLAIN}\n" if red else f"{line}\n" for line in lines))


def _write(stream: TextIO | None, text: str) -> None:
    """Write and flush; where the other end is closed, send the rest to nowhere and go on."""
    if stream is None or stream.closed:
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())


def check_file(to: Path | None, *, force: bool) -> None:
    """Refuse a file that must not be replaced, before anything is solved.

    Raises:
        UsageError: it exists, and `force` is not given.
    """
    if to is not None and to.exists() and not force:
        raise UsageError(f"to: found {str(to)!r}, which exists; expected a new file; try --force to replace it")


def shown(path: Path) -> str:
    """Return a path as the user would type it."""
    return shlex.quote(str(path))
