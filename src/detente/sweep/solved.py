"""Solve and certify many draws of one branch; of each, its status and its table of countries are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.certificate import INVALID_INPUT, Certificate
from detente.core.closure import Closure
from detente.core.errors import DetenteError
from detente.core.result import Result
from detente.equilibrium.counterfactual import solve
from detente.policy.wedges import Wedges

DRAWN = "drawn"
"""Name of the elasticity set of a draw."""

Reading = Callable[[Result], Array]


@dataclass(frozen=True, eq=False)
class Solved:
    """One draw.

    Attributes:
        status: of its certificate. residual: the largest recomputed. text: what was said where there are no numbers.
        table: (variable, label) values of table "countries", or None.
    """

    status: str
    residual: float
    text: str = ""
    table: Array | None = None

    @property
    def ok(self) -> bool:
        """Return whether there are numbers."""
        return self.table is not None


def evaluated(
    base: Baseline,
    draws: Sequence[tuple[Array | None, Wedges | DetenteError]],
    closure: Closure,
    of: Reading,
    **settings: Any,
) -> Iterator[Solved]:
    """Yield the draws of a branch, solved and certified, in their order.

    Args:
        base: the world. draws: elasticities (None: those of the world), and wedges or why there are none.
        closure: the rule. of: reads the table of a certified result. settings: tol, max_iter, include_purge of `solve`.
    """
    for theta, wedges in draws:
        world = base if theta is None else base.with_elasticities(theta, DRAWN)
        if isinstance(wedges, DetenteError):
            yield refused(wedges)
            continue
        try:
            result = solve(world, wedges=wedges, closure=closure, throw=False, **settings)
        except DetenteError as error:
            yield refused(error)
            continue
        yield solved_of(result.certificate, of(result) if result.certificate.ok else None)


def refused(error: DetenteError) -> Solved:
    """Return a draw whose numbers contradict each other, so that nothing was solved."""
    return Solved(INVALID_INPUT, float("inf"), str(error))


def solved_of(certificate: Certificate, table: Array | None) -> Solved:
    """Return what is kept of a certified or failed solve."""
    text = "" if certificate.ok else "; ".join([certificate.line, *(warn.text for warn in certificate.warnings)])
    return Solved(certificate.status, certificate.worst[1], text, table)
