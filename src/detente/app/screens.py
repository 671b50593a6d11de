"""What stands on each screen: figures and sections of the report, and the forms that only a server can answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from detente.app.markup import drawn
from detente.app.runs import Desk, Opened
from detente.app.seeking import sought
from detente.app.selection import Selection
from detente.app.writeback import written
from detente.core.errors import DetenteError
from detente.report.amounts import plain, signed
from detente.report.choice import Choice, choose
from detente.report.content import Figure, Grid
from detente.report.screens import SCREENS, figure, screen_html
from detente.report.select import View, view
from detente.scenario.explain import Explained, explain
from detente.scenario.fields import iso_date
from detente.scenario.schema import MAIN

FIGURES: Final[dict[str, tuple[str, ...]]] = {
    "brief": ("real-income", "diversion"),
    "rates": ("tariffs", "rates"),
    "results": ("assumptions", "map", "prices", "sectors", "pressure"),
}
LATER: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "results": (
        ("instruments", "Licences, bans, floors, purchases"),
        ("welfare", "Why real income changes: exact parts"),
        ("substitution", "If critical inputs are harder or easier to replace"),
    ),
}
"""Figures that take seconds: the script asks for each by itself, and a link gives it without script."""

REST: Final = 1e-9
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
    parts += [why(desk, state, found, shown, choice)] if state.screen == "rates" else []
    return Markup("".join([*parts, _figures(state, figures), _later(state)]))


def chosen(state: Selection, shown: View) -> Choice:
    """Return what a state looks at in detail.

    Raises:
        UsageError: a country that the run does not have.
    """
    return choose(shown, country=state.country or None, by=state.by or None, against=state.against or None)


def why(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    """Return why a rate is what it is: every contribution, and a form to ask for another pair or sector.

    Raises:
        UsageError: a sector that the world does not have.
    """
    labels = shown.run.base.meta.get("sector_labels", {})
    branch = (state.branch or (MAIN,))[0]
    told = None
    if choice.pair is not None:
        day = iso_date(state.on) if state.on and branch == MAIN else None
        told = explain(
            found.case, rate=choice.pair, sector=state.sector or None, on=day, base=desk.world(found.case),
            branch=None if branch == MAIN else branch,
        )  # fmt: skip
    return drawn(
        "why.html.j2", told=told, state=state, choice=choice, grid=None if told is None else why_grid(told),
        codes=[(code, shown.label(code)) for code in shown.run.base.countries],
        sectors=[(code, f"{code} {labels.get(code, '')}".strip()) for code in shown.run.base.sectors],
    )  # fmt: skip


def why_grid(told: Explained) -> Grid:
    """Return the contributions to a rate, their sum last."""
    rate = told.rate
    if rate is None:
        return Grid("", (), ())
    rows = [
        (part.measure, part.authority, part.how, part.says, signed(part.points_pp), plain(part.covered_pct))
        for part in rate.parts
    ]
    if abs(rate.rest_pp) > REST:
        rows.append(("not taken apart", "", "", "", signed(rate.rest_pp), ""))
    rows.append(("total, applied", "", "", "", f"{plain(rate.total_pct)} %", ""))
    against = f"law of {told.compare_to}" if told.compare_to else "baseline"
    caption = (
        f"{rate.by} on {rate.against}, {rate.what}: {plain(rate.total_pct)} % under the law of {told.date}, "
        f"{plain(rate.comparator_pct)} % under the {against}; percentage points"
    )
    head = ("measure", "legal basis", "how", "says", "points", "% of trade")
    return Grid(caption, head, tuple(rows), marks=frozenset({len(rows) - 1}), text_columns=frozenset({1, 2, 3}))


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
    return drawn("strategy.html.j2", codes=codes, players=players, state=state, sought=sought(state.seek))


def _talks(desk: Desk, state: Selection, found: Opened, shown: View, choice: Choice) -> str:
    return drawn("talks.html.j2", talks=found.case.talks, measures=found.case.measures, state=state,
                 sought=sought(state.seek))  # fmt: skip


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
