"""Market structures: how firms compete, what they earn, and how labour is supplied (MODEL: model family)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array, frozen_array
from detente.core.errors import Problem, UsageError, nearest

PERFECT: Final = "perfect"
KRUGMAN_FIXED: Final = "krugman-fixed"
KRUGMAN_FREE: Final = "krugman-free"
MELITZ_PARETO: Final = "melitz-pareto"
KINDS: Final = (PERFECT, KRUGMAN_FIXED, KRUGMAN_FREE, MELITZ_PARETO)

PARAMETERS: Final[Mapping[str, tuple[str, ...]]] = {
    PERFECT: (),
    KRUGMAN_FIXED: (),
    KRUGMAN_FREE: ("scale_elasticity",),
    MELITZ_PARETO: ("fixed_cost_share", "scale_elasticity", "pass_through", "labour_elasticity"),
}
"""Kind -> the parameters it has."""

PARETO: Final = 0.67
"""Scale elasticity times trade elasticity of Ignatenko, Lashkaripour, Macedoni and Simonovska (2025)."""
LABOUR: Final = 0.5
"""Labour supply elasticity of the same paper."""
LEAST, MOST = 0.1, 10.0
"""Pass-throughs outside are mistakes of unit."""


@dataclass(frozen=True)
class Market:
    """How firms compete, as asked for; parameters left out take the values of the source.

    | kind | what it is | source |
    |---|---|---|
    | perfect | no profits, constant costs | Eaton and Kortum (2002), Caliendo and Parro (2015) |
    | krugman-fixed | a fixed number of firms, mark-ups 1/theta: profits are income | Ossa (2014) |
    | krugman-free | free entry: varieties move with output over cost | Krugman (1980), Kucheryavyy et al. (2023) |
    | melitz-pareto | fixed costs paid to labour of dest, elastic labour; one sector | Ignatenko et al. (2025) |

    Attributes:
        kind: one of the above.
        scale_elasticity: psi; one number, or one for each sector (krugman-free), 0 <= psi theta <= 1. Default 1/theta
            for krugman-free, 0.67/theta for melitz-pareto, where psi eta < 1 is enough.
        fixed_cost_share: nu, share of sales that pays fixed costs to labour of the destination; one number or one for
            each country, 0 <= nu < 1. melitz-pareto; default 0.
        pass_through: phi, how many times a tariff counts as a cost of trade; one number or one for each country.
            melitz-pareto; default 1 + nu/(1 - nu) (1 + psi).
        labour_elasticity: eta, elasticity of labour supply to the real wage, >= 0. melitz-pareto; default 0.5.
    """

    kind: str = PERFECT
    scale_elasticity: Any = None
    fixed_cost_share: Any = None
    pass_through: Any = None
    labour_elasticity: Any = None

    def __post_init__(self) -> None:
        for name in ("scale_elasticity", "fixed_cost_share", "pass_through", "labour_elasticity"):
            value = getattr(self, name)
            if isinstance(value, np.ndarray | list):
                object.__setattr__(self, name, _frozen(value))

    @property
    def perfect(self) -> bool:
        """Return whether this is the default model."""
        return self.kind == PERFECT

    @property
    def title(self) -> str:
        """Return the structure with its parameters, as printed beside results."""
        given = {name: getattr(self, name) for name in PARAMETERS.get(self.kind, ()) if getattr(self, name) is not None}
        return self.kind + "".join(f", {name} {_short(value)}" for name, value in given.items())

    def on(self, countries: tuple[str, ...], trade_elasticity: Array, inputs: bool) -> Firms | None:
        """Return the structure on a world, or None for perfect competition.

        Args:
            countries: codes. trade_elasticity: (J,). inputs: whether the world has intermediate inputs.
        Raises:
            UsageError: unknown kind, parameters that do not belong to it or are out of range; all problems at once.
        """
        problems = self._misplaced()
        n, theta = len(countries), np.asarray(trade_elasticity)
        j = len(theta)
        if self.kind == MELITZ_PARETO and (j > 1 or inputs):
            found = f"{j} sectors" + (" with intermediate inputs" if inputs else "")
            problems.append(Problem("", "market", f"melitz-pareto on {found}", "one sector without inputs", ""))
        scale = self._scale(theta, problems)
        nu = _numbers("fixed_cost_share", self.fixed_cost_share, n, 0.0, (0.0, 1.0), problems, open_above=True)
        eta = _numbers("labour_elasticity", self.labour_elasticity, 1, LABOUR, (0.0, np.inf), problems)
        psi = scale[:1]
        if self.kind == MELITZ_PARETO and psi[0] * eta[0] >= 1:
            found = f"{psi[0]:.6g} with labour_elasticity {eta[0]:.6g}"
            expected = "a product below 1: beyond it work raises the real wage that calls for it without end"
            problems.append(Problem("", "market.scale_elasticity", found, expected))
        phi = _numbers("pass_through", self.pass_through, n, 1 + nu / (1 - nu) * (1 + psi), (LEAST, MOST), problems)
        if problems:
            raise UsageError(problems=problems)
        if self.perfect:
            return None
        if self.kind == KRUGMAN_FIXED:
            return Firms(self.kind, profit_share=frozen_array(1 / (theta + 1)))
        if self.kind == KRUGMAN_FREE:
            return Firms(self.kind, scale_elasticity=frozen_array(scale))
        parts = {"fixed_cost_share": nu, "pass_through": phi, "scale_elasticity": psi}
        frozen = {name: frozen_array(values) for name, values in parts.items()}
        return Firms(self.kind, labour_elasticity=float(eta[0]), **frozen)

    def _misplaced(self) -> list[Problem]:
        """Return the problems of kind and names."""
        if self.kind not in KINDS:
            hint = nearest(str(self.kind), KINDS)
            return [Problem("", "market", repr(self.kind), f"one of {', '.join(KINDS)}", repr(hint) if hint else "")]
        every = sorted({name for names in PARAMETERS.values() for name in names})
        given = [name for name in every if getattr(self, name) is not None and name not in PARAMETERS[self.kind]]
        allowed = ", ".join(PARAMETERS[self.kind]) or "no parameter"
        return [Problem("", f"market.{name}", "a value", f"{allowed} for {self.kind}") for name in given]

    def _scale(self, theta: Array, problems: list[Problem]) -> Array:
        """Return psi of each sector; its product with theta may not pass 1."""
        default = (PARETO if self.kind == MELITZ_PARETO else 1.0) / theta
        psi = _numbers("scale_elasticity", self.scale_elasticity, len(theta), default, (0.0, np.inf), problems)
        over = psi * theta > 1 + 1e-12
        if over.any() and self.kind == KRUGMAN_FREE:
            at = int((psi * theta).argmax())
            found = f"{psi[at]:.6g}, {psi[at] * theta[at]:.6g} times 1/theta"
            expected = "at most 1/theta: beyond it there is no stable interior equilibrium"
            problems.append(Problem("", "market.scale_elasticity", found, expected, f"{1 / theta[at]:.6g} or less"))
        return psi


PERFECT_MARKET: Final = Market()
"""The default model."""


@dataclass(frozen=True, eq=False)
class Firms:
    """A market structure on a world: every parameter as an array.

    Attributes:
        kind: of the market. profit_share: m, (J,) or None. scale_elasticity: psi, (J,) or None.
        fixed_cost_share: nu, (N,) or None. pass_through: phi, (N,) or None. labour_elasticity: eta.
    """

    kind: str
    profit_share: Array | None = None
    scale_elasticity: Array | None = None
    fixed_cost_share: Array | None = None
    pass_through: Array | None = None
    labour_elasticity: float = 0.0


def as_market(market: Any) -> Market:
    """Return what was given as `market=`: a Market, or the name of one.

    Raises:
        UsageError: neither.
    """
    if isinstance(market, Market):
        return market
    if isinstance(market, str):
        return Market(market)
    raise UsageError(f"market: found {market!r}; expected one of {', '.join(KINDS)}, or dt.Market(..)")


def _numbers(
    name: str, value: Any, count: int, default: Any, limits: tuple[float, float], problems: list[Problem], *,
    open_above: bool = False,
) -> Array:  # fmt: skip
    """Return one number for each of `count` places; what is wrong is noted and replaced by the default."""
    usual: Array = np.broadcast_to(np.asarray(default, dtype=np.float64), count)
    if value is None:
        return usual
    low, high = limits
    span = f"from {low:g} to {'below ' if open_above else ''}{high:g}" if np.isfinite(high) else f"of at least {low:g}"
    expected = f"one number or {count}, {span}" if count > 1 else f"one number {span}"
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.full(1, np.nan)
    shaped = array.ndim == 0 or array.shape == (count,)
    inside = (array >= low) & ((array < high) if open_above else (array <= high)) & np.isfinite(array)
    if not shaped or not inside.all():
        found = f"{array.size} numbers" if not shaped else _short(value)
        problems.append(Problem("", f"market.{name}", found, expected))
        return usual
    return np.broadcast_to(array, count)


def _frozen(values: Any) -> Any:
    """Return an array or list as plain numbers that cannot be changed."""
    array = np.asarray(values, dtype=object)
    return tuple(_frozen(item) for item in array) if array.ndim else array.item()


def _short(value: Any) -> str:
    array = np.asarray(value, dtype=object)
    if array.ndim == 0:
        return f"{value:.6g}" if isinstance(value, int | float | np.number) else repr(value)
    return f"{array.size} numbers from {min(array.ravel()):.6g} to {max(array.ravel()):.6g}"
