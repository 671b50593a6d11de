"""Exports: every format read back, formulas made harmless, refusals first, bundles as they were."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray
from scipy.io import loadmat

import detente as dt
from detente.baseline.catalogue import load_baseline
from detente.cli import execute
from detente.core.errors import CheckError, MissingDataError, UsageError
from detente.core.result import Result
from detente.report import bundle as bundle_module
from detente.report import pages
from detente.report.bundle import write_bundle
from detente.report.cite import bibtex
from detente.report.content import csv_text, safe_text
from detente.report.exports import SUFFIXES, arrays, checked
from detente.report.exports.carried import Carried, carried
from detente.report.exports.latex import escaped
from detente.report.exports.plain import write_stata
from detente.report.exports.replication import readme
from detente.report.exports.words import COLUMNS
from detente.report.revive import read_run
from detente.report.select import view
from detente.report.tables import run_tables
from detente.scenario.execute import ScenarioRun, run_scenario

CASE = "us-china-2025-10"
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx")


@pytest.fixture(scope="module")
def run() -> ScenarioRun:
    """Return two solved branches."""
    return run_scenario(CASE, branches=["main", "threat"])


@pytest.fixture(scope="module")
def bundle(run: ScenarioRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle without its report, which other tests make."""
    patch = pytest.MonkeyPatch()
    patch.setattr(bundle_module, "write_report", lambda shown, path: path.write_text("<!doctype html>"))
    try:
        return write_bundle(run, tmp_path_factory.mktemp("bundle") / "court")
    finally:
        patch.undo()


@pytest.fixture(scope="module")
def single() -> Result:
    """Return one result without a scenario."""
    base = load_baseline("world-2022")
    tariffs = np.array(base.tariffs)
    usa, chn = base.countries.index("USA"), base.countries.index("CHN")
    tariffs[chn, usa, 0] += 0.1
    return dt.solve(base, tariffs)


def columns(run: ScenarioRun, name: str = "countries") -> dict[str, list[Any]]:
    """Return a table of a run as it is in files."""
    return dict(run_tables(view(run)))[name]


def same(frame: pd.DataFrame, expected: dict[str, list[Any]]) -> None:
    """Require the columns of a frame to be those of a table: numbers to the last bit, text as it is."""
    for name, values in expected.items():
        found = frame[name].tolist()
        if any(isinstance(value, str) for value in values):
            assert [str(value) for value in found] == values, name
        else:
            assert np.array_equal(np.array(found, float), np.array(values, float), equal_nan=True), name


def test_stata_is_read_back_equal_with_labels(run: ScenarioRun, tmp_path: Path) -> None:
    path = dt.export(run, tmp_path / "x.dta")[0]
    expected = columns(run)
    same(pd.read_stata(path, convert_categoricals=False), expected)
    with pd.io.stata.StataReader(path) as reader:
        frame = reader.read()
        labels, values = reader.variable_labels(), reader.value_labels()
        assert reader.data_label == "US-China, the eve of the Korea meeting; change against the law of 2025-01-01"[:80]
    assert labels["country"] == "economy (ISO3) or group"
    assert labels["value"] == "number, in unit"
    assert all(re.fullmatch(r"[a-z_][a-z0-9_]{0,31}", name) for name in frame.columns)
    assert all(0 < len(text) <= 80 for text in labels.values())
    assert set(frame["country_label"]) >= {"China", "Viet Nam"}
    assert "exact change of real income (%)" in set(frame["variable_label"])
    assert values


@pytest.mark.parametrize("name", ["sectors", "instruments", "pairs", "diversion", "pressure"])
def test_stata_takes_every_table(run: ScenarioRun, tmp_path: Path, name: str) -> None:
    path = dt.export(run, tmp_path / "x.dta", tables=[name])[0]
    same(pd.read_stata(path, convert_categoricals=False), columns(run, name))


def test_stata_gives_the_same_bytes(run: ScenarioRun, tmp_path: Path) -> None:
    first, second = (dt.export(run, tmp_path / name)[0].read_bytes() for name in ("a.dta", "b.dta"))
    assert first == second


def test_a_workbook_is_read_back_equal(run: ScenarioRun, tmp_path: Path) -> None:
    path = dt.export(run, tmp_path / "x.xlsx")[0]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[:3] == ["Contents", "Assumptions", "countries"]
    for name in book.sheetnames[2:]:
        rows = list(book[name].iter_rows(values_only=True))
        expected = columns(run, name)
        assert list(rows[0]) == list(expected)
        found = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
        for key, values in expected.items():
            assert list(found[key]) == values, (name, key)
    assert book["countries"].freeze_panes == "A2"
    assert book["countries"].auto_filter.ref
    told = {row[0]: row[1] for row in book["Assumptions"].iter_rows(values_only=True)}
    assert told["compared with"] == "the law of 2025-01-01"
    assert "LEVEL ASSUMED" in told["measure cn-soy-boycott"]
    assert (
        "does not apply: threatened" in told["measure us-threat-100"] or "branches (b)" in told["measure us-threat-100"]
    )
    assert told["certificate main"].startswith("CERTIFIED A")
    with zipfile.ZipFile(path) as archive:
        sheets = b"".join(archive.read(name) for name in archive.namelist() if "worksheets" in name)
    assert b"<f>" not in sheets


