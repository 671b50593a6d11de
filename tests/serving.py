"""A real server for tests: started once, spoken to over real sockets."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "token-of-the-tests-0123456789"
PATIENCE = 180.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body as data."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """Where a server listens."""

    host: str
    port: int
    process: subprocess.Popen[str]

    @property
    def origin(self) -> str:
        """Return the address without a path."""
        return f"http://{self.host}:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = TOKEN,
        timeout: float = PATIENCE,
        **headers: str,
    ) -> Answer:
        """Send one request; a body is sent as JSON, headers are written with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None and method not in ("GET", "HEAD"):
            sent.setdefault("x-detente-token", token)
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, content, sent)
            found = connection.getresponse()
            return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
        finally:
            connection.close()

    def raw(self, data: bytes, timeout: float = 20.0) -> bytes:
        """Send bytes as they are and return what comes back until the other side closes or is silent."""
        with socket.create_connection((self.host, self.port), timeout=timeout) as stream:
            stream.sendall(data)
            found = b""
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while part := stream.recv(65536):
                    found += part
                    if b"\r\n\r\n" in found and b"content-length: " in found.lower():
                        head, _, rest = found.partition(b"\r\n\r\n")
                        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                        if len(rest) >= length:
                            break
            return found

    def until(self, job: str, *, over: bool = True, seconds: float = PATIENCE) -> dict[str, Any]:
        """Return a job once it is over, or once it runs."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found: dict[str, Any] = self.ask("GET", f"/api/jobs/{job}").json
            running = found["status"] in ("QUEUED", "RUNNING")
            if running != over if over else found["status"] == "RUNNING":
                return found
            time.sleep(0.05)
        raise AssertionError(f"job {job} is still {found['status']}")

    def workers(self) -> list[int]:
        """Return the processes that the server has started."""
        return children(self.process.pid)


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process has started (Linux)."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in found]


def processor_seconds(pids: list[int]) -> float:
    """Return the processor time that processes have used."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
    return total


@contextlib.contextmanager
def served(*words: str, token: str = TOKEN, **environment: str) -> Iterator[Server]:
    """Start `detente serve` on a free port and end it afterwards."""
    command = [sys.executable, "-m", "detente", "serve", *words, "--port", "0", "--json", "--token", token]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
    )
    try:
        lines = []
        assert process.stdout is not None
        while not lines or lines[-1].rstrip() != "}":
            line = process.stdout.readline()
            assert line, f"the server ended with {process.wait()}"
            lines.append(line)
        address = json.loads("".join(lines))["address"]
        host, _, port = address.removeprefix("http://").rstrip("/").rpartition(":")
        yield Server(host.strip("[]"), int(port), process)
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()
