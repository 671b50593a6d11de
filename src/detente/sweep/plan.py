"""A plan of many runs: scenarios, levels, closures, elasticity sets that are crossed, and how often all is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, Final

from detente.baseline.text import read_bytes
from detente.core.closure import DEFICITS, REVENUES
from detente.core.errors import DataError, MissingDataError, ScenarioError
from detente.core.tables import COUNTRY_VARIABLES
from detente.core.units import parse_number
from detente.scenario.fields import (
    BOOL,
    CODES,
    INT,
    NAME,
    TEXT,
    Field,
    Reader,
    Section,
    Type,
    choice,
    either,
    list_of,
    named,
    parsed,
    section,
)
from detente.scenario.schema import MAIN, METHODS
from detente.scenario.text import SIZE, Node, Scalar, from_plain, tree
from detente.scenario.text import Mapping as MappingNode
from detente.scenario.text import Sequence as ListNode

VERSION: Final = "1"
MOST_CELLS: Final = 1_000_000
MOST_DRAWS: Final = 1_000_000
SECONDS, MEMORY_GB = 600.0, 4.0
"""Limits of one cell where the plan says nothing."""


@dataclass(frozen=True)
class Case:
    """One entry of `cases`: a name, levels by "ID.field", measures switched on and off."""

    name: str
    levels: Mapping[str, str] = field(default_factory=dict)
    include: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClosureChoice:
    """One entry of `closures`; "" is as in the scenario. include_purge: whether deficits may be purged."""

    deficits: str = ""
    revenue: str = ""
    numeraire: str = ""
    include_purge: bool = False

    @property
    def name(self) -> str:
        """Return the closure in a few words, for a column."""
        parts = (self.deficits or "as in the scenario", self.revenue, self.numeraire)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Draws:
    """How often everything uncertain is drawn; 0 is the centre alone. method: "" is the scenario's."""

    number: int = 0
    seed: int | None = None
    method: str = ""


@dataclass(frozen=True)
class Limits:
    """What one cell may use before its worker is stopped."""

    seconds: float = SECONDS
    memory_gb: float = MEMORY_GB


@dataclass(frozen=True)
class Plan:
    """What a sweep solves: every scenario with every case, level, closure and elasticity set, each so many draws.

    Attributes:
        scenarios: ids or paths; a relative path starts at the folder of the plan. branches: of each.
        cases: lists of changes. levels: "ID.field" -> levels; all combinations are solved.
        closures, elasticities: ways to solve each; empty is as the scenario says. draws, limits: see there.
        countries, variables: rows to be kept; empty is all. on, as_of: days as text, or "". path: of the file.
    """

    id: str
    scenarios: tuple[str, ...]
    branches: tuple[str, ...] = (MAIN,)
    cases: tuple[Case, ...] = (Case(""),)
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closures: tuple[ClosureChoice, ...] = (ClosureChoice(),)
    elasticities: tuple[str, ...] = ("",)
    draws: Draws = Draws()
    limits: Limits = Limits()
    countries: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    on: str = ""
    as_of: str = ""
    path: str = ""

    @property
    def sizes(self) -> dict[str, int]:
        """Return how many entries each axis has."""
        axes = {"scenarios": self.scenarios, "cases": self.cases, **{f"levels.{k}": v for k, v in self.levels.items()}}
        axes |= {"closures": self.closures, "elasticities": self.elasticities}
        return {name: len(entries) for name, entries in axes.items()}

    @property
    def points(self) -> int:
        """Return how many combinations there are; each has its draws, and its branches."""
        return prod(self.sizes.values())


def load_plan(source: str | Path | Mapping[str, Any]) -> Plan:
    """Return a plan.

    Args:
        source: path of a YAML file, or its plain data.
    Raises:
        ScenarioError: no such file, or everything that is wrong in it, with lines.
    """
    if isinstance(source, Mapping):
        return _from_tree(from_plain(source), "plan")
    path = Path(source)
    try:
        data = read_bytes(path, SIZE)
    except MissingDataError:
        raise ScenarioError(f"{path}: no such plan; expected a YAML file that lists scenarios") from None
    except DataError as error:
        raise ScenarioError(problems=error.problems) from None
    return _from_tree(tree(data, str(path)), str(path))


def _from_tree(root: Node, path: str) -> Plan:
    reader = Reader(path)
    top = _PLAN.read(reader, root, "")
    plan = None if top is None else _built(reader, top, path)
    if plan is not None and not reader.problems:
        _refuse_too_many(reader, top, plan)
    if plan is None or reader.problems:
        raise ScenarioError(problems=reader.problems)
    return plan


