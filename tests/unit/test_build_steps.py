"""The steps of the builder on toy worlds whose answer is known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from detente.baseline.build import costs, elasticity, joining, tariffs
from detente.baseline.build.expected import Total, check_totals
from detente.baseline.build.ledger import Entry, summary
from detente.baseline.build.raw import Tables, Trade
from detente.core.errors import DataError

SECTORS = ("A01", "C10T12", "SERV")
INDUSTRIES = ("A01", "C10T12", "D", "E")


def trade(countries: tuple[str, ...] = ("AAA", "BBB", "ROW"), seed: int = 1) -> Trade:
    n = len(countries)
    flows = np.random.default_rng(seed).uniform(10, 20, (n, n, len(SECTORS)))
    flows[np.arange(n), np.arange(n)] *= 10
    return Trade(countries, SECTORS, flows, np.full_like(flows, 0.1))


def tables(countries: tuple[str, ...] = ("AAA", "BBB"), seed: int = 2) -> Tables:
    draw = np.random.default_rng(seed)
    c, i = len(countries), len(INDUSTRIES)
    rows = {name: draw.uniform(1, 5, (c, i)) for name in ("value_added", "labour", "taxes", "other_imports", "output")}
    return Tables(countries, INDUSTRIES, draw.uniform(1, 3, (c, i, i)), rows, draw.uniform(1, 3, (c, i)))


def test_roll_up_adds_the_last_industries_on_any_axis() -> None:
    values = np.arange(2 * 5 * 4, dtype=float).reshape(2, 5, 4)
    rolled = joining.roll_up(values, 1, 3)
    assert rolled.shape == (2, 3, 4)
    np.testing.assert_array_equal(rolled[:, :2], values[:, :2])
    np.testing.assert_array_equal(rolled[:, 2], values[:, 2] + values[:, 3] + values[:, 4])
    np.testing.assert_array_equal(joining.roll_up(values, 2, 2)[..., 1], values[..., 1:].sum(axis=2))


def test_join_places_tables_by_code_and_keeps_input_before_user() -> None:
    found = joining.join(trade(), tables())
    swapped = tables()
    swapped = Tables(
        ("BBB", "AAA"),
        INDUSTRIES,
        swapped.use[::-1],
        {name: values[::-1] for name, values in swapped.rows.items()},
        swapped.final[::-1],
    )
    again = joining.join(trade(), swapped)
    np.testing.assert_array_equal(found.use, again.use)
    np.testing.assert_array_equal(found.primary["labour"], again.primary["labour"])
    source = tables()
    assert found.use[1, 0, 2] == pytest.approx(source.use[1, 0, 2] + source.use[1, 0, 3], rel=1e-15)
    assert found.use[1, 2, 0] == pytest.approx(source.use[1, 2, 0] + source.use[1, 3, 0], rel=1e-15)


def test_rest_of_the_world_gets_world_coefficients() -> None:
    found = joining.join(trade(), tables())
    np.testing.assert_array_equal(found.imputed, [False, False, True])
    made = found.output[:2].sum(axis=0)
    expected = found.use[:2].sum(axis=0) / made * found.output[2]
    np.testing.assert_allclose(found.use[2], expected, rtol=1e-14)
    coefficient = found.primary["taxes"][:2].sum(axis=0) / made
    np.testing.assert_allclose(found.primary["taxes"][2], coefficient * found.output[2], rtol=1e-14)


def test_join_refuses_a_country_without_table_and_another_order_of_industries() -> None:
    with pytest.raises(DataError, match="BBB"):
        joining.join(trade(), tables(("AAA",)))
    other = tables()
    other = Tables(other.countries, ("C10T12", "A01", "D", "E"), other.use, other.rows, other.final)
    with pytest.raises(DataError, match="order of the goods sectors"):
        joining.join(trade(), other)


def thirsty(country: int) -> joining.Joined:
    world = joining.join(trade(), tables())
    use = world.use.copy()
    use[country, 1] *= 1.5 * world.absorption[country, 1] / use[country, 1].sum()
    return joining.Joined(world.countries, world.sectors, world.flows, use, world.primary, world.imputed)


def test_negative_final_demand_of_the_rest_of_the_world_is_scaled_away_and_logged() -> None:
    world = thirsty(2)
    fixed, entries = joining.remove_negative_final_demand(world)
    assert [entry.cell for entry in entries] == ["ROW/C10T12"]
    assert entries[0].moved == pytest.approx(0.5 * world.absorption[2, 1], rel=1e-9)
    assert 0 <= fixed.final_demand[2, 1] <= 1e-9
    ratio = fixed.use[2, 1] / world.use[2, 1]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-14)
    kept = np.ones((3, 3), dtype=bool)
    kept[2, 1] = False
    np.testing.assert_array_equal(fixed.use[kept], world.use[kept])


def test_negative_final_demand_of_a_country_with_a_table_is_refused() -> None:
    with pytest.raises(DataError, match="BBB/C10T12"):
        joining.remove_negative_final_demand(thirsty(1))


def test_cost_shares_divide_by_the_output_of_the_user() -> None:
    use = np.array([[[1.0, 4.0], [3.0, 8.0], [0.0, 4.0]], [[2.0, 6.0], [2.0, 6.0], [2.0, 0.0]]])  # O=2, K=3, S=2
    output = np.array([[10.0, 40.0], [20.0, 60.0]])
    found = costs.cost_shares(use, output, ("AAA", "BBB"), ("A01", "SERV"))
    assert found.input_share.shape == (3, 2, 2)
    assert found.input_share[1, 0, 1] == pytest.approx(8 / 40)
    assert found.input_share[0, 1, 0] == pytest.approx(2 / 20)
    np.testing.assert_allclose(found.value_added_share + found.input_share.sum(axis=0), 1, atol=1e-15)
    assert found.entries == ()


def test_cost_shares_cap_and_idle_cells_are_recorded() -> None:
    use = np.array([[[5.0, 0.0], [7.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]]])
    output = np.array([[10.0, 0.0], [10.0, 10.0]])
    found = costs.cost_shares(use, output, ("AAA", "BBB"), ("A01", "SERV"))
    np.testing.assert_allclose(found.input_share[:, 0, 0], [0.98 * 5 / 12, 0.98 * 7 / 12])
    assert found.value_added_share[0, 0] == pytest.approx(0.02)
    assert found.value_added_share[0, 1] == 1.0
    np.testing.assert_array_equal(found.input_share[:, 0, 1], 0)
    steps = [(entry.step, entry.cell) for entry in found.entries]
    assert steps == [("inputs capped at 0.98", "AAA/A01"), ("zero output", "AAA/SERV")]
    assert found.entries[0].before == pytest.approx(1.2)
    assert found.entries[0].moved == pytest.approx(2.2)


def test_implied_final_demand_counts_tariffs_as_spending() -> None:
    flows = np.zeros((2, 2, 2))
    flows[0, 1, 0], flows[1, 1, 1], flows[0, 0, 0] = 100.0, 50.0, 10.0
    rates = np.zeros((2, 2, 2))
    rates[0, 1, 0] = 0.2
    share = np.zeros((2, 2, 2))
    share[0, 1, 1] = 0.4  # sector 1 of country 1 uses sector 0
    found = costs.implied_final_demand(flows, rates, share)
    np.testing.assert_allclose(found, [[10.0, 0.0], [120.0 - 20.0, 50.0]])


def test_services_and_home_sales_are_free() -> None:
    found = tariffs.without_services(np.full((3, 3, 3), 0.2), SECTORS)
    assert not found[:, :, 2].any()
    assert not found[np.arange(3), np.arange(3)].any()
    assert found[0, 1, 0] == 0.2


def test_the_cap_spares_the_united_states_and_is_logged_by_importer() -> None:
    countries = ("AAA", "BBB", "USA")
    rates = np.zeros((3, 3, 3))
    rates[0, 1, 1], rates[0, 2, 1], rates[1, 0, 0] = 0.9, 0.9, 0.3
    flows = np.full((3, 3, 3), 100.0)
    found, entries = tariffs.capped(rates, flows, countries, SECTORS)
    assert found[0, 1, 1] == 0.3
    assert found[0, 2, 1] == 0.9
    assert [entry.cell for entry in entries] == ["AAA/BBB/C10T12"]
    assert entries[0].moved == pytest.approx(60.0)


def test_us_rates_use_own_cells_then_the_average_of_the_others_without_china() -> None:
    cells = {("1", "A01"): (100.0, 5.0), ("2", "A01"): (300.0, 3.0), ("3", "A01"): (100.0, 50.0)}
    column = tariffs.UsColumn({"AAA": "1", "BBB": "2", "CHN": "3"}, cells, ("3",))
    rates, filled = tariffs.us_rates(column, ("AAA", "BBB", "CHN", "DDD", "USA"), ("A01", "B09", "C10T12", "SERV"))
    np.testing.assert_allclose(rates[:, 0], [0.05, 0.01, 0.5, 8 / 400, 0.0])
    assert not rates[:, 1:].any()
    assert ("DDD", "A01") in filled
    assert ("AAA", "A01") not in filled
    assert all(country != "USA" for country, _ in filled)


def test_raised_to_average_adds_the_same_points_to_goods_of_one_pair_only() -> None:
    countries = ("CHN", "DDD", "USA")
    draw = np.random.default_rng(3)
    rates, flows = draw.uniform(0, 0.1, (3, 3, 3)), draw.uniform(1, 9, (3, 3, 3))
    found, points = tariffs.raised_to_average(rates, flows, countries, SECTORS)
    change = found - rates
    np.testing.assert_allclose(change[2, 0, :2], points)
    change[2, 0, :2] = 0
    assert not change.any()
    assert tariffs.average_rate(found[2, 0, :2], flows[2, 0, :2]) == pytest.approx(0.211)


def test_a_replaced_column_is_the_importer_not_the_exporter() -> None:
    found = tariffs.replaced_column(np.zeros((2, 2, 3)), np.ones((2, 3)), 1)
    assert found[:, 1].all()
    assert not found[:, 0].any()


def test_petroleum_is_damped_and_the_default_is_the_median() -> None:
    raw = {name: np.array([4.0, 4.0, 4.0]) for name in elasticity.SETS}
    raw["CP"] = np.array([8.0, 64.85, 2.0])
    raw["LL"] = np.array([1.0, 9.0, 3.0])
    found = elasticity.with_default(raw, ("A01", "C19", "SERV"))
    assert found.cap == 8.0
    assert found.replaced == 64.85
    np.testing.assert_array_equal(found.sets["CP"], [8.0, 8.0, 2.0])
    np.testing.assert_array_equal(found.sets["default"], [4.0, 4.0, 4.0])
    np.testing.assert_array_equal(found.low, [1.0, 4.0, 2.0])
    np.testing.assert_array_equal(found.high, [8.0, 9.0, 4.0])
    lines = elasticity.as_csv(found).splitlines()
    assert lines[0] == "sector,CP,FGO,GYY,BSY,Shap,LL,IS,U4,default,min,max,sd_log"
    assert lines[2].startswith("C19,8,4,")
    assert "64.85" in elasticity.as_sets(found)["sets"]["CP"]["treatment"]


def test_the_log_is_summed_by_step_with_the_largest_cells_first() -> None:
    entries = [Entry("a", str(i), 0.0, 1.0, "MUSD", float(i)) for i in range(30)] + [Entry("b", "x", 0, 1, "rate", 2.5)]
    found = summary(entries)
    assert found["a"]["count"] == 30
    assert found["a"]["sum_musd"] == sum(range(30))
    assert found["a"]["max_musd"] == 29
    assert [row["cell"] for row in found["a"]["largest"]] == [str(i) for i in range(29, 9, -1)]
    assert found["b"]["count"] == 1


@pytest.mark.parametrize(
    ("text", "scale", "tolerance"),
    [("199.691", 1e6, 500.0), ("5.1e-4", 1.0, 5e-6), ("41", 1.0, 0.0), ("3.31", 0.01, 5e-5), ("30", 0.01, 5e-3)],
)
def test_tolerance_is_half_a_unit_of_the_last_printed_digit(text: str, scale: float, tolerance: float) -> None:
    assert Total(text, scale).tolerance == pytest.approx(tolerance, rel=1e-6)


def test_totals_that_are_missed_or_absent_are_all_named() -> None:
    expected = {"output": Total("2.5", 1e6), "count": Total("41"), "other": Total("1.0")}
    check_totals({"output": 2.54e6, "count": 41.0, "other": 1.04}, expected)
    with pytest.raises(DataError, match="misses its totals") as caught:
        check_totals({"output": 2.56e6, "count": 40.0}, expected)
    assert [problem.field for problem in caught.value.problems] == ["output", "count", "other"]
    with pytest.raises(DataError):
        check_totals({"output": float("nan"), "count": 41.0, "other": 1.0}, expected)
