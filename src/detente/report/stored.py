"""Read a bundle back and hold it against its own manifest and the equations."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.files import read_arrays
from detente.certify import THRESHOLD, recompute
from detente.core.arrays import Array
from detente.core.certificate import SHOWN
from detente.core.closure import Closure
from detente.core.errors import CheckError, DataError, DetenteError, MissingDataError, Problem, UsageError
from detente.core.result import BASE_KEYS, INSTRUMENT_KEYS, NEW_KEYS, Result
from detente.report.bounds import unlike, unpacked
from detente.report.bundle import digest, file_sha256
from detente.report.layout import ALL_NAMES, ARRAYS, BRANCH, FORMAT, LABELS, MANIFEST, SCENARIO

STRATEGY: Final = "strategy"
"""Kind of a bundle of a best response, war, ladder or bargain: it rests on no scenario."""
LIMIT: Final = 16 * 1024**2
SAME: Final = 1e-10


@dataclass(frozen=True)
class Bundle:
    """A bundle whose checksums hold. `arrays` has the keys of `arrays.npz`, read-only."""

    path: Path
    manifest: Mapping[str, Any]
    arrays: Mapping[str, Array]

    @property
    def branches(self) -> tuple[str, ...]:
        """Return the names of the branches."""
        return tuple(self.manifest["inputs"]["branches"])

    def of(self, branch: str) -> dict[str, Array]:
        """Return the unprefixed arrays of one branch with those of its baseline, as the certificate reads them."""
        prefix = f"{branch}/"
        own = {key.removeprefix(prefix): array for key, array in self.arrays.items() if key.startswith(prefix)}
        return {key: self.arrays[key] for key in (*LABELS, *BASE_KEYS)} | own


def read_bundle(folder: Path) -> Bundle:
    """Return a bundle after its checksums were compared.

    Raises:
        UsageError: no such folder. CheckError: no manifest, altered, incomplete, or not as a bundle is.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder}: found no such folder; expected a bundle that detente run --out has written")
    manifest = _manifest(folder)
    problems = []
    for name, entry in sorted(manifest["files"].items()):
        path = folder / name
        if name not in ALL_NAMES:
            problems.append(Problem(str(folder / MANIFEST), "files", repr(name), "a file of a bundle"))
        elif path.is_symlink() or not path.is_file():
            problems.append(Problem(str(path), "", "no such file", "the file that the manifest names"))
        elif file_sha256(path) != entry["sha256"]:
            problems.append(
                Problem(str(path), "sha256", file_sha256(path), entry["sha256"], "running the scenario again")
            )
    problems += _strangers(folder, manifest["files"])
    needed = (ARRAYS,) if manifest["inputs"].get("kind") == STRATEGY else (SCENARIO, ARRAYS)
    missing = [name for name in needed if name not in manifest["files"]]
    problems += [Problem(str(folder / MANIFEST), "files", f"no {name}", "every file of a bundle") for name in missing]
    if problems:
        raise CheckError(problems=problems)
    return Bundle(folder, manifest, _arrays(folder / ARRAYS, manifest["inputs"]["branches"]))


def kind_of(folder: Path) -> str:
    """Return what a bundle is of: "strategy", "talks", or "" for a run; its files are not read.

    Raises:
        UsageError: no such folder. CheckError: no manifest, or an altered one.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UsageError(f"{folder}: found no such folder; expected a bundle that detente run --out has written")
    return str(_manifest(folder)["inputs"].get("kind", ""))


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        data = path.read_bytes() if path.stat().st_size <= LIMIT else b""
        content = json.loads(data)
        seal = content.pop("seal")
        sound = content["format"] == FORMAT and digest(content) == seal
        branches = content["inputs"]["branches"]
        sound = sound and all(BRANCH.fullmatch(name) for name in branches) and bool(branches)
        if not sound:
            raise ValueError("its seal or format differs")
    except FileNotFoundError:
        raise CheckError(problems=[Problem(str(path), "", "no such file", "the manifest of a bundle")]) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = f"a manifest that is damaged or altered ({error})"
        raise CheckError(
            problems=[Problem(str(path), "", found, "it as it was written", "running the scenario again")]
        ) from None
    return {**content, "seal": seal}


def _keys(path: Path) -> set[str]:
    """Return the keys that the archive announces; no array is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CheckError(problems=[Problem(str(path), "", f"a damaged archive ({error})", "arrays")]) from None


