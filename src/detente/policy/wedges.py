"""What policy does to the world, in arrays: the only thing the equilibrium ever sees of a measure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array, frozen_array
from detente.core.errors import DataError, Problem
from detente.core.instruments import TARIFF_RATE_QUOTA, Bound, CriticalInput
from detente.core.once import Once
from detente.policy.bounds import check_bounds, check_critical

WORST = 3


@dataclass(frozen=True, eq=False)
class Wedges:
    """Policy after the change. `None` means: as in the baseline.

    Attributes:
        tariffs: (N, N, J) rate that dest levies on origin, all of it, not the change; 0 on the diagonal. [fraction]
        trade_cost_hat: (N, N, J) change of iceberg trade cost, tariff not in it; `inf` is an embargo. [ratio, > 0]
        bounds: instruments between producer and border: quotas, licences, price floors, export taxes, fees, purchases.
        final_exogenous: (N, J) final demand outside the budget shares after the change. [MUSD]
        critical: inputs that their users can hardly replace.
    """

    tariffs: Array | None = None
    trade_cost_hat: Array | None = None
    bounds: tuple[Bound, ...] = ()
    final_exogenous: Array | None = None
    critical: tuple[CriticalInput, ...] = ()

    def validated(self, base: Baseline, once: Once | None = None) -> Wedges:
        """Return the same wedges as frozen float64 arrays of the shapes of `base`.

        Args:
            base: the world. once: remembers what was checked for others; wedges may share arrays and tuples.
        Raises:
            DataError: wrong shape, not numbers, NaN or infinite, a tariff of -100 % or less, a trade cost change of
                zero or less, a tariff on home sales, an instrument that contradicts itself or another, unknown codes;
                all problems at once.
        """
        once = once or Once()
        tariffs, wrong_tariffs = _seen(once, _tariffs, self.tariffs, base)
        cost, wrong_cost = _seen(once, _trade_cost, self.trade_cost_hat, base)
        final, wrong_final = _seen(once, _final, self.final_exogenous, base)
        bounds, wrong_bounds = _several("bounds", self.bounds)
        critical, wrong_critical = _several("critical", self.critical)
        problems = [*wrong_tariffs, *wrong_cost, *wrong_final, *wrong_bounds, *wrong_critical]
        rated = any(isinstance(bound, Bound) and bound.kind == TARIFF_RATE_QUOTA for bound in bounds)
        beside = base.tariffs if tariffs is None or not rated else tariffs
        problems += once(check_bounds, bounds, base, beside, once)
        problems += once(check_critical, critical, base)
        if problems:
            raise DataError(problems=problems)
        return Wedges(tariffs, cost, bounds, final, critical)


def _seen(
    once: Once, check: Callable[[Any, Baseline], tuple[Array | None, list[Problem]]], values: Any, base: Baseline
) -> tuple[Array | None, list[Problem]]:
    """Return what a check says of values; it is asked once about an array that nobody can write to any more."""
    frozen = isinstance(values, np.ndarray) and values.base is None and not values.flags.writeable
    return once(check, values, base) if frozen else check(values, base)


def _tariffs(values: Any, base: Baseline) -> tuple[Array | None, list[Problem]]:
    n, j = base.shape
    tariffs, problems = _array("tariffs", values, (n, n, j))
    if tariffs is not None:
        _check_tariffs(tariffs, base, problems)
    return tariffs, problems


def _trade_cost(values: Any, base: Baseline) -> tuple[Array | None, list[Problem]]:
    n, j = base.shape
    cost, problems = _array("trade_cost_hat", values, (n, n, j))
    if cost is not None:
        wrong = np.isnan(cost) | ~(cost > 0)
        _report(wrong, cost, "trade_cost_hat", "ratios above 0; 1 is no change, inf an embargo", base, problems)
    return cost, problems


def _final(values: Any, base: Baseline) -> tuple[Array | None, list[Problem]]:
    final, problems = _array("final_exogenous", values, base.shape)
    if final is not None:
        _report(~np.isfinite(final), final, "final_exogenous", "finite amounts in MUSD", base, problems)
    return final, problems


def _several(name: str, values: Any) -> tuple[tuple[Any, ...], list[Problem]]:
    """Return a list of instruments or critical inputs; one alone is not a list."""
    if isinstance(values, Iterable) and not isinstance(values, str):
        return tuple(values), []
    return (), [Problem("wedges", name, type(values).__name__, f"a tuple, such as {name}=(..,)")]


def _array(name: str, values: Any, shape: tuple[int, ...]) -> tuple[Array | None, list[Problem]]:
    if values is None:
        return None, []
    axes = "origin, dest, sector" if len(shape) == 3 else "dest, sector"
    expected = f"an array of shape {shape} ({axes})"
    try:
        array = frozen_array(values)
    except (TypeError, ValueError):
        return None, [Problem("wedges", name, f"{type(values).__name__} that is not an array of numbers", expected)]
    if array.shape != shape:
        return None, [Problem("wedges", name, f"shape {array.shape}", expected)]
    return array, []


def _check_tariffs(tariffs: Array, base: Baseline, problems: list[Problem]) -> None:
    finite = np.isfinite(tariffs)
    _report(~finite, tariffs, "tariffs", "finite fractions; an embargo is trade_cost_hat = inf", base, problems)
    _report(finite & (tariffs <= -1), tariffs, "tariffs", "rates above -1; 0.25 is 25 %", base, problems)
    home = np.eye(len(base.countries), dtype=bool)[:, :, None] & finite & (tariffs != 0)
    _report(home, tariffs, "tariffs", "0 on home sales (origin = dest)", base, problems)


def _report(wrong: Array, values: Array, name: str, expected: str, base: Baseline, problems: list[Problem]) -> None:
    if not wrong.any():
        return
    cells = np.argwhere(wrong)
    shown = [f"{values[tuple(cell)]:g} at [{_place(cell, base)}]" for cell in cells[:WORST]]
    more = f" and {len(cells) - WORST} more" if len(cells) > WORST else ""
    problems.append(Problem("wedges", name, "; ".join(shown) + more, expected))


def _place(cell: Array, base: Baseline) -> str:
    return ", ".join([*(base.countries[i] for i in cell[:-1]), base.sectors[cell[-1]]])
