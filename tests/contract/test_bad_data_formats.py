"""Bad data in Parquet, workbooks, netCDF and npz, by row of the catalogue: refused in words, nothing written."""

from __future__ import annotations

import io
import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.chart import BarChart
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from detente.baseline import files, text
from detente.baseline.accounts import silent
from detente.baseline.files import save_npz
from detente.baseline.importers import import_world, parquet, workbook
from detente.baseline.tables import read_tables
from detente.baseline.tables_export import export_world
from detente.baseline.tables_place import LAYOUTS
from detente.core.errors import DataError, DetenteError, MissingDataError
from tables_elsewhere import GOOD, dataset, netcdf, parquet_folder, signed
from tables_elsewhere import workbook as make_workbook

Edit = Callable[[Any], None]


def refused(path: Path, form: str, words: list[str]) -> DataError:
    """Read, and hold the refusal against its words."""
    before = {each: each.read_bytes() for each in path.parent.rglob("*") if each.is_file()}
    started = time.monotonic()
    with pytest.raises(DataError) as caught:
        import_world(path, form)
    assert time.monotonic() - started < 2
    for word in words:
        assert word in str(caught.value)
    for problem in caught.value.problems:
        assert problem.found
        assert problem.expected
    assert {each: each.read_bytes() for each in path.parent.rglob("*") if each.is_file()} == before
    return caught.value


def column(table: str, name: str, change: Callable[[list[Any]], Any], kind: Any = None) -> Edit:
    """Return an edit of one Parquet column; its values come as a list."""

    def edit(tables: dict[str, pa.Table]) -> None:
        at = tables[table].schema.get_field_index(name)
        changed = change(tables[table][name].to_pylist())
        array = changed if isinstance(changed, pa.Array) else pa.array(changed, kind)
        tables[table] = tables[table].set_column(at, name, array)

    return edit


