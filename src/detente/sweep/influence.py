"""Which assumption matters: parts of the variance and the ends of a tornado, from the draws themselves.

A number is fitted as a sum of curves, one for each assumption: y = mean + sum_i f_i(x_i), f_i a parabola (a line where
draws are few, one level a set where sets are drawn). Assumptions are independent, so var f_i / var y is the first-order
Sobol index of x_i. What the fit leaves over is interaction or sharper curvature, and is reported, not shared out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.core.arrays import Array
from detente.core.bands import Influence
from detente.sweep.factors import Factor, LogNormal, OneOf

PER_CURVE: Final = 3
"""Draws for each coefficient before parabolas are fitted; below that, lines, and below 2 nothing."""
PER_LINE: Final = 2


@dataclass(frozen=True)
class _Curves:
    """Centred regressors of one assumption: in the draws, and at its low and high ends."""

    draws: Array
    ends: Array


def influence(factors: Sequence[Factor], values: Array, sample: Array) -> Influence | None:
    """Return what each assumption does to each number, or None if there are too few draws to tell.

    Args:
        factors: what was drawn. values: (draw, factor). sample: (draw, variable, label), the same draws.
    Source: Sobol (1993) for the indices; fitted as in polynomial chaos without interactions. Shares are corrected for
        what noise alone would explain.
    """
    count = len(sample)
    for degree, least in ((2, PER_CURVE), (1, PER_LINE)):
        curves = [_curves(factor, values[:, k], degree) for k, factor in enumerate(factors)]
        terms = sum(each.draws.shape[1] for each in curves)
        if terms and count >= least * terms:
            return _fitted(curves, terms, sample)
    return None


def _curves(factor: Factor, values: Array, degree: int) -> _Curves:
    shape = factor.distribution
    if isinstance(shape, OneOf):
        chosen = (values[:, None] == np.arange(1, len(shape.names))).astype(float)
        every = np.eye(len(shape.names))[:, 1:]
        return _Curves(chosen - chosen.mean(axis=0), every - chosen.mean(axis=0))
    low, _, high = shape.span
    seen, ends = values, np.array([low, high])
    if isinstance(shape, LogNormal):
        seen, ends = np.log(seen), np.log(ends)
    scale = seen.std() or 1.0
    seen, ends = (seen - seen.mean()) / scale, (ends - seen.mean()) / scale
    powers = np.arange(1, degree + 1)
    draws, at_ends = seen[:, None] ** powers, ends[:, None] ** powers
    return _Curves(draws - draws.mean(axis=0), at_ends - draws.mean(axis=0))


def _fitted(curves: Sequence[_Curves], terms: int, sample: Array) -> Influence:
    count, shape = len(sample), sample.shape[1:]
    y = sample.reshape(count, -1)
    mean, centred = y.mean(axis=0), y - y.mean(axis=0)
    total = (centred**2).sum(axis=0)
    weights = np.linalg.lstsq(np.concatenate([each.draws for each in curves], axis=1), centred, rcond=None)[0]
    left = centred.copy()
    parts, lows, highs, first = [], [], [], 0
    for each in curves:
        mine = weights[first : first + each.draws.shape[1]]
        first += len(mine)
        fitted, ends = each.draws @ mine, each.ends @ mine
        left -= fitted
        parts.append((fitted**2).sum(axis=0))
        lows.append(mean + (ends[0] if len(ends) == 2 else ends.min(axis=0)))
        highs.append(mean + (ends[-1] if len(ends) == 2 else ends.max(axis=0)))
    noise = (left**2).sum(axis=0) / max(1, count - terms - 1)
    moving = total > 1e-24 * count * (1.0 + mean**2)
    safe = np.where(moving, total, 1.0)
    sizes = np.array([each.draws.shape[1] for each in curves])[:, None]
    share = np.where(moving, np.clip((np.array(parts) - sizes * noise) / safe, 0.0, 1.0), 0.0)
    explained = np.where(moving, np.clip(1 - noise * (count - 1) / safe, 0.0, 1.0), 1.0)
    return Influence(
        share.reshape(-1, *shape), np.array(lows).reshape(-1, *shape), np.array(highs).reshape(-1, *shape),
        explained.reshape(shape),
    )  # fmt: skip
