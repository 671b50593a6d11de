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
from detente.core.certificate import Certificate
from detente.core.closure import Closure
from detente.core.errors import CheckError, Problem, UsageError
from detente.core.result import INSTRUMENT_KEYS, NEW_KEYS, Result
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges
from detente.report.bounds import packed, unpacked
from detente.report.bundle import bundle_arrays, sealed
from detente.report.folder import check_target, write_folder
from detente.report.layout import ARRAYS, MANIFEST, PLAIN_TABLES, REPORT, TABLES, stranger
from detente.report.stored import read_bundle
from detente.report.story import write_story
from detente.report.strategy_story import strategy_story

KIND: Final = "strategy"


def write_strategy_bundle(
    results: Mapping[str, Result], out: Path, *, asked: Mapping[str, Any], extra: Mapping[str, Sequence[Any]],
    repeat: str, force: bool = False, found: Mapping[str, Any],
) -> Path:  # fmt: skip
    """Write certified equilibria of one world as a folder; it appears complete or not at all.

    Args:
        results: name -> result, all on one baseline. out: a new folder. asked: verb, baseline, elasticities, arguments.
        extra: name -> rows (dataclasses) of further tables. repeat: the command. force: replace an earlier bundle.
        found: what came out, as `strategy_document` makes it.
    Returns:
        The folder.
    Raises:
        UsageError: the folder exists. SolveError: a result is not certified. OSError: the place cannot be written.
    """
    check_target(out, force=force, own=stranger)
    arrays = bundle_arrays(results)
    told = _told(found)

    def fill(folder: Path) -> None:
        with (folder / ARRAYS).open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)
        _write_tables(results, extra, folder / TABLES)
        write_story(strategy_story(asked["verb"], told, results, repeat), folder / REPORT)
        content = _manifest(results, folder, asked, repeat, told)
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


def _told(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what came out as plain data, without what the folder has elsewhere: tables and certificates."""
    kept = {key: value for key, value in found.items() if key not in ("countries", "certificate", "certificates")}
    plain: dict[str, Any] = json.loads(json.dumps(kept, default=float))
    return plain


def _manifest(
    results: Mapping[str, Result], folder: Path, asked: Mapping[str, Any], repeat: str, told: Mapping[str, Any]
) -> dict[str, Any]:
    first = next(iter(results.values()))
    base, closure = first.baseline, first.closure
    inputs = {
        "kind": KIND,
        "asked": dict(asked),
        "found": dict(told),
        "baseline": {"id": base.id, "sha256": getattr(base, "sha256", "")},
        "closure": {"deficits": closure.deficits, "revenue": closure.revenue, "numeraire": closure.numeraire},
        "branches": {name: packed(result) for name, result in results.items()},
        "settings": {},
        "detente": detente.__version__,
    }
    return sealed(results, folder, inputs, repeat)


def solved_again(folder: Path, inputs: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Result]:
    """Return the stored rates solved again on the world that they were found on.

    Args:
        folder: of the bundle. inputs: of its manifest. arrays: its arrays.
    Raises:
        CheckError: the world is another one now. MissingDataError: it is not on this machine.
    """
    rule = inputs["closure"]
    base = _world(folder, inputs)
    closure = Closure(rule["deficits"], rule["revenue"], rule["numeraire"])
    again = {}
    for name, branch in inputs["branches"].items():
        bounds, _ = unpacked(branch, base.countries, base.sectors)
        wedges = Wedges(tariffs=arrays[f"{name}/tariffs_new"], bounds=bounds)
        again[name] = solve(base, wedges=wedges, closure=closure)
    return again


def read_strategy(folder: Path) -> tuple[Mapping[str, Any], dict[str, Result], str]:
    """Return what a bundle of a search holds: what came out with its verb, the equilibria, the command.

    Raises:
        UsageError: no bundle of a search, or one of a version that did not keep what came out.
        CheckError: altered, or the world is another one now. MissingDataError: it is not on this machine.
    """
    bundle = read_bundle(folder)
    inputs = bundle.manifest["inputs"]
    if inputs.get("kind") != KIND or "found" not in inputs:
        raise UsageError(f"{folder}: found no search with its outcome; expected a bundle made by this version")
    base, rule = _world(folder, inputs), inputs["closure"]
    results = {}
    for name in bundle.branches:
        arrays = bundle.of(name)
        bounds, critical = unpacked(inputs["branches"][name], base.countries, base.sectors)
        results[name] = Result(
            baseline=base,
            closure=Closure(rule["deficits"], rule["revenue"], rule["numeraire"]),
            certificate=Certificate.from_dict(bundle.manifest["certificates"][name]),
            stored={key: arrays[key] for key in (*NEW_KEYS, *INSTRUMENT_KEYS) if key in arrays},
            bounds=bounds,
            critical=critical,
        )
    return {**inputs["found"], "verb": inputs["asked"]["verb"]}, results, str(bundle.manifest["repeat"])


def _world(folder: Path, inputs: Mapping[str, Any]) -> Baseline:
    """Return the world that a search was made on.

    Raises:
        CheckError: it is another one now. MissingDataError: it is not on this machine.
    """
    asked, stored = inputs["asked"], inputs["baseline"]
    base: Baseline = load_baseline(asked["baseline"], elasticities=asked["elasticities"] or "default")
    if base.sha256 != stored["sha256"]:
        base = base.purged()
    if base.sha256 != stored["sha256"]:
        found, expected = f"a world with checksum {base.sha256}", stored["sha256"]
        raise CheckError(problems=[Problem(str(folder), "baseline.sha256", found, expected)])
    return base
