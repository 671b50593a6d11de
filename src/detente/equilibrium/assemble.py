"""From a root of the residual to stored outputs: levels, shares, welfare, in units of the numeraire."""

from __future__ import annotations

import numpy as np

from detente.core.arrays import Array
from detente.equilibrium.shock import Shock
from detente.model.clearing import Point
from detente.model.economy import Economy
from detente.model.welfare import welfare_hat


def outputs(shock: Shock, econ: Economy, z: Array, at: Point) -> dict[str, Array]:
    """Return the counterfactual arrays of a solved shock by their names in `arrays.npz`.

    Args:
        shock: what was solved. econ: its economy. z: the root, (unknown, 1). at: `clear(econ, z)`.
    """
    base = shock.base
    lw, lP, _ = (block[..., 0] for block in econ.split(z))
    unit = np.exp(lw[shock.deficit_unit]) if shock.deficit_unit >= 0 else 1.0
    X = at.X[..., 0] / unit
    share_new = _shares(econ, at)
    flows_new = share_new * X
    for flow, rate in zip(flows_new, shock.t_new, strict=True):
        flow /= 1 + rate
    revenue_new = np.einsum("ods,ods->d", flows_new, shock.t_new)
    deficit_new = econ.deficits(lw[:, None])[:, 0] / unit
    wage_hat = np.exp(lw) / unit
    Z_new = shock.Z_new / unit
    income_new = wage_hat * base.value_added + revenue_new + deficit_new
    price_hat = np.where(base.expenditure > 0, np.exp(lP) / unit, 1.0)
    spendable, spendable_new = base.income - base.final_exogenous.sum(axis=1), income_new - Z_new.sum(axis=1)
    if shock.closure.revenue == "wasted":
        spendable, spendable_new = spendable - base.revenue, spendable_new - revenue_new
    new = {
        "tariffs_new": shock.t_new,
        "wage_hat": wage_hat,
        "cost_hat": np.exp(at.lc[..., 0]) / unit,
        "price_hat": price_hat,
        "share_new": share_new,
        "expenditure_new": X,
        "flows_new": flows_new,
        "revenue_new": revenue_new,
        "income_new": income_new,
        "deficit_new": deficit_new,
        "final_exogenous_new": Z_new,
        "welfare_hat": welfare_hat(base.final_share, price_hat, spendable, spendable_new),
    }
    if shock.kappa_hat is not None:
        new["trade_cost_hat"] = shock.kappa_hat
    for array in new.values():
        array.flags.writeable = False
    return new


def _shares(econ: Economy, at: Point) -> Array:
    """Return new shares (origin, dest, sector): A u / S, which adds to 1 in every market."""
    u, S = at.u[..., 0], at.S[..., 0]
    shares: Array = np.multiply(econ.trade.A.transpose(2, 1, 0), u[:, None, :], order="C")
    shares /= S
    return shares
