"""From the accounts of a world in money to a baseline: the last step of every importer.

An importer reads somebody's layout into `Accounts`: flows, input use and value added in money, on one set of codes.
Here their cost is compared with their output, what rounding left over is spread and logged (checks B02, B11, B12), and
`Baseline.from_flows` checks the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from detente.baseline.baseline import Baseline
from detente.core.arrays import Array, Float
from detente.core.errors import Problem

BALANCE_TOLERANCE: Final = 1e-6
WEAK_SHARE: Final = 0.01
"""Moved by balancing, as a share of world value added: above it the baseline is weak (check B12)."""

WORST: Final = 10
LOGGED: Final = 20

Progress = Callable[[str, int, int], None]
"""Told by a reader while it works: what it reads, how much is done, how much there is (bytes or rows)."""


def silent(what: str, done: int, total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, eq=False)
class Accounts:
    """A world in money, as an importer hands it over; axes are origin, dest, sector.

    Attributes:
        countries: N codes. sectors: J codes.
        flows: (N, N, J) sales at producer value, home sales on the diagonal. [MUSD]
        inputs: (J, N, J) input sector k used by (country, sector). [MUSD]
        value_added: (N, J) primary cost, taxes less subsidies included. [MUSD]
        tariffs: (N, N, J) rate of dest on origin. [fraction]
        trade_elasticity: (J,) theta > 0.
        sources: goes into `meta`: id, years, source, licence, elasticity_set, services and whatever else is to be kept.
        treatment: of negative final demand, see `Baseline.from_flows`.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Float[Array, "origin dest sector"]
    inputs: Float[Array, "input origin sector"]
    value_added: Float[Array, "origin sector"]
    tariffs: Float[Array, "origin dest sector"]
    trade_elasticity: Float[Array, " sector"]
    sources: Mapping[str, Any]
    treatment: str | None = None

    def cell(self, o: int, s: int) -> str:
        """Return the codes of one producer."""
        return f"{self.countries[o]}, {self.sectors[s]}"


def assembled(accounts: Accounts) -> Baseline:
    """Return the baseline of accounts whose cost is their output (`check_accounts` found nothing).

    Returns:
        The checked baseline; `meta["balancing"]` says what was moved to make cost and output equal to the last bit,
        `meta["warnings"]` what is remarkable, `meta["weak"]` whether too much was moved.
    Raises:
        DataError: checks B04-B10; without file names, which the importer knows.
    """
    value_added_share, input_share, log = _cost_shares(accounts)
    base = Baseline.from_flows(
        accounts.countries,
        accounts.sectors,
        accounts.flows,
        accounts.tariffs,
        value_added_share,
        input_share,
        accounts.trade_elasticity,
        treatment=accounts.treatment,
        sources={**accounts.sources, "balancing": log},
    )
    moved = max(log["moved_share"], base.meta.get("treatment", {}).get("moved_share", 0.0))
    remarks = list(base.meta.get("warnings", ()))
    if moved > WEAK_SHARE:
        remarks.append(f"B12 balancing moved {100 * moved:.3g} % of world value added: a weak baseline")
    return base.replace(meta=MappingProxyType({**base.meta, "warnings": tuple(remarks), "weak": moved > WEAK_SHARE}))


def check_accounts(accounts: Accounts, where: Mapping[str, str]) -> list[Problem]:
    """Return the cells whose cost is not their output (check B02), the 10 worst, and idle cells with cost (row 59).

    Args:
        accounts: the accounts. where: file of "flows", "inputs" and "value_added", for the messages.
    """
    output = accounts.flows.sum(axis=1)
    inputs, value_added = accounts.inputs.sum(axis=0), accounts.value_added
    cost = inputs + value_added
    problems = []
    for o, s in np.argwhere((output == 0) & (cost > 0)):
        spent = f"inputs of {inputs[o, s]:g} and value added of {value_added[o, s]:g}"
        found = f"zero output but {spent} at {accounts.cell(o, s)}"
        problems.append(Problem(where["flows"], "B02 output", found, "sales, or no cost either"))
    for o, s in np.argwhere((output > 0) & (value_added == 0)):
        found = f"value added of 0 with an output of {output[o, s]:g} at {accounts.cell(o, s)}"
        problems.append(Problem(where["value_added"], "B05 value_added", found, "value added above 0"))
    off = np.abs(cost - output) / np.where(output > 0, output, 1.0) * (output > 0)
    worst = np.argsort(-off, axis=None, kind="stable")[: int((off > BALANCE_TOLERANCE).sum())]
    for at in worst[:WORST]:
        o, s = np.unravel_index(int(at), off.shape)
        found = (
            f"{cost[o, s]:.10g} against {output[o, s]:.10g} at {accounts.cell(int(o), int(s))} "
            f"({100 * (cost[o, s] / output[o, s] - 1):+.3g} %)"
        )
        expected = f"inputs + value added = sales, within {BALANCE_TOLERANCE:g}"
        problems.append(Problem(where["inputs"], "B02 cost = output", found, expected))
    if len(worst) > WORST:
        found = f"{len(worst)} of {off.size} cells unbalanced, the {WORST} worst are listed"
        problems.append(Problem(where["inputs"], "B02 cost = output", found, "none", "balancing the tables first"))
    return problems


def _cost_shares(accounts: Accounts) -> tuple[Array, Array, dict[str, Any]]:
    """Return value added shares, input shares, and the log of what was moved to make them add up (checks B11, B12)."""
    output = accounts.flows.sum(axis=1)
    cost = accounts.inputs.sum(axis=0) + accounts.value_added
    idle = output == 0
    divisor = np.where(idle, 1.0, cost)
    value_added_share = np.where(idle, 1.0, accounts.value_added / divisor)
    moved = np.abs(cost - output) * ~idle
    world = float(accounts.value_added.sum())
    largest = np.argsort(-moved, axis=None, kind="stable")[:LOGGED]
    log = {
        "method": "cost shares normalised to 1",
        "max_musd": float(moved.max()),
        "sum_musd": float(moved.sum()),
        "moved_share": float(moved.sum()) / world if world else 0.0,
        "max_imbalance": float((moved / np.where(idle, 1.0, output)).max()),
        "cells": tuple(_logged(accounts, moved, int(at)) for at in largest if moved.flat[int(at)] > 0),
    }
    return value_added_share, accounts.inputs / divisor, log


def _logged(accounts: Accounts, moved: Array, at: int) -> tuple[str, str, float]:
    o, s = np.unravel_index(at, moved.shape)
    return accounts.countries[int(o)], accounts.sectors[int(s)], float(moved[o, s])
