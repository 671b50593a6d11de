"""Searches, talks, paths and trees give a page with their picture, whether made at once or from the bundle later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sweeping
from detente.cli import execute
from detente.report.strategy_bundle import read_strategy
from detente.strategy import deviation
from detente.strategy.moves import SCALES, own, payoff, rates, scaled, walked
from economies import synthetic_world

FEW = ["--vary", "by-partner", "--max", "40%"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a small world and the bundles of three searches on it."""
    import detente as dt
    from detente.baseline.files import save_npz

    folder = tmp_path_factory.mktemp("searches")
    save_npz(dt.Baseline.from_flows(**synthetic_world(5, 3, 3).inputs()), folder / "small.npz")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        here.setattr(deviation, "LEAST", 0)
        for words in (
            ["optimal", "USA", *FEW, "--out", "best"],
            ["nash", "USA", "CHN", *FEW, "--out", "war"],
            ["escalate", "USA", "CHN", *FEW, "--rounds", "3", "--out", "ladder"],
        ):
            assert execute([*words, "--baseline", "small.npz", "-q"]) == 0
    return folder


@pytest.mark.parametrize(
    ("bundle", "figures", "words"),
    [
        ("best", {"payoffs", "walk", "rates-usa-sector", "rates-usa-partner"}, "The best import tariff of"),
        ("war", {"payoffs", "walk", "matrix", "rates-usa-partner", "rates-chn-partner"}, "Where a trade war ends"),
        ("ladder", {"payoffs", "ladder", "moves"}, "Round by round"),
    ],
)
def test_a_search_has_its_page_with_pictures(
    place: Path, bundle: str, figures: set[str], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(place)
    page = (place / bundle / "report.html").read_text()
    assert figures <= set(re.findall(r'<figure id="([a-z-]+)"', page))
    assert words in page
    for title in re.findall(r"<figcaption>([^<]+)", page):
        assert "%" in title
        assert "against observed policy" in title or "observed" in title or "by round" in title, title
    assert page.count("<svg role") == page.count("<figure id")
    assert not re.search(r'(src|href)="https?://', page)
    assert "default-src 'none'" in page
    assert execute(["report", bundle, "--to", str(tmp_path / "again.html"), "-q"]) == 0
    assert (tmp_path / "again.html").read_text() == page
    assert execute(["verify", bundle, "--rerun", "-q"]) == 0


def test_no_way_between_observed_and_chosen_rates_is_better(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    found, results, _ = read_strategy(place / "war")
    result, players = results["main"], list(found["players"])
    points = {(each.player, each.scale): each.payoffs for each in walked(result, players)}
    assert len(points) == len(players) * len(SCALES)
    for k, player in enumerate(players):
        assert points[player, 1.0][k] == pytest.approx(payoff(result, player), abs=1e-7)
        assert payoff(result, player) == pytest.approx(found["payoff_pct"][player], abs=1e-6)
        assert all(points[player, scale][k] <= points[player, 1.0][k] + 1e-6 for scale in SCALES if scale <= 1)
        mine = own(result, player)
        assert scaled(result, player, 0.0)[mine] == pytest.approx(result.baseline.tariffs[mine], abs=1e-12)
        assert (scaled(result, player, 0.0)[~mine] == result.tariffs_new[~mine]).all()


def test_average_rates_lie_between_the_lowest_and_the_highest(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    _, results, _ = read_strategy(place / "best")
    moved = results["main"].tariffs_new[own(results["main"], "USA")]
    for by in ("sector", "partner"):
        found = rates(results["main"], "USA", by=by)
        assert len(found) >= 2
        assert all(100 * moved.min() - 1e-9 <= each.after <= 100 * moved.max() + 1e-9 for each in found)


def test_the_same_pages_from_python(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import detente as dt

    monkeypatch.setattr(deviation, "LEAST", 0)
    world = dt.baseline(str(place / "small.npz"))
    options = {"vary": "uniform", "bounds": ("0%", "40%")}
    made = (
        dt.optimal_tariffs(world, "USA", **options), dt.nash(world, ["USA", "CHN"], **options),
        dt.escalation(world, ["USA", "CHN"], rounds=2, **options),
    )  # fmt: skip
    for number, found in enumerate(made):
        page = dt.report(found, tmp_path / f"{number}.html").read_text()
        assert "<figure" in page
        assert "<pre></pre>" not in page
    with pytest.raises(dt.UsageError, match=r"dt\.nash"):
        dt.report(made[0].result, tmp_path / "x.html")  # type: ignore[arg-type]


def test_a_search_is_no_run_and_says_where_its_page_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["export", str(place / "war"), "--to", str(place / "x.csv")]) == 2
    assert "rests on no scenario" in capsys.readouterr().err
    assert execute(["report", str(place / "war"), "--country", "USA", "--to", str(place / "x.html")]) == 2
    assert "--country: found beside" in capsys.readouterr().err


LEAVES = """tree:
  calm: {path: [held, calm], drop: [duty, licence]}
  roll: {path: [held, roll], drop: [licence]}
  storm: {path: [cancelled]}
"""


def test_the_tree_is_a_fan_and_the_path_is_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sweeping.folder(tmp_path)
    text = Path("drawn.yaml").read_text()
    Path("case.yaml").write_text(text.replace("tree:\n  calm: {drop: [duty, licence]}\n", LEAVES))
    odds = "calm=10%,roll=40%,storm=50%"
    assert execute(["tree", "case.yaml", "--set-prob", odds, "--to", "tree.html", "-q"]) == 0
    page = Path("tree.html").read_text()
    assert {"fan-USA", "fan-CHN"} <= set(re.findall(r'<figure id="([A-Za-z-]+)"', page))
    assert "Expected with these odds" in page
    assert execute(["run", "case.yaml", "--branch", "all", "--out", "every", "-q"]) == 0
    assert execute(["report", "every", "--set-prob", odds, "--to", "again.html", "-q"]) == 0
    assert "Expected with these odds" in Path("again.html").read_text()
    assert "Expected with these odds" not in Path("every/report.html").read_text()
    assert execute(["path", "case.yaml", "--from", "2025-03-01", "--to", "path.html", "-q"]) == 0
    page = Path("path.html").read_text()
    assert {"path-real-income", "path-revenue", "path-rates"} <= set(re.findall(r'<figure id="([a-z-]+)"', page))
    assert execute(["path", "case.yaml", "--to", "path.html", "-q"]) == 2