def with_first(value: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda values: [value, *values[1:]]


def renamed(table: str, names: list[str]) -> Edit:
    return lambda tables: tables.__setitem__(table, tables[table].rename_columns(names))


PARQUET: list[tuple[str, Edit, list[str]]] = [
    ("46 NULL for Namibia", column("flows", "origin", with_first(None)),
     ["flows.parquet: row 1: origin", "NULL", "NA"]),
    ("47 sector as number", column("elasticities", "sector", lambda v: [1, 2]), ["sector", "int64", "zeros"]),
    ("50 header twice", renamed("flows", ["origin", "origin", "sector", "value_musd"]), ["twice, in columns 1 and 2"]),
    ("50 unknown header", renamed("flows", ["origin", "destt", "sector", "value_musd"]), ["'destt'", "try 'dest'"]),
    ("51 duplicate row", lambda t: t.__setitem__("flows", pa.concat_tables([t["flows"], t["flows"][:1]])),
     ["flows.parquet: row 9", "AUR, AUR, FOOD on lines 1 and 9"]),
    ("54 text", column("flows", "value_musd", lambda v: [str(x) for x in v]), ["value_musd", "string", "float64"]),
    ("54 decimal", column("flows", "value_musd", lambda v: pa.array(v).cast(pa.decimal128(9, 1))), ["decimal128"]),
    ("54 date", column("flows", "value_musd", lambda v: pa.array([1] * 8, pa.date32())), ["date32"]),
    ("54 bool", column("flows", "value_musd", lambda v: [True] * 8), ["a column of bool"]),
    ("55 NaN", column("flows", "value_musd", with_first(float("nan"))),
     ["flows.parquet: row 1: value_musd", "found NaN"]),
    ("55 inf", column("flows", "value_musd", with_first(float("inf"))), ["row 1", "found inf"]),
    ("56 NULL", column("flows", "value_musd", with_first(None)), ["row 1: value_musd", "found NULL", "missing: zero"]),
    ("56 missing row", lambda t: t.__setitem__("flows", t["flows"][:-1]), ["no row for 1 of 8 cells: BRE-BRE-STEEL"]),
    ("57 negative", column("flows", "value_musd", lambda v: [v[0], -10.0, *v[2:]]), ["row 2", "-10 at AUR, BRE, FOOD"]),
    ("60 unknown", column("tariffs", "by", with_first("AUX")), ["tariffs.parquet: row 1: by", "'AUX'", "try 'AUR'"]),
    ("64 no rows", lambda t: t.__setitem__("tariffs", t["tariffs"][:0]), ["tariffs.parquet", "a header and no rows"]),
    ("66 list", column("flows", "value_musd", lambda v: [[x] for x in v]), ["value_musd", "a nested type"]),
    ("66 struct", column("flows", "origin", lambda v: [{"a": x} for x in v]), ["origin", "a nested type"]),
    ("66 extension", column("flows", "origin", lambda v: pa.ExtensionArray.from_storage(pa.json_(), pa.array(v))),
     ["origin", "the extension type"]),
    ("70 unbalanced", column("value_added", "value_musd", lambda v: [1.05 * x for x in v]), ["B02 cost = output"]),
    ("71 percent", column("tariffs", "rate_pct", lambda v: [100 * x for x in v]), ["B07", "looks like percent"]),
    ("20 blank in a code", column("flows", "dest", with_first("AUR ")), ["row 1: dest", "try 'AUR'"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in PARQUET], ids=[case[0] for case in PARQUET])
def test_parquet(tmp_path: Path, edit: Edit, words: list[str]) -> None:
    refused(parquet_folder(tmp_path / "p", edit), "parquet", words)


def put(sheet: str, cell: str, value: Any) -> Edit:
    return lambda book: book[sheet].__setitem__(cell, value)


def shown_as(sheet: str, cell: str, value: Any, number_format: str) -> Edit:
    def edit(book: openpyxl.Workbook) -> None:
        book[sheet][cell] = value
        book[sheet][cell].number_format = number_format

    return edit


def attribute(get: Callable[[Any], Any], name: str, value: Any) -> Edit:
    return lambda book: setattr(get(book), name, value)


XLSX: list[tuple[str, Edit, list[str]]] = [
    ("46 a truth value", put("flows", "A2", False), ["flows!A2: origin", "a truth value (FALSE)", "text"]),
    ("47 HS as number", lambda b: [b["elasticities"].__setitem__(c, v) for c, v in (("C1", "hs22"), ("C2", 102))],
     ["elasticities!C2: hs22", "the number 102", "'102"]),
    ("47 HS as text", lambda b: [b["elasticities"].__setitem__(c, v)
                                for c, v in (("C1", "hs22"), ("C2", "102"), ("C3", "72"))],
     ["elasticities row 2: hs22", "'0102'"]),
    ("48 long row", put("flows", "F3", 7), ["flows!F3", "number '7'", "nothing right of value_musd"]),
    ("50 header twice", put("flows", "B1", "origin"), ["flows row 1: origin", "columns 1 and 2"]),
    ("50 unknown header", put("flows", "B1", "destt"), ["'destt'", "try 'dest'"]),
    ("51 duplicate", lambda b: b["flows"].append(["AUR", "AUR", "FOOD", 1]),
     ["flows row 10", "AUR, AUR, FOOD on lines 2 and 10"]),
    ("52 decimal comma", put("flows", "D2", "90,5"), ["flows!D2: value_musd", "the text '90,5'"]),
    ("54 text", put("flows", "D2", "n/a"), ["flows!D2", "the text 'n/a'"]),
    ("55 error", put("flows", "D2", "#DIV/0!"), ["flows!D2: value_musd", "the error #DIV/0!"]),
    ("56 blank", put("flows", "D2", None), ["flows!D2", "a blank", "0 and blank are two things"]),
    ("56 blank code", put("flows", "B2", None), ["flows!B2: dest", "a blank"]),
    ("57 negative", put("flows", "D3", -10), ["flows row 3: value_musd", "-10 at AUR, BRE, FOOD"]),
    ("60 unknown", put("tariffs", "A2", "AUX"), ["tariffs row 2: by", "'AUX'", "try 'AUR'"]),
    ("62 blank row", lambda b: b["flows"].insert_rows(4), ["flows row 4", "a blank row"]),
    ("62 title above", lambda b: b["flows"].insert_rows(1), ["flows row 1", "an empty first row"]),
    ("62 footnote", lambda b: b["flows"].append(["Source: office"]), ["flows!B10", "a blank"]),
    ("64 empty sheet", lambda b: b["flows"].delete_rows(1, 20), ["flows row 1", "an empty sheet"]),
    ("64 header only", lambda b: b["flows"].delete_rows(2, 20), ["flows row 1", "a header and no rows"]),
    ("67 formula without value", put("flows", "D2", "=40+50"), ["flows!D2: value_musd", "a formula without a value"]),
    ("67 formula in a code", put("flows", "A2", '="AUR"'), ["flows!A2: origin", "a formula without a value"]),
    ("67 MAR1", shown_as("flows", "A2", 45352, "d-mmm"), ["flows!A2: origin", "a date (2024-03-01)", "MAR1"]),
    ("67 date in a number", shown_as("flows", "D2", 90, "yyyy-mm-dd"), ["flows!D2: value_musd", "a date"]),
    ("67 percent format", shown_as("tariffs", "D2", 0.05, "0.0%"),
     ["tariffs!D2: rate_pct", "0.05 shown as a percentage", "25 for 25 %"]),
    ("67 merged", lambda b: b["flows"].merge_cells("A2:A3"), ["flows!A2:A3", "merged cells"]),
    ("67 hidden row", attribute(lambda b: b["flows"].row_dimensions[3], "hidden", True), ["flows!3:3", "a hidden row"]),
    ("67 hidden column", attribute(lambda b: b["flows"].column_dimensions["B"], "hidden", True),
     ["flows!B:B", "a hidden column"]),
    ("67 date of 1904", lambda b: [setattr(b, "epoch", CALENDAR_MAC_1904), put("flows", "A2", date(2024, 3, 1))(b)],
     ["flows!A2: origin", "a date (2024-03-01)"]),
    ("67 no date", shown_as("flows", "A2", 9e9, "d-mmm"), ["flows!A2: origin", "a date (9000000000"]),
    ("67 time", shown_as("meta", "B9", 0.5, "hh:mm"), ["meta!B9", "date '12:00:00'"]),
    ("67 percent of a code", shown_as("flows", "A2", 0.5, "0%"), ["flows!A2: origin", "a percentage (0.5)"]),
    ("meta: too large", put("meta", "B9", 1e300), ["meta!B9", "number '1e+300'"]),
    ("meta: error", put("meta", "B9", "#REF!"), ["meta!B9", "the error #REF!"]),
    ("chart sheet", lambda b: b.create_chartsheet("plot").add_chart(BarChart()),
     ["t.xlsx: plot", "a sheet without cells"]),
    ("far right", put("flows", "XFD3", 7), ["flows!XFD3", "nothing right of value_musd"]),
    ("67 hidden sheet", attribute(lambda b: b["inputs"], "sheet_state", "veryHidden"), ["inputs", "a hidden sheet"]),
    ("unknown sheet", lambda b: b.create_sheet("tarifs"), ["t.xlsx: tarifs", "an unknown sheet", "try tariffs"]),
    ("no sheet", lambda b: b.remove(b["tariffs"]), ["t.xlsx: tariffs", "no such sheet"]),
    ("no meta", lambda b: b.remove(b["meta"]), ["t.xlsx: meta", "no such sheet"]),
    ("meta: twice", lambda b: b["meta"].append(["id", "x"]), ["meta:10: id", "the field twice"]),
    ("meta: third column", put("meta", "C3", "x"), ["meta!C3", "text 'x'"]),
    ("meta: header", put("meta", "A1", "name"), ["meta!1:1: header", "field, value"]),
    ("meta: unknown", lambda b: b["meta"].append(["lisence", "x"]), ["meta:10: lisence", "try licence"]),
    ("72 years", put("meta", "B9", 2020), ["t.xlsx: meta", "B08 years", "tariffs 2020"]),
    ("B06 place of the hint", lambda b: [b["inputs"].__setitem__(c, v) for c, v in (("D2", 79.9), ("D4", 79))]
     + [b["value_added"].__setitem__(c, v) for c, v in (("C2", 0.1), ("C3", 61))],
     ["B06 final demand", "in the sheet meta"]),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in XLSX], ids=[case[0] for case in XLSX])
def test_xlsx(tmp_path: Path, edit: Edit, words: list[str]) -> None:
    refused(make_workbook(tmp_path / "t.xlsx", edit), "xlsx", words)


def test_67_a_formula_with_its_value_is_a_number(tmp_path: Path) -> None:
    path = make_workbook(tmp_path / "t.xlsx", put("flows", "D2", "=40+50"))
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb"<v ?/>|<v></v>", b"<v>90</v>", xml))
    assert import_world(path, "xlsx").sha256 == read_tables(GOOD).sha256


