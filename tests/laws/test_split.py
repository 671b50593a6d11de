"""Laws of cutting a sector: a proportional cut changes nothing; any cut keeps the accounts (I08, MODEL section 11)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detente as dt
from detente.baseline.aggregate import aggregated
from detente.baseline.baseline import ARRAYS
from detente.baseline.split import split_sector
from economies import Array, Economy
from laws.common import Drawn, baseline, close, economies, shocked, tight, us_tariff


def doubled(values: Array, p: int, axis: int = 2) -> Array:
    """Return an array with the entry p of the sector axis twice."""
    return np.insert(values, p + 1, np.take(values, p, axis=axis), axis=axis)


def folded(values: Array, p: int, axis: int) -> Array:
    """Return an array with the entries p and p + 1 of an axis added up: the inverse of a split, for money."""
    both = np.delete(values, p + 1, axis=axis)
    index: list[Any] = [slice(None)] * values.ndim
    index[axis] = p
    both[tuple(index)] += np.take(values, p + 1, axis=axis)
    return both


@st.composite
def cuts(draw: st.DrawFn, **fixed: Any) -> tuple[dt.Baseline, int, dict[str, Any]]:
    """Draw a world, a parent, shares by cell (some 0, some 1), and maybe weights of users and of final demand."""
    base = baseline(draw(economies(**fixed)))
    n, j = base.shape
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    x = np.where(rng.random((n, n)) < 0.7, rng.uniform(0, 0.9, (n, n)), rng.integers(0, 2, (n, n)))
    options: dict[str, Any] = {"share_of_flow": x + 1e-3 * (x == 0).all()}
    if draw(st.booleans()):
        options["use_weight"] = np.where(rng.random((n, j)) < 0.5, rng.random((n, j)), 0.0)
    if draw(st.booleans()):
        options["final_weight"] = rng.random(n)
    return base, draw(st.integers(0, j - 1)), options


@settings(max_examples=10)
@given(shocked(), st.floats(0.01, 0.99))
def test_a_proportional_split_changes_no_result(drawn: Drawn, part: float) -> None:
    """The same share in every cell: every aggregate, counterfactual welfare and price as before, to 1e-10."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    whole = tight(base, tariffs, kappa)
    cut = split_sector(base, base.sectors[0], "NEW", part)
    result = tight(cut, doubled(tariffs, 0), doubled(kappa, 0))
    close(result.welfare_hat, whole.welfare_hat, 1e-10)
    close(result.price_hat, doubled(whole.price_hat, 0, 1), 1e-10)
    close(folded(result.flows_new, 0, 2), whole.flows_new, 1e-10)
    close(result.income_new, whole.income_new, 1e-10)


def test_a_proportional_split_of_the_packaged_world(world: dt.Baseline) -> None:
    """A seventh of electronics, a tariff on China: the same welfare everywhere."""
    p = world.sectors.index("C26")
    cut = split_sector(world, "C26", "CHIPS", 1 / 7)
    assert cut.sectors[p : p + 2] == ("C26", "CHIPS")
    rates = us_tariff(world, 0.25, against="CHN")
    close(tight(cut, doubled(rates, p)).welfare_hat, tight(world, rates).welfare_hat, 1e-10)


@given(economies(), st.floats(0.01, 0.99))
def test_merging_back_is_the_way_home(economy: Economy, part: float) -> None:
    """Cut in proportion and merged again: the original arrays to 1e-12."""
    base = baseline(economy)
    last = base.sectors[-1]
    back = aggregated(split_sector(base, last, "NEW", part), sectors={last: [last, "NEW"]})
    assert back.sectors == base.sectors
    for name in ARRAYS:
        close(getattr(back, name), getattr(base, name), 1e-12)


@given(cuts())
def test_any_split_keeps_the_accounts(drawn: tuple[dt.Baseline, int, dict[str, Any]]) -> None:
    """Shares that vary: output, value added, deficits, revenue, income, input money and final demand stay."""
    base, p, options = drawn
    cut = split_sector(base, base.sectors[p], "NEW", **options)
    scale = float(base.output.sum())
    close(cut.flows[:, :, p + 1], options["share_of_flow"] * base.flows[:, :, p], 1e-14)
    assert (cut.flows >= 0).all()
    close(folded(cut.flows, p, 2), base.flows, 1e-14)
    close(folded(cut.output, p, 1), base.output, 1e-13)
    close(cut.value_added, base.value_added, 1e-13)
    close(cut.revenue, base.revenue, 1e-12)
    close(cut.income, base.income, 1e-12)
    assert np.abs(cut.deficit - base.deficit).max() <= 1e-13 * scale
    assert np.abs(folded(cut.final_demand, p, 1) - base.final_demand).max() <= 1e-13 * scale
    assert (cut.final_demand >= 0).all()
    money = np.einsum("kds,ds->dk", cut.input_share, cut.output)
    assert np.abs(folded(money, p, 1) - np.einsum("kds,ds->dk", base.input_share, base.output)).max() <= 1e-13 * scale
    close(cut.input_share[p] + cut.input_share[p + 1], doubled(base.input_share[p], p, 1), 1e-14)
    assert (cut.input_share >= 0).all()
    np.testing.assert_allclose(dt.solve(cut).welfare_hat, 1, atol=1e-8)


