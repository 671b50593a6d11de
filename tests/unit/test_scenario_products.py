"""Product sectors that a file needs, and inputs that are hard to replace: cut once, said, the same for every branch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detente.baseline import Baseline
from detente.baseline.catalogue import load_baseline
from detente.core.errors import ScenarioError
from detente.scenario.critical import capacities, critical_inputs
from detente.scenario.execute import run_scenario, world_of
from detente.scenario.load import load_scenario, parse_scenario
from detente.scenario.products import needed, satellite_facts, satellite_notes, with_products
from detente.scenario.resolve import dump
from detente.scenario.run import plan
from detente.scenario.schema import Scenario

LICENCE = {
    "id": "licence", "by": "CHN", "against": "WORLD", "kind": "export-licence", "volume": "50% of base",
    "products": {"hs22": ["8505.11"]},
}  # fmt: skip
MAGNETS = {"product": "magnets", "users": ["C26", "C27", "C28", "C29"], "rho": "0.2"}


def case(*measures: dict[str, Any], critical: list[dict[str, Any]] | None = None, **top: Any) -> Scenario:
    """Return a scenario on world-2022."""
    model = {"model": {"critical": critical}} if critical else {}
    head = {"detente": "1", "id": "case", "as_of": "2025-10-25"}
    baseline = {"id": "world-2022", "allow_year_mismatch": "true"}
    return load_scenario({**head, "baseline": baseline, "measures": list(measures), **model, **top})


@pytest.fixture(scope="module")
def base() -> Baseline:
    return load_baseline("world-2022")


def test_what_a_file_names_is_cut_whether_it_applies_or_not(base: Baseline) -> None:
    later = {**LICENCE, "id": "beans", "products": {"hs22": ["1201"]}, "status": "threatened"}
    found = case(LICENCE, later, critical=[{"product": "chips"}])
    assert needed(found) == ("soybeans", "magnets", "chips")
    world = with_products(found, base)
    assert set(world.sectors) - set(base.sectors) == {"A01_SOY", "C27_MAG", "C26_CHP"}
    assert with_products(found, world) is world
    assert world_of(found).sha256 == world.sha256
    assert with_products(case(), base) is base


def test_a_table_by_product_names_its_products(base: Baseline) -> None:
    rows = "by,against,hs22,rate\nUSA,CHN,850511,+10pp\nUSA,CHN,0203,+10pp\n"
    found = case({"id": "m", "by": "USA", "against": "CHN", "kind": "tariff", "rows": rows})
    assert needed(found) == ("magnets",)
    world = with_products(found, base)
    (main,) = plan(found, world)
    place = world.countries.index("CHN"), world.countries.index("USA"), world.sectors.index("C27_MAG")
    assert main.wedges.tariffs is not None
    assert main.wedges.tariffs[place] == pytest.approx(world.tariffs[place] + 0.10)
    assert (main.wedges.tariffs != world.tariffs).sum() == 1
    assert any("line 3: HS 0203 (no product sector)" in text for text in main.warnings)


def test_a_world_without_the_parent_is_left_as_it_is() -> None:
    flows = np.full((2, 2, 1), 10.0)
    toy = Baseline.from_flows(("USA", "CHN"), ("A01",), flows, np.zeros((2, 2, 1)), np.ones((2, 1)),
                              np.zeros((1, 2, 1)), np.full(1, 4.0))  # fmt: skip
    assert with_products(case(LICENCE), toy) is toy


def test_how_much_is_assumed_is_said_with_every_run_and_kept_in_the_result() -> None:
    run = run_scenario(case(LICENCE))
    assert any(
        text.startswith("C27_MAG (Permanent magnets") and "assumed" in text for text in run.plans["main"].warnings
    )
    facts = run["main"].provenance["satellites"]["C27_MAG"]
    assert facts["parent"] == "C27"
    assert facts["trade_assumed_musd"] > facts["trade_data_musd"] > 0
    assert satellite_notes(run.base)
    assert set(satellite_facts(run.base)) == {"C27_MAG"}


def test_a_run_on_a_given_world_cuts_it_too(base: Baseline) -> None:
    given, loaded = run_scenario(case(LICENCE), base=base)["main"], run_scenario(case(LICENCE))["main"]
    assert given.sectors == loaded.sectors
    assert (given.welfare_hat == loaded.welfare_hat).all()


def test_a_resolved_copy_runs_on_the_same_world() -> None:
    first = run_scenario(case(LICENCE, critical=[MAGNETS]))
    again = run_scenario(first.scenario.resolved(baseline_sha256=first.base.sha256))
    assert (again["main"].welfare_hat == first["main"].welfare_hat).all()


def test_critical_inputs_are_read_written_and_placed(base: Baseline) -> None:
    spread = {**MAGNETS, "rho": {"low": "0.1", "mode": "0.2", "high": "0.5"}, "capacity": "110% of base"}
    found = case(critical=[spread, {"product": "C28", "rho": spread["rho"]}])
    assert found.critical[0].rho_range == (0.1, 0.2, 0.5)
    assert (found.critical[1].users, found.critical[1].rho) == (("goods",), 0.2)
    assert parse_scenario(dump(found.resolved()).encode()) == found
    world = with_products(found, base)
    magnets, machines = critical_inputs(found, world)
    assert magnets.sector == "C27_MAG"
    assert ("DEU", "C29") in magnets.users
    assert ("DEU", "C27_MAG") in magnets.users  # a sector means what was cut from it, too
    assert ("DEU", "SERV") not in machines.users
    assert len(magnets.users) == 5 * len(world.countries)


def test_without_the_block_the_model_is_the_standard_one() -> None:
    assert case().critical == ()
    assert run_scenario(case(LICENCE))["main"].critical == ()


def test_a_critical_product_that_the_world_lacks_is_named(base: Baseline) -> None:
    with pytest.raises(ScenarioError, match=r"model\.critical: found 'magnets'"):
        critical_inputs(case(critical=[MAGNETS]), base)


def test_what_is_hard_to_replace_hurts_more_when_it_is_withheld() -> None:
    """Monotone in rho, and the standard model understates it (section 11)."""

    def income(rho: str) -> float:
        found = run_scenario(case(LICENCE, critical=[{**MAGNETS, "rho": rho, "capacity": "100% of base"}]))["main"]
        return float(found.welfare_hat[found.countries.index("DEU")])

    low, mode, standard = income("0.2"), income("0.5"), income("1")
    assert low < mode < standard < 1


def test_capacities_bound_every_origin_beside_the_measures() -> None:
    open_ = case(LICENCE, critical=[MAGNETS])
    capped = case(
        LICENCE,
        critical=[{**MAGNETS, "capacity": {"low": "100% of base", "mode": "105% of base", "high": "120% of base"}}],
    )
    world = world_of(open_)
    (main,) = plan(capped, world)
    limits = [bound for bound in main.wedges.bounds if bound.name == "capacity of magnets"]
    assert {bound.cells[0][0] for bound in limits} == set(world.countries)
    assert {bound.volume for bound in limits} == {1.05}
    assert ("JPN", "JPN", "C27_MAG") in next(bound for bound in limits if bound.cells[0][0] == "JPN").cells
    assert capacities(open_, world) == ()
    free, held = (run_scenario(each, base=world)["main"] for each in (open_, capped))
    s, japan = held.sectors.index("C27_MAG"), held.countries.index("JPN")
    assert free.flows_new[japan, :, s].sum() > 1.05 * world.flows[japan, :, s].sum()
    volume = held.flows_new[japan, :, s] / (held["wedge"][japan, :, s] * held.cost_hat[japan, s])
    assert volume.sum() <= 1.05 * world.flows[japan, :, s].sum() * (1 + 1e-8)
    germany = held.countries.index("DEU")
    assert held.price_hat[germany, s] > free.price_hat[germany, s]
