"""Sentences with offsets; list items and clauses after a semicolon are units of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|Col|Lt|St|Jr|Sr|vs|No|Nos|Art|Arts|Sec|Secs|Fig|Inc|Corp|Ltd|Co|Cos|"
    r"approx|e\.g|i\.e|etc|cf|al|par|para|ch|Reg|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec|a\.m|p\.m|"
    r"pct|bn|mn|ca|Ph\.D|Stat|Rs|cts|Vol)|\b(?:[A-Z]\.)*[A-Z])\.$"
)
_STOP = re.compile(r"[.!?]+[\"')\]]*(?=\s|$)|;(?=\s)|\n[ \t]*(?:\n[ \t]*)+|\n")
_OPENER = re.compile(r"\s*[\"'(\[]*(?:[A-Z0-9•*\u2014$€£#-]|\Z)")
_ITEM = re.compile(r"[ \t]*(?:[-*•·▪◦‣]|\(?\d{1,3}[.)]|\(?[a-z][.)]|\([ivx]+\))\s")
_WRAP = 55
MAX_UNIT = 1400


@dataclass(frozen=True)
class Sentence:
    """A unit of text.

    Args:
        start, end: offsets without outer blanks.
        paragraph: number of the paragraph.
        continues: whether it goes on from the unit before (after a semicolon or a list lead-in).
    """

    start: int
    end: int
    paragraph: int
    continues: bool


def sentences(norm: str) -> list[Sentence]:
    """Return the units of a normalised text (furniture already blanked) in order."""
    found: list[Sentence] = []
    at, paragraph, continues = 0, 0, False
    for match in _STOP.finditer(norm):
        kind = _kind(norm, at, match)
        if not kind:
            continue
        _add(found, norm, at, match.end(), paragraph, continues)
        continues = kind == "clause" or (kind == "item" and _leads(norm, at, match.start()))
        paragraph += kind == "paragraph"
        at = match.end()
    _add(found, norm, at, len(norm), paragraph, continues)
    return found


def _kind(norm: str, at: int, match: re.Match[str]) -> str:
    sign = match.group()
    if sign == ";":
        return "clause"
    if sign[0] != "\n":
        return "sentence" if _ends(norm, at, match) else ""
    if sign.count("\n") > 1:
        return "paragraph"
    if _ITEM.match(norm, match.end()):
        return "item"
    line = norm[norm.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
    following = norm[match.end() : match.end() + 1]
    wrapped = len(line) >= _WRAP and line[-1:] not in '.!?:"'
    return "" if wrapped or following.islower() else "item"


def _leads(norm: str, at: int, end: int) -> bool:
    return norm[max(at, end - 3) : end].rstrip().endswith((":", ";", ",", "—"))


def _ends(norm: str, at: int, match: re.Match[str]) -> bool:
    if not _OPENER.match(norm, match.end()):
        return False
    if match.group() != ".":
        return True
    if norm[at : match.start()].strip(" \t\n(*").isdigit():
        return False
    before = norm[max(at, match.start() - 12) : match.start() + 1]
    if not _ABBREVIATION.search(before):
        return True
    after = norm[match.end() : match.end() + 24].lstrip()
    if re.search(r"\b(?:U\.S|U\.K|E\.U|a\.m|p\.m|Inc|Corp|Ltd|etc|D\.C)\.$", before):
        return bool(re.match(r"(?:The|It|This|In|On|He|She|But|They|Under|If|Both|That|For|At|As|Its|Trade)\b", after))
    return False


def _add(found: list[Sentence], norm: str, start: int, end: int, paragraph: int, continues: bool) -> None:
    raw = norm[start:end]
    left = len(raw) - len(raw.lstrip())
    start, end = start + left, start + len(raw.rstrip())
    while start < end:
        stop = end if end - start <= MAX_UNIT else _cut(norm, start)
        if re.search(r"\w", norm[start:stop]):
            found.append(Sentence(start, stop, paragraph, continues))
        start = stop
        while start < end and norm[start].isspace():
            start += 1
        continues = True


def _cut(norm: str, start: int) -> int:
    """A unit longer than evidence may be is cut at a blank."""
    blank = norm.rfind(" ", start + MAX_UNIT // 2, start + MAX_UNIT)
    return blank if blank > 0 else start + MAX_UNIT
