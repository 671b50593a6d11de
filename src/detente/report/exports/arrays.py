"""The arrays of results for other programs: netCDF with labels and units, MATLAB with a struct for each branch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.importers.netcdf import xarray_or_refuse
from detente.core.arrays import Array
from detente.core.errors import MissingDataError, Problem
from detente.core.notation import notation
from detente.core.result import BASE_KEYS, INSTRUMENT_KEYS, NEW_KEYS, Result
from detente.report.exports.carried import Carried

MATLAB_NAME: Final = 63


def _base(result: Result) -> dict[str, Array]:
    return {name: np.asarray(result[name]) for name in BASE_KEYS}


def _new(result: Result) -> dict[str, Array]:
    known = result.arrays
    return {name: np.asarray(known[name]) for name in (*NEW_KEYS, *INSTRUMENT_KEYS) if name in known}


def write_netcdf(item: Carried, path: Path) -> None:
    """Write arrays as netCDF 4: the world in the root, each branch in a group of its name.

    Raises:
        MissingDataError: xarray or h5netcdf is not installed.
    """
    xarray = xarray_or_refuse()
    first = next(iter(item.results.values()))
    facts = {"title": item.title, "facts": "\n".join(f"{word}: {text}" for word, text in item.facts)}
    _dataset(xarray, first, _base(first), facts).to_netcdf(path, engine="h5netcdf", mode="w")
    for branch, result in item.results.items():
        found = _dataset(xarray, result, _new(result), {"certificate": result.certificate.line})
        found.to_netcdf(path, engine="h5netcdf", mode="a", group=branch)


def _dataset(xarray: Any, result: Result, arrays: Mapping[str, Array], facts: Mapping[str, str]) -> Any:
    terms = notation()
    labels = {"sector": result.sectors, "input": result.sectors}
    labels |= dict.fromkeys(("country", "origin", "dest"), result.countries)
    data = {}
    for name, array in arrays.items():
        row = terms[name]
        data[name] = (row.axes, array, {"units": row.unit, "long_name": row.meaning})
    used = {axis for axes, _, _ in data.values() for axis in axes}
    coords = {axis: list(codes) for axis, codes in labels.items() if axis in used}
    found = xarray.Dataset(data, coords, attrs=dict(facts))
    for name in data:
        found[name].encoding = {"zlib": True, "complevel": 4, "_FillValue": None}
    return found


def write_matlab(item: Carried, path: Path) -> None:
    """Write arrays as a MATLAB file: countries, sectors, the world's arrays, and a struct for each branch.

    Raises:
        MissingDataError: scipy is not installed.
    """
    try:
        from scipy.io import savemat
    except ImportError as error:
        found, hint = f"no package {error.name}", "pip install 'detente[matlab]'"
        raise MissingDataError(problems=[Problem("matlab", "", found, "scipy", hint)]) from None
    first = next(iter(item.results.values()))
    content: dict[str, Any] = {
        "countries": np.array(first.countries, dtype=object),
        "sectors": np.array(first.sectors, dtype=object),
        "title": item.title,
        **_base(first),
    }
    for branch, result in item.results.items():
        content[matlab_name(branch)] = {**_new(result), "certificate": result.certificate.line}
    savemat(path, content, do_compression=True, long_field_names=True)


def matlab_name(branch: str) -> str:
    """Return a branch as a name that MATLAB knows: branch_ in front, other characters as underscores."""
    return ("branch_" + re.sub(r"[^A-Za-z0-9_]", "_", branch))[:MATLAB_NAME]
