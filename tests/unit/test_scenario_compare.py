"""Runs side by side: deltas against the chosen run, inputs that differ, conditions, worlds that do not compare."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detente.core.errors import DataError, UsageError
from detente.core.units import Rate
from detente.policy.measure import Measure
from detente.scenario.compare import Compared, compare_runs, input_changes, label_at, met, parse_condition

TEN = Measure("first", "tariff", ("USA",), ("CHN",), ("goods",), rate=Rate(0.1, True))
TWENTY = replace(TEN, rate=Rate(0.2, True))
OTHER = Measure("other", "tariff", ("CHN",), ("USA",), ("goods",), rate=Rate(0.25, False))
NOW = Compared(
    label="now", branch="main", on="2025-10-25", status="CERTIFIED",
    values={("USA", "real_income_pct"): -0.5, ("CHN", "real_income_pct"): -1.0, ("USA", "real_income_musd"): -100.0},
    baseline="toy", world="abc", comparator="the law of 2025-01-01",
    facts={"closure": "world-share", "elasticities": "default"},
    applied=(TEN, OTHER), groups=("USA", "CHN"),
)  # fmt: skip
COURT = replace(
    NOW, label="court", values={("USA", "real_income_pct"): -0.2, ("CHN", "real_income_pct"): -1.5},
    applied=(TWENTY,), reasons={"other": "dropped"},
)  # fmt: skip
FAILED = replace(NOW, label="failed", status="UNCERTIFIED", values={})


def test_deltas_are_less_the_reference() -> None:
    found = compare_runs([NOW, COURT], variables=["real_income_pct"])
    assert [(row.country, row.levels, row.deltas, row.delta_unit) for row in found.rows] == [
        ("USA", (-0.5, -0.2), (None, pytest.approx(0.3)), "pp"),
        ("CHN", (-1.0, -1.5), (None, pytest.approx(-0.5)), "pp"),
    ]
    turned = compare_runs([NOW, COURT], delta_vs="court", variables=["real_income_pct"])
    assert turned.reference == 1
    assert turned.rows[0].deltas == (pytest.approx(-0.3), None)
    money = compare_runs([NOW, COURT], countries=["USA"], variables=["real_income_musd"]).rows[0]
    assert (money.unit, money.delta_unit, money.levels, money.deltas) == ("MUSD", "MUSD", (-100.0, None), (None, None))


def test_inputs_that_differ_stand_beside() -> None:
    found = compare_runs([NOW, COURT]).inputs
    assert [(each.label, each.change.where, each.change.what, each.why) for each in found] == [
        ("court", "measures.first.rate", "changed", ""),
        ("court", "measures.other", "removed", "dropped"),
    ]
    assert (found[0].change.before, found[0].change.after) == ("+10pp", "+20pp")
    balanced = replace(NOW, label="b", facts={**NOW.facts, "closure": "balanced"})
    (setting,) = input_changes(NOW, balanced)
    assert (setting.change.where, setting.change.before, setting.change.after) == ("closure", "world-share", "balanced")
    assert input_changes(NOW, NOW) == []


def test_an_uncertified_run_is_marked_and_has_no_number() -> None:
    found = compare_runs([NOW, FAILED])
    assert (FAILED.mark, NOW.mark, FAILED.certified) == ("MARKED UNCERTIFIED", "", False)
    assert all(row.levels[1] is None and row.deltas[1] is None for row in found.rows)
    assert found.warnings == ("failed: UNCERTIFIED: no number of it can be read",)
    assert replace(NOW, status="SOLVED_WARN").mark == "MARKED SOLVED_WARN"


def test_other_worlds_are_refused_and_other_comparators_told() -> None:
    with pytest.raises(DataError, match="baseline: found 'mine'; expected the world of now"):
        compare_runs([NOW, replace(COURT, baseline="mine")])
    with pytest.raises(DataError, match="checksum xyz"):
        compare_runs([NOW, replace(COURT, world="xyz")])
    elastic = replace(COURT, world="xyz", facts={**NOW.facts, "elasticities": "CP"})
    assert compare_runs([NOW, elastic]).inputs[0].change.where == "elasticities"
    (warning,) = compare_runs([NOW, replace(COURT, comparator="the baseline")]).warnings
    assert "a delta mixes two starting points" in warning


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("USA.real_income_pct<-0.3", ["now"]),
        ("USA.real_income_pct<=-0.5", ["now"]),
        ("USA.real_income_pct<-0.5", []),
        ("CHN.real_income_pct > -1.2", ["now"]),
        ("CHN.real_income_pct>=-1.5", ["now", "court"]),
        ("court:CHN.real_income_pct<-1.2", ["court"]),
        ("now:CHN.real_income_pct<-1.2", []),
        ("delta:USA.real_income_pct>0.2", ["court"]),
        ("delta:CHN.real_income_pct>0", []),
    ],
)
def test_conditions(text: str, labels: list[str]) -> None:
    assert [each.label for each in met(parse_condition(text), [NOW, COURT, FAILED], 0)] == labels


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("USA", "expected COUNTRY.variable"),
        ("USA.real_income_pct=-1", "expected COUNTRY.variable"),
        ("USA.real_incme_pct<1", "try real_income_pct"),
        ("USA.real_income_pct<1,5", "a decimal point, not a comma"),
        ("USA.real_income_pct<nan", "expected a finite number"),
        ("US.real_income_pct<1", "try USA"),
        ("curt:USA.real_income_pct<1", "try court"),
    ],
)
def test_conditions_that_cannot_be(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        met(parse_condition(text), [NOW, COURT], 0)


def test_labels_and_countries_that_cannot_be() -> None:
    assert label_at([NOW, COURT], "court/") == 1
    assert label_at([replace(NOW, label="a#main"), COURT], "a") == 0
    with pytest.raises(UsageError, match="delta-vs: found 'nw'; expected one of now, court; try now"):
        compare_runs([NOW, COURT], delta_vs="nw")
    with pytest.raises(UsageError, match="countries: found 'US'"):
        compare_runs([NOW, COURT], countries=["US"])
    with pytest.raises(UsageError, match="found one run"):
        compare_runs([NOW])
