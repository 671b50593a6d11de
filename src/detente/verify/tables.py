"""What is made of a result: tables, decomposition, diversion; each counted again by hand."""

from __future__ import annotations

import numpy as np

from detente.core.arrays import Array
from detente.core.pairs import pair_columns
from detente.core.result import Result
from detente.core.tables import TABLES
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.decompose import PARTS, decompose
from detente.equilibrium.diversion import diversion_columns
from detente.policy.wedges import Wedges
from detente.verify import levels, worlds
from detente.verify.check import Checks, near, same, within

LIMIT = 1e-10
PARTS_LIMIT = 1e-8
"""Percentage points by which the parts of a welfare change may miss the whole."""


def _toy(*, revenue: str = "lump-sum") -> Result:
    toy = worlds.toy()
    return solve(toy, worlds.new_tariffs(toy), worlds.new_costs(toy), revenue=revenue, tol=worlds.TIGHT)


def check_decomposition(quick: bool) -> Checks:
    """Check I25: the parts sum to the exact total; each is what the definition says for a small shock."""
    found: Checks = []
    stocks = Wedges(final_exogenous=3.0 * worlds.toy().final_exogenous)
    whole = [("toy", _toy()), ("toy, revenue wasted", _toy(revenue="wasted"))]
    whole.append(("toy, more demand for stocks", solve(worlds.toy(), wedges=stocks, tol=worlds.TIGHT)))
    if not quick:
        world = worlds.world_2022()
        whole.append(("world-2022", solve(world, worlds.us_on_china(world), tol=worlds.TIGHT)))
    for name, result in whole:
        parts = decompose(result)
        for country in result.countries[:4]:
            rows = parts.columns(country)
            values = dict(zip(rows["part"], map(float, map(str, rows["value"])), strict=True))
            total = 100 * (float(result.welfare_hat[result.countries.index(country)]) - 1)
            summed = sum(values[part] for part in PARTS)
            text = f"{name}, {country}"
            found.append(within("I25", f"{text}: total is the exact change", abs(values["total"] - total), 1e-12))
            found.append(within("I25", f"{text}: parts sum to the total", abs(summed - total), PARTS_LIMIT))
            missing = abs(values["residual"] - (total - summed))
            found.append(within("I25", f"{text}: the residual is what they miss", missing, 1e-12))
            for by in ("partner", "sector"):
                gap = max(abs(_sum_of(parts.columns(country, by=by), part) - values[part]) for part in PARTS)
                found.append(within("I25", f"{text}: by {by} sums to the parts", gap, 1e-10))
    return found + _small_shock()


def _sum_of(rows: dict[str, list[object]], part: str) -> float:
    return sum(float(str(value)) for name, value in zip(rows["part"], rows["value"], strict=True) if name == part)


def _small_shock() -> Checks:
    """Return checks of single parts against differences, for tariffs that move by a millionth."""
    base = worlds.invented(4, 3, 7)
    step = 1e-6
    rates = base.tariffs + step * (worlds.new_tariffs(base) - base.tariffs)
    kappa = np.where(base.flows > 0, 1.0, 1.0)
    kappa[0, 1] = 1 + step
    kappa[2, 2, 1] = 1 + step
    result = solve(base, rates, kappa, tol=worlds.TIGHT)
    flows, dcost = base.flows, np.log(result.cost_hat)
    dflow = np.log(np.where(flows > 0, result.flows_new, 1.0) / np.where(flows > 0, flows, 1.0))
    foreign = ~np.eye(4, dtype=bool)[:, :, None] * flows
    bought = (foreign * dcost[:, None, :]).sum(axis=(0, 2))
    terms = (foreign * dcost[:, None, :]).sum(axis=(1, 2)) - bought
    costs = -(flows * np.log(kappa)).sum(axis=(0, 2))
    volume = (base.tariffs * foreign * (dflow - dcost[:, None, :] - np.log(kappa))).sum(axis=(0, 2))
    parts = decompose(result).parts
    expected = {"terms_of_trade": terms, "trade_costs": costs, "volume_of_trade": volume}
    return [
        near("I25", f"a small shock: {name}", parts[name].sum(axis=(1, 2)), 100 * value / base.income, 1e-4)
        for name, value in expected.items()
    ]


def check_diversion(quick: bool) -> Checks:
    """Check who gains the trade of a pair, at base prices."""
    result = _toy()
    base, codes = result.baseline, result.countries
    change = (result.flows_new / result.cost_hat[:, None, :]).sum(axis=2) - base.flows.sum(axis=2)
    i, o = 2, 1
    rows = diversion_columns(result, by=codes[i], against=codes[o])
    got, share = _by_role(rows, "value_musd"), _by_role(rows, "share_pct")
    expected = {("lost", codes[o]): change[o, i], ("home", codes[i]): change[i, i]}
    for n in range(len(codes)):
        if n not in (i, o):
            expected |= {("recaptured", codes[n]): change[n, i], ("redirected", codes[n]): change[o, n]}
    found = [same("diversion", "every role and country once", set(got), set(expected))]
    for key, value in expected.items():
        found.append(near("diversion", f"{key[0]}, {key[1]}: at base prices", got.get(key, np.nan), value, 1e-10))
        percent = 100 * value / abs(change[o, i])
        found.append(near("diversion", f"{key[0]}, {key[1]}: share", share.get(key, np.nan), percent, 1e-10))
    return found


def _by_role(columns: dict[str, list[object]], name: str) -> dict[tuple[str, str], float]:
    """Return one column of a diversion table by role and country."""
    rows = zip(columns["role"], columns["country"], columns[name], strict=True)
    return {(str(role), str(country)): float(str(value)) for role, country, value in rows}


