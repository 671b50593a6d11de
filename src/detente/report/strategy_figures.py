"""Pictures of best policies, trade wars and ladders: who gains, what is taxed, and that no other rate is better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.core.result import Result
from detente.report.amounts import plain, signed
from detente.report.charts.bars import bars, signs
from detente.report.charts.base import colour, tones
from detente.report.charts.lines import lines
from detente.report.charts.matrix import matrix
from detente.report.content import Code, Figure, Grid, columns_of
from detente.report.screens.results import branch_grid, extremes
from detente.strategy.moves import Point, payoff, rates

OBSERVED: Final = "observed policy"
SHOWN: Final = 20
SAME: Final = 5e-6
"""Payoffs nearer than this are one, in percent: what a deviation may gain before a war is no equilibrium."""


def incomes(result: Result, players: Sequence[str], what: str, code: Code | None) -> Figure:
    """Return real income of the players and of the economies that feel it most."""
    labels = names(result)
    change = dict(zip(result.countries, (100 * (result.welfare_hat - 1)).tolist(), strict=True))
    told = {player: payoff(result, player) for player in players}
    size = sorted((c for c in change if c not in told), key=lambda each: -abs(change[each]))
    shown = {**told, **{each: change[each] for each in size[: max(0, SHOWN - len(told))]}}
    rows = [
        {"country": each, "label": labels.get(each, each), "branch": "main", "value": value, "low": None, "high": None,
         "colour": "gain" if value > 0 else "loss"}
        for each, value in sorted(shown.items(), key=lambda item: -item[1])
    ]  # fmt: skip
    title = f"Real income {what}, % against {OBSERVED}"
    alternative = extremes("Bar chart", title, rows, "%")
    spec = bars(rows, axis="%", branches=["main"], description=alternative, colours=signs(rows))
    grid = branch_grid(title, rows, ["main"])
    columns = {"country": list(change), "real_income_pct": list(change.values())}
    return Figure("payoffs", "payoffs", title, alternative, spec, grid, columns, "players and largest changes", code)


def chosen_rates(result: Result, player: str, by: str, code: Code | None) -> Figure | None:
    """Return a player's rates by sector or by partner, before and after; None where there is nothing to tell apart."""
    found = sorted(rates(result, player, by=by), key=lambda each: -each.trade)[:SHOWN]
    if len(found) < 2:
        return None
    labels = names(result) if by == "partner" else dict(result.baseline.meta.get("sector_labels", {}))
    own = [
        f"{each.label} {labels[each.label]}" if by == "sector" and each.label in labels
        else labels.get(each.label, each.label)
        for each in found
    ]  # fmt: skip
    tone = {player: colour(player)}
    rows = [
        {"label": label, "branch": branch, "value": value, "colour": player, "low": None, "high": None}
        for label, each in zip(own, found, strict=True)
        for branch, value in (("chosen", each.after), ("before", each.before))
    ]
    title = f"Tariffs of {names(result).get(player, player)} by {by}, %, weighted with trade before; tick: observed"
    chosen = [row for row in rows if row["branch"] == "chosen"]
    alternative = extremes("Bar chart", title, chosen, "%")
    spec = bars(rows, axis="%", branches=["chosen"], before="before", description=alternative, colours=tone)
    name = f"rates-{slug(player)}-{by}"
    lines_ = tuple(
        (label, plain(e.after), plain(e.before), plain(e.trade)) for label, e in zip(own, found, strict=True)
    )
    grid = Grid(title, (by, "chosen, %", "observed, %", "trade before, MUSD"), lines_)
    return Figure(name, name, title, alternative, spec, grid, columns_of([vars(each) for each in found]), "", code)


def walk(points: Sequence[Point], players: Sequence[str], result: Result, code: Code | None) -> Figure | None:
    """Return each player's payoff along the way from its observed rates to the chosen ones and beyond."""
    labels = names(result)
    rows: list[dict[str, Any]] = [
        {"x": 100 * each.scale, "value": each.payoffs[players.index(each.player)], "player": each.player,
         "line": labels.get(each.player, each.player)}
        for each in points
    ]  # fmt: skip
    if not rows:
        return None
    alone = "the others at theirs" if len(players) > 1 else "everybody else as observed"
    title = f"Real income by how far a player goes, % against {OBSERVED}, {alone}"
    shown = list(dict.fromkeys(row["line"] for row in rows))
    codes = list(dict.fromkeys(row["player"] for row in rows))
    alternative = extremes("Line chart", title, [{**row, "label": row["line"]} for row in rows], "%")
    spec = lines(
        rows, x_axis="part of the way from observed to chosen rates, %", y_axis="own real income, %",
        colours=dict(zip(shown, tones(codes), strict=True)), description=alternative,
        mark={"x": 100, "text": "chosen rates"},
    )  # fmt: skip
    heads = tuple(dict.fromkeys(f"{row['x']:g}" for row in rows))
    cells = {(row["line"], f"{row['x']:g}"): signed(row["value"]) for row in rows}
    grid = Grid(
        title, ("part of the way, %", *shown), tuple((x, *(cells.get((n, x), "-") for n in shown)) for x in heads)
    )
    tops = [max((r for r in rows if r["player"] == each), key=lambda row: row["value"])["x"] for each in codes]
    note = "the top of each line is at the chosen rates: no player gains by taxing more or less of the same"
    if any(top != 100 for top in tops):
        note = "where a line is higher elsewhere, the bounds of the search kept the rates from going there"
    return Figure("walk", "walk", title, alternative, spec, grid, columns_of(rows), note, code)