def _refuse_too_many(reader: Reader, top: Section, plan: Plan) -> None:
    """Refuse more cells than a store can list; told before a single combination is made."""
    blocks = 1 + -(-plan.draws.number // 32)
    cells = plan.points * blocks
    if cells > MOST_CELLS:
        shown = " x ".join(f"{count} {name}" for name, count in plan.sizes.items() if count > 1) or "1 point"
        found = f"{cells:,} cells: {shown}, {plan.draws.number:,} draws in blocks of 32"
        reader.wrong(top.line, "", found, f"at most {MOST_CELLS:,}", "several plans with a store each")


def _built(reader: Reader, top: Section, path: str) -> Plan:
    if top.get("detente-sweep") not in (None, VERSION):
        reader.wrong(
            top.at("detente-sweep"),
            "detente-sweep",
            repr(top.get("detente-sweep")[:20]),
            "a version that is read: 1",
            VERSION,
        )
    cases = tuple(
        Case(part.get("name", ""), _levels_of(part), _texts(part.get("include")), _texts(part.get("drop")))
        for part in top.get("cases", ())
    )
    for name in [each.name for at, each in enumerate(cases) if each.name in {other.name for other in cases[:at]}]:
        reader.wrong(top.at("cases"), "cases", f"two cases named {name!r}", "a name of its own for each")
    keep = top.get("keep")
    for name in _texts(keep.get("variables")) if keep else ():
        if name not in COUNTRY_VARIABLES:
            expected = f"a variable of table 'countries': {', '.join(COUNTRY_VARIABLES)}"
            reader.wrong(keep.at("variables"), "keep.variables", repr(name[:40]), expected)
    draws, limits = top.get("draws"), top.get("limits")
    if isinstance(draws, Section) and draws.get("number", 0) > MOST_DRAWS:
        reader.wrong(draws.at("number"), "draws.number", f"{draws.get('number'):,}", f"at most {MOST_DRAWS:,}")
    return Plan(
        id=top.get("id", ""),
        scenarios=_texts(top.get("scenarios")),
        branches=_texts(top.get("branches")) or (MAIN,),
        cases=cases or (Case(""),),
        levels={name: values for name, (_, values) in top.get("levels", {}).items()},
        closures=tuple(_closure(each) for each in top.get("closures", ())) or (ClosureChoice(),),
        elasticities=_texts(top.get("elasticities")) or ("",),
        draws=_draws(draws),
        limits=Limits()
        if limits is None
        else Limits(limits.get("seconds", SECONDS), limits.get("memory_gb", MEMORY_GB)),
        countries=_texts(keep.get("countries")) if keep else (),
        variables=_texts(keep.get("variables")) if keep else (),
        on=top.get("on", ""),
        as_of=top.get("as_of", ""),
        path=path,
    )


def _levels_of(part: Section) -> dict[str, str]:
    return {name: text for name, (_, text) in part.get("levels", {}).items()}


def _texts(scalars: tuple[Scalar, ...] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(scalar.text for scalar in scalars or ()))


def _closure(value: Any) -> ClosureChoice:
    if isinstance(value, str):
        return ClosureChoice(value)
    deficits, revenue, numeraire = (value.get(name, "") for name in ("deficits", "revenue", "numeraire"))
    return ClosureChoice(deficits, revenue, numeraire, value.get("include_purge", False))


def _draws(value: Any) -> Draws:
    if value is None:
        return Draws()
    if isinstance(value, int):
        return Draws(value)
    return Draws(value.get("number", 0), value.get("seed"), value.get("method", ""))


def _positive(text: str) -> float:
    value = parse_number(text)
    if value <= 0:
        raise ValueError("a number above zero")
    return value


_POSITIVE: Final = parsed("a number above zero", _positive, {"type": "number", "exclusiveMinimum": 0})
_LEVEL_NAME: Final = parsed("ID.field", str, {"type": "string"})
_CASE: Final = (
    Field("name", NAME, "a name of its own", True),
    Field("levels", named(TEXT, _LEVEL_NAME), "levels of measures, such as us-fentanyl.rate: +10pp"),
    Field("include", CODES, "measures that apply although they are not in force"),
    Field("drop", CODES, "measures that do not apply, or authority=NAME"),
)
_CLOSURE: Final = (
    Field("deficits", choice(*DEFICITS), "the rule for deficits", True),
    Field("revenue", choice(*REVENUES), "what happens to tariff revenue"),
    Field("numeraire", TEXT, "world-income or a country; needed by fixed-nominal"),
    Field("include_purge", BOOL, "closure balanced on a baseline with deficits"),
)
_DRAWS: Final = (
    Field("number", INT, "how often everything uncertain in the scenario is drawn", True),
    Field("seed", INT, "of the draws; that of the scenario if left out"),
    Field("method", choice(*METHODS), "how points are drawn; that of the scenario if left out"),
)
_LIMITS: Final = (
    Field("seconds", _POSITIVE, f"of one cell, {SECONDS:g} if left out"),
    Field("memory_gb", _POSITIVE, f"of one worker, {MEMORY_GB:g} if left out"),
)
_KEEP: Final = (
    Field("countries", CODES, "codes and groups whose numbers are kept"),
    Field("variables", CODES, "variables of table countries that are kept"),
)
_LIST_OR_ONE: Final = either((ListNode, CODES), (Scalar, CODES))
_PLAN: Final = section(
    (
        Field("detente-sweep", Type(TEXT.read, {"const": 1}), "format version, 1", True),
        Field("id", NAME, "a name of at most 32 letters a-z, digits and hyphens", True),
        Field("scenarios", _LIST_OR_ONE, "ids of packaged scenarios, or paths from the folder of this file", True),
        Field("branches", _LIST_OR_ONE, "branches of each; main if left out"),
        Field("cases", list_of(section(_CASE)), "a list of changes, each solved"),
        Field("levels", named(list_of(TEXT), _LEVEL_NAME), "levels of measures; every combination is solved"),
        Field("closures", list_of(either((Scalar, choice(*DEFICITS)), (MappingNode, section(_CLOSURE)))), "closures"),
        Field("elasticities", _LIST_OR_ONE, "elasticity sets: detente data list --elasticities"),
        Field("draws", either((Scalar, INT), (MappingNode, section(_DRAWS))), "how often all is drawn"),
        Field("limits", section(_LIMITS), "what one cell may use"),
        Field("keep", section(_KEEP), "which numbers are kept; all if left out"),
        Field("on", TEXT, "day of main, as detente run --on"),
        Field("as_of", TEXT, "hide measures whose source is later"),
    )
)
