"""Market structures of the installed model: nesting, and each structure's own equations from the outputs alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from detente.baseline import Baseline
from detente.certify import recompute_market
from detente.core.arrays import Array
from detente.core.errors import UsageError
from detente.core.market import Market
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.verify import worlds
from detente.verify.check import Checks, near, refused, within

LAW = "markets"
NU = (0.1, 0.2, 0.3, 0.05)
ETA = 0.5
SPOIL = 1e-5


def check_nesting(quick: bool) -> Checks:
    """Check that every structure is perfect competition where its switch is off or cannot matter."""
    toy, single = worlds.toy(), worlds.invented(4, 1, 3, inputs=False)
    flat = Market("krugman-free", scale_elasticity=0.0)
    bare = Market("melitz-pareto", fixed_cost_share=0.0, scale_elasticity=0.0, labour_elasticity=0.0)
    pairs: list[tuple[str, Baseline, Market]] = [
        ("no scale economies", toy, flat),
        ("fixed firms, one sector", single, Market("krugman-fixed")),
        ("free entry, one sector", single, Market("krugman-free")),
        ("Melitz-Pareto without its switches", single, bare),
    ]
    found: Checks = []
    for text, base, market in pairs:
        rates = worlds.new_tariffs(base)
        plain, other = (solve(base, rates, tol=worlds.TIGHT, market=each) for each in ("perfect", market))
        found.append(near(LAW, f"{text}: as perfect competition", other.welfare_hat, plain.welfare_hat, 1e-10))
    steep = Market("krugman-free", scale_elasticity=2.0)
    found.append(refused(LAW, "psi theta above 1 is refused", UsageError, lambda: solve(toy, market=steep)))
    return found


def check_krugman(quick: bool) -> Checks:
    """Check mark-ups, profits as income, entry, and shares with varieties, by formulas of this room."""
    base = worlds.invented(4, 3, 1)
    rates, theta = worlds.new_tariffs(base), base.trade_elasticity
    fixed = solve(base, rates, tol=worlds.TIGHT, market="krugman-fixed")
    sold = fixed.flows_new.sum(axis=1)
    profits, paid = (sold / (theta + 1)).sum(axis=1), sold * theta / (theta + 1)
    wages = (base.value_added_share * paid).sum(axis=1)
    final = fixed.expenditure_new - np.einsum("kds,ds->dk", base.input_share, paid)
    free = solve(base, rates, tol=worlds.TIGHT, market=Market("krugman-free", scale_elasticity=0.4 / theta))
    grown = (free.flows_new.sum(axis=1) / base.output / free.cost_hat) ** 0.4
    return [
        near(LAW, "fixed firms: profits are sales over sigma", fixed["profits_new"], profits, 1e-10),
        near(LAW, "fixed firms: wages are what they leave", fixed.wage_hat * fixed["value_added"], wages, 1e-10),
        near(LAW, "fixed firms: income is final demand", fixed.income_new, final.sum(axis=1), 1e-10),
        near(LAW, "fixed firms: world earnings hold", wages.sum() + profits.sum(), _earned(base), 1e-10),
        near(LAW, "free entry: varieties are output over cost", free["variety_hat"], grown, 1e-9),
        near(LAW, "free entry: shares with varieties", free.share_new, _shares(free, np.ones(4)), 1e-9),
        *_spoilt(fixed, ("profits_new", "income_new")),
        *_spoilt(free, ("variety_hat", "share_new")),
    ]


def check_melitz(quick: bool) -> Checks:
    """Check fixed costs abroad, pass-through, market size, labour and welfare, by formulas of this room."""
    base = worlds.invented(4, 1, 2, inputs=False, tariffs=False)
    rates, theta, nu = worlds.new_tariffs(base), float(base.trade_elasticity[0]), np.array(NU)
    market = Market("melitz-pareto", fixed_cost_share=NU, labour_elasticity=ETA)
    phi = 1 + nu / (1 - nu) * (1 + 0.67 / theta)
    found: Checks = []
    for rule in ("lump-sum", "income-tax-relief"):
        new = solve(base, rates, tol=worlds.TIGHT, market=market, revenue=rule)
        flows, spent, wage, labour = new.flows_new[:, :, 0], new.expenditure_new[:, 0], new.wage_hat, new["labour_hat"]
        before = (base.flows[:, :, 0] * (1 - nu)).sum(axis=1) + nu * base.flows[:, :, 0].sum(axis=0)
        earned = (flows * (1 - nu)).sum(axis=1) + nu * flows.sum(axis=0)
        tax = (rates[:, :, 0] * flows).sum(axis=0) / earned if rule != "lump-sum" else np.zeros(4)
        price = _price(new, phi) * (spent / base.expenditure[:, 0] / wage) ** (1 - phi)
        work = ETA / (1 + ETA) * (1 - tax)
        welfare = (spent - work * earned) / price / (base.expenditure[:, 0] - work * before)
        found += [
            near(LAW, f"Melitz, {rule}: labour income", wage * labour * before, earned, 1e-9),
            near(LAW, f"Melitz, {rule}: shares with pass-through", new.share_new, _shares(new, phi), 1e-9),
            near(LAW, f"Melitz, {rule}: prices with market size", new.price_hat[:, 0], price, 1e-9),
            near(LAW, f"Melitz, {rule}: labour supplied", labour, (wage / (1 - tax) / price) ** ETA, 1e-9),
            near(LAW, f"Melitz, {rule}: welfare with work", new.welfare_hat, welfare, 1e-9),
            *_spoilt(new, ("labour_hat", "welfare_hat", "welfare_utility_hat", "price_hat")),
        ]
    return found


def _earned(base: Baseline) -> float:
    """Return what labour and firms earn before, profits of fixed firms included."""
    theta = base.trade_elasticity
    return float(((base.value_added_share * theta + 1) / (theta + 1) * base.output).sum())


def _weights(result: Result, phi: Array) -> Array:
    """Return base shares times varieties and what they cost now, to the power of the elasticity."""
    tariff = ((1 + result.tariffs_new) / (1 + result["tariffs"])) ** phi[None, :, None]
    cost = (result.cost_hat[:, None, :] * tariff) ** -result["trade_elasticity"]
    return np.asarray(result["share"] * result["variety_hat"][:, None, :] * cost)


def _shares(result: Result, phi: Array) -> Array:
    weights = _weights(result, phi)
    return np.asarray(weights / weights.sum(axis=0))


def _price(result: Result, phi: Array) -> Array:
    """Return the price index of one sector without the size of the market."""
    return np.asarray(_weights(result, phi).sum(axis=0)[:, 0] ** (-1 / result["trade_elasticity"][0]))


def _spoilt(result: Result, names: tuple[str, ...]) -> Checks:
    """Return checks that the certificate of structures passes the outputs, and sees each array spoilt."""
    base: Any = result.baseline
    firms = result.market.on(base.countries, base.trade_elasticity, bool(base.input_share.any()))
    if firms is None:
        raise TypeError("a market structure has its own certificate")

    def worst(arrays: dict[str, Array]) -> float:
        found = recompute_market(arrays, result.closure, base.countries, base.sectors, firms)
        return max(value for value, _ in found.values())

    checks = [within(LAW, f"{result.market.kind}: certificate untouched", worst(result.arrays), 1e-9)]
    for name in names:
        array = np.array(result[name])
        array.flat[int(np.abs(array).argmax())] *= 1 + SPOIL
        value = worst(result.arrays | {name: array})
        checks.append(within(LAW, f"{result.market.kind}: certificate sees a spoilt {name}", -value, -1e-8))
    return checks
