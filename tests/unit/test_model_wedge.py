"""Instruments inside one pass: chains, rents, bounds; and their derivatives against differences, for every kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.core.instruments import DEMAND
from detente.equilibrium import decompose
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.root import Settings, find_root, second_opinion
from detente.equilibrium.shock import Shock
from detente.model.clearing import clear
from detente.model.economy import Economy
from detente.model.tangent import tangent
from detente.model.wedge import contracts, kept_share, licence_share, summed
from economies import Array
from laws.levers import CELL, KINDS, bound, code, world
from unit.test_model_tangent import difference


def everything(base: dt.Baseline) -> tuple[dt.Bound, ...]:
    """Return one or two instruments of every kind, home cells, groups and third parties among them."""
    value = float(base.flows[2, 0, 2])
    return (
        bound(base, "fixed", (0, 1, 0), (1, 1, 1), rate=0.2, to=base.countries[3]),
        bound(base, "fixed", (0, 1, 0), rate=-0.1, to="importer"),
        bound(base, "price-floor", (0, 1, 0), (2, 1, 0), price=1.6, to="exporter"),
        bound(base, "price-floor", (3, 0, 1), price=0.2, to="exporter"),
        bound(base, "guarantee", (3, 3, 2), (3, 1, 2), price=1.3, volume=1.4, to=base.countries[0]),
        bound(base, "quota", (0, 1, 0), (2, 1, 0), volume=0.6, to="exporter"),
        bound(base, "quota", (1, 2, 1), volume=0.5, to="lost"),
        bound(base, "tariff-rate-quota", (1, 0, 0), volume=0.3, rate=float(base.tariffs[1, 0, 0]) + 0.05, to="lost"),
        bound(base, "tariff-rate-quota", (1, 3, 0), volume=0.3, rate=float(base.tariffs[1, 3, 0]) + 0.05),
        bound(base, "minimum", (2, 3, 1), volume=1.5, to="importer"),
        bound(base, "minimum-value", (2, 0, 2), value_musd=1.2 * value, to="importer"),
        bound(base, "demand", (0, 1, 0), (3, 1, 0), value_musd=3.0, to="importer"),
        bound(base, "demand", (2, 2, 2), value_musd=2.0, to="importer"),
    )


def critical(base: dt.Baseline) -> tuple[dt.CriticalInput, ...]:
    """Return two critical goods with users in common."""
    users = tuple((country, base.sectors[1]) for country in base.countries[:3])
    more = (*users, (base.countries[3], base.sectors[2]))
    return dt.CriticalInput(base.sectors[0], users, 0.2), dt.CriticalInput(base.sectors[2], more, 0.2)


def drawn(seed: int, bounds: Any, *, nests: bool = False) -> tuple[Shock, Economy, Array, np.random.Generator]:
    """Return a shock with instruments, its economy at 60 % of the way, and a point away from the root."""
    base, rng = world(seed), np.random.default_rng([11, seed])
    rates = np.where(base.tariffs > 0, base.tariffs + rng.uniform(0, 0.2, base.tariffs.shape), base.tariffs)
    rates[1, :, 0] = base.tariffs[1, :, 0]
    kappa = np.exp(rng.uniform(-0.1, 0.2, base.flows.shape))
    wedges = dt.Wedges(rates, kappa, bounds(base), critical=critical(base) if nests else ()).validated(base)
    shock = as_shock(base, wedges, dt.Closure())
    econ, _ = shock.at(0.6).economy()
    z = rng.normal(0, 0.1, (econ.unknowns, 1))
    return shock, econ, z, rng


def fixed_divisors(econ: Economy, z: Array, at: Any) -> Array:
    """Return the residual with the divisors of the wage rows and of the bounds held, as the tangent has it."""
    new = clear(econ, z)
    f, n = new.f.copy(), econ.shape[0]
    f[:n] += new.balance.gap / at.balance.slope - np.clip(new.balance.gap / new.balance.slope, -0.7, 0.7)
    if new.took is not None and len(new.took.gap):
        lmu, limits = econ.bounds(z), econ.wedges.bounds
        f[-len(lmu) :] = np.clip(lmu + new.took.gap / at.took.divisor, limits.lower, limits.upper) - lmu
    return f


def only(kind: str) -> Any:
    """Return the instruments of one kind among all."""
    return lambda base: tuple(lever for lever in everything(base) if lever.kind == kind)


@pytest.mark.parametrize("nests", [False, True], ids=["plain", "nests"])
@pytest.mark.parametrize("kind", [*KINDS, "everything"])
def test_tangent_in_the_unknowns(kind: str, nests: bool) -> None:
    """Central differences of a pass at random points, each kind alone and all together."""
    for seed in range(3):
        _, econ, z, rng = drawn(seed, everything if kind == "everything" else only(kind), nests=nests)
        at = clear(econ, z)
        for _ in range(2):
            dz = rng.normal(0, 1, z.shape)
            got = tangent(econ, z, at, dz)
            expected = difference(lambda h, dz=dz: fixed_divisors(econ, z + h * dz, at), h=2e-4)  # noqa: B023
            np.testing.assert_allclose(got.f, expected, rtol=1e-6, atol=1e-8 * np.abs(expected).max())
            for name in ("withheld", "transfers", "F"):
                moving = difference(lambda h, dz=dz, name=name: getattr(clear(econ, z + h * dz).took, name), h=2e-4)  # noqa: B023
                scale = 1e-8 * max(np.abs(moving).max(), 1e-6)
                np.testing.assert_allclose(getattr(got.wedges, name), moving, rtol=1e-6, atol=scale)


@pytest.mark.parametrize("nests", [False, True], ids=["plain", "nests"])
@pytest.mark.parametrize("kind", [*KINDS, "everything"])
def test_tangent_along_a_moving_shock(kind: str, nests: bool) -> None:
    """Tariffs, icebergs, levels of the instruments and unknowns move together."""
    for seed in range(2):
        shock, econ, z, rng = drawn(seed, everything if kind == "everything" else only(kind), nests=nests)
        at, dz = clear(econ, z), rng.normal(0, 0.3, z.shape)
        rate = decompose._rate(shock, 0.6, SimpleNamespace(econ=econ))  # type: ignore[arg-type]
        got = tangent(econ, z, at, dz, rate)

        def along(h: float, z: Array = z, dz: Array = dz, at: Any = at, shock: Shock = shock) -> Array:
            return fixed_divisors(shock.at(0.6 + h).economy()[0], z + h * dz, at)

        expected = difference(along, h=2e-4)
        np.testing.assert_allclose(got.f, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("nests", [False, True], ids=["plain", "nests"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != DEMAND])
def test_newton_agrees_with_anderson(kind: str, nests: bool) -> None:
    """Two solvers, one equilibrium: Newton from a perturbed start ends where Anderson does."""
    base = world(2)
    levers = {
        "minimum-value": {"value_musd": 1.1 * float(base.flows[CELL])},
        "fixed": {"rate": 0.3},
        "quota": {"volume": 0.6},
        "tariff-rate-quota": {"volume": 0.6, "rate": 0.9},
        "minimum": {"volume": 1.3},
        "price-floor": {"price": 1.2},
        "guarantee": {"price": 1.2, "volume": 1.2},
    }
    lever = bound(base, kind, to="importer", **levers[kind])
    wedges = dt.Wedges(bounds=(lever,), critical=critical(base) if nests else ()).validated(base)
    shock = as_shock(base, wedges, dt.Closure())
    root = find_root(shock, Settings(tol=1e-12))
    assert root.converged
    off = np.random.default_rng(0).normal(0, 0.02, len(root.z))
    other = second_opinion(root.econ, root.z[:, 0] + off, Settings(tol=1e-12))
    assert other.status[0] == "CONVERGED"
    assert np.abs(other.value - root.z).max() <= 1e-9


def test_links_stand_in_the_order_of_the_price_chain() -> None:
    """What the origin levies is inside, what the importer does is outside, whatever the order of the list."""
    base = world(0)
    levers = [
        bound(base, "quota", volume=0.5),
        bound(base, "price-floor", price=1.1),
        bound(base, "fixed", rate=0.1),
    ]
    for order in (levers, levers[::-1]):
        plan = as_shock(base, dt.Wedges(bounds=tuple(order)).validated(base), dt.Closure()).plan
        assert plan is not None
        links = plan.wedges.links
        assert links.fixed[:, 0].tolist() == [pytest.approx(np.log(1.1)), 0.0, 0.0]
        assert np.isfinite(links.floor[:, 0]).tolist() == [False, True, False]
        assert links.bound.tolist() == [-1, -1, 0]


def test_without_wedges_the_chain_is_the_dense_factor() -> None:
    """Laws of `chained`: no wedge leaves A; two wedges are their product."""
    _, econ, z, _ = drawn(0, only("quota"))
    z[-len(econ.bounds(z)) :] = 0.0
    at = clear(econ, z)
    assert (at.chain.a == econ.wedges.A).all()
    l = np.array([[0.2], [0.3]])  # noqa: E741
    z[-2:] = l
    moved = clear(econ, z).chain
    expected = econ.wedges.A * np.exp(-econ.wedges.theta * np.array([[0.2], [0.3], [0.2]]))
    np.testing.assert_allclose(moved.a, expected, rtol=1e-14)
    np.testing.assert_allclose(moved.b, expected / econ.wedges.tau, rtol=1e-14)


def test_rents_are_transfers_at_any_point() -> None:
    """Law of `taken`: what leaves producers is what countries receive, on and off the equilibrium."""
    for seed in range(4):
        _, econ, z, _ = drawn(seed, everything)
        took = clear(econ, z).took
        np.testing.assert_allclose(took.withheld.sum(), took.transfers.sum(), rtol=1e-12)
        np.testing.assert_allclose(took.rents, took.withheld.sum(axis=1), rtol=1e-12)


def test_batch_columns_are_single_passes() -> None:
    """Several points at once are the points one by one, instruments included."""
    _, econ, z, rng = drawn(0, everything, nests=True)
    many = z + rng.normal(0, 0.05, (len(z), 3))
    together = clear(econ, many)
    for column in range(3):
        one = clear(econ, many[:, [column]])
        np.testing.assert_allclose(together.f[:, [column]], one.f, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(together.took.transfers[:, [column]], one.took.transfers, rtol=1e-12, atol=1e-10)


def test_licences_get_their_part_only() -> None:
    """Beyond a tariff-rate quota its holders get Qbar/Q of the rent; a wasted licence wastes that part and no more."""
    _, econ, _, _ = drawn(0, only("tariff-rate-quota"))
    gap = np.array([[np.log(2.0)], [-0.1]])
    assert licence_share(econ.wedges, gap)[:, 0].tolist() == [0.5, 1.0]
    assert kept_share(econ.wedges, gap)[:, 0].tolist() == [0.5, 1.0]


def test_contract_volume_is_that_of_all_cells() -> None:
    """A guarantee covers the volume of its cells together."""
    shock, econ, _, _ = drawn(0, only("guarantee"))
    given, volume, o, s = contracts(econ.wedges)
    base = shock.base
    expected = 1.4**0.6 * (base.flows[3, 3, 2] + base.flows[3, 1, 2])
    assert (len(given), int(o[0]), int(s[0])) == (1, 3, 2)
    assert abs(volume[0, 0] / expected - 1) <= 1e-12


def test_sums_leave_out_what_nobody_gets() -> None:
    """`summed` adds by destination and drops those sent to -1."""
    values = np.array([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]])
    assert summed(values, np.array([1, -1, 1]), 3).tolist() == [[0, 0], [5, 50], [0, 0]]


def test_directed_demand_by_market() -> None:
    """Home purchases are home sales; foreign ones are imports there and exports here, less duty."""
    shock, econ, _, _ = drawn(0, only("demand"))
    directed = econ.directed
    base, w = shock.base, econ.wedges
    np.testing.assert_allclose(np.asarray(directed.spending)[..., 0].sum(), 0.6 * 5.0, rtol=1e-12)
    assert abs(np.asarray(directed.home)[2, 2, 0] - 0.6 * 2.0) <= 1e-12
    np.testing.assert_allclose(np.asarray(directed.M).sum(), np.asarray(directed.E).sum(), rtol=1e-14)
    foreign = w.directed[~w.home] / w.tau[~w.home]
    np.testing.assert_allclose(np.asarray(directed.M).sum(), foreign.sum(), rtol=1e-14)
    assert base.countries[0] == code(base)[0]
