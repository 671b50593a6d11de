"""Step 3: tariffs of 2024-12-31 from simple averages over tariff lines, repaired in four steps whose order matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.baseline.build.labels import CHN, SERVICE, USA
from detente.baseline.build.ledger import Entry
from detente.core.arrays import Array, Float
from detente.core.errors import DataError, Problem

CAP: Final = 0.30
"""The largest rate outside C10T12 and C13T15 in the source; above it are averages over spirits and tobacco lines."""
CHINA_ON_USA: Final = 0.211
"""Average Chinese tariff on goods of the United States, end of 2024. Source: Bown, PIIE (series of 14 May 2025)."""
FREE: Final = ("B09",)
"""Goods sectors without merchandise entries in the US customs data."""

Rates = Mapping[tuple[str, str], tuple[float, float]]
"""(partner code, sector) -> (imports, duty), both USD."""


@dataclass(frozen=True)
class UsColumn:
    """US imports and duty 2024, by partner of the baseline and sector.

    Attributes:
        partner: country -> customs partner code ("0003" for the 27 EU members); absent where there is none.
        cells: (customs partner code, sector) -> (imports, duty). [USD]
        left_out: partner codes that do not count in the average for the others (China).
    """

    partner: Mapping[str, str]
    cells: Rates
    left_out: tuple[str, ...]

    def rate(self, country: str, sector: str) -> float | None:
        """Return duty / imports of the cell, or None where there is no entry."""
        imports, duty = self.cells.get((self.partner.get(country, ""), sector), (0.0, 0.0))
        return duty / imports if imports > 0 else None

    def others(self, sector: str) -> float:
        """Return duty / imports of the sector over all listed partners except the ones left out; 0 without imports."""
        rows = [row for (code, s), row in self.cells.items() if s == sector and code not in self.left_out]
        imports = sum(row[0] for row in rows)
        return sum(row[1] for row in rows) / imports if imports > 0 else 0.0


def without_services(
    tariffs: Float[Array, "origin dest sector"], sectors: Sequence[str]
) -> Float[Array, "origin dest sector"]:
    """Return the rates with services and home sales set to zero (item 1)."""
    result = tariffs.copy()
    result[:, :, [s for s, code in enumerate(sectors) if code == SERVICE]] = 0.0
    diagonal = np.arange(len(result))
    result[diagonal, diagonal] = 0.0
    return result


def capped(
    tariffs: Float[Array, "origin dest sector"],
    flows: Float[Array, "origin dest sector"],
    countries: Sequence[str],
    sectors: Sequence[str],
    cap: float = CAP,
    *,
    exempt: Sequence[str] = (USA,),
) -> tuple[Float[Array, "origin dest sector"], list[Entry]]:
    """Return the rates of every importer but the exempt ones capped, and one log entry per cell changed (item 2)."""
    over = tariffs > cap
    over[:, [d for d, code in enumerate(countries) if code in exempt]] = False
    entries = [
        Entry("tariff cap 0.30", f"{countries[o]}/{countries[d]}/{sectors[s]}", float(tariffs[o, d, s]), cap, "rate",
              float((tariffs[o, d, s] - cap) * flows[o, d, s]))
        for o, d, s in np.argwhere(over)
    ]  # fmt: skip
    return np.where(over, cap, tariffs), entries


def us_rates(
    column: UsColumn, countries: Sequence[str], sectors: Sequence[str]
) -> tuple[Float[Array, "origin sector"], list[tuple[str, str]]]:
    """Return the US rate on each origin and sector, and the (origin, sector) cells filled by the average (item 3).

    A partner or cell without an entry takes the sector's duty / imports over all listed partners except China; mining
    support services and services are free; home sales are free.
    """
    rates, filled = np.zeros((len(countries), len(sectors))), []
    for s, sector in enumerate(sectors):
        if sector in (*FREE, SERVICE):
            continue
        fallback = column.others(sector)
        for o, country in enumerate(countries):
            if country == USA:
                continue
            own = column.rate(country, sector)
            rates[o, s] = fallback if own is None else own
            if own is None:
                filled.append((country, sector))
    return rates, filled


def raised_to_average(
    tariffs: Float[Array, "origin dest sector"],
    flows: Float[Array, "origin dest sector"],
    countries: Sequence[str],
    sectors: Sequence[str],
    *,
    by: str = CHN,
    against: str = USA,
    average: float = CHINA_ON_USA,
) -> tuple[Float[Array, "origin dest sector"], float]:
    """Return the rates with the same points added in all goods sectors so that `by` levies `average` on `against`.

    Item 4: an approximation in level; the true structure by product is not in these data. Weights: `flows`.
    Returns:
        The rates, and the points added as a fraction.
    """
    o, d = countries.index(against), countries.index(by)
    goods = [s for s, code in enumerate(sectors) if code != SERVICE]
    weights = flows[o, d, goods]
    if weights.sum() <= 0:
        raise DataError(problems=[Problem("", f"flows {against} to {by}", "no trade in goods", "positive flows")])
    points = average - float((tariffs[o, d, goods] * weights).sum() / weights.sum())
    result = tariffs.copy()
    result[o, d, goods] += points
    return result, points


def replaced_column(
    tariffs: Float[Array, "origin dest sector"], rates: Float[Array, "origin sector"], dest: int
) -> Float[Array, "origin dest sector"]:
    """Return the tariffs with the whole column of one importer replaced."""
    result = tariffs.copy()
    result[:, dest] = rates
    return result


def average_rate(tariffs: Array, flows: Array) -> float:
    """Return the flow-weighted average rate; 0 where there is no flow."""
    total = float(flows.sum())
    return float((tariffs * flows).sum()) / total if total > 0 else 0.0
