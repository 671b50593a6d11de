"""What makes words no measure: denial, wish, fear, supposition, model exercises, claims called false."""

from __future__ import annotations

from detente.news.frames import Frame
from detente.news.grammar import Tagged, clause
from detente.news.word_lists import word_list

_QUESTION = word_list("status.question")
_SCENARIO = word_list("status.scenario")


def is_void(f: Frame) -> bool:
    """Denied, wished, feared, supposed, or inside an "if"."""
    scenario = f.s.on("status.scenario") and any(t.low in _SCENARIO for t in f.s.words)
    inverted = f.s.on("status.inverted") and _inverted(f)
    if scenario or inverted or (f.s.on("status.untrue") and _untrue(f.s)):
        return True
    said = {t.low for t in f.s.words}
    if said & {"rumour", "rumor", "rumours", "rumors"} and said & {"reports", "report", "talk", "claims", "nothing"}:
        return True
    if {"remember", "remembers", "reminisce"} & {f.s.low(k) for k in range(f.n.i)}:
        return True
    verbs = [f.verb, *f.chain] if f.verb else []
    if f.verb is not None and f.verb.cls == "be" and _spared(f) and f.verb.mood != "shall":
        return True
    if f.n.verb is None and f.subject is not None and _court(f):
        return True
    if any(v.cls in ("deny", "wish") and not v.negative for v in verbs if v is not None):
        return True
    if any(v is not None and v.mood in ("should", "deny") for v in verbs):
        return True
    if any(v is not None and v.lemma == "ask" and f.s.low(v.j) in _QUESTION for v in verbs):
        return True
    if any(v.lemma in _PERMITS and _on_bench(f.s, v.i) for v in f.chain):
        return True
    if f.verb is not None and f.verb.cls in ("grant", "receive") and any(cls == "exempt" for cls, _ in f.nominal):
        return True
    if any(cls in ("wish", "deny") for cls, _ in f.nominal):
        return True
    if _had_it(f):
        return True
    start = clause(f.s, f.n.i)[0]
    opener = f.s.low(start) if f.s.low(start) not in ("and", "or", "but") else f.s.low(start + 1)
    supposed = opener in ("if", "unless", "should", "whether", "were", "had", "suppose")
    weighed = opener == "whether" and f.verb is not None and f.verb.tense == "inf" and not f.verb.mood
    if weighed and any(v.cls in ("propose", "seek") and not v.negative for v in f.chain):
        supposed = False
    return (supposed and start <= f.left) or _quantified_away(f)


def _had_it(f: Frame) -> bool:
    """ "that, had the steel duties stayed": a condition by word order."""
    at = f.left - 2 if f.s.low(f.left - 1) in ("the", "these") else f.left - 1
    return f.s.low(at) == "had" and f.s.low(at - 1) in (",", "that", "but")


def _inverted(f: Frame) -> bool:
    """ "Nor will it raise", "At no time did", "Never has it": a negative before the clause."""
    start = clause(f.s, f.n.i)[0]
    words = [f.s.low(k) for k in range(start, min(start + 4, f.n.i))]
    if words[:1] and words[0] in ("and", "but"):
        words = words[1:]
    return words[:1] in (["nor"], ["neither"], ["never"], ["nobody"], ["none"]) or (
        words[1:2] == ["no"] and words[0] in ("at", "under", "in", "by")
    )


def _court(f: Frame) -> bool:
    """A court acts on the measure: that is a ruling, not a measure of its own."""
    actor = f.subject
    return actor is not None and any("court" in f.s.low(k) or f.s.low(k) in ("judge", "judges", "tribunal") for k in
                                     range(actor.i, actor.j))  # fmt: skip


_PERMITS = frozenset(["allow", "authorise", "authorize", "permit"])


def _on_bench(s: Tagged, at: int) -> bool:
    """A panel or an arbitrator lets a country act: a ruling, not the act."""
    words = {s.low(k) for k in range(clause(s, at)[0], at)}
    return bool(words & {"arbitrator", "arbitrators", "panel", "court", "wto"})


def _spared(f: Frame) -> bool:
    """ "would be exempt from the tariff"."""
    words = {f.s.low(k) for k in range(f.verb.j if f.verb else 0, f.left + 1)}
    return bool(words & {"exempt", "free", "excluded", "exempted", "spared"})


_CLAIM = word_list("status.claim")
_FALSE = word_list("status.false")


_DENIED = ("not true that", "untrue that", "no truth in", "false that", "incorrect that", "no plans to", "no plan to",
           "no intention of", "no decision has been", "not the case that", "wrong to say", "no such plan",
           "no such decision", "no such tariff", "no such ban", "no such measure", "no such duty",
           "no such order")  # fmt: skip


def _untrue(s: Tagged) -> bool:
    """ "The claim that ... is untrue", "reports of ... are false"."""
    whole = " ".join(t.low for t in s.words)
    if any(phrase in whole for phrase in _DENIED):
        return True
    claim = next((k for k, t in enumerate(s.words) if t.low in _CLAIM), -1)
    if claim < 0:
        return False
    after = [s.low(k) for k in range(max(0, claim - 2), len(s.words))]
    return (
        bool(_FALSE & set(after))
        or "different from fact" in " ".join(after)
        or any(
            phrase in " ".join(after)
            for phrase in ("no truth", "not correspond to", "not true", "no basis", "no foundation")
        )
    )


def _quantified_away(f: Frame) -> bool:
    """ "no tariffs", "nobody", "any tariff": existence is denied or left open."""
    before = [f.s.low(k) for k in range(max(0, f.left - 1), f.n.i)]
    averaged = "average" in {f.s.low(k) for k in range(f.n.j, f.n.j + 5)}
    if averaged or any(f.s.low(at - 1) == "no" for _, at in f.nominal):
        return True
    if {"average", "mean", "weighted"} & set(before) and f.s.low(f.n.i) not in (
        "anti",
        "antidumping",
        "countervailing",
    ):
        return True
    for verb in [f.verb, *f.chain]:
        if verb is not None and verb.tense in ("inf", "ing") and "no" in (f.s.low(verb.i - 2), f.s.low(verb.i - 3)):
            return True
    subject = [f.s.low(k) for k in range(clause(f.s, f.n.i)[0], f.verb.i if f.verb else 0)]
    return "no" in before[:2] or "nobody" in subject or "neither" in subject[:2]
