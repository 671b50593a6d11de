"""Put the steps together: from raw folders to `world-2022`, with the totals that the build is checked against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from detente.baseline.build import costs, joining, products, tariffs
from detente.baseline.build.elasticity import Elasticities, read_elasticities, with_default
from detente.baseline.build.expected import CAPPED_CELLS, US_ON, US_ON_CHINA
from detente.baseline.build.labels import CHN, SERVICE, SERVICE_LABEL, USA
from detente.baseline.build.ledger import Entry
from detente.baseline.build.raw import JOINED, Tables, Trade, existing, read_tables, read_trade
from detente.core.arrays import Array, Float
from detente.core.errors import DataError, Problem

LOOSE_CAP: Final = ("C10T12", "C13T15")


@dataclass(frozen=True)
class World:
    """The finished baseline.

    Attributes:
        joined: flows, use and primary inputs, ROW imputed and its use scaled to non-negative final demand.
        costs: cost shares. tariffs: rates of 2024-12-31. elasticities: all sets.
        entries: everything that was changed. totals: name -> value, see `expected`.
        points: added to Chinese tariffs on the USA. filled: US cells that took the average of the others.
    """

    joined: joining.Joined
    costs: costs.Costs
    tariffs: Float[Array, "origin dest sector"]
    elasticities: Elasticities
    entries: tuple[Entry, ...]
    totals: dict[str, float]
    points: float
    filled: tuple[tuple[str, str], ...]


def build_world(data: Path) -> World:
    """Run steps 1 to 4 on the raw folders and compute the totals; the caller checks them.

    Args:
        data: folder that holds the raw folders.
    Raises:
        MissingDataError: a raw file or an optional module is absent. DataError: the sources contradict each other.
    """
    trade = read_trade(data)
    tables = read_tables(data, trade.countries)
    draft = joining.join(trade, tables)
    joined, moved = joining.remove_negative_final_demand(draft)
    shares = costs.cost_shares(joined.use, joined.output, joined.countries, joined.sectors)
    column = products.read_us_column(data, joined.countries)
    rates, capped, points, filled, before = clean_tariffs(trade, column)
    negative = costs.implied_final_demand(joined.flows, rates, shares.input_share) < 0
    if negative.any():
        cells = [f"{joined.countries[d]}/{joined.sectors[k]}" for d, k in np.argwhere(negative)]
        raise DataError(problems=[Problem("final demand", cell, "below 0", "at least 0") for cell in cells])
    totals = {
        **flow_totals(joined),
        **table_totals(draft, tables),
        **cost_totals(joined, shares),
        **cap_totals(joined, capped, trade.tariffs),
        **tariff_totals(joined, rates),
        "CHN on USA before": before,
        "points added, CHN on USA": points,
        **customs_totals(data, column),
        "joined archive, largest relative gap": gap_to_joined(draft, data),
    }
    elasticities = with_default(read_elasticities(data, joined.sectors), joined.sectors)
    entries = (*moved, *shares.entries, *capped)
    return World(joined, shares, rates, elasticities, entries, totals, points, tuple(filled))


def clean_tariffs(
    trade: Trade, column: tariffs.UsColumn
) -> tuple[Array, list[Entry], float, list[tuple[str, str]], float]:
    """Return the rates of 2024-12-31 (items 1 to 4 in order), the log of the cap, the points added and filled cells.

    The last value is the average Chinese rate on goods of the USA before item 4.
    """
    names = (trade.countries, trade.sectors)
    served = tariffs.without_services(trade.tariffs, trade.sectors)
    capped, entries = tariffs.capped(served, trade.flows, *names)
    own, filled = tariffs.us_rates(column, *names)
    replaced = tariffs.replaced_column(capped, own, trade.countries.index(USA))
    result, points = tariffs.raised_to_average(replaced, trade.flows, *names)
    return result, entries, points, filled, tariffs.CHINA_ON_USA - points


def flow_totals(world: joining.Joined) -> dict[str, float]:
    """Return output, value added and trade totals. [MUSD]"""
    known = ~world.imputed
    at = world.countries.index
    foreign = world.flows[~np.eye(len(world.countries), dtype=bool)]
    goods = [s for s, code in enumerate(world.sectors) if code != SERVICE]
    china_us, us_china = world.flows[at(CHN), at(USA)], world.flows[at(USA), at(CHN)]
    return {
        "world output": float(world.flows.sum()),
        "value added of the 80 economies": float(world.primary["value_added"][known].sum()),
        "value added of ROW (imputed)": float(world.primary["value_added"][~known].sum()),
        "international flows": float(foreign.sum()),
        "international flows of goods": float(foreign[:, goods].sum()),
        "goods CHN to USA": float(china_us[goods].sum()),
        "goods USA to CHN": float(us_china[goods].sum()),
        "A01 USA to CHN": float(us_china[world.sectors.index("A01")]),
    }


def table_totals(world: joining.Joined, tables: Tables) -> dict[str, float]:
    """Return how national tables and flows agree, before negative final demand is removed."""
    j = len(world.sectors)
    place = [world.countries.index(code) for code in tables.countries]
    output, final = world.output, world.final_demand
    gap = np.abs(tables.rows["output"].sum(axis=1) / output[place].sum(axis=1) - 1)
    table_final = joining.roll_up(tables.final, 1, j)
    rest = final[world.imputed]
    return {
        "intermediate use": float(world.use.sum()),
        "final demand at border value": float(final.sum()),
        "taxes less subsidies": float(world.primary["taxes"].sum()),
        "other imports": float(world.primary["other_imports"].sum()),
        "table output against flows, largest gap": float(gap.max()),
        "final demand against tables, L1": float(np.abs(final[place] - table_final).sum() / table_final.sum()),
        "negative final demand, 80 economies": float((final[~world.imputed] < 0).sum()),
        "negative final demand, ROW": float((rest < 0).sum()),
        "negative final demand, ROW, share": float(-rest[rest < 0].sum() / rest.sum()),
    }


def cost_totals(world: joining.Joined, shares: costs.Costs) -> dict[str, float]:
    """Return the counts of step 2 and how much primary cost is not value added."""
    output = world.output
    island = next(e for e in shares.entries if e.cell == "ISL/C21")
    beyond = output - world.use.sum(axis=1) - world.primary["value_added"]
    cell = (world.primary["taxes"] + world.primary["other_imports"]) / np.where(output > 0, output, 1.0)
    return {
        "cells without output": float((output <= 0).sum()),
        "cells with inputs capped": float(sum(entry.step == "inputs capped at 0.98" for entry in shares.entries)),
        "ISL C21 before the cap": 1.0 - island.before,
        "primary cost beyond value added, share of output": float(beyond.sum() / output.sum()),
        "primary cost beyond value added, largest cell": float(cell.max()),
    }


def cap_totals(world: joining.Joined, capped: list[Entry], raw: Array) -> dict[str, float]:
    """Return what the cap of step 3 changed, and the largest raw rate where it should change nothing."""
    by_importer = [entry.cell.split("/")[1] for entry in capped]
    outside = [entry for entry in capped if entry.cell.split("/")[2] not in LOOSE_CAP]
    rest = [s for s, code in enumerate(world.sectors) if code not in (*LOOSE_CAP, SERVICE)]
    others = [d for d, code in enumerate(world.countries) if code != USA]
    foreign = raw * ~np.eye(len(world.countries), dtype=bool)[:, :, None]
    return {
        "tariff cells capped": float(len(capped)),
        **{f"tariff cells capped, {code}": float(by_importer.count(code)) for code in CAPPED_CELLS},
        "tariff cells capped outside C10T12 and C13T15": float(len(outside)),
        "largest rate outside C10T12 and C13T15, other importers": float(foreign[:, others][:, :, rest].max()),
    }


def tariff_totals(world: joining.Joined, rates: Array) -> dict[str, float]:
    """Return the averages of step 3 over goods, weighted with the flows of 2022. [fraction; MUSD]"""
    at, sector = world.countries.index, world.sectors.index
    goods = [s for s, code in enumerate(world.sectors) if code != SERVICE]
    flows = world.flows * ~np.eye(len(world.countries), dtype=bool)[:, :, None]
    flows, rates = flows[:, :, goods], rates[:, :, goods]
    us, china = at(USA), at(CHN)

    def average(o: slice | int, d: slice | int, s: slice | int = slice(None)) -> float:
        return tariffs.average_rate(rates[o, d, s], flows[o, d, s])

    every = slice(None)
    return {
        "US average": average(every, us),
        "US duty": float((rates[:, us] * flows[:, us]).sum()),
        "US goods imports": float(flows[:, us].sum()),
        **{f"US on {code}": average(at(code), us) for code in US_ON},
        **{f"US on CHN, {code}": float(rates[china, us, sector(code)]) for code in US_ON_CHINA},
        "CHN average": average(every, china),
        "CHN on USA": average(us, china),
        "world average": average(every, every),
        "world duty": float((rates * flows).sum()),
        "C10T12 world": average(every, every, sector("C10T12")),
        "largest cell": float(rates.max()),
    }


def customs_totals(data: Path, column: tariffs.UsColumn) -> dict[str, float]:
    """Return totals of the customs data of 2024, and the gap between the derived rates and the HS10 files. [USD]"""
    imports = products.read_imports(data)
    repeated = products.sector_rates(imports)
    china = imports[imports.partner == products.CHINA]
    return {
        "US imports 2024": float(imports.imports.sum()),
        "US duty 2024": float(imports.duty.sum()),
        "US on CHN at 2024 weights": float(china.duty.sum() / china.imports.sum()),
        "US imports 2024 unmapped": float(imports.imports[imports.sector == ""].sum() / imports.imports.sum()),
        "US sector rates repeated from HS10, largest gap": gap_of_rates(column.cells, repeated),
    }


def gap_of_rates(left: tariffs.Rates, right: tariffs.Rates) -> float:
    """Return the largest gap of imports or duty, relative to imports, rounded to 12 digits; inf if keys differ."""
    left, right = ({key: row for key, row in rates.items() if row[0] > 0} for rates in (left, right))
    if left.keys() != right.keys():
        return float("inf")
    return round(max(abs(a - b) / left[key][0] for key in left for a, b in zip(left[key], right[key], strict=True)), 12)


def gap_to_joined(world: joining.Joined, data: Path) -> float:
    """Return the largest difference from the joined archive, relative to the largest value, rounded to 9 digits."""
    with np.load(existing(data / JOINED), allow_pickle=False) as archive:
        codes = tuple(SERVICE if code == SERVICE_LABEL else str(code) for code in archive["sectors"])
        if tuple(str(code) for code in archive["countries"]) != world.countries or codes != world.sectors:
            return float("inf")
        theirs = {name: archive[name] for name in ("flows", "intermediate", "value_added", "labour", "final_demand")}
        theirs |= {"taxes": archive["taxes_less_subsidies"], "other_imports": archive["other_imports"]}
    ours = {**world.primary, "flows": world.flows, "intermediate": world.use, "final_demand": world.final_demand}
    return round(max(float(np.abs(ours[name] - theirs[name]).max() / theirs[name].max()) for name in theirs), 9)
