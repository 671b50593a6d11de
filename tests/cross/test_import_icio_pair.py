"""Flows of any year with coefficients of 2022: labelled as such, in line with the packaged world, and solvable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.build import raw
from detente.baseline.importers.icio_pair import read_icio_pair
from detente.core.errors import MissingDataError, UsageError

WORLD_TN = {2011: 142.1, 2017: 155.4, 2018: 166.3, 2019: 168.5, 2020: 163.5, 2021: 189.8, 2022: 199.7}
GOODS_TN = {2017: 12.5, 2018: 13.7, 2019: 13.3, 2020: 12.2, 2021: 15.5, 2022: 17.5}


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    return shared / "data"


def shocked(base: dt.Baseline) -> dt.Result:
    rates = base.tariffs.copy()
    rates[base.countries.index("CHN"), base.countries.index("USA"), :27] += 0.25
    return dt.solve(base, rates)


def assert_totals(base: dt.Baseline, year: int) -> None:
    foreign = ~np.eye(81, dtype=bool)
    if year in WORLD_TN:
        assert base.output.sum() / 1e6 == pytest.approx(WORLD_TN[year], abs=0.06)
    if year in GOODS_TN:
        assert base.flows[foreign][:, :27].sum() / 1e6 == pytest.approx(GOODS_TN[year], abs=0.06)


def test_flows_of_2017_with_coefficients_of_2022(data: Path, world: dt.Baseline) -> None:
    told: list[tuple[str, int, int]] = []
    base = read_icio_pair(data, year=2017, progress=lambda *step: told.append(step))
    assert base.id == "icio-2017-io2022"
    assert dict(base.meta["years"]) == {"flows": "2017", "inputs": "2022", "tariffs": "2017"}
    assert_totals(base, 2017)
    chn, usa = base.countries.index("CHN"), base.countries.index("USA")
    assert base.flows[chn, usa, :27].sum() / 1e3 == pytest.approx(367.8, abs=0.05)
    assert base.flows[usa, chn, 0] / 1e3 == pytest.approx(10.3, abs=0.05)
    order = [world.sectors.index(code) for code in base.sectors]
    named = [(n, world.countries.index(code)) for n, code in enumerate(base.countries) if code != "ROW"]
    active = (base.output > 0) & (world.output[[world.countries.index(code) for code in base.countries]][:, order] > 0)
    for n, there in named:
        made = active[n]
        theirs = world.input_share[order][:, there][:, order]
        np.testing.assert_allclose(base.input_share[:, n, made], theirs[:, made], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(base.trade_elasticity, world.trade_elasticity[order])
    assert base.tariffs.max() == 0.30
    assert not base.tariffs[:, :, base.sectors.index("SERV")].any()
    warnings = " | ".join(base.meta["warnings"])
    assert "B08 years differ: flows 2017, inputs 2022, tariffs 2017" in warnings
    assert "input coefficients are of 2022, flows of 2017" in warnings
    assert "B06 final demand: 367 of 2268 cells negative" in warnings
    assert "; treatment exogenous" in warnings
    assert base.meta["treatment"]["name"] == "exogenous"
    assert 0.01 < -base.meta["treatment"]["negative_musd"] / base.value_added.sum() < 0.02
    assert base.meta["log"]["tariff cap 0.30"]["count"] > 900
    assert base.meta["log"]["ROW use scaled to F = 0"]["count"] == 1
    assert base.meta["import"]["counts"]["inputs"]["national tables"] == 80
    assert told[-1] == ("accounts", 3, 3)
    assert shocked(base).status == "CERTIFIED"


def test_the_flows_are_untouched(data: Path) -> None:
    base = read_icio_pair(data, year=2019)
    trade = raw.read_trade(data, 2019)
    np.testing.assert_array_equal(base.flows, trade.flows)
    assert dict(base.meta["years"])["tariffs"] == "2019"


def test_the_year_of_the_tables_needs_no_treatment(data: Path, world: dt.Baseline) -> None:
    base = read_icio_pair(data)
    assert base.id == "icio-2022-io2022"
    assert dict(base.meta["years"]) == {"flows": "2022", "inputs": "2022", "tariffs": "2021"}
    assert not base.final_exogenous.any()
    assert base.output.sum() == pytest.approx(world.output.sum(), rel=1e-12)
    np.testing.assert_allclose(base.value_added_share, world.value_added_share, rtol=1e-9)


def test_refuses_other_years_and_other_folders(tmp_path: Path, data: Path) -> None:
    with pytest.raises(UsageError, match="year: found 2010; expected 2011 to 2022"):
        read_icio_pair(data, year=2010)
    with pytest.raises(MissingDataError, match=r"oecd-icio-flows/ICIO2022\.mat: found no such file"):
        read_icio_pair(tmp_path, year=2017)
    (tmp_path / "oecd-icio-flows").symlink_to(data / "oecd-icio-flows")
    with pytest.raises(MissingDataError, match=r"oecd-iot-2022/AGO2022ttl\.csv: found no such file"):
        read_icio_pair(tmp_path, year=2017)


@pytest.mark.slow
@pytest.mark.parametrize("year", range(2011, 2023))
def test_every_year_solves(year: int, data: Path) -> None:
    base = read_icio_pair(data, year=year)
    assert_totals(base, year)
    assert shocked(base).status == "CERTIFIED"
