"""US tariffs of October 2025 by product: who pays what, what stacks, what is exempt, and how levels are met."""

from __future__ import annotations

import pandas as pd
import pytest

from detente.baseline.build import applied_2025, applied_patterns
from detente.baseline.build import measures_2025 as law
from detente.core.errors import DataError

PLAIN, CHIP, CAR, PART, PIPE, WIRE, COIL, SOFA, LOG, DRUG, OIL = (
    "6109100012", "8542310001", "8703230190", "8708295160", "7308909590", "7406100000", "7208390015", "9401616011",
    "4407110001", "3004909215", "2709002010",
)  # fmt: skip
LISTS = law.Lists(
    annex=("3004909200", "2709002000"),
    electronics=("8542310001",),
    autos=("8703", "87082951"),
    steel=("73089095",),
    aluminium=("8708295160",),
    copper=("74061000",),
    brazil=("27090020",),
    reciprocal={law.CHINA: 10.0, "5520": 20.0, "5330": 25.0},
    usmca={law.CANADA: {"": 0.5, "610910": 0.8}, law.MEXICO: {"": 0.5}},
)


def added(partner: str, code: str, reading: law.Reading = law.LAW, duty: float = 0.0) -> tuple[float, float, float]:
    goods = pd.DataFrame({"hs10": [code], "imports": [100.0], "duty": [duty], "sector": ["X"]})
    found = law.points_added(goods, partner, LISTS, reading)
    return float(found.ieepa[0]), float(found.fixed[0]), float(found.section_232[0])


@pytest.mark.parametrize(
    ("partner", "code", "expected"),
    [
        ("5520", PLAIN, (20.0, 0.0, 0.0)),
        ("9999", PLAIN, (10.0, 0.0, 0.0)),  # not listed on 7 August
        ("5520", CHIP, (0.0, 0.0, 0.0)),
        ("5520", CAR, (0.0, 0.0, 25.0)),
        ("5520", PART, (0.0, 0.0, 25.0)),  # autos go before metals
        ("5520", PIPE, (0.0, 0.0, 50.0)),
        ("5520", COIL, (0.0, 0.0, 25.0)),  # paid 25 already in 2024
        ("0003", COIL, (0.0, 0.0, 50.0)),  # was spared in 2024
        ("5520", WIRE, (0.0, 0.0, 50.0)),
        ("5520", SOFA, (0.0, 0.0, 25.0)),
        ("5520", LOG, (0.0, 0.0, 10.0)),
        (law.KINGDOM, PIPE, (0.0, 0.0, 25.0)),
        (law.KINGDOM, CAR, (0.0, 0.0, 10.0)),
        (law.CHINA, PLAIN, (10.0, 20.0, 0.0)),
        (law.CHINA, CHIP, (0.0, 20.0, 0.0)),
        (law.CHINA, PIPE, (0.0, 20.0, 50.0)),  # the 20 points stack with Section 232
        (law.HONG_KONG, PLAIN, (30.0, 0.0, 0.0)),
        (law.INDIA, PLAIN, (50.0, 0.0, 0.0)),
        (law.BRAZIL, PLAIN, (50.0, 0.0, 0.0)),
        (law.BRAZIL, OIL, (0.0, 0.0, 0.0)),
        (law.CANADA, PLAIN, (35.0 * 0.2, 0.0, 0.0)),
        (law.CANADA, OIL, (10.0 * 0.5, 0.0, 0.0)),
        (law.CANADA, CAR, (0.0, 0.0, 25.0 * (1 - 0.5 * 0.4))),
        (law.CANADA, PART, (0.0, 0.0, 12.5)),
        (law.MEXICO, PLAIN, (12.5, 0.0, 0.0)),
        (law.RUSSIA, PLAIN, (0.0, 0.0, 0.0)),
        (law.BELARUS, PLAIN, (0.0, 0.0, 0.0)),
    ],
)
def test_points_added_follow_the_orders(partner: str, code: str, expected: tuple[float, float, float]) -> None:
    assert added(partner, code) == pytest.approx(expected)


def test_deals_include_the_ordinary_duty() -> None:
    assert added(law.EUROPE, PLAIN, duty=4.0) == pytest.approx((11.0, 0.0, 0.0))
    assert added(law.JAPAN, PLAIN, duty=18.0) == pytest.approx((0.0, 0.0, 0.0))
    assert added(law.JAPAN, CAR, duty=2.5) == pytest.approx((0.0, 0.0, 12.5))
    assert added(law.EUROPE, PLAIN, law.TRACKER, duty=4.0) == pytest.approx((15.0, 0.0, 0.0))


def test_eight_digit_exemptions_cover_their_products_only_when_read_so() -> None:
    assert added("5520", DRUG, law.LAW)[0] == 0.0
    assert added("5520", DRUG, law.TRACKER)[0] == 20.0


def goods() -> pd.DataFrame:
    rows = [(PLAIN, "C13T15", 300.0), (PIPE, "C25", 100.0), (CHIP, "C26", 100.0)]
    return pd.DataFrame(rows, columns=["hs10", "sector", "imports"]).assign(duty=0.0)


def test_one_factor_brings_emergency_tariffs_to_the_level_and_leaves_section_232() -> None:
    found = applied_patterns.pattern_of(goods(), "5520", LISTS, law.TRACKER, 25.0)
    assert found.average == pytest.approx(25.0)
    assert found.scale == pytest.approx((25 - 10) / 12)
    assert found.section_232["C25"] == 50.0
    assert found.ieepa["C13T15"] == pytest.approx(20 * 15 / 12)
    assert found.ieepa["C26"] == 0.0


def test_the_twenty_points_on_china_are_not_scaled_and_not_in_the_table() -> None:
    found = applied_patterns.pattern_of(goods(), law.CHINA, LISTS, law.TRACKER, 33.0)
    assert found.fixed == 20.0
    assert found.average == pytest.approx(33.0)
    assert found.ieepa["C13T15"] == pytest.approx(10 * 3 / 6)
    text = applied_2025.as_csv({"CHN": found})
    assert "USA,CHN,C13T15,+5.0000pp,ieepa,false" in text.splitlines()
    assert "USA,CHN,C25,+50.0000pp,section-232,false" in text.splitlines()
    assert "USA,CHN,C26,+0.0000pp,ieepa,false" in text.splitlines()


def test_usmca_levels_move_the_share_claimed_not_the_rate() -> None:
    found = applied_patterns.pattern_of(goods(), law.CANADA, LISTS, law.TRACKER, 20.0)
    assert found.average == pytest.approx(20.0)
    assert found.claimed is not None
    assert 0 < found.claimed < 1
    assert max(found.ieepa.values()) <= 35.0


def test_borrowed_sectors_are_marked_as_assumed() -> None:
    own = applied_patterns.pattern_of(goods()[:1], "5520", LISTS, law.TRACKER, 22.0)
    full = applied_patterns.completed(own, applied_patterns.pattern_of(goods(), "5520", LISTS, law.TRACKER, None))
    assert full.borrowed == ("C25", "C26")
    rows = {(row[1], row[3]): row[4] for row in applied_2025.rows_of({"VNM": full})}
    assert rows["C25", "section-232"] is True
    assert rows["C13T15", "ieepa"] is False


def test_a_negative_rate_stops_the_build() -> None:
    bad = applied_patterns.pattern_of(goods(), "5520", LISTS, law.TRACKER, 1.0)
    with pytest.raises(DataError, match="VNM/C13T15"):
        applied_2025.check_patterns({"VNM": bad})
