"""Talks: what each package brings both sides against no deal, which ones both would sign, where bargaining ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.report.amounts import plain, signed
from detente.report.charts.plane import KINDS, plane
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid
from detente.report.select import View
from detente.report.talks_shown import ShownTalks

LISTED: Final = 12
REFUSED, ACCEPTED, EDGE = KINDS


def content(view: View, choice: Choice) -> Mapping[str, Any] | None:
    """Return the payoff plane, the best packages, the bargaining points; None where no talks were solved."""
    talks = view.talks
    if talks is None:
        return None
    figure = packages(view, choice)
    return {
        "figures": [] if figure is None else [figure],
        "grids": [grid for grid in (points_grid(view, talks), *_others(talks)) if grid.rows],
        "sentence": sentence(view, talks),
    }


def packages(view: View, choice: Choice) -> Figure | None:
    """Return the payoff plane of talks of two; None without talks or with more players."""
    talks = view.talks
    if talks is None or len(talks.codes) != 2:
        return None
    first, second = talks.codes
    table = talks.columns("packages")
    gains = [table[_gain(code)] for code in (first, second)]
    rows = [
        {
            "package": number,
            "x": gains[0][row],
            "y": gains[1][row],
            "kind": _kind(table, row),
            "contents": contents(talks, table, row),
        }
        for row, number in enumerate(table["package"])
        if gains[0][row] is not None and gains[1][row] is not None and not table["no_deal"][row]
    ]
    marked = [{"label": label, "x": gains[0][row], "y": gains[1][row]} for label, row in _points(talks).items()]
    names = [view.label(code) for code in (first, second)]
    title = f"What packages bring {names[0]} and {names[1]}, log points of real income (about %) against no deal"
    count = {kind: sum(row["kind"] == kind for row in rows) for kind in KINDS}
    alternative = (
        f"Payoff plane. {title}: of {len(rows)} packages {count[ACCEPTED] + count[EDGE]} are accepted by both and "
        f"{count[EDGE]} of these leave none better for both."
    )
    axes = (f"gain of {names[0]}, log points", f"gain of {names[1]}, log points")
    spec = plane(rows, marked, axes=axes, description=alternative)
    note = "no deal is where the lines through zero cross; up and to the right of it both gain: the bargaining set"
    code = code_of(view, "packages", 'dt.talks(dt.scenario("scenario.yaml")).acceptable()')
    return Figure("packages", "packages", title, alternative, spec, _best(talks, title, rows), table, note, code)


def _kind(table: Mapping[str, Sequence[Any]], row: int) -> str:
    if not table["rational"][row]:
        return REFUSED
    return EDGE if table["pareto"][row] else ACCEPTED


def _gain(code: str) -> str:
    return f"gain_{code.lower().replace('-', '_')}_pp"


def contents(talks: ShownTalks, table: Mapping[str, Sequence[Any]], row: int) -> str:
    """Return what a package says, issue by issue."""
    parts = []
    for matter in talks.matters:
        name = matter.replace("-", "_")
        column = name if name in table and name not in ("package", "rational", "pareto") else f"{name}_choice"
        parts.append(f"{matter} {table[column][row]}")
    return ", ".join(parts)


def _best(talks: ShownTalks, title: str, rows: Sequence[Mapping[str, Any]]) -> Grid:
    codes = talks.codes
    good = sorted((row for row in rows if row["kind"] != REFUSED), key=lambda row: -min(row["x"], row["y"]))
    lines = tuple(
        (str(row["package"]), signed(row["x"]), signed(row["y"]), "yes" if row["kind"] == EDGE else "no",
         row["contents"])
        for row in good[:LISTED]
    )  # fmt: skip
    head = ("package", *(f"{code}, log points" for code in codes), "none better for both", "contents")
    caption = f"{title}: the {min(LISTED, len(good))} of {len(good)} accepted packages whose smaller gain is largest"
    return Grid(caption, head, lines, text_columns=frozenset({3, 4}))


def _points(talks: ShownTalks) -> dict[str, int]:
    """Return bargaining solutions by the row of their package; solutions that agree share one label."""
    table = talks.columns("points")
    found: dict[int, list[str]] = {}
    for name, package in zip(table["solution"], table["package"], strict=True):
        names = found.setdefault(package, [])
        if name not in names:
            names.append(name)
    return {" = ".join(names): package for package, names in found.items()}


def points_grid(view: View, talks: ShownTalks) -> Grid:
    """Return the bargaining solutions, player by player."""
    table = talks.columns("points")
    rows = tuple(
        (
            f"{table['solution'][row]}, {view.label(table['player'][row])}",
            str(table["package"][row]),
            signed(table["gain_pp"][row]),
            signed(table["gain_musd"][row]),
            "-" if table["break_even_pct"][row] is None else plain(table["break_even_pct"][row]),
        )
        for row in range(len(table["solution"]))
    )
    head = ("", "package", "gain, log points", "gain, MUSD a year", "odds of no deal from which it beats waiting, %")
    return Grid("Bargaining solutions against no deal", head, rows)


def _others(talks: ShownTalks) -> list[Grid]:
    """Return threats, truces and linkages as tables."""
    found = []
    for name, caption in (
        ("threats", "What carrying out each threat brings, log points: a best response is credible"),
        ("truces", "What keeps a truce, log points, and the discount factor it needs"),
        ("linkages", "Concessions refused alone and accepted together, log points"),
    ):
        table = talks.columns(name)
        lines = tuple(tuple(_text(cell) for cell in row) for row in list(zip(*table.values(), strict=True))[:LISTED])
        words = frozenset(n for n, column in enumerate(table.values()) if column and isinstance(column[0], str))
        found.append(Grid(caption, tuple(key.replace("_", " ") for key in table), lines, text_columns=words))
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, bool) or cell is None:
        return {True: "yes", False: "no", None: "-"}[cell]
    return signed(cell) if isinstance(cell, float) else str(cell)


def sentence(view: View, talks: ShownTalks) -> str:
    """Return what comes out, from the numbers alone."""
    table = talks.columns("packages")
    good = sum(bool(ok) and not none for ok, none in zip(table["rational"], table["no_deal"], strict=True))
    text = f"Of {len(table['package'])} packages {good} are accepted by all players against no deal."
    points = _points(talks)
    mine = next((row for label, row in points.items() if talks.rule in label.split(" = ")), None)
    if mine is None:
        return text + " No deal is accepted."
    gains = " and ".join(f"{view.label(code)} {signed(table[_gain(code)][mine])}" for code in talks.codes)
    return f"{text} The {talks.rule} solution brings {gains} log points: {contents(talks, table, mine)}."
