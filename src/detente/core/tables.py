"""The tables of a result: long format, names and units as users and files rely on them. Numbers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.bands import assumption_columns, band_columns
from detente.core.codes import SERVICES, groups_present
from detente.core.first_order import welfare_cp_first_order_pct
from detente.core.instrument_table import instrument_columns
from detente.core.market import MELITZ_PARETO

if TYPE_CHECKING:
    from detente.core.result import Result, World

Columns = dict[str, list[Any]]

COUNTRY_VARIABLES: Final[Mapping[str, tuple[str, str]]] = {
    "real_income_pct": ("%", "exact change of real income"),
    "welfare_cp_first_order_pct": (
        "%",
        "first-order statistic of Caliendo and Parro (2015), another number than real income",
    ),
    "real_income_musd": ("MUSD", "equivalent variation: base income times the change of real income"),
    "consumer_prices_pct": ("%", "consumer price index, relative to world income"),
    "consumer_prices_wage_pct": ("%", "consumer price index, relative to the country's wage"),
    "wage_pct": ("%", "wage, relative to world income"),
    "value_added_pct": ("%", "value added, relative to world income"),
    "exports_pct": ("%", "exports at border value, relative to world income"),
    "exports_musd": ("MUSD", "new exports at border value"),
    "exports_change_musd": ("MUSD", "change of exports at border value"),
    "imports_pct": ("%", "imports at border value, relative to world income"),
    "imports_musd": ("MUSD", "new imports at border value"),
    "imports_change_musd": ("MUSD", "change of imports at border value"),
    "tariff_revenue_musd": ("MUSD", "new tariff revenue"),
    "tariff_revenue_change_musd": ("MUSD", "change of tariff revenue"),
    "terms_of_trade_pct": ("%", "export prices over import prices before duty, base weights"),
    "average_tariff_pct": ("%", "new tariff revenue over new imports"),
    "deficit_musd": ("MUSD", "new trade deficit"),
}
"""Variable -> (unit, meaning). Levels are in units of the numeraire; "new" is the counterfactual."""

MARKET_VARIABLES: Final[Mapping[str, tuple[str, str]]] = {
    "profits_pct": ("%", "profits, relative to world income"),
    "profits_musd": ("MUSD", "new profits"),
    "employment_pct": ("%", "labour supplied"),
    "welfare_utility_pct": ("%", "change of utility, worked out directly; see the market structure"),
}
"""Rows of the market structures that have profits, or elastic labour."""


def country_columns(result: Result) -> Columns:
    """Return table "countries": country, variable, unit, value; countries first, then the groups that can be formed.

    A group's percent is the sum of the changes over the sum of the bases (real income: equivalent variations over
    incomes; prices: weighted by base income); its trade is the sum of its members', trade among them included. With
    draws the outer quantiles stand beside the value, p05 and p95 unless the scenario asks for others.
    """
    labels, values = country_table(result)
    columns: Columns = {"country": [], "variable": [], "unit": [], "value": []}
    for (variable, (unit, _)), row in zip(COUNTRY_VARIABLES.items(), values.tolist(), strict=True):
        columns["country"] += labels
        columns["variable"] += [variable] * len(labels)
        columns["unit"] += [unit] * len(labels)
        columns["value"] += row
    values_of = _country_values(result, _labelled(result)[1]) if not result.market.perfect else {}
    for variable in (name for name in MARKET_VARIABLES if name in values_of):
        columns["country"] += labels
        columns["variable"] += [variable] * len(labels)
        columns["unit"] += [MARKET_VARIABLES[variable][0]] * len(labels)
        columns["value"] += values_of[variable].tolist()
    if result.bands is not None:
        place = [result.bands.labels.index(label) for label in labels]
        for outer in (0, -1):
            columns[result.bands.names[outer]] = result.bands.quantile[outer][:, place].ravel().tolist()
    return columns


def country_table(result: Result) -> tuple[list[str], Array]:
    """Return the labels of table "countries" and its values, (variable, label), variables as in COUNTRY_VARIABLES."""
    labels, members = _labelled(result)
    values = _country_values(result, members)
    return labels, np.array([values[variable] for variable in COUNTRY_VARIABLES])


def _labelled(result: Result) -> tuple[list[str], Array]:
    """Return countries and groups, and the rows of members (row, country)."""
    names = list(result.countries)
    groups = {**groups_present(result.countries), **result.groups}
    weights = np.zeros((len(groups), len(names)))
    for row, members in enumerate(groups.values()):
        weights[row, members] = 1.0
    return names + list(groups), np.concatenate([np.eye(len(names)), weights])


def _country_values(result: Result, members: Array) -> dict[str, Array]:
    """Return each variable for rows of members (row, country)."""
    base = result.baseline
    income, wage, prices = base.income, result.wage_hat, consumer_price_hat(result)
    spendable = base.income - base.final_exogenous.sum(axis=1)
    variation = spendable * (result.welfare_hat - 1)
    exports, imports = _base_totals(base)
    exports_new, imports_new = trade_totals(result.flows_new)
    revenue_new = members @ result.revenue_new
    toward = members @ imports_new
    first_order = np.array([row[0] for row in welfare_cp_first_order_pct(result).values()])
    return {
        "real_income_pct": 100 * (members @ variation) / (members @ spendable),
        "welfare_cp_first_order_pct": (members @ (base.income * first_order)) / (members @ base.income),
        "real_income_musd": members @ variation,
        "consumer_prices_pct": 100 * ((members @ (income * prices)) / (members @ income) - 1),
        "consumer_prices_wage_pct": 100 * ((members @ (income * prices / wage)) / (members @ income) - 1),
        "wage_pct": _percent(members @ (wage * base.value_added), members @ base.value_added),
        "value_added_pct": _percent(members @ (wage * base.value_added), members @ base.value_added),
        "exports_pct": _percent(members @ exports_new, members @ exports),
        "exports_musd": members @ exports_new,
        "exports_change_musd": members @ (exports_new - exports),
        "imports_pct": _percent(members @ imports_new, members @ imports),
        "imports_musd": members @ imports_new,
        "imports_change_musd": members @ (imports_new - imports),
        "tariff_revenue_musd": revenue_new,
        "tariff_revenue_change_musd": members @ (result.revenue_new - base.revenue),
        "terms_of_trade_pct": _terms_of_trade(result, members),
        "average_tariff_pct": 100 * revenue_new / np.where(toward > 0, toward, 1.0),
        "deficit_musd": members @ result.deficit_new,
    } | _market_values(result, members)


def _market_values(result: Result, members: Array) -> dict[str, Array]:
    """Return the rows that a market structure adds or changes; value added holds profits and the labour supplied."""
    if result.market.perfect:
        return {}
    value_added, profits = result["value_added"], result["profits"]
    labour, profits_new = result["labour_hat"], result["profits_new"]
    earned = result.wage_hat * labour * value_added
    values = {"value_added_pct": _percent(members @ (earned + profits_new), members @ (value_added + profits))}
    if profits.any():
        values |= {
            "profits_pct": _percent(members @ profits_new, members @ profits),
            "profits_musd": members @ profits_new,
        }
    if result.market.kind == MELITZ_PARETO:
        income, utility = result.baseline.income, result["welfare_utility_hat"]
        values["employment_pct"] = _percent(members @ (value_added * labour), members @ value_added)
        values["welfare_utility_pct"] = _percent(members @ (income * utility), members @ income)
    return values


def consumer_price_hat(result: Result) -> Array:
    """Return the change of the consumer price index, (N,), in units of the numeraire. [ratio]"""
    return np.asarray(np.exp((result.baseline.final_share * np.log(result.price_hat)).sum(axis=1)))


@lru_cache(maxsize=8)
def _base_totals(base: World) -> tuple[Array, Array]:
    """Return `trade_totals` of a baseline, worked out once for each of the last few."""
    return trade_totals(base.flows)


@lru_cache(maxsize=8)
def _foreign(base: World) -> Array:
    """Return the flows of a baseline without home sales, worked out once for each of the last few. [MUSD]"""
    flows = base.flows.copy()
    home = np.arange(len(flows))
    flows[home, home] = 0.0
    flows.flags.writeable = False
    return flows


def trade_totals(flows: Array) -> tuple[Array, Array]:
    """Return (exports, imports) of each country at border value, home sales left out. [MUSD]"""
    bilateral = flows.sum(axis=2)
    np.fill_diagonal(bilateral, 0.0)
    return bilateral.sum(axis=1), bilateral.sum(axis=0)


def _terms_of_trade(result: Result, members: Array) -> Array:
    """Return 100 (export price / import price - 1): log changes of border prices at base border weights."""
    flows, log_cost = _foreign(result.baseline), np.log(result.cost_hat)
    exports, imports = _base_totals(result.baseline)
    sold, bought = np.einsum("ods,os->o", flows, log_cost), np.einsum("ods,os->d", flows, log_cost)
    if any(result["wedge"].strides):
        change = flows * np.log(result["wedge"])
        sold, bought = sold + change.sum(axis=(1, 2)), bought + change.sum(axis=(0, 2))
    price_out = (members @ sold) / np.where(members @ exports > 0, members @ exports, 1.0)
    price_in = (members @ bought) / np.where(members @ imports > 0, members @ imports, 1.0)
    return np.asarray(100 * np.expm1(price_out - price_in))


def _percent(new: Array, old: Array) -> Array:
    return np.asarray(100 * (np.where(old != 0, new / np.where(old != 0, old, 1.0), 1.0) - 1))


def sector_columns(result: Result) -> Columns:
    """Return table "sectors": country, sector, variable, unit, value: output, cost, price, trade, penetration."""
    base, n, j = result.baseline, len(result.countries), len(result.sectors)
    output_new, sold = producer_sales(result), result.flows_new.sum(axis=1)
    penetration = import_penetration(result.flows_new) - import_penetration(base.flows)
    own = np.einsum("nns->ns", base.flows), np.einsum("nns->ns", result.flows_new)
    values = {
        "output_pct": ("%", _percent(output_new, base.output)),
        "output_volume_pct": ("%", _percent(output_new / result.cost_hat, base.output)),
        "output_change_musd": ("MUSD", output_new - base.output),
        "cost_pct": ("%", 100 * (result.cost_hat - 1)),
        "price_pct": ("%", 100 * (result.price_hat - 1)),
        "exports_pct": ("%", _percent(sold - own[1], base.output - own[0])),
        "imports_pct": ("%", _percent(result.flows_new.sum(axis=0) - own[1], base.flows.sum(axis=0) - own[0])),
        "import_penetration_pp": ("pp", 100 * penetration),
    }
    columns: Columns = {"country": [], "sector": [], "variable": [], "unit": [], "value": []}
    for variable, (unit, array) in values.items():
        columns["country"] += [code for code in result.countries for _ in range(j)]
        columns["sector"] += list(result.sectors) * n
        columns["variable"] += [variable] * (n * j)
        columns["unit"] += [unit] * (n * j)
        columns["value"] += [float(value) for value in array.ravel()]
    return columns


def producer_sales(result: Result) -> Array:
    """Return what producers receive, (origin, sector): border value less rents; lost rents pay for resources. [MUSD]"""
    return np.asarray((result.flows_new / result["wedge"] + result["rent_lost"]).sum(axis=1))


def import_penetration(flows: Array) -> Array:
    """Return imports over all purchases at border value, (dest, sector); 0 in an empty market. [share]"""
    total = flows.sum(axis=0)
    imported = total - np.einsum("nns->ns", flows)
    return np.asarray(imported / np.where(total > 0, total, 1.0))


def tariff_columns(result: Result) -> Columns:
    """Return table "tariffs": by (importer), against (origin), sector, rate_pct, headline_pct, for cells with trade.

    `headline_pct` is the statutory rate on goods where the scenario states one, else None.
    """
    cells = _traded_cells(result)
    o, d, s = cells
    headline = result.provenance.get("headline_pct", {})
    rates = 100 * result.tariffs_new[cells]
    countries, sectors = result.countries, result.sectors
    keys = [(countries[b], countries[a]) for a, b in zip(o, d, strict=True)]
    services = result.baseline.meta.get("services", SERVICES)
    stated = [None if sectors[i] in services else headline.get(key) for key, i in zip(keys, s, strict=True)]
    return {
        "by": [key[0] for key in keys],
        "against": [key[1] for key in keys],
        "sector": [sectors[i] for i in s],
        "rate_pct": [float(rate) for rate in rates],
        "headline_pct": stated,
    }


def flow_columns(result: Result) -> Columns:
    """Return table "flows": origin, dest, sector, value_musd, value_new_musd, change_pct, for cells with trade."""
    cells = _traded_cells(result, home=True)
    o, d, s = cells
    old, new = result.baseline.flows[cells], result.flows_new[cells]
    return {
        "origin": [result.countries[i] for i in o],
        "dest": [result.countries[i] for i in d],
        "sector": [result.sectors[i] for i in s],
        "value_musd": old.tolist(),
        "value_new_musd": new.tolist(),
        "change_pct": _percent(new, old).tolist(),
    }


def _traded_cells(result: Result, *, home: bool = False) -> tuple[Array, Array, Array]:
    traded = result.baseline.flows > 0
    if not home:
        n = np.arange(len(traded))
        traded[n, n] = False
    o, d, s = np.nonzero(traded)
    return o, d, s


TABLES: Final[Mapping[str, Callable[[Result], Columns]]] = {
    "countries": country_columns,
    "sectors": sector_columns,
    "tariffs": tariff_columns,
    "flows": flow_columns,
    "instruments": instrument_columns,
    "bands": band_columns,
    "assumptions": assumption_columns,
}
