"""The packaged scenarios check a text: sums, ends, directions, absences; their values are offered, never taken."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from detente.news.measure import Dates
from detente.news.registry import NOT_SAID, candidates, entries, linked, standing
from news_documents import CLAIM, GOODS, LICENCE, THREAT, TRUCE, document, points, read, talks

DAY = dt.date(2025, 10, 25)


def doubts(*measures: object, published: str = "2025-10-25") -> list[str]:
    found = linked(document(*measures, published=published))  # type: ignore[arg-type]
    return [each.what for each in found.conflicts if each.kind == "registry"]


def test_a_claimed_total_is_taken_apart() -> None:
    assert doubts(CLAIM) == [
        "M03: 157% = 57 in force (us-headline-china) + 100 threatened (us-threat-100); it is a total, not an addition"
    ]
    assert doubts(replace(CLAIM, rate=points(57, "total"))) == []


def test_a_total_counted_twice_is_said() -> None:
    (text,) = doubts(replace(CLAIM, rate=points(257, "total")))
    assert "counts an addition twice" in text


def test_a_measure_that_has_ended_is_said() -> None:
    paid = read("M01", "157% tariff", status="in_force", rate=points(125), product=GOODS)
    (text,) = doubts(replace(paid, target=("CHN",)), published="2025-06-01")
    assert "ended on 2025-05-14" in text
    assert doubts(paid, published="2025-04-20") == []


def test_a_mirrored_direction_is_said() -> None:
    turned = read("M01", "100% tariff", imposer="CHN", target=("USA",), rate=points(100), product=GOODS)
    (text,) = doubts(turned)
    assert "the other way round, USA on CHN" in text
    assert doubts(THREAT) == []


def test_what_the_registry_has_is_linked_and_what_not_is_said() -> None:
    found = linked(talks())
    assert standing(found) == {
        "M01": "us-china-2025-10/us-threat-100",
        "M02": "us-china-2025-10/cn-minerals-licence",
        "M03": "not in the registry",
        "M06": "us-china-2025-10/cn-soy-purchases",
    }
    assert ("same_as", "registry:us-china-2025-10/us-threat-100") in [
        (link.type, link.to) for link in found.measure("M01").links
    ]
    fresh = read("M01", "100% tariff", imposer="CAN", target=("MEX",), rate=points(100), product=GOODS)
    assert standing(linked(document(fresh))) == {"M01": "not in the registry"}


def test_a_candidate_is_labelled_and_the_nearest_comes_first() -> None:
    (first, second) = candidates(LICENCE, "volume", DAY)
    assert first.value == "60% of base"
    assert second.value == "85% of base"
    assert "cn-minerals-licence" in first.source
    assert "its level is assumed" in first.source
    assert all(each.source.endswith(NOT_SAID) for each in (first, second))
    assert [each.value for each in candidates(TRUCE, "rate", DAY)] == ["+24pp"]


def test_nothing_is_offered_that_was_not_known_on_the_day() -> None:
    early = dt.date(2025, 10, 8)
    assert all(each.measure.source is not None for each in entries(early))
    assert [each.value for each in candidates(LICENCE, "volume", early)] == ["85% of base"]
    assert candidates(LICENCE, "volume", None) == ()
    assert candidates(LICENCE, "volume", dt.date(2030, 1, 1)) == ()


def test_no_field_of_a_measure_changes_by_the_registry() -> None:
    found = linked(talks())
    for before, after in zip(talks().measures, found.measures, strict=True):
        assert replace(after, links=before.links) == before


@pytest.mark.parametrize("published", [None, "2025-10"])
def test_without_a_whole_day_nothing_is_checked(published: str | None) -> None:
    assert linked(document(CLAIM, published=published)).conflicts == ()


def test_dates_of_the_text_choose_among_entries() -> None:
    april = replace(LICENCE, dates=Dates(announced="2025-04-04"))
    assert candidates(april, "volume", DAY)[0].value == "85% of base"
