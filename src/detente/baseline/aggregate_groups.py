"""Groups of countries or of sectors: read from what the user wrote, then used to add up along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from detente.core.arrays import Array
from detente.core.codes import COUNTRY_ALIASES, COUNTRY_GROUPS
from detente.core.errors import Problem, nearest

REST: Final = "*"
"""The member that stands for every code that no other group names."""

CODE_LIMIT: Final = 64


@dataclass(frozen=True)
class Groups:
    """A partition of the codes of one axis.

    Attributes:
        old: the codes before. codes: the codes after. members: for each new code the old ones, in their old order.
    """

    old: tuple[str, ...]
    codes: tuple[str, ...]
    members: tuple[tuple[str, ...], ...]

    @property
    def same(self) -> bool:
        """Return whether nothing is merged, renamed or moved."""
        return self.codes == self.old and all(len(group) == 1 for group in self.members)

    @property
    def merged(self) -> dict[str, tuple[str, ...]]:
        """Return the new codes that stand for something else than one old code of that name."""
        pairs = zip(self.codes, self.members, strict=True)
        return {code: group for code, group in pairs if group != (code,)}

    @cached_property
    def order(self) -> Array:
        """Return the old positions, group after group."""
        position = {code: at for at, code in enumerate(self.old)}
        return np.array([position[code] for group in self.members for code in group])

    @cached_property
    def starts(self) -> Array:
        """Return where each group starts in `order`."""
        sizes = [len(group) for group in self.members]
        return np.cumsum([0, *sizes[:-1]])


def reduced(values: Array, axes: Sequence[Groups | None], how: Any = np.add) -> Array:
    """Return the values brought together along each axis that has groups; None leaves an axis as it is.

    Args:
        values: one axis for each entry of `axes`. how: np.add, np.minimum or np.maximum.
    """
    for axis, groups in enumerate(axes):
        if groups is not None:
            values = how.reduceat(np.take(values, groups.order, axis=axis), groups.starts, axis=axis)
    return values


def averaged(values: Array, weights: Array, axes: Sequence[Groups | None]) -> Array:
    """Return weighted means over groups: exactly the value where all members have the same, plain where weight is 0.

    Args:
        values: one axis for each entry of `axes`. weights: at least 0, same shape or broadcast to it.
    """
    weights = np.broadcast_to(weights, values.shape)
    total = reduced(weights, axes)
    weighted = reduced(values * weights, axes) / np.where(total > 0, total, 1.0)
    plain = reduced(values, axes) / reduced(np.ones_like(values), axes)
    low, high = reduced(values, axes, np.minimum), reduced(values, axes, np.maximum)
    mean: Array = np.where(low == high, low, np.where(total > 0, weighted, plain))
    return mean


def groups_of(
    kind: str, codes: tuple[str, ...], wanted: Mapping[str, Any] | None
) -> tuple[Groups | None, list[Problem]]:
    """Return the partition that the user asked for, or None and everything that is wrong with it.

    Args:
        kind: "countries" or "sectors", for messages; groups such as EU27 are known for countries.
        codes: of the baseline. wanted: new code to members; codes that no group names stay as they are.
    Returns:
        (groups or None, problems). The order is that of the first members; the group of the rest comes last.
    """
    if wanted is None:
        return Groups(codes, codes, tuple((code,) for code in codes)), []
    if not isinstance(wanted, Mapping):
        expected = "a mapping of new codes to lists of members"
        return None, [Problem("", kind, f"{type(wanted).__name__}", expected, "{'EU27': 'EU27', 'ROW': '*'}")]
    reader = _Reader(kind, codes)
    reader.read(wanted)
    return (None, reader.problems) if reader.problems else (reader.groups(), [])


class _Reader:
    """Reads the groups and keeps every problem."""

    def __init__(self, kind: str, codes: tuple[str, ...]) -> None:
        self.kind, self.codes, self.known = kind, codes, frozenset(codes)
        self.problems: list[Problem] = []
        self.home: dict[str, str] = {}
        self.rest = ""

    def tell(self, new: str, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem("", f"{self.kind}[{new!r}]", found, expected, hint))

    def read(self, wanted: Mapping[str, Any]) -> None:
        rests = []
        for new, members in wanted.items():
            if self._check_name(new):
                named = self._members(new, members)
                rests += [new] if REST in named else []
                self._place(new, named)
        if len(rests) > 1:
            self.tell(rests[1], f"{REST!r} a second time; the first is {rests[0]!r}", f"one group of {REST!r}")
        elif rests:
            self.rest = rests[0]
            self._fill()
        for new in wanted:
            if isinstance(new, str) and new in self.known and self.home.get(new, new) != new:
                self.tell(new, f"a new code that is a member of {self.home[new]!r}", "a code that is free, or its own")
            elif isinstance(new, str) and new in self.known and new not in self.home:
                self.tell(new, f"a new code that {new!r}, which stays, has already", f"{new!r} among its own members")

    def _check_name(self, new: Any) -> bool:
        fine = isinstance(new, str) and new.strip() == new and 0 < len(new) <= CODE_LIMIT and new.isprintable()
        if not fine or new == REST:
            expected = f"a code of 1 to {CODE_LIMIT} printable characters without blanks around it"
            self.tell(str(new)[:CODE_LIMIT], f"the new code {str(new)[:CODE_LIMIT]!r}", expected)
        return bool(fine) and new != REST

    def _members(self, new: str, members: Any) -> list[str]:
        """Return the members as old codes and `*`, known groups opened."""
        named = [members] if isinstance(members, str) else members
        if not isinstance(named, (list, tuple, set, frozenset)) or not all(isinstance(code, str) for code in named):
            self.tell(new, f"{named!r}"[:80], "a list of codes, the name of a group, or '*'")
            return []
        if not named:
            self.tell(new, "no members", "at least one code")
        opened: list[str] = []
        for code in sorted(named) if isinstance(named, (set, frozenset)) else named:
            opened += self._opened(new, code)
        return opened

    def _opened(self, new: str, code: str) -> list[str]:
        if code == REST or code in self.known:
            return [code]
        group = COUNTRY_GROUPS.get(code, ()) if self.kind == "countries" else ()
        absent = [member for member in group if member not in self.known]
        if group and not absent:
            return list(group)
        if group:
            self.tell(new, f"{code!r} without {', '.join(absent)}", f"a group whose members are all {self.kind} here")
            return []
        choices = [*self.codes, *(COUNTRY_GROUPS if self.kind == "countries" else ())]
        close = nearest(code, choices, aliases=dict(COUNTRY_ALIASES) if self.kind == "countries" else None)
        self.tell(
            new, f"unknown code {code!r}", f"one of the {self.kind} of the baseline", repr(close) if close else ""
        )
        return []

    def _place(self, new: str, named: list[str]) -> None:
        for code in named:
            if code != REST and self.home.setdefault(code, new) != new:
                self.tell(new, f"{code!r}, which is in {self.home[code]!r} too", "each code in one group")

    def _fill(self) -> None:
        """Put every code without a group into the group of the rest."""
        left = [code for code in self.codes if code not in self.home]
        if not left and self.rest not in self.home.values():
            self.tell(self.rest, "nothing left for '*'", "at least one code that no other group names")
        self.home.update(dict.fromkeys(left, self.rest))

    def groups(self) -> Groups:
        members: dict[str, list[str]] = {}
        for code in self.codes:
            members.setdefault(self.home.get(code, code), []).append(code)
        if self.rest:
            members[self.rest] = members.pop(self.rest)
        return Groups(self.codes, tuple(members), tuple(tuple(group) for group in members.values()))
