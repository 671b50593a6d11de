"""Shared by the laws: random economies as hypothesis strategies, tight solves, a baseline from a result."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

import detente as dt
from economies import Array, Economy, random_economy, random_tariffs, random_trade_cost_hat

Drawn = tuple[Economy, Array, Array]

TIGHT = 1e-13
"""Tolerance of a solve whose law is asserted to 1e-10 or better."""


@st.composite
def economies(draw: st.DrawFn, **fixed: Any) -> Economy:
    """Draw an economy of 2-8 countries and 1-6 sectors; inputs, tariffs, deficits on or off; up to 30 % zeros."""
    options = {
        "n": draw(st.integers(2, 8)),
        "j": draw(st.integers(1, 6)),
        "io": draw(st.booleans()),
        "tariffs": draw(st.booleans()),
        "deficits": draw(st.booleans()),
        "zeros": draw(st.sampled_from([0.0, 0.15, 0.3])),
    } | fixed
    return random_economy(np.random.default_rng(draw(st.integers(0, 10**6))), **options)


@st.composite
def shocked(draw: st.DrawFn, **fixed: Any) -> tuple[Economy, Array, Array]:
    """Draw an economy with new tariffs and iceberg changes."""
    economy = draw(economies(**fixed))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return economy, random_tariffs(rng, economy), random_trade_cost_hat(rng, economy)


def baseline(economy: Economy) -> dt.Baseline:
    """Return the baseline of an invented economy."""
    return dt.Baseline.from_flows(**economy.inputs())


def inputs(base: dt.Baseline) -> dict[str, Any]:
    """Return the seven inputs of a baseline by name."""
    names = ("countries", "sectors", "flows", "tariffs", "value_added_share", "input_share", "trade_elasticity")
    return {name: getattr(base, name) for name in names}


def rebased(result: dt.Result) -> dt.Baseline:
    """Return the counterfactual world as a baseline: new flows and tariffs, the same technology."""
    new = {"flows": result.flows_new, "tariffs": result.tariffs_new}
    sources = {key: result.baseline.meta[key] for key in ("services", "service_tariffs") if key in result.baseline.meta}
    return dt.Baseline.from_flows(**(inputs(result.baseline) | new), sources=sources)


def tight(base: dt.Baseline, tariffs: Array | None = None, kappa: Array | None = None, **rules: Any) -> dt.Result:
    """Solve to rounding."""
    return dt.solve(base, tariffs, kappa, tol=TIGHT, **rules)


def close(got: Array, expected: Array | float, tolerance: float) -> None:
    """Assert equality relative to each entry, or to the largest entry where an entry is next to nothing."""
    expected = np.broadcast_to(expected, np.shape(got))
    scale = np.maximum(np.abs(expected), 1e-6 * np.abs(expected).max())
    error = np.abs(got - expected) / np.where(scale > 0, scale, 1.0)
    assert error.max() <= tolerance, f"off by {error.max():.2e} at {np.unravel_index(error.argmax(), error.shape)}"


def foreign(n: int) -> Array:
    """Return (n, n, 1) True where origin and dest differ."""
    return ~np.eye(n, dtype=bool)[:, :, None]


def us_tariff(world: dt.Baseline, points: float, *, against: str | None = None) -> Array:
    """Return the tariffs of the world when the United States add `points` (0.1 = 10 points) on all goods."""
    goods = [s for s, code in enumerate(world.sectors) if world.tariffs[:, :, s].any()]
    rates = np.array(world.tariffs)
    usa = world.countries.index("USA")
    origins = [o for o in range(len(rates)) if o != usa and against in (None, world.countries[o])]
    rates[np.ix_(origins, [usa], goods)] += points
    return rates
