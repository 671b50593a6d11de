"""`detente optimal`, `nash`, `escalate` and bargains over tariffs on the command line: words, exit codes, bundles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from detente.cli import INTERRUPTED, execute
from detente.strategy import deviation, retaliation
from economies import synthetic_world

FEW = ["--vary", "uniform", "--max", "40%"]


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder; few deviations are tried."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deviation, "LEAST", 0)
    return tmp_path


@pytest.fixture
def small(inside: Path) -> str:
    """Return the path of a small world."""
    import detente as dt
    from detente.baseline.files import save_npz

    base = dt.Baseline.from_flows(**synthetic_world(5, 3, 3).inputs())
    save_npz(base, inside / "small.npz")
    return "small.npz"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command in this process and return exit code, stdout and stderr."""
    code = execute(words)
    found = capsys.readouterr()
    assert "Traceback" not in found.out + found.err
    return code, found.out, found.err


def test_optimal_prints_gain_bounds_and_certificate(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "optimal", "USA", "--baseline", small, *FEW)
    assert code == 0
    assert "best import tariff of USA" in out
    assert "gain in real income" in out
    assert "CERTIFIED" in out
    assert out.rstrip().endswith(f"repeat: detente optimal USA --baseline {small} --vary uniform --max 40%")


def test_nash_as_json_and_as_a_bundle(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "nash", "USA", "CHN", "--baseline", small, *FEW, "--out", "war", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["status"] == "CERTIFIED"
    assert found["max_gain_pp"] <= 1e-6
    assert found["claim"].startswith("no profitable deviation found in")
    assert found["certificate"]["game"]["concept"] == "Nash equilibrium in tariffs"
    assert said(capsys, "verify", "war", "--rerun")[0] == 0
    assert said(capsys, "nash", "USA", "CHN", "--baseline", small, *FEW, "--out", "war")[0] == 2
    arrays = Path("war/arrays.npz")
    arrays.write_bytes(arrays.read_bytes()[:-1] + b"x")
    assert said(capsys, "verify", "war")[0] == 5


def test_escalation_and_its_interruption(
    small: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("escalate", "USA", "CHN", "--baseline", small, "--rule", "reciprocal", "--opening", "+10pp")
    code, out, _ = said(capsys, *words, "--rounds", "2")
    assert code == 0
    assert [line.split()[1] for line in out.splitlines() if line[:2] in ("1 ", "2 ")] == ["USA", "CHN"]

    def stopped(*args: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(retaliation, "answered", stopped)
    code, out, _ = said(capsys, *words, "--rounds", "3")
    assert code == INTERRUPTED
    assert "interrupted" in out
    assert "1      USA" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("optimal", "UAS"), "try USA"),
        (("optimal", "USA", "--min", "50%", "--max", "20%"), "found '50%' above '20%'"),
        (("optimal", "USA", "--vary", "by-moon"), "vary: found 'by-moon'"),
        (("optimal", "USA", "--keep-deficits"), "purge: found False without an upper bound"),
        (("nash", "USA", "USA"), "expected each country in one player"),
        (("nash", "USA", "CHN", "--starts", "0"), "starts: found 0"),
        (("escalate", "USA"), "expected two"),
        (("escalate", "USA", "CHN", "--rule", "x"), "rule: found 'x'"),
        (("talks", "us-china-2025-10", "--method", "dance"), "expected packages or cooperative"),
        (("talks", "us-china-2025-10", "--method", "cooperative", "--objective", "USA=real-income"), "--objective"),
        (("talks", "us-china-2025-10", "--method", "cooperative", "--disagreement", "threat"), "a branch with"),
    ],
)
def test_what_cannot_be_asked(
    words: tuple[str, ...], told: str, inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = said(capsys, *words)
    assert code == 2
    assert told in err
    assert not out
