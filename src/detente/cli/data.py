"""`detente data`: which worlds and elasticities there are, and whether a world is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detente.baseline.catalogue import check_path, elasticity_sets, import_path, list_baselines, load_baseline
from detente.baseline.describe import describe
from detente.baseline.files import save_npz
from detente.baseline.tables import read_tables
from detente.baseline.tables_write import write_tables
from detente.cli import output
from detente.core.errors import DataError, UsageError
from detente.report.text import number, table


def baselines() -> None:
    """List the baselines that can be named."""
    rows: list[dict[str, Any]] = [
        {"name": entry.name, "kind": "packaged" if entry.packaged else "imported", "file": entry.path.name}
        for entry in list_baselines()
    ]
    _rows({"status": "OK", "baselines": rows}, rows)


def sets(name: str) -> None:
    """List the elasticity sets of a baseline."""
    rows: list[dict[str, Any]] = [
        {
            "name": found.name,
            "lowest": min(found.values.values()),
            "highest": max(found.values.values()),
            "citation": "; ".join(part for part in (found.citation, found.note) if part),
        }
        for found in elasticity_sets(name).values()
    ]
    _rows({"status": "OK", "baseline": name, "elasticities": rows}, rows)


def info(name: str) -> None:
    """Print what to know about a baseline."""
    rows = describe(load_baseline(name))
    if output.wants_json():
        output.document({"status": "OK", "rows": [{"what": what, "text": text} for what, text in rows]})
        return
    output.say(table(["what", "text"], rows, left=2))


def check(path: str) -> None:
    """Check a folder or a file.

    Raises:
        DataError: every problem.
    """
    base, problems, warnings = check_path(path)
    if base is None:
        raise DataError(problems=problems)
    output.note(*(f"warning: {text}" for text in warnings))
    if output.wants_json():
        output.document({"status": "OK", "id": base.id, "sha256": base.sha256, "warnings": list(warnings)})
        return
    size = f"{len(base.countries)} economies x {len(base.sectors)} sectors"
    output.say(f"ok: {base.id}, {size}, {len(warnings)} warnings, sha256 {base.sha256}")


def export(name: str, out: Path) -> None:
    """Write a baseline as tables."""
    written = write_tables(load_baseline(name), out)
    _done({"status": "OK", "folder": str(written)}, f"written: {output.shown(written)}")


def imported(folder: Path, form: str, out: str, *, force: bool) -> None:
    """Keep a folder of tables under a name.

    Raises:
        UsageError: another format, or a name that is taken.
    """
    if form != "csv":
        raise UsageError(f"format: found {form!r}; expected csv: this version reads no other")
    path = import_path(out)
    if path.exists() and not force:
        raise UsageError(f"out: found {str(path)!r}, which exists; expected a new name; try --force to replace it")
    base = read_tables(folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_npz(base.replace(id=path.stem), path)
    output.note(*(f"warning: {text}" for text in base.meta.get("warnings", ())))
    _done({"status": "OK", "id": path.stem, "file": str(path)}, f"written: {output.shown(path)}")


def _done(content: dict[str, Any], sentence: str) -> None:
    output.document(content) if output.wants_json() else output.say(sentence)


def _rows(content: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    if output.wants_json():
        output.document(content)
        return
    head = list(rows[0]) if rows else ["name"]
    cells = [[number(value) if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    output.say(table(head, cells, left=len(head)))
