"""What an instrument must say before it is solved; every problem is told at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from detente.baseline import Baseline
from detente.core.arrays import Array
from detente.core.errors import Problem, nearest
from detente.core.instruments import (
    BENEFICIARIES,
    BOUNDED,
    DEMAND,
    GUARANTEE,
    IMPORTER,
    LOST,
    MINIMUM,
    MINIMUM_VALUE,
    NEEDS,
    QUOTA,
    TARIFF_RATE_QUOTA,
    Bound,
    CriticalInput,
)
from detente.core.once import Once

LEVELS: Final = ("volume", "rate", "value_musd", "price")
_POSITIVE: Final = ("value_musd", "price")
_FEW: Final = 20


def check_bounds(bounds: Sequence[Any], base: Baseline, tariffs: Array, once: Once | None = None) -> list[Problem]:
    """Return what is wrong with instruments.

    Args:
        bounds: `Bound` objects, as given. base: the world. tariffs: (N, N, J) in force beside them. [fraction]
        once: remembers what was found for instruments that are in other lists as well.
    """
    once, problems = once or Once(), []
    seen: dict[tuple[str, Any], int] = {}
    for number, bound in enumerate(bounds):
        where = f"wedges.bounds[{number}]"
        if not isinstance(bound, Bound):
            problems.append(Problem(where, "", type(bound).__name__, "dt.Bound(kind, cells, ..)"))
            continue
        name = f"{where} ({bound.name})" if bound.name else where
        found = [Problem(name, *item) for item in once(_alone, bound, base, tariffs)]
        if not found and bound.kind in BOUNDED and bound.volume != 0:
            for key in _places(bound):
                other = seen.setdefault((bound.kind, key), number)
                if other != number:
                    text = f"{'-'.join(bound.cells[0])}, bounded by wedges.bounds[{other}] already"
                    found.append(Problem(name, "cells", text, f"one {bound.kind} for a cell"))
        problems += found[:_FEW]
    return problems


def _alone(bound: Bound, base: Baseline, tariffs: Array) -> list[tuple[str, str, str, str]]:
    """Return what is wrong with one instrument by itself: field, found, expected, hint."""
    countries, sectors = _positions(base.countries), _positions(base.sectors)
    found = [*_levels(bound), *_codes(bound, countries, sectors)]
    return found or [*_cells(bound, base, tariffs, countries, sectors)]


@lru_cache(maxsize=8)
def _positions(codes: tuple[str, ...]) -> dict[str, int]:
    return {code: at for at, code in enumerate(codes)}


def _places(bound: Bound) -> Sequence[Any]:
    """Return what a bounded instrument has for itself: its cells; of quotas, which may overlap, the set of them."""
    return [frozenset(bound.cells)] if bound.kind == QUOTA else bound.cells


def _levels(bound: Bound) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is wrong with the kind and its levels: field, found, expected, hint."""
    if not isinstance(bound.kind, str) or bound.kind not in NEEDS:
        yield "kind", repr(bound.kind), f"one of {', '.join(NEEDS)}", nearest(str(bound.kind), list(NEEDS))
        return
    for level in LEVELS:
        value = getattr(bound, level)
        if level not in NEEDS[bound.kind]:
            if value is not None:
                yield level, repr(value), f"none: a {bound.kind} has {' and '.join(NEEDS[bound.kind])}", ""
            continue
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not number or not math.isfinite(float(value)):
            yield level, repr(value), "a finite number", ""
        elif level == "rate" and value <= -1:
            yield level, f"{value:g}", "a rate above -1; 0.25 is 25 %", ""
        elif level in _POSITIVE and value <= 0:
            yield level, f"{value:g}", "a number above 0", ""
        elif level == "volume" and (value < 0 or (value == 0 and bound.kind != "quota")):
            yield level, f"{value:g}", "at least 0 for a quota, above 0 otherwise; 1 is the baseline volume", ""


