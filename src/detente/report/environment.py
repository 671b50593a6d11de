"""Which programs made a number: versions, BLAS, threads, operating system, commit. No path, no clock, no host name."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

import detente

THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PACKAGES: Final = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "ruamel.yaml",
    "typer",
    "jinja2",
    "altair",
    "vl-convert-python",
)


def versions() -> dict[str, Any]:
    """Return versions of detente, Python, NumPy and its BLAS, threads and operating system."""
    return {
        "detente": detente.__version__,
        "commit": commit(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "blas": blas(),
        "threads": {name: os.environ[name] for name in THREADS if name in os.environ} or "as many as the machine has",
        "cores": os.cpu_count(),
        "os": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
    }


def blas() -> str:
    """Return the name and version of the BLAS that NumPy was built with."""
    config: Any = np.show_config(mode="dicts")
    found = (config or {}).get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def commit() -> str | None:
    """Return the git commit of a source checkout, with "+changes" where files differ from it; None if installed."""
    root = Path(__file__).resolve().parents[3]
    if not ((root / ".git").exists() and (root / "pyproject.toml").exists()):
        return None
    head = _git(root, "rev-parse", "HEAD")
    if not head:
        return None
    return head + ("+changes" if _git(root, "status", "--porcelain", "--", "src") else "")


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def packages() -> dict[str, str]:
    """Return installed versions of what detente depends on; "missing" where there is none."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found
