"""Instruments and critical inputs of a branch as plain data in its manifest, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from detente.core.arrays import Array
from detente.core.instruments import BENEFICIARIES, BOUNDED, NEEDS, Bound, CriticalInput
from detente.core.result import INSTRUMENT_KEYS, Result

Levers = tuple[tuple[Bound, ...], tuple[CriticalInput, ...]]


def packed(result: Result) -> dict[str, Any]:
    """Return the instruments and critical inputs of a result as plain data; {} without any."""
    found: dict[str, Any] = {}
    if result.bounds:
        found["bounds"] = [_plain(bound) for bound in result.bounds]
    if result.critical:
        found["critical"] = [_plain(item) for item in result.critical]
    return found


def _plain(item: Bound | CriticalInput) -> dict[str, Any]:
    """Return what was said: levels that an instrument does not have are left out."""
    lists = {"cells": list, "users": list}
    plain: dict[str, Any] = {}
    for name, value in asdict(item).items():
        if value is not None:
            plain[name] = [list(key) for key in value] if name in lists else value
    return {name: float(value) if isinstance(value, np.number) else value for name, value in plain.items()}


def unpacked(branch: Mapping[str, Any], countries: Sequence[str], sectors: Sequence[str]) -> Levers:
    """Return the instruments and critical inputs of a branch of a manifest.

    Raises:
        ValueError: a field, a kind, a level or a code that cannot be; the sentence says which.
    """
    bounds = tuple(_bound(entry, countries, sectors) for entry in _entries(branch, "bounds"))
    critical = tuple(_critical(entry, countries, sectors) for entry in _entries(branch, "critical"))
    return bounds, critical


def _entries(branch: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    entries = branch.get(name, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{name} that are no list of entries")
    return entries


def _bound(entry: Mapping[str, Any], countries: Sequence[str], sectors: Sequence[str]) -> Bound:
    kind = str(entry.get("kind"))
    if kind not in NEEDS:
        raise ValueError(f"an instrument of kind {kind!r}")
    levels = NEEDS[kind]
    if set(entry) != {"kind", "cells", "to", "name", *levels}:
        raise ValueError(f"a {kind} with {', '.join(sorted(entry))}")
    wrong = [name for name in levels if not _number(entry[name])]
    if wrong or entry["to"] not in (*BENEFICIARIES, *countries) or not isinstance(entry["name"], str):
        raise ValueError(f"a {kind} with a wrong {wrong[0] if wrong else 'beneficiary or name'}")
    cells = _keys(entry["cells"], (countries, countries, sectors))
    given = {name: float(entry[name]) for name in levels}
    return Bound(kind, cells, to=entry["to"], name=entry["name"], **given)  # type: ignore[arg-type]


def _critical(entry: Mapping[str, Any], countries: Sequence[str], sectors: Sequence[str]) -> CriticalInput:
    if set(entry) != {"sector", "users", "rho", "name"} or entry["sector"] not in sectors or not _number(entry["rho"]):
        raise ValueError(f"a critical input with {', '.join(sorted(entry))}")
    users = _keys(entry["users"], (countries, sectors))
    return CriticalInput(entry["sector"], users, float(entry["rho"]), str(entry["name"]))  # type: ignore[arg-type]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _keys(entries: Any, axes: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return codes by axis, each of them known."""
    if not isinstance(entries, list):
        raise ValueError("cells that are no list")
    for key in entries:
        if not isinstance(key, list) or len(key) != len(axes):
            raise ValueError(f"a cell {key!r}")
        unknown = [code for code, known in zip(key, axes, strict=True) if code not in known]
        if unknown:
            raise ValueError(f"a cell with the unknown code {unknown[0]!r}")
    return tuple(tuple(key) for key in entries)


def unlike(arrays: Mapping[str, Array], levers: Levers, countries: Sequence[str], sectors: Sequence[str]) -> list[str]:
    """Return what the arrays of a branch say otherwise than its instruments and critical inputs: sentences."""
    bounds, critical = levers
    found = []
    if "bound_wedge" in arrays and len(arrays["bound_wedge"]) != len(bounds):
        found.append(f"{len(arrays['bound_wedge'])} wedges of {len(bounds)} instruments")
    free = np.ones(len(bounds), bool) if "bound_wedge" not in arrays else arrays["bound_wedge"] == 1
    if any(bound.kind not in BOUNDED and not one for bound, one in zip(bounds, free, strict=False)):
        found.append("a bounded wedge of an instrument without a bound")
    if not bounds and bool((np.asarray(arrays["wedge"]) != 1).any() or "directed_new" in arrays):
        found.append("wedges or purchases without an instrument")
    nest = [name in arrays for name in INSTRUMENT_KEYS if name not in ("directed_new", "bound_wedge")]
    if any(nest) and not all(nest):
        return [*found, "some arrays of critical inputs, and not the others"]
    return found + _unlike_critical(arrays, critical, countries, sectors)


def _unlike_critical(
    arrays: Mapping[str, Array], critical: Sequence[CriticalInput], countries: Sequence[str], sectors: Sequence[str]
) -> list[str]:
    input_share = arrays["input_share"]
    share, rho = np.zeros_like(input_share), np.ones(input_share.shape[1:])
    for item in critical:
        k = list(sectors).index(item.sector)
        for country, sector in item.users:
            o, s = list(countries).index(country), list(sectors).index(sector)
            if item.rho != 1 and input_share[k, o, s] > 0:
                share[k, o, s], rho[o, s] = input_share[k, o, s], item.rho
    stated = [arrays.get("critical_share", np.zeros_like(share)), arrays.get("substitution", np.ones_like(rho))]
    same = all((got == wanted).all() for got, wanted in zip(stated, (share, rho), strict=True))
    return [] if same else ["users or substitution of critical inputs other than those of the manifest"]
