"""Every kind of measure compiles: the right cells, level and receiver; mirrored when the measure is mirrored."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.baseline import Baseline
from detente.baseline.split import split_sector
from detente.core.errors import PolicyError
from detente.core.instrument_table import instrument_columns
from detente.core.instruments import Bound
from detente.core.units import parse_rate
from detente.equilibrium.counterfactual import solve
from detente.policy.compile import Compiled, compiled
from detente.policy.levels import LevelError, duty_rate, floor_price, money_of, volume_of
from detente.policy.measure import KINDS, Measure, Products
from detente.policy.overlap import settled
from detente.policy.products import match, packaged
from detente.policy.table import read_table

CODES = ("USA", "CHN", "DEU", "MEX")
SECTORS = ("A01", "C26", "SERV")
USA, CHN, DEU, MEX = range(4)
FARM, CHIPS, SERVICES = range(3)
UNION = ("USA", "CHN", "DEU", "FRA")


def world(codes: tuple[str, ...] = CODES) -> Baseline:
    """Return a world of different flows, so that a swapped origin and dest cannot pass."""
    rng = np.random.default_rng(7)
    flows = rng.uniform(5.0, 15.0, (4, 4, 3))
    flows[np.arange(4), np.arange(4)] = 100.0
    flows[MEX, DEU, CHIPS] = 0.0
    tariffs = np.full((4, 4, 3), 0.02)
    tariffs[..., 2] = 0.0
    tariffs[np.arange(4), np.arange(4)] = 0.0
    share = np.full((4, 3), 0.6)
    inputs = np.full((3, 4, 3), 0.4 / 3)
    base = Baseline.from_flows(codes, SECTORS, flows, tariffs, share, inputs, np.full(3, 4.0))
    return base.replace(meta={**base.meta, "years": {"flows": "2022"}})


WORLD = world()


def with_soy() -> Baseline:
    note = {"name": "soybeans", "hs": ("1201",)}
    return split_sector(WORLD, "A01", "A01_SOY", 0.25, note=note)


def measure(kind: str, id: str = "m", **given: Any) -> Measure:
    """Return a measure of the USA on China in C26, unless it says otherwise; unknown names are details."""
    own = {"by", "against", "sectors", "products", "rate", "table", "stack", "assumed", "lines", "path"}
    details = {name: value for name, value in given.items() if name not in own}
    fields: dict[str, Any] = {"by": ("USA",), "against": ("CHN",), "sectors": ("C26",)}
    fields |= {name: value for name, value in given.items() if name in own}
    if isinstance(fields.get("rate"), str):
        fields["rate"] = parse_rate(fields["rate"])
    return Measure(id=id, kind=kind, details=MappingProxyType(details), **fields)


def bounds(*measures: Measure, base: Baseline = WORLD) -> tuple[Bound, ...]:
    return compiled(base, measures).wedges.bounds


EXPORTS = ("export-restraint", "export-licence", "export-ban")


@pytest.mark.parametrize("kind", EXPORTS)
def test_what_an_exporter_imposes_acts_on_what_it_sells(kind: str) -> None:
    (bound,) = bounds(measure(kind, volume="70% of base"))
    assert (bound.kind, bound.cells, bound.volume, bound.name) == ("quota", (("USA", "CHN", "C26"),), 0.7, "m")
    assert bound.to == ("lost" if kind == "export-ban" else "exporter")


def test_a_quota_acts_on_what_the_importer_buys() -> None:
    (bound,) = bounds(measure("import-quota", volume="70% of base"))
    assert (bound.cells, bound.volume, bound.to) == ((("CHN", "USA", "C26"),), 0.7, "importer")


@given(
    kind=st.sampled_from([*EXPORTS, "import-quota", "export-tax", "port-fee", "trade-cost", "purchase", "tariff"]),
    pair=st.permutations(CODES).map(lambda codes: codes[:2]),
)
def test_a_mirrored_measure_acts_on_the_mirrored_cells(kind: str, pair: list[str]) -> None:
    """I23 for instruments: swapping `by` and `against` swaps origin and dest of every cell."""
    levels = {"volume": ">= 120% of base" if kind == "purchase" else "70% of base", "as_cost": "5%", "rate": "9%"}
    level = {name: text for name, text in levels.items() if name in "|".join(KINDS[kind].needs) or name == "volume"}
    level |= {"direction": "inbound"} if kind in ("port-fee", "trade-cost") else {}

    def touched(by: str, against: str) -> set[tuple[str, str]]:
        found = compiled(WORLD, [measure(kind, by=(by,), against=(against,), sectors=("A01",), **level)])
        cells = {(o, d) for bound in found.wedges.bounds for o, d, _ in bound.cells}
        for array, base in ((found.wedges.tariffs, WORLD.tariffs), (found.wedges.trade_cost_hat, 1.0)):
            if array is not None:
                cells |= {(CODES[o], CODES[d]) for o, d, _ in np.argwhere(array != base)}
        return cells

    by, against = pair
    one = (by, against) if kind in (*EXPORTS, "export-tax") else (against, by)
    assert touched(by, against) == {one}
    assert touched(against, by) == {one[::-1]}


def test_home_sales_and_flows_without_trade_are_left_alone() -> None:
    found = bounds(measure("export-licence", by=("MEX",), against=("WORLD",), volume="50% of base"))
    assert {bound.cells[0][:2] for bound in found} == {("MEX", "USA"), ("MEX", "CHN")}


def test_a_licence_has_one_share_for_each_destination_and_a_quota_one_pool_of_origins() -> None:
    licence = bounds(measure("export-licence", against=("CHN", "DEU"), volume="50% of base"))
    assert [len(bound.cells) for bound in licence] == [1, 1]
    (quota,) = bounds(measure("import-quota", against=("CHN", "DEU"), volume="50% of base"))
    assert set(quota.cells) == {("CHN", "USA", "C26"), ("DEU", "USA", "C26")}
    two = bounds(measure("import-quota", by=("USA", "MEX"), volume="50% of base"))
    assert sorted(bound.cells[0][1] for bound in two) == ["MEX", "USA"]


def test_goods_are_the_default_and_services_are_spared() -> None:
    found = bounds(measure("export-licence", sectors=("goods",), volume="50% of base"))
    assert {bound.cells[0][2] for bound in found} == {"A01", "C26"}


def test_extraterritorial_reach_adds_the_sales_of_third_countries() -> None:
    found = bounds(measure("export-licence", volume="50% of base", reach="extraterritorial"))
    cells = {bound.cells[0]: bound.to for bound in found}
    assert cells == {("USA", "CHN", "C26"): "exporter", ("DEU", "CHN", "C26"): "lost", ("MEX", "CHN", "C26"): "lost"}
    assert {bound.volume for bound in found} == {0.5}


def test_a_ban_without_volume_is_an_embargo() -> None:
    (bound,) = bounds(measure("export-ban"))
    assert bound.volume == 0
    result = solve(WORLD, wedges=compiled(WORLD, [measure("export-ban")]).wedges)
    assert result.flows_new[USA, CHN, CHIPS] == 0
    assert instrument_columns(result)["bound"] == ["embargo"]


def test_rents_go_where_the_file_says() -> None:
    for to in ("exporter", "importer", "lost"):
        (bound,) = bounds(measure("import-quota", volume="70% of base", rents_to=to))
        assert bound.to == to


def test_a_tariff_rate_quota_has_the_lower_rate_as_tariff_and_the_higher_one_above_the_volume() -> None:
    given = {"rate": "5%", "over_rate": "25%", "volume": "80% of base"}
    found = compiled(WORLD, [measure("tariff-rate-quota", against=("CHN", "DEU"), **given)])
    assert found.wedges.tariffs is not None
    assert found.wedges.tariffs[CHN, USA, CHIPS] == 0.05
    assert [(b.kind, b.volume, b.rate, b.to, len(b.cells)) for b in found.wedges.bounds] == [
        ("tariff-rate-quota", 0.8, 0.25, "importer", 1)
    ] * 2
    added = compiled(WORLD, [measure("tariff-rate-quota", **{**given, "over_rate": "+10pp"})])
    assert added.wedges.bounds[0].rate == pytest.approx(0.15)


TRQ = {"rate": "5%", "over_rate": "25%", "volume": "80% of base"}


def above(*others: Measure, **given: str) -> tuple[float, float]:
    """Return the rates up to the volume of a tariff-rate quota and above it, beside other measures."""
    level = {**TRQ, **given}
    found = compiled(WORLD, [measure("tariff-rate-quota", "q", path="f.yaml", lines={"": 4}, **level), *others]).wedges
    assert found.tariffs is not None
    (bound,) = found.bounds
    assert bound.rate is not None
    return round(float(found.tariffs[CHN, USA, CHIPS]), 12), round(bound.rate, 12)


def test_points_of_other_measures_apply_on_both_sides_of_a_tariff_rate_quota() -> None:
    points = measure("tariff", "t", rate="+50pp")
    assert above() == (0.05, 0.25)
    assert above(points) == (0.55, 0.75)
    assert above(points, over_rate="+20pp") == (0.55, 0.75)
    assert above(points, rate="+5pp") == (0.57, 0.75)  # the baseline rate of 2 % is there up to the volume
    assert above(measure("tariff", "t", rate="+50pp"), measure("tariff", "u", rate="+1pp")) == (0.56, 0.76)
    cost = solve(WORLD, wedges=compiled(WORLD, [points, measure("tariff-rate-quota", **TRQ)]).wedges)
    assert cost["wedge"][CHN, USA, CHIPS] <= 1.75 / 1.55 + 1e-9


def test_above_a_tariff_rate_quota_other_measures_stack_as_they_do_up_to_it() -> None:
    assert above(measure("tariff", "t", rate="30%", stack="add")) == (0.35, 0.55)
    assert above(measure("tariff", "t", rate="15%", stack="max")) == (0.15, 0.25)
    assert above(replace(measure("tariff", "t", rate="15%"), at_least=True)) == (0.15, 0.25)
    assert above(measure("agreement", "t", rate="0%")) == (0.0, 0.0)
    agreed = [measure("tariff-rate-quota", "q", **TRQ), measure("agreement", "t", rate="0%")]
    assert any(text.startswith("q: the same rate") for text in compiled(WORLD, agreed).warnings)
    assert not any("same rate" in text for text in compiled(WORLD, agreed[:1]).warnings)


FALLING: list[tuple[dict[str, str], tuple[str, ...]]] = [
    ({"over_rate": "2%"}, ("q.over_rate: found '2%'", "at least 5%, the rate up to the volume")),
    ({"over_rate": "-3%"}, ("q.over_rate: found '-3%'", "zero or more")),
    ({"over_rate": "-3pp"}, ("q.over_rate: found '-3pp'", "zero or more")),
    ({"rate": "+9pp", "over_rate": "10%"}, ("q.over_rate: found 10%", "volume, 11% on USA on CHN, C26")),
]


@pytest.mark.parametrize(("level", "words"), FALLING)
def test_a_tariff_rate_quota_whose_rate_falls_is_refused_at_its_line(
    level: dict[str, str], words: tuple[str, ...]
) -> None:
    with pytest.raises(PolicyError) as caught:
        above(**level)
    for word in ("f.yaml:4: ", *words):
        assert word in str(caught.value)


INNER = [
    ("tariff", {"rate": "+10pp"}),
    ("tariff-rate-quota", TRQ),
    ("import-quota", {"volume": "50% of base"}),
    ("export-licence", {"volume": "50% of base"}),
]


@pytest.mark.parametrize("sides", [("WORLD", "EU"), ("EU", "WORLD"), ("WORLD", "WORLD")])
@pytest.mark.parametrize(("kind", "level"), INNER)
def test_world_on_either_side_spares_the_inner_trade_of_a_union(
    kind: str, level: dict[str, str], sides: tuple[str, str]
) -> None:
    base = world(UNION)
    by, against = (("DEU", "FRA") if side == "EU" else (side,) for side in sides)
    found = compiled(base, [measure(kind, by=by, against=against, sectors=("A01",), **level)]).wedges
    touched = {(o, d) for bound in found.bounds for o, d, _ in bound.cells}
    if found.tariffs is not None:
        touched |= {(UNION[o], UNION[d]) for o, d, _ in np.argwhere(found.tariffs != base.tariffs)}
    assert not touched & {("DEU", "FRA"), ("FRA", "DEU")}
    assert touched & {("DEU", "USA"), ("USA", "DEU")}
    named = compiled(base, [measure("tariff", by=("DEU",), against=("FRA",), sectors=("A01",), rate="9%")]).wedges
    assert named.tariffs is not None
    assert named.tariffs[3, 2, FARM] == 0.09


def test_a_row_for_everybody_spares_the_inner_trade_of_a_union() -> None:
    base = world(UNION)
    for row in ("WORLD,FRA,A01,+7pp", "FRA,WORLD,A01,+7pp"):
        table, _ = read_table(f"by,against,sector,rate\n{row}\n", "t", "t")
        case = [measure("tariff", by=("WORLD",), against=("WORLD",), sectors=(), table=table)]
        tariffs = compiled(base, case).wedges.tariffs
        assert tariffs is not None
        changed = {(UNION[o], UNION[d]) for o, d, _ in np.argwhere(tariffs != base.tariffs)}
        pairs = {("FRA", code) for code in ("USA", "CHN")}
        assert changed == (pairs if row.startswith("WORLD") else {pair[::-1] for pair in pairs})


@pytest.mark.parametrize(("by", "origin"), [(("WORLD",), ("FRA", "USA")), (("FRA", "USA"), ("WORLD",))])
def test_a_floor_for_everybody_spares_the_inner_trade_of_a_union(by: tuple[str, ...], origin: tuple[str, ...]) -> None:
    level = {"origin": origin, "volume": "100% of base", "floor": "+20%", "paid_by": "buyer", "sectors": ("A01",)}
    (bound,) = bounds(measure("price-floor", by=by, against=(), **level), base=world(UNION))
    touched = {cell[:2] for cell in bound.cells}
    assert not touched & {("DEU", "FRA"), ("FRA", "DEU")}
    assert {("FRA", "USA"), ("USA", "FRA")} <= touched


def test_a_duty_per_unit_is_a_rate_at_the_stated_unit_value() -> None:
    found = compiled(WORLD, [measure("specific-duty", duty="0.5 USD/kg", unit_value="5 USD/kg")])
    assert found.wedges.tariffs is not None
    assert found.wedges.tariffs[CHN, USA, CHIPS] == pytest.approx(0.12)
    assert "0.5 USD/kg at a unit value of 5 USD/kg is 10%" in found.warnings[0]


def test_an_export_tax_is_collected_by_the_exporter() -> None:
    (bound,) = bounds(measure("export-tax", rate="10%"))
    assert (bound.kind, bound.cells, bound.rate, bound.to) == ("fixed", (("USA", "CHN", "C26"),), 0.10, "exporter")
    result = solve(WORLD, wedges=compiled(WORLD, [measure("export-tax", rate="10%")]).wedges)
    assert result["rent_exporter"][USA, CHN, CHIPS] == pytest.approx(result.flows_new[USA, CHN, CHIPS] * 0.1 / 1.1)


def test_an_agreement_replaces_the_schedule_of_both_sides() -> None:
    tariff = measure("tariff", "t", rate="25%")
    found = compiled(WORLD, [tariff, measure("agreement", rate="0%")]).wedges.tariffs
    assert found is not None
    assert found[CHN, USA, CHIPS] == found[USA, CHN, CHIPS] == 0
    expected = np.array(WORLD.tariffs)
    expected[CHN, USA, CHIPS] = expected[USA, CHN, CHIPS] = 0.0
    assert (found == expected).all()
    with pytest.raises(PolicyError, match="points; expected an all-in rate"):
        compiled(WORLD, [measure("agreement", rate="+2pp")])


def test_the_table_of_an_agreement_has_the_rates_of_both_sides() -> None:
    table, _ = read_table("by,against,sector,rate\nUSA,CHN,C26,1%\nCHN,USA,A01,3%\nUSA,DEU,A01,4%\n", "t", "t")
    assert table is not None
    found = compiled(WORLD, [measure("agreement", sectors=(), table=table)])
    assert found.wedges.tariffs is not None
    assert (found.wedges.tariffs[CHN, USA, CHIPS], found.wedges.tariffs[USA, CHN, FARM]) == (0.01, 0.03)
    assert found.coverage[0].unmatched == ("line 4: outside by and against of the measure",)


def test_a_port_fee_is_collected_by_the_port_state_on_both_ways_and_from_third_countries() -> None:
    (lane,) = bounds(measure("port-fee", as_cost="0.6%"))
    assert set(lane.cells) == {("CHN", "USA", "C26"), ("USA", "CHN", "C26")}
    assert (lane.kind, lane.rate, lane.to) == ("fixed", pytest.approx(0.006), "USA")
    (inbound,) = bounds(measure("port-fee", as_cost="0.6%", direction="inbound"))
    assert inbound.cells == (("CHN", "USA", "C26"),)
    _, others = bounds(measure("port-fee", as_cost="0.6%", third_countries="0.1%"))
    assert set(others.cells) == {
        (o, d, "C26") for o, d in (("DEU", "USA"), ("MEX", "USA"), ("USA", "DEU"), ("USA", "MEX"))
    }
    assert others.rate == pytest.approx(0.001)
    with pytest.raises(PolicyError, match="the one that levies the fee"):
        compiled(WORLD, [measure("port-fee", by=("USA", "DEU"), as_cost="1%")])


def test_fees_of_two_states_on_one_lane_add_up() -> None:
    pair = [
        measure("port-fee", "a", as_cost="1%"),
        measure("port-fee", "b", by=("CHN",), against=("USA",), as_cost="2%"),
    ]
    result = solve(WORLD, wedges=compiled(WORLD, pair).wedges)
    assert result["wedge"][CHN, USA, CHIPS] == pytest.approx(1.01 * 1.02)
    rows = instrument_columns(result)
    assert rows["to"] == ["USA", "CHN"]
    total = sum(float(np.sum(result[f"rent_{who}"])) for who in ("exporter", "importer", "other", "lost"))
    assert sum(float(rent) for rent in rows["rent_musd"]) == pytest.approx(total)  # type: ignore[arg-type]


def test_trade_costs_multiply() -> None:
    pair = [measure("trade-cost", "a", as_cost="5%"), measure("trade-cost", "b", as_cost="10%", direction="both")]
    found = compiled(WORLD, pair).wedges
    assert found.trade_cost_hat is not None
    assert found.trade_cost_hat[CHN, USA, CHIPS] == pytest.approx(1.155)
    assert found.trade_cost_hat[USA, CHN, CHIPS] == pytest.approx(1.10)
    assert (found.trade_cost_hat != 1).sum() == 2


FLOOR = {"against": (), "origin": ("MEX", "DEU"), "volume": "100% of base"}


def test_a_floor_that_a_budget_pays_guarantees_the_producer_everywhere() -> None:
    found = bounds(measure("price-floor", floor="+20%", paid_by="budget", **FLOOR))
    assert [(b.kind, b.price, b.volume, b.to) for b in found] == [("guarantee", 1.2, 1.0, "USA")] * 2
    assert {cell[0] for cell in found[1].cells} == {"MEX"}
    assert ("MEX", "MEX", "C26") in found[1].cells
    assert ("MEX", "DEU", "C26") not in found[1].cells


def test_a_floor_that_buyers_pay_acts_on_what_they_buy() -> None:
    level = {**FLOOR, "floor": "110 USD/kg", "base_price": "100 USD/kg", "paid_by": "buyer"}
    (bound,) = bounds(measure("price-floor", **level))
    assert (bound.kind, bound.to) == ("price-floor", "exporter")
    assert bound.price == pytest.approx(1.1)
    assert set(bound.cells) == {("MEX", "USA", "C26"), ("DEU", "USA", "C26")}


def test_a_purchase_is_a_minimum_by_volume_or_by_value_that_the_buyer_pays_for() -> None:
    (volume,) = bounds(measure("purchase", volume=">= 20 Mt/year", base_quantity="16 Mt/year"))
    assert (volume.kind, volume.cells, volume.volume, volume.to) == (
        "minimum", (("CHN", "USA", "C26"),), 1.25, "importer",
    )  # fmt: skip
    (value,) = bounds(measure("purchase", volume=">= 40 MUSD/year", sectors=("goods",)))
    assert (value.kind, value.value_musd, len(value.cells)) == ("minimum-value", 40.0, 2)
    (units,) = bounds(measure("purchase", volume=">= 20 Mt/year", base_quantity="8000 kt/year"))
    assert units.volume == pytest.approx(2.5)


def test_stocks_are_bought_from_named_origins_or_as_the_market_buys() -> None:
    (bound,) = bounds(measure("stockpile", against=(), origin=("MEX", "USA"), amount="10 MUSD/year"))
    assert (bound.kind, bound.value_musd) == ("demand", 10.0)
    assert set(bound.cells) == {("MEX", "USA", "C26"), ("USA", "USA", "C26")}
    found = compiled(WORLD, [measure("government-demand", against=(), sectors=("goods",), amount="10 MUSD/year")])
    added = found.wedges.final_exogenous - WORLD.final_exogenous  # type: ignore[operator]
    assert added[USA].sum() == pytest.approx(10)
    assert added[USA, FARM] / added[USA, CHIPS] == pytest.approx(WORLD.expenditure[USA, 0] / WORLD.expenditure[USA, 1])
    assert not added[1:].any()
    assert not added[USA, SERVICES]


def test_a_release_needs_a_stock() -> None:
    release = {"against": (), "amount": "-5 MUSD/year"}
    found = compiled(WORLD, [measure("stockpile", stock="8 MUSD", **release)]).wedges.final_exogenous
    assert found is not None
    assert (found - WORLD.final_exogenous).sum() == pytest.approx(-5)
    for wrong, words in (({}, "`stock` beside a release"), ({"stock": "4 MUSD"}, "at most the stock of 4 MUSD")):
        with pytest.raises(PolicyError, match=words):
            compiled(WORLD, [measure("stockpile", **release, **wrong)])
    with pytest.raises(PolicyError, match="none with a release"):
        compiled(WORLD, [measure("stockpile", stock="8 MUSD", origin=("MEX",), **release)])


def test_a_parent_sector_includes_what_was_cut_from_it() -> None:
    base = with_soy()
    assert base.sectors == ("A01", "A01_SOY", "C26", "SERV")
    for sectors in (("A01",), ("goods",)):
        tariffs = compiled(base, [measure("tariff", sectors=sectors, rate="25%")]).wedges.tariffs
        assert tariffs is not None
        assert tariffs[CHN, USA, :2].tolist() == [0.25, 0.25]
    table, _ = read_table("by,against,sector,rate\nUSA,CHN,A01,+7pp\n", "t", "t")
    tariffs = compiled(base, [measure("tariff", sectors=(), table=table)]).wedges.tariffs
    assert tariffs is not None
    assert np.allclose(tariffs[CHN, USA], [0.09, 0.09, 0.02, 0.0])
    (pool,) = bounds(measure("import-quota", sectors=("A01",), volume="50% of base"), base=base)
    assert pool.cells == (("CHN", "USA", "A01"), ("CHN", "USA", "A01_SOY"))


@pytest.mark.parametrize(("kind", "level"), [("tariff", {"rate": "25%"}), ("import-quota", {"volume": "50% of base"})])
def test_a_measure_on_the_parent_is_the_same_in_a_world_cut_in_proportion(kind: str, level: dict[str, str]) -> None:
    case = [measure(kind, sectors=("A01",), **level)]
    whole, cut = (solve(base, wedges=compiled(base, case).wedges, tol=1e-12) for base in (WORLD, with_soy()))
    assert np.allclose(whole.welfare_hat, cut.welfare_hat, rtol=0, atol=1e-10)


def test_products_act_on_their_own_sector_alone() -> None:
    base = with_soy()
    tariffs = compiled(
        base, [measure("tariff", sectors=(), products=Products("hs22", ("1201",)), rate="9%")]
    ).wedges.tariffs
    assert tariffs is not None
    assert tariffs[CHN, USA].tolist() == [0.02, 0.09, 0.02, 0.0]
    table, _ = read_table("by,against,hs22,rate\nUSA,CHN,1201.90,+7pp\nUSA,CHN,0203,+7pp\n", "t", "t")
    found = compiled(base, [measure("tariff", sectors=(), table=table)])
    assert found.wedges.tariffs is not None
    assert found.wedges.tariffs[CHN, USA, 1] == pytest.approx(0.09)
    assert found.coverage[0].unmatched == ("line 3: HS 0203 (no product sector)",)


def test_codes_that_are_part_of_a_product_sector_act_on_all_of_it_and_say_so() -> None:
    ships = packaged()
    assert match(["8541", "8542"], ships).notes == ()
    assert match(["2846"], ships).notes == ("HS 2846 acts on all of rare-earths (HS 280530, 2846)",)
    assert match(["854231"], ships).names == ("chips",)
    assert match(["85"], ships).unknown == ("85",)  # wider than any product sector


def test_of_two_licences_on_a_flow_the_smaller_holds() -> None:
    pair = [
        measure("export-licence", "april", volume="85% of base"),
        measure("export-licence", "may", volume="60% of base"),
    ]
    for order in (pair, pair[::-1]):
        found = compiled(WORLD, order)
        assert [(b.name, b.volume) for b in found.wedges.bounds] == [("may", 0.6)]
        assert "april: gives way to the smaller bound of may on 1 flows" in found.warnings[0]


def test_an_embargo_empties_its_flow_for_every_other_instrument() -> None:
    ban = measure("export-ban", "ban", by=("CHN",), against=("USA",))
    quota = measure("import-quota", "quota", against=("CHN", "DEU"), volume="50% of base")
    found = bounds(ban, quota)
    assert [(b.name, b.cells) for b in found] == [
        ("ban", (("CHN", "USA", "C26"),)),
        ("quota", (("CHN", "USA", "C26"), ("DEU", "USA", "C26"))),
    ]
    result = solve(WORLD, wedges=compiled(WORLD, [ban, quota]).wedges)
    assert result.flows_new[CHN, USA, CHIPS] == 0
    assert instrument_columns(result)["volume_pct"][1] <= 50 + 1e-6  # of what both sold, all of it left to one
    alone = compiled(WORLD, [ban, measure("import-quota", "quota", volume="50% of base")])
    assert "quota: no effect on CHN-USA-C26, which ban closes" in alone.warnings
    with pytest.raises(PolicyError, match="buy: found a purchase on CHN-USA-C26, which 'ban' closes"):
        compiled(WORLD, [ban, measure("purchase", "buy", volume=">= 120% of base")])


def test_instruments_that_contradict_each_other_are_refused_with_both_names() -> None:
    quota = measure("import-quota", "quota", volume="50% of base", path="f.yaml", lines={"": 3})
    buy = measure("purchase", "buy", volume=">= 120% of base", path="f.yaml", lines={"": 9})
    with pytest.raises(PolicyError, match=r"f.yaml:9: buy: found at least 120% .*'quota' allows 50%;"):
        compiled(WORLD, [quota, buy])
    pool = measure("import-quota", "pool", against=("CHN", "DEU"), volume="50% of base")
    assert [bound.name for bound in compiled(WORLD, [quota, pool]).wedges.bounds] == ["quota", "pool"]
    with pytest.raises(PolicyError, match="again: found a quota on CHN-USA-C26, where 'pool' has one"):
        compiled(WORLD, [pool, replace(pool, id="again")])
    assert settled(WORLD, []).bounds == ()


def test_everything_of_a_kind_can_stand_side_by_side() -> None:
    found: Compiled = compiled(
        WORLD,
        [
            measure("tariff", "a", rate="+10pp"),
            measure("export-licence", "b", by=("CHN",), against=("USA",), volume="80% of base"),
            measure("port-fee", "c", as_cost="1%"),
            measure("trade-cost", "d", as_cost="2%"),
            measure("price-floor", "e", floor="+5%", paid_by="budget", **FLOOR),
            measure("stockpile", "f", against=(), origin=("MEX",), amount="1 MUSD/year"),
            measure("government-demand", "g", against=(), amount="1 MUSD/year"),
            measure("purchase", "h", by=("DEU",), against=("USA",), volume=">= 110% of base"),
        ],
    )
    result = solve(WORLD, wedges=found.wedges)
    assert result.status == "CERTIFIED"
    rows = instrument_columns(result)
    assert rows["measure"] == [bound.name for bound in found.wedges.bounds]
    volume = dict(zip(rows["measure"], rows["volume_pct"], strict=True))
    assert volume["b"] <= 80 + 1e-6
    assert volume["h"] >= 110 - 1e-6
    assert {each.measure for each in found.coverage} == set("abcdefgh")


LEVELS: list[tuple[str, dict[str, str], str]] = [
    ("import-quota", {"volume": "10 Mt/year"}, "base_quantity beside it"),
    ("import-quota", {"volume": "10 MUSD/year"}, "say nothing about its flows"),
    ("import-quota", {"volume": ">= 10% of base"}, "only kind purchase is a minimum"),
    ("import-quota", {"volume": "10 Mt/year", "base_quantity": "5 MUSD/year"}, "in the unit of volume"),
    ("import-quota", {"volume": "10 Mt/year", "base_quantity": "0 Mt/year"}, "above zero"),
    ("import-quota", {"volume": "70% of 2024"}, "which are of 2022"),
    ("purchase", {"volume": "20 Mt/year", "base_quantity": "16 Mt/year"}, "'>= 20 Mt/year'"),
    ("price-floor", {"floor": "110 USD/kg", **{k: v for k, v in FLOOR.items() if k == "volume"}}, "base_price beside"),
    ("price-floor", {"floor": "20%", "volume": "100% of base"}, "with its sign"),
    ("specific-duty", {"duty": "5 USD/kg", "unit_value": "5 USD/t"}, "the same unit in both"),
    ("specific-duty", {"duty": "5 USD/kg", "unit_value": "0 USD/kg"}, "a price above zero"),
    ("stockpile", {"amount": "10 Mt/year"}, "money, such as"),
    ("government-demand", {"amount": "-10 MUSD/year"}, "only a stockpile can be released"),
    ("trade-cost", {"as_cost": "-100%"}, "above -100%"),
    ("price-floor", {"floor": "-100%", "volume": "100% of base"}, "m.floor: found '-100%'; expected a percentage abo"),
    ("price-floor", {"floor": "0 USD/t", "base_price": "9 USD/t", "volume": "9% of base"}, "a price above zero"),
]


@pytest.mark.parametrize(("kind", "level", "words"), LEVELS)
def test_levels_that_say_nothing_are_refused_with_what_is_missing(kind: str, level: dict[str, str], words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        compiled(WORLD, [measure(kind, path="f.yaml", lines={"": 4}, **level)])
    assert words in str(caught.value)
    assert "f.yaml:4: m." in str(caught.value)


NOTHING: list[tuple[str, dict[str, Any]]] = [
    ("port-fee", {"as_cost": "0%"}),
    ("port-fee", {"as_cost": "0%", "third_countries": "0%"}),
    ("trade-cost", {"as_cost": "0%"}),
    ("export-tax", {"rate": "0%"}),
    ("stockpile", {"against": (), "amount": "0 MUSD/year"}),
    ("stockpile", {"against": (), "amount": "0 MUSD/year", "origin": ("MEX",)}),
    ("government-demand", {"against": (), "amount": "0 MUSD/year"}),
]


@pytest.mark.parametrize(("kind", "level"), NOTHING)
def test_a_measure_of_size_zero_says_that_it_changes_nothing(kind: str, level: dict[str, Any]) -> None:
    told = "m: adds nothing, so the measure changes nothing"
    assert told in compiled(WORLD, [measure(kind, **level)]).warnings
    some = {name: text.replace("0", "1") if isinstance(text, str) else text for name, text in level.items()}
    found = compiled(WORLD, [measure(kind, **some), measure("tariff", "t", rate="+0pp")])
    assert found.warnings == ("t: leaves every rate as it is in the baseline",)


def test_a_fee_of_zero_that_third_countries_pay_is_not_nothing() -> None:
    assert compiled(WORLD, [measure("port-fee", as_cost="0%", third_countries="1%")]).warnings == ()


@pytest.mark.parametrize("kind", ["import-quota", "export-licence", "tariff-rate-quota"])
def test_a_cap_that_is_not_below_the_baseline_binds_only_if_trade_grows(kind: str) -> None:
    rates = {"rate": "5%", "over_rate": "25%"} if kind == "tariff-rate-quota" else {}
    for volume, told in (("100% of base", True), ("110% of base", True), ("99% of base", False)):
        found = compiled(WORLD, [measure(kind, volume=volume, **rates)]).warnings
        assert found == ((f"m: a cap of {volume} binds only if trade grows",) if told else ())


def test_levels_are_numbers() -> None:
    assert volume_of(measure("import-quota", volume="0")).ratio == 0  # type: ignore[union-attr]
    assert volume_of(measure("import-quota", volume={"low": "1% of base", "mode": "2% of base"})).ratio == 0.02  # type: ignore[union-attr]
    assert volume_of(measure("import-quota", volume="70% of 2022"), "2022").ratio == 0.7  # type: ignore[union-attr]
    assert volume_of(measure("export-ban")) is None
    assert floor_price(measure("price-floor", floor="-5%")) == 0.95
    assert duty_rate(measure("specific-duty", duty="1 CNY/t", unit_value="4 CNY/t")) == 0.25
    assert money_of(measure("stockpile", amount="3 MUSD")) == 3
    with pytest.raises(LevelError, match="volume: found"):
        volume_of(measure("import-quota", volume="many"))
