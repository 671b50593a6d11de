"""What is to be solved: one regime, its wedges and its comparator for each branch that was asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from detente.baseline import Baseline
from detente.core.codes import WORLD
from detente.core.errors import PolicyError, Problem, ScenarioError
from detente.core.instruments import CriticalInput
from detente.policy.compile import Compiled, compiled
from detente.policy.measure import ALL, GOODS, Measure, Regime
from detente.policy.rates import RATED
from detente.policy.remarks import Coverage
from detente.policy.stacking import Layer
from detente.policy.wedges import Wedges
from detente.scenario import calendar
from detente.scenario.critical import capacities, critical_inputs
from detente.scenario.known import Known, of_baseline
from detente.scenario.products import satellite_notes
from detente.scenario.schema import MAIN, Scenario


@dataclass(frozen=True)
class BranchPlan:
    """One branch, ready to be solved.

    Attributes:
        name: "main" or a leaf. regime: what holds and what does not. comparator: the law it is compared with.
        comparator_wedges: that law on the baseline; its `tariffs` are None where it is the baseline's own.
        wedges: the branch on the baseline. layers: rates by measure and legal basis, for `explain`.
        coverage: rows matched and trade touched by measure. warnings: sentences.
    """

    name: str
    regime: Regime
    comparator: Regime
    comparator_wedges: Wedges
    wedges: Wedges
    layers: tuple[Layer, ...]
    coverage: tuple[Coverage, ...]
    warnings: tuple[str, ...]


def plan(
    scenario: Scenario,
    base: Baseline,
    on: dt.date | None = None,
    branches: str | Sequence[str] | None = None,
    include: Iterable[str] = (),
    drop: Iterable[str] = (),
    *,
    as_of: dt.date | None = None,
) -> list[BranchPlan]:
    """Return what is to be solved, in the order asked for.

    Args:
        scenario: the file. base: the world. on: day of `main`; leaves are as of the horizon.
        branches: None or "all" for main and every leaf, one name, or a list of names.
        include, drop: ids (drop: also `authority=NAME`) in every branch. as_of: hide measures with later sources.
    Raises:
        ScenarioError: codes that this baseline does not have, or a baseline other than the one resolved.
        PolicyError: contradicting rates or bounds, levels that say nothing, products that the baseline does not have,
            instruments in the comparator; all branches at once.
        UsageError: unknown branch, id or authority.
    """
    check_codes(scenario, base)
    names = _names(scenario, branches)
    include, drop = tuple(include), tuple(drop)
    regimes = [
        calendar.regime(scenario, on if name == MAIN else None, name, include, drop, as_of=as_of) for name in names
    ]
    law = calendar.comparator(scenario)
    critical = critical_inputs(scenario, base)
    problems: list[Problem] = []
    before = _compiled(base, law.applied, problems)
    found = [_compiled(base, each.applied, problems, critical) for each in regimes]
    found = [_with_capacities(scenario, base, each) for each in found]
    _check_comparator(scenario, law, before, problems)
    if problems:
        raise PolicyError(problems=list(dict.fromkeys(problems)))
    satellites = satellite_notes(base)
    if critical and before.wedges.tariffs is not None:
        satellites += ("model.critical: the law of the comparator is put on the world with the standard technology",)
    return [
        BranchPlan(
            name, each, law, before.wedges, result.wedges, result.layers, result.coverage,
            tuple(dict.fromkeys((*scenario.warnings, *result.warnings, *satellites))),
        )
        for name, each, result in zip(names, regimes, found, strict=True)
    ]  # fmt: skip


def _compiled(
    base: Baseline, measures: Sequence[Measure], problems: list[Problem], critical: Sequence[CriticalInput] = ()
) -> Compiled:
    """Return what measures compile to; problems that the error lists are added to those of other branches."""
    try:
        return compiled(base, measures, critical)
    except PolicyError as error:
        if not error.problems:
            raise
        problems += error.problems
        return Compiled(Wedges(), (), (), ())


def _with_capacities(scenario: Scenario, base: Baseline, found: Compiled) -> Compiled:
    more = capacities(scenario, base)
    return replace(found, wedges=replace(found.wedges, bounds=(*found.wedges.bounds, *more))) if more else found


def _check_comparator(scenario: Scenario, law: Regime, before: Compiled, problems: list[Problem]) -> None:
    """Refuse a comparator with instruments: what they do at the start is in the flows of the baseline already."""
    found = before.wedges
    if not found.bounds and found.trade_cost_hat is None and found.final_exogenous is None:
        return
    for measure in law.applied:
        if measure.kind not in (*RATED, "non-trade") or measure.kind == "tariff-rate-quota":
            text = f"kind {measure.kind!r} in force on compare_to: {scenario.compare_to}"
            expected = "tariffs only in the comparator: an instrument older than it is in the flows of the baseline"
            problems.append(
                Problem(measure.where("from"), f"{measure.id}.from", text, expected, f"leave {measure.id} out")
            )


def check_codes(scenario: Scenario, base: Baseline) -> None:
    """Refuse a scenario with codes that the baseline does not have, or made for another baseline.

    Raises:
        ScenarioError: every such code with its line, or a checksum that differs from the resolved one.
    """
    reference = scenario.baseline
    if reference.sha256 and reference.sha256 != base.sha256:
        found = f"baseline {base.id!r} with checksum {base.sha256}"
        problem = Problem(
            scenario.path, "baseline.sha256", found, reference.sha256, "the baseline it was resolved with"
        )
        raise ScenarioError(problems=[problem])
    known = of_baseline(base)
    problems: list[Problem] = []
    for measure in scenario.measures:
        for name, codes in (("by", measure.by), ("against", measure.against)):
            problems += _unknown(known, codes, measure.where(name), f"{measure.id}.{name}")
        for code in measure.sectors:
            if code not in known.sectors and code not in (GOODS, ALL):
                expected = f"a sector of baseline {base.id!r}"
                where = measure.where("sectors")
                problems.append(
                    Problem(where, f"{measure.id}.sectors", repr(code), expected, known.sector_hint(code, ()))
                )
    columns = [code for code in scenario.report_countries if code not in scenario.groups]
    problems += _unknown(known, columns, scenario.path, "report.countries")
    if scenario.talks:
        players = [code for code in scenario.talks.players if code not in scenario.groups]
        problems += _unknown(known, players, scenario.path, "talks.players")
    if problems:
        raise ScenarioError(problems=problems)


def _unknown(known: Known, codes: Iterable[str], where: str, field: str) -> list[Problem]:
    expected = f"an economy of baseline {known.id!r}"
    return [
        Problem(where, field, repr(code), expected, known.country_hint(code, ()))
        for code in codes
        if code not in known.countries and code != WORLD and code not in known.country_groups
    ]


def _names(scenario: Scenario, branches: str | Sequence[str] | None) -> tuple[str, ...]:
    if branches is None or branches == "all":
        return scenario.branches
    names = (branches,) if isinstance(branches, str) else tuple(branches)
    for name in names:
        calendar.leaf_of(scenario, name)
    return tuple(dict.fromkeys(names))
