"""The command line: exit codes, one line a problem, one JSON document, nothing overwritten, no traceback."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import detente
from detente.cli import execute

CASE = "us-china-2025-10"
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG"))}


def call(*words: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in its own process."""
    kwargs = {"env": CLEAN, "timeout": 120, "stdin": subprocess.DEVNULL, **kwargs}
    command = [sys.executable, "-m", "detente", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **kwargs)


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command in this process and return exit code, stdout and stderr."""
    code = execute(words)
    found = capsys.readouterr()
    assert "Traceback" not in found.out + found.err
    return code, found.out, found.err


def test_help_and_version_import_nothing_heavy() -> None:
    heavy = ("numpy", "pandas", "altair", "pyarrow", "ruamel", "jinja2", "vl_convert", "fastapi", "uvicorn")
    for words in (["--help"], ["--version"], ["run", "--help"], ["read", "--help"], ["data", "--help"]):
        script = (
            "import sys\nfrom detente.cli import execute\n"
            f"code = execute({words!r})\n"
            f"bad = [name for name in {heavy!r} if name in sys.modules]\n"
            "sys.exit(f'imported {bad}' if bad else code)"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_table_is_printed_before_heavy_imports() -> None:
    script = (
        "import sys\nfrom detente.cli import execute\n"
        f"code = execute(['run', {CASE!r}, '-q'])\n"
        "heavy = ('pandas', 'altair', 'pyarrow', 'jinja2', 'vl_convert', 'scipy', 'fastapi')\n"
        "bad = [name for name in heavy if name in sys.modules]\n"
        "sys.exit(f'imported {bad}' if bad else code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "real income, %" in done.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version")[:2] == (0, f"detente {detente.__version__}\n")


VERBS = (
    "demo", "run", "read", "verify", "doctor", "data list", "data info", "data check", "data export", "data import",
    "scenario check", "scenario schema",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_every_verb_shows_two_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, *verb.split(), "--help")
    assert code == 0
    examples = re.findall(r"^\s+detente .+$", out.split("Examples:")[1], re.MULTILINE)
    assert len(examples) >= 2
    assert all(f"detente {verb}" in line for line in examples)


def test_run_prints_title_unit_comparator_and_how_to_repeat(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", CASE, "--countries", "USA,EU27,WORLD")
    code, out, err = said(capsys, *words)
    assert code == 0
    for text in ("closure world-share", "law of 2025-01-01", "real income, %", "real income, MUSD", "CERTIFIED"):
        assert text in out
    assert out.splitlines()[-1] == f"repeat: {shlex.join(['detente', *words])}"
    assert re.search(r"[0-9]+ measures read, [0-9]+ applied, [0-9]+ not \(threatened: us-threat-100;", out)
    assert re.search(r"^assumed, the level is ours and not the source's: .*us-others", out, re.MULTILINE)
    assert "without assumed measures, %" in out
    assert err.startswith("warning: ")
    assert "EU27" in out
    assert "MEX" not in out


def test_the_repeat_command_replaces_its_own_bundle(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        words = ("run", CASE, "-q", "--out", "b")
        code, out, _err = said(capsys, *words, *(["--force"] if (inside / "b").exists() else []))
        assert code == 0
        assert out.rstrip().endswith(f"repeat: detente run {CASE} -q --out b --force")
    text = (inside / "b" / "scenario.yaml").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
    code, out, _ = said(capsys, "run", "-", "-q", "--out", "c")
    repeat = out.rstrip().split("repeat: ")[1]
    assert (code, repeat) == (0, "detente run c/scenario.yaml -q --out c --force")
    assert said(capsys, *shlex.split(repeat)[1:])[0] == 0


@pytest.mark.parametrize("option", ["--on", "--as-of"])
@pytest.mark.parametrize("day", ["20251025", "2025-W43-6", "2025-1-2", "2025-02-30", "tomorrow"])
def test_a_day_is_written_as_in_a_scenario_file(option: str, day: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "run", CASE, option, day)
    assert code == 2
    assert "exists in the calendar" in err if day == "2025-02-30" else "an ISO date YYYY-MM-DD" in err


def test_include_purge_needs_the_balanced_closure(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "run", CASE, "--include-purge")
    assert code == 2
    assert "--closure balanced" in err


def test_quiet_says_nothing_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "run", CASE, "-q")[2] == ""


def test_json_is_one_document_with_status_first(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "run", CASE, "--json", "--countries", "USA", "--branch", "main,threat")
    found = json.loads(out)
    assert code == 0
    assert next(iter(found)) == "status"
    assert found["status"] == "CERTIFIED"
    assert list(found["branches"]) == ["main", "threat"]
    main = found["branches"]["main"]
    assert set(main["countries"][0]) == {"country", "variable", "unit", "value"}
    assert {row["country"] for row in main["countries"]} == {"USA"}
    assert main["certificate"]["status"] == "CERTIFIED"
    assert main["not_applied"]["us-threat-100"] == "threatened"


def test_json_of_a_failure_has_status_first(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "run", CASE, "--json", "--max-iter", "3")
    found = json.loads(out)
    assert (code, next(iter(found)), found["status"], found["exit"]) == (4, "status", "NOT_SOLVED", 4)
    assert err


def test_unsolved_is_exit_4_and_never_sounds_good(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "run", CASE, "--max-iter", "3", "--out", "b", "--json")
    assert code == 4
    for word in ("converged", "success", "certified a"):
        assert word not in (out + err).lower()
    assert list(inside.iterdir()) == []


USAGE = {
    "unknown option": (["run", CASE, "--ouut", "x"], "--out"),
    "unknown verb": (["rum", CASE], "'run'"),
    "no scenario": (["run"], "SCENARIO"),
    "tol 0": (["run", CASE, "--tol", "0"], "1e-10"),
    "tol text": (["run", CASE, "--tol", "small"], "--tol"),
    "max-iter 0": (["run", CASE, "--max-iter", "0"], "max_iter"),
    "branch": (["run", CASE, "--branch", "thret"], "try threat"),
    "country": (["run", CASE, "--countries", "USX"], "try USA"),
    "date": (["run", CASE, "--on", "25.10.2025"], "2025-04-02"),
    "include": (["run", CASE, "--include", "us-thraet-100"], "us-threat-100"),
    "drop": (["run", CASE, "--drop", "authority=iepa"], "authority=ieepa"),
    "set": (["run", CASE, "--set", "us-fentanyl"], "ID=RATE"),
    "closure": (["run", CASE, "--closure", "world-shares"], "world-share"),
    "numeraire": (["run", CASE, "--closure", "fixed-nominal"], "numeraire"),
    "certify": (["run", CASE, "--certify", "fully"], "'full'"),
    "draws": (["run", CASE, "--draws", "1"], "draws"),
    "verify a folder that is not": (["verify", "nowhere"], "nowhere"),
    "rerun of nothing": (["verify", "--rerun"], "DIR"),
    "import format": (["data", "import", "x", "--format", "xls", "--out", "y"], "csv"),
}


@pytest.mark.parametrize("name", USAGE)
def test_usage_is_exit_2_with_a_way_out(name: str, inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, expected = USAGE[name]
    code, out, err = said(capsys, *words)
    assert code == 2
    assert out == ""
    assert expected in err
    assert len(err.splitlines()) <= 3
    assert list(inside.iterdir()) == []


def test_invalid_scenario_is_exit_3_one_line_a_problem(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = Path(__file__).parent / "bad" / "scenario" / "good.yaml"
    text = good.read_text().replace("    rate: 25%\n", "    rate: 25\n")
    (inside / "case.yaml").write_text(text)
    code, out, err = said(capsys, "run", "case.yaml", "--out", "b")
    assert (code, out) == (3, "")
    assert err.startswith("case.yaml:")
    assert "try" in err
    assert sorted(path.name for path in inside.iterdir()) == ["case.yaml"]
    assert said(capsys, "run", "nothing-of-that-name")[0] == 3
    assert said(capsys, "scenario", "check", "case.yaml")[0] == 3


def test_unknown_elasticities_are_exit_3_and_missing_data_exit_6(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "run", CASE, "--elasticities", "Cp")
    assert (code, "try CP" in err) == (3, True)
    code, _, err = said(capsys, "data", "info", "icio-1999")
    assert code == 6
    assert "detente data import" in err


def test_an_existing_folder_is_refused_unless_force(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inside / "b").mkdir()
    code, out, err = said(capsys, "run", CASE, "--out", "b")
    assert (code, out) == (2, "")
    assert "--force" in err
    (inside / "b" / "thesis.docx").write_text("mine")
    code, _, err = said(capsys, "run", CASE, "--out", "b", "--force")
    assert code == 2
    assert "thesis.docx" in err
    assert (inside / "b" / "thesis.docx").read_text() == "mine"
    assert said(capsys, "run", CASE, "--out", ".", "--force")[0] == 2
    assert said(capsys, "demo", "--out", "b")[0] == 2


def test_a_place_that_cannot_be_written_is_exit_1_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("no /proc on this system")
    code, _, err = said(capsys, "run", CASE, "-q", "--out", "/proc/nowhere/b")
    assert code == 1
    assert "/proc" in err
    assert len(err.splitlines()) == 1


def test_strict_makes_a_marked_status_a_failed_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(capsys, "run", CASE, "--strict")[0] == 0
    monkeypatch.setattr("detente.certify.grade.WEAK_MOVE", -1.0)
    code, out, err = said(capsys, "run", CASE)
    assert code == 0
    assert "MARKED BASELINE_WEAK" in out
    assert "baseline_weak" in err
    assert said(capsys, "run", CASE, "--strict")[0] == 5


def test_uncertified_is_exit_5_without_a_bundle(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = inside / "case.yaml"
    case.write_text(
        "detente: 1\nid: one\nas_of: 2025-10-25\nbaseline: {id: world-2022, allow_year_mismatch: true}\nmeasures:\n"
        "  - {id: a, by: USA, against: CHN, kind: tariff, sectors: goods, rate: +10pp, from: 2025-01-01,"
        " status: in-force, source: {title: none}}\n"
    )
    assert said(capsys, "run", "case.yaml", "-q")[0] == 0
    monkeypatch.setattr("detente.certify.grade.certificate.__kwdefaults__", {"threshold": 1e-16})
    code, out, err = said(capsys, "run", "case.yaml", "--out", "b")
    assert (code, out) == (5, "")
    assert "UNCERTIFIED" in err
    assert not (inside / "b").exists()


def test_options_reach_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    def real_income(*words: str) -> float:
        found = json.loads(said(capsys, "run", CASE, "--json", "--countries", "CHN", *words)[1])
        rows = found["branches"]["main"]["countries"]
        return float(next(row["value"] for row in rows if row["variable"] == "real_income_pct"))

    usual = real_income()
    for words in (
        ["--drop", "us-fentanyl"],
        ["--drop", "authority=ieepa"],
        ["--include", "us-threat-100"],
        ["--set", "us-fentanyl=+10pp"],
        ["--elasticities", "U4"],
        ["--closure", "fixed-nominal", "--numeraire", "USA"],
        ["--on", "2025-12-01"],
        ["--as-of", "2025-03-01"],
    ):
        assert abs(real_income(*words) - usual) > 1e-6, words


def test_all_branches(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "run", CASE, "--branch", "all", "--json", "--countries", "USA")
    leaves = ["full-exchange", "rollover", "snapback", "threat", "escalation"]
    assert list(json.loads(out)["branches"]) == ["main", *leaves]


def test_scenario_from_stdin() -> None:
    text = (Path(detente.__file__).parent / "scenario" / "packaged" / f"{CASE}.yaml").read_text()
    head = text[: text.index("  - id: us-others")]
    done = call("run", "-", "-q", input=head, stdin=None)
    assert done.returncode == 0, done.stderr
    assert "1 measures read, 1 applied" in done.stdout
    assert call("run", "-").returncode == 3


def test_closed_streams_and_broken_pipes_are_quiet(tmp_path: Path) -> None:
    shell = f"{shlex.quote(sys.executable)} -m detente run {CASE} -q"
    for tail in ("| head -1", ">&- <&-", "<&- 2>&- | head -1", f"--out {tmp_path}/b | true"):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{shell} {tail}"], capture_output=True, text=True, check=False
        )
        assert done.stderr == "", tail
        assert done.returncode == 0, tail
    assert (tmp_path / "b" / "manifest.json").exists()


def test_a_bare_environment_works(tmp_path: Path) -> None:
    for env in (
        {},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"HOME": "/nonexistent"},
    ):
        done = subprocess.run(
            [sys.executable, "-m", "detente", "run", CASE, "-q"],
            env=env,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert b"real income, %" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_exit_130_and_leaves_nothing(number: int, tmp_path: Path) -> None:
    script = (
        "import detente.cli.run as r, sys, time\nfrom detente.cli import main\n"
        "def slow(*a, **k):\n    print('now', flush=True); time.sleep(60)\n"
        f"r.solved_branches = slow\nmain(['run', {CASE!r}, '--out', 'b'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"
    started = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - started < 5
    assert err.split() == ["interrupted"]
    assert list(tmp_path.iterdir()) == []


def test_a_bug_is_one_line_unless_debug(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise RuntimeError("the flux is out of capacity")

    monkeypatch.setattr("detente.cli.doctor.doctor", broken)
    code, _, err = said(capsys, "doctor")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "the flux is out of capacity" in err
    assert "--debug" in err
    with pytest.raises(RuntimeError):
        execute(["doctor", "--debug"])


def test_no_memory_is_a_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry() -> int:
        raise MemoryError

    monkeypatch.setattr("detente.cli.doctor.doctor", hungry)
    assert said(capsys, "doctor") == (1, "", "this machine has too little memory for that\n")


def test_debug_shows_the_traceback_of_a_user_error_too() -> None:
    done = call("run", "nothing", "--debug")
    assert done.returncode != 0
    assert "Traceback" in done.stderr
