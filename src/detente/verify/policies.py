"""What measures do to rates, from the words of a scenario to the tariffs of its result (I23, I24, units)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import DataError, PolicyError, ScenarioError
from detente.core.result import Result
from detente.scenario.execute import ScenarioRun, run_scenario
from detente.verify import worlds
from detente.verify.check import Check, Checks, near, refused, same, within

EXACT = 1e-15
AS_OF = "2025-06-01"
USA, CHN, DEU, MEX = range(4)
FARM, CHIPS, SERVICES = range(3)


def run_measures(*measures: dict[str, Any], base: Baseline | None = None, **how: Any) -> ScenarioRun:
    """Return the run of measures on the policy world; each is by USA, against CHN, a tariff, unless it says else."""
    common: dict[str, Any] = {"by": "USA", "against": "CHN", "kind": "tariff"}
    named = [{"id": f"m{i}", **common, **measure} for i, measure in enumerate(measures)]
    world = base if base is not None else worlds.policy_world()
    top = {key: how.pop(key) for key in ("compare_to", "horizon", "tree") if key in how}
    reference = {"id": world.id, "allow_year_mismatch": True}
    case: dict[str, Any] = {"detente": 1, "id": "verify", "as_of": AS_OF, "baseline": reference, "measures": named}
    return run_scenario(case | top, base=world, **how)


def rates(*measures: dict[str, Any], **how: Any) -> Array:
    """Return the new tariffs after measures."""
    return run_measures(*measures, **how)["main"].tariffs_new


def changed(origin: Any, dest: Any, sectors: Any, value: float, *, added: bool = False) -> Array:
    """Return the policy world's tariffs with one rate on some cells; home cells stay 0."""
    expected = np.array(worlds.policy_world().tariffs)
    cells = np.ix_(*(np.atleast_1d(axis) for axis in (origin, dest, sectors)))
    expected[cells] = expected[cells] + value if added else value
    expected[np.arange(4), np.arange(4)] = 0.0
    return expected


def _rates(law: str, text: str, got: Array, expected: Array) -> Check:
    return within(law, text, np.abs(got - expected).max(), EXACT)


def check_policy(quick: bool) -> Checks:
    """Check that measures touch the flow they name and nothing else."""
    goods, everybody = [FARM, CHIPS], range(4)
    base = worlds.policy_world()
    run = run_measures({"rate": "25%"})
    after, solved = run["main"], run.plans["main"].wedges.tariffs
    services = {"rate": "4%", "sectors": ["SERV"]}
    table = {"rows": "by,against,sector,rate\nUSA,DEU,C26,+7pp\nUSA,MEX,A01,+1pp\n", "against": "WORLD"}
    two = changed(DEU, USA, CHIPS, 0.07, added=True) + changed(MEX, USA, FARM, 0.01, added=True) - base.tariffs
    spent = {"rate": "+10pp", "by": "WORLD", "against": "WORLD"}
    return [
        _rates("policy", "by USA, against CHN, 25%: goods only", after.tariffs_new, changed(CHN, USA, goods, 0.25)),
        same("policy", "and the shock that was solved is that one", after.tariffs_new, solved),
        _rates("policy", "the base keeps its rates", after["tariffs"], base.tariffs),
        within("policy", "US imports from CHN fall", _kept(after, CHN, USA), 0.7),
        within("policy", "US exports to CHN do not fall as much", -_kept(after, USA, CHN), -0.7),
        _rates("policy", "+10pp adds to what is there", rates({"rate": "+10pp"}),
               changed(CHN, USA, goods, 0.1, added=True)),
        _rates("policy", "a sector that is named", rates({"rate": "9%", "sectors": ["C26"]}),
               changed(CHN, USA, CHIPS, 0.09)),
        _rates("policy", "services only by name", rates(services), changed(CHN, USA, SERVICES, 0.04)),
        _rates("policy", "a list of targets", rates({"rate": "9%", "against": ["DEU", "MEX"]}),
               changed([DEU, MEX], USA, goods, 0.09)),
        _rates("policy", "against WORLD: no home sales", rates({"rate": "9%", "against": "WORLD"}),
               changed(everybody, USA, goods, 0.09)),
        _rates("policy", "everybody on everybody", rates(spent), changed(everybody, everybody, goods, 0.1, added=True)),
        _rates("policy", "rows of a table", rates(table), two),
        same("policy", "a quota is on what the importer buys", _bounded("import-quota"), [(CHN, USA)]),
        same("policy", "a licence is on what the exporter sells", _bounded("export-licence"), [(USA, CHN)]),
        refused("policy", "a product without a sector is refused", PolicyError, _product),
        *_on_the_world(),
    ]  # fmt: skip


