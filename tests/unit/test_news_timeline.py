"""One measure is one life across texts; it moves along, ends, and contradictions stand side by side."""

from __future__ import annotations

from typing import Any

import pytest

from detente.news.measure import Dates, ReadMeasure
from detente.news.timeline import MOVES, Life, as_of, lives
from news_documents import GOODS, MINERALS, Product, document, points, read

THREAT = "He threatened an additional 100% tariff on Chinese goods from November."
DROPPED = "The additional 100% tariff on Chinese goods will not be imposed, he said."


def said(text: str, words: str, **fields: Any) -> ReadMeasure:
    return read("M01", words, text, rate=points(100), product=GOODS, **fields)


def told(*measures: ReadMeasure, text: str = THREAT, published: str | None = "2025-10-10", id: str = "a") -> Any:
    return document(*measures, text=text, published=published, id=id).to_json()


def test_a_threat_that_is_dropped_is_one_measure_with_two_dated_evidences() -> None:
    first = told(said(THREAT, "100% tariff"), id="threat")
    later = told(said(DROPPED, "100% tariff", status="withdrawn"), text=DROPPED, published="2025-10-27", id="dropped")
    found = lives([later, first])
    assert [life.status for life in found] == ["withdrawn"]
    life = found[0]
    assert life.moves == [("2025-10-10", "threatened"), ("2025-10-27", "withdrawn")]
    assert [(each.document, each.published) for each in life.mentions] == [
        ("threat", "2025-10-10"),
        ("dropped", "2025-10-27"),
    ]
    assert life.contradictions == []
    assert [life.as_of(day) for day in ("2025-10-09", "2025-10-10", "2025-10-26", "2025-10-27")] == [
        "", "threatened", "threatened", "withdrawn",
    ]  # fmt: skip
    assert as_of(found, "2025-10-15") == {life.id: "threatened"}
    assert as_of(found, "2025-10-01") == {}


def test_two_sources_one_act_is_one_measure_with_two_sources() -> None:
    again = THREAT.replace("He", "Washington")
    found = lives([told(said(THREAT, "100% tariff"), id="a"), told(said(again, "100% tariff"), text=again, id="b")])
    assert [life.sources for life in found] == [("a", "b")]
    assert found[0].moves == [("2025-10-10", "threatened")]


def test_the_same_text_under_two_names_counts_once() -> None:
    found = lives([told(said(THREAT, "100% tariff"), id="a"), told(said(THREAT, "100% tariff"), id="copy")])
    assert [life.sources for life in found] == [("a",)]


def test_mirrored_measures_of_one_paragraph_stay_two() -> None:
    text = "Washington added 10% to its tariffs on Chinese goods and Beijing added 10% to its own on American ones."
    ours = read("M01", "10% to its tariffs", text, rate=points(10), product=GOODS, status="in_force")
    theirs = read(
        "M02", "10% to its own", text, imposer="CHN", target=("USA",), rate=points(10), product=GOODS, status="in_force"
    )
    document_ = told(ours, theirs, text=text)
    assert len(lives([document_])) == 2
    assert [life.sources for life in lives([document_, {**document_, "id": "b", "sha256": "other"}])] == [
        ("a", "b")
    ] * 2


@pytest.mark.parametrize(
    "other",
    [
        {"rate": points(50)},
        {"rate": points(100, "total")},
        {"imposer": "CAN"},
        {"target": ("MEX",)},
        {"instrument": "export_ban"},
        {"product": Product("cars", "cars", ("8703",))},
    ],
)
def test_what_contradicts_is_another_measure(other: dict[str, Any]) -> None:
    first = {"rate": points(100), "product": MINERALS if "product" in other else GOODS}
    measures = [read("M01", "100% tariff", THREAT, **{**first, **more}) for more in ({}, other)]
    found = lives([told(measures[0], id="a"), told(measures[1], id="b", text=THREAT + " ", published="2025-10-11")])
    assert len(found) == 2


def test_a_later_text_fills_a_gap() -> None:
    bare = said(THREAT, "100% tariff")
    dated = said(DROPPED, "100% tariff", status="announced", dates=Dates(effective="2025-11-01"))
    found = lives([told(bare, id="a"), told(dated, text=DROPPED, published="2025-10-20", id="b")])
    assert [life.dates["effective"] for life in found] == ["2025-11-01"]
    assert [found[0].as_of(day) for day in ("2025-10-31", "2025-11-01")] == ["announced", "in_force"]


def test_a_truce_ends_on_its_day_as_far_as_anybody_said() -> None:
    text = "The truce runs out on 10 November."
    truce = read(
        "M01", "truce runs out", text, instrument="tariff_truce", status="in_force", dates=Dates(expiry="2025-11-10")
    )
    (life,) = lives([told(truce, text=text)])
    assert [life.as_of(day) for day in ("2025-11-09", "2025-11-10")] == ["in_force", "expired"]


def test_what_cannot_follow_stands_side_by_side() -> None:
    first = said(THREAT, "100% tariff", status="in_force")
    later = said(DROPPED, "100% tariff", status="threatened")
    (life,) = lives([told(first, id="a"), told(later, text=DROPPED, published="2025-10-12", id="b")])
    assert life.status == "in_force"
    assert life.contradictions == [
        "b (2025-10-12) says threatened ('100% tariff') after in_force in a (2025-10-10): '100% tariff'"
    ]
    assert len(life.mentions) == 2


def test_what_comes_back_after_its_end_is_another_measure() -> None:
    texts = [THREAT, DROPPED, THREAT + " Again."]
    statuses = ["threatened", "withdrawn", "threatened"]
    days = ["2025-05-01", "2025-06-01", "2025-10-10"]
    found = lives(
        told(said(text, "100% tariff", status=status), text=text, published=day, id=day)
        for text, status, day in zip(texts, statuses, days, strict=True)
    )
    assert [life.status for life in found] == ["withdrawn", "threatened"]


def test_a_summary_is_never_counted() -> None:
    text = "Both sides imposed new escalatory measures."
    summary = read("M01", "escalatory measures", text, instrument="unspecified_measure", imposer="USA+CHN")
    assert lives([told(summary, text=text)]) == []


def test_texts_without_a_day_come_last_and_give_no_status_of_a_day() -> None:
    found = lives([told(said(THREAT, "100% tariff"), published=None)])
    assert found[0].as_of("2030-01-01") == ""


def test_no_life_moves_out_of_its_end() -> None:
    assert MOVES["expired"] == MOVES["withdrawn"] == ()
    assert all(status in MOVES for targets in MOVES.values() for status in targets)
    assert Life("L001").status == ""
