"""What a government maximises: real income, or real income with weights on the sectors that earn it.

Source: Ossa (2014), lobbying; with value added in place of sales, so that inputs are not counted twice.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import UsageError
from detente.core.result import Result, World

PERCENT = 100.0


class Solved(Protocol):
    """A certified equilibrium whose arrays are read by name: a Result, or an evaluation of it."""

    @property
    def welfare_hat(self) -> Array: ...
    def __getitem__(self, name: str) -> Array: ...


def value_added_new(result: Result) -> Array:
    """Return value added by (country, sector) after the change: its share of what producers receive. [MUSD]"""
    receipts = (result.flows_new / result["wedge"] + result["rent_lost"]).sum(axis=1)
    return np.asarray(_share_new(result, result.baseline) * receipts)


def earned_new(solved: Solved, base: World) -> Array:
    """Return value added by (country, sector) after the change, of a result or of an evaluation. [MUSD]"""
    if isinstance(solved, Result):
        return value_added_new(solved)
    return np.asarray(_share_new(solved, base) * solved["receipts_new"])


def _share_new(solved: Any, base: World) -> Array:
    kept = solved.stored if isinstance(solved, Result) else solved.kept
    return np.asarray(kept.get("value_added_share_new", base.value_added_share))


def earned(base: World) -> Array:
    """Return value added by (country, sector) before. [MUSD]"""
    return np.asarray(base.value_added_share * base.output)


def political_hat(welfare_hat: Array, before: Array, after: Array, weights: Array) -> Array:
    """Return the change of a government's objective with weights on sectors.

    Equation: Ĝ_d = [ Σ_s λ_ds E'_ds / Σ_s λ_ds E_ds ] / P̂_d, with E_ds = (γ_ds Y_ds / V_d) (I_d − Σ_s Z_ds): the income
        of a country goes to the industries whose value added it is. So Ĝ_d = Ŵ_d Σ_s λ_ds e'_ds / Σ_s λ_ds e_ds, with e
        the shares in value added.
    Args:
        welfare_hat: (N,) real income. [ratio] before, after: (N, J) value added. [MUSD]
        weights: (N, J) λ, not negative; only their ratios matter.
    Laws: weights_of_one_are_real_income; scale_of_weights_is_irrelevant.
    """
    old, new = before / before.sum(axis=1, keepdims=True), after / after.sum(axis=1, keepdims=True)
    return np.asarray(welfare_hat * (weights * new).sum(axis=1) / (weights * old).sum(axis=1))


def log_points(hat: Array) -> Array:
    """Return payoffs U = 100 ln of a change. [log points]"""
    return np.asarray(PERCENT * np.log(hat))


def variation(welfare_hat: Array, base: World, members: Array) -> Array:
    """Return the equivalent variation of groups of economies. [MUSD]

    Args:
        welfare_hat: (N,). members: (players, N) 1 for an economy of a player, else 0.
    """
    return np.asarray(members @ (spendable(base) * (welfare_hat - 1)))


def spendable(base: World) -> Array:
    """Return income less demand outside the budget shares, (N,). [MUSD]"""
    return np.asarray(base.income - base.final_exogenous.sum(axis=1))


def payoffs(solved: Solved, base: World, members: Array, weights: Array | None = None) -> Array:
    """Return the payoff of each player.

    Args:
        solved: certified. base: the world before. members: (players, N) 1 for an economy of a player, else 0.
        weights: (players, J) on the sectors of players that are one economy; rows of ones are real income. None: all.
    Returns:
        100 ln of real income, or of the weighted objective; of a group, of the sum of its members' real income.
    Raises:
        UsageError: weights for a group.
    """
    hat = 1 + variation(solved.welfare_hat, base, members) / (members @ spendable(base))
    if weights is not None:
        political = (weights != weights[:, :1]).any(axis=1)
        if (political & (members.sum(axis=1) != 1)).any():
            raise UsageError("objective: found weights by sector for a group; expected them for economies alone")
        if political.any():
            before, after = earned(base), earned_new(solved, base)
            for player in np.flatnonzero(political):
                each = np.broadcast_to(weights[player], before.shape)
                hat[player] = political_hat(solved.welfare_hat, before, after, each)[members[player] > 0][0]
    return log_points(hat)
