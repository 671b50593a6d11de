"""What instruments do, as it is shown: one row a measure, and what rests on the substitution of critical inputs."""

from __future__ import annotations

import json
from typing import Any

import pytest

import detente as dt
from detente.cli import execute
from detente.report.chokepoints import felt, instrument_lines, ladder_lines, user_lines
from detente.report.select import View, view
from detente.report.text import ladder_text, run_text
from detente.scenario.ladder import STEPS, rests_on_rho, substitution_ladder

CASE = "us-china-2025-10"


@pytest.fixture(scope="module")
def shown() -> View:
    """Return the packaged case as it is shown."""
    return view(dt.run(CASE, branches="main"), countries=("USA", "CHN", "VNM", "WORLD"))


def test_the_table_of_instruments_adds_up(shown: View) -> None:
    """Rents by measure are the rents of the result; a bound that is not felt collects nothing."""
    result = shown.branches[0].result
    table = result.table("instruments")
    assert len(table) == len(result.bounds)
    rents = sum(float(result[f"rent_{name}"].sum()) for name in ("exporter", "importer", "other", "lost"))
    assert table["rent_musd"].sum() == pytest.approx(rents, rel=1e-9)
    rows = {each.measure: each for each in felt(result)}
    assert sum(each.bounds for each in rows.values()) == len(result.bounds)
    assert sum(each.rent_musd for each in rows.values()) == pytest.approx(rents, rel=1e-9)
    assert rows["us-tech-controls"].binding == 0
    assert rows["us-tech-controls"].rent_musd == pytest.approx(0, abs=1e-6)
    soy = rows["cn-soy-boycott"]
    assert soy.volume_pct == pytest.approx(10, abs=1e-6)
    assert soy.shadow_price_pct > 0
    assert [line[0] for line in instrument_lines(shown.branches[0])[1]] == [*rows]


def test_the_ladder_has_every_step_and_starts_from_the_run(shown: View) -> None:
    """At the substitution of the file a rung is the run itself; without its bounds China loses the rent."""
    rungs = shown.ladders["main"]
    assert [rung.rho for rung in rungs] == [*STEPS]
    result = shown.branches[0].result
    own = {item.rho for item in result.critical}
    assert own == {0.2}
    same = next(rung for rung in rungs if rung.rho == 0.2)
    assert same.result.welfare_hat == pytest.approx(result.welfare_hat, abs=1e-9)
    chn = result.countries.index("CHN")
    assert all(rung.result.welfare_hat[chn] > rung.free.welfare_hat[chn] for rung in rungs)
    critical = {item.sector for item in result.critical}
    assert not any(critical.issuperset(cell[2] for cell in bound.cells) for bound in same.free.bounds)
    assert len(same.free.bounds) < len(result.bounds)
    head, rows = ladder_lines(rungs, ("USA", "CHN"))
    assert head == ["rho", "price, %", "rent, MUSD", "USA", "CHN"]
    assert [row[0] for row in rows] == ["0.1", "0.2", "0.3", "0.5"]
    assert user_lines(rungs, ("USA", "CHN"))[0][0] == "output of users, pp, rho 0.1"


def test_nothing_rests_on_rho_without_a_bound_that_is_felt() -> None:
    run = dt.run(CASE, branches="main", drop=["cn-licence-april"])
    assert not rests_on_rho(run["main"])
    assert substitution_ladder(run, "main") == ()
    assert ladder_text(view(run)) == ""
    assert "cn-soy-boycott" in run_text(view(run))


def test_the_command_prints_and_tells_both(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["run", CASE, "--json", "-q"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["branches"]["main"]
    assert {row["measure"] for row in found["instruments"]} >= {"us-port-fees", "cn-licence-april"}
    assert [rung["rho"] for rung in found["substitution"]] == [*STEPS]
    assert execute(["run", CASE, "-q"]) == 0
    out = capsys.readouterr().out
    assert "bounds felt" in out
    assert "this rests on rho, not on data" in out
