"""What holds for any draws: each is a certified solve of its own, whoever solves it and whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

import detente as dt
import drawn
from detente.core.bands import Bands
from detente.core.errors import UsageError
from detente.scenario.execute import run_scenario
from detente.scenario.run import plan
from detente.scenario.variants import Variants
from detente.sweep.design import Design, values
from detente.sweep.factors import draw_of, factors_of
from detente.sweep.solving import prepared, solved_draws
from detente.sweep.variant import Variant
from detente.verify.worlds import policy_world

N = 24


def bands(run: dt.ScenarioRun, branch: str = "main") -> Bands:
    found = run[branch].bands
    assert found is not None
    return found


@pytest.fixture(scope="module")
def run() -> dt.ScenarioRun:
    return dt.run(drawn.scenario(), base=policy_world(), draws=N, jobs=1)


def test_every_draw_is_certified_and_counted(run: dt.ScenarioRun) -> None:
    found = bands(run)
    assert sum(found.statuses.values()) == N
    assert found.certified == N - len(found.failed)
    assert found.sample.shape == (N, len(found.variables), len(found.labels))
    assert "rivals" in found.labels


def test_a_draw_is_the_plain_solve_of_its_numbers(run: dt.ScenarioRun) -> None:
    """The same draw, written out by hand: elasticities into the world, levels into wedges, one solve."""
    case, world = drawn.scenario(), policy_world()
    factors = factors_of(case, world)
    x = values(factors, Design("sobol", N, 7))
    (branch,) = plan(case, world, None, "main")
    for at in (0, 11, N - 1):
        draw = draw_of(case, world, factors, x[at])
        base = world.replace(trade_elasticity=draw.elasticities)
        result = dt.solve(base, wedges=Variants(case, world, branch).wedges(draw.levels))
        table = result.table("countries").set_index(["variable", "country"])["value"]
        for variable in ("real_income_pct", "exports_pct", "tariff_revenue_musd"):
            mine = bands(run).draws(variable, "USA")[at]
            assert mine == pytest.approx(table[variable, "USA"], rel=1e-9, abs=1e-9)


def test_branches_share_their_draws(run: dt.ScenarioRun) -> None:
    assert (bands(run).values == bands(run, "calm").values).all()
    assert (bands(run).draws("real_income_pct", "USA") != bands(run, "calm").draws("real_income_pct", "USA")).all()


def test_the_table_has_the_outer_quantiles_beside_the_value(run: dt.ScenarioRun) -> None:
    frame = run["main"].table("countries")
    assert list(frame.columns) == ["country", "variable", "unit", "value", "p05", "p95"]
    row = frame[(frame.country == "USA") & (frame.variable == "real_income_pct")].iloc[0]
    assert row.p05 == np.quantile(bands(run).draws("real_income_pct", "USA"), 0.05)
    assert row.p05 < row.value < row.p95
    central = run_scenario(drawn.scenario(), base=policy_world(), branches="main")["main"]
    assert row.value == central.table("countries").set_index(["country", "variable"])["value"]["USA", "real_income_pct"]


def test_tables_of_bands_and_assumptions(run: dt.ScenarioRun) -> None:
    frame = run["main"].table("bands")
    assert list(frame.columns) == [
        "country", "variable", "unit", "value", "p05", "p50", "p95", "mean", "sd", "p05_error", "p95_error",
        "above_zero_pct",
    ]  # fmt: skip
    assert (frame.p05 <= frame.p50).all()
    assert (frame.p50 <= frame.p95).all()
    assert len(frame) == len(run["main"].table("countries"))
    with pytest.raises(UsageError, match="result without draws"):
        run_scenario(drawn.scenario(), base=policy_world(), branches="main")["main"].table("bands")


def test_where_one_range_is_uncertain_the_band_is_that_range() -> None:
    """Only the duty is uncertain: all of the variance is its own, and the band's ends are those of the duty."""
    case = drawn.scenario(
        ("set: default, sd: 25%", "set: default"),
        ("rho: {low: 0.1, mode: 0.2, high: 0.5}", "rho: 0.2"),
        ("capacity: {low: 100% of base,\n       mode: 110% of base, high: 150% of base}", "capacity: 110% of base"),
        ("volume: {low: 70% of base, mode: 85% of base, high: 95% of base}", "volume: 85% of base"),
        ("as_cost: {low: 0.2%, mode: 0.6%, high: 1.5%}", "as_cost: 0.6%"),
    )
    run = dt.run(case, base=policy_world(), branches="main", draws=64, jobs=1)
    frame = run["main"].table("assumptions")
    rows = frame[(frame.country == "USA") & (frame.variable == "imports_pct")]
    share = rows.set_index("assumption")["share_pct"]
    assert share["duty rate"] > 99
    assert share["interactions"] < 1
    imports = run["main"].table("countries").set_index(["country", "variable"]).loc[("USA", "imports_pct")]
    for level, name in ((0.05, "p95"), (0.95, "p05")):
        duty = np.quantile(bands(run).values[:, 0], level)
        end = run_scenario(case.set("duty", f"{100 * duty:+.17g}pp"), base=policy_world(), branches="main")["main"]
        table = end.table("countries").set_index(["country", "variable"])["value"]
        assert imports[name] == pytest.approx(table["USA", "imports_pct"], rel=2e-3)


