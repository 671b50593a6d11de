"""`detente compare`: bundles and scenarios, deltas, inputs, conditions and their exit codes."""

from __future__ import annotations

import functools
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import detente as dt
from detente.baseline.files import save_npz
from detente.cli import execute
from detente.cli.compare import labels_of
from detente.core.errors import UsageError

CASE = "us-china-2025-10"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command in this process and return exit code, stdout and stderr."""
    code = execute(words)
    found = capsys.readouterr()
    assert "Traceback" not in found.out + found.err
    return code, found.out, found.err


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the bundles `now`, `court` and `purged`."""
    folder = tmp_path_factory.mktemp("bundles")
    for name, more in (
        ("now", ("--branch", "main,threat")),
        ("court", ("--drop", "authority=ieepa")),
        ("elastic", ("--elasticities", "CP")),
    ):
        assert execute(("run", CASE, "-q", "--out", str(folder / name), *more)) == 0
    return folder


@pytest.fixture
def inside(bundles: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in the folder of the bundles."""
    monkeypatch.chdir(bundles)
    return bundles


def test_levels_deltas_and_inputs(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    code, out, _ = said(capsys, "compare", "now/", "court/", "--delta-vs", "now/", "--countries", "USA,CHN")
    assert code == 0
    assert re.search(r"^2 runs on world-2022\S*; deltas are less now$", out, re.M)
    assert re.search(r"^court +us-fentanyl +removed +tariff, USA on CHN, \+20pp, .* not applied: dropped$", out, re.M)
    assert re.search(r"^court +us-others\.table +changed +3055 rows +975 rows \(2080 removed\)$", out, re.M)
    assert "court - now" in out
    code, out, _ = said(capsys, "compare", "now", "court", "--json", "--countries", "CHN")
    found = json.loads(out)
    assert next(iter(found)) == "status"
    row = next(each for each in found["rows"] if each["variable"] == "real_income_pct")
    assert row["deltas"]["court"] == pytest.approx(row["levels"]["court"] - row["levels"]["now"])
    assert (row["deltas"]["now"], row["delta_unit"], found["reference"]) == (None, "pp", "now")


def test_a_bundle_and_its_own_scenario_do_not_differ(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "compare", "now", CASE, "--countries", "USA", "--json", "-q")
    found = json.loads(out)
    assert code == 0
    assert found["inputs"] == []
    assert all(abs(row["deltas"][CASE]) <= 1e-6 * max(1, abs(row["levels"]["now"])) for row in found["rows"])


def test_branches_are_runs_of_their_own(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "compare", "now", "--branch", "all", "--countries", "USA", "--json")
    assert code == 0
    assert [run["label"] for run in json.loads(out)["runs"]] == ["now#main", "now#threat"]
    assert said(capsys, "compare", "now", CASE, "--branch", "threat", "--countries", "USA")[0] == 0
    code, _, err = said(capsys, "compare", "now", "court", "--branch", "threat")
    assert code == 2
    assert "court has main" in err


def test_other_elasticities_are_an_input(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "compare", "now", "elastic", "--countries", "USA")
    assert code == 0
    assert re.search(r"^elastic +elasticities +changed +default +CP$", out, re.MULTILINE)


def test_wide_tables_use_letters(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "compare", CASE, "--branch", "all", "--countries", "USA", "-q")
    assert re.search(r"\([b-z]\) us-china-2025-10#rollover", out)
    assert "(b) - (a)" in out
    assert max(map(len, out.split("unit")[1].split("repeat")[0].splitlines())) <= 120


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        (["USA.real_income_pct<-1"], 0),
        (["USA.real_income_pct>-1"], 5),
        (["delta:CHN.real_income_pct>0.1"], 5),
        (["delta:CHN.real_income_pct>1", "court:USA.real_income_pct<-1"], 0),
    ],
)
def test_fail_on(conditions: list[str], code: int, inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for text in conditions for word in ("--fail-on", text)]
    found, out, _ = said(capsys, "compare", "now", "court", "--countries", "USA", *words)
    assert found == code
    assert ("failed: " in out) == (code == 5)
    _, out, _ = said(capsys, "compare", "now", "court", "--json", *words)
    assert json.loads(out)["status"] == ("CHECK_FAILED" if code else "CERTIFIED")


def test_what_cannot_be(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, expected, text in (
        (("now",), 2, "found one run; expected two or more"),
        (("now", "now"), 2, "found 'now' twice"),
        (("now", "nope"), 3, "no packaged scenario and no file"),
        (("now", "court", "--fail-on", "USA.real_incom_pct<1"), 2, "try real_income_pct"),
        (("now", "court", "--fail-on", "US.real_income_pct<1"), 2, "try USA"),
        (("now", "court", "--fail-on", "USA<1"), 2, "expected COUNTRY.variable"),
        (("now", "court", "--delta-vs", "curt"), 2, "try court"),
        (("now", "court", "--as-of", "2025-09-01"), 2, "which is solved already"),
        (("now", "court", "--countries", "US"), 2, "try USA"),
    ):
        code, out, err = said(capsys, "compare", *words)
        assert (code, out) == (expected, ""), words
        assert text in err


def test_an_altered_bundle_is_refused(inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    altered = tmp_path / "altered"
    shutil.copytree("now", altered)
    with (altered / "tables" / "countries.parquet").open("ab") as stream:
        stream.write(b"x")
    code, _, err = said(capsys, "compare", "now", str(altered))
    assert code == 5
    assert "sha256" in err


def test_other_worlds_are_refused(inside: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = dt.baseline("world-2022")
    tariffs = np.array(world.tariffs)
    tariffs[0, 1, 0] += 0.01
    save_npz(world.replace(tariffs=tariffs), tmp_path / "mine.npz")
    assert said(capsys, "scenario", "new", "--out", str(tmp_path / "mine.yaml"))[0] == 0
    text = (tmp_path / "mine.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace("id: world-2022", "id: mine.npz"), encoding="utf-8")
    code, out, err = said(capsys, "compare", "now", str(tmp_path / "mine.yaml"), "-q")
    assert (code, out) == (3, "")
    assert "mine: baseline: found 'world-2022" in err
    assert "expected the world of now" in err


def test_a_run_that_is_not_certified_is_marked_and_has_no_number(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from detente.cli import compare as module

    monkeypatch.setattr(module, "run_scenario", functools.partial(module.run_scenario, max_iter=1))
    code, out, err = said(capsys, "compare", "now", CASE, "--countries", "USA")
    assert code == 4
    assert f"warning: {CASE}: " in err
    assert re.search(rf"^{CASE} .* MARKED \S+$", out, re.MULTILINE)
    assert re.search(r"^USA +real income +% +-0\.[0-9]+ +- +-$", out, re.MULTILINE)


def test_labels_are_short_where_that_tells_them_apart() -> None:
    assert labels_of(["a/now/", "court"]) == ["now", "court"]
    assert labels_of(["a/now/", "b/now"]) == ["a/now", "b/now"]
    with pytest.raises(UsageError, match="twice"):
        labels_of(["now", "now"])
