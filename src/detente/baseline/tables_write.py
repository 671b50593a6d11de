"""A baseline as a folder of tables: the inverse of `read_tables`, complete to the last bit that matters."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from detente.baseline.baseline import Baseline
from detente.baseline.tables_meta import TABLE_NAMES, UNKNOWN
from detente.baseline.tables_place import LAYOUTS
from detente.core.arrays import Array
from detente.core.errors import UsageError


def write_tables(base: Baseline, folder: Path) -> Path:
    """Write a baseline as the five tables and `meta.yaml`; `read_tables` gives it back within 1e-12.

    Args:
        base: the baseline; final demand outside the budget shares must be the negative part of implied final demand.
        folder: a new folder; it appears complete or not at all.
    Returns:
        The folder.
    Raises:
        UsageError: the folder exists, or the baseline holds something the tables have no column for.
    """
    folder = Path(folder)
    if folder.exists():
        raise UsageError(f"{folder}: found something there already; expected a new folder")
    negative = np.minimum(base.final_demand, 0.0)
    if not np.allclose(base.final_exogenous, negative, rtol=1e-9, atol=1e-9 * float(base.expenditure.max())):
        raise UsageError(f"{base.id}: found final_exogenous other than negative final demand; no table can hold it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, text in _texts(base):
            (draft / name).write_text(text, encoding="utf-8", newline="\n")
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return folder


def _texts(base: Baseline) -> Iterator[tuple[str, str]]:
    c, s, output = base.countries, base.sectors, base.output
    grids = {
        "flows": (base.flows, (c, c, s)),
        "inputs": (np.swapaxes(base.input_share * output, 0, 1), (c, s, s)),
        "value_added": (base.value_added_share * output, (c, s)),
        "tariffs": (100.0 * np.swapaxes(base.tariffs, 0, 1), (c, c, s)),
        "elasticities": (base.trade_elasticity, (s,)),
    }
    for name, (values, axes) in grids.items():
        yield f"{name}.csv", _table(LAYOUTS[name].columns, values, axes)
    yield "meta.yaml", _meta(base)


def _table(columns: tuple[str, ...], values: Array, axes: tuple[tuple[str, ...], ...]) -> str:
    keys = [""]
    for axis in axes:
        codes = [_field(code) for code in axis]
        keys = [f"{key}{code}," for key in keys for code in codes]
    rows = (key + repr(value) for key, value in zip(keys, values.ravel().tolist(), strict=True))
    return "\n".join([",".join(columns), *rows, ""])


def _field(code: str) -> str:
    return '"' + code.replace('"', '""') + '"' if any(mark in code for mark in ',"') else code


def _meta(base: Baseline) -> str:
    meta = base.meta
    lines = [f"id: {_scalar(base.id)}"]
    for name in ("title", "source", "licence"):
        if name in meta:
            lines.append(f"{name}: {_scalar(str(meta[name]))}")
    lines.append(f"elasticity_set: {_scalar(base.elasticity_set)}")
    years = meta.get("years")
    named = {name: str(years[name]) for name in TABLE_NAMES if name in years} if isinstance(years, Mapping) else {}
    if {"flows", "tariffs"} <= named.keys():
        lines += ["year:", *(f"  {name}: {_scalar(year)}" for name, year in named.items())]
    else:
        lines.append(f"year: {UNKNOWN}")
    for name in ("allow_year_mismatch", "service_tariffs", "world"):
        if name in meta:
            lines.append(f"{name}: {'true' if meta[name] else 'false'}")
    if base.final_exogenous.any():
        lines.append("treatment: exogenous")
    for name, codes in (("services", meta.get("services")), ("countries", base.countries), ("sectors", base.sectors)):
        if codes is not None:
            lines.append(f"{name}: [{', '.join(_scalar(code) for code in codes)}]")
    return "\n".join([*lines, ""])


def _scalar(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
