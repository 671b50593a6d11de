"""The verbs around data, scenarios and checks: what they print, refuse and write."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from detente.baseline.accounts import silent
from detente.cli import execute, output, progress
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


def test_import_refuses_names_folders_and_single_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A packaged name is nobody else's, a folder is not replaced, and one table is not the folder that holds it."""
    for name, words in (("world-2022.npz", "which is packaged"), ("x y.npz", "found 'x y'"), (".npz", "found '.npz'")):
        code, _, err = said(capsys, "data", "import", str(GOOD), "--out", str(tmp_path / name), "--force")
        assert (code, words in err) == (2, True), err
    (tmp_path / "x.npz").mkdir()
    code, _, err = said(capsys, "data", "import", str(GOOD), "--out", str(tmp_path / "x.npz"), "--force")
    assert code == 2
    assert "which is a folder" in err
    for table in ("flows.csv", "meta.yaml"):
        code, _, err = said(capsys, "data", "import", str(GOOD / table), "--out", str(tmp_path / "q.npz"))
        assert code == 3
        assert "expected the folder that holds all tables" in err
    assert [path.name for path in tmp_path.iterdir()] == ["x.npz"]


def test_scenario_check_and_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "scenario", "check", CASE)
    assert code == 0
    assert re.search(rf"^ok: {CASE}, [0-9]+ measures, 6 branches", out)
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


@pytest.mark.parametrize(
    ("form", "name"), [("parquet", "p"), ("xlsx", "t.xlsx"), ("netcdf", "t.nc"), ("npz", "t.npz"), ("csv", "t")]
)
def test_export_and_import_in_every_format(
    form: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, kept = str(tmp_path / name), str(tmp_path / "kept.npz")
    code, out, _ = said(capsys, "data", "export", str(GOOD), "--format", form, "--out", path)
    assert (code, out) == (0, f"written: {path}\n")
    assert said(capsys, "data", "check", path)[0] == 0
    code, out, _ = said(capsys, "data", "import", path, "--format", form, "--out", kept)
    assert code == 0
    assert ("flows: 8 rows, 8 cells, 0 empty" in out) == (form != "npz")
    assert out.endswith(f"written: {kept}\n")
    assert said(capsys, "data", "import", path, "--out", kept)[0] == 2
    code, out, _ = said(capsys, "data", "import", path, "--out", kept, "--force", "--json")
    found = json.loads(out)
    assert (code, next(iter(found))) == (0, "status")
    assert found["import"]["format"] == form


def test_formats_and_years_that_do_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = str(tmp_path / "kept.npz")
    for words, told in (
        (("import", str(GOOD), "--format", "exel", "--out", kept), "expected one of csv, parquet, xlsx"),
        (("import", str(GOOD), "--year", "2017", "--out", kept), "icio-pair"),
        (("export", str(GOOD), "--format", "xls", "--out", kept), "try 'xlsx'"),
        (("template", "--format", "parquet", "--out", kept), "expected one of xlsx, csv"),
    ):
        code, out, err = said(capsys, "data", *words)
        assert (code, out) == (2, "")
        assert told in err
    assert said(capsys, "data", "import", str(tmp_path / "nothing"), "--out", kept)[0] == 6
    assert not list(tmp_path.iterdir())


def test_template(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, file in (("t.xlsx", "t.xlsx"), ("t", "t/meta.yaml")):
        assert said(capsys, "data", "template", "--out", str(tmp_path / name))[0] == 0
        assert (tmp_path / file).is_file()
        assert said(capsys, "data", "template", "--out", str(tmp_path / name))[0] == 2
        code, _, err = said(capsys, "data", "check", str(tmp_path / name))
        assert code == 3
        assert "a header and no rows" in err


def test_progress_is_shown_on_a_terminal_only_and_only_when_it_lasts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(output, "quiet", lambda: False)
    with progress.reported() as told:
        assert told is silent  # a pipe
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress.reported() as told:
        told("flows.csv", 1, 10)
        assert told.shown is None
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.reported() as told:
        told("[red]flows\x1b.csv", 5, 10)
        assert told.shown.tasks[0].completed == 5
        assert told.shown.tasks[0].description == "redflows.csv"
    monkeypatch.setattr(output, "quiet", lambda: True)
    with progress.reported() as told:
        assert told is silent
