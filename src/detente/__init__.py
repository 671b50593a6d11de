"""detente: trade wars and trade talks on a real world economy, with a certificate on every number.

The public names are those of `detente.api`; they are imported on first use, so that `import detente` costs nothing.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from detente.api import *  # noqa: F403

VERBS = frozenset({"baseline", "report", "scenario", "solve", "sweep"})
"""Public verbs with the name of a room: `detente.solve` is the verb, `from detente.solve.. import` the room."""


class _Package(ModuleType):
    """The package, in which importing a room never hides the verb of the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in VERBS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    """Import a public name of `detente.api` when it is first asked for."""
    if name.startswith("_"):
        raise AttributeError(name)
    api = importlib.import_module("detente.api")
    if name not in api.__all__:
        raise AttributeError(f"module 'detente' has no attribute {name!r}; public names: {', '.join(api.__all__)}")
    value = getattr(api, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    api = importlib.import_module("detente.api")
    return sorted([*api.__all__, "__version__"])
