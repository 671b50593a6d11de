"""Market structures once more, in levels and in complex numbers: solved by Newton, differentiated by a complex step.

Shares nothing with the package but the arrays of a baseline. Unknowns are ln wage, price, spending, varieties and
labour; every equation is written for all structures at once, with the parameters of perfect competition as defaults.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import detente as dt

Array = np.ndarray
TINY = 1e-30


@dataclass(frozen=True)
class Parameters:
    """m: profit share (J,). power: of varieties in output over cost, or in labour. nu, phi: (N,). eta, relief."""

    m: Array
    power: Array
    nu: Array
    phi: Array
    eta: float = 0.0
    elastic: bool = False
    relief: bool = False


class ComplexMarkets:
    """A baseline under given tariffs; deficits as constant shares of world value added."""

    def __init__(self, base: dt.Baseline, rates: Array, parameters: Parameters) -> None:
        self.base, self.rates, self.p = base, rates.astype(complex), parameters
        self.n, self.j = base.shape
        F = base.flows
        self.V0 = (base.value_added_share * self._paid(F)).sum(axis=1)
        self.profits0 = (parameters.m * F.sum(axis=1)).sum(axis=1)
        self.X0 = (F * (1 + base.tariffs)).sum(axis=0)
        self.R0 = (F * base.tariffs).sum(axis=(0, 2))
        final = self.X0 - np.einsum("kds,ds->dk", base.input_share, self._paid(F))
        self.I0 = final.sum(axis=1)
        self.alpha = final / self.I0[:, None]
        self.D0 = self.I0 - self.V0 - self.profits0 - self.R0
        self.z = self._newton(np.zeros(2 * self.n + 3 * self.n * self.j, dtype=complex))

    def welfare(self) -> Array:
        """Return the change of welfare, (N,)."""
        return np.exp(self._log_welfare(self.z, self.rates).real)

    def derivative(self, country: int, cell: tuple[int, int, int]) -> float:
        """Return d ln W of a country / d ln(1+t) of a cell, exact to rounding."""
        moved = self.rates.copy()
        moved[cell] = (1 + moved[cell]) * np.exp(1j * TINY) - 1
        dz = np.linalg.solve(self._jacobian(self.z.real), -self._residual(self.z.real + 0j, moved).imag / TINY)
        return float(self._log_welfare(self.z.real + 1j * TINY * dz, moved)[country].imag / TINY)

    def _paid(self, F: Array) -> Array:
        """Return the sales that pay for labour and inputs at home."""
        nu = self.p.nu
        return (F * (1 - nu)[:, None] * (1 - self.p.m)).sum(axis=1) + nu[:, None] * F.sum(axis=0)

    def _newton(self, z: Array) -> Array:
        for _ in range(60):
            f = self._residual(z, self.rates).real
            if np.abs(f).max() < 1e-13:
                return z
            step = np.linalg.solve(self._jacobian(z.real), f)
            z = z - step * min(1.0, 0.5 / max(np.abs(step).max(), 0.5))
        raise AssertionError("the complex model was not solved")

    def _jacobian(self, z: Array) -> Array:
        columns = []
        for at in range(len(z)):
            moved = z.astype(complex)
            moved[at] += 1j * TINY
            columns.append(self._residual(moved, self.rates).imag / TINY)
        return np.array(columns).T

    def _split(self, z: Array) -> tuple[Array, ...]:
        n, size = self.n, self.n * self.j
        w, L = np.exp(z[:n]), np.exp(z[n : 2 * n])
        cubes = (np.exp(z[2 * n + k * size : 2 * n + (k + 1) * size]).reshape(n, self.j) for k in range(3))
        return (w, L, *cubes)

    def _flows(self, z: Array, rates: Array) -> tuple[Array, Array, Array]:
        """Return flows, the price sums and costs."""
        base, p = self.base, self.p
        w, _, P, X_hat, variety = self._split(z)
        inputs = np.einsum("kos,ok->os", base.input_share, np.log(P))
        cost = np.exp(base.value_added_share * np.log(w)[:, None] + inputs)
        barrier = ((1 + rates) / (1 + base.tariffs)) ** p.phi[None, :, None]
        weight = base.share * variety[:, None, :] * (cost[:, None, :] * barrier) ** -base.trade_elasticity
        total = weight.sum(axis=0)
        return weight / total * self.X0 * X_hat / (1 + rates), total, cost

    def _income(self, z: Array, rates: Array, F: Array) -> tuple[Array, Array, Array]:
        """Return income, labour income and the tax rate that revenue replaces."""
        w, L, *_ = self._split(z)
        V, R = w * L * self.V0, (rates * F).sum(axis=(0, 2))
        tau = (R - self.R0) / V if self.p.relief else 0 * V
        return V + (self.p.m * F.sum(axis=1)).sum(axis=1) + R + self.D0, V, tau

    def _residual(self, z: Array, rates: Array) -> Array:
        base, p = self.base, self.p
        w, L, P, X_hat, variety = self._split(z)
        F, total, cost = self._flows(z, rates)
        income, V, tau = self._income(z, rates, F)
        size = (X_hat / w[:, None]) ** (1 - p.phi)[:, None]
        price = np.log(total ** (-1 / base.trade_elasticity) * size / P)
        demand = self.alpha * income[:, None] + np.einsum("kds,ds->dk", base.input_share, self._paid(F))
        labour = (base.value_added_share * self._paid(F)).sum(axis=1) / V - 1
        earned = V.sum() + (p.m * F.sum(axis=1)).sum()
        labour[0] = earned / (self.V0.sum() + self.profits0.sum()) - 1
        consumer = (self.alpha * np.log(P)).sum(axis=1)
        work = p.eta * (np.log(w) - consumer - np.log(1 - tau)) - np.log(L)
        sold = F.sum(axis=1) / base.flows.sum(axis=1) / cost
        entry = p.power * (np.log(L)[:, None] * np.ones(self.j) if p.elastic else np.log(sold)) - np.log(variety)
        blocks = [labour, work, price.ravel(), (demand / self.X0 / X_hat - 1).ravel(), entry.ravel()]
        return np.concatenate(blocks)

    def _log_welfare(self, z: Array, rates: Array) -> Array:
        _, _, P, *_ = self._split(z)
        F, _, _ = self._flows(z, rates)
        income, V, tau = self._income(z, rates, F)
        work = self.p.eta / (1 + self.p.eta) * (1 - tau)
        consumer = (self.alpha * np.log(P)).sum(axis=1)
        return np.log((income - work * V) / (self.I0 - work * self.V0)) - consumer
