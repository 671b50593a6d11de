"""Pools, quotas on their cells, embargoes and least purchases together; what the independent check makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.certify import recompute
from detente.equilibrium import batch
from economies import random_economy

ECONOMY = random_economy(np.random.default_rng(1), n=(5, 5), j=(3, 3), zeros=(0.0, 0.0))
WORLD = dt.Baseline.from_flows(**ECONOMY.inputs())
C, S = WORLD.countries, WORLD.sectors
USERS = ((C[0], S[2]),)
POOL = tuple((origin, C[0], S[0]) for origin in C[1:])


def volume(result: dt.Result, cells: tuple[tuple[str, str, str], ...]) -> float:
    """Return the quantity of cells over that of the baseline."""
    at = [(C.index(o), C.index(d), S.index(s)) for o, d, s in cells]
    quantity = sum(result.flows_new[p] / result["wedge"][p] / result.cost_hat[p[0], p[2]] for p in at)
    return float(quantity / sum(WORLD.flows[p] for p in at))


def solved(*bounds: dt.Bound, **options: Any) -> dt.Result:
    return dt.solve(WORLD, wedges=dt.Wedges(bounds=bounds), tol=1e-12, **options)


def test_a_pool_and_a_quota_on_one_of_its_cells_both_hold() -> None:
    pool = dt.Bound("quota", POOL, volume=0.6, to="importer")
    one = dt.Bound("quota", POOL[:1], volume=0.2)
    result = solved(pool, one)
    assert volume(result, POOL) == pytest.approx(0.6, abs=1e-9)
    assert volume(result, POOL[:1]) == pytest.approx(0.2, abs=1e-9)
    assert (result["bound_wedge"] > 1).all()
    slack = solved(pool, dt.Bound("quota", POOL[:1], volume=5.0))
    np.testing.assert_allclose(slack.welfare_hat, solved(pool).welfare_hat, rtol=1e-10)


def test_a_pool_keeps_its_volume_when_a_cell_is_closed() -> None:
    result = solved(dt.Bound("quota", POOL, volume=0.6), dt.Bound("quota", POOL[:1], volume=0.0, to="lost"))
    assert result.flows_new[1, 0, 0] == 0
    assert volume(result, POOL) == pytest.approx(0.6, abs=1e-9)


def test_two_quotas_on_the_same_cells_are_refused() -> None:
    again = dt.Bound("quota", POOL[::-1], volume=0.7)
    with pytest.raises(dt.DataError, match=r"bounded by wedges.bounds\[0\] already"):
        solved(dt.Bound("quota", POOL, volume=0.6), again)


@pytest.mark.parametrize(
    "bounds",
    [
        (dt.Bound("minimum", POOL[:1], volume=1.1, to="importer"), dt.Bound("quota", POOL[:1], volume=0.5)),
        (dt.Bound("minimum", POOL, volume=1.0, to="importer"), *(dt.Bound("quota", (c,), volume=0.9) for c in POOL)),
        (dt.Bound("minimum", POOL, volume=1.0, to="importer"), dt.Bound("quota", POOL, volume=0.9)),
    ],
)
def test_more_bought_than_sold_is_infeasible(bounds: tuple[dt.Bound, ...]) -> None:
    result = solved(*bounds, throw=False)
    assert result.status == "INFEASIBLE"
    assert "MUSD at base prices" in result.certificate.warnings[0].text
    assert solved(dt.Bound("minimum", POOL[:1], volume=0.4, to="importer"), *bounds[1:]).certificate.ok


def test_a_commitment_without_trade_is_seen_by_the_check() -> None:
    """An embargoed cell beside a least purchase: the purchase is not met, whatever wedge is written beside it."""
    shut = dt.Bound("quota", POOL[:1], volume=0.0, to="lost")
    result = solved(shut)
    arrays = {**result.arrays, "bound_wedge": np.ones(1)}
    for kind, level in (("minimum", {"volume": 1.5}), ("minimum-value", {"value_musd": 1.0})):
        claimed = dt.Bound(kind, POOL[:1], to="importer", **level)
        found = recompute(arrays, result.closure, C, S, (claimed,))
        assert not found["complementarity"][0] < 1e-3
    raised = {**arrays, "bound_wedge": np.array([1.5]), "wedge": arrays["wedge"].copy()}
    raised["wedge"][1, 0, 0] = 1.5
    found = recompute(raised, result.closure, C, S, (dt.Bound("quota", POOL[:1], volume=0.5),))
    assert found["complementarity"][0] > 1e-3


def test_no_sales_at_home_leave_the_welfare_identity_standing() -> None:
    kappa = np.ones(WORLD.flows.shape)
    kappa[0, 0, 0] = np.inf
    assert dt.solve(WORLD, trade_cost_hat=kappa).status == "CERTIFIED"


@pytest.mark.parametrize(
    ("wedges", "words"),
    [
        ({"bounds": dt.Bound("quota", POOL, volume=0.5)}, r"found Bound; expected a tuple"),
        ({"critical": dt.CriticalInput(S[0], ((C[0], S[1]),), 0.2)}, r"found CriticalInput; expected a tuple"),
        ({"bounds": (dt.Bound("fixed", POOL, rate=0.1, to=["USA"]),)}, r"to: found \['USA'\]"),
        ({"critical": tuple(dt.CriticalInput(S[n], USERS, rho) for n, rho in ((0, "x"), (1, 0.2)))}, r"rho: found 'x'"),
    ],
)
def test_wrong_kinds_of_things_get_a_sentence(wedges: dict[str, Any], words: str) -> None:
    with pytest.raises(dt.DataError, match=words) as caught:
        dt.solve(WORLD, wedges=dt.Wedges(**wedges))
    assert len(caught.value.problems) == 1


def test_a_batch_leaves_long_iterations_to_the_plain_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a plain solve would work out its local step again a scenario is solved alone: the numbers stay the same."""
    alone: list[Any] = []
    plain = batch.find_root
    monkeypatch.setattr(batch, "find_root", lambda shock, settings: alone.append(shock) or plain(shock, settings))
    rates = WORLD.tariffs.copy()
    rates[1, 0] += 0.5
    dt.solve_many(WORLD, [dt.Wedges(rates), dt.Wedges(0.5 * rates)])
    assert not alone
    monkeypatch.setattr(batch, "PATIENT", 3)
    dt.solve_many(WORLD, [dt.Wedges(rates), dt.Wedges(0.5 * rates)])
    assert len(alone) == 2
