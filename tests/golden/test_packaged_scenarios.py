"""Packaged histories give the numbers that ship beside them. To renew: `python tests/golden/expected_scenarios.py`."""

from __future__ import annotations

import pytest

import detente as dt
from golden.expected_scenarios import SCENARIOS, Table, computed, read, text_of

TOLERANCE = 1e-6


@pytest.fixture(scope="module", params=SCENARIOS)
def pair(request: pytest.FixtureRequest) -> tuple[Table, Table]:
    return computed(request.param), read(request.param)


def test_every_number_is_the_one_that_ships(pair: tuple[Table, Table]) -> None:
    found, expected = pair
    assert found.keys() == expected.keys()
    size = {name: max(abs(expected[key]) for key in expected if key[1] == name) for _, name in expected}
    wrong = {key for key in expected if not abs(found[key] - expected[key]) <= TOLERANCE * max(1.0, size[key[1]])}
    assert not wrong


def test_expected_values_are_of_all_economies_and_move(pair: tuple[Table, Table]) -> None:
    _, expected = pair
    assert {country for country, _ in expected} >= set(dt.baseline("world-2022").countries)
    assert expected["CHN", "real_income_pct"] < 0
    assert len({round(value, 6) for value in expected.values()}) > 100


def test_text_of_a_table_reads_back_the_same() -> None:
    line = text_of({("XXX", "real_income_pct"): -1 / 3}).splitlines()[1]
    assert line == "XXX,real_income_pct,-0.333333333333"
