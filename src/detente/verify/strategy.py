"""Best responses and wars: derivatives against differences, formulas of two countries, no gain by deviating."""

from __future__ import annotations

import numpy as np

from detente.baseline import Baseline
from detente.equilibrium.counterfactual import solve
from detente.strategy.cooperative import cooperative
from detente.strategy.gradient import gradient
from detente.strategy.nash import nash
from detente.strategy.optimal import optimal_tariffs
from detente.verify import worlds
from detente.verify.check import Checks, near, within
from detente.verify.golden import one_sector

STEP = 1e-4


def pair(theta: float, iceberg: float = 1.0) -> Baseline:
    """Return two identical countries with one sector, labour alone and no tariffs."""
    own = 1 / (1 + iceberg**-theta)
    return one_sector(1000.0 * np.array([[own, 1 - own], [1 - own, own]]), theta)


def check_gradient(quick: bool) -> Checks:
    """Check I16: every derivative by central differences, on cells drawn at random, under a shock with deficits."""
    base, found = worlds.toy(), []
    rates = worlds.new_tariffs(base)
    slopes = gradient(solve(base, rates, tol=worlds.TIGHT), base.countries[1])
    cells = [cell for cell in np.argwhere(base.flows > 0) if cell[0] != cell[1]]
    order = np.random.default_rng(16).permutation(len(cells))
    for at in order[: 3 if quick else 12]:
        cell = tuple(cells[at])
        values = []
        for sign in (1, -1):
            moved = rates.copy()
            moved[cell] = (1 + rates[cell]) * np.exp(sign * STEP) - 1
            values.append(np.log(solve(base, moved, tol=worlds.TIGHT).welfare_hat[1]))
        expected = (values[0] - values[1]) / (2 * STEP)
        place = ", ".join((*(base.countries[k] for k in cell[:2]), base.sectors[cell[2]]))
        found.append(near("I16", f"gradient is that of differences: {place}", slopes.tariffs[cell], expected, 1e-5))
    return found


def check_optimum(quick: bool) -> Checks:
    """Check I17: two countries, one sector: t* = 1/(theta L), L the foreign own share at border value."""
    found = []
    for theta, iceberg in ((4.0, 1.5), (2.0, 1.0)):
        best = optimal_tariffs(pair(theta, iceberg), worlds.NAMES[0])
        flows = best.result.flows_new[:, 1, 0]
        formula = flows.sum() / (theta * flows[1])
        text = f"best tariff of two countries, theta {theta:g}: 1/(theta L)"
        found.append(near("I17", text, best.tariffs[1, 0, 0], formula, 1e-8))
    return found


def check_war(quick: bool) -> Checks:
    """Check I18: two identical countries charge the golden ratio less one; nobody gains by deviating."""
    war = nash(pair(2.0), list(worlds.NAMES[:2]))
    golden = (np.sqrt(5) - 1) / 2
    both = war.tariffs[[1, 0], [0, 1], 0]
    unequal = nash(worlds.invented(3, 2, 5, deficits=False), list(worlds.NAMES[:2]), sectors="all")
    return [
        near("I18", "Nash tariffs of two identical countries, theta 2: golden ratio - 1", both, [golden] * 2, 1e-8),
        within("I18", "nobody gains by deviating, in points", war.max_gain_pp, 1e-6),
        within("I18", "nobody gains by deviating in a war of two among three, in points", unequal.max_gain_pp, 1e-6),
    ]


def check_bargain(quick: bool) -> Checks:
    """Check I19: two identical countries bargain their war away, and share what that brings."""
    deal = cooperative(pair(4.0, 1.2), list(worlds.NAMES[:2]))
    lowest = min(deal.gains_pp)
    return [
        within("I19", "identical countries agree on free trade", float(np.abs(deal.tariffs).max()), 1e-5),
        near("I19", "and gain the same", deal.gains_pp[0], deal.gains_pp[1], 1e-5),
        within("I19", "each side gets at least its threat point, shortfall in points", max(0.0, -lowest), 1e-9),
    ]
