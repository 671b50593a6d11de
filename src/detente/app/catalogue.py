"""What can be opened: the packaged cases, and the scenarios and bundles of the folder that is served."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.core.errors import UsageError, nearest

PACKAGED: Final = Path(__file__).parent.parent / "scenario" / "packaged"
FIRST: Final = "us-china-2025-10"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MANY: Final = 200
SIZE: Final = 1_000_000


@dataclass(frozen=True)
class Entry:
    """A scenario that can be opened by name.

    Attributes:
        name: as in addresses; those of the folder begin with "my/". path: its file. bundle: it is that of a bundle.
    """

    name: str
    path: Path
    bundle: bool = False


def entries(folder: Path | None) -> dict[str, Entry]:
    """Return what can be opened, by name: that of the folder first, so that it is what the page opens with."""
    own = [] if folder is None else _of_folder(folder)
    packaged = sorted(PACKAGED.glob("*.yaml"), key=lambda path: (path.stem != FIRST, path.stem))
    return {each.name: each for each in [*own, *(Entry(path.stem, path) for path in packaged)]}


def _of_folder(folder: Path) -> list[Entry]:
    """Return the scenarios and bundles of a folder; links are not followed."""
    found = []
    if _is_bundle(folder):
        found.append(Entry(f"my/{_named(folder)}", folder / "scenario.yaml", True))
        return found
    for path in sorted(folder.iterdir())[: 5 * MANY]:
        if path.is_symlink() or not NAME.fullmatch(path.name):
            continue
        if path.is_file() and path.suffix in (".yaml", ".yml"):
            found.append(Entry(f"my/{path.stem}", path))
        elif path.is_dir() and _is_bundle(path):
            found.append(Entry(f"my/{path.name}", path / "scenario.yaml", True))
    return found[:MANY]


def _is_bundle(folder: Path) -> bool:
    return all((folder / name).is_file() for name in ("manifest.json", "scenario.yaml"))


def _named(folder: Path) -> str:
    name = folder.resolve().name
    return name if NAME.fullmatch(name) else "bundle"


def opened(name: str, folder: Path | None) -> Entry:
    """Return a scenario by name; "" is the first one.

    Raises:
        UsageError: no such name, with the nearest.
    """
    known = entries(folder)
    if not name:
        return next(iter(known.values()))
    if name not in known:
        hint = nearest(name, [*known])
        text = f"case: found {name!r}; expected one of {', '.join(known)}"
        raise UsageError(text + (f"; try {hint}" if hint else ""))
    return known[name]


def text_of(entry: Entry) -> str:
    """Return the text of a scenario file.

    Raises:
        UsageError: it cannot be read, is not UTF-8, or is longer than 1 MB.
    """
    try:
        with entry.path.open("rb") as stream:
            data = stream.read(SIZE + 1)
        if len(data) > SIZE:
            raise UsageError(f"{entry.name}: found more than {SIZE} bytes; expected a scenario")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{entry.name}: found a file that cannot be read; expected a scenario in UTF-8") from None
