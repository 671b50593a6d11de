"""What the table of US tariffs in force on 2025-10-20 is made from: imports, product lists, the tracker's levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.build import measures_2025 as law
from detente.baseline.build.products import read_imports
from detente.baseline.build.raw import read_csv, read_first_column, sha256_of

DAY: Final = "2025-10-20"
TRACKER: Final = "us-tariffs-tradewartracker"
SHARES: Final = "us-tariffs-budgetlab/usmca_shares.csv"
CROSSWALK: Final = "us-tariffs-budgetlab/hs6_gtap_crosswalk.csv"
POINTS: Final = f"{TRACKER}/country-by-time.csv"
AUGUST: Final = f"{TRACKER}/clean-august-7-tariffs.csv"
FILES: Final = {
    "annex": "annex-II-exemptions.csv", "electronics": "consumer_electronics_EO14257_apr11.csv",
    "autos": "auto-tariffs.csv", "steel": "steel-tariffs.csv", "aluminium": "alu-tariffs.csv",
    "copper": "copper-list.csv",
}  # fmt: skip
BRAZIL_FILES: Final = ("brazil-airplane-exemptions.csv", "brazil-non-airplane-exemptions.csv")
AUGUST_NAMES: Final = {
    "BRUNEI": "BRN", "CAMEROON": "CMR", "CÔTE D`IVOIRE": "CIV", "DEMOCRATIC REPUBLIC OF THE CONGO": "COD",
    "ICELAND": "ISL", "JORDAN": "JOR", "KAZAKHSTAN": "KAZ", "LAOS": "LAO", "MYANMAR (BURMA)": "MMR",
    "TUNISIA": "TUN", "SOUTH KOREA": "KOREA, SOUTH",
}  # fmt: skip
"""Names of the August list -> customs name, or country code where there are no customs data by product."""


@dataclass(frozen=True)
class Sources:
    """What the table is made from.

    Attributes:
        imports: frame of HS10 imports 2024 with partner, name, hs10, imports, duty, sector.
        lists: product lists. points: customs name -> (points added, imports, rate of 2024), percent and USD.
        names: customs partner code -> customs name.
    """

    imports: Any
    lists: law.Lists
    points: Mapping[str, tuple[float, float, float]]
    names: Mapping[str, str]


def read_sources(data: Path) -> Sources:
    """Read imports, product lists, the tracker's points of the last row not after the day, and USMCA shares."""
    imports = read_imports(data)
    names = dict(imports[["partner", "name"]].drop_duplicates().itertuples(index=False, name=None))
    codes = {name: code for code, name in names.items()}
    points: dict[str, tuple[float, float, float]] = {}
    dated = [row for row in read_csv(data / POINTS) if row["date"] <= DAY]
    for row in sorted(dated, key=lambda row: row["date"]):
        values = (float(row["effective tariff"]), float(row["total imports"]), float(row["2024 tariff"]))
        points[row["country_name"]] = values
    lists = {field: read_first_column(data / TRACKER / name) for field, name in FILES.items()}
    brazil = tuple(code for name in BRAZIL_FILES for code in read_first_column(data / TRACKER / name))
    reciprocal = {law.CHINA: 10.0, law.HONG_KONG: 10.0}
    for row in read_csv(data / AUGUST):
        name = AUGUST_NAMES.get(row["country_name"], row["country_name"])
        reciprocal[codes.get(name, name)] = float(row["rtariff-aug"])
    wanted = law.Lists(**lists, brazil=brazil, reciprocal=reciprocal, usmca=read_usmca(data))
    return Sources(imports, wanted, {name: row for name, row in points.items() if name in codes}, names)


def read_usmca(data: Path) -> dict[str, dict[str, float]]:
    """Return partner code -> HS6 -> share claimed under USMCA; "" holds the median of the list."""
    crosswalk = {row["hs6_code"]: row["gtap_code"].lower() for row in read_csv(data / CROSSWALK)}
    rows = {row["gtap_code"]: row for row in read_csv(data / SHARES)}
    result = {}
    for partner, column in ((law.CANADA, "canada"), (law.MEXICO, "mexico")):
        shares = {hs6: float(rows[group][column]) for hs6, group in crosswalk.items() if group in rows}
        result[partner] = {**shares, "": float(np.median([float(row[column]) for row in rows.values()]))}
    return result


def checksums(data: Path) -> dict[str, str]:
    """Return the SHA-256 of every list that the table is made from (the imports are in the archive's own list)."""
    lists = [f"{TRACKER}/{name}" for name in (*FILES.values(), *BRAZIL_FILES)]
    return {name: sha256_of(data / name) for name in sorted([POINTS, AUGUST, SHARES, CROSSWALK, *lists])}
