"""`detente replicate`: a published paper solved again, beside the values that it prints."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from detente.cli import output
from detente.core.errors import CheckError
from detente.replicate import Replication, Row
from detente.replicate import replicate as solved

HEAD: Final = ("table", "case", "row", "column", "unit", "ours", "published", "tolerance", "verdict")
SHOWN: Final = 60
"""Cells of a table without published values that are printed; --json has all."""


def replicate(paper: str, data: Path) -> None:
    """Print every cell of a paper's tables: ours, the published value where one is packaged, and the verdict.

    Raises:
        UsageError: unknown paper. MissingDataError: inputs that are not there. CheckError: a compared cell is off.
    """
    found = solved(paper, data)
    if output.wants_json():
        output.document(
            {
                "status": "CHECK_FAILED" if found.off else "OK",
                "paper": found.paper,
                "title": found.title,
                "rows": [row.plain() for row in found.rows],
                "notes": list(found.notes),
                "inputs": {name: {"sha256": got, "expected": due} for name, (got, due) in found.inputs.items()},
                "seconds": found.seconds,
            }
        )
    else:
        output.say(text(found))
    if found.off:
        raise CheckError(f"{paper}: {len(found.off)} of {len(found.compared)} compared cells are off")


def text(found: Replication) -> str:
    """Return a replication as text: notes, then one table for each of the paper's."""
    from detente.report.text_table import table

    lines = [found.title, *(f"  {note}" for note in found.notes), ""]
    for name in dict.fromkeys(row.table for row in found.rows):
        rows = [row for row in found.rows if row.table == name]
        shown = rows if any(row.compared for row in rows) else rows[:SHOWN]
        lines += [table(HEAD, [_line(row) for row in shown], left=5)]
        lines += [f"and {len(rows) - len(shown)} more cells of table {name}; try --json"] * (len(shown) < len(rows))
        lines += [""]
    compared, off = len(found.compared), len(found.off)
    verdict = f"{off} off" if off else "all within their tolerance"
    without = f", {len(found.unjudged)} printed without a verdict (see the notes)" if found.unjudged else ""
    lines.append(f"{len(found.rows)} cells, {compared} compared, {verdict}{without}; {found.seconds:.1f} s")
    return "\n".join(lines)


def _line(row: Row) -> tuple[str, ...]:
    """Return one cell as text."""
    ours = f"{row.value:.6g}"
    if row.unjudged is not None:
        return (row.table, row.case, row.row, row.column, row.unit, ours, f"{row.unjudged:g}", "", "none: see notes")
    if row.published is None:
        return (row.table, row.case, row.row, row.column, row.unit, ours, "", "", "")
    verdict = "ok" if row.ok else "OFF"
    compared = (f"{row.published:g}", f"{row.tolerance:g}", verdict)
    return (row.table, row.case, row.row, row.column, row.unit, ours, *compared)
