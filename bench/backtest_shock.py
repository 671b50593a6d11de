"""The tariffs that the back-test adds: what the USA and China levied on each other on average over 2019.

Two ways, which share nothing but the dates:

- "scaled pattern": points by sector from one source, all scaled by one factor per importer to the level of another. The
  pattern ends with a round of December 2019 that never took effect, and 2019 was not under one tariff, so its own level
  cannot be used.
- "product lists" (US side only; China's lists are not in these data): the rates of the US lists by product and day,
  averaged with US imports from China of 2024, the only year with products in these data. No scaling. Those weights are
  themselves a result of the tariffs, and exclusions are not in them. A line of eight digits that several lists name in
  part counts with the highest of their rates.

Left out on both: steel and aluminium duties under Section 232 and the answers to them, Chinese most-favoured-nation
cuts, and every other tariff change of 2018 and 2019. Sources: the README files of the folders named below.
"""

from __future__ import annotations

import csv
import datetime as clock
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

import detente as dt
from detente.baseline.build import products

Array = NDArray[np.float64]

PAIRS: Final = (("CHN", "USA"), ("USA", "CHN"))
"""Exporter and importer."""
PATTERN: Final = {"USA": "icio2017-7x44-econ7115/tariff_Trump.csv", "CHN": "icio2017-7x44-econ7115/tariff_China.csv"}
LEVEL: Final = "us-china-tariffs-piie/us-china-trade-war-tariffs.csv"
COLUMN: Final = {"USA": "US tariffs on Chinese exports", "CHN": "Chinese tariffs on US exports"}
PATTERN_SECTORS: Final = (
    ("A01", "A02"), ("A03",), ("B05", "B06"), ("B07", "B08"), ("B09",), ("C10T12",), ("C13T15",), ("C16",), ("C17_18",),
    ("C19",), ("C20",), ("C21",), ("C22",), ("C23",), ("C24A", "C24B"), ("C25",), ("C26",), ("C27",), ("C28",),
    ("C29",), ("C301", "C302T309"), ("C31T33",),
)  # fmt: skip
"""Sector n of the pattern files (their `indcode` n) is these sectors of ours; it has no services."""
LISTS: Final = "us-tariffs-budgetlab/s301_product_lists.csv"
LIST_RATES: Final = {
    "1": (("2018-07-06", 25.0),),
    "2": (("2018-08-23", 25.0),),
    "3": (("2018-09-24", 10.0), ("2019-06-01", 25.0)),
    "4A": (("2019-09-01", 15.0),),
}
"""Rate of each list from a date on, dates as in the series of levels; list 4B never began. [percent]"""
DAYS: Final = tuple(clock.date(2019, 1, 1) + clock.timedelta(days=i) for i in range(365))


def goods_of(sectors: Sequence[str]) -> NDArray[np.bool_]:
    """Return which sectors are goods."""
    listed = {code for codes in PATTERN_SECTORS for code in codes}
    return np.array([sector in listed for sector in sectors])


def level_of(data: Path, importer: str) -> tuple[float, float]:
    """Return the average tariff of the series at the start of 2018 and its mean over the days of 2019. [percent]"""
    with (data / LEVEL).open(newline="", encoding="latin-1") as file:
        rows = [(clock.datetime.strptime(row["Date"], "%d-%b-%y").date(), float(row[COLUMN[importer]]))
                for row in csv.DictReader(file)]  # fmt: skip
    return rows[0][1], sum([rate for date, rate in rows if date <= day][-1] for day in DAYS) / len(DAYS)


def pattern_of(data: Path, importer: str, sectors: Sequence[str]) -> Array:
    """Return the points that the pattern file of an importer adds, by sector; services 0. [percentage points]"""
    with (data / PATTERN[importer]).open(newline="", encoding="utf-8") as file:
        rows = {int(code): 100 * float(points) for code, points in list(csv.reader(file))[1:]}
    points = dict.fromkeys(sectors, 0.0)
    for number, codes in enumerate(PATTERN_SECTORS, start=1):
        points |= dict.fromkeys(codes, rows[number])
    return np.array([points[sector] for sector in sectors])


def list_mean(name: str) -> float:
    """Return the mean rate of a list over the days of 2019; 0 for a list that never was in force. [percent]"""
    steps = [(clock.date.fromisoformat(date), rate) for date, rate in LIST_RATES.get(name, ())]
    return sum([0.0, *(rate for date, rate in steps if date <= day)][-1] for day in DAYS) / len(DAYS)


def list_points(data: Path, sectors: Sequence[str]) -> Array:
    """Return the points that the US lists added on average over 2019, by sector; 0 where there is no trade.

    Raises:
        MissingDataError: pyreadr, pandas or the files are not on this machine.
    """
    rate: dict[str, float] = {}
    with (data / LISTS).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rate[row["hts8"]] = max(rate.get(row["hts8"], 0.0), list_mean(row["list"]))
    trade = products.read_imports(data)
    trade = trade[(trade.partner == products.CHINA) & (trade.sector != "")]
    duty = trade.imports * trade.hs10.str[:8].map(rate).fillna(0.0)
    value = trade.imports.groupby(trade.sector).sum().to_dict()
    paid = duty.groupby(trade.sector).sum().to_dict()
    return np.array([paid[sector] / value[sector] if value.get(sector) else 0.0 for sector in sectors])


@dataclass(frozen=True)
class Scaling:
    """How the points of one importer were brought to their level. [percentage points; factor is a ratio]"""

    importer: str
    start: float
    mean_2019: float
    pattern_average: float
    factor: float


def scaled_pattern(data: Path, base: dt.Baseline, exporter: str, importer: str) -> tuple[Array, Scaling]:
    """Return the points added by sector, and how they were scaled.

    One factor for all sectors of an importer, such that the average over sectors, weighted as the series weights (the
    exporter's exports to all countries in 2017), is the mean of the series over 2019 less its value at the start.
    """
    o = base.countries.index(exporter)
    points = pattern_of(data, importer, base.sectors)
    exports = (base.flows[o].sum(axis=0) - base.flows[o, o]) * goods_of(base.sectors)
    average = float(points @ exports / exports.sum())
    start, mean = level_of(data, importer)
    factor = (mean - start) / average
    return factor * points, Scaling(importer, start, mean, average, factor)


def raised(base: dt.Baseline, added: dict[tuple[str, str], Array]) -> Array:
    """Return the tariffs of the baseline with points added between pairs of exporter and importer. [fraction]"""
    rates = np.array(base.tariffs)
    for (exporter, importer), points in added.items():
        rates[base.countries.index(exporter), base.countries.index(importer)] += points / 100
    return rates
