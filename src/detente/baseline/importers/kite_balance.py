"""Spending that is consistent with given shares, tariffs and deficits: the re-balancing of share data.

X = alpha (V + R + D) + inputs, with V, R and inputs linear in X. World spending is what the iteration conserves, so the
solution is the one of the same size; it is found by repeating the equation, which needs no matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.core.arrays import Array, Float
from detente.core.errors import DataError, Problem

STEPS: Final = 20_000
CLOSE: Final = 1e-13


@dataclass(frozen=True, eq=False)
class Shares:
    """What is kept: axes are origin, dest, sector.

    Attributes:
        trade_share: of spending, tariff included; adds to 1 over origin. tariffs: rate. [fraction]
        value_added_share: of cost. input_share: (J, N, J) of cost; adds to 1 with it. final_share: of income.
    """

    trade_share: Float[Array, "origin dest sector"]
    tariffs: Float[Array, "origin dest sector"]
    value_added_share: Float[Array, "origin sector"]
    input_share: Float[Array, "input origin sector"]
    final_share: Float[Array, "dest sector"]


def flows_of(shares: Shares, spending: Float[Array, "dest sector"]) -> Float[Array, "origin dest sector"]:
    """Return flows at producer value, F = pi X / (1 + t). [MUSD]"""
    return np.asarray(shares.trade_share * spending / (1 + shares.tariffs))


def asked_for(shares: Shares, spending: Array, deficit: Array) -> Float[Array, "dest sector"]:
    """Return the spending that the incomes and inputs made by a spending ask for. [MUSD]"""
    flows = flows_of(shares, spending)
    output = flows.sum(axis=1)
    revenue = np.einsum("ods,ods->d", shares.tariffs, flows)
    income = (shares.value_added_share * output).sum(axis=1) + revenue + deficit
    return np.asarray(shares.final_share * income[:, None] + np.einsum("kds,ds->dk", shares.input_share, output))


def deficits(shares: Shares, spending: Array) -> Float[Array, " country"]:
    """Return imports less exports at border value. [MUSD]"""
    flows = flows_of(shares, spending)
    return np.asarray(flows.sum(axis=(0, 2)) - flows.sum(axis=(1, 2)))


def gaps(shares: Shares, spending: Array) -> Float[Array, "dest sector"]:
    """Return the relative distance of spending from what is asked for, by cell."""
    wanted = asked_for(shares, spending, deficits(shares, spending))
    return np.asarray(np.abs(wanted - spending) / np.where(spending > 0, spending, 1.0))


def balanced(shares: Shares, spending: Array, path: str) -> Float[Array, "dest sector"]:
    """Return consistent spending at the deficits of the given one, with the same world total.

    Args:
        shares: kept. spending: where to start; its deficits are kept. path: for the message.
    Raises:
        DataError: no such spending was found, or a country would have no income.
    """
    deficit = deficits(shares, spending)
    current = spending
    for _ in range(STEPS):
        wanted = asked_for(shares, current, deficit)
        step = float((np.abs(wanted - current) / np.where(current > 0, current, 1.0)).max())
        current = wanted
        if not np.isfinite(step) or (current < 0).any():
            break
        if step < CLOSE:
            return current
    found = f"shares and deficits for which no spending was found in {STEPS} steps"
    raise DataError(problems=[Problem(path, "treatment", found, "deficits that incomes can carry")])
