"""Residuals of every equation under another market structure, recomputed in levels from the stored arrays.

Written for all structures at once, with direct bilateral powers and no formula of the solver or the model; perfect
competition passes the same gate (m = nu = psi = eta = 0, phi = 1). Instruments are not modelled here and not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detente.core.arrays import Array
from detente.core.closure import TAX_RELIEF, WORLD_INCOME, Closure
from detente.core.market import KRUGMAN_FREE, MELITZ_PARETO, Firms
from detente.core.result import BASE_KEYS, MARKET_KEYS, NEW_KEYS

Residuals = dict[str, tuple[float, str]]


@dataclass(frozen=True)
class _Case:
    """Stored arrays by name, labels, and the parameters of the structure as arrays.

    Attributes:
        m: (J,) profit share. nu, phi: (N,) fixed costs and pass-through. power: (J,) exponent of varieties, psi theta.
    """

    arrays: Mapping[str, Any]
    countries: Sequence[str]
    sectors: Sequence[str]
    firms: Firms
    m: Array
    nu: Array
    phi: Array
    power: Array

    def __getitem__(self, name: str) -> Array:
        return np.asarray(self.arrays[name])

    def worst(self, error: Array) -> tuple[float, str]:
        """Return the largest |error| and its place; NaN counts as infinite."""
        size = np.where(np.isfinite(error), np.abs(error), np.inf)
        index = np.unravel_index(int(size.argmax()), size.shape)
        labels = [self.countries[int(i)] for i in index[: 1 if size.ndim < 3 else 2]]
        if size.ndim > 1:
            labels.append(self.sectors[int(index[-1])])
        return float(size[index]), " ".join(labels)

    def paid(self, flows: Array) -> Array:
        """Return the sales (origin, sector) that pay for labour and inputs at home."""
        kept = flows * (1 - self.nu)[None, :, None] * (1 - self.m)
        return np.asarray(kept.sum(axis=1) + self.nu[:, None] * flows.sum(axis=0))

    def net_trade(self, flows: Array) -> tuple[Array, Array]:
        """Return (imports, exports) without the fixed costs that stay in the destination."""
        abroad = (flows * (1 - self.nu)[None, :, None]).sum(axis=2)
        abroad[np.arange(len(abroad)), np.arange(len(abroad))] = 0.0
        return abroad.sum(axis=0), abroad.sum(axis=1)


def recompute_market(
    arrays: Mapping[str, Any], closure: Closure, countries: Sequence[str], sectors: Sequence[str], firms: Firms
) -> Residuals:
    """Return the largest relative error of every block of equations, with the worst country and sector.

    Args:
        arrays: the keys of `arrays.npz` with those of the market structure, as stored. closure: the rule in force.
        countries, sectors: labels in array order. firms: the structure and its parameters.
    Returns:
        Name of the block to (error, where): those of `recompute`, with profits, varieties and labour_supply.
    Source: equations (1)-(15) in levels; own-share formula of Arkolakis, Costinot and Rodriguez-Clare (2012) with
        varieties.
    """
    n, j = len(countries), len(sectors)
    zero, one = np.zeros(n), np.ones(n)
    psi = np.zeros(j) if firms.scale_elasticity is None else firms.scale_elasticity
    case = _Case(
        arrays, countries, sectors, firms,
        m=np.zeros(j) if firms.profit_share is None else firms.profit_share,
        nu=zero if firms.fixed_cost_share is None else firms.fixed_cost_share,
        phi=one if firms.pass_through is None else firms.pass_through,
        power=np.broadcast_to(psi * np.asarray(arrays["trade_elasticity"]), j),
    )  # fmt: skip
    stored = [name for name in (*BASE_KEYS, *NEW_KEYS, *MARKET_KEYS) if name in arrays]
    wrong = sorted(name for name in stored if np.asarray(arrays[name]).dtype != np.float64)
    found: Residuals = {"dtype": (float("inf"), wrong[0])} if wrong else {}
    found["baseline"] = _baseline(case)
    found |= _trade(case)
    found["goods_market"] = _goods_market(case)
    found["factor_market"] = case.worst(_labour_paid(case) / _labour_income(case) - 1)
    found |= {"profits": _profits(case), "varieties": _varieties(case), "labour_supply": _labour_supply(case, closure)}
    found["income"] = _income(case)
    found["deficits"] = _deficits(case, closure)
    found["trade_balance"] = _trade_balance(case)
    found["walras"] = _walras(case, closure)
    found["welfare_identity"] = _welfare(case, closure)
    return found


def _labour_income(case: _Case) -> Array:
    return np.asarray(case["wage_hat"] * case["labour_hat"] * case["value_added"])


def _labour_paid(case: _Case) -> Array:
    return np.asarray((case["value_added_share"] * case.paid(case["flows_new"])).sum(axis=1))


def _revenue(case: _Case, suffix: str) -> Array:
    return np.asarray(np.einsum("ods,ods->d", case["tariffs" + suffix], case["flows" + suffix]))


def _baseline(case: _Case) -> tuple[float, str]:
    """Check that the stored baseline is what flows, tariffs, cost shares and the structure imply."""
    flows, spending = case["flows"], (case["flows"] * (1 + case["tariffs"])).sum(axis=0)
    paid = case.paid(flows)
    value_added = (case["value_added_share"] * paid).sum(axis=1)
    final = spending - np.einsum("kds,ds->dk", case["input_share"], paid) - case["final_exogenous"]
    income = final.sum(axis=1) + case["final_exogenous"].sum(axis=1)
    imports, exports = case.net_trade(flows)
    divisor = np.where(spending > 0, spending, 1.0)
    return max(
        case.worst(case["value_added_share"] + case["input_share"].sum(axis=0) - 1),
        case.worst((case["expenditure"] - spending) / value_added[:, None]),
        case.worst(case["share"] - flows * (1 + case["tariffs"]) / divisor),
        case.worst((case["final_share"] * final.sum(axis=1, keepdims=True) - final) / income[:, None]),
        case.worst(case["value_added"] / value_added - 1),
        case.worst((case["profits"] - (case.m * flows.sum(axis=1)).sum(axis=1)) / value_added),
        case.worst(case["income"] / income - 1),
        case.worst((case["deficit"] - (imports - exports)) / value_added),
    )


def _trade(case: _Case) -> Residuals:
    """Check costs, prices, shares and flows."""
    theta, active = case["trade_elasticity"], case["expenditure"] > 0
    tariff = ((1 + case["tariffs_new"]) / (1 + case["tariffs"])) ** case.phi[None, :, None]
    delivered = case["cost_hat"][:, None, :] * case["trade_cost_hat"] * tariff
    chosen = case["share"] * case["variety_hat"][:, None, :] * delivered**-theta
    total = np.where(active, chosen.sum(axis=0), 1.0)
    price = np.where(active, total ** (-1 / theta) * _size(case), 1.0)
    inputs = np.einsum("kos,ok->os", case["input_share"], np.log(case["price_hat"]))
    cost = np.exp(inputs + case["value_added_share"] * np.log(case["wage_hat"])[:, None])
    spending = np.where(active, case["expenditure_new"], 1.0)
    flows = case["share_new"] * case["expenditure_new"] / (1 + case["tariffs_new"])
    return {
        "share_price": max(
            case.worst(case["cost_hat"] / cost - 1),
            case.worst(case["price_hat"] / price - 1),
            case.worst(case["share_new"] - chosen / total),
        ),
        "share_sums": case.worst(case["share_new"].sum(axis=0) - active),
        "flows": case.worst((case["flows_new"] - flows) / spending),
    }


def _size(case: _Case) -> Array:
    """Return the part of prices that market size explains, (X_hat / w_hat)^(1-phi)."""
    base = np.where(case["expenditure"] > 0, case["expenditure"], 1.0)
    hat = np.where(case["expenditure"] > 0, case["expenditure_new"], 1.0) / base / case["wage_hat"][:, None]
    return np.asarray(hat ** (1 - case.phi)[:, None])


def _goods_market(case: _Case) -> tuple[float, str]:
    """Check spending against inputs and final demand, and against what is bought."""
    Z = case["final_exogenous_new"]
    use = np.einsum("kds,ds->dk", case["input_share"], case.paid(case["flows_new"]))
    due = case["final_share"] * (case["income_new"] - Z.sum(axis=1))[:, None] + Z + use
    scale = np.where(due > 0, due, case["income_new"][:, None])
    bought = (case["flows_new"] * (1 + case["tariffs_new"])).sum(axis=0)
    return max(case.worst((case["expenditure_new"] - due) / scale), case.worst((bought - due) / scale))


def _profits(case: _Case) -> tuple[float, str]:
    """Check profits: a fixed share of sales where firms are fixed in number, nothing elsewhere."""
    expected = (case.m * case["flows_new"].sum(axis=1)).sum(axis=1)
    return case.worst((case["profits_new"] - expected) / case["income_new"])


def _varieties(case: _Case) -> tuple[float, str]:
    """Check the number of varieties: free entry, or labour, or given."""
    before, after = case["flows"].sum(axis=1), case["flows_new"].sum(axis=1)
    made = before > 0
    if case.firms.kind == KRUGMAN_FREE:
        sold = np.where(made, after, 1.0) / np.where(made, before, 1.0)
        expected = np.where(made, (sold / case["cost_hat"]) ** case.power, 1.0)
    elif case.firms.kind == MELITZ_PARETO:
        expected = case["labour_hat"][:, None] ** case.power
    else:
        expected = np.ones_like(before)
    return case.worst(case["variety_hat"] / expected - 1)


def _relief(case: _Case, closure: Closure) -> Array:
    """Return the tax rate that new revenue replaces; baseline revenue is kept in units of world value added."""
    if closure.revenue != TAX_RELIEF:
        return np.zeros(len(case.countries))
    unit = _world_new(case) / _world(case)
    return np.asarray((_revenue(case, "_new") - unit * _revenue(case, "")) / _labour_income(case))


def _labour_supply(case: _Case, closure: Closure) -> tuple[float, str]:
    """Check labour: (real wage after tax)^eta, or given."""
    eta = case.firms.labour_elasticity
    consumer = np.exp((case["final_share"] * np.log(case["price_hat"])).sum(axis=1))
    kept = 1 - _relief(case, closure)
    return case.worst(case["labour_hat"] / (case["wage_hat"] / kept / consumer) ** eta - 1)


def _income(case: _Case) -> tuple[float, str]:
    """Check income against labour, profits, revenue recomputed from flows, and the deficit."""
    income, revenue = case["income_new"], _revenue(case, "_new")
    earned = _labour_income(case) + case["profits_new"] + revenue + case["deficit_new"] + case["transfer_new"]
    nothing_left = income - case["final_exogenous_new"].sum(axis=1) <= 0
    error = np.where(nothing_left, np.inf, (earned - income) / income)
    return max(case.worst(error), case.worst((case["revenue_new"] - revenue) / income))


def _world(case: _Case) -> float:
    return float((case["value_added"] + case["profits"]).sum())


def _world_new(case: _Case) -> float:
    return float((_labour_income(case) + case["profits_new"]).sum())


def _deficits(case: _Case, closure: Closure) -> tuple[float, str]:
    """Check that deficits follow the closure: shares of world value added, profits included."""
    factor = {"balanced": 0.0, "world-share": _world_new(case) / _world(case)}.get(closure.deficits, 1.0)
    return case.worst((case["deficit_new"] - factor * case["deficit"]) / case["income"])


def _trade_balance(case: _Case) -> tuple[float, str]:
    """Check imports minus exports, without fixed costs, against the deficit."""
    imports, exports = case.net_trade(case["flows_new"])
    traded = np.maximum(imports, exports)
    scale = np.where(traded > 1e-6 * case["income_new"], traded, case["income_new"])
    return case.worst((imports - exports - case["deficit_new"]) / scale)


def _walras(case: _Case, closure: Closure) -> tuple[float, str]:
    """Check the world budget, which no equation imposes, and the numeraire."""
    use = np.einsum("kds,ds->", case["input_share"], case.paid(case["flows_new"]))
    world = _world_new(case)
    budget = (case["expenditure_new"].sum() - use - world - _revenue(case, "_new").sum()) / world
    if closure.numeraire in (None, WORLD_INCOME):
        numeraire = world / _world(case) - 1
    else:
        numeraire = case["wage_hat"][list(case.countries).index(str(closure.numeraire))] - 1
    return max((abs(float(budget)), "world budget"), (abs(float(numeraire)), "numeraire"))


def _welfare(case: _Case, closure: Closure) -> tuple[float, str]:
    """Check welfare with prices from own shares, wages and varieties alone.

    ln P = cost of the own variety + ln k + (ln share_hat - ln n_hat)/theta + market size; own costs contain P again.
    """
    n, j = case["price_hat"].shape
    theta = case["trade_elasticity"]
    shared = np.minimum(case["share"], case["share_new"])
    home = np.einsum("nns->ns", shared) > 0
    origin = np.where(home, np.arange(n)[:, None], shared.argmax(axis=0))
    cells = (origin, np.arange(n)[:, None], np.arange(j))
    active = case["expenditure"] > 0
    wall = (
        case["trade_cost_hat"][cells]
        * ((1 + case["tariffs_new"][cells]) / (1 + case["tariffs"][cells])) ** case.phi[:, None]
    )
    ratio = np.where(active, case["share_new"][cells], 1.0) / np.where(active, case["share"][cells], 1.0)
    own = np.log(wall) + np.log(ratio / case["variety_hat"][origin, np.arange(j)]) / theta + np.log(_size(case))
    wages = case["value_added_share"] * np.log(case["wage_hat"])[:, None]
    right = np.where(active, own + np.where(home, wages, np.log(case["cost_hat"])[origin, np.arange(j)]), 0.0)
    matrix = np.eye(j) - (home & active)[:, :, None] * case["input_share"].transpose(1, 2, 0)
    log_price = np.linalg.solve(matrix.reshape(n, j, j), right[:, :, None])[:, :, 0]
    consumer = np.exp((case["final_share"] * log_price).sum(axis=1))
    return _against(case, closure, consumer)


def _against(case: _Case, closure: Closure, consumer: Array) -> tuple[float, str]:
    """Return how far stored welfare is from that of consumer prices: real income, less what work costs."""
    before = case["income"] - case["final_exogenous"].sum(axis=1)
    after = case["income_new"] - case["final_exogenous_new"].sum(axis=1)
    if closure.revenue == "wasted":
        before, after = before - _revenue(case, ""), after - _revenue(case, "_new")
    if case.firms.kind != MELITZ_PARETO:
        return case.worst(case["welfare_hat"] * consumer * before / after - 1)
    eta = case.firms.labour_elasticity
    work, kept = eta / (1 + eta), 1 - _relief(case, closure)
    base = before - work * kept * case["value_added"]
    formula = (after - work * kept * _labour_income(case)) / consumer / base
    utility = (after - work * _labour_income(case)) / consumer / base
    return max(case.worst(case["welfare_hat"] / formula - 1), case.worst(case["welfare_utility_hat"] / utility - 1))
