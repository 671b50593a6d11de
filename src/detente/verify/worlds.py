"""Invented worlds, the packaged one, and the shocks put to them. Only `policy_world` has real codes."""

from __future__ import annotations

from functools import cache

import numpy as np

from detente.baseline import Baseline
from detente.baseline.catalogue import load_baseline
from detente.core.arrays import Array

TIGHT = 1e-13
"""Tolerance of solves whose laws are held to 1e-10 or better."""

NAMES = ("ATLANTIS", "ELDORADO", "LILLIPUT", "UTOPIA", "ARCADIA", "AVALON", "LAPUTA", "ERIADOR")


def invented(
    countries: int, sectors: int, seed: int, *, inputs: bool = True, tariffs: bool = True, deficits: bool = True
) -> Baseline:
    """Return a small invented world.

    Args:
        countries, sectors: its size. seed: another one is another world. inputs: with intermediate inputs.
        tariffs: with tariffs on two thirds of foreign cells. deficits: False makes flows symmetric, so trade balances.
    """
    rng = np.random.default_rng([countries, sectors, seed])
    n, j = countries, sectors
    flows = np.exp(rng.normal(3.0, 0.7, (n, n, j)))
    flows[rng.random((n, n, j)) < 0.1] = 0.0
    if not deficits:
        flows = (flows + flows.transpose(1, 0, 2)) / 2
    home = np.arange(n)
    flows[home, home] = flows.sum(axis=0) * rng.uniform(2.0, 4.0, (n, j)) + 100.0
    rates = np.where(rng.random((n, n, j)) < 2 / 3, rng.uniform(0.0, 0.3, (n, n, j)), 0.0) * float(tariffs)
    rates[home, home] = 0.0
    share, mix = _technology(rng, flows, inputs)
    theta = rng.uniform(2.5, 8.0, j)
    labels = NAMES[:n], tuple(f"S{s}" for s in range(j))
    return Baseline.from_flows(*labels, flows, rates, share, mix, theta, sources={"id": "invented"})


def _technology(rng: np.random.Generator, flows: Array, inputs: bool) -> tuple[Array, Array]:
    """Return value-added and input shares; inputs lean to what is bought, so that final demand is positive."""
    n, j = flows.shape[1:]
    if not inputs:
        return np.ones((n, j)), np.zeros((j, n, j))
    bought = flows.sum(axis=0)
    mix = (bought / bought.sum(axis=1, keepdims=True)).T[:, :, None] * np.exp(rng.normal(0.0, 0.3, (j, n, j)))
    value_added = rng.uniform(0.45, 0.8, (n, j))
    share = (1 - value_added) * mix / mix.sum(axis=0)
    return 1 - share.sum(axis=0), share


@cache
def toy() -> Baseline:
    """Return the toy: 4 countries x 3 sectors with inputs, tariffs, deficits and demand outside budget shares."""
    base = invented(4, 3, 1)
    return base.replace(final_exogenous=0.1 * np.arange(12.0).reshape(4, 3))


@cache
def balanced_toy() -> Baseline:
    """Return a toy with inputs, without tariffs and deficits."""
    return invented(4, 3, 2, tariffs=False, deficits=False)


@cache
def policy_world() -> Baseline:
    """Return a world with real codes and invented numbers: tariffs 2.9 % everywhere abroad on goods, services free."""
    n, j = 4, 3
    flows = 5.0 + np.arange(48.0).reshape(n, n, j)
    flows[np.arange(n), np.arange(n)] += 400.0
    rates = np.full((n, n, j), 0.029)
    rates[np.arange(n), np.arange(n)] = 0.0
    rates[:, :, 2] = 0.0
    shares = np.ones((n, j)), np.zeros((j, n, j))
    names = ("USA", "CHN", "DEU", "MEX"), ("A01", "C26", "SERV")
    return Baseline.from_flows(*names, flows, rates, *shares, np.full(j, 4.0), sources={"id": "invented"})


@cache
def world_2022() -> Baseline:
    """Return the packaged world."""
    return load_baseline("world-2022")


def new_tariffs(base: Baseline, seed: int = 0) -> Array:
    """Return new rates: a third of the foreign cells of sectors with tariffs (all if none has) move by up to 40 %."""
    rng = np.random.default_rng([seed, 77])
    goods = (base.tariffs > 0).any(axis=(0, 1)) | ~(base.tariffs > 0).any()
    hit = (rng.random(base.tariffs.shape) < 1 / 3) & goods
    rates: Array = np.where(hit, base.tariffs + rng.uniform(0.0, 0.4, hit.shape), base.tariffs)
    rates[np.arange(len(rates)), np.arange(len(rates))] = 0.0
    return rates


def new_costs(base: Baseline, seed: int = 0) -> Array:
    """Return iceberg changes of up to 30 % on half of the foreign cells, and one embargo."""
    rng = np.random.default_rng([seed, 78])
    moved = rng.random(base.flows.shape) < 0.5
    kappa: Array = np.where(moved, np.exp(rng.uniform(-0.3, 0.3, moved.shape)), 1.0)
    if kappa[0, 0].size > 1:  # with one sector it could leave trade that runs one way only
        kappa[1, 0, 0] = np.inf
    kappa[np.arange(len(kappa)), np.arange(len(kappa))] = 1.0
    return kappa


def us_on_china(base: Baseline, points: float = 0.25) -> Array:
    """Return the rates of the packaged world when the United States add points on goods from China."""
    rates = np.array(base.tariffs)
    goods = [s for s, code in enumerate(base.sectors) if code != "SERV"]
    rates[base.countries.index("CHN"), base.countries.index("USA"), goods] += points
    return rates
