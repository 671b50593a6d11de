"""Tree: what the branches bring an economy, as a fan whose lines are as thick as the odds that the user gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.core.units import percent_text
from detente.report.amounts import signed
from detente.report.charts.base import colour
from detente.report.charts.fan import Edge
from detente.report.charts.fan import fan as drawn
from detente.report.choice import Choice
from detente.report.code import code_of
from detente.report.content import Figure, Grid, columns_of
from detente.report.select import BranchView, View
from detente.report.sure import VARIABLE
from detente.scenario.schema import MAIN, Leaf
from detente.scenario.tree import beliefs

Path = tuple[str, ...]
NOBODY: Final = "if nobody acts"


def content(view: View, choice: Choice) -> Mapping[str, Any] | None:
    """Return a fan of the chosen economy and of the parties, and the table; None with fewer than two leaves."""
    if len(leaves(view)) < 2:
        return None
    codes = list(dict.fromkeys([choice.country, *(view.focus or ())]))
    figures = [of_country(view, code) for code in codes if (code, VARIABLE) in view.branches[0].values]
    told = "Odds are the user's; the program gives none." if odds_of(view) else "Nobody gave odds: lines are alike."
    return {"figures": figures, "grids": [grid(view)], "told": told}


def leaves(view: View) -> dict[str, tuple[Leaf, BranchView]]:
    """Return the solved leaves of the scenario's tree by name."""
    solved = {branch.name: branch for branch in view.branches}
    return {leaf.name: (leaf, solved[leaf.name]) for leaf in view.run.scenario.tree if leaf.name in solved}


def odds_of(view: View) -> Mapping[str, float] | None:
    """Return the odds of the leaves, the user's or those of the file; None without, or where a leaf is not solved."""
    known = view.odds if view.odds is not None else beliefs(view.run.scenario, {})
    return known if known is not None and set(known) == set(leaves(view)) else None


def expected(view: View, code: str) -> float | None:
    """Return the expected change of real income, in percent; None without odds."""
    odds = odds_of(view)
    if odds is None:
        return None
    return sum(p * leaves(view)[name][1].values[code, VARIABLE] for name, p in odds.items())


def fan(view: View, choice: Choice) -> Figure | None:
    """Return the fan of the chosen economy; None with fewer than two leaves."""
    return of_country(view, choice.country) if len(leaves(view)) > 1 else None


def of_country(view: View, code: str) -> Figure:
    """Return the fan of one economy."""
    found, odds, name = leaves(view), odds_of(view), view.label(code)
    values = {leaf: branch.values[code, VARIABLE] for leaf, (_, branch) in found.items()}
    ends = [{"y": values[leaf], "label": f"{leaf}{_chance(odds, leaf)} {signed(values[leaf])} %"} for leaf in found]
    days = str(view.run.scenario.as_of), str(_day(view, next(iter(found))))
    deep = max(len(leaf.path) or 1 for leaf, _ in found.values())
    title = f"Real income of {name} by branch, % against {view.run.comparator}"
    low, top = min(values, key=lambda each: values[each]), max(values, key=lambda each: values[each])
    alternative = f"Fan. {title}: from {signed(values[low])} % ({low}) to {signed(values[top])} % ({top})."
    mean = expected(view, code)
    alternative += "" if mean is None else f" Expected with these odds: {signed(mean)} %."
    spec = drawn(
        edges({leaf: each.path or (leaf,) for leaf, (each, _) in found.items()}, values, odds, colour(code)), ends,
        levels(view, code), axis="real income, %", times=(days[0], *[""] * (deep - 1), days[1]),
        description=alternative,
    )  # fmt: skip
    rows = [
        {"branch": leaf, "path": " > ".join(each.path), "odds_pct": None if odds is None else 100 * odds[leaf],
         "country": code, "variable": VARIABLE, "unit": "%", "value": values[leaf]}
        for leaf, (each, _) in found.items()
    ]  # fmt: skip
    lines = tuple(
        (leaf, " > ".join(each.path), _chance(odds, leaf).strip(), signed(values[leaf]))
        for leaf, (each, _) in found.items()
    )
    table = Grid(title, ("branch", "path", "odds", "%"), lines, text_columns=frozenset({1}))
    note = "where lines part stands the mean of what follows, by odds where they are given; as thick as likely"
    code_ = code_of(view, "fan", '{name: run[name].table("countries") for name in run}')
    return Figure("fan", f"fan-{code}", title, alternative, spec, table, columns_of(rows), note, code_)


def edges(
    paths: Mapping[str, Path], values: Mapping[str, float], odds: Mapping[str, float] | None, tone: str
) -> list[Edge]:
    """Return the steps of a tree; a node stands at the mean of the leaves behind it, weighted where odds are given.

    Args:
        paths: leaf -> the events that lead to it; shared starts are one node. values: by leaf. odds: by leaf. tone: a
            colour.
    """
    deep = max(len(path) for path in paths.values())
    padded = {leaf: (*path[:-1], *[path[-1]] * (deep - len(path)), leaf) for leaf, path in paths.items()}

    def mean(behind: Sequence[str]) -> float:
        weights = [1.0 if odds is None else odds[leaf] for leaf in behind]
        whole = sum(weights) or float(len(behind))
        return sum(values[leaf] * (w if sum(weights) else 1.0) for leaf, w in zip(behind, weights, strict=True)) / whole

    def behind(prefix: Path) -> list[str]:
        return [leaf for leaf, path in padded.items() if path[: len(prefix)] == prefix]

    found = []
    for depth in range(deep):
        for prefix in dict.fromkeys(path[: depth + 1] for path in padded.values()):
            after = behind(prefix)
            share = None if odds is None else sum(odds[leaf] for leaf in after)
            found.append(Edge(mean(behind(prefix[:depth])), mean(after), depth, share, tone))
    return found


def levels(view: View, code: str) -> list[dict[str, Any]]:
    """Return levels to compare with: the law as it stands, and the expected value."""
    found: list[dict[str, Any]] = []
    main = next((branch for branch in view.branches if branch.name == MAIN), None)
    if main is not None:
        same = _day(view, MAIN) == _day(view, next(iter(leaves(view))))
        label = NOBODY if same else f"law of {_day(view, MAIN)}"
        value = main.values[code, VARIABLE]
        found.append({"y": value, "label": f"{label}: {signed(value)} %", "dash": True})
    mean = expected(view, code)
    if mean is not None:
        found.append({"y": mean, "label": f"expected: {signed(mean)} %", "dash": False})
    return found


def grid(view: View) -> Grid:
    """Return every branch with its odds, and what is expected, for the economies of the headline."""
    odds, codes = odds_of(view), view.countries
    rows = [
        (name, " > ".join(leaf.path), _chance(odds, name).strip(),
         *(signed(branch.values.get((code, VARIABLE))) for code in codes))
        for name, (leaf, branch) in leaves(view).items()
    ]  # fmt: skip
    if odds is not None:
        rows.append(("expected", "", "", *(signed(expected(view, code)) for code in codes)))
    caption = f"Real income by branch, % against {view.run.comparator}"
    return Grid(caption, ("branch", "path", "odds", *codes), tuple(rows), text_columns=frozenset({1}))


def _chance(odds: Mapping[str, float] | None, leaf: str) -> str:
    return "" if odds is None else f" {percent_text(odds[leaf])}"


def _day(view: View, branch: str) -> Any:
    return view.run.plans[branch].regime.date
