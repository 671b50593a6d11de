"""`detente data`: which worlds and elasticities there are, and whether a world is sound."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from detente.baseline.catalogue import (
    check_path,
    elasticity_sets,
    form_of,
    list_baselines,
    load_baseline,
    refuse_one_table,
)
from detente.baseline.describe import describe
from detente.baseline.files import plain, save_npz
from detente.baseline.importers import import_world
from detente.baseline.tables_export import export_world
from detente.baseline.tables_template import write_template
from detente.cli import output
from detente.cli.derive import free
from detente.cli.progress import reported
from detente.core.errors import DataError
from detente.report.text_table import number, table


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


def export(name: str, out: Path, form: str) -> None:
    """Write a baseline as tables or as a file."""
    written = export_world(load_baseline(name), out, form)
    _done({"status": "OK", "format": form, "path": str(written)}, f"written: {output.shown(written)}")


def template(out: Path, form: str) -> None:
    """Write an empty set of tables to fill."""
    written = write_template(out, form)
    _done({"status": "OK", "path": str(written)}, f"written: {output.shown(written)}")


def imported(source: Path, form: str | None, out: str, *, year: int | None, force: bool) -> None:
    """Keep somebody's data under a name, and say what came in.

    Raises:
        UsageError: an unknown format, or a name that is taken. DataError: everything that is wrong with the data.
    """
    path = free(out, force)
    if form is None and source.is_file():
        refuse_one_table(source)
    form = form or (form_of(source) if source.exists() else "csv")
    with reported() as progress:
        base = import_world(source, form, year=year, progress=progress)
    path.parent.mkdir(parents=True, exist_ok=True)
    history = (*base.meta.get("history", ()), f"imported from {source.name} ({form}) as {base.id}")
    save_npz(base.replace(id=path.stem, meta=MappingProxyType({**base.meta, "history": history})), path)
    output.note(*(f"warning: {text}" for text in base.meta.get("warnings", ())))
    counts: dict[str, Any] = plain(base.meta.get("import", {})) if form != "npz" else {"format": form}
    lines = _counted(counts.get("counts", {}))
    _done(
        {"status": "OK", "id": path.stem, "file": str(path), "import": counts}, *lines, f"written: {output.shown(path)}"
    )


def _counted(counts: Mapping[str, Any]) -> list[str]:
    """Return what was read and what it became, a line for each table."""
    tables = {name: each for name, each in counts.items() if isinstance(each, Mapping)}
    rest = {name: each for name, each in counts.items() if name not in tables}
    texts = [(name, ", ".join(f"{each[what]:,} {what}" for what in each)) for name, each in tables.items()]
    lines = [f"{name}: {text}" for name, text in texts]
    return [*lines, ", ".join(f"{each} {name}" for name, each in rest.items())] if rest else lines


def _done(content: dict[str, Any], *sentences: str) -> None:
    output.document(content) if output.wants_json() else output.say("\n".join(sentences))


def _rows(content: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    if output.wants_json():
        output.document(content)
        return
    head = list(rows[0]) if rows else ["name"]
    cells = [[number(value) if isinstance(value, float) else str(value) for value in row.values()] for row in rows]
    output.say(table(head, cells, left=len(head)))
