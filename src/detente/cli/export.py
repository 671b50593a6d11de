"""`detente export`: tables, arrays, figures or a replication package of a bundle or a scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from detente.cli import output
from detente.cli.run import words
from detente.cli.solved import given, shown


def export(
    source: str, *, to: Path, tables: Sequence[str], figures: Sequence[str], countries: str | None,
    branches: Sequence[str], force: bool,
) -> None:  # fmt: skip
    """Write the files and say which.

    Raises:
        DetenteError: as `report.exports.export`, `run` and `verify`.
    """
    from detente.report.exports import checked
    from detente.report.exports import export as write

    checked(to, words(tables), words(figures))
    found = given(source, branches=branches)
    written = write(shown(found, countries), to, tables=words(tables), figures=words(figures), force=force)
    if output.wants_json():
        files = [{"path": str(each), "bytes": each.stat().st_size} for each in written]
        output.document({"status": "OK", "files": files})
        return
    for each in written:
        output.say(f"{output.shown(each)} · {each.stat().st_size:,} bytes")
    output.note(f"repeat: {output.command()}")
