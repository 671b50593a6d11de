"""The text to read: a file or standard input; bytes in, decoded text and what is known about it out.

UTF-8 is required and nothing is converted: line ends, curly quotes and no-break spaces are data, so that offsets are
those of the text as it stands. A page of HTML is turned into text by `news.html_text`, an address by `news.fetch`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.baseline.text import read_bytes
from detente.core.errors import ArticleError, DataError, Problem

LIMIT: Final = 2_000_000
"""Bytes of text in one document; an article of 8 kB is usual."""

PAGE_LIMIT: Final = 5_000_000
"""Bytes of a page of HTML before its text is taken out."""

TEXT_ENDINGS: Final = (".txt", ".text", ".md")
PAGE_ENDINGS: Final = (".html", ".htm", ".xhtml")

_SIGNATURES: Final[Mapping[bytes, str]] = {
    b"%PDF": "a PDF file", b"\x1f\x8b": "a gzip archive", b"PK\x03\x04": "a zip archive or an office document",
    b"\x89PNG": "an image (PNG)", b"\xff\xd8\xff": "an image (JPEG)", b"GIF8": "an image (GIF)",
    b"\x7fELF": "a program", b"\xd0\xcf\x11\xe0": "an old office document", b"{\\rtf": "a rich text document",
    b"\xff\xfe": "UTF-16 or UTF-32 text", b"\xfe\xff": "UTF-16 text",
}  # fmt: skip
_CONTROL: Final = bytes({*range(0x20), 0x7F} - {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1B})
_PAGE: Final = re.compile(
    r"\s{0,200}(?:<\?xml[^>]{0,200}>\s{0,200})?(?:<!--.{0,2000}?-->\s{0,200})?<(?:!doctype html|html)", re.I | re.S
)


@dataclass(frozen=True)
class Text:
    """A decoded text, as it stands.

    Attributes:
        id: file stem, `stdin`, or the host of an address. title, published: from the page's own metadata, or empty.
        where: path or address, for messages and sources.
    """

    id: str
    text: str
    where: str
    title: str = ""
    published: str = ""
    url: str = ""


EXAMPLES: Final = Path(__file__).parent / "examples"


def packaged_texts() -> tuple[str, ...]:
    """Return the names of the texts that ship with detente, in our own words."""
    return tuple(sorted(path.stem for path in EXAMPLES.glob("*.txt")))


def packaged_text(name: str) -> Path | None:
    """Return the file of a packaged text, or None where no text has that name."""
    return EXAMPLES / f"{name}.txt" if name in packaged_texts() else None


def from_file(path: Path) -> Text:
    """Return the text of a file; a page of HTML is cleaned.

    Raises:
        ArticleError: not there, not a regular file, empty, binary, not UTF-8 (the byte is named), too large; a page
            without the extra `web`, or one that hides a bomb.
    """
    limit = PAGE_LIMIT if path.suffix.lower() in PAGE_ENDINGS else LIMIT
    try:
        data = read_bytes(path, limit)
    except DataError as error:
        raise ArticleError(problems=error.problems) from None
    return from_bytes(data, id=path.stem, where=str(path), page=path.suffix.lower() in PAGE_ENDINGS)


def from_bytes(data: bytes, *, id: str, where: str, page: bool = False, url: str = "") -> Text:
    """Return the text in these bytes.

    Args:
        data: the bytes. id: name of the document. where: path or address, for messages.
        page: whether it is known to be HTML; otherwise the first characters tell. url: its address, if it has one.
    Raises:
        ArticleError: as `from_file`.
    """
    if len(data) > PAGE_LIMIT:
        raise _refusal(where, f"more than {PAGE_LIMIT} bytes", f"at most {LIMIT} bytes of text in one document")
    text = decoded(data, where)
    if page or _PAGE.match(text):
        from detente.news.html_text import page_text

        found = page_text(text, where)
        return Text(id, _sized(found.text, where), where, found.title, found.published, url or found.url)
    return Text(id, _sized(text, where), where, url=url)


def decoded(data: bytes, where: str) -> str:
    """Return bytes as text: UTF-8, a byte order mark left out, everything else as it stands.

    Raises:
        ArticleError: nothing, a known binary, control characters, or the first byte that is not UTF-8 with its place.
    """
    if not data.strip():
        raise _refusal(where, "an empty text", "an article or a notice in words")
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            raise _refusal(where, f"{name} (first bytes {data[: len(signature)].hex(' ')})", *_SAVE)
    nul = data.find(b"\0")
    if nul >= 0:
        raise _refusal(where, f"a NUL byte (0x00) at byte {nul}: binary, or UTF-16 without its mark", *_SAVE)
    controls = len(data) - len(data.translate(None, _CONTROL))
    if controls > len(data) // 200:
        raise _refusal(where, f"{controls} control characters in {len(data)} bytes: binary", *_SAVE)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        found = f"byte 0x{data[at]:02x} at byte {at}, which is not UTF-8: Latin-1 or Windows-1252?"
        line = data.count(b"\n", 0, at) + 1
        raise _refusal(f"{where}:{line}", found, *_SAVE) from None


_SAVE: Final = ("UTF-8 text", "saving the words as UTF-8 text")


def _sized(text: str, where: str) -> str:
    """Return a text that is not empty and not too long.

    Raises:
        ArticleError: nothing but blanks, or more than 2 MB.
    """
    if not text.strip():
        raise _refusal(where, "an empty text", "an article or a notice in words")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LIMIT:
        hint = "a folder with one article in each file"
        raise _refusal(where, f"{size} bytes of text", f"at most {LIMIT} bytes in one document", hint)
    return text


def _refusal(where: str, found: str, expected: str, hint: str = "") -> ArticleError:
    return ArticleError(problems=[Problem(where, "", found, expected, hint)])
