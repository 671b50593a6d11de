"""Laws of merging: sums are kept, order and steps do not matter, what is alike merges without a trace (I08)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import detente as dt
from detente.baseline.aggregate import aggregated
from detente.baseline.baseline import ARRAYS
from economies import Array
from laws.common import Drawn, baseline, close, economies, inputs, shocked, tight, us_tariff

TEN = {
    **{code: [code] for code in ("USA", "CHN", "JPN", "IND", "GBR", "CAN", "MEX")},
    "EU27": "EU27",
    "ASEAN": "ASEAN",
    "ROW": "*",
}
EIGHT = {
    "AGRI": ["A01", "A02", "A03"],
    "MINING": ["B05", "B06", "B07", "B08", "B09"],
    "FOOD": ["C10T12"],
    "LIGHT": ["C13T15", "C16", "C17_18", "C31T33"],
    "CHEMICALS": ["C19", "C20", "C21", "C22", "C23"],
    "METALS": ["C24A", "C24B", "C25"],
    "MACHINERY": "*",
    "SERV": "SERV",
}


def partition(draw: st.DrawFn, codes: tuple[str, ...], prefix: str) -> dict[str, list[str]]:
    """Draw groups for codes; about half of the codes stay alone under their own name."""
    homes = [draw(st.integers(0, 2 * len(codes))) for _ in codes]
    groups: dict[str, list[str]] = {}
    for code, home in zip(codes, homes, strict=True):
        if home < len(codes):
            groups.setdefault(f"{prefix}{home % 3}", []).append(code)
    return groups


@st.composite
def mergers(draw: st.DrawFn) -> tuple[dt.Baseline, dict[str, list[str]], dict[str, list[str]]]:
    """Draw a world and groups of its countries and sectors."""
    base = baseline(draw(economies()))
    return base, partition(draw, base.countries, "R"), partition(draw, base.sectors, "G")


def positions(codes: tuple[str, ...], groups: dict[str, list[str]], new: tuple[str, ...]) -> Array:
    """Return the 0/1 matrix old code by new code, made from the groups as they were written."""
    home = {code: name for name, members in groups.items() for code in members}
    return np.array([[float(home.get(code, code) == name) for name in new] for code in codes])


def merged(base: dt.Baseline, countries: dict[str, list[str]], sectors: dict[str, list[str]]) -> dt.Baseline:
    """Merge, with negative final demand held outside the budget where the vanished duties cause it."""
    return aggregated(base, countries, sectors, treatment="exogenous")


@given(mergers())
def test_sums_are_kept(drawn: tuple[dt.Baseline, dict[str, list[str]], dict[str, list[str]]]) -> None:
    """Flows, output, input money, value added, exogenous demand, deficits, revenue between groups: sums of the old."""
    base, countries, sectors = drawn
    small = merged(base, countries, sectors)
    by = positions(base.countries, countries, small.countries)
    on = positions(base.sectors, sectors, small.sectors)
    close(small.flows, np.einsum("ods,oa,db,sc->abc", base.flows, by, by, on), 1e-12)
    close(small.output, np.einsum("os,oa,sc->ac", base.output, by, on), 1e-12)
    close(small.value_added, base.value_added @ by, 1e-12)
    money = np.einsum("kos,os,oa,sc,kd->dac", base.input_share, base.output, by, on, on)
    close(small.input_share * small.output, money, 1e-12)
    close(small.value_added_share + small.input_share.sum(axis=0), 1.0, 1e-12)
    scale = float(base.output.sum())
    assert np.abs(small.deficit - base.deficit @ by).max() <= 1e-12 * scale
    duty = np.einsum("ods,oa,db,sc->abc", base.flows * base.tariffs, by, by, on)
    inside = np.einsum("nns->ns", duty)
    close(small.revenue, duty.sum(axis=(0, 2)) - inside.sum(axis=1), 1e-12)
    told = small.meta.get("aggregation", {}).get("internal_duty_musd", {})
    assert sum(told.values()) == pytest.approx(inside.sum(), rel=1e-12, abs=1e-12 * scale)


@given(mergers())
def test_income_and_demand_fall_by_the_vanished_duties(
    drawn: tuple[dt.Baseline, dict[str, list[str]], dict[str, list[str]]],
) -> None:
    """Duties inside a group go with the border: income and final demand fall by exactly as much."""
    base, countries, sectors = drawn
    small = merged(base, countries, sectors)
    by = positions(base.countries, countries, small.countries)
    on = positions(base.sectors, sectors, small.sectors)
    inside = np.einsum("ods,oa,da,sc->ac", base.flows * base.tariffs, by, by, on)
    scale = float(base.output.sum())
    demand = np.einsum("ds,da,sc->ac", base.final_demand, by, on)
    assert np.abs(small.income - (base.income @ by - inside.sum(axis=1))).max() <= 1e-11 * scale
    assert np.abs(small.final_demand - (demand - inside)).max() <= 1e-11 * scale
    assert (small.final_share >= 0).all()


@given(mergers(), st.randoms(use_true_random=False))
def test_order_of_members_and_groups_does_not_matter(
    drawn: tuple[dt.Baseline, dict[str, list[str]], dict[str, list[str]]], random: object
) -> None:
    """The same groups written in another order are the same world to the bit."""
    base, countries, sectors = drawn
    one = merged(base, countries, sectors)

    def turned(groups: dict[str, list[str]]) -> dict[str, list[str]]:
        return {name: groups[name][::-1] for name in list(groups)[::-1]}

    other = merged(base, turned(countries), turned(sectors))
    assert other.sha256 == one.sha256


@given(economies(n=6, j=4), st.booleans())
def test_two_steps_are_one(economy: object, sectors_first: bool) -> None:
    """Merging in two steps is merging at once; cells without trade apart, whose rates reach nobody."""
    base = baseline(economy)  # type: ignore[arg-type]
    step = {"R": ["C01", "C02"]}, {"G": ["S01", "S02"]}
    whole = {"R": ["C01", "C02", "C04"]}, {"G": ["S01", "S02", "S03"]}
    once = aggregated(base, *whole, treatment="exogenous")
    half = aggregated(base, None if sectors_first else step[0], step[1], treatment="exogenous")
    rest = [*(["C01", "C02"] if sectors_first else ["R"]), "C04"]
    twice = aggregated(half, {"R": rest}, {"G": ["G", "S03"]}, treatment="exogenous")
    assert (twice.countries, twice.sectors) == (once.countries, once.sectors)
    for name in ("flows", "value_added_share", "input_share"):
        close(getattr(twice, name), getattr(once, name), 1e-12)
    traded = once.flows > 0
    close(twice.tariffs[traded], once.tariffs[traded], 1e-12)
    if sectors_first:
        close(twice.trade_elasticity, once.trade_elasticity, 1e-12)


def test_elasticities_know_only_the_trade_that_is_left(world: dt.Baseline) -> None:
    """Countries before sectors: trade inside the group is gone from the weights, and only the elasticity feels it."""
    countries, sectors = {"EU27": "EU27"}, {"LIGHT": ["C13T15", "C16"]}
    once = aggregated(world, countries, sectors)
    countries_first = aggregated(aggregated(world, countries), sectors=sectors)
    sectors_first = aggregated(aggregated(world, sectors=sectors), countries)
    np.testing.assert_allclose(sectors_first.trade_elasticity, once.trade_elasticity, rtol=1e-12)
    at = once.sectors.index("LIGHT")
    assert abs(countries_first.trade_elasticity[at] - once.trade_elasticity[at]) > 1e-3
    np.testing.assert_allclose(countries_first.flows, sectors_first.flows, rtol=1e-12)


@given(economies())
def test_merging_nothing_is_the_same_world(economy: object) -> None:
    """No groups, or groups of one under their own name: the same object; other names: the same arrays to the bit."""
    base = baseline(economy)  # type: ignore[arg-type]
    assert aggregated(base) is base
    assert aggregated(base, {code: [code] for code in base.countries}, {}) is base
    other = aggregated(base, {f"X{code}": [code] for code in base.countries})
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(other, name), getattr(base, name))


@settings(max_examples=8)
@given(shocked(), st.floats(0.1, 0.9))
def test_twins_merge_without_a_trace(drawn: Drawn, part: float) -> None:
    """I08: a sector and then a country cut into like parts, merged again by name: the same welfare to 1e-10."""
    economy, tariffs, kappa = drawn
    base = baseline(economy)
    whole = tight(base, tariffs, kappa)
    first = base.sectors[0]
    back = aggregated(base.split(first, "TWIN", part), sectors={first: [first, "TWIN"]})
    close(tight(back, tariffs, kappa).welfare_hat, whole.welfare_hat, 1e-10)
    halves = cut_country(base, part)
    again = aggregated(halves, {base.countries[0]: [base.countries[0], "second half"]})
    for name in ARRAYS:
        close(getattr(again, name), getattr(base, name), 1e-12)
    close(tight(again, tariffs, kappa).welfare_hat, whole.welfare_hat, 1e-10)


def cut_country(base: dt.Baseline, part: float) -> dt.Baseline:
    """Return the world with its first country in two like parts that trade freely."""
    n = len(base.countries)
    index = np.array([*range(n), 0])
    weight = np.ones(n + 1)
    weight[[0, n]] = part, 1 - part
    old = inputs(base)
    cut = {
        "countries": (*base.countries, "second half"),
        "flows": base.flows[np.ix_(index, index)] * weight[:, None, None] * weight[None, :, None],
        "tariffs": base.tariffs[np.ix_(index, index)],
        "value_added_share": base.value_added_share[index],
        "input_share": base.input_share[:, index],
    }
    return dt.Baseline.from_flows(**(old | cut))


def test_ten_regions_and_eight_sectors_of_the_packaged_world(world: dt.Baseline) -> None:
    """World totals stay, and a tariff war in the small world is certified."""
    small = aggregated(world, TEN, EIGHT)
    assert small.shape == (10, 8)
    for name in ("output", "value_added"):
        assert getattr(small, name).sum() == pytest.approx(getattr(world, name).sum(), rel=1e-12)
    vanished = sum(small.meta["aggregation"]["internal_duty_musd"].values())
    assert vanished == pytest.approx(world.revenue.sum() - small.revenue.sum(), rel=1e-9)
    assert vanished > 10_000
    assert small.final_demand.sum() == pytest.approx(world.final_demand.sum() - vanished, rel=1e-12)
    old, new = world.countries.index("USA"), small.countries.index("USA")
    assert small.revenue[new] == pytest.approx(world.revenue[old], rel=1e-12)
    assert small.income[new] == pytest.approx(world.income[old], rel=1e-12)
    assert small.meta["services"] == ("SERV",)
    result = dt.solve(small, us_tariff(small, 0.25, against="CHN"), certify="full")
    assert result.status == "CERTIFIED"
    assert result.certificate.grade == "A"
    np.testing.assert_allclose(dt.solve(small).welfare_hat, 1, atol=1e-9)


def test_the_eu_as_one_country_keeps_the_rest(world: dt.Baseline) -> None:
    """Merging the EU alone changes no number of anybody else's accounts."""
    small = aggregated(world, {"EU27": "EU27"})
    others = [code for code in world.countries if code in small.countries]
    assert len(others) == 54
    old = [world.countries.index(code) for code in others]
    new = [small.countries.index(code) for code in others]
    np.testing.assert_allclose(small.flows[np.ix_(new, new)], world.flows[np.ix_(old, old)], rtol=0)
    np.testing.assert_allclose(small.income[new], world.income[old], rtol=1e-12)
    np.testing.assert_allclose(small.final_share[new], world.final_share[old], rtol=1e-9, atol=1e-13)
    np.testing.assert_array_equal(small.trade_elasticity, world.trade_elasticity)
    assert small.elasticity_set == world.elasticity_set
