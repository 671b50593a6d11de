"""Text for LaTeX and BibTeX."""

from __future__ import annotations

from typing import Final

ESCAPES: Final = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip


def escaped(text: str) -> str:
    """Return a text that LaTeX sets as it is."""
    return "".join(ESCAPES.get(mark, mark) for mark in text)
