"""One result type, whatever produced it: arrays, certificate, provenance. It does not know how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from detente.core.arrays import Array
from detente.core.bands import Bands
from detente.core.certificate import Certificate
from detente.core.closure import Closure
from detente.core.errors import SolveError, UsageError, nearest
from detente.core.instruments import Bound, CriticalInput
from detente.core.market import PERFECT_MARKET, Market
from detente.core.once import Once

if TYPE_CHECKING:
    import pandas as pd

BASE_KEYS = (
    "flows", "tariffs", "share", "expenditure", "value_added_share", "input_share", "final_share", "final_exogenous",
    "trade_elasticity", "value_added", "income", "deficit",
)  # fmt: skip
NEW_KEYS = (
    "tariffs_new", "trade_cost_hat", "wedge", "wage_hat", "cost_hat", "price_hat", "share_new", "expenditure_new",
    "revenue_new", "transfer_new", "rent_exporter", "rent_importer", "rent_other", "rent_lost", "income_new",
    "deficit_new", "welfare_hat", "flows_new", "final_exogenous_new",
)  # fmt: skip

INSTRUMENT_KEYS = (
    "value_added_share_new", "input_share_new", "critical_share", "substitution", "directed_new", "bound_wedge",
)  # fmt: skip
"""Stored only where the shock has instruments or critical inputs; `bound_wedge` is 1 + mu of each bound."""

MARKET_KEYS = ("profits", "profits_new", "variety_hat", "labour_hat", "welfare_utility_hat")
"""Stored only under another market structure than perfect competition; the last one with elastic labour only."""


class World(Protocol):
    """What a result needs of its baseline: labels and the arrays named in BASE_KEYS, and its identity."""

    def __hash__(self) -> int: ...
    @property
    def id(self) -> str: ...
    @property
    def countries(self) -> tuple[str, ...]: ...
    @property
    def sectors(self) -> tuple[str, ...]: ...
    @property
    def flows(self) -> Array: ...
    @property
    def tariffs(self) -> Array: ...
    @property
    def share(self) -> Array: ...
    @property
    def expenditure(self) -> Array: ...
    @property
    def output(self) -> Array: ...
    @property
    def value_added_share(self) -> Array: ...
    @property
    def input_share(self) -> Array: ...
    @property
    def final_share(self) -> Array: ...
    @property
    def final_exogenous(self) -> Array: ...
    @property
    def trade_elasticity(self) -> Array: ...
    @property
    def value_added(self) -> Array: ...
    @property
    def income(self) -> Array: ...
    @property
    def revenue(self) -> Array: ...
    @property
    def deficit(self) -> Array: ...
    @property
    def meta(self) -> Mapping[str, Any]: ...


def all_arrays(baseline: World, stored: Mapping[str, Array], once: Once | None = None) -> dict[str, Array]:
    """Return every array of `arrays.npz`: the baseline's, the stored ones, and constants where no instrument binds.

    Args:
        baseline: the world before. stored: counterfactual arrays; wedges of 1 and rents of 0 may be left out.
        once: gives results on one baseline the same objects for what they share.
    """
    base, constants = (once or Once())(_known, baseline)
    new = {name: stored[name] if name in stored else constants[name] for name in NEW_KEYS}
    return base | new | {name: stored[name] for name in (*INSTRUMENT_KEYS, *MARKET_KEYS) if name in stored}


def _known(baseline: World) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the arrays of a baseline, and what stands for arrays of a result that were left out."""
    cells = baseline.flows.shape
    ones, zeros = np.broadcast_to(1.0, cells), np.broadcast_to(0.0, cells)
    constants = dict.fromkeys(("rent_exporter", "rent_importer", "rent_other", "rent_lost"), zeros)
    transfers = np.broadcast_to(0.0, len(baseline.countries))
    constants |= {"wedge": ones, "trade_cost_hat": ones, "transfer_new": transfers}
    return {name: np.asarray(getattr(baseline, name)) for name in BASE_KEYS}, constants


