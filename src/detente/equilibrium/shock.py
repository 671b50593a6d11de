"""From a baseline and wedges to the economy that the solver sees, at any fraction of the way to the shock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.closure import WORLD_INCOME, Closure
from detente.equilibrium.connect import Links, links
from detente.model.economy import Economy
from detente.model.trade import barrier_hat, spending_factor, trade_factors


@dataclass(frozen=True)
class Shock:
    """A validated change of policy on a baseline, with the closure that says what stays fixed.

    Attributes:
        t_new: (N, N, J) new rates. kappa_hat: (N, N, J) iceberg changes, or None. Z_new: (N, J) exogenous demand.
        D_new: (N,) deficits in units of baseline world value added. [MUSD]
    """

    base: Baseline
    closure: Closure
    t_new: Array
    kappa_hat: Array | None
    Z_new: Array
    D_new: Array

    @property
    def deficit_unit(self) -> int:
        """Return the position of the country in whose wage deficits are fixed, or -1."""
        numeraire = self.closure.numeraire
        return -1 if numeraire in (None, WORLD_INCOME) else self.base.countries.index(str(numeraire))

    def barrier(self, fraction: float = 1.0) -> Array:
        """Return the barrier change at a fraction of the shock: ln(1+t), ln kappa move together, embargoes last."""
        whole = barrier_hat(self.base.tariffs, self.t_new, self.kappa_hat)
        if fraction == 1.0:
            return whole
        embargo = np.isinf(whole)
        partial: Array = np.where(embargo, 1.0, whole) ** fraction
        if embargo.any() and fraction > 0:
            theta = np.broadcast_to(self.base.trade_elasticity, whole.shape)
            partial[embargo] = (1 - fraction) ** (-1 / theta[embargo])
        return partial

    def rates(self, fraction: float = 1.0) -> Array:
        """Return tariff rates at a fraction of the shock, geometrically in 1 + t."""
        if fraction == 1.0:
            return self.t_new
        start: Array = 1 + self.base.tariffs
        return start * ((1 + self.t_new) / start) ** fraction - 1

    def spending_factor(self, fraction: float = 1.0) -> Array:
        """Return A = pi barrier^-theta at a fraction of the shock, (N, N, J)."""
        return spending_factor(self.base.share, self.barrier(fraction), self.base.trade_elasticity)

    def economy(self, fraction: float = 1.0) -> tuple[Economy, Links]:
        """Return the economy at a fraction of the shock, and the connected parts of its trade."""
        base = self.base
        A = self.spending_factor(fraction)
        D = (1 - fraction) * base.deficit + fraction * self.D_new
        Z = (1 - fraction) * base.final_exogenous + fraction * self.Z_new
        found = links(A.any(axis=2), D, base.value_added, base.countries)
        econ = Economy(
            theta=base.trade_elasticity[:, None],
            gamma=base.value_added_share[..., None],
            gamma_io=np.ascontiguousarray(base.input_share.transpose(1, 0, 2)),
            alpha=budget_shares(base)[..., None],
            wL=base.value_added[:, None],
            X=base.expenditure[..., None],
            D=D[:, None],
            D_unit=self.deficit_unit,
            Z=Z[..., None],
            idle=(base.expenditure <= 0).astype(float)[..., None],
            members=found.members,
            trade=trade_factors(A, self.rates(fraction), base.trade_elasticity),
        )
        return econ, found


def budget_shares(base: Baseline) -> Array:
    """Return final budget shares with negative ones set to zero and the rest renormalised (treatment "rebalance")."""
    alpha: Array = np.maximum(base.final_share, 0.0)
    return alpha / alpha.sum(axis=1, keepdims=True)
