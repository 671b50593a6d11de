"""Run the talks of a scenario: its packages as laws, solved and certified on the purged world, then settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.baseline.accounts import Progress, silent
from detente.core.arrays import Array
from detente.core.closure import Closure
from detente.core.errors import SolveError, UsageError, nearest
from detente.core.units import parse_number
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.evaluate import Evaluation, evaluate_many
from detente.equilibrium.rebase import rebased
from detente.policy.compile import compiled
from detente.policy.measure import Regime
from detente.scenario import calendar, situations
from detente.scenario.build_talks import REAL_INCOME
from detente.scenario.dated import members, sectors_of
from detente.scenario.execute import check_years, world_of
from detente.scenario.issues import givers
from detente.scenario.load import load_scenario
from detente.scenario.packages import CompiledLaws, Packages, choice_in, compiled_laws, horizon, packages
from detente.scenario.products import satellite_notes, with_products
from detente.scenario.run import check_codes
from detente.scenario.schema import Scenario
from detente.strategy.bargaining import NASH, SOLUTIONS
from detente.strategy.objective import PERCENT
from detente.strategy.outcomes import Shift, Solved, by_player, solved_laws
from detente.strategy.question import Matter, Players, Question
from detente.strategy.talks import Talks

PURGED, FILE = "purged", "file"
CLOSURES: Final = (PURGED, FILE)
"""Which closure ranks: balanced trade on the purged world, or that of the file; the other one is shown beside it."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A world with the comparator's law on it, the closure, and the wedges of laws on it."""

    base: Baseline
    closure: Closure
    include_purge: bool
    laws: CompiledLaws

    def evaluations(self, numbers: Sequence[int]) -> Iterator[Evaluation]:
        """Return the certified evaluations of some laws, one after another."""
        wedges = [self.laws.wedges[number] for number in numbers]
        return evaluate_many(self.base, wedges, closure=self.closure, include_purge=self.include_purge)


def talks(
    scenario: Scenario | str | Mapping[str, Any],
    *,
    players: Sequence[str] | None = None,
    objective: Mapping[str, Any] | None = None,
    disagreement: str | None = None,
    solution: str = NASH,
    closure: str = PURGED,
    base: Baseline | None = None,
    progress: Progress = silent,
    keep: bool = False,
) -> Talks:
    """Solve and settle all packages of a scenario's talks.

    Args:
        scenario: a scenario, a packaged id, a path, or plain data, with `talks`.
        players: economies or groups; None: those of the file. objective: player -> "real-income" or weights by sector,
            instead of what the file says; players who are not in the file maximise real income.
        disagreement: None for that of the file, "main" or a leaf of the tree: what holds without a deal.
        solution: "nash", "kalai-smorodinsky" or "equal-gains".
        closure: "purged": packages are compared under balanced trade on the purged world, because with a deficit held
            fixed the gains from a tariff may have no bound; "file": under the closure of the file. No deal, the law if
            nobody acts and the bargaining points are solved under the other one too.
        base: the world; None loads the one of the scenario. progress: told how far it is.
        keep: an interrupt ends the solving and what is done is settled, the rest having status CANCELLED.
    Raises:
        ScenarioError, PolicyError, DataError, UsageError: what cannot be compared, all problems at once.
        SolveError: no certified equilibrium without a deal, or one of grade C.
    """
    case = load_scenario(scenario)
    _one_of("solution", solution, [*SOLUTIONS])
    _one_of("closure", closure, CLOSURES)
    found = packages(case, disagreement)
    world = world_of(case) if base is None else with_products(case, base)
    check_years(case, world)
    check_codes(case, world)
    who = _players(case, world, players, objective or {})
    question = _question(case, world, found, who)
    first = stage_of(case, world, found.laws.regimes, closure)
    solved = _solved(question, first, progress, keep)
    asked = {
        "players": None if players is None else list(players),
        "objective": {code: each if isinstance(each, str) else dict(each) for code, each in (objective or {}).items()},
        "disagreement": disagreement,
        "solution": solution,
        "closure": closure,
    }
    settled = Talks(
        question, solved, first.laws.wedges, solution, facts=_facts(case, world, found, asked),
        warnings=(*_warnings(case, world, first), *solved.remarks),
    )  # fmt: skip
    shift, failed = _shift(settled, case, world, found)
    return replace(settled, other=shift, warnings=(*settled.warnings, *failed))


