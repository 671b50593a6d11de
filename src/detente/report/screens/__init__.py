"""The screens of the page and the report: each a function from what is shown to plain data, and a template."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from detente.core.errors import UsageError, nearest
from detente.report.choice import Choice, choose
from detente.report.content import Figure
from detente.report.pages import render
from detente.report.select import View


@dataclass(frozen=True)
class Screen:
    """One screen.

    Attributes:
        name: of its module here, of its template `screens/NAME.html.j2` and of its element on the page. title: heading.
    """

    name: str
    title: str

    @property
    def content(self) -> Callable[[View, Choice], Mapping[str, Any] | None]:
        """Return the function that gives the template its data, or None where there is nothing to show."""
        found: Callable[[View, Choice], Mapping[str, Any] | None] = importlib.import_module(
            f"detente.report.screens.{self.name}"
        ).content
        return found


SCREENS: Final = (
    Screen("brief", "Brief"),
    Screen("sure", "How sure"),
    Screen("measures", "Measures and what was assumed"),
    Screen("rates", "Rates"),
    Screen("results", "Results"),
    Screen("diversion", "Diversion"),
    Screen("chokepoints", "Licences, bans, floors, purchases"),
    Screen("compare", "Branches side by side"),
    Screen("tree", "What may come"),
    Screen("talks", "Talks"),
    Screen("check", "Check"),
)

FIGURES: Final[Mapping[str, str]] = {
    "assumptions": "sure",
    "timeline": "measures",
    "real-income": "results",
    "map": "results",
    "welfare": "results",
    "prices": "results",
    "sectors": "results",
    "tariffs": "rates",
    "rates": "rates",
    "diversion": "diversion",
    "pressure": "diversion",
    "branches": "compare",
    "substitution": "chokepoints",
    "instruments": "chokepoints",
    "fan": "tree",
    "packages": "talks",
}
"""Name of a figure -> module here with the function of that name, "-" as "_", or as `_FUNCTION` says."""

_FUNCTION: Final = {"map": "map_", "timeline": "timeline_"}


def screen(name: str) -> Screen:
    """Return a screen by its name.

    Raises:
        UsageError: no such screen.
    """
    found = next((each for each in SCREENS if each.name == name), None)
    if found is None:
        names = [each.name for each in SCREENS]
        hint = nearest(name, names)
        text = f"screen: found {name!r}; expected one of {', '.join(names)}"
        raise UsageError(text + (f"; try {hint!r}" if hint else ""))
    return found


def screen_html(name: str, view: View, choice: Choice | None = None, *, live: bool | str = False) -> str:
    """Return one screen as a section of a page; "" where there is nothing to show.

    Args:
        view: what is shown. choice: the selection; None is the default one.
        live: on a server, where files are behind addresses, and what follows these, such as "?branch=main"; else every
            file is in the page itself.
    Raises:
        UsageError: no such screen. SolveError: a branch is not certified.
    """
    found = screen(name)
    chosen = choose(view) if choice is None else choice
    content = found.content(view, chosen)
    if content is None:
        return ""
    return render(f"screens/{name}.html.j2", screen=found, view=view, choice=chosen, live=live, **content)


def figure(name: str, view: View, choice: Choice | None = None) -> Figure | None:
    """Return a figure by its name, or None where this view has nothing to show in it.

    Raises:
        UsageError: no such figure.
    """
    if name not in FIGURES:
        hint = nearest(name, [*FIGURES])
        text = f"figures: found {name!r}; expected one of {', '.join(FIGURES)}"
        raise UsageError(text + (f"; try {hint!r}" if hint else ""))
    module = importlib.import_module(f"detente.report.screens.{FIGURES[name]}")
    make = getattr(module, _FUNCTION.get(name, name.replace("-", "_")))
    made: Figure | None = make(view, choose(view) if choice is None else choice)
    return made
