"""A baseline brought to another tariff schedule: the laws of the step, the table it is read from, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detente as dt
from detente.baseline.baseline import ARRAYS
from detente.baseline.checks import check_baseline
from detente.baseline.files import read_npz, save_npz
from economies import economy_from_shares, random_economy, random_tariffs

SEEDS = st.integers(0, 10**6)
HEADER = "by,against,sector,rate_pct\n"


def made(seed: int, **options: Any) -> tuple[dt.Baseline, np.ndarray]:
    """Return a world and another schedule for it."""
    rng = np.random.default_rng(seed)
    economy = random_economy(rng, **options)
    return dt.Baseline.from_flows(**economy.inputs()), random_tariffs(rng, economy)


@settings(max_examples=10)
@given(SEEDS)
def test_same_tariffs_same_world(seed: int) -> None:
    """Updating to the schedule that is there changes no array."""
    base, _ = made(seed)
    same = dt.updated(base, base.tariffs)
    for name in ARRAYS:
        np.testing.assert_allclose(getattr(same, name), getattr(base, name), rtol=1e-9, atol=1e-9)
    assert same.meta["update"]["cells"] == 0
    assert same.meta["history"][-1].startswith("tariffs updated: 0 cells")


@settings(max_examples=10)
@given(SEEDS)
def test_there_and_back(seed: int) -> None:
    """A to B by the update and back to A by a solve: welfare returns to 1, and so do the flows."""
    base, rates = made(seed)
    new = dt.updated(base, rates)
    np.testing.assert_array_equal(new.tariffs, rates)
    there, back = dt.solve(base, rates, tol=1e-13), dt.solve(new, base.tariffs, tol=1e-13)
    np.testing.assert_allclose(there.welfare_hat * back.welfare_hat, 1, rtol=1e-8)
    np.testing.assert_allclose(back.flows_new, base.flows, rtol=1e-7, atol=1e-8)


@settings(max_examples=15)
@given(SEEDS, st.sampled_from([None, 0.5, 0.95]))
def test_the_new_world_is_a_baseline(seed: int, theta: float | None) -> None:
    """It passes every check, solves to ones, keeps its elasticities; budgets that were zero are zero, not -1e-13."""
    rng = np.random.default_rng(seed)
    n, j = int(rng.integers(2, 7)), int(rng.integers(2, 7))
    old = random_economy(rng, n=n, j=j, zeros=0.0)
    alpha = np.where(rng.random((n, j)) < 0.4, 0.0, rng.random((n, j)))
    alpha[:, 0] += 0.1
    economy = economy_from_shares(
        old.flows * (1 + old.tariffs) / old.spending,
        old.tariffs,
        old.value_added_share,
        old.input_share,
        alpha / alpha.sum(axis=1, keepdims=True),
        old.trade_elasticity,
    )
    base = dt.Baseline.from_flows(**economy.inputs())
    new = dt.updated(base, random_tariffs(rng, economy), trade_elasticity=theta)
    problems, _ = check_baseline(new)
    assert not problems
    assert (new.final_demand >= 0).all()
    np.testing.assert_allclose(new.final_share, alpha / alpha.sum(axis=1, keepdims=True), atol=1e-9)
    np.testing.assert_array_equal(new.trade_elasticity, base.trade_elasticity)
    np.testing.assert_allclose(dt.solve(new).welfare_hat, 1, atol=1e-9)


def test_low_elasticities_keep_value_shares() -> None:
    """With a low elasticity trade shares hardly move, as an update of a database wants; with the own one they do."""
    base, _ = made(3, n=4, j=3, zeros=0.0)
    rates = np.array(base.tariffs)
    rates[0, 1] += 0.5
    own = dt.updated(base, rates)
    low = dt.updated(base, rates, trade_elasticity=0.1)
    moved = [np.abs(each.share - base.share).max() for each in (low, own)]
    assert moved[0] < 0.2 * moved[1]
    assert low.meta["update"]["trade_elasticity"] == dict.fromkeys(base.sectors, 0.1)
    assert "trade_elasticity" not in own.meta["update"]
    np.testing.assert_array_equal(dt.updated(base, rates, trade_elasticity=[0.1] * 3).flows, low.flows)


def test_what_an_updated_world_says(world: dt.Baseline, tmp_path: Path) -> None:
    """Another id, a longer history, the parent, cells, averages, the largest change; it can be kept."""
    usa, mex, c29 = (world.countries.index("USA"), world.countries.index("MEX"), world.sectors.index("C29"))
    rates = np.array(world.tariffs)
    rates[mex, usa, c29] += 0.25
    rates[mex, usa, 0] += 0.01
    new = dt.updated(world, rates, note="cars")
    told = new.meta["update"]
    assert new.id == "world-2022+updated"
    assert new.meta["parent"] == world.sha256 != new.sha256
    assert new.meta["history"][-1].startswith("cars: tariffs updated: 2 cells, average ")
    assert told["cells"] == 2
    assert told["largest_pp"] == pytest.approx(25)
    assert told["largest_at"] == "USA on MEX, C29"
    goods = np.array(world.flows[:, :, :27])
    goods[np.arange(81), np.arange(81)] = 0
    average = 100 * (goods * world.tariffs[:, :, :27]).sum() / goods.sum()
    assert told["average_pct_before"] == pytest.approx(average, rel=1e-12)
    assert told["average_pct"] > average
    assert told["closure"] == "world-share"
    assert told["residual"] <= 1e-11
    assert {"file_sha256", "arrays_sha256"}.isdisjoint(new.meta)
    assert "no longer those of 2024-12-31" in "\n".join(new.meta["warnings"])
    assert read_npz(save_npz(new, tmp_path / "new.npz")).sha256 == new.sha256
    np.testing.assert_allclose(dt.solve(new).welfare_hat, 1, atol=1e-9)
    twice = dt.updated(new, world.tariffs, id="home", closure=dt.Closure("world-share"))
    assert twice.id == "home"
    assert len(twice.meta["history"]) == 2
    np.testing.assert_allclose(twice.flows, world.flows, rtol=1e-8, atol=1e-6)


def test_exogenous_demand_goes_with_the_update(world: dt.Baseline) -> None:
    """A world with negative demand held outside its budget is updated like any other."""
    small = world.aggregated({"SEA": "ASEAN", "ROW": "*", "USA": "USA"}, {"GOODS": "*", "SERV": "SERV"})
    held = np.zeros(small.shape)
    goods = small.sectors.index("GOODS")
    held[0, goods] = -1000.0
    base = small.replace(final_exogenous=held)
    rates = np.array(base.tariffs)
    rates[2, 1, goods] += 0.1
    new = dt.updated(base, rates)
    assert new.final_exogenous[0, goods] == pytest.approx(-1000, rel=1e-2)
    assert (new.final_share >= 0).all()
    np.testing.assert_allclose(dt.solve(new).welfare_hat, 1, atol=1e-9)


# ---------------------------------------------------------------- from a table


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rates.csv"
    path.write_text(HEADER + text, encoding="utf-8")
    return path


def test_a_table_is_placed_by_key(tmp_path: Path, world: dt.Baseline) -> None:
    """Percent in the file, rate of `by` on `against`; what has no row stays; rows and cells are counted."""
    path = written(tmp_path, "MEX,USA,C29,12.5\nUSA,CHN,A01,40\n")
    new = dt.updated(world, path)
    expected = np.array(world.tariffs)
    usa, mex, chn = (world.countries.index(code) for code in ("USA", "MEX", "CHN"))
    expected[usa, mex, world.sectors.index("C29")] = 0.125
    expected[chn, usa, 0] = 0.4
    np.testing.assert_array_equal(new.tariffs, expected)
    told = new.meta["update"]
    assert told["rows"] == 2
    assert told["cells_kept"] == 81 * 80 * 28 - 2
    assert len(told["file_sha256"]) == 64
    np.testing.assert_array_equal(dt.updated(world, str(path)).flows, new.flows)
    assert not [text for text in new.meta["warnings"] if "fractions" in text]


def test_fractions_in_a_table_are_remarked(tmp_path: Path, world: dt.Baseline) -> None:
    new = dt.updated(world, written(tmp_path, "USA,CHN,C29,0.25\n"))
    assert "the largest rate_pct of the update is 0.25 %: fractions" in "\n".join(new.meta["warnings"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("UK,CHN,C29,5\n", "rates.csv:2: by: found unknown code 'UK'; expected a code of world-2022; try 'GBR'"),
        ("USA,CHN,C29,5\nUSA,CHNN,C29,5\n", "rates.csv:3: against: found unknown code 'CHNN'"),
        ("USA,CHN,C99,5\n", "sector: found unknown code 'C99'"),
        ("USA,CHN,C29,5\nUSA,CHN,C29,6\n", "USA, CHN, C29 on lines 2 and 3"),
        ("USA,CHN,C29,\n", "rates.csv:2: rate_pct: found a blank"),
        ("USA,CHN,C29,25%\n", "rates.csv:2: rate_pct: found '25%'"),
        ("USA,CHN,C29\n", "rates.csv:2: found 3 fields"),
        ("USA,USA,C29,5\n", "rates.csv:2: rate_pct: found 5 at USA, USA, C29; expected 0 on home sales"),
        ("USA,CHN,A01,5\nUSA,CHN,C29,-100\n", "rates.csv:3: rate_pct: found -100 at USA, CHN, C29; expected rates of"),
        ("USA,CHN,C29,-60\n", "rates.csv:2: rate_pct: found -60 at USA, CHN, C29; expected rates of at least -50 %"),
        ("USA,CHN,SERV,5\n", "rates.csv:2: rate_pct: found 5 at USA, CHN, SERV; expected no tariff on services"),
    ],
)
def test_what_is_wrong_with_a_table(tmp_path: Path, world: dt.Baseline, text: str, words: str) -> None:
    """Each mistake has its sentence, with file and line where there is one."""
    with pytest.raises(dt.DataError) as caught:
        dt.updated(world, written(tmp_path, text))
    assert words in str(caught.value)


def test_every_impossible_rate_is_told_at_once(tmp_path: Path, world: dt.Baseline) -> None:
    """With its line; zeros at home and on services, and -50 %, are fine."""
    rows = "USA,USA,C29,5\nUSA,CHN,C29,-51\nUSA,CHN,SERV,1\nUSA,USA,C28,0\nUSA,CHN,C28,-50\n"
    with pytest.raises(dt.DataError) as caught:
        dt.updated(world, written(tmp_path, rows))
    assert sorted(problem.where[-2:] for problem in caught.value.problems) == [":2", ":3", ":4"]
    fine = dt.updated(world, written(tmp_path, "USA,USA,C28,0\nUSA,CHN,SERV,0\nUSA,CHN,C28,-50\n"))
    assert fine.tariffs.min() == -0.5


def test_every_unknown_code_is_told_at_once(tmp_path: Path, world: dt.Baseline) -> None:
    with pytest.raises(dt.DataError) as caught:
        dt.updated(world, written(tmp_path, "UK,XX,C29,5\nUSA,CHN,Q,5\n"))
    assert [problem.field for problem in caught.value.problems] == ["by", "against", "sector"]
    with pytest.raises(dt.DataError, match="no such file"):
        dt.updated(world, tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"id": "own-data"}, "id: found 'own-data', the world that is updated"),
        ({"trade_elasticity": 0}, "trade_elasticity: found 0; expected one number or 3"),
        ({"trade_elasticity": [1, 2]}, "expected one number or 3, finite and above 0"),
        ({"trade_elasticity": "low"}, "found 'low'"),
        ({"tariffs": None}, "tariffs: found None"),
        ({"closure": "fixed-nominal"}, "numeraire"),
        ({"base": "world-2022"}, "base: found str; expected a Baseline"),
    ],
)
def test_arguments_that_cannot_be(options: dict[str, Any], words: str) -> None:
    base, rates = made(0, n=4, j=3)
    with pytest.raises(dt.UsageError, match=r".") as caught:
        dt.updated(**({"base": base, "tariffs": rates} | options))
    assert words in str(caught.value)


def test_wrong_arrays() -> None:
    base, rates = made(0, n=4, j=3)
    with pytest.raises(dt.DataError, match="an array of shape"):
        dt.updated(base, rates[0])
    with pytest.raises(dt.DataError, match=r"at least -0\.5"):
        dt.updated(base, np.where(rates == rates.max(), -0.7, rates))


def test_rebased_has_an_id_of_its_own() -> None:
    """A counterfactual as a baseline is not called by the name of the world it came from, unless asked."""
    base, rates = made(1, n=3, j=2)
    result = dt.solve(base, rates)
    assert dt.rebased(result).id == "own-data+rebased"
    named = dt.rebased(result, id="after", note="a round")
    assert named.id == "after"
    assert named.meta["history"] == ("a round",)
    assert named.sha256 == dt.rebased(result).sha256