def payoff_matrix(points: Sequence[Point], players: Sequence[str], result: Result, code: Code | None) -> Figure | None:
    """Return what two players get where each keeps its observed rates or goes to war; None for another number."""
    at = {(each.player, each.scale): each.payoffs for each in points}
    if len(players) != 2 or any((player, 0.0) not in at for player in players):
        return None
    labels = [names(result).get(player, player) for player in players]
    keeps, war = "observed rates", "war rates"
    both = tuple(payoff(result, player) for player in players)
    cells = {
        (keeps, keeps): (0.0, 0.0),
        (war, keeps): at[players[1], 0.0],
        (keeps, war): at[players[0], 0.0],
        (war, war): both,
    }
    rows: list[dict[str, Any]] = []
    for (mine, yours), (first, second) in cells.items():
        other = cells[war if mine == keeps else keeps, yours][0], cells[mine, war if yours == keeps else keeps][1]
        rows.append(
            {"row": mine, "column": yours, "first": f"{players[0]} {signed(first)} %",
             "second": f"{players[1]} {signed(second)} %", "sum": min(first, second), "first_pct": first,
             "second_pct": second, "stays": first >= other[0] - SAME and second >= other[1] - SAME}
        )  # fmt: skip
    title = f"What war brings {labels[0]} and {labels[1]}, real income, % against {OBSERVED}"
    stay = [row for row in rows if row["stays"]]
    ends = " and ".join(f"{row['row']} against {row['column']}" for row in stay) or "nowhere"
    alternative = f"Payoff matrix. {title}: of these four, nobody moves alone from {ends}."
    spec = matrix(rows, axes=(f"{labels[0]}:", f"{labels[1]}:"), description=alternative)
    lines_ = tuple(
        (row["row"], row["column"], row["first"], row["second"], "yes" if row["stays"] else "no") for row in rows
    )
    head = (labels[0], labels[1], "first", "second", "nobody moves alone")
    grid = Grid(title, head, lines_, text_columns=frozenset({1, 2, 3, 4}))
    note = "framed: neither gains by moving alone to its other choice; blue: even the one with less gains"
    return Figure("matrix", "matrix", title, alternative, spec, grid, columns_of(rows), note, code)


def ladder(
    rounds: Sequence[Mapping[str, Any]], players: Sequence[str], result: Result, code: Code | None
) -> list[Figure]:
    """Return real income and average rates round by round."""
    labels = [names(result).get(player, player) for player in players]
    start = [{"x": 0, "value": 0.0, "line": label, "round": 0} for label in labels]
    income = start + [
        {"x": row["round"], "value": row[f"{player}_welfare_pct"], "line": label, "round": row["round"]}
        for row in rounds
        for player, label in zip(players, labels, strict=True)
    ]
    moves = [
        {"x": row["round"], "value": row["average_tariff_pct"], "line": labels[players.index(row["mover"])],
         "round": row["round"]}
        for row in rounds
    ]  # fmt: skip
    colours = dict(zip(labels, tones(players), strict=True))
    made = []
    for name, title, rows, axis in (
        ("ladder", f"Real income round by round, % against {OBSERVED}", income, "real income, %"),
        (
            "moves",
            "Average tariff of who moves on the other, %, weighted with trade before, by round",
            moves,
            "tariff, %",
        ),
    ):
        alternative = extremes(
            "Line chart", title, [{**row, "label": f"{row['line']}, round {row['x']}"} for row in rows], "%"
        )
        spec = lines(rows, x_axis="round", y_axis=axis, colours=colours, description=alternative)
        known = {(row["line"], row["x"]): signed(row["value"]) for row in rows}
        numbers = list(dict.fromkeys(row["x"] for row in rows))
        cells = tuple((str(x), *(known.get((label, x), "-") for label in labels)) for x in numbers)
        made.append(
            Figure(
                name, name, title, alternative, spec, Grid(title, ("round", *labels), cells), columns_of(rows), "", code
            )
        )
    return made


def names(result: Result) -> dict[str, str]:
    """Return the names of economies."""
    return {str(key): str(value) for key, value in result.baseline.meta.get("country_labels", {}).items()}


def slug(player: str) -> str:
    """Return a player as part of the name of a file."""
    return player.lower().replace("+", "-")
