"""One page that answers before any click: self-contained, without script or network, everything escaped."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import detente
from detente.policy.measure import Measure
from detente.report import charts
from detente.report.chokepoints import instrument_lines, ladder_lines, user_lines
from detente.report.select import HEADLINE, BranchView, View
from detente.report.select import view as shown
from detente.report.sure import assumption_lines, band_lines, banded
from detente.report.text import units
from detente.report.text_table import number
from detente.scenario.calendar import describe_not_applied
from detente.scenario.execute import ScenarioRun
from detente.scenario.explain import says

TEMPLATES: Final = Path(__file__).parent / "templates"
MARKS: Final = {0: "bar", 1: "diamond", 2: "circle", 3: "square", 4: "triangle", 5: "cross"}
LIMITS: Final = (
    "no frictions: a long-run model; workers and capital move between sectors at no cost, and nothing says how fast",
    "one wage per economy, perfect competition, full employment; no money, no exchange rate, no financial markets",
    "sector averages: a tariff acts on a sector as if on every product in it alike",
    "trade elasticities drive the size of every number: quote it with its band",
)


@dataclass(frozen=True)
class Grid:
    """A table on the page: rows of text, the first cell of each is its heading."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    groups: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Figure:
    """A chart with its title, its text alternative and its table."""

    title: str
    note: str
    svg: str
    alternative: str
    grid: Grid


def write_report(run: ScenarioRun | View, path: Path) -> Path:
    """Write the page and return its path.

    Args:
        run: a run, or what is shown of it. path: the file; it appears complete or not at all.
    Raises:
        SolveError: a branch is not certified. OSError: the place cannot be written.
    """
    page = report_html(run if isinstance(run, View) else shown(run))
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_text(page, encoding="utf-8")
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return path


