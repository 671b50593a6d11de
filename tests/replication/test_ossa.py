"""Ossa (2014): every table against the public values, and why Nash welfare differs from them in the second digit."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detente.baseline import Baseline
from detente.replicate import ossa
from detente.replicate.inputs import inputs_of
from detente.replicate.rows import KEYS, packaged
from detente.strategy.optimal import new_game
from detente.strategy.search import Search, climb, converged, starting_points

pytestmark = pytest.mark.slow
REGIONS = len(ossa.REGIONS)


@cache
def world(shared: Path) -> tuple[Baseline, np.ndarray, np.ndarray]:
    """Return the world without deficits, lobbying weights, and the tariffs that they are calibrated to."""
    inputs = inputs_of(ossa.PAPER, shared / "data")
    data = np.load(inputs["ossa2014_inputs_7x33.npz"], allow_pickle=False)
    base = ossa._world(data, ossa._sectors(inputs), data["sigma"]).purged(ossa.FIXED)
    return base, data["lobby_weight"], data["noncooperative_tariff"]


@cache
def document(shared: Path) -> dict[str, Any]:
    """Return what the command prints, in a process without checks of shapes: exit code 0."""
    words = [sys.executable, "-m", "detente", "replicate", ossa.PAPER, "--data", str(shared / "data"), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


@cache
def solved(shared: Path) -> dict[tuple[str, str, str, str], float]:
    """Return (table, case, row, column) -> value."""
    rows = document(shared)["rows"]
    return {(row["table"], row["case"], row["row"], row["column"]): row["value"] for row in rows}


@pytest.fixture(scope="module")
def expected(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "validation" / "ossa2014.json").read_text())
    return loaded


def test_every_published_value_is_met(shared: Path) -> None:
    """All packaged values belong to a cell within its tolerance; keys as promised, inputs as compared with."""
    found = document(shared)
    assert {tuple(row) for row in found["rows"]} == {KEYS}
    compared = [row for row in found["rows"] if row["published"] is not None]
    assert len(compared) == sum(line["paper"] == ossa.PAPER for line in packaged("published.csv")) == 124
    assert all(abs(row["value"] - row["published"]) <= row["tolerance"] for row in compared)
    assert len(solved(shared)) == len(found["rows"])
    assert np.isfinite([*solved(shared).values()]).all()
    assert all(each["sha256"] == each["expected"] for each in found["inputs"].values())


def test_deficits_removed(shared: Path, expected: dict[str, Any]) -> None:
    """To 1e-6 points of the published purge."""
    for region, value in zip(ossa.REGIONS, expected["purge_deficits"]["W_hat_pct"], strict=True):
        assert solved(shared)["purge", "deficits removed", region, "welfare"] == pytest.approx(value, abs=1e-6)


def test_optimal_tariffs(shared: Path, expected: dict[str, Any]) -> None:
    """Welfare, wages and profits within 1e-3 points of the paper's own optima, medians within 1.5."""
    best = expected["Table3a_optimal_noLobby"]
    for region, values in zip(best["rows"], best["verified"], strict=True):
        for column, value in zip(best["cols"], values, strict=True):
            tolerance = 1.5 if column == "median_tariff" else 1e-3
            found = solved(shared)["3a", "optimal tariffs, no lobbying", region, column]
            assert found == pytest.approx(value, abs=tolerance)


def test_wars_that_nobody_leaves(shared: Path, expected: dict[str, Any]) -> None:
    """Within 0.013 points of the paper's Nash welfare; nobody gains 1e-6 points by deviating, lobbying or not."""
    war = expected["Table4a_Nash_noLobby"]
    for region, values in zip(war["rows"], war["verified"], strict=True):
        for column, value in zip(war["cols"][:5], values[:5], strict=True):
            tolerance = 1.5 if column == "median_tariff" else 0.013 if column in ("gov", "welfare") else 0.1
            found = solved(shared)["4a", "Nash tariffs, no lobbying", region, column]
            assert found == pytest.approx(value, abs=tolerance)
    for table, label in (("4a", "no lobbying"), ("4b", "lobbying")):
        assert solved(shared)[table, f"Nash tariffs, {label}", "largest", "deviation_gain"] <= 1e-6


def test_talks_share_gains_equally(shared: Path) -> None:
    """From war, factual tariffs and free trade: everybody gains the same, and more than nothing."""
    got = solved(shared)
    least: dict[tuple[str, str, str], float] = {}
    for table, label in (("5a", "no lobbying"), ("5b", "lobbying")):
        for start in ("nash", "factual", "free-trade"):
            for name in ("", ", no subsidies"):
                case = f"talks from {start}, {label}{name}"
                gains = [value for key, value in got.items() if key[:2] == (table, case) and key[3] == "gov_gain"]
                assert len(gains) == REGIONS + 1
                assert np.ptp(gains) <= 1e-5
                least[label, start, name] = min(gains)
            assert least[label, start, ""] > least[label, start, ", no subsidies"] > 0
        assert least[label, "nash", ""] > least[label, "factual", ""] > least[label, "free-trade", ""]


