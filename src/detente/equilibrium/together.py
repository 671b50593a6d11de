"""The economies of several shocks on one baseline as one: what they share is dense, what they change is a list.

Factors that all of them have are those of the batch; cells where they differ are added scenario by scenario.
Instruments stand side by side: the batch has the cells, links and bounds of all scenarios, each at its own levels, and
where a scenario lacks an instrument its wedge is one that is held at zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array, cells_where
from detente.core.instruments import Bound
from detente.core.once import Once
from detente.equilibrium.assemble import Seat
from detente.equilibrium.connect import Links
from detente.equilibrium.instruments import Plan, placed
from detente.equilibrium.shock import Shock
from detente.model.economy import Economy
from detente.model.trade import Cells, cell_factors
from detente.model.wedge import Wedges, without_cells


@dataclass(frozen=True)
class Place:
    """Where the cells, links and bounds of one scenario's instruments are among those of all."""

    cell: Array
    link: Array
    bound: Array


@dataclass(frozen=True)
class SideBySide:
    """The instruments of several scenarios.

    Attributes:
        plan: one plan with the cells, links and bounds of all, at levels that say nothing; None without any.
        places: by scenario; None where it has no instruments.
    """

    plan: Plan | None
    places: tuple[Place | None, ...]

    @property
    def bounds(self) -> int:
        """Return the number of bounds of all."""
        return 0 if self.plan is None else len(self.plan.bounds)

    def some(self, scenarios: Sequence[int]) -> SideBySide:
        """Return the same for some of the scenarios: the others lack all that they have."""
        return replace(self, places=tuple(self.places[at] for at in scenarios))

    def bound(self, scenario: int) -> Array:
        """Return the bounds of a scenario among those of all, in its own order."""
        place = self.places[scenario]
        return np.zeros(0, dtype=np.int64) if place is None else place.bound


def side_by_side(base: Baseline, plans: Sequence[Plan | None]) -> tuple[SideBySide, list[bool]]:
    """Return instruments side by side; the same instrument (kind, cells, owner of the rent) is there once.

    Args:
        base: the world. plans: of the scenarios; None without instruments.
    Returns:
        The instruments, and which scenarios are among them: the instruments of a cell keep their order, so a plan that
        has two of them the other way round than one before it is left out.
    """
    slots, fits = _slots(plans)
    if not slots:
        return SideBySide(None, (None,) * len(plans)), fits
    plan = placed(base, [bound for _, bound in slots])
    if plan is None:
        raise TypeError("instruments that are placed one by one can be placed together")
    rank_of = {id(bound): rank for rank, bound in enumerate(plan.chosen)}
    slot_rank = {key: rank_of[id(bound)] for key, bound in slots}
    known: dict[int, Place] = {}
    places: list[Place | None] = []
    for one, fit in zip(plans, fits, strict=True):
        if one is not None and fit and id(one) not in known:
            known[id(one)] = _place(base, plan, one, [slot_rank[key] for key in _keys(one)])
        places.append(None if one is None else known.get(id(one)))
    return SideBySide(plan, tuple(places)), fits


_Key = tuple[str, tuple[tuple[str, str, str], ...], str, int]


def _keys(plan: Plan) -> list[_Key]:
    """Return what makes each instrument of a plan the same as one of another: all but its level and its name."""
    seen: dict[tuple[str, tuple[tuple[str, str, str], ...], str], int] = {}
    keys = []
    for bound in plan.chosen:
        key = (bound.kind, tuple(bound.cells), bound.to)
        seen[key] = seen.get(key, -1) + 1
        keys.append((*key, seen[key]))
    return keys


