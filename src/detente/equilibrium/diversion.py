"""Who gains the trade that a pair of countries loses: recaptured by others, made at home, redirected elsewhere.

Changes are in border value at base prices: F (Q_hat - 1), with the quantity Q_hat = (F'/((1+mu)F))/c_hat. Source: own.
"""

from __future__ import annotations

import numpy as np

from detente.core.arrays import Array
from detente.core.errors import UsageError, nearest
from detente.core.result import Result


def volume_change(result: Result) -> Array:
    """Return the change of every flow at base prices, (origin, dest, sector); 0 where there was no trade. [MUSD]"""
    return np.asarray(result.flows_new / result["wedge"] / result.cost_hat[:, None, :] - result.baseline.flows)


def diversion_columns(result: Result, *, by: str, against: str) -> dict[str, list[object]]:
    """Return the trade that `by` buys less from `against`, and where both turn instead.

    Args:
        result: certified. by: the importer. against: the origin.
    Returns:
        by, against, country, role, value_musd, share_pct, largest first within a role. Roles: "lost" (the pair),
        "recaptured" (other origins selling to `by`), "home" (sales of `by` at home), "redirected" (`against` selling
        to others). share_pct is relative to the trade lost by the pair.
    Raises:
        UsageError: unknown country, or the same twice. SolveError: the result is not certified.
    """
    codes = result.countries
    for name, code in (("by", by), ("against", against)):
        if code not in codes:
            hint = nearest(code, codes)
            try_ = f"; try {hint!r}" if hint else ""
            raise UsageError(f"{name}: found {code!r}; expected a country of the baseline{try_}")
    if by == against:
        raise UsageError(f"against: found {against!r}, the importer itself; expected another country")
    i, o = codes.index(by), codes.index(against)
    change = volume_change(result).sum(axis=2)
    lost = float(change[o, i])
    others = [n for n in range(len(codes)) if n not in (i, o)]
    rows = [(against, "lost", lost)]
    rows += sorted(((codes[n], "recaptured", float(change[n, i])) for n in others), key=lambda row: -row[2])
    rows += [(by, "home", float(change[i, i]))]
    rows += sorted(((codes[n], "redirected", float(change[o, n])) for n in others), key=lambda row: -row[2])
    scale = 100 / abs(lost) if lost else 0.0
    return {
        "by": [by] * len(rows),
        "against": [against] * len(rows),
        "country": [row[0] for row in rows],
        "role": [row[1] for row in rows],
        "value_musd": [row[2] for row in rows],
        "share_pct": [scale * row[2] for row in rows],
    }


def pressure_columns(result: Result, *, by: str, against: str) -> dict[str, list[object]]:
    """Return what the diversion does to third countries by sector: orders gained, imports pressing in.

    Returns:
        country, sector, output_pct (volume of output), import_penetration_pp, orders_musd (sales to `by`, at base
        prices), arrivals_musd (purchases from `against`, at base prices); active cells of third countries.
    """
    from detente.core.tables import import_penetration, producer_sales

    codes, base = result.countries, result.baseline
    i, o = codes.index(by), codes.index(against)
    change = volume_change(result)
    output = (producer_sales(result) / result.cost_hat) / np.where(base.output > 0, base.output, 1.0)
    penetration = 100 * (import_penetration(result.flows_new) - import_penetration(base.flows))
    rows = [
        (codes[n], sector, 100 * (output[n, s] - 1), penetration[n, s], change[n, i, s], change[o, n, s])
        for n in range(len(codes))
        if n not in (i, o)
        for s, sector in enumerate(result.sectors)
        if base.output[n, s] > 0
    ]
    names = ("country", "sector", "output_pct", "import_penetration_pp", "orders_musd", "arrivals_musd")
    columns: dict[str, list[object]] = {name: [] for name in names}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            columns[name].append(value if isinstance(value, str) else float(value))
    return columns
