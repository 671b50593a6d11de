"""Reading raw files: axes reversed in HDF5, placement by code, ragged and missing files refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detente.baseline.build import products, raw
from detente.core.errors import DataError, MissingDataError

CODES = [f"I{i:02d}" for i in range(raw.INDUSTRIES)]


def write_table(path: Path, order: list[str], value: dict[tuple[str, str], float]) -> None:
    columns = [*CODES, *raw.FINAL_COLUMNS, "EXPO"]
    names = [*(f"TTL_{code}" for code in order), *raw.ROWS.values()]
    lines = [",".join(['""', *(f'"{c}"' for c in columns)])]
    lines += [",".join([f'"{name}"', *(str(value.get((name, c), 0.0)) for c in columns)]) for name in names]
    path.write_text("\n".join(lines) + "\n")


def test_a_national_table_is_read_by_code_not_by_position(tmp_path: Path) -> None:
    value = {("TTL_I03", "I07"): 5.0, ("VALU", "I02"): 9.0, ("TTL_I04", "HFCE"): 2.0, ("TTL_I04", "EXPO"): 100.0}
    value["TTL_I04", "INVNT"] = -0.5
    write_table(tmp_path / "a.csv", CODES, value)
    write_table(tmp_path / "b.csv", CODES[::-1], value)
    first, second = raw.read_table(tmp_path / "a.csv"), raw.read_table(tmp_path / "b.csv")
    assert first[0] == tuple(CODES)
    np.testing.assert_array_equal(first[1], second[1])
    assert first[1][3, 7] == 5.0
    assert first[1].sum() == 5.0
    assert first[2]["value_added"][2] == 9.0
    assert first[3][4] == 1.5


def test_a_table_with_a_long_or_missing_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_table(path, CODES, {})
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:5], lines[5] + ",1", *lines[6:]]))
    with pytest.raises(DataError, match=r"a\.csv:6"):
        raw.read_table(path)
    path.write_text("\n".join(line for line in lines if not line.startswith('"LABR"')))
    with pytest.raises(DataError, match="LABR"):
        raw.read_table(path)


def test_flows_come_out_as_origin_dest_sector(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py", reason="needs detente[build]")
    path = tmp_path / raw.FLOWS
    path.parent.mkdir()
    flows = np.arange(2 * 2 * 3, dtype=float).reshape(2, 2, 3)
    with h5py.File(path, "w") as file:
        file["data/Xjik_3D"], file["data/tjik_3D"] = flows.T, flows.T / 100
        for name, codes in (("countries", ("AAA", "ROW")), ("sectors", ("A01", "C19", "Services (aggregate)"))):
            refs = []
            for i, code in enumerate(codes):
                file[f"refs/{name}{i}"] = np.array([[ord(letter)] for letter in code], dtype=np.uint16)
                refs.append(file[f"refs/{name}{i}"].ref)
            file.create_dataset(f"data/{name}", data=np.array([refs], dtype=object), dtype=h5py.ref_dtype)
    found = raw.read_trade(tmp_path)
    assert found.countries == ("AAA", "ROW")
    assert found.sectors == ("A01", "C19", "SERV")
    np.testing.assert_array_equal(found.flows, flows)
    np.testing.assert_array_equal(found.tariffs, flows / 100)


def test_missing_sources_and_modules_exit_with_six(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="ICIO2022"):
        raw.read_trade(tmp_path)
    with pytest.raises(MissingDataError, match=r"detente\[build\]"):
        raw.optional_module("no_such_module_of_the_builder")
    assert MissingDataError.exit_code == 6


def test_a_csv_row_is_never_shifted(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("﻿a,b\n1,2\n\n3,4,5\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"x\.csv"):
        raw.read_csv(path)
    path.write_text("﻿a,b\n1,2\n", encoding="utf-8")
    assert raw.read_csv(path) == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("isic", "sector"),
    [
        ("0111", "A01"), ("0200", "A02"), ("1310", "B07"), ("2423", "C21"), ("2411", "C20"), ("2710", "C24A"),
        ("2731", "C24A"), ("2732", "C24B"), ("2930", "C27"), ("2912", "C28"), ("3311", "C31T33"), ("3312", "C26"),
        ("3511", "C301"), ("3530", "C302T309"), ("3610", "C31T33"), ("4010", ""),
    ],
)  # fmt: skip
def test_products_go_to_sectors_by_the_longest_prefix(isic: str, sector: str) -> None:
    assert products.sector_of_isic3(isic) == sector
