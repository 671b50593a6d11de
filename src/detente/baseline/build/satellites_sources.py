"""What the satellite tables are made from: customs records, exports by chapter, US and Chinese input-output detail."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from detente.baseline.build import raw
from detente.baseline.build.expected import Total, check_totals
from detente.baseline.build.labels import CHN, REST, USA
from detente.baseline.build.products import CHINA, PARTNERS, partner_codes, read_imports
from detente.baseline.build.satellites_maps import EXPORT_NAMES, sector_of_china, sector_of_naics
from detente.baseline.satellites_table import FINAL, KNOWN
from detente.core.errors import DataError, Problem

SOY: Final = "china-soy-imports-comtrade/q1_soybean_imports_comtrade_monthly.csv"
SOY_ORIGINS: Final = {"USA": USA, "Brazil": "BRA", "Argentina": "ARG"}
EXPORTS: Final = "us-exports-hs2-2020-2024/DataWeb-Query-Export__FAS_Value.csv"
BEA: Final = "us-io-bea/detail__bea_{name}.csv"
CHINA_TABLE: Final = "china-io-2020-153/china_2020_153.rda"
YEAR: Final = "2022"
BEA_COMMODITIES: Final = {"soybeans": ("1111A0",), "chips": ("334413",), "batteries": ("335911", "335912")}
CHINA_INDUSTRIES: Final = {
    "chips": ("094", "Manufacture of electronic components"),
    "batteries": ("087", "Manufacture of batteries"),
}
CHAPTERS: Final = {"soybeans": "12", "rare-earths": "28", "magnets": "85", "chips": "85", "batteries": "85"}

EXPECTED: Final[Mapping[str, Total]] = {
    "Chinese soybeans from USA 2022": Total("18.0", 1e9),
    "rare-earth metals 2805.30": Total("4.5", 1e6),
    "rare-earth metals 2805.30, share of China": Total("78.5", 0.01),
    "rare-earth compounds 2846": Total("159e0", 1e6),
    "rare-earth compounds 2846, share of China": Total("70.8", 0.01),
    "permanent magnets 8505.11": Total("453e0", 1e6),
    "permanent magnets 8505.11, share of China": Total("76.1", 0.01),
    "lithium-ion batteries 8507.60": Total("22.2", 1e9),
    "lithium-ion batteries 8507.60, share of China": Total("70.5", 0.01),
    "US exports of chapter 12 to China 2022": Total("18.9", 1e9),
    "US domestic use 2017": Total("13.44", 1e6),
    "US imported use 2017": Total("1.42", 1e6),
    "Chinese intermediate use and value added 2020": Total("269.9", 1e8),
}
_CHECKED: Final = {"rare-earth metals 2805.30": "280530", "rare-earth compounds 2846": "2846",
                   "permanent magnets 8505.11": "850511", "lithium-ion batteries 8507.60": "850760"}  # fmt: skip


@dataclass(frozen=True)
class Split:
    """A product and its parent in one table; same unit.

    Attributes:
        home: sold at home. away: sold abroad. output: made.
    """

    home: tuple[float, float]
    away: tuple[float, float]
    output: tuple[float, float]


@dataclass(frozen=True)
class Sources:
    """Everything observed.

    Attributes:
        trade: flows of 2022. partners: country -> customs partner.
        imports: satellite -> partner -> (product, parent) of US imports 2024. [USD]
        soy: origin -> Chinese soybean imports 2022, customs value. [USD]
        exports: chapter -> country (ROW: all others) -> US exports 2022. [USD]
        bea, china: satellite -> product and parent in the US table of 2017 [MUSD], the Chinese of 2020 [10,000 CNY].
        users: (satellite, country) -> sector (or FINAL) -> money, unit of the table.
        totals: name -> value, to be compared with `EXPECTED`.
    """

    trade: raw.Trade
    partners: Mapping[str, str]
    imports: Mapping[str, Mapping[str, tuple[float, float]]]
    soy: Mapping[str, float]
    exports: Mapping[str, Mapping[str, float]]
    bea: Mapping[str, Split]
    china: Mapping[str, Split]
    users: Mapping[tuple[str, str], Mapping[str, float]]
    totals: Mapping[str, float]


def read_sources(data: Path) -> Sources:
    """Read all sources and compare their printed totals.

    Raises:
        MissingDataError: a file or an optional library is absent. DataError: a total is missed, a name is unknown.
    """
    trade = raw.read_trade(data)
    frame = read_imports(data)
    imports, totals = imports_by_partner(frame), import_totals(frame)
    soy = read_soy(data)
    exports = read_exports(data, trade.countries, sorted(set(CHAPTERS.values())))
    bea, us_users, us_totals = read_bea(data)
    china, chinese_users, chinese_totals = read_china(data)
    totals |= us_totals | chinese_totals
    totals["Chinese soybeans from USA 2022"] = soy[USA]
    totals["US exports of chapter 12 to China 2022"] = exports["12"][CHN]
    check_totals(totals, EXPECTED)
    codes = {partner for by in imports.values() for partner in by}
    partners = partner_codes(data, [code for code in trade.countries if code not in (USA, REST)], codes)
    return Sources(trade, partners, imports, soy, exports, bea, china, {**us_users, **chinese_users}, totals)


def imports_by_partner(frame: Any) -> dict[str, dict[str, tuple[float, float]]]:
    """Return satellite -> partner -> (product, parent) of US imports; a product counts in its parent whatever the map.

    Args:
        frame: of `read_imports`: partner, hs10, imports, sector.
    """
    sector = frame.sector.copy()
    for item in KNOWN.values():
        sector[frame.hs10.str.startswith(item.hs)] = item.parent
    result = {}
    for name, item in KNOWN.items():
        products = frame[frame.hs10.str.startswith(item.hs)].groupby("partner").imports.sum()
        rows = frame[sector == item.parent].groupby("partner").imports.sum()
        result[name] = {
            str(partner): (float(products.get(partner, 0.0)), float(value))
            for partner, value in rows.items()
            if value > 0
        }
    return result


def import_totals(frame: Any) -> dict[str, float]:
    """Return US imports of the four products whose totals are printed, and the share of China. [USD, fraction]"""
    totals = {}
    for name, prefix in _CHECKED.items():
        rows = frame[frame.hs10.str.startswith(prefix)]
        totals[name] = float(rows.imports.sum())
        totals[f"{name}, share of China"] = float(rows[rows.partner == CHINA].imports.sum() / rows.imports.sum())
    return totals


def read_soy(data: Path) -> dict[str, float]:
    """Return origin -> Chinese soybean imports of 2022, customs value. [USD]"""
    rows = [row for row in raw.read_csv(data / SOY) if row["period"].startswith(YEAR)]
    return {
        code: sum(float(row["primaryValue"]) for row in rows if row["partnerDesc"] == name)
        for name, code in SOY_ORIGINS.items()
    }


def read_exports(data: Path, countries: Sequence[str], chapters: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return chapter -> country -> US exports of 2022; economies outside the world are added up in ROW. [USD]

    Raises:
        DataError: the columns are not where they were.
    """
    names = {row["country"]: row["ISO3"] for row in _partner_names(data)} | EXPORT_NAMES
    with raw.existing(data / EXPORTS).open(newline="", encoding="utf-8-sig") as handle:
        _, _, header, *lines = list(csv.reader(handle))
    if header[1:4] != ["HTS Number", "Description", "Country"] or YEAR not in header:
        raise DataError(problems=[Problem(EXPORTS, "columns", ",".join(header), f"HTS Number, Country, {YEAR}")])
    result: dict[str, dict[str, float]] = {chapter: {} for chapter in chapters}
    column = header.index(YEAR)
    for line in lines:
        if len(line) == len(header) and line[1] in result:
            code = names.get(line[3].strip(), REST)
            code = code if code in countries else REST
            by = result[line[1]]
            by[code] = by.get(code, 0.0) + float(line[column])
    return result


