"""Is a stated rate a total, an addition, a component, an average or a change? One reading is never another.

A total is what is charged altogether. An addition is points on top, in force or not. A component is points that are
already in the total. An average is what is applied after exemptions. A change is the average less that under the
comparator.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from detente.baseline import Baseline
from detente.core.errors import UsageError
from detente.core.units import parse_rate
from detente.policy.measure import Measure
from detente.scenario.calendar import headlines
from detente.scenario.explain import COMPONENT, TOTAL, Headline, points_beside, stated_rates, why_rate
from detente.scenario.run import BranchPlan
from detente.scenario.schema import Scenario

MOST: Final = 8
"""Measures not in force of which sums are tried; 2^8 sums."""

ADDITION: Final = "addition"
AVERAGE: Final = "applied average"
CHANGE: Final = "change of the applied average"
TWICE: Final = "counted twice"
_EXACT: Final = 1e-9


@dataclass(frozen=True)
class Reading:
    """One way in which a claim may be meant.

    Attributes:
        kind: "total", "addition", "component", "applied average", "change of the applied average", "counted twice".
        value_pct: what it would be. sentence: how it comes about. measures: ids in it, those not in force included.
        in_force: whether everything in it holds on the day.
    """

    kind: str
    value_pct: float
    sentence: str
    measures: tuple[str, ...]
    in_force: bool


@dataclass(frozen=True)
class Claim:
    """What was claimed and which readings it fits; the first is the most likely one: exact, in force, of few measures.

    Attributes:
        text, value_pct: as stated. by, against: the pair. fits: readings that agree with it to its last digit.
        others: the main readings that it is not. verdict: one sentence.
    """

    text: str
    value_pct: float
    by: str
    against: str
    fits: tuple[Reading, ...]
    others: tuple[Reading, ...]
    verdict: str


def check_claim(case: Scenario, base: Baseline, found: BranchPlan, text: str, by: str, against: str) -> Claim:
    """Return which reading of the law a stated rate is.

    Args:
        text: "157%" or "+100pp". found: the law of a day. by, against: importer and origin.
    Raises:
        UsageError: not a rate with its unit; unknown codes.
    """
    try:
        stated = parse_rate(text)
    except ValueError as error:
        raise UsageError(f"claim: found {text!r}; expected {error}") from None
    value = 100 * stated.value
    readings = _readings(case, base, found, by, against)
    fits = [each for each in readings if abs(each.value_pct - value) <= _slack(text)]
    if stated.added:
        fits = [each for each in fits if each.kind in (ADDITION, COMPONENT, CHANGE)] or fits
    fits.sort(key=lambda each: _order(each, value))
    others = [each for each in readings if _main(each) and each not in fits]
    return Claim(text, value, by, against, tuple(fits), tuple(others), _verdict(text, fits, others, stated.added))


_RANK: Final = (TOTAL, ADDITION, COMPONENT, AVERAGE, CHANGE, TWICE)


def _order(reading: Reading, value: float) -> tuple[bool, bool, bool, int, int]:
    """Return what comes first: no double counting, the very number, what is in force, few measures."""
    exact = abs(reading.value_pct - value) <= _EXACT
    return reading.kind == TWICE, not exact, not reading.in_force, len(reading.measures), _RANK.index(reading.kind)


def _slack(text: str) -> float:
    """Return half a unit of the last digit that was stated, in percent."""
    match = re.search(r"\.([0-9]+)", text)
    return 0.5 * 10.0 ** -(len(match[1]) if match else 0) + _EXACT


def _readings(case: Scenario, base: Baseline, found: BranchPlan, by: str, against: str) -> list[Reading]:
    said = stated_rates(case, base, headlines(found.regime), by, against)
    listed = stated_rates(case, base, (m for m in found.regime.applied if m.kind == "tariff"), by, against)
    waiting = _waiting(case, base, points_beside(found), by, against)
    rate = why_rate(case, base, found, by, against)
    readings = [
        Reading(AVERAGE, rate.total_pct, f"the average that is applied to goods, {_n(rate.total_pct)}%", (), True),
        Reading(
            CHANGE,
            rate.total_pct - rate.comparator_pct,
            f"the applied average now, {_n(rate.total_pct)}%, less {_n(rate.comparator_pct)}% under the comparator",
            (),
            True,
        ),
    ]
    for each in (*said, *listed):
        if each.reading == COMPONENT:
            sentence = f"{each.rate} of {each.measure}, in force and already in the total"
            readings.append(Reading(COMPONENT, each.value_pct, sentence, (each.measure,), True))
    for one, reason in waiting:
        sentence = f"{one.rate} of {one.measure}, {reason}: an addition to what is in force, not a total"
        readings.append(Reading(ADDITION, one.value_pct, sentence, (one.measure,), False))
    for total in (each for each in said if each.reading == TOTAL):
        readings += _totals(total, waiting)
    return readings


def _waiting(
    case: Scenario, base: Baseline, beside: Sequence[tuple[Measure, str]], by: str, against: str
) -> list[tuple[Headline, str]]:
    found = []
    for measure, reason in beside:
        found += [(each, reason) for each in stated_rates(case, base, (measure,), by, against)]
    return found[:MOST]


def _totals(total: Headline, waiting: Sequence[tuple[Headline, str]]) -> list[Reading]:
    """Return the headline total, its sums with what is not in force, and those sums with an addition made twice."""
    head = _n(total.value_pct)
    readings = [Reading(TOTAL, total.value_pct, f"{head} in force ({total.measure})", (), True)]
    for count in range(1, len(waiting) + 1):
        for chosen in combinations(waiting, count):
            added = " + ".join(f"{_n(each.value_pct)} {reason} ({each.measure})" for each, reason in chosen)
            value = total.value_pct + sum(each.value_pct for each, _ in chosen)
            ids = tuple(each.measure for each, _ in chosen)
            readings.append(Reading(TOTAL, value, f"{head} in force ({total.measure}) + {added}", ids, False))
            for each, _ in chosen:
                twice, whole = _n(each.value_pct), _n(value)
                sentence = f"{whole} + {twice}, where {whole} has the {twice} of {each.measure} in it"
                readings.append(Reading(TWICE, value + each.value_pct, sentence, ids, False))
    return readings


def _main(reading: Reading) -> bool:
    return (reading.in_force and reading.kind != COMPONENT) or (reading.kind == TOTAL and len(reading.measures) == 1)


def _verdict(text: str, fits: Sequence[Reading], others: Sequence[Reading], added: bool) -> str:
    if not fits:
        near = "; ".join(f"{each.kind}: {_n(each.value_pct)}% ({each.sentence})" for each in others)
        return f"{text} is none of the readings of the law of this day; {near}"
    first = fits[0]
    if first.kind == TWICE:
        return f"{text} counts an addition twice: {first.sentence}"
    if first.kind == TOTAL:
        more = "; it is a total, not an addition" if first.measures or added else "; it is a total"
        return f"{text} = {first.sentence}{more}"
    if first.kind == AVERAGE:
        return f"{text} is {first.sentence}; it is an average after exemptions, not the headline"
    if first.kind == CHANGE:
        return f"{text} is a change: {first.sentence}; it is no rate"
    return f"{text} is {first.sentence}"


def _n(value: float) -> str:
    return f"{value:.4g}" if abs(value) >= 100 else f"{value:.3g}"
