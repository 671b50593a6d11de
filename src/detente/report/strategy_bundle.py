"""A best response, a war, a ladder or a bargain as a folder: arrays, tables, what was asked, what proves it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

import detente
from detente.baseline import Baseline
from detente.baseline.catalogue import load_baseline
from detente.core.closure import Closure
from detente.core.errors import CheckError, Problem
from detente.core.result import BASE_KEYS, INSTRUMENT_KEYS, NEW_KEYS, Result
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges
from detente.report import environment
from detente.report.bounds import packed, unpacked
from detente.report.bundle import digest, file_sha256, stored_array
from detente.report.document import worst_status
from detente.report.folder import check_target, write_folder
from detente.report.layout import ARRAYS, FORMAT, LABELS, MANIFEST, NAMES, PLAIN_TABLES, TABLES, stranger

KIND: Final = "strategy"


def write_strategy_bundle(
    results: Mapping[str, Result], out: Path, *, asked: Mapping[str, Any], extra: Mapping[str, Sequence[Any]],
    repeat: str, force: bool = False,
) -> Path:  # fmt: skip
    """Write certified equilibria of one world as a folder; it appears complete or not at all.

    Args:
        results: name -> result, all on one baseline. out: a new folder. asked: verb, baseline, elasticities, arguments.
        extra: name -> rows (dataclasses) of further tables. repeat: the command. force: replace an earlier bundle.
    Returns:
        The folder.
    Raises:
        UsageError: the folder exists. SolveError: a result is not certified. OSError: the place cannot be written.
    """
    check_target(out, force=force, own=stranger)
    arrays: dict[str, Any] = {}
    for name, result in results.items():
        found = result.arrays
        arrays = arrays or {key: stored_array(found[key]) for key in (*LABELS, *BASE_KEYS)}
        kept = (*NEW_KEYS, *(key for key in INSTRUMENT_KEYS if key in found))
        arrays |= {f"{name}/{key}": stored_array(found[key]) for key in kept}

    def fill(folder: Path) -> None:
        with (folder / ARRAYS).open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)
        _write_tables(results, extra, folder / TABLES)
        content = _manifest(results, folder, asked, repeat)
        (folder / MANIFEST).write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")

    return write_folder(out, fill)


def _write_tables(results: Mapping[str, Result], extra: Mapping[str, Sequence[Any]], folder: Path) -> None:
    import pandas as pd

    folder.mkdir()
    for name in PLAIN_TABLES:
        parts = [pd.DataFrame({"branch": branch, **result.columns(name)}) for branch, result in results.items()]
        table = pd.concat([part for part in parts if len(part)] or parts)
        if len(table):
            table.to_parquet(folder / f"{name}.parquet", index=False)
    for name, rows in extra.items():
        if rows:
            pd.DataFrame([_flat(asdict(row)) for row in rows]).to_parquet(
                folder / f"strategy_{name}.parquet", index=False
            )


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in which lists of players' numbers are lists of floats."""
    return {key: [float(item) for item in value] if isinstance(value, tuple) else value for key, value in row.items()}


def _manifest(results: Mapping[str, Result], folder: Path, asked: Mapping[str, Any], repeat: str) -> dict[str, Any]:
    first = next(iter(results.values()))
    base, closure = first.baseline, first.closure
    inputs = {
        "kind": KIND,
        "asked": dict(asked),
        "baseline": {"id": base.id, "sha256": getattr(base, "sha256", "")},
        "closure": {"deficits": closure.deficits, "revenue": closure.revenue, "numeraire": closure.numeraire},
        "branches": {name: packed(result) for name, result in results.items()},
        "settings": {},
        "detente": detente.__version__,
    }
    files = {
        name: {"sha256": file_sha256(folder / name), "bytes": (folder / name).stat().st_size}
        for name in NAMES
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
        "repeat": repeat,
    }
    plain: dict[str, Any] = json.loads(json.dumps(content))
    return {**plain, "seal": digest(plain)}


def solved_again(folder: Path, inputs: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Result]:
    """Return the stored rates solved again on the world that they were found on.

    Args:
        folder: of the bundle. inputs: of its manifest. arrays: its arrays.
    Raises:
        CheckError: the world is another one now. MissingDataError: it is not on this machine.
    """
    asked, stored, rule = inputs["asked"], inputs["baseline"], inputs["closure"]
    base: Baseline = load_baseline(asked["baseline"], elasticities=asked["elasticities"] or "default")
    if base.sha256 != stored["sha256"]:
        base = base.purged()
    if base.sha256 != stored["sha256"]:
        found, expected = f"a world with checksum {base.sha256}", stored["sha256"]
        raise CheckError(problems=[Problem(str(folder), "baseline.sha256", found, expected)])
    closure = Closure(rule["deficits"], rule["revenue"], rule["numeraire"])
    again = {}
    for name, branch in inputs["branches"].items():
        bounds, _ = unpacked(branch, base.countries, base.sectors)
        wedges = Wedges(tariffs=arrays[f"{name}/tariffs_new"], bounds=bounds)
        again[name] = solve(base, wedges=wedges, closure=closure)
    return again
