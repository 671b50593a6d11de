"""`detente verify`: the installed model, or a stored bundle, held against the equations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detente.cli import output
from detente.core.errors import CheckError, Problem, UsageError

REBUILD = "--rebuild, which solves it again"


def verify(folder: Path | None, *, quick: bool, only: str | None, rerun: bool) -> None:
    """Check a bundle, or the installed model when there is none.

    Raises:
        CheckError: something does not hold.
    """
    if folder is None:
        if rerun:
            raise UsageError("rerun: found no bundle; expected DIR, the bundle to solve again")
        _installed(quick=quick, only=only)
        return
    if quick or only is not None:
        raise UsageError("quick, only: found together with a bundle; expected them for the installed model alone")
    if (folder / "store.json").exists():
        _swept(folder, rerun=rerun)
    else:
        _stored(folder, rerun=rerun)


def _installed(*, quick: bool, only: str | None) -> None:
    from detente import verify as model

    checks = model.run(quick=quick, only=only)
    failed = [check for check in checks if not check.ok]
    if output.wants_json():
        rows = [{"law": c.law, "ok": c.ok, "value": str(c.value), "limit": c.limit, "text": c.text} for c in checks]
        output.document({"status": "CHECK_FAILED" if failed else "OK", "checks": rows})
    else:
        output.say(model.report(checks))
    if failed:
        raise CheckError(f"{len(failed)} of {len(checks)} checks failed")


def _stored(folder: Path, *, rerun: bool) -> None:
    from detente.report.stored import check_bundle, check_rerun

    residuals = check_bundle(folder)
    moved = check_rerun(folder) if rerun else {}
    worst = {branch: max(found.items(), key=lambda item: item[1][0]) for branch, found in residuals.items()}
    lines = [f"ok: every file of {output.shown(folder)} is as it was written"]
    lines += [
        f"{branch}: largest residual recomputed from the file {value:.1e} ({name}, {where})"
        for branch, (name, (value, where)) in worst.items()
    ]
    lines += [f"{branch}: solved again, largest relative difference {size:.1e}" for branch, size in moved.items()]
    content = {
        "status": "OK",
        "bundle": str(folder),
        "residuals": {
            branch: {name: list(pair) for name, pair in found.items()} for branch, found in residuals.items()
        },
        "rerun": moved,
    }
    _say(content, lines)


def _swept(folder: Path, *, rerun: bool) -> None:
    """Count the cells of a store and compute every checksum again.

    Raises:
        CheckError: a cell is missing, damaged or not of this store.
    """
    from detente.sweep.store import open_store, verified

    if rerun:
        raise UsageError("rerun: found a store; expected a bundle; a store is solved again into a new folder")
    found = verified(open_store(folder))
    problems = [Problem(str(path), "sha256", "altered bytes", "those of its name", REBUILD) for path in found.damaged]
    problems += [Problem(str(path), "", "a file of no cell", "cells only", REBUILD) for path in found.strangers]
    if found.missing:
        text = f"{len(found.missing)} of {found.cells} cells missing"
        problems.insert(0, Problem(str(folder), "", text, "all of them", f"detente sweep {output.shown(folder)}"))
    if problems:
        raise CheckError(problems=problems)
    content = {"status": "OK", "store": str(folder), "cells": found.cells, "twice": len(found.twice)}
    line = f"ok: {found.cells:,} cells of {output.shown(folder)}, every one there, once, as it was written"
    _say(content, [line.replace(", once,", ",") if found.twice else line])


def _say(content: dict[str, Any], lines: list[str]) -> None:
    output.document(content) if output.wants_json() else output.say("\n".join(lines))
