"""What a worker can be asked to do, by name: each task joins verbs of the package; plain data, and maybe a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from detente.app.commands import command_of
from detente.app.runs import Desk
from detente.app.selection import Selection, of_plain
from detente.core.errors import UsageError

Progress = Callable[[str, int, int], None]
Done = tuple[dict[str, Any], bytes]


def run_task(kind: str, args: Mapping[str, Any], progress: Progress) -> Done:
    """Do one task and return (document with its status first, file or nothing).

    Raises:
        UsageError: no such task. DetenteError: as the verb that the task calls.
    """
    if kind not in TASKS:
        raise UsageError(f"job: found {kind!r}; expected one of {', '.join(TASKS)}")
    DESK.progress = progress
    document, content = TASKS[kind](dict(args), progress)
    return plain(document), content


def warm(folder: Path | None) -> None:
    """Load what every first question needs, before it is asked."""
    global DESK
    DESK = Desk(folder)


DESK = Desk(None)


def plain(value: Any) -> Any:
    """Return plain data that JSON can hold: numbers that are none become null, numpy numbers those of Python."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


def _state(args: Mapping[str, Any]) -> Selection:
    return of_plain(dict(args.get("state", {})))


def check(args: dict[str, Any], progress: Progress) -> Done:
    """Say what a scenario is, or raise everything that is wrong in it."""
    from detente.scenario.run import plan

    found = DESK.open(_state(args))
    case = found.case
    plans = plan(case, DESK.world(case), branches="all")
    return {
        "status": "OK",
        "id": case.id,
        "title": case.title,
        "as_of": str(case.as_of),
        "branches": list(case.branches),
        "measures": [{"id": each.id, "kind": each.kind, "status": each.status} for each in case.measures],
        "warnings": list(dict.fromkeys(text for each in plans for text in each.warnings)),
        "sha256": case.sha256,
    }, b""


def solve(args: dict[str, Any], progress: Progress) -> Done:
    """Solve branches and return the numbers by country, with certificates."""
    from detente.report.document import run_document
    from detente.report.select import view

    state = _state(args)
    run = DESK.run(state)
    shown = view(run, countries=args.get("countries", ()))
    warnings = dict.fromkeys(text for each in run.plans.values() for text in each.warnings)
    return run_document(shown, warnings=list(warnings), repeat=command_of(state), detail=True, ladders=False), b""


def optimal(args: dict[str, Any], progress: Progress) -> Done:
    """Search the best tariffs of one country or coalition."""
    from detente.app.games import drawn_search, rate_rows
    from detente.report.strategy_document import optimum_document
    from detente.strategy.optimal import optimal_tariffs

    world = DESK.world(DESK.open(_state(args)).case)
    found = optimal_tariffs(world, args["player"], progress=progress, **args["choices"])
    rates = found.export_taxes if found.instrument == "export-tax" else found.tariffs
    document = {**optimum_document(found), "rates": rate_rows(found.result, rates)}
    return document, drawn_search("optimal", document, found.result)


def nash(args: dict[str, Any], progress: Progress) -> Done:
    """Search tariffs that are best responses to each other."""
    from detente.app.games import drawn_search, rate_rows
    from detente.report.strategy_document import nash_document
    from detente.strategy.nash import nash as search

    world = DESK.world(DESK.open(_state(args)).case)
    found = search(world, args["players"], progress=progress, **args["choices"])
    document = {**nash_document(found), "rates": rate_rows(found.result, found.tariffs)}
    return document, drawn_search("nash", document, found.result)


def read(args: dict[str, Any], progress: Progress) -> Done:
    """Read an article: proposals, nothing more."""
    from detente.app.reading import read_document

    return read_document(args), b""


def draft(args: dict[str, Any], progress: Progress) -> Done:
    """Make a scenario of the measures that are accepted."""
    from detente.app.reading import drafted

    return drafted(args), b""


def talks(args: dict[str, Any], progress: Progress) -> Done:
    """Solve every package of a scenario's talks; the screen of the report is drawn with it."""
    from detente.app.screens import talks_screen
    from detente.report.talks_document import talks_document
    from detente.scenario.talks import talks as settled

    state = _state(args)
    found = DESK.open(state)
    done = settled(found.case, base=DESK.world(found.case), solution=args["solution"], progress=progress)
    return talks_document(done, warnings=done.warnings, repeat=command_of(state)), talks_screen(
        DESK, state, done
    ).encode()


def vega(args: dict[str, Any], progress: Progress) -> Done:
    """Return the scripts that draw charts, from the chart package that is installed."""
    from detente.report.charts.base import vega_js

    return {"status": "OK"}, vega_js()


def page(args: dict[str, Any], progress: Progress) -> Done:
    """Draw the page of a state."""
    from detente.app.drawing import page as drawn

    return drawn(DESK, _state(args))


def part(args: dict[str, Any], progress: Progress) -> Done:
    """Draw one figure of a state."""
    from detente.app.screens import part as drawn

    return {"status": "OK"}, drawn(DESK, _state(args), args["name"]).encode()


def figure(args: dict[str, Any], progress: Progress) -> Done:
    """Return one figure of a state as a file."""
    from detente.app.files import figure_file

    return {"status": "OK"}, figure_file(DESK, _state(args), args["name"], args["form"])


def table(args: dict[str, Any], progress: Progress) -> Done:
    """Return one table of a state as a file."""
    from detente.app.files import table_file

    state = _state(args).but(by=args.get("by", ""), against=args.get("against", ""))
    return {"status": "OK"}, table_file(DESK, state, args["table"], args["form"])


def file(args: dict[str, Any], progress: Progress) -> Done:
    """Return the report, the bundle or the scenario of a state as a file."""
    from detente.app.files import FILES

    return {"status": "OK"}, FILES[args["name"]](DESK, _state(args))


TASKS: dict[str, Callable[[dict[str, Any], Progress], Done]] = {
    "page": page,
    "part": part,
    "figure": figure,
    "table": table,
    "file": file,
    "check": check,
    "solve": solve,
    "optimal": optimal,
    "nash": nash,
    "read": read,
    "draft": draft,
    "talks": talks,
    "vega": vega,
}