def check_tables(quick: bool) -> Checks:
    """Check the variables of the tables by hand, groups included."""
    result = _toy()
    columns = TABLES["countries"](result)
    got: dict[str, dict[str, float]] = {}
    for code, variable, value in zip(*(columns[key] for key in ("country", "variable", "value")), strict=True):
        got.setdefault(variable, {})[code] = value
    found: Checks = []
    for variable, values in _by_hand(result).items():
        numbers = [got.get(variable, {}).get(code, np.nan) for code in (*result.countries, "WORLD")]
        found.append(near("tables", f"countries: {variable}", numbers, values, LIMIT, floor=1e-3))
    return found + _cells(result) + _pairs()


def _by_hand(result: Result) -> dict[str, Array]:
    """Return variables of table "countries" for every country, then the world."""
    arrays = result.arrays
    old, flows, new = levels.before(arrays), arrays["flows"], arrays["flows_new"]
    away = ~np.eye(len(flows), dtype=bool)[:, :, None]
    exports, exports_new = (flows * away).sum(axis=(1, 2)), (new * away).sum(axis=(1, 2))
    imports, imports_new = (flows * away).sum(axis=(0, 2)), (new * away).sum(axis=(0, 2))
    duty, duty_new = old.revenue, (arrays["tariffs_new"] * new).sum(axis=(0, 2))
    wages, prices = arrays["wage_hat"] * old.earned, np.prod(arrays["price_hat"] ** old.budget, axis=1)
    variation = old.free * (levels.welfare(arrays) - 1)
    dcost = np.log(arrays["cost_hat"])[:, None, :] * flows * away
    return {
        "real_income_pct": 100 * _joined(variation) / _joined(old.free),
        "real_income_musd": _joined(variation),
        "consumer_prices_pct": 100 * (_joined(old.income * prices) / _joined(old.income) - 1),
        "consumer_prices_wage_pct": 100 * (_joined(old.income * prices / arrays["wage_hat"]) / _joined(old.income) - 1),
        "wage_pct": 100 * (_joined(wages) / _joined(old.earned) - 1),
        "deficit_musd": _joined(imports_new - exports_new),
        "value_added_pct": 100 * (_joined(wages) / _joined(old.earned) - 1),
        "exports_pct": 100 * (_joined(exports_new) / _joined(exports) - 1),
        "exports_musd": _joined(exports_new),
        "exports_change_musd": _joined(exports_new - exports),
        "imports_pct": 100 * (_joined(imports_new) / _joined(imports) - 1),
        "imports_musd": _joined(imports_new),
        "imports_change_musd": _joined(imports_new - imports),
        "tariff_revenue_musd": _joined(duty_new),
        "tariff_revenue_change_musd": _joined(duty_new - duty),
        "average_tariff_pct": 100 * _joined(duty_new) / _joined(imports_new),
        "terms_of_trade_pct": 100 * np.expm1(
            _joined(dcost.sum(axis=(1, 2))) / _joined(exports) - _joined(dcost.sum(axis=(0, 2))) / _joined(imports)
        ),
    }  # fmt: skip


def _joined(values: Array) -> Array:
    """Return values by country with their sum, the world, at the end."""
    return np.append(values, values.sum())


def _cells(result: Result) -> Checks:
    """Return checks of the tables by sector, of tariffs and of flows."""
    arrays, base = result.arrays, result.baseline
    sectors, tariffs, flows = (TABLES[name](result) for name in ("sectors", "tariffs", "flows"))
    output = [value for name, value in zip(sectors["variable"], sectors["value"], strict=True) if name == "output_pct"]
    expected = 100 * (arrays["flows_new"].sum(axis=1) / base.flows.sum(axis=1) - 1)
    place = {code: i for i, code in enumerate(result.countries)}
    keys = zip(tariffs["by"], tariffs["against"], tariffs["sector"], strict=True)
    rates = [100 * arrays["tariffs_new"][place[o], place[d], result.sectors.index(s)] for d, o, s in keys]
    ends = zip(flows["origin"], flows["dest"], flows["sector"], strict=True)
    sold = [arrays["flows_new"][place[o], place[d], result.sectors.index(s)] for o, d, s in ends]
    home = [by for by, against in zip(tariffs["by"], tariffs["against"], strict=True) if by == against]
    return [
        near("tables", "sectors: output_pct", output, expected.ravel(), LIMIT),
        near("tables", "tariffs: rate by importer, origin and sector", tariffs["rate_pct"], rates, 1e-12),
        same("tables", "tariffs: no home sales", home, []),
        near("tables", "flows: new value by origin, dest and sector", flows["value_new_musd"], sold, 1e-12),
    ]


def _pairs() -> Checks:
    """Return checks of trade and average tariffs between pairs: over goods, weighted with the flows before."""
    base = worlds.policy_world()
    rates = np.array(base.tariffs)
    rates[1, 0, 0] = 0.25
    result = solve(base, rates, tol=worlds.TIGHT)
    columns = pair_columns(result)
    row = list(zip(columns["origin"], columns["dest"], strict=True)).index(("CHN", "USA"))
    before, after = base.flows[1, 0], result.flows_new[1, 0]
    duty = 100 * (before[:2] * rates[1, 0, :2]).sum() / before[:2].sum()
    expected = {
        "value_musd": before.sum(),
        "value_new_musd": after.sum(),
        "change_pct": 100 * (after.sum() / before.sum() - 1),
        "tariff_pct": 2.9,
        "tariff_new_pct": duty,
    }
    return [near("tables", f"pairs: {name}", columns[name][row], value, LIMIT) for name, value in expected.items()]
