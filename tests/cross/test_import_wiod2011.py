"""The complete world of 2011 (41 x 35): by R data and by the published CSV layout it is the same, and it solves."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.importers.wiod import read_wiod2013
from detente.core.errors import DataError
from world_tables import Table, wiod2013_rows, write_rows

FOLDER = "data/wiod2013-full-1995-2011"
META = "id: wiod-2011\nyear: 2011\nsource: WIOD 2013\nlicence: CC BY 4.0\nmissing: zero\n"


@pytest.fixture(scope="module")
def raw(shared: Path) -> Table:
    """Return the table as the R file has it, read without the importer."""
    rdata = pytest.importorskip("rdata", reason="pip install 'detente[build]'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (content,) = rdata.read_rda(shared / FOLDER / "wiot_2011.RData").values()
    n, j = len(content["countries"]), len(content["industries"])
    use = np.asarray(content["inter"], dtype=float).reshape(n, j, n, j)
    final = np.asarray(content["final"], dtype=float).reshape(n, j, n, 5)
    countries = [str(code) for code in content["countries"]]
    sectors = [str(code) for code in content["industries"]]
    return Table(countries, sectors, use, final, np.zeros((n, j)), np.zeros((n, 5)))


def beside(folder: Path, shared: Path, meta: str) -> None:
    """Write the companions: the elasticities published for these sectors, those of services and fuel held at 20."""
    source = shared / "data/elasticities/CRC2014_wiod35_elasticity.csv"
    values = [line.split() for line in source.read_text().splitlines() if line.strip()]
    rows = [f"c{number},{min(float(value), 20.0)}" for number, value in values]
    (folder / "elasticities.csv").write_text("\n".join(["sector,trade_elasticity", *rows, ""]))
    (folder / "meta.yaml").write_text(META + meta)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, shared: Path, raw: Table) -> Path:
    path = tmp_path_factory.mktemp("wiod")
    shutil.copyfile(shared / FOLDER / "wiot_2011.RData", path / "wiot_2011.RData")
    return path


def test_refused_until_both_treatments_are_named(folder: Path, shared: Path) -> None:
    beside(folder, shared, "")
    with pytest.raises(DataError) as caught:
        read_wiod2013(folder)
    text = str(caught.value)
    assert "25 of 58835 flows below 0, -1361 MUSD in all, worst -442 at DEU, DEU, c5" in text
    assert "352 negative cells of final demand" in text
    assert "`negative_flows: zero`" in text
    beside(folder, shared, "negative_flows: zero\n")
    with pytest.raises(DataError, match=r"6 of 1435 cells negative, -8249 MUSD.*`treatment: exogenous`"):
        read_wiod2013(folder)


def test_totals_of_2011_and_a_tariff(folder: Path, shared: Path) -> None:
    beside(folder, shared, "negative_flows: zero\ntreatment: exogenous\n")
    base = read_wiod2013(folder)
    usa, chn = base.countries.index("USA"), base.countries.index("CHN")
    foreign = ~np.eye(41, dtype=bool)
    assert (len(base.countries), len(base.sectors)) == (41, 35)
    assert {"ROU", "ROW"} < set(base.countries)
    assert base.output.sum() / 1e6 == pytest.approx(141.71, abs=0.005)
    assert base.flows[chn, usa].sum() / 1e3 == pytest.approx(412.8, abs=0.05)
    assert base.flows[foreign][:, :16].sum() / 1e6 == pytest.approx(14.6, abs=0.05)
    log = base.meta["log"]
    assert log["output row against the sum of sales"]["max_musd"] == 108
    assert (log["negative flows set to zero"]["count"], log["negative flows set to zero"]["sum_musd"]) == (25, 1361)
    assert log["inputs capped at 0.98"]["largest"][0]["cell"] == "LUX/c24"
    assert not base.meta["weak"]
    rates = base.tariffs.copy()
    rates[chn, usa, :16] = 0.25
    result = dt.solve(base, rates)
    assert result.status == "CERTIFIED"
    assert result.welfare_hat[chn] < 1


def test_published_csv_layout_gives_the_same_world(folder: Path, shared: Path, raw: Table, tmp_path: Path) -> None:
    treated = "negative_flows: zero\ntreatment: exogenous\n"
    beside(folder, shared, treated)
    beside(tmp_path, shared, treated)
    write_rows(tmp_path / "wiot11.csv", wiod2013_rows(raw))
    assert read_wiod2013(tmp_path).sha256 == read_wiod2013(folder).sha256


def test_r_data_of_another_shape_is_refused(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("rdata", reason="pip install 'detente[build]'")
    shutil.copyfile(shared / FOLDER / "wiot_regional_2011.RData", tmp_path / "regional.RData")
    with pytest.raises(DataError, match="regional"):
        read_wiod2013(tmp_path)
    shutil.copyfile(shared / FOLDER / "WIOD_IndClass.rda", tmp_path / "regional.RData")
    with pytest.raises(DataError, match="1 objects"):
        read_wiod2013(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("year", range(1995, 2012))
def test_every_year_imports_and_solves(year: int, shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("rdata", reason="pip install 'detente[build]'")
    shutil.copyfile(shared / FOLDER / f"wiot_{year}.RData", tmp_path / "wiot.RData")
    beside(tmp_path, shared, "negative_flows: zero\ntreatment: exogenous\n")
    (tmp_path / "meta.yaml").write_text((tmp_path / "meta.yaml").read_text().replace("2011", str(year)))
    base = read_wiod2013(tmp_path)
    rates = base.tariffs.copy()
    rates[base.countries.index("CHN"), base.countries.index("USA"), :16] = 0.25
    assert dt.solve(base, rates).status == "CERTIFIED"
