"""Scenarios with instruments and critical inputs in one batch and one after another; evaluations and whole results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.equilibrium import batch, evaluate
from detente.equilibrium.evaluate import KEPT, Evaluation, evaluate_many
from economies import synthetic_world
from laws.levers import KINDS, binding, bound, world

NAMES = (
    "welfare_hat", "wage_hat", "cost_hat", "price_hat", "share_new", "expenditure_new", "flows_new", "revenue_new",
    "income_new", "deficit_new", "transfer_new", "wedge", "rent_exporter", "rent_importer", "rent_other", "rent_lost",
)  # fmt: skip
SAME = 1e-12


def rates(base: dt.Baseline, rng: np.random.Generator) -> np.ndarray:
    """Return tariffs with up to 30 points more on some cells."""
    more = np.where(rng.random(base.tariffs.shape) < 0.3, rng.uniform(0, 0.3, base.tariffs.shape), 0.0)
    more[np.arange(len(base.countries)), np.arange(len(base.countries))] = 0.0
    return np.asarray(base.tariffs + more)


def critical(base: dt.Baseline, rho: float = 0.3) -> dt.CriticalInput:
    """Return one input that sector 1 of every country holds fast."""
    return dt.CriticalInput(base.sectors[0], tuple((code, base.sectors[1]) for code in base.countries), rho)


def packages(seed: int) -> tuple[dt.Baseline, list[dt.Wedges]]:
    """Return a world and scenarios that share some instruments, at other levels, and lack others."""
    base, rng = world(seed, n=5, j=3), np.random.default_rng([5, seed])
    found = [dt.Wedges(rates(base, rng)), dt.Wedges()]
    for kind in KINDS:
        tariffs = rates(base, rng) if kind != "tariff-rate-quota" else None
        found.append(dt.Wedges(tariffs, bounds=(binding(base, kind),)))
    pool = bound(base, "quota", (0, 1, 0), (2, 1, 0), volume=0.7, to="exporter", name="pool")
    tax, fee = (
        bound(base, "fixed", (0, 1, 0), rate=rate, to=to) for rate, to in ((0.1, "exporter"), (0.05, "importer"))
    )
    for volume in (0.3, 0.6, 0.9):
        own = bound(base, "quota", (0, 1, 0), volume=volume, to="exporter")
        found.append(dt.Wedges(rates(base, rng), bounds=(tax, own, pool)))
        found.append(dt.Wedges(rates(base, rng), bounds=(own, fee)))
    floor = bound(base, "price-floor", (1, 0, 0), price=1.1, to="exporter")
    least = bound(base, "minimum", (1, 2, 1), volume=1.2, to="importer")
    kappa = np.ones(base.flows.shape)
    kappa[3, 1, 0] = np.inf
    found += [
        dt.Wedges(rates(base, rng), bounds=(tax, fee, floor, least)),
        dt.Wedges(None, kappa, bounds=(pool, least)),
        dt.Wedges(bounds=(bound(base, "quota", (2, 0, 1), volume=0.0),)),
        dt.Wedges(rates(base, rng), final_exogenous=-0.01 * base.expenditure, bounds=(fee, pool)),
    ]
    return base, found


def assert_same(one: dt.Result, other: dt.Result) -> None:
    """Assert equal statuses, passes, arrays and instruments."""
    assert (other.status, other.certificate.fallbacks) == (one.status, one.certificate.fallbacks)
    assert other.certificate.iterations == one.certificate.iterations
    for name in NAMES:
        scale = np.abs(one[name][np.isfinite(one[name])]).max(initial=0.0)
        np.testing.assert_allclose(other[name], one[name], rtol=SAME, atol=SAME * 1e-3 * scale, err_msg=name)
    assert ("bound_wedge" in other.stored) == ("bound_wedge" in one.stored)
    if "bound_wedge" in one.stored:
        np.testing.assert_allclose(other["bound_wedge"], one["bound_wedge"], rtol=SAME)


@pytest.mark.parametrize("closure", ["world-share", "balanced", "fixed-nominal"])
@pytest.mark.parametrize("seed", range(4))
def test_instruments_of_every_kind_in_one_batch(seed: int, closure: str) -> None:
    """Each scenario is what it is alone, whatever instruments the others have."""
    base, wedges = packages(seed)
    options: dict[str, Any] = {"closure": closure, "include_purge": True, "tol": 1e-12}
    if closure == "fixed-nominal":
        options["numeraire"] = base.countries[-1]
    for item, got in zip(wedges, dt.solve_many(base, wedges, **options), strict=True):
        assert_same(dt.solve(base, wedges=item, **options), got)


@pytest.mark.parametrize("seed", range(3))
def test_critical_inputs_in_batches(seed: int) -> None:
    """Scenarios with the same critical inputs are one batch, whichever object says so; others are another."""
    base, wedges = packages(seed)
    mixed = [replace(item, critical=(critical(base, 0.3 if at % 3 else 0.5),)) for at, item in enumerate(wedges)]
    for item, got in zip(mixed, dt.solve_many(base, mixed, tol=1e-12), strict=True):
        assert_same(dt.solve(base, wedges=item, tol=1e-12), got)


def test_nothing_but_what_must_be_is_solved_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong batch would be repaired by the plain solver; only long iterations go there."""
    base, wedges = packages(1)
    mixed = [*wedges, *(replace(item, critical=(critical(base),)) for item in wedges)]
    alone: list[Any] = []
    plain = batch.find_root

    def counted(shock: Any, settings: Any) -> Any:
        root = plain(shock, settings)
        alone.append(root.passes > batch.PATIENT)
        return root

    monkeypatch.setattr(batch, "find_root", counted)
    monkeypatch.setattr(evaluate, "find_root", counted)
    dt.solve_many(base, mixed)
    assert all(alone)
    assert len(alone) <= 2
    list(evaluate_many(base, mixed))
    assert all(alone)
    assert len(alone) <= 4


