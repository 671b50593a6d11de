"""One scenario with what a sweep or a command line changes in it: plain data that travels to workers and into keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

from detente.core.closure import Closure
from detente.core.errors import UsageError, nearest
from detente.policy.levels import check_levels
from detente.scenario.schema import MAIN, Scenario
from detente.scenario.variants import RATE


@dataclass(frozen=True)
class Variant:
    """What is solved, but for the scenario file and the world, which are named by their checksums.

    Attributes:
        scenario, world: sha256 of the scenario as loaded, and of its world with product sectors and elasticities.
        branches: names. on, as_of: days as text, or "". include, drop: as on the command line.
        levels: "ID.field" -> level as text, such as {"us-fentanyl.rate": "+10pp"}.
        deficits, revenue, numeraire: the closure; "" is the scenario's. elasticities: the set; "" is the scenario's.
        tol, max_iter: of the solver, or None.
    """

    scenario: str
    world: str
    branches: tuple[str, ...] = (MAIN,)
    on: str = ""
    as_of: str = ""
    include: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    levels: Mapping[str, str] = field(default_factory=dict)
    deficits: str = ""
    revenue: str = ""
    numeraire: str = ""
    elasticities: str = ""
    include_purge: bool = False
    tol: float | None = None
    max_iter: int | None = None

    def plain(self) -> dict[str, Any]:
        """Return plain data for JSON; `Variant.of` reads it."""
        return asdict(self) | {"levels": dict(self.levels)}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Variant:
        """Return the variant that `plain` wrote."""
        lists = {name: tuple(data[name]) for name in ("branches", "include", "drop")}
        return cls(**{**data, **lists})

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings of the solver that are not the usual ones."""
        given = {"tol": self.tol, "max_iter": self.max_iter}
        return {name: value for name, value in given.items() if value is not None}


def applied(case: Scenario, variant: Variant) -> Scenario:
    """Return the scenario with the levels, closure and elasticity set of a variant.

    Raises:
        UsageError: unknown measure or field, a level that cannot be, a closure that contradicts itself.
    """
    for name, text in variant.levels.items():
        case = with_level(case, name, text)
    if variant.deficits or variant.revenue or variant.numeraire:
        given = case.closure
        numeraire = variant.numeraire or (given.numeraire if not variant.deficits else None)
        case = case.replace(
            closure=Closure(variant.deficits or given.deficits, variant.revenue or given.revenue, numeraire)
        )
    if variant.elasticities:
        case = case.replace(elasticities=variant.elasticities)
    purge = (case.include_purge or variant.include_purge) and case.closure.deficits == "balanced"
    return case.replace(include_purge=purge)


def with_level(case: Scenario, name: str, text: str) -> Scenario:
    """Return the scenario with one level of one measure changed.

    Args:
        case: the scenario. name: "ID.field", such as "us-fentanyl.rate" or "cn-licence-april.volume"; the rate if the
            field is left out. text: the level as a file would have it.
    Raises:
        UsageError: an unknown measure, a field that it does not have, a level that cannot be.
    """
    id_, _, field_name = name.partition(".")
    measure = case.measure(id_)
    if field_name in ("", RATE):
        return case.set(id_, text)
    if field_name not in measure.details:
        known = [RATE, *measure.details] if measure.rate is not None else [*measure.details]
        hint = nearest(field_name, known)
        expected = f"a field of {id_} with a level: {', '.join(known)}"
        raise UsageError(f"{name}: found {field_name!r}; expected {expected}" + (f"; try {hint}" if hint else ""))
    changed = replace(measure, details=MappingProxyType({**measure.details, field_name: text}))
    wrong = check_levels(changed)
    if wrong:
        raise UsageError(f"{name}: {wrong[0]}")
    return case.replace(measures=tuple(changed if each.id == id_ else each for each in case.measures))
