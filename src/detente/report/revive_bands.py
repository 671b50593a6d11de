"""Bands as a bundle keeps them: quantiles, moments and what moves the numbers; the draws themselves are not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from detente.core.arrays import Array
from detente.core.bands import Assumption, Bands, Failed, Influence, level_name
from detente.report.layout import TABLES

Columns = Mapping[str, list[Any]]


def stored_bands(folder: Path, facts: Mapping[str, Any], branch: str) -> Bands:
    """Return the bands of a branch.

    Args:
        folder: of a bundle with draws. facts: what its manifest says about them. branch: its name.
    Raises:
        KeyError, ValueError: tables that do not hold what the manifest says.
    """
    rows = _rows(folder, "bands", branch)
    variables, labels = (tuple(dict.fromkeys(rows[name])) for name in ("variable", "country"))
    shape = len(variables), len(labels)
    place = _places(rows, variables, labels)
    levels = tuple(float(level) for level in facts["levels"])
    names = [level_name(level) for level in levels]

    def grid(name: str) -> Array:
        found = np.full(shape, np.nan)
        found[place] = rows[name]
        return found

    errors = [f"{names[row]}_error" for row in (0, -1)]
    known = all(name in rows for name in errors)
    nothing = np.full(shape, np.nan)
    error = np.stack([grid(errors[0]), *[nothing] * (len(levels) - 2), grid(errors[1])]) if known else None
    assumptions = tuple(Assumption(**each) for each in facts.get("assumptions", ()))
    return Bands(
        method=str(facts["method"]),
        seed=int(facts["seed"]),
        levels=levels,
        asked=int(facts["draws"]),
        statuses=dict(facts["statuses"]),
        failed=tuple(Failed(**each) for each in facts["failed"]),
        variables=variables,
        labels=labels,
        sample=np.empty((0, *shape)),
        quantile=np.stack([grid(name) for name in names]),
        error=error,
        mean=grid("mean"),
        sd=grid("sd"),
        above=grid("above_zero_pct") / 100 if "above_zero_pct" in rows else nothing,
        assumptions=assumptions,
        values=np.empty((0, len(assumptions))),
        influence=_influence(folder, branch, assumptions, variables, labels),
    )


def _influence(
    folder: Path, branch: str, assumptions: tuple[Assumption, ...], variables: tuple[str, ...], labels: tuple[str, ...]
) -> Influence | None:
    """Return what each assumption does, or None where there were too few draws to tell."""
    if not assumptions or not (folder / TABLES / "assumptions.parquet").exists():
        return None
    rows = _rows(folder, "assumptions", branch)
    if not rows["assumption"]:
        return None
    which = {each.name: k for k, each in enumerate(assumptions)}
    k = np.array([which.get(name, -1) for name in rows["assumption"]])
    v, n = _places(rows, variables, labels)
    own = k >= 0
    found = {}
    for name in ("share_pct", "low", "high"):
        grid = np.full((len(assumptions), len(variables), len(labels)), np.nan)
        grid[k[own], v[own], n[own]] = np.array(rows[name], dtype=np.float64)[own]
        found[name] = grid
    rest = np.full((len(variables), len(labels)), np.nan)
    rest[v[~own], n[~own]] = np.array(rows["share_pct"], dtype=np.float64)[~own]
    return Influence(found["share_pct"] / 100, found["low"], found["high"], 1 - rest / 100)


def _places(rows: Columns, variables: tuple[str, ...], labels: tuple[str, ...]) -> tuple[Array, Array]:
    """Return the position of each row as (variable, label)."""
    at = {name: k for k, name in enumerate(variables)}, {name: k for k, name in enumerate(labels)}
    v = np.array([at[0][name] for name in rows["variable"]], dtype=np.intp)
    return v, np.array([at[1][name] for name in rows["country"]], dtype=np.intp)


def _rows(folder: Path, name: str, branch: str) -> Columns:
    """Return the rows of one branch in a stored table."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(folder / TABLES / f"{name}.parquet")
    found: dict[str, list[Any]] = table.filter(pc.equal(table["branch"], branch)).to_pydict()
    return found
