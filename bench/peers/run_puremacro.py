"""Solve one world with puremacro, in its own environment. Called by compare.py; reads and writes .npz.

    python run_puremacro.py world.npz answer.npz TOLERANCE

Axes are turned from (origin, dest, sector) to its (sector, dest, origin). Value added is given as a share of the
world's, because its stopping rule also asks for an excess demand below 1e-6 in the units of the data, which would
otherwise demand more than its tolerance says. No other setting is changed, except that more iterations are allowed.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from puremacro.trade.caliendo_parro import CaliendoParroModel

MAX_ITER = 20_000


def main(source: str, target: str, tolerance: str) -> None:
    """Solve the world of one file and write the answer, in the axes of the input, to the other."""
    with np.load(source, allow_pickle=False) as file:
        world = {name: file[name] for name in file.files}
    scale = world["value_added"].sum()
    before, after = (np.ascontiguousarray(1 + world[name].transpose(2, 1, 0)) for name in ("tariffs", "tariffs_new"))
    started = time.process_time()
    model = CaliendoParroModel(
        trade_shares=np.ascontiguousarray(world["share"].transpose(2, 1, 0)),
        gamma_va=world["value_added_share"],
        gamma_io=np.ascontiguousarray(world["input_share"].transpose(1, 2, 0)),
        alpha=world["final_share"],
        theta=world["trade_elasticity"],
        labor_income=world["value_added"] / scale,
        tariffs=before,
    )
    built = time.process_time()
    found = model.solve_counterfactual(tariffs_new=after, tol=float(tolerance), max_iter=MAX_ITER)
    seconds = np.array([built - started, time.process_time() - built])
    np.savez(
        target,
        wage_hat=found.w_hat,
        price_hat=found.P_hat,
        share_new=found.pi_prime.transpose(2, 1, 0),
        expenditure_new=found.X_prime * scale,
        revenue_new=found.tariff_revenue_prime * scale,
        welfare_hat=found.welfare_hat,
        seconds=seconds,
        iterations=np.array(found.iterations),
        converged=np.array(found.converged),
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
