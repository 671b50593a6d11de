"""The bundle: keys, shapes, types, checksums, residuals from the file, nothing half written."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import detente as dt
from detente.baseline.files import read_arrays, save_npz
from detente.cli import execute
from detente.core.errors import CheckError, SolveError, UsageError
from detente.core.result import BASE_KEYS, INSTRUMENT_KEYS, NEW_KEYS
from detente.report import bundle as bundle_module
from detente.report.bundle import digest, write_bundle
from detente.report.layout import NAMES
from detente.report.stored import BY_CELL, BY_COUNTRY, check_bundle, check_rerun, read_bundle
from detente.scenario.execute import ScenarioRun, run_scenario, world_of
from detente.scenario.load import load_scenario

CASE = "us-china-2025-10"
BRANCHES = ("main", "threat")


@pytest.fixture(scope="module")
def run() -> ScenarioRun:
    """Return two solved branches."""
    return run_scenario(CASE, branches=BRANCHES)


@pytest.fixture(scope="module")
def stored(run: ScenarioRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle that no test changes."""
    return write_bundle(run, tmp_path_factory.mktemp("bundle") / "b")


@pytest.fixture
def copy(stored: Path, tmp_path: Path) -> Path:
    """Return a bundle to be damaged."""
    for name in NAMES:
        (tmp_path / "c" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "c" / name).write_bytes((stored / name).read_bytes())
    return tmp_path / "c"


def test_files(stored: Path) -> None:
    found = sorted(path.relative_to(stored).as_posix() for path in stored.rglob("*") if path.is_file())
    assert found == sorted(NAMES)
    assert [path.name for path in stored.parent.iterdir()] == ["b"]


def test_arrays_have_the_promised_keys_shapes_and_type(stored: Path, run: ScenarioRun) -> None:
    new = [key for key in (*NEW_KEYS, *INSTRUMENT_KEYS) if key != "directed_new"]
    with np.load(stored / "arrays.npz", allow_pickle=False) as archive:
        keys = set(archive.files)
        assert keys == {"countries", "sectors", *BASE_KEYS, *(f"{b}/{key}" for b in BRANCHES for key in new)}
        n, j = len(archive["countries"]), len(archive["sectors"])
        assert (n, j) == (81, 32)
        for key in keys - {"countries", "sectors"}:
            array, name = archive[key], key.rsplit("/", 1)[-1]
            assert array.dtype == np.float64, key
            if name in BY_COUNTRY:
                assert array.shape == (n,), key
            elif name in BY_CELL:
                assert array.shape == (n, n, j), key
            else:
                bounds = len(run[key.split("/")[0]].bounds) if "/" in key else 0
                shapes = {"trade_elasticity": (j,), "input_share": (j, n, j), "input_share_new": (j, n, j)}
                shapes |= {"bound_wedge": (bounds,), "critical_share": (j, n, j)}
                assert array.shape == shapes.get(name, (n, j)), key


def test_arrays_are_those_of_the_results(stored: Path, run: ScenarioRun) -> None:
    bundle = read_bundle(stored)
    assert bundle.branches == BRANCHES
    for branch in BRANCHES:
        for key, array in run[branch].arrays.items():
            assert (bundle.of(branch)[key] == array).all(), key


def test_the_definitions_hold_in_the_file(stored: Path) -> None:
    arrays = read_bundle(stored).of("main")
    border = arrays["share_new"] * arrays["expenditure_new"] / (1 + arrays["tariffs_new"])
    assert np.allclose(border, arrays["flows_new"], rtol=1e-12, atol=0)
    revenue = (arrays["tariffs_new"] * arrays["flows_new"]).sum(axis=(0, 2))
    assert np.allclose(revenue, arrays["revenue_new"], rtol=1e-9)
    assert (arrays["wedge"] > 1).any()
    assert (arrays["rent_lost"] > 0).sum() == 1  # the boycott; technology controls are slack


def test_residuals_recomputed_from_the_file(stored: Path) -> None:
    for residuals in check_bundle(stored).values():
        assert max(value for value, _ in residuals.values()) <= 1e-9


