"""The one error tree: where, what was found, what was expected, what to try.

Every user-facing failure of detente is a `DetenteError`. A loader collects all problems of a file and raises once.
Exit codes: 0 ok, 1 internal, 2 usage, 3 invalid input, 4 not converged, 5 a check failed, 6 data missing, 130 stopped.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

SHOWN = 20


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in the form `where: field: found X; expected Y; try Z`.

    Args:
        where: `file`, `file:line`, or the name of an argument; empty if unknown.
        field: path of the field, for example `measures[0].rate`; empty if the whole file is meant.
        found: what was there, as the user wrote it.
        expected: what would have been right, in words.
        hint: the nearest valid choice or the way out; empty if there is none.
    """

    where: str
    field: str
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        """Return the problem as one line."""
        place = ": ".join(part for part in (self.where, self.field) if part)
        text = f"found {self.found}; expected {self.expected}" if self.found else f"expected {self.expected}"
        if self.hint:
            text += f"; try {self.hint}"
        return f"{place}: {text}" if place else text


class DetenteError(Exception):
    """Base of everything detente raises on purpose.

    Args:
        message: a sentence; or leave it out and give `problems`, which are then listed (20 shown, the rest counted).
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str = "", *, problems: Iterable[Problem] = ()) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.message = message
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [self.message] if self.message else []
        lines += [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"and {len(self.problems) - SHOWN} more")
        return "\n".join(lines)


class UsageError(DetenteError):
    """A command line or call that cannot be understood."""

    exit_code = 2


class DataError(DetenteError):
    """Data that cannot be a baseline: shapes, units, identities, missing or duplicated cells."""

    exit_code = 3


class PolicyError(DetenteError):
    """A measure that contradicts another one, or an instrument that is not modelled."""

    exit_code = 3


class ScenarioError(DetenteError):
    """A scenario file that cannot be read as one."""

    exit_code = 3


class ArticleError(DetenteError):
    """A text that cannot be read, or a proposal from it that cannot become a scenario as it stands."""

    exit_code = 3


class CheckError(DetenteError):
    """A recomputed check, a stored bundle or a promised bound that does not hold."""

    exit_code = 5


class SolveError(DetenteError):
    """A solve that ended without a certified equilibrium; carries the certificate when there is one.

    The exit code is 4, and 5 where the iteration converged but a recomputed residual is over the line (UNCERTIFIED).
    """

    exit_code = 4

    def __init__(self, message: str = "", *, problems: Iterable[Problem] = (), certificate: Any = None) -> None:
        super().__init__(message, problems=problems)
        self.certificate = certificate
        if getattr(certificate, "status", "") == "UNCERTIFIED":
            self.exit_code = CheckError.exit_code  # type: ignore[misc]


class MissingDataError(DataError):
    """A named baseline or table that is not on this machine."""

    exit_code = 6


def nearest(found: str, valid: Sequence[str], *, aliases: dict[str, str] | None = None) -> str:
    """Return the valid choice closest to what was found, or an empty string.

    Args:
        found: what the user wrote.
        valid: the choices.
        aliases: well-known other names, upper case, for example {"UK": "GBR"}; they win over spelling.
    Returns:
        One of `valid`, or "" when nothing is close.
    """
    key = str(found).strip()
    if aliases and aliases.get(key.upper()) in valid:
        return aliases[key.upper()]
    folded = {choice.casefold(): choice for choice in valid}
    if key.casefold() in folded:
        return folded[key.casefold()]
    close = difflib.get_close_matches(key.casefold(), list(folded), n=1, cutoff=0.5)
    return folded[close[0]] if close else ""
