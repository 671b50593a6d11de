"""The lines that the second look learns from: well formed, and none is in the texts that the reader is scored with."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

import fit_reader
from detente.news.measure import STATUSES
from detente.news.second import KINDS, NONE

GOLD = Path(__file__).resolve().parents[1] / "gold"
FILES = sorted((GOLD / "lines").glob("*.jsonl"))
CODES = re.compile(r"(?:[A-Z]{3}|EU|WTO)(?:[+,](?:[A-Z]{3}|EU|WTO))*|\*|-")


def texts(path: Path) -> list[dict[str, object]]:
    """Return the lines of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_lines_are_well_formed(path: Path) -> None:
    wrong = []
    for number, item in enumerate(texts(path), start=1):
        date.fromisoformat(str(item["date"]))
        for words, measures in item["s"]:  # type: ignore[attr-defined]
            assert isinstance(words, str)
            assert words.strip()
            for measure in measures:
                kind, imposer, target, rate, status = ("", "-", "-", "-", "") if measure == "=" else measure.split(" ")
                fine = (kind in KINDS and kind != NONE and status in STATUSES) or measure == "="
                fine = fine and bool(CODES.fullmatch(imposer)) and bool(CODES.fullmatch(target))
                if not fine or not re.fullmatch(r"-|\d+(\.\d+)?", rate):
                    wrong.append(f"{path.name}:{number}: {measure}")
    assert not wrong


def test_there_are_many_and_a_third_is_empty() -> None:
    sentences = [measures for path in FILES for item in texts(path) for _, measures in item["s"]]  # type: ignore[attr-defined]
    assert len(sentences) > 20_000
    assert sum(not measures for measures in sentences) > len(sentences) / 3


def test_nothing_is_learned_from_what_the_reader_is_scored_with() -> None:
    """A sentence that shares seven words in a row with a scored text is left out, whoever wrote it."""
    scored = next((GOLD / "ours" / "dev").glob("A01.txt")).read_text("utf-8")
    sentence = max(scored.split(". "), key=len)
    assert fit_reader.runs(sentence) & fit_reader.scored_runs()
    assert len(fit_reader.scored_runs()) > 30_000
    assert fit_reader.known(sentence)
    assert not fit_reader.known("Not one crate of Peruvian mangoes gets past the inspectors in Santiago any more.")
