"""A page about one search or one path: what was asked, what came out in numbers and pictures, what proves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.core.result import Result
from detente.report.content import Figure, Grid
from detente.report.pages import render, whole_page, write_page


@dataclass(frozen=True)
class Part:
    """A section of the page. name: of its element. notes: sentences above its figures and tables."""

    name: str
    title: str
    figures: tuple[Figure, ...] = ()
    grids: tuple[Grid, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Number:
    """A big number. label: what. big: the number with its unit. lines: what it is measured against, and more."""

    label: str
    big: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Story:
    """The page.

    Attributes:
        title: what was searched. facts: comparator, world and closure, in one line. sentence: what comes out.
        numbers: the first view. parts: the rest. results: name -> result, for the certificates.
        repeat: the command that makes it again. limits: sentences.
    """

    title: str
    facts: str
    sentence: str
    numbers: tuple[Number, ...]
    parts: tuple[Part, ...]
    results: dict[str, Result]
    repeat: str
    limits: tuple[str, ...] = ()


def write_story(story: Story, path: Path) -> Path:
    """Write the page and return its path; it appears complete or not at all.

    Raises:
        OSError: the place cannot be written.
    """
    return write_page(path, story_html(story))


def story_html(story: Story) -> str:
    """Return the page, in one piece: it sends nothing and asks for nothing."""
    from markupsafe import Markup

    def content() -> dict[str, Any]:
        inside = [Markup(render("part.html.j2", part=part, live=False)) for part in story.parts]
        return {"story": story, "inside": inside, "certificates": certificates(story.results)}

    return whole_page("story.html.j2", content)


def certificates(results: dict[str, Result]) -> Sequence[tuple[str, str, bool]]:
    """Return name, line and whether to mark it, of each certificate."""
    return [(name, each.certificate.line, each.status != "CERTIFIED") for name, each in results.items()]
