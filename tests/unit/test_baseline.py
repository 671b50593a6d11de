"""Row 86 of the catalogue and the identities of a baseline: arrays in, a frozen consistent world out."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.baseline import baseline as module
from detente.baseline.baseline import ARRAYS, Baseline, register_rebuild
from detente.baseline.tables import read_tables
from detente.core.errors import DataError, UsageError
from economies import random_economy

GOOD = Path(__file__).parents[1] / "contract" / "bad" / "good"
SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=25, deadline=None)


def good_flows_without(sector: int) -> np.ndarray:
    flows = np.array(read_tables(GOOD).flows)
    flows[:, :, sector] = 0
    return flows


def made(seed: int) -> Baseline:
    return Baseline.from_flows(**random_economy(np.random.default_rng(seed)).inputs())


def good_arrays() -> dict[str, np.ndarray]:
    base = read_tables(GOOD)
    names = ("flows", "tariffs", "value_added_share", "input_share", "trade_elasticity")
    return {name: np.array(getattr(base, name)) for name in names}


@pytest.mark.parametrize(
    ("name", "shape", "found"),
    [
        ("flows", (2, 2), "(2, 2, 2)"),
        ("tariffs", (2, 2, 3), "(2, 2, 2)"),
        ("value_added_share", (2,), "(2, 2)"),
        ("input_share", (2, 2), "(2, 2, 2)"),
        ("trade_elasticity", (2, 1), "(2,)"),
    ],
)
def test_86_wrong_shape(name: str, shape: tuple[int, ...], found: str) -> None:
    arrays = {**good_arrays(), name: np.ones(shape)}
    with pytest.raises(DataError) as caught:
        Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **arrays)
    assert f"{name}: found shape {shape}" in str(caught.value)
    assert f"expected shape {found}" in str(caught.value)


@pytest.mark.parametrize("name", ["flows", "tariffs", "value_added_share", "input_share", "trade_elasticity"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_86_not_finite(name: str, value: float) -> None:
    arrays = good_arrays()
    arrays[name].flat[1] = value
    with pytest.raises(DataError, match=rf"{name}: found {value} at .*; expected finite numbers"):
        Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **arrays)


def test_86_negative_text_and_all_at_once() -> None:
    arrays = good_arrays()
    arrays["flows"][0, 1, 1] = -3
    with pytest.raises(DataError, match="flows: found -3 at AUR, BRE, STEEL"):
        Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **arrays)
    wrong = {**arrays, "tariffs": [["a"]], "input_share": np.ones(3)}
    with pytest.raises(DataError) as caught:
        Baseline.from_flows(["AUR", "AUR"], ["FOOD", "STEEL"], **wrong)
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"countries", "flows", "tariffs", "input_share"}


@QUICK
@given(seed=SEEDS)
def test_identities_1_to_4(seed: int) -> None:
    base = made(seed)
    paid = base.flows * (1 + base.tariffs)
    world = base.value_added.sum()
    np.testing.assert_allclose(base.share * base.expenditure, paid, rtol=1e-13)
    sums = base.share.sum(axis=0)
    np.testing.assert_allclose(sums[base.expenditure > 0], 1, rtol=1e-13)
    assert (sums[base.expenditure == 0] == 0).all()
    np.testing.assert_allclose(base.value_added, (base.output - base.input_share.sum(axis=0) * base.output).sum(axis=1))
    use = np.array([[(base.input_share[k, d] * base.output[d]).sum() for k in range(len(base.sectors))]
                    for d in range(len(base.countries))])  # fmt: skip
    np.testing.assert_allclose(base.final_demand, base.expenditure - use, atol=1e-11 * world)
    np.testing.assert_allclose(base.income, base.final_demand.sum(axis=1), rtol=1e-9, atol=1e-12 * world)
    assert abs(base.deficit.sum()) < 1e-12 * world


@QUICK
@given(seed=SEEDS)
def test_final_shares_add_to_one_and_zero_cells_stay_zero(seed: int) -> None:
    base = made(seed)
    np.testing.assert_allclose(base.final_share.sum(axis=1), 1, rtol=1e-12)
    assert (base.final_share >= 0).all()
    assert (base.share[base.flows == 0] == 0).all()
    assert (base.final_share[base.expenditure == 0] == 0).all()


def test_tariffs_are_paid_to_the_importer() -> None:
    base = read_tables(GOOD)
    assert base.tariffs[0, 1, 0] == 0.1  # BRE levies 10 % on food of AUR
    assert base.tariffs[1, 0, 0] == 0.05
    np.testing.assert_allclose(base.revenue, [0.05 * 30 + 0.025 * 50, 0.1 * 10])
    np.testing.assert_allclose(base.deficit, [80 - 50, 50 - 80])
    np.testing.assert_allclose(base.expenditure[0], [90 + 30 * 1.05, 160 + 50 * 1.025])
    np.testing.assert_allclose(base.income, [190 + 2.75 + 30, 250 + 1 - 30])


def negative() -> dict[str, np.ndarray]:
    arrays = good_arrays()
    arrays["input_share"][0, 0] = [0.6, 0.6]
    arrays["value_added_share"][0] = 1 - arrays["input_share"][:, 0].sum(axis=0)
    return arrays


def test_negative_final_demand_is_refused_or_exogenous() -> None:
    names = ["AUR", "BRE"], ["FOOD", "STEEL"]
    with pytest.raises(DataError, match=r"B06 final demand: found 1 of 4 cells negative, -58\.5 MUSD"):
        Baseline.from_flows(*names, **negative())
    base = Baseline.from_flows(*names, **negative(), treatment="exogenous")
    np.testing.assert_allclose(base.final_exogenous, [[-58.5, 0], [0, 0]])
    np.testing.assert_allclose(base.final_share, [[0, 1], base.final_share[1]])
    assert base.meta["treatment"]["cells"] == 1
    assert any("B06" in text for text in base.meta["warnings"])
    assert not Baseline.from_flows(*names, **good_arrays(), treatment="exogenous").final_exogenous.any()
    with pytest.raises(UsageError, match="expected None, 'exogenous' or 'rebalance'"):
        Baseline.from_flows(*names, **good_arrays(), treatment="clip")


def test_rebalance_asks_the_registered_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def rebuild(base: Baseline, deficits: str, market: str) -> Baseline:
        asked.append(deficits)
        return base.replace(flows=base.flows * 1.1)

    monkeypatch.setattr(module, "_REBUILD", [])
    with pytest.raises(UsageError, match="no solver is loaded"):
        Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **negative(), treatment="rebalance")
    register_rebuild(rebuild)
    base = Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **negative(), treatment="rebalance")
    assert base.id.endswith("+rebalanced")
    assert base.meta["treatment"]["moved_share"] > 0
    assert base.purged().id.endswith("+purged")
    assert asked == ["world-share", "balanced"]


@pytest.mark.parametrize("name", [*ARRAYS, "countries", "sectors"])
def test_sha256_changes_when_anything_changes(name: str) -> None:
    base = read_tables(GOOD)
    if name in ARRAYS:
        changed = np.array(getattr(base, name))
        changed.flat[-1] += 1e-9
        other = base.replace(**{name: changed})
    else:
        other = base.replace(**{name: getattr(base, name)[::-1]})
    assert other.sha256 != base.sha256
    assert base.replace(id="same-world", meta={}).sha256 == base.sha256


def test_frozen_inside_and_outside() -> None:
    arrays = good_arrays()
    base = Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **arrays, sources={"a": 1})
    with pytest.raises(dataclasses.FrozenInstanceError):
        base.id = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        base.flows[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        base.final_share[0, 0] = 1
    with pytest.raises(TypeError):
        base.meta["a"] = 2  # type: ignore[index]
    arrays["flows"][:] = 0
    assert base.flows.any()
    assert base.replace(flows=base.flows * 2).output[0, 0] == 2 * base.output[0, 0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value_added_share": np.full((2, 2), 0.5)}, "B05 cost shares: found a sum of"),
        ({"value_added_share": np.array([[1.5, 0.6], [0.7, 0.6]])}, "B05 value_added_share: found 1.5 at AUR, FOOD"),
        ({"input_share": np.full((2, 2, 2), -0.1)}, "B05 input_share: found -0.1 (input FOOD) at AUR, FOOD"),
        ({"flows": good_flows_without(1)}, "no sales to AUR, STEEL, which uses it as an input"),
        ({"trade_elasticity": np.array([4, 101.0])}, "101 in STEEL"),
        ({"trade_elasticity": np.array([-4.0, 5])}, "-4 in FOOD"),
        ({"tariffs": np.full((2, 2, 2), 25.0)}, "looks like percent"),
        ({"tariffs": np.full((2, 2, 2), 0.1)}, "on home sales"),
        ({"flows": np.zeros((2, 2, 2))}, "no output at all in AUR"),
    ],
)
def test_checks_refuse(change: dict[str, np.ndarray], words: str) -> None:
    with pytest.raises(DataError) as caught:
        Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **{**good_arrays(), **change})
    assert words in str(caught.value)


def test_checks_warn_about_thousands_and_inverse_elasticities() -> None:
    theta = {**good_arrays(), "trade_elasticity": np.array([0.25, 25.0])}
    base = Baseline.from_flows(["AUR", "BRE"], ["FOOD", "STEEL"], **theta, sources={"years": {"flows": "2022"}})
    text = " ".join(base.meta["warnings"])
    for word in ("1/theta", "above 20 in STEEL", "B10", "thousands of USD"):
        assert word in text
