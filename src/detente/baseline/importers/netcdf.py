"""The five tables as variables of one netCDF file: cells are found by dimension names and labels, never by position.

Needs xarray and h5netcdf (`pip install 'detente[netcdf]'`). Before xarray sees the file its structure is examined:
links to other files, virtual data and groups are refused, and sizes are checked before anything is unpacked.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Progress, silent
from detente.baseline.baseline import Baseline
from detente.baseline.tables import Tables, baseline_of
from detente.baseline.tables_meta import Meta, flat_meta
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_rows import CODE_LIMIT, CODES_LIMIT, ROW_LIMIT, Rows, Table, shortened
from detente.baseline.text import read_bytes, single_file
from detente.core.errors import DataError, MissingDataError, Problem, nearest

FILE_LIMIT: Final = 256 * 1024**2
SUFFIXES: Final = (".nc", ".nc4")
PERCENT: Final = ("percent", "%")
MONEY: Final = ("MUSD", "million USD", "1e6 USD")
OBJECTS: Final = 50
_IGNORED: Final = ("Conventions",)


@dataclass(frozen=True)
class Variable:
    """A variable: its name, its dimensions (any order in the file) and the unit that an export gives it."""

    name: str
    dims: tuple[str, ...]
    units: str


VARIABLES: Final = {
    "flows": Variable("flows", ("origin", "dest", "sector"), "MUSD"),
    "inputs": Variable("inputs", ("country", "input_sector", "sector"), "MUSD"),
    "value_added": Variable("value_added", ("country", "sector"), "MUSD"),
    "tariffs": Variable("tariffs", ("by", "against", "sector"), "percent"),
    "elasticities": Variable("trade_elasticity", ("sector",), ""),
}


def read_netcdf(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a netCDF file as a baseline.

    Args:
        source: a file (netCDF 4) with the variables flows(origin, dest, sector), inputs(country, input_sector, sector),
            value_added(country, sector), tariffs(by, against, sector) with `units` of "percent" or "1", and
            trade_elasticity(sector), a coordinate of codes for each dimension, and the fields of `meta.yaml` as global
            attributes; or a folder that holds one such file.
        progress: told which variable is read.
    Returns:
        The checked baseline; `meta["import"]` counts cells.
    Raises:
        MissingDataError: no such file, or xarray and h5netcdf are not installed.
        DataError: everything that is wrong with the file.
    """
    path = single_file(Path(source), SUFFIXES)
    data = read_bytes(path, FILE_LIMIT)
    _check_signature(path, data)
    xarray = xarray_or_refuse()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _examine(path, data)
            with xarray.open_dataset(
                io.BytesIO(data), engine="h5netcdf", decode_times=False, decode_coords=False
            ) as dataset:
                meta, tables = _content(path, dataset, progress)
    except DataError:
        raise
    except Exception as error:  # the libraries below raise whatever a damaged file makes of their own code
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise _refused(path, "", f"a damaged netCDF file ({reason})", "an intact file", "exporting it again") from None
    files = {path.name: hashlib.sha256(data).hexdigest()}
    return baseline_of(Tables("netcdf", str(path), tables, meta, files))


def xarray_or_refuse() -> Any:
    """Return the module xarray.

    Raises:
        MissingDataError: xarray or h5netcdf is not installed; the message has the command that installs them.
    """
    try:
        import h5netcdf  # noqa: F401
        import h5py  # noqa: F401
        import xarray
    except ImportError as error:
        found = f"no package {error.name}"
        hint = "pip install 'detente[netcdf]'"
        raise MissingDataError(problems=[Problem("netcdf", "", found, "xarray and h5netcdf", hint)]) from None
    return xarray


def _check_signature(path: Path, data: bytes) -> None:
    if data.startswith(b"\x89HDF\r\n\x1a\n"):
        return
    if data.startswith(b"CDF"):
        raise _refused(path, "", "a netCDF 3 file", "netCDF 4", "saving with format NETCDF4")
    raise _refused(path, "", "a file that is no netCDF 4" if data else "an empty file", "a netCDF 4 file")


def _examine(path: Path, data: bytes) -> None:
    """Refuse what leads out of the file or is too large, before a number is unpacked."""
    import h5py

    with h5py.File(io.BytesIO(data), "r") as file:
        names = list(file)
        if len(names) > OBJECTS:
            raise _refused(path, "", f"{len(names)} variables", f"at most {OBJECTS}")
        for name in names:
            shown = shortened(name)
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise _refused(path, shown, "a link", "data in this file")
            item = file[name]
            if not isinstance(item, h5py.Dataset):
                raise _refused(path, shown, "a group", "variables only")
            if item.is_virtual or item.external:
                raise _refused(path, shown, "data kept in another file", "data in this file")
            size = math.prod(item.shape or ())
            if max(size, math.prod(item.chunks or ())) > ROW_LIMIT:
                raise _refused(path, shown, f"{size} cells in chunks of {item.chunks}", f"at most {ROW_LIMIT}")
            if len(item.shape or ()) == 1 and size > CODES_LIMIT:
                raise _refused(path, shown, f"{size} entries", f"at most {CODES_LIMIT}")
            if item.dtype.itemsize > 8 * CODE_LIMIT:
                raise _refused(path, shown, f"entries of {item.dtype.itemsize} bytes", f"at most {8 * CODE_LIMIT}")


