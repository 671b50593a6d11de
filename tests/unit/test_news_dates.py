"""Dates: explicit ones as they stand, relative ones by the day of publication and the tense."""

from __future__ import annotations

from datetime import date

import pytest

from detente.news.timex import timexes

DAY = date(2025, 10, 25)
"""A Saturday."""


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("The talks will resume Sunday.", ["2025-10-26"]),
        ("The ministry convened the firms on Monday.", ["2025-10-20"]),
        ("They met on Saturday.", ["2025-10-25"]),
        ("The truce is set to run out on Nov. 10 unless extended.", ["2025-11-10"]),
        ("Expected talks on Thursday will decide.", ["2025-10-30"]),
        ("It came into force on 9 October.", ["2025-10-09"]),
        ("The duty took effect on August 7.", ["2025-08-07"]),
        ("It will rise on 1 February.", ["2026-02-01"]),
        ("From 1 November 2025 it is 25%.", ["2025-11-01"]),
        ("Announced yesterday, it starts tomorrow.", ["2025-10-24", "2025-10-26"]),
        ("They will meet next week.", ["2025-W44"]),
        ("He said so last month.", ["2025-09"]),
        ("It ended 5 August of last year.", ["2024-08-05"]),
        ("It runs until the end of March 2026.", ["2026-03-31"]),
        ("It lapses at the end of June.", ["2025-06-30"]),
        ("The ban has stood since March 2018.", ["2018-03"]),
        ("It was lifted two weeks ago.", ["2025-W41"]),
        ("It was parked on the 3rd.", ["2025-10-03"]),
        ("In the third quarter of 2026 it falls.", ["2026-Q3"]),
        ("We may march on, said May.", []),
        ("It imposed 25 percent on 10 countries.", []),
        ("On 30 February it fell.", []),
    ],
)
def test_values(text: str, values: list[str]) -> None:
    assert [each.value for each in timexes(text, 0, len(text), DAY)] == values


def test_without_a_day_only_what_is_explicit_has_a_value() -> None:
    text = "On Monday it said that from 1 May 2026 and again next week the duty rises."
    assert [each.value for each in timexes(text, 0, len(text), None)] == ["", "2026-05-01", ""]
