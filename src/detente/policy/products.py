"""HS codes to product sectors: which satellites a list of codes means, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from detente.baseline import Baseline
from detente.baseline.satellites_table import KNOWN


@dataclass(frozen=True)
class Matched:
    """What HS codes mean in product sectors.

    Attributes:
        names: of the product sectors, in the order of the codes. unknown: codes that are no product sector, or more
            than one is.
        notes: sentences on codes that are only a part of their product sector.
    """

    names: tuple[str, ...]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]


def match(codes: Iterable[str], products: Mapping[str, Sequence[str]]) -> Matched:
    """Return the product sectors that HS codes mean.

    Args:
        codes: of HS 2022, digits only. products: name -> codes that the product sector is made of.
    """
    named: dict[str, list[str]] = {}
    unknown = []
    for code in codes:
        inside = [name for name, heads in products.items() if any(code.startswith(head) for head in heads)]
        if inside:
            named.setdefault(inside[0], []).append(code)
        else:
            unknown.append(code)
    notes = []
    for name, found in named.items():
        missing = [head for head in products[name] if head not in found]
        if missing:
            notes.append(f"HS {', '.join(found)} acts on all of {name} (HS {', '.join(products[name])})")
    return Matched(tuple(named), tuple(unknown), tuple(notes))


def packaged() -> dict[str, tuple[str, ...]]:
    """Return the product sectors that ship, name -> HS codes."""
    return {name: item.hs for name, item in KNOWN.items() if item.hs}


def of_baseline(base: Baseline) -> dict[str, tuple[str, ...]]:
    """Return the product sectors of a baseline, sector code -> HS codes."""
    cut: Mapping[str, Any] = base.meta.get("satellites", {})
    return {code: tuple(facts.get("hs", ())) for code, facts in cut.items() if code in base.sectors}


def described(products: Mapping[str, Sequence[str]]) -> str:
    """Return product sectors in words, with their codes."""
    return ", ".join(f"{name} (HS {', '.join(codes)})" for name, codes in products.items()) or "none"


def families(base: Baseline) -> dict[str, tuple[str, ...]]:
    """Return each sector with the product sectors that were cut from it; a product sector is its own family."""
    cut: Mapping[str, Any] = base.meta.get("satellites", {})
    children: dict[str, list[str]] = {}
    for code, facts in cut.items():
        if code in base.sectors:
            children.setdefault(str(facts["parent"]), []).append(code)
    return {code: (code, *children.get(code, ())) for code in base.sectors}
