"""Laws inside one solved world: own-share welfare, shares from prices, markets, closed forms (I01, I02, I04, I09)."""

from __future__ import annotations

import numpy as np
from hypothesis import given

import detente as dt
from economies import Array, Economy
from laws.common import Drawn, baseline, close, economies, shocked, tight, us_tariff


def barrier(base: dt.Baseline, result: dt.Result) -> Array:
    """Return the change of what stands between producer and buyer."""
    return np.asarray(result["trade_cost_hat"] * (1 + result.tariffs_new) / (1 + base.tariffs))


def welfare_by_own_shares(base: dt.Baseline, result: dt.Result) -> Array:
    """Return (11) with prices from own shares and wages: (I - G') ln P = gamma ln w + ln(own share hat) / theta.

    Where nothing is bought at home, the price is that of the largest origin times what its share lost.
    """
    n, j = base.shape
    k = np.log(barrier(base, result))
    welfare = np.zeros(n)
    for d in range(n):
        matrix, right = np.eye(j), np.zeros(j)
        for s in np.flatnonzero(base.expenditure[d] > 0):
            home = base.share[d, d, s] > 0
            o = d if home else int(np.minimum(base.share[:, d, s], result.share_new[:, d, s]).argmax())
            lost = np.log(result.share_new[o, d, s] / base.share[o, d, s]) / base.trade_elasticity[s]
            right[s] = k[o, d, s] + lost
            if home:
                matrix[s] -= base.input_share[:, d, s]
                right[s] += base.value_added_share[d, s] * np.log(result.wage_hat[d])
            else:
                right[s] += np.log(result.cost_hat[o, s])
        free, free_new = base.income[d] - base.final_exogenous[d].sum(), result.income_new[d]
        free_new -= result["final_exogenous_new"][d].sum()
        welfare[d] = free_new / free / np.exp(base.final_share[d] @ np.linalg.solve(matrix, right))
    return welfare


def assert_shares_follow_prices(base: dt.Baseline, result: dt.Result) -> None:
    """Assert (5) and (6) by direct powers."""
    log_price = np.log(result.price_hat)
    cost = np.exp(
        base.value_added_share * np.log(result.wage_hat)[:, None] + np.einsum("kos,ok->os", base.input_share, log_price)
    )
    close(result.cost_hat, cost, 1e-10)
    powers = base.share * (cost[:, None] * barrier(base, result)) ** -base.trade_elasticity
    total = powers.sum(axis=0)
    active = base.expenditure > 0
    price = np.where(active, np.where(active, total, 1.0) ** (-1 / base.trade_elasticity), 1.0)
    close(result.price_hat, price, 1e-10)
    close(result.share_new, powers / np.where(active, total, 1.0), 1e-10)
    np.testing.assert_allclose(result.share_new.sum(axis=0), active, atol=1e-12)


def assert_markets_clear(base: dt.Baseline, result: dt.Result) -> None:
    """Assert (7)-(10) and the balances, none of them left out."""
    paid = result.share_new * result.expenditure_new
    border = paid / (1 + result.tariffs_new)
    close(result.flows_new, border, 1e-12)
    sales = border.sum(axis=1)
    free = result.income_new - result["final_exogenous_new"].sum(axis=1)
    use = np.einsum("kds,ds->dk", base.input_share, sales)
    close(result.expenditure_new, use + base.final_share * free[:, None] + result["final_exogenous_new"], 1e-10)
    close((base.value_added_share * sales).sum(axis=1), result.wage_hat * base.value_added, 1e-10)
    revenue = (paid - border).sum(axis=(0, 2))
    close(result.revenue_new, revenue, 1e-10)
    close(result.income_new, result.wage_hat * base.value_added + revenue + result.deficit_new, 1e-10)
    foreign = border.sum(axis=2) * ~np.eye(len(sales), dtype=bool)
    exports, imports = foreign.sum(axis=1), foreign.sum(axis=0)
    trade = np.maximum(exports, imports)
    np.testing.assert_allclose(imports - exports - result.deficit_new, 0, atol=1e-10 * trade.max())
    world = base.value_added.sum()
    assert abs((result.wage_hat * base.value_added).sum() / world - 1) <= 1e-10
    assert abs((paid.sum() - sales.sum() - revenue.sum()) / world) <= 1e-10, "world budget"


