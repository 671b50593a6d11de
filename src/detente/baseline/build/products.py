"""US imports 2024 by HS10 and partner, and the map from products to sectors (HS to ISIC Rev.3 to sector)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from detente.baseline.build.raw import existing, optional_module, read_csv
from detente.baseline.build.tariffs import Rates, UsColumn
from detente.core.codes import EU27
from detente.core.errors import DataError, MissingDataError, Problem

IMPORTS: Final = "us-imports-hs10-2024"
SECTOR_RATES: Final = f"{IMPORTS}/us_applied_tariff_2024_icio_sector_partner.csv"
PARTNERS: Final = f"{IMPORTS}/CensusCountryMapping_FRBAtl_short.csv"
DUPLICATE: Final = "4359"
"""Slovakia has a file of its own and is inside the file of the European Union."""
EUROPE: Final = "0003"
CHINA: Final = "5700"
CONCORDANCES: Final = ("hs_isic3", "hs5_isic3", "hs6_isic3")
"""HS to ISIC Rev.3, one to one; later tables win."""

NO_SECTOR: Final = ("other", "unmapped")
"""Rows of the derived table for products that no goods sector of the baseline makes."""

SECTOR_OF_ISIC3: Final[Mapping[str, str]] = {
    "01": "A01", "02": "A02", "05": "A03", "10": "B05", "11": "B06", "12": "B07", "13": "B07", "14": "B08",
    "15": "C10T12", "16": "C10T12", "17": "C13T15", "18": "C13T15", "19": "C13T15", "20": "C16", "21": "C17_18",
    "22": "C17_18", "23": "C19", "24": "C20", "2423": "C21", "25": "C22", "26": "C23", "27": "C24B", "271": "C24A",
    "2731": "C24A", "28": "C25", "29": "C28", "293": "C27", "30": "C26", "31": "C27", "32": "C26", "33": "C26",
    "3311": "C31T33", "34": "C29", "35": "C302T309", "351": "C301", "36": "C31T33",
}  # fmt: skip
"""ISIC Rev.3 prefix to sector; the longest prefix that fits decides."""


def sector_of_isic3(code: str) -> str:
    """Return the sector of a four-digit ISIC Rev.3 class, or "" where it makes no merchandise."""
    return next((SECTOR_OF_ISIC3[code[:n]] for n in (4, 3, 2) if code[:n] in SECTOR_OF_ISIC3), "")


def sector_of_hs6(data: Path) -> dict[str, str]:
    """Return HS six-digit code -> sector, the union of the three one-to-one tables; unmapped codes are absent.

    Raises:
        MissingDataError: pyreadr or a table is not on this machine.
    """
    pyreadr = optional_module("pyreadr")
    sectors: dict[str, str] = {}
    for name in CONCORDANCES:
        table = next(iter(pyreadr.read_r(str(existing(data / "concordances" / f"{name}.RData"))).values()))
        product = next(column for column in table.columns if column.endswith("_6d"))
        for hs6, isic in zip(table[product], table["ISIC3_4d"], strict=True):
            if sector := sector_of_isic3(str(isic)):
                sectors[str(hs6)] = sector
    return sectors


def read_imports(data: Path) -> Any:
    """Return a pandas frame of US imports 2024: partner, name, hs10, imports, duty, sector ("" if unmapped). [USD]

    Raises:
        MissingDataError: the files are not there.
        DataError: a file holds another partner than its name says, or the same product twice.
    """
    pandas = optional_module("pandas")
    sectors = sector_of_hs6(data)
    files = sorted(path for path in (data / IMPORTS).glob("*.parquet") if not path.stem.endswith(DUPLICATE))
    if not files:
        raise MissingDataError(problems=[Problem(IMPORTS, "", "no files", "HS10 imports by partner", "--data FOLDER")])
    columns = {"CTY_CODE": "partner", "CTY_NAME": "name", "HS10": "hs10", "imports": "imports", "duty": "duty"}
    frames = [pandas.read_parquet(path, columns=list(columns)).rename(columns=columns) for path in files]
    wrong = [
        path.name
        for path, frame in zip(files, frames, strict=True)
        if set(frame.partner) != {path.stem[-4:]} or frame.hs10.duplicated().any()
    ]
    if wrong:
        expected = "one partner, each product once"
        raise DataError(problems=[Problem(name, "CTY_CODE, HS10", "something else", expected) for name in wrong])
    frame = pandas.concat(frames, ignore_index=True)
    frame["sector"] = frame.hs10.str[:6].map(sectors).fillna("")
    return frame


def sector_rates(imports: Any) -> Rates:
    """Return (partner, sector) -> (imports, duty), summed over mapped products of positive value. [USD]"""
    mapped = imports[imports.sector != ""]
    sums = mapped.groupby(["partner", "sector"], sort=True)[["imports", "duty"]].sum()
    return {key: (float(row[0]), float(row[1])) for key, row in zip(sums.index, sums.to_numpy(), strict=True)}


def read_sector_rates(data: Path) -> Rates:
    """Return (partner, sector) -> (imports, duty) from the derived table, without its rows for unmapped goods. [USD]"""
    rows = [row for row in read_csv(data / SECTOR_RATES) if row["sector"] not in NO_SECTOR]
    return {(row["CTY_CODE"], row["sector"]): (float(row["imports"]), float(row["duty"])) for row in rows}


def partner_codes(data: Path, countries: Iterable[str], listed: Iterable[str]) -> dict[str, str]:
    """Return country -> customs partner code, EU members together, for the countries that have one in `listed`."""
    known = {row["ISO3"]: row["CTY_CODE"] for row in read_csv(data / PARTNERS)}
    codes = {country: EUROPE if country in EU27 else known.get(country, "") for country in countries}
    present = set(listed)
    return {country: code for country, code in codes.items() if code in present}


def read_us_column(data: Path, countries: Iterable[str]) -> UsColumn:
    """Return US imports and duty 2024 by country and sector, China left out of the average for the others."""
    cells = read_sector_rates(data)
    return UsColumn(partner_codes(data, countries, {code for code, _ in cells}), cells, (CHINA,))
