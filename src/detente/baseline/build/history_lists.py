"""US law of 2018 to 2020 by product: which Section 301 list a tariff line was on, ordinary duties, Section 232.

The product lists are those of the tariff schedule of January 2025. A line that several lists name is on the first of
them (1, 2, 3, 4A, 4B), since by law it is on one; what China paid in 2024 bears this out. Lines that only a heading of
2024 names had an earlier list that the schedule no longer shows; it is read from the duty that China paid on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline.build.goods_2024 import by_sector
from detente.baseline.build.measures_2025 import is_core_metal
from detente.baseline.build.products import CHINA, read_imports
from detente.baseline.build.raw import read_csv

BUDGETLAB: Final = "us-tariffs-budgetlab"
PRODUCT_LISTS: Final = f"{BUDGETLAB}/s301_product_lists.csv"
ORDINARY: Final = f"{BUDGETLAB}/mfn_rates_2025.csv"
LISTS: Final[Sequence[str]] = ("1", "2", "3", "4A", "4B")
NAMES: Final[Mapping[str, str]] = {**{name: name for name in LISTS}, "3_addl": "3"}
"""Name in the source -> list; the other names are headings of 2024 and 2025."""
STEEL: Final = 25.0
ALUMINIUM: Final = 10.0
PAID_7: Final = 2.5
PAID_25: Final = 15.0
"""Duty of 2024 beyond ordinary and metal duties from which a line is taken to have been on 4A, or on list 3. [percent]

Lists 1 to 3 paid 20 to 21 points in 2024 after exclusions; 4A paid 6.8, or 12 where it was raised on 27 September.
"""


@dataclass(frozen=True)
class Products:
    """US imports of 2024 by partner and product with the law of 2018 to 2020 beside them.

    Attributes:
        frame: partner, name, hs10, imports, duty, sector, hs8, list ("" if on none), ordinary and
            metal_duty [percent], steel, aluminium; products that no sector makes are left out.
        inferred: tariff line -> list, where it was read from the duty of 2024.
        not_ad_valorem: share of the value in lines whose ordinary duty is not, or not only, in percent of the value.
    """

    frame: Any
    inferred: Mapping[str, str]
    not_ad_valorem: float


def read_products(data: Path) -> Products:
    """Read imports, lists and ordinary duties.

    Raises:
        MissingDataError, DataError: files that are absent or not as they should be.
    """
    frame = read_imports(data)
    frame = frame[frame.sector != ""].reset_index(drop=True)
    rates = {row["hs8"]: row for row in read_csv(data / ORDINARY)}
    frame["hs8"] = frame.hs10.str[:8]
    frame["ordinary"] = [100 * float(rates[code]["mfn_rate"]) if code in rates else 0.0 for code in frame.hs8]
    frame["steel"], frame["aluminium"] = is_core_metal(frame.hs10.to_numpy().astype("U10"))
    frame["metal_duty"] = STEEL * frame.steel + ALUMINIUM * frame.aluminium
    listed, later = lines_of(read_csv(data / PRODUCT_LISTS))
    inferred = inferred_lists(frame[(frame.partner == CHINA) & frame.hs8.isin(later)])
    frame["list"] = frame.hs8.map({**listed, **inferred}).fillna("")
    odd = {code for code, row in rates.items() if row["rate_type"] not in ("ad_valorem", "free")}
    share = float(frame.imports[frame.hs8.isin(odd)].sum() / frame.imports.sum())
    return Products(frame, inferred, share)


def lines_of(rows: list[dict[str, str]]) -> tuple[dict[str, str], set[str]]:
    """Return tariff line -> first list that names it, and the lines whose list the headings of 2024 replaced.

    List 4B never took effect, so a line on 4B and under a heading of 2024 had another list before.
    """
    named: dict[str, set[str]] = {}
    later: set[str] = set()
    for row in rows:
        if row["list"] in NAMES:
            named.setdefault(row["hts8"], set()).add(NAMES[row["list"]])
        else:
            later.add(row["hts8"])
    listed = {line: next(name for name in LISTS if name in names) for line, names in named.items()}
    return listed, {line for line in later if listed.get(line, "4B") == "4B"}


def inferred_lists(goods: Any) -> dict[str, str]:
    """Return tariff line -> "3", "4A" or "" by what China paid on it in 2024 beyond ordinary and metal duties.

    Args:
        goods: products from China on these lines.
    """
    owed = goods.assign(owed=(goods.ordinary + goods.metal_duty) / 100 * goods.imports).groupby("hs8")
    sums = owed[["imports", "duty", "owed"]].sum()
    sums = sums[sums.imports > 0]
    beyond = 100 * (sums.duty - sums.owed) / sums.imports
    return {str(line): "3" if paid > PAID_25 else "4A" if paid > PAID_7 else "" for line, paid in beyond.items()}


def list_points(frame: Any, name: str, rate: float) -> dict[str, float]:
    """Return sector -> points that a list adds at a rate on all its lines. [percent]"""
    return by_sector(frame, rate * (frame.list == name))


def rates_without_metals(frame: Any) -> dict[str, float]:
    """Return sector -> rate of 2024 as if there had been no Section 232, for sectors that make such metals. [percent]

    What was paid, but on core metals no more than the ordinary duty.
    """
    core = frame.steel | frame.aluminium
    ordinary = frame.ordinary / 100 * frame.imports
    duty = np.where(core, np.minimum(frame.duty, ordinary), frame.duty)
    rates = by_sector(frame, 100 * duty / np.where(frame.imports > 0, frame.imports, np.inf))
    return {sector: rates[sector] for sector in rates if bool(core[frame.sector == sector].any())}
