"""Payoffs: weights of one are real income exactly, weights on a sector move the payoff as the formula says."""

from __future__ import annotations

import numpy as np
import pytest

import detente as dt
from detente.core.errors import UsageError
from detente.equilibrium.evaluate import evaluate_many
from detente.policy.wedges import Wedges
from detente.strategy.objective import earned, payoffs, political_hat, spendable, value_added_new, variation
from strategy.toy_talks import CODES, world

ONE = np.eye(3)


@pytest.fixture(scope="module")
def solved() -> dt.Result:
    base = world()
    rates = np.array(base.tariffs)
    rates[1, 0, :2] += 0.3
    bound = dt.Bound("quota", (("CHN", "DEU", "C26"),), volume=0.6, to="lost")
    return dt.solve(base, wedges=Wedges(rates, bounds=(bound,)))


def test_weights_of_one_are_real_income(solved: dt.Result) -> None:
    base, after = solved.baseline, value_added_new(solved)
    hat = political_hat(solved.welfare_hat, earned(base), after, np.full((3, 3), 4.0))
    assert hat == pytest.approx(solved.welfare_hat, rel=1e-14)
    U = payoffs(solved, base, ONE, np.ones((3, 3)))
    assert pytest.approx(100 * np.log(solved.welfare_hat), rel=1e-12) == U


def test_the_formula_in_levels(solved: dt.Result) -> None:
    """G = [sum of weights times income of industries, new over old] / prices, with income shared as value added is."""
    base = solved.baseline
    weights = np.array([[1.0, 3.0, 0.5]] * 3)
    old_value, new_value = base.value_added_share * base.output, value_added_new(solved)
    old_income = old_value / base.value_added[:, None] * (base.income - base.final_exogenous.sum(axis=1))[:, None]
    left = solved.income_new - solved["final_exogenous_new"].sum(axis=1)
    new_income = new_value / (solved.wage_hat * base.value_added)[:, None] * left[:, None]
    prices = np.exp((base.final_share * np.log(solved.price_hat)).sum(axis=1))
    expected = (weights * new_income).sum(axis=1) / (weights * old_income).sum(axis=1) / prices
    assert political_hat(solved.welfare_hat, old_value, new_value, weights) == pytest.approx(expected, rel=1e-9)
    U = payoffs(solved, base, ONE, weights)
    assert pytest.approx(100 * np.log(expected), rel=1e-6) == U
    assert np.abs(U - 100 * np.log(solved.welfare_hat)).max() > 1e-3


def test_an_evaluation_pays_what_its_result_pays(solved: dt.Result) -> None:
    base = solved.baseline
    weights = np.array([[1.0, 3.0, 0.5], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
    wedges = Wedges(solved.tariffs_new, bounds=solved.bounds)
    assert isinstance(base, dt.Baseline)
    (found,) = evaluate_many(base, [wedges])
    assert payoffs(found, base, ONE, weights) == pytest.approx(payoffs(solved, base, ONE, weights), abs=1e-8)


def test_value_added_of_users_of_critical_inputs_is_that_after_the_change(solved: dt.Result) -> None:
    base = solved.baseline
    assert isinstance(base, dt.Baseline)
    users = tuple((code, "A01") for code in base.countries)
    wedges = Wedges(bounds=(dt.Bound("quota", (("CHN", "USA", "C26"),), volume=0.5),),
                    critical=(dt.CriticalInput("C26", users, 0.1),))  # fmt: skip
    weights = np.array([[5.0, 1.0, 1.0]] * 3)
    result, (found, _) = dt.solve(base, wedges=wedges), evaluate_many(base, [wedges, wedges])
    assert np.abs(result.stored["value_added_share_new"] - base.value_added_share).max() > 1e-4
    assert payoffs(found, base, ONE, weights) == pytest.approx(payoffs(result, base, ONE, weights), abs=1e-8)
    assert value_added_new(result).sum(axis=1) == pytest.approx(result.wage_hat * base.value_added, rel=1e-8)


def test_a_group_is_paid_the_sum_of_its_members(solved: dt.Result) -> None:
    base = solved.baseline
    pair = np.array([[1.0, 1.0, 0.0]])
    total = variation(solved.welfare_hat, base, pair) / (pair @ spendable(base))
    assert payoffs(solved, base, pair) == pytest.approx(100 * np.log(1 + total))
    with pytest.raises(UsageError, match="weights by sector for a group"):
        payoffs(solved, base, pair, np.array([[1.0, 2.0, 1.0]]))
    assert base.countries == CODES
