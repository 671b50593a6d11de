"""Step 2: shares of cost. Taxes less subsidies and other imports count as primary cost, with value added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.baseline.build.ledger import Entry
from detente.core.arrays import Array, Float

CAP: Final = 0.98
"""The largest sum of input shares: a cell that uses more than it sells is scaled to this, and recorded."""


@dataclass(frozen=True)
class Costs:
    """Shares in the cost of (origin, sector); they add to one.

    Attributes:
        value_added_share: primary cost. [share]
        input_share: input k in the cost of origin, sector. [share]
        entries: the cells that were capped, and the idle cells.
    """

    value_added_share: Float[Array, "origin sector"]
    input_share: Float[Array, "input origin sector"]
    entries: tuple[Entry, ...]


def cost_shares(
    use: Float[Array, "origin input sector"],
    output: Float[Array, "origin sector"],
    countries: Sequence[str],
    sectors: Sequence[str],
) -> Costs:
    """Return cost shares: input_share[k,o,s] = Z[o,k,s] / Y[o,s] and value_added_share = 1 - sum_k input_share.

    Where output is zero the cell produces nothing: value_added_share 1, input shares 0. Where inputs exceed 0.98 of
    output the input shares are scaled to sum to 0.98.
    Args:
        use: [MUSD]. output: [MUSD, >= 0]. countries, sectors: codes for the log.
    """
    idle = output <= 0
    share = np.where(idle[None], 0.0, np.moveaxis(use, 1, 0) / np.where(idle, 1.0, output))
    total = share.sum(axis=0)
    over = total > CAP
    capped = np.where(over[None], share * (CAP / np.where(over, total, 1.0)), share)
    entries = [
        Entry("inputs capped at 0.98", _cell(o, s, countries, sectors), float(total[o, s]), CAP, "share",
              float((total[o, s] - CAP) * output[o, s]))
        for o, s in np.argwhere(over)
    ]  # fmt: skip
    entries += [
        Entry("zero output", _cell(o, s, countries, sectors), float(use[o, :, s].sum()), 0.0, "MUSD",
              float(use[o, :, s].sum()))
        for o, s in np.argwhere(idle)
    ]  # fmt: skip
    return Costs(1.0 - capped.sum(axis=0), capped, tuple(entries))


def implied_final_demand(
    flows: Float[Array, "origin dest sector"],
    tariffs: Float[Array, "origin dest sector"],
    input_share: Float[Array, "input origin sector"],
) -> Float[Array, "dest sector"]:
    """Return final demand C_dk = sum_o F_odk (1 + t_odk) - sum_s input_share_kds Y_ds, tariffs included. [MUSD]

    This is what a baseline computes from the archive; a negative cell is an error unless its treatment is named.
    """
    spending = (flows * (1 + tariffs)).sum(axis=0)
    intermediate = (input_share * flows.sum(axis=1)[None]).sum(axis=2).T
    return np.asarray(spending - intermediate)


def _cell(o: int, s: int, countries: Sequence[str], sectors: Sequence[str]) -> str:
    return f"{countries[o]}/{sectors[s]}"
