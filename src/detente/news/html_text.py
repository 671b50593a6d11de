"""A page of HTML as text: what a reader would see of the article, and nothing that is hidden, commented or around it.

Needs the extra `web` (trafilatura on lxml). The page is parsed once by libxml2, which does not recurse; its size and
depth are measured, hidden parts and comments are taken out, and only then is the article looked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from detente.core.errors import ArticleError, Problem

DEPTH: Final = 200
ELEMENTS: Final = 100_000
"""Limits of one page: real ones have less than 60 levels and 10,000 elements."""

SHORT: Final = 40
LOGIN: Final = 400
"""Fewer characters than these are no article: of any page, of a page that asks for a password."""

_HIDDEN_STYLE: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.0-9])|font-size\s*:\s*0(?![.0-9])", re.I
)
_NEVER_SEEN: Final = frozenset(
    {
        "template",
        "noscript",
        "script",
        "style",
        "iframe",
        "object",
        "svg",
        "math",
        "head",
        "button",
        "select",
        "option",
        "input",
    }
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Page:
    """The article of a page: its text, and what the page's metadata say; empty where they say nothing."""

    text: str
    title: str = ""
    published: str = ""
    url: str = ""


def page_text(html: str, where: str) -> Page:
    """Return the article of a page.

    Args:
        html: decoded. where: path or address, for messages.
    Raises:
        ArticleError: the extra `web` is not installed; a page that is too deep or has too many elements; no article
            text in it (a login page, a list of links).
    """
    trafilatura, tree = _library(where), _parsed(html, where)
    _measured(tree, where)
    known, login = _metadata(tree), _asks_for_password(tree)
    _without_hidden(tree)
    found = trafilatura.extract(
        tree, output_format="txt", include_comments=False, include_tables=True, deduplicate=False, with_metadata=False
    )
    text = (found or "").strip("\n")
    if len(text) < (LOGIN if login else SHORT):
        raise _refusal(where, "no article text in the page", "an article", "saving its words as plain text")
    return Page(text, *known)


def _library(where: str) -> Any:
    try:
        import trafilatura
    except ImportError:
        hint = "pip install 'detente[web]', or saving the words as plain text"
        raise _refusal(where, "a page of HTML", "plain text, or the extra `web` that reads pages", hint) from None
    return trafilatura


def _parsed(html: str, where: str) -> Any:
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return document_fromstring(html.encode("utf-8", "surrogatepass"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        found = f"a page that cannot be parsed ({str(error).splitlines()[0][:80]})"
        raise _refusal(where, found, "HTML", "saving its words as plain text") from None


def _measured(tree: Any, where: str) -> None:
    """Refuse a page that is deeper or larger than any article."""
    from lxml import etree

    depth = count = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > DEPTH:
            raise _refusal(where, f"more than {DEPTH} levels of elements", f"a page with at most {DEPTH}")
        if count > ELEMENTS:
            raise _refusal(where, f"more than {ELEMENTS} elements", f"a page with at most {ELEMENTS}")


def _metadata(tree: Any) -> tuple[str, str, str]:
    """Return title, day of publication and address, as the page states them for machines."""
    told: dict[str, str] = {}
    for element in tree.iter("meta"):
        key = str(element.get("property") or element.get("name") or element.get("itemprop") or "").lower()
        told.setdefault(key, str(element.get("content") or "").strip())
    titles = [told.get("og:title", ""), *(" ".join(each.text_content().split()) for each in tree.iter("title"))]
    days = [told.get(name, "") for name in ("article:published_time", "datepublished", "date", "dc.date")]
    day = next((match[0] for each in days if (match := _DAY.match(each))), "")
    return next((each[:300] for each in titles if each), ""), day, told.get("og:url", "")[:300]


def _asks_for_password(tree: Any) -> bool:
    return any((each.get("type") or "").lower() == "password" for each in tree.iter("input"))


def _without_hidden(tree: Any) -> None:
    """Take out what nobody sees: scripts, templates, and elements that are hidden by attribute or inline style."""
    hidden = [element for element in tree.iter() if element is not tree and _hidden(element)]
    for element in hidden:
        if element.getparent() is not None:
            element.drop_tree()


def _hidden(element: Any) -> bool:
    if not isinstance(element.tag, str):
        return True
    if element.tag in _NEVER_SEEN or element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(element.get("style") or ""))


def _refusal(where: str, found: str, expected: str, hint: str = "") -> ArticleError:
    return ArticleError(problems=[Problem(where, "", found, expected, hint)])
