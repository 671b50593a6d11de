"""Work that many scenarios share is done once: a function is asked again only about other objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Once:
    """Remembers what functions returned for the same objects. The same means identical, not equal."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], tuple[Any, Any]] = {}

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return function(*args, **kwargs), from memory where the function and its arguments were seen before."""
        objects = (function, *args, *kwargs.values())
        key = tuple(map(id, objects))
        if key not in self._known:
            self._known[key] = (objects, function(*args, **kwargs))  # the objects stay alive, so ids stay theirs
        value: T = self._known[key][1]
        return value
