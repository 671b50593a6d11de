"""What the person who starts the server decides."""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from detente.core.errors import UsageError

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
BODY: Final = 1_000_000
UPLOAD: Final = 25_000_000
QUEUE: Final = 32
DEADLINE: Final = 600.0
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")


@dataclass(frozen=True)
class Settings:
    """How the server listens and what it allows.

    Attributes:
        folder: scenarios and bundles shown beside the packaged cases, or None.
        host: None for loopback; another address needs a token of the user's own. port: 0 is any free one.
        token: what every request that is not GET or HEAD must carry. allow_network: an article may be an address.
        queue: jobs that may wait. deadline: seconds after which a job is ended.
    """

    folder: Path | None = None
    host: str | None = None
    port: int = 8765
    token: str = field(default_factory=lambda: new_token(), repr=False)
    allow_network: bool = False
    queue: int = QUEUE
    deadline: float = DEADLINE

    @property
    def public(self) -> bool:
        """Return whether other machines can reach the server."""
        return self.host is not None and not is_loopback(self.host)

    def allows(self, host: str) -> bool:
        """Return whether a Host header names this server: a name that another site may own does not.

        With a host such as 0.0.0.0 every address in digits is this machine's own; no name can be rebound to one.
        """
        name = host_name(host)
        if name in LOOPBACK or (self.host is not None and name == self.host.casefold()):
            return True
        if not self.public:
            return False
        return name == socket.gethostname().casefold() or (is_anywhere(str(self.host)) and is_address(name))


def new_token() -> str:
    """Return a key that nobody can guess."""
    return secrets.token_urlsafe(24)


def checked(settings: Settings, *, own_token: bool) -> Settings:
    """Return the settings, or refuse those that would open the server to others unasked.

    Args:
        settings: as asked for. own_token: the user has chosen the token.
    Raises:
        UsageError: a host other than loopback without a token, a token that is short, a port that cannot be.
    """
    if settings.public and not own_token:
        raise UsageError(
            f"host: found {settings.host!r} without a token; expected --token too, because other machines can reach "
            "that address; try --token with 16 letters or more"
        )
    if not TOKEN.fullmatch(settings.token):
        raise UsageError("token: expected 16 to 128 letters, digits, - and _")
    if not 0 <= settings.port <= 65535:
        raise UsageError(f"port: found {settings.port}; expected 0 to 65535")
    if settings.folder is not None and not settings.folder.is_dir():
        raise UsageError(f"DIR: found {str(settings.folder)!r}; expected a folder with scenarios or bundles")
    return settings


def host_name(header: str) -> str:
    """Return the name in a Host header without its port, in lower case; "" if it is not one."""
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?", header)
    return match[1].strip("[]").casefold() if match else ""


def is_address(name: str) -> bool:
    """Return whether a name is an address in digits."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(name: str) -> bool:
    """Return whether only this machine can reach a name or address."""
    return name in LOOPBACK or (is_address(name) and ipaddress.ip_address(name).is_loopback)


def is_anywhere(name: str) -> bool:
    """Return whether an address means every interface of this machine."""
    return is_address(name) and ipaddress.ip_address(name).is_unspecified
