"""The whole way on the article that detente is accepted on: read, accept, run, and each number back to its sentence."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

import detente as dt
from detente.cli import execute
from detente.news.document import Document
from detente.news.measure import ReadMeasure
from detente.scenario.load import load_scenario


@pytest.fixture(scope="module")
def article(shared: Path) -> Path:
    """Return the article, which is never in the repository."""
    return next((shared / "seed").glob("*.txt"))


@pytest.fixture(scope="module")
def seed(article: Path) -> Document:
    """Return the article as read."""
    return dt.read(article)[0]


def one(seed: Document, instrument: str, **fields: object) -> ReadMeasure:
    """Return the one measure with these fields."""
    found = [
        each
        for each in seed.measures
        if each.instrument == instrument and all(getattr(each, name) == value for name, value in fields.items())
    ]
    assert len(found) == 1, (instrument, fields, [each.id for each in found])
    return found[0]


def test_the_claim_of_157_is_taken_apart_and_never_loaded(
    article: Path, seed: Document, capsys: pytest.CaptureFixture[str]
) -> None:
    (claim,) = [each for each in seed.measures if each.rate is not None and each.rate.value == 157]
    assert any(
        claim.id in each.measures and "157% = 57 in force" in each.what and each.kind == "registry"
        for each in seed.conflicts
    )
    code = execute(["read", str(article), "--accept", claim.id])
    assert code == 3
    assert f"{claim.id}.rate" in capsys.readouterr().err


def test_what_the_text_does_not_say_is_asked(seed: Document) -> None:
    asked = {(each.measure, each.field) for each in seed.questions if each.needed}
    floor, stock = one(seed, "price_floor"), one(seed, "stockpile_purchase")
    licence = next(each for each in seed.measures if each.instrument == "export_licensing" and each.action != "remove")
    assert {(floor.id, "floor"), (stock.id, "amount"), (licence.id, "product"), (licence.id, "volume")} <= asked


def test_from_the_article_to_a_report_with_its_words(
    article: Path, seed: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    threat = next(each for each in seed.measures if each.status == "threatened" and each.instrument == "import_tariff")
    licence = next(each for each in seed.measures if each.instrument == "export_licensing" and each.action != "remove")
    truce = next(each for each in seed.measures if each.instrument == "tariff_truce" and each.dates.expiry)
    said = {
        f"{licence.id}.product": "hs22:280530,2846,850511",
        f"{licence.id}.volume": "60% of base",
        f"{licence.id}.effective": "2025-12-01",
        f"{licence.id}.status": "announced",
        f"{truce.id}.rate": "+24pp",
        f"{truce.id}.product": "goods",
    }
    sets = [word for name, value in said.items() for word in ("--set", f"{name}={value}")]
    ids = ",".join([threat.id, licence.id, truce.id])
    assert execute(["read", str(article), "--accept", ids, *sets, "--out", "draft.yaml"]) == 0
    case = load_scenario("draft.yaml")
    assert {each.rate.value for each in case.measures if each.rate is not None} == {1.0, 0.24}
    for measure in case.measures:
        assert measure.source is not None
        assert measure.source.span is not None
        start, end = measure.source.span
        assert seed.text[start:end] == measure.source.quote
        assert measure.assumed is (not measure.id.startswith(threat.id.lower()))
    assert "157" not in "".join(str(each.rate) for each in case.measures)
    assert all(leaf.probability is None for leaf in case.tree)
    capsys.readouterr()
    assert execute(["run", "draft.yaml", "--branch", "threats-carried-out", "--out", "b", "-q", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "CERTIFIED"
    page = html.unescape(Path("b/report.html").read_text(encoding="utf-8"))
    for measure in case.measures:
        assert measure.source is not None
        assert f"<q>{measure.source.quote}</q>" in page
        assert f"characters {measure.source.span[0]} to {measure.source.span[1]}" in page  # type: ignore[index]
    assert re.search(r">\+100pp<", page)


def test_the_review_page_of_the_article(article: Path, seed: Document, tmp_path: Path) -> None:
    target = tmp_path / "review.html"
    assert execute(["read", str(article), "--review", str(target), "-q"]) == 0
    page = target.read_text(encoding="utf-8")
    for measure in seed.measures:
        assert f'data-id="{measure.id}"' in page
    assert len(page) < 300_000
