"""The certificate against wrong outputs: a table of what is spoilt and which equation must see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.certify import Evidence, certificate, recompute
from detente.certify.grade import THRESHOLD
from detente.core.result import BASE_KEYS, NEW_KEYS
from economies import random_economy, random_tariffs, random_trade_cost_hat

Arrays = dict[str, np.ndarray]
BLOCKS = {
    "baseline", "share_price", "share_sums", "flows", "goods_market", "factor_market", "income", "deficits",
    "trade_balance", "walras", "welfare_identity", "rents",
}  # fmt: skip


@pytest.fixture(scope="module")
def result() -> dt.Result:
    """Return a certified world of four countries and three sectors with tariffs, inputs, deficits and icebergs."""
    rng = np.random.default_rng(20)
    economy = random_economy(rng, n=4, j=3, zeros=0.1)
    base = dt.Baseline.from_flows(**economy.inputs())
    return dt.solve(base, random_tariffs(rng, economy), random_trade_cost_hat(rng, economy), tol=1e-13)


def copied(result: dt.Result) -> Arrays:
    """Return all arrays of a result, writable."""
    return {name: np.array(values) for name, values in result.arrays.items()}


def residuals(result: dt.Result, arrays: Arrays) -> dict[str, float]:
    """Return the residuals of spoilt arrays."""
    with np.errstate(all="ignore"):
        found = recompute(arrays, result.closure, result.countries, result.sectors)
    return {name: value for name, (value, _) in found.items()}


def seen(result: dt.Result, arrays: Arrays) -> set[str]:
    """Return the blocks over the line."""
    return {name for name, value in residuals(result, arrays).items() if not value <= THRESHOLD}


def test_the_good_result_passes(result: dt.Result) -> None:
    """Nothing spoilt: every block is there and far below the line."""
    found = residuals(result, copied(result))
    assert set(found) == BLOCKS
    assert max(found.values()) <= 1e-11
    assert result.certificate.grade == "A"


def test_what_is_stored_passes_as_read_back(result: dt.Result, tmp_path: Path) -> None:
    """The same residuals from a file."""
    np.savez(tmp_path / "arrays.npz", **copied(result))
    with np.load(tmp_path / "arrays.npz") as stored:
        assert residuals(result, dict(stored)) == residuals(result, copied(result))


# ---------------------------------------------------------------- the table


def set_one(name: str, factor: float) -> Callable[[Arrays], None]:
    """Return a corruption of the largest entry of an array."""

    def spoil(arrays: Arrays) -> None:
        where = np.unravel_index(int(np.abs(arrays[name]).argmax()), arrays[name].shape)
        arrays[name][where] *= factor

    return spoil


def swap(name: str) -> Callable[[Arrays], None]:
    """Return a corruption that exchanges the first two axes."""
    return lambda arrays: arrays.update({name: np.ascontiguousarray(arrays[name].swapaxes(0, 1))})


def scale(*names: str, factor: float) -> Callable[[Arrays], None]:
    """Return a corruption that multiplies whole arrays."""
    return lambda arrays: arrays.update({name: arrays[name] * factor for name in names})


def no_revenue(arrays: Arrays) -> None:
    """Drop tariff revenue from income, consistently."""
    arrays["income_new"] -= arrays["revenue_new"]
    arrays["revenue_new"] *= 0


def deficit_sign(arrays: Arrays) -> None:
    """Turn every deficit into a surplus, and income with it."""
    arrays["income_new"] -= 2 * arrays["deficit_new"]
    arrays["deficit_new"] *= -1


def tariff_inclusive_revenue(arrays: Arrays) -> None:
    """Count revenue on the price with duty instead of the border value, and income with it."""
    wrong = (arrays["flows_new"] * (1 + arrays["tariffs_new"]) * arrays["tariffs_new"]).sum(axis=(0, 2))
    arrays["income_new"] += wrong - arrays["revenue_new"]
    arrays["revenue_new"] = wrong


def welfare_with_new_weights(arrays: Arrays) -> None:
    """Deflate with other weights than the budget shares."""
    weights = arrays["expenditure_new"] / arrays["expenditure_new"].sum(axis=1, keepdims=True)
    price = np.exp((weights * np.log(arrays["price_hat"])).sum(axis=1))
    arrays["welfare_hat"] = arrays["income_new"] / arrays["income"] / price


def transposed_inputs(arrays: Arrays) -> None:
    """Exchange input and output sector."""
    arrays["input_share"] = np.ascontiguousarray(arrays["input_share"].transpose(2, 1, 0))


def zero_share_revived(arrays: Arrays) -> None:
    """Give a cell without trade a little trade."""
    o, d, s = np.argwhere(arrays["share"] == 0)[0]
    arrays["share_new"][o, d, s] = 1e-6


def everything_nominal(arrays: Arrays) -> None:
    """Count in another unit than the numeraire that is named."""
    for name in ("wage_hat", "cost_hat", "price_hat", "expenditure_new", "flows_new", "revenue_new", "income_new"):
        arrays[name] *= 1.001
    arrays["deficit_new"] *= 1.001


def old_world(arrays: Arrays) -> None:
    """Report the baseline as the answer."""
    for name in ("wage_hat", "cost_hat", "price_hat", "welfare_hat"):
        arrays[name][...] = 1.0
    arrays["share_new"], arrays["expenditure_new"] = arrays["share"], arrays["expenditure"]
    arrays["flows_new"], arrays["income_new"] = arrays["flows"], arrays["income"]
    arrays["revenue_new"] = (arrays["flows"] * arrays["tariffs"]).sum(axis=(0, 2))


TABLE: dict[str, tuple[Callable[[Arrays], None], set[str]]] = {
    "one flow": (set_one("flows_new", 1 + 1e-7), {"flows"}),
    "flows swapped": (swap("flows_new"), {"flows"}),
    "one share": (set_one("share_new", 1 + 1e-7), {"share_price", "share_sums", "flows"}),
    "shares swapped": (swap("share_new"), {"share_price", "share_sums"}),
    "shares not normalised": (scale("share_new", "flows_new", factor=1.0001), {"share_price", "share_sums"}),
    "a zero share revived": (zero_share_revived, {"share_price", "share_sums"}),
    "one price": (set_one("price_hat", 1 + 1e-7), {"share_price"}),
    "one cost": (set_one("cost_hat", 1 + 1e-7), {"share_price"}),
    "one wage": (set_one("wage_hat", 1 + 1e-7), {"share_price", "factor_market", "income"}),
    "one spending": (set_one("expenditure_new", 1 + 1e-7), {"goods_market", "flows"}),
    "new tariffs swapped": (swap("tariffs_new"), {"share_price", "flows"}),
    "new tariffs as 1 + t": (lambda a: a.update({"tariffs_new": 1 + a["tariffs_new"]}), {"share_price", "flows"}),
    "icebergs forgotten": (lambda a: a["trade_cost_hat"].fill(1.0), {"share_price"}),
    "elasticity less 1": (lambda a: a.update({"trade_elasticity": a["trade_elasticity"] - 0.1}), {"share_price"}),
    "revenue dropped": (no_revenue, {"income", "goods_market"}),
    "revenue on price with duty": (tariff_inclusive_revenue, {"income", "goods_market"}),
    "revenue alone": (set_one("revenue_new", 1 + 1e-6), {"income"}),
    "income alone": (set_one("income_new", 1 + 1e-7), {"income", "goods_market"}),
    "deficits with the wrong sign": (deficit_sign, {"deficits", "trade_balance"}),
    "one deficit": (set_one("deficit_new", 1 + 1e-6), {"deficits", "trade_balance", "income"}),
    "welfare with other weights": (welfare_with_new_weights, {"welfare_identity"}),
    "welfare of one country": (set_one("welfare_hat", 1 + 1e-8), {"welfare_identity"}),
    "another unit": (everything_nominal, {"walras"}),
    "the old world": (old_world, {"share_price"}),
    "inputs transposed": (transposed_inputs, {"baseline", "share_price", "goods_market"}),
    "base flows swapped": (swap("flows"), {"baseline"}),
    "base tariffs swapped": (swap("tariffs"), {"baseline", "share_price"}),
    "value added shares": (set_one("value_added_share", 0.999), {"baseline", "share_price", "factor_market"}),
    "budget shares": (set_one("final_share", 1 + 1e-6), {"baseline", "goods_market"}),
    "base income": (set_one("income", 1 + 1e-7), {"baseline", "welfare_identity"}),
    "base deficit": (set_one("deficit", 1 + 1e-6), {"baseline", "deficits"}),
    "exogenous demand": (lambda a: a.update({"final_exogenous_new": a["expenditure_new"] / 1e5}), {"goods_market"}),
}


@pytest.mark.parametrize("what", TABLE)
def test_a_spoilt_output_is_seen(result: dt.Result, what: str) -> None:
    """Each corruption is over the line in the block that states the equation."""
    spoil, blocks = TABLE[what]
    arrays = copied(result)
    spoil(arrays)
    assert blocks <= seen(result, arrays)


@pytest.mark.parametrize("name", sorted((*BASE_KEYS, *NEW_KEYS)))
def test_any_array_in_single_precision_is_seen(result: dt.Result, name: str) -> None:
    """An array stored as float32 fails by its type, whatever its values."""
    arrays = copied(result)
    arrays[name] = arrays[name].astype(np.float32)
    found = residuals(result, arrays)
    assert found["dtype"] == np.inf


@pytest.mark.parametrize("name", sorted({*BASE_KEYS, *NEW_KEYS} - {"final_exogenous", "final_exogenous_new"}))
def test_nan_in_any_array_is_seen(result: dt.Result, name: str) -> None:
    """NaN counts as infinitely wrong; it never compares its way through."""
    arrays = copied(result)
    arrays[name].flat[0] = np.nan
    assert np.inf in residuals(result, arrays).values()


@pytest.mark.parametrize("name", ["wedge", "rent_lost", "rent_exporter", "rent_importer", "rent_other", "transfer_new"])
def test_instruments_that_are_not_there(result: dt.Result, name: str) -> None:
    """A wedge, a rent or a transfer that the rest of the outputs know nothing of."""
    arrays = copied(result)
    arrays[name] = arrays[name] + (0.01 if name == "wedge" else 0.001 * arrays["income"].min())
    assert seen(result, arrays)


def test_the_place_is_named(result: dt.Result) -> None:
    """The worst country and sector are told in words."""
    arrays = copied(result)
    arrays["price_hat"][2, 1] *= 1.01
    with np.errstate(all="ignore"):
        found = recompute(arrays, result.closure, result.countries, result.sectors)
    assert "C02" in found["share_price"][1] or "S01" in found["share_price"][1]
    arrays = copied(result)
    arrays["welfare_hat"][3] *= 1.01
    error, where = recompute(arrays, result.closure, result.countries, result.sectors)["welfare_identity"]
    assert where == "C03"
    assert error == pytest.approx(0.01, rel=1e-6)


def test_another_closure_than_the_one_named(result: dt.Result) -> None:
    """Results under world-share do not pass as balanced, nor as wasted revenue."""
    arrays = copied(result)
    for closure in (dt.Closure("balanced"), dt.Closure(revenue="wasted")):
        found = recompute(arrays, closure, result.countries, result.sectors)
        block = "deficits" if closure.deficits == "balanced" else "welfare_identity"
        assert found[block][0] > THRESHOLD


def test_a_spoilt_result_is_uncertified(result: dt.Result) -> None:
    """Whatever the solver says, a residual over the line makes UNCERTIFIED, and the numbers cannot be read."""
    arrays = copied(result)
    arrays["welfare_hat"][0] *= 1 + 1e-8
    found = recompute(arrays, result.closure, result.countries, result.sectors)
    cert = certificate(found, Evidence("CONVERGED", 20, result.certificate.baseline), result.closure)
    assert cert.status == "UNCERTIFIED"
    assert [warn.code for warn in cert.warnings] == ["uncertified"]
    spoilt = replace(result, certificate=cert)
    with pytest.raises(dt.SolveError, match="UNCERTIFIED"):
        _ = spoilt.welfare_hat
