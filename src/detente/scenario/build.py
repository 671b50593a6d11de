"""From sections that were read to the frozen scenario; groups are expanded and codes checked on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final

from detente.core.closure import Closure
from detente.core.codes import COUNTRY_GROUPS, WORLD
from detente.policy.measure import ALL, GOODS, Measure, Products, Source
from detente.scenario.amounts import Spread
from detente.scenario.fields import Reader, Section
from detente.scenario.format import DETAILS
from detente.scenario.known import Known, double_counts, of_id
from detente.scenario.schema import BaselineRef, Leaf, Uncertainty
from detente.scenario.text import Scalar

RESERVED: Final = ("main", "comparator", "all")


@dataclass(frozen=True)
class Context:
    """What codes may mean in this file."""

    reader: Reader
    known: Known | None
    groups: Mapping[str, tuple[str, ...] | Products]

    @property
    def code_groups(self) -> dict[str, tuple[str, ...]]:
        """Return own groups that are lists of codes."""
        return {name: each for name, each in self.groups.items() if isinstance(each, tuple)}

    def countries(self, scalars: tuple[Scalar, ...] | None, name: str) -> tuple[str, ...]:
        """Return country codes with groups expanded; WORLD stays. Problems are noted."""
        builtin = COUNTRY_GROUPS if self.known is None else self.known.country_groups
        groups = {**builtin, **self.code_groups}
        return self._expanded(scalars or (), name, groups, "country", (WORLD,))

    def sectors(self, scalars: tuple[Scalar, ...] | None, name: str) -> tuple[str, ...]:
        """Return sector codes with groups expanded; goods and all stay. Problems are noted."""
        return self._expanded(scalars or (), name, self.code_groups, "sector", (GOODS, ALL))

    def columns(self, scalars: tuple[Scalar, ...] | None, name: str) -> None:
        """Check the columns of a table: codes and groups, where a group beside a member is not counted twice."""
        for scalar in scalars or ():
            self.countries((scalar,), name)

    def _expanded(
        self,
        scalars: tuple[Scalar, ...],
        name: str,
        groups: dict[str, tuple[str, ...]],
        what: str,
        wide: tuple[str, ...],
    ) -> tuple[str, ...]:
        codes: list[str] = []
        for scalar in scalars:
            codes += groups.get(scalar.text, (scalar.text,))
            members = groups.get(scalar.text, (scalar.text,))
            for code in members:
                self._check(code, scalar, name, what, wide, groups)
        for twice in double_counts([scalar.text for scalar in scalars], groups):
            self.reader.wrong(scalars[0], name, twice, f"each {what} once, or it would be counted double")
        if len(codes) > 1 and set(codes) & set(wide) and what == "sector":
            self.reader.wrong(scalars[0], name, f"{next(c for c in codes if c in wide)} and more", "one or the other")
        return tuple(dict.fromkeys(codes))

    def _check(
        self, code: str, scalar: Scalar, name: str, what: str, wide: tuple[str, ...], groups: dict[str, tuple[str, ...]]
    ) -> None:
        if code in wide:
            return
        if self.known is None:
            if code != code.strip() or not code.isprintable():
                self.reader.wrong(scalar, name, repr(code), f"a {what} code without blanks", repr(code.strip()))
            return
        valid = self.known.countries if what == "country" else self.known.sectors
        if code in valid:
            return
        hints = self.known.country_hint if what == "country" else self.known.sector_hint
        member = "" if code == scalar.text else f" (in group {scalar.text!r})"
        found = f"{code[:40]!r}{member}"
        self.reader.wrong(scalar, name, found, f"a {what} of baseline {self.known.id!r}", hints(code, list(groups)))


def context(reader: Reader, top: Section, baseline: BaselineRef, known: Known | None = None) -> Context:
    """Return the meaning of codes in this file; own groups are read first."""
    groups: dict[str, tuple[str, ...] | Products] = {}
    known = known or of_id(baseline.id)
    for name, (line, value) in top.get("groups", {}).items():
        taken = name in COUNTRY_GROUPS or name in (WORLD, GOODS, ALL)
        if taken or (known is not None and name in known.countries | known.sectors):
            reader.wrong(line, f"groups.{name}", f"a group named {name!r}", "a name that no code or built-in group has")
        elif isinstance(value, Products):
            groups[name] = value
        else:
            groups[name] = tuple(dict.fromkeys(_members(reader, name, value)))
    return Context(reader, known, MappingProxyType(groups))


def _members(reader: Reader, name: str, scalars: tuple[Scalar, ...]) -> list[str]:
    codes = [scalar.text for scalar in scalars]
    for twice in double_counts(codes, COUNTRY_GROUPS):
        reader.wrong(scalars[0], f"groups.{name}", twice, "each code once, or it would be counted double")
    return [member for code in codes for member in COUNTRY_GROUPS.get(code, (code,))]


def baseline_ref(top: Section) -> BaselineRef:
    """Return the world to start from."""
    value = top.get("baseline")
    if isinstance(value, Section):
        mismatch, digest = value.get("allow_year_mismatch", False), value.get("sha256", "")
        return BaselineRef(value.get("id", "world-2022"), mismatch, digest)
    return BaselineRef(value) if value else BaselineRef()


def closure(reader: Reader, model: Section | None) -> Closure:
    """Return the closure; that a numeraire is there exactly where it is needed is checked here."""
    if model is None:
        return Closure()
    rule = Closure(model.get("closure", "world-share"), model.get("revenue", "lump-sum"), model.get("numeraire"))
    if rule.deficits == "fixed-nominal" and rule.numeraire is None:
        expected = "a numeraire, because results under fixed-nominal depend on it"
        reader.wrong(model.at("closure"), "model.numeraire", "none", expected, "world-income or a country code")
    if rule.deficits != "fixed-nominal" and rule.numeraire is not None:
        expected = f"none: under closure {rule.deficits!r} real results do not depend on a numeraire"
        reader.wrong(model.at("numeraire"), "model.numeraire", repr(rule.numeraire), expected, "closure: fixed-nominal")
    return rule


def include_purge(reader: Reader, model: Section | None) -> bool:
    """Return whether deficits may be purged together with the policy; only closure balanced does so."""
    if model is None or not model.get("include_purge", False):
        return False
    if model.get("closure", "world-share") != "balanced":
        found = f"true under closure {model.get('closure', 'world-share')!r}"
        expected = "closure balanced, the only one that purges deficits"
        reader.wrong(model.at("include_purge"), "model.include_purge", found, expected, "closure: balanced")
    return True


def elasticities(model: Section | None) -> tuple[str, float | None]:
    """Return the name of the elasticity set and the spread of its draws."""
    value = model.get("trade_elasticity") if model else None
    if isinstance(value, Section):
        return value.get("set", "default"), value.get("sd")
    return value or "default", None


def measure(ctx: Context, part: Section, name: str, path: str) -> Measure:
    """Return a measure without its table; codes are expanded, details kept as text."""
    products = part.get("products")
    if isinstance(products, str):
        products = _group_products(ctx, part, products, name)
    sectors = ctx.sectors(part.get("sectors"), f"{name}.sectors")
    plain = not any(part.get(each) for each in ("sectors", "products", "table", "rows"))
    rate: Spread | None = part.get("rate")
    span = None if rate is None or rate.low is None else (rate.low, rate.mode, rate.high)
    source = part.get("source")
    optional = ("authority", "linkage", "unless", "stack", "note")
    return Measure(
        id=part.get("id", ""),
        kind=part.get("kind", "tariff"),
        by=ctx.countries(part.get("by"), f"{name}.by"),
        against=ctx.countries(part.get("against"), f"{name}.against"),
        sectors=(GOODS,) if plain else sectors,
        products=products,
        rate=None if rate is None else rate.mode,
        rate_range=span,
        from_=part.get("from"),
        until=part.get("until"),
        status=part.get("status", "in-force"),
        rate_kind=part.get("rate_kind", "applied"),
        source=None if source is None else _source(source),
        details=MappingProxyType(_details(ctx, part, name)),
        lines=MappingProxyType({**part.lines, "": part.line}),
        path=path,
        **{each: part.get(each, "") for each in optional},
        **{each: part.get(each, False) for each in ("at_least", "assumed", "allow_extreme")},
    )


def _group_products(ctx: Context, part: Section, group: str, name: str) -> Products | None:
    found = ctx.groups.get(group)
    if isinstance(found, Products):
        return found
    choices = [each for each, value in ctx.groups.items() if isinstance(value, Products)]
    expected = 'HS codes such as {hs22: ["8505.11"]}, or one of the groups of products: ' + (
        ", ".join(choices) or "none"
    )
    ctx.reader.wrong(part.at("products"), f"{name}.products", repr(group), expected)
    return None


def _details(ctx: Context, part: Section, name: str) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for each in DETAILS:
        value = part.get(each)
        if isinstance(value, Spread):
            details[each] = value.text
        elif each == "origin" and value is not None:
            details[each] = ctx.countries(value, f"{name}.origin")
        elif value is not None:
            details[each] = value
    return details


def _source(part: Section) -> Source:
    span = part.get("span")
    pair = (span[0], span[1]) if span and len(span) == 2 else None
    return Source(part.get("title", ""), part.get("date"), part.get("url", ""), part.get("quote", ""), pair)


def texts(value: tuple[Scalar, ...] | None) -> tuple[str, ...]:
    """Return the texts of a list of names."""
    return tuple(scalar.text for scalar in value or ())


def leaves(reader: Reader, top: Section) -> tuple[Leaf, ...]:
    """Return the branches of the tree; their probabilities add up to 100 % or are all left out."""
    found = []
    for name, (line, part) in top.get("tree", {}).items():
        if name in RESERVED:
            reader.wrong(line, f"tree.{name}", f"a leaf named {name!r}", f"another name than {', '.join(RESERVED)}")
        include, drop = texts(part.get("include")), texts(part.get("drop"))
        found.append(Leaf(name, part.get("path", ()), include, drop, part.get("probability")))
    odds = [leaf.probability for leaf in found if leaf.probability is not None]
    total = 100 * sum(odds)
    if odds and (len(odds) < len(found) or abs(total - 100) > 1e-9):
        missing = f", {len(found) - len(odds)} without" if len(odds) < len(found) else ""
        reader.wrong(
            top.at("tree"), "tree", f"probabilities that add up to {total:g}%{missing}", "100% over all leaves"
        )
    if any(not 0 <= each <= 1 for each in odds):
        reader.wrong(top.at("tree"), "tree", "a probability outside 0% to 100%", "a share of 100%")
    return tuple(found)


def uncertainty(reader: Reader, top: Section) -> Uncertainty:
    """Return how draws are made; bands are quantiles that rise."""
    part = top.get("uncertainty")
    if part is None:
        return Uncertainty()
    usual = Uncertainty()
    bands = part.get("bands", usual.bands)
    inside = all(0 < each < 1 for each in bands)
    if not inside or len(bands) < 2 or any(low >= high for low, high in pairwise(bands)):
        shown = ", ".join(f"{100 * each:g}%" for each in bands)
        expected = "at least two quantiles that rise, above 0% and below 100%"
        reader.wrong(part.at("bands"), "uncertainty.bands", f"[{shown}]", expected, "[5%, 50%, 95%]")
    method, seed = part.get("method", usual.method), part.get("seed", usual.seed)
    return Uncertainty(method, seed, bands, part.get("elasticities", usual.elasticities))
