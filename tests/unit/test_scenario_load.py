"""Scenario files: what is read, defaults, groups, the packaged case, and that a resolved copy says the same."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from detente.baseline.catalogue import load_baseline
from detente.core.codes import EU27
from detente.core.errors import ScenarioError, UsageError
from detente.core.units import Rate
from detente.policy.measure import KINDS
from detente.scenario import known
from detente.scenario.format import COMMON, DETAILS, MEASURE, json_schema
from detente.scenario.load import load_scenario, packaged_ids, parse_scenario
from detente.scenario.resolve import dump
from detente.scenario.schema import Scenario

HEAD = "detente: 1\nid: case\nas_of: 2025-10-25\n"


def case(measures: str, head: str = HEAD) -> Scenario:
    return parse_scenario(f"{head}measures:\n{measures}".encode(), path="case.yaml")


def one(fields: str, head: str = HEAD) -> Scenario:
    return case(f"  - {{id: m, by: USA, against: CHN, kind: tariff, {fields}}}\n", head)


def test_the_least_that_a_measure_needs() -> None:
    (measure,) = one("rate: 25%").measures
    assert (measure.by, measure.against, measure.sectors) == (("USA",), ("CHN",), ("goods",))
    assert measure.rate == Rate(0.25, False)
    assert (measure.status, measure.from_, measure.rate_kind) == ("in-force", None, "applied")
    assert measure.where() == "case.yaml:5"


@pytest.mark.parametrize(
    ("word", "sector"), [("Cars", "C29"), ("chips", "C26"), ("steel", "C24A"), ("oil", "B06"), ("soybeans", "A01")]
)
def test_everyday_words_lead_to_their_sector(word: str, sector: str) -> None:
    with pytest.raises(ScenarioError, match=f"found '{word}'; expected a sector .*; try {sector}$"):
        one(f"sectors: {word}, rate: 25%")


def test_the_purge_is_a_field_that_travels_and_needs_the_balanced_closure() -> None:
    scenario = one("rate: 25%", HEAD + "model: {closure: balanced, include_purge: true}\n")
    assert scenario.include_purge
    assert load_scenario(scenario.resolved()).include_purge
    assert not one("rate: 25%").include_purge
    with pytest.raises(ScenarioError, match=r"model\.include_purge: found true under closure 'world-share'"):
        one("rate: 25%", HEAD + "model: {include_purge: true}\n")


def test_the_mode_of_a_range_is_used_and_the_range_kept() -> None:
    (measure,) = one("rate: {low: +10pp, mode: +20pp, high: +30pp}").measures
    assert measure.rate == Rate(0.20, True)
    assert measure.rate_range == (Rate(0.10, True), Rate(0.20, True), Rate(0.30, True))


def test_groups_are_expanded() -> None:
    head = HEAD + "groups: {friends: [MEX, CAN], union: [EU27, GBR], chips: [C26]}\n"
    scenario = case("  - {id: m, by: USA, against: [friends, union], kind: tariff, sectors: chips, rate: 1%}\n", head)
    assert scenario.measures[0].against == ("MEX", "CAN", *EU27, "GBR")
    assert scenario.measures[0].sectors == ("C26",)


def test_own_baselines_have_their_own_codes() -> None:
    head = HEAD + "baseline: isles.npz\n"
    scenario = case("  - {id: m, by: AAA, against: BBB, kind: tariff, sectors: fish, rate: 1%}\n", head)
    assert scenario.measures[0].by == ("AAA",)


def test_country_codes_are_text_even_where_other_readers_see_a_truth_value() -> None:
    assert one("rate: 1%").measures[0].by == ("USA",)
    with pytest.raises(ScenarioError, match=r"'NO'.*try NOR"):
        case("  - {id: m, by: NO, against: CHN, kind: tariff, rate: 1%}\n")


@pytest.mark.parametrize(("kind", "each"), KINDS.items())
def test_every_kind_is_read(kind: str, each: object) -> None:
    extra = {
        "volume": "50% of base", "rate": "5%", "over_rate": "10%", "duty": "5 USD/kg", "unit_value": "10 USD/kg",
        "as_cost": "0.5%", "origin": "AUS", "floor": "+20%", "amount": "1000 MUSD/year", "linkage": "a-thing",
    }  # fmt: skip
    if kind == "purchase":
        extra["volume"] = '">= 50% of base"'
    needs = {need.split("|")[0] for need in KINDS[kind].needs}
    fields = "".join(f", {name}: {extra[name]}" for name in sorted(needs))
    target = ", against: CHN" if KINDS[kind].target else ""
    scenario = case(f"  - {{id: m, by: USA{target}, kind: {kind}{fields}}}\n")
    assert parse_scenario(dump(scenario.resolved()).encode()) == scenario


def test_every_field_of_a_measure_belongs_to_a_kind_or_to_all() -> None:
    of_kinds = {name for kind in KINDS.values() for name in (*kind.allows, *"|".join(kind.needs).split("|")) if name}
    assert {field.name for field in MEASURE} == {*COMMON, *of_kinds}
    assert set(DETAILS) <= of_kinds


def test_the_known_codes_are_those_of_the_embedded_world() -> None:
    base = load_baseline("world-2022")
    assert base.countries == known.COUNTRIES_2022
    assert base.sectors == known.SECTORS_2022


def test_the_schema_describes_every_field() -> None:
    schema = json_schema()
    assert schema["required"] == ["detente", "id", "as_of"]
    measure = schema["properties"]["measures"]["items"]
    assert set(measure["properties"]) == {field.name for field in MEASURE}
    assert all(each["description"] for each in measure["properties"].values())


def test_files_that_load_agree_with_the_schema() -> None:
    validator = Draft202012Validator(json_schema())
    small = Path(__file__).parents[1] / "contract" / "bad" / "scenario" / "good.yaml"
    for source in (small, "us-china-2025-10"):
        assert [error.message for error in validator.iter_errors(load_scenario(source).resolved())] == []
    data = {**load_scenario("us-china-2025-10").resolved(), "tarif": 1}
    assert len(list(validator.iter_errors(data))) == 1


def test_the_packaged_case_loads_without_a_warning() -> None:
    assert "us-china-2025-10" in packaged_ids()
    scenario = load_scenario("us-china-2025-10")
    assert scenario.warnings == ()
    assert scenario.as_of == dt.date(2025, 10, 25)
    assert all(measure.source is not None for measure in scenario.measures)
    assert all(measure.assumed for measure in scenario.measures if measure.id in ("cn-energy", "cn-farm"))
    assert scenario.branches == ("main", "full-exchange", "rollover", "snapback", "threat", "escalation")
    assert scenario.measure("us-reciprocal").rate_kind == "headline"


def test_a_resolved_scenario_loads_again_as_the_same(tmp_path: Path) -> None:
    scenario = load_scenario("us-china-2025-10").drop(authority="ieepa").include("us-threat-100")
    data = scenario.resolved(baseline_sha256="ab" * 32)
    assert data["baseline"]["sha256"] == "ab" * 32
    path = tmp_path / "scenario.yaml"
    path.write_text(dump(data))
    for again in (load_scenario(path), load_scenario(data)):
        assert again == scenario
        assert again.sha256 == scenario.sha256
        assert dump(again.resolved(baseline_sha256="ab" * 32)) == dump(data)


def test_the_checksum_of_a_resolved_table_is_checked() -> None:
    data = load_scenario("us-china-2025-10").resolved()
    position = next(i for i, each in enumerate(data["measures"]) if each["id"] == "us-others")
    data["measures"][position]["rows"] = data["measures"][position]["rows"].replace("+15.0000pp", "+15.0001pp")
    with pytest.raises(ScenarioError, match="table_sha256: found a table with checksum"):
        load_scenario(data)


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(str.strip))
def test_any_title_reads_back(title: str) -> None:
    scenario = one("rate: 25%").replace(title=title)
    assert parse_scenario(dump(scenario.resolved()).encode()) == scenario


def test_changes_return_copies() -> None:
    scenario = load_scenario("us-china-2025-10")
    before = scenario.sha256
    assert scenario.drop("us-fentanyl").dropped == ("us-fentanyl",)
    assert scenario.drop(authority="ieepa").dropped == ("authority=ieepa",)
    assert scenario.include("us-threat-100").included == ("us-threat-100",)
    assert scenario.set("us-fentanyl", "+10pp").measure("us-fentanyl").rate == Rate(0.10, True)
    assert scenario.replace(title="x").title == "x"
    assert scenario.sha256 == before
    assert scenario.set("us-fentanyl", "+10pp").sha256 != before


def test_changes_that_make_no_sense_are_refused() -> None:
    scenario = load_scenario("us-china-2025-10")
    for change, words in (
        (lambda: scenario.drop("us-fentanil"), "try us-fentanyl"),
        (lambda: scenario.drop(authority="iepa"), "try authority=ieepa"),
        (lambda: scenario.drop(), "one of them"),
        (lambda: scenario.include("nobody"), "not a measure"),
        (lambda: scenario.set("us-fentanyl", "10"), r"try '10%' \(all-in\)"),
        (lambda: scenario.set("us-others", "10%"), "has a table"),
        (lambda: scenario.set("us-fentanyl", "-10%"), "subsidy"),
    ):
        with pytest.raises(UsageError, match=words):
            change()


def test_loading_a_scenario_imports_no_table_or_validation_library() -> None:
    code = (
        "import sys; from detente.scenario.load import load_scenario; load_scenario('us-china-2025-10'); "
        "print([name for name in ('pydantic', 'pandas', 'scipy', 'altair') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
