"""One branch with other numbers in its measures: what a draw changes is compiled again, the rest is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from detente.baseline import Baseline
from detente.core.arrays import frozen_array
from detente.core.units import NUMBER, Rate
from detente.policy.compile import wedges as compiled_wedges
from detente.policy.measure import Measure
from detente.policy.rates import RATED
from detente.policy.wedges import Wedges
from detente.scenario.critical import capacities, critical_inputs
from detente.scenario.run import BranchPlan
from detente.scenario.schema import Critical, Scenario

RATE: Final = "rate"
TWO_RATES: Final = "tariff-rate-quota"
_NUMBER = re.compile(NUMBER)
_NOTHING: Final[Mapping[Any, float]] = MappingProxyType({})


@dataclass(frozen=True)
class Levels:
    """Numbers in place of the modes of ranges.

    Attributes:
        measures: (id, field) -> number in the unit of the file; a rate is a fraction.
        rho, capacity: product -> number; a capacity is in percent of base.
    """

    measures: Mapping[tuple[str, str], float] = field(default_factory=lambda: _NOTHING)
    rho: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    capacity: Mapping[str, float] = field(default_factory=lambda: _NOTHING)


def number_in(text: str) -> float:
    """Return the number of a level such as "70% of base" or "+10pp", in the unit of the text."""
    match = _NUMBER.search(text)
    if match is None:
        raise ValueError(f"a number in {text!r}")
    return float(match[0])


def with_number(text: str, value: float) -> str:
    """Return a level with another number: the unit stays, and the sign of points."""
    return _NUMBER.sub(lambda match: f"{value:+.17g}" if match[0][0] in "+-" else f"{value:.17g}", text, count=1)


def with_levels(measure: Measure, levels: Levels) -> Measure:
    """Return a measure with the numbers of a draw; itself if the draw has none for it."""
    mine = {name: value for (owner, name), value in levels.measures.items() if owner == measure.id}
    if not mine:
        return measure
    rate = mine.pop(RATE, None)
    details = dict(measure.details)
    for name, value in mine.items():
        texts = details[name]
        details[name] = with_number(texts["mode"] if isinstance(texts, Mapping) else texts, value)
    changed = measure.rate if rate is None or measure.rate is None else Rate(rate, measure.rate.added)
    return replace(measure, rate=changed, details=MappingProxyType(details))


def with_critical(items: Sequence[Critical], levels: Levels) -> tuple[Critical, ...]:
    """Return critical inputs with the substitutions and capacities of a draw."""
    return tuple(
        replace(
            item,
            rho=levels.rho.get(item.product, item.rho),
            capacity=f"{levels.capacity[item.product]:.17g}% of base"
            if item.product in levels.capacity
            else item.capacity,
        )
        for item in items
    )


class Variants:
    """The wedges of one branch under draws of its levels.

    Tariffs are compiled once where no range touches them, and all draws then hold the same array; so are instruments.
    """

    def __init__(self, scenario: Scenario, base: Baseline, branch: BranchPlan) -> None:
        self.scenario = scenario
        self.base = base
        self.branch = branch
        applied = branch.regime.applied
        together = any(measure.kind == TWO_RATES for measure in applied)
        self.parts = (
            [applied]
            if together
            else [[measure for measure in applied if (measure.kind in RATED) is rated] for rated in (True, False)]
        )
        self._known: dict[Any, Wedges] = {}

    def wedges(self, levels: Levels) -> Wedges:
        """Return the branch with the levels of a draw.

        Raises:
            PolicyError: levels that contradict each other, such as a rate above a quota that is below the one up to it.
        """
        compiled = [self._compiled(number, levels) for number in range(len(self.parts))]
        found = compiled[0]
        for more in compiled[1:]:
            found = replace(
                found, trade_cost_hat=more.trade_cost_hat, bounds=more.bounds, final_exogenous=more.final_exogenous
            )
        case = self.scenario.replace(critical=with_critical(self.scenario.critical, levels))
        key = ("critical", tuple(levels.rho.items()), tuple(levels.capacity.items()))
        if key not in self._known:
            self._known[key] = Wedges(bounds=capacities(case, self.base), critical=critical_inputs(case, self.base))
        last = self._known[key]
        bounds = (*found.bounds, *last.bounds) if last.bounds else found.bounds
        return replace(found, bounds=bounds, critical=last.critical)

    def _compiled(self, number: int, levels: Levels) -> Wedges:
        """Return the wedges of rated measures (0) or of the others (1); kept where the draw changes nothing of them."""
        measures = [with_levels(measure, levels) for measure in self.parts[number]]
        same = all(new is old for new, old in zip(measures, self.parts[number], strict=True))
        if not same:
            return compiled_wedges(self.base, measures)
        if number not in self._known:
            found = compiled_wedges(self.base, measures)
            arrays = {name: getattr(found, name) for name in ("tariffs", "trade_cost_hat", "final_exogenous")}
            kept: dict[str, Any] = {name: frozen_array(array) for name, array in arrays.items() if array is not None}
            self._known[number] = replace(found, **kept)
        return self._known[number]
