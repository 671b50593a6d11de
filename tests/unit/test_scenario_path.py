"""A path is the runs of its dates, solved together: nothing else changes, and a truce ends on both sides."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from detente.baseline import Baseline
from detente.core.errors import ScenarioError, SolveError, UsageError
from detente.scenario import path as module
from detente.scenario.calendar import dates
from detente.scenario.execute import run_scenario
from detente.scenario.load import load_scenario, parse_scenario
from detente.scenario.path import changes, country_values, path
from detente.scenario.schema import Scenario

CODES = ("USA", "CHN", "DEU")
CASE = "us-china-2025-10"
TEXT = """
detente: 1
id: case
as_of: 2025-10-25
compare_to: 2025-01-01
horizon: 2026-02-10
baseline: toy
groups: {north: [USA, DEU]}
measures:
  - {id: old, by: USA, against: CHN, kind: tariff, rate: +7pp, from: 2018-07-06}
  - {id: first, by: USA, against: CHN, kind: tariff, rate: +20pp, from: 2025-03-04,
     source: {title: A, date: 2025-03-03}}
  - {id: said, by: USA, against: CHN, kind: tariff, rate: 57%, rate_kind: headline, from: 2025-11-05}
  - {id: answer, by: CHN, against: USA, kind: tariff, rate: +10pp, from: 2025-04-04, until: 2025-12-01}
  - {id: us-back, by: USA, against: CHN, kind: tariff, rate: +24pp, from: 2025-11-10, status: scheduled,
     source: {title: B, date: 2025-08-11}}
  - {id: cn-back, by: CHN, against: USA, kind: tariff, rate: +24pp, from: 2025-11-10, status: scheduled}
  - {id: threat, by: USA, against: CHN, kind: tariff, rate: +100pp, from: 2025-11-01, status: threatened}
tree:
  extended: {drop: [us-back, cn-back]}
  storm: {include: [threat]}
