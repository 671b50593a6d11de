"""What holds on a day, in a branch; and the plan made of it."""

from __future__ import annotations

import datetime as dt
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.baseline import Baseline
from detente.core.errors import PolicyError, ScenarioError, UsageError
from detente.scenario.calendar import comparator, dates, describe_not_applied, headlines, regime
from detente.scenario.load import load_scenario, parse_scenario
from detente.scenario.run import plan
from detente.scenario.schema import Scenario

CODES = ("USA", "CHN", "DEU", "MEX")
SECTORS = ("A01", "C26", "SERV")
USA, CHN, DEU, MEX = range(4)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def world() -> Baseline:
    n, j = len(CODES), len(SECTORS)
    flows = np.full((n, n, j), 10.0)
    flows[np.arange(n), np.arange(n)] = 100.0
    shares = np.ones((n, j)), np.zeros((j, n, j))
    return Baseline.from_flows(CODES, SECTORS, flows, np.zeros((n, n, j)), *shares, np.full(j, 4.0))


def case(*measures: str, more: str = "") -> Scenario:
    text = "detente: 1\nid: case\nas_of: 2025-10-25\ncompare_to: 2025-01-01\nhorizon: 2026-02-10\nbaseline: toy\n"
    body = "".join(f"  - {{by: USA, against: CHN, kind: tariff, {fields}}}\n" for fields in measures)
    return parse_scenario(f"{text}{more}measures:\n{body}".encode(), path="case.yaml")


def applied(scenario: Scenario, on: str | None = None, **how: object) -> list[str]:
    return [measure.id for measure in regime(scenario, day(on) if on else None, **how).applied]  # type: ignore[arg-type]


STATUSES = case(
    "id: force, rate: +1pp, from: 2025-03-04, status: in-force",
    "id: later, rate: +1pp, from: 2025-11-10, status: scheduled",
    "id: threat, rate: +1pp, from: 2025-11-01, status: threatened",
    "id: offer, rate: +1pp, from: 2026-01-01, status: offered",
    "id: told, rate: +1pp, from: 2026-01-01, status: announced",
    "id: rest, rate: +1pp, from: 2025-05-14, status: suspended",
    "id: over, rate: +1pp, from: 2025-02-04, status: ended",
    "id: said, rate: +57pp, from: 2025-05-14, status: in-force, rate_kind: headline",
    more="tree:\n  calm: {drop: [later, force]}\n  storm: {include: [threat, offer]}\n  wait: {}\n",
)


def test_only_what_is_in_force_or_due_holds_today() -> None:
    assert applied(STATUSES) == ["force"]
    assert applied(STATUSES, "2025-11-10") == ["force", "later"]
    assert applied(STATUSES, "2025-03-03") == []


def test_include_overrides_status_and_a_later_first_day() -> None:
    assert applied(STATUSES, include=("threat", "later", "told")) == ["force", "later", "threat", "told"]
    assert applied(STATUSES.include("threat")) == ["force", "threat"]


def test_branches_are_as_of_the_horizon() -> None:
    assert regime(STATUSES, branch="wait").date == day("2026-02-10")
    assert applied(STATUSES, branch="wait") == ["force", "later"]
    assert applied(STATUSES, branch="calm") == []
    assert applied(STATUSES, branch="storm") == ["force", "later", "threat", "offer"]


def test_a_drop_always_wins() -> None:
    assert applied(STATUSES, branch="storm", drop=("threat",)) == ["force", "later", "offer"]
    assert applied(STATUSES.drop("force").include("force")) == []


def test_every_reason_is_said_once() -> None:
    text = describe_not_applied(regime(STATUSES.drop("force")))
    assert text.startswith("8 measures read, 0 applied, 8 not (threatened: threat; scheduled later: later; ")
    for words in (
        "announced: told",
        "offered: offer",
        "suspended: rest",
        "ended: over",
        "dropped: force",
        "headline only: said",
    ):
        assert words in text
    assert "not yet in force: force" in describe_not_applied(regime(STATUSES, day("2025-03-03")))


def test_as_of_hides_what_was_published_later() -> None:
    scenario = case(
        "id: old, rate: +1pp, from: 2025-03-04, source: {title: a, date: 2025-03-03}",
        "id: new, rate: +1pp, from: 2025-03-04, source: {title: b, date: 2025-09-01}",
    )
    found = regime(scenario, as_of=day("2025-06-01"))
    assert found.date == day("2025-06-01")
    assert [measure.id for measure in found.applied] == ["old"]
    assert found.not_applied[0][1] == "not known on 2025-06-01"


@given(st.dates(day("2024-01-01"), day("2027-01-01")), st.booleans())
def test_nothing_holds_outside_from_and_until(on: dt.date, included: bool) -> None:
    """I23: `from` counts, `until` does not, whether included or not; only the first day can be brought forward."""
    scenario = case("id: m, rate: +1pp, from: 2025-03-04, until: 2025-11-10")
    holds = bool(regime(scenario, on, include=("m",) if included else ()).applied)
    assert holds == ((included or day("2025-03-04") <= on) and on < day("2025-11-10"))


def test_the_order_in_the_file_is_irrelevant() -> None:
    """I23, to the last bit."""
    lines = [
        f"id: m{i}, rate: {rate}, from: 2025-0{i + 1}-01" for i, rate in enumerate(("25%", "+0.1pp", "+0.7pp", "+3pp"))
    ]
    base = world()
    expected = plan(case(*lines), base)[0].wedges.tariffs
    random.Random(1).shuffle(lines)
    found = plan(case(*lines), base)[0].wedges.tariffs
    assert expected is not None
    assert found is not None
    assert (found == expected).all()


