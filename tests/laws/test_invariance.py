"""Laws on what must not matter: numeraire, units, order, cutting up the world; Lerner symmetry (I03, I07, I08, I11)."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import detente as dt
from economies import Array, Economy
from laws.common import Drawn, baseline, close, inputs, shocked, tight, us_tariff
from reference import reference_solve


def reference(economy: Economy, tariffs: Array, kappa: Array, **rules: Any) -> dict[str, Any]:
    """Solve by plain loops."""
    arrays = (economy.flows, economy.tariffs, economy.value_added_share, economy.input_share, economy.trade_elasticity)
    return reference_solve(*arrays, tariffs, kappa, **rules)


@settings(max_examples=8)
@given(shocked(n=3, j=2), st.sampled_from([0, 2, "cpi:0", "cpi:1"]))
def test_numeraire_does_not_matter(drawn: Drawn, numeraire: int | str) -> None:
    """I03: a reference that counts in any wage or basket finds the same real results."""
    economy, tariffs, kappa = drawn
    result = tight(baseline(economy), tariffs, kappa)
    other = reference(economy, tariffs, kappa, numeraire=numeraire)
    close(result.welfare_hat, other["welfare_hat"], 1e-10)
    close(result.share_new, other["share_new"], 1e-10)
    close(result.wage_hat[:, None] / result.price_hat, other["wage_hat"][:, None] / other["price_hat"], 1e-10)


@given(shocked(), st.sampled_from([1e-3, 1.7, 1e6]))
def test_nominal_scale_does_not_matter(drawn: Drawn, scale: float) -> None:
    """I03: with all nominal outputs times a constant, welfare (11) is the same."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    result = tight(base, tariffs, kappa)
    price = np.where(base.expenditure > 0, scale * result.price_hat, 1.0)
    income = scale * result.income_new
    welfare = income / base.income / np.exp((base.final_share * np.log(price)).sum(axis=1))
    close(welfare, result.welfare_hat, 1e-12)


