"""Residuals of every equation, recomputed in levels and with direct bilateral powers from the stored arrays.

Nothing here comes from the solver or from the model's own functions: the formulas are written again, in another form.
Input is a mapping with the keys of `arrays.npz` (unprefixed), so that a file and a result in memory pass the same gate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.certify.bilateral import Sums, base_of, walked, wall
from detente.certify.instruments import instrument_residuals
from detente.certify.technology import Technology
from detente.core.arrays import Array
from detente.core.closure import WORLD_INCOME, Closure
from detente.core.instruments import Bound
from detente.core.once import Once
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


def recompute(
    arrays: Mapping[str, Any],
    closure: Closure,
    countries: Sequence[str],
    sectors: Sequence[str],
    bounds: Sequence[Bound] = (),
    *,
    once: Once | None = None,
) -> Residuals:
    """Return the largest relative error of every block of equations, with the worst country and sector.

    Args:
        arrays: the keys of `arrays.npz` of one branch and its baseline, as stored. closure: the rule in force.
        countries, sectors: labels in array order. bounds: the instruments of the shock, in the order of `bound_wedge`.
        once: remembers what was worked out of the same baseline arrays for other results.
    Returns:
        Name of the block to (error, where): baseline, share_price, share_sums, flows, goods_market, factor_market,
        rents, income, deficits, trade_balance, walras, welfare_identity; with instruments also instruments and
        complementarity.
    Source: the equations of Caliendo and Parro (2015) in levels; the generalised welfare formula of Arkolakis, Costinot
        and Rodriguez-Clare (2012) with tariffs, deficits and inputs.
    """
    once, stored = once or Once(), _Stored(arrays, countries, sectors)
    dtypes = {name for name in (*BASE_KEYS, *NEW_KEYS) if np.asarray(arrays[name]).dtype != np.float64}
    residuals: Residuals = {"dtype": (float("inf"), sorted(dtypes)[0])} if dtypes else {}
    base = once(base_of, *(arrays[name] for name in ("flows", "tariffs", "share", "expenditure")))
    sums = walked(stored, base, once)
    residuals["baseline"] = max(
        once(_baseline, countries, sectors, *(arrays[name] for name in CHECKED)), stored.worst(base.error)
    )
    residuals |= _bilateral(stored, sums)
    technology = Technology(stored, once)
    residuals["share_price"] = max(residuals.pop("price"), residuals.pop("share"), *technology.errors())
    residuals["goods_market"] = _goods_market(stored, sums)
    labour = stored["wage_hat"] * stored["value_added"]
    residuals["factor_market"] = stored.worst((stored.labour_share * sums.receipts).sum(axis=1) / labour - 1)
    residuals["income"] = _income(stored, sums)
    residuals["deficits"] = _deficits(stored, closure)
    residuals["trade_balance"] = _trade_balance(stored, sums)
    residuals["rents"] = max((sums.rent_error, "largest cell"), _transfers(stored, sums))
    residuals["walras"] = _walras(stored, sums, closure)
    residuals["welfare_identity"] = _welfare_identity(stored, sums, closure, technology)
    return residuals | instrument_residuals(arrays, bounds, countries, sectors, sums.taken, once)


ROUNDS, SETTLED = 500, 1e-12
"""Of the prices that critical inputs take: at most so many, until nothing moves."""


CHECKED: Final = tuple(name for name in BASE_KEYS if name not in ("share", "trade_elasticity"))
"""Arrays of a baseline that follow from each other; shares are checked with the cells, elasticities are free."""


def _baseline(countries: Sequence[str], sectors: Sequence[str], *arrays: Array) -> tuple[float, str]:
    """Check that a stored baseline is what its flows, tariffs and cost shares imply; cost shares add to 1."""
    stored = _Stored(dict(zip(CHECKED, arrays, strict=True)), countries, sectors)
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
    return max(stored.worst(error) for error in errors)


def _bilateral(stored: _Stored, sums: Sums) -> Residuals:
    """Hold prices, shares and flows against what was rebuilt from them cell by cell."""
    active = stored["expenditure"] > 0
    price = np.where(active, _log(sums.power) / stored["trade_elasticity"], stored["price_hat"] - 1)
    return {
        "price": stored.worst(price),
        "share": stored.worst(sums.share_error),
        "share_sums": stored.worst(sums.share_sum - active),
        "flows": stored.worst(sums.flow_error / np.where(active, stored["expenditure_new"], 1.0)),
    }


def _own_varieties(stored: _Stored) -> tuple[Array, Array]:
    """Return, for every market, whose variety the identity follows and ln k + ln(share_hat)/theta of it.

    Home where there are home sales before and after, else the largest origin; position 0 and gap 0 in an empty market.
    """
    n, j = stored["price_hat"].shape
    home = np.minimum(np.einsum("nns->ns", stored["share"]), np.einsum("nns->ns", stored["share_new"]))
    origin = np.repeat(np.arange(n)[:, None], j, axis=1)
    d, s = np.nonzero(home <= 0)
    origin[d, s] = np.minimum(stored["share"][:, d, s], stored["share_new"][:, d, s]).argmax(axis=0)
    cells = (origin, np.arange(n)[:, None], np.arange(j))
    share_new = stored["share_new"][cells]
    if "directed_new" in stored:
        spending = np.where(stored["expenditure_new"] > 0, stored["expenditure_new"], 1.0)
        share_new = (share_new - stored["directed_new"][cells] / spending) / stored.market_part
    ratio = _log_ratio(share_new, stored["share"][cells])
    gap = np.log(wall(stored, cells)) + ratio / stored["trade_elasticity"]
    return origin, np.where(stored["expenditure"] > 0, gap, 0.0)


def _goods_market(stored: _Stored, sums: Sums) -> tuple[float, str]:
    """Check spending per destination and sector, as received by sellers, against inputs and final demand."""
    free = stored["income_new"] - stored["final_exogenous_new"].sum(axis=1)
    final = stored["final_share"] * free[:, None] + stored["final_exogenous_new"]
    due = final + np.einsum("kds,ds->dk", stored.use_share, sums.receipts)
    scale = np.where(due > 0, due, stored["income_new"][:, None])
    stated, received = stored["expenditure_new"] - due, sums.spent - due
    return max(stored.worst(stated / scale), stored.worst(received / scale))


def _income(stored: _Stored, sums: Sums) -> tuple[float, str]:
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


def _trade_balance(stored: _Stored, sums: Sums) -> tuple[float, str]:
    """Check imports minus exports against the deficit and what is received from abroad.

    Relative to trade, or to income where there is next to none. From abroad: rents and payments received, less the
    rents on the country's own sales, which exports at border value contain.
    """
    traded = np.maximum(sums.imports, sums.exports)
    scale = np.where(traded > 1e-6 * stored["income_new"], traded, stored["income_new"])
    abroad = stored["transfer_new"] - sums.rents
    return stored.worst((sums.imports - sums.exports - stored["deficit_new"] - abroad) / scale)


def _transfers(stored: _Stored, sums: Sums) -> tuple[float, str]:
    """Check that all rents that are not lost are received by somebody."""
    gap = (float(stored["transfer_new"].sum()) - float(sums.rents.sum())) / float(stored["value_added"].sum())
    return abs(gap) if np.isfinite(gap) else float("inf"), "world"


def _walras(stored: _Stored, sums: Sums, closure: Closure) -> tuple[float, str]:
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


def _welfare_identity(stored: _Stored, sums: Sums, closure: Closure, technology: Technology) -> tuple[float, str]:
    """Check welfare by the own-share formula: prices from own shares and wages alone, no price index of the solver.

    (I - A_d') ln P_d = value_added_share ln w_d + ln k_dd + ln(share_hat_dd)/theta, and welfare from it.
    """
    log_price = _own_prices(stored, technology)
    before = stored["income"] - stored["final_exogenous"].sum(axis=1)
    after = stored["income_new"] - stored["final_exogenous_new"].sum(axis=1)
    if closure.revenue == "wasted":
        before = before - (stored["tariffs"] * stored["flows"]).sum(axis=(0, 2))
        after = after - sums.revenue
    welfare = after / before / np.exp((stored["final_share"] * log_price).sum(axis=1))
    return stored.worst(stored["welfare_hat"] / welfare - 1)


def _own_prices(stored: _Stored, technology: Technology) -> Array:
    """Return log prices from own shares and wages: a linear system, solved again until critical inputs fit as well.

    The rounds start from the stored prices, only to be short: they end where nothing moves, wherever they start.
    """
    n, j = stored["price_hat"].shape
    origin, gap = _own_varieties(stored)
    own, log_wage = origin == np.arange(n)[:, None], np.log(stored["wage_hat"])
    log_cost = np.log(stored["cost_hat"])[origin, np.arange(j)]
    linear = own & (stored["substitution"] == 1 if "substitution" in stored else True)
    labour = stored["value_added_share"] * log_wage[:, None]
    log_price = np.log(stored["price_hat"])
    for _ in range(ROUNDS):
        known = np.where(linear, labour, np.where(own, technology.log_cost(log_wage, log_price), log_cost))
        before = log_price
        log_price = technology.through_inputs(linear, gap + known)
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
