"""detente: trade wars and trade talks on a real world economy, with a certificate on every number.

The public names are listed in `detente.api`; they are imported on first use, so that `import detente` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from detente.api import *  # noqa: F403


def __getattr__(name: str) -> Any:
    """Import a public name of `detente.api` when it is first asked for."""
    if name.startswith("_"):
        raise AttributeError(name)
    from detente import api

    if name not in api.__all__:
        raise AttributeError(f"module 'detente' has no attribute {name!r}; public names: {', '.join(api.__all__)}")
    value = getattr(api, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    from detente import api

    return sorted([*api.__all__, "__version__"])
