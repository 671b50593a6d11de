"""The HTTP API as R, Stata and scripts meet it: states in, certified numbers out, every problem with its line."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import pytest

import detente as dt
from serving import Server, served

CASE = "us-china-2025-10"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("mine")
    (folder / "mine.yaml").write_text(MINE, encoding="utf-8")
    with served(str(folder)) as found:
        yield found


@pytest.fixture(scope="module")
def run() -> dt.ScenarioRun:
    case = dt.scenario(CASE).drop(authority="ieepa").set("us-threat-100", "+60pp").include("us-threat-100")
    return dt.run(case, branches=["main"])


STATE = {"case": CASE, "drop": ["authority=ieepa"], "include": ["us-threat-100"], "set": ["us-threat-100=+60pp"]}


def query(**more: object) -> str:
    return urlencode({**STATE, **more}, doseq=True)


def value(rows: list[dict[str, object]], country: str, variable: str) -> object:
    return next(row["value"] for row in rows if row["country"] == country and row["variable"] == variable)


def test_numbers_are_those_of_the_package(server: Server, run: dt.ScenarioRun) -> None:
    got = server.ask("GET", f"/api/results?{query()}").json
    posted = server.ask("POST", "/api/solve", STATE).json
    assert got == posted
    assert next(iter(got)) == "status"
    assert got["status"] == "CERTIFIED"
    assert got["comparator"] == run.comparator
    main = got["branches"]["main"]
    assert main["certificate"]["status"] == "CERTIFIED"
    own = run["main"].columns("countries")
    wanted = {(c, v): x for c, v, x in zip(own["country"], own["variable"], own["value"], strict=True)}
    for row in main["countries"]:
        assert row["value"] == pytest.approx(wanted[row["country"], row["variable"]], rel=1e-12, abs=1e-12)
    assert "us-fentanyl" in main["not_applied"]
    assert "us-threat-100" in main["applied"]
    assert got["repeat"] == (
        f"detente run {CASE} --include us-threat-100 --drop authority=ieepa --set us-threat-100=+60pp"
    )


def test_tables_come_in_every_format_and_say_the_same(server: Server, run: dt.ScenarioRun, tmp_path: Path) -> None:
    found = {
        form: server.ask("GET", f"/api/tables/countries.{form}?{query()}")
        for form in ("json", "csv", "dta", "xlsx", "parquet")
    }
    assert {form: answer.status for form, answer in found.items()} == dict.fromkeys(found, 200)
    rows = found["json"].json["rows"]
    assert found["json"].json["status"] == "CERTIFIED"
    assert found["csv"].headers["content-disposition"] == 'attachment; filename="countries.csv"'
    read = list(csv.DictReader(io.StringIO(found["csv"].body.decode())))
    assert [float(row["value"]) for row in read] == [row["value"] for row in rows]
    frame = pd.read_stata(io.BytesIO(found["dta"].body))
    assert frame["value"].tolist() == [row["value"] for row in rows]
    assert pd.read_parquet(io.BytesIO(found["parquet"].body))["value"].tolist() == [row["value"] for row in rows]
    assert zipfile.ZipFile(io.BytesIO(found["xlsx"].body)).testzip() is None
    own = run["main"].columns("countries")
    assert len(rows) == len(own["value"])


def test_the_pair_of_a_table_is_the_one_asked_for(server: Server) -> None:
    found = server.ask("GET", f"/api/tables/diversion.json?{query(by='USA', against='MEX')}").json["rows"]
    assert {(row["by"], row["against"]) for row in found} == {("USA", "MEX")}
    assert server.ask("GET", f"/api/tables/diversion.json?{query(by='USA', against='ZZZ')}").status == 422


@pytest.mark.parametrize("name", ["report.html", "scenario.yaml", "bundle.zip", "results.xlsx", "references.bib"])
def test_files(server: Server, name: str) -> None:
    found = server.ask("GET", f"/files/{name}?{query()}")
    assert found.status == 200
    assert f'filename="{name}"' in found.headers["content-disposition"]


def test_a_bundle_from_the_page_re_runs(server: Server, tmp_path: Path) -> None:
    from detente.report.stored import check_bundle, check_rerun

    archive = zipfile.ZipFile(io.BytesIO(server.ask("GET", f"/files/bundle.zip?{query()}").body))
    archive.extractall(tmp_path)
    check_bundle(tmp_path / CASE)
    assert check_rerun(tmp_path / CASE)["main"] <= 1e-10


def test_a_scenario_is_checked_with_lines_and_gets_an_address(server: Server) -> None:
    text = server.ask("GET", f"/files/scenario.yaml?case={CASE}").body.decode()
    good = server.ask("POST", "/api/scenarios", {"text": text.replace("rate: +20pp", "rate: +5pp"), "case": CASE})
    assert good.status == 200
    assert good.json["status"] == "OK"
    state = {"case": CASE, "edit": good.json["edit"]}
    solved = server.ask("POST", "/api/solve", state).json["branches"]["main"]["countries"]
    wanted = dt.run(dt.scenario(CASE).set("us-fentanyl", "+5pp"), branches=["main"])["main"].columns("countries")
    numbers = {(c, v): x for c, v, x in zip(wanted["country"], wanted["variable"], wanted["value"], strict=True)}
    assert value(solved, "USA", "real_income_pct") == pytest.approx(numbers["USA", "real_income_pct"], rel=1e-12)
    assert server.ask("GET", good.json["address"]).status == 200
    bad = server.ask("POST", "/api/scenarios", {"text": text.replace("rate: +20pp", "rate: 20", 1), "case": CASE})
    assert bad.status == 422
    problem = bad.json["problems"][0]
    line = next(n for n, each in enumerate(text.split("\n"), 1) if "rate: +20pp" in each)
    assert (problem["line"], problem["field"]) == (line, "measures[0].rate")
    assert "with its unit" in problem["expected"]


def test_an_edited_text_may_use_the_tables_of_its_file_and_of_nothing_else(server: Server) -> None:
    own = MINE + "  - {id: b, by: USA, against: WORLD, kind: tariff, table: TABLE, from: 2025-01-01}\n"
    for table in ("/etc/passwd", "../x.csv", "nothing.csv"):
        found = server.ask("POST", "/api/scenarios", {"text": own.replace("TABLE", table), "case": "my/mine"})
        assert found.status == 422
        assert "measures[1].table" in found.body.decode()


def test_what_cannot_be_solved_says_so(server: Server) -> None:
    for path, words in (
        ("/api/results?branch=nothing", "branch: found 'nothing'"),
        ("/api/results?drop=nothing", "nothing: not a measure"),
        ("/api/results?set=us-fentanyl", "expected ID=RATE"),
        ("/api/results?on=2025-02-30", "on: found"),
        (f"/api/results?case={CASE}&elasticities=nothing", "nothing"),
        ("/api/results?nonsense=1", "nonsense"),
        ("/api/results?include=cn-soy-purchases", "cn-soy"),
    ):
        found = server.ask("GET", path)
        assert found.status == 422, path
        assert next(iter(found.json)) == "status"
        assert words in found.body.decode()


def test_files_of_the_folder_are_there_and_change_with_it(server: Server) -> None:
    names = [each["name"] for each in server.ask("GET", "/api/scenarios").json]
    assert names[0] == "my/mine"
    assert CASE in names
    first = server.ask("GET", "/api/results").json
    assert first["scenario"] == "mine"
    folder = Path(server.process.args[4])  # type: ignore[index]
    (folder / "mine.yaml").write_text(MINE.replace("+10pp", "+50pp"), encoding="utf-8")
    second = server.ask("GET", "/api/results").json
    (folder / "mine.yaml").write_text(MINE, encoding="utf-8")
    rows = [each["branches"]["main"]["countries"] for each in (first, second)]
    assert value(rows[0], "WORLD", "real_income_pct") != value(rows[1], "WORLD", "real_income_pct")


def test_a_search_is_a_job_with_progress_and_a_result(server: Server) -> None:
    asked = {"state": {"case": "my/mine"}, "player": "USA", "against": ["CHN"], "vary": "uniform"}
    found = server.ask("POST", "/api/optimal?wait=0", asked)
    assert found.status == 202
    assert next(iter(found.json)) == "status"
    assert found.headers["location"] == f"/api/jobs/{found.json['job']}"
    done = server.until(found.json["job"])
    assert done["status"] == "CERTIFIED"
    result = done["result"]
    assert result["gain_pct"] > 0
    rates = {row["rate_pct"] for row in result["rates"]}
    assert len({round(rate, 6) for rate in rates}) == 1
    assert {(row["by"], row["against"]) for row in result["rates"]} == {("USA", "CHN")}
    assert server.ask("POST", "/api/optimal", asked).json == {**done, "seconds": done["seconds"]}
    page = server.ask("GET", f"/outcome/{found.json['job']}")
    assert "USA gains" in page.body.decode()


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/api/optimal", {"player": "USA", "upper": "100"}, "100"),
        ("/api/optimal", {"player": "USA", "upper": None, "purge": False}, "upper: found no limit"),
        ("/api/optimal", {"player": "ZZZ"}, "ZZZ"),
        ("/api/nash", {"players": ["USA"]}, "players"),
        ("/api/nash", {"players": ["USA", "USA"]}, "USA"),
        ("/api/optimal", {"player": "USA", "starts": 0}, "starts"),
        ("/api/optimal", {"player": "USA", "unknown": 0}, "unknown"),
        ("/api/read", {}, "text: found both or neither"),
        ("/api/draft", {"text": "x", "accept": []}, "accept"),
    ],
)
def test_a_search_that_cannot_be_is_refused(server: Server, path: str, body: object, words: str) -> None:
    found = server.ask("POST", path, body)
    assert found.status == 422
    assert words in found.body.decode()


def test_the_description_is_complete(server: Server) -> None:
    document = server.ask("GET", "/openapi.json").json
    paths = document["paths"]
    assert set(paths) == {
        "/api/scenarios", "/api/schema.json", "/api/results", "/api/solve", "/api/tables", "/api/tables/{name}.{form}",
        "/api/optimal", "/api/nash", "/api/talks", "/api/read", "/api/draft", "/api/jobs/{id}",
    }  # fmt: skip
    assert "measures" in json.dumps(document["components"]["schemas"]["Scenario"])
    for path, methods in paths.items():
        for method, operation in methods.items():
            assert operation["description"], path
            assert ("security" in operation) == (method != "get"), path
            assert {"422", "429", "421"} <= set(operation["responses"]), path
    assert server.ask("GET", "/api/schema.json").json["title"] == "detente scenario"


def test_pages_need_no_token_and_hold_no_foreign_address(server: Server) -> None:
    import re

    text = server.ask("GET", f"/?case={CASE}").body.decode()
    assert "Real income" in text
    for found in re.findall(r"""(?:src|href|action)=["']([^"']*)""", text):
        assert found.startswith(("/", "#", "data:", "figures/")), found
    assert not re.search(r"\son[a-z]+=", text.split("<body>")[1].split("<pre>")[0])
    assert "style=" not in re.sub(r"<script type=\"application/json\".*?</script>", "", text, flags=re.S).replace(
        "stylesheet", ""
    )


def test_static_files_are_fetched_once(server: Server) -> None:
    import re

    text = server.ask("GET", "/").body.decode()
    for address in re.findall(r"/static/[^\"]+", text):
        found = server.ask("GET", address)
        assert found.status == 200
        assert "immutable" in found.headers["cache-control"]
        assert server.ask("GET", address, if_none_match=found.headers["etag"]).status == 304
    assert b"vegaEmbed" in server.ask("GET", next(a for a in re.findall(r"/static/[^\"]+", text) if "vega" in a)).body


MINE = """\
detente: 1
id: mine
title: "=1+1 <img src=x onerror=1>"
as_of: 2025-10-25
baseline: {id: world-2022, allow_year_mismatch: true}
measures:
  - {id: a, by: USA, against: CHN, kind: tariff, sectors: goods, rate: +10pp, from: 2025-01-01}
"""
