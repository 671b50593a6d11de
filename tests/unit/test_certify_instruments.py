"""The certificate against spoilt instruments: every array, every entry that matters, every bound."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import detente as dt
from detente.certify import recompute
from detente.certify.grade import THRESHOLD
from laws.levers import KINDS, binding, solved, world
from unit.test_model_wedge import critical, everything

ARRAYS = (
    "wedge", "bound_wedge", "rent_exporter", "rent_importer", "rent_other", "rent_lost", "transfer_new",
    "directed_new", "value_added_share_new", "input_share_new", "critical_share", "substitution",
)  # fmt: skip


@cache
def whole() -> dt.Result:
    """Return a result with every kind of instrument and two critical inputs, solved."""
    base = world(0)
    return solved(base, *everything(base), critical=critical(base))


def residuals(result: dt.Result, arrays: dict[str, np.ndarray], bounds: tuple[dt.Bound, ...] | None = None) -> float:
    found = recompute(
        arrays, result.closure, result.countries, result.sectors, result.bounds if bounds is None else bounds
    )
    return max(value for value, _ in found.values())


def test_untouched_it_passes() -> None:
    assert whole().certificate.status == "CERTIFIED"
    assert residuals(whole(), whole().arrays) <= THRESHOLD


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("size", [1e-6, -1e-3])
def test_every_stored_array_matters(name: str, size: float) -> None:
    """The largest entry off by a little, and the array left at its default."""
    arrays = whole().arrays
    rest = 1.0 if name in ("wedge", "bound_wedge", "substitution") else 0.0
    array = np.array(arrays[name])
    place = int(np.abs(array - rest).argmax())
    array.flat[place] += size * max(abs(array.flat[place]), 1e-3)
    assert residuals(whole(), arrays | {name: array}) > THRESHOLD
    assert residuals(whole(), arrays | {name: np.full_like(array, rest)}) > THRESHOLD


@pytest.mark.parametrize("number", range(13))
@pytest.mark.parametrize("name", ["volume", "rate", "value_musd", "price"])
def test_every_level_of_every_bound_matters(number: int, name: str) -> None:
    """A bound other than the one that was solved is not met, unless it binds nobody either way."""
    bounds = whole().bounds
    value = getattr(bounds[number], name)
    if value is None:
        pytest.skip("this kind has no such level")
    unbound = bounds[number].kind == "quota" and whole()["bound_wedge"][number] == 1
    slack = unbound or (number == 3 and whole()["wedge"][3, 0, 1] == 1)
    inside = name == "rate" and bounds[number].kind == "tariff-rate-quota"
    other = tuple(replace(b, **{name: 1.01 * value}) if i == number else b for i, b in enumerate(bounds))
    assert residuals(whole(), whole().arrays, other) > THRESHOLD or slack or inside


@pytest.mark.parametrize("kind", KINDS)
def test_who_gets_the_money_matters(kind: str) -> None:
    """Another owner than the one that was paid is seen."""
    base = world(1)
    result = solved(base, binding(base, kind))
    for to in ("exporter", base.countries[3], "lost"):
        if kind == "demand" or (to == "lost" and kind == "guarantee"):
            continue
        assert residuals(result, result.arrays, (replace(result.bounds[0], to=to),)) > THRESHOLD


def test_trade_in_spite_of_an_embargo_is_seen() -> None:
    """A quota of zero is held against the flows, not taken at its word."""
    base = world(1)
    result = solved(base, binding(base, "quota"))
    assert residuals(result, result.arrays, (replace(result.bounds[0], volume=0.0),)) > THRESHOLD


def test_more_or_fewer_bounds_than_wedges_are_seen() -> None:
    """Every wedge belongs to an instrument."""
    base = world(1)
    result = solved(base, binding(base, "quota"))
    assert residuals(result, result.arrays, (*result.bounds, *result.bounds)) > THRESHOLD


def test_rents_are_named_in_the_certificate() -> None:
    """Who collects is part of the closure that a reader sees."""
    base = world(1)
    assert solved(base, binding(base, "quota", to="lost")).certificate.closure["rents"] == "lost"
    assert dt.solve(base).certificate.closure["rents"] == "none"
