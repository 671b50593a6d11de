"""Fetching reaches public hosts only, to the address that was checked, and ends in time."""

from __future__ import annotations

import http.server
import ipaddress
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from detente.core.errors import ArticleError
from detente.news import fetch
from detente.news.fetch import fetched, is_address, is_public


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:0:5ef5:79fd:0:59d:80ff:fffe",
        "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_outside_are(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a", "file:///etc/passwd", "gopher://example.org", "http://", "http://user@example.org/",
        "http://user:secret@example.org/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://127.1/",
        "http://0177.0.0.1/", "http://localhost/", "http://localhost./", "http://127.0.0.1/", "http://[::1]/",
        "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data/", "http://ex ample.org/",
        "http://example.org:99999/", "http://exam\u2024ple.org/",
    ],
)  # fmt: skip
def test_what_is_not_a_public_host_is_refused_before_any_connection(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **more: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(ArticleError) as error:
        fetched(url)
    assert "secret" not in str(error.value).split("found")[1]


def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.8", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: answers)
    with pytest.raises(ArticleError, match=r"'example.org' at 10\.0\.0\.8"):
        fetched("http://example.org/")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    names = iter(["8.8.8.8", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: [(2, 1, 6, "", (next(names), 80))])

    def connect(address: Any, timeout: float) -> None:
        asked.append(address)
        raise OSError("stop here")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(ArticleError, match="stop here"):
        fetched("http://example.org/")
    assert asked == [("8.8.8.8", 80)]


ARTICLE = b"Washington imposed a 25% tariff on steel from all partners on 12 March 2025."


class Pages(http.server.BaseHTTPRequestHandler):
    """A small site on this machine."""

    def do_GET(self) -> None:
        name = self.path.strip("/")
        if name.startswith("moved"):
            self.send_response(302)
            count = int(name.removeprefix("moved") or 0)
            target = {0: "/plain", 9: "http://10.0.0.1/"}.get(count, f"/moved{count - 1}")
            self.send_header("Location", target)
            self.end_headers()
            return
        kind = {"image": "image/png"}.get(name, "text/plain; charset=utf-8")
        self.send_response(404 if name == "gone" else 200)
        self.send_header("Content-Type", kind)
        if name == "gzip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        if name == "drip":
            for _ in range(200):
                self.wfile.write(b"x")
                self.wfile.flush()
                if stop.wait(0.05):
                    return
        self.wfile.write(b"word " * 1_200_000 if name == "big" else ARTICLE)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


stop = threading.Event()


@pytest.fixture
def site() -> Iterator[str]:
    """Return the address of the site."""
    stop.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


def here(address: Any) -> bool:
    return str(address) == "127.0.0.1"


@pytest.mark.parametrize("name", ["plain", "moved", "moved2"])
def test_a_page_is_read(site: str, name: str) -> None:
    found = fetched(f"{site}/{name}", public=here)
    assert found.text == ARTICLE.decode()
    assert found.url == f"{site}/plain"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("moved3", "more than 3 redirects"),
        ("moved9", "10.0.0.1"),
        ("gone", "HTTP status 404"),
        ("image", "image/png"),
        ("gzip", "compressed content"),
        ("big", "more than 5000000 bytes"),
    ],
)
def test_what_is_no_page_is_refused(site: str, name: str, words: str) -> None:
    with pytest.raises(ArticleError, match=words):
        fetched(f"{site}/{name}", public=here)


def test_a_page_that_drips_is_left(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "SECONDS", 0.4)
    with pytest.raises(ArticleError):
        fetched(f"{site}/drip", public=here)


@pytest.mark.parametrize(
    ("text", "is_one"), [("https://a.org", True), ("FILE://x", True), ("a.txt", False), ("C:/x", False)]
)
def test_addresses_are_told_from_paths(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one
