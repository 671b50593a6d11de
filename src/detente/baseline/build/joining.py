"""Step 1: join bilateral flows and national tables, roll 50 industries up to sectors, impute the rest of the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from detente.baseline.build.labels import REST
from detente.baseline.build.ledger import Entry
from detente.baseline.build.raw import Tables, Trade
from detente.core.arrays import Array, Bool, Float
from detente.core.errors import DataError, Problem

HAIR: Final = 1e-12
"""Scaled use stays this fraction below absorption, so that no order of summation makes final demand negative again."""
PRIMARY: Final = ("value_added", "labour", "taxes", "other_imports")


@dataclass(frozen=True)
class Joined:
    """Flows with the input-output links of every country, ROW imputed.

    Attributes:
        countries: N codes. sectors: J codes.
        flows: sales, home sales on the diagonal. [MUSD]
        use: use of input k by sector s of country c. [MUSD]
        primary: value_added, labour, taxes, other_imports -> (N, J). [MUSD]
        imputed: True where the country has no table of its own.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    flows: Float[Array, "origin dest sector"]
    use: Float[Array, "country input sector"]
    primary: dict[str, Float[Array, "country sector"]]
    imputed: Bool[Array, " country"]

    @property
    def output(self) -> Float[Array, "country sector"]:
        """Return output Y_os, sales summed over destinations. [MUSD]"""
        return np.asarray(self.flows.sum(axis=1))

    @property
    def absorption(self) -> Float[Array, "country sector"]:
        """Return absorption A_ds, purchases summed over origins, without tariffs. [MUSD]"""
        return np.asarray(self.flows.sum(axis=0))

    @property
    def final_demand(self) -> Float[Array, "country sector"]:
        """Return final demand F_ck = A_ck - sum_s Z_cks at border value. [MUSD]"""
        return np.asarray(self.absorption - self.use.sum(axis=2))


def roll_up(values: Array, axis: int, sectors: int) -> Array:
    """Add industries up to sectors along one axis: industry i goes to sector min(i, sectors - 1), counted from zero.

    The first industries are the goods sectors in the same order; all later ones form the service aggregate.
    Args:
        values: any array whose `axis` runs over industries. axis: that axis. sectors: number of sectors wanted.
    Returns:
        The array with `sectors` entries along `axis`; sums are kept.
    """
    moved = np.moveaxis(values, axis, 0)
    services = moved[sectors - 1 :].sum(axis=0, keepdims=True)
    return np.ascontiguousarray(np.moveaxis(np.concatenate([moved[: sectors - 1], services]), 0, axis))


def join(trade: Trade, tables: Tables) -> Joined:
    """Return the joined world; countries without a table get the world coefficients.

    Args:
        trade: flows of N countries and J sectors. tables: tables of the same countries except ROW.
    Raises:
        DataError: goods codes of flows and tables differ, or a country other than ROW has no table.
    """
    _check_codes(trade, tables)
    j = len(trade.sectors)
    place = [trade.countries.index(code) for code in tables.countries]
    use = np.zeros((len(trade.countries), j, j))
    use[place] = roll_up(roll_up(tables.use, 1, j), 2, j)
    primary = {name: np.zeros((len(trade.countries), j)) for name in PRIMARY}
    for name in PRIMARY:
        primary[name][place] = roll_up(tables.rows[name], 1, j)
    imputed = np.array([code not in tables.countries for code in trade.countries])
    draft = Joined(trade.countries, trade.sectors, trade.flows, use, primary, imputed)
    return impute_missing(draft)


def impute_missing(world: Joined) -> Joined:
    """Return the world with the tables of imputed countries filled by world coefficients.

    Coefficient of input k in sector s: sum_c Z_cks / sum_c Y_cs over the countries with tables; likewise value added,
    labour, taxes and other imports. Where no country produces s, the coefficient is 0.
    """
    known = ~world.imputed
    made = world.output[known].sum(axis=0)
    divisor = np.where(made > 0, made, 1.0)

    def filled(values: Array) -> Array:
        coefficient = values[known].sum(axis=0) / divisor
        missing = coefficient * world.output[world.imputed].reshape((-1,) + (1,) * (values.ndim - 2) + made.shape)
        result = values.copy()
        result[world.imputed] = missing
        return result

    return replace(
        world, use=filled(world.use), primary={name: filled(values) for name, values in world.primary.items()}
    )


def remove_negative_final_demand(world: Joined) -> tuple[Joined, list[Entry]]:
    """Return the world with imputed use scaled down where an imputed country would have negative final demand.

    Raises:
        DataError: a country with a table of its own has negative final demand; that needs a named treatment.
    """
    final = world.final_demand
    refused = [
        Problem("", f"final demand {world.countries[c]}/{world.sectors[k]}", f"{final[c, k]:.6g} MUSD", "at least 0")
        for c, k in np.argwhere((final < 0) & ~world.imputed[:, None])
    ]
    if refused:
        raise DataError(problems=refused)
    return scale_imputed_use(world)


def scale_imputed_use(world: Joined) -> tuple[Joined, list[Entry]]:
    """Return the world with imputed use scaled down to what an imputed country buys, and one entry for each input.

    The use of input k in such a country is multiplied by A_ck / sum_s Z_cks, so that final demand is zero (a fraction
    1e-12 above it, for rounding).
    """
    final, absorption = world.final_demand, world.absorption
    use, entries = world.use.copy(), []
    for c, k in np.argwhere((final < 0) & world.imputed[:, None]):
        used = float(use[c, k].sum())
        use[c, k] *= absorption[c, k] / used * (1 - HAIR)
        cell = f"{world.countries[c]}/{world.sectors[k]}"
        moved = used - float(use[c, k].sum())
        entries.append(Entry("ROW use scaled to F = 0", cell, used, float(use[c, k].sum()), "MUSD", moved))
    return replace(world, use=use), entries


def _check_codes(trade: Trade, tables: Tables) -> None:
    problems = []
    goods = len(trade.sectors) - 1
    if tuple(tables.industries[:goods]) != trade.sectors[:goods]:
        pairs = zip(tables.industries, trade.sectors[:goods], strict=False)
        first = next((pair for pair in pairs if pair[0] != pair[1]), ("fewer industries", "all goods sectors"))
        problems.append(Problem("national tables", "industries", first[0], f"{first[1]} (order of the goods sectors)"))
    absent = _difference(trade.countries, (*tables.countries, REST))
    unknown = _difference(tables.countries, trade.countries)
    problems += [Problem("national tables", code, "no table", "one table for each country but ROW") for code in absent]
    problems += [
        Problem("national tables", code, "a table without flows", "a country of the flows") for code in unknown
    ]
    if problems:
        raise DataError(problems=problems)


def _difference(codes: Sequence[str], known: Sequence[str]) -> list[str]:
    return [code for code in codes if code not in known]
