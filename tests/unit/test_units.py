"""Numbers with units: what is read, what is refused, and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.core.units import (
    Quantity,
    Rate,
    parse_number,
    parse_percent,
    parse_quantity,
    parse_rate,
    percent_text,
    rate_text,
)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("25%", Rate(0.25, False)),
        ("25 %", Rate(0.25, False)),
        ("0%", Rate(0.0, False)),
        ("+10pp", Rate(0.10, True)),
        ("-5pp", Rate(-0.05, True)),
        ("+14.9pp", Rate(14.9 / 100, True)),
        ("1e2%", Rate(1.0, False)),
    ],
)
def test_all_in_rates_and_added_points(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("25", "try '25%' (all-in) or '+25pp' (added)"),
        ("10pp", "try '+10pp'"),
        ("1,5%", "try '1.5%'"),
        ("1,5pp", "try '+1.5pp'"),
        ("-5", "'-5pp' (added)"),
        ("1,000%", "try '1000%' if it separates thousands, '1.000%' if decimals"),
        ("1_0%", "try '10%'"),
        (".inf%", "a finite number such as '12.5%'"),
        ("\u22125pp", "try '-5pp'"),
        (".nan%", "finite"),
        ("1_000%", "underscores"),
        ("٢٥%", "a rate with its unit"),
        ("−5pp", "a rate with its unit"),
        ("", "a rate with its unit"),
    ],
)
def test_what_is_not_a_rate_says_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_rate(text)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", [".nan", ".inf", "1e400", "1_000", "0x10", "१", "", "+", "1 2"])
def test_what_is_not_a_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|underscores"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("70% of base", Quantity(70.0, "% of base")),
        ("85%  of  2024", Quantity(85.0, "% of 2024")),
        (">= 20 Mt/year", Quantity(20.0, "Mt/year", minimum=True)),
        ("1000 MUSD/year", Quantity(1000.0, "MUSD/year")),
        ("50 USD/net-ton", Quantity(50.0, "USD/net-ton")),
        ("0", Quantity(0.0, "")),
    ],
)
def test_quantities(text: str, quantity: Quantity) -> None:
    assert parse_quantity(text) == quantity


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("100", "with its unit"),
        ("70%", "70% of base"),
        ("20 foo/bar", "known unit"),
        ("1,5 Mt/year", "'1.5 Mt/year'"),
        ("1_0% of base", "'10% of base'"),
    ],
)
def test_what_is_not_a_quantity_says_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_quantity(text)
    assert words in str(caught.value)


def test_a_percentage_is_not_points() -> None:
    assert parse_percent("40%") == 0.4
    with pytest.raises(ValueError, match="try '40%'"):
        parse_percent("+40pp")
    with pytest.raises(ValueError, match="try '40%'"):
        parse_percent("40pp")


@given(st.floats(-0.99, 20, allow_nan=False), st.booleans())
def test_rates_read_back_as_written(value: float, added: bool) -> None:
    rate = Rate(value, added)
    assert parse_rate(rate_text(rate)).value == pytest.approx(value, rel=1e-15, abs=1e-300)
    assert parse_rate(rate_text(rate)).added == added


@given(st.integers(-9900, 200000))
def test_rates_written_by_people_read_back_exactly(hundredths: int) -> None:
    rate = parse_rate(f"{hundredths / 100}%")
    assert parse_rate(rate_text(rate)) == rate
    assert parse_percent(percent_text(rate.value)) == rate.value
