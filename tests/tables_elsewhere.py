"""The good set of tables (`contract/bad/good`) written by other libraries: pyarrow, openpyxl, xarray.

None of this code is shared with the package, so that a reader and a writer cannot agree on the same mistake.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xarray as xr

GOOD = Path(__file__).parent / "contract" / "bad" / "good"
NAMES = ("flows", "inputs", "value_added", "tariffs", "elasticities")
FIELDS = {
    "id": "two-isles", "source": "invented for the tests", "licence": "CC0-1.0", "world": False, "year.flows": 2022,
    "year.inputs": 2022, "year.value_added": 2022, "year.tariffs": 2022,
}  # fmt: skip
Rows = list[list[Any]]


def good(name: str, folder: Path = GOOD) -> tuple[list[str], Rows]:
    """Return header and rows of one table, numbers as numbers."""
    with (folder / f"{name}.csv").open(newline="") as stream:
        header, *rows = list(csv.reader(stream))
    return header, [[*row[:-1], float(row[-1])] for row in rows]


def parquet_folder(folder: Path, edit: Callable[[dict[str, pa.Table]], None] | None = None, **options: Any) -> Path:
    """Write the tables as Parquet with pyarrow, and a manifest."""
    folder.mkdir(exist_ok=True)
    tables = {}
    for name in NAMES:
        header, rows = good(name)
        tables[name] = pa.table({column: [row[at] for row in rows] for at, column in enumerate(header)})
    if edit is not None:
        edit(tables)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", **options)
    (folder / "meta.yaml").write_text((GOOD / "meta.yaml").read_text())
    return signed(folder)


def signed(folder: Path) -> Path:
    """Write the manifest of a folder anew."""
    files = sorted(path for path in folder.iterdir() if path.name != "manifest.json")
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    (folder / "manifest.json").write_text(json.dumps(sums))
    return folder


def workbook(path: Path, edit: Callable[[openpyxl.Workbook], None] | None = None) -> Path:
    """Write the tables as a workbook with openpyxl."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in NAMES:
        sheet = book.create_sheet(name)
        header, rows = good(name)
        for row in (header, *rows):
            sheet.append(row)
    sheet = book.create_sheet("meta")
    sheet.append(["field", "value"])
    for item in FIELDS.items():
        sheet.append(item)
    if edit is not None:
        edit(book)
    book.save(path)
    return path


def dataset() -> xr.Dataset:
    """Return the tables as an xarray data set, built cell by cell."""
    variables, coords = {}, {}
    for name in NAMES:
        header, rows = good(name)
        *dims, _ = header
        codes = {dim: sorted({row[at] for row in rows}) for at, dim in enumerate(dims)}
        grid = np.zeros([len(codes[dim]) for dim in dims])
        for row in rows:
            grid[tuple(codes[dim].index(code) for dim, code in zip(dims, row[:-1], strict=True))] = row[-1]
        label = "trade_elasticity" if name == "elasticities" else name
        variables[label] = (dims, grid, {"units": "percent"} if name == "tariffs" else {})
        coords |= codes
    attributes = {key: str(value).lower() if isinstance(value, bool) else value for key, value in FIELDS.items()}
    return xr.Dataset(variables, coords, attrs=attributes)


def netcdf(path: Path, data: xr.Dataset | None = None, **options: Any) -> Path:
    """Write a data set with xarray."""
    (dataset() if data is None else data).to_netcdf(path, engine="h5netcdf", **options)
    return path
