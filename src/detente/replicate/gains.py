"""Costinot and Rodriguez-Clare (2014), Trade theory with numbers: gains from trade with one sector, WIOD 2008.

G = 1 - lambda^(1/5), lambda the share of domestic sales in a country's total absorption. Under the formula of
Arkolakis, Costinot and Rodriguez-Clare (2012) that is what autarky would cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from detente.baseline.importers.wiod import Wiod2013Layout
from detente.baseline.importers.wiod_rdata import read_rdata
from detente.replicate.inputs import Inputs
from detente.replicate.rows import Cells

TITLE: Final = "Costinot and Rodriguez-Clare (2014), Handbook of International Economics 4, 197-261"
PAPER: Final = "costinot-rodriguez-clare-2014"
EPSILON: Final = 5.0
SHARES: Final = {
    "AUS": 0.88913195, "BEL": 0.67752984, "BRA": 0.92701873, "CHN": 0.87445779, "DEU": 0.79573181, "IRL": 0.65778336,
    "USA": 0.91472391,
}  # fmt: skip
"""Domestic shares as the paper's data have them: an input, of an earlier vintage of the world table."""
NOTES: Final = (
    "one sector only: domestic shares of all 41 economies of the table, at values without tariffs",
    "the paper used an earlier vintage of the table; shares differ by less than 0.005, but for China (0.874 there, "
    "0.914 in the release of 2013): published gains are compared with those of the paper's shares",
    "the paper's own multi-sector numbers rest on another aggregation of sectors and are not replicated",
)


def tables(inputs: Inputs) -> Cells:
    """Return domestic shares and gains from trade of every economy.

    Raises:
        DataError: a file that is not a world table. MissingDataError: the package rdata is not installed.
    """
    table = read_rdata(inputs["wiot_2008.RData"], Wiod2013Layout())
    flows = table.flows.sum(axis=2)
    shares = np.diag(flows) / flows.sum(axis=0)
    cells = Cells(PAPER)
    _gains(cells, "4.1", "one sector", SHARES)
    _gains(cells, "release of 2013", "one sector", dict(zip(table.countries, shares, strict=True)))
    return cells


def _gains(cells: Cells, table: str, case: str, shares: Mapping[str, float]) -> None:
    """Add the domestic share and the gains from trade of each economy."""
    for code, share in shares.items():
        cells.add(table, case, code, {"domestic_share": share}, "share")
        cells.add(table, case, code, {"gains": 100 * (1 - share ** (1 / EPSILON))})
