"""Draws are where they are said to be: distributions, designs, the quadrature, and levels as the file has them."""

from __future__ import annotations

import numpy as np
import pytest

import drawn
from detente.core.errors import ScenarioError, UsageError
from detente.scenario.execute import world_of
from detente.scenario.load import load_scenario
from detente.scenario.run import plan
from detente.scenario.schema import LATIN, METHODS, RANDOM, SOBOL, STROUD
from detente.scenario.variants import Levels, Variants, with_levels, with_number
from detente.sweep.design import Design, stroud, unit_points, values
from detente.sweep.factors import ELASTICITY, LogNormal, OneOf, Triangular, draw_of, factors_of
from detente.verify.worlds import policy_world

U = (np.arange(100_000) + 0.5) / 100_000


def test_a_triangular_number_has_its_moments_and_ends() -> None:
    x = Triangular(1.0, 2.0, 6.0).at(U)
    assert x.min() > 1.0
    assert x.max() < 6.0
    assert x.mean() == pytest.approx(9 / 3, abs=1e-4)
    assert x.var() == pytest.approx((1 + 4 + 36 - 2 - 6 - 12) / 18, rel=1e-3)
    assert (Triangular(2.0, 2.0, 2.0).at(U) == 2.0).all()


def test_a_stated_sd_is_the_coefficient_of_variation_and_the_median_stays() -> None:
    case = drawn.scenario()
    first = next(each for each in factors_of(case, policy_world()) if each.group == ELASTICITY)
    x = first.distribution.at(U)
    assert np.median(x) == pytest.approx(4.0, rel=1e-4)
    assert x.std() / x.mean() == pytest.approx(0.25, rel=0.02)  # the normal is cut at three deviations


def test_a_quadrature_moves_by_standard_deviations_inside_the_range() -> None:
    shape = Triangular(1.0, 1.0, 4.0)
    assert shape.moved(np.array([-np.sqrt(2)])).min() >= 1.0
    assert shape.moved(np.array([0.0]))[0] == pytest.approx(2.0)
    assert LogNormal(3.0, 0.5).moved(np.array([1.0]))[0] == pytest.approx(3 * np.exp(0.5))


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_stroud_integrates_all_polynomials_of_degree_three(n: int) -> None:
    x = stroud(n)
    assert x.shape == (2 * n, n)
    assert np.abs(x.mean(axis=0)).max() < 1e-12
    assert np.abs(x.T @ x / (2 * n) - np.eye(n)).max() < 1e-12
    assert np.abs(np.einsum("ka,kb,kc->abc", x, x, x)).max() < 1e-11


@pytest.mark.parametrize("method", [SOBOL, LATIN, RANDOM])
def test_a_design_depends_on_its_seed_alone(method: str) -> None:
    one, same, other = (unit_points(Design(method, 64, seed), 5) for seed in (1, 1, 2))
    assert one.shape == (64, 5)
    assert (one == same).all()
    assert (one != other).any()
    assert ((one > 0) & (one < 1)).all()


def test_sobol_and_latin_fill_every_stratum_and_random_does_not() -> None:
    cells = {
        method: np.floor(unit_points(Design(method, 64, 3), 2)[:, 0] * 64) for method in METHODS if method != STROUD
    }
    assert len(set(cells[SOBOL])) == len(set(cells[LATIN])) == 64
    assert len(set(cells[RANDOM])) < 64


def test_more_sobol_draws_begin_with_the_same_ones() -> None:
    assert (unit_points(Design(SOBOL, 100, 1), 3)[:64] == unit_points(Design(SOBOL, 128, 1), 3)[:64]).all()


def test_bad_designs_are_refused() -> None:
    for design, words in (
        (Design("lattice", 8, 1), "expected one of sobol"),
        (Design(SOBOL, 1, 1), "from 2 to"),
        (Design(SOBOL, 10**9, 1), "from 2 to"),
        (Design(SOBOL, 8, -1), "at least 0"),
        (Design(STROUD, 8, 1), "try --draws 6"),
    ):
        with pytest.raises(UsageError, match=words):
            design.validated(3)


def test_everything_uncertain_in_a_file_is_found_in_order() -> None:
    names = [each.name for each in factors_of(drawn.scenario(), policy_world())]
    assert names == [
        "elasticity A01", "elasticity C26", "elasticity SERV", "substitution of A01", "capacity of A01", "duty rate",
        "licence volume", "fees as_cost",
    ]  # fmt: skip


