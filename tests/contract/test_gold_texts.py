"""The annotated texts are well formed: spans are words of the text, values in the vocabulary, the scorer reads them."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

OURS = Path(__file__).resolve().parents[1] / "gold" / "ours"
FILES = sorted(OURS.glob("*/*.json"))
PYTHON_TYPE = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "object": dict,
    "array": list,
    "boolean": bool,
    "null": type(None),
}


def violations(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """Return what breaks the schema: the few keywords of JSON Schema that the annotation's schema uses."""
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, PYTHON_TYPE[kind]) for kind in kinds):
        return [f"{where}: {value!r} is not {' or '.join(kinds)}"]
    out = []
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        out.append(f"{where}: {value!r} is not in the vocabulary")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        out.append(f"{where}: {value!r} has the wrong form")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        out += [f"{where}.{name}: missing" for name in schema.get("required", []) if name not in value]
        for name, item in value.items():
            if name not in known and schema.get("additionalProperties") is False:
                out.append(f"{where}.{name}: unknown")
            out += violations(item, known.get(name, {}), f"{where}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            out += violations(item, schema.get("items", {}), f"{where}[{number}]")
    return out


def read(path: Path) -> tuple[dict[str, Any], str]:
    """Return the annotation and its text, line ends untouched."""
    return json.loads(path.read_text(encoding="utf-8")), path.with_suffix(".txt").read_bytes().decode("utf-8")


def test_there_are_texts_in_every_folder() -> None:
    """An empty folder would pass every other test here."""
    assert {path.parent.name for path in FILES} == {"dev", "test", "fresh"}
    assert {path.stem for path in FILES} == {path.stem for path in OURS.glob("*/*.txt")}
    assert len({path.stem for path in FILES}) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_spans_are_the_words_of_the_text(path: Path) -> None:
    """A shifted offset would silently turn every right reading into a wrong one."""
    gold, text = read(path)
    assert gold["id"] == path.stem
    assert gold["sha256"] == hashlib.sha256(text.encode("utf-8")).hexdigest()
    for measure in gold["measures"]:
        assert text[measure["start"] : measure["end"]] == measure["trigger"], measure["id"]
        assert all(0 <= start < end <= len(text) for start, end in measure.get("alt_spans", [])), measure["id"]
    for time in gold["timexes"]:
        assert text[time["start"] : time["end"]] == time["text"]
    assert all(number in text for number in gold["neg_numbers"])
    ids = [measure["id"] for measure in gold["measures"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_annotation_agrees_with_itself(path: Path) -> None:
    """Accepted readings name scored fields; a rate has unit and basis; what must never be read is not gold."""
    gold, _ = read(path)
    fields = {"instrument", "imposer", "target", "rate", "basis", "status", "action"}
    fields |= {"announced", "effective", "expiry", "scope", "note"}
    for measure in gold["measures"]:
        assert set(measure["accept"]) <= fields, measure["id"]
        assert all(isinstance(values, list) for name, values in measure["accept"].items() if name != "note")
        assert (measure.get("rate") is None) == (measure.get("unit") is None), measure["id"]
        assert measure.get("rate") is None or measure.get("basis") is not None, measure["id"]
        allowed = [measure.get("rate"), *measure["accept"].get("rate", [])]
        assert not set(allowed) & set(gold.get("must_not_rates", [])), measure["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_annotation_validates(path: Path, shared: Path) -> None:
    """The layout is the one of the gold beside the checkout, values accepted as alternatives included."""
    schema = json.loads((shared / "gold" / "schema_document.json").read_text(encoding="utf-8"))
    gold, _ = read(path)
    assert violations(gold, schema) == []
    known = schema["properties"]["measures"]["items"]["properties"]
    for measure in gold["measures"]:
        for name, values in measure["accept"].items():
            if name != "note":
                assert [v for value in values for v in violations(value, known[name], f"{measure['id']}.{name}")] == []


def test_validator_finds_faults(shared: Path) -> None:
    """A checker that accepts everything would be no check."""
    schema = json.loads((shared / "gold" / "schema_document.json").read_text(encoding="utf-8"))
    gold, _ = read(next(path for path in FILES if read(path)[0]["measures"]))
    gold["measures"][0] |= {"status": "rumoured", "effective": "1 May", "colour": "red", "start": "4"}
    gold["published"] = 2025
    assert len(violations(gold, schema)) == 5


def test_scorer_gives_the_gold_full_marks(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The gold scored against itself is 1.0: no text has two measures that the scorer could not tell apart."""
    spec = importlib.util.spec_from_file_location("gold_score", shared / "gold" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    for path in FILES:
        gold, _ = read(path)
        for measure in gold["measures"]:
            measure["evidence"] = [{key: measure[key] for key in ("start", "end")}]
            measure["evidence"][0]["trigger"] = {key: measure[key] for key in ("start", "end")}
        (tmp_path / path.name).write_text(json.dumps(gold), encoding="utf-8")
    assert score.main([str(tmp_path), str(OURS), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["documents"], result["loose"]["f1"], result["strict"]["f1"]) == (len(FILES), 1.0, 1.0)
    assert result["times"]["right"] == result["times"]["gold"]
