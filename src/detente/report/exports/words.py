"""What columns of tables mean, in words and units, for programs that keep such labels."""

from __future__ import annotations

from typing import Final

from detente.core.tables import COUNTRY_VARIABLES

COLUMNS: Final = {
    "scenario": "id of the scenario",
    "branch": "main, or a leaf of the tree",
    "country": "economy (ISO3) or group",
    "partner": "partner economy (ISO3)",
    "origin": "origin, seller (ISO3)",
    "dest": "destination, importer (ISO3)",
    "by": "importer, who levies (ISO3)",
    "against": "origin, who is hit (ISO3)",
    "sector": "sector of the world, ICIO code",
    "variable": "what is measured",
    "unit": "unit of value",
    "value": "number, in unit",
    "p05": "5 % quantile of the draws",
    "p50": "median of the draws",
    "p95": "95 % quantile of the draws",
    "closure": "rule for deficits and numeraire",
    "rate_pct": "tariff after, % of border value",
    "headline_pct": "rate as officials say it, %",
    "value_musd": "before, million USD of 2022",
    "value_new_musd": "after, million USD of 2022",
    "change_musd": "change, million USD of 2022",
    "change_pct": "change, %",
    "tariff_pct": "average tariff before, %",
    "tariff_new_pct": "average tariff after, %",
    "role": "lost, recaptured, home, redirected",
    "share_pct": "% of the trade lost by the pair",
    "output_pct": "volume of output, change in %",
    "import_penetration_pp": "imports over purchases, change, pp",
    "orders_musd": "sales to the importer, change, MUSD",
    "arrivals_musd": "purchases from the origin, MUSD",
    "measure": "id of the measure",
    "kind": "kind of instrument",
    "bound": "level of the instrument, in words",
    "base_musd": "trade before, million USD of 2022",
    "volume_pct": "volume after, % of base",
    "shadow_price_pct": "wedge on producer price, %",
    "rent_musd": "rent collected, million USD",
    "to": "who gets the rent, or pays",
}
"""Column -> meaning, at most 80 characters."""

VARIABLES: Final = {name: f"{meaning} ({unit})" for name, (unit, meaning) in COUNTRY_VARIABLES.items()}
"""Variable of table "countries" -> meaning with its unit."""


def meaning(column: str) -> str:
    """Return what a column means, its name in words where nothing more is known."""
    return COLUMNS.get(column, column.replace("_", " "))[:80]