def test_manifest_says_everything_and_no_path_or_time(stored: Path, run: ScenarioRun) -> None:
    text = (stored / "manifest.json").read_text()
    manifest = json.loads(text)
    inputs = manifest["inputs"]
    assert manifest["status"] == "CERTIFIED"
    assert inputs["baseline"]["sha256"] == world_of(run.scenario).sha256 == run.base.sha256
    assert inputs["scenario"]["sha256"] == run.scenario.sha256
    assert inputs["closure"] == {"deficits": "world-share", "revenue": "lump-sum", "numeraire": None}
    assert inputs["elasticities"]["set"] == "default"
    assert inputs["baseline"]["years"] == {"flows": "2022", "inputs": "2022", "tariffs": "2024-12-31"}
    assert inputs["branches"]["main"]["not_applied"]["us-threat-100"] == "threatened"
    assert {"detente", "python", "numpy", "blas", "threads", "os", "commit"} <= set(manifest["versions"])
    assert set(manifest["certificates"]) == set(BRANCHES)
    assert manifest["certificates"]["main"]["residuals"]["goods_market"][0] <= 1e-9
    assert set(manifest["files"]) == set(NAMES) - {"manifest.json"}
    assert manifest["repeat"] == "detente run scenario.yaml --branch main,threat --on 2025-10-25"
    assert str(stored.parent) not in text
    assert str(Path.home()) not in text


def test_the_id_depends_on_what_decides_the_numbers(run: ScenarioRun, stored: Path, tmp_path: Path) -> None:
    case = load_scenario(CASE)
    other = run_scenario(case.replace(closure=dt.Closure("fixed-nominal", "lump-sum", "USA")), branches=BRANCHES)
    first, second = (
        json.loads((path / "manifest.json").read_text())
        for path in (write_bundle(run, tmp_path / "same"), write_bundle(other, tmp_path / "other"))
    )
    mine = json.loads((stored / "manifest.json").read_text())
    assert mine["id"] == first["id"] != second["id"]
    same = [name for name in NAMES if (stored / name).read_bytes() == (tmp_path / "same" / name).read_bytes()]
    assert set(same) == set(NAMES)


def test_the_stored_scenario_is_resolved_and_runs_again(stored: Path, run: ScenarioRun) -> None:
    case = load_scenario(stored / "scenario.yaml")
    assert case.sha256 == run.scenario.sha256
    assert max(check_rerun(stored).values()) <= 1e-12


def test_tables_are_long_and_equal_the_results(stored: Path, run: ScenarioRun) -> None:
    countries = pq.read_table(stored / "tables" / "countries.parquet").to_pandas()
    assert list(countries.columns) == ["scenario", "branch", "country", "variable", "unit", "value"]
    assert list(countries["branch"].unique()) == list(BRANCHES)
    one = countries[countries["branch"] == "threat"].reset_index(drop=True)
    expected = run["threat"].table("countries")
    assert (one["value"].to_numpy() == expected["value"].to_numpy()).all()
    columns = {
        "tariffs": ["by", "against", "sector", "rate_pct", "headline_pct"],
        "flows": ["origin", "dest", "sector", "value_musd", "value_new_musd", "change_pct"],
        "diversion": ["by", "against", "country", "role", "value_musd", "share_pct"],
    }
    tariffs = pq.read_table(stored / "tables" / "tariffs.parquet").to_pandas()
    said = tariffs[tariffs["headline_pct"].notna()]
    assert set(zip(said["branch"], said["by"], said["against"], said["headline_pct"], strict=True)) == {
        ("main", "USA", "CHN", 57.0)
    }
    for name, expected_columns in columns.items():
        found = pq.read_schema(stored / "tables" / f"{name}.parquet")
        assert found.names == ["scenario", "branch", *expected_columns]


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_byte_is_exit_5(name: str, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["verify", str(copy)]) == 0
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 0x01
    (copy / name).write_bytes(bytes(data))
    capsys.readouterr()
    assert execute(["verify", str(copy)]) == 5
    assert Path(name).name in capsys.readouterr().err


@pytest.mark.parametrize("name", ["manifest.json", "arrays.npz", "report.html"])
def test_a_missing_file_is_exit_5(name: str, copy: Path) -> None:
    (copy / name).unlink()
    with pytest.raises(CheckError, match=name):
        read_bundle(copy)


