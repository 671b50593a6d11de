"""The report: every screen in one file that is complete without a script, sends nothing and asks for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detente.report.amounts import change_text, signed
from detente.report.choice import Choice, choose
from detente.report.pages import whole_page, write_page
from detente.report.screens import SCREENS, Screen, screen_html
from detente.report.select import BranchView, View
from detente.report.select import view as shown
from detente.scenario.execute import ScenarioRun


def write_report(run: ScenarioRun | View, path: Path, choice: Choice | None = None) -> Path:
    """Write the page and return its path.

    Args:
        run: a run, or what is shown of it. path: the file; it appears complete or not at all.
        choice: economy, branch and pair shown first; None is the default one.
    Raises:
        SolveError: a branch is not certified. OSError: the place cannot be written.
    """
    return write_page(path, report_html(run if isinstance(run, View) else shown(run), choice))


def report_html(view: View, choice: Choice | None = None) -> str:
    """Return the page of a run.

    Args:
        view: what is shown. choice: economy, branch and pair shown first; None is the default one.
    Raises:
        SolveError: a branch is not certified.
    """
    from markupsafe import Markup

    chosen = choose(view) if choice is None else choice

    def content() -> dict[str, Any]:
        found = [(each, Markup(screen_html(each.name, view, chosen))) for each in SCREENS]
        return {
            "screens": [(screen.name, _heading(screen, view), html) for screen, html in found if html],
            "view": view,
            "run": view.run,
            "base": view.run.base,
            "world": world_line(view),
            "title": view.run.scenario.title or view.run.scenario.id,
            "sentence": sentence(view),
        }

    return whole_page("report.html.j2", content)


def _heading(screen: Screen, view: View) -> str:
    """Return the words of a screen in the list of screens: with one branch nothing stands side by side."""
    return "All headline numbers" if screen.name == "compare" and len(view.branches) == 1 else screen.title


def world_line(view: View) -> str:
    """Return the world in words: its name, its size, and how many product sectors were cut for this scenario."""
    base = view.run.base
    name, *cut = base.id.split("+")
    size = f"{len(base.countries)} economies x {len(base.sectors)} sectors"
    return f"{name}: {size}" + (f", {len(cut)} of them cut for this scenario" if cut else "")


def named(branch: BranchView) -> str:
    """Return the letter and the name of a branch, as in running text."""
    return f"{branch.mark.strip('()')}: {branch.name}" if branch.mark else branch.name


def _which(view: View, branch: BranchView) -> str:
    """Return which branch a number is of; nothing where there is only one."""
    return f" ({named(branch)})" if len(view.branches) > 1 else ""


def sentence(view: View) -> str:
    """Return one sentence made of numbers alone; a sign that the band does not carry reads "no clear effect"."""
    key = "real_income_pct"
    codes = [code for code in (view.focus or ()) if (code, key) in view.branches[0].values]
    codes = codes or list(view.countries[:2])
    parts = []
    for branch in view.branches[:2]:
        changes = ", ".join(
            f"{view.label(code)} {change_text(branch.values[code, key], '%', branch.bands.get((code, key)))}"
            for code in codes
        )
        parts.append(f"{changes}{_which(view, branch)}")
    text = f"Real income against {view.run.comparator}: {'; '.join(parts)}."
    if view.focus:
        by, against = view.focus
        found = [(branch, branch.pairs.get((against, by))) for branch in view.branches[:2]]
        trade = ", ".join(f"{signed(pair['change_pct'])} %{_which(view, b)}" for b, pair in found if pair)
        text += f" Imports of {view.label(by)} from {view.label(against)}: {trade}." if trade else ""
    return text
