"""The reciprocal tariffs of April 2025: who paid what on which day, by the orders; levels beside a public tracker."""

from __future__ import annotations

import csv
import datetime as clock
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import detente as dt
from detente.baseline.build import liberation_2025
from detente.baseline.build import measures_2025 as law
from detente.baseline.build.applied_sources import Sources, read_sources
from detente.baseline.build.goods_2024 import Goods, goods_by_country
from detente.core.codes import EU27
from detente.scenario import calendar
from detente.scenario.run import plan

CASE = "liberation-day-2025"
ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "src" / "detente" / "scenario" / "packaged" / "tables"
PAGE = ROOT / "docs" / "explanation" / "history-2018.md"
BEFORE = clock.date(2025, 4, 2)
TRACKER_DAY = "2025-05-12"
EXEMPT_OIL = {"RUSSIA", "NIGERIA", "SAUDI ARABIA", "ANGOLA"}
"""The tracker taxes oil and other lines of Annex II here, and Russia; the orders do not."""


@pytest.fixture(scope="module")
def sources(shared: Path) -> Sources:
    pytest.importorskip("pyreadr")
    return read_sources(shared / "data")


@pytest.fixture(scope="module")
def everybody(sources: Sources, shared: Path) -> dict[str, Goods]:
    frame = sources.imports[sources.imports.sector != ""].reset_index(drop=True)
    return goods_by_country(frame, shared / "data")


def added(world: dt.Baseline, day: str, by: str, against: str, branch: str = "main") -> np.ndarray:
    """Return the points by goods sector that hold on a day and did not on the morning of 2 April 2025."""
    case = dt.scenario(CASE)
    on = clock.date.fromisoformat(day) if branch == "main" else None
    rates = [plan(case, world, each, name)[0].wedges.tariffs for each, name in ((on, branch), (BEFORE, "main"))]
    assert all(each is not None for each in rates)
    place = world.countries.index(against), world.countries.index(by)
    change: np.ndarray = 100 * (rates[0][place] - rates[1][place])[:-1]  # type: ignore[index]
    return change


@pytest.mark.parametrize(
    ("day", "points"),
    [("2025-04-04", 0.0), ("2025-04-05", 10.0), ("2025-04-09", 84.0), ("2025-04-10", 125.0), ("2025-05-13", 125.0),
     ("2025-05-14", 10.0), ("2025-08-11", 10.0), ("2025-08-12", 34.0)],
)  # fmt: skip
def test_the_us_on_china_by_day(world: dt.Baseline, day: str, points: float) -> None:
    """Food is not exempt, so what is applied there is what the order says."""
    food = world.sectors.index("C10T12")
    for code in ("CHN", "HKG"):
        change = added(world, day, "USA", code)
        assert change[food] == pytest.approx(points, abs=0.2)
        assert (change[: world.sectors.index("C22")] <= points + 1e-6).all()  # from tyres on, duties on car parts too


@pytest.mark.parametrize(
    ("day", "points"),
    [("2025-04-09", 0.0), ("2025-04-10", 84.0), ("2025-04-12", 125.0), ("2025-05-14", 10.0), ("2025-08-12", 34.0)],
)
def test_china_on_the_us_by_day(world: dt.Baseline, day: str, points: float) -> None:
    np.testing.assert_allclose(added(world, day, "CHN", "USA"), points, atol=1e-9)


@pytest.mark.parametrize(
    ("day", "rate"), [("2025-04-08", 10.0), ("2025-04-09", 46.0), ("2025-04-10", 10.0), ("2025-07-09", 46.0)]
)
def test_annex_i_held_for_one_day_and_comes_back(world: dt.Baseline, day: str, rate: float) -> None:
    food = world.sectors.index("C10T12")
    assert added(world, day, "USA", "VNM")[food] == pytest.approx(rate, abs=0.1)


def test_the_branch_as_announced_has_every_rate_of_2_april(world: dt.Baseline) -> None:
    food = world.sectors.index("C10T12")
    rates = {"CHN": 34.0, "VNM": 46.0, "DEU": 20.0, "JPN": 24.0, "BRA": 10.0}
    for code, rate in rates.items():
        assert added(world, "", "USA", code, "as-announced")[food] == pytest.approx(rate, abs=0.5)
        assert added(world, "", "USA", code, "rollover")[food] == pytest.approx(10.0, abs=0.5)


def test_exempt_goods_and_partners_pay_nothing_more(world: dt.Baseline) -> None:
    oil, medicines, wheat = (world.sectors.index(code) for code in ("B06", "C21", "A01"))
    assert added(world, "2025-04-09", "USA", "NGA")[oil] == pytest.approx(0.0, abs=0.01)
    assert added(world, "2025-04-09", "USA", "IRL")[medicines] < 5
    for code in ("CAN", "MEX", "RUS", "BLR"):
        assert added(world, "2025-04-09", "USA", code)[wheat] == 0


