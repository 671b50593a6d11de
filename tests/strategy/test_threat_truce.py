"""Odds and patience solve the equations that define them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.strategy.threat import NEVER, NO_THREAT, NOT_NEEDED, NOT_SOLVED, Threat, break_even
from detente.strategy.truce import (
    NO_TEMPTATION,
    NOT_SUSTAINABLE,
    TOO_WEAK,
    critical,
    patience,
)

VALUES = st.floats(-5, 5).map(lambda value: round(value, 3))


@given(VALUES, VALUES, VALUES)
def test_break_even_odds_solve_their_equation(accept: float, refuse: float, threat: float) -> None:
    odds = break_even(accept, refuse, threat)
    q = odds.probability
    if q is not None and q > 0:
        assert 0 < q <= 1
        assert (1 - q) * refuse + q * threat == pytest.approx(accept, abs=1e-9)
    elif q == 0:
        assert accept >= refuse - 1e-9
    else:
        assert accept < refuse
        assert all((1 - p) * refuse + p * threat > accept - 1e-9 for p in (0.0, 0.5, 1.0))


def test_break_even_by_hand() -> None:
    assert break_even(-1.0, 0.0, -4.0).probability == pytest.approx(0.25)
    assert break_even(0.0, 0.0, -4.0) == break_even(1.0, 0.0, 3.0)
    assert break_even(0.0, 0.0, -4.0).why == NOT_NEEDED
    assert break_even(-1.0, 0.0, 0.5).why == NO_THREAT
    assert break_even(-5.0, 0.0, -4.0).why == NEVER
    assert break_even(-4.0, 0.0, -4.0).probability == 1.0
    assert break_even(float("nan"), 0.0, -4.0).why == NOT_SOLVED


def test_a_threat_is_a_best_response_if_it_costs_nothing_to_carry_out() -> None:
    cheap = Threat("USA", ("t",), "", 0.0, (("CHN", -0.1),))
    dear = Threat("USA", ("t",), "", -0.2, (("CHN", 0.0), ("DEU", 0.3)))
    assert (cheap.best_response, cheap.bites) == (True, True)
    assert (dear.best_response, dear.bites) == (False, False)


def test_patience_by_hand() -> None:
    assert patience(0.0, 1.0, -1.0).factor == pytest.approx(0.5)
    assert patience(0.0, 1.0, -3.0, lag=2).factor == pytest.approx(0.5)
    assert patience(0.0, -0.1, -1.0).why == NO_TEMPTATION
    assert patience(0.0, -0.1, 1.0).factor == 0.0
    assert patience(0.0, 1.0, 0.0).why == NOT_SUSTAINABLE
    assert patience(0.0, 1.0, 0.5).factor is None
    assert patience(0.0, 1.0, -0.4, periods=2).why == TOO_WEAK
    assert patience(0.0, 1.0, -1.0, periods=1).factor == pytest.approx(1.0)


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.integers(1, 30))
def test_patience_leaves_a_side_indifferent(temptation: float, loss: float, periods: int) -> None:
    """At x* what a breach brings today is what the punishment takes from tomorrow on."""
    x = patience(0.0, temptation, -loss).factor
    assert x is not None
    assert temptation == pytest.approx((loss) * x / (1 - x), rel=1e-6)
    for_periods = patience(0.0, temptation, -loss, periods=periods)
    if for_periods.factor is None:
        assert temptation > periods * loss
    else:
        assert temptation == pytest.approx(loss * sum(for_periods.factor**i for i in range(1, periods + 1)), rel=1e-6)
        assert for_periods.factor >= x - 1e-9


def test_a_long_punishment_is_one_for_ever() -> None:
    for_ever, long = (patience(0.0, 0.3, -0.7, periods=p).factor for p in (None, 400))
    assert for_ever == pytest.approx(long)


def test_a_truce_needs_what_its_least_patient_side_needs() -> None:
    calm, wild, lost = patience(0.0, 1.0, -3.0), patience(0.0, 1.0, -1.0), patience(0.0, 1.0, 0.5)
    assert critical({"A": calm, "B": wild}) == wild.factor
    assert critical({"A": calm, "B": lost}) is None
