"""Solve some draws of one variant: the same code in this process, in a worker process and on a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import DetenteError
from detente.core.result import Result
from detente.core.tables import country_table
from detente.equilibrium.counterfactual import as_shock, solve
from detente.equilibrium.draws import DRAWN, Solved, evaluate_draws, refused
from detente.equilibrium.rebase import rebased
from detente.policy.wedges import Wedges
from detente.scenario.execute import check_years, day_of, own_groups
from detente.scenario.run import BranchPlan, plan
from detente.scenario.schema import Scenario
from detente.scenario.variants import Levels, Variants
from detente.sweep.factors import Draw, Factor, draw_of, factors_of
from detente.sweep.variant import Variant, applied


@dataclass(frozen=True)
class Prepared:
    """A variant on its world, compiled at the centre of every range.

    Attributes:
        case: the scenario with the variant's changes. world: its world. plans: one for each branch. variant: as given.
    """

    case: Scenario
    world: Baseline
    plans: tuple[BranchPlan, ...]
    variant: Variant

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """Return what is uncertain."""
        return factors_of(self.case, self.world)

    @cached_property
    def compilers(self) -> tuple[Variants, ...]:
        """Return what compiles each branch under other levels."""
        return tuple(Variants(self.case, self.world, each) for each in self.plans)

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """Return the scenario's own groups of countries, as positions."""
        return own_groups(self.case, self.world.countries)

    @property
    def labels(self) -> list[str]:
        """Return the labels of table "countries"."""
        return list(dict.fromkeys([*self.world.countries, *self._group_names]))

    @cached_property
    def _group_names(self) -> list[str]:
        from detente.core.codes import groups_present

        return [*{**groups_present(self.world.countries), **self.groups}]

    def read(self, result: Result) -> Array:
        """Return table "countries" of a result, (variable, label)."""
        return country_table(replace(result, groups={**self.groups, **result.groups}))[1]


def prepared(case: Scenario, world: Baseline, variant: Variant) -> Prepared:
    """Return a variant, compiled.

    Args:
        case: the scenario as loaded. world: with product sectors and the variant's elasticities. variant: the changes.
    Raises:
        ScenarioError, PolicyError, UsageError: what cannot be run, a closure that cannot hold on this world included.
    """
    case = applied(case, variant)
    check_years(case, world)
    as_shock(world, Wedges(), case.closure.validated(world.countries), include_purge=case.include_purge)
    plans = plan(
        case, world, day_of("on", variant.on or None), variant.branches, variant.include, variant.drop,
        as_of=day_of("as_of", variant.as_of or None),
    )  # fmt: skip
    return Prepared(case, world, tuple(plans), variant)


def solved_draws(job: Prepared, values: Array | None) -> dict[str, list[Solved]]:
    """Return each branch's draws, in order; without values the one draw in which everything is at its centre.

    Args:
        job: the variant. values: (draw, factor), in the order of `job.factors`.
    """
    rows = [] if values is None else list(values)
    draws = [draw_of(job.case, job.world, job.factors, row) for row in rows] or [Draw(None, Levels())]
    if job.plans[0].comparator_wedges.tariffs is not None:
        return _on_worlds_of_their_own(job, draws)
    settings = {**job.variant.settings, "include_purge": job.case.include_purge}
    return {
        branch.name: evaluate_draws(
            job.world,
            [(draw.elasticities, _wedges(compiler, draw)) for draw in draws],
            branch.wedges,
            job.case.closure,
            job.read,
            **settings,
        )
        for branch, compiler in zip(job.plans, job.compilers, strict=True)
    }


def _wedges(compiler: Variants, draw: Draw) -> Wedges | DetenteError:
    try:
        return compiler.wedges(draw.levels)
    except DetenteError as error:
        return error


def _on_worlds_of_their_own(job: Prepared, draws: Sequence[Draw]) -> dict[str, list[Solved]]:
    """Return draws where the comparator's law is not the baseline's: each starts from a world of its own."""
    settings = {**job.variant.settings, "include_purge": job.case.include_purge}
    law = replace(job.plans[0], regime=job.plans[0].comparator)
    compiler = Variants(job.case.replace(critical=()), job.world, law)
    found: Mapping[str, list[Solved]] = {branch.name: [] for branch in job.plans}
    for draw in draws:
        try:
            base = job.world if draw.elasticities is None else job.world.with_elasticities(draw.elasticities, DRAWN)
            before = solve(base, wedges=compiler.wedges(draw.levels), closure=job.case.closure, **settings)
            start = rebased(before, note="law of the comparator", id=base.id)
        except DetenteError as error:
            for solved in found.values():
                solved.append(refused(error))
            continue
        for branch, variants in zip(job.plans, job.compilers, strict=True):
            one = [(None, _wedges(variants, draw))]
            found[branch.name] += evaluate_draws(start, one, branch.wedges, job.case.closure, job.read, **settings)
    return dict(found)


def block_starts(draws: int, width: int) -> list[tuple[int, int]]:
    """Return (first, count) of blocks of draws of a fixed width, whoever solves them."""
    return [(first, min(width, draws - first)) for first in range(0, draws, width)]


BLOCK = 32
"""Draws that are solved together; fixed, so that the same draws give the same numbers with any number of workers."""
