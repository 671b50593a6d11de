"""The model once more, in levels and with plain formulas, from the arrays of a result.

Only flows, tariffs, cost shares, elasticities and exogenous demand are taken from the baseline; shares, budgets,
incomes and deficits are worked out here. Nothing is shared with the solver or with the certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from detente.core.arrays import Array
from detente.verify.check import distance


@dataclass(frozen=True)
class Before:
    """What the baseline's flows, tariffs and technology imply.

    Attributes:
        share: of spending, by origin. spent: by market. made: output. earned: value added of each country.
        revenue, deficit, income: of each country. budget: final shares. free: income less exogenous demand.
    """

    share: Array
    spent: Array
    made: Array
    earned: Array
    revenue: Array
    deficit: Array
    income: Array
    budget: Array
    free: Array


def before(arrays: Mapping[str, Any]) -> Before:
    """Return the accounts of the baseline in `arrays`, country by country."""
    flows, rates = arrays["flows"], arrays["tariffs"]
    n = len(flows)
    paid = flows + flows * rates
    spent, made = paid.sum(axis=0), flows.sum(axis=1)
    share = np.divide(paid, spent, out=np.zeros_like(paid), where=spent > 0)
    earned = np.array([arrays["value_added_share"][d] @ made[d] for d in range(n)])
    final = np.array([spent[d] - arrays["input_share"][:, d, :] @ made[d] for d in range(n)])
    wanted = final - arrays["final_exogenous"]
    revenue = (paid - flows).sum(axis=(0, 2))
    deficit = flows.sum(axis=(0, 2)) - flows.sum(axis=(1, 2))
    free = wanted.sum(axis=1)
    return Before(share, spent, made, earned, revenue, deficit, final.sum(axis=1), wanted / free[:, None], free)


def shares_and_prices(arrays: Mapping[str, Any]) -> dict[str, float]:
    """Return I02: how far stored shares, prices and costs are from CES demand with levels of prices.

    A taste a = share (1+t)^theta makes every base price index 1; new delivered prices are cost x iceberg x (1+t').
    """
    theta, old = arrays["trade_elasticity"], before(arrays)
    taste = old.share * (1 + arrays["tariffs"]) ** theta
    delivered = arrays["cost_hat"][:, None, :] * arrays["trade_cost_hat"] * (1 + arrays["tariffs_new"])
    weight = taste / delivered**theta
    total = weight.sum(axis=0)
    sold = old.spent > 0
    price = np.where(sold, np.where(sold, total, 1.0) ** (-1 / theta), 1.0)
    share = weight / np.where(sold, total, 1.0)
    wage = arrays["wage_hat"][:, None] ** arrays["value_added_share"]
    cost = wage * np.prod(price.T[:, :, None] ** arrays["input_share"], axis=0)
    return {
        "shares": float(np.abs(share - arrays["share_new"]).max()),
        "shares add to 1": float(np.abs(arrays["share_new"].sum(axis=0) - sold).max()),
        "prices": distance(arrays["price_hat"], price),
        "costs": distance(arrays["cost_hat"], cost),
    }


def markets(arrays: Mapping[str, Any], deficits: str = "world-share") -> dict[str, float]:
    """Return I04: how far goods, factors, incomes, deficits and the trade balance are from clearing.

    Args:
        arrays: of a result. deficits: the closure that was asked for.
    """
    old = before(arrays)
    rates, spent = arrays["tariffs_new"], arrays["expenditure_new"]
    flows = arrays["share_new"] * spent / (1 + rates)
    made, revenue = flows.sum(axis=1), (rates * flows).sum(axis=(0, 2))
    wages = arrays["wage_hat"] * old.earned
    imports, exports = flows.sum(axis=(0, 2)), flows.sum(axis=(1, 2))
    deficit = {"balanced": 0.0 * old.deficit, "world-share": old.deficit * wages.sum() / old.earned.sum()}.get(
        deficits, old.deficit
    )
    income = wages + revenue + deficit
    extra = arrays["final_exogenous_new"]
    bought = old.budget * (income - extra.sum(axis=1))[:, None] + extra
    for d in range(len(made)):
        bought[d] += arrays["input_share"][:, d, :] @ made[d]
    return {
        "flows": distance(arrays["flows_new"], flows),
        "goods": distance(spent, bought),
        "factors": distance((arrays["value_added_share"] * made).sum(axis=1), wages),
        "revenue": distance(arrays["revenue_new"], revenue),
        "income": distance(arrays["income_new"], income),
        "deficits": float(np.abs((arrays["deficit_new"] - deficit) / old.earned).max()),
        "balance": float(np.abs((imports - exports - deficit) / np.maximum(imports, exports)).max()),
        "world budget": abs(float((flows * (1 + rates)).sum() / (made.sum() + revenue.sum()) - 1)),
    }


def welfare(arrays: Mapping[str, Any], *, wasted: bool = False) -> Array:
    """Return I01: the change of real income by own shares alone, with inputs, tariffs, deficits and exogenous demand.

    ln P = (I - A)^-1 ( value-added share ln w + ln k + ln(own share ratio) / theta ), A[s, k] the share of k in s;
    where nothing is home-made, the largest origin and its cost stand in. Incomes are counted from flows, not read.
    """
    old, theta = before(arrays), arrays["trade_elasticity"]
    new, kappa = arrays["share_new"], arrays["trade_cost_hat"]
    rates = arrays["tariffs_new"]
    flows = new * arrays["expenditure_new"] / (1 + rates)
    revenue = (flows * rates).sum(axis=(0, 2))
    deficit = flows.sum(axis=(0, 2)) - flows.sum(axis=(1, 2))
    income = arrays["wage_hat"] * old.earned + revenue + deficit - arrays["final_exogenous_new"].sum(axis=1)
    ratio = np.empty(len(income))
    for d in range(len(income)):
        matrix, right = np.eye(len(theta)), np.zeros(len(theta))
        for s in np.flatnonzero(old.spent[d] > 0):
            o = d if old.share[d, d, s] > 0 else int(np.minimum(old.share[:, d, s], new[:, d, s]).argmax())
            wall = kappa[o, d, s] * (1 + rates[o, d, s]) / (1 + arrays["tariffs"][o, d, s])
            right[s] = np.log(wall) + np.log(new[o, d, s] / old.share[o, d, s]) / theta[s]
            if o == d:
                matrix[s] -= arrays["input_share"][:, d, s]
                right[s] += arrays["value_added_share"][d, s] * np.log(arrays["wage_hat"][d])
            else:
                right[s] += np.log(arrays["cost_hat"][o, s])
        log_price = float(old.budget[d] @ np.linalg.solve(matrix, right))
        spendable = (income[d] - revenue[d], old.free[d] - old.revenue[d]) if wasted else (income[d], old.free[d])
        ratio[d] = spendable[0] / spendable[1] / np.exp(log_price)
    return ratio