def test_the_comparator_is_usually_the_law_of_the_baseline() -> None:
    scenario = case("id: m, rate: +1pp, from: 2025-03-04", "id: undated, rate: +1pp")
    assert comparator(scenario).applied == ()
    (main,) = plan(scenario, world())
    assert main.comparator_wedges.tariffs is None
    assert main.comparator.date == day("2025-01-01")


def test_a_measure_older_than_the_comparator_is_in_both() -> None:
    scenario = case("id: old, rate: +5pp, from: 2024-06-01", "id: new, rate: +10pp, from: 2025-03-04")
    (main,) = plan(scenario.drop("old"), world())
    assert main.comparator_wedges.tariffs is not None
    assert main.comparator_wedges.tariffs[CHN, USA, 0] == 0.05
    assert main.wedges.tariffs is not None
    assert main.wedges.tariffs[CHN, USA, 0] == 0.10
    assert "part of both" in main.warnings[0]


def test_dates_on_which_something_changes() -> None:
    assert dates(
        case("id: m, rate: +1pp, from: 2025-03-04, until: 2025-11-10", "id: n, rate: +1pp, from: 2025-03-04")
    ) == (
        day("2025-03-04"),
        day("2025-11-10"),
    )


def test_a_plan_has_main_and_every_leaf() -> None:
    plans = plan(STATUSES, world())
    assert [each.name for each in plans] == ["main", "calm", "storm", "wait"]
    points = [0 if each.wedges.tariffs is None else round(100 * each.wedges.tariffs[CHN, USA, 1]) for each in plans]
    assert points == [1, 0, 4, 2]
    assert [each.name for each in plan(STATUSES, world(), branches=["storm"])] == ["storm"]
    assert plan(STATUSES, world(), on=day("2025-11-10"), branches="main")[0].regime.date == day("2025-11-10")


def test_unknown_branches_and_ids_are_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="try storm"):
        plan(STATUSES, world(), branches="strom")
    with pytest.raises(UsageError, match="try threat"):
        plan(STATUSES, world(), include=("thread",))


def test_a_product_without_a_sector_is_refused_only_where_it_would_apply() -> None:
    quota = "  - {id: quota, by: CHN, against: USA, kind: import-quota, volume: 10% of base, status: STATUS,\n"
    quota += '     products: {hs22: ["0203"]}}\n'
    text = "detente: 1\nid: case\nas_of: 2025-10-25\nbaseline: toy\nmeasures:\n"
    waiting = parse_scenario((text + quota.replace("STATUS", "announced")).encode())
    (main,) = plan(waiting, world())
    assert describe_not_applied(main.regime) == "1 measures read, 0 applied, 1 not (announced: quota)"
    for scenario, how in (
        (parse_scenario((text + quota.replace("STATUS", "in-force")).encode()), ()),
        (waiting, ("quota",)),
    ):
        with pytest.raises(PolicyError, match=r"quota.products: found HS 0203.*--drop quota"):
            plan(scenario, world(), include=how)
        plan(scenario.drop("quota"), world(), include=how)


def test_codes_of_another_baseline_are_refused_with_their_lines() -> None:
    with pytest.raises(ScenarioError, match=r"case\.yaml:8: m\.sectors: found 'C29'; expected a sector of baseline"):
        plan(case("id: m, rate: +1pp, sectors: C29"), world())


def test_a_resolved_scenario_runs_only_on_its_baseline() -> None:
    scenario = load_scenario(case("id: m, rate: +1pp").resolved(baseline_sha256="0" * 64))
    with pytest.raises(ScenarioError, match=r"baseline\.sha256"):
        plan(scenario, world())


def test_the_court_strikes_one_statute_down() -> None:
    """Dropping an authority takes whole measures and single rows of tables, and leaves the rest."""
    found = regime(load_scenario("us-china-2025-10"), drop=("authority=ieepa",))
    table = next(measure.table for measure in found.applied if measure.id == "us-others")
    assert table is not None
    assert table.authorities == {"section-232"}
    assert "us-fentanyl" not in [measure.id for measure in found.applied]


def test_branches_of_the_packaged_case() -> None:
    scenario = load_scenario("us-china-2025-10")
    today = {"us-fentanyl", "us-others", "cn-energy", "cn-farm", "cn-retaliation"}
    today |= {"us-tech-controls", "us-port-fees", "cn-port-fees", "cn-soy-boycott", "cn-licence-april"}
    back = {"us-snapback", "cn-snapback"}
    gone = {"us-fentanyl", "us-port-fees", "cn-port-fees", "cn-soy-boycott"}
    december = {"cn-minerals-licence"}
    expected = {
        "main": today,
        "full-exchange": today - gone | {"cn-soy-purchases"},
        "rollover": today,
        "snapback": today | back | december,
        "threat": today | {"us-threat-100"} | december,
        "escalation": today | back | {"us-threat-100"} | december,
    }
    for branch, ids in expected.items():
        assert {measure.id for measure in regime(scenario, branch=branch).applied} == ids
    assert describe_not_applied(regime(scenario)).startswith(
        "19 measures read, 10 applied, 9 not (threatened: us-threat-100"
    )


def test_a_headline_is_stated_on_its_days_and_not_without_its_legal_basis() -> None:
    scenario = load_scenario("us-china-2025-10")
    assert [each.id for each in headlines(regime(scenario))] == ["us-reciprocal", "us-headline-china"]
    assert "us-headline-china" not in [each.id for each in headlines(regime(scenario, branch="threat"))]
    assert headlines(regime(scenario, drop=["authority=ieepa"])) == ()
    assert headlines(regime(scenario, dt.date(2025, 5, 13))) == ()
