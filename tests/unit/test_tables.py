"""Tables and baselines are each other's inverse, whatever the order of rows, and what is moved is logged."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.baseline import accounts, tables_csv, tables_rows
from detente.baseline.baseline import ARRAYS, Baseline
from detente.baseline.tables import read_tables
from detente.baseline.tables_write import write_tables
from detente.baseline.text import split_quoted
from detente.core.errors import DataError, MissingDataError, UsageError
from economies import random_economy

GOOD = Path(__file__).parents[1] / "contract" / "bad" / "good"


def assert_same(found: Baseline, base: Baseline) -> None:
    assert (found.countries, found.sectors) == (base.countries, base.sectors)
    assert found.id == (base.id if found.sha256 == base.sha256 else f"{base.id}-tables")
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(found, name), getattr(base, name), rtol=1e-12, atol=1e-12, err_msg=name)


def shuffle_rows(folder: Path, seed: int) -> None:
    for path in folder.glob("*.csv"):
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        random.Random(seed).shuffle(rows)
        path.write_text("\n".join([header, *rows]), encoding="utf-8")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_round_trip_also_with_shuffled_rows(seed: int) -> None:
    inputs = random_economy(np.random.default_rng(seed)).inputs()
    base = Baseline.from_flows(**inputs, sources={"id": f"toy-{seed}", "years": {"flows": "2022", "tariffs": "2022"}})
    with tempfile.TemporaryDirectory() as place:
        folder = write_tables(base, Path(place) / "tables")
        again = read_tables(folder)
        assert_same(again, base)
        shuffle_rows(folder, seed)
        assert read_tables(folder).sha256 == again.sha256


def test_round_trip_of_odd_codes_order_and_treatment(tmp_path: Path) -> None:
    good = read_tables(GOOD)
    shares = np.array(good.input_share)
    shares[0, 0] = 0.6
    arrays = {name: getattr(good, name) for name in ("flows", "tariffs", "trade_elasticity")}
    names = {"countries": ['Z, "the" isle', "<img src=x onerror=1>"], "sectors": ["NO", "0102"]}
    sources = {"licence": 'say "yes"\nor: no', "id": "odd"}
    base = Baseline.from_flows(
        **names, **arrays, input_share=shares, value_added_share=1 - shares.sum(axis=0), treatment="exogenous",
        sources={**sources, "services": ()},
    )  # fmt: skip
    assert base.final_exogenous.any()
    again = read_tables(write_tables(base, tmp_path / "odd"))
    assert_same(again, base)
    assert again.meta["licence"] == sources["licence"]
    assert any("years" in text for text in again.meta["warnings"])


def test_order_is_sorted_unless_meta_lists_it(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOOD, tmp_path / "isles"))
    assert read_tables(folder).countries == ("AUR", "BRE")
    with (folder / "meta.yaml").open("a") as stream:
        stream.write("countries: [BRE, AUR]\nsectors:\n- STEEL\n- FOOD\n")
    turned = read_tables(folder)
    assert (turned.countries, turned.sectors) == (("BRE", "AUR"), ("STEEL", "FOOD"))
    assert turned.flows[1, 0, 1] == 10  # AUR to BRE, food


def test_values_land_where_their_keys_say() -> None:
    base = read_tables(GOOD)
    assert base.flows[0, 1, 1] == 40
    assert base.input_share[1, 0, 0] == pytest.approx(20 / 100)  # steel in the food of AUR
    assert base.input_share[0, 1, 1] == pytest.approx(30 / 300)  # food in the steel of BRE
    assert base.tariffs[1, 0, 1] == 0.025  # AUR levies 2.5 % on steel of BRE
    assert base.value_added_share[1, 0] == pytest.approx(0.7)


def test_small_imbalance_is_normalised_and_logged(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOOD, tmp_path / "isles"))
    table = folder / "value_added.csv"
    table.write_text(table.read_text().replace("BRE,STEEL,180", "BRE,STEEL,180.0002"))
    base = read_tables(folder)
    log = base.meta["balancing"]
    assert log["sum_musd"] == pytest.approx(0.0002)
    assert log["max_imbalance"] == pytest.approx(0.0002 / 300)
    assert log["cells"][0][:2] == ("BRE", "STEEL")
    assert base.meta["weak"] is False
    np.testing.assert_allclose(base.value_added_share + base.input_share.sum(axis=0), 1, rtol=1e-15)
    table.write_text(table.read_text().replace("180.0002", "180.0004"))
    with pytest.raises(DataError, match=r"B02 cost = output: found 300.0004 against 300 at BRE, STEEL"):
        read_tables(folder)


def test_much_moved_money_makes_a_weak_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "BALANCE_TOLERANCE", 0.2)
    folder = Path(shutil.copytree(GOOD, tmp_path / "isles"))
    table = folder / "value_added.csv"
    table.write_text(table.read_text().replace("BRE,STEEL,180", "BRE,STEEL,190"))
    base = read_tables(folder)
    assert base.meta["weak"] is True
    assert any(text.startswith("B12") for text in base.meta["warnings"])


def test_fractions_in_a_percent_column_are_remarked(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOOD, tmp_path / "isles"))
    header, *rows = (folder / "tariffs.csv").read_text().splitlines()
    small = [f"{row.rsplit(',', 1)[0]},{float(row.rsplit(',', 1)[1]) / 100}" for row in rows]
    (folder / "tariffs.csv").write_text("\n".join([header, *small]))
    assert any("fractions instead of percent" in text for text in read_tables(folder).meta["warnings"])


def test_idle_cells_are_pure_value_added(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOOD, tmp_path / "isles"))
    zeros = {"flows": "AUR,{}", "inputs": "AUR,", "value_added": "AUR,"}
    for name in zeros:
        header, *rows = (folder / f"{name}.csv").read_text().splitlines()
        idle = [r for r in rows if r.startswith("AUR") and r.rsplit(",", 2)[1] == "FOOD"]
        kept = [f"{row.rsplit(',', 1)[0]},0" if row in idle else row for row in rows]
        (folder / f"{name}.csv").write_text("\n".join([header, *kept]))
    base = read_tables(folder)
    assert base.value_added_share[0, 0] == 1
    assert not base.input_share[:, 0, 0].any()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOOD, tmp_path / "isles"))


def append(folder: Path, text: str) -> None:
    with (folder / "flows.csv").open("a") as stream:
        stream.write(text)


def test_size_limits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_csv, "TABLE_LIMIT", 100)
    with pytest.raises(DataError, match="at most 100 bytes"):
        read_tables(folder)
    monkeypatch.undo()
    append(folder, "x" * 5000 + "\n")
    with pytest.raises(DataError, match=r"flows\.csv:10: found a line of 5000 characters"):
        read_tables(folder)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("ROW_LIMIT", "8 rows so far; expected at most 1"),
        ("CODES_LIMIT", "2 different codes so far; expected at most 1"),
    ],
)
def test_reading_on_stops_at_limits(folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, words: str) -> None:
    monkeypatch.setattr(tables_rows, limit, 1)
    with pytest.raises(DataError, match=words):
        read_tables(folder)


def test_a_flood_of_repeated_rows_is_not_read_to_its_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables_csv, "BLOCK", 1000)
    append(folder, "AUR,AUR,FOOD,90\n" * 1000 + "AUR,AUR,FOOD,x\n")
    with pytest.raises(DataError, match=r"AUR, AUR, FOOD on lines 2 and 10") as caught:
        read_tables(folder)
    assert "found 'x'" not in " ".join(str(problem) for problem in caught.value.problems)


def test_only_the_worst_unbalanced_cells_are_listed(tmp_path: Path) -> None:
    inputs = random_economy(np.random.default_rng(3), n=4, j=4, zeros=0.0).inputs()
    folder = write_tables(Baseline.from_flows(**inputs), tmp_path / "tables")
    table = folder / "value_added.csv"
    header, *rows = table.read_text().splitlines()
    table.write_text(
        "\n".join([header, *(f"{row.rsplit(',', 1)[0]},{float(row.rsplit(',', 1)[1]) * 1.2}" for row in rows)])
    )
    with pytest.raises(DataError, match="16 of 16 cells unbalanced, the 10 worst are listed") as caught:
        read_tables(folder)
    assert len(caught.value.problems) == 11


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    base = read_tables(GOOD)
    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="No space"):
        write_tables(base, tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_write_refuses_what_is_there_and_what_no_table_holds(tmp_path: Path) -> None:
    base = read_tables(GOOD)
    write_tables(base, tmp_path / "new")
    with pytest.raises(UsageError, match="expected a new folder"):
        write_tables(base, tmp_path / "new")
    with pytest.raises(UsageError, match="final_exogenous"):
        write_tables(base.replace(final_exogenous=np.ones((2, 2))), tmp_path / "other")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    with pytest.raises(MissingDataError, match="no such folder"):
        read_tables(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('"a,b",c', ["a,b", "c"]),
        ('"say ""no""",', ['say "no"', ""]),
        (",,", ["", "", ""]),
        ("", [""]),
        ('""', [""]),
    ],
)
def test_split_quoted(line: str, fields: list[str]) -> None:
    assert split_quoted(line) == fields


@pytest.mark.parametrize("line", ['"a', 'a"b', '"a"b', '"a""', 'x,"'])
def test_split_quoted_refuses(line: str) -> None:
    with pytest.raises(ValueError, match=r"quote"):
        split_quoted(line)
