"""I12 through the public verb: a counterfactual as the next baseline; and the full part of the certificate."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import detente as dt
import economies


@pytest.mark.parametrize("seed", range(4))
def test_a_to_b_to_c_is_a_to_c(seed: int) -> None:
    """Real income changes multiply along a path of re-based worlds, deficits and inputs included."""
    rng = np.random.default_rng(seed)
    economy = economies.random_economy(rng, n=4, j=3)
    base = dt.Baseline.from_flows(**economy.inputs())
    first, last = economies.random_tariffs(rng, economy), economies.random_tariffs(rng, economy)
    middle = dt.solve(base, first, tol=1e-13)
    onward = dt.solve(dt.rebased(middle), last, tol=1e-13)
    direct = dt.solve(base, last, tol=1e-13)
    np.testing.assert_allclose(middle.welfare_hat * onward.welfare_hat, direct.welfare_hat, rtol=1e-9)
    home = dt.solve(dt.rebased(middle), economy.tariffs, tol=1e-13)
    np.testing.assert_allclose(middle.welfare_hat * home.welfare_hat, 1, rtol=1e-9)


def test_history_is_kept() -> None:
    """The new world says where it comes from, and is another world by checksum."""
    economy = economies.random_economy(np.random.default_rng(0), n=3, j=2)
    base = dt.Baseline.from_flows(**economy.inputs())
    again = dt.rebased(dt.solve(base, economies.random_tariffs(np.random.default_rng(1), economy)), note="a round")
    assert again.meta["history"] == ("a round",)
    assert again.meta["parent"] == base.sha256 != again.sha256


def test_full_certificate_on_the_world(world: dt.Baseline) -> None:
    """Twenty starts with hats between 1/10 and 10 and another solver end at the same equilibrium of the real world."""
    tariffs = world.tariffs.copy()
    usa, china = world.countries.index("USA"), world.countries.index("CHN")
    tariffs[china, usa, :27] += 1.0
    found = dt.solve(world, tariffs, certify="full").certificate
    assert found.status == "CERTIFIED"
    assert found.grade == "A"
    assert found.uniqueness["distinct"] == 1
    assert found.uniqueness["converged"] >= 18
    assert 1 <= found.conditioning["cond"] <= 1e8
    assert not found.warnings


def test_certify_is_quick_or_full() -> None:
    """Anything else is refused."""
    economy = economies.random_economy(np.random.default_rng(0), n=3, j=2)
    with pytest.raises(dt.UsageError, match="quick"):
        dt.solve(dt.Baseline.from_flows(**economy.inputs()), certify="ful")


def test_results_travel(world: dt.Baseline) -> None:
    """A result can be pickled and copied, and is the same world and the same numbers afterwards."""
    result = dt.solve(world)
    again = pickle.loads(pickle.dumps(result))
    assert again.baseline.sha256 == world.sha256
    np.testing.assert_array_equal(again.welfare_hat, copy.deepcopy(result).welfare_hat)
    with pytest.raises(ValueError, match="read-only"):
        again.arrays["transfer_new"][0] = 5


def test_a_world_that_cannot_be_balanced_is_named() -> None:
    """One-way trade has no balanced equilibrium: purging says which country."""
    flows = np.array([[80.0, 20.0], [0.0, 60.0]])[:, :, None]
    base = dt.Baseline.from_flows(["AAA", "BBB"], ["X"], flows, 0 * flows, np.ones((2, 1)), np.zeros((1, 2, 1)), [4.0])
    with pytest.raises(dt.SolveError, match="AAA: can sell abroad but buy nothing") as caught:
        base.purged()
    assert caught.value.certificate.status == "INFEASIBLE"


def test_closure_objects_and_wrong_types() -> None:
    """`closure` takes a Closure; things of the wrong type get a sentence, not an AttributeError."""
    economy = economies.random_economy(np.random.default_rng(0), n=3, j=2)
    base = dt.Baseline.from_flows(**economy.inputs())
    table = dt.solve(base, closure=dt.Closure("fixed-nominal", numeraire="C00")).table("countries")
    assert set(table["closure"]) == {"fixed-nominal in units of C00"}
    wrong: list[dict[str, Any]] = [{"tol": "a"}, {"max_iter": "x"}, {"wedges": {}}, {"closure": None}]
    for arguments in wrong:
        with pytest.raises(dt.UsageError):
            dt.solve(base, **arguments)
    with pytest.raises(dt.UsageError, match="expected a Baseline"):
        dt.solve("world-2022")  # type: ignore[arg-type]


def test_a_closure_is_not_contradicted_in_silence() -> None:
    """A whole Closure with another revenue rule or numeraire beside it is refused, not half ignored."""
    economy = economies.random_economy(np.random.default_rng(0), n=3, j=2)
    base = dt.Baseline.from_flows(**economy.inputs())
    contradictions: list[dict[str, Any]] = [{"revenue": "wasted"}, {"numeraire": "C00"}]
    for beside in contradictions:
        with pytest.raises(dt.UsageError, match="inside the Closure"):
            dt.solve(base, closure=dt.Closure(), **beside)
