"""Bands hold what they should, say how far they have converged, and name what moves them."""

from __future__ import annotations

import numpy as np
import pytest

from detente.core.bands import level_name
from detente.core.errors import SolveError
from detente.core.tables import COUNTRY_VARIABLES
from detente.equilibrium.draws import Solved
from detente.sweep.bands import bands_of, ordered, quadrature
from detente.sweep.design import Design, stroud, values
from detente.sweep.factors import ELASTICITY, MEASURE, Factor, LogNormal, OneOf, Triangular
from detente.sweep.influence import influence

LEVELS = (0.05, 0.5, 0.95)
FACTORS = (
    Factor("large", MEASURE, Triangular(-1.0, 0.0, 1.0)),
    Factor("curved", ELASTICITY, LogNormal(4.0, 0.25)),
    Factor("small", MEASURE, Triangular(0.0, 0.0, 3.0)),
    Factor("idle", MEASURE, Triangular(0.0, 1.0, 2.0)),
)


def test_the_error_of_a_quantile_holds_its_truth_nineteen_times_in_twenty() -> None:
    """The interval is checked against its own promise: 2000 samples of a distribution whose quantile is known."""
    sample = np.random.default_rng(1).exponential(size=(400, 2000))
    quantile, error = ordered(sample, LEVELS)
    truth = -np.log(1 - np.array(LEVELS))
    inside = np.abs(quantile - truth[:, None]) <= 1.25 * error  # half a lopsided interval around the middle
    assert (inside.mean(axis=1) > 0.93).all()
    assert (np.abs(quantile - truth[:, None]) <= 0.5 * error).mean() < 0.8


def test_the_error_falls_with_the_root_of_the_draws_and_is_zero_for_a_constant() -> None:
    rng = np.random.default_rng(2)
    few, many = (np.median(ordered(rng.normal(size=(n, 400)), LEVELS)[1], axis=1) for n in (250, 4000))
    assert few / many == pytest.approx([4.0, 4.0, 4.0], rel=0.25)
    assert (ordered(np.ones((10, 3)), LEVELS)[1] == 0).all()


def test_shares_are_the_first_order_indices_of_a_known_function() -> None:
    """y = 2 a + b^2 - 8 b + a c: indices by hand from the moments of the draws' own distributions."""
    x = values(FACTORS, Design("sobol", 4096, 3))
    a, b, c = x[:, 0], np.log(x[:, 1]), x[:, 2]
    y = 2 * a + 30 * b**2 - 8 * b + a * c
    fine = values(FACTORS, Design("sobol", 2**16, 4))
    fa, fb, fc = fine[:, 0], np.log(fine[:, 1]), fine[:, 2]
    total = (2 * fa + 30 * fb**2 - 8 * fb + fa * fc).var()
    expected = [((2 + fc.mean()) * fa).var() / total, (30 * fb**2 - 8 * fb).var() / total, 0.0, 0.0]
    found = influence(FACTORS, x, y[:, None, None])
    assert found is not None
    assert found.share[:, 0, 0] == pytest.approx(expected, abs=0.01)
    assert 1 - found.explained[0, 0] == pytest.approx(1 - sum(expected), abs=0.01)
    assert found.high[0, 0, 0] - found.low[0, 0, 0] == pytest.approx(
        (2 + fc.mean()) * 2 * FACTORS[0].distribution.span[2], rel=0.02
    )


def test_noise_is_not_shared_out() -> None:
    x = values(FACTORS, Design("sobol", 128, 3))
    y = np.random.default_rng(5).normal(size=(128, 1, 200))
    found = influence(FACTORS, x, y)
    assert found is not None
    assert found.share.sum(axis=0).mean() < 0.08
    assert found.explained.mean() < 0.08


def test_a_choice_of_sets_is_an_assumption_like_any_other() -> None:
    factors = (Factor("sets", ELASTICITY, OneOf(("A", "B", "C"))), FACTORS[0])
    x = values(factors, Design("sobol", 256, 3))
    y = np.array([0.0, 5.0, 1.0])[x[:, 0].astype(int)] + 0.01 * x[:, 1]
    found = influence(factors, x, y[:, None, None])
    assert found is not None
    assert found.share[0, 0, 0] > 0.99
    assert (found.low[0, 0, 0], found.high[0, 0, 0]) == pytest.approx((0.0, 5.0), abs=0.05)


def test_too_few_draws_say_nothing_about_assumptions() -> None:
    x = values(FACTORS, Design("sobol", 7, 3))
    assert influence(FACTORS, x, x[:, :1, None]) is None


def test_a_number_that_no_draw_moves_has_no_shares() -> None:
    x = values(FACTORS, Design("sobol", 64, 3))
    found = influence(FACTORS, x, np.ones((64, 1, 1)))
    assert found is not None
    assert (found.share == 0).all()
    assert found.explained[0, 0] == 1.0


def test_a_quadrature_gives_mean_and_variance_of_a_polynomial_exactly() -> None:
    x = stroud(3)
    y = 1 + 2 * x[:, 0] - x[:, 1] + 0.5 * x[:, 0] * x[:, 1] * x[:, 2]
    quantile, error = quadrature((1 + 2 * x[:, 0] - x[:, 1])[:, None], LEVELS)
    assert error is None
    assert quantile[1, 0] == pytest.approx(1.0)
    assert quantile[2, 0] - quantile[1, 0] == pytest.approx(1.6448536 * np.sqrt(5))
    assert y.mean() == pytest.approx(1.0)


def drawn(count: int, failing: tuple[int, ...] = ()) -> list[Solved]:
    table = np.ones((len(COUNTRY_VARIABLES), 2))
    return [
        Solved("NOT_SOLVED", np.inf, "no equilibrium") if at in failing else Solved("CERTIFIED", 1e-12, "", at * table)
        for at in range(count)
    ]


def test_failed_draws_are_named_counted_and_never_in_the_band() -> None:
    design = Design("sobol", 8, 3)
    x = values(FACTORS, design)
    bands = bands_of(FACTORS, design, x, ["AA", "BB"], drawn(8, failing=(0, 5)), LEVELS)
    assert bands.statuses == {"CERTIFIED": 6, "NOT_SOLVED": 2}
    assert [each.draw for each in bands.failed] == [0, 5]
    assert bands.failed[1].text == "no equilibrium"
    assert bands.draws("real_income_pct", "AA").tolist() == [1, 2, 3, 4, 6, 7]
    assert (bands.values == x[[1, 2, 3, 4, 6, 7]]).all()
    assert np.isfinite(bands.sample).all()
    assert bands.line == "8 draws (sobol, seed 3): 6 CERTIFIED, 2 NOT_SOLVED"


def test_a_branch_without_draws_that_hold_is_an_error_with_their_reasons() -> None:
    design = Design("sobol", 4, 3)
    with pytest.raises(SolveError, match=r"1 of 4 draws .*draw 1: NOT_SOLVED: no equilibrium"):
        bands_of(FACTORS, design, values(FACTORS, design), ["AA", "BB"], drawn(4, failing=(1, 2, 3)), LEVELS)


def test_quantiles_have_names_that_sort() -> None:
    assert [level_name(level) for level in (0.05, 0.5, 0.95, 0.975)] == ["p05", "p50", "p95", "p97_5"]
