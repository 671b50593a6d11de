"""Which measures hold on a day, in a branch, and why the others do not.

In-force measures and scheduled ones whose first day has come hold; every other status only by `include`, which also
overrides a later first day. `from` counts, `until` does not, whoever asks. A `drop` always wins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from detente.core.errors import UsageError, nearest
from detente.policy.measure import Measure, Regime
from detente.scenario.schema import AUTHORITY, MAIN, Leaf, Scenario

COMPARATOR: Final = "comparator"
HEADLINE_ONLY: Final = "headline only"
_ORDER: Final = (
    "threatened", "scheduled later", "announced", "offered", "suspended", "ended", "not yet in force", "dropped",
    HEADLINE_ONLY,
)  # fmt: skip


def regime(
    scenario: Scenario,
    on: dt.date | None = None,
    branch: str | None = None,
    include: Iterable[str] = (),
    drop: Iterable[str] = (),
    *,
    as_of: dt.date | None = None,
) -> Regime:
    """Return what holds on a day in a branch.

    Args:
        scenario: the file. branch: None or "main", or a leaf of the tree.
        on: the day; default: `as_of` for main, the horizon for a leaf.
        include: ids that hold whatever their status or first day. drop: ids or `authority=NAME` that do not hold.
        as_of: what was known: measures whose source is later are left out; also the default of `on` for main.
    Raises:
        UsageError: unknown branch, id or authority.
    """
    leaf = leaf_of(scenario, branch)
    known = as_of or scenario.as_of
    day = on or (known if leaf is None else scenario.horizon or known)
    wanted = {*scenario.included, *scenario.known(*include), *(leaf.include if leaf else ())}
    unwanted = {*scenario.dropped, *scenario.known(*drop), *(leaf.drop if leaf else ())}
    applied: list[Measure] = []
    others: list[tuple[Measure, str]] = []
    for measure in scenario.measures:
        late = as_of is not None and measure.source and measure.source.date and measure.source.date > as_of
        reason = f"not known on {as_of}" if late else _reason(measure, day, measure.id in wanted)
        left = _without(measure, unwanted)
        if reason in ("", HEADLINE_ONLY) and left is None:
            reason = "dropped"
        if reason or left is None:
            others.append((measure, reason))
        else:
            applied.append(left)
    return Regime(day, leaf.name if leaf else MAIN, tuple(applied), tuple(others))


def comparator(scenario: Scenario) -> Regime:
    """Return the law of `compare_to`: measures already in force that day are part of it; usually there are none.

    Without `compare_to` it is the tariffs of the baseline alone. Includes, drops and branches do not touch it, nor do
    measures without a first day, which begin with the run.
    """
    day = scenario.compare_to
    if day is None:
        return Regime(scenario.as_of, COMPARATOR, ())
    applied = tuple(
        measure for measure in scenario.measures if measure.from_ is not None and not _reason(measure, day, False)
    )
    return Regime(day, COMPARATOR, applied)


def headlines(found: Regime) -> tuple[Measure, ...]:
    """Return the headline measures that officials state on the day of a regime; none of them is applied."""
    said = [measure for measure, reason in found.not_applied if reason == HEADLINE_ONLY]
    return tuple(each for each in said if not _reason(replace(each, rate_kind="applied"), found.date, False))


def leaf_of(scenario: Scenario, branch: str | None) -> Leaf | None:
    """Return a leaf by name; None for main.

    Raises:
        UsageError: no such branch.
    """
    if branch in (None, MAIN):
        return None
    for leaf in scenario.tree:
        if leaf.name == branch:
            return leaf
    hint = nearest(str(branch), scenario.branches)
    raise UsageError(
        f"branch: found {branch!r}; expected one of {', '.join(scenario.branches)}" + (f"; try {hint}" if hint else "")
    )


def dates(scenario: Scenario) -> tuple[dt.date, ...]:
    """Return every day on which something starts or ends by itself, in order."""
    timed = [measure for measure in scenario.measures if measure.status in ("in-force", "scheduled")]
    return tuple(sorted({day for measure in timed for day in (measure.from_, measure.until) if day is not None}))


def describe_not_applied(found: Regime) -> str:
    """Return one sentence: how many measures were read, how many apply, and which do not for what reason."""
    reasons: dict[str, list[str]] = {}
    for measure, reason in found.not_applied:
        reasons.setdefault(reason, []).append(measure.id)
    order = sorted(reasons, key=lambda reason: (_ORDER.index(reason) if reason in _ORDER else len(_ORDER), reason))
    listed = "; ".join(f"{reason}: {', '.join(reasons[reason])}" for reason in order)
    read = len(found.applied) + len(found.not_applied)
    text = f"{read} measures read, {len(found.applied)} applied, {len(found.not_applied)} not"
    return f"{text} ({listed})" if listed else text


def _reason(measure: Measure, day: dt.date, included: bool) -> str:
    """Return why a measure does not hold on a day, or "" if it does."""
    if measure.rate_kind == "headline":
        return HEADLINE_ONLY
    if measure.until is not None and day >= measure.until:
        return "ended"
    if included:
        return ""
    if measure.status not in ("in-force", "scheduled"):
        return measure.status
    if measure.from_ is not None and day < measure.from_:
        return "scheduled later" if measure.status == "scheduled" else "not yet in force"
    if measure.from_ is None and measure.status == "scheduled":
        return "scheduled without a date"
    return ""


def _without(measure: Measure, unwanted: set[str]) -> Measure | None:
    """Return what is left of a measure after drops by id and by legal basis."""
    if measure.id in unwanted:
        return None
    left: Measure | None = measure
    for item in sorted(unwanted):
        if left is not None and item.startswith(AUTHORITY):
            left = left.without_authority(item.removeprefix(AUTHORITY))
    return left
