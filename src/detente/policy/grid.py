"""Codes of one baseline as positions: which countries, sectors and cells a measure means.

A sector code means the sector with the product sectors that were cut from it; HS codes mean product sectors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detente.baseline import Baseline
from detente.baseline.satellites_table import KNOWN
from detente.core.arrays import Array
from detente.core.codes import COUNTRY_GROUPS, EU27, SERVICES, WORLD
from detente.core.errors import Problem
from detente.core.instruments import Cell
from detente.policy.measure import ALL, GOODS, Measure
from detente.policy.products import described, families, match, of_baseline, packaged


class Grid:
    """Positions of codes in one baseline; problems and notes are collected on the way."""

    def __init__(self, base: Baseline) -> None:
        self.base = base
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.country = {code: i for i, code in enumerate(base.countries)}
        self.sector = {code: i for i, code in enumerate(base.sectors)}
        services = set(base.meta.get("services", SERVICES))
        self.goods = [i for i, code in enumerate(base.sectors) if code not in services]
        self.families = {code: [self.sector[each] for each in found] for code, found in families(base).items()}
        self.products = of_baseline(base)
        self._union = np.array([code in EU27 for code in base.countries])

    def place(self, cell: int) -> str:
        """Return a cell as people say it."""
        o, d, s = np.unravel_index(cell, self.base.tariffs.shape)
        return f"{self.base.countries[d]} on {self.base.countries[o]}, {self.base.sectors[s]}"

    def codes(self, cells: Array) -> list[Cell]:
        """Return flat positions as codes of (origin, dest, sector)."""
        o, d, s = np.unravel_index(cells, self.base.tariffs.shape)
        c, j = self.base.countries, self.base.sectors
        return [(c[a], c[b], j[k]) for a, b, k in zip(o, d, s, strict=True)]

    def wrong(self, measure: Measure, field: str, found: str, expected: str, hint: str = "") -> None:
        """Note a problem of a measure at the line of a field."""
        where = measure.where(field) if field else measure.where()
        name = f"{measure.id}.{field}" if field else measure.id
        self.problems.append(Problem(where, name, found, expected, hint))

    def of_countries(self, measure: Measure, codes: Sequence[str], field: str) -> list[int]:
        """Return positions of countries of a measure; codes that are not there are noted."""
        unknown: list[str] = []
        found = self.countries(codes, unknown)
        if unknown:
            text = f"{', '.join(map(repr, unknown))}, not in baseline {self.base.id!r}"
            self.wrong(measure, field, text, "codes of the baseline")
        return found

    def of_sectors(self, measure: Measure) -> list[int]:
        """Return positions of the sectors of a measure: by code, by product or goods; what is not there is noted."""
        if measure.products is not None:
            return self.of_products(measure, measure.products.codes)
        unknown: list[str] = []
        found = self.sectors(measure.sectors or (GOODS,), unknown)
        if unknown:
            text = f"{', '.join(map(repr, unknown))}, not in baseline {self.base.id!r}"
            self.wrong(measure, "sectors", text, "codes of the baseline")
        return found

    def of_products(self, measure: Measure, codes: Sequence[str]) -> list[int]:
        """Return positions of the product sectors that HS codes mean."""
        found = match(codes, self.products)
        self.notes += [f"{measure.id}: {note}" for note in found.notes]
        if found.unknown:
            ship = match(found.unknown, packaged())
            out = f"`sectors:`, or --drop {measure.id}, or a status that keeps it out of the run, such as 'announced'"
            text = f"HS {', '.join(found.unknown)}, for which baseline {self.base.id!r} has no product sector"
            expected = f"product sectors that ship: {described(packaged())}"
            parents = [KNOWN[name].parent in self.sector for name in ship.names]
            if not ship.unknown and all(parents):
                out = f"dt.with_satellites(base, {list(ship.names)})"
            self.wrong(measure, "products", text, expected, out)
        return sorted(self.sector[name] for name in found.names)

    def countries(self, codes: Sequence[str], unknown: list[str]) -> list[int]:
        """Return positions of countries and groups; what is not there is added to `unknown`."""
        found: set[int] = set()
        for code in codes:
            if code in self.country:
                found.add(self.country[code])
            elif code == WORLD:
                found |= set(self.country.values())
            elif code in COUNTRY_GROUPS and all(member in self.country for member in COUNTRY_GROUPS[code]):
                found |= {self.country[member] for member in COUNTRY_GROUPS[code]}
            else:
                unknown.append(code)
        return sorted(found)

    def sectors(self, codes: Sequence[str], unknown: list[str]) -> list[int]:
        """Return positions of sectors with what was cut from them; what is not there is added to `unknown`."""
        found: set[int] = set()
        for code in codes:
            if code in self.sector:
                found |= set(self.families[code])
            elif code == GOODS:
                found |= set(self.goods)
            elif code == ALL:
                found |= set(self.sector.values())
            else:
                unknown.append(code)
        return sorted(found)

    def cells(
        self, origins: Sequence[int], dests: Sequence[int], sectors: Sequence[int], *, everybody: bool,
        inside: Array | None = None,
    ) -> Array:  # fmt: skip
        """Return flat positions, without home sales; "WORLD" on either side spares a customs union's inner trade."""
        n, j = self.base.shape
        o, d = (axis.ravel() for axis in np.meshgrid(origins, dests, indexing="ij"))
        keep = o != d
        if everybody:
            keep &= ~(self._union[o.astype(int)] & self._union[d.astype(int)])
        if inside is not None:
            keep &= inside[o.astype(int), d.astype(int)]
        pairs = (o[keep] * n + d[keep]) * j
        cells: Array = (pairs[:, None] + np.array(sectors, dtype=np.int64)).ravel().astype(np.int64)
        return cells

    def lane(self, measure: Measure, *, exports: bool) -> Array:
        """Return the cells between `by` and `against`: what `by` sells (exports) or what it buys."""
        by = self.of_countries(measure, measure.by, "by")
        against = self.of_countries(measure, measure.against, "against")
        sectors = self.of_sectors(measure)
        ends = (by, against) if exports else (against, by)
        return self.cells(*ends, sectors, everybody=WORLD in (*measure.by, *measure.against))

    def traded(self, cells: Array) -> Array:
        """Return the cells in which the baseline has trade."""
        kept: Array = cells[self.base.flows.reshape(-1)[cells] > 0]
        return kept
