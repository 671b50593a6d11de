"""Time the papers of `detente replicate`: their main solves, in seconds and in single solves of the same world.

    python bench/papers.py [--data DIR]

Reads the public inputs of the authors (default: ../shared/data beside the checkout). Best of three, certificates
included.
Run times of the authors' own programs are not part of these inputs, so none are shown beside ours.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
if __name__ == "__main__" and any(os.environ.get(name) != "1" for name in THREADS):
    os.environ.update(dict.fromkeys(THREADS, "1"))
    os.execv(sys.executable, [sys.executable, *sys.argv])  # numpy reads the variables when it is first imported

import numpy as np  # noqa: E402

from detente.baseline import Baseline  # noqa: E402
from detente.core.errors import MissingDataError, SolveError  # noqa: E402
from detente.equilibrium.counterfactual import solve  # noqa: E402
from detente.replicate import caliendo_parro, liberation_day, ossa, tariff_war  # noqa: E402
from detente.replicate.inputs import inputs_of  # noqa: E402
from detente.strategy.cooperative import cooperative  # noqa: E402
from detente.strategy.nash import nash  # noqa: E402
from detente.strategy.optimal import new_game, optimal_tariffs  # noqa: E402
from detente.strategy.search import starting_points  # noqa: E402

REPEAT = 3
Act = Callable[[], Any]


def best(act: Act) -> float:
    """Return the shortest of a few runs. [s]"""
    times = []
    for _ in range(REPEAT):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return min(times)


def nafta(data: Path) -> list[tuple[str, Act, Act]]:
    """Return the NAFTA counterfactual."""
    raw = caliendo_parro._read(inputs_of(caliendo_parro.PAPER, data))
    base = caliendo_parro._world(raw)
    rates = caliendo_parro._nafta(base, raw["after"])
    one: Act = lambda: solve(base, rates)  # noqa: E731
    return [("Caliendo-Parro 31x40, NAFTA", one, one)]


def liberation(data: Path) -> list[tuple[str, Act, Act]]:
    """Return Table 1, case 1."""
    world = liberation_day._world(inputs_of(liberation_day.PAPER, data))
    rates = liberation_day._us_tariff(world, np.maximum(liberation_day.LEAST_RATE, world.announced))
    one: Act = lambda: liberation_day._solved(world, rates)  # noqa: E731
    return [("Liberation Day 194x1, tax relief", one, one)]


def war(data: Path) -> list[tuple[str, Act, Act]]:
    """Return the tariff war by the formula."""
    base = tariff_war._world(inputs_of(tariff_war.PAPER, data)).purged()
    return [
        ("Lashkaripour 44x16, war by the formula", lambda: tariff_war._war(base), lambda: solve(base, 2 * base.tariffs))
    ]


def fixed_point(base: Baseline, objective: Any, start: str) -> Any:
    """Return the rates of a war, without the search for deviations."""
    game = new_game(base, list(ossa.REGIONS), objective, purge=True, **ossa.FREE)
    found = ossa._climbed(game, dict(starting_points(game, ossa.STARTS))[start])
    if found is None:
        raise SolveError(f"Nash tariffs from {start}: first-order conditions not met")
    return found


def games(data: Path) -> list[tuple[str, Act, Act]]:
    """Return optimal, Nash and cooperative tariffs of 7 regions and 33 industries."""
    inputs = inputs_of(ossa.PAPER, data)
    arrays = np.load(inputs["ossa2014_inputs_7x33.npz"], allow_pickle=False)
    base = ossa._world(arrays, ossa._sectors(inputs), arrays["sigma"]).purged(ossa.FIXED)
    players, lobby = list(ossa.REGIONS), arrays["lobby_weight"]
    one: Act = lambda: solve(base, 2 * base.tariffs, market=ossa.FIXED)  # noqa: E731
    rates = nash(base, players, **ossa.FREE).tariffs
    deal: dict[str, Any] = {"disagreement": rates, "solution": "equal-gains", **ossa.FREE}
    return [
        ("Ossa 7x33, optimal tariff of the US", lambda: optimal_tariffs(base, "US", **ossa.FREE), one),
        ("Ossa, the same with lobbying", lambda: optimal_tariffs(base, "US", objective=lobby, **ossa.FREE), one),
        ("Ossa, Nash tariffs", lambda: fixed_point(base, "real-income", "inverse elasticity"), one),
        ("Ossa, the same with lobbying", lambda: fixed_point(base, lobby, "observed"), one),
        ("Ossa, talks from the war", lambda: cooperative(base, players, **deal), one),
    ]


def main() -> None:
    """Print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    data = parser.parse_args().data
    print(f"{'what':<42}{'seconds':>9}{'single solves':>15}")  # noqa: T201
    for of in (nafta, liberation, war, games):
        try:
            rows = of(data)
        except MissingDataError as error:
            print(f"{of.__name__}: inputs are not there: {str(error).splitlines()[0]}")  # noqa: T201
            continue
        for what, act, one in rows:
            seconds = best(act)
            print(f"{what:<42}{seconds:>9.3f}{seconds / best(one):>15.0f}")  # noqa: T201


if __name__ == "__main__":
    main()
