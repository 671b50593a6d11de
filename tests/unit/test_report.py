"""The report and the text: escaped, self-contained, small, equal to the tables; and the numbers of table "pairs"."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from detente.baseline.catalogue import PACKAGED
from detente.core.pairs import pair_columns
from detente.core.tables import trade_totals
from detente.report import html
from detente.report.html import report_html, sentence, write_report
from detente.report.pages import csv_link, spec_json
from detente.report.screens import SCREENS
from detente.report.screens.compare import headline_grids
from detente.report.select import view
from detente.report.text import run_text
from detente.report.text_table import number, table
from detente.scenario.execute import ScenarioRun, run_scenario

EVIL = "<img src=x onerror=1>"
CASE = "us-china-2025-10"


@pytest.fixture(scope="module")
def run() -> ScenarioRun:
    """Return two solved branches."""
    return run_scenario(CASE, branches=["main", "threat"])


@pytest.fixture(scope="module")
def page(run: ScenarioRun) -> str:
    """Return the page of both branches."""
    return report_html(
        view(run, without=run_scenario(CASE, branches=["main", "threat"], drop=["cn-energy", "cn-farm"]))
    )


@pytest.fixture(scope="module")
def small() -> ScenarioRun:
    """Return one solved branch without instruments, whose page is made fast."""
    plain = ["us-tech-controls", "us-port-fees", "cn-soy-boycott", "cn-licence-april", "cn-port-fees"]
    return run_scenario(CASE, branches=["main"], drop=plain)


@pytest.fixture(scope="module")
def hostile(small: ScenarioRun) -> ScenarioRun:
    """Return the run with a script for a name wherever a name can be."""
    labels = {**small.base.meta["country_labels"], "MEX": EVIL, "USA": EVIL, "CHN": EVIL}
    sectors = dict.fromkeys(small.base.sectors, EVIL)
    meta = {
        **small.base.meta,
        "country_labels": labels,
        "sector_labels": sectors,
        "known_weaknesses": (EVIL,),
        "licence": EVIL,
    }
    case = small.scenario
    measures = tuple(replace(m, source=replace(m.source, title=EVIL), note=EVIL) for m in case.measures if m.source)
    quoted = [
        replace(m, source=replace(m.source, title=EVIL, quote=EVIL), note=EVIL)
        for m in small.plans["main"].regime.applied
        if m.source
    ]
    plan = replace(
        small.plans["main"], regime=replace(small.plans["main"].regime, applied=tuple(quoted)), warnings=(EVIL,)
    )
    base = small.base.replace(meta=MappingProxyType(meta))
    return replace(
        small,
        scenario=case.replace(title=EVIL, measures=measures, path="", author=EVIL),
        base=base,
        plans={"main": plan},
    )


class Tags(HTMLParser):
    """Collect tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    """Return every tag of a page with its attributes."""
    parser = Tags()
    parser.feed(page)
    return parser.found


def without_scripts(page: str) -> str:
    """Return a page without the program at its end."""
    return re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def test_the_page_is_small_and_self_contained(page: str) -> None:
    assert len(page.encode()) < 3_000_000
    for tag, attributes in tags(page):
        assert tag not in ("link", "iframe", "object", "img", "base", "form")
        assert not {"src", "xlink:href", "action", "style", "srcset"} & set(attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith(("#", "data:text/csv")), attributes
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", without_scripts(page)))
    assert addresses <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
        "https://vega.github.io/schema/vega-lite/v6.json",
    }
    assert "@import" not in page
    assert "url(http" not in page


