"""`detente run`: a scenario from its file to the printed table, then to its bundle."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.baseline import Baseline
from detente.cli import output
from detente.core.certificate import CERTIFIED, UNCERTIFIED
from detente.core.closure import Closure
from detente.core.errors import SolveError, UsageError
from detente.equilibrium.counterfactual import require
from detente.equilibrium.root import MAX_PASSES, TOL, Settings
from detente.report.document import run_document, worst_status
from detente.report.layout import SCENARIO
from detente.report.select import View, view
from detente.report.text import ladder_text, run_text
from detente.scenario.execute import ScenarioRun, run_scenario, world_of
from detente.scenario.load import load_scenario, parse_scenario
from detente.scenario.schema import MAIN, Scenario
from detente.scenario.text import SIZE

MARKED_EXIT = 5
BALANCED = "balanced"


@dataclass(frozen=True)
class Options:
    """The options of `detente run`, as typed."""

    case: str
    out: Path | None = None
    branch: Sequence[str] = ()
    on: str | None = None
    as_of: str | None = None
    include: Sequence[str] = ()
    drop: Sequence[str] = ()
    rates: Sequence[str] = ()
    countries: str | None = None
    elasticities: str | None = None
    closure: str | None = None
    numeraire: str | None = None
    draws: int = 0
    seed: int | None = None
    tol: float | None = None
    max_iter: int | None = None
    certify: str = "quick"
    strict: bool = False
    force: bool = False
    include_purge: bool = False
    jobs: int | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """Return the arguments of the solve that are not the usual ones; they travel in the bundle."""
        given = {"as_of": self.as_of, "tol": self.tol, "max_iter": self.max_iter}
        return {name: value for name, value in given.items() if value is not None}


def run(options: Options) -> int:
    """Solve, print, write the bundle, and return the exit code."""
    _checked(options)
    case = _changed(_loaded(options.case), options)
    base = world_of(case)
    solved = solved_branches(case, base, options)
    shown = view(solved, countries=words([options.countries or ""]), without=without_assumed(solved, base, options))
    notes = warnings(solved)
    output.note(*(f"warning: {text}" for text in notes))
    marked = worst_status(solved.values()) != CERTIFIED
    if output.wants_json():
        bundle = _written(solved, shown, options)
        found = run_document(shown, warnings=notes, repeat=repeat(options), detail=True)
        output.document({**found, "bundle": str(bundle) if bundle else None})
    else:
        output.say(run_text(shown, width=output.width()))
        if ladders := ladder_text(shown):
            output.say("\n" + ladders)
        bundle = _written(solved, shown, options)
        output.say("\n" + closing(bundle, repeat(options)))
    if failed_draws(solved):
        return SolveError.exit_code
    return MARKED_EXIT if options.strict and marked else 0


def words(given: Sequence[str]) -> tuple[str, ...]:
    """Return the items of options that may be repeated or hold commas."""
    return tuple(item.strip() for text in given for item in text.split(",") if item.strip())


def solved_branches(case: Scenario, base: Baseline, options: Options) -> ScenarioRun:
    """Return the run.

    Raises:
        SolveError: a branch without a certified equilibrium; the message names it.
    """
    names = words(options.branch) or (MAIN,)
    chosen: dict[str, Any] = {"on": options.on, "branches": "all" if "all" in names else names}
    if options.draws:
        solved = _drawn(case, base, chosen, options)
    else:
        solved = run_scenario(case, base=base, certify=options.certify, throw=False, **chosen, **options.settings)
    failures = [(name, result) for name, result in solved.items() if not result.certificate.ok]
    if failures:
        lines, worst = [], failures[0][1].certificate
        for name, result in failures:
            try:
                require(result)
            except SolveError as error:
                lines += [f"{name}: {line}" for line in str(error).splitlines()]
            worst = result.certificate if worst.status == UNCERTIFIED else worst
        raise SolveError("\n".join(lines), certificate=worst)
    return solved


def _drawn(case: Scenario, base: Baseline, chosen: dict[str, Any], options: Options) -> ScenarioRun:
    """Return the run with bands; what that needs is loaded here and not before."""
    from detente.cli.progress import reported
    from detente.sweep.context import made_by_name
    from detente.sweep.design import Design
    from detente.sweep.run import run_drawn

    chosen |= {name: value for name, value in options.settings.items() if name == "as_of"}
    how = {"certify": options.certify, "throw": False, **options.settings}
    how.pop("as_of", None)
    design = Design(
        case.uncertainty.method, options.draws, case.uncertainty.seed if options.seed is None else options.seed
    )
    with reported() as progress:
        named = made_by_name(case, None)
        return run_drawn(case, base, design, chosen, how, options.jobs, named=named, progress=progress)


def failed_draws(solved: ScenarioRun) -> int:
    """Return how many draws have no certified numbers, in all branches."""
    return sum(len(result.bands.failed) for result in solved.values() if result.bands is not None)


def without_assumed(solved: ScenarioRun, base: Baseline, options: Options) -> ScenarioRun | None:
    """Return the same run without the measures whose level is assumed, or None where there are none.

    Those that the comparator holds too stay: leaving them out of one side alone would be another comparison.
    """
    held = {measure.id for plan in solved.plans.values() for measure in plan.comparator.applied}
    applied = [measure for plan in solved.plans.values() for measure in plan.regime.applied]
    ids = dict.fromkeys(measure.id for measure in applied if measure.assumed and measure.id not in held)
    if not ids:
        return None
    case, settings = solved.scenario, options.settings
    again = run_scenario(case, base=base, on=options.on, branches=[*solved], drop=list(ids), throw=False, **settings)
    return again if all(result.certificate.ok for result in again.values()) else None


def warnings(solved: ScenarioRun) -> list[str]:
    """Return what a reader must be told: of the scenario, the compilation, the baseline, the certificates."""
    found = [text for plan in solved.plans.values() for text in plan.warnings]
    found += [str(text) for text in solved.base.meta.get("warnings", ())]
    for name, result in solved.items():
        found += [f"{name}: {warn.code}: {warn.text}" for warn in result.certificate.warnings]
    return list(dict.fromkeys(found))


def repeat(options: Options) -> str:
    """Return the command that repeats the run: over its own bundle, and from the stored scenario if it was piped in."""
    if options.out is None:
        return output.command()
    swaps = {"-": str(options.out / SCENARIO)} if options.case == "-" else {}
    return output.command(swaps, () if options.force else ("--force",))


def closing(bundle: Path | None, command: str) -> str:
    """Return the last lines: where the report is and the command that repeats the run."""
    parts = [] if bundle is None else [f"report: {output.shown(bundle / 'report.html')}"]
    return " · ".join([*parts, f"repeat: {command}"])


def _checked(options: Options) -> None:
    """Refuse what cannot be before anything is read or solved."""
    Settings(
        TOL if options.tol is None else options.tol, MAX_PASSES if options.max_iter is None else options.max_iter
    ).validated()
    if options.certify not in ("quick", "full"):
        raise UsageError(f"certify: found {options.certify!r}; expected 'quick' or 'full'")
    if options.out is not None:
        from detente.report.folder import check_target
        from detente.report.layout import stranger

        check_target(options.out, force=options.force, own=stranger)


def _loaded(case: str) -> Scenario:
    if case != "-":
        return load_scenario(case)
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("SCENARIO: found - with a closed stdin; expected a scenario on it")
    return parse_scenario(sys.stdin.buffer.read(SIZE + 1), path="stdin")


def _changed(case: Scenario, options: Options) -> Scenario:
    """Return the scenario with what the options say in it, so that the stored copy is complete."""
    case = case.include(*words(options.include))
    for item in words(options.drop):
        case = case.replace(dropped=(*case.dropped, *case.known(item)))
    for text in options.rates:
        name, mark, rate = text.partition("=")
        if not mark:
            raise UsageError(f"set: found {text!r}; expected ID=RATE, such as us-fentanyl=+10pp")
        case = case.set(name, rate)
    if options.elasticities is not None:
        case = case.replace(elasticities=options.elasticities)
    if options.closure is not None or options.numeraire is not None:
        deficits = options.closure or case.closure.deficits
        kept = case.closure.numeraire if options.closure is None else None
        case = case.replace(closure=Closure(deficits, case.closure.revenue, options.numeraire or kept))
        case = case.replace(include_purge=case.include_purge and deficits == BALANCED)
    if options.include_purge:
        if case.closure.deficits != BALANCED:
            found = f"include-purge: found closure {case.closure.deficits!r}; expected {BALANCED!r}"
            raise UsageError(f"{found}, the only one that purges deficits; try --closure {BALANCED}")
        case = case.replace(include_purge=True)
    return case


def _written(solved: ScenarioRun, shown: View, options: Options) -> Path | None:
    """Write the bundle, if one was asked for; the libraries it needs are imported here and not before."""
    if options.out is None:
        return None
    from detente.report.bundle import write_bundle

    return write_bundle(solved, options.out, force=options.force, settings=options.settings, shown=shown)
