"""What a check is, and the few ways to make one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import DetenteError


@dataclass(frozen=True)
class Check:
    """One statement that was put to the test.

    Attributes:
        law: the law it belongs to, for `--only`. ok: whether it holds.
        value: what was measured: an error, or the number of things that are wrong. limit: the largest value allowed.
        text: the statement.
    """

    law: str
    ok: bool
    value: float
    limit: float
    text: str


Checks = list[Check]
Refusal = type[DetenteError] | tuple[type[DetenteError], ...]


def within(law: str, text: str, value: float, limit: float) -> Check:
    """Return a check of one error against its limit; a value that is not a number fails."""
    number = float(value)
    return Check(law, bool(number <= limit), number, limit, text)


def near(law: str, text: str, got: Any, expected: Any, limit: float, *, floor: float = 1e-6) -> Check:
    """Return a check that numbers agree, relative to each expected one, but at least to `floor` times the largest."""
    return within(law, text, distance(got, expected, floor), limit)


def same(law: str, text: str, got: Any, expected: Any) -> Check:
    """Return a check that things are equal: labels, words, or arrays to the last bit."""
    if isinstance(expected, np.ndarray):
        equal = np.shape(got) == expected.shape and bool((got == expected).all())
    else:
        equal = bool(got == expected)
    return Check(law, equal, float(not equal), 0.0, text if equal else f"{text}: found {_short(got)}")


def refused(law: str, text: str, error: Refusal, act: Callable[[], object]) -> Check:
    """Return a check that an act raises one kind of error."""
    try:
        found = act()
    except error:
        return Check(law, True, 0.0, 0.0, text)
    return Check(law, False, 1.0, 0.0, f"{text}: found {_short(found)}, expected a refusal")


def distance(got: Any, expected: Any, floor: float = 1e-6) -> float:
    """Return the largest relative distance; infinite where shapes differ or something is not finite."""
    found, wanted = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    if found.shape != wanted.shape or not (np.isfinite(found).all() and np.isfinite(wanted).all()):
        return float("inf")
    if not wanted.size:
        return 0.0
    size: Array = np.abs(wanted)
    scale = np.maximum(size, floor * size.max())
    return float((np.abs(found - wanted) / np.where(scale > 0, scale, 1.0)).max())


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:58] + ".."
