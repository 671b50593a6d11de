"""A run as one JSON document: status first, the field names of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from detente.core.bands import Bands
from detente.core.certificate import CERTIFIED
from detente.core.result import Result
from detente.report.chokepoints import felt
from detente.report.select import BranchView, View
from detente.report.sure import strongest
from detente.scenario.ladder import Rung


def run_document(
    view: View, *, warnings: Sequence[str] = (), repeat: str = "", detail: bool = False, ladders: bool = True
) -> dict[str, Any]:
    """Return a run as plain data.

    Args:
        view: what is shown. warnings: sentences. repeat: the command that repeats it.
        detail: also trade between the two sides and the largest diversions.
        ladders: also branches at other substitutions of critical inputs, which are solved for it.
    """
    run = view.run
    return {
        "status": worst_status(branch.result for branch in view.branches),
        "scenario": run.scenario.id,
        "title": run.scenario.title,
        "as_of": str(run.scenario.as_of),
        "compare_to": str(run.scenario.compare_to) if run.scenario.compare_to else None,
        "comparator": run.comparator,
        "baseline": run.base.id,
        "closure": run.scenario.closure.title,
        "elasticities": run.base.elasticity_set,
        "assumed": list(view.assumed),
        "branches": {branch.name: _branch(view, branch, detail, ladders) for branch in view.branches},
        "warnings": list(warnings),
        "repeat": repeat,
    }


def worst_status(results: Any) -> str:
    """Return the first status that is not CERTIFIED, or CERTIFIED."""
    return next((result.status for result in results if result.status != CERTIFIED), CERTIFIED)


def _branch(view: View, branch: BranchView, detail: bool, ladders: bool) -> dict[str, Any]:
    regime = view.run.plans[branch.name].regime
    found = {
        "status": branch.result.status,
        "title": branch.title,
        "on": str(regime.date),
        "applied": [measure.id for measure in regime.applied],
        "not_applied": {measure.id: reason for measure, reason in regime.not_applied},
        "countries": country_rows(branch.result, view.countries),
        "certificate": branch.result.certificate.to_dict(),
    }
    if branch.result.bands is not None:
        found["bands"] = band_facts(branch.result.bands)
        found["assumptions"] = [asdict(each) for each in strongest(branch.result.bands, view.countries)]
    if branch.without is not None and view.assumed:
        found["countries_without_assumed"] = country_rows(branch.without, view.countries)
    if branch.result.bounds:
        found["instruments"] = [asdict(each) for each in felt(branch.result)]
    if ladders and branch.name in view.ladders:
        found["substitution"] = [_rung(rung, view) for rung in view.ladders[branch.name]]
    if detail and view.focus:
        by, against = view.focus
        pairs = [(against, by), (by, against)]
        found["pairs"] = [{"origin": o, "dest": d, **branch.pairs[o, d]} for o, d in pairs if (o, d) in branch.pairs]
        found["diversion"] = branch.diversions(by, against)
    return found


def band_facts(bands: Bands) -> dict[str, Any]:
    """Return what bands rest on: draws, how they ended, which have no numbers, what was drawn between which ends."""
    return {
        "method": bands.method,
        "seed": bands.seed,
        "levels": list(bands.levels),
        "draws": bands.asked,
        "statuses": dict(bands.statuses),
        "failed": [asdict(each) for each in bands.failed],
        "assumptions": [asdict(each) for each in bands.assumptions],
    }


def _rung(rung: Rung, view: View) -> dict[str, Any]:
    """Return a branch at one substitution of its critical inputs, and without bounds on them."""
    found: dict[str, Any] = {"rho": rung.rho, "status": rung.result.status}
    if rung.solved:
        found["countries"] = country_rows(rung.result, view.countries)
        found["countries_without_bounds"] = country_rows(rung.free, view.countries)
    return found


def country_rows(result: Result, countries: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of table "countries" for some countries, as they are in the files."""
    columns = result.columns("countries")
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    wanted = set(countries)
    return [row for row in rows if row["country"] in wanted]
