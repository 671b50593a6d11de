"""The verification suite itself: it passes, it is quick, it can fail, and it stands on its own formulas."""

from __future__ import annotations

import ast
import os
import resource
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

import detente as dt
from detente import verify
from detente.core.errors import DataError, UsageError
from detente.verify import check, golden, levels, worlds
from detente.verify.__main__ import main

ROOM = Path(verify.__file__).parent


@pytest.fixture(scope="module")
def outcome() -> list[verify.Check]:
    """Return the outcome of a quick run."""
    return verify.run(quick=True)


def test_the_installed_model_passes(outcome: list[verify.Check]) -> None:
    assert [each for each in outcome if not each.ok] == []
    assert {each.law for each in outcome} == set(verify.LAWS)
    assert len(outcome) > 400


def test_values_are_within_limits_and_say_what_they_are(outcome: list[verify.Check]) -> None:
    assert all(each.value <= each.limit and each.text for each in outcome)


def processor_seconds(*arguments: str) -> float:
    """Run the suite in a process of its own, as users do, without shape checks; return what it cost."""
    env = {key: value for key, value in os.environ.items() if key != "DETENTE_CHECK_SHAPES"}
    command = [sys.executable, "-m", "detente.verify", *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_quick_run_takes_less_than_ten_seconds() -> None:
    assert processor_seconds("--quick") < 10


@pytest.mark.slow
def test_a_full_run_passes_and_takes_less_than_a_minute() -> None:
    assert processor_seconds() < 60


def test_only_runs_one_law() -> None:
    assert {each.law for each in verify.run(only="I24")} == {"I24"}


def test_an_unknown_law_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"only: found 'polcy'; expected one of golden, .*; try policy"):
        verify.run(only="polcy")


def test_a_check_that_stops_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_nothing(quick: bool) -> list[verify.Check]:
        raise dt.SolveError("no equilibrium\nat all")

    monkeypatch.setattr(verify, "LAWS", MappingProxyType({"I01": (check_nothing,)}))
    (found,) = verify.run()
    assert not found.ok
    assert found.text == "check_nothing stopped: SolveError: no equilibrium at all"


def test_the_report_counts_and_lists_failures() -> None:
    good, bad = check.within("I01", "one", 0.0, 1e-10), check.within("I02", "two", 2e-3, 1e-10)
    text = verify.report([good, bad])
    assert "FAILED I02: two (value 0.002, limit 1e-10)" in text
    assert text.splitlines()[0].split() == ["I01", "1", "checks", "ok"]
    assert text.endswith("2 checks, 1 failed")
    assert verify.report([good]).endswith("1 checks, all ok")


@pytest.mark.parametrize(
    ("got", "expected", "size"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.1], [1.0], 0.1),
        ([1.0, 1e-9], [1.0, 0.0], 1e-3),
        ([np.nan], [1.0], np.inf),
        ([1.0], [np.nan], np.inf),
        ([1.0, 1.0], [1.0], np.inf),
        ([], [], 0.0),
        ([0.5], [0.0], 0.5),
    ],
)
def test_distance_is_relative_and_never_forgives_nan(got: list[float], expected: list[float], size: float) -> None:
    assert check.distance(got, expected) == pytest.approx(size)


def test_a_value_that_is_not_a_number_fails() -> None:
    assert not check.within("x", "nan", float("nan"), 1.0).ok
    assert not check.near("x", "nan", [np.nan], [1.0], np.finfo(float).max).ok


def test_same_tells_what_was_found() -> None:
    assert check.same("x", "equal", np.ones(2), np.ones(2)).ok
    assert not check.same("x", "shape", np.ones(3), np.ones(2)).ok
    assert check.same("x", "word", "B" * 100, "A").text == "word: found " + "B" * 58 + ".."


def test_refused_wants_the_right_error() -> None:
    def act() -> None:
        raise DataError("no")

    assert check.refused("x", "data", DataError, act).ok
    assert not check.refused("x", "nothing raised", DataError, lambda: 1).ok
    with pytest.raises(DataError):
        check.refused("x", "another", UsageError, act)


