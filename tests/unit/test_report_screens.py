"""Screens: what they say is what the tables hold, in words that the numbers carry; wrong choices are refused."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import re
from dataclasses import replace

import pytest

from detente.core.errors import UsageError
from detente.equilibrium.diversion import diversion_columns
from detente.report import amounts, people
from detente.report.choice import choice_of, choose
from detente.report.html import sentence
from detente.report.rate_path import rate_path
from detente.report.screens import FIGURES, SCREENS, figure, screen_html
from detente.report.screens.brief import brief, ends, sure_lines
from detente.report.screens.diversion import diversion
from detente.report.screens.measures import listed
from detente.report.screens.results import welfare
from detente.report.select import BranchView, View, view
from detente.report.talks_shown import ShownTalks
from detente.scenario.execute import run_scenario

CASE = "us-china-2025-10"
INCOME = "real_income_pct"
ELSEWHERE = ("packages", "assumptions", "fan")
"""Figures of talks, of draws and of several leaves, which this run has not; they are drawn in tests of their own."""


@pytest.fixture(scope="module")
def shown() -> View:
    """Return the view of two branches."""
    return view(run_scenario(CASE, branches=["main", "threat"]))


def banded(shown: View, **bands: tuple[float, float]) -> View:
    """Return a view whose first branch has bands of real income."""
    first = replace(shown.branches[0])
    first.__dict__["band_label"] = "5 to 95 %"
    first.__dict__["bands"] = {(code, INCOME): band for code, band in bands.items()}
    return replace(shown, branches=(first, *shown.branches[1:]))


def test_the_four_numbers_are_those_of_the_table(shown: View) -> None:
    branch = shown.branches[0]
    found = brief(shown, branch, "USA")
    assert [tile.label for tile in found.tiles] == ["Real income", "Consumer prices", "Exports", "Tariff revenue"]
    assert found.tiles[0].big == f"{amounts.signed(branch.values['USA', INCOME])} %"
    musd = branch.values["USA", "real_income_musd"]
    assert found.tiles[0].lines == (
        f"{amounts.dollars(musd)} a year",
        f"\u2212${-1e6 * musd / 328_239_523:,.0f} a year for each person",
    )
    assert found.tiles[0].sign == "loss"
    assert found.tiles[2].lines[0].startswith("\u2212$")


def test_a_sign_inside_the_band_is_not_told(shown: View) -> None:
    unsure = banded(shown, USA=(-0.4, 0.2), CHN=(-0.6, -0.1), IRL=(-5.0, 1.0))
    tile = brief(unsure, unsure.branches[0], "USA").tiles[0]
    assert tile.big == "no clear effect"
    assert tile.sure == "5 to 95 %: [\u22120.400, +0.200 %]"
    assert tile.sign == "none"
    assert tile.lines == (f"central: {amounts.signed(unsure.branches[0].values['USA', INCOME])} %",)
    text = sentence(unsure)
    assert "United States no clear effect [\u22120.400, +0.200 %], China" in text
    assert re.search("China \u22120\\.3[0-9]+ % \\[\u22120.600, \u22120.100\\]", text)
    assert "Ireland" not in str(ends(unsure, unsure.branches[0]))
    page = screen_html("brief", unsure)
    assert "no clear effect" in page


def test_without_draws_the_brief_says_so(shown: View) -> None:
    lines = sure_lines(shown, shown.branches[0], "USA")
    assert lines[0] == shown.branches[0].result.certificate.line
    assert "no bands" in lines[1]


@pytest.mark.parametrize(
    ("musd", "text"),
    [
        (-7352.0, "\u2212$7.35 billion"),
        (208876.8, "+$209 billion"),
        (1_170_000.0, "+$1.17 trillion"),
        (-858.0, "\u2212$858 million"),
        (999.9, "+$1.00 billion"),
        (0.0004, "$0"),
        (0.02, "+$20.0 thousand"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_dollars_in_words(musd: float | None, text: str) -> None:
    assert amounts.dollars(musd) == text


def test_amounts_for_each_person() -> None:
    assert amounts.dollars_each(-7350.0, 131.2e6) == "\u2212$56"
    assert amounts.dollars_each(0.01, 1e9) == "less than $1"
    assert amounts.change_text(1.0, "%", None) == "+1.00 %"
    assert amounts.change_text(0.0, "%", None) == "no clear effect"


def test_persons_have_a_source_and_households_are_not_made_up() -> None:
    from detente.core.codes import EU27

    germany = people.count_of("DEU")
    assert germany is not None
    assert (germany.unit, germany.number) == ("person", 83_132_799)
    assert "World Bank" in germany.source
    assert people.count_of("ROW") is None
    assert people.count_of("TWN") is None
    assert people.count_of("WORLD") is None
    union = people.count_of("XXX", EU27)
    assert union is not None
    assert (union.unit, 440e6 < union.number < 460e6) == ("person", True)
    assert people.TABLE.read_text(encoding="utf-8").startswith("country,population\n")


def test_the_waterfall_adds_up_and_prints_what_is_left(shown: View) -> None:
    found = welfare(shown, choose(shown, country="CHN", branch="main"))
    assert found is not None
    parts = dict(zip(found.columns["part"], found.columns["value"], strict=True))
    total = parts.pop("total")
    assert sum(parts.values()) == pytest.approx(total, abs=1e-9)
    assert total == pytest.approx(shown.branches[0].values["CHN", INCOME], abs=1e-9)
    assert "not explained" in found.note
    steps = found.spec["layer"][0]["data"]["values"]
    for above, below in itertools.pairwise(steps[:-1]):
        assert below["start"] == pytest.approx(above["end"], abs=1e-12)
    assert (steps[-1]["start"], steps[-1]["end"]) == (0.0, pytest.approx(total))
    assert welfare(shown, choose(shown, country="WORLD")) is None


def test_rates_over_time_are_those_of_the_law(shown: View) -> None:
    found = rate_path(shown, "USA", "CHN")
    pairs = shown.branches[0].pairs
    assert found.first["USA on CHN"] == pytest.approx(pairs["CHN", "USA"]["tariff_pct"])
    assert found.today["USA on CHN"] == pytest.approx(pairs["CHN", "USA"]["tariff_new_pct"])
    assert found.today["CHN on USA"] == pytest.approx(pairs["USA", "CHN"]["tariff_new_pct"])
    known = [row for row in found.rows if not row["projected"]]
    later = [row for row in found.rows if row["projected"]]
    assert max(row["date"] for row in known) == min(row["date"] for row in later) == "2025-10-25"
    jump = [row for row in later if row["line"] == "USA on CHN" and row["date"] == "2025-11-10"]
    assert jump[0]["rate"] == pytest.approx(found.today["USA on CHN"] + 24)
    assert found.marks == [{"date": "2025-11-10", "text": "deadline 2025-11-10"}]
    ends = {(row["branch"], row["line"]): row["rate"] for row in found.ends}
    threat = shown.branches[1].pairs["CHN", "USA"]["tariff_new_pct"]
    assert ends["threat", "USA on CHN"] == pytest.approx(threat)


@pytest.mark.parametrize("case", ["us-china-2018-2020", "liberation-day-2025"])
def test_the_law_of_the_comparator_is_not_counted_twice(case: str) -> None:
    """Where the law of `compare_to` is not that of the baseline, the world of a run has it already."""
    histories = view(run_scenario(case, branches=["main"]))
    found, pairs = rate_path(histories, "USA", "CHN"), histories.branches[0].pairs
    assert found.first["USA on CHN"] == pytest.approx(pairs["CHN", "USA"]["tariff_pct"])
    assert found.today["USA on CHN"] == pytest.approx(pairs["CHN", "USA"]["tariff_new_pct"])
    assert found.today["CHN on USA"] == pytest.approx(pairs["USA", "CHN"]["tariff_new_pct"])


def test_a_scenario_without_a_horizon_has_no_projection(shown: View) -> None:
    case = shown.run.scenario.replace(horizon=None, tree=())
    found = rate_path(replace(shown, run=replace(shown.run, scenario=case)), "USA", "CHN")
    assert not [row for row in found.rows if row["projected"]]
    assert found.marks == []


def test_the_alluvial_holds_the_table_and_balances(shown: View) -> None:
    found = diversion(shown, choose(shown))
    assert found is not None
    table = diversion_columns(shown.branches[0].result, by="USA", against="CHN")
    assert found.columns == table
    bars = found.spec["layer"][1]["data"]["values"]
    height: dict[float, float] = {}
    for bar in bars:
        height[bar["x"]] = height.get(bar["x"], 0.0) + bar["bottom"] - bar["top"]
    first, second, _ = (height[x] for x in sorted(height))
    assert first == pytest.approx(second, rel=1e-9)
    words = [row["text"] for layer in found.spec["layer"][2:] for row in layer["data"]["values"]]
    lost = -next(v for v, r in zip(table["value_musd"], table["role"], strict=True) if r == "lost")  # type: ignore[operator]
    assert f"China {amounts.plain(lost / 1e3)}" in words
    assert {"USA buys more", "in place of", "CHN sells instead to"} <= set(words)


def test_a_pair_that_trades_more_has_a_figure_too(shown: View) -> None:
    found = diversion(shown, choose(shown, by="CHN", against="VNM"))
    assert found is not None


def test_measures_are_listed_once_a_reason_assumed_ones_first(shown: View) -> None:
    rows = listed(shown)
    applied = [row for row in rows if not row.reason]
    assert [row.measure.assumed for row in applied] == sorted((row.measure.assumed for row in applied), reverse=True)
    assert {row.measure.id for row in rows} == {each.id for each in shown.run.scenario.measures}
    threat = [row for row in rows if row.measure.id == "us-threat-100"]
    assert [(row.branch, row.reason) for row in threat] == [("(b)", ""), ("(a)", "threatened")]


def test_a_threat_never_looks_like_law(shown: View) -> None:
    found = figure("timeline", shown)
    assert found is not None
    law, other = (found.spec["layer"][at] for at in (-3, -2))
    names = [{row["label"] for row in layer["data"]["values"]} for layer in (law, other)]
    assert "us-threat-100" in names[1]
    assert "us-threat-100" not in names[0]
    assert other["mark"]["strokeDash"]


LEVELS = ("timeline", "tariffs", "rates", "instruments")
"""Figures of law and of levels, which are compared with nothing, or with another line in the picture."""
UNIT = re.compile(r"%|MUSD|bn USD|log points|\bpp\b|by day")
PALETTE = {
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00",  # Okabe and Ito
    "#222222", "#767676", "#DDDDDD", "#B8B8B8", "#C8C8C8", "#F7F7F7", "#F2B98A", "#8FBEDC",  # ink, greys, around zero
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in ELSEWHERE])
def test_every_title_says_the_unit_and_what_is_compared_in_the_colours_of_the_house(shown: View, name: str) -> None:
    found = figure(name, shown)
    assert found is not None
    assert UNIT.search(found.title), found.title
    assert name in LEVELS or "against" in found.title, found.title
    used = {each.upper() for each in re.findall(r"#[0-9A-Fa-f]{6}\b", json.dumps(found.spec))}
    assert used <= {each.upper() for each in PALETTE}, used


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in ELSEWHERE])
def test_every_figure_has_what_must_stand_beside_it(shown: View, name: str) -> None:
    found = figure(name, shown)
    assert found is not None
    assert found.name == name
    assert re.fullmatch(r"[A-Za-z0-9_-]+", found.id)
    assert found.alternative.endswith(".")
    assert found.grid.rows
    assert all(len(row) == len(found.grid.head) for row in found.grid.rows)
    lengths = {len(values) for values in found.columns.values()}
    assert len(lengths) == 1
    assert 0 not in lengths
    assert found.code is not None
    assert f"--figures {name}" in found.code.command
    assert found.spec["description"] == found.alternative


def test_names_that_do_not_exist_are_refused(shown: View) -> None:
    with pytest.raises(UsageError, match="try 'welfare'"):
        figure("wellfare", shown)
    with pytest.raises(UsageError, match="try 'brief'"):
        screen_html("breif", shown)
    with pytest.raises(UsageError, match="country: found 'UK'; expected one of this run; try GBR"):
        choose(shown, country="UK")
    with pytest.raises(UsageError, match=r"branch: found 'treat'; .*try threat"):
        choose(shown, branch="treat")


def test_a_choice_from_an_address(shown: View) -> None:
    found = choice_of(shown, {"country": "DEU", "branch": "threat", "other": "x", "by": ""})
    assert (found.country, found.branch, found.pair) == ("DEU", "threat", ("USA", "CHN"))
    assert choose(shown, by="CHN").pair == ("CHN", "USA")
    assert choose(shown, against="USA").pair == ("CHN", "USA")
    assert choose(shown, by="CHN", against="CHN").by == "CHN"


def test_screens_on_a_server_have_addresses_instead_of_files(shown: View) -> None:
    page = screen_html("diversion", shown, live=True)
    assert 'href="figures/diversion.svg"' in page
    asked = screen_html("diversion", shown, live="?by=USA&branch=main")
    assert 'href="figures/diversion.svg?by=USA&amp;branch=main"' in asked
    assert "data:text/csv" not in page
    assert "The same for others" not in screen_html("brief", shown, live=True)
    assert screen_html("talks", shown) == ""


def test_the_order_of_screens_starts_with_the_answer() -> None:
    assert SCREENS[0].name == "brief"
    assert SCREENS[-1].name == "check"


SETTLED = ShownTalks(
    ("USA", "CHN"),
    ("truce", "soy-beans"),
    "nash",
    {
        **{name: {"a": [], "b": []} for name in ("threats", "truces", "linkages", "concessions")},
        "packages": {
            "package": [0, 1, 2, 3],
            "truce": ["imposed", "suspended", "imposed", "suspended"],
            "soy_beans": ["a", "<b>", "c", "d"],
            "gain_usa_pp": [0.0, 0.3, -0.2, None],
            "gain_chn_pp": [0.0, 0.1, 0.4, None],
            "rational": [True, True, False, False],
            "pareto": [False, True, True, False],
            "no_deal": [True, False, False, False],
        },
        "points": {
            "solution": ["nash", "nash", "equal-gains", "equal-gains"],
            "package": [1, 1, 1, 1],
            "player": ["USA", "CHN", "USA", "CHN"],
            "gain_pp": [0.3, 0.1, 0.3, 0.1],
            "gain_musd": [1.0, 2.0, 1.0, 2.0],
            "break_even_pct": [10.0, None, 10.0, None],
        },
    },
)
"""Made-up talks of two over four packages."""


def test_talks_show_the_bargaining_set_and_say_what_comes_out(shown: View) -> None:
    settled = replace(shown, talks=SETTLED)
    found = figure("packages", settled)
    assert found is not None
    points = {row["package"]: row["kind"] for layer in found.spec["layer"] for row in layer["data"]["values"]
              if "package" in row}  # fmt: skip
    assert points == {1: "accepted, none better for both", 2: "refused by one side"}
    page = screen_html("talks", settled)
    assert "Of 4 packages 1 are accepted by all players against no deal." in page
    assert "The nash solution brings United States +0.300 and China +0.100 log points" in page
    assert "nash = equal-gains" in page
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


def test_the_view_of_a_branch_has_bands_only_with_draws(shown: View) -> None:
    assert isinstance(shown.branches[0], BranchView)
    assert shown.branches[0].bands == {}
    assert dt.date(2025, 11, 10).isoformat() in screen_html("rates", shown)


def test_bands_are_read_from_the_columns_of_quantiles(shown: View, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shown.branches[0].result.columns("countries")
    wide = {**found, "p02_5": [v - 1 for v in found["value"]], "p97_5": [v + 1 for v in found["value"]]}
    branch = replace(shown.branches[0])
    monkeypatch.setattr(type(branch.result), "columns", lambda self, name: wide)
    assert branch.band_label == "2.5 to 97.5 %"
    value = branch.values["USA", INCOME]
    assert branch.bands["USA", INCOME] == (value - 1, value + 1)


def test_prices_say_what_they_are_relative_to(shown: View) -> None:
    from detente.core.closure import Closure

    case = shown.run.scenario.replace(closure=Closure("fixed-nominal", numeraire="CHN"))
    other = replace(shown, run=replace(shown.run, scenario=case))
    assert brief(other, other.branches[0], "USA").tiles[1].lines[0] == "relative to the wage of CHN"
    assert brief(shown, shown.branches[0], "USA").tiles[1].lines[0] == "relative to world income"
