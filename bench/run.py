"""Time detente against the textbook program, on one core, and print one table.

    python bench/run.py [--sizes 7x33,31x40] [--quick] [--json out.json] [--repeat 5] [--budget 120] [--no-dense]

Every size is one synthetic world and one shock: 100 points more tariff both ways between USA and CHN on all goods. Both
programs run in this process on one BLAS thread and stop at a residual of 1e-10. detente is timed by the best of several
solves from the baseline, certificate apart; the textbook program by the best of three dampings, see ``textbook.py``.
"dense" and "matrix-free" are the published form (price loop from ones at every wage), "warm" the matrix-free form with
every loop warm-started, the strongest opponent. "first" includes what a baseline computes once and keeps.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
if __name__ == "__main__" and any(os.environ.get(name) != "1" for name in THREADS):
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.execv(sys.executable, [sys.executable, *sys.argv])  # numpy reads the variables when it is first imported

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import numpy as np  # noqa: E402

import detente as dt  # noqa: E402
from economies import Array, Economy, synthetic_world, tariff_war  # noqa: E402
from roofline import machine, pass_bound  # noqa: E402
from textbook import TextbookSolution, best_matrix_free, time_dense  # noqa: E402

SIZES = ((7, 33), (31, 40), (44, 56), (77, 45), (141, 65))
QUICK = ((7, 33), (31, 40))
DENSE_LIMIT_BYTES = 1 << 28
"""Largest dense matrix that is tried: at 141x65 it has 0.7 GB and one solve takes most of a minute."""


@dataclass(frozen=True)
class Ours:
    """Hold the measurements of one detente solve."""

    solve_seconds: float
    first_seconds: float
    certify_seconds: float
    passes: int
    certificate_residual: float
    peak_bytes: int
    welfare_hat: Array


@dataclass(frozen=True)
class Row:
    """Hold one line of the table; None where it was not measured."""

    size: str
    input_bytes: int
    bound_seconds: float
    matrix_free_seconds: float
    warm_seconds: float
    dense_seconds: float | None
    dense_note: str
    damping: float
    textbook_outer: int
    textbook_inner: int
    ours_seconds: float | None = None
    first_seconds: float | None = None
    certify_seconds: float | None = None
    passes: int | None = None
    certificate_residual: float | None = None
    peak_bytes: int | None = None
    roofline_distance: float | None = None
    matrix_free_ratio: float | None = None
    warm_ratio: float | None = None
    dense_ratio: float | None = None
    welfare_difference: float | None = None


def measure(n: int, j: int, options: argparse.Namespace) -> Row:
    """Return one row: our solver, the two comparators and the bound of a pass."""
    economy = synthetic_world(n, j, options.seed)
    tariffs_new = tariff_war(economy)
    bound, _ = pass_bound(n, j)
    free = best_matrix_free(economy, tariffs_new)
    warm = best_matrix_free(economy, tariffs_new, warm=True)
    dense = dense_row(economy, tariffs_new, free, options)
    dense_seconds = None if dense is None else dense.seconds
    ours = measure_ours(economy, tariffs_new, options.repeat)
    return Row(
        size=f"{n}x{j}",
        input_bytes=input_bytes(economy),
        bound_seconds=bound,
        matrix_free_seconds=free.seconds,
        warm_seconds=warm.seconds,
        dense_seconds=dense_seconds,
        dense_note="not run" if dense is None else dense.note,
        damping=free.damping,
        textbook_outer=free.outer_iterations,
        textbook_inner=free.inner_iterations,
        **compared(ours, free, warm, dense_seconds, bound),
    )


def compared(
    ours: Ours, free: TextbookSolution, warm: TextbookSolution, dense_seconds: float | None, bound: float
) -> dict[str, Any]:
    """Return our part of the row: what was measured and how it compares."""
    return {
        "ours_seconds": ours.solve_seconds,
        "first_seconds": ours.first_seconds,
        "certify_seconds": ours.certify_seconds,
        "passes": ours.passes,
        "certificate_residual": ours.certificate_residual,
        "peak_bytes": ours.peak_bytes,
        "roofline_distance": ours.solve_seconds / max(ours.passes, 1) / bound,
        "matrix_free_ratio": free.seconds / ours.solve_seconds,
        "warm_ratio": warm.seconds / ours.solve_seconds,
        "dense_ratio": None if dense_seconds is None else dense_seconds / ours.solve_seconds,
        "welfare_difference": float(np.max(np.abs(ours.welfare_hat / free.welfare_hat - 1))),
    }


def dense_row(
    economy: Economy, tariffs_new: Array, free: TextbookSolution, options: argparse.Namespace
) -> TextbookSolution | None:
    """Return the dense comparator, unless switched off or its matrix would not fit."""
    unknowns = economy.spending.size
    if options.no_dense or 8 * unknowns**2 > DENSE_LIMIT_BYTES:
        return None
    return time_dense(economy, tariffs_new, free, budget=options.budget, sample=2)


def input_bytes(economy: Economy) -> int:
    """Return the size of the arrays that any solver is handed."""
    arrays = (
        economy.flows,
        economy.tariffs,
        economy.value_added_share,
        economy.input_share,
        economy.trade_elasticity,
    )
    return sum(array.nbytes for array in arrays)


# ---------------------------------------------------------------- our solver


def measure_ours(economy: Economy, tariffs_new: Array, repeat: int) -> Ours:
    """Return the best of ``repeat`` solves from a ready baseline, its certificate, the first solve and its memory."""
    base = dt.Baseline.from_flows(**economy.inputs())
    first = dt.solve(base, tariffs_new).timing["solve"]
    best = min((dt.solve(base, tariffs_new) for _ in range(repeat)), key=lambda result: result.timing["solve"])
    return Ours(
        solve_seconds=best.timing["solve"],
        first_seconds=first,
        certify_seconds=best.timing["certify"],
        passes=best.certificate.iterations,
        certificate_residual=best.certificate.worst[1],
        peak_bytes=peak_memory(economy, tariffs_new),
        welfare_hat=best.welfare_hat,
    )


def peak_memory(economy: Economy, tariffs_new: Array) -> int:
    """Return the largest memory allocated above the inputs by a first solve and its certificate, caches included."""
    base = dt.Baseline.from_flows(**economy.inputs())
    fresh = base.replace(id="fresh")
    tracemalloc.start()
    try:
        dt.solve(fresh, tariffs_new)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# ---------------------------------------------------------------- the table


def cell(value: float | None, form: str) -> str:
    """Return a number in the given form, or a dash."""
    return "-" if value is None else format(value, form)


def milli(value: float | None) -> float | None:
    """Return seconds as milliseconds."""
    return None if value is None else 1e3 * value


def mebi(value: int | None) -> float | None:
    """Return bytes as MiB."""
    return None if value is None else value / 2**20


COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("size", lambda r: r.size),
    ("ours ms", lambda r: cell(milli(r.ours_seconds), ".2f")),
    ("first ms", lambda r: cell(milli(r.first_seconds), ".2f")),
    ("certify ms", lambda r: cell(milli(r.certify_seconds), ".2f")),
    ("passes", lambda r: cell(r.passes, "d")),
    ("x dense", lambda r: cell(r.dense_ratio, ".0f")),
    ("x matrix-free", lambda r: cell(r.matrix_free_ratio, ".1f")),
    ("x warm", lambda r: cell(r.warm_ratio, ".1f")),
    ("certificate", lambda r: cell(r.certificate_residual, ".1e")),
    ("bound us/pass", lambda r: cell(1e6 * r.bound_seconds, ".1f")),
    ("x bound", lambda r: cell(r.roofline_distance, ".1f")),
    ("peak MiB", lambda r: cell(mebi(r.peak_bytes), ".1f")),
    ("inputs MiB", lambda r: cell(mebi(r.input_bytes), ".1f")),
    ("dense s", lambda r: cell(r.dense_seconds, ".3f") + ("" if r.dense_note in ("measured", "not run") else "*")),
    ("matrix-free s", lambda r: cell(r.matrix_free_seconds, ".3f")),
    ("warm s", lambda r: cell(r.warm_seconds, ".3f")),
    ("damping", lambda r: cell(r.damping, ".2f")),
    ("outer", lambda r: cell(r.textbook_outer, "d")),
    ("inner", lambda r: cell(r.textbook_inner, "d")),
    ("welfare diff", lambda r: cell(r.welfare_difference, ".1e")),
)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as one aligned table, with a note for every extrapolated time."""
    lines = [[name for name, _ in COLUMNS], *([show(row) for _, show in COLUMNS] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = ["  ".join(entry.rjust(width) for entry, width in zip(line, widths, strict=True)) for line in lines]
    notes = [f"* {row.size}: dense time {row.dense_note}" for row in rows if row.dense_note.startswith("extrapolated")]
    return "\n".join([*text, *notes])


def environment() -> dict[str, Any]:
    """Return what the numbers depend on."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "processor": platform.machine(),
        "threads": {name: os.environ.get(name) for name in THREADS},
        "rates": machine(),
    }


def options_from(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", help="comma-separated NxJ, default all")
    parser.add_argument("--quick", action="store_true", help="the two smallest sizes, fewer repetitions")
    parser.add_argument("--json", type=Path, help="write the rows and the machine's rates to this file")
    parser.add_argument("--repeat", type=int, help="repetitions of our solve, the best counts (default 7, quick 3)")
    parser.add_argument("--budget", type=float, help="seconds a dense run may take before it is extrapolated (120; 20)")
    parser.add_argument("--no-dense", action="store_true", help="leave the dense comparator out")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    sizes: tuple[tuple[int, int], ...] = QUICK if options.quick else SIZES
    if options.sizes:
        sizes = tuple((int(n), int(j)) for n, j in (size.lower().split("x") for size in options.sizes.split(",")))
    options.sizes = sizes
    options.repeat = options.repeat or (3 if options.quick else 7)
    options.budget = options.budget if options.budget is not None else (20.0 if options.quick else 120.0)
    return options


def main(arguments: Sequence[str]) -> int:
    """Run the bench and return the exit status."""
    options = options_from(arguments)
    rows = []
    for n, j in options.sizes:
        rows.append(measure(n, j, options))
        sys.stderr.write(f"{n}x{j} done\n")
    sys.stdout.write(table(rows) + "\n")
    if options.json:
        record = {"environment": environment(), "rows": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
