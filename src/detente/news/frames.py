"""A nucleus in its sentence: the verb that governs it, the verbs above that one, the subject, the phrase around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from detente.news.grammar import Actor, Tagged, Verb, clause
from detente.news.nucleus import Nucleus, phrase_start
from detente.news.verb_chains import EVENT, MATRIX, chain, reduced, subject
from detente.news.word_lists import word_list

NOMINAL = {
    "suspension": "suspend", "pause": "suspend", "freeze": "suspend", "delay": "suspend", "postponement": "suspend",
    "moratorium": "suspend", "reprieve": "suspend", "increase": "raise", "increases": "raise", "hike": "raise",
    "hikes": "raise", "rise": "raise", "surge": "raise", "expansion": "raise", "doubling": "raise",
    "tightening": "raise", "quadrupling": "raise", "tripling": "raise",
    "cut": "reduce", "cuts": "reduce", "reduction": "reduce", "reductions": "reduce", "lowering": "reduce",
    "easing": "reduce", "rollback": "reduce", "halving": "reduce", "removal": "remove", "abolition": "remove",
    "elimination": "remove", "lifting": "remove", "repeal": "remove", "withdrawal": "remove", "scrapping": "remove",
    "dropping": "remove", "revocation": "remove", "extension": "extend", "renewal": "extend", "prolongation": "extend",
    "imposition": "impose", "introduction": "impose", "application": "impose", "collection": "impose",
    "resumption": "resume", "reinstatement": "resume", "restoration": "resume", "return": "resume",
    "reimposition": "resume", "exemption": "exempt", "exemptions": "exempt", "exclusion": "exempt",
    "exclusions": "exempt", "waiver": "exempt", "relief": "exempt", "threat": "threaten", "threats": "threaten",
    "warning": "threaten", "prospect": "threaten", "possibility": "threaten", "vow": "vow", "plan": "propose",
    "plans": "propose", "proposal": "propose", "proposals": "propose", "idea": "propose", "intention": "propose",
    "draft": "propose", "demand": "demand", "demands": "demand", "request": "demand", "offer": "offer",
    "pledge": "commit", "promise": "commit", "commitment": "commit", "agreement": "commit", "decision": "commit",
    "move": "commit", "announcement": "announce", "order": "order", "expiry": "expire", "expiration": "expire",
    "end": "expire", "bill": "propose", "fear": "wish", "fears": "wish", "talk": "wish", "talks": "wish",
    "negotiations": "wish",
    "negotiation": "wish", "discussions": "wish", "rumours": "deny",
    "rumors": "deny", "denial": "deny", "refusal": "deny", "hope": "wish", "hopes": "wish", "calls": "demand",
    "call": "demand", "risk": "wish", "effect": "wish", "impact": "wish", "effects": "wish", "cost": "wish",
}  # fmt: skip


@dataclass
class Frame:
    """A nucleus with its surroundings.

    Args:
        s: the sentence. n: the nucleus. left, right: tokens of its phrase, with what follows up to the next clause.
        verb: the governing verb; None in a sentence without one. relation: `object` or `subject`.
        nominal: event nouns over the nucleus, innermost first, with their tokens.
        chain: verbs above the governing one, innermost first.
        participle: a reduced relative right after the phrase ("tariffs imposed by").
        subject: who acts, as far as the sentence shows it.
        presupposed: whether it only stands behind a preposition ("in response to its rules").
        alone: whether it is the only nucleus of its sentence. beside: the others.
    """

    s: Tagged
    n: Nucleus
    left: int
    right: int
    verb: Verb | None = None
    relation: str = ""
    nominal: list[tuple[str, int]] = field(default_factory=list)
    chain: list[Verb] = field(default_factory=list)
    participle: Verb | None = None
    subject: Actor | None = None
    presupposed: bool = False
    alone: bool = False
    beside: tuple[Nucleus, ...] = ()


def frame(s: Tagged, n: Nucleus, all_nuclei: list[Nucleus]) -> Frame:
    """Return a nucleus with governor, chain and subject."""
    left = phrase_start(s, n.i)
    f = Frame(s, n, left, _right(s, n, all_nuclei), alone=len(all_nuclei) == 1)
    f.beside = tuple(m for m in all_nuclei if m is not n)
    if n.rule == "curb.those-on" and (model := _gapped(s, n, all_nuclei)) is not None:
        f.verb, f.relation, f.nominal = model.verb, model.relation, model.nominal
    elif n.verb is not None:
        f.verb, f.relation = n.verb, "subject" if n.verb.passive else "object"
    else:
        f.participle = _participle(s, n, f.right) or _relative(s, n)
        f.verb, f.relation = _governor(s, f)
        f.nominal = _nominal(s, f)
    f.chain = [v for v in chain(s, f.verb) if v is not f.participle] if f.verb else []
    f.presupposed = n.verb is None and _presupposed(s, f)
    f.subject = subject(s, f.verb) if f.verb else None
    return f


def _gapped(s: Tagged, n: Nucleus, all_nuclei: list[Nucleus]) -> Frame | None:
    """ "the levy on cars drops to 60 percent, that on spirits to 70": the verb of the noun that "that" stands for."""
    earlier = [m for m in all_nuclei if m.i < n.i and m.instrument == n.instrument]
    start, end = clause(s, n.i)
    if not earlier or any(max(start, n.j) <= v.i < end for v in s.verbs):
        return None
    model = frame(s, earlier[-1], all_nuclei)
    between = any(earlier[-1].j <= v.i < n.i and v is not model.verb for v in s.verbs)
    return None if between else model


_ASIDE = word_list("frames.aside")


def _presupposed(s: Tagged, f: Frame) -> bool:
    """Whether the phrase hangs on a preposition that leads away from the verb: "over its duties", "in response to"."""
    if f.relation != "object":
        return False
    if f.nominal:
        f = Frame(s, f.n, f.nominal[-1][1], f.right, f.verb, f.relation)
    k = f.left - 1
    word, before = s.low(k), s.low(k - 1)
    if word in ("to", "against", "for") and f.verb is not None and f.verb.cls in ("respond", "retaliate"):
        return True
    if word == "to":
        return before in (
            "response",
            "due",
            "retaliation",
            "answer",
            "reaction",
            "thanks",
            "addition",
            "reply",
            "owing",
        )
    if word in ("against", "over", "to", "about") and before in _ANSWERS:
        return True
    placed = [v for v in (f.verb, *f.chain) if v is not None and v.lemma in ("bring", "place", "put", "come", "fall")]
    if word == "under" and placed:
        return False
    if f.n.instrument == "trade_agreement" and word in ("in", "under", "by", "outside", "within", "from"):
        return True
    if word == "at" and f.verb is not None and f.verb.cls in ("retaliate", "respond"):
        return True
    if word == "for":
        return before in ("retaliation", "revenge", "punishment", "reasons")
    if word == "of" and before in ("because", "light", "view", "spite", "face", "ahead", "impact", "effects", "cost"):
        return True
    if word == "by" and f.verb is not None and not f.verb.passive and f.verb.tense != "pp":
        return True
    return word in _ASIDE and f.verb is not None and f.verb.j <= k


_ANSWERS = frozenset(["countermeasures", "retaliation", "response", "answer", "measures", "complaint", "case",
                      "lawsuit", "appeal", "protest", "action", "challenge", "anger", "opposition"])  # fmt: skip


def _right(s: Tagged, n: Nucleus, all_nuclei: list[Nucleus]) -> int:
    end = clause(s, n.i)[1]
    relative = _relative(s, n)
    if relative is not None:
        end = max(end, clause(s, relative.v)[1])
    following = next((m for m in all_nuclei if m.i > n.i and not m.bare and m.verb is None), None)
    if following and following.i < end:
        end = min(end, max(n.j, phrase_start(s, following.i)))
    return end


def _participle(s: Tagged, n: Nucleus, right: int) -> Verb | None:
    """A past participle in the phrase after a noun that cannot do what the verb says."""
    for verb in s.verbs:
        if n.j <= verb.v < min(right, n.j + 12) and verb.cls in EVENT | {"announce", "propose", "threaten", "commit"}:
            reduced = verb.tense in ("past", "pp") and not verb.passive and not verb.mood and verb.i == verb.v
            transitive = verb.cls not in ("rise", "fall", "remain", "return", "effect", "expire", "end", "match")
            active = any(a.j == verb.i and not a.oblique for a in s.actors if a.i >= n.j)
            if reduced and transitive and not active:
                return verb
            return None
    return None


def _relative(s: Tagged, n: Nucleus) -> Verb | None:
    """The verb of a relative clause on the noun: "the duty that the EU applies to", "the 15% duty it put on"."""
    for verb in s.verbs:
        if verb.i < n.j:
            continue
        first = n.j
        if s.low(first) in ("of", "at"):
            first = next((k for k in range(first + 1, len(s.words)) if k not in s.taken), first)
        between = [s.low(k) for k in range(first, verb.i)]
        actor = any(n.j <= a.i and a.j <= verb.i and not a.oblique for a in s.actors)
        opened = bool(between) and (between[0] in ("that", "which") or between[:2] == [",", "which"])
        if not opened and "," in between:
            return None
        at = next((k for k, word in enumerate(between) if word in ("that", "which")), -1)
        rated = at > 0 and all(first + k in s.taken or word in _ABOUT for k, word in enumerate(between[:at]))
        if (
            at > 0
            and (actor or rated)
            and not any(v.i < first + at for v in s.verbs if v.i >= n.j)
            and ";" not in between
        ):
            between = between[at:]
            opened = True
        close = len(between) <= 7 and not any(word in (";", "and", "but") for word in between)
        if (
            close
            and verb.cls in EVENT | {"announce", "propose", "threaten"}
            and (opened or (actor and between[0] != ","))
        ):
            return verb if actor or opened else None
        return None
    return None


def _governor(s: Tagged, f: Frame) -> tuple[Verb | None, str]:
    start, end = clause(s, f.n.i)
    before = [v for v in s.verbs if start <= v.i and v.v < f.left + 1 and v.j <= f.n.i]
    before = [v for v in before if not reduced(s, v) or _around(s, v, f.n.i)]
    main = [v for v in before if v.tense != "ing" or s.low(v.i - 1) != ","]
    before = main or before
    if before and before[-1].cls in MATRIX | {"allow", "be"} and (verb := _own_verb(s, f, end)):
        return verb, "subject"
    if before:
        return before[-1], "object"
    after = [v for v in s.verbs if f.n.j <= v.i and v is not f.participle and not reduced(s, v)]
    finite = [v for v in after if v.i < end and (v.mood or v.tense in ("past", "pres", "perf"))]
    if finite:
        after = [v for v in after if v.tense != "ing" or v.i > finite[0].i]
    after = [v for v in after if v.tense != "ing" or s.low(v.i - 1) != ","] or after
    for verb in after:
        if verb.i < end:
            return verb, "subject"
        if _resumes(s, f, verb):
            return verb, "subject"
        if not any(s.low(k) in ("which", "that", "who", "whose") for k in range(f.n.j, verb.i)):
            break
    carried = _before_clause(s, start)
    if carried is not None:
        return carried, "object"
    if f.participle:
        return f.participle, "subject"
    return None, ""


def _around(s: Tagged, verb: Verb, at: int) -> bool:
    """ "Brazil, hit by a 50 percent tariff, said": the nucleus stands inside the aside."""
    aside = s.low(verb.i - 1) == "," and verb.cls == "hit"
    return aside and not any(s.low(k) == "," for k in range(verb.j, at))


_ABOUT = frozenset(["up", "to", "about", "as", "much", "of", "at", "least", "high"])


def _own_verb(s: Tagged, f: Frame, end: int) -> Verb | None:
    """The finite verb of which the nucleus is the subject although a verb of saying stands before it."""
    for verb in s.verbs:
        if f.n.j <= verb.i < end and verb is not f.participle:
            first = not any(f.n.j <= v.i < verb.i for v in s.verbs)
            if first and verb.passive and verb.mood and verb.i - f.n.j <= 30:
                return verb
            if verb.i - f.n.j > 10 or any(s.low(k) == "," for k in range(f.n.j, verb.i)):
                return None
            finite = bool(verb.mood) or verb.tense in ("perf", "pres") or (verb.tense == "past" and verb.passive)
            return verb if finite or (verb.tense == "past" and verb.cls in ("rise", "fall", "effect", "be")) else None
    return None


def _resumes(s: Tagged, f: Frame, verb: Verb) -> bool:
    """Whether the main clause goes on after a relative clause: "the duties, which ..., will rise"."""
    between = [k for k in range(f.n.j, verb.i) if s.low(k) in ("which", "that", "who", "whose")]
    if f.participle is not None and f.participle.j <= verb.i and between and between[0] < f.participle.i:
        finite = bool(verb.mood) or (verb.tense in ("past", "pres", "perf") and not reduced(s, verb))
        return finite and s.low(verb.i - 1) not in ("and", "or")
    aside = f.participle is not None or any(f.n.j <= v.i and v.j <= verb.i and reduced(s, v) for v in s.verbs)
    if not between and aside and s.low(verb.i - 1) == ",":
        return (bool(verb.mood) or verb.tense in ("past", "pres", "perf")) and not reduced(s, verb)
    if not between or s.low(verb.i - 1) in ("and", "or", "to"):
        return False
    inside = [v for v in s.verbs if between[0] < v.i and v.j <= verb.i]
    finite = bool(verb.mood) or verb.tense in ("past", "pres", "perf")
    closed = bool(inside) and any(v.mood or v.passive or v.tense in ("past", "pres", "perf") for v in inside)
    sure = verb.i != verb.v or verb.tense == "pres" or verb.cls in ("effect", "expire", "end", "rise", "fall")
    return s.low(verb.i - 1) == "," or (
        closed and finite and sure and len(between) == 1 and not _owned(s, inside[-1], verb)
    )


def _owned(s: Tagged, last: Verb, verb: Verb) -> bool:
    """Whether a subject of its own stands before a verb after the relative clause: then it opens another clause."""
    return any(last.j <= a.i and a.j <= verb.i and not a.oblique and not a.possessor for a in s.actors) or any(
        s.low(k) in (";", ":", "that", "which", "who", "while", "because") for k in range(last.j, verb.i)
    )


def _before_clause(s: Tagged, start: int) -> Verb | None:
    """A verb of the clause before, when this clause opens with a conjunction and has no verb of its own."""
    if start == 0 or s.low(start) not in ("and", "or", "but", "as"):
        return None
    earlier = [v for v in s.verbs if v.j <= start]
    return earlier[-1] if earlier and s.low(start) in ("and", "or") else None


def _nominal(s: Tagged, f: Frame) -> list[tuple[str, int]]:
    """Event nouns that take the nucleus: before it ("a suspension of the duties") or after it ("tariff increase")."""
    found: list[tuple[str, int]] = []
    after = s.low(f.n.j)
    if after in NOMINAL and s.low(f.n.j - 1) != after and after not in ("end", "order", "call", "move"):
        found.append((NOMINAL[after], f.n.j))
    last = s.low(f.n.j - 1)
    if last in ("hike", "hikes", "increase", "increases", "cut", "cuts", "reduction", "reductions"):
        found.append((NOMINAL[last], f.n.j - 1))
    k, start = f.left - 1, clause(s, f.n.i)[0]
    floor = f.verb.j if f.verb and f.relation == "object" else start
    steps = 0
    while k >= floor and steps < 7:
        word = s.low(k)
        if word in NOMINAL and s.low(k + 1) in (
            "of",
            "on",
            "in",
            "to",
            "for",
            "from",
            "against",
            "about",
            "that",
            "over",
        ):
            found.append((NOMINAL[word], k))
            steps = 0
        elif word in (",", ";") or word in _ASIDE or any(m.i <= k < m.j for m in s.instruments):
            break
        k -= 1
        steps += 1
    return found
