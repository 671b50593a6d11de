"""Checks of a world economy at every load (B04-B10), and the named treatments of negative final demand.

Checks that need the tables a user wrote (B01-B03, B09 by row) are in the importer of those tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.codes import SERVICES
from detente.core.errors import DataError, Problem

if TYPE_CHECKING:
    from detente.baseline.baseline import Baseline

SHARE_TOLERANCE: Final = 1e-6
WORLD_VALUE_ADDED_BN: Final = {
    1995: 30_000, 2000: 33_000, 2005: 46_000, 2008: 62_000, 2010: 65_000, 2011: 72_000, 2012: 73_500, 2013: 75_500,
    2014: 77_500, 2015: 73_000, 2016: 74_500, 2017: 79_000, 2018: 84_000, 2019: 85_500, 2020: 83_000, 2021: 95_000,
    2022: 99_000, 2023: 104_000, 2024: 109_000,
}  # fmt: skip
"""World value added by year, billion USD, rounded (national accounts totals): an order of magnitude for check B10."""


def arrays_from_arguments(
    countries: Sequence[str],
    sectors: Sequence[str],
    flows: Any,
    tariffs: Any,
    value_added_share: Any,
    input_share: Any,
    trade_elasticity: Any,
) -> dict[str, Array]:
    """Return the arguments as float64 arrays, or raise one `DataError` that names every wrong one.

    Raises:
        DataError: duplicate codes, wrong shape, not numbers, NaN or infinite, negative flows.
    """
    n, j = len(countries), len(sectors)
    problems = [
        Problem("", name, repr(codes) if isinstance(codes, str) else "none", "a list of at least one code")
        for name, codes in (("countries", countries), ("sectors", sectors))
        if isinstance(codes, str) or not len(codes)
    ]
    problems += [
        Problem("", name, f"{_duplicate(codes)!r} twice", "distinct codes")
        for name, codes in (("countries", countries), ("sectors", sectors))
        if _duplicate(codes)
    ]
    expected = {
        "flows": (flows, (n, n, j), "(origin, dest, sector)"),
        "tariffs": (tariffs, (n, n, j), "(origin, dest, sector)"),
        "value_added_share": (value_added_share, (n, j), "(origin, sector)"),
        "input_share": (input_share, (j, n, j), "(input sector, origin, sector)"),
        "trade_elasticity": (trade_elasticity, (j,), "(sector,)"),
    }
    arrays: dict[str, Array] = {}
    for name, (values, shape, axes) in expected.items():
        if np.iscomplexobj(values) or isinstance(values, np.ma.MaskedArray):
            kind = "complex numbers" if np.iscomplexobj(values) else "a masked array"
            problems.append(Problem("", name, kind, f"a plain float array of shape {shape}"))
            continue
        try:
            array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError):
            problems.append(Problem("", name, "something that is not numbers", f"a float array of shape {shape}"))
            continue
        if array.shape != shape:
            problems.append(Problem("", name, f"shape {array.shape}", f"shape {shape} = {axes}"))
        elif not np.isfinite(array).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            problems.append(Problem("", name, f"{array[where]} at {where}", "finite numbers"))
        else:
            arrays[name] = array
    if "flows" in arrays and (arrays["flows"] < 0).any():
        worst = np.unravel_index(int(arrays["flows"].argmin()), arrays["flows"].shape)
        cell = _cell(worst, countries, sectors)
        problems.append(Problem("", "flows", f"{arrays['flows'][worst]:g} at {cell}", "sales of at least 0"))
    if problems:
        raise DataError(problems=problems)
    return arrays


def check_baseline(base: Baseline, *, treatment: str | None = None) -> tuple[list[Problem], list[str]]:
    """Return what is wrong with a baseline and what is merely remarkable.

    Args:
        base: a draft baseline whose arrays have the right shapes.
        treatment: the named treatment of negative final demand, or None.
    Returns:
        problems that refuse the baseline, and warnings in words.
    """
    problems: list[Problem] = []
    warnings: list[str] = []
    for check in (_check_shares, _check_elasticities, _check_tariffs, _check_activity, _check_income, _check_size):
        found, remarks = check(base)
        problems += found
        warnings += remarks
    if not problems:
        found, remarks = _check_years(base)
        problems += found
        warnings += remarks
        found, remarks = _check_final_demand(base, treatment)
        problems += found
        warnings += remarks
    return problems, warnings


def treat_negative_final_demand(
    base: Baseline, treatment: str, rebuild: Callable[[Baseline, str], Baseline]
) -> Baseline:
    """Return the baseline with negative implied final demand treated as named (check B06).

    Args:
        base: has at least one negative cell of `final_demand`.
        treatment: "exogenous" or "rebalance".
        rebuild: re-solves a world without shock under a deficit closure.
    Returns:
        A consistent baseline; `meta["treatment"]` says what was done and how much money it moved.
    """
    negative = np.minimum(base.final_demand, 0.0)
    cells = int((negative < 0).sum())
    note: dict[str, Any] = {"name": treatment, "cells": cells, "negative_musd": float(negative.sum())}
    if treatment == "exogenous":
        note["moved_share"] = 0.0
        return base.replace(final_exogenous=negative, meta=_noted(base, note))
    consistent = rebuild(base, "world-share")
    moved = float(np.abs(consistent.flows - base.flows).sum() / 2)
    note |= {"moved_musd": moved, "moved_share": moved / float(base.value_added.sum())}
    return consistent.replace(id=f"{base.id}+rebalanced", meta=_noted(base, note))


def _noted(base: Baseline, note: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({**base.meta, "treatment": MappingProxyType(dict(note))})


def _check_shares(base: Baseline) -> tuple[list[Problem], list[str]]:
    problems = []
    total = base.value_added_share + base.input_share.sum(axis=0)
    off = np.abs(total - 1)
    if off.max() > SHARE_TOLERANCE:
        worst = np.unravel_index(int(off.argmax()), off.shape)
        cell = _cell(worst, base.countries, base.sectors)
        expected = f"1 in every cell within {SHARE_TOLERANCE:g} (value_added_share + input_share.sum(0))"
        problems.append(Problem("", "B05 cost shares", f"a sum of {total[worst]:.9g} at {cell}", expected))
    if (base.value_added_share <= 0).any() or (base.value_added_share > 1 + SHARE_TOLERANCE).any():
        far = np.where(base.value_added_share <= 0, 2 - base.value_added_share, base.value_added_share)
        worst = np.unravel_index(int(far.argmax()), far.shape)
        found = f"{base.value_added_share[worst]:.6g} at {_cell(worst, base.countries, base.sectors)}"
        problems.append(Problem("", "B05 value_added_share", found, "a share in (0, 1]"))
    if (base.input_share < 0).any():
        k, o, s = (int(i) for i in np.unravel_index(int(base.input_share.argmin()), base.input_share.shape))
        found = f"{base.input_share[k, o, s]:.6g} (input {base.sectors[k]}) at {base.countries[o]}, {base.sectors[s]}"
        problems.append(Problem("", "B05 input_share", found, "shares of at least 0"))
    return problems, []


def _check_elasticities(base: Baseline) -> tuple[list[Problem], list[str]]:
    theta, problems, warnings = base.trade_elasticity, [], []
    for s in np.flatnonzero(~((theta >= 0.1) & (theta <= 100))):
        found = f"{theta[s]:g} in {base.sectors[s]}"
        problems.append(Problem("", "B05 trade_elasticity", found, "theta between 0.1 and 100, positive", "sigma - 1"))
    low, high = np.flatnonzero((theta >= 0.1) & (theta < 1)), np.flatnonzero((theta > 20) & (theta <= 100))
    if low.size:
        warnings.append(f"B05 trade_elasticity below 1 in {_names(low, base.sectors)}: is it 1/theta?")
    if high.size:
        warnings.append(f"B05 trade_elasticity above 20 in {_names(high, base.sectors)}: results there are extreme")
    return problems, warnings


def _check_tariffs(base: Baseline) -> tuple[list[Problem], list[str]]:
    tariffs, problems = base.tariffs, []
    n = len(base.countries)
    foreign = tariffs[~np.eye(n, dtype=bool)]
    if foreign.size and ((foreign > 1).mean() > 0.02 or np.quantile(foreign, 0.9) > 1):
        found = f"{100 * (foreign > 1).mean():.1f} % of cells above 1, largest {foreign.max():g}"
        hint = "dividing by 100: it looks like percent"
        problems.append(Problem("", "B07 tariffs", found, "fractions (0.25 is 25 %)", hint))
    if (tariffs < -0.5).any():
        worst = np.unravel_index(int(tariffs.argmin()), tariffs.shape)
        found = f"{tariffs[worst]:g} at {_cell(worst, base.countries, base.sectors)}"
        problems.append(Problem("", "B07 tariffs", found, "rates of at least -0.5"))
    home = tariffs[np.arange(n), np.arange(n)]
    if (home != 0).any():
        o, s = (int(i) for i in np.argwhere(home != 0)[0])
        found = f"{home[o, s]:g} at {base.countries[o]} on itself, {base.sectors[s]}"
        problems.append(Problem("", "B07 tariffs", found, "0 on home sales (the diagonal)"))
    services = [s for s, code in enumerate(base.sectors) if code in base.meta.get("services", SERVICES)]
    if services and not base.meta.get("service_tariffs") and (tariffs[:, :, services] != 0).any():
        found = f"rates up to {tariffs[:, :, services].max():g} on {_names(services, base.sectors)}"
        problems.append(Problem("", "B07 tariffs", found, "no tariff on services", "service_tariffs: true in sources"))
    return problems, []


def _check_activity(base: Baseline) -> tuple[list[Problem], list[str]]:
    idle = base.output.sum(axis=1) <= 0
    problems = [
        Problem("", "flows", f"no output at all in {base.countries[o]}", "positive sales in some sector")
        for o in np.flatnonzero(idle)
    ]
    use = np.einsum("kds,ds->dk", base.input_share, base.output)
    for d, s in np.argwhere((base.expenditure <= 0) & (use > 0)):
        cell = f"{base.countries[d]}, {base.sectors[s]}"
        found = f"no sales to {cell}, which uses it as an input"
        problems.append(Problem("", "B03 absorption", found, "some supplier"))
    return problems, []


def _check_income(base: Baseline) -> tuple[list[Problem], list[str]]:
    problems = [
        Problem("", "income", f"{base.income[n]:.6g} MUSD in {base.countries[n]}", "positive final income (V + R + D)")
        for n in np.flatnonzero(base.income <= 0)
    ]
    world = float(base.value_added.sum())
    if world > 0 and abs(float(base.deficit.sum())) > 1e-9 * world:
        found = f"a sum of {base.deficit.sum():.6g} MUSD"
        problems.append(Problem("", "B04 deficits", found, "deficits that sum to 0"))
    return problems, []


def _check_size(base: Baseline) -> tuple[list[Problem], list[str]]:
    years = base.meta.get("years")
    year = str(years.get("flows"))[:4] if isinstance(years, Mapping) else ""
    known = WORLD_VALUE_ADDED_BN.get(int(year)) if year.isdecimal() else None
    if known is None or not base.meta.get("world", True):
        return [], []
    ratio = float(base.value_added.sum()) / 1000 / known
    if 0.2 <= ratio <= 5:
        return [], []
    found = f"{base.value_added.sum():.4g} MUSD"
    return [], [f"B10 world value added is {found}, {ratio:.3g} times the world of {year}: thousands of USD?"]


def years_that_differ(base: Baseline) -> str:
    """Return the years of the tables in words where they differ (check B08), else an empty string."""
    years = base.meta.get("years")
    if not isinstance(years, Mapping):
        return ""
    named = {str(value)[:4] for value in years.values() if value is not None}
    return ", ".join(f"{key} {value}" for key, value in years.items()) if len(named) > 1 else ""


def _check_years(base: Baseline) -> tuple[list[Problem], list[str]]:
    found = years_that_differ(base)
    if not found:
        return [], []
    if base.meta.get("allow_year_mismatch"):
        return [], [f"B08 years differ: {found}"]
    return [Problem("", "B08 years", found, "one year for all tables", "allow_year_mismatch: true")], []


def _check_final_demand(base: Baseline, treatment: str | None) -> tuple[list[Problem], list[str]]:
    demand = base.final_demand
    negative = demand < 0
    if not negative.any():
        return [], []
    total = float(demand[negative].sum())
    worst = np.unravel_index(int(demand.argmin()), demand.shape)
    text = (
        f"{int(negative.sum())} of {demand.size} cells negative, {total:.6g} MUSD in all "
        f"({-100 * total / float(base.income.sum()):.3g} % of world income), worst {demand[worst]:.6g} at "
        f"{_cell(worst, base.countries, base.sectors)}"
    )
    if treatment is None:
        expected = "final demand of at least 0, or a named treatment"
        return [Problem("", "B06 final demand", text, expected, "treatment='exogenous' or 'rebalance'")], []
    return [], [f"B06 final demand: {text}; treatment {treatment}"]


def _duplicate(codes: Sequence[str]) -> str:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            return code
        seen.add(code)
    return ""


def _cell(index: tuple[Any, ...], countries: Sequence[str], sectors: Sequence[str]) -> str:
    *places, s = (int(i) for i in index)
    return ", ".join([*(countries[i] for i in places), sectors[s]])


def _names(positions: Any, codes: Sequence[str]) -> str:
    names = [codes[int(i)] for i in positions]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
