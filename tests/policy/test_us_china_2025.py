"""The packaged case of October 2025: every measure moves its own line, with the sign and the size that it should.

Each test says why it expects what it expects. Levels that are ours are `assumed: true` in the file; what is tested of
them is the mechanism, not the level.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from detente.core.errors import PolicyError
from detente.core.instrument_table import instrument_columns
from detente.core.result import Result
from detente.equilibrium.diversion import diversion_columns
from detente.policy.products import packaged
from detente.scenario.calendar import regime
from detente.scenario.execute import ScenarioRun, run_scenario, world_of
from detente.scenario.load import load_scenario

CASE = load_scenario("us-china-2025-10")
BASE = world_of(CASE)
KEPT_APART = ("cn-soy-boycott", "cn-soy-purchases")


@cache
def run(branch: str = "main", drop: tuple[str, ...] = (), include: tuple[str, ...] = ()) -> ScenarioRun:
    return run_scenario(CASE, base=BASE, branches=branch, drop=drop, include=include)


def result(branch: str = "main", drop: Sequence[str] = (), include: Sequence[str] = ()) -> Result:
    return run(branch, tuple(drop), tuple(include))[branch]


def real_income(found: Result, country: str) -> float:
    table = found.columns("countries")
    keys = zip(table["country"], table["variable"], strict=True)
    return float(dict(zip(keys, table["value"], strict=True))[country, "real_income_pct"])


def flow(found: Result, origin: str, dest: str, sector: str) -> float:
    """Return a flow after the change over that of the comparator."""
    place = found.countries.index(origin), found.countries.index(dest), found.sectors.index(sector)
    return float(found.flows_new[place] / found.baseline.flows[place])


def row_of(found: Result, measure: str) -> dict[str, float]:
    """Return volume, shadow price and rent of a measure: the mean, the mean and the sum over its instruments."""
    rows = instrument_columns(found)
    mine = [at for at, name in enumerate(rows["measure"]) if name == measure]
    assert mine, f"{measure} has no instrument"
    column = {name: np.array([rows[name][at] for at in mine], dtype=float) for name in
              ("volume_pct", "shadow_price_pct", "rent_musd")}  # fmt: skip
    return {
        "volume": float(column["volume_pct"].mean()),
        "price": float(column["shadow_price_pct"].mean()),
        "rent": float(column["rent_musd"].sum()),
    }


def test_nothing_in_the_file_was_published_after_its_day() -> None:
    assert dt.date(2025, 10, 25) == CASE.as_of
    for measure in CASE.measures:
        assert measure.source is not None
        assert measure.source.date is not None
        assert measure.source.date <= CASE.as_of


def test_every_level_that_no_source_states_is_assumed_and_says_why() -> None:
    """UX: every licence, fee equivalent and floor is ours."""
    ours = ("export-licence", "import-quota", "port-fee", "price-floor", "stockpile", "purchase")
    for measure in CASE.measures:
        if measure.kind in ours:
            assert measure.assumed, measure.id
            assert measure.note, measure.id


def test_every_mechanism_of_the_article_has_a_measure() -> None:
    """Tariffs, threats, licences, technology controls, port fees, floors, stocks, purchases, an issue link, a tree."""
    kinds = {measure.kind for measure in CASE.measures}
    assert {"tariff", "export-licence", "port-fee", "price-floor", "stockpile", "purchase", "import-quota"} <= kinds
    assert {"us-tech-controls", "us-threat-100"} <= {measure.id for measure in CASE.measures}
    assert CASE.measure("us-fentanyl").linkage == "fentanyl"
    assert {item.product for item in CASE.critical} == {"rare-earths", "magnets"}
    assert set(BASE.meta["satellites"]) == {"A01_SOY", "C20_REE", "C27_MAG", "C26_CHP"}
    assert set(packaged()) >= {item.product for item in CASE.critical}


@pytest.mark.parametrize("branch", ["main", "full-exchange", "rollover", "snapback", "threat", "escalation"])
def test_every_branch_is_certified(branch: str) -> None:
    assert result(branch).status == "CERTIFIED"


def test_the_same_world_serves_every_branch_and_every_drop() -> None:
    """Dropping a measure by product must not change the world that its effect is measured in."""
    found = run("main", ("cn-soy-boycott",)).base
    assert found.sha256 == BASE.sha256 == run("escalation").base.sha256


def test_the_new_measures_move_the_headline_little() -> None:
    """Tariffs are the bulk: without the five other measures main moves by 0.01 to 0.03 points."""
    new = ("us-tech-controls", "us-port-fees", "cn-port-fees", "cn-soy-boycott", "cn-licence-april")
    with_, without = result(), result(drop=new)
    for country, most in (("USA", 0.02), ("CHN", 0.05), ("WORLD", 0.02)):
        assert abs(real_income(with_, country) - real_income(without, country)) < most


def test_the_boycott_takes_us_soybeans_out_of_china_and_brazil_gains() -> None:
    """As in 2018, when China bought 16.6 Mt from the US after 31.0 Mt in 2017, and more from Brazil (Comtrade)."""
    with_, without = result(), result(drop=["cn-soy-boycott"])
    found = row_of(with_, "cn-soy-boycott")
    assert found["volume"] == pytest.approx(10, abs=1e-6)
    assert found["price"] > 5  # scarce at the border
    assert flow(with_, "BRA", "CHN", "A01_SOY") > flow(without, "BRA", "CHN", "A01_SOY")
    assert real_income(with_, "BRA") - real_income(without, "BRA") > 0.01
    for country in ("USA", "CHN"):
        assert -0.05 < real_income(with_, country) - real_income(without, country) < 0


def test_the_licence_of_april_raises_the_price_of_minerals_and_china_keeps_the_rent() -> None:
    """Fewer approvals: the price abroad rises, the exporter keeps the rent, users lose; all of it small."""
    with_, without = result(), result(drop=["cn-licence-april"])
    found = row_of(with_, "cn-licence-april")
    assert found["volume"] <= 85 + 1e-6
    assert 0 < found["price"] < 100
    assert found["rent"] > 0
    assert 0 < real_income(with_, "CHN") - real_income(without, "CHN") < 0.01
    assert real_income(with_, "VNM") < real_income(without, "VNM")
    d, s = with_.countries.index("JPN"), with_.sectors.index("C20_REE")
    assert with_.price_hat[d, s] > without.price_hat[d, s]


def test_the_licence_of_december_replaces_that_of_april_where_both_hold() -> None:
    """Each destination gets at most 60 %; where tariffs cut more, as in the US, the licence is slack."""
    found = row_of(result("escalation"), "cn-minerals-licence")
    assert 55 < found["volume"] <= 60 + 1e-6
    assert found["price"] > row_of(result(), "cn-licence-april")["price"]
    told = run("escalation").plans["escalation"].warnings
    assert any("cn-licence-april: gives way to the smaller bound of cn-minerals-licence" in text for text in told)


def test_technology_controls_bind_only_where_chinese_tariffs_do_not_cut_more() -> None:
    """The bound is 70 % of sales of 2022; China's own duties take them below that, so in main it is slack."""
    slack = row_of(result(), "us-tech-controls")
    assert slack["volume"] < 70
    assert slack["price"] == pytest.approx(0, abs=1e-9)
    binding = row_of(result(drop=["cn-retaliation"]), "us-tech-controls")
    assert binding["volume"] == pytest.approx(70, abs=1e-6)
    assert binding["price"] > 0
    less = result(drop=["cn-retaliation", "us-tech-controls"])
    gap = real_income(result(drop=["cn-retaliation"]), "CHN") - real_income(less, "CHN")
    assert -0.05 < gap < 0


