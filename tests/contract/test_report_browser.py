"""The report in a browser: nothing is sent, nothing complains, figures come alive; all is there without scripts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import unavailable
from detente.report.html import report_html
from detente.report.select import view
from detente.scenario.execute import run_scenario

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> str:
    """Return the path of the browser."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        unavailable("no chromium on this machine")
    return str(program)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report on the disk."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(view(run_scenario("us-china-2025-10", branches=["main", "threat"]))), encoding="utf-8")
    return path


def browse(chromium: str, report: Path, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the browser on the report and return what it said."""
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic",
        "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars",
        "--enable-logging=stderr", "--virtual-time-budget=60000", f"--user-data-dir={folder}/profile", *options,
        report.as_uri(),
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def test_it_comes_alive_in_silence_and_asks_for_nothing(chromium: str, report: Path, tmp_path: Path) -> None:
    log = tmp_path / "net.json"
    done = browse(chromium, report, tmp_path, "--dump-dom", f"--log-net-log={log}", "--net-log-capture-mode=Everything")
    page = done.stdout
    assert 'data-upgraded="1"' in page
    figures = page.count("<figure ")
    assert figures == 13
    assert page.count('data-live="1"') == figures
    assert page.count("<button") > 3 * figures
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    assert complaints == []
    assert "Content Security Policy" not in done.stderr
    asked = re.findall(r'"url":"((?:https?|wss?|ftp)://[^"]+)"', log.read_text(encoding="utf-8", errors="replace"))
    ours = [
        address for address in asked if not re.match(r"https?://([a-z0-9-]+\.)*(google|gvt1|googleapis)\.com", address)
    ]
    assert ours == []


def test_without_scripts_every_figure_and_table_is_there(chromium: str, report: Path, tmp_path: Path) -> None:
    still = tmp_path / "still.html"
    text = report.read_text(encoding="utf-8")
    still.write_text(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL), encoding="utf-8")
    page = browse(chromium, still, tmp_path, "--dump-dom").stdout
    assert page.count("<svg role=") == page.count("<figure ") == 13
    assert "data-upgraded" not in page


@pytest.mark.parametrize("width", [390, 1100])
def test_it_is_painted_wide_and_narrow(chromium: str, report: Path, tmp_path: Path, width: int) -> None:
    picture = tmp_path / "picture.png"
    browse(chromium, report, tmp_path, f"--window-size={width},2400", f"--screenshot={picture}")
    assert picture.stat().st_size > 60_000


def test_it_prints_on_few_pages(chromium: str, report: Path, tmp_path: Path) -> None:
    printed = tmp_path / "report.pdf"
    browse(chromium, report, tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    pages = len(re.findall(rb"/Type\s*/Page[^s]", printed.read_bytes()))
    assert 8 <= pages <= 16


def test_the_specifications_in_the_page_are_json(report: Path) -> None:
    found = re.findall(
        r'<script type="application/json" class="spec">(.*?)</script>', report.read_text("utf-8"), re.DOTALL
    )
    assert len(found) == 13
    assert all(json.loads(text)["description"] for text in found)
