"""World-2022 is the world it says: totals printed when it was built, from OECD tables of 2022 and tariffs of 2024."""

from __future__ import annotations

import csv

import numpy as np

from detente.baseline import Baseline
from detente.baseline.catalogue import PACKAGED
from detente.core.arrays import Array
from detente.core.errors import DataError
from detente.core.result import BASE_KEYS
from detente.equilibrium.counterfactual import solve
from detente.verify import levels, worlds
from detente.verify.check import Checks, near, refused, same, within


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


def check_treatments(quick: bool) -> Checks:
    """Check B06: negative final demand is refused, held as it is, or set to zero with the rest in proportion."""
    toy, limit = worlds.invented(4, 3, 8), 1e-10
    hungry, value_added = np.array(toy.input_share), np.array(toy.value_added_share)
    hungry[0, 1], hungry[1:, 1], value_added[1] = 0.7, 0.0, 0.3
    names = ("countries", "sectors", "flows", "tariffs", "trade_elasticity")
    data = {name: getattr(toy, name) for name in names}
    data |= {"value_added_share": value_added, "input_share": hungry}
    made = toy.flows.sum(axis=1)
    final = (toy.flows * (1 + toy.tariffs)).sum(axis=0) - np.einsum("kds,ds->dk", hungry, made)
    held = Baseline.from_flows(**data, treatment="exogenous")
    moved = Baseline.from_flows(**data, treatment="rebalance")
    old, new = (levels.before({name: getattr(world, name) for name in BASE_KEYS}) for world in (held, moved))
    negative, positive = np.minimum(final, 0.0), np.maximum(final, 0.0)
    budget = positive / positive.sum(axis=1, keepdims=True)
    after = solve(held, worlds.new_tariffs(held), tol=worlds.TIGHT)
    ratio = new.earned.sum() / old.earned.sum()
    return [
        within("B06", "the example has negative final demand", final.min(), -1.0),
        refused("B06", "untreated it is refused", DataError, lambda: Baseline.from_flows(**data)),
        same("B06", "exogenous: flows stay as given", held.flows, toy.flows),
        near("B06", "exogenous: the negative part is outside the budget", held.final_exogenous, negative, limit),
        near("B06", "exogenous: it stays in units of world income", after["final_exogenous_new"], negative, limit),
        near("B06", "exogenous: welfare by own shares", after.welfare_hat, levels.welfare(after.arrays), limit),
        near("B06", "rebalance: budget shares in proportion", new.budget, budget, 1e-9, floor=1e-3),
        same("B06", "rebalance: the same technology", moved.input_share, hungry),
        near("B06", "rebalance: deficits keep their share", new.deficit, old.deficit * ratio, 1e-8),
    ]
