"""Answers to a tariff, and the ladder they lead up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from economies import synthetic_world


@pytest.fixture(scope="module")
def base() -> dt.Baseline:
    """Return a world of five countries and four sectors."""
    return dt.Baseline.from_flows(**synthetic_world(5, 4, 3).inputs()).purged()


@pytest.fixture(scope="module")
def act(base: dt.Baseline) -> np.ndarray:
    """Return tariffs after the first country has put 20 points on the first two sectors of the second."""
    rates = base.tariffs.copy()
    rates[1, 0, :2] += 0.2
    return rates


def test_reciprocal_mirrors_points_by_sector(base: dt.Baseline, act: np.ndarray) -> None:
    a, b = base.countries[:2]
    new = dt.retaliate(base, b, a, act, sectors="all")
    assert new[0, 1] - act[0, 1] == pytest.approx(np.array([0.2, 0.2, 0.0, 0.0]) * (base.flows[0, 1] > 0))
    new[0, 1] = act[0, 1]
    assert (new == act).all()


def test_equal_value_collects_the_same_duty_at_baseline_trade(base: dt.Baseline, act: np.ndarray) -> None:
    a, b = base.countries[:2]
    new = dt.retaliate(base, b, a, act, rule="equal-value", sectors="all")
    taken = ((act - base.tariffs) * base.flows).sum()
    answered = ((new - act) * base.flows).sum()
    assert answered == pytest.approx(taken)
    added = (new - act)[0, 1][base.flows[0, 1] > 0]
    assert np.ptp(added) < 1e-12


def test_optimal_answer_is_the_best_response(base: dt.Baseline, act: np.ndarray) -> None:
    a, b = base.countries[:2]
    new = dt.retaliate(base, b, a, act, rule="optimal", sectors="all")
    best = dt.solve(base, new, closure="balanced").welfare_hat[1]
    for rule in ("reciprocal", "equal-value"):
        other = dt.retaliate(base, b, a, act, rule=rule, sectors="all")
        assert best >= dt.solve(base, other, closure="balanced").welfare_hat[1]
    assert best >= dt.solve(base, act, closure="balanced").welfare_hat[1]


def test_optimal_ladder_ends_in_the_nash_equilibrium(base: dt.Baseline) -> None:
    a, b = base.countries[:2]
    found = dt.escalation(base, [a, b], rounds=12, sectors="all")
    assert found.settled
    last = found.rungs[-1].tariffs
    for who, other in ((0, 1), (1, 0)):
        at = dt.rebased(found.rungs[-1].result)
        best = dt.optimal_tariffs(
            at, base.countries[who], against=base.countries[other], sectors="all", purge=False, bounds=("0%", "1000%")
        )
        assert best.gain_pct == pytest.approx(0, abs=1e-6)
    assert (last[2:, :2] == base.tariffs[2:, :2]).all()


def test_reciprocal_ladder_and_its_costs(base: dt.Baseline) -> None:
    a, b = base.countries[:2]
    found = dt.escalation(base, [a, b], rule="reciprocal", opening="+10pp", rounds=4, sectors="all")
    table = found.table()
    assert list(table["mover"]) == [a, b, a, b]
    assert table[f"{a}_cost_pp"].sum() == pytest.approx(table[f"{a}_welfare_pct"].iloc[-1])
    first = dt.solve(base, found.rungs[0].tariffs, closure="balanced")
    assert table[f"{a}_welfare_pct"].iloc[0] == pytest.approx(100 * (first.welfare_hat[0] - 1))
    assert found.rungs[-1].tariffs[1, 0].max() == pytest.approx((base.tariffs[1, 0] + 0.2).max())
    assert not found.settled


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule": "eye-for-eye"}, "rule: found 'eye-for-eye'"),
        ({"rule": "reciprocal"}, "opening: found none under rule 'reciprocal'"),
        ({"opening": "10%"}, "expected points that are added"),
        ({"opening": "ten"}, "opening: found 'ten'"),
        ({"rounds": 0}, "rounds: found 0"),
        ({"players": ["X"]}, "expected two"),
    ],
)
def test_arguments_that_cannot_be(base: dt.Baseline, change: dict[str, Any], said: str) -> None:
    options = {"players": list(base.countries[:2]), **change}
    with pytest.raises(dt.UsageError) as error:
        dt.escalation(base, options.pop("players"), **options)
    assert said in str(error.value)
