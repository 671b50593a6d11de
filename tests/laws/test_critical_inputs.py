"""Laws of critical inputs (section 11): nests, control, who loses and who gains."""

from __future__ import annotations

import numpy as np
import pytest

import detente as dt
from detente.equilibrium.decompose import decompose
from economies import Array
from golden.test_critical_closed_form import closed_form, withheld
from laws.common import TIGHT, close
from laws.levers import bound, code, solved, world

NAMES = ("welfare_hat", "flows_new", "wage_hat", "price_hat", "cost_hat", "share_new", "income_new")


def shock(base: dt.Baseline) -> Array:
    """Return tariffs with a tenth more on the purchases of one country."""
    rates = np.array(base.tariffs)
    rates[1:, 0] += 0.1
    return rates


def nest(base: dt.Baseline, rho: float, good: int = 0, *users: tuple[int, int]) -> dt.CriticalInput:
    """Return a critical input; without users given, sector 1 of every country uses it."""
    n = len(base.countries)
    places = users or tuple((o, 1) for o in range(n))
    return dt.CriticalInput(base.sectors[good], tuple((base.countries[o], base.sectors[s]) for o, s in places), rho)


@pytest.mark.parametrize("rho", [0.05, 0.2, 0.9])
def test_without_users_nothing_changes(rho: float) -> None:
    """No user, or users that buy none of it: the standard model bit for bit."""
    base = world(30)
    plain = dt.solve(base, shock(base), tol=TIGHT)
    nobody = dt.CriticalInput(base.sectors[0], (), rho)
    result = dt.solve(base, wedges=dt.Wedges(shock(base), critical=(nobody,)), tol=TIGHT)
    for name in NAMES:
        assert (result[name] == plain[name]).all(), name
    bare = world(30, io=False)
    plain = dt.solve(bare, shock(bare), tol=TIGHT)
    result = dt.solve(bare, wedges=dt.Wedges(shock(bare), critical=(nest(bare, rho),)), tol=TIGHT)
    for name in NAMES:
        assert (result[name] == plain[name]).all(), name


