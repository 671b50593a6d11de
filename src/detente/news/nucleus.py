"""The heart of a possible measure, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass

from detente.news.grammar import ADJECTIVES, DETERMINERS, PREPOSITIONS, Mention, Tagged, Verb, clause
from detente.news.word_lists import word_list

EXPORT = word_list("nuclei.export")
IMPORT = word_list("nuclei.import")
GOODS = word_list("nuclei.goods")
PERMIT = word_list("nuclei.permit")
MINERAL = frozenset({"rare_earths_and_critical_minerals"})
TECH = frozenset({"semiconductors", "chip_equipment", "technology"})
BEYOND = frozenset(["above", "over", "beyond", "exceeding", "exceeds", "exceed", "excess"])
"""Words for what goes past a quota."""
IN = frozenset(["in", "entry", "enter", "entering", "market"])
OUT = frozenset(["out", "abroad", "leave", "leaving", "overseas"])


@dataclass(frozen=True, slots=True)
class Nucleus:
    """The heart of a possible measure.

    Args:
        i, j: its tokens. instrument: of the schema. rule: what found it.
        verb: the verb of a verb construction; None for a noun or a rate.
        bare: whether it is a rate without an instrument noun.
    """

    i: int
    j: int
    instrument: str
    rule: str
    verb: Verb | None = None
    bare: bool = False


def near(s: Tagged, i: int, j: int, words: frozenset[str], left: int = 4, right: int = 8) -> bool:
    """Return whether one of the words stands in the same clause close to tokens i to j."""
    start, end = clause(s, i)
    span = [*range(max(start, i - left), i), *range(j, min(end, j + right))]
    return any(s.low(k) in words for k in span)


def products_near(s: Tagged, i: int, j: int, left: int = 6, right: int = 9) -> list[Mention]:
    """Return the products in the same clause close to tokens i to j."""
    start, end = clause(s, i)
    return [m for m in s.products if max(start, i - left) <= m.i and m.j <= min(end, j + right)]


def scopes_of(s: Tagged, i: int, j: int, left: int = 6, right: int = 9) -> set[str]:
    return {m.entry.value for m in products_near(s, i, j, left, right)}


def object_words(s: Tagged, verb: Verb) -> list[str]:
    """The words after a verb up to the end of its clause, eight at most."""
    end = clause(s, verb.v)[1]
    first = verb.j
    if s.low(first) == ",":
        close = next((k for k in range(first + 2, min(end, first + 9)) if s.low(k) == ","), -1)
        first = close + 1 if close > 0 else first
    return [s.low(k) for k in range(first, min(end, first + 9))]


def first_of(words: list[str], options: frozenset[str], within: int) -> int:
    return next((k for k, word in enumerate(words[:within]) if word in options), -1)


def no_noun(s: Tagged, verb: Verb, found: list[Nucleus]) -> bool:
    """Whether no instrument noun is the object (or passive subject) of the verb."""
    start, end = clause(s, verb.v)
    if verb.passive and any(start <= n.i < verb.i for n in found):
        return False
    return not any(verb.j <= n.i < min(end, verb.j + 10) for n in found if n.instrument != "trade_agreement")


def phrase_start(s: Tagged, i: int) -> int:
    """Return where the noun phrase that ends before token i begins: back over modifiers, rates, demonyms, products."""
    start = clause(s, i)[0]
    verb_cells = {k for v in s.verbs for k in range(v.i, v.j)}
    inner = {k for group in (s.products, s.adjectives) for m in group for k in range(m.i, m.j)}
    k = i - 1
    while k >= start:
        word = s.low(k)
        if k in s.taken:
            k -= 1
            continue
        if k in verb_cells or word in PREPOSITIONS - {"of", "to"} or word in (";", ":", "(", ")", "\u2014", '"', "."):
            break
        if word == "of" and s.low(k + 1) not in ("duty", "duties"):
            break
        if word == "to" and not (k - 1 >= start and s.words[k - 1].low[:1].isdigit()):
            break
        if word in ("and", "or", ",", "&") and not _list_goes_on(s, k, inner):
            break
        k -= 1
    return k + 1


def _list_goes_on(s: Tagged, k: int, inner: set[int]) -> bool:
    """Whether a comma or "and" stands inside a list of products or modifiers: "steel, aluminium and car tariffs"."""
    left = k - 1 in inner or s.low(k - 1) in ADJECTIVES or s.low(k - 1) in ("and", ",")
    right = k + 1 in inner or s.low(k + 1) in ADJECTIVES or s.low(k + 1) in ("and",)
    return left and right and s.low(k - 1) not in DETERMINERS
