"""Why welfare changes: the exact change of real income as terms of trade, trade costs, volume, transfers and the rest.

Along a path from the baseline to the counterfactual (ln(1+t), ln kappa, deficits and exogenous demand moved together),

    (I - Z)_d dlnW_d = sum_ns F_dns dlnc_ds - sum_os F_ods dlnc_os            terms of trade (foreign cells)
                       - sum_os F_ods dlnkappa_ods                            trade costs (home included)
                       + sum_os t_ods F_ods (dlnF_ods - dlnc_os - dlnkappa)   volume of trade (foreign cells)
                       + dD_d + sum_s (Z dlnP - dZ)_ds                        transfers; demand outside the budget

in units of world value added: the parts depend on that unit, their sum does not. Source: own; the integrand at the base
point, times percent changes, is the first-order statistic of Caliendo and Parro (2015), which is another number.
Integrated by Gauss-Legendre over solved equilibria with analytic derivatives, refined until the parts add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import SolveError, UsageError, nearest
from detente.core.result import Result
from detente.equilibrium.counterfactual import as_shock
from detente.equilibrium.instruments import directed_demand
from detente.equilibrium.root import Root, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.model.tangent import ShockRate, Tangent, tangent
from detente.model.wedge import kept_share, summed
from detente.policy.wedges import Wedges
from detente.solve.newton import gmres

PARTS: Final = (
    "terms_of_trade",
    "trade_costs",
    "volume_of_trade",
    "rents",
    "transfers",
    "exogenous_demand",
    "wasted_revenue",
)
SUM_TOLERANCE: Final = 1e-8
"""Largest gap between the parts and 100 ln W_hat, in percentage points."""
NODES: Final = (4, 8, 16, 32)
TIGHT: Final = Settings(tol=1e-12)


@dataclass(frozen=True)
class Decomposition:
    """Parts of 100 ln W_hat for every country; what is left is reported, never hidden in a part.

    Attributes:
        parts: part -> (country, partner, sector) contributions to 100 ln W; without a partner on the diagonal. [pp]
        welfare_hat: the exact change. residual: 100 ln W_hat minus the sum of the parts. [pp]
        nodes: points of the path that were solved.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    parts: Mapping[str, Array]
    welfare_hat: Array
    residual: Array
    nodes: int

    def columns(self, country: str, *, by: str | None = None) -> dict[str, list[object]]:
        """Return the parts of one country as table columns, scaled from ln W to the percent change of real income.

        Args:
            country: code. by: None for totals (with rows "residual" and "total"), "partner" or "sector" for detail.
        Returns:
            country, part, (partner or sector,) unit, value.
        Raises:
            UsageError: unknown country or detail.
        """
        if country not in self.countries:
            hint = nearest(country, self.countries)
            try_ = f"; try {hint!r}" if hint else ""
            raise UsageError(f"country: found {country!r}; expected a code of the baseline{try_}")
        if by not in (None, "partner", "sector"):
            raise UsageError(f"by: found {by!r}; expected None, 'partner' or 'sector'")
        d = self.countries.index(country)
        scale = _percent_per_log(float(self.welfare_hat[d]))
        if by is None:
            rows = [(part, "", scale * float(values[d].sum())) for part, values in self.parts.items()]
            total = 100 * (float(self.welfare_hat[d]) - 1)
            rows += [("residual", "", scale * float(self.residual[d])), ("total", "", total)]
        else:
            axis, labels = (1, self.countries) if by == "partner" else (0, self.sectors)
            rows = [
                (part, label, scale * float(value))
                for part, values in self.parts.items()
                for label, value in zip(labels, values[d].sum(axis=axis), strict=True)
                if value != 0
            ]
        detail: dict[str, list[object]] = {} if by is None else {by: [row[1] for row in rows]}
        head: dict[str, list[object]] = {"country": [country] * len(rows), "part": [row[0] for row in rows]}
        return {**head, **detail, "unit": ["%"] * len(rows), "value": [row[2] for row in rows]}


