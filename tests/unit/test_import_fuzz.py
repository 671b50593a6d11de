"""Damaged files are refused with a sentence, whatever the damage: nothing but errors of detente gets out."""

from __future__ import annotations

import gzip
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.baseline.baseline import Baseline
from detente.baseline.importers import wiod_rdata
from detente.baseline.importers.icio import read_icio
from detente.baseline.importers.kite import read_kite
from detente.baseline.importers.wiod import read_wiod2013, read_wiod2016
from detente.core.errors import DataError, DetenteError
from world_tables import icio_rows, invented, wiod2013_rows, wiod2016_rows, write_companions, write_rows

Reader = Callable[[Path], Baseline]


def damaged(content: bytes, seed: int) -> bytes:
    """Return the content with a few bytes changed, cut out or doubled."""
    source, body = random.Random(seed), bytearray(content)
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(body))
        kind = source.randrange(4)
        if kind == 0:
            body[at] = source.randrange(256)
        elif kind == 1:
            body[at] = source.choice(b'0123456789,."\n-eN_')
        elif kind == 2:
            del body[at : at + source.randint(1, 40)]
        else:
            body[at:at] = body[at : at + source.randint(1, 40)]
    return bytes(body)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Reader]]:
    folder = tmp_path_factory.mktemp("sound")
    small = invented(["AUS", "CHN"], ["A01", "D"])
    old = invented(["AUS", "GBR"], [f"c{k}" for k in range(1, 36)], categories=5)
    new = invented(["AUS", "GBR"], [f"C{k}" for k in range(1, 57)], categories=5)
    found: dict[str, tuple[Path, Reader]] = {}
    for name, rows, table, reader in (
        ("icio", icio_rows(small), small, read_icio),
        ("wiod2013", wiod2013_rows(old), old, read_wiod2013),
        ("wiod2016", wiod2016_rows(new, year=2011), new, read_wiod2016),
    ):
        found[name] = write_rows(folder / name / "table.csv", rows), reader
        write_companions(folder / name, table.countries, table.sectors)
        reader(found[name][0])
    return found


@pytest.mark.parametrize("name", ["icio", "wiod2013", "wiod2016"])
@given(seed=st.integers(0, 2**32 - 1))
def test_damaged_tables(name: str, seed: int, files: dict[str, tuple[Path, Reader]]) -> None:
    path, reader = files[name]
    target = path.with_name("table.CSV")
    target.write_bytes(damaged(path.read_bytes(), seed))
    try:
        reader(target)
    except DetenteError as error:
        assert "table.CSV" in str(error) or "meta.yaml" in str(error) or "tariffs.csv" in str(error)  # noqa: PT017
    finally:
        target.unlink()


@given(seed=st.integers(0, 2**32 - 1))
def test_damaged_r_data(seed: int, shared: Path) -> None:
    pytest.importorskip("rdata", reason="pip install 'detente[build]'")
    content = (shared / "data/wiod2013-full-1995-2011/WIOD_IndClass.rda").read_bytes()
    body = gzip.decompress(content) if seed % 2 and content[:2] == b"\x1f\x8b" else content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.RData"
        path.write_bytes(damaged(body, seed))
        with pytest.raises(DataError, match=r"t\.RData"):
            read_wiod2013(path)


@given(seed=st.integers(0, 2**32 - 1))
def test_damaged_share_archive(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.npz"
        ones = np.ones((1, 1))
        cube = ones[None]
        np.savez(path, countries=np.array(["A"]), sectors=np.array(["S"]), trade_share_odj=cube, expenditure=ones,
                 tariff_exporter_importer_sector=cube, factor_share=ones, consumption_share=ones,
                 intermediate_share_input_output_country=cube, theta=4 * ones[0])  # fmt: skip
        (Path(folder) / "meta.yaml").write_text("id: one\nyear: 2014\nworld: false\n")
        read_kite(path)
        path.write_bytes(damaged(path.read_bytes(), seed))
        try:
            read_kite(path)
        except DetenteError as error:
            assert "t.npz" in str(error)  # noqa: PT017


def test_r_data_that_grows_is_refused_before_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rdata", reason="pip install 'detente[build]'")
    monkeypatch.setattr(wiod_rdata, "CONTENT_LIMIT", 1024**2)
    path = tmp_path / "bomb.RData"
    path.write_bytes(gzip.compress(bytes(50 * 1024**2)))
    with pytest.raises(DataError, match=r"more than 1048576 bytes inside"):
        read_wiod2013(path)