def test_wars_are_the_same_from_all_starts(shared: Path) -> None:
    """Without lobbying: observed rates, free trade, 1/theta, random rates."""
    base, _, _ = world(shared)
    game = new_game(base, list(ossa.REGIONS), "real-income", purge=True, **ossa.FREE)
    ends = [ossa._climbed(game, start) for _, start in starting_points(game, 6)]
    payoffs = np.array([end.payoff for end in ends if end is not None])
    assert len(payoffs) == 6
    assert np.ptp(payoffs, axis=0).max() <= 1e-6


def test_differences_in_nash_welfare_are_those_of_inexact_tariffs(shared: Path, expected: dict[str, Any]) -> None:
    """Tariffs near ours have the public welfare of all regions, at smaller gains from deviation than the public ones.

    Let each region miss its best response by e, which costs it e'He/2. The rates of all others adjust, rates move by
    D = -J^-1 H e and payoffs by S D: the smallest misses (in units of the public gains) that give the public welfare.
    """
    base, _, _ = world(shared)
    game = new_game(base, list(ossa.REGIONS), "real-income", purge=True, **ossa.FREE)
    search = Search(game)
    x = climb(search, starting_points(game, 3)[2][1]).value[:, 0]
    ours = 100 * np.expm1(search.values(x))
    public = np.array([row[1] for row in expected["Table4a_Nash_noLobby"]["verified"][:REGIONS]])
    gains = np.array(expected["nash_best_response_gain_pp"]["values"])
    assert 0.005 < np.abs(public - ours).max() < 0.013

    free = np.flatnonzero(game.controls.trades)
    owner = game.controls.owner[free]

    def slopes(rates: np.ndarray) -> np.ndarray:
        search.left = 1e-8
        return search.slopes(search.point(rates))[:, free]

    def own(rates: np.ndarray) -> np.ndarray:
        return slopes(rates)[owner, np.arange(len(free))]

    J = np.empty((len(free), len(free)))
    for at, cell in enumerate(free):
        step = np.zeros(len(x))
        step[cell] = 1e-4
        J[:, at] = (own(x + step) - own(x - step)) / 2e-4
    H = np.where(owner[:, None] == owner, -(J + J.T) / 2, 0.0)
    payoff_of_miss = -np.linalg.solve(J.T, slopes(x).T).T @ H
    cheap = np.linalg.inv(H) * (gains / (100 + ours))[owner]
    least = np.linalg.solve(payoff_of_miss @ cheap @ payoff_of_miss.T, (public - ours) / (100 + ours))
    move = -np.linalg.solve(J, H @ (cheap @ payoff_of_miss.T @ least))

    there = x.copy()
    there[free] += move
    assert np.abs(move).max() < 0.0025
    found = 100 * np.expm1(search.values(there))
    assert found == pytest.approx(public, abs=1e-4)
    rates = game.controls.placed(there, game.rates)
    for at in range(REGIONS):
        alone = game.of(at, rates)
        again = Search(alone)
        best = climb(again, alone.controls.taken(rates, game.base.flows))
        assert converged(best)
        gain = 100 * np.expm1(again.values(best.value[:, 0]))[0] - found[at]
        assert 0 < gain < gains[at] / 3


def test_lobbying_is_that_of_the_paper(shared: Path) -> None:
    """Weights were calibrated by the authors so that optimal tariffs have the shape of non-cooperative ones."""
    base, weights, noncooperative = world(shared)
    for at, region in enumerate(ossa.REGIONS):
        found = ossa._optimum(base, at, weights)
        rates = found.game.controls.placed(found.x, found.game.rates)
        shape = np.delete(rates[:, at], at, axis=0).mean(axis=0)
        if region == "Japan":  # rates have no effect beyond some height: rice, oil seeds, wheat
            assert {*np.argsort(shape)[-3:]} == {*np.argsort(noncooperative[:, at])[-3:]}
        else:
            assert np.corrcoef(shape, noncooperative[:, at])[0, 1] > 0.99


def test_a_solution_that_japan_would_leave_is_no_war(shared: Path) -> None:
    """With weights, first-order conditions hold at small hills, too: Japan closes its rice market and gains 0.4."""
    base, weights, _ = world(shared)
    game = new_game(base, list(ossa.REGIONS), weights, purge=True, **ossa.FREE)
    hill = ossa._climbed(game, starting_points(game, 3)[2][1])
    assert hill is not None
    assert ossa.examined(game, hill.x).max_gain_pp > 0.3
    japan = "Nash tariffs, lobbying", "Japan", "gov"
    assert solved(shared)["4b", *japan] > hill.payoff[ossa.REGIONS.index("Japan")] + 0.3


def test_the_best_of_all_hills_is_taken(shared: Path) -> None:
    """No start that is tried, nor any industry closed, is better for Japan."""
    base, weights, _ = world(shared)
    at = ossa.REGIONS.index("Japan")
    best = ossa._optimum(base, at, weights)
    starts = [start for _, start in starting_points(best.game, 6)]
    starts += [np.where(best.game.controls.cells[2] == s, ossa.CLOSING, best.x) for s in range(len(base.sectors))]
    ends = [end.payoff[0] for end in (ossa._climbed(best.game, start) for start in starts) if end]
    assert max(ends) <= best.payoff[0] + 1e-6
    assert min(ends) < best.payoff[0] - 0.1
