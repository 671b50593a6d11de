"""Market structures: what they have in common, what each must obey, and a certificate that sees what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.certify import recompute_market
from detente.core.market import Firms
from detente.equilibrium.assemble import outputs
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.root import Settings, find_root
from economies import Economy, random_economy, random_tariffs, random_trade_cost_hat

Array = np.ndarray
TIGHT = 1e-13
FIXED, FREE, WEAK = dt.Market("krugman-fixed"), dt.Market("krugman-free"), "weak"
NU = (0.1, 0.2, 0.3, 0.05)
ELASTIC = dt.Market("melitz-pareto", fixed_cost_share=NU)
CASES = [
    ("fixed", FIXED, "lump-sum"),
    ("weak scale", WEAK, "lump-sum"),
    ("lump-sum", ELASTIC, "lump-sum"),
    ("relief", ELASTIC, "income-tax-relief"),
]
NAMES = [name for name, _, _ in CASES]


def world(seed: int, *, j: int = 3, io: bool = True, **options: Any) -> tuple[Economy, dt.Baseline]:
    """Return an invented economy of four countries and its baseline."""
    made = random_economy(np.random.default_rng([seed, j]), n=4, j=j, io=io, theta_range=(2, 8), **options)
    return made, dt.Baseline.from_flows(**made.inputs())


def case(name: str, seed: int = 0) -> tuple[Economy, dt.Baseline, dict[str, Any]]:
    """Return a world that suits a case, and the arguments of its solve."""
    market, revenue = next((market, revenue) for label, market, revenue in CASES if label == name)
    elastic = isinstance(market, dt.Market) and market.kind == "melitz-pareto"
    economy, base = world(seed, j=1 if elastic else 3, io=not elastic)
    if market == WEAK:
        market = dt.Market("krugman-free", scale_elasticity=0.4 / base.trade_elasticity)
    return economy, base, {"market": market, "revenue": revenue}


def solved(base: dt.Baseline, rates: Array | None = None, kappa: Array | None = None, **rules: Any) -> dt.Result:
    """Solve to rounding."""
    return dt.solve(base, rates, kappa, tol=TIGHT, **rules)


# ---------------------------------------------------------------- nesting


@pytest.mark.parametrize("seed", range(4))
def test_without_scale_economies_free_entry_is_perfect_competition(seed: int) -> None:
    """psi = 0: the same numbers."""
    economy, base = world(seed)
    rng = np.random.default_rng(seed)
    rates, kappa = random_tariffs(rng, economy), random_trade_cost_hat(rng, economy)
    plain = solved(base, rates, kappa)
    free = solved(base, rates, kappa, market=dt.Market("krugman-free", scale_elasticity=0.0))
    np.testing.assert_allclose(free.welfare_hat, plain.welfare_hat, rtol=1e-10)
    np.testing.assert_allclose(free.flows_new, plain.flows_new, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("market", [FIXED, FREE, dt.Market("krugman-free", scale_elasticity=0.1)])
@pytest.mark.parametrize("seed", range(4))
def test_one_sector_without_inputs_is_the_same_in_all_structures(market: dt.Market, seed: int) -> None:
    """Sales per wage are fixed, so varieties are, and profits are proportional to wages; deficits and tariffs on."""
    economy, base = world(seed, j=1, io=False)
    rng = np.random.default_rng(seed)
    rates, kappa = random_tariffs(rng, economy), random_trade_cost_hat(rng, economy)
    plain, other = solved(base, rates, kappa), solved(base, rates, kappa, market=market)
    np.testing.assert_allclose(other.welfare_hat, plain.welfare_hat, rtol=1e-10)
    np.testing.assert_allclose(other["variety_hat"], 1.0, rtol=1e-10)


@pytest.mark.parametrize("revenue", ["lump-sum", "income-tax-relief"])
@pytest.mark.parametrize("seed", range(3))
def test_melitz_pareto_without_its_switches_is_one_sector(seed: int, revenue: str) -> None:
    """nu = psi = eta = 0: perfect competition, whatever revenue is for."""
    economy, base = world(seed, j=1, io=False)
    rates = random_tariffs(np.random.default_rng(seed), economy)
    bare = dt.Market("melitz-pareto", fixed_cost_share=0.0, scale_elasticity=0.0, labour_elasticity=0.0)
    plain, other = solved(base, rates), solved(base, rates, market=bare, revenue=revenue)
    np.testing.assert_allclose(other.welfare_hat, plain.welfare_hat, rtol=1e-10)
    np.testing.assert_allclose(other.price_hat, plain.price_hat, rtol=1e-10)


@pytest.mark.parametrize("market", [FIXED, FREE, dt.Market("krugman-free", scale_elasticity=0.1)])
def test_identical_sectors_are_one(market: dt.Market) -> None:
    """Two sectors, each half of everything, are one sector of twice the size."""
    economy, base = world(5, j=1, io=False)
    halves = {name: np.repeat(getattr(base, name), 2, axis=-1) for name in ("flows", "tariffs", "value_added_share")}
    halves["flows"] = halves["flows"] / 2
    n = len(base.countries)
    twice = dt.Baseline.from_flows(
        base.countries, ("A", "B"), *halves.values(), np.zeros((2, n, 2)), np.repeat(base.trade_elasticity, 2)
    )
    rates = random_tariffs(np.random.default_rng(5), economy)
    one, two = solved(base, rates, market=market), solved(twice, np.repeat(rates, 2, axis=2), market=market)
    np.testing.assert_allclose(one.welfare_hat, two.welfare_hat, rtol=1e-10)


@pytest.mark.parametrize("revenue", ["lump-sum", "income-tax-relief"])
def test_welfare_of_the_formula_and_of_utility(revenue: str) -> None:
    """The two coincide under lump-sum revenue and differ under tax relief."""
    economy, base = world(1, j=1, io=False, tariffs=False)
    rates = random_tariffs(np.random.default_rng(1), economy)
    result = solved(base, rates, market=ELASTIC, revenue=revenue)
    gap = np.abs(result["welfare_utility_hat"] - result.welfare_hat).max()
    assert gap <= 1e-14 if revenue == "lump-sum" else gap >= 1e-3


# ---------------------------------------------------------------- laws


@pytest.mark.parametrize("name", NAMES)
def test_no_shock_from_far_away(name: str) -> None:
    """I05: without a shock, and started away from 1, every hat is 1 and levels are those of the input."""
    economy, base, rules = case(name)
    shock = as_shock(base, dt.Wedges(), dt.Closure(revenue=rules["revenue"]), market=rules["market"])
    econ, _ = shock.economy()
    start = np.random.default_rng(0).uniform(np.log(0.7), np.log(1.4), (econ.unknowns, 1))
    root = find_root(shock, Settings(tol=TIGHT), start=start)
    assert root.converged
    got = outputs(shock, root.econ, root.z, root.at)
    for key in ("wage_hat", "welfare_hat", "price_hat", "variety_hat", "labour_hat"):
        np.testing.assert_allclose(got[key], 1.0, rtol=1e-9)
    np.testing.assert_allclose(got["flows_new"], economy.flows, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_to_b_to_c_and_home(name: str) -> None:
    """I12: there and back is 1. Real income multiplies along the way; with work in welfare only the way home does."""
    economy, base, rules = case(name)
    rng = np.random.default_rng(3)
    first, last = random_tariffs(rng, economy), random_tariffs(rng, economy)
    rules = {**rules, "revenue": "lump-sum"}
    middle = solved(base, first, **rules)
    onward, direct = solved(dt.rebased(middle), last, **rules), solved(base, last, **rules)
    np.testing.assert_allclose(onward.flows_new, direct.flows_new, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(middle.price_hat * onward.price_hat, direct.price_hat, rtol=1e-9)
    home = solved(dt.rebased(middle), economy.tariffs, **rules)
    np.testing.assert_allclose(home.flows_new, economy.flows, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_units_and_order_do_not_matter(name: str) -> None:
    """I07: money in other units and countries in another order give the same real results."""
    economy, base, rules = case(name)
    rates = random_tariffs(np.random.default_rng(4), economy)
    first = solved(base, rates, **rules)
    order = np.array([2, 0, 3, 1])
    swap = np.ix_(order, order)
    other = dt.Baseline.from_flows(
        [base.countries[i] for i in order], base.sectors, 1000 * base.flows[swap], base.tariffs[swap],
        base.value_added_share[order], base.input_share[:, order], base.trade_elasticity,
    )  # fmt: skip
    market = rules["market"]
    if market.fixed_cost_share is not None:
        market = dt.Market("melitz-pareto", fixed_cost_share=np.array(NU)[order])
    second = solved(other, rates[swap], **{**rules, "market": market})
    np.testing.assert_allclose(second.welfare_hat, first.welfare_hat[order], rtol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_purged_worlds_are_balanced_under_their_structure(name: str) -> None:
    """No deficit is left, and nothing moves when nothing is changed."""
    _, base, rules = case(name)
    purged = base.purged(rules["market"])
    result = solved(purged, closure="balanced", **rules)
    np.testing.assert_allclose(result.welfare_hat, 1.0, rtol=1e-8)
    assert np.abs(result.deficit_new).max() == 0.0


def test_numeraire_of_world_share_does_not_matter_and_that_of_nominal_does() -> None:
    """A country's wage as the unit of fixed deficits moves real results; the result names it."""
    economy, base = world(2)
    rates = random_tariffs(np.random.default_rng(2), economy)
    units = [dt.solve(base, rates, market=FIXED, closure="fixed-nominal", numeraire=u) for u in ("world-income", "C01")]
    assert np.abs(units[0].welfare_hat - units[1].welfare_hat).max() > 1e-6
    assert units[1].wage_hat[1] == pytest.approx(1.0, abs=1e-12)


