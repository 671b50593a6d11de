"""Only what was accepted enters a scenario, with its quote; what nobody said is asked and never filled in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detente.core.errors import ArticleError, UsageError
from detente.news.answers import CHECKS, parse_answers
from detente.news.document import Document, Question
from detente.news.draft import draft
from detente.news.kinds import KINDS, PAGE_ONLY, STATUS, role
from detente.news.measure import INSTRUMENTS, STATUSES, Attribution, Dates, Link, Quantity, Rate, ReadMeasure
from detente.news.questions import questioned, still_open, told
from detente.news.values import facts, per_year
from detente.policy.measure import KINDS as POLICY_KINDS
from detente.policy.measure import STATUSES as POLICY_STATUSES
from news_documents import (
    CLAIM,
    DEADLINE,
    GOODS,
    LICENCE,
    MINERALS,
    OFFER,
    PURCHASE,
    SOY,
    TEXT,
    THREAT,
    TRUCE,
    Product,
    document,
    points,
    read,
    talks,
)  # fmt: skip

STOCK = Quantity(2e9, "USD", "P2Y", "volume", "2 bn")


def made(*measures: ReadMeasure, sets: tuple[str, ...] = (), accept: str = "", **more: Any) -> Any:
    found = questioned(document(*measures, **more))
    ids = accept or ",".join(each.id for each in measures)
    return draft(found, [ids], parse_answers(sets, found))


def refused(*measures: ReadMeasure, **more: Any) -> str:
    with pytest.raises(ArticleError) as error:
        made(*measures, **more)
    assert error.value.exit_code == 3
    return str(error.value)


def test_every_instrument_and_status_of_the_reader_has_its_place() -> None:
    assert set(KINDS) | set(PAGE_ONLY) == set(INSTRUMENTS)
    assert set(KINDS.values()) <= set(POLICY_KINDS)
    assert set(STATUS) == set(STATUSES)
    assert set(STATUS.values()) <= set(POLICY_STATUSES)


def test_an_accepted_threat_is_a_threat_with_its_quote_and_nothing_else_is_there() -> None:
    found = made(THREAT, LICENCE, CLAIM, accept="M01")
    (measure,) = found.scenario.measures
    assert (measure.id, measure.by, measure.against, measure.kind) == ("m01-usa-tariff", ("USA",), ("CHN",), "tariff")
    assert (measure.status, str(measure.from_), measure.assumed) == ("threatened", "2025-11-01", False)
    assert measure.rate is not None
    assert (measure.rate.value, measure.rate.added) == (1.0, True)
    source = measure.source
    assert source is not None
    assert source.span is not None
    assert TEXT[source.span[0] : source.span[1]] == source.quote
    assert (source.title, str(source.date)) == ("Talks before the deadline", "2025-10-25")
    assert str(found.scenario.as_of) == "2025-10-25"
    assert "157" not in found.text
    assert all(leaf.probability is None for leaf in found.scenario.tree)
    assert [leaf.include for leaf in found.scenario.tree] == [("m01-usa-tariff",)]


def test_a_total_is_all_in_and_a_component_is_added() -> None:
    for basis, text in (("total", "25%"), ("additional", "+25pp"), ("component", "+25pp")):
        assert f"rate: {text}" in made(replace(THREAT, rate=points(25, basis))).text


def test_a_change_is_asked() -> None:
    assert "M01.rate: the text gives a change" in refused(replace(THREAT, rate=points(-10, "change")))


def test_what_the_text_contradicts_is_not_loaded() -> None:
    text = refused(THREAT, CLAIM)
    assert "M03.rate: the text contradicts this rate" in text
    assert "57% (registry us-china-2025-10/us-headline-china" in text
    assert "not in the text" in text
    found = made(THREAT, CLAIM, sets=("M03.rate=57%", "M03.effective=2025-05-14"))
    claim = found.scenario.measure("m03-usa-tariff")
    assert claim.assumed
    assert claim.rate is not None
    assert claim.rate.value == pytest.approx(0.57)
    assert "rate, effective: the user's word, not the text's" in claim.note
    assert "157%" not in found.text.replace(TEXT, "").split("source:")[0]


def test_all_questions_are_told_at_once_and_nothing_else_is_made() -> None:
    text = refused(*talks().measures)
    for name in ("M02.volume", "M03.rate", "M03.effective", "M04.rate", "M06.volume"):
        assert f"\n{name}: " in text
    assert "--set" in text


def test_answers_are_the_users_and_say_so() -> None:
    found = made(LICENCE, sets=("M02.volume=60% of base", "M02.effective=2025-12-01"))
    (measure,) = found.scenario.measures
    assert (measure.status, str(measure.from_), measure.assumed) == ("scheduled", "2025-12-01", True)
    assert measure.details["volume"] == "60% of base"
    assert measure.products is not None
    assert measure.products.codes == ("280530", "2846", "850511")
    assert "volume, effective: the user's word, not the text's" in measure.note
    assert "# answered by the user: volume, effective" in found.text


def test_a_decided_measure_without_a_day_is_in_no_run_but_in_a_branch() -> None:
    found = made(LICENCE, sets=("M02.volume=60% of base",))
    assert [each.status for each in found.scenario.measures] == ["announced"]
    assert [leaf.name for leaf in found.scenario.tree] == ["as-announced"]
    assert [each.field for each in found.open] == ["effective"]
    assert "# M02.effective: decided without a day" in found.text


def test_a_truce_is_what_returns_unless_it_is_extended() -> None:
    found = made(TRUCE, OFFER, sets=("M04.rate=+24pp",), deadlines=(DEADLINE,))
    first, second = found.scenario.measures
    assert (first.by, first.against, second.by, second.against) == (("USA",), ("CHN",), ("CHN",), ("USA",))
    assert {(str(each.from_), each.status, each.unless) for each in (first, second)} == {
        ("2025-11-10", "scheduled", "truce-m04")
    }
    leaves = {leaf.name: leaf for leaf in found.scenario.tree}
    assert leaves["truce-lapses"].drop == ()
    assert leaves["truce-extended"].drop == (first.id, second.id)
    assert found.scenario.talks is not None
    assert found.scenario.talks.players == ("USA", "CHN")
    assert str(found.scenario.talks.deadline) == "2025-11-10"
    assert str(found.scenario.horizon) == "2025-11-10"


def test_an_offer_needs_what_it_extends() -> None:
    assert "M05: takes M04 away, which is not accepted; accept M04 too" in refused(TRUCE, OFFER, accept="M05")


def test_a_demand_to_end_something_ends_it_in_a_deal() -> None:
    ask = read("M07", "require licences", instrument="export_licensing", action="remove", imposer="CHN",
               target=("USA",), status="demanded", product=MINERALS, links=(Link("removes", "M02"),))  # fmt: skip
    found = made(LICENCE, ask, sets=("M02.volume=60% of base",))
    assert [each.id for each in found.scenario.measures] == ["m02-chn-export-licence"]
    leaves = {leaf.name: leaf for leaf in found.scenario.tree}
    assert leaves["deal"].drop == ("m02-chn-export-licence",)


def test_a_decided_end_with_a_day_gives_its_last_day() -> None:
    held = replace(THREAT, status="in_force", rate=points(20), dates=Dates(effective="2025-03-04"))
    end = read("M07", "extend the pause", action="remove", status="announced", links=(Link("removes", "M01"),),
               dates=Dates(effective="2025-11-10"))  # fmt: skip
    (measure,) = made(held, end).scenario.measures
    assert (str(measure.from_), str(measure.until), measure.status) == ("2025-03-04", "2025-11-10", "in-force")
    undated = made(held, replace(end, dates=Dates())).scenario
    assert undated.measures[0].until is None
    assert [(leaf.name, leaf.drop) for leaf in undated.tree] == [("as-announced", ("m01-usa-tariff",))]


def test_a_pause_on_everybody_needs_no_talks() -> None:
    held = replace(THREAT, target=("*",), status="suspended", rate=points(24), dates=Dates(expiry="2025-11-10"))
    found = made(held).scenario
    assert found.talks is None
    assert (found.measures[0].status, found.measures[0].unless) == ("scheduled", "")


@pytest.mark.parametrize("published", [None, "2025-10"])
def test_a_draft_needs_a_whole_day_of_publication(published: str | None) -> None:
    assert "--published YYYY-MM-DD" in refused(THREAT, published=published)


def test_what_ends_something_unknown_is_not_loaded() -> None:
    lone = read("M01", "100% tariff", action="remove", status="announced", product=GOODS)
    assert "cannot be accepted: it would remove something" in refused(lone)


@pytest.mark.parametrize("instrument", PAGE_ONLY)
def test_an_unnamed_measure_is_not_loaded(instrument: str) -> None:
    assert "the text names no instrument" in refused(read("M01", "100% tariff", instrument=instrument))


def test_a_suspended_tariff_returns_on_its_day() -> None:
    held = replace(THREAT, status="suspended", rate=points(24), dates=Dates(expiry="2025-11-10"))
    (measure,) = made(held).scenario.measures
    assert (measure.status, str(measure.from_), measure.unless) == ("scheduled", "2025-11-10", "truce-m01")


@pytest.mark.parametrize("status", ["expired", "withdrawn"])
def test_what_has_ended_stays_off(status: str) -> None:
    (measure,) = made(replace(THREAT, status=status)).scenario.measures
    assert measure.status == "ended"


def test_what_the_baseline_holds_already_changes_no_number() -> None:
    old = replace(THREAT, status="in_force", rate=points(25), dates=Dates(effective="2018-07-06"))
    (measure,) = made(old).scenario.measures
    assert measure.rate_kind == "headline"
    assert "the tariffs of the baseline hold it already" in measure.note


def test_in_force_without_a_day_is_asked() -> None:
    text = refused(replace(THREAT, status="in_force", dates=Dates()))
    assert "M01.effective: the text does not say since when" in text
    later = made(replace(THREAT, status="in_force", dates=Dates()), sets=("M01.status=threatened",))
    assert later.scenario.measures[0].status == "threatened"


def test_a_status_of_the_user_is_assumed() -> None:
    found = made(THREAT, sets=("M01.status=announced",))
    (measure,) = found.scenario.measures
    assert (measure.status, measure.assumed) == ("scheduled", True)


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"imposer": ""}, "imposer"),
        ({"target": ()}, "target"),
        ({"target": ("XKX",)}, "target"),
        ({"rate": None}, "rate"),
        ({"rate": Rate(50, "usd_per_net_ton", "total", "$50 a ton")}, "rate"),
        ({"product": Product()}, "product"),
        ({"product": Product("certain products", "partial", (), ("C29",))}, "product"),
        ({"product": Product("toys", "toys", ("9503",))}, "product"),
        ({"product": Product("canola", "canola", ("1205",), ("A01",))}, "product"),
        ({"instrument": "price_floor", "rate": None}, "floor"),
        ({"instrument": "port_fee", "rate": None}, "as_cost"),
        ({"instrument": "stockpile_purchase", "rate": None}, "amount"),
        ({"instrument": "government_spending", "rate": None}, "amount"),
        ({"instrument": "tariff_rate_quota"}, "over_rate"),
        ({"instrument": "import_quota", "rate": None}, "volume"),
    ],
)
def test_what_a_run_needs_and_nobody_said_is_asked(fields: dict[str, Any], asked: str) -> None:
    text = refused(replace(THREAT, **fields))
    assert f"M01.{asked}: " in text


@pytest.mark.parametrize(
    ("fields", "sets", "line"),
    [
        ({"instrument": "export_ban", "rate": None}, (), "kind: export-ban"),
        ({"instrument": "import_ban", "rate": None}, (), 'volume: "0% of base"'),
        ({"instrument": "export_tariff"}, (), "kind: export-tax"),
        ({"instrument": "tech_export_control", "rate": None}, ("M01.volume=70% of base",), "kind: export-licence"),
        ({"instrument": "enforcement_commitment", "product": Product("fentanyl", "fentanyl")}, (), "linkage: fentanyl"),
        ({"instrument": "diplomatic_action", "product": Product()}, (), "linkage: diplomatic-action"),
        (
            {"instrument": "port_fee", "rate": Rate(50, "usd_per_net_ton", "total", "$50 a ton")},
            ("M01.as_cost=0.6%",),
            "fee: 50 USD/net-ton",
        ),
        (
            {"instrument": "stockpile_purchase", "rate": None, "quantity": STOCK},
            (),
            "amount: 1000 MUSD/year",
        ),
        (
            {"instrument": "price_floor", "rate": None},
            ("M01.floor=+20%", "M01.origin=USA AUS", "M01.volume=100% of base"),
            "origin: [USA, AUS]",
        ),
        ({"product": Product("cars", "vehicles", ("87",), ("C29",))}, (), "sectors: [C29]"),
        ({"target": ("*",)}, (), "against: [WORLD]"),
        ({"target": ("EU",)}, (), "against: [EU27]"),
        ({"imposer": "EU", "target": ("CHN",)}, (), "by: EU27"),
        ({"product": Product("toys", "toys", ("9503",))}, ("M01.product=C31T33",), "sectors: [C31T33]"),
        ({"product": Product("chips", "semiconductors", ("8541-8542",), ("C26",))}, (), 'hs22: ["8541", "8542"]'),
        ({"product": Product()}, ("M01.product=hs22:8541,8542",), 'hs22: ["8541", "8542"]'),
    ],
)  # fmt: skip
def test_what_is_known_is_written(fields: dict[str, Any], sets: tuple[str, ...], line: str) -> None:
    assert line.replace('"', "") in made(replace(THREAT, **fields), sets=sets).text.replace('"', "")


def test_a_purchase_in_tonnes_needs_what_was_traded() -> None:
    bought = replace(PURCHASE, quantity=Quantity(25e6, "t", "P1Y", "volume", "25 million tonnes a year"))
    assert "M06.base_quantity: " in refused(bought)
    (measure,) = made(bought, sets=("M06.base_quantity=27.8 Mt/year",)).scenario.measures
    assert measure.details["volume"] == ">= 25 Mt/year"


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        (Quantity(5e11, "USD", "P5Y", "volume", ""), "100000 MUSD/year"),
        (Quantity(12e6, "t", "", "volume", ""), ""),
        (Quantity(49000, "units", "P1Y", "volume", ""), "49000 units/year"),
        (Quantity(3, "firms", "P1Y", "volume", ""), ""),
    ],
)
def test_amounts_are_a_year_or_asked(quantity: Quantity, text: str) -> None:
    assert per_year(quantity) == text


def test_trade_covered_is_no_volume() -> None:
    covered = replace(PURCHASE, quantity=Quantity(5e10, "USD", "P1Y", "coverage", "$50bn of imports"))
    assert "volume" in facts(covered).missing


def test_without_a_day_of_publication_nothing_is_written() -> None:
    text = refused(THREAT, published=None)
    assert "published: the text has no date of publication; answer with --published YYYY-MM-DD" in text


def test_the_texts_own_question_wins_and_keeps_its_words() -> None:
    own = Question("M02", "quantity", "how much is licensed?", needed=True)
    found = questioned(document(LICENCE, questions=(own,)))
    asked = [each for each in found.questions if each.measure == "M02" and each.needed]
    assert [(each.field, each.why) for each in asked] == [("volume", "how much is licensed?")]
    assert asked[0].candidates
    assert still_open(found, "M02", {"volume": "60% of base"}) == []


def test_a_needed_question_of_the_text_blocks_until_it_is_answered() -> None:
    doubt = Question("M01", "status", "one sentence says proposed, another that it went ahead", needed=True)
    with pytest.raises(ArticleError, match=r"M01\.status: one sentence says"):
        draft(document(THREAT, questions=(doubt,)), ["M01"])
    assert draft(document(THREAT, questions=(doubt,)), ["M01"], {"M01": {"status": "threatened"}}).text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("M01", "ID.field=VALUE"),
        ("M01.rate", "ID.field=VALUE"),
        ("M011.rate=1%", "try M01"),
        ("M01.rat=1%", "try rate"),
        ("M01.rate=25", "'25%' (all-in)"),
        ("M01.effective=tomorrow", "ISO date"),
        ("M01.volume=70%", "70% of base"),
        ("M01.target=UK", "try GBR"),
        ("M01.product=cars", "try C29"),
        ("M01.product=hs22:9503", "HS codes that world-2022 has apart"),
        ("M01.status=in force", "in_force"),
        ("M01.linkage=a b", "a name"),
        ("M01.paid_by=me", "budget, buyer"),
        ("M01.floor=high", "a quantity"),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_usage_error(text: str, words: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_answers([text], document(THREAT))
    assert words in str(error.value)


def test_every_question_of_the_model_can_be_answered() -> None:
    for instrument in KINDS:
        for fields in ({}, {"imposer": "", "target": (), "rate": None, "product": Product(), "dates": Dates()}):
            each = replace(THREAT, instrument=instrument, status="in_force", **fields)
            if role(each).kind:
                assert set(facts(each).missing) <= set(CHECKS)


@pytest.mark.parametrize(
    ("ids", "words"), [("", "found no measure"), ("M011", "try M01"), ("m01", "try M01"), (" , ", "found no measure")]
)
def test_ids_that_are_not_there_are_usage_errors(ids: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        draft(document(THREAT), [ids])


HOSTILE = 'He said: "quotes", #comments\u2028: and\ttabs, --- documents, *aliases &anchors {{ 7*7 }} 100% tariff\x07\n'


def test_hostile_words_stay_words() -> None:
    spoken = Attribution("direct_quote", "\x1b[31mHe\n  - id: evil")
    threat = read("M01", "100% tariff\x07", HOSTILE, rate=points(100), product=GOODS, attribution=spoken)
    found = made(threat, text=HOSTILE, title="# detente: 1\nmeasures: []\n- !!python/object", id="x: [y]")
    assert len(found.scenario.measures) == 1
    source = found.scenario.measures[0].source
    assert source is not None
    assert source.quote == threat.evidence[0].sentence
    assert all(line.isprintable() for line in found.text.splitlines())


def test_questions_are_one_line_each() -> None:
    for each in questioned(talks()).questions:
        assert "\n" not in told(each)


def test_the_whole_table_of_the_talks_becomes_a_scenario_that_says_what_is_open() -> None:
    sets = ("M02.volume=60% of base", "M04.rate=+24pp", "M06.volume=>= 20 Mt/year", "M06.base_quantity=27.8 Mt/year")
    found = made(THREAT, LICENCE, TRUCE, OFFER, PURCHASE, sets=sets)
    assert [leaf.name for leaf in found.scenario.tree] == [
        "as-announced", "truce-lapses", "truce-extended", "threats-carried-out", "deal",
    ]  # fmt: skip
    assert found.scenario.talks is not None
    assert {issue.name for issue in found.scenario.talks.issues} == {"m01", "truce-m04", "m06"}
    assert found.scenario.talks.include == ("m01-usa-tariff",)
    assert isinstance(talks(), Document)
    assert SOY.hs == ("1201",)


def test_a_part_of_a_sector_is_never_taken_for_the_whole() -> None:
    """A duty on canola is no duty on all crops: the sector is offered as what it is, wider than the text."""
    canola = replace(THREAT, product=Product("canola", "canola", ("1205",), ("A01",)))
    text = refused(canola)
    assert "M01.product: the text says 'canola', which is no list of products" in text
    assert "A01 (sector of world-2022)" in text
    assert "sectors: [A01]" in made(canola, sets=("M01.product=A01",)).text


def test_the_quote_is_the_sentence_with_the_number() -> None:
    twice = replace(THREAT, evidence=(LICENCE.evidence[0], THREAT.evidence[0]))
    for start in (-1, TEXT.index("100%")):
        found = made(replace(twice, rate=replace(points(100), start=start)))
        source = found.scenario.measures[0].source
        assert source is not None
        assert "100%" in source.quote
        assert "# also said" not in found.text
        assert "also at characters 114-195" in found.text


def test_extending_a_pause_is_a_choice_and_extending_a_duty_is_a_duty() -> None:
    pause = replace(OFFER, instrument="import_tariff", polarity="restrict")
    assert role(pause).ends == ("M04",)
    assert role(replace(pause, rate=points(25))).kind == "tariff"
