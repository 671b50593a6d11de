"""From a plan to its cells: each with a key that says everything its numbers depend on."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

import detente
from detente.baseline import Baseline
from detente.baseline.catalogue import elasticity_sets
from detente.core.arrays import Array
from detente.core.errors import DetenteError, Problem, ScenarioError, nearest
from detente.scenario.execute import world_of
from detente.scenario.load import load_scenario, packaged_ids
from detente.scenario.schema import Scenario
from detente.sweep.design import Design
from detente.sweep.plan import Plan
from detente.sweep.solving import BLOCK, Prepared, block_starts, prepared
from detente.sweep.variant import Variant

FORMAT: Final = "detente-store-1"


@dataclass(frozen=True)
class Point:
    """One combination of the plan: what labels its rows, and what is solved."""

    labels: Mapping[str, str]
    variant: Variant
    design: Design | None


@dataclass(frozen=True)
class Cell:
    """A piece of work of one file: the centre of a point (count 0), or some of its draws. point: its position."""

    key: str
    point: int
    first: int = 0
    count: int = 0


@dataclass(frozen=True, eq=False)
class Laid:
    """A plan laid out: every point, every cell, and what they need.

    Attributes:
        plan: as read. points, cells: in order. cases: scenario checksum -> scenario. worlds: checksum -> world.
    """

    plan: Plan
    points: tuple[Point, ...]
    cells: tuple[Cell, ...]
    cases: Mapping[str, Scenario]
    worlds: Mapping[str, Baseline]


def laid_out(plan: Plan) -> Laid:
    """Return the points and cells of a plan, every point checked.

    Raises:
        ScenarioError: a scenario, measure, branch or set that is not there; all problems at once.
    """
    cases = _scenarios(plan)
    worlds = _worlds(plan, cases)
    points = tuple(_points(plan, cases, worlds))
    _check(plan, points, cases, worlds)
    cells = tuple(cell for at, point in enumerate(points) for cell in _cells(plan, at, point))
    return Laid(
        plan, points, cells, {case.sha256: case for case in cases}, {each.sha256: each for each in worlds.values()}
    )


def _scenarios(plan: Plan) -> list[Scenario]:
    found, problems = [], []
    for name in plan.scenarios:
        path = Path(plan.path).parent / name
        source: str | Path = name if name in packaged_ids() or not path.exists() else path
        try:
            found.append(load_scenario(source))
        except ScenarioError as error:
            problems += list(error.problems) or [Problem(plan.path, "scenarios", str(error), "a scenario")]
    if problems:
        raise ScenarioError(problems=problems)
    return found


def _worlds(plan: Plan, cases: list[Scenario]) -> dict[tuple[str, str], Baseline]:
    """Return the world of each scenario under each elasticity set."""
    worlds, problems = {}, []
    for case in cases:
        known = elasticity_sets(case.baseline.id) if plan.elasticities != ("",) else {}
        for name in plan.elasticities:
            if name and name not in known:
                expected = f"one of {', '.join(known)}"
                problems.append(Problem(plan.path, "elasticities", repr(name), expected, nearest(name, list(known))))
                continue
            worlds[case.sha256, name] = world_of(case.replace(elasticities=name or case.elasticities))
    if problems:
        raise ScenarioError(problems=list(dict.fromkeys(problems)))
    return worlds


def _points(plan: Plan, cases: list[Scenario], worlds: Mapping[tuple[str, str], Baseline]) -> Iterator[Point]:
    grid = list(itertools.product(*plan.levels.values()))
    columns = dict.fromkeys([*(name for case in plan.cases for name in case.levels), *plan.levels], "")
    axes = itertools.product(cases, plan.cases, grid, plan.closures, plan.elasticities)
    for scenario, case, levels, closure, name in axes:
        chosen = {**case.levels, **dict(zip(plan.levels, levels, strict=True))}
        variant = Variant(
            scenario.sha256, worlds[scenario.sha256, name].sha256, plan.branches, plan.on, plan.as_of, case.include,
            case.drop, chosen, closure.deficits, closure.revenue, closure.numeraire, name, closure.include_purge,
        )  # fmt: skip
        labels = {
            "scenario": scenario.id, "case_name": case.name, "closure": closure.name,
            "elasticities": name or scenario.elasticities, **columns, **chosen,
        }  # fmt: skip
        usual, draws = scenario.uncertainty, plan.draws
        seed = usual.seed if draws.seed is None else draws.seed
        design = Design(draws.method or usual.method, draws.number, seed) if draws.number else None
        yield Point(labels, variant, design)


def _check(
    plan: Plan, points: tuple[Point, ...], cases: list[Scenario], worlds: Mapping[tuple[str, str], Baseline]
) -> None:
    """Compile one point for each entry of each axis, so that what cannot be is told before anything is solved."""
    by_case = {case.sha256: case for case in cases}
    by_world = {world.sha256: world for world in worlds.values()}
    seen: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    for point in points:
        new = {*point.labels.items()} - seen
        if not new:
            continue
        seen |= new
        try:
            job = prepared(by_case[point.variant.scenario], by_world[point.variant.world], point.variant)
            if point.design is not None:
                point.design.validated(len(job.factors))
            problems += _unknown_rows(plan, job)
        except DetenteError as error:
            told = error.problems or (Problem(plan.path, _where(new), str(error), "something that can be solved"),)
            problems += told
    if problems:
        raise ScenarioError(problems=list(dict.fromkeys(problems)))


def _where(labels: set[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {value}".strip() for name, value in sorted(labels))


def _unknown_rows(plan: Plan, job: Prepared) -> list[Problem]:
    return [
        Problem(plan.path, "keep.countries", repr(code), "a code or group of the table", nearest(code, job.labels))
        for code in plan.countries
        if code not in job.labels
    ]


def _cells(plan: Plan, at: int, point: Point) -> Iterator[Cell]:
    blocks = [(0, 0), *(block_starts(point.design.draws, BLOCK) if point.design is not None else ())]
    for first, count in blocks:
        yield Cell(key_of(plan, point, first, count), at, first, count)


def key_of(plan: Plan, point: Point, first: int, count: int) -> str:
    """Return the key of a cell: a checksum of everything that decides its numbers, the version of the code included."""
    design = None if point.design is None or not count else [point.design.method, point.design.draws, point.design.seed]
    content = {
        "format": FORMAT,
        "detente": detente.__version__,
        "variant": point.variant.plain(),
        "labels": dict(point.labels),
        "design": design,
        "block": [first, count],
        "keep": [list(plan.countries), list(plan.variables)],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def draw_numbers(cell: Cell) -> Array:
    """Return the numbers of the draws of a cell: the centre is 0, draws count from 1."""
    return np.arange(cell.first + 1, cell.first + cell.count + 1) if cell.count else np.zeros(1, dtype=np.int64)