def test_instruments_in_another_order_are_solved_alone() -> None:
    """A fee inside a tax is not a tax inside a fee: who collects how much depends on the order, which is kept."""
    base = world(2)
    tax, fee = bound(base, "fixed", rate=0.2, to="exporter"), bound(base, "fixed", rate=0.3, to="importer")
    wedges = [dt.Wedges(bounds=order) for order in ((tax, fee), (fee, tax), (tax,), (fee,))]
    together = dt.solve_many(base, wedges, tol=1e-12)
    for item, got in zip(wedges, together, strict=True):
        assert_same(dt.solve(base, wedges=item, tol=1e-12), got)
    first, second = (float(result["rent_exporter"].sum()) for result in together[:2])
    assert abs(first / second - 1) > 0.01


def test_a_contradiction_is_told_among_others() -> None:
    """What no equilibrium can meet is infeasible in a batch as well, with its name, and costs the others nothing."""
    base = world(3)
    cap, least = bound(base, "quota", volume=0.5), bound(base, "minimum", volume=0.9, to="importer", name="too-much")
    wedges = [dt.Wedges(bounds=chosen) for chosen in ((cap,), (cap, least), (least,))]
    for results in (dt.solve_many(base, wedges, throw=False), list(evaluate_many(base, wedges))):
        assert [result.status for result in results] == ["CERTIFIED", "INFEASIBLE", "CERTIFIED"]
        assert "too-much" in results[1].certificate.warnings[0].text
        with pytest.raises(dt.SolveError, match="INFEASIBLE"):
            _ = results[1].welfare_hat


