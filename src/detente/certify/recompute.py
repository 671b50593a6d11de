"""Residuals of every equation, recomputed in levels and with direct bilateral powers from the stored arrays.

Nothing here comes from the solver or from the model's own functions: the formulas are written again, in another form.
Input is a mapping with the keys of `arrays.npz` (unprefixed), so that a file and a result in memory pass the same gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.certify.instruments import instrument_residuals
from detente.certify.technology import critical_errors, production_cost
from detente.core.arrays import Array
from detente.core.closure import WORLD_INCOME, Closure
from detente.core.instruments import Bound
from detente.core.result import BASE_KEYS, NEW_KEYS

Residuals = dict[str, tuple[float, str]]


@dataclass(frozen=True)
class _Stored:
    """The stored arrays, with labels to name the worst cell."""

    arrays: Mapping[str, Any]
    countries: Sequence[str]
    sectors: Sequence[str]

    def __getitem__(self, name: str) -> Array:
        return np.asarray(self.arrays[name])

    def __contains__(self, name: str) -> bool:
        return name in self.arrays

    @property
    def labour_share(self) -> Array:
        """Return value-added shares after the shock: the baseline's, unless critical inputs moved them."""
        return self["value_added_share_new"] if "value_added_share_new" in self else self["value_added_share"]

    @property
    def use_share(self) -> Array:
        """Return input shares after the shock: the baseline's, unless critical inputs moved them."""
        return self["input_share_new"] if "input_share_new" in self else self["input_share"]

    @property
    def market_part(self) -> Array:
        """Return the part of new spending that is free to choose its origin: all but purchases from named ones."""
        spending = np.where(self["expenditure_new"] > 0, self["expenditure_new"], 1.0)
        named = self["directed_new"].sum(axis=0) if "directed_new" in self else 0.0
        part: Array = 1.0 - named / spending
        return part

    def worst(self, error: Array) -> tuple[float, str]:
        """Return the largest |error| and the country and sector (or country) where it is; NaN counts as infinite."""
        size = np.where(np.isfinite(error), np.abs(error), np.inf)
        if not size.size:
            return 0.0, ""
        index = np.unravel_index(int(size.argmax()), size.shape)
        *places, last = (int(i) for i in index)
        if size.ndim == 1:
            return float(size[index]), self.countries[last]
        return float(size[index]), " ".join([*(self.countries[i] for i in places), self.sectors[last]])


@dataclass(frozen=True)
class _Sums:
    """What one walk over the bilateral cells collects.

    Attributes:
        receipts: (origin, sector) what producers get. imports, exports: (country,) at border value, foreign.
        revenue: (country,) tariff revenue. errors: worst cells of the bilateral equations.
        spent: (dest, sector) what buyers pay. origin: (dest, sector) home, or the largest where none is home-made.
        gap: (dest, sector) log price over cost of that origin's variety and of its share: ln k + ln(share_hat)/theta.
    """

    receipts: Array
    imports: Array
    exports: Array
    revenue: Array
    errors: Residuals
    spent: Array
    gap: Array
    origin: Array


def recompute(
    arrays: Mapping[str, Any],
    closure: Closure,
    countries: Sequence[str],
    sectors: Sequence[str],
    bounds: Sequence[Bound] = (),
) -> Residuals:
    """Return the largest relative error of every block of equations, with the worst country and sector.

    Args:
        arrays: the keys of `arrays.npz` of one branch and its baseline, as stored. closure: the rule in force.
        countries, sectors: labels in array order. bounds: the instruments of the shock, in the order of `bound_wedge`.
    Returns:
        Name of the block to (error, where): baseline, share_price, share_sums, flows, goods_market, factor_market,
        rents, income, deficits, trade_balance, walras, welfare_identity; with instruments also instruments and
        complementarity.
    Source: the equations of Caliendo and Parro (2015) in levels; the generalised welfare formula of Arkolakis, Costinot
        and Rodriguez-Clare (2012) with tariffs, deficits and inputs.
    """
    stored = _Stored(arrays, countries, sectors)
    dtypes = {name for name in (*BASE_KEYS, *NEW_KEYS) if np.asarray(arrays[name]).dtype != np.float64}
    residuals: Residuals = {"dtype": (float("inf"), sorted(dtypes)[0])} if dtypes else {}
    residuals |= _baseline(stored)
    sums = _bilateral(stored)
    residuals |= sums.errors
    residuals["share_price"] = max(residuals.pop("price"), residuals.pop("share"), _cost(stored))
    residuals["baseline"] = max(residuals["baseline"], residuals.pop("base_share"))
    residuals["goods_market"] = _goods_market(stored, sums)
    labour = stored["wage_hat"] * stored["value_added"]
    residuals["factor_market"] = stored.worst((stored.labour_share * sums.receipts).sum(axis=1) / labour - 1)
    residuals["income"] = _income(stored, sums)
    residuals["deficits"] = _deficits(stored, closure)
    residuals["trade_balance"] = _trade_balance(stored, sums)
    residuals["rents"] = max(residuals["rents"], _transfers(stored))
    residuals["walras"] = _walras(stored, sums, closure)
    residuals["welfare_identity"] = _welfare_identity(stored, sums, closure)
    return residuals | instrument_residuals(arrays, bounds, countries, sectors)


