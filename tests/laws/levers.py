"""Worlds and instruments for the laws of sections 10 and 11: invented, small, one instrument of every kind."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

import detente as dt
from detente.core.instruments import DEMAND, NEEDS
from economies import Array, random_economy
from laws.common import TIGHT

SIZES = {"n": 4, "j": 3}
CELL = (0, 1, 0)
"""Origin, dest, sector of most single instruments."""


@cache
def world(seed: int = 0, **options: Any) -> dt.Baseline:
    """Return an invented world in which every country sells everything everywhere."""
    rng = np.random.default_rng([10, seed])
    return dt.Baseline.from_flows(**random_economy(rng, **(SIZES | {"zeros": 0.0} | options)).inputs())


def code(base: dt.Baseline, cell: tuple[int, int, int] = CELL) -> tuple[str, str, str]:
    """Return the codes of a cell."""
    o, d, s = cell
    return base.countries[o], base.countries[d], base.sectors[s]


def bound(base: dt.Baseline, kind: str, *cells: tuple[int, int, int], **levels: Any) -> dt.Bound:
    """Return a bound on cells given by position, by default on `CELL`."""
    return dt.Bound(kind, tuple(code(base, cell) for cell in (cells or (CELL,))), **levels)


def solved(base: dt.Baseline, *bounds: dt.Bound, tol: float = TIGHT, rules: Any = None, **wedges: Any) -> dt.Result:
    """Solve to rounding under bounds; `rules` go to `solve`, the rest into the wedges."""
    return dt.solve(base, wedges=dt.Wedges(bounds=bounds, **wedges), tol=tol, **(rules or {}))


def volume_hat(result: dt.Result, *cells: tuple[int, int, int]) -> float:
    """Return the volume of cells after over before, by the definition: border value over wedge and cost."""
    after = before = 0.0
    for o, d, s in cells or (CELL,):
        after += float(result.flows_new[o, d, s] / result["wedge"][o, d, s] / result.cost_hat[o, s])
        before += float(result.baseline.flows[o, d, s])
    return after / before


def binding(base: dt.Baseline, kind: str, *, to: str = "importer") -> dt.Bound:
    """Return one instrument of a kind that acts on the world, whoever collects or pays."""
    value = float(base.flows[CELL])
    rate = float(base.tariffs[CELL])
    levels: dict[str, dict[str, float]] = {
        "fixed": {"rate": 0.2},
        "quota": {"volume": 0.6},
        "tariff-rate-quota": {"volume": 0.6, "rate": rate + 0.5},
        "minimum": {"volume": 1.5},
        "minimum-value": {"value_musd": 1.05 * value},
        "price-floor": {"price": 1.2},
        "guarantee": {"price": 1.3, "volume": 1.4},
        "demand": {"value_musd": 0.5 * value},
    }
    return bound(base, kind, to="importer" if kind == DEMAND else to, **levels[kind])


KINDS = tuple(NEEDS)
WEDGED = tuple(kind for kind in KINDS if kind != DEMAND)


def moved(result: dt.Result) -> float:
    """Return the largest change of real income."""
    return float(np.abs(np.asarray(result.welfare_hat) - 1).max())


def rents(result: dt.Result) -> dict[str, Array]:
    """Return the arrays of rents by beneficiary."""
    return {name: result[f"rent_{name}"] for name in ("exporter", "importer", "other", "lost")}
