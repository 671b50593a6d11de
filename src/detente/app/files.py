"""What can be carried away: tables, figures, the report, the bundle, the scenario with the switches in it."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from detente.app.runs import Desk
from detente.app.screens import chosen
from detente.app.selection import Selection
from detente.app.writeback import written
from detente.core.errors import UsageError, nearest
from detente.report.charts.base import pdf, png, svg
from detente.report.content import csv_text
from detente.report.exports import export
from detente.report.layout import TABLE_NAMES
from detente.report.screens import figure
from detente.report.select import View, view
from detente.report.tables import run_tables


def table_file(desk: Desk, state: Selection, name: str, form: str) -> bytes:
    """Return one table of the branches of a state.

    Raises:
        UsageError: no such table, or a scenario without the pair that it is about.
    """
    if name not in TABLE_NAMES:
        hint = nearest(name, TABLE_NAMES)
        text = f"table: found {name!r}; expected one of {', '.join(TABLE_NAMES)}"
        raise UsageError(text + (f"; try {hint}" if hint else ""))
    shown = _in_focus(view(desk.run(state)), state)
    columns = next((columns for each, columns in run_tables(shown) if each == name), None)
    if columns is None:
        raise UsageError(f"table: {name} is empty in this state; for diversion and pressure say by and against")
    return _json(shown, columns) if form == "json" else _exported(shown, f"{name}.{form}", tables=(name,))


def _exported(shown: View, name: str, **choice: Any) -> bytes:
    """Return what `detente export` writes under a name."""
    with tempfile.TemporaryDirectory(prefix="detente-") as place:
        return export(shown, Path(place) / name, **choice)[0].read_bytes()


def _in_focus(shown: View, state: Selection) -> View:
    """Return a view whose trade in detail is that of the pair asked for."""
    choice = chosen(state, shown)
    return replace(shown, focus=choice.pair) if choice.pair is not None else shown


def _json(shown: View, columns: Mapping[str, list[Any]]) -> bytes:
    """Return a table as rows, what it is measured against first."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    head = {
        "status": next((b.result.status for b in shown.branches if b.marked), "CERTIFIED"),
        "scenario": shown.run.scenario.id,
        "comparator": shown.run.comparator,
        "closure": shown.run.scenario.closure.title,
        "rows": rows,
    }
    return json.dumps(head, ensure_ascii=False, default=float).encode()


def figure_file(desk: Desk, state: Selection, name: str, form: str) -> bytes:
    """Return one figure of a state as csv, svg, png or pdf.

    Raises:
        UsageError: no such figure, or one that this state has not.
    """
    shown = view(desk.run(state))
    made = figure(name, shown, chosen(state, shown))
    if made is None:
        raise UsageError(f"figure: {name} has nothing to show in this state")
    if form == "csv":
        return csv_text(made.columns).encode()
    if form == "svg":
        return svg(made.spec).encode()
    return png(made.spec) if form == "png" else pdf(made.spec)


def report_file(desk: Desk, state: Selection) -> bytes:
    """Return the report of a state: one file that needs nothing."""
    from detente.report.html import report_html

    shown = view(desk.run(state))
    return report_html(shown, chosen(state, shown)).encode()


def bundle_file(desk: Desk, state: Selection) -> bytes:
    """Return the bundle of a state as a zip archive, the same bytes each time."""
    from detente.report.bundle import write_bundle

    run = desk.run(state)
    stream = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="detente-") as place:
        folder = write_bundle(run, Path(place) / run.scenario.id)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                entry = zipfile.ZipInfo(f"{run.scenario.id}/{path.relative_to(folder).as_posix()}")
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def scenario_file(desk: Desk, state: Selection) -> bytes:
    """Return the scenario of a state as a person would have written it."""
    return written(desk.text(state)[2], state).encode()


def cited(desk: Desk, state: Selection) -> bytes:
    """Return BibTeX of what the numbers of a state rest on."""
    from detente.report.cite import bibtex

    return bibtex(desk.run(state)).encode()


def _as(name: str) -> Callable[[Desk, Selection], bytes]:
    return lambda desk, state: _exported(_in_focus(view(desk.run(state)), state), name)


FILES: Final[dict[str, Callable[[Desk, Selection], bytes]]] = {
    "results.xlsx": _as("results.xlsx"),
    "replication.zip": _as("replication.zip"),
    "arrays.nc": _as("arrays.nc"),
    "arrays.mat": _as("arrays.mat"),
    "references.bib": cited,
    "report.html": report_file,
    "bundle.zip": bundle_file,
    "scenario.yaml": scenario_file,
}
