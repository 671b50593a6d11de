"""The iteration in an array namespace, on numpy and on JAX, against the solver."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.core.closure import Closure
from detente.core.errors import UsageError
from detente.core.once import Once
from detente.equilibrium.batch import all_shocks
from detente.equilibrium.device import iterated_on
from detente.equilibrium.root import Settings
from detente.equilibrium.shock import Shock
from detente.equilibrium.together import together
from detente.solve.solution import CONVERGED
from detente.verify.worlds import invented, new_tariffs


def shocks(count: int = 6) -> list[Shock]:
    """Return tariff shocks on an invented world, every second one under elasticities of its own."""
    base = invented(6, 4, 3)
    wedges = [dt.Wedges(new_tariffs(base, seed)) for seed in range(count)]
    made = all_shocks(base, wedges, Closure(), include_purge=False, once=Once())
    spread = np.random.default_rng(1).uniform(0.7, 1.4, (count, 4))
    return [replace(each, theta=base.trade_elasticity * spread[at]) if at % 2 else each for at, each in enumerate(made)]


def welfare(shock: Shock) -> np.ndarray:
    base = shock.base if shock.theta is None else shock.base.replace(trade_elasticity=shock.theta)
    return dt.solve(base, shock.t_new, tol=1e-12).wage_hat


def held_against_the_solver(xp: Any, compiled: Any) -> None:
    made = shocks()
    solution = iterated_on(together(made), Settings(1e-12), xp, compiled)
    assert solution.status == (CONVERGED,) * len(made)
    for column, shock in enumerate(made):
        assert np.exp(solution.value[:6, column]) == pytest.approx(welfare(shock), rel=1e-10)


def test_on_numpy() -> None:
    held_against_the_solver(np, lambda f: f)


def test_on_jax_in_double_precision() -> None:
    """JAX keeps its settings for a whole process, so it gets one of its own."""
    pytest.importorskip("jax", reason="pip install detente[gpu]")
    program = (
        "import jax, sys; jax.config.update('jax_enable_x64', True); sys.path[:0] = sys.argv[1:]\n"
        "import importlib; module = importlib.import_module('cross.test_device')\n"
        "import jax.numpy as jnp; module.held_against_the_solver(jnp, jax.jit); print('same')"
    )
    tests = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program, tests],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "same", done.stderr


def test_what_it_cannot_do_is_refused() -> None:
    base = invented(6, 4, 3)
    cell = (base.countries[0], base.countries[1], base.sectors[0])
    quota = dt.Wedges(bounds=(dt.Bound("quota", (cell,), volume=0.5),))
    made = all_shocks(base, [quota, quota], Closure(), include_purge=False, once=Once())
    with pytest.raises(UsageError, match="found instruments"):
        iterated_on(together(made), Settings(), np)

    class Single:
        @staticmethod
        def asarray(values: np.ndarray) -> np.ndarray:
            return values.astype(np.float32)

    with pytest.raises(UsageError, match="single precision"):
        iterated_on(together(shocks(2)), Settings(), Single)
