"""What a verb is given: the folder of a bundle, read back as it was, or a scenario, solved now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detente.cli.run import Options, solved_branches, without_assumed, words
from detente.core.errors import UsageError
from detente.report.select import View, view
from detente.report.talks_shown import ShownTalks
from detente.scenario.execute import ScenarioRun, world_of
from detente.scenario.load import load_scenario
from detente.scenario.schema import MAIN


@dataclass(frozen=True)
class Given:
    """A run with the options under which it was solved."""

    run: ScenarioRun
    options: Options
    talks: ShownTalks | None = None


def given(source: str, *, branches: Sequence[str] = (), certify: str = "quick") -> Given:
    """Return the run of a bundle, or of a scenario solved now.

    Args:
        source: a folder that `run --out` has written, else a path or id of a scenario. branches: of a scenario; those
            of a bundle are in it. certify: of a scenario, as in `run`.
    Raises:
        UsageError: branches beside a bundle. CheckError: a damaged bundle. DetenteError: as `run`.
    """
    folder = Path(source)
    if not folder.is_dir():
        options = Options(source, branch=words(branches), certify=certify)
        case = load_scenario(source)
        return Given(solved_branches(case, world_of(case), options), options)
    if branches:
        raise UsageError(f"branch: found beside {source!r}, which is solved already; expected a scenario")
    from detente.report.revive import read_run, read_talks

    run = read_run(folder)
    talks = read_talks(folder)
    settings = next(iter(run.values())).provenance["settings"]
    on = str(run.plans[MAIN].regime.date) if MAIN in run else None
    known = {name: settings[name] for name in ("as_of", "tol", "max_iter") if name in settings}
    return Given(run, Options(source, branch=tuple(run), on=on, **known), talks)


def shown(found: Given, countries: str | None) -> View:
    """Return what is shown of a run, with real income without its assumed measures beside it."""
    run = found.run
    if found.talks is not None:
        return view(run, countries=words([countries or ""]), talks=found.talks)
    parent = run.base
    without = without_assumed(run, world_of(run.scenario) if _moved(run) else parent, found.options)
    return view(run, countries=words([countries or ""]), without=without)


def _moved(run: ScenarioRun) -> bool:
    return any(plan.comparator_wedges.tariffs is not None for plan in run.plans.values())
