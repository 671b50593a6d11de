"""The leaves of a scenario on the horizon: values, spreads, break-even odds; expectations only with the user's odds.

Definitions. U is real income in percent of the comparator's. M is `main` on the horizon: the file as it stands on the
day on which the leaves are solved, if nobody does anything. `U_main` is its value.

Break-even of leaf A against leaf B, for a party: the probability p of A, with 1 - p of B, at which
p U_A + (1 - p) U_B = U_main. There is none where the party prefers both to M, or M to both.

With probabilities p over the leaves: expected value E = sum p U. Value of the deadline = E - U_main: what the party
expects from the leaves beyond what the calendar brings by itself. Revaluation of value added of country n in sector s,
on the news that beliefs move from q to p: sum over leaves of (p - q) V_ns, in MUSD and in percent of sum q V_ns, with
V_ns the value added of the sector in the leaf, in units of the numeraire. Old beliefs q are the odds in the file where
the user sets others; else M for certain.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.codes import COUNTRY_ALIASES
from detente.core.errors import ScenarioError, UsageError, nearest
from detente.core.result import Result
from detente.core.units import percent_text
from detente.scenario.calendar import regime
from detente.scenario.dated import parties
from detente.scenario.execute import world_of
from detente.scenario.load import load_scenario
from detente.scenario.path import country_values, solved_together
from detente.scenario.products import with_products
from detente.scenario.run import BranchPlan, plan
from detente.scenario.schema import MAIN, Scenario

REAL_INCOME: Final = "real_income_pct"
LARGEST: Final = 8
SAME: Final = 1e-9
"""Real incomes nearer than this, in percent, are one value: solves agree to 1e-10."""


@dataclass(frozen=True)
class BreakEven:
    """The odds at which a party is indifferent between a lottery of two leaves and `main` on the horizon.

    Attributes:
        better, worse: the two leaves, in the order of the party's real income. probability: of `better`, or None.
        why: why there is none, or why it is 0 or 1; else "".
    """

    party: str
    better: str
    worse: str
    probability: float | None
    why: str = ""


@dataclass(frozen=True)
class Spread:
    """How far apart the leaves are for an economy. [percentage points of real income]"""

    country: str
    best: str
    worst: str
    spread_pp: float


@dataclass(frozen=True)
class Expected:
    """What an economy expects. `deadline_pp` is the expectation less the value of `main` on the horizon."""

    country: str
    variable: str
    expected: float
    main: float
    deadline: float


@dataclass(frozen=True)
class Revaluation:
    """Change of expected value added of a sector when beliefs move. [MUSD, % of what was expected before]"""

    country: str
    sector: str
    change_musd: float
    change_pct: float


@dataclass(frozen=True, eq=False)
class Tree:
    """Leaves of a scenario, solved as of the horizon.

    Attributes:
        scenario: the file. base: the world under the comparator's law. date: the horizon.
        plans, results: "main" (on the horizon) and every leaf, by name. values: name -> table "countries" by key.
        parties: whose break-even odds are told. breakeven, spreads: without any probability.
        odds: the user's, or None. old_odds: beliefs before the news, "main" among them; None without odds.
        expected, revaluation: empty without odds.
    """

    scenario: Scenario
    base: Baseline
    date: dt.date
    plans: Mapping[str, BranchPlan]
    results: Mapping[str, Result]
    values: Mapping[str, Mapping[tuple[str, str], float]]
    parties: tuple[str, ...]
    breakeven: tuple[BreakEven, ...]
    spreads: tuple[Spread, ...]
    odds: Mapping[str, float] | None = None
    old_odds: Mapping[str, float] | None = None
    expected: tuple[Expected, ...] = ()
    revaluation: tuple[Revaluation, ...] = ()

    @property
    def leaves(self) -> tuple[str, ...]:
        """Return the names of the leaves, without "main"."""
        return tuple(name for name in self.results if name != MAIN)


EXPECTED_VARIABLES: Final = (REAL_INCOME, "real_income_musd", "consumer_prices_pct", "exports_pct", "imports_pct")


def tree(
    scenario: Scenario | str | Mapping[str, Any],
    *,
    probabilities: Mapping[str, float] | None = None,
    as_of: dt.date | None = None,
    countries: Sequence[str] = (),
    base: Baseline | None = None,
) -> Tree:
    """Solve `main` and every leaf on the horizon; tell what follows from them, and from odds if there are any.

    Args:
        scenario: a scenario, a packaged id, a path, or plain data, with a `tree`.
        probabilities: leaf -> fraction; they replace those of the file and must then sum to 1 with what is left.
        as_of: hide measures whose source is later. countries: rows wanted; default: those of the report.
        base: the world.
    Raises:
        ScenarioError: no tree. UsageError: an unknown leaf, odds that are not 100 %. SolveError: not certified.
    """
    case = load_scenario(scenario)
    if not case.tree:
        expected = "leaves under `tree`, such as {calm: {drop: [ID]}, storm: {include: [ID]}}"
        raise ScenarioError(f"{case.path or case.id}: tree: found none; expected {expected}")
    odds = beliefs(case, probabilities or {})
    world = world_of(case) if base is None else with_products(case, base)
    day = regime(case, branch=case.tree[0].name, as_of=as_of).date
    names = case.branches
    plans = plan(case, world, day, names, as_of=as_of)
    world, results = solved_together(case, world, plans, names)
    solved = dict(zip(names, results, strict=True))
    values = {name: country_values(result) for name, result in solved.items()}
    who = parties(case, world)
    shown = shown_countries(case, solved[MAIN], countries)
    found = Tree(
        case, world, day, dict(zip(names, plans, strict=True)), solved, values, who,
        break_even(values, who), spreads(values, shown),
    )  # fmt: skip
    return found if odds is None else _with_odds(found, odds, shown)


def beliefs(case: Scenario, changed: Mapping[str, float]) -> dict[str, float] | None:
    """Return the odds of every leaf, or None where the user has given none.

    Raises:
        UsageError: an unknown leaf, a probability outside 0 to 1, odds that do not sum to 1.
    """
    leaves = [leaf.name for leaf in case.tree]
    for name, value in changed.items():
        if name not in leaves:
            hint = nearest(name, leaves)
            text = f"set-prob: found {name!r}; expected a leaf: {', '.join(leaves)}"
            raise UsageError(text + (f"; try {hint}" if hint else ""))
        if not 0 <= value <= 1:
            raise UsageError(f"set-prob: found {percent_text(value)} for {name}; expected 0% to 100%")
    odds = {leaf.name: changed.get(leaf.name, leaf.probability) for leaf in case.tree}
    given = {name: value for name, value in odds.items() if value is not None}
    if not given:
        return None
    total = sum(given.values())
    missing = [name for name in leaves if name not in given]
    if missing or abs(total - 1) > SAME:
        told = ", ".join(f"{name} {100 * value:g}%" for name, value in given.items())
        found = f"{told}: {100 * total:g}% in all" + (f", none for {', '.join(missing)}" if missing else "")
        raise UsageError(f"set-prob: found {found}; expected 100% over all leaves; {_remedy(given, missing, total)}")
    return given


def _remedy(given: Mapping[str, float], missing: Sequence[str], total: float) -> str:
    rest = 1 - total
    if len(missing) == 1 and rest >= -SAME:
        return f"try --set-prob {missing[0]}={100 * rest:g}%"
    if missing:
        return f"give one to each of {', '.join(missing)}"
    last = list(given)[-1]
    left = given[last] + rest
    return f"try --set-prob {last}={100 * left:g}%" if 0 <= left <= 1 else "lower some"


def shown_countries(case: Scenario, result: Result, asked: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the economies and groups asked for, else those of the report, else of the talks, else the largest.

    Raises:
        UsageError: one that the result does not have, with the nearest.
    """
    known = list(dict.fromkeys(result.columns("countries")["country"]))
    for code in asked:
        if code not in known:
            hint = nearest(code, known, aliases=dict(COUNTRY_ALIASES))
            text = f"countries: found {code!r}; expected economies or groups such as EU27, WORLD"
            raise UsageError(text + (f"; try {hint}" if hint else ""))
    if asked:
        return tuple(dict.fromkeys(asked))
    of_file = case.report_countries or (case.talks.players if case.talks else ())
    largest = sorted(range(len(result.countries)), key=lambda n: -float(result.baseline.income[n]))[:LARGEST]
    return tuple(code for code in of_file if code in known) or tuple(result.countries[n] for n in largest)


