"""Other people's data as baselines: one reader for each published layout, all ending in `accounts.assembled`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from detente.baseline.accounts import Progress, silent
from detente.baseline.baseline import Baseline
from detente.core.errors import UsageError, nearest

READERS: Final = {
    "csv": "detente.baseline.tables:read_tables",
    "parquet": "detente.baseline.importers.parquet:read_parquet",
    "xlsx": "detente.baseline.importers.xlsx:read_xlsx",
    "netcdf": "detente.baseline.importers.netcdf:read_netcdf",
    "icio": "detente.baseline.importers.icio:read_icio",
    "icio-pair": "detente.baseline.importers.icio_pair:read_icio_pair",
    "wiod2013": "detente.baseline.importers.wiod:read_wiod2013",
    "wiod2016": "detente.baseline.importers.wiod:read_wiod2016",
    "kite": "detente.baseline.importers.kite:read_kite",
    "npz": "detente.baseline.files:read_npz",
}
"""Format to the function that reads it; a reader is loaded when it is called."""


WITH_YEAR: Final = ("icio-pair",)
"""Formats whose source holds several years."""


def import_world(source: Path, form: str, *, year: int | None = None, progress: Progress = silent) -> Baseline:
    """Read somebody's data as a baseline.

    Args:
        source: a file or a folder, as the format has it. form: one of `READERS`.
        year: which of several years; None takes the reader's default.
        progress: told what is being read and how far it is.
    Returns:
        The checked baseline; `meta["import"]` counts what came in and what went out, table by table.
    Raises:
        UsageError: unknown format, or a year for a format that holds one.
        MissingDataError: no such source, a companion file or an optional package is absent.
        DataError: everything that is wrong with the data, told at once.
    """
    if form not in READERS:
        known = ", ".join(READERS)
        raise UsageError(f"format: found {form!r}; expected one of {known}; try {nearest(form, [*READERS]) or 'csv'!r}")
    if year is not None and form not in WITH_YEAR:
        known = ", ".join(WITH_YEAR)
        raise UsageError(
            f"year: found {year} with format {form!r}, whose data are of one year; expected it with {known}"
        )
    options: dict[str, Any] = {} if year is None else {"year": year}
    module, name = READERS[form].split(":")
    read: Callable[..., Baseline] = getattr(import_module(module), name)
    return read(Path(source), progress=progress, **options)
