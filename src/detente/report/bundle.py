"""A run as a folder that carries everything: what was asked, what came out, what proves it."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import detente
from detente.core.arrays import Array
from detente.core.result import BASE_KEYS, INSTRUMENT_KEYS, NEW_KEYS, Result
from detente.report import environment
from detente.report.bounds import packed
from detente.report.document import band_facts, worst_status
from detente.report.folder import check_target, write_folder
from detente.report.html import write_report
from detente.report.layout import ALL_NAMES, ARRAYS, FORMAT, LABELS, MANIFEST, REPORT, SCENARIO, TABLES, stranger
from detente.report.select import View, view
from detente.report.tables import write_tables
from detente.scenario.execute import ScenarioRun, relative_to
from detente.scenario.resolve import dump
from detente.scenario.schema import MAIN


def write_bundle(
    run: ScenarioRun,
    out: Path,
    *,
    force: bool = False,
    without: ScenarioRun | None = None,
    settings: Mapping[str, Any] | None = None,
    shown: View | None = None,
) -> Path:
    """Write a run as a folder; it appears complete or not at all.

    Args:
        run: solved. out: a new folder. force: replace an earlier bundle there.
        without: the same run without its assumed measures, shown beside it.
        settings: further arguments of the run that the scenario does not say, such as `as_of`.
        shown: the view to report, if it was made already.
    Returns:
        The folder.
    Raises:
        UsageError: the folder exists. SolveError: a branch is not certified: no bundle reads as good that is not.
        OSError: the place cannot be written.
    """
    out = Path(out)
    check_target(out, force=force, own=stranger)
    shown = shown if shown is not None else view(run, without=without)
    arrays = bundle_arrays(run)

    case = relative_to(run.scenario, out)

    def fill(folder: Path) -> None:
        (folder / SCENARIO).write_text(dump(case.resolved(baseline_sha256=_start(run))), encoding="utf-8")
        with (folder / ARRAYS).open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)
        write_tables(shown, folder / TABLES)
        write_report(shown, folder / REPORT)
        content = manifest(run, folder, settings or {})
        (folder / MANIFEST).write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")

    return write_folder(out, fill)


def bundle_arrays(run: Mapping[str, Result]) -> dict[str, Array]:
    """Return the keys of `arrays.npz`: the world before, and each branch under its prefix.

    Raises:
        SolveError: a branch is not certified.
    """
    arrays: dict[str, Array] = {}
    for name, result in run.items():
        found = result.arrays
        if not arrays:
            arrays = {key: stored_array(found[key]) for key in (*LABELS, *BASE_KEYS)}
        extra = (key for key in INSTRUMENT_KEYS if key in found)
        arrays |= {f"{name}/{key}": stored_array(found[key]) for key in (*NEW_KEYS, *extra)}
    return arrays


def stored_array(array: Array) -> Array:
    return array if array.dtype.kind == "U" else np.ascontiguousarray(array, dtype=np.float64)


def manifest(
    run: ScenarioRun, folder: Path, settings: Mapping[str, Any], *, inputs: Mapping[str, Any] | None = None,
    repeat: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Return the manifest of a filled folder: inputs, versions, certificates, files with checksums, a seal.

    Args:
        run: solved. folder: filled. settings: of the run. inputs: to be stored instead of those of a plain run.
        repeat: the command, where it is not `detente run`.
    """
    inputs = {**run_inputs(run, settings), **(inputs or {})}
    return sealed(run, folder, inputs, repeat or repeat_command(run, settings))


def sealed(results: Mapping[str, Result], folder: Path, inputs: Mapping[str, Any], repeat: str) -> dict[str, Any]:
    """Return a manifest: what decides the numbers, versions, certificates, files with checksums, a seal over all."""
    files = {
        name: {"sha256": file_sha256(folder / name), "bytes": (folder / name).stat().st_size}
        for name in ALL_NAMES
        if (folder / name).exists()
    }
    content = {
        "format": FORMAT,
        "status": worst_status(results.values()),
        "id": digest(inputs),
        "inputs": inputs,
        "versions": environment.versions(),
        "certificates": {name: result.certificate.to_dict() for name, result in results.items()},
        "files": files,
        "bands": {name: band_facts(each.bands) for name, each in results.items() if each.bands is not None},
        "repeat": repeat,
    }
    plain: dict[str, Any] = json.loads(json.dumps(content))
    return {**plain, "seal": digest(plain)}


def run_inputs(run: ScenarioRun, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that decides the numbers."""
    case, base = run.scenario, run.base
    first = next(iter(run.values()))
    return {
        "scenario": {"id": case.id, "sha256": case.sha256},
        "baseline": {
            "id": base.id,
            "sha256": _start(run),
            "file_sha256": base.meta.get("file_sha256"),
            "years": dict(base.meta.get("years", {})),
            "comparator_sha256": base.sha256,
        },
        "comparator": run.comparator,
        "closure": {
            "deficits": case.closure.deficits,
            "revenue": case.closure.revenue,
            "numeraire": case.closure.numeraire,
        },
        "elasticities": {
            "set": base.elasticity_set,
            "values": dict(zip(base.sectors, base.trade_elasticity.tolist(), strict=True)),
        },
        "branches": {name: _branch(run, name) for name in run},
        "seed": case.uncertainty.seed if first.bands is None else first.bands.seed,
        "draws": 0 if first.bands is None else first.bands.asked,
        "settings": {**first.provenance.get("settings", {}), **settings},
        "detente": detente.__version__,
    }


def _branch(run: ScenarioRun, name: str) -> dict[str, Any]:
    regime = run.plans[name].regime
    return {
        "on": str(regime.date),
        "applied": [measure.id for measure in regime.applied],
        "not_applied": {measure.id: reason for measure, reason in regime.not_applied},
        "coverage": {
            each.measure: {"rows_read": each.rows_read, "rows_matched": each.rows_matched, "cells": each.cells}
            for each in run.plans[name].coverage
        },
        **packed(run[name]),
    }


def _start(run: ScenarioRun) -> str:
    """Return the checksum of the world as loaded, before the comparator's law was put on it."""
    moved = any(plan.comparator_wedges.tariffs is not None for plan in run.plans.values())
    return str(run.base.meta["parent"]) if moved else run.base.sha256


def repeat_command(run: ScenarioRun, settings: Mapping[str, Any], *, scenario: str = SCENARIO) -> str:
    """Return the command that solves the same branches again, from within the folder."""
    words = ["detente", "run", scenario, "--branch", ",".join(run)]
    if MAIN in run:
        words += ["--on", str(run.plans[MAIN].regime.date)]
    bands = next(iter(run.values())).bands
    words += [] if bands is None else ["--draws", str(bands.asked), "--seed", str(bands.seed)]
    words += [word for name, value in settings.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    return shlex.join(words)


def digest(content: Any) -> str:
    """Return the sha256 of plain data, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