def break_even(values: Mapping[str, Mapping[tuple[str, str], float]], who: Sequence[str]) -> tuple[BreakEven, ...]:
    """Return, for each party and pair of leaves, the odds of the better one at which it is indifferent to `main`."""
    leaves = [name for name in values if name != MAIN]
    found = []
    for party in who:
        level = {name: values[name][party, REAL_INCOME] for name in values}
        for pair in combinations(leaves, 2):
            better, worse = sorted(pair, key=lambda name: -level[name])
            found.append(_indifferent(party, better, worse, level))
    return tuple(found)


def _indifferent(party: str, better: str, worse: str, level: Mapping[str, float]) -> BreakEven:
    high, low, main = level[better], level[worse], level[MAIN]
    if abs(high - low) <= SAME:
        return BreakEven(party, better, worse, None, "the two are the same")
    if low > main + SAME:
        return BreakEven(party, better, worse, None, "both better than main")
    if high < main - SAME:
        return BreakEven(party, better, worse, None, "both worse than main")
    odds = (main - low) / (high - low)
    if abs(main - low) <= SAME:
        return BreakEven(party, better, worse, 0.0, f"{worse} is worth what main is")
    if abs(main - high) <= SAME:
        return BreakEven(party, better, worse, 1.0, f"{better} is worth what main is")
    return BreakEven(party, better, worse, odds)


