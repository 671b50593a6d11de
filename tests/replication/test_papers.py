"""`detente replicate`: five papers against the public validation files, cell by cell, and what the verb promises."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detente.cli import execute
from detente.core.errors import CheckError, MissingDataError, UsageError
from detente.replicate import PAPERS, Replication, replicate
from detente.replicate.rows import KEYS, packaged

CALIENDO, OSSA, WAR = "caliendo-parro-2015", "ossa-2014", "lashkaripour-2021"
LIBERATION, GAINS = "liberation-day-2025", "costinot-rodriguez-clare-2014"
QUICK = (CALIENDO, WAR, LIBERATION, GAINS)
"""Ossa's tables are in test_ossa.py."""


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


@pytest.mark.parametrize("paper", QUICK)
def test_every_published_value_is_met(shared: Path, paper: str) -> None:
    """All packaged values belong to a cell that is solved, within its tolerance; no cell twice, all finite."""
    found = solved(paper, shared)
    assert found.off == ()
    lines = [line for line in packaged("published.csv") if line["paper"] == paper]
    assert len(found.compared) == sum(line["tolerance"] != "" for line in lines) > 0
    assert len(found.unjudged) == sum(line["tolerance"] == "" for line in lines)
    assert len(cells(found)) == len(found.rows)
    assert np.isfinite([row.value for row in found.rows]).all()
    assert all(set(row.plain()) == set(KEYS) for row in found.rows)


def test_every_packaged_value_is_read_from_a_public_file(shared: Path) -> None:
    """No value from memory: each names the file and the column that it stands in, and stands there."""
    folder = shared / "validation"
    for line in packaged("published.csv"):
        assert float(line["value"]) == source_of(line, folder), line
        assert (folder / line["source"].split("validation/")[1].split(",")[0]).is_file()


def source_of(line: dict[str, str], folder: Path) -> float:
    """Return what the public file has for a packaged value."""
    paper, row, column = line["paper"], line["row"], line["column"]
    if paper == CALIENDO:
        printed = json.loads((folder / "cp2015.json").read_text())["table2_published_pct"]
        return float(printed[row][column])
    if paper == OSSA:
        return float(ossa_printed(line, json.loads((folder / "ossa2014.json").read_text())))
    if line["table"] == "calibration":
        text = " ".join((folder / "README.md").read_text().split())
        stated = {"fixed_cost_share": "{other} (non-US), {us} (US)", "fixed_costs_over_sales": "targets {other} / {us}"}
        values = {each["row"]: each["value"] for each in packaged("published.csv") if each["column"] == column}
        assert stated[column].format(other=values["nonUS"], us=values["USA"]) in text
        return float(line["value"])
    name, keys, found = line["source"].split("validation/")[1].split(", ")[0], ("country", "region"), line["source"]
    for each in lines(folder / name):
        here = each.get("table", line["table"]) == line["table"] and each.get("case", line["case"]) == line["case"]
        if here and row in (each.get(key) for key in keys) and each.get("metric", column) == column:
            return float(each[found.rsplit(", ", 1)[1]])
    raise AssertionError(line)


def ossa_printed(line: dict[str, str], printed: dict[str, Any]) -> float:
    """Return a printed cell of Ossa's tables."""
    row, column = line["row"], line["column"]
    if line["table"] == "2":
        cells = printed["Table2_US_50pp_examples"]["published"]
        at = ("chemicals", "apparel").index(line["case"])
        of = ("wage", "own_profit", "other_profit"), ("welfare", "terms_of_trade", "profit_shifting")
        half = next(number for number, columns in enumerate(of) if column in columns)
        return float(cells[at + 2 * half][of[half].index(column)])
    table = printed[{"3a": "Table3a_optimal_noLobby", "4a": "Table4a_Nash_noLobby"}[line["table"]]]
    return float(table["published_rounded"][table["rows"].index(row)][table["cols"].index(column)])


def test_tolerances_are_those_of_the_validation_file() -> None:
    """0.005 points on NAFTA; 0.15 on real GDP and 3 on tariffs; the last printed digit of Liberation Day; Ossa's."""
    widest: dict[tuple[str, str], float] = {}
    for line in packaged("published.csv"):
        if line["tolerance"]:
            at = line["paper"], line["column"] if line["paper"] in (WAR, OSSA) else ""
            widest[at] = max(widest.get(at, 0.0), float(line["tolerance"]))
    assert widest[CALIENDO, ""] == 0.005
    assert (widest[WAR, "nash_tariff"], widest[WAR, "real_gdp"]) == (3, 0.15)
    assert widest[LIBERATION, ""] == widest[GAINS, ""] == 0.05
    assert (widest[OSSA, "welfare"], widest[OSSA, "median_tariff"], widest[OSSA, "wage"]) == (0.05, 1.5, 0.1)


