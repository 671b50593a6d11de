"""Status and action of a measure as an answer, what surrounds the sentence, and how an answer keeps its cue."""

from __future__ import annotations

from dataclasses import dataclass

from detente.news.frames import Frame
from detente.news.grammar import Tagged, Verb


@dataclass(frozen=True, slots=True)
class Standing:
    """Status and action, with the rule and the cue."""

    status: str
    action: str
    rule: str
    words: str
    at: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What surrounds the sentence.

    Args:
        legal: the passage is a legal notice. head: a head of state or government is speaking or acting.
        future: the measure has an effective day after publication. past: before or on it.
        conditional: the main clause hangs on an "if". exchange: something is asked in return.
        spoken: somebody is said to say it. unless: it comes unless something is done.
        proposing: the passage tells of a proposal. over: its last day is past.
        imagined: the paragraph tells of a study or a model. decreed: it is an item of what has just been decided.
        long_ago: the measure began more than a year before publication: history unless it is said to stand.
    """

    legal: bool = False
    head: bool = False
    future: bool = False
    past: bool = False
    conditional: bool = False
    exchange: bool = False
    long_ago: bool = False
    spoken: bool = False
    unless: bool = False
    proposing: bool = False
    over: bool = False
    imagined: bool = False
    decreed: bool = False


def cue(f: Frame, status: str, action: str, rule: str, verb: Verb | None = None, at: int = -1) -> Standing:
    if verb is not None:
        words = " ".join(f.s.words[k].text for k in range(verb.i, verb.j))
        return Standing(status, action, f"status.{rule}", words, verb.i)
    return Standing(status, action, f"status.{rule}", f.s.words[at].text if at >= 0 else "", at)


def is_done(verb: Verb | None) -> bool:
    return verb is not None and not verb.mood and verb.tense in ("past", "perf", "pp")


def complement(s: Tagged, verb: Verb, words: frozenset[str], within: int) -> bool:
    return any(s.low(k) in words for k in range(verb.j, min(len(s.words), verb.j + within)))
