"""The promises of the page about its own size: one small script, plain style, no framework and no build."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import detente.app

APP = Path(detente.app.__file__).parent


@pytest.mark.parametrize(("name", "lines"), [("page.js", 200), ("page.css", 300)])
def test_our_own_files_stay_small(name: str, lines: int) -> None:
    assert len((APP / "static" / name).read_text(encoding="utf-8").splitlines()) < lines
    assert sorted(path.name for path in (APP / "static").iterdir()) == ["page.css", "page.js"]


def test_templates_and_script_need_nothing_that_the_policy_forbids() -> None:
    for path in [*(APP / "templates").iterdir(), APP / "static" / "page.js"]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""\sstyle=|\son\w+=["']|\beval\(|new Function""", text), path.name
        assert not re.search(r"https?://(?!127\.0\.0\.1:8765)", text), path.name
        assert "|safe" not in text, path.name
