"""The pipeline as one function: text in, document out."""

from __future__ import annotations

import hashlib

from detente.news.document import Document


def read_text(text: str, *, id: str = "text", published: str | None = None) -> Document:
    """Read one decoded text.

    Args:
        text: the text as it stands (offsets refer to it).
        id: name of the document.
        published: ISO date of publication; None takes it from the page header.

    Returns: the document; without measures `why_empty` says why.
    """
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(
        id=id, title="", published=published, published_from="argument" if published else "", text=text, sha256=digest
    )