@settings(max_examples=8)
@given(shocked(n=3, j=2, deficits=True))
def test_nominal_deficits_depend_on_the_numeraire(drawn: Drawn) -> None:
    """I03: under fixed-nominal the numeraire is part of the result: named, marked, and as in the reference."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    world = tight(base, tariffs, kappa, closure="fixed-nominal", numeraire="world-income")
    wage = tight(base, tariffs, kappa, closure="fixed-nominal", numeraire=base.countries[1])
    expected = reference(economy, tariffs, kappa, closure="fixed-nominal", numeraire=1)
    close(wage.welfare_hat, expected["welfare_hat"], 1e-10)
    close(wage.wage_hat, expected["wage_hat"], 1e-10)
    close(wage.expenditure_new, expected["expenditure_new"], 1e-10)
    close(world.welfare_hat, tight(base, tariffs, kappa).welfare_hat, 1e-10)
    assert wage.certificate.closure["numeraire"] == base.countries[1]
    assert [warn.code for warn in wage.certificate.warnings] == ["numeraire"]
    assert wage.certificate.grade == "B"


def test_nominal_deficits_on_the_packaged_world(world: dt.Baseline) -> None:
    """I03: with nominal deficits the choice of the numeraire alone moves third countries."""
    rates = us_tariff(world, 0.1)
    results = [tight(world, rates, closure="fixed-nominal", numeraire=unit) for unit in ("USA", "CHN")]
    assert np.abs(results[0].welfare_hat - results[1].welfare_hat).max() > 1e-3
    assert all("world-income" not in str(r.certificate.closure["numeraire"]) for r in results)


@given(shocked(), st.sampled_from([1e-6, 1e9]))
def test_units_do_not_matter(drawn: Drawn, unit: float) -> None:
    """I07: all money in other units: the same hats, and levels in those units."""
    economy, tariffs, kappa = drawn
    one = tight(baseline(economy), tariffs, kappa)
    scaled = dt.Baseline.from_flows(**(economy.inputs() | {"flows": economy.flows * unit}))
    other = tight(scaled, tariffs, kappa)
    close(other.welfare_hat, one.welfare_hat, 1e-12)
    close(other.flows_new / unit, one.flows_new, 1e-11)


def permuted(arrays: dict[str, Any], p: Array, q: Array) -> dict[str, Any]:
    """Return the inputs with countries in order p and sectors in order q."""
    return {
        "countries": tuple(arrays["countries"][i] for i in p),
        "sectors": tuple(arrays["sectors"][i] for i in q),
        "flows": arrays["flows"][np.ix_(p, p, q)],
        "tariffs": arrays["tariffs"][np.ix_(p, p, q)],
        "value_added_share": arrays["value_added_share"][np.ix_(p, q)],
        "input_share": arrays["input_share"][np.ix_(q, p, q)],
        "trade_elasticity": arrays["trade_elasticity"][q],
    }


@given(shocked(), st.integers(0, 1000))
def test_order_does_not_matter(drawn: Drawn, seed: int) -> None:
    """I07: another order of countries and sectors gives the same numbers in that order."""
    economy, tariffs, kappa = drawn
    n, j = economy.shape
    rng = np.random.default_rng(seed)
    p, q = rng.permutation(n), rng.permutation(j)
    one = tight(baseline(economy), tariffs, kappa)
    base = dt.Baseline.from_flows(**permuted(economy.inputs(), p, q))
    other = tight(base, tariffs[np.ix_(p, p, q)], kappa[np.ix_(p, p, q)])
    close(other.welfare_hat, one.welfare_hat[p], 1e-11)
    close(other.price_hat, one.price_hat[np.ix_(p, q)], 1e-11)
    close(other.flows_new, one.flows_new[np.ix_(p, p, q)], 1e-10)


def test_order_and_units_on_the_packaged_world(world: dt.Baseline) -> None:
    """I07: the packaged world in another order and in dollars."""
    rng = np.random.default_rng(3)
    n, j = world.shape
    p, q = rng.permutation(n), rng.permutation(j)
    rates = us_tariff(world, 0.1)
    one = tight(world, rates)
    sources = {"service_tariffs": True}
    turned = permuted(inputs(world), p, q)
    other = tight(dt.Baseline.from_flows(**turned, sources=sources), rates[np.ix_(p, p, q)])
    close(other.welfare_hat, one.welfare_hat[p], 1e-11)
    dollars = dt.Baseline.from_flows(**(inputs(world) | {"flows": world.flows * 1e6}))
    close(tight(dollars, rates).welfare_hat, one.welfare_hat, 1e-12)


def split_country(arrays: dict[str, Any], c: int, part: float) -> tuple[dict[str, Any], Array, Array]:
    """Return the inputs with country c cut in two, part and 1 - part; the index of every origin; the weights."""
    n = len(arrays["countries"])
    index = np.array([*range(n), c])
    weight = np.ones(n + 1)
    weight[[c, n]] = part, 1 - part
    split = {
        "countries": (*arrays["countries"], "second half"),
        "flows": arrays["flows"][np.ix_(index, index)] * weight[:, None, None] * weight[None, :, None],
        "tariffs": arrays["tariffs"][np.ix_(index, index)],
        "value_added_share": arrays["value_added_share"][index],
        "input_share": arrays["input_share"][:, index],
    }
    return arrays | split, index, weight


def split_sector(arrays: dict[str, Any], s: int, part: float) -> tuple[dict[str, Any], Array, Array]:
    """Return the inputs with sector s cut in two that differ in nothing, the index of every sector, the weights."""
    j = len(arrays["sectors"])
    index = np.array([*range(j), s])
    weight = np.ones(j + 1)
    weight[[s, j]] = part, 1 - part
    split = {
        "sectors": (*arrays["sectors"], "second half"),
        "flows": arrays["flows"][:, :, index] * weight,
        "tariffs": arrays["tariffs"][:, :, index],
        "value_added_share": arrays["value_added_share"][:, index],
        "input_share": arrays["input_share"][index][:, :, index] * weight[:, None, None],
        "trade_elasticity": arrays["trade_elasticity"][index],
    }
    return arrays | split, index, weight


def assert_country_split(base: dt.Baseline, tariffs: Array, kappa: Array, c: int, part: float) -> None:
    """Assert that two parts of a country fare as the whole, and that merged they are the whole again."""
    whole = tight(base, tariffs, kappa)
    arrays, index, _ = split_country(inputs(base), c, part)
    cut = np.ix_(index, index)
    halves = tight(dt.Baseline.from_flows(**arrays), tariffs[cut], kappa[cut])
    close(halves.welfare_hat, whole.welfare_hat[index], 1e-10)
    close(halves.price_hat, whole.price_hat[index], 1e-10)
    merge = np.eye(len(base.countries))[index]
    close(np.einsum("ods,oa,db->abs", halves.flows_new, merge, merge), whole.flows_new, 1e-10)


def assert_sector_split(base: dt.Baseline, tariffs: Array, kappa: Array, s: int, part: float) -> None:
    """Assert that a sector cut in proportion changes nothing, and that merged it is the whole again."""
    whole = tight(base, tariffs, kappa)
    arrays, index, weight = split_sector(inputs(base), s, part)
    halves = tight(dt.Baseline.from_flows(**arrays), tariffs[:, :, index], kappa[:, :, index])
    close(halves.welfare_hat, whole.welfare_hat, 1e-10)
    close(halves.price_hat, whole.price_hat[:, index], 1e-10)
    close(halves.flows_new, whole.flows_new[:, :, index] * weight, 1e-10)


@given(shocked(), st.floats(0.1, 0.9))
def test_splitting_a_country(drawn: Drawn, part: float) -> None:
    """I08: a country cut p/(1-p), its halves trading freely, and merged again."""
    economy, tariffs, kappa = drawn
    assert_country_split(baseline(economy), tariffs, kappa, 0, part)


@given(shocked(), st.floats(0.1, 0.9))
def test_splitting_a_sector(drawn: Drawn, part: float) -> None:
    """I08: a sector cut p/(1-p) in every cell, and merged again."""
    economy, tariffs, kappa = drawn
    assert_sector_split(baseline(economy), tariffs, kappa, 0, part)


def test_splitting_the_packaged_world(world: dt.Baseline) -> None:
    """I08: China in two, and one goods sector in two."""
    rates = us_tariff(world, 0.25, against="CHN")
    ones = np.ones_like(world.flows)
    assert_country_split(world, rates, ones, world.countries.index("CHN"), 0.3)
    assert_sector_split(world, rates, ones, 5, 0.4)


def export_tax_gap(result: dt.Result, country: int, tax: float) -> tuple[float, float]:
    """Return how far an export tax is from doing what a uniform import tariff of the same rate did.

    Take the world after the import tariff and divide everything nominal in the country by 1 + tax. Returns the
    largest relative residual of the world with the export tax instead, and the difference of the country's welfare.
    """
    base, c = result.baseline, country
    unit = np.ones(len(base.countries))
    unit[c] = 1 + tax
    wage, cost, price = result.wage_hat / unit, result.cost_hat / unit[:, None], result.price_hat / unit[:, None]
    spending = result.expenditure_new / unit[:, None]
    export = np.ones_like(base.flows)
    export[c] += tax
    export[c, c] = 1
    rates = np.array(result.tariffs_new)
    rates[:, c] = (1 + rates[:, c]) / (1 + tax) - 1
    rates[c, c] = 0
    barrier = export * (1 + rates) / (1 + base.tariffs)
    share = base.share * (cost[:, None] * barrier / price) ** -base.trade_elasticity
    border = share * spending / (1 + rates)
    sales = (border / export).sum(axis=1)
    taxes = (border - border / export).sum(axis=(1, 2)) + (rates * border).sum(axis=(0, 2))
    deficit = result.deficit_new
    if result.closure.deficits == "world-share":
        deficit = base.deficit * (wage * base.value_added).sum() / base.value_added.sum()
    income = wage * base.value_added + taxes + deficit
    demand = np.einsum("kds,ds->dk", base.input_share, sales) + base.final_share * income[:, None]
    gaps = [
        np.abs(share.sum(axis=0) - (base.expenditure > 0)).max(),
        np.abs(demand / np.where(spending > 0, spending, 1.0) - (spending > 0)).max(),
        np.abs((base.value_added_share * sales).sum(axis=1) / (wage * base.value_added) - 1).max(),
    ]
    welfare = income / base.income / np.exp((base.final_share * np.log(price)).sum(axis=1))
    return float(max(gaps)), float(np.abs(welfare - result.welfare_hat).max())


def uniform_tariff(base: dt.Baseline, rate: float) -> Array:
    """Return the tariffs when the first country multiplies all its import prices by 1 + rate."""
    rates = np.array(base.tariffs)
    rates[1:, 0] = (1 + rates[1:, 0]) * (1 + rate) - 1
    return rates


@given(shocked(zeros=0.0), st.sampled_from([0.05, 0.5]))
def test_lerner(drawn: Drawn, rate: float) -> None:
    """I11: with balanced trade a uniform import tariff is a uniform export tax."""
    base = baseline(drawn[0]).purged()
    assert max(export_tax_gap(tight(base, uniform_tariff(base, rate)), 0, rate)) <= 1e-9


@given(shocked(zeros=0.0, deficits=True), st.sampled_from([0.05, 0.5]))
def test_lerner_with_deficits(drawn: Drawn, rate: float) -> None:
    """I11: with deficits it holds if they are fixed in a foreign wage, and fails if they are shares of the world."""
    base = baseline(drawn[0])
    rates = uniform_tariff(base, rate)
    foreign = tight(base, rates, closure="fixed-nominal", numeraire=base.countries[-1])
    assert max(export_tax_gap(foreign, 0, rate)) <= 1e-9
    deficit = abs(base.deficit[0]) / base.value_added[0]
    if deficit > 1e-3:
        assert max(export_tax_gap(tight(base, rates), 0, rate)) > 1e-3 * deficit * rate