def _slots(plans: Sequence[Plan | None]) -> tuple[list[tuple[_Key, Bound]], list[bool]]:
    """Return the instruments of all plans, those of a kind in an order that is that of each; and which plans fit."""
    order: dict[str, list[_Key]] = defaultdict(list)
    bound_of: dict[_Key, Bound] = {}
    verdict: dict[int, bool] = {}
    for plan in plans:
        if plan is None or id(plan) in verdict:
            continue
        bounds = dict(zip(_keys(plan), plan.chosen, strict=True))
        of_kind = {kind: [key for key in bounds if key[0] == kind] for kind in dict.fromkeys(key[0] for key in bounds)}
        verdict[id(plan)] = all(_in_order(order[kind], keys) for kind, keys in of_kind.items())
        if verdict[id(plan)] and any(key not in bound_of for key in bounds):
            order |= {kind: _merged(order[kind], keys) for kind, keys in of_kind.items()}
            bound_of |= {key: replace(bound) for key, bound in bounds.items() if key not in bound_of}
    slots = [(key, bound_of[key]) for keys in order.values() for key in keys]
    return slots, [plan is None or verdict[id(plan)] for plan in plans]


def _in_order(order: Sequence[_Key], keys: Sequence[_Key]) -> bool:
    """Return whether what two lists have in common stands in the same order."""
    at = {key: position for position, key in enumerate(order)}
    known = [at[key] for key in keys if key in at]
    return known == sorted(known)


def _merged(order: Sequence[_Key], keys: Sequence[_Key]) -> list[_Key]:
    """Return two lists as one in which both keep their order; what only one has stands after what comes before it."""
    mine, position = set(order), 0
    merged: list[_Key] = []
    for key in keys:
        if key in mine:
            end = order.index(key, position) + 1
            merged += order[position:end]
            position = end
        else:
            merged.append(key)
    return [*merged, *order[position:]]


def _place(base: Baseline, together: Plan, one: Plan, ranks: Sequence[int]) -> Place:
    """Return where the instruments of one plan are; ranks: of its instruments among those of all."""
    rank = np.array(ranks, dtype=np.int64)
    cell = np.searchsorted(_code(base, together.wedges), _code(base, one.wedges))
    count = len(together.chosen)
    link = np.searchsorted(
        together.wedges.links.cell * count + together.owner, cell[one.wedges.links.cell] * count + rank[one.owner]
    )
    number = {id(bound): at for at, bound in enumerate(together.bounds)}
    of = {id(bound): together.chosen[at] for bound, at in zip(one.chosen, ranks, strict=True)}
    return Place(cell, link, np.array([number[id(of[id(bound)])] for bound in one.bounds], dtype=np.int64))


def _code(base: Baseline, wedges: Wedges) -> Array:
    n, j = base.shape
    return np.asarray((wedges.origin * n + wedges.dest) * j + wedges.sector)


@dataclass(frozen=True)
class Change:
    """The cells (origin, dest, sector) of a shock outside its instruments, and what they add to the shared factors."""

    cells: tuple[Array, ...]
    A: Array
    B: Array


@dataclass(frozen=True)
class Together:
    """The shared economy of a batch, and what each scenario adds to it.

    Attributes:
        econ: factors that all scenarios have, cells of instruments taken out. found: connected parts of its trade.
        changes, Z, wedges, theta, rho: by scenario, all but the first along a trailing axis; rho is None without
        critical inputs. instruments: where each has its own.
    """

    econ: Economy
    found: Links
    changes: tuple[Change, ...]
    Z: Array
    wedges: Wedges | None
    theta: Array
    rho: Array | None
    instruments: SideBySide

    @property
    def everyone(self) -> Array:
        """Return the positions of all scenarios."""
        return np.arange(len(self.changes))

    @cached_property
    def dense(self) -> Array:
        """Return the spending factors that all scenarios have, (origin, dest, sector) and contiguous."""
        return np.ascontiguousarray(self.econ.trade.A.transpose(2, 1, 0))

    def own(self, z: Array, scenario: int) -> Array:
        """Return the unknowns (unknown,) of a scenario as its own economy lays them out."""
        first = len(z) - self.instruments.bounds
        return np.concatenate([z[:first, scenario], z[first:, scenario][self.instruments.bound(scenario)]])

    def seat(self, scenario: int) -> Seat:
        """Return where a scenario sits in the economy of everyone."""
        change = self.changes[scenario]
        factors = self.dense[change.cells] + change.A
        return Seat(scenario, self.dense, change.cells, factors, self.instruments.bound(scenario))

    def of(self, inside: Array) -> Economy:
        """Return the economy of some of the scenarios, given their positions."""
        econ, changes = self.econ, [self.changes[at] for at in inside]
        b, j = len(changes), econ.shape[1]
        wedges = None if self.wedges is None else _columns(self.wedges, inside)
        nests = None if econ.nests is None or self.rho is None else replace(econ.nests, rho=self.rho[..., inside])
        econ = replace(econ, Z=self.Z[..., inside], wedges=wedges, theta=self.theta[:, inside], nests=nests)
        if not any(len(change.A) for change in changes):
            return econ
        o, d, s = (np.concatenate([change.cells[axis] for change in changes]) for axis in range(3))
        column = np.repeat(np.arange(b), [len(change.A) for change in changes])
        A, B = (np.concatenate([getattr(change, name) for change in changes]) for name in ("A", "B"))
        home, B_home = o == d, econ.trade.B_home
        if home.any():
            B_home = np.repeat(B_home, b, axis=2)
            B_home[o[home], s[home], column[home]] += B[home]
        cells = Cells((d * j + s) * b + column, (o * j + s) * b + column, A, np.where(home, 0.0, B))
        return replace(econ, trade=replace(econ.trade, B_home=B_home, cells=cells))


