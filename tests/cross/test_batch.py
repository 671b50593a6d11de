"""A batch of scenarios and one solve after another: the same numbers, the same certificates, the same refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.equilibrium import batch
from detente.solve.anderson import anderson
from economies import random_economy, random_tariffs, random_trade_cost_hat, synthetic_world, tariff_war

NAMES = (
    "welfare_hat", "wage_hat", "cost_hat", "price_hat", "share_new", "expenditure_new", "flows_new", "revenue_new",
    "income_new", "deficit_new", "tariffs_new", "trade_cost_hat", "final_exogenous_new",
)  # fmt: skip
SAME = 1e-12


def scenarios(seed: int, *, count: int = 12) -> tuple[dt.Baseline, list[dt.Wedges]]:
    """Return an invented world and shocks of every kind: rates, icebergs, embargoes, home costs, demand, none."""
    rng = np.random.default_rng([3, seed])
    economy = random_economy(rng, n=(3, 6), j=(1, 4), zeros=(0.0, 0.3))
    base = dt.Baseline.from_flows(**economy.inputs())
    found = [dt.Wedges()]
    while len(found) < count:
        rates, kappa = random_tariffs(rng, economy), random_trade_cost_hat(rng, economy)
        few = rng.random(rates.shape) < rng.choice([0.05, 0.3, 1.0])
        rates, kappa = np.where(few, rates, base.tariffs), np.where(few, kappa, 1.0)
        demand = -rng.uniform(0, 0.02, base.expenditure.shape) * base.expenditure
        kind = len(found) % 6
        if kind == 1:
            found.append(dt.Wedges(rates))
        elif kind == 2:
            found.append(dt.Wedges(rates, kappa))
        elif kind == 3:
            o, d = rng.choice(len(base.countries), 2, replace=False)
            kappa[o, d, 0] = np.inf
            found.append(dt.Wedges(None, kappa))
        elif kind == 4:
            home = np.ones(rates.shape)
            home[0, 0] = 1.1
            found.append(dt.Wedges(rates, home))
        else:
            found.append(dt.Wedges(rates, final_exogenous=demand))
    return base, found


def assert_same(one: dt.Result, other: dt.Result) -> None:
    """Assert equal statuses, passes and arrays: relative, and for tiny cells relative to the largest."""
    assert (other.status, other.certificate.fallbacks) == (one.status, one.certificate.fallbacks)
    assert other.certificate.iterations == one.certificate.iterations
    for name in NAMES:
        scale = np.abs(one[name][np.isfinite(one[name])]).max(initial=0.0)
        np.testing.assert_allclose(other[name], one[name], rtol=SAME, atol=SAME * 1e-3 * scale, err_msg=name)


@pytest.mark.parametrize("closure", ["world-share", "balanced", "fixed-nominal"])
@pytest.mark.parametrize("seed", range(8))
def test_a_batch_is_one_by_one(seed: int, closure: str) -> None:
    base, wedges = scenarios(seed)
    options: dict[str, Any] = {"closure": closure, "include_purge": True, "tol": 1e-11}
    if closure == "fixed-nominal":
        options["numeraire"] = base.countries[-1]
    together = dt.solve_many(base, wedges, throw=False, **options)
    assert len(together) == len(wedges)
    for item, got in zip(wedges, together, strict=True):
        alone = dt.solve(base, wedges=item, throw=False, **options)
        if alone.certificate.ok:
            assert_same(alone, got)
        else:
            assert got.status == alone.status


@pytest.mark.parametrize("seed", range(8))
def test_only_what_must_be_is_solved_alone(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong batch would be repaired by the plain solver, so nothing but cut pairs and fallbacks may go there."""
    base, wedges = scenarios(seed)
    alone: list[Any] = []
    plain = batch.find_root

    def counted(shock: Any, settings: Any) -> Any:
        root = plain(shock, settings)
        cut = shock.kappa_hat is not None and (np.isinf(shock.kappa_hat).any(axis=2)).any()
        alone.append(bool(cut or root.fallbacks or root.infeasible))
        return root

    monkeypatch.setattr(batch, "find_root", counted)
    dt.solve_many(base, wedges, throw=False)
    assert all(alone)
    assert len(alone) <= len(wedges) // 3


