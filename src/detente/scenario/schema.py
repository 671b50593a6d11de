"""A scenario as frozen things: what the file says after all its problems are out of the way."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePath
from typing import Any, Final

from detente.core.closure import Closure
from detente.core.errors import UsageError, nearest
from detente.core.units import parse_rate
from detente.policy.measure import Measure, Products
from detente.policy.table import rate_problem

MAIN: Final = "main"
AUTHORITY: Final = "authority="
DEFAULT_CLOSURE: Final = Closure()

SOBOL: Final = "sobol"
LATIN: Final = "latin-hypercube"
RANDOM: Final = "random"
STROUD: Final = "stroud"
METHODS: Final = (SOBOL, LATIN, RANDOM, STROUD)
BY_SD: Final = "sd"
BY_SPREAD: Final = "spread"
BY_SET: Final = "sets"
ELASTICITY_DRAWS: Final = (BY_SD, BY_SPREAD, BY_SET)


@dataclass(frozen=True)
class BaselineRef:
    """Which world to start from. `sha256` is filled in the resolved copy and checked when it is run again."""

    id: str = "world-2022"
    allow_year_mismatch: bool = False
    sha256: str = field(default="", compare=False)


@dataclass(frozen=True)
class Critical:
    """An input that its users can hardly replace.

    Attributes:
        product: a product sector or sector. users: sectors, in every economy. rho: substitution, with its range.
        capacity: what each origin can sell in all, as written ("110% of base", or a range); "" is no limit.
    """

    product: str
    users: tuple[str, ...]
    rho: float
    rho_range: tuple[float, float, float] | None = None
    capacity: str | Mapping[str, str] = ""


@dataclass(frozen=True)
class Leaf:
    """One branch of the tree, solved as of the horizon. `probability` is the user's, or None."""

    name: str
    path: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    probability: float | None = None


@dataclass(frozen=True)
class Issue:
    """Something to be settled: measures and the choices for them, as written.

    Attributes:
        worth: player -> choice -> what it is worth to the player beyond trade. [fraction of real income]
        line: of the choices in the file.
    """

    name: str
    measures: tuple[str, ...]
    choices: tuple[str, ...]
    worth: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Talks:
    """Who talks about what, and what happens without a deal. Objective: "real-income" or weights by sector, as text."""

    players: tuple[str, ...]
    objective: Mapping[str, Any]
    deadline: dt.date | None
    include: tuple[str, ...]
    drop: tuple[str, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True)
class Uncertainty:
    """How draws are made when they are asked for.

    Attributes:
        method: one of `METHODS`. seed: of the generator. bands: quantiles, rising.
        elasticities: one of `ELASTICITY_DRAWS`; "" is the sd of the file, without one the spread of the published sets.
    """

    method: str = SOBOL
    seed: int = 0
    bands: tuple[float, ...] = (0.05, 0.5, 0.95)
    elasticities: str = ""


