"""detente's own file: exact, atomic, and every damage is noticed."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.baseline import files
from detente.baseline.baseline import ARRAYS, Baseline
from detente.baseline.files import KEYS, read_npz, save_npz
from detente.baseline.tables import read_tables
from detente.core.errors import DataError, DetenteError, MissingDataError

GOOD = Path(__file__).parents[1] / "contract" / "bad" / "good"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save_npz(read_tables(GOOD), tmp_path / "isles.npz")


def rewritten(path: Path, **changes: object) -> Path:
    with np.load(path) as archive:
        content = {**{name: archive[name] for name in archive.files}, **changes}
    np.savez_compressed(path, **{name: value for name, value in content.items() if value is not None})
    return path


def test_round_trip_is_exact(path: Path) -> None:
    base, again = read_tables(GOOD), read_npz(path)
    assert (again.sha256, again.id, again.elasticity_set) == (base.sha256, base.id, base.elasticity_set)
    assert again.meta == base.meta
    with pytest.raises(TypeError):
        again.meta["years"]["flows"] = "1"
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive.files) == set(KEYS)


def test_exogenous_final_demand_survives(tmp_path: Path) -> None:
    good = read_tables(GOOD)
    shares = np.array(good.input_share)
    shares[0, 0] = 0.6
    base = Baseline.from_flows(
        good.countries, good.sectors, good.flows, good.tariffs, 1 - shares.sum(axis=0), shares, good.trade_elasticity,
        treatment="exogenous",
    )  # fmt: skip
    again = read_npz(save_npz(base, tmp_path / "x.npz"))
    assert again.sha256 == base.sha256
    assert again.meta == base.meta


def test_any_flipped_value_is_noticed(path: Path) -> None:
    for name in ARRAYS:
        with np.load(path) as archive:
            changed = archive[name]
        changed.flat[0] = np.nextafter(changed.flat[0], 2)
        with pytest.raises(DataError, match="checksum: found content that was altered"):
            read_npz(rewritten(path, **{name: changed}))
        save_npz(read_tables(GOOD), path)
    with pytest.raises(DataError, match="checksum"):
        read_npz(rewritten(path, id=np.array("other")))


@pytest.mark.parametrize("name", KEYS)
def test_missing_keys_are_named(path: Path, name: str) -> None:
    with pytest.raises(DataError, match=f"{name}: found no such array"):
        read_npz(rewritten(path, **{name: None}))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("flows", np.array([["a"]]), "something that is not numbers"),
        ("flows", np.ones((2, 2)), r"flows: found shape \(2, 2\)"),
        ("flows", np.ones((2, 2, 2), dtype=int), "type int64"),
        ("flows", np.full((2, 2, 2), np.nan), "nan at"),
        ("final_exogenous", np.ones(2), "final_exogenous: found shape"),
        ("countries", np.ones(2), "countries: found float64"),
        ("meta", np.array("{"), "not JSON"),
        ("meta", np.array("[1]"), "not an object"),
        ("id", np.array(["a", "b"]), "one text"),
        ("format", np.array("detente-baseline-99"), "another version"),
    ],
)
def test_wrong_content_is_named(path: Path, name: str, value: np.ndarray, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_npz(rewritten(path, **{name: value}))
    assert str(path) in str(caught.value)


def test_float32_is_remarked(path: Path) -> None:
    from detente.baseline.files import read_arrays

    with np.load(path) as archive:
        narrow = archive["flows"].astype(np.float32)
    arrays, remarks = read_arrays(rewritten(path, flows=narrow), ("flows",))
    assert arrays["flows"].dtype == np.float32
    assert "flows is float32" in remarks[0]
    assert any("float32" in text for text in read_npz(path).meta["warnings"])  # whole numbers survive: checksum agrees


def test_pickles_are_never_read(path: Path) -> None:
    hostile = np.array([os.getcwd, None], dtype=object)
    with pytest.raises(DataError, match="type object"):
        read_npz(rewritten(path, flows=hostile))


def test_not_an_archive_damaged_and_absent(path: Path, tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("flows")
    with pytest.raises(DataError, match="not an npz archive"):
        read_npz(tmp_path / "text.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="a damaged archive"):
        read_npz(path)
    with pytest.raises(MissingDataError):
        read_npz(tmp_path / "nothing.npz")
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(DataError, match="named pipe"):
        read_npz(tmp_path / "pipe.npz")


def test_a_shape_that_lies_allocates_nothing(path: Path) -> None:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, "flows.npy": stream.getvalue() + b"\0" * 64}.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="as many as the shape says"):
        read_npz(path)


def test_other_compressions_and_damaged_headers(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match="compression 14"):
        read_npz(path)
    for broken, words in (
        (b"no magic", "a damaged array"),
        (members["id.npy"][:-36] + b"\xff\xff\xff\x7f" * 9, "outside Unicode"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in {**members, "id.npy": broken}.items():
                archive.writestr(name, content)
        with pytest.raises(DataError, match=words):
            read_npz(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tariffs": np.full((2, 2, 2), 25.0)}, "B07 tariffs"),
        ({"final_exogenous": np.array([[500.0, 0], [0, 0]])}, "a negative final share"),
    ],
)
def test_an_intact_file_of_a_wrong_world_is_refused(tmp_path: Path, change: dict[str, np.ndarray], words: str) -> None:
    path = save_npz(read_tables(GOOD).replace(**change), tmp_path / "x.npz")
    with pytest.raises(DataError, match=words):
        read_npz(path)


def test_meta_keeps_plain_data_only(tmp_path: Path) -> None:
    meta = {"number": np.float64(2.5), "array": np.arange(2), "set": {"b", "a"}, "path": Path("x")}
    again = read_npz(save_npz(read_tables(GOOD).replace(meta=meta), tmp_path / "x.npz"))
    assert {key: again.meta[key] for key in meta} == {"number": 2.5, "array": (0, 1), "set": ("a", "b"), "path": "x"}


def test_bombs_are_refused_unread(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "CONTENT_LIMIT", 1000)
    with pytest.raises(DataError, match="bytes inside; expected at most 1000"):
        read_npz(path)


def test_a_failed_write_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        save_npz(read_tables(GOOD), path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@settings(max_examples=80, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**7), byte=st.integers(1, 255))
def test_any_changed_byte_is_harmless_or_refused(path: Path, at: int, byte: int) -> None:
    whole = path.read_bytes()
    place = at % len(whole)
    path.write_bytes(whole[:place] + bytes([whole[place] ^ byte]) + whole[place + 1 :])
    try:
        assert read_npz(path).sha256 == read_tables(GOOD).sha256
    except DetenteError:
        pass
    finally:
        path.write_bytes(whole)
