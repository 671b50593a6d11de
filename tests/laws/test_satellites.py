"""Cutting satellites out of their parents changes no aggregate; it changes results only by its composition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.checks import check_baseline
from detente.baseline.files import read_npz, save_npz
from detente.baseline.satellites_table import KNOWN, SHARE_COLUMNS
from laws.common import TIGHT

PARENTS = {"A01": ("A01_SOY",), "C20": ("C20_REE",), "C26": ("C26_CHP",), "C27": ("C27_MAG", "C27_BAT")}


@pytest.fixture(scope="module")
def split(world: dt.Baseline) -> dt.Baseline:
    """Return world-2022 with all five satellites: 81 x 33."""
    return dt.with_satellites(world)


def constant(folder: Path, share: float) -> Path:
    """Write a table with one share for every cell of two parents."""
    path = folder / "constant.csv"
    lines = [f"{name},{parent},*,*,{share},assumed,{share},{share},me,2022" for name, parent in PAIRS]
    path.write_text("\n".join([",".join(SHARE_COLUMNS), *lines]) + "\n", encoding="utf-8")
    return path


PAIRS = (("magnets", "C27"), ("batteries", "C27"), ("soybeans", "A01"))


def raised(world: dt.Baseline, parent: str, points: float, by: str = "USA", against: str = "CHN") -> np.ndarray:
    """Return tariffs with points added on a parent and on everything cut from it."""
    tariffs = np.array(world.tariffs)
    sectors = [s for s, code in enumerate(world.sectors) if code == parent or code in PARENTS[parent]]
    tariffs[world.countries.index(against), world.countries.index(by), sectors] += points
    return tariffs


def test_every_aggregate_is_unchanged(world: dt.Baseline, split: dt.Baseline) -> None:
    assert split.shape == (81, 33)
    for name in ("value_added", "income", "revenue", "deficit"):
        before = getattr(world, name)
        np.testing.assert_allclose(getattr(split, name), before, rtol=1e-12, atol=1e-12 * np.abs(before).max())
    for name in ("output", "expenditure", "final_demand", "final_exogenous"):
        before, after = getattr(world, name), together(getattr(split, name), split, axis=1)
        np.testing.assert_allclose(after, before, rtol=1e-10, atol=1e-9 * before.max())
    np.testing.assert_allclose(together(split.flows, split, axis=2), world.flows, rtol=1e-12, atol=1e-9)


def together(values: np.ndarray, split: dt.Baseline, axis: int) -> np.ndarray:
    """Add the satellites to their parents along the axis of sectors."""
    parent = [code.split("_")[0] if any(code in cut for cut in PARENTS.values()) else code for code in split.sectors]
    names = list(dict.fromkeys(parent))
    moved = np.moveaxis(values, axis, 0)
    total = np.zeros((len(names), *moved.shape[1:]))
    for s, name in enumerate(parent):
        total[names.index(name)] += moved[s]
    return np.moveaxis(total, 0, axis)


def test_what_users_pay_for_both_is_what_they_paid_for_the_parent(world: dt.Baseline, split: dt.Baseline) -> None:
    inputs = together(split.input_share, split, axis=0)
    using = [split.sectors.index(code) for code in world.sectors]
    np.testing.assert_allclose(inputs[:, :, using], world.input_share, atol=1e-15)
    for parent, cut in PARENTS.items():
        for code in cut:  # the technology of a satellite is that of its parent
            s, p = split.sectors.index(code), world.sectors.index(parent)
            np.testing.assert_allclose(inputs[:, :, s], world.input_share[:, :, p], atol=1e-15)
            np.testing.assert_array_equal(split.value_added_share[:, s], world.value_added_share[:, p])
            np.testing.assert_array_equal(split.tariffs[:, :, s], world.tariffs[:, :, p])
            assert split.trade_elasticity[s] == world.trade_elasticity[p]


def test_no_flow_is_negative_and_checks_stay_green(split: dt.Baseline) -> None:
    assert (split.flows >= 0).all()
    problems, _ = check_baseline(split, treatment="exogenous" if split.final_exogenous.any() else None)
    assert not problems


def test_the_split_world_solves_certified_and_stays_where_it_is(split: dt.Baseline) -> None:
    still = dt.solve(split)
    assert still.status == "CERTIFIED"
    np.testing.assert_allclose(still.welfare_hat, 1, atol=1e-12)
    result = dt.solve(split, raised(split, "C27", 0.25))
    assert result.status == "CERTIFIED"


@pytest.mark.parametrize("reading", ["low", "high"])
def test_the_ends_of_the_ranges_are_worlds_too(reading: str, world: dt.Baseline) -> None:
    end = dt.with_satellites(world, shares=reading)
    np.testing.assert_allclose(end.income, world.income, rtol=1e-12)
    assert dt.solve(end, raised(end, "C26", 0.25)).status == "CERTIFIED"


@pytest.mark.parametrize("parent", ["A01", "C27"])
def test_a_constant_share_changes_nothing(parent: str, world: dt.Baseline, tmp_path: Path) -> None:
    table = constant(tmp_path, 12.5)
    plain = dt.with_satellites(world, [name for name, of in PAIRS if of == parent], table=table)
    bare = plain_users(plain, parent)
    before = dt.solve(world, raised(world, parent, 0.25), tol=TIGHT)
    after = dt.solve(bare, raised(bare, parent, 0.25), tol=TIGHT)
    np.testing.assert_allclose(after.welfare_hat, before.welfare_hat, rtol=0, atol=1e-10)
    assert np.abs(before.welfare_hat - 1).max() > 1e-5  # the tariff does something


def plain_users(split: dt.Baseline, parent: str) -> dt.Baseline:
    """Check that an own table leaves purchases as they were for the parent, and return the world."""
    for code in PARENTS[parent]:
        s, p = split.sectors.index(code), split.sectors.index(parent)
        bought = split.input_share[p] > 0
        ratio = split.input_share[s][bought] / split.input_share[p][bought]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
    return split


@pytest.mark.parametrize("parent", list(PARENTS))
def test_a_tariff_on_parent_and_satellite_differs_only_by_composition(
    parent: str, world: dt.Baseline, split: dt.Baseline
) -> None:
    """Both parts pay the same: results move, because buyers cannot switch between the parts, but not by much.

    The tariff takes the same revenue at unchanged flows, and the two countries keep the sign of what they lose.
    """
    before, after = (dt.solve(w, raised(w, parent, 0.25)) for w in (world, split))
    duty = [float((raised(w, parent, 0.25) * w.flows).sum()) for w in (world, split)]
    assert duty[0] == pytest.approx(duty[1], rel=1e-12)
    gap = np.abs(after.welfare_hat - before.welfare_hat).max()
    effect = np.abs(before.welfare_hat - 1).max()
    assert 0 < gap < 0.25 * effect
    for country in ("USA", "CHN"):
        n = world.countries.index(country)
        assert (after.welfare_hat[n] - 1) * (before.welfare_hat[n] - 1) > 0


def test_a_tariff_on_soybeans_alone_moves_soybeans(split: dt.Baseline) -> None:
    s, usa, chn, bra = split.sectors.index("A01_SOY"), *(split.countries.index(c) for c in ("USA", "CHN", "BRA"))
    tariffs = np.array(split.tariffs)
    tariffs[usa, chn, s] += 0.25
    result = dt.solve(split, tariffs)
    assert result.status == "CERTIFIED"
    assert result.flows_new[usa, chn, s] < 0.6 * split.flows[usa, chn, s]
    assert result.flows_new[bra, chn, s] > 1.1 * split.flows[bra, chn, s]
    rest = split.sectors.index("A01")
    assert abs(result.flows_new[usa, chn, rest] / split.flows[usa, chn, rest] - 1) < 0.05
    assert result.welfare_hat[usa] < 1


def test_the_order_of_names_is_that_of_the_table(world: dt.Baseline, split: dt.Baseline) -> None:
    """What did not fit where weights put it depends on who was cut first, and so would input coefficients."""
    turned = dt.with_satellites(world, list(KNOWN)[::-1])
    assert turned.sha256 == split.sha256
    assert turned.id == split.id
    two = [dt.with_satellites(world, names) for names in (("magnets", "batteries"), ("batteries", "magnets"))]
    np.testing.assert_array_equal(two[0].input_share, two[1].input_share)


def test_a_split_world_survives_its_file(world: dt.Baseline, tmp_path: Path) -> None:
    """What was cut before is known from the file, so that shares are still of the whole parent."""
    part = dt.with_satellites(world, "magnets")
    again = read_npz(save_npz(part, tmp_path / "part.npz"))
    assert again.sha256 == part.sha256
    assert again.meta["satellites"]["C27_MAG"]["cells_data"] == part.meta["satellites"]["C27_MAG"]["cells_data"]
    both = dt.with_satellites(world, ("batteries", "magnets"))
    assert dt.with_satellites(again, "batteries").sha256 == both.sha256


def test_flows_of_the_two_rivals_are_those_of_the_sources(split: dt.Baseline) -> None:
    """Soybeans are as in the customs record; China's part of US imports is near that of 2024, at the flows of 2022."""
    usa, chn = split.countries.index("USA"), split.countries.index("CHN")
    flow = {code: split.flows[:, :, s] for s, code in enumerate(split.sectors)}
    assert flow["A01_SOY"][usa, chn] == pytest.approx(18_034, rel=1e-3)
    for code, mapped in (("C20_REE", 0.710), ("C27_MAG", 0.761), ("C27_BAT", 0.568)):
        imports = flow[code][:, usa].sum() - flow[code][usa, usa]
        assert flow[code][chn, usa] / imports == pytest.approx(mapped, abs=0.12)