@dataclass(frozen=True)
class Scenario:
    """Dated measures on a baseline, with branches. Frozen; every change returns a copy.

    Attributes:
        id: of the file; its title, author and note are kept as written. baseline: the world it names. closure: deficits
            and revenue.
        as_of: the day of what is known, and of `main`. compare_to: the day whose law is the comparator; None: the
            tariffs of the baseline. horizon: the day of the leaves.
        elasticities: name of the set. elasticity_sd: spread of draws as a fraction, or None.
        include_purge: allow closure "balanced" on a baseline with deficits. critical: inputs that are hard to replace.
        measures: in the order of the file; groups of countries and sectors are expanded, WORLD, goods and all are not.
        included: ids that apply everywhere although not in force. dropped: ids and `authority=NAME` that apply nowhere.
        groups: of countries and sectors, or products. talks: players and issues, or None. tree: the leaves.
        uncertainty: how draws are made. report_countries: columns of the printed table.
        warnings: sentences with file and line. path: the file.
    """

    id: str
    as_of: dt.date
    title: str = ""
    author: str = ""
    note: str = ""
    compare_to: dt.date | None = None
    horizon: dt.date | None = None
    baseline: BaselineRef = BaselineRef()
    elasticities: str = "default"
    elasticity_sd: float | None = None
    closure: Closure = DEFAULT_CLOSURE
    include_purge: bool = False
    critical: tuple[Critical, ...] = ()
    groups: Mapping[str, tuple[str, ...] | Products] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    included: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    talks: Talks | None = None
    tree: tuple[Leaf, ...] = ()
    uncertainty: Uncertainty = Uncertainty()
    report_countries: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=(), compare=False, repr=False)
    path: str = field(default="", compare=False, repr=False)

    def replace(self, **changes: Any) -> Scenario:
        """Return a copy with some fields changed."""
        return replace(self, **changes)

    def drop(self, id: str | None = None, *, authority: str | None = None) -> Scenario:
        """Return a copy in which a measure, or everything that rests on a legal basis, applies nowhere.

        The comparator, the law of `compare_to`, is not touched.
        Raises:
            UsageError: unknown id or authority, or neither given.
        """
        if (id is None) == (authority is None):
            raise UsageError("drop: found neither or both of id and authority; expected one of them")
        item = id if id is not None else f"{AUTHORITY}{authority}"
        return replace(self, dropped=(*self.dropped, *self.known(item)))

    def include(self, *ids: str) -> Scenario:
        """Return a copy in which these measures apply everywhere, whatever their status or first day.

        Raises:
            UsageError: unknown id.
        """
        return replace(self, included=(*self.included, *self.known(*ids)))

    def set(self, id: str, rate: str) -> Scenario:
        """Return a copy in which a measure has another rate, such as "25%" or "+10pp".

        Raises:
            UsageError: unknown id, not a rate, or a measure whose rates are in a table.
        """
        self.known(id)
        try:
            value = parse_rate(rate)
        except ValueError as error:
            raise UsageError(f"{id}: found {rate!r}; expected {error}") from None
        measures = []
        for measure in self.measures:
            if measure.id == id:
                wrong = rate_problem(value, extreme=measure.allow_extreme, negative=measure.kind == "subsidy")
                if measure.rate is None or wrong:
                    expected = wrong or "a measure with one rate; this one has a table or none"
                    raise UsageError(f"{id}: found {rate!r}; expected {expected}")
                measure = replace(measure, rate=value, rate_range=None)
            measures.append(measure)
        return replace(self, measures=tuple(measures))

    def measure(self, id: str) -> Measure:
        """Return a measure by its id.

        Raises:
            UsageError: unknown id.
        """
        return next(each for each in self.measures if (each.id,) == self.known(id))

    def known(self, *items: str) -> tuple[str, ...]:
        """Return ids and `authority=NAME` items, all of which occur in this scenario.

        Raises:
            UsageError: one that does not, with the nearest that does.
        """
        if not items:
            return ()
        ids = [measure.id for measure in self.measures]
        bases = sorted({AUTHORITY + name for measure in self.measures for name in measure.authorities})
        for item in items:
            choices = bases if item.startswith(AUTHORITY) else ids
            if item not in choices:
                what = "an authority" if item.startswith(AUTHORITY) else "a measure"
                hint = nearest(item, choices)
                raise UsageError(
                    f"{item}: not {what} of {self.id}; expected one of {', '.join(choices) or 'none'}"
                    + (f"; try {hint}" if hint else "")
                )
        return items

    @property
    def branches(self) -> tuple[str, ...]:
        """Return the names of all branches, "main" first."""
        return (MAIN, *(leaf.name for leaf in self.tree))

    def resolved(self, *, baseline_sha256: str = "") -> dict[str, Any]:
        """Return plain data, groups expanded, checksums and version filled in; it loads again as the same scenario."""
        from detente.scenario.resolve import plain

        return plain(self, baseline_sha256=baseline_sha256)

    @cached_property
    def sha256(self) -> str:
        """Return the checksum of what the scenario says.

        Not of file names, warnings, the version, the filled-in world, or the folder that a baseline's path passes.
        """
        data = self.resolved()
        data.pop("written_by")
        data["baseline"].pop("sha256", None)
        data["baseline"]["id"] = PurePath(self.baseline.id).name or self.baseline.id
        return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
