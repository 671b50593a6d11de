"""The fan of branches: nodes at the mean of what follows, as thick as their odds."""

from __future__ import annotations

import pytest

from detente.report.screens.tree import edges

PATHS = {"calm": ("held", "calm"), "roll": ("held", "roll"), "storm": ("cancelled",)}
VALUES = {"calm": 1.0, "roll": 0.0, "storm": -2.0}


def test_a_node_stands_at_the_mean_of_what_follows_by_odds() -> None:
    found = edges(PATHS, VALUES, {"calm": 0.1, "roll": 0.4, "storm": 0.5}, "#000000")
    first = [each for each in found if each.depth == 0]
    assert [each.odds for each in first] == pytest.approx([0.5, 0.5])
    assert first[0].start == first[1].start == pytest.approx(0.1 - 1.0)
    assert [each.end for each in first] == pytest.approx([0.2, -2.0])
    last = {each.end: each for each in found if each.depth == 1}
    assert last[1.0].start == last[0.0].start == pytest.approx(0.2)
    assert last[-2.0].start == last[-2.0].end
    assert sum(each.odds or 0.0 for each in last.values()) == pytest.approx(1.0)


def test_without_odds_nothing_is_weighed() -> None:
    found = edges(PATHS, VALUES, None, "#000000")
    assert {each.odds for each in found} == {None}
    assert found[0].start == pytest.approx(-1 / 3)


def test_a_node_that_has_no_odds_at_all_stands_in_the_middle() -> None:
    found = edges(PATHS, VALUES, {"calm": 0.0, "roll": 0.0, "storm": 1.0}, "#000000")
    assert found[0].end == pytest.approx(0.5)
    assert found[0].odds == 0.0