def _one_of(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        hint = nearest(str(value), known)
        raise UsageError(
            f"{name}: found {value!r}; expected one of {', '.join(known)}" + (f"; try {hint}" if hint else "")
        )


def _players(case: Scenario, world: Baseline, asked: Sequence[str] | None, changed: Mapping[str, Any]) -> Players:
    """Return who talks and what each maximises."""
    talks = case.talks
    codes = tuple(dict.fromkeys(asked or (talks.players if talks else ())))
    if len(codes) < 2:
        raise UsageError(f"players: found {', '.join(codes) or 'nobody'}; expected two or more, such as USA,CHN")
    economies = {code: members(case, world, code, "players") for code in codes}
    every = [code for each in economies.values() for code in each]
    twice = next((code for code in every if every.count(code) > 1), None)
    if twice is not None:
        both = " and ".join(code for code in codes if twice in economies[code])
        raise UsageError(f"players: found {twice} in {both}; expected each economy in one player")
    for code in changed:
        _one_of("objective", code, codes)
    own = dict(talks.objective) if talks else {}
    chosen = {code: changed.get(code, own.get(code, REAL_INCOME)) for code in codes}
    weights = np.array([_weights(case, world, code, chosen[code]) for code in codes])
    belongs = np.array([[float(n in economies[code]) for n in world.countries] for code in codes])
    words = tuple(_words(chosen[code]) for code in codes)
    return Players(codes, belongs, weights, words)


def _weights(case: Scenario, world: Baseline, player: str, objective: Any) -> Array:
    """Return the weight of each sector, 1 where none is given."""
    weights = np.ones(len(world.sectors))
    if isinstance(objective, str):
        _one_of(f"objective.{player}", objective, [REAL_INCOME])
        return weights
    if player not in world.countries:
        raise UsageError(f"objective.{player}: found weights by sector for a group; expected {REAL_INCOME}")
    for code, text in objective.items():
        try:
            value = parse_number(str(text))
        except ValueError as error:
            raise UsageError(f"objective.{player}.{code}: found {text!r}; expected {error}") from None
        if value < 0:
            raise UsageError(f"objective.{player}.{code}: found {text!r}; expected a weight of zero or more")
        weights[[world.sectors.index(each) for each in sectors_of(case, world, code)]] = value
    if not weights.any():
        raise UsageError(f"objective.{player}: found only weights of zero; expected one above zero")
    return weights


def _words(objective: Any) -> str:
    if isinstance(objective, str):
        return objective
    return "real income weighted " + ", ".join(f"{code} {text}" for code, text in objective.items()) + ", others 1"


def _question(case: Scenario, world: Baseline, found: Packages, who: Players) -> Question:
    """Return everything that is to be compared; the laws are collected in `found.laws`."""
    owners = {code: frozenset(members(case, world, code)) for code in who.codes}
    steps = situations.steps(found)
    threats = situations.threats(case, found, owners)
    truces = situations.truces(case, found, owners)
    deadline = situations.deadline(case, found)
    law_worth = np.array([_law_worth(found, number, who.codes) for number in range(len(found.laws.regimes))])
    worth = np.array([_package_worth(found, number, who.codes) for number in range(len(found.package_laws))])
    matters = tuple(Matter(each.name, givers(each, case.measures), each.choices) for each in found.talks.issues)
    return Question(
        who, matters, found.package_laws, worth, law_worth, found.disagreement, found.standing, found.start,
        steps, threats, truces, deadline, str(situations.eve(case)),
    )  # fmt: skip


def _law_worth(found: Packages, number: int, codes: Sequence[str]) -> Array:
    levels = [choice_in(found.laws, number, each) for each in found.decisions]
    return _worth(found, levels, codes)


def _package_worth(found: Packages, number: int, codes: Sequence[str]) -> Array:
    return _worth(found, [int(at) for at in np.unravel_index(number, found.shape)], codes)


def _worth(found: Packages, levels: Sequence[int | None], codes: Sequence[str]) -> Array:
    """Return what choices are worth to players beyond trade. [log points]"""
    total = np.zeros(len(codes))
    for issue, level in zip(found.talks.issues, levels, strict=True):
        for n, code in enumerate(codes):
            values = issue.worth.get(code, {})
            total[n] += PERCENT * values.get(issue.choices[level], 0.0) if level is not None else 0.0
    return total


def stage_of(case: Scenario, world: Baseline, regimes: Sequence[Regime], closure: str) -> Stage:
    """Return a closure's world under the comparator's law, with all laws compiled on it."""
    rule, purge = (Closure("balanced", case.closure.revenue), False) if closure == PURGED else _of_file(case)
    start = world.purged() if closure == PURGED else world
    laws = compiled_laws(case, start, regimes)
    before = compiled(start, calendar.comparator(case).applied).wedges
    if before.tariffs is not None:
        law = solve(start, wedges=before, closure=rule, include_purge=purge)
        start = rebased(law, note=f"law of {case.compare_to}", id=start.id)
    return Stage(start, rule, purge, laws)


def _of_file(case: Scenario) -> tuple[Closure, bool]:
    return case.closure, case.include_purge


def _solved(question: Question, stage: Stage, progress: Progress, keep: bool) -> Solved:
    """Return every law solved, no deal first.

    Raises:
        SolveError: no certified equilibrium without a deal, or one of grade C.
    """
    count = len(stage.laws.wedges)
    done: dict[int, Evaluation] = {}
    try:
        for number, each in enumerate(stage.evaluations(range(count))):
            done[number] = each
            progress("packages", number + 1, count)
    except KeyboardInterrupt:
        if not keep or question.no_deal not in done:
            raise
    solved = solved_laws(question, stage.base, stage.closure.title, count, done)
    if not solved.usable(question.no_deal):
        certificate = done[question.no_deal].certificate
        found = f"no deal: found {certificate.line}"
        raise SolveError(f"{found}; expected a certificate of grade A or B to compare with", certificate=certificate)
    return solved


def _shift(settled: Talks, case: Scenario, world: Baseline, found: Packages) -> tuple[Shift | None, tuple[str, ...]]:
    """Return no deal and the bargaining points under the other closure; without it, why not."""
    question = settled.question
    points = {name: question.package_laws[number] for name, number in settled.points.items() if number is not None}
    numbers = list(dict.fromkeys((question.no_deal, *points.values())))
    other_rule = FILE if settled.facts["closure_rule"] == PURGED else PURGED
    stage = stage_of(case, world, [found.laws.regimes[law] for law in numbers], other_rule)
    done = dict(zip(numbers, stage.evaluations(range(len(numbers))), strict=True))
    failed = next((each for each in done.values() if not each.certificate.ok), None)
    if failed is not None:
        return None, (f"closure {stage.closure.title}: not shown, because of {failed.certificate.line}",)
    solved = solved_laws(question, stage.base, stage.closure.title, len(settled.wedges), done)
    other = replace(settled, solved=solved)
    codes = question.players.codes
    gains = {name: by_player(codes, other.of_law(law) - other.u0) for name, law in points.items()}
    return Shift(stage.closure.title, by_player(codes, other.real_income[question.no_deal]), gains), ()


def _facts(case: Scenario, world: Baseline, found: Packages, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what titles and files say of the run."""
    applied = [each.id for each in found.laws.regimes[found.disagreement].applied]
    return {
        "scenario": case.id,
        "scenario_sha256": case.sha256,
        "title": case.title,
        "as_of": str(case.as_of),
        "comparator": f"the law of {case.compare_to}" if case.compare_to else "the baseline",
        "horizon": str(horizon(case)),
        "baseline": world.id,
        "baseline_sha256": world.sha256,
        "shape": world.shape,
        "elasticities": world.elasticity_set,
        "disagreement": asked["disagreement"] or "of the file",
        "include": list(found.without[0]),
        "drop": list(found.without[1]),
        "applied_without_a_deal": applied,
        "assumed": sorted({each.id for law in found.laws.regimes for each in law.applied if each.assumed}),
        "closure_rule": asked["closure"],
        "file_closure": case.closure.title,
        "report_countries": list(case.report_countries),
        "asked": dict(asked),
    }


def _warnings(case: Scenario, world: Baseline, stage: Stage) -> tuple[str, ...]:
    told = (*case.warnings, *stage.laws.warnings, *satellite_notes(world))
    return tuple(dict.fromkeys((*told, *(str(text) for text in world.meta.get("warnings", ())))))
