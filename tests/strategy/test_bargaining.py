"""Bargaining points are those of their definitions: brute force on small matrices, and the laws they are known by."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from detente.core.arrays import Array
from detente.strategy.bargaining import (
    SAME,
    SOLUTIONS,
    equal_gains,
    kalai_smorodinsky,
    least_bad,
    linkages,
    nash_point,
    one_at_a_time,
    openings,
    pareto,
    rational,
)

MATRICES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 24), st.integers(2, 3)),
    elements=st.integers(-40, 40).map(lambda k: k / 8),
)
HAND = np.array([[0.0, 0.0], [3.0, 1.0], [1.0, 3.0], [2.0, 2.0], [4.0, -1.0], [-1.0, 5.0], [1.5, 1.5]])
ZERO = np.zeros(2)


def allowed(U: Array, u0: Array) -> Array:
    return rational(U, u0)


def test_by_hand() -> None:
    assert rational(HAND, ZERO).tolist() == [True, True, True, True, False, False, True]
    assert pareto(HAND).tolist() == [False, True, True, True, True, True, False]
    ok = rational(HAND, ZERO)
    assert nash_point(HAND, ZERO, ok) == 3
    assert nash_point(HAND, ZERO, ok, weights=(9.0, 1.0)) == 1
    assert nash_point(HAND, ZERO, ok, weights=(1.0, 9.0)) == 2
    assert kalai_smorodinsky(HAND, ZERO, ok) == 3
    assert equal_gains(HAND, ZERO, ok) == 3


def test_solutions_differ_where_their_axioms_do() -> None:
    U = np.array([[10.0, 1.0], [4.0, 1.9], [2.2, 2.0], [0.0, 2.4]])
    ok = rational(U, ZERO)
    assert nash_point(U, ZERO, ok) == 0
    assert equal_gains(U, ZERO, ok) == 2
    assert kalai_smorodinsky(U, ZERO, ok) == 0
    V = np.array([[10.0, 1.0], [7.0, 1.5], [2.2, 2.2]])
    assert (nash_point(V, ZERO, ok[:3]), kalai_smorodinsky(V, ZERO, ok[:3])) == (1, 1)


@given(MATRICES)
def test_rational_and_pareto_by_brute_force(U: Array) -> None:
    u0 = U[0]
    assert rational(U, u0).tolist() == [all(a >= b for a, b in zip(row, u0, strict=True)) for row in U]
    beaten = [any((other >= row).all() and (other > row).any() for other in U) for row in U]
    assert pareto(U).tolist() == [not each for each in beaten]
    assert pareto(U).any()


@given(MATRICES)
def test_nash_by_brute_force_over_products(U: Array) -> None:
    u0 = U.min(axis=0) - 1.0
    at = nash_point(U, u0, allowed(U, u0))
    assert at is not None
    products = (U - u0).prod(axis=1)
    assert products[at] == pytest.approx(products.max())


@given(MATRICES)
def test_each_side_has_at_least_its_threat_point(U: Array) -> None:
    u0 = U[len(U) // 2]
    for solve in SOLUTIONS.values():
        at = solve(U, u0, allowed(U, u0))
        assert at is not None
        assert (U[at] - u0 >= -1e-9).all()


@given(MATRICES, st.permutations([0, 1, 2]))
def test_names_do_not_matter(U: Array, order: list[int]) -> None:
    turn = [n for n in order if n < U.shape[1]]
    u0 = U.min(axis=0) - 0.5
    for solve in SOLUTIONS.values():
        at, turned = solve(U, u0, allowed(U, u0)), solve(U[:, turn], u0[turn], allowed(U, u0))
        assert at is not None
        assert turned is not None
        gains = np.sort(U[at] - u0), np.sort((U[:, turn] - u0[turn])[turned])
        if solve is nash_point:
            assert np.log(gains[0]).sum() == pytest.approx(np.log(gains[1]).sum())
        elif solve is equal_gains:
            assert gains[0] == pytest.approx(gains[1])


@given(MATRICES, st.floats(0.1, 10), st.floats(0.1, 10), st.floats(-5, 5))
def test_scale_of_a_player_does_not_matter_to_nash_and_ks(U: Array, a: float, b: float, shift: float) -> None:
    u0 = U.min(axis=0) - 0.5
    scale = np.array([a, b, 1.0])[: U.shape[1]]
    V, v0 = U * scale + shift, u0 * scale + shift
    products = (U - u0).prod(axis=1)
    one, two = (nash_point(M, m0, allowed(M, m0)) for M, m0 in ((U, u0), (V, v0)))
    assert one is not None
    assert two is not None
    assert products[one] == pytest.approx(products[two])
    shares = ((U - u0) / (U - u0).max(axis=0)).min(axis=1)
    one, two = (kalai_smorodinsky(M, m0, allowed(M, m0)) for M, m0 in ((U, u0), (V, v0)))
    assert one is not None
    assert two is not None
    assert shares[one] == pytest.approx(shares[two])
    assert shares[one] == pytest.approx(shares.max())


def test_a_player_to_whom_nothing_matters_changes_nothing() -> None:
    U = np.random.default_rng(3).normal(size=(60, 2))
    u0 = np.median(U, axis=0)
    tiny = np.column_stack([U, np.full(60, 7.0) + 1e-12 * U[:, 0]])
    for solve in SOLUTIONS.values():
        assert solve(tiny, np.append(u0, 7.0), rational(U, u0)) == solve(U, u0, rational(U, u0))


def test_without_a_package_that_helps_everybody_as_many_as_possible_gain() -> None:
    U = np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 0.0], [9.0, 0.0, 0.0]])
    assert nash_point(U, np.zeros(3), rational(U, np.zeros(3))) == 1
    assert nash_point(U[:0], np.zeros(3), np.zeros(0, dtype=bool)) is None
    assert kalai_smorodinsky(U, np.zeros(3), np.zeros(3, dtype=bool)) is None
    assert equal_gains(U, np.zeros(3), np.zeros(3, dtype=bool)) is None


def test_what_was_not_solved_is_never_chosen_and_beats_nobody() -> None:
    U = np.array([[1.0, 1.0], [np.nan, np.nan], [2.0, 0.5]])
    assert rational(U, ZERO).tolist() == [True, False, True]
    assert pareto(U).tolist() == [True, False, True]
    assert least_bad(np.full((2, 2), np.nan), ZERO) == ()


def test_least_bad_by_hand() -> None:
    U = np.array([[3.0, -1.0], [-2.0, 4.0], [-0.5, -0.6], [5.0, -3.0], [-0.2, 1.0]])
    found = least_bad(U, ZERO)
    assert [(each.package, each.alone) for each in found] == [(4, None), (4, 0), (0, 1)]
    assert [each.shortfall for each in found] == pytest.approx([0.2, 0.2, 1.0])
    alone = least_bad(np.array([[-1.0, -1.0]]), ZERO)
    assert [each.alone for each in alone] == [None]


SHAPE = (2, 3)
GRID = np.array([[0.0, 0.0], [1.0, -1.0], [-0.5, 3.0], [-1.0, 0.5], [0.5, 0.5], [-2.0, 5.0]])


def test_concessions_one_at_a_time() -> None:
    found = one_at_a_time(GRID, SHAPE, (1, 1))
    assert [(each.issue, each.level) for each in found] == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    assert found[0].gains == (0.5, -1.5)
    assert found[2].gains == (-1.5, 0.0)
    assert found[3].gains == (0.0, 0.0)


def test_linkages_by_brute_force() -> None:
    found = linkages(GRID, ZERO, SHAPE, (0, 0))
    assert [(each.first, each.second, each.refused_by, each.package) for each in found] == [
        ((0, 1), (1, 1), (0,), 4),
        ((1, 1), (0, 1), (1,), 4),
    ]
    rng = np.random.default_rng(11)
    shape = (2, 3, 2)
    U = rng.normal(size=(12, 2))
    grid = U.reshape(*shape, 2)
    expected = set()
    steps = [(i, k) for i, levels in enumerate(shape) for k in range(1, levels)]
    for (i, k), (m, q) in product(steps, steps):
        alone, both = [0, 0, 0], [0, 0, 0]
        alone[i] = both[i] = k
        both[m] = q
        if i != m and (grid[tuple(alone)] < 0).any() and (grid[tuple(both)] >= 0).all():
            expected.add(((i, k), (m, q)))
    assert {(each.first, each.second) for each in linkages(U, ZERO, shape, (0, 0, 0))} == expected


def test_openings_count_refused_packages_that_become_accepted() -> None:
    (first, second) = openings(GRID, ZERO, SHAPE, (0, 0))
    assert (first.issue, first.refused, first.accepted) == (0, 2, 1)
    assert (second.issue, second.refused, second.accepted) == (1, 1, 1)


def test_ties_within_the_noise_of_a_solve_are_ties() -> None:
    U = np.array([[1.0, 1.0], [1.0 + SAME / 3, 1.0 - SAME / 3]])
    assert pareto(U).all()
    assert rational(U - 1.0, ZERO).all()
    assert math.isclose(SAME, 1e-9)