def test_worker_processes_give_the_same_numbers_to_the_last_digit() -> None:
    case, world = drawn.scenario(), policy_world()
    alone, together = (dt.run(case, base=world, branches="main", draws=70, jobs=jobs) for jobs in (1, 2))
    assert (bands(alone).sample == bands(together).sample).all()
    assert bands(alone).failed == bands(together).failed


def test_a_seed_given_beats_the_file_and_another_seed_is_another_sample() -> None:
    case, world = drawn.scenario(), policy_world()
    one, other = (dt.run(case, base=world, branches="main", draws=8, seed=seed, jobs=1) for seed in (1, 2))
    assert (bands(one).seed, bands(other).seed) == (1, 2)
    assert (bands(one).values != bands(other).values).any()


def test_draws_where_the_comparator_has_a_law_of_its_own_start_from_worlds_of_their_own() -> None:
    """The same law on both sides of the comparison changes nothing, whatever the elasticities are."""
    both = "rho: {low: 0.1, mode: 0.2, high: 0.5}, capacity: {low: 100% of base,\n"
    both += "       mode: 110% of base, high: 150% of base}"
    case = drawn.scenario(("as_of: 2025-10-25", "as_of: 2025-10-25\ncompare_to: 2025-03-10"), (both, "rho: 1"))
    case = case.replace(measures=tuple(each for each in case.measures if each.id in ("duty", "answer")), tree=())
    world = policy_world()
    job = prepared(case, world, Variant(case.sha256, world.sha256))
    assert job.plans[0].comparator_wedges.tariffs is not None
    x = values(job.factors, Design("sobol", 4, 1))
    found = solved_draws(job, x)["main"]
    assert [each.status for each in found] == ["CERTIFIED"] * 4
    tables = [each.kept for each in found]
    assert all(table is not None and np.abs(table[0]).max() < 1e-7 for table in tables)  # same law on both sides


def test_levels_that_contradict_each_other_in_a_draw_are_a_status_and_not_an_end() -> None:
    """A quota's upper rate below its lower one in some draws: those draws say so, the others have numbers."""
    text = "{id: quota, by: USA, against: DEU, kind: tariff-rate-quota, sectors: C26, rate: 5%, volume: 90% of base, "
    text += "over_rate: {low: 0%, mode: 10%, high: 30%}, from: 2025-03-04}\n  - {id: fees"
    with pytest.raises(dt.ScenarioError, match="over_rate"):
        drawn.scenario(("{id: fees", text.replace("rate: 5%", "rate: 35%")))
    case = drawn.scenario(("{id: fees", text.replace("rate: 5%", "rate: {low: 0%, mode: 2%, high: 25%}")))
    found = bands(dt.run(case, base=policy_world(), branches="main", draws=32, jobs=1))
    assert found.statuses["INVALID_INPUT"] == len(found.failed) > 0
    assert found.certified == 32 - len(found.failed) > 0
    assert "over_rate" in found.failed[0].text or "rate" in found.failed[0].text


def test_stroud_needs_its_own_number_of_draws_and_gives_moments() -> None:
    case = drawn.scenario(("method: sobol", "method: stroud"))
    with pytest.raises(UsageError, match="try --draws 16"):
        dt.run(case, base=policy_world(), branches="main", draws=8, jobs=1)
    result = dt.run(case, base=policy_world(), branches="main", draws=16, jobs=1)["main"]
    assert "p05_error" not in result.table("bands").columns
    fine = dt.run(drawn.scenario(), base=policy_world(), branches="main", draws=512, jobs=1)["main"]
    one, other = (
        each.table("bands").set_index(["country", "variable"]).loc[("USA", "exports_pct")] for each in (result, fine)
    )
    assert one["mean"] == pytest.approx(other["mean"], rel=0.02)
    assert one["sd"] == pytest.approx(other["sd"], rel=0.1)
