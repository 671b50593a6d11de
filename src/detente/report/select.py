"""Which numbers of a run are shown, and in what words: rows picked from its tables, nothing computed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from detente.core.codes import WORLD
from detente.core.errors import UsageError, nearest
from detente.core.pairs import pair_columns
from detente.core.result import Result
from detente.equilibrium.diversion import diversion_columns
from detente.report.talks_shown import ShownTalks, shown_talks
from detente.scenario.execute import ScenarioRun, own_groups
from detente.scenario.ladder import Rung, substitution_ladder
from detente.scenario.schema import MAIN

if TYPE_CHECKING:
    from detente.equilibrium.decompose import Decomposition
    from detente.strategy.talks import Talks

SHOWN_COUNTRIES: Final = 8
SHOWN_DIVERSIONS: Final = 10
DIVERTED: Final = ("recaptured", "redirected", "home")
QUANTILE: Final = re.compile(r"p[0-9]{2}(_[0-9]+)?")
"""Columns of table "countries" that hold quantiles of draws, lowest first."""


@dataclass(frozen=True)
class Line:
    """One row of the headline table: words, the variable of table "countries", its unit, whether it is a change."""

    label: str
    variable: str
    unit: str
    change: bool = True


HEADLINE: Final = (
    Line("real income", "real_income_pct", "%"),
    Line("real income", "real_income_musd", "MUSD"),
    Line("consumer prices", "consumer_prices_pct", "%"),
    Line("exports", "exports_pct", "%"),
    Line("imports", "imports_pct", "%"),
    Line("tariff revenue", "tariff_revenue_change_musd", "MUSD"),
)
ASSUMED_LINE: Final = Line("without assumed measures", "real_income_pct", "%")


@dataclass(frozen=True)
class BranchView:
    """One solved branch and what is shown of it.

    Attributes:
        mark: "(a)", "(b)".. in the order of the run. name: "main" or a leaf. title: what it is, in words.
        result: the solved branch. without: the same without the assumed measures, if that was solved.
    """

    mark: str
    name: str
    title: str
    result: Result
    without: Result | None = None

    @cached_property
    def values(self) -> dict[tuple[str, str], float]:
        """Return table "countries" as (country or group, variable) to value."""
        return _values(self.result)

    @cached_property
    def values_without(self) -> dict[tuple[str, str], float]:
        """Return the same without assumed measures; empty if that was not solved."""
        return {} if self.without is None else _values(self.without)

    @cached_property
    def bands(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Return (country or group, variable) to the outer quantiles of the draws; empty without draws."""
        columns = self.result.columns("countries")
        outer = [name for name in columns if QUANTILE.fullmatch(name)]
        if not outer:
            return {}
        keys = zip(columns["country"], columns["variable"], strict=True)
        return dict(zip(keys, zip(columns[outer[0]], columns[outer[-1]], strict=True), strict=True))

    @cached_property
    def band_label(self) -> str:
        """Return which quantiles the bands are, as "5 to 95 %"; empty without draws."""
        outer = [name for name in self.result.columns("countries") if QUANTILE.fullmatch(name)]
        levels = [f"{float(name[1:].replace('_', '.')):g}" for name in (outer[:1] + outer[-1:])]
        return f"{' to '.join(levels)} %" if levels else ""

    @cached_property
    def pairs(self) -> dict[tuple[str, str], dict[str, float]]:
        """Return table "pairs" as (origin, dest) to its numbers; origin WORLD is all partners."""
        columns = pair_columns(self.result)
        names = [name for name in columns if name not in ("origin", "dest")]
        keys = zip(columns["origin"], columns["dest"], strict=True)
        return {key: {name: columns[name][row] for name in names} for row, key in enumerate(keys)}

    @property
    def marked(self) -> str:
        """Return the mark that every table of this branch carries: empty if certified without reserve."""
        return "" if self.result.status == "CERTIFIED" else f"MARKED {self.result.status}"

    def diversions(self, by: str, against: str, count: int = SHOWN_DIVERSIONS) -> list[dict[str, Any]]:
        """Return the largest rows of table "diversion", the lost trade first."""
        columns = diversion_columns(self.result, by=by, against=against)
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        lost = [row for row in rows if row["role"] == "lost"]
        others = [row for row in rows if row["role"] in DIVERTED]
        return lost + sorted(others, key=lambda row: -abs(float(str(row["value_musd"]))))[:count]


