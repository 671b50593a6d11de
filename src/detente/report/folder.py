"""A folder that appears complete or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from detente.core.errors import UsageError


def check_target(out: Path, *, force: bool, own: Callable[[Path], str]) -> None:
    """Refuse a target that must not be replaced.

    Args:
        out: the folder to be written. force: replace an earlier one.
        own: returns "" for a folder that may be replaced, or what else is in it.
    Raises:
        UsageError: the target exists and `force` is not given, or it holds something else.
    """
    if not (out.exists() or out.is_symlink()):
        return
    if out.is_symlink() or not out.is_dir():
        raise UsageError(f"out: found {str(out)!r}, which is not a folder; expected a new folder; try another name")
    stranger = own(out)
    if stranger:
        raise UsageError(
            f"out: found {stranger!r} in {str(out)!r}; expected a new folder or an earlier bundle; try another name"
        )
    if not force:
        raise UsageError(f"out: found {str(out)!r}, which exists; expected a new folder; try --force to replace it")


def write_folder(out: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a temporary sibling and put it in place of `out`.

    Args:
        out: the folder; an existing one is replaced. fill: writes the files.
    Raises:
        OSError: the place cannot be written; nothing is left behind and an existing folder is untouched.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        fill(draft)
        _sync(draft)
        draft.chmod(0o755)
        _replace(draft, out)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return out


def _sync(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())


def _replace(draft: Path, out: Path) -> None:
    if not out.exists():
        draft.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}.old.", dir=out.parent))
    old.rmdir()
    out.rename(old)
    try:
        draft.rename(out)
    except BaseException:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
