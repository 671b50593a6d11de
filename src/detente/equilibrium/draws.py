"""Many draws of one branch, each with elasticities and levels of its own, solved as batches.

A draw moves numbers and no structure: shares and levels of the baseline, cells, users of critical inputs and the order
of instruments are those of the central run. So the dense factors are the baseline's shares, for all draws, and what a
draw's own elasticities do is a list of the cells that policy changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from detente.baseline import Baseline
from detente.certify import Evidence
from detente.core.arrays import Array
from detente.core.certificate import INVALID_INPUT, Certificate
from detente.core.closure import Closure
from detente.core.errors import DetenteError
from detente.core.instruments import TARIFF_RATE_QUOTA, Bound, CriticalInput
from detente.core.once import Once
from detente.core.result import Result
from detente.equilibrium.assemble import outputs
from detente.equilibrium.batch import batches, iterated
from detente.equilibrium.counterfactual import as_shock, baseline_facts, certified, verdict
from detente.equilibrium.instruments import Plan
from detente.equilibrium.root import MAX_PASSES, TOL, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.equilibrium.together import SideBySide, together
from detente.model.clearing import clear
from detente.policy.wedges import Wedges
from detente.solve.solution import CONVERGED

DRAWN: Final = "drawn"
"""Name of the elasticity set of a draw."""

Read = Callable[[Result], Array]


@dataclass(frozen=True, eq=False)
class Solved:
    """One draw.

    Attributes:
        status: of its certificate. residual: the largest recomputed. text: what was said where there are no numbers.
        kept: what the caller read of a certified result, or None.
    """

    status: str
    residual: float
    text: str = ""
    kept: Array | None = None

    @property
    def ok(self) -> bool:
        """Return whether there are numbers."""
        return self.kept is not None


def evaluate_draws(
    base: Baseline,
    draws: Sequence[tuple[Array | None, Wedges | DetenteError]],
    centre: Wedges,
    closure: Closure,
    read: Read,
    *,
    include_purge: bool = False,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
) -> list[Solved]:
    """Return the draws of a branch, each solved and certified in full, in their order.

    Args:
        base: the world. draws: elasticities (None: those of the world), and wedges or why there are none.
        centre: wedges of the central run. closure: the rule. read: what is kept of a certified result, whose arrays are
            dropped afterwards. others: as in `solve`.
    Returns:
        A draw for each; one without a certified equilibrium has its status and no numbers.
    """
    rule, settings = closure.validated(base.countries), Settings(tol, max_iter).validated()
    work = _Work(base, rule, include_purge, settings, read, Once())
    centre = centre.validated(base, work.once)
    found: dict[int, Solved] = {}
    shocks: dict[int, Shock] = {}
    for at, (theta, wedges) in enumerate(draws):
        made = wedges if isinstance(wedges, DetenteError) else _shock(work, theta, wedges, centre)
        if isinstance(made, Shock):
            shocks[at] = made
        else:
            found[at] = refused(made)
    places = list(shocks)
    for at, solved in _all_solved(work, list(shocks.values())):
        found[places[at]] = solved
    return [found[at] for at in range(len(draws))]


@dataclass(frozen=True)
class _Work:
    """What all draws share."""

    base: Baseline
    closure: Closure
    include_purge: bool
    settings: Settings
    read: Read
    once: Once

    def kept(self, shock: Shock, certificate: Certificate, stored: Mapping[str, Array]) -> Solved:
        """Return what is kept of the outputs of a draw; no table of countries depends on elasticities beside them."""
        result = Result(self.base, self.closure, certificate, stored)
        text = "" if certificate.ok else "; ".join([certificate.line, *(warn.text for warn in certificate.warnings)])
        return Solved(certificate.status, certificate.worst[1], text, self.read(result) if certificate.ok else None)


def _shock(work: _Work, theta: Array | None, wedges: Wedges, centre: Wedges) -> Shock | DetenteError:
    """Return the shock of a draw, or why there is none; what differs from the centre in levels alone is not checked."""
    alike = _alike(wedges.bounds, centre.bounds)
    try:
        bounds = centre.bounds if alike else wedges.bounds
        checked = replace(wedges, critical=centre.critical, bounds=bounds).validated(work.base, work.once)
        checked = replace(checked, bounds=wedges.bounds) if alike else checked
        shock = as_shock(work.base, checked, work.closure, include_purge=work.include_purge, once=work.once)
    except DetenteError as error:
        return error
    nests = shock.nests
    if nests is not None:
        rho = np.append([item.rho for item in wedges.critical], 1.0)[work.once(_owners, work.base, centre.critical)]
        nests = replace(nests, rho=np.where(nests.rho == 1, 1.0, rho[..., None]))
    return replace(
        shock,
        plan=None if shock.plan is None else _with_theta(shock.plan, theta),
        nests=nests,
        wedges=replace(checked, critical=wedges.critical),
        theta=theta,
    )


def _alike(bounds: Sequence[Bound], others: Sequence[Bound]) -> bool:
    """Return whether instruments are the same but for their levels, none of them with two rates that could cross."""
    return len(bounds) == len(others) and all(
        (one.kind, one.cells, one.to) == (two.kind, two.cells, two.to) and one.kind != TARIFF_RATE_QUOTA
        for one, two in zip(bounds, others, strict=True)
    )


def _owners(base: Baseline, critical: Sequence[CriticalInput]) -> Array:
    """Return, for every producer, which critical input says its substitution, -1 for none; (country, sector)."""
    owner = np.full(base.shape, -1, dtype=np.int64)
    country, sector = ({code: at for at, code in enumerate(codes)} for codes in (base.countries, base.sectors))
    for number, item in enumerate(critical):
        places = np.array([(country[c], sector[s]) for c, s in item.users], dtype=np.int64).reshape(-1, 2)
        owner[tuple(places.T)] = number
    return owner


def _with_theta(plan: Plan, theta: Array | None) -> Plan:
    """Return instruments under other elasticities."""
    if theta is None:
        return plan
    return replace(plan, wedges=replace(plan.wedges, theta=theta[plan.wedges.sector][:, None]))


def _all_solved(work: _Work, shocks: Sequence[Shock]) -> Iterator[tuple[int, Solved]]:
    """Yield position and draw, not in order; what a batch cannot certify is solved alone."""
    alone = set(range(len(shocks)))
    for group, instruments in batches(shocks):
        for at, solved in _batch_solved(work, [shocks[at] for at in group], instruments):
            if solved.ok:
                alone.remove(group[at])
                yield group[at], solved
    for at in sorted(alone):
        result = certified(shocks[at], find_root(shocks[at], work.settings), work.settings, once=work.once)
        yield at, work.kept(shocks[at], result.certificate, result.stored)


def _batch_solved(work: _Work, shocks: Sequence[Shock], instruments: SideBySide) -> Iterator[tuple[int, Solved]]:
    """Yield the draws of one batch that converged, certified from their columns."""
    batch = together(shocks, instruments)
    solution = iterated(batch, work.settings)
    econ = batch.of(batch.everyone)
    with np.errstate(all="ignore"):
        at = clear(econ, solution.value)
    for column, shock in enumerate(shocks):
        if solution.status[column] != CONVERGED:
            continue
        evidence = Evidence(
            solver_status=CONVERGED,
            iterations=int(solution.steps[column]),
            baseline=work.once(baseline_facts, work.base),
            parts=batch.found.parts,
        )
        stored = outputs(shock, econ, solution.value, at, batch.seat(column))
        yield column, work.kept(shock, verdict(shock, stored, evidence, batch.found, work.once), stored)


def refused(error: DetenteError) -> Solved:
    """Return a draw whose numbers contradict each other, so that nothing was solved."""
    return Solved(INVALID_INPUT, float("inf"), str(error))
