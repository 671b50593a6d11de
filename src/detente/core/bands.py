"""How sure the numbers of a result are: the same table under draws of everything that is uncertain. Numbers only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import UsageError

if TYPE_CHECKING:
    from detente.core.result import Result

Columns = dict[str, list[Any]]
CENTRE: Final = 0.5


@dataclass(frozen=True)
class Failed:
    """A draw without certified numbers: its position (the first is 0), status, and what was said."""

    draw: int
    status: str
    text: str


@dataclass(frozen=True)
class Assumption:
    """Something uncertain.

    Attributes:
        name: such as "elasticity C26". group: what it belongs to. unit: of the numbers.
        low, centre, high: its 5 % quantile, its value without draws, its 95 % quantile.
    """

    name: str
    group: str
    unit: str
    low: float
    centre: float
    high: float


@dataclass(frozen=True, eq=False)
class Influence:
    """What each assumption does to each number; from a fit to the draws that is a sum of curves, one an assumption.

    Attributes:
        share: (assumption, variable, label) part of the variance. [share]
        low, high: the number where the assumption is at its 5 % or 95 % quantile, the others in the middle.
        explained: (variable, label) part of the variance that the fit explains; the rest is interaction and curvature.
    """

    share: Array
    low: Array
    high: Array
    explained: Array


@dataclass(frozen=True, eq=False)
class Bands:
    """Quantiles of table "countries" over certified draws.

    Attributes:
        method, seed: how the points were chosen. levels: of the quantiles, rising.
        asked: draws asked for. statuses: status -> number of draws. failed: draws without numbers, by position.
        variables, labels: of the table. sample: (draw, variable, label) certified draws in the order of the design;
            none of them where the bands were read from a bundle, which does not keep them.
        quantile: (level, variable, label). error: half width of the 95 % interval of each
            quantile, or None for a quadrature, whose points say nothing about it.
        mean, sd, above: (variable, label) over the certified draws; above: part of them above zero. [share]
        assumptions: what was drawn. values: (draw, assumption), of the certified draws. influence: None with few draws.
    """

    method: str
    seed: int
    levels: tuple[float, ...]
    asked: int
    statuses: Mapping[str, int]
    failed: tuple[Failed, ...]
    variables: tuple[str, ...]
    labels: tuple[str, ...]
    sample: Array
    quantile: Array
    error: Array | None
    mean: Array
    sd: Array
    above: Array
    assumptions: tuple[Assumption, ...]
    values: Array
    influence: Influence | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the quantiles as names of columns: p05, p50, p95."""
        return tuple(level_name(level) for level in self.levels)

    @property
    def certified(self) -> int:
        """Return the number of draws with numbers."""
        return self.asked - len(self.failed)

    def place(self, variable: str, label: str) -> tuple[int, int]:
        """Return the position of a number.

        Raises:
            UsageError: a variable or label that the table does not have.
        """
        if variable not in self.variables or label not in self.labels:
            raise UsageError(f"bands: found {variable!r} of {label!r}; expected a row of table 'countries'")
        return self.variables.index(variable), self.labels.index(label)

    def draws(self, variable: str, label: str) -> Array:
        """Return one number in every certified draw, (draw,).

        Raises:
            UsageError: a variable or label that the table does not have; bands that were read from a bundle.
        """
        v, n = self.place(variable, label)
        if not len(self.sample):
            raise UsageError(
                "bands: found those of a bundle, which keeps quantiles and no draws; expected a run with draws"
            )
        found: Array = self.sample[:, v, n]
        return found

    def agreeing(self, variable: str, label: str) -> tuple[int, bool] | None:
        """Return how many certified draws have the sign that most of them have, and whether it is plus.

        None where that is not known: a quadrature weighs points, and counts none.
        Raises:
            UsageError: a variable or label that the table does not have.
        """
        v, n = self.place(variable, label)
        above = float(self.above[v, n])
        if self.error is None or not np.isfinite(above):
            return None
        plus = above >= 1 - above
        return round(self.certified * max(above, 1 - above)), plus

    def unsure(self, variable: str, label: str) -> float | None:
        """Return how far the ends of a band may still move, over its width; None where nothing is known about it.

        Raises:
            UsageError: a variable or label that the table does not have.
        """
        v, n = self.place(variable, label)
        width = float(self.quantile[-1, v, n] - self.quantile[0, v, n])
        if self.error is None or width == 0:
            return None
        return float(max(self.error[0, v, n], self.error[-1, v, n])) / width

    @property
    def line(self) -> str:
        """Return in one line what the bands rest on."""
        counts = ", ".join(f"{count} {status}" for status, count in self.statuses.items())
        return f"{self.asked} draws ({self.method}, seed {self.seed}): {counts}"


def level_name(level: float) -> str:
    """Return the column of a quantile: p05, p50, p97_5."""
    text = f"{100 * level:.6g}"
    return "p" + (f"0{text}" if level < 0.1 else text).replace(".", "_")


def band_columns(result: Result) -> Columns:
    """Return table "bands": country, variable, unit, value, quantiles, mean, sd, the errors of the outer two, and how
    many draws in a hundred are above zero."""
    bands, columns = _of(result), result.columns("countries")
    found: Columns = {name: columns[name] for name in ("country", "variable", "unit", "value")}
    places = [bands.place(variable, label) for label, variable in zip(found["country"], found["variable"], strict=True)]
    v, n = (np.array(axis) for axis in zip(*places, strict=True))
    for row, name in enumerate(bands.names):
        found[name] = bands.quantile[row, v, n].tolist()
    found["mean"] = bands.mean[v, n].tolist()
    found["sd"] = bands.sd[v, n].tolist()
    if bands.error is not None:
        for row in (0, -1):
            found[f"{bands.names[row]}_error"] = bands.error[row, v, n].tolist()
        found["above_zero_pct"] = (100 * bands.above[v, n]).tolist()
    return found


def assumption_columns(result: Result) -> Columns:
    """Return table "assumptions": for each number of the headline table what each assumption does to it.

    Columns country, variable, unit, assumption, group, low, high (the number at the assumption's 5 and 95 % quantile),
    share_pct (of the variance); a last row "interactions" has what no single assumption explains.
    """
    from detente.core.tables import COUNTRY_VARIABLES

    bands = _of(result)
    names = ("country", "variable", "unit", "assumption", "group", "low", "high", "share_pct")
    columns: Columns = {name: [] for name in names}
    influence = bands.influence
    if influence is None:
        return columns
    for v, variable in enumerate(bands.variables):
        for n, label in enumerate(bands.labels):
            rest = max(0.0, 1.0 - float(influence.explained[v, n]))
            rows = [
                (a.name, a.group, float(influence.low[k, v, n]), float(influence.high[k, v, n]),
                 100 * float(influence.share[k, v, n]))
                for k, a in enumerate(bands.assumptions)
            ]  # fmt: skip
            for row in [*rows, ("interactions", "interactions", None, None, 100 * rest)]:
                values = (label, variable, COUNTRY_VARIABLES[variable][0], *row)
                for name, value in zip(names, values, strict=True):
                    columns[name].append(value)
    return columns


def _of(result: Result) -> Bands:
    if result.bands is None:
        raise UsageError("found a result without draws; expected one of dt.run(.., draws=256), detente run --draws 256")
    return result.bands
