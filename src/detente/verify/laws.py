"""Laws of every equilibrium (I01-I07) on invented worlds and on world-2022, by formulas of this room alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.certificate import CERTIFIED
from detente.core.closure import Closure
from detente.core.errors import UsageError
from detente.core.result import Result
from detente.equilibrium.assemble import outputs
from detente.equilibrium.batch import solve_many
from detente.equilibrium.counterfactual import as_shock, solve
from detente.equilibrium.rebase import rebased
from detente.equilibrium.root import Settings, find_root
from detente.policy.wedges import Wedges
from detente.verify import levels, worlds
from detente.verify.check import Checks, near, refused, same, within

LIMIT = 1e-10
FEW_WORLDS, MANY_WORLDS = 8, 200
"""Further invented worlds of a quick and of a full run."""


def cases(quick: bool) -> Iterator[tuple[str, Result]]:
    """Yield the solves that every identity is held against, by name."""
    toy = worlds.toy()
    both: dict[str, Any] = {"tariffs": worlds.new_tariffs(toy), "trade_cost_hat": worlds.new_costs(toy)}
    yield "toy, tariffs and icebergs", solve(toy, **both, tol=worlds.TIGHT)
    yield "toy, revenue wasted", solve(toy, **both, revenue="wasted", tol=worlds.TIGHT)
    stocks = Wedges(both["tariffs"], both["trade_cost_hat"], final_exogenous=3.0 * toy.final_exogenous)
    yield "toy, more demand for stocks", solve(toy, wedges=stocks, tol=worlds.TIGHT)
    nominal: dict[str, Any] = {"closure": "fixed-nominal", "numeraire": toy.countries[2]}
    yield "toy, nominal deficits", solve(toy, **both, **nominal, tol=worlds.TIGHT)
    balanced = worlds.balanced_toy()
    yield "toy, balanced", solve(balanced, worlds.new_tariffs(balanced), closure="balanced", tol=worlds.TIGHT)
    world = worlds.world_2022()
    yield "world-2022, US on China", solve(world, worlds.us_on_china(world), tol=worlds.TIGHT)
    yield from _more_worlds(FEW_WORLDS if quick else MANY_WORLDS)
    if quick:
        return
    yield "world-2022, a third of all tariffs", solve(world, worlds.new_tariffs(world), tol=worlds.TIGHT)
    nominal = {"closure": "fixed-nominal", "numeraire": "USA"}
    yield "world-2022, nominal deficits", solve(world, worlds.us_on_china(world), **nominal, tol=worlds.TIGHT)


def _more_worlds(number: int) -> Iterator[tuple[str, Result]]:
    for seed in range(number):
        base = worlds.invented(2 + seed % 7, 1 + seed % 5, seed, inputs=seed % 3 > 0, deficits=seed % 4 > 0)
        kappa = worlds.new_costs(base, seed)
        yield f"invented world {seed}", solve(base, worlds.new_tariffs(base, seed), kappa, tol=worlds.TIGHT)


def check_identity(quick: bool) -> Checks:
    """Check I01: welfare by own shares."""
    found: Checks = []
    for name, result in cases(quick):
        arrays = result.arrays
        expected = levels.welfare(arrays, wasted=result.closure.revenue == "wasted")
        found.append(near("I01", f"{name}: welfare by own shares", result.welfare_hat, expected, LIMIT))
        if not name.startswith("invented"):
            found.append(within("I01", f"{name}: something moves", -np.abs(expected - 1).max(), -1e-6))
    return found


def check_shares_and_prices(quick: bool) -> Checks:
    """Check I02: shares, prices and costs in levels."""
    return [
        within("I02", f"{name}: {what}", error, LIMIT)
        for name, result in cases(quick)
        for what, error in levels.shares_and_prices(result.arrays).items()
    ]


def check_markets(quick: bool) -> Checks:
    """Check I04: every market, income and balance; the shock that was asked for is the one that was solved."""
    return [
        within("I04", f"{name}: {what}", error, LIMIT)
        for name, result in cases(quick)
        for what, error in levels.markets(result.arrays, result.closure.deficits).items()
    ]


def check_levels(quick: bool) -> Checks:
    """Check I06: the base levels of a result are those of the data given, and the shock is the shock given."""
    toy, world = worlds.toy(), worlds.world_2022()
    rates, kappa, stocks = worlds.new_tariffs(toy), worlds.new_costs(toy), 2.0 * toy.final_exogenous
    found: Checks = []
    for name, base, result in (
        ("toy", toy, solve(toy, wedges=Wedges(rates, kappa, final_exogenous=stocks))),
        ("world-2022", world, solve(world, worlds.us_on_china(world))),
    ):
        arrays = result.arrays
        for key in ("flows", "tariffs", "value_added_share", "input_share", "trade_elasticity", "final_exogenous"):
            found.append(same("I06", f"{name}: {key} as given", arrays[key], getattr(base, key)))
        old = levels.before(arrays)
        for key, value in (
            ("share", old.share), ("expenditure", old.spent), ("value_added", old.earned), ("income", old.income),
        ):  # fmt: skip
            found.append(near("I06", f"{name}: {key}", arrays[key], value, 1e-12))
        gap = np.abs((arrays["deficit"] - old.deficit) / old.earned).max()
        found.append(within("I06", f"{name}: deficits", gap, 1e-12))
        found.append(within("I06", f"{name}: budget shares", np.abs(arrays["final_share"] - old.budget).max(), 1e-10))
        kept = {"tariffs_new": rates, "trade_cost_hat": kappa, "final_exogenous_new": stocks} if base is toy else {}
        found += [same("I06", f"{name}: {key} as given", arrays[key], value) for key, value in kept.items()]
        wrong = [key for key, value in arrays.items() if value.dtype.kind == "f" and value.dtype != np.float64]
        found.append(same("I06", f"{name}: every array is float64", wrong, []))
    return found


def check_numeraire(quick: bool) -> Checks:
    """Check I03: the numeraire does not matter where it must not, and is what it says where it does."""
    toy = worlds.toy()
    rates, kappa, unit = worlds.new_tariffs(toy), worlds.new_costs(toy), toy.countries[1]
    share = solve(toy, rates, kappa, tol=worlds.TIGHT)
    nominal: dict[str, Any] = {"closure": "fixed-nominal", "tol": worlds.TIGHT}
    income = solve(toy, rates, kappa, numeraire="world-income", **nominal)
    wage = solve(toy, rates, kappa, numeraire=unit, **nominal)
    old = levels.before(share.arrays)
    scale = (share.wage_hat * old.earned).sum() / old.earned.sum()
    moved = np.abs(wage.welfare_hat - share.welfare_hat).max()
    found = [
        within("I03", "world-share: world value added is the numeraire", abs(scale - 1), LIMIT),
        near("I03", "world-share: deficits are shares of it", share.deficit_new, old.deficit * scale, LIMIT),
        near("I03", "deficits nominal in world income: the same welfare", income.welfare_hat, share.welfare_hat, LIMIT),
        near("I03", "deficits nominal in world income: the same flows", income.flows_new, share.flows_new, LIMIT),
        within("I03", "nominal in a wage: that wage is 1", abs(wage.wage_hat[1] - 1), LIMIT),
        near("I03", "nominal in a wage: deficits are as in the base", wage.deficit_new, old.deficit, LIMIT),
        within("I03", "nominal in a wage: results depend on it", -moved, -1e-5),
        same("I03", "nominal in a wage: the certificate names it", wage.certificate.closure["numeraire"], unit),
        same("I03", "and warns of it", [warn.code for warn in wage.certificate.warnings], ["numeraire"]),
        refused("I03", "nominal without a numeraire is refused", UsageError, _asked(toy, "fixed-nominal")),
    ]
    return found + _balanced(toy)


def _asked(base: Baseline, closure: str) -> Callable[[], object]:
    return lambda: solve(base, closure=closure)


def _balanced(toy: Baseline) -> Checks:
    """Return checks that balance comes by purging first, and stays."""
    purged = toy.purged()
    result = solve(purged, worlds.new_tariffs(purged), closure="balanced", tol=worlds.TIGHT)
    gap = np.abs(levels.before(result.arrays).deficit / purged.value_added).max()
    return [
        refused("I03", "balanced on a world with deficits is refused", UsageError, _asked(toy, "balanced")),
        within("I03", "purged: no deficits", gap, 1e-10),
        near("I03", "purged: world value added stays", purged.value_added.sum(), toy.value_added.sum(), 1e-9),
        within("I03", "balanced: no deficits", np.abs(result.deficit_new / purged.value_added).max(), 1e-9),
        *(within("I03", f"balanced: {what}", error, 1e-9) for what, error in levels.markets(result.arrays).items()),
    ]


def check_no_shock(quick: bool) -> Checks:
    """Check I05: without a shock, started away from the answer, nothing changes."""
    found: Checks = []
    for name, base in (("toy", worlds.toy()), ("world-2022", worlds.world_2022())):
        n, j = base.shape
        rng = np.random.default_rng(5)
        shock = as_shock(base, Wedges(), Closure())
        start = np.log(rng.uniform(0.7, 1.4, (n + 2 * n * j, 1)))
        root = find_root(shock, Settings(tol=worlds.TIGHT), start)
        new = outputs(shock, root.econ, root.z, root.at)
        found.append(within("I05", f"{name}: the start is away from 1", -np.abs(start).max(), -0.3))
        for key in ("wage_hat", "price_hat", "cost_hat", "welfare_hat"):
            found.append(within("I05", f"{name}, no shock: {key} is 1", np.abs(new[key] - 1).max(), LIMIT))
        found.append(near("I05", f"{name}, no shock: flows stay", new["flows_new"], base.flows, 1e-9))
    return found


def check_starts(quick: bool) -> Checks:
    """Check I15: from far starts (toy: a tenth to ten times, world-2022: a third to three times) one equilibrium."""
    found: Checks = []
    toy, world = worlds.toy(), worlds.world_2022()
    shocked = [("toy", toy, worlds.new_tariffs(toy), 10.0)]
    shocked += [] if quick else [("world-2022", world, worlds.us_on_china(world), 3.0)]
    for name, base, rates, spread in shocked:
        n, j = base.shape
        shock = as_shock(base, Wedges(tariffs=rates), Closure())
        answer = solve(base, rates, tol=worlds.TIGHT).welfare_hat
        for seed in range(5 if quick else 20):
            start = np.random.default_rng(seed).uniform(-np.log(spread), np.log(spread), (n + 2 * n * j, 1))
            root = find_root(shock, Settings(tol=1e-12), start)
            again = outputs(shock, root.econ, root.z, root.at)["welfare_hat"]
            found.append(near("I15", f"{name}, start {seed}: the same equilibrium", again, answer, 1e-9))
    return found


def check_batch(quick: bool) -> Checks:
    """Check I14: a batch is one solve after another."""
    toy = worlds.toy()
    shocks = [Wedges(worlds.new_tariffs(toy, seed), worlds.new_costs(toy, seed)) for seed in range(3 if quick else 12)]
    found: Checks = []
    for at, (shock, got) in enumerate(zip(shocks, solve_many(toy, shocks), strict=True)):
        alone = solve(toy, wedges=shock)
        for name in ("welfare_hat", "flows_new"):
            found.append(near("I14", f"scenario {at} of a batch: {name}", got[name], alone[name], 1e-12))
    return found


def check_rebasing(quick: bool) -> Checks:
    """Check I12: there and back is home, and by way of B from A to C is from A to C."""
    toy = worlds.toy()
    b, c = worlds.new_tariffs(toy, 1), worlds.new_tariffs(toy, 2)
    kappa = worlds.new_costs(toy)
    there = solve(toy, b, tol=worlds.TIGHT)
    back = solve(rebased(there), toy.tariffs, tol=worlds.TIGHT)
    onward = solve(rebased(there), c, kappa, tol=worlds.TIGHT)
    direct = solve(toy, c, kappa, tol=worlds.TIGHT)
    home = there.welfare_hat * back.welfare_hat
    return [
        within("I12", "there and back: welfare", np.abs(home - 1).max(), 1e-9),
        near("I12", "there and back: flows", back.flows_new, toy.flows, 1e-9),
        near("I12", "A to B to C is A to C: welfare", there.welfare_hat * onward.welfare_hat, direct.welfare_hat, 1e-9),
        near("I12", "A to B to C is A to C: flows", onward.flows_new, direct.flows_new, 1e-9),
    ]


def check_homogeneity(quick: bool) -> Checks:
    """Check I07: units and the order of countries and sectors do not matter."""
    toy = worlds.invented(4, 3, 6)
    rates, kappa = worlds.new_tariffs(toy), worlds.new_costs(toy)
    one = solve(toy, rates, kappa, tol=worlds.TIGHT)
    thousand = solve(_as_given(toy, flows=toy.flows * 1000.0), rates, kappa, tol=worlds.TIGHT)
    p, q = np.array([2, 0, 3, 1]), np.array([1, 2, 0])
    turned = solve(_turned(toy, p, q), rates[np.ix_(p, p, q)], kappa[np.ix_(p, p, q)], tol=worlds.TIGHT)
    return [
        near("I07", "flows x 1000: the same welfare", thousand.welfare_hat, one.welfare_hat, 1e-12),
        near("I07", "flows x 1000: flows x 1000", thousand.flows_new, one.flows_new * 1000.0, 1e-11),
        near("I07", "another order: the same welfare", turned.welfare_hat, one.welfare_hat[p], 1e-11),
        near("I07", "another order: the same prices", turned.price_hat, one.price_hat[np.ix_(p, q)], 1e-11),
        near("I07", "another order: the same flows", turned.flows_new, one.flows_new[np.ix_(p, p, q)], 1e-10),
    ]


def _as_given(base: Baseline, **changes: Any) -> Baseline:
    names = ("countries", "sectors", "flows", "tariffs", "value_added_share", "input_share", "trade_elasticity")
    return Baseline.from_flows(**{name: getattr(base, name) for name in names} | changes)


def _turned(base: Baseline, p: Array, q: Array) -> Baseline:
    """Return the world with countries in order p and sectors in order q."""
    return _as_given(
        base,
        countries=tuple(base.countries[i] for i in p),
        sectors=tuple(base.sectors[i] for i in q),
        flows=base.flows[np.ix_(p, p, q)],
        tariffs=base.tariffs[np.ix_(p, p, q)],
        value_added_share=base.value_added_share[np.ix_(p, q)],
        input_share=base.input_share[np.ix_(q, p, q)],
        trade_elasticity=base.trade_elasticity[q],
    )


def check_ladder(quick: bool) -> Checks:
    """Check I21: from no tariff to 1000 %, every rung is certified and nothing jumps."""
    toy = worlds.toy()
    rungs = (0.0, 1e-6, 0.01, 0.05, 0.25, 1.0, 3.0, 10.0) if quick else tuple(np.geomspace(1e-6, 10.0, 60))
    rates = [toy.tariffs + rung * _one_pair(toy) for rung in rungs]
    results = [solve(toy, rate) for rate in rates]
    paths = np.array([result.welfare_hat for result in results])
    sizes = np.log1p(np.array(rungs))
    slopes = [float(np.abs(b - a).max() / step) for (a, b), step in zip(pairwise(paths), np.diff(sizes), strict=True)]
    return [
        same("I21", "ladder of tariffs: certified", {result.status for result in results}, {CERTIFIED}),
        within("I21", "ladder of tariffs: largest slope of welfare in ln(1+t)", max(slopes), 0.5),
    ]


def _one_pair(base: Baseline) -> Array:
    pair = np.zeros_like(base.tariffs)
    pair[1, 0] = 1.0
    return pair
