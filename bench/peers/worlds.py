"""The two worlds that the peers and detente are given: NAFTA as published, and one sector without inputs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

import detente as dt

Array = NDArray[np.float64]

COUNTRIES: Final = (
    "ARG", "AUS", "AUT", "BRA", "CAN", "CHL", "CHN", "DNK", "FIN", "FRA", "DEU", "GRC", "HUN", "IND", "IDN", "IRL",
    "ITA", "JPN", "KOR", "MEX", "NLD", "NZL", "NOR", "PRT", "ZAF", "ESP", "SWE", "TUR", "GBR", "USA", "ROW",
)  # fmt: skip
MEMBERS: Final = ("CAN", "MEX", "USA")
TRADED, SECTORS, SERVICE_THETA = 20, 40, 8.22
ONE_THETA: Final = 4.0
COST_HAT: Final = 1.2
PAIR: Final = ("USA", "CHN")


def nafta(data: Path) -> tuple[dt.Baseline, Array]:
    """Return the world of 1993 without deficits, and the tariffs of 2005 among the NAFTA members.

    Args:
        data: folder that holds the raw folders.
    """
    folder, n = data / "caliendo-parro-2015", len(COUNTRIES)

    def cube(name: str) -> Array:
        filled = np.zeros((n, n, SECTORS))
        filled[:, :, :TRADED] = np.loadtxt(folder / name).reshape(TRADED, n, n).transpose(2, 1, 0)
        filled[np.arange(n), np.arange(n)] = 0.0
        return filled

    flows = cube("xbilat1993.txt") / 1e3
    exports = flows.sum(axis=1)
    flows[np.arange(n), np.arange(n)] = np.maximum(np.loadtxt(folder / "GO.txt").T / 1e6, exports) - exports
    gamma = np.loadtxt(folder / "B.txt").T
    mix = np.maximum(np.loadtxt(folder / "IO.txt"), 0.0).reshape(n, SECTORS, SECTORS).transpose(1, 0, 2)
    inputs = (1 - gamma) * mix / np.maximum(mix.sum(axis=0), 1e-9)
    theta = np.append(np.loadtxt(folder / "T.txt"), np.full(SECTORS - TRADED, SERVICE_THETA))
    codes = [f"S{s:02d}" for s in range(SECTORS)]
    world = dt.Baseline.from_flows(
        COUNTRIES, codes, flows, cube("tariffs1993.txt") / 100, gamma, inputs, theta, treatment="rebalance"
    )
    base = world.purged()
    rates = np.array(base.tariffs)
    inside = np.ix_(*([COUNTRIES.index(code) for code in MEMBERS],) * 2)
    rates[inside] = (cube("tariffs2005.txt") / 100)[inside]
    return base, rates


@dataclass(frozen=True)
class OneSector:
    """A world of one sector without inputs and tariffs, and a change of iceberg costs (origin, dest)."""

    base: dt.Baseline
    cost_hat: Array


def one_sector(*, balanced: bool) -> OneSector:
    """Return world-2022 added up to one sector, with trade costs up by a fifth both ways between two countries."""
    whole = dt.baseline("world-2022")
    n = len(whole.countries)
    flows = whole.flows.sum(axis=2, keepdims=True)
    nothing, value_added = np.zeros((1, n, 1)), np.ones((n, 1))
    base = dt.Baseline.from_flows(
        whole.countries, ["ALL"], flows, np.zeros((n, n, 1)), value_added, nothing, [ONE_THETA]
    )
    return OneSector(base.purged() if balanced else base, raised_cost(whole.countries))


def raised_cost(countries: tuple[str, ...]) -> Array:
    """Return the change of iceberg costs, (origin, dest)."""
    first, second = (countries.index(code) for code in PAIR)
    changed = np.ones((len(countries), len(countries)))
    changed[first, second] = changed[second, first] = COST_HAT
    return changed
