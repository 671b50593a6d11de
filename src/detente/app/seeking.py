"""A search of the page as part of its address, so that a link starts the same search again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

_CODE: Final = re.compile(r"[A-Za-z0-9_\-]{2,32}")
_FIELDS: Final[dict[str, re.Pattern[str]]] = {
    "kind": re.compile(r"optimal|nash|talks"),
    "player": _CODE,
    "players": _CODE,
    "against": _CODE,
    "taxing": re.compile(r"each-other"),
    "vary": re.compile(r"uniform|by-partner|by-sector|free"),
    "upper": re.compile(r"[0-9.]{1,6}%"),
    "starts": re.compile(r"[1-9]|10"),
    "solution": re.compile(r"nash|kalai-smorodinsky|equal-gains"),
}


@dataclass(frozen=True)
class Sought:
    """What is searched. kind: optimal, nash or talks; "" is nothing. values: field of its form -> what is in it."""

    kind: str = ""
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def get(self, kind: str, name: str, usual: str = "", place: int = 0) -> str:
        """Return what stands in a field of the form of a search, the usual where another or none is asked."""
        found = dict(self.values).get(name, ())
        return usual if kind != self.kind else found[place] if place < len(found) else ""


def sought(text: str) -> Sought | None:
    """Return the search in an address, or None where the text is not one.

    Args:
        text: a query, as the form of the search sends it.
    """
    if not text:
        return Sought()
    try:
        given = parse_qs(text, max_num_fields=20)
    except ValueError:
        return None
    kind = given.pop("kind", [""])[0]
    sound = all(
        name in _FIELDS and all(_FIELDS[name].fullmatch(value) for value in values) for name, values in given.items()
    )
    if not sound or not _FIELDS["kind"].fullmatch(kind):
        return None
    return Sought(kind, tuple((name, tuple(values)) for name, values in given.items()))
