"""What is in force on a day and why; and why a rate is what it is: every contribution, summing to the total."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.baseline.satellites_table import KNOWN
from detente.core.arrays import Array
from detente.core.codes import EU27, WORLD
from detente.core.errors import MissingDataError, UsageError
from detente.core.instruments import TARIFF_RATE_QUOTA, Bound
from detente.core.units import percent_text, rate_text
from detente.policy.measure import Measure
from detente.scenario.calendar import HEADLINE_ONLY, headlines
from detente.scenario.contributions import Part, by_authority, parts, rule
from detente.scenario.dated import goods_of, law, members, sectors_of
from detente.scenario.execute import world_of
from detente.scenario.load import load_scenario
from detente.scenario.products import with_products
from detente.scenario.run import BranchPlan
from detente.scenario.schema import Scenario

TOTAL: Final = "total"
COMPONENT: Final = "component"
_HS: Final = re.compile(r"[0-9]{4}(?:\.?[0-9]{2}(?:\.?[0-9]{2,4})?)?|[0-9]{2}")


@dataclass(frozen=True)
class Stated:
    """One measure as it stands on the day.

    Attributes:
        rate: as written, or the size of its table, or what else it sets. applied: whether it enters the equilibrium.
        reason: why it does not apply, in a few words; "" if it does.
        trade_musd: baseline flows on its cells. rows_read, rows_matched: of its table; 0 without one.
    """

    id: str
    by: str
    against: str
    rate: str
    kind: str
    applied: bool
    reason: str
    authority: str
    since: dt.date | None
    until: dt.date | None
    assumed: bool
    source: str
    source_date: dt.date | None
    trade_musd: float | None = None
    cells: int | None = None
    rows_read: int = 0
    rows_matched: int = 0
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Headline:
    """A rate as officials say it. `reading`: "total" for an all-in rate, "component" for points. It changes nothing."""

    measure: str
    reading: str
    rate: str
    value_pct: float
    source: str


@dataclass(frozen=True)
class RateExplained:
    """Why the rate of `by` on `against` is what it is.

    Attributes:
        what: the sector, or which average over sectors. baseline_pct: rate of the data. comparator_pct: rate under the
            law of `compare_to`. parts: contributions in points, the baseline first; they sum to `total_pct`.
        total_pct: the compiled rate, what enters the equilibrium. rest_pp: total less the sum of the parts.
        authorities: points by legal basis. headline: rates as officials say them, beside it and never in it.
        trade_musd: flows that weigh the average. cells: rates in it. note: what to know about weights or codes.
    """

    by: str
    against: str
    what: str
    date: dt.date
    branch: str
    baseline_pct: float
    comparator_pct: float
    parts: tuple[Part, ...]
    total_pct: float
    rest_pp: float
    authorities: Mapping[str, float]
    rule: str
    headline: tuple[Headline, ...]
    trade_musd: float
    cells: int
    note: str = ""


@dataclass(frozen=True)
class Explained:
    """The law of a day in a branch. `rate` is there if one was asked for."""

    scenario: str
    title: str
    date: dt.date
    branch: str
    compare_to: dt.date | None
    baseline: str
    applied: tuple[Stated, ...]
    not_applied: tuple[Stated, ...]
    warnings: tuple[str, ...]
    rate: RateExplained | None = None


def explain(
    scenario: Scenario | str | Mapping[str, Any],
    *,
    rate: tuple[str, str] | None = None,
    sector: str | None = None,
    hs: str | None = None,
    on: dt.date | None = None,
    branch: str | None = None,
    as_of: dt.date | None = None,
    base: Baseline | None = None,
) -> Explained:
    """Return what is in force and, for a pair, why its rate is what it is.

    Args:
        scenario: a scenario, a packaged id, a path, or plain data.
        rate: (importer, origin), codes or groups; an average over goods unless `sector` or `hs` says what.
        sector: a sector, a group of the file, or "goods". hs: an HS code such as "8541.10", instead of `sector`.
        on: the day; default: as `run` has it. branch: "main" or a leaf. as_of: hide measures with later sources.
        base: the world; None loads the one that the scenario names.
    Raises:
        UsageError: unknown code, branch or combination. MissingDataError: an HS code that no packaged map knows.
        DetenteError: a scenario that cannot be placed on its world.
    """
    case = load_scenario(scenario)
    if rate is None and (sector or hs):
        raise UsageError(f"{'sector' if sector else 'hs'}: found without a pair; expected --rate BY AGAINST beside it")
    if sector and hs:
        raise UsageError("hs: found with sector beside it; expected one of the two")
    world = world_of(case) if base is None else with_products(case, base)
    found = law(case, world, on, branch, as_of=as_of)
    why = None if rate is None else why_rate(case, world, found, *rate, sector=sector, hs=hs)
    touched = {each.measure: each for each in found.coverage}
    applied = [_stated(each, "", touched) for each in found.regime.applied]
    others = [_stated(each, reason, touched) for each, reason in found.regime.not_applied]
    return Explained(
        case.id, case.title, found.regime.date, found.regime.branch, case.compare_to, world.id, tuple(applied),
        tuple(others), found.warnings, why,
    )  # fmt: skip


def why_rate(
    case: Scenario,
    base: Baseline,
    found: BranchPlan,
    by: str,
    against: str,
    *,
    sector: str | None = None,
    hs: str | None = None,
) -> RateExplained:
    """Return the parts of one rate, or of an average weighted with the flows of the baseline.

    Raises:
        UsageError: unknown codes, an importer on itself. MissingDataError: an HS code that no packaged map knows.
    """
    importers, origins = members(case, base, by, "by"), members(case, base, against, "against")
    origins = tuple(code for code in origins if code not in importers)
    if not origins:
        raise UsageError(f"against: found {against!r}, the importer itself; expected another country")
    code, note = (sector, "") if hs is None else sector_of_hs(base, hs)
    chosen = goods_of(base) if code is None else sectors_of(case, base, code)
    cells = _cells(base, importers, origins, chosen)
    trade = base.flows.reshape(-1)[cells]
    weights = trade / trade.sum() if trade.sum() > 0 else np.full(len(cells), 1 / len(cells))
    if len(cells) > 1 and not trade.sum() > 0:
        note = "no trade in the baseline: a simple average"
    before = base.tariffs.reshape(-1)
    note = "; ".join(each for each in (note, *_quotas(base, found.wedges.bounds, cells)) if each)
    told = parts(before, found.layers, cells, weights)
    total = 100 * float(weights @ _compiled(found.wedges.tariffs, base)[cells])
    return RateExplained(
        by=by,
        against=against,
        what=_what(base, code, chosen),
        date=found.regime.date,
        branch=found.regime.branch,
        baseline_pct=100 * float(weights @ before[cells]),
        comparator_pct=100 * float(weights @ _compiled(found.comparator_wedges.tariffs, base)[cells]),
        parts=told,
        total_pct=total,
        rest_pp=total - sum(part.points_pp for part in told),
        authorities=by_authority(told),
        rule=rule(told),
        headline=stated_rates(case, base, headlines(found.regime), by, against),
        trade_musd=float(trade.sum()),
        cells=len(cells),
        note=note,
    )


def stated_rates(
    case: Scenario, base: Baseline, measures: Iterable[Measure], by: str, against: str
) -> tuple[Headline, ...]:
    """Return the measures with one rate that cover a pair, each with its reading; headline or other."""
    importers, origins = set(members(case, base, by, "by")), set(members(case, base, against, "against"))
    return tuple(
        Headline(
            each.id,
            COMPONENT if each.rate.added else TOTAL,
            rate_text(each.rate),
            float(percent_text(each.rate.value).removesuffix("%")),
            "" if each.source is None else each.source.title,
        )
        for each in measures
        if each.rate is not None
        and not (WORLD in (*each.by, *each.against) and importers | origins <= set(EU27))
        and importers <= _all_members(case, base, each.by, "by")
        and origins <= _all_members(case, base, each.against, "against") | importers
    )


def _all_members(case: Scenario, base: Baseline, codes: Sequence[str], name: str) -> set[str]:
    return {member for code in codes for member in members(case, base, code, name)}


def sector_of_hs(base: Baseline, text: str) -> tuple[str, str]:
    """Return the sector that an HS code acts on, and a sentence on how that is known.

    Product groups that were cut from a sector are known by their codes. There is no packaged map of all HS codes.

    Raises:
        UsageError: not an HS code. MissingDataError: a code of no packaged product group.
    """
    if not _HS.fullmatch(text):
        raise UsageError(f"hs: found {text!r}; expected 2 to 10 digits of an HS code, written 8541, 8541.10 or 854110")
    digits = text.replace(".", "")
    cut = base.meta.get("satellites", {})
    for code, facts in cut.items():
        if code in base.sectors and any(digits.startswith(prefix) for prefix in facts["hs"]):
            return code, f"HS {text} is in {facts['name']}, which this world has as sector {code}"
    for item in KNOWN.values():
        if item.parent in base.sectors and any(digits.startswith(prefix) for prefix in item.hs):
            return item.parent, (
                f"HS {text} is in {item.name}, a part of {item.parent} that this world does not have apart: "
                "the rate is that of the whole sector"
            )
    groups = ", ".join(f"{item.name} ({', '.join(item.hs)})" for item in KNOWN.values())
    raise MissingDataError(
        f"hs: found {text!r}; no map of HS codes to sectors is packaged, only the codes of {groups}; "
        f"try --sector with a sector of {base.id!r}; list them with: detente data info {base.id}"
    )


def _cells(base: Baseline, importers: Sequence[str], origins: Sequence[str], sectors: Sequence[str]) -> Array:
    """Return flat positions (origin, dest, sector)."""
    at = [[base.countries.index(code) for code in codes] for codes in (origins, importers)]
    s = [base.sectors.index(code) for code in sectors]
    found: Array = np.ravel_multi_index(np.ix_(at[0], at[1], s), base.tariffs.shape).reshape(-1)
    return found


def _compiled(rates: Array | None, base: Baseline) -> Array:
    return (base.tariffs if rates is None else rates).reshape(-1)


def _what(base: Baseline, code: str | None, chosen: Sequence[str]) -> str:
    label = base.meta.get("sector_labels", {}).get(chosen[0], "")
    if len(chosen) == 1:
        return f"{chosen[0]} {label}".strip()
    return f"average over {'goods' if code is None else code}, weighted with the flows of the baseline"


def _stated(measure: Measure, reason: str, touched: Mapping[str, Any]) -> Stated:
    told = touched.get(measure.id)
    source = measure.source
    counts = {} if told is None else {
        "trade_musd": told.trade_musd, "cells": told.cells, "rows_read": told.rows_read,
        "rows_matched": told.rows_matched, "unmatched": told.unmatched,
    }  # fmt: skip
    return Stated(
        measure.id, ",".join(measure.by), ",".join(measure.against), says(measure), measure.kind, not reason, reason,
        measure.authority or ",".join(sorted(measure.authorities)), measure.from_, measure.until, measure.assumed,
        "" if source is None else source.title, None if source is None else source.date, **counts,
    )  # fmt: skip


def says(measure: Measure) -> str:
    """Return what a measure sets, short: its rate, the size of its table, or the field that matters."""
    if measure.kind == TARIFF_RATE_QUOTA and measure.rate is not None:
        return f"{rate_text(measure.rate)} up to {_detail(measure, 'volume')}, {_detail(measure, 'over_rate')} above"
    if measure.rate is not None:
        text = rate_text(measure.rate)
        return f"{text} (headline)" if measure.rate_kind != "applied" else text
    if measure.table is not None:
        return f"table, {len(measure.table.rows)} rows"
    for name in ("volume", "as_cost", "fee", "floor", "amount", "duty"):
        if name in measure.details:
            return _detail(measure, name)
    return "embargo" if measure.kind == "export-ban" else measure.linkage or "-"


def _detail(measure: Measure, name: str) -> str:
    """Return a level as written, with its range."""
    value = measure.details.get(name, "-")
    return f"{value['mode']} ({value['low']} to {value['high']})" if isinstance(value, Mapping) else str(value)


def _quotas(base: Baseline, bounds: Iterable[Bound], cells: Array) -> list[str]:
    """Return what tariff-rate quotas say on some cells: the volume and the total rate above it."""
    country, sector = base.countries.index, base.sectors.index
    wanted, rates = set(cells.tolist()), dict[tuple[str, float], list[float]]()
    for bound in bounds:
        places = [(country(o), country(d), sector(s)) for o, d, s in bound.cells]
        at = {int(np.ravel_multi_index(place, base.tariffs.shape)) for place in places}
        if bound.kind == TARIFF_RATE_QUOTA and at & wanted:
            rates.setdefault((bound.name, bound.volume or 0.0), []).append(bound.rate or 0.0)
    told = []
    for (name, volume), found in rates.items():
        low, high = (percent_text(round(each, 9)) for each in (min(found), max(found)))
        span = low if low == high else f"{low} to {high}"
        told.append(f"{name}: this rate holds up to {100 * volume:.6g}% of base, {span} above that volume")
    return told


def points_beside(found: BranchPlan) -> tuple[tuple[Measure, str], ...]:
    """Return tariffs in points that are not in force, with the reason: what a claim may have added."""
    return tuple(
        (measure, reason)
        for measure, reason in found.regime.not_applied
        if reason != HEADLINE_ONLY and measure.kind == "tariff" and measure.rate is not None and measure.rate.added
    )
