"""Talks as a folder that carries everything: the tables, no deal and the deal in full, and what repeats them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.errors import CheckError, Problem
from detente.report.bundle import bundle_arrays, manifest, run_inputs
from detente.report.folder import check_target, write_folder
from detente.report.html import write_report
from detente.report.layout import ARRAYS, MANIFEST, REPORT, SCENARIO, TABLES, stranger
from detente.report.select import view
from detente.report.tables import write_tables
from detente.scenario.execute import ScenarioRun, relative_to
from detente.scenario.load import load_scenario
from detente.scenario.resolve import dump
from detente.scenario.schema import Scenario
from detente.scenario.talks import talks
from detente.scenario.talks_run import in_full
from detente.strategy.outcomes import CANCELLED
from detente.strategy.talks import Talks
from detente.strategy.talks_tables import TABLES as TALKS_TABLES

KIND: Final = "talks"
SAME: Final = 1e-7
"""Gains that move by less, in log points, are the same: real incomes agree to 1e-10 and gains are 100 times a log."""


def write_talks_bundle(
    case: Scenario, settled: Talks, out: Path, *, base: Baseline | None = None, force: bool = False
) -> Path:
    """Write talks as a folder; it appears complete or not at all.

    Args:
        case: the file. settled: its talks. out: a new folder. base: the world. force: replace an earlier bundle there.
    Returns:
        The folder: the bundle of a run with the branches no-deal and deal, and tables/talks_*.parquet beside its own.
    Raises:
        UsageError: the folder exists. SolveError: a branch is not certified. OSError: the place cannot be written.
    """
    check_target(out, force=force, own=stranger)
    run = in_full(case, settled, base=base)
    shown, arrays, stored = view(run, talks=settled), bundle_arrays(run), relative_to(case, out)

    def fill(folder: Path) -> None:
        resolved = stored.resolved(baseline_sha256=settled.facts["baseline_sha256"])
        (folder / SCENARIO).write_text(dump(resolved), encoding="utf-8")
        with (folder / ARRAYS).open("wb") as stream:
            np.savez_compressed(stream, allow_pickle=False, **arrays)
        write_tables(shown, folder / TABLES)
        _write_talks(settled, folder / TABLES)
        write_report(shown, folder / REPORT)
        content = manifest(run, folder, {}, inputs=_inputs(case, run, settled), repeat=repeat_command(settled))
        (folder / MANIFEST).write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")

    return write_folder(out, fill)


def _inputs(case: Scenario, run: ScenarioRun, settled: Talks) -> dict[str, Any]:
    """Return what decides the numbers beyond a plain run: the question, the world as loaded, what was not solved."""
    facts = settled.facts
    baseline = run_inputs(run, {})["baseline"]
    return {
        "kind": KIND,
        "scenario": {"id": case.id, "sha256": case.sha256},
        "baseline": {**baseline, "sha256": facts["baseline_sha256"]},
        KIND: {
            **facts["asked"],
            "laws": len(settled.wedges),
            "solved": settled.solved.reached,
            "codes": list(settled.question.players.codes),
            "matters": [matter.name for matter in settled.question.matters],
            "package": _package(settled),
        },
    }


def _package(settled: Talks) -> int | None:
    """Return the number of the package that is solved beside no deal, or None."""
    return settled.chosen if settled.chosen is not None else next((e.package for e in settled.least_bad), None)


def repeat_command(settled: Talks, scenario: str = SCENARIO) -> str:
    """Return the command that settles the same talks again, from within the folder."""
    asked = settled.facts["asked"]
    words = ["detente", "talks", scenario, "--solution", asked["solution"], "--closure", asked["closure"]]
    if asked["players"]:
        words += ["--players", ",".join(asked["players"])]
    if asked["disagreement"]:
        words += ["--disagreement", asked["disagreement"]]
    for player, objective in asked["objective"].items():
        told = objective if isinstance(objective, str) else ",".join(f"{s}:{w}" for s, w in objective.items())
        words += ["--objective", f"{player}={told}"]
    return shlex.join(words)


def _write_talks(settled: Talks, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name in TALKS_TABLES:
        columns = settled.columns(name)
        arrays = {key: _column(pa, values) for key, values in columns.items()}
        pq.write_table(pa.table(arrays), folder / f"talks_{name}.parquet")


def _column(pa: Any, values: list[Any]) -> Any:
    """Return a column by what is in it: words, yes or no, whole numbers, or numbers with gaps."""
    kinds = {type(value) for value in values if value is not None}
    for kind, made in ((bool, pa.bool_()), (int, pa.int64()), (str, pa.string())):
        if kinds == {kind}:
            return pa.array(values, made)
    return pa.array(values, pa.float64())


def talks_again(folder: Path, asked: Mapping[str, Any]) -> ScenarioRun:
    """Return no deal and the deal, settled and solved again from a bundle, if the stored packages are the same.

    Args:
        folder: of a bundle. asked: as stored.
    Raises:
        CheckError: other packages, other sets of them, or gains that moved by more than `SAME`.
    """
    import pandas as pd

    case = load_scenario(str(folder / SCENARIO))
    names = ("players", "objective", "disagreement", "solution", "closure")
    settled = talks(case, **{name: asked[name] for name in names})
    table, new = pd.read_parquet(folder / TABLES / "talks_packages.parquet"), settled.packages
    solved = table["status"] != CANCELLED
    problems = []
    if list(table) != list(new) or len(table) != len(new):
        problems.append(Problem(str(folder), "talks_packages", "other packages or columns", "those of the talks"))
    for name in [] if problems else table.columns:
        old, now = table.loc[solved, name], new.loc[solved, name]
        if name.endswith("_pp") and not float((old - now).abs().max()) <= SAME:
            moved = f"gains that moved by {float((old - now).abs().max()):.1e}"
            problems.append(Problem(str(folder), f"talks_packages.{name}", moved, f"at most {SAME:.0e}"))
        elif not name.endswith(("_pp", "_musd", "_pct")) and not (old == now).all():
            problems.append(Problem(str(folder), f"talks_packages.{name}", "values that are others now", "the same"))
    if problems:
        raise CheckError(problems=problems)
    return in_full(case, settled)