def test_csv_and_parquet_are_read_back_equal(run: ScenarioRun, tmp_path: Path) -> None:
    expected = columns(run)
    same(pd.read_csv(dt.export(run, tmp_path / "x.csv")[0], keep_default_na=False), expected)
    same(pq.read_table(dt.export(run, tmp_path / "x.parquet")[0]).to_pandas(), expected)


def test_netcdf_and_matlab_are_read_back_equal(run: ScenarioRun, tmp_path: Path) -> None:
    path = dt.export(run, tmp_path / "x.nc")[0]
    with xarray.open_dataset(path, engine="h5netcdf") as root:
        assert (root["flows"].sel(origin="CHN", dest="USA").values == run.base.flows[
            run.base.countries.index("CHN"), run.base.countries.index("USA")]).all()  # fmt: skip
        assert root["flows"].attrs["units"] == "MUSD"
        assert "law of 2025-01-01" in root.attrs["title"]
    for branch, result in run.items():
        with xarray.open_dataset(path, engine="h5netcdf", group=branch) as found:
            assert (found["welfare_hat"].values == result.welfare_hat).all()
            assert (found["flows_new"].values == result.flows_new).all()
            assert found.attrs["certificate"] == result.certificate.line
    content = loadmat(dt.export(run, tmp_path / "x.mat")[0], simplify_cells=True)
    assert list(content["countries"]) == list(run.base.countries)
    assert (content["branch_threat"]["welfare_hat"] == run["threat"].welfare_hat).all()
    assert content["flows"].shape == run.base.flows.shape


def test_latex_has_unit_and_comparator_and_balanced_braces(run: ScenarioRun, tmp_path: Path) -> None:
    text = dt.export(run, tmp_path / "x.tex")[0].read_text()
    assert "change against the law of 2025-01-01" in text
    assert r"real income, \%" in text
    assert text.count("{") == text.count("}")
    assert text.count(r"\begin") == text.count(r"\end") == 2
    body = [line for line in text.splitlines() if line.endswith(r"\\") and "multicolumn" not in line]
    assert {line.count(" & ") for line in body} == {6}
    assert len(body) == 1 + 2 * len(view(run).countries)
    assert escaped("50% & $x_{1}$ #~^\\") == (
        r"50\% \& \$x\_\{1\}\$ \#\textasciitilde{}\textasciicircum{}\textbackslash{}"
    )
    with pytest.raises(UsageError, match=r"flows: found \d+ rows; expected at most 400"):
        dt.export(run, tmp_path / "y.tex", tables=["flows"])
    assert r"us-port-fees" in dt.export(run, tmp_path / "z.tex", tables=["instruments"])[0].read_text()


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<svg "), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_pictures(run: ScenarioRun, tmp_path: Path, suffix: str, start: bytes) -> None:
    written = dt.export(run, tmp_path / f"x{suffix}", figures=["rates", "map", "packages"])
    assert [path.name for path in written] == [f"x-rates{suffix}", f"x-map{suffix}"]
    assert all(path.read_bytes().startswith(start) for path in written)
    with pytest.raises(UsageError, match="nothing to show"):
        dt.export(run, tmp_path / f"y{suffix}", figures=["packages"])


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_made_harmless_and_numbers_stay(text: str, run: ScenarioRun, tmp_path: Path) -> None:
    item = carried(run)
    evil = {"country": [text, "safe"], "value": [-0.42, None], text: [text, "x"]}
    hostile = replace(item, title=text, tables={"countries": evil}, facts=((text, text),))
    assert safe_text(text) == f"'{text}"
    assert safe_text("a=1") == "a=1"
    rows = list(csv.reader(io.StringIO(csv_text(evil), newline="")))
    assert rows[1] == [f"'{text}", "-0.42", f"'{text}"]
    assert rows[0][2] == f"'{text}"
    from detente.report.exports.workbook import write_workbook

    path = tmp_path / "x.xlsx"
    write_workbook(hostile, ("countries",), path)
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith(("=", "+", "-", "@"))]
    assert book["countries"]["B2"].value == -0.42


