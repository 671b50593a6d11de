"""The law of a day in a branch, days that are not the horizon included; and the pair that a scenario is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from detente.baseline import Baseline
from detente.core.codes import COUNTRY_GROUPS, WORLD
from detente.core.errors import UsageError, nearest
from detente.policy.measure import GOODS, Measure
from detente.scenario.calendar import leaf_of
from detente.scenario.fields import iso_date
from detente.scenario.known import of_baseline
from detente.scenario.run import BranchPlan, plan
from detente.scenario.schema import MAIN, Scenario


def day_of(name: str, value: dt.date | str | None) -> dt.date | None:
    """Return a day as a date.

    Raises:
        UsageError: not an ISO date; the message names the option.
    """
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return iso_date(value)
    except ValueError as error:
        raise UsageError(f"{name}: found {value!r}; expected {error}") from None


def branch_by_dates(case: Scenario, branch: str | None) -> Scenario:
    """Return a scenario whose `main` is a leaf followed through time.

    What the leaf drops is dropped. What it includes starts on its own first day: not before `as_of`, because branches
    part after what is known, and not after the horizon, where the leaf is solved. So on the horizon this is the leaf.

    Raises:
        UsageError: no such branch.
    """
    leaf = leaf_of(case, branch)
    if leaf is None:
        return case
    measures = tuple(_included(case, each) if each.id in leaf.include else each for each in case.measures)
    return case.replace(measures=measures, dropped=(*case.dropped, *leaf.drop))


def _included(case: Scenario, measure: Measure) -> Measure:
    own = measure.from_ or case.as_of
    earliest = case.as_of if case.compare_to is None else max(case.as_of, case.compare_to + dt.timedelta(1))
    start = max(min(own, case.horizon or case.as_of), earliest)
    return replace(measure, status="scheduled", from_=start)


def law(
    case: Scenario,
    base: Baseline,
    on: dt.date | None = None,
    branch: str | None = None,
    *,
    as_of: dt.date | None = None,
) -> BranchPlan:
    """Return the plan of one branch on one day; without `on`, as `run` solves it.

    Args:
        case: the file. base: the world. on: the day. branch: None or "main", or a leaf. as_of: what was known.
    Raises:
        DetenteError: as `plan`.
    """
    name = MAIN if branch is None else branch
    if on is None or name == MAIN:
        return plan(case, base, on, [name], as_of=as_of)[0]
    found = plan(branch_by_dates(case, name), base, on, [MAIN], as_of=as_of)[0]
    return replace(found, name=name, regime=replace(found.regime, branch=name))


def members(case: Scenario, base: Baseline, code: str, name: str = "country") -> tuple[str, ...]:
    """Return the economies that a code stands for: itself, a group of the file or a built-in one, WORLD.

    Raises:
        UsageError: unknown, with the nearest.
    """
    own = {key: value for key, value in case.groups.items() if isinstance(value, tuple)}
    groups = {**COUNTRY_GROUPS, **own}
    if code in base.countries:
        return (code,)
    if code == WORLD:
        return base.countries
    found = tuple(each for each in groups.get(code, ()) if each in base.countries)
    if found:
        return found
    hint = of_baseline(base).country_hint(code, list(own))
    expected = f"an economy of baseline {base.id!r} or a group such as EU27, WORLD"
    raise UsageError(f"{name}: found {code!r}; expected {expected}" + (f"; try {hint}" if hint else ""))


def goods_of(base: Baseline) -> tuple[str, ...]:
    """Return the sectors that `sectors: goods` means."""
    services = of_baseline(base).services
    return tuple(code for code in base.sectors if code not in services)


def sectors_of(case: Scenario, base: Baseline, code: str) -> tuple[str, ...]:
    """Return the sectors that a code stands for: itself, "goods", "all", a group of the file.

    Raises:
        UsageError: unknown, with the nearest.
    """
    if code in base.sectors:
        return (code,)
    if code == GOODS:
        return goods_of(base)
    if code == "all":
        return base.sectors
    own = {key: value for key, value in case.groups.items() if isinstance(value, tuple)}
    found = tuple(each for each in own.get(code, ()) if each in base.sectors)
    if found:
        return found
    hint = of_baseline(base).sector_hint(code, list(own)) or nearest(code, base.sectors)
    text = f"sector: found {code!r}; expected a sector of baseline {base.id!r}, or goods"
    raise UsageError(f"{text}; try {hint}" if hint else f"{text}; list them with: detente data info {base.id}")


def sides(case: Scenario, base: Baseline, measures: Iterable[Measure] = ()) -> tuple[str, str] | None:
    """Return the pair (importer, origin) that a scenario is about: its two players, or the first pair of a measure."""
    if case.talks is not None and len(case.talks.players) == 2 and _known(case.talks.players, base):
        return case.talks.players[0], case.talks.players[1]
    for measure in (*measures, *case.measures):
        pair = (*measure.by, *measure.against)
        if measure.kind == "tariff" and len(measure.by) == len(measure.against) == 1 and _known(pair, base):
            return pair[0], pair[1]
    return None


def _known(codes: Sequence[str], base: Baseline) -> bool:
    return all(code in base.countries for code in codes) and len(set(codes)) == len(codes)


def parties(case: Scenario, base: Baseline) -> tuple[str, ...]:
    """Return who the branches matter to: the players, or the economies of the report, or the two sides."""
    if case.talks is not None:
        return case.talks.players
    economies = tuple(code for code in case.report_countries if code in base.countries)
    return economies or sides(case, base) or base.countries[:2]
