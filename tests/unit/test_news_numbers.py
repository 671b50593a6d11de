"""Rates and quantities: numbers with a unit; by, to, from; what is never a rate."""

from __future__ import annotations

import pytest

from detente.news.numbers import amounts, rates
from detente.news.reader import read_text


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a 25-per-cent tariff", [25.0]),
        ("twenty-five percent", [25.0]),
        ("a hundred percent", [100.0]),
        ("7.5 pct and 10 per cent", [7.5, 10.0]),
        ("from 15 to 7.5 percent", [15.0, 7.5]),
        ("2.5 percentage points", [2.5]),
        ("$50 per net ton", [50.0]),
        ("zero percent", [0.0]),
        ("section 301, heading 8542, No. 25 and (202) 395-5725", []),
        ("1,400 products and 2018", []),
    ],
)
def test_rates(text: str, values: list[float]) -> None:
    assert [each.value for each in rates(text, 0, len(text))] == values


def test_amounts_have_unit_scale_and_period() -> None:
    text = "25 million tonnes a year, $500 billion over five years, 49,000 cars a year and 11 companies"
    found = [(each.value, each.unit, each.period) for each in amounts(text, 0, len(text))]
    assert found == [(25e6, "t", "P1Y"), (500e9, "USD", "P5Y"), (49000.0, "units", "P1Y"), (11.0, "firms", "")]


@pytest.mark.parametrize(
    ("text", "value", "basis"),
    [
        ("The United States raised its tariff on Brazil to 50% from 10%.", 50, "total"),
        ("The United States raised its tariff on Brazil from 10 to 50 percent.", 50, "total"),
        ("The United States imposed an additional 40% tariff on Brazil.", 40, "additional"),
        ("The United States imposed a 40% tariff on Brazil, on top of existing duties.", 40, "additional"),
        ("The United States raised its tariff on Brazil by 40 percentage points.", 40, "change"),
        ("The United States cut its tariff on Brazil by 10 percentage points.", -10, "change"),
        ("The United States put a 10% reciprocal tariff on Brazil.", 10, "component"),
    ],
)
def test_basis_decides_arithmetic(text: str, value: float, basis: str) -> None:
    (measure,) = read_text(text, published="2025-08-01").measures
    assert measure.rate is not None
    assert (measure.rate.value, measure.rate.basis) == (value, basis)