def test_the_comparator_is_the_law_of_that_morning() -> None:
    law_then = calendar.comparator(dt.scenario(CASE))
    assert {each.id for each in law_then.applied} == {"us-fentanyl", "us-border", "us-metals", "cn-energy", "cn-farm"}


def test_what_never_took_effect_is_in_the_file_as_ended() -> None:
    case = dt.scenario(CASE)
    for id_ in ("us-china-34", "cn-34"):
        assert case.measure(id_).status == "ended"
        assert case.measure(id_).note
    for day in (clock.date(2025, 4, 9), clock.date(2025, 4, 10), clock.date(2025, 8, 12)):
        assert {"us-china-34", "cn-34"}.isdisjoint(each.id for each in calendar.regime(case, day).applied)


def test_headlines_change_no_number_and_hold_on_their_days() -> None:
    case = dt.scenario(CASE)
    said = {
        day: {each.id for each in calendar.headlines(calendar.regime(case, clock.date.fromisoformat(day)))}
        for day in ("2025-04-06", "2025-04-09", "2025-04-20", "2025-05-20")
    }
    assert said["2025-04-06"] == {"us-headline-10"}
    assert said["2025-04-09"] == {"us-headline-10", "us-headline-china-84"}
    assert said["2025-04-20"] == {"us-headline-10", "us-headline-china-125"}
    assert said["2025-05-20"] == {"us-headline-10", "us-headline-china-10"}


def test_every_source_is_dated_before_its_measure() -> None:
    for measure in dt.scenario(CASE).measures:
        assert measure.source is not None
        assert measure.source.date is not None
        assert measure.from_ is not None
        assert measure.source.date <= measure.from_, measure.id


