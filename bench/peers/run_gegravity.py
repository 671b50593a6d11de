"""Solve a one-sector world with gegravity, in its own environment. Called by compare.py; reads and writes .npz.

    python run_gegravity.py world.npz answer.npz

In: countries, flows (origin, dest), cost_hat (origin, dest) iceberg change, sigma, reference (code of the importer
whose price index is 1). Trade costs are one cost variable, the logarithm of t^(1-sigma), with coefficient 1:
ln(flow * world output / (output of origin * spending of dest)), so that the baseline reproduces the flows exactly.

Out: price (factory gate, origin), index (price index of dest, new over old), welfare (spending over price index, new
over old), seconds (build and simulate), twice each: as the package solves it, and with the shares of output and
spending in its equations replaced by those of its own answer and solved again until they stop moving ("updated_*").
The second goes through names that the package does not document; it is here to find the reason for a difference.
"""

from __future__ import annotations

import sys
import time

import gegravity as ge
import numpy as np
import pandas as pd

ROUNDS, STILL = 100, 1e-11


def table(countries: np.ndarray, flows: np.ndarray, log_cost: np.ndarray) -> pd.DataFrame:
    """Return the long table of a square world that the package reads."""
    o, d = np.divmod(np.arange(flows.size), len(countries))
    output, spending = flows.sum(axis=1), flows.sum(axis=0)
    columns = {"exporter": countries[o], "importer": countries[d], "year": "1", "trade": flows.ravel()}
    return pd.DataFrame(columns | {"Y": output[o], "E": spending[d], "log_cost": log_cost.ravel()})


def model_of(world: dict[str, np.ndarray]) -> tuple[ge.OneSectorGE, float]:
    """Return the model with its experiment defined, and the seconds that this took."""
    flows, sigma = world["flows"], float(world["sigma"])
    output, spending = flows.sum(axis=1), flows.sum(axis=0)
    before = np.log(flows * flows.sum() / (output[:, None] * spending))
    after = before + (1 - sigma) * np.log(world["cost_hat"])
    started = time.process_time()
    names = {"imp_var_name": "importer", "exp_var_name": "exporter", "year_var_name": "year", "trade_var_name": "trade"}
    data = ge.BaselineData(table(world["countries"], flows, before), **names, expend_var_name="E", output_var_name="Y")
    one = pd.DataFrame([{"var": "log_cost", "coeff": 1.0}])
    model = ge.OneSectorGE(
        data,
        year="1",
        reference_importer=str(world["reference"]),
        sigma=sigma,
        cost_variables=["log_cost"],
        cost_coeff_values=ge.CostCoeffs(one, identifier_col="var", coeff_col="coeff"),
        quiet=True,
    )
    model.build_baseline(mr_max_iter=100_000, mr_tolerance=1e-13)
    model.define_experiment(table(world["countries"], flows, after).drop(columns="trade").assign(trade=flows.ravel()))
    return model, time.process_time() - started


def answer(model: ge.OneSectorGE, countries: np.ndarray) -> dict[str, np.ndarray]:
    """Return prices, price indices and welfare by country, new over old."""
    of = [model.country_set[str(code)] for code in countries]
    price = np.array([each.experiment_factory_price for each in of])
    index = np.array([each.experiment_imr / each.baseline_imr for each in of])
    return {"price": price, "index": index, "welfare": np.array([1 / each.welfare_stat for each in of])}


def updated(model: ge.OneSectorGE, world: dict[str, np.ndarray]) -> tuple[dict[str, np.ndarray], int]:
    """Return the answer when shares of output and spending follow the prices, and the rounds that took."""
    sigma, flows = float(world["sigma"]), world["flows"]
    codes = [str(code) for code in world["countries"]]
    named = {code: model.country_set[model._reference_importer_recode if code == str(world["reference"]) else code]
             for code in codes}  # fmt: skip
    output, spending, price = flows.sum(axis=1), flows.sum(axis=0), np.ones(len(codes))
    model._calculate_multilateral_resistance(trade_costs=model.experiment_trade_costs, version="conditional")
    rounds, moved = 0, np.inf
    while rounds < ROUNDS and moved > STILL:
        rounds += 1
        for i, code in enumerate(codes):
            named[code].baseline_output_share = output[i] * price[i] / (output @ price)
            named[code].baseline_expenditure_share = spending[i] * price[i] / (spending @ price)
        model._ge_method, model._ge_tolerance, model._ge_max_iter = "hybr", 1e-13, 100_000
        model._calculate_full_ge()
        last, price = price, np.array([named[code].experiment_factory_price for code in codes])
        moved = np.abs(price / last - 1).max()
    before, after = (
        np.array([getattr(named[code], name) for code in codes])
        for name in ("_baseline_imr_ratio", "_experiment_imr_ratio")
    )
    index = (after / before) ** (1 / (sigma - 1))
    return {"price": price, "index": index, "welfare": price / index}, rounds


def main(source: str, target: str) -> None:
    """Solve the world of one file and write the answer to the other."""
    with np.load(source, allow_pickle=False) as file:
        world = {name: file[name] for name in file.files}
    model, built = model_of(world)
    started = time.process_time()
    model.simulate(ge_tolerance=1e-13, ge_max_iter=100_000)
    seconds = time.process_time() - started
    found = answer(model, world["countries"])
    second, _ = model_of(world)
    again, rounds = updated(second, world)
    found |= {f"updated_{name}": values for name, values in again.items()}
    np.savez(target, seconds=np.array([built, seconds]), rounds=np.array(rounds), **found)


if __name__ == "__main__":
    main(*sys.argv[1:3])
