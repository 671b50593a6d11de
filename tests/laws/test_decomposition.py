"""I25: the parts of the welfare change add up to it, in every closure; diversion accounts for what is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
import economies
from detente.core.first_order import welfare_cp_first_order_pct
from detente.equilibrium.decompose import decompose
from detente.equilibrium.diversion import diversion_columns, pressure_columns, volume_change

CLOSURES: list[dict[str, Any]] = [
    {},
    {"revenue": "wasted"},
    {"closure": "fixed-nominal", "numeraire": "C01"},
    {"closure": "fixed-nominal", "numeraire": "world-income"},
    {"closure": "balanced", "include_purge": True},
]


def shocked(seed: int, **closure: Any) -> dt.Result:
    """Return a random economy under random tariffs and icebergs."""
    rng = np.random.default_rng(seed)
    economy = economies.random_economy(rng, n=4, j=3)
    tariffs = economies.random_tariffs(rng, economy)
    cost = economies.random_trade_cost_hat(rng, economy)
    base = dt.Baseline.from_flows(**economy.inputs())
    return dt.solve(base, tariffs, cost, tol=1e-12, **closure)


@pytest.mark.parametrize("closure", CLOSURES, ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_parts_add_up(seed: int, closure: dict[str, Any]) -> None:
    """The residual that is left is below 1e-8 percentage points, and it is shown."""
    result = shocked(seed, **closure)
    found = decompose(result)
    total = sum(part.sum(axis=(1, 2)) for part in found.parts.values())
    np.testing.assert_allclose(total + found.residual, 100 * np.log(result.welfare_hat), atol=1e-12)
    assert np.abs(found.residual).max() <= 1e-8


def test_table_adds_up_and_scales_to_the_percent_change() -> None:
    """Parts and residual add to the row "total", which is 100 (W_hat - 1); detail adds to the same parts."""
    result = shocked(3)
    table = dt.decompose(result, "C02").set_index("part")["value"]
    total = 100 * (result.welfare_hat[2] - 1)
    assert table["total"] == pytest.approx(total, abs=1e-12)
    assert table.drop("total").sum() == pytest.approx(total, abs=1e-10)
    for detail in ("partner", "sector"):
        parts = dt.decompose(result, "C02", by=detail).groupby("part")["value"].sum()
        for part, value in parts.items():
            assert value == pytest.approx(table[part], abs=1e-12)


def test_embargo_is_a_resource_cost_along_a_finite_path() -> None:
    """An embargo moves along kappa^-theta, so that nothing on the way is infinite."""
    economy = economies.random_economy(np.random.default_rng(5), n=4, j=2, zeros=0.0)
    base = dt.Baseline.from_flows(**economy.inputs())
    cost = np.ones_like(base.flows)
    cost[1, 0, 0] = np.inf
    found = decompose(dt.solve(base, trade_cost_hat=cost, tol=1e-12))
    assert np.abs(found.residual).max() <= 1e-8
    assert found.parts["trade_costs"][0].sum() < 0


def test_exogenous_demand_has_its_part() -> None:
    """A purchase financed by the buyer is a part of its own, and the parts still add up."""
    economy = economies.random_economy(np.random.default_rng(8), n=3, j=2, zeros=0.0)
    base = dt.Baseline.from_flows(**economy.inputs())
    bought = np.zeros((3, 2))
    bought[0, 1] = 0.02 * base.income[0]
    found = decompose(dt.solve(base, wedges=dt.Wedges(final_exogenous=bought), tol=1e-12))
    assert np.abs(found.residual).max() <= 1e-8
    assert found.parts["exogenous_demand"][0].sum() == pytest.approx(-2, abs=0.3)


def test_small_tariff_is_first_order() -> None:
    """For a tiny tariff change the exact parts are the first-order statistic; for a large one they are not."""
    economy = economies.random_economy(np.random.default_rng(11), n=4, j=3, deficits=False, zeros=0.0)
    base = dt.Baseline.from_flows(**economy.inputs())
    gaps = []
    for step in (1e-5, 0.5):
        tariffs = base.tariffs.copy()
        tariffs[1, 0] += step
        result = dt.solve(base, tariffs, tol=1e-13)
        first = welfare_cp_first_order_pct(result)["C00"][0]
        exact = 100 * (result.welfare_hat[0] - 1)
        gaps.append(abs(first - exact) / abs(exact))
    assert gaps[0] < 1e-3
    assert gaps[1] > 1e-2


def test_diversion_roles() -> None:
    """One pair is lost, every third country is listed twice, home once; values are changes at base prices."""
    result = shocked(2)
    table = diversion_columns(result, by="C00", against="C01")
    change = volume_change(result).sum(axis=2)
    roles = list(zip(table["country"], table["role"], table["value_musd"], strict=True))
    assert roles[0] == ("C01", "lost", change[1, 0])
    assert sorted(role for _, role, _ in roles) == [
        "home",
        "lost",
        "recaptured",
        "recaptured",
        "redirected",
        "redirected",
    ]
    for country, role, value in roles[1:]:
        n = result.countries.index(str(country))
        cell = {"recaptured": (n, 0), "home": (0, 0), "redirected": (1, n)}[str(role)]
        assert value == change[cell]


def test_pressure_is_about_third_countries() -> None:
    """Orders and arrivals by sector leave out the pair itself and add up to the roles of the diversion table."""
    result = shocked(2)
    pressure = pressure_columns(result, by="C00", against="C01")
    assert set(pressure["country"]) <= {"C02", "C03"}
    table = diversion_columns(result, by="C00", against="C01")
    recaptured = sum(v for v, role in zip(table["value_musd"], table["role"], strict=True) if role == "recaptured")  # type: ignore[misc]
    assert sum(pressure["orders_musd"]) == pytest.approx(recaptured)  # type: ignore[arg-type]


def test_unknown_country_is_named() -> None:
    """The nearest code is offered."""
    result = shocked(1)
    with pytest.raises(dt.UsageError, match="C00"):
        dt.decompose(result, "c00")
    with pytest.raises(dt.UsageError, match="another country"):
        dt.diversion(result, by="C00", against="C00")
