"""The tables of a run as Parquet files: long format, scenario and branch in front."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from detente.core.pairs import pair_columns
from detente.core.result import Result
from detente.equilibrium.diversion import diversion_columns, pressure_columns
from detente.report.layout import BAND_TABLES, PLAIN_TABLES, TABLE_NAMES
from detente.report.select import View

Columns = dict[str, list[Any]]
NUMBER: Final = re.compile(r"value|mean|sd|low|high|p[0-9_]+(_error)?|.*_(pct|pp|musd)")
"""Columns that hold numbers; the others hold words."""


def run_tables(view: View) -> Iterable[tuple[str, Columns]]:
    """Yield (name, columns) of every table that has rows, branches below each other."""
    for name in names_of(view):
        columns = table_of(view, name)
        if columns:
            yield name, columns


def names_of(view: View) -> tuple[str, ...]:
    """Return the names of the tables of a run, without making them."""
    missing = set() if view.focus else {"diversion", "pressure"}
    missing |= set() if any(branch.result.bounds for branch in view.branches) else {"instruments"}
    return tuple(name for name in TABLE_NAMES if name not in missing)


def table_of(view: View, name: str) -> Columns:
    """Return a table, branches below each other; {} where no branch has a row in it."""
    parts = [(branch.name, _of(branch.result, name, view)) for branch in view.branches]
    whole: Columns = {"scenario": [], "branch": []}
    for branch_name, columns in parts:
        count = 0 if columns is None else len(next(iter(columns.values())))
        if columns is None or not count:
            continue
        whole["scenario"] += [view.run.scenario.id] * count
        whole["branch"] += [branch_name] * count
        for key, values in columns.items():
            whole.setdefault(key, []).extend(values)
    return whole if len(whole) > 2 else {}


def _of(result: Result, name: str, view: View) -> Columns | None:
    if name in PLAIN_TABLES:
        return result.columns(name)
    if name in BAND_TABLES:
        return None if result.bands is None else result.columns(name)
    if name == "pairs":
        return pair_columns(result)
    if view.focus is None:
        return None
    by, against = view.focus
    columns = diversion_columns if name == "diversion" else pressure_columns
    return dict(columns(result, by=by, against=against))


def write_tables(view: View, folder: Path) -> list[Path]:
    """Write every table to `folder/NAME.parquet` and return the files."""
    import pyarrow.parquet as pq

    folder.mkdir()
    written = []
    for name, columns in run_tables(view):
        path = folder / f"{name}.parquet"
        pq.write_table(parquet_table(columns), path)
        written.append(path)
    return written


def parquet_table(columns: Mapping[str, Sequence[Any]]) -> Any:
    """Return columns as a table of Arrow: numbers as float64, text as dictionaries."""
    import pyarrow as pa

    return pa.table({key: _column(pa, key, values) for key, values in columns.items()})


def _column(pa: Any, key: str, values: Sequence[Any]) -> Any:
    number = bool(NUMBER.fullmatch(key))
    return pa.array(values, pa.float64()) if number else pa.array(values, pa.string()).dictionary_encode()