# ---------------------------------------------------------------- the structures themselves


def test_profits_are_a_mark_up_and_income() -> None:
    """Each sector's profits are sales over sigma; income is wages, profits, revenue and deficit."""
    economy, base = world(6)
    result = solved(base, random_tariffs(np.random.default_rng(6), economy), market=FIXED)
    expected = (result.flows_new.sum(axis=1) / (base.trade_elasticity + 1)).sum(axis=1)
    np.testing.assert_allclose(result["profits_new"], expected, rtol=1e-10)
    wages = result.wage_hat * result["value_added"]
    total = wages + result["profits_new"] + result.revenue_new + result.deficit_new
    np.testing.assert_allclose(result.income_new, total, rtol=1e-12)
    assert result["value_added"].sum() < base.value_added.sum()


def test_a_tariff_counts_phi_times_and_an_iceberg_once() -> None:
    """At the same factor, a tariff moves shares by phi times the iceberg's power of it, before anything adjusts."""
    _, base = world(7, j=1, io=False, tariffs=False)
    factor = np.ones(base.flows.shape)
    factor[0, 1] = 1.1
    as_rate = as_shock(base, dt.Wedges(tariffs=factor - 1), dt.Closure(), market=ELASTIC).economy()[0].trade.A
    as_cost = as_shock(base, dt.Wedges(trade_cost_hat=factor), dt.Closure(), market=ELASTIC).economy()[0].trade.A
    phi = 1 + NU[1] / (1 - NU[1]) * (1 + 0.67 / base.trade_elasticity[0])
    moved = [np.log(A[0, 1, 0] / base.share[0, 1, 0]) for A in (as_rate, as_cost)]
    assert moved[0] / moved[1] == pytest.approx(phi, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_scale_economies_with_inputs_end_certified_or_unsolved(seed: int) -> None:
    """Near psi theta = 1 with inputs there may be no interior equilibrium: never a number without a certificate."""
    economy, base = world(seed)
    rates = random_tariffs(np.random.default_rng(seed), economy)
    result = dt.solve(base, rates, market=FREE, throw=False)
    assert result.status in ("CERTIFIED", "NOT_SOLVED")
    if result.status == "NOT_SOLVED":
        assert result.solver_status != "CONVERGED"
        with pytest.raises(dt.SolveError):
            _ = result.welfare_hat


def test_many_are_those_one_by_one() -> None:
    """solve_many under another structure gives the same numbers as solve."""
    economy, base, rules = case("fixed")
    shocks = [dt.Wedges(tariffs=random_tariffs(np.random.default_rng(k), economy)) for k in range(3)]
    for one, shock in zip(dt.solve_many(base, shocks, **rules), shocks, strict=True):
        np.testing.assert_array_equal(one.welfare_hat, dt.solve(base, wedges=shock, **rules).welfare_hat)


# ---------------------------------------------------------------- certificate


@pytest.mark.parametrize("seed", range(3))
def test_perfect_competition_passes_the_gate_of_the_structures(seed: int) -> None:
    """With every switch off, the certificate of structures is that of perfect competition."""
    economy, base = world(seed)
    rates = random_tariffs(np.random.default_rng(seed), economy)
    result = solved(base, rates)
    n, j = base.shape
    ones = {
        "profits": np.zeros(n),
        "profits_new": np.zeros(n),
        "variety_hat": np.ones((n, j)),
        "labour_hat": np.ones(n),
    }
    found = recompute_market(result.arrays | ones, result.closure, base.countries, base.sectors, Firms("perfect"))
    assert max(value for value, _ in found.values()) <= 1e-10


SPOILT = (
    "flows", "tariffs", "share", "value_added", "profits", "income", "deficit", "final_share", "trade_elasticity",
    "tariffs_new", "trade_cost_hat", "wage_hat", "cost_hat", "price_hat", "share_new", "expenditure_new",
    "revenue_new", "income_new", "deficit_new", "welfare_hat", "flows_new", "profits_new", "variety_hat", "labour_hat",
    "welfare_utility_hat", "value_added_share", "input_share",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", SPOILT)
def test_the_certificate_sees_a_spoilt_array(name: str, key: str) -> None:
    """A relative error of 1e-5 where an array is largest is seen; where an array is 0 or absent there is nothing."""
    economy, base, rules = case(name)
    result = solved(base, random_tariffs(np.random.default_rng(8), economy), **rules)
    arrays = {stored: np.array(values) for stored, values in result.arrays.items()}
    if key not in arrays or not arrays[key].any():
        assert key in ("welfare_utility_hat", "profits", "profits_new", "input_share")
        return
    size = np.abs(arrays[key])
    if size.ndim == 3 and size.shape[0] == size.shape[1] and key != "input_share":
        size = size * ~np.eye(len(size), dtype=bool)[:, :, None] * (base.flows > 0)
    arrays[key].flat[int(size.argmax())] *= 1 + 1e-5
    firms = rules["market"].on(base.countries, base.trade_elasticity, bool(base.input_share.any()))
    found = recompute_market(arrays, result.closure, base.countries, base.sectors, firms)
    assert max(value for value, _ in found.values()) > 1e-8


OTHERS = {
    "fixed": dt.Market("krugman-free", scale_elasticity=0.0),
    "weak scale": dt.Market("krugman-free", scale_elasticity=0.05),
    "lump-sum": dt.Market("melitz-pareto", fixed_cost_share=NU, labour_elasticity=0.4),
    "relief": dt.Market("melitz-pareto", fixed_cost_share=NU, pass_through=1.2),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_sees_other_parameters(name: str) -> None:
    """Numbers solved under one structure do not pass for another."""
    economy, base, rules = case(name)
    result = solved(base, random_tariffs(np.random.default_rng(9), economy), **rules)
    firms = OTHERS[name].on(base.countries, base.trade_elasticity, bool(base.input_share.any()))
    found = recompute_market(result.arrays, result.closure, base.countries, base.sectors, firms)
    assert max(value for value, _ in found.values()) > 1e-6
