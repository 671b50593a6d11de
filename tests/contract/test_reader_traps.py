"""The traps of the seed article and the promises on every text. The article is not in the repository."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from detente.news.document import Document
from detente.news.measure import ReadMeasure
from detente.news.reader import read_text

GOLD = Path(__file__).resolve().parents[1] / "gold"
TEXTS = sorted([*(GOLD / "shared" / "documents").glob("*.txt"), *(GOLD / "ours" / "dev").glob("*.txt")])


@pytest.fixture(scope="module")
def seed(shared: Path) -> Document:
    """Return the article as the rules read it, its day taken from its own header."""
    path = next((shared / "seed").glob("*.txt"))
    return read_text(path.read_bytes().decode("utf-8"), id="seed")


def the(seed: Document, instrument: str, **fields: object) -> ReadMeasure:
    """Return the one measure with these fields."""
    found = [m for m in seed.measures if m.instrument == instrument]
    found = [m for m in found if all(getattr(m, name) == value for name, value in fields.items())]
    assert len(found) == 1, (instrument, fields, found)
    return found[0]


def test_1_157_is_a_claim_that_contains_the_threat(seed: Document) -> None:
    claim = the(seed, "import_tariff", status="in_force")
    threat = the(seed, "import_tariff", status="threatened")
    assert claim.rate is not None
    assert threat.rate is not None
    assert (claim.rate.value, claim.rate.basis) == (157, "total")
    assert (threat.rate.value, threat.rate.basis) == (100, "additional")
    assert claim.confidence <= 0.55
    assert ("inconsistent_with", threat.id) in [(link.type, link.to) for link in claim.links]
    (conflict,) = [c for c in seed.conflicts if c.kind == "arithmetic"]
    assert "157 = 57 + 100" in conflict.what
    assert all(m.rate is None or m.rate.value != 257 for m in seed.measures)


def test_2_chinese_tariffs_are_tariffs_on_china(seed: Document) -> None:
    assert not [m for m in seed.measures if m.instrument == "import_tariff" and m.imposer != "USA"]
    assert len(the(seed, "import_tariff", status="threatened").evidence) >= 3


def test_3_docking_fees_are_proposed_and_went_ahead(seed: Document) -> None:
    fee = the(seed, "port_fee")
    assert (fee.imposer, fee.target) == ("USA", ("CHN",))
    assert [c for c in seed.conflicts if c.kind == "status" and c.measures == (fee.id,)]
    assert [q for q in seed.questions if q.measure == fee.id and q.field == "status"]


def test_4_two_weeks_ago_twice_is_a_conflict_of_dates(seed: Document) -> None:
    (conflict,) = [c for c in seed.conflicts if c.kind == "date"]
    assert len(conflict.spans) == 3
    ago = [t.value for t in seed.timexes if t.text == "two weeks ago"]
    assert ago
    assert all(value.startswith("2025-W") for value in ago)


def test_5_numbers_and_places_of_the_furniture_give_nothing(seed: Document) -> None:
    text = seed.text
    first = min(m.evidence[0].start for m in seed.measures)
    kept = [span for span in seed.chrome if span.start > first]
    assert any("Billion" in span.text for span in kept)
    assert not [a for a in seed.actors if a.country in ("POL", "UKR")]
    for measure in seed.measures:
        for evidence in measure.evidence:
            assert text[evidence.start : evidence.end] == evidence.sentence
            assert not any(s.start < evidence.end and evidence.start < s.end for s in seed.chrome)


def test_6_truce_leaders_and_firms_have_their_days(seed: Document) -> None:
    assert seed.published == "2025-10-25"
    assert the(seed, "tariff_truce").dates.expiry == "2025-11-10"
    values = {t.value for t in seed.timexes}
    assert {"2025-10-30", "2025-10-20", "2025-10-26", "2025-11-10"} <= values
    assert {"2025-10-30", "2025-11-10"} <= {d.date for d in seed.deadlines}


def test_7_one_offer_with_three_demands_and_one_threat(seed: Document) -> None:
    offer = the(seed, "import_tariff", status="offered")
    asked = [m for m in seed.measures if ("condition_of", offer.id) in [(k.type, k.to) for k in m.links]]
    assert {m.instrument for m in asked} == {"purchase_commitment", "enforcement_commitment", "export_licensing"}
    assert all((m.imposer, m.status) == ("CHN", "demanded") for m in asked)
    assert offer.conditionality is not None
    assert set(offer.conditionality.antecedent_measures) == {m.id for m in asked}
    assert [i for i in seed.issues if i.measure == offer.id and set(i.in_exchange_for) == {m.id for m in asked}]


def test_8_what_the_text_lacks_is_not_filled_in(seed: Document) -> None:
    assert the(seed, "import_tariff", status="threatened").dates.effective is None
    assert the(seed, "price_floor").rate is None
    assert the(seed, "purchase_commitment").quantity is None
    assert all(not m.dates.effective for m in seed.measures if m.instrument == "export_licensing")


def test_9_no_odds_and_no_number_of_a_building(seed: Document) -> None:
    assert "odds" not in json.dumps([b.to_json() for b in seed.branches])
    rates = {m.rate.value for m in seed.measures if m.rate}
    assert rates == {100.0, 157.0}


def test_hearsay_is_capped_and_never_in_force(seed: Document) -> None:
    told = the(seed, "unspecified_retaliation", status="threatened")
    assert told.attribution is not None
    assert told.attribution.mode == "nested_quote"
    assert told.confidence <= 0.5
    assert [link for link in told.links if link.type == "conditional_on"]


def schema_breaks(value: Any, schema: dict[str, Any], defs: dict[str, Any], where: str = "measure") -> list[str]:
    """Return what breaks the schema of one measure: the few keywords that it uses."""
    if "$ref" in schema:
        return schema_breaks(value, defs[schema["$ref"].rsplit("/", 1)[1]], defs, where)
    if "anyOf" in schema:
        tries = [schema_breaks(value, each, defs, where) for each in schema["anyOf"]]
        return [] if any(not each for each in tries) else tries[0]
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "number": (int, float),
        "integer": int,
        "boolean": bool,
        "null": type(None),
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return [f"{where}: {value!r}"]
    if value not in schema.get("enum", [value]):
        return [f"{where}: {value!r} not in the vocabulary"]
    known = schema.get("properties", {})
    out = []
    if isinstance(value, dict):
        out += [f"{where}.{name} missing" for name in schema.get("required", []) if name not in value]
        if schema.get("additionalProperties") is False:
            out += [f"{where}.{name} unknown" for name in value if name not in known]
        for name, each in known.items():
            out += schema_breaks(value[name], each, defs, f"{where}.{name}") if name in value else []
    if isinstance(value, list) and "items" in schema:
        for each in value:
            out += schema_breaks(each, schema["items"], defs, where)
    return out


@pytest.mark.parametrize("path", TEXTS, ids=[path.stem for path in TEXTS])
def test_every_measure_follows_the_schema_and_quotes_the_text(path: Path) -> None:
    schema = json.loads((GOLD / "shared" / "schema_measure.json").read_text("utf-8"))
    gold = json.loads(path.with_suffix(".json").read_text("utf-8"))
    text = path.read_bytes().decode("utf-8")
    document = read_text(text, id=path.stem, published=gold["published"])
    for measure in document.measures:
        assert schema_breaks(measure.to_json(), schema, schema["$defs"]) == []
        assert measure.evidence
        for evidence in measure.evidence:
            assert text[evidence.start : evidence.end] == evidence.sentence
            assert evidence.start <= evidence.trigger.start < evidence.trigger.end <= evidence.end
            assert text[evidence.trigger.start : evidence.trigger.end] == evidence.trigger.text
        assert {cue.name for cue in measure.cues} >= {"instrument", "status"}


@pytest.mark.parametrize("name", ["A07", "A08", "B08"])
def test_negative_controls_give_nothing(name: str) -> None:
    text = (GOLD / "ours" / "dev" / f"{name}.txt").read_text("utf-8")
    gold = json.loads((GOLD / "ours" / "dev" / f"{name}.json").read_text("utf-8"))
    assert list(read_text(text, published=gold["published"]).measures) == []


def test_the_scorer_agrees_with_its_own_tests() -> None:
    path = GOLD / "shared" / "test_score.py"
    spec = importlib.util.spec_from_file_location("test_score_shared", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    import unittest

    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    assert unittest.TestResult() is not None
    result = unittest.TestResult()
    suite.run(result)
    assert result.wasSuccessful(), result.failures + result.errors
