"""Test the plain-loop reference itself: published golden values, closed forms and what must not matter."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from economies import (
    Array,
    Economy,
    disconnected_blocks,
    near_autarky,
    random_economy,
    random_tariffs,
    random_trade_cost_hat,
    symmetric_world,
    two_countries_one_sector,
)
from reference import NoEquilibriumError, reference_solve

SHARED = Path(__file__).resolve().parents[2].parent / "shared"

SHOCKS: dict[str, list[tuple[int, int, float]]] = {
    "US 25% on CHN": [(1, 0, 0.25)],
    "25% both ways": [(1, 0, 0.25), (0, 1, 0.25)],
    "US 100% on CHN": [(1, 0, 1.0)],
    "100% both ways": [(1, 0, 1.0), (0, 1, 1.0)],
    "US uniform 10%": [(1, 0, 0.1), (2, 0, 0.1)],
}


def golden(name: str) -> dict[str, Any]:
    """Return a file of expected values; without the shared folder skip, on a build machine fail."""
    path = SHARED / "validation" / name
    if not path.exists():
        reason = f"expected values {name} are not beside this checkout"
        if os.environ.get("CI") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def solve(economy: Economy, tariffs_new: Array | None = None, kappa_hat: Array | None = None, **rules: Any) -> Any:
    """Solve an economy, by default without any change."""
    arrays = [economy.flows, economy.tariffs, economy.value_added_share, economy.input_share, economy.trade_elasticity]
    return reference_solve(*arrays, economy.tariffs if tariffs_new is None else tariffs_new, kappa_hat, **rules)


def one_sector(flows: list[list[float]], theta: float) -> Economy:
    """Return a one-sector economy without inputs or tariffs from rows of exporters."""
    n = len(flows)
    names = tuple(f"C{i}" for i in range(n))
    cube = np.array(flows)[:, :, None]
    return Economy(names, ("S",), cube, 0 * cube, np.ones((n, 1)), np.zeros((1, n, 1)), np.array([theta]))


def tariff_cells(shape: tuple[int, ...], cells: list[tuple[int, int, float]]) -> Array:
    """Return zero tariffs but for the listed (origin, dest, rate)."""
    rates = np.zeros(shape)
    for origin, dest, rate in cells:
        rates[origin, dest] = rate
    return rates


@pytest.fixture(params=range(6))
def drawn(request: pytest.FixtureRequest) -> tuple[Economy, Array, Array]:
    """Draw an economy with a tariff shock and an iceberg shock."""
    rng = np.random.default_rng([7, request.param])
    economy = random_economy(rng, n=(2, 5), j=(1, 4), zeros=(0.0, 0.5), transfer=0.9 if request.param == 5 else 0.0)
    return economy, random_tariffs(rng, economy), random_trade_cost_hat(rng, economy)


# ---------------------------------------------------------------- published values


@pytest.mark.parametrize("case", SHOCKS)
def test_three_country_golden(case: str) -> None:
    """Deficits fixed in units of world income give the published wages, prices, spending, flows and welfare."""
    data = golden("analytic_golden.json")
    expected = data["three_country"][case]
    economy = one_sector(data["three_country_inputs"]["X0"], expected["eps"])
    rates = tariff_cells(economy.flows.shape, SHOCKS[case])
    got = solve(economy, rates, closure="fixed-nominal", numeraire="world-income")
    np.testing.assert_allclose(got["welfare_hat"], expected["W_hat"], rtol=1e-10)
    np.testing.assert_allclose(got["wage_hat"], expected["w_hat"], rtol=1e-10)
    np.testing.assert_allclose(got["price_hat"][:, 0], expected["P_hat"], rtol=1e-10)
    np.testing.assert_allclose(got["income_new"], expected["E_new"], rtol=1e-10)
    spent = got["flows_new"] * (1 + rates)
    np.testing.assert_allclose(spent[:, :, 0], expected["X_new_tariff_inclusive"], rtol=1e-10)


def test_three_country_embargo_golden() -> None:
    """An embargo gives the published welfare, printed to seven digits."""
    data = golden("analytic_golden.json")
    economy = one_sector(data["three_country_inputs"]["X0"], 4.0)
    kappa_hat = np.ones(economy.flows.shape)
    kappa_hat[1, 0] = np.inf
    got = solve(economy, kappa_hat=kappa_hat, closure="fixed-nominal", numeraire="world-income")
    np.testing.assert_allclose(100 * (got["welfare_hat"] - 1), [-0.8765610, -1.0831849, 0.1733555], atol=6e-8)


def test_lerner_golden() -> None:
    """A uniform import tariff and a uniform export tax are the same policy where trade is balanced."""
    expected = golden("analytic_golden.json")["lerner"]
    economy = one_sector(expected["X0_balanced"], expected["eps"])
    imports = tariff_cells(economy.flows.shape, [(1, 0, expected["t"]), (2, 0, expected["t"])])
    got = solve(economy, imports, closure="balanced")
    np.testing.assert_allclose(got["welfare_hat"], expected["W_hat_import_tariff"], rtol=1e-10)


def test_autarky_golden() -> None:
    """Iceberg costs towards infinity reach the closed form of autarky."""
    data = golden("analytic_golden.json")
    economy = one_sector(data["lerner"]["X0_balanced"], data["lerner"]["eps"])
    home = np.eye(3, dtype=bool)[:, :, None]
    far = solve(economy, kappa_hat=np.where(home, 1.0, 1e4), closure="balanced")
    embargo = solve(economy, kappa_hat=np.where(home, 1.0, np.inf), closure="balanced")
    for got in (far, embargo):
        assert got["welfare_hat"][0] == pytest.approx(data["autarky_balanced"]["W_hat_US"], rel=1e-10)


def test_cp_synthetic_golden() -> None:
    """Caliendo-Parro with inputs and base tariffs gives the published wages, prices, incomes and flows."""
    data = golden("cp_synthetic_N3_J2.json")
    economy, tariffs_new = cp_synthetic(data)
    got = solve(economy, tariffs_new, closure="balanced")
    np.testing.assert_allclose(got["welfare_hat"], data["W_hat"], rtol=1e-9)
    np.testing.assert_allclose(got["wage_hat"], data["w_hat"], rtol=1e-9)
    np.testing.assert_allclose(got["price_hat"].T, data["P_hat_jn"], rtol=1e-9)
    np.testing.assert_allclose(got["income_new"], data["I_new"], rtol=1e-9)
    np.testing.assert_allclose(got["flows_new"].transpose(2, 1, 0), data["flow_new_net_of_tariff"], rtol=1e-9)


def cp_synthetic(data: dict[str, Any]) -> tuple[Economy, Array]:
    """Return the economy of the file, its levels found from shares, incomes and budget shares, and the new tariffs."""
    share = np.array(data["pi0"]).transpose(2, 1, 0)
    rates, rates_new = (np.array(data[key]).transpose(2, 1, 0) for key in ("tau0", "tau1"))
    gamma = np.array(data["B"]).T
    g = (1 - gamma)[None] * np.array(data["G"]).transpose(1, 0, 2)
    final = np.array(data["alpha"]).T * np.array(data["I0"])[:, None]
    n, j = gamma.shape
    use = np.einsum("kds,dns->dkns", g, share / (1 + rates)).reshape(n * j, n * j)
    spending = np.linalg.solve(np.eye(n * j) - use, final.ravel()).reshape(n, j)
    flows = share * spending[None] / (1 + rates)
    names = tuple(f"C{i}" for i in range(n))
    return Economy(names, ("A", "B"), flows, rates, gamma, g, np.array(data["theta"])), rates_new


# ---------------------------------------------------------------- what must hold


def test_no_change_gives_ones(drawn: tuple[Economy, Array, Array]) -> None:
    """Without a shock every hat is 1 and every level that of the input, in a world with deficits."""
    economy, _, _ = drawn
    got = solve(economy)
    for name in ("wage_hat", "price_hat", "welfare_hat"):
        np.testing.assert_allclose(got[name], 1.0, rtol=1e-10)
    np.testing.assert_allclose(got["flows_new"], economy.flows, rtol=1e-10)
    np.testing.assert_allclose(got["income_new"], economy.income, rtol=1e-10)


@pytest.mark.parametrize("closure", ["world-share", "balanced"])
@pytest.mark.parametrize("numeraire", [0, 1, "cpi:0", "cpi:1"])
def test_numeraire_does_not_matter(drawn: tuple[Economy, Array, Array], closure: str, numeraire: int | str) -> None:
    """Any internal normalisation gives the same numbers once world value added is its base value."""
    economy, tariffs_new, kappa_hat = drawn
    one = solve(economy, tariffs_new, kappa_hat, closure=closure)
    other = solve(economy, tariffs_new, kappa_hat, closure=closure, numeraire=numeraire)
    for name in ("wage_hat", "price_hat", "welfare_hat", "expenditure_new", "income_new", "flows_new"):
        np.testing.assert_allclose(other[name], one[name], rtol=1e-10, atol=1e-10 * np.max(one[name]))


def test_nominal_deficits_depend_on_the_numeraire() -> None:
    """With fixed nominal deficits the numeraire is a choice that moves welfare, and it is pinned where it was named."""
    rng = np.random.default_rng(3)
    economy = random_economy(rng, n=4, j=2, transfer=0.3)
    rates = random_tariffs(rng, economy)
    by_wage = solve(economy, rates, closure="fixed-nominal", numeraire=1)
    by_price = solve(economy, rates, closure="fixed-nominal", numeraire="cpi:1")
    assert by_wage["wage_hat"][1] == pytest.approx(1, rel=1e-12)
    np.testing.assert_allclose(by_wage["deficit_new"], economy.deficit, rtol=1e-9, atol=1e-6)
    assert np.max(np.abs(by_wage["welfare_hat"] / by_price["welfare_hat"] - 1)) > 1e-6


def test_markets_clear_in_levels(drawn: tuple[Economy, Array, Array]) -> None:
    """Spending, income, labour and trade balance hold in the reported levels, and shares sum to one."""
    economy, tariffs_new, kappa_hat = drawn
    got = solve(economy, tariffs_new, kappa_hat)
    active = economy.spending > 0
    output = got["flows_new"].sum(axis=1)
    final = got["expenditure_new"] - np.einsum("kds,ds->dk", economy.input_share, output)
    budget = economy.final_demand / economy.final_demand.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(got["share_new"].sum(axis=0)[active], 1.0, rtol=1e-12)
    np.testing.assert_allclose(final, budget * got["income_new"][:, None], atol=1e-9 * got["income_new"].max())
    labour = (economy.value_added_share * output).sum(axis=1)
    np.testing.assert_allclose(labour, got["wage_hat"] * economy.value_added, rtol=1e-10)
    deficit = got["flows_new"].sum(axis=(0, 2)) - got["flows_new"].sum(axis=(1, 2))
    np.testing.assert_allclose(deficit, got["deficit_new"], atol=1e-10 * economy.income.max())
    assert (got["wage_hat"] * economy.value_added).sum() == pytest.approx(economy.value_added.sum(), rel=1e-13)


def test_zero_cells_stay_zero(drawn: tuple[Economy, Array, Array]) -> None:
    """A zero flow is zero afterwards, to the last bit, and a market without sellers keeps price 1."""
    economy, tariffs_new, kappa_hat = drawn
    got = solve(economy, tariffs_new, kappa_hat)
    assert np.all(got["flows_new"][economy.flows == 0] == 0)
    assert np.all(got["price_hat"][economy.spending == 0] == 1)


def test_one_sector_identity() -> None:
    """One sector without inputs: welfare is (income / wage) * own share ^ (-1/theta), tariffs and deficits included."""
    rng = np.random.default_rng(11)
    economy = random_economy(rng, n=4, j=1, io=False, zeros=0.0)
    got = solve(economy, random_tariffs(rng, economy))
    old_own = np.einsum("nn->n", economy.flows[:, :, 0]) / economy.spending[:, 0]
    own_hat = np.einsum("nn->n", got["share_new"][:, :, 0]) / old_own
    expected = got["income_new"] / economy.income / got["wage_hat"] * own_hat ** (-1 / economy.trade_elasticity[0])
    np.testing.assert_allclose(got["welfare_hat"], expected, rtol=1e-11)


def test_embargo_is_the_limit_of_icebergs() -> None:
    """An infinite iceberg is what a very large one tends to."""
    economy = random_economy(np.random.default_rng(5), n=4, j=2, zeros=0.0, theta_range=(3.0, 8.0))
    near, at = np.ones(economy.flows.shape), np.ones(economy.flows.shape)
    near[1, 0], at[1, 0] = 1e6, np.inf
    one, other = solve(economy, kappa_hat=near), solve(economy, kappa_hat=at)
    assert np.all(other["flows_new"][1, 0] == 0)
    np.testing.assert_allclose(one["welfare_hat"], other["welfare_hat"], rtol=1e-9)


def test_symmetric_icebergs_leave_wages() -> None:
    """In a symmetric world 20 % more icebergs move prices and no wage; own shares give welfare."""
    economy = symmetric_world(gamma=0.5)
    home = np.eye(4, dtype=bool)[:, :, None]
    got = solve(economy, kappa_hat=np.where(home, 1.0, 1.2) * np.ones(economy.flows.shape))
    np.testing.assert_allclose(got["wage_hat"], 1.0, rtol=1e-12)
    own_hat = got["share_new"][0, 0, 0] / 0.7
    np.testing.assert_allclose(got["welfare_hat"], own_hat ** (-1 / 4.0 / 0.5), rtol=1e-12)


def test_disconnected_worlds_are_solved_apart() -> None:
    """Two worlds that never trade: each keeps its value added, and a shock in one leaves the other alone."""
    economy = disconnected_blocks()
    rates = economy.tariffs.copy()
    rates[0, 1] += 0.5
    got = solve(economy, rates)
    np.testing.assert_allclose(got["welfare_hat"][3:], 1.0, rtol=1e-11)
    assert np.max(np.abs(got["welfare_hat"][:3] - 1)) > 1e-4
    kept = (got["wage_hat"] * economy.value_added)[3:].sum()
    assert kept == pytest.approx(economy.value_added[3:].sum(), rel=1e-12)


def test_exogenous_demand_leaves_welfare_of_the_rest() -> None:
    """With Z the welfare basis is income less Z; without a shock nothing moves, with one the world still adds up."""
    rng = np.random.default_rng(9)
    economy = random_economy(rng, n=3, j=3, zeros=0.0)
    z = -0.2 * economy.final_demand * (rng.random((3, 3)) < 0.4)
    np.testing.assert_allclose(solve(economy, final_exogenous=z)["welfare_hat"], 1.0, rtol=1e-10)
    got = solve(economy, random_tariffs(rng, economy), final_exogenous=z)
    use = np.einsum("kds,ds->dk", economy.input_share, got["flows_new"].sum(axis=1))
    np.testing.assert_allclose((got["expenditure_new"] - use).sum(axis=1), got["income_new"], rtol=1e-10)


def test_wasted_revenue_changes_welfare_only() -> None:
    """Wasted revenue is spent all the same, so prices and flows are those of the lump-sum rule."""
    economy = two_countries_one_sector()
    rates = tariff_cells(economy.flows.shape, [(1, 0, 0.3)])
    kept, wasted = solve(economy, rates), solve(economy, rates, revenue="wasted")
    np.testing.assert_array_equal(kept["flows_new"], wasted["flows_new"])
    ratio = 1 - kept["revenue_new"] / kept["income_new"]
    np.testing.assert_allclose(wasted["welfare_hat"] / kept["welfare_hat"], ratio, rtol=1e-14)


def test_permuted_countries() -> None:
    """Another order of the countries gives the same numbers in that order."""
    rng = np.random.default_rng(2)
    economy = random_economy(rng, n=5, j=2)
    rates = random_tariffs(rng, economy)
    p = rng.permutation(5)
    moved = replace(
        economy,
        flows=economy.flows[np.ix_(p, p)],
        tariffs=economy.tariffs[np.ix_(p, p)],
        value_added_share=economy.value_added_share[p],
        input_share=economy.input_share[:, p],
    )
    one, other = solve(economy, rates), solve(moved, rates[np.ix_(p, p)])
    np.testing.assert_allclose(other["welfare_hat"], one["welfare_hat"][p], rtol=1e-11)


@pytest.mark.parametrize("size", [1e4, 1e6])
def test_prohibitive_tariffs_and_near_autarky(size: float) -> None:
    """Tariffs of a million points and economies that hardly trade are solved as well."""
    rng = np.random.default_rng(4)
    economy = random_economy(rng, n=4, j=2, zeros=0.0, deficits=False)
    rates = economy.tariffs.copy()
    rates[0, 1] = rates[1, 0] = size
    assert solve(economy, rates)["residual"] < 1e-10
    closed = near_autarky()
    assert solve(closed, random_tariffs(rng, closed), closure="balanced")["residual"] < 1e-10


def test_refusals() -> None:
    """Unknown rules are refused, a missing numeraire is, and a market cut from all its sellers has no equilibrium."""
    economy = two_countries_one_sector()
    for rules in ({"closure": "fixed-nominal"}, {"closure": "other"}, {"revenue": "other"}, {"numeraire": "gold:1"}):
        with pytest.raises(ValueError, match=r"closure|numeraire"):
            solve(economy, **rules)
    with pytest.raises(NoEquilibriumError, match="suppliers"):
        solve(economy, kappa_hat=np.full(economy.flows.shape, np.inf))
