"""The model once more, in levels and in complex numbers: solved by Newton, differentiated by a complex step.

Shares nothing with the package but the arrays of a baseline. Unknowns are ln wage, ln price and ln spending; the
equations are those of the papers: price index, spending, labour market, one of the last replaced by the numeraire.
"""

from __future__ import annotations

import numpy as np

import detente as dt

Array = np.ndarray
TINY = 1e-30


class ComplexModel:
    """A baseline under given tariffs, balanced trade or deficits as constant shares of world value added."""

    def __init__(self, base: dt.Baseline, rates: Array) -> None:
        self.base, self.rates = base, rates.astype(complex)
        self.n, self.j = base.shape
        self.active = base.expenditure > 0
        z = np.zeros(self.n + 2 * int(self.active.sum()), dtype=complex)
        self.z = self._newton(z, self.rates)

    def derivative(self, country: int, cell: tuple[int, int, int]) -> float:
        """Return d ln W of a country / d ln(1+t) of a cell, exact to rounding."""
        moved = self.rates.copy()
        moved[cell] = (1 + moved[cell]) * np.exp(1j * TINY) - 1
        jacobian = self._jacobian(self.z.real, self.rates)
        dz = np.linalg.solve(jacobian, -self._residual(self.z.real + 0j, moved).imag / TINY)
        return float(self._welfare(self.z.real + 1j * TINY * dz, moved)[country].imag / TINY)

    def _newton(self, z: Array, rates: Array) -> Array:
        for _ in range(60):
            f = self._residual(z, rates).real
            if np.abs(f).max() < 1e-13:
                return z
            step = np.linalg.solve(self._jacobian(z.real, rates), f)
            z = z - step * min(1.0, 0.5 / max(np.abs(step).max(), 0.5))
        raise AssertionError("the complex model was not solved")

    def _jacobian(self, z: Array, rates: Array) -> Array:
        columns = []
        for at in range(len(z)):
            moved = z.astype(complex)
            moved[at] += 1j * TINY
            columns.append(self._residual(moved, rates).imag / TINY)
        return np.array(columns).T

    def _parts(self, z: Array, rates: Array) -> tuple[Array, ...]:
        base, n = self.base, self.n
        count = int(self.active.sum())
        w = np.exp(z[:n])
        P, X = np.ones((n, self.j), complex), np.zeros((n, self.j), complex)
        P[self.active] = np.exp(z[n : n + count])
        X[self.active] = base.expenditure[self.active] * np.exp(z[n + count :])
        lnc = base.value_added_share * np.log(w)[:, None] + np.einsum("kos,ok->os", base.input_share, np.log(P))
        barrier = (1 + rates) / (1 + base.tariffs)
        weight = base.share * (np.exp(lnc)[:, None, :] * barrier) ** -base.trade_elasticity
        total = weight.sum(axis=0)
        pi = weight / np.where(self.active, total, 1.0)
        F = pi * X / (1 + rates)
        Y = F.sum(axis=1)
        income = w * base.value_added + (rates * F).sum(axis=(0, 2)) + base.deficit
        return w, P, X, total, Y, income

    def _residual(self, z: Array, rates: Array) -> Array:
        base = self.base
        w, P, X, total, Y, income = self._parts(z, rates)
        price = np.log(np.where(self.active, total, 1.0)) / -base.trade_elasticity - np.log(P)
        demand = base.final_share * (income - base.final_exogenous.sum(axis=1))[:, None] + base.final_exogenous
        demand = demand + np.einsum("kds,ds->dk", base.input_share, Y)
        labour = (base.value_added_share * Y).sum(axis=1) / (w * base.value_added) - 1
        labour[0] = (w * base.value_added).sum() / base.value_added.sum() - 1
        spending = (demand - X)[self.active] / base.expenditure[self.active]
        return np.concatenate([labour, price[self.active], spending])

    def _welfare(self, z: Array, rates: Array) -> Array:
        base = self.base
        _, P, _, _, _, income = self._parts(z, rates)
        exogenous = base.final_exogenous.sum(axis=1)
        spendable = (income - exogenous) / (base.income - exogenous)
        return np.log(spendable) - (base.final_share * np.log(P)).sum(axis=1)
