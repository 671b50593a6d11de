"""Time many scenarios in one batch against one solve after another, on one core, certificates apart and included.

    python bench/batch.py [--sizes 7x33,31x40] [--count N] [--repeat 3]

Every scenario is a bilateral war on the goods sectors between two countries drawn at random, at rates drawn at random.
Both ways run in this process on one BLAS thread. "solve" is the iteration alone, "all" includes the certificate.

Then 240 packages of the talks of us-china-2025-10, with its instruments and critical inputs: solved, certified and
reduced to what is compared, on all cores.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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
from detente.equilibrium.evaluate import evaluate_many  # noqa: E402
from detente.scenario.execute import world_of  # noqa: E402
from detente.scenario.load import load_scenario  # noqa: E402
from detente.scenario.run import plan  # noqa: E402
from economies import goods_sectors, synthetic_world  # noqa: E402

SIZES = ((7, 33), (31, 40), (44, 56), (77, 45), (141, 65))


@dataclass(frozen=True)
class Row:
    """Hold one line: seconds for each scenario, and the largest difference of any hat between the two ways."""

    size: str
    one_solve: float
    batch_solve: float
    one_all: float
    batch_all: float
    difference: float


def wars(base: dt.Baseline, count: int, seed: int = 0) -> list[dt.Wedges]:
    """Return bilateral wars on goods between countries and at rates drawn at random."""
    rng = np.random.default_rng(seed)
    n, j = base.shape
    goods = goods_sectors(j)
    found = []
    for _ in range(count):
        a, b = rng.choice(n, 2, replace=False)
        tariffs = base.tariffs.copy()
        tariffs[a, b, goods] += rng.uniform(0.1, 1.0)
        tariffs[b, a, goods] += rng.uniform(0.1, 1.0)
        found.append(dt.Wedges(tariffs))
    return found


def measure(n: int, j: int, count: int, repeat: int) -> Row:
    """Return the best of several runs of both ways on one synthetic world."""
    base = dt.Baseline.from_flows(**synthetic_world(n, j).inputs())
    wedges = wars(base, count)
    one_all, one = best(lambda: [dt.solve(base, wedges=item) for item in wedges], repeat)
    batch_all, many = best(lambda: dt.solve_many(base, wedges), repeat)
    hats = ("welfare_hat", "wage_hat", "price_hat", "cost_hat")
    gap = max(float(np.abs(a[name] - b[name]).max()) for a, b in zip(one, many, strict=True) for name in hats)
    solves = (sum(result.timing["solve"] for result in results) / count for results in (one, many))
    return Row(f"{n}x{j}", *solves, one_all / count, batch_all / count, gap)


def best(run: Callable[[], list[dt.Result]], repeat: int) -> tuple[float, list[dt.Result]]:
    """Return the shortest time of several runs, and its results."""
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        results = run()
        times.append((time.perf_counter() - started, results))
    return min(times, key=lambda item: item[0])


def table(rows: Sequence[Row]) -> str:
    """Return the rows as one aligned table; rates are scenarios per second and core."""
    head = ("size", "one ms", "batch ms", "x solve", "one all ms", "batch all ms", "x all", "per s", "difference")
    lines = [head]
    for r in rows:
        times = [f"{1e3 * value:.2f}" for value in (r.one_solve, r.batch_solve, r.one_all, r.batch_all)]
        ratios = [f"{r.one_solve / r.batch_solve:.1f}", f"{r.one_all / r.batch_all:.1f}"]
        rate = f"{1 / r.batch_all:.0f}"
        lines.append(
            (r.size, times[0], times[1], ratios[0], times[2], times[3], ratios[1], rate, f"{r.difference:.0e}")
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


ISSUES = (
    ("us-snapback cn-snapback", ""),
    ("us-threat-100", ""),
    ("us-fentanyl +20pp", "us-fentanyl +15pp", "us-fentanyl +10pp", "us-fentanyl +5pp", ""),
    ("cn-minerals-licence", ""),
    ("cn-soy-boycott", "", "cn-soy-purchases"),
    ("us-port-fees cn-port-fees", ""),
)
"""Of us-china-2025-10: what holds under each choice; the other measures of the issue do not hold."""


def packages(case: dt.Scenario, world: dt.Baseline) -> list[dt.Wedges]:
    """Return the 240 combinations; those with the same tariffs or instruments share them, which is seen once."""
    named = [{word for choice in issue for word in choice.split() if "pp" not in word} for issue in ISSUES]
    known: dict[Any, Any] = {}
    found = []
    for combination in itertools.product(*ISSUES):
        words = [word for choice in combination for word in choice.split()]
        include = [word for word in words if "pp" not in word]
        drop = [measure for issue in named for measure in issue if measure not in include]
        law = next((case.set("us-fentanyl", word) for word in words if "pp" in word), case)
        wedges = plan(law, world, case.horizon, "main", include, drop)[0].wedges
        own = np.array(wedges.tariffs)
        own.flags.writeable = False
        bounds, critical = (known.setdefault(key, key) for key in (wedges.bounds, wedges.critical))
        found.append(replace(wedges, tariffs=known.setdefault(own.tobytes(), own), bounds=bounds, critical=critical))
    return found


def measure_packages(repeat: int) -> str:
    """Return one line on the packages of the talks of us-china-2025-10, with their certificates, on all cores."""
    case = load_scenario("us-china-2025-10")
    world = world_of(case)
    wedges = packages(case, world)
    times = []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        found = list(evaluate_many(world, wedges, closure=case.closure))
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = min(times)
    alone, started = wedges[:: max(1, len(wedges) // 4)], time.perf_counter()
    for item in alone:
        dt.solve(world, wedges=item, closure=case.closure)
    one = (time.perf_counter() - started) / len(alone)
    certified = sum(result.status == "CERTIFIED" for result in found)
    passes = max(result.certificate.iterations for result in found)
    each, core = 1e3 * wall / len(found), 1e3 * cpu / len(found)
    return (
        f"{len(found)} packages of {case.id}, {certified} certified, at most {passes} passes: {wall:.2f} s, "
        f"{each:.1f} ms each ({core:.1f} ms of one core); alone {1e3 * one:.0f} ms"
    )


def main(arguments: Sequence[str]) -> int:
    """Run the comparison and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", help="comma-separated NxJ, default all")
    parser.add_argument("--count", type=int, help="scenarios (default 64, 16 above 2,000 markets)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each way, the best counts (default 3)")
    options = parser.parse_args(arguments)
    sizes = SIZES
    if options.sizes:
        sizes = tuple((int(n), int(j)) for n, j in (size.lower().split("x") for size in options.sizes.split(",")))
    rows = [measure(n, j, options.count or (64 if n * j <= 2_000 else 16), options.repeat) for n, j in sizes]
    sys.stdout.write(table(rows) + "\n" + measure_packages(options.repeat) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