def report_html(view: View) -> str:
    """Return the page of a run.

    Raises:
        SolveError: a branch is not certified.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    style_hash = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    figures = [_drawn(figure, Markup) for figure in _figures(view)]
    return pages.get_template("report.html.j2").render(
        css=Markup(css),
        style_hash=style_hash,
        view=view,
        run=view.run,
        base=view.run.base,
        first=view.branches[0],
        title=view.run.scenario.title or view.run.scenario.id,
        sentence=sentence(view),
        grids=headline_grids(view),
        figures=figures,
        instruments=instrument_grids(view),
        sure=band_grids(view),
        certificates=[_certificate_grid(branch) for branch in view.branches],
        measures=_measures(view),
        limits=LIMITS,
        command=_command(view),
        python=_python(view),
        weaknesses=view.run.base.meta.get("known_weaknesses", ()),
        regimes=[(branch, describe_not_applied(view.run.plans[branch.name].regime)) for branch in view.branches],
        version=detente.__version__,
        signed=signed,
        says=says,
    )


def signed(value: float | None) -> str:
    """Return a change as printed on the page: sign and three digits."""
    return number(value, change=True).replace("-", "\u2212")


def named(branch: BranchView) -> str:
    """Return the letter and the name of a branch, as in running text."""
    return f"{branch.mark.strip('()')}: {branch.name}" if branch.mark else branch.name


def sentence(view: View) -> str:
    """Return one sentence made of numbers alone."""
    shown = [code for code in (view.focus or ()) if (code, "real_income_pct") in view.branches[0].values]
    shown = shown or list(view.countries[:2])
    parts = []
    for branch in view.branches[:2]:
        changes = " and ".join(
            f"{signed(branch.values[code, 'real_income_pct'])} % in {view.label(code)}" for code in shown
        )
        parts.append(f"{changes} ({named(branch)})")
    text = f"Against {view.run.comparator}, real income changes by {'; by '.join(parts)}."
    if view.focus:
        by, against = view.focus
        found = [(branch, branch.pairs.get((against, by))) for branch in view.branches[:2]]
        trade = " and by ".join(f"{signed(pair['change_pct'])} % ({named(b)})" for b, pair in found if pair)
        text += f" {view.label(by)} imports from {view.label(against)} change by {trade}." if trade else ""
    return text


def headline_grids(view: View) -> list[Grid]:
    """Return the headline table: up to two branches side by side, more of them one below the other."""
    beside = len(view.branches) <= 2
    sets = [view.branches] if beside else [(branch,) for branch in view.branches]
    return [_headline(view, branches) for branches in sets]


def _headline(view: View, branches: Sequence[BranchView]) -> Grid:
    marks = tuple(branch.mark for branch in branches)
    many = len(branches) > 1
    head = tuple(mark for _ in HEADLINE for mark in marks) if many else tuple(f"{x.label}, {x.unit}" for x in HEADLINE)
    rows = []
    for code in view.countries:
        cells = [banded(branch, line, code, signed) for line in HEADLINE for branch in branches]
        rows.append((f"{code} {view.label(code)}" if view.label(code) != code else code, *cells))
    caption = f"Change against {view.run.comparator}; {units(view)}; "
    caption += f"closure {view.run.scenario.closure.title}. "
    caption += " ".join(f"{b.mark} {b.title}{'. ' + b.marked if b.marked else ''}." for b in branches).strip()
    groups = tuple((f"{line.label}, {line.unit}", len(branches)) for line in HEADLINE) if many else ()
    return Grid(caption, ("", *head), tuple(rows), groups)


def instrument_grids(view: View) -> list[Grid]:
    """Return, for every branch, what its instruments do, and what rests on how critical inputs are replaced."""
    grids = []
    for branch in view.branches:
        name = " ".join(part for part in (branch.mark, branch.name) if part)
        head, rows = instrument_lines(branch)
        if rows:
            caption = (
                f"{name}: price is the highest wedge between producer and border; volume is what is left of trade."
            )
            grids.append(Grid(caption, tuple(head), tuple(map(tuple, rows))))
        rungs = view.ladders.get(branch.name, ())
        for text, (top, lines) in (
            ("What the bounds on critical inputs do to real income, MUSD", ladder_lines(rungs, view.countries)),
            ("What they do to the output of users, pp", user_lines(rungs, view.countries)),
        ):
            if rungs and lines:
                caption = f"{name}: {text}. This rests on rho, not on data."
                grids.append(Grid(caption, tuple(top), tuple(map(tuple, lines))))
    return grids


def band_grids(view: View) -> list[Grid]:
    """Return, for every branch with draws, which assumptions move real income most."""
    grids = []
    for branch in view.branches:
        bands = branch.result.bands
        if bands is not None:
            head, rows = assumption_lines(bands, view.countries)
            name = " ".join(part for part in (branch.mark, branch.name) if part)
            caption = f"{name}: {' '.join(band_lines(bands, view.countries))}"
            grids.append(Grid(caption, tuple(head), tuple(map(tuple, rows))))
    return grids


def _figures(view: View) -> list[tuple[Figure, charts.Rows, str, bool]]:
    against = view.run.comparator
    branches = "; ".join(
        f"{MARKS[min(place, 5)]}: {b.mark} {b.title}".replace(":  ", ": ") for place, b in enumerate(view.branches)
    )
    found = [
        (
            _figure(f"Real income, % against {against}", branches, charts.real_income_rows(view), "%"),
            charts.real_income_rows(view),
            "country",
            False,
        )
    ]
    if view.focus:
        by, other = view.focus
        rows = charts.tariff_rows(view)
        title = f"Average tariff of {view.label(by)} on goods by partner, %, weighted with the flows before"
        found.append((_figure(title, f"{branches}; tick: before", rows, "%", change=False), rows, "country", True))
        rows = charts.diversion_rows(view)
        title = f"Trade that {view.label(other)} loses in {view.label(by)}, and where both turn, MUSD at base prices"
        title += f", {view.branches[0].name}"
        note = "to: sales to the importer; from: purchases from the origin; at home: sales of the importer at home"
        found.append((_figure(title, note, rows, "MUSD"), rows, "label", False))
    return [item for item in found if item[1]]


def _figure(title: str, note: str, rows: charts.Rows, unit: str, *, change: bool = True) -> Figure:
    shown_as = signed if change else number
    names = list(dict.fromkeys(str(row["branch"]) for row in rows))
    labels = list(dict.fromkeys(str(row["label"]) for row in rows))
    cells = {(str(row["label"]), str(row["branch"])): row["value"] for row in rows}
    lines = tuple((label, *(shown_as(cells.get((label, name))) for name in names)) for label in labels)
    grid = Grid(f"{title}", ("", *(f"{name}, {unit}" for name in names)), lines)
    first = [row for row in rows if row["branch"] == names[0]] if rows else []
    top, low = (max(first, key=_value), min(first, key=_value)) if first else ({}, {})
    alternative = f"Bar chart. {title}."
    if first:
        ends = [f"{shown_as(row['value'])} {unit} ({row['label']})" for row in (low, top)]
        alternative = f"Bar chart. {title}: from {ends[0]} to {ends[1]}."
    return Figure(title, note, "", alternative, grid)


def _value(row: dict[str, Any]) -> float:
    return float(row["value"])


def _drawn(item: tuple[Figure, charts.Rows, str, bool], safe: Any) -> Figure:
    figure, rows, key, before = item
    names = [name for name in dict.fromkeys(str(row["branch"]) for row in rows) if name != "before"]
    drawn = charts.bars(
        rows,
        title=figure.grid.head[1].rsplit(", ", 1)[-1],
        branches=names,
        description=figure.alternative,
        key=key,
        before=before,
    )
    return Figure(figure.title, figure.note, safe(drawn), figure.alternative, figure.grid)


def _certificate_grid(branch: BranchView) -> Grid:
    cert = branch.result.certificate
    rows = tuple((name, f"{value:.1e}", where) for name, (value, where) in cert.residuals.items())
    caption = f"{branch.mark} {branch.name}: {cert.line}".strip()
    return Grid(caption, ("equation", "largest relative error", "where"), rows)


@dataclass(frozen=True)
class MeasureRow:
    """One measure as the page lists it; `reason` is empty where it applies."""

    measure: Measure
    branch: str
    reason: str
    assumed_rows: int


def _measures(view: View) -> list[MeasureRow]:
    """Return the measures of every branch: applied ones first and among them the assumed ones, then the others."""
    rows: dict[tuple[str, str], list[str]] = {}
    known: dict[str, Measure] = {}
    assumed: dict[str, int] = {}
    for branch in view.branches:
        plan = view.run.plans[branch.name]
        assumed |= {each.measure: each.assumed_rows for each in plan.coverage}
        for measure, reason in [*((m, "") for m in plan.regime.applied), *plan.regime.not_applied]:
            known[measure.id] = measure
            rows.setdefault((measure.id, reason), []).append(branch.mark or branch.name)
    found = [
        MeasureRow(known[id_], ", ".join(marks), reason, assumed.get(id_, 0)) for (id_, reason), marks in rows.items()
    ]
    return sorted(found, key=lambda row: (bool(row.reason), not row.measure.assumed, not row.assumed_rows))


def _command(view: View) -> str:
    return shlex.join(
        ["detente", "run", "scenario.yaml", "--branch", ",".join(branch.name for branch in view.branches)]
    )


def _python(view: View) -> str:
    names = [branch.name for branch in view.branches]
    return "\n".join(
        [
            "import detente as dt",
            f'run = dt.run(dt.scenario("scenario.yaml"), branches={names!r})',
            f'run[{names[0]!r}].table("countries")',
        ]
    )
