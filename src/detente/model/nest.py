"""Section 11: critical inputs, which their users can hardly replace.

In the cost of a user, goods r1, r2, .. and everything else form a CES nest with substitution rho below 1, instead of
the Cobb-Douglas of (5). Source: own; cost shares by Shephard's lemma.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detente.core.arrays import Array, Float, Int


@dataclass(frozen=True)
class Nests:
    """Which users hold which critical goods fast.

    Attributes:
        good: sector of each critical good. share: its baseline cost share in each user; 0 where a producer is no user.
        rho: substitution between the critical goods and the rest, 1 where a producer is no user; of each scenario of a
        batch, or one for all.
    """

    good: Int[Array, " good"]
    share: Float[Array, "good country sector one"]
    rho: Float[Array, "country sector #b"]

    @property
    def key(self) -> bytes:
        """Return what makes two nests alike: goods and shares of users; substitutions may differ."""
        return b"".join(array.tobytes() for array in (self.good, self.share))

    @cached_property
    def users(self) -> tuple[Int[Array, " user"], Int[Array, " user"]]:
        """Return country and sector of every user."""
        o, s = np.nonzero(self.rho[..., 0] != 1)
        return o, s

    @cached_property
    def by_input(self) -> Float[Array, "input country sector"]:
        """Return the baseline cost share of every input in its capacity as a critical one: 0 where it is none."""
        share = np.zeros((self.share.shape[2], *self.share.shape[1:3]))
        share[self.good] = self.share[..., 0]
        share.flags.writeable = False
        return share

    @property
    def rest(self) -> Float[Array, "country sector one"]:
        """Return the baseline cost share of everything else."""
        rest: Array = 1.0 - self.share.sum(axis=0)
        return rest


@dataclass(frozen=True)
class Technology:
    """Costs in a pass, and what critical inputs do to cost shares.

    Attributes:
        lc: log cost. share: new cost share of each critical good in each user. kept: what remains of the other shares,
        (1 - sum of new shares) / (1 - sum of old ones), 1 for producers that are no users; None without critical goods.
    """

    lc: Float[Array, "country sector b"]
    share: Float[Array, "good country sector b"] | None = None
    kept: Float[Array, "country sector b"] | None = None

    def labour(self, Y: Float[Array, "country sector b"]) -> Float[Array, "country sector b"]:
        """Return the sales on which labour and ordinary inputs have their baseline shares: kept Y."""
        return Y if self.kept is None else self.kept * Y


def nested_cost(nests: Nests, lc: Float[Array, "country sector b"], lP: Float[Array, "country sector b"]) -> Technology:
    """Return log cost and cost shares with critical inputs.

    Equation: [17]  c = [ rest c0^(1-rho) + sum_r share_r q_r^(1-rho) ]^(1/(1-rho)), q_r the price of good r at home;
        [18]  share_r' = share_r (q_r/c)^(1-rho)
    Source: own; Shephard's lemma.
    Args:
        nests: users and shares. lc: log cost by (5), Cobb-Douglas in everything. lP: log prices.
    Laws: no_change; homogeneous of degree 1; without users lc is returned bit for bit; rho to 1 is (5).
    """
    o, s = nests.users
    share = nests.share[:, o, s]
    held, rest, one = share > 0, 1.0 - share.sum(axis=0), 1.0 - nests.rho[o, s]
    q = lP[o[None, :], nests.good[:, None]]
    lc0 = (lc[o, s] - (share * q).sum(axis=0)) / rest
    peak = np.maximum(lc0, np.where(held, q, -np.inf).max(axis=0))
    above, other = np.where(held, one * (q - peak), 0.0), one * (lc0 - peak)
    index = rest * np.exp(other) + (share * np.exp(above)).sum(axis=0)
    near_one = rest * np.expm1(other) + (share * np.expm1(above)).sum(axis=0)
    own = peak + np.where(index > 0.5, np.log1p(near_one), np.log(index)) / one
    cost, kept, new = lc.copy(), np.ones_like(lc), np.zeros((len(nests.good), *lc.shape))
    cost[o, s], kept[o, s] = own, np.exp(one * (lc0 - own))
    new[:, o, s] = share * np.exp(np.where(held, one * (q - own), 0.0))
    return Technology(cost, new, kept)


def nested_use(
    nests: Nests, tech: Technology, use: Float[Array, "country sector b"], Y: Float[Array, "country sector b"]
) -> Float[Array, "country sector b"]:
    """Return input use with the critical goods at their new shares.

    Equation: [19]  sum over users of share_r' Y, in place of share_r kept Y
    Args:
        use: `input_use` of kept Y. Y: sales.
    Laws: adds up (use of all inputs plus labour is Y); without users unchanged.
    """
    if tech.share is None or tech.kept is None:
        return use
    o, s = nests.users  # in the order of their countries
    more = (tech.share[:, o, s] - nests.share[:, o, s] * tech.kept[o, s]) * Y[o, s]
    country, first = np.unique(o, return_index=True)
    use = use.copy()
    use[country[None, :], nests.good[:, None]] += np.add.reduceat(more, first, axis=1)
    return use


def nested_tangent(
    nests: Nests, at: Technology, dlc: Float[Array, "country sector b"], dlP: Float[Array, "country sector b"]
) -> Technology:
    """Return the derivatives of `nested_cost`: cost by Shephard's lemma, shares by (18).

    Args:
        at: the technology at the point. dlc: derivative of (5). dlP: of log prices.
    """
    if at.share is None or at.kept is None:
        return Technology(dlc)
    dq = dlP[:, nests.good].transpose(1, 0, 2)[:, :, None, :]
    dcost = at.kept * (dlc - (nests.share * dq).sum(axis=0)) + (at.share * dq).sum(axis=0)
    dlc0 = (dlc - (nests.share * dq).sum(axis=0)) / nests.rest
    one = np.where(nests.rho == 1, 0.0, 1.0 - nests.rho)
    dcost = np.where(nests.rho == 1, dlc, dcost)
    return Technology(dcost, one * at.share * (dq - dcost), one * at.kept * (dlc0 - dcost))


def nested_use_tangent(
    nests: Nests, at: Technology, moving: Technology, duse: Array, Y: Array, dY: Array
) -> Float[Array, "country sector b"]:
    """Return the derivative of `nested_use`; duse is that of the use of ordinary inputs."""
    if at.share is None or at.kept is None or moving.share is None or moving.kept is None:
        return duse
    more = (moving.share - nests.share * moving.kept) * Y + (at.share - nests.share * at.kept) * dY
    duse = duse.copy()
    duse[:, nests.good] += more.sum(axis=2).transpose(1, 0, 2)
    return duse