def test_port_fees_cost_the_lane_and_the_port_state_collects() -> None:
    """A fee by ton is a fraction of a percent of what a ship carries: thousandths of a point of income."""
    with_, without = result(), result(drop=["us-port-fees"])
    found = row_of(with_, "us-port-fees")
    assert found["price"] == pytest.approx(0.6)
    lane = with_.baseline.flows[with_.countries.index("CHN"), with_.countries.index("USA")].sum()
    assert 0 < found["rent"] < 0.006 * 2 * lane
    assert float(np.sum(with_["flows_new"])) > 0
    for origin, dest in (("CHN", "USA"), ("USA", "CHN")):
        o, d = with_.countries.index(origin), with_.countries.index(dest)
        assert with_.flows_new[o, d].sum() < without.flows_new[o, d].sum()
    for country in ("USA", "CHN"):
        assert -0.05 < real_income(with_, country) - real_income(without, country) < 0
    china = row_of(with_, "cn-port-fees")
    assert 0 < china["rent"] < found["rent"]  # a sixth of the cost on the same lane


def test_purchases_instead_of_the_boycott_help_both_and_hurt_brazil() -> None:
    """20 Mt are 72 % of the 27.8 Mt of 2022: less than before, but seven times the boycott."""
    drop, include = ["cn-soy-boycott"], ["cn-soy-purchases"]
    with_, boycott = result(drop=drop, include=include), result()
    assert row_of(with_, "cn-soy-purchases")["volume"] >= 100 * 20 / 27.8 - 1e-6
    for country in ("USA", "CHN"):
        assert real_income(with_, country) > real_income(boycott, country)
    assert real_income(with_, "BRA") < real_income(boycott, "BRA")
    table = diversion_columns(boycott, by="CHN", against="USA")
    assert "BRA" in table["country"]  # whose trade is displaced is an output


