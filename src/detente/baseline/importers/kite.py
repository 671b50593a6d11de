"""KITE-style sets of tables: shares instead of flows, tariffs as factors. Two layouts, told apart by what is there.

| quantity | key in the .npz archive | long CSV table | convention |
|---|---|---|---|
| trade shares | `trade_share_odj` | trade_share.csv | of spending, tariff included |
| tariffs | `tariff_exporter_importer_sector` | tariff.csv | factor 1 + rate |
| spending | `expenditure` | expenditure.csv | MUSD, tariff included |
| value added share | `factor_share` | factor_share.csv | of cost |
| input shares | `intermediate_share_input_output_country` | intermediate_share.csv | of the cost of inputs |
| budget shares | `consumption_share` | consumption_share.csv | add to 1 |
| elasticity | `theta` | trade_elasticity.csv | theta; **1/theta in the CSV** |
| value added | `va` (may be absent) | value_added.csv (may be absent) | MUSD, compared only |

Columns of the CSV tables: origin, destination, sector, value; country, sector, value; intermediate_share: country,
input, output, value; trade_elasticity: sector, value; value_added: country, value.

In tariff.csv `origin` is the country that IMPOSES the tariff and `destination` the one that pays it; in the archive the
axes are exporter, importer. Nothing in the numbers proves which way round a table is, so two signs of a wrong one are
told: rates that vary more between the partners of one importer than between importers, and factors below 1.

Such sets close only roughly. With `treatment: rebalance` in meta.yaml all shares, factors and deficits are kept and
spending is solved for; what that moves is in `meta["balancing"]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.accounts import WEAK_SHARE, Accounts, Progress, assembled, silent
from detente.baseline.baseline import Baseline
from detente.baseline.build.ledger import Entry, summary
from detente.baseline.importers.companions import NEGATIVE_FLOWS, read_world_meta, refusal
from detente.baseline.importers.kite_balance import Shares, balanced, flows_of, gaps
from detente.baseline.importers.kite_tables import KiteSet, check_set, read_archive, read_folder
from detente.baseline.importers.source import table_of
from detente.baseline.tables_meta import Meta
from detente.core.arrays import Array
from detente.core.codes import SERVICES
from detente.core.errors import DataError, Problem

CLOSED: Final = 1e-6
"""Largest relative gap between spending and what income and inputs ask for that is called rounding."""


def read_kite(source: Path, *, progress: Progress = silent) -> Baseline:
    """Read a KITE-style set of tables with `meta.yaml` beside it.

    Args:
        source: an .npz archive, a folder with one archive, or a folder of long CSV tables. progress: told the tables.
    Returns:
        The baseline; `meta["balancing"]` says how far spending was moved, `meta["weak"]` whether by more than 1 %.
    Raises:
        MissingDataError: nothing there, or nothing wrong but missing files.
        DataError: everything that is wrong with the tables; accounts that do not close without `treatment: rebalance`.
    """
    source = Path(source)
    is_tables = source.is_dir() and any((source / name).exists() for name in ("trade_share.csv", "tariff.csv"))
    path = source if is_tables else table_of(source, (".npz",), form="kite")
    meta, negative = read_world_meta((path if is_tables else path.parent) / "meta.yaml")
    if negative:
        meta.tell(meta.lines.get(NEGATIVE_FLOWS, 0), NEGATIVE_FLOWS, "zero", "no such field: shares have no sign")
    problems = list(meta.problems)
    try:
        found = read_folder(path, progress) if is_tables else read_archive(path)
        problems += check_set(found)
        problems += _unknown_services(found, meta)
    except DataError as error:
        problems += error.problems
        raise refusal(problems) from None
    if problems:
        raise refusal(problems)
    return _closed(found, meta)


def _unknown_services(found: KiteSet, meta: Meta) -> list[Problem]:
    where, expected = meta.where("services"), f"sectors of {found.path}"
    named = meta.values.get("services", ())
    return [Problem(where, "services", repr(code), expected) for code in named if code not in found.sectors]


def _closed(found: KiteSet, meta: Meta) -> Baseline:
    """Return the baseline of a set that closes, or is balanced as meta.yaml says."""
    home = np.arange(len(found.countries))
    factors = found.factors.copy()
    factors[home, home] = 1.0
    given = Shares(found.trade_share, factors - 1, found.value_added_share, found.input_share, found.final_share)
    gap = gaps(given, found.expenditure)
    far, world = float(gap.max()), float(found.expenditure.sum())
    spending, treatment = found.expenditure, meta.values.get("treatment")
    if far > CLOSED:
        if treatment != "rebalance":
            raise DataError(problems=[_open(found, meta, gap)])
        spending = balanced(given, found.expenditure, found.path)
    before, flows = flows_of(given, found.expenditure), flows_of(given, spending)
    output = flows.sum(axis=1)
    entries = _entries(found, factors, before)
    accounts = Accounts(
        found.countries,
        found.sectors,
        flows=flows,
        inputs=given.input_share * output,
        value_added=given.value_added_share * output,
        tariffs=given.tariffs,
        trade_elasticity=found.trade_elasticity,
        sources=_sources(found, meta, entries),
    )
    try:
        base = assembled(accounts)
    except DataError as error:
        raise DataError(
            error.message, problems=[replace(problem, where=found.path) for problem in error.problems]
        ) from None
    remarks = [*base.meta.get("warnings", ()), *meta.warnings, *_remarks(found, base, output)]
    if far <= CLOSED:
        return base.replace(meta=MappingProxyType({**base.meta, "warnings": tuple(remarks)}))
    note = _note(found, base, before, gap)
    weak = note["moved_share"] > WEAK_SHARE
    if weak:
        remarks.append(f"B12 balancing moved {100 * note['moved_share']:.3g} % of world value added: a weak baseline")
    kept = f"world spending kept at {world:.6g} MUSD, all shares, factors and deficits as given"
    remarks.append(f"rebalanced: {100 * note['moved_share']:.3g} % of world value added moved; {kept}")
    changed = {"warnings": tuple(remarks), "balancing": note, "weak": weak, "treatment": {"name": "rebalance"}}
    return base.replace(id=f"{base.id}+rebalanced", meta=MappingProxyType({**base.meta, **changed}))


def _open(found: KiteSet, meta: Meta, gap: Array) -> Problem:
    d, k = (int(i) for i in np.unravel_index(int(gap.argmax()), gap.shape))
    text = (
        f"spending that differs from final demand and inputs by {100 * float(np.median(gap)):.2g} % in the median "
        f"cell, {100 * float(np.quantile(gap, 0.95)):.2g} % at the 95th percentile, most "
        f"({100 * gap[d, k]:.3g} %) at {found.countries[d]}, {found.sectors[k]}"
    )
    hint = "`treatment: rebalance` in meta.yaml: shares, factors and deficits stay, spending is solved for"
    return Problem(meta.where("treatment"), "B03 absorption", text, f"accounts that close within {CLOSED:g}", hint)


def _note(found: KiteSet, base: Baseline, before: Array, gap: Array) -> dict[str, Any]:
    moved = np.abs(base.flows - before)
    largest = np.argsort(-moved, axis=None, kind="stable")[:20]
    cells = []
    for at in largest:
        o, d, s = (int(i) for i in np.unravel_index(int(at), moved.shape))
        cells.append((found.countries[o], found.countries[d], found.sectors[s], float(moved[o, d, s])))
    total = float(moved.sum()) / 2
    return {
        "method": "spending solved for at given shares, factors and deficits",
        "max_musd": float(moved.max()),
        "sum_musd": total,
        "moved_share": total / float(base.value_added.sum()),
        "max_imbalance": float(gap.max()),
        "median_imbalance": float(np.median(gap)),
        "cells": tuple(cells),
    }


def _entries(found: KiteSet, factors: Array, flows: Array) -> list[Entry]:
    """Return what was changed before balancing: tariffs on home sales."""
    return [
        Entry("tariffs on home sales set to 0", f"{found.countries[n]}/{found.sectors[s]}",
              float(found.factors[n, n, s] - 1), 0.0, "rate", float(abs(found.factors[n, n, s] - 1) * flows[n, n, s]))
        for n in range(len(factors)) for s in np.flatnonzero(found.factors[n, n] != 1)
    ]  # fmt: skip


def _sources(found: KiteSet, meta: Meta, entries: list[Entry]) -> Mapping[str, Any]:
    kept = {name: value for name, value in meta.values.items() if name not in ("treatment", "missing")}
    goods = (found.factors != 1).any(axis=(0, 1))
    untaxed = tuple(code for code, taxed in zip(found.sectors, goods, strict=True) if not taxed)
    return {
        **kept,
        "services": kept.get("services", untaxed or SERVICES),
        "years": dict(meta.years),
        "files": dict(found.files),
        "import": {"format": "kite", "counts": dict(found.counts)},
        "log": summary(entries),
    }


def _remarks(found: KiteSet, base: Baseline, output: Array) -> list[str]:
    """Return what a person should compare with what is known about these data."""
    remarks = []
    if found.value_added is not None:
        own = (base.value_added_share * output).sum(axis=1)
        off = np.abs(own / np.where(found.value_added > 0, found.value_added, 1.0) - 1)
        n = int(off.argmax())
        remarks.append(
            f"value added differs from the published one by {100 * (own.sum() / found.value_added.sum() - 1):+.3g} % "
            f"in the world and at most {100 * off[n]:.3g} %, in {found.countries[n]}"
        )
    foreign = np.where(np.eye(len(found.countries), dtype=bool)[:, :, None], np.nan, base.tariffs)
    if len(found.countries) > 2 and np.nanmax(foreign) > 0:
        by_importer, by_exporter = (float(np.nanvar(foreign, axis=axis).mean()) for axis in (0, 1))
        if by_importer > by_exporter:
            remarks.append(
                "B07 tariffs vary more between the partners of one importer than between importers: is the table the "
                "wrong way round?"
            )
    return remarks
