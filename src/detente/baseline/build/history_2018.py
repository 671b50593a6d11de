"""Tables of the case us-china-2018-2020: `python -m detente.baseline.build.history_2018 --data DATA --out OUT`.

Points that each Section 301 list and Section 232 added, by sector, and the law before them. Rates on China average over
the products of a sector with US imports of 2024 from all partners: those from China alone had already turned away from
what the lists tax, and there are no imports of 2017 by product in the data. Section 232 on the others uses the products
of each partner, because steel and aluminium share a sector with metals that pay nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from detente.baseline.build.archive import write_files
from detente.baseline.build.goods_2024 import (
    ALL_IN,
    POINTS,
    Goods,
    Row,
    as_csv,
    by_sector,
    goods_by_country,
    positive,
)
from detente.baseline.build.history_lists import (
    ALUMINIUM,
    STEEL,
    Products,
    list_points,
    rates_without_metals,
    read_products,
)
from detente.baseline.build.labels import CHN
from detente.baseline.build.products import CHINA
from detente.core.codes import EU27
from detente.core.errors import DetenteError

SECTION_301: Final[Mapping[str, tuple[str, float]]] = {
    "us_301_list_1": ("1", 25.0),
    "us_301_list_2": ("2", 25.0),
    "us_301_list_3": ("3", 10.0),
    "us_301_list_3_raised": ("3", 25.0),
    "us_301_list_4a": ("4A", 15.0),
    "us_301_list_4a_halved": ("4A", 7.5),
    "us_301_list_4b": ("4B", 15.0),
}
"""Table -> list and rate on its lines. [percent]"""
SPARED: Final = ("ARG", "AUS")
"""Quotas or a lasting exemption on both metals."""
STEEL_QUOTA: Final = ("BRA", "KOR")
"""Quotas on steel; they paid the duty on aluminium once their exemption ended."""
NORTH: Final = ("CAN", "MEX")
FROM_JUNE: Final = (*EU27, *STEEL_QUOTA)
TURKEY: Final = "TUR"


def build(data: Path) -> dict[str, bytes]:
    """Return the tables, file name -> bytes: the same bytes from the same sources.

    Raises:
        MissingDataError, DataError: files that are absent or not as they should be.
    """
    products = read_products(data)
    everybody = goods_by_country(products.frame, data)
    everybody[CHN] = Goods(products.frame, frozenset(), CHINA)
    first = [country for country in everybody if country not in (*SPARED, *FROM_JUNE, *NORTH)]
    files = {name: as_csv(section_301(products, *step), POINTS, "section-301") for name, step in SECTION_301.items()}
    files |= {
        "us_law_before_2018": as_csv(before(everybody), ALL_IN, ""),
        "us_232_march": as_csv(metals(everybody, first), POINTS, "section-232"),
        "us_232_june": as_csv(metals(everybody, FROM_JUNE), POINTS, "section-232"),
        "us_232_north": as_csv(metals(everybody, NORTH), POINTS, "section-232"),
        "us_232_turkey": as_csv(metals(everybody, [TURKEY], aluminium=0.0), POINTS, "section-232"),
    }
    return {f"{name}.csv": text.encode() for name, text in files.items()}


def section_301(products: Products, name: str, rate: float) -> Iterable[Row]:
    """Return what a list adds on China at a rate, by sector; products weigh as imports from all partners do."""
    return positive(CHN, list_points(products.frame, name, rate), ())


def before(everybody: Mapping[str, Goods]) -> Iterable[Row]:
    """Yield all-in rates before Sections 232 and 301: ordinary duties on China, metals of the others without 232.

    None is marked as assumed: a borrowed sector has the products that the baseline's own rate is made from.
    """
    for country, goods in everybody.items():
        frame = goods.frame
        rates = by_sector(frame, frame.ordinary) if country == CHN else rates_without_metals(frame)
        for sector, rate in rates.items():
            yield country, sector, rate, False


def metals(everybody: Mapping[str, Goods], countries: Iterable[str], *, aluminium: float = ALUMINIUM) -> Iterable[Row]:
    """Yield what Section 232 adds by sector on these economies."""
    for country in sorted(countries):
        frame = everybody[country].frame
        steel = 0.0 if country in STEEL_QUOTA else STEEL
        points = by_sector(frame, steel * frame.steel + aluminium * frame.aluminium)
        yield from positive(country, points, everybody[country].borrowed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the tables and write them.

    Args:
        arguments: command line; None takes that of the process.
    Returns:
        Exit code: 0 written; 3 data invalid; 6 raw data or a module missing. Nothing is written unless all is well.
    """
    parser = argparse.ArgumentParser(prog="python -m detente.baseline.build.history_2018", description=main.__doc__)
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
