"""From solved draws to bands: quantiles, how far they have converged, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from detente.core.arrays import Array
from detente.core.bands import Assumption, Bands, Failed
from detente.core.errors import SolveError
from detente.core.tables import COUNTRY_VARIABLES
from detente.equilibrium.draws import Solved
from detente.scenario.schema import STROUD
from detente.sweep.design import Design
from detente.sweep.factors import Factor
from detente.sweep.influence import influence

CERTAIN = 1.96
"""Standard deviations on either side of a rank that hold 95 % of a binomial distribution."""


def bands_of(
    factors: Sequence[Factor],
    design: Design,
    values: Array,
    labels: Sequence[str],
    draws: Sequence[Solved],
    levels: tuple[float, ...],
) -> Bands:
    """Return the bands of one branch.

    Args:
        factors, design, values: what was drawn. labels: of the table. draws: solved, in the order of the design.
        levels: quantiles.
    Raises:
        SolveError: fewer than two draws have numbers.
    """
    failed = tuple(Failed(at, each.status, each.text) for at, each in enumerate(draws) if not each.ok)
    kept = [at for at, each in enumerate(draws) if each.ok]
    if len(kept) < 2:
        told = "; ".join(f"draw {each.draw}: {each.status}: {each.text}" for each in failed[:3])
        raise SolveError(f"no bands: {len(kept)} of {len(draws)} draws have a certified equilibrium; {told}")
    sample = np.array([draws[at].kept for at in kept])
    quantile, error = quadrature(sample, levels) if design.method == STROUD else ordered(sample, levels)
    return Bands(
        method=design.method,
        seed=design.seed,
        levels=levels,
        asked=len(draws),
        statuses=dict(Counter(each.status for each in draws).most_common()),
        failed=failed,
        variables=tuple(COUNTRY_VARIABLES),
        labels=tuple(labels),
        sample=sample,
        quantile=quantile,
        error=error,
        mean=sample.mean(axis=0),
        sd=sample.std(axis=0, ddof=1),
        above=(sample > 0).mean(axis=0),
        assumptions=tuple(Assumption(each.name, each.group, each.unit, *each.distribution.span) for each in factors),
        values=values[kept],
        influence=influence(factors, values[kept], sample),
    )


def ordered(sample: Array, levels: Sequence[float]) -> tuple[Array, Array]:
    """Return quantiles over the first axis and the half width of the 95 % interval of each.

    The interval of a quantile is between two draws, whose ranks are those within which a binomial count falls 95 times
    in 100: it holds for any distribution, and is too wide rather than too narrow for low-discrepancy points.
    Args:
        sample: (draw, ..). levels: in (0, 1).
    Laws: the median of an odd number of draws is the middle one; a constant sample has error 0.
    Source: order statistics; David and Nagaraja (2003), Order Statistics, section 7.1.
    """
    count, rising = len(sample), np.sort(sample, axis=0)
    quantile = np.quantile(rising, levels, axis=0)
    error = []
    for level in levels:
        reach = CERTAIN * np.sqrt(count * level * (1 - level))
        low = int(np.clip(np.floor(count * level - reach), 0, count - 1))
        high = int(np.clip(np.ceil(count * level + reach), 0, count - 1))
        error.append((rising[high] - rising[low]) / 2)
    return np.asarray(quantile), np.array(error)


def quadrature(sample: Array, levels: Sequence[float]) -> tuple[Array, None]:
    """Return the quantiles of a normal distribution with the mean and variance of the points of a quadrature.

    A quadrature gives moments, no distribution; nothing is known about its error from its own points.
    Args:
        sample: (point, ..), all of equal weight. levels: in (0, 1).
    """
    from scipy.special import ndtri

    mean, sd = sample.mean(axis=0), sample.std(axis=0)
    return np.array([mean + ndtri(level) * sd for level in levels]), None
