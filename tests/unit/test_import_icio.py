"""An OECD inter-country table: numbers arrive where their labels say, and what is wrong is named with its labels."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.importers import import_world
from detente.baseline.importers.icio import read_icio
from detente.core.errors import DataError, MissingDataError
from world_tables import Table, icio_rows, invented, wiod2013_rows, wiod2016_rows, write_companions, write_rows

COUNTRIES = ["AUS", "BRA", "CHN", "ROW"]
SECTORS = ["A01_02", "C10T12", "D"]
Rows = list[list[str]]


def rate(by: int, against: int, sector: int) -> float:
    """Return a percentage that differs in every cell and is zero on the service."""
    return 0.0 if sector == 2 else 1 + by + 0.1 * against + 0.01 * sector


def placed(folder: Path, rows: Rows, table: Table, meta: str = "") -> Path:
    write_rows(folder / "ICIO.csv", rows)
    write_companions(folder, table.countries, table.sectors, rate=rate, meta=meta)
    return folder


@pytest.fixture
def table() -> Table:
    return invented(COUNTRIES, SECTORS)


def test_numbers_arrive_where_the_labels_say(tmp_path: Path, table: Table) -> None:
    told: list[tuple[str, int, int]] = []
    folder = placed(tmp_path, icio_rows(table), table)
    base = read_icio(folder, progress=lambda *step: told.append(step))
    assert (base.id, base.countries, base.sectors) == ("invented", tuple(COUNTRIES), tuple(SECTORS))
    np.testing.assert_array_equal(base.flows, table.flows)
    np.testing.assert_allclose(base.input_share * base.output, table.use.sum(axis=0), rtol=1e-14)
    np.testing.assert_allclose(base.value_added_share * base.output, table.value_added + table.taxes, rtol=1e-12)
    assert base.tariffs[1, 3, 1] == pytest.approx(rate(3, 1, 1) / 100)
    assert base.tariffs[0, 1, 0] == pytest.approx(0.02)
    assert not base.tariffs[:, :, 2].any()
    assert told[-1][1] == told[-1][2] == (folder / "ICIO.csv").stat().st_size
    assert dt.solve(base, base.tariffs).status == "CERTIFIED"


def test_counts_in_and_out_are_kept(tmp_path: Path, table: Table) -> None:
    base = read_icio(placed(tmp_path, icio_rows(table), table))
    counts = base.meta["import"]["counts"]
    assert base.meta["import"]["format"] == "icio"
    read = counts["table"]
    assert (read["rows"], read["columns"], read["producers"], read["rows compared"]) == (15, 37, 12, 3)
    assert read["cells placed in flows"] == 12 * 36
    assert read["cells placed in inputs"] == 12 * 12
    assert counts["tariffs"] == {"rows": 36, "cells": 36, "empty": 12}
    assert set(base.meta["files"]) == {"ICIO.csv", "tariffs.csv", "elasticities.csv"}
    assert base.meta["services"] == ("D",)
    left_out = table.final_taxes.sum()
    assert any(f"{left_out:.6g} MUSD of taxes and margins" in text for text in base.meta["warnings"])


def test_order_of_rows_and_columns_never_matters(tmp_path: Path, table: Table) -> None:
    rows = icio_rows(table)
    base = read_icio(placed(tmp_path / "a", rows, table))
    shuffled = random.Random(3)
    order = [0, *shuffled.sample(range(1, len(rows[0])), len(rows[0]) - 1)]
    body = shuffled.sample(rows[1:], len(rows) - 1)
    mixed = [[row[at] for at in order] for row in [rows[0], *body]]
    found = read_icio(placed(tmp_path / "b", mixed, table))
    assert found.sectors == tuple(code for code in found.sectors)
    back = [found.sectors.index(code) for code in base.sectors]
    np.testing.assert_array_equal(found.flows[:, :, back], base.flows)
    np.testing.assert_allclose(found.input_share[back][:, :, back], base.input_share, rtol=1e-14)


def test_processing_zones_are_added_up_to_their_country(tmp_path: Path) -> None:
    whole = invented(["AUS", "CN1", "CN2", "MEX"], ["01T02", "10T12", "35"], seed=2)
    table = Table(["AUS", "CN1", "CN2", "MEX"], whole.sectors, whole.use, whole.final, whole.taxes, whole.final_taxes)
    rows = icio_rows(table, totals=("TAXSUB", "VALU", "OUTPUT"))
    first = rows[0].index("CN2_HFCE")
    rows[0] = [name.replace("CN1_", "CHN_") if name.split("_")[-1] in FINAL_CODES else name for name in rows[0]]
    rows = [[*row[:first], *row[first + 6 :]] for row in rows]  # final demand is that of the whole country
    rows = recomputed(rows)
    write_rows(tmp_path / "t.csv", rows)
    write_companions(tmp_path, ["AUS", "CHN", "MEX"], table.sectors)
    base = read_icio(tmp_path)
    assert base.countries == ("AUS", "CHN", "MEX")
    flows = table.flows - np.where(np.arange(4)[None, :, None] == 2, table.final.sum(axis=3).transpose(0, 2, 1), 0)
    merged = [flows[0], flows[1] + flows[2], flows[3]]
    expected = np.stack([np.stack([cells[0], cells[1] + cells[2], cells[3]]) for cells in merged])
    np.testing.assert_array_equal(base.flows, expected)
    assert base.meta["history"] == ("CN1 and CN2 are added up to CHN",)
    assert base.meta["services"] == ("35",)


FINAL_CODES = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")


def recomputed(rows: Rows) -> Rows:
    """Return the rows with totals that fit the cells again."""
    head, body, taxes = rows[0], [row[:] for row in rows[1:-3]], rows[-3]
    cells = len(body) + 1
    for row in body:
        row[-1] = f"{sum(map(float, row[1:-1])):g}"
    output = {row[0]: float(row[-1]) for row in body}
    value, out = [rows[-2][0]], [rows[-1][0]]
    for at in range(1, len(head)):
        sold = output.get(head[at], 0.0)
        bought = sum(float(row[at]) for row in body) + float(taxes[at]) if 0 < at < cells else 0.0
        value.append(f"{sold - bought:g}" if at < cells else "0")
        out.append(f"{sold:g}")
    return [head, *body, taxes, value, out]


def changed(row: int, column: int, text: str) -> Callable[[Rows], None]:
    def edit(rows: Rows) -> None:
        rows[row][column] = text

    return edit


def without_rows(*names: str) -> Callable[[Rows], None]:
    def edit(rows: Rows) -> None:
        rows[:] = [row for row in rows if row[0] not in names]

    return edit


def without_columns(prefix: str) -> Callable[[Rows], None]:
    def edit(rows: Rows) -> None:
        keep = [at for at, name in enumerate(rows[0]) if not name.startswith(prefix)]
        rows[:] = [[row[at] for at in keep] for row in rows]

    return edit


REFUSED: list[tuple[str, Callable[[Rows], None], list[str]]] = [
    ("unknown row", changed(2, 0, "AUS_C10T13"),
     ["ICIO.csv:3: row", "unknown label 'AUS_C10T13'", "try AUS_C10T12", "no row for AUS C10T12"]),
    ("unknown column", changed(0, 2, "AUS_C10T13"), ["unknown label AUS_C10T13", "try C10T12", "none for AUS_C10T12"]),
    ("unknown country", changed(0, 2, "AUX_C10T12"), ["unknown label AUX_C10T12", "try AUS", "none for AUS_C10T12"]),
    ("meaningless column", changed(0, 2, "Total"), ["unknown label 'Total' in column 3"]),
    ("column twice", changed(0, 2, "AUS_A01_02"), ["'AUS_A01_02' in columns 2 and 3", "none for AUS_C10T12"]),
    ("row twice", lambda rows: rows.insert(3, rows[2]), ["ICIO.csv:4: row", "'AUS_C10T12' on lines 3 and 4"]),
    ("country without rows", without_rows("BRA_A01_02", "BRA_C10T12", "BRA_D"),
     ["no row for BRA A01_02, BRA C10T12, BRA D"]),
    ("country without columns", without_columns("BRA_"), ["ICIO.csv:5: row", "unknown label 'BRA_A01_02'"]),
    ("no final demand of a country", without_columns("BRA_HFCE"), ["columns of final demand", "none for BRA_HFCE"]),
    ("no value added", without_rows("VA"), ["no row of value added"]),
    ("long row", lambda rows: rows[4].append("1"), ["ICIO.csv:5", "39 fields", "38 fields"]),
    ("short row", lambda rows: rows[4].pop(), ["ICIO.csv:5", "37 fields", "38 fields"]),
    ("blank line", lambda rows: rows.insert(4, []), ["ICIO.csv:5", "a blank line"]),
    ("text", changed(4, 5, "n/a"), ["ICIO.csv:5: row BRA_A01_02, column BRA_C10T12", "found 'n/a'", "a number"]),
    ("blank cell", changed(4, 5, ""), ["ICIO.csv:5: row BRA_A01_02, column BRA_C10T12", "found a blank"]),
    ("NaN", changed(4, 5, "nan"), ["column BRA_C10T12", "found 'nan'", "a finite number"]),
    ("infinite", changed(4, 5, "1e999"), ["column BRA_C10T12", "found '1e999'", "double precision"]),
    ("underscore", changed(4, 5, "1_0"), ["column BRA_C10T12", "found '1_0'", "underscores"]),
    ("output differs", changed(4, 37, "9999"), ["B01 output column", "9999 where the cells give", "BRA, A01_02"]),
    ("value added differs", changed(14, 1, "99999"), ["B02 primary cost", "AUS, A01_02"]),
    ("negative input", changed(4, 5, "-900"), ["B05 inputs", "A01_02 used by BRA, C10T12", "at least 0"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_wrong_is_named(edit: Callable[[Rows], None], words: list[str], tmp_path: Path, table: Table) -> None:
    rows = icio_rows(table)
    edit(rows)
    with pytest.raises(DataError) as caught:
        read_icio(placed(tmp_path, rows, table))
    text = str(caught.value)
    assert not [word for word in words if word not in text], text


def test_all_problems_are_told_at_once(tmp_path: Path, table: Table) -> None:
    rows = icio_rows(table)
    rows[1][3], rows[2][4], rows[5] = "x", "y", ["ODD_ROW", *rows[5][1:]]
    with pytest.raises(DataError) as caught:
        read_icio(placed(tmp_path, rows, table))
    assert len(caught.value.problems) == 4


def test_rounding_is_tolerated_and_logged(tmp_path: Path, table: Table) -> None:
    rows = icio_rows(table)
    rows[1][-1] = f"{float(rows[1][-1]) + 17:g}"  # 36 cells printed as integers: at most 18
    base = read_icio(placed(tmp_path / "a", rows, table))
    entry = base.meta["log"]["output column against the sum of sales"]
    assert (entry["count"], entry["sum_musd"]) == (1, 17)
    assert entry["largest"][0]["cell"] == "AUS/A01_02"
    rows[1][-1] = f"{float(rows[1][-1]) + 2:g}"
    with pytest.raises(DataError, match="B01 output column"):
        read_icio(placed(tmp_path / "b", rows, table))


def test_printed_decimals_make_the_tolerance_smaller(tmp_path: Path, table: Table) -> None:
    rows = icio_rows(table)
    rows[1][1] = f"{float(rows[1][1]):.3f}"
    rows[1][-1] = f"{float(rows[1][-1]) + 17:g}"
    with pytest.raises(DataError, match="B01 output column"):
        read_icio(placed(tmp_path, rows, table))


def test_inputs_above_output_are_scaled_and_told(tmp_path: Path, table: Table) -> None:
    table.use[0, 0, 1, 1] += table.output[1, 1] - table.inputs[1, 1] - table.taxes[1, 1]
    base = read_icio(placed(tmp_path, icio_rows(table), table))
    assert base.input_share[:, 1, 1].sum() == pytest.approx(0.98, abs=1e-12)
    entry = base.meta["log"]["inputs capped at 0.98"]
    assert entry["count"] == 1
    assert entry["largest"][0]["cell"] == "BRA/C10T12"
    assert any("inputs above 0.98 of output scaled" in text for text in base.meta["warnings"])


def test_negative_flows_need_a_named_treatment(tmp_path: Path, table: Table) -> None:
    table.final[0, 1, 2, 4] -= table.flows[0, 2, 1] + 7
    with pytest.raises(DataError) as caught:
        read_icio(placed(tmp_path / "a", icio_rows(table), table))
    text = str(caught.value)
    assert "1 of 48 flows below 0, -7 MUSD in all, worst -7 at AUS, CHN, C10T12 (1 negative cells" in text
    assert "`negative_flows: zero` in meta.yaml" in text
    base = read_icio(placed(tmp_path / "b", icio_rows(table), table, "negative_flows: zero\n"))
    assert base.flows[0, 2, 1] == 0
    assert base.output[0, 1] == pytest.approx(table.output[0, 1] + 7)
    assert base.meta["log"]["negative flows set to zero"]["sum_musd"] == 7


def test_negative_final_demand_needs_its_own(tmp_path: Path, table: Table) -> None:
    table.final[:, 1, 2] = 0
    table.final[2, 1, 2, 4] = -30
    with pytest.raises(DataError, match=r"meta.yaml: B06 final demand.*`treatment: exogenous`"):
        read_icio(placed(tmp_path / "a", icio_rows(table), table))
    base = read_icio(placed(tmp_path / "b", icio_rows(table), table, "treatment: exogenous\n"))
    assert base.final_exogenous[2, 1] < 0
    assert base.meta["treatment"]["cells"] == 1


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        (wiod2013_rows(invented(["AUS", "BRA"], [f"c{k}" for k in range(1, 36)], categories=5)), "wiod2013"),
        (wiod2016_rows(invented(["AUS", "BRA"], [f"X{k}" for k in range(1, 57)], categories=5)), "wiod2016"),
        ([["origin", "dest", "sector", "value_musd"]], "csv"),
    ],
)
def test_another_format_is_recognised(tmp_path: Path, rows: Rows, name: str) -> None:
    path = write_rows(tmp_path / "table.csv", rows)
    with pytest.raises(DataError) as caught:
        import_world(path, "icio")
    assert f"no icio table, but what looks like {name}" in str(caught.value)
    assert f"--format {name}" in str(caught.value)


def test_one_table_in_the_folder(tmp_path: Path, table: Table) -> None:
    folder = placed(tmp_path, icio_rows(table), table)
    by_file = read_icio(folder / "ICIO.csv")
    assert by_file.sha256 == read_icio(folder).sha256
    (folder / "ICIO2.csv").write_bytes((folder / "ICIO.csv").read_bytes())
    with pytest.raises(DataError, match=r"2 tables: ICIO.csv, ICIO2.csv.*naming the file"):
        read_icio(folder)
    (folder / "ICIO2.csv").unlink()
    (folder / "ICIO.csv.gz").write_bytes(gzip.compress((folder / "ICIO.csv").read_bytes()))
    with pytest.raises(DataError, match="a gzip archive"):
        read_icio(folder / "ICIO.csv.gz")
    (folder / "ICIO.csv").unlink()
    with pytest.raises(DataError, match=r"ICIO.csv.gz, which is packed"):
        read_icio(folder)
    (folder / "ICIO.csv.gz").unlink()
    with pytest.raises(MissingDataError, match="no table"):
        read_icio(folder)
    with pytest.raises(MissingDataError, match="no such file or folder"):
        read_icio(tmp_path / "nothing")


def test_zip_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"PK\x03\x04 and more")
    with pytest.raises(DataError, match=r"zip archive or a workbook.*unpacking"):
        read_icio(tmp_path)


def test_pipe_and_other_text(tmp_path: Path, table: Table) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="a pipe"):
        read_icio(tmp_path / "pipe.csv")
    path = tmp_path / "latin.csv"
    write_rows(path, icio_rows(table))
    path.write_bytes(path.read_bytes().replace(b"BRA_D,", b"BR\xc9_D,", 2))
    with pytest.raises(DataError, match="0xc9, which is not UTF-8"):
        read_icio(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="an empty file"):
        read_icio(path)


def test_quotes_and_crlf_and_byte_order_mark(tmp_path: Path, table: Table) -> None:
    folder = placed(tmp_path, icio_rows(table), table)
    base = read_icio(folder)
    lines = (folder / "ICIO.csv").read_text().splitlines()
    quoted = "\r\n".join(",".join(f'"{field}"' for field in line.split(",")) for line in lines)
    (folder / "ICIO.csv").write_bytes(b"\xef\xbb\xbf" + quoted.encode())
    assert read_icio(folder).sha256 == base.sha256
