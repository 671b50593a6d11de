"""The switches of the page: every measure of a scenario, on or off, at its rate; each is an address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from detente.app.selection import Selection, toggled
from detente.core.units import rate_text
from detente.policy.measure import Measure, Regime
from detente.scenario.calendar import HEADLINE_ONLY, leaf_of
from detente.scenario.explain import says
from detente.scenario.schema import AUTHORITY, MAIN, Scenario

FAMILIES: Final = (
    ("Tariffs", ("tariff", "subsidy", "export-tax", "tariff-rate-quota", "specific-duty", "agreement")),
    ("Licences and controls", ("export-licence", "export-restraint", "export-ban")),
    ("Port fees and costs", ("port-fee", "trade-cost")),
    ("Quotas and purchases", ("import-quota", "purchase")),
    ("Price floors and stocks", ("price-floor", "stockpile", "government-demand")),
    ("Other", ("non-trade",)),
)
_ORDER: Final = ("threatened", "scheduled", "in-force", "announced", "offered", "suspended", "ended")
WIDE: Final = 200
POINTS: Final = re.compile(r"\+?(-?[0-9.]+)pp")


@dataclass(frozen=True)
class Lever:
    """One measure as a switch.

    Attributes:
        measure: what. title: who on whom, in words. level: what it does, in words. on: it applies in the branch shown.
        reason: why it does not. address: the page with it switched; "" where nothing can switch it.
        points: its added rate in percentage points, where it has one, for the slider; top: its upper end.
        changed: the visitor has changed it. offered: it is in no run unless somebody asks.
    """

    measure: Measure
    title: str
    level: str
    on: bool
    reason: str
    address: str
    points: float | None = None
    top: int = 0
    changed: bool = False


@dataclass(frozen=True)
class Family:
    """Levers of one sort. address: the page with all of them off, or back on."""

    name: str
    levers: tuple[Lever, ...]
    on: int
    address: str


@dataclass(frozen=True)
class Base:
    """A legal basis as a switch."""

    name: str
    on: bool
    address: str


def families(state: Selection, case: Scenario, regime: Regime) -> tuple[Family, ...]:
    """Return the switches of a scenario in the branch that is shown.

    Args:
        state: of the page. case: the scenario with the state's switches in it. regime: what holds in the branch shown.
    """
    applied = {measure.id for measure in regime.applied}
    reasons = {measure.id: reason for measure, reason in regime.not_applied}
    found = []
    for name, kinds in FAMILIES:
        own = [measure for measure in case.measures if measure.kind in kinds]
        made = [_lever(state, case, each, each.id in applied, reasons.get(each.id, "")) for each in own]
        levers = tuple(sorted(made, key=lambda lever: (not lever.address, _ORDER.index(lever.measure.status))))
        if levers:
            on = sum(lever.on for lever in levers)
            found.append(Family(name, levers, on, _all(state, levers, off=on > 0)))
    return tuple(found)


def _lever(state: Selection, case: Scenario, measure: Measure, on: bool, reason: str) -> Lever:
    leaf = leaf_of(case, (state.branch or (MAIN,))[0])
    fixed = measure.rate_kind == "headline" or reason == "ended" or (leaf is not None and measure.id in leaf.drop)
    points = float(100 * measure.rate.value) if measure.rate is not None and measure.rate.added and not fixed else None
    top = 0 if points is None else max(WIDE if points >= 50 else 60, int(2 * points))
    sides = f"{_codes(measure.by)} on {_codes(measure.against)}" if measure.against else _codes(measure.by)
    moved = [item.partition("=")[0] for item in state.set]
    changed = measure.id in (*state.include, *state.drop, *moved)
    words = "headline only: officials say it, it enters nothing" if reason == HEADLINE_ONLY else reason
    address = "" if fixed else switched(state, measure.id, on=not on).address
    return Lever(measure, sides, _level(measure), on, words, address, points, top, changed)


def _level(measure: Measure) -> str:
    kind = measure.kind.replace("-", " ")
    return f"{kind} {rate_text(measure.rate)}" if measure.rate is not None else f"{kind}, {says(measure)}"


def _codes(codes: Iterable[str]) -> str:
    return ", ".join("everybody" if code == "WORLD" else code for code in codes)


def switched(state: Selection, id_: str, *, on: bool) -> Selection:
    """Return the state with a measure on or off: by leaving out what switched it, where that is what did."""
    if on:
        if id_ in state.drop:
            return state.but(drop=toggled(state.drop, id_))
        return state if id_ in state.include else state.but(include=(*state.include, id_))
    if id_ in state.include:
        return state.but(include=toggled(state.include, id_))
    return state if id_ in state.drop else state.but(drop=(*state.drop, id_))


def _all(state: Selection, levers: Iterable[Lever], *, off: bool) -> str:
    free = [lever for lever in levers if lever.address]
    for lever in free:
        if off and lever.on:
            state = switched(state, lever.measure.id, on=False)
        elif not off and lever.measure.id in state.drop:
            state = switched(state, lever.measure.id, on=True)
    return state.address


def bases(state: Selection, case: Scenario) -> tuple[Base, ...]:
    """Return the legal bases of a scenario as switches: a court may strike one down."""
    names = sorted({name for measure in case.measures for name in measure.authorities})
    items = [f"{AUTHORITY}{name}" for name in names]
    return tuple(
        Base(name, item not in case.dropped, state.but(drop=toggled(state.drop, item)).address)
        for name, item in zip(names, items, strict=True)
    )


def kept_fields(state: Selection, without: str, on: bool) -> list[tuple[str, Any]]:
    """Return the hidden fields of a form that sets one measure's rate and switches it on."""
    rest = state.but(
        set=tuple(each for each in state.set if not each.startswith(f"{without}=")),
        drop=tuple(each for each in state.drop if each != without),
        include=state.include if on else tuple(dict.fromkeys((*state.include, without))),
    )
    return fields_of(rest)


def fields_of(state: Selection, *without: str) -> list[tuple[str, str]]:
    """Return a state as the hidden fields of a form."""
    plain = {name: value for name, value in state.plain.items() if name not in without}
    return [(name, item) for name, value in plain.items() for item in (value if isinstance(value, list) else [value])]
