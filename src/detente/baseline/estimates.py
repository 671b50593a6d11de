"""Which trade elasticities are one estimate: sectors that no published set tells apart move together in draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detente.baseline.baseline import Baseline


@dataclass(frozen=True)
class Estimate:
    """Sectors that share one elasticity.

    Attributes:
        sectors: positions. codes: of the sectors, those cut from a parent left out. theta: elasticity.
        sd_log: standard deviation of its logarithm over the published sets, or None where there are none.
    """

    sectors: tuple[int, ...]
    codes: tuple[str, ...]
    theta: float
    sd_log: float | None

    @property
    def name(self) -> str:
        """Return the estimate by its sectors: "A01..A03" or "C26"."""
        return self.codes[0] if len(self.codes) == 1 else f"{self.codes[0]}..{self.codes[-1]}"


def estimates(base: Baseline) -> tuple[Estimate, ...]:
    """Return the estimates behind the elasticities of a world, in the order of its sectors.

    Sectors belong to one estimate if they have the same elasticity and the same minimum, maximum and spread over the
    published sets; a product sector belongs to its parent's. Without published sets every sector is its own.
    """
    spread: Mapping[str, Mapping[str, float]] = base.meta.get("elasticity_spread", {})
    groups: dict[Any, list[int]] = {}
    for position, sector in enumerate(base.sectors):
        head, theta = parent_of(base, sector), float(base.trade_elasticity[position])
        known = tuple(values[head] for values in spread.values() if head in values)
        groups.setdefault((theta, *known) if known else sector, []).append(position)
    return tuple(_estimate(base, positions, spread.get("sd_log", {})) for positions in groups.values())


def parent_of(base: Baseline, sector: str) -> str:
    """Return the sector that a product sector was cut from; itself for any other."""
    facts = base.meta.get("satellites", {}).get(sector)
    return str(facts["parent"]) if facts else sector


def _estimate(base: Baseline, positions: list[int], sd_log: Mapping[str, float]) -> Estimate:
    heads = tuple(dict.fromkeys(parent_of(base, base.sectors[position]) for position in positions))
    return Estimate(tuple(positions), heads, float(base.trade_elasticity[positions[0]]), sd_log.get(heads[0]) or None)
