"""`detente serve`: the local page, until it is interrupted."""

from __future__ import annotations

import socket
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from detente.app.settings import Settings, checked, new_token
from detente.cli import output


@dataclass(frozen=True)
class Options:
    """The options of `detente serve`, as typed."""

    folder: Path | None = None
    port: int = 8765
    open: bool = False
    host: str | None = None
    token: str | None = None
    allow_network: bool = False


def run_serve(options: Options) -> None:
    """Listen, say where, and serve.

    Raises:
        UsageError: a folder that is none, a host without a token, a port or token that cannot be.
        OSError: a port in use.
    """
    token = new_token() if options.token is None else options.token
    asked = Settings(options.folder, options.host, options.port, token, options.allow_network)
    settings = checked(asked, own_token=options.token is not None)
    from detente.app.child import ended, started

    early = started(settings.folder)  # loads the model while this process loads the server
    from detente.app.server import listening, serve

    try:
        sockets = listening(settings)
    except OSError:
        ended(early)
        raise
    address = address_of(sockets[0])

    def ready() -> None:
        _tell(settings, address)
        if options.open:
            webbrowser.open(f"{address}?token={settings.token}" if settings.public else address)

    serve(settings, sockets, ready, early)


def address_of(bound: socket.socket) -> str:
    """Return the address of a listening socket as one types it into a browser."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if bound.family == socket.AF_INET6 else f"http://{host}:{port}/"


def _tell(settings: Settings, address: str) -> None:
    if output.wants_json():
        output.document({"status": "SERVING", "address": address, "token": settings.token})
        return
    output.say(address)
    output.note(f"for R, Stata and curl: GET needs nothing; other methods the header X-Detente-Token: {settings.token}")
    if settings.public:
        output.note("warning: other machines can reach this address; everybody who has the token can use it")
    output.note("stop with Ctrl+C")
