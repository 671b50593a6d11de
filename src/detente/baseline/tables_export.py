"""A baseline as files for other programs: the five tables as CSV, Parquet, workbook or netCDF, or the own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.baseline import Baseline
from detente.baseline.files import save_npz
from detente.baseline.importers.parquet import MANIFEST, META, manifest_of
from detente.baseline.tables_content import content_of, flat_fields
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_write import meta_yaml, new_file, new_folder, refuse_existing, write_tables
from detente.baseline.tables_xlsx import write_workbook
from detente.core.arrays import Array
from detente.core.errors import UsageError, nearest


def export_world(base: Baseline, out: Path, form: str = "csv") -> Path:
    """Write a baseline in one of the formats of `WRITERS`; the reader of that format gives it back within 1e-12.

    Args:
        base: the baseline. out: a new folder (csv, parquet) or a new file (xlsx, netcdf, npz); it appears complete or
            not at all. form: the format.
    Returns:
        The path.
    Raises:
        UsageError: unknown format, something is there already, a suffix that the reader would refuse, or something that
            the tables have no column for.
        MissingDataError: an optional package is absent.
    """
    if form not in WRITERS:
        close = nearest(form, [*WRITERS]) or "csv"
        raise UsageError(f"format: found {form!r}; expected one of {', '.join(WRITERS)}; try {close!r}")
    suffix = SUFFIXES.get(form)
    if suffix and out.suffix.lower() != suffix:
        raise UsageError(f"out: found {str(out)!r}; expected a file that ends in {suffix}; try '{out.name}{suffix}'")
    return WRITERS[form](base, Path(out))


def write_parquet(base: Baseline, folder: Path) -> Path:
    """Write a baseline as a folder of Parquet tables, with meta.yaml and a manifest of checksums.

    Raises:
        UsageError: the folder exists, or no table can hold the baseline.
    """

    def fill(draft: Path) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        content = content_of(base)
        for name, values in content.grids.items():
            columns = _columns(content.axes[name], values)
            table = pa.table(dict(zip(LAYOUTS[name].columns, columns, strict=True)))
            parquet.write_table(table, draft / f"{name}.parquet", compression="zstd", write_page_checksum=True)
        (draft / META).write_text(meta_yaml(content.fields), encoding="utf-8", newline="\n")
        names = sorted(path.name for path in draft.iterdir())
        (draft / MANIFEST).write_text(manifest_of(draft, names), encoding="utf-8", newline="\n")

    return new_folder(Path(folder), fill)


def _columns(axes: Sequence[tuple[str, ...]], values: Array) -> list[Any]:
    import pyarrow as pa

    at = np.indices(values.shape, dtype=np.int32).reshape(values.ndim, -1)
    keys = [pa.DictionaryArray.from_arrays(pa.array(at[i]), pa.array(axis, pa.string())) for i, axis in enumerate(axes)]
    return [*keys, pa.array(values.ravel())]


def write_netcdf(base: Baseline, path: Path) -> Path:
    """Write a baseline as one netCDF file.

    Raises:
        UsageError: the file exists, or no table can hold the baseline.
        MissingDataError: xarray or h5netcdf is not installed.
    """
    from detente.baseline.importers.netcdf import VARIABLES, xarray_or_refuse

    xarray = xarray_or_refuse()

    def fill(draft: Path) -> None:
        content = content_of(base)
        variables = {}
        for name, variable in VARIABLES.items():
            units = {"units": variable.units} if variable.units else {}
            variables[variable.name] = (variable.dims, content.grids[name], units)
        coords = {
            dim: list(codes)
            for name, variable in VARIABLES.items()
            for dim, codes in zip(variable.dims, content.axes[name], strict=True)
        }
        data = xarray.Dataset(variables, coords, attrs=dict(flat_fields(content.fields)))
        encoding = {variable.name: {"zlib": True, "_FillValue": None} for variable in VARIABLES.values()}
        data.to_netcdf(draft, engine="h5netcdf", encoding=encoding)

    return new_file(Path(path), fill)


def _write_npz(base: Baseline, path: Path) -> Path:
    refuse_existing(path, "file")
    path.parent.mkdir(parents=True, exist_ok=True)
    return save_npz(base, path)


WRITERS: Final[Mapping[str, Callable[[Baseline, Path], Path]]] = {
    "csv": write_tables,
    "parquet": write_parquet,
    "xlsx": write_workbook,
    "netcdf": write_netcdf,
    "npz": _write_npz,
}
SUFFIXES: Final = {"xlsx": ".xlsx", "netcdf": ".nc", "npz": ".npz"}