def _strangers(folder: Path, known: Iterable[str]) -> list[Problem]:
    """Return a problem for each file or link in a bundle that its manifest does not name."""
    named = {MANIFEST, *known}
    found = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    return [
        Problem(str(path), "", "a link" if path.is_symlink() else "a file", "only what the manifest names")
        for path in found
        if path.is_symlink() or path.relative_to(folder).as_posix() not in named
    ]


def _arrays(path: Path, branches: Mapping[str, Any]) -> dict[str, Array]:
    """Return the arrays; never unpickled; every key, type and shape checked."""
    count = {name: len(branch.get("bounds", ())) for name, branch in branches.items()}
    expected = (*LABELS, *BASE_KEYS, *(f"{branch}/{key}" for branch in branches for key in NEW_KEYS))
    optional = tuple(f"{branch}/{key}" for branch in branches for key in INSTRUMENT_KEYS)
    keys = _keys(path)
    unknown = sorted(keys - {*expected, *optional})
    if unknown:
        raise CheckError(problems=[Problem(str(path), key, "an array", "only those of a bundle") for key in unknown])
    try:
        arrays, _ = read_arrays(path, (*expected, *(key for key in optional if key in keys)))
    except DataError as error:
        raise CheckError(problems=error.problems) from None
    problems = []
    n, j = len(arrays["countries"]), len(arrays["sectors"])
    for key in [key for key in arrays if key not in LABELS]:
        branch, _, name = key.rpartition("/")
        array, shape = arrays[key], shape_of(name, n, j, bounds=count.get(branch, 0))
        if array.dtype != np.float64 or array.shape != shape:
            problems.append(
                Problem(str(path), key, f"{array.dtype} of shape {array.shape}", f"float64 of shape {shape}")
            )
        elif np.isnan(array).any():
            problems.append(Problem(str(path), key, "NaN", "numbers"))
        array.setflags(write=False)
    if problems:
        raise CheckError(problems=problems)
    return arrays


BY_COUNTRY: Final = (
    "value_added", "income", "deficit", "wage_hat", "revenue_new", "transfer_new", "income_new", "deficit_new",
    "welfare_hat",
)  # fmt: skip
BY_CELL: Final = (
    "flows", "tariffs", "share", "tariffs_new", "trade_cost_hat", "wedge", "share_new", "flows_new", "rent_exporter",
    "rent_importer", "rent_other", "rent_lost", "directed_new",
)  # fmt: skip


def shape_of(key: str, n: int, j: int, *, bounds: int = 0) -> tuple[int, ...]:
    """Return the shape of an array by its key, for n economies, j sectors and so many instruments."""
    if key in BY_COUNTRY:
        return (n,)
    if key in BY_CELL:
        return (n, n, j)
    if key in ("input_share", "input_share_new", "critical_share"):
        return (j, n, j)
    return {"trade_elasticity": (j,), "bound_wedge": (bounds,)}.get(key, (n, j))


def check_bundle(folder: Path) -> dict[str, dict[str, tuple[float, str]]]:
    """Return the residuals of every branch, recomputed from the file, after all that is stored was found in order.

    Raises:
        UsageError: no such folder.
        CheckError: an altered file, a residual over the line, a certificate that says otherwise.
    """
    bundle = read_bundle(folder)
    rule = bundle.manifest["inputs"]["closure"]
    closure = Closure(rule["deficits"], rule["revenue"], rule["numeraire"])
    countries, sectors = ([str(code) for code in bundle.arrays[key]] for key in LABELS)
    found, problems = {}, []
    for branch in bundle.branches:
        stated, arrays = bundle.manifest["certificates"][branch], bundle.of(branch)
        where = f"{folder}: {branch}"
        try:
            levers = unpacked(bundle.manifest["inputs"]["branches"][branch], countries, sectors)
        except ValueError as error:
            problems.append(Problem(where, "bounds", str(error), "instruments as they were written"))
            continue
        expected = "those that were solved"
        others = unlike(arrays, levers, countries, sectors)
        problems += [Problem(where, "bounds", text, expected) for text in others]
        if others:
            continue
        residuals = recompute(arrays, closure, countries, sectors, levers[0])
        found[branch] = residuals
        line = min(stated["tolerance"], THRESHOLD)
        over = {name: value for name, (value, _) in residuals.items() if not value <= line}
        for name, value in over.items():
            problems.append(Problem(where, name, f"a residual of {value:.2e}", f"at most {line:.0e}"))
        if stated["status"] not in SHOWN:
            problems.append(Problem(where, "status", stated["status"], f"one of {', '.join(SHOWN)}"))
    if problems:
        raise CheckError(problems=problems)
    return found


