"""Countries and sectors merged: a smaller world with the same money in it.

Sales, input use, value added and exogenous demand add up, so every identity of the accounts survives. Three things are
averages and are said to be: tariffs (duty over border value), cost shares (weighted with output) and trade elasticities
(weighted with foreign trade). Duties inside a merged group go with the border, and their amount is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.aggregate_groups import Groups, averaged, groups_of, reduced
from detente.baseline.baseline import TREATMENTS, Baseline, _rebuilt
from detente.baseline.checks import treat_negative_final_demand
from detente.baseline.derive import checked, derived_meta, with_remarks
from detente.core.arrays import Array, frozen_array
from detente.core.codes import SERVICES
from detente.core.errors import UsageError

TOLD: Final = 5
WEIGHTS: Final = "foreign trade at border value between the countries of the world that was merged"


def aggregated(
    base: Baseline,
    countries: Mapping[str, Any] | None = None,
    sectors: Mapping[str, Any] | None = None,
    *,
    id: str | None = None,
    treatment: str | None = None,
) -> Baseline:
    """Return the world with countries and sectors merged.

    Args:
        base: the world before.
        countries: new code to member codes, for example {"EU27": "EU27", "ROW": "*"}: a list of codes, the name of a
            known group, or "*" for all that no group names. Codes that nobody names stay as they are.
        sectors: the same for sectors.
        id: of the new world; default "<id>+<N>x<J>".
        treatment: of negative final demand that the merger causes (duties inside a group vanish): as in
            `Baseline.from_flows`; None takes the treatment that made `base`, and refuses if there was none.
    Returns:
        The merged world; the same object if nothing is merged, renamed or called otherwise. `meta["aggregation"]` has
        the groups, the vanished duties and the spread of the merged elasticities.
    Raises:
        UsageError: unknown codes, a code in two groups, empty groups, new codes that are taken; all at once.
        DataError: the merged world fails a check.
    """
    if treatment is not None and treatment not in TREATMENTS:
        raise UsageError(f"treatment: found {treatment!r}; expected None, 'exogenous' or 'rebalance'")
    by, on = _groups(base, countries, sectors)
    if by.same and on.same:
        return base if id is None else base.replace(id=id)
    internal = _internal_duty(base, by, on)
    meta = _meta(base, by, on, internal)
    unequal = [code for code, group in on.merged.items() if len(set(_theta(base, group))) > 1]
    draft = Baseline(
        id=id or f"{base.id}+{len(by.codes)}x{len(on.codes)}",
        countries=by.codes,
        sectors=on.codes,
        **{name: frozen_array(values) for name, values in _arrays(base, by, on).items()},
        elasticity_set=f"{base.elasticity_set}, merged" if unequal else base.elasticity_set,
        meta=with_remarks(meta, tuple(_remarks(base, by, on, internal, unequal))),
    )
    named = base.meta.get("treatment", {}).get("name")
    return _treated(draft, treatment or (named if named in TREATMENTS else None))


def _groups(base: Baseline, countries: Any, sectors: Any) -> tuple[Groups, Groups]:
    by, problems = groups_of("countries", base.countries, countries)
    on, more = groups_of("sectors", base.sectors, sectors)
    if by is None or on is None:
        raise UsageError(problems=[*problems, *more])
    return by, on


def _arrays(base: Baseline, by: Groups, on: Groups) -> dict[str, Array]:
    """Return the six arrays of the merged world."""
    cells, output = (by, by, on), base.output
    tariffs = averaged(base.tariffs, base.flows, cells)
    tariffs[np.arange(len(by.codes)), np.arange(len(by.codes))] = 0.0
    inputs = reduced(base.input_share, (on, None, None))
    return {
        "flows": reduced(base.flows, cells),
        "tariffs": tariffs,
        "value_added_share": averaged(base.value_added_share, output, (by, on)),
        "input_share": averaged(inputs, output[None], (None, by, on)),
        "trade_elasticity": averaged(base.trade_elasticity, _foreign_trade(base), (on,)),
        "final_exogenous": reduced(base.final_exogenous, (by, on)),
    }


def _foreign_trade(base: Baseline) -> Array:
    """Return trade between countries at border value by sector. [MUSD]"""
    foreign = ~np.eye(len(base.countries), dtype=bool)
    trade: Array = base.flows[foreign].sum(axis=0)
    return trade


def _internal_duty(base: Baseline, by: Groups, on: Groups) -> Array:
    """Return the duties levied inside each new country, (country, sector): they vanish with the border. [MUSD]"""
    duty = reduced(base.flows * base.tariffs, (by, by, on))
    inside: Array = np.einsum("nns->ns", duty)
    return inside


def _treated(draft: Baseline, treatment: str | None) -> Baseline:
    """Return the checked world; budgets that the merger made negative are treated as named."""
    base = checked(draft, treatment=treatment)
    short = base.final_share < 0
    if treatment is None or not short.any():
        return base
    if treatment == "rebalance":
        return treat_negative_final_demand(base, treatment, _rebuilt)
    gap = np.where(short, base.final_demand - base.final_exogenous, 0.0)
    before = base.meta.get("treatment", {})
    note = {**before, "name": treatment, "cells": int((base.final_demand < 0).sum()), "moved_share": 0.0}
    note["negative_musd"] = float(np.minimum(base.final_demand, 0.0).sum())
    meta = MappingProxyType({**base.meta, "treatment": MappingProxyType(note)})
    return base.replace(final_exogenous=base.final_exogenous + gap, meta=meta)


def _meta(base: Baseline, by: Groups, on: Groups, internal: Array) -> Mapping[str, Any]:
    n, j = base.shape
    size = f"{len(by.codes)} countries and {len(on.codes)} sectors"
    step = f"aggregated from {n} x {j} to {size}: tariffs are duty over border value"
    services = set(base.meta.get("services", SERVICES))
    changes: dict[str, Any] = {
        "services": tuple(c for c, group in zip(on.codes, on.members, strict=True) if services.issuperset(group)),
        "aggregation": MappingProxyType(_aggregation(base, by, on, internal)),
    }
    if "title" in base.meta:
        changes["title"] = f"{base.meta['title']}; aggregated to {size}"
    for name, groups in (("country_labels", by), ("sector_labels", on)):
        if name in base.meta:
            changes[name] = MappingProxyType(_labels(base.meta[name], groups))
    if "satellites" in base.meta:
        changes["satellites"] = MappingProxyType(_satellites(base.meta["satellites"], on))
        changes["known_weaknesses"] = _weaknesses(base, on)
    if base.meta.get("elasticity_spread"):
        changes["elasticity_spread"] = _spread(base, on)
    return derived_meta(base, step, changes)


def _aggregation(base: Baseline, by: Groups, on: Groups, internal: Array) -> dict[str, Any]:
    theta = averaged(base.trade_elasticity, _foreign_trade(base), (on,))
    elasticities = {
        code: {"value": float(theta[on.codes.index(code)]), "min": min(values), "max": max(values)}
        for code, values in ((code, _theta(base, group)) for code, group in on.merged.items())
    }
    duties = dict(zip(by.codes, internal.sum(axis=1).tolist(), strict=True))
    found: dict[str, Any] = {
        "countries": by.merged,
        "sectors": on.merged,
        "tariffs": "duty over border value; the plain mean of the rates where nothing is traded",
        "internal_duty_musd": {code: duties[code] for code in by.merged},
        "trade_elasticity": {"weights": WEIGHTS, "merged": elasticities},
        "elasticity_spread": "min, max and sd_log of members, weighted like trade_elasticity",
    }
    earlier = base.meta.get("aggregation")
    return found if earlier is None else {**found, "earlier": earlier}


def _theta(base: Baseline, members: tuple[str, ...]) -> list[float]:
    return [float(base.trade_elasticity[base.sectors.index(code)]) for code in members]


def _labels(labels: Mapping[str, str], groups: Groups) -> dict[str, str]:
    """Return labels of codes that stand for one old code; a merged code speaks for itself."""
    pairs = zip(groups.codes, groups.members, strict=True)
    return {code: labels[group[0]] for code, group in pairs if len(group) == 1 and group[0] in labels}


def _satellites(known: Mapping[str, Mapping[str, Any]], on: Groups) -> dict[str, Mapping[str, Any]]:
    """Return the notes on sectors that were cut out of others and are still by themselves, under the new codes."""
    home = {code: new for new, group in zip(on.codes, on.members, strict=True) for code in group}
    alone = {group[0] for group in on.members if len(group) == 1}
    return {
        home[code]: MappingProxyType({**facts, "parent": home.get(facts["parent"], facts["parent"])})
        for code, facts in known.items()
        if code in alone
    }


def _weaknesses(base: Baseline, on: Groups) -> tuple[str, ...]:
    """Return the known weaknesses without those of satellites that were merged into others."""
    alone = {group[0] for group in on.members if len(group) == 1}
    gone = [code for code in base.meta["satellites"] if code not in alone]
    own = tuple(f"{code}{mark}" for code in gone for mark in (" (", ": "))
    return tuple(text for text in base.meta.get("known_weaknesses", ()) if not str(text).startswith(own))


def _spread(base: Baseline, on: Groups) -> Mapping[str, Mapping[str, float]]:
    """Return the spread over published sets: a merged sector has one only if all its members have."""
    weights = dict(zip(base.sectors, _foreign_trade(base).tolist(), strict=True))
    found: dict[str, Mapping[str, float]] = {}
    for name, values in base.meta["elasticity_spread"].items():
        merged = {}
        for code, group in zip(on.codes, on.members, strict=True):
            if all(member in values for member in group):
                parts = np.array([values[member] for member in group])
                one = Groups(group, (code,), (group,))
                merged[code] = float(averaged(parts, np.array([weights[member] for member in group]), (one,))[0])
        found[name] = MappingProxyType(merged)
    return MappingProxyType(found)


def _remarks(base: Baseline, by: Groups, on: Groups, internal: Array, unequal: list[str]) -> list[str]:
    """Return what a reader of results from the merged world must know."""
    found = [f"aggregated from {base.id}: tariffs of merged cells are duty over border value"]
    duties = internal.sum(axis=1)
    largest = [int(n) for n in np.argsort(-np.abs(duties), kind="stable") if duties[n] != 0]
    if largest:
        shown = ", ".join(f"{by.codes[n]} {duties[n]:.6g}" for n in largest[:TOLD])
        more = f" and {len(largest) - TOLD} more" if len(largest) > TOLD else ""
        found.append(f"aggregated: duties inside merged countries are gone (MUSD): {shown}{more}")
    if unequal:
        texts = (_range(base, code, on.merged[code]) for code in unequal[:TOLD])
        more = f" and {len(unequal) - TOLD} more" if len(unequal) > TOLD else ""
        found.append(f"aggregated: trade elasticities are weighted with foreign trade: {', '.join(texts)}{more}")
    for groups in (by, on):
        for code, group in groups.merged.items():
            if code in groups.old and len(group) > 1:
                found.append(f"aggregated: {code} is now {len(group)} of {base.id}; notes on {code} mean the old one")
    services = set(base.meta.get("services", SERVICES))
    for code, group in on.merged.items():
        if services.intersection(group) and not services.issuperset(group):
            found.append(f"aggregated: {code} mixes goods and services; measures on goods reach all of it")
    return found


def _range(base: Baseline, code: str, members: tuple[str, ...]) -> str:
    values = _theta(base, members)
    return f"{code} (members {min(values):.3g} to {max(values):.3g})"
