"""Hundreds of scenarios on one baseline: each is solved and certified in full, and only what is compared is kept.

A certificate is recomputed from all stored arrays of a scenario, bilateral ones included; they are dropped afterwards.
Whoever wants them back (a chosen package, a report) solves that scenario again with `solve`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from detente.baseline import Baseline
from detente.certify import Evidence
from detente.core.arrays import Array
from detente.core.certificate import Certificate
from detente.core.closure import Closure
from detente.core.errors import SolveError, UsageError, nearest
from detente.core.once import Once
from detente.equilibrium.assemble import outputs, receipts
from detente.equilibrium.batch import all_shocks, batches, iterated
from detente.equilibrium.counterfactual import baseline_facts, certified, check_arguments, closure_rule, verdict
from detente.equilibrium.root import MAX_PASSES, TOL, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.equilibrium.together import SideBySide, together
from detente.model.clearing import clear
from detente.policy.wedges import Wedges
from detente.solve.solution import CONVERGED

KEPT: Final = (
    "welfare_hat", "wage_hat", "income_new", "revenue_new", "deficit_new", "transfer_new", "price_hat", "cost_hat",
    "expenditure_new", "receipts_new", "bound_wedge", "value_added_share_new",
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
            rents taken out) of the producer, value_added_share_new where critical inputs change it; bound_wedge, 1 + mu
            of each of the bounds, if there are any.
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
    settings, once = Settings(tol, max_iter).validated(), Once()
    check_arguments(base, None, None, None, "quick")
    rule = closure_rule(closure, numeraire, revenue)
    shocks = all_shocks(base, wedges, rule, include_purge=include_purge, once=once)
    return _in_order(shocks, settings, once)


def _in_order(shocks: Sequence[Shock], settings: Settings, once: Once) -> Iterator[Evaluation]:
    """Yield the evaluations of shocks in their order; batches are worked on side by side."""
    groups = batches(shocks)
    alone = set(range(len(shocks))) - {at for group, _ in groups for at in group}
    tasks: list[tuple[list[int], SideBySide | None]] = sorted(
        [*groups, *(([at], None) for at in alone)], key=lambda task: task[0]
    )
    pool = ThreadPoolExecutor(max_workers=max(1, min(_cores(), len(tasks))))
    try:
        waiting = [
            (task, pool.submit(_evaluated, [shocks[at] for at in task], instruments, settings, once))
            for task, instruments in tasks
        ]
        done: dict[int, Evaluation] = {}
        for at in range(len(shocks)):
            while at not in done:
                task, future = waiting.pop(0)
                done |= dict(zip(task, future.result(), strict=True))
            yield done.pop(at)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _evaluated(
    shocks: Sequence[Shock], instruments: SideBySide | None, settings: Settings, once: Once
) -> list[Evaluation]:
    """Return the evaluations of one batch, or of one shock alone; what a batch cannot certify is solved alone."""
    if instruments is None:
        return [_alone(shock, settings, once) for shock in shocks]
    batch = together(shocks, instruments)
    solution = iterated(batch, settings)
    econ = batch.of(batch.everyone)
    with np.errstate(all="ignore"):
        at = clear(econ, solution.value)
    found = []
    for column, shock in enumerate(shocks):
        evidence = Evidence(
            solver_status=solution.status[column],
            iterations=int(solution.steps[column]),
            baseline=once(baseline_facts, shock.base),
            parts=batch.found.parts,
        )
        one = None
        if evidence.solver_status == CONVERGED:
            stored = outputs(shock, econ, solution.value, at, batch.seat(column))
            one = Evaluation(shock.closure, verdict(shock, stored, evidence, batch.found, once), _kept(stored))
        found.append(one if one is not None and one.certificate.ok else _alone(shock, settings, once))
    return found


def _alone(shock: Shock, settings: Settings, once: Once) -> Evaluation:
    """Return the evaluation of a shock by the plain solver."""
    result = certified(shock, find_root(shock, settings), settings, once=once)
    return Evaluation(shock.closure, result.certificate, _kept(result.stored))


def _kept(stored: Mapping[str, Array]) -> dict[str, Array]:
    """Return what is kept of the outputs of a scenario."""
    if not stored:
        return {}
    kept = {name: stored[name] for name in KEPT if name in stored}
    received = receipts(stored)
    received.flags.writeable = False
    return {"transfer_new": np.zeros(len(received)), **kept, "receipts_new": received}
