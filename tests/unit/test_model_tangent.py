"""The derivative of one pass against differences: in every unknown, and along a moving shock."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

import detente as dt
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.shock import Shock
from detente.model.clearing import clear
from detente.model.economy import Economy as Pass
from detente.model.tangent import ShockRate, tangent
from economies import random_economy, random_tariffs, random_trade_cost_hat

Array = np.ndarray


def difference(function: Callable[[float], Array], h: float = 1e-3) -> Array:
    """Return the derivative at 0 by central differences, three step sizes extrapolated (error h^6)."""
    rough = [(function(step) - function(-step)) / (2 * step) for step in (h, h / 2, h / 4)]
    finer = [(4 * b - a) / 3 for a, b in itertools.pairwise(rough)]
    return (16 * finer[1] - finer[0]) / 15


def drawn(seed: int, rule: dt.Closure | None = None) -> tuple[Shock, Pass, Array, np.random.Generator]:
    """Return a shock, its economy at 60 % of the way, and a point away from the root."""
    rng = np.random.default_rng([4, seed])
    economy = random_economy(rng, n=4, j=3, zeros=0.2)
    base = dt.Baseline.from_flows(**economy.inputs())
    wedges = dt.Wedges(random_tariffs(rng, economy), random_trade_cost_hat(rng, economy))
    closure = rule or dt.Closure()
    if closure.numeraire:
        closure = dt.Closure("fixed-nominal", numeraire=base.countries[2])
    shock = as_shock(base, wedges, closure)
    econ, _ = shock.at(0.6).economy()
    return shock, econ, rng.normal(0, 0.1, (econ.unknowns, 1)), rng


def residual_with_fixed_divisor(econ: Pass, z: Array, slope: Array) -> Array:
    """Return the residual of a pass whose wage rows are divided by a given slope, as the tangent has it."""
    at = clear(econ, z)
    n = len(slope)
    f = at.f.copy()
    f[:n] += at.balance.gap / slope - np.clip(at.balance.gap / at.balance.slope, -0.7, 0.7)
    return f


RULES = [dt.Closure(), dt.Closure("fixed-nominal", numeraire="third")]


@pytest.mark.parametrize("rule", RULES, ids=["world-share", "fixed-nominal"])
@pytest.mark.parametrize("seed", range(4))
def test_tangent_in_the_unknowns(seed: int, rule: dt.Closure) -> None:
    """Derivative of residual, cost, cost term and price-weighted spending in random directions."""
    _, econ, z, rng = drawn(seed, rule)
    at = clear(econ, z)
    for _ in range(3):
        dz = rng.normal(0, 1, z.shape)
        got = tangent(econ, z, at, dz)
        expected = difference(lambda h, dz=dz: residual_with_fixed_divisor(econ, z + h * dz, at.balance.slope))
        np.testing.assert_allclose(got.f, expected, rtol=1e-7, atol=1e-9 * np.abs(expected).max())
        for name in ("lc", "u", "v"):
            moved = difference(lambda h, dz=dz, name=name: getattr(clear(econ, z + h * dz), name))
            np.testing.assert_allclose(getattr(got, name), moved, rtol=1e-7, atol=1e-8 * np.abs(moved).max())


def test_every_column_of_the_jacobian() -> None:
    """Each unknown by itself: no block of the Jacobian is missing or in the wrong place."""
    _, econ, z, _ = drawn(7)
    at = clear(econ, z)
    for column in range(econ.unknowns):
        dz = np.zeros_like(z)
        dz[column] = 1.0
        expected = difference(lambda h, dz=dz: residual_with_fixed_divisor(econ, z + h * dz, at.balance.slope))
        np.testing.assert_allclose(tangent(econ, z, at, dz).f, expected, atol=1e-8 * np.abs(expected).max())


def shock_rate(shock: Shock, fraction: float) -> ShockRate:
    """Return how the factors of a shock move with the fraction, by their formulas: A pi barrier^-theta, B = A/(1+t)."""
    base = shock.base
    n = len(base.countries)
    part = shock.at(fraction)
    rates = part.t_new
    barrier = np.asarray(part.kappa_hat) * (1 + rates) / (1 + base.tariffs)
    A = base.share * barrier**-base.trade_elasticity
    log_tau = np.log((1 + shock.t_new) / (1 + base.tariffs))
    log_barrier = log_tau + np.log(np.asarray(shock.kappa_hat))
    dA = -base.trade_elasticity * log_barrier * A
    dB = dA / (1 + rates) - A / (1 + rates) * log_tau
    home = np.arange(n)
    dB_home = dB[home, home][..., None].copy()
    dB[home, home] = 0.0
    layout = [np.ascontiguousarray(x.transpose(2, 1, 0)) for x in (dA, dB)]
    D, Z = shock.D_new - base.deficit, shock.Z_new - base.final_exogenous
    return ShockRate(layout[0], layout[1], dB_home, D[:, None], Z[..., None])


@pytest.mark.parametrize("rule", RULES, ids=["world-share", "fixed-nominal"])
@pytest.mark.parametrize("seed", range(4))
def test_tangent_along_a_moving_shock(seed: int, rule: dt.Closure) -> None:
    """With a ShockRate the derivative is that of the residual along the path of the shock, unknowns moving as well.

    Tariffs, icebergs, deficits and exogenous demand all move.
    """
    plain, _, z, rng = drawn(seed, rule)
    base = plain.base
    moved = Shock(
        base, plain.closure, plain.t_new, plain.kappa_hat,
        0.01 * rng.random(base.shape) * base.expenditure, base.deficit * rng.uniform(0.5, 1.5, len(base.deficit)),
    )  # fmt: skip
    econ, _ = moved.at(0.6).economy()
    at = clear(econ, z)
    dz = rng.normal(0, 0.3, z.shape)

    def along(h: float) -> Array:
        return residual_with_fixed_divisor(moved.at(0.6 + h).economy()[0], z + h * dz, at.balance.slope)

    got = tangent(econ, z, at, dz, shock_rate(moved, 0.6))
    expected = difference(along)
    np.testing.assert_allclose(got.f, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max())
    lw = econ.split(z)[0]
    step = econ.split(dz)[0]
    deficit = difference(lambda h: moved.at(0.6 + h).economy()[0].deficits(lw + h * step))
    np.testing.assert_allclose(got.D, deficit, rtol=1e-7, atol=1e-8 * np.abs(deficit).max())


def test_tangent_is_linear() -> None:
    """Twice the direction, twice the derivative."""
    _, econ, z, rng = drawn(3)
    at, dz = clear(econ, z), rng.normal(0, 1, z.shape)
    np.testing.assert_allclose(tangent(econ, z, at, 2 * dz).f, 2 * tangent(econ, z, at, dz).f, rtol=1e-12, atol=1e-12)