def test_a_pair_that_is_cut_and_a_dense_shock_are_solved_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where trade may fall apart, and where sparse changes are not sparse, the plain solver is asked."""
    base = dt.Baseline.from_flows(**synthetic_world(5, 4).inputs())
    cut, ban = np.ones(base.flows.shape), np.ones(base.flows.shape)
    cut[0, 1] = np.inf
    ban[0, 1, :2] = np.inf
    alone: list[Any] = []
    plain = batch.find_root
    monkeypatch.setattr(batch, "find_root", lambda shock, settings: alone.append(shock) or plain(shock, settings))
    got = dt.solve_many(base, [dt.Wedges(None, cut), dt.Wedges(None, ban), dt.Wedges()])
    assert len(alone) == 1
    assert alone[0].kappa_hat[0, 1, 3] == np.inf
    assert (got[0].flows_new[0, 1] == 0).all()
    monkeypatch.setattr(batch, "FEW", 0)
    monkeypatch.setattr(batch, "DENSE", 0.0)
    dt.solve_many(base, [dt.Wedges(None, ban), dt.Wedges()])
    assert len(alone) == 3


def test_the_world_is_the_same_in_narrow_batches(world: dt.Baseline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Order, width and company of a scenario do not matter: 9 shocks of different size, in batches of 64, 4 and 1."""
    usa, chn = world.countries.index("USA"), world.countries.index("CHN")
    wedges = []
    for points in np.linspace(0, 4, 9):
        rates = world.tariffs.copy()
        rates[chn, usa, :27] += points
        wedges.append(dt.Wedges(rates))
    wide = dt.solve_many(world, wedges)
    assert_same(dt.solve(world, wedges=wedges[5]), wide[5])
    for width in (4, 1):
        monkeypatch.setattr(batch, "WIDEST", width)
        narrow = dt.solve_many(world, iter(wedges[::-1]))
        for one, other in zip(wide, narrow[::-1], strict=True):
            assert_same(one, other)
    welfare = [float(result.welfare_hat[chn]) for result in wide]
    assert welfare == sorted(welfare, reverse=True)


def test_the_width_of_a_batch_fits_its_memory() -> None:
    for unknowns in (10, 469, 5_000, 18_471, 10**7):
        width = batch._width(unknowns)
        assert 1 <= width <= batch.WIDEST
        assert width == 1 or width * unknowns * 8 * 50 <= batch.MEMORY


def test_ended_scenarios_leave_the_passes() -> None:
    """Once half of a batch has converged the rest goes on alone, with the residual of the rest."""
    rates = np.array([0.1, 0.2, 0.3, 0.95, 0.96])
    seen: list[tuple[int, ...]] = []

    def of(inside: np.ndarray) -> Any:
        seen.append(tuple(int(at) for at in inside))
        slope = rates[inside]
        return lambda z: (slope * np.tanh(z) + 1 - z, np.abs(slope * np.tanh(z) + 1 - z).max(axis=0))

    start = np.zeros((3, 5))
    got = anderson(of(np.arange(5)), start, tol=1e-12, max_iter=80, window=1, of=of)
    whole = anderson(of(np.arange(5)), start, tol=1e-12, max_iter=80, window=1)
    assert got.converged
    assert any(len(inside) < 5 for inside in seen)
    np.testing.assert_array_equal(got.value, whole.value)
    np.testing.assert_array_equal(got.steps, whole.steps)


def test_problems_name_their_scenario() -> None:
    base = dt.Baseline.from_flows(**synthetic_world(3, 2).inputs())
    good = dt.Wedges(tariff_war(synthetic_world(3, 2)))
    wrong = dt.Wedges(np.full(base.flows.shape, np.nan))
    with pytest.raises(dt.DataError, match=r"wedges\[1\]: tariffs: found nan") as caught:
        dt.solve_many(base, [good, wrong, dt.Wedges(np.zeros(3))])
    assert "wedges[2]: tariffs: found shape (3,)" in str(caught.value)
    with pytest.raises(dt.UsageError, match=r"wedges: found Wedges; expected a list"):
        dt.solve_many(base, good)  # type: ignore[arg-type]
    with pytest.raises(dt.UsageError, match=r"wedges\[0\]: found ndarray"):
        dt.solve_many(base, [base.tariffs])  # type: ignore[list-item]
    with pytest.raises(dt.DataError, match=r"wedges\[0\]: .*found int; expected dt.Bound"):
        dt.solve_many(base, [dt.Wedges(bounds=(1,))])  # type: ignore[arg-type]
    with pytest.raises(dt.UsageError, match="balanced"):
        dt.solve_many(base, [good], closure="balanced")
    assert dt.solve_many(base, []) == []


def test_a_scenario_without_an_equilibrium_is_named_after_all_were_tried() -> None:
    base = dt.Baseline.from_flows(**synthetic_world(3, 2).inputs())
    closed = np.ones(base.flows.shape)
    closed[:, 0, 0] = np.inf
    wedges = [dt.Wedges(), dt.Wedges(None, closed), dt.Wedges(tariff_war(synthetic_world(3, 2)))]
    with pytest.raises(dt.SolveError, match=r"scenario 1: no certified equilibrium"):
        dt.solve_many(base, wedges)
    assert [result.certificate.ok for result in dt.solve_many(base, wedges, throw=False)] == [True, False, True]
    few = dt.solve_many(base, wedges[2:], max_iter=2, throw=False)
    assert few[0].status == "NOT_SOLVED"


def test_a_full_certificate_in_a_batch() -> None:
    base = dt.Baseline.from_flows(**synthetic_world(4, 3).inputs())
    (result,) = dt.solve_many(base, [dt.Wedges(tariff_war(synthetic_world(4, 3)))], certify="full")
    assert result.certificate.uniqueness["starts"] == 20