def resealed(folder: Path, **changes: object) -> None:
    """Write a manifest whose seal fits, as somebody would who wants to be believed."""
    from detente.report.bundle import file_sha256

    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.pop("seal")
    manifest["files"]["arrays.npz"]["sha256"] = file_sha256(folder / "arrays.npz")
    manifest |= changes
    (folder / "manifest.json").write_text(json.dumps({**manifest, "seal": digest(manifest)}))


def test_a_changed_number_is_found_by_the_equations_though_every_checksum_fits(copy: Path) -> None:
    with np.load(copy / "arrays.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    arrays["threat/welfare_hat"] = arrays["threat/welfare_hat"] * (1 + 1e-6)
    with (copy / "arrays.npz").open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)
    resealed(copy)
    with pytest.raises(CheckError, match="welfare_identity"):
        check_bundle(copy)


@pytest.mark.parametrize("change", ["float32", "shape", "nan", "missing", "object"])
def test_arrays_that_are_not_as_promised_are_refused(change: str, copy: Path) -> None:
    with np.load(copy / "arrays.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    key = "main/wage_hat"
    replaced = {
        "float32": arrays[key].astype(np.float32),
        "shape": arrays[key][:-1],
        "nan": arrays[key] * np.nan,
        "object": np.array([{}], dtype=object),
    }
    arrays.pop(key)
    if change != "missing":
        arrays[key] = replaced[change]
    with (copy / "arrays.npz").open("wb") as stream:
        np.savez(stream, **arrays)
    resealed(copy)
    with pytest.raises(CheckError, match=r"wage_hat|damaged"):
        check_bundle(copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "detente-bundle-99"},
        {"inputs": {"branches": {"../x": {}}}},
        {"inputs": {}},
        {"inputs": {"branches": {}}},
    ],
)
def test_a_manifest_of_another_kind_is_refused(changes: dict[str, object], copy: Path) -> None:
    resealed(copy, **changes)
    with pytest.raises(CheckError, match=r"manifest\.json"):
        read_bundle(copy)


