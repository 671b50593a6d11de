"""Money is neither made nor lost on the way in, and the rarer refusals: idle producers, odd shapes, altered sources."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.baseline.importers import wiod_rdata
from detente.baseline.importers.icio import IcioLayout, read_icio
from detente.baseline.importers.icio_pair import read_icio_pair
from detente.baseline.importers.kite import read_kite
from detente.baseline.importers.wiod import Wiod2013Layout, Wiod2016Layout, read_wiod2013
from detente.baseline.importers.world_table import WorldTable, read_world_table
from detente.core.errors import DataError
from world_tables import Table, icio_rows, invented, wiod2013_rows, wiod2016_rows, write_companions, write_rows

CODES = ["AUS", "BRA", "CHN", "CN1", "CN2", "DEU", "MEX", "MX1", "MX2", "USA"]
ZONE = {"CN1": "CHN", "CN2": "CHN", "MX1": "MEX", "MX2": "MEX"}


def as_read(rows: list[list[str]]) -> WorldTable:
    with tempfile.TemporaryDirectory() as folder:
        return read_world_table(write_rows(Path(folder) / "t.csv", rows), IcioLayout())


@given(seed=st.integers(0, 2**32 - 1))
def test_every_cell_is_counted_once_in_any_order_and_with_zones(seed: int) -> None:
    source = random.Random(seed)
    chosen = source.sample(CODES, source.randint(2, 6))
    chosen += [ZONE[code] for code in chosen if code in ZONE and ZONE[code] not in chosen]
    countries = list(dict.fromkeys(chosen))
    table = invented(countries, [f"A{k:02d}" for k in range(source.randint(1, 4))], seed=seed)
    rows = icio_rows(table)
    order = [0, *source.sample(range(1, len(rows[0])), len(rows[0]) - 1)]
    mixed = [[row[at] for at in order] for row in [rows[0], *source.sample(rows[1:], len(rows) - 1)]]
    found = as_read(mixed)
    assert found.countries == tuple(sorted({ZONE.get(code, code) for code in countries}))
    assert found.flows.sum() == table.output.sum()
    assert found.inputs.sum() == table.use.sum()
    assert found.published["value added"].sum() == pytest.approx(table.value_added.sum(), rel=1e-12)
    assert found.published["primary cost"].sum() == table.taxes.sum()
    assert found.outside == table.final_taxes.sum()
    at = {code: found.countries.index(ZONE.get(code, code)) for code in countries}
    sectors = [found.sectors.index(code) for code in table.sectors]
    expected = np.zeros_like(found.flows)
    for o, origin in enumerate(countries):
        for d, dest in enumerate(countries):
            expected[at[origin], at[dest], sectors] += table.flows[o, d]
    np.testing.assert_array_equal(found.flows, expected)


@given(factor=st.floats(0.001, 1000), seed=st.integers(0, 100))
def test_shares_do_not_depend_on_the_unit(factor: float, seed: int) -> None:
    table = invented(["AUS", "BRA"], ["A01", "D"], seed=seed)
    scaled = Table(
        table.countries, table.sectors, table.use * factor, table.final * factor, table.taxes * factor,
        table.final_taxes * factor,
    )  # fmt: skip
    found = []
    for each in (table, scaled):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            exact = [[f"{float(cell):.17g}" if i and j else cell for j, cell in enumerate(row)]
                     for i, row in enumerate(precise(each))]  # fmt: skip
            write_rows(folder / "t.csv", exact)
            write_companions(folder, each.countries, each.sectors)
            found.append(read_icio(folder))
    np.testing.assert_allclose(found[0].input_share, found[1].input_share, rtol=1e-10)
    np.testing.assert_allclose(found[0].share, found[1].share, rtol=1e-10)


def precise(table: Table) -> list[list[str]]:
    """Return the rows of a table with every digit."""
    rows = icio_rows(table)
    n = len(table.countries) * len(table.sectors)
    flat = table.use.reshape(n, n), table.final.reshape(n, -1)
    for at in range(n):
        cells = [*flat[0][at], *flat[1][at], table.output.ravel()[at]]
        rows[at + 1][1:] = [repr(float(cell)) for cell in cells]
    for row, values in zip(rows[-3:], (table.taxes, table.value_added, table.output), strict=True):
        row[1 : n + 1] = [repr(float(value)) for value in values.ravel()]
    return rows


def idle_table(bought: float) -> Table:
    table = invented(["AUS", "BRA"], ["A01", "C10", "D"], seed=8)
    table.use[1, 1], table.final[1, 1] = 0, 0  # nobody buys from BRA, C10
    table.use[:, :, 1, 1] = 0
    table.taxes[1, 1] = 0
    table.use[0, 0, 1, 1] = bought
    return table


def test_an_idle_producer_with_rounding_only_is_kept_idle(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", icio_rows(idle_table(2)))
    write_companions(tmp_path, ["AUS", "BRA"], ["A01", "C10", "D"])
    base = read_icio(tmp_path)
    assert base.output[1, 1] == 0
    assert not base.input_share[:, 1, 1].any()
    assert base.meta["log"]["zero output"]["sum_musd"] == 2
    assert any("inputs without output left out: BRA/C10, 2 MUSD" in text for text in base.meta["warnings"])


def test_an_idle_producer_that_buys_is_refused(tmp_path: Path) -> None:
    write_rows(tmp_path / "t.csv", icio_rows(idle_table(500)))
    write_companions(tmp_path, ["AUS", "BRA"], ["A01", "C10", "D"])
    with pytest.raises(DataError, match=r"B02 output: found zero output but inputs of 500 MUSD at BRA/C10"):
        read_icio(tmp_path)


def test_only_the_worst_differences_are_listed(tmp_path: Path) -> None:
    table = invented(["AUS", "BRA", "DEU"], [f"A{k:02d}" for k in range(5)])
    rows = icio_rows(table)
    for row in rows[1:-3]:
        row[-1] = "1"
    write_rows(tmp_path / "t.csv", rows)
    write_companions(tmp_path, table.countries, table.sectors)
    with pytest.raises(DataError, match="15 of 15 cells that differ, the 10 worst are listed") as caught:
        read_icio(tmp_path)
    assert len(caught.value.problems) == 11


def test_a_final_demand_label_is_no_producer(tmp_path: Path) -> None:
    rows = icio_rows(invented(["AUS", "BRA"], ["A01", "D"]))
    rows[1][0] = "AUS_HFCE"
    with pytest.raises(DataError, match=r"t\.csv:2: row: found the unknown label 'AUS_HFCE'"):
        read_world_table(write_rows(tmp_path / "t.csv", rows), IcioLayout())


def test_the_three_layouts_say_the_same(tmp_path: Path) -> None:
    """One table of 35 sectors in two layouts; one of 56 in two: the same flows and inputs."""
    for n, rows, layout in ((35, wiod2013_rows, Wiod2013Layout()), (56, wiod2016_rows, Wiod2016Layout())):
        table = invented(["AUS", "BRA"], [f"X{k:02d}" for k in range(n)], categories=5, seed=n)
        theirs = read_world_table(write_rows(tmp_path / f"{n}.csv", rows(table)), layout)
        ours = read_world_table(write_rows(tmp_path / f"icio{n}.csv", icio_rows(table)), IcioLayout())
        np.testing.assert_array_equal(theirs.flows, ours.flows)
        np.testing.assert_array_equal(theirs.inputs, ours.inputs)
        assert theirs.rounding == ours.rounding


def content(**changes: Any) -> dict[str, Any]:
    sound = {"year": np.array([2011]), "countries": ["AUS", "BRA"], "industries": ["c1", "c2"],
             "inter": np.full((4, 4), 10.0), "final": np.full((4, 10), 30.0), "output": np.full(4, 340.0)}  # fmt: skip
    return {**sound, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inter": np.ones((4, 3))}, r"inter: found shape \(4, 3\); expected shape \(4, 4\)"),
        ({"final": np.ones((4, 9))}, "final: found 9 columns; expected a multiple of 2"),
        ({"output": np.full(4, np.nan)}, "output: found a number that is not finite"),
        ({"output": ["a", "b", "c", "d"]}, "output: found something that is not numbers"),
        ({"countries": ["RoW", "ROW"]}, "a code twice"),
    ],
)
def test_r_data_of_odd_shapes(
    changes: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.RData").write_bytes(b"")
    monkeypatch.setattr(wiod_rdata, "_content", lambda path, data: content())
    found = wiod_rdata.read_rdata(tmp_path / "t.RData", Wiod2013Layout())
    assert found.flows.sum() == 16 * 10 + 40 * 30
    monkeypatch.setattr(wiod_rdata, "_content", lambda path, data: content(**changes))
    with pytest.raises(DataError, match=words):
        read_wiod2013(tmp_path / "t.RData")


def altered(data: Path, folder: Path, year: int, change: Callable[[Any], None]) -> Path:
    """Return a copy of the source folder in which the flows of one year are changed."""
    h5py = pytest.importorskip("h5py", reason="pip install 'detente[build]'")
    (folder / "oecd-icio-flows").mkdir(parents=True)
    (folder / "oecd-iot-2022").symlink_to(data / "oecd-iot-2022")
    for each in {year, 2022}:
        shutil.copyfile(data / f"oecd-icio-flows/ICIO{each}.mat", folder / f"oecd-icio-flows/ICIO{each}.mat")
    with h5py.File(folder / f"oecd-icio-flows/ICIO{year}.mat", "r+") as file:
        change(file)
    return folder


def test_altered_flows_are_refused(shared: Path, tmp_path: Path) -> None:
    def negative(file: Any) -> None:
        file["data/Xjik_3D"][3, 2, 1] = -5.0  # reversed: sector 3, dest 2, origin 1

    def renamed(file: Any) -> None:
        reference = file["data/countries"][:].ravel()[0]
        file[reference][:] = file[reference][:] + 1

    folder = altered(shared / "data", tmp_path / "a", 2017, negative)
    with pytest.raises(DataError, match=r"ICIO2017\.mat: flows: found -5 at ARE, ARG, B05; expected sales"):
        read_icio_pair(folder, year=2017)
    folder = altered(shared / "data", tmp_path / "b", 2017, renamed)
    with pytest.raises(DataError, match=r"ICIO2017\.mat: found other countries or sectors than those of 2022"):
        read_icio_pair(folder, year=2017)


def test_a_share_set_that_fails_a_check_names_its_file(tmp_path: Path) -> None:
    one = np.ones((1, 1))
    np.savez(tmp_path / "t.npz", countries=np.array(["A"]), sectors=np.array(["S"]), trade_share_odj=one[None],
             expenditure=one, tariff_exporter_importer_sector=one[None], factor_share=one, consumption_share=one,
             intermediate_share_input_output_country=one[None], theta=1e-3 * one[0])  # fmt: skip
    (tmp_path / "meta.yaml").write_text("id: one\nyear: 2014\nworld: false\n")
    with pytest.raises(DataError, match=r"t\.npz: B05 trade_elasticity: found 0\.001 in S"):
        read_kite(tmp_path)