@given(cuts(n=4, j=3, io=True))
def test_the_rows_add_up_to_the_spending(drawn: tuple[dt.Baseline, int, dict[str, Any]]) -> None:
    """Spending on the new sector is what users and final demand pay, and no user pays more than for the parent."""
    base, p, options = drawn
    cut = split_sector(base, base.sectors[p], "NEW", **options)
    use = cut.input_share[p + 1] * cut.output
    close(use.sum(axis=1) + cut.final_demand[:, p + 1], cut.expenditure[:, p + 1], 1e-11)
    before = base.input_share[p] * base.output
    assert (folded(use, p, 1) <= before * (1 + 1e-12)).all()
    assert (cut.final_demand[:, p + 1] <= base.final_demand[:, p] * (1 + 1e-9) + 1e-12 * base.expenditure[:, p]).all()


@given(economies(n=3, j=4, io=True))
def test_asked_and_given(economy: Economy) -> None:
    """Weights that fit are met: a thin slice goes where it was sent, and nothing is told to have moved."""
    base = baseline(economy)
    weights = np.zeros(base.shape)
    weights[:, 1], weights[:, 3] = 1.0, 3.0
    cut = split_sector(base, "S02", "NEW", 1e-4, use_weight=weights, final_weight=0.2)
    use = folded(cut.input_share[3] * cut.output, 2, 1)
    spent = cut.expenditure[:, 3]
    room = (np.array(base.input_share[2] * base.output)[:, [1, 3]] > spent[:, None]).all(axis=1)
    room &= base.final_demand[:, 2] > spent
    assert room.any()
    close(use[room][:, [1, 3]], np.outer(spent[room], [0.2, 0.6]), 1e-9)
    close(cut.final_demand[room, 3], 0.2 * spent[room], 1e-9)
    assert not set(cut.meta["satellites"]["NEW"]["use_moved_musd"]) & {base.countries[d] for d in np.flatnonzero(room)}


def test_a_share_that_varies_changes_the_answer(world: dt.Baseline) -> None:
    """A good that comes from China alone cannot be bought elsewhere: the tariff is all in its price in the USA."""
    p, chn, usa = (world.sectors.index("C27"), world.countries.index("CHN"), world.countries.index("USA"))
    rates = doubled(us_tariff(world, 0.25, against="CHN"), p)
    x = np.zeros((len(world.countries), len(world.countries)))
    x[chn] = 0.2
    even = float(0.2 * world.flows[chn, :, p].sum() / world.flows[:, :, p].sum())
    special = tight(split_sector(world, "C27", "MAGNETS", x), rates)
    usual = tight(split_sector(world, "C27", "MAGNETS", even), rates)
    rate = world.tariffs[chn, usa, p]
    assert special.price_hat[usa, p + 1] == pytest.approx(special.cost_hat[chn, p + 1] * (rate + 1.25) / (rate + 1))
    assert usual.price_hat[usa, p + 1] < special.price_hat[usa, p + 1] - 0.1
    assert np.abs(special.welfare_hat[usa] - usual.welfare_hat[usa]) > 1e-5


def test_negative_demand_is_cut_in_proportion() -> None:
    """Where inventories fall, both parts carry their share of it, and the world still solves to itself."""
    rng = np.random.default_rng(5)
    from economies import random_economy

    economy = random_economy(rng, n=3, j=3, zeros=0.0)
    flows = np.array(economy.flows)
    use = np.einsum("kds,ds->dk", economy.input_share, economy.output)
    flows[0, 0, 1] -= economy.final_demand[0, 1] + 0.05 * use[0, 1]
    arrays = {**economy.inputs(), "flows": flows}
    base = dt.Baseline.from_flows(**arrays, treatment="exogenous")
    assert base.final_exogenous[0, 1] < 0
    cut = split_sector(base, "S01", "NEW", 0.25)
    assert cut.final_exogenous[0, 2] == pytest.approx(0.25 * base.final_exogenous[0, 1], rel=1e-12)
    assert cut.final_exogenous[0, 1] == pytest.approx(0.75 * base.final_exogenous[0, 1], rel=1e-12)
    np.testing.assert_allclose(dt.solve(cut).welfare_hat, 1, atol=1e-9)
    rates = np.array(base.tariffs)
    rates[0, 1] += 0.2
    close(tight(cut, doubled(rates, 1)).welfare_hat, tight(base, rates).welfare_hat, 1e-10)
    mixed = split_sector(base, "S01", "NEW", rng.uniform(0, 0.9, (3, 3)))
    assert (mixed.final_share >= 0).all()
    close(folded(mixed.final_exogenous, 1, 1), base.final_exogenous, 1e-12)
