"""Break-even odds, expectations and revaluation mean what their definitions say; without odds nothing is expected."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from detente.baseline import Baseline
from detente.core.errors import ScenarioError, UsageError
from detente.scenario.execute import run_scenario
from detente.scenario.load import parse_scenario
from detente.scenario.schema import Scenario
from detente.scenario.tree import REAL_INCOME, beliefs, break_even, revaluation, spreads, tree, value_added_new

CODES, SECTORS = ("USA", "CHN", "DEU"), ("A01", "SERV")
TEXT = """
detente: 1
id: case
as_of: 2025-10-25
horizon: 2026-02-10
baseline: toy
measures:
  - {id: force, by: USA, against: CHN, kind: tariff, rate: +10pp, from: 2025-03-04,
     source: {title: A, date: 2025-03-03}}
  - {id: back, by: USA, against: CHN, kind: tariff, rate: +10pp, from: 2025-11-10, status: scheduled,
     source: {title: B, date: 2025-09-01}}
  - {id: threat, by: CHN, against: USA, kind: tariff, rate: +40pp, from: 2025-11-01, status: threatened}
talks: {players: [USA, CHN], objective: {USA: real-income, CHN: real-income},
        issues: {one: {measure: back, choices: [imposed, suspended]}}}
tree:
  calm: {drop: [back, force]%s}
  lapse: {%s}
  storm: {include: [threat]%s}
