"""A sector cut in two: part of every flow of a parent becomes a sector of its own, and no money appears or vanishes.

The new sector's sales are a share of the parent's in each cell. As a producer it has the parent's technology. As an
input, each user keeps what it spent on both: g_new + g_parent = old g_parent. A share that is the same in every cell
changes no result at all. A share that varies changes counterfactuals, as it should: an importer who buys the new good
from other origins than the rest of the parent is hit by other tariffs, and can no longer switch between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.aggregate_groups import CODE_LIMIT
from detente.baseline.baseline import ROUNDING, Baseline
from detente.baseline.derive import checked, derived_meta, with_remarks
from detente.core.arrays import Array, Float, frozen_array
from detente.core.codes import SERVICES
from detente.core.errors import DataError, Problem, nearest

TOLD: Final = 5


@dataclass(frozen=True, eq=False)
class Use:
    """Who buys the new sector, by destination.

    Attributes:
        share: (N, J) part of each user's purchases of the parent that is now the new sector; in [0, 1].
        final: (N,) the same for final demand.
        moved: (N,) money that did not fit where the weights asked for it and went elsewhere. [MUSD]
    """

    share: Float[Array, "country sector"]
    final: Float[Array, " country"]
    moved: Float[Array, " country"]


def split_sector(
    base: Baseline,
    parent: str,
    new: str,
    share_of_flow: Any,
    *,
    use_weight: Any = None,
    final_weight: Any = None,
    tariffs: Any = None,
    trade_elasticity: float | None = None,
    label: str = "",
    note: Mapping[str, Any] | None = None,
    id: str | None = None,
) -> Baseline:
    """Return the world with part of the sector `parent` as the sector `new`, which follows it in the list.

    Args:
        base: the world before. parent: a sector of it. new: a code that is free.
        share_of_flow: one number, or (N, N) origin, dest: the part of each flow of the parent, home sales too, that is
            the new sector. [share, 0 to 1]
        use_weight: (N, J) country, using sector: weights of the money that industries pay for the new sector; None is
            the parent's use. No user can buy more of it than it bought of the parent; what does not fit goes to others.
        final_weight: one number or (N,): part of spending on the new sector that is final demand; None is that of the
            parent. Bounded by the parent's final demand.
        tariffs: (N, N) origin, dest: rates on the new sector; None is the parent's, whose own rates stay. [fraction]
        trade_elasticity: theta of the new sector; None is the parent's.
        label: the new sector in words. note: kept in `meta["satellites"][new]`, with what was computed.
        id: of the new world; default "<id>+<new>".
    Returns:
        The new world. Output, value added, deficits and input costs are those of `base`; revenue, income and final
        demand are too unless `tariffs` is given.
    Raises:
        DataError: unknown parent, a code that is taken, wrong shapes, shares outside 0 to 1, or a world that fails a
            check; all at once.
    Source: MODEL section 11, the split of critical inputs from their parent; own.
    """
    given = _Given(base, parent, new)
    n, j = base.shape
    x = given.array("share_of_flow", share_of_flow, (n, n), low=0.0, high=1.0, filled=True)
    weights = given.array("use_weight", use_weight, (n, j), low=0.0)
    final = given.array("final_weight", final_weight, (n,), low=0.0, high=1.0, filled=True)
    rates = given.array("tariffs", tariffs, (n, n), low=-0.5)
    theta = given.elasticity(trade_elasticity)
    given.raise_all()
    p = base.sectors.index(parent)
    rates = np.array(base.tariffs[:, :, p] if rates is None else rates)
    arrays, use = _arrays(base, p, np.asarray(x), rates, weights, final)
    theta = float(base.trade_elasticity[p]) if theta is None else theta
    arrays["trade_elasticity"] = np.insert(base.trade_elasticity, p + 1, theta)
    facts = {**(note or {}), **_facts(base, p, np.asarray(x), use)}
    own = theta != base.trade_elasticity[p]
    draft = Baseline(
        id=id or f"{base.id}+{new}",
        countries=base.countries,
        sectors=(*base.sectors[: p + 1], new, *base.sectors[p + 1 :]),
        **{name: frozen_array(values) for name, values in arrays.items()},
        elasticity_set=f"{base.elasticity_set} with own values" if own else base.elasticity_set,
        meta=_meta(base, parent, new, facts, label, own),
    )
    draft = draft.replace(meta=with_remarks(draft.meta, _remarks(base, new, use)))
    return checked(draft)


class _Given:
    """The arguments as arrays, and every problem with them."""

    def __init__(self, base: Baseline, parent: str, new: str) -> None:
        self.base = base
        self.problems: list[Problem] = []
        if parent not in base.sectors:
            close = nearest(str(parent), base.sectors)
            expected = f"a sector of {base.id}"
            self.problems.append(Problem("", "parent", repr(parent), expected, repr(close) if close else ""))
        if not isinstance(new, str) or not new or new.strip() != new or not new.isprintable():
            self.problems.append(Problem("", "new", repr(new), "a code without blanks around it"))
        elif len(new) > CODE_LIMIT:
            self.problems.append(Problem("", "new", repr(new[:CODE_LIMIT]), f"a code of 1 to {CODE_LIMIT} characters"))
        elif new in base.sectors:
            self.problems.append(Problem("", "new", repr(new), f"a code that {base.id} does not have"))

    def elasticity(self, value: Any) -> float | None:
        """Return theta of the new sector, or None for that of the parent; its size is checked with the world."""
        try:
            return None if value is None else float(value)
        except (TypeError, ValueError):
            self.problems.append(Problem("", "trade_elasticity", repr(value)[:60], "one number, or None"))
            return None

    def array(
        self,
        name: str,
        values: Any,
        shape: tuple[int, ...],
        *,
        low: float,
        high: float = np.inf,
        filled: bool = False,
    ) -> Array | None:
        """Return an argument as a float64 array of its shape; `filled` lets one number stand for all cells."""
        if values is None:
            if name == "share_of_flow":
                self.problems.append(Problem("", name, "None", "a share from 0 to 1"))
            return None
        try:
            array = np.array(values, dtype=np.float64)
        except (TypeError, ValueError):
            self.problems.append(Problem("", name, "something that is not numbers", f"an array of shape {shape}"))
            return None
        if filled and array.ndim == 0:
            array = np.full(shape, float(array))
        if array.shape != shape:
            also = "one number or " if filled else ""
            self.problems.append(Problem("", name, f"shape {array.shape}", f"{also}shape {shape}"))
            return None
        wrong = ~np.isfinite(array) | (array < low) | (array > high)
        if wrong.any():
            at = np.argwhere(wrong)[0]
            bounds = f"from {low:g} to {high:g}" if np.isfinite(high) else f"of at least {low:g}"
            found = f"{array[tuple(at)]:g} at {self._place(name, at)}, {int(wrong.sum())} such cells"
            self.problems.append(Problem("", name, found, f"finite numbers {bounds}"))
        return array

    def _place(self, name: str, at: Array) -> str:
        axes = [self.base.countries, self.base.sectors if name == "use_weight" else self.base.countries]
        return ", ".join(codes[int(i)] for codes, i in zip(axes, at, strict=False))

    def raise_all(self) -> None:
        if self.problems:
            raise DataError(problems=self.problems)


def _arrays(
    base: Baseline, p: int, x: Array, rates: Array, weights: Array | None, final_weight: Array | None
) -> tuple[dict[str, Array], Use]:
    """Return the arrays with the new sector at p + 1, trade elasticities left out; and who buys it."""
    flow = base.flows[:, :, p]
    part = x * flow
    spent = (part * (1 + rates)).sum(axis=0)
    left = ((flow - part) * (1 + base.tariffs[:, :, p])).sum(axis=0)
    use = _allocated(base, p, spent, left, weights, final_weight)
    index = np.insert(np.arange(len(base.sectors)), p + 1, p)
    flows, tariffs = base.flows[:, :, index], base.tariffs[:, :, index]
    flows[:, :, p], flows[:, :, p + 1], tariffs[:, :, p + 1] = flow - part, part, rates
    exogenous = base.final_exogenous[:, index]
    exogenous[:, p + 1] = use.final * base.final_exogenous[:, p]
    exogenous[:, p] -= exogenous[:, p + 1]
    inputs = base.input_share[index][:, :, index]
    inputs[p + 1] = use.share[:, index] * inputs[p]
    inputs[p] -= inputs[p + 1]
    arrays = {
        "flows": flows,
        "tariffs": tariffs,
        "value_added_share": base.value_added_share[:, index],
        "input_share": inputs,
        "final_exogenous": exogenous,
    }
    return arrays, use


def _allocated(
    base: Baseline, p: int, spent: Array, left: Array, weights: Array | None, final_weight: Array | None
) -> Use:
    """Return how the spending on the new sector is divided among users and final demand of each country.

    Args:
        spent: (N,) spending on the new sector. left: (N,) on what remains of the parent. [MUSD, tariff included]
        weights: (N, J) of industries, or None. final_weight: (N,) or None.
    """
    n, _ = base.shape
    use = base.input_share[p] * base.output
    both = spent + left
    demand = both - use.sum(axis=1)
    demand = np.where(np.abs(demand) <= ROUNDING * both, 0.0, demand)
    typical = np.divide(spent, both, out=np.zeros(n), where=both > 0)
    wanted = demand / np.where(both > 0, both, 1.0) if final_weight is None else final_weight
    asked = use if weights is None else weights
    share, final, moved = np.empty_like(use), np.empty(n), np.zeros(n)
    for d in range(n):
        bought, to_final, moved[d] = _divided(spent[d], use[d], asked[d], demand[d], wanted[d], typical[d])
        share[d] = np.divide(bought, use[d], out=np.full(len(bought), typical[d]), where=use[d] > 0)
        final[d] = to_final / demand[d] if demand[d] else typical[d]
    gone, whole = (spent <= 0)[:, None], (left <= 0)[:, None]
    share = np.minimum(share, 1.0)  # a bound that was met may be above 1 by rounding
    share = np.where(gone, 0.0, np.where(whole, 1.0, share))
    return Use(share, final, moved)


def _divided(
    spent: float, use: Array, asked: Array, demand: float, wanted: float, typical: float
) -> tuple[Array, float, float]:
    """Return purchases by users, final demand, and what did not fit where it was asked for, in one country. [MUSD]

    Args:
        spent: to be divided. use: (J,) what users bought of the parent, the bound. asked: (J,) their weights.
        demand: final demand for the parent, the bound; where negative, it is cut in proportion, like inventories.
        wanted: part of `spent` that is asked to be final. typical: part of all spending on the parent that is new.
    """
    final = typical * demand if demand < 0 else min(wanted * spent, demand)
    rest = spent - final
    bought = _filled(rest, use, asked)
    over = rest - float(bought.sum())
    moved = abs(final - wanted * spent) if demand >= 0 else 0.0
    if over <= ROUNDING * spent:
        return bought, final, moved if moved > ROUNDING * spent else 0.0
    room = np.append(use - bought, max(demand, 0.0) - max(final, 0.0))
    extra = _filled(over, room, room)
    return bought + extra[:-1], final + float(extra[-1]), moved + over


def _filled(amount: float, room: Array, weights: Array) -> Array:
    """Return `amount` spread in proportion to weights, nobody above its room; less in all if the room is too small."""
    placed = np.zeros_like(room)
    open_ = (weights > 0) & (room > 0)
    while amount > 0 and open_.any():
        step = amount / weights[open_].sum() * weights
        full = open_ & (step >= room)
        if not full.any():
            return np.where(open_, step, placed)
        placed = np.where(full, room, placed)
        amount -= float(room[full].sum())
        open_ &= ~full
    return placed


def _facts(base: Baseline, p: int, x: Array, use: Use) -> dict[str, Any]:
    flow = base.flows[:, :, p]
    foreign = ~np.eye(len(flow), dtype=bool)
    trade = float((x * flow)[foreign].sum())
    cells = x[flow > 0]
    return {
        "parent": base.sectors[p],
        "output_musd": float((x * flow).sum()),
        "share_of_parent": float((x * flow).sum() / flow.sum()) if flow.sum() else 0.0,
        "foreign_trade_musd": trade,
        "share_of_flow": {"min": float(cells.min()), "max": float(cells.max())} if cells.size else {},
        "use_moved_musd": {base.countries[d]: float(use.moved[d]) for d in np.flatnonzero(use.moved)},
    }


def _meta(base: Baseline, parent: str, new: str, facts: Mapping[str, Any], label: str, own: bool) -> Mapping[str, Any]:
    satellites = {**base.meta.get("satellites", {}), new: MappingProxyType(dict(facts))}
    changes: dict[str, Any] = {"satellites": MappingProxyType(satellites)}
    services = tuple(base.meta.get("services", SERVICES))
    if parent in services:
        changes["services"] = (*services, new)
    elif new in services:
        changes["services"] = tuple(code for code in services if code != new)
    if label:
        changes["sector_labels"] = MappingProxyType({**base.meta.get("sector_labels", {}), new: label})
    spread = base.meta.get("elasticity_spread")
    if spread and not own:
        changes["elasticity_spread"] = MappingProxyType(
            {name: MappingProxyType(_with(values, parent, new)) for name, values in spread.items()}
        )
    share = 100 * facts["share_of_parent"]
    return derived_meta(base, f"{new} split from {parent}: {share:.4g} % of its sales", changes)


def _with(values: Mapping[str, float], parent: str, new: str) -> dict[str, float]:
    return {**values, new: values[parent]} if parent in values else dict(values)


def _remarks(base: Baseline, new: str, use: Use) -> tuple[str, ...]:
    moved = [int(d) for d in np.argsort(-use.moved, kind="stable") if use.moved[d] > 0]
    if not moved:
        return ()
    shown = ", ".join(f"{base.countries[d]} {use.moved[d]:.6g}" for d in moved[:TOLD])
    more = f" and {len(moved) - TOLD} more" if len(moved) > TOLD else ""
    total = f"{use.moved.sum():.6g} MUSD"
    return (f"split of {new}: {total} did not fit where weights put it (bounded by the parent): {shown}{more}",)
