"""Hundreds of scenarios on one baseline: each is solved and certified in full, and only what is compared is kept.

A certificate is recomputed from all stored arrays of a scenario, bilateral ones included; they are dropped afterwards.
Whoever wants them back (a chosen package, a report) solves that scenario again with `solve`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.certificate import Certificate
from detente.core.closure import Closure
from detente.core.errors import SolveError, UsageError, nearest
from detente.core.result import Result
from detente.equilibrium.batch import solve_many
from detente.equilibrium.root import MAX_PASSES, TOL
from detente.policy.wedges import Wedges

KEPT: Final = (
    "welfare_hat", "wage_hat", "income_new", "revenue_new", "deficit_new", "transfer_new", "price_hat", "cost_hat",
    "expenditure_new", "receipts_new", "bound_wedge",
)  # fmt: skip
"""What an evaluation keeps; the names are those of `arrays.npz` but for receipts_new."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A solved and certified scenario, without its bilateral arrays. Money is MUSD in units of the numeraire.

    Reading numbers of an evaluation that is not certified (and not merely marked) raises `SolveError`.

    Attributes:
        closure: what was held fixed. certificate: recomputed from all arrays before the bilateral ones were dropped.
        kept: arrays by name. By country: welfare_hat, wage_hat, income_new, revenue_new, deficit_new, transfer_new;
            by (country, sector): price_hat, expenditure_new of the market, cost_hat, receipts_new (what producers get,
            rents taken out) of the producer; bound_wedge, 1 + mu of each of the bounds, if there are any.
    """

    closure: Closure
    certificate: Certificate
    kept: Mapping[str, Array] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Return the status of the certificate, for example "CERTIFIED"."""
        return self.certificate.status

    @property
    def welfare_hat(self) -> Array:
        """Return the exact change of real income, (N,). [ratio]"""
        return self["welfare_hat"]

    def __getitem__(self, name: str) -> Array:
        """Return one array of `kept`, the guard included."""
        if not self.certificate.ok:
            raise SolveError(
                f"{name}: found a scenario with status {self.certificate.line}; expected a certified one. "
                "Its numbers are not an equilibrium and cannot be read",
                certificate=self.certificate,
            )
        if name not in self.kept:
            hint = nearest(name, KEPT) or "solve for the bilateral arrays"
            raise UsageError(f"unknown array {name!r}; an evaluation keeps {', '.join(KEPT)}; try {hint}")
        return self.kept[name]


def evaluate_many(
    base: Baseline,
    wedges: Iterable[Wedges],
    *,
    closure: str | Closure = "world-share",
    numeraire: str | None = None,
    revenue: str = "lump-sum",
    include_purge: bool = False,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
) -> Iterator[Evaluation]:
    """Solve and certify many scenarios on one baseline, and yield what is compared of each, in their order.

    The same numbers and certificates as `solve` one by one, at a small part of the cost. Scenarios may differ in
    tariffs, icebergs, instruments and demand; those that share critical inputs are solved together. Wedges that share
    an array or a tuple (the same object) are checked once. Everything is checked before the first is solved; after
    that a consumer may stop at any time (progress, an interrupt) and keeps what it has.

    Args:
        base: the world before, for all of them. wedges: policy after the change, one for each scenario.
        others: as in `solve`, for all scenarios.
    Returns:
        An iterator over one evaluation for each of the wedges. A scenario without a certified equilibrium is yielded
        as well: its status says so, and its numbers cannot be read.
    Raises:
        UsageError, DataError, PolicyError: as `solve`; the scenario is named by its position, the first being 0.
    """
    results = solve_many(
        base, wedges, closure=closure, numeraire=numeraire, revenue=revenue, include_purge=include_purge,
        tol=tol, max_iter=max_iter, throw=False,
    )  # fmt: skip
    return (_kept(result) for result in results)


def _kept(result: Result) -> Evaluation:
    if not result.certificate.ok:
        return Evaluation(result.closure, result.certificate)
    kept: dict[str, Any] = {
        name: np.asarray(result[name]) for name in KEPT if name not in ("receipts_new", "bound_wedge")
    }
    kept["receipts_new"] = (result.flows_new / result["wedge"] + result["rent_lost"]).sum(axis=1)
    if "bound_wedge" in result.stored:
        kept["bound_wedge"] = result.stored["bound_wedge"]
    return Evaluation(result.closure, result.certificate, kept)
