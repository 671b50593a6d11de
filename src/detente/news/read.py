"""Read a text, a file or a page: the pipeline of the rules, then the registry beside it, then what is open."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from detente.core.errors import UsageError
from detente.news.document import Document, Documents
from detente.news.fetch import is_address
from detente.news.folder import files_of
from detente.news.questions import questioned
from detente.news.reader import read_text
from detente.news.registry import linked
from detente.news.source import PAGE_ENDINGS, TEXT_ENDINGS, Text, from_bytes, from_file, packaged_text
from detente.scenario.fields import iso_date

_LONGEST_PATH = 1000


def read(text_or_path: str | Path, published: str | None = None) -> Documents:
    """Read articles or notices: dated measures, each tied to the words it came from; nothing is loaded or solved.

    Args:
        text_or_path: a text, the path of a file (plain text; HTML with the extra `web`) or of a folder of them, or the
            name of a packaged text.
        published: day of publication, YYYY-MM-DD; without it the text's own header or metadata say it, or a question
            asks. Not with a folder, where each text has its own.
    Returns:
        The documents, in the order of their names; without measures, `why_empty` says why.
    Raises:
        ArticleError: empty, binary, not UTF-8, too large, a page without the extra `web`. UsageError: not a day.
    """
    path = _path(text_or_path)
    if path is not None and path.is_dir():
        if published is not None:
            raise UsageError("published: found a day beside a folder; expected one text, or each with its own date")
        return Documents(tuple(read_source(from_file(each)) for each in files_of(path).texts))
    if path is not None:
        return Documents((read_source(from_file(path), published),))
    if is_address(str(text_or_path)):
        raise UsageError("read: found an address; expected a text or a path; try: detente read URL --allow-network")
    data = str(text_or_path).encode("utf-8", "surrogatepass")
    return Documents((read_source(from_bytes(data, id="text", where="text"), published),))


def read_source(source: Text, published: str | None = None) -> Document:
    """Return a text as read, checked against the registry, with its open questions.

    Args:
        source: decoded. published: the user's word on the day; it wins over what the page says.
    Raises:
        UsageError: not a day.
    """
    if published is not None:
        try:
            iso_date(published)
        except ValueError as error:
            raise UsageError(f"published: found {published!r}; expected {error}") from None
    found = read_text(source.text, id=source.id, published=published or source.published or None)
    if source.published and not published:
        found = replace(found, published_from="metadata")
    if source.title and not found.title:
        found = replace(found, title=source.title)
    return questioned(linked(found))


def _path(text_or_path: str | Path) -> Path | None:
    """Return the path that is meant, or None for a text; a name that looks like a file is one, there or not."""
    if isinstance(text_or_path, Path):
        return text_or_path
    example = packaged_text(text_or_path)
    if example is not None:
        return example
    short = len(text_or_path) < _LONGEST_PATH and "\n" not in text_or_path and "\0" not in text_or_path
    if not short:
        return None
    path = Path(text_or_path)
    looks = path.suffix.lower() in (*TEXT_ENDINGS, *PAGE_ENDINGS) and " " not in text_or_path
    return path if looks or (text_or_path.strip() and os.path.exists(text_or_path)) else None
