"""Satellite sectors: a product group (soybeans, chips, ...) cut from its parent with customs and input-output detail.

The packaged table says for every cell what share of the parent's flow is the product, whether that is data or assumed,
and between which limits it can be. Most cells are assumed; `meta["satellites"]` and the known weaknesses say how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.baseline import Baseline
from detente.baseline.satellites_table import ANY, FINAL, KNOWN, Cells, Satellite, Share, placed, read_shares, read_uses
from detente.baseline.split import split_sector
from detente.core.arrays import Array
from detente.core.errors import DataError, Problem, UsageError, nearest

DATA: Final = Path(__file__).parent / "data"
SHARES: Final = DATA / "satellites.csv"
USES: Final = DATA / "satellite_uses.csv"
TABLE_YEAR: Final = "2022"
"""Year of the flows that the packaged shares were made for."""

LICENCE: Final = (
    "Satellite shares: own calculation from US Census Bureau imports 2024 and exports 2022 and BEA input-output "
    "accounts 2017 (public domain), UN Comtrade (three figures of 2022), and the input-output table 2020 of the "
    "National Bureau of Statistics of China."
)
"""Attribution that travels with a world cut by the packaged tables."""

READINGS: Final = ("central", "low", "high")
ROUNDING: Final = 1e-12
TOLD: Final = 5


def with_satellites(
    base: Baseline,
    names: str | Sequence[str] | None = None,
    *,
    table: str | Path | None = None,
    shares: str = "central",
) -> Baseline:
    """Return the world with product groups as sectors of their own, each after its parent.

    Args:
        base: a world whose sectors contain the parents. names: satellites of the table, cut in the order of the table;
            None is all of them.
        table: CSV in the layout of the packaged `satellites.csv`; None is that table, made for world-2022. In other
            worlds its groups and "*" rows hold; rows of economies that are not there are counted and left out.
        shares: "central", or "low" or "high": every assumed share at that end of its range.
    Returns:
        The new world. Totals of output, value added, deficits, income and revenue are those of `base`. The new sectors
        are named parent_SUFFIX, for example A01_SOY; `meta["satellites"]` says what is data and what is assumed.
    Raises:
        UsageError: unknown name or reading; the packaged table on a world whose countries were merged or renamed,
            where a code such as ROW is no longer what the rows mean. MissingDataError: no such table.
        DataError: a table that is wrong, a parent that `base` does not have, shares that add to more than the parent.
    Source: MODEL section 11, first paragraph; own.
    Example:
        >>> import detente as dt
        >>> split = dt.with_satellites(dt.baseline("world-2022"), ["batteries"])
        >>> split.shape, split.sectors[split.sectors.index("C27") + 1]
        ((81, 29), 'C27_BAT')
    """
    if shares not in READINGS:
        raise UsageError(f"shares: found {shares!r}; expected one of {', '.join(READINGS)}")
    own = table is not None
    if not own:
        _refuse_merged(base)
    path = Path(table) if table is not None else SHARES
    rows = read_shares(path, countries=base.countries if own else None, sectors=base.sectors if own else ())
    chosen = _chosen(names, rows, path)
    items = [_definition(name, rows) for name in chosen]
    _refuse_impossible(base, items)
    cells = {item.name: placed([row for row in rows if row.satellite == item.name], base.countries) for item in items}
    world = base
    for item in items:
        world = _split(world, item, cells[item.name], shares, packaged=not own)
    return world


def _refuse_merged(base: Baseline) -> None:
    """Refuse a world whose countries are not those of the packaged table, although codes may be the same."""
    changed: dict[str, Sequence[str]] = {}
    step = base.meta.get("aggregation")
    while isinstance(step, Mapping):
        changed = {**step.get("countries", {}), **changed}
        step = step.get("earlier")
    if not changed:
        return
    texts = [
        f"{code} of {len(old)} ({', '.join(old[:TOLD])}{', ..' * (len(old) > TOLD)})" for code, old in changed.items()
    ]
    more = f" and {len(texts) - TOLD} more" if len(texts) > TOLD else ""
    raise UsageError(
        f"base: found {base.id}, whose countries were merged or renamed: {', '.join(texts[:TOLD])}{more}; expected the "
        "countries that the packaged shares were made for: cut first, then merge; try "
        "with_satellites(world).aggregated(...), or a table= of your own"
    )


def _chosen(names: str | Sequence[str] | None, rows: Sequence[Share], path: Path) -> tuple[str, ...]:
    """Return the satellites that were asked for in the order of the table, on which use by industries depends."""
    valid = tuple(dict.fromkeys(row.satellite for row in rows))
    if names is not None and not isinstance(names, Iterable):
        raise UsageError(f"names: found {names!r}; expected None, or names of {', '.join(valid)}")
    wanted = valid if names is None else (names,) if isinstance(names, str) else tuple(names)
    for name in wanted:
        if name not in valid:
            close = nearest(str(name), valid)
            hint = f"; try {close!r}" if close else ""
            raise UsageError(f"names: found {name!r}; expected one of {', '.join(valid)} ({path.name}){hint}")
    if len(set(wanted)) != len(wanted) or not wanted:
        raise UsageError(f"names: found {', '.join(wanted) or 'none'}; expected satellites, each once")
    return tuple(name for name in valid if name in wanted)


def _definition(name: str, rows: Sequence[Share]) -> Satellite:
    """Return what is known of a satellite; one that only the user's table knows is named after itself."""
    parent = next(row.parent for row in rows if row.satellite == name)
    known = KNOWN.get(name)
    if known is not None:
        return Satellite(name, parent, known.suffix, known.label, known.hs)
    return Satellite(name, parent, name.upper().replace("-", "_").replace(" ", "_"), name)


