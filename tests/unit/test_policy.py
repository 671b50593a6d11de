"""Measures to wedges: the right flow, the right sectors, the right sum, whatever the order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.baseline import Baseline
from detente.core.codes import EU27
from detente.core.errors import DataError, PolicyError
from detente.core.units import parse_rate
from detente.policy.compile import compiled, contributions, wedges
from detente.policy.measure import KINDS, Measure, Products
from detente.policy.stacking import Layer, stacked
from detente.policy.table import RateTable, read_table
from detente.policy.wedges import Wedges

CODES = ("USA", "CHN", "DEU", "MEX")
SECTORS = ("A01", "C26", "SERV")
USA, CHN, DEU, MEX = range(4)


def world(countries: tuple[str, ...] = CODES, rate: float = 0.02) -> Baseline:
    """Return a world of equal flows, where every goods tariff is `rate`."""
    n, j = len(countries), len(SECTORS)
    flows = np.full((n, n, j), 10.0)
    flows[np.arange(n), np.arange(n)] = 100.0
    tariffs = np.full((n, n, j), rate)
    tariffs[..., 2] = 0.0
    tariffs[np.arange(n), np.arange(n)] = 0.0
    return Baseline.from_flows(
        countries, SECTORS, flows, tariffs, np.ones((n, j)), np.zeros((j, n, j)), np.full(j, 4.0)
    )


def tariff(rate: str | None = "25%", id: str = "m", **changes: object) -> Measure:
    value = None if rate is None else parse_rate(rate)
    fields: dict[str, object] = {"by": ("USA",), "against": ("CHN",), "sectors": ("goods",), "rate": value}
    return Measure(id=id, kind="tariff", **{**fields, **changes})  # type: ignore[arg-type]


def rates(base: Baseline, *measures: Measure) -> np.ndarray:
    found = wedges(base, measures).tariffs
    assert found is not None
    return found


def table(rows: str) -> RateTable:
    found, problems = read_table("by,against,sector,rate,authority,stacks_with,assumed\n" + rows, "t.csv", "t.csv")
    assert found is not None, problems
    return found


def test_a_tariff_hits_the_flow_from_against_to_by_and_nothing_else() -> None:
    base = world()
    changed = rates(base, tariff("25%"))
    expected = np.array(base.tariffs)
    expected[CHN, USA, :2] = 0.25
    assert (changed == expected).all()


def test_services_only_where_a_measure_names_them() -> None:
    base = world()
    assert rates(base, tariff("25%"))[CHN, USA, 2] == 0
    assert rates(base, tariff("25%", sectors=("all",)))[CHN, USA, 2] == 0.25
    assert rates(base, tariff("25%", sectors=("SERV",)))[CHN, USA].tolist() == [0.02, 0.02, 0.25]


def test_services_are_what_the_baseline_says() -> None:
    base = world()
    base = base.replace(meta={**base.meta, "services": ("C26",)})
    assert rates(base, tariff("25%"))[CHN, USA].tolist() == [0.25, 0.02, 0.25]


def test_the_world_never_taxes_itself_at_home() -> None:
    base = world()
    changed = rates(base, tariff("+10pp", by=("WORLD",), against=("WORLD",)))
    assert (changed[np.arange(4), np.arange(4)] == 0).all()
    assert np.allclose(changed[USA, CHN, :2], 0.12)


def test_a_customs_union_spares_its_inner_trade() -> None:
    base = world((*EU27, "USA"))
    changed = rates(base, tariff("+10pp", by=EU27, against=("WORLD",)))
    assert (changed[:27, :27] == base.tariffs[:27, :27]).all()
    assert np.allclose(changed[27, :27, :2], 0.12)


def test_all_in_replaces_and_points_add() -> None:
    base = world()
    assert np.allclose(rates(base, tariff("25%"))[CHN, USA, 0], 0.25)
    assert np.allclose(rates(base, tariff("+25pp"))[CHN, USA, 0], 0.27)
    assert np.allclose(rates(base, tariff("25%", "a"), tariff("+10pp", "b"))[CHN, USA, 0], 0.35)


def test_stacking_on_paper_examples() -> None:
    """I24: 25 % + 2.9 % + 50 % = 77.9 %."""
    base = world(rate=0.029)
    added = rates(base, tariff("+25pp", "section-301"), tariff("+50pp", "section-232"))
    assert added[CHN, USA, 0] == pytest.approx(0.779, abs=1e-15)
    all_in = [tariff(rate, f"m{i}", stack="add") for i, rate in enumerate(("25%", "2.9%", "50%"))]
    assert rates(base, *all_in)[CHN, USA, 0] == pytest.approx(0.779, abs=1e-15)


def test_at_least_is_a_minimum_on_the_total() -> None:
    base = world()
    floor = tariff("15%", "floor", at_least=True)
    assert rates(base, floor)[CHN, USA, 0] == 0.15
    assert np.allclose(rates(base, floor, tariff("+10pp", "a"))[CHN, USA, 0], 0.15)
    assert np.allclose(rates(base, floor, tariff("+20pp", "a"))[CHN, USA, 0], 0.22)


def test_two_all_in_rates_on_one_cell_are_a_contradiction() -> None:
    base = world()
    first = tariff("25%", "first", lines={"rate": 7}, path="f.yaml")
    second = tariff("50%", "second", sectors=("C26",), lines={"rate": 12}, path="f.yaml")
    with pytest.raises(PolicyError) as caught:
        wedges(base, [first, second])
    for words in ("'first' (f.yaml:7)", "f.yaml:12: second.rate", "USA on CHN, C26", "stack", "25%", "50%"):
        assert words in str(caught.value)


@pytest.mark.parametrize(("stack", "total"), [("add", 0.75), ("max", 0.50), ("replace", 0.50)])
def test_stack_says_how_two_all_in_rates_meet(stack: str, total: float) -> None:
    base = world()
    pair = [tariff("25%", "a"), tariff("50%", "b", stack=stack)]
    assert rates(base, *pair)[CHN, USA, 0] == total
    assert rates(base, *reversed(pair))[CHN, USA, 0] == total


def test_replace_wins_even_when_it_is_lower() -> None:
    assert rates(world(), tariff("25%", "a"), tariff("10%", "b", stack="replace"))[CHN, USA, 0] == 0.10


@given(st.permutations(range(6)))
def test_order_of_measures_is_irrelevant(order: list[int]) -> None:
    base = world()
    measures = [
        tariff("25%", "a"),
        tariff("0.3%", "b", stack="add"),
        tariff("40%", "c", stack="max", sectors=("C26",)),
        tariff("+0.1pp", "d"),
        tariff("+0.2pp", "e", sectors=("all",)),
        tariff("30%", "f", at_least=True),
    ]
    expected = rates(base, *measures)
    assert (rates(base, *(measures[i] for i in order)) == expected).all()


def test_no_layers_returns_the_baseline() -> None:
    baseline = np.array([0.1, 0.2])
    assert (stacked(baseline, [], str) == baseline).all()
    assert wedges(world(), []).tariffs is None


def test_authorities_that_stack_with_each_other() -> None:
    cells = np.array([0])

    def layer(name: str, rate: float, partners: frozenset[str] = frozenset()) -> Layer:
        return Layer(name, "f:1", cells, np.array([rate]), False, authority=name, stacks_with=partners)

    pair = [layer("mfn", 0.029), layer("s301", 0.25, frozenset({"mfn"}))]
    for order in itertools.permutations(pair):
        assert stacked(np.array([0.5]), order, str)[0] == pytest.approx(0.279)
    with pytest.raises(PolicyError):
        stacked(np.array([0.5]), [*pair, layer("s232", 0.5, frozenset({"mfn"}))], str)


def test_subsidy_is_a_negative_tariff() -> None:
    base = world()
    subsidy = Measure(id="s", kind="subsidy", by=("USA",), against=("CHN",), sectors=("C26",), rate=parse_rate("10%"))
    assert rates(base, subsidy)[CHN, USA].tolist() == [0.02, -0.10, 0.0]


def test_points_off_may_not_leave_less_than_zero() -> None:
    with pytest.raises(PolicyError, match=r"m: found a total of -3% on USA on CHN, A01"):
        wedges(world(), [tariff("-5pp")])
    assert np.allclose(rates(world(), tariff("-2pp"))[CHN, USA, :2], 0)


def test_headline_rates_and_switches_change_nothing() -> None:
    base = world()
    switch = Measure(id="s", kind="non-trade", by=("CHN",), linkage="fentanyl")
    assert wedges(base, [tariff("+57pp", rate_kind="headline"), switch]).tariffs is None


def test_every_kind_is_modelled() -> None:
    assert all(each.modelled for each in KINDS.values())


def test_products_are_refused_where_the_baseline_has_no_sector_for_them() -> None:
    with pytest.raises(PolicyError, match=r"HS 1201, for which .* no product sector.*with_satellites\(base, \['soy"):
        wedges(world(), [tariff(sectors=(), products=Products("hs22", ("1201",)))])
    with pytest.raises(PolicyError, match=r"HS 0203, .*product sectors that ship: soybeans \(HS 1201\).*--drop m"):
        wedges(world(), [tariff(sectors=(), products=Products("hs22", ("0203",)))])


def test_codes_that_the_baseline_lacks_are_named() -> None:
    with pytest.raises(PolicyError, match=r"m.against: found 'XXX', not in baseline.*\n.*m.sectors: found 'C99', not"):
        wedges(world(), [tariff(against=("XXX",), sectors=("C99",))])


def test_a_table_puts_each_rate_on_its_cell_and_reports_what_it_matched() -> None:
    base = world()
    rows = "USA,CHN,C26,+14.9pp,ieepa,,\nUSA,CHN,C26,+2pp,section-232,,true\nUSA,DEU,A01,15%,,,\nUSA,XXX,A01,+1pp,,,\n"
    measure = tariff(id="t", sectors=(), rate=None, table=table(rows), against=("WORLD",))
    found = compiled(base, [measure])
    assert found.wedges.tariffs is not None
    assert found.wedges.tariffs[CHN, USA, 1] == pytest.approx(0.02 + 0.149 + 0.02)
    assert found.wedges.tariffs[DEU, USA, 0] == 0.15
    assert (found.wedges.tariffs != base.tariffs).sum() == 2
    (coverage,) = found.coverage
    assert (coverage.rows_read, coverage.rows_matched, coverage.unmatched) == (4, 3, ("line 5: XXX",))
    assert (coverage.cells, coverage.trade_musd, coverage.assumed_rows) == (2, 20.0, 1)
    assert "4 rows read, 3 matched, 1 not in this baseline" in found.warnings[0]


def test_rows_outside_by_and_against_of_the_measure_do_not_count() -> None:
    base = world()
    measure = tariff(id="t", sectors=(), rate=None, table=table("USA,CHN,C26,+1pp,,,\nCHN,USA,C26,+1pp,,,\n"))
    found = compiled(base, [measure])
    assert found.coverage[0].unmatched == ("line 3: outside by and against of the measure",)


def test_table_rows_may_name_groups() -> None:
    base = world()
    measure = tariff(id="t", sectors=(), rate=None, against=("WORLD",), table=table("USA,WORLD,goods,+10pp,,,\n"))
    changed = rates(base, measure)
    assert np.allclose(changed[1:, USA, :2], 0.12)
    assert (changed[:, 1:] == base.tariffs[:, 1:]).all()


def test_dropping_an_authority_takes_its_rows_out_of_a_table() -> None:
    rows = "USA,CHN,C26,+14.9pp,ieepa,,\nUSA,CHN,A01,+2pp,s232,,\n"
    measure = tariff(id="t", sectors=(), rate=None, table=table(rows))
    assert measure.authorities == {"ieepa", "s232"}
    left = measure.without_authority("ieepa")
    assert left is not None
    assert left.table is not None
    assert [row.authority for row in left.table.rows] == ["s232"]
    assert left.without_authority("s232") is None


def test_why_a_rate_is_what_it_is() -> None:
    base = world()
    found = compiled(base, [tariff("25%", "a", authority="s301"), tariff("+10pp", "b", authority="ieepa")])
    parts = contributions(base, found.layers, "USA", "CHN", "C26")
    assert [(part.measure, part.authority, part.rate.value, part.rate.added) for part in parts] == [
        ("a", "s301", 0.25, False),
        ("b", "ieepa", 0.10, True),
    ]
    assert contributions(base, found.layers, "CHN", "USA", "C26") == []
    with pytest.raises(PolicyError, match="XXX: not in baseline"):
        contributions(base, found.layers, "XXX", "CHN", "C26")


def test_measures_without_effect_are_said() -> None:
    found = compiled(world(), [tariff("2%")])
    assert found.warnings == ("m: leaves every rate as it is in the baseline",)


def test_wedges_are_checked_against_the_baseline() -> None:
    base = world()
    n, j = base.shape
    for wrong, words in (
        (Wedges(tariffs=np.zeros((n, j))), r"tariffs: found shape \(4, 3\); expected an array of shape \(4, 4, 3\)"),
        (Wedges(tariffs=np.full((n, n, j), np.nan)), "tariffs: found nan at"),
        (Wedges(tariffs=base.tariffs - 1.5), "above -1"),
        (Wedges(tariffs=base.tariffs + 0.1), "0 on home sales"),
        (Wedges(trade_cost_hat=np.zeros((n, n, j))), r"trade_cost_hat: found 0 at \[USA, USA, A01\]"),
        (Wedges(final_exogenous=np.full((n, j), np.inf)), "finite amounts in MUSD"),
        (Wedges(tariffs="many"), "not an array of numbers"),  # type: ignore[arg-type]
    ):
        with pytest.raises(DataError, match=words):
            wrong.validated(base)
    with pytest.raises(DataError, match=r"wedges.bounds\[0\]: found int; expected dt.Bound"):
        Wedges(bounds=(1,)).validated(base)  # type: ignore[arg-type]


def test_an_embargo_is_an_infinite_trade_cost() -> None:
    base = world()
    cost = np.ones((4, 4, 3))
    cost[CHN, USA, 1] = np.inf
    valid = Wedges(trade_cost_hat=cost).validated(base)
    assert valid.trade_cost_hat is not None
    assert not valid.trade_cost_hat.flags.writeable
