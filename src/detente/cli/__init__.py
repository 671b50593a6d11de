"""The command `detente`: parse, call, print. No number is computed here.

Exit codes: 0 ok, 1 internal or the machine, 2 usage, 3 invalid input, 4 not solved, 5 a check failed, 6 data missing,
130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from detente.cli import output
from detente.core.errors import DetenteError, SolveError

INTERRUPTED: Final = 130
UNCERTIFIED_EXIT: Final = 5
DEBUG: Final = "--debug"


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    code = execute(sys.argv[1:] if argv is None else argv)
    output.finish()
    sys.exit(code)


def execute(argv: Sequence[str]) -> int:
    """Run one command line and return its exit code; every failure is a line on stderr.

    Args:
        argv: the words after `detente`; `--debug` anywhere shows tracebacks.
    """
    words = list(argv)
    debug = DEBUG in words
    words = [word for word in words if word != DEBUG]
    output.start(words)
    try:
        return _called(words)
    except KeyboardInterrupt:
        output.complain("interrupted")
        return INTERRUPTED
    except Exception as error:
        if debug:
            raise
        return _failed(error, words)


def _called(words: list[str]) -> int:
    import typer
    from typer.main import get_command

    from detente.cli.app import app

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code: Any = get_command(app).main(args=words, prog_name="detente", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _interrupt(signum: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _failed(error: Exception, words: list[str]) -> int:
    """Say what went wrong in one line a problem, and return the exit code."""
    status, code, lines = _account(error, words)
    if output.wants_json() and not output.spoken():
        output.document({"status": status, "exit": code, "problems": lines})
    output.complain(*lines)
    return code


def _account(error: Exception, words: list[str]) -> tuple[str, int, list[str]]:
    """Return status, exit code and sentences of an error."""
    if isinstance(error, DetenteError):
        lines = str(error).splitlines() or [type(error).__name__]
        certificate = getattr(error, "certificate", None) if isinstance(error, SolveError) else None
        if certificate is not None:
            bad = certificate.status == "UNCERTIFIED"
            return certificate.status, UNCERTIFIED_EXIT if bad else error.exit_code, lines
        return STATUS_OF.get(error.exit_code, "FAILED"), error.exit_code, lines
    if type(error).__name__ == "NoArgsIsHelpError":
        return "USAGE", 2, str(error).splitlines()
    usage = getattr(error, "format_message", None)
    if callable(usage):
        path = getattr(getattr(error, "ctx", None), "command_path", "detente")
        return "USAGE", 2, [" ".join(f"{path}: {usage()}".split()), f"try: {path} --help"]
    if isinstance(error, OSError):
        what = f" {error.filename!r}" if isinstance(error.filename, (str, os.PathLike)) else ""
        return "FAILED", 1, [f"found a file or folder that cannot be used:{what} {error.strerror or error}".rstrip()]
    if isinstance(error, MemoryError):
        return "FAILED", 1, ["this machine has too little memory for that"]
    name = f"{type(error).__name__}: {error}".splitlines()[0]
    return "FAILED", 1, [f"a bug in detente: {name}; run again with --debug for the traceback, and report it"]


STATUS_OF: Final = {
    2: "USAGE",
    3: "INVALID_INPUT",
    4: "NOT_SOLVED",
    5: "CHECK_FAILED",
    6: "DATA_MISSING",
}