def spoilt(result: dt.Result, name: str, factor: float) -> dict[str, np.ndarray]:
    """Return the arrays of a result with one cell of one array changed."""
    arrays = {key: np.array(value) for key, value in result.arrays.items()}
    place = np.unravel_index(int(np.abs(arrays[name]).argmax()), arrays[name].shape)
    arrays[name][place] *= factor
    return arrays


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("share_new", "shares"),
        ("share_new", "shares add to 1"),
        ("price_hat", "prices"),
        ("cost_hat", "costs"),
        ("wage_hat", "costs"),
        ("tariffs_new", "shares"),
        ("input_share", "costs"),
        ("trade_elasticity", "shares"),
    ],
)
def test_levels_see_spoilt_prices_and_shares(name: str, block: str) -> None:
    result = dt.solve(worlds.toy(), worlds.new_tariffs(worlds.toy()))
    assert levels.shares_and_prices(result.arrays)[block] < 1e-9
    assert levels.shares_and_prices(spoilt(result, name, 1 + 1e-5))[block] > 1e-8


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("expenditure_new", "goods"),
        ("flows_new", "flows"),
        ("wage_hat", "factors"),
        ("revenue_new", "revenue"),
        ("income_new", "income"),
        ("deficit_new", "deficits"),
        ("share_new", "factors"),
        ("tariffs_new", "revenue"),
        ("value_added_share", "factors"),
    ],
)
def test_levels_see_spoilt_markets(name: str, block: str) -> None:
    result = dt.solve(worlds.toy(), worlds.new_tariffs(worlds.toy()), tol=1e-12)
    assert levels.markets(result.arrays)[block] < 1e-9
    assert levels.markets(spoilt(result, name, 1 + 1e-4))[block] > 1e-8


def test_levels_see_spoilt_welfare() -> None:
    result = dt.solve(worlds.toy(), worlds.new_tariffs(worlds.toy()), tol=1e-12)
    arrays = spoilt(result, "welfare_hat", 1 + 1e-6)
    assert check.distance(arrays["welfare_hat"], levels.welfare(arrays)) > 1e-7


def test_invented_worlds_have_what_they_promise() -> None:
    toy, balanced = worlds.toy(), worlds.balanced_toy()
    assert toy.shape == (4, 3)
    assert toy.tariffs.any()
    assert toy.input_share.any()
    assert (np.abs(toy.deficit) > 0).all()
    assert toy.final_exogenous.any()
    assert not balanced.tariffs.any()
    assert not balanced.deficit.any()
    assert not worlds.invented(3, 2, 0, inputs=False).input_share.any()


def test_goldens_name_their_source() -> None:
    assert all(case["source"] for case in golden.goldens().values())


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return names | {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}


def test_formulas_are_of_this_room_alone() -> None:
    plain = {"__future__", "collections.abc", "dataclasses", "typing", "numpy"}
    assert imported(ROOM / "levels.py") <= plain | {"detente.core.arrays", "detente.verify.check"}
    for path in ROOM.glob("*.py"):
        for name in imported(path):
            assert not name.startswith(("detente.model", "detente.solve", "pytest", "hypothesis", "scipy", "pandas")), (
                path
            )
            mine = path.name in ("certificates.py", "markets.py")  # these put the certificate itself to the test
            assert not name.startswith("detente.certify") or mine, path


def test_the_module_runs_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "I24"]) == 0
    assert "all ok" in capsys.readouterr().out
    assert main(["--quick", "--only", "nothing"]) == 2
    assert main(["--slow"]) == 2
    assert "expected --quick and --only LAW" in capsys.readouterr().err


def test_the_module_exits_5_when_a_check_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def check_badly(quick: bool) -> list[verify.Check]:
        return [check.within("I01", "never", 1.0, 0.0)]

    monkeypatch.setattr(verify, "LAWS", MappingProxyType({"I01": (check_badly,)}))
    assert main(["--quick"]) == 5
    assert "FAILED I01: never" in capsys.readouterr().out