def test_an_array_that_no_bundle_has_is_refused_unread(copy: Path) -> None:
    with zipfile.ZipFile(copy / "arrays.npz", "a") as archive:
        archive.writestr("more.npy", b"not an array")
    resealed(copy)
    with pytest.raises(CheckError, match=r"more: found an array"):
        read_bundle(copy)


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[read_arrays.__module__], "CONTENT_LIMIT", 10_000_000)
    with zipfile.ZipFile(copy / "arrays.npz") as archive:
        names = archive.namelist()
    with zipfile.ZipFile(copy / "arrays.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, bytes(1_000_000))
    assert (copy / "arrays.npz").stat().st_size < 1_000_000
    resealed(copy)
    with pytest.raises(CheckError, match=r"bytes inside; expected at most 10000000"):
        read_bundle(copy)


@pytest.mark.parametrize("kind", ["file", "below", "link", "dangling"])
def test_a_file_that_the_manifest_does_not_name_is_exit_5(
    kind: str, copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "tables/extra.csv" if kind == "below" else "extra.csv"
    if kind in ("link", "dangling"):
        (copy / name).symlink_to(copy / "report.html" if kind == "link" else copy / "nothing")
    else:
        (copy / name).write_text("a")
    assert execute(["verify", str(copy)]) == 5
    assert "extra.csv: found a" in capsys.readouterr().err


OWN_WORLD = """\
detente: 1
id: own-world
as_of: 2025-10-25
baseline: {id: data/mine.npz, allow_year_mismatch: true}
measures:
  - {id: steel, by: USA, against: WORLD, kind: tariff, sectors: C24A, rate: +25pp, from: 2025-10-01}
"""


def test_a_path_of_a_baseline_starts_at_the_scenario_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work, away = tmp_path / "work", tmp_path / "away"
    (work / "data").mkdir(parents=True)
    away.mkdir()
    save_npz(dt.baseline("world-2022"), work / "data" / "mine.npz")
    (work / "own.yaml").write_text(OWN_WORLD)
    monkeypatch.chdir(away)
    assert execute(["scenario", "check", "../work/own.yaml"]) == 0
    assert execute(["run", "../work/own.yaml", "-q", "--out", "b"]) == 0
    manifest = json.loads((away / "b" / "manifest.json").read_text())
    assert str(tmp_path) not in (away / "b" / "manifest.json").read_text() + (away / "b" / "scenario.yaml").read_text()
    stored = load_scenario(away / "b" / "scenario.yaml")
    assert stored.baseline.id == "../../work/data/mine.npz"
    assert stored.sha256 == manifest["inputs"]["scenario"]["sha256"] == load_scenario(work / "own.yaml").sha256
    for folder, name in ((away, "b"), (tmp_path, "away/b"), (away / "b", ".")):
        monkeypatch.chdir(folder)
        assert execute(["verify", name, "--rerun"]) == 0
    (work / "data" / "mine.npz").unlink()
    capsys.readouterr()
    assert execute(["verify", ".", "--rerun"]) == 6
    assert "not on this machine" in capsys.readouterr().err


def test_purge_and_policy_in_one_number_travel_in_the_bundle(tmp_path: Path) -> None:
    out, case = tmp_path / "b", load_scenario(CASE)
    balanced = case.replace(closure=dt.Closure("balanced"))
    with pytest.raises(UsageError, match="include_purge"):
        run_scenario(balanced)
    assert execute(["run", CASE, "-q", "--closure", "balanced", "--include-purge", "--out", str(out)]) == 0
    stored = load_scenario(out / "scenario.yaml")
    assert stored.include_purge
    assert stored.sha256 != balanced.sha256
    assert max(check_rerun(out).values()) <= 1e-12
    again = run_scenario(balanced, branches=["main"], include_purge=True)
    assert again.scenario == stored
    assert np.allclose(again["main"].welfare_hat, read_bundle(out).arrays["main/welfare_hat"], rtol=1e-12)


def test_a_manifest_cannot_point_outside(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    resealed(copy, files={**manifest["files"], "../../etc/passwd": {"sha256": "0", "bytes": 1}})
    with pytest.raises(CheckError, match="a file of a bundle"):
        read_bundle(copy)


def test_an_uncertified_run_makes_no_bundle(tmp_path: Path) -> None:
    bad = run_scenario(CASE, branches=["main"], max_iter=3, throw=False)
    with pytest.raises(SolveError):
        write_bundle(bad, tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_kept(run: ScenarioRun, stored: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--force"):
        write_bundle(run, stored)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        write_bundle(run, tmp_path / "b", force=True)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="not a folder"):
        write_bundle(run, tmp_path / "file", force=True)
    (tmp_path / "link").symlink_to(stored)
    with pytest.raises(UsageError, match="not a folder"):
        write_bundle(run, tmp_path / "link", force=True)


def test_force_replaces_a_bundle_and_a_failure_keeps_it(
    run: ScenarioRun, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (copy / "report.html").read_bytes()

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle_module, "write_report", full)
    with pytest.raises(OSError, match="No space left"):
        write_bundle(run, copy, force=True)
    assert (copy / "report.html").read_bytes() == before
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    monkeypatch.undo()
    (copy / "report.html").write_text("old")
    write_bundle(run, copy, force=True)
    assert (copy / "report.html").read_bytes() == before
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def test_settings_travel_and_repeat(tmp_path: Path) -> None:
    out = tmp_path / "b"
    assert execute(["run", CASE, "-q", "--tol", "1e-11", "--as-of", "2025-06-01", "--out", str(out)]) == 0
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["inputs"]["settings"] == {"tol": 1e-11, "max_iter": 200, "as_of": "2025-06-01"}
    assert "--as-of 2025-06-01" in manifest["repeat"]
    assert max(check_rerun(out).values()) <= 1e-12


def test_demo_overwrites_its_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert execute(["demo", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    for words in (
        "(a) main: law of 2025-10-25",
        "(b) threat",
        "CHN to USA",
        "USA to CHN",
        "recaptured",
        "18.9",
        "CERTIFIED",
    ):
        assert words in text
    for code in ("USA", "CHN", "EU27", "MEX", "VNM", "JPN", "KOR", "CAN", "WORLD"):
        assert code in text
    assert execute(["demo", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "CERTIFIED"
    assert execute(["verify", str(out), "--rerun"]) == 0


def test_a_leaf_alone_can_be_kept(tmp_path: Path) -> None:
    alone = run_scenario(CASE, branches=["threat"])
    assert "main" not in alone
    folder = write_bundle(alone, tmp_path / "b")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "--branch threat" in manifest["repeat"]
    assert "--on" not in manifest["repeat"]
