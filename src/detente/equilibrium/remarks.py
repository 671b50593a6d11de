"""What a reader must know of a solve with instruments: where the numbers rest on an assumption rather than on data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from detente.core.arrays import Array, cells_where
from detente.core.certificate import Warn
from detente.core.instruments import DEMAND, GUARANTEE, Bound
from detente.equilibrium.assemble import receipts
from detente.equilibrium.shock import Shock

LARGE_RENT: Final = 0.05
"""Rents on a critical input above this part of its users' value added rest on rho."""
LARGE_SHARE: Final = 0.3
"""So does a critical input with more than this share of a user's cost."""
LARGE_WEDGE: Final = 50.0
"""And a buyer price of more than this many times the producer cost, plus one."""


def who_collects(bounds: Sequence[Bound]) -> str:
    """Return who collects or pays under instruments: "none", or the beneficiaries in words."""
    return ", ".join(sorted({bound.to for bound in bounds if bound.kind != DEMAND})) or "none"


def remarks(shock: Shock, stored: Mapping[str, Array]) -> tuple[Warn, ...]:
    """Return the warnings on instruments and critical inputs.

    Args:
        shock: what was solved. stored: its outputs, {} where there are none.
    """
    if not stored or (shock.plan is None and shock.nests is None):
        return ()
    return (*_wedges(shock, stored), *_guarantees(shock, stored), *_critical(shock, stored))


def _wedges(shock: Shock, stored: Mapping[str, Array]) -> Iterator[Warn]:
    if "wedge" not in stored:
        return
    wedge = np.asarray(stored["wedge"])
    o, d, s = (int(at) for at in np.unravel_index(int(wedge.argmax()), wedge.shape))
    if wedge[o, d, s] - 1 > LARGE_WEDGE:
        place = f"{shock.base.countries[o]}-{shock.base.countries[d]}-{shock.base.sectors[s]}"
        text = f"buyers pay {wedge[o, d, s]:.3g} times the cost on {place}: the result rests on elasticities, not data"
        yield Warn("large_wedge", text, "critical-inputs")


def _guarantees(shock: Shock, stored: Mapping[str, Array]) -> Iterator[Warn]:
    base = shock.base
    unit = float((stored["wage_hat"] * base.value_added).sum() / base.value_added.sum())
    for bound in shock.bounds:
        if bound.kind == GUARANTEE:
            origin, _, sector = bound.cells[0]
            cost = float(stored["cost_hat"][base.countries.index(origin), base.sectors.index(sector)])
            if float(bound.price or 0.0) * unit < cost:
                text = f"{bound.name or 'guarantee'}: the price {bound.price:.4g} is below the cost {cost / unit:.4g}"
                text += ": nobody would supply under it, and the producer pays the payer"
                yield Warn("guarantee_below_cost", text, "instruments")


def _critical(shock: Shock, stored: Mapping[str, Array]) -> Iterator[Warn]:
    """Yield where users of critical inputs pay so much that the substitution assumed decides the result."""
    if shock.nests is None:
        return
    base, nests = shock.base, shock.nests
    users = nests.share[..., 0] > 0
    share = np.where(users, np.asarray(stored["input_share_new"])[nests.good], 0.0)
    r, o, s = (int(at) for at in np.unravel_index(int(share.argmax()), share.shape))
    if share[r, o, s] > LARGE_SHARE:
        place = f"{base.sectors[nests.good[r]]} is {100 * share[r, o, s]:.3g} % of the cost of {base.sectors[s]}"
        text = f"{place} in {base.countries[o]}: the result rests on rho"
        yield Warn("critical_share", text, "critical-inputs")
    if "wedge" not in stored:
        return
    rents = np.zeros((len(base.countries), len(base.sectors)))
    cells = cells_where(np.asarray(stored["wedge"]) != 1)
    np.add.at(rents, cells[1:], stored["flows_new"][cells] * (1 - 1 / stored["wedge"][cells]))
    earned_by_users = (users * (stored["value_added_share_new"] * receipts(stored))).sum(axis=2)
    rents = rents[:, nests.good].T
    ratio = np.where(earned_by_users > 0, rents / np.where(earned_by_users > 0, earned_by_users, 1.0), 0.0)
    r, o = (int(at) for at in np.unravel_index(int(ratio.argmax()), ratio.shape))
    if ratio[r, o] > LARGE_RENT:
        place = f"rents on {base.sectors[nests.good[r]]} are {100 * ratio[r, o]:.3g} % of the value added of its users"
        yield Warn("critical_rents", f"{place} in {base.countries[o]}: the result rests on rho", "critical-inputs")
