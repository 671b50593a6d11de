"""explain, path, tree, scenario new and diff on the command line: what they print, exit codes, one JSON document."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from detente.cli import execute

CASE = "us-china-2025-10"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command in this process and return exit code, stdout and stderr."""
    code = execute(words)
    found = capsys.readouterr()
    assert "Traceback" not in found.out + found.err
    return code, found.out, found.err


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run the command with --json and return the document, whose first key is the status."""
    code, out, _ = said(capsys, *words, "--json", "-q")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    assert next(iter(found)) == "status"
    return found


@pytest.mark.parametrize("verb", ["explain", "path", "tree", "compare", "scenario new", "scenario diff"])
def test_help_shows_two_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, *verb.split(), "--help")
    assert code == 0
    examples = re.findall(r"^\s+detente .+$", out.split("Examples:")[1], re.MULTILINE)
    assert len(examples) >= 2
    assert all(f"detente {verb}" in line for line in examples)


def test_explain_lists_what_holds_and_what_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "explain", CASE)
    assert code == 0
    assert re.search(r"^us-fentanyl +USA on CHN +\+20pp +2025-03-04 +ieepa", out, re.MULTILINE)
    assert re.search(r"^us-threat-100 .* threatened$", out, re.MULTILINE)
    assert "us-others: 3055 rows read, 3055 matched, 0 not" in out
    assert re.search(r"^[0-9]+ measures read, [0-9]+ applied, [0-9]+ not$", out, re.MULTILINE)
    assert out.rstrip().endswith(f"next: detente explain {CASE} --rate USA CHN")


def test_explain_a_rate_and_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "explain", CASE, "--rate", "USA", "CHN")
    rate = found["rate"]
    assert sum(part["points_pp"] for part in rate["parts"]) == pytest.approx(rate["total_pct"], abs=1e-9)
    assert sum(rate["authorities"].values()) == pytest.approx(rate["total_pct"], abs=1e-9)
    code, out, _ = said(capsys, "explain", CASE, "--rate", "USA", "CHN", "--sector", "C26")
    assert code == 0
    assert "USA on CHN · C26 Electronics and optical products" in out
    assert re.search(r"^total, applied +25\.5$", out, re.MULTILINE)
    assert "headline, as officials say it: 57% in all" in out
    assert "a component of it: +10pp" in out


def test_explain_checks_a_claim(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "explain", CASE, "--claim", "157%")
    assert code == 0
    assert (
        "157% = 57 in force (us-headline-china) + 100 threatened (us-threat-100); it is a total, not an addition" in out
    )
    assert document(capsys, "explain", CASE, "--claim", "+100pp")["claim"]["fits"][0]["kind"] == "addition"
    assert "counts an addition twice" in said(capsys, "explain", CASE, "--claim", "257%")[1]


def test_explain_a_branch_on_a_day_and_as_of(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "explain", CASE, "--branch", "escalation", "--on", "2025-11-05")
    assert found["date"] == "2025-11-05"
    assert "us-threat-100" in [each["id"] for each in found["applied"]]
    hidden = document(capsys, "explain", CASE, "--as-of", "2025-05-20")
    assert {each["reason"] for each in hidden["not_applied"] if each["id"] == "us-threat-100"} == {
        "not known on 2025-05-20"
    }


def test_path_prints_each_regime(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "path", CASE)
    assert code == 0
    assert err.startswith("warning: ")
    assert re.search(r"^2025-11-10 +\+us-snapback \+cn-snapback +[0-9]+ measures +67\.3 +58\.2$", out, re.MULTILINE)
    assert "average rate over goods" in out
    assert "real income, % against the law of 2025-01-01" in out
    assert out.count("CERTIFIED") >= 2
    assert out.rstrip().endswith(f"repeat: detente path {CASE}")
    found = document(capsys, "path", CASE, "--branch", "rollover", "--countries", "USA,EU27")
    assert found["status"] == "CERTIFIED"
    assert [step["date"] for step in found["path"]] == ["2025-10-25", "2025-12-01"][: len(found["path"])]
    assert {row["country"] for row in found["path"][0]["countries"]} == {"USA", "EU27"}


def test_a_path_step_is_the_run_of_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    step = document(capsys, "path", CASE, "--from", "2025-11-10", "--countries", "USA")["path"][0]
    run = document(capsys, "run", CASE, "--on", "2025-11-10", "--countries", "USA")["branches"]["main"]
    for mine, theirs in zip(step["countries"], run["countries"], strict=True):
        assert mine["variable"] == theirs["variable"]
        assert mine["value"] == pytest.approx(theirs["value"], rel=1e-6, abs=1e-6)


def test_tree_without_odds_expects_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "tree", CASE)
    assert code == 0
    assert "no expected values: a probability is always yours" in out
    assert "spread of the leaves, pp" in out
    assert re.search(r"^CHN +rollover +escalation +[0-9.]+%", out, re.MULTILINE)
    found = document(capsys, "tree", CASE)
    assert found["probabilities"] is None
    assert not {"expected", "revaluation"} & set(found)


def test_tree_with_odds(capsys: pytest.CaptureFixture[str]) -> None:
    odds = ("--set-prob", "full-exchange=10%,rollover=40%,snapback=20%", "--set-prob", "threat=20%,escalation=10%")
    code, out, _ = said(capsys, "tree", CASE, *odds, "--countries", "USA,CHN")
    assert code == 0
    assert "value of the deadline, pp" in out
    assert "from main for certain to your odds" in out
    found = document(capsys, "tree", CASE, *odds, "--countries", "USA,CHN")
    assert found["old_probabilities"] == {"main": 1.0}
    assert len(found["revaluation"]) >= 2 * 28
    assert {row["country"] for row in found["expected"]} == {"USA", "CHN"}


def test_new_check_diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = said(capsys, "scenario", "new", "--from", CASE, "--out", "my.yaml")
    assert code == 0
    assert out.rstrip().endswith("next: detente scenario check my.yaml")
    assert said(capsys, "scenario", "check", "my.yaml")[0] == 0
    text = Path("my.yaml").read_text(encoding="utf-8")
    Path("my.yaml").write_text(text.replace("rate: +20pp ", "rate: +10pp "), encoding="utf-8")
    code, out, _ = said(capsys, "scenario", "diff", CASE, "my.yaml")
    assert code == 0
    assert "~ measures.us-fentanyl.rate: +20pp -> +10pp" in out
    assert document(capsys, "scenario", "diff", CASE, "my.yaml")["counts"]["changed"] == 2
    assert said(capsys, "scenario", "diff", CASE, CASE)[1] == "no difference in meaning\n"
    assert document(capsys, "scenario", "new", "--out", "other.yaml")["files"][0] == "other.yaml"


NINETY_NINE = "full-exchange=9%,rollover=40%,snapback=20%,threat=20%,escalation=10%"
BAD = (
    (("explain", CASE, "--on", "2025-02-30"), 2, "exists in the calendar"),
    (("explain", CASE, "--on", "yesterday"), 2, "an ISO date YYYY-MM-DD"),
    (("explain", CASE, "--branch", "rollovr"), 2, "try rollover"),
    (("explain", CASE, "--rate", "UK", "CHN"), 2, "by: found 'UK'"),
    (("explain", CASE, "--rate", "USA", "CHN", "--sector", "Cars"), 2, "try C29"),
    (("explain", CASE, "--rate", "USA", "CHN", "--hs", "8517.13"), 6, "no map of HS codes to sectors is packaged"),
    (("explain", CASE, "--claim", "157"), 2, "try '157%' (all-in)"),
    (("explain", "us-china-2025-11"), 3, "try us-china-2025-10"),
    (("path", CASE, "--from", "2026-01-01", "--until", "2025-12-01"), 2, "until: found 2025-12-01, before 2026-01-01"),
    (("path", CASE, "--from", "2025-13-01"), 2, "from: found '2025-13-01'"),
    (("path", CASE, "--branch", "escalate"), 2, "try escalation"),
    (("path", CASE, "--countries", "UK"), 2, "try GBR"),
    (
        ("tree", CASE, "--set-prob", "full-exchange=9%,rollover=40%,snapback=20%,threat=20%,escalation=10%"),
        2,
        "99% in all",
    ),
    (("tree", CASE, "--set-prob", "rollover"), 2, "expected NAME=PERCENT"),
    (("tree", CASE, "--set-prob", "rollover=40"), 2, "expected a percentage such as 40%"),
    (("tree", CASE, "--set-prob", "rollover=40%,rollover=60%"), 2, "each leaf once"),
    (("tree", CASE, "--set-prob", "rolover=100%"), 2, "try rollover"),
    (("scenario", "new", "--out", "my.txt"), 2, "ending in .yaml"),
    (("scenario", "new", "--from", "nope", "--out", "my.yaml"), 3, "no packaged scenario"),
    (("scenario", "diff", CASE, "nope.yaml"), 3, "no such scenario"),
)


@pytest.mark.parametrize(("words", "expected", "text"), BAD)
def test_what_cannot_be(words: tuple[str, ...], expected: int, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, *words)
    assert (code, out) == (expected, "")
    assert text in err
    code, out, _ = said(capsys, *words, "--json")
    assert json.loads(out)["exit"] == code == expected
