"""News or legal notice, and whose: a cheap test per passage, since news quotes notices."""

from __future__ import annotations

import re
from functools import lru_cache

from detente.news.lexicon import rows
from detente.news.word_lists import word_list

ENOUGH = 2


@lru_cache(maxsize=1)
def _cues() -> tuple[str, ...]:
    return tuple(row["words"] for row in rows("legal_cues.csv"))


@lru_cache(maxsize=1)
def _publishers() -> tuple[tuple[str, str], ...]:
    return tuple((row["words"], row["country"]) for row in rows("publishers.csv"))


def legal(passage: str) -> bool:
    """Return whether a passage reads as a legal text: at least two different cues of notices."""
    low = passage.lower()
    return sum(cue in low for cue in _cues()) >= ENOUGH


def publisher(text: str) -> str:
    """Return the economy whose notice a legal text is, by the acts and bodies it names; empty if none is ahead."""
    low = text.lower()
    counts: dict[str, int] = {}
    for words, country in _publishers():
        if words in low:
            counts[country] = counts.get(country, 0) + low.count(words)
    if not counts:
        return ""
    best = max(counts.values())
    leaders = [country for country, count in counts.items() if count == best]
    return leaders[0] if len(leaders) == 1 else ""


def retracts(sentence: str) -> bool:
    """Return whether a short sentence takes back the one before: "These articles are wrong", "That is not true"."""
    return len(sentence) < 140 and bool(_RETRACTION.search(sentence))


_RETRACTION = re.compile(
    r"^(?:but |yet )?(?:(?:these|those|the|this|that|such|all of this|none of this|it|both)(?: (?:articles?|"
    r"reports?|claims?|stor(?:y|ies)|"
    r"rumou?rs?|information|news|statements?))?) (?:is|are|was|were|has been|have been) (?:\w+ )?(?:untrue|false|"
    r"wrong|incorrect|"
    r"baseless|unfounded|groundless|fake|not (?:true|the fact|correct|so|the case)|denied|different from)|"
    r"\bden(?:ied|ies|y) (?:this|it|that|the (?:report|reports|claim|claims|story|rumou?rs?))(?=[.,;!]|$| on | "
    r"and )|\bno truth\b|\bno such plan\b",
    re.IGNORECASE,
)


def addresses_reader(sentence: str) -> bool:
    """Return whether a sentence gives orders to the program that reads it: data, never an instruction or a measure."""
    low = sentence.lower()
    return any(cue in low for cue in _INJECTED) or bool(_VOCATIVE.search(low))


_INJECTED = word_list("genre.injected")
_READERS = r"(?:assistant|reader|parser|annotator|chatbot|bot|extractor|program|machine)"
_VOCATIVE = re.compile(
    rf"^[\"'(]*(?:dear |hey |hello )?{_READERS}[,:;!]|[,;] {_READERS}[.!]|"
    rf"\b(?:for|to|you are) (?:the|any|every|this) (?:[\w-]+ ){{0,2}}{_READERS}[,:;.]"
)
