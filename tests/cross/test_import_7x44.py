"""The set of 7 regions and 44 industries through the five tables: written here as they are, refused, treated, solved.

Its shares are of the cost of inputs and its tariffs have home entries; the conversion to money is done here.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.tables import read_tables
from detente.core.errors import DataError

GOODS = 22
META = (
    "id: icio2017-7x44\nyear: 2017\nsource: OECD 2025\nlicence: for tests\n"
    f"services: [{', '.join(str(k) for k in range(GOODS + 1, 45))}]\n"
)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the set as five tables: coefficients times output, percent, no tariffs at home."""
    source = shared / "data/icio2017-7x44-econ7115"
    target = tmp_path_factory.mktemp("seven")
    flows = {
        (r["iso_o"], r["iso_d"], r["indcode"]): float(r["tradevalue"]) for r in rows_of(source / "TradeFlow2017.csv")
    }
    output: dict[tuple[str, str], float] = {}
    for (origin, _, sector), value in flows.items():
        output[origin, sector] = output.get((origin, sector), 0.0) + value
    share = {(r["iso_o"], r["indcode"]): float(r["vashare"]) for r in rows_of(source / "vashare.csv")}
    needs: dict[tuple[str, str], float] = {}
    links = rows_of(source / "IOshare.csv")
    for row in links:
        cell = row["iso_o"], row["output_ind"]
        needs[cell] = needs.get(cell, 0.0) + float(row["valueshare"])

    def put(name: str, head: str, lines: list[str]) -> None:
        (target / f"{name}.csv").write_text("\n".join([head, *lines, ""]))

    def use(row: dict[str, str]) -> float:
        cell = row["iso_o"], row["output_ind"]
        return float(row["valueshare"]) / needs[cell] * (1 - share[cell]) * output[cell]

    put("flows", "origin,dest,sector,value_musd", [f"{','.join(key)},{value!r}" for key, value in flows.items()])
    put(
        "inputs",
        "country,input_sector,sector,value_musd",
        [f"{row['iso_o']},{row['input_ind']},{row['output_ind']},{use(row)!r}" for row in links],
    )
    put(
        "value_added",
        "country,sector,value_musd",
        [f"{','.join(key)},{value * output[key]!r}" for key, value in share.items()],
    )
    put(
        "tariffs",
        "by,against,sector,rate_pct",
        [
            f"{r['iso_d']},{r['iso_o']},{r['indcode']},{100 * float(r['AHS_simple'])!r}"
            for r in rows_of(source / "tariff_prewar2017.csv")
            if r["iso_o"] != r["iso_d"]
        ],
    )
    put(
        "elasticities",
        "sector,trade_elasticity",
        [
            f"{r['industry']},{float(next(v for k, v in r.items() if 'theta' in k))}"
            for r in rows_of(source / "cal_elasticities.csv")
        ],
    )
    return target  # fmt: skip


def test_refused_without_a_treatment(folder: Path) -> None:
    (folder / "meta.yaml").write_text(META)
    with pytest.raises(DataError) as caught:
        read_tables(folder)
    text = str(caught.value)
    assert "B06 final demand: found 20 of 308 cells negative" in text
    share = re.search(r"\(([0-9.]+) % of world income\)", text)
    assert share is not None
    assert float(share[1]) == pytest.approx(0.17, abs=0.005)
    assert "`treatment: exogenous`" in text


def test_totals_and_a_trade_war(folder: Path, shared: Path) -> None:
    (folder / "meta.yaml").write_text(META + "treatment: exogenous\n")
    base = read_tables(folder)
    usa, chn = base.countries.index("USA"), base.countries.index("CHN")
    foreign = ~np.eye(7, dtype=bool)
    assert base.flows.sum() / 1e6 == pytest.approx(154.17, abs=0.005)
    assert base.flows[foreign].sum() / 1e6 == pytest.approx(13.67, abs=0.005)
    assert base.flows[chn, usa].sum() / 1e3 == pytest.approx(458.9, abs=0.05)
    assert base.flows[usa, chn].sum() / 1e3 == pytest.approx(227.2, abs=0.05)
    assert base.flows[usa, chn, base.sectors.index("1")] / 1e3 == pytest.approx(15.06, abs=0.005)
    for code, trillion in (("CHN", 31.0), ("USA", 33.8), ("EU", 31.8)):
        assert base.output[base.countries.index(code)].sum() / 1e6 == pytest.approx(trillion, abs=0.05)
    assert base.value_added_share.min() == pytest.approx(0.126, abs=0.0005)
    assert base.value_added_share.max() == pytest.approx(0.901, abs=0.0005)
    assert base.meta["treatment"]["cells"] == 20
    rates = base.tariffs.copy()
    waves = (("tariff_Trump.csv", "trump_tariff_wave5", chn, usa), ("tariff_China.csv", "China_tariff_wave5", usa, chn))
    for name, column, origin, dest in waves:
        for row in rows_of(shared / "data/icio2017-7x44-econ7115" / name):
            rates[origin, dest, base.sectors.index(row["indcode"])] += float(row[column])
    goods = [base.sectors.index(str(k)) for k in range(1, GOODS + 1)]
    assert rates[chn, usa, goods].mean() > base.tariffs[chn, usa, goods].mean() + 0.1
    result = dt.solve(base, rates)
    assert result.status == "CERTIFIED"
    assert result.welfare_hat[chn] < 1
