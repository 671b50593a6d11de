"""`detente talks`: what a negotiator reads, the document, the bundle, and what cannot be asked."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import detente as dt
from detente.baseline.files import save_npz
from detente.cli import execute
from detente.cli import progress as bars
from detente.cli import talks as body
from detente.cli.talks import read_objectives
from detente.core.errors import CheckError, UsageError
from detente.report.stored import check_bundle, check_rerun, read_bundle
from strategy.toy_talks import TEXT, world

PLACED = TEXT.replace("baseline: toy", "baseline: {id: toy.npz, allow_year_mismatch: true}")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command in this process and return exit code, stdout and stderr."""
    capsys.readouterr()
    code = execute(words)
    found = capsys.readouterr()
    assert "Traceback" not in found.out + found.err
    return code, found.out, found.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the invented world, its scenario, and the bundle of its talks."""
    place = tmp_path_factory.mktemp("talks")
    save_npz(world(), place / "toy.npz")
    (place / "toy.yaml").write_text(PLACED)
    assert execute(("talks", str(place / "toy.yaml"), "-q", "--out", str(place / "bundle"))) == 0
    return place


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in that folder."""
    monkeypatch.chdir(folder)
    return folder


def test_the_bundle_gives_the_same_page_again_with_the_payoff_plane(
    inside: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It once could not be read back: no file knows a branch of the name of no deal."""
    page = (inside / "bundle" / "report.html").read_text()
    assert '<figure id="packages"' in page
    assert "the bargaining set" in page
    assert said(capsys, "report", "bundle", "--to", str(tmp_path / "again.html"))[0] == 0
    assert (tmp_path / "again.html").read_text() == page
    assert "detente talks scenario.yaml --solution nash" in page
    assert said(capsys, "export", "bundle", "--figures", "packages", "--to", str(tmp_path / "p.svg"))[0] == 0


def test_one_screen(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "talks", "toy.yaml")
    assert code == 0
    assert "warning:" not in err
    for pattern in (
        r"^USA, CHN maximise real-income · closure balanced, trade balanced before anything else \(purged world\)$",
        r"^gains: 100 ln of real income against no deal, called pp; .* worth nothing here, because ",
        r"^no deal +-0\.\d+ +-0\.\d+$",
        r"^nobody acts: the file on 2026-02-10 +-0\.\d+ +-0\.\d+$",
        r"^no deal: the file on that day with us-threat, us-back, cn-back, cn-licence$",
        r"^108 packages, \d+ deals that nobody refuses, \d+ on the Pareto edge$",
        r"^nash, equal-gains +105 +\+0\.\d+ +\+0\.\d+",
        r"^  105: truce suspended · threat dropped · force dropped · beans >= 120% of base · licence imposed$",
        r"^force +\+10pp +USA ",
        r"^  .*: refused alone by CHN, accepted with ",
        r"^us-threat, us-back +USA +the others carry out theirs +no best response +-0\.\d+ +CHN -0\.\d+$",
        r"^truce, as of 2025-11-09 ",
        r"^truce +CHN +not sustainable: falling back is no punishment .* none$",
        r"^deadline 2025-11-10, if nobody acts: us-back, cn-back begin: USA -0\.\d+ pp, CHN \+0\.\d+ pp$",
        r"^difference +[+-]",
        r"^112 laws solved and recomputed: all CERTIFIED; the worst: CERTIFIED A · residual ",
        r"^repeat: detente talks toy\.yaml$",
    ):
        assert re.search(pattern, out, re.M), pattern
    assert max(map(len, out.splitlines())) < 190
    assert len(out.splitlines()) < 66


def test_one_document(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "talks", "toy.yaml", "--json", "--solution", "kalai-smorodinsky")
    found = json.loads(out)
    assert code == 0
    assert next(iter(found)) == "status"
    assert (found["status"], found["rule"], found["counts"]["packages"]) == ("CERTIFIED", "kalai-smorodinsky", 108)
    assert set(found["tables"]) == {"packages", "points", "concessions", "linkages", "threats", "truces"}
    assert len(found["tables"]["packages"]) == 108
    assert found["solution"]["number"] == 106
    assert found["other_closure"]["closure"] == "world-share"
    assert found["certificate"]["status"] == "CERTIFIED"
    assert found["repeat"] == "detente talks toy.yaml --json --solution kalai-smorodinsky"
    assert found["bundle"] is None


def test_the_options_are_those_of_the_verb(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--players", "USA,CHN,DEU", "--objective", "USA=C26:2,A01:1.5", "--objective", "DEU=real-income")
    code, out, _ = said(
        capsys, "talks", "toy.yaml", *words, "--disagreement", "calm", "--closure", "file", "--json", "-q"
    )
    found = json.loads(out)
    assert code == 0
    assert list(found["players"]) == ["USA", "CHN", "DEU"]
    assert found["players"]["USA"] == "real income weighted C26 2, A01 1.5, others 1"
    assert (found["disagreement"], found["closure"]) == ("calm", "world-share")
    assert found["other_closure"]["closure"] == "balanced"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--players", "USA,CHM"), 2, "players: found 'CHM'"),
        (("--objective", "USA"), 2, "expected PLAYER=real-income or PLAYER=C29:2,C24A:1.5"),
        (("--objective", "USA=C26:2,A01"), 2, "found 'A01' for USA; expected SECTOR:WEIGHT"),
        (("--objective", "USA=revenue"), 2, "objective.USA: found 'revenue'"),
        (("--objective", "USA=real-income", "--objective", "USA=C26:2"), 2, "objective: found USA twice"),
        (("--disagreement", "clam"), 2, "try calm"),
        (("--solution", "fair"), 2, "solution: found 'fair'; expected one of nash, kalai-smorodinsky, equal-gains"),
        (("--closure", "balanced"), 2, "expected one of purged, file"),
        (("--out", "bundle"), 2, "which exists"),
    ],
)
def test_what_cannot_be_asked(
    inside: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, told: str
) -> None:
    found, out, err = said(capsys, "talks", "toy.yaml", *words)
    assert found == code
    assert told in err
    assert out == ""


def test_a_file_without_talks_or_with_too_many_packages(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, _, rest = PLACED.partition("talks:\n")
    bare = "\n".join(line for line in head.splitlines() if "unless" not in line)
    (inside / "bare.yaml").write_text(bare + "\n")
    code, _, err = said(capsys, "talks", "bare.yaml")
    assert code == 3
    assert "bare.yaml: talks: found none; expected issues with choices" in err
    rates = ", ".join(f"+{k}pp" for k in range(1, 200))
    (inside / "many.yaml").write_text(f"{head}talks:\n{rest}".replace("[+20pp, +10pp, dropped]", f"[{rates}]"))
    code, _, err = said(capsys, "talks", "many.yaml")
    assert code == 3
    assert "found 7164 packages" in err
    assert "try 113 of the 199 choices of 'force'" in err


def test_the_bundle_holds_and_solves_again(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = read_bundle(inside / "bundle")
    assert bundle.branches == ("no-deal", "deal")
    assert bundle.manifest["inputs"]["talks"]["closure"] == "purged"
    assert bundle.manifest["inputs"]["closure"]["deficits"] == "balanced"
    assert bundle.manifest["repeat"] == "detente talks scenario.yaml --solution nash --closure purged"
    assert set(check_bundle(inside / "bundle")) == {"no-deal", "deal"}
    assert max(check_rerun(inside / "bundle").values()) <= 1e-10
    code, out, _ = said(capsys, "verify", "bundle")
    assert code == 0
    assert "deal: largest residual recomputed from the file" in out
    table = pd.read_parquet(inside / "bundle" / "tables" / "talks_packages.parquet")
    assert len(table) == 108
    assert table["gain_usa_pp"].dtype == float
    assert table["rational"].dtype == bool
    again = dt.talks(str(inside / "bundle" / "scenario.yaml"))
    assert (again.packages["gain_usa_pp"] - table["gain_usa_pp"]).abs().max() < 1e-9


def test_a_bundle_whose_packages_were_altered_is_refused(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(inside / "bundle", inside / "altered")
    path = inside / "altered" / "tables" / "talks_packages.parquet"
    table = pd.read_parquet(path)
    table.loc[5, "gain_usa_pp"] += 0.01
    table.to_parquet(path)
    with pytest.raises(CheckError, match="sha256"):
        check_bundle(inside / "altered")
    stored = sys.modules["detente.report.stored"]
    monkeypatch.setattr(stored, "file_sha256", lambda path: _stated(inside / "altered", path))
    with pytest.raises(CheckError, match=r"gains that moved by 1.0e-02"):
        check_rerun(inside / "altered")


def _stated(folder: Path, path: Path) -> str:
    manifest = json.loads((folder / "manifest.json").read_text())
    return str(manifest["files"][path.relative_to(folder).as_posix()]["sha256"])


def test_the_bundle_of_the_file_s_closure_and_of_no_deal_at_all(
    inside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "talks", "toy.yaml", "-q", "--closure", "file", "--out", "filed")[0] == 0
    assert read_bundle(inside / "filed").manifest["inputs"]["closure"]["deficits"] == "world-share"
    assert max(check_rerun(inside / "filed").values()) <= 1e-10
    text = PLACED
    for old, player in (("imposed, suspended]}\n    threat", "USA"), ("imposed, dropped]}\n    force", "USA")):
        first, choice, rest = old.partition("]}")
        word = first.split(", ")[1]
        text = text.replace(old, f"{first}], worth: {{{player}: {{{word}: -50pp}}}}}}{rest}")
        assert choice
    text = text.replace("[+20pp, +10pp, dropped]", "[+20pp, +10pp], worth: {USA: {+10pp: -9pp}}")
    text = text.replace('[imposed, dropped, ">= 120% of base"]', "[imposed, dropped], worth: {CHN: {dropped: -8pp}}")
    text = text.replace("[imposed, 90% of base, suspended]", "[imposed, suspended], worth: {CHN: {suspended: -7pp}}")
    (inside / "war.yaml").write_text(text)
    code, out, _ = said(capsys, "talks", "war.yaml", "-q", "--out", "war")
    assert code == 0
    assert "32 packages, 0 deals that nobody refuses" in out
    assert "no package is accepted by everybody" in out
    assert re.search(r"^  smallest largest shortfall, short by \d", out, re.M)
    assert re.search(r"^  all but USA accept, short by ", out, re.M)
    assert "with what the file says choices are worth beyond trade" in out
    assert read_bundle(inside / "war").branches == ("no-deal", "least-bad")


def test_an_interrupt_prints_what_is_done(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(what: str, done: int, total: int) -> None:
        if done == 40:
            raise KeyboardInterrupt

    class Told:
        def __enter__(self) -> Any:
            return tell

        def __exit__(self, *error: object) -> None:
            return None

    monkeypatch.setattr(body, "reported", Told)
    code, out, err = said(capsys, "talks", "toy.yaml", "-q", "--out", "part")
    assert code == 130
    assert "40 of 112 laws solved; the rest is not ranked\ninterrupted" in err
    assert "; not ranked: 68 CANCELLED" in out
    assert "40 CERTIFIED" in out
    table = pd.read_parquet(inside / "part" / "tables" / "talks_packages.parquet")
    assert (table["status"] == "CANCELLED").sum() == 68
    assert check_bundle(inside / "part")
    assert read_bundle(inside / "part").manifest["inputs"]["talks"]["solved"] == 40


def test_progress_is_on_a_terminal_only(inside: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with bars.reported() as progress:
        progress("packages", 1, 2)
    assert said(capsys, "talks", "toy.yaml", "-q")[2] == ""


def test_objectives_as_typed() -> None:
    assert read_objectives(["USA=C26:2,A01:1", "CHN=real-income"]) == {
        "USA": {"C26": "2", "A01": "1"},
        "CHN": "real-income",
    }
    with pytest.raises(UsageError, match="expected PLAYER=real-income"):
        read_objectives(["=real-income"])


def test_from_python(inside: Path) -> None:
    found = dt.talks("toy.yaml", solution="equal-gains")
    assert isinstance(found, dt.Talks)
    assert found.solution is not None
    again = dt.solve(world().purged(), wedges=found.solution.wedges, closure="balanced")
    assert 100 * (again.welfare_hat[0] - 1) == pytest.approx(found.solution.real_income_pct["USA"], abs=1e-7)
    with pytest.raises(UsageError, match="found a Baseline; expected a scenario"):
        dt.talks(world())
    with pytest.raises(UsageError, match="method: found 'war'"):
        dt.talks("toy.yaml", method="war")


def test_a_package_without_a_certificate_is_exit_4(
    inside: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = sys.modules["detente.scenario.talks"]
    solve_all = room.evaluate_many

    def changed(*arguments: Any, **how: Any) -> Any:
        for number, each in enumerate(solve_all(*arguments, **how)):
            lost = replace(each, certificate=replace(each.certificate, status="NOT_SOLVED", grade=""))
            yield lost if number == 5 else each

    monkeypatch.setattr(room, "evaluate_many", changed)
    code, out, _ = said(capsys, "talks", "toy.yaml", "-q")
    assert code == 4
    assert "; not ranked: 1 NOT_SOLVED" in out
    assert "111 CERTIFIED, 1 NOT_SOLVED" in out
    code, out, _ = said(capsys, "talks", "toy.yaml", "-q", "--json")
    found = json.loads(out)
    assert (code, found["status"]) == (4, "NOT_SOLVED")
    assert [row["gain_usa_pp"] for row in found["tables"]["packages"]].count(None) == 1