def _kept(after: Result, origin: int, dest: int) -> float:
    """Return what is left of a flow of chips, as a fraction."""
    return float(after.flows_new[origin, dest, CHIPS] / after["flows"][origin, dest, CHIPS])


def _bounded(kind: str) -> list[tuple[int, int]]:
    """Return the (origin, dest) whose chips a bound of 70 % holds at 70 % of their volume, one certified run."""
    after = run_measures({"kind": kind, "volume": "70% of base", "sectors": ["C26"]})["main"]
    volume = after.flows_new[..., CHIPS] / (after["wedge"][..., CHIPS] * after.cost_hat[:, None, CHIPS])
    held = np.argwhere(np.abs(volume - 0.7 * after["flows"][..., CHIPS]) < 1e-6 * after["flows"][..., CHIPS])
    return [(int(o), int(d)) for o, d in held]


def _product() -> object:
    return run_measures({"rate": "5%", "products": {"hs22": ["0203"]}})


def _on_the_world() -> Checks:
    """Return checks of the same measure on world-2022."""
    plain = run_measures({"rate": "25%"}, base=worlds.world_2022())["main"]
    usa, chn = (plain.countries.index(code) for code in ("USA", "CHN"))
    goods = np.array([code != "SERV" for code in plain.sectors])
    expected = np.array(plain.baseline.tariffs)
    expected[chn, usa, goods] = 0.25
    return [
        same("policy", "world-2022, 25%: certified", plain.status, "CERTIFIED"),
        _rates("policy", "world-2022, 25%: goods from CHN to USA only", plain.tariffs_new, expected),
        within("policy", "world-2022, 25%: services stay free", plain.tariffs_new[:, :, ~goods].max(), 0.0),
    ]


