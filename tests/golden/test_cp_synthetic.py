"""Three countries, two sectors, inputs and base tariffs: the published answer of an independent program (1e-9)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import detente as dt
from economies import Economy

Array = np.ndarray


@pytest.fixture(scope="module")
def data(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "validation" / "cp_synthetic_N3_J2.json").read_text())
    return loaded


@pytest.fixture(scope="module")
def base(data: dict[str, Any]) -> dt.Baseline:
    """Return the world of the file, levels from shares, incomes and budget shares (sector, importer, exporter)."""
    share, tariffs = (np.array(data[key]).transpose(2, 1, 0) for key in ("pi0", "tau0"))
    gamma = np.array(data["B"]).T
    g = (1 - gamma)[None] * np.array(data["G"]).transpose(1, 0, 2)
    final = np.array(data["alpha"]).T * np.array(data["I0"])[:, None]
    n, j = gamma.shape
    use = np.einsum("kds,dns->dkns", g, share / (1 + tariffs)).reshape(n * j, n * j)
    spending = np.linalg.solve(np.eye(n * j) - use, final.ravel()).reshape(n, j)
    flows = share * spending / (1 + tariffs)
    economy = Economy(("A", "B", "C"), ("S0", "S1"), flows, tariffs, gamma, g, np.array(data["theta"]))
    return dt.Baseline.from_flows(**economy.inputs())


def test_the_base_year(base: dt.Baseline, data: dict[str, Any]) -> None:
    """Value added, income and budget shares come out of the flows as they are printed."""
    np.testing.assert_allclose(base.value_added, data["VA0"], rtol=1e-9)
    np.testing.assert_allclose(base.income, data["I0"], rtol=1e-9)
    np.testing.assert_allclose(base.final_share.T, data["alpha"], rtol=1e-9)
    np.testing.assert_allclose(base.share.transpose(2, 1, 0), data["pi0"], rtol=1e-12)


@pytest.fixture(scope="module")
def result(base: dt.Baseline, data: dict[str, Any]) -> dt.Result:
    return dt.solve(base, np.array(data["tau1"]).transpose(2, 1, 0), tol=1e-12)


def test_welfare_wages_and_prices(result: dt.Result, data: dict[str, Any]) -> None:
    np.testing.assert_allclose(result.welfare_hat, data["W_hat"], rtol=1e-9)
    np.testing.assert_allclose(result.wage_hat, data["w_hat"], rtol=1e-9)
    np.testing.assert_allclose(result.price_hat.T, data["P_hat_jn"], rtol=1e-9)


def test_incomes_and_flows(result: dt.Result, data: dict[str, Any]) -> None:
    np.testing.assert_allclose(result.income_new, data["I_new"], rtol=1e-9)
    np.testing.assert_allclose(result.flows_new.transpose(2, 1, 0), data["flow_new_net_of_tariff"], rtol=1e-9)


def test_the_real_wage_in_autarky(base: dt.Baseline, data: dict[str, Any]) -> None:
    """Embargoed from each other, the real wage of each country is the closed form in its own shares."""
    home = np.eye(3, dtype=bool)[:, :, None]
    kappa = np.where(home, 1.0, np.inf) * np.ones_like(base.flows)
    alone = dt.solve(base, trade_cost_hat=kappa, closure="balanced", include_purge=True, tol=1e-12)
    price = np.exp((base.final_share * np.log(alone.price_hat)).sum(axis=1))
    np.testing.assert_allclose(alone.wage_hat / price, data["autarky_real_wage_hat"], rtol=1e-9)
    np.testing.assert_allclose(alone.wage_hat / price, data["autarky_real_wage_closed_form_prod_lambda"], rtol=1e-9)
