"""From instruments in codes to the arrays of a pass: cells, price chains, bounds, nests; their speed along a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.instruments import (
    BOUNDED,
    DEMAND,
    EXPORTER,
    FIXED,
    GUARANTEE,
    IMPORTER,
    MINIMUM,
    MINIMUM_VALUE,
    ORDER,
    PRICE_FLOOR,
    QUOTA,
    TARIFF_RATE_QUOTA,
    Bound,
    CriticalInput,
)
from detente.core.instruments import LOST as WASTED
from detente.model.nest import Nests
from detente.model.wedge import LOST, Bounds, Links, Wedges
from detente.model.wedge_tangent import WedgeRate


@dataclass(frozen=True)
class Plan:
    """Instruments placed on a baseline, at their full size.

    Attributes:
        wedges: the arrays of a pass; factors, tariffs and icebergs of the cells are filled in for each shock.
        chosen: all instruments, from the producer to the border. owner: which of them each link is of.
        bounds: the bounded instruments in the order of their unknowns. start: ln of each target at no shock.
        over: ln(1 + rate) above a tariff-rate quota, else nan.
    """

    wedges: Wedges
    chosen: tuple[Bound, ...]
    owner: Array
    bounds: tuple[Bound, ...]
    start: Array
    over: Array

    @property
    def cells(self) -> tuple[Array, Array, Array]:
        """Return the positions (origin, dest, sector) of the cells."""
        return self.wedges.origin, self.wedges.dest, self.wedges.sector

    def at(self, fraction: float, base: Baseline, t_new: Array, kappa_hat: Array | None) -> Wedges:
        """Return the wedges at a fraction of the way, under the rates and icebergs that hold there."""
        w, b = self.wedges, self.wedges.bounds
        tau = 1 + t_new[self.cells][:, None]
        kappa = np.ones_like(tau) if kappa_hat is None else kappa_hat[self.cells][:, None]
        return replace(
            w,
            tau=tau,
            log_kappa=np.log(np.where(np.isinf(kappa), 1.0, kappa)),
            directed=fraction * w.directed,
            links=replace(w.links, fixed=fraction * w.links.fixed, floor=_scaled(w.links.floor, fraction)),
            bounds=replace(
                b,
                target=(1 - fraction) * self.start + fraction * b.target,
                guarantee=_scaled(b.guarantee, fraction),
                upper=self._upper(fraction, base, tau),
            ),
        )

    def _upper(self, fraction: float, base: Baseline, tau: Array) -> Array:
        """Return the upper limits: for a tariff-rate quota ln((1+over)/(1+t)), at no shock 0."""
        upper = self.wedges.bounds.upper.copy()
        quotas, cell, before = self._tariff_rate_quotas(base)
        due = (1 - fraction) * before + fraction * self.over[quotas]
        upper[quotas] = np.maximum(0.0, due - np.log(tau[cell]))
        return upper

    def _tariff_rate_quotas(self, base: Baseline) -> tuple[Array, Array, Array]:
        """Return which bounds are tariff-rate quotas, a cell of each, and ln(1+t) there in the baseline."""
        quotas = np.flatnonzero(np.isfinite(self.over[:, 0]))
        cell = self.wedges.first_cell[quotas]
        return quotas, cell, np.log1p(base.tariffs[tuple(axis[cell] for axis in self.cells)])[:, None]

    def rate(self, fraction: float, base: Baseline, dlog_tau: Array, dlog_kappa: Array) -> WedgeRate:
        """Return the speed of the instruments: derivatives with respect to the fraction."""
        w, b = self.wedges, self.wedges.bounds
        moved_tau, moved_kappa = dlog_tau[self.cells][:, None], dlog_kappa[self.cells][:, None]
        upper = np.zeros_like(b.upper)
        quotas, cell, before = self._tariff_rate_quotas(base)
        upper[quotas] = self.over[quotas] - before - moved_tau[cell]
        return WedgeRate(
            A=-w.theta * (moved_tau + moved_kappa),
            tau=moved_tau,
            kappa=moved_kappa,
            fixed=w.links.fixed,
            floor=np.where(np.isfinite(w.links.floor), w.links.floor, 0.0),
            target=b.target - self.start,
            guarantee=np.where(np.isfinite(b.guarantee), b.guarantee, 0.0),
            upper=upper,
            directed=w.directed,
        )


def embargoed(
    base: Baseline, kappa_hat: Array | None, bounds: Sequence[Bound]
) -> tuple[Array | None, tuple[Bound, ...]]:
    """Return icebergs that are infinite where a quota is zero, and the other bounds."""
    closed = [bound for bound in bounds if bound.kind == QUOTA and bound.volume == 0]
    if not closed:
        return kappa_hat, tuple(bounds)
    kappa: Array = np.ones_like(base.flows) if kappa_hat is None else kappa_hat.copy()
    country = {code: at for at, code in enumerate(base.countries)}
    sector = {code: at for at, code in enumerate(base.sectors)}
    for bound in closed:
        for o, d, s in bound.cells:
            kappa[country[o], country[d], sector[s]] = np.inf
    kappa.flags.writeable = False
    return kappa, tuple(bound for bound in bounds if not (bound.kind == QUOTA and bound.volume == 0))


def directed_demand(base: Baseline, bounds: Sequence[Bound]) -> Array:
    """Return demand for single cells by market, (N, J): part of the exogenous demand of the buyer. [MUSD]"""
    Z = np.zeros(base.shape)
    for bound in bounds:
        if bound.kind == DEMAND:
            for dest, sector, share in _shares_of(base, bound):
                Z[dest, sector] += share * float(bound.value_musd or 0.0)
    return Z


def _shares_of(base: Baseline, bound: Bound) -> list[tuple[int, int, float]]:
    """Return (dest, sector, share of the baseline value) of each cell of a bound."""
    at = [(base.countries.index(o), base.countries.index(d), base.sectors.index(s)) for o, d, s in bound.cells]
    flows = np.array([base.flows[place] for place in at])
    return [(d, s, float(share)) for (_, d, s), share in zip(at, flows / flows.sum(), strict=True)]


def _scaled(logs: Array, fraction: float) -> Array:
    """Return logs times the fraction, -inf staying what it is."""
    return np.where(np.isfinite(logs), fraction * np.where(np.isfinite(logs), logs, 0.0), logs)


def placed(base: Baseline, bounds: Sequence[Bound]) -> Plan | None:
    """Return the instruments on a baseline, or None if there are none that carry a wedge or directed demand.

    Args:
        base: the world. bounds: validated; a quota of zero is an embargo and is not among them.
    """
    chosen = [bound for kind in (*ORDER, DEMAND) for bound in bounds if bound.kind == kind]
    if not chosen:
        return None
    country = {code: at for at, code in enumerate(base.countries)}
    sector = {code: at for at, code in enumerate(base.sectors)}
    keys = sorted({(country[o], country[d], sector[s]) for bound in chosen for o, d, s in bound.cells})
    position = {key: at for at, key in enumerate(keys)}
    origin, dest, kind = (np.array(axis, dtype=np.int64) for axis in zip(*keys, strict=True))
    F0 = base.flows[origin, dest, kind][:, None]
    of = [[position[country[o], country[d], sector[s]] for o, d, s in bound.cells] for bound in chosen]
    directed = np.zeros_like(F0)
    for bound, cells in zip(chosen, of, strict=True):
        if bound.kind == DEMAND:
            weight = F0[cells, 0] / F0[cells, 0].sum()
            directed[cells, 0] += float(bound.value_musd or 0.0) * weight
    bounded = [bound for bound in chosen if bound.kind in BOUNDED]
    links, owner = _links(chosen, of, bounded, (origin, dest), country)
    wedges = Wedges(
        origin, dest, kind,
        theta=base.trade_elasticity[kind][:, None],
        tau=np.ones_like(F0),
        log_kappa=np.zeros_like(F0),
        A=np.zeros_like(F0),
        F0=F0,
        directed=directed,
        links=links,
        bounds=_bounds(bounded, country),
    )  # fmt: skip
    value = [F0[cells, 0].sum() for bound, cells in zip(chosen, of, strict=True) if bound.kind in BOUNDED]
    start = [np.log(total) if bound.kind == MINIMUM_VALUE else 0.0 for bound, total in zip(bounded, value, strict=True)]
    over = [np.log1p(bound.rate or 0.0) if bound.kind == TARIFF_RATE_QUOTA else np.nan for bound in bounded]
    return Plan(wedges, tuple(chosen), owner, tuple(bounded), _column(start), _column(over))


def _links(
    chosen: Sequence[Bound], of: Sequence[list[int]], bounded: Sequence[Bound], ends: tuple[Array, Array],
    country: dict[str, int],
) -> tuple[Links, Array]:  # fmt: skip
    """Return the links of all cells, those of a cell together, in the order of `chosen`; and whose each is."""
    number = {id(bound): at for at, bound in enumerate(bounded)}
    rows: list[tuple[int, int, int, int, float, float, bool]] = []
    for rank, (bound, cells) in enumerate(zip(chosen, of, strict=True)):
        if bound.kind == DEMAND:
            continue
        fixed = float(np.log1p(bound.rate or 0.0)) if bound.kind == FIXED else 0.0
        floor = float(np.log(bound.price or 1.0)) if bound.kind == PRICE_FLOOR else -np.inf
        licensed = bound.kind == TARIFF_RATE_QUOTA
        rows += [
            (cell, rank, _receiver(bound.to, cell, ends, country), number.get(id(bound), -1), fixed, floor, licensed)
            for cell in cells
        ]
    rows.sort(key=lambda row: row[:2])
    cell, owner, to, at, fixed_, floor_, licensed_ = ([row[i] for row in rows] for i in range(7))
    links = Links(
        np.array(cell, dtype=np.int64),
        np.array(to, dtype=np.int64),
        np.array(at, dtype=np.int64),
        _column(fixed_),
        _column(floor_),
        np.array(licensed_, dtype=bool),
    )
    return links, np.array(owner, dtype=np.int64)


def _receiver(to: str, cell: int, ends: tuple[Array, Array], country: dict[str, int]) -> int:
    if to == WASTED:
        return LOST
    if to in (EXPORTER, IMPORTER):
        return int(ends[0 if to == EXPORTER else 1][cell])
    return country[to]


def _bounds(bounded: Sequence[Bound], country: dict[str, int]) -> Bounds:
    least = [bound.kind in (MINIMUM, MINIMUM_VALUE, GUARANTEE) for bound in bounded]
    money = [bound.kind == MINIMUM_VALUE for bound in bounded]
    target = [
        np.log(float((bound.value_musd if bound.kind == MINIMUM_VALUE else bound.volume) or 1.0)) for bound in bounded
    ]
    given = [bound.kind == GUARANTEE for bound in bounded]
    return Bounds(
        lower=_column([-np.inf if low else 0.0 for low in least]),
        upper=_column([0.0 if low else np.inf for low in least]),
        target=_column(target),
        money=_column([float(item) for item in money]),
        guarantee=_column([np.log(b.price or 1.0) if g else -np.inf for b, g in zip(bounded, given, strict=True)]),
        payer=np.array([country[_country_of(b.to, b)] if g else 0 for b, g in zip(bounded, given, strict=True)], int),
        producer=np.array([country[b.cells[0][0]] if g else 0 for b, g in zip(bounded, given, strict=True)], int),
    )


def _country_of(to: str, bound: Bound) -> str:
    """Return the country that pays a guarantee."""
    return {EXPORTER: bound.cells[0][0], IMPORTER: bound.cells[0][1]}.get(to, to)


def _column(values: Sequence[float]) -> Array:
    return np.array(values, dtype=np.float64).reshape(-1, 1)


def nests(base: Baseline, critical: Sequence[CriticalInput]) -> Nests | None:
    """Return the nests of critical inputs; None if nobody uses one, or all can be replaced as in the standard model.

    Args:
        base: the world. critical: validated; a user has one rho for all of its critical inputs.
    """
    chosen = [item for item in critical if item.rho != 1]
    good = [base.sectors.index(item.sector) for item in chosen]
    share = np.zeros((len(good), *base.shape))
    rho = np.ones(base.shape)
    for row, item in enumerate(chosen):
        for country, sector in item.users:
            o, s = base.countries.index(country), base.sectors.index(sector)
            share[row, o, s] = base.input_share[good[row], o, s]
            if share[row, o, s] > 0:
                rho[o, s] = item.rho
    if not share.any():
        return None
    return Nests(np.array(good, dtype=np.int64), share[..., None], rho[..., None])
