"""The nest of critical inputs by itself: equations, limits, derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from detente.model.nest import Nests, Technology, nested_cost, nested_tangent, nested_use, nested_use_tangent
from economies import Array
from unit.test_model_tangent import difference

N, J = 3, 4
GOODS = (0, 2)


def drawn(seed: int = 0, rho: float = 0.2) -> tuple[Nests, Array, Array]:
    """Return nests of two goods, some pairs being no users, and random log costs and prices of two scenarios."""
    rng = np.random.default_rng(seed)
    share = rng.uniform(0.001, 0.2, (2, N, J, 1))
    share[:, 0, 1] = share[:, 2, 3] = 0.0
    share[1, 1, 1] = 0.0
    nests = Nests(np.array(GOODS), share, np.where(share.sum(axis=0) > 0, rho, 1.0))
    return nests, rng.normal(0, 0.3, (N, J, 2)), rng.normal(0, 0.3, (N, J, 2))


def plain(nests: Nests, lc: Array, lP: Array) -> tuple[Array, Array]:
    """Return cost and shares by (17) and (18), plain loops over producers."""
    cost, share = np.zeros_like(lc), np.zeros((2, *lc.shape))
    for o in range(N):
        for s in range(J):
            rho, x = float(nests.rho[o, s, 0]), nests.share[:, o, s, 0]
            for b in range(lc.shape[2]):
                if rho == 1:
                    cost[o, s, b] = lc[o, s, b]
                    continue
                q = lP[o, list(GOODS), b]
                rest = np.exp((lc[o, s, b] - x @ q) / (1 - x.sum()))
                c = ((1 - x.sum()) * rest ** (1 - rho) + x @ np.exp(q) ** (1 - rho)) ** (1 / (1 - rho))
                cost[o, s, b], share[:, o, s, b] = np.log(c), x * (np.exp(q) / c) ** (1 - rho)
    return cost, share


@pytest.mark.parametrize("rho", [0.05, 0.2, 0.5, 0.9])
def test_costs_and_shares_by_the_equations(rho: float) -> None:
    nests, lc, lP = drawn(rho=rho)
    tech = nested_cost(nests, lc, lP)
    cost, share = plain(nests, lc, lP)
    np.testing.assert_allclose(tech.lc, cost, atol=1e-13)
    np.testing.assert_allclose(tech.share, share, rtol=1e-12)
    np.testing.assert_allclose(tech.kept, (1 - share.sum(axis=0)) / nests.rest, rtol=1e-12)


def test_no_change_and_homogeneity() -> None:
    """Ones in, ones out; all prices and costs times x is cost times x, shares the same."""
    nests, lc, lP = drawn(1)
    nothing = nested_cost(nests, 0 * lc, 0 * lP)
    assert not nothing.lc.any()
    np.testing.assert_allclose(nothing.kept, 1.0, atol=1e-15)
    one, more = nested_cost(nests, lc, lP), nested_cost(nests, lc + 0.7, lP + 0.7)
    np.testing.assert_allclose(more.lc, one.lc + 0.7, atol=1e-13)
    np.testing.assert_allclose(more.share, one.share, rtol=1e-12)


def test_who_is_no_user_pays_the_ordinary_cost_bit_for_bit() -> None:
    nests, lc, lP = drawn(2)
    tech = nested_cost(nests, lc, lP)
    nobody = nests.rho[..., 0] == 1
    assert (tech.lc[nobody] == lc[nobody]).all()
    assert (tech.kept[nobody] == 1).all()
    assert not tech.share[:, nobody].any()


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12])
def test_limit_at_rho_of_one(gap: float) -> None:
    """Next to 1 the nest is Cobb-Douglas, without loss of digits."""
    nests, lc, lP = drawn(3, rho=1 - gap)
    tech = nested_cost(nests, lc, lP)
    np.testing.assert_allclose(tech.lc, lc, atol=gap + 1e-14)


def test_extreme_prices_stay_finite() -> None:
    """A good a thousand times dearer in logs takes all of the cost, and nothing overflows."""
    nests, lc, lP = drawn(4)
    lP[:, 0] = 1000.0
    tech = nested_cost(nests, lc, lP)
    assert np.isfinite(tech.lc).all()
    user = nests.share[0, ..., 0] > 0
    np.testing.assert_allclose(tech.share[0][user], 1.0, atol=1e-9)


def test_use_adds_up() -> None:
    """Law of `nested_use`: inputs and labour are all of sales, whatever the shares have become."""
    nests, lc, lP = drawn(5)
    rng = np.random.default_rng(5)
    g = rng.uniform(0.05, 0.2, (J, N, J))
    g[list(GOODS)] = np.where(nests.share[..., 0] > 0, nests.share[..., 0], g[list(GOODS)])
    gamma = 1 - g.sum(axis=0)
    tech, Y = nested_cost(nests, lc, lP), rng.uniform(1, 2, (N, J, 2))
    use = np.einsum("kos,osb->okb", g, tech.labour(Y))
    labour = (gamma[..., None] * tech.labour(Y)).sum(axis=1)
    total = nested_use(nests, tech, use, Y).sum(axis=1) + labour
    np.testing.assert_allclose(total, Y.sum(axis=1), rtol=1e-12)
    assert nested_use(nests, Technology(lc), use, Y) is use


def test_derivatives() -> None:
    """Cost, shares and use against differences."""
    nests, lc, lP = drawn(6)
    rng = np.random.default_rng(6)
    dlc, dlP = rng.normal(0, 1, lc.shape), rng.normal(0, 1, lP.shape)
    Y, dY, use, duse = (rng.uniform(1, 2, lc.shape) for _ in range(4))
    at = nested_cost(nests, lc, lP)
    got = nested_tangent(nests, at, dlc, dlP)

    def along(h: float) -> Technology:
        return nested_cost(nests, lc + h * dlc, lP + h * dlP)

    for name, value in (("lc", got.lc), ("share", got.share), ("kept", got.kept)):
        expected = difference(lambda h, name=name: getattr(along(h), name))
        np.testing.assert_allclose(value, expected, rtol=1e-7, atol=1e-10)
    expected = difference(lambda h: nested_use(nests, along(h), use + h * duse, Y + h * dY))
    np.testing.assert_allclose(nested_use_tangent(nests, at, got, duse, Y, dY), expected, rtol=1e-7, atol=1e-9)