def decompose(result: Result) -> Decomposition:
    """Return the exact decomposition of the welfare changes of a result.

    Args:
        result: certified; perfect competition.
    Returns:
        Parts by country, partner and sector, with the residual that remains.
    Raises:
        UsageError: another market structure. SolveError: the result is not certified, or a point on the way could not
            be solved.
    """
    if not result.market.perfect:
        why = "profits and varieties would be parts of their own, which are not derived in this version"
        raise UsageError(f"result: found market {result.market.kind!r}; expected perfect competition: {why}")
    welfare_hat = result.welfare_hat
    shock = _shock_of(result)
    target = 100 * np.log(welfare_hat)
    for nodes in NODES:
        parts = _integrated(shock, nodes)
        total = sum(values.sum(axis=(1, 2)) for values in parts.values())
        residual = target - total
        if np.abs(residual).max() <= SUM_TOLERANCE:
            break
    return Decomposition(result.countries, result.sectors, parts, welfare_hat, residual, nodes)


def _shock_of(result: Result) -> Shock:
    """Return the shock that a result solved, in units of world value added."""
    base = result.baseline
    if not isinstance(base, Baseline):
        raise TypeError("a result of this package holds a Baseline")
    kappa = result["trade_cost_hat"]
    unit = float(base.value_added.sum() / (result.wage_hat * base.value_added).sum())
    Z = result["final_exogenous_new"] * unit - directed_demand(base, result.bounds)
    wedges = Wedges(
        result.tariffs_new,
        None if (kappa == 1).all() else kappa,
        bounds=result.bounds,
        final_exogenous=Z,
        critical=result.critical,
    )
    return as_shock(base, wedges, result.closure, include_purge=True)


