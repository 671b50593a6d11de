"""One page from the network, only where it was allowed: http and https, public addresses, little, and soon.

The name is resolved once, every address it has must be public, and the connection goes to that address; each redirect
is checked in the same way. So neither a name that points inside nor one that changes its mind reaches this machine.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import SplitResult, urljoin, urlsplit

from detente.core.errors import ArticleError, Problem
from detente.news.source import PAGE_LIMIT, Text, from_bytes

SECONDS: Final = 20.0
REDIRECTS: Final = 3
_MOVED: Final = (301, 302, 303, 307, 308)
_HOST: Final = re.compile(
    r"(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_HEADERS: Final = {
    "Accept": "text/html,text/plain",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "detente",
}
_EMBEDDED: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_address(text: str) -> bool:
    """Return whether a word is meant as an address and not as a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def is_public(address: Address) -> bool:
    """Return whether an address is one of the open internet, also when it wraps another one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in _EMBEDDED):
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast and not address.is_reserved


def fetched(url: str, *, public: Callable[[Address], bool] = is_public) -> Text:
    """Return the text of the page at an address.

    Args:
        url: http or https. public: which addresses may be reached.
    Raises:
        ArticleError: another scheme, credentials in the address, a host inside, too many redirects, not a text,
            more than 5 MB, more than 20 seconds, any failure of the network.
    """
    deadline = time.monotonic() + SECONDS
    at = url
    for _ in range(REDIRECTS + 1):
        parts = _checked(at)
        try:
            status, moved, data, kind = _asked(parts, deadline, public)
        except (OSError, http.client.HTTPException, ssl.SSLError) as error:
            raise _refusal(at, f"no answer ({str(error)[:80] or type(error).__name__})", "a page") from None
        if status not in _MOVED:
            if status != 200:
                raise _refusal(at, f"HTTP status {status}", "200", "saving the page and reading the file")
            return from_bytes(data, id=parts.hostname or "page", where=at, page="html" in kind, url=at)
        at = urljoin(at, moved)
    raise _refusal(url, f"more than {REDIRECTS} redirects", "a page")


def _checked(url: str) -> SplitResult:
    """Return the parts of an address that may be asked for."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _refusal(url, "an address that cannot be read", "https://..") from None
    if parts.scheme not in ("http", "https"):
        raise _refusal(url, f"scheme {parts.scheme!r}", "http or https")
    if parts.username is not None or parts.password is not None:
        raise _refusal(url, "a name or password in the address", "an address without them")
    host = (parts.hostname or "").removesuffix(".")
    if not (_HOST.fullmatch(host) or _plain_ip(host)):
        raise _refusal(url, f"host {host!r}", "the name of a public host")
    return parts


def _plain_ip(host: str) -> bool:
    """Return whether a host is an IP address as it is usually written; 2130706433 and 0x7f.1 are not."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _asked(parts: SplitResult, deadline: float, public: Callable[[Address], bool]) -> tuple[int, str, bytes, str]:
    """Return status, new address, body and kind of content of one request."""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    host = parts.hostname or ""
    address = _resolved(parts, host, port, public)
    held = [socket.create_connection((address, port), timeout=_left(deadline))]
    watch = threading.Timer(_left(deadline), _cut, [held])
    watch.daemon = True
    watch.start()
    try:
        if secure:
            context = ssl.create_default_context()
            held.append(context.wrap_socket(held[0], server_hostname=host, do_handshake_on_connect=False))
            held[-1].do_handshake()  # type: ignore[attr-defined]
        connection = http.client.HTTPConnection(host, port, timeout=_left(deadline))
        connection.sock = held[-1]
        connection.request("GET", _target(parts), headers={"Host": _host_field(host, port), **_HEADERS})
        answer = connection.getresponse()
        if answer.status != 200:
            return answer.status, answer.headers.get("Location", ""), b"", ""
        return 200, "", _body(answer, deadline, parts.geturl()), answer.headers.get_content_type()
    finally:
        watch.cancel()
        held[-1].close()


def _cut(held: list[socket.socket]) -> None:
    """End a connection whose time is over, whatever it is waiting for."""
    with contextlib.suppress(OSError):
        held[-1].shutdown(socket.SHUT_RDWR)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _host_field(host: str, port: int) -> str:
    named = f"[{host}]" if ":" in host else host
    return named if port in (80, 443) else f"{named}:{port}"


def _resolved(parts: SplitResult, host: str, port: int, public: Callable[[Address], bool]) -> str:
    """Return the one address that is connected to; every address of the name must be public."""
    found = [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for each in found:
        if not public(ipaddress.ip_address(each.split("%")[0])):
            expected = "a public host: nothing on this machine or its network is asked"
            raise _refusal(parts.geturl(), f"host {host!r} at {each}", expected)
    return found[0]


def _body(answer: Any, deadline: float, url: str) -> bytes:
    """Return the body: text, not compressed, at most 5 MB, in time."""
    kind = answer.headers.get_content_type()
    if not (kind.startswith("text/") or kind == "application/xhtml+xml"):
        raise _refusal(url, f"content of type {kind!r}", "a page or plain text")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _refusal(url, "compressed content", "content as it is")
    data = b""
    while True:
        _left(deadline)
        more = answer.read1(65536)
        if not more:
            _left(deadline)
            if answer.length:
                raise http.client.IncompleteRead(data, answer.length)
            return data
        data += more
        if len(data) > PAGE_LIMIT:
            raise _refusal(url, f"more than {PAGE_LIMIT} bytes", f"at most {PAGE_LIMIT} bytes")


def _left(deadline: float) -> float:
    """Return the seconds that are left.

    Raises:
        TimeoutError: none.
    """
    rest = deadline - time.monotonic()
    if rest <= 0:
        raise TimeoutError(f"more than {SECONDS:g} seconds")
    return rest


def _refusal(where: str, found: str, expected: str, hint: str = "") -> ArticleError:
    return ArticleError(problems=[Problem(where[:200], "", found, expected, hint)])
