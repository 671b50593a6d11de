"""Groups as users write them, what is refused, and what a merged or a cut world says about itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.baseline.aggregate import aggregated
from detente.baseline.aggregate_groups import Groups, averaged, groups_of, reduced
from detente.baseline.describe import describe
from detente.baseline.files import plain, read_npz, save_npz
from detente.baseline.split import _filled, split_sector
from economies import random_economy, symmetric_world

CODES = ("USA", "CHN", "DEU", "FRA", "ROW")
ALONE = [["FRA"], ["ROW"]]


def groups(wanted: Any, codes: tuple[str, ...] = CODES, kind: str = "countries") -> Groups:
    """Return groups that are in order."""
    found, problems = groups_of(kind, codes, wanted)
    assert found is not None, problems
    return found


def made(seed: int = 0, n: int = 4, j: int = 3) -> dt.Baseline:
    return dt.Baseline.from_flows(**random_economy(np.random.default_rng(seed), n=n, j=j, zeros=0.0).inputs())


# ---------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("wanted", "codes", "members"),
    [
        (None, CODES, [[code] for code in CODES]),
        ({}, CODES, [[code] for code in CODES]),
        ({"EUR": ["FRA", "DEU"]}, ("USA", "CHN", "EUR", "ROW"), [["USA"], ["CHN"], ["DEU", "FRA"], ["ROW"]]),
        ({"ROW": "*", "USA": "USA"}, ("USA", "ROW"), [["USA"], ["CHN", "DEU", "FRA", "ROW"]]),
        ({"ROW": ["CHN", "*"], "US": ["USA"]}, ("US", "ROW"), [["USA"], ["CHN", "DEU", "FRA", "ROW"]]),
        ({"USA": ["CHN", "USA"], "X": ("DEU",)}, ("USA", "X", "FRA", "ROW"), [["USA", "CHN"], ["DEU"], *ALONE]),
        ({"EUR": {"FRA", "DEU"}, "EU27": ["CHN"]}, ("USA", "EU27", "EUR", "ROW"), None),
        ({"ALL": ["USA", "USA", "*"]}, ("ALL",), [list(CODES)]),
    ],
)  # fmt: skip
def test_groups_as_written(wanted: Any, codes: tuple[str, ...], members: list[list[str]] | None) -> None:
    """Lists, sets, one code, the rest; the order is that of the first members, the rest last."""
    found = groups(wanted)
    assert found.codes == codes
    if members is not None:
        assert [list(group) for group in found.members] == members
    assert sorted(code for group in found.members for code in group) == sorted(CODES)


def test_known_groups_open(world: dt.Baseline) -> None:
    """The name of a group stands for its members, alone or in a list; for sectors it is only an unknown code."""
    found = groups({"EUROPE": ["EU27", "GBR", "CHE"], "SEA": "ASEAN"}, world.countries).merged
    assert len(found["EUROPE"]) == 29
    assert found["SEA"][0] == "BRN"
    assert len(found["SEA"]) == 10
    _, problems = groups_of("sectors", world.sectors, {"X": "EU27"})
    assert "unknown code 'EU27'" in str(problems[0])


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"X": ["USA", "CHN"], "Y": ["CHN"]}, "countries['Y']: found 'CHN', which is in 'X' too"),
        ({"X": ["UK"]}, "countries['X']: found unknown code 'UK'; expected one of the countries of the baseline"),
        ({"X": ["CHINA"]}, "try 'CHN'"),
        ({"X": ["DEUU"]}, "try 'DEU'"),
        ({"X": []}, "countries['X']: found no members; expected at least one code"),
        ({"X": "EU27"}, "found 'EU27' without AUT, BEL"),
        ({"USA": ["CHN"]}, "countries['USA']: found a new code that 'USA', which stays, has already"),
        ({"USA": ["CHN"], "X": ["USA"]}, "countries['USA']: found a new code that is a member of 'X'"),
        ({"USA": ["CHN"], "ROW": "*"}, "countries['USA']: found a new code that is a member of 'ROW'"),
        ({"X": "*", "Y": ["*"]}, "countries['Y']: found '*' a second time; the first is 'X'"),
        ({"X": list(CODES), "Y": "*"}, "countries['Y']: found nothing left for '*'"),
        ({"": ["USA"]}, "found the new code ''"),
        ({" X": ["USA"]}, "without blanks around it"),
        ({"*": ["USA"]}, "found the new code '*'"),
        ({"X" * 65: ["USA"]}, "1 to 64 printable characters"),
        ({3: ["USA"]}, "found the new code '3'"),
        ({"X": 3}, "countries['X']: found 3; expected a list of codes, the name of a group, or '*'"),
        ({"X": ["USA", 3]}, "expected a list of codes"),
        (["USA"], "countries: found list; expected a mapping of new codes"),
    ],
)
def test_what_is_wrong_with_groups(wanted: Any, words: str) -> None:
    """Each mistake has its sentence."""
    found, problems = groups_of("countries", CODES, wanted)
    assert found is None
    assert words in "\n".join(map(str, problems))


def test_every_mistake_is_told_at_once() -> None:
    """Countries and sectors, all of them, in one error of the kind `usage`."""
    base = made()
    with pytest.raises(dt.UsageError) as caught:
        aggregated(base, {"X": ["C00", "C99"], "Y": ["C00"], "C03": []}, {"G": ["S09"], "H": []})
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["countries['X']", "countries['Y']", "countries['C03']", "countries['C03']", "sectors['G']",
                      "sectors['H']"]  # fmt: skip
    with pytest.raises(dt.UsageError, match="treatment: found 'drop'"):
        aggregated(base, {"X": ["C00", "C01"]}, treatment="drop")


def test_means() -> None:
    """Exact where all are equal, weighted where there is weight, plain where there is none."""
    by = (groups({"AB": ["USA", "CHN"], "CD": ["DEU", "FRA"]}),)
    third = 1 / 3
    values = np.array([1.0, 4.0, third, third, 7.0])
    mean = averaged(values, np.array([3.0, 1.0, 0.1, 0.3, 0.0]), by)
    assert mean[0] == 1.75
    assert mean[1] == third
    assert mean[2] == 7.0
    np.testing.assert_array_equal(averaged(values, np.zeros(5), by)[:2], [2.5, third])
    np.testing.assert_array_equal(reduced(values, by, np.maximum), [4.0, third, 7.0])
    np.testing.assert_array_equal(reduced(values, (None,)), values)


# ---------------------------------------------------------------- merged worlds


def test_tariffs_by_hand() -> None:
    """Duty over border value between groups, the plain mean where nothing is traded, nothing at home."""
    flows = np.zeros((3, 3, 1))
    flows[:, :, 0] = [[100, 30, 10], [0, 200, 20], [10, 5, 50]]
    tariffs = np.zeros((3, 3, 1))
    tariffs[:, :, 0] = [[0, 0.5, 0.1], [0.3, 0, 0.4], [0.2, 0.6, 0]]
    ones = np.ones((3, 1))
    base = dt.Baseline.from_flows(["A", "B", "C"], ["S"], flows, tariffs, ones, np.zeros((1, 3, 1)), [4.0])
    small = aggregated(base, {"AB": ["A", "B"]})
    assert small.tariffs[0, 1, 0] == pytest.approx((10 * 0.1 + 20 * 0.4) / 30)
    assert small.tariffs[1, 0, 0] == pytest.approx((10 * 0.2 + 5 * 0.6) / 15)
    assert small.tariffs[0, 0, 0] == 0
    assert small.flows[0, 0, 0] == 330
    assert small.meta["aggregation"]["internal_duty_musd"] == {"AB": pytest.approx(15.0)}
    assert small.id == "own-data+2x1"
    quiet = np.where(np.eye(3)[:, :, None] > 0, flows, 0.0)
    quiet[2, 0] = 1.0
    idle = dt.Baseline.from_flows(["A", "B", "C"], ["S"], quiet, tariffs, ones, np.zeros((1, 3, 1)), [4.0])
    assert aggregated(idle, {"AB": ["A", "B"]}).tariffs[0, 1, 0] == pytest.approx(0.25)


def test_what_a_merged_world_says(world: dt.Baseline) -> None:
    """History, parent, groups, weights, spread, labels, services, weaknesses: kept, mapped or told."""
    small = aggregated(
        world,
        {"EU27": "EU27", "ROW": ["ROW", "CHE", "NOR"]},
        {"LIGHT": ["C13T15", "C16"], "MINING": ["B05", "B06"], "REST": ["C31T33", "SERV"]},
        id="mine",
    )
    meta = small.meta
    assert small.id == "mine"
    step = "aggregated from 81 x 28 to 53 countries and 25 sectors: tariffs are duty over border value"
    assert meta["history"] == (step,)
    assert meta["parent"] == world.sha256
    assert {"file_sha256", "arrays_sha256"}.isdisjoint(meta)
    assert meta["known_weaknesses"] == world.meta["known_weaknesses"]
    assert meta["imputed"] == world.meta["imputed"]
    assert meta["services"] == ()
    assert meta["title"].endswith("aggregated to 53 countries and 25 sectors")
    assert meta["country_labels"]["USA"] == "United States"
    assert "EU27" not in meta["country_labels"]
    assert meta["sector_labels"]["C20"] == "Chemicals"
    told = meta["aggregation"]
    assert told["sectors"]["LIGHT"] == ("C13T15", "C16")
    foreign = ~np.eye(81, dtype=bool)
    at = [world.sectors.index(code) for code in ("C13T15", "C16")]
    weights = world.flows[foreign].sum(axis=0)[at]
    expected = float(weights @ world.trade_elasticity[at] / weights.sum())
    merged = told["trade_elasticity"]["merged"]["LIGHT"]
    assert merged["value"] == pytest.approx(expected, rel=1e-14)
    assert (merged["min"], merged["max"]) == tuple(sorted(world.trade_elasticity[at]))
    assert small.trade_elasticity[small.sectors.index("MINING")] == world.trade_elasticity[3]
    assert small.elasticity_set == "default, merged"
    spread = meta["elasticity_spread"]
    assert set(spread["min"]) == set(small.sectors)
    assert spread["min"]["LIGHT"] == pytest.approx(float(weights @ [3.219, 3.271] / weights.sum()), rel=1e-12)
    assert spread["max"]["C20"] == 10.56
    words = "\n".join(meta["warnings"])
    for part in ("duty over border value", "inside merged countries are gone (MUSD): ROW", "LIGHT (members 4.57 to 5.7",
                 "REST mixes goods and services", "ROW is now 3 of world-2022", "B08 years differ"):  # fmt: skip
        assert part in words
    assert words.count("B08") == 1
    assert any("aggregated" in text for _, text in describe(small))
    json.dumps(plain(meta))


def test_a_second_merger_remembers_the_first(world: dt.Baseline) -> None:
    """History grows; what the first step told is kept; the duties of both add up to those of one step."""
    first = aggregated(world, {"SEA": "ASEAN"})
    second = aggregated(first, {"ASIA": ["SEA", "CHN", "JPN", "KOR"]})
    once = aggregated(world, {"ASIA": ["ASEAN", "CHN", "JPN", "KOR"]})
    assert len(second.meta["history"]) == 2
    assert second.meta["parent"] == first.sha256
    assert second.meta["aggregation"]["earlier"] == first.meta["aggregation"]
    steps = [each.meta["aggregation"]["internal_duty_musd"][code] for each, code in ((first, "SEA"), (second, "ASIA"))]
    assert sum(steps) == pytest.approx(once.meta["aggregation"]["internal_duty_musd"]["ASIA"], rel=1e-12)


def with_dear_internal_trade(extra: float = 0.0) -> dict[str, Any]:
    """Return a world of three in which A and B tax each other's only sales of FUEL, a pure input, at 100 %."""
    flows = np.zeros((3, 3, 2))
    flows[:, :, 0] = [[60, 20, 20], [20, 60, 20], [20, 20, 60]]
    flows[:, :, 1] = [[10, 10, 0], [10, 10, 0], [0, 0, 25 + extra]]
    tariffs = np.zeros((3, 3, 2))
    tariffs[0, 1, 1] = tariffs[1, 0, 1] = 1.0
    inputs = np.zeros((2, 3, 2))
    inputs[1, :, 0] = [0.28, 0.28, 0.2]
    return {
        "countries": ["A", "B", "C"], "sectors": ["GOOD", "FUEL"], "flows": flows, "tariffs": tariffs,
        "value_added_share": 1 - inputs.sum(axis=0), "input_share": inputs, "trade_elasticity": [4.0, 4.0],
    }  # fmt: skip


