"""A sweep small enough to be killed twenty times: an invented world, a scenario and a plan in one folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

import drawn
from detente.baseline.files import save_npz
from detente.sweep.store import INDEX, Store, open_store
from detente.verify.worlds import policy_world

PLAN = """
detente-sweep: 1
id: small
scenarios: drawn.yaml
branches: [main, calm]
levels: {{duty.rate: [{rates}]}}
draws: {draws}
"""


def folder(path: Path, *, rates: int = 4, draws: int = 2, more: str = "") -> Path:
    """Write world, scenario and plan; return the plan. Cells: rates x (1 + draws / 32, rounded up)."""
    save_npz(policy_world(), path / "invented.npz")
    (path / "drawn.yaml").write_text(
        drawn.TEXT.replace("baseline: invented", "baseline: invented.npz"), encoding="utf-8"
    )
    listed = ", ".join(f"+{rate}pp" for rate in range(1, rates + 1))
    plan = path / "plan.yaml"
    plan.write_text(PLAN.format(rates=listed, draws=draws) + more, encoding="utf-8")
    return plan


def command(*words: str | Path) -> list[str]:
    """Return the command line of detente in another process."""
    return [sys.executable, "-m", "detente", *map(str, words)]


def started(*words: str | Path) -> subprocess.Popen[bytes]:
    """Start detente in a process group of its own, so that it can be killed with its workers."""
    return subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, env={**os.environ}
    )


def index(path: Path) -> bytes:
    """Return the bytes of the table of a finished store."""
    return (path / INDEX).read_bytes()


def cells(store: Store | Path) -> dict[str, bytes]:
    """Return key -> bytes of every cell that is there."""
    found = (store if isinstance(store, Store) else open_store(store)).found()
    return {key: paths[0].read_bytes() for key, paths in found.items()}


def rows(path: Path) -> list[dict[str, object]]:
    """Return the rows of the table of a finished store."""
    found: list[dict[str, object]] = pq.read_table(path / INDEX).to_pylist()
    return found
