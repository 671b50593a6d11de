"""A stored bundle as the run that it was: its arrays, certificates and law, ready to be shown; nothing is solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from detente.baseline import Baseline
from detente.core.bands import Bands
from detente.core.certificate import Certificate
from detente.core.closure import Closure
from detente.core.errors import CheckError, Problem, UsageError
from detente.core.result import INSTRUMENT_KEYS, NEW_KEYS, Result
from detente.report.bounds import unpacked
from detente.report.layout import MANIFEST, SCENARIO, TABLES
from detente.report.revive_bands import stored_bands
from detente.report.stored import STRATEGY, Bundle, kind_of, read_bundle
from detente.report.talks_shown import ShownTalks, stored_talks
from detente.scenario.dated import day_of
from detente.scenario.execute import ScenarioRun, noted, world_of
from detente.scenario.load import load_scenario
from detente.scenario.run import plan
from detente.scenario.schema import MAIN, Scenario
from detente.scenario.talks import Stage
from detente.scenario.talks_run import framed
from detente.strategy.talks import NO_DEAL

TALKS: Final = "talks"


def read_run(folder: Path) -> ScenarioRun:
    """Return the run that a bundle holds.

    Args:
        folder: of a bundle.
    Raises:
        UsageError: no such folder. CheckError: altered, incomplete, or other than its own manifest says.
        MissingDataError: the baseline that it names is not on this machine: labels and law come from there.
    """
    bundle = read_bundle(folder)
    inputs = bundle.manifest["inputs"]
    if inputs.get("kind") == STRATEGY:
        found = f"{folder}: found a bundle of detente {inputs['asked'].get('verb', 'nash')}, which rests on no scenario"
        raise UsageError(f"{found}; expected one of a run; try detente report {folder}")
    case = load_scenario(bundle.path / SCENARIO)
    if TALKS in inputs:
        return _talks_run(bundle, case)
    world = world_of(case)
    base = _base(bundle, world)
    branches = inputs["branches"]
    day = day_of("on", branches[MAIN]["on"]) if MAIN in branches else None
    plans = plan(case, world, day, list(branches), as_of=day_of("as-of", inputs["settings"].get("as_of")))
    results = {each.name: noted(_result(bundle, base, each.name), case, each) for each in plans}
    return ScenarioRun(case, base, {each.name: each for each in plans}, results)


def read_talks(folder: Path) -> ShownTalks | None:
    """Return the talks that a bundle holds, or None.

    Raises:
        UsageError: no such folder. CheckError: as `read_run`.
    """
    if kind_of(folder) != TALKS:
        return None
    asked = read_bundle(folder).manifest["inputs"][TALKS]
    try:
        return stored_talks(folder, asked["codes"], asked["matters"], asked["solution"])
    except KeyError:
        raise UsageError(f"{folder}: found talks of an earlier version; expected talks settled again") from None
    except OSError as error:
        raise CheckError(f"{folder}: {error}") from None


def _talks_run(bundle: Bundle, case: Scenario) -> ScenarioRun:
    """Return no deal, and what stands beside it, under the closure and on the world of the talks."""
    asked = bundle.manifest["inputs"][TALKS]
    beside = next(((name, int(asked.get("package") or 0)) for name in bundle.branches if name != NO_DEAL), None)

    def stored(stage: Stage, at: int, name: str) -> Result:
        base = stage.base
        known = bundle.manifest["inputs"]["baseline"]["comparator_sha256"]
        if base.sha256 != known:
            found = f"a world with checksum {base.sha256}"
            raise CheckError(problems=[Problem(str(bundle.path / MANIFEST), "baseline", found, known)])
        return _result(bundle, base, name)

    free = case.replace(baseline=replace(case.baseline, sha256=""))  # the world that is shown is checked above
    return framed(free, asked, beside, stored)


def _base(bundle: Bundle, world: Baseline) -> Baseline:
    """Return the world that is stored, with the labels and sources of the one it started from."""
    baseline = bundle.manifest["inputs"]["baseline"]
    arrays = bundle.arrays
    names = ("flows", "tariffs", "value_added_share", "input_share", "trade_elasticity", "final_exogenous")
    moved = baseline["comparator_sha256"] != baseline["sha256"]
    meta = MappingProxyType({**world.meta, "parent": baseline["sha256"]}) if moved else world.meta
    base = world.replace(meta=meta, **{name: arrays[name] for name in names})
    if base.sha256 != baseline["comparator_sha256"]:
        expected = f"the one of the manifest, {baseline['comparator_sha256']}"
        raise CheckError(
            problems=[
                Problem(str(bundle.path / MANIFEST), "baseline", f"a world with checksum {base.sha256}", expected)
            ]
        )
    return base


def _result(bundle: Bundle, base: Baseline, branch: str) -> Result:
    manifest = bundle.manifest
    rule = manifest["inputs"]["closure"]
    arrays = bundle.of(branch)
    bounds, critical = unpacked(manifest["inputs"]["branches"][branch], base.countries, base.sectors)
    return Result(
        baseline=base,
        closure=Closure(rule["deficits"], rule["revenue"], rule["numeraire"]),
        certificate=_certificate(bundle, manifest["certificates"][branch]),
        stored={name: arrays[name] for name in (*NEW_KEYS, *INSTRUMENT_KEYS) if name in arrays},
        provenance={"settings": dict(manifest["inputs"]["settings"]), "versions": dict(manifest["versions"])},
        bounds=bounds,
        critical=critical,
        bands=_bands(bundle, branch),
    )


def _bands(bundle: Bundle, branch: str) -> Bands | None:
    facts = bundle.manifest.get("bands", {}).get(branch)
    if facts is None:
        return None
    try:
        return stored_bands(bundle.path, facts, branch)
    except (KeyError, TypeError, ValueError, OSError) as error:
        problem = Problem(str(bundle.path / TABLES), "bands", f"damaged bands ({error})", "them as they were written")
        raise CheckError(problems=[problem]) from None


def _certificate(bundle: Bundle, plain: Mapping[str, Any]) -> Certificate:
    try:
        return Certificate.from_dict(plain)
    except (KeyError, TypeError, ValueError) as error:
        problem = Problem(
            str(bundle.path / MANIFEST), "certificates", f"a damaged certificate ({error})", "it as written"
        )
        raise CheckError(problems=[problem]) from None
