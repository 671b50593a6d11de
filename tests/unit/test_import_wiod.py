"""The two releases of the world input-output tables: layouts, totals, years, R data, and bad input."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.importers.wiod import Wiod2013Layout, Wiod2016Layout, read_wiod2013, read_wiod2016
from detente.core.errors import DataError, MissingDataError
from world_tables import Table, icio_rows, invented, wiod2013_rows, wiod2016_rows, write_companions, write_rows

SECTORS_2016 = [f"{letter}{at:02d}" for letter, at in zip("ABC" + "C" * 18 + "D" * 35, range(1, 57), strict=True)]
SECTORS_2013 = [f"c{k}" for k in range(1, 36)]
Rows = list[list[str]]
Edit = Callable[[Rows], None]


def rate(by: int, against: int, sector: int) -> float:
    return 0.0 if sector >= 16 else 1 + by + 0.1 * against + 0.01 * sector


@pytest.fixture(scope="module")
def table_2016() -> Table:
    return invented(["AUS", "GBR", "ROW"], SECTORS_2016, categories=5, seed=5)


@pytest.fixture(scope="module")
def table_2013() -> Table:
    return invented(["AUS", "ROM", "RoW"], SECTORS_2013, categories=5, seed=6)


def in_2016(folder: Path, table: Table, rows: Rows | None = None) -> Path:
    write_rows(folder / "wiot.csv", rows or wiod2016_rows(table))
    write_companions(folder, table.countries, SECTORS_2016, rate=rate, year=2014)
    return folder


def in_2013(folder: Path, table: Table, rows: Rows | None = None) -> Path:
    write_rows(folder / "wiot.csv", rows or wiod2013_rows(table))
    write_companions(folder, ["AUS", "ROU", "ROW"], SECTORS_2013, rate=rate)
    return folder


def test_numbers_of_2016_arrive(tmp_path: Path, table_2016: Table) -> None:
    base = read_wiod2016(in_2016(tmp_path, table_2016))
    assert base.countries == ("AUS", "GBR", "ROW")
    assert base.sectors == tuple(SECTORS_2016)
    np.testing.assert_array_equal(base.flows, table_2016.flows)
    np.testing.assert_allclose(base.input_share * base.output, table_2016.use.sum(axis=0), rtol=1e-13)
    assert base.tariffs[0, 1, 3] == pytest.approx(0.0203)
    assert base.meta["services"] == tuple(code for code in SECTORS_2016 if code[0] == "D")
    assert base.meta["sector_labels"]["A01"] == "Making A01, and more"
    assert base.meta["import"]["counts"]["table"]["rows compared"] == 8
    assert not base.meta["log"]
    assert dt.solve(base, base.tariffs).status == "CERTIFIED"


def test_numbers_of_2013_arrive(tmp_path: Path, table_2013: Table) -> None:
    base = read_wiod2013(in_2013(tmp_path, table_2013))
    assert base.countries == ("AUS", "ROU", "ROW")
    assert base.sectors == tuple(SECTORS_2013)
    np.testing.assert_array_equal(base.flows, table_2013.flows)
    assert base.meta["history"] == ("RoW is called ROW", "ROM is called ROU")
    assert base.meta["services"] == tuple(SECTORS_2013[16:])
    assert base.meta["sector_labels"]["c2"] == "ISIC2 Making ISIC2, and more"
    assert base.tariffs[0, 1, 3] == pytest.approx(0.0203)
    assert dt.solve(base, base.tariffs).status == "CERTIFIED"


def test_a_table_of_another_year_is_refused(tmp_path: Path, table_2016: Table, table_2013: Table) -> None:
    in_2016(tmp_path / "a", table_2016, wiod2016_rows(table_2016, year=2000))
    with pytest.raises(DataError, match=r"meta.yaml:2: year.flows: found 2014; expected 2000"):
        read_wiod2016(tmp_path / "a")
    in_2013(tmp_path / "b", table_2013, wiod2013_rows(table_2013, year=1995))
    with pytest.raises(DataError, match=r"meta.yaml:2: year.flows: found 2011; expected 1995"):
        read_wiod2013(tmp_path / "b")


def cell(row: int, column: int, text: str) -> Edit:
    def edit(rows: Rows) -> None:
        rows[row][column] = text

    return edit


BAD_2016: list[tuple[str, Edit, list[str]]] = [
    ("unknown country", cell(3, 2, "AUX"), ["wiot.csv:4: row", "unknown label", "AUX", "no row for AUS 3"]),
    ("sector without number", cell(3, 3, "x"), ["wiot.csv:4: row", "unknown label"]),
    ("sector of another name", cell(60, 0, "Z99"), ["wiot.csv:61: row", "the sector 'Z99' at 4", "'C04'"]),
    ("row twice", cell(4, 3, "3"), ["wiot.csv:5: row", "on lines 4 and 5", "no row for AUS 4"]),
    ("unknown total", cell(-1, 0, "GX"), ["unknown label"]),
    ("two years", cell(9, 4, "2013"), ["wiot.csv:10: year", "found 2013", "the rows before say 2014"]),
    ("unknown column", cell(0, 7, "AUS99"), ["unknown or repeated label 'AUS99' in column 8"]),
    ("repeated label column", cell(0, 7, "Year"), ["unknown or repeated label 'Year' in column 8"]),
    ("no country column", cell(0, 2, "Land"), ["wiot.csv:1: Country", "no such column"]),
    ("text", cell(5, 9, "-"), ["wiot.csv:6: row AUS, C05", "column AUS5", "'-'"]),
    ("ragged", lambda rows: rows[5].pop(), ["wiot.csv:6", "fields"]),
    ("no value added", lambda rows: rows.pop(-3), ["no row of value added"]),
    ("total inputs", cell(-8, 5, "1"), ["B02 total inputs", "1 where the cells give", "AUS, A01"]),
]


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in BAD_2016], ids=[case[0] for case in BAD_2016])
def test_bad_table_of_2016(edit: Edit, words: list[str], tmp_path: Path) -> None:
    table = invented(["AUS", "GBR"], ["A01", "B02", "C03", *[f"C{k:02d}" for k in range(4, 57)]], categories=5)
    rows = wiod2016_rows(table)
    edit(rows)
    write_rows(tmp_path / "wiot.csv", rows)
    write_companions(tmp_path, table.countries, table.sectors, year=2014)
    with pytest.raises(DataError) as caught:
        read_wiod2016(tmp_path)
    text = str(caught.value)
    assert not [word for word in words if word not in text], text


BAD_2013: list[tuple[str, Edit, list[str]]] = [
    ("unknown country", cell(8, 2, "AUX"), ["wiot.csv:9: row", "unknown label 'AUX, r3'", "no row for AUS 3"]),
    ("unknown item", cell(8, 3, "s3"), ["wiot.csv:9: row", "unknown label 'AUS, s3'"]),
    ("row between the blocks", cell(8, 3, "r44"), ["wiot.csv:9: row", "unknown label 'AUS, r44'"]),
    ("row twice", cell(8, 3, "r2"), ["wiot.csv:9: row", "on lines 8 and 9"]),
    ("unknown column", cell(5, 6, "c36"), ["wiot.csv:6: header", "unknown label 'AUS' 'c36' in column 7"]),
    ("missing column", cell(5, 6, "c2"), ["header", "in columns 6 and 7", "none for AUS_3"]),
    ("text", cell(8, 6, "1,5"), ["wiot.csv:9: row AUS, r3, column AUS c3", "a decimal point", "'1.5'"]),
    ("ragged", lambda rows: rows[8].append("1"), ["wiot.csv:9", "fields"]),
    ("labels shifted", lambda rows: [row.insert(0, "") for row in rows].clear(), ["5 columns of labels", "expected 4"]),
]


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in BAD_2013], ids=[case[0] for case in BAD_2013])
def test_bad_table_of_2013(edit: Edit, words: list[str], tmp_path: Path) -> None:
    table = invented(["AUS", "GBR"], SECTORS_2013, categories=5)
    rows = wiod2013_rows(table)
    edit(rows)
    write_rows(tmp_path / "wiot.csv", rows)
    write_companions(tmp_path, table.countries, SECTORS_2013)
    with pytest.raises(DataError) as caught:
        read_wiod2013(tmp_path)
    text = str(caught.value)
    assert not [word for word in words if word not in text], text


def test_another_format_is_recognised(tmp_path: Path, table_2013: Table, table_2016: Table) -> None:
    icio = write_rows(tmp_path / "icio.csv", icio_rows(invented(["AUS", "BRA"], ["A01", "D"])))
    old = write_rows(tmp_path / "2013.csv", wiod2013_rows(table_2013))
    new = write_rows(tmp_path / "2016.csv", wiod2016_rows(table_2016))
    with pytest.raises(DataError, match=r"no wiod2016 table, but what looks like icio.*--format icio"):
        read_wiod2016(icio)
    with pytest.raises(DataError, match=r"no wiod2016 table, but what looks like wiod2013"):
        read_wiod2016(old)
    with pytest.raises(DataError, match=r"no wiod2013 table, but what looks like icio"):
        read_wiod2013(icio)
    with pytest.raises(DataError, match=r"no wiod2013 table, but what looks like wiod2016"):
        read_wiod2013(new)
    (tmp_path / "prose.csv").write_text("nothing\nof the kind\n")
    with pytest.raises(DataError, match=r"no wiod2013 table; expected four header lines"):
        read_wiod2013(tmp_path / "prose.csv")


def test_packed_two_tables_and_no_companions(tmp_path: Path, table_2016: Table) -> None:
    folder = in_2016(tmp_path, table_2016)
    packed = folder / "wiot.csv.gz"
    packed.write_bytes(gzip.compress(b"IndustryCode,"))
    with pytest.raises(DataError, match="a gzip archive"):
        read_wiod2016(packed)
    (folder / "second.csv").write_text("x\n")
    with pytest.raises(DataError, match=r"2 tables: second\.csv, wiot\.csv"):
        read_wiod2016(folder)
    alone = tmp_path / "alone"
    write_rows(alone / "wiot.csv", wiod2016_rows(table_2016))
    with pytest.raises(MissingDataError) as caught:
        read_wiod2016(alone)
    assert [problem.where.rsplit("/", 1)[1] for problem in caught.value.problems] == [
        "meta.yaml",
        "tariffs.csv",
        "elasticities.csv",
    ]


def test_services_follow_the_classification() -> None:
    assert [Wiod2016Layout().is_service(code) for code in ("A01", "B", "C33", "D35", "U")] == [
        False, False, False, True, True,
    ]  # fmt: skip
    assert [Wiod2013Layout().is_service(code) for code in ("c1", "c16", "c17", "c35")] == [False, False, True, True]


def test_damaged_r_data(tmp_path: Path) -> None:
    pytest.importorskip("rdata", reason="pip install 'detente[build]'")
    path = tmp_path / "wiot.RData"
    path.write_bytes(b"RDX3\nX\n" + bytes(200))
    with pytest.raises(DataError, match="not R data"):
        read_wiod2013(path)


def test_r_data_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wiot.RData").write_bytes(b"RDX3\n")
    monkeypatch.setitem(__import__("sys").modules, "rdata", None)
    with pytest.raises(MissingDataError, match=r"pip install 'detente\[build\]'"):
        read_wiod2013(tmp_path)