@pytest.mark.parametrize("paper", QUICK)
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


def test_other_structures_of_nafta(shared: Path) -> None:
    """Inputs multiply what NAFTA does: own inputs lie between none and all of a kind; Table 2 comes with all links."""
    got = cells(solved(CALIENDO, shared))
    imports = [
        got["12", case, "MEX", "imports_from_members"]
        for case in (
            "no materials", "inputs of the own sector, observed share", "inputs of the own sector, all inputs",
        )
    ]  # fmt: skip
    linked = got["6", "NAFTA's tariff reductions", "MEX", "imports_from_members"]
    assert imports[0] < imports[1] < linked < imports[2]
    assert got["11", "one sector", "MEX", "VoT"] > 0 > got["11", "one sector", "MEX", "ToT"]
    by_sector = [value for key, value in got.items() if key[0] == "6, by sector" and key[3] == "MEX"]
    assert min(by_sector) < linked < max(by_sector)


def test_one_sector_of_nafta_is_that_of_the_closed_form(shared: Path) -> None:
    """Real income is income over wages times the own share to -(1/(theta gamma)): inputs of the single sector, too."""
    from detente.equilibrium.counterfactual import solve
    from detente.replicate import caliendo_parro
    from detente.replicate.inputs import inputs_of

    raw = caliendo_parro._read(inputs_of(CALIENDO, shared / "data"))
    base = caliendo_parro._world(raw)
    single = caliendo_parro._single(base)
    after = caliendo_parro._single(base.replace(tariffs=caliendo_parro._nafta(base, raw["after"]))).tariffs
    result = solve(single, after, tol=1e-12)
    n = np.arange(len(single.countries))
    own_hat = result.share_new[n, n, 0] / (single.flows[n, n, 0] / single.expenditure[:, 0])
    power = -1 / (single.trade_elasticity[0] * single.value_added_share[:, 0])
    expected = result.income_new / single.income / result.wage_hat * own_hat**power
    assert result.welfare_hat == pytest.approx(expected, abs=1e-10)
    for code in ("MEX", "CAN", "USA"):
        value = 100 * (expected[single.countries.index(code)] - 1)
        assert cells(solved(CALIENDO, shared))["11", "one sector", code, "real_income"] == pytest.approx(
            value, abs=1e-8
        )


def test_fixed_costs_of_liberation_day_solve_their_targets(shared: Path) -> None:
    """Their shares are those of the program in every digit, which is what the formula of domestic sales rests on."""
    from detente.replicate import liberation_day
    from detente.replicate.inputs import inputs_of

    stated: dict[str, Any] = json.loads((shared / "validation" / "libday_parameters.json").read_text())
    inputs = inputs_of(LIBERATION, shared / "data")
    world = liberation_day._world(inputs)
    us = world.base.countries.index("USA")
    assert world.nu[us] == pytest.approx(stated["nu"][1], abs=1e-12)
    assert np.delete(world.nu, us) == pytest.approx(stated["nu"][0], abs=1e-12)
    assert liberation_day._formula_tariff(world) == pytest.approx(stated["t_formula_optimal_table1_case3"], abs=1e-12)
    assert stated["delta_US_E"] == liberation_day.DELTA
    assert [world.base.countries[at] for at in stated["index0"]["EU"]] == list(liberation_day.EU)
    trade, gdp, _, _ = liberation_day._read(inputs)
    as_written = gdp - (trade * (1 - world.nu)).sum(axis=1) - world.nu * trade.sum(axis=0)
    missed = liberation_day._over_sales(trade + np.diag(as_written), world.nu, us) - liberation_day.TARGETS
    assert np.abs(missed).max() > 1e-4


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
        assert got["Nash, recomputed", "2014, another program on the same file", line["country"], "real_gdp"] == gdp
    capped = [row for (_, _, row, column), value in got.items() if column == "nash_tariff" and value >= 100 - 1e-6]
    assert capped == ["IRL"]


