"""From a state of the page to solved branches, with what was solved before kept in the memory of the worker."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from detente.app import edits
from detente.app.catalogue import Entry, opened, text_of
from detente.app.selection import Selection, of_query
from detente.baseline import Baseline
from detente.baseline.accounts import Progress, silent
from detente.baseline.catalogue import list_baselines
from detente.core.closure import Closure
from detente.core.errors import Problem, ScenarioError, UsageError
from detente.scenario.execute import ScenarioRun, run_scenario, world_of
from detente.scenario.load import parse_scenario
from detente.scenario.products import needed
from detente.scenario.schema import MAIN, Scenario

SIDE_BY_SIDE: Final = 6
KEPT_RUNS: Final = 24
KEPT_WORLDS: Final = 3
KEPT_CASES: Final = 32


@dataclass(frozen=True)
class Opened:
    """A scenario as the page has it: its text, and what it says after the switches of the state.

    Attributes:
        own: the text is another scenario than the file it was packed against, such as a draft from an article.
    """

    entry: Entry
    text: str
    file: Scenario
    case: Scenario
    own: bool = False


class Desk:
    """Scenarios, worlds and solved branches, each made once.

    Args:
        folder: the folder that is served, or None.
    Attributes:
        progress: told before each branch; a job that is no longer wanted ends there.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.progress: Progress = silent
        self.files: OrderedDict[tuple[str, str], Scenario] = OrderedDict()
        self.worlds: OrderedDict[tuple[Any, ...], Baseline] = OrderedDict()
        self.runs: OrderedDict[tuple[str, str, str, str], ScenarioRun] = OrderedDict()

    def text(self, state: Selection) -> tuple[Entry, str, str]:
        """Return (entry, text of its file, text of the state).

        Raises:
            UsageError: an unknown case, a file that cannot be read, an address that was cut.
        """
        entry = opened(state.case, self.folder)
        base = text_of(entry)
        return entry, base, edits.unpacked(state.edit, base)

    def open(self, state: Selection) -> Opened:
        """Return the scenario of a state.

        Raises:
            UsageError: unknown case, ids or rates. ScenarioError: everything that is wrong in the text, with lines.
        """
        entry, base, text = self.text(state)
        file = self._file(entry, text, edited=text != base)
        own = text != base and file.id != self._file(entry, base, edited=False).id
        return Opened(entry, text, file, changed(file, state), own)

    def _file(self, entry: Entry, text: str, *, edited: bool) -> Scenario:
        key = (entry.name, text)
        found = self.files.get(key)
        if found is None:
            found = parse_scenario(text.encode(), path="scenario.yaml", folder=entry.path.parent)
            if edited:
                _only_known_worlds(found, self._file(entry, text_of(entry), edited=False))
            found = replace(found, path=str(entry.path))
            _kept(self.files, key, found, KEPT_CASES)
        return found

    def world(self, case: Scenario) -> Baseline:
        """Return the world of a scenario.

        Raises:
            MissingDataError: it is not on this machine. DataError: damaged data, an unknown elasticity set.
        """
        key = (case.baseline.id, case.path, case.elasticities, needed(case))
        found = self.worlds.get(key)
        return found if found is not None else _kept(self.worlds, key, world_of(case), KEPT_WORLDS)

    def run(self, state: Selection) -> ScenarioRun:
        """Return the branches of a state, solved and certified.

        Raises:
            DetenteError: as `run_scenario`; unknown branches.
        """
        case = self.open(state).case
        names = state.branch or (MAIN,)
        if len(names) > SIDE_BY_SIDE:
            raise UsageError(f"branch: found {len(names)} branches; expected at most {SIDE_BY_SIDE}")
        return self.solved(case, names, state.on)

    def solved(self, case: Scenario, names: tuple[str, ...], on: str = "") -> ScenarioRun:
        """Return branches of a scenario, each solved once.

        Raises:
            DetenteError: as `run_scenario`.
        """
        base = self.world(case)
        parts = []
        for place, name in enumerate(names):
            self.progress("branches", place, len(names))
            parts.append(self._branch(case, base, name, on))
        plans = {name: part.plans[name] for name, part in zip(names, parts, strict=True)}
        results = {name: part.results[name] for name, part in zip(names, parts, strict=True)}
        return ScenarioRun(case, parts[0].base, plans, results)

    def _branch(self, case: Scenario, base: Baseline, name: str, on: str) -> ScenarioRun:
        key = (case.sha256, base.sha256, name, on)
        found = self.runs.get(key)
        if found is None:
            found = run_scenario(case, base=base, branches=[name], on=on or None)
            _kept(self.runs, key, found, KEPT_RUNS)
        self.runs.move_to_end(key)
        return found

    def pinned(self, state: Selection) -> list[tuple[Selection, ScenarioRun]]:
        """Return the runs to compare: those that were kept, the first of them the reference, then that of the state.

        Raises:
            DetenteError: as `run`.
        """
        states = [*(of_query(query).but(pin=()) for query in state.pin), state]
        return [(each, self.run(each.but(branch=each.branch[:1]))) for each in states]


def changed(case: Scenario, state: Selection) -> Scenario:
    """Return a scenario with the switches of a state in it.

    Raises:
        UsageError: an unknown id, authority, closure or rate.
    """
    case = case.include(*state.include)
    if state.drop:
        case = case.replace(dropped=(*case.dropped, *case.known(*state.drop)))
    for item in state.set:
        name, mark, rate = item.partition("=")
        if not mark:
            raise UsageError(f"set: found {item!r}; expected ID=RATE, such as us-fentanyl=+10pp")
        case = case.set(name, rate)
    if state.elasticities:
        case = case.replace(elasticities=state.elasticities)
    if state.closure:
        case = case.replace(closure=Closure(state.closure, case.closure.revenue, None))
    return case


def _only_known_worlds(found: Scenario, file: Scenario) -> None:
    """Refuse an edited text that names a world by a path: only the file on this machine may."""
    known = {entry.name for entry in list_baselines()}
    if found.baseline.id not in known and found.baseline.id != file.baseline.id:
        expected = f"the name of a baseline: {', '.join(sorted(known))}"
        raise ScenarioError(problems=[Problem("scenario.yaml", "baseline.id", repr(found.baseline.id), expected)])


def _kept(store: OrderedDict[Any, Any], key: Any, value: Any, count: int) -> Any:
    store[key] = value
    while len(store) > count:
        store.popitem(last=False)
    return value