def test_a_single_result_is_exported_too(single: Result, tmp_path: Path) -> None:
    frame = pd.read_stata(dt.export(single, tmp_path / "x.dta")[0], convert_categoricals=False)
    expected = single.columns("countries")
    same(frame, expected)
    assert "branch" not in frame
    with pytest.raises(UsageError, match="expected a run of a scenario"):
        dt.export(single, tmp_path / "x.svg")
    with pytest.raises(UsageError, match="for a replication package"):
        dt.export(single, tmp_path / "x.zip")
    with pytest.raises(UsageError, match="found int; expected what"):
        dt.export(3, tmp_path / "x.csv")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == [tmp_path / "x.dta"]


def test_refusals_come_before_anything_is_written(run: ScenarioRun, tmp_path: Path) -> None:
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("x.xls", {}, r"found 'x.xls'; expected a file that ends in \.csv.*try x\.xlsx"),
        ("x", {}, "found 'x'"),
        ("x.csv", {"tables": ["countrys"]}, "found 'countrys'.*try 'countries'"),
        ("x.csv", {"figures": ["map"]}, "which is no picture"),
        ("x.svg", {"tables": ["countries"]}, "which holds no tables"),
        ("x.svg", {"figures": ["mapp"]}, "found 'mapp'.*try 'map'"),
    ]
    for name, options, message in wrong:
        with pytest.raises(UsageError, match=message):
            dt.export(run, tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []
    assert checked(Path("a.CSV")) == ".csv"
    assert len(SUFFIXES) == 11


def test_a_file_is_replaced_only_by_force(run: ScenarioRun, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine")
    with pytest.raises(UsageError, match="found a file; expected a new path"):
        dt.export(run, path)
    assert path.read_text() == "mine"
    dt.export(run, path, force=True)
    assert path.read_text().startswith("scenario,branch,country")
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_a_file_that_could_not_be_written(
    run: ScenarioRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        dt.export(run, tmp_path / "x.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(run: ScenarioRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(MissingDataError, match=r"pip install 'detente\[matlab\]'"):
        dt.export(run, tmp_path / "x.mat")
    assert list(tmp_path.iterdir()) == []


def test_a_column_that_stata_cannot_name_is_refused(run: ScenarioRun, tmp_path: Path) -> None:
    item: Carried = replace(carried(run), tables={"t": {"a" * 33: [1.0]}})
    with pytest.raises(UsageError, match="at most 32"):
        write_stata(item, "t", tmp_path / "x.dta")


def test_every_column_of_every_table_has_a_meaning(run: ScenarioRun) -> None:
    known = {name for _, found in run_tables(view(run)) for name in found}
    assert known <= set(COLUMNS)
    assert all(len(text) <= 80 for text in COLUMNS.values())


def entries(text: str) -> dict[str, dict[str, str]]:
    """Return BibTeX entries by key; braces must balance."""
    found: dict[str, dict[str, str]] = {}
    for block in text.strip().split("\n\n"):
        head = re.match(r"@(\w+)\{([a-z0-9_]+),\n", block)
        assert head is not None, block
        assert block.count("{") == block.count("}"), block
        assert head[2] not in found
        found[head[2]] = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", block, re.MULTILINE))
    return found


def test_citations_name_program_model_data_elasticities_and_acts(run: ScenarioRun, single: Result) -> None:
    found = entries(dt.cite(run))
    assert {"detente", "caliendo_parro_2015", "oecd_icio_2025", "bea_io_2017", "elasticities_fgo"} <= set(found)
    assert found["elasticities_bsy"]["author"] == "Bagwell and Staiger and Yurukoglu"
    assert found["detente"]["version"] == dt.__version__
    titles = " ".join(entry.get("title", "") for entry in found.values())
    assert "Executive Order 14228" in titles
    assert "President's post" in titles
    assert all(entry.get("title") or (entry["author"] and entry["year"]) for entry in found.values())
    plain = entries(dt.cite(single))
    assert "bea_io_2017" not in plain
    assert not [key for key in plain if key.startswith("act_")]
    one = single.baseline.replace(elasticity_set="CP", id="mine", meta={"licence": "ours & theirs"})  # type: ignore[attr-defined]
    own = entries(bibtex(replace(single, baseline=one)))
    assert [key for key in own if key.startswith("elasticities")] == ["elasticities_cp"]
    assert own["data_mine"]["note"] == r"ours \& theirs"


def test_a_replication_package_has_what_journals_ask_for(run: ScenarioRun, tmp_path: Path) -> None:
    path = dt.export(run, tmp_path / "x.zip", figures=["rates", "real-income"])[0]
    with zipfile.ZipFile(path) as archive:
        names = {name.removeprefix("replication/") for name in archive.namelist()}
        text = archive.read("replication/README.md").decode()
        scenario = archive.read("replication/scenario.yaml")
        requirements = archive.read("replication/requirements.txt").decode()
        countries = archive.read("replication/output/tables/countries.csv").decode()
    assert {"README.md", "run.sh", "run.py", "requirements.txt", "scenario.yaml", "citations.bib"} <= names
    assert {"output/headline.tex", "output/figures/rates-USA-CHN.pdf", "output/figures/real-income-main.csv"} <= names
    for head in ("Data availability", "Computational requirements", "Programs", "What makes what", "References"):
        assert f"## {head}" in text
    assert run.base.sha256 in text
    assert "| cn-soy-boycott |" in text
    assert "| ours |" in text
    assert countries == csv_text(columns(run))
    assert f"detente=={dt.__version__}" in requirements
    (tmp_path / "scenario.yaml").write_bytes(scenario)
    again = dt.scenario(tmp_path / "scenario.yaml")
    assert again.sha256 == run.scenario.sha256
    assert text == readme(carried(run), view(run))


def test_a_bundle_is_read_back_as_the_run_that_it_was(run: ScenarioRun, bundle: Path) -> None:
    again = read_run(bundle)
    assert list(again) == list(run)
    assert again.base.sha256 == run.base.sha256
    assert again.comparator == run.comparator
    for name in run:
        for key, array in run[name].arrays.items():
            assert (again[name].arrays[key] == array).all(), key
        assert again[name].certificate == run[name].certificate
        assert again[name].bounds == run[name].bounds
        assert again.plans[name].regime == run.plans[name].regime
    mine, theirs = (dict(run_tables(view(each))) for each in (run, again))
    assert mine == theirs


def test_a_bundle_whose_comparator_has_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle_module, "write_report", lambda shown, path: path.write_text("<!doctype html>"))
    case = dt.scenario(CASE).replace(compare_to=dt.scenario(CASE).as_of.replace(month=3, day=5))
    plain = ["us-tech-controls", "us-port-fees", "cn-soy-boycott", "cn-licence-april", "cn-port-fees"]
    for name in plain:
        case = case.drop(name)
    run = run_scenario(case, branches=["main"])
    assert run.base.sha256 != load_baseline("world-2022").sha256
    again = read_run(write_bundle(run, tmp_path / "b"))
    assert dict(run_tables(view(again))) == dict(run_tables(view(run)))


def test_a_damaged_certificate_is_a_failed_check(bundle: Path, tmp_path: Path) -> None:
    from detente.report.bundle import digest
    from detente.report.layout import MANIFEST, NAMES

    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((bundle / name).read_bytes())

    def rewritten(change: Callable[[dict[str, Any]], None]) -> None:
        content = json.loads((bundle / MANIFEST).read_text())
        content.pop("seal")
        change(content)
        (tmp_path / MANIFEST).write_text(json.dumps({**content, "seal": digest(content)}))

    rewritten(lambda content: content["certificates"]["main"].pop("grade"))
    with pytest.raises(CheckError, match="a damaged certificate"):
        read_run(tmp_path)
    rewritten(lambda content: content["inputs"]["baseline"].update(comparator_sha256="0" * 64))
    with pytest.raises(CheckError, match="a world with checksum"):
        read_run(tmp_path)


def test_the_verbs(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert execute(["export", str(bundle), "--to", "x.dta", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "OK"
    assert found["files"] == [{"path": "x.dta", "bytes": (tmp_path / "x.dta").stat().st_size}]
    assert execute(["export", str(bundle), "--to", "x.dta"]) == 2
    assert "try --force" in capsys.readouterr().err
    assert execute(["export", str(bundle), "--to", "y.csv", "--tables", "pairs,countries"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("y-pairs.csv · ")
    assert execute(["export", str(bundle), "--branch", "main", "--to", "z.csv"]) == 2
    assert "solved already" in capsys.readouterr().err
    assert execute(["export", str(bundle), "--to", "z.doc"]) == 2
    assert execute(["export", "nothing-here", "--to", "z.csv"]) != 0
    capsys.readouterr()
    assert execute(["cite", str(bundle)]) == 0
    assert "elasticities_fgo" in entries(capsys.readouterr().out)
    monkeypatch.setattr(pages, "vega_js", lambda: b"0")
    assert execute(["report", str(bundle), "--country", "DEU", "--to", "r.html"]) == 0
    assert "report: r.html · " in capsys.readouterr().out
    assert "<h2>Germany: change against the law of 2025-01-01</h2>" in (tmp_path / "r.html").read_text()
    assert execute(["report", str(bundle), "--country", "UK", "--to", "s.html"]) == 2
    assert "try GBR" in capsys.readouterr().err
    assert execute(["report", str(bundle), "--to", "r.html"]) == 2
    assert execute(["report", str(bundle), "--to", str(bundle / "report.html"), "--force"]) == 2
    assert "outside the bundle" in capsys.readouterr().err
    assert not (tmp_path / "s.html").exists()


def test_the_verbs_of_python_are_public() -> None:
    assert {"export", "cite", "report"} <= set(dir(dt))
    assert arrays.matlab_name("full-exchange") == "branch_full_exchange"