RENTS: Final = ("rent_exporter", "rent_importer", "rent_other", "rent_lost")
ROUNDS, SETTLED = 500, 1e-13
"""Of the prices that critical inputs take: at most so many, until nothing moves."""

CHUNK: Final = 60_000
"""Bilateral cells looked at together: large enough to be fast, small enough to stay in cache."""

LARGEST_POWER: Final = 700.0
"""Exponents stop here: a cell without trade stays at 0 times a finite number; with trade the error is then enormous."""


def _baseline(stored: _Stored) -> Residuals:
    """Check that the stored baseline is what its flows, tariffs and cost shares imply; cost shares add to 1."""
    spending = stored["flows"].sum(axis=0) + np.einsum("ods,ods->ds", stored["flows"], stored["tariffs"])
    output = stored["flows"].sum(axis=1)
    use = np.einsum("kds,ds->dk", stored["input_share"], output)
    value_added = (stored["value_added_share"] * output).sum(axis=1)
    final = spending - use - stored["final_exogenous"]
    income = final.sum(axis=1) + stored["final_exogenous"].sum(axis=1)
    imports, exports = stored["flows"].sum(axis=(0, 2)), stored["flows"].sum(axis=(1, 2))
    scale = value_added[:, None]
    errors = [
        (stored["value_added_share"] + stored["input_share"].sum(axis=0) - 1),
        (stored["expenditure"] - spending) / scale,
        (stored["final_share"] * final.sum(axis=1, keepdims=True) - final) / income[:, None],
        ((stored["value_added"] - value_added) / value_added)[:, None] + np.zeros_like(spending),
        ((stored["income"] - income) / income)[:, None] + np.zeros_like(spending),
        ((stored["deficit"] - (imports - exports)) / value_added)[:, None] + np.zeros_like(spending),
    ]
    return {"baseline": max(stored.worst(error) for error in errors)}


