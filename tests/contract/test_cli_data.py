"""The verbs around data, scenarios and checks: what they print, refuse and write."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from detente.cli import execute
from detente.core.errors import MissingDataError

CASE = "us-china-2025-10"
GOOD = Path(__file__).parent / "bad" / "good"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command and return exit code, stdout and stderr."""
    code = execute(words)
    found = capsys.readouterr()
    return code, found.out, found.err


def test_data_list(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "data", "list")
    assert code == 0
    assert "world-2022" in out
    found = json.loads(said(capsys, "data", "list", "--json")[1])
    assert next(iter(found)) == "status"
    assert "world-2022" in [row["name"] for row in found["baselines"]]


def test_data_list_elasticities(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "data", "list", "--elasticities", "--json")[1])
    assert {"default", "CP", "U4"} <= {row["name"] for row in found["elasticities"]}
    assert "Caliendo" in said(capsys, "data", "list", "--elasticities")[1]


def test_data_info(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "data", "info", "world-2022")
    for text in ("81 economies x 28 sectors", "flows 2022", "weakness", "sha256"):
        assert text in out
    found = json.loads(said(capsys, "data", "info", "world-2022", "--json")[1])
    assert {"what", "text"} == set(found["rows"][0])


def test_data_check_and_import_and_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DETENTE_DATA", str(tmp_path / "store"))
    code, out, _ = said(capsys, "data", "check", str(GOOD))
    assert code == 0
    assert out.startswith("ok: ")
    assert said(capsys, "data", "import", str(GOOD), "--out", "mine")[0] == 0
    assert said(capsys, "data", "import", str(GOOD), "--out", "mine")[0] == 2
    assert said(capsys, "data", "import", str(GOOD), "--out", "mine", "--force")[0] == 0
    assert "mine" in said(capsys, "data", "list")[1]
    assert said(capsys, "data", "export", "mine", "--out", str(tmp_path / "tables"))[0] == 0
    assert (tmp_path / "tables" / "flows.csv").exists()
    assert said(capsys, "data", "export", "mine", "--out", str(tmp_path / "tables"))[0] == 2
    assert said(capsys, "data", "check", str(tmp_path / "tables"), "--json")[0] == 0


def test_data_check_tells_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in GOOD.iterdir():
        (tmp_path / path.name).write_text(path.read_text())
    text = (tmp_path / "flows.csv").read_text().splitlines()
    text[1] = text[1].rsplit(",", 1)[0] + ",-1"
    text[2] = text[2].rsplit(",", 1)[0] + ",many"
    (tmp_path / "flows.csv").write_text("\n".join(text) + "\n")
    code, out, err = said(capsys, "data", "check", str(tmp_path))
    assert (code, out) == (3, "")
    assert "flows.csv:3" in err
    assert said(capsys, "data", "check", str(tmp_path / "nowhere"))[0] == 6


def test_scenario_check_and_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "scenario", "check", CASE)
    assert code == 0
    assert re.search(rf"^ok: {CASE}, [0-9]+ measures, 5 branches", out)
    found = json.loads(said(capsys, "scenario", "check", CASE, "--json")[1])
    assert (next(iter(found)), found["status"]) == ("status", "OK")
    assert "measures" in json.loads(said(capsys, "scenario", "schema")[1])["properties"]


def test_doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = said(capsys, "doctor")
    assert code == 0
    for text in ("python", "numpy", "blas", "threads", "world-2022", "flows 2022", "all is well"):
        assert text in out

    def lost(name: str) -> None:
        raise MissingDataError(f"{name} is damaged")

    monkeypatch.setattr("detente.cli.doctor.load_baseline", lost)
    code, out, _ = said(capsys, "doctor", "--json")
    found = json.loads(out)
    assert (code, found["status"]) == (5, "NOT_OK")
    assert [row["what"] for row in found["rows"] if row["verdict"] != "ok"] == ["world-2022"]
