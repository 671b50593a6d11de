"""What an instrument must say: each mistake has a sentence, all mistakes come together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.core.instruments import NEEDS
from laws.levers import KINDS, binding, bound, code, world

BASE = world(0)
A, B, C, _ = BASE.countries
S = BASE.sectors[0]
CELL = ((A, B, S),)


def refused(*bounds: Any, tariffs: Any = None) -> str:
    """Return the message that some instruments are refused with."""
    with pytest.raises(dt.DataError) as error:
        dt.Wedges(tariffs, bounds=bounds).validated(BASE)
    return str(error.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_instrument_is_accepted(kind: str) -> None:
    assert dt.Wedges(bounds=(binding(BASE, kind),)).validated(BASE).bounds[0].kind == kind


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        (dt.Bound("embargo", CELL), "'embargo'"),
        (dt.Bound(["quota"], CELL, volume=1.0), "one of fixed"),  # type: ignore[arg-type]
        (dt.Bound("quota", CELL), "volume: found None; expected a finite number"),
        (dt.Bound("quota", CELL, volume=float("nan")), "nan"),
        (dt.Bound("quota", CELL, volume=True), "True"),
        (dt.Bound("quota", CELL, volume="0.7"), "'0.7'"),  # type: ignore[arg-type]
        (dt.Bound("quota", CELL, volume=-0.1), "at least 0"),
        (dt.Bound("minimum", CELL, volume=0.0), "above 0 otherwise"),
        (dt.Bound("quota", CELL, volume=0.7, rate=0.1), "rate: found 0.1; expected none"),
        (dt.Bound("fixed", CELL, rate=-1.0), "above -1"),
        (dt.Bound("price-floor", CELL, price=0.0), "above 0"),
        (dt.Bound("minimum-value", CELL, value_musd=-5.0), "above 0"),
        (dt.Bound("quota", (), volume=0.7), "at least one"),
        (dt.Bound("quota", CELL * 2, volume=0.7), "a cell twice"),
        (dt.Bound("quota", "ab", volume=0.7), "a tuple of"),  # type: ignore[arg-type]
        (dt.Bound("quota", ([A, B, S],), volume=0.7), "(origin, dest, sector)"),  # type: ignore[arg-type]
        (dt.Bound("quota", ((A, B),), volume=0.7), "(origin, dest, sector)"),  # type: ignore[arg-type]
        (dt.Bound("quota", ((A, "C1", S),), volume=0.7), "try C01"),
        (dt.Bound("quota", CELL, volume=0.7, to="nobody"), "'nobody'"),
        (dt.Bound("minimum", CELL, volume=1.2, to="lost"), "who pays"),
        (dt.Bound("minimum-value", CELL, value_musd=1.2, to="lost"), "who pays"),
        (dt.Bound("guarantee", CELL, price=1.2, volume=1.0, to="lost"), "who pays"),
        (dt.Bound("guarantee", ((A, B, S), (C, B, S)), price=1.2, volume=1.0), "several producers"),
        (dt.Bound("guarantee", ((A, B, S), (A, C, S)), price=1.2, volume=1.0, to="importer"), "with several of them"),
        (dt.Bound("demand", CELL, value_musd=1.0), "who buys is the dest"),
        (dt.Bound("demand", CELL, value_musd=1.0, to=C), "who buys is the dest"),
        ("quota", "dt.Bound(kind"),
    ],
)
def test_every_mistake_has_a_sentence(lever: Any, said: str) -> None:
    assert said in refused(lever)


def test_problems_come_together_and_by_name() -> None:
    text = refused(dt.Bound("quota", CELL, name="first"), dt.Bound("fixed", CELL, rate=-2.0), dt.Bound("x", CELL))
    assert "wedges.bounds[0] (first)" in text
    assert "wedges.bounds[1]" in text
    assert "wedges.bounds[2]" in text


def test_one_bound_of_a_kind_for_a_cell() -> None:
    """Two quotas on a cell would have two wedges for one condition; fees, and bounds of other kinds, may share it."""
    quota = bound(BASE, "quota", volume=0.7)
    assert "bounded by wedges.bounds[0] already" in refused(quota, bound(BASE, "quota", volume=0.5))
    fees = (bound(BASE, "fixed", rate=0.1), bound(BASE, "fixed", rate=0.1), quota, binding(BASE, "minimum"))
    assert len(dt.Wedges(bounds=fees).validated(BASE).bounds) == 4


def test_a_tariff_rate_quota_has_one_low_tariff_below_the_high_one() -> None:
    low = float(BASE.tariffs[0, 1, 0])
    assert "a higher rate" in refused(bound(BASE, "tariff-rate-quota", volume=0.5, rate=low - 0.01))
    rates = np.array(BASE.tariffs)
    rates[2, 1, 0] = rates[0, 1, 0] + 0.2
    lever = bound(BASE, "tariff-rate-quota", (0, 1, 0), (2, 1, 0), volume=0.5, rate=0.9)
    assert "2 different tariffs" in refused(lever, tariffs=rates)
    assert "below the tariff" in refused(
        bound(BASE, "tariff-rate-quota", (2, 1, 0), volume=1.0, rate=low), tariffs=rates
    )


def test_cells_without_trade() -> None:
    """A bound relative to nothing means nothing."""
    flows = np.array(BASE.flows)
    flows[0, 1, 0] = 0.0
    bare = BASE.replace(flows=flows)
    with pytest.raises(dt.DataError, match="no trade in the baseline on 1 cells"):
        dt.Wedges(bounds=(bound(bare, "quota", volume=0.5),)).validated(bare)
    some = bound(bare, "quota", (0, 1, 0), (2, 1, 0), volume=0.5)
    assert dt.Wedges(bounds=(some,)).validated(bare).bounds == (some,)


def test_every_kind_is_tested_here() -> None:
    assert set(KINDS) == set(NEEDS)
    assert code(BASE) == CELL[0]
