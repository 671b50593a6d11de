"""`detente replicate`: five papers against the public validation files, cell by cell, and what the verb promises."""

from __future__ import annotations

import csv
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detente.core.errors import CheckError, MissingDataError, UsageError
from detente.replicate import PAPERS, Replication, replicate
from detente.replicate.rows import KEYS, packaged

CALIENDO, OSSA, WAR = "caliendo-parro-2015", "ossa-2014", "lashkaripour-2021"
LIBERATION, GAINS = "liberation-day-2025", "costinot-rodriguez-clare-2014"
QUICK = (CALIENDO, WAR, LIBERATION, GAINS)
EVERY = [*QUICK, pytest.param(OSSA, marks=pytest.mark.slow)]


@cache
def solved(paper: str, shared: Path) -> Replication:
    """Return a replication, solved once."""
    return replicate(paper, shared / "data")


def cells(found: Replication) -> dict[tuple[str, str, str, str], float]:
    """Return (table, case, row, column) -> value."""
    return {(row.table, row.case, row.row, row.column): row.value for row in found.rows}


def lines(path: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV file."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("paper", EVERY)
def test_every_published_value_is_met(shared: Path, paper: str) -> None:
    """All packaged values belong to a cell that is solved, within its tolerance; no cell twice, all finite."""
    found = solved(paper, shared)
    assert found.off == ()
    assert len(found.compared) == sum(line["paper"] == paper for line in packaged("published.csv")) > 0
    assert len(cells(found)) == len(found.rows)
    assert np.isfinite([row.value for row in found.rows]).all()
    assert all(set(row.plain()) == set(KEYS) for row in found.rows)


@pytest.mark.parametrize("paper", EVERY)
def test_inputs_are_those_compared_with(shared: Path, paper: str) -> None:
    """Checksums as packaged."""
    assert all(got == due for got, due in solved(paper, shared).inputs.values())


def test_nafta(shared: Path) -> None:
    """The first-order statistic to 1e-3 points, exact real income to 1e-4."""
    got = cells(solved(CALIENDO, shared))
    expected: dict[str, Any] = json.loads((shared / "validation" / "cp2015.json").read_text())
    for code, columns in expected["table2_recomputed_pct"].items():
        for column, value in columns.items():
            assert got["2", "NAFTA's tariff reductions", code, column] == pytest.approx(value, abs=1e-3)
    for code, value in expected["exact_real_income_pct"].items():
        assert got["2", "NAFTA's tariff reductions", code, "real_income"] == pytest.approx(value, abs=1e-4)


def test_parts_of_nafta_add_up(shared: Path) -> None:
    """Table 3 splits Table 2 by partner, Table 4 by sector: goods carry nearly everything."""
    got = cells(solved(CALIENDO, shared))
    for code in ("MEX", "CAN", "USA"):
        for part in ("ToT", "VoT"):
            case = "NAFTA's tariff reductions"
            split = got["3", case, code, f"{part}_NAFTA"] + got["3", case, code, f"{part}_rest_of_world"]
            assert split == pytest.approx(got["2", case, code, part], abs=1e-10)
            goods = [value for key, value in got.items() if key[0] == "4" and key[3] == f"{code}_{part}"]
            assert sum(goods) == pytest.approx(100, abs=10)


def test_liberation_day(shared: Path) -> None:
    """Tables 1 and 9 to 2e-6 points, the map of 194 countries to 1e-6."""
    got = cells(solved(LIBERATION, shared))
    for line in lines(shared / "validation" / "libday_tables_1_9.csv"):
        value = got[line["table"], line["case"], line["region"], line["metric"]]
        assert value == pytest.approx(float(line["verified_independent"]), abs=2e-6)
    for line in lines(shared / "validation" / "libday_map_no_retaliation.csv"):
        for column, text in line.items():
            if column != "country":
                value = got["map, no retaliation", "1 USTR, income-tax relief", line["country"], column]
                assert value == pytest.approx(float(text), abs=1e-6)


def test_tariff_war(shared: Path) -> None:
    """Nash tariffs to 0.01 points and real GDP to 0.001 of an independent recomputation."""
    got, case = cells(solved(WAR, shared)), "2014, multi-sector Armington"
    for line in lines(shared / "validation" / "lashkaripour2021_ten_countries.csv"):
        tariff, gdp = (got["Nash", case, line["country"], column] for column in ("nash_tariff", "real_gdp"))
        assert tariff == pytest.approx(float(line["recomputed_nash_tariff_pct"]), abs=0.01)
        assert gdp == pytest.approx(float(line["recomputed_welfare_pct"]), abs=0.001)
    capped = [row for (_, _, row, column), value in got.items() if column == "nash_tariff" and value >= 100 - 1e-6]
    assert capped == ["IRL"]


def test_gains_from_trade(shared: Path) -> None:
    """The closed form on the paper's shares, to 1e-5; shares of the release of 2013 are another vintage."""
    got = cells(solved(GAINS, shared))
    for line in lines(shared / "validation" / "cr2014_one_sector_gains.csv"):
        value = got["4.1", "one sector", line["country"], "gains"]
        assert value == pytest.approx(float(line["gains_one_sector_eps5_pct"]), abs=1e-5)
    assert got["release of 2013", "one sector", "USA", "domestic_share"] == pytest.approx(0.9143, abs=1e-4)


@pytest.mark.slow
def test_ossa(shared: Path) -> None:
    """Optimal welfare to 1e-3 points, medians to 1.5; Nash welfare to 0.05; nobody gains 1e-6 points by deviating."""
    got = cells(solved(OSSA, shared))
    expected: dict[str, Any] = json.loads((shared / "validation" / "ossa2014.json").read_text())
    for region, value in zip(
        expected["nash_best_response_gain_pp"]["rows"], expected["purge_deficits"]["W_hat_pct"], strict=True
    ):
        assert got["purge", "deficits removed", region, "welfare"] == pytest.approx(value, abs=1e-6)
    best = expected["Table3a_optimal_noLobby"]
    for region, values in zip(best["rows"], best["verified"], strict=True):
        for column, value in zip(best["cols"], values, strict=True):
            tolerance = 1.5 if column == "median_tariff" else 1e-3
            assert got["3a", "optimal tariffs, no lobbying", region, column] == pytest.approx(value, abs=tolerance)
    war = expected["Table4a_Nash_noLobby"]
    for region, values in zip(war["rows"], war["verified"], strict=True):
        for column, value in zip(war["cols"][:5], values[:5], strict=True):
            tolerance = 1.5 if column == "median_tariff" else 0.05 if column in ("gov", "welfare") else 0.1
            assert got["4a", "Nash tariffs, no lobbying", region, column] == pytest.approx(value, abs=tolerance)
    for table, label in (("4a", "no lobbying"), ("4b", "lobbying")):
        assert got[table, f"Nash tariffs, {label}", "largest", "deviation_gain"] <= 1e-6
    for table, label in (("5a", "no lobbying"), ("5b", "lobbying")):
        for start in ("nash", "factual", "free-trade"):
            case = f"talks from {start}, {label}"
            gains = [value for key, value in got.items() if key[:2] == (table, case) and key[3] == "gov_gain"]
            assert np.ptp(gains) <= 1e-5
            assert min(gains) > 0


@pytest.mark.slow
def test_lobbying_is_that_of_the_paper(shared: Path) -> None:
    """Weights were calibrated by the authors so that optimal tariffs have the shape of non-cooperative ones."""
    import detente as dt
    from detente.replicate import ossa
    from detente.replicate.inputs import inputs_of

    inputs = inputs_of(OSSA, shared / "data")
    data = np.load(inputs["ossa2014_inputs_7x33.npz"], allow_pickle=False)
    base = ossa._world(data, ossa._sectors(inputs), data["sigma"]).purged(ossa.FIXED)
    for region in ("Brazil", "China", "EU", "India", "US"):
        at = base.countries.index(region)
        found = dt.optimal_tariffs(base, region, objective=data["lobby_weight"], **ossa.FREE)
        shape = np.delete(found.tariffs[:, at], at, axis=0).mean(axis=0)
        assert np.corrcoef(shape, data["noncooperative_tariff"][:, at])[0, 1] > 0.99


# ---------------------------------------------------------------- the verb


@pytest.mark.parametrize("paper", [*PAPERS])
def test_missing_inputs_say_where_they_come_from(tmp_path: Path, paper: str) -> None:
    """Every missing file is named at once, with its checksum and origin; exit code 6."""
    with pytest.raises(MissingDataError) as raised:
        replicate(paper, tmp_path)
    assert raised.value.exit_code == 6
    files = [line for line in packaged("inputs.csv") if line["paper"] == paper]
    assert len(raised.value.problems) == len(files)
    for line in files:
        assert line["sha256"] in str(raised.value)
        assert line["origin"] in str(raised.value)


def test_unknown_papers_are_refused(tmp_path: Path) -> None:
    """With the nearest name."""
    with pytest.raises(UsageError, match="try caliendo-parro-2015"):
        replicate("caliendo-parro", tmp_path)


def test_other_inputs_are_said_and_fail_the_check(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tariffs of 2005 twice as high: the checksum is noted, the cells are off, exit code 5."""
    from detente.cli.replicate import replicate as verb

    folder = tmp_path / CALIENDO
    shutil.copytree(shared / "data" / CALIENDO, folder)
    path = folder / "tariffs2005.txt"
    path.chmod(0o644)
    np.savetxt(path, 2 * np.loadtxt(path) + 10)
    with pytest.raises(CheckError, match="compared cells are off") as raised:
        verb(CALIENDO, folder)
    assert raised.value.exit_code == 5
    shown = capsys.readouterr().out
    assert "tariffs2005.txt: sha256" in shown
    assert "OFF" in shown