def _content(path: Path, dataset: Any, progress: Progress) -> tuple[Meta, dict[str, Table]]:
    meta = flat_meta(str(path), "the global attributes", _attributes(dataset.attrs))
    known = {variable.name for variable in VARIABLES.values()}
    dims = {dim for variable in VARIABLES.values() for dim in variable.dims}
    for name in [*dataset.data_vars, *dataset.coords]:
        if str(name) not in known | dims:
            close = nearest(str(name), sorted(known))
            meta.tell(0, shortened(str(name)), "an unknown variable", f"one of {', '.join(sorted(known))}", close)
    tables = {}
    for number, (name, variable) in enumerate(VARIABLES.items(), start=1):
        tables[name] = _table(path, name, variable, dataset)
        progress(path.name, number, len(VARIABLES))
    return meta, tables


def _attributes(attributes: Mapping[Any, Any]) -> Iterator[tuple[int, str, str]]:
    for name, value in attributes.items():
        if name in _IGNORED:
            continue
        if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
            yield from ((0, f"{name}.{at}", _plain(item)) for at, item in enumerate(value, start=1))
        else:
            yield 0, str(name), _plain(value)


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _table(path: Path, name: str, variable: Variable, dataset: Any) -> Table:
    rows = Rows(f"{path}: {variable.name}", LAYOUTS[name], mark="")
    if variable.name not in dataset.data_vars:
        close = nearest(variable.name, [str(each) for each in dataset.data_vars])
        rows.tell(0, "", "no such variable", f"{variable.name}({', '.join(variable.dims)})", close)
        return rows.table()
    array = dataset[variable.name]
    if set(array.dims) != set(variable.dims):
        found = f"dimensions {', '.join(map(str, array.dims)) or 'none'}"
        rows.tell(0, "", found, f"dimensions {', '.join(variable.dims)}, in any order")
        return rows.table()
    scale = _scale(name, array.attrs.get("units", array.encoding.get("units")), rows)
    codes = {dim: _codes(dim, dataset, rows) for dim in variable.dims}
    ordered = array.transpose(*variable.dims)
    if ordered.dtype.kind not in "fiu":
        rows.tell(0, "", f"a variable of type {ordered.dtype}", "numbers of type double")
    if rows.problems:
        return rows.table()
    if ordered.dtype == np.float32:
        rows.warnings.append(f"{rows.path} is float32, about 7 digits; float64 expected")
    values = np.asarray(ordered.values, dtype=np.float64) * scale
    for cell in np.argwhere(~np.isfinite(values)):
        labels = ", ".join(codes[dim][int(at)] for dim, at in zip(variable.dims, cell, strict=True))
        rows.tell(0, "", f"{values[tuple(cell)]} at {labels}", "a finite number; a fill value is read as NaN")
    at = np.indices(values.shape).reshape(values.ndim, -1)
    keys = dict(zip(LAYOUTS[name].keys, ((codes[dim], at[i]) for i, dim in enumerate(variable.dims)), strict=True))
    rows.take(keys, values.ravel(), np.arange(values.size))
    return rows.table()


def _scale(name: str, units: Any, rows: Rows) -> float:
    """Return the factor that makes the numbers those of the table, after telling of units that are none."""
    text = _plain(units) if units is not None else ""
    if name == "tariffs":
        if text not in (*PERCENT, "1"):
            found = f"units {shortened(text)!r}" if text else "no units"
            rows.tell(0, "units", found, 'units = "percent" (25 for 25 %) or "1" (0.25)')
        return 100.0 if text == "1" else 1.0
    expected = ("1",) if name == "elasticities" else MONEY
    if text and text not in expected:
        rows.tell(0, "units", f"units {shortened(text)!r}", f"no units or {' or '.join(map(repr, expected))}")
    return 1.0


def _codes(dim: str, dataset: Any, rows: Rows) -> list[str]:
    if dim not in dataset.coords or dataset[dim].dims != (dim,):
        rows.tell(0, dim, "a dimension without a coordinate", "a coordinate variable with the code of each position")
        return []
    labels = dataset[dim].values.tolist()
    if not all(isinstance(label, (str, bytes)) for label in labels):
        rows.tell(0, dim, f"labels of type {dataset[dim].dtype}", "codes, as text")
        return []
    codes = [_plain(label) for label in labels]
    for code in dict.fromkeys(code for at, code in enumerate(codes) if code in codes[:at]):
        rows.tell(0, dim, f"the label {shortened(code)!r} twice", "one position for each code")
    return codes


def _refused(path: Path, field: str, found: str, expected: str, hint: str = "") -> DataError:
    return DataError(problems=[Problem(str(path), field, found, expected, hint)])