def test_one_printed_cell_of_the_tariff_war_has_no_verdict(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Canada's real GDP: the independent program on the same file is as far from print as we are. Shown, and said."""
    printed = {line["country"]: line for line in lines(shared / "validation" / "lashkaripour2021_ten_countries.csv")}
    apart = {
        code: abs(float(line["recomputed_welfare_pct"]) - float(line["published_real_gdp_pct"]))
        for code, line in printed.items()
    }
    assert [code for code, gap in apart.items() if gap > 0.15] == ["CAN"]
    (row,) = solved(WAR, shared).unjudged
    assert (row.row, row.column, row.unjudged) == ("CAN", "real_gdp", -2.37)
    assert row.plain()["published"] is row.plain()["tolerance"] is None
    assert any("CAN has no verdict" in note and "-2.37" in note for note in solved(WAR, shared).notes)
    assert execute(["replicate", WAR, "--data", str(shared / "data")]) == 0
    shown = capsys.readouterr().out
    assert "none: see notes" in shown
    assert "1 printed without a verdict" in shown


def test_gains_from_trade(shared: Path) -> None:
    """The closed form on the paper's shares, to 1e-5; shares of the release of 2013 are another vintage."""
    got = cells(solved(GAINS, shared))
    for line in lines(shared / "validation" / "cr2014_one_sector_gains.csv"):
        value = got["4.1", "one sector", line["country"], "gains"]
        assert value == pytest.approx(float(line["gains_one_sector_eps5_pct"]), abs=1e-5)
    assert got["release of 2013", "one sector", "USA", "domestic_share"] == pytest.approx(0.9143, abs=1e-4)


def test_gains_by_sector(shared: Path) -> None:
    """Elasticities are those of the public file; equal sectors are one sector; inputs multiply gains."""
    from detente.replicate import gains

    rows = (shared / "data" / "elasticities" / "CRC2014_wiod35_elasticity.csv").read_text().split()
    assert [float(text) for text in rows[1::2]][: len(gains.ELASTICITIES)] == list(gains.ELASTICITIES)
    got = cells(solved(GAINS, shared))
    for code in ("USA", "DEU", "BRA"):
        single, several, linked = (
            got["release of 2013", case, code, "gains"]
            for case in ("one sector", "several sectors", "several sectors, inputs")
        )
        assert 0 < single < several < linked


def test_gains_by_sector_nest_one_sector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two halves of one sector; a share g of own inputs raises the exponent to 1/(1-g)."""
    from detente.replicate import gains

    monkeypatch.setattr(gains, "ELASTICITIES", (gains.EPSILON,))
    flows = np.array([[8.0, 1.0, 2.0], [2.0, 6.0, 1.0], [1.0, 2.0, 9.0]])[:, :, None] * np.ones(2)
    share = np.diag(flows[:, :, 0]) / flows[:, :, 0].sum(axis=0)
    inputs = 0.4 * np.eye(2)[:, None, :] * flows.sum(axis=1)
    found = gains._by_sector(flows, inputs)
    assert found["several sectors"] == pytest.approx(100 * (1 - share ** (1 / 5)), abs=1e-10)
    assert found["several sectors, inputs"] == pytest.approx(100 * (1 - share ** (1 / 5 / 0.6)), abs=1e-10)


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


@pytest.mark.parametrize("paper", QUICK)
def test_the_verb_as_json(shared: Path, capsys: pytest.CaptureFixture[str], paper: str) -> None:
    """Exit 0; every row has exactly the promised keys; compared cells are within their tolerance."""
    assert execute(["replicate", paper, "--data", str(shared / "data"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "OK"
    assert {tuple(row) for row in found["rows"]} == {KEYS}
    compared = [row for row in found["rows"] if row["published"] is not None]
    assert compared
    assert all(abs(row["value"] - row["published"]) <= row["tolerance"] for row in compared)
    assert all(row["tolerance"] is None for row in found["rows"] if row["published"] is None)


def test_the_verb_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 6 with file, checksum and origin, and no traceback."""
    assert execute(["replicate", CALIENDO, "--data", str(tmp_path)]) == 6
    said = capsys.readouterr().err
    assert "xbilat1993.txt" in said
    assert "Oxford University Press" in said
    assert "Traceback" not in said


def test_broken_inputs_are_a_sentence(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """GDP of one country missing: the shapes that were found and expected."""
    folder = tmp_path / LIBERATION
    shutil.copytree(shared / "data" / LIBERATION, folder)
    path = folder / "gdp.csv"
    path.chmod(0o644)
    path.write_text("\n".join(path.read_text().splitlines()[:-1]))
    assert execute(["replicate", LIBERATION, "--data", str(folder)]) == 3
    said = capsys.readouterr().err
    assert "gdp.csv" in said
    assert "(193,)" in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_the_benchmark_of_papers_runs(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line for each solve that is timed, none of them a failure."""
    path = Path(__file__).resolve().parents[2] / "bench" / "papers.py"
    spec = importlib.util.spec_from_file_location("papers_bench", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "REPEAT", 1)
    monkeypatch.setattr("sys.argv", ["papers.py", "--data", str(shared / "data")])
    module.main()
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 9
    assert "not there" not in "".join(shown)
