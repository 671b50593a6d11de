"""Sentences on measures that are not what they look like: rows not matched, nothing touched, nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.instruments import FIXED, QUOTA, TARIFF_RATE_QUOTA
from detente.policy.instruments import Instruments
from detente.policy.stacking import Layer


@dataclass(frozen=True)
class Coverage:
    """What a measure touched.

    Attributes:
        rows_read, rows_matched: lines of its table (0 without a table). unmatched: what the baseline does not have.
        cells: number of (origin, dest, sector). trade_musd: baseline flows on them. assumed_rows: rows marked so.
    """

    measure: str
    rows_read: int
    rows_matched: int
    unmatched: tuple[str, ...]
    cells: int
    trade_musd: float
    assumed_rows: int = 0


def on_coverage(coverage: Sequence[Coverage]) -> list[str]:
    """Return sentences on rows that the baseline lacks and on measures that touch no trade."""
    warnings = []
    for each in coverage:
        if each.unmatched:
            shown = "; ".join(each.unmatched[:3]) + (" .." if len(each.unmatched) > 3 else "")
            warnings.append(
                f"{each.measure}: {each.rows_read} rows read, {each.rows_matched} matched, "
                f"{len(each.unmatched)} not in this baseline ({shown})"
            )
        if not each.trade_musd > 0:
            warnings.append(f"{each.measure}: touches no trade of this baseline, so it changes nothing")
    return warnings


def without_effect(
    base: Baseline, rates: Array | None, layers: Sequence[Layer], built: Mapping[str, Instruments]
) -> list[str]:
    """Return sentences on measures that change nothing: rates as they were, a cost, fee, tax or amount of zero."""
    nothing = [name for name, each in built.items() if len(each.cells) and _idle(base, each)]
    told = [f"{name}: adds nothing, so the measure changes nothing" for name in nothing]
    if rates is None:
        return told
    before = base.tariffs.reshape(-1)
    idle: dict[str, bool] = {}
    for layer in layers:
        same = bool((rates[layer.cells] == before[layer.cells]).all())
        idle[layer.measure] = idle.get(layer.measure, True) and same
    names = [name for name, same in idle.items() if same and name not in built]
    return [*told, *(f"{name}: leaves every rate as it is in the baseline" for name in names)]


def _idle(base: Baseline, built: Instruments) -> bool:
    """Return whether instruments are all of size zero."""
    added = built.demand is not None and built.demand.any()
    return built.cost in (None, 1.0) and not added and all(b.kind == FIXED and b.rate == 0 for b in built.bounds)


def caps_above_base(built: Mapping[str, Instruments]) -> list[str]:
    """Return sentences on caps that are not below the baseline."""
    kinds = (QUOTA, TARIFF_RATE_QUOTA)
    found = [
        (name, max(volumes))
        for name, each in built.items()
        if (volumes := [b.volume for b in each.bounds if b.kind in kinds and b.volume is not None and b.volume >= 1])
    ]
    return [f"{name}: a cap of {100 * most:.4g}% of base binds only if trade grows" for name, most in found]


def one_rate(built: Mapping[str, Instruments], tariffs: Array) -> list[str]:
    """Return sentences on tariff-rate quotas whose rate is the same on both sides of the volume, on every flow."""
    names = []
    for name, each in built.items():
        rates = [b.rate for b in each.bounds if b.kind == TARIFF_RATE_QUOTA]
        if rates and (np.array(rates) == tariffs[each.cells]).all():
            names.append(name)
    return [f"{name}: the same rate up to the volume and above it, so the volume changes nothing" for name in names]