def _bilateral(stored: _Stored) -> _Sums:
    """Walk over the origins, a few at a time: prices, shares by direct powers, flows, receipts, trade and revenue."""
    n, j = stored["price_hat"].shape
    active = stored["expenditure"] > 0
    receipts, revenue, imports, exports = np.zeros((n, j)), np.zeros(n), np.zeros(n), np.zeros(n)
    total, spent, share_sum, share_error, flow_error = (np.zeros((n, j)) for _ in range(5))
    log_price, log_cost = np.log(stored["price_hat"]), np.log(stored["cost_hat"])
    base_error, base_spending = np.zeros((n, j)), np.where(active, stored["expenditure"], 1.0)
    rent_error = 0.0
    step = max(1, CHUNK // (n * j))
    for first in range(0, n, step):
        here = slice(first, min(first + step, n))
        share, share_new = np.ascontiguousarray(stored["share"][here]), stored["share_new"][here]
        t_new, tau = stored["tariffs_new"][here], 1 + stored["tariffs"][here]
        off = np.abs(share - stored["flows"][here] * tau / base_spending).max(axis=0)
        np.maximum(base_error, off, out=base_error)
        wall = (1 + t_new) / tau * stored["trade_cost_hat"][here] * stored["wedge"][here]
        log_wall = np.log(wall)
        delivered = log_cost[here, None, :] + log_wall - log_price
        rebuilt = share * np.exp(np.minimum(-stored["trade_elasticity"] * delivered, LARGEST_POWER))
        total += rebuilt.sum(axis=0)
        np.maximum(share_error, np.abs(_bought(stored, rebuilt, here) - share_new).max(axis=0), out=share_error)
        share_sum += share_new.sum(axis=0)
        flow = share_new * stored["expenditure_new"] / (1 + t_new)
        np.maximum(flow_error, np.abs(flow - stored["flows_new"][here]).max(axis=0), out=flow_error)
        collected = sum(stored[name][here] for name in RENTS)
        rent_error = max(rent_error, _largest(collected - flow * (1 - 1 / stored["wedge"][here]), flow))
        receipts[here] = (flow / stored["wedge"][here] + stored["rent_lost"][here]).sum(axis=1)
        duty = flow * t_new
        revenue += duty.sum(axis=(0, 2))
        spent += (flow + duty).sum(axis=0)
        bilateral = flow.sum(axis=2)
        bilateral[np.arange(len(bilateral)), np.arange(n)[here]] = 0.0
        imports += bilateral.sum(axis=0)
        exports[here] = bilateral.sum(axis=1)
    origin, gap = _own_varieties(stored)
    spending = np.where(active, stored["expenditure_new"], 1.0)
    errors = {
        "price": stored.worst(np.where(active, _log(total) / stored["trade_elasticity"], stored["price_hat"] - 1)),
        "share": stored.worst(share_error),
        "base_share": stored.worst(base_error),
        "rents": (rent_error, "largest cell"),
        "share_sums": stored.worst(share_sum - active),
        "flows": stored.worst(flow_error / spending),
    }
    return _Sums(receipts, imports, exports, revenue, errors, spent, gap, origin)


def _bought(stored: _Stored, chosen: Array, here: slice) -> Array:
    """Return shares of all spending from those of free choice: purchases from named origins come on top."""
    if "directed_new" not in stored:
        return chosen
    spending = np.where(stored["expenditure_new"] > 0, stored["expenditure_new"], 1.0)
    return np.asarray(chosen * stored.market_part + stored["directed_new"][here] / spending)


def _largest(error: Array, scale: Array) -> float:
    """Return the largest |error| relative to the largest of scale; NaN counts as infinite."""
    worst = float(np.abs(error).max())
    return worst / max(float(scale.max()), 1e-300) if np.isfinite(worst) else float("inf")


def _own_varieties(stored: _Stored) -> tuple[Array, Array]:
    """Return, for every market, whose variety the identity follows and ln k + ln(share_hat)/theta of it.

    Home where there are home sales before and after, else the largest origin; position 0 and gap 0 in an empty market.
    """
    n, j = stored["price_hat"].shape
    home = np.minimum(np.einsum("nns->ns", stored["share"]), np.einsum("nns->ns", stored["share_new"]))
    origin = np.repeat(np.arange(n)[:, None], j, axis=1)
    for d, s in np.argwhere(home <= 0):
        origin[d, s] = np.minimum(stored["share"][:, d, s], stored["share_new"][:, d, s]).argmax()
    cells = (origin, np.arange(n)[:, None], np.arange(j))
    wall = (1 + stored["tariffs_new"][cells]) / (1 + stored["tariffs"][cells])
    wall = wall * stored["trade_cost_hat"][cells] * stored["wedge"][cells]
    share_new = stored["share_new"][cells]
    if "directed_new" in stored:
        spending = np.where(stored["expenditure_new"] > 0, stored["expenditure_new"], 1.0)
        share_new = (share_new - stored["directed_new"][cells] / spending) / stored.market_part
    ratio = _log_ratio(share_new, stored["share"][cells])
    active = stored["expenditure"] > 0
    return origin, np.where(active, np.log(wall) + ratio / stored["trade_elasticity"], 0.0)


def _cost(stored: _Stored) -> tuple[float, str]:
    """Check each cost against wages and input prices."""
    log_cost = production_cost(stored, np.log(stored["wage_hat"]), np.log(stored["price_hat"]))
    errors = [stored.worst(np.log(stored["cost_hat"]) - log_cost)]
    if "critical_share" in stored:
        errors += critical_errors(stored, log_cost)
    return max(errors)


def _goods_market(stored: _Stored, sums: _Sums) -> tuple[float, str]:
    """Check spending per destination and sector, as received by sellers, against inputs and final demand."""
    free = stored["income_new"] - stored["final_exogenous_new"].sum(axis=1)
    final = stored["final_share"] * free[:, None] + stored["final_exogenous_new"]
    due = final + np.einsum("kds,ds->dk", stored.use_share, sums.receipts)
    scale = np.where(due > 0, due, stored["income_new"][:, None])
    stated, received = stored["expenditure_new"] - due, sums.spent - due
    return max(stored.worst(stated / scale), stored.worst(received / scale))


def _income(stored: _Stored, sums: _Sums) -> tuple[float, str]:
    """Check income against wages, revenue recomputed from flows, transfers and the deficit; it must leave something."""
    income = stored["income_new"]
    earned = stored["wage_hat"] * stored["value_added"] + sums.revenue + stored["transfer_new"] + stored["deficit_new"]
    nothing_left = income - stored["final_exogenous_new"].sum(axis=1) <= 0
    error = np.where(nothing_left, np.inf, (earned - income) / income)
    return max(stored.worst(error), stored.worst((stored["revenue_new"] - sums.revenue) / income))


def _deficits(stored: _Stored, closure: Closure) -> tuple[float, str]:
    """Check that deficits follow the closure that the result names."""
    world = stored["value_added"].sum()
    new_world = (stored["wage_hat"] * stored["value_added"]).sum()
    if closure.deficits == "balanced":
        expected = np.zeros_like(stored["deficit"])
    elif closure.deficits == "world-share":
        expected = stored["deficit"] * new_world / world
    else:
        expected = stored["deficit"]
    return stored.worst((stored["deficit_new"] - expected) / stored["value_added"])


def _trade_balance(stored: _Stored, sums: _Sums) -> tuple[float, str]:
    """Check imports minus exports against the deficit and what is received from abroad.

    Relative to trade, or to income where there is next to none. From abroad: rents and payments received, less the
    rents on the country's own sales, which exports at border value contain.
    """
    traded = np.maximum(sums.imports, sums.exports)
    scale = np.where(traded > 1e-6 * stored["income_new"], traded, stored["income_new"])
    own = sum(stored[name].sum(axis=(1, 2)) for name in RENTS[:3])
    abroad = stored["transfer_new"] - own
    return stored.worst((sums.imports - sums.exports - stored["deficit_new"] - abroad) / scale)


def _transfers(stored: _Stored) -> tuple[float, str]:
    """Check that all rents that are not lost are received by somebody."""
    paid = sum(float(stored[name].sum()) for name in RENTS[:3])
    gap = (float(stored["transfer_new"].sum()) - paid) / float(stored["value_added"].sum())
    return abs(gap) if np.isfinite(gap) else float("inf"), "world"


def _walras(stored: _Stored, sums: _Sums, closure: Closure) -> tuple[float, str]:
    """Check the world budget, which no equation imposes, and the numeraire."""
    labour = stored["wage_hat"] * stored["value_added"]
    world = labour.sum()
    budget = (sums.spent.sum() - sums.receipts.sum() - sums.revenue.sum() - stored["transfer_new"].sum()) / world
    paid = ((stored.labour_share * sums.receipts).sum() - world) / world
    if closure.numeraire in (None, WORLD_INCOME):
        numeraire = world / stored["value_added"].sum() - 1
    else:
        numeraire = stored["wage_hat"][list(stored.countries).index(str(closure.numeraire))] - 1
    return max(
        (abs(float(budget)), "world budget"), (abs(float(paid)), "world income"), (abs(float(numeraire)), "numeraire")
    )


def _welfare_identity(stored: _Stored, sums: _Sums, closure: Closure) -> tuple[float, str]:
    """Check welfare by the own-share formula: prices from own shares and wages alone, no price index of the solver.

    (I - A_d') ln P_d = value_added_share ln w_d + ln k_dd + ln(share_hat_dd)/theta, and welfare from it.
    """
    n, j = stored["price_hat"].shape
    own = sums.origin == np.arange(n)[:, None]
    log_wage = np.log(stored["wage_hat"])
    log_cost = np.log(stored["cost_hat"])[sums.origin, np.arange(j)]
    log_price = _own_prices(stored, sums, own, log_wage, log_cost)
    before = stored["income"] - stored["final_exogenous"].sum(axis=1)
    after = stored["income_new"] - stored["final_exogenous_new"].sum(axis=1)
    if closure.revenue == "wasted":
        before = before - (stored["tariffs"] * stored["flows"]).sum(axis=(0, 2))
        after = after - sums.revenue
    welfare = after / before / np.exp((stored["final_share"] * log_price).sum(axis=1))
    return stored.worst(stored["welfare_hat"] / welfare - 1)


def _own_prices(stored: _Stored, sums: _Sums, own: Array, log_wage: Array, log_cost: Array) -> Array:
    """Return log prices from own shares and wages: a linear system, solved again until critical inputs fit as well."""
    n, j = own.shape
    linear = own & (stored["substitution"] == 1 if "substitution" in stored else True)
    matrix = (np.eye(j) - linear[:, :, None] * stored["input_share"].transpose(1, 2, 0)).reshape(n, j, j)
    log_price = np.zeros((n, j))
    for _ in range(ROUNDS):
        nested = production_cost(stored, log_wage, log_price)
        known = np.where(linear, stored["value_added_share"] * log_wage[:, None], np.where(own, nested, log_cost))
        before = log_price
        log_price = np.linalg.solve(matrix, (sums.gap + known)[:, :, None])[:, :, 0]
        if linear[own].all() or np.abs(log_price - before).max() < SETTLED:
            break
    return log_price


def _log(values: Array) -> Array:
    """Return the logarithm, with -inf (not a warning) at zero."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(values))


def _log_ratio(new: Array, old: Array) -> Array:
    """Return ln(new/old), 0 where both are 0."""
    return _log(np.where((new == 0) & (old == 0), 1.0, new) / np.where(old == 0, 1.0, old))
