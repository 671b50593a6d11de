"""From a baseline and wedges to the economy that the solver sees; and the shock at any fraction of the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.closure import WORLD_INCOME, Closure
from detente.core.instruments import Bound
from detente.core.market import KRUGMAN_FREE, PERFECT_MARKET, Firms, Market
from detente.equilibrium.connect import Links, links
from detente.equilibrium.firms import placed_firms
from detente.equilibrium.instruments import Plan
from detente.model.clearing import clear
from detente.model.economy import Economy
from detente.model.nest import Nests
from detente.model.settle import local_step
from detente.model.trade import trade_factors
from detente.policy.wedges import Wedges


@dataclass(frozen=True)
class Shock:
    """A validated change of policy on a baseline, with the closure that says what stays fixed.

    Attributes:
        t_new: (N, N, J) new rates. kappa_hat: (N, N, J) iceberg changes, or None. Z_new: (N, J) exogenous demand.
        D_new: (N,) deficits in units of baseline world value added. [MUSD]
        plan: instruments between producer and border, or None. nests: critical inputs, or None.
        wedges: what was asked for, for those who report on it.
        theta: (J,) elasticities in place of the baseline's, or None; shares and levels are the same.
        fraction: how much of the shock this is; the instruments are scaled with it.
        market: the structure asked for. firms: it on this world, or None for perfect competition.
    """

    base: Baseline
    closure: Closure
    t_new: Array
    kappa_hat: Array | None
    Z_new: Array
    D_new: Array
    plan: Plan | None = None
    nests: Nests | None = None
    wedges: Wedges | None = None
    theta: Array | None = None
    fraction: float = 1.0
    market: Market = PERFECT_MARKET
    firms: Firms | None = None

    @property
    def bounds(self) -> tuple[Bound, ...]:
        """Return the instruments that were asked for."""
        return () if self.wedges is None else self.wedges.bounds

    @property
    def elasticities(self) -> Array:
        """Return the trade elasticities in force, (J,)."""
        return self.base.trade_elasticity if self.theta is None else self.theta

    @property
    def deficit_unit(self) -> int:
        """Return the position of the country in whose wage deficits are fixed, or -1."""
        numeraire = self.closure.numeraire
        return -1 if numeraire in (None, WORLD_INCOME) else self.base.countries.index(str(numeraire))

    @property
    def round_about(self) -> bool:
        """Return whether inputs multiply scale economies of free entry, so that they are raised step by step."""
        free = self.firms is not None and self.firms.kind == KRUGMAN_FREE
        return free and bool(self.base.input_share.any())

    def with_scale(self, fraction: float) -> Shock:
        """Return the shock with a fraction of the scale economies of free entry."""
        if fraction == 1.0 or self.firms is None or self.firms.scale_elasticity is None:
            return self
        return replace(self, firms=replace(self.firms, scale_elasticity=fraction * self.firms.scale_elasticity))

    def at(self, fraction: float) -> Shock:
        """Return this shock at a fraction of the way: ln(1+t), ln kappa, deficits and demand move together.

        An embargo moves along kappa^-theta, which falls from 1 to 0, instead of along ln kappa.
        """
        if fraction == 1.0:
            return self
        base, tau = self.base, 1 + self.base.tariffs
        rates = tau * ((1 + self.t_new) / tau) ** fraction - 1
        kappa = None if self.kappa_hat is None else self._cost_at(fraction)
        return replace(
            self,
            t_new=np.where(self.t_new == base.tariffs, base.tariffs, rates),
            kappa_hat=kappa,
            Z_new=(1 - fraction) * base.final_exogenous + fraction * self.Z_new,
            D_new=(1 - fraction) * base.deficit + fraction * self.D_new,
            fraction=fraction,
        )

    def _cost_at(self, fraction: float) -> Array:
        kappa_hat = np.asarray(self.kappa_hat)
        embargo = np.isinf(kappa_hat)
        partial: Array = np.where(embargo, 1.0, kappa_hat) ** fraction
        theta = np.broadcast_to(self.elasticities, partial.shape)
        partial[embargo] = (1 - fraction) ** (-1 / theta[embargo])
        return partial

    def log_rates(self, fraction: float) -> tuple[Array, Array]:
        """Return the derivatives of ln(1+t) and ln kappa with respect to the fraction, (N, N, J) each."""
        dlog_tau: Array = np.log((1 + self.t_new) / (1 + self.base.tariffs))
        dlog_kappa = np.zeros_like(dlog_tau)
        if self.kappa_hat is not None:
            embargo = np.isinf(self.kappa_hat)
            dlog_kappa = np.log(np.where(embargo, 1.0, self.kappa_hat))
            theta = np.broadcast_to(self.elasticities, embargo.shape)
            dlog_kappa[embargo] = 1 / (theta[embargo] * (1 - fraction))
        return dlog_tau, dlog_kappa

    def economy(self) -> tuple[Economy, Links]:
        """Return the economy under the shock, and the connected parts of its trade."""
        return self.unsettled(settled_at_home(self.base, self.firms))

    def unsettled(self, local: Array) -> tuple[Economy, Links]:
        """Return the same with a local step of one's own."""
        base, phi = self.base, None if self.firms is None else self.firms.pass_through
        trade = trade_factors(
            base.share_rows, base.border_rows, base.tariffs, self.t_new, self.kappa_hat, self.elasticities, phi
        )
        if self.firms is not None and self.firms.fixed_cost_share is not None:
            trade = replace(trade, B=trade.B * (1 - self.firms.fixed_cost_share)[:, None])
        found = links(np.any(trade.A > 0, axis=0).T, self.D_new, base.earnings, base.countries)
        wedges = None
        if self.plan is not None:
            wedges, trade = self.plan.at(self.fraction, base, self.t_new, self.kappa_hat).taken_from(trade)
        econ = Economy(
            theta=self.elasticities[:, None],
            gamma=base.value_added_share[..., None],
            gamma_io=np.ascontiguousarray(base.input_share.transpose(1, 0, 2)),
            alpha=budget_shares(base)[..., None],
            wL=base.value_added[:, None],
            X=base.expenditure[..., None],
            D=self.D_new[:, None],
            D_unit=self.deficit_unit,
            Z=self.Z_new[..., None],
            idle=(base.expenditure <= 0).astype(float)[..., None],
            members=found.members,
            spread=base.home_multiplier,
            local=local,
            trade=trade,
            wedges=wedges,
            nests=self.nests,
            firms=None if self.firms is None else placed_firms(base, self.firms, self.closure),
        )
        return econ, found


@lru_cache(maxsize=4)
def settled_at_home(base: Baseline, firms: Firms | None = None) -> Array:
    """Return the local step of a baseline, every hat being 1; worked out once for each of the last few worlds."""
    calm = Shock(base, Closure(), base.tariffs, None, base.final_exogenous, base.deficit, firms=firms)
    econ = calm.unsettled(np.zeros((len(base.countries), 0, 0)))[0]
    found = local_step(econ, clear(econ, np.zeros((econ.unknowns, 1))))
    found.flags.writeable = False
    return found


def budget_shares(base: Baseline) -> Array:
    """Return final budget shares with negative ones set to zero and the rest renormalised (treatment "rebalance")."""
    alpha: Array = np.maximum(base.final_share, 0.0)
    shares: Array = alpha / alpha.sum(axis=1, keepdims=True)
    return shares