def check_units(quick: bool) -> Checks:
    """Check that 25% is a quarter, that points are added, and that a bare number is refused."""
    goods = [FARM, CHIPS]
    found = []
    for text, value, added in (
        ("25%", 0.25, False), ("0.5%", 0.005, False), ("145%", 1.45, False), ("0%", 0.0, False),
        ("+25pp", 0.25, True), ("+0.5pp", 0.005, True), ("-1pp", -0.01, True),
    ):  # fmt: skip
        expected = changed(CHN, USA, goods, value, added=added)
        found.append(_rates("units", f"rate: {text}", rates({"rate": text}), expected))
    for text in ("25", "0.25", "25pp", "1,5%"):
        found.append(refused("units", f"rate: {text} is refused", ScenarioError, _rate(text)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.yaml"
        path.write_text(
            "detente: 1\nid: case\nas_of: 2025-06-01\nbaseline: invented\nmeasures:\n"
            "  - {id: m, kind: tariff, by: USA, against: CHN, rate: 25%}\n",
            encoding="utf-8",
        )
        read = run_scenario(str(path), base=worlds.policy_world())["main"].tariffs_new
    found.append(_rates("units", "rate: 25% in a file", read, changed(CHN, USA, goods, 0.25)))
    found.append(refused("units", "tariffs in percent are refused as data", DataError, _percent))
    table = {"rows": "by,against,sector,rate\nUSA,CHN,C26,25%\n"}
    found.append(_rates("units", "25% in a table", rates(table), changed(CHN, USA, CHIPS, 0.25)))
    return found


def _rate(text: str) -> Any:
    return lambda: rates({"rate": text})


def _percent() -> object:
    base = worlds.policy_world()
    names = ("countries", "sectors", "flows", "value_added_share", "input_share", "trade_elasticity")
    return Baseline.from_flows(**{name: getattr(base, name) for name in names}, tariffs=100 * base.tariffs)


def check_stacking(quick: bool) -> Checks:
    """Check I24: how measures on one flow meet."""
    goods = [FARM, CHIPS]
    total = changed(CHN, USA, goods, 0.779)
    add, largest, instead = {"stack": "add"}, {"stack": "max"}, {"stack": "replace"}
    reverse = {"rate": "50%", **add}, {"rate": "2.9%", **add}, {"rate": "25%"}
    cases = (
        ("25% + 2.9% + 50% = 77.9%", rates({"rate": "25%"}, {"rate": "2.9%", **add}, {"rate": "50%", **add}), total),
        ("in another order", rates(*reverse), total),
        ("2.9% + 25 points + 50 points = 77.9%", rates({"rate": "+25pp"}, {"rate": "+50pp"}), total),
        ("max: the larger one", rates({"rate": "25%"}, {"rate": "40%", **largest}), changed(CHN, USA, goods, 0.4)),
        ("max: not the smaller", rates({"rate": "25%"}, {"rate": "10%", **largest}), changed(CHN, USA, goods, 0.25)),
        ("replace: instead", rates({"rate": "25%"}, {"rate": "10%", **instead}), changed(CHN, USA, goods, 0.1)),
        ("points on top of an all-in rate", rates({"rate": "25%"}, {"rate": "+10pp"}), changed(CHN, USA, goods, 0.35)),
        ("at least: a floor", rates({"rate": "15%", "at_least": True}), changed(CHN, USA, goods, 0.15)),
        ("at least: no more than a floor", rates({"rate": "2%", "at_least": True}), changed(CHN, USA, goods, 0.029)),
    )  # fmt: skip
    found = [_rates("I24", text, got, expected) for text, got, expected in cases]
    both = {"rate": "25%"}, {"rate": "10%"}
    return [*found, refused("I24", "two all-in rates contradict", (ScenarioError, PolicyError), lambda: rates(*both))]


def check_calendar(quick: bool) -> Checks:
    """Check I23: from counts, until does not; only what is in force holds; the comparator is the law of its day."""
    goods = [FARM, CHIPS]
    law, hit = worlds.policy_world().tariffs, changed(CHN, USA, goods, 0.25)
    dated = {"rate": "25%", "from": "2025-03-04", "until": "2025-11-10"}
    later = {"rate": "25%", "from": "2025-09-01", "status": "scheduled"}
    cases = [
        (f"{on}: {'in force' if holds else 'not in force'}", rates(dated, on=on), hit if holds else law)
        for on, holds in (("2025-03-03", False), ("2025-03-04", True), ("2025-11-09", True), ("2025-11-10", False))
    ]
    cases += [
        ("scheduled, the day before", rates(later, on="2025-08-31"), law),
        ("scheduled, its first day", rates(later, on="2025-09-01"), hit),
        ("without a day: as of the scenario", rates(later), law),
    ]
    for status in ("threatened", "announced", "offered", "suspended", "ended"):
        measure = {"rate": "25%", "from": "2025-03-04", "status": status}
        cases.append((f"{status}: not in force", rates(measure), law))
    threat = {"rate": "25%", "status": "threatened"}
    cases += [
        ("threatened, included: in force", rates(threat, include=["m0"]), hit),
        ("in force, dropped: not in force", rates({"rate": "25%"}, drop=["m0"]), law),
        ("headline rates change nothing", rates({"rate": "25%", "rate_kind": "headline"}), law),
    ]
    return [_rates("I23", text, got, expected) for text, got, expected in cases] + _branches(threat, goods)


def _branches(threat: dict[str, Any], goods: list[int]) -> Checks:
    """Return checks of the tree and of the comparator."""
    early = {"rate": "+10pp", "from": "2024-01-01"}
    due = {"rate": "+5pp", "from": "2025-12-01", "status": "scheduled"}
    tree = {"calm": {}, "storm": {"include": ["m0"]}}
    run = run_measures(threat, due, tree=tree, horizon="2026-01-01")
    compared = run_measures(early, {"rate": "+15pp", "from": "2025-03-04"}, compare_to="2025-01-01")
    law = worlds.policy_world().tariffs
    ten, quarter, storm = (changed(CHN, USA, goods, value, added=True) for value in (0.1, 0.25, 0.05))
    found = [
        _rates("I23", "main is as of the scenario's day", run["main"].tariffs_new, law),
        _rates("I23", "a leaf is as of the horizon", run["calm"].tariffs_new, storm),
        _rates("I23", "a leaf includes what it says", run["storm"].tariffs_new, changed(CHN, USA, goods, 0.3)),
        _rates("I23", "the comparator is the law of its day", compared.base.tariffs, ten),
        _rates("I23", "and what comes later is the shock", compared["main"].tariffs_new, quarter),
    ]
    return [*found, near("I23", "path: as a static solve", run["calm"].welfare_hat, _static(due), 1e-12)]


def _static(measure: dict[str, Any]) -> Array:
    return run_measures({"rate": measure["rate"]})["main"].welfare_hat
