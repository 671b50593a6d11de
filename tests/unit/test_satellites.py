"""Satellites: which row wins a cell, what a table may not say, who buys, and how the packaged tables are made."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import detente as dt
from detente.baseline.build import raw, satellites_rules, satellites_sources
from detente.baseline.build.products import CHINA, EUROPE
from detente.baseline.build.satellites import SHARES, USES, build, main
from detente.baseline.build.satellites_maps import SECTOR_OF_CHINA, sector_of_china, sector_of_naics
from detente.baseline.build.satellites_sources import Sources, Split
from detente.baseline.files import read_npz, save_npz
from detente.baseline.satellites import DATA
from detente.baseline.satellites_table import (
    FINAL,
    KNOWN,
    SHARE_COLUMNS,
    USE_COLUMNS,
    Share,
    placed,
    read_shares,
    read_uses,
)
from detente.core.codes import EU27
from detente.core.errors import DataError, MissingDataError, UsageError

HEADER = ",".join(SHARE_COLUMNS)
WORLD = ("USA", "CHN", "DEU", "FRA", "THA")


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """Write a table of shares and return its path."""
    path = folder / "my.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def row(origin: str = "*", dest: str = "*", share: float = 10, low: float = 0, high: float = 100, **other: str) -> str:
    """Return a line of the table."""
    cells = {"satellite": "soybeans", "parent": "A01", "basis": "assumed", "source": "me", "year": "2022"} | other
    cells |= {"origin": origin, "dest": dest, "share_pct": f"{share:g}", "low_pct": f"{low:g}", "high_pct": f"{high:g}"}
    return ",".join(cells[name] for name in SHARE_COLUMNS)


def told(path: Path, **options: object) -> list[str]:
    """Return the problems of a table, one line each."""
    with pytest.raises(DataError) as caught:
        read_shares(path, **options)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


# which row wins


def test_exact_cell_beats_origin_beats_dest_beats_default(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        row("CHN", "USA", 4, basis="data"),
        row("*", "*", 1),
        row("*", "USA", 2),
        row("CHN", "*", 3),
    )
    cells = placed(read_shares(path), WORLD)
    share = {(o, d): round(100 * cells.share[i, j]) for i, o in enumerate(WORLD) for j, d in enumerate(WORLD)}
    assert share["CHN", "USA"] == 4
    assert share["CHN", "DEU"] == share["CHN", "CHN"] == 3
    assert share["DEU", "USA"] == share["USA", "USA"] == 2
    assert share["DEU", "FRA"] == 1
    assert cells.data.sum() == 1
    assert cells.data[1, 0]
    assert cells.unused == 0


def test_a_country_beats_its_group_and_a_group_beats_the_wildcard(tmp_path: Path) -> None:
    path = table(tmp_path, row(share=1), row("EU27", "*", 2), row("DEU", "*", 3), row("EU27", "USA", 4))
    cells = placed(read_shares(path), WORLD)
    assert [round(100 * value) for value in cells.share[:, 1]] == [1, 1, 3, 2, 1]
    assert [round(100 * value) for value in cells.share[:, 0]] == [1, 1, 4, 4, 1]  # the named cell of the group


def test_a_cell_of_two_groups_beats_the_row_of_a_country(tmp_path: Path) -> None:
    path = table(tmp_path, row(share=1), row("DEU", "*", 3), row("EU27", "EU27", 6), row("*", "FRA", 8))
    cells = placed(read_shares(path), WORLD)
    assert [round(100 * value) for value in cells.share[2]] == [3, 3, 6, 6, 3]
    assert [round(100 * value) for value in cells.share[0]] == [1, 1, 1, 8, 1]


def test_rows_are_placed_by_key_whatever_the_order_of_rows_columns_and_countries(tmp_path: Path) -> None:
    rows = [row(share=1), row("CHN", "USA", 4), row("EU27", "USA", 2), row("THA", "*", 7)]
    one = placed(read_shares(table(tmp_path, *rows)), WORLD)
    other = placed(read_shares(table(tmp_path, *reversed(rows))), WORLD)
    np.testing.assert_array_equal(one.share, other.share)
    turned = WORLD[::-1]
    np.testing.assert_array_equal(placed(read_shares(table(tmp_path, *rows)), turned).share, one.share[::-1, ::-1])
    order = SHARE_COLUMNS[::-1]
    shuffled = [
        ",".join(dict(zip(SHARE_COLUMNS, line.split(","), strict=True))[name] for name in order) for line in rows
    ]
    np.testing.assert_array_equal(
        placed(read_shares(table(tmp_path, *shuffled, header=",".join(order))), WORLD).share, one.share
    )


def test_rows_of_economies_that_are_not_there_are_counted(tmp_path: Path) -> None:
    path = table(tmp_path, row(share=1), row("JPN", "USA", 4), row("ASEAN", "*", 5))
    cells = placed(read_shares(path), WORLD)
    assert cells.unused == 1
    assert cells.share[WORLD.index("THA"), 0] == pytest.approx(0.05)  # a group serves the members that are there
    assert [line.origin for line in cells.rows] == ["*", "ASEAN"]


# what a table may not say


def test_everything_wrong_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        row(share=101),
        row("CHM", "USA", 5),
        row("CHN", "USA", 5, low=6),
        row("CHN", "DEU", 5, high=4),
        row("CHN", "FRA", 5, basis="guess"),
        "soybeans,A01,CHN",
        row("CHN", "THA").replace(",10,", ",10 %,"),
        row("CHN", "CHN", parent="A1"),
    )
    lines = told(path, countries=WORLD, sectors=("A01", "A02"))
    assert [line.split(": ")[0].rsplit(":", 1)[1] for line in lines] == ["7", "2", "3", "4", "5", "6", "8", "9"]
    text = "\n".join(lines)
    for words in (
        "found 101; expected percent between 0 and 100",
        "found 'CHM'; expected one of 7 known codes, or '*'; try 'CHN'",
        "low_pct: found 6 above share_pct 5",
        "high_pct: found 4 below share_pct 5",
        "basis: found 'guess'; expected data or assumed",
        "found 3 fields; expected 10",
        "share_pct: found '10 %'",
        "parent: found 'A1'; expected A01 or A02; try 'A01'",
    ):
        assert words in text, words


def test_negative_and_missing_numbers_are_refused(tmp_path: Path) -> None:
    lines = told(table(tmp_path, row(share=-1), row("CHN", "USA").replace(",10,", ",,"), row("A", "B", float("nan"))))
    assert "found -1; expected percent between 0 and 100" in lines[0]
    assert all("share_pct" in line for line in lines)
    assert len(lines) == 3


def test_a_cell_told_twice_a_second_parent_and_no_default_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, row("CHN", "USA"), row("CHN", "USA"), row("CHN", "DEU", parent="C20"))
    twice, parent, default = told(path)
    assert "my.csv:3: row: found soybeans, CHN, USA again (line 2)" in twice
    assert "my.csv:4: parent: found 'C20' (line 2: 'A01')" in parent
    assert "found no default row; expected one with origin * and dest *" in default


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "header"),
        (HEADER + "\n", "a header and no rows"),
        (HEADER.replace("low_pct,", "") + "\n", "header: found"),
        (HEADER + '\nsoybeans,"A01\n', "a quote opened"),
    ],
)
def test_a_file_that_is_no_table_is_refused(content: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "my.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_shares(path)


def test_a_table_that_is_not_there(tmp_path: Path, world: dt.Baseline) -> None:
    with pytest.raises(MissingDataError, match="no such file"):
        dt.with_satellites(world, table=tmp_path / "none.csv")


def test_weights_of_users_add_to_100(tmp_path: Path) -> None:
    path = tmp_path / "uses.csv"
    lines = [",".join(USE_COLUMNS), "chips,USA,C26,60,data,BEA,2017", "chips,USA,C26,30,sure,BEA,2017"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_uses(path)
    text = str(caught.value)
    assert "basis: found 'sure'" in text
    assert "chips, USA, C26 again (line 2)" in text
    assert "weights that add to 90; expected 100" in text


# the split


def test_unknown_names_and_readings_get_a_sentence(world: dt.Baseline) -> None:
    with pytest.raises(UsageError, match=r"found 'soy'; expected one of soybeans.*try 'soybeans'"):
        dt.with_satellites(world, "soy")
    with pytest.raises(UsageError, match="each once"):
        dt.with_satellites(world, ["chips", "chips"])
    with pytest.raises(UsageError, match="found none"):
        dt.with_satellites(world, [])
    with pytest.raises(UsageError, match="central, low, high"):
        dt.with_satellites(world, "chips", shares="middle")


def test_a_world_without_the_parent_is_refused_with_every_reason(world: dt.Baseline) -> None:
    other = world.replace(sectors=tuple({"A01": "CROPS", "C26": "C26x"}.get(code, code) for code in world.sectors))
    with pytest.raises(DataError) as caught:
        dt.with_satellites(other)
    assert [problem.found for problem in caught.value.problems] == ["'A01'", "'C26'"]
    assert "try 'C26x'" in str(caught.value)


def test_a_satellite_is_cut_once(world: dt.Baseline) -> None:
    split = dt.with_satellites(world, "soybeans")
    with pytest.raises(DataError, match="A01_SOY"):
        dt.with_satellites(split, "soybeans")


def test_codes_labels_and_places(world: dt.Baseline) -> None:
    split = dt.with_satellites(world, ("magnets", "soybeans"))
    assert split.sectors.index("C27_MAG") == split.sectors.index("C27") + 1
    assert split.sectors.index("A01_SOY") == 1
    assert split.shape == (81, 30)
    assert split.meta["sector_labels"]["A01_SOY"] == "Soybeans"
    assert split.meta["satellites"]["C27_MAG"]["hs"] == ("850511",)
    assert [text for text in split.meta["known_weaknesses"] if text.startswith("C27_MAG")]
    assert len(split.meta["history"]) == 2
    assert split.meta["licence"].count("UN Comtrade") == 1  # attribution travels with the world
    assert split.meta["licence"].startswith(world.meta["licence"])


def test_one_name_after_the_other_is_the_same_money_as_both_at_once(world: dt.Baseline) -> None:
    """Shares are of the parent before anything was cut from it."""
    both = dt.with_satellites(world, ("magnets", "batteries"))
    steps = dt.with_satellites(dt.with_satellites(world, "batteries"), "magnets")
    for code in ("C27", "C27_MAG", "C27_BAT"):
        one, other = (w.flows[:, :, w.sectors.index(code)] for w in (both, steps))
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-9)


def test_flows_are_the_shares_of_the_table(world: dt.Baseline) -> None:
    split = dt.with_satellites(world, ("magnets", "batteries"))
    cells = {name: placed([r for r in packaged() if r.satellite == name], world.countries) for name in KNOWN}
    parent = world.flows[:, :, world.sectors.index("C27")]
    for name, code in (("magnets", "C27_MAG"), ("batteries", "C27_BAT")):
        flow = split.flows[:, :, split.sectors.index(code)]
        np.testing.assert_allclose(flow, cells[name].share * parent, rtol=1e-12)


def test_what_is_data_and_what_is_assumed_adds_up(world: dt.Baseline) -> None:
    split = dt.with_satellites(world)
    for code, facts in split.meta["satellites"].items():
        flow = split.flows[:, :, split.sectors.index(code)]
        trade = flow.sum() - np.trace(flow)
        assert facts["sales_data_musd"] + facts["sales_assumed_musd"] == pytest.approx(flow.sum(), rel=1e-12)
        assert facts["trade_data_musd"] + facts["trade_assumed_musd"] == pytest.approx(trade, rel=1e-12)
        assert facts["sales_low_musd"] <= flow.sum() <= facts["sales_high_musd"]
        parent = world.flows[:, :, world.sectors.index(facts["parent"])]
        assert facts["cells_data"] + facts["cells_assumed"] == (parent > 0).sum()
        weakness = next(text for text in split.meta["known_weaknesses"] if text.startswith(code))
        assert f"{100 * facts['trade_assumed_musd'] / trade:.0f} % of its trade" in weakness


@pytest.mark.parametrize("reading", ["low", "high"])
def test_an_end_of_the_range_moves_only_what_is_ranged(reading: str, world: dt.Baseline) -> None:
    central, end = (dt.with_satellites(world, "rare-earths", shares=name) for name in ("central", reading))
    s, usa, chn = central.sectors.index("C20_REE"), world.countries.index("USA"), world.countries.index("CHN")
    assert end.flows[chn, usa, s] == central.flows[chn, usa, s]
    assert (end.flows[:, :, s].sum() > central.flows[:, :, s].sum()) is np.bool_(reading == "high")
    facts = end.meta["satellites"]["C20_REE"]
    assert facts[f"sales_{reading}_musd"] == pytest.approx(facts["output_musd"])
    assert facts["reading"] == reading


def test_own_tables_name_own_satellites(world: dt.Baseline, tmp_path: Path) -> None:
    lines = [row(share=2, satellite="cut flowers"), row("NLD", "EU27", 40, satellite="cut flowers", basis="data")]
    split = dt.with_satellites(world, table=table(tmp_path, *lines))
    code = "A01_CUT_FLOWERS"
    at, nld, fra = split.sectors.index(code), world.countries.index("NLD"), world.countries.index("FRA")
    assert split.flows[nld, fra, at] == pytest.approx(0.4 * world.flows[nld, fra, 0])
    assert split.meta["satellites"][code]["users"] == "as the parent's"
    assert "Comtrade" not in split.meta["licence"]
    assert "2022 (data)" in " ".join(split.meta["satellites"][code]["sources"])


def test_own_tables_must_name_codes_of_the_world(world: dt.Baseline, tmp_path: Path) -> None:
    lines = [row(), row("UK", "USA"), row("GBR", "USB"), row("GBR", "USA", parent="A1")]
    with pytest.raises(DataError) as caught:
        dt.with_satellites(world, table=table(tmp_path, *lines))
    text = str(caught.value)
    assert "my.csv:3: origin: found 'UK'" in text
    assert "try 'GBR'" in text
    assert "my.csv:4: dest: found 'USB'" in text
    assert "my.csv:5: parent: found 'A1'" in text


def test_satellites_that_are_more_than_their_parent_are_refused(world: dt.Baseline, tmp_path: Path) -> None:
    lines = [row(share=60), row(share=30, satellite="maize"), row("USA", "CHN", 50, satellite="maize")]
    with pytest.raises(DataError, match="above 100 % of A01 in 1 cells: USA to CHN"):
        dt.with_satellites(world, table=table(tmp_path, *lines))
    whole = [row(share=60), row(share=30, satellite="maize"), row("USA", "CHN", 40, satellite="maize")]
    split = dt.with_satellites(world, table=table(tmp_path, *whole))
    assert split.flows[world.countries.index("USA"), world.countries.index("CHN"), 0] == pytest.approx(0, abs=1e-9)


def test_users_follow_the_table_where_there_is_one(world: dt.Baseline) -> None:
    split = dt.with_satellites(world, ("chips", "rare-earths"))
    uses = {u.sector: u.weight for u in read_uses(DATA / USES) if (u.satellite, u.country) == ("chips", "CHN")}
    s, use, n = split.sectors.index("C26_CHP"), split.input_share * split.output, split.countries.index("CHN")
    spent = split.expenditure[n, s]
    for sector in ("C27", "C28", "SERV"):
        assert use[s, n, split.sectors.index(sector)] / spent == pytest.approx(uses[sector], rel=1e-3)
    electronics = use[s, n, [split.sectors.index(code) for code in ("C26", "C26_CHP")]].sum()
    assert electronics / spent == pytest.approx(uses["C26"], rel=1e-3)  # the cut sector shares the weight of its parent
    assert split.final_demand[n, s] / spent == pytest.approx(uses[FINAL], rel=1e-3)
    bought = (world.input_share * world.output)[world.sectors.index("C26")]
    kept = [code in world.sectors and code != "C26" for code in split.sectors]
    assert (use[s][:, kept] <= bought[:, [code != "C26" for code in world.sectors]] * (1 + 1e-12)).all()
    assert split.meta["satellites"]["C20_REE"]["users"] == "as the parent's: no data"
    n, k, r = split.countries.index("USA"), split.sectors.index("C20"), split.sectors.index("C20_REE")
    ratio = split.input_share[r, n] / split.input_share[k, n]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)  # purchases follow those of the parent


def test_users_of_a_named_country_are_its_own(world: dt.Baseline) -> None:
    split = dt.with_satellites(world, "batteries")
    uses = {u.country: u.weight for u in read_uses(DATA / USES) if (u.satellite, u.sector) == ("batteries", FINAL)}
    s = split.sectors.index("C27_BAT")
    for country, of in (("USA", "USA"), ("CHN", "CHN"), ("DEU", "*")):
        n = world.countries.index(country)
        assert split.final_demand[n, s] / split.expenditure[n, s] == pytest.approx(uses[of], rel=1e-6), country
    assert uses["USA"] > 4 * uses["CHN"]


def test_a_sector_that_was_cut_buys_like_its_parent(world: dt.Baseline) -> None:
    """Makers of chips and of other electronics buy batteries in the proportion in which they buy electrical goods."""
    split = dt.with_satellites(world, ("chips", "batteries"))
    alone = dt.with_satellites(world, "batteries")
    bought = split.input_share[split.sectors.index("C27_BAT")]
    chips, rest = (bought[:, split.sectors.index(code)] for code in ("C26_CHP", "C26"))
    np.testing.assert_allclose(chips, rest, rtol=1e-9)
    before = alone.input_share[alone.sectors.index("C27_BAT")][:, alone.sectors.index("C26")]
    np.testing.assert_allclose(rest, before, rtol=1e-9)
    assert rest.max() > 0


def test_other_worlds_use_the_wildcards_and_say_what_is_missing(world: dt.Baseline) -> None:
    small = world.aggregated({"REST": [code for code in world.countries if code not in ("USA", "CHN", "BRA")]})
    small = small.replace(meta={key: value for key, value in small.meta.items() if key != "aggregation"})
    split = dt.with_satellites(small, "soybeans")
    assert split.shape == (4, 29)
    facts = split.meta["satellites"]["A01_SOY"]
    assert facts["rows_unused"] > 50
    at, rest, bra = split.sectors.index("A01_SOY"), small.countries.index("REST"), small.countries.index("BRA")
    default = next(r for r in packaged() if r.satellite == "soybeans" and (r.origin, r.dest) == ("*", "*"))
    assert split.flows[rest, bra, at] == pytest.approx(default.share * small.flows[rest, bra, 0])
    merged = world.aggregated(sectors={"GOODS": ["C10T12", "C13T15"]})
    assert "not those of the table" in dt.with_satellites(merged, "soybeans").meta["satellites"]["A01_SOY"]["users"]


@pytest.mark.parametrize("countries", [{"ROW": "*", "USA": ["USA"], "CHN": ["CHN"]}, {"US": ["USA"]}, {"EU27": "EU27"}])
def test_packaged_shares_are_not_for_merged_countries(
    countries: dict[str, Any], world: dt.Baseline, tmp_path: Path
) -> None:
    """A code such as ROW means something else there; cutting first and merging then keeps every flow."""
    small = world.aggregated(countries, treatment="exogenous")
    again = small.aggregated(None, {"MACH": ["C27", "C28"]})
    stored = read_npz(save_npz(small, tmp_path / "small.npz"))
    for base in (small, again, stored):
        with pytest.raises(
            UsageError, match=r"cut first, then merge; try with_satellites\(world\).aggregated"
        ) as caught:
            dt.with_satellites(base, "soybeans")
        assert all(f"{code} of " in str(caught.value) for code in small.meta["aggregation"]["countries"])
    path = table(tmp_path, row(share=3))
    assert "A01_SOY" in dt.with_satellites(small, table=path).sectors
    right = dt.with_satellites(world, "soybeans").aggregated(countries, treatment="exogenous")
    assert right.meta["satellites"]["A01_SOY"]["rows_unused"] == 0


def test_merged_sectors_can_be_cut(world: dt.Baseline) -> None:
    merged = world.aggregated(sectors={"MACH": ["C27", "C28"]})
    assert "A01_SOY" in dt.with_satellites(merged, "soybeans").sectors


@pytest.mark.parametrize("names", [3, 2.5, [3], ["soybeans", None], []])
def test_names_that_are_no_names(names: Any, world: dt.Baseline) -> None:
    with pytest.raises(UsageError, match="names: found"):
        dt.with_satellites(world, names)


def test_another_year_of_flows_is_a_weakness(world: dt.Baseline) -> None:
    later = world.replace(meta={**world.meta, "years": {**world.meta["years"], "flows": "2017"}})
    weak = dt.with_satellites(later, "chips").meta["known_weaknesses"]
    assert any("made for flows of 2022, used on flows of 2017" in text for text in weak)
    assert not any("used on flows" in text for text in dt.with_satellites(world, "chips").meta["known_weaknesses"])


# the packaged tables


def packaged() -> list[Share]:
    """Return the rows of the packaged table."""
    return read_shares(DATA / SHARES)


def test_packaged_tables_are_those_of_their_checksums() -> None:
    for line in (DATA / "satellites.sha256").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == digest, name
    assert (DATA / SHARES).stat().st_size + (DATA / USES).stat().st_size < 64 * 1024


def test_packaged_tables_name_only_what_the_world_has(world: dt.Baseline) -> None:
    rows = read_shares(DATA / SHARES, countries=world.countries, sectors=world.sectors)
    assert {r.satellite for r in rows} == set(KNOWN)
    assert all(KNOWN[r.satellite].parent == r.parent for r in rows)
    for name in KNOWN:
        assert placed([r for r in rows if r.satellite == name], world.countries).unused == 0
    uses = read_uses(DATA / USES)
    assert {u.sector for u in uses} <= {*world.sectors, FINAL}
    assert {u.country for u in uses} == {"USA", "CHN", "*"}


def test_an_observed_share_is_its_own_range() -> None:
    """Except where a margin (customs values) or a member of the Union is not observed."""
    for name in KNOWN:
        rows = [r for r in packaged() if r.satellite == name]
        assert all(r.low <= r.share <= r.high for r in rows)
        exact = [r for r in rows if r.basis == "data" and r.source != "UN Comtrade" and r.origin != "EU27"]
        assert all(r.low == r.share == r.high for r in exact)
        assert len(exact) > 30


# how they are made

PARTNERS = {"CHN": CHINA, "JPN": "5880", "BRA": "3510", "ARG": "3570", "DEU": EUROPE}
TRADE = raw.Trade(
    ("USA", "CHN", "BRA", "ARG", "DEU", "JPN", "ROW"),
    ("A01", "C20", "C26", "C27", "SERV"),
    np.full((7, 7, 5), 1000.0),
    np.zeros((7, 7, 5)),
)
IMPORTS = {CHINA: (20e6, 100e6), "5880": (5e6, 50e6), EUROPE: (8e6, 80e6), "3510": (1e6, 10e6), "3570": (9e5, 1e6)}
BEA = {name: Split((20.0, 200.0), (30.0, 100.0), (50.0, 300.0)) for name in ("soybeans", "chips", "batteries")}
NBS = {name: Split((40.0, 100.0), (10.0, 100.0), (50.0, 200.0)) for name in ("chips", "batteries")}
SYNTHETIC = Sources(
    trade=TRADE,
    partners=PARTNERS,
    imports=dict.fromkeys(KNOWN, IMPORTS),
    soy={"USA": 800e6, "BRA": 1250e6, "ARG": 500e6},
    exports={chapter: {"CHN": 900e6, "JPN": 450e6, "DEU": 1800e6} for chapter in ("12", "28", "85")},
    bea=BEA,
    china=NBS,
    users={
        ("soybeans", "USA"): {"A01": 30.0, "C10T12": 70.0},
        ("chips", "USA"): {"C26": 10.0, FINAL: 30.0},
        ("chips", "CHN"): {"C26": 90.0, "C27": 10.0},
        ("batteries", "CHN"): {"C27": 100.0},
    },
    totals={},
)


def made(name: str, sources: Sources = SYNTHETIC) -> dict[tuple[str, str], tuple[float, float, float, str]]:
    """Return (origin, dest) -> share, low, high in percent, basis."""
    return {
        (r.origin, r.dest): (*(round(100 * v, 6) for v in (r.share, r.low, r.high)), r.basis)
        for r in satellites_rules.rows_of(name, sources)
    }


def test_rules_of_customs_records() -> None:
    rows = made("magnets")
    assert rows["CHN", "USA"] == (20.0, 20.0, 20.0, "data")
    assert rows["JPN", "USA"] == (10.0, 10.0, 10.0, "data")
    assert rows["EU27", "USA"] == (10.0, 0.0, 20.0, "data")  # the Union's share is data, a member's is not known
    assert rows["ARG", "USA"] == (90.0, 90.0, 90.0, "data")
    assert ("ARG", "*") not in rows  # 1 of 241: too little to say something about sales elsewhere
    assert rows["JPN", "*"] == (10.0, 10.0, 20.0, "assumed")
    average = 100 * (5 + 8 + 1 + 0.9) / (50 + 80 + 10 + 1)
    assert rows["*", "*"] == (pytest.approx(average), 10.0, 20.0, "assumed")


def test_rules_of_soybeans() -> None:
    rows = made("soybeans")
    assert rows["USA", "CHN"] == (80.0, pytest.approx(64.0), 90.0, "data")  # 800 of 1000; customs value up to 1.25
    assert rows["BRA", "CHN"] == (100.0, pytest.approx(80.0), 100.0, "data")  # 1250 of 1000: capped
    assert rows["USA", "JPN"] == (pytest.approx(40.0), 0.0, 45.0, "assumed")  # 8/9 of chapter 12 is soybeans
    assert rows["USA", "DEU"] == (pytest.approx(800 / 9, abs=1e-5), 0.0, 100.0, "assumed")
    assert rows["USA", "BRA"] == (0.0, 0.0, 0.0, "assumed")  # no exports of the chapter: no soybeans
    assert rows["USA", "USA"] == (10.0, 10.0, 10.0, "data")
    third = 100 * (8 / 9) * (2250 / 5000) / 0.8
    assert rows["BRA", "*"] == (pytest.approx(third), 10.0, 100.0, "assumed")
    assert rows["ARG", "*"] == (pytest.approx(third / 2), pytest.approx(third / 2), 90.0, "assumed")
    assert rows["BRA", "BRA"][0] == pytest.approx(100 * 0.1 / 0.8)
    assert ("JPN", "*") not in rows  # the USA sells soybeans: its purchases say nothing about others


def test_rules_of_detailed_tables() -> None:
    rows = made("chips")
    assert rows["USA", "USA"] == (10.0, 10.0, 10.0, "data")
    assert rows["USA", "*"] == (30.0, 0.0, 30.0, "assumed")
    assert rows["CHN", "*"] == (15.0, 10.0, 20.0, "assumed")  # half way between its table and US imports
    assert rows["CHN", "CHN"] == (30.0, 20.0, 40.0, "assumed")  # electronic components are more than chips
    assert made("batteries")["CHN", "CHN"] == (40.0, 40.0, 40.0, "data")


def test_us_exports_of_a_chapter_bound_the_product() -> None:
    tight = replace(SYNTHETIC, exports={chapter: {"CHN": 50e6} for chapter in ("12", "28", "85")})
    assert made("chips", tight)["USA", "CHN"] == (5.0, 0.0, 5.0, "assumed")
    assert made("chips")["USA", "CHN"][0] == 30.0


def test_who_buys_elsewhere_is_assumed() -> None:
    rows = {(u.satellite, u.country, u.sector): (u.weight, u.basis) for u in satellites_rules.uses_of(SYNTHETIC)}
    assert rows["chips", "USA", FINAL] == (0.75, "data")
    assert rows["chips", "CHN", "C26"] == (0.9, "assumed")  # wider than chips
    assert rows["chips", "*", "C26"] == (0.9, "assumed")
    assert rows["batteries", "CHN", "C27"] == (1.0, "data")
    assert rows["soybeans", "*", "C10T12"] == (0.7, "assumed")


def test_tables_as_text_read_back(tmp_path: Path) -> None:
    for name, body in build(SYNTHETIC).items():
        (tmp_path / name).write_bytes(body)
    rows = read_shares(tmp_path / SHARES)
    expected = [r for name in KNOWN for r in satellites_rules.rows_of(name, SYNTHETIC)]
    assert [(r.satellite, r.origin, r.dest, r.basis) for r in rows] == [
        (r.satellite, r.origin, r.dest, r.basis) for r in expected
    ]
    np.testing.assert_allclose([r.share for r in rows], [r.share for r in expected], rtol=1e-5)
    assert read_uses(tmp_path / USES)


def test_a_product_counts_in_its_parent_whatever_the_map_says() -> None:
    goods = [("854239", "C27", 30.0), ("851712", "C26", 70.0), ("850760", "C27", 5.0), ("850440", "C27", 15.0)]
    frame = pd.DataFrame(goods, columns=["hs10", "sector", "imports"]).assign(partner="5880")
    found = satellites_sources.imports_by_partner(frame)
    assert found["chips"] == {"5880": (30.0, 100.0)}
    assert found["batteries"] == {"5880": (5.0, 20.0)}
    assert found["magnets"] == {"5880": (0.0, 20.0)}
    assert found["soybeans"] == {}


@pytest.mark.parametrize(
    ("code", "sector"),
    [
        ("1111A0", "A01"), ("311224", "C10T12"), ("325412", "C21"), ("325180", "C20"), ("331510", "C24A"),
        ("331520", "C24B"), ("333314", "C26"), ("333318", "C28"), ("334413", "C26"), ("335912", "C27"),
        ("336112", "C29"), ("336411", "C302T309"), ("336611", "C301"), ("2122A0", "B07"), ("21311A", "B09"),
        ("424200", "SERV"), ("GSLGO", "SERV"), ("811300", "C31T33"),
    ],
)  # fmt: skip
def test_map_of_us_industries(code: str, sector: str) -> None:
    assert sector_of_naics(code) == sector


def test_map_of_chinese_industries_is_complete_and_has_no_overlap() -> None:
    covered = [n for _, first, last in SECTOR_OF_CHINA for n in range(first, last + 1)]
    assert sorted(covered) == list(range(1, 154))
    assert sector_of_china("087") == "C27"
    assert sector_of_china("094") == "C26"
    assert sector_of_china("153") == "SERV"


def test_builder_without_data_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 6
    assert "no such file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_builder_stops_if_a_total_is_missed(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {**satellites_sources.EXPECTED, "permanent magnets 8505.11": satellites_sources.Total("454e0", 1e6)}
    monkeypatch.setattr(satellites_sources, "EXPECTED", wrong)
    assert main(["--data", str(shared / "data"), "--out", str(tmp_path / "out")]) == 3
    assert "permanent magnets 8505.11: found 453191733" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_builder_reproduces_the_packaged_tables_byte_for_byte(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(shared / "data"), "--out", str(tmp_path)]) == 0
    for name in (SHARES, USES, "satellites.sha256"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name
    printed = capsys.readouterr().out
    assert "lithium-ion batteries 8507.60, share of China" in printed
    assert "printed 70.5" in printed


def test_countries_of_the_export_file_are_recognised(shared: Path) -> None:
    """Only three of the 80 economies bought nothing of chapter 12: no name is lost in the rest of the world."""
    data = shared / "data"
    trade = raw.read_trade(data)
    exports = satellites_sources.read_exports(data, trade.countries, ["12"])["12"]
    assert set(trade.countries) - set(exports) == {"USA", "BLR", "COD", "STP"}
    assert sum(exports.values()) == pytest.approx(40.185e9, rel=1e-4)
    assert exports["ROW"] == pytest.approx(0.687e9, rel=1e-3)


# two ways agree


def slow(rows: list[Share], origin: str, dest: str) -> Share:
    """Return the row that holds in a cell, by asking one question after the other, as the page has it."""
    group = {"origin": "EU27" if origin in EU27 else "-", "dest": "EU27" if dest in EU27 else "-"}
    found = {(r.origin, r.dest): r for r in rows}
    for o in (origin, group["origin"]):
        for d in (dest, group["dest"]):
            if (o, d) in found:
                return found[o, d]
    for o in (origin, group["origin"]):
        if (o, "*") in found:
            return found[o, "*"]
    for d in (dest, group["dest"]):
        if ("*", d) in found:
            return found["*", d]
    return found["*", "*"]


@pytest.mark.parametrize("name", list(KNOWN))
def test_placing_agrees_with_a_slow_reading_of_the_rules(name: str, world: dt.Baseline) -> None:
    rows = [r for r in packaged() if r.satellite == name]
    cells = placed(rows, world.countries)
    for o, origin in enumerate(world.countries):
        for d, dest in enumerate(world.countries):
            winner = slow(rows, origin, dest)
            assert (cells.share[o, d], cells.low[o, d], cells.high[o, d], cells.data[o, d]) == (
                winner.share,
                winner.low,
                winner.high,
                winner.basis == "data",
            ), (origin, dest)


def cell(name: str, origin: str, dest: str) -> Share:
    """Return one packaged row."""
    return next(r for r in packaged() if (r.satellite, r.origin, r.dest) == (name, origin, dest))


@pytest.mark.parametrize(
    ("name", "country", "file", "prefixes", "mapped"),
    [
        ("chips", "MYS", "5570", ("8541", "8542"), "C26"),
        ("batteries", "KOR", "5800", ("8506", "8507"), "C27"),
        ("magnets", "CHN", "5700", ("850511",), "C27"),
        ("rare-earths", "JPN", "5880", ("280530", "2846"), "C20"),
        ("soybeans", "CAN", "1220", ("1201",), "A01"),
    ],
)
def test_shares_recomputed_from_one_customs_file(
    name: str, country: str, file: str, prefixes: tuple[str, ...], mapped: str, shared: Path
) -> None:
    """The product from the file of the partner, the parent from the derived table of sectors: another way around."""
    folder = shared / "data" / "us-imports-hs10-2024"
    goods = pd.read_parquet(folder / f"2024-hs10-imports{file}.parquet", columns=["HS10", "imports"])
    product = sum(v for code, v in zip(goods.HS10, goods.imports, strict=True) if code.startswith(prefixes))
    sectors = pd.read_csv(folder / "us_applied_tariff_2024_icio_sector_partner.csv", dtype={"CTY_CODE": str})
    parent = float(sectors[sectors.CTY_CODE.eq(file) & sectors.sector.eq(mapped)].imports.sum())
    moved = sum(v for code, v in zip(goods.HS10, goods.imports, strict=True) if code.startswith("854239"))
    parent += {"C26": moved, "C27": -moved}.get(mapped, 0.0)  # the map puts 8542.39 in C27
    assert cell(name, country, "USA").share == pytest.approx(product / parent, rel=1e-5)


def test_home_shares_recomputed_from_the_tables(shared: Path) -> None:
    folder = shared / "data" / "us-io-bea"
    used = pd.read_csv(folder / "detail__bea_commodity_use_totals.csv").set_index("bea_code").domestic_total
    batteries = used[["335911", "335912"]].sum() / used[used.index.str.startswith("335")].sum()
    assert cell("batteries", "USA", "USA").share == pytest.approx(batteries, rel=1e-5)
    crops = used[used.index.str.startswith(("111", "112", "115"))].sum()
    assert cell("soybeans", "USA", "USA").share == pytest.approx(used["1111A0"] / crops, rel=1e-5)
    pyreadr = pytest.importorskip("pyreadr", reason="pip install 'detente[build]'")
    found = pyreadr.read_r(str(shared / "data" / "china-io-2020-153" / "china_2020_153.rda"))
    table = next(iter(found.values())).set_index("Code")
    home = table.GO - table.EX
    family = [f"{n:03d}" for n in range(84, 90)]
    assert cell("batteries", "CHN", "CHN").share == pytest.approx(home["087"] / home[family].sum(), rel=1e-5)
    abroad = table.EX["087"] / table.EX[family].sum()
    assert cell("batteries", "CHN", "*").low == pytest.approx(abroad, rel=1e-5)


def test_soybeans_to_china_recomputed(shared: Path, world: dt.Baseline) -> None:
    path = shared / "data" / "china-soy-imports-comtrade" / "q1_soybean_imports_comtrade_monthly.csv"
    months = pd.read_csv(path)
    value = months[months.period // 100 == 2022].groupby("partnerDesc").primaryValue.sum() / 1e6
    chn = world.countries.index("CHN")
    for name, code in (("USA", "USA"), ("Argentina", "ARG"), ("Brazil", "BRA")):
        ratio = value[name] / world.flows[world.countries.index(code), chn, 0]
        assert cell("soybeans", code, "CHN").share == pytest.approx(min(1.0, ratio), rel=1e-5)
    assert ratio == pytest.approx(1.21, abs=0.005)  # Brazil, the last: the margin that the page and the record quote


# the page


def test_numbers_of_the_page_are_those_of_the_world(world: dt.Baseline) -> None:
    """What stands in words or in the table of the explanation is computed here."""
    page = " ".join((Path(__file__).parents[2] / "docs" / "explanation" / "satellites.md").read_text().split())
    split = dt.with_satellites(world)
    usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
    trade = {}
    for code, facts in split.meta["satellites"].items():
        flow = np.array(split.flows[:, :, split.sectors.index(code)])
        np.fill_diagonal(flow, 0.0)
        trade[facts["name"]] = flow
    for name in ("rare-earths", "magnets", "chips", "batteries"):
        part = 100 * trade[name][chn].sum() / trade[name].sum()
        assert f"| {name.replace('-', ' ')} | {part:.0f} % |" in page
    batteries = 100 * trade["batteries"][chn, usa] / trade["batteries"][:, usa].sum()
    assert f"China sells {batteries:.0f} % of the batteries that the USA imports here" in page
    chips = [100 * cell("chips", code, "*").share for code in ("TWN", "KOR")]
    assert f"{chips[0]:.0f} and {chips[1]:.0f} % of sales to the USA are chips" in page
    services = next(
        u.weight for u in read_uses(DATA / USES) if (u.satellite, u.country, u.sector) == ("chips", "USA", "SERV")
    )
    assert f"books {100 * services:.0f} % of chips in services" in page
    world_trade = world.flows.sum() - np.einsum("nns->", world.flows)
    assert trade["rare-earths"].sum() / world_trade < 1e-4
    assert "less than a hundredth of a percent of trade" in page


# untrusted tables


@given(data=st.data())
def test_a_damaged_table_is_refused_or_read_never_a_crash(data: st.DataObject, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "my.csv"
    text = bytearray("\n".join([HEADER, row(), row("CHN", "USA", 4), row("EU27", "*", 5)]) + "\n", "utf-8")
    for at in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=8)):
        text[at] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(text))
    with contextlib.suppress(DataError):
        rows = read_shares(path, countries=WORLD, sectors=("A01",))
        assert all(0 <= r.low <= r.share <= r.high <= 1 for r in rows)


def test_a_flood_of_problems_is_cut_short(tmp_path: Path) -> None:
    lines = told(table(tmp_path, *[row(f"C{n}", share=200) for n in range(2000)]))
    assert len(lines) < 600
    assert "not read further" in lines[-1]


def test_a_name_with_blanks_is_refused(tmp_path: Path) -> None:
    assert any("satellite: found ' soy'" in line for line in told(table(tmp_path, row(satellite=" soy"))))
    assert any("satellite: found ''" in line for line in told(table(tmp_path, row(satellite=""))))
