"""One dated, sourced policy act; and the set of acts in force on a day in one branch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from detente.core.units import Rate
from detente.policy.table import RateTable

STATUSES: Final = ("in-force", "scheduled", "announced", "offered", "threatened", "suspended", "ended")
STACKS: Final = ("add", "max", "replace")
RATE_KINDS: Final = ("applied", "headline")
GOODS: Final = "goods"
ALL: Final = "all"


@dataclass(frozen=True)
class Kind:
    """An instrument.

    Attributes:
        wedge: what it does in the model, in words.
        needs: fields without which it says nothing; "a|b" means one of them.
        allows: further fields it may have.
        target: whether `against` is needed.
        rents_to: who gets the rent of a bound where the file does not say; "" for none.
        modelled: whether this version can solve it.
    """

    wedge: str
    needs: tuple[str, ...] = ()
    allows: tuple[str, ...] = ()
    target: bool = True
    rents_to: str = ""
    modelled: bool = True


_BOUND = ("rents_to", "base_quantity")
_EXPORT = (*_BOUND, "reach")
_RATED = ("rate", "table", "rows", "at_least", "stack", "rate_kind", "allow_extreme")
KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "tariff": Kind("a rate on imports", ("rate|table|rows",), _RATED),
        "subsidy": Kind("a negative rate on imports", ("rate",), _RATED),
        "export-tax": Kind("a rate on exports", ("rate",), ("allow_extreme", "rate_kind")),
        "import-quota": Kind("a bound on imports", ("volume",), _BOUND, rents_to="importer"),
        "export-restraint": Kind("a bound on exports", ("volume",), _EXPORT, rents_to="exporter"),
        "export-licence": Kind("a bound on licensed exports", ("volume",), _EXPORT, rents_to="exporter"),
        "export-ban": Kind("an embargo on exports", (), ("volume", *_EXPORT), rents_to="lost"),
        "tariff-rate-quota": Kind(
            "two rates around a volume", ("rate", "over_rate", "volume"), (*_BOUND, "allow_extreme"),
            rents_to="importer",
        ),
        "specific-duty": Kind("money per unit", ("duty", "unit_value")),
        "agreement": Kind("a schedule between two sides", ("rate|table|rows",), _RATED),
        "port-fee": Kind("a cost of shipping by lane", ("as_cost",), ("fee", "direction", "third_countries")),
        "trade-cost": Kind("a cost of trading by lane", ("as_cost",), ("direction",)),
        "price-floor": Kind(
            "a minimum producer price", ("origin", "volume", "floor"), ("paid_by", "base_price", "base_quantity"),
            target=False,
        ),
        "purchase": Kind("a minimum quantity", ("volume",), ("base_quantity",)),
        "stockpile": Kind("extra final demand for stocks", ("amount",), ("origin", "stock"), False),
        "government-demand": Kind("extra final demand", ("amount",), ("origin",), False),
        "non-trade": Kind("nothing in trade: a switch for others", ("linkage",), (), False),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a measure is written down."""

    title: str
    date: dt.date | None = None
    url: str = ""
    quote: str = ""
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class Products:
    """HS codes of one vintage, as text; each names a product sector that was cut from its parent."""

    vintage: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """One policy act. Frozen; change by `replace`.

    Attributes:
        by: codes of those who impose; ("WORLD",) for everybody. against: codes of those who are hit.
        sectors: sector codes, or ("goods",), or ("all",); empty where `products` or `table` say it.
        rate: the rate entered, the mode of a range; points are added, all-in rates replace the baseline rate.
        rate_range: low, mode, high where the file gives a range.
        at_least: the all-in rate is a minimum on the total.
        stack: how an all-in rate meets another one: "add", "max", "replace"; "" refuses to meet one.
        rate_kind: "applied" enters the equilibrium, "headline" is what officials say.
        from_: first day it holds; until: first day it no longer holds.
        details: further fields of the kind, as plain data.
        lines: line of each field in the file; "" is the measure itself. path: the file.
    """

    id: str
    kind: str
    by: tuple[str, ...]
    against: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    products: Products | None = None
    rate: Rate | None = None
    rate_range: tuple[Rate, Rate, Rate] | None = None
    at_least: bool = False
    table: RateTable | None = None
    from_: dt.date | None = None
    until: dt.date | None = None
    status: str = "in-force"
    authority: str = ""
    linkage: str = ""
    unless: str = ""
    stack: str = ""
    assumed: bool = False
    rate_kind: str = "applied"
    allow_extreme: bool = False
    note: str = ""
    source: Source | None = None
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    path: str = field(default="", compare=False, repr=False)

    def where(self, name: str = "") -> str:
        """Return `file:line` of a field, or of the measure."""
        line = self.lines.get(name, self.lines.get("", 0))
        return f"{self.path}:{line}" if line else self.path

    @property
    def authorities(self) -> frozenset[str]:
        """Return every legal basis in the measure: its own, or those of the rows of its table."""
        own = frozenset([self.authority]) if self.authority else frozenset()
        return own | (self.table.authorities if self.table else frozenset())

    def without_authority(self, authority: str) -> Measure | None:
        """Return the measure without what rests on `authority`: None if nothing is left, itself if nothing did."""
        if self.authority == authority:
            return None
        if self.table is None or authority not in self.table.authorities:
            return self
        rest = self.table.without_authority(authority)
        return replace(self, table=rest) if rest.rows else None


@dataclass(frozen=True)
class Regime:
    """What holds on a day in one branch.

    Attributes:
        date: the day. branch: "main", a leaf of the tree, or "comparator".
        applied: measures that hold, in the order of the file.
        not_applied: the others, each with the reason in a few words, such as "threatened" or "scheduled later".
    """

    date: dt.date
    branch: str
    applied: tuple[Measure, ...]
    not_applied: tuple[tuple[Measure, str], ...] = ()
