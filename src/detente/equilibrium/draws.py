"""Many draws of one branch: each with elasticities and levels of its own, solved as batches near the central run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.certificate import INVALID_INPUT, Certificate
from detente.core.closure import Closure
from detente.core.errors import DetenteError
from detente.core.once import Once
from detente.core.result import Result
from detente.equilibrium.batch import Near, roots
from detente.equilibrium.counterfactual import as_shock, certified
from detente.equilibrium.root import MAX_PASSES, TOL, Settings, find_root
from detente.equilibrium.shock import Shock
from detente.policy.wedges import Wedges

DRAWN = "drawn"
"""Name of the elasticity set of a draw."""


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
    read: Callable[[Result], Array],
    *,
    include_purge: bool = False,
    tol: float = TOL,
    max_iter: int = MAX_PASSES,
) -> list[Solved]:
    """Return the draws of a branch, each solved and certified in full, in their order.

    All start from the root of the central run, which is solved here and is near them; a draw that a batch cannot solve
    is solved alone.
    Args:
        base: the world. draws: elasticities (None: those of the world), and wedges or why there are none.
        centre: wedges of the central run. closure: the rule. read: what is kept of a certified result; its arrays are
            dropped afterwards. others: as in `solve`.
    """
    settings, once = Settings(tol, max_iter).validated(), Once()
    rule = closure.validated(base.countries)
    shocks: dict[int, Shock] = {}
    found: dict[int, Solved] = {}
    for at, (theta, wedges) in enumerate(draws):
        world = base if theta is None else base.with_elasticities(theta, DRAWN)
        made = _shock(world, wedges, rule, include_purge, once)
        if isinstance(made, Shock):
            shocks[at] = made
        else:
            found[at] = refused(made)
    places = list(shocks)
    near = _near(as_shock(base, centre.validated(base), rule, include_purge=include_purge), settings)
    for position, root, _ in roots([shocks[at] for at in places], settings, near):
        result = certified(shocks[places[position]], root, settings)
        found[places[position]] = solved_of(result.certificate, read(result) if result.certificate.ok else None)
    return [found[at] for at in range(len(draws))]


def _shock(base: Baseline, wedges: Wedges | DetenteError, rule: Closure, purge: bool, once: Once) -> Shock | DetenteError:
    """Return the shock of a draw, or why there is none."""
    if isinstance(wedges, DetenteError):
        return wedges
    try:
        return as_shock(base, wedges.validated(base), rule, include_purge=purge)
    except DetenteError as error:
        return error


def _near(shock: Shock, settings: Settings) -> Near | None:
    """Return where draws start from: the root of the central run, if it has one."""
    root = find_root(shock, settings)
    return Near.of(shock, root) if root.converged else None


def refused(error: DetenteError) -> Solved:
    """Return a draw whose numbers contradict each other, so that nothing was solved."""
    return Solved(INVALID_INPUT, float("inf"), str(error))


def solved_of(certificate: Certificate, kept: Array | None) -> Solved:
    """Return what is kept of a certified or failed solve."""
    text = "" if certificate.ok else "; ".join([certificate.line, *(warn.text for warn in certificate.warnings)])
    return Solved(certificate.status, certificate.worst[1], text, kept)
