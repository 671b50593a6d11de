"""Why a rate is what it is: parts sum to the total, whatever stacks; a claim is never read as something else."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.baseline import Baseline
from detente.baseline.satellites import with_satellites
from detente.core.errors import MissingDataError, UsageError
from detente.core.result import Result
from detente.policy.compile import contributions
from detente.scenario.claim import ADDITION, AVERAGE, CHANGE, COMPONENT, TOTAL, TWICE, Claim, check_claim
from detente.scenario.contributions import BASELINE, REPLACED
from detente.scenario.dated import branch_by_dates, day_of, law, members, sectors_of, sides
from detente.scenario.execute import _headline
from detente.scenario.explain import explain, says, sector_of_hs
from detente.scenario.load import load_scenario, parse_scenario
from detente.scenario.products import with_products
from detente.scenario.schema import Scenario

CODES = ("USA", "CHN", "DEU", "MEX")
SECTORS = ("A01", "C26", "SERV")
CASE = "us-china-2025-10"
HEAD = (
    "detente: 1\nid: case\ntitle: Toy\nas_of: 2025-10-25\ncompare_to: 2025-01-01\nhorizon: 2026-02-10\nbaseline: toy\n"
)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def world() -> Baseline:
    n, j = len(CODES), len(SECTORS)
    flows = np.full((n, n, j), 10.0)
    flows[1, 0] = [30.0, 90.0, 5.0]
    flows[0, 1] = [90.0, 30.0, 5.0]
    flows[np.arange(n), np.arange(n)] = 200.0
    tariffs = np.zeros((n, n, j))
    tariffs[1, 0], tariffs[0, 1] = [0.05, 0.02, 0.0], [0.10, 0.04, 0.0]
    return Baseline.from_flows(CODES, SECTORS, flows, tariffs, np.ones((n, j)), np.zeros((j, n, j)), np.full(j, 4.0))


def case(*measures: str, more: str = "") -> Scenario:
    body = "".join(f"  - {{by: USA, against: CHN, kind: tariff, {fields}}}\n" for fields in measures)
    return parse_scenario(f"{HEAD}{more}measures:\n{body}".encode(), path="case.yaml")


LAW = case(
    "id: first, rate: +20pp, from: 2025-03-04, authority: ieepa, source: {title: An order, date: 2025-03-03}",
    "id: chips, sectors: C26, rate: +5pp, from: 2025-09-01, authority: section-232, "
    "source: {title: B, date: 2025-08-20}",
    "id: said, rate: 57%, from: 2025-05-14, rate_kind: headline, until: 2025-11-10, "
    "source: {title: Officials, date: 2025-10-01}",
    "id: part, rate: +10pp, from: 2025-05-14, rate_kind: headline",
    "id: threat, rate: +100pp, from: 2025-11-01, status: threatened",
    "id: back, rate: +24pp, from: 2025-11-10, status: scheduled",
    more="tree:\n  storm: {include: [threat]}\n  calm: {drop: [back]}\n",
)


def test_parts_of_an_average_sum_to_the_compiled_rate() -> None:
    rate = explain(LAW, rate=("USA", "CHN"), base=world()).rate
    assert rate is not None
    weights = {"A01": 30 / 120, "C26": 90 / 120}
    assert rate.baseline_pct == pytest.approx(100 * (0.05 * weights["A01"] + 0.02 * weights["C26"]))
    assert [(part.measure, part.authority) for part in rate.parts] == [
        (BASELINE, "applied before"), ("chips", "section-232"), ("first", "ieepa"),
    ]  # fmt: skip
    assert rate.total_pct == pytest.approx(rate.baseline_pct + 20 + 5 * weights["C26"])
    assert sum(part.points_pp for part in rate.parts) == pytest.approx(rate.total_pct, abs=1e-12)
    assert rate.rest_pp == pytest.approx(0, abs=1e-12)
    assert rate.authorities == pytest.approx({"applied before": rate.baseline_pct, "section-232": 3.75, "ieepa": 20.0})
    assert (rate.trade_musd, rate.cells) == (120.0, 2)
    assert [part.covered_pct for part in rate.parts] == pytest.approx([100, 75, 100])


def test_headline_stands_beside_and_is_never_added() -> None:
    found = explain(LAW, rate=("USA", "CHN"), base=world())
    assert found.rate is not None
    assert [(each.measure, each.reading, each.value_pct) for each in found.rate.headline] == [
        ("said", TOTAL, 57.0), ("part", COMPONENT, 10.0),
    ]  # fmt: skip
    assert not {"said", "part"} & {part.measure for part in found.rate.parts}
    assert explain(LAW, rate=("USA", "DEU"), base=world()).rate.headline == ()  # type: ignore[union-attr]
    assert explain(LAW, rate=("USA", "CHN"), on=day("2025-11-10"), base=world()).rate.headline[0].reading == COMPONENT  # type: ignore[union-attr]


def test_what_is_in_force_and_why_the_rest_is_not() -> None:
    found = explain(LAW, base=world())
    assert [each.id for each in found.applied] == ["first", "chips"]
    reasons = {each.id: each.reason for each in found.not_applied}
    assert reasons == {
        "said": "headline only", "part": "headline only", "threat": "threatened", "back": "scheduled later",
    }  # fmt: skip
    assert (found.applied[0].trade_musd, found.applied[1].trade_musd) == (120.0, 90.0)
    assert (found.applied[0].rate, found.applied[0].source) == ("+20pp", "An order")
    assert found.rate is None


def test_a_ban_and_a_tariff_rate_quota_say_what_they_set() -> None:
    quota = "kind: tariff-rate-quota, sectors: C26, rate: 5%, over_rate: 25%, volume: 80% of base"
    spread = (
        "kind: tariff-rate-quota, sectors: A01, rate: 5%, over_rate: {low: 8%, mode: 9%, high: 10%}, volume: 1% of base"
    )
    text = "".join(
        f"  - {{id: m{number}, by: USA, against: CHN, {fields}}}\n"
        for number, fields in enumerate((
            "kind: export-ban", "kind: export-ban, sectors: C26, volume: 3% of base", quota, spread,
        ))
    )  # fmt: skip
    scenario = parse_scenario(f"{HEAD}measures:\n{text}".encode(), path="case.yaml")
    assert [says(each) for each in scenario.measures] == [
        "embargo", "3% of base", "5% up to 80% of base, 25% above", "5% up to 1% of base, 9% (8% to 10%) above",
    ]  # fmt: skip


def test_the_rate_above_a_volume_is_told_with_its_volume() -> None:
    quota = "id: q, kind: tariff-rate-quota, sectors: goods, rate: 5%, over_rate: 25%, volume: 80% of base"
    points = "id: t, kind: tariff, sectors: C26, rate: +50pp"
    body = "".join(f"  - {{by: USA, against: CHN, {fields}}}\n" for fields in (quota, points))
    scenario = parse_scenario(f"{HEAD}measures:\n{body}".encode(), path="case.yaml")
    for sector, total, above in (("C26", 55, "75%"), ("A01", 5, "25%"), (None, 42.5, "25% to 75%")):
        rate = explain(scenario, rate=("USA", "CHN"), sector=sector, base=world()).rate
        assert rate is not None
        assert rate.total_pct == pytest.approx(total)
        assert rate.note == f"q: this rate holds up to 80% of base, {above} above that volume"
    other = explain(scenario, rate=("USA", "MEX"), sector="C26", base=world()).rate
    assert other is not None
    assert other.note == ""


@pytest.mark.parametrize("sides", [("WORLD", "[DEU, FRA]"), ("[DEU, FRA]", "WORLD")])
def test_a_headline_for_everybody_is_none_inside_a_union(sides: tuple[str, str]) -> None:
    n = 4
    flows = np.full((n, n, 3), 10.0)
    codes = ("USA", "CHN", "DEU", "FRA")
    base = Baseline.from_flows(
        codes, SECTORS, flows, np.zeros((n, n, 3)), np.ones((n, 3)), np.zeros((3, n, 3)), np.full(3, 4.0)
    )
    by, against = sides
    body = f"  - {{id: said, by: {by}, against: {against}, kind: tariff, rate: 57%, rate_kind: headline}}\n"
    scenario = parse_scenario(f"{HEAD}measures:\n{body}".encode(), path="case.yaml")

    def said(*pair: str) -> int:
        rate = explain(scenario, rate=(pair[0], pair[1]), base=base).rate
        assert rate is not None
        return len(rate.headline)

    outer = ("USA", "DEU") if by == "WORLD" else ("DEU", "USA")
    assert (said("DEU", "FRA"), said(*outer)) == (0, 1)
    found = _headline(law(scenario, base).regime, cast(Result, SimpleNamespace(countries=codes)))
    assert found[outer] == 57
    assert not {("DEU", "FRA"), ("FRA", "DEU")} & set(found)


def test_table_rows_are_counted() -> None:
    table = 'kind: tariff, rows: "by,against,sector,rate\\nUSA,CHN,A01,+1pp\\nUSA,XYZ,A01,+1pp\\n", id: table'
    text = f"{HEAD}measures:\n  - {{by: USA, against: WORLD, {table}}}\n"
    found = explain(parse_scenario(text.encode(), path="case.yaml"), base=world())
    stated = found.applied[0]
    assert (stated.rows_read, stated.rows_matched, stated.rate) == (2, 1, "table, 2 rows")
    assert "XYZ" in stated.unmatched[0]


def test_as_of_hides_what_was_not_known() -> None:
    found = explain(LAW, as_of=day("2025-08-19"), base=world())
    assert [each.id for each in found.applied] == ["first"]
    assert {each.id: each.reason for each in found.not_applied}["chips"] == "not known on 2025-08-19"


def test_one_cell_agrees_with_the_contributions_of_the_compiler() -> None:
    base = world()
    rate = explain(LAW, rate=("USA", "CHN"), sector="C26", base=base).rate
    assert rate is not None
    of_compiler = contributions(base, law(LAW, base).layers, "USA", "CHN", "C26")
    assert {(part.measure, round(part.points_pp, 9)) for part in rate.parts[1:]} == {
        (each.measure, round(100 * each.rate.value, 9)) for each in of_compiler
    }
    assert rate.total_pct == pytest.approx(27.0)


STACKED = st.lists(
    st.tuples(
        st.sampled_from(["points", "add", "max", "replace", "minimum"]),
        st.integers(0, 90),
        st.sampled_from(["goods", "A01", "C26"]),
    ),
    max_size=6,
)


@given(STACKED, st.booleans())
def test_parts_sum_to_the_total_whatever_stacks(measures: list[tuple[str, int, str]], plain: bool) -> None:
    fields = ["id: plain, rate: 30%, sectors: C26"] if plain else []
    replaced: set[str] = set()
    for number, (how, percent, sectors) in enumerate(measures):
        if how == "replace" and (replaced & {sectors, "goods"} or (sectors == "goods" and replaced)):
            continue
        replaced |= {sectors} if how == "replace" else set()
        text = f"id: m{number}, sectors: {sectors}, rate: "
        extra = {"points": "", "minimum": ", at_least: true"}.get(how, f", stack: {how}")
        fields.append(text + (f"+{percent}pp" if how == "points" else f"{percent}%") + extra)
    base = world()
    scenario = case(*fields) if fields else case("id: none, rate: +0pp")
    for sector in ("goods", "A01", "C26"):
        rate = explain(scenario, rate=("USA", "CHN"), sector=sector, base=base).rate
        assert rate is not None
        assert sum(part.points_pp for part in rate.parts) == pytest.approx(rate.total_pct, abs=1e-10)


def test_stacking_of_paper_examples_is_told() -> None:
    scenario = case(
        "id: mfn, rate: 2.9%",
        "id: steel, rate: 50%, stack: add",
        "id: more, rate: +25pp",
        "id: floor, rate: 90%, at_least: true",
    )
    rate = explain(scenario, rate=("USA", "CHN"), sector="A01", base=world()).rate
    assert rate is not None
    assert {part.measure: round(part.points_pp, 9) for part in rate.parts} == {
        BASELINE: 5.0, REPLACED: -5.0, "mfn": 2.9, "steel": 50.0, "more": 25.0, "floor": 12.1,
    }  # fmt: skip
    assert rate.total_pct == pytest.approx(90.0)
    assert "a minimum lifts the total" in rate.rule
    assert "replaces the rate of the baseline" in rate.rule


def test_a_branch_on_a_day_follows_its_dates() -> None:
    base = world()
    before, after = (
        [m.id for m in law(LAW, base, day(text), "storm").regime.applied] for text in ("2025-10-31", "2025-11-01")
    )
    assert before == ["first", "chips"]
    assert after == ["first", "chips", "threat"]
    horizon = law(LAW, base, day("2026-02-10"), "storm")
    assert horizon.regime.branch == "storm"
    assert [m.id for m in horizon.regime.applied] == [m.id for m in law(LAW, base, None, "storm").regime.applied]
    assert np.array_equal(horizon.wedges.tariffs, law(LAW, base, None, "storm").wedges.tariffs)
    assert "back" in branch_by_dates(LAW, "calm").dropped
    assert branch_by_dates(LAW, None) is LAW


def test_an_included_measure_of_the_past_does_not_become_the_comparator() -> None:
    scenario = case(
        "id: rest, rate: +7pp, from: 2018-07-06, status: suspended", more="tree:\n  again: {include: [rest]}\n"
    )
    plan = law(scenario, world(), day("2025-12-01"), "again")
    assert plan.comparator.applied == ()
    assert [m.id for m in plan.regime.applied] == ["rest"]


def test_codes_groups_and_days_are_checked() -> None:
    base = world()
    own = parse_scenario(
        (
            HEAD.replace("baseline: toy\n", "baseline: toy\ngroups: {north: [USA, MEX], chips: [C26]}\n")
            + "measures: []\n"
        ).encode(),
        path="x.yaml",
    )
    assert members(own, base, "north") == ("USA", "MEX")
    assert members(own, base, "WORLD") == CODES
    assert sectors_of(own, base, "chips") == ("C26",)
    assert sectors_of(own, base, "goods") == ("A01", "C26")
    assert sectors_of(own, base, "all") == SECTORS
    assert day_of("on", "2025-03-04") == day("2025-03-04")
    for call, words in (
        (lambda: members(own, base, "UK", "by"), "by: found 'UK'"),
        (lambda: sectors_of(own, base, "Cars"), "sector: found 'Cars'"),
        (lambda: day_of("on", "2025-3-4"), "on: found '2025-3-4'; expected an ISO date"),
        (lambda: explain(LAW, rate=("USA", "USA"), base=base), "the importer itself"),
        (lambda: explain(LAW, sector="A01", base=base), "expected --rate BY AGAINST"),
        (lambda: explain(LAW, rate=("USA", "CHN"), sector="A01", hs="8541", base=base), "one of the two"),
        (lambda: explain(LAW, branch="strom", base=base), "try storm"),
    ):
        with pytest.raises(UsageError, match=words):
            call()


def test_the_two_sides_are_the_players_or_the_first_pair() -> None:
    base = world()
    assert sides(LAW, base) == ("USA", "CHN")
    assert sides(load_scenario(CASE), base) == ("USA", "CHN")
    assert sides(parse_scenario(f"{HEAD}measures: []\n".encode(), path="x.yaml"), base) is None


def test_hs_codes_name_a_satellite_its_parent_or_nothing(world: Baseline) -> None:
    code, note = sector_of_hs(world, "8541.10")
    assert code == "C26"
    assert "does not have apart" in note
    cut = with_satellites(world, "chips")
    assert sector_of_hs(cut, "8541.10")[0] == "C26_CHP"
    with pytest.raises(MissingDataError, match=r"'8517.13'; no map of HS codes to sectors is packaged"):
        sector_of_hs(world, "8517.13")
    with pytest.raises(UsageError, match="expected 2 to 10 digits"):
        sector_of_hs(world, "85a")


def claim(text: str, on: str | None = None) -> Claim:
    base = world()
    return check_claim(LAW, base, law(LAW, base, day(on) if on else None), text, "USA", "CHN")


def test_a_claim_of_157_is_a_total_of_57_and_100() -> None:
    found = claim("157%")
    assert found.fits[0].kind == TOTAL
    assert found.fits[0].measures == ("threat",)
    assert found.verdict == ("157% = 57 in force (said) + 100 threatened (threat); it is a total, not an addition")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("57%", TOTAL), ("81%", TOTAL), ("+100pp", ADDITION), ("20%", COMPONENT), ("+24pp", ADDITION),
        ("26.5%", AVERAGE), ("+23.75pp", CHANGE), ("257%", TWICE), ("+157pp", TOTAL),
    ],
)  # fmt: skip
def test_each_reading_keeps_its_name(text: str, kind: str) -> None:
    found = claim(text)
    assert found.fits[0].kind == kind, found.verdict
    assert found.fits[0].kind in {TOTAL: "total"} or "it is a total" not in found.verdict


def test_a_claim_that_fits_nothing_is_told_all_readings() -> None:
    found = claim("999%")
    assert found.fits == ()
    assert "none of the readings" in found.verdict
    assert {TOTAL, AVERAGE} <= {each.kind for each in found.others}
    assert claim("57%", "2025-11-10").fits == ()
    with pytest.raises(UsageError, match="claim: found '157'"):
        claim("157")


def test_the_packaged_case(world: Baseline) -> None:
    rate = explain(CASE, rate=("USA", "CHN"), base=world).rate
    assert rate is not None
    assert sum(part.points_pp for part in rate.parts) == pytest.approx(rate.total_pct, abs=1e-9)
    assert 40 < rate.total_pct < 46
    assert rate.headline[0].reading in (TOTAL, COMPONENT)
    whole = explain(CASE, rate=("USA", "WORLD"), base=world).rate
    assert whole is not None
    assert abs(whole.rest_pp) < 1e-9
    assert whole.total_pct < rate.total_pct
    case_ = load_scenario(CASE)
    base = with_products(case_, world)
    told = check_claim(case_, base, law(case_, base), "157%", "USA", "CHN")
    assert "57 in force (us-headline-china) + 100 threatened (us-threat-100)" in told.verdict
