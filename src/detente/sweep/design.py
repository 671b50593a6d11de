"""Points at which the uncertain numbers are taken: low-discrepancy, stratified, random, or Stroud's quadrature.

Sobol points and Latin hypercubes are those of scipy; every design is a function of its seed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import UsageError
from detente.scenario.schema import LATIN, METHODS, RANDOM, SOBOL, STROUD
from detente.sweep.factors import Factor

MOST: Final = 1_000_000
"""Draws of one run; more than that belongs into several seeds."""


@dataclass(frozen=True)
class Design:
    """How draws are made. method: one of `METHODS`; draws: how many; seed: of the generator."""

    method: str
    draws: int
    seed: int

    def validated(self, factors: int) -> Design:
        """Return self, or raise `UsageError`: no draws, too many, or not the number that a quadrature has."""
        if self.method not in METHODS:
            raise UsageError(f"method: found {self.method!r}; expected one of {', '.join(METHODS)}")
        if isinstance(self.draws, bool) or not isinstance(self.draws, int) or not 2 <= self.draws <= MOST:
            raise UsageError(f"draws: found {self.draws!r}; expected a whole number from 2 to {MOST}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise UsageError(f"seed: found {self.seed!r}; expected a whole number of at least 0")
        if self.method == STROUD and self.draws != 2 * factors:
            told = f"{2 * factors}, twice the {factors} uncertain numbers: the points of Stroud's quadrature"
            raise UsageError(f"draws: found {self.draws}; expected {told}; try --draws {2 * factors}")
        return self


def values(factors: Sequence[Factor], design: Design) -> Array:
    """Return the value of every factor in every draw, (draw, factor).

    Raises:
        UsageError: as `Design.validated`.
    """
    design = design.validated(len(factors))
    if design.method == STROUD:
        x = stroud(len(factors))
        return np.stack([factor.distribution.moved(x[:, k]) for k, factor in enumerate(factors)], axis=1)
    u = unit_points(design, len(factors))
    return np.stack([factor.distribution.at(u[:, k]) for k, factor in enumerate(factors)], axis=1)


def unit_points(design: Design, dimensions: int) -> Array:
    """Return points in the open unit cube, (draw, dimension)."""
    if design.method == RANDOM:
        points = np.random.default_rng(design.seed).random((design.draws, dimensions))
    else:
        from scipy.stats import qmc

        rng = np.random.default_rng(design.seed)
        if design.method == SOBOL:
            power = int(np.ceil(np.log2(design.draws)))
            points = qmc.Sobol(dimensions, rng=rng).random_base2(power)[: design.draws]
        elif design.method == LATIN:
            points = qmc.LatinHypercube(dimensions, rng=rng).random(design.draws)
    tiny = np.finfo(float).eps
    return np.asarray(np.clip(points, tiny, 1 - tiny))


def stroud(dimensions: int) -> Array:
    """Return the 2n points of Stroud's rule of degree 3 for n independent numbers of mean 0 and variance 1.

    Equation: x[k, 2r-1] = sqrt(2) cos((2r-1) k pi / n), x[k, 2r] = sqrt(2) sin((2r-1) k pi / n), k = 1..2n; for odd n
        the last is (-1)^k. All have weight 1/(2n).
    Source: Stroud (1957), Remarks on the disposition of points in numerical integration formulas; Arndt (1996) uses it
        for systematic sensitivity analysis.
    Laws: means 0, variances 1, covariances 0; third moments 0 for any product of three.
    """
    n = dimensions
    k = np.arange(1, 2 * n + 1)
    x = np.empty((2 * n, n))
    for r in range(1, n // 2 + 1):
        x[:, 2 * r - 2] = np.sqrt(2) * np.cos((2 * r - 1) * k * np.pi / n)
        x[:, 2 * r - 1] = np.sqrt(2) * np.sin((2 * r - 1) * k * np.pi / n)
    if n % 2:
        x[:, -1] = (-1.0) ** k
    return x
