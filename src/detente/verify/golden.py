"""Closed forms and small economies whose answer was computed by somebody else (I09, I10): 12 digits."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.verify import worlds
from detente.verify.check import Checks, near, within

DIGITS = 1e-12


@cache
def goldens() -> dict[str, Any]:
    """Return inputs and results of the reference economies; each names its source."""
    stored: dict[str, Any] = json.loads((Path(__file__).parent / "goldens.json").read_text(encoding="utf-8"))
    return stored


def one_sector(flows: Array, theta: float, rates: Array | None = None) -> Baseline:
    """Return a world with one sector and without inputs."""
    n = len(flows)
    tariffs = np.zeros((n, n, 1)) if rates is None else rates[:, :, None]
    names = worlds.NAMES[:n], ("ALL",)
    shares = np.ones((n, 1)), np.zeros((1, n, 1))
    return Baseline.from_flows(*names, flows[:, :, None], tariffs, *shares, [theta], sources={"id": "one sector"})


def check_one_sector(quick: bool) -> Checks:
    """Check I09: welfare from the own share alone, with and without tariff revenue and deficits."""
    base, found = worlds.invented(4, 1, 3, inputs=False, tariffs=False), []
    cost_only = solve(base, trade_cost_hat=worlds.new_costs(base), closure="world-share", tol=worlds.TIGHT)
    with_tariffs = solve(base, worlds.new_tariffs(base), tol=worlds.TIGHT)
    own_income = worlds.invented(4, 1, 3, inputs=False, tariffs=False, deficits=False)
    balanced = solve(own_income, trade_cost_hat=worlds.new_costs(base), tol=worlds.TIGHT)
    expected = _own_share_ratio(balanced) ** (-1 / balanced["trade_elasticity"][0])
    found.append(near("I09", "one sector, balanced: W = share_hat^(-1/theta)", balanced.welfare_hat, expected, DIGITS))
    for text, result in (("icebergs and deficits", cost_only), ("tariffs and deficits", with_tariffs)):
        revenue = (result.tariffs_new * result.flows_new).sum(axis=(0, 2))
        flows = result.flows_new.sum(axis=2)
        income = result.wage_hat * result["value_added"] + revenue + flows.sum(axis=0) - flows.sum(axis=1)
        before = base.flows.sum(axis=(0, 2))
        ratio = income / before / result.wage_hat
        expected = ratio * _own_share_ratio(result) ** (-1 / result["trade_elasticity"][0])
        name = f"one sector, {text}: W = (I_hat / w_hat) share_hat^(-1/theta)"
        found.append(near("I09", name, result.welfare_hat, expected, 5 * DIGITS))
    return found


def _own_share_ratio(result: Result) -> Array:
    """Return new over old own spending share, counted from flows and tariffs; one sector."""
    shares = []
    for flows, rates in ((result["flows"], result["tariffs"]), (result.flows_new, result.tariffs_new)):
        paid = (flows * (1 + rates))[:, :, 0]
        shares.append(np.diag(paid) / paid.sum(axis=0))
    return np.asarray(shares[1] / shares[0])


def check_symmetric_pair(quick: bool) -> Checks:
    """Check a symmetric pair of countries under the same tariff, in closed form: wages stay."""
    theta, own, rate = 4.0, 0.8, 0.25
    base = one_sector(np.array([[own, 1 - own], [1 - own, own]]) * 1000.0, theta)
    rates = np.array([[0.0, rate], [rate, 0.0]])[:, :, None]
    result = solve(base, rates, tol=worlds.TIGHT)
    abroad = (1 - own) * (1 + rate) ** -theta
    price = (own + abroad) ** (-1 / theta)
    share = own / (own + abroad)
    income = 1 / (1 - (1 - share) * rate / (1 + rate))
    text = "two symmetric countries, 25 % both ways"
    return [
        near("golden", f"{text}: wages stay", result.wage_hat, np.ones(2), DIGITS),
        near("golden", f"{text}: own share", result.share_new[0, 0, 0], share, DIGITS),
        near("golden", f"{text}: price index", result.price_hat[:, 0], np.full(2, price), DIGITS),
        near("golden", f"{text}: real income", result.welfare_hat, np.full(2, income / price), DIGITS),
    ]


def check_three_countries(quick: bool) -> Checks:
    """Check three countries with nominal deficits against published numbers."""
    case = goldens()["three_countries"]
    codes, flows = case["countries"], np.array(case["flows"])
    names, shares = (codes, ("ALL",)), (np.ones((3, 1)), np.zeros((1, 3, 1)))
    theta, free = [case["trade_elasticity"]], np.zeros((3, 3, 1))
    base = Baseline.from_flows(*names, flows[:, :, None], free, *shares, theta, sources={"id": "three"})
    found: Checks = []
    for name, expected in case["cases"].items():
        rates = np.zeros((3, 3, 1))
        for pair, rate in expected["rates"].items():
            importer, origin = pair.split("<")
            rates[codes.index(origin), codes.index(importer)] = rate
        result = solve(base, rates, closure="fixed-nominal", numeraire="world-income", tol=worlds.TIGHT)
        numbers = (result.welfare_hat, result.wage_hat, result.price_hat[:, 0])
        wanted = [expected[key] for key in ("welfare_hat", "wage_hat", "price_hat")]
        found.append(near("golden", f"three countries, {name}: welfare, wages, prices", numbers, wanted, DIGITS))
    return found


def check_two_sectors(quick: bool) -> Checks:
    """Check three countries and two sectors with inputs and base tariffs against published numbers."""
    case = goldens()["two_sectors"]
    pi, tau, tau_new, flows_new = (np.array(case[k]).transpose(2, 1, 0) for k in ("pi0", "tau0", "tau1", "flows_new"))
    value_added = np.array(case["B"]).T
    inputs = np.array(case["G"]).transpose(1, 0, 2) * (1 - value_added)
    border = pi / (1 + tau)
    n, j = value_added.shape
    use = np.einsum("kds,dfs->dkfs", inputs, border)
    system = np.eye(n * j) - use.reshape(n * j, n * j)
    final = np.array(case["alpha"]).T * np.array(case["I0"])[:, None]
    spent = np.linalg.solve(system, final.ravel()).reshape(n, j)
    names = worlds.NAMES[:n], ("S0", "S1")
    sources = {"id": "two sectors"}
    base = Baseline.from_flows(*names, border * spent, tau, value_added, inputs, case["theta"], sources=sources)
    result = solve(base, tau_new, tol=worlds.TIGHT)
    prices = np.array(case["price_hat"]).T
    text = "three countries, two sectors with inputs"
    return [
        near("golden", f"{text}: base value added", base.value_added, case["VA0"], 1e-11),
        near("golden", f"{text}: welfare", result.welfare_hat, case["welfare_hat"], 1e-11),
        near("golden", f"{text}: wages", result.wage_hat, case["wage_hat"], 1e-11),
        near("golden", f"{text}: prices", result.price_hat, prices, 1e-11),
        near("golden", f"{text}: flows", result.flows_new, flows_new, 1e-11),
    ]


def check_autarky(quick: bool) -> Checks:
    """Check I10: the end of all trade costs 1 - prod own_share^((I - A')^-1 alpha / theta), inputs or not."""
    found: Checks = []
    for text, base in (
        ("several sectors", worlds.invented(3, 4, 4, inputs=False, tariffs=False, deficits=False)),
        ("several sectors with inputs", worlds.balanced_toy()),
    ):
        n, j = base.shape
        wall = np.full((n, n, j), np.inf)
        wall[np.arange(n), np.arange(n)] = 1.0
        result = solve(base, trade_cost_hat=wall, tol=worlds.TIGHT)
        spent = base.flows.sum(axis=0)
        expected = np.empty(n)
        for d in range(n):
            use = base.input_share[:, d, :]
            final = spent[d] - use @ base.flows[d].sum(axis=0)
            exponent = np.linalg.solve(np.eye(j) - use, final / final.sum()) / base.trade_elasticity
            expected[d] = np.prod((base.flows[d, d] / spent[d]) ** exponent)
        found.append(near("I10", f"autarky, {text}: closed form", result.welfare_hat, expected, DIGITS))
    return found


def check_productivity(quick: bool) -> Checks:
    """Check that costs of trading and making everything, home included, times k cost k^(1/value-added share)."""
    base, factor = worlds.invented(4, 3, 5), 1.1
    inputs = base.input_share / base.input_share.sum(axis=0) * 0.5
    uniform = Baseline.from_flows(
        base.countries, base.sectors, base.flows, base.tariffs, np.full(base.shape, 0.5), inputs, base.trade_elasticity
    )
    result = solve(uniform, trade_cost_hat=np.full(base.flows.shape, factor), tol=worlds.TIGHT)
    return [
        within("golden", "all icebergs x 1.1: wages stay", np.abs(result.wage_hat - 1).max(), DIGITS),
        near("golden", "all icebergs x 1.1: W = k^(-1/0.5)", result.welfare_hat, np.full(4, factor**-2), DIGITS),
    ]
