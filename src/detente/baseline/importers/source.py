"""Which file of a folder is the table: the only one of its kind, never a guess."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detente.core.errors import DataError, MissingDataError, Problem

COMPANIONS: Final = ("tariffs.csv", "elasticities.csv")
_PACKED: Final = (".gz", ".zip", ".7z", ".bz2", ".xz", ".xlsb", ".xlsx")


def table_of(source: Path, suffixes: Sequence[str], *, form: str) -> Path:
    """Return the table: the file itself, or the only one with such a suffix in a folder.

    Args:
        source: a file or folder. suffixes: endings of a table, any case. form: the format, for the messages.
    Raises:
        MissingDataError: nothing there, or a folder without a table.
        DataError: a folder with two tables, or only with packed ones.
    """
    if not source.exists():
        raise MissingDataError(problems=[Problem(str(source), "", "no such file or folder", f"a table ({form})")])
    if not source.is_dir():
        return source
    wanted = tuple(suffix.lower() for suffix in suffixes)
    names = sorted(path.name for path in source.iterdir() if path.name not in COMPANIONS)
    tables = [name for name in names if Path(name).suffix.lower() in wanted]
    if len(tables) == 1:
        return source / tables[0]
    expected = f"one table ({' or '.join(suffixes)}) beside {', '.join(COMPANIONS)} and meta.yaml"
    if tables:
        found = f"{len(tables)} tables: {', '.join(tables[:5])}{', ..' if len(tables) > 5 else ''}"
        raise DataError(problems=[Problem(str(source), "", found, expected, "naming the file instead of the folder")])
    packed = [name for name in names if Path(name).suffix.lower() in _PACKED]
    if packed:
        problem = Problem(str(source), "", f"{packed[0]}, which is packed", expected, "unpacking it, or saving as CSV")
        raise DataError(problems=[problem])
    raise MissingDataError(problems=[Problem(str(source), "", "no table", expected)])
