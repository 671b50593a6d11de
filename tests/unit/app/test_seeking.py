"""A search in an address: what the page has made is read back, anything else is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.app.seeking import Sought, sought
from detente.app.selection import Selection, of_query
from detente.core.errors import UsageError

WAR = "kind=nash&players=USA&players=CHN&taxing=each-other&vary=by-partner&upper=100%25&starts=3"


def test_a_search_is_read_back_field_by_field() -> None:
    found = sought(WAR)
    assert found is not None
    assert found.kind == "nash"
    assert [found.get("nash", "players", place=place) for place in (0, 1)] == ["USA", "CHN"]
    assert found.get("nash", "upper", "50%") == "100%"
    assert found.get("nash", "solution") == ""
    assert found.get("optimal", "vary", "by-sector") == "by-sector"
    assert sought("") == Sought()


def test_an_emptied_field_stays_empty_and_another_form_keeps_what_is_usual() -> None:
    found = sought("kind=optimal&player=USA&vary=uniform&starts=1&upper=")
    assert found is not None
    assert found.get("optimal", "upper", "100%") == ""
    assert found.get("nash", "upper", "100%") == "100%"


@pytest.mark.parametrize(
    "text",
    ["kind=war", "players=USA", "kind=nash&players=%3Cb%3E", "kind=nash&vary=all", "kind=nash&starts=11",
     "kind=nash&deep=1", "kind=optimal&upper=5", "kind=nash&kind=talks&x=" + "y" * 90],
)  # fmt: skip
def test_what_no_form_sends_is_refused(text: str) -> None:
    assert sought(text) is None
    with pytest.raises(UsageError, match="search"):
        of_query(Selection(seek=text).query)


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    found = sought(text)
    assert found is None or found == Sought() or found.kind in ("optimal", "nash", "talks")


def test_the_search_is_no_part_of_what_decides_the_numbers() -> None:
    state = of_query(Selection(seek=WAR, sector="C26", country="CHN").query)
    assert state.seek == WAR
    assert state.solved == Selection()
