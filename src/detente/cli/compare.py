"""`detente compare`: bundles and scenarios side by side, what went in beside what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from detente.cli import output
from detente.cli.run import words
from detente.core.certificate import CERTIFIED, UNCERTIFIED
from detente.core.errors import CheckError, SolveError, UsageError, nearest
from detente.report.layout import SCENARIO, TABLES
from detente.report.select import HEADLINE
from detente.report.stored import Bundle, read_bundle
from detente.report.text_table import number, table
from detente.scenario.calendar import regime
from detente.scenario.compare import Compared, Comparison, Met, compare_runs, met, parse_condition
from detente.scenario.dated import day_of
from detente.scenario.execute import ScenarioRun, run_scenario
from detente.scenario.load import load_scenario
from detente.scenario.path import country_values
from detente.scenario.schema import MAIN

ALL: Final = "all"
LETTERS: Final = 26


def compare(
    sources: Sequence[str],
    *,
    delta_vs: str | None = None,
    fail_on: Sequence[str] = (),
    branches: Sequence[str] = (),
    countries: str | None = None,
    on: str | None = None,
    as_of: str | None = None,
) -> int:
    """Print levels, deltas and changed inputs; return 5 where a condition is true, 4 or 5 where a run is not certified.

    Raises:
        UsageError: fewer than two runs, a condition or label that cannot be. DataError: different worlds.
    """
    conditions = [parse_condition(text) for text in fail_on]
    labels = labels_of(sources)
    wanted = words(branches)
    runs: list[Compared] = []
    for source, label in zip(sources, labels, strict=True):
        folder = Path(source)
        if folder.is_dir():
            if on is not None or as_of is not None:
                raise UsageError(f"on, as-of: found with {source!r}, which is solved already; expected scenarios only")
            runs += _of_bundle(read_bundle(folder), label, wanted)
        else:
            runs += _of_scenario(source, label, wanted, on, as_of)
    reference = dict(zip(sources, labels, strict=True)).get(delta_vs or "", delta_vs or "")
    found = compare_runs(runs, delta_vs=reference, countries=words([countries or ""]))
    failed = [each for condition in conditions for each in met(condition, runs, found.reference)]
    output.note(*(f"warning: {text}" for text in found.warnings))
    code = _exit(found, failed)
    if output.wants_json():
        output.document(_document(found, failed, code))
    else:
        output.say(_text(found, failed))
    return code


def labels_of(sources: Sequence[str]) -> list[str]:
    """Return short names for sources: the last part of a path where that tells them apart.

    Raises:
        UsageError: one source twice, or fewer than two without a choice of branches.
    """
    twice = next((each for each in sources if list(sources).count(each) > 1), None)
    if twice is not None:
        raise UsageError(f"compare: found {twice!r} twice; expected each bundle or scenario once")
    short = [Path(each).name.removesuffix(".yaml").removesuffix(".yml") or each for each in sources]
    return [name if short.count(name) == 1 else each.rstrip("/") for name, each in zip(short, sources, strict=True)]


def _chosen(known: Sequence[str], wanted: Sequence[str], source: str) -> list[str]:
    """Return the branches of one source to compare: main by default, all of them where there is no main."""
    if ALL in wanted:
        return list(known)
    if not wanted:
        return [MAIN] if MAIN in known else list(known)
    for name in wanted:
        if name not in known:
            hint = nearest(name, known)
            text = f"branch: found {name!r}; {source} has {', '.join(known)}"
            raise UsageError(text + (f"; try {hint}" if hint else ""))
    return list(wanted)


def _named(label: str, branch: str, chosen: Sequence[str]) -> str:
    return label if branch == MAIN and len(chosen) == 1 else f"{label}#{branch}"


def _of_scenario(source: str, label: str, wanted: Sequence[str], on: str | None, as_of: str | None) -> list[Compared]:
    case = load_scenario(source)
    chosen = _chosen(case.branches, wanted, source)
    solved = run_scenario(case, on=on, branches=chosen, as_of=as_of, throw=False)
    return [_compared(solved, name, _named(label, name, chosen)) for name in chosen]


def _compared(run: ScenarioRun, name: str, label: str) -> Compared:
    result, found = run[name], run.plans[name].regime
    moved = run.plans[name].comparator_wedges.tariffs is not None
    case = run.scenario
    return Compared(
        label=label,
        branch=name,
        on=str(found.date),
        status=result.status,
        values=country_values(result) if result.certificate.ok else {},
        baseline=run.base.id,
        world=str(run.base.meta["parent"]) if moved else run.base.sha256,
        comparator=run.comparator,
        facts=_facts(name, str(found.date), run.comparator, case.closure.title, run.base.elasticity_set),
        applied=found.applied,
        reasons={measure.id: reason for measure, reason in found.not_applied},
        groups=case.report_countries,
    )


def _facts(branch: str, on: str, comparator: str, closure: str, elasticities: Any) -> dict[str, str]:
    told = {"branch": branch, "law of": on, "compared with": comparator, "closure": closure}
    return {**told, "elasticities": str(elasticities)}


def _of_bundle(bundle: Bundle, label: str, wanted: Sequence[str]) -> list[Compared]:
    inputs, case = bundle.manifest["inputs"], load_scenario(bundle.path / SCENARIO)
    chosen = _chosen(bundle.branches, wanted, label)
    values = _stored_values(bundle)
    hidden = day_of("as-of", inputs["settings"].get("as_of"))
    found = []
    for name in chosen:
        stated = inputs["branches"][name]
        law = regime(case, day_of("on", stated["on"]), name, as_of=hidden)
        facts = _facts(name, stated["on"], inputs["comparator"], case.closure.title, inputs["elasticities"]["set"])
        found.append(
            Compared(
                _named(label, name, chosen), name, stated["on"], bundle.manifest["certificates"][name]["status"],
                values.get(name, {}), inputs["baseline"]["id"], inputs["baseline"]["sha256"], inputs["comparator"],
                facts, law.applied, {measure.id: reason for measure, reason in law.not_applied}, case.report_countries,
            )
        )  # fmt: skip
    return found


def _stored_values(bundle: Bundle) -> dict[str, dict[tuple[str, str], float]]:
    """Return table "countries" of every branch of a bundle, whose checksums were compared before."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = bundle.path / TABLES / "countries.parquet"
    try:
        columns = pq.read_table(path, columns=["branch", "country", "variable", "value"]).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise CheckError(f"{path}: found a table that cannot be read ({error}); expected table countries") from None
    found: dict[str, dict[tuple[str, str], float]] = {}
    for branch, country, variable, value in zip(*columns.values(), strict=True):
        found.setdefault(branch, {})[country, variable] = value
    return found


