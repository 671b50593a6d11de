"""The rows of a cell as Parquet: long format, labels beside every number; the same input gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.tables import COUNTRY_VARIABLES
from detente.equilibrium.draws import Solved

NO_NUMBER: Final = ""
FIXED: Final = ("branch", "draw", "status", "residual", "country", "variable", "unit", "value", "reason")
"""Columns after the labels. A draw without numbers is one row with its status and reason, and no value."""


def cell_bytes(
    labels: Mapping[str, str],
    draws: Array,
    branches: Mapping[str, Sequence[Solved]],
    rows: Sequence[str],
    keep: tuple[Sequence[str], Sequence[str]],
) -> bytes:
    """Return the content of a cell's file.

    Args:
        labels: of the point. draws: their numbers. branches: solved draws of each. rows: labels of the tables.
        keep: countries and variables to be kept; empty is all.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    countries, variables = keep
    chosen = [v for v, name in enumerate(COUNTRY_VARIABLES) if not variables or name in variables]
    places = [n for n, code in enumerate(rows) if not countries or code in countries]
    parts = [
        _draw_rows(branch, int(number), solved, rows, (chosen, places))
        for branch, each in branches.items()
        for number, solved in zip(draws, each, strict=True)
    ]
    table = pa.concat_tables(parts)
    for position, (name, value) in enumerate(labels.items()):
        column = pa.DictionaryArray.from_arrays(np.zeros(len(table), dtype=np.int32), pa.array([value], pa.string()))
        table = table.add_column(position, name, column)
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd", store_schema=False, write_statistics=True)
    return stream.getvalue()


def _draw_rows(branch: str, draw: int, solved: Solved, rows: Sequence[str], place: tuple[list[int], list[int]]) -> Any:
    import pyarrow as pa

    chosen, places = place
    values: Any = [None]
    if solved.kept is None:
        count, countries, variables, units = 1, [NO_NUMBER], [NO_NUMBER], [NO_NUMBER]
    else:
        count = len(chosen) * len(places)
        names = list(COUNTRY_VARIABLES)
        countries = [rows[n] for n in places] * len(chosen)
        variables = [names[v] for v in chosen for _ in places]
        units = [COUNTRY_VARIABLES[name][0] for name in variables]
        values = solved.kept[np.ix_(chosen, places)].ravel()
    residual = solved.residual if np.isfinite(solved.residual) else None
    columns = {
        "branch": pa.array([branch] * count, pa.string()),
        "draw": pa.array(np.full(count, draw), pa.int32()),
        "status": pa.array([solved.status] * count, pa.string()),
        "residual": pa.array([residual] * count, pa.float64()),
        "country": pa.array(countries, pa.string()),
        "variable": pa.array(variables, pa.string()),
        "unit": pa.array(units, pa.string()),
        "value": pa.array(values, pa.float64()),
        "reason": pa.array([solved.text] * count, pa.string()),
    }
    return pa.table(columns)
