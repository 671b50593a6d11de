"""Test that invented economies are valid baselines by construction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from economies import (
    Economy,
    disconnected_blocks,
    goods_sectors,
    near_autarky,
    random_economy,
    stationary_vector,
    symmetric_world,
    synthetic_world,
    tariff_war,
    two_countries_one_sector,
)


def assert_valid(economy: Economy) -> None:
    """Check every condition a baseline must meet."""
    n, j = economy.shape
    assert economy.flows.shape == economy.tariffs.shape == (n, n, j)
    assert np.all(economy.flows >= 0)
    assert np.all(economy.output.sum(axis=1) > 0)
    assert np.all(economy.final_demand >= 0)
    assert np.all(economy.income > 0)
    assert np.all((economy.value_added_share > 0) & (economy.value_added_share <= 1))
    np.testing.assert_allclose(economy.value_added_share + economy.input_share.sum(axis=0), 1, rtol=1e-14)
    assert np.all(np.einsum("nns->ns", economy.tariffs) == 0)
    inactive = economy.spending == 0
    assert np.all(economy.final_demand[inactive] == 0)
    assert np.all(economy.input_share.transpose(1, 0, 2)[inactive] == 0)
    assert abs(economy.deficit.sum()) <= 1e-12 * economy.value_added.sum()
    np.testing.assert_allclose(economy.income, economy.final_demand.sum(axis=1), rtol=1e-10)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    io=st.booleans(),
    tariffs=st.booleans(),
    deficits=st.booleans(),
    zeros=st.floats(0, 0.6),
    transfer=st.sampled_from([0.0, 0.5, 0.9]),
)
def test_random_economies_are_valid(
    seed: int, io: bool, tariffs: bool, deficits: bool, zeros: float, transfer: float
) -> None:
    """Whatever the options, the economy is a valid baseline and the same seed gives it again."""
    options = {"io": io, "tariffs": tariffs, "deficits": deficits, "zeros": zeros, "transfer": transfer}
    economy = random_economy(np.random.default_rng(seed), **options)
    assert_valid(economy)
    assert np.all(economy.tariffs == 0) or tariffs
    assert np.all(economy.input_share == 0) or io
    if not deficits and transfer == 0:
        np.testing.assert_allclose(economy.deficit / economy.value_added, 0, atol=1e-11)
    again = random_economy(np.random.default_rng(seed), **options)
    np.testing.assert_array_equal(economy.flows, again.flows)


def test_a_country_can_pay_away_most_of_its_income() -> None:
    """Where nobody else pays, the first country's deficit is minus nine tenths of its value added, exactly."""
    economy = random_economy(np.random.default_rng(1), n=5, j=3, deficits=False, transfer=0.9)
    assert economy.deficit[0] / economy.value_added[0] == pytest.approx(-0.9, rel=1e-10)


def test_home_shares_and_elasticities_stay_in_their_range() -> None:
    """Ranges given are ranges kept."""
    economy = random_economy(
        np.random.default_rng(2), n=6, j=4, zeros=0.0, home_share=(0.5, 0.6), theta_range=(3.0, 4.0), tariffs=False
    )
    home = np.einsum("nns->ns", economy.flows) / economy.spending
    assert 0.5 <= home.min() <= home.max() <= 0.6
    assert np.all((economy.trade_elasticity >= 3) & (economy.trade_elasticity <= 4))


def test_zero_share_is_about_the_one_asked_for() -> None:
    """60 % zeros means about 60 % of the foreign cells."""
    economy = random_economy(np.random.default_rng(3), n=8, j=6, zeros=0.6)
    assert 0.4 < np.mean(economy.flows[~np.eye(8, dtype=bool)] == 0) < 0.7


@pytest.mark.parametrize(("n", "j"), [(7, 33), (31, 40)])
def test_synthetic_world_is_as_described(n: int, j: int) -> None:
    """Value added share, zeros, deficits, non-traded services, names and determinism of the bench worlds."""
    economy = synthetic_world(n, j, 0)
    assert_valid(economy)
    assert economy.countries[:2] == ("USA", "CHN")
    assert economy.value_added.sum() / economy.output.sum() == pytest.approx(0.46, abs=0.04)
    assert 0.06 < np.mean(economy.flows == 0) < 0.12
    assert 0.005 < np.mean(np.abs(economy.deficit) / economy.income) < 0.05
    assert np.all((economy.trade_elasticity >= 2) & (economy.trade_elasticity <= 12))
    home = np.einsum("nns->ns", economy.flows) / economy.spending
    assert np.median(home[:, ~goods_sectors(j)]) > 0.95 > np.median(home[:, goods_sectors(j)])
    np.testing.assert_array_equal(economy.flows, synthetic_world(n, j, 0).flows)


def test_tariff_war_hits_the_two_on_goods() -> None:
    """The shock is 100 points both ways on goods and nothing else."""
    economy = synthetic_world(7, 33, 0)
    change = tariff_war(economy) - economy.tariffs
    expected = np.zeros_like(change)
    expected[0, 1, goods_sectors(33)] = expected[1, 0, goods_sectors(33)] = 1
    np.testing.assert_allclose(change, expected, atol=1e-15)


def test_edge_economies_are_valid() -> None:
    """The named edge cases are valid baselines and are what their names say."""
    for economy in (symmetric_world(), two_countries_one_sector(), disconnected_blocks(), near_autarky()):
        assert_valid(economy)
    assert np.all(disconnected_blocks().flows[:3, 3:] == 0)
    assert np.all(disconnected_blocks().flows[3:, :3] == 0)
    closed = near_autarky()
    assert 1 - np.einsum("nns->", closed.flows) / closed.flows.sum() < 1e-5
    np.testing.assert_allclose(symmetric_world().output, symmetric_world().output[0, 0], rtol=1e-13)


def test_stationary_vector_has_relative_accuracy() -> None:
    """Tiny entries of the stationary point are as accurate as large ones."""
    flow = np.array([[1 - 1e-12, 0.5], [1e-12, 0.5]])
    np.testing.assert_allclose(stationary_vector(flow)[1], 2e-12 / (1 + 2e-12), rtol=1e-14)
