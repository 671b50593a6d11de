"""Test the bench's comparator: textbook dense, textbook matrix-free and the plain-loop reference agree."""

from __future__ import annotations

import numpy as np
import pytest

from economies import Array, Economy, random_economy, random_tariffs, synthetic_world, tariff_war
from reference import reference_solve
from roofline import pass_bytes
from textbook import best_matrix_free, textbook_solve, time_dense

DAMPINGS = (0.3, 0.1, 0.03, 0.01)


def draw(seed: int) -> tuple[Economy, Array]:
    """Return a small economy with deficits, tariffs, inputs and zeros, and new tariffs."""
    rng = np.random.default_rng([13, seed])
    economy = random_economy(rng, n=(2, 5), j=(1, 4), zeros=(0.0, 0.4))
    return economy, random_tariffs(rng, economy)


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_textbook_equals_reference(seed: int, dense: bool) -> None:
    """Both textbook programs give the reference's wages, prices, spending and welfare."""
    economy, tariffs_new = draw(seed)
    expected = reference_solve(
        economy.flows,
        economy.tariffs,
        economy.value_added_share,
        economy.input_share,
        economy.trade_elasticity,
        tariffs_new,
    )
    trials = (textbook_solve(economy, tariffs_new, dense=dense, damping=damping) for damping in DAMPINGS)
    got = next(trial for trial in trials if trial.converged)
    assert got.residual <= 1e-10
    for name in ("wage_hat", "price_hat", "welfare_hat"):
        np.testing.assert_allclose(getattr(got, name), expected[name], rtol=1e-8)
    scale = expected["expenditure_new"].max()
    np.testing.assert_allclose(got.expenditure_new, expected["expenditure_new"], rtol=1e-8, atol=1e-10 * scale)


def test_the_twins_agree_on_the_bench_world() -> None:
    """On the smallest bench world the two programs agree and take the same wage iterations, but for the last."""
    economy = synthetic_world(7, 33, 0)
    tariffs_new = tariff_war(economy)
    free = best_matrix_free(economy, tariffs_new)
    dense = time_dense(economy, tariffs_new, free, budget=60)
    assert dense.note == "measured"
    assert abs(free.outer_iterations - dense.outer_iterations) <= 2
    np.testing.assert_allclose(dense.welfare_hat, free.welfare_hat, rtol=1e-9)


def test_an_extrapolated_time_says_so() -> None:
    """Without a budget the dense time is extrapolated from a few steps, and the note tells how many."""
    economy, tariffs_new = draw(0)
    free = best_matrix_free(economy, tariffs_new)
    dense = time_dense(economy, tariffs_new, free, budget=0.0, sample=2)
    assert dense.note.startswith(f"extrapolated: 2 of {free.outer_iterations} ")
    assert dense.seconds > 0


def test_too_large_a_step_is_reported() -> None:
    """A tatonnement that explodes or cycles ends unconverged instead of returning a number as good."""
    economy = synthetic_world(7, 33, 0)
    assert not textbook_solve(economy, tariff_war(economy), dense=False, damping=1.5, max_iter=200).converged


def test_bytes_of_a_pass() -> None:
    """One pass reads A once, B twice and g twice."""
    assert pass_bytes(7, 33) == 8 * (3 * 7 * 7 * 33 + 2 * 7 * 33 * 33)