def together(shocks: Sequence[Shock], instruments: SideBySide) -> Together:
    """Return the economy of shocks on one baseline under one closure, with the same users of critical inputs.

    Args:
        shocks: none of them may cut a pair of countries off from each other. instruments: theirs, in the same order.
    """
    once = Once()
    t, kappa = shared_barriers(shocks)
    common = replace(shocks[0], t_new=t, plan=None, kappa_hat=None if (kappa == 1).all() else kappa)
    econ, found = common.economy()
    changes = tuple(once(_change, shock.t_new, shock.kappa_hat, shock.elasticities, common, econ) for shock in shocks)
    Z = np.stack([shock.Z_new for shock in shocks], axis=2)
    theta = np.stack([shock.elasticities for shock in shocks], axis=1)
    nests = [shock.nests.rho[..., 0] for shock in shocks if shock.nests is not None]
    rho = np.stack(nests, axis=2) if nests else None
    if instruments.plan is None:
        return Together(econ, found, changes, Z, None, theta, rho, instruments)
    wedges = _wedges(instruments, instruments.plan, shocks)
    cells = (wedges.origin, wedges.dest, wedges.sector)
    taken = np.zeros(common.base.flows.shape, dtype=bool)
    taken[cells] = True
    return Together(
        replace(econ, trade=without_cells(econ.trade, cells)),
        found,
        tuple(once(_outside, change, taken) for change in changes),
        Z,
        wedges,
        theta,
        rho,
        instruments,
    )


def differing(shocks: Sequence[Shock]) -> Array:
    """Return, for each shock, in how many cells it differs from what all of them share."""
    t, kappa = shared_barriers(shocks)
    known: dict[tuple[int, int], int] = {}
    for shock in shocks:
        key = id(shock.t_new), id(shock.kappa_hat)
        if key not in known:
            own = 1.0 if shock.kappa_hat is None else shock.kappa_hat
            known[key] = int(((shock.t_new != t) | (own != kappa)).sum())
    return np.array([known[id(shock.t_new), id(shock.kappa_hat)] for shock in shocks])


def shared_barriers(shocks: Sequence[Shock]) -> tuple[Array, Array]:
    """Return the rates and icebergs that all shocks share, those of the baseline where they differ.

    Where elasticities differ, the same barrier is another factor in each: then only the baseline's are shared.
    """
    base = shocks[0].base
    if any(shock.theta is not shocks[0].theta for shock in shocks):
        return base.tariffs, np.ones(base.flows.shape)
    t = _shared(shocks, base.tariffs, lambda each: each.t_new)
    return t, _shared(shocks, 1.0, lambda each: each.kappa_hat)


