"""OECD bilateral flows of any year from 2011 to 2022 with the cost shares of the national tables of 2022.

For back-tests: flows and tariffs are of their year, input coefficients are always those of 2022, and the id says so
(`icio-2017-io2022`). No `meta.yaml` is needed, so the treatment of negative final demand is named here: `exogenous`,
which keeps the flows exact. Coefficients of another year leave more of it than a table of one year would; how much is
in `meta["treatment"]` and among the warnings of every result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import Accounts, Progress, assembled, check_accounts, silent
from detente.baseline.baseline import Baseline
from detente.baseline.build import costs, raw, tariffs
from detente.baseline.build.joining import Joined, join, scale_imputed_use
from detente.baseline.build.labels import COUNTRY_LABELS, REST, SECTOR_LABELS, SERVICE
from detente.baseline.build.ledger import Entry, summary
from detente.core.arrays import Array
from detente.core.errors import DataError, Problem, UsageError

YEARS: Final = range(2011, 2023)
LAST_TARIFFS: Final = 2021
TREATMENT: Final = "exogenous"
SOURCE: Final = (
    "OECD (2025), Inter-Country Input-Output Tables and national Input-Output Tables, 2025 edition; "
    "tariffs: F. Teti, Global Tariff Database"
)


def read_icio_pair(source: Path, *, year: int = 2022, progress: Progress = silent) -> Baseline:
    """Read bilateral flows of a year and join them with the national tables of 2022.

    Args:
        source: folder that holds `oecd-icio-flows` (ICIO2011.mat .. ICIO2022.mat) and `oecd-iot-2022`.
        year: of the flows, 2011 to 2022; tariffs are of the same year, at most 2021. progress: told the steps.
    Returns:
        The baseline with treatment "exogenous": flows are exact, negative implied final demand is held at a constant
        share of world value added. Tariffs: 0 on services and home sales, at most 30 %; the duties that the United
        States and China levied on each other since 2018 are not in them.
    Raises:
        UsageError: a year outside 2011 to 2022. MissingDataError: no such files, or no h5py.
        DataError: the files do not fit each other.
    """
    if year not in YEARS:
        raise UsageError(f"year: found {year}; expected {YEARS[0]} to {YEARS[-1]}")
    data = Path(source)
    progress("flows", 0, 3)
    trade, world, entries, rows = _world_of(data, year, progress)
    share = costs.cost_shares(world.use, world.output, world.countries, world.sectors)
    rates, changed = _rates(trade, world)
    progress("accounts", 2, 3)
    theta, chosen = _elasticities(world.sectors)
    accounts = Accounts(
        world.countries,
        world.sectors,
        flows=world.flows,
        inputs=share.input_share * world.output,
        value_added=share.value_added_share * world.output,
        tariffs=rates,
        trade_elasticity=theta,
        sources={
            "id": f"icio-{year}-io2022",
            "title": f"OECD bilateral flows of {year}, input coefficients of 2022",
            "years": {"flows": str(year), "inputs": "2022", "tariffs": str(min(year, LAST_TARIFFS))},
            "allow_year_mismatch": True,
            "source": SOURCE,
            "licence": "OECD terms and conditions, with attribution; tariffs: academic use with citation",
            "services": (SERVICE,),
            "country_labels": {code: COUNTRY_LABELS.get(code, code) for code in world.countries},
            "sector_labels": {code: SECTOR_LABELS.get(code, code) for code in world.sectors},
            "imputed": {REST: "no national table: world coefficients of the other economies"},
            "import": {"format": "icio-pair", "counts": _counts(world, rows)},
            "log": summary([*entries, *changed, *(entry for entry in share.entries if entry.moved > 0)]),
            **chosen,
        },
        treatment=TREATMENT,
    )
    problems = check_accounts(accounts, dict.fromkeys(("flows", "inputs", "value_added"), _flows_file(data, year)))
    if problems:
        raise DataError(problems=problems)
    base = assembled(accounts)
    progress("accounts", 3, 3)
    return _remarked(base, year)


def _world_of(data: Path, year: int, progress: Progress) -> tuple[raw.Trade, Joined, list[Entry], dict[str, int]]:
    """Return the trade of the year, its world with the coefficients of 2022, the cells changed, and what was read."""
    base = raw.read_trade(data)
    trade = base if year == raw.YEAR else raw.read_trade(data, year)
    if (trade.countries, trade.sectors) != (base.countries, base.sectors):
        found = f"other countries or sectors than those of {raw.YEAR}"
        raise DataError(problems=[Problem(_flows_file(data, year), "", found, "the same codes in the same order")])
    bad = ~np.isfinite(trade.flows) | (trade.flows < 0)
    if bad.any():
        o, d, s = (int(i) for i in np.argwhere(bad)[0])
        cell = f"{trade.countries[o]}, {trade.countries[d]}, {trade.sectors[s]}"
        problem = Problem(
            _flows_file(data, year), "flows", f"{trade.flows[o, d, s]:g} at {cell}", "sales of at least 0"
        )
        raise DataError(problems=[problem])
    progress("national tables", 1, 3)
    tables = raw.read_tables(data, base.countries)
    of_2022 = join(base, tables)
    divisor = np.where(of_2022.output > 0, of_2022.output, 1.0)
    output = trade.flows.sum(axis=1)
    scale = output / divisor * (of_2022.output > 0)
    drafted = replace(of_2022, flows=trade.flows, use=of_2022.use * scale[:, None, :], primary={})
    world, entries = scale_imputed_use(drafted)
    entries += [
        Entry("no coefficients of 2022: all cost is value added", f"{world.countries[o]}/{world.sectors[s]}",
              0.0, float(output[o, s]), "MUSD", float(output[o, s]))
        for o, s in np.argwhere((of_2022.output <= 0) & (output > 0))
    ]  # fmt: skip
    return trade, world, entries, {"national tables": len(tables.countries), "industries": len(tables.industries)}


def _rates(trade: raw.Trade, world: Joined) -> tuple[Array, list[Entry]]:
    """Return the rates of the year: 0 on services and at home, at most 30 % everywhere, each change logged."""
    free = tariffs.without_services(trade.tariffs, world.sectors)
    entries = [
        Entry("tariffs on services and home sales set to 0", f"{world.countries[d]}/{world.sectors[s]}",
              float(trade.tariffs[:, d, s].max()), 0.0, "rate", float(moved))
        for (d, s), moved in np.ndenumerate(((trade.tariffs - free) * world.flows).sum(axis=0))
        if moved > 0
    ]  # fmt: skip
    capped, over = tariffs.capped(free, world.flows, world.countries, world.sectors, exempt=())
    return capped, [*entries, *over]


def _elasticities(sectors: Sequence[str]) -> tuple[Array, dict[str, Any]]:
    from detente.baseline.catalogue import elasticity_sets

    chosen = elasticity_sets("world-2022")["default"]
    absent = [sector for sector in sectors if sector not in chosen.values]
    if absent:
        problem = Problem("", "sectors", f"{', '.join(absent)}, without packaged elasticities", "the packaged sectors")
        raise DataError(problems=[problem])
    values = np.array([chosen.values[sector] for sector in sectors])
    return values, {"elasticity_set": chosen.name, "elasticity_spread": chosen.spread}


def _counts(world: Joined, rows: dict[str, int]) -> dict[str, Any]:
    return {
        "flows": {"cells": int(world.flows.size), "above zero": int((world.flows > 0).sum())},
        "inputs": {"cells": int(world.use.size), "above zero": int((world.use > 0).sum()), **rows},
        "tariffs": {"cells": int(world.flows.size)},
    }


def _flows_file(data: Path, year: int) -> str:
    return str(data / raw.FLOWS.replace(str(raw.YEAR), str(year)))


def _remarked(base: Baseline, year: int) -> Baseline:
    remarks = [*base.meta.get("warnings", ())]
    if year != raw.YEAR:
        remarks.append(f"input coefficients are of {raw.YEAR}, flows of {year}: not a table of {year}")
    return base.replace(meta=MappingProxyType({**base.meta, "warnings": tuple(remarks)}))