def test_negative_final_demand_of_a_merger() -> None:
    """Where the vanished duties exceed final demand, from_flows' rules hold: refused, or treated as named."""
    base = dt.Baseline.from_flows(**with_dear_internal_trade())
    with pytest.raises(dt.DataError, match="B06 final demand: found 1 of 4 cells negative"):
        aggregated(base, {"AB": ["A", "B"]})
    kept = aggregated(base, {"AB": ["A", "B"]}, treatment="exogenous")
    assert kept.final_demand[0, 1] == pytest.approx(-16)
    assert kept.final_exogenous[0, 1] == pytest.approx(-16)
    assert kept.meta["treatment"]["name"] == "exogenous"
    assert "treatment exogenous" in "\n".join(kept.meta["warnings"])
    np.testing.assert_allclose(dt.solve(kept).welfare_hat, 1, atol=1e-9)
    moved = base.aggregated({"AB": ["A", "B"]}, treatment="rebalance")
    assert (moved.final_demand >= 0).all()
    assert moved.meta["treatment"]["moved_share"] > 0


def test_a_treated_world_is_merged_under_its_treatment() -> None:
    """What was held outside the budget adds up; more of the same goes the same way; `rebalance` has to be asked for."""
    arrays = with_dear_internal_trade(extra=-7.0)
    base = dt.Baseline.from_flows(**arrays, treatment="exogenous")
    assert base.final_exogenous[2, 1] == pytest.approx(-2)
    small = aggregated(base, {"AB": ["A", "B"]})
    assert small.final_exogenous[:, 1] == pytest.approx([-16, -2])
    assert small.final_demand[:, 1] == pytest.approx([-16, -2])
    silent = base.replace(meta={})
    with pytest.raises(dt.DataError, match="1 of 4 cells below what is already held outside the budget"):
        aggregated(silent, {"AB": ["A", "B"]})
    assert (aggregated(silent, {"AB": ["A", "B"]}, treatment="rebalance").final_share >= 0).all()


