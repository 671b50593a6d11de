"""What is uncertain in a scenario: elasticities, critical inputs, levels with a range; each with its distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from detente.baseline import Baseline
from detente.baseline.catalogue import elasticity_sets
from detente.baseline.estimates import estimates, parent_of
from detente.core.arrays import Array
from detente.core.errors import Problem, ScenarioError
from detente.scenario.schema import BY_SD, BY_SET, BY_SPREAD, Critical, Scenario
from detente.scenario.variants import RATE, Levels, number_in

ELASTICITY: Final = "trade elasticities"
CRITICAL: Final = "critical inputs"
MEASURE: Final = "levels of measures"
FURTHEST: Final = 3.0
"""Standard deviations at which the normal distribution of a log elasticity is cut."""

NOT_SOLVED: Final = ("fee", "stock")
"""Fields that state a fact and move no number."""


class Distribution(Protocol):
    """How one number is distributed."""

    def at(self, u: Array) -> Array:
        """Return the quantiles at probabilities u in (0, 1)."""

    def moved(self, x: Array) -> Array:
        """Return the values x standard deviations away from the centre, for quadrature."""

    @property
    def span(self) -> tuple[float, float, float]:
        """Return the 5 % quantile, the centre of a run without draws, and the 95 % quantile."""


@dataclass(frozen=True)
class LogNormal:
    """A positive number whose logarithm is normal around that of the centre, cut at three standard deviations."""

    centre: float
    sd_log: float

    def at(self, u: Array) -> Array:
        """Return quantiles; the median is the centre."""
        from scipy.special import ndtr, ndtri

        inside = ndtr(-FURTHEST) + (ndtr(FURTHEST) - ndtr(-FURTHEST)) * u
        return np.asarray(self.centre * np.exp(self.sd_log * ndtri(inside)))

    def moved(self, x: Array) -> Array:
        """Return values x standard deviations away in logs."""
        return np.asarray(self.centre * np.exp(self.sd_log * x))

    @property
    def span(self) -> tuple[float, float, float]:
        """Return the 5 % quantile, the centre and the 95 % quantile."""
        low, high = self.at(np.array([0.05, 0.95]))
        return float(low), self.centre, float(high)


@dataclass(frozen=True)
class Triangular:
    """A number between low and high, most likely the mode."""

    low: float
    mode: float
    high: float

    def at(self, u: Array) -> Array:
        """Return quantiles."""
        width, left = self.high - self.low, self.mode - self.low
        if width == 0:
            return np.full_like(u, self.mode)
        rising = self.low + np.sqrt(u * width * left)
        falling = self.high - np.sqrt((1 - u) * width * (width - left))
        return np.asarray(np.where(u * width < left, rising, falling))

    def moved(self, x: Array) -> Array:
        """Return values x standard deviations away from the mean, inside the range."""
        a, b, c = self.low, self.mode, self.high
        sd = np.sqrt((a * a + b * b + c * c - a * b - a * c - b * c) / 18)
        return np.asarray(np.clip((a + b + c) / 3 + sd * x, a, c))

    @property
    def span(self) -> tuple[float, float, float]:
        """Return the 5 % quantile, the mode and the 95 % quantile."""
        low, high = self.at(np.array([0.05, 0.95]))
        return float(low), self.mode, float(high)


@dataclass(frozen=True)
class OneOf:
    """One of several sets of numbers, all equally likely; its value is the number of the set."""

    names: tuple[str, ...]

    def at(self, u: Array) -> Array:
        """Return the number of the set."""
        return np.asarray(np.minimum(np.floor(u * len(self.names)), len(self.names) - 1))

    def moved(self, x: Array) -> Array:
        """Refuse: a choice has no mean."""
        raise ScenarioError(
            problems=[
                Problem(
                    "", "uncertainty", "elasticities: sets under method stroud", "sd or spread: a choice has no mean"
                )
            ]
        )

    @property
    def span(self) -> tuple[float, float, float]:
        """Return the numbers of the first set, of none, and of the last."""
        return 0.0, float("nan"), float(len(self.names) - 1)


@dataclass(frozen=True)
class Factor:
    """One uncertain number.

    Attributes:
        name: for people, such as "elasticity C26" or "us-port-fees as_cost".
        group: `ELASTICITY`, `CRITICAL`, `MEASURE`.
        distribution: of the number. unit: as shown.
        sectors: positions whose elasticity it is. products: critical inputs whose substitution (or, with `field`
        "capacity", capacity) it is. measure, field: the level it is.
    """

    name: str
    group: str
    distribution: Distribution
    unit: str = ""
    sectors: tuple[int, ...] = ()
    products: tuple[str, ...] = ()
    measure: str = ""
    field: str = ""


def factors_of(case: Scenario, base: Baseline) -> tuple[Factor, ...]:
    """Return everything that is uncertain, in a fixed order: elasticities, critical inputs, measures as in the file.

    All measures with a range belong, whether they apply or not, so that a draw is the same in every branch.
    Args:
        case: the scenario. base: its world, product sectors included.
    Raises:
        ScenarioError: nothing is uncertain, or an sd is asked for that the file does not state.
    """
    found = (*_elasticities(case, base), *_critical(case.critical), *_levels(case))
    if not found:
        expected = "at least one range {low, mode, high}, or model.trade_elasticity: {set: .., sd: 25%}"
        raise ScenarioError(problems=[Problem(case.path, "uncertainty", "nothing that is uncertain", expected)])
    return found


def _elasticities(case: Scenario, base: Baseline) -> Iterator[Factor]:
    known = estimates(base)
    how = case.uncertainty.elasticities or (BY_SD if case.elasticity_sd is not None else BY_SPREAD)
    asked = bool(case.uncertainty.elasticities)
    if how == BY_SET:
        names = published_sets(case)
        _refuse_unless(case, len(names) > 1, "elasticities: sets, but no published sets for this baseline")
        yield Factor("elasticity set", ELASTICITY, OneOf(names), sectors=tuple(range(len(base.sectors))))
        return
    if how == BY_SD:
        sd = case.elasticity_sd or 0.0
        _refuse_unless(case, sd > 0, "elasticities: sd, but model.trade_elasticity states none above 0%")
        spread = [float(np.sqrt(np.log1p(sd**2)))] * len(known)
    else:
        spread = [each.sd_log or 0.0 for each in known]
        _refuse_unless(case, any(spread) or not asked, "elasticities: spread, but no published sets for this baseline")
    for each, sd_log in zip(known, spread, strict=True):
        if sd_log > 0:
            yield Factor(f"elasticity {each.name}", ELASTICITY, LogNormal(each.theta, sd_log), sectors=each.sectors)


def _refuse_unless(case: Scenario, fine: bool, found: str) -> None:
    if not fine:
        expected = "sd with a stated sd, or spread or sets where published sets exist"
        raise ScenarioError(problems=[Problem(case.path, "uncertainty", found, expected)])


def published_sets(case: Scenario) -> tuple[str, ...]:
    """Return the names of the published elasticity sets of a scenario's baseline, their median not among them."""
    return tuple(name for name in elasticity_sets(case.baseline.id) if name != "default")


