"""Title and day of publication from the head of a page."""

from __future__ import annotations

import re

from detente.news.chrome import is_date_line, lines, title_like
from detente.news.lexicon import lexicon, match
from detente.news.timex import timexes
from detente.news.words import tokens

_LABELLED = re.compile(
    r"\b(?:published|posted|updated|issued|released|compiled|date|dated|last updated)\b(?: on| at)?:? ?", re.IGNORECASE
)
_DATELINE = re.compile(r"^[A-Z][A-Z .,/'-]{2,40}, (?P<d>[A-Z][a-z]+\.? \d{1,2}(?:, \d{4})?|\d{1,2} [A-Z][a-z]+ \d{4})")
_SLUG = re.compile(r"\b(?P<y>20\d\d|19\d\d)\b")


def headed(norm: str) -> tuple[str | None, str]:
    """Return the day of publication found in the first lines, and where it came from.

    A line that is only a date, a labelled date ("Published ..."), a dateline with a year. Anything less is no date.
    """
    for line in lines(norm)[:14]:
        found = [t for t in timexes(line.text, 0, len(line.text), None) if len(t.value) == 10]
        if not found:
            continue
        if is_date_line(line.text) or (len(line.text) < 120 and _LABELLED.search(line.text[: found[0].start])):
            return found[0].value, "header"
        if _DATELINE.match(line.text) and found[0].start < 45:
            return found[0].value, "header"
        if len(line.text) < 100 and len(line.text.split()) <= 14 and not line.text.endswith("."):
            return found[0].value, "header"
    return None, ""


def title_of(norm: str, text: str) -> str:
    """Return the headline: the first line that reads as one, if a paragraph follows."""
    found = lines(norm)
    head = [line for line in found[:8] if not re.search(r"\s{3}|[|\u00b7]", line.text)]
    again = [line for k, line in enumerate(head) if line.text in {other.text for other in head[:k]}]
    for line in [*again, *head]:
        if title_like(line.text) and not is_date_line(line.text) and len(line.text.split()) >= 3 and len(found) > 1:
            return text[line.start : line.end]
    return ""


_TARIFF_WORD = re.compile(r"\b(?:tariffs?|dut(?:y|ies)|lev(?:y|ies)|surcharges?|customs)\b", re.IGNORECASE)


def topic_of(title: str) -> tuple[int, str]:
    """Return the place and kind of the tariff that a headline speaks of, as the first thing said."""
    return (0, "import_tariff") if _TARIFF_WORD.search(title) else (-99, "")


_OFFICE = re.compile(
    r"\b(?:ministry|department|government|commission|bureau|customs|administration|agency)\b", re.IGNORECASE
)


def issuer(norm: str) -> str:
    """Return the economy whose ministry or office stands at the head of a statement; empty if none or several.

    The office must stand in a line of its own, with a country, a capital or a body of the lexicon in the head.
    """
    head = [line.text for line in lines(norm)[:6] if len(line.text) < 90 and not line.text.endswith(".")]
    if not any(_OFFICE.search(text) for text in head):
        return ""
    lex = lexicon()
    found: set[str] = set()
    for text in head:
        shown = text.title() if text.isupper() else text
        words = tokens(shown, 0, len(shown))
        for at in range(len(words)):
            found |= {
                e.value for _, e in match(words, at, lex) if e.kind in ("country", "place", "office", "adjective")
            }
    return found.pop() if len(found) == 1 else ""
