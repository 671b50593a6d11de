"""Tables of the case liberation-day-2025: `python -m detente.baseline.build.liberation_2025 --data DATA --out OUT`.

What US orders of February to May 2025 add by partner and sector, read from the orders alone: statutory rates on what is
not exempt, with the products of each partner in 2024 as weights. No factor brings them to a published level.

Exempt from the reciprocal tariffs of 2 April: Annex II (at eight digits), goods under Section 232, Canada and Mexico,
economies under column 2 of the schedule (Russia, Belarus), and the electronics of 11 April, freed as of 5 April.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.build import measures_2025 as law
from detente.baseline.build.applied_sources import AUGUST_NAMES, TRACKER, Sources, read_sources
from detente.baseline.build.archive import write_files
from detente.baseline.build.goods_2024 import POINTS, Goods, Row, as_csv, by_sector, goods_by_country, positive
from detente.baseline.build.labels import CHN, REST
from detente.baseline.build.products import partner_codes
from detente.baseline.build.raw import read_csv
from detente.core.arrays import Array
from detente.core.errors import DetenteError

ANNEX_I: Final = f"{TRACKER}/reciprocal-tariffs-annex-I.csv"
"""Rates by partner as the annex was first published."""
UNIVERSAL: Final = 10.0
BORDER: Final = 25.0
BORDER_ENERGY: Final = 10.0
SECTION_232: Final = 25.0
HKG: Final = "HKG"
CHINA_STEPS: Final = {"us_reciprocal_china_34": 34.0, "us_reciprocal_china_84": 84.0, "us_reciprocal_china_125": 125.0}
"""Table -> reciprocal rate on China and Hong Kong; the table holds what is beyond the universal 10 points. [percent]"""
FREE: Final = ("CAN", "MEX", "RUS", "BLR")
"""Economies that the reciprocal order leaves out."""


def build(data: Path) -> dict[str, bytes]:
    """Return the tables, file name -> bytes: the same bytes from the same sources.

    Raises:
        MissingDataError, DataError: files that are absent or not as they should be.
    """
    sources = read_sources(data)
    frame = sources.imports[sources.imports.sector != ""].reset_index(drop=True)
    everybody = goods_by_country(frame, data)
    sets = {goods.partner: goods for goods in everybody.values()}
    points = {partner: points_of(goods.frame, partner, sources.lists) for partner, goods in sets.items()}

    def table(name: str, authority: str, scale: Mapping[str, float]) -> bytes:
        rows: list[Row] = []
        for country, factor in sorted(scale.items()):
            goods = everybody[country]
            scaled = {sector: factor * value for sector, value in points[goods.partner][name].items()}
            rows += positive(country, scaled, goods.borrowed)
        return as_csv(rows, POINTS, authority).encode()

    once = dict.fromkeys(everybody, 1.0)
    universal = {country: UNIVERSAL for country in everybody if country not in FREE}
    above = {country: rate - UNIVERSAL for country, rate in country_rates(data, sources, everybody).items()}
    files = {
        "us_border_2025_03": table("border", "ieepa", dict.fromkeys(("CAN", "MEX"), 1.0)),
        "us_metals_2025_03": table("metals", "section-232", once),
        "us_cars_2025_04": table("cars", "section-232", once),
        "us_car_parts_2025_05": table("parts", "section-232", once),
        "us_reciprocal_universal": table("open", "ieepa", universal),
        "us_reciprocal_annex_i": table("open", "ieepa", above),
    }
    for name, rate in CHINA_STEPS.items():
        files[name] = table("open", "ieepa", dict.fromkeys((CHN, HKG), rate - UNIVERSAL))
    return {f"{name}.csv": body for name, body in files.items()}


def points_of(frame: Any, partner: str, lists: law.Lists) -> dict[str, dict[str, float]]:
    """Return what each order adds to products of a partner, by sector, in percent; "open" is the share not exempt.

    Args:
        frame: products. partner: customs partner code they come from. lists: product lists of the orders.
    """
    codes = frame.hs10.to_numpy().astype("U10")
    automotive = law.matches(codes, lists.autos)
    cars = automotive & law.matches(codes, law.VEHICLES)
    steel, aluminium = law.is_core_metal(codes)
    listed = law.matches(codes, lists.steel) | law.matches(codes, lists.aluminium)
    metals = (listed | steel | aluminium) & ~automotive
    exempt = law.matches(codes, {code[:8] for code in lists.annex}) | law.matches(codes, lists.electronics)
    claimed = claims(codes, partner, lists)
    paid = np.where(steel, 25.0, np.where(aluminium, 10.0, 0.0)) * (partner not in law.SPARED_IN_2024)
    border = np.where(law.matches(codes, law.ENERGY), BORDER_ENERGY, BORDER) * (1 - claimed)
    points = {
        "border": np.where(automotive | metals, 0.0, border),
        "metals": np.where(metals, SECTION_232 - paid, 0.0),
        "cars": SECTION_232 * cars * (1 - claimed * law.US_CONTENT),
        "parts": SECTION_232 * (automotive & ~cars) * (1 - claimed),
        "open": np.where(automotive | metals | exempt, 0.0, 1.0),
    }
    return {name: by_sector(frame, values) for name, values in points.items()}


def claims(codes: Array, partner: str, lists: law.Lists) -> Array:
    """Return the share of each product's value that claims USMCA; 0 for partners outside it."""
    shares = lists.usmca.get(partner, {"": 0.0})
    return np.array([shares.get(code[:6], shares[""]) for code in codes])


def country_rates(data: Path, sources: Sources, everybody: Mapping[str, Goods]) -> dict[str, float]:
    """Return economy -> rate of Annex I, for economies other than China that it lists. [percent]

    The rest of the world takes the average over the listed partners outside the baseline, weighted with imports.
    """
    known = sources.names
    annex: dict[str, float] = {}
    for row in read_csv(data / ANNEX_I):
        name = row["CTY_NAME"].upper()
        annex[AUGUST_NAMES.get(name, name)] = float(row["tariff_rate"])
    partners = partner_codes(data, everybody, known)
    rates = {country: annex.get(known.get(partners.get(country, ""), country)) for country in everybody}
    mapped = sources.imports[sources.imports.sector != ""]
    value = mapped.groupby("partner").imports.sum()
    rest = [code for code in known if code not in set(partners.values())]
    total = sum(float(value[code]) for code in rest)
    average = sum(float(value[code]) * annex.get(known[code], UNIVERSAL) for code in rest) / total
    found = {**rates, REST: average}
    return {code: rate for code, rate in found.items() if rate is not None and code not in (CHN, *FREE)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the tables and write them.

    Args:
        arguments: command line; None takes that of the process.
    Returns:
        Exit code: 0 written; 3 data invalid; 6 raw data or a module missing. Nothing is written unless all is well.
    """
    parser = argparse.ArgumentParser(prog="python -m detente.baseline.build.liberation_2025", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the raw folders")
    parser.add_argument("--out", type=Path, required=True, help="folder of the tables")
    options = parser.parse_args(arguments)
    try:
        files = build(options.data)
    except DetenteError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    write_files(files, options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
