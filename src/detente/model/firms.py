"""Section 3: what market structures add to the equations. The switches m, psi, nu, phi and eta are 0 (phi 1) elsewhere.

    Krugman, fixed firms   a share m of sales is profit, and income of the country
    Krugman, free entry    varieties n_hat = (Y_hat/c_hat)^(psi theta) multiply the numerator of (6)
    Melitz-Pareto          fixed costs nu paid to labour of the destination, tariffs with pass-through phi, prices with
                           the size of the market, varieties L_hat^(psi theta), elastic labour

Labour supply and free entry are unknowns of their own: ln L_hat by country, ln n_hat by producer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detente.core.arrays import Array, Float

ENTRY_STEP = 0.5
"""Of the number of varieties towards its equation: output overshoots when entry follows it at once."""


@dataclass(frozen=True)
class Labour:
    """Elastic labour and fixed costs of Melitz-Pareto.

    Attributes:
        phi: pass-through of tariffs, by destination. nu: fixed costs over sales, by destination.
        psi_theta: varieties move with labour to this power. eta: labour supply elasticity.
        relief: whether revenue above that of the baseline, R0 [MUSD], lowers the income tax.
    """

    phi: Float[Array, "country one"]
    nu: Float[Array, "country one"]
    psi_theta: float
    eta: float
    relief: bool
    R0: Float[Array, "country one"]

    def local(self, M: Float[Array, "country sector b"]) -> Float[Array, "country sector b"]:
        """Return the fixed costs that importers' labour receives, nu/(1-nu) of what sellers abroad get. [MUSD]"""
        paid: Array = (self.nu / (1 - self.nu))[:, None, :] * M
        return paid

    def market_size(self, lX: Array, lw: Array) -> Float[Array, "country sector b"]:
        """Return the part of ln P that market size explains, (1-phi) ln(X_hat/w_hat), equation (12)."""
        size: Array = (1 - self.phi)[:, None, :] * (lX - lw[:, None, :])
        return size

    def relieved(self, R: Float[Array, "country b"], wL: Float[Array, "country b"]) -> Float[Array, "country b"]:
        """Return tau, the tax rate that new revenue replaces; 0 without tax relief."""
        tau: Array = (R - self.R0) / wL if self.relief else np.zeros_like(wL)
        return tau

    def supply(self, lw: Array, lP: Array, tau: Array) -> Float[Array, "country b"]:
        """Return ln L_hat = eta ln(w_hat / (1-tau) / P_hat), equation (14)."""
        lL: Array = self.eta * (lw - lP[:, 0] - np.log1p(-tau))
        return lL


@dataclass(frozen=True)
class Firms:
    """A market structure in the layout of a pass.

    Attributes:
        m: share of sales that is profit; 0 without. profits: baseline profits. [MUSD]
        psi_theta: power of free entry, or None where varieties are given. Y: baseline output, 1 where idle. [MUSD]
        labour: elastic labour with fixed costs, or None.
    """

    m: Float[Array, "sector one"]
    profits: Float[Array, "country one"]
    psi_theta: Float[Array, "sector one"] | None = None
    Y: Float[Array, "country sector one"] | None = None
    labour: Labour | None = None

    def unknowns(self, shape: tuple[int, int]) -> int:
        """Return how many unknowns the structure adds."""
        n, j = shape
        return (n * j if self.psi_theta is not None else 0) + (n if self.labour is not None else 0)


@dataclass(frozen=True)
class Entry:
    """Varieties and labour in a pass. ln_n: ln n_hat. lL: ln L_hat; 0 where they are given."""

    ln_n: Float[Array, "country sector b"]
    lL: Float[Array, "country b"]


def entry(firms: Firms | None, block: Float[Array, "unknown b"], shape: tuple[int, int]) -> Entry | None:
    """Return varieties and labour from their unknowns; None under perfect competition.

    Args:
        firms: the structure. block: the last unknowns of z. shape: countries, sectors.
    Laws: no_change (zeros in, zeros out); linear.
    """
    if firms is None:
        return None
    n, j = shape
    b = block.shape[1]
    if firms.labour is not None:
        return Entry(np.repeat(firms.labour.psi_theta * block[:, None, :], j, axis=1), block)
    still = np.zeros((n, b))
    if firms.psi_theta is not None:
        return Entry(block.reshape(n, j, b), still)
    return Entry(np.zeros((n, j, b)), still)


