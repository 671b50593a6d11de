"""dt.Market: what is asked for is checked, all problems at once, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from economies import random_economy

REFUSED: dict[str, tuple[Any, str]] = {
    "unknown": (dt.Market("krugman"), "krugman-fixed"),
    "a number": (3, "dt.Market"),
    "profits given": (dt.Market("krugman-fixed", scale_elasticity=0.1), "no parameter for krugman-fixed"),
    "scale too large": (dt.Market("krugman-free", scale_elasticity=2.0), "at most 1/theta"),
    "scale negative": (dt.Market("krugman-free", scale_elasticity=-0.1), "at least 0"),
    "wrong number": (dt.Market("krugman-free", scale_elasticity=[0.1, 0.1]), "one number or 3"),
    "text": (dt.Market("krugman-free", scale_elasticity="a lot"), "one number or 3"),
    "not a number": (dt.Market("krugman-free", scale_elasticity=float("nan")), "market.scale_elasticity"),
    "melitz with sectors": (dt.Market("melitz-pareto"), "one sector without inputs"),
}


@pytest.fixture(scope="module")
def base() -> dt.Baseline:
    economy = random_economy(np.random.default_rng(0), n=4, j=3)
    return dt.Baseline.from_flows(**economy.inputs())


@pytest.fixture(scope="module")
def one_sector() -> dt.Baseline:
    economy = random_economy(np.random.default_rng(0), n=4, j=1, io=False)
    return dt.Baseline.from_flows(**economy.inputs())


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_a_sentence(base: dt.Baseline, what: str) -> None:
    """Exit code 2, the way out in the words, nothing solved."""
    market, words = REFUSED[what]
    with pytest.raises(dt.UsageError, match=words):
        dt.solve(base, market=market)


def test_all_problems_at_once(one_sector: dt.Baseline) -> None:
    """Four parameters, four lines."""
    market = dt.Market(
        "melitz-pareto", fixed_cost_share=1.0, scale_elasticity=9.0, pass_through=0.0, labour_elasticity=-1.0
    )  # a labour elasticity that is refused counts as the default of 0.5
    with pytest.raises(dt.UsageError) as raised:
        dt.solve(one_sector, market=market)
    fields = {problem.field for problem in raised.value.problems}
    names = ("fixed_cost_share", "scale_elasticity", "pass_through", "labour_elasticity")
    assert fields == {f"market.{name}" for name in names}


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"market": "krugman-fixed", "revenue": "income-tax-relief"}, "elastic labour"),
        ({"market": "melitz-pareto", "revenue": "wasted"}, "lump-sum"),
        ({"market": "perfect", "revenue": "income-tax-relief"}, "melitz-pareto"),
    ],
)
def test_closures_that_a_structure_lacks(one_sector: dt.Baseline, rules: dict[str, str], words: str) -> None:
    """Tax relief needs a tax on labour that moves; wasted revenue is not in the welfare formula with work."""
    with pytest.raises(dt.UsageError, match=words):
        dt.solve(one_sector, **rules)


def test_instruments_are_refused(base: dt.Baseline) -> None:
    """Bounds between producer and border are modelled under perfect competition only."""
    cell = (base.countries[0], base.countries[1], base.sectors[0])
    quota = dt.Bound("quota", (cell,), volume=0.5, to="exporter")
    with pytest.raises(dt.UsageError, match="tariffs and trade costs alone"):
        dt.solve(base, wedges=dt.Wedges(bounds=(quota,)), market="krugman-fixed")


def test_the_result_names_its_structure(base: dt.Baseline) -> None:
    """In the object, in the certificate; perfect competition is the default."""
    result = dt.solve(base, market=dt.Market("krugman-free", scale_elasticity=0.05))
    assert result.market.title == "krugman-free, scale_elasticity 0.05"
    assert result.certificate.closure["market"] == result.market.title
    assert dt.solve(base).market == dt.Market("perfect")


def test_decomposition_is_refused(base: dt.Baseline) -> None:
    """Profits and varieties have parts of their own, which are not derived yet."""
    result = dt.solve(base, market="krugman-fixed")
    with pytest.raises(dt.UsageError, match="perfect competition"):
        dt.decompose(result, base.countries[0])


def test_parameters_cannot_be_changed(one_sector: dt.Baseline) -> None:
    """Arrays become plain numbers, so that a market is a value: equal, hashable, frozen."""
    shares = np.array([0.1, 0.2, 0.3, 0.0])
    market = dt.Market("melitz-pareto", fixed_cost_share=shares)
    shares[0] = 0.9
    assert market == dt.Market("melitz-pareto", fixed_cost_share=[0.1, 0.2, 0.3, 0.0])
    assert hash(market)


def test_tables_show_profits_and_work(base: dt.Baseline, one_sector: dt.Baseline) -> None:
    """The table of countries has rows of the structure, and value added with profits in it."""
    rates = np.array(base.tariffs)
    rates[0, 1] += 0.3
    table = dt.solve(base, rates, market="krugman-fixed").table("countries")
    assert {"profits_pct", "profits_musd"} <= set(table["variable"])
    result = dt.solve(one_sector, market="melitz-pareto")
    assert "employment_pct" in set(result.table("countries")["variable"])
    assert "profits_pct" not in set(dt.solve(base).table("countries")["variable"])