def rewritten(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """Change one part of a zip archive."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    new = change(parts[member])
    assert new != parts[member]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, new if name == member else content)
    return path


SHEET = "xl/worksheets/sheet2.xml"
DAMAGED: list[tuple[str, str, Callable[[bytes], bytes], list[str]]] = [
    ("entities", SHEET, lambda x: b'<!DOCTYPE a [<!ENTITY b "cc">]>' + x[x.find(b"<worksheet") :], ["document type"]),
    ("entities in strings", "xl/sharedStrings.xml", lambda x: b"<!DOCTYPE a>" + x[x.find(b"<sst") :], ["document"]),
    ("not XML", SHEET, lambda x: x[:-30], ["a damaged workbook", SHEET]),
    ("row far below", SHEET, lambda x: x.replace(b'<row r="3"', b'<row r="3000000"'), ["row 3000000 after row 2"]),
    ("rows out of order", SHEET, lambda x: x.replace(b'<row r="3"', b'<row r="2"'), ["row 2 after row 2"]),
    ("address", SHEET, lambda x: x.replace(b'r="B3"', b'r="XFE3"'), ["column 16385"]),
    ("another row", SHEET, lambda x: x.replace(b'r="B3"', b'r="B9"'), ["the address 'B9' in row 3"]),
    ("shared string", SHEET, lambda x: x.replace(b't="s"><v>', b't="s"><v>999'), ["the shared string 999"]),
    ("row of no height", SHEET, lambda x: x.replace(b'<row r="3"', b'<row r="3" ht="0"'), ["!3:3", "a hidden row"]),
    ("columns of no width", SHEET, lambda x: x.replace(b'"22.7109375"', b'"0"'), ["flows!A:C", "a hidden column"]),
    ("inf", SHEET, lambda x: x.replace(b">90.0<", b">1e999<"), ["flows!D2: value_musd", "found inf", "can hold"]),
    ("too large", SHEET, lambda x: x.replace(b">90.0<", b">1%0400d<" % 0), ["flows!D2", "found 10000", "can hold"]),
    ("string before the first", SHEET, lambda x: x.replace(b't="s"><v>', b't="s"><v>-'), ["the shared string -"]),
    ("cell twice", SHEET, lambda x: x.replace(b'r="B3"', b'r="A3"'), ["column 1 after column 1"]),
    ("no style", SHEET, lambda x: x.replace(b'<c r="D3"', b'<c r="D3" s="99"'), ["a damaged workbook"]),
    ("no kind", SHEET, lambda x: x.replace(b't="s"', b't="q"'), ["a damaged workbook"]),
    ("no number", SHEET, lambda x: x.replace(b"<v>90.0<", b"<v>nan<"), ["a damaged workbook"]),
    ("no part", "[Content_Types].xml", lambda x: x.replace(b"worksheet+xml", b"x+xml").replace(b"sheet.main", b"x"),
     ["a damaged workbook"]),
    ("sheet twice", "xl/workbook.xml", lambda x: x.replace(b'name="inputs"', b'name="flows"'),
     ["flows", "the sheet twice"]),
    ("no sheet part", "xl/workbook.xml", lambda x: x.replace(b'r:id="rId2"', b'r:id="rId99"'), ["not in the file"]),
]  # fmt: skip


@pytest.mark.parametrize(("member", "change", "words"), [c[1:] for c in DAMAGED], ids=[c[0] for c in DAMAGED])
def test_damaged_workbooks(tmp_path: Path, member: str, change: Callable[[bytes], bytes], words: list[str]) -> None:
    path = export_world(read_tables(GOOD), tmp_path / "t.xlsx", "xlsx")
    refused(rewritten(path, member, change), "xlsx", [str(path), *words])


def test_entities_hide_behind_no_encoding_and_no_name(tmp_path: Path) -> None:
    """A document type is found in UTF-16, and in a sheet whose name says that it is a picture."""
    path = make_workbook(tmp_path / "t.xlsx")
    typed = "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a><a/>".encode("utf-16")
    refused(rewritten(path, SHEET, lambda x: typed), "xlsx", ["document type"])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/sheet2.png", typed)
    rewritten(path, "xl/_rels/workbook.xml.rels", lambda x: x.replace(b"sheet2.xml", b"sheet2.png"))
    refused(rewritten(path, SHEET, lambda x: b"<a/>"), "xlsx", ["document type"])


@pytest.mark.parametrize(
    "more",
    [
        b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        b'<hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>',
    ],
)
def test_a_range_of_all_cells_is_not_filled(tmp_path: Path, more: bytes) -> None:
    """5 kB that openpyxl by itself unfolds to 17 billion cells are read at once."""
    path = make_workbook(tmp_path / "t.xlsx")
    rewritten(path, SHEET, lambda x: x.replace(b"</sheetData>", b"</sheetData>" + more))
    started = time.monotonic()
    if b"merge" in more:
        refused(path, "xlsx", ["inputs!A1:XFD1048576", "merged cells"])
    else:
        assert import_world(path, "xlsx").sha256 == read_tables(GOOD).sha256
    assert time.monotonic() - started < 2


def test_dates_of_eastern_languages_and_percent_signs_as_text(tmp_path: Path) -> None:
    """Format 31 is a date where Chinese is spoken; 0"%" shows 25 as 25%."""
    path = make_workbook(tmp_path / "t.xlsx", shown_as("tariffs", "D2", 5, '0"%"'))
    assert import_world(path, "xlsx").sha256 == read_tables(GOOD).sha256
    rewritten(path, "xl/styles.xml", lambda x: re.sub(rb"<numFmts.*</numFmts>", b"", x).replace(b'"164"', b'"31"'))
    refused(path, "xlsx", ["tariffs!D2: rate_pct", "a date (1900-01-05)"])


def test_68_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """42 kB that would be 42 MB, a lie about the size, and more than the limit."""
    path = make_workbook(tmp_path / "t.xlsx")
    rewritten(path, SHEET, lambda x: x.replace(b"<sheetData>", b" " * 42_000_000 + b"<sheetData>"))
    assert path.stat().st_size < 60_000
    opened: list[str] = []
    monkeypatch.setattr(workbook.zipfile.ZipFile, "open", lambda self, name, *a: opened.append(name))
    refused(path, "xlsx", ["to 1", "at most 100 to 1"])
    assert not opened
    monkeypatch.setattr(workbook, "CONTENT_LIMIT", 10_000)
    refused(path, "xlsx", ["bytes when unpacked"])
    monkeypatch.undo()
    lying = bytearray(path.read_bytes())
    at = lying.rfind(b"PK\x01\x02", 0, lying.rfind(SHEET.encode()))
    lying[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(bytes(lying))
    refused(path, "xlsx", ["a damaged workbook"])


def test_68_parquet_npz_and_netcdf_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = parquet_folder(tmp_path / "p")
    monkeypatch.setattr(parquet, "CONTENT_LIMIT", 100)
    refused(folder, "parquet", ["bytes when unpacked", "at most 100"])
    monkeypatch.undo()
    monkeypatch.setattr(parquet, "ROW_LIMIT", 7)
    refused(folder, "parquet", ["8 rows", "at most 7"])
    monkeypatch.undo()
    path = save_npz(read_tables(GOOD), tmp_path / "t.npz")
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (2**28,)})
    rewritten(path, "flows.npy", lambda x: stream.getvalue() + bytes(60_000_000))
    monkeypatch.setattr(files, "CONTENT_LIMIT", 50_000_000)
    refused(path, "npz", ["bytes inside", "at most 50000000"])
    with h5py.File(tmp_path / "t.nc", "w") as file:
        file.create_dataset("flows", shape=(10**5, 10**5, 10), dtype="f8", chunks=(10, 10, 10), compression="gzip")
    refused(tmp_path / "t.nc", "netcdf", ["flows", "100000000000 cells", "at most 4000000"])


def test_68_parquet_files_that_unpack_to_much_more_than_they_are(tmp_path: Path) -> None:
    """Few kB that would be MB are refused unread; a long code is told by its length, once, not row by row."""
    edit = column("flows", "origin", lambda v: ["x" * 2_000_000] * 8)
    folder = parquet_folder(tmp_path / "p", edit, compression="zstd")
    assert (folder / "flows.parquet").stat().st_size < 20_000
    error = refused(folder, "parquet", ["bytes when unpacked", "at most 100 to 1"])
    assert not any(problem.field == "origin" for problem in error.problems)
    folder = parquet_folder(tmp_path / "q", column("flows", "origin", lambda v: ["x" * 300, *v[1:]]))
    error = refused(folder, "parquet", ["row 1: origin: found a code of 300 bytes, here or below", "at most 64"])
    assert len(error.problems) == 1
    folder = parquet_folder(tmp_path / "r", column("flows", "origin", with_first("\U00010348" * 64)))
    refused(folder, "parquet", ["\U00010348", "expected each of the countries"])  # 64 characters, 256 bytes


def test_68_zeros_are_no_bomb(tmp_path: Path) -> None:
    """Doubles that compress well are as large as they say: a table of 150,000 zero tariffs is taken."""
    codes = [f"C{at:02}" for at in range(60)]
    places = [(a, b, s) for a in codes for b in codes for s in codes[:42]]
    table = pa.table({**dict(zip(("by", "against", "sector"), map(list, zip(*places, strict=True)), strict=True)),
                      "rate_pct": np.zeros(len(places))})  # fmt: skip
    pq.write_table(table, tmp_path / "tariffs.parquet", compression="zstd", use_dictionary=["by", "against", "sector"])
    unpacked = pq.read_metadata(tmp_path / "tariffs.parquet").row_group(0).total_byte_size
    assert unpacked > 100 * (tmp_path / "tariffs.parquet").stat().st_size > 100
    found = parquet._table(tmp_path / "tariffs.parquet", LAYOUTS["tariffs"], {}, silent)
    assert not found.problems
    assert len(found.values) == len(places)


def test_65_a_flipped_byte_or_a_lost_end_of_parquet_is_seen(tmp_path: Path) -> None:
    """Without a manifest, a flipped byte in a page is another number or a refusal; with it, always a refusal."""
    folder = parquet_folder(tmp_path / "p", compression="none", use_dictionary=False)
    path = folder / "flows.parquet"
    data = bytearray(path.read_bytes())
    at = data.find(np.float64(90).tobytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))
    refused(folder, "parquet", ["flows.parquet: sha256", "truncated or altered", "manifest.json"])
    path.write_bytes(bytes(data[:-100]))
    refused(folder, "parquet", ["flows.parquet: sha256", "truncated or altered"])
    signed(folder)
    refused(folder, "parquet", ["flows.parquet", "without its end"])
    (folder / "meta.yaml").write_text((folder / "meta.yaml").read_text() + "title: x\n")
    refused(folder, "parquet", ["meta.yaml: sha256", "truncated or altered"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}", ["no such entry", "flows.parquet", "meta.yaml"]),
        ("[1]", ["no JSON object"]),
        ("{", ["not JSON"]),
        ('{"flows.parquet": "x"}', ["flows.parquet", "no sha256"]),
        ('{"../meta.yaml": "%s"}' % ("0" * 64), ["no such file"]),
        ('{"meta.yaml": "x", "meta.yaml": "y"}', ["the file twice"]),
    ],
)
def test_65_a_manifest_that_is_none(tmp_path: Path, content: str, words: list[str]) -> None:
    folder = parquet_folder(tmp_path / "p")
    (folder / "manifest.json").write_text(content)
    refused(folder, "parquet", ["manifest.json", *words])


def test_69_wrong_extensions(tmp_path: Path) -> None:
    folder = parquet_folder(tmp_path / "p")
    shutil.copy(GOOD / "flows.csv", folder / "flows.parquet")
    refused(signed(folder), "parquet", ["flows.parquet", "does not begin with PAR1: text"])
    for name, form, content, words in (
        ("t.xlsx", "xlsx", b"origin,dest\n", "no workbook"),
        ("t.xlsx", "xlsx", b"\xd0\xcf\x11\xe0" + bytes(99), "an old workbook (xls), or one with a password"),
        ("t.xlsx", "xlsx", b"", "an empty file"),
        ("t.xlsx", "xlsx", save_npz(read_tables(GOOD), tmp_path / "t.npz").read_bytes(), "without a workbook in it"),
        ("t.xlsx", "xlsx", b"PK\x03\x04" + bytes(99), "a damaged workbook"),
        ("t.csv", "xlsx", b"origin,dest\n", "a name that ends in '.csv'"),
        ("t.nc", "netcdf", b"origin,dest\n", "no netCDF 4"),
        ("t.nc", "netcdf", b"CDF\x01" + bytes(99), "netCDF 3"),
        ("t.nc", "netcdf", b"\x89HDF\r\n\x1a\n" + bytes(99), "a damaged netCDF file"),
        ("t.xlsx", "netcdf", b"", "a name that ends in '.xlsx'"),
        ("t.npz", "npz", b"PAR1", "not an npz archive"),
    ):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, form, [words, name])
    with pytest.raises(DataError, match="not a folder"):
        import_world(tmp_path / "t.xlsx", "csv")


@pytest.mark.parametrize(("form", "name"), [("parquet", "p/flows.parquet"), ("xlsx", "t.xlsx"), ("netcdf", "t.nc")])
def test_73_74_only_files_at_rest(tmp_path: Path, form: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = {
        "parquet": lambda: parquet_folder(tmp_path / "p"),
        "xlsx": lambda: make_workbook(tmp_path / "t.xlsx"),
        "netcdf": lambda: netcdf(tmp_path / "t.nc"),
    }[form]()
    path, real = tmp_path / name, os.fstat

    def meddled(handle: int) -> os.stat_result:
        found = real(handle)
        os.utime(path, ns=(1, time.monotonic_ns()))
        return found

    monkeypatch.setattr(text.os, "fstat", meddled)
    with pytest.raises(DataError, match="changed while it was read"):
        import_world(source, form)
    monkeypatch.undo()
    path.unlink()
    with pytest.raises(MissingDataError, match="no such file"):
        import_world(source, form)
    os.mkfifo(path)
    with pytest.raises(DataError, match="a named pipe"):
        import_world(source, form)
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(DataError, match="a device"):
        import_world(source, form)


def changed(variable: str, at: dict[str, str], value: float) -> Callable[[xr.Dataset], xr.Dataset]:
    def change(data: xr.Dataset) -> xr.Dataset:
        data[variable].loc[at] = value
        return data

    return change


NETCDF: list[tuple[str, Callable[[xr.Dataset], xr.Dataset], list[str]]] = [
    ("51 label twice", lambda d: d.assign_coords(origin=["AUR", "AUR"]), ["flows: origin", "the label 'AUR' twice"]),
    ("55 NaN", changed("flows", {"origin": "AUR", "dest": "BRE", "sector": "FOOD"}, np.nan),
     ["flows", "nan at AUR, BRE, FOOD", "fill value"]),
    ("55 inf", changed("tariffs", {"by": "AUR", "against": "BRE", "sector": "FOOD"}, np.inf), ["inf at AUR, BRE"]),
    ("57 negative", changed("flows", {"origin": "AUR", "dest": "BRE", "sector": "FOOD"}, -10),
     ["t.nc: flows: value_musd", "-10 at AUR, BRE, FOOD"]),
    ("60 fewer countries", lambda d: d.isel(by=[0]), ["'BRE' missing in tariffs (by)"]),
    ("60 misspelt", lambda d: d.assign_coords(country=["AUR", "BRF"]), ["unknown code 'BRF'", "try 'BRE'"]),
    ("no coordinate", lambda d: d.drop_vars("origin"), ["flows: origin", "a dimension without a coordinate"]),
    ("numbers as labels", lambda d: d.assign_coords(origin=[1, 2]), ["flows: origin", "labels of type int64"]),
    ("no variable", lambda d: d.rename(tariffs="tarifs"), ["tariffs", "no such variable", "try tarifs"]),
    ("unknown variable", lambda d: d.assign(extra=("origin", [1.0, 2.0])), ["extra", "an unknown variable"]),
    ("other dimensions", lambda d: d.assign(value_added=d["value_added"].rename(country="land")),
     ["value_added", "dimensions land, sector", "country, sector"]),
    ("no units", lambda d: d.assign(tariffs=d["tariffs"].assign_attrs(units="")), ["tariffs: units", "no units"]),
    ("odd units", lambda d: d.assign(tariffs=d["tariffs"].assign_attrs(units="fraction")), ["units 'fraction'"]),
    ("thousands", lambda d: d.assign(flows=d["flows"].assign_attrs(units="kUSD")), ["units 'kUSD'", "'MUSD'"]),
    ("text", lambda d: d.assign(flows=d["flows"].astype(str)), ["flows", "numbers of type double"]),
    ("no id", lambda d: d.assign_attrs(id=""), ["t.nc: id", "no such field"]),
    ("unknown attribute", lambda d: d.assign_attrs(lisence="x"), ["lisence", "an unknown field", "try licence"]),
    ("70 unbalanced", lambda d: d.assign(value_added=1.05 * d["value_added"]), ["B02 cost = output"]),
    ("71 fractions taken for percent of 1",
     lambda d: d.assign(tariffs=(100 * d["tariffs"]).assign_attrs(units="percent")), ["B07 tariffs", "percent"]),
    ("72 years", lambda d: d.assign_attrs({"year.tariffs": 2020}), ["B08 years", "tariffs 2020"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in NETCDF], ids=[case[0] for case in NETCDF])
def test_netcdf(tmp_path: Path, change: Callable[[xr.Dataset], xr.Dataset], words: list[str]) -> None:
    refused(netcdf(tmp_path / "t.nc", change(dataset())), "netcdf", words)


def test_netcdf_reads_no_other_file(tmp_path: Path) -> None:
    """External storage, external links, soft links, virtual data and groups are refused."""
    path = netcdf(tmp_path / "t.nc")
    (tmp_path / "secret").write_bytes(np.ones(8).tobytes())
    layout = h5py.VirtualLayout((2,), "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", shape=(2,), dtype="f8")
    for make, words in (
        (lambda f: f.create_dataset("x", (8,), "f8", external=[(str(tmp_path / "secret"), 0, 64)]), "another file"),
        (lambda f: f.__setitem__("x", h5py.ExternalLink("other.h5", "/x")), "a link"),
        (lambda f: f.__setitem__("x", h5py.SoftLink("/flows")), "a link"),
        (lambda f: f.create_virtual_dataset("x", layout), "another file"),
        (lambda f: f.create_group("x"), "a group"),
    ):
        with h5py.File(path, "a") as file:
            make(file)
        refused(path, "netcdf", ["t.nc: x", words])
        with h5py.File(path, "a") as file:
            del file["x"]


def test_missing_package_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = netcdf(tmp_path / "t.nc")
    monkeypatch.setitem(__import__("sys").modules, "xarray", None)
    with pytest.raises(MissingDataError, match=r"pip install 'detente\[netcdf\]'"):
        import_world(path, "netcdf")


FUZZ = settings(max_examples=40, deadline=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("sound")
    bare = parquet_folder(folder / "p")
    (bare / "manifest.json").unlink()
    return {
        "parquet": bare / "flows.parquet",
        "xlsx": make_workbook(folder / "t.xlsx"),
        "netcdf": netcdf(folder / "t.nc"),
        "npz": save_npz(read_tables(GOOD), folder / "t.npz"),
    }


@pytest.mark.parametrize("form", ["parquet", "xlsx", "netcdf", "npz"])
@FUZZ
@given(flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4), cut=st.floats(0, 1))
def test_flipped_and_lost_bytes_are_read_or_refused(
    sound: dict[str, Path], form: str, flips: list[tuple[float, int]], cut: float
) -> None:
    path = sound[form]
    keep = path.read_bytes()
    data = bytearray(keep if cut > 0.2 else keep[: int(len(keep) * cut * 5)])
    for place, bits in flips:
        if data:
            data[int(place * (len(data) - 1))] ^= bits
    path.write_bytes(bytes(data))
    told = str(path.parent)
    try:
        import_world(path.parent if form == "parquet" else path, form)
    except DetenteError as error:
        told = str(error)
    finally:
        path.write_bytes(keep)
    assert str(path.parent) in told


@FUZZ
@given(member=st.integers(0, 99), flips=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 127)), max_size=4))
def test_flipped_bytes_inside_a_workbook_are_read_or_refused(
    sound: dict[str, Path], member: int, flips: list[tuple[float, int]]
) -> None:
    """The same where no checksum gives it away: the parts are packed again."""
    path = sound["xlsx"]
    keep = path.read_bytes()
    names = sorted(zipfile.ZipFile(path).namelist())

    def flipped(content: bytes) -> bytes:
        data = bytearray(content + b" ")
        for place, bits in flips:
            data[int(place * (len(data) - 1))] ^= bits
        return bytes(data)

    rewritten(path, names[member % len(names)], flipped)
    told = str(path)
    try:
        import_world(path, "xlsx")
    except DetenteError as error:
        told = str(error)
    finally:
        path.write_bytes(keep)
    assert str(path) in told


def test_every_problem_of_every_file_at_once(tmp_path: Path) -> None:
    """Three tables and meta, each with its own mistake, are told in one go."""

    def edit(book: openpyxl.Workbook) -> None:
        for change in (
            put("flows", "D2", "x"),
            put("inputs", "A2", 5),
            put("tariffs", "D2", None),
            put("meta", "A2", "ID"),
        ):
            change(book)

    found = refused(make_workbook(tmp_path / "t.xlsx", edit), "xlsx", [])
    assert {"flows!D2", "inputs!A2", "tariffs!D2", "meta"} <= {
        p.where.rpartition(": ")[2].split(":")[0] for p in found.problems
    }