def test_a_merged_world_can_be_kept(tmp_path: Path, world: dt.Baseline) -> None:
    """Saved and read again, it is the same world with the same story."""
    small = aggregated(world, {"EU27": "EU27", "ROW": "*", "USA": ["USA"]}, {"GOODS": "*", "SERV": ["SERV"]})
    again = read_npz(save_npz(small, tmp_path / "small.npz"))
    assert again.sha256 == small.sha256
    assert plain(again.meta["aggregation"]) == plain(small.meta["aggregation"])
    assert again.id == "world-2022+3x2"


def test_identical_countries_merge_with_theta_and_shares_kept() -> None:
    """Twins have one theta, one technology: nothing is averaged, nothing is called merged."""
    base = dt.Baseline.from_flows(**symmetric_world(4, 2).inputs())
    small = aggregated(base, {"AB": ["C00", "C01"]}, {"S": ["S00", "S01"]})
    assert small.elasticity_set == "own"
    assert small.trade_elasticity[0] == 4.0
    assert (small.value_added_share == 0.5).all()


# ---------------------------------------------------------------- a sector cut in two


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"parent": "S9"}, "parent: found 'S9'; expected a sector of own-data"),
        ({"new": "S01"}, "new: found 'S01'; expected a code that own-data does not have"),
        ({"new": " X"}, "new: found ' X'; expected a code without blanks"),
        ({"share_of_flow": 1.2}, "share_of_flow: found 1.2 at C00, C00, 16 such cells; expected finite"),
        ({"share_of_flow": np.full((4, 4), np.nan)}, "share_of_flow: found nan"),
        ({"share_of_flow": np.ones((4, 3))}, "share_of_flow: found shape (4, 3); expected one number or shape (4, 4)"),
        ({"share_of_flow": "a"}, "share_of_flow: found something that is not numbers"),
        ({"share_of_flow": None}, "share_of_flow: found None; expected a share from 0 to 1"),
        ({"use_weight": -np.ones((4, 3))}, "use_weight: found -1 at C00, S00, 12 such cells"),
        ({"use_weight": np.ones(3)}, "use_weight: found shape (3,); expected shape (4, 3)"),
        ({"final_weight": 2}, "final_weight: found 2 at C00"),
        ({"tariffs": np.ones((4, 4, 3))}, "tariffs: found shape (4, 4, 3)"),
        ({"tariffs": np.full((4, 4), 0.1)}, "B07 tariffs: found 0.1 at C00 on itself, NEW"),
        ({"trade_elasticity": 0.01}, "B05 trade_elasticity: found 0.01 in NEW"),
        ({"trade_elasticity": float("nan")}, "B05 trade_elasticity: found nan in NEW"),
        ({"trade_elasticity": "abc"}, "trade_elasticity: found 'abc'; expected one number, or None"),
        ({"trade_elasticity": [1.0, 2.0]}, "trade_elasticity: found [1.0, 2.0]; expected one number"),
        ({"new": "X" * 65}, "expected a code of 1 to 64 characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_split(arguments: dict[str, Any], words: str) -> None:
    """Each mistake has its sentence."""
    with pytest.raises(dt.DataError) as caught:
        split_sector(made(), **({"parent": "S01", "new": "NEW", "share_of_flow": 0.5} | arguments))
    assert words in str(caught.value)


def test_every_mistake_of_a_split_is_told_at_once() -> None:
    with pytest.raises(dt.DataError) as caught:
        made().split("S9", "S01", 7, use_weight=[1], final_weight=-1)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["parent", "new", "share_of_flow", "use_weight", "final_weight"]


def test_what_a_cut_world_says(world: dt.Baseline) -> None:
    """Note and facts, label, spread, history; services stay services."""
    x = np.zeros((81, 81))
    x[world.countries.index("CHN")] = 0.1
    cut = world.split("C27", "MAGNETS", x, label="Magnets", note={"source": "made up"})
    told = cut.meta["satellites"]["MAGNETS"]
    assert told["source"] == "made up"
    assert told["parent"] == "C27"
    flow = world.flows[:, :, world.sectors.index("C27")]
    assert told["output_musd"] == pytest.approx((x * flow).sum())
    assert told["share_of_parent"] == pytest.approx((x * flow).sum() / flow.sum())
    assert told["share_of_flow"] == {"min": 0.0, "max": 0.1}
    assert cut.meta["sector_labels"]["MAGNETS"] == "Magnets"
    assert cut.meta["elasticity_spread"]["max"]["MAGNETS"] == 12.91
    assert cut.meta["history"][-1].startswith("MAGNETS split from C27: ")
    assert cut.meta["parent"] == world.sha256
    assert (cut.id, cut.elasticity_set) == ("world-2022+MAGNETS", "default")
    served = cut.split("SERV", "CLOUD", 0.1, id="two", trade_elasticity=6.0)
    assert served.meta["services"] == ("SERV", "CLOUD")
    assert served.id == "two"
    assert served.elasticity_set == "default with own values"
    assert served.trade_elasticity[-1] == 6.0
    assert "CLOUD" not in served.meta["elasticity_spread"]["min"]
    assert set(served.meta["satellites"]) == {"MAGNETS", "CLOUD"}
    assert made().split("S00", "SERV", 0.5).meta["services"] == ()


def test_tariffs_of_its_own() -> None:
    """Another rate on the new sector is new revenue, and income and final demand rise by it."""
    base = made()
    rates = np.array(base.tariffs[:, :, 1])
    rates[0, 1] += 0.1
    cut = split_sector(base, "S01", "NEW", 0.5, tariffs=rates)
    extra = 0.1 * 0.5 * base.flows[0, 1, 1]
    assert cut.revenue[1] == pytest.approx(base.revenue[1] + extra)
    assert cut.final_demand[1].sum() == pytest.approx(base.final_demand[1].sum() + extra)
    np.testing.assert_array_equal(cut.tariffs[:, :, 1], base.tariffs[:, :, 1])
    np.testing.assert_allclose(dt.solve(cut).welfare_hat, 1, atol=1e-9)


def test_what_does_not_fit_goes_elsewhere_and_is_told() -> None:
    """Users cannot buy more of the new sector than they bought of the parent: the rest is placed and reported."""
    base = made()
    weights = np.zeros(base.shape)
    weights[:, 0] = 1.0
    cut = split_sector(base, "S01", "NEW", 0.9, use_weight=weights, final_weight=0.0)
    told = cut.meta["satellites"]["NEW"]["use_moved_musd"]
    use = base.input_share[1] * base.output
    over = 0.9 * base.expenditure[:, 1] - use[:, 0]
    assert (over > 0).all()
    assert set(told) == set(base.countries)
    assert "did not fit where weights put it" in "\n".join(cut.meta["warnings"])
    new = cut.input_share[2] * cut.output
    np.testing.assert_allclose(new[:, 0], use[:, 0], rtol=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_all_of_a_market(seed: int) -> None:
    """Where all of a country's market, or all of the parent, is the new sector, nothing is left that needs a seller."""
    base = made(seed, n=3, j=4)
    x = np.full((3, 3), 0.3)
    x[:, 1] = 1.0
    for share in (x, 1.0):
        cut = split_sector(base, "S02", "NEW", share)
        assert (cut.input_share[2, 1] == 0).all()
        assert cut.final_demand[1, 2] == 0
        np.testing.assert_allclose(dt.solve(cut).welfare_hat, 1, atol=1e-9)


def test_notes_on_cut_sectors_follow_a_merger() -> None:
    """A cut sector that stays is renamed with its parent; one that is merged is a satellite no more."""
    cut = made().split("S01", "NEW", 0.5).split("S02", "TWO", 0.1)
    found = aggregated(cut, sectors={"G": ["S00", "S01"], "N": ["NEW"], "S02": ["S02", "TWO"]}).meta["satellites"]
    assert set(found) == {"N"}
    assert found["N"]["parent"] == "G"


def test_weaknesses_of_merged_satellites_go(world: dt.Baseline) -> None:
    """What is said about a product that is no sector any more is not said of the merged world; the rest stays."""
    cut = dt.with_satellites(world, ["soybeans", "magnets", "batteries"])
    later = cut.replace(meta={**cut.meta, "known_weaknesses": (*cut.meta["known_weaknesses"], "C27_MAG: of a year")})
    groups = {"C27": ["C27", "C27_MAG"], "A01": ["A01", "A01_SOY"]}
    found = aggregated(later, sectors=groups).meta["known_weaknesses"]
    assert [text[:7] for text in found if text[:3] in ("A01", "C27")] == ["C27_BAT"]
    assert set(world.meta["known_weaknesses"]) <= set(found)
    every = {"C27": ["C27", "C27_MAG", "C27_BAT"], "A01": ["A01", "A01_SOY"]}
    assert aggregated(later, sectors=every).meta["known_weaknesses"] == world.meta["known_weaknesses"]


def test_filling() -> None:
    """In proportion to weights, nobody above its room, all of it placed if there is room."""
    room, weights = np.array([10.0, 1.0, 5.0, 0.0]), np.array([1.0, 1.0, 2.0, 4.0])
    np.testing.assert_allclose(_filled(2.0, room, weights), [0.5, 0.5, 1.0, 0.0])
    np.testing.assert_allclose(_filled(7.0, room, weights), [2.0, 1.0, 4.0, 0.0])
    np.testing.assert_allclose(_filled(12.0, room, weights), [6.0, 1.0, 5.0, 0.0])
    np.testing.assert_allclose(_filled(99.0, room, weights), [10.0, 1.0, 5.0, 0.0])
    np.testing.assert_allclose(_filled(0.0, room, weights), np.zeros(4))
    np.testing.assert_allclose(_filled(3.0, room, np.zeros(4)), np.zeros(4))
