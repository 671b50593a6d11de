"""The real share data of 2014 (44 x 50): refused as they are, balanced when told to, with the totals of their notes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.importers.kite import read_kite
from detente.core.errors import DataError

META = "id: kite-2014\nyear: 2014\nsource: third party\nlicence: for tests\n"


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    shutil.copyfile(shared / "data/kite-wiod-2014/kite_wiod2014_44x50.npz", tmp_path / "kite.npz")
    (tmp_path / "meta.yaml").write_text(META)
    return tmp_path


def test_refused_with_the_gaps(folder: Path) -> None:
    with pytest.raises(DataError, match=r"0\.24 % in the median cell, 2\.4 % at the 95th percentile.*rebalance"):
        read_kite(folder)


def test_balanced_world_keeps_shares_and_solves(folder: Path) -> None:
    (folder / "meta.yaml").write_text(META + "treatment: rebalance\n")
    base = read_kite(folder)
    with np.load(folder / "kite.npz") as raw:
        np.testing.assert_allclose(base.share, raw["trade_share_odj"], rtol=0, atol=1e-12)
        np.testing.assert_allclose(base.final_share, raw["consumption_share"], rtol=0, atol=1e-10)
        assert base.expenditure.sum() == pytest.approx(raw["expenditure"].sum(), rel=1e-9)
        published = raw["va"].sum()
    usa, chn, car = base.countries.index("USA"), base.countries.index("CHN"), base.sectors.index("C20")
    gross = base.flows * (1 + base.tariffs)
    assert base.expenditure.sum() / 1e6 == pytest.approx(160.5, abs=0.05)
    assert published / 1e6 == pytest.approx(74.76, abs=0.005)
    assert base.value_added.sum() / published == pytest.approx(1, abs=0.01)
    assert gross[chn, usa].sum() / 1e3 == pytest.approx(364.9, rel=0.01)
    assert gross[usa, chn].sum() / 1e3 == pytest.approx(111.8, rel=0.01)
    assert base.tariffs[usa, chn, car] == pytest.approx(0.215, abs=0.0005)
    assert base.tariffs[chn, usa, car] == pytest.approx(0.007, abs=0.0005)
    assert 0 < base.meta["balancing"]["moved_share"] < 0.01
    assert not base.meta["weak"]
    assert not [text for text in base.meta["warnings"] if "wrong way round" in text]
    assert base.meta["log"]["tariffs on home sales set to 0"]["count"] == 22
    rates = base.tariffs.copy()
    rates[chn, usa, :22] += 0.25
    result = dt.solve(base, rates)
    assert result.status == "CERTIFIED"
    assert result.welfare_hat[chn] < 1


def test_transposed_tariffs_are_noticed(folder: Path) -> None:
    with np.load(folder / "kite.npz") as raw:
        arrays = dict(raw)
    factors = arrays["tariff_exporter_importer_sector"]
    np.savez(folder / "kite.npz", **arrays | {"tariff_exporter_importer_sector": factors.transpose(1, 0, 2)})
    (folder / "meta.yaml").write_text(META + "treatment: rebalance\n")
    assert [text for text in read_kite(folder).meta["warnings"] if "wrong way round" in text]
