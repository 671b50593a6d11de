"""`detente report`: a bundle or a scenario as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from detente.cli import output
from detente.cli.progress import reported
from detente.cli.solved import given, shown
from detente.core.errors import UsageError
from detente.report.layout import REPORT
from detente.report.select import View

FULL = "full"
INSIDE = "that is the report of the bundle itself, which its checksums know; try --to with another name"


def report(
    source: str,
    *,
    to: Path | None,
    country: str | None,
    countries: str | None,
    branches: Sequence[str],
    with_talks: bool,
    odds: Sequence[str] = (),
    force: bool,
) -> None:
    """Write the report and say where.

    Args:
        source: a bundle, or a scenario, which is solved with the full certificate.
        to: the file; None is NAME-report.html here. country: whose numbers are shown first. countries: in the tables.
        with_talks: settle the talks of the scenario and show them. odds: NAME=40% of branches.
    Raises:
        UsageError: a file that exists, an unknown country. DetenteError: as `run` and `verify`.
    """
    target = _target(source, to, force)
    if Path(source).is_dir() and _search(Path(source)):
        given_too = {"--country": country, "--countries": countries, "--branch": branches, "--set-prob": odds}
        for flag in [flag for flag, value in given_too.items() if value] + (["--talks"] if with_talks else []):
            raise UsageError(f"{flag}: found beside {source!r}, a search that is drawn whole; expected a run")
        _write_search(Path(source), target)
    else:
        found = given(source, branches=branches, certify=FULL)
        from detente.report.choice import choose
        from detente.report.html import write_report

        seen = _settled(_weighed(shown(found, countries), odds), with_talks)
        write_report(seen, target, choose(seen, country=country))
    _said(target)


def _target(source: str, to: Path | None, force: bool) -> Path:
    """Return the file to write, if it may be written."""
    target = to or Path(f"{Path(source).resolve().name.removesuffix('.yaml') or 'detente'}-{REPORT}")
    output.check_file(target, force=force)
    if Path(source).is_dir() and target.resolve() == (Path(source) / REPORT).resolve():
        raise UsageError(f"to: found {str(target)!r}; expected a file outside the bundle: {INSIDE}")
    return target


def _weighed(seen: View, odds: Sequence[str]) -> View:
    """Return what is shown with the user's odds, if there are any."""
    if not odds:
        return seen
    from detente.cli.tree import read_odds
    from detente.scenario.tree import beliefs

    return replace(seen, odds=beliefs(seen.run.scenario, read_odds(odds)))


def _settled(seen: View, with_talks: bool) -> View:
    """Return what is shown with its talks settled, if that is wanted and not done already."""
    if not with_talks or seen.talks is not None:
        return seen
    from detente.report.talks_shown import shown_talks
    from detente.scenario.talks import talks

    with reported() as progress:
        return replace(seen, talks=shown_talks(talks(seen.run.scenario, progress=progress)))


def _search(folder: Path) -> bool:
    """Return whether a folder holds a search: a best policy, a war, a ladder; they rest on no scenario."""
    from detente.report.stored import STRATEGY, kind_of

    return kind_of(folder) == STRATEGY


def _write_search(folder: Path, target: Path) -> None:
    from detente.report.story import write_story
    from detente.report.strategy_bundle import read_strategy
    from detente.report.strategy_story import strategy_story

    found, results, repeat = read_strategy(folder)
    write_story(strategy_story(found["verb"], found, results, repeat), target)


def _said(target: Path) -> None:
    size = target.stat().st_size
    if output.wants_json():
        output.document({"status": "OK", "report": str(target), "bytes": size})
    else:
        output.say(f"report: {output.shown(target)} · {size / 1e6:.2f} MB · repeat: {output.command()}")
