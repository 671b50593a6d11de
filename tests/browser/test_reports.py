"""Reports of draws, wars and branches in a real browser: quiet, self-contained, and sure at first sight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import detente as dt
from browser.test_page import PATIENCE, missing
from detente.cli import execute

pytestmark = pytest.mark.browser
UPGRADED = "document.documentElement.dataset.upgraded === '1'"
ODDS = "full-exchange=10%,rollover=40%,snapback=20%,threat=20%,escalation=10%"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    import shutil

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-quic"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the page of draws, of a war, of branches."""
    folder = tmp_path_factory.mktemp("pages")
    dt.report(dt.run(dt.scenario("us-china-2025-10"), branches="main", draws=32), folder / "draws.html")
    war = ["nash", "USA", "CHN", "--vary", "uniform", "--max", "60%", "--out", str(folder / "war"), "-q"]
    assert execute(war) == 0
    tree = ["tree", "us-china-2025-10", "--set-prob", ODDS, "--to", str(folder / "tree.html"), "-q"]
    assert execute(tree) == 0
    return {"draws": folder / "draws.html", "war": folder / "war" / "report.html", "tree": folder / "tree.html"}


@pytest.mark.parametrize("name", ["draws", "war", "tree"])
@pytest.mark.parametrize("width", [360, 1300])
def test_a_page_is_quiet_complete_and_fits(browser: Any, pages: dict[str, Path], name: str, width: int) -> None:
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    tab.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(pages[name].as_uri())
    for _ in range(600):
        if tab.evaluate(UPGRADED):
            break
        tab.wait_for_timeout(100)
    figures = tab.locator("figure").count()
    assert figures >= 3
    assert tab.locator("figure .chart[data-live='1']").count() == figures
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert pages[name].stat().st_size <= 3_000_000
    tab.close()


def test_how_sure_is_in_the_first_screen(browser: Any, pages: dict[str, Path]) -> None:
    tab = browser.new_page(viewport={"width": 1300, "height": 900})
    tab.goto(pages["draws"].as_uri())
    tiles = tab.locator("#brief > .tiles .tile")
    assert tiles.count() == 4
    for place in range(4):
        box = tiles.nth(place).locator(".sure").bounding_box()
        assert box["y"] + box["height"] < 900
        text = tiles.nth(place).inner_text()
        assert "5 to 95 %: [" in text
        assert "32 draws" in text
        assert tiles.nth(place).locator("svg.strip").count() == 1
    assert "How sure" in tab.inner_text(".answers")
    tab.close()
