"""The five tables are the same world in every kind of file, whoever wrote it; what an export says is kept."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import detente as dt
from detente.baseline.baseline import ARRAYS, Baseline
from detente.baseline.catalogue import load_baseline
from detente.baseline.describe import describe
from detente.baseline.files import read_npz
from detente.baseline.importers import import_world
from detente.baseline.tables import read_tables
from detente.baseline.tables_csv import _plain_block
from detente.baseline.tables_export import export_world
from detente.baseline.tables_place import LAYOUTS
from detente.baseline.tables_rows import Rows
from detente.baseline.tables_template import write_template
from detente.baseline.tables_write import meta_yaml, write_tables
from detente.baseline.tables_xlsx import write_sheets
from detente.baseline.tables_yaml import compose
from detente.baseline.text import guarded, unguarded
from detente.core.errors import DataError, UsageError
from detente.core.units import parse_number
from economies import random_economy
from tables_elsewhere import FIELDS, GOOD, NAMES, dataset, good, netcdf, parquet_folder, workbook

FORMS = {"csv": "t", "parquet": "t", "xlsx": "t.xlsx", "netcdf": "t.nc", "npz": "t.npz"}
TABLES = [form for form in FORMS if form != "npz"]


def economy(seed: int, **sources: object) -> Baseline:
    inputs = random_economy(np.random.default_rng(seed)).inputs()
    return Baseline.from_flows(**inputs, sources={"years": {"flows": "2022", "tariffs": "2022"}, **sources})


@pytest.mark.parametrize("form", TABLES)
def test_what_others_wrote_is_the_same_world(tmp_path: Path, form: str) -> None:
    """A reader agrees with pyarrow, openpyxl and xarray."""
    path = {
        "csv": lambda: GOOD,
        "parquet": lambda: parquet_folder(tmp_path / "p"),
        "xlsx": lambda: workbook(tmp_path / "t.xlsx"),
        "netcdf": lambda: netcdf(tmp_path / "t.nc"),
    }[form]()
    base = import_world(path, form)
    assert base.sha256 == read_tables(GOOD).sha256
    assert (base.id, base.meta["warnings"]) == ("two-isles", ())
    assert load_baseline(path).sha256 == base.sha256
    counts = base.meta["import"]
    assert counts["format"] == form
    empty = 0 if form == "netcdf" else 4  # no row for home sales; a netCDF file has a zero there
    assert counts["counts"]["tariffs"] == {"rows": 8 - empty, "cells": 8 - empty, "empty": empty}
    assert counts["counts"]["flows"] == {"rows": 8, "cells": 8, "empty": 0}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_round_trip(tmp_path: Path, form: str, seed: int) -> None:
    """Every array within 1e-12 through tables, to the last bit through npz; all tables give one and the same world."""
    base = economy(seed, id="toy", services=(), source="so=urce", licence="+x")
    again = import_world(export_world(base, tmp_path / FORMS[form], form), form)
    for name in ARRAYS:
        expected = np.asarray(getattr(base, name))
        np.testing.assert_allclose(getattr(again, name), expected, rtol=1e-12, atol=1e-12 * abs(expected).max())
    assert (again.countries, again.sectors) == (base.countries, base.sectors)
    assert again.sha256 == (base.sha256 if form == "npz" else read_tables(write_tables(base, tmp_path / "csv")).sha256)
    assert again.id == ("toy" if again.sha256 == base.sha256 else "toy-tables")
    assert (again.meta["source"], again.meta["licence"], again.meta["services"]) == ("so=urce", "+x", ())
    if form != "npz":
        assert f"exported as tables from toy, sha256 {base.sha256}" in again.meta["history"][-1]


@pytest.mark.parametrize("form", TABLES)
def test_world_2022_keeps_what_its_readers_must_know(tmp_path: Path, form: str) -> None:
    world = dt.baseline("world-2022")
    again = import_world(export_world(world, tmp_path / FORMS[form], form), form)
    assert again.id == "world-2022-tables"
    for name in ("known_weaknesses", "licence", "title", "imputed", "country_labels", "sector_labels", "sources"):
        assert dict(x) == again.meta[name] if isinstance(x := world.meta[name], dict) else x == again.meta[name]
    assert again.meta["elasticity_spread"] == world.meta["elasticity_spread"]
    assert set(world.meta["warnings"]) <= set(again.meta["warnings"])
    assert "capped at 0.3" in dict(describe(again))["treatment"]
    assert any("tariff cap 0.30: 911 cells" in text for text in again.meta["history"])
    assert "not written:" in again.meta["history"][-1]
    assert "us_cells_filled" in again.meta["history"][-1]
    twice = import_world(export_world(again, tmp_path / f"2{FORMS[form]}", form), form)
    assert twice.id == again.id
    assert len(twice.meta["history"]) == len(again.meta["history"]) + 1


def test_an_edited_export_loses_its_name(tmp_path: Path) -> None:
    folder = write_tables(economy(4, id="toy"), tmp_path / "t")
    same = read_tables(folder)
    table = folder / "elasticities.csv"
    header, first, *rest = table.read_text().splitlines()
    table.write_text("\n".join([header, f"{first.rpartition(',')[0]},7.25", *rest]))
    edited = read_tables(folder)
    assert edited.id == f"{same.id}-edited"
    assert any("edited after the export" in text for text in edited.meta["warnings"])


def test_a_packaged_name_cannot_be_claimed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOOD, tmp_path / "t"))
    (folder / "meta.yaml").write_text((folder / "meta.yaml").read_text().replace("two-isles", "world-2022"))
    base = read_tables(folder)
    assert base.id == "world-2022-tables"
    assert any("packaged" in text for text in base.meta["warnings"])


def test_a_weak_baseline_stays_weak(tmp_path: Path) -> None:
    base = economy(5)
    weak = base.replace(meta={**base.meta, "weak": True, "warnings": ("B12 balancing moved 2 %",)})
    again = read_tables(write_tables(weak, tmp_path / "t"))
    assert again.meta["weak"] is True
    assert "B12 balancing moved 2 %" in again.meta["warnings"]


def test_other_programs_read_the_exports(tmp_path: Path) -> None:
    """What openpyxl, pandas and xarray find in the files is what the CSV tables say, to the last bit."""
    base = economy(6)
    for form, name in FORMS.items():
        export_world(base, tmp_path / f"{form}-{name}", form)
    book = openpyxl.load_workbook(tmp_path / "xlsx-t.xlsx")
    data = xr.open_dataset(tmp_path / "netcdf-t.nc", engine="h5netcdf")
    assert book.sheetnames == ["meta", *NAMES]
    for name in NAMES:
        header, rows = good(name, tmp_path / "csv-t")
        assert [[cell.value for cell in row] for row in book[name].iter_rows()] == [header, *rows]
        table = pq.read_table(tmp_path / "parquet-t" / f"{name}.parquet")
        assert [list(row.values()) for row in table.to_pylist()] == rows
        variable = data["trade_elasticity" if name == "elasticities" else name]
        for row in rows[:40]:
            assert float(variable.sel(dict(zip(header, row[:-1], strict=False)))) == row[-1]
    assert data["tariffs"].attrs["units"] == "percent"


def test_no_text_becomes_a_formula(tmp_path: Path) -> None:
    """Codes that a spreadsheet would run stay text, in a workbook and in CSV, and come back as they were."""
    base = economy(7)
    codes = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-2", "'=x", "'plain", *base.countries][: len(base.countries)]
    base = base.replace(countries=tuple(codes))
    book = openpyxl.load_workbook(export_world(base, tmp_path / "t.xlsx", "xlsx"))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds == {"n", "s"}
    assert read_tables(write_tables(base, tmp_path / "t")).countries == tuple(codes)
    assert import_world(tmp_path / "t.xlsx", "xlsx").countries == tuple(codes)
    for path in (tmp_path / "t").glob("*.csv"):
        fields = {field.strip('"') for line in path.read_text().splitlines()[1:] for field in line.split(",")[:-1]}
        assert not [field for field in fields if field[0] in "=+-@"]


def test_a_workbook_is_exact_and_the_same_twice(tmp_path: Path) -> None:
    """17 digits come back, and the bytes do not depend on the clock."""
    numbers = [0.1 + 0.2, 1 / 3, 2**53 + 2.0, 5e-324, 1.7976931348623157e308, -0.0, 123456.0]
    for name in ("a.xlsx", "b.xlsx"):
        write_sheets(tmp_path / name, [("s", ("code", "value"), [(f"C{x}", x) for x in numbers])])
    rows = openpyxl.load_workbook(tmp_path / "a.xlsx")["s"].iter_rows(min_row=2, values_only=True)
    assert [float(value).hex() for _, value in rows] == [value.hex() for value in numbers]
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_text_that_no_cell_can_hold_is_refused(tmp_path: Path) -> None:
    """What a workbook would cut or change is refused, and no file is left."""
    for text, words in (
        ("a" * 32768, "32768 characters"),
        ("\N{GRINNING FACE}" * 16384, "16384 characters"),
        ("a\x0bb", r"U\+000B"),
        ("_x005F_", "x005F_"),
    ):
        with pytest.raises(UsageError, match=words):
            export_world(economy(9, licence=text), tmp_path / "t.xlsx", "xlsx")
        assert not list(tmp_path.iterdir())
    kept = "a" * 32767, "_x0041_ &lt; <b>\t\n ", " 0102 "
    for at, text in enumerate(kept):
        path = export_world(economy(9, licence=text), tmp_path / f"{at}.xlsx", "xlsx")
        assert import_world(path, "xlsx").meta["licence"] == text


def test_a_file_that_cannot_be_written_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_sheets(tmp_path / "no" / "t.xlsx", [("s", ("code", "value"), [("A", 1.0)])])


@given(text=st.text(alphabet="'=+-@ab\t", max_size=6))
def test_guarded_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in ("=", "+", "-", "@", "\t")


@given(text=st.text(max_size=30), code=st.text(min_size=1, max_size=5))
def test_meta_yaml_holds_any_text(text: str, code: str) -> None:
    """Whatever a licence says, the YAML written for it says the same."""
    if any("\ud800" <= mark <= "\udfff" for mark in text + code):
        return
    root, twice = compose(meta_yaml({"licence": text, "history": (text,), "imputed": {code: text}}), "meta.yaml")
    assert not twice
    assert root["licence"][1][1] == text
    assert root["history"][1][1][0][1] == text
    assert root["imputed"][1][1][code][1][1] == text


@settings(max_examples=200)
@given(numbers=st.lists(st.text(alphabet="0123456789.eE+-_ nafixINAF", min_size=1, max_size=6), min_size=1, max_size=3))
def test_the_fast_path_of_csv_takes_nothing_that_the_slow_one_refuses(numbers: list[str]) -> None:
    block = "\n".join(f"S{at},{text}" for at, text in enumerate(numbers))
    found = _plain_block(block, ["sector", "trade_elasticity"], LAYOUTS["elasticities"])
    if found is not None:
        codes, values = found
        assert values.tolist() == [parse_number(text) for text in numbers]
        assert list(codes["sector"][0]) == [f"S{at}" for at in range(len(numbers))]


def test_rows_are_positions_by_code() -> None:
    """Codes keep one place over several pieces, in order of first use."""
    rows = Rows("t.csv", LAYOUTS["value_added"])
    for codes, first in ((["B", "A"], 2), (["A", "C"], 4)):
        at = np.arange(2)
        rows.take({"country": (codes, at), "sector": (["S", "T"], at)}, np.array([1.0, 2.0]), at + first)
    table = rows.table()
    assert table.codes["country"] == ("B", "A", "C")
    assert table.positions["country"].tolist() == [0, 1, 1, 2]
    assert table.at(3) == "t.csv:3"
    assert table.first_line("country", "C") == 5


def test_integers_float32_dictionaries_and_turned_axes(tmp_path: Path) -> None:
    """Row 66: integers and coded text are taken, float32 with a warning; the order of dimensions does not matter."""

    def edit(tables: dict[str, object]) -> None:
        import pyarrow as pa

        flows = tables["flows"]
        whole = pa.array([int(x) for x in flows["value_musd"].to_pylist()])
        tables["flows"] = flows.set_column(3, "value_musd", whole).set_column(
            0, "origin", flows["origin"].dictionary_encode()
        )
        tables["elasticities"] = tables["elasticities"].set_column(
            1, "trade_elasticity", tables["elasticities"]["trade_elasticity"].cast(pa.float32())
        )

    base = import_world(parquet_folder(tmp_path / "p", edit), "parquet")
    assert base.sha256 == read_tables(GOOD).sha256
    assert any("trade_elasticity is float" in text for text in base.meta["warnings"])
    turned = dataset().transpose("sector", "dest", "origin", ...).isel(country=[1, 0], origin=[1, 0])
    turned["tariffs"] = (turned["tariffs"] / 100).assign_attrs(units="1")
    turned["value_added"] = turned["value_added"].astype("float32")
    base = import_world(netcdf(tmp_path / "t.nc", turned), "netcdf")
    np.testing.assert_allclose(base.tariffs, read_tables(GOOD).tariffs, rtol=1e-15)
    np.testing.assert_array_equal(base.flows, read_tables(GOOD).flows)
    assert any("float32" in text for text in base.meta["warnings"])


def test_many_row_groups_are_streamed(tmp_path: Path) -> None:
    folder = parquet_folder(tmp_path / "p", row_group_size=1)
    told: list[tuple[str, int, int]] = []
    base = import_world(folder, "parquet", progress=lambda *words: told.append(words))
    assert base.sha256 == read_tables(GOOD).sha256
    assert ("flows.parquet", 8, 8) in told


def test_missing_manifest_is_one_warning(tmp_path: Path) -> None:
    folder = parquet_folder(tmp_path / "p")
    (folder / "manifest.json").unlink()
    warnings = import_world(folder, "parquet").meta["warnings"]
    assert [text for text in warnings if "manifest.json" in text] == list(warnings)


def test_a_folder_with_one_workbook(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx")
    (tmp_path / "~$t.xlsx").write_bytes(b"lock")
    assert import_world(tmp_path, "xlsx").sha256 == read_tables(GOOD).sha256
    workbook(tmp_path / "u.xlsx")
    with pytest.raises(DataError, match=r"2 files \(t.xlsx, u.xlsx\)"):
        import_world(tmp_path, "xlsx")


def test_dates_in_meta_are_dates(tmp_path: Path) -> None:
    import datetime

    def edit(book: openpyxl.Workbook) -> None:
        book["meta"]["B9"] = datetime.date(2022, 12, 31)
        book["meta"].append(["allow_year_mismatch", True])
        book["meta"].append(["services", "none"])
        book["meta"].append(["title", None])

    years = import_world(workbook(tmp_path / "t.xlsx", edit), "xlsx").meta["years"]
    assert years == {"flows": "2022", "inputs": "2022", "value_added": "2022", "tariffs": "2022-12-31"}


def test_filled_templates_import(tmp_path: Path) -> None:
    """An empty template, filled with the two isles by openpyxl or by hand, is their world."""
    path = write_template(tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[0] == "instructions"
    for name in NAMES:
        assert [cell.value for cell in book[name][1]] == good(name)[0]
        for row in good(name)[1]:
            book[name].append(row)
    for row in book["meta"].iter_rows(min_row=2):
        row[1].value = FIELDS.get(row[0].value)
    book.save(tmp_path / "filled.xlsx")
    assert import_world(tmp_path / "filled.xlsx", "xlsx").sha256 == read_tables(GOOD).sha256
    folder = write_template(tmp_path / "t")
    for name in NAMES:
        rows = (GOOD / f"{name}.csv").read_text().splitlines()[1:]
        with (folder / f"{name}.csv").open("a") as stream:
            stream.write("\n".join(rows) + "\n")
    text = (folder / "meta.yaml").read_text().replace("# year:", "year:").replace("# id: ", "id: two-isles")
    (folder / "meta.yaml").write_text(text.replace("# world: ", "world: false"))
    assert read_tables(folder).sha256 == read_tables(GOOD).sha256


def test_exports_and_templates_refuse_what_does_not_fit(tmp_path: Path) -> None:
    base = economy(8)
    for call, words in (
        (lambda: export_world(base, tmp_path / "t", "xlsx"), "ends in .xlsx"),
        (lambda: export_world(base, tmp_path / "t.nc", "parqet"), "try 'parquet'"),
        (lambda: write_template(tmp_path / "t.xlsx", "csv"), "a folder"),
        (lambda: write_template(tmp_path / "t", "xls"), "try 'xlsx'"),
        (lambda: import_world(GOOD, "csv", year=2017), "icio-pair"),
        (lambda: import_world(GOOD, "cvs"), "try 'csv'"),
    ):
        with pytest.raises(UsageError, match=words):
            call()
    assert not list(tmp_path.iterdir())
    for form, name in FORMS.items():
        path = export_world(base, tmp_path / form / name, form)
        with pytest.raises(UsageError, match="something there already"):
            export_world(base, path, form)
        assert [each.name for each in path.parent.iterdir()] == [name]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_meta_that_no_reader_takes_is_not_written(tmp_path: Path, form: str) -> None:
    """The limit of the reader holds for the writer; what was made for a refused export is removed."""
    base = economy(8, known_weaknesses=tuple(f"w{at} {'z' * 100}" for at in range(800)))
    with pytest.raises(UsageError, match=r"meta.yaml: found [0-9]+ bytes .* at most 65536; try the format npz"):
        export_world(base, tmp_path / "a" / "b" / "t", form)
    assert not list(tmp_path.iterdir())
    assert read_npz(export_world(base, tmp_path / "t.npz", "npz")).sha256 == base.sha256


@pytest.mark.parametrize("form", TABLES)
def test_a_refused_export_leaves_no_folder(tmp_path: Path, form: str) -> None:
    """Folders that were made go, those that were there stay, whatever is in them."""
    base = economy(8)
    odd = base.replace(final_exogenous=base.final_exogenous + 1.0)
    kept = tmp_path / "kept"
    kept.mkdir()
    with pytest.raises(UsageError, match="no table can hold it"):
        export_world(odd, kept / "a" / "b" / FORMS[form], form)
    with pytest.raises(UsageError, match="no table can hold it"):
        export_world(odd, kept / FORMS[form], form)
    assert list(tmp_path.rglob("*")) == [kept]


@pytest.mark.slow
def test_two_million_rows_within_a_gigabyte(tmp_path: Path) -> None:
    """A table of 2 million rows is read, or its wrong codes refused, within 1 GiB."""
    codes = [f"C{at:03d}" for at in range(250)]
    body = "\n".join(f"{a},{b},S{s},1.5" for a in codes for b in codes for s in range(32))
    folder = Path(shutil.copytree(GOOD, tmp_path / "big"))
    (folder / "flows.csv").write_text(f"origin,dest,sector,value_musd\n{body}\n")
    tracemalloc.start()
    with pytest.raises(DataError, match="unknown code 'AUR'"):
        read_tables(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1024**3
