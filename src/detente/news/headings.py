"""Headings that say whose deeds the items below them are: "What Japan will do:", "AMERICAN ACTIONS"."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from detente.news.actors import Discourse, country_of
from detente.news.lexicon import lexicon, match, rows
from detente.news.mention import Place
from detente.news.words import tokens

_ITEM = re.compile(r"[ \t]*(?:[-*\u2022\u00b7\u25aa\u2013\u2014]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s")
_LONG = 70


def take_heading(place: Place, seen: Discourse) -> None:
    """Note the actor of a heading; give the first verb of an item below it that actor's promise.

    Args:
        place: the unit; its first verb is changed in place when it has the form of an order ("Buy $8 billion of ..").
    """
    s, sentence = place.tagged, place.sentence
    words = place.norm[sentence.start : sentence.end]
    item = _ITEM.match(words) is not None
    if not item and words.rstrip().endswith(":"):
        actor = next((a for a in s.actors if not a.oblique and not a.possessor), None)
        code = country_of(actor, s, seen) if actor is not None else ""
        seen.acting = code if code and "+" not in code else ""
        return
    if not item and len(words) < _LONG and words.rstrip()[-1:] not in ".;!?,":
        found = _named(words)
        seen.acting = found.pop() if len(found) == 1 else ""
        return
    if not item:
        return
    s.acting = seen.acting
    first = s.verbs[0] if s.verbs else None
    if first is not None and first.i <= 2 and first.tense in ("pres", "inf") and not first.mood and _ordering(place):
        s.verbs[0] = replace(first, mood="will", tense="inf")


def _ordering(place: Place) -> bool:
    """Whether an item opens with a bare verb, or with "to" and one."""
    s = place.tagged
    first = s.verbs[0]
    return all(not s.words[k].text.isalpha() or s.low(k) == "to" or len(s.low(k)) == 1 for k in range(first.i))


def _named(words: str) -> set[str]:
    """The economies that a heading names, capitals or not."""
    shown = words.title() if words.isupper() else words
    found = tokens(shown, 0, len(shown))
    lex = lexicon()
    kinds = ("country", "adjective", "place")
    return {e.value for at in range(len(found)) for _, e in match(found, at, lex) if e.kind in kinds}


_DATELINE = re.compile(r"\s*([A-Z][A-Z.' ]{2,28}[A-Z])(?:\s*[,(][^-\u2013\u2014\n]{0,30})?\s*(?:-|\u2013|\u2014)\s")


@lru_cache(maxsize=1)
def _towns() -> dict[str, str]:
    return {
        town.upper(): row["code"] for row in rows("countries.csv") for town in row["places"].split(",") if town.strip()
    }


def dateline(line: str) -> str:
    """Return the country of a dateline ("NAIROBI, July 20 - The trade ministry"), or an empty string."""
    found = _DATELINE.match(line)
    return _towns().get(found.group(1).strip(), "") if found else ""