def home_sales(firms: Firms | None, home: Array, M: Array) -> Float[Array, "country sector b"]:
    """Return home sales with the fixed costs that sellers from abroad pay here, where there are such."""
    return home if firms is None or firms.labour is None else home + firms.labour.local(M)


def labour_income(wL: Array, lw: Array, enters: Entry | None) -> Float[Array, "country b"]:
    """Return labour income, wL w_hat L_hat. [MUSD]"""
    income: Array = wL * np.exp(lw if enters is None else lw + enters.lL)
    return income


def earnings(firms: Firms | None, wL: Array, Y: Array) -> Float[Array, "country b"]:
    """Return labour income and profits, wL + sum_s m_s Y_os. Source: Ossa (2014)."""
    return wL if firms is None else wL + profits(firms, Y)


def paid_out(firms: Firms | None, Y: Float[Array, "country sector b"]) -> Float[Array, "country sector b"]:
    """Return the sales that pay for labour and inputs, (1-m) Y."""
    return Y if firms is None else (1 - firms.m) * Y


def priced(firms: Firms | None, f_P: Array, lX: Array, lw: Array) -> Float[Array, "country sector b"]:
    """Return the price residual with the size of the market in it, where prices depend on that."""
    return f_P if firms is None or firms.labour is None else f_P + firms.labour.market_size(lX, lw)


def profits(firms: Firms, Y: Float[Array, "country sector b"]) -> Float[Array, "country b"]:
    """Return profits, sum_s m_s Y_os. Source: Ossa (2014). Laws: linear in Y."""
    total: Array = (firms.m * Y).sum(axis=1)
    return total


def varieties(firms: Firms, Y: Array, lc: Array) -> Float[Array, "country sector b"]:
    """Return ln n_hat of free entry.

    Equation: n_hat = (Y_hat / c_hat)^(psi theta)
    Source: Krugman (1980) at psi theta = 1; Kucheryavyy, Lyn and Rodriguez-Clare (2023).
    Laws: homogeneous of degree 0 in money; zero where nothing is made.
    """
    if firms.psi_theta is None or firms.Y is None:
        raise TypeError("varieties are given in this market structure")
    made = firms.Y > 0
    ratio = np.where(made, Y, 1.0) / np.where(made, firms.Y, 1.0)
    ln_n: Array = np.where(made, firms.psi_theta * (np.log(ratio) - lc), 0.0)
    return ln_n


def entry_gap(
    firms: Firms, enters: Entry, logs: tuple[Array, Array, Array], Y: Array, tau: Float[Array, "country b"]
) -> Float[Array, "unknown b"]:
    """Return how far varieties or labour are from their equations.

    Args:
        firms, enters: structure, and where it stands. logs: lw, lP, lc. Y: sales. tau: tax rate that revenue replaces.
    """
    lw, lP, lc = logs
    if firms.labour is not None:
        return firms.labour.supply(lw, lP, tau) - enters.lL
    if firms.psi_theta is None:
        return np.zeros((0, lw.shape[1]))
    gap: Array = (varieties(firms, Y, lc) - enters.ln_n).reshape(-1, lw.shape[1])
    return gap


def entry_gap_tangent(
    firms: Firms, moving: Entry, dlogs: tuple[Array, Array, Array], dlY: Array, dtau: Array, tau: Array
) -> Float[Array, "unknown b"]:
    """Return the derivative of `entry_gap`.

    Args:
        firms: structure. moving: derivatives of varieties and labour. dlogs: of lw, lP, lc. dlY: of ln Y.
        dtau: of the tax rate. tau: the rate itself.
    """
    dlw, dlP, dlc = dlogs
    if firms.labour is not None:
        supplied: Array = firms.labour.eta * (dlw - dlP[:, 0] + dtau / (1 - tau)) - moving.lL
        return supplied
    if firms.psi_theta is None or firms.Y is None:
        return np.zeros((0, dlw.shape[1]))
    dln_n = np.where(firms.Y > 0, firms.psi_theta * (dlY - dlc), 0.0)
    gap: Array = (dln_n - moving.ln_n).reshape(-1, dlw.shape[1])
    return gap


def relieved(firms: Firms, R: Float[Array, "country b"], wL: Float[Array, "country b"]) -> Float[Array, "country b"]:
    """Return tau = (R - R0)/wL, the tax rate that new revenue replaces; 0 without tax relief."""
    tau: Array = np.zeros_like(wL)
    return tau if firms.labour is None else firms.labour.relieved(R, wL)
