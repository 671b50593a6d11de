"""The closed form of a withheld critical input (section 11): one country, labour, a critical good, its only user."""

from __future__ import annotations

import numpy as np
import pytest

import detente as dt
from laws.common import TIGHT

SHARE = 1e-3
TABLE = [  # rho, price of the critical good, rent in % of wages, welfare in %, cost share after in %
    (0.1, 166.0, 9.90, -0.9997, 9.07),
    (0.2, 12.89, 0.71, -0.1275, 0.77),
    (0.3, 5.496, 0.27, -0.0583, 0.33),
    (0.5, 2.78, 0.11, -0.0267, 0.17),
    (1.0, 1.667, 0.04, -0.0111, 0.10),
]
DIGITS = [(0.5, 5e-3, 5e-5, 5e-3), *[(5e-3, 5e-3, 5e-5, 5e-3)] * 4]


def isolated(share: float = SHARE, countries: int = 2) -> dt.Baseline:
    """Return countries that do not trade; each makes a final good of labour and a critical one."""
    flows = np.zeros((countries, countries, 2))
    own = np.arange(countries)
    flows[own, own] = [100 * share, 100.0]
    value_added = np.tile([1.0, 1 - share], (countries, 1))
    inputs = np.zeros((2, countries, 2))
    inputs[0, :, 1] = share
    names = tuple(f"C{n}" for n in range(countries))
    theta = np.array([2.0, 5.0])
    return dt.Baseline.from_flows(names, ("R", "Y"), flows, np.zeros_like(flows), value_added, inputs, theta)


def withheld(rho: float, a: float, share: float = SHARE) -> dt.Result:
    """Return what happens when licences let through the part a of the critical good in the first country."""
    base = isolated(share)
    licence = dt.Bound("quota", (("C0", "C0", "R"),), volume=a, to="exporter")
    nest = dt.CriticalInput("R", (("C0", "Y"), ("C1", "Y")), rho)
    return dt.solve(base, wedges=dt.Wedges(bounds=(licence,), critical=(nest,)), tol=TIGHT)


def closed_form(rho: float, a: float, share: float = SHARE) -> tuple[float, float, float, float]:
    """Return price of the good over the wage, rent over wages, welfare, and the cost share of the good after."""
    labour = (1 - a * share) / (1 - share)
    price = (labour / a) ** (1 / rho)
    if rho == 1:
        welfare = labour ** (1 - share) * a**share
    else:
        power = (rho - 1) / rho
        welfare = ((1 - share) * labour**power + share * a**power) ** (1 / power)
    rent = share * a * (price - 1)
    return price, rent, welfare, share * a * price / (1 + rent)


@pytest.mark.parametrize(
    ("row", "digits"), list(zip(TABLE, DIGITS, strict=True)), ids=[f"rho={row[0]}" for row in TABLE]
)
def test_the_table(row: tuple[float, ...], digits: tuple[float, ...]) -> None:
    """Every number of the table, to its last printed digit, and the closed form to 1e-9."""
    rho, *expected = row
    result = withheld(rho, 0.6)
    price, rent, welfare, share = closed_form(rho, 0.6)
    printed = (price, 100 * rent, 100 * (welfare - 1), 100 * share)
    for got, stated, digit in zip(printed, expected, digits, strict=True):
        assert abs(got - stated) <= digit * 1.01
    wage = float(result.wage_hat[0])
    assert abs(result["price_hat"][0, 0] / wage / price - 1) <= 1e-9
    assert abs(result["rent_exporter"][0, 0, 0] / (wage * 100 * rent) - 1) <= 1e-9
    assert abs(result.welfare_hat[0] / welfare - 1) <= 1e-9
    assert abs(result["wedge"][0, 0, 0] / price - 1) <= 1e-9
    if rho != 1:
        assert abs(result["input_share_new"][0, 0, 1] / share - 1) <= 1e-9
    assert abs(result.welfare_hat[1] - 1) <= 1e-12, "the country next door does not trade with it"


def test_the_last_row_of_the_text() -> None:
    """a = 0.3 at rho = 0.2 costs 2.79 %, and the loop finds it to 1e-9."""
    result = withheld(0.2, 0.3)
    welfare = closed_form(0.2, 0.3)[2]
    assert round(100 * (welfare - 1), 2) == -2.79
    assert abs(result.welfare_hat[0] / welfare - 1) <= 1e-9


POINTS = [(rho, a) for rho in (0.05, 0.15, 0.4, 0.9) for a in (0.35, 0.9, 0.99) if (rho, a) != (0.05, 0.35)]


@pytest.mark.parametrize(("rho", "a"), POINTS)
def test_the_form_at_other_points(rho: float, a: float) -> None:
    """Between the rows, at a larger share."""
    result = withheld(rho, a, share=0.01)
    price, _, welfare, _ = closed_form(rho, a, share=0.01)
    assert abs(result.welfare_hat[0] / welfare - 1) <= 1e-9
    assert abs(result["wedge"][0, 0, 0] / price - 1) <= 1e-8


def test_numbers_that_rest_on_rho_are_marked() -> None:
    """At rho = 0.1 the rents are 9.9 % of wages and the price 166 fold; at 0.5 nothing is worth a warning."""
    codes = {warn.code for warn in withheld(0.1, 0.6).certificate.warnings}
    assert {"large_wedge", "critical_rents"} <= codes
    assert not {warn.code for warn in withheld(0.5, 0.6).certificate.warnings} - {"disconnected"}
    assert "critical_share" in {warn.code for warn in withheld(0.1, 0.5, share=0.01).certificate.warnings}


def test_a_price_of_a_billion_costs_ends_without_a_number() -> None:
    """At rho = 0.05, a = 0.35 and 1 % the good is all of cost: that is beyond the solver, which says so."""
    assert closed_form(0.05, 0.35, share=0.01)[0] > 1e9
    with pytest.raises(dt.SolveError, match="PARTIAL_PATH"):
        withheld(0.05, 0.35, share=0.01)
