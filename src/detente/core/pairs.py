"""Trade and average tariffs between pairs of economies: the goods and services of a result added over sectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.codes import SERVICES, WORLD

if TYPE_CHECKING:
    from detente.core.result import Result

PAIR_VALUES: Final = (
    "value_musd",
    "value_new_musd",
    "change_musd",
    "change_pct",
    "tariff_pct",
    "tariff_new_pct",
)


def pair_columns(result: Result) -> dict[str, list[Any]]:
    """Return table "pairs": origin, dest, and PAIR_VALUES.

    Values are at border value over all sectors. Average tariffs are over sectors that are not services, weighted with
    the flows before, so that they say what changed in law and not how trade answered. Origin WORLD is all partners.

    Raises:
        SolveError: the result is not certified.
    """
    base, countries = result.baseline, result.countries
    old, new = _foreign(base.flows), _foreign(result.flows_new)
    goods = [s for s, code in enumerate(result.sectors) if code not in base.meta.get("services", SERVICES)]
    weights = old[:, :, goods]
    value, value_new, weight = (_with_world(array.sum(axis=2)) for array in (old, new, weights))
    duty = _with_world((weights * base.tariffs[:, :, goods]).sum(axis=2))
    duty_new = _with_world((weights * result.tariffs_new[:, :, goods]).sum(axis=2))
    change = value_new - value
    computed = (
        value,
        value_new,
        change,
        100 * change / np.where(value > 0, value, 1.0),
        100 * duty / np.where(weight > 0, weight, 1.0),
        100 * duty_new / np.where(weight > 0, weight, 1.0),
    )
    origins, dests = np.nonzero(value > 0)
    labels = (*countries, WORLD)
    columns: dict[str, list[Any]] = {
        "origin": [labels[o] for o in origins],
        "dest": [countries[d] for d in dests],
    }
    for name, array in zip(PAIR_VALUES, computed, strict=True):
        columns[name] = array[origins, dests].tolist()
    return columns


def _foreign(flows: Array) -> Array:
    """Return flows without home sales."""
    n = np.arange(len(flows))
    foreign = np.array(flows)
    foreign[n, n] = 0.0
    return foreign


def _with_world(bilateral: Array) -> Array:
    """Return bilateral sums with a last row for all origins together."""
    return np.concatenate([bilateral, bilateral.sum(axis=0, keepdims=True)])
