"""A baseline brought to another tariff schedule: solved, certified, and handed out as a world of its own.

What other modelling systems call altering the tax rates of a database: the accounts are made consistent with the new
rates by solving for the world that has them. With low elasticities value shares hardly move; with the world's own the
result is the counterfactual itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.baseline.derive import checked, derived_meta, with_remarks
from detente.baseline.tables_csv import Table, read_table
from detente.baseline.tables_place import LAYOUTS
from detente.core.arrays import Array
from detente.core.closure import Closure
from detente.core.codes import COUNTRY_ALIASES, SERVICES
from detente.core.errors import DataError, MissingDataError, Problem, UsageError, nearest
from detente.equilibrium.counterfactual import solve
from detente.equilibrium.rebase import rebased
from detente.policy.wedges import Wedges

TOL: Final = 1e-12
"""Residual of the solve: as for every world that is handed out as a baseline."""

LOWEST: Final = -50.0
"""Lowest rate that a baseline may have [percent], as in check B07."""

FRACTIONS: Final = 1.0
"""A table whose largest rate is below this [percent] is probably in fractions."""


def updated(
    base: Baseline,
    tariffs: Any,
    *,
    id: str | None = None,
    closure: str | Closure = "world-share",
    trade_elasticity: Any = None,
    note: str | None = None,
) -> Baseline:
    """Return the world with another tariff schedule, consistent again: solved, certified and re-based.

    Args:
        base: the world before.
        tariffs: (N, N, J) origin, dest, sector: the whole new schedule [fraction]; or the path of a CSV table with the
            columns by, against, sector, rate_pct [percent], where cells without a row keep their rate.
        id: of the new world; default "<id>+updated".
        closure: of deficits while it is solved, as in `solve`.
        trade_elasticity: J numbers, or one for all sectors, to solve with; low ones keep value shares. None is the
            world's own. The world that comes back has its own elasticities either way.
        note: what happened, in words, for the history.
    Returns:
        The new world; `meta["update"]` has the cells that changed, the largest change, and the average rate on goods
        before and after, each at the trade of its own world.
    Raises:
        UsageError: an id that the world has already, a closure or elasticities that cannot be.
        MissingDataError: no such table.
        DataError: wrong shape, unknown codes, rates that no baseline may have; all problems at once.
        SolveError: no certified equilibrium.
    Source: own: a certified solve, then `rebased`.
    Example:
        >>> import detente as dt
        >>> world = dt.baseline("world-2022").aggregated({"USA": ["USA"], "CHN": ["CHN"], "ROW": "*"})
        >>> usa, chn = (world.countries.index(code) for code in ("USA", "CHN"))
        >>> tariffs = world.tariffs.copy()
        >>> tariffs[chn, usa, :27] += 0.10  # ten points on all goods
        >>> newer = dt.updated(world, tariffs, id="three-2026")
        >>> newer.id, newer.meta["update"]["cells"]
        ('three-2026', 27)
    """
    if not isinstance(base, Baseline):
        raise UsageError(f"base: found {type(base).__name__}; expected a Baseline; try dt.baseline({base!r})")
    if id is not None and id == base.id:
        raise UsageError(f"id: found {id!r}, the world that is updated; expected another name")
    source: dict[str, Any] = {}
    if isinstance(tariffs, (str, Path)):
        tariffs, source = _from_table(base, Path(tariffs))
    rates = Wedges(tariffs=tariffs).validated(base).tariffs
    if rates is None:
        raise UsageError("tariffs: found None; expected an array (origin, dest, sector), or the path of a table")
    low = base if trade_elasticity is None else _with_elasticity(base, trade_elasticity)
    result = solve(low, rates, closure=closure, tol=TOL)
    new = rebased(result).replace(trade_elasticity=base.trade_elasticity, id=id or f"{base.id}+updated")
    facts = {**_changes(base, new), **source, "closure": result.closure.title, "residual": result.certificate.worst[1]}
    if trade_elasticity is not None:
        facts["trade_elasticity"] = dict(zip(base.sectors, low.trade_elasticity.tolist(), strict=True))
    changes = {"update": MappingProxyType(facts)}
    meta = derived_meta(base, _step(facts, note), changes)
    return checked(new.replace(meta=with_remarks(meta, _remarks(base, source))))


def _with_elasticity(base: Baseline, values: Any) -> Baseline:
    n = len(base.sectors)
    try:
        theta = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        theta = np.full(1, np.nan)
    theta = np.full(n, float(theta)) if theta.ndim == 0 else theta
    if theta.shape != (n,) or not (np.isfinite(theta) & (theta > 0)).all():
        raise UsageError(f"trade_elasticity: found {values!r}; expected one number or {n}, finite and above 0")
    return base.replace(trade_elasticity=theta)


def _from_table(base: Baseline, path: Path) -> tuple[Array, dict[str, Any]]:
    """Return the schedule with the rates of a table put in by key, and what was read."""
    if not path.exists():
        raise MissingDataError(
            problems=[Problem(str(path), "", "no such file", "a table by, against, sector, rate_pct")]
        )
    table = read_table(path, LAYOUTS["tariffs"])
    problems = list(table.problems) or _unknown(base, table) or _impossible(base, table)
    if problems:
        raise DataError(problems=problems)
    axes = {"by": base.countries, "against": base.countries, "sector": base.sectors}
    by, against, sector = (
        np.array([codes.index(code) for code in table.codes[key]])[table.positions[key]] for key, codes in axes.items()
    )
    rates = np.array(base.tariffs)
    rates[against, by, sector] = table.values / 100.0
    foreign = len(base.countries) * (len(base.countries) - 1) * len(base.sectors)
    kept = foreign - int((by != against).sum())
    largest = float(table.values.max())
    return rates, {"file_sha256": table.sha256, "rows": len(by), "cells_kept": kept, "largest_rate_pct": largest}


def _unknown(base: Baseline, table: Table) -> list[Problem]:
    problems = []
    valid: dict[str, Sequence[str]] = {"by": base.countries, "against": base.countries, "sector": base.sectors}
    for key, codes in valid.items():
        for code in table.codes[key]:
            if code not in codes:
                close = nearest(code, codes, aliases=dict(COUNTRY_ALIASES) if key != "sector" else None)
                where = f"{table.path}:{table.first_line(key, code)}"
                expected = f"a code of {base.id}"
                problems.append(Problem(where, key, f"unknown code {code!r}", expected, repr(close) if close else ""))
    return problems


def _impossible(base: Baseline, table: Table) -> list[Problem]:
    """Return the rows whose rate no baseline may have, with their lines (check B07)."""
    codes = [np.array(table.codes[key])[table.positions[key]] for key in table.layout.keys]
    by, against, sector = codes
    services = () if base.meta.get("service_tariffs") else tuple(base.meta.get("services", SERVICES))
    rules = (
        (table.values < LOWEST, f"rates of at least {LOWEST:g} %"),
        ((by == against) & (table.values != 0), "0 on home sales (by = against)"),
        (np.isin(sector, services) & (table.values != 0), "no tariff on services"),
    )
    problems = []
    for wrong, expected in rules:
        for row in np.flatnonzero(wrong):
            found = f"{table.values[row]:g} at {by[row]}, {against[row]}, {sector[row]}"
            problems.append(Problem(table.at(int(table.lines[row])), table.layout.value, found, expected))
    return problems


def _changes(base: Baseline, new: Baseline) -> dict[str, Any]:
    """Return what the new schedule changed: cells, the largest change with its place, average rates on goods."""
    move = new.tariffs - base.tariffs
    o, d, s = (int(i) for i in np.unravel_index(int(np.abs(move).argmax()), move.shape))
    place = f"{base.countries[d]} on {base.countries[o]}, {base.sectors[s]}"
    cells = int((move != 0).sum())
    return {
        "cells": cells,
        "largest_pp": 100 * float(move[o, d, s]),
        "largest_at": place if cells else "",
        "average_pct_before": _average_pct(base),
        "average_pct": _average_pct(new),
    }


def _average_pct(base: Baseline) -> float:
    """Return duty over border value of trade in goods. [percent]"""
    services = base.meta.get("services", SERVICES)
    goods = [s for s, code in enumerate(base.sectors) if code not in services]
    foreign = ~np.eye(len(base.countries), dtype=bool)[:, :, None]
    trade = (base.flows * foreign)[:, :, goods]
    total = float(trade.sum())
    return 100 * float((trade * base.tariffs[:, :, goods]).sum()) / total if total else 0.0


def _step(facts: Mapping[str, Any], note: str | None) -> str:
    average = f"{facts['average_pct_before']:.3g} to {facts['average_pct']:.3g} % on goods"
    text = f"tariffs updated: {facts['cells']} cells, average {average}"
    if facts["cells"]:
        text += f", largest change {facts['largest_pp']:+.3g} points ({facts['largest_at']})"
    return f"{note}: {text}" if note else text


def _remarks(base: Baseline, source: Mapping[str, Any]) -> tuple[str, ...]:
    found = []
    years = base.meta.get("years")
    if isinstance(years, Mapping) and years.get("tariffs"):
        found.append(f"updated: tariffs are those of the update, no longer those of {years['tariffs']}")
    if source and 0 < source["largest_rate_pct"] < FRACTIONS:
        largest = source["largest_rate_pct"]
        found.append(f"B07 tariffs: the largest rate_pct of the update is {largest:g} %: fractions instead of percent?")
    return tuple(found)
