"""Time what a user waits for at a terminal, against the budgets of the design; no test fails on a clock.

Python keeps compiled modules: a package that was installed has them, and so has one that ran once. Where the
environment forbids that (PYTHONDONTWRITEBYTECODE), every start compiles two hundred files, which takes longer than the
work; so these starts keep them in a folder of their own, and the first of each is not counted.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

CASE = "us-china-2025-10"
RUNS = {
    "--version": (0.2, ["--version"]),
    "--help": (0.2, ["--help"]),
    "explain": (0.5, ["explain", CASE, "-q"]),
    "scenario check": (0.5, ["scenario", "check", CASE, "-q"]),
    "run, one branch": (1.0, ["run", CASE, "-q"]),
    "run, 256 draws": (5.0, ["run", CASE, "--draws", "256", "-q"]),
    "run, bundle with report": (6.0, ["run", CASE, "--out", "OUT", "--force", "-q"]),
}
SERVE = ("serve, first page", 1.5)


def main() -> None:
    """Print a line for each command: seconds, and over its budget."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=9)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/compiled", "OMP_NUM_THREADS": "1"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        told(("command", "budget, s", "median, s", "over budget"))
        for name, (budget, words) in RUNS.items():
            line = [each.replace("OUT", f"{folder}/out") for each in words]
            told(row(name, budget, times, partial(called, line, environment)))
        told(row(*SERVE, times, partial(served, environment)))


def row(name: str, budget: float, times: int, once: Callable[[], float]) -> tuple[str, ...]:
    """Return one line: the median after a first time that is not counted."""
    once()
    median = statistics.median(once() for _ in range(times))
    return name, f"{budget:g}", f"{median:.2f}", f"{median / budget:.2f}"


def called(words: list[str], environment: dict[str, str]) -> float:
    """Return the seconds of one command."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "detente", *words]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def served(environment: dict[str, str]) -> float:
    """Return the seconds from the start of the server to its first page."""
    start = time.perf_counter()
    words = [sys.executable, "-m", "detente", "serve", "--port", "0", "--json"]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        text = ""
        while process.stdout is not None and not text.endswith("}\n"):
            text += process.stdout.readline()
        host = json.loads(text)["address"].removeprefix("http://").rstrip("/")
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("GET", "/")
        page = connection.getresponse().read()
        assert b"CERTIFIED" in page
        return time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(30)


def told(cells: tuple[str, ...]) -> None:
    """Print one line of the table."""
    sys.stdout.write(
        "  ".join(f"{cell:<26}" if not place else f"{cell:>12}" for place, cell in enumerate(cells)) + "\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
