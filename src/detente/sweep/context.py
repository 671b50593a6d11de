"""Scenarios and worlds by their checksums: sent once, read once, whoever solves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from detente.baseline import Baseline
from detente.baseline.catalogue import list_baselines
from detente.baseline.files import read_npz, save_npz
from detente.core.errors import CheckError, MissingDataError
from detente.scenario.execute import world_of
from detente.scenario.load import load_scenario
from detente.scenario.resolve import dump
from detente.scenario.schema import Scenario
from detente.sweep.files import written
from detente.sweep.solving import Prepared, prepared
from detente.sweep.variant import Variant

SCENARIOS: Final = "scenarios"
WORLDS: Final = "worlds"
KEPT: Final = 16
"""Variants that stay compiled in one process."""


@dataclass
class Context:
    """What solving needs besides a variant and its draws; read from a folder when it is first asked for.

    Attributes:
        folder: where `keep` wrote them, or None if all are in memory. cases, worlds: by checksum.
    """

    folder: Path | None = None
    cases: dict[str, Scenario] = field(default_factory=dict)
    worlds: dict[str, Baseline] = field(default_factory=dict)
    compiled: dict[str, Prepared] = field(default_factory=dict)

    def add(self, case: Scenario, world: Baseline) -> None:
        """Hold a scenario and a world."""
        self.cases[case.sha256] = case
        self.worlds[world.sha256] = world

    def prepared(self, variant: Variant) -> Prepared:
        """Return a variant, compiled; the last few are kept.

        Raises:
            MissingDataError, CheckError: what the variant names is not there, or was altered.
        """
        key = json.dumps(variant.plain(), sort_keys=True)
        if key not in self.compiled:
            case = self.case(variant.scenario)
            self.compiled[key] = prepared(case, self.world(variant.world, case, variant), variant)
            if len(self.compiled) > KEPT:
                del self.compiled[next(iter(self.compiled))]
        return self.compiled[key]

    def case(self, sha256: str) -> Scenario:
        """Return a scenario by its checksum."""
        if sha256 not in self.cases:
            case = load_scenario(self._path(SCENARIOS, f"{sha256}.yaml"))
            self.cases[sha256] = _unaltered(case, case.sha256, sha256, "scenario")
        return self.cases[sha256]

    def world(self, sha256: str, case: Scenario, variant: Variant) -> Baseline:
        """Return a world by its checksum: from the folder, or as this installation has it."""
        if sha256 not in self.worlds:
            path = None if self.folder is None else self.folder / WORLDS / f"{sha256}.npz"
            if path is not None and path.exists():
                world = read_npz(path)
            else:
                world = world_of(case.replace(elasticities=variant.elasticities or case.elasticities))
            self.worlds[sha256] = _unaltered(world, world.sha256, sha256, "world")
        return self.worlds[sha256]

    def _path(self, *parts: str) -> Path:
        path = (self.folder or Path()).joinpath(*parts)
        if self.folder is None or not path.exists():
            raise MissingDataError(f"{path}: no such file; expected what the sweep was started with")
        return path


def _unaltered(thing: Any, found: str, expected: str, what: str) -> Any:
    if found != expected:
        raise CheckError(f"{what}: found checksum {found}; expected {expected}, with which the run was started")
    return thing


def keep(folder: Path, case: Scenario, worlds: Iterable[Baseline]) -> None:
    """Write a scenario and worlds for others to read.

    Args:
        folder: created where it is not there. case: as loaded.
        worlds: those that cannot be made from the scenario's baseline by its name; see `made_by_name`.
    Raises:
        OSError: the place cannot be written.
    """
    for name in (SCENARIOS, WORLDS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    path = folder / SCENARIOS / f"{case.sha256}.yaml"
    if not path.exists():
        written(folder, path, dump(case.resolved()).encode())
    for world in worlds:
        path = folder / WORLDS / f"{world.sha256}.npz"
        if not path.exists():
            save_npz(world, path)


def made_by_name(case: Scenario, base: Baseline | None) -> bool:
    """Return whether any process with this installation finds the world by itself: packaged, and not the user's own."""
    return base is None and any(entry.packaged and entry.name == case.baseline.id for entry in list_baselines())