def test_the_tables_rebuild_to_the_byte(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyreadr")
    assert liberation_2025.main(["--data", str(shared / "data"), "--out", str(tmp_path)]) == 0
    built = sorted(path.name for path in tmp_path.iterdir())
    assert len(built) == 9
    for name in built:
        assert (tmp_path / name).read_bytes() == (TABLES / name).read_bytes(), name


def test_a_folder_without_data_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert liberation_2025.main(["--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 6
    assert capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_rates_of_annex_i_are_those_of_a_second_source(
    sources: Sources, everybody: dict[str, Goods], shared: Path
) -> None:
    """The inputs of a study of the same day; they differ by a point for Switzerland."""
    folder = shared / "data" / "liberation-day-2025"
    with (folder / "country_labels.csv").open(encoding="utf-8-sig") as file:
        labels = [row["iso3"] for row in csv.DictReader(file)]
    rates = [100 * float(line) for line in (folder / "tariffs.csv").read_text("utf-8-sig").split()[1:]]
    second = dict(zip(labels, rates, strict=True))
    ours = liberation_2025.country_rates(shared / "data", sources, everybody)
    compared = {code for code in ours if code in second}
    assert set(EU27) <= compared
    assert len(compared) > 50
    assert {code for code in compared if abs(ours[code] - second[code]) > 1e-9} == {"CHE"}
    assert ours["CHE"] - second["CHE"] == pytest.approx(1.0)
    above = {code for code in everybody if second.get(code, 10.0) > 10.5} - {"CHN", *liberation_2025.FREE}
    assert above <= set(ours)


def points_on_imports(sources: Sources, everybody: dict[str, Goods]) -> dict[str, tuple[float, float]]:
    """Return tracked partner -> (points of our tables, imports), weighted with its imports of 2024 by sector."""
    names = (
        "us_border_2025_03",
        "us_metals_2025_03",
        "us_cars_2025_04",
        "us_car_parts_2025_05",
        "us_reciprocal_universal",
    )
    rates: dict[tuple[str, str], float] = {}
    for name in names:
        with (TABLES / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                key = row["against"], row["sector"]
                rates[key] = rates.get(key, 0.0) + float(row["rate"].removesuffix("pp"))
    value = sources.imports[sources.imports.sector != ""].groupby(["partner", "sector"]).imports.sum()
    found = {}
    for country, goods in everybody.items():
        if goods.partner:
            weights = value[goods.partner]
            extra = law.FENTANYL if country in ("CHN", "HKG") else 0.0
            paid = sum(weight * rates.get((country, sector), 0.0) for sector, weight in weights.items())
            found[sources.names[goods.partner]] = extra + paid / weights.sum(), float(weights.sum())
    return found


def test_levels_are_those_of_the_tracker_but_for_exempt_goods(
    sources: Sources, everybody: dict[str, Goods], shared: Path
) -> None:
    path = shared / "data" / "us-tariffs-tradewartracker" / "country-by-time.csv"
    with path.open(newline="", encoding="utf-8") as file:
        tracker = {
            row["country_name"]: float(row["effective tariff"])
            for row in csv.DictReader(file)
            if row["date"] == TRACKER_DAY
        }
    ours = points_on_imports(sources, everybody)
    far = {name for name, (points, _) in ours.items() if abs(points - tracker[name]) > 3}
    assert far == EXEMPT_OIL | {"SINGAPORE", "SWITZERLAND", "CANADA"}
    total = sum(weight for _, weight in ours.values())
    gap = sum((points - tracker[name]) * weight for name, (points, weight) in ours.items()) / total
    assert -1.5 < gap < 0  # the orders exempt more than the tracker


PLAIN, CHIP, CAR, PART, COIL, OIL = "6109100012", "8542310001", "8703230190", "8708295160", "7208390015", "2709002010"
LISTS = law.Lists(
    annex=("2709002000",), electronics=(CHIP,), autos=("8703", "87082951"), steel=(), aluminium=(PART,), copper=(),
    brazil=(), reciprocal={}, usmca={law.CANADA: {"": 0.5}},
)  # fmt: skip


@pytest.mark.parametrize(
    ("partner", "code", "expected"),
    [
        ("5520", PLAIN, {"border": 25.0, "open": 1.0}),
        ("5520", CHIP, {"border": 25.0, "open": 0.0}),
        ("5520", OIL, {"border": 10.0, "open": 0.0}),
        ("5520", CAR, {"border": 0.0, "cars": 25.0, "open": 0.0}),
        ("5520", PART, {"border": 0.0, "parts": 25.0, "metals": 0.0, "open": 0.0}),  # cars go before metals
        ("5520", COIL, {"border": 0.0, "metals": 0.0, "open": 0.0}),  # paid 25 already in 2024
        (law.JAPAN, COIL, {"border": 0.0, "metals": 25.0, "open": 0.0}),
        (law.CANADA, PLAIN, {"border": 12.5, "open": 1.0}),
        (law.CANADA, OIL, {"border": 5.0, "open": 0.0}),
        (law.CANADA, CAR, {"cars": 25.0 * (1 - 0.5 * 0.4)}),
        (law.CANADA, PART, {"parts": 12.5}),
    ],
)
def test_what_each_order_says_about_a_product(partner: str, code: str, expected: dict[str, float]) -> None:
    goods = pd.DataFrame({"hs10": [code], "imports": [100.0], "duty": [0.0], "sector": ["X"]})
    found = liberation_2025.points_of(goods, partner, LISTS)
    for name, points in expected.items():
        assert found[name]["X"] == pytest.approx(points), name


@pytest.mark.parametrize("day", ["2025-04-12", "2025-05-14"])
def test_changes_of_2025_are_those_of_the_published_series(world: dt.Baseline, shared: Path, day: str) -> None:
    """C. P. Bown (PIIE), averages of goods, from 1 January 2025; within 3 points."""
    path = shared / "data" / "us-china-tariffs-piie" / "us-china-trade-war-tariffs.csv"
    with path.open(newline="", encoding="latin-1") as file:
        rows = {clock.datetime.strptime(row["Date"], "%d-%b-%y").date(): row for row in csv.DictReader(file)}
    now = plan(dt.scenario(CASE), world, clock.date.fromisoformat(day), "main")[0].wedges.tariffs
    assert now is not None
    cells = []
    for by, against, column in (
        ("USA", "CHN", "US tariffs on Chinese exports"),
        ("CHN", "USA", "Chinese tariffs on US exports"),
    ):
        o, d = world.countries.index(against), world.countries.index(by)
        weights = world.flows[o, d, :-1] / world.flows[o, d, :-1].sum()
        ours = 100 * float(((now - world.tariffs)[o, d, :-1] * weights).sum())
        dates = clock.date.fromisoformat(day), clock.date(2025, 1, 1)
        theirs = float(rows[dates[0]][column]) - float(rows[dates[1]][column])
        assert ours == pytest.approx(theirs, abs=3)
        cells += [f"{ours:.1f}", f"{theirs:.1f}"]
    assert f"| {day} | " + " | ".join(cells) + " |" in PAGE.read_text("utf-8")


@pytest.mark.parametrize(
    ("label", "day", "branch"),
    [
        ("9 April 2025", "2025-04-09", "main"),
        ("12 April 2025", "2025-04-12", "main"),
        ("14 May 2025", None, "main"),
        ("as-announced", None, "as-announced"),
    ],
)
def test_the_page_says_what_comes_out(label: str, day: str | None, branch: str) -> None:
    result = dt.run(CASE, branches=[branch], on=day)[branch]
    assert result.status == "CERTIFIED"
    gains = [100 * (result.welfare_hat[result.countries.index(code)] - 1) for code in ("USA", "CHN")]
    assert f"| {label} | " + " | ".join(f"{gain:+.3f}" for gain in gains) + " |" in PAGE.read_text("utf-8")
