"""The wheel: built, installed into a fresh environment, its demo run in an empty folder outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import detente as dt

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("DETENTE_", "PYTHON"))}
"""What an ordinary user's shell has."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built as `make wheel` builds it."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(out), str(ROOT)]
    subprocess.run(command, check=True, timeout=600)
    return next(out.glob("detente-*.whl"))


def test_the_wheel_holds_everything_that_is_read_at_run_time(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    here = [
        path for path in (ROOT / "src" / "detente").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    missing = {path.relative_to(ROOT / "src").as_posix() for path in here} - names
    assert missing == set()
    assert not [name for name in names if name.endswith(".pyc") or name.startswith("tests/")]


def test_the_demo_works_outside_the_repository(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(wheel)], check=True, timeout=1200)
    empty = tmp_path / "empty"
    empty.mkdir()
    run = [str(tmp_path / "env" / "bin" / "detente"), "demo", "--out", "first"]
    done = subprocess.run(run, cwd=empty, env=PLAIN, capture_output=True, text=True, timeout=600, check=True)
    assert "CERTIFIED A" in done.stdout
    assert "report: first/report.html" in done.stdout
    assert 1_000_000 < (empty / "first" / "report.html").stat().st_size < 3_000_000
    version = subprocess.run(
        [run[0], "--version"], cwd=empty, env=PLAIN, capture_output=True, text=True, timeout=60, check=True
    )
    assert version.stdout.strip() == f"detente {dt.__version__}"
    exported = [run[0], "export", "first", "--to", "x.dta", "--json"]
    subprocess.run(exported, cwd=empty, env=PLAIN, capture_output=True, timeout=300, check=True)
    assert (empty / "x.dta").stat().st_size > 50_000
