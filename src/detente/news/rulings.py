"""What courts and panels do to measures: "found that the duties broke the rules", "struck down", "allowed to tax"."""

from __future__ import annotations

from detente.news.grammar import Tagged, Verb, clause
from detente.news.nucleus import Nucleus


def strike_verb(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """A court voids, a court strikes down: only with a court in the sentence."""
    if verb.tense == "ing" and verb.i == verb.v:
        return ""
    before = {s.low(k) for k in range(verb.i)}
    said = {t.low for t in s.words}
    body = bool({"wto", "arbitrator", "arbitrators", "panel", "appellate"} & before)
    world = body and (bool({"wto", "dispute"} & said) or {"world", "trade"} <= said)
    court = {"court", "judges", "judge", "courts", "tribunal", "appeals"} & before
    trade = bool(found) or {"tariff", "tariffs", "duties", "levies", "surcharge"} & said
    return "legal_ruling" if (court and trade) or world else ""


_RULES = frozenset(
    [
        "back",
        "confirm",
        "conclude",
        "decide",
        "determine",
        "agree",
        "find",
        "allow",
        "authorise",
        "authorize",
        "declare",
        "hold",
        "let",
        "clear",
        "side",
        "permit",
    ]
)


def ruling(s: Tagged, verb: Verb, words: list[str], found: list[Nucleus]) -> str:
    """ "found that the duties broke the rules", "allowed the United States to tax": a bench as the subject."""
    if not s.on("verb.ruling") or verb.lemma not in _RULES or verb.passive or verb.mood or verb.negative:
        return ""
    start = clause(s, verb.i)[0]
    bench = {"court", "judge", "judges", "panel", "arbitrator", "arbitrators", "tribunal", "appellate"}
    subject = {s.low(k) for k in range(start, verb.i)}
    if not (bench & subject or subject & {"wto"}):
        return ""
    return strike_verb(s, verb, words, found)
