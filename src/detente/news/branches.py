"""What accepted measures put on the table, and which worlds they open: talks and leaves, never with odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from detente.core.codes import WORLD
from detente.news.answers import economies
from detente.news.document import Document
from detente.news.kinds import Role
from detente.news.measure import ReadMeasure
from detente.news.values import whole_day

_DROPPED: Final = ["imposed", "dropped"]
_SUSPENDED: Final = ["imposed", "suspended"]


@dataclass(frozen=True)
class Member:
    """An accepted measure.

    Attributes:
        read: as read. role: what it is in a scenario. ids: there; none if it only ends others.
        status: there. paused: whether it is switched off now and returns on a day unless the talks prevent it.
    """

    read: ReadMeasure
    role: Role
    ids: tuple[str, ...]
    status: str = ""
    paused: bool = False


def issue_name(read: ReadMeasure) -> str:
    """Return the name of the issue that a pause is in the talks."""
    return f"truce-{read.id.lower()}"


def talks(document: Document, members: Sequence[Member]) -> dict[str, Any]:
    """Return the talks: what is offered, demanded, threatened or paused is an issue; {} where there are none.

    The players are those who impose or are hit; each maximises real income until the user says otherwise.
    """
    issues = _issues(members)
    players = _players(members)
    if not issues or len(players) < 2:
        return {}
    threats = [name for each in members if each.status == "threatened" for name in each.ids]
    days = [day for each in document.deadlines if (day := whole_day(each.date)) and _concerns(each.measures, members)]
    found: dict[str, Any] = {
        "players": players,
        "objective": dict.fromkeys(players, "real-income"),
        "issues": issues,
    }
    if days:
        found["deadline"] = min(days)
    if threats:
        found["disagreement"] = {"include": threats}
    return found


def _issues(members: Sequence[Member]) -> dict[str, dict[str, Any]]:
    ids = {each.read.id: each.ids for each in members}
    issues: dict[str, dict[str, Any]] = {}
    for each in members:
        if each.ids and each.paused:
            issues[issue_name(each.read)] = {"measure": list(each.ids), "choices": _SUSPENDED}
        elif each.ids and each.status in ("threatened", "offered"):
            issues[each.read.id.lower()] = {"measure": list(each.ids), "choices": _DROPPED}
    taken = {name for issue in issues.values() for name in issue["measure"]}
    for each in members:
        ended = [name for other in each.role.ends for name in ids.get(other, ()) if name not in taken]
        if ended:
            issues[each.read.id.lower()] = {"measure": ended, "choices": _SUSPENDED}
            taken |= set(ended)
    return issues


def _players(members: Sequence[Member]) -> list[str]:
    codes: list[str] = []
    for each in members:
        for text in (each.read.imposer, *each.read.target):
            try:
                codes += economies(text) if text else []
            except ValueError:
                continue
    return [code for code in dict.fromkeys(codes) if code != WORLD]


def tree(members: Sequence[Member]) -> dict[str, dict[str, Any]]:
    """Return the leaves that the accepted measures open: decisions applied, pauses that lapse or are extended, threats
    carried out, a deal.

    Nobody but the user has odds, so there are none.
    """
    pauses = [name for each in members if each.paused for name in each.ids]
    decided, threats, deal = (_switched(members, status) for status in ("announced", "threatened", "offered"))
    leaves: dict[str, dict[str, Any]] = {}
    if any(decided):
        leaves["as-announced"] = _leaf(*decided)
    if pauses:
        leaves["truce-lapses"] = {}
        leaves["truce-extended"] = _leaf([], pauses)
    if any(threats):
        leaves["threats-carried-out"] = _leaf(threats[0] + decided[0], threats[1] + decided[1])
    if any(deal):
        leaves["deal"] = _leaf(deal[0], pauses + deal[1])
    return {name: {"path": [name], **leaf} for name, leaf in leaves.items()}


def _switched(members: Sequence[Member], status: str) -> tuple[list[str], list[str]]:
    """Return what measures of a status switch on, and what those that end others switch off."""
    ids = {each.read.id: each.ids for each in members}
    chosen = [each for each in members if each.status == status and not each.paused]
    on = [name for each in chosen for name in each.ids]
    off = [name for each in chosen for other in each.role.ends for name in ids.get(other, ())]
    return on, list(dict.fromkeys(off))


def _leaf(include: Sequence[str], drop: Sequence[str]) -> dict[str, Any]:
    off = list(dict.fromkeys(drop))
    on = [name for name in dict.fromkeys(include) if name not in off]
    return {name: names for name, names in (("include", on), ("drop", off)) if names}


def _concerns(measures: Sequence[str], members: Sequence[Member]) -> bool:
    return bool(set(measures) & {each.read.id for each in members})