"""
PLAIN = TEXT % ("", "", "")
ODDS = TEXT % (", probability: 50%", "probability: 30%", ", probability: 20%")


def toy() -> Baseline:
    n, j = len(CODES), len(SECTORS)
    flows = np.full((n, n, j), 10.0)
    flows[1, 0], flows[0, 1] = [30.0, 4.0], [20.0, 6.0]
    flows[np.arange(n), np.arange(n)] = [[100.0, 80.0], [70.0, 90.0], [60.0, 50.0]]
    share = np.full((n, j), 0.6)
    inputs = np.zeros((j, n, j))
    inputs[0], inputs[1] = 0.1, 0.3
    return Baseline.from_flows(CODES, SECTORS, flows, np.zeros((n, n, j)), share, inputs, np.full(j, 4.0))


def case(text: str = PLAIN) -> Scenario:
    return parse_scenario(text.encode(), path="case.yaml")


@pytest.fixture(scope="module")
def base() -> Baseline:
    return toy()


def test_leaves_are_those_of_a_run_and_main_is_on_the_horizon(base: Baseline) -> None:
    found = tree(case(), base=base)
    assert (str(found.date), found.leaves) == ("2026-02-10", ("calm", "lapse", "storm"))
    alone = run_scenario(case(), base=base)
    for name in found.leaves:
        assert found.results[name].welfare_hat == pytest.approx(alone[name].welfare_hat, rel=1e-10)
    main = run_scenario(case(), base=base, on="2026-02-10", branches="main")["main"]
    assert found.results["main"].welfare_hat == pytest.approx(main.welfare_hat, rel=1e-10)
    assert found.parties == ("USA", "CHN")


def test_without_odds_nothing_is_expected(base: Baseline) -> None:
    found = tree(case(), base=base)
    assert found.odds is None
    assert found.old_odds is None
    assert found.expected == ()
    assert found.revaluation == ()


VALUES = {
    "main": {("USA", REAL_INCOME): 0.0, ("CHN", REAL_INCOME): -1.0},
    "good": {("USA", REAL_INCOME): 1.0, ("CHN", REAL_INCOME): 3.0},
    "bad": {("USA", REAL_INCOME): -3.0, ("CHN", REAL_INCOME): -1.0},
    "worst": {("USA", REAL_INCOME): -4.0, ("CHN", REAL_INCOME): 2.0},
}


def test_break_even_odds_solve_their_equation() -> None:
    found = {(each.party, each.better, each.worse): each for each in break_even(VALUES, ("USA", "CHN"))}
    assert len(found) == 6
    assert found["USA", "good", "bad"].probability == pytest.approx(0.75)
    assert found["USA", "good", "worst"].probability == pytest.approx(0.8)
    assert found["USA", "bad", "worst"].probability is None
    assert found["USA", "bad", "worst"].why == "both worse than main"
    assert found["CHN", "good", "bad"].probability == 0.0
    assert "bad is worth what main is" in found["CHN", "good", "bad"].why
    assert found["CHN", "good", "worst"].why == "both better than main"
    for (party, better, worse), each in found.items():
        if each.probability is not None:
            p = each.probability
            mix = p * VALUES[better][party, REAL_INCOME] + (1 - p) * VALUES[worse][party, REAL_INCOME]
            assert mix == pytest.approx(VALUES["main"][party, REAL_INCOME])


def test_equal_leaves_have_no_odds() -> None:
    same = {"main": VALUES["main"], "a": VALUES["bad"], "b": VALUES["bad"]}
    assert break_even(same, ("USA",))[0].why == "the two are the same"


def test_spread_is_best_less_worst_of_the_leaves() -> None:
    (found,) = spreads(VALUES, ("USA",))
    assert (found.best, found.worst, found.spread_pp) == ("good", "worst", 5.0)


def test_expected_values_and_the_value_of_the_deadline(base: Baseline) -> None:
    odds = {"calm": 0.5, "lapse": 0.3, "storm": 0.2}
    found = tree(case(), probabilities=odds, base=base)
    row = next(each for each in found.expected if (each.country, each.variable) == ("CHN", REAL_INCOME))
    level = {name: found.values[name]["CHN", REAL_INCOME] for name in found.results}
    assert row.expected == pytest.approx(sum(odds[name] * level[name] for name in odds))
    assert row.main == level["main"]
    assert row.deadline == pytest.approx(row.expected - level["main"])
    assert found.old_odds == {"main": 1.0}


def test_revaluation_is_between_old_and_new_beliefs(base: Baseline) -> None:
    filed = tree(case(ODDS), base=base)
    assert filed.odds == {"calm": 0.5, "lapse": 0.3, "storm": 0.2}
    assert filed.old_odds == {"main": 1.0}
    moved = tree(case(ODDS), probabilities={"calm": 0.2, "storm": 0.5}, base=base)
    assert moved.old_odds == filed.odds
    assert moved.odds == {"calm": 0.2, "lapse": 0.3, "storm": 0.5}
    levels = {name: value_added_new(result) for name, result in moved.results.items()}
    change = -0.3 * levels["calm"] + 0.3 * levels["storm"]
    before = 0.5 * levels["calm"] + 0.3 * levels["lapse"] + 0.2 * levels["storm"]
    for each in moved.revaluation:
        n, s = CODES.index(each.country), SECTORS.index(each.sector)
        assert each.change_musd == pytest.approx(change[n, s], abs=1e-9)
        assert each.change_pct == pytest.approx(100 * change[n, s] / before[n, s], abs=1e-9)


def test_laws_of_revaluation(base: Baseline) -> None:
    results = tree(case(), base=base).results
    assert all(each.change_musd == 0 for each in revaluation(results, {"calm": 1.0}, {"calm": 1.0}, CODES))
    rows = revaluation(results, {"calm": 1.0}, {"storm": 1.0}, CODES)
    gap = value_added_new(results["storm"]) - value_added_new(results["calm"])
    assert [each.change_musd for each in rows] == pytest.approx(gap.ravel().tolist())
    assert abs(sum(each.change_musd for each in rows)) < 0.05 * np.abs(gap).sum() + 1e-6


def test_value_added_sums_to_wage_income(base: Baseline) -> None:
    for result in tree(case(), base=base).results.values():
        assert value_added_new(result).sum(axis=1) == pytest.approx(result.wage_hat * base.value_added, rel=1e-8)


@pytest.mark.parametrize("rents", ["exporter", "importer", "lost"])
def test_value_added_under_a_bound_has_the_rents_of_producers_only(rents: str, base: Baseline) -> None:
    quota = (
        "  - {id: quota, by: USA, against: CHN, kind: import-quota, sectors: A01, volume: 20% of base, "
        f"rents_to: {rents}, from: 2025-03-04}}\n"
    )
    found = tree(case(PLAIN.replace("talks:", quota + "talks:")), base=base)
    result = found.results["lapse"]
    assert value_added_new(result).sum(axis=1) == pytest.approx(result.wage_hat * base.value_added, rel=1e-8)
    assert result["wedge"].max() > 1.01


@pytest.mark.parametrize(
    ("odds", "words"),
    [
        ({"calm": 0.4, "lapse": 0.3, "storm": 0.29}, "99% in all"),
        ({"calm": 0.4}, "none for lapse, storm; expected 100% over all leaves"),
        ({"calm": 0.4, "lapse": 0.3}, "try --set-prob storm=30%"),
        ({"clam": 1.0}, "try calm"),
        ({"calm": 1.5}, "found 150% for calm; expected 0% to 100%"),
        ({"main": 1.0}, "expected a leaf"),
    ],
)
def test_odds_that_cannot_be(odds: dict[str, float], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        beliefs(case(), odds)


def test_as_of_hides_and_a_file_without_leaves_is_refused(base: Baseline) -> None:
    found = tree(case(), as_of=dt.date(2025, 8, 1), base=base)
    applied = [m.id for m in found.plans["lapse"].regime.applied]
    assert applied == ["force"]
    with pytest.raises(ScenarioError, match="tree: found none; expected leaves"):
        tree(case().replace(tree=()), base=base)
    with pytest.raises(UsageError, match="try USA"):
        tree(case(), countries=("US",), base=base)
