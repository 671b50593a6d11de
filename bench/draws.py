"""Time draws: one plain solve after another, in batches, and on worker processes; beside what a pass costs at least.

    python bench/draws.py [--draws 128] [--jobs 2]

Two cases: the packaged one (81 economies, instruments and critical inputs, everything uncertain in its file), and a
synthetic world of 7 x 33 with a bilateral war under drawn elasticities. CPU seconds are of one core; "bound" is what
the passes of a batch cost at the rates measured on the same machine, certificate and tables left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
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
import roofline  # noqa: E402
from batch import wars  # noqa: E402
from detente.core.closure import Closure  # noqa: E402
from detente.core.tables import country_table  # noqa: E402
from detente.equilibrium.draws import evaluate_draws  # noqa: E402
from detente.scenario.execute import world_of  # noqa: E402
from detente.scenario.run import plan  # noqa: E402
from detente.scenario.variants import Variants  # noqa: E402
from detente.sweep.design import Design, values  # noqa: E402
from detente.sweep.factors import draw_of, factors_of  # noqa: E402
from detente.sweep.solving import BLOCK  # noqa: E402
from economies import synthetic_world  # noqa: E402

PASSES = 24
"""Of a batch on the packaged case."""

Draws = list[tuple[Any, dt.Wedges]]


def read(result: dt.Result) -> Any:
    """Return what a draw keeps."""
    return country_table(result)[1]


def packaged(count: int) -> tuple[dt.Baseline, Draws, dt.Wedges]:
    """Return draws of branch main of the packaged case."""
    case = dt.scenario("us-china-2025-10")
    world = world_of(case)
    (branch,) = plan(case, world, None, "main")
    factors, compiler = factors_of(case, world), Variants(case, world, branch)
    drawn = [draw_of(case, world, factors, row) for row in values(factors, Design("sobol", count, 1))]
    return world, [(each.elasticities, compiler.wedges(each.levels)) for each in drawn], branch.wedges


def synthetic(count: int) -> tuple[dt.Baseline, Draws, dt.Wedges]:
    """Return draws of elasticities around one war on a world of 7 x 33."""
    base = dt.Baseline.from_flows(**synthetic_world(7, 33).inputs())
    (war,) = wars(base, 1)
    spread = np.exp(0.25 * np.random.default_rng(1).standard_normal((count, 33)))
    return base, [(base.trade_elasticity * each, war) for each in spread], war


def one_by_one(base: dt.Baseline, draws: Draws) -> float:
    """Return CPU seconds of a plain solve with its certificate and table."""
    started = time.process_time()
    for theta, wedges in draws:
        read(dt.solve(base.replace(trade_elasticity=theta), wedges=wedges))
    return (time.process_time() - started) / len(draws)


def batched(base: dt.Baseline, draws: Draws, centre: dt.Wedges) -> float:
    """Return CPU seconds of a draw in blocks, certificate and table included."""
    started = time.process_time()
    for first in range(0, len(draws), BLOCK):
        evaluate_draws(base, draws[first : first + BLOCK], centre, Closure(), read)
    return (time.process_time() - started) / len(draws)


def main(arguments: Sequence[str]) -> int:
    """Print the table and the wall time of whole commands, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=128, help="draws of each case (default 128)")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes of the whole command (default 2)")
    options = parser.parse_args(arguments)
    lines = []
    for name, make in (("7x33", synthetic), ("us-china-2025-10", packaged)):
        base, draws, centre = make(options.draws)
        batched(base, draws[:2], centre)
        alone, together = one_by_one(base, draws[:16]), batched(base, draws, centre)
        bound = (
            24 * roofline.pass_bytes(*base.shape) / roofline.read_bandwidth(roofline.pass_bytes(*base.shape)) / BLOCK
        )
        lines.append(
            f"{name:18s} alone {1e3 * alone:7.1f} ms  batch {1e3 * together:7.1f} ms  x {alone / together:4.1f}  "
            f"{1 / together:6.0f} per s and core  bound {1e3 * bound:.2f} ms  "
            f"100,000 on {options.jobs} cores: {1e5 * together / options.jobs:.0f} s"
        )
    started = time.perf_counter()
    dt.run("us-china-2025-10", branches="main", draws=options.draws, jobs=options.jobs)
    wall = time.perf_counter() - started
    lines.append(f"dt.run(.., draws={options.draws}, jobs={options.jobs}): {wall:.1f} s wall")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
