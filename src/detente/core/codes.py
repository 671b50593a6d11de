"""Codes at the edges: ISO3 economies, sector codes, groups, well-known other names.

Inside arrays there are only positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

EU27: Final = (
    "AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN",
    "IRL", "ITA", "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
)  # fmt: skip
ASEAN: Final = ("BRN", "IDN", "KHM", "LAO", "MMR", "MYS", "PHL", "SGP", "THA", "VNM")

WORLD: Final = "WORLD"
SERVICES: Final = ("SERV",)
"""Sector codes that carry no tariff unless a measure names them; a user's own data name theirs in meta."""

COUNTRY_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {"EU27": EU27, "ASEAN": ASEAN}

COUNTRY_ALIASES: Final[Mapping[str, str]] = {
    "UK": "GBR", "GB": "GBR", "ENGLAND": "GBR", "UNITED KINGDOM": "GBR", "BRITAIN": "GBR",
    "US": "USA", "U.S.": "USA", "UNITED STATES": "USA", "AMERICA": "USA",
    "CN": "CHN", "CHINA": "CHN", "PRC": "CHN", "DE": "DEU", "GERMANY": "DEU", "JP": "JPN", "JAPAN": "JPN",
    "KR": "KOR", "KOREA": "KOR", "SOUTH KOREA": "KOR", "CA": "CAN", "CANADA": "CAN", "MX": "MEX", "MEXICO": "MEX",
    "VN": "VNM", "VIETNAM": "VNM", "FR": "FRA", "FRANCE": "FRA", "IN": "IND", "INDIA": "IND", "BR": "BRA",
    "BRAZIL": "BRA", "CH": "CHE", "SWITZERLAND": "CHE", "NO": "NOR", "NORWAY": "NOR", "TAIWAN": "TWN",
    "EU": "EU27", "ROM": "ROU", "RUSSIA": "RUS", "ALL": "WORLD",
}  # fmt: skip


def groups_present(
    countries: Sequence[str], extra: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, list[int]]:
    """Return the named groups that can be formed from these countries.

    Args:
        countries: codes of a baseline, in its order.
        extra: the user's own groups, name to member codes.
    Returns:
        Group name to positions; a group appears only if all its members are present. WORLD is always there.
    """
    position = {code: index for index, code in enumerate(countries)}
    groups = {**COUNTRY_GROUPS, **(extra or {})}
    found = {
        name: [position[code] for code in members]
        for name, members in groups.items()
        if name not in position and all(code in position for code in members)
    }
    found[WORLD] = list(range(len(countries)))
    return found