def spreads(values: Mapping[str, Mapping[tuple[str, str], float]], countries: Sequence[str]) -> tuple[Spread, ...]:
    """Return the distance between the best and the worst leaf of each economy."""
    leaves = [name for name in values if name != MAIN]
    found = []
    for code in countries:
        level = {name: values[name][code, REAL_INCOME] for name in leaves}
        best, worst = max(leaves, key=level.__getitem__), min(leaves, key=level.__getitem__)
        found.append(Spread(code, best, worst, level[best] - level[worst]))
    return tuple(found)


def _with_odds(found: Tree, odds: Mapping[str, float], shown: Sequence[str]) -> Tree:
    own = {leaf.name: leaf.probability for leaf in found.scenario.tree}
    filed = {name: value for name, value in own.items() if value is not None}
    old = filed if len(filed) == len(own) and filed != odds else {MAIN: 1.0}
    expected = []
    for code in shown:
        for variable in EXPECTED_VARIABLES:
            mean = sum(weight * found.values[name][code, variable] for name, weight in odds.items())
            main = found.values[MAIN][code, variable]
            expected.append(Expected(code, variable, mean, main, mean - main))
    economies = [code for code in shown if code in found.base.countries]
    return Tree(
        found.scenario, found.base, found.date, found.plans, found.results, found.values, found.parties,
        found.breakeven, found.spreads, dict(odds), dict(old), tuple(expected),
        revaluation(found.results, old, odds, economies or found.base.countries),
    )  # fmt: skip


def revaluation(
    results: Mapping[str, Result], old: Mapping[str, float], new: Mapping[str, float], countries: Sequence[str]
) -> tuple[Revaluation, ...]:
    """Return what a market would reprice when beliefs move from `old` to `new`: value added by country and sector.

    Args:
        results: branch -> result, all on one baseline. old, new: branch -> probability; each sums to 1.
        countries: rows wanted.
    Laws: no_news (old = new: all zero); certain_news (from A to B for certain: V_B - V_A).
    """
    levels = {name: value_added_new(results[name]) for name in {*old, *new}}
    before, after = (sum((p * levels[name] for name, p in odds.items()), 0.0) for odds in (old, new))
    first = next(iter(results.values()))
    was, now = np.asarray(before), np.asarray(after)
    rows = []
    for code in countries:
        n = first.countries.index(code)
        for s, sector in enumerate(first.sectors):
            if was[n, s] > 0:
                change = float(now[n, s] - was[n, s])
                rows.append(Revaluation(code, sector, change, 100 * change / float(was[n, s])))
    return tuple(rows)


def value_added_new(result: Result) -> Array:
    """Return value added by (country, sector) after the change: its share of what producers receive. [MUSD]"""
    share = result.stored.get("value_added_share_new", result.baseline.value_added_share)
    receipts = (result.flows_new / result["wedge"] + result["rent_lost"]).sum(axis=1)
    return np.asarray(share * receipts)
