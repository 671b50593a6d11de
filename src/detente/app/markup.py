"""Our templates with those of the report behind them: one escaping, one set of filters."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from detente.app.levers import fields_of
from detente.report.pages import environment

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES: Final = Path(__file__).parent / "templates"


@functools.cache
def templates() -> Environment:
    """Return the templates, ours first."""
    from jinja2 import ChoiceLoader, FileSystemLoader

    behind = environment()
    loaders = [FileSystemLoader(TEMPLATES), *([behind.loader] if behind.loader else [])]
    found = behind.overlay(loader=ChoiceLoader(loaders))
    found.globals = {**behind.globals, "fields": fields_of}
    return found


def drawn(template: str, **context: Any) -> str:
    """Return a template of ours filled in; everything in it is escaped."""
    return templates().get_template(template).render(**context)
