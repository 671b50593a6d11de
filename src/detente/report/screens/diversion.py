"""Diversion: where trade that a pair loses goes, and what that does to sectors of third countries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from detente.core.codes import SERVICES
from detente.equilibrium.diversion import diversion_columns, pressure_columns
from detente.report.amounts import dollars, plain, signed
from detente.report.charts.alluvial import Link, Node, alluvial
from detente.report.charts.bars import bars
from detente.report.charts.base import GREY, ORANGE, colour
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid
from detente.report.screens.results import extremes
from detente.report.select import View

GAINERS: Final = 4
LOSERS: Final = 5
MARKETS: Final = 8
PRESSED: Final = 16
PALE: Final = "#C8C8C8"


def content(view: View, choice: Choice) -> Mapping[str, Any] | None:
    """Return the figures of the screen; None where the view has no pair."""
    made = [found for found in (diversion(view, choice), pressure(view, choice)) if found is not None]
    return {"figures": made} if made else None


def _rows(columns: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def diversion(view: View, choice: Choice) -> Figure | None:
    """Return where importer and origin turn when they trade less: an alluvial and its table."""
    if choice.pair is None:
        return None
    by, against = choice.pair
    branch = choice.of(view)
    columns = diversion_columns(branch.result, by=by, against=against)
    rows = _rows(columns)
    lost = next(float(row["value_musd"]) for row in rows if row["role"] == "lost")
    title = (
        f"Where {view.label(by)} and {view.label(against)} turn, bn USD a year at base prices against "
        f"{view.run.comparator}, {branch.name}"
    )
    parts = _parts(view, rows, by, against)
    drawn, links = _columns(parts)
    alternative = _sentence(view, rows, by, against, title)
    heads = (f"{by} buys more", "in place of", f"{against} sells instead to")
    spec = alluvial(drawn, links, heads=heads, description=alternative)
    note = (
        "left: what replaces it, spread in proportion over everything that is bought less; right: where the origin "
        "sells instead; pale: no counterpart"
        if lost < 0
        else "this pair trades more, not less"
    )
    lines = tuple(
        (view.label(row["country"]), row["role"], signed(row["value_musd"]), signed(row["share_pct"]))
        for row in sorted(rows, key=lambda row: -abs(row["value_musd"]))[:30]
    )
    head = ("", "role", "MUSD", f"% of what {against} loses in {by}")
    grid = Grid(f"{title}; the 30 largest", head, lines, text_columns=frozenset({1}))
    code = code_of(view, "diversion", f'dt.diversion(run["{branch.name}"], by="{by}", against="{against}")')
    name = f"diversion-{branch.name}-{by}-{against}"
    return Figure("diversion", name, title, alternative, spec, grid, columns, note, code)


@dataclass(frozen=True)
class _Part:
    """An amount on one side: its words, its size in MUSD, its colour."""

    label: str
    amount: float
    tone: str


def _parts(
    view: View, rows: list[dict[str, Any]], by: str, against: str
) -> tuple[list[_Part], list[_Part], list[_Part]]:
    """Return what the importer buys more, what it buys less (the origin first), where the origin sells more."""
    lost = -next(row["value_musd"] for row in rows if row["role"] == "lost")
    bought = {row["country"]: row["value_musd"] for row in rows if row["role"] == "recaptured"}
    home = next(row["value_musd"] for row in rows if row["role"] == "home")
    sold = {row["country"]: row["value_musd"] for row in rows if row["role"] == "redirected"}
    up, down = _split(view, bought, GAINERS), _split(view, {c: -v for c, v in bought.items()}, LOSERS)
    gain = [_Part("at home", max(home, 0.0), colour(by)), *up]
    less = [
        _Part(view.label(against), max(lost, 0.0), colour(against)),
        *down,
        *([_Part("at home", -home, GREY)] if home < 0 else []),
    ]
    rest = sum(part.amount for part in less) - sum(part.amount for part in gain)
    (gain if rest > 0 else less).append(_Part("less in all" if rest > 0 else "more in all", abs(rest), PALE))
    more = _split(view, sold, MARKETS)
    rest = lost - sum(part.amount for part in more)
    more += [_Part("not sold elsewhere", rest, PALE)] if rest > 0 else []
    return [each for each in gain if each.amount > 0], [each for each in less if each.amount > 0], more


def _split(view: View, amounts: Mapping[str, float], count: int) -> list[_Part]:
    """Return the largest positive amounts and the others together."""
    up = sorted(((code, value) for code, value in amounts.items() if value > 0), key=lambda item: -item[1])
    parts = [_Part(view.label(code), value, colour(code)) for code, value in up[:count]]
    rest = sum(value for _, value in up[count:])
    return [*parts, *([_Part(f"{len(up) - count} others", rest, GREY)] if rest > 0 else [])]


def _columns(parts: tuple[list[_Part], list[_Part], list[_Part]]) -> tuple[list[list[Node]], list[Link]]:
    gain, less, more = parts
    nodes = [[Node(f"{each.label} {plain(each.amount / 1e3)}", each.amount, each.tone) for each in side]
             for side in parts]  # fmt: skip
    total = sum(each.amount for each in less) or 1.0
    links = [
        Link(0, i, j, a.amount * b.amount / total, b.tone if j == 0 else PALE)
        for i, a in enumerate(gain)
        for j, b in enumerate(less)
    ]
    lost = less[0].amount if less else 0.0
    out = sum(each.amount for each in more) or 1.0
    scale = min(1.0, lost / out)
    links += [Link(1, 0, k, each.amount * scale, less[0].tone) for k, each in enumerate(more) if less]
    return nodes, links


def _sentence(view: View, rows: list[dict[str, Any]], by: str, against: str, title: str) -> str:
    sums = {role: sum(row["value_musd"] for row in rows if row["role"] == role) for role in
            ("lost", "recaptured", "home", "redirected")}  # fmt: skip
    return (
        f"Alluvial. {title}: {against} to {by} {dollars(sums['lost'])}; others to {by} {dollars(sums['recaptured'])}; "
        f"{by} at home {dollars(sums['home'])}; {against} to others {dollars(sums['redirected'])}."
    )


def pressure(view: View, choice: Choice) -> Figure | None:
    """Return the sectors of third countries into which the origin's goods move most: import penetration, output."""
    if choice.pair is None:
        return None
    by, against = choice.pair
    branch = choice.of(view)
    columns = pressure_columns(branch.result, by=by, against=against)
    rows = _rows(columns)
    services = view.run.base.meta.get("services", SERVICES)
    goods = [row for row in rows if row["sector"] not in services]
    largest = sorted(goods, key=lambda row: -row["arrivals_musd"])[:PRESSED]
    labels = view.run.base.meta.get("sector_labels", {})
    shown = [
        {
            "label": f"{view.label(row['country'])}, {labels.get(row['sector'], row['sector'])}",
            "branch": branch.name,
            "value": row["arrivals_musd"],
            "colour": "arrivals",
            "low": None,
            "high": None,
        }
        for row in largest
        if row["arrivals_musd"] > 0
    ]
    if not shown:
        return None
    title = (
        f"Goods sectors of third countries where {view.label(against)} sells more, MUSD a year at base prices against "
        f"{view.run.comparator}, {branch.name}"
    )
    alternative = extremes("Bar chart", title, shown, "MUSD")
    tone = colour(against) if colour(against) != GREY else ORANGE
    spec = bars(shown, axis="MUSD", branches=[branch.name], description=alternative, colours={"arrivals": tone})
    lines = tuple(
        (
            f"{view.label(row['country'])}, {labels.get(row['sector'], row['sector'])}",
            signed(row["arrivals_musd"]),
            signed(row["orders_musd"]),
            signed(row["import_penetration_pp"]),
            signed(row["output_pct"]),
        )
        for row in largest
    )
    head = ("", f"from {against}, MUSD", f"to {by}, MUSD", "import penetration, pp", "output, %")
    code = code_of(view, "pressure", f'dt.pressure(run["{branch.name}"], by="{by}", against="{against}")')
    note = f"the table adds what these sectors sell to {view.label(by)}, and their output; the file has services too"
    name = f"pressure-{branch.name}-{by}-{against}"
    return Figure("pressure", name, title, alternative, spec, Grid(title, head, lines), columns, note, code)
