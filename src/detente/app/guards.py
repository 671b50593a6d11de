"""What a request must satisfy before any of our code sees it, and what every answer carries.

Pure ASGI: the body is counted as it arrives, with or without a Content-Length; nothing is parsed before it is allowed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl

from detente.app.settings import BODY, UPLOAD, Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN_HEADER: Final = "x-detente-token"
COOKIE: Final = "detente"
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
UPLOADS: Final = ("/api/read",)
OPEN: Final = ("/health",)
BODY_SECONDS: Final = 30.0
DISCARD_SECONDS: Final = 2.0
SAFE: Final = ("GET", "HEAD")
OWN: Final = ("same-origin", "none")


@dataclass(frozen=True)
class Refusal:
    """An answer instead of ours: the status, a sentence, further headers."""

    status: int
    sentence: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Guard:
    """The outermost layer of the server."""

    def __init__(self, app: App, settings: Settings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on with the body already read and the headers of every answer set."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headed = scope["method"] == "HEAD"
        answer = _guarded(send, headed=headed, static=scope["path"].startswith("/static/"))
        found = self._refusal(scope)
        if found is None and scope["method"] not in SAFE:
            try:
                body = await asyncio.wait_for(_body(receive, _limit(scope)), BODY_SECONDS)
            except TimeoutError:
                body = Refusal(408, f"the body did not arrive within {BODY_SECONDS:g} seconds")
            if isinstance(body, Refusal):
                found = body
            else:
                receive = _replayed(body, receive)
        if found is not None:
            await _refuse(answer, found, receive)
            return
        try:
            await self.app({**scope, "method": "GET"} if headed else scope, receive, answer)
        except Exception:
            # the answer, without a trace, is out already; the connection stays usable
            traceback.print_exc()

    def _refusal(self, scope: Scope) -> Refusal | None:
        headers = _headers(scope)
        hosts = headers.get("host", [])
        if len(hosts) != 1 or not self.settings.allows(hosts[0]):
            return Refusal(421, "this server answers to the name it was started with and to no other")
        if scope["path"] in OPEN:
            return None
        if self.settings.public:
            closed = self._closed(scope, headers)
            if closed is not None:
                return closed
        if scope["method"] in SAFE:
            return _embedded(scope, headers)
        return self._unsafe(scope, headers, hosts[0])

    def _closed(self, scope: Scope, headers: dict[str, list[str]]) -> Refusal | None:
        """Ask everybody for the token where other machines can reach the server; an address may bring it once."""
        if self._is_token(headers.get(TOKEN_HEADER, [])) or self._is_token(_cookie(headers)):
            return None
        query = scope.get("query_string", b"").decode("latin-1")
        given = [value for name, value in parse_qsl(query) if name == "token"]
        if scope["method"] == "GET" and scope["path"] == "/" and self._is_token(given):
            cookie = f"{COOKIE}={self.settings.token}; Path=/; HttpOnly; SameSite=Strict"
            return Refusal(303, "signed in", ((b"location", b"/"), (b"set-cookie", cookie.encode())))
        return Refusal(401, "this address needs the token that the server was started with: open /?token=..")

    def _unsafe(self, scope: Scope, headers: dict[str, list[str]], host: str) -> Refusal | None:
        """Judge a request that may change something. A browser always says its origin; R, Stata and curl have none."""
        if not self._is_token(headers.get(TOKEN_HEADER, [])):
            return Refusal(403, f"{scope['method']} needs the header {TOKEN_HEADER} with the token of this server")
        origins = headers.get("origin", [])
        if any(origin != f"{scope['scheme']}://{host}" for origin in origins):
            return Refusal(403, "the request comes from another site")
        if any(site not in OWN for site in headers.get("sec-fetch-site", [])):
            return Refusal(403, "the request comes from another site")
        kinds = [kind.partition(";")[0].strip().casefold() for kind in headers.get("content-type", [])]
        wants_body = scope["method"] != "DELETE" or _declared(headers) not in (None, 0)
        if wants_body and kinds != ["application/json"]:
            return Refusal(415, "expected a body of type application/json")
        if headers.get("content-encoding"):
            return Refusal(415, "expected a body that is not compressed")
        too_long = (_declared(headers) or 0) > _limit(scope)
        return _too_long(_limit(scope)) if too_long else None

    def _is_token(self, values: list[str]) -> bool:
        wanted = self.settings.token.encode()
        return len(values) == 1 and hmac.compare_digest(values[0].encode("latin-1", "replace"), wanted)


def _embedded(scope: Scope, headers: dict[str, list[str]]) -> Refusal | None:
    """Refuse what another site loads into its own page; following a link to the first page is no such thing."""
    sites = headers.get("sec-fetch-site", [])
    if all(site in OWN for site in sites):
        return None
    visit = headers.get("sec-fetch-mode") == ["navigate"] and headers.get("sec-fetch-dest") == ["document"]
    if visit and scope["path"] == "/":
        return None
    return Refusal(403, "the request comes from another site")


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").casefold(), []).append(value.decode("latin-1"))
    return found


def _cookie(headers: dict[str, list[str]]) -> list[str]:
    try:
        jar = SimpleCookie("; ".join(headers.get("cookie", [])))
    except CookieError:
        return []
    return [jar[COOKIE].value] if COOKIE in jar else []


def _declared(headers: dict[str, list[str]]) -> int | None:
    """Return the length that the body is said to have; -1 for a chunked one, None for no body."""
    if headers.get("transfer-encoding"):
        return -1
    given = headers.get("content-length", [])
    return None if not given else int(given[0]) if given[0].isdigit() else -1


def _limit(scope: Scope) -> int:
    return UPLOAD if scope["path"] in UPLOADS else BODY


def _too_long(limit: int) -> Refusal:
    return Refusal(413, f"too long: expected at most {limit} bytes", ((b"connection", b"close"),))


async def _body(receive: Receive, limit: int) -> bytes | Refusal:
    """Return the whole body, counted as it arrives, or the refusal of one that is too long or breaks off."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Refusal(400, "the body broke off")
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            return _too_long(limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives the body once and then waits for what the connection says."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


def _guarded(send: Send, *, headed: bool, static: bool) -> Send:
    """Return a sender that sets the headers of every answer, and leaves out the body for HEAD."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in HEADERS}
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in own]
            if not static and all(name.lower() != b"cache-control" for name, _ in kept):
                kept.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*kept, *HEADERS]}
        elif headed and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return guarded


async def _refuse(send: Send, refusal: Refusal, receive: Receive) -> None:
    """Answer; who still sends too much is heard a little longer, or the answer would be lost with the connection."""
    body = json.dumps({"status": "REFUSED", "problems": [refusal.sentence]}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refusal.status, "headers": [*headers, *refusal.headers]})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if refusal.status == 413:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_discarded(receive), DISCARD_SECONDS)
    await send({"type": "http.response.body", "body": b""})


async def _discarded(receive: Receive) -> None:
    size = 0
    while size <= UPLOAD:
        message = await receive()
        size += len(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return