def _integrated(shock: Shock, nodes: int) -> dict[str, Array]:
    """Return each part integrated over the path by Gauss-Legendre, in percent of spendable income."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    total: dict[str, Array] = {}
    start: Array | None = None
    for fraction, weight in zip((points + 1) / 2, weights / 2, strict=True):
        root, moving, rate = _on_the_way(shock, float(fraction), start)
        start = root.z
        for part, values in _integrand(shock, float(fraction), root, moving, rate).items():
            total[part] = total.get(part, 0.0) + 100 * weight * values
    return total


def _on_the_way(shock: Shock, fraction: float, start: Array | None) -> tuple[Root, Tangent, ShockRate]:
    """Return the equilibrium at a fraction of the shock and how it moves with the fraction."""
    part = shock.at(fraction)
    root = find_root(part, TIGHT, start)
    if not (root.converged or root.at.error[0] < 1e-10):
        raise SolveError(f"decomposition: the point at {fraction:.3f} of the shock could not be solved")
    rate = _rate(shock, fraction, root)
    still = np.zeros_like(root.z)
    push = tangent(root.econ, root.z, root.at, still, rate).f[:, 0]

    def product(dz: Array) -> Array:
        moved: Array = tangent(root.econ, root.z, root.at, dz[:, None]).f[:, 0]
        return moved

    dz, _, _ = gmres(product, -push, rtol=1e-13)
    return root, tangent(root.econ, root.z, root.at, dz[:, None], rate), rate


def _rate(shock: Shock, fraction: float, root: Root) -> ShockRate:
    """Return the derivative of the shock with respect to the fraction."""
    dlog_tau, dlog_kappa = shock.log_rates(fraction)
    theta = shock.base.trade_elasticity
    dlog_A = (-theta * (dlog_tau + dlog_kappa)).transpose(2, 1, 0)
    dlog_B = dlog_A - dlog_tau.transpose(2, 1, 0)
    trade, home = root.econ.trade, np.arange(len(shock.base.countries))
    return ShockRate(
        A=trade.A * dlog_A,
        B=trade.B * dlog_B,
        B_home=trade.B_home * dlog_B[:, home, home].T[..., None],
        D=(shock.D_new - shock.base.deficit)[:, None],
        Z=(shock.Z_new - shock.base.final_exogenous)[..., None],
        wedges=None if shock.plan is None else shock.plan.rate(fraction, shock.base, dlog_tau, dlog_kappa),
    )


@dataclass(frozen=True)
class _Cells:
    """Bilateral quantities at a point, (origin, dest, sector). [MUSD]

    Attributes:
        F: border value of free choice. dlog_F: its log derivative. dlog_mu: that of the wedge of all instruments.
        y: what producers receive, named purchases included. dnamed: derivative of the revenue on those, by country.
    """

    F: Array
    dlog_F: Array
    dlog_mu: Array
    y: Array
    dnamed: Array


def _cells(shock: Shock, fraction: float, root: Root, moving: Tangent, rate: ShockRate) -> _Cells:
    base, econ, at = shock.base, root.econ, root.at
    n = np.arange(len(base.countries))
    dlog_tau, dlog_kappa = shock.log_rates(fraction)
    u, v, dlc = at.u[..., 0], at.v[..., 0], moving.lc[..., 0]
    F = (econ.trade.B.transpose(2, 1, 0) * u[:, None, :]) * v
    F[n, n] = econ.trade.B_home[..., 0] * u * v
    y, dlog_mu, dnamed = F.copy(), np.zeros_like(F), np.zeros(len(n))
    w, chain, took = econ.wedges, at.chain, at.took
    if w is not None and chain is not None and took is not None and moving.wedges is not None:
        place = (w.origin, w.dest, w.sector)
        F[place] = chain.b[:, 0] * u[w.origin, w.sector] * v[w.dest, w.sector]
        kept = took.collected * kept_share(w, took.gap)
        y[place] = (took.F - summed(kept, w.links.cell, len(w.A)))[:, 0]
        dlog_mu[place] = moving.wedges.cell[:, 0]
        border = w.directed / w.tau
        if rate.wedges is not None:
            dborder = (rate.wedges.directed - w.directed * rate.wedges.tau) / w.tau
            change = (w.tau - 1) * dborder + w.tau * rate.wedges.tau * border
            dnamed = summed(change, w.dest, len(n))[:, 0]
    dlog_v = np.divide(moving.v[..., 0], v, out=np.zeros_like(v), where=v > 0)
    dlog_F = -base.trade_elasticity * (dlog_tau + dlog_kappa + dlog_mu + dlc[:, None, :]) - dlog_tau + dlog_v
    return _Cells(F, dlog_F, dlog_mu, y, dnamed)


def _integrand(shock: Shock, fraction: float, root: Root, moving: Tangent, rate: ShockRate) -> dict[str, Array]:
    """Return the parts of dlnW at one point, by (country, partner, sector)."""
    base, econ, at = shock.base, root.econ, root.at
    n = np.arange(len(base.countries))
    dlog_tau, dlog_kappa = shock.log_rates(fraction)
    t, dlc = shock.at(fraction).t_new, moving.lc[..., 0]
    cells = _cells(shock, fraction, root, moving, rate)
    F, dlog_price = cells.F, dlc[:, None, :] + cells.dlog_mu
    paid = (F * dlog_price).transpose(1, 0, 2)
    earned = cells.y * dlc[:, None, :]
    terms, rents = earned - paid, np.zeros_like(F)
    rents[n, n] = terms[n, n]
    terms[n, n] = 0.0
    costs = -(F * dlog_kappa).transpose(1, 0, 2)
    volume = (t * F * (cells.dlog_F - dlog_price - dlog_kappa)).transpose(1, 0, 2)
    parts = {"terms_of_trade": terms, "trade_costs": costs, "volume_of_trade": volume, "rents": rents}
    for name in PARTS[4:]:
        parts[name] = np.zeros_like(terms)
    named = np.asarray(econ.directed.spending)
    Z = econ.Z[..., 0]
    free = Z - (named[..., 0] if named.ndim else 0.0)
    dlog_P = root.econ.split(moving.z)[1][..., 0]
    if moving.wedges is not None:
        rents[n, n, 0] += moving.wedges.transfers[:, 0]
    parts["transfers"][n, n, 0] = moving.D[:, 0]
    parts["exogenous_demand"][n, n] = free * dlog_P - rate.Z[..., 0]
    parts["exogenous_demand"][n, n, 0] += cells.dnamed
    spendable = at.income[:, 0] - Z.sum(axis=1)
    if shock.closure.revenue == "wasted":
        R = at.X[..., 0].sum(axis=1) - (at.M + at.home)[..., 0].sum(axis=1)
        dR = (F * (t * cells.dlog_F + (1 + t) * dlog_tau)).sum(axis=(0, 2)) + cells.dnamed
        parts["wasted_revenue"][n, n, 0] = R * (econ.alpha[..., 0] * dlog_P).sum(axis=1) - dR
        spendable = spendable - R
    return {name: values / spendable[:, None, None] for name, values in parts.items()}


def _percent_per_log(welfare_hat: float) -> float:
    """Return 100 (W - 1) over 100 ln W, 1 where nothing changed."""
    log = float(np.log(welfare_hat))
    return (welfare_hat - 1) / log if abs(log) > 1e-12 else 1.0
