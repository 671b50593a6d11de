"""`detente serve` on the command line: what it says, what it refuses, how it ends."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest

from detente.cli import execute
from serving import TOKEN, served


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], "host: found '0.0.0.0' without a token"),
        (["--host", "192.0.2.1"], "try --token with 16 letters or more"),
        (["--token", "short"], "token: expected 16 to 128 letters"),
        (["--port", "70000"], "port: found 70000"),
        (["nowhere"], "DIR: found 'nowhere'"),
    ],
)
def test_what_would_open_the_machine_or_cannot_be_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(["serve", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert execute(["serve", "--port", str(taken.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err


def test_an_interrupt_ends_it_with_its_workers() -> None:
    with served() as server:
        server.ask("GET", "/")
        workers = server.workers()
        assert workers
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(60) == 130
        gone_by = time.monotonic() + 30
        while [pid for pid in workers if Path(f"/proc/{pid}/cmdline").exists()] and time.monotonic() < gone_by:
            time.sleep(0.1)
        assert not [pid for pid in workers if Path(f"/proc/{pid}/cmdline").exists()]


def test_it_says_where_it_listens_and_the_key() -> None:
    with served() as server:
        assert server.origin.startswith("http://127.0.0.1:")
        assert server.ask("DELETE", "/api/jobs/" + "0" * 32, token=TOKEN).status == 404