@dataclass(frozen=True, eq=False)
class Result:
    """A solved counterfactual. Money is MUSD in units of the numeraire; hats are new / base, 1 = no change.

    Reading numbers of a result that is not certified (and not merely marked) raises `SolveError`.

    Attributes:
        baseline: the world it starts from. closure: what was held fixed.
        certificate: recomputed residuals and status.
        stored: the counterfactual arrays that are not constants; use the properties or `arrays`.
        provenance: versions, settings, checksums, timings; plain data.
        groups: named groups of countries for tables, name to positions.
        bounds: the instruments of the shock, in the order of `bound_wedge`. critical: its critical inputs.
        market: how firms compete. Under another structure than "perfect", `baseline` is the world read under it.
        bands: the same numbers under draws, or None.
    """

    baseline: World
    closure: Closure
    certificate: Certificate
    stored: Mapping[str, Array]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, list[int]] = field(default_factory=dict)
    bounds: tuple[Bound, ...] = ()
    critical: tuple[CriticalInput, ...] = ()
    market: Market = PERFECT_MARKET
    bands: Bands | None = None

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the codes of the N economies."""
        return self.baseline.countries

    @property
    def sectors(self) -> tuple[str, ...]:
        """Return the codes of the J sectors."""
        return self.baseline.sectors

    @property
    def status(self) -> str:
        """Return the status of the certificate, for example "CERTIFIED"."""
        return self.certificate.status

    @property
    def solver_status(self) -> str:
        """Return how the iteration ended, for example "CONVERGED"."""
        return self.certificate.solver_status

    @property
    def timing(self) -> Mapping[str, float]:
        """Return wall seconds of "solve" and "certify"; not part of any checksum."""
        timing: Mapping[str, float] = self.provenance.get("timing", {})
        return timing

    def __getitem__(self, name: str) -> Array:
        """Return one array by its name in `arrays.npz`, the guard included."""
        self._guard(name)
        if name not in self._all:
            raise UsageError(
                f"unknown array {name!r}; try {nearest(name, (*BASE_KEYS, *NEW_KEYS)) or 'one of NEW_KEYS'}"
            )
        return self._all[name]

    def _guard(self, name: str) -> None:
        """Raise `SolveError` unless the numbers may be read."""
        if not self.certificate.ok:
            raise SolveError(
                f"{name}: found a result with status {self.certificate.line}; expected a certified one. "
                "Its numbers are not an equilibrium and cannot be read; see result.certificate",
                certificate=self.certificate,
            )

    @cached_property
    def _all(self) -> Mapping[str, Array]:
        return all_arrays(self.baseline, self.stored)

    @property
    def arrays(self) -> dict[str, Array]:
        """Return every array of `arrays.npz` by key, baseline and counterfactual, labels included."""
        self._guard("arrays")
        labels = {"countries": np.array(self.countries), "sectors": np.array(self.sectors)}
        return labels | {name: self[name] for name in self._all}

    @property
    def welfare_hat(self) -> Array:
        """Return the exact change of real income, (N,). [ratio]"""
        return self["welfare_hat"]

    @property
    def wage_hat(self) -> Array:
        """Return the change of wages in units of the numeraire, (N,). [ratio]"""
        return self["wage_hat"]

    @property
    def price_hat(self) -> Array:
        """Return the change of the price index of each market, (dest, sector). [ratio]"""
        return self["price_hat"]

    @property
    def cost_hat(self) -> Array:
        """Return the change of input cost, (origin, sector). [ratio]"""
        return self["cost_hat"]

    @property
    def share_new(self) -> Array:
        """Return new spending shares, (origin, dest, sector), tariff included."""
        return self["share_new"]

    @property
    def expenditure_new(self) -> Array:
        """Return new spending, (dest, sector), tariff included. [MUSD]"""
        return self["expenditure_new"]

    @property
    def flows_new(self) -> Array:
        """Return new sales at border value, (origin, dest, sector). [MUSD]"""
        return self["flows_new"]

    @property
    def revenue_new(self) -> Array:
        """Return new tariff revenue, (N,). [MUSD]"""
        return self["revenue_new"]

    @property
    def income_new(self) -> Array:
        """Return new final income, (N,). [MUSD]"""
        return self["income_new"]

    @property
    def deficit_new(self) -> Array:
        """Return new trade deficits, (N,). [MUSD]"""
        return self["deficit_new"]

    @property
    def tariffs_new(self) -> Array:
        """Return the new rates, (origin, dest, sector). [fraction]"""
        return self["tariffs_new"]

    def columns(self, name: str) -> dict[str, list[Any]]:
        """Return a table as columns of plain values: "countries", "sectors", "tariffs", "flows", "instruments".

        With draws there are also "bands" and "assumptions".
        Under fixed-nominal deficits, where numbers depend on the numeraire, a column "closure" says so in every row.

        Raises:
            UsageError: unknown table. SolveError: the result is not certified.
        """
        from detente.core.tables import TABLES

        if name not in TABLES:
            hint = nearest(name, [*TABLES])
            text = f"unknown table {name!r}; expected one of {', '.join(TABLES)}"
            more = "; try dt.diversion(result, by=.., against=..)" if name == "diversion" else f"; try {hint!r}"
            raise UsageError(text + (more if hint or name == "diversion" else ""))
        columns = TABLES[name](self)
        if self.closure.numeraire is not None:
            columns["closure"] = [self.closure.title] * len(next(iter(columns.values())))
        return columns

    def table(self, name: str) -> pd.DataFrame:
        """Return a table in long format as a pandas DataFrame; same names and errors as `columns`."""
        import pandas as pd

        return pd.DataFrame(self.columns(name))
