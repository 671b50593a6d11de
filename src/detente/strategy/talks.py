"""Trade talks over packages: who gains what against no deal, which deals both would sign, and where bargaining ends.

Payoffs are U = 100 ln of the change of real income (or of a weighted objective), plus what choices are worth beyond
trade. A package that is not certified, or only of grade C, is in the table with its status and in no ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.codes import groups_present
from detente.core.errors import SolveError, UsageError, nearest
from detente.policy.wedges import Wedges
from detente.strategy import bargaining
from detente.strategy.bargaining import SOLUTIONS, Change, LeastBad, Linkage, Opening
from detente.strategy.objective import spendable, variation
from detente.strategy.outcomes import Deadline, Deal, Shift, Solved, Truce, by_player
from detente.strategy.question import Question
from detente.strategy.threat import Odds, Threat, break_even
from detente.strategy.truce import critical, patience

if TYPE_CHECKING:
    import pandas as pd

NO_DEAL: Final = "no-deal"


@dataclass(frozen=True, eq=False)
class Talks:
    """Talks over packages, settled.

    Attributes:
        question: players, issues, laws. solved: the laws under the closure that ranks. wedges: of each law.
        rule: the solution asked for. other: the same points under the other closure.
        facts: scenario, comparator, days: plain data for titles. warnings: sentences.
    """

    question: Question
    solved: Solved
    wedges: tuple[Wedges, ...]
    rule: str = bargaining.NASH
    other: Shift | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    # payoffs

    @cached_property
    def U(self) -> Array:
        """Return payoffs of packages, (packages, players); NaN where one may not be ranked. [log points]"""
        laws = self.question.package_laws
        usable = np.array([self.solved.usable(law) for law in laws])
        found = self.solved.U[list(laws)] + self.question.package_worth
        return np.asarray(np.where(usable[:, None], found, np.nan))

    @cached_property
    def u0(self) -> Array:
        """Return payoffs without a deal, (players,). [log points]"""
        return self.of_law(self.question.no_deal)

    def of_law(self, law: int) -> Array:
        """Return the payoffs of a law, (players,), worth beyond trade included. [log points]"""
        return np.asarray(self.solved.U[law] + self.question.law_worth[law])

    @cached_property
    def musd(self) -> Array:
        """Return equivalent variations of packages against no deal, (packages, players). [MUSD]"""
        base, members = self.solved.base, self.question.players.members
        worth = np.array([variation(hat, base, members) for hat in self.solved.welfare_hat])
        return np.asarray((worth - worth[self.question.no_deal])[list(self.question.package_laws)])

    @cached_property
    def real_income(self) -> Array:
        """Return real income of players by law, against the comparator, (laws, players). [%]"""
        base, members = self.solved.base, self.question.players.members
        total = members @ spendable(base)
        return np.array([100 * variation(hat, base, members) / total for hat in self.solved.welfare_hat])

    # sets and points

    @cached_property
    def rational(self) -> Array:
        """Return which packages no player would refuse."""
        return np.asarray(bargaining.rational(self.U, self.u0))

    @cached_property
    def is_no_deal(self) -> Array:
        """Return which packages leave the law that holds without a deal."""
        return np.asarray(np.array(self.question.package_laws) == self.question.no_deal)

    @cached_property
    def agreed(self) -> Array:
        """Return which packages are deals that no player would refuse."""
        return np.asarray(self.rational & ~self.is_no_deal)

    @cached_property
    def on_edge(self) -> Array:
        """Return the Pareto set of the packages."""
        return bargaining.pareto(self.U)

    @cached_property
    def points(self) -> Mapping[str, int | None]:
        """Return the number of the package of every bargaining solution; None where no deal is accepted."""
        return {name: solve(self.U, self.u0, self.agreed) for name, solve in SOLUTIONS.items()}

    @property
    def chosen(self) -> int | None:
        """Return the number of the package of the solution that was asked for."""
        return self.points[self.rule]

    @property
    def solution(self) -> Deal | None:
        """Return the deal of the solution that was asked for, or None where no deal is accepted."""
        return None if self.chosen is None else self.deal(self.chosen, self.rule)

    @cached_property
    def disagreement(self) -> Deal:
        """Return what happens without a deal."""
        law, codes = self.question.no_deal, self.question.players.codes
        nothing = dict.fromkeys(codes, 0.0)
        start = zip(self.question.matters, self.question.start, strict=True)
        choices = {each.name: each.choices[at] for each, at in start if at is not None}
        income = by_player(codes, self.real_income[law])
        return Deal(NO_DEAL, None, choices, income, nothing, nothing, self.solved.status(law), self.wedges[law])

    def deal(self, number: int, name: str = "package") -> Deal:
        """Return a package by its number.

        Raises:
            UsageError: no such package. SolveError: it was not solved.
        """
        question = self.question
        if not 0 <= number < len(question.package_laws):
            raise UsageError(f"package: found {number}; expected 0 to {len(question.package_laws) - 1}")
        law, codes = question.package_laws[number], question.players.codes
        if not np.isfinite(self.solved.U[law]).all():
            raise SolveError(f"package {number}: found status {self.solved.status(law)}; expected a certified one")
        gains = self.solved.U[law] + question.package_worth[number] - self.u0
        return Deal(
            name, number, self.choices(number), by_player(codes, self.real_income[law]), by_player(codes, gains),
            by_player(codes, self.musd[number]), self.solved.status(law), self.wedges[law],
        )  # fmt: skip

    def levels(self, number: int) -> tuple[int, ...]:
        """Return the position of the choice of each issue in a package."""
        return tuple(int(at) for at in np.unravel_index(number, self.question.shape))

    def choices(self, number: int) -> dict[str, str]:
        """Return issue -> choice of a package."""
        levels = self.levels(number)
        return {each.name: each.choices[at] for each, at in zip(self.question.matters, levels, strict=True)}

    @cached_property
    def least_bad(self) -> tuple[LeastBad, ...]:
        """Return the packages closest to a deal; empty where there is one."""
        U = np.where(self.is_no_deal[:, None], np.nan, self.U)
        return () if self.agreed.any() else bargaining.least_bad(U, self.u0)

    # concessions and linkages

    @cached_property
    def steps(self) -> tuple[Change, ...]:
        """Return what each choice of each issue brings each player, alone, against no deal. [log points]"""
        return tuple(
            Change(issue, level, tuple((self.of_law(law) - self.u0).tolist()))
            for issue, level, law in self.question.steps
        )

    @cached_property
    def steps_from_solution(self) -> tuple[Change, ...]:
        """Return the same against the solution; empty where there is none. [log points]"""
        if self.chosen is None:
            return ()
        return bargaining.one_at_a_time(self.U, self.question.shape, self.levels(self.chosen))

    @property
    def start(self) -> tuple[int, ...] | None:
        """Return the package that no deal is closest to in its choices, or None where an issue has none of them."""
        found = self.question.start
        return None if any(at is None for at in found) else tuple(at for at in found if at is not None)

    @cached_property
    def linkages(self) -> tuple[Linkage, ...]:
        """Return pairs of concessions: the first alone is refused, both together are accepted."""
        return () if self.start is None else bargaining.linkages(self.U, self.u0, self.question.shape, self.start)

    @cached_property
    def openings(self) -> tuple[Opening, ...]:
        """Return how many refused packages each issue turns into accepted ones."""
        return () if self.start is None else bargaining.openings(self.U, self.u0, self.question.shape, self.start)

    # threats, truces, deadline

    @cached_property
    def threats(self) -> tuple[Threat, ...]:
        """Return whether carrying out each threat is a best response, by situation."""
        codes = self.question.players.codes
        found = []
        for each in self.question.threats:
            gap = self.of_law(each.carried_out) - self.of_law(each.dropped)
            if not np.isfinite(gap).all():
                continue
            others = tuple((code, float(gap[n])) for n, code in enumerate(codes) if n != each.who)
            found.append(Threat(codes[each.who], each.measures, each.answer, float(gap[each.who]), others))
        return tuple(found)

    def odds(self, number: int) -> dict[str, Odds]:
        """Return for each player the probability of no deal from which on a package is better than waiting.

        A is the package, S the law if nobody acts, B no deal.
        """
        standing = self.of_law(self.question.standing)
        return {
            code: break_even(float(self.U[number, n]), float(standing[n]), float(self.u0[n]))
            for n, code in enumerate(self.question.players.codes)
        }

    @cached_property
    def truces(self) -> tuple[Truce, ...]:
        """Return the discount factor that each truce needs."""
        codes = self.question.players.codes
        found = []
        for each in self.question.truces:
            keep, punish = self.of_law(each.keep), self.of_law(each.punish)
            if not np.isfinite([keep, punish, *(self.of_law(law) for _, law in each.deviate)]).all():
                continue
            sides = {
                codes[n]: patience(float(keep[n]), float(self.of_law(law)[n]), float(punish[n]))
                for n, law in each.deviate
            }
            found.append(Truce(each.issue, sides, critical(sides)))
        return tuple(found)

    @cached_property
    def deadline(self) -> Deadline | None:
        """Return what the deadline takes by itself, or None without one."""
        laws = self.question.deadline
        if laws is None:
            return None
        gap = self.of_law(laws.after) - self.of_law(laws.before)
        if not np.isfinite(gap).all():
            return None
        return Deadline(laws, by_player(self.question.players.codes, gap))

    # tables

    @property
    def packages(self) -> pd.DataFrame:
        """Return the table of packages: one row each; see `strategy.talks_tables`."""
        import pandas as pd

        return pd.DataFrame(self.columns("packages"))

    def columns(self, name: str) -> dict[str, list[Any]]:
        """Return a table as columns of plain values.

        Raises:
            UsageError: unknown table.
        """
        from detente.strategy.talks_tables import TABLES

        if name not in TABLES:
            hint = nearest(name, [*TABLES])
            text = f"unknown table {name!r}; expected one of {', '.join(TABLES)}"
            raise UsageError(text + (f"; try {hint!r}" if hint else ""))
        return TABLES[name](self)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table as a pandas DataFrame; same names and errors as `columns`."""
        import pandas as pd

        return pd.DataFrame(self.columns(name))

    def acceptable(self) -> pd.DataFrame:
        """Return the packages that no player would refuse, the one with the largest smallest gain first."""
        found, gains = self.packages, (self.U - self.u0).min(axis=1)
        order = [int(at) for at in np.argsort(-gains, kind="stable") if self.agreed[at]]
        return found.iloc[order].reset_index(drop=True)

    def pareto(self) -> pd.DataFrame:
        """Return the packages that no other one beats for all players."""
        return self.packages[self.on_edge].reset_index(drop=True)

    # the rest of the world

    def real_income_of(self, codes: Sequence[str], law: int) -> dict[str, float]:
        """Return real income of economies and groups under a law, against the comparator. [%]"""
        base = self.solved.base
        groups = {**{code: [n] for n, code in enumerate(base.countries)}, **groups_present(base.countries)}
        members = np.zeros((len(codes), len(base.countries)))
        for row, code in enumerate(codes):
            members[row, groups[code]] = 1.0
        total = members @ spendable(base)
        return by_player(codes, 100 * variation(self.solved.welfare_hat[law], base, members) / total)