def test_at_rho_of_one_it_is_the_standard_model() -> None:
    """rho = 1 is Cobb-Douglas exactly; just below it, nearly."""
    base = world(31)
    plain = dt.solve(base, shock(base), tol=TIGHT)
    one = dt.solve(base, wedges=dt.Wedges(shock(base), critical=(nest(base, 1.0),)), tol=TIGHT)
    near = dt.solve(base, wedges=dt.Wedges(shock(base), critical=(nest(base, 1 - 1e-9),)), tol=TIGHT)
    for name in NAMES:
        assert (one[name] == plain[name]).all(), name
        close(near[name], plain[name], 1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_several_critical_goods_in_one_user(seed: int) -> None:
    """Shares follow (18) for each good, add up with labour, and cost is the CES mean; written out here."""
    base = world(32 + seed)
    goods, rho = (0, 2), 0.25
    critical = tuple(nest(base, rho, good) for good in goods)
    quota = bound(base, "quota", (0, 1, 0), (2, 1, 0), volume=0.5, to="exporter")
    result = solved(base, quota, critical=critical)
    assert result.certificate.status == "CERTIFIED"
    share = base.input_share[list(goods), :, 1]
    q = result.price_hat[:, list(goods)].T
    cost = result.cost_hat[:, 1]
    moved = share * (q / cost) ** (1 - rho)
    np.testing.assert_allclose(result["input_share_new"][list(goods), :, 1], moved, rtol=1e-10)
    kept = (1 - moved.sum(axis=0)) / (1 - share.sum(axis=0))
    labour = result["value_added_share_new"][:, 1]
    np.testing.assert_allclose(labour, base.value_added_share[:, 1] * kept, rtol=1e-10)
    np.testing.assert_allclose(result["input_share_new"][1, :, 1], base.input_share[1, :, 1] * kept, rtol=1e-10)
    total = result["value_added_share_new"] + result["input_share_new"].sum(axis=0)
    np.testing.assert_allclose(total, 1.0, atol=1e-12)
    gamma, g = base.value_added_share[:, 1], base.input_share[1, :, 1]
    rest = (result.wage_hat**gamma * result.price_hat[:, 1] ** g) ** (1 / (1 - share.sum(axis=0)))
    mean = (1 - share.sum(axis=0)) * rest ** (1 - rho) + (share * q ** (1 - rho)).sum(axis=0)
    np.testing.assert_allclose(cost, mean ** (1 / (1 - rho)), rtol=1e-10)


def test_producers_that_are_no_users_keep_their_shares() -> None:
    """Only the named pairs hold the input fast."""
    base = world(33)
    result = dt.solve(base, wedges=dt.Wedges(shock(base), critical=(nest(base, 0.2, 0, (2, 1)),)), tol=TIGHT)
    others = np.ones(base.shape, bool)
    others[2, 1] = False
    np.testing.assert_array_equal(result["value_added_share_new"][others], base.value_added_share[others])
    np.testing.assert_array_equal(result["input_share_new"][:, others], base.input_share[:, others])
    assert (result["input_share_new"][:, 2, 1] != base.input_share[:, 2, 1]).all()


def controlled(rho: float, a: float = 0.6, share: float = 1e-3) -> tuple[dt.Baseline, dt.Result]:
    """Return a world whose critical good comes from abroad under licences; the controller owns the rent."""
    flows = np.zeros((2, 2, 2))
    flows[0, 0, 1] = 100.0 - 100.0 * share
    flows[1, 0, 0] = 100 * share
    flows[0, 1, 1] = 100 * share
    flows[1, 1, 1] = 50.0
    value_added = np.array([[1.0, 1 - share], [1.0, 1.0]])
    inputs = np.zeros((2, 2, 2))
    inputs[0, 0, 1] = share
    base = dt.Baseline.from_flows(
        ("USER", "MINE"), ("R", "Y"), flows, np.zeros_like(flows), value_added, inputs, np.array([3.0, 4.0])
    )
    licence = dt.Bound("quota", (("MINE", "USER", "R"),), volume=a, to="exporter")
    critical = (dt.CriticalInput("R", (("USER", "Y"),), rho),)
    return base, solved(base, licence, critical=critical)


def test_the_rent_goes_abroad_and_the_world_loses_the_rest() -> None:
    """The user loses efficiency and the rent, the controller gains the rent: the sum is a loss, smaller than its."""
    base, result = controlled(0.2)
    variation = base.income * (result.welfare_hat - 1)
    rent = float(result["rent_exporter"].sum())
    assert variation[0] < 0 < variation[1]
    assert variation.sum() < 0
    assert abs(variation[1] / rent - 1) < 0.1, "nearly all of its gain is rent"
    assert variation[0] < -rent
    assert abs(result["transfer_new"][1] - rent) <= 1e-12 * rent


def test_the_harder_the_input_is_to_replace_the_more_it_costs() -> None:
    """Loss of the user, price and rent fall in rho."""
    losses, prices = [], []
    for rho in (0.1, 0.2, 0.3, 0.5, 0.8, 1.0):
        _, result = controlled(rho)
        losses.append(float(result.welfare_hat[0]))
        prices.append(float(result["wedge"][1, 0, 0]))
    assert (np.diff(losses) > 0).all()
    assert (np.diff(prices) < 0).all()


def test_first_order_understates() -> None:
    """The value of the input times its price says next to nothing; the exact cost is many times that."""
    exact = -np.log(withheld(0.2, 0.6).welfare_hat[0])
    first = 1e-3 * np.log(closed_form(1.0, 0.6)[0])
    assert exact > 2 * first


def test_a_slack_licence_is_no_licence() -> None:
    """Approval of more than is bought changes nothing, whatever rho."""
    result = withheld(0.1, 1.5)
    close(result.welfare_hat, 1.0, 1e-12)
    assert (result["wedge"] == 1).all()


def test_decomposition_with_critical_inputs() -> None:
    """The parts add up where shares move, rents included."""
    base = world(34)
    quota = bound(base, "quota", (0, 1, 0), volume=0.5, to="exporter")
    parts = decompose(solved(base, quota, critical=(nest(base, 0.2), nest(base, 0.2, 2))))
    assert np.abs(parts.residual).max() <= 1e-8


def test_names_do_not_matter() -> None:
    """Sectors in another order: the same world by code."""
    base = world(35)
    q = np.array([2, 0, 1])
    turned = dt.Baseline.from_flows(
        base.countries,
        tuple(base.sectors[i] for i in q),
        base.flows[:, :, q],
        base.tariffs[:, :, q],
        base.value_added_share[:, q],
        base.input_share[np.ix_(q, range(4), q)],
        base.trade_elasticity[q],
    )
    quota = bound(base, "quota", (0, 1, 0), volume=0.5)
    one, two = (solved(world_, quota, critical=(nest(base, 0.2),)) for world_ in (base, turned))
    close(two.welfare_hat, one.welfare_hat, 1e-10)
    close(two["input_share_new"], one["input_share_new"][np.ix_(q, range(4), q)], 1e-9)


def test_contradictions_are_refused_together() -> None:
    """Unknown codes, rho out of range, two values for one user: one message."""
    base = world(36)
    wrong = (
        dt.CriticalInput("nothing", ((base.countries[0], base.sectors[1]),), 0.2),
        nest(base, 0.01),
        nest(base, 0.3, 2, (0, 1)),
        dt.CriticalInput(base.sectors[2], (("X", "Y"), "ab"), 0.2),  # type: ignore[arg-type]
    )
    with pytest.raises(dt.DataError) as error:
        dt.Wedges(critical=wrong).validated(base)
    text = str(error.value)
    for part in ("'nothing'", "0.01", "one rho for all critical inputs of a user", "twice", "('X', 'Y')", "'ab'"):
        assert part in text
    assert code(base)[0] in base.countries