def _exit(found: Comparison, failed: Sequence[Met]) -> int:
    if failed:
        return CheckError.exit_code
    bad = [run.status for run in found.runs if not run.certified]
    if not bad:
        return 0
    return CheckError.exit_code if UNCERTIFIED in bad else SolveError.exit_code


def _status(found: Comparison, failed: Sequence[Met]) -> str:
    if failed:
        return "CHECK_FAILED"
    return next((run.status for run in found.runs if run.status != CERTIFIED), CERTIFIED)


def _document(found: Comparison, failed: Sequence[Met], code: int) -> dict[str, Any]:
    names = [run.label for run in found.runs]
    keep = ("label", "branch", "on", "status", "baseline", "comparator", "facts")
    return {
        "status": _status(found, failed),
        "exit": code,
        "reference": names[found.reference],
        "runs": [
            {**{key: getattr(run, key) for key in keep}, "applied": [m.id for m in run.applied]} for run in found.runs
        ],
        "inputs": [{"label": each.label, **asdict(each.change), "why": each.why} for each in found.inputs],
        "rows": [
            {
                "country": row.country,
                "variable": row.variable,
                "unit": row.unit,
                "levels": dict(zip(names, row.levels, strict=True)),
                "deltas": dict(zip(names, row.deltas, strict=True)),
                "delta_unit": row.delta_unit,
            }
            for row in found.rows
        ],
        "failed": [asdict(each) for each in failed],
        "warnings": list(found.warnings),
        "repeat": output.command(),
    }


def _text(found: Comparison, failed: Sequence[Met]) -> str:
    first = found.runs[found.reference]
    names = [run.label for run in found.runs]
    numbers = _numbers(found, names)
    if max(map(len, numbers.splitlines())) > output.width():
        names = [f"({chr(ord('a') + place)})" if place < LETTERS else f"({place + 1})" for place in range(len(names))]
        numbers = _numbers(found, names)
    if max(map(len, numbers.splitlines())) > output.width():
        numbers = "\n\n".join((_numbers(found, names, deltas=False), _numbers(found, names, levels=False)))
    parts = [f"{len(found.runs)} runs on {first.baseline}; deltas are less {first.label}", _runs(found, names)]
    parts += [_inputs(found), numbers]
    if failed:
        parts.append("\n".join(f"failed: {each.condition}: {each.label} has {number(each.value)}" for each in failed))
    return "\n\n".join(parts) + f"\n\nrepeat: {output.command()}"


def _runs(found: Comparison, names: Sequence[str]) -> str:
    rows = [
        [run.label if name == run.label else f"{name} {run.label}", run.on, run.comparator, str(len(run.applied)),
         run.mark or run.status]
        for run, name in zip(found.runs, names, strict=True)
    ]  # fmt: skip
    head = ["run", "law of", "change against", "measures", "certificate"]
    return table(head, rows, left=len(head))


def _inputs(found: Comparison) -> str:
    if not found.inputs:
        return "what went in: no difference"
    rows = []
    for each in found.inputs:
        change, why = each.change, f"not applied: {each.why}" if each.why else ""
        where = change.where.removeprefix("measures.")
        rows.append([each.label, where, change.what, change.before or why, change.after or why])
    return "what went in\n" + table(["run", "input", "", found.runs[found.reference].label, "here"], rows, left=5)


def _numbers(found: Comparison, names: Sequence[str], *, levels: bool = True, deltas: bool = True) -> str:
    """Return the headline rows: levels of every run, then each run less the reference, or one of the two."""
    lines = {line.variable: line for line in HEADLINE}
    others = [place for place in range(len(names)) if deltas and place != found.reference]
    marked = [name + (" !" if run.mark else "") for name, run in zip(names, found.runs, strict=True) if levels]
    head = ["", "", "unit", *marked, *(f"{names[at]} - {names[found.reference]}" for at in others)]
    rows, last = [], ""
    for row in (row for row in found.rows if row.variable in lines):
        line = lines[row.variable]
        shown = [number(value, change=line.change) for value in row.levels if levels]
        less = [_delta(row.deltas[at], row.delta_unit) for at in others]
        rows.append(["" if row.country == last else row.country, line.label, row.unit, *shown, *less])
        last = row.country
    return table(head, rows, left=3)


def _delta(value: float | None, unit: str) -> str:
    return number(value, change=True) + (" pp" if unit == "pp" and value is not None else "")
