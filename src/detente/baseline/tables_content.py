"""What the five tables of a baseline hold, and what must be said beside them, for a file of whatever kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import assembled
from detente.baseline.baseline import Baseline
from detente.baseline.tables import TABLES, accounts_of
from detente.baseline.tables_meta import FLAGS, LISTS, NONE, PAIRS, SENTENCES, SPREAD, TABLE_NAMES, TEXT, UNKNOWN, Meta
from detente.core.arrays import Array
from detente.core.errors import UsageError

_OWN: Final = ("files", "import", "balancing", "parent", "elasticity_spread", "years", "treatment", "title")
"""Entries of `meta` that a reader finds again by itself, or that are written under another name."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9+_-]")


@dataclass(frozen=True, eq=False)
class Content:
    """Five grids and the fields of `meta`.

    Attributes:
        grids: table to numbers, its axes those of the key columns in their order.
        axes: table to the codes of each axis.
        fields: field to text, True or False, list of texts, or mapping of texts.
    """

    grids: dict[str, Array]
    axes: dict[str, tuple[tuple[str, ...], ...]]
    fields: dict[str, Any]


def content_of(base: Baseline) -> Content:
    """Return what the tables of a baseline hold, so that reading them gives it back within 1e-12.

    Args:
        base: the baseline; final demand outside the budget shares must be the negative part of implied final demand.
    Returns:
        The content. Its id is that of the baseline only if the numbers come back to the last bit, else it ends in
        `-tables`; `tables_sha256` is what an unedited copy has; `history` names the original and what was left out.
    Raises:
        UsageError: the baseline holds something the tables have no column for.
    """
    negative = np.minimum(base.final_demand, 0.0)
    if not np.allclose(base.final_exogenous, negative, rtol=1e-9, atol=1e-9 * float(base.expenditure.max())):
        raise UsageError(f"{base.id}: found final_exogenous other than negative final demand; no table can hold it")
    c, s, output = base.countries, base.sectors, base.output
    grids = {
        "flows": np.array(base.flows),
        "inputs": np.ascontiguousarray(np.swapaxes(base.input_share * output, 0, 1)),
        "value_added": base.value_added_share * output,
        "tariffs": np.ascontiguousarray(100.0 * np.swapaxes(base.tariffs, 0, 1)),
        "elasticities": np.array(base.trade_elasticity),
    }
    axes = {"flows": (c, c, s), "inputs": (c, s, s), "value_added": (c, s), "tariffs": (c, c, s), "elasticities": (s,)}
    digest = _read_again(base, grids)
    return Content(grids, axes, _fields(base, digest))


def flat_fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield fields as pairs of texts, as `tables_meta.flat_meta` reads them."""
    for name, value in fields.items():
        if isinstance(value, bool):
            yield name, "true" if value else "false"
        elif isinstance(value, str):
            yield name, value
        elif isinstance(value, Mapping):
            yield from ((f"{name}.{key}", text) for key, text in value.items())
        elif name in LISTS and not any("," in code for code in value):
            yield name, ", ".join(value) or NONE
        else:
            yield from ((f"{name}.{number}", text) for number, text in enumerate(value, start=1))


def _read_again(base: Baseline, grids: Mapping[str, Array]) -> str:
    """Return the checksum of the baseline that these grids are read as."""
    treatment = {"treatment": "exogenous"} if base.final_exogenous.any() else {}
    sources = {name: base.meta[name] for name in (*FLAGS, "years", "services") if name in base.meta}
    return assembled(accounts_of(base.countries, base.sectors, grids, sources, Meta("", values={**treatment}))).sha256


def _fields(base: Baseline, digest: str) -> dict[str, Any]:
    meta = base.meta
    same = digest == base.sha256
    name = _NOT_IN_A_NAME.sub("-", base.id)[: 64 - len(TABLES)].lstrip("+_-") or "own-data"
    fields: dict[str, Any] = {"id": name if same else name.removesuffix(TABLES) + TABLES}
    fields |= {
        field: str(meta[field]) for field in ("title", "source", "licence") if str(meta.get(field) or "").strip()
    }
    fields |= {"elasticity_set": base.elasticity_set, "tables_sha256": digest, "year": _years(meta.get("years"))}
    fields |= {flag: bool(meta[flag]) for flag in FLAGS if flag in meta}
    if base.final_exogenous.any():
        fields["treatment"] = "exogenous"
    fields |= {"countries": base.countries, "sectors": base.sectors}
    if meta.get("services") is not None:
        fields["services"] = tuple(meta["services"])
    fields |= {field: tuple(map(str, meta[field])) for field in ("known_weaknesses", "warnings") if meta.get(field)}
    fields["history"] = (*map(str, meta.get("history", ())), *_history(base, same))
    notes = {**_mapping(meta.get("treatment_notes")), **_mapping(meta.get("treatment"))}
    fields |= {"treatment_notes": {key: _text(value) for key, value in notes.items()}} if notes else {}
    for field in PAIRS:
        if field != "treatment_notes" and isinstance(meta.get(field), Mapping) and meta[field]:
            fields[field] = {str(key): _text(value) for key, value in meta[field].items()}
    return fields | _spread(base)


def _history(base: Baseline, same: bool) -> Iterator[str]:
    log = base.meta.get("log")
    if isinstance(log, Mapping):
        for step, item in log.items():
            yield f"{step}: {item.get('count')} cells, {item.get('sum_musd', 0):.6g} MUSD"
    known = {*TEXT, *FLAGS, *LISTS, *SENTENCES, *PAIRS, *_OWN}
    left = sorted(str(key) for key in base.meta if key not in known)
    details = f"; not written: {', '.join(left)}" if left else ""
    same_or_near = "to the last bit" if same else "within 1e-12"
    yield f"exported as tables from {base.id}, sha256 {base.sha256}, {same_or_near}{details}"


def _spread(base: Baseline) -> dict[str, Any]:
    spread = _mapping(base.meta.get("elasticity_spread"))
    if not all(set(_mapping(spread.get(key))) == set(base.sectors) for key in SPREAD.values()):
        return {}
    return {name: {code: repr(float(spread[key][code])) for code in base.sectors} for name, key in SPREAD.items()}


def _years(years: object) -> str | dict[str, str]:
    given = _mapping(years)
    named = {name: str(given[name]) for name in TABLE_NAMES if name in given}
    return named if {"flows", "tariffs"} <= named.keys() else UNKNOWN


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(_text, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
