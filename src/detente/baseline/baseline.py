"""The frozen world economy that every run starts from.

Equations (1)-(4) of the model: shares, output, value added, deficits, income and final demand implied by flows, tariffs
and cost shares. Axis order is always origin, dest, sector; `k` is the input sector of `input_share[k, o, s]`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from detente.baseline.checks import arrays_from_arguments, check_baseline, treat_negative_final_demand
from detente.core.arrays import Array, Float, frozen_array
from detente.core.errors import DataError, UsageError
from detente.core.market import Firms

TREATMENTS = ("exogenous", "rebalance")
ROUNDING = 1e-12
"""Final demand within this fraction of spending of zero is zero: it is a difference of rounded sums."""


@dataclass(frozen=True, eq=False)
class Baseline:
    """A consistent world economy, ready to be shocked.

    Attributes:
        id: name of the data, for example "world-2022".
        countries: N codes. sectors: J codes.
        flows: (N, N, J) sales at producer value, home sales on the diagonal. [MUSD]
        tariffs: (N, N, J) rate that dest levies on origin, on border value; 0 on the diagonal. [fraction]
        value_added_share: (N, J) primary cost in the cost of origin, sector. [share]
        input_share: (J, N, J) input k in the cost of origin, sector; adds to 1 with `value_added_share`. [share]
        trade_elasticity: (J,) theta > 0; flows vary with cost to the power -theta.
        final_exogenous: (N, J) final demand outside the budget shares, constant share of world value added. [MUSD]
        elasticity_set: the name of the set that `trade_elasticity` comes from.
        meta: years, sources, labels, imputations, history, warnings; plain data.
        profit_share: (J,) share of sales that is profit, or None where there are no profits; see `under`.
        fixed_cost_share: (N,) share of sales paid to labour of dest for entering its market, or None; see `under`.
    """

    id: str
    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Float[Array, "origin dest sector"]
    tariffs: Float[Array, "origin dest sector"]
    value_added_share: Float[Array, "origin sector"]
    input_share: Float[Array, "input origin sector"]
    trade_elasticity: Float[Array, " sector"]
    final_exogenous: Float[Array, "dest sector"]
    elasticity_set: str = "own"
    meta: Mapping[str, Any] = field(default_factory=dict)
    profit_share: Float[Array, " sector"] | None = None
    fixed_cost_share: Float[Array, " country"] | None = None

    @classmethod
    def from_flows(
        cls,
        countries: Sequence[str],
        sectors: Sequence[str],
        flows: Any,
        tariffs: Any,
        value_added_share: Any,
        input_share: Any,
        trade_elasticity: Any,
        *,
        treatment: str | None = None,
        sources: Mapping[str, Any] | None = None,
    ) -> Baseline:
        """Build a baseline from arrays, check it, and refuse it with every reason at once.

        Args:
            countries: N distinct codes. sectors: J distinct codes.
            flows: (N, N, J) sales incl. home sales, at producer value. [MUSD]
            tariffs: (N, N, J) rate of dest on origin. [fraction; 0.25 is 25 %]
            value_added_share: (N, J). [share]
            input_share: (J, N, J): input sector, origin, sector. [share]
            trade_elasticity: (J,) theta > 0, not 1/theta and not sigma.
            treatment: what to do with negative implied final demand: None refuses it, "exogenous" keeps the data exact
                and holds the negative part at a constant share of world value added, "rebalance" sets the negative
                budget shares to zero and solves for a consistent world nearby.
            sources: id, years, licences and anything else to be kept in `meta`.
        Returns:
            The frozen baseline; warnings of the checks are in `meta["warnings"]`.
        Raises:
            DataError: wrong shapes, NaN, negative flows, shares that do not add up, percent tariffs, negative final
                demand without a treatment (checks B04-B10).
            UsageError: unknown treatment.
        """
        if treatment is not None and treatment not in TREATMENTS:
            raise UsageError(f"treatment: found {treatment!r}; expected None, 'exogenous' or 'rebalance'")
        if sources is not None and not isinstance(sources, Mapping):
            raise UsageError(f"sources: found {type(sources).__name__}; expected a mapping such as {{'id': 'my-data'}}")
        info = dict(sources or {})
        arrays = arrays_from_arguments(
            countries, sectors, flows, tariffs, value_added_share, input_share, trade_elasticity
        )
        draft = cls(
            id=str(info.pop("id", "own-data")),
            countries=tuple(countries),
            sectors=tuple(sectors),
            **{name: frozen_array(values) for name, values in arrays.items()},
            final_exogenous=frozen_array(np.zeros((len(countries), len(sectors)))),
            elasticity_set=str(info.pop("elasticity_set", "own")),
            meta=MappingProxyType(info),
        )
        problems, warnings = check_baseline(draft, treatment=treatment)
        if problems:
            raise DataError(problems=problems)
        draft = draft.replace(meta=MappingProxyType({**info, "warnings": tuple(warnings)}))
        if treatment is None or not (draft.final_demand < 0).any():
            return draft
        return treat_negative_final_demand(draft, treatment, _rebuilt)

    def replace(self, **changes: Any) -> Baseline:
        """Return a copy with some fields changed; arrays are copied and frozen."""
        frozen: dict[str, Any] = {
            key: frozen_array(value) if isinstance(value, np.ndarray) else value for key, value in changes.items()
        }
        return dataclasses.replace(self, **frozen)

    def under(self, firms: Firms | None) -> Baseline:
        """Return the same flows read under a market structure: who earns what, and what is left for final demand.

        Equations (2)-(4) with profits m and fixed costs nu; None is perfect competition. Arrays and checksum stay.
        """
        m, nu = (None, None) if firms is None else (firms.profit_share, firms.fixed_cost_share)
        if m is self.profit_share and nu is self.fixed_cost_share:
            return self
        other = self.replace(profit_share=m, fixed_cost_share=nu)
        other.__dict__.update({name: getattr(self, name) for name in UNTOUCHED})
        return other

    def with_elasticities(self, theta: Float[Array, " sector"], name: str) -> Baseline:
        """Return the same world under other trade elasticities; shares and levels, which do not move, are kept.

        Args:
            theta: (J,) above 0, not checked here. name: of the set, for the certificate.
        """
        changed = self.replace(trade_elasticity=theta, elasticity_set=name)
        known = {item.name for item in dataclasses.fields(self)} | {"sha256"}
        changed.__dict__.update({key: value for key, value in self.__dict__.items() if key not in known})
        return changed

    def purged(self, market: Any = "perfect") -> Baseline:
        """Return the same world re-solved with balanced trade and unchanged policy, as a new baseline.

        Shares of cost and of final spending stay; flows, spending and value added are those of the balanced world.
        Args:
            market: the market structure it is solved under; see `solve`.
        Raises:
            SolveError: no balanced equilibrium was found.
        Source: Dekle, Eaton and Kortum (2008); Ossa (2014), section on purging deficits.
        """
        purged = _rebuilt(self, "balanced", market)
        return purged.replace(id=f"{self.id}+purged", meta=_with_history(self, "purged: deficits set to zero"))

    def aggregated(
        self,
        countries: Mapping[str, Any] | None = None,
        sectors: Mapping[str, Any] | None = None,
        *,
        id: str | None = None,
        treatment: str | None = None,
    ) -> Baseline:
        """Return the world with countries and sectors merged; see `detente.baseline.aggregate.aggregated`.

        Args:
            countries: new code to members: a list of codes, a known group such as "EU27", or "*" for all the rest.
            sectors: the same. id: of the new world. treatment: of negative final demand that the merger causes.
        Raises:
            UsageError: groups that cannot be, all problems at once. DataError: the merged world fails a check.
        """
        from detente.baseline.aggregate import aggregated

        return aggregated(self, countries, sectors, id=id, treatment=treatment)

    def split(self, parent: str, new: str, share_of_flow: Any, **options: Any) -> Baseline:
        """Return the world with part of a sector as a sector of its own; see `detente.baseline.split.split_sector`.

        Args:
            parent: the sector that is cut. new: code of the part.
            share_of_flow: one number or (N, N) origin, dest. [share] options: those of `split_sector`.
        Raises:
            DataError: unknown parent, shares outside 0 to 1, wrong shapes; all at once.
        """
        from detente.baseline.split import split_sector

        return split_sector(self, parent, new, share_of_flow, **options)

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields as plain data, so that a baseline can be copied and sent to another process."""
        return {item.name: _plain(getattr(self, item.name)) for item in dataclasses.fields(self)}

    @property
    def shape(self) -> tuple[int, int]:
        """Return (countries, sectors)."""
        return len(self.countries), len(self.sectors)

    @cached_property
    def output(self) -> Float[Array, "origin sector"]:
        """Return gross output Y_os = sum of sales over destinations. [MUSD]"""
        return frozen_array(self.flows.sum(axis=1))

    @cached_property
    def expenditure(self) -> Float[Array, "dest sector"]:
        """Return spending X_ds, tariff included, final and intermediate, equation (1). [MUSD]"""
        return frozen_array(self.flows.sum(axis=0) + np.einsum("ods,ods->ds", self.flows, self.tariffs))

    @cached_property
    def share_rows(self) -> Float[Array, "sector dest origin"]:
        """Return the expenditure shares as the J matrices that a solve reads, sector first and contiguous."""
        spending = self.expenditure
        divisor = np.where(spending > 0, spending, 1.0)
        return frozen_array((self.flows * (1 + self.tariffs) / divisor).transpose(2, 1, 0))

    @cached_property
    def border_rows(self) -> Float[Array, "sector dest origin"]:
        """Return shares at border value, pi/(1+t), in the same layout."""
        return frozen_array(self.share_rows / (1 + self.tariffs.transpose(2, 1, 0)))

    @cached_property
    def home_multiplier(self) -> Float[Array, "country sector input"]:
        """Return, per country, how a price gap spreads through home-made inputs: (I - diag(home share) g')^-1.

        The local Leontief inverse of prices; its transpose is that of spending. J x J per country, no more.
        """
        home = np.einsum("snn->ns", self.share_rows)
        n, j = self.shape
        spread = np.eye(j) - home[:, :, None] * self.input_share.transpose(1, 2, 0)
        return frozen_array(np.linalg.inv(spread.reshape(n, j, j)))

    @property
    def share(self) -> Float[Array, "origin dest sector"]:
        """Return expenditure shares pi_ods, tariff included; they add to 1 over origin, or are 0 in an empty market."""
        return self.share_rows.transpose(2, 1, 0)

    @cached_property
    def receipts(self) -> Float[Array, "origin sector"]:
        """Return the sales that pay for labour and inputs: all, less profits, fixed costs going to dest. [MUSD]"""
        if self.fixed_cost_share is not None:
            paid = self.fixed_cost_share[:, None]
            return frozen_array((self.flows * (1 - paid)).sum(axis=1) + paid * self.flows.sum(axis=0))
        return self.output if self.profit_share is None else frozen_array((1 - self.profit_share) * self.output)

    @cached_property
    def value_added(self) -> Float[Array, " country"]:
        """Return value added V_o without profits, equation (2). [MUSD]"""
        return frozen_array((self.value_added_share * self.receipts).sum(axis=1))

    @cached_property
    def profits(self) -> Float[Array, " country"]:
        """Return profits, equation (2); 0 where the market structure has none. [MUSD]"""
        m = np.zeros(len(self.sectors)) if self.profit_share is None else self.profit_share
        return frozen_array((m * self.output).sum(axis=1))

    @cached_property
    def earnings(self) -> Float[Array, " country"]:
        """Return value added and profits: what world value added of the closures is the sum of. [MUSD]"""
        return self.value_added if self.profit_share is None else frozen_array(self.value_added + self.profits)

    @cached_property
    def revenue(self) -> Float[Array, " country"]:
        """Return tariff revenue R_d on border value. [MUSD]"""
        return frozen_array(np.einsum("ods,ods->d", self.tariffs, self.flows))

    @cached_property
    def deficit(self) -> Float[Array, " country"]:
        """Return the trade deficit D_d, imports minus exports at border value; 0 where it is rounding. [MUSD]

        With fixed costs, sales abroad count without what pays them: that is labour of the destination.
        """
        bilateral = self.flows.sum(axis=2)
        if self.fixed_cost_share is not None:
            bilateral = bilateral * (1 - self.fixed_cost_share)
        np.fill_diagonal(bilateral, 0.0)
        exports, imports = bilateral.sum(axis=1), bilateral.sum(axis=0)
        gap = imports - exports
        return frozen_array(np.where(np.abs(gap) <= ROUNDING * (self.output.sum(axis=1) + imports), 0.0, gap))

    @cached_property
    def income(self) -> Float[Array, " country"]:
        """Return final income I_d = V + profits + R + D, equation (4). [MUSD]"""
        return frozen_array(self.earnings + self.revenue + self.deficit)

    @cached_property
    def final_demand(self) -> Float[Array, "dest sector"]:
        """Return implied final demand C_dk = X_dk - sum of input use, equation (3). [MUSD]"""
        use = np.einsum("kds,ds->dk", self.input_share, self.receipts)
        demand = self.expenditure - use
        return frozen_array(np.where(np.abs(demand) <= ROUNDING * self.expenditure, 0.0, demand))

    @cached_property
    def final_share(self) -> Float[Array, "dest sector"]:
        """Return final budget shares alpha_ds of (C - Z); negative where negative demand has not been treated."""
        budget = self.final_demand - self.final_exogenous
        budget = np.where(np.abs(budget) <= ROUNDING * self.expenditure, 0.0, budget)
        total = budget.sum(axis=1, keepdims=True)
        return frozen_array(budget / np.where(total != 0, total, 1.0))

    @cached_property
    def sha256(self) -> str:
        """Return the checksum of codes and arrays: the identity of this world."""
        digest = hashlib.sha256(json.dumps([self.countries, self.sectors], separators=(",", ":")).encode())
        for name in ARRAYS:
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(getattr(self, name), dtype="<f8").data)
        return digest.hexdigest()


