"""Which codes a baseline has: asked at loading for the embedded world, at planning for every other one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from detente.baseline import Baseline
from detente.core.codes import COUNTRY_ALIASES, COUNTRY_GROUPS, SERVICES, WORLD
from detente.core.errors import nearest
from detente.policy.measure import ALL, GOODS

WORLD_2022: Final = "world-2022"
COUNTRIES_2022: Final = (
    "AGO", "ARE", "ARG", "AUS", "AUT", "BEL", "BGD", "BGR", "BLR", "BRA", "BRN", "CAN", "CHE", "CHL",
    "CHN", "CIV", "CMR", "COD", "COL", "CRI", "CYP", "CZE", "DEU", "DNK", "EGY", "ESP", "EST", "FIN",
    "FRA", "GBR", "GRC", "HKG", "HRV", "HUN", "IDN", "IND", "IRL", "ISL", "ISR", "ITA", "JOR", "JPN",
    "KAZ", "KHM", "KOR", "LAO", "LTU", "LUX", "LVA", "MAR", "MEX", "MLT", "MMR", "MYS", "NGA", "NLD",
    "NOR", "NZL", "PAK", "PER", "PHL", "POL", "PRT", "ROU", "RUS", "SAU", "SEN", "SGP", "STP", "SVK",
    "SVN", "SWE", "THA", "TUN", "TUR", "TWN", "UKR", "USA", "VNM", "ZAF", "ROW",
)  # fmt: skip
SECTORS_2022: Final = (
    "A01", "A02", "A03", "B05", "B06", "B07", "B08", "B09", "C10T12", "C13T15", "C16", "C17_18", "C19", "C20",
    "C21", "C22", "C23", "C24A", "C24B", "C25", "C26", "C27", "C28", "C29", "C301", "C302T309", "C31T33", "SERV",
)  # fmt: skip

SECTOR_ALIASES: Final = {
    "CARS": "C29", "CAR": "C29", "AUTOS": "C29", "AUTO": "C29", "VEHICLES": "C29", "MOTOR VEHICLES": "C29",
    "CHIPS": "C26", "SEMICONDUCTORS": "C26", "ELECTRONICS": "C26", "STEEL": "C24A", "IRON": "C24A",
    "ALUMINIUM": "C24B", "ALUMINUM": "C24B", "COPPER": "C24B", "OIL": "B06", "GAS": "B06", "COAL": "B05",
    "SOYBEANS": "A01", "FARM": "A01", "AGRICULTURE": "A01", "WOOD": "C16", "MEDICINES": "C21", "PHARMA": "C21",
    "MACHINERY": "C28", "FOOD": "C10T12", "CHEMICALS": "C20", "SERVICES": "SERV",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """The codes of one baseline. `services` are the sectors that `goods` leaves out."""

    id: str
    countries: frozenset[str]
    sectors: frozenset[str]
    services: frozenset[str] = field(default_factory=frozenset)

    @property
    def country_groups(self) -> dict[str, tuple[str, ...]]:
        """Return the built-in groups whose members are all there."""
        return {name: each for name, each in COUNTRY_GROUPS.items() if self.countries.issuperset(each)}

    def country_hint(self, code: str, groups: Sequence[str]) -> str:
        """Return the nearest country or group to a code that is neither."""
        choices = [*sorted(self.countries), *self.country_groups, *groups, WORLD]
        return nearest(code, choices, aliases=dict(COUNTRY_ALIASES))

    def sector_hint(self, code: str, groups: Sequence[str]) -> str:
        """Return the nearest sector or group to a code that is neither."""
        return nearest(code, [*sorted(self.sectors), GOODS, ALL, *groups], aliases=SECTOR_ALIASES)


def of_baseline(base: Baseline) -> Known:
    """Return the codes of a baseline."""
    services = frozenset(base.meta.get("services", SERVICES))
    return Known(base.id, frozenset(base.countries), frozenset(base.sectors), services)


def of_id(baseline_id: str) -> Known | None:
    """Return the codes of the embedded baseline without loading it, or None for any other."""
    if baseline_id != WORLD_2022:
        return None
    return Known(WORLD_2022, frozenset(COUNTRIES_2022), frozenset(SECTORS_2022), frozenset(SERVICES))


def double_counts(codes: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what a list of codes counts twice: repeats, a group with a member beside it, WORLD with anything."""
    found = [f"{code} twice" for code in dict.fromkeys(codes) if codes.count(code) > 1]
    if WORLD in codes and len(codes) > 1:
        found.append(f"{WORLD} with {next(code for code in codes if code != WORLD)} beside it")
    named = [code for code in dict.fromkeys(codes) if code in groups]
    for name in named:
        members = set(groups[name])
        for other in dict.fromkeys(codes):
            inside = {other} if other not in groups else set(groups[other])
            if other != name and members & inside and not (other in groups and named.index(other) < named.index(name)):
                found.append(f"{name} with {other} beside it, which is a member")
    return found