def _refuse_impossible(base: Baseline, items: Sequence[Satellite]) -> None:
    problems = []
    for item in items:
        if item.parent not in base.sectors:
            close = nearest(item.parent, base.sectors)
            expected = f"a sector of {base.id}, which is cut for {item.name}"
            problems.append(Problem("", "parent", repr(item.parent), expected, repr(close) if close else ""))
        if item.code in base.sectors:
            found, expected = f"{item.name} in {base.id}, as {item.code}", "satellites that are not there yet"
            problems.append(Problem("", "names", found, expected))
    if problems:
        raise DataError(problems=problems)


def _split(base: Baseline, item: Satellite, cells: Cells, reading: str, *, packaged: bool) -> Baseline:
    whole = _whole_flow(base, item.parent)
    share = {"central": cells.share, "low": cells.low, "high": cells.high}[reading]
    left = base.flows[:, :, base.sectors.index(item.parent)]
    weights, final, users = _users(base, item) if packaged else (None, None, "as the parent's")
    note = {**_facts(item, cells, whole, share), "reading": reading, "users": users}
    world = split_sector(
        base,
        item.parent,
        item.code,
        _share_of_rest(base, item, share, whole, left),
        use_weight=weights,
        final_weight=final,
        label=item.label,
        note=note,
    )
    remarks = (_weakness(item, note), *_of_another_year(base, item, packaged))
    changes: dict[str, Any] = {"known_weaknesses": (*world.meta.get("known_weaknesses", ()), *remarks)}
    licence = str(world.meta.get("licence", ""))
    if packaged and LICENCE not in licence:
        changes["licence"] = f"{licence} {LICENCE}".strip()
    return world.replace(meta=MappingProxyType({**world.meta, **changes}))


def _family(base: Baseline, parent: str) -> list[int]:
    """Return the positions of a sector and of the satellites that were cut from it."""
    cut = base.meta.get("satellites", {})
    codes = [parent, *(code for code, facts in cut.items() if facts["parent"] == parent)]
    return [base.sectors.index(code) for code in codes if code in base.sectors]


def _whole_flow(base: Baseline, parent: str) -> Array:
    """Return the flow of the parent before anything was cut from it, which is what shares are of. [MUSD]"""
    return np.asarray(base.flows[:, :, _family(base, parent)].sum(axis=2))


