"""The page and the text: escaped, self-contained, small, equal to the tables; and the numbers of table "pairs"."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from conftest import unavailable
from detente.baseline.catalogue import PACKAGED
from detente.core.pairs import pair_columns
from detente.core.tables import trade_totals
from detente.report import charts
from detente.report.html import headline_grids, report_html, sentence, write_report
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
def hostile(run: ScenarioRun) -> ScenarioRun:
    """Return the run with a script for a name wherever a name can be."""
    labels = {**run.base.meta["country_labels"], "MEX": EVIL, "USA": EVIL, "CHN": EVIL}
    meta = {**run.base.meta, "country_labels": labels, "known_weaknesses": (EVIL,), "licence": EVIL}
    case = run.scenario
    measures = tuple(replace(each, source=replace(each.source, title=EVIL)) for each in case.measures if each.source)
    plans = {
        name: replace(
            plan,
            regime=replace(
                plan.regime,
                applied=tuple(
                    replace(m, source=replace(m.source, title=EVIL)) for m in plan.regime.applied if m.source
                ),
            ),
        )
        for name, plan in run.plans.items()
    }
    base = run.base.replace(meta=MappingProxyType(meta))
    return replace(run, scenario=case.replace(title=EVIL, measures=measures), base=base, plans=plans)


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


def test_the_page_is_small_and_self_contained(page: str) -> None:
    assert len(page.encode()) < 3_000_000
    for tag, attributes in tags(page):
        assert tag not in ("script", "link", "iframe", "object", "img", "base", "form")
        assert not {"src", "href", "xlink:href", "action", "style", "srcset"} & set(attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")]
    addresses = set(re.findall(r"https?://[^\s\"'<]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in page
    assert "url(http" not in page


def test_the_policy_of_the_page_allows_its_own_style_and_nothing_else(page: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(style) == 1
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    rules = policy[1].replace("&#39;", "'").split("; ")
    assert rules[:3] == ["default-src 'none'", f"style-src 'sha256-{digest}'", "img-src data:"]


def test_everything_is_escaped(hostile: ScenarioRun) -> None:
    page = report_html(view(hostile))
    assert EVIL not in page
    assert not [tag for tag, _ in tags(page) if tag in ("img", "script")]
    assert "&lt;img src=x onerror=1&gt;" in page


def test_names_inside_charts_are_escaped() -> None:
    rows = [{"country": EVIL, "label": f'{EVIL}"', "branch": "main", "value": 1.0}]
    drawn = charts.bars(rows, title=EVIL, branches=["main"], description=f'{EVIL}"&')
    assert "<img" not in drawn
    assert drawn.startswith('<svg role="img" ')


def test_figures_have_alternatives_and_tables(page: str) -> None:
    assert (
        page.count("<figure>")
        == page.count("<details><summary>Table:")
        == page.count('<p class="note">Bar chart.')
        == 3
    )
    assert page.count('<svg role="img" aria-label="Bar chart.') == 3
    assert page.count("<svg ") == 3
    assert "style=" not in page
    for colour in ("#0072B2", "#D55E00"):
        assert colour in page


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
    ):
        assert text in page, text


def test_the_headline_table_equals_the_tables(run: ScenarioRun) -> None:
    shown = view(run)
    grid = headline_grids(shown)[0]
    frame = run["main"].table("countries").set_index(["country", "variable"])["value"]
    row = next(row for row in grid.rows if row[0].startswith("CHN"))
    assert row[1] == number(frame["CHN", "real_income_pct"], change=True).replace("-", "\u2212")
    assert sentence(shown).startswith("Against the law of 2025-01-01, real income changes by ")
    assert len(headline_grids(view(run_scenario(CASE)))) == 6


def test_a_scenario_without_a_pair_has_a_page(run: ScenarioRun) -> None:
    shown = replace(view(run), focus=None)
    page = report_html(shown)
    assert page.count("<figure>") == 1
    assert "imports from" not in sentence(shown)


def test_a_world_that_says_nothing_about_itself_has_a_page(run: ScenarioRun) -> None:
    silent = replace(run, base=run.base.replace(meta=MappingProxyType({})))
    assert "81 economies x 32 sectors" in report_html(view(silent))


def test_write_report_takes_a_run_and_appears_complete(
    run: ScenarioRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_report(run, tmp_path / "r.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    monkeypatch.setattr(Path, "replace", lambda *a: (_ for _ in ()).throw(OSError(13, "denied")))
    with pytest.raises(OSError, match="denied"):
        write_report(run, tmp_path / "s.html")
    assert [each.name for each in tmp_path.iterdir()] == ["r.html"]


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("colour", ["#222222", "#555555", "#00527f", "#0072B2", charts.GREY])
def test_contrast_on_white(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


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


def test_a_marked_result_is_marked_in_every_table(run: ScenarioRun) -> None:
    certificate = replace(run["main"].certificate, status="BASELINE_WEAK", grade="B")
    marked = replace(run, results={**run.results, "main": replace(run["main"], certificate=certificate)})
    shown = view(marked)
    assert "(a) main: law of 2025-10-25 MARKED BASELINE_WEAK" in run_text(shown)
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


@pytest.mark.browser
def test_the_page_in_a_browser_without_network(page: str, tmp_path: Path) -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        unavailable("no chromium on this machine")
    path = tmp_path / "report.html"
    path.write_text(page, encoding="utf-8")
    common = [
        str(program), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--disable-quic", "--no-first-run", "--hide-scrollbars", "--enable-logging=stderr",
        f"--user-data-dir={tmp_path}/profile",
    ]  # fmt: skip
    for width in (390, 1000):
        picture = tmp_path / f"{width}.png"
        done = subprocess.run(
            [*common, f"--window-size={width},1600", f"--screenshot={picture}", path.as_uri()],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert picture.stat().st_size > 20_000
        assert "Content Security Policy" not in done.stderr
    printed = tmp_path / "report.pdf"
    subprocess.run(
        [*common, "--no-pdf-header-footer", f"--print-to-pdf={printed}", path.as_uri()],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    pages = len(re.findall(rb"/Type\s*/Page[^s]", printed.read_bytes()))
    assert 1 <= pages <= 8


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
