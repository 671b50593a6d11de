"""The table of US tariffs in force on 2025-10-20 beyond those of 2025-01-01, by partner, sector and authority.

Level: points of the trade-war tracker by partner. Pattern by sector: `measures_2025` on the HS10 imports of 2024. One
factor by partner brings the emergency tariffs to the level; Section 232 rates stay as proclaimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.build import measures_2025 as law
from detente.baseline.build.applied_patterns import Pattern, patterns_of
from detente.baseline.build.applied_sources import DAY, Sources, checksums, read_sources
from detente.baseline.build.archive import as_json
from detente.baseline.build.labels import CHN, REST, SERVICE, USA
from detente.baseline.build.products import partner_codes
from detente.baseline.build.tariffs import average_rate
from detente.baseline.build.world import World
from detente.core.errors import DataError, Problem

NAME: Final = "us_applied_2025_10_20"


@dataclass(frozen=True)
class Applied:
    """The finished table and its note, file name -> bytes."""

    table_files: Mapping[str, bytes]
    note_files: Mapping[str, bytes]
    note: Mapping[str, Any]


def build(data: Path, world: World) -> Applied:
    """Return the table of the scenario, a second one that follows the orders, and a note with factors and averages.

    Args:
        data: folder with the raw folders. world: the baseline, for the averages at the flows of 2022.
    Raises:
        MissingDataError: a file is absent. DataError: a rate below 0 or a level that is missed.
    """
    sources = read_sources(data)
    countries = [code for code in world.joined.countries if code != USA]
    partners = partner_codes(data, [code for code in countries if code != REST], sources.names)
    notes, tables = {}, {}
    for reading in (law.TRACKER, law.LAW):
        patterns = patterns_of(sources, countries, partners, reading)
        check_patterns(patterns)
        tables[reading.name] = as_csv(patterns).encode()
        notes[reading.name] = note_of(patterns, world, sources)
    note = {"day": DAY, "tracker_average": tracker_average(sources), "readings": notes, "sources": checksums(data)}
    note["replication"] = replication(sources)
    return Applied(
        {f"{NAME}.csv": tables["tracker"]},
        {f"{NAME}_law.csv": tables["law"], f"{NAME}.note.json": (as_json(note) + "\n").encode()},
        note,
    )


def check_patterns(patterns: Mapping[str, Pattern]) -> None:
    """Stop if a rate is negative or a partner misses its level.

    Raises:
        DataError: names the partners and sectors.
    """
    problems = [
        Problem(NAME, f"{country}/{sector}", f"{rate:.4f} pp", "at least 0")
        for country, pattern in patterns.items()
        for rates in (pattern.ieepa, pattern.section_232)
        for sector, rate in rates.items()
        if rate < 0
    ]
    problems += [
        Problem(NAME, country, f"{pattern.average:.4f} points on average", f"{pattern.target:.4f}")
        for country, pattern in patterns.items()
        if pattern.target is not None and not abs(pattern.average - pattern.target) <= 1e-6
    ]
    if problems:
        raise DataError(problems=problems)


def rows_of(patterns: Mapping[str, Pattern]) -> Iterable[tuple[str, str, float, str, bool]]:
    """Yield (against, sector, points, authority, assumed); China without the 20 points of a measure of its own."""
    for country, pattern in patterns.items():
        extra = 0.0 if country == CHN else pattern.fixed
        for sector in sorted(pattern.ieepa):
            assumed = pattern.assumed or sector in pattern.borrowed
            yield country, sector, pattern.ieepa[sector] + extra, "ieepa", assumed
            if round(pattern.section_232[sector], 4) > 0:
                yield country, sector, pattern.section_232[sector], "section-232", assumed


def as_csv(patterns: Mapping[str, Pattern]) -> str:
    """Return the table as text: by, against, sector, rate (points with sign and unit), authority, assumed."""
    lines = ["by,against,sector,rate,authority,assumed"]
    for country, sector, points, authority, assumed in rows_of(patterns):
        lines.append(f"{USA},{country},{sector},+{points:.4f}pp,{authority},{str(assumed).lower()}")
    return "\n".join(lines) + "\n"


def tracker_average(sources: Sources) -> float:
    """Return the tracker's average US rate on the day at its own weights: rate of 2024 plus points. [percent]"""
    rows = sources.points.values()
    return sum((points + before) * imports for points, imports, before in rows) / sum(row[1] for row in rows)


def replication(sources: Sources) -> dict[str, dict[str, float]]:
    """Return partner -> the tracker's points and those of `measures_2025` over all its products, HS 98 and 99 included.

    This is the check of the pattern: same lists, same weights, no factor.
    """
    result = {}
    for code, name in sorted(sources.names.items()):
        goods = sources.imports[sources.imports.partner == code]
        added = law.points_added(goods, code, sources.lists, law.TRACKER)
        total = added.ieepa + added.fixed + added.section_232
        ours = average_rate(total, goods.imports.to_numpy())
        result[name] = {"tracker": round(sources.points[name][0], 3), "ours": round(ours, 3)}
    return result


def average_2024(patterns: Mapping[str, Pattern], sources: Sources) -> tuple[float, float]:
    """Return the average US tariff on mapped goods before and after, at the imports of 2024. [percent]"""
    mapped = sources.imports[sources.imports.sector != ""]
    total = float(mapped.imports.sum())
    once = {id(pattern): pattern for pattern in patterns.values()}.values()
    before = 100 * float(mapped.duty.sum()) / total
    return before, before + sum(pattern.average * pattern.weight for pattern in once) / total


def note_of(patterns: Mapping[str, Pattern], world: World, sources: Sources) -> dict[str, Any]:
    """Return factors by partner and averages of the table: at the imports of 2024, and at the flows of 2022."""
    before, after = averages_2022(patterns, world)
    old, new = average_2024(patterns, sources)
    return {
        "average_before_imports_2024": round(old, 4),
        "average_after_imports_2024": round(new, 4),
        "average_before_flows_2022": round(before, 4),
        "average_after_flows_2022": round(after, 4),
        "partners": {
            country: {
                "pattern_points": round(p.raw, 3),
                "points": round(p.average, 3),
                "level_points": None if p.target is None else round(p.target, 3),
                "factor_on_emergency_tariffs": round(p.scale, 4),
                "factor_on_usmca_claims": None if p.claimed is None else round(p.claimed, 4),
                "assumed": p.assumed,
                "borrowed_sectors": list(p.borrowed),
            }
            for country, p in patterns.items()
        },
    }


def averages_2022(patterns: Mapping[str, Pattern], world: World) -> tuple[float, float]:
    """Return the average US tariff on goods before and after, at the flows of 2022, the 20 points on China included.

    Before: the baseline. After: the baseline plus all points in force on the day. [percent]
    """
    joined, us = world.joined, world.joined.countries.index(USA)
    goods = [s for s, code in enumerate(joined.sectors) if code != SERVICE]
    rates = 100 * world.tariffs[:, us, :]
    added = np.zeros_like(rates)
    for country, pattern in patterns.items():
        o = joined.countries.index(country)
        for sector, points in pattern.ieepa.items():
            added[o, joined.sectors.index(sector)] = points + pattern.fixed + pattern.section_232[sector]
    flows = joined.flows[:, us, :] * (np.arange(len(joined.countries)) != us)[:, None]
    before = average_rate(rates[:, goods], flows[:, goods])
    return before, average_rate((rates + added)[:, goods], flows[:, goods])
