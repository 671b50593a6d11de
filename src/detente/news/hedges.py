"""Who says it, and under which condition: attribution and conditions of a measure, in the words of the text."""

from __future__ import annotations

import re

from detente.news.measure import Attribution, Condition

_CONDITION = re.compile(
    r"\b(?P<k>unless|if|in exchange for|in return for|provided that|on condition that|as long as|until|should)\b",
    re.IGNORECASE,
)
_STOP = re.compile(r"[;.]|, (?:the|he|she|it|they|a|an|[A-Z])|\u2014|\)|\"")
_OUTLET = re.compile(
    r"\b(?:Bloomberg(?: News)?|Reuters|Associated Press|AP|AFP|Xinhua|Financial Times|CNBC|CNN|BBC|Politico|"
    r"Wall Street Journal|New York Times|Nikkei|Kyodo|Yonhap|Global Times|state media|local media)\b"
)
_CHANNEL = re.compile(
    r"\b(?:Truth Social|Twitter|X|Weibo|Telegram|Air Force One|Fox News|a (?:tweet|post|statement|notice|"
    r"press conference|speech|letter|filing|proclamation|news conference))\b"
)
_REPORT = re.compile(
    r"\b(?:reports?|reported|reportedly|according to|sources?|people familiar|people close|allegedly|"
    r"rumou?rs?|citing)\b",
    re.IGNORECASE,
)
_TOLD = re.compile(r'[,.?!]" (?P<who>(?:the )?[A-Z][\w.\'-]*(?: [A-Z][\w.\'-]*){0,4}) (?:said|told|added|wrote|says)\b')
HEARSAY = 0.5


def condition(norm: str, start: int, end: int, at: int) -> Condition | None:
    """Return the condition in a sentence nearest to a measure, or None."""
    found = list(_CONDITION.finditer(norm, start, end))
    if not found:
        return None
    match = min(found, key=lambda m: abs(m.start() - at))
    kind = match["k"].lower()
    if kind == "should" and norm[start : match.start()].strip(" \"'"):
        return None
    stop = _STOP.search(norm, match.end(), end)
    words = norm[match.start() : stop.start() if stop else end].strip(' .,"')
    antecedent = norm[match.end() : stop.start() if stop else end].strip(' .,"')
    if not antecedent:
        return None
    kinds = {
        "unless": "unless",
        "until": "until",
        "in exchange for": "in_exchange_for",
        "in return for": "in_exchange_for",
    }
    name = kinds.get(kind, "if")
    if name == "if" and re.search(r"\b(?:not|n't|fails?|refuses?)\b", antecedent):
        name = "if_not"
    return Condition(name, antecedent, words)


def attribution(norm: str, start: int, end: int, trigger: tuple[int, int], name: str, nested: bool) -> Attribution:
    """Return who says it: from the speaker found, quotation marks, outlets and channels in the sentence."""
    outlet = _OUTLET.search(norm, start, end)
    channel = _CHANNEL.search(norm, start, end)
    opened = norm.rfind("\n\n", 0, start) + 1
    inside = norm.count('"', opened, trigger[0]) % 2 == 1
    whole = norm[start : start + 1] == '"' or norm.count('"', opened, start) % 2 == 1
    if inside and not name:
        told = _TOLD.search(norm, trigger[1], min(len(norm), trigger[1] + 600))
        name = told.group("who") if told else ""
    if nested:
        mode = "nested_quote"
    elif inside:
        mode = "direct_quote" if whole else "quote_fragment"
    elif name:
        mode = "indirect_speech"
    elif outlet or _REPORT.search(norm, start, end):
        mode = "reported"
    else:
        mode = "narrator"
    return Attribution(
        mode, name or None, None, outlet.group() if outlet else None, channel.group() if channel else None
    )


def hearsay(norm: str, start: int, end: int, nested: bool) -> bool:
    """Return whether the sentence passes on what others are said to have said."""
    unnamed = re.search(r"\b(?:people familiar|people close|sources?|unnamed|anonymous|rumou?rs?|reportedly|"
        r"allegedly|dealers "
                        r"hear|desk|is said to|are said to)\b", norm[start:end])  # fmt: skip
    return nested or bool(unnamed)