@given(shocked())
def test_own_shares_give_welfare(drawn: Drawn) -> None:
    """I01: welfare from own shares and wages alone, whatever the solver says prices are."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    result = tight(base, tariffs, kappa)
    close(result.welfare_hat, welfare_by_own_shares(base, result), 1e-10)


@given(shocked())
def test_shares_follow_prices(drawn: Drawn) -> None:
    """I02: costs, prices and shares recomputed from wages, prices, elasticities and tariffs."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    assert_shares_follow_prices(base, tight(base, tariffs, kappa))


@given(shocked())
def test_every_market_clears(drawn: Drawn) -> None:
    """I04: goods per country and sector, labour, income, trade, the world budget that no equation imposes."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    assert_markets_clear(base, tight(base, tariffs, kappa))


@given(shocked(n=4))
def test_no_market_is_special(drawn: Drawn) -> None:
    """I04: whichever country comes last, whose market another program would drop, the answer is the same."""
    economy, tariffs, kappa = drawn
    one = tight(baseline(economy), tariffs, kappa)
    for first in (1, 3):
        p = np.roll(np.arange(4), first)
        turned = inputs_in_order(economy, p)
        other = tight(dt.Baseline.from_flows(**turned), tariffs[np.ix_(p, p)], kappa[np.ix_(p, p)])
        close(other.welfare_hat, one.welfare_hat[p], 1e-10)


def inputs_in_order(economy: Economy, p: Array) -> dict[str, object]:
    """Return the inputs of an economy with its countries in another order."""
    return economy.inputs() | {
        "countries": tuple(economy.countries[i] for i in p),
        "flows": economy.flows[np.ix_(p, p)],
        "tariffs": economy.tariffs[np.ix_(p, p)],
        "value_added_share": economy.value_added_share[p],
        "input_share": economy.input_share[:, p],
    }


def test_laws_on_the_packaged_world(world: dt.Baseline) -> None:
    """I01, I02, I04 after 10 points more of United States tariffs on all goods, and after 100 on China's."""
    for rates in (us_tariff(world, 0.1), us_tariff(world, 1.0, against="CHN")):
        result = tight(world, rates)
        close(result.welfare_hat, welfare_by_own_shares(world, result), 1e-10)
        assert_shares_follow_prices(world, result)
        assert_markets_clear(world, result)


@given(shocked(j=1, io=False, tariffs=False, deficits=False))
def test_one_sector_without_tariffs(drawn: Drawn) -> None:
    """I09: one sector, no inputs, no tariffs: welfare is the own share hat to the power -1/theta."""
    economy, _, kappa = drawn
    base = baseline(economy)
    result = tight(base, kappa=kappa)
    own, own_new = (np.einsum("nns->n", share) for share in (base.share, result.share_new))
    home = own > 0
    expected = (own_new[home] / own[home]) ** (-1 / base.trade_elasticity[0])
    close(result.welfare_hat[home], expected, 1e-12)


@given(shocked(j=1, io=False))
def test_one_sector_with_tariffs(drawn: Drawn) -> None:
    """I09: with tariffs and deficits the same times income over wage."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    result = tight(base, tariffs, kappa)
    own, own_new = (np.einsum("nns->n", share) for share in (base.share, result.share_new))
    home = own > 0
    gains = (own_new[home] / own[home]) ** (-1 / base.trade_elasticity[0])
    expected = (result.income_new / base.income / result.wage_hat)[home] * gains
    close(result.welfare_hat[home], expected, 1e-12)


@given(economies(tariffs=False))
def test_world_welfare_falls_in_uniform_icebergs(economy: Economy) -> None:
    """Without tariffs, 10 % more icebergs on all foreign trade lower the income-weighted welfare of the world."""
    base = baseline(economy)
    n = len(base.countries)
    kappa = np.where(np.eye(n, dtype=bool)[:, :, None], 1.0, 1.1) * np.ones_like(base.flows)
    result = tight(base, kappa=kappa)
    assert (base.income * np.log(result.welfare_hat)).sum() <= 1e-12 * base.income.sum()
