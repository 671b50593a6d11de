"""How a solve can end: certified, marked, infeasible with a name, not solved; and what is refused before it starts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import detente as dt
from economies import Economy, disconnected_blocks, random_economy, random_tariffs, two_countries_one_sector
from reference import NoEquilibriumError, reference_solve

Array = np.ndarray


def made(economy: Economy) -> dt.Baseline:
    return dt.Baseline.from_flows(**economy.inputs())


def drawn(seed: int = 0, **options: Any) -> tuple[dt.Baseline, Array]:
    """Return a random world and new tariffs."""
    rng = np.random.default_rng([30, seed])
    economy = random_economy(rng, n=4, j=2, **options)
    return made(economy), random_tariffs(rng, economy)


def embargo(base: dt.Baseline, *pairs: tuple[int, int]) -> Array:
    """Return iceberg changes that stop (origin, dest)."""
    kappa = np.ones_like(base.flows)
    for o, d in pairs:
        kappa[o, d] = np.inf
    return kappa


def assert_no_numbers(base: dt.Baseline, status: str, word: str, **shock: Any) -> dt.Certificate:
    """Assert that a solve raises SolveError with the status and the word, and that its numbers cannot be read."""
    with pytest.raises(dt.SolveError, match=status) as caught:
        dt.solve(base, **shock)
    assert word in str(caught.value)
    assert caught.value.exit_code == 4
    result = dt.solve(base, **shock, throw=False)
    assert result.status == status == caught.value.certificate.status
    for name in ("welfare_hat", "wage_hat", "flows_new", "income_new", "price_hat"):
        with pytest.raises(dt.SolveError, match="cannot be read"):
            getattr(result, name)
    with pytest.raises(dt.SolveError):
        _ = result.arrays
    with pytest.raises(dt.SolveError):
        result.columns("countries")
    return result.certificate


# ---------------------------------------------------------------- infeasible


def test_a_deficit_country_cut_off_is_infeasible() -> None:
    """A country that trades with nobody has nobody to pay its deficit: it is named."""
    base, _ = drawn(deficits=True)
    others = [o for o in range(4) if o != 1]
    kappa = embargo(base, *((o, 1) for o in others), *((1, d) for d in others))
    cert = assert_no_numbers(base, "INFEASIBLE", "C01", trade_cost_hat=kappa)
    assert any("no trade left" in warn.text for warn in cert.warnings)
    assert cert.iterations == 0
    assert cert.grade == ""


def test_one_way_trade_needs_the_right_deficit() -> None:
    """A country that can buy but not sell needs a deficit to pay with; with balanced trade it has none."""
    base = made(two_countries_one_sector())
    cert = assert_no_numbers(base, "INFEASIBLE", "C00", trade_cost_hat=embargo(base, (0, 1)))
    assert any("sell nothing" in warn.text for warn in cert.warnings)
    assert any("buy nothing" in warn.text and "C01" in warn.text for warn in cert.warnings)


def test_a_market_without_suppliers_is_infeasible() -> None:
    """Every origin embargoed, home included: country and sector are named."""
    base, _ = drawn(zeros=0.0)
    kappa = np.ones_like(base.flows)
    kappa[:, 2, 1] = np.inf
    assert_no_numbers(base, "INFEASIBLE", "C02, S01", trade_cost_hat=kappa)


def payer() -> dt.Baseline:
    """Return a world whose first country pays away 90 % of what it earns."""
    return made(random_economy(np.random.default_rng(3), n=4, j=2, zeros=0.0, transfer=0.9, deficits=True))


def test_transfers_that_cannot_be_paid_are_infeasible() -> None:
    """Asked for more than it can earn behind high walls, the payer is named; the reference finds nothing either."""
    base = payer()
    rates = np.where(np.eye(4, dtype=bool)[:, :, None], 0.0, 20.0) * np.ones_like(base.flows)
    cert = assert_no_numbers(base, "INFEASIBLE", "C00", tariffs=rates)
    assert any("asked to pay" in warn.text for warn in cert.warnings)
    arrays = (base.flows, base.tariffs, base.value_added_share, base.input_share, base.trade_elasticity)
    with pytest.raises(NoEquilibriumError):
        reference_solve(*arrays, rates)


def test_large_transfers_that_can_be_paid_are() -> None:
    """The same payer under ordinary tariffs has an equilibrium."""
    base = payer()
    rates = random_tariffs(np.random.default_rng(1), random_economy(np.random.default_rng(3), n=4, j=2, zeros=0.0))
    result = dt.solve(base, rates)
    assert result.status == "CERTIFIED"
    assert result.income_new.min() > 0


# ---------------------------------------------------------------- solved and marked


def test_disconnected_parts_are_solved_apart() -> None:
    """Two worlds that never trade: SOLVED_WARN, and the welfare of each is that of the part alone."""
    economy = disconnected_blocks()
    base = made(economy)
    rates = np.array(base.tariffs)
    rates[0, 1] += 0.5
    result = dt.solve(base, rates, tol=1e-12)
    assert result.status == "SOLVED_WARN"
    assert [warn.code for warn in result.certificate.warnings] == ["disconnected"]
    np.testing.assert_allclose(result.welfare_hat[3:], 1.0, rtol=1e-10)
    part = {
        "countries": base.countries[:3], "sectors": base.sectors, "flows": base.flows[:3, :3],
        "tariffs": base.tariffs[:3, :3], "value_added_share": base.value_added_share[:3],
        "input_share": base.input_share[:, :3], "trade_elasticity": base.trade_elasticity,
    }  # fmt: skip
    alone = dt.solve(dt.Baseline.from_flows(**part), rates[:3, :3], tol=1e-12)
    np.testing.assert_allclose(result.welfare_hat[:3], alone.welfare_hat, rtol=1e-10)
    assert np.abs(alone.welfare_hat - 1).max() > 1e-4


def test_an_embargo_that_divides_the_world() -> None:
    """Two pairs of countries that stop trading across: each pair keeps its value added."""
    base, _ = drawn(deficits=False, zeros=0.0)
    across = [(o, d) for o in range(4) for d in range(4) if (o < 2) != (d < 2)]
    result = dt.solve(base, trade_cost_hat=embargo(base, *across))
    assert result.status == "SOLVED_WARN"
    kept = result.wage_hat * base.value_added
    assert kept[:2].sum() == pytest.approx(base.value_added[:2].sum(), rel=1e-9)
    assert (result.flows_new[:2, 2:] == 0).all()


def test_weak_data_are_marked() -> None:
    """A baseline whose balancing moved more than 1 % of world value added is BASELINE_WEAK, and can be read."""
    base, rates = drawn()
    weak = base.replace(meta={**base.meta, "balancing": {"moved_share": 0.04, "max_imbalance": 1e-7}})
    result = dt.solve(weak, rates)
    assert result.status == "BASELINE_WEAK"
    assert result.certificate.baseline["moved_share"] == 0.04
    assert result.certificate.baseline["max_imbalance"] == pytest.approx(1e-7)
    np.testing.assert_array_equal(result.welfare_hat, dt.solve(base, rates).welfare_hat)


# ---------------------------------------------------------------- not solved


def test_too_few_passes_are_not_solved() -> None:
    """Three passes: NOT_SOLVED, MAX_ITER, no fallback, exit code 4, three things to try."""
    base, rates = drawn()
    cert = assert_no_numbers(base, "NOT_SOLVED", "max_iter", tariffs=rates, max_iter=3)
    assert cert.solver_status == "MAX_ITER"
    assert cert.iterations == 3
    assert cert.fallbacks == ()
    assert cert.residuals == {}


def test_a_certified_result_does_not_raise() -> None:
    """Throw or not, a certified result is the same and can be read."""
    base, rates = drawn()
    thrown, kept = dt.solve(base, rates), dt.solve(base, rates, throw=False)
    np.testing.assert_array_equal(thrown.welfare_hat, kept.welfare_hat)
    assert thrown.certificate.line == kept.certificate.line
    assert thrown.certificate.path == {"lambda_reached": 1.0}


# ---------------------------------------------------------------- refused

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "balanced on a baseline with deficits": ({"closure": "balanced"}, r"purged\(\)"),
    "fixed-nominal without numeraire": ({"closure": "fixed-nominal"}, "numeraire"),
    "numeraire of nobody": ({"closure": "fixed-nominal", "numeraire": "C09"}, "C0"),
    "numeraire where it does not matter": ({"numeraire": "C01"}, "do not depend on a numeraire"),
    "numeraire of balanced trade": ({"closure": "balanced", "numeraire": "C01", "include_purge": True}, "numeraire"),
    "unknown closure": ({"closure": "world_share"}, "world-share"),
    "unknown revenue rule": ({"revenue": "waste"}, "wasted"),
    "unknown market": ({"market": "krugman"}, "krugman-fixed"),
    "tolerance 0": ({"tol": 0}, "tol"),
    "negative tolerance": ({"tol": -1e-9}, "tol"),
    "tolerance that is not a number": ({"tol": float("nan")}, "tol"),
    "tolerance above 1": ({"tol": 2.0}, "tol"),
    "no passes": ({"max_iter": 0}, "max_iter"),
    "half a pass": ({"max_iter": 10.5}, "max_iter"),
    "unknown certificate": ({"certify": "none"}, "quick"),
    "wedges twice": ({"wedges": dt.Wedges(), "tariffs": "rates"}, "wedges"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals(what: str) -> None:
    """A call that cannot be meant is refused before anything is solved, with the way out in the words."""
    base, rates = drawn(deficits=True)
    options, words = REFUSED[what]
    given = {key: rates if value == "rates" else value for key, value in options.items()}
    with pytest.raises(dt.UsageError, match=words) as caught:
        dt.solve(base, **({} if "wedges" in given else {"tariffs": rates}), **given)
    assert caught.value.exit_code == 2


def test_balanced_with_the_purge_in_it() -> None:
    """Asked for by name, balanced on a baseline with deficits is the purge and then the policy in one number."""
    base, rates = drawn(deficits=True)
    both = dt.solve(base, rates, closure="balanced", include_purge=True, tol=1e-12)
    purge = dt.solve(base, closure="balanced", include_purge=True, tol=1e-12)
    policy = dt.solve(base.purged(), rates, closure="balanced", tol=1e-12)
    np.testing.assert_allclose(both.welfare_hat, purge.welfare_hat * policy.welfare_hat, rtol=1e-9)
    assert not both.deficit_new.any()


def test_wrong_arrays_are_refused() -> None:
    """Wrong shapes, NaN, rates of -100 %, icebergs of 0: DataError with the argument named."""
    base, rates = drawn()
    bad = {"tariffs": rates[:, :, :1], "trade_cost_hat": np.zeros_like(rates)}
    for name, array in bad.items():
        with pytest.raises(dt.DataError, match=name):
            dt.solve(base, **{name: array})
    for value in (np.nan, -1.0, np.inf):
        wrong = np.array(rates)
        wrong[0, 1, 0] = value
        with pytest.raises(dt.DataError, match="tariffs"):
            dt.solve(base, wrong)
