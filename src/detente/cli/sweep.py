"""`detente sweep`: many runs into a store that can be killed and gone on with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from detente.cli import output
from detente.cli.progress import reported
from detente.core.errors import SolveError, UsageError
from detente.report.text_table import table
from detente.sweep.foresee import Foreseen, foreseen
from detente.sweep.index import export, query
from detente.sweep.store import HEAD, open_store
from detente.sweep.sweep import Swept, duration, sweep

SOLVED = ("CERTIFIED", "SOLVED_WARN", "ILL_CONDITIONED", "MULTIPLE_FOUND", "BASELINE_WEAK")
GIB, MIB = 1024**3, 1024**2


@dataclass(frozen=True)
class Options:
    """The options of `detente sweep`, as typed."""

    plan: Path
    out: Path | None = None
    jobs: int | None = None
    executor: str = "local"
    dry_run: bool = False
    rebuild: bool = False
    export: Path | None = None
    sql: str | None = None
    force: bool = False


def run(options: Options) -> int:
    """Foresee, solve, export or ask, and return the exit code."""
    if options.dry_run:
        _told(foreseen(options.plan, options.out, options.jobs))
        return 0
    if options.sql is not None or options.export is not None:
        return _asked(options)
    with reported() as progress:
        done = sweep(
            options.plan, options.out, jobs=options.jobs, executor=options.executor, rebuild=options.rebuild,
            progress=progress,
        )  # fmt: skip
    failed = sum(count for status, count in done.statuses.items() if status not in SOLVED)
    _say(done, failed)
    return SolveError.exit_code if failed else 0


def _told(found: Foreseen) -> None:
    if output.wants_json():
        output.document({"status": "OK", **asdict(found)})
        return
    left = found.cells - found.there
    rows = [
        ["points", f"{found.points:,}"],
        ["cells", f"{found.cells:,}, {found.there:,} of them there, {left:,} to do"],
        ["solves", f"{found.solves:,} at {1000 * found.seconds_a_solve:.3g} ms each, measured on the first point"],
        ["time", f"{duration(found.seconds)} with {found.jobs} worker processes"],
        ["disk", f"{size(found.bytes)}, half of it the index"],
    ]
    output.say(table(["", ""], rows, left=2).strip("\n"))


def size(count: int) -> str:
    """Return a number of bytes in the unit that people would use."""
    return f"{count / GIB:.3g} GiB" if count >= GIB else f"{count / MIB:.3g} MiB"


def _say(done: Swept, failed: int) -> None:
    counts = ", ".join(f"{count:,} {status}" for status, count in done.statuses.items())
    if output.wants_json():
        status = "NOT_SOLVED" if failed else "OK"
        output.document({"status": status, **{k: str(v) if k == "store" else v for k, v in asdict(done).items()}})
        return
    output.say(f"{done.cells:,} cells, {done.new:,} of them new; solves: {counts}")
    if done.dropped:
        output.say(f"dropped and done again: {done.dropped:,} files that were damaged, unknown or crashed")
    if failed:
        output.say(f"{failed:,} solves have no numbers; each has its reason in the store:")
        output.say(f'  detente sweep {output.shown(done.store)} --sql "select * from cells where value is null"')
    output.say(f"store: {output.shown(done.store)} · table: {output.shown(done.store / 'index.parquet')}")


def _asked(options: Options) -> int:
    """Export or query a store that is there."""
    folder = options.plan if (options.plan / HEAD).is_file() else options.out
    if folder is None:
        raise UsageError("export, sql: found a plan without a store; expected the folder of a store")
    store = open_store(folder)
    if options.export is not None:
        output.say(f"written: {output.shown(export(store, options.export, force=options.force))}")
    if options.sql is not None:
        _rows(query(store, options.sql))
    return 0


def _rows(found: Any) -> None:
    columns = found.to_pydict()
    rows = list(zip(*columns.values(), strict=True))
    if output.wants_json():
        output.document({"status": "OK", "rows": [dict(zip(columns, row, strict=True)) for row in rows]})
        return
    cells = [
        ["" if cell is None else f"{cell:.6g}" if isinstance(cell, float) else str(cell) for cell in row]
        for row in rows
    ]
    output.say(table([*columns], cells, left=len(columns)))
