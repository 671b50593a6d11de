"""A bundle with instruments is checked from itself alone: bounds and critical inputs are in its manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import detente as dt
from contract.test_bundle import resealed
from detente.cli import execute
from detente.core.errors import CheckError
from detente.core.instruments import NEEDS
from detente.core.result import INSTRUMENT_KEYS
from detente.report.bounds import packed, unpacked
from detente.report.bundle import write_bundle
from detente.report.stored import check_bundle, read_bundle
from detente.verify.policies import run_measures
from laws.levers import KINDS, binding, bound, solved, world

Entry = dict[str, Any]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle of a run whose result has one instrument of every sort of rule, and a critical input."""
    base = world(40)
    users = tuple((country, base.sectors[1]) for country in base.countries)
    levers = (
        bound(base, "quota", (0, 1, 0), (2, 1, 0), volume=0.6, to="exporter", name="licence"),
        bound(base, "fixed", (1, 0, 1), rate=0.2, to=base.countries[3]),
        bound(base, "price-floor", (3, 2, 1), price=1.2),
        bound(base, "tariff-rate-quota", (1, 0, 0), volume=0.5, rate=float(base.tariffs[1, 0, 0]) + 0.5, to="lost"),
        bound(base, "minimum", (2, 1, 1), volume=1.2, to="importer"),
        bound(base, "guarantee", (3, 0, 2), price=1.2, volume=1.1, to="importer"),
        bound(base, "demand", (2, 1, 1), value_musd=3.0, to="importer"),
        bound(base, "quota", (0, 3, 2), volume=0.0),
    )
    critical = (dt.CriticalInput(base.sectors[0], users, 0.3),)
    result = solved(base, *levers, critical=critical, tol=1e-10)
    run = run_measures({"rate": "25%"})
    theirs = replace(result, provenance=run["main"].provenance)
    run = replace(run, base=base, results={"main": theirs})
    return write_bundle(run, tmp_path_factory.mktemp("levers") / "b", shown=None, settings={})


@pytest.fixture
def copy(stored: Path, tmp_path: Path) -> Path:
    """Return a bundle to be damaged."""
    for path in stored.rglob("*"):
        if path.is_file():
            target = tmp_path / "c" / path.relative_to(stored)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path / "c"


def branch(folder: Path, change: Callable[[Entry], None]) -> None:
    """Edit the branch in the manifest and seal it again."""
    inputs = json.loads((folder / "manifest.json").read_text())["inputs"]
    change(inputs["branches"]["main"])
    resealed(folder, inputs=inputs)


def test_it_is_checked_from_the_file_alone(stored: Path) -> None:
    found = check_bundle(stored)["main"]
    assert {"instruments", "complementarity"} <= set(found)
    assert max(value for value, _ in found.values()) <= 1e-9
    assert execute(["verify", str(stored)]) == 0
    assert {f"main/{key}" for key in INSTRUMENT_KEYS} <= set(read_bundle(stored).arrays)


EDITS: dict[str, Callable[[Entry], None]] = {
    "volume of a quota": lambda b: b["bounds"][0].update(volume=0.61),
    "quota made an embargo": lambda b: b["bounds"][0].update(volume=0.0),
    "owner of a rent": lambda b: b["bounds"][0].update(to="importer"),
    "cell of a quota": lambda b: b["bounds"][0]["cells"][0].reverse(),
    "rate of a fee": lambda b: b["bounds"][1].update(rate=0.21),
    "price of a floor": lambda b: b["bounds"][2].update(price=1.21),
    "volume of a tariff-rate quota": lambda b: b["bounds"][3].update(volume=0.45),
    "volume of a commitment": lambda b: b["bounds"][4].update(volume=1.21),
    "guaranteed price": lambda b: b["bounds"][5].update(price=1.21),
    "amount of a purchase": lambda b: b["bounds"][6].update(value_musd=3.1),
    "instrument left out": lambda b: b["bounds"].pop(0),
    "all left out": lambda b: b.pop("bounds"),
    "not a list": lambda b: b.update(bounds={"kind": "quota"}),
    "another kind": lambda b: b["bounds"][0].update(kind="minimum"),
    "unknown kind": lambda b: b["bounds"][0].update(kind="x"),
    "another field": lambda b: b["bounds"][0].update(rate=0.1),
    "words for a number": lambda b: b["bounds"][0].update(volume="0.6"),
    "unknown owner": lambda b: b["bounds"][0].update(to="nobody"),
    "substitution": lambda b: b["critical"][0].update(rho=0.31),
    "users": lambda b: b["critical"][0]["users"].pop(),
    "another critical input": lambda b: b["critical"][0].update(sector="S02"),
    "no critical inputs": lambda b: b.pop("critical"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_instrument_is_exit_5_though_every_checksum_fits(edit: str, copy: Path) -> None:
    """Complementarity, rents and shares are recomputed with what the manifest says."""
    branch(copy, EDITS[edit])
    with pytest.raises(CheckError):
        check_bundle(copy)
    assert execute(["verify", str(copy)]) == 5


@pytest.mark.parametrize("name", ["bound_wedge", "directed_new", "critical_share", "value_added_share_new"])
def test_arrays_of_instruments_may_not_be_missing_or_spoilt(name: str, copy: Path) -> None:
    with np.load(copy / "arrays.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    whole = dict(arrays)
    spoilt = arrays[f"main/{name}"].copy()
    spoilt.flat[int(np.abs(spoilt).argmax())] *= 1.0001
    for damaged in ({key: value for key, value in whole.items() if key != f"main/{name}"},
                    whole | {f"main/{name}": spoilt}):  # fmt: skip
        with (copy / "arrays.npz").open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **damaged)
        resealed(copy)
        with pytest.raises(CheckError):
            check_bundle(copy)


@pytest.mark.parametrize("kind", KINDS)
def test_plain_data_and_back(kind: str) -> None:
    """JSON keeps every level to the last digit."""
    base = world(41)
    result = solved(base, binding(base, kind))
    plain = json.loads(json.dumps(packed(result)))
    assert set(plain["bounds"][0]) == {"kind", "cells", "to", "name", *NEEDS[kind]}
    assert unpacked(plain, base.countries, base.sectors) == (result.bounds, ())


def test_without_instruments_the_manifest_says_nothing() -> None:
    assert packed(dt.solve(world(41))) == {}
    assert unpacked({}, ("A",), ("S",)) == ((), ())