def read_bea(data: Path) -> tuple[dict[str, Split], dict[tuple[str, str], dict[str, float]], dict[str, float]]:
    """Return product and parent by satellite, users of the product, and the printed totals, from the US detail of 2017.

    Sales at home are the use of domestic output; sales abroad what is left of output.
    """
    domestic, imported = (_square(data / BEA.format(name=name)) for name in ("use_domestic", "use_import"))
    used = {row["bea_code"]: row for row in raw.read_csv(data / BEA.format(name="commodity_use_totals"))}
    output = {row["bea_code"]: float(row["output"]) for row in raw.read_csv(data / BEA.format(name="industry_output"))}
    splits, users = {}, {}
    for name, codes in BEA_COMMODITIES.items():
        family = [code for code in used if sector_of_naics(code) == KNOWN[name].parent]
        home = tuple(sum(float(used[c]["domestic_total"]) for c in group) for group in (codes, family))
        made = tuple(sum(output[c] for c in group) for group in (codes, family))
        splits[name] = Split((home[0], home[1]), (made[0] - home[0], made[1] - home[1]), (made[0], made[1]))
        everyone = sum(float(used[c][kind]) for c in codes for kind in ("domestic_total", "import_total"))
        by_industry = [(k, v) for c in codes for table in (domestic, imported) for k, v in table[c].items()]
        users[name, USA] = _users(((sector_of_naics(k), v) for k, v in by_industry), everyone)
    totals = {
        "US domestic use 2017": sum(sum(row.values()) for row in domestic.values()),
        "US imported use 2017": sum(sum(row.values()) for row in imported.values()),
    }
    return splits, users, totals


