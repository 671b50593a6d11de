"""Laws of instruments and critical inputs (I20, sections 10 and 11), by formulas of this room alone."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.instruments import Bound, CriticalInput
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges
from detente.verify import worlds
from detente.verify.check import Checks, near, within

LIMIT: Final = 1e-10
CELL: Final = (0, 1, 0)


@cache
def world() -> Baseline:
    """Return an invented world with inputs, tariffs and deficits, and trade on `CELL`."""
    return worlds.invented(4, 3, 1)


def on(kind: str, *cells: tuple[int, int, int], **levels: Any) -> Bound:
    """Return an instrument on cells of the world, by default on `CELL`."""
    base = world()
    return Bound(kind, tuple((base.countries[o], base.countries[d], base.sectors[s]) for o, d, s in cells or (CELL,)),
                 **levels)  # fmt: skip


def under(*bounds: Bound, **wedges: Any) -> Result:
    """Return the world under instruments, solved to rounding."""
    return solve(world(), wedges=Wedges(bounds=bounds, **wedges), tol=worlds.TIGHT)


def volume(result: Result, cell: tuple[int, int, int] = CELL) -> float:
    """Return the volume of a cell relative to the baseline: border value over wedge and cost."""
    o, _, s = cell
    sold = result.flows_new[cell] / result["wedge"][cell] / result.cost_hat[o, s]
    return float(sold / world().flows[cell])


def at(value: float, cell: tuple[int, int, int] = CELL, start: Array | None = None) -> Array:
    """Return the tariffs of the world, or another array, with one cell changed."""
    array: Array = np.array(world().tariffs if start is None else start)
    array[cell] = value
    return array


def check_equivalence(quick: bool) -> Checks:
    """Check I20: a wedge is the measure that its money makes it."""
    base, law = world(), "I20"
    rate = float(base.tariffs[CELL]) + 0.3
    tariff = solve(base, at(rate), tol=worlds.TIGHT)
    quota = under(on("quota", volume=volume(tariff), to="importer"))
    wedge = (1 + rate) / (1 + base.tariffs[CELL])
    iceberg = solve(base, trade_cost_hat=at(1.3, start=np.ones_like(base.flows)), tol=worlds.TIGHT)
    lost = under(on("fixed", rate=0.3, to="lost"))
    embargo = solve(base, trade_cost_hat=at(np.inf, start=np.ones_like(base.flows)), tol=worlds.TIGHT)
    closed = under(on("quota", volume=0.0))
    export = under(on("quota", volume=0.7, to="exporter"))
    tax = under(on("fixed", rate=float(export["wedge"][CELL]) - 1, to="exporter"))
    rent = float(export.flows_new[CELL] * (1 - 1 / export["wedge"][CELL]))
    paid = base.countries.index(base.countries[CELL[0]])
    return [
        near(law, "quota of the importer is a tariff", quota.welfare_hat, tariff.welfare_hat, 1e-8),
        near(law, "and its wedge that of the tariff", quota["wedge"][CELL], wedge, 1e-8),
        near(law, "quota of the exporter is an export tax", export.welfare_hat, tax.welfare_hat, LIMIT),
        near(law, "whose rent the exporter receives", export["transfer_new"][paid], rent, LIMIT),
        near(law, "a lost rent is an iceberg", lost.welfare_hat, iceberg.welfare_hat, LIMIT),
        near(law, "with the same flows", lost.flows_new, iceberg.flows_new, LIMIT),
        near(law, "a quota of zero is an embargo", closed.welfare_hat, embargo.welfare_hat, LIMIT),
        near(law, "the volume is the quota", volume(export), 0.7, LIMIT),
    ]


def check_kinds(quick: bool) -> Checks:
    """Check what each kind does, by its own sentence, and that the world adds up under it."""
    base, value, low = world(), float(world().flows[CELL]), float(world().tariffs[CELL])
    floor = under(on("price-floor", price=1.2, to="exporter"))
    least = under(on("minimum", volume=1.2, to="importer"))
    money = under(on("minimum-value", value_musd=1.03 * value, to="importer"))
    slack = under(on("minimum", volume=0.5, to="importer"), on("quota", (0, 2, 0), volume=5.0))
    bought = under(on("demand", value_musd=0.5 * value, to="importer"))
    contract = under(on("guarantee", price=1.3, volume=1.2, to=base.countries[2]))
    high = solve(base, at(low + 0.1), tol=worlds.TIGHT)
    over = under(on("tariff-rate-quota", volume=0.5 * volume(high), rate=low + 0.1, to="exporter"))
    two = under(on("fixed", rate=0.1, to="exporter"), on("quota", volume=0.3, to="importer"))
    rent = over.flows_new[CELL] * (1 - 1 / over["wedge"][CELL])
    due = 1.2 * value * (1.3 - contract.cost_hat[0, 0])
    text = "instruments"
    found = [
        near(text, "price-floor: buyers pay it", floor.cost_hat[0, 0] * floor["wedge"][CELL], 1.2, LIMIT),
        near(text, "minimum: the volume is bought", volume(least), 1.2, LIMIT),
        near(text, "minimum-value: the amount is spent", money.flows_new[CELL], 1.03 * value, LIMIT),
        near(text, "what binds nobody changes nothing", slack.welfare_hat, np.ones(4), 1e-12),
        near(text, "demand: it goes where it is sent", bought["directed_new"][CELL], 0.5 * value, 1e-12),
        near(text, "and out of the budget", bought["final_exogenous_new"].sum(),
             base.final_exogenous.sum() + 0.5 * value, 1e-12),
        near(text, "guarantee: the producer gets the margin", contract["transfer_new"][0], due, LIMIT),
        near(text, "tariff-rate quota: the high tariff beyond it", over["wedge"][CELL], 1 + 0.1 / (1 + low), LIMIT),
        near(text, "and licences on the quota only", over["rent_exporter"][CELL],
             rent * 0.5 * volume(high) / volume(over), LIMIT),
        near(text, "two wedges multiply, each on its own price", two["rent_exporter"][CELL],
             0.1 * two.flows_new[CELL] / two["wedge"][CELL], LIMIT),
    ]  # fmt: skip
    lost = under(on("quota", volume=0.6, to="lost"))
    solved = {"price-floor": floor, "minimum": least, "minimum-value": money, "demand": bought, "guarantee": contract,
              "tariff-rate-quota": over, "two": two, "quota": lost}  # fmt: skip
    return found + [check for name, result in solved.items() for check in _adds_up(name, result)]


def _adds_up(name: str, result: Result) -> Checks:
    """Return checks of labour, income, markets and the world budget with wedges."""
    base, flow = world(), result.flows_new
    kept = result["rent_exporter"] + result["rent_importer"] + result["rent_other"]
    receipts = (flow - kept).sum(axis=1)
    labour = (result.wage_hat * base.value_added).sum()
    earned = result.wage_hat * base.value_added + (flow * result.tariffs_new).sum(axis=(0, 2)) + result.deficit_new
    income = earned + result["transfer_new"]
    Z = result["final_exogenous_new"]
    final = base.final_share * (income - Z.sum(axis=1))[:, None] + Z
    rents = flow * (1 - 1 / result["wedge"]) - kept - result["rent_lost"]
    return [
        near("instruments", f"{name}: wages are what producers pay", (base.value_added_share * receipts).sum(axis=1),
             result.wage_hat * base.value_added, LIMIT),
        near("instruments", f"{name}: income", result.income_new, income, LIMIT),
        near("instruments", f"{name}: markets", result.expenditure_new,
             final + np.einsum("kds,ds->dk", base.input_share, receipts), LIMIT),
        within("instruments", f"{name}: rents are received", abs(kept.sum() - result["transfer_new"].sum()) / labour,
               LIMIT),
        within("instruments", f"{name}: rents are wedges", np.abs(rents).max() / flow.max(), LIMIT),
        within("instruments", f"{name}: something moves", -np.abs(result.welfare_hat - 1).max(), -1e-6),
    ]  # fmt: skip


def check_critical(quick: bool) -> Checks:
    """Check the closed form of a withheld critical input: one country, labour, the good, its only user."""
    share, found = 1e-3, []
    for rho, a in ((0.1, 0.6), (0.2, 0.6), (0.2, 0.3), (0.5, 0.6), (1.0, 0.6)):
        base, labour = _isolated(share), (1 - a * share) / (1 - share)
        licence = Bound("quota", (("ATLANTIS", "ATLANTIS", "S0"),), volume=a)
        nest = CriticalInput("S0", (("ATLANTIS", "S1"),), rho)
        result = solve(base, wedges=Wedges(bounds=(licence,), critical=(nest,)), tol=worlds.TIGHT)
        price = (labour / a) ** (1 / rho)
        power = (rho - 1) / rho
        ces = ((1 - share) * labour**power + share * a**power) ** (1 / power) if rho != 1 else 1.0
        welfare = ces if rho != 1 else labour ** (1 - share) * a**share
        rent = result["rent_exporter"][0, 0, 0] / (100 * result.wage_hat[0])
        text = f"rho {rho}, {a} let through"
        found += [
            near("critical", f"{text}: price", result.price_hat[0, 0] / result.wage_hat[0], price, 1e-9),
            near("critical", f"{text}: welfare", result.welfare_hat[0], welfare, 1e-9),
            near("critical", f"{text}: rent", rent, share * a * (price - 1), 1e-9),
        ]
    return found


def _isolated(share: float) -> Baseline:
    """Return two countries that do not trade, each with a critical good and its only user."""
    flows, inputs, own = np.zeros((2, 2, 2)), np.zeros((2, 2, 2)), np.arange(2)
    flows[own, own] = [100 * share, 100.0]
    inputs[0, :, 1] = share
    value_added = 1 - inputs.sum(axis=0)
    theta = np.array([2.0, 5.0])
    labels = worlds.NAMES[:2], ("S0", "S1")
    return Baseline.from_flows(*labels, flows, 0 * flows, value_added, inputs, theta, sources={"id": "invented"})
