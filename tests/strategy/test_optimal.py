"""Best tariffs and export taxes against their formulas, and against search by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from two_countries import own_share_at_border, two_countries

import detente as dt
from economies import random_economy, synthetic_world

Array = np.ndarray


def invented(n: int = 4, j: int = 3, seed: int = 0) -> dt.Baseline:
    """Return a world with inputs, tariffs and balanced trade."""
    economy = random_economy(np.random.default_rng([17, seed]), n=n, j=j, zeros=0.1)
    return dt.Baseline.from_flows(**economy.inputs()).purged()


@pytest.mark.parametrize("tariff_of_b", [0.0, 0.25])
@pytest.mark.parametrize(("theta", "iceberg", "size"), [(4.0, 1.5, 1.0), (2.0, 1.0, 1.0), (4.0, 1.2, 3.0)])
def test_two_countries_at_border_shares(theta: float, iceberg: float, size: float, tariff_of_b: float) -> None:
    """I17: t* = 1/(theta L), L the foreign own share at border value; the inclusive share is wrong when B has one."""
    base = two_countries(theta, iceberg, size, tariff_of_b)
    found = dt.optimal_tariffs(base, "A")
    share = own_share_at_border(found.result.flows_new, 1)
    assert found.tariffs[1, 0, 0] == pytest.approx(1 / (theta * share), abs=1e-8)
    assert found.result.status == "CERTIFIED"
    assert found.tariffs[0, 1, 0] == base.tariffs[0, 1, 0]
    if tariff_of_b:
        naive = 1 / (theta * found.result.share_new[1, 1, 0])
        assert abs(found.tariffs[1, 0, 0] - naive) > 1e-3


def test_published_two_country_optima(shared: Path) -> None:
    rows = json.loads((shared / "validation/analytic_golden.json").read_text())["two_country_optimal_tariff"]
    for row in rows:
        base = two_countries(row["sigma"] - 1, row["iceberg"], row["L_H"], row["t_F"], other=row["L_F"])
        found = dt.optimal_tariffs(base, "A")
        expected = row["formula_1_over_eps_lambdaFF_net_of_foreign_tariff"]
        assert found.tariffs[1, 0, 0] == pytest.approx(expected, abs=1e-8)
        assert found.gain_pct == pytest.approx(row["gain_pct"], abs=1e-6)
        assert found.welfare_pct[1] == pytest.approx(row["foreign_loss_pct"], abs=1e-6)


def test_small_open_economy_charges_one_over_theta() -> None:
    rates = [dt.optimal_tariffs(two_countries(4.0, 1.0, size), "A").tariffs[1, 0, 0] for size in (1e-2, 1e-3, 1e-5)]
    assert rates[0] > rates[1] > rates[2] == pytest.approx(0.25, abs=1e-4)


def test_export_tax_is_the_mirror_of_the_tariff() -> None:
    """Lerner, one sector and balanced trade: the best uniform export tax is the best tariff, with the same gain."""
    base = two_countries(4.0, 1.2, 2.0)
    tariff, tax = dt.optimal_tariffs(base, "A"), dt.optimal_tariffs(base, "A", instrument="export-tax")
    assert tax.export_taxes[0, 1, 0] == pytest.approx(tariff.tariffs[1, 0, 0], abs=1e-7)
    assert tax.gain_pct == pytest.approx(tariff.gain_pct, abs=1e-8)
    assert (tax.tariffs == base.tariffs).all()
    assert tax.result["wedge"][0, 1, 0] == pytest.approx(1 + tax.export_taxes[0, 1, 0])


def grid_best(base: dt.Baseline, cells: Array, payoff: Any, rates: Array) -> float:
    """Return the best of uniform rates on some cells."""
    values = []
    for rate in rates:
        new = base.tariffs.copy()
        new[cells] = rate
        values.append(payoff(dt.solve(base, new, closure="balanced")))
    return float(max(values))


@pytest.mark.parametrize("objective", ["real-income", "revenue", "weights"])
def test_uniform_rate_is_the_best_on_a_grid(objective: str) -> None:
    base = invented()
    cells = np.zeros(base.flows.shape, dtype=bool)
    cells[1:, 0] = True
    weights = np.random.default_rng(2).uniform(0.5, 2, base.shape)
    before = base.value_added_share * base.output

    def payoff(result: dt.Result) -> float:
        if objective == "revenue":
            return 100 * float((result.revenue_new - base.revenue)[0] / base.income[0])
        hat = result.welfare_hat[0]
        if objective == "weights":
            after = base.value_added_share * result.flows_new.sum(axis=1)
            hat *= (weights * after)[0].sum() / after[0].sum() * before[0].sum() / (weights * before)[0].sum()
        return 100 * float(hat - 1)

    wanted = weights if objective == "weights" else objective
    found = dt.optimal_tariffs(base, base.countries[0], vary="uniform", objective=wanted)
    assert found.gain_pct == pytest.approx(payoff(found.result), abs=1e-8)
    own = found.median_pct / 100
    near = grid_best(base, cells, payoff, own + np.linspace(-0.05, 0.05, 11))
    far = grid_best(base, cells, payoff, np.linspace(0, 3, 16))
    assert max(near, far) <= found.gain_pct + 1e-9


def test_more_freedom_is_worth_more() -> None:
    base = dt.Baseline.from_flows(**synthetic_world(6, 8, 3).inputs()).purged()
    player = base.countries[0]
    gain = {
        vary: dt.optimal_tariffs(base, player, vary=vary) for vary in ("uniform", "by-partner", "by-sector", "free")
    }
    assert gain["uniform"].gain_pct < gain["by-partner"].gain_pct < gain["free"].gain_pct
    assert gain["uniform"].gain_pct < gain["by-sector"].gain_pct < gain["free"].gain_pct
    rates = gain["by-sector"].tariffs[1:, 0]
    assert np.ptp(np.where(base.flows[1:, 0] > 0, rates, rates.max(axis=0)), axis=0).max() < 1e-12
    partition = np.full(base.flows.shape, -1)
    partition[1:, 0] = np.arange(5)[:, None]
    own = dt.optimal_tariffs(base, player, vary=partition, sectors="all")
    named = dt.optimal_tariffs(base, player, vary="by-partner", sectors="all")
    assert own.gain_pct == pytest.approx(named.gain_pct, abs=1e-9)


def test_first_order_conditions_hold_in_every_cell() -> None:
    """At the optimum the gradient vanishes, however small the flow; solved anew from the stored result."""
    base = invented(seed=1)
    found = dt.optimal_tariffs(base, base.countries[0], sectors="all", bounds=(None, None))
    exact = dt.solve(base, found.tariffs, closure="balanced", tol=1e-13, max_iter=400)
    slope = dt.gradient(exact, base.countries[0]).tariffs[:, 0]
    flows = exact.flows_new[:, 0] * (1 + base.trade_elasticity) / exact.income_new[0]
    traded = base.flows[:, 0] > 0
    assert np.abs(slope[traded] / flows[traded]).max() < 1e-7


def test_cells_without_trade_are_left_alone_and_counted() -> None:
    base = invented(seed=2)
    found = dt.optimal_tariffs(base, base.countries[0], sectors="all")
    silent = (base.flows == 0)[:, 0]
    silent[0] = False
    assert found.idle == silent.sum()
    assert (found.tariffs[:, 0][silent] == base.tariffs[:, 0][silent]).all()


def test_bounds_bind_and_are_listed() -> None:
    base = invented()
    free = dt.optimal_tariffs(base, base.countries[0])
    held = dt.optimal_tariffs(base, base.countries[0], bounds=("0%", "5%"))
    assert held.tariffs[:, 0].max() <= 0.05 + 1e-12
    assert held.gain_pct < free.gain_pct
    listed = {(row.against, row.sector) for row in held.binding if row.bound == "upper"}
    at = np.argwhere((np.abs(held.tariffs[:, 0] - 0.05) < 1e-9) & (base.flows[:, 0] > 0))
    assert listed == {(base.countries[o], base.sectors[s]) for o, s in at}
    assert listed
    assert set(held.table("binding").columns) == {"by", "against", "sector", "rate_pct", "bound"}


def test_subsidies_only_where_they_are_allowed() -> None:
    """With nearly all weight on one industry, the imports that it uses are subsidised, unless bounds forbid it."""
    base = invented(seed=5)
    weights = np.full(base.shape, 0.01)
    weights[0, 2] = 10.0
    allowed = dt.optimal_tariffs(base, base.countries[0], bounds=(None, None), objective=weights, sectors="all")
    usual = dt.optimal_tariffs(base, base.countries[0], objective=weights, sectors="all")
    assert allowed.tariffs[:, 0].min() < 0
    assert usual.tariffs[:, 0].min() >= 0
    assert allowed.gain_pct > usual.gain_pct


def test_only_against_named_partners() -> None:
    base = invented()
    a, b = base.countries[:2]
    found = dt.optimal_tariffs(base, a, against=b)
    assert (found.tariffs[2:, 0] == base.tariffs[2:, 0]).all()
    assert (found.tariffs[1, 0] != base.tariffs[1, 0]).any()


def test_coalition_has_one_outer_tariff_and_sums_real_incomes() -> None:
    base = invented(seed=4)
    members = list(base.countries[:2])
    found = dt.optimal_tariffs(base, members, sectors="all")
    outer = found.tariffs[2:, :2]
    both = (base.flows[2:, :2] > 0).all(axis=1)
    assert np.abs(outer[:, 0] - outer[:, 1])[both].max() < 1e-12
    assert (found.tariffs[:2, :2] == base.tariffs[:2, :2]).all()
    spendable = (base.income - base.final_exogenous.sum(axis=1))[:2]
    total = 100 * float((spendable * (found.result.welfare_hat[:2] - 1)).sum() / spendable.sum())
    assert found.gain_pct == pytest.approx(total, abs=1e-8)
    alone = base.aggregated({"UNION": members, **{code: [code] for code in base.countries[2:]}})
    assert dt.optimal_tariffs(alone, "UNION", sectors="all").gain_pct > 0


def test_starts_agree_and_are_told() -> None:
    found = dt.optimal_tariffs(invented(), invented().countries[0], starts=5)
    assert [start.name for start in found.starts][:3] == ["observed", "free trade", "inverse elasticity"]
    assert len(found.starts) == 5
    assert found.distinct == 1
    assert found.result.certificate.game["starts"] == 5


def test_deficits_are_purged_unless_bounds_hold_the_tariff() -> None:
    economy = random_economy(np.random.default_rng(11), n=4, j=2)
    base = dt.Baseline.from_flows(**economy.inputs())
    assert np.abs(base.deficit).max() > 0
    found = dt.optimal_tariffs(base, base.countries[0])
    assert found.result.closure.deficits == "balanced"
    assert np.abs(found.result.baseline.deficit).max() < 1e-6
    with pytest.raises(dt.UsageError, match="purge: found False without an upper bound"):
        dt.optimal_tariffs(base, base.countries[0], purge=False)
    kept = dt.optimal_tariffs(base, base.countries[0], purge=False, bounds=("0%", "60%"))
    assert kept.result.closure.deficits == "world-share"
    assert kept.tariffs[:, 0].max() <= 0.6 + 1e-12


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"against": "ZZZ"}, "against[0]: found unknown economy 'ZZZ'"),
        ({"sectors": ["S99"]}, "sectors[0]: found unknown sector 'S99'"),
        ({"vary": "by-mood"}, "vary: found 'by-mood'"),
        ({"vary": np.zeros((2, 2, 2), dtype=int)}, "vary: found an array of int64 of shape (2, 2, 2)"),
        ({"bounds": ("50%", "20%")}, "bounds: found '50%' above '20%'"),
        ({"bounds": ("25", None)}, "bounds[0]: found '25'"),
        ({"bounds": "100%"}, "expected a lower and an upper rate"),
        ({"bounds": (-1.5, None)}, "expected a finite rate above -100%"),
        ({"instrument": "quota"}, "instrument: found 'quota'"),
        ({"objective": "glory"}, "objective: found 'glory'"),
        ({"objective": np.ones((2, 2))}, "objective: found an array of shape (2, 2)"),
        ({"starts": 0}, "starts: found 0"),
    ],
)
def test_arguments_that_cannot_be(change: dict[str, Any], said: str) -> None:
    base = invented()
    with pytest.raises(dt.UsageError) as error:
        dt.optimal_tariffs(base, base.countries[0], **change)
    assert said in str(error.value)


def test_all_problems_are_told_at_once() -> None:
    base = invented()
    with pytest.raises(dt.UsageError) as error:
        dt.optimal_tariffs(base, base.countries[0], against="ZZZ", sectors=["S99"], vary="x", bounds=("9%", "1%"))
    assert len(error.value.problems) == 4


def test_no_trade_to_tax() -> None:
    base = invented()
    with pytest.raises(dt.UsageError, match="at least one flow whose rate can be chosen"):
        dt.optimal_tariffs(base, base.countries[0], against=base.countries[0])