@dataclass(frozen=True)
class View:
    """A run as it is shown.

    Attributes:
        run: what was solved. branches: in order. countries: codes and groups shown in the headline table.
        focus: (by, against) whose trade is shown in detail, or None. assumed: ids whose level is ours.
        talks: settled talks of the scenario, if they were solved. odds: leaf -> probability, the user's, if given.
    """

    run: ScenarioRun
    branches: tuple[BranchView, ...]
    countries: tuple[str, ...]
    focus: tuple[str, str] | None
    assumed: tuple[str, ...]
    talks: ShownTalks | None = None
    odds: Mapping[str, float] | None = None

    @cached_property
    def ladders(self) -> dict[str, tuple[Rung, ...]]:
        """Return branches at other substitutions of critical inputs, where a bound on one of them is felt."""
        found = {branch.name: substitution_ladder(self.run, branch.name) for branch in self.branches}
        return {name: tuple(_rung(self.run, each) for each in rungs) for name, rungs in found.items() if rungs}

    @cached_property
    def assumed_parts(self) -> tuple[str, ...]:
        """Return what is assumed, in words: whole measures, and how many rows of which tables."""
        coverage = [each for plan in self.run.plans.values() for each in plan.coverage if each.assumed_rows]
        rows = [f"{each.assumed_rows} of {each.rows_read} rows of {each.measure}" for each in coverage]
        return tuple(dict.fromkeys([*self.assumed, *rows]))

    @cached_property
    def _decompositions(self) -> dict[str, Decomposition]:
        return {}

    def decomposition(self, branch: str) -> Decomposition:
        """Return why real income changes in a branch, exactly; it takes seconds, once."""
        if branch not in self._decompositions:
            from detente.equilibrium.decompose import decompose

            self._decompositions[branch] = decompose(self.run[branch])
        return self._decompositions[branch]

    def label(self, code: str) -> str:
        """Return the name of an economy or group, its code if it has none."""
        if code == WORLD:
            return "World"
        return str(self.run.base.meta.get("country_labels", {}).get(code, code))


def view(
    run: ScenarioRun,
    *,
    countries: Sequence[str] = (),
    without: ScenarioRun | None = None,
    talks: Talks | ShownTalks | None = None,
    odds: Mapping[str, float] | None = None,
) -> View:
    """Return what is shown of a run.

    Args:
        run: solved. countries: codes and groups asked for; none means those of the file, or the largest economies.
        without: the same run without its assumed measures. talks: of the same scenario, settled.
        odds: leaf -> probability, to weigh the branches with; None takes those of the file, if it has any.
    Raises:
        UsageError: a country that the run does not have.
    """
    branches = tuple(
        BranchView(
            f"({chr(ord('a') + place)})" if len(run) > 1 else "",
            name,
            branch_title(run, name),
            _grouped(run, result),
            None if without is None else _grouped(run, without[name]),
        )
        for place, (name, result) in enumerate(run.items())
    )
    assumed = dict.fromkeys(m.id for plan in run.plans.values() for m in plan.regime.applied if m.assumed)
    told = talks if talks is None or isinstance(talks, ShownTalks) else shown_talks(talks)
    return View(run, branches, _countries(run, countries), focus(run), tuple(assumed), told, odds)


def _rung(run: ScenarioRun, rung: Rung) -> Rung:
    return replace(rung, result=_grouped(run, rung.result), free=_grouped(run, rung.free))


def branch_title(run: ScenarioRun, name: str) -> str:
    """Return what a branch is: its day, what is included and what is dropped."""
    day = run.plans[name].regime.date
    if name == MAIN:
        return f"{name}: law of {day}"
    leaf = next(leaf for leaf in run.scenario.tree if leaf.name == name)
    parts = [f"{name}: as of {day}"]
    if leaf.include:
        parts.append(f"with {', '.join(leaf.include)}")
    if leaf.drop:
        parts.append(f"without {', '.join(leaf.drop)}")
    return "; ".join(parts)


def focus(run: ScenarioRun) -> tuple[str, str] | None:
    """Return the pair (importer, origin) that the scenario is about: its two players, or the first pair of a tariff."""
    known = run.base.countries
    talks = run.scenario.talks
    if talks is not None and len(talks.players) == 2 and all(player in known for player in talks.players):
        return talks.players[0], talks.players[1]
    for plan in run.plans.values():
        for measure in plan.regime.applied:
            if len(measure.by) == len(measure.against) == 1:
                by, against = measure.by[0], measure.against[0]
                if by in known and against in known and by != against:
                    return by, against
    return None


def _values(result: Result) -> dict[tuple[str, str], float]:
    columns = result.columns("countries")
    return dict(zip(zip(columns["country"], columns["variable"], strict=True), columns["value"], strict=True))


def _grouped(run: ScenarioRun, result: Result) -> Result:
    """Return the result with the scenario's own groups of countries among its groups."""
    own = own_groups(run.scenario, result.countries)
    return replace(result, groups={**own, **result.groups}) if own else result


def _countries(run: ScenarioRun, asked: Sequence[str]) -> tuple[str, ...]:
    first = next(iter(run.values()))
    known = list(dict.fromkeys(_grouped(run, first).columns("countries")["country"]))
    for code in asked:
        if code not in known:
            hint = nearest(code, known)
            found = f"countries: found {code!r}; expected codes of {run.base.id!r} or groups such as EU27, WORLD"
            raise UsageError(found + (f"; try {hint}" if hint else ""))
    if asked:
        return tuple(dict.fromkeys(asked))
    if run.scenario.report_countries:
        return tuple(code for code in run.scenario.report_countries if code in known)
    income = run.base.income
    largest = sorted(range(len(run.base.countries)), key=lambda n: -float(income[n]))[:SHOWN_COUNTRIES]
    return (*(run.base.countries[n] for n in largest), WORLD)
