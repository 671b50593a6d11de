"""Draws in a batch, with elasticities, substitutions and levels of their own, against one plain solve each."""

from __future__ import annotations

import numpy as np
import pytest

import detente as dt
from detente.core.closure import Closure
from detente.core.tables import country_table
from detente.equilibrium import draws as subject
from detente.equilibrium.draws import evaluate_draws
from detente.scenario.execute import world_of
from detente.scenario.load import load_scenario
from detente.scenario.run import plan
from detente.scenario.variants import Variants
from detente.sweep.design import Design, values
from detente.sweep.factors import draw_of, factors_of


@pytest.fixture(scope="module")
def us_china() -> tuple[dt.Baseline, list[tuple[np.ndarray | None, dt.Wedges]], dt.Wedges, Closure]:
    """Return the packaged case with twelve draws of its 22 uncertain numbers: 164 bounds, two critical inputs."""
    case = load_scenario("us-china-2025-10")
    world = world_of(case)
    (branch,) = plan(case, world, None, "main")
    factors, compiler = factors_of(case, world), Variants(case, world, branch)
    rows = values(factors, Design("sobol", 12, 5))
    drawn = [draw_of(case, world, factors, row) for row in rows]
    return world, [(each.elasticities, compiler.wedges(each.levels)) for each in drawn], branch.wedges, case.closure


def read(result: dt.Result) -> np.ndarray:
    return country_table(result)[1]


def test_a_batch_of_draws_is_one_solve_after_another(
    us_china: tuple[dt.Baseline, list[tuple[np.ndarray | None, dt.Wedges]], dt.Wedges, Closure],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, drawn, centre, closure = us_china
    monkeypatch.setattr(subject, "find_root", None)  # nothing may fall back to the plain solver
    found = evaluate_draws(world, drawn, centre, closure, read, tol=3e-11)
    assert [each.status for each in found] == ["CERTIFIED"] * len(drawn)
    for at in (0, 7, 11):
        theta, wedges = drawn[at]
        alone = dt.solve(world.replace(trade_elasticity=theta), wedges=wedges, closure=closure, tol=3e-11)
        mine, plain = found[at].kept, read(alone)
        assert mine is not None
        assert (np.abs(mine - plain) < 1e-7 * np.abs(plain).max(axis=1, keepdims=True)).all()
        assert np.abs(mine[0] - plain[0]).max() < 1e-8  # real income, %


def test_the_certificate_of_a_draw_is_held_against_its_own_elasticities(
    us_china: tuple[dt.Baseline, list[tuple[np.ndarray | None, dt.Wedges]], dt.Wedges, Closure],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A batch that solved with the elasticities of the baseline would be caught: no draw of it is certified."""
    world, drawn, centre, closure = us_china
    real = subject.together

    def wrong(shocks: list[subject.Shock]) -> object:
        batch = real(shocks)
        return subject.replace(batch, theta=np.repeat(world.trade_elasticity[:, None], len(shocks), axis=1))

    monkeypatch.setattr(subject, "together", wrong)
    asked: list[int] = []
    plain = subject.find_root
    monkeypatch.setattr(subject, "find_root", lambda *args: asked.append(1) or plain(*args))
    found = evaluate_draws(world, drawn[:3], centre, closure, read)
    assert len(asked) == 3  # every one of them was refused and solved again alone
    assert [each.status for each in found] == ["CERTIFIED"] * 3