report: {countries: [USA, CHN, north, WORLD]}
"""


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def toy() -> Baseline:
    n, j = len(CODES), 2
    flows = np.full((n, n, j), 10.0)
    flows[np.arange(n), np.arange(n)] = [[100.0, 80.0], [70.0, 90.0], [60.0, 50.0]]
    tariffs = np.zeros((n, n, j))
    tariffs[1, 0, 0], tariffs[0, 1, 0] = 0.05, 0.10
    return Baseline.from_flows(
        CODES, ("A01", "SERV"), flows, tariffs, np.full((n, j), 1.0), np.zeros((j, n, j)), np.full(j, 4.0)
    )


@pytest.fixture(scope="module")
def case() -> Scenario:
    return parse_scenario(TEXT.encode(), path="case.yaml")


@pytest.fixture(scope="module")
def base() -> Baseline:
    return toy()


def test_each_step_is_the_run_of_its_date(case: Scenario, base: Baseline) -> None:
    found = path(case, first=day("2025-01-01"), last=day("2026-02-10"), base=base)
    assert [str(step.date) for step in found.steps] == [
        "2025-01-01", "2025-03-04", "2025-04-04", "2025-11-10", "2025-12-01",
    ]  # fmt: skip
    for step in found.steps:
        alone = run_scenario(case, base=base, on=step.date, branches="main")["main"]
        assert step.result.welfare_hat == pytest.approx(alone.welfare_hat, rel=1e-10)
        assert step.result.flows_new == pytest.approx(alone.flows_new, rel=1e-9)
        assert step.result.status == alone.status


def test_first_step_is_the_comparator_where_nothing_has_changed(case: Scenario, base: Baseline) -> None:
    found = path(case, first=day("2025-01-01"), last=day("2025-03-03"), base=base)
    assert len(found.steps) == 1
    assert found.steps[0].result.welfare_hat == pytest.approx(np.ones(3), abs=1e-10)
    assert [m.id for m in found.steps[0].plan.regime.applied] == ["old"]
    assert found.base.tariffs[1, 0, 0] == pytest.approx(0.12)


def test_what_changes_is_named_and_averages_are_of_both_sides(case: Scenario, base: Baseline) -> None:
    found = path(case, base=base)
    assert (str(found.first), str(found.last), found.pair) == ("2025-10-25", "2026-02-10", ("USA", "CHN"))
    first, snap, end = found.steps
    assert (first.starts, first.ends) == ((), ())
    assert (snap.starts, snap.ends) == (("us-back", "cn-back"), ())
    assert (end.starts, end.ends) == ((), ("answer",))
    assert found.before == pytest.approx({("USA", "CHN"): 12.0, ("CHN", "USA"): 10.0})
    assert first.rates == pytest.approx({("USA", "CHN"): 32.0, ("CHN", "USA"): 20.0})
    assert snap.rates == pytest.approx({("USA", "CHN"): 56.0, ("CHN", "USA"): 44.0})
    assert country_values(first.result)["north", "real_income_pct"] < 0.2


def test_a_headline_does_not_make_a_regime(case: Scenario) -> None:
    assert day("2025-11-05") in dates(case)
    found = changes(case, day("2025-10-25"), day("2025-11-09"))
    assert [str(each.date) for each in found] == ["2025-10-25"]


def test_extension_of_the_truce_is_a_branch(case: Scenario, base: Baseline) -> None:
    found = path(case, branch="extended", base=base)
    assert [str(step.date) for step in found.steps] == ["2025-10-25", "2025-12-01"]
    assert found.steps[0].plan.name == found.steps[0].plan.regime.branch == "extended"


def test_a_leaf_is_reached_on_the_horizon(case: Scenario, base: Baseline) -> None:
    found = path(case, branch="storm", base=base)
    assert [str(step.date) for step in found.steps] == ["2025-10-25", "2025-11-01", "2025-11-10", "2025-12-01"]
    leaf = run_scenario(case, base=base, branches="storm")["storm"]
    assert found.steps[-1].result.welfare_hat == pytest.approx(leaf.welfare_hat, rel=1e-10)


def test_as_of_hides_later_sources_and_starts_the_path(case: Scenario, base: Baseline) -> None:
    found = path(case, as_of=day("2025-08-01"), base=base)
    assert str(found.first) == "2025-08-01"
    assert "us-back" not in {name for step in found.steps for name in step.starts}


def test_dates_and_branches_that_cannot_be(case: Scenario, base: Baseline) -> None:
    with pytest.raises(UsageError, match="until: found 2025-01-01, before 2026-01-01"):
        path(case, first=day("2026-01-01"), last=day("2025-01-01"), base=base)
    with pytest.raises(UsageError, match="try extended"):
        path(case, branch="extendd", base=base)


def test_years_that_differ_must_be_said(case: Scenario, world: Baseline) -> None:
    text = TEXT.replace("baseline: toy", "baseline: world-2022")
    with pytest.raises(ScenarioError, match="allow_year_mismatch"):
        path(parse_scenario(text.encode(), path="x.yaml"), base=world)


def test_a_regime_without_equilibrium_is_named(case: Scenario, base: Baseline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PASSES", 1)
    with pytest.raises(SolveError, match="2025-11-10: ") as caught:
        path(case, base=base)
    assert caught.value.certificate.ok is False


def test_the_packaged_truce_snaps_back_on_both_sides(world: Baseline) -> None:
    found = path(CASE, base=world)
    assert [str(step.date) for step in found.steps][:2] == ["2025-10-25", "2025-11-10"]
    before, after = (step.rates for step in found.steps[:2])
    for pair in (("USA", "CHN"), ("CHN", "USA")):
        assert after[pair] - before[pair] == pytest.approx(24.0)
    assert "2025-11-10" not in [str(step.date) for step in path(CASE, branch="rollover", base=world).steps]
    alone = run_scenario(CASE, base=world, on="2025-11-10", branches="main")["main"]
    assert found.steps[1].result.welfare_hat == pytest.approx(alone.welfare_hat, rel=1e-10)
    assert load_scenario(CASE).id == found.scenario.id
