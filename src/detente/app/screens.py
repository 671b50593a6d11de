"""What stands on each screen: figures and sections of the report, and the forms that only a server can answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from detente.app.markup import drawn
from detente.app.runs import Desk, Opened
from detente.app.selection import Selection
from detente.app.writeback import written
from detente.core.errors import DetenteError
from detente.report.choice import Choice, choose
from detente.report.content import Figure
from detente.report.screens import SCREENS, figure, screen_html
from detente.report.select import View, view
from detente.scenario.schema import MAIN

FIGURES: Final[dict[str, tuple[str, ...]]] = {
    "brief": ("real-income", "diversion"),
    "rates": ("tariffs", "rates"),
    "results": ("map", "prices", "sectors", "pressure"),
}
LATER: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "results": (
        ("instruments", "Licences, bans, floors, purchases"),
        ("welfare", "Why real income changes: exact parts"),
        ("substitution", "If critical inputs are harder or easier to replace"),
    ),
}
"""Figures that take seconds: the script asks for each by itself, and a link gives it without script."""

MADE: Final = tuple(screen.name for screen in SCREENS)
COMPARED: Final = 6


def body(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> Any:
    """Return a screen as markup.

    Raises:
        DetenteError: as the verbs that it calls.
    """
    from markupsafe import Markup

    makers = {"compare": _compare, "strategy": _strategy, "talks": _talks, "tree": _tree, "news": _news, "text": _text}
    if state.screen in makers:
        return Markup(makers[state.screen](desk, state, found, shown, choice))
    parts = [_section(state.screen, shown, choice)] if state.screen in ("brief", "measures", "check") else []
    figures = [made for name in FIGURES.get(state.screen, ()) if (made := _figure(name, shown, choice)) is not None]
    return Markup("".join([*parts, _figures(state, figures), _later(state)]))


def chosen(state: Selection, shown: View) -> Choice:
    """Return what a state looks at in detail.

    Raises:
        UsageError: a country that the run does not have.
    """
    return choose(shown, country=state.country or None, by=state.by or None, against=state.against or None)


def _section(name: str, shown: View, choice: Choice) -> str:
    return screen_html(name, shown, choice, live=True) if name in MADE else ""


def _figure(name: str, shown: View, choice: Choice) -> Figure | None:
    return figure(name, shown, choice)


def _figures(state: Selection, figures: Sequence[Figure]) -> str:
    return drawn("figures.html.j2", figures=figures, live=f"?{state.query}")


def _later(state: Selection) -> str:
    found = LATER.get(state.screen, ())
    return drawn("later.html.j2", later=found, query=state.query) if found else ""


def part(desk: Desk, state: Selection, name: str) -> str:
    """Return one figure as markup, for a place that was left for it.

    Raises:
        DetenteError: an unknown figure; as the verbs that it calls.
    """
    shown = view(desk.run(state))
    made = figure(name, shown, chosen(state, shown))
    return _figures(state, [made]) if made is not None else drawn("nothing.html.j2")


def _compare(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    """Return pinned runs beside each other where there are any, and all branches of the scenario."""
    from markupsafe import Markup

    from detente.app.beside import pinned_table

    table = pinned_table(desk, state, choice.country) if state.pin else None
    names = tuple(dict.fromkeys([*(state.branch or (MAIN,)), *found.case.branches]))[:COMPARED]
    every = view(desk.solved(found.case, names, state.on))
    side = _section("compare", every, choice) or drawn("beside.html.j2", view=every, choice=choice)
    return drawn("compare.html.j2", table=table, side=Markup(side), state=state)


def _strategy(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    codes = [(code, shown.label(code)) for code in shown.run.base.countries]
    players = shown.focus or (codes[0][0], codes[1][0])
    return drawn("strategy.html.j2", codes=codes, players=players, state=state)


def _talks(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    return drawn("talks.html.j2", talks=found.case.talks, measures=found.case.measures, state=state)


def talks_screen(desk: Desk, state: Selection, done: Any) -> str:
    """Return settled talks as the report draws them.

    Raises:
        DetenteError: the run that they stand beside has no numbers.
    """
    shown = view(desk.run(state), talks=done)
    return _section("talks", shown, chosen(state, shown))


def _tree(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    from detente.app.beside import leaves

    return drawn("tree.html.j2", **leaves(desk, state, found), state=state)


def _news(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    return drawn("news.html.j2", state=state)


def _text(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    return str(editor(desk, state, ()))


def editor(desk: Desk, state: Selection, problems: Sequence[Any]) -> Any:
    """Return the scenario as text, with the switches of the state written into it, and its problems by line."""
    from markupsafe import Markup

    return Markup(drawn("text.html.j2", text=_written(desk, state), problems=problems, state=state))


def _written(desk: Desk, state: Selection) -> str:
    """Return the text of a state with its switches, as it stands where they cannot be written, "" where it is cut."""
    try:
        text = desk.text(state)[2]
    except DetenteError:
        return ""
    try:
        return written(text, state)
    except DetenteError:
        return text


def offline(desk: Desk, state: Selection, found: Opened, problems: Sequence[Any]) -> Any:
    """Return what a screen can show without numbers: the editor, or nothing but the problems above it."""
    return editor(desk, state, problems) if state.screen == "text" else ""
