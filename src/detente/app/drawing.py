"""The page of a state, drawn in a worker: the screens of the report, alive, with the switches beside them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from detente.app import levers, screens
from detente.app.catalogue import entries
from detente.app.commands import changes, command_of, python_of
from detente.app.markup import drawn
from detente.app.problems import refused
from detente.app.runs import Desk, Opened
from detente.app.selection import PINS, Selection
from detente.core.certificate import CERTIFIED
from detente.core.errors import DetenteError
from detente.report.choice import Choice
from detente.report.select import View, view
from detente.scenario.calendar import regime
from detente.scenario.execute import ScenarioRun
from detente.scenario.fields import iso_date
from detente.scenario.schema import MAIN

TABS: Final = (
    ("brief", "Brief"),
    ("measures", "Measures"),
    ("rates", "Rates"),
    ("results", "Results"),
    ("compare", "Compare"),
    ("strategy", "Best tariffs"),
    ("talks", "Talks"),
    ("tree", "Branches"),
    ("check", "Check"),
    ("news", "Read an article"),
    ("text", "Edit as text"),
)


def page(desk: Desk, state: Selection) -> tuple[dict[str, Any], bytes]:
    """Return the page of a state: its title and address, and what stands inside the shell.

    What cannot be solved is a page too: its problems, with the switches or the text to mend them.
    """
    state = state.but(screen=state.screen or "brief")
    try:
        found = desk.open(state)
    except DetenteError as error:
        return _unreadable(desk, state, error)
    try:
        run = desk.run(state)
        shown = view(run)
        choice = screens.chosen(state, shown)
        body = screens.body(desk, state, found, shown, choice)
    except DetenteError as error:
        return _unsolved(desk, state, found, error)
    context = {**_common(desk, state, found), **_solved(desk, state, shown, choice, found.own)}
    text = drawn("page.html.j2", **context, body=body, problems=())
    return {"status": "CERTIFIED", **_named(state, run.scenario.title or run.scenario.id)}, text.encode()


def _address(state: Selection) -> str:
    """Return the address of a state; the first screen needs no name."""
    return state.but(screen="" if state.screen == "brief" else state.screen).address


BAND_DRAWS: Final = "64"


def _named(state: Selection, title: str) -> dict[str, str]:
    tab = dict(TABS)[state.screen]
    return {"title": f"{title} · {tab} · detente", "address": _address(state)}


def _common(desk: Desk, state: Selection, found: Opened | None) -> dict[str, Any]:
    """Return what every page has, solved or not."""
    case = found.case if found else None
    return {
        "state": state,
        "tabs": [(name, title, _address(state.but(screen=name))) for name, title in TABS],
        "cases": list(entries(desk.folder)),
        "scenario": case,
        "families": _families(state, found) if found else (),
        "bases": levers.bases(state, found.case) if found else (),
        "kept_fields": functools.partial(levers.kept_fields, state),
        "changes": changes(state, own=bool(found and found.own)),
        "own": bool(found and found.own),
        "reset": _address(Selection(case=state.case, branch=state.branch, country=state.country, screen=state.screen)),
        "fresh": _fresh(desk, state),
        "in_text": False,
        "here": _address(state),
        "keep": kept(state).address,
        "bands": _address(state.but(draws="" if state.draws else BAND_DRAWS)),
        "query": state.query,
        "command": command_of(state),
        "python": python_of(state),
    }


def _fresh(desk: Desk, state: Selection) -> str:
    """Return the address of a scenario as it stands, without anything that a visitor has chosen."""
    return Selection(case=state.case if state.case in entries(desk.folder) else "").address


def kept(state: Selection) -> Selection:
    """Return the state in which this run is kept to compare others with; the oldest one makes room."""
    mine = state.but(pin=(), screen="", country="", seek="").query
    return state.but(pin=tuple(dict.fromkeys((*state.pin, mine)))[-PINS:], screen="compare")


def _families(state: Selection, found: Opened) -> tuple[levers.Family, ...]:
    branch = (state.branch or (MAIN,))[0]
    try:
        day = iso_date(state.on) if state.on and branch == MAIN else None
        law = regime(found.case, day, branch)
    except (DetenteError, ValueError):
        return ()
    return levers.families(state, found.case, law)


def _solved(desk: Desk, state: Selection, shown: View, choice: Choice, own: bool) -> Mapping[str, Any]:
    run = shown.run
    first = shown.branches[0]
    labels = list(dict.fromkeys(code for code, _ in first.values))
    return {
        "view": shown,
        "choice": choice,
        "branches": [_branch(state, run, name) for name in run.scenario.branches],
        "countries": [(code, shown.label(code)) for code in labels],
        "status": first.result.status,
        "marked": first.result.status != CERTIFIED,
        "grade": first.result.certificate.grade,
        "certificate": first.result.certificate.line,
        "before": None if own else unchanged(desk, state, first.name, choice.country),
        "nothing": not run.plans[first.name].regime.applied,
    }


def _branch(state: Selection, run: ScenarioRun, name: str) -> tuple[str, str, bool]:
    return name, _address(state.but(branch=() if name == MAIN else (name,))), name == (state.branch or (MAIN,))[0]


def unchanged(desk: Desk, state: Selection, branch: str, country: str) -> dict[str, float] | None:
    """Return the numbers of the file as it stands, to see what the visitor's changes do; None where it has none."""
    if not changes(state):
        return None
    try:
        run = desk.run(Selection(case=state.case, branch=(branch,), on=state.on))
    except DetenteError:
        return None
    values = view(run).branches[0].values
    if (country, "real_income_pct") not in values:
        return None
    return {variable: value for (code, variable), value in values.items() if code == country}


EMPTY: Final[Mapping[str, Any]] = {
    "view": None, "choice": None, "branches": (), "countries": (), "status": "", "marked": False, "grade": "",
    "certificate": "", "before": None, "nothing": False,
}  # fmt: skip


def _unsolved(desk: Desk, state: Selection, found: Opened, error: DetenteError) -> tuple[dict[str, Any], bytes]:
    """Return the page of a scenario that was read but has no numbers: why, and the switches to undo it."""
    document = refused(error, _roots(desk))
    body = screens.offline(desk, state, found, document["problems"])
    text = drawn("page.html.j2", **_common(desk, state, found), **EMPTY, body=body, problems=document["problems"])
    return {**document, **_named(state, found.case.title or found.case.id)}, text.encode()


def _unreadable(desk: Desk, state: Selection, error: DetenteError) -> tuple[dict[str, Any], bytes]:
    """Return the page of a text that is no scenario: the text, with every problem at its line."""
    document = refused(error, _roots(desk))
    state = state.but(screen="text")
    problems = document["problems"]
    in_text = _in_text(desk, state)
    body = screens.editor(desk, state, problems) if in_text else ""
    context = {**_common(desk, state, None), **EMPTY, "in_text": in_text}
    text = drawn("page.html.j2", **context, body=body, problems=problems)
    return {**document, **_named(state, "not a scenario")}, text.encode()


def _in_text(desk: Desk, state: Selection) -> bool:
    """Return whether it is the text that is no scenario, and not what an address asks of it."""
    try:
        desk.text(state)
    except DetenteError:
        return False
    try:
        desk.open(Selection(case=state.case, edit=state.edit))
    except DetenteError:
        return True
    return False


def _roots(desk: Desk) -> list[Path]:
    return [desk.folder] if desk.folder else []
