"""Bargains over tariffs: fair as asked, efficient, better than no deal for everybody."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from two_countries import two_countries

import detente as dt
from detente.strategy.cooperative import cooperative, largest_least
from economies import synthetic_world


@pytest.fixture(scope="module")
def base() -> dt.Baseline:
    """Return a world of five countries and three sectors."""
    return dt.Baseline.from_flows(**synthetic_world(5, 3, 3).inputs()).purged()


@pytest.fixture(scope="module")
def players(base: dt.Baseline) -> list[str]:
    """Return three of them."""
    return list(base.countries[:3])


def test_identical_countries_go_to_free_trade() -> None:
    """Two identical countries undo the war: any pair with (1+t)(1+t') = 1 is efficient, and the fair one is 0."""
    found = cooperative(two_countries(4.0, 1.2), ["A", "B"])
    assert found.disagreement["name"] == "nash"
    assert np.abs(found.tariffs).max() < 1e-6
    assert found.gains_pp[0] == pytest.approx(found.gains_pp[1], abs=1e-6)
    assert found.gains_pp[0] > 1


CASES = [
    pytest.param(
        solution, disagreement, marks=[] if solution == "nash" or disagreement == "factual" else pytest.mark.slow
    )
    for solution in ("nash", "equal-gains", "kalai-smorodinsky")
    for disagreement in ("nash", "factual", "free-trade")
]


@pytest.mark.parametrize(("solution", "disagreement"), CASES)
def test_fair_and_efficient(base: dt.Baseline, players: list[str], solution: str, disagreement: str) -> None:
    found = cooperative(base, players, solution=solution, disagreement=disagreement, sectors="all", bounds=(None, None))
    gains = np.array(found.gains_pp)
    assert (gains >= -1e-6).all()
    if solution == "equal-gains":
        assert np.ptp(gains) < 1e-6 * max(1, gains.max())
    if solution == "kalai-smorodinsky":
        share = gains / np.array([*found.solution["ideal_pp"].values()])
        assert np.ptp(share) < 1e-5
    if solution == "nash":  # weights times gains are equal: first-order condition of the product
        assert np.ptp(np.array(found.weights) * gains) < 1e-6
    # efficient: the weighted sum of gradients vanishes in every cell
    exact = dt.solve(base, found.tariffs, closure="balanced", tol=1e-13, max_iter=400)
    slopes = np.array([dt.gradient(exact, player).tariffs for player in players])
    total = np.einsum("p,pods->ods", found.weights, slopes)[:, :3]
    scale = np.abs(np.array(found.weights)[:, None, None, None] * slopes[:, :, :3]).max(axis=0)
    traded = (base.flows[:, :3] > 0) & ~np.eye(5, dtype=bool)[:, :3, None]
    assert (np.abs(total)[traded] < 1e-5 * scale[traded] + 1e-9).all()


def test_payoffs_are_those_of_plain_solves(base: dt.Baseline, players: list[str]) -> None:
    found = cooperative(base, players, disagreement="factual", sectors="all")
    welfare = 100 * np.log(found.result.welfare_hat[:3])
    none = np.array([found.disagreement["payoffs"][player] for player in players])
    assert none == pytest.approx(np.zeros(3), abs=1e-7)
    assert np.array(found.gains_pp) == pytest.approx(welfare - none, abs=1e-6)


def test_swapped_names_swap_gains(base: dt.Baseline, players: list[str]) -> None:
    one = cooperative(base, players, disagreement="factual", sectors="all")
    other = cooperative(base, players[::-1], disagreement="factual", sectors="all")
    assert one.gains_pp == pytest.approx(other.gains_pp[::-1], abs=1e-5)


def test_power_is_rewarded(base: dt.Baseline, players: list[str]) -> None:
    fair = cooperative(base, players, disagreement="factual", sectors="all")
    strong = cooperative(base, players, disagreement="factual", sectors="all", power=[3, 1, 1])
    assert strong.gains_pp[0] > fair.gains_pp[0]
    assert strong.gains_pp[1] < fair.gains_pp[1]


def test_no_grid_of_rates_beats_the_bargain() -> None:
    """One sector, two unequal countries: the largest common gain is that of a fine grid over both rates."""
    base = two_countries(4.0, 1.3, 2.0)
    found = cooperative(base, ["A", "B"], solution="equal-gains", disagreement="nash", bounds=(None, None))
    gone = np.array([found.disagreement["payoffs"][name] for name in "AB"])
    a, b = found.tariffs[1, 0, 0], found.tariffs[0, 1, 0]
    best = -np.inf
    for da, db in itertools.product(np.linspace(-0.05, 0.05, 5), repeat=2):
        rates = np.array([[[0.0], [b + db]], [[a + da], [0.0]]])
        gains = 100 * np.log(dt.solve(base, rates, closure="balanced").welfare_hat) - gone
        best = max(best, float(gains.min()))
    assert best <= min(found.gains_pp) + 1e-7


@pytest.mark.parametrize("count", [2, 3, 4])
def test_weights_of_the_largest_least_gain(count: int) -> None:
    """Against a fine search: w is a multiplier, so the least of gains + Bw is at most that of the answer."""
    rng = np.random.default_rng(count)
    for _ in range(20):
        root = rng.normal(size=(count, count))
        brings, gains = root @ root.T, rng.normal(size=count)
        weights = largest_least(gains, brings)
        assert weights.min() >= 0
        assert weights.sum() == pytest.approx(1)
        served = weights > 1e-9
        after = gains + brings @ weights
        assert np.ptp(after[served]) < 1e-7
    assert largest_least(np.array([0.0, 50.0]), np.eye(2)) == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"solution": "fair"}, "solution: found 'fair'"),
        ({"disagreement": "war"}, "disagreement: found 'war'"),
        ({"players": ["A"]}, "expected two or more"),
        ({"power": [1, -1]}, "expected 2 positive numbers"),
        ({"bounds": ("1%", "0%")}, "bounds: found '1%' above '0%'"),
    ],
)
def test_arguments_that_cannot_be(change: dict[str, Any], said: str) -> None:
    options = {"players": ["A", "B"], **change}
    with pytest.raises(dt.UsageError) as error:
        cooperative(two_countries(4.0), options.pop("players"), **options)
    assert said in str(error.value)


def test_no_gain_from_the_best_of_all_is_said() -> None:
    """From free trade two identical countries have nothing to bargain for."""
    with pytest.raises(dt.SolveError, match="found nothing to be gained"):
        cooperative(two_countries(4.0), ["A", "B"], disagreement="free-trade", solution="kalai-smorodinsky")
