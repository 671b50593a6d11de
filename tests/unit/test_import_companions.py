"""What lies beside a world table: read by key, refused by name, and never invented."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detente.baseline.catalogue import elasticity_sets
from detente.baseline.importers.companions import read_companions
from detente.core.errors import DataError, MissingDataError
from world_tables import write_companions

COUNTRIES, SECTORS, SERVICES = ("AUS", "BRA", "GBR"), ("A01", "C26", "H49"), ("H49",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_companions(tmp_path, COUNTRIES, SECTORS, rate=lambda by, against, s: 0 if s == 2 else 10 * by + against + s)
    return tmp_path


def read(folder: Path, **options: str) -> object:
    return read_companions(folder / "table.csv", COUNTRIES, SECTORS, services=SERVICES, **options)


def test_placed_by_key(folder: Path) -> None:
    found = read_companions(folder / "table.csv", COUNTRIES, SECTORS, services=SERVICES)
    assert found.tariffs[0, 2, 1] == pytest.approx(0.21)  # GBR on AUS, C26
    assert found.tariffs[2, 0, 1] == pytest.approx(0.03)
    assert not np.einsum("iis->is", found.tariffs).any()
    assert list(found.trade_elasticity) == [4, 5, 6]
    assert found.counts["tariffs"] == {"rows": 18, "cells": 18, "empty": 9}
    assert found.sources["years"] == dict.fromkeys(("flows", "inputs", "value_added", "tariffs"), "2011")
    assert found.sources["services"] == SERVICES
    assert "treatment" not in found.sources


def put(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return edit


def gone(*names: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return edit


T, E, M = "tariffs.csv", "elasticities.csv", "meta.yaml"
REFUSED: list[tuple[str, Callable[[Path], None], list[str]]] = [
    ("no tariffs", gone(T), ["tariffs.csv: found no such file", "by,against,sector,rate_pct", "`missing: zero`"]),
    ("no elasticities", gone(E), ["elasticities.csv: found no such file", "the header sector,trade_elasticity"]),
    ("no meta", gone(M), ["meta.yaml: found no such file", "`id`", "`year: {flows: .., tariffs: ..}`"]),
    ("unknown importer", put(T, "GBR,AUS,A01", "UK,AUS,A01"), ["tariffs.csv:14: by", "unknown code 'UK'", "'GBR'"]),
    ("unknown sector", put(E, "C26", "C62"), ["elasticities.csv:3: sector", "unknown code 'C62'", "try 'C26'"]),
    ("missing cell", put(T, "GBR,AUS,C26,21\n", ""), ["tariffs.csv", "no row for 1 of 27 cells: GBR-AUS-C26"]),
    ("row twice", put(T, "GBR,AUS,C26", "GBR,AUS,A01"), ["GBR, AUS, A01 on lines 14 and 15"]),
    ("text", put(T, "GBR,AUS,C26,21", "GBR,AUS,C26,none"), ["tariffs.csv:15: rate_pct", "'none'"]),
    ("theta below zero", put(E, "C26,5", "C26,-5"), ["elasticities.csv:3", "-5 at C26", "not -theta"]),
    ("unknown service", put(M, "world", "services: [X]\nworld"), ["meta.yaml:5: services", "'X'"]),
    ("field of another format", put(M, "world", "countries: [AUS]\nworld"), ["meta.yaml:5: countries", "no field"]),
    ("unknown field", put(M, "world: false", "treatmnt: zero"), ["treatmnt", "try treatment"]),
    ("unknown treatment", put(M, "world", "negative_flows: drop\nworld"), ["meta.yaml:5: negative_flows", "'drop'"]),
    ("field twice", put(M, "world", "id: b\nworld"), ["the key twice, on lines 1 and 5"]),
    ("not YAML", put(M, "id: ", "id: [\n"), ["meta.yaml:"]),
    ("another year", put(M, "2011", "2012"), ["meta.yaml:2: year.flows", "found 2012", "2011, the year that"]),
]


@pytest.mark.parametrize(("edit", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_wrong_is_named(edit: Callable[[Path], None], words: list[str], folder: Path) -> None:
    edit(folder)
    with pytest.raises(DataError) as caught:
        read(folder, year="2011")
    text = str(caught.value)
    assert not [word for word in words if word not in text], text


def test_only_missing_files_are_missing_data(folder: Path) -> None:
    gone(T, E, M)(folder)
    with pytest.raises(MissingDataError) as caught:
        read(folder)
    assert len(caught.value.problems) == 3


def test_zero_tariffs_are_said_and_told(folder: Path) -> None:
    gone(T)(folder)
    put(M, "world", "missing: zero\nworld")(folder)
    found = read_companions(folder / "table.csv", COUNTRIES, SECTORS, services=SERVICES)
    assert not found.tariffs.any()
    assert any("all tariffs are zero" in text for text in found.warnings)


def test_fractions_draw_a_warning(folder: Path) -> None:
    path = folder / T
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *(f"{row.rsplit(',', 1)[0]},0.{at:02d}" for at, row in enumerate(rows))]))
    text = put(M, "world", "service_tariffs: true\nworld")
    text(folder)
    found = read_companions(folder / "table.csv", COUNTRIES, SECTORS, services=SERVICES)
    assert any("fractions instead of percent?" in text for text in found.warnings)


def test_packaged_elasticities_only_for_their_own_sectors(tmp_path: Path) -> None:
    values = elasticity_sets("world-2022")["default"].values
    sectors = tuple(reversed(values))
    write_companions(tmp_path, ("AUS", "BRA"), sectors)
    (tmp_path / E).unlink()
    found = read_companions(tmp_path / "t.csv", ("AUS", "BRA"), sectors, services=("SERV",))
    assert list(found.trade_elasticity) == [values[code] for code in sectors]
    assert found.elasticity_set == "default"
    assert any("the default set of world-2022" in text for text in found.warnings)
    with pytest.raises(MissingDataError, match="sector,trade_elasticity"):
        read_companions(tmp_path / "t.csv", ("AUS", "BRA"), sectors[1:], services=())
