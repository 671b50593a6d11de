"""A report with draws says how sure it is before anything else, whether made at once or from the bundle later."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import sweeping
from detente.cli import execute
from detente.core.errors import UsageError
from detente.report.choice import choose
from detente.report.pages import band_strip
from detente.report.revive import read_run
from detente.report.screens import figure, screen_html
from detente.report.screens.brief import brief
from detente.report.select import View, view
from detente.report.sure import agree_text, drawn_line, in_words, most_moving


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bundle of a run with draws, beside its world."""
    folder = tmp_path_factory.mktemp("drawn")
    sweeping.folder(folder)
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        assert execute(["run", "drawn.yaml", "--draws", "64", "--jobs", "1", "--out", "bundle", "-q"]) == 0
    return folder / "bundle"


@pytest.fixture(scope="module")
def shown(bundle: Path) -> View:
    with pytest.MonkeyPatch.context() as here:
        here.chdir(bundle.parent)
        return view(read_run(bundle))


def test_the_report_of_a_bundle_is_the_one_that_the_run_wrote(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It once said that nothing was drawn."""
    monkeypatch.chdir(bundle.parent)
    assert execute(["report", "bundle", "--to", str(tmp_path / "later.html"), "-q"]) == 0
    assert (tmp_path / "later.html").read_text() == (bundle / "report.html").read_text()


def test_every_big_number_has_its_band_and_the_draws_that_agree(shown: View) -> None:
    branch = shown.branches[0]
    for code in ("USA", "CHN"):
        for tile in brief(shown, branch, code).tiles:
            assert re.match(r"5 to 95 %: \[", tile.sure)
            assert re.fullmatch(r"(all \d+|\d+ of 64) draws (above|below) zero", tile.agree)
            assert tile.strip is not None
            assert tile.strip[0] <= tile.strip[2]
    revenue = brief(shown, branch, "USA").tiles[3]
    assert "MUSD" not in revenue.sure
    assert revenue.sure.count("$") == 2
    page = screen_html("brief", shown)
    assert page.count('class="strip"') == 4 * len(shown.countries)
    assert page.index("draws") < page.index("What changes")


def test_what_a_bundle_keeps_is_what_the_draws_said(shown: View) -> None:
    bands = shown.branches[0].result.bands
    assert bands is not None
    assert bands.certified == 64
    count, plus = bands.agreeing("real_income_pct", "USA") or (0, False)
    v, n = bands.place("real_income_pct", "USA")
    assert 32 <= count <= 64
    assert plus == (bands.quantile[1, v, n] > 0)
    assert np.isfinite(bands.mean).all()
    with pytest.raises(UsageError, match="keeps quantiles and no draws"):
        bands.draws("real_income_pct", "USA")
    assert "64 draws of" in drawn_line(bands)
    assert "a band holds 90 % of them" in drawn_line(bands)
    assert "% of the variance" in most_moving(bands, "USA", "America", {})[0]
    assert agree_text(bands, "real_income_pct", "USA").startswith(("all", str(count)))


def test_the_tornado_holds_the_largest_assumptions(shown: View) -> None:
    found = figure("assumptions", shown, choose(shown, country="USA"))
    assert found is not None
    assert found.title.startswith("What moves real income of")
    assert "% against" in found.title
    share = found.columns["share_pct"]
    assert list(share) == sorted(share, reverse=True)
    assert "How sure" in screen_html("sure", shown)


def test_an_elasticity_has_the_name_of_its_sector() -> None:
    assert in_words("elasticity SERV", {"SERV": "Services"}) == "trade elasticity of Services (SERV)"
    assert in_words("elasticity A01..A03", {"A01": "Crops"}) == "elasticity A01..A03"
    assert in_words("fees as_cost", {}) == "fees as_cost"


def test_a_band_is_drawn_around_its_number_and_beside_zero() -> None:
    text = str(band_strip((1.0, 2.0, 4.0), "<b>"))
    x = {name: float(re.search(rf'{name}="([0-9.]+)"', text)[1]) for name in ("x1", "cx")}  # type: ignore[index]
    assert x["x1"] == 8.0
    assert x["cx"] == 100.0
    assert "<b>" not in text
    assert "nan" not in str(band_strip((0.0, 0.0, 0.0), ""))


def test_the_code_beside_a_figure_makes_it_with_its_bands(
    shown: View, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands are run where the page says they are: beside the scenario of the bundle."""
    found = figure("assumptions", shown)
    assert found is not None
    assert found.code is not None
    (tmp_path / "invented.npz").write_bytes((bundle.parent / "invented.npz").read_bytes())
    text = (bundle / "scenario.yaml").read_text().replace("../invented.npz", "invented.npz")
    (tmp_path / "scenario.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    for line in found.code.command.splitlines():
        assert execute([*shlex.split(line)[1:], "-q"]) == 0
    assert (tmp_path / "assumptions.svg").read_text().startswith("<svg")
