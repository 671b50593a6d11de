"""A run written to disk and read back is the same run, and an altered one is refused."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from detente.core.errors import DetenteError
from detente.core.result import BASE_KEYS, NEW_KEYS
from detente.report.bundle import write_bundle
from detente.report.stored import read_bundle
from detente.verify.check import Check, Checks, refused, same, within
from detente.verify.policies import run_measures


def check_store(quick: bool) -> Checks:
    """Check the bundle of a run on the policy world: every key, float64, to the last bit; one flipped byte is seen."""
    run = run_measures({"rate": "25%"}, {"rate": "+5pp", "by": "CHN", "against": "USA"})
    result = run["main"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bundle"
        write_bundle(run, out)
        with np.load(out / "arrays.npz", allow_pickle=False) as stored:
            keys, found = set(stored.files), {name: np.array(stored[name]) for name in stored.files}
        wanted = {*BASE_KEYS, *(f"main/{name}" for name in NEW_KEYS), "countries", "sectors"}
        checks: list[Check] = [same("store", "arrays.npz has every key", sorted(wanted - keys), [])]
        numbers = [name for name in keys if name not in ("countries", "sectors")]
        wrong = [name for name in numbers if found[name].dtype != np.float64]
        checks.append(same("store", "every array is float64", wrong, []))
        labels = tuple(found["countries"].tolist()), tuple(found["sectors"].tolist())
        checks.append(same("store", "labels read back", labels, (result.countries, result.sectors)))
        for name in sorted(wanted & set(numbers)):
            expected = np.array(result.arrays[name.removeprefix("main/")])
            checks.append(same("store", f"{name} reads back to the last bit", found[name], expected))
        read = read_bundle(out)
        back = read.of("main")["welfare_hat"]
        checks.append(within("store", "read_bundle: the same welfare", np.abs(back - result.welfare_hat).max(), 0.0))
        for name in ("arrays.npz", "manifest.json"):
            altered = _flipped(out, name)
            checks.append(refused("store", f"one byte of {name} flipped", DetenteError, partial(read_bundle, altered)))
    return checks


def _flipped(out: Path, name: str) -> Path:
    """Return a copy of a bundle with one byte in the middle of a file changed."""
    copy = out.with_name(f"altered-{name}")
    shutil.copytree(out, copy)
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(bytes(data))
    return copy
