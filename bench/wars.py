"""Time gradients, optimal and Nash tariffs in units of one solve, on one core, and print one table.

    python bench/wars.py [--all] [--json out.json]

The unit is the best of several solves of a large bilateral war on the same world, certificate apart, in this process.
`--all` adds the war of all 81 economies of world-2022. The last line holds the gradient against central differences on
the textbook program: the time of two textbook solves for every free tariff, measured on a few of them, over ours.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
if __name__ == "__main__" and any(os.environ.get(name) != "1" for name in THREADS):
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.execv(sys.executable, [sys.executable, *sys.argv])

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

import numpy as np  # noqa: E402

import detente as dt  # noqa: E402
from detente.core.closure import Closure  # noqa: E402
from detente.equilibrium.counterfactual import as_shock  # noqa: E402
from detente.equilibrium.root import Settings, find_root  # noqa: E402
from detente.policy.wedges import Wedges  # noqa: E402
from detente.strategy.deviation import examined  # noqa: E402
from detente.strategy.optimal import new_game  # noqa: E402
from detente.strategy.search import Search, climb, starting_points  # noqa: E402
from economies import synthetic_world, tariff_war  # noqa: E402
from textbook import best_matrix_free  # noqa: E402


def best_of(times: int, act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest wall time of several calls, and what the last one returned."""
    best, found = np.inf, None
    for _ in range(times):
        started = time.perf_counter()
        found = act()
        best = min(best, time.perf_counter() - started)
    return best, found


def one_solve(base: dt.Baseline, rates: np.ndarray) -> float:
    """Return seconds of one solve, without its certificate."""

    def act() -> Any:
        return find_root(as_shock(base, Wedges(tariffs=rates), Closure("balanced")), Settings())

    return best_of(7, act)[0]


def gradient_seconds(base: dt.Baseline, player: str) -> float:
    """Return seconds of all derivatives of one country's welfare at observed rates, solve included."""
    game = new_game(base, [player], "real-income", purge=True, bounds=("0%", None))
    x = game.controls.taken(game.rates, game.base.flows)

    def act() -> Any:
        search = Search(game)
        search.left = 1e-8
        return search.point(x)

    return best_of(5, act)[0]


def search_row(base: dt.Baseline, players: list[str], repeat: int = 3) -> dict[str, Any]:
    """Return seconds, evaluations and passes of the first-order conditions of a game, from observed rates."""
    game = new_game(base, players, "real-income", purge=True, bounds=("0%", None))
    (_, x0), *_ = starting_points(game, 1)

    def act() -> Any:
        search = Search(game)
        return search, climb(search, x0)

    seconds, (search, found) = best_of(repeat, act)
    return {
        "free": game.controls.size,
        "seconds": seconds,
        "status": found.status[0],
        "evaluations": search.effort.evaluations,
        "passes": search.effort.forward + search.effort.adjoint,
        "game": game,
        "x": found.value[:, 0],
        "z": search.z,
    }


def textbook_ratio(n: int, j: int, seed: int = 3) -> dict[str, Any]:
    """Return how much longer central differences on the textbook program take than our gradient."""
    economy = synthetic_world(n, j, seed)
    base = dt.Baseline.from_flows(**economy.inputs())
    free = best_matrix_free(economy, tariff_war(economy))
    result = dt.solve(base, tariff_war(economy))
    ours, _ = best_of(5, lambda: dt.gradient(result, base.countries[0]))
    cells = int((base.flows > 0).sum() - (base.flows[np.arange(n), np.arange(n)] > 0).sum())
    return {
        "cells": cells,
        "ours": ours,
        "textbook": 2 * cells * free.seconds,
        "ratio": 2 * cells * free.seconds / ours,
    }


def table(rows: list[dict[str, Any]], ratio: dict[str, Any]) -> str:
    """Return the rows as text."""
    head = ("free", "seconds", "solves", "evaluations", "passes")
    lines = [f"{'what':<40} " + " ".join(f"{name:>11}" for name in head) + "  status"]
    for row in rows:
        numbers = (row.get("free", ""), f"{row['seconds']:.4f}", f"{row['solves']:.1f}")
        cells = [f"{value:>11}" for value in (*numbers, row.get("evaluations", ""), row.get("passes", ""))]
        lines.append(f"{row['what']:<40} {' '.join(cells)}  {row.get('status', '')}".rstrip())
    lines.append(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    lines.append(
        f"gradient 7x33 against central differences on the textbook program ({ratio['cells']} cells): "
        f"{ratio['textbook']:.0f} s / {ratio['ours']:.4f} s = {ratio['ratio']:.0f}x"
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    for n, j in ((7, 33), (20, 33)):
        economy = synthetic_world(n, j, 3)
        base = dt.Baseline.from_flows(**economy.inputs()).purged()
        unit = one_solve(base, tariff_war(economy))
        gradient = gradient_seconds(base, base.countries[0])
        rows.append({"what": f"{n}x{j} gradient of one country", "seconds": gradient, "solves": gradient / unit})
        for what, players in (("optimal tariff", [base.countries[0]]), ("Nash, all players", list(base.countries))):
            row = search_row(base, players)
            row |= {"what": f"{n}x{j} {what}", "solves": row["seconds"] / unit}
            rows.append(row)
    world = dt.baseline("world-2022").purged()
    rates = np.where(world.tariffs > 0, 1.3 * world.tariffs, world.tariffs)
    unit = one_solve(world, rates)
    gradient = gradient_seconds(world, "USA")
    rows.append({"what": "world-2022 gradient of one country", "seconds": gradient, "solves": gradient / unit})
    for what, players in (("optimal tariff of USA", ["USA"]), ("Nash of USA and CHN", ["USA", "CHN"])):
        row = search_row(world, players, repeat=2)
        rows.append(row | {"what": f"world-2022 {what}", "solves": row["seconds"] / unit})
    if options.all:
        row = search_row(world, list(world.countries), repeat=1)
        rows.append(row | {"what": "world-2022 war of all", "solves": row["seconds"] / unit})
        started = time.perf_counter()
        seen = examined(row["game"], row["x"], z=row["z"])
        took = time.perf_counter() - started
        rows.append(
            {"what": f"its {seen.tried} deviations, {seen.max_gain_pp:.0e} pp", "seconds": took, "solves": took / unit}
        )
    ratio = textbook_ratio(7, 33)
    sys.stdout.write(table(rows, ratio))
    if options.json:
        kept = [{key: value for key, value in row.items() if key not in ("game", "x", "z")} for row in rows]
        options.json.write_text(json.dumps({"rows": kept, "textbook": ratio}, indent=1))


if __name__ == "__main__":
    main()
