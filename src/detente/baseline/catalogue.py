"""Where baselines are found: packaged, imported by the user, or at a path; and the elasticity sets they come with."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.baseline import Baseline
from detente.baseline.files import FILE_LIMIT, codes_of, json_meta, read_arrays, read_npz, text_of
from detente.baseline.text import META_LIMIT, decode, read_bytes
from detente.core.arrays import Array
from detente.core.errors import DataError, DetenteError, MissingDataError, Problem, UsageError, nearest

PACKAGED: Final = Path(__file__).parent / "data"
HOME_VARIABLE: Final = "DETENTE_DATA"
SPREAD: Final = ("min", "max", "sd_log")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+_-]{0,63}")
_FORM_OF: Final = {".xlsx": "xlsx", ".nc": "netcdf", ".nc4": "netcdf"}
_ARRAYS: Final = ("flows", "tariffs", "value_added_share", "input_share")
_CODES: Final = ("countries", "sectors", "country_labels", "sector_labels")


@dataclass(frozen=True)
class Entry:
    """A baseline that can be named.

    Attributes:
        name: for example "world-2022". path: its file. packaged: True if it came with detente.
    """

    name: str
    path: Path
    packaged: bool


@dataclass(frozen=True)
class ElasticitySet:
    """Trade elasticities theta > 0 by sector, with their source.

    Attributes:
        values: sector to theta. citation: authors, year, title, place; or what the set is made of.
        note: what was changed, or "". spread: "min", "max", "sd_log" over the published sets, each sector to number.
    """

    name: str
    values: Mapping[str, float]
    citation: str
    note: str = ""
    spread: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def load_baseline(
    source: str | Path | Baseline,
    *,
    elasticities: str | Sequence[float] | Mapping[str, float] = "default",
) -> Baseline:
    """Return a baseline by name or from a path, checked.

    Args:
        source: a name (`list_baselines`), a folder of tables (CSV or Parquet), a file (.npz of
            `save_npz`, .xlsx, .nc), or a baseline.
        elasticities: name of a set ("default": the packaged default, or the data's own); J numbers in the order of the
            sectors; or a mapping of sectors to numbers that replaces some of the default set, or of the baseline given.
    Returns:
        The world of N economies and J sectors, money in MUSD, tariffs as fractions, theta > 0.
    Raises:
        MissingDataError: nothing of that name or path on this machine; the message has the command that imports it.
        DataError: data that cannot be a baseline, an altered packaged file, an unknown set or sector.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022", elasticities="CP")
        >>> world.shape, world.elasticity_set
        ((81, 28), 'CP')
    """
    if isinstance(source, Baseline):
        return source if _is_default(elasticities) else _with_elasticities(source, elasticities)
    path = locate(source)
    if path.parent == PACKAGED:
        return _read_packaged(path, elasticities)
    base = _read_path(path)
    return base if _is_default(elasticities) else _with_elasticities(base, elasticities)


def check_path(path: str | Path) -> tuple[Baseline | None, tuple[Problem, ...], tuple[str, ...]]:
    """Return the baseline at a path if it is one, every problem, and every warning.

    Raises:
        MissingDataError: there is nothing at that path, or nothing is wrong but missing files.
    """
    try:
        base = load_baseline(path)
    except MissingDataError:
        raise
    except DataError as error:
        return None, error.problems or (Problem(str(path), "", error.message, "a baseline"),), ()
    return base, (), tuple(base.meta.get("warnings", ()))


def list_baselines() -> tuple[Entry, ...]:
    """Return the named baselines on this machine, packaged ones first."""
    entries = [Entry(path.stem, path, True) for path in sorted(PACKAGED.glob("*.npz"))]
    folder = user_folder()
    if folder is not None and folder.is_dir():
        known = {entry.name for entry in entries}
        entries += [Entry(p.stem, p, False) for p in sorted(folder.glob("*.npz")) if p.stem not in known]
    return tuple(entries)


def user_folder() -> Path | None:
    """Return the folder of imported baselines: `$DETENTE_DATA`, or detente/ in the user's data folder, if any."""
    if os.environ.get(HOME_VARIABLE):
        return Path(os.environ[HOME_VARIABLE])
    if os.environ.get("XDG_DATA_HOME"):
        return Path(os.environ["XDG_DATA_HOME"]) / "detente"
    try:
        return Path.home() / ".local" / "share" / "detente"
    except RuntimeError:
        return None


def import_path(name: str) -> Path:
    """Return where an imported baseline is kept so that its name finds it; `save_npz` writes there.

    Args:
        name: a plain name, or a path that ends in .npz and is taken as it is; its stem becomes the id of the baseline.
    Raises:
        UsageError: not a name, the name of a packaged baseline, or no folder to keep it in.
    """
    is_path = name.endswith(".npz")
    stem = Path(name).stem if is_path else name
    if not _NAME.fullmatch(stem):
        expected = "1 to 64 letters, digits, +, - or _, or a path to such a name with .npz"
        raise UsageError(f"name: found {stem[:80]!r}; expected {expected}")
    if any(entry.name == stem for entry in list_baselines() if entry.packaged):
        raise UsageError(f"name: found {stem!r}, which is packaged; expected another name")
    if is_path:
        return Path(name)
    folder = user_folder()
    if folder is None:
        raise UsageError(f"found no home folder; expected ${HOME_VARIABLE}, or a path ending in .npz")
    return folder / f"{name}.npz"


def locate(source: str | Path) -> Path:
    """Return the file or folder of a name or path.

    Raises:
        MissingDataError: nothing there; the message lists the names and has the command that imports data.
    """
    entries = list_baselines()
    for entry in entries:
        if entry.name == str(source) and not isinstance(source, Path):
            return entry.path
    path = Path(source)
    if str(source) and path.exists():
        return path
    names = [entry.name for entry in entries]
    shown = str(source)[:200]
    new = path.stem if _NAME.fullmatch(path.stem) else "NAME"
    close = nearest(str(source), names)
    hint = f"{close!r}, or " if close else ""
    raise MissingDataError(
        problems=[
            Problem(
                "baseline",
                "",
                f"{shown!r}, which is not on this machine",
                f"one of {', '.join(names) or '(none)'}, a folder of tables, or an .npz, .xlsx or .nc file",
                f"{hint}importing it: detente data import DIR --format csv --out {new}",
            )
        ]
    )


def elasticity_sets(source: str | Path | Baseline) -> dict[str, ElasticitySet]:
    """Return the elasticity sets that a baseline can be loaded with, by name.

    Args:
        source: a baseline, or its name or path. Data on the sectors of the packaged sets can use those too; a user's
            own set is called "default".
    Raises:
        MissingDataError: nothing of that name or path on this machine.
        DataError: damaged data.
    """
    path = None if isinstance(source, Baseline) else locate(source)
    packaged = _packaged_sets() if (PACKAGED / "elasticities.csv").exists() else {}
    if path is not None and path.parent == PACKAGED:
        return packaged
    base = source if isinstance(source, Baseline) else _read_path(locate(source))
    fits = packaged and set(base.sectors) == set(next(iter(packaged.values())).values)
    own = _own_set(base)
    if fits and base.elasticity_set in packaged and dict(own.values) == dict(packaged[base.elasticity_set].values):
        return packaged
    return {**(packaged if fits else {}), "default": own}


def _own_set(base: Baseline) -> ElasticitySet:
    values = MappingProxyType(dict(zip(base.sectors, base.trade_elasticity.tolist(), strict=True)))
    spread = base.meta.get("elasticity_spread", MappingProxyType({}))
    return ElasticitySet(base.elasticity_set, values, str(base.meta.get("source", "the user's own")), "", spread)


def _is_default(elasticities: str | Sequence[float] | Mapping[str, float]) -> bool:
    return isinstance(elasticities, str) and elasticities == "default"


def _read_path(path: Path) -> Baseline:
    if form_of(path) != "npz":
        from detente.baseline.importers import import_world

        return import_world(path, form_of(path))
    refuse_one_table(path)
    return read_npz(path)


def refuse_one_table(path: Path) -> None:
    """Refuse one file of a folder of tables where the whole folder is needed.

    Raises:
        DataError: the file is a CSV table or a meta.yaml.
    """
    if path.suffix.lower() in (".csv", ".yaml", ".yml"):
        found, expected = "one table", "the folder that holds all tables"
        raise DataError(problems=[Problem(str(path), "", found, expected, str(path.parent))])


def form_of(path: Path) -> str:
    """Return the format that the name of a file or the content of a folder says: csv, parquet, xlsx, netcdf or npz."""
    if path.is_dir():
        return "parquet" if (path / "flows.parquet").exists() and not (path / "flows.csv").exists() else "csv"
    return _FORM_OF.get(path.suffix.lower(), "npz")


def _read_packaged(path: Path, elasticities: str | Sequence[float] | Mapping[str, float]) -> Baseline:
    data = read_bytes(path, FILE_LIMIT)
    digest = hashlib.sha256(data).hexdigest()
    stored = decode(path, read_bytes(path.with_suffix(".sha256"), META_LIMIT)).split()
    if not stored or stored[0] != digest:
        problem = Problem(str(path), "sha256", digest, stored[0] if stored else "a checksum", "reinstalling detente")
        raise DataError(problems=[problem])
    content, _ = read_arrays(path, (*_ARRAYS, *_CODES, "meta"), data=data)
    codes = {name: codes_of(path, name, content[name]) for name in _CODES}
    sets = _packaged_sets()
    name, theta = chosen_elasticities(sets, codes["sectors"], elasticities)
    meta = dict(json_meta(path, text_of(path, "meta", content["meta"])))
    meta.pop("format", None)
    meta |= {
        "id": path.stem,
        "elasticity_set": name,
        "elasticity_spread": sets["default"].spread,
        "allow_year_mismatch": True,
        "country_labels": MappingProxyType(dict(zip(codes["countries"], codes["country_labels"], strict=True))),
        "sector_labels": MappingProxyType(dict(zip(codes["sectors"], codes["sector_labels"], strict=True))),
        "file_sha256": digest,
    }
    flows, tariffs, value_added_share, input_share = (content[key] for key in _ARRAYS)
    countries, sectors = codes["countries"], codes["sectors"]
    return Baseline.from_flows(countries, sectors, flows, tariffs, value_added_share, input_share, theta, sources=meta)


def _packaged_sets() -> dict[str, ElasticitySet]:
    path = PACKAGED / "elasticities.csv"
    rows = list(csv.DictReader(decode(path, read_bytes(path, META_LIMIT)).splitlines()))
    notes_path = PACKAGED / "elasticity_sets.json"
    notes: dict[str, Any] = json.loads(decode(notes_path, read_bytes(notes_path, META_LIMIT)))["sets"]
    columns = {name: {row["sector"]: float(row[name]) for row in rows} for name in rows[0] if name != "sector"}
    spread = MappingProxyType({name: MappingProxyType(columns[name]) for name in SPREAD})
    return {
        name: ElasticitySet(
            name,
            MappingProxyType(values),
            _citation(notes.get(name, {})),
            notes.get(name, {}).get("treatment", ""),
            spread,
        )
        for name, values in columns.items()
        if name not in SPREAD
    }


def _citation(note: Mapping[str, Any]) -> str:
    parts = [str(note[key]) for key in ("authors", "year", "title", "where") if note.get(key)]
    if "sets" in note:
        parts.append("of " + ", ".join(note["sets"]))
    return ", ".join(parts)


def chosen_elasticities(
    sets: Mapping[str, ElasticitySet],
    sectors: Sequence[str],
    elasticities: str | Sequence[float] | Mapping[str, float],
) -> tuple[str, Array]:
    """Return the name and the values of the set that was asked for, in the order of the sectors.

    Raises:
        DataError: unknown set or sector, wrong number of values, something that is not a number.
    """
    if isinstance(elasticities, str):
        if elasticities not in sets:
            names = ", ".join(sets)
            raise _no(f"the set {elasticities!r}", f"one of {names}", nearest(elasticities, list(sets)))
        values = sets[elasticities].values
        return sets[elasticities].name, np.array([values[sector] for sector in sectors])
    try:
        if not isinstance(elasticities, Mapping):
            own = np.asarray(elasticities, dtype=np.float64)
            if own.shape != (len(sectors),):
                raise _no(f"shape {own.shape}", f"shape {(len(sectors),)} = (sector,)")
            return "own", _finite(own)
        unknown = [sector for sector in elasticities if sector not in sectors]
        if unknown:
            raise _no(f"the sector {unknown[0]!r}", f"one of {', '.join(sectors)}", nearest(str(unknown[0]), sectors))
        mixed = {**sets["default"].values, **{sector: float(value) for sector, value in elasticities.items()}}
    except (TypeError, ValueError):
        raise _no("something that is not numbers", "theta by sector, above 0") from None
    return f"{sets['default'].name} with own values", _finite(np.array([mixed[sector] for sector in sectors]))


def _finite(theta: Array) -> Array:
    if not np.isfinite(theta).all():
        raise _no(f"{theta[~np.isfinite(theta)][0]}", "finite numbers")
    return theta


def _with_elasticities(base: Baseline, elasticities: str | Sequence[float] | Mapping[str, float]) -> Baseline:
    from detente.baseline.checks import check_baseline

    sets = elasticity_sets(base)
    if isinstance(elasticities, Mapping):
        sets = {"default": _own_set(base)}
    name, theta = chosen_elasticities(sets, base.sectors, elasticities)
    changed = base.replace(trade_elasticity=theta, elasticity_set=name)
    problems, warnings = check_baseline(changed, treatment="exogenous" if base.final_exogenous.any() else None)
    if problems:
        raise DataError(problems=problems)
    kept = [text for text in base.meta.get("warnings", ()) if "trade_elasticity" not in text]
    merged = (*kept, *(text for text in warnings if text not in kept))
    return changed.replace(meta=MappingProxyType({**base.meta, "warnings": merged}))


def _no(found: str, expected: str, hint: str = "") -> DetenteError:
    return DataError(problems=[Problem("", "elasticities", found, expected, hint)])
