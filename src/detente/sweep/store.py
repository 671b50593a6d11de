"""A folder of immutable cells that survives being killed: what is expected is written first, what is there is counted.

    STORE/store.json             format, version, plan, points, cells: everything that is expected, sealed
    STORE/scenarios, worlds      what was solved, by checksum
    STORE/cells/ab/KEY.SHA.parquet    one file a cell; KEY is what it was made from, SHA the checksum of its bytes
    STORE/tmp/HOST-PID-..        files that are being written
    STORE/index.parquet          all cells in one table; made from them and never the truth

No clock and no lock decides anything: a cell is there or not, and two writers of one cell write the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import detente
from detente.core.errors import CheckError, Problem, UsageError
from detente.sweep.cells import FORMAT, Cell, Laid, Point
from detente.sweep.context import SCENARIOS, WORLDS
from detente.sweep.design import Design
from detente.sweep.files import settle, sha256_of, written
from detente.sweep.variant import Variant

HEAD: Final = "store.json"
CELLS: Final = "cells"
DRAFTS: Final = "tmp"
INDEX: Final = "index.parquet"
NAMES: Final = frozenset({HEAD, CELLS, DRAFTS, INDEX, SCENARIOS, WORLDS})
_CELL = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})\.parquet")


@dataclass(frozen=True)
class Store:
    """A store on disk. path: its folder; content: of store.json."""

    path: Path
    content: Mapping[str, Any]

    @property
    def cells(self) -> list[Cell]:
        """Return all cells that are expected, in the order of the plan."""
        return [Cell(**cell) for cell in self.content["cells"]]

    def point(self, cell: Cell) -> Point:
        """Return the point that a cell belongs to."""
        found = self.content["points"][cell.point]
        design = None if found["design"] is None else Design(**found["design"])
        return Point(found["labels"], Variant.of(found["variant"]), design)

    @property
    def keep(self) -> tuple[list[str], list[str]]:
        """Return the countries and variables that are kept; empty is all."""
        keep = self.content["plan"]["keep"]
        return keep["countries"], keep["variables"]

    @property
    def keys(self) -> list[str]:
        """Return the keys of all cells that are expected, in the order of the plan."""
        return [cell["key"] for cell in self.content["cells"]]

    def found(self) -> dict[str, list[Path]]:
        """Return the files of every key that has one; more than one only if two machines rounded differently."""
        files: dict[str, list[Path]] = {}
        for path in sorted((self.path / CELLS).glob("*/*.parquet")):
            match = _CELL.fullmatch(path.name)
            if match:
                files.setdefault(match[1], []).append(path)
        return files

    def files(self) -> list[Path]:
        """Return one file for each cell that is there, in the order of the plan."""
        found = self.found()
        return [found[key][0] for key in self.keys if key in found]

    def missing(self) -> list[str]:
        """Return the keys of cells that are not there."""
        found = self.found()
        return [key for key in self.keys if key not in found]

    def put(self, key: str, content: bytes) -> Path:
        """Write a cell: temporary file, fsync, rename, fsync of the folder; it is there completely or not at all.

        Raises:
            OSError: the place cannot be written; nothing of the cell is left.
        """
        folder = self.path / CELLS / key[:2]
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            settle(folder.parent)
        return written(self.path / DRAFTS, folder / f"{key}.{sha256_of(content)}.parquet", content)


def create(path: Path, laid: Laid) -> Store:
    """Return the store of a plan: a new one, or the one that an earlier call has begun.

    Raises:
        UsageError: the folder holds something else, or the store of another plan or version.
        OSError: the place cannot be written.
    """
    content = expected(laid)
    if (path / HEAD).exists():
        store = open_store(path)
        if store.content["seal"] != content["seal"]:
            found = f"a store of plan {store.content['plan']['id']!r}, written by detente {store.content['detente']}"
            told = "the store of this plan and version; any change of the plan is another store"
            raise UsageError(f"{path}: found {found}; expected {told}; try another --out")
        return store
    strangers = sorted(each.name for each in path.iterdir() if each.name not in NAMES) if path.is_dir() else []
    if strangers or (path.exists() and not path.is_dir()):
        found = repr(strangers[0]) if strangers else "a file"
        raise UsageError(f"{path}: found {found}; expected a new folder, or the store of an earlier call")
    for folder in (path, path / CELLS, path / DRAFTS):
        folder.mkdir(parents=True, exist_ok=True)
    written(path / DRAFTS, path / HEAD, json.dumps(content, ensure_ascii=True).encode())
    return Store(path, content)


def expected(laid: Laid) -> dict[str, Any]:
    """Return what is expected of a plan, sealed: two calls with the same plan give the same."""
    plan = laid.plan
    content = {
        "format": FORMAT,
        "detente": detente.__version__,
        "plan": {
            "id": plan.id,
            "scenarios": list(plan.scenarios),
            "branches": list(plan.branches),
            "draws": plan.draws.number,
            "limits": {"seconds": plan.limits.seconds, "memory_gb": plan.limits.memory_gb},
            "keep": {"countries": list(plan.countries), "variables": list(plan.variables)},
        },
        "points": [
            {
                "labels": dict(point.labels),
                "variant": point.variant.plain(),
                "design": None
                if point.design is None
                else {"method": point.design.method, "draws": point.design.draws, "seed": point.design.seed},
            }
            for point in laid.points
        ],
        "cells": [
            {"key": cell.key, "point": cell.point, "first": cell.first, "count": cell.count} for cell in laid.cells
        ],
    }
    return {**content, "seal": sealed(content)}


def sealed(content: Mapping[str, Any]) -> str:
    """Return the checksum of plain data, whatever the order of its keys."""
    return sha256_of(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode())


def open_store(path: Path) -> Store:
    """Return a store that is there.

    Raises:
        UsageError: no store there. CheckError: a damaged store.json, or one of another format.
    """
    head = Path(path) / HEAD
    if not head.is_file():
        raise UsageError(f"{path}: found no {HEAD}; expected a store that detente sweep --out has begun")
    try:
        content = json.loads(head.read_bytes())
        seal, form = content.pop("seal"), content["format"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CheckError(
            problems=[
                Problem(str(head), "", "a damaged file", "it as it was written", "the same sweep into a new folder")
            ]
        ) from None
    if form != FORMAT:
        found, hint = f"{form!r}, written by detente {content.get('detente', '?')}", "that version of detente"
        raise CheckError(problems=[Problem(str(head), "format", found, FORMAT, hint)])
    if sealed(content) != seal:
        expected_seal = "content that its seal confirms"
        raise CheckError(problems=[Problem(str(head), "seal", "altered content", expected_seal, "a new folder")])
    return Store(Path(path), {**content, "seal": seal})


@dataclass(frozen=True)
class Verified:
    """What verifying found.

    Attributes:
        cells: expected. missing: keys. damaged: files that are not what their name says. strangers: files of no cell.
        twice: keys with two sound files, written by machines that round differently; the first is read.
    """

    cells: int
    missing: tuple[str, ...]
    damaged: tuple[Path, ...]
    strangers: tuple[Path, ...]
    twice: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Return whether every cell is there, once, as it was written."""
        return not (self.missing or self.damaged or self.strangers)


def verified(store: Store) -> Verified:
    """Return what is wrong with a store: every file is read, every checksum computed again."""
    keys = set(store.keys)
    found = store.found()
    damaged = [path for paths in found.values() for path in paths if not intact(path)]
    good = {key: [path for path in paths if path not in damaged] for key, paths in found.items()}
    strangers = [path for key, paths in found.items() if key not in keys for path in paths]
    strangers += [
        path for path in sorted((store.path / CELLS).glob("*/*")) if not _CELL.fullmatch(path.name) or path.is_symlink()
    ]
    missing = tuple(key for key in store.keys if not good.get(key))
    twice = tuple(key for key, paths in good.items() if len(paths) > 1)
    return Verified(len(keys), missing, tuple(damaged), tuple(dict.fromkeys(strangers)), twice)


def intact(path: Path) -> bool:
    """Return whether a cell's bytes are those that its name says."""
    match = _CELL.fullmatch(path.name)
    return match is not None and path.is_file() and not path.is_symlink() and sha256_of(path.read_bytes()) == match[2]


def drop(store: Store, paths: Sequence[Path]) -> None:
    """Remove damaged files, so that their cells are solved again."""
    for path in paths:
        path.unlink(missing_ok=True)