@pytest.mark.parametrize("seed", range(3))
def test_an_evaluation_is_a_result_without_its_tensors(seed: int) -> None:
    """The same certificate, the same numbers, in order, whatever the width of a batch and the number of cores."""
    base, wedges = packages(seed)
    found = list(evaluate_many(base, iter(wedges), tol=1e-12))
    assert len(found) == len(wedges)
    for item, got in zip(wedges, found, strict=True):
        alone = dt.solve(base, wedges=item, tol=1e-12)
        assert got.status == alone.status
        assert got.certificate.iterations == alone.certificate.iterations
        assert got.certificate.closure == alone.certificate.closure
        assert set(got.certificate.residuals) == set(alone.certificate.residuals)
        moved = {"value_added_share_new"} & set(got.kept)  # stored where an input is critical
        for name in (set(KEPT) - {"receipts_new", "bound_wedge", "value_added_share_new"}) | moved:
            np.testing.assert_allclose(got[name], alone[name], rtol=SAME, atol=1e-9, err_msg=name)
        receipts = (alone.flows_new / alone["wedge"] + alone["rent_lost"]).sum(axis=1)
        np.testing.assert_allclose(got["receipts_new"], receipts, rtol=SAME)
        if "bound_wedge" in alone.stored:
            np.testing.assert_allclose(got["bound_wedge"], alone["bound_wedge"], rtol=SAME)


def test_narrow_batches_on_one_core_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    base, wedges = packages(1)
    wide = [result.welfare_hat for result in evaluate_many(base, wedges, tol=1e-12)]
    monkeypatch.setattr(batch, "WIDEST", 3)
    monkeypatch.setattr(evaluate, "_cores", lambda: 1)
    narrow = [result.welfare_hat for result in evaluate_many(base, wedges, tol=1e-12)]
    np.testing.assert_allclose(narrow, wide, rtol=SAME)


def test_what_a_batch_gets_wrong_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a wrong factor planted in the batch no certificate passes, and the plain solver puts it right."""
    base, wedges = packages(2)
    right = [result.welfare_hat for result in evaluate_many(base, wedges)]
    plain = evaluate.together

    def wrong(shocks: Any, instruments: Any) -> Any:
        found = plain(shocks, instruments)
        return replace(found, Z=found.Z + 1e-4 * base.expenditure[:, :, None])

    monkeypatch.setattr(evaluate, "together", wrong)
    for expected, got in zip(right, evaluate_many(base, wedges), strict=True):
        assert got.status == "CERTIFIED"
        np.testing.assert_allclose(got.welfare_hat, expected, rtol=1e-9)


def test_reading_what_is_not_there() -> None:
    base = dt.Baseline.from_flows(**synthetic_world(3, 2).inputs())
    (found,) = evaluate_many(base, [dt.Wedges()])
    assert isinstance(found, Evaluation)
    with pytest.raises(dt.UsageError, match=r"unknown array 'flows_new'; an evaluation keeps welfare_hat"):
        _ = found["flows_new"]
    with pytest.raises(ValueError, match="read-only"):
        found.welfare_hat[0] = 1.0
    assert list(evaluate_many(base, [])) == []


def test_problems_are_told_before_anything_is_solved() -> None:
    base = dt.Baseline.from_flows(**synthetic_world(3, 2).inputs())
    with pytest.raises(dt.DataError, match=r"wedges\[1\]: tariffs: found shape"):
        evaluate_many(base, [dt.Wedges(), dt.Wedges(np.zeros(3))])
    with pytest.raises(dt.UsageError, match="balanced"):
        evaluate_many(base, [dt.Wedges()], closure="balanced")


def test_an_array_that_is_written_to_between_scenarios_is_read_every_time() -> None:
    """Arrays are recognised when nobody can write to them any more, and only then."""
    base = dt.Baseline.from_flows(**synthetic_world(4, 3).inputs())
    buffer = base.tariffs.copy()

    def rising() -> Any:
        for _ in range(3):
            buffer[1, 0] += 0.1
            yield dt.Wedges(buffer)

    welfare = [float(result.welfare_hat[1]) for result in evaluate_many(base, rising())]
    assert len(set(welfare)) == 3


def test_an_early_end_leaves_nothing_running() -> None:
    """Whoever stops reading keeps what was read."""
    base, wedges = packages(0)
    found = evaluate_many(base, wedges)
    first = next(found)
    found.close()
    assert first.status == "CERTIFIED"
