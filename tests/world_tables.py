"""Write invented world tables in the published layouts, label by label, without any code of the importers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FINAL = ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT", "DPABR")


@dataclass
class Table:
    """An invented table: use[o, k, d, s], final[o, k, d, f]; taxes on inputs and on final demand. [MUSD]"""

    countries: list[str]
    sectors: list[str]
    use: Array
    final: Array
    taxes: Array
    final_taxes: Array

    @property
    def output(self) -> Array:
        """Return output by origin and sector."""
        return np.asarray(self.use.sum(axis=(2, 3)) + self.final.sum(axis=(2, 3)))

    @property
    def inputs(self) -> Array:
        """Return the cost of inputs by country and using sector."""
        return np.asarray(self.use.sum(axis=(0, 1)))

    @property
    def value_added(self) -> Array:
        """Return what is left of output after inputs and taxes."""
        return np.asarray(self.output - self.inputs - self.taxes)

    @property
    def flows(self) -> Array:
        """Return sales by origin, destination and sector, added up with plain loops."""
        n, j = len(self.countries), len(self.sectors)
        flows = np.zeros((n, n, j))
        for o in range(n):
            for d in range(n):
                for k in range(j):
                    flows[o, d, k] = sum(self.use[o, k, d]) + sum(self.final[o, k, d])
        return flows


def invented(countries: Sequence[str], sectors: Sequence[str], *, categories: int = 6, seed: int = 0) -> Table:
    """Return a table of positive integers in which every producer sells more than it buys."""
    random = np.random.default_rng(seed)
    n, j = len(countries), len(sectors)
    use = random.integers(1, 20, (n, j, n, j)).astype(float)
    final = random.integers(5, 40, (n, j, n, categories)).astype(float)
    for o in range(n):
        final[o, :, o] += 20 * n * j
        use[o, :, o] *= 5
    taxes = random.integers(1, 30, (n, j)).astype(float)
    return Table(
        list(countries), list(sectors), use, final, taxes, random.integers(1, 9, (n, categories)).astype(float)
    )


def icio_rows(table: Table, *, totals: tuple[str, str, str] = ("TLS", "VA", "OUT")) -> list[list[str]]:
    """Return the rows of an OECD table."""
    producers = [f"{c}_{s}" for c in table.countries for s in table.sectors]
    buyers = [f"{c}_{f}" for c in table.countries for f in FINAL[: table.final.shape[3]]]
    rows = [["V1", *producers, *buyers, totals[2]]]
    for o, country in enumerate(table.countries):
        for k, sector in enumerate(table.sectors):
            cells = [*table.use[o, k].ravel(), *table.final[o, k].ravel(), table.output[o, k]]
            rows.append([f"{country}_{sector}", *(f"{value:g}" for value in cells)])
    width = len(buyers)
    for name, values, last in zip(
        totals,
        (table.taxes, table.value_added, table.output),
        (table.final_taxes.ravel(), np.zeros(width), np.zeros(width)),
        strict=True,
    ):
        cells = [*values.ravel(), *last]
        rows.append([name, *(f"{value:g}" for value in [*cells, sum(cells)])])
    return rows


def wiod2016_rows(table: Table, *, year: int = 2014) -> list[list[str]]:
    """Return the rows of a table of the 2016 release; the table needs 56 sectors and 5 categories."""
    numbers = [f"{c}{i}" for c in table.countries for i in range(1, 57)]
    buyers = [f"{c}{i}" for c in table.countries for i in range(57, 62)]
    rows = [["IndustryCode", "IndustryDescription", "Country", "RNr", "Year", *numbers, *buyers, "TOT"]]
    for o, country in enumerate(table.countries):
        for k, sector in enumerate(table.sectors):
            cells = [*table.use[o, k].ravel(), *table.final[o, k].ravel(), table.output[o, k]]
            head = [sector, f"Making {sector}, and more", country, str(k + 1), str(year)]
            rows.append([*head, *(f"{value:.15g}" for value in cells)])
    width = table.final[0, 0].size + 1
    names = ("II_fob", "TXSP", "EXP_adj", "PURR", "PURNR", "VA", "IntTTM", "GO")
    totals = dict.fromkeys(names, 0 * table.taxes)
    totals |= {"II_fob": table.inputs, "TXSP": table.taxes, "VA": table.value_added, "GO": table.output}
    for number, (name, values) in enumerate(totals.items(), start=65):
        head = [name, f"total {name}", "TOT", str(number), str(year)]
        rows.append([*head, *(f"{value:.15g}" for value in values.ravel()), *["0"] * width])
    return rows


def wiod2013_rows(table: Table, *, names: Sequence[str] | None = None, year: int = 2011) -> list[list[str]]:
    """Return the rows of a table of the 2013 release; the table needs 35 sectors and 5 categories."""
    items = [37, 38, 39, 41, 42]
    names = list(names or [f"ISIC{k}" for k in range(1, 36)])
    n, width = len(table.countries), len(table.countries) * 40 + 1
    title = [["Intercountry Input-Output Table", *[""] * (width + 3)], [f"in {year}", *[""] * (width + 3)]]
    codes = [*names * n, *[f"final {i}" for _ in range(n) for i in items], "TOT"]
    texts = [f"name of {code}" for code in codes]
    country = [c for c in table.countries for _ in range(35)] + [c for c in table.countries for _ in items] + ["TOT"]
    number = [f"c{i}" for _ in range(n) for i in range(1, 36)] + [f"c{i}" for _ in range(n) for i in items] + ["c43"]
    rows = title + [["", "", "", "", *line] for line in (codes, texts, country, number)]
    for o, origin in enumerate(table.countries):
        for k, code in enumerate(names):
            cells = [*table.use[o, k].ravel(), *table.final[o, k].ravel(), table.output[o, k]]
            rows.append([code, f"Making {code}, and more", origin, f"r{k + 1}", *(f"{value:.15g}" for value in cells)])
    totals = [
        ("r60", "Total intermediate consumption", table.inputs),
        ("r61", "Taxes less subsidies on products", table.taxes),
        ("r64", "Value added at basic prices", table.value_added),
        ("r69", "Output at basic prices", table.output),
    ]
    for item, text, values in totals:
        cells = [*values.ravel(), *[0.0] * (width - values.size)]
        rows.append(["", text, "TOT", item, *(f"{value:.15g}" for value in cells)])
    return rows


def write_rows(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """Write rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(buffer.getvalue(), encoding="utf-8")
    return path


def write_companions(
    folder: Path,
    countries: Sequence[str],
    sectors: Sequence[str],
    *,
    rate: Callable[[int, int, int], float] | None = None,
    meta: str = "",
    year: int = 2011,
) -> None:
    """Write meta.yaml, elasticities.csv and, with `rate(by, against, sector)` in percent, tariffs.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{sector},{4 + k % 3}" for k, sector in enumerate(sectors)]
    (folder / "elasticities.csv").write_text("\n".join(["sector,trade_elasticity", *lines, ""]))
    text = f"id: invented\nyear: {year}\nsource: invented\nlicence: CC0\nworld: false\n{meta}"
    if rate is None:
        text += "missing: zero\n"
    else:
        rows = [
            f"{by},{against},{sector},{rate(i, o, k)}"
            for i, by in enumerate(countries)
            for o, against in enumerate(countries)
            for k, sector in enumerate(sectors)
            if by != against
        ]
        (folder / "tariffs.csv").write_text("\n".join(["by,against,sector,rate_pct", *rows, ""]))
    (folder / "meta.yaml").write_text(text)
