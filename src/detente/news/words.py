"""Normalised text and tokens, at the offsets of the text as it stands.

Every replacement keeps the length, so an offset in the normalised text is an offset in the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FROM = "\u00a0\u202f\u2007\u2009\u200a\u2002\u2003\u3000\u200b\ufeff\r\t‘’‚‛“”„‟«»–—―‐‑‒−…′″"
_TO = '            \'\'\'\'""""""-------.\'"'
_TABLE = {ord(a): b for a, b in zip(_FROM, _TO, strict=True)} | {ord("–"): "-", ord("—"): "\u2014", ord("―"): "\u2014"}

_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}|\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:st|nd|rd|th)?(?![\w])|\d+|"
    r"[^\W\d_]+n't\b|'s\b|[^\W\d_]+|[^\s]"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign: `text` as in the normalised text, `low` folded."""

    start: int
    end: int
    text: str
    low: str


def normalise(text: str) -> str:
    """Return the text with plain spaces, quotes and hyphens, character for character."""
    return text.translate(_TABLE)


def tokens(norm: str, start: int, end: int) -> list[Token]:
    """Return the tokens of a stretch; a hyphen inside a word is no token, so that compounds match their parts."""
    found = []
    for match in _TOKEN.finditer(norm, start, end):
        word = match.group()
        if word == "-" and _inside_word(norm, match.start()):
            continue
        found.append(Token(match.start(), match.end(), word, word.lower()))
    return found


def _inside_word(norm: str, at: int) -> bool:
    return 0 < at < len(norm) - 1 and norm[at - 1].isalnum() and norm[at + 1].isalnum()
