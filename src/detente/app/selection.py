"""What the visitor has chosen, as an address: everything the page shows follows from it, and nothing is stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from detente.app.seeking import sought
from detente.core.errors import Problem, UsageError

DEFAULT_CASE: Final = "us-china-2025-10"
SCREENS: Final = (
    "brief", "measures", "rates", "results", "compare", "strategy", "talks", "tree", "check", "news", "text",
)  # fmt: skip
DRAWS: Final = ("", "64", "256", "1024")
MANY: Final = 200
LENGTH: Final = 120
EDIT_LENGTH: Final = 100_000
SEEK_LENGTH: Final = 600
PINS: Final = 3
_LISTS: Final = ("branch", "include", "drop", "set", "odds", "pin")
_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f]*")


@dataclass(frozen=True)
class Selection:
    """The state of the page.

    Attributes:
        case: a name of the catalogue; "" is the first one. edit: an edited file, packed (see `edits`).
        on: day of main. branch: branches shown, the first one in front. include, drop: ids, drop also authority=NAME.
        set: ID=RATE. closure, elasticities: instead of those of the file. draws: of the bands.
        country: who is in front.
        by, against, sector: importer, origin and sector looked at in detail. odds: LEAF=PERCENT, the visitor's.
        screen: which one. seek: a search to be made, as its own query. pin: further selections to compare with, each
            as its own query.
    """

    case: str = ""
    edit: str = ""
    on: str = ""
    branch: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    closure: str = ""
    elasticities: str = ""
    draws: str = ""
    country: str = ""
    by: str = ""
    against: str = ""
    sector: str = ""
    odds: tuple[str, ...] = ()
    screen: str = ""
    seek: str = ""
    pin: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """Return the address of this state, in one order, without what is usual."""
        pairs: list[tuple[str, str]] = []
        for each in fields(self):
            value = getattr(self, each.name)
            pairs += [(each.name, item) for item in value] if each.name in _LISTS else [(each.name, value)]
        return urlencode([(name, value) for name, value in pairs if value], safe="=:,/")

    @property
    def address(self) -> str:
        """Return the page of this state."""
        return f"/?{self.query}" if self.query else "/"

    @property
    def plain(self) -> dict[str, Any]:
        """Return the state as plain data, as it goes to a worker: what is usual is left out."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items() if value}

    @property
    def solved(self) -> Selection:
        """Return what decides the numbers, without what is only shown."""
        return replace(self, country="", by="", against="", sector="", odds=(), screen="", seek="", pin=())

    def but(self, **changes: Any) -> Selection:
        """Return another state."""
        return replace(self, **changes)


def of_plain(given: dict[str, Any]) -> Selection:
    """Return the state in plain data.

    Raises:
        UsageError: a field that there is not, a value that is too long or holds control characters.
    """
    known = {each.name for each in fields(Selection)}
    problems = [_wrong(name, "a field", f"one of {', '.join(sorted(known))}") for name in given if name not in known]
    values: dict[str, Any] = {}
    for name in [name for name in given if name in known]:
        items = given[name] if name in _LISTS else [given[name]]
        limit = EDIT_LENGTH if name in ("edit", "pin") else SEEK_LENGTH if name == "seek" else LENGTH
        if len(items) > MANY:
            problems.append(_wrong(name, f"{len(items)} values", f"at most {MANY}"))
        problems += [
            _wrong(name, "a value that is too long or not plain text", f"text of at most {limit} letters")
            for item in items
            if not isinstance(item, str) or len(item) > limit or not _PLAIN.fullmatch(item)
        ][:1]
        values[name] = tuple(dict.fromkeys(items)) if name in _LISTS else given[name]
    if problems:
        raise UsageError(problems=problems)
    return _sound(Selection(**values))


def of_query(query: str) -> Selection:
    """Return the state in an address; `set:ID=NUMBER` is what a field of the page sends for ID=+NUMBERpp.

    Raises:
        UsageError: as `of_plain`, or a field that is given twice.
    """
    given: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=4 * MANY):
        field, mark, item = name.partition(":")
        if mark and field in ("set", "odds"):
            if value:
                kept = [each for each in given.get(field, []) if not each.startswith(f"{item}=")]
                given[field] = [*kept, f"{item}={_with_unit(value, field)}"]
        elif name in _LISTS:
            given.setdefault(name, []).append(value)
        elif value:
            if name in given:
                raise UsageError(problems=[_wrong(name, "two values", "one")])
            given[name] = value
    return of_plain(given)


def _sound(found: Selection) -> Selection:
    """Refuse what no state can be; names of cases, branches and measures are judged where they are known."""
    problems = []
    if found.draws not in DRAWS:
        problems.append(_wrong("draws", repr(found.draws), f"one of {', '.join(DRAWS[1:])}"))
    if found.screen and found.screen not in SCREENS:
        problems.append(_wrong("screen", repr(found.screen), f"one of {', '.join(SCREENS)}"))
    if sought(found.seek) is None:
        problems.append(_wrong("seek", "something that is no search", "a search that the page has made"))
    if len(found.pin) > PINS:
        problems.append(_wrong("pin", f"{len(found.pin)} runs", f"at most {PINS} beside the one in front"))
    if problems:
        raise UsageError(problems=problems)
    return found


def _wrong(name: str, found: str, expected: str) -> Problem:
    return Problem("address", name[:LENGTH], found, expected)


def _with_unit(value: str, field: str) -> str:
    """Return a number from a field of the page with its unit: points for a rate, percent for odds."""
    if not re.fullmatch(r"[+-]?[0-9]{1,6}(\.[0-9]{1,4})?", value):
        return value
    return f"{float(value):+g}pp" if field == "set" else f"{float(value):g}%"


def toggled(items: Sequence[str], item: str) -> tuple[str, ...]:
    """Return the items with one more, or without it if it was there."""
    return tuple(each for each in items if each != item) if item in items else (*items, item)
