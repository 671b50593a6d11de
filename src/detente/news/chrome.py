"""Page furniture: header, repeated title, byline, recommendation blocks, comments, cookie banners."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from detente.news.lexicon import rows
from detente.news.measure import Span

_LINE = re.compile(r"[^\n]+")
_END = re.compile(r"[.!?:;][\"')\]]*$")
_BYLINE = re.compile(r"(?:by|from) [A-Z][\w.'-]+(?: [A-Z][\w.'-]+){0,3}(?:,? .{0,40})?$", re.IGNORECASE)
_BULLET = re.compile(r"(?:[-*•·▪◦‣]|\(?\d{1,2}[.)]|\(?[a-z][.)]|\((?:i|ii|iii|iv|v|vi)\))\s")
_SHORT_DATE = re.compile(r"^[\w ,./:|-]{4,60}$")
_COUNT = re.compile(r"^\d+ (?:comments?|shares?|likes?|replies|min(?:ute)?s? read)\b", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]{0,15}(?:\s[^<>]{0,300})?/?>")
_HIDDEN = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"), ("<noscript", "</noscript>"))
_DAY = re.compile(r"\b(?:19|20)\d\d\b")
_MONTH = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\b|\d{4}-\d\d-\d\d|\d\d?/\d\d?/\d{4}", re.IGNORECASE
)


@dataclass(frozen=True)
class Line:
    """A non-empty line without its outer blanks."""

    start: int
    end: int
    text: str


@lru_cache(maxsize=1)
def _phrases() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in rows("chrome.csv"):
        found[row["kind"]] = found.get(row["kind"], ()) + tuple(row["words"].split(","))
    return found


def lines(norm: str) -> list[Line]:
    """Return the non-empty lines."""
    found = []
    for match in _LINE.finditer(norm):
        text = match.group()
        left = len(text) - len(text.lstrip())
        if text.strip():
            found.append(Line(match.start() + left, match.start() + len(text.rstrip()), text.strip()))
    return found


def is_date_line(text: str) -> bool:
    """Return whether a line holds a date and nothing that could be a sentence."""
    rest = re.sub(r"^(?:published|updated|posted|date|last updated|issued)(?: on)?:? *", "", text, flags=re.IGNORECASE)
    return bool(_SHORT_DATE.match(rest) and _MONTH.search(rest) and _DAY.search(rest) and len(rest.split()) <= 9)


def chrome(norm: str, text: str) -> tuple[Span, ...]:
    """Return the spans of page furniture, in order.

    Args:
        norm: normalised text. text: the text as it stands.
    """
    norm = _blanked(norm, _markup(norm))
    found = lines(norm)
    drop = _header(found) | _anywhere(found)
    drop |= _tail(found, drop)
    spans = [(found[i].start, found[i].end) for i in drop]
    spans += _markup(text)
    return tuple(Span(start, end, text[start:end]) for start, end in _joined(sorted(spans)))


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in spans:
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _markup(text: str) -> list[tuple[int, int]]:
    """Comments, scripts and tags of a page saved as text; each sign is looked at a bounded number of times."""
    low = text.lower() if "<" in text else ""
    spans = []
    for opening, closing in _HIDDEN:
        at = low.find(opening)
        while at >= 0:
            end = low.find(closing, at)
            if end < 0:
                break
            spans.append((at, end + len(closing)))
            at = low.find(opening, end)
    return _joined(sorted([*spans, *(match.span() for match in _TAG.finditer(text))])) if low else []


def _blanked(norm: str, spans: list[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in spans:
        parts += [norm[at:start], re.sub(r"[^\n]", " ", norm[start:end])]
        at = end
    return "".join([*parts, norm[at:]])


def _paragraph(line: Line) -> bool:
    return len(line.text) >= 90 and len(line.text.split()) >= 14 and bool(_END.search(line.text))


def _header(found: list[Line]) -> set[int]:
    """Date lines, repeated titles and short lines above the first paragraph of a page."""
    first = next((i for i, line in enumerate(found) if _paragraph(line)), 0)
    drop = {i for i in range(min(first, 12)) if is_date_line(found[i].text) or _BYLINE.match(found[i].text)}
    for i in range(min(first, 12)):
        text = found[i].text
        again = any(text.lower() in other.text.lower() for k, other in enumerate(found[:14]) if k != i)
        if (again and len(text) > 12) or title_like(text):
            drop.add(i)
    return drop


def title_like(text: str) -> bool:
    """Return whether a line above the first paragraph reads as a headline or a label, not as a sentence."""
    return not _BULLET.match(text) and not re.search(r"[.;:][\"')]*$", text) and len(text) < 200


def _anywhere(found: list[Line]) -> set[int]:
    phrases = _phrases()
    drop = set()
    for i, line in enumerate(found):
        low = line.text.lower().strip(" .…|>»")
        if (
            low in phrases["line"]
            or _COUNT.match(low)
            or (low.startswith(phrases["start"]) and len(low) < 400)
            or (i < 10 and len(line.text) < 50 and is_date_line(line.text) and not line.text.endswith("."))
            or (i < 8 and _BYLINE.match(line.text) and len(line.text) < 60 and not line.text.endswith("."))
        ):
            drop.add(i)
    return drop


def _tail(found: list[Line], dropped: set[int]) -> set[int]:
    """From a marker such as "Related posts": everything that is not a paragraph; after comments, everything."""
    drop: set[int] = set()
    tails = _phrases()["tail"]
    i = 0
    while i < len(found):
        low = found[i].text.lower().strip(" .…|>»:")
        marker = low in tails or (low.startswith(tails[:12]) and len(low) < 32)
        if not marker or _paragraph(found[i]):
            i += 1
            continue
        body_before = sum(len(line.text) for k, line in enumerate(found[:i]) if k not in dropped and _paragraph(line))
        closing = body_before > 0 and ("comment" in low or "reply" in low or low.startswith("loading"))
        drop.add(i)
        i += 1
        while i < len(found) and (closing or not _paragraph(found[i])):
            drop.add(i)
            i += 1
    return drop


def visible(norm: str, spans: tuple[Span, ...]) -> str:
    """Return the normalised text with the furniture blanked out, line ends kept."""
    return _blanked(norm, [(span.start, span.end) for span in spans])