def test_the_policy_of_the_page_allows_its_own_style_and_scripts_and_nothing_else(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert (len(style), len(scripts)) == (1, 2)

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    rules = policy[1].replace("&#39;", "'").split("; ")
    assert rules == [
        "default-src 'none'",
        f"style-src 'sha256-{digest(style[0])}'",
        "script-src " + " ".join(f"'sha256-{digest(text)}'" for text in scripts) + " ",
        "img-src data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_everything_is_escaped(hostile: ScenarioRun) -> None:
    page = report_html(view(hostile))
    assert EVIL not in page
    assert not [tag for tag, _ in tags(page) if tag == "img"]
    assert page.count("&lt;img src=x onerror=1&gt;") > 20
    assert "\\u003cimg src=x onerror=1\\u003e" in page
    assert [tag for tag, _ in tags(page)].count("script") == 2 + page.count('<script type="application/json"')


def test_data_of_a_script_element_hold_no_mark_that_ends_it() -> None:
    text = str(spec_json({"a": "</script><!--", "b": "a & b"}))
    assert "<" not in text
    assert ">" not in text
    assert json.loads(text) == {"a": "</script><!--", "b": "a & b"}


def test_a_link_holds_a_whole_table() -> None:
    from urllib.parse import unquote

    link = csv_link({"a": ['=1+1"', "b"], "value": [-0.42, None]})
    assert unquote(link) == 'data:text/csv;charset=utf-8,a,value\r\n"\'=1+1""",-0.42\r\nb,\r\n'
    assert '"' not in link
    assert "&" not in link


def test_figures_have_alternatives_tables_data_and_code(page: str) -> None:
    figures = re.findall(r"<figure id=\"([^\"]+)\".*?</figure>", page, re.DOTALL)
    assert len(figures) == len(set(figures)) == 13
    bodies = re.findall(r"<figure .*?</figure>", page, re.DOTALL)
    for body in bodies:
        assert body.count("<svg role=") == 1
        assert body.count('class="spec"') == 1
        assert body.count("<summary>Table: ") == 1
        assert body.count('href="data:text/csv') == 1
        assert "detente export" in body
        label = re.search(r'aria-label="([A-Z][a-z]+ ?[a-z]*[^"]*)"', body)
        assert label is not None
    assert "style=" not in without_scripts(page)


def test_every_title_names_the_unit_and_the_comparator(page: str) -> None:
    titles = re.findall(r"<figcaption>([^<]+)", page)
    for title in titles:
        assert re.search(r"%|USD|log points|by day", title), title
    compared = [
        title for title in titles if re.search(r"against|weighted|law of the day|by day|producer|without", title)
    ]
    assert len(compared) >= len(titles) - 2, set(titles) - set(compared)


def test_all_screens_are_there_but_those_of_draws_talks_and_odds(page: str) -> None:
    found = re.findall(r'<section id="([a-z]+)"', page)
    assert found == [screen.name for screen in SCREENS if screen.name not in ("talks", "sure", "tree")]
    assert re.findall(r'<a href="#([a-z]+)"', page) == found


def test_the_page_says_what_must_be_known(page: str) -> None:
    for text in (
        "against the law of 2025-01-01",
        "closure world-share",
        "CERTIFIED A",
        "goods_market",
        "level assumed",
        "no: threatened",
        "no frictions: a long-run model",
        "flows 2022",
        "set default",
        "detente run scenario.yaml --branch main,threat",
        "Real income without the assumed measures",
        " rows of us-others.</p>",
        "for each person",
        "an amount per household needs a table of households",
        "deadline 2025-11-10",
    ):
        assert text in page, text


def test_the_headline_table_equals_the_tables(run: ScenarioRun) -> None:
    shown = view(run)
    grid = headline_grids(shown)[0]
    frame = run["main"].table("countries").set_index(["country", "variable"])["value"]
    row = next(row for row in grid.rows if row[0].startswith("CHN"))
    assert row[1] == number(frame["CHN", "real_income_pct"], change=True).replace("-", "\u2212")
    assert sentence(shown).startswith("Real income against the law of 2025-01-01: United States \u22120.0")
    assert len(headline_grids(view(run_scenario(CASE)))) == 6


def test_a_scenario_without_a_pair_has_a_page(small: ScenarioRun) -> None:
    shown = replace(view(small), focus=None)
    page = report_html(shown)
    assert 'id="diversion"' not in page
    assert "Imports of" not in sentence(shown)


def test_a_world_that_says_nothing_about_itself_has_a_page(small: ScenarioRun) -> None:
    kept = {name: small.base.meta[name] for name in ("satellites",)}
    silent = replace(small, base=small.base.replace(meta=MappingProxyType(kept)))
    assert f"81 economies x {len(small.base.sectors)} sectors" in report_html(view(silent))


def test_write_report_takes_a_run_and_appears_complete(
    small: ScenarioRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "report_html", lambda *a: "<!doctype html>")
    path = write_report(small, tmp_path / "r.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    monkeypatch.setattr(Path, "replace", lambda *a: (_ for _ in ()).throw(OSError(13, "denied")))
    with pytest.raises(OSError, match="denied"):
        write_report(small, tmp_path / "s.html")
    assert [each.name for each in tmp_path.iterdir()] == ["r.html"]


@pytest.mark.parametrize(
    ("value", "change", "expected"),
    [
        (0.0, True, "0"),
        (-1e-9, True, "0"),
        (-0.0194, True, "-0.019"),
        (0.4454, True, "+0.445"),
        (3.9987, False, "4.00"),
        (-18.568, True, "-18.6"),
        (208876.8, True, "+209,000"),
        (999.6, False, "1,000"),
        (None, True, "-"),
        (float("nan"), True, "-"),
    ],
)
def test_three_digits(value: float | None, change: bool, expected: str) -> None:
    assert number(value, change=change) == expected


def test_tables_are_aligned_and_fit(run: ScenarioRun) -> None:
    assert table(["", "b"], [["x", "10"], ["long", "1"]]).splitlines() == ["       b", "x     10", "long   1"]
    shown = view(run)
    narrow = run_text(shown, width=60)
    rows = [line for line in narrow.splitlines() if line.startswith("real income, %")]
    assert len(rows) > 2
    assert max(map(len, rows)) <= 60
    assert "diversion" not in narrow
    assert "diversion" in run_text(shown, detail=True)


def test_countries_default_to_the_file_and_then_to_the_largest(run: ScenarioRun) -> None:
    assert view(run).countries == run.scenario.report_countries
    plain = replace(run, scenario=run.scenario.replace(report_countries=()))
    assert view(plain).countries[:2] == ("USA", "CHN")
    assert view(plain).countries[-1] == "WORLD"
    groups = replace(run, scenario=run.scenario.replace(groups={"PAIR": ("USA", "CHN")}))
    shown = view(groups, countries=["PAIR"])
    values = shown.branches[0].values
    parts = [values[code, "real_income_musd"] for code in ("USA", "CHN")]
    assert values["PAIR", "real_income_musd"] == pytest.approx(sum(parts))


def test_focus_without_talks_is_the_first_pair(run: ScenarioRun) -> None:
    plain = replace(run, scenario=run.scenario.replace(talks=None))
    assert view(plain).focus == ("USA", "CHN")


def test_a_marked_result_is_marked_in_every_table(small: ScenarioRun) -> None:
    certificate = replace(small["main"].certificate, status="BASELINE_WEAK", grade="B")
    marked = replace(small, results={"main": replace(small["main"], certificate=certificate)})
    shown = view(marked)
    assert "main: law of 2025-10-25 MARKED BASELINE_WEAK" in run_text(shown)
    assert "MARKED BASELINE_WEAK" in headline_grids(shown)[0].caption
    assert report_html(shown).count("MARKED BASELINE_WEAK") >= 2


def pairs(run: ScenarioRun, branch: str = "main") -> dict[tuple[str, str], dict[str, Any]]:
    """Return table pairs by its keys."""
    columns = pair_columns(run[branch])
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {(row["origin"], row["dest"]): row for row in rows}


def test_pairs_add_up_to_the_trade_of_a_country(run: ScenarioRun) -> None:
    found, result = pairs(run), run["main"]
    imports = trade_totals(result.flows_new)[1]
    usa = result.countries.index("USA")
    assert found["WORLD", "USA"]["value_new_musd"] == pytest.approx(imports[usa], rel=1e-12)
    parts = sum(row["value_new_musd"] for (o, d), row in found.items() if d == "USA" and o != "WORLD")
    assert parts == pytest.approx(imports[usa], rel=1e-12)
    assert not [pair for pair in found if pair[0] == pair[1]]


def test_average_tariffs_are_those_of_the_note(run: ScenarioRun) -> None:
    row = pairs(run)["WORLD", "USA"]
    note = json.loads((PACKAGED / "us_applied_2025_10_20.note.json").read_text())["readings"]["tracker"]
    assert row["tariff_pct"] == pytest.approx(note["average_before_flows_2022"], abs=0.01)
    assert row["tariff_new_pct"] == pytest.approx(note["average_after_flows_2022"], abs=0.01)
    china = pairs(run)["USA", "CHN"]
    assert china["tariff_pct"] == pytest.approx(21.1, abs=0.01)
    threat = pairs(run, "threat")["CHN", "USA"]["tariff_new_pct"] - pairs(run)["CHN", "USA"]["tariff_new_pct"]
    assert threat == pytest.approx(100, abs=1e-9)


def test_pairs_use_the_flows_before_as_weights(run: ScenarioRun) -> None:
    result = run["main"]
    o, d = result.countries.index("CHN"), result.countries.index("USA")
    goods = [s for s, code in enumerate(result.sectors) if code != "SERV"]
    weights, rates = result.baseline.flows[o, d, goods], result.tariffs_new[o, d, goods]
    assert pairs(run)["CHN", "USA"]["tariff_new_pct"] == pytest.approx(100 * np.average(rates, weights=weights))


def test_the_page_shows_what_a_measure_says_and_the_words_it_rests_on() -> None:
    data = {
        "detente": 1,
        "id": "quoted",
        "as_of": "2025-10-25",
        "baseline": {"id": "world-2022", "allow_year_mismatch": True},
        "measures": [
            {
                "id": "m01",
                "by": "USA",
                "against": "CHN",
                "kind": "tariff",
                "rate": "+100pp",
                "source": {"title": "An article", "quote": "an additional 100% <levy>", "span": [12, 36]},
            }
        ],
    }
    page = report_html(view(run_scenario(data)))
    assert "<q>an additional 100% &lt;levy&gt;</q>" in page
    assert "characters 12 to 36" in page
    assert re.search(r"<td[^>]*>CHN</td><td[^>]*>\+100pp</td>", page)
