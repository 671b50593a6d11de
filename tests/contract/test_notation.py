"""The dictionary of names holds every array of a result, with the axes that the arrays really have."""

from __future__ import annotations

import numpy as np
import pytest

import detente as dt
import economies
from detente.core.notation import notation
from detente.core.result import BASE_KEYS, INSTRUMENT_KEYS, MARKET_KEYS, NEW_KEYS


@pytest.mark.parametrize("name", [*BASE_KEYS, *NEW_KEYS, "output", "revenue"])
def test_every_array_is_in_the_dictionary(name: str) -> None:
    """A name that is stored, and not explained, would be jargon."""
    assert notation()[name].meaning


def test_axes_are_those_of_the_arrays() -> None:
    """Sizes differ by axis kind (4 countries, 3 sectors), so a wrong axis in the dictionary fails."""
    economy = economies.random_economy(np.random.default_rng(1), n=4, j=3)
    result = dt.solve(dt.Baseline.from_flows(**economy.inputs()))
    size = {"origin": 4, "dest": 4, "country": 4, "sector": 3, "input": 3}
    for name in (*BASE_KEYS, *NEW_KEYS):
        assert result[name].shape == tuple(size[axis] for axis in notation()[name].axes), name


def test_axes_of_what_market_structures_store() -> None:
    """The same for profits, varieties and labour."""
    economy = economies.random_economy(np.random.default_rng(1), n=4, j=1, io=False)
    result = dt.solve(dt.Baseline.from_flows(**economy.inputs()), market="melitz-pareto")
    size = {"origin": 4, "dest": 4, "country": 4, "sector": 1}
    for name in MARKET_KEYS:
        assert result[name].shape == tuple(size[axis] for axis in notation()[name].axes), name


def test_nothing_in_the_dictionary_is_orphaned() -> None:
    """Every entry names an array that a baseline or a result has."""
    known = {*BASE_KEYS, *NEW_KEYS, *INSTRUMENT_KEYS, *MARKET_KEYS, "output", "revenue"}
    assert set(notation()) == known