def test_the_boycott_and_the_purchases_cannot_both_hold() -> None:
    with pytest.raises(
        PolicyError, match=r"cn-soy-purchases: found at least 71\.9424% of base, where 'cn-soy-boycott'"
    ):
        run_scenario(CASE, base=BASE, branches="main", include=["cn-soy-purchases"])


def test_the_price_floor_costs_the_budget_and_helps_the_miner() -> None:
    """A fifth above the base price on all that Australia and the US mine: tens of millions, nothing in a percentage."""
    with_, without = result(include=["us-price-floor"]), result()
    assert -200 < row_of(with_, "us-price-floor")["rent"] < -10
    assert 0 < real_income(with_, "AUS") - real_income(without, "AUS") < 0.01
    assert -0.001 < real_income(with_, "USA") - real_income(without, "USA") < 0


def test_forward_buying_is_paid_by_the_buyer() -> None:
    """1,000 MUSD of 26 trillion is 0.004 % of US income, and that is what US households spend less."""
    with_, without = result(include=["us-forward-buying"]), result()
    income = without.baseline.income[without.countries.index("USA")]
    expected = -100 * 1000 / income
    assert real_income(with_, "USA") - real_income(without, "USA") == pytest.approx(expected, rel=0.3)
    assert flow(with_, "USA", "USA", "C20_REE") > flow(without, "USA", "USA", "C20_REE")


@pytest.mark.parametrize(
    ("measure", "why", "usa", "chn"),
    [
        (
            "us-threat-100",
            "far beyond an optimal tariff: both lose, the US more",
            (-1, -0.1),
            (-1, -0.05),
        ),
        ("us-snapback", "24 points more on the same goods: a third of the threat", (-0.5, -0.02), (-0.5, -0.02)),
        ("cn-snapback", "China buys a third of what it sells to the US: smaller on both sides", (-0.1, 0), (-0.2, 0)),
    ],
)
def test_threatened_and_suspended_tariffs_hurt_both_sides(
    measure: str, why: str, usa: tuple[float, float], chn: tuple[float, float]
) -> None:
    with_, without = result(include=[measure]), result()
    for country, (low, high) in (("USA", usa), ("CHN", chn)):
        assert low < real_income(with_, country) - real_income(without, country) < high, why


@pytest.mark.parametrize("measure", ["us-fentanyl", "cn-retaliation", "cn-energy", "cn-farm"])
def test_tariffs_in_force_cut_the_flow_that_they_are_on(measure: str) -> None:
    found = CASE.measure(measure)
    with_, without = result(), result(drop=[measure])
    o, d = with_.countries.index(found.against[0]), with_.countries.index(found.by[0])
    assert with_.flows_new[o, d].sum() < without.flows_new[o, d].sum()
    assert real_income(with_, found.against[0]) < real_income(without, found.against[0])


def test_us_others_burdens_its_partners() -> None:
    """Duties on every partner: Vietnam, Mexico and Canada, which sell most to the US, lose most."""
    with_, without = result(), result(drop=["us-others"])
    fall = {code: real_income(with_, code) - real_income(without, code) for code in ("VNM", "MEX", "CAN", "EU27")}
    assert fall["VNM"] < fall["CAN"] < fall["EU27"] < 0
    assert fall["MEX"] < fall["EU27"]


def test_the_branches_are_ordered_as_tension_is() -> None:
    """Full exchange is best for both, a rollover is main, the truce's end is worse, escalation is worst."""
    for country in ("USA", "CHN"):
        level = [real_income(result(name), country) for name in ("full-exchange", "rollover", "snapback", "escalation")]
        assert level == sorted(level, reverse=True)
    assert {measure.id for measure in regime(CASE, branch="rollover").applied} == {
        measure.id for measure in regime(CASE).applied
    }


def test_without_critical_inputs_the_same_licence_hurts_less() -> None:
    """The standard model replaces rare earths as easily as anything: the nest is what makes them critical."""
    standard = CASE.replace(critical=())
    plain = run_scenario(standard, base=BASE, branches="escalation")["escalation"]
    assert row_of(result("escalation"), "cn-minerals-licence")["price"] > row_of(plain, "cn-minerals-licence")["price"]
    assert result("escalation").critical
    assert not plain.critical