def elasticities_of_set(case: Scenario, base: Baseline, name: str) -> Array:
    """Return the elasticities of a published set on a world, product sectors with their parents' (sector,)."""
    values = elasticity_sets(case.baseline.id)[name].values
    return np.array([values[parent_of(base, sector)] for sector in base.sectors])


def _critical(items: Sequence[Critical]) -> Iterator[Factor]:
    """Yield substitutions, one for all inputs that share users, and capacities."""
    groups: list[list[Critical]] = []
    for item in items:
        near = [group for group in groups if any(set(item.users) & set(other.users) for other in group)]
        groups = [group for group in groups if group not in near] + [
            [*(each for group in near for each in group), item]
        ]
    for group in groups:
        names = tuple(item.product for item in group)
        if group[0].rho_range is not None:
            shape = Triangular(*group[0].rho_range)
            yield Factor(f"substitution of {', '.join(names)}", CRITICAL, shape, products=names)
    for item in items:
        if isinstance(item.capacity, Mapping):
            shape = Triangular(*(number_in(item.capacity[name]) for name in ("low", "mode", "high")))
            yield Factor(
                f"capacity of {item.product}", CRITICAL, shape, "% of base", products=(item.product,), field="capacity"
            )


def _levels(case: Scenario) -> Iterator[Factor]:
    for measure in case.measures:
        if measure.rate_range is not None:
            shape = Triangular(*(rate.value for rate in measure.rate_range))
            yield Factor(f"{measure.id} rate", MEASURE, shape, "fraction", measure=measure.id, field=RATE)
        for name, texts in measure.details.items():
            if isinstance(texts, Mapping) and name not in NOT_SOLVED:
                shape = Triangular(*(number_in(texts[each]) for each in ("low", "mode", "high")))
                unit = texts["mode"].lstrip("<>=+-.0123456789e ")
                yield Factor(f"{measure.id} {name}", MEASURE, shape, unit, measure=measure.id, field=name)


@dataclass(frozen=True)
class Draw:
    """One draw: elasticities (sector,), or None for those of the world; and the levels of the scenario."""

    elasticities: Array | None
    levels: Levels


def draw_of(case: Scenario, base: Baseline, factors: Sequence[Factor], values: Array) -> Draw:
    """Return one row of values, in the order of the factors, as elasticities and levels."""
    theta: Array | None = None
    measures: dict[tuple[str, str], float] = {}
    rho: dict[str, float] = {}
    capacity: dict[str, float] = {}
    for factor, value in zip(factors, values.tolist(), strict=True):
        if isinstance(factor.distribution, OneOf):
            theta = elasticities_of_set(case, base, factor.distribution.names[int(value)])
        elif factor.sectors:
            theta = base.trade_elasticity.copy() if theta is None else theta
            theta[list(factor.sectors)] = value
        elif factor.measure:
            measures[factor.measure, factor.field] = value
        else:
            (capacity if factor.field else rho).update(dict.fromkeys(factor.products, value))
    return Draw(theta, Levels(measures, rho, capacity))