def test_sectors_with_one_published_estimate_move_together_and_products_with_their_parents() -> None:
    case = load_scenario("us-china-2025-10")
    world = world_of(case)
    found = factors_of(case, world)
    groups = {each.name: [world.sectors[s] for s in each.sectors] for each in found if each.group == ELASTICITY}
    assert groups["elasticity A01..A03"] == ["A01", "A01_SOY", "A02", "A03"]
    assert groups["elasticity C26"] == ["C26", "C26_CHP"]
    assert sum(map(len, groups.values())) == len(world.sectors)


def test_substitutions_of_shared_users_are_one_number() -> None:
    case = load_scenario("us-china-2025-10")
    names = [each.name for each in factors_of(case, world_of(case))]
    assert "substitution of rare-earths, magnets" in names


def test_published_sets_are_drawn_whole() -> None:
    case = load_scenario("us-china-2025-10")
    case = case.replace(uncertainty=case.uncertainty.__class__(elasticities="sets"))
    world = world_of(case)
    found = factors_of(case, world)
    assert isinstance(found[0].distribution, OneOf)
    row = values(found, Design(SOBOL, 64, 1))[0]
    theta = draw_of(case, world, found, row).elasticities
    name = found[0].distribution.names[int(row[0])]
    assert theta is not None
    assert theta == pytest.approx(world_of(case.replace(elasticities=name)).trade_elasticity)


def test_the_spread_of_published_sets_is_used_where_the_file_states_none() -> None:
    case = load_scenario("us-china-2025-10").replace(elasticity_sd=None)
    world = world_of(case)
    spread = world.meta["elasticity_spread"]["sd_log"]
    shapes = {each.name: each.distribution for each in factors_of(case, world)}
    petrol = shapes["elasticity C19"]
    assert isinstance(petrol, LogNormal)
    assert petrol.sd_log == spread["C19"]


def test_nothing_uncertain_is_refused_with_what_to_write() -> None:
    case = drawn.scenario().replace(elasticity_sd=None, measures=(), critical=(), tree=())
    with pytest.raises(ScenarioError, match=r"expected at least one range \{low, mode, high\}"):
        factors_of(case, policy_world())


def test_an_sd_that_is_not_stated_is_refused() -> None:
    case = drawn.scenario(("seed: 7", "seed: 7, elasticities: sd")).replace(elasticity_sd=None)
    with pytest.raises(ScenarioError, match="states none"):
        factors_of(case, policy_world())


def test_levels_keep_their_unit_and_sign() -> None:
    assert with_number("70% of base", 12.5) == "12.5% of base"
    assert with_number(">= 20 Mt/year", 7.0) == ">= 7 Mt/year"
    assert with_number("+10pp", 3.25) == "+3.25pp"


def test_a_draw_compiles_to_what_the_file_with_its_numbers_compiles_to() -> None:
    """Another way to the same wedges: write the drawn numbers into the file and plan it."""
    case, world = drawn.scenario(), policy_world()
    (branch,) = plan(case, world, None, "main")
    levels = Levels(
        {("duty", "rate"): 0.3, ("licence", "volume"): 80.0, ("fees", "as_cost"): 1.25}, {"A01": 0.3}, {"A01": 120.0}
    )
    mine = Variants(case, world, branch).wedges(levels)
    swapped = drawn.scenario(
        ("rate: {low: +10pp, mode: +20pp, high: +40pp}", "rate: +30pp"),
        ("volume: {low: 70% of base, mode: 85% of base, high: 95% of base}", "volume: 80% of base"),
        ("as_cost: {low: 0.2%, mode: 0.6%, high: 1.5%}", "as_cost: 1.25%"),
        ("rho: {low: 0.1, mode: 0.2, high: 0.5}", "rho: 0.3"),
        ("capacity: {low: 100% of base,\n       mode: 110% of base, high: 150% of base}", "capacity: 120% of base"),
    )
    theirs = plan(swapped, world, None, "main")[0].wedges
    assert mine.tariffs is not None
    assert theirs.tariffs is not None
    assert (mine.tariffs == theirs.tariffs).all()
    assert mine.bounds == theirs.bounds
    assert mine.critical == theirs.critical


def test_what_no_draw_touches_is_compiled_once() -> None:
    case, world = drawn.scenario(("rate: {low: +10pp, mode: +20pp, high: +40pp}", "rate: +20pp")), policy_world()
    (branch,) = plan(case, world, None, "main")
    compiler = Variants(case, world, branch)
    one, other = (compiler.wedges(Levels({("licence", "volume"): volume})) for volume in (80.0, 90.0))
    assert one.tariffs is other.tariffs
    assert one.bounds != other.bounds


def test_a_measure_without_a_drawn_level_is_itself() -> None:
    measure = drawn.scenario().measure("answer")
    assert with_levels(measure, Levels({("duty", "rate"): 0.3})) is measure