def _shared(shocks: Sequence[Shock], otherwise: Array | float, of: Callable[[Shock], Array | None]) -> Array:
    """Return the cells in which all shocks agree, and something else where they do not."""
    values = {id(of(shock)): of(shock) for shock in shocks}
    first, *others = (np.float64(1.0) if value is None else value for value in values.values())
    same: Array = np.ones(shocks[0].base.flows.shape, dtype=bool)
    for other in others:
        same &= first == other
    return np.where(same, first, otherwise)


def _change(t_new: Array, kappa_hat: Array | None, theta: Array, common: Shock, econ: Economy) -> Change:
    """Return the cells in which rates and icebergs differ from what all share."""
    base = common.base
    kappa, shared = (np.float64(1.0) if each is None else each for each in (kappa_hat, common.kappa_hat))
    o, d, s = cells = cells_where((t_new != common.t_new) | (kappa != shared))
    A, B = cell_factors(cells, base.share_rows, base.tariffs, t_new, kappa_hat, theta)
    dense = np.where(o == d, econ.trade.B_home[d, s, 0], econ.trade.B[s, d, o])
    return Change(cells, A - econ.trade.A[s, d, o], B - dense)


def _outside(change: Change, taken: Array) -> Change:
    """Return the change without cells that carry instruments."""
    left = ~taken[change.cells]
    return Change(tuple(axis[left] for axis in change.cells), change.A[left], change.B[left])


def _wedges(instruments: SideBySide, plan: Plan, shocks: Sequence[Shock]) -> Wedges:
    """Return the instruments of all shocks, each with its own levels along the trailing axis."""
    base, w, b = shocks[0].base, plan.wedges, len(shocks)
    cells = plan.cells
    levels = {
        "fixed": np.zeros((len(w.links.cell), b)), "floor": np.full((len(w.links.cell), b), -np.inf),
        "guarantee": np.full((instruments.bounds, b), -np.inf), "directed": np.zeros((len(w.A), b)),
    }  # fmt: skip
    levels |= {name: np.zeros((instruments.bounds, b)) for name in ("lower", "upper", "target")}
    tau, log_kappa, A = (np.zeros((len(w.A), b)) for _ in range(3))
    for column, (shock, place) in enumerate(zip(shocks, instruments.places, strict=True)):
        tau[:, column] = 1 + shock.t_new[cells]
        A[:, column], _ = cell_factors(
            cells, base.share_rows, base.tariffs, shock.t_new, shock.kappa_hat, shock.elasticities
        )
        if shock.kappa_hat is not None:
            kappa = shock.kappa_hat[cells]
            log_kappa[:, column] = np.log(np.where(np.isinf(kappa), 1.0, kappa))
        if place is None or shock.plan is None:
            continue
        own = shock.plan.at(1.0, base, shock.t_new, shock.kappa_hat)
        for name in ("fixed", "floor"):
            levels[name][place.link, column] = getattr(own.links, name)[:, 0]
        for name in ("lower", "upper", "target", "guarantee"):
            levels[name][place.bound, column] = getattr(own.bounds, name)[:, 0]
        levels["directed"][place.cell, column] = own.directed[:, 0]
    links = replace(w.links, fixed=levels.pop("fixed"), floor=levels.pop("floor"))
    directed = levels.pop("directed")
    bounds = replace(w.bounds, **levels)
    theta = np.stack([shock.elasticities[w.sector] for shock in shocks], axis=1)
    return replace(w, theta=theta, tau=tau, log_kappa=log_kappa, A=A, directed=directed, links=links, bounds=bounds)


def _columns(wedges: Wedges, inside: Array) -> Wedges:
    """Return the levels of some of the scenarios."""
    links = replace(wedges.links, **{name: getattr(wedges.links, name)[:, inside] for name in ("fixed", "floor")})
    names = ("lower", "upper", "target", "guarantee")
    bounds = replace(wedges.bounds, **{name: getattr(wedges.bounds, name)[:, inside] for name in names})
    levels = {name: getattr(wedges, name)[:, inside] for name in ("theta", "tau", "log_kappa", "A", "directed")}
    return replace(wedges, links=links, bounds=bounds, **levels)