def read_china(data: Path) -> tuple[dict[str, Split], dict[tuple[str, str], dict[str, float]], dict[str, float]]:
    """Return product and parent by satellite, users of the product, and the printed total, from the table of 2020.

    Raises:
        DataError: an industry is not the one expected at its code.
    """
    pyreadr = raw.optional_module("pyreadr")
    frame = next(iter(pyreadr.read_r(str(raw.existing(data / CHINA_TABLE))).values())).set_index("Code")
    industries = [code for code in frame.index if code.isdigit()]
    splits, users = {}, {}
    for name, (code, description) in CHINA_INDUSTRIES.items():
        if frame.Description[code] != description:
            raise DataError(problems=[Problem(CHINA_TABLE, code, repr(frame.Description[code]), repr(description))])
        family = [each for each in industries if sector_of_china(each) == KNOWN[name].parent]
        made, away = (tuple(float(frame[c][group].sum()) for group in ([code], family)) for c in ("GO", "EX"))
        splits[name] = Split((made[0] - away[0], made[1] - away[1]), (away[0], away[1]), (made[0], made[1]))
        by_industry = [(sector_of_china(each), float(frame[each][code])) for each in industries]
        everyone = float(frame[["TIU", "TC", "GCF"]].loc[code].sum())
        users[name, CHN] = _users(by_industry, everyone)
    totals = {"Chinese intermediate use and value added 2020": float(frame["TIU"][["TII", "TVA"]].sum())}
    return splits, users, totals


def _users(by_sector: Iterable[tuple[str, float]], everyone: float) -> dict[str, float]:
    """Return sector -> money; what no industry uses is final. Negative entries (stocks, by-products) are no use."""
    result: dict[str, float] = {}
    for sector, value in by_sector:
        if value > 0:
            result[sector] = result.get(sector, 0.0) + value
    left = everyone - sum(result.values())
    return {**result, FINAL: left} if left > 0 else result


def _square(path: Path) -> dict[str, dict[str, float]]:
    return {
        row["bea_code"]: {key: float(value) for key, value in row.items() if key != "bea_code"}
        for row in raw.read_csv(path)
    }


def _partner_names(data: Path) -> list[dict[str, str]]:
    """Return the rows of the list of partners; a name with a comma inside is cut there and matches nothing."""
    return raw.read_csv(data / PARTNERS)
