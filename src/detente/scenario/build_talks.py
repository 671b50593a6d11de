"""The talks of a file: players, what they maximise, what happens without a deal, issues."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from detente.baseline.satellites_table import KNOWN
from detente.core.codes import COUNTRY_GROUPS, WORLD
from detente.core.units import parse_number
from detente.policy.measure import ALL, GOODS
from detente.scenario.build import Context, texts
from detente.scenario.fields import Section
from detente.scenario.schema import Issue, Talks

REAL_INCOME: Final = "real-income"
EXPECTED: Final = "real-income, or weights by sector such as {C29: 2}"


def talks(ctx: Context, top: Section) -> Talks | None:
    """Return the talks: two players or more, each with an objective; every issue has choices."""
    part: Section | None = top.get("talks")
    if part is None:
        return None
    players = _players(ctx, part)
    objective = _objectives(ctx, part, players)
    without = part.get("disagreement")
    include, drop = (texts(without.get(each)) if without else () for each in ("include", "drop"))
    issues = tuple(
        Issue(name, texts(each.get("measure")), each.get("choices", ()), _worth(each), each.at("choices"))
        for name, (_, each) in part.get("issues", {}).items()
    )
    return Talks(players, objective, part.get("deadline"), include, drop, issues)


def _players(ctx: Context, part: Section) -> tuple[str, ...]:
    """Return who talks; a group is one player."""
    ctx.countries(part.get("players"), "talks.players")
    players = texts(part.get("players"))
    if len(players) == 1:
        ctx.reader.wrong(part.at("players"), "talks.players", f"{players[0]} alone", "two players or more")
    return players


def _objectives(ctx: Context, part: Section, players: tuple[str, ...]) -> Mapping[str, Any]:
    given = {name: value for name, (_, value) in part.get("objective", {}).items()}
    line = part.at("objective")
    for name in [player for player in players if player not in given]:
        expected = "an objective for every player, real-income or weights by sector"
        ctx.reader.wrong(line, f"talks.objective.{name}", "nothing", expected, f"{name}: real-income")
    for name in [name for name in given if name not in players]:
        ctx.reader.wrong(line, f"talks.objective.{name}", "no player", f"one of {', '.join(players)}")
    found: dict[str, Any] = {}
    for name, value in given.items():
        field = f"talks.objective.{name}"
        if isinstance(value, str):
            if value != REAL_INCOME:
                ctx.reader.wrong(line, field, repr(value), EXPECTED, REAL_INCOME)
            found[name] = value
            continue
        if name in COUNTRY_GROUPS or name in ctx.groups or name == WORLD:
            ctx.reader.wrong(line, field, f"weights by sector for the group {name!r}", "real-income for a group")
        for code, (at, text) in value.items():
            _check_weight(ctx, at, f"{field}.{code[:40]}", code, text)
        found[name] = MappingProxyType({code: text for code, (_, text) in value.items()})
    return MappingProxyType(found)


def _check_weight(ctx: Context, line: int, field: str, code: str, text: str) -> None:
    """Note a weight of a sector that is unknown, or that is not a number of zero or more."""
    products = {*KNOWN, *(each.code for each in KNOWN.values())}
    if ctx.known is not None and code not in {*ctx.known.sectors, *ctx.code_groups, GOODS, ALL, *products}:
        hint = ctx.known.sector_hint(code, list(ctx.code_groups))
        ctx.reader.wrong(line, field, "an unknown sector", f"a sector of baseline {ctx.known.id!r}", hint)
    try:
        wrong = "" if parse_number(text) >= 0 else "a weight of zero or more; 1 is neutral"
    except ValueError as error:
        wrong = str(error)
    if wrong:
        ctx.reader.wrong(line, field, repr(text[:40]), wrong)


def _worth(issue: Section) -> Mapping[str, Mapping[str, float]]:
    found = {
        player: MappingProxyType({choice: points for choice, (_, points) in values.items()})
        for player, (_, values) in issue.get("worth", {}).items()
    }
    return MappingProxyType(found)
