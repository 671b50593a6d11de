"""Trade wars against closed forms, from many starts, and against every deviation that was thought of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from two_countries import two_countries

import detente as dt
from detente.strategy import deviation, search
from detente.strategy import nash as nash_module
from economies import synthetic_world

GOLDEN_RATIO = (1 + 5**0.5) / 2


@pytest.fixture(scope="module")
def war() -> tuple[dt.Baseline, Any]:
    """Return a world of five countries and two sectors, and the war of three of them."""
    base = dt.Baseline.from_flows(**synthetic_world(5, 2, 3).inputs()).purged()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deviation, "LEAST", 0)
        return base, dt.nash(base, list(base.countries[:3]), sectors="all")


def test_two_identical_countries_charge_the_golden_ratio_less_one(usual_deviations: int) -> None:
    """I18, theta 2, no icebergs."""
    found = dt.nash(two_countries(2.0), ["A", "B"])
    assert found.tariffs[1, 0, 0] == pytest.approx(GOLDEN_RATIO - 1, abs=1e-8)
    assert found.tariffs[0, 1, 0] == pytest.approx(GOLDEN_RATIO - 1, abs=1e-8)
    assert found.max_gain_pp <= 1e-6
    assert found.examination.claim == f"no profitable deviation found in {found.examination.tried} tries"
    assert found.examination.tried >= usual_deviations == 200
    assert found.result.certificate.game["concept"] == "Nash equilibrium in tariffs"


@pytest.mark.parametrize(("theta", "iceberg"), [(3.0, 1.0), (4.0, 1.5), (8.0, 1.5)])
def test_symmetric_formula(theta: float, iceberg: float) -> None:
    """I18: t = (d^-e (1+t)^-(e+1) + 1)/e."""
    found = dt.nash(two_countries(theta, iceberg), ["A", "B"]).tariffs[1, 0, 0]
    assert found == pytest.approx((iceberg**-theta * (1 + found) ** -(theta + 1) + 1) / theta, abs=1e-8)


def test_published_two_country_wars(shared: Path) -> None:
    rows = json.loads((shared / "validation/analytic_golden.json").read_text())["two_country_nash"]
    for row in rows:
        base = two_countries(row["sigma"] - 1, row["iceberg"], row["L_H"], other=row["L_F"])
        found = dt.nash(base, ["A", "B"])
        assert found.tariffs[1, 0, 0] == pytest.approx(row["t_H"], abs=1e-8)
        assert found.tariffs[0, 1, 0] == pytest.approx(row["t_F"], abs=1e-8)
        assert found.welfare_pct == pytest.approx([row["dW_H_pct"], row["dW_F_pct"]], abs=1e-6)


def test_a_big_country_can_win() -> None:
    """Size ratio 5, theta 4: tariffs (0.396406, 0.273960), the big one gains."""
    found = dt.nash(two_countries(4.0, 1.0, 5.0), ["A", "B"], starts=6)
    assert found.tariffs[[1, 0], [0, 1], 0] == pytest.approx([0.396406, 0.273960], abs=1e-6)
    assert found.welfare_pct == pytest.approx([0.457026, -13.677888], abs=1e-6)
    assert found.distinct == 1
    assert len(found.starts) == 6


def test_nobody_gains_by_any_single_tariff(war: tuple[dt.Baseline, Any]) -> None:
    """The definition, by plain solves: each player's rate on one flow moved up and down, and all of them together."""
    base, found = war
    before = found.result.welfare_hat
    rng = np.random.default_rng(0)
    for player in range(3):
        trials = [(o, s) for o, s in np.argwhere(base.flows[:, player] > 0) if o != player]
        for o, s in rng.permutation(trials)[:4]:
            for change in (-0.05, 0.05):
                rates = found.tariffs.copy()
                rates[o, player, s] += change
                after = dt.solve(base, rates, closure="balanced").welfare_hat
                assert after[player] <= before[player] + 1e-10
        for factor in (0.7, 1.3):
            rates = found.tariffs.copy()
            rates[:, player] *= factor
            assert dt.solve(base, rates, closure="balanced").welfare_hat[player] < before[player]


def test_each_player_is_at_its_best_response(war: tuple[dt.Baseline, Any]) -> None:
    base, found = war
    at_war = dt.rebased(found.result)
    best = dt.optimal_tariffs(at_war, base.countries[1], sectors="all", purge=False, bounds=("0%", "1000%"))
    assert best.gain_pct == pytest.approx(0.0, abs=1e-6)
    traded = base.flows[:, 1] > 0
    assert np.abs(best.tariffs[:, 1] - found.tariffs[:, 1])[traded].max() < 1e-5


def test_passive_countries_keep_their_rates(war: tuple[dt.Baseline, Any]) -> None:
    base, found = war
    assert (found.tariffs[:, 3:] == base.tariffs[:, 3:]).all()


def test_renaming_countries_renames_the_equilibrium(war: tuple[dt.Baseline, Any]) -> None:
    base, found = war
    order = np.array([2, 4, 0, 3, 1])
    other = dt.Baseline.from_flows(
        [base.countries[k] for k in order], base.sectors, base.flows[np.ix_(order, order)],
        base.tariffs[np.ix_(order, order)], base.value_added_share[order], base.input_share[:, order],
        base.trade_elasticity,
    )  # fmt: skip
    again = dt.nash(other, list(base.countries[:3]), sectors="all")
    assert again.payoff_pct == pytest.approx(found.payoff_pct, abs=1e-7)


