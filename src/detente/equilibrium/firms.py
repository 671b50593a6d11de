"""Market structures between codes and arrays: a structure in the layout of a pass, and what it adds to the outputs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.closure import TAX_RELIEF, Closure
from detente.core.errors import Problem, UsageError
from detente.core.market import Firms as Structure
from detente.core.market import Market
from detente.model.clearing import Point
from detente.model.firms import Firms, Labour, profits
from detente.model.welfare import welfare_with_labour

if TYPE_CHECKING:
    from detente.equilibrium.shock import Shock


@lru_cache(maxsize=8)
def under_market(base: Baseline, market: Market) -> tuple[Baseline, Structure | None]:
    """Return a world read under a market structure, and the structure on it; the last few are kept.

    Raises:
        UsageError: a structure that cannot be, or not on this world.
    """
    firms = market.on(base.countries, base.trade_elasticity, bool(base.input_share.any()))
    return base.under(firms), firms


def placed_firms(base: Baseline, firms: Structure, closure: Closure) -> Firms:
    """Return a market structure as the arrays of a pass.

    Args:
        base: the world under this structure. firms: its parameters. closure: says what revenue is for.
    """
    j = len(base.sectors)
    m = np.zeros((j, 1)) if firms.profit_share is None else firms.profit_share[:, None]
    earned = np.array(base.profits)[:, None]
    psi, nu, phi = firms.scale_elasticity, firms.fixed_cost_share, firms.pass_through
    if nu is not None and phi is not None and psi is not None:
        relief = closure.revenue == TAX_RELIEF
        psi_theta = float(psi[0] * base.trade_elasticity[0])
        labour = Labour(
            phi[:, None], nu[:, None], psi_theta, firms.labour_elasticity, relief, np.array(base.revenue)[:, None]
        )
        return Firms(m, earned, labour=labour)
    if psi is None:
        return Firms(m, earned)
    return Firms(m, earned, psi_theta=(psi * base.trade_elasticity)[:, None], Y=np.array(base.output)[..., None])


def check_market(firms: Structure | None, closure: Closure, instruments: int) -> None:
    """Raise `UsageError` where a closure or an instrument is not modelled under a market structure.

    Args:
        firms: the structure, or None for perfect competition. closure: in force. instruments: how many instruments
            and critical inputs beside tariffs and trade costs.
    """
    elastic = firms is not None and firms.pass_through is not None
    problems = []
    if closure.revenue == TAX_RELIEF and not elastic:
        hint = "market='melitz-pareto' or revenue='lump-sum'"
        problems.append(Problem("", "revenue", repr(TAX_RELIEF), "a market structure with elastic labour", hint))
    if closure.revenue == "wasted" and elastic:
        expected = "'lump-sum' or 'income-tax-relief' with elastic labour"
        problems.append(Problem("", "revenue", "'wasted'", expected))
    if firms is not None and instruments:
        found = f"{firms.kind} with {instruments} instruments or critical inputs"
        problems.append(Problem("", "market", found, "tariffs and trade costs alone, or perfect competition"))
    if problems:
        raise UsageError(problems=problems)


def market_arrays(shock: Shock, at: Point, unit: float) -> dict[str, Array]:
    """Return what a market structure adds, by the names in `arrays.npz`; {} under perfect competition."""
    econ_firms, enters = shock.firms, at.entry
    if econ_firms is None or enters is None:
        return {}
    placed = placed_firms(shock.base, econ_firms, shock.closure)
    return {
        "profits": np.array(shock.base.profits),
        "profits_new": profits(placed, at.Y)[:, 0] / unit,
        "variety_hat": np.exp(enters.ln_n[..., 0]),
        "labour_hat": np.exp(enters.lL[:, 0]),
    }


def welfare_elastic(shock: Shock, at: Point, new: dict[str, Array]) -> dict[str, Array]:
    """Return welfare by (15), and from utility, where labour is elastic; {} elsewhere.

    Args:
        shock: what was solved. at: the solution. new: the outputs so far.
    """
    firms, base = shock.firms, shock.base
    if firms is None or firms.pass_through is None or at.tau is None:
        return {}
    wL_new = new["wage_hat"] * new["labour_hat"] * base.value_added
    price = np.exp((base.final_share * np.log(new["price_hat"])).sum(axis=1))
    tau = at.tau[:, 0]
    formula, utility = welfare_with_labour(
        base.income, new["income_new"], base.value_added, wL_new, price, firms.labour_elasticity, tau
    )
    return {"welfare_hat": formula, "welfare_utility_hat": utility}
