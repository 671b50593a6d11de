"""The fields of a scenario file: one table that the loader, the messages and the JSON Schema all read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from detente.core.closure import DEFICITS, REVENUES
from detente.policy.instruments import DIRECTIONS
from detente.policy.measure import KINDS, RATE_KINDS, STACKS, STATUSES
from detente.scenario.amounts import COST, DEFAULT_RHO, PERCENT, PRODUCTS, QUANTITY, RATE, RHO
from detente.scenario.fields import (
    BOOL,
    CODES,
    DATE,
    INT,
    NAME,
    TEXT,
    Field,
    Type,
    choice,
    either,
    list_of,
    named,
    parsed,
    section,
)
from detente.scenario.schema import ELASTICITY_DRAWS, METHODS
from detente.scenario.text import Mapping as MappingNode
from detente.scenario.text import Scalar
from detente.scenario.text import Sequence as ListNode

VERSIONS: Final = ("1",)
IDS: Final = CODES


def _group_name(text: str) -> str:
    if not (text.isascii() and text.replace("-", "").replace("_", "").isalnum() and len(text) <= 32):
        raise ValueError("a name of at most 32 letters, digits, - and _")
    return text


def _floor(text: str) -> str:
    from detente.core.units import parse_quantity, parse_rate

    try:
        parse_rate(text)
    except ValueError:
        parse_quantity(text)
    return text


GROUP_NAME: Final = parsed("a name", _group_name, {"type": "string"})
FLOOR: Final = parsed("a floor such as +20% or 110 USD/kg", _floor, {"type": "string"})


def _points(text: str) -> float:
    from detente.core.units import parse_rate

    rate = parse_rate(text)
    if not rate.added:
        raise ValueError(f"points of real income with a sign; try '+{text.strip().removesuffix('%').lstrip('+')}pp'")
    return rate.value


POINTS: Final = parsed("points of real income such as +0.05pp", _points, {"type": "string", "pattern": "pp$"})

SOURCE: Final = (
    Field("title", TEXT, "the act, order, notice or report", True),
    Field("date", DATE, "the day it was published; not later than as_of"),
    Field("url", TEXT, "where it can be read"),
    Field("quote", TEXT, "the words that say it"),
    Field("span", list_of(INT, 2), "first and last character of the quote in the text it was read from"),
)

MEASURE: Final = (
    Field("id", NAME, "a name of its own", True),
    Field("by", CODES, "who imposes: ISO3 codes, EU27, ASEAN, WORLD or own groups", True),
    Field("kind", choice(*KINDS), "the instrument", True),
    Field("against", CODES, "who is hit"),
    Field("sectors", CODES, "sector codes of the baseline, own groups, goods (default) or all"),
    Field("products", either((MappingNode, PRODUCTS), (Scalar, GROUP_NAME)), "quoted HS codes under hs22, or a group"),
    Field("table", TEXT, "a CSV beside the scenario file: by, against, sector or hs22, rate, authority, .."),
    Field("rows", TEXT, "the same table inline, as CSV text"),
    Field("table_sha256", TEXT, "checksum of the table, filled in by detente"),
    Field("rate", RATE, "25% all-in or +10pp added; or {low, mode, high}"),
    Field("at_least", BOOL, "the all-in rate is a minimum on the total"),
    Field("stack", choice(*STACKS), "how this all-in rate meets another one on the same flow and day"),
    Field("rate_kind", choice(*RATE_KINDS), "applied enters the equilibrium, headline is what officials say"),
    Field("allow_extreme", BOOL, "accept a rate above 1000%"),
    Field("from", DATE, "first day it holds"),
    Field("until", DATE, "first day it no longer holds"),
    Field(
        "status", choice(*STATUSES), "in-force (default), scheduled, announced, offered, threatened, suspended, ended"
    ),
    Field("authority", NAME, "legal basis; --drop authority=NAME switches all of it off"),
    Field("linkage", NAME, "a non-trade concession that can switch it"),
    Field("unless", NAME, "the talks issue that prevents it"),
    Field("assumed", BOOL, "the level is ours, not the source's"),
    Field("note", TEXT, "anything a reader must know"),
    Field("source", section(SOURCE), "where it is written down"),
    Field("volume", QUANTITY, "a bound: 70% of base, 10 Mt/year, >= 20 Mt/year"),
    Field("rents_to", choice("exporter", "importer", "lost"), "who gets the rent of a bound"),
    Field("reach", choice("extraterritorial"), "a licence that binds users in third countries too"),
    Field("over_rate", RATE, "the rate above the volume of a tariff-rate quota"),
    Field("duty", QUANTITY, "money per unit"),
    Field("unit_value", QUANTITY, "the price per unit that turns a specific duty into a rate"),
    Field("fee", QUANTITY, "a port fee as the notice states it; what it costs is as_cost"),
    Field("direction", choice(*DIRECTIONS), "lanes of a port fee (default both) or a trade cost (default inbound)"),
    Field("third_countries", COST, "a port fee on lanes with third countries, as a share of the value shipped"),
    Field("base_quantity", QUANTITY, "what the flow of volume was in the year of the baseline, such as 27.8 Mt/year"),
    Field("as_cost", COST, "the fee as a share of the value shipped"),
    Field("origin", CODES, "where it is bought"),
    Field("floor", FLOOR, "+20% over the base price, or 110 USD/kg"),
    Field("base_price", QUANTITY, "the price that a floor in money starts from"),
    Field("paid_by", choice("budget", "buyer"), "who pays the difference to the floor"),
    Field("amount", QUANTITY, "money spent, such as 1000 MUSD/year; below zero a release from stock"),
    Field("stock", QUANTITY, "what a release is taken from, such as 5000 MUSD"),
)
DETAILS: Final = (
    "volume", "rents_to", "reach", "over_rate", "duty", "unit_value", "fee", "as_cost", "origin", "floor", "base_price",
    "paid_by", "amount", "direction", "third_countries", "base_quantity", "stock",
)  # fmt: skip
COMMON: Final = (
    "id", "by", "kind", "against", "sectors", "products", "from", "until", "status", "authority", "linkage", "unless",
    "assumed", "note", "source", "table_sha256",
)  # fmt: skip

SWITCHES: Final = (
    Field("include", IDS, "measures that apply here although they are not in force"),
    Field("drop", IDS, "measures that do not apply here, or authority=NAME"),
)
LEAF: Final = (
    Field("path", list_of(NAME), "the nodes on the way to this leaf"),
    *SWITCHES,
    Field("probability", PERCENT, "yours; all leaves add up to 100%"),
)
ISSUE: Final = (
    Field("measure", IDS, "the measures that it decides on", True),
    Field("choices", list_of(TEXT), "imposed, suspended, dropped, a rate, or a volume", True),
    Field(
        "worth",
        named(named(POINTS, TEXT), GROUP_NAME),
        "player: choice: what it is worth to the player beyond trade, such as +0.05pp of real income; else nothing",
    ),
)
TALKS: Final = (
    Field("players", CODES, "who talks", True),
    Field(
        "objective",
        named(either((Scalar, TEXT), (MappingNode, named(TEXT, TEXT))), GROUP_NAME),
        "what each player maximises",
    ),
    Field("deadline", DATE, "the day the talks end"),
    Field("disagreement", section(SWITCHES), "what happens without a deal"),
    Field("issues", named(section(ISSUE)), "what each side can put on the table"),
)
ELASTICITY: Final = (
    Field("set", TEXT, "name of an elasticity set: detente data list --elasticities"),
    Field("sd", PERCENT, "spread of the draws"),
)
CRITICAL: Final = (
    Field("product", TEXT, "a product sector such as rare-earths, or a sector code", True),
    Field("users", CODES, "sectors that hold it fast, in every economy; goods if left out"),
    Field(
        "rho", RHO, f"substitution between it and everything else, {DEFAULT_RHO:g} if left out; or {{low, mode, high}}"
    ),
    Field("capacity", QUANTITY, "what other origins can sell in all at short notice, such as 110% of base"),
)
MODEL: Final = (
    Field("trade_elasticity", either((Scalar, TEXT), (MappingNode, section(ELASTICITY))), "the set, and its spread"),
    Field("closure", choice(*DEFICITS), "the rule for deficits"),
    Field("revenue", choice(*REVENUES), "what happens to tariff revenue"),
    Field("numeraire", TEXT, "world-income or a country; needed by fixed-nominal and refused elsewhere"),
    Field("critical", list_of(section(CRITICAL)), "inputs that their users can hardly replace"),
    Field("include_purge", BOOL, "closure balanced on a baseline with deficits: purge and policy in one number"),
)
BASELINE: Final = (
    Field("id", TEXT, "world-2022, the name of an imported one, or a path from the folder of this file", True),
    Field("allow_year_mismatch", BOOL, "flows and tariffs may be of different years"),
    Field("sha256", TEXT, "checksum, filled in by detente"),
)
UNCERTAINTY: Final = (
    Field(
        "method", choice(*METHODS), "how points are drawn; stroud is the quadrature of systematic sensitivity analysis"
    ),
    Field("seed", INT, "first number of the generator"),
    Field("bands", list_of(PERCENT), "quantiles, rising, such as [5%, 50%, 95%]"),
    Field("elasticities", choice(*ELASTICITY_DRAWS), "sd as stated, spread of the published sets, or sets as they are"),
)
REPORT: Final = (Field("countries", CODES, "columns of the table: codes and groups"),)
MAX_MEASURES: Final = 20_000

TOP: Final = (
    Field("detente", Type(TEXT.read, {"const": 1}), "format version, 1", True),
    Field("id", NAME, "a name of at most 32 letters a-z, digits and hyphens", True),
    Field("title", TEXT, "one line for people"),
    Field("author", TEXT, "who wrote it"),
    Field("note", TEXT, "anything a reader must know"),
    Field("as_of", DATE, "what was known that day", True),
    Field("compare_to", DATE, "the law of this day is the comparator; without it the tariffs of the baseline are"),
    Field("horizon", DATE, "the day of the branches"),
    Field("baseline", either((Scalar, TEXT), (MappingNode, section(BASELINE))), "the world to start from"),
    Field("model", section(MODEL), "closure and elasticities"),
    Field("groups", named(either((ListNode, CODES), (MappingNode, PRODUCTS)), GROUP_NAME), "own groups of codes"),
    Field("measures", list_of(section(MEASURE, {name: f"kind: {name}" for name in KINDS}), 0), "policy acts"),
    *SWITCHES,
    Field("talks", section(TALKS), "players and issues"),
    Field("tree", named(section(LEAF)), "branches"),
    Field("uncertainty", section(UNCERTAINTY), "draws"),
    Field("report", section(REPORT), "what to print"),
    Field("written_by", TEXT, "version of detente, filled in"),
)
SCENARIO: Final = section(TOP)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file, for editors."""
    schema: Mapping[str, Any] = SCENARIO.schema
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "detente scenario", **schema}
