"""A notice as a whole: whose it is, against whom, and from which day it applies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from detente.news.chrome import lines
from detente.news.genre import publisher
from detente.news.header import issuer
from detente.news.lexicon import lexicon, match
from detente.news.timex import timexes
from detente.news.words import tokens

_ACT = (
    r"(?:notice|order|announcement|regulation|decision|decree|resolution|notification|circular|proclamation|measures?|"
    r"surtax|surcharge|duty|duties|tariffs?|increases?|amendments?|changes|act|fees?|charges?|rates?|restrictions?|"
    r"ban|suspension|controls|they|it)"
)
_APPLIES = (
    r"(?:takes? effect|comes? into (?:force|effect)|enters? into (?:force|effect)|goes? into effect|"
    r"appl(?:y|ies)|(?:is|are|becomes?) (?:effective|applicable|payable|due)|will (?:apply|take effect|be applied|"
    r"be collected|be levied|enter into force|come into force)|shall (?:apply|take effect|enter into force|come into "
    r"(?:force|effect)|be applied)|has effect|have effect)"
)
_FROM = re.compile(
    rf"\b{_ACT}\b[^.;\n]{{0,90}}?\b{_APPLIES}\b|\beffective(?: date)?:?(?= )|\bwith effect from\b|"
    r"\b(?:decided|determined|ordered) (?:that|as follows)[^.;\n]{0,20}?\b(?:from|as of|starting)\b",
    re.IGNORECASE,
)
_SAID = (" said", " says", " told ", " reported", " wrote ")
_NOTICE = re.compile(
    r"\b(?:notice|announcement|notification|order|regulation|decree|resolution|circular|proclamation|adjustment of|"
    r"implementing|bulletin|memorandum|gazette|dates:|summary:|action:|agency:)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Notice:
    """What holds for a whole notice.

    Args:
        owner: economy whose notice it is; empty if this is no notice. against: the only other economy of its title.
        effective: ISO day from which it applies, empty if it does not say.
    """

    owner: str = ""
    against: str = ""
    effective: str = ""


def notice_of(norm: str, body: str, published: date | None) -> Notice:
    """Return what holds for the whole text if it reads as a notice of one economy; an empty notice otherwise."""
    low = body.lower()
    head = [line.text for line in lines(norm)[:6]]
    if any(word in low for word in _SAID) or not _NOTICE.search(" ".join(head)[:600]):
        return Notice()
    owner = publisher(norm) or issuer(norm) or _gate(body)
    against = _against(head, owner) or _only_other(body, owner)
    return Notice(owner, against, _effective(norm, published)) if owner else Notice()


_GATE = re.compile(
    r"\b(?:arriv\w+ at|call(?:s|ing)? at|enter(?:s|ed|ing)?|import(?:ed|ation)? into|(?:customs )?territory of|"
    r"ports? of) (?:an? |any |the )?(?=[A-Z])"
)


def _gate(body: str) -> str:
    """The one economy whose ports or border goods and ships come to: "on arrival at a U.S. port"."""
    lex = lexicon()
    found: set[str] = set()
    for gate in _GATE.finditer(body):
        words = tokens(body, gate.end(), min(len(body), gate.end() + 40))
        found |= {e.value for _, e in match(words, 0, lex) if e.kind in ("country", "adjective")} if words else set()
    return found.pop() if len(found) == 1 else ""


def _against(head: list[str], owner: str) -> str:
    """The one economy besides the owner in the first lines that are titles."""
    lex = lexicon()
    found: set[str] = set()
    for text in [line for line in head if not line.rstrip(") ").endswith(".")][:3]:
        words = tokens(text, 0, len(text))
        for at in range(len(words)):
            kinds = ("country", "adjective")
            found |= {e.value for _, e in match(words, at, lex) if e.kind in kinds} - {owner, "HKG", "MAC"}
    return found.pop() if len(found) == 1 else ""


def _only_other(body: str, owner: str) -> str:
    """The one economy besides the owner that the whole text names, more than in passing."""
    lex = lexicon()
    words = tokens(body[:20000], 0, min(len(body), 20000))
    found: set[str] = set()
    times = 0
    for at in range(len(words)):
        kinds = ("country", "adjective", "place")
        here = {e.value for _, e in match(words, at, lex) if e.kind in kinds} - {owner, "HKG", "MAC"}
        times += bool(here)
        found |= here
        if len(found) > 1:
            return ""
    return found.pop() if found and times > 1 else ""


def _effective(body: str, published: date | None) -> str:
    """The day right after "takes effect on", "apply ... on or after", "has decided that, from"."""
    for found in _FROM.finditer(body):
        stop = re.search(r"[.;]\s|\n\n", body[found.end() :])
        end = min(found.end() + 160, found.end() + stop.start() if stop else len(body))
        if re.match(r" (?:from|as of) today\b|immediately", body[found.end() : end]) and published:
            return str(published)
        days = [t for t in timexes(body, found.end(), end, published) if len(t.value) == 10]
        if days and not re.search(r"\b(?:until|before|expires?)\b", body[found.end() : days[0].start]):
            return days[0].value
    return ""
