"""The product sectors that a scenario needs: cut from the world before anything is compiled, and said."""

from __future__ import annotations

from typing import Any

from detente.baseline import Baseline
from detente.baseline.satellites import with_satellites
from detente.baseline.satellites_table import KNOWN
from detente.policy.products import match, packaged
from detente.scenario.schema import Scenario


def needed(case: Scenario) -> tuple[str, ...]:
    """Return the packaged product sectors that a file names, in the order of the package.

    Every measure counts, whether it applies or not, so that all branches and all days are solved on one world.
    """
    codes = [code for measure in case.measures if measure.products for code in measure.products.codes]
    for measure in case.measures:
        if measure.table is not None and measure.table.column == "hs22":
            codes += [row.item.replace(".", "") for row in measure.table.rows]
    names = {*match(codes, packaged()).names, *(item.product for item in case.critical)}
    return tuple(name for name in KNOWN if name in names)


def with_products(case: Scenario, base: Baseline) -> Baseline:
    """Return the world with the product sectors that a scenario names; those that are there already stay.

    What a world without the parent sector cannot have is left out here and refused where a measure needs it.
    """
    missing = [
        name for name in needed(case) if KNOWN[name].code not in base.sectors and KNOWN[name].parent in base.sectors
    ]
    return with_satellites(base, missing) if missing else base


def satellite_notes(base: Baseline) -> tuple[str, ...]:
    """Return one sentence for each product sector: how much of it is assumed."""
    cut: dict[str, Any] = dict(base.meta.get("satellites", {}))
    known = [str(text) for text in base.meta.get("known_weaknesses", ())]
    return tuple(text for text in known if any(text.startswith((f"{code} ", f"{code}:")) for code in cut))


def satellite_facts(base: Baseline) -> dict[str, dict[str, Any]]:
    """Return, for each product sector, its parent and the trade that is data and that is assumed. [MUSD]"""
    cut: dict[str, Any] = dict(base.meta.get("satellites", {}))
    told = ("name", "parent", "hs", "reading", "trade_data_musd", "trade_assumed_musd")
    return {code: {key: facts[key] for key in told if key in facts} for code, facts in cut.items()}
