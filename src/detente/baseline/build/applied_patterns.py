"""Points added by partner and sector: the pattern of the orders on each partner's imports, brought to its level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from detente.baseline.build import measures_2025 as law
from detente.baseline.build.applied_sources import Sources
from detente.baseline.build.labels import REST
from detente.baseline.build.products import CHINA
from detente.core.arrays import Array

CUSTOMS_CODES: Final = {"BLR": law.BELARUS, "UKR": law.UKRAINE}
"""Customs codes of economies without imports by product that the orders treat by name."""


@dataclass(frozen=True)
class Pattern:
    """Points added on one partner by sector, in percent.

    Attributes:
        ieepa, section_232: sector -> points; without the 20 points on China in `fixed`.
        fixed: points on every good. average: of all points, over mapped imports of 2024; raw: the same before scaling.
        scale: factor on the emergency tariffs.
        target: average that was aimed at; None where there is none. claimed: factor on USMCA claims, else None.
        assumed: True where the partner has no points of its own in the tracker. weight: mapped imports 2024. [USD]
        borrowed: sectors taken from the imports of the other partners.
    """

    ieepa: Mapping[str, float]
    section_232: Mapping[str, float]
    fixed: float
    average: float
    scale: float
    raw: float
    target: float | None
    claimed: float | None
    assumed: bool
    weight: float
    borrowed: tuple[str, ...]


def patterns_of(
    sources: Sources, countries: Sequence[str], partners: Mapping[str, str], reading: law.Reading
) -> dict[str, Pattern]:
    """Return country -> points by sector.

    Partners in the customs data use their own imports; the rest of the world the listed partners that are not in the
    baseline, together; a partner without customs data, and a sector without imports, the imports of all listed partners
    except China, at the partner's own rates and the median factor of the others.
    """
    mapped = sources.imports[sources.imports.sector != ""]
    pool = mapped[mapped.partner != CHINA].groupby(["hs10", "sector"], as_index=False)[["imports", "duty"]].sum()
    found: dict[str, Pattern] = {}
    for code in sorted(set(partners.values())):
        own = mapped[mapped.partner == code]
        target = sources.points[sources.names[code]][0] if reading is law.TRACKER else None
        pattern = pattern_of(own, code, sources.lists, reading, target)
        found[code] = completed(pattern, pattern_of(pool, code, sources.lists, reading, None))
    rest = sorted(set(sources.names) - set(partners.values()))
    found[REST] = completed(
        rest_of_world(sources, mapped, rest, reading), pattern_of(pool, REST, sources.lists, reading, None)
    )
    median = float(np.median([pattern.scale for pattern in found.values()]))
    result = {}
    for country in countries:
        if country in partners or country == REST:
            result[country] = found[partners.get(country, REST)]
        else:
            code = CUSTOMS_CODES.get(country, country)
            plain = pattern_of(pool, code, sources.lists, reading, None)
            result[country] = scaled(replace(plain, assumed=True, weight=0.0), median)
    return result


def pattern_of(goods: Any, partner: str, lists: law.Lists, reading: law.Reading, target: float | None) -> Pattern:
    """Return the points by sector of products that come from `partner`, brought to the target where there is one.

    The factor is on the emergency tariffs beyond the 20 points on China; Section 232 stays. For Canada and Mexico it is
    on the share claimed under USMCA instead, so that no rate exceeds the one ordered.
    """
    added = law.points_added(goods, partner, lists, reading)
    weights = goods.imports.to_numpy()
    fixed = float(added.fixed.max())

    def mean(values: Any) -> float:
        return float((values * weights).sum() / weights.sum())

    by_232, open_part, lost = mean(added.section_232), mean(added.ieepa), mean(added.ieepa_claimed)
    scale, claimed, ieepa = 1.0, None, added.ieepa
    if partner in lists.usmca:
        claimed = 1.0 if target is None else 1 - (target - by_232 - open_part) / lost
        ieepa = added.ieepa + (1 - claimed) * added.ieepa_claimed
    elif target is not None:
        scale = (target - fixed - by_232) / open_part
    raw = fixed + by_232 + open_part
    sectors = goods.sector.to_numpy()
    pattern = Pattern(
        ieepa=_by_sector(ieepa, weights, sectors),
        section_232=_by_sector(added.section_232, weights, sectors),
        fixed=fixed, average=fixed + by_232 + scale * mean(ieepa), scale=1.0, raw=raw,
        target=target, claimed=claimed, assumed=False,
        weight=float(weights.sum()), borrowed=(),
    )  # fmt: skip
    return scaled(pattern, scale)


def scaled(pattern: Pattern, factor: float) -> Pattern:
    """Return the pattern with its emergency tariffs times a factor."""
    rates = {sector: factor * rate for sector, rate in pattern.ieepa.items()}
    return replace(pattern, ieepa=rates, scale=pattern.scale * factor)


def completed(own: Pattern, other: Pattern) -> Pattern:
    """Return the pattern with sectors that it lacks taken from another one, at the same factor."""
    borrowed = tuple(sorted(set(other.ieepa) - set(own.ieepa)))
    return replace(
        own,
        ieepa={**{s: own.scale * other.ieepa[s] for s in borrowed}, **own.ieepa},
        section_232={**{s: other.section_232[s] for s in borrowed}, **own.section_232},
        borrowed=borrowed,
    )


def rest_of_world(sources: Sources, mapped: Any, partners: Sequence[str], reading: law.Reading) -> Pattern:
    """Return the pattern of the rest of the world: the listed partners outside the baseline, import-weighted."""
    each = []
    for code in partners:
        own = mapped[mapped.partner == code]
        target = sources.points[sources.names[code]][0] if reading is law.TRACKER else None
        each.append((own, pattern_of(own, code, sources.lists, reading, target)))
    totals: dict[str, list[float]] = {}
    for own, pattern in each:
        for sector, value in own.groupby("sector").imports.sum().items():
            row = totals.setdefault(sector, [0.0, 0.0, 0.0])
            for i, amount in enumerate(
                (value, value * pattern.ieepa.get(sector, 0.0), value * pattern.section_232.get(sector, 0.0))
            ):
                row[i] += amount
    weight = sum(pattern.weight for _, pattern in each)
    raw = sum(pattern.raw * pattern.weight for _, pattern in each) / weight
    targets = [pattern.target for _, pattern in each if pattern.target is not None]
    target = sum((p.target or 0.0) * p.weight for _, p in each) / weight if targets else None
    emergency = sum(row[1] for row in totals.values()) / weight
    by_232 = sum(row[2] for row in totals.values()) / weight
    return Pattern(
        ieepa={sector: row[1] / row[0] for sector, row in totals.items() if row[0] > 0},
        section_232={sector: row[2] / row[0] for sector, row in totals.items() if row[0] > 0},
        fixed=0.0, average=emergency + by_232, scale=emergency / (raw - by_232), raw=raw,
        target=target, claimed=None, assumed=True,
        weight=weight, borrowed=(),
    )  # fmt: skip


def _by_sector(points: Array, weights: Array, sectors: Array) -> dict[str, float]:
    found = {}
    for sector in np.unique(sectors):
        here = sectors == sector
        if weights[here].sum() > 0:
            found[str(sector)] = float((points[here] * weights[here]).sum() / weights[here].sum())
    return found
