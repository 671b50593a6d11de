"""Files that are there completely or not at all: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import socket
from pathlib import Path
from typing import Final

_DRAFT: Final = re.compile(r"(.+)-([0-9]+)-[0-9]+\.draft")
_COUNT: Final = itertools.count()


def written(drafts: Path, path: Path, content: bytes) -> Path:
    """Write a file.

    Args:
        drafts: folder of the temporary file, on the same disk. path: where it is to be; an earlier one is replaced.
    Raises:
        OSError: the place cannot be written; nothing is left behind.
    """
    draft = draft_name(drafts)
    try:
        with open(draft, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    settle(path.parent)
    return path


def draft_name(drafts: Path) -> Path:
    """Return a name that no other writer uses, and that says whose it is."""
    return drafts / f"{_host()}-{os.getpid()}-{next(_COUNT)}.draft"


def settle(folder: Path) -> None:
    """Make renames in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_drafts(drafts: Path) -> int:
    """Remove what writers of this machine left behind that are no longer running; return how many files."""
    count = 0
    for path in drafts.iterdir():
        match = _DRAFT.fullmatch(path.name)
        if match and match[1] == _host() and not _running(int(match[2])):
            path.unlink(missing_ok=True)
            count += 1
    return count


def sha256_of(content: bytes) -> str:
    """Return the checksum of bytes."""
    return hashlib.sha256(content).hexdigest()


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", socket.gethostname()) or "host"


def _running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
