"""`--draws` and `sweep` on the command line: what is printed, what is written, which exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import sweeping
from detente.cli import execute

QUOTA = """{id: quota, by: USA, against: DEU, kind: tariff-rate-quota, sectors: C26, volume: 90% of base,
     rate: {low: 0%, mode: 2%, high: 25%}, over_rate: {low: 0%, mode: 10%, high: 30%}, from: 2025-03-04}
  - {id: fees"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with world, scenario and plan, and work in it."""
    sweeping.folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run a command line and return exit code, stdout and stderr."""
    code = execute(words)
    out, error = capsys.readouterr()
    return code, out, error


def test_bands_are_printed_written_and_sealed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "drawn.yaml", "--draws", "32", "--jobs", "1", "--out", "bundle"]
    code, out, _ = printed(words, capsys)
    assert code == 0
    assert "median [5-95 %]" in out
    assert "32 draws (sobol, seed 7): 32 CERTIFIED" in out
    assert "too few draws to tell which assumption matters" not in out
    bands = pq.read_table(folder / "bundle" / "tables" / "bands.parquet")
    assert {"p05", "p50", "p95", "p05_error", "branch"} <= set(bands.column_names)
    assert "p05" in pq.read_table(folder / "bundle" / "tables" / "countries.parquet").column_names
    manifest = json.loads((folder / "bundle" / "manifest.json").read_text())
    assert manifest["bands"]["main"]["statuses"] == {"CERTIFIED": 32}
    assert "--draws 32 --seed 7" in manifest["repeat"]
    assert "How sure" in (folder / "bundle" / "report.html").read_text()
    assert printed(["verify", "bundle", "--rerun"], capsys)[0] == 0


def test_one_document_has_the_bands_and_what_moves_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = printed(["run", "drawn.yaml", "--draws", "64", "--seed", "3", "--jobs", "1", "--json"], capsys)
    assert code == 0
    branch = json.loads(out)["branches"]["main"]
    assert (branch["bands"]["draws"], branch["bands"]["seed"]) == (64, 3)
    row = next(row for row in branch["countries"] if (row["country"], row["variable"]) == ("USA", "real_income_pct"))
    assert row["p05"] <= row["value"] <= row["p95"]
    assert sum(each["share_pct"] for each in branch["assumptions"] if each["country"] == "USA") > 50


def test_draws_without_numbers_are_named_and_cost_the_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / "drawn.yaml").read_text().replace("{id: fees", QUOTA)
    (folder / "drawn.yaml").write_text(text)
    code, out, _ = printed(["run", "drawn.yaml", "--draws", "32", "--jobs", "1"], capsys)
    assert code == 4
    assert "INVALID_INPUT" in out
    assert "draws without numbers, left out of the bands" in out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--draws", "1"], "from 2 to"),
        (["--draws", "16", "--seed", "-1"], "seed"),
        (["--draws", "64", "--jobs", "0"], "jobs: found 0"),
        (["--draws", "2000000"], "from 2 to"),
    ],
)
def test_bad_options_are_usage(words: list[str], text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = printed(["run", "drawn.yaml", *words], capsys)
    assert code == 2
    assert text in error


@pytest.mark.parametrize("bands", ["[50%]", "[95%, 5%]", "[0%, 95%]", "[5%, 5%, 95%]"])
def test_bands_that_do_not_rise_are_refused_with_their_line(
    bands: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / "drawn.yaml").read_text().replace("bands: [5%, 50%, 95%]", f"bands: {bands}")
    (folder / "drawn.yaml").write_text(text)
    code, _, error = printed(["run", "drawn.yaml", "--draws", "16"], capsys)
    assert code == 3
    assert "uncertainty.bands" in error
    assert "try [5%, 50%, 95%]" in error


def test_a_sweep_from_plan_to_answer(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(["sweep", "plan.yaml", "--out", "store", "--dry-run"], capsys)[0] == 0
    assert not (folder / "store").exists()
    assert printed(["verify", "store"], capsys)[0] == 2
    code, out, _ = printed(["sweep", "plan.yaml", "--out", "store", "--jobs", "2", "--json"], capsys)
    assert code == 0
    assert json.loads(out)["cells"] == json.loads(out)["new"] == 8
    assert printed(["verify", "store"], capsys)[0] == 0
    victim = next((folder / "store" / "cells").glob("*/*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    code, _, error = printed(["verify", "store"], capsys)
    assert code == 5
    assert victim.name in error
    assert printed(["sweep", "store", "--jobs", "1"], capsys)[0] == 5
    assert printed(["sweep", "store", "--jobs", "1", "--rebuild"], capsys)[0] == 0
    assert printed(["verify", "store"], capsys)[0] == 0
    assert printed(["sweep", "store", "--export", "all.csv", "--quiet"], capsys)[0] == 0
    assert (folder / "all.csv").exists()
