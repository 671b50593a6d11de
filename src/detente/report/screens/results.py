"""Results: who gains and loses, where on the map, why exactly, and what happens to prices and sectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.report.amounts import MINUS, clear, in_cell, plain, signed
from detente.report.charts.bars import bars, signs
from detente.report.charts.tiles import places, tile_map
from detente.report.charts.waterfall import waterfall
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid, columns_of
from detente.report.select import BranchView, View

SHOWN: Final = 20
SHOWN_SECTORS: Final = 14
PART_LABELS: Final[Mapping[str, str]] = {
    "terms_of_trade": "terms of trade",
    "trade_costs": "trade costs",
    "volume_of_trade": "volume of taxed trade",
    "rents": "rents of instruments",
    "transfers": "transfers (deficit)",
    "exogenous_demand": "demand outside budgets",
    "wasted_revenue": "wasted revenue",
    "residual": "not explained",
}


def content(view: View, choice: Choice) -> Mapping[str, Any]:
    """Return the figures of the screen in order."""
    made = (real_income, map_, welfare, prices, sectors)
    return {"figures": [found for found in (make(view, choice) for make in made) if found is not None]}


def real_income(view: View, choice: Choice) -> Figure:
    """Return real income by economy, the branches together: those of the headline and the largest changes."""
    return _by_country(view, choice, "real-income", "real_income_pct", f"Real income, % against {view.run.comparator}")


def prices(view: View, choice: Choice) -> Figure:
    """Return consumer prices by economy, in units of what money is measured in."""
    title = f"Consumer prices relative to world income, % against {view.run.comparator}"
    numeraire = view.run.scenario.closure.numeraire
    if numeraire not in (None, "world-income"):
        title = f"Consumer prices relative to the wage of {numeraire}, % against {view.run.comparator}"
    return _by_country(view, choice, "prices", "consumer_prices_pct", title)


def _by_country(view: View, choice: Choice, name: str, variable: str, title: str) -> Figure:
    first = choice.of(view)
    others = [branch for branch in view.branches if branch.name != first.name]
    codes = _largest(view, first, variable)
    rows: list[dict[str, Any]] = [
        {
            "country": code,
            "label": view.label(code),
            "branch": branch.name,
            "variable": variable,
            "unit": "%",
            "value": branch.values[code, variable],
            **dict(zip(("low", "high"), branch.bands.get((code, variable), (None, None)), strict=True)),
        }
        for code in codes
        for branch in (first, *others)
    ]
    valued = variable == "real_income_pct"
    drawn = [
        {**row, "colour": _tone(row["value"], first.bands.get((row["country"], variable))) if valued else "neither"}
        for row in rows
    ]
    names = [branch.name for branch in (first, *others)]
    alternative = extremes("Bar chart", title, [row for row in rows if row["branch"] == first.name], "%")
    spec = bars(drawn, axis="%", branches=names, description=alternative, colours=signs(drawn))
    return Figure(
        name, f"{name}-{first.name}", title, alternative, spec, branch_grid(title, rows, names), columns_of(rows),
        note=_marks(first, others), code=code_of(view, name, f'run["{first.name}"].table("countries")'),
    )  # fmt: skip


def _tone(value: float, band: tuple[float, float] | None) -> str:
    return "unclear" if not clear(value, band) else "gain" if value > 0 else "loss"


def _largest(view: View, branch: BranchView, variable: str) -> list[str]:
    """Return the economies of the headline and those with the largest changes, from gain to loss."""
    codes = view.run.base.countries
    size = sorted(codes, key=lambda code: -abs(branch.values[code, variable]))
    asked = [code for code in view.countries if code in codes]
    shown = list(dict.fromkeys([*asked, *size]))[: max(SHOWN, len(asked))]
    return sorted(shown, key=lambda code: -branch.values[code, variable])


def _marks(first: BranchView, others: Sequence[BranchView]) -> str:
    names = ("circle", "diamond", "square", "triangle", "cross", "triangle")
    told = [f"bars: {first.title}"]
    told += [f"{names[place % len(names)]}: {each.title}" for place, each in enumerate(others, start=1)]
    if first.bands:
        told.append("lines over bars: band of the draws; grey: its sign is not clear")
    return "; ".join(told)


def branch_grid(title: str, rows: Sequence[Mapping[str, Any]], branches: Sequence[str], unit: str = "%") -> Grid:
    """Return rows of label, branch, value (low, high) as a table with a column for each branch."""
    labels = list(dict.fromkeys(str(row["label"]) for row in rows))
    cells = {(str(row["label"]), str(row["branch"])): row for row in rows}
    lines = []
    for label in labels:
        found = [cells.get((label, name)) for name in branches]
        lines.append((label, *(_cell(row) for row in found)))
    return Grid(title, ("", *(f"{name}, {unit}" for name in branches)), tuple(lines))


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "-"
    band = None if row.get("low") is None else (row["low"], row["high"])
    return in_cell(signed(row["value"]), band)


def extremes(kind: str, title: str, rows: Sequence[Mapping[str, Any]], unit: str) -> str:
    """Return one sentence for those who do not see a chart: what it shows, its lowest and its highest number."""
    if not rows:
        return f"{kind}. {title}: nothing to show."
    low, top = min(rows, key=lambda row: row["value"]), max(rows, key=lambda row: row["value"])
    ends = [f"{signed(row['value'])} {unit} ({row['label']})" for row in (low, top)]
    return f"{kind}. {title}: from {ends[0]} to {ends[1]}."


def map_(view: View, choice: Choice) -> Figure | None:
    """Return real income of every economy on a grid of equal tiles; None where no tile is known."""
    branch, key = choice.of(view), "real_income_pct"
    known = [code for code in view.run.base.countries if code in places()]
    if not known:
        return None
    rows: list[dict[str, Any]] = [
        {
            "country": code,
            "label": view.label(code),
            "variable": key,
            "unit": "%",
            "value": branch.values[code, key],
        }
        for code in known
    ]
    title = f"Real income by economy, % against {view.run.comparator}, {branch.name}"
    size = sorted(abs(row["value"]) for row in rows)
    limit = max(0.01, float(f"{size[int(0.95 * (len(size) - 1))]:.1g}"))
    drawn = [
        {
            "code": row["country"],
            "label": row["label"],
            "row": places()[row["country"]][0],
            "column": places()[row["country"]][1],
            "value": row["value"],
            "shown": f"{row['value']:+.2f}".replace("-", MINUS),
            "clear": clear(row["value"], branch.bands.get((row["country"], key))),
        }
        for row in rows
    ]
    alternative = extremes("Tile map", title, rows, "%")
    spec = tile_map(drawn, legend="real income, %", limit=limit, description=alternative)
    note = f"one tile an economy, all of one size; colours end at {plain(limit)} % on either side"
    ordered = sorted(rows, key=lambda row: row["value"])
    grid = Grid(title, ("", "code", "%"), tuple((r["label"], r["country"], signed(r["value"])) for r in ordered))
    code = code_of(view, "map", f'run["{branch.name}"].table("countries")')
    return Figure("map", f"map-{branch.name}", title, alternative, spec, grid, columns_of(rows), note, code)


def welfare(view: View, choice: Choice) -> Figure | None:
    """Return why real income of the chosen economy changes: exact parts, what is left over, and their sum."""
    branch = choice.of(view)
    if choice.country not in view.run.base.countries:
        return None
    columns = view.decomposition(branch.name).columns(choice.country)
    parts = list(zip(columns["part"], columns["value"], strict=True))
    rows: list[dict[str, Any]] = []
    at = 0.0
    for part, number in parts[:-1]:
        value = float(str(number))
        if value or part == "residual":
            rows.append(_step(PART_LABELS[str(part)], at, at + value, value))
        at += value
    total = float(str(parts[-1][1]))
    rows.append({"label": "real income", "start": 0.0, "end": total, "kind": "total", "shown": f"{signed(total)} %"})
    name = view.label(choice.country)
    title = f"Why real income of {name} changes, % against {view.run.comparator}, {branch.name}"
    alternative = f"Waterfall. {title}: " + ", ".join(f"{row['label']} {row['shown']}" for row in rows) + "."
    spec = waterfall(rows, axis="%", description=alternative)
    residual = next(float(str(number)) for part, number in parts if part == "residual")
    note = f"exact: the parts add up to the change; not explained {residual:.0e} %".replace("-", MINUS)
    lines = tuple((PART_LABELS.get(str(part), "real income"), signed(float(str(number)))) for part, number in parts)
    code = code_of(view, "welfare", f'dt.decompose(run["{branch.name}"], "{choice.country}")')
    return Figure(
        "welfare", f"welfare-{branch.name}-{choice.country}", title, alternative, spec,
        Grid(title, ("part", "%"), lines), columns, note, code,
    )  # fmt: skip


def _step(label: str, start: float, end: float, value: float) -> dict[str, Any]:
    return {
        "label": label,
        "start": start,
        "end": end,
        "kind": "gain" if value >= 0 else "loss",
        "shown": f"{signed(value)} %",
    }


def sectors(view: View, choice: Choice) -> Figure | None:
    """Return output by sector of the chosen economy, in volumes: the largest changes of its money."""
    branch = choice.of(view)
    if choice.country not in view.run.base.countries:
        return None
    n = view.run.base.countries.index(choice.country)
    columns = branch.result.columns("sectors")
    table = zip(columns["country"], columns["sector"], columns["variable"], columns["value"], strict=True)
    known = {(sector, variable): value for code, sector, variable, value in table if code == choice.country}
    labels = view.run.base.meta.get("sector_labels", {})
    output = dict(zip(branch.result.sectors, view.run.base.output[n], strict=True))
    rows = [
        {
            "sector": sector,
            "label": f"{sector} {labels.get(sector, '')}".strip(),
            "branch": branch.name,
            "variable": "output_volume_pct",
            "unit": "%",
            "value": known[sector, "output_volume_pct"],
            "output_musd": float(output[sector]),
            "low": None,
            "high": None,
        }
        for sector in branch.result.sectors
        if output[sector] > 0
    ]
    weight = sorted(rows, key=lambda row: -abs(row["value"]) * row["output_musd"])[:SHOWN_SECTORS]
    shown = sorted(weight, key=lambda row: -row["value"])
    name = view.label(choice.country)
    title = f"Output of {name} by sector, volume, % against {view.run.comparator}, {branch.name}"
    alternative = extremes("Bar chart", title, shown, "%")
    drawn = [{**row, "colour": _tone(row["value"], None)} for row in shown]
    spec = bars(drawn, axis="%", branches=[branch.name], description=alternative, colours=signs(drawn))
    note = f"the {len(shown)} sectors whose output changes most in money; the file has all"
    code = code_of(view, "sectors", f'run["{branch.name}"].table("sectors")')
    carried = [
        {key: row[key] for key in ("sector", "label", "variable", "unit", "value", "output_musd")} for row in rows
    ]
    return Figure(
        "sectors", f"sectors-{branch.name}-{choice.country}", title, alternative, spec,
        branch_grid(title, shown, [branch.name]), columns_of(carried), note, code,
    )  # fmt: skip