ARRAYS = ("flows", "tariffs", "value_added_share", "input_share", "trade_elasticity", "final_exogenous")

UNTOUCHED = ("output", "expenditure", "share_rows", "border_rows", "home_multiplier", "revenue", "sha256")
"""What a baseline computes once and keeps, and no market structure changes."""

_REBUILD: list[Callable[[Baseline, str, Any], Baseline]] = []


def register_rebuild(rebuild: Callable[[Baseline, str, Any], Baseline]) -> None:
    """Tell the baseline who solves: rooms import downwards only, so `equilibrium` hands its solver in.

    Args:
        rebuild: function of a baseline, a deficit closure and a market structure that returns the re-solved world,
            without policy change.
    """
    _REBUILD[:] = [rebuild]


def _rebuilt(base: Baseline, deficits: str, market: Any = "perfect") -> Baseline:
    if not _REBUILD:
        raise UsageError("no solver is loaded: use `import detente as dt; dt.Baseline`, not detente.baseline directly")
    return _REBUILD[0](base, deficits, market)


def _plain(value: Any) -> Any:
    """Return read-only mappings as dicts, however deep."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return tuple(_plain(item) for item in value) if isinstance(value, tuple) else value


def _with_history(base: Baseline, step: str) -> Mapping[str, Any]:
    return MappingProxyType({**base.meta, "history": (*base.meta.get("history", ()), step), "parent": base.sha256})
