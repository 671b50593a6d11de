"""Checks across fields and measures: names that must exist, dates that must follow, rates that must not meet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from detente.core.codes import WORLD
from detente.core.errors import nearest
from detente.core.units import rate_text
from detente.policy.levels import check_levels
from detente.policy.measure import ALL, GOODS, KINDS, Measure
from detente.scenario.amounts import Spread, check_rate
from detente.scenario.build import Context
from detente.scenario.fields import Reader, Section
from detente.scenario.format import COMMON, MEASURE
from detente.scenario.schema import AUTHORITY, Leaf, Talks

COMPARED: Final = 500
TOLD: Final = 100
"""All-in rates compared at loading, and contradictions told; the compiler, which knows the cells, finds the rest."""

_SIZES: Final = {
    "export-tax": "rate", "port-fee": "as_cost", "trade-cost": "as_cost", "stockpile": "amount",
    "government-demand": "amount", "tariff-rate-quota": "",
}  # fmt: skip
"""Kind -> the field that says how much; a tariff-rate quota has two rates."""


def measure_fields(reader: Reader, part: Section, measure: Measure, name: str) -> None:
    """Check that a measure has what its kind needs and nothing that its kind does not know."""
    kind = KINDS[measure.kind]
    for need in kind.needs:
        options = need.split("|")
        if not part.given.intersection(options):
            if need.startswith("rate|"):
                expected = "a rate, or a table of rates"
            else:
                expected = f"{' or '.join(options)}, which kind {measure.kind!r} needs"
            reader.wrong(part.line, f"{name}.{options[0]}", "nothing", expected)
    if kind.target and "against" not in part.given:
        reader.wrong(part.line, f"{name}.against", "nothing", "who is hit: a code, a group or WORLD")
    if not kind.target and measure.kind != "non-trade" and "against" in part.given:
        found, expected = f"a field that kind {measure.kind!r} does not have", "who sells under origin, or nobody"
        reader.wrong(part.at("against"), f"{name}.against", found, expected, "origin:")
    allowed = {*COMMON, *kind.allows, *(option for need in kind.needs for option in need.split("|"))}
    for field in [each.name for each in MEASURE if each.name in part.given and each.name not in allowed]:
        found = f"a field that kind {measure.kind!r} does not have"
        reader.wrong(
            part.at(field), f"{name}.{field}", found, f"fields of {measure.kind}", "another kind, or leave it out"
        )
    scopes: list[str] = [each for each in ("sectors", "products", "table") if each in part.given]
    scopes += ["rows"] if "rows" in part.given and "table" not in part.given else []
    if len(scopes) > 1:
        reader.wrong(part.at(scopes[1]), f"{name}.{scopes[1]}", f"{' and '.join(scopes)}", "one of them")
    if "rate" in part.given and {"table", "rows"} & part.given:
        reader.wrong(
            part.at("rate"), f"{name}.rate", "a rate beside a table", "one of them; the table has its own rates"
        )


def measure_amounts(reader: Reader, part: Section, measure: Measure, name: str) -> None:
    """Check the sizes of rates and volumes of one measure."""
    line = part.at("rate")
    rates = measure.rate_range or ((measure.rate,) if measure.rate else ())
    for rate in dict.fromkeys(rates):
        check_rate(
            reader, rate, line, f"{name}.rate", extreme=measure.allow_extreme, subsidy=measure.kind == "subsidy",
            text=rate_text(rate),
        )  # fmt: skip
    for rate in _values(part.get("over_rate")):
        text, above = rate_text(rate), part.at("over_rate")
        check_rate(
            reader, rate, above, f"{name}.over_rate", extreme=measure.allow_extreme, subsidy=True, text=text
        )  # fmt: skip
    _of_nothing(reader, part, measure, name)
    if measure.at_least and measure.rate is not None and measure.rate.added:
        reader.wrong(line, f"{name}.rate", f"{rate_text(measure.rate)} with at_least", "an all-in rate such as 15%")
    if measure.stack and measure.rate is not None and measure.rate.added:
        reader.wrong(part.at("stack"), f"{name}.stack", "points with stack", "an all-in rate; points always add up")
    for each in ("volume", "fee", "duty", "unit_value", "as_cost", "third_countries", "base_quantity", "stock"):
        if any(_number(value) < 0 for value in _values(part.get(each))[:1]):
            reader.wrong(part.at(each), f"{name}.{each}", "an amount below zero", "zero (an embargo) or more")
            return
    for error in check_levels(measure) if measure.kind in KINDS else ():
        if not _missing(part, measure, error.field):
            reader.wrong(part.at(error.field), f"{name}.{error.field}", error.found, error.expected, error.hint)


def _values(spread: Spread | None) -> tuple[Any, ...]:
    """Return the values of a field from low to high: one without a range, none without the field."""
    if spread is None:
        return ()
    return (spread.mode,) if spread.low is None else (spread.low, spread.mode, spread.high)


def _number(value: Any) -> float:
    """Return a rate, a quantity or a percentage without its unit."""
    return value if isinstance(value, float) else float(value.value)


def _of_nothing(reader: Reader, part: Section, measure: Measure, name: str) -> None:
    """Warn of a measure that adds nothing: no points, a tax, a fee, a cost or an amount of zero."""
    rate = measure.rate
    field = _SIZES.get(measure.kind, "rate" if rate is not None and rate.added else "")
    fields = ("as_cost", "third_countries") if measure.kind == "port-fee" else (field,)
    values = [value for each in fields for value in _values(part.get(each))]
    if values and not any(_number(value) for value in values):
        reader.warn(part.at(fields[0]), f"{name}.{fields[0]}", "adds nothing, so the measure changes nothing")


def _missing(part: Section, measure: Measure, field: str) -> bool:
    """Return whether a field was not given or not read, which is a problem noted elsewhere, if it is one."""
    needed = {option for need in KINDS[measure.kind].needs for option in need.split("|")}
    return (field in needed or field in part.given) and part.get(field) is None


def measure_dates(
    reader: Reader, part: Section, measure: Measure, name: str, as_of: dt.date | None, compare_to: dt.date | None
) -> None:
    """Check the order of dates of one measure."""
    if measure.from_ and measure.until and measure.until <= measure.from_:
        found = f"{measure.until}, not after from: {measure.from_}"
        reader.wrong(
            part.at("until"), f"{name}.until", found, "a later day; `until` is the first day it no longer holds"
        )
    if measure.from_ and compare_to and measure.from_ < compare_to and measure.status in ("in-force", "scheduled"):
        text = f"{measure.from_} is before the comparator of {compare_to}, so the measure is part of both"
        reader.warn(part.at("from"), f"{name}.from", text)
    if measure.source and measure.source.date and as_of and measure.source.date > as_of:
        expected = f"a day not after as_of: {as_of}, because it was not known before"
        reader.wrong(part.at("source"), f"{name}.source.date", str(measure.source.date), expected)


def by_against(reader: Reader, measure: Measure, name: str) -> None:
    """Check that nobody is on both sides."""
    both = [code for code in measure.by if code in measure.against and code != WORLD]
    if both:
        found = f"{', '.join(both[:5])} in by and in against"
        reader.wrong(measure.lines.get("against", 0), f"{name}.against", found, "two different sides")


def duplicates(reader: Reader, measures: Sequence[Measure]) -> None:
    """Note measures with the id of an earlier one."""
    first: dict[str, Measure] = {}
    for measure in measures:
        earlier = first.setdefault(measure.id, measure)
        if measure.id and earlier is not measure:
            found = f"a second {measure.id!r}; the first is on line {earlier.lines.get('id', 0)}"
            reader.wrong(measure.lines.get("id", 0), "measures.id", found, "a name of its own for each measure")


def contradictions(reader: Reader, measures: Sequence[Measure]) -> None:
    """Note pairs of all-in rates on the same flow and days without `stack:`."""
    chosen = [
        each
        for each in measures
        if each.rate is not None and not each.rate.added and not each.at_least and not each.stack
        and each.kind in ("tariff", "subsidy", "agreement") and each.rate_kind == "applied" and each.table is None
        and each.status in ("in-force", "scheduled") and each.products is None
    ]  # fmt: skip
    told = 0
    for position, second in enumerate(chosen[:COMPARED]):
        for first in chosen[:position]:
            if _overlap(first, second) and first.id != second.id and first.rate and second.rate:
                found = f"{rate_text(second.rate)} all-in, and {rate_text(first.rate)} all-in of {first.id!r}"
                found += f" (line {first.lines.get('rate', 0)}) on the same flow and days"
                expected = "one all-in rate, or `stack:` on one of them (add, max, replace)"
                reader.wrong(second.lines.get("rate", 0), f"{second.id}.rate", found, expected)
                told += 1
                if told == TOLD:
                    return


def _overlap(first: Measure, second: Measure) -> bool:
    sides = all(
        WORLD in ours or WORLD in theirs or set(ours) & set(theirs)
        for ours, theirs in ((first.by, second.by), (first.against, second.against))
    )
    wide = (ALL, GOODS)
    what = set(first.sectors) & set(second.sectors) or any(
        each in measure.sectors for measure in (first, second) for each in wide
    )
    starts, ends = dt.date.min, dt.date.max
    days = (first.from_ or starts) < (second.until or ends) and (second.from_ or starts) < (first.until or ends)
    return bool(sides and what and days)


def names(reader: Reader, top: Section, measures: Sequence[Measure], talks: Talks | None, tree: Iterable[Leaf]) -> None:
    """Check that every `unless`, `include`, `drop` and issue names something in the file."""
    ids = [measure.id for measure in measures]
    bases = {AUTHORITY + name for measure in measures for name in measure.authorities}

    def check(items: Iterable[str], line: int, field: str) -> None:
        for item in items:
            if item not in ids and item not in bases:
                choices = sorted(bases) if item.startswith(AUTHORITY) else ids
                reader.wrong(line, field, repr(item[:40]), "the id of a measure in this file", nearest(item, choices))

    for leaf in tree:
        line, part = top.get("tree")[leaf.name]
        check(leaf.include, part.at("include") or line, f"tree.{leaf.name}.include")
        check(leaf.drop, part.at("drop") or line, f"tree.{leaf.name}.drop")
        for item in sorted(set(leaf.include) & set(leaf.drop)):
            reader.wrong(part.at("drop"), f"tree.{leaf.name}.drop", f"{item!r}, also in include", "one of the two")
    for field in ("include", "drop"):
        check([scalar.text for scalar in top.get(field, ())], top.at(field), field)
    issues = [issue.name for issue in talks.issues] if talks else []
    if talks:
        part = top.get("talks")
        without = part.get("disagreement")
        check(talks.include + talks.drop, without.line if without else part.line, "talks.disagreement")
        for issue in talks.issues:
            line, _ = part.get("issues")[issue.name]
            check(issue.measures, line, f"talks.issues.{issue.name}.measure")
    for measure in measures:
        if measure.unless and measure.unless not in issues:
            expected = "an issue of talks in this file"
            line = measure.lines.get("unless", 0)
            reader.wrong(line, f"{measure.id}.unless", repr(measure.unless), expected, nearest(measure.unless, issues))


def table_codes(ctx: Context, measure: Measure, name: str) -> None:
    """Note codes in a table that are near misses of codes of the embedded baseline."""
    if measure.table is None or ctx.known is None:
        return
    countries = {code for row in measure.table.rows for code in (row.by, row.against)}
    unknown = countries - ctx.known.countries - {WORLD, *ctx.known.country_groups}
    if measure.table.column == "sector":
        unknown |= {row.item for row in measure.table.rows} - ctx.known.sectors - {GOODS, ALL}
    if unknown:
        shown = ", ".join(sorted(unknown)[:5]) + (" .." if len(unknown) > 5 else "")
        line = measure.lines.get("table", measure.lines.get("rows", 0))
        ctx.reader.warn(line, f"{name}.table", f"rows with codes that {ctx.known.id} does not have: {shown}")
