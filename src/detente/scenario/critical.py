"""Inputs that their users can hardly replace: read from `model.critical`, turned into nests on a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from detente.baseline import Baseline
from detente.baseline.satellites_table import KNOWN
from detente.core.errors import Problem, ScenarioError, nearest
from detente.core.instruments import QUOTA, Bound, CriticalInput
from detente.core.units import parse_quantity
from detente.policy.grid import Grid
from detente.policy.measure import GOODS
from detente.scenario.amounts import DEFAULT_RHO, Spread
from detente.scenario.build import Context
from detente.scenario.fields import Section
from detente.scenario.schema import Critical, Scenario

_CODES: Final[Mapping[str, str]] = {name: item.code for name, item in KNOWN.items()}
"""Product sector -> its sector code."""


def critical_of(ctx: Context, model: Section | None) -> tuple[Critical, ...]:
    """Return the critical inputs of a file; every problem is noted."""
    found: list[Critical] = []
    for position, part in enumerate(model.get("critical", ()) if model else ()):
        name = f"model.critical[{position}]"
        product = part.get("product", "")
        sectors = ctx.known.sectors if ctx.known else None
        if product and product not in KNOWN and sectors is not None and product not in sectors:
            choices = [*KNOWN, *sorted(sectors)]
            expected = (
                f"a product sector ({', '.join(KNOWN)}) or a sector of baseline {ctx.known.id!r}" if ctx.known else ""
            )
            ctx.reader.wrong(part.at("product"), f"{name}.product", repr(product), expected, nearest(product, choices))
        value: Spread = part.get("rho") or Spread(DEFAULT_RHO)
        span = None if value.low is None else (value.low, value.mode, value.high)
        users = ctx.sectors(part.get("users"), f"{name}.users") or (GOODS,)
        found.append(Critical(product, users, value.mode, span, _capacity(ctx, part, name)))
        _check_twice(ctx, part, name, found)
    return tuple(found)


def _capacity(ctx: Context, part: Section, name: str) -> str | Mapping[str, str]:
    given: Spread | None = part.get("capacity")
    if given is None:
        return ""
    if given.mode.unit != "% of base" or given.mode.value <= 0 or given.mode.minimum:
        expected = "a percentage of base above zero, such as '110% of base'"
        found = f"{given.mode.value:g} {given.mode.unit}"
        ctx.reader.wrong(part.at("capacity"), f"{name}.capacity", found, expected)
    text: str | Mapping[str, str] = given.text
    return text


def _check_twice(ctx: Context, part: Section, name: str, found: Sequence[Critical]) -> None:
    new = found[-1]
    for other in found[:-1]:
        if other.product == new.product:
            ctx.reader.wrong(part.at("product"), f"{name}.product", f"a second {new.product!r}", "each input once")
        shared = set(other.users) & set(new.users) or GOODS in (*other.users, *new.users)
        if shared and (other.rho, other.rho_range) != (new.rho, new.rho_range):
            text = f"{_rho_text(new)}, where {other.product!r} has {_rho_text(other)} for the same users"
            ctx.reader.wrong(part.at("rho"), f"{name}.rho", text, "one rho for all critical inputs of a user")


def _rho_text(item: Critical) -> str:
    return (
        f"{item.rho:g}"
        if item.rho_range is None
        else f"{item.rho_range[0]:g} to {item.rho_range[2]:g} around {item.rho:g}"
    )


def plain_critical(found: Sequence[Critical]) -> list[dict[str, Any]]:
    """Return critical inputs as plain data that loads again as the same."""
    names = ("low", "mode", "high")
    return [
        {
            "product": item.product,
            "users": list(item.users),
            "rho": repr(item.rho)
            if item.rho_range is None
            else dict(zip(names, map(repr, item.rho_range), strict=True)),
            **({"capacity": item.capacity} if item.capacity else {}),
        }
        for item in found
    ]


def critical_inputs(case: Scenario, base: Baseline) -> tuple[CriticalInput, ...]:
    """Return the critical inputs of a scenario on a baseline: the same users in every economy.

    Raises:
        ScenarioError: a product that the baseline does not have.
    """
    grid, problems = Grid(base), []
    found = []
    for item in case.critical:
        sector = _CODES.get(item.product, item.product)
        unknown: list[str] = []
        users = grid.sectors(item.users, unknown)
        for code in [*unknown, *([] if sector in base.sectors else [item.product])]:
            expected = f"a sector of baseline {base.id!r}"
            problems.append(Problem(case.path, "model.critical", repr(code), expected, nearest(code, base.sectors)))
        pairs = tuple((country, base.sectors[s]) for country in base.countries for s in users)
        found.append(CriticalInput(sector, pairs, item.rho, name=item.product))
    if problems:
        raise ScenarioError(problems=problems)
    return tuple(found)


def capacities(case: Scenario, base: Baseline) -> tuple[Bound, ...]:
    """Return what each origin of a critical input can sell in all, beside whatever measures bound single flows of it.

    Mines and furnaces that are not there yet cannot step in for those that withhold: without this a licence is
    answered by others at constant cost. The scarcity rent is the origin's own.
    """
    found = []
    for item in case.critical:
        sector = _CODES.get(item.product, item.product)
        if not item.capacity or sector not in base.sectors:
            continue
        text = item.capacity if isinstance(item.capacity, str) else item.capacity["mode"]
        volume, s = parse_quantity(text).value / 100, base.sectors.index(sector)
        for o, origin in enumerate(base.countries):
            sold = [dest for d, dest in enumerate(base.countries) if base.flows[o, d, s] > 0]
            if sold:
                cells = tuple((origin, dest, sector) for dest in sold)
                found.append(Bound(QUOTA, cells, volume=volume, name=f"capacity of {item.product}"))
    return tuple(found)
