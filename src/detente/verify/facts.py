"""World-2022 is the world it says: totals printed when it was built, from OECD tables of 2022 and tariffs of 2024."""

from __future__ import annotations

import csv

import numpy as np

from detente.baseline.catalogue import PACKAGED
from detente.core.arrays import Array
from detente.verify import worlds
from detente.verify.check import Checks, same, within


def check_facts(quick: bool) -> Checks:
    """Check totals of the packaged world, each to the last digit printed."""
    world = worlds.world_2022()
    goods = np.array([code != "SERV" for code in world.sectors])
    trade = world.flows * goods
    trade[np.arange(len(trade)), np.arange(len(trade))] = 0.0
    usa, chn = world.countries.index("USA"), world.countries.index("CHN")
    duty = trade * world.tariffs
    found = [
        same("facts", "81 economies, 28 sectors", world.shape, (81, 28)),
        *(
            within("facts", f"{text} {value:g} {unit}", abs(got - value), half)
            for text, unit, got, value, half in (
                ("world output", "tn USD", world.flows.sum() / 1e6, 199.691, 5e-4),
                ("trade in goods", "tn USD", trade.sum() / 1e6, 17.47, 5e-3),
                ("goods from CHN to USA", "bn USD", trade[chn, usa].sum() / 1e3, 453.4, 0.05),
                ("goods from USA to CHN", "bn USD", trade[usa, chn].sum() / 1e3, 127.8, 0.05),
                ("average tariff of the USA", "%", _average(duty[:, usa], trade[:, usa]), 3.31, 5e-3),
                ("tariff of the USA on CHN", "%", _average(duty[chn, usa], trade[chn, usa]), 12.04, 5e-3),
                ("tariff of CHN on the USA", "%", _average(duty[usa, chn], trade[usa, chn]), 21.10, 5e-3),
                ("average tariff of the world", "%", _average(duty, trade), 2.68, 5e-3),
            )
        ),
    ]
    home = np.einsum("nns->ns", world.tariffs)
    with (PACKAGED / "elasticities.csv").open(encoding="utf-8", newline="") as stream:
        theta = {row["sector"]: float(row["default"]) for row in csv.DictReader(stream)}
    wanted = np.array([theta[code] for code in world.sectors])
    return [
        *found,
        same("facts", "trade elasticities are those of the default set, by sector", world.trade_elasticity, wanted),
        within("facts", "no tariff on home sales", np.abs(home).max(), 0.0),
        within("facts", "no tariff on services", np.abs(world.tariffs[:, :, ~goods]).max(), 0.0),
        within("facts", "deficits sum to nothing", abs(world.deficit.sum()) / world.value_added.sum(), 1e-9),
    ]


def _average(duty: Array, trade: Array) -> float:
    return float(100 * duty.sum() / trade.sum())
