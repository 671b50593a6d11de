"""From a root of the residual to stored outputs: levels, shares, welfare, in units of the numeraire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, cells_where
from detente.equilibrium.firms import market_arrays, welfare_elastic
from detente.equilibrium.shock import Shock
from detente.model.clearing import Point
from detente.model.economy import Economy
from detente.model.wedge import LOST, licence_share
from detente.model.welfare import welfare_hat


@dataclass(frozen=True)
class Seat:
    """Where one scenario sits in an economy of several.

    Attributes:
        column: along the trailing axis. A: (origin, dest, sector) spending factors that all of them share, contiguous.
        cells, A_cells: where the factor is another one. bound: its bounds among those of all, in its own order.
    """

    column: int
    A: Array
    cells: tuple[Array, ...]
    A_cells: Array
    bound: Array


def only_one(econ: Economy) -> Seat:
    """Return the seat of the only scenario of an economy."""
    bounds = econ.unknowns - econ.shape[0] - 2 * econ.shape[0] * econ.shape[1]
    nowhere = np.zeros(0, dtype=np.int64)
    return Seat(0, econ.trade.A.transpose(2, 1, 0), (nowhere,) * 3, np.zeros(0), np.arange(bounds))


def outputs(shock: Shock, econ: Economy, z: Array, at: Point, seat: Seat | None = None) -> dict[str, Array]:
    """Return the counterfactual arrays of a solved shock by their names in `arrays.npz`.

    Args:
        shock: what was solved. econ: its economy, or one of several. z: the roots. at: `clear(econ, z)`.
        seat: where the shock is in an economy of several.
    """
    base, seat = shock.base, seat or only_one(econ)
    b = seat.column
    lw, lP, _ = (block[..., b] for block in econ.split(z))
    unit = np.exp(lw[shock.deficit_unit]) if shock.deficit_unit >= 0 else 1.0
    X = at.X[..., b] / unit
    share_new = _shares(econ, at, seat)
    flows_new = share_new * X
    for flow, rate in zip(flows_new, shock.t_new, strict=True):
        flow /= 1 + rate
    revenue_new = np.einsum("ods,ods->d", flows_new, shock.t_new)
    instruments = {} if shock.plan is None else taken_arrays(shock, econ, z, at, unit, seat)
    deficit_new = econ.deficits(lw[:, None])[:, 0] / unit
    wage_hat = np.exp(lw) / unit
    Z_new = shock.Z_new / unit
    transfer_new = instruments.get("transfer_new", 0.0)
    market = market_arrays(shock, at, unit)
    labour_income = wage_hat * base.value_added
    if market:
        labour_income = labour_income * market["labour_hat"] + market["profits_new"]
    income_new = labour_income + revenue_new + deficit_new + transfer_new
    price_hat = np.where(base.expenditure > 0, np.exp(lP) / unit, 1.0)
    spendable, spendable_new = base.income - base.final_exogenous.sum(axis=1), income_new - Z_new.sum(axis=1)
    if shock.closure.revenue == "wasted":
        spendable, spendable_new = spendable - base.revenue, spendable_new - revenue_new
    new = {
        "tariffs_new": shock.t_new,
        "wage_hat": wage_hat,
        "cost_hat": np.exp(at.lc[..., b]) / unit,
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
    new |= instruments | technology_arrays(shock, at, b) | market
    new |= welfare_elastic(shock, at, new)
    for array in new.values():
        array.flags.writeable = False
    return new


def _shares(econ: Economy, at: Point, seat: Seat) -> Array:
    """Return new shares (origin, dest, sector): A u / S, which adds to 1 in every market."""
    u, S = (np.ascontiguousarray(values[..., seat.column]) for values in (at.u, at.S))
    shares: Array = np.multiply(seat.A, u[:, None, :], order="C")
    shares /= S
    o, d, s = seat.cells
    shares[o, d, s] = seat.A_cells * u[o, s] / S[d, s]
    if econ.wedges is not None and at.chain is not None:
        w = econ.wedges
        shares[w.origin, w.dest, w.sector] = at.chain.a[:, seat.column] * u[w.origin, w.sector] / S[w.dest, w.sector]
        directed = _of(w.directed, seat.column)
        if directed.any():
            X, named = at.X[..., seat.column], _of(np.asarray(econ.directed.spending), seat.column)
            shares *= (X - named) / np.where(X > 0, X, 1.0)
            shares[w.origin, w.dest, w.sector] += directed / X[w.dest, w.sector]
    return shares


def _of(values: Array, column: int) -> Array:
    """Return the values of one scenario, where they are its own or the same for all."""
    return values[..., column if values.shape[-1] > 1 else 0]


def taken_arrays(shock: Shock, econ: Economy, z: Array, at: Point, unit: float, seat: Seat) -> dict[str, Array]:
    """Return the wedges and rents of every cell and what countries receive, by their names in `arrays.npz`.

    Rents that nobody of a kind can get are left out: they are zero everywhere.
    """
    w, chain, took, b = econ.wedges, at.chain, at.took, seat.column
    if w is None or chain is None or took is None:
        return {}
    n, j = econ.shape
    place = (w.origin, w.dest, w.sector)
    wedge = np.ones((n, n, j))
    wedge[place] = np.exp(chain.cell[:, b])
    cell, to = w.links.cell, w.links.to
    licence = licence_share(w, took.gap)[:, b]
    got, rest = took.collected[:, b] / unit * licence, took.collected[:, b] / unit * (1 - licence)
    bound_wedges = np.ones(0 if shock.wedges is None else len(shock.wedges.bounds))
    if shock.plan is not None and shock.wedges is not None:
        place_of = {id(bound): number for number, bound in enumerate(shock.wedges.bounds)}
        numbers = [place_of[id(bound)] for bound in shock.plan.bounds]
        bound_wedges[numbers] = np.exp(econ.bounds(z)[seat.bound, b])
    kinds = {
        "rent_exporter": to == w.origin[cell],
        "rent_importer": (to == w.dest[cell]) & (to != w.origin[cell]),
        "rent_lost": to == LOST,
    }
    kinds["rent_other"] = ~(kinds["rent_exporter"] | kinds["rent_importer"] | kinds["rent_lost"])
    arrays = {"wedge": wedge, "transfer_new": took.transfers[:, b] / unit, "bound_wedge": bound_wedges}
    for name, chosen in kinds.items():
        excess = w.links.licensed if name == "rent_importer" else np.zeros(len(cell), dtype=bool)
        if (chosen | excess).any():
            arrays[name] = np.zeros((n, n, j))
            amount = np.where(chosen, got, 0.0) + np.where(excess, rest, 0.0)
            arrays[name][place] = np.bincount(cell, amount, len(w.A))
    directed = _of(w.directed, b)
    if directed.any():
        arrays["directed_new"] = np.zeros((n, n, j))
        arrays["directed_new"][place] = directed / unit
    return arrays


def receipts(stored: Mapping[str, Array]) -> Array:
    """Return what producers get by (origin, sector): flows less what wedges take, and lost rents. [MUSD]"""
    flows = stored["flows_new"]
    received: Array = flows.sum(axis=1)
    if "wedge" in stored:
        o, d, s = cells_where(stored["wedge"] != 1)
        taken = flows[o, d, s] * (1 - 1 / stored["wedge"][o, d, s])
        np.add.at(received, (o, s), (stored["rent_lost"][o, d, s] if "rent_lost" in stored else 0.0) - taken)
    return received


def technology_arrays(shock: Shock, at: Point, column: int = 0) -> dict[str, Array]:
    """Return the cost shares that critical inputs have moved, and the nests, by their names in `arrays.npz`."""
    nests, tech, base = shock.nests, at.tech, shock.base
    if nests is None or tech.share is None or tech.kept is None:
        return {}
    kept = tech.kept[..., column]
    input_share = base.input_share * kept
    input_share[nests.good] += tech.share[..., column] - nests.share[..., 0] * kept
    return {
        "value_added_share_new": base.value_added_share * kept,
        "input_share_new": input_share,
        "critical_share": nests.by_input,
        "substitution": np.array(nests.rho[..., 0]),
    }