def _codes(bound: Bound, countries: dict[str, int], sectors: dict[str, int]) -> Iterator[tuple[str, str, str, str]]:
    """Yield unknown codes and repeated cells."""
    if not isinstance(bound.cells, tuple | list):
        yield "cells", repr(bound.cells), "a tuple of (origin, dest, sector)", ""
        return
    if not bound.cells:
        yield "cells", "none", "at least one (origin, dest, sector)", ""
    sound = [cell for cell in bound.cells if _is_key(cell, 3)]
    if len(set(sound)) < len(sound):
        yield "cells", "a cell twice", "distinct cells", ""
    for cell in bound.cells:
        if not _is_key(cell, 3):
            yield "cells", repr(cell), "(origin, dest, sector)", ""
            continue
        for code, known in ((cell[0], countries), (cell[1], countries), (cell[2], sectors)):
            if code not in known:
                yield "cells", f"the unknown code {code!r}", "codes of the baseline", nearest(str(code), list(known))
    if not isinstance(bound.to, str) or (bound.to not in BENEFICIARIES and bound.to not in countries):
        expected = f"one of {', '.join(BENEFICIARIES)} or a country"
        yield "to", repr(bound.to), expected, nearest(str(bound.to), [*BENEFICIARIES, *countries])


def _is_key(key: Any, length: int) -> bool:
    """Return whether something is a tuple of so many codes."""
    return isinstance(key, tuple) and len(key) == length and all(isinstance(code, str) for code in key)


def _cells(
    bound: Bound, base: Baseline, tariffs: Array, countries: dict[str, int], sectors: dict[str, int]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what the baseline and the tariffs make impossible."""
    places = [(countries[o], countries[d], sectors[s]) for o, d, s in bound.cells]
    flows = np.array([base.flows[place] for place in places])
    if flows.sum() <= 0:
        shown = "-".join(bound.cells[0])
        yield "cells", f"no trade in the baseline on {len(places)} cells, such as {shown}", "cells with trade", ""
    if bound.kind in (MINIMUM, MINIMUM_VALUE, GUARANTEE) and bound.to == LOST:
        yield "to", "'lost'", "who pays: exporter, importer or a country", ""
    buyers = {d for _, d, _ in bound.cells}
    if bound.kind == DEMAND and bound.to != IMPORTER and buyers != {bound.to}:
        yield "to", repr(bound.to), "importer: who buys is the dest of the cells, and pays", "to='importer'"
    if bound.kind == GUARANTEE and bound.to == IMPORTER and len(buyers) > 1:
        yield "to", "'importer' with several of them", "who pays the producer", "the code of a country"
    if bound.kind == TARIFF_RATE_QUOTA:
        rates = {float(tariffs[place]) for place in places}
        if len(rates) > 1:
            yield "cells", f"{len(rates)} different tariffs", "one tariff up to the quota", "one bound for each of them"
        elif bound.rate is not None and bound.rate < next(iter(rates)):
            found = f"{bound.rate:g}, below the tariff of {next(iter(rates)):g} up to the quota"
            yield "rate", found, "a higher rate above the quota", ""
    if bound.kind == GUARANTEE and len({(o, s) for o, _, s in bound.cells}) > 1:
        yield "cells", "several producers", "one origin and sector for a guaranteed price", "one bound for each"


def check_critical(critical: Sequence[Any], base: Baseline) -> list[Problem]:
    """Return what is wrong with critical inputs: codes, substitution, two values of rho for one user."""
    problems: list[Problem] = []
    rho_of: dict[tuple[str, str], float] = {}
    goods: set[str] = set()
    for number, item in enumerate(critical):
        where = f"wedges.critical[{number}]"
        if not isinstance(item, CriticalInput):
            problems.append(Problem(where, "", type(item).__name__, "dt.CriticalInput(sector, users, rho)"))
            continue
        if item.sector not in base.sectors:
            hint = nearest(str(item.sector), base.sectors)
            problems.append(Problem(where, "sector", repr(item.sector), "a sector of the baseline", hint))
        elif item.sector in goods:
            problems.append(Problem(where, "sector", f"{item.sector!r} twice", "one entry for each input"))
        goods.add(str(item.sector))
        known = isinstance(item.rho, int | float | np.number) and 0.05 <= item.rho <= 1
        if not known:
            expected = "a substitution between 0.05 and 1 (0.05-0.5 in the short run; 1 is the standard model)"
            problems.append(Problem(where, "rho", repr(item.rho), expected))
        if not isinstance(item.users, tuple | list):
            problems.append(Problem(where, "users", repr(item.users), "a tuple of (country, sector) codes"))
            continue
        for user in item.users:
            if not _is_key(user, 2) or user[0] not in base.countries or user[1] not in base.sectors:
                problems.append(Problem(where, "users", repr(user), "(country, sector) codes of the baseline"))
            elif known and rho_of.setdefault(user, item.rho) != item.rho:
                found = f"{'-'.join(user)} with rho {item.rho:g} and {rho_of[user]:g}"
                problems.append(Problem(where, "users", found, "one rho for all critical inputs of a user"))
    return problems[:_FEW]