def test_war_of_a_coalition(war: tuple[dt.Baseline, Any]) -> None:
    base, _ = war
    a, b, c, *_ = base.countries
    found = dt.nash(base, [[a, b], c], sectors="all")
    assert found.players == (f"{a}+{b}", c)
    assert np.abs(found.tariffs[2:, 0] - found.tariffs[2:, 1]).max() < 1e-9
    assert found.max_gain_pp <= 1e-6


def test_binding_bounds_are_listed(war: tuple[dt.Baseline, Any]) -> None:
    base, _ = war
    found = dt.nash(base, list(base.countries[:2]), sectors="all", bounds=("0%", "10%"))
    assert found.tariffs[:, :2].max() <= 0.1 + 1e-12
    assert {row.bound for row in found.binding} == {"upper"}
    assert found.max_gain_pp <= 1e-6


def test_an_equilibrium_that_is_none_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that stops after one step is caught by the deviations, and the result is marked."""
    monkeypatch.setattr(search, "FOC", 10.0)
    monkeypatch.setattr(deviation, "climb", _exact_climb)
    found = dt.nash(two_countries(4.0), ["A", "B"])
    assert found.max_gain_pp > 1e-3
    assert found.result.status == "SOLVED_WARN"
    assert "gains" in found.examination.claim
    assert any(warn.code == "deviation" for warn in found.result.certificate.warnings)


def _exact_climb(one: search.Search, start: Any) -> Any:
    search.FOC = 1e-9
    try:
        return search.climb(one, start)
    finally:
        search.FOC = 10.0


def test_interruption_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def stopped(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return search.climb(*args, **kwargs)

    monkeypatch.setattr(nash_module, "climb", stopped)
    found = dt.nash(two_countries(4.0), ["A", "B"], starts=5)
    assert len(found.starts) == 2
    assert not found.complete
    assert found.result.certificate.game["complete"] is False


def test_tables(war: tuple[dt.Baseline, Any]) -> None:
    base, found = war
    players = found.table("players")
    assert list(players["player"]) == list(base.countries[:3])
    assert (players["best_deviation_pp"] <= 1e-6).all()
    assert list(found.table("starts")["name"]) == ["observed"]
    with pytest.raises(dt.UsageError, match="expected one of players"):
        found.table("wrong")


@pytest.mark.parametrize(
    ("players", "said"),
    [
        (["AAA"], "unknown player 'AAA'"),
        ("USA", "expected a list of codes"),
        ([], "expected a list of codes"),
        (["USA", "USA"], "expected each country in one player"),
        (["EU27", "CHN"], "unknown player 'EU27'"),
    ],
)
def test_players_that_cannot_be(players: Any, said: str, war: tuple[dt.Baseline, Any]) -> None:
    with pytest.raises(dt.UsageError) as error:
        dt.nash(war[0], players)
    assert said in str(error.value)


@pytest.mark.slow
def test_war_of_all_on_the_packaged_world(world: dt.Baseline, usual_deviations: int) -> None:
    """Every goods tariff with trade is free: some 170,000 rates."""
    found = dt.nash(world, list(world.countries))
    assert found.max_gain_pp <= 1e-6
    assert found.examination.tried >= 800
    assert len(found.examination.best) == 81
    assert found.result.status == "CERTIFIED"


@pytest.mark.slow
def test_six_starts_of_the_war_between_usa_and_china_agree(world: dt.Baseline) -> None:
    found = dt.nash(world, ["USA", "CHN"], starts=6)
    assert found.distinct == 1
    assert [start.status for start in found.starts] == ["CONVERGED"] * 6


def test_a_solution_that_somebody_would_leave_makes_room_for_the_next(
    war: tuple[dt.Baseline, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start's solution is examined; where all are left, the one with the least gain is returned, marked."""
    base, _ = war
    gains = iter([0.4, 0.0])

    def said(*_: Any, **__: Any) -> deviation.Examination:
        return deviation.Examination((deviation.Deviation("a", "said", next(gains)),), 1, 0, True)

    monkeypatch.setattr(nash_module, "examined", said)
    players = list(base.countries[:3])
    assert dt.nash(base, players, sectors="all", starts=3).max_gain_pp == 0.0
    assert list(gains) == []
    gains = iter([0.4, 0.2, 0.3])
    left = dt.nash(base, players, sectors="all", starts=3)
    assert left.max_gain_pp == 0.2
    assert left.result.certificate.status == "SOLVED_WARN"


def test_deviations_start_from_the_observed_rates_too(
    war: tuple[dt.Baseline, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A player may have closed a market long ago: that hill is out of sight of the candidate."""
    base, found = war
    seen = []

    def noted(search_: Any, x0: np.ndarray, **options: Any) -> Any:
        seen.append(x0)
        return search.climb(search_, x0, **options)

    monkeypatch.setattr(deviation, "LEAST", 0)
    monkeypatch.setattr(deviation, "climb", noted)
    game = nash_module.new_game(
        base, list(base.countries[:3]), "real-income", purge=True, bounds=("0%", None), sectors="all"
    )
    deviation.examined(game, game.controls.taken(found.tariffs, base.flows))
    first = game.of(0, found.tariffs).controls.taken(base.tariffs, base.flows)
    assert any(np.array_equal(start, first) for start in seen)
