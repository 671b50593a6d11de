"""Failures as plain data for a page and an API: what is wrong by line and field, never a path or a trace."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from detente.core.errors import DetenteError, Problem

STATUS: Final = {
    1: "FAILED",
    2: "INVALID_INPUT",
    3: "INVALID_INPUT",
    4: "NOT_SOLVED",
    5: "CHECK_FAILED",
    6: "DATA_MISSING",
}
SHOWN: Final = 100
_LINE: Final = re.compile(r":([0-9]{1,7})$")


def refused(error: DetenteError, roots: Iterable[Path] = ()) -> dict[str, Any]:
    """Return an error: its status first, then every problem.

    Args:
        error: what was raised. roots: further folders whose place is nobody's business.
    """
    certificate = getattr(error, "certificate", None)
    status = certificate.status if certificate is not None else STATUS.get(error.exit_code, "FAILED")
    problems = [_problem(each, roots) for each in error.problems[:SHOWN]]
    lines = error.message.splitlines() if error.message else [] if problems else [type(error).__name__]
    problems = [{"text": scrubbed(line, roots)} for line in lines] + problems
    if len(error.problems) > SHOWN:
        problems.append({"text": f"and {len(error.problems) - SHOWN} more"})
    return {"status": status, "problems": problems}


def _problem(problem: Problem, roots: Iterable[Path]) -> dict[str, Any]:
    match = _LINE.search(problem.where)
    found: dict[str, Any] = {
        "text": scrubbed(str(problem), roots),
        "line": int(match[1]) if match else None,
        "field": problem.field,
        "found": scrubbed(problem.found, roots),
        "expected": scrubbed(problem.expected, roots),
        "hint": scrubbed(problem.hint, roots),
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def scrubbed(text: str, roots: Iterable[Path] = ()) -> str:
    """Return a sentence without the folders of this machine: what is left begins below them."""
    package = Path(__file__).resolve().parents[1]
    private = [*roots, package, Path.cwd(), Path.home(), Path(sys.prefix), Path(tempfile.gettempdir())]
    for root in sorted({str(each) for each in private}, key=len, reverse=True):
        if len(root) > 1:
            text = text.replace(f"{root}/", "").replace(root, "..")
    return text