def check_rerun(folder: Path) -> dict[str, float]:
    """Return the largest relative difference by branch after solving the stored scenario again.

    Raises:
        CheckError: a number that differs by more than 1e-10, or a scenario that no longer solves.
        MissingDataError: its baseline is not on this machine.
    """
    from detente.scenario.execute import run_scenario

    bundle = read_bundle(folder)
    if bundle.manifest["inputs"].get("kind") == STRATEGY:
        return _moved(bundle, _strategy_again(bundle))
    if "talks" in bundle.manifest["inputs"]:
        return _moved(bundle, _talks_again(bundle))
    settings = dict(bundle.manifest["inputs"]["settings"])
    branches = bundle.manifest["inputs"]["branches"]
    day = branches["main"]["on"] if "main" in branches else None
    try:
        again = run_scenario(str(folder / SCENARIO), on=day, branches=list(branches), **settings)
    except MissingDataError:
        raise
    except DetenteError as error:
        raise CheckError(f"{folder}: the stored scenario does not solve as it did: {error}") from error
    return _moved(bundle, again)


def _talks_again(bundle: Bundle) -> Mapping[str, Result]:
    from detente.report.talks_bundle import talks_again

    try:
        return talks_again(bundle.path, bundle.manifest["inputs"]["talks"])
    except (CheckError, MissingDataError):
        raise
    except (DetenteError, KeyError, TypeError) as error:
        raise CheckError(f"{bundle.path}: the stored talks do not settle as they did: {error}") from error


def _strategy_again(bundle: Bundle) -> Mapping[str, Result]:
    from detente.report.strategy_bundle import solved_again

    try:
        return solved_again(bundle.path, bundle.manifest["inputs"], bundle.arrays)
    except (CheckError, MissingDataError):
        raise
    except (DetenteError, KeyError, TypeError, ValueError) as error:
        raise CheckError(f"{bundle.path}: the stored rates do not solve as they did: {error}") from error


def _moved(bundle: Bundle, again: Mapping[str, Result]) -> dict[str, float]:
    """Return the largest relative difference by branch.

    Raises:
        CheckError: a branch that is no longer there, or a number that differs by more than `SAME`.
    """
    folder, moved = bundle.path, {}
    missing = [branch for branch in bundle.branches if branch not in again]
    if missing:
        raise CheckError(f"{folder}: found no {', '.join(missing)} on solving again; expected every branch")
    for branch in bundle.branches:
        stored, new = bundle.of(branch), again[branch].arrays
        moved[branch] = max(_distance(stored[key], new[key]) for key in NEW_KEYS)
    problems = [
        Problem(f"{folder}: {branch}", "", f"numbers that moved by {size:.2e}", f"at most {SAME:.0e}")
        for branch, size in moved.items()
        if not size <= SAME
    ]
    if problems:
        raise CheckError(problems=problems)
    return moved


def _distance(stored: Array, new: Array) -> float:
    """Return the largest difference relative to the largest entry; equal infinities do not differ."""
    same = stored == new
    scale = float(np.abs(stored[np.isfinite(stored)]).max(initial=0.0)) or 1.0
    return float(np.abs(np.where(same, 0.0, stored) - np.where(same, 0.0, new)).max(initial=0.0)) / scale
