"""What ships: the archive keeps its promises, and a rebuild from the raw sources gives the same bytes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from detente.baseline.build import archive, world
from detente.baseline.build.__main__ import main
from detente.baseline.build.expected import EXPECTED, check_totals
from detente.core.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "src" / "detente" / "baseline" / "data"
TABLE = ROOT / "src" / "detente" / "scenario" / "packaged" / "tables" / "us_applied_2025_10_20.csv"
RAW = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="module")
def shipped() -> dict[str, np.ndarray]:
    with np.load(SHIPPED / "world-2022.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def raw_data() -> Path:
    if RAW.is_dir():
        return RAW
    if os.environ.get("CI") == "1":
        pytest.fail("the raw sources beside the checkout are missing: shared/data")
    pytest.skip("no raw sources beside the checkout (shared/data)")


@pytest.fixture(scope="module")
def built() -> world.World:
    return world.build_world(raw_data())


def test_checksum_file_names_the_archive() -> None:
    digest, name = (SHIPPED / "world-2022.sha256").read_text().split()
    assert name == "world-2022.npz"
    assert hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest() == digest


def test_archive_shares_add_to_one_and_numbers_are_finite(shipped: dict[str, np.ndarray]) -> None:
    total = shipped["value_added_share"] + shipped["input_share"].sum(axis=0)
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)
    assert all(np.isfinite(values).all() for values in shipped.values() if values.dtype.kind == "f")
    assert shipped["flows"].shape == (81, 81, 28)
    assert shipped["input_share"].shape == (28, 81, 28)
    assert (shipped["input_share"] >= 0).all()
    assert (shipped["value_added_share"] > 0).all()
    assert list(shipped["countries"][shipped["imputed"]]) == ["ROW"]
    assert shipped["sectors"][-1] == "SERV"
    assert shipped["sector_labels"][-1] == "Services (aggregate)"
    assert not shipped["tariffs"][:, :, -1].any()


def test_implied_final_demand_is_nowhere_negative_in_any_order_of_summation(shipped: dict[str, np.ndarray]) -> None:
    flows, rates, share = shipped["flows"], shipped["tariffs"], shipped["input_share"]
    output = flows.sum(axis=1)
    spending = (flows * (1 + rates)).sum(axis=0)
    plain = spending - np.einsum("kds,ds->dk", share, output)
    backwards = spending - (share * output[None])[:, :, ::-1].sum(axis=2).T
    assert plain.min() >= 0
    assert backwards.min() >= 0


def test_meta_says_years_sources_and_weaknesses(shipped: dict[str, np.ndarray]) -> None:
    meta = json.loads(str(shipped["meta"]))
    assert meta["id"] == "world-2022"
    assert meta["years"]["flows"] == "2022"
    assert meta["years"]["tariffs"] == "2024-12-31"
    assert len(meta["sources"]) > 130
    assert all(len(digest) == 64 and not name.startswith("/") for name, digest in meta["sources"].items())
    assert meta["log"]["tariff cap 0.30"]["count"] == 911
    assert meta["known_weaknesses"]
    assert meta["arrays_sha256"] == archive.digest_of({k: v for k, v in shipped.items() if k != "meta"})
    check_totals(meta["totals"])


def test_shipped_files_are_small_and_name_no_machine() -> None:
    files = [path for path in SHIPPED.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 5_000_000
    texts = [path.read_text("utf-8") for path in files if path.suffix != ".npz"]
    assert not any(word in text for text in texts for word in ("/home/", "/root/", "/tmp/"))


def test_elasticities_cover_the_sectors_with_their_median(shipped: dict[str, np.ndarray]) -> None:
    with (SHIPPED / "elasticities.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["sector"] for row in rows] == list(shipped["sectors"])
    names = ("CP", "FGO", "GYY", "BSY", "Shap", "LL", "IS", "U4")
    for row in rows:
        values = [float(row[name]) for name in names]
        assert float(row["default"]) == pytest.approx(np.median(values))
        assert float(row["min"]) == min(values)
        assert float(row["max"]) == max(values)
    petroleum = next(row for row in rows if row["sector"] == "C19")
    assert float(petroleum["CP"]) == 14.01
    sets = json.loads((SHIPPED / "elasticity_sets.json").read_text("utf-8"))["sets"]
    assert set(names) | {"default"} == set(sets)


def test_the_table_of_october_2025_covers_every_partner_and_meets_the_level(shipped: dict[str, np.ndarray]) -> None:
    with TABLE.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    partners = [code for code in shipped["countries"] if code != "USA"]
    goods = [code for code in shipped["sectors"] if code not in ("SERV", "B09")]
    assert sorted({row["against"] for row in rows}) == sorted(partners)
    assert {row["by"] for row in rows} == {"USA"}
    assert {row["authority"] for row in rows} == {"ieepa", "section-232"}
    keys = [(row["against"], row["sector"], row["authority"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {key[:2] for key in keys if key[2] == "ieepa"} == {(p, s) for p in partners for s in goods}
    assert all(row["rate"].startswith("+") and row["rate"].endswith("pp") for row in rows)
    note = json.loads((SHIPPED / "us_applied_2025_10_20.note.json").read_text("utf-8"))
    assert note["tracker_average"] == pytest.approx(18.9, rel=0.01)
    reached = note["readings"]["tracker"]["partners"]
    assert reached["CHN"]["points"] == pytest.approx(31.017, abs=1e-3)
    assert all(p["points"] == p["level_points"] for p in reached.values() if p["level_points"] is not None)
    close = [abs(pair["ours"] / pair["tracker"] - 1) < 0.002 for pair in note["replication"].values()]
    assert sum(close) == 45


def test_packing_is_deterministic_and_needs_no_pickle(tmp_path: Path) -> None:
    arrays = {"x": np.arange(6.0).reshape(2, 3), "codes": np.array(["AAA", "BBB"]), "meta": np.array('{"a": 1}')}
    body = archive.packed(arrays)
    assert body == archive.packed(arrays)
    (tmp_path / "x.npz").write_bytes(body)
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(file["x"], arrays["x"])
        assert str(file["meta"]) == '{"a": 1}'
    changed = {**arrays, "x": arrays["x"] + 1e-12}
    assert archive.digest_of(arrays) != archive.digest_of(changed)


def test_a_rebuild_gives_what_ships(built: world.World, shipped: dict[str, np.ndarray]) -> None:
    check_totals(built.totals)
    files = archive.files_of(built, RAW)
    arrays = archive.arrays_of(built)
    assert archive.digest_of(arrays) == json.loads(str(shipped["meta"]))["arrays_sha256"]
    assert files["elasticities.csv"] == (SHIPPED / "elasticities.csv").read_bytes()
    log = json.loads((SHIPPED / "world-2022.log.json").read_text("utf-8"))
    if log["zlib"] == zlib.ZLIB_RUNTIME_VERSION:
        digest = hashlib.sha256(files["world-2022.npz"]).hexdigest()
        assert digest == (SHIPPED / "world-2022.sha256").read_text().split()[0]


def test_perturbed_sources_stop_the_build(
    built: world.World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, total in EXPECTED.items():
        moved = {**built.totals, name: built.totals[name] + 2 * total.tolerance + 1e-9}
        with pytest.raises(DataError, match="misses its totals"):
            check_totals(moved)
    data = tmp_path / "data"
    data.mkdir()
    for folder in RAW.iterdir():
        if folder.name != "oecd-iot-2022":
            (data / folder.name).symlink_to(folder)
    (data / "oecd-iot-2022").mkdir()
    for table in (RAW / "oecd-iot-2022").glob("*.csv"):
        (data / "oecd-iot-2022" / table.name).write_bytes(table.read_bytes())
    usa = data / "oecd-iot-2022" / "USA2022ttl.csv"
    usa.write_text(usa.read_text().replace("281509.73", "291509.73"))
    out = tmp_path / "out"
    assert main(["--data", str(data), "--out", str(out)]) == 3
    assert "value added of the 80 economies" in capsys.readouterr().err
    assert not out.exists()


def test_missing_sources_exit_with_six(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 6
    assert "ICIO2022" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
