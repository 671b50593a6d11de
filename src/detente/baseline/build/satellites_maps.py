"""Industries of the US and of the Chinese input-output table, and names of countries, mapped to those of the world."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from detente.baseline.build.labels import SERVICE

SECTOR_OF_NAICS: Final[Mapping[str, str]] = {
    "111": "A01", "112": "A01", "115": "A01", "113": "A02", "114": "A03", "211": "B06", "2121": "B05", "2122": "B07",
    "2123": "B08", "213": "B09", "21311A": "B09", "311": "C10T12", "312": "C10T12", "313": "C13T15", "314": "C13T15",
    "315": "C13T15", "316": "C13T15", "321": "C16", "322": "C17_18", "323": "C17_18", "324": "C19", "325": "C20",
    "3254": "C21", "326": "C22", "327": "C23", "3311": "C24A", "3312": "C24A", "331510": "C24A", "3313": "C24B",
    "3314": "C24B", "331520": "C24B", "332": "C25", "333": "C28", "333314": "C26", "333316": "C26", "334": "C26",
    "335": "C27", "3361": "C29", "3362": "C29", "3363": "C29", "3364": "C302T309", "3365": "C302T309",
    "3366": "C301", "3369": "C302T309", "337": "C31T33", "339": "C31T33", "811300": "C31T33",
}  # fmt: skip
"""Prefix of a detailed BEA industry to sector, the longest that fits; all else is a service."""

SECTOR_OF_CHINA: Final = (
    ("A01", 1, 1), ("A02", 2, 2), ("A01", 3, 3), ("A03", 4, 4), ("A01", 5, 5), ("B05", 6, 6), ("B06", 7, 7),
    ("B07", 8, 9), ("B08", 10, 10), ("B09", 11, 11), ("C10T12", 12, 26), ("C13T15", 27, 34), ("C16", 35, 35),
    ("C31T33", 36, 36), ("C17_18", 37, 38), ("C31T33", 39, 40), ("C19", 41, 42), ("C20", 43, 49), ("C21", 50, 50),
    ("C20", 51, 51), ("C22", 52, 53), ("C23", 54, 60), ("C24A", 61, 63), ("C24B", 64, 65), ("C25", 66, 66),
    ("C28", 67, 76), ("C31T33", 77, 77), ("C28", 78, 78), ("C29", 79, 80), ("C302T309", 81, 81), ("C301", 82, 82),
    ("C302T309", 83, 83), ("C27", 84, 89), ("C26", 90, 96), ("C31T33", 97, 97), (SERVICE, 98, 98),
    ("C31T33", 99, 99), (SERVICE, 100, 153),
)  # fmt: skip
"""Sector, first and last industry of the Chinese table of 153."""

EXPORT_NAMES: Final = {
    "Brunei": "BRN", "Czechia (Czech Republic)": "CZE", "Côte d`Ivoire": "CIV", "Myanmar (Burma)": "MMR",
    "Turkey": "TUR",
}  # fmt: skip
"""Names of the export file that the list of customs codes spells in another way."""


def sector_of_naics(code: str) -> str:
    """Return the sector of a detailed BEA industry or commodity; the service aggregate if it makes no goods."""
    return next((SECTOR_OF_NAICS[code[:n]] for n in (6, 4, 3) if code[:n] in SECTOR_OF_NAICS), SERVICE)


def sector_of_china(code: str) -> str:
    """Return the sector of an industry of the Chinese table, "001" to "153"."""
    return next(sector for sector, first, last in SECTOR_OF_CHINA if first <= int(code) <= last)
