"""Published expected values of small economies: closed forms, three countries, balanced trade, several sectors.

Read where they are, beside the checkout; relative tolerance 1e-10 unless a test says otherwise.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import detente as dt
from economies import economy_from_shares

Array = np.ndarray
NOMINAL = {"closure": "fixed-nominal", "numeraire": "world-income"}
US, CHN, ROW = 0, 1, 2

SHOCKS: dict[str, list[tuple[int, int, float]]] = {
    "US 25% on CHN": [(CHN, US, 0.25)],
    "25% both ways": [(CHN, US, 0.25), (US, CHN, 0.25)],
    "US 100% on CHN": [(CHN, US, 1.0)],
    "100% both ways": [(CHN, US, 1.0), (US, CHN, 1.0)],
    "US uniform 10%": [(CHN, US, 0.1), (ROW, US, 0.1)],
    "balanced: 25% both ways": [(CHN, US, 0.25), (US, CHN, 0.25)],
}
PRINTED_PCT = {
    "US 25% on CHN": (0.0845991, -0.6100644, 0.0746764),
    "25% both ways": (-0.0315424, -0.5651535, 0.0586510),
    "US 100% on CHN": (-0.5552454, -1.0278855, 0.1597424),
    "100% both ways": (-0.6576378, -1.0943827, 0.1212298),
    "US uniform 10%": (0.4009116, -0.2814088, -0.1666257),
    "CHN->US embargo (tauhat=1e6)": (-0.8765610, -1.0831849, 0.1733555),
}


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, Any]:
    """Return the file of analytic values."""
    loaded: dict[str, Any] = json.loads((shared / "validation" / "analytic_golden.json").read_text())
    return loaded


def one_sector(flows: Any, theta: float) -> dt.Baseline:
    """Return a one-sector world without inputs or tariffs; rows are exporters."""
    cube = np.array(flows)[:, :, None]
    n = len(cube)
    return dt.Baseline.from_flows(
        ["US", "CHN", "ROW"], ["S"], cube, 0 * cube, np.ones((n, 1)), np.zeros((1, n, 1)), [theta]
    )


def rates(cells: list[tuple[int, int, float]]) -> Array:
    """Return zero tariffs but for (origin, dest, rate)."""
    tariffs = np.zeros((3, 3, 1))
    for origin, dest, rate in cells:
        tariffs[origin, dest] = rate
    return tariffs


@pytest.mark.parametrize("case", SHOCKS)
def test_three_countries(golden: dict[str, Any], case: str) -> None:
    """Wages, prices, spending, flows and welfare of every row."""
    expected = golden["three_country"][case]
    balanced = case.startswith("balanced")
    flows = golden["lerner"]["X0_balanced"] if balanced else golden["three_country_inputs"]["X0"]
    rules = {"closure": "balanced"} if balanced else NOMINAL
    result = dt.solve(one_sector(flows, expected["eps"]), rates(SHOCKS[case]), tol=1e-13, **rules)
    np.testing.assert_allclose(result.welfare_hat, expected["W_hat"], rtol=1e-10)
    np.testing.assert_allclose(result.welfare_hat, expected["acr_identity_W"], rtol=1e-10)
    np.testing.assert_allclose(result.wage_hat, expected["w_hat"], rtol=1e-10)
    np.testing.assert_allclose(result.price_hat[:, 0], expected["P_hat"], rtol=1e-10)
    np.testing.assert_allclose(result.income_new, expected["E_new"], rtol=1e-10)
    paid = result.flows_new * (1 + result.tariffs_new)
    np.testing.assert_allclose(paid[:, :, 0], expected["X_new_tariff_inclusive"], rtol=1e-10)
    if case in PRINTED_PCT:
        np.testing.assert_allclose(100 * (result.welfare_hat - 1), PRINTED_PCT[case], atol=6e-8)


@pytest.mark.parametrize("times", [1e6, np.inf])
def test_three_countries_under_embargo(golden: dict[str, Any], times: float) -> None:
    """An iceberg of 1e6 and an embargo are the same to ten digits."""
    case = "CHN->US embargo (tauhat=1e6)"
    base = one_sector(golden["three_country_inputs"]["X0"], 4.0)
    kappa = np.ones((3, 3, 1))
    kappa[CHN, US] = times
    result = dt.solve(base, trade_cost_hat=kappa, tol=1e-13, **NOMINAL)
    np.testing.assert_allclose(result.welfare_hat, golden["three_country"][case]["W_hat"], rtol=1e-10)
    np.testing.assert_allclose(100 * (result.welfare_hat - 1), PRINTED_PCT[case], atol=6e-8)


def test_three_countries_in_thousands(golden: dict[str, Any]) -> None:
    """All values times 1000 leave welfare."""
    flows = np.array(golden["three_country_inputs"]["X0"])
    one, other = (
        dt.solve(one_sector(scale * flows, 4.0), rates(SHOCKS["25% both ways"]), tol=1e-13, **NOMINAL)
        for scale in (1, 1000)
    )
    np.testing.assert_allclose(other.welfare_hat, one.welfare_hat, rtol=1e-14)


def test_lerner(golden: dict[str, Any]) -> None:
    """A uniform import tariff with balanced trade, and the welfare of the export tax that is the same."""
    expected = golden["lerner"]
    base = one_sector(expected["X0_balanced"], expected["eps"])
    tariff = rates([(CHN, US, expected["t"]), (ROW, US, expected["t"])])
    result = dt.solve(base, tariff, closure="balanced", tol=1e-13)
    np.testing.assert_allclose(result.welfare_hat, expected["W_hat_import_tariff"], rtol=1e-10)
    np.testing.assert_allclose(result.welfare_hat, expected["W_hat_export_tax"], rtol=1e-10)


def autarky(base: dt.Baseline, times: float) -> dt.Result:
    """Solve with all foreign icebergs multiplied; an embargo where infinite."""
    home = np.eye(len(base.countries), dtype=bool)[:, :, None]
    kappa = np.where(home, 1.0, times) * np.ones_like(base.flows)
    return dt.solve(base, trade_cost_hat=kappa, closure="balanced", tol=1e-12)


@pytest.mark.parametrize("times", [1e4, np.inf])
def test_autarky(golden: dict[str, Any], times: float) -> None:
    """Icebergs towards infinity reach lambda^(1/theta) = 0.980188207861."""
    base = one_sector(golden["lerner"]["X0_balanced"], golden["lerner"]["eps"])
    assert autarky(base, times).welfare_hat[US] == pytest.approx(golden["autarky_balanced"]["W_hat_US"], rel=1e-10)
    assert golden["autarky_balanced"]["W_hat_US"] == pytest.approx(0.980188207861, abs=1e-12)


@pytest.mark.parametrize("row", range(7))
def test_gains_from_trade(golden: dict[str, Any], row: int) -> None:
    """Gains 100 (1 - lambda^(1/theta)) are what autarky costs; `eps` of the list is theta."""
    case = golden["acr"][row]
    share, theta = case["lam"], case["eps"]
    flows = np.array([[share, 1 - share], [1 - share, share]])[:, :, None]
    base = dt.Baseline.from_flows(["A", "B"], ["S"], flows, 0 * flows, np.ones((2, 1)), np.zeros((1, 2, 1)), [theta])
    got = 100 * (1 - autarky(base, np.inf).welfare_hat)
    np.testing.assert_allclose(got, case["gft_pct"], rtol=1e-10)


@pytest.mark.parametrize("io", [False, True])
def test_gains_with_several_sectors(io: bool) -> None:
    """Gains 1 - prod_k lambda_k^(beta_k/theta_k); with inputs the exponents use (I - A')^-1."""
    own, theta = np.array([0.6, 0.8, 0.95]), np.array([3.0, 5.0, 8.0])
    alpha = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
    share = np.array([[own, 1 - own], [1 - own, own]])
    g = np.zeros((3, 2, 3))
    if io:
        g += np.array([[0.2, 0.1, 0.05], [0.1, 0.3, 0.1], [0.1, 0.1, 0.2]])[:, None, :]
    economy = economy_from_shares(share, 0 * share, 1 - g.sum(axis=0), g, alpha, theta)
    result = autarky(dt.Baseline.from_flows(**economy.inputs()), np.inf)
    exponents = alpha @ np.linalg.inv(np.eye(3) - g[:, 0, :].T)
    np.testing.assert_allclose(result.welfare_hat, np.exp(exponents @ (np.log(own) / theta)), rtol=1e-10)
    if not io:
        np.testing.assert_allclose(1 - result.welfare_hat, 1 - np.prod(own ** (alpha / theta), axis=1), rtol=1e-9)


def test_welfare_at_nash_tariffs(golden: dict[str, Any]) -> None:
    """Two equal countries at their Nash tariffs, from free trade: own shares, and welfare to 1e-6 points."""
    cases = [case for case in golden["two_country_nash"] if case["L_H"] == case["L_F"]]
    assert len(cases) >= 4
    for case in cases:
        theta, cost = case["sigma"] - 1, case["iceberg"]
        own = 1 / (1 + cost**-theta)
        flows = np.array([[own, 1 - own], [1 - own, own]])[:, :, None]
        base = dt.Baseline.from_flows(
            ["H", "F"], ["S"], flows, 0 * flows, np.ones((2, 1)), np.zeros((1, 2, 1)), [theta]
        )
        tariffs = np.array([[0.0, case["t_F"]], [case["t_H"], 0.0]])[:, :, None]
        result = dt.solve(base, tariffs, tol=1e-13)
        change = 100 * (result.welfare_hat - 1)
        np.testing.assert_allclose(change, [case["dW_H_pct"], case["dW_F_pct"]], atol=1e-6)
        shares = np.einsum("nn->n", result.share_new[:, :, 0])
        np.testing.assert_allclose(shares, [case["lambda_HH"], case["lambda_FF"]], rtol=1e-10)