def _share_of_rest(base: Baseline, item: Satellite, share: Array, whole: Array, left: Array) -> Array:
    """Return the same money as a share of what is left of the parent.

    Raises:
        DataError: more than is left, in cells that are named.
    """
    rest = np.divide(share * whole, left, out=np.where(whole > 0, 2.0 * (share > 0), share), where=left > 0)
    too_much = np.argwhere(rest > 1 + ROUNDING)
    if len(too_much):
        named = ", ".join(f"{base.countries[o]} to {base.countries[d]}" for o, d in too_much[:TOLD])
        found = f"{item.name} and other satellites above 100 % of {item.parent} in {len(too_much)} cells: {named}"
        raise DataError(problems=[Problem("", "share_pct", found, "shares of a parent that add to at most 100 %")])
    return np.where(rest > 1, 1.0, rest)  # beyond 1 there is only rounding here


def _users(base: Baseline, item: Satellite) -> tuple[Array | None, Array | None, str]:
    """Return weights (N, J) of industries, the final part (N,), and where they come from.

    A sector that was cut shares the weight of its parent as both use the good's parent. Without rows, or where the
    world has other sectors than the table, purchases follow those of the parent.
    """
    rows = [use for use in read_uses(USES) if use.satellite == item.name]
    if not rows:
        return None, None, "as the parent's: no data"
    if not {use.sector for use in rows} - {FINAL} <= set(base.sectors):
        return None, None, "as the parent's: the sectors are not those of the table of users"
    named = {use.country for use in rows}
    use_of_parent = base.input_share[base.sectors.index(item.parent)] * base.output
    weights, final = np.zeros(base.shape), np.zeros(len(base.countries))
    for d, country in enumerate(base.countries):
        for row in rows:
            if row.country != (country if country in named else ANY):
                continue
            if row.sector == FINAL:
                final[d] = row.weight
                continue
            family = _family(base, row.sector)
            part = use_of_parent[d, family]
            weights[d, family] = row.weight * (part / part.sum() if part.sum() > 0 else 0.0)
    told = "; ".join(
        f"{country if country != ANY else 'others'} {row.source} {row.year} ({row.basis})"
        for country, row in {row.country: row for row in rows}.items()
    )
    return weights, final, told


def _facts(item: Satellite, cells: Cells, whole: Array, share: Array) -> dict[str, Any]:
    """Return what is data and what is assumed, in cells and in money, of sales and of trade. [MUSD]"""
    foreign, trading = ~np.eye(len(whole), dtype=bool), whole > 0

    def money(of: Array, where: Array) -> float:
        return float((of * whole)[where].sum())

    return {
        "name": item.name,
        "hs": item.hs,
        "cells_data": int((cells.data & trading).sum()),
        "cells_assumed": int((~cells.data & trading).sum()),
        "rows_unused": cells.unused,
        "sales_data_musd": money(share, cells.data),
        "sales_assumed_musd": money(share, ~cells.data),
        "trade_data_musd": money(share, cells.data & foreign),
        "trade_assumed_musd": money(share, ~cells.data & foreign),
        "sales_low_musd": money(cells.low, trading),
        "sales_high_musd": money(cells.high, trading),
        "trade_low_musd": money(cells.low, foreign),
        "trade_high_musd": money(cells.high, foreign),
        "sources": tuple(sorted({f"{row.source} {row.year} ({row.basis})" for row in cells.rows})),
    }


def _weakness(item: Satellite, note: Mapping[str, Any]) -> str:
    sales = note["sales_data_musd"] + note["sales_assumed_musd"]
    trade = note["trade_data_musd"] + note["trade_assumed_musd"]
    of_sales = 100 * note["sales_assumed_musd"] / sales if sales else 0.0
    of_trade = 100 * note["trade_assumed_musd"] / trade if trade else 0.0
    return (
        f"{item.code} ({item.label}): {of_sales:.0f} % of its world sales and {of_trade:.0f} % of its trade rest on "
        f"assumed shares of {item.parent}; with every share at its low or high end its trade is "
        f"{note['trade_low_musd'] / 1e3:.1f} or {note['trade_high_musd'] / 1e3:.1f} bn USD, here {trade / 1e3:.1f}."
    )


def _of_another_year(base: Baseline, item: Satellite, packaged: bool) -> tuple[str, ...]:
    years = base.meta.get("years", {})
    found = str(years.get("flows", "not stated")) if isinstance(years, Mapping) else "not stated"
    if not packaged or found == TABLE_YEAR:
        return ()
    return (f"{item.code}: shares made for flows of {TABLE_YEAR}, used on flows of {found}.",)
